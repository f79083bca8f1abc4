"""A network of dense layers is rows of the library: another text there gives other numbers, and these are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal as D
from fractions import Fraction
from math import prod
from typing import Any

import pytest
from broken import NETWORKS, layer, network, trace_of
from flint import fmpq

from derive import library, solve
from derive.activations import JOINTS
from derive.errors import ProgramFault
from derive.expression import ONE, Add, Const, Div, Mul, Node, Ref, Var, add, call, mul, with_parts
from derive.language import parse
from derive.library.elements import elements
from derive.library.trees import contribution
from derive.model import model_from_dict, solve_model
from derive.numbers import compile_value
from derive.quantity import Quantity, parse_id
from derive.trace.equations import read_equations
from derive.trace.givens import INPUT, Given
from derive.trace.identity import Identity, Symbol
from derive.trace.names import Names, Pure
from derive.trace.unroll import ref, unroll

Place = tuple[int, ...]
PLAIN = network(
    [layer("linear", [["0.2", "-0.5"], ["0.4", "0.3"]], biases=[D("0.1"), D("-0.2")])],
    {"name": "squared_error"},
    {},
    targets=[[D("0.5"), D("0.25")], [1, 0]],
    standardize={"mean": [D("0.5"), D("-0.2")], "std": [D("0.25"), 2]},
)
PENALISED = {**PLAIN, "loss": {"name": "squared_error", "regularization": {"l1": D("0.5"), "l2": D("0.25")}}}
MOMENTUM = {**PLAIN, "training": {"learning_rate": D("0.5"), "optimizer": "momentum", "momentum": D("0.5"), "steps": 2}}
FALLING = {**PLAIN, "training": {"learning_rate": D("0.5"), "decay": {"kind": "inverse_time", "rate": D("0.5")}}}
SOFTMAX = NETWORKS["softmax and cross-entropy"]


def change(monkeypatch: pytest.MonkeyPatch, kind: str, name: str, old: str, new: str) -> None:
    """Puts another text into a row of the library."""
    row = library.rows(kind)[name]
    assert row.equations.count(old) == 1
    changed = replace(row, equations=row.equations.replace(old, new))
    monkeypatch.setitem(library.rows(kind)._read, name, changed)  # type: ignore[attr-defined]


def number(table: Any, id: str) -> Fraction:
    """A number of the first round, from what the problem gives and the steps as they stand."""
    trace = trace_of(table)
    known = {quantity: fmpq(*D(given).as_integer_ratio()) for quantity, given in trace.givens.items()}
    known[Quantity("updates")] = fmpq(0)
    wanted = parse_id(id)
    for step in (*trace.preprocessing, *trace.rounds[0].steps):
        found = known[step.target] = compile_value(step.formula)(known)
        if step.target == wanted:
            return Fraction(int(found.p), int(found.q))
    raise KeyError(id)


# The inputs are 0.3 and -0.7, standardised -0.8 and -0.25; the preactivations 0.065 and -0.595; the errors -0.435 and
# -0.845, whose squares add up to 0.90325. The second example is 0.9 and 0.2: 1.6 and 0.2, 0.32 and 0.5, 0.7124.
CHANGES: dict[str, tuple[str, str, str, str, Any, str, str, str]] = {
    "no bias": ("layer", "dense", " + b[j]", "", PLAIN, "sample[0].z[1][0]", "0.065", "-0.035"),
    "a bias taken off": ("layer", "dense", "+ b[j]", "- b[j]", PLAIN, "sample[0].z[1][0]", "0.065", "-0.135"),
    "weights transposed": ("layer", "dense", "W[j,i]", "W[i,j]", PLAIN, "sample[0].z[1][1]", "-0.595", "0.125"),
    "a bias of the inputs": ("layer", "dense", "*x[i]", "*(x[i] + 1)", PLAIN, "sample[0].z[1][0]", "0.065", "-0.235"),
    "twice the sum": ("layer", "dense", "f(z[j])", "f(2*z[j])", PLAIN, "sample[0].a[1][0]", "0.065", "0.13"),
    "half the value": ("layer", "dense", "= f(z[j])", "= f(z[j])/2", PLAIN, "sample[0].a[1][0]", "0.065", "0.0325"),
    "no mean": ("part", "standardized_inputs", "(x[i] - m[i])", "x[i]", PLAIN, "sample[0].a[0][0]", "-0.8", "1.2"),
    "a mean of examples twice": ("part", "loss_of_examples", "= {", "= 2*{", PLAIN, "loss", "0.807825", "1.61565"),
    # |w| adds up to 1.4 and w^2 to 0.54; halves and quarters of them.
    "whole squares": ("part", "penalty", "l2/2", "l2", PENALISED, "penalty", "0.7675", "0.835"),
    "no absolute values": ("part", "penalty", "abs(w[k])", "w[k]", PENALISED, "penalty", "0.7675", "0.2675"),
    "a penalty taken off": ("part", "penalty", "D + R", "D - R", PENALISED, "loss", "1.575325", "0.040325"),
    # The first weight is 0.2 and its gradient -0.435*-0.8 - 0.68*1.6 = -0.74.
    "up the slope": ("optimiser", "gradient_descent", "p -", "p +", PLAIN, "W_new[1][0][0]", "0.57", "-0.17"),
    "momentum uphill": ("optimiser", "momentum", "v -", "v +", MOMENTUM, "W_new[1][0][0]", "0.57", "-0.17"),
    "velocity taken off": ("optimiser", "momentum", "p + v'", "p - v'", MOMENTUM, "W_new[1][0][0]", "0.57", "-0.17"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_row_changes_the_numbers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps say what the row says, right or wrong; and what it says wrongly is not printed."""
    kind, row, old, new, table, id, right, wrong = CHANGES[name]
    assert number(table, id) == Fraction(right)
    solve(table)
    change(monkeypatch, kind, row, old, new)
    assert number(table, id) == Fraction(wrong)
    with pytest.raises(ProgramFault):
        solve(table)


@pytest.mark.parametrize(
    ("old", "new"), [("exp(x[j])", "exp(-x[j])"), ("sum(e[j] for j)", "sum(e[j]^2 for j)"), ("e[j]/S", "2*e[j]/S")]
)
def test_a_changed_softmax_is_refused(old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change(monkeypatch, "joint", "softmax", old, new)
    with pytest.raises(ProgramFault):
        solve(SOFTMAX)


def test_a_changed_loss_is_another_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its derivative is no longer the one that the row states."""
    change(monkeypatch, "loss", "squared_error", "(y[j] - t[j])^2", "(y[j] - t[j])^4")
    assert number(PLAIN, "sample[0].loss_part[0]") == Fraction("-0.435") ** 4
    with pytest.raises(ProgramFault):
        solve(PLAIN)


def test_a_rate_that_falls_in_another_way_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row that says how a learning rate falls is for networks and for problems given by equations."""
    assert number(FALLING, "W_new[1][0][0]") == Fraction("0.57")
    row = library.rows("part")["falling_learning_rate"]
    options = {"kind": {**row.options["kind"], "inverse_time": {"rate": "start/(2 + decay*made)"}}}
    monkeypatch.setitem(library.rows("part")._read, row.name, replace(row, options=options))  # type: ignore[attr-defined]
    assert number(FALLING, "W_new[1][0][0]") == Fraction("0.385")
    with pytest.raises(ProgramFault):
        solve(FALLING)
    equations = {"title": "A rate", "parameters": {"w": 1}, "model": {"equations": "L = w"}}
    training = {"learning_rate": 1, "decay": {"kind": "inverse_time", "rate": 1}}
    assert solve_model(model_from_dict({**equations, "training": training})).digits("after[1].w") == "0.5"


# What no network can be made of: the row, its text, the problem, and words of the message.
REFUSED: dict[str, tuple[str, str, str, str, Any, str]] = {
    "a weight with one index": ("layer", "dense", "W[j,i]", "W[i]", PLAIN, "called W with so many indices as 1"),
    "a name that means nothing": ("layer", "dense", "b[j]", "c[j]", PLAIN, "called c"),
    "no activation": ("layer", "dense", "y[j] = f(z[j])", "", PLAIN, "does not define y"),
    "another name": ("layer", "dense", "y[j] =", "u[j] = z[j]\ny[j] =", PLAIN, "no step for u"),
    "twice the same": ("layer", "dense", "y[j] =", "z[j] = b[j]\ny[j] =", PLAIN, "no equation for whole arrays"),
    "two lengths": ("layer", "dense", "W[j,i]", "W[i,j]", SOFTMAX, "the letter i runs over 3 in W and 2 in x"),
    "one element": ("layer", "dense", "z[j] =", "z[1] =", PLAIN, "single elements"),
    "a diagonal": ("layer", "dense", "z[j] =", "z[j,j] =", PLAIN, "single elements"),
    "a range": ("layer", "dense", "for i)", "for i in 1..2)", PLAIN, "letter i does not run over an array of its own"),
    "a letter of no array": ("layer", "dense", "for i)", "for i, k)", PLAIN, "letter k does not run over an array"),
    "one letter twice": ("layer", "dense", "+ b[j]", "+ sum(b[j] for j)", PLAIN, "letter j does not run over an array"),
    "a calculated index": ("layer", "dense", "x[i]", "x[i+1]", PLAIN, "no letter that runs here"),
    "an element of a length that nothing says": ("layer", "dense", "z[j] =", "z[k] =", PLAIN, "how far the letter k"),
    "some elements": ("layer", "dense", "f(z[j])", "f(z[j]) for j in 1..2", PLAIN, "no equation for whole arrays"),
    "part of a softmax": ("layer", "dense", "f(z[j])", "2*f(z[j])", SOFTMAX, "softmax stands inside a formula"),
    "no sum of exponentials": ("joint", "softmax", "S = sum(e[j] for j)", "", SOFTMAX, "called S"),
    "another state": ("optimiser", "momentum", "v' =", "u' = g\nv' =", MOMENTUM, "no step for u'"),
    "a square of a sum": ("loss", "squared_error", "for j)", "for j)^2", PLAIN, "a sum or a mean over them"),
    "a weighed sum": ("loss", "squared_error", "= {", "= t[1]*{", PLAIN, "no single number"),
    "another output": ("loss", "squared_error", "y[j]", "y[1]", PLAIN, "stands at another index"),
    "a sum of some": ("loss", "squared_error", "for j)", "for j if j != 1)", PLAIN, "a sum or a mean over them"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_rows_of_which_no_network_can_be_made(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, row, old, new, table, words = REFUSED[name]
    trace_of(table)
    change(monkeypatch, kind, row, old, new)
    with pytest.raises(ValueError, match=words):
        trace_of(table)


def test_of_one_output() -> None:
    """The mean over the outputs becomes a share of each."""
    assert contribution("L = 1/2*mean(y[j] for j)", {"y": Var("a")}, Var("n")) == mul(
        Const(Fraction(1, 2)), Div(ONE, Var("n")), Var("a")
    )


# -- the reader of whole problems understands these texts in the same way

TEXTS: dict[str, tuple[str, Callable[[int, int], dict[str, Place]]]] = {
    "dense": (library.rows("layer")["dense"].text(), lambda n, m: {"x": (n,), "W": (m, n), "b": (m,)}),
    "softmax": (JOINTS["softmax"].equations, lambda n, m: {"x": (n,)}),
    "softmax, exactly": (JOINTS["softmax"].exactly, lambda n, m: {"x": (n,)}),
    "standardized inputs": (
        library.rows("part")["standardized_inputs"].text(),
        lambda n, m: {"x": (n,), "m": (n,), "s": (n,)},
    ),
    "mean of examples": (library.rows("part")["loss_of_examples"].text(), lambda n, m: {"E": (n,)}),
    "sum of examples": (
        library.rows("part")["loss_of_examples"].text({"reduction": "sum"}),
        lambda n, m: {"E": (n,)},
    ),
    "penalty": (library.rows("part")["penalty"].text(), lambda n, m: {"w": (n,), "l1": (), "l2": (), "D": ()}),
}


def spliced(node: Node) -> Node:
    """Sums in sums and products in products joined; 1/n stands in front of a sum, and 1/1 is 1."""
    match with_parts(node, spliced):
        case Add(terms):
            return add(*terms)
        case Mul(factors):
            return mul(*factors)
        case Div(Add() as above, Const() as below):
            return mul(Div(ONE, below), above)
        case Div(Const(above), Const(below)):
            return Const(above / below)
        case other:
            return other


@pytest.mark.parametrize("sizes", [(1, 1), (1, 3), (3, 1), (2, 4)])
@pytest.mark.parametrize("name", TEXTS)
def test_one_meaning_of_a_row(name: str, sizes: Place) -> None:
    """Written out for a network and for a problem given by equations, the formulas are the same."""
    text, shapes = TEXTS[name]
    arrays = shapes(*sizes)
    meanings = {one: lambda *place, one=one: ref(Identity(Symbol(one, place))) for one in (*arrays, *"zyeSaRL")}
    functions = {"f": lambda argument: call("f", argument)}
    found = {Identity(Symbol(one, place)): node for one, place, node in elements(text, arrays, meanings, functions)}
    givens = {one: Given(one, INPUT, shape, (0,) * prod(shape)) for one, shape in arrays.items()}
    names = Names(givens, functions={"f": Pure("f", ("x",), {}, Var("x"))})
    system = read_equations(names, parse(text, library=True))
    steps = unroll(system.equations, lambda one, place: 0, lambda symbol: True)
    assert {step.target: spliced(step.formula) for step in steps} == found


def test_exact_shares() -> None:
    """The second way to write a softmax gives equal numbers exact shares."""
    x = [Quantity("z", 1, unit) for unit in range(3)]
    env = dict(zip(x, map(fmpq, (2, 2, 2)), strict=True))
    meanings = {"x": lambda j: Ref(x[j - 1])}
    shares = [node for _, _, node in elements(JOINTS["softmax"].exactly, {"x": (3,)}, meanings)]
    assert [compile_value(share)(env) for share in shares] == [fmpq(1, 3)] * 3
