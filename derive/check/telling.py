"""What a number can tell: how uncertain one may be that is to explain another, and when a match is no coincidence."""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, fmpq

from derive.check.walk import Mark
from derive.numbers import Number, middle

ZERO = fmpq(0)
SLACK = 8
"""How much further than rounding moves a right result it may move a wrong one."""
WIDEST = 20
"""Half units: a mistake whose result is less certain than this explains too many numbers to explain one."""
NARROW = 50
"""How many times further from the right number a wrong one must be than what gives it is uncertain, to mean as much."""
LIKELY = 10
"""How many times fewer coincidences than one are to be expected before a match means something."""


@dataclass(frozen=True, slots=True)
class Room:
    """How uncertain a mistake's result may be that is to explain a number, and how near to it its middle must be.

    `most` is what rounding leaves open. A number far from the right one is told by a result that is less certain: what
    counts is how many numbers there are in between.
    """

    most: Number
    near: Number

    @classmethod
    def of(cls, mark: Mark, right: Number) -> Room:
        width = radius(right)
        apart = abs(middle(right) - mark.middle) / NARROW if known(right) else ZERO
        least = WIDEST * (mark.half + width) if mark.half else ZERO
        return cls(arb(least).max(arb(apart)), (SLACK * (arb(mark.half) + width)).max(arb(apart)).upper())

    def tells(self, number: Number) -> bool:
        return known(number) and not radius(number) > self.most


def telling(mark: Mark, tries: int) -> bool:
    """Whether a number has so many digits that one of so many tries hardly gives it by chance."""
    return bool(abs(mark.value) > 2 * LIKELY * tries * mark.half)


def radius(number: Number) -> Number:
    """How far from its middle a range goes; 0 for one that says nothing."""
    return ZERO if isinstance(number, fmpq) or not number.is_finite() else number.rad()


def known(number: Number) -> bool:
    """Whether a range says anything."""
    return isinstance(number, fmpq) or bool(number.is_finite())
