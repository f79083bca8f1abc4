"""What the layers of Keras are here: one row for each, which makes operations of `written`.

Keras has channels last and a kernel's inputs before its outputs; here channels stand before the places, and outputs
before inputs. Options that mean nothing here are refused by name. One module because the rows are one table, and what
reads their arrays is read beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from derive.errors import InputError, did_you_mean, one_of, shown
from derive.from_python import shortest
from derive.imported.hdf5 import Array, stacked
from derive.imported.operations import Given, Operation, Role
from derive.library.units import UNITS

Row = Callable[["Layer"], Any]


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
            raise InputError(f"{name} = {one_of(map(str, allowed))}", shown(value))
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

    def given(self, value: Array, role: Role | None = None) -> Given:
        """An array of weights; those that are frozen are constants."""
        own: Role = role or ("constants" if self.config.get("trainable") is False else "parameters")
        return Given(value.nested, value.shape, own, self.label or "k")

    def optional(self, key: str) -> Given | None:
        """The next array, where the layer says that it has it."""
        return self.given(self.next()) if self.fixed(key, True, False) else None

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


def _prelu(layer: Layer) -> Any:
    slopes = layer.given(layer.next(len(layer.arrays[0].shape)))
    return layer.formula("max({0}, 0) + {1}*min({0}, 0)", layer.source, slopes)


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


# -- sums and kernels


def _dense(layer: Layer) -> Any:
    weights = layer.given(layer.next(2).permuted([1, 0]))
    if weights.shape[0] != layer.whole("units"):
        raise InputError(f"weights of {layer.config['units']} units", str(weights.shape[0]))
    bias = layer.optional("use_bias")
    return layer.activated(layer.make("linear", layer.source, weights, bias))


def _frames(layer: Layer, window: Sequence[int], stride: Sequence[int], apart: Sequence[int]) -> dict[str, list[int]]:
    """The frame of zeros before and behind; where it does not come out even, there is one more behind."""
    if layer.fixed("padding", "valid", "same") == "valid":
        return {}
    places = layer.shape[1:]
    if layer.config.get("data_format") == "channels_first":
        places = places[1:]
    total = []
    for size, own, step, gap in zip(places[: len(window)], window, stride, apart, strict=True):
        wide = (size + step - 1) // step
        total.append(max((wide - 1) * step + gap * (own - 1) + 1 - size, 0))
    return {"frame": [one // 2 for one in total], "behind": [one - one // 2 for one in total]}


def _conv(rank: int, depthwise: bool = False) -> Row:
    def row(layer: Layer) -> Any:
        window, stride, apart = (layer.several(name, rank, 1) for name in ("kernel_size", "strides", "dilation_rate"))
        kernel = layer.next(rank + 2)
        groups = kernel.shape[-2] if depthwise else layer.config.get("groups", 1)
        if depthwise:
            # Every channel has kernels of its own: as many groups as channels.
            kernel = kernel.reshaped(*kernel.shape[:-2], 1, groups * kernel.shape[-1])
        weights = layer.given(kernel.permuted([rank + 1, rank, *range(rank)]))
        options = {"stride": stride, "apart": apart, "groups": groups, **_frames(layer, window, stride, apart)}
        sums = layer.make(
            "convolution", layer.first(layer.source, rank), weights, layer.optional("use_bias"), **options
        )
        if layer.config.get("activation") in SHARES:
            return layer.activated(layer.last(sums, rank))
        return layer.last(layer.activated(sums), rank)

    return row


def _pool(how: str, rank: int) -> Row:
    def row(layer: Layer) -> Any:
        window = layer.several("pool_size", rank)
        stride = layer.several("strides", rank) if layer.config.get("strides") is not None else window
        frames = _frames(layer, window, stride, [1] * rank)
        source = layer.first(layer.source, rank)
        found = layer.make("pool", source, window=window, stride=stride, how=how, counted=False, **frames)
        return layer.last(found, rank)

    return row


def _global(how: str, rank: int) -> Row:
    def row(layer: Layer) -> Any:
        last = layer.fixed("data_format", "channels_last", "channels_first") == "channels_last"
        axes = [one if last else one + 1 for one in range(1, rank + 1)]
        return layer.make("reduce", layer.source, how=how, axes=axes, keep=layer.fixed("keepdims", False, True))

    return row


# -- norms


def _batch_norm(layer: Layer) -> Any:
    """With the numbers that were kept in training, as the model predicts."""
    rank = len(layer.shape)
    if layer.config.get("axis", -1) not in (-1, rank - 1) or rank < 2:
        raise InputError("a norm along the last axis", shown(layer.config.get("axis")))
    gamma, beta = layer.optional("scale"), layer.optional("center")
    mean, var = layer.given(layer.next(), "constants"), layer.given(layer.next(), "constants")
    source = layer.first(layer.source, rank - 2) if rank > 2 else layer.source
    eps = layer.number("epsilon", "0.001")
    found = layer.make("batch_norm", source, gamma, beta, mean, var, eps=eps, kept=True)
    return layer.last(found, rank - 2) if rank > 2 else found


def _layer_norm(layer: Layer) -> Any:
    axis, rank = layer.config.get("axis", -1), len(layer.shape)
    if axis not in (-1, [-1], rank - 1, [rank - 1]):
        raise InputError("a norm over the last axis", shown(axis))
    layer.fixed("rms_scaling", False)
    gamma, beta = layer.optional("scale"), layer.optional("center")
    return layer.make("layer_norm", layer.source, gamma, beta, eps=layer.number("epsilon", "0.001"))


# -- words and states


def _embedding(layer: Layer) -> Any:
    layer.fixed("mask_zero", False)
    return layer.make("embedding", layer.source, layer.given(layer.next(2)))


GATES: Mapping[str, tuple[int, ...]] = {"rnn": (0,), "lstm": (0, 1, 2, 3), "gru": (1, 0, 2)}
"""In which place each gate stands here, of those in the order of Keras."""


def _recurrent(how: str) -> Row:
    def row(layer: Layer) -> Any:
        units, order = layer.whole("units"), GATES[how]
        for name in ("go_backwards", "stateful", "return_state"):
            layer.fixed(name, False)
        unit = layer.fixed("activation", "tanh", *(("relu",) if how == "rnn" else ()))
        if how != "rnn":
            layer.fixed("recurrent_activation", "sigmoid")

        def gates(turned: Array) -> Given:
            """The rows of the gates in the order in which they are here."""
            rows = turned.rows
            if len(rows) != units * len(order):
                raise InputError(f"{len(order)} gates of {units} units", str(len(rows)))
            return layer.given(stacked([row for gate in order for row in rows[units * gate : units * (gate + 1)]]))

        weights = [gates(layer.next(2).permuted([1, 0])), gates(layer.next(2).permuted([1, 0]))]
        after = how == "gru" and layer.fixed("reset_after", True, False)
        if layer.fixed("use_bias", True, False):
            # A reset behind the product has a bias of its own for what comes from the state.
            weights += [gates(one) for one in layer.next(2).rows] if after else [gates(layer.next())]
        found = layer.make(
            "recurrent", layer.source, [None] * (2 if how == "lstm" else 1), weights,
            how=how, unit=unit, layers=1, batch_first=True, units=units, cell=f"{how.upper()}Cell",
            reset="after" if after or how != "gru" else "before",
        )  # fmt: skip
        states = layer.make("element", found, place=0)
        return (
            states if layer.fixed("return_sequences", False, True) else layer.make("select", states, axis=1, place=-1)
        )

    return row


# -- several into one, and places anew


def _merged(sign: str) -> Row:
    def row(layer: Layer) -> Any:
        return layer.formula(sign.join(f"{{{at}}}" for at in range(len(layer.takes))), *layer.takes)

    return row


def _nested(name: str) -> Row:
    def row(layer: Layer) -> Any:
        text = "{0}"
        for at in range(1, len(layer.takes)):
            text = f"{name}({text}, {{{at}}})"
        return layer.formula(text, *layer.takes)

    return row


def _average(layer: Layer) -> Any:
    count = len(layer.takes)
    return layer.formula(f"({' + '.join(f'{{{at}}}' for at in range(count))})/{count}", *layer.takes)


def _joined(layer: Layer) -> Any:
    axis = layer.config.get("axis", -1)
    if type(axis) is not int:
        raise InputError("an axis", shown(axis))
    return layer.make("joined", list(layer.takes), axis=axis)


def _reshape(layer: Layer) -> Any:
    shape = layer.config.get("target_shape")
    if not isinstance(shape, list) or not all(type(one) is int and -1 <= one < 10_000 and one for one in shape):
        raise InputError("a list of sizes as target_shape", shown(shape))
    return layer.make("reshape", layer.source, shape=[0, *shape])


def _permute(layer: Layer) -> Any:
    order = layer.config.get("dims")
    if not isinstance(order, list) or not all(type(one) is int for one in order):
        raise InputError("a list of places as dims", shown(order))
    return layer.make("permute", layer.source, order=[0, *order])


def _rescaling(layer: Layer) -> Any:
    scale, offset = layer.number("scale", "1"), layer.number("offset", "0")
    return layer.formula(f"{{0}}*{scale:f}" + (f" + ({offset:f})" if offset else ""), layer.source)


def _same(layer: Layer) -> Any:
    return layer.make("same", layer.source)


LAYERS: Mapping[str, Row] = {
    **ELEMENTS,
    "PReLU": _prelu,
    "Dense": _dense,
    "Conv1D": _conv(1),
    "Conv2D": _conv(2),
    "DepthwiseConv1D": _conv(1, depthwise=True),
    "DepthwiseConv2D": _conv(2, depthwise=True),
    **{f"MaxPooling{rank}D": _pool("max", rank) for rank in (1, 2)},
    **{f"AveragePooling{rank}D": _pool("mean", rank) for rank in (1, 2)},
    **{f"GlobalMaxPooling{rank}D": _global("max", rank) for rank in (1, 2)},
    **{f"GlobalAveragePooling{rank}D": _global("mean", rank) for rank in (1, 2)},
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "Embedding": _embedding,
    "SimpleRNN": _recurrent("rnn"),
    "LSTM": _recurrent("lstm"),
    "GRU": _recurrent("gru"),
    "Add": _merged(" + "),
    "Subtract": _merged(" - "),
    "Multiply": _merged("*"),
    "Average": _average,
    "Maximum": _nested("max"),
    "Minimum": _nested("min"),
    "Concatenate": _joined,
    "Flatten": lambda layer: layer.make("flatten", layer.source, axis=1),
    "Reshape": _reshape,
    "Permute": _permute,
    "Rescaling": _rescaling,
    # What only training has.
    **dict.fromkeys(
        ("Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout", "SpatialDropout1D", "SpatialDropout2D",
         "ActivityRegularization", "Identity"),
        _same,
    ),
}  # fmt: skip
"""By the name of the class."""
