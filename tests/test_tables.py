"""Every row of the tables of activations and losses is proven by SymPy, and a wrong row is caught."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import flint
import pytest
import sympy
from flint import arb, fmpq

from derive import activations, proofs, solve
from derive.activations import ACTIVATIONS, Activation, WorkedLine
from derive.calculus import partial
from derive.errors import ProgramFault
from derive.expression import (
    Add,
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
    Var,
    add,
    bind,
    call,
    children,
    const,
    mul,
    sub,
)
from derive.losses import LOSSES, SIMPLIFICATIONS, Loss
from derive.numbers import compile_value
from derive.quantity import Quantity
from derive.spec.network import activation_names
from derive.spec.schema import problem_schema
from derive.symbolic import from_sympy, to_sympy

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": sympy.exp,
    "ln": sympy.log,
    "tanh": sympy.tanh,
    "max": sympy.Max,
    "abs": sympy.Abs,
    "sign": sympy.sign,
    "sqrt": sympy.sqrt,
    "erf": sympy.erf,
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    "pi": lambda: sympy.pi,
}
HOLDS = {
    ">": sympy.StrictGreaterThan,
    "<=": sympy.LessThan,
    ">=": sympy.GreaterThan,
    "<": sympy.StrictLessThan,
    "=": sympy.Eq,
}
PARAMETERS = {
    name: sympy.Symbol(name, positive=True)
    for table in (ACTIVATIONS, LOSSES)
    for row in table.values()
    for name in row.parameters
}
OUTPUTS = sympy.Symbol("n", positive=True)


def at_a_number(side: Any) -> Any:
    """One side of a condition at a number of every symbol; the stretches below lie on one side of every condition."""
    side = sympy.sympify(side)
    return side.subs({symbol: sympy.Rational(-3 if symbol.is_negative else 3, 7) for symbol in side.free_symbols})


def expression(node: Node, variables: dict[str, Any]) -> Any:
    """A formula in SymPy; written anew here, so that no mistake of derive's own translation can hide."""
    parts = [expression(part, variables) for part in children(node) if not isinstance(node, Cases)]
    match node:
        case Const(value):
            return sympy.Rational(value.numerator, value.denominator)
        case Var(name):
            return variables[name]
        case Group():
            return parts[0]
        case Neg():
            return -parts[0]
        case Add():
            return sum(parts)
        case Mul():
            return sympy.prod(parts)
        case Div():
            return parts[0] / parts[1]
        case Pow():
            return parts[0] ** parts[1]
        case Call(function, _):
            return FUNCTIONS[function](*parts)
        case Cases(branches):
            held = [
                b
                for b in branches
                if HOLDS[b.relation](*(at_a_number(expression(side, variables)) for side in (b.left, b.right)))
                == sympy.true
            ]
            left_over = held[-1].relation == "="
            assert len(held) == 1 + (left_over and len(held) > 1), "exactly one case holds on each side"
            return expression(held[0].value, variables)
    raise TypeError(node)


def is_zero(difference: Any) -> bool:
    """Proven: with hyperbolic functions written as exponentials, the difference simplifies to nothing."""
    return sympy.simplify(difference.rewrite(sympy.exp)) == 0


# The two sides of a corner; what holds on both for all numbers holds wherever the derivative exists.
SIDES = {"right": sympy.Symbol("z", positive=True), "left": sympy.Symbol("z", negative=True)}


def test_the_tables_are_complete() -> None:
    """A row for every name that a problem file may say; softmax needs the whole layer and has no row."""
    defined = problem_schema()["$defs"]
    assert (
        {*ACTIVATIONS, "softmax"}
        == set(activation_names())
        == set(defined["Layer"]["properties"]["activation"]["enum"])
    )
    assert set(LOSSES) == set(defined["LossSpec"]["properties"]["name"]["enum"])
    for table in (ACTIVATIONS, LOSSES):
        for name, row in table.items():
            assert row.name == name and row.worked and row.source, name
            assert row.limits.keys() <= row.parameters.keys(), name
    assert set(SIMPLIFICATIONS) == {
        ("sigmoid", "binary_cross_entropy"),
        ("softmax", "categorical_cross_entropy"),
        ("softmax", "negative_log_likelihood"),
    }


STRETCHES = {
    name: [sympy.Rational(corner.numerator, corner.denominator) for corner in sorted({*row.corners, Fraction(0)})]
    for name, row in ACTIVATIONS.items()
}
BETWEEN = sympy.Symbol("s", positive=True)


def stretches(name: str) -> list[Any]:
    """Every stretch between corners as a formula in a positive number s; between two corners only s from 0 to 1."""
    ends = STRETCHES[name]
    inner = [low + (high - low) * BETWEEN / (1 + BETWEEN) for low, high in itertools.pairwise(ends)]
    return [ends[0] - BETWEEN, *inner, ends[-1] + BETWEEN]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_rows(name: str) -> None:
    """SymPy's derivative of the definition is the row's derivative and every worked line of it, on every stretch."""
    row = ACTIVATIONS[name]
    for at in stretches(name):
        variables = {"z": at, **PARAMETERS}
        definition = expression(row.definition, variables)
        true = sympy.diff(definition, BETWEEN) / sympy.diff(at, BETWEEN)
        inside = variables | {"a": definition}
        for shown in (row.derivative, *(line.formula for line in row.worked)):
            assert is_zero(expression(shown, inside) - true), shown
        if row.opening is not None:
            assert is_zero(expression(row.opening, inside) - definition)
    assert row.worked[-1].formula == row.derivative


# Numbers on each side of every corner of a loss; a and t are symbols there.
LOSS_SIDES: dict[str, list[dict[str, Any]]] = {
    "absolute_error": [
        {"a": sympy.Symbol("t", positive=True) + BETWEEN},
        {"a": sympy.Symbol("t", positive=True) - BETWEEN},
    ],
    "huber": [
        {"a": sympy.Symbol("t") + PARAMETERS["threshold"] + BETWEEN},
        {"a": sympy.Symbol("t") - PARAMETERS["threshold"] - BETWEEN},
        {"a": sympy.Symbol("t") + PARAMETERS["threshold"] * BETWEEN / (1 + BETWEEN)},
        {"a": sympy.Symbol("t") - PARAMETERS["threshold"] * BETWEEN / (1 + BETWEEN)},
    ],
    "hinge": [{"t": sign, "a": sign * (PARAMETERS["margin"] + side * BETWEEN)} for sign in (1, -1) for side in (1, -1)],
    "squared_hinge": [
        {"t": sign, "a": sign * (PARAMETERS["margin"] + side * BETWEEN)} for sign in (1, -1) for side in (1, -1)
    ],
}


@pytest.mark.parametrize("name", LOSSES)
def test_loss_rows(name: str) -> None:
    """SymPy's derivative of the contribution is the row's, and every worked line, both ways round."""
    row = LOSSES[name]
    for side in LOSS_SIDES.get(name, [{"a": BETWEEN}]):
        variables = {"t": sympy.Symbol("t", positive=True), "n": OUTPUTS, **PARAMETERS, **side}
        if variables["a"].has(sympy.Symbol("t")):
            variables["t"] = sympy.Symbol("t")
        part = expression(row.part, variables)
        true = sympy.diff(part, BETWEEN) / sympy.diff(variables["a"], BETWEEN)
        worked = [line.formula for line in row.worked]
        if row.target_first is not None:
            mirrored, lines = row.target_first
            assert is_zero(expression(mirrored, variables) - part)
            worked += [line.formula for line in lines]
        for shown in (row.derivative, *worked):
            assert is_zero(expression(shown, variables) - true), shown
    assert row.worked[-1].formula == row.derivative


def test_sigmoid_with_binary_cross_entropy() -> None:
    """Each worked line is the product of the two derivatives; the last is the simple delta."""
    pair = SIMPLIFICATIONS["sigmoid", "binary_cross_entropy"]
    z, t = sympy.Symbol("z", real=True), sympy.Symbol("t", positive=True)
    a = 1 / (1 + sympy.exp(-z))
    true = sympy.diff(-(t * sympy.log(a) + (1 - t) * sympy.log(1 - a)), z)
    assert len(pair.worked) == 4 and pair.worked[-1].formula == pair.delta
    for shown in (pair.delta, *(line.formula for line in pair.worked)):
        assert is_zero(expression(shown, {"a": a, "t": t}) - true), shown


@pytest.mark.parametrize("units", [1, 2, 3, 4])
def test_softmax_with_categorical_cross_entropy(units: int) -> None:
    """Targets that sum to 1 leave the simple delta at every unit."""
    z = sympy.symbols(f"z:{units}", real=True)
    t = [*sympy.symbols(f"t:{units - 1}", positive=True)] if units > 1 else []
    t.append(1 - sum(t))
    a = [sympy.exp(x) / sum(map(sympy.exp, z)) for x in z]
    part = LOSSES["categorical_cross_entropy"].part
    loss = sum(expression(part, {"a": x, "t": y}) for x, y in zip(a, t, strict=True))
    delta = SIMPLIFICATIONS["softmax", "categorical_cross_entropy"].delta
    for x, y, output in zip(z, t, a, strict=True):
        assert is_zero(expression(delta, {"a": output, "t": y}) - sympy.diff(loss, x))


# -- the same by measurement, with derive's own evaluation -----------------------------------------

POINTS = ("-31/7", "-11/4", "-1/2", "-1/9", "2/13", "3/4", "17/3", "13/2")
GIVEN = {name: fmpq(3, 7) for name in PARAMETERS}
INSIDE = ("1/9", "2/5", "5/7", "12/13")


def evaluate(formula: Node, **numbers: Any) -> arb:
    refs: dict[str, Node] = {name: Ref(Quantity(name)) for name in numbers}
    return arb(compile_value(bind(formula, refs))({Quantity(name): number for name, number in numbers.items()}))


def fraction(text: str) -> fmpq:
    value = Fraction(text)
    return fmpq(value.numerator, value.denominator)


def differs_from_slope(formula: Node, derivative: Node, moved: str, numbers: dict[str, Any]) -> bool:
    """Whether a central difference with h = 10^-40 is more than 10^-70 from the derivative."""
    h = 1 / fmpq(10) ** 40
    sides = [evaluate(formula, **{**numbers, moved: numbers[moved] + step}) for step in (h, -h)]
    slope = (sides[0] - sides[1]) / arb(2 * h)
    return not abs(slope - evaluate(derivative, **numbers)) < arb(10) ** -70


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_slopes(name: str) -> None:
    row = ACTIVATIONS[name]
    with flint.ctx.workprec(600):
        for point in map(fraction, POINTS):
            numbers = {"z": point, **GIVEN}
            numbers["a"] = evaluate(row.definition, **numbers)
            assert not differs_from_slope(row.definition, row.derivative, "z", numbers), point


@pytest.mark.parametrize("name", LOSSES)
def test_loss_slopes(name: str) -> None:
    row = LOSSES[name]
    with flint.ctx.workprec(600):
        for a, t in [(fraction(a), fraction(t)) for a in INSIDE for t in INSIDE]:
            assert not differs_from_slope(row.part, row.derivative, "a", {"a": a, "t": t, "n": fmpq(3), **GIVEN}), (
                a,
                t,
            )


# (activation, corner, the derivative that is used there)
AT_CORNERS = [
    ("relu", 0, fmpq(0)),
    ("leaky_relu", 0, fmpq(3, 7)),
    ("softplus", 0, fmpq(1, 2)),
    ("elu", 0, fmpq(3, 7)),
    ("selu", 0, fmpq(9, 49)),
    ("softsign", 0, fmpq(1)),
    ("relu6", 0, fmpq(0)),
    ("relu6", 6, fmpq(0)),
    ("hard_tanh", -1, fmpq(0)),
    ("hard_tanh", 1, fmpq(0)),
    ("hard_sigmoid", -3, fmpq(0)),
    ("hard_sigmoid", 3, fmpq(0)),
    ("step", 0, fmpq(0)),
]


@pytest.mark.parametrize(("name", "at", "derivative"), AT_CORNERS)
def test_derivative_at_corners(name: str, at: int, derivative: fmpq) -> None:
    """At a corner the derivative is the one that the row's note says; PyTorch uses the same."""
    assert evaluate(ACTIVATIONS[name].derivative, z=fmpq(at), **GIVEN).overlaps(arb(derivative))
    smooth = name in ("softplus", "softsign")
    assert smooth or at in ACTIVATIONS[name].corners


# -- a wrong row is caught -------------------------------------------------------------------------

TINY = Const(Fraction(1, 10**30))


def spoilt(formula: Node) -> Iterator[Node]:
    """A sign, a factor, a constant, a little; each is another formula."""
    yield Neg(formula)
    yield mul(const(2), formula)
    yield add(formula, const(1))
    yield add(formula, TINY)


def spoilt_worked(lines: tuple[WorkedLine, ...]) -> Iterator[tuple[WorkedLine, ...]]:
    for k, line in enumerate(lines):
        for formula in spoilt(line.formula):
            yield (*lines[:k], WorkedLine(formula, line.rule), *lines[k + 1 :])


def wrong_activations() -> Iterator[tuple[str, Activation]]:
    for name, row in ACTIVATIONS.items():
        if row.derivative == const(0):  # of which the opposite and the double are the same
            yield f"{name}: derivative", dataclasses.replace(row, derivative=TINY)
            yield f"{name}: definition", dataclasses.replace(row, definition=add(row.definition, Var("z")))
            continue
        for formula in spoilt(row.derivative):
            yield f"{name}: derivative", dataclasses.replace(row, derivative=formula)
        for worked in spoilt_worked(row.worked):
            yield f"{name}: worked", dataclasses.replace(row, worked=worked)
        for formula in (Neg(row.definition), mul(const(2), row.definition), add(row.definition, Var("z"))):
            yield f"{name}: definition", dataclasses.replace(row, definition=formula)
        for formula in spoilt(row.opening) if row.opening else ():
            yield f"{name}: opening", dataclasses.replace(row, opening=formula)


def wrong_losses() -> Iterator[tuple[str, Loss]]:
    for name, row in LOSSES.items():
        for formula in spoilt(row.derivative):
            yield f"{name}: derivative", dataclasses.replace(row, derivative=formula)
        for worked in spoilt_worked(row.worked):
            yield f"{name}: worked", dataclasses.replace(row, worked=worked)
        for formula in (Neg(row.part), mul(const(2), row.part), add(row.part, Var("a"))):
            yield f"{name}: part", dataclasses.replace(row, part=formula)
        for formula in spoilt(row.brought_together) if row.brought_together else ():
            yield f"{name}: brought together", dataclasses.replace(row, brought_together=formula)
        if row.target_first is not None:
            part, lines = row.target_first
            for formula in spoilt(part):
                yield f"{name}: mirrored", dataclasses.replace(row, target_first=(formula, lines))
            for worked in spoilt_worked(lines):
                yield f"{name}: mirrored, worked", dataclasses.replace(row, target_first=(part, worked))


def uncaught(check: Callable[..., None], rows: Iterator[tuple[str, Any]], *arguments: Any) -> list[str]:
    missed, count = [], 0
    for what, row in rows:
        count += 1
        try:
            check(row, *arguments)
        except ProgramFault:
            continue
        missed.append(what)
    assert count > 100
    return missed


def test_wrong_activations_are_caught() -> None:
    assert uncaught(proofs.activation, wrong_activations()) == []
    for row in ACTIVATIONS.values():
        proofs.activation(row)


def test_wrong_losses_are_caught() -> None:
    assert uncaught(proofs.loss, wrong_losses(), 3) == []
    for row in LOSSES.values():
        proofs.loss(row, 3)


def test_wrong_simplifications_are_caught() -> None:
    rows = ACTIVATIONS["sigmoid"], LOSSES["binary_cross_entropy"]
    pair = SIMPLIFICATIONS["sigmoid", "binary_cross_entropy"]
    wrong = [dataclasses.replace(pair, delta=formula) for formula in spoilt(pair.delta)]
    wrong += [dataclasses.replace(pair, worked=worked) for worked in spoilt_worked(pair.worked)]
    assert len(wrong) == 20
    for one in wrong:
        with pytest.raises(ProgramFault):
            proofs.simplification(*rows, one)
    proofs.simplification(*rows, pair)


def spoilt_cases(formula: Node) -> Iterator[Node]:
    """A definition by cases that is wrong in one case, or tells the cases apart wrongly."""
    assert isinstance(formula, Cases)
    for k, branch in enumerate(formula.branches):
        values = spoilt(branch.value) if branch.value != const(0) else [const(1), TINY]
        wrong = [dataclasses.replace(branch, value=value) for value in values]
        if branch.relation != "=":  # what is left has no condition
            wrong += [dataclasses.replace(branch, left=left) for left in (Neg(branch.left), add(branch.left, const(1)))]
        for one in wrong:
            yield Cases((*formula.branches[:k], one, *formula.branches[k + 1 :]))


@pytest.mark.parametrize("name", [name for name, row in ACTIVATIONS.items() if row.by_cases])
def test_wrong_cases_are_caught(name: str) -> None:
    """A row is compared in every case, and where the cases meet."""
    row = ACTIVATIONS[name]
    wrong = list(spoilt_cases(row.derivative))
    assert len(wrong) >= 10
    for formula in wrong:
        with pytest.raises(ProgramFault):
            proofs.activation(dataclasses.replace(row, derivative=formula))


@pytest.mark.parametrize("name", [name for name, row in LOSSES.items() if isinstance(row.derivative, Cases)])
def test_wrong_cases_of_losses_are_caught(name: str) -> None:
    row = LOSSES[name]
    for formula in spoilt_cases(row.derivative):
        with pytest.raises(ProgramFault):
            proofs.loss(dataclasses.replace(row, derivative=formula), 2)


# Right for activations in (0, 1), and wrong beyond.
ONLY_INSIDE = [
    sub(call("max", const(0), Var("a")), Var("t")),
    sub(call("abs", Var("a")), Var("t")),
    sub(sub(const(1), call("abs", sub(const(1), Var("a")))), Var("t")),
]


@pytest.mark.parametrize("formula", ONLY_INSIDE)
def test_rows_are_compared_outside_the_unit_interval(formula: Node) -> None:
    row = LOSSES["half_squared_error"]
    with pytest.raises(ProgramFault):
        proofs.loss(dataclasses.replace(row, derivative=formula), 2)


def test_a_wrong_row_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """No solution is written with a derivative that is not one."""
    wrong = dataclasses.replace(ACTIVATIONS["sigmoid"], derivative=sub(const(1), Var("a")))
    monkeypatch.setitem(activations.ACTIVATIONS, "sigmoid", wrong)
    with pytest.raises(ProgramFault, match="sigmoid"):
        solve("mazur")


# -- the door to SymPy -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*ACTIVATIONS, *LOSSES])
def test_translation_there_and_back(name: str) -> None:
    """derive's own translation agrees with the one here, and what comes back from SymPy is the same."""
    row: Any = ACTIVATIONS.get(name) or LOSSES[name]
    formula = row.definition if name in ACTIVATIONS else row.part
    variables = {
        "z": SIDES["right"],
        **PARAMETERS,
        "a": sympy.Symbol("a"),
        "t": sympy.Symbol("t"),
        "n": OUTPUTS,
    }
    there = to_sympy(formula)
    put_in = {symbol: variables[symbol.name] for symbol in there.free_symbols}
    if there.has(sympy.Piecewise):  # of which no side is chosen by the kind of a symbol
        variables |= {symbol.name: sympy.Rational(2 * k + 1, 7) for k, symbol in enumerate(sorted(put_in, key=str))}
        put_in = {symbol: variables[symbol.name] for symbol in put_in}
    assert is_zero(there.subs(put_in) - expression(formula, variables))
    assert is_zero((to_sympy(from_sympy(there)) - there).subs(put_in))


# (formula, variable, derivative)
LOCAL = [
    (add(mul(Var("w"), Var("a")), Var("b")), "w", Var("a")),
    (add(mul(Var("w"), Var("a")), Var("b")), "b", const(1)),
    (mul(Var("w"), Var("a")), "c", const(0)),
    (sub(Var("t"), Var("a")), "a", const(-1)),
]


@pytest.mark.parametrize(("formula", "variable", "expected"), LOCAL)
def test_local_derivatives(formula: Node, variable: str, expected: Node) -> None:
    assert partial(formula, Var(variable)) == expected
