r"""A writer's habits: of the ways in which courses write, those that agree with everything on one sheet.

Each name may be read only in some ways, and what is beside it shows more: whoever writes z_3 in a network of three
units numbers them through; in `z_1 = h(a_1)` the sums are called a. What nothing on the sheet decides stays open, and
a name that then means two things is refused with both. No result is ever looked at, only numbers that are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TypeVar

from derive.quantity import Quantity
from derive.work.courses import SHOWS
from derive.work.usual import Reading
from derive.work.vectors import BlockReading

Fit = TypeVar("Fit", Reading, BlockReading)

ROUNDS = 4
"""How often what has been found out is used to find out more."""


@dataclass(frozen=True)
class Habits:
    """The choices that a sheet leaves open: for a name of a choice the ways that are possible; none named, all."""

    open: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(frozenset(self.open.items()))

    def allows(self, reading: Reading | BlockReading) -> bool:
        """Whether a reading agrees with them."""
        return all(way in self.open.get(name, (way,)) for name, way in reading.choices)

    def fitting(self, readings: Iterable[Fit]) -> list[Fit]:
        """The readings that agree with them, the most natural ones alone."""
        allowed = [reading for reading in readings if self.allows(reading)]
        least = min((reading.rank for reading in allowed), default=0)
        return [reading for reading in allowed if reading.rank == least]

    def narrowed(self, readings: Iterable[Reading | BlockReading]) -> Habits:
        """The habits of somebody whose name has one of these readings; one that contradicts them changes nothing."""
        allowed = [reading for reading in readings if self.allows(reading)]
        if not allowed:
            return self
        narrow = dict(self.open)
        for name in dict(allowed[0].choices):
            ways = [dict(reading.choices).get(name) for reading in allowed]
            if None not in ways:
                narrow[name] = frozenset(way for way in ways if way is not None)
        return self if narrow == self.open else Habits(narrow)

    def chosen(self, name: str, way: str) -> Habits:
        """The same, with one choice made; one that contradicts them changes nothing."""
        return self if way not in self.open.get(name, (way,)) else Habits({**self.open, name: frozenset((way,))})


def shown_by(letters: Iterable[str], habits: Habits) -> Habits:
    """What the letters on a sheet show of each other."""
    there, made = set(letters), set[str]()
    for letter, name, way in SHOWS:
        if letter in there and name not in made:
            made.add(name)
            habits = habits.chosen(name, way)
    return habits


def applied(outer: Sequence[Reading], inner: Sequence[Reading]) -> tuple[list[Reading], list[Reading]]:
    """The readings of A and B in `A = f(B)` for which A is the activation of the unit whose sum is B."""
    pairs = [(a, z) for a, z in product(outer, inner) if a.quantity.kind == "a" and _sum_of(a.quantity) == z.quantity]
    return [a for a, _ in pairs], [z for _, z in pairs]


def by_shape(readings: Sequence[Reading], function: bool) -> list[Reading]:
    """The readings of a left side of which the right side shows whether it is a function's value or a sum."""
    wanted = "a" if function else "z"
    kinds = {reading.quantity.kind for reading in readings}
    return [reading for reading in readings if reading.quantity.kind == wanted] if kinds <= {"a", "z", "t"} else []


def by_sources(readings: Sequence[Reading], sources: Mapping[Quantity, int]) -> list[Reading]:
    """The most natural readings whose definition has most of the quantities that stand on the right side."""
    least = min((reading.rank for reading in readings), default=0)
    natural = [reading for reading in readings if reading.rank == least]
    most = max((sources.get(reading.quantity, 0) for reading in natural), default=0)
    return [reading for reading in natural if most and sources.get(reading.quantity, 0) == most]


def _sum_of(activation: Quantity) -> Quantity:
    return activation._replace(kind="z")
