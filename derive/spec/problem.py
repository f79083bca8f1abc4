"""What a problem says besides its network: data, loss, training, rounding, and the problem as a whole.

Decides the keys of these tables, and whether data, loss and rounding fit the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from derive.errors import counted, shown
from derive.spec.network import Network
from derive.spec.values import (
    MAX_DECIMALS,
    MAX_OVERRIDES,
    MAX_PAGES,
    MAX_PLACES,
    MAX_STEPS,
    MAX_TITLE,
    MAX_WHOLE_DIGITS,
    MAX_WORK,
    Examples,
    Listed,
    Momentum,
    NotNegative,
    Places,
    Positive,
    QuantityPrefix,
    Row,
    Table,
    Text,
    check_length,
    fault,
    layer_of,
    plain_text,
    problem_name,
)

Notation = Literal["standard", "mazur", "hmkcode", "caispp", "rohan", "nielsen"]
Form = Literal["chain", "delta", "matrix", "index"]
Loss = Literal[
    "half_squared_error",
    "squared_error",
    "mean_squared_error",
    "binary_cross_entropy",
    "categorical_cross_entropy",
]

NOTATIONS: tuple[Notation, ...] = get_args(Notation)
FORMS: tuple[Form, ...] = get_args(Form)
LOSSES: tuple[Loss, ...] = get_args(Loss)

_EXACT = Context(prec=2 * (MAX_PLACES + MAX_WHOLE_DIGITS))


class Standardize(Table):
    """Preprocessing: every input minus its mean, divided by its standard deviation."""

    mean: Row
    """One mean per input."""
    std: Annotated[tuple[Positive, ...], Field(min_length=1), Listed]
    """One standard deviation per input."""


class Data(Table):
    """The examples: one row of inputs and one row of targets each."""

    inputs: Examples
    """One row per example, one column per input of the network, before preprocessing."""
    targets: Examples
    """One row per example, one column per unit of the last layer."""
    standardize: Standardize | None = None
    """How the inputs are standardised; absent: they are used as they are."""


class Regularization(Table):
    """Penalty on the weights (not the biases): l1 * sum |w| + l2 / 2 * sum w^2."""

    l1: NotNegative = Decimal(0)
    """Strength of the penalty on absolute values."""
    l2: NotNegative = Decimal(0)
    """Strength of the penalty on squares."""


class LossSpec(Table):
    """What training makes small."""

    name: Loss
    """Loss of one example."""
    reduction: Literal["mean", "sum"] = "mean"
    """How the losses of several examples are combined."""
    regularization: Regularization = Regularization()
    """Penalty on the weights."""


class Decay(Table):
    """How the learning rate falls with n, the number of updates already made."""

    kind: Literal["inverse_time", "exponential"]
    """inverse_time: learning_rate / (1 + rate * n); exponential: learning_rate * exp(-rate * n)."""
    rate: Positive
    """How fast the learning rate falls, per update."""


class Training(Table):
    """How the weights are changed."""

    optimizer: Literal["gradient_descent", "momentum"] = "gradient_descent"
    """The rule of the update."""
    momentum: Momentum | None = None
    """Share of the last update that is kept, from 0 to below 1; only with the optimizer momentum."""
    learning_rate: Positive
    """Factor of the gradient in an update."""
    decay: Decay | None = None
    """How the learning rate falls; absent: it stays."""
    steps: int = Field(default=1, ge=1, le=MAX_STEPS)
    """Number of updates."""
    batch: Literal["all", "one"] = "all"
    """all: every update uses all examples; one: each update uses the next example."""

    @model_validator(mode="after")
    def _check(self) -> Training:
        _check_training(self)
        return self


class Rounding(Table):
    """How numbers are rounded for the page, or as in a calculation by hand."""

    decimals: int = Field(default=4, ge=0, le=MAX_DECIMALS)
    """Decimals of a shown number."""
    carry: bool = False
    """true: every result is rounded, and the rounded number is used from then on."""
    ties: Literal["half_up", "half_even"] = "half_up"
    """Where a number halfway between two goes: away from zero, or to the even digit."""
    overrides: dict[QuantityPrefix, Places] = Field(default_factory=dict, max_length=MAX_OVERRIDES)
    """Decimals of single quantities: an id or its beginning, such as "z[2]", to decimals or "exact"."""


class Problem(Table):
    """A whole problem. `name` is set by the reader (from the file's name) and is no key of the file."""

    name: Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(problem_name)]
    title: Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(plain_text)]
    """Title of the solution; any text, never read as TeX or HTML."""
    notation: Notation = "standard"
    """Whose letters the solution uses."""
    form: Form | None = None
    """How the gradients are derived; absent: as the notation's author does."""
    source: Text | None = None
    """One line that says where the problem comes from."""
    note: Text | None = None
    """One line for the reader, such as which numbers were chosen."""
    network: Network
    """The network."""
    data: Data
    """The examples."""
    loss: LossSpec
    """The loss."""
    training: Training
    """The training."""
    rounding: Rounding = Rounding()
    """The rounding."""

    @model_validator(mode="after")
    def _check(self) -> Problem:
        _check_problem(self)
        return self


def _check_training(training: Training) -> None:
    """A momentum coefficient exactly where the optimizer uses one."""
    if training.optimizer == "momentum" and training.momentum is None:
        raise fault("the key momentum, because the optimizer is momentum", "nothing", "momentum", hint="0.9 is usual.")
    if training.optimizer != "momentum" and training.momentum is not None:
        raise fault(
            f"no momentum with the optimizer {training.optimizer}",
            shown(training.momentum),
            "momentum",
            hint='write optimizer = "momentum".',
        )


def _check_problem(problem: Problem) -> None:
    """Whether data, loss and rounding fit the network."""
    _check_data(problem.data, problem.network)
    _check_size(problem)
    _check_loss(problem)
    last = len(problem.network.layers)
    for prefix in problem.rounding.overrides:
        layer = layer_of(prefix)
        if layer is not None and layer > last:
            raise fault(f"a layer from 1 to {last}", str(layer), "rounding", "overrides", prefix)


def _check_size(problem: Problem) -> None:
    """Whether weights, examples and steps together stay within what is worked out."""
    weights, examples = problem.network.weight_count, len(problem.data.inputs)
    together = examples if problem.training.batch == "all" else 1
    if weights * examples > MAX_PAGES:
        found = f"{counted(examples, 'example')} for {counted(weights, 'weight')}"
        raise fault(f"at most {MAX_PAGES} weights times examples", found, "data", "inputs")
    if weights * together * problem.training.steps > MAX_WORK:
        steps = counted(problem.training.steps, "step")
        found = f"{counted(weights, 'weight')}, {counted(together, 'example')}, {steps}"
        raise fault(f"at most {MAX_WORK} weights times examples times steps", found, "training", "steps")


def _check_data(data: Data, network: Network) -> None:
    for index, row in enumerate(data.inputs):
        check_length(row, network.inputs, "input of the network", "data", "inputs", index)
    for index, row in enumerate(data.targets):
        check_length(row, network.sizes[-1], "unit of the last layer", "data", "targets", index)
    if len(data.targets) != len(data.inputs):
        expected = f"{counted(len(data.inputs), 'row')}, one per row of inputs"
        raise fault(expected, counted(len(data.targets), "row"), "data", "targets")
    if data.standardize is not None:
        check_length(data.standardize.mean, network.inputs, "input", "data", "standardize", "mean")
        check_length(data.standardize.std, network.inputs, "input", "data", "standardize", "std")


def _check_loss(problem: Problem) -> None:
    loss, last = problem.loss.name, len(problem.network.layers) - 1
    output = problem.network.layers[last]
    place = ("network", "layers", last, "activation")
    if loss == "categorical_cross_entropy" and output.activation != "softmax":
        why = "its outputs must be positive and sum to 1; for outputs of their own use binary_cross_entropy."
        expected = "softmax in the last layer for categorical_cross_entropy"
        raise fault(expected, shown(output.activation), *place, hint=why)
    if loss == "binary_cross_entropy":
        if output.activation not in ("sigmoid", "softmax"):
            why = "the logarithms of a and 1 - a exist only for outputs between 0 and 1."
            expected = "sigmoid (or softmax) in the last layer for binary_cross_entropy"
            raise fault(expected, shown(output.activation), *place, hint=why)
        if output.activation == "softmax" and output.units == 1:
            why = "a softmax of one unit is always 1, and the logarithm of 1 - 1 does not exist."
            raise fault("sigmoid for a single output", '"softmax"', *place, hint=why)
    if loss in ("binary_cross_entropy", "categorical_cross_entropy"):
        for index, row in enumerate(problem.data.targets):
            _check_probabilities(row, loss, "data", "targets", index)


def _check_probabilities(row: Sequence[Decimal], loss: str, *place: str | int) -> None:
    for unit, target in enumerate(row):
        if not 0 <= target <= 1:
            raise fault(f"a target from 0 to 1 for {loss}", shown(target), *place, unit)
    total = _exact_sum(row)
    if loss == "categorical_cross_entropy" and total != 1:
        raise fault(f"targets that sum to 1 for {loss}", f"the sum {shown(total)}", *place)


def _exact_sum(numbers: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for term in numbers:
        total = _EXACT.add(total, term)
    return total
