"""Weights in a .safetensors file as a stack of dense layers; the format is a header in JSON and the numbers behind it.

Decides which arrays are a layer, and their order. Activations, loss and data are not in such a file: whoever asks says
them, or they stand in the problem to be filled in.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from derive.errors import InputError, one_of, shorten, shown
from derive.from_python import shortest
from derive.imported.files import read_bytes

MOST_BYTES = 50_000_000
KERNELS = {1: ", as a norm has", 3: ", as a convolution over a row has", 4: ", as a convolution over a picture has"}
"""What arrays of so many indices are the weights of."""
LONGEST_HEADER = 1_000_000
MOST_NUMBERS = 100_000
TYPES: Mapping[str, tuple[str, int, str]] = {
    "F64": ("d", 8, "float64"),
    "F32": ("f", 4, "float32"),
    "F16": ("e", 2, "float16"),
}
"""How `struct` unpacks a number of each type, its bytes, and its name."""


def read_layers(path: Path) -> list[dict[str, Any]]:
    """The weights and biases of dense layers, in the order of their names, each fitting the one before."""
    file = str(path)
    arrays = _arrays(read_bytes(path, MOST_BYTES), file)
    layers: list[dict[str, Any]] = []
    for name in sorted((one for one in arrays if one.endswith("weight")), key=_in_order):
        shape, values = arrays.pop(name)
        if len(shape) != 2:
            hint = (
                "what such a layer does with them (steps, frames, pooling, groups, gates) is not in this file: "
                "call derive.from_torch(module, x, y, ...), "
                'or torch.onnx.export(model, (x,), "model.onnx") and take that file'
            )
            found = f"an array of {len(shape)} indices" + KERNELS.get(len(shape), "")
            raise InputError("weights of dense layers, with two indices", found, file, shorten(name), hint)
        if layers and shape[1] != layers[-1]["units"]:
            expected = f"{layers[-1]['units']} columns, as many as the layer before has units"
            raise InputError(expected, str(shape[1]), file, shorten(name))
        layer = {"units": shape[0], "weights": [values[at : at + shape[1]] for at in range(0, len(values), shape[1])]}
        bias = arrays.pop(f"{name.removesuffix('weight')}bias", None)
        if bias is not None:
            if bias[0] != (shape[0],):
                raise InputError(f"{shape[0]} biases", " x ".join(map(str, bias[0])), file, shorten(f"{name[:-6]}bias"))
            layer["biases"] = bias[1]
        layers.append(layer)
    if arrays or not layers:
        found = shorten(next(iter(arrays))) if arrays else "none"
        raise InputError("arrays named NAME.weight and NAME.bias", found, file)
    return layers


def _in_order(name: str) -> list[tuple[int, str]]:
    """Names with numbers in the order of the numbers."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d{1,9})", name)]


def _arrays(content: bytes, file: str) -> dict[str, tuple[tuple[int, ...], list[Any]]]:
    """The arrays of a file by name: shapes and numbers; raises `InputError` where the header does not fit the rest."""
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or not 2 <= length <= min(len(content) - 8, LONGEST_HEADER):
        raise InputError("a file of safetensors", "something else, or a damaged one", file)
    try:
        header = json.loads(content[8 : 8 + length])
    except (ValueError, RecursionError):
        raise InputError("a file of safetensors, with a header in JSON", "something else", file) from None
    if not isinstance(header, dict):
        raise InputError("a header that names arrays", "another", file)
    data = memoryview(content)[8 + length :]
    header.pop("__metadata__", None)
    return {name: _array(entry, data, file, shorten(name)) for name, entry in header.items()}


def _array(entry: Any, data: memoryview, file: str, place: str) -> tuple[tuple[int, ...], list[Any]]:
    found = entry if isinstance(entry, dict) else {}
    kind = found.get("dtype")
    shape: Any = found.get("shape")
    ends: Any = found.get("data_offsets")
    if not isinstance(kind, str) or kind not in TYPES:
        raise InputError(f"numbers of type {one_of(TYPES)}", shown(kind), file, place)
    if not _whole(shape) or not _whole(ends) or len(ends) != 2:
        raise InputError("a shape and two offsets, all whole numbers", "others", file, place)
    letter, width, name = TYPES[kind]
    count = 1
    for size in shape:
        count *= size
        if count > MOST_NUMBERS:
            raise InputError(f"arrays of at most {MOST_NUMBERS:,} numbers", "a larger one", file, place)
    if not ends[0] <= ends[1] <= len(data) or ends[1] - ends[0] != count * width:
        raise InputError(f"{count * width} bytes, as the shape says", "others", file, place)
    numbers = struct.unpack(f"<{count}{letter}", data[ends[0] : ends[1]])
    return tuple(shape), list(_exact(numbers, name, file, place))


def _whole(values: Any) -> bool:
    return isinstance(values, list) and len(values) <= 8 and all(type(one) is int and one >= 0 for one in values)


def _exact(numbers: tuple[Any, ...], kind: str, file: str, place: str) -> Iterator[Any]:
    for number in numbers:
        if number - number != 0:  # not finite
            raise InputError("finite numbers", str(number), file, place)
        yield shortest(number, kind)
