"""The tables of a problem beside its network: data, loss, training and rounding.

Decides their keys, types and defaults; whether they fit the network and each other is for `problem`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
    model_validator,
)

from derive.errors import did_you_mean, one_of, shown
from derive.library import Row, rows
from derive.library.units import DENSE
from derive.notation import NOTATIONS
from derive.parts import PARTS, USUAL, Choice, Detail
from derive.spec.kinds import plain_optimizer
from derive.spec.parameters import named_one, spread, with_parameters
from derive.spec.values import (
    MAX_DECIMALS,
    MAX_OVERRIDES,
    MAX_STEPS,
    Examples,
    Listed,
    Momentum,
    NotNegative,
    NumberRow,
    Places,
    Positive,
    QuantityPrefix,
    Table,
    fault,
)

Notation = Annotated[str, BeforeValidator(named_one(NOTATIONS))]
Form = Literal["chain", "delta", "matrix", "index"]
Loss = Annotated[str, BeforeValidator(named_one(DENSE))]

FORMS: tuple[Form, ...] = get_args(Form)


class Standardize(Table):
    """Preprocessing: every input minus its mean, divided by its standard deviation."""

    mean: NumberRow
    """One mean per input."""
    std: Annotated[tuple[Positive, ...], Field(min_length=1), Listed]
    """One standard deviation per input."""


class Data(Table):
    """The examples: one row of inputs and one row of targets each."""

    inputs: Examples
    """One row per example, one column per input of the network, before preprocessing."""
    targets: Examples
    """One row per example, one column per unit of the last layer; with negative_log_likelihood the number of the class,
    from 1; with the loss output none."""
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
    parameters: dict[str, Decimal] = Field(default_factory=dict)
    """The numbers of the loss; in the file each is a key of the table."""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, table: Any) -> Any:
        return with_parameters(table, "name", DENSE, cls.model_fields)

    @model_serializer(mode="wrap")
    def _spread(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return spread(handler(self))


class Decay(Table):
    """How the learning rate falls with n, the number of updates already made."""

    kind: Literal["inverse_time", "exponential"]
    """inverse_time: learning_rate / (1 + rate * n); exponential: learning_rate * exp(-rate * n)."""
    rate: Positive
    """How fast the learning rate falls, per update."""


class Training(Table):
    """How the weights are changed."""

    optimizer: Annotated[str, BeforeValidator(plain_optimizer)] = "gradient_descent"
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

    @property
    def remembers(self) -> bool:
        """Whether the rule remembers something of every parameter: the velocity of momentum."""
        return bool(self.row.states)

    @property
    def row(self) -> Row:
        """The row of the library that says what an update is."""
        return rows("optimiser")[self.optimizer]


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


def part_name(value: str) -> str:
    """The name of a part of a solution."""
    if value not in PARTS:
        raise fault(one_of(PARTS), shown(value), hint=did_you_mean(value, PARTS))
    return value


PartName = Annotated[str, AfterValidator(part_name), WithJsonSchema({"type": "string", "enum": list(PARTS)})]
Parts = Annotated[tuple[PartName, ...], Field(max_length=len(PARTS)), Listed]


class PageSpec(Table):
    """What a solution shows when nobody says otherwise."""

    detail: Detail = Field(default=USUAL, description="How much is explained.")
    leave_out: Parts = Field(default=(), description="Parts that are not shown.")
    with_parts: Parts = Field(default=(), alias="with", description="Parts that are shown besides those of the detail.")

    @model_validator(mode="after")
    def _check(self) -> PageSpec:
        both = [part for part in self.with_parts if part in self.leave_out]
        if both:
            raise fault("a part to be left out or shown", f"both for {shown(both[0])}", "with")
        return self

    @model_serializer(mode="wrap")
    def _as_in_a_file(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The keys of a problem file: a manifest keeps problems as their files have them."""
        return {"with" if key == "with_parts" else key: value for key, value in written(self).items()}

    @property
    def choice(self) -> Choice:
        """The same for those who write the page."""
        return Choice(self.detail, self.leave_out, self.with_parts)


def _check_training(training: Training) -> None:
    """A momentum coefficient exactly where the optimizer uses one."""
    needed = "momentum" in training.row.settings
    if needed and training.momentum is None:
        expected = f"the key momentum, because the optimizer is {training.optimizer}"
        raise fault(expected, "nothing", "momentum", hint="0.9 is usual.")
    if not needed and training.momentum is not None:
        raise fault(
            f"no momentum with the optimizer {training.optimizer}",
            shown(training.momentum),
            "momentum",
            hint='write optimizer = "momentum".',
        )
