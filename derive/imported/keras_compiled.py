"""How a Keras model was compiled: its loss and its learning rate, as far as they mean the same here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from derive.errors import shorten
from derive.from_python import shortest
from derive.imported.keras_layer import SHARES, snake


@dataclass(frozen=True)
class Compiled:
    """Loss and learning rate; where these are not known here, what the archive calls its loss and its optimiser."""

    loss: str | None = None
    learning_rate: str | None = None
    of_sums: str | None = None
    """The activation that the loss puts before itself."""
    other_loss: str = ""
    other_optimiser: str = ""
    penalty: bool = False
    """Whether layers add a penalty to the loss, which is none of its formula here."""


LOSSES: Mapping[str, str] = {
    "mse": "mean_squared_error",
    "mean_squared_error": "mean_squared_error",
    "mae": "absolute_error",
    "mean_absolute_error": "absolute_error",
    "binary_crossentropy": "binary_cross_entropy",
    "categorical_crossentropy": "categorical_cross_entropy",
    "sparse_categorical_crossentropy": "negative_log_likelihood",
}
"""By Keras' name; only where both mean the same."""


OF_SUMS = {"binary_cross_entropy": "sigmoid"}
"""The activation with from_logits; softmax with all others."""
PLAIN = (
    *("momentum", "weight_decay", "clipnorm", "global_clipnorm", "clipvalue"),
    *("use_ema", "gradient_accumulation_steps"),
)
"""Options that make another step of an SGD."""


def compiled_of(table: Mapping[str, Any]) -> Compiled:
    """How a model was compiled, as far as it is known here."""
    loss: Any = table.get("loss")
    optimiser: Any = table.get("optimizer")
    options: Any = loss.get("config") if isinstance(loss, dict) else {}
    word = loss.get("class_name") if isinstance(loss, dict) else loss
    options = options if isinstance(options, dict) else {"": None}
    usual = options.get("reduction") in (None, "sum_over_batch_size") and not options.get("label_smoothing")
    known = usual and options.get("ignore_class") is None and "" not in options
    key = snake(word).replace("cross_entropy", "crossentropy") if isinstance(word, str) else ""
    name = LOSSES.get(key) if known else None
    of_sums = OF_SUMS.get(name, "softmax") if name is not None and options.get("from_logits") else None
    rate: Any = None
    kind: Any = None
    if isinstance(optimiser, dict):
        own, kind = optimiser.get("config"), optimiser.get("class_name")
        if kind == "SGD" and isinstance(own, dict) and not any(own.get(one) for one in PLAIN):
            rate = own.get("learning_rate")
    found = str(shortest(rate, "float32")) if isinstance(rate, float) and 0 < rate < 1000 else None
    other_loss = _other(word, key in LOSSES) if name is None else ""
    return Compiled(name, found, of_sums, other_loss, _other(kind, kind == "SGD") if found is None else "")


def _other(name: Any, known: bool) -> str:
    """What is not known here, or has options that are not."""
    return shorten(name) + (" with options of its own" if known else "") if isinstance(name, str) else ""


def of_unit(name: str) -> tuple[str, dict[str, Any]]:
    """An activation as an operation: its kind and its options.

    >>> of_unit("softmax")
    ('softmax', {'axis': -1, 'how': 'softmax'})
    """
    if name in SHARES:
        return "softmax", {"axis": -1, "how": name}
    return "formula", {"text": f"{name}({{0}})", "unit": name}


def penalised(config: Any) -> bool:
    """Whether a layer somewhere in a description has a penalty on what it weighs or gives.

    >>> penalised({"layers": [{"config": {"kernel_regularizer": {"class_name": "L2"}}}]}), penalised({"a": [None]})
    (True, False)
    """
    waiting = [config]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if any(str(key).endswith("_regularizer") and value for key, value in one.items()):
                return True
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return False
