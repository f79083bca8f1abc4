"""Slips of the pen: the right number, written down wrongly.

Each kind is a row: a test on the stated number and the range it should be in. Nothing here knows
what the number means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from flint import fmpq

from derive.check.style import Style
from derive.check.walk import Mark, meets
from derive.numbers import Number, around, decimal_text, half_unit
from derive.wording import Phrase, phrase

ENOUGH_DIGITS = 2
"""Significant digits from which on a number can be told from others."""
FEWEST = 3
"""Significant digits of a number in which one is missing."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A kind of slip, and what was meant where it explains a stated number.

    Its title is the phrase `slip_...`, its sentence `slipped_...`, which may name the `{number}` that was meant: a
    number in the range of right ones, of which the stated one is just what the sentence says.
    """

    key: str
    meant: Callable[[Mark, Number], fmpq | None]
    of_rounding: bool = False
    """It concerns the last digit only; a mistake with so small an effect is not looked for first."""
    more: int = 0
    """How many more digits the number that was meant has than what was written."""

    @property
    def sentence(self) -> str:
        """The key of its sentence."""
        return f"slipped_{self.key.replace('-', '_')}"


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
    """The digits after the last one were cut off: the true number is up to one unit larger in size; a 0 shows none."""
    if mark.places is None or not mark.value:
        return None
    towards = mark.half if mark.value > 0 else -mark.half
    return mark.value if meets(number, around(mark.value + towards, mark.half)) else None


def _last_digit(mark: Mark, number: Number) -> fmpq | None:
    """One unit beside the number; a 0 has no digit that shows any work."""
    near = mark.places is not None and meets(number, around(mark.value, 3 * mark.half))
    return mark.value if near and mark.value else None


def digits_of(mark: Mark) -> str:
    """The stated number without sign and point; empty for a fraction."""
    if mark.places is None or mark.places < 0:
        return ""
    scaled = abs(mark.value) * fmpq(10) ** mark.places
    return decimal_text(int(scaled.p), mark.places, negative=False).replace(".", "") if scaled.q == 1 else ""


def _swapped(mark: Mark, number: Number) -> fmpq | None:
    """Two neighbouring digits changed places."""
    return _first(mark, number, _with_swaps(mark))


def swapped_of(mark: Mark, number: Number) -> fmpq | None:
    """The number of which this one has two neighbouring digits swapped, however wide the range of right ones is."""
    return _swapped(mark, number)


def _with_swaps(mark: Mark) -> Iterator[fmpq]:
    digits = digits_of(mark)
    for k in range(len(digits) - 1):
        if digits[k] != digits[k + 1]:
            other = digits[:k] + digits[k + 1] + digits[k] + digits[k + 2 :]
            yield _number(mark, other)


def _number(mark: Mark, digits: str, more: int = 0) -> fmpq:
    """Digits as the number they are where the stated one has its point; some more of them stand behind it."""
    assert mark.places is not None
    value = fmpq(int(digits)) / fmpq(10) ** (mark.places + more)
    return -value if mark.value < 0 else value


def _doubled(mark: Mark, number: Number) -> fmpq | None:
    """One digit was written twice, so that the number has a decimal too many."""
    digits = digits_of(mark)
    start = len(digits) - len(digits.lstrip("0"))
    for k in range(start, len(digits) - 1):
        if digits[k] == digits[k + 1] and mark.places and len(digits) - start > ENOUGH_DIGITS:
            value = _number(mark, digits[:k] + digits[k + 1 :], -1)
            if meets(number, around(value, 10 * mark.half)):
                return value
    return None


def _left_out(mark: Mark, number: Number) -> fmpq | None:
    """A digit before the last one is missing; the others are right to the last."""
    whole = digits_of(mark)
    # Zeros at the end may have been left off before, and stand only for that.
    for digits in dict.fromkeys((whole, whole.rstrip("0"))):
        significant, places = len(digits.lstrip("0")), (mark.places or 0) - (len(whole) - len(digits))
        if significant < FEWEST or places < 1:
            continue
        for k in range(max(len(digits) - significant, len(digits) - places), len(digits)):
            for missing in "0123456789":
                value = _number(mark, digits[:k] + missing + digits[k:], 1 - (len(whole) - len(digits)))
                if meets(number, around(value, half_unit(places + 1))):
                    return value
    return None


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
    Slip("sign", _sign_lost),
    Slip("truncated", _truncated, of_rounding=True),
    Slip("last-digit", _last_digit, of_rounding=True),
    Slip("swapped", _swapped),
    Slip("point", _point_moved),
    Slip("doubled", _doubled, more=-1),
    Slip("left-out", _left_out, more=1),
    Slip("digit", _one_digit),
)
"""Slips that a number shows; others, by their keys, are found by more than the number itself."""


def slip_title(key: str) -> Phrase:
    """What a slip is called in a report."""
    return phrase(f"slip_{key.replace('-', '_')}")


EITHER = frozenset({"swapped", "doubled"})
"""Kinds of which two may give one number, and neither is likelier."""


def find_slip(mark: Mark, *numbers: Number, usual: int | None = None) -> tuple[Slip, fmpq] | None:
    """The first kind of slip that explains a stated number by one of these ranges, and the number that was meant.

    `usual` are the decimals of the sheet, where it has as many throughout: no digit is missing where there are as many.

    >>> from flint import arb
    >>> mark = Mark.of(fmpq(7531, 10000), 4, fmpq(7513, 10000))
    >>> slip, meant = find_slip(mark, arb("0.75132", "0.00001"))
    >>> slip.key, meant
    ('swapped', 7513/10000)
    """
    return next(_fitting(SLIPS, mark, numbers, usual), None)


def usual_places(style: Style) -> int | None:
    """The decimals of every rounded number of a sheet, where they all have as many."""
    return style.usual if style.regular and style.digits is None else None


def other_slip(slip: Slip, mark: Mark, *numbers: Number) -> tuple[Slip, fmpq] | None:
    """Another kind of slip that explains a stated number as well as the one that was found."""
    others = [one for one in SLIPS if slip.key in EITHER and one.key in EITHER - {slip.key}]
    return next(_fitting(others, mark, numbers, None), None)


def _fitting(
    slips: Iterable[Slip], mark: Mark, numbers: Sequence[Number], usual: int | None
) -> Iterator[tuple[Slip, fmpq]]:
    for slip in slips:
        # In a wide range something always has two digits swapped; a digit more or less is found by the others.
        room = mark.half * (2 if slip.more else 1)
        for number in numbers:
            if not isinstance(number, fmpq) and not (number.is_finite() and number.rad() <= room):
                continue
            meant = slip.meant(mark, number)
            if meant is None or (slip.more > 0 and usual is not None and not short(meant, usual)):
                continue
            yield slip, meant


def short(number: fmpq, places: int) -> bool:
    """Whether a number ends within some decimals."""
    return bool((number * fmpq(10) ** places).q == 1)


def decimals_of(number: fmpq) -> int:
    """How many decimals a decimal number has."""
    return next(places for places in count() if short(number, places))
