"""The guard: every class of wrong step is refused, by every command; right derivations pass, at corners too."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import flint
import mpmath
import pytest
from broken import CLASSES, NETWORKS, broken, places, trace_of, with_step
from click.testing import CliRunner
from flint import arb, fmpq
from mpmath import mpf
from networks import random_network

import derive
from derive import solution
from derive.cli import main
from derive.derivation import Delta, SoftmaxDerivative, Trace, derive_trace
from derive.errors import ProgramFault
from derive.expression import HALF, ONE, ZERO, Div, Neg, Node, Pow, Ref, add, call, const, mul, sub
from derive.guard import guard
from derive.guard.examined import Examined
from derive.guard.gradients import DIRECTIONS, measure_gradients
from derive.guard.measure import Forward
from derive.guard.rounds import CheckedRound
from derive.quantity import Quantity
from derive.reading import example_names, problem_from_dict
from derive.step import Step

D = Decimal

# -- wrong steps -----------------------------------------------------------------------------------


def test_every_class_of_step_is_broken() -> None:
    """The networks together have a step of every class that there is."""
    found = {type(step).__name__ for table in NETWORKS.values() for _, _, step in places(trace_of(table))}
    assert found == CLASSES


@pytest.mark.parametrize("name", NETWORKS)
def test_a_wrong_step_is_refused(name: str) -> None:
    """A sign, a factor, a term or an index that is wrong, in one step of every class."""
    trace, tried, missed = trace_of(NETWORKS[name]), Counter[str](), []
    guard(trace)
    for kind, change, wrong in broken(trace, random.Random(name), most=2):
        tried[change] += 1
        try:
            guard(wrong)
        except ProgramFault:
            continue
        missed.append((kind, change))
    assert missed == []
    assert set(tried) == {"sign", "factor", "term", "index"} and sum(tried.values()) > 60


def test_later_rounds_are_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each update uses the next example: a later round that differs in more than its example is examined."""
    trace = trace_of(NETWORKS["one example at a time"])
    second, refused = trace.rounds[1], Counter[str]()
    for part in ("forward", "backward", "update"):
        steps = getattr(second, part)
        for place, step in enumerate(steps):
            wrong = (*steps[:place], replace(step, formula=add(step.formula, const(1))), *steps[place + 1 :])
            with pytest.raises(ProgramFault):
                guard(replace(trace, rounds=(trace.rounds[0], replace(second, **{part: wrong}))))
            refused[type(step).__name__] += 1
    assert len(refused) >= 12
    examined, look = list[CheckedRound](), CheckedRound.compare_at_drawn_numbers
    monkeypatch.setattr(CheckedRound, "compare_at_drawn_numbers", lambda one: (examined.append(one), look(one)))
    guard(trace)
    assert len(examined) == 1


def test_an_example_that_no_update_uses_is_looked_at_too() -> None:
    """Where training ends before it comes to an example, its standardised inputs are shown all the same."""
    table = NETWORKS["one example at a time"]
    standardize = {"mean": [D("0.5"), D("-0.2")], "std": [D("0.3"), D("1.4")]}
    training = {**table["training"], "steps": 1}
    trace = trace_of({**table, "data": {**table["data"], "standardize": standardize}, "training": training})
    assert [one.examples for one in trace.rounds] == [(0,)]
    assert {step.target.example for step in trace.preprocessing} == {0, 1}
    guard(trace)
    for place, step in enumerate(trace.preprocessing):
        for wrong in (Neg(step.formula), add(step.formula, const(1))):
            with pytest.raises(ProgramFault):
                guard(with_step(trace, "preprocessing", place, replace(step, formula=wrong)))


def checked(trace: Trace) -> CheckedRound:
    return CheckedRound(Examined(trace, lambda quantity: quantity.id), trace.rounds[0])


BACKWARD = {"OutputGradient", "ActivationDerivative", "SoftmaxDerivative", "Delta", "SimplifiedDelta", "Backpropagate"}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_measurement_alone_sees_wrong_gradients(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the comparison of the steps, whatever changes a gradient is noticed."""
    monkeypatch.setattr(CheckedRound, "_compare_derivatives", lambda *_, **__: None)
    trace = trace_of(NETWORKS[name])
    right = checked(trace).compare_at_own_numbers()
    seen = 0
    for kind, _, wrong in broken(trace, random.Random(name), most=2):
        if kind not in {*BACKWARD, "WeightGradient", "BiasGradient", "BatchGradient"}:
            continue
        try:
            one = checked(wrong)
        except ProgramFault:  # it uses what is not known yet, which is seen without numbers
            continue
        point = one.compare_at_own_numbers()
        if any(point[q] != right[q] for q in one.given):  # it has no value at the problem's numbers
            continue
        gradients = [q for q in point if q.kind in ("dL/dW", "dL/db") and q in one.claims and q.example is None]
        apart = [q for q in gradients if not arb(point[q]).overlaps(arb(right[q]))]
        if any(one.claims[q].through is None for q in apart):
            seen += 1
            with pytest.raises(ProgramFault, match="measured"):
                measure_gradients(one, point)
    assert seen >= 8


def test_many_gradients_are_measured_together() -> None:
    """One gradient of 160 that is off by a millionth is seen along the directions, in a constant number of passes."""
    row = [[D((7 * i + 3 * j) % 19 - 9) / 10 or D("0.5") for i in range(16)] for j in range(10)]
    table = {
        "title": "Many",
        "network": {"inputs": 16, "layers": [{"units": 10, "activation": "sigmoid", "weights": row}]},
        "data": {"inputs": [[D(i % 5 - 2) / 4 or D(1) for i in range(16)]], "targets": [[D("0.3")] * 10]},
        "loss": {"name": "half_squared_error"},
        "training": {"learning_rate": D("0.5")},
    }
    one = checked(derive_trace(problem_from_dict(table)))
    point = one.compare_at_own_numbers()
    with counted_passes() as passes:
        measure_gradients(one, point)
    assert passes[0] <= 4 * DIRECTIONS
    target = Quantity("dL/dW", 1, 7, 11)
    assert abs(arb(point[target])) > arb("1e-8")
    point[target] *= fmpq(10**6 + 1, 10**6)
    with pytest.raises(ProgramFault, match="along a direction"):
        measure_gradients(one, point)


@contextmanager
def counted_passes() -> Iterator[list[int]]:
    """How often the loss is computed in a measurement."""
    passes, moved = [0], Forward._moved

    def counted(*arguments: Any) -> Any:
        passes[0] += 1
        return moved(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Forward, "_moved", counted)
        yield passes


# -- every road to a result ------------------------------------------------------------------------


def flipped(problem: Any) -> Trace:
    """The derivation with the sign of one derivative of a softmax turned, or of one delta."""
    trace = derive_trace(problem)
    for kind in (SoftmaxDerivative, Delta):
        for part, place, step in places(trace):
            if type(step) is kind:
                return with_step(trace, part, place, kind(step.target, Neg(step.formula)))
    raise AssertionError("no step to break")


@pytest.fixture
def broken_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    # The audit remembers solutions that were proven when they were made; here they are made again.
    import_module("derive.audit")._solution.cache_clear()
    monkeypatch.setattr(solution, "derive_trace", flipped)


SOFTMAX = """
title = "Softmax"
[network]
inputs = 2
[[network.layers]]
units = 3
activation = "softmax"
weights = [[0.1, 0.4], [-0.3, 0.2], [0.5, -0.6]]
[data]
inputs = [[0.3, 0.9]]
targets = [[0.2, 0.1, 0.4]]
[loss]
name = "half_squared_error"
[training]
learning_rate = 0.5
"""
WORK = "quantity,value\nz1_1,0.39\n"
COMMANDS = [
    *(["solve", "problem.toml", "--format", name] for name in ("md", "tex", "html", "typ", "pdf", "ipynb", "json")),
    ["solve", "problem.toml", "-o", "-"],
    ["solve", "mazur"],
    ["values", "problem.toml"],
    ["worksheet", "problem.toml", "--format", "md"],
    ["worksheet", "problem.toml", "--variants", "3", "--format", "md"],
    ["diagram", "problem.toml"],
    ["check", "problem.toml", "work.csv"],
    ["check", "problem.toml", "work.csv", "--format", "json"],
    ["stress", "problem.toml"],
    ["audit"],
]


@pytest.mark.usefixtures("broken_sign")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_fault_stops_every_command(command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One message that it is a fault of the program, exit code 3, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    Path("problem.toml").write_text(SOFTMAX)
    Path("work.csv").write_text(WORK)
    run = CliRunner().invoke(main, command)
    assert run.exit_code == 3, run.output
    assert run.stdout == ""
    assert run.stderr.startswith("derive: This is a fault of the program, not of your problem: ")
    assert run.stderr.count("\n") == 2 and "by its formula and" in run.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["problem.toml", "work.csv"]


@pytest.mark.usefixtures("broken_sign")
def test_a_fault_stops_every_call(tmp_path: Path) -> None:
    """The Python interface raises, and names what is wrong by its name and its id."""
    with pytest.raises(ProgramFault, match=r"problem: dE/dnet_o1 \(dL/dz\[2\]\[0\]\) is -0\.\d+ by its formula"):
        derive.solve("mazur")
    with pytest.raises(ProgramFault):
        derive.check("mazur", {"out_h1": "0.5933"})
    with pytest.raises(ProgramFault):
        derive.worksheets("mazur", variants=2, seed=1, format="md", output=tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("variants", [2, 5])
def test_a_class_set_is_guarded_once(variants: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Formulas are looked at once for a problem, not for each variant of it; checking the set guards once too."""
    guarded: list[Trace] = []

    def counting(trace: Trace, called: Callable[[Quantity], str]) -> None:
        guarded.append(trace)
        guard(trace, called)

    monkeypatch.setattr(solution, "guard", counting)
    derive.worksheets("hmkcode", variants=variants, seed=variants, format="csv", output=tmp_path / "set")
    assert len(guarded) == 1
    sheet = min((tmp_path / "set" / "worksheets").glob("*.csv"))
    derive.check(tmp_path / "set", sheet)
    assert len(guarded) == 2


# -- nothing right is refused ------------------------------------------------------------------------

CORNERS = {
    "rectifiers at 0": {"activation": "relu"},
    "leaky rectifiers at 0": {"activation": "leaky_relu", "slope": D("0.3")},
}


@pytest.mark.parametrize("penalty", [{}, {"l1": D("0.1"), "l2": D("0.2")}], ids=["bare", "penalised"])
@pytest.mark.parametrize("name", CORNERS)
def test_corners_raise_no_alarm(name: str, penalty: dict[str, Decimal]) -> None:
    """Weighted sums and weights that are exactly 0: the gradient is the one-sided one that the row states."""
    table = {
        "title": "Corner",
        "network": {
            "inputs": 2,
            "layers": [
                {"units": 3, "weights": [[D("0.5"), D("-0.5")], [D("0.3"), D("0.1")], [0, 0]], **CORNERS[name]},
                {"units": 2, "weights": [[0, D("0.7"), D("0.2")], [1, 0, 1]], "activation": "softmax"},
            ],
        },
        "data": {"inputs": [[1, 1]], "targets": [[D("0.2"), D("0.9")]]},
        "loss": {"name": "half_squared_error", "regularization": penalty},
        "training": {"learning_rate": D("0.5")},
    }
    solved = derive.solve(table, with_parts=["check"])
    assert solved.exact.numbers[Quantity("z", 1, 0)] == 0
    text = solved.render("md")
    assert "At exactly 0 the function has a corner and no derivative" in text
    assert "lies exactly at a corner of a function is kept on the side whose slope is used" in text


# Tanh of equal sums cancels to 0 exactly, which balls cannot see; beside it stand huge and tiny numbers.
EXTREMES = [
    ({"weights": [[D("1e-30"), D("1e14")]]}, [[D("1e-40"), D("1e-14")]]),
    ({"weights": [[D("999999999999999"), 0]]}, [[D("1e-12"), D("1")]]),
    ({"weights": [[D("-40000"), D("1")]]}, [[D("20"), D("1")]]),
    ({"weights": [[0, 0]]}, [[0, 0]]),
]


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus", "linear", "relu"])
@pytest.mark.parametrize(("layer", "inputs"), EXTREMES, ids=str)
def test_extreme_numbers_raise_no_alarm(layer: dict[str, Any], inputs: list[list[Decimal]], activation: str) -> None:
    """Saturated units, whose gradients are as small as 10^-300000, huge sums, and nothing but zeros."""
    table = {
        "title": "Extreme",
        "network": {"inputs": 2, "layers": [{"units": 1, "activation": activation, **layer}]},
        "data": {"inputs": inputs, "targets": [[D("0.25")]]},
        "loss": {"name": "squared_error"},
        "training": {"learning_rate": D("0.5")},
    }
    guard(derive_trace(problem_from_dict(table)))


@pytest.mark.parametrize("seed", range(40))
def test_random_networks_raise_no_alarm(seed: int) -> None:
    guard(derive_trace(problem_from_dict(random_network(seed, depth=(1, 3), width=(1, 4), examples=(1, 3)))))


def test_examples_raise_no_alarm() -> None:
    assert len(example_names("networks")) >= 7
    for name in example_names("networks"):
        derive.solve(name)


# -- the measurement -------------------------------------------------------------------------------

W, LOSS = Quantity("W", 1, 0, 0), Quantity("loss")
w = Ref(W)
# formula, where, derivative in mpmath
SLOPES: list[tuple[Node, str, Callable[[Any], Any]]] = [
    (call("exp", mul(const(300), w)), "3", lambda x: 300 * mpmath.exp(300 * x)),
    (call("exp", Neg(mul(const(300), w))), "7", lambda x: -300 * mpmath.exp(-300 * x)),
    (call("ln", w), "1/1000000000000", lambda x: 1 / x),
    (call("ln", sub(ONE, w)), "999999999/1000000000", lambda x: 1 / (x - 1)),
    (call("tanh", mul(const(40), w)), "1/1000", lambda x: 40 / mpmath.cosh(40 * x) ** 2),
    (Div(ONE, w), "-1/1000000000", lambda x: -1 / x**2),
    (mul(HALF, Pow(sub(mul(const(10**6), w), ONE), const(2))), "5", lambda x: 10**6 * (10**6 * x - 1)),
    (Pow(w, const(7)), "0", lambda x: 7 * x**6),
    (call("abs", w), "-2", lambda x: mpf(-1)),
    (call("abs", w), "0", lambda x: mpf(0)),
    (call("max", ZERO, w), "0", lambda x: mpf(0)),
    (call("max", ZERO, w), "1/1000000000", lambda x: mpf(1)),
    (const(3), "2", lambda x: mpf(0)),
]


@pytest.mark.parametrize(("formula", "at", "derivative"), SLOPES, ids=lambda value: "")
@pytest.mark.parametrize("bits", [10, 200])
def test_a_measurement_encloses_the_derivative(
    formula: Node, at: str, derivative: Callable[[Any], Any], bits: int
) -> None:
    """Far from and near to where a function ends, in steep, flat and cornered ones: to as many bits as are wanted."""
    number = fmpq(*map(int, at.split("/"))) if "/" in at else fmpq(int(at))
    forward = Forward([Step(LOSS, formula)], {W: number, LOSS: fmpq(0)}, {LOSS})
    with mpmath.workdps(200), flint.ctx.workprec(600):
        text = mpmath.nstr(derivative(mpf(int(number.p)) / int(number.q)), 190)
        true = arb(text) * arb(1, "1e-180")
        wanted = (abs(true) + arb(2) ** -100) * arb(2) ** -bits
        found = forward.slope(LOSS, {W: arb(1)}, true, wanted)
        assert found.overlaps(true)
        assert found.rad() <= wanted
        # However little the caller knows beforehand, what is found holds the derivative.
        unaware = Forward([Step(LOSS, formula)], {W: number, LOSS: fmpq(0)}, {LOSS})
        assert unaware.slope(LOSS, {W: arb(1)}, arb(1), arb(1)).overlaps(true)
