"""Attention as the layers of Keras have it, step by step: queries, keys and values, scores, shares, what is heard."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from derive.errors import InputError, shown
from derive.imported.keras_layer import Layer, Row
from derive.imported.operations import Given

AUTOMATIC = re.compile(r"\bmulti_head_attention(?=(_\d+)?$)")


def _heads(layer: Layer) -> Any:
    """Several heads, each with matrices of its own, and one matrix over what all of them hear."""
    # The name that Keras gives by itself stands behind every letter.
    layer.label = AUTOMATIC.sub("heads", layer.label)
    heads, size = layer.whole("num_heads"), layer.whole("key_dim")
    passed = layer.whole("value_dim") if layer.config.get("value_dim") is not None else size
    query, *others = layer.takes
    value = layer.called["value"] if "value" in layer.called else others.pop(0)
    key = layer.called.get("key") or (others.pop(0) if others else value)
    if others or not all(len(layer.shape_of(one)) == 3 for one in (query, key, value)):
        raise InputError("a query, a value and perhaps a key, each a sequence", "others")
    if layer.config.get("attention_axes") not in (None, [1], 1):
        raise InputError("attention along the sequence", shown(layer.config["attention_axes"]))
    layer.fixed("use_gate", False)
    layer.fixed("sliding_window", None)
    if len(layer.config.get("output_shape") or [0]) != 1:
        raise InputError("an output of one row", "one of several indices")

    def weights(letter: str, *inner: int) -> tuple[Given, Given | None]:
        """The rows of a matrix, head after head, and its bias."""
        kernel = layer.next(3)
        if kernel.shape[1:] != inner:
            raise InputError(f"weights of {inner[0]} heads of {inner[1]}", " x ".join(map(str, kernel.shape[1:])))
        rows = kernel.permuted([1, 2, 0]).reshaped(inner[0] * inner[1], kernel.shape[0])
        bias = layer.next(2).reshaped(inner[0] * inner[1]) if layer.fixed("use_bias", True, False) else None
        return layer.given(rows, name=f"W{letter}"), layer.given(bias, name=f"b{letter}") if bias else None

    def apart(source: Any, letter: str, width: int) -> Any:
        """What every place says in every head: examples, heads, places, numbers."""
        sums = layer.make("linear", source, *weights(letter, heads, width))
        return layer.make("permute", layer.make("reshape", sums, shape=[0, 0, heads, width]), order=[0, 2, 1, 3])

    asked, offered, told = apart(query, "Q", size), apart(key, "K", size), apart(value, "V", passed)
    heard = _heard(layer, asked, offered, told, f"/sqrt({size})" if size > 1 else "")
    joined = layer.make("reshape", layer.make("permute", heard, order=[0, 2, 1, 3]), shape=[0, 0, heads * passed])
    kernel = layer.next(3)
    rows = kernel.permuted([2, 0, 1]).reshaped(kernel.shape[2], kernel.shape[0] * kernel.shape[1])
    bias = layer.optional("use_bias", "bO")
    return layer.make("linear", joined, layer.given(rows, name="WO"), bias)


def _heard(layer: Layer, asked: Any, offered: Any, told: Any, scale: str) -> Any:
    """softmax(Q K^T) V, over the last two dimensions."""
    rank = len(layer.shape_of(offered))
    turned = layer.make("permute", offered, order=[*range(rank - 2), rank - 1, rank - 2])
    about = "how well question and offer agree"
    scores = layer.make("matmul", asked, turned, name="S", scaled=scale, about=about)
    causal = layer.called.get("use_causal_mask", False) is True
    shares = layer.make("softmax", scores, axis=-1, how="softmax", causal=causal, name="A")
    return layer.make("matmul", shares, told, name="H", about="what is heard")


def _attention(layer: Layer) -> Any:
    """Attention without weights: a query, a value, and perhaps a key."""
    layer.fixed("use_scale", False)
    layer.fixed("score_mode", "dot")
    query, value, *others = layer.takes
    (key,) = others or (value,)
    if not all(len(layer.shape_of(one)) == 3 for one in (query, key, value)):
        raise InputError("a query, a value and perhaps a key, each a sequence", "others")
    return _heard(layer, query, key, value, "")


ATTENTION: Mapping[str, Row] = {"MultiHeadAttention": _heads, "Attention": _attention}
"""By the name of the class."""
