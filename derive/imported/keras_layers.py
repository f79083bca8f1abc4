"""What the layers of Keras are here: one row for each, which makes operations of `written`.

Keras has channels last and a kernel's inputs before its outputs; here channels stand before the places, and outputs
before inputs. Options that mean nothing here are refused by name. One module because the rows are one table, and what
reads their arrays is read beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from derive.errors import InputError, shown
from derive.imported.hdf5 import Array, stacked
from derive.imported.keras_attention import ATTENTION
from derive.imported.keras_layer import ELEMENTS, SHARES, Layer, Row
from derive.imported.operations import Given

# -- sums and kernels


def _prelu(layer: Layer) -> Any:
    slopes = layer.given(layer.next(len(layer.arrays[0].shape)))
    return layer.formula("max({0}, 0) + {1}*min({0}, 0)", layer.source, slopes)


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
    **ATTENTION,
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

PARTS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("SimpleRNN", "LSTM", "GRU"), ("cell",)),
    "MultiHeadAttention": ("query_dense", "key_dense", "value_dense", "output_dense"),
}
"""Parts of layers that have weights of their own, in the order in which a row takes them."""
ARGUMENTS: Mapping[str, Sequence[str]] = {
    "MultiHeadAttention": ("value", "key", "use_causal_mask"),
    "Attention": ("use_causal_mask",),
}
"""What a layer may be called with besides what it takes."""
