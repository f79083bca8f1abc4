"""A stated value: the number as it stands on the sheet, and every number that it may stand for."""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, fmpq

from derive.check.style import MANY, TWICE, Numeral, Style, boxed
from derive.numbers import Number, half_unit, widened, within


@dataclass(frozen=True, slots=True)
class Mark:
    """A stated value: the number, and every number it may stand for, within `half` of `middle` (0 for an exact one).

    `loose` has more: what rounding to one decimal more and then to the last one gives.
    """

    value: fmpq
    places: int | None
    middle: fmpq
    half: fmpq
    box: Number
    true: bool
    """It is the true value, correctly rounded."""
    digits: int
    """Significant digits; 0 where the number is written as 0, without end where it is exact."""
    loose: Number

    @classmethod
    def of(cls, value: fmpq, places: int | None, truth: Number, style: Style | None = None) -> Mark:
        """A stated value as its writer's style reads it; without one, as it is written."""
        written = Numeral(value, places, truth)
        stands = places if style is None else style.places(written)
        if stands is None:
            return cls(value, None, value, fmpq(0), value, truth == value, MANY, value)
        middle, half = (value, half_unit(stands)) if style is None else style.box(value, stands)
        digits = written.digits + (stands - places if value and places is not None else 0)
        box, loose = boxed(middle, half), boxed(middle, half * TWICE)
        return cls(value, stands, middle, half, box, within(truth, middle, half), digits, loose)


def meets(number: Number, box: Number) -> bool:
    """Whether two ranges have a number in common; one that says nothing meets everything."""
    if isinstance(number, fmpq):
        return bool(number == box) if isinstance(box, fmpq) else bool(box.contains(number))
    return bool(number.overlaps(arb(box))) or not number.is_finite()


def behind(mark: Mark, number: Number) -> Number:
    """What a writer may have gone on with who wrote this: the number as written, or what was rounded to it."""
    if isinstance(mark.box, fmpq) or (isinstance(number, fmpq) and number == mark.value):
        return mark.value
    if isinstance(number, fmpq):
        return arb(mark.value).union(arb(number))
    if not number.is_finite():
        return mark.box
    return arb(mark.value).union(number.intersection(mark.box))


def shown_like(mark: Mark, number: Number) -> Number:
    """A right number, rounded or cut off as the writer does."""
    if mark.places is None or isinstance(widened(number, max(mark.places, 0)), fmpq):
        return number
    return number + arb(0, mark.half * (1 if mark.middle == mark.value else 2))
