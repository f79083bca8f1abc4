"""Problems from model files: what a file holds, what is asked for, and what stands in the problem to be filled in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from derive.errors import InputError, one_of, shown, unknown_name
from derive.imported.chain import dense_layers
from derive.imported.files import refuse_pickled
from derive.imported.inputs import BEGINNING
from derive.imported.keras import read_keras
from derive.imported.onnx import read_onnx
from derive.imported.operations import Given, Operation
from derive.imported.safetensors import read_layers
from derive.imported.shortened import with_decimals
from derive.imported.toml import to_toml
from derive.imported.written_model import problem_table, write
from derive.library.units import DENSE, JOINT, UNITS

RATE = "0.1"
LOSS_OF = {"softmax": "negative_log_likelihood", "sigmoid": "binary_cross_entropy"}
"""The loss that usually follows an activation; any other is followed by the mean squared error."""
USUAL_LOSS = "mean_squared_error"
OF_LOGARITHMS = ("negative_log_likelihood", "categorical_cross_entropy")
"""Losses of a network that take the logarithms of its outputs."""
FIRST_HIDDEN = "relu"
TO_FILL = "not in the model: put yours here"
ENDS = (".onnx", ".safetensors", ".keras")
OLDER = (".h5", ".hdf5")
"""Ends of names of files in which Keras kept models before."""


@dataclass(frozen=True)
class Asked:
    """What somebody says besides the file; None where they do not."""

    x: Any = None
    y: Any = None
    loss: str | None = None
    learning_rate: str | None = None
    activations: Sequence[str] = ()
    decimals: int | None = None
    other_loss: str = ""
    """What the file calls its loss, where it is not known here."""

    @property
    def no_loss(self) -> str:
        """Why the loss is another one than that of the model."""
        return f"not the model's own, {self.other_loss}" if self.other_loss else "not in the model"


def problem_text(path: Path, title: str, asked: Asked = Asked()) -> str:
    """The text of a problem file from a model file; raises `InputError` where it holds what has no equal here."""
    refuse_pickled(path)
    readers = {".onnx": _from_onnx, ".safetensors": _from_safetensors, ".keras": _from_keras}
    if path.is_dir():
        raise InputError(f"a {one_of(ENDS)} file", "a folder", str(path))
    if path.suffix.lower() not in readers:
        hint = 'load it in Keras, and model.save("model.keras")' if path.suffix.lower() in OLDER else None
        raise InputError(f"a file whose name ends in {one_of(ENDS)}", shown(path.name), str(path), hint=hint)
    if asked.loss is not None and asked.loss not in DENSE:
        raise unknown_name(asked.loss, DENSE, place="--loss")
    table, remarks = readers[path.suffix.lower()](path, asked)
    source = f"The weights are those of {path.name}"
    source += f", rounded to {asked.decimals} decimals." if asked.decimals is not None else "."
    table = {"title": title, "source": source, **table}
    if "training" not in table:
        if asked.learning_rate is None:
            remarks["training.learning_rate"] = TO_FILL
        table["training"] = {"learning_rate": number(asked.learning_rate or RATE, "--learning-rate")}
    return to_toml(with_decimals(table, asked.decimals), remarks)


def number(text: str, place: str) -> Decimal:
    """A number that somebody has typed."""
    found = data(text, place)
    if isinstance(found, bool) or not isinstance(found, int | Decimal):
        raise InputError("a number", shown(text), place=place)
    return Decimal(found)


def data(text: str, place: str) -> Any:
    """Numbers in brackets that somebody has typed."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise InputError("numbers in brackets, such as [[0.5, 1]]", shown(text), place=place) from None


def _no_number(text: str) -> Any:
    raise ValueError(text)


# -- safetensors


def _from_safetensors(path: Path, asked: Asked) -> tuple[dict[str, Any], dict[str, str]]:
    layers = read_layers(path)
    remarks: dict[str, str] = {}
    usual = [FIRST_HIDDEN] * (len(layers) - 1) + ["linear"]
    words = list(asked.activations) or usual
    words = words * len(layers) if len(words) == 1 else words
    if len(words) != len(layers):
        raise InputError(f"{len(layers)} activations, one for each layer", str(len(words)), place="--activation")
    for index, (layer, word) in enumerate(zip(layers, words, strict=True)):
        if word not in UNITS and word not in JOINT:
            raise unknown_name(word, [*UNITS, *JOINT], place="--activation")
        layer["activation"] = word
        if not asked.activations:
            remarks[f"network.layers[{index}]"] = f"The activation is {TO_FILL}."
    return _network(layers, None, asked, remarks)


def _network(
    layers: list[dict[str, Any]], inputs: Given | None, asked: Asked, remarks: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """A network of dense layers with data, given or to begin with."""
    size, units = len(layers[0]["weights"][0]), layers[-1]["units"]
    if inputs is not None and inputs.shape[-1] != size:
        raise InputError(f"{size} inputs, as the first weights have columns", str(inputs.shape[-1]))
    last = layers[-1]["activation"]
    if last == "log_softmax":
        last = layers[-1]["activation"] = "softmax"
    examples = _begin(size) if asked.x is None else asked.x if inputs is None else inputs.values
    examples = examples if isinstance(examples, list) and isinstance((examples or [0])[0], list) else [examples]
    loss = asked.loss or LOSS_OF.get(last, USUAL_LOSS)
    targets = asked.y
    if targets is None:
        targets = [_target(loss, units, last)] * len(examples)
        remarks["data.targets"] = TO_FILL
    elif not isinstance(targets, list) or not isinstance(targets[0] if targets else None, list):
        targets = [
            one if isinstance(one, list) else [one] for one in (targets if isinstance(targets, list) else [targets])
        ]
        targets = [[row[0] for row in targets]] if len(examples) == 1 and len(targets) == units > 1 else targets
    if asked.x is None:
        remarks["data.inputs"] = TO_FILL
    if asked.loss is None:
        remarks["loss.name"] = f"{asked.no_loss}: the one that usually follows {last}"
    table = {
        "network": {"inputs": size, "layers": layers},
        "data": {"inputs": examples, "targets": targets},
        "loss": {"name": loss},
    }
    return table, remarks


def _begin(count: int) -> list[Any]:
    """Numbers to begin with."""
    return [BEGINNING[at % len(BEGINNING)] for at in range(count)]


def _target(loss: str, units: int, last: str) -> list[Any]:
    if loss == "negative_log_likelihood":
        return [1]
    if last == "softmax":
        return [int(at == 0) for at in range(units)]
    return [at % 2 for at in range(1, units + 1)]


# -- ONNX


def _from_onnx(path: Path, asked: Asked) -> tuple[dict[str, Any], dict[str, str]]:
    model = read_onnx(path, () if asked.x is None else (asked.x,))
    return _of_operations(model.operations, model.result, path, asked)


def _of_operations(
    operations: list[Operation], result: Any, path: Path, asked: Asked
) -> tuple[dict[str, Any], dict[str, str]]:
    """A network where the operations are dense layers alone, else equations."""
    try:
        chain = dense_layers(operations, result)
        if chain is not None and _is_network(chain[0][-1]["activation"], asked.loss):
            return _network(chain[0], chain[1], asked, {})
        return _equations(operations, result, asked)
    except InputError as error:
        place = None if error.place and error.place.startswith("--") else str(path)
        raise InputError(error.expected, error.found, error.file or place, error.place, error.hint) from None
    except (IndexError, ZeroDivisionError, TypeError, ValueError, KeyError):
        # Options of operators that do not fit their inputs, such as an axis that there is not.
        raise InputError("operators whose shapes and options fit each other", "others", str(path)) from None


def _is_network(last: str, loss: str | None) -> bool:
    """Whether a network has the last activation: logarithms of shares are part of a loss there, and of no other."""
    return last != "log_softmax" or loss in (None, *OF_LOGARITHMS)


# -- Keras


def _from_keras(path: Path, asked: Asked) -> tuple[dict[str, Any], dict[str, str]]:
    """The model, with the loss and the learning rate that it was compiled with, unless others are asked for."""
    model = read_keras(path, () if asked.x is None else (asked.x,))
    if not isinstance(model.result, Operation):
        raise InputError("a model of several layers", "one without any", str(path))
    compiled = model.compiled
    if asked.loss in (None, compiled.loss):
        model.as_compiled()
    own = replace(asked, loss=asked.loss or compiled.loss, other_loss=compiled.other_loss)
    table, remarks = _of_operations(model.operations, model.result, path, own)
    if compiled.penalty:
        key = "loss.name" if "loss" in table else "model"
        before = f"{remarks[key].rstrip('.')}; " if key in remarks else ""
        remarks[key] = f"{before}without the penalty of the model's regularizers"
    if asked.learning_rate is None and compiled.learning_rate is not None:
        table["training"] = {"learning_rate": number(compiled.learning_rate, "compile_config")}
    elif asked.learning_rate is None and compiled.other_optimiser:
        remarks["training.learning_rate"] = f"of plain gradient descent; the model has {compiled.other_optimiser}"
        table["training"] = {"learning_rate": number(RATE, "compile_config")}
    return table, remarks


def _equations(operations: list[Operation], result: Operation, asked: Asked) -> tuple[dict[str, Any], dict[str, str]]:
    shape = write(operations, result, loss=False).array(result).shape
    last = "softmax" if result.kind == "softmax" else str(result.options.get("unit", ""))
    loss = asked.loss or LOSS_OF.get(last, USUAL_LOSS)
    remarks: dict[str, str] = {}
    units = shape[-1] if shape else 1
    outer = shape[:-1]
    if asked.y is None:
        row: Any = _target("", units, "softmax" if last == "softmax" else "")
        values = row
        for size in reversed(outer):
            values = [values] * size
        remarks["targets"] = TO_FILL
    else:
        values = asked.y
    targets = Given(_fitting(values, shape, loss), tuple(shape), "targets", "t")
    row = DENSE[loss]
    used = row.dense.get("written_as", loss)
    logarithms = result.kind == "softmax" and result.options.get("how") == "log_softmax"
    if logarithms and used == "categorical_cross_entropy":
        final = Operation("shares_of_logarithms", (result, targets))
    else:
        final = Operation("row_loss", (result, targets), {"row": used})
    if asked.loss is None:
        remarks["model"] = f"The loss is {asked.no_loss}: it is the one that usually follows {last or 'sums'}."
    if asked.x is None:
        remarks["inputs"] = TO_FILL
    return problem_table([*operations, final], final), remarks


def _fitting(values: Any, shape: Sequence[int], loss: str) -> Any:
    """Targets of the shape of the outputs; the number of a class, from 1, becomes shares."""
    units = shape[-1] if shape else 1

    def row(value: Any, sizes: Sequence[int]) -> Any:
        if len(sizes) <= 1:
            value = value[0] if isinstance(value, list) and len(value) == 1 and units > 1 else value
            if sizes and not isinstance(value, list) and loss == "negative_log_likelihood":
                if type(value) is not int or not 1 <= value <= units:
                    raise InputError(f"the number of a class, from 1 to {units}", shown(value), place="--y")
                return [int(one == value) for one in range(1, units + 1)]
            if sizes and not isinstance(value, list):
                value = [value]
            if sizes and len(value) != units:
                raise InputError(f"{units} targets, one for each output", str(len(value)), place="--y")
            return value
        value = value if isinstance(value, list) else [value]
        if len(value) != sizes[0]:
            if sizes[0] == 1:
                return [row(value, sizes[1:])]
            raise InputError(f"{sizes[0]} rows of targets", str(len(value)), place="--y")
        return [row(one, sizes[1:]) for one in value]

    return row(values, shape)
