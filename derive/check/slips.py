"""Slips of the pen: the right number, written down wrongly.

Each kind is a row: a test on the stated number and the range it should be in, and a sentence. Nothing here knows
what the number means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from flint import fmpq

from derive.check.walk import Mark, meets
from derive.numbers import Number, around, decimal_text


@dataclass(frozen=True, slots=True)
class Slip:
    """A kind of slip: what it is called, what was meant where it explains a stated number, and the sentence for it.

    The sentence may name the `{number}` that was meant: a number in the range of right ones, of which the stated one
    is just what the sentence says.
    """

    key: str
    words: str
    meant: Callable[[Mark, Number], fmpq | None]
    of_rounding: bool = False
    """It concerns the last digit only; a mistake with so small an effect is not looked for first."""


def _box(mark: Mark, value: fmpq, scale: int = 0) -> Number:
    """Every number that rounds to `value` at the mark's places, moved by powers of ten."""
    ten = fmpq(10) ** scale
    return around(value * ten, mark.half * ten) if mark.half else value * ten


def _sign_lost(mark: Mark, number: Number) -> fmpq | None:
    return _first(mark, number, [-mark.value] if mark.value else [])


def _point_moved(mark: Mark, number: Number) -> fmpq | None:
    for scale in (-3, -2, -1, 1, 2, 3):
        for sign in (1, -1):
            if mark.value != 0 and meets(number, _box(mark, sign * mark.value, scale)):
                return sign * mark.value * fmpq(10) ** scale
    return None


def _first(mark: Mark, number: Number, values: Iterable[fmpq]) -> fmpq | None:
    """The first of some numbers that rounds like the right one."""
    return next((value for value in values if meets(number, _box(mark, value))), None)


def _truncated(mark: Mark, number: Number) -> fmpq | None:
    """The digits after the last one were cut off: the true number is up to one unit larger in size."""
    if mark.places is None:
        return None
    towards = mark.half if mark.value > 0 else -mark.half
    box = around(mark.value + towards, mark.half) if mark.value else around(fmpq(0), 2 * mark.half)
    return mark.value if meets(number, box) else None


def _last_digit(mark: Mark, number: Number) -> fmpq | None:
    near = mark.places is not None and meets(number, around(mark.value, 3 * mark.half))
    return mark.value if near else None


def digits_of(mark: Mark) -> str:
    """The stated number without sign and point; empty for a fraction."""
    if mark.places is None or mark.places < 0:
        return ""
    scaled = abs(mark.value) * fmpq(10) ** mark.places
    return decimal_text(int(scaled.p), mark.places, negative=False).replace(".", "") if scaled.q == 1 else ""


def _swapped(mark: Mark, number: Number) -> fmpq | None:
    """Two neighbouring digits changed places."""
    return _first(mark, number, _with_swaps(mark))


def _with_swaps(mark: Mark) -> Iterator[fmpq]:
    digits = digits_of(mark)
    for k in range(len(digits) - 1):
        if digits[k] != digits[k + 1]:
            other = digits[:k] + digits[k + 1] + digits[k] + digits[k + 2 :]
            yield _number(mark, other)


def _number(mark: Mark, digits: str) -> fmpq:
    assert mark.places is not None
    value = fmpq(int(digits)) / fmpq(10) ** mark.places
    return -value if mark.value < 0 else value


def _one_digit(mark: Mark, number: Number) -> fmpq | None:
    """One digit is another, and at least three are right; the last ones are left to rounding."""
    digits = digits_of(mark)
    significant = len(digits.lstrip("0"))
    if significant < 4:
        return None
    start = len(digits) - significant
    others = (
        _number(mark, digits[:k] + other + digits[k + 1 :])
        for k in range(start, len(digits) - 1)
        for other in "0123456789"
        if other != digits[k]
    )
    return _first(mark, number, others)


SLIPS = (
    Slip("sign", "{number} was written with the other sign.", _sign_lost),
    Slip("truncated", "The digits after the last one were cut off instead of rounded.", _truncated, of_rounding=True),
    Slip("last-digit", "The last digit is off by one.", _last_digit, of_rounding=True),
    Slip("swapped", "Two neighbouring digits of {number} have changed places.", _swapped),
    Slip("point", "The decimal point of {number} has moved.", _point_moved),
    Slip("digit", "One digit is not that of {number}; the others are.", _one_digit),
)


def find_slip(mark: Mark, *numbers: Number) -> tuple[Slip, fmpq] | None:
    """The first kind of slip that explains a stated number by one of these ranges, and the number that was meant.

    >>> from flint import arb
    >>> mark = Mark.of(fmpq(7531, 10000), 4, fmpq(7513, 10000))
    >>> slip, meant = find_slip(mark, arb("0.75132", "0.00001"))
    >>> slip.key, meant
    ('swapped', 7513/10000)
    """
    # In a wide range something always has two digits swapped.
    narrow = [n for n in numbers if isinstance(n, fmpq) or (n.is_finite() and n.rad() <= mark.half)]
    found = ((slip, slip.meant(mark, number)) for slip in SLIPS for number in narrow)
    return next(((slip, meant) for slip, meant in found if meant is not None), None)
