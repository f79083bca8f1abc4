"""What a problem says about its variants: which numbers may be drawn, from where, and what a draw must fulfil.

Decides the keys of the table `variants`. What is drawn where the file says nothing, and how a condition is checked,
is for the room of that name.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from derive.errors import counted, shown
from derive.spec.values import Number, NumberRow, Positive, Table, fault, number

MAX_GRID = 100_000
"""Numbers that one quantity may be drawn from."""
MAX_SINGLE = 1000
"""Quantities with ranges of their own."""
MAX_ATTEMPTS = 100_000
WIDEST_TIE = Decimal("0.25")

_GIVEN = re.compile(
    r"(sample\[\d{1,6}\]\.)?(a\[0\](\[\d{1,6}\])?|[xt](\[\d{1,6}\])?)|W(\[\d{1,6}\]){0,3}|b(\[\d{1,6}\]){0,2}|lr"
)


def given_prefix(value: str) -> str:
    """The id of a given quantity or its beginning, up to a bracket: `W[2]`, `a[0][1]`, `sample[1].t[0]`."""
    if _GIVEN.fullmatch(value):
        return value
    raise fault('the id of a weight, bias, input or target, such as "W[2]", "b[1][0]", "a[0][1]" or "t"', shown(value))


GivenPrefix = Annotated[str, AfterValidator(given_prefix)]
TieDistance = Annotated[
    Decimal,
    Field(ge=0, le=WIDEST_TIE),
    BeforeValidator(number),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 0.25}),
]


class Vary(Table):
    """Where the numbers of a group, or of one quantity, are drawn from."""

    fixed: bool = False
    """true: every variant has the number of the problem."""
    low: Number | None = None
    """Smallest number that is drawn; absent: chosen to suit the problem."""
    high: Number | None = None
    """Largest number that is drawn; absent: chosen to suit the problem."""
    step: Positive | None = None
    """Distance between the numbers that are drawn; its decimals are those of every drawn number."""
    choices: NumberRow | None = None
    """Instead of a range: the numbers themselves."""
    distinct: bool | None = None
    """Whether the numbers of one example, or of one layer, must differ; absent: where there are enough of them."""

    @model_validator(mode="after")
    def _check(self) -> Vary:
        _check_vary(self)
        return self


class Constraints(Table):
    """What the numbers of every variant must fulfil."""

    allow_saturated: bool = False
    """Whether outputs of sigmoid, tanh and softmax units may come close to their limits."""
    allow_dead: bool = False
    """Whether a ReLU unit may be off for every example."""
    tie_distance: TieDistance | None = None
    """How near an answer may come to the tie between two roundings, in units of its last decimal."""
    significant_digits: int = Field(default=2, ge=0, le=20)
    """Digits that every gradient shows at the printed decimals, leading zeros not counted."""
    exact_equals_carried: bool = False
    """true: rounding every result on the way changes no answer."""
    loss_decreases: bool = True
    """Whether the loss must be smaller after training; larger where the updates of equations go along the gradient."""
    distinguishable_mistakes: bool = True
    """Whether the usual mistakes must give other final answers than right work, and than each other."""
    attempts: int = Field(default=10_000, ge=1, le=MAX_ATTEMPTS)
    """Draws for one variant before it is given up."""


class Variants(Table):
    """What differs between the variants of a class set; absent keys: chosen to suit the problem."""

    inputs: Vary | None = None
    """The inputs of the examples, before preprocessing."""
    targets: Vary | None = None
    """The targets of the examples."""
    weights: Vary | None = None
    """All weights."""
    biases: Vary | None = None
    """All biases."""
    learning_rate: Vary | None = None
    """The learning rate."""
    quantities: dict[GivenPrefix, Vary] = Field(default_factory=dict, max_length=MAX_SINGLE)
    """Single quantities by an id or its beginning, such as "W[2]"; they count before their group."""
    constraints: Constraints = Constraints()
    """What the numbers of every variant must fulfil."""

    @model_validator(mode="after")
    def _check(self) -> Variants:
        check_rates(self.learning_rate)
        return self


def check_rates(rate: Vary | None) -> None:
    """Learning rates are greater than 0."""
    for key, rates in (("low", (rate.low,)), ("choices", rate.choices or ())) if rate else ():
        for one in rates:
            if one is not None and one <= 0:
                raise fault("learning rates greater than 0", shown(one), "learning_rate", key)


def _check_vary(vary: Vary) -> None:
    """A range, or choices, or fixed; and a range that is not empty."""
    ranged = [key for key in ("low", "high", "step") if getattr(vary, key) is not None]
    if vary.fixed and (ranged or vary.choices or vary.distinct):
        raise fault("nothing else beside fixed = true", shown((ranged or ["choices or distinct"])[0]), "fixed")
    if vary.choices is not None:
        if ranged:
            raise fault("either choices or a range", f"both choices and {ranged[0]}", "choices")
        if len(set(vary.choices)) < len(vary.choices):
            raise fault("choices that differ", "one of them twice", "choices")
    if vary.low is not None and vary.high is not None:
        if vary.low > vary.high:
            raise fault(f"a number of {vary.low} (low) or more", shown(vary.high), "high")
        if vary.step is not None and (vary.high - vary.low) / vary.step >= MAX_GRID:
            found = f"more than that between {vary.low} and {vary.high}"
            raise fault(f"at most {counted(MAX_GRID, 'number')} to draw from", found, "step")
