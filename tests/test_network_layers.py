"""Networks that list their layers by kind: against PyTorch, and what wrong shapes and keys are told."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tools import need
from tools.needs import ROOT

from derive.errors import InputError
from derive.library import rows
from derive.model import ModelSolution, model_from_dict, parse_model, solve_model
from derive.model.layers import as_equations
from derive.reading import problem_from_dict
from derive.spec.kinds import kinds, needs_equations

Table = dict[str, Any]


class Draw:
    """Arrays of numbers with two decimals, the same in every run."""

    def __init__(self, seed: int) -> None:
        self._source = random.Random(seed)

    def __call__(self, *shape: int) -> Any:
        if not shape:
            return Decimal(self._source.choice((-1, 1)) * self._source.randint(5, 95)) / 100
        return [self(*shape[1:]) for _ in range(shape[0])]


def dense(draw: Draw, inputs: int, units: int, activation: str = "linear", **own: Any) -> Table:
    return {"units": units, "activation": activation, "weights": draw(units, inputs), "biases": draw(units), **own}


def network(inputs: Any, *layers: Table, targets: Any, loss: str = "half_squared_error", **training: Any) -> Table:
    return {
        "title": "A network with layers of several kinds",
        "network": {"layers": list(layers)},
        "data": {"inputs": inputs, "targets": targets},
        "loss": {"name": loss},
        "training": {"learning_rate": Decimal("0.1"), **training},
    }


def _lstm(T: Any, p: Any, x: Any, forget: Callable[[Any, Any], Any]) -> Any:
    h = c = T.zeros(2, dtype=T.float64)
    for step in x:
        z = {g: p[f"lstm1_W{g}"] @ step + p[f"lstm1_U{g}"] @ h + p[f"lstm1_b{g}"] for g in "iog"}
        i = T.sigmoid(z["i"])
        f = forget(i, lambda step=step, h=h: p["lstm1_Wf"] @ step + p["lstm1_Uf"] @ h + p["lstm1_bf"])
        c = f * c + i * T.tanh(z["g"])
        h = T.sigmoid(z["o"]) * T.tanh(c)
    return h


def _gru(T: Any, p: Any, x: Any) -> Any:
    h = T.zeros(2, dtype=T.float64)
    for step in x:
        r, u = (T.sigmoid(p[f"gru1_W{g}"] @ step + p[f"gru1_b{g}"] + p[f"gru1_U{g}"] @ h) for g in "ru")
        n = T.tanh(p["gru1_Wn"] @ step + p["gru1_bn"] + p["gru1_Un"] @ (r * h))
        h = (1 - u) * n + u * h
    return h


def _rnn(T: Any, p: Any, x: Any) -> Any:
    h = T.zeros(2, dtype=T.float64)
    states = []
    for step in x:
        h = T.tanh(p["rnn1_Wx"] @ step + p["rnn1_Wh"] @ h + p["rnn1_b"])
        states.append(h)
    return T.stack(states)


def _attention(T: Any, p: Any, x: Any) -> Any:
    q, k, v = (x @ p[f"att1_W{name}"] for name in "QKV")
    scores = (q @ k.T) / k.shape[1] ** 0.5
    scores = scores.masked_fill(~T.ones_like(scores).tril().bool(), -T.inf)
    return T.softmax(scores, 1) @ v


def _heads(T: Any, p: Any, x: Any) -> Any:
    total = 0
    for a in range(2):
        q, k, v = (x @ p[f"heads1_W{name}"][a] for name in "QKV")
        total = total + T.softmax((q @ k.T) / k.shape[1] ** 0.5, 1) @ v @ p["heads1_WO"][a]
    return total


def _layer_norm(T: Any, x: Any) -> Any:
    return (x - x.mean()) / T.sqrt(x.var(unbiased=False) + 1e-5)


def _last(p: Any, number: int, x: Any) -> Any:
    return p[f"dense{number}_W"] @ x + p[f"dense{number}_b"]


def _conv(T: Any, x: Any, kernel: Any, bias: Any, **words: Any) -> Any:
    conv = {1: T.nn.functional.conv1d, 2: T.nn.functional.conv2d}[x.dim() - (1 if kernel.dim() - x.dim() == 1 else 0)]
    if kernel.dim() == x.dim():
        return conv(x[None, None], kernel[None, None], **words)[0, 0] + bias
    return conv(x[None], kernel, bias, **words)[0]


D = Decimal
d = Draw(5)
# a network, and what PyTorch makes of the parameters and the inputs of one example
CASES: dict[str, tuple[Table, Callable[..., Any]]] = {
    "conv2d": (
        network(
            [d(4, 4)],
            {"kind": "conv2d", "weights": d(3, 3), "biases": d(), "activation": "relu"},
            {"kind": "flatten"},
            dense(d, 4, 2, "softmax"),
            targets=[[0, 1]],
            loss="categorical_cross_entropy",
        ),
        lambda T, p, x: T.softmax(_last(p, 3, T.relu(_conv(T, x, p["conv1_K"], p["conv1_b"])).flatten()), 0),
    ),
    "conv2d with channels, a frame and a stride": (
        network(
            [d(2, 5, 5)],
            {"kind": "conv2d", "weights": d(3, 2, 3, 3), "biases": d(3), "frame": 1, "stride": 2, "activation": "tanh"},
            {"kind": "max_pool", "stride": 1},
            {"kind": "flatten"},
            dense(d, 12, 2, "softmax"),
            targets=[[2]],
            loss="negative_log_likelihood",
        ),
        lambda T, p, x: T.softmax(
            _last(
                p,
                4,
                T.nn.functional.max_pool2d(
                    T.tanh(_conv(T, x, p["conv1_K"], p["conv1_b"], padding=1, stride=2)), 2, 1
                ).flatten(),
            ),
            0,
        ),
    ),
    "several pictures, avg_pool": (
        network(
            [d(5, 5), d(5, 5)],
            {"kind": "conv2d", "weights": d(2, 2), "activation": "elu", "alpha": D("0.5")},
            {"kind": "avg_pool"},
            {"kind": "flatten"},
            dense(d, 4, 2, "tanh"),
            targets=d(2, 2),
            loss="huber",
        ),
        lambda T, p, x: T.tanh(
            _last(
                p,
                4,
                T.nn.functional.avg_pool2d(
                    T.nn.functional.elu(_conv(T, x, p["conv1_K"], 0), alpha=0.5)[None], 2
                ).flatten(),
            )
        ),
    ),
    "conv1d": (
        network(
            [d(7)],
            {"kind": "conv1d", "weights": d(3), "biases": d(), "stride": 2, "activation": "silu"},
            dense(d, 3, 2),
            targets=d(1, 2),
        ),
        lambda T, p, x: _last(p, 2, T.nn.functional.silu(_conv(T, x, p["conv1_K"], p["conv1_b"], stride=2))),
    ),
    "rnn": (
        network(
            [d(3, 2), d(3, 2)],
            {"kind": "rnn", "Wx": d(2, 2), "Wh": d(2, 2), "b": d(2)},
            dense(d, 2, 1),
            targets=d(2, 1),
        ),
        lambda T, p, x: _last(p, 2, _rnn(T, p, x)[-1]),
    ),
    "rnn, all states": (
        network(
            [d(3, 2)],
            {"kind": "rnn", "Wx": d(2, 2), "Wh": d(2, 2), "b": d(2), "all": True},
            {"kind": "flatten"},
            dense(d, 6, 1),
            targets=d(1, 1),
        ),
        lambda T, p, x: _last(p, 3, _rnn(T, p, x).flatten()),
    ),
    "lstm": (
        network(
            [d(3, 2)],
            {"kind": "lstm"} | {f"{k}{g}": d(2, 2) if k in "WU" else d(2) for k in "WUb" for g in "ifog"},
            dense(d, 2, 1),
            targets=d(1, 1),
        ),
        lambda T, p, x: _last(p, 2, _lstm(T, p, x, lambda i, z: T.sigmoid(z()))),
    ),
    "lstm, coupled": (
        network(
            [d(3, 2)],
            {"kind": "lstm", "wiring": "coupled"}
            | {f"{k}{g}": d(2, 2) if k in "WU" else d(2) for k in "WUb" for g in "iog"},
            dense(d, 2, 1),
            targets=d(1, 1),
        ),
        lambda T, p, x: _last(p, 2, _lstm(T, p, x, lambda i, z: 1 - i)),
    ),
    "gru": (
        network(
            [d(3, 2), d(3, 2)],
            {"kind": "gru", "reset": "before"}
            | {f"{k}{g}": d(2, 2) if k in "WU" else d(2) for k in "WUb" for g in "run"},
            dense(d, 2, 1),
            targets=d(2, 1),
        ),
        lambda T, p, x: _last(p, 2, _gru(T, p, x)),
    ),
    "attention": (
        network(
            [d(3, 2)],
            {"kind": "attention", "WQ": d(2, 2), "WK": d(2, 2), "WV": d(2, 2), "causal": True},
            {"kind": "flatten"},
            dense(d, 6, 1),
            targets=d(1, 1),
        ),
        lambda T, p, x: _last(p, 3, _attention(T, p, x).flatten()),
    ),
    "multi_head": (
        network(
            [d(3, 2)],
            {"kind": "multi_head", **{f"W{k}": d(2, 2, 1) for k in "QKV"}, "WO": d(2, 1, 2)},
            {"kind": "flatten"},
            dense(d, 6, 1),
            targets=d(1, 1),
        ),
        lambda T, p, x: _last(p, 3, _heads(T, p, x).flatten()),
    ),
    "embedding": (
        network(
            [[1, 3, 1], [4, 2, 3]],
            {"kind": "embedding", "weights": d(4, 2)},
            {"kind": "flatten"},
            dense(d, 6, 1),
            targets=d(2, 1),
        ),
        lambda T, p, x: _last(p, 3, p["emb1_E"][x.long() - 1].flatten()),
    ),
    "residual, layer_norm, dropout, rms_norm": (
        network(
            [d(3)],
            dense(d, 3, 3, "tanh"),
            {"kind": "residual"},
            {"kind": "layer_norm", "gamma": d(3), "beta": d(3)},
            {"kind": "dropout", "mask": [1, 0, 1], "keep": D("0.5")},
            {"kind": "rms_norm", "gamma": d(3)},
            dense(d, 3, 1),
            targets=d(1, 1),
        ),
        lambda T, p, x: _rest(T, p, _layer_norm(T, T.tanh(_last(p, 1, x)) + x) * p["norm3_gamma"] + p["norm3_beta"]),
    ),
    "batch_norm": (
        network(
            d(4, 3),
            dense(d, 3, 2),
            {"kind": "batch_norm", "gamma": d(2), "beta": d(2), "activation": "relu"},
            dense(d, 2, 1),
            targets=d(4, 1),
        ),
        lambda T, p, x: _batch(T, p, x),
    ),
    "shared and fixed biases": (
        network(
            [d(3)],
            {"units": 2, "activation": "sigmoid", "weights": d(2, 3), "biases": d()},
            {"units": 2, "activation": "scaled_tanh", "weights": d(2, 2), "biases": d(2), "train_biases": False},
            targets=d(1, 2),
            optimizer="adam",
        ),
        lambda T, p, x: 1.7159 * T.tanh(2 / 3 * _last(p, 2, T.sigmoid(_last(p, 1, x)))),
    ),
}


def _rest(T: Any, p: Any, x: Any) -> Any:
    x = x * T.tensor([1.0, 0, 1], dtype=T.float64) / 0.5
    return _last(p, 6, x / T.sqrt((x**2).mean() + 1e-5) * p["norm5_gamma"])


def _batch(T: Any, p: Any, x: Any) -> Any:
    z = x @ p["dense1_W"].T + p["dense1_b"]
    hat = (z - z.mean(0)) / T.sqrt(z.var(0, unbiased=False) + 1e-5)
    return T.relu(hat * p["norm2_gamma"] + p["norm2_beta"]) @ p["dense3_W"].T + p["dense3_b"]


LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "half_squared_error": lambda T, y, t: ((y - t) ** 2).sum() / 2,
    "categorical_cross_entropy": lambda T, y, t: -(t * T.log(y)).sum(),
    "negative_log_likelihood": lambda T, y, t: -T.log(y[int(t[0]) - 1]),
    "huber": lambda T, y, t: T.nn.functional.huber_loss(y, t),
}


def tensor(T: Any, value: Any, grad: bool = False) -> Any:
    def floats(part: Any) -> Any:
        return [floats(one) for one in part] if isinstance(part, list | tuple) else float(part)

    return T.tensor(floats(value), dtype=T.float64, requires_grad=grad)


def numbers(solution: ModelSolution) -> dict[str, str]:
    found: dict[str, str] = json.loads(solution.values_json())
    return found


def same(found: dict[str, str], name: str, theirs: Any, places: tuple[int, ...] = ()) -> None:
    """Whether every element of an array is PyTorch's."""
    if theirs.dim():
        for index, part in enumerate(theirs, 1):
            same(found, name, part, (*places, index))
        return
    id = f"{name}[{','.join(map(str, places))}]" if places else name
    ours = float(found[id].partition("±")[0])
    assert abs(ours - float(theirs)) < 1e-11 * max(1, abs(ours)), (id, ours, float(theirs))


@pytest.mark.parametrize("which", CASES)
def test_against_pytorch(which: str) -> None:
    """The loss, the gradients of all parameters and their new values are PyTorch's; the guard agrees on the way."""
    need("torch")
    import torch

    table, forward = CASES[which]
    assert needs_equations(table)
    problem = model_from_dict(table, "layers")
    found = numbers(solve_model(problem))
    p = {name: tensor(torch, value, True) for name, value in problem.parameters.items()}
    fixed = {name: tensor(torch, value) for name, value in problem.constants.items()}
    inputs, targets = (tensor(torch, table["data"][key]) for key in ("inputs", "targets"))
    loss = LOSSES[table["loss"]["name"]]
    if which == "batch_norm":
        total = torch.stack([loss(torch, y, t) for y, t in zip(forward(torch, p, inputs), targets, strict=True)]).mean()
    else:
        each = [loss(torch, forward(torch, {**fixed, **p}, x), t) for x, t in zip(inputs, targets, strict=True)]
        total = torch.stack(each).mean()
    optimiser = torch.optim.Adam if table["training"].get("optimizer") == "adam" else torch.optim.SGD
    steps = optimiser(p.values(), lr=0.1)
    total.backward()
    same(found, "L", total.detach())
    for name, parameter in p.items():
        same(found, f"dL/d{name}", parameter.grad)
    steps.step()
    for name, parameter in p.items():
        same(found, f"after[1].{name}", parameter.detach())


def test_every_kind_is_tried() -> None:
    used = {layer.get("kind", "dense") for table, _ in CASES.values() for layer in table["network"]["layers"]}
    assert used == set(kinds()) and used <= set(rows("layer"))


def test_a_dense_network_is_the_same_both_ways() -> None:
    """A dense network written as equations has the loss and the gradients of the network."""
    from derive import solve
    from derive.quantity import Quantity

    draw = Draw(8)
    table = network([draw(2)], dense(draw, 2, 3, "gelu"), dense(draw, 3, 2, "sigmoid"), targets=[draw(2)])
    table["network"]["inputs"] = 2
    written = numbers(solve_model(model_from_dict(as_equations(table), "dense")))
    plain = solve(problem_from_dict(table))
    for j in range(3):
        for i in range(2):
            ours = plain.values.significant(Quantity("dL/dW", 1, j, i))
            assert abs(Decimal(written[f"dL/ddense1_W[{j + 1},{i + 1}]"]) - Decimal(ours)) < Decimal("1e-18")


PICTURE = CASES["conv2d"][0]
TWO = CASES["residual, layer_norm, dropout, rms_norm"][0]


def changed(table: Table, layer: int, **keys: Any) -> Table:
    layers = [dict(one) for one in table["network"]["layers"]]
    layers[layer] = {k: v for k, v in {**layers[layer], **keys}.items() if v is not None}
    return {**table, "network": {"layers": layers}}


WRONG = {
    "network.layers[0].weights: expected an array of shape u x v (u x v; the input is 4 x 4), found 3 numbers": changed(
        PICTURE, 0, weights=d(3)
    ),
    "network.layers[0].kind: expected attention, avg_pool,": changed(PICTURE, 0, kind="conv3d"),
    "network.layers[0].stride: expected a whole number from 1 to 1000, found 0": changed(PICTURE, 0, stride=0),
    "network.layers[0]: expected a window that fits into the input": changed(PICTURE, 0, weights=d(5, 5)),
    "network.layers[0].strid: expected only these keys of a layer conv2d:": changed(PICTURE, 0, strid=2),
    "network.layers[1].alpha: expected only these keys of a layer flatten:": changed(PICTURE, 1, alpha=2),
    "network.layers[1]: expected an input of shape i for dense, found 2 x 2 from layer 1": {
        **PICTURE,
        "network": {"layers": [PICTURE["network"]["layers"][0], PICTURE["network"]["layers"][2]]},
    },
    "network.layers[2].weights: expected an array of shape j x 4 (j x i; the input is 4 numbers), found 2 x 3": changed(
        PICTURE, 2, weights=d(2, 3)
    ),
    "network.layers[2].weights: expected the key weights, an array of shape jxi": changed(PICTURE, 2, weights=None),
    "network.layers[2].activation: expected bipolar_sigmoid,": changed(PICTURE, 2, activation="softmx"),
    "network.layers[2].gamma: expected an array of shape 3 (j; the input is 3 numbers), found 2 numbers": changed(
        TWO, 2, gamma=d(2)
    ),
    "network.layers[1].of: expected a layer from 0 to 1, found 5": changed(TWO, 1, of=5),
    "network.layers[2].epsilon: expected inside or outside": changed(TWO, 2, epsilon="within"),
    "data.targets[0]: expected 2 numbers, one for each output, found 3 numbers": {
        **PICTURE,
        "data": {**PICTURE["data"], "targets": [[0, 1, 0]]},
    },
    "data.targets: expected 1 row, one per row of inputs, found 2": {
        **PICTURE,
        "data": {**PICTURE["data"], "targets": [[0, 1], [1, 0]]},
    },
    "data.inputs: expected examples that are all alike": {
        **PICTURE,
        "data": {"inputs": [[[1, 2], [3]]], "targets": [[1]]},
    },
    "loss.name: expected absolute_error,": {**PICTURE, "loss": {"name": "hubert"}},
}


@pytest.mark.parametrize("message", WRONG, ids=[message[:45] for message in WRONG])
def test_wrong_layers(message: str) -> None:
    with pytest.raises(InputError) as error:
        model_from_dict(WRONG[message], "wrong")
    assert message in str(error.value)


def test_only_dense_layers_make_a_network() -> None:
    """A network of other layers is sent to the equations, and one with another optimizer as well."""
    with pytest.raises(InputError, match="whose layers or whose optimizer make it a problem given by equations"):
        problem_from_dict(PICTURE)
    draw = Draw(3)
    table = network([draw(2)], dense(draw, 2, 1), targets=[draw(1)], optimizer="adam")
    table["network"]["inputs"] = 2
    with pytest.raises(InputError, match="whose layers or whose optimizer"):
        problem_from_dict(table)
    table["training"]["optimizer"] = "momentum"
    table["training"]["momentum"] = Decimal("0.9")
    table["network"]["layers"][0]["kind"] = "dense"
    assert problem_from_dict(table).network.sizes == (2, 1)


def test_the_readme_shows_a_network_of_layers() -> None:
    """The network in the README is read, as a file would be, and trained with Adam."""
    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    (text,) = [block for block in blocks if 'kind = "conv2d"' in block]
    problem = parse_model(text)
    assert "use conv2d(x = x, K = conv1_K, b = conv1_b" in problem.model.equations
    found = numbers(solve_model(problem))
    assert {"L", "dL/dconv1_K[1,2]", "after[1].conv1_K[1,2]", "after[1].m(conv1_K[1,2])"} <= found.keys()
