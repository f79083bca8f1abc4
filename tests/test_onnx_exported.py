"""Models as PyTorch exports them to ONNX: what they compute here is what PyTorch computes."""

import json
import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tools import need

import derive
from derive.imported.model_files import Asked, problem_text

CLOSE = 1e-5
"""Relative; the weights are in single precision."""
Made = Callable[[Any], Any]


def of_function(layers: Callable[[Any], dict[str, Any]], forward: Callable[[Any, Any, Any], Any]) -> Made:
    """A module with these layers that computes a function of itself, of PyTorch and of its input."""

    def made(torch: Any) -> Any:
        class Own(torch.nn.Module):  # type: ignore[misc,name-defined]
            def __init__(self) -> None:
                super().__init__()
                for name, layer in layers(torch.nn).items():
                    setattr(self, name, layer)

            def forward(self, x: Any) -> Any:
                return forward(self, torch, x)

        return Own()

    return made


def row(*layers: Callable[[Any], Any]) -> Made:
    """Layers one after the other."""
    return lambda torch: torch.nn.Sequential(*[layer(torch.nn) for layer in layers])


def attended(self: Any, torch: Any, x: Any) -> Any:
    q, k, v = self.q(x), self.k(x), self.v(x)
    scores = q @ k.transpose(-2, -1) / 2**0.5
    hidden = torch.ones(3, 3).tril() == 0
    return torch.softmax(scores.masked_fill(hidden, float("-inf")), dim=-1) @ v


def gated(self: Any, torch: Any, x: Any) -> Any:
    a, b = self.fc(x).chunk(2, dim=-1)
    return torch.tanh(a) * torch.sigmoid(b)


def last(self: Any, torch: Any, x: Any) -> Any:
    states, _ = self.rnn(self.emb(x) if hasattr(self, "emb") else x)
    return self.fc(states[:, -1])


def normed(self: Any, torch: Any, x: Any) -> Any:
    h = self.fc(x)
    return (h - h.mean(dim=-1, keepdim=True)) / torch.sqrt((h**2).mean(dim=-1, keepdim=True) + 0.5) + h.exp().log1p()


def linear(one: int, other: int) -> Callable[[Any], Any]:
    return lambda nn: nn.Linear(one, other)


MODELS: dict[str, tuple[Made, tuple[int, ...]]] = {
    "dense": (row(linear(3, 4), lambda nn: nn.ReLU(), linear(4, 2), lambda nn: nn.Sigmoid()), (2, 3)),
    "classes": (row(linear(3, 2), lambda nn: nn.Tanh(), linear(2, 3), lambda nn: nn.LogSoftmax(dim=1)), (1, 3)),
    "picture": (
        row(
            lambda nn: nn.Conv2d(1, 2, 3, padding=1),
            lambda nn: nn.ReLU(),
            lambda nn: nn.MaxPool2d(2),
            lambda nn: nn.Flatten(),
            linear(8, 2),
        ),
        (1, 1, 4, 4),
    ),
    "frames": (
        row(
            lambda nn: nn.Conv2d(2, 4, 2, groups=2, stride=(1, 2)),
            lambda nn: nn.SiLU(),
            lambda nn: nn.MaxPool2d(2, padding=1),
            lambda nn: nn.AdaptiveAvgPool2d(1),
            lambda nn: nn.Flatten(),
            linear(4, 1),
        ),
        (1, 2, 4, 4),
    ),
    "row": (row(lambda nn: nn.Conv1d(2, 2, 2, dilation=2), lambda nn: nn.AvgPool1d(2, padding=1)), (1, 2, 5)),
    "batch norm": (row(linear(2, 3), lambda nn: nn.BatchNorm1d(3), lambda nn: nn.ELU(0.5)), (2, 2)),
    "layer norm": (row(linear(2, 3), lambda nn: nn.LayerNorm(3), lambda nn: nn.GELU(), linear(3, 1)), (2, 2)),
    "activations": (
        row(
            *(linear(2, 2), lambda nn: nn.LeakyReLU(0.2), linear(2, 2), lambda nn: nn.Hardtanh(-0.5, 0.5)),
            *(linear(2, 2), lambda nn: nn.Softplus(), linear(2, 2), lambda nn: nn.Mish(), lambda nn: nn.Softsign()),
        ),
        (2, 2),
    ),
    "residual": (of_function(lambda nn: {"fc": nn.Linear(2, 2)}, lambda self, torch, x: x + self.fc(x).relu()), (2, 2)),
    "gate": (of_function(lambda nn: {"fc": nn.Linear(2, 4)}, gated), (2, 2)),
    "attention": (
        of_function(lambda nn: {name: nn.Linear(2, 2, bias=False) for name in "qkv"}, attended),
        (1, 3, 2),
    ),
    "norm by hand": (of_function(lambda nn: {"fc": nn.Linear(2, 3)}, normed), (2, 2)),
    **{
        kind: (
            of_function(
                lambda nn, kind=kind: {"rnn": getattr(nn, kind)(2, 2, batch_first=True), "fc": nn.Linear(2, 1)}, last
            ),
            (1, 3, 2),
        )
        for kind in ("RNN", "LSTM", "GRU")
    },
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore:Converting a tensor")
def test_exported_models_compute_what_pytorch_computes(name: str, tmp_path: Path) -> None:
    """The mean of the squared outputs of a model, by PyTorch and by the problem that its file becomes."""
    need("torch")
    need("onnx")
    import torch

    torch.manual_seed(len(name))
    made, shape = MODELS[name]
    module, x = made(torch).eval(), torch.randn(*shape).mul(8).round().div(8)
    path = tmp_path / "model.onnx"
    torch.onnx.export(module, (x,), str(path), dynamo=False)
    theirs = module(x).detach()
    asked = Asked(x.tolist(), (theirs * 0).long().tolist(), "mean_squared_error")
    table = tomllib.loads(problem_text(path, "A model", asked), parse_float=Decimal)
    ours = json.loads(derive.solve(table).values_json())
    found, expected = float(ours["L" if "model" in table else "loss"]), float((theirs.double() ** 2).mean())
    assert abs(found - expected) <= CLOSE * max(1, abs(expected)), (found, expected)
