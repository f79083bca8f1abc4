"""What the losses and optimizers of PyTorch's are here: one row for each class.

Decides which loss of a network is equal to one of PyTorch's, the means over outputs and examples included, and which
rule of an update is equal to an optimizer with its options. What has no equal is refused.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from derive.errors import InputError, listed, one_of, shown, unknown_name
from derive.from_python import numbers
from derive.imported.torch_layers import Fixed, NoEqual, check_fixed, is_torch

LOG_SOFTMAX = "log_softmax"
"""What a loss of logarithms makes a softmax of; no activation of a network."""


@dataclass(frozen=True)
class LossRow:
    """A loss: for each reduction its name here.

    PyTorch takes the mean or the sum over outputs and examples at once; here a loss has its own over the outputs, and
    the reduction is that over the examples. `alone` are the names for a single output, where both are the same.
    """

    names: Mapping[str, str]
    alone: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    """Its numbers, each with the attribute that holds it and the usual one."""
    fixed: Fixed = field(default_factory=dict)
    last: Mapping[str, str] = field(default_factory=dict)
    """What becomes of the activation of the last layer; any stays where there are none."""
    why: str = ""
    classes: bool = False
    """Whether targets are numbers of classes."""
    shares: str = ""
    """Its name for targets that are shares of classes."""


_SOFTMAX = {"linear": "softmax"}
LOSSES: Mapping[str, LossRow] = {
    "MSELoss": LossRow({"mean": "mean_squared_error", "sum": "squared_error"}),
    "L1Loss": LossRow({"mean": "absolute_error"}, {"sum": "absolute_error"}),
    "HuberLoss": LossRow({"mean": "huber"}, {"sum": "huber"}, {"threshold": ("delta", 1)}),
    "SmoothL1Loss": LossRow({"mean": "huber"}, {"sum": "huber"}, fixed={"beta": (1.0, 1)}),
    "BCELoss": LossRow({"sum": "binary_cross_entropy"}, {"mean": "binary_cross_entropy"}, fixed={"weight": (None,)}),
    "BCEWithLogitsLoss": LossRow(
        {"sum": "binary_cross_entropy"},
        {"mean": "binary_cross_entropy"},
        fixed={"weight": (None,), "pos_weight": (None,)},
        last={"linear": "sigmoid"},
        why="BCEWithLogitsLoss has a sigmoid inside, so a last layer with an activation has two: leave it out",
    ),
    "CrossEntropyLoss": LossRow(
        dict.fromkeys(("mean", "sum"), "negative_log_likelihood"),
        fixed={"weight": (None,), "label_smoothing": (0.0, 0)},
        last=_SOFTMAX,
        why="CrossEntropyLoss has a softmax inside, so a last layer with an activation has two: leave it out",
        classes=True,
        shares="categorical_cross_entropy",
    ),
    "NLLLoss": LossRow(
        dict.fromkeys(("mean", "sum"), "negative_log_likelihood"),
        fixed={"weight": (None,)},
        last={LOG_SOFTMAX: "softmax"},
        why="NLLLoss takes logarithms of probabilities: put nn.LogSoftmax(dim=1) last",
        classes=True,
    ),
}


def loss_of(loss: Any, activation: str, targets: list[Any], units: int | None) -> tuple[str, dict[str, Any], list[Any]]:
    """The activation of the last layer, the table of the loss, and the targets as they are here.

    `units` are the outputs of the last layer, where it says so.
    """
    kind = loss if isinstance(loss, type) else type(loss)
    given = None if isinstance(loss, str | type) else loss
    name = loss if isinstance(loss, str) else kind.__name__
    if name not in LOSSES or not (isinstance(loss, str) or is_torch(kind)):
        error = unknown_name(name, LOSSES, place="loss")
        if isinstance(loss, str) or not callable(loss):
            raise error
        raise NoEqual(error.expected, error.found, place="loss", hint=error.hint)
    row = LOSSES[name]
    check_fixed(given, row.fixed, "loss")
    if row.last and activation not in row.last:
        raise InputError(f"{one_of(row.last)} in the last layer for {name}", activation, place="module", hint=row.why)
    if not row.last and activation == LOG_SOFTMAX:
        raise InputError("NLLLoss after LogSoftmax", name, place="loss")
    reduction = getattr(given, "reduction", "mean")
    if reduction not in ("mean", "sum"):
        raise InputError("mean or sum", shown(reduction), place="loss.reduction")
    own = row.names.get(reduction)
    if row.classes and not any(isinstance(target, list) for target in targets):
        targets = [_class(target, units, index) for index, target in enumerate(targets)]
    else:
        if row.classes and not row.shares:
            raise NoEqual("the number of a class for each example", "rows of numbers", place="y")
        own = row.shares or own
        outputs = _outputs(targets)
        if own is None and outputs == 1:
            own = row.alone[reduction]
    if own is None:
        hint = f'reduction="{next(iter(row.names))}" is equal here; then the learning rate takes the factor'
        what = f"{name} of several outputs that is a {next(iter(row.names))}"
        raise NoEqual(what, f"a {reduction}", place="loss.reduction", hint=hint)
    found = {key: numbers(getattr(given, theirs, usual), theirs) for key, (theirs, usual) in row.numbers.items()}
    return row.last.get(activation, activation), {"name": own, "reduction": reduction, **found}, targets


def called_loss(loss: Any) -> Any:
    """What is called with outputs and targets: an object, a class's, one by its class's name, or a function."""
    if isinstance(loss, str):
        found = getattr(importlib.import_module("torch.nn"), loss, None)
        if not (isinstance(found, type) and loss.endswith("Loss")):
            raise unknown_name(loss, LOSSES, place="loss")
        return found()
    if isinstance(loss, type):
        return loss()
    if not callable(loss):
        raise InputError(
            "a loss: nn.MSELoss(), its name, or a function of outputs and targets", shown(loss), place="loss"
        )
    return loss


def _class(target: Any, units: int | None, index: int) -> list[int]:
    """The number of a class, which counts from 1 here."""
    if type(target) is not int or target < 0 or (units and target >= units):
        expected = f"the number of a class, from 0{f' to {units - 1}' if units else ''}"
        raise InputError(expected, shown(target), place=f"y[{index}]")
    return [target + 1]


def _outputs(targets: list[Any]) -> int:
    """The number of targets of each example."""
    if not all(isinstance(row, list) for row in targets):
        hint = "y.unsqueeze(1) makes a column of it; without, PyTorch compares every output with every target"
        raise InputError(
            "a row of targets for each example, as the outputs are", "single numbers", place="y", hint=hint
        )
    return len(targets[0])


@dataclass(frozen=True)
class OptimizerRow:
    """An optimizer with the options that are on: its name here, its settings, and where each is held."""

    theirs: str
    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    """Beside the learning rate; an element of a pair has its place behind a dot."""
    on: frozenset[str] = frozenset()
    """Options that must be on."""
    may: frozenset[str] = frozenset()
    """Options that may be on."""


_ADAM = {"beta1": "betas.0", "beta2": "betas.1", "epsilon": "eps"}
OPTIMIZERS = (
    OptimizerRow("SGD", "gradient_descent"),
    OptimizerRow("SGD", "weight_decay", {"weight_decay": "weight_decay"}, frozenset({"weight_decay"})),
    OptimizerRow("SGD", "momentum_torch", {"momentum": "momentum"}, frozenset({"momentum"})),
    OptimizerRow("SGD", "nesterov_torch", {"momentum": "momentum"}, frozenset({"momentum", "nesterov"})),
    OptimizerRow("Adam", "adam", _ADAM),
    OptimizerRow(
        "AdamW",
        "adamw",
        {**_ADAM, "weight_decay": "weight_decay"},
        may=frozenset({"weight_decay", "decoupled_weight_decay"}),
    ),
    OptimizerRow("RMSprop", "rmsprop", {"decay_rate": "alpha", "epsilon": "eps"}),
    OptimizerRow("Adagrad", "adagrad", {"epsilon": "eps"}),
)
SWITCHES = frozenset(
    [
        "momentum",
        "dampening",
        "weight_decay",
        "nesterov",
        "maximize",
        "amsgrad",
        "centered",
        "lr_decay",
        "initial_accumulator_value",
        "decoupled_weight_decay",
    ]
)
"""Options that are off where they are 0 or False."""


def training_of(lr: Any, optimizer: Any, trained: list[Any]) -> dict[str, Any]:
    """The table of the training: an optimizer with its settings, or a learning rate alone."""
    if (lr is None) == (optimizer is None):
        raise InputError("a learning rate or an optimizer", "neither" if lr is None else "both", place="lr")
    if optimizer is None:
        return {"learning_rate": numbers(lr, "lr")}
    name = type(optimizer).__name__
    names = list(dict.fromkeys(row.theirs for row in OPTIMIZERS))
    if name not in names or not is_torch(type(optimizer)):
        raise unknown_name(name, names, place="optimizer")
    if len(optimizer.param_groups) != 1:
        raise InputError("one group of parameters", str(len(optimizer.param_groups)), place="optimizer")
    (group,) = optimizer.param_groups
    if {id(one) for one in group["params"] if one.requires_grad} != {id(one) for one in trained}:
        raise InputError("an optimizer of module.parameters()", "one of other parameters", place="optimizer")
    for state in optimizer.state.values():
        if state.get("momentum_buffer") is not None or state.get("step", 0) != 0:
            hint = "make a new one, or take the model before its first step"
            raise InputError("an optimizer that has made no step", "a used one", place="optimizer", hint=hint)
    on = {key for key in SWITCHES & set(group) if group[key]}
    for row in OPTIMIZERS:
        if row.theirs == name and row.on <= on <= row.on | row.may:
            found = {key: _setting(group, path) for key, path in row.settings.items()}
            return {"optimizer": row.name, "learning_rate": numbers(group["lr"], "optimizer.lr"), **found}
    ways = [" and ".join(sorted(row.on)) or "nothing" for row in OPTIMIZERS if row.theirs == name]
    expected = f"{name} with {one_of(ways)} turned on" if ways[1:] else f"{name} with its usual options"
    raise InputError(expected, listed(sorted(on)), place="optimizer")


def _setting(group: Mapping[str, Any], path: str) -> Any:
    key, _, index = path.partition(".")
    return numbers(group[key][int(index)] if index else group[key], f"optimizer.{key}")
