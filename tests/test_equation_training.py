"""Optimisers: every row of the library over several steps, against PyTorch or against a few lines of arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal as D
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from equation_problems import close, model
from mpmath import mpf, tanh, workdps
from tools import need

import derive
from derive import solve
from derive.errors import InputError
from derive.library import rows
from derive.trace.identity import Identity, Symbol

STEPS = 4


@pytest.fixture(autouse=True)
def _fifty_digits(_digits_of_mpmath: None) -> Iterator[None]:
    with workdps(50):
        yield


EQUATIONS = """
h = tanh(W@x + b)
L = 1/2*(sum(v[j]*h[j] for j) - t)^2
"""
PARAMETERS = {
    "W": [[D("0.3"), D("-0.8")], [D("0.5"), D("0.1")]],
    "b": [D("0.1"), D("-0.2")],
    "v": [D("0.7"), D("-0.4")],
}
TABLES: dict[str, Any] = {"inputs": {"x": [D("0.9"), D("-0.6")]}, "parameters": PARAMETERS, "targets": {"t": D("0.5")}}

# row: settings of the problem, PyTorch's optimiser and its settings
TORCH: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "gradient_descent": ({}, "SGD", {}),
    "momentum_torch": ({"momentum": D("0.9")}, "SGD", {"momentum": 0.9}),
    "nesterov_torch": ({"momentum": D("0.8")}, "SGD", {"momentum": 0.8, "nesterov": True}),
    "weight_decay": ({"weight_decay": D("0.05")}, "SGD", {"weight_decay": 0.05}),
    "adagrad": ({}, "Adagrad", {"eps": 1e-6}),
    "rmsprop": ({}, "RMSprop", {"alpha": 0.9, "eps": 1e-8}),
    "adadelta": ({}, "Adadelta", {"rho": 0.9, "eps": 1e-6}),
    "adam": ({}, "Adam", {}),
    "adamw": ({"weight_decay": D("0.1")}, "AdamW", {"weight_decay": 0.1}),
}


@pytest.mark.parametrize("row", TORCH)
def test_optimiser_as_in_pytorch(row: str) -> None:
    """The parameters after several updates are PyTorch's."""
    need("torch")
    import torch

    settings, name, words = TORCH[row]
    training = {"optimizer": row, "learning_rate": D("0.1"), "steps": STEPS, **settings}
    solution = model(EQUATIONS, training=training, **TABLES)
    tensors = {k: torch.tensor(_floats(v), dtype=torch.float64, requires_grad=True) for k, v in PARAMETERS.items()}
    optimizer = getattr(torch.optim, name)(tensors.values(), lr=0.1, **words)
    x = torch.tensor([0.9, -0.6], dtype=torch.float64)
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        loss = (tensors["v"] @ torch.tanh(tensors["W"] @ x + tensors["b"]) - 0.5) ** 2 / 2
        loss.backward()
        optimizer.step()
        solution.decide(lambda step=step: _compare(solution, tensors, step))


def _compare(solution: Any, tensors: dict[str, Any], step: int) -> None:
    for name, tensor in tensors.items():
        for index in _places(PARAMETERS[name]):
            number = solution.number(Identity(Symbol(name, index), step=step))
            value = tensor
            for at in index:
                value = value[at - 1]
            assert close(number, repr(value.item()), "1e-10"), (name, index, step)


def _floats(value: Any) -> Any:
    return [_floats(part) for part in value] if isinstance(value, list) else float(value)


def _places(value: Any, index: tuple[int, ...] = ()) -> Any:
    if isinstance(value, list):
        for at, part in enumerate(value, 1):
            yield from _places(part, (*index, at))
    else:
        yield index


NORMED = """
z[j] = c + sum(W[j,i]*x[i] for i)
use layer_norm(x = z, y = y)
L = sum((y[j] - t[j])^2 for j)/2
"""
ROWS_BY_ROOTS = ["adagrad", "rmsprop", "adadelta", "adam", "adamw"]
"""They divide by the root of the gradient's square, which no precision tells from 0 here."""


@pytest.mark.parametrize("row", [*ROWS_BY_ROOTS, "weight_decay", "nesterov_torch", "gradient_descent"])
def test_a_gradient_that_is_exactly_0_moves_nothing(row: str) -> None:
    """A bias before a layer norm has the gradient 0, as algebra shows; PyTorch is asked without this bias.

    PyTorch's own gradient is about 1e-17, with which its Adam moves the bias by the learning rate.
    """
    need("torch")
    import torch

    settings, name, words = TORCH[row]
    training = {"optimizer": row, "learning_rate": D("0.1"), "steps": STEPS, **settings}
    weights = [[D("0.1"), D("0.2")], [D("0.3"), D("-0.4")], [D("0.7"), D("0.5")]]
    tables = {"inputs": {"x": [1, 2]}, "targets": {"t": [1, 0, D("0.5")]}, "constants": _UNIT}
    solution = model(NORMED, training=training, parameters={"W": weights, "c": D("0.3")}, **tables)
    matrix = torch.tensor(_floats(weights), dtype=torch.float64, requires_grad=True)
    alone = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, name)([matrix, alone], lr=0.1, **words)
    x, t = (torch.tensor(part, dtype=torch.float64) for part in ([1.0, 2.0], [1.0, 0.0, 0.5]))
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        loss = ((torch.nn.functional.layer_norm(matrix @ x, (3,), eps=1e-5) - t) ** 2).sum() / 2
        loss.backward()
        alone.grad = torch.zeros_like(alone)
        optimizer.step()
        assert abs(mpf(solution.digits(f"after[{step}].c")) - mpf(repr(alone.item()))) < mpf("1e-12")
        for j, i in _places(weights):
            found, theirs = solution.digits(f"after[{step}].W[{j},{i}]"), repr(matrix[j - 1, i - 1].item())
            assert abs(mpf(found) - mpf(theirs)) < mpf("1e-6"), (j, i, step)
    decay = {"weight_decay": D("0.05"), "adamw": D("0.1")}.get(row, D(0))
    assert solution.digits("after[2].c", 40) == str((D("0.3") * (1 - D("0.1") * decay) ** 2).normalize())


_UNIT = {"gamma": [1, 1, 1], "beta": [0, 0, 0]}
# update of one parameter whose gradient is 0: what is kept, and where it stays
STILL = [
    ("adam", {}, {"m(w)": "0", "after[1].vhat(w)": "0", "after[3].w": "0.3"}),
    ("rmsprop", {}, {"after[1].s(w)": "0", "after[3].w": "0.3"}),
    ("adadelta", {}, {"after[1].d(w)": "0", "after[2].u(w)": "0", "after[3].w": "0.3"}),
    ("nesterov", {"momentum": D("0.9")}, {"after[1].v(w)": "0", "after[3].w": "0.3"}),
]
CANCELLING = {
    # zero gradients by algebra: equal units taken off, tanh by its exponentials, a share that is what is left of 1
    "equal units": "h = tanh(w*x)\nk = tanh(x*w)\ny = h - k\nL = (y - u)^2",
    "shares": "s[i] = softmax(w*z[i] over i)\ny = s[1] + s[2] + s[3]\nL = (y - u)^2",
    "a quotient": "a = exp(w)*x\nb = exp(w)\ny = a/b\nL = (y - u)^2",
}


@pytest.mark.parametrize("equations", CANCELLING.values(), ids=list(CANCELLING))
@pytest.mark.parametrize(("row", "settings", "expected"), STILL, ids=[row for row, *_ in STILL])
def test_states_of_a_zero_are_zeros(row: str, settings: dict[str, D], expected: dict[str, str], equations: str) -> None:
    training = {"optimizer": row, "learning_rate": D("0.1"), "steps": 3, **settings}
    given = {"x": D("0.7"), "z": [1, D("0.5"), 2]}
    used = {name: value for name, value in given.items() if f"*{name}" in equations}
    tables = {"inputs": used, "parameters": {"w": D("0.3"), "u": D("0.2")}}
    solution = model(equations, training=training, **tables)
    assert {name: solution.digits(name) for name in expected} == expected


TWO_HEADS = """
Q[s,j] = sum(WQ[j,i]*x[s,i] for i) + bQ[j]
K[s,j] = sum(WK[j,i]*x[s,i] for i) + bK[j]
S[h,s,r] = sum(Q[s,2*(h-1)+i]*K[r,2*(h-1)+i] for i in 1..2)/sqrt(2) for h in 1..2, s, r
p[h,s,r] = softmax(S[h,s,r] over r)
m[h,s,i] = sum(p[h,s,r]*x[r,2*(h-1)+i] for r) for h, s, i in 1..2
L = sum(m[h,s,i]^2 for h, s, i)
"""


def test_a_bias_of_keys_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores of one question all grow alike by it, and softmax does not see that: proven by shares that add up to 1.

    The first depth is enough: what lies behind the shares need not be looked at, which would take a minute.
    """
    monkeypatch.setattr("derive.identity.DEPTHS", (3,))
    drawn = [[D(3 * i + 2 * j - 5) / 8 for j in range(4)] for i in range(4)]
    parameters = {"WQ": drawn, "WK": drawn[::-1], "bQ": drawn[0], "bK": drawn[1]}
    training = {"learning_rate": D("0.1")}
    values = model(TWO_HEADS, training=training, inputs={"x": drawn[:3]}, parameters=parameters).values()
    assert [values[f"dL/dbK[{j}]"] for j in range(1, 5)] == ["0"] * 4
    assert values["dL/dbQ[1]"] != "0"


def test_zeros_of_earlier_rounds_prove_later_ones() -> None:
    """The derivatives by the biases before a softmax add up to 0: so the sum of the biases stays what it was."""
    equations = "p = softmax(b)\nd = b[1] + b[2] + b[3]\nr = relu(d)\nL = r - ln(p[1])"
    training = {"optimizer": "momentum", "learning_rate": D("0.1"), "momentum": D("0.9"), "steps": 3}
    solution = model(equations, training=training, parameters={"b": [D("0.7"), D("-0.5"), D("-0.2")]})
    assert [solution.digits(f"after[{step}].{name}") for step in (1, 2, 3) for name in "dr"] == ["0"] * 6
    assert solution.digits("after[1].b[2]", 6) == "-0.517637"


def test_equal_parameters_stay_equal() -> None:
    equations = "a = tanh(v*x)\nb = tanh(w*x)\nd = a - b\nr = sqrt(d^2)\ny = a + b\nL = (y - 1)^2"
    training = {"optimizer": "rmsprop", "learning_rate": D("0.1"), "steps": 2}
    solution = model(equations, training=training, inputs={"x": D("0.7")}, parameters={"v": 2, "w": 2})
    assert [solution.digits(f"after[{step}].r") for step in (1, 2)] == ["0", "0"]
    assert solution.digits("after[2].v") == solution.digits("after[2].w") != "2"


@pytest.mark.parametrize("row", ["adagrad", "rmsprop", "adam", "adamw"])
def test_nothing_divided_by_nothing_is_said(row: str) -> None:
    training = {"optimizer": row, "learning_rate": D("0.1"), "epsilon": 0}
    given = {"inputs": {"x": [1, 2]}, "targets": {"t": [1, 0, D("0.5")]}, "constants": _UNIT}
    weights = {"W": [[1, 2], [3, -4], [7, 5]], "c": D("0.3")}
    with pytest.raises(InputError, match="a value of c', found none: a division by zero") as told:
        model(NORMED, training=training, parameters=weights, **given).values()
    assert "a gradient is exactly 0; a positive epsilon prevents that" in str(told.value)


def _descend(update: Callable[[mpf, mpf, dict[str, mpf], int, Callable[[mpf], mpf]], mpf]) -> list[mpf]:
    """The values of w after every step, L = 1/2 (tanh(w/2) - 3/4)^2 from w = 2/5, by plain arithmetic."""

    def slope(w: mpf) -> mpf:
        return (tanh(w / 2) - mpf(3) / 4) * (1 - tanh(w / 2) ** 2) / 2

    w, state, found = mpf(2) / 5, {"v": mpf(0)}, []
    for step in range(1, STEPS + 1):
        w = update(w, slope(w), state, step, slope)
        found.append(w)
    return found


with workdps(50):
    RATE, SHARE = mpf(1) / 2, mpf(4) / 5


def _momentum(w: mpf, g: mpf, state: dict[str, mpf], step: int, slope: Callable[[mpf], mpf]) -> mpf:
    state["v"] = SHARE * state["v"] - RATE * g
    return w + state["v"]


def _average(w: mpf, g: mpf, state: dict[str, mpf], step: int, slope: Callable[[mpf], mpf]) -> mpf:
    state["v"] = SHARE * state["v"] + (1 - SHARE) * g
    return w - RATE * state["v"]


def _nesterov(w: mpf, g: mpf, state: dict[str, mpf], step: int, slope: Callable[[mpf], mpf]) -> mpf:
    state["v"] = SHARE * state["v"] + slope(w - RATE * SHARE * state["v"])
    return w - RATE * state["v"]


def _ascent(w: mpf, g: mpf, state: dict[str, mpf], step: int, slope: Callable[[mpf], mpf]) -> mpf:
    return w + RATE / step * g


PLAIN: dict[str, tuple[dict[str, Any], Callable[..., mpf]]] = {
    "momentum": ({"optimizer": "momentum", "momentum": D("0.8")}, _momentum),
    "momentum_average": ({"optimizer": "momentum_average", "momentum": D("0.8")}, _average),
    "nesterov": ({"optimizer": "nesterov", "momentum": D("0.8")}, _nesterov),
    "an update in equations": ({"update": "e = learning_rate/step\np' = p + e*g"}, _ascent),
}


@pytest.mark.parametrize("name", PLAIN)
def test_optimiser_by_plain_arithmetic(name: str) -> None:
    """The parameter after every step, and after[n] ids of it."""
    settings, update = PLAIN[name]
    training = {"learning_rate": D("0.5"), "steps": STEPS, **settings}
    solution = model(
        "a = tanh(w/2)\nL = 1/2*(a - t)^2", parameters={"w": D("0.4")}, targets={"t": "3/4"}, training=training
    )
    for step, right in enumerate(_descend(update), 1):
        assert solution.decide(
            lambda step=step, right=right: close(solution.number(f"after[{step}].w"), right, "1e-30")
        )
    assert solution.digits("w_new") == solution.digits("after[1].w")


def test_nesterov_takes_the_gradient_ahead() -> None:
    """dL/dw stays the gradient at the given point; g(w) is the one that was used, at(w) where."""
    training = {"optimizer": "nesterov", "learning_rate": D("0.5"), "momentum": D("0.5"), "steps": 2}
    solution = model("L = w^3", parameters={"w": 2}, training=training)
    values = solution.values()
    # w = 2: g = 12, v = 12, w' = -4; then at = -4 - 1/4*12 = -7, g = 147, v = 153, w' = -80.5
    assert (values["dL/dw"], values["after[1].w"], values["after[1].dL/dw"]) == ("12", "-4", "48")
    assert (values["after[2].at(w)"], solution.digits("after[2].g(w)"), values["after[2].v(w)"]) == ("-7", "147", "153")
    assert values["after[2].w"] == "-80.5" and values["after[2].g(w)"] == "147"


# equations of a loss with two weights; the lines of g at the first weight, in the second step
AHEAD = [
    ("L = w[1]^2/2 + w[1]*w[2]", r"& = \mathrm{at}_ {w_{1}}^{+} + \mathrm{at}_ {w_{2}}^{+} = 1.19 + (-2.19)"),
    ("L = max(w[1], w[2])^2", r"\max(0.62,\thinspace -2) \cdot 1 = 1.24"),
    ("L = max(w[k] for k)^2", r"g_{w_{1}}^{+} & = 1.24"),
    ("y = w[1]^2/2 + w[2]^2\nL = y", r"g_{w_{1}}^{+} & = 0.81"),
]


@pytest.mark.parametrize(("equations", "line"), AHEAD)
def test_a_page_takes_the_gradient_where_it_looks_ahead_to(equations: str, line: str) -> None:
    """Every place that is looked at stands above the gradients that are taken there."""
    training = {"optimizer": "nesterov", "learning_rate": D("0.1"), "momentum": D("0.9"), "steps": 2}
    problem = {"title": "A", "parameters": {"w": [1, -2]}, "model": {"equations": equations}, "training": training}
    later = solve(problem).render("md").partition("Step 2, with")[2].partition("$$\n\n")[0]
    assert line in later, later
    assert (
        later.rindex(r"\mathrm{at}_ {w_{2}}^{+} &") < later.index("g_{w_{1}}^{+} &") < later.index("v_{w_{1}}^{++} &")
    )


def test_given_gradients_are_the_same_ahead() -> None:
    training = {"optimizer": "nesterov", "learning_rate": D("0.1"), "momentum": D("0.9")}
    constants = {"g": [D("0.3"), D("-0.6")]}
    model = {"upstream": {"w": "g"}}
    problem = {"title": "A", "parameters": {"w": [1, -2]}, "constants": constants, "model": model, "training": training}
    text = solve(problem).render("md")
    assert "the same wherever the step looks ahead to" in text and "in the same way as above" not in text


def test_perceptron_needs_no_gradient() -> None:
    """w'[i] = w[i] + rate*(t - y)*x[i]; a step has no slope, and none is needed."""
    solution = model(
        "y = step(sum(w[i]*x[i] for i) + b)",
        inputs={"x": [1, -2]},
        parameters={"w": [D("-0.5"), D("0.25")], "b": D("0.5")},
        targets={"t": 1},
        model={"loss": False},
        training={"optimizer": "perceptron", "learning_rate": D("0.5"), "steps": 1},
    )
    values = solution.values()
    assert [values[key] for key in ("y", "after[1].w[1]", "after[1].w[2]", "after[1].b")] == ["0", "0", "-0.75", "1"]


def test_adam_by_the_textbook() -> None:
    """The first step of Adam: state, corrected averages and the new value have ids of their own."""
    training = {"optimizer": "adam", "learning_rate": D("0.1"), "epsilon": 0}
    solution = model("L = w^2", parameters={"w": 3}, training=training)
    values = solution.values()
    assert values["m(w)"] == "0"
    assert (values["after[1].m(w)"], values["after[1].v(w)"]) == ("0.6", "0.036")
    assert (values["after[1].mhat(w)"], values["after[1].vhat(w)"], values["after[1].w"]) == ("6", "36", "2.9")


def test_given_gradients_alone() -> None:
    """An exercise about an optimiser: parameters, their gradients, no equations."""
    solution = model(
        "",
        parameters={"w": [1, 2]},
        constants={"g": [D("0.5"), D("-1.5")]},
        model={"upstream": {"w": "g"}},
        training={"optimizer": "momentum", "learning_rate": D("0.1"), "momentum": D("0.9"), "steps": 2},
    )
    values = solution.values()
    assert [values[f"after[{n}].w[{k}]"] for n in (1, 2) for k in (1, 2)] == ["0.95", "2.15", "0.855", "2.435"]
    assert values["after[2].v(w[1])"] == "-0.095"


def test_all_gradients_come_before_any_parameter_moves() -> None:
    """A rule for one parameter reads the old value of another."""
    update = "a' = a - rate*b\nb' = b - rate*a"
    solution = model(
        "L = a*b", parameters={"a": 1, "b": 2}, constants={"rate": D("0.5")}, training={"update": update, "steps": 1}
    )
    assert [solution.values()[f"after[1].{name}"] for name in "ab"] == ["0", "1.5"]


def test_scheduled_numbers_come_in_turn() -> None:
    """A given number that changes with the step, and one that is an index: one example after the other."""
    solution = model(
        "E[n] = 1/2*(w*x[n] - t[n])^2\nL = E[s]",
        inputs={"x": [1, 2]},
        targets={"t": [3, 1]},
        parameters={"w": 0},
        constants={"s": 1, "lr": 1},
        training={"update": "p' = p - lr*g", "steps": 3, "schedule": {"s": [1, 2], "lr": [1, "1/2", "1/4"]}},
    )
    values = solution.values()
    # w = 0: E1' = -3, w = 3; E2' = 2*(6 - 1) = 10, w = 3 - 5; E1' = -2 - 3, w = -2 + 5/4
    assert [values[f"after[{n}].w"] for n in (1, 2, 3)] == ["3", "-2", "-0.75"]
    assert [values[key] for key in ("dL/dw", "after[1].dL/dw", "after[2].dL/dw")] == ["-3", "10", "-5"]


def test_the_learning_rate_may_fall() -> None:
    """learning_rate/(1 + rate n) and learning_rate exp(-rate n) after n updates, also in updates of the author."""
    training = {"learning_rate": 1, "steps": 3, "decay": {"kind": "inverse_time", "rate": D("0.5")}}
    for extra in ({}, {"update": "p' = p - learning_rate*g"}, {"update": "w' = w - learning_rate*c"}):
        solution = model("L = c*w", parameters={"w": 0}, constants={"c": 1}, training={**training, **extra})
        assert [solution.digits(f"after[{n}].w", 6) for n in (1, 2, 3)] == ["-1", "-1.66667", "-2.16667"]
    training["decay"] = {"kind": "exponential", "rate": D("0.5")}
    solution = model("L = w", parameters={"w": 0}, training=training)
    assert solution.digits("after[2].w", 6) == "-1.60653"


def test_states_may_start_anywhere() -> None:
    """One number for all, or an array for each parameter."""
    training = {"optimizer": "momentum", "momentum": D("0.5"), "learning_rate": 1}
    tables: dict[str, Any] = {"parameters": {"w": [1, 2], "b": 3}, "training": training}
    training["state"] = {"v": 4}
    values = model("L = sum(w) + b", **tables).values()
    assert [values[key] for key in ("v(w[2])", "after[1].w[1]", "after[1].b")] == ["4", "2", "4"]
    training["state"] = {"v": {"w": [2, 4], "b": -2}}
    values = model("L = sum(w) + b", **tables).values()
    assert [values[f"after[1].{key}"] for key in ("w[1]", "w[2]", "b")] == ["1", "3", "1"]
    for wrong, says in (({"w": [2, 4]}, "v for b"), ({"w": [2], "b": 1}, "as many numbers as w has (2)")):
        training["state"] = {"v": wrong}
        with pytest.raises(InputError) as caught:
            model("L = sum(w) + b", **tables)
        assert says in str(caught.value)


def test_updates_may_read_what_is_computed() -> None:
    """Sums, sizes and letters of their own: the error of the delta rule, an average over a given array."""
    update = "e = t - sum(w[i]*x[i] for i)\nw'[i] = w[i] + 2*e*x[i]/size(x, 1)"
    solution = model(
        "y = sum(w[i]*x[i] for i)",
        inputs={"x": [1, 2]},
        parameters={"w": [1, 0]},
        targets={"t": 3},
        model={"loss": False},
        training={"update": update},
    )
    assert [solution.values()[f"after[1].w[{k}]"] for k in (1, 2)] == ["3", "4"]
    solution = model(
        "L = sum(w[i]*x[i] for i)",
        inputs={"x": [1, 3]},
        parameters={"w": [0, 0]},
        training={"update": "p' = p - g/mean(x[k] for k)*size(x, 1)"},
    )
    assert [solution.values()[f"after[1].w[{k}]"] for k in (1, 2)] == ["-1", "-3"]


def test_rules_of_single_parameters_may_use_their_gradients() -> None:
    """Each parameter by a rule of its own: one goes down, one up, one at another rate, and one stays."""
    tables: dict[str, Any] = {
        "inputs": {"x": [1, 2]},
        "parameters": {"w": [D("0.5"), D("0.25")], "b": D("0.1"), "c": D("0")},
        "targets": {"t": 1},
        "training": {"update": "w'[i] = w[i] - 0.1*g\nb' = b + 0.01*g", "steps": 2},
    }
    values = model("L = (sum(w[i]*x[i] for i) + b + c - t)^2", **tables).values()
    first = [values[f"after[1].{name}"] for name in ("w[1]", "w[2]", "b", "c")]
    assert first == ["0.48", "0.21", "0.102", "0"]  # the error is 0.1, so the gradients are 0.2, 0.4 and 0.2
    assert values["after[2].b"] == "0.10204"
    with pytest.raises(InputError, match="a loss, whose gradients the update uses"):
        model("y = sum(w)", **{**tables, "model": {"loss": False}}).values()


def test_each_half_of_a_gan_by_its_own_loss() -> None:
    """The discriminator moves by its loss and the generator by the other: against the derivatives by hand."""
    equations = (
        "fake = a*z + c\npr = sigmoid(d*x + e)\npf = sigmoid(d*fake + e)\nLD = -ln(pr) - ln(1 - pf)\nLG = -ln(pf)"
    )
    given = {"a": 0.8, "c": 0.1, "d": 0.6, "e": -0.2}
    x, z = 1.2, -0.7
    fake = given["a"] * z + given["c"]
    pr, pf = (1 / (1 + math.exp(-given["d"] * at - given["e"])) for at in (x, fake))
    by_hand = {
        "LD": {"d": -(1 - pr) * x + pf * fake, "e": -(1 - pr) + pf},
        "LG": {"a": -(1 - pf) * given["d"] * z, "c": -(1 - pf) * given["d"]},
    }
    for loss, slopes in by_hand.items():
        solution = model(
            equations,
            inputs={"x": D("1.2"), "z": D("-0.7")},
            parameters={name: D(str(value)) for name, value in given.items()},
            model={"loss": loss},
            training={"learning_rate": D("0.5"), "update": "\n".join(f"{n}' = {n} - learning_rate*g" for n in slopes)},
        )
        values = solution.values()
        for name, value in given.items():
            assert abs(float(values[f"after[1].{name}"]) - (value - 0.5 * slopes.get(name, 0))) < 1e-15, name


GAN = """
fake = a*z + c
pr = sigmoid(d*x + e)
pf = sigmoid(d*fake + e)
LD = -ln(pr) - ln(1 - pf)
LG = -ln(pf)
L = if(turn == 1, LD, LG)
"""
PLAYERS = {"d": 1, "e": 1, "a": 2, "c": 2}
TURNS = "\n".join(f"{name}' = if(turn == {turn}, {name} - learning_rate*g, {name})" for name, turn in PLAYERS.items())


def test_two_losses_in_turns() -> None:
    """Discriminator and generator move in turn, each by its own loss: four steps of PyTorch's."""
    need("torch")
    import torch

    given = {"a": "0.8", "c": "0.1", "d": "0.6", "e": "-0.2"}
    tables: dict[str, Any] = {
        "inputs": {"x": D("1.2"), "z": D("-0.7")},
        "parameters": {name: D(text) for name, text in given.items()},
        "constants": {"turn": 1},
    }
    training = {"learning_rate": D("0.5"), "steps": 4, "schedule": {"turn": [1, 2]}, "update": TURNS}
    values = model(GAN, training=training, **tables).values()
    t = {name: torch.tensor(float(text), dtype=torch.float64, requires_grad=True) for name, text in given.items()}
    for step in range(4):
        fake, real = torch.sigmoid(t["d"] * (t["a"] * -0.7 + t["c"]) + t["e"]), torch.sigmoid(t["d"] * 1.2 + t["e"])
        losses = -torch.log(real) - torch.log(1 - fake), -torch.log(fake)
        moved = [t[name] for name in ("de", "ac")[step % 2]]
        for tensor, gradient in zip(moved, torch.autograd.grad(losses[step % 2], moved), strict=True):
            tensor.data -= 0.5 * gradient
        for name, tensor in t.items():
            assert abs(float(values[f"after[{step + 1}].{name}"]) - tensor.item()) < 1e-14, (step, name)
    assert values["after[1].a"] == "0.8" and values["after[2].d"] == values["after[1].d"]


def test_two_losses_in_two_files() -> None:
    """The problems of the documentation: each player's step, while the other stays, is that of one file."""
    files = Path(derive.__file__).parent / "docs" / "files"
    given: dict[str, Any] = {"inputs": {"x": D("1.2"), "z": D("-0.7")}, "constants": {}}
    given["parameters"] = {"a": D("0.8"), "c": D("0.1"), "d": D("0.6"), "e": D("-0.2")}
    for turn, (file, loss) in enumerate((("discriminator", "LD"), ("generator", "LG")), 1):
        own = solve(files / f"{file}.toml")
        training = {"learning_rate": D("0.5"), "update": TURNS}
        both = model(GAN, training=training, **{**given, "constants": {"turn": turn}})
        for name in ("de", "ac")[turn - 1]:
            assert own.digits(f"dL{loss[1]}/d{name}", 15) == both.digits(f"dL/d{name}", 15)
            assert own.digits(f"after[1].{name}", 15) == both.digits(f"after[1].{name}", 15)


def test_a_quantity_of_the_name_g() -> None:
    """The gradient hides it, as in rules for every number; where nothing is derived it is what the problem says."""
    tables: dict[str, Any] = {"parameters": {"w": 3}, "constants": {"g": 5}, "training": {"update": "w' = w - g"}}
    assert model("L = w^2", **tables).values()["after[1].w"] == "-3"
    assert model("y = w^2", **tables, model={"loss": False}).values()["after[1].w"] == "-2"


FAULTS = [
    ({"optimizer": "adan", "learning_rate": 1}, 'did you mean "adam"'),
    ({"optimizer": "adam"}, "training.learning_rate"),
    ({"optimizer": "momentum", "learning_rate": 1}, "training.momentum"),
    ({"optimizer": "adam", "learning_rate": 1, "momentum": 1}, "training.momentum"),
    ({"optimizer": "adam", "update": "p' = p", "learning_rate": 1}, "both"),
    ({"update": "p = p - g"}, "p' is the new value"),
    ({"update": "q' = q - g"}, "the new value of a parameter"),
    ({"update": "v' = v + g\np' = p - v'"}, "state v = 0"),
    ({"update": "state v = 0\np' = p - g"}, "v' = ... in the update"),
    ({"update": "p' = p - lr*g"}, "a name that is given or defined"),
    ({"update": "p' = p - d\nd = g"}, "a name that is given or defined"),
    ({"update": "at = p - g\np' = p - g"}, "without g"),
    ({"update": "state v = 0, v = 1\nv' = v + g\np' = p - v'"}, "one number at which v starts, found two"),
    ({"update": "state v = 0\np' = p - v'\nv' = g"}, "known below the line that computes it"),
    ({"update": "p' = p - g/(step - 1)"}, "update (p' = p - g/(step - 1)): expected a value of w'"),
    ({"optimizer": "adam", "learning_rate": 1, "beta1": 1}, "in the row adam): expected a value of mhat(w)"),
    ({"update": "p'[i] = p - g"}, "without an index"),
    ({"update": "w' = w - s", "schedule": {"s": [1, 2]}}, "training.schedule.s"),
    ({"learning_rate": 1, "state": {"v": 1}}, "v' = ... in the update"),
    ({"learning_rate": 1, "steps": 0}, "training.steps"),
]


@pytest.mark.parametrize(("training", "says"), FAULTS, ids=lambda value: str(value)[:50])
def test_faults_of_training(training: dict[str, Any], says: str) -> None:
    """Each wrong table is one message that says what to do."""
    with pytest.raises(InputError) as caught:
        model("L = w^2", parameters={"w": 3}, training=training).values()
    assert says.lower() in str(caught.value).lower()


def test_a_rule_that_uses_no_gradient_needs_no_loss() -> None:
    """Every number shrinks; nothing is derived, and with a loss the lines of the update speak of no gradient."""
    tables: dict[str, Any] = {"parameters": {"w": [3, -2]}, "training": {"update": "p' = p - 0.1*p", "steps": 2}}
    values = model("y = w^2", model={"loss": False}, **tables).values()
    assert values["after[2].w[1]"] == "2.43" and not any(name.startswith("d") for name in values)
    later = solve({"title": "A", "model": {"equations": "L = sum(w^2)"}, **tables}).render("md").partition("Step 2")[2]
    assert r"w_{1}^{++}" in later and r"\partial" not in later


def test_training_needs_a_loss() -> None:
    """Gradients are of a loss; without one only rules that need none can move parameters."""
    with pytest.raises(InputError, match=r"model\.loss"):
        model("y = w^2", parameters={"w": 3}, model={"loss": False}, training={"learning_rate": 1})


def test_every_optimiser_is_tested() -> None:
    """No row of the library stands there without a test."""
    assert set(rows("optimiser")) == {*TORCH, *PLAIN, "perceptron"} - {"an update in equations"}
    assert Fraction(rows("optimiser")["adam"].numbers["beta2"]) == Fraction(999, 1000)


@pytest.mark.parametrize(
    ("right", "says"),
    [
        ("learning_rat*g", 'did you mean "learning_rate"'),
        ("lr*g", 'did you mean "learning_rate"'),
        ("learning_rate*gg", 'did you mean "g"'),
        ("learning_rate*slope", "an update knows learning_rate, p, g, v, step, and what the problem gives (w, L)"),
    ],
)
def test_an_unknown_name_in_an_update_is_told_what_an_update_knows(right: str, says: str) -> None:
    """Not to write it into a table of givens, and by the names that stand there."""
    training = {"learning_rate": 1, "update": f"state v = 0\nv' = g\np' = p - {right}"}
    with pytest.raises(InputError, match="line 3 of the update") as caught:
        model("L = w^2", parameters={"w": 3}, training=training)
    assert says in str(caught.value).replace("Did", "did").replace("An update", "an update")
    assert "[inputs]" not in str(caught.value) and "training." not in str(caught.value)
