"""The tables of a problem that is given by equations: numbers by role, the equations, training.

Decides keys, types and limits. What the equations mean, and whether the numbers fit them, is for `trace`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from derive.errors import did_you_mean, one_of, shown
from derive.language.words import MAX_TEXT
from derive.model.training import ModelTraining
from derive.model.varied import ModelVariants
from derive.model.written import GivenArrays, QuantityName, numbers_of, quantity_name
from derive.spec.sheet import SheetHead, Words
from derive.spec.tables import PageSpec, Rounding
from derive.spec.values import (
    MAX_NAMES,
    MAX_OVERRIDES,
    MAX_TITLE,
    Listed,
    Places,
    Table,
    Text,
    fault,
    plain_text,
    problem_name,
)

MAX_NUMBERS = 100_000
"""Given numbers of a problem."""
_ID = re.compile(r"[A-Za-z0-9_\[\],()/-]{1,100}")


def _loss(value: Any) -> str | Literal[False] | None:
    if isinstance(value, str):
        return quantity_name(value)
    if value is None or value is False:
        return value
    raise fault("the name of a quantity, or false", shown(value))


class Model(Table):
    """The computation."""

    equations: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    """One equation a line; what stands behind # are the author's words."""
    loss: Annotated[str | Literal[False] | None, BeforeValidator(_loss)] = None
    """The quantity that is derived; absent: the last one; false: values only."""
    wanted: Annotated[tuple[QuantityName, ...], Listed] = ()
    """Quantities whose gradients are asked for besides those of the parameters."""
    upstream: dict[QuantityName, QuantityName] = Field(default_factory=dict)
    """The derivative of a loss that is not given, by some quantities: the name of a given array for each."""
    first_index: Literal[0, 1] = 1
    """What indices count from."""
    granularity: Literal["equations", "gates"] = "equations"
    """gates: every operation is an equation of its own."""


def _id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise fault('the name or the id of a quantity, such as "h", "W[1,2]" or "dL/dW"', shown(value))
    return value


class ModelRounding(Rounding):
    """How numbers are rounded for the page."""

    overrides: dict[Annotated[str, AfterValidator(_id)], Places] = Field(default_factory=dict, max_length=MAX_OVERRIDES)
    """Decimals of single quantities, or "exact" where others are rounded: a name or an id, as "h" or "dL/dW[1,2]"."""

    @model_validator(mode="after")
    def _check(self) -> ModelRounding:
        for key, value in self.overrides.items():
            if value == "exact" and not self.carry:
                hint = "every number is computed exactly and shown rounded; carry = true rounds on the way."
                raise fault("a number of decimals", shown(value), "overrides", key, hint=hint)
        return self


FORMS = ("graph", "chain", "matrix", "index", "delta")
"""The forms of a backward pass; what each is, and which problems have it, is for `pages`."""


def _form(value: str) -> str:
    if value not in FORMS:
        raise fault(one_of(FORMS), shown(value), hint=did_you_mean(value, FORMS))
    return value


class ModelPageSpec(PageSpec):
    """What a solution shows when nobody says otherwise."""

    form: Annotated[str, AfterValidator(_form), WithJsonSchema({"enum": list(FORMS)})] | None = None
    """How the backward pass is worked; absent: as suits the problem."""


class ModelProblem(Table):
    """A problem given by equations. `name`, `file` and `first_line` are set by the reader."""

    name: Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(problem_name)]
    file: str | None = Field(default=None, exclude=True, repr=False)
    first_line: int | None = Field(default=None, exclude=True, repr=False)
    """The line of the file on which the first equation stands."""
    title: Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(plain_text)]
    """What the problem is called."""
    source: Text | None = None
    """Where it comes from."""
    note: Text | None = None
    """A remark for the reader, at the end."""
    story: Text | None = None
    """What the numbers stand for; it leads in, and its question comes back at the end."""
    inputs: GivenArrays = Field(default_factory=dict)
    """Given numbers by name: what goes in."""
    parameters: GivenArrays = Field(default_factory=dict)
    """Given numbers by name: what training moves, and what gradients are asked for by default."""
    targets: GivenArrays = Field(default_factory=dict)
    """Given numbers by name: what should come out."""
    constants: GivenArrays = Field(default_factory=dict)
    """Given numbers by name: all others, such as masks."""
    model: Model = Model()
    """The computation; absent for an optimiser alone."""
    training: ModelTraining | None = None
    """How the parameters are changed; absent: they are not."""
    rounding: ModelRounding = ModelRounding()
    """How numbers are rounded."""
    decimal_comma: bool = False
    """Whether numbers are shown with a comma instead of a point."""
    page: ModelPageSpec = ModelPageSpec()
    """What the solution shows."""
    sheet: SheetHead = SheetHead()
    """The head of a worksheet, and what it asks."""
    names: dict[Text, Text] = Field(default_factory=dict, max_length=MAX_NAMES)
    """What the letters of those who hand in work mean: the name or the id of a quantity for each."""
    variants: ModelVariants = ModelVariants()
    """What differs between the variants of a class set."""
    words: Words = Field(default_factory=dict)
    """Own wording of a worksheet's phrases, by the keys that `derive words` lists."""

    @model_validator(mode="after")
    def _check(self) -> ModelProblem:
        seen: dict[str, str] = {}
        for role in ROLES:
            for name in getattr(self, role):
                if name in seen:
                    raise fault("every name once", f"{name} in [{seen[name]}] too", role, name)
                seen[name] = role
        count = sum(1 for role in ROLES for value in getattr(self, role).values() for _ in numbers_of(value))
        if count > MAX_NUMBERS:
            raise fault(f"at most {MAX_NUMBERS} given numbers", str(count))
        if self.model.upstream and self.model.loss:
            raise fault("a loss or upstream", "both", "model", "loss")
        return self


ROLES = ("inputs", "parameters", "targets", "constants")
