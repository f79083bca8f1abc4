"""The given numbers of a problem: scalars and rectangular arrays by role.

Decides their places in the author's counting and which of them are whole. What they are good for is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import chain, product
from typing import Any

from derive.trace.affine import Range
from derive.trace.identity import Place

Written = int | Decimal | Fraction
"""A number as it was written; a Fraction where it was written as one."""
INPUT, PARAMETER, TARGET, CONSTANT = "input", "parameter", "target", "constant"


@dataclass(frozen=True)
class Given:
    """An array of given numbers, row by row and as their author wrote them; a scalar has the shape ().

    `first` is what its indices count from.
    """

    name: str
    role: str
    shape: tuple[int, ...]
    written: tuple[Written, ...]
    first: int = 1

    @cached_property
    def numbers(self) -> tuple[Fraction, ...]:
        return tuple([Fraction(number) for number in self.written])

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The first and the last index along each axis."""
        return tuple((self.first, self.first + length - 1) for length in self.shape)

    @cached_property
    def whole(self) -> bool:
        """Whether all of its numbers are whole, so that it can be looked up for an index."""
        return all(number.denominator == 1 for number in self.numbers)

    def places(self) -> Iterator[Place]:
        return product(*[range(low, high + 1) for low, high in self.ranges])

    def number(self, place: Place) -> Fraction | None:
        """The number at a place; None where there is none."""
        offset = 0
        for at, length in zip(place, self.shape, strict=True):
            if not self.first <= at < self.first + length:
                return None
            offset = offset * length + at - self.first
        return Fraction(self.written[offset])


Givens = Mapping[str, Given]


def given(name: str, role: str, value: object, first: int = 1) -> Given:
    """A given of nested lists of numbers (ints, decimals, fractions).

    >>> given("x", INPUT, [[1, 2], [3, 4]]).number((2, 1))
    Fraction(3, 1)
    """
    shape: list[int] = []
    level: object = value
    while isinstance(level, Sequence):
        shape.append(len(level))
        level = level[0]
    return Given(name, role, tuple(shape), _flat(value, len(shape)), first)


def _flat(value: Any, rank: int) -> tuple[Written, ...]:
    """The numbers of nested lists, as deep as `rank`."""
    numbers: Iterable[Any] = [value]
    for _ in range(rank):
        numbers = chain.from_iterable(numbers)
    found = tuple(numbers)
    for kind in set(map(type, found)):
        if not issubclass(kind, int | Decimal | Fraction):
            raise TypeError(f"no given number: one of {kind.__name__}")
    return found
