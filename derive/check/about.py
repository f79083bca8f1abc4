"""The answers on the network itself: shapes and numbers of parameters, however they are spelt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from derive.check.model import Pieces, Result
from derive.expression import Shown
from derive.quantity import Quantity
from derive.solution import Solution
from derive.subject import Subject
from derive.work import Answered
from derive.worksheet.element_facts import every_element_fact
from derive.worksheet.facts import Fact, every_fact

_SIGN = r"\s*-?\s*(?:x|×|\*|·|,|;|by|\\times|\\cdot|times)\s*-?\s*"
_SHAPE = re.compile(rf"[(\[{{$ ]*(\d{{1,6}})(?:{_SIGN}(\d{{1,6}})?)?[)\]}}$ .]*(?:matrix|vector)?", re.IGNORECASE)
_COUNT = re.compile(r"(\d{1,3}(?:[ ,.'’]\d{3})+|\d{1,9})\s*\.?\s*(?:weights|parameters)?(?: and biases)?", re.ASCII)


@dataclass(frozen=True)
class Facts:
    """Judges the answers on one problem's network."""

    solution: Subject

    @cached_property
    def facts(self) -> dict[Quantity, Fact]:
        """Every question on the network, by what it asks for."""
        solution = self.solution
        facts = every_fact(solution) if isinstance(solution, Solution) else every_element_fact(solution)
        return {fact.quantity: fact for fact in facts}

    def results(self, stated: Sequence[Answered]) -> Iterable[Result]:
        """A verdict for each answer on the network that is stated or left blank."""
        for one in stated:
            fact = self.facts.get(one.quantity)
            if fact is None:
                continue
            expected, text = Shown(fact.answer, True), one.text.strip()
            if not text:
                yield Result(one.quantity, "", "missing", expected, ("No value is stated.",), one.line)
                continue
            verdict, reason = _of_shape(text, fact) if "×" in fact.answer else _of_count(text, fact)
            yield Result(one.quantity, text, verdict, expected, reason, one.line)


def _of_shape(text: str, fact: Fact) -> tuple[str, Pieces]:
    """A shape as rows and columns; of a vector the number of its entries is enough."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        return "wrong", ("This is no shape.",)
    right = tuple(map(int, fact.answer.split("×")))
    if found[2] is None:
        alone = fact.vector and int(found[1]) == max(right)
        return (
            ("exact", ("This is the number of its entries.",)) if alone else ("wrong", ("Rows and columns are asked.",))
        )
    stated = int(found[1]), int(found[2])
    if stated == right:
        return "exact", ("This is the shape.",)
    if stated == right[::-1]:
        return "wrong", ("Rows and columns are exchanged.",)
    return "wrong", ("The shape is another one.",)


def _of_count(text: str, fact: Fact) -> tuple[str, Pieces]:
    found = _COUNT.fullmatch(text)
    if found is None:
        return "wrong", ("This is no number of things.",)
    right = int(re.sub(r"\D", "", found[1])) == int(fact.answer)
    return ("exact", ("This is the number.",)) if right else ("wrong", ("There are not so many.",))
