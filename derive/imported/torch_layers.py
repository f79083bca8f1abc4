"""What the layers and activations of PyTorch's are here: one row for each class.

Decides which of their attributes are which keys of a layer, and which options have nothing equal here. A class is known
by its name, and only where PyTorch itself has defined it: anybody's own may compute anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from derive.errors import InputError, did_you_mean, one_of, shown
from derive.from_python import numbers


class NoEqual(InputError):
    """A module or a loss that has no equal among the layers of a network; it may have equations."""


Fixed = Mapping[str, tuple[Any, ...]]
"""The values that an attribute may have."""


def is_torch(kind: type) -> bool:
    """Whether PyTorch has defined a class.

    >>> is_torch(dict)
    False
    """
    return kind.__module__.partition(".")[0] == "torch"


def check_fixed(thing: Any, fixed: Fixed, place: str) -> None:
    """Whether options that mean nothing here are at rest."""
    for attribute, allowed in fixed.items():
        value = getattr(thing, attribute, allowed[0])
        if not any(type(value) is type(one) and value == one for one in allowed):
            expected = f"{attribute} = {allowed[0]!r}, the only one that is known here"
            raise NoEqual(expected, repr(value)[:60], place=place)


@dataclass(frozen=True)
class ActivationRow:
    """An activation: its name here, its numbers with the attributes that hold them."""

    name: str
    numbers: Mapping[str, str] = field(default_factory=dict)
    fixed: Fixed = field(default_factory=dict)
    joint: bool = False
    """Whether all outputs are taken together, along `dim`."""
    forms: Mapping[str, str] = field(default_factory=dict)
    """Its name by the attribute `approximate`."""

    def name_of(self, module: Any) -> str:
        return self.forms[module.approximate] if self.forms else self.name

    def check(self, module: Any, place: str) -> None:
        check_fixed(module, self.fixed, place)
        if self.forms and module.approximate not in self.forms:
            raise NoEqual(one_of(self.forms), repr(module.approximate)[:60], place=f"{place}.approximate")

    def numbers_of(self, module: Any, place: str) -> dict[str, Any]:
        return {key: numbers(getattr(module, own), f"{place}.{own}") for key, own in self.numbers.items()}


@dataclass(frozen=True)
class LayerRow:
    """A layer: its kind here, the indices of an example before and behind it, its arrays and the attributes of them."""

    kind: str
    takes: int
    gives: int
    arrays: Mapping[str, str] = field(default_factory=dict)
    write: Callable[[Any, str], dict[str, Any]] = lambda module, place: {}
    """Its further keys."""
    fixed: Fixed = field(default_factory=dict)
    batch: bool = False
    """Whether it computes with all examples together."""
    words: bool = False
    """Whether it takes numbers of words."""

    def check(self, module: Any, place: str) -> None:
        check_fixed(module, self.fixed, place)


def _even(module: Any, attribute: str, place: str) -> int:
    """A size that is the same along all indices."""
    value = getattr(module, attribute)
    sizes = set(value) if isinstance(value, tuple) else {value}
    if len(sizes) > 1 or not all(type(one) is int for one in sizes):
        raise NoEqual(f"one whole number as {attribute}", repr(value)[:60], place=place)
    (size,) = sizes
    return int(size)


def _conv(module: Any, place: str) -> dict[str, Any]:
    stride, frame = _even(module, "stride", place), _even(module, "padding", place)
    return {**({"stride": stride} if stride != 1 else {}), **({"frame": frame} if frame else {})}


def _pool(module: Any, place: str) -> dict[str, Any]:
    return {"window": _even(module, "kernel_size", place), "stride": _even(module, "stride", place)}


def _norm(module: Any, place: str) -> dict[str, Any]:
    """The small constant, and without gains and shifts of its own fixed ones that change nothing."""
    if module.weight is not None and module.bias is None:
        raise NoEqual("a norm with weight and bias, or with neither", "a weight alone", place=place)
    found: dict[str, Any] = {"eps": numbers(module.eps, f"{place}.eps")}
    if module.weight is None:
        size = module.num_features if hasattr(module, "num_features") else module.normalized_shape[0]
        found |= {"gamma": [1] * size, "beta": [0] * size, "train": False}
    return found


def _layer_norm(module: Any, place: str) -> dict[str, Any]:
    if len(module.normalized_shape) != 1:
        raise NoEqual("a norm over one index", f"over {len(module.normalized_shape)}", place=place)
    return _norm(module, place)


def _batch_norm(module: Any, place: str) -> dict[str, Any]:
    if not module.training and module.running_mean is not None:
        hint = "module.train() makes it take the mean and the variance of this batch, which are derived here"
        raise NoEqual("BatchNorm1d as it is trained", "one for evaluation", place=place, hint=hint)
    return _norm(module, place)


_WEIGHTS = {"weights": "weight", "biases": "bias"}
_GAINS = {"gamma": "weight", "beta": "bias"}
_PLAIN_CONV: Fixed = {"dilation": ((1,), (1, 1)), "groups": (1,), "padding_mode": ("zeros",)}
_PLAIN_POOL: Fixed = {"padding": (0, (0, 0)), "ceil_mode": (False,)}
LAYERS: Mapping[str, LayerRow] = {
    "Linear": LayerRow("dense", 1, 1, _WEIGHTS, lambda module, place: {"units": module.out_features}),
    "Conv1d": LayerRow("conv1d", 2, 2, _WEIGHTS, _conv, _PLAIN_CONV),
    "Conv2d": LayerRow("conv2d", 3, 3, _WEIGHTS, _conv, _PLAIN_CONV),
    "MaxPool2d": LayerRow(
        "max_pool", 3, 3, {}, _pool, {**_PLAIN_POOL, "dilation": (1, (1, 1)), "return_indices": (False,)}
    ),
    "AvgPool2d": LayerRow("avg_pool", 3, 3, {}, _pool, {**_PLAIN_POOL, "divisor_override": (None,)}),
    "Flatten": LayerRow("flatten", 0, 1, fixed={"start_dim": (1,), "end_dim": (-1,)}),
    "LayerNorm": LayerRow("layer_norm", 1, 1, _GAINS, _layer_norm),
    "BatchNorm1d": LayerRow("batch_norm", 1, 1, _GAINS, _batch_norm, batch=True),
    "Embedding": LayerRow(
        "embedding",
        1,
        2,
        {"weights": "weight"},
        fixed={"padding_idx": (None,), "max_norm": (None,), "scale_grad_by_freq": (False,)},
        words=True,
    ),
}
ACTIVATIONS: Mapping[str, ActivationRow] = {
    "ReLU": ActivationRow("relu"),
    "Sigmoid": ActivationRow("sigmoid"),
    "Tanh": ActivationRow("tanh"),
    "LeakyReLU": ActivationRow("leaky_relu", {"slope": "negative_slope"}),
    "ELU": ActivationRow("elu", {"alpha": "alpha"}),
    "SELU": ActivationRow("selu"),
    "GELU": ActivationRow("gelu", forms={"none": "gelu", "tanh": "gelu_tanh"}),
    "SiLU": ActivationRow("silu"),
    "Mish": ActivationRow("mish"),
    # above the threshold PyTorch goes on with a straight line, which differs by less than 3e-9 there
    "Softplus": ActivationRow("softplus", fixed={"beta": (1, 1.0), "threshold": (20, 20.0)}),
    "Softsign": ActivationRow("softsign"),
    "Hardtanh": ActivationRow("hard_tanh", fixed={"min_val": (-1, -1.0), "max_val": (1, 1.0)}),
    "Hardsigmoid": ActivationRow("hard_sigmoid"),
    "ReLU6": ActivationRow("relu6"),
    "Softmax": ActivationRow("softmax", joint=True),
    "LogSoftmax": ActivationRow("log_softmax", joint=True),
}


def _no_dropout(module: Any, place: str) -> None:
    if module.training and module.p:
        hint = "module.eval() turns it off; beside a BatchNorm1d, derived as in training, turn off the dropout alone"
        raise InputError("a dropout that is turned off", f"one that draws, p = {module.p!r}", place=place, hint=hint)


NOTHING: Mapping[str, Callable[[Any, str], None]] = {
    "Identity": lambda module, place: None,
    **dict.fromkeys(("Dropout", "Dropout1d", "Dropout2d", "AlphaDropout"), _no_dropout),
}
"""What passes on its inputs unchanged, or is refused."""


def known_row(module: Any, place: str) -> ActivationRow | LayerRow | None:
    """The row of a module, None for one that does nothing; raises `InputError` for any other."""
    name, own = type(module).__name__, not is_torch(type(module))
    known = [*LAYERS, *ACTIVATIONS, *NOTHING, "Sequential"]
    if name not in known or own:
        hint = "write a module of your own as nn.Sequential of these" if own else did_you_mean(name, known)
        found = f"{name[:60]}, which is not PyTorch's" if own else shown(name)
        raise NoEqual(one_of(known), found, place=place, hint=hint)
    return LAYERS.get(name) or ACTIVATIONS.get(name)
