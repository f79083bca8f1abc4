"""Ranges of formulas: everything a formula can give when each of its numbers is only known to lie in a ball.

Put into a formula as they are, balls forget that a quantity used twice has one value: a(1 - a) with a in
[0.74, 0.76] would seem to range over more than it does. Where a quantity occurs more than once, the mean value form
f(m) + f'(X)(X - m) is taken too, with derivatives by SymPy, and the two are intersected (Moore, "Interval Analysis",
1966, chapter 6). A definition by cases whose condition is open has the union of its cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from flint import arb, fmpq

from derive.calculus import partial
from derive.expression import Call, Cases, Node, Ref, Var, bind, leaves, parts_of, replace
from derive.functions import FUNCTIONS
from derive.numbers import Number, OutsideDomain, Undecided, compile_value
from derive.quantity import Quantity

Reach = Callable[[Any], Number]

EVERYTHING = arb.pos_inf() - arb.pos_inf()
"""The range that says nothing."""


def compile_reach(formula: Node, place: Callable[[Quantity], Any]) -> Reach:
    """The range of a formula from the ranges of its quantities; exact numbers give an exact number.

    It is `EVERYTHING` where the ranges contain a point at which there is no value, such as the logarithm of 0.

    >>> from derive.expression import ONE, mul, sub
    >>> a = Quantity("a", 1, 0)
    >>> reach = compile_reach(mul(Ref(a), sub(ONE, Ref(a))), lambda quantity: quantity)
    >>> ball = reach({a: arb("0.5", "0.1")})
    >>> bool(ball > 0.229), bool(ball < 0.271)
    (True, True)
    """
    if isinstance(formula, Cases):
        return _union(formula, place)
    naive = compile_value(formula, place)
    counts = Counter(leaf.quantity for leaf in leaves(formula) if isinstance(leaf, Ref))
    jumps = any(isinstance(part, Call) and _jumps(part.function) for part in parts_of(formula))
    if jumps or all(count == 1 for count in counts.values()):
        return lambda env: _existing(naive, env)
    order = list(counts)
    variables: dict[Quantity, Node] = {quantity: Var(f"q{k}") for k, quantity in enumerate(order)}
    shape = replace(formula, variables.__getitem__)
    refs: dict[str, Node] = {f"q{k}": Ref(quantity) for k, quantity in enumerate(order)}
    slopes = [
        (place(quantity), compile_value(bind(partial(shape, Var(f"q{k}")), refs), place))
        for k, quantity in enumerate(order)
    ]
    middle_value = compile_value(formula, _position(order))
    places = [place(quantity) for quantity in order]

    def range_of(env: Any) -> Number:
        whole = _existing(naive, env)
        if isinstance(whole, fmpq) or not whole.is_finite():
            return whole
        middles = [_middle(env[at]) for at in places]
        by_slopes = arb(middle_value(middles))
        for (at, slope), middle in zip(slopes, middles, strict=True):
            by_slopes += arb(_existing(slope, env)) * (env[at] - middle)
        return whole.intersection(by_slopes) if by_slopes.is_finite() else whole

    return range_of


def _jumps(function: str) -> bool:
    """Whether a function is flat with jumps, so that its slopes say nothing of how far it goes."""
    return function in FUNCTIONS and FUNCTIONS[function].slope is None


def _position(order: list[Quantity]) -> Callable[[Quantity], int]:
    return {quantity: k for k, quantity in enumerate(order)}.__getitem__


def _middle(number: Number) -> Number:
    return number if isinstance(number, fmpq) else number.mid()


def _existing(evaluator: Callable[[Any], Number], env: Any) -> Number:
    """The value, or `EVERYTHING` where not all numbers in the balls have one."""
    try:
        number = evaluator(env)
    except (Undecided, OutsideDomain):
        return EVERYTHING
    return number if isinstance(number, fmpq) or number.is_finite() else EVERYTHING


def _union(formula: Cases, place: Callable[[Quantity], Any]) -> Reach:
    whole = compile_value(formula, place)
    parts = [compile_reach(branch.value, place) for branch in formula.branches]

    def range_of(env: Any) -> Number:
        try:
            return whole(env)
        except (Undecided, OutsideDomain):
            first, *rest = (arb(part(env)) for part in parts)
            for other in rest:
                first = first.union(other)
            return first

    return range_of
