"""Random formulas for the tests of printing and of values, and what they mean, written plainly."""

import random
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import mpmath
from flint import fmpq
from hypothesis import strategies as st
from mpmath import mpf

from derive.expression import (
    Add,
    Branch,
    Call,
    Cases,
    Const,
    Div,
    Group,
    Mul,
    Neg,
    Node,
    Pow,
    Ref,
    Shown,
    children,
)
from derive.quantity import Quantity

# Names of every kind: with subscripts and superscripts, fractions, a fraction with a place, several steps.
QUANTITIES = (
    Quantity("W", 2, 0, 0),
    Quantity("W", 2, 0, 0, step=1),
    Quantity("W", 2, 0, 0, step=2),
    Quantity("a", 0, 1),
    Quantity("a", 1, 0),
    Quantity("a", 2, 1, example=1),
    Quantity("z", 1, 0),
    Quantity("z", 2, 0, step=1),
    Quantity("b", 1),
    Quantity("b", 1, 1),
    Quantity("t", unit=0),
    Quantity("lr"),
    Quantity("loss"),
    Quantity("dL/dW", 2, 0, 0),
    Quantity("dL/dz", 2, 0),
    Quantity("da/dz", 1, 0),
    Quantity("path", 1, 0, 1),
    Quantity("exp", 2, 0),
    Quantity("vW", 1, 0, 0),
)


def environment(seed: int) -> dict[Quantity, Shown]:
    """A printed decimal for every quantity: of either sign, of different lengths, and now and then 0."""
    source = random.Random(seed)
    return {quantity: Shown(_decimal(source), True) for quantity in QUANTITIES}


def _decimal(source: random.Random) -> str:
    whole, places = source.choice([source.randint(-4000, 4000), source.randint(-9, 9)]), source.randint(0, 3)
    digits = str(abs(whole)).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if whole < 0 else text


ENVIRONMENTS = st.integers(0, 10**6).map(environment)
CONSTANTS = st.builds(lambda n, d: Const(Fraction(n, d)), st.integers(-5, 12), st.sampled_from([1, 1, 1, 2, 3]))
LEAVES = st.sampled_from(QUANTITIES).map(Ref) | CONSTANTS


def _larger(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=4).map(tuple)
    branch = st.builds(
        lambda above, below, left, right: Cases((Branch(above, left, ">", right), Branch(below, left, "<=", right))),
        parts,
        parts,
        LEAVES,
        LEAVES,
    )
    return (
        several.map(Add)
        | several.map(Mul)
        | parts.map(Neg)
        | st.builds(Div, parts, parts)
        | st.builds(Pow, parts, st.sampled_from([-2, -1, 2, 2, 3]).map(lambda n: Const(Fraction(n))))
        | st.builds(Call, st.sampled_from(["exp", "ln", "tanh", "abs", "sign"]), st.tuples(parts))
        | st.builds(Call, st.just("max"), st.tuples(parts, parts))
        | parts.map(Group)
        | branch
    )


TREES: st.SearchStrategy[Node] = st.recursive(LEAVES, _larger, max_leaves=12)


class Unfit(Exception):
    """The formula has no value here, or one that is too large or too near an edge to be compared."""


EDGE, LARGE = mpf(10) ** -12, mpf(10) ** 12


def meaning(node: Node, numbers: Mapping[Quantity, mpf]) -> mpf:
    """The value of a formula in mpmath, straight from the tree."""
    value = _meaning(node, numbers)
    if abs(value) > LARGE or (value and abs(value) < EDGE):
        raise Unfit
    return value


def _away(value: mpf, allow_zero: bool = False) -> mpf:
    if abs(value) < EDGE and not (allow_zero and value == 0):
        raise Unfit
    return value


def _meaning(node: Node, numbers: Mapping[Quantity, mpf]) -> mpf:
    if isinstance(node, Cases):
        for b in node.branches:
            difference = meaning(b.left, numbers) - meaning(b.right, numbers)
            if (difference > 0) == (b.relation == ">"):
                meaning(node.branches[0].value, numbers), meaning(node.branches[1].value, numbers)
                return meaning(b.value, numbers)
        raise AssertionError("one of the two cases holds")
    parts: list[Any] = [meaning(part, numbers) for part in children(node)]
    match node:
        case Const(value):
            return mpf(value.numerator) / value.denominator
        case Shown(text, _):
            return mpf(text)
        case Ref(quantity):
            return numbers[quantity]
        case Add():
            return mpmath.fsum(parts)
        case Mul():
            return mpmath.fprod(parts)
        case Neg():
            return -parts[0]
        case Group():
            return parts[0]
        case Div():
            return parts[0] / _away(parts[1])
        case Pow(_, Const(exponent)):
            return _away(parts[0]) ** int(exponent) if exponent < 0 else parts[0] ** int(exponent)
        case Call(function, _):
            return _call(function, parts)
    raise TypeError(node)


def _call(function: str, parts: list[mpf]) -> mpf:
    match function:
        case "exp":
            if abs(parts[0]) > 27:
                raise Unfit
            return mpmath.exp(parts[0])
        case "ln":
            if parts[0] < EDGE:
                raise Unfit
            return mpmath.log(parts[0])
        case "tanh":
            return mpmath.tanh(parts[0])
        case "abs":
            return abs(_away(parts[0], allow_zero=True))
        case "sign":
            return mpmath.sign(_away(parts[0], allow_zero=True))
        case "max":
            _away(parts[0] - parts[1], allow_zero=True)
            return max(parts)
    raise TypeError(function)


def rational(shown: Shown) -> fmpq:
    value = Fraction(shown.text)
    return fmpq(value.numerator, value.denominator)
