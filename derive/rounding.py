"""The one place where numbers are rounded: decimals, significant digits, and what rounding can have changed.

A ball is rounded only when every number in it rounds to the same decimal; otherwise `Undecided` asks for more
precision. So every printed digit is proven. Tie rules and decimal places are decided here and nowhere else; what a
number means is not known here.
"""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from functools import cache

import flint
from flint import arb, fmpq, fmpz

from derive.expression import Shown
from derive.number import FIRST_PRECISION, Number, Undecided, sign

TIE_DIGITS = 300
"""Digits after which a number that may still be rounded to both sides is shown with one more decimal instead."""
_NARROW = arb(1) / 10**TIE_DIGITS
_BITS_OF_A_DIGIT = 4
MOST_ZEROS = 40
"""Zeros at either end of a number before it is written with an exponent."""
HALF = fmpq(1, 2)
HALF_BALL = arb(HALF)


@cache
def power_of_ten(exponent: int) -> fmpz:
    return fmpz(10) ** exponent


@cache
def _ball_of_ten(exponent: int) -> arb:
    """The same as a ball, which is exact at any precision; balls are multiplied by balls much faster."""
    return arb(power_of_ten(exponent))


def _scaled(number: Number, decimals: int, ties: str) -> tuple[int, bool]:
    """The nearest integer to |number| * 10^decimals, and whether it is exactly that."""
    if isinstance(number, fmpq):
        below = number.q
        whole, rest = divmod(abs(number.p) * power_of_ten(decimals), below)
        if not rest:
            return int(whole), True
        twice = 2 * rest
        if twice > below or (twice == below and (ties != "half_even" or whole % 2)):
            whole += 1
        return int(whole), False
    floor = (abs(number * _ball_of_ten(decimals)) + HALF_BALL).floor().unique_fmpz()
    if floor is None:
        raise Undecided
    return int(floor), False


def decimal_text(scaled: int, decimals: int, negative: bool) -> str:
    """The decimal whose digits are `scaled`, with the point `decimals` places from the right; zero has no sign."""
    digits = str(scaled).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return f"-{text}" if negative and scaled else text


def show(number: Number, decimals: int, ties: str = "half_up") -> Shown:
    """The number as printed: in full when it ends within `decimals` places, rounded and marked otherwise.

    >>> show(fmpq(3775, 10000), 9)
    Shown(text='0.3775', exact=True)
    >>> show(fmpq(-1, 8), 2)
    Shown(text='-0.13', exact=False)
    >>> show(arb(1).exp(), 4)
    Shown(text='2.7183', exact=False)
    """
    return Shown(*shown_text(number, decimals, ties))


def shown_text(number: Number, decimals: int, ties: str = "half_up") -> tuple[str, bool]:
    """The text of the number as printed, and whether it is the number in full.

    Where even `TIE_DIGITS` digits do not tell to which side it rounds, it has one decimal more, which is certain.

    >>> with flint.ctx.workprec(2000):
    ...     shown_text(arb(2).sqrt() ** 2 / 16, 2), shown_text(arb(2).sqrt() ** 2 / 16, 3)
    (('0.125', False), ('0.125', False))
    """
    try:
        scaled, is_exact = _scaled(number, decimals, ties)
    except Undecided:
        if not _narrow(number):
            raise
        decimals += 1
        scaled, is_exact = _scaled(number, decimals, ties)
    # What is not rounded to 0 is certainly of one sign.
    text = decimal_text(scaled, decimals, negative=scaled != 0 and bool(number < 0))
    return (trim(text) if is_exact else text), is_exact


def _narrow(number: Number) -> bool:
    """Whether a ball is so narrow that a tie in it is taken for one."""
    return isinstance(number, arb) and bool(number.rad() < _NARROW)


def trim(text: str) -> str:
    """A decimal without the zeros that end it."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(number: Number, decimals: int, ties: str = "half_up") -> fmpq:
    """The exact value of the rounded decimal, for calculations that carry rounded numbers.

    >>> rounded(fmpq(-3555, 100000), 4)
    -89/2500
    """
    scaled, is_exact = _scaled(number, decimals, ties)
    if is_exact:
        assert isinstance(number, fmpq)
        return number
    return fmpq(-scaled if scaled and number < 0 else scaled, power_of_ten(decimals))


@cache
def half_unit(decimals: int) -> fmpq:
    """Half a unit of the last of `decimals` places, which is the most that rounding changes.

    >>> half_unit(2), half_unit(-3)
    (1/200, 500)
    """
    return fmpq(1, 2 * power_of_ten(decimals)) if decimals >= 0 else fmpq(power_of_ten(-decimals), 2)


def around(number: Number, radius: fmpq) -> arb:
    """Everything that is no further than `radius` from a number, or from a number in a ball."""
    return arb(number) + arb(0, radius)


@cache
def _rounding_error(decimals: int) -> arb:
    """Everything that rounding may add."""
    return arb(0, half_unit(decimals))


def widened(number: Number, decimals: int) -> Number:
    """Everything that a number can be once it may have been rounded to `decimals` places.

    A rational that ends within these places stays itself.
    """
    if isinstance(number, fmpq):
        if (number * power_of_ten(decimals)).q == 1:
            return number
        return arb(number) + _rounding_error(decimals)
    return number + _rounding_error(decimals)


def within(number: Number, other: Number, radius: Number) -> bool:
    """Whether two numbers are certainly no further apart than `radius`.

    >>> within(fmpq(1, 3), fmpq(33, 100), fmpq(1, 200))
    True
    """
    difference = number - other
    return bool(difference <= radius) and bool(-difference <= radius)


def middle(number: Number) -> fmpq:
    """The midpoint of a ball, which is a rational; a rational is its own.

    >>> middle(arb("0.5", "0.1"))
    1/2
    """
    if isinstance(number, fmpq):
        return number
    mantissa, exponent = number.mid().man_exp()
    return fmpq(mantissa) * fmpq(2) ** int(exponent)


def ends(number: Number, decimals: int, ties: str = "half_up") -> tuple[str, str]:
    """The smallest and the largest decimal that the numbers of a ball round to; empty texts when it has no bounds.

    >>> ends(arb("0.3", "0.04"), 1), ends(fmpq(1, 3), 2), ends(arb.pos_inf(), 1)
    (('0.3', '0.3'), ('0.33', '0.33'), ('', ''))
    """
    if isinstance(number, fmpq):
        text, _ = shown_text(number, decimals, ties)
        return text, text
    if not number.is_finite():
        return "", ""
    try:
        text, _ = shown_text(number, decimals, ties)
        return text, text
    except Undecided:
        pass  # the ends round to different decimals
    return shown_text(number.lower(), decimals, ties)[0], shown_text(number.upper(), decimals, ties)[0]


def plain(text: Decimal) -> str:
    """A decimal as its author wrote it, without an exponent.

    >>> plain(Decimal("0.10")), plain(Decimal("1E+2"))
    ('0.10', '100')
    """
    return format(text, "f")


def significant(number: Number, digits: int = 20, ties: str = "half_up") -> str:
    """The number to `digits` significant digits; an exact one that is shorter is given in full.

    Very small and very large numbers get an exponent. Where even `TIE_DIGITS` digits more do not tell to which side
    the last one rounds, there is one digit more, which is certain. Raises `Undecided` for what may be 0.

    >>> significant(fmpq(1, 3), 5), significant(fmpq(-5, 2), 5), significant(fmpq(99999951, 10), 7)
    ('0.33333', '-2.5', '9999995')
    """
    if not sign(number):
        return "0"
    try:
        return _significant(number, digits, ties)
    except Undecided:
        if isinstance(number, fmpq) or number.rel_accuracy_bits() < _BITS_OF_A_DIGIT * (digits + TIE_DIGITS):
            raise
        return _significant(number, digits + 1, ties)


def _significant(number: Number, digits: int, ties: str) -> str:
    with flint.ctx.workprec(FIRST_PRECISION):
        place = arb(number if number > 0 else -number).log_base(10)
        leading = place.floor().unique_fmpz()
        if leading is None:
            # At a power of ten: begin one place lower and see whether the rounding reaches it.
            leading = (place.mid() + fmpq(1, 2)).floor().unique_fmpz()
            leading = leading if leading is None else leading - 1
    if leading is None:
        raise Undecided
    for decimals in (digits - 1 - int(leading), digits - 2 - int(leading)):
        # Rounding can carry into a new leading digit (9.99 to 10.0), which costs one decimal.
        zeros = max(-decimals, 0)
        scaled, is_exact = _scaled(number / fmpz(10) ** zeros, max(decimals, 0), ties)
        if len(str(scaled)) <= digits:
            break
    exponent = len(str(scaled)) - 1 - decimals
    if abs(exponent) > MOST_ZEROS:
        mantissa = decimal_text(scaled, len(str(scaled)) - 1, negative=sign(number) < 0)
        return f"{trim(mantissa) if is_exact else mantissa}e{exponent}"
    text = decimal_text(scaled * 10**zeros, max(decimals, 0), negative=sign(number) < 0)
    return trim(text) if is_exact else text


def nearly_zero(number: Number) -> bool:
    """Whether a number is known to hundreds of places and may still be 0.

    >>> with flint.ctx.workprec(2000):
    ...     nearly_zero(arb(2).sqrt() ** 2 - 2), nearly_zero(fmpq(0)), nearly_zero(arb(2))
    (True, False, False)
    """
    return isinstance(number, arb) and number.contains(0) and _narrow(number)


def certain(number: Number, digits: int, ties: str = "half_up") -> str:
    """A number to as many of some significant digits as its ball allows, or how far from 0 it is at most.

    >>> certain(arb("1.2345", "0.0003"), 4), certain(arb(0, "1e-40"), 20)
    ('1.23', '0±1e-39')
    """
    for fewer in range(digits, 0, -1):
        with suppress(Undecided):
            return significant(number, fewer, ties)
    with flint.ctx.workprec(FIRST_PRECISION):
        exponent = arb(number).abs_upper().log_base(10).upper()
    return f"0±1e{int(middle(exponent).ceil())}"


def marked(text: str, mark: str) -> str:
    """A printed number with another decimal mark than a point; the only place where one takes the place of the other.

    >>> marked("-0.15", ","), marked("3", ","), marked("1.5e-12", "{,}")
    ('-0,15', '3', '1{,}5e-12')
    """
    whole, point, fraction = text.partition(".")
    return f"{whole}{mark}{fraction}" if point else text


def padded(text: str, places: int) -> str:
    """A decimal with zeros up to its number of places: rounded numbers show how far they were rounded.

    >>> padded("0.5", 3), padded("0.5", 1), padded("3", 2), padded("3", 0)
    ('0.500', '0.5', '3.00', '3')
    """
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(places, '0')}" if places else whole


def decimals_of(text: str) -> int:
    """The number of decimals of a printed number.

    >>> decimals_of("0.125"), decimals_of("3")
    (3, 0)
    """
    return len(text.partition(".")[2])
