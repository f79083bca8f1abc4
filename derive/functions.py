"""The functions of the language of equations, one row each: value, slope, corner.

Decides what each function is at an exact number and at a ball, and its derivative as a tree in the formal variables
x, the argument, and y, the value. To add a function is to add a row. Which quantity an argument is, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flint import arb, fmpq, fmpz

from derive.expression import ONE, TWO, ZERO, Branch, Call, Cases, Const, Div, Neg, Node, Pow, Var, call, mul, sub
from derive.numbers import LARGEST_EXPONENT, Number, OutsideDomain, Undecided, divide, power, sign

LONGEST = 20_000
"""Bits of an exact number; a power that would be longer becomes a ball."""
LARGEST_POWER = 1_000_000
"""The largest whole exponent."""

X, Y = Var("x"), Var("y")


@dataclass(frozen=True, slots=True)
class Row:
    """One function of one argument.

    `slope` is its derivative in x and y; None where it is 0 wherever there is one. At `corner` there is none, and
    `convention` says which number stands for it. `words` name the rule of the derivative.
    """

    name: str
    value: Callable[[Number], Number]
    slope: Node | None
    words: str
    corner: bool = False
    convention: str = ""


def _exp(x: Number) -> Number:
    if x > LARGEST_EXPONENT or x < -LARGEST_EXPONENT:
        raise OutsideDomain("the exponential of a number as large as this cannot be written down")
    if isinstance(x, fmpq):
        return fmpq(1) if x == 0 else arb(x).exp()
    # the bounds are decided only for a ball that is not too wide
    if not x.is_finite():
        raise Undecided
    return x.exp()


def _ln(x: Number) -> Number:
    if sign(x) <= 0:
        raise OutsideDomain("the logarithm exists only for positive numbers")
    return fmpq(0) if isinstance(x, fmpq) and x == 1 else arb(x).log()


def _log10(x: Number) -> Number:
    logarithm = _ln(x)
    if isinstance(x, fmpq):
        whole = (logarithm / arb(10).log()).unique_fmpz() if isinstance(logarithm, arb) else None
        if whole is not None and x == (fmpq(10) ** int(whole) if whole >= 0 else 1 / fmpq(10) ** int(-whole)):
            return fmpq(whole)
    return logarithm / arb(10).log() if isinstance(logarithm, arb) else logarithm


def _sqrt(x: Number) -> Number:
    found = sign(x)
    if found < 0:
        raise OutsideDomain("the root exists only for numbers that are not negative")
    if found == 0:
        return fmpq(0)
    if isinstance(x, fmpq):
        above, below = fmpz(x.p).isqrt(), fmpz(x.q).isqrt()
        if above * above == x.p and below * below == x.q:
            return fmpq(above, below)
    return arb(x).sqrt()


def _at_zero(value: Number, otherwise: Callable[[arb], arb]) -> Callable[[Number], Number]:
    """A function whose value at an exact 0 is exact."""

    def function(x: Number) -> Number:
        if isinstance(x, arb):
            return otherwise(x)
        return value if x == 0 else otherwise(arb(x))

    return function


def _logistic(x: arb) -> arb:
    if x > LARGEST_EXPONENT or x < -LARGEST_EXPONENT:
        raise OutsideDomain("the sigmoid of a number as large as this cannot be told from 0 or 1")
    return 1 / (1 + (-x).exp())


def _softplus(x: Number) -> Number:
    ball = arb(x)
    if ball > LARGEST_EXPONENT or ball < -LARGEST_EXPONENT:
        raise OutsideDomain("the softplus of a number as large as this cannot be written down")
    return (ball + (-ball).exp().log1p()) if ball > 0 else ball.exp().log1p()


def _where_positive(x: Node, then: Node, otherwise: Node) -> Node:
    return Cases((Branch(then, x, ">", ZERO), Branch(otherwise, x, "<=", ZERO)))


PI = Call("pi", ())

_ROWS = (
    Row("exp", _exp, Y, "the exponential is its own derivative"),
    Row("ln", _ln, Div(ONE, X), "derivative of the logarithm"),
    Row("log10", _log10, Div(ONE, mul(X, call("ln", Const(TWO.value * 5)))), "derivative of the logarithm to base 10"),
    Row("sqrt", _sqrt, Div(ONE, mul(TWO, Y)), "derivative of the root"),
    Row("sin", _at_zero(fmpq(0), arb.sin), call("cos", X), "derivative of the sine"),
    Row("cos", _at_zero(fmpq(1), arb.cos), Neg(call("sin", X)), "derivative of the cosine"),
    Row("tanh", _at_zero(fmpq(0), arb.tanh), sub(ONE, Pow(Y, TWO)), "derivative of tanh by its value"),
    Row("sigmoid", _at_zero(fmpq(1, 2), _logistic), mul(Y, sub(ONE, Y)), "derivative of the sigmoid by its value"),
    Row(
        "relu",
        lambda x: x if sign(x) > 0 else fmpq(0),
        _where_positive(X, ONE, ZERO),
        "derivative of relu: 1 where it lets through, else 0",
        corner=True,
        convention="the derivative of relu at 0 is taken as 0",
    ),
    Row("softplus", _softplus, call("sigmoid", X), "the derivative of softplus is the sigmoid"),
    Row(
        "step",
        lambda x: fmpq(1 if sign(x) > 0 else 0),
        None,
        "a step is flat",
        corner=True,
        convention="the step at 0 is taken as 0",
    ),
    Row(
        "abs",
        lambda x: -x if sign(x) < 0 else x,
        call("sign", X),
        "the derivative of |x| is its sign",
        corner=True,
        convention="the derivative of the absolute value at 0 is taken as 0",
    ),
    Row(
        "sign",
        lambda x: fmpq(sign(x)),
        None,
        "a sign is flat",
        corner=True,
        convention="the sign of 0 is 0",
    ),
    Row(
        "erf",
        _at_zero(fmpq(0), arb.erf),
        mul(Div(TWO, call("sqrt", PI)), call("exp", Neg(Pow(X, TWO)))),
        "derivative of the error function",
    ),
)

FUNCTIONS: dict[str, Row] = {row.name: row for row in _ROWS}
"""The functions of one argument; `largest` and `smallest` take several."""


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
        return _sqrt(base)
    return _exp(exponent * _ln(base))


def whole_power(base: Number, exponent: int) -> Number:
    """A power with a whole exponent from 0; a ball's own power has no value around 0, so it is multiplied out."""
    if isinstance(base, fmpq) and (base.p.bit_length() + base.q.bit_length()) * exponent > LONGEST:
        base = arb(base)
    if exponent < 8:
        return power(base, exponent)
    half = whole_power(base, exponent // 2)
    square = half * half
    return square * base if exponent % 2 else square
