"""Formulas as JavaScript: each kind of node is a call of the function of that name in `judge.js`, on intervals.

No name of a problem goes into the code, only places of numbers and constants; so nothing that somebody has written into
a problem file can be code. A function that `judge.js` lacks is an error here.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derive.expression import Add, Call, Cases, Const, Div, Group, Mul, Neg, Node, Pow, Ref, sub
from derive.functions import EVERY
from derive.quantity import Quantity

Place = Callable[[Quantity], int]
EXACT_WHOLE = 2**53
"""Whole numbers up to this are numbers of JavaScript."""


def function(formula: Node, place: Place) -> str:
    """A formula as a function of all numbers by their places.

    >>> from derive.expression import mul
    >>> w, a = Quantity("W", 1, 0, 0), Quantity("a", 0, 0)
    >>> function(mul(Ref(w), Ref(a)), {w: 4, a: 0}.__getitem__)
    '(r) => mul(r[4], r[0])'
    """
    return f"(r) => {javascript(formula, place)}"


def javascript(node: Node, place: Place) -> str:
    """A formula as an expression. Raises TypeError for a node that has no value."""

    def write(one: Node) -> str:
        return javascript(one, place)

    match node:
        case Const(value=value):
            return constant(value)
        case Ref(quantity):
            return f"r[{place(quantity)}]"
        case Group(arg):
            return write(arg)
        case Neg(arg):
            return f"neg({write(arg)})"
        case Add(terms):
            return f"add({', '.join(map(write, terms))})"
        case Mul(factors):
            return f"mul({', '.join(map(write, factors))})"
        case Div(numerator, denominator):
            return f"div({write(numerator)}, {write(denominator)})"
        case Pow(base, Const(value=exponent)) if exponent.denominator == 1:
            return f"power({write(base)}, {int(exponent)})"
        case Pow(base, exponent_node):
            return f"real({write(base)}, {write(exponent_node)})"
        case Call(name, args) if name in EVERY:
            return f"{name}({', '.join(map(write, args))})"
        case Cases(branches):
            rows = [
                f'[() => {write(one.value)}, "{one.relation}", () => {write(sub(one.left, one.right))}]'
                for one in branches
            ]
            return f"cases({', '.join(rows)})"
    raise TypeError(f"no JavaScript for {node!r}")


def constant(value: Fraction) -> str:
    """A number of a formula: a whole one as it is, another one as the quotient of whole ones.

    >>> constant(Fraction(2)), constant(Fraction(1, 2)), constant(Fraction(-1, 3))
    ('exact(2)', 'near(1 / 2)', 'near(-1 / 3)')
    """
    above, below = value.numerator, value.denominator
    if max(abs(above), below) > EXACT_WHOLE:
        return f'near(Number("{above}") / Number("{below}"))'
    return f"exact({above})" if below == 1 else f"near({above} / {below})"
