"""How a writer shows numbers: the decimals of a sheet, significant digits, digits cut off, zeros dropped at the end.

Read off the stated numbers alone, before anything is judged. A style says what a written number may stand for, and
how far a result that is not shown may have moved when it was rounded. It serves the judge's tolerance; the sentence on
a writer's rounding is made by `policy`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from flint import arb, fmpq

from derive.numbers import Number, around, half_unit, power_of_ten, within

MANY = 99
"""Significant digits of a number that is exact."""
COMMON = 4, 5
"""Share of the rounded numbers of a sheet that have as many digits as a style says."""
COARSE = 1, 5
"""Share of the rounded numbers of a sheet that may be coarser than what is not shown on it."""
FEW_NUMBERS = 3
"""Rounded numbers from which on a sheet shows significant digits or dropped zeros."""
MOST_DIGITS = 12
"""Significant digits beyond which nobody rounds by them."""
FAR_OUT = 400
"""Powers of ten beyond which the first digit of a number need not be known to the place."""
NOISE = fmpq(5, 10**14)
"""How far a number printed by a machine may be off, as a share of its size and at least of 1."""
FAR = 10
"""Half units of the usual last digit beyond which a short number has not just lost zeros."""
SHORTEST = 3
"""Significant digits of a short number from which on it can be told from a slip."""
SEVERAL_SHORT = 2
"""Right numbers of fewer decimals from which on a sheet has different ones."""
FAR_SHORT = 2
"""Decimals that a number of one digit lacks when it says nothing of how its writer rounds."""
IN_FULL = 15
"""Significant digits that nobody writes down by hand: a number of so many is printed by a machine, in full."""
LEAST_PLACES = 2
"""Decimals that are expected where nothing is said of them."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A stated number as it stands on the sheet: its places (None for a fraction) and the true value beside it."""

    value: fmpq
    places: int | None
    truth: Number

    @property
    def exact(self) -> bool:
        """Whether it is the true value in full."""
        return isinstance(self.truth, fmpq) and self.truth == self.value

    @property
    def digits(self) -> int:
        """Significant digits as written; 0 of a 0."""
        if self.places is None:
            return MANY
        shown = self.value / (2 * half_unit(self.places))
        return len(str(int(shown.p // shown.q)).lstrip("-")) if self.value else 0

    @property
    def ends_in_zero(self) -> bool:
        """Whether the last decimal written is a 0."""
        if self.places is None or self.places < 1 or not self.value:
            return False
        return bool((self.value * power_of_ten(self.places - 1)).q == 1)

    @property
    def rounded(self) -> bool:
        """Whether it shows how its writer rounds: exact numbers, whole ones and zeros do not."""
        return bool(self.places is not None and self.places > 0 and self.value and not self.exact)


@dataclass(frozen=True, slots=True)
class Style:
    """What a written number may stand for.

    `usual` are the decimals that the sheet has as a rule. `padded`: numbers with fewer have lost zeros at their end.
    `cut`: digits after the last one were left off instead of rounded. `digits`: significant digits, where results
    were rounded by these. `ruled` are the decimals that a rule states, where one does. `regular`: there are
    numbers that tell, and nearly all have the usual decimals. `varied`: some have more, or fewer and are right so, so
    that a number with fewer says how far it goes. `few`: there are too few numbers to tell what is usual.
    """

    usual: int
    ruled: int | None = None
    padded: bool = False
    cut: bool = False
    digits: int | None = None
    regular: bool = True
    varied: bool = False
    few: bool = False

    def places(self, written: Numeral) -> int | None:
        """The decimals to which a written number stands for itself: those written, or more where zeros are dropped."""
        if written.places is None or (not written.value and isinstance(written.truth, fmpq) and not written.truth):
            return None
        if not written.value:
            # On a sheet of mixed decimals a 0.00 says how far it goes; a bare 0 never does.
            own = written.places > 0 and (self.varied or self.few or not self.regular)
            return written.places if own else max(written.places, self.usual)
        if not self.padded:
            return written.places
        if self.digits is not None:
            return written.places + max(self.digits - written.digits, 0)
        return max(written.places, self.usual)

    def box(self, value: fmpq, places: int) -> tuple[fmpq, fmpq]:
        """Middle and half width of all that a number written with these places may stand for.

        The last digits of a printed floating-point number are noise.
        """
        half = half_unit(places)
        size = max(abs(value), fmpq(1))
        if half < NOISE * size:
            return value, NOISE * size
        if not self.cut:
            return value, half
        if not value:
            return value, 2 * half
        return (value + half if value > 0 else value - half), half

    def error(self, number: Number, places: int) -> arb | None:
        """What rounding a result may add to it; None where it is written in full."""
        if self.digits is not None:
            places = self.digits - 1 - leading(number)
        if type(number) is fmpq and _ends(number, places):
            return None
        return _error(places, self.cut)

    def loosened(self, number: Number, places: int | None) -> Number:
        """Everything that a result which is not shown may be once it was rounded to these places."""
        if places is None:
            return number
        error = self.error(number, places)
        return number if error is None else number + error


def leading(number: Number) -> int:
    """The power of ten of the first digit of the largest number in a ball.

    >>> leading(fmpq(734, 1000)), leading(fmpq(-12)), leading(arb("0.09", "0.02"))
    (-1, 1, -1)
    """
    size = abs(number) if isinstance(number, fmpq) else abs(number).upper()
    if not isinstance(size, fmpq) and not size.is_finite():
        return MANY
    if size == 0:
        return -MANY
    if not isinstance(size, fmpq):
        mantissa, exponent = size.man_exp()
        size = fmpq(mantissa) * fmpq(2) ** int(exponent)
    # Near enough by the lengths in bits; a step at most is missing, and far out it makes no difference.
    power = (size.p.bit_length() - size.q.bit_length()) * 30103 // 100_000
    if abs(power) > FAR_OUT:
        return power
    if size < fmpq(10) ** power:
        return power - 1
    return power + 1 if size >= fmpq(10) ** (power + 1) else power


def _ends(number: fmpq, places: int) -> bool:
    """Whether a rational has no digit beyond these places."""
    return bool((number * fmpq(10) ** places).q == 1)


@cache
def _error(places: int, cut: bool) -> arb:
    """What is lost with the digits after some decimals."""
    return arb(0, half_unit(places) * (2 if cut else 1))


TWICE = fmpq(11, 10)
"""How much further rounding to one decimal more and then to the last one may move a number."""


def boxed(middle: fmpq, half: fmpq) -> Number:
    return around(middle, half) if half else middle


# -- reading a style off a sheet -----------------------------------------------------------------------------


def style_of(numbers: Iterable[Numeral], ruled: int | None, otherwise: int) -> Style:
    """The decimals of a sheet, and whether zeros at the end of its numbers are dropped.

    `otherwise` are the decimals where nothing on the sheet shows any.
    """
    every = list(numbers)
    shown = [one for one in every if one.rounded]
    telling = _beside_exact(_telling(shown), every)
    usual = _usual(every, telling, ruled, otherwise)
    alike = sum(one.places == usual for one in telling)
    tells = any((one.places or 0) > 0 for one in every)
    regular = ruled is not None or (tells and alike * COMMON[1] >= len(telling) * COMMON[0])
    varied = ruled is None and any((one.places or 0) > usual for one in shown)
    few = ruled is None and len(shown) < FEW_NUMBERS
    style = _with_zeros(Style(usual, ruled, regular=regular, varied=varied, few=few), shown)
    return style if varied or ruled is not None else replace(style, varied=_varies(style, every))


def _telling(shown: Sequence[Numeral]) -> Sequence[Numeral]:
    """The numbers that tell the decimals of a sheet: right ones that were rounded or cut off, where there are some.

    A wrong one is often short because it was made of given numbers alone, and 0.1 is near many a small number.
    """
    right = [one for one in shown if _is_right(one)]
    sure = Counter(one.places for one in right if one.digits >= SHORTEST and one.places is not None)
    if sure.total() < FEW_NUMBERS:
        return shown
    common = sure.most_common(1)[0][0]
    return [
        one
        for one in shown
        if (one.places or 0) > common or (one in right and (one.digits > 1 or (one.places or 0) > common - FAR_SHORT))
    ]


def _beside_exact(telling: Sequence[Numeral], every: Sequence[Numeral]) -> Sequence[Numeral]:
    """The numbers that tell the decimals of a sheet; none where all are wrong, and exact ones go on further."""
    longest = max((one.places or 0 for one in every if one.exact), default=0)
    wrong = telling and not any(_is_right(one) for one in telling)
    return [] if wrong and longest > max(one.places or 0 for one in telling) else telling


def _is_right(one: Numeral, halves: int = 2) -> bool:
    """Whether a number is the true value, rounded where it ends, or with 2 halves of its last digit also cut off."""
    return one.places is not None and within(one.truth, one.value, halves * half_unit(one.places))


def _usual(numbers: Sequence[Numeral], shown: Sequence[Numeral], ruled: int | None, otherwise: int) -> int:
    """The decimals that are usual on a sheet; where all its numbers are exact, those of the longest."""
    if ruled is not None:
        return ruled
    common = Counter(one.places for one in shown if one.places is not None).most_common(1)
    longest = max((one.places or 0 for one in numbers), default=0)
    return common[0][0] if common else longest or otherwise


def _with_zeros(style: Style, shown: Sequence[Numeral]) -> Style:
    """The style, padded where the sheet shows that zeros are dropped.

    That is so where no number ends in a zero, few are short, and most of these are right with the zeros put back.
    """
    short = [one for one in shown if style.places(one) is not None and _missing(style, one) > 0]
    if not short or len(shown) < FEW_NUMBERS or any(one.ends_in_zero for one in shown):
        return style
    regular = len(shown) - len(short)
    filled = replace(style, padded=True)
    if regular * COMMON[1] < len(shown) * (COMMON[0] - 1) or 2 * sum(_right(filled, one) for one in short) <= len(
        short
    ):
        return style
    return filled


def _missing(style: Style, one: Numeral) -> int:
    """Zeros that a short number lacks."""
    assert one.places is not None
    return style.usual - one.places if style.digits is None else style.digits - one.digits


def _right(style: Style, one: Numeral) -> bool:
    places = style.places(one)
    return places is not None and within(one.truth, *style.box(one.value, places))


def other_styles(style: Style, numbers: Iterable[Numeral]) -> Iterator[Style]:
    """Other ways of rounding that the stated numbers allow: by significant digits, and by cutting off."""
    every = list(numbers)
    shown = [one for one in every if one.rounded]
    # An exact number with a 0 at its end was written to so many digits; one of just as many speaks for them as well.
    telling = [one for one in every if one.rounded or (one.exact and one.ends_in_zero)]
    digits = Counter(one.digits for one in telling).most_common(1)
    if digits:
        count, times = digits[0]
        short = sum(one.digits < count for one in telling)
        full = sum(one.exact and not one.ends_in_zero and one.digits == count for one in every)
        enough = len(telling) + full >= FEW_NUMBERS and shown
        if (
            enough
            and 1 < count <= MOST_DIGITS
            and times + short == len(telling)
            and times * COMMON[1] >= len(telling) * COMMON[0]
        ):
            significant = Style(style.usual, style.ruled, digits=count)
            yield _with_zeros(significant, shown)
    if shown:
        yield replace(style, cut=True)


def hidden_places(style: Style, numbers: Iterable[Numeral]) -> int:
    """The decimals of results that are not shown: as coarse as the coarser of the rounded numbers that are.

    A right number that is short, and not because zeros were left off, shows that its writer rounds some so. Never
    coarser than a rule that is stated.
    """
    written = list(numbers)
    shown = _beside_exact(_telling([one for one in written if one.rounded]), written)
    if any(one.digits >= IN_FULL for one in shown):
        # A machine rounds nothing on the way: a wrong number that is short is all there is of it.
        shown = [one for one in shown if _is_right(one, 1)]
    every = [(place, one) for one in shown if (place := style.places(one)) is not None]
    places = sorted(place for place, _ in every)
    coarse = style.usual
    if places:
        telling = [place for place, one in every if not _right_in_full(style, one, place)] or [style.usual]
        coarse = places[len(places) * COARSE[0] // COARSE[1]] if style.regular else min(telling)
    short = (place for place, one in every if place < coarse and _short(style, one, place))
    coarse = min((coarse, *short))
    return max(coarse, style.ruled) if style.ruled is not None else coarse


def _varies(style: Style, numbers: Iterable[Numeral]) -> bool:
    """Whether some right numbers of a sheet were rounded to fewer decimals than is usual: one may be so by chance."""
    if style.padded:
        return False
    short = [one for one in numbers if one.places and one.places < style.usual and not one.exact]
    right = [one for one in short if within(one.truth, *style.box(one.value, one.places or 0))]
    told = [one for one in right if one.digits != 1 and not _right_in_full(style, one, one.places or 0)]
    return len(told) >= SEVERAL_SHORT


def _right_in_full(style: Style, one: Numeral, place: int) -> bool:
    """Whether a short number is right to the usual decimals too: only zeros are missing, and nothing was rounded."""
    return place < style.usual and within(one.truth, one.value, half_unit(style.usual))


def _short(style: Style, one: Numeral, place: int) -> bool:
    """Whether a number of some digits is right to its places, and with zeros at its end would be far from right."""
    far = not style.cut and not within(one.truth, one.value, FAR * half_unit(style.usual))
    return far and one.digits >= SHORTEST and within(one.truth, *style.box(one.value, place))
