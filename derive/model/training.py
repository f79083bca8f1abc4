"""The tables of a training by equations: the rule with its settings, steps, and rules that are compared with it.

Decides keys and types. What a rule does is a row of the library; that its settings fit it is for `asked`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema, model_validator

from derive.errors import did_you_mean, one_of, shown
from derive.language.words import MAX_TEXT
from derive.library import rows
from derive.model.written import ARRAY, NUMBER, GivenArray, QuantityName, array, one_number, quantity_name, shown_array
from derive.spec.tables import Decay
from derive.spec.values import MAX_STEPS, Listed, Table, fault


def _optimizer(value: str) -> str:
    if value not in rows("optimiser"):
        raise fault(one_of(rows("optimiser")), shown(value), hint=did_you_mean(value, rows("optimiser")))
    return value


Start = Any


def _start(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {quantity_name(key): array(part) for key, part in value.items()}
    return one_number(value)


_STARTS = WithJsonSchema({"anyOf": [{"format": NUMBER}, {"type": "object", "additionalProperties": {"format": ARRAY}}]})
Setting = Annotated[Any, PlainValidator(one_number), WithJsonSchema({"format": NUMBER})]


USUAL_RULE = "gradient_descent"
"""What trains where nothing is said."""
MAX_BESIDE = 4
"""Rules that are compared with the one that trains."""


def _gathered(table: Any, known: Mapping[str, Any]) -> Any:
    """A table with the settings gathered that only the row of its optimizer has."""
    optimizer = table.get("optimizer") if isinstance(table, Mapping) else None
    if not isinstance(optimizer, str) or optimizer not in rows("optimiser") or "others" in table:
        return table
    own = [key for key in rows("optimiser")[optimizer].settings if key in table and key not in known]
    if not own:
        return table
    rest = {key: value for key, value in table.items() if key not in own}
    return {**rest, "others": {key: table[key] for key in own}}


class RuleSettings(Table):
    """The settings of a rule."""

    learning_rate: Setting | None = None
    """Factor of the gradient."""
    momentum: Setting | None = None
    """Share of the last step that is kept."""
    beta1: Setting | None = None
    """Share of the old average of the gradients."""
    beta2: Setting | None = None
    """Share of the old average of their squares."""
    epsilon: Setting | None = None
    """A small number against a division by 0."""
    decay_rate: Setting | None = None
    """Share of an old average."""
    weight_decay: Setting | None = None
    """How strongly large parameters are pulled towards 0."""
    others: dict[str, Setting] = Field(default_factory=dict)
    """Settings that only the row of the optimizer knows; in the file each is a key of the table."""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, table: Any) -> Any:
        return _gathered(table, cls.model_fields)


class BesideRule(RuleSettings):
    """Another rule that starts at the same place, to be compared."""

    optimizer: Annotated[str, AfterValidator(_optimizer)]
    """The rule of the update."""


class ModelTraining(RuleSettings):
    """How the parameters are changed."""

    optimizer: Annotated[str, AfterValidator(_optimizer)] | None = None
    """The rule of the update."""
    update: Annotated[str, Field(max_length=MAX_TEXT)] | None = None
    """The rule in equations, in place of the name of one."""
    decay: Decay | None = None
    """How the learning rate falls; absent: it stays."""
    state: dict[QuantityName, Annotated[Start, PlainValidator(_start), _STARTS]] = Field(default_factory=dict)
    """First values of what the update remembers: one number, or an array per parameter."""
    steps: int = Field(default=1, ge=1, le=MAX_STEPS)
    """Number of updates."""
    schedule: dict[QuantityName, GivenArray] = Field(default_factory=dict)
    """Given numbers that change with the step, in turn."""
    beside: Annotated[tuple[BesideRule, ...], Listed] = Field(default=(), max_length=MAX_BESIDE)
    """Other rules that make as many steps from the same place, to be compared; each says its own settings."""

    @model_validator(mode="after")
    def _check(self) -> ModelTraining:
        if self.decay is not None and self.learning_rate is None:
            raise fault("a learning_rate, which falls", "none", "learning_rate")
        if self.update is not None and self.optimizer is not None:
            raise fault("optimizer or update", "both", "update")
        for name, values in self.schedule.items():
            if not isinstance(values, tuple) or isinstance(values[0], tuple):
                raise fault("a list of numbers, one for each step", shown_array(values), "schedule", name)
        return self

    @property
    def rule(self) -> str:
        """The name of the rule in the library; "" for one that the author writes."""
        return self.optimizer or ("" if self.update is not None else USUAL_RULE)

    def by(self, other: BesideRule) -> ModelTraining:
        """As many steps, with the same given numbers, by another rule."""
        given = other.model_dump(exclude_none=True)
        return ModelTraining.model_validate({**given, "steps": self.steps, "schedule": self.schedule})

    @property
    def settings(self) -> dict[str, Fraction]:
        """The settings that are given."""
        found = {**{name: getattr(self, name) for name in SETTINGS}, **self.others}
        return {name: Fraction(value) for name, value in found.items() if value is not None}


SETTINGS = tuple(name for name in RuleSettings.model_fields if name != "others")
"""The settings that are keys of every rule."""
