"""One layer of a Keras model, as the rows of layers see it, and the activations that a layer may have inside.

Options that mean nothing here are refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from derive.errors import InputError, did_you_mean, one_of, shown
from derive.from_python import shortest
from derive.imported.hdf5 import Array
from derive.imported.operations import Given, Operation, Role
from derive.library.units import UNITS

Row = Callable[["Layer"], Any]
ADVICE = 'model.export("model.onnx", format="onnx") writes what it computes, of which more may be known here'


@dataclass
class Layer:
    """One layer: its options, its arrays in order, what it takes, and what tells shapes."""

    config: Mapping[str, Any]
    arrays: Sequence[Array]
    takes: Sequence[Any]
    keep: Callable[[Operation], None]
    place: str
    label: str
    shape_of: Callable[[Any], tuple[int, ...]]
    called: Mapping[str, Any] = field(default_factory=dict)
    """What it is called with besides."""
    used: int = 0

    def make(self, kind: str, *takes: Any, **options: Any) -> Operation:
        found = Operation(kind, takes, options, self.label, "", self.place)
        self.keep(found)
        return found

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of what it takes."""
        return self.shape_of(self.source)

    @property
    def source(self) -> Any:
        """The one thing that it takes."""
        (found,) = self.takes
        return found

    def fixed(self, name: str, *allowed: Any) -> Any:
        value = self.config.get(name, allowed[0])
        if value not in allowed or isinstance(value, bool) != isinstance(allowed[0], bool):
            raise InputError(f"{name} = {one_of(map(str, allowed))}", shown(value), hint=ADVICE)
        return value

    def number(self, name: str, usual: str) -> Decimal:
        value = self.config.get(name)
        if value is None:
            return Decimal(usual)
        if isinstance(value, bool) or not isinstance(value, int | float) or value - value != 0:
            raise InputError(f"a number as {name}", shown(value))
        return shortest(value)

    def whole(self, name: str) -> int:
        value = self.config.get(name)
        if type(value) is not int or not 0 < value < 10_000:
            raise InputError(f"a whole number as {name}", shown(value))
        return value

    def several(self, name: str, count: int, usual: Any = None) -> list[int]:
        value = self.config.get(name, usual)
        found = [value] * count if type(value) is int else list(value) if isinstance(value, list) else []
        if len(found) != count or not all(type(one) is int and 0 < one < 10_000 for one in found):
            raise InputError(f"{count} whole numbers as {name}", shown(value))
        return found

    def next(self, rank: int = 1) -> Array:
        """The next of its arrays."""
        if self.used >= len(self.arrays):
            raise InputError("an array of weights more", "none")
        value = self.arrays[self.used]
        self.used += 1
        if len(value.shape) != rank:
            raise InputError(f"weights of {rank} {'index' if rank == 1 else 'indices'}", str(len(value.shape)))
        return value

    def given(self, value: Array, role: Role | None = None, name: str = "") -> Given:
        """An array of weights; those that are frozen are constants."""
        own: Role = role or ("constants" if self.config.get("trainable") is False else "parameters")
        return Given(value.nested, value.shape, own, self.label or "k", name=name)

    def optional(self, key: str, name: str = "") -> Given | None:
        """The next array, where the layer says that it has it."""
        return self.given(self.next(), name=name) if self.fixed(key, True, False) else None

    def all_used(self) -> None:
        if self.used != len(self.arrays):
            raise InputError(f"{self.used} arrays of weights", str(len(self.arrays)))

    def first(self, source: Any, rank: int) -> Any:
        """A picture, or a row, with its channels before its places."""
        if self.fixed("data_format", "channels_last", "channels_first") == "channels_first":
            return source
        return self.make("permute", source, order=[0, rank + 1, *range(1, rank + 1)])

    def last(self, source: Any, rank: int) -> Any:
        """The same with its channels behind, as Keras has them."""
        if self.config.get("data_format", "channels_last") == "channels_first":
            return source
        return self.make("permute", source, order=[0, *range(2, rank + 2), 1])

    def formula(self, text: str, *takes: Any, unit: str = "") -> Operation:
        return self.make("formula", *takes, text=text, **({"unit": unit} if unit else {}))

    def activated(self, source: Any, key: str = "activation") -> Any:
        """What the layer's activation makes of its sums."""
        value = self.config.get(key)
        if isinstance(value, dict):
            # An activation of its own: a function of Keras by its name, or a layer.
            own, kind = value.get("config"), value.get("class_name")
            if (
                isinstance(kind, str)
                and kind in ELEMENTS
                and isinstance(own, dict)
                and value.get("registered_name") is None
            ):
                return ELEMENTS[kind](self.within(own, source))
            value = own if kind == "function" and value.get("registered_name") in (None, own) else kind
        if value is None or value == "linear":
            return source
        if value in SHARES:
            return self.make("softmax", source, axis=-1, how=value)
        if not isinstance(value, str) or value not in ACTIVATIONS:
            names = ["linear", *SHARES, *ACTIVATIONS]
            hint = did_you_mean(str(value), names) or f"known are {one_of(sorted(names))}"
            raise InputError("an activation that is known here", shown(value), hint=hint)
        return self.formula(*ACTIVATIONS[value][:1], source, unit=ACTIVATIONS[value][1])

    def within(self, config: Mapping[str, Any], source: Any) -> Layer:
        """A layer without weights in this one."""
        return Layer(config, [], [source], self.keep, self.place, self.label, self.shape_of)


SHARES = ("softmax", "log_softmax")
"""Activations of all units together."""


def _unit(name: str) -> tuple[str, str]:
    assert name in UNITS
    return f"{name}({{0}})", name


ACTIVATIONS: Mapping[str, tuple[str, str]] = {
    **{
        name: _unit(name)
        for name in ("relu", "sigmoid", "tanh", "softplus", "softsign", "elu", "selu", "gelu", "silu", "mish", "relu6")
    },
    "swish": _unit("silu"),
    "celu": _unit("elu"),
    "hard_sigmoid": _unit("hard_sigmoid"),
    "hard_tanh": _unit("hard_tanh"),
    "leaky_relu": ("leaky_relu({0}, slope = 0.2)", ""),
    "exponential": ("exp({0})", ""),
    "log_sigmoid": ("-softplus(-{0})", ""),
    "hard_silu": ("{0}*hard_sigmoid({0})", ""),
    "hard_swish": ("{0}*hard_sigmoid({0})", ""),
}
"""By Keras' name: the formula, and the unit of the library that it is."""


# -- activations as layers


def _relu(layer: Layer) -> Any:
    slope, most = layer.number("negative_slope", "0"), layer.config.get("max_value")
    if layer.number("threshold", "0") != 0:
        raise InputError("threshold = 0", shown(layer.config["threshold"]))
    if slope == 0 and most is None:
        return layer.formula("relu({0})", layer.source, unit="relu")
    text = "relu({0})" if slope == 0 else f"leaky_relu({{0}}, slope = {slope:f})"
    if most is None:
        return layer.formula(text, layer.source)
    return layer.formula(f"min({text}, {layer.number('max_value', '6'):f})", layer.source)


def _scaled(unit: str, key: str, option: str, usual: str, library: str) -> Row:
    """An activation with a number: Keras' usual one, and the library's, with which it may belong to a layer."""

    def row(layer: Layer) -> Any:
        value = layer.number(option, usual)
        if value == Decimal(library):
            return layer.formula(f"{unit}({{0}})", layer.source, unit=unit)
        return layer.formula(f"{unit}({{0}}, {key} = {value:f})", layer.source)

    return row


def _softmax(layer: Layer) -> Any:
    axis = layer.config.get("axis", -1)
    if type(axis) is not int:
        raise InputError("a softmax along one axis", shown(axis))
    return layer.make("softmax", layer.source, axis=axis, how="softmax")


ELEMENTS: Mapping[str, Row] = {
    "Activation": lambda layer: layer.activated(layer.source),
    "ReLU": _relu,
    "LeakyReLU": _scaled("leaky_relu", "slope", "negative_slope", "0.3", "0.01"),
    "ELU": _scaled("elu", "alpha", "alpha", "1", "1"),
    "Softmax": _softmax,
}


def snake(name: str) -> str:
    """A class as a word of lower case, as Keras names the groups of weights.

    >>> snake("Dense"), snake("MaxPooling2D"), snake("LeakyReLU"), snake("LSTM")
    ('dense', 'max_pooling2d', 'leaky_re_lu', 'lstm')
    """
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
