"""Solving the index of a place for letters: which readers read the element p, and where.

For every index g of a place, g(letters) = p is solved for a letter with coefficient 1 or -1; the range of that letter
becomes a condition, so no reader is lost and none is counted twice. What cannot be solved stays as a condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from derive.trace.affine import (
    Affine,
    Condition,
    Extent,
    Range,
    Table,
    bounds,
    decided,
    letter,
    letters,
    substitute,
    substituted,
    whole,
)

Bounds = Callable[[Table | Extent], Range]
"""The bounds of what is looked up in a table."""
Stage = Literal["bare", "left", "sum"]
STAGES: tuple[Stage, ...] = ("bare", "left", "sum")
"""In which order indices are solved: for a letter that stands alone, a letter left of =, a letter of a sum."""


class Solution:
    """g(letters) = p for every index of a place, solved for letters where that is possible."""

    def __init__(
        self,
        ranges: Mapping[str, Range],
        open_letters: Sequence[str],
        outer: set[str],
        conditions: Sequence[Condition],
        table: Bounds,
    ) -> None:
        self.ranges, self.open, self.outer = ranges, list(open_letters), outer
        self.conditions = list(conditions)
        self.known: dict[str, Affine] = {}
        self.table = table

    def solve(self, pairs: list[tuple[Affine, Affine]], stages: Sequence[Stage] = STAGES) -> None:
        """First indices that are one letter, then letters left of =, then letters of sums; the rest are conditions."""
        waiting = [index - at for index, at in pairs]
        bare = {number: index.letter for number, (index, _) in enumerate(pairs)}
        todo = list(range(len(waiting)))
        for stage in stages:
            for number in list(todo):
                form = waiting[number]
                name = self._solvable(form, stage, bare[number])
                if name is None:
                    continue
                todo.remove(number)
                coefficient = form.coefficient(name)
                rest = form - letter(name).times(coefficient)
                self._put(name, rest.times(-coefficient))
                for other in todo:
                    waiting[other] = substitute(waiting[other], {name: self.known[name]})
        self.conditions.extend(Condition(waiting[number], "==") for number in todo)

    def _solvable(self, form: Affine, stage: str, bare: str | None) -> str | None:
        """The letter for which an index can be solved at a stage."""
        for atom, coefficient in form.terms:
            if not isinstance(atom, str) or atom not in self.open or atom in self.known or abs(coefficient) != 1:
                continue
            if stage == "bare" and atom != bare:
                continue
            if stage == "left" and atom not in self.outer:
                continue
            if any(atom in letters(inner) for inner in _inside_tables(form)):
                continue
            return atom
        return None

    def _put(self, name: str, value: Affine) -> None:
        """The letter is eliminated; its range becomes two conditions."""
        put = {name: value}
        self.known = {other: substitute(form, put) for other, form in self.known.items()}
        self.known[name] = value
        self.conditions = [substituted(condition, put) for condition in self.conditions]
        low, high = self.ranges[name]
        self.conditions.append(Condition(value - whole(low), ">="))
        self.conditions.append(Condition(value - whole(high), "<="))

    def conditions_left(self) -> list[Condition] | None:
        """The conditions that do not hold anyway; None where one of them never holds."""
        return still_open(self.conditions, self.ranges, self.table)


def _same(one: Condition, other: Condition) -> bool:
    return one.relation == other.relation and one.form.same(other.form)


def _inside_tables(form: Affine) -> Iterator[Affine]:
    for atom, _ in form.terms:
        if isinstance(atom, Table):
            yield from atom.index


def still_open(conditions: Sequence[Condition], ranges: Mapping[str, Range], table: Bounds) -> list[Condition] | None:
    """The conditions that hold for some values of their letters only; None where one of them never holds."""
    kept: list[Condition] = []
    for condition in conditions:
        holds = decided(condition, bounds(condition.form, ranges, table))
        if holds is False:
            return None
        if holds is None and not any(_same(condition, other) for other in kept):
            kept.append(condition)
    return kept
