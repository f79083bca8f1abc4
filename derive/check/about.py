"""The answers on the network itself: shapes and numbers of parameters, however they are spelt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from derive.check.model import Result
from derive.expression import Shown
from derive.mistakes import Pieces
from derive.quantity import Quantity
from derive.solution import Solution
from derive.subject import Subject
from derive.wording import phrase
from derive.work import Answered
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
        facts = every_fact(self.solution) if isinstance(self.solution, Solution) else ()
        return {fact.quantity: fact for fact in facts}

    def results(self, stated: Sequence[Answered]) -> Iterable[Result]:
        """A verdict for each answer on the network that is stated or left blank."""
        for one in stated:
            fact = self.facts.get(one.quantity)
            if fact is None:
                continue
            expected, text = Shown(fact.answer, True), one.text.strip()
            if not text:
                yield Result(one.quantity, "", "missing", expected, (phrase("value_none"),), one.line)
                continue
            verdict, reason = _of_shape(text, fact) if "×" in fact.answer else _of_count(text, fact)
            yield Result(one.quantity, text, verdict, expected, reason, one.line)


def _of_shape(text: str, fact: Fact) -> tuple[str, Pieces]:
    """A shape as rows and columns; of a vector the number of its entries is enough."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        return "wrong", (phrase("shape_no"),)
    right = tuple(map(int, fact.answer.split("×")))
    if found[2] is None:
        alone = 1 in right and fact.quantity.kind in ("shape_a", "shape_delta") and int(found[1]) == max(right)
        return ("exact", (phrase("shape_entries"),)) if alone else ("wrong", (phrase("shape_asked"),))
    stated = int(found[1]), int(found[2])
    if stated == right:
        return "exact", (phrase("shape_right"),)
    if stated == right[::-1]:
        return "wrong", (phrase("shape_turned"),)
    return "wrong", (phrase("shape_other"),)


def _of_count(text: str, fact: Fact) -> tuple[str, Pieces]:
    found = _COUNT.fullmatch(text)
    if found is None:
        return "wrong", (phrase("number_of_no"),)
    right = int(re.sub(r"\D", "", found[1])) == int(fact.answer)
    return ("exact", (phrase("number_of_right"),)) if right else ("wrong", (phrase("number_of_other"),))
