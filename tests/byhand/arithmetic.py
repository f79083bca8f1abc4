"""What a person does with a calculator: functions of decimals. Nothing here uses derive."""

from collections.abc import Callable, Iterable
from decimal import Decimal

ONE, TWO = Decimal(1), Decimal(2)


class Stuck(Exception):
    """A number that cannot be computed, such as the logarithm of a value that was rounded to 0."""


def exp(x: Decimal) -> Decimal:
    if abs(x) > 10_000:
        raise Stuck
    return x.exp()


def ln(x: Decimal) -> Decimal:
    if x <= 0:
        raise Stuck
    return x.ln()


def over(x: Decimal, y: Decimal) -> Decimal:
    if y == 0:
        raise Stuck
    return x / y


def times_if(factor: Decimal, other: Callable[[], Decimal]) -> Decimal:
    """A product whose second factor nobody works out when the first is 0."""
    return factor * other() if factor else Decimal(0)


def sigmoid(x: Decimal) -> Decimal:
    return ONE / (ONE + exp(-x))


def tanh(x: Decimal) -> Decimal:
    return (exp(2 * x) - 1) / (exp(2 * x) + 1)


def function(name: str, z: Decimal, slope: Decimal) -> Decimal:
    match name:
        case "linear":
            return z
        case "sigmoid":
            return sigmoid(z)
        case "tanh":
            return tanh(z)
        case "relu":
            return max(z, Decimal(0))
        case "leaky_relu":
            return z if z > 0 else slope * z
        case "softplus":
            return (ONE + exp(z)).ln()
    raise ValueError(name)


def slope_of(name: str, z: Decimal, a: Decimal, leak: Decimal) -> Decimal:
    """The derivative of an activation, from its sum z or its value a, whichever a person uses."""
    match name:
        case "linear":
            return ONE
        case "sigmoid":
            return a * (ONE - a)
        case "tanh":
            return ONE - a * a
        case "relu":
            return ONE if z > 0 else Decimal(0)
        case "leaky_relu":
            return ONE if z > 0 else leak
        case "softplus":
            return sigmoid(z)
    raise ValueError(name)


def total(numbers: Iterable[Decimal]) -> Decimal:
    return sum(numbers, Decimal(0))
