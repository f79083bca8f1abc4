"""The audit: the checker runs over the numbers of published worked examples, and says what it makes of them.

`posts.toml` holds the numbers as they were printed, and in words what else is known to be wrong in the posts; other
pages are in `collection`. Which numbers are right, how they were rounded and which mistake gives the others is found by
`check`, as for any sheet; `page` writes it down.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from derive.check.judge import Judge
from derive.check.model import Marked, Result
from derive.expression import Shown
from derive.quantity import Quantity
from derive.reading import example_text, problem_from_dict
from derive.solution import Solution, solve, solve_network
from derive.subject import Subject
from derive.work import Names, Sheet, Stated, StatedFormula, read_formula, read_number


@dataclass(frozen=True)
class Audited:
    """One sheet of a post with its verdicts; `written` is what its numbers would be from those before them."""

    where: str
    solution: Subject
    marked: Marked
    written: Mapping[Quantity, Shown] = field(default_factory=dict)
    printed: str = ""
    """A formula as its author printed it."""

    @property
    def numbers(self) -> tuple[Result, ...]:
        return tuple(result for result in self.marked.results if not result.symbolic)

    def kind(self, result: Result) -> str:
        """ "exact", "carried" (right, and exactly what follows from the printed numbers), "rounded" or "wrong"."""
        if result.verdict == "exact":
            return "exact"
        if result.verdict != "rounded":
            return "wrong"
        return "carried" if self.follows(result) else "rounded"

    def follows(self, result: Result) -> bool:
        """Whether a number is exactly what the printed numbers before it give."""
        written = self.written.get(result.quantity)
        return written is not None and _same(written.text, result.given)

    @property
    def by_carrying(self) -> int:
        """How many numbers follow exactly from the printed ones before them."""
        return sum(map(self.follows, self.numbers))


def _same(one: str, other: str) -> bool:
    return read_number(one).value == read_number(other).value


@dataclass(frozen=True)
class Post:
    """A published example: where it stands, its sheets, and what is known to be wrong in it."""

    key: str
    title: str
    source: str
    url: str
    sheets: tuple[Audited, ...]
    errata: tuple[Mapping[str, str], ...]


def published() -> list[dict[str, Any]]:
    """The posts with their numbers as printed.

    >>> [post["key"] for post in published()]
    ['mazur', 'hmkcode', 'caispp', 'rohan', 'netflow']
    """
    text = files("derive.audit").joinpath("posts.toml").read_text("utf-8")
    posts: list[dict[str, Any]] = tomllib.loads(text)["posts"]
    return posts


def audit() -> list[Post]:
    """Every post, checked."""
    return [_post(table) for table in published()]


def _post(table: Mapping[str, Any]) -> Post:
    sheets = [_sheet(sheet) for sheet in table.get("sheets", [])]
    sheets += [_formula(formula) for formula in table.get("formulas", [])]
    errata = tuple(table.get("errata", []))
    return Post(table["key"], table["title"], table["source"], table["url"], tuple(sheets), errata)


@cache
def _solution(example: str, steps: int | None) -> Solution:
    """The example that a sheet belongs to, trained for as many steps as the sheet says."""
    if steps is None:
        return solve_network(example)
    table = tomllib.loads(example_text(example), parse_float=Decimal)
    table["training"]["steps"] = steps
    return solve(problem_from_dict(table, example))


def _sheet(table: Mapping[str, Any]) -> Audited:
    solution = _solution(table["example"], table.get("steps"))
    names = Names(solution)
    values = []
    for line, (name, text) in enumerate(table["numbers"], 1):
        number = read_number(text)
        values.append(Stated(names.find(name), text, number.value, number.places, line, name))
    sheet, judge = Sheet(values=tuple(values)), Judge(solution, inferred=True)
    marked = judge.mark(sheet)
    return Audited(table["where"], solution, marked, judge.as_written(sheet, marked.policy))


def _formula(table: Mapping[str, Any]) -> Audited:
    solution = _solution(table["example"], None)
    names, text = Names(solution), table["formula"]
    quantity = names.find(table["quantity"])
    stated = StatedFormula(quantity, read_formula(text, names), text, 1, table["quantity"])
    return Audited(
        table["where"],
        solution,
        Judge(solution, inferred=True).mark(Sheet(formulas=(stated,))),
        printed=table["printed"],
    )
