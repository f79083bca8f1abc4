"""What a number is: an exact rational where there is one, a certified ball elsewhere, and certain arithmetic.

A number is an exact rational (`fmpq`) until an exponential or a logarithm makes it transcendental; from then on
it is a ball (`arb`): a midpoint with a proven radius. What a ball leaves open is `Undecided`, which asks for more
precision. What is printed of a number is for `rounding`, and formulas are for `numbers`.

The ball arithmetic is that of Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic",
IEEE Transactions on Computers 66 (2017).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

import flint
from flint import arb, fmpq, fmpz

from derive.quantity import Quantity

Number = fmpq | arb

T = TypeVar("T")

FIRST_PRECISION = 192
"""Bits carried at first: about 57 decimal digits."""
LAST_PRECISION = 24576
"""Bits after which a rounding that is still undecided is reported instead of guessed."""
LARGEST_DENOMINATOR_BITS = 640
"""An exact rational with a larger denominator cannot end within the decimals we print; it becomes a ball."""
LARGEST_EXPONENT = 1_000_000
"""The largest number, of either sign, whose exponential is taken."""
MOST_DIGITS = 1000
"""Digits before the point of the largest number that is worked with."""
LARGEST = fmpz(10) ** MOST_DIGITS
LONGEST = 20_000
"""Bits of an exact number; a power that would be longer becomes a ball."""
LARGEST_POWER = 1_000_000
"""The largest whole exponent."""
POSITIVE, NOT_NEGATIVE = "positive numbers", "numbers that are not negative"
"""Where functions exist that do not exist everywhere."""


class Undecided(Exception):
    """The ball is too wide to round, compare or divide by; evaluate again with more precision.

    `quantity` and `what` say which one it was, and what was asked of it, where somebody has noted it.
    """

    quantity: Quantity | None = None
    what: str = ""


class OutsideDomain(Exception):
    """A function has no value at this number, such as the logarithm of 0; `quantity` where somebody has noted it."""

    quantity: Quantity | None = None


def exact(number: Decimal | int) -> fmpq:
    """The rational that a decimal text stands for.

    >>> exact(Decimal("0.15"))
    3/20
    """
    if isinstance(number, int):
        return fmpq(number)
    numerator, denominator = number.as_integer_ratio()
    return fmpq(numerator, denominator)


def settle(number: Number) -> Number:
    """Keeps short rationals exact, turns unwieldy ones into balls, and a ball that is only 0 into 0."""
    if isinstance(number, fmpq):
        return arb(number) if number.q.bit_length() > LARGEST_DENOMINATOR_BITS else number
    return fmpq(0) if number.is_zero() else number


def sign(number: Number) -> int:
    """-1, 0 or 1; raises `Undecided` when the ball leaves it open."""
    if number > 0:
        return 1
    if number < 0:
        return -1
    if isinstance(number, fmpq) or number.is_zero():
        return 0
    raise Undecided


def times(x: Number, y: Number) -> Number:
    """The product; an exact 0 makes it exactly 0, so that a unit that is off stays off without a doubt."""
    if (type(x) is arb and type(y) is fmpq and not y) or (type(y) is arb and type(x) is fmpq and not x):
        return fmpq(0)
    return x * y


def power(x: Number, exponent: int) -> Number:
    """A whole power by multiplication: a ball's own power has no value around 0."""
    result: Number = fmpq(1)
    for _ in range(exponent):
        result = result * x
    return result


def divide(x: Number, y: Number) -> Number:
    if sign(y) == 0:
        raise OutsideDomain("a division by zero")
    return x / y


# -- functions


def exp(x: Number) -> Number:
    if x > LARGEST_EXPONENT or x < -LARGEST_EXPONENT:
        raise OutsideDomain("the exponential of a number as large as this cannot be written down")
    if isinstance(x, fmpq):
        return fmpq(1) if x == 0 else arb(x).exp()
    # the bounds are decided only for a ball that is not too wide
    if not x.is_finite():
        raise Undecided
    return x.exp()


def ln(x: Number) -> Number:
    if sign(x) <= 0:
        raise OutsideDomain(f"the logarithm exists only for {POSITIVE}")
    return fmpq(0) if isinstance(x, fmpq) and x == 1 else arb(x).log()


def log10(x: Number) -> Number:
    logarithm = ln(x)
    if isinstance(x, fmpq):
        whole = (logarithm / arb(10).log()).unique_fmpz() if isinstance(logarithm, arb) else None
        if whole is not None and x == (fmpq(10) ** int(whole) if whole >= 0 else 1 / fmpq(10) ** int(-whole)):
            return fmpq(whole)
    return logarithm / arb(10).log() if isinstance(logarithm, arb) else logarithm


def sqrt(x: Number) -> Number:
    found = sign(x)
    if found < 0:
        raise OutsideDomain(f"the root exists only for {NOT_NEGATIVE}")
    if found == 0:
        return fmpq(0)
    if isinstance(x, fmpq):
        above, below = fmpz(x.p).isqrt(), fmpz(x.q).isqrt()
        if above * above == x.p and below * below == x.q:
            return fmpq(above, below)
    return arb(x).sqrt()


def at_zero(value: Number, otherwise: Callable[[arb], arb]) -> Callable[[Number], Number]:
    """A function whose value at an exact 0 is exact."""

    def function(x: Number) -> Number:
        if isinstance(x, arb):
            return otherwise(x)
        return value if x == 0 else otherwise(arb(x))

    return function


def logistic(x: arb) -> arb:
    if x > LARGEST_EXPONENT or x < -LARGEST_EXPONENT:
        raise OutsideDomain("the sigmoid of a number as large as this cannot be told from 0 or 1")
    return 1 / (1 + (-x).exp())


def softplus(x: Number) -> Number:
    ball = arb(x)
    if ball > LARGEST_EXPONENT or ball < -LARGEST_EXPONENT:
        raise OutsideDomain("the softplus of a number as large as this cannot be written down")
    return (ball + (-ball).exp().log1p()) if ball > 0 else ball.exp().log1p()


def largest(*numbers: Number) -> Number:
    """The largest number; where it is open which one that is, a ball that holds it."""
    best = numbers[0]
    for number in numbers[1:]:
        try:
            best = number if sign(number - best) > 0 else best
        except Undecided:
            best = arb(best).max(arb(number))
    return best


def smallest(*numbers: Number) -> Number:
    """The smallest number; where it is open which one that is, a ball that holds it."""
    best = numbers[0]
    for number in numbers[1:]:
        try:
            best = number if sign(number - best) < 0 else best
        except Undecided:
            best = arb(best).min(arb(number))
    return best


def real_power(base: Number, exponent: Number) -> Number:
    """base ^ exponent: whole exponents for every base, others for positive bases, and 0 ^ positive = 0.

    >>> real_power(fmpq(-2), fmpq(-3)), real_power(fmpq(4), fmpq(1, 2))
    (-1/8, 2)
    """
    if isinstance(exponent, fmpq) and exponent.q == 1:
        if abs(exponent) > LARGEST_POWER:
            raise OutsideDomain(f"a power with an exponent beyond {LARGEST_POWER}")
        whole = int(exponent.p)
        return divide(fmpq(1), whole_power(base, -whole)) if whole < 0 else whole_power(base, whole)
    found = sign(base)
    if found < 0:
        raise OutsideDomain("a power of a negative number exists only for whole exponents")
    if found == 0:
        if sign(exponent) <= 0:
            raise OutsideDomain("a power of 0 exists only for positive exponents")
        return fmpq(0)
    if isinstance(exponent, fmpq) and exponent == fmpq(1, 2):
        return sqrt(base)
    return exp(exponent * ln(base))


def whole_power(base: Number, exponent: int) -> Number:
    """A power with a whole exponent from 0; a ball's own power has no value around 0, so it is multiplied out."""
    if isinstance(base, fmpq) and (base.p.bit_length() + base.q.bit_length()) * exponent > LONGEST:
        base = arb(base)
    if exponent < 8:
        return power(base, exponent)
    half = whole_power(base, exponent // 2)
    square = half * half
    return square * base if exponent % 2 else square


def with_precision(compute: Callable[[], T], start: int = FIRST_PRECISION) -> T:
    """`compute()` at the lowest precision, of those doubled from `start`, that decides everything it asks."""
    precision = start
    while True:
        try:
            with flint.ctx.workprec(precision):
                return compute()
        except Undecided:
            precision *= 2
            if precision > LAST_PRECISION:
                raise
