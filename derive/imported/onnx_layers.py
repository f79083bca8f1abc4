"""What the operators of ONNX are here that are layers: convolution, pooling, norms, recurrence; one row for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from derive.errors import InputError, shown
from derive.imported.onnx_node import Node, Row
from derive.imported.operations import Given, Operation

# -- layers


def _even(node: Node, name: str, rank: int, usual: int) -> list[int]:
    found = list(node.option(name, [usual] * rank))
    if len(found) != rank:
        raise InputError(f"{rank} numbers as {name}", str(len(found)))
    return found


def _frames(node: Node, rank: int) -> dict[str, list[int]]:
    """The frames before and behind."""
    node.fixed("auto_pad", "NOTSET", "VALID")
    pads = _even(node, "pads", 2 * rank, 0)
    if not all(0 <= one <= 1000 for one in pads):
        raise InputError("a frame of some places", shown(pads))
    return {"frame": pads[:rank], "behind": pads[rank:]}


def _conv(node: Node) -> Operation:
    kernel = node.takes[1]
    if isinstance(kernel, Operation | Given) or kernel.ndim not in (3, 4):
        raise InputError("a kernel of a row or a picture that stands in the file", "another")
    rank = kernel.ndim - 2
    takes = (node.takes[0], node.array(kernel), node.array(node.get(2)))
    options = {"stride": _even(node, "strides", rank, 1), "apart": _even(node, "dilations", rank, 1)}
    return node.make("convolution", takes, groups=int(node.option("group", 1)), **_frames(node, rank), **options)


def _pool(how: str) -> Row:
    def row(node: Node) -> Operation:
        window = list(node.option("kernel_shape"))
        rank = len(window)
        node.fixed("ceil_mode", 0)
        if any(one != 1 for one in _even(node, "dilations", rank, 1)):
            raise InputError("windows without gaps", "dilations")
        counted = bool(node.option("count_include_pad", 0))
        options = {"window": window, "stride": _even(node, "strides", rank, 1), "counted": counted}
        return node.make("pool", node.takes[:1], how=how, **options, **_frames(node, rank))

    return row


def _global(how: str) -> Row:
    return lambda node: node.make("reduce", node.takes[:1], how=how, axes="places", keep=True)


def _batch_norm(node: Node) -> Operation:
    node.fixed("training_mode", 0)
    takes = [
        node.takes[0],
        *map(node.array, node.takes[1:3]),
        *[node.array(one, "constants") for one in node.takes[3:5]],
    ]
    return node.make("batch_norm", takes, eps=node.number("epsilon", "1e-5"), kept=True)


def _layer_norm(node: Node) -> Operation:
    node.fixed("axis", -1)
    takes = (node.takes[0], node.array(node.get(1)), node.array(node.get(2)))
    return node.make("layer_norm", takes, eps=node.number("epsilon", "1e-5"))


GATES = {"RNN": (0,), "LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2)}
"""In which place each gate stands here, of those in the order of ONNX."""


def _recurrent(kind: str) -> Row:
    def row(node: Node) -> Any:
        node.fixed("direction", "forward")
        node.fixed("layout", 0)
        if node.get(4) is not None or node.get(7) is not None or "clip" in node.options:
            raise InputError(f"{kind} with whole sequences, without clip and peepholes", "others")
        before = kind == "GRU" and not node.option("linear_before_reset", 0)
        node.fixed("input_forget", 0)
        names = [one.decode() if isinstance(one, bytes) else str(one) for one in node.option("activations", [])]
        unit = names[0].lower() if kind == "RNN" and names else "tanh"
        usual = {"RNN": [["Tanh"], ["Relu"]], "LSTM": [["Sigmoid", "Tanh", "Tanh"]], "GRU": [["Sigmoid", "Tanh"]]}[kind]
        if names and names not in usual:
            raise InputError(f"the usual activations of {kind}", ", ".join(names)[:60])
        units = int(node.option("hidden_size"))
        arrays = [_gates(node.takes[at][0], kind, units) for at in (1, 2)]
        if node.get(3) is not None:
            both = node.takes[3][0]
            second = both[len(both) // 2 :]
            arrays.append(_gates(both[: len(both) // 2], kind, units))
            # ONNX always has room for two biases; who resets the state before the product has one, and zeros behind it.
            if not before or second.any():
                arrays.append(_gates(second, kind, units))
        states = [node.array(_first_state(one), "constants") for one in (node.get(5), node.get(6))]
        options = {
            "how": kind.lower(),
            "unit": unit,
            "layers": 1,
            "batch_first": False,
            "units": units,
            "cell": f"{kind}Cell",
            "reset": "before" if before else "after",
        }
        label = node.names[1].rpartition(".")[0] or kind.lower()
        found = Operation(
            "recurrent",
            (node.source(node.takes[0]), states, [node.array(one) for one in arrays]),
            options,
            label,
            "",
            node.place,
        )
        node.keep(found)
        parts = [node.make("element", (found,), place=at) for at in range(3 if kind == "LSTM" else 2)]
        # ONNX has a dimension for directions behind the steps.
        return [node.make("insert", (parts[0],), axes=[1]), *parts[1:]]

    return row


def _first_state(value: Any) -> Any:
    if value is None or isinstance(value, Operation | Given):
        return value
    return None if not value.any() else value


def _gates(array: Any, kind: str, units: int) -> Any:
    """The rows of the gates in the order in which they are here."""
    order = GATES[kind]
    if array.shape[0] != units * len(order):
        raise InputError(f"{len(order)} gates of {units} rows", str(array.shape[0]))
    blocks = [array[units * at : units * (at + 1)] for at in order]
    found = array.copy()
    for at, block in enumerate(blocks):
        found[units * at : units * (at + 1)] = block
    return found


LAYERS: Mapping[str, Row] = {
    "Conv": _conv,
    "MaxPool": _pool("max"),
    "AveragePool": _pool("mean"),
    "GlobalAveragePool": _global("mean"),
    "GlobalMaxPool": _global("max"),
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    **{kind: _recurrent(kind) for kind in GATES},
}
"""By the name of the operator."""
