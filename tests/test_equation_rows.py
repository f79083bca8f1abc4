"""Every row of the library against PyTorch: values, and the gradients of everything that has one."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from equation_problems import Shape, close, model, numbers
from tools import need

from derive.library import rows
from derive.trace.identity import Identity, Symbol

Tensors = Any


class Case(NamedTuple):
    """A use of a row: the shapes of given arrays, the equations, the result, and PyTorch's function of the arrays."""

    row: str
    arrays: dict[str, Shape]
    equations: str
    torch: Callable[[Any, Tensors], Any]
    result: str = "y"
    constants: Any = ()
    """Further given numbers, by name."""


def _lstm(torch: Any, t: Any, z: Callable[[Any, Any, Any], tuple[Any, ...]]) -> Any:
    h, c, found = t.h0, t.c0, []
    for x in t.x:
        i, f, o, g, c = z(x, h, c)
        c = f * c + i * g
        h = (o(c) if callable(o) else o) * torch.tanh(c)
        found.append(h)
    return torch.stack(found)


def _gate(t: Any, name: str, x: Any, h: Any) -> Any:
    return getattr(t, f"W{name}") @ x + getattr(t, f"U{name}") @ h + getattr(t, f"b{name}")


def _standard(torch: Any, t: Any) -> Any:
    s = torch.sigmoid
    return _lstm(torch, t, lambda x, h, c: (*[s(_gate(t, n, x, h)) for n in "ifo"], torch.tanh(_gate(t, "g", x, h)), c))


def _peephole(torch: Any, t: Any) -> Any:
    s = torch.sigmoid

    def gates(x: Any, h: Any, c: Any) -> tuple[Any, ...]:
        i, f = (s(_gate(t, n, x, h) + q * c) for n, q in (("i", t.qi), ("f", t.qf)))
        return i, f, lambda new: s(_gate(t, "o", x, h) + t.qo * new), torch.tanh(_gate(t, "g", x, h)), c

    return _lstm(torch, t, gates)


def _coupled(torch: Any, t: Any) -> Any:
    s = torch.sigmoid

    def gates(x: Any, h: Any, c: Any) -> tuple[Any, ...]:
        i = s(_gate(t, "i", x, h))
        return i, 1 - i, s(_gate(t, "o", x, h)), torch.tanh(_gate(t, "g", x, h)), c

    return _lstm(torch, t, gates)


def _joined(torch: Any, t: Any) -> Any:
    s = torch.sigmoid

    def gates(x: Any, h: Any, c: Any) -> tuple[Any, ...]:
        both = torch.cat([h, x])
        i, f, o = (s(getattr(t, f"W{n}") @ both + getattr(t, f"b{n}")) for n in "ifo")
        return i, f, o, torch.tanh(t.Wg @ both + t.bg), c

    return _lstm(torch, t, gates)


def _lstm_cell(torch: Any, t: Any) -> Any:
    h, c, found = t.h0[None], t.c0[None], []
    for x in t.x:
        h, c = torch._VF.lstm_cell(x[None], (h, c), t.W, t.U, t.b, t.d)
        found.append(h[0])
    return torch.stack(found)


def _gru_cell(torch: Any, t: Any) -> Any:
    W = torch.cat([t.Wr, t.Wu, t.Wn])
    U = torch.cat([t.Ur, t.Uu, t.Un])
    b, d = torch.cat([t.br, t.bu, t.bn]), torch.cat([t.dr, t.du, t.dn])
    h, found = t.h0[None], []
    for x in t.x:
        h = torch._VF.gru_cell(x[None], h, W, U, b, d)
        found.append(h[0])
    return torch.stack(found)


def _gru_before(torch: Any, t: Any) -> Any:
    h, found = t.h0, []
    for x in t.x:
        r, u = (torch.sigmoid(_gate(t, n, x, h)) for n in "ru")
        n = torch.tanh(t.Wn @ x + t.bn + t.Un @ (r * h))
        h = (1 - u) * h + u * n
        found.append(h)
    return torch.stack(found)


def _rnn(torch: Any, t: Any, f: Callable[[Any], Any]) -> Any:
    h, found = t.h0, []
    for x in t.x:
        h = f(t.Wx @ x + t.Wh @ h + t.b)
        found.append(h)
    return torch.stack(found)


def _attention(torch: Any, t: Any, causal: bool, scale: float | None) -> Any:
    q, k, v = t.X @ t.WQ, t.X @ t.WK, t.X @ t.WV
    return torch.nn.functional.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=causal, scale=scale)[0]


def _heads(torch: Any, t: Any, causal: bool) -> Any:
    q, k, v = (torch.einsum("te,aed->atd", t.X, w) for w in (t.WQ, t.WK, t.WV))
    heads = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    return torch.einsum("atd,ade->te", heads, t.WO)


def _batch_norm(torch: Any, t: Any, unbiased: bool, outside: bool) -> Any:
    mean, var = t.x.mean(0), t.x.var(0, unbiased=unbiased)
    root = var.sqrt() + 1e-5 if outside else (var + 1e-5).sqrt()
    return t.gamma * (t.x - mean) / root + t.beta


def _layer_norm(torch: Any, t: Any) -> Any:
    return torch.nn.functional.layer_norm(t.x, t.x.shape[-1:], t.gamma, t.beta, eps=1e-5)


LSTM: dict[str, Shape] = {"x": (3, 2), "h0": (2,), "c0": (2,)}
LSTM |= {f"{kind}{gate}": (2, 2)[: 2 if kind != "b" else 1] for gate in "ifog" for kind in "WUb"}
JOINED: dict[str, Shape] = {"x": (3, 3), "h0": (2,), "c0": (2,)}
JOINED |= {f"W{gate}": (2, 5) for gate in "ifog"} | {f"b{gate}": (2,) for gate in "ifog"}
GRU: dict[str, Shape] = {"x": (3, 3), "h0": (2,)}
GRU |= {f"W{g}": (2, 3) for g in "run"} | {f"U{g}": (2, 2) for g in "run"} | {f"b{g}": (2,) for g in "run"}
ATTENTION: dict[str, Shape] = {"X": (3, 4), "WQ": (4, 2), "WK": (4, 2), "WV": (4, 3)}
HEADS: dict[str, Shape] = {"X": (3, 4), **{w: (2, 4, 2) for w in ("WQ", "WK", "WV")}, "WO": (2, 2, 4)}
NORM: dict[str, Shape] = {"x": (4, 3), "gamma": (3,), "beta": (3,)}


def F(name: str) -> Callable[..., Any]:
    """A function of torch.nn.functional or torch by its name."""
    return lambda torch, *args, **words: getattr(
        torch.nn.functional if hasattr(torch.nn.functional, name) else torch, name
    )(*args, **words)


CASES = [
    Case(
        "dense", {"x": (3,), "W": (2, 3), "b": (2,)}, "use dense(f = sigmoid)", lambda T, t: T.sigmoid(t.W @ t.x + t.b)
    ),
    Case(
        "dense",
        {"x": (4, 3), "W": (2, 3), "b": (2,)},
        "use dense(x = x[n], z = z[n], y = y[n], f = tanh) for n",
        lambda T, t: T.tanh(t.x @ t.W.T + t.b),
    ),
    Case(
        "dense",
        {"x": (3,), "W": (2, 3), "b": (2,), "V": (2, 2), "d": (2,)},
        "use dense(z = z1, y = h, f = relu)\nuse dense(x = h, W = V, b = d, z = z2, y = y, f = linear)",
        lambda T, t: t.V @ T.relu(t.W @ t.x + t.b) + t.d,
    ),
    Case(
        "conv1d",
        {"x": (2, 7), "K": (3, 2, 3), "b": (3,)},
        "use conv1d()",
        lambda T, t: F("conv1d")(T, t.x, t.K, t.b),
    ),
    Case(
        "conv1d",
        {"x": (2, 7), "K": (3, 2, 3), "b": (3,)},
        "use conv1d(S = 2, P = 2, padding = zeros)",
        lambda T, t: F("conv1d")(T, t.x, t.K, t.b, stride=2, padding=2),
    ),
    Case(
        "conv1d",
        {"x": (6,), "K": (3,), "b": ()},
        "use conv1d(channels = no, padding = zeros)",
        lambda T, t: F("conv1d")(T, t.x[None], t.K[None, None], t.b[None], padding=1)[0],
    ),
    Case(
        "conv2d",
        {"x": (2, 4, 5), "K": (3, 2, 2, 3), "b": (3,)},
        "use conv2d()",
        lambda T, t: F("conv2d")(T, t.x, t.K, t.b),
    ),
    Case(
        "conv2d",
        {"x": (2, 5, 5), "K": (2, 2, 3, 3), "b": (2,)},
        "use conv2d(S = 2, P = 1, padding = zeros)",
        lambda T, t: F("conv2d")(T, t.x, t.K, t.b, stride=2, padding=1),
    ),
    Case(
        "conv2d",
        {"x": (5, 6), "K": (2, 3), "b": ()},
        "use conv2d(channels = no, S = 2)",
        lambda T, t: F("conv2d")(T, t.x[None], t.K[None, None], t.b[None], stride=2)[0],
    ),
    Case(
        "conv2d",
        {"x": (4, 4), "K": (3, 3), "b": ()},
        "use conv2d(channels = no, padding = zeros, y = o)\ny = relu(o)",
        lambda T, t: T.relu(F("conv2d")(T, t.x[None], t.K[None, None], t.b[None], padding=1)[0]),
    ),
    Case("max_pool", {"x": (2, 4, 6)}, "use max_pool()", lambda T, t: F("max_pool2d")(T, t.x[None], 2)[0]),
    Case(
        "max_pool",
        {"x": (5, 5)},
        "use max_pool(channels = no, H = 3, S = 1)",
        lambda T, t: F("max_pool2d")(T, t.x[None, None], 3, 1)[0, 0],
    ),
    Case("avg_pool", {"x": (2, 4, 6)}, "use avg_pool()", lambda T, t: F("avg_pool2d")(T, t.x[None], 2)[0]),
    Case(
        "avg_pool",
        {"x": (4, 4)},
        "use avg_pool(channels = no, H = 2, S = 1)",
        lambda T, t: F("avg_pool2d")(T, t.x[None, None], 2, 1)[0, 0],
    ),
    Case("flatten", {"x": (2, 3, 4)}, "use flatten()", lambda T, t: t.x.flatten()),
    Case(
        "flatten",
        {"x": (3, 4), "D": (2, 12)},
        "use flatten(channels = no, y = v)\ny = D@v",
        lambda T, t: t.D @ t.x.flatten(),
    ),
    Case(
        "rnn",
        {"x": (3, 2), "Wx": (3, 2), "Wh": (3, 3), "b": (3,), "h0": (3,)},
        "use rnn()",
        lambda T, t: _rnn(T, t, T.tanh),
        "h",
    ),
    Case(
        "rnn",
        {"x": (3, 2), "Wx": (3, 2), "Wh": (3, 3), "b": (3,), "h0": (3,)},
        "use rnn(f = relu)",
        lambda T, t: _rnn(T, t, T.relu),
        "h",
    ),
    Case("lstm", LSTM, "use lstm()", _standard, "h"),
    Case(
        "lstm",
        {**LSTM, "qi": (2,), "qf": (2,), "qo": (2,)},
        "use lstm(wiring = peephole)",
        _peephole,
        "h",
    ),
    Case(
        "lstm",
        {name: shape for name, shape in LSTM.items() if name[1:] != "f"},
        "use lstm(wiring = coupled)",
        _coupled,
        "h",
    ),
    Case("lstm_joined", JOINED, "use lstm_joined()", _joined, "h"),
    Case(
        "lstm_torch",
        {"x": (3, 3), "h0": (2,), "c0": (2,), "W": (8, 3), "U": (8, 2), "b": (8,), "d": (8,)},
        "use lstm_torch()",
        _lstm_cell,
        "h",
    ),
    Case("gru", GRU | {f"d{g}": (2,) for g in "run"}, "use gru()", _gru_cell, "h"),
    Case("gru", GRU, "use gru(reset = before, update = new)", _gru_before, "h"),
    Case("attention", ATTENTION, "use attention()", lambda T, t: _attention(T, t, False, None), "O"),
    Case("attention", ATTENTION, "use attention(causal = yes)", lambda T, t: _attention(T, t, True, None), "O"),
    Case("attention", ATTENTION, "use attention(scaled = no)", lambda T, t: _attention(T, t, False, 1.0), "O"),
    Case("multi_head", HEADS, "use multi_head()", lambda T, t: _heads(T, t, False), "O"),
    Case("multi_head", HEADS, "use multi_head(causal = yes)", lambda T, t: _heads(T, t, True), "O"),
    Case("layer_norm", {"x": (4,), "gamma": (4,), "beta": (4,)}, "use layer_norm()", _layer_norm),
    Case(
        "layer_norm",
        NORM,
        "use layer_norm(x = x[n], y = y[n]) for n",
        _layer_norm,
    ),
    Case(
        "layer_norm",
        {"x": (4,), "gamma": (4,), "beta": (4,)},
        "use layer_norm(epsilon = outside)",
        lambda T, t: t.gamma * (t.x - t.x.mean()) / (t.x.var(unbiased=False).sqrt() + 1e-5) + t.beta,
    ),
    *[
        Case(
            "batch_norm",
            NORM,
            f"use batch_norm(divisor = {divisor}, epsilon = {epsilon})",
            lambda T, t, u=divisor == "n_minus_1", o=epsilon == "outside": _batch_norm(T, t, u, o),
        )
        for divisor in ("n", "n_minus_1")
        for epsilon in ("inside", "outside")
    ],
    Case(
        "rms_norm",
        {"x": (4,), "gamma": (4,)},
        "use rms_norm()",
        lambda T, t: F("rms_norm")(T, t.x, t.x.shape, t.gamma, 1e-5),
    ),
    Case(
        "embedding",
        {"E": (4, 3)},
        "use embedding()",
        lambda T, t: F("embedding")(T, T.tensor([1, 3, 1]), t.E),
        constants={"word": [2, 4, 2]},
    ),
    Case("residual", {"x": (3,), "W": (3, 3)}, "F = tanh(W@x)\nuse residual()", lambda T, t: t.x + T.tanh(t.W @ t.x)),
    Case(
        "dropout",
        {"x": (4,)},
        "use dropout()",
        lambda T, t: t.x * T.tensor([1.0, 0, 1, 1]) / 0.75,
        constants={"mask": [1, 0, 1, 1], "keep": "3/4"},
    ),
    Case(
        "dropout",
        {"x": (4,)},
        "use dropout(scaled = no)",
        lambda T, t: t.x * T.tensor([1.0, 0, 1, 1]),
        constants={"mask": [1, 0, 1, 1]},
    ),
]

YT: dict[str, Shape] = {"y": (4,), "t": (4,)}
LOSSES = [
    Case("half_squared_error", YT, "use half_squared_error()", lambda T, t: ((t.y - t.t) ** 2).sum() / 2),
    Case(
        "half_squared_error", YT, "use half_squared_error(reduction = mean)", lambda T, t: ((t.y - t.t) ** 2).mean() / 2
    ),
    Case("squared_error", YT, "use squared_error()", lambda T, t: F("mse_loss")(T, t.y, t.t, reduction="sum")),
    Case("mean_squared_error", YT, "use mean_squared_error()", lambda T, t: F("mse_loss")(T, t.y, t.t)),
    Case("absolute_error", YT, "use absolute_error()", lambda T, t: F("l1_loss")(T, t.y, t.t)),
    Case(
        "absolute_error",
        YT,
        "use absolute_error(reduction = sum)",
        lambda T, t: F("l1_loss")(T, t.y, t.t, reduction="sum"),
    ),
    Case("huber", YT, "use huber()", lambda T, t: F("huber_loss")(T, t.y, t.t)),
    Case("huber", YT, "use huber(threshold = 0.3)", lambda T, t: F("huber_loss")(T, t.y, t.t, delta=0.3)),
    Case("log_cosh", YT, "use log_cosh()", lambda T, t: T.log(T.cosh(t.y - t.t)).mean()),
    Case(
        "hinge",
        {"z": (4,)},
        "use hinge()",
        lambda T, t: F("multi_margin_loss")(T, t.z, T.tensor(2)) * 4,
        constants={"right": 3},
    ),
    Case(
        "hinge",
        {"z": (4,)},
        "use hinge(targets = signs)",
        lambda T, t: T.relu(1 - T.tensor([1.0, -1, -1, 1]) * t.z).mean(),
        constants={"t": [1, -1, -1, 1]},
    ),
    Case(
        "squared_hinge",
        {"z": (4,)},
        "use squared_hinge()",
        lambda T, t: F("multi_margin_loss")(T, t.z, T.tensor(2), p=2) * 4,
        constants={"right": 3},
    ),
    Case(
        "squared_hinge",
        {"z": (4,)},
        "use squared_hinge(targets = signs)",
        lambda T, t: (T.relu(1 - T.tensor([1.0, -1, -1, 1]) * t.z) ** 2).mean(),
        constants={"t": [1, -1, -1, 1]},
    ),
    Case(
        "binary_cross_entropy",
        {"z": (3,)},
        "y = sigmoid(z)\nuse binary_cross_entropy()",
        lambda T, t: F("binary_cross_entropy_with_logits")(T, t.z, T.tensor([1.0, 0, 0.25]), reduction="sum"),
        constants={"t": [1, 0, "1/4"]},
    ),
    Case(
        "categorical_cross_entropy",
        {"z": (3,)},
        "y = softmax(z)\nuse categorical_cross_entropy()",
        lambda T, t: F("cross_entropy")(T, t.z, T.tensor([0.5, 0.25, 0.25])),
        constants={"t": ["1/2", "1/4", "1/4"]},
    ),
    Case(
        "cross_entropy",
        {"z": (3,)},
        "use cross_entropy()",
        lambda T, t: F("cross_entropy")(T, t.z, T.tensor(1)),
        constants={"t": [0, 1, 0]},
    ),
    Case(
        "kl_divergence",
        {"z": (3,)},
        "y = softmax(z)\nuse kl_divergence()",
        lambda T, t: F("kl_div")(T, T.log_softmax(t.z, 0), T.tensor([0.0, 0.25, 0.75]), reduction="sum"),
        constants={"t": [0, "1/4", "3/4"]},
    ),
    Case(
        "negative_log_likelihood",
        {"z": (3, 4)},
        "use negative_log_likelihood()",
        lambda T, t: F("cross_entropy")(T, t.z, T.tensor([1, 0, 3])),
        constants={"label": [2, 1, 4]},
    ),
    Case(
        "negative_log_likelihood",
        {"z": (4,)},
        "use negative_log_likelihood(examples = one)",
        lambda T, t: F("cross_entropy")(T, t.z, T.tensor(2)),
        constants={"label": 3},
    ),
    Case("output", {"y": (2,)}, "use output()", lambda T, t: t.y.sum()),
]

X: dict[str, Shape] = {"x": (9,)}
FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "linear": lambda T, x: x,
    "leaky_relu": lambda T, x: F("leaky_relu")(T, x),
    "elu": lambda T, x: F("elu")(T, x),
    "selu": lambda T, x: F("selu")(T, x),
    "silu": lambda T, x: F("silu")(T, x),
    "gelu": lambda T, x: F("gelu")(T, x),
    "gelu_tanh": lambda T, x: F("gelu")(T, x, approximate="tanh"),
    "mish": lambda T, x: F("mish")(T, x),
    "softsign": lambda T, x: F("softsign")(T, x),
    "hard_sigmoid": lambda T, x: T.clamp(x + 3, 0, 6) / 6,  # PyTorch's own has a slope of float precision
    "hard_tanh": lambda T, x: F("hardtanh")(T, x),
    "relu6": lambda T, x: F("relu6")(T, x),
    "bipolar_sigmoid": lambda T, x: 2 * T.sigmoid(x) - 1,
    "scaled_tanh": lambda T, x: 1.7159 * T.tanh(2 * x / 3),
    "huber": lambda T, x: F("huber_loss")(T, x, 0 * x, reduction="none"),
    "log_cosh": lambda T, x: T.log(T.cosh(x)),
    "leaky_relu(x, 0.3)": lambda T, x: F("leaky_relu")(T, x, 0.3),
    "elu(x, alpha = 2)": lambda T, x: F("elu")(T, x, 2.0),
    "huber(x, threshold = 0.4)": lambda T, x: F("huber_loss")(T, x, 0 * x, reduction="none", delta=0.4),
    "relu": lambda T, x: T.relu(x),
    "softplus": lambda T, x: F("softplus")(T, x, threshold=1000),
    "erf": lambda T, x: T.erf(x),
    "step": lambda T, x: (x > 0).double() + 0 * x,
    "sign": lambda T, x: T.sign(x),
    "abs": lambda T, x: T.abs(x),
    "sin": lambda T, x: T.sin(x),
    "cos": lambda T, x: T.cos(x),
    "tanh": lambda T, x: T.tanh(x),
    "exp": lambda T, x: T.exp(x),
    "sigmoid": lambda T, x: T.sigmoid(x),
    "sqrt(x^2 + 1)": lambda T, x: T.sqrt(x * x + 1),
    "ln(x^2 + 1)": lambda T, x: T.log(x * x + 1),
    "log10(x^2 + 1)": lambda T, x: T.log10(x * x + 1),
}
for _name, _function in FUNCTIONS.items():
    _call = _name if "(" in _name else f"{_name}(x)"
    CASES.append(Case(_name.split("(")[0], X, f"y = {_call}", lambda T, t, f=_function: f(T, t.x)))


class _Given:
    """Tensors by name."""


@pytest.mark.parametrize("case", CASES + LOSSES, ids=lambda case: case.equations.replace("\n", "; ")[:60])
def test_row_as_in_pytorch(case: Case) -> None:
    """The result of a row, and the gradient of everything it reads, is PyTorch's."""
    need("torch")
    import torch

    rng = random.Random(f"{case.equations} {case.arrays}")
    high = 290 if case.arrays is X else 99
    arrays = {name: numbers(rng, shape, -high, high) for name, shape in case.arrays.items()}
    given = _Given()
    with torch.no_grad():
        for name, value in arrays.items():
            tensor = torch.tensor(_floats(value), dtype=torch.float64)
            setattr(given, name, tensor.requires_grad_())
    torch.set_default_dtype(torch.float64)
    result = case.torch(torch, given)
    loss = case in LOSSES
    constants = dict(case.constants)
    if loss:
        settings: dict[str, Any] = {"loss": "L"}
        result.backward()
    else:
        shape = tuple(result.shape)
        constants["G"] = numbers(rng, shape)
        settings = {"upstream": {case.result: "G"}}
        result.backward(torch.tensor(_floats(constants["G"])))
    solution = model(case.equations, parameters=arrays, constants=constants, model=settings)
    compared = 0

    def compare() -> None:
        nonlocal compared
        for index, value in _entries(result):
            place = tuple(i + 1 for i in index)
            if loss:
                place = ()
            assert close(solution.number(Identity(Symbol("L" if loss else case.result, place))), value)
            compared += 1
        for name in arrays:
            gradient = getattr(given, name).grad
            for index, value in _entries(torch.zeros(()) if gradient is None else gradient):
                number = solution.number(Identity(Symbol("L"), by=Symbol(name, tuple(i + 1 for i in index))))
                assert close(number, value), (name, index, number, value)
                compared += 1

    solution.decide(compare)
    assert compared > len(arrays)


def _floats(value: Any) -> Any:
    return [_floats(part) for part in value] if isinstance(value, list) else float(value)


def _entries(tensor: Any, index: tuple[int, ...] = ()) -> Any:
    if tensor.dim() == 0:
        yield index, repr(tensor.item())
    else:
        for at, part in enumerate(tensor):
            yield from _entries(part, (*index, at))


def test_every_row_is_compared() -> None:
    """No row of the library stands there without a case above."""
    compared = {case.row for case in CASES + LOSSES}
    assert {*rows("layer"), *rows("loss"), *rows("function")} <= compared
