"""Which sides of maxima and cases good draws take: where there are several, all of them are to occur in a set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

Side = tuple[int, int]
"""A maximum or case by its number, and which of its sides holds."""


class ShownSides:
    """The sides that have been seen so far, in the order in which they came."""

    def __init__(self) -> None:
        self.sides: tuple[Side, ...] = ()

    def take_in(self, found: Iterable[Side]) -> None:
        """Adds sides that a good draw takes."""
        self.sides = tuple(dict.fromkeys([*self.sides, *found]))

    @property
    def one_sided(self) -> list[Side]:
        """The sides of the joins that have shown only one."""
        counts = Counter(number for number, _ in self.sides)
        return [side for side in self.sides if counts[side[0]] == 1]

    @cached_property
    def open(self) -> list[Side]:
        """The sides of joins that have shown several; to be asked when all that is to be seen has been taken in."""
        counts = Counter(number for number, _ in self.sides)
        return [side for side in self.sides if counts[side[0]] > 1]

    def wanted(self, number: int) -> Side | None:
        """The side that a variant is to take, by its number in the set; None where it may take any."""
        return self.open[number] if number < len(self.open) else None
