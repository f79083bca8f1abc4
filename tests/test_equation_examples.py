"""The built-in examples that are given by equations: every number against PyTorch, and that they teach.

What each computes is written here once more, in the words of PyTorch and after the textbook; only the given numbers are
read from the files. The perceptron, which has no gradient, is compared with a few lines of exact arithmetic.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from mpmath import mpf
from tools import need

import derive
from derive.model import ModelSolution, read_model
from derive.reading import example_names, example_text

NAMES = example_names("equations")
ROLES = ("inputs", "parameters", "targets", "constants")
Found = dict[str, Any]
"""What PyTorch computes, by the names of the example; an array counts from 1 unless its name says otherwise."""


@cache
def table(name: str) -> dict[str, Any]:
    return tomllib.loads(example_text(name), parse_float=Decimal)


@cache
def solution(name: str) -> ModelSolution:
    return ModelSolution(read_model(name))


def _circuit(T: Any, g: Any) -> Found:
    product = (g.x + g.y) * g.z
    squared = (T.maximum(product, g.y) - g.x) ** 2
    return {"p": product, "q": squared, "f": squared + 2 * T.exp(-product)}


def _neuron(T: Any, g: Any) -> Found:
    z = g.w @ g.x + g.b
    a = T.sigmoid(z)
    return {"z": z, "a": a, "y": a, "L": (a - g.t) ** 2 / 2}


def _softmax_regression(T: Any, g: Any) -> Found:
    z = g.X @ g.W.T + g.b
    return {"z": z, "p": T.softmax(z, 1), "L": T.nn.functional.cross_entropy(z, g.T.argmax(1))}


def _cnn(T: Any, g: Any) -> Found:
    laid = T.nn.functional.conv2d(g.I[None, None], g.K[None, None], g.b[None])
    M = T.nn.functional.max_pool2d(T.relu(laid), 2)[0, 0]
    z = g.W @ M.flatten() + g.d
    right = T.nn.functional.cross_entropy(z[None], g.t.argmax()[None])
    return {
        "O": laid[0, 0],
        "A": T.relu(laid)[0, 0],
        "M": M,
        "m": M.flatten(),
        "z": z,
        "p": T.softmax(z, 0),
        "L": right,
    }


def _rnn(T: Any, g: Any) -> Found:
    states, h = [], T.zeros((), dtype=T.float64)
    for x in g.x:
        h = T.tanh(g.w * x + g.u * h + g.b)
        states.append(h)
    y = g.v * T.stack(states)
    errors = (y - g.t) ** 2 / 2
    return {"h": T.stack(states), "y": y, "E": errors, "L": errors.sum()}


def _lstm(T: Any, g: Any) -> Found:
    cell = T.nn.LSTMCell(1, 1).double()
    names = "ifgo"  # the order in which PyTorch keeps its gates
    own = {
        "weight_ih": T.stack([getattr(g, f"w_{n}") for n in names])[:, None],
        "weight_hh": T.stack([getattr(g, f"u_{n}") for n in names])[:, None],
        "bias_ih": T.stack([getattr(g, f"b_{n}") for n in names]),
        "bias_hh": T.zeros(4, dtype=T.float64),
    }
    kept = [(T.tensor([[0.3]], dtype=T.float64), T.tensor([[0.4]], dtype=T.float64))]
    for x in g.x:
        kept.append(T.func.functional_call(cell, own, (x[None, None], kept[-1])))
    h, c = (T.cat([pair[which] for pair in kept[1:]]).flatten() for which in (0, 1))
    return {"h": h, "c": c, "L": ((h - g.t) ** 2).sum() / 2}


def _gru(T: Any, g: Any) -> Found:
    states, h = [], T.tensor(0.4, dtype=T.float64)
    for x in g.x:
        r, u = (T.sigmoid(w * x + v * h + b) for w, v, b in ((g.w_r, g.v_r, g.b_r), (g.w_u, g.v_u, g.b_u)))
        n = T.tanh(g.w_n * x + g.v_n * (r * h) + g.b_n)
        h = n + u * (h - n)
        states.append(h)
    return {"h": T.stack(states), "L": ((T.stack(states) - g.t) ** 2).sum() / 2}


def _attention(T: Any, g: Any) -> Found:
    Q, K, V = g.X @ g.WQ, g.X @ g.WK, g.X @ g.WV
    heard = T.nn.functional.scaled_dot_product_attention(Q, K, V)
    return {"Q": Q, "K": K, "V": V, "O": heard, "L": ((heard - g.T) ** 2).sum() / 2}


def _batch_norm(T: Any, g: Any) -> Found:
    y = T.nn.functional.batch_norm(g.x, None, None, g.gamma, g.beta, training=True, eps=1e-5)
    return {"mu": g.x.mean(0), "var": g.x.var(0, unbiased=False), "y": y, "L": ((y - g.t) ** 2).sum() / 8}


def _layer_norm(T: Any, g: Any) -> Found:
    y = T.nn.functional.layer_norm(g.x, (4,), g.gamma, g.beta, eps=1e-5)
    return {"mu": g.x.mean(), "var": g.x.var(unbiased=False), "y": y, "L": ((y - g.t) ** 2).sum() / 2}


def _word_vectors(T: Any, g: Any) -> Found:
    m = g.E[g.context.long() - 1].mean(0)
    s = g.U[g.word.long() - 1] @ m
    loss = T.nn.functional.binary_cross_entropy_with_logits(s, g.y, reduction="sum")
    return {"m": m, "s": s, "p": T.sigmoid(s), "L": loss}


def _residual(T: Any, g: Any) -> Found:
    h = T.relu(g.W @ g.x + g.b)
    y = g.x + g.V @ h
    return {"h": h, "y": y, "L": ((y - g.t) ** 2).sum() / 2}


def _autoencoder(T: Any, g: Any) -> Found:
    h = T.tanh(g.W @ g.x + g.b)
    y = h @ g.W + g.c
    return {"h": h, "y": y, "L": ((y - g.x) ** 2).sum() / 2}


def _valley(T: Any, g: Any) -> Found:
    return {"L": g.a**2 / 2 + 6 * g.b**2}


TORCH: dict[str, Callable[[Any, Any], Found]] = {
    "adam": _valley,
    "attention": _attention,
    "autoencoder": _autoencoder,
    "batch-norm": _batch_norm,
    "circuit": _circuit,
    "cnn": _cnn,
    "gradient-descent": _valley,
    "gru": _gru,
    "layer-norm": _layer_norm,
    "lstm": _lstm,
    "momentum": _valley,
    "neuron": _neuron,
    "residual": _residual,
    "rnn": _rnn,
    "softmax-regression": _softmax_regression,
    "word-vectors": _word_vectors,
}


def test_every_example_has_an_oracle() -> None:
    assert {*TORCH, "perceptron"} == set(NAMES) and len(NAMES) == 17


def _floats(value: Any) -> Any:
    return [_floats(part) for part in value] if isinstance(value, list) else float(value)


def _optimizer(T: Any, training: dict[str, Any], moved: list[Any]) -> Any:
    rate = float(training["learning_rate"])
    if training.get("optimizer") == "adam":
        return T.optim.Adam(
            moved, rate, (float(training["beta1"]), float(training["beta2"])), float(training["epsilon"])
        )
    return T.optim.SGD(moved, rate, float(training.get("momentum", 0)))


@pytest.mark.parametrize("name", TORCH)
def test_numbers_are_those_of_pytorch(name: str) -> None:
    """Values, gradients of everything that is asked for, and the parameters and values after every update."""
    need("torch")
    import torch as T

    file = table(name)
    given = {
        one: T.tensor(_floats(value), dtype=T.float64) for role in ROLES for one, value in file.get(role, {}).items()
    }
    moved = list(file.get("parameters", ()))
    asked = [*(moved or file["inputs"]), *file["model"].get("wanted", ())]
    for one in asked:
        given[one].requires_grad_()
    training = file.get("training", {"learning_rate": Decimal(1)})
    optimizer = _optimizer(T, training, [given[one] for one in moved] or [T.zeros(1, requires_grad=True)])
    compared = 0
    for step in range(training.get("steps", 1) + 1 if moved else 1):
        optimizer.zero_grad()
        found = TORCH[name](T, SimpleNamespace(**given))
        loss = file["model"]["loss"]
        found[loss].backward()
        everything = {**found, **{one: given[one] for one in moved}}
        if not step or step < training.get("steps", 1):
            everything |= {f"d{loss}/d{one}": given[one].grad for one in asked}
        compared += sum(
            _compared(name, f"after[{step}]." if step else "", one, part) for one, part in everything.items()
        )
        optimizer.step()
    assert compared >= 4


def _compared(name: str, before: str, one: str, tensor: Any, index: tuple[int, ...] = ()) -> int:
    if tensor.dim():
        return sum(_compared(name, before, one, part, (*index, at)) for at, part in enumerate(tensor, 1))
    known = f"{before}{one}{'[' + ','.join(map(str, index)) + ']' if index else ''}"
    ours = mpf(solution(name).digits(known, 20))
    assert abs(ours - mpf(tensor.item())) <= mpf("1e-12") * max(1, abs(ours)), known
    return 1


def test_the_perceptron_learns_by_its_rule() -> None:
    """Every output and every weight in eight steps, by exact arithmetic; in the end it is right on all examples."""
    file = table("perceptron")
    weights, bias = [Fraction(w) for w in file["parameters"]["w"]], Fraction(file["parameters"]["b"])
    rate, rows, targets = Fraction(file["training"]["learning_rate"]), file["inputs"]["X"], file["targets"]["T"]
    solved, wrong = solution("perceptron"), []

    def output(row: list[int]) -> int:
        return int(sum(w * x for w, x in zip(weights, row, strict=True)) + bias > 0)

    for step in range(file["training"]["steps"]):
        before = f"after[{step}]." if step else ""
        row, target = rows[step % 4], targets[step % 4]
        error = target - output(row)
        assert [solved.digits(f"{before}{one}") for one in ("y", "t")] == [str(target - error), str(target)]
        wrong.append(error != 0)
        weights = [w + rate * error * x for w, x in zip(weights, row, strict=True)]
        bias += rate * error
        new = [Fraction(solved.digits(f"after[{step + 1}].{one}")) for one in ("w[1]", "w[2]", "w[3]", "b")]
        assert new == [*weights, bias]
    assert wrong[:5] == [True] * 5 and not wrong[-1]
    assert [output(row) for row in rows] == targets


# -- that they teach

ZERO = {
    "cnn": {"I[1,3]", "I[2,3]", "I[3,1]", "I[3,2]", "I[3,5]", "I[4,5]", "I[5,3]", "I[5,4]", "I[5,5]"},
    "residual": {"V[1,2]", "V[2,2]", "W[2,1]", "W[2,2]", "b[2]"},
    "word-vectors": {"E[3,1]", "E[3,2]", "E[5,1]", "E[5,2]", "U[1,1]", "U[1,2]", "U[4,1]", "U[4,2]"},
}
"""Gradients that are 0 because that is the lesson: a dead unit, words that do not occur, what no window passed on."""


@pytest.mark.parametrize("name", NAMES)
def test_an_example_teaches(name: str) -> None:
    """Given numbers are short; nothing is at a corner; gradients show two digits or are 0 on purpose; steps help."""
    solved, file = solution(name), table(name)
    assert solved.all_warnings() == []
    for role in ("inputs", "parameters", "targets"):
        for number in _numbers(list(file.get(role, {}).values())):
            assert len(str(number).partition(".")[2]) <= 2, number
    loss, zero = file["model"]["loss"], set()
    if not loss:
        return
    asked = [*(file.get("parameters") or file["inputs"]), *file["model"].get("wanted", ())]
    for one in solved.ids():
        if one.by is not None and not one.step and one.of.name == loss and one.by.name in asked:
            shown = round(abs(Decimal(solved.digits(str(one), 12))), file["rounding"]["decimals"])
            if not shown:
                zero.add(str(one).removeprefix(f"d{loss}/d"))
            else:
                assert len(str(shown).replace(".", "").lstrip("0")) >= 2, one
    assert zero == ZERO.get(name, set())
    if "training" in file:
        losses = [mpf(solved.digits(loss)), mpf(solved.digits(f"after[{file['training'].get('steps', 1)}].{loss}"))]
        assert losses[1] < losses[0]


def _numbers(value: Any) -> list[Any]:
    return [number for part in value for number in _numbers(part)] if isinstance(value, list) else [value]


def test_the_roads_through_the_sigmoid_agree() -> None:
    """Gate by gate and by the short cut the sum gets the same: that is what the example shows."""
    gates, short = (Decimal(solution("neuron").digits(one)) for one in ("dL/dn", "dL/dq"))
    assert abs(gates + short) < Decimal("1e-18") < abs(gates)


def test_every_window_of_the_pooling_has_a_winner() -> None:
    """Four windows pass a gradient back, from three places inside of a window; nine of sixteen units are off."""
    solved = solution("cnn")
    places = [(r, c) for r in range(1, 5) for c in range(1, 5)]
    passed = [place for place in places if float(solved.digits(f"dL/dA[{place[0]},{place[1]}]"))]
    assert {((r + 1) // 2, (c + 1) // 2) for r, c in passed} == {(1, 1), (1, 2), (2, 1), (2, 2)}
    assert len({(r % 2, c % 2) for r, c in passed}) == 3 and len(passed) == 4
    assert sum(float(solved.digits(f"O[{r},{c}]")) < 0 for r, c in places) == 9


@pytest.mark.parametrize(("name", "rows", "columns"), [("batch-norm", 4, 2), ("layer-norm", 4, 0)])
def test_gradients_before_a_norm_add_up_to_nothing(name: str, rows: int, columns: int) -> None:
    for column in range(1, columns + 1) if columns else (0,):
        ids = [f"dL/dx[{row},{column}]" if columns else f"dL/dx[{row}]" for row in range(1, rows + 1)]
        numbers = [Decimal(solution(name).digits(one)) for one in ids]
        assert abs(sum(numbers)) < Decimal("1e-18") and min(map(abs, numbers)) > Decimal("0.01")


def test_three_optimisers_start_at_the_same_place_in_the_same_valley() -> None:
    """One loss and one start; along the valley momentum has come farther than gradient descent, and Adam farthest."""
    three = ("gradient-descent", "momentum", "adam")
    assert len({str((table(name)["parameters"], table(name)["model"])) for name in three}) == 1
    along = [mpf(solution(name).digits("after[3].a")) for name in three]
    assert along == sorted(along, reverse=True) and len(set(along)) == 3
    # Adam's first step has the length of the learning rate, whatever the gradient is.
    start, adam = table("adam")["parameters"], solution("adam")
    lengths = [start[one] - Decimal(adam.digits(f"after[1].{one}")) for one in "ab"]
    assert all(abs(length - table("adam")["training"]["learning_rate"]) < Decimal("1e-7") for length in lengths)


MOST_PAGES = {"brief": 4, "standard": 9}
"""Pages of the solution on A4."""


@pytest.mark.parametrize("name", NAMES)
def test_pages_are_few(name: str) -> None:
    pymupdf = pytest.importorskip("pymupdf", reason="needs pymupdf: run .venv/bin/pip install -e '.[test]'")
    for detail, most in MOST_PAGES.items():
        with pymupdf.open(stream=derive.solve(name, detail=detail).pdf()) as pages:
            assert len(pages) <= most, (detail, len(pages))
