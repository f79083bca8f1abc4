"""The table of functions: every column of every row against SymPy, against measurements, and as it is printed."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any

import flint
import pytest
import sympy
import typst
from flint import acb, arb, fmpq
from tools.typesetting import katex_errors

from derive.branches import at_corner, relaxed, smooth
from derive.calculus import partial
from derive.check.inner import slope_of
from derive.expression import Call, Node, Ref, Var, add, bind, call, const
from derive.formula.mathml import MathML
from derive.formula.printer import Printer
from derive.formula.tex import Tex
from derive.formula.text import Text
from derive.formula.typst import Typst
from derive.formula.words import Spoken
from derive.functions import EVERY, FUNCTIONS, SEVERAL, FunctionRow, X, Y
from derive.language import parse
from derive.notation import NOTATIONS, Namer, Shape
from derive.number import NOT_NEGATIVE, POSITIVE
from derive.numbers import OutsideDomain, compile_value
from derive.quantity import Quantity
from derive.symbolic import to_sympy
from derive.work import functions as stated

AT = Quantity("x")
POINTS = [fmpq(*pair) for pair in ((-31, 7), (-1, 1), (-1, 9), (2, 13), (1, 1), (17, 3))]
INSIDE = {POSITIVE: lambda x: x > 0, NOT_NEGATIVE: lambda x: x >= 0}


def value(node: Node, x: Any) -> Any:
    return compile_value(bind(node, {"x": Ref(AT)}))({AT: x})


def inside(name: str) -> list[fmpq]:
    exists = INSIDE.get(FUNCTIONS[name].domain, lambda x: True)
    return [x for x in POINTS if exists(x)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_are_those_of_sympy(name: str) -> None:
    """The ball of a value holds SymPy's number, to forty digits."""
    for x in inside(name):
        theirs = to_sympy(call(name, const(Fraction(int(x.p), int(x.q)))))
        with flint.ctx.workprec(200):
            assert abs(arb(value(call(name, X), x)) - arb(str(sympy.N(theirs, 60)))) < arb(10) ** -40, x


@pytest.mark.parametrize("name", FUNCTIONS)
def test_slopes_are_measured_and_sympys(name: str) -> None:
    """The slope of a row is the measured one and the one that SymPy takes of it."""
    row = FUNCTIONS[name]
    slope = const(0) if row.slope is None else bind(row.slope, {Y.name: call(name, X)})
    with flint.ctx.workprec(600):
        h = 1 / fmpq(10) ** 40
        for x in inside(name):
            measured = (arb(value(call(name, X), x + h)) - arb(value(call(name, X), x - h))) / arb(2 * h)
            assert abs(measured - arb(value(slope, x))) < arb(10) ** -60, x
    if name == "sign":  # of which SymPy makes a delta
        return
    by_sympy = partial(call(name, X), X)
    change = relaxed if row.corner else lambda node: node
    for x in inside(name):
        assert arb(value(change(slope), x)).overlaps(arb(value(change(by_sympy), x))), x


@pytest.mark.parametrize("name", FUNCTIONS)
def test_domains(name: str) -> None:
    """A function has a value exactly where its row says."""
    exists = INSIDE.get(FUNCTIONS[name].domain, lambda x: True)
    for x in [fmpq(0), *POINTS]:
        if exists(x):
            value(call(name, X), x)
        else:
            with pytest.raises(OutsideDomain, match=FUNCTIONS[name].domain):
                value(call(name, X), x)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_at_complex_balls(name: str) -> None:
    """A row has a value at complex balls that continues the real one, or says what it is made of, or has a corner."""
    row = FUNCTIONS[name]
    if row.analytic is None:
        assert row.definition is not None or row.corner
        return
    assert row.definition is None and not row.corner
    with flint.ctx.workprec(200):
        for x in inside(name):
            assert row.analytic(acb(x)).real.overlaps(arb(row.value(x)))


@pytest.mark.parametrize("name", [name for name, row in FUNCTIONS.items() if row.definition is not None])
def test_definitions(name: str) -> None:
    """What a function is made of has its value; a corner is where the definition has one."""
    row = FUNCTIONS[name]
    assert row.definition is not None
    with flint.ctx.workprec(200):
        for x in inside(name):
            assert arb(value(call(name, X), x)).overlaps(arb(value(row.definition, x)))
    at = {AT: fmpq(0)}
    if row.domain == "all numbers":
        assert at_corner(call(name, Ref(AT)), at) == at_corner(bind(row.definition, {"x": Ref(AT)}), at) == row.corner


@pytest.mark.parametrize("name", [name for name, row in EVERY.items() if row.corner and name != "pi"])
def test_sides_of_corners(name: str) -> None:
    """On each side the smooth formula has the value of the function, and no corner."""
    args = (Ref(AT), const(Fraction(1, 2))) if name in SEVERAL else (Ref(AT),)
    for x in POINTS:
        side = smooth(Call(name, args), {AT: x})
        assert compile_value(side)({AT: x}) == compile_value(Call(name, args))({AT: x})
        assert "Cases" not in repr(side) and "Call" not in repr(side)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_slopes_of_what_may_be_off(name: str) -> None:
    """The slope that is used for rounding inside a line holds the slope at every number of the ball."""
    slope = slope_of(name)
    row = FUNCTIONS[name]
    assert (slope is None) == (row.slope is None)
    if slope is None or row.slope is None:
        return
    ball = arb(1).union(arb("1.2"))
    for x in (fmpq(1), fmpq(11, 10), fmpq(6, 5)):
        assert slope(ball).overlaps(arb(value(bind(row.slope, {Y.name: call(name, X)}), x)))


ARGUMENT = Ref(Quantity("z", 1, 0))
NAMER = Namer(NOTATIONS["standard"], Shape((2, 2, 1)))


@pytest.mark.parametrize("name", EVERY)
def test_spellings(name: str) -> None:
    """Every function is printed in every dialect, with its argument; the plain text is what the language reads."""
    args = () if name == "pi" else (ARGUMENT, Var("y")) if name in SEVERAL else (ARGUMENT,)
    for dialect in (Tex(), MathML(), Typst(), Text(), Spoken()):
        shown = Printer(dialect, NAMER)(Call(name, args))
        assert shown and "None" not in shown
    text = Printer(Text(), NAMER)(Call(name, tuple(Var(letter) for letter in "xy"[: len(args)])))
    assert text == (name if name == "pi" else f"{name}({', '.join('xy'[: len(args)])})")
    assert len(parse(f"q = {text}")) == 1
    printed = Printer(Tex(), NAMER)(Call(name, args))
    assert printed.count("{") == printed.count("}")


def test_typst_sets_every_function() -> None:
    """Typst, which stops at a word it does not know, sets all of them."""
    shown = [Printer(Typst(), NAMER)(Call(name, (ARGUMENT,))) for name in FUNCTIONS]
    assert typst.compile("\n\n".join(f"$ {text} $" for text in shown).encode()).startswith(b"%PDF")


def test_katex_sets_every_function() -> None:
    assert katex_errors([(Printer(Tex(), NAMER)(Call(name, (ARGUMENT,))), True) for name in FUNCTIONS]) == []


def test_students_may_write_every_function() -> None:
    """What students may write is every function under every name of its row, written out where it is made of others."""
    assert set(stated.FUNCTIONS) == {n for row in EVERY.values() for n in (row.name, *row.also)} - {"pi"}
    assert stated.FUNCTIONS["sigma"](X) == FUNCTIONS["sigmoid"].definition
    assert stated.FUNCTIONS["sqrt"](X) == call("sqrt", X)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_wrong_row_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row with another value, slope or domain does not pass the tests above."""
    row = FUNCTIONS[name]
    wrong: list[tuple[FunctionRow, Any]] = [
        (dataclasses.replace(row, value=lambda x: row.value(x) + fmpq(1, 10**9)), test_values_are_those_of_sympy),
        (dataclasses.replace(row, slope=add(row.slope or const(0), const(1))), test_slopes_are_measured_and_sympys),
    ]
    if row.domain != "all numbers":
        wrong.append((dataclasses.replace(row, domain="all numbers"), test_domains))
    if row.analytic is not None:
        wrong.append((dataclasses.replace(row, analytic=lambda x: x + 7), test_values_at_complex_balls))
    if row.definition is not None:
        wrong.append((dataclasses.replace(row, definition=add(row.definition, const(1))), test_definitions))
    for one, test in wrong:
        monkeypatch.setitem(FUNCTIONS, name, one)
        monkeypatch.setitem(EVERY, name, one)
        with pytest.raises((AssertionError, OutsideDomain)):
            test(name)
