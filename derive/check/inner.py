"""Rounding inside a line: how far a result moves when products, quotients and function values in it were rounded.

A writer who works out 0.32 times 0.45, writes down 0.14 and adds three of these works as rightly as one who keeps all
digits. For each formula the greatest such deviation is bounded, with the ranges of its quantities; the last operation
is left out, because what is written at the end is rounded by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from flint import arb, fmpq

from derive.expression import Add, Call, Cases, Const, Div, Group, Mul, Neg, Node, Pow, Ref, bind, call
from derive.functions import EVERY, X, Y
from derive.numbers import Evaluator, Number, OutsideDomain, Undecided, compile_value, divide, times
from derive.program import Line, Program
from derive.quantity import Quantity

Rounding = Callable[[Number], "arb | None"]
"""What rounding may add to a number; None where it adds nothing."""
Value = tuple[Number, Number]
"""A value and by how much it may be off."""
Inner = Callable[[Any, Rounding], Value]
Off = Callable[[Any, Rounding], Number]

ZERO = fmpq(0)
MOST_FACTORS = 12
"""Factors and powers beyond which a product is not taken apart."""


class InnerRounding:
    """The deviations of the steps of a program; each step is compiled when it is first asked for."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._compiled: dict[Line, Off] = {}

    def deviation(self, line: Line, registers: Sequence[Number], rounding: Rounding) -> Number:
        """How far rounding inside a step may move its result; 0 where nothing inside is rounded."""
        deviation = self._compiled.get(line)
        if deviation is None:
            deviation = self._compiled[line] = self._made(line.formula)
        try:
            off = deviation(registers, rounding)
        except (OutsideDomain, Undecided):
            # Where there may be no value at all the range of the step says so itself.
            return ZERO
        return off if isinstance(off, fmpq) or off.is_finite() else ZERO

    def _made(self, formula: Node) -> Off:
        if not _has_inside(formula):
            return lambda env, rounding: ZERO
        return _compiled_off(formula, self._program.place.__getitem__)


def _has_inside(formula: Node) -> bool:
    """Whether a formula has an operation whose result somebody rounds before the last one."""
    match formula:
        case Neg(arg) | Group(arg):
            return _has_inside(arg)
        case Const() | Ref():
            return False
        case Mul(factors):
            return len(factors) > 2 or any(map(_works, factors))
        case Add(terms):
            return any(map(_works, terms))
        case Div(numerator, denominator):
            return _works(numerator) or _works(denominator)
        case Pow(base, _):
            return _works(base)
        case Call(name, (arg,)) if (definition := EVERY[name].definition) is not None:
            return _has_inside(bind(definition, {X.name: arg}))  # a sigmoid is worked out by an exponential
        case Call(_, args):
            return any(map(_works, args))
        case Cases(branches):
            return any(_has_inside(branch.value) for branch in branches)
    raise TypeError(f"no rounding inside {formula!r}")


def _works(node: Node) -> bool:
    """Whether a part has a product, a quotient, a power or a function in it."""
    match node:
        case Const(value):
            return _endless(value)
        case Ref():
            return False
        case Neg(arg) | Group(arg):
            return _works(arg)
        case Add(terms):
            return any(map(_works, terms))
    return True


def _endless(value: Fraction) -> bool:
    """Whether no decimal is a number exactly: 1/3 is a quotient that somebody writes as 0.3333, and 1/4 is 0.25.

    >>> _endless(Fraction(1, 3)), _endless(Fraction(7, 40))
    (True, False)
    """
    below = value.denominator
    for factor in (2, 5):
        while below % factor == 0:
            below //= factor
    return below != 1


def _compiled_off(node: Node, place: Callable[[Any], Any]) -> Off:
    """The deviation of a whole formula; the value of a sum is not needed for it, nor what nobody rounds in it."""
    match node:
        case Group(arg):
            return _compiled_off(arg, place)
        case Add(terms):
            parts = [_compiled(term, place) for term in terms if _works(term)]
            return lambda env, rounding: _total([part(env, rounding)[1] for part in parts])
    inner = _compiled(node, place, last=True)
    return lambda env, rounding: inner(env, rounding)[1]


def _compiled(node: Node, place: Callable[[Any], Any], last: bool = False) -> Inner:
    """The value of a part and its deviation; `last` where its own result is not rounded here."""
    if isinstance(node, Mul | Div) and not _has_inside(node):
        whole = compile_value(node, place)
        return _bare(whole) if last else _rounded(_bare(whole))
    match node:
        case Neg(arg) | Group(arg):
            inner = _compiled(arg, place, last)
            if isinstance(node, Group):
                return inner
            return lambda env, rounding: _negative(inner(env, rounding))
        case Add(terms):
            parts = [_compiled(term, place) for term in terms]
            return lambda env, rounding: _sum([part(env, rounding) for part in parts])
        case Mul(factors):
            made = _product([_compiled(factor, place) for factor in factors])
        case Pow(base, Const(value)) if value.denominator == 1 and 0 < value <= MOST_FACTORS:
            made = _product([_compiled(base, place)] * int(value))
        case Pow():
            made = _bare(compile_value(node, place))
        case Div(numerator, denominator):
            made = _quotient(_compiled(numerator, place), _compiled(denominator, place))
        case Call(name, (arg,)) if (definition := EVERY[name].definition) is not None:
            return _compiled(bind(definition, {X.name: arg}), place, last)
        case Call(name, (arg,)) if (slope := slope_of(name)) is not None:
            made = _function(node, _compiled(arg, place), place, slope)
        case Const(value) if _endless(value):
            made = _bare(compile_value(node, place))
        case Cases(branches):
            return _branches(node, [_compiled(branch.value, place, last) for branch in branches], place)
        case _:
            # A name, a number, or an operation that nobody rounds inside: it is what it is.
            return _bare(compile_value(node, place))
    return made if last else _rounded(made)


def _bare(exact: Evaluator) -> Inner:
    """The value of a part in which nothing is rounded."""
    return lambda env, rounding: (exact(env), ZERO)


def _rounded(inner: Inner) -> Inner:
    """The same, rounded before it is used."""

    def value(env: Any, rounding: Rounding) -> Value:
        number, off = inner(env, rounding)
        error = rounding(number)
        if error is None:
            return number, off
        return number, error if off is ZERO else off + error

    return value


def _negative(value: Value) -> Value:
    number, off = value
    return -number, -off


def _sum(values: Sequence[Value]) -> Value:
    (number, off), *rest = values
    for more, further in rest:
        number, off = number + more, off + further
    return number, off


def _total(deviations: Sequence[Number]) -> Number:
    off, *rest = deviations
    for further in rest:
        off = off + further
    return off


def _product(parts: Sequence[Inner]) -> Inner:
    """A product from left to right; of three factors and more every product on the way may be rounded, in any order."""

    def value(env: Any, rounding: Rounding) -> Value:
        values = [part(env, rounding) for part in parts]
        (number, off), *rest = values
        for more, further in rest:
            if off is not ZERO or further is not ZERO:
                off = times(number, further) + times(off, more) + times(off, further)
            number = times(number, more)
        if len(values) > 2:
            for share, error in _on_the_way([first for first, _ in values], rounding):
                off = off + share * error
        return number, off

    return value


def _on_the_way(factors: Sequence[Number], rounding: Rounding) -> list[tuple[Number, arb]]:
    """Per product on the way what it is multiplied by afterwards, at most, and how far it may have been rounded."""
    sizes = sorted((arb(factor).abs_upper() for factor in factors), reverse=True)
    found: list[tuple[Number, arb]] = []
    after = arb(1)
    for count in range(len(factors) - 2):
        after = after * sizes[count]
        rest = arb(1)
        for size in sizes[count + 1 :]:
            rest = rest * size
        error = rounding(rest)
        if error is not None:
            found.append((after, error))
    return found


def _quotient(above: Inner, below: Inner) -> Inner:
    def value(env: Any, rounding: Rounding) -> Value:
        (top, top_off), (bottom, bottom_off) = above(env, rounding), below(env, rounding)
        number = divide(top, bottom)
        if _nothing(top_off) and _nothing(bottom_off):
            return number, ZERO
        return number, divide(top_off - times(number, bottom_off), bottom + bottom_off)

    return value


def _function(node: Call, arg: Inner, place: Callable[[Any], Any], slope: Callable[[arb], arb]) -> Inner:
    """A function value: its deviation by the mean value theorem."""
    exact = compile_value(node, place)

    def value(env: Any, rounding: Rounding) -> Value:
        inside, off = arg(env, rounding)
        number = exact(env)
        if _nothing(off):
            return number, ZERO
        return number, times(slope(arb(inside).union(arb(inside + off))), off)

    return value


def _branches(node: Cases, parts: Sequence[Inner], place: Callable[[Any], Any]) -> Inner:
    """A definition by cases: the largest deviation of its cases."""
    exact = compile_value(node, place)

    def value(env: Any, rounding: Rounding) -> Value:
        off = arb(0)
        for part in parts:
            off = off.union(arb(part(env, rounding)[1]))
        return exact(env), off

    return value


def _nothing(off: Number) -> bool:
    return isinstance(off, fmpq) and not off


@cache
def slope_of(name: str) -> Callable[[arb], arb] | None:
    """The slope of a function whose argument may be off, as a function of everything that the argument may be."""
    row = EVERY[name]
    if row.slope is None:
        return None
    if row.corner:
        return lambda x: arb(0, 1)
    argument = Quantity("x")
    evaluator = compile_value(bind(row.slope, {Y.name: call(name, Ref(argument)), X.name: Ref(argument)}))

    def slope(x: arb) -> arb:
        try:
            return arb(evaluator({argument: x}))
        except (OutsideDomain, Undecided):
            return arb.nan()

    return slope
