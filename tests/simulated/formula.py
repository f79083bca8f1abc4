"""Formulas as a student has them in mind, worked out exactly, rounded on the way, or as ranges.

A formula is a name (the id of a quantity), a number, or a tuple: an operation and its parts.

    ("+", a, b, ...)   ("-", a, b)   ("*", a, b, ...)   ("/", a, b)   ("~", a) is -a   ("^", a) is a squared
    (function, a)      with a function of `FUNCTIONS`;  ("leaky", slope, a) and ("leaky_slope", slope, a)
    ("max", a, b, ...)   ("min", a, b, ...)   ("wins", a, b, ...) is 1 where a is none less than the others, else 0
    ("unseen", a)      a part that some people round without writing it down
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal, getcontext
from fractions import Fraction
from typing import Any

Formula = Any
"""A name, a number or a tuple; recursive, which Python's types say only clumsily."""
Range = tuple[float, float]

getcontext().prec = 34


class Impossible(ArithmeticError):
    """A student's own wrong numbers lead where no number is: a logarithm of something negative, a division by 0."""


# --- what functions are ---------------------------------------------------------------------------------------


def _exp(x: Any) -> Any:
    if isinstance(x, float):
        return math.exp(min(x, 700.0))
    return _alike(as_decimal(x).exp(), x) if abs(x) < 10_000 else _no("exp")


def _ln(x: Any) -> Any:
    if x <= 0:
        _no("ln")
    return math.log(x) if isinstance(x, float) else _alike(as_decimal(x).ln(), x)


def _alike(found: Decimal, x: Any) -> Any:
    """The number as a fraction where fractions are worked with."""
    return Fraction(found) if isinstance(x, Fraction) else found


def _no(what: str) -> Any:
    raise Impossible(what)


def as_decimal(x: Any) -> Decimal:
    """A number as a decimal: a fraction to the digits of the context."""
    return Decimal(x.numerator) / Decimal(x.denominator) if isinstance(x, Fraction) else Decimal(x)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + _exp(-x))


def _tanh(x: Any) -> Any:
    if isinstance(x, float):
        return math.tanh(x)
    up = _exp(2 * x)
    return (up - 1) / (up + 1)


def _softplus(x: Any) -> Any:
    return _ln(1 + _exp(x))


def _sqrt(x: Any) -> Any:
    if x < 0:
        _no("sqrt")
    return math.sqrt(x) if isinstance(x, float) else _alike(as_decimal(x).sqrt(), x)


def _sign(x: Any) -> int:
    return int(x > 0) - int(x < 0)


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": _exp,
    "ln": _ln,
    "sqrt": _sqrt,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "softplus": _softplus,
    "relu": lambda x: x if x > 0 else 0 * x,
    "step": lambda x: 1 if x > 0 else 0,
    "abs": abs,
    "sign": _sign,
}
"""Every one of them never falls, but for abs."""


# --- working a formula out --------------------------------------------------------------------------------------

Rounding = Callable[[str, Any], Any]
"""What becomes of the result of an operation inside a line; the operation is named."""


def worked(formula: Formula, number: Callable[[Any], Any], inner: Rounding | None = None, top: bool = True) -> Any:
    """The value of a formula; `number` gives the value of a name or of a number, `inner` rounds what is inside."""
    if not isinstance(formula, tuple):
        return number(formula)
    operation, *parts = formula
    if operation == "unseen":
        value = worked(parts[0], number, inner, True)
        return value if inner is None or top else inner("unseen", value)
    values = [worked(part, number, inner, False) for part in parts]
    value = _applied(operation, values)
    return value if inner is None or top else inner(operation, value)


def _applied(operation: str, values: list[Any]) -> Any:
    match operation:
        case "+":
            total = values[0]
            for value in values[1:]:
                total = total + value
            return total
        case "*":
            total = values[0]
            for value in values[1:]:
                total = total * value
            return total
        case "-":
            return values[0] - values[1]
        case "/":
            if not values[1]:
                raise Impossible("division by 0")
            return values[0] / values[1]
        case "~":
            return -values[0]
        case "^":
            return values[0] * values[0]
        case "max":
            return max(values)
        case "min":
            return min(values)
        case "wins":
            return int(values[0] >= max(values[1:]))
        case "leaky":
            return values[1] if values[1] > 0 else values[0] * values[1]
        case "leaky_slope":
            return 1 if values[1] > 0 else values[0]
    return FUNCTIONS[operation](values[0])


def names_in(formula: Formula) -> Iterator[str]:
    """The names of a formula, each as often as it stands there."""
    if isinstance(formula, str):
        yield formula
    elif isinstance(formula, tuple):
        for part in formula[1:]:
            yield from names_in(part)


def replaced(formula: Formula, old: Formula, new: Formula, place: int | None = None) -> Formula:
    """The formula with `new` for `old`: everywhere, or only where it stands for the `place`-th time (from 0)."""
    seen = -1

    def walk(part: Formula) -> Formula:
        nonlocal seen
        if part == old and type(part) is type(old):
            seen += 1
            return new if place is None or seen == place else part
        if isinstance(part, tuple):
            return (part[0], *(walk(inside) for inside in part[1:]))
        return part

    return walk(formula)


# --- ranges -----------------------------------------------------------------------------------------------------

NOISE = 2e-13
"""The relative width that every operation on ranges adds: far more than floats lose, far less than a digit shown."""


def widened(low: float, high: float) -> Range:
    return low - abs(low) * NOISE, high + abs(high) * NOISE


def ranged(
    formula: Formula, range_of: Callable[[Any], Range], slack: Callable[[Range], Range], top: bool = True
) -> Range:
    """Every value that a formula can have when its names lie in their ranges and what is inside may be rounded."""
    if not isinstance(formula, tuple):
        return range_of(formula)
    operation, *parts = formula
    if operation == "unseen":
        return ranged(parts[0], range_of, slack, top)
    found = _range(operation, [ranged(part, range_of, slack, False) for part in parts])
    if top or (operation in "+-~" and not any(isinstance(part, tuple) for part in parts)):
        return found  # the sum of numbers as they stand has no more places than they
    return slack(found)


def _range(operation: str, parts: list[Range]) -> Range:
    low, high = parts[0]
    match operation:
        case "+":
            return widened(sum(a for a, _ in parts), sum(b for _, b in parts))
        case "-":
            return widened(low - parts[1][1], high - parts[1][0])
        case "~":
            return -high, -low
        case "*":
            for a, b in parts[1:]:
                low, high = _product(low, high, a, b)
            return low, high
        case "/":
            a, b = parts[1]
            if a <= 0 <= b:
                return -math.inf, math.inf
            return _product(low, high, 1 / b, 1 / a)
        case "^":
            ends = low * low, high * high
            return widened(0.0 if low <= 0 <= high else min(ends), max(ends))
        case "max":
            return max(a for a, _ in parts), max(b for _, b in parts)
        case "min":
            return min(a for a, _ in parts), min(b for _, b in parts)
        case "wins":
            others = [part for part in parts[1:]]
            return float(low >= max(b for _, b in others)), float(high >= max(a for a, _ in others))
        case "sqrt":
            return widened(math.sqrt(max(low, 0.0)), math.sqrt(max(high, 0.0)))
        case "abs":
            return (0.0 if low <= 0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))
        case "ln":
            return widened(math.log(low) if low > 0 else -math.inf, math.log(high) if high > 0 else math.inf)
        case "leaky" | "leaky_slope":
            slope = low
            a, b = parts[1]
            if operation == "leaky_slope":
                return (1.0 if a > 0 else slope), (1.0 if b > 0 else slope)
            return (a if a > 0 else slope * a), (b if b > 0 else slope * b)
        case "exp" | "softplus" if high > 700:
            return (math.exp(low) if low <= 700 else 1e300), math.inf
        case "sigmoid" if low < -700:
            return 0.0, 1 / (1 + math.exp(-max(high, -700.0)))
    function = FUNCTIONS[operation]
    return widened(float(function(low)), float(function(high)))


def _product(low: float, high: float, a: float, b: float) -> Range:
    ends = low * a, low * b, high * a, high * b
    if math.isinf(low) or math.isinf(high) or math.isinf(a) or math.isinf(b):
        return -math.inf, math.inf
    return widened(min(ends), max(ends))
