"""What conditions look at in a computation: outputs that may saturate, sums at corners, sides of maxima and cases.

Each is found once per problem, by `layered` or by `elements`, and computed from the numbers of every draw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flint import fmpq

from derive.numbers import Evaluator, Number, OutsideDomain, Undecided, middle, sign
from derive.program import Line
from derive.quantity import Quantity

Registers = Sequence[Number] | Mapping[int, Number]
"""Results by their places: all of them, or those that are needed."""


class Watched(NamedTuple):
    """A number that a function gives or takes: what computes it, and at which `place` the result is in which it stands.

    `activation` is the function's name; numbers of one `unit` are those of one unit for several examples. `corners` are
    numbers at which two sides meet, where the result at the place is what is compared with them.
    """

    place: int
    activation: str
    value: Callable[[Registers], Number]
    unit: Quantity
    corners: tuple[fmpq, ...] = ()


class Join(NamedTuple):
    """A maximum, a minimum, an absolute value or a condition: smooth sides joined together.

    With `largest` (1, or -1 for a minimum) the side is that of `values` which is the largest; else `values` is one
    number whose sign tells the side, and of which 0 is no corner where `equal`. `sources` are the places that it uses.
    """

    place: int
    values: tuple[Evaluator, ...]
    sources: tuple[int, ...]
    largest: int = 0
    equal: bool = False

    def side(self, registers: Registers) -> int | None:
        """Which side holds; None at a corner, or where balls leave it open. -9 where nothing is computed there."""
        try:
            numbers = [value(registers) for value in self.values]
            if not self.largest:
                found = sign(numbers[0])
                return abs(found) if self.equal else found or None
            sizes = [self.largest * middle(number) for number in numbers]
            best = sizes.index(max(sizes))
            others = (number for place, number in enumerate(numbers) if place != best)
            return best if all(sign(numbers[best] - other) == self.largest for other in others) else None
        except Undecided:
            return None
        except OutsideDomain:
            return NOWHERE


NOWHERE = -9
"""The side of a join inside a case that does not hold, where its numbers do not exist."""


@dataclass(frozen=True)
class Watch:
    """Everything that is watched in a program. `cornered` are steps that must be decided whatever is rounded."""

    outputs: tuple[Watched, ...] = ()
    sums: tuple[Watched, ...] = ()
    joins: tuple[Join, ...] = ()
    cornered: tuple[Line, ...] = ()


def at(place: int) -> Callable[[Registers], Number]:
    """The result at a place.

    >>> at(1)([fmpq(2), fmpq(3)])
    3
    """
    return lambda registers: registers[place]
