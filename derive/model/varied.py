"""What a problem given by equations says about its variants: which numbers may be drawn, and what a draw must fulfil.

Decides the keys of the table `variants`. Which given numbers are indices, and so never vary, is for who draws.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from derive.errors import shown
from derive.language.words import MAX_NAME
from derive.spec.values import Table, fault
from derive.spec.variants import MAX_SINGLE, Constraints, Vary, check_rates

_GIVEN = re.compile(rf"[A-Za-z][A-Za-z0-9_]{{0,{MAX_NAME - 1}}}(\[-?\d{{1,7}}(,-?\d{{1,7}}){{0,7}}\])?")


def given_id(value: str) -> str:
    """The name of a given array, or the id of one of its elements."""
    if _GIVEN.fullmatch(value):
        return value
    raise fault('the name or the id of a given number, such as "x", "W" or "W[1,2]"', shown(value))


GivenId = Annotated[str, AfterValidator(given_id), WithJsonSchema({"type": "string", "pattern": f"^{_GIVEN.pattern}$"})]


class ModelConstraints(Constraints):
    """What the numbers of every variant must fulfil."""

    branches: Literal["all", "own", "any"] = "all"
    """Sides of maxima, ReLUs and cases: all occur in a set; own: in each variant those of the problem; any of them."""


class ModelVariants(Table):
    """What differs between the variants of a class set; absent keys: chosen to suit the problem."""

    inputs: Vary | None = None
    """The given numbers of the table inputs."""
    parameters: Vary | None = None
    """The given numbers of the table parameters."""
    targets: Vary | None = None
    """The given numbers of the table targets; by default those that mean yes or no stay."""
    constants: Vary | None = None
    """The given numbers of the table constants; by default they stay."""
    learning_rate: Vary | None = None
    """The learning rate; by default it stays."""
    quantities: dict[GivenId, Vary] = Field(default_factory=dict, max_length=MAX_SINGLE)
    """Single arrays or numbers, such as "W" or "W[1,2]"; they count before their table."""
    constraints: ModelConstraints = ModelConstraints()
    """What the numbers of every variant must fulfil."""

    @model_validator(mode="after")
    def _check(self) -> ModelVariants:
        check_rates(self.learning_rate)
        return self
