"""Models that are nothing but dense layers one after the other: found among operations, and told as a network.

Such a network has pages, worksheets and checks made for it, so that whatever can be one is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from derive.imported.operations import Given, Operation, needed
from derive.library.units import UNITS


def dense_layers(operations: Sequence[Operation], result: Any) -> tuple[list[dict[str, Any]], Given] | None:
    """The layers and the inputs, or None where a model is anything else.

    The last activation may be "log_softmax", which is none of a network: the loss says what becomes of it.
    """
    layers: list[dict[str, Any]] = []
    before: Any = None
    seen: set[Any] = set()
    if not isinstance(result, Operation):
        return None
    for op in needed(operations, result):
        source = op.takes[0] if op.takes else None
        if before is None:
            if not isinstance(source, Given) or source.role != "inputs" or len(source.shape) > 2:
                return None
            inputs = source
        elif source is not before:
            return None
        before = op
        match op.kind:
            case "same":
                continue
            case "linear":
                layer = _layer(op, seen)
                if layer is None:
                    return None
                layers.append(layer)
            case "formula" | "softmax" if layers and "activation" not in layers[-1]:
                name = _activation(op, len(inputs.shape))
                if name is None:
                    return None
                layers[-1]["activation"] = name
            case _:
                return None
    for layer in layers[:-1]:
        if layer.get("activation") in ("softmax", "log_softmax"):
            return None
    for layer in layers:
        layer.setdefault("activation", "linear")
    return (layers, inputs) if layers and before is result else None


def _layer(op: Operation, seen: set[Any]) -> dict[str, Any] | None:
    """The keys of a layer whose weights are all its own and trained."""
    _, weights, biases = op.takes
    own = [one for one in (weights, biases) if one is not None]
    if not all(isinstance(one, Given) and one not in seen for one in own) or weights.role != "parameters":
        return None
    seen.update(own)
    layer = {"units": weights.shape[0], "weights": weights.values}
    if biases is not None:
        layer["biases"] = biases.values
        if biases.role != "parameters":
            layer["train_biases"] = False
    return layer


def _activation(op: Operation, rank: int) -> str | None:
    """The name of an activation, where it is one with its usual numbers."""
    if op.kind == "softmax":
        last = op.options["axis"] in (-1, rank - 1) and not op.options.get("causal")
        return str(op.options.get("how", "softmax")) if last else None
    unit = op.options.get("unit")
    return str(unit) if unit in UNITS and len(op.takes) == 1 else None
