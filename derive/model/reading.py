"""Reading a problem that is given by equations, from a file, a text or a table.

Uses what reads the other problems; decides only where in the file the equations begin, so that messages can name
lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from derive.model.layers import as_equations
from derive.model.schema import ROLES, Model, ModelPageSpec, ModelProblem, ModelRounding
from derive.model.training import BesideRule, ModelTraining
from derive.model.varied import ModelConstraints, ModelVariants
from derive.reading import Format, Source, read_source, source_from_dict, source_of
from derive.spec.kinds import needs_equations
from derive.spec.mistakes import input_error
from derive.spec.sheet import SheetHead
from derive.spec.tables import Decay
from derive.spec.variants import Vary

TABLES: dict[tuple[str, ...], type[BaseModel]] = {
    (): ModelProblem,
    ("model",): Model,
    ("training",): ModelTraining,
    ("training", "decay"): Decay,
    ("training", "beside"): BesideRule,
    ("rounding",): ModelRounding,
    ("sheet",): SheetHead,
    ("page",): ModelPageSpec,
    ("variants",): ModelVariants,
    **{("variants", group): Vary for group in (*ROLES, "learning_rate", "quantities")},
    ("variants", "constraints"): ModelConstraints,
}
"""The model of every table of a problem given by equations, by its key path."""


def read_model(path: str | Path) -> ModelProblem:
    """The problem in a .toml or .json file."""
    return model_of(read_source(path))


def parse_model(text: str, format: Format = "toml", file: str | None = None) -> ModelProblem:
    """The problem that a text in TOML or JSON says."""
    return model_of(source_of(text, format, file))


def model_from_dict(table: Mapping[str, Any], name: str = "problem", file: str | None = None) -> ModelProblem:
    """The problem that a table says; numbers are ints and Decimals."""
    return model_of(source_from_dict(table, name, file))


def model_of(source: Source) -> ModelProblem:
    """The problem that the table of a file says; raises `InputError` where it is none."""
    table = as_equations(source.table, source.file) if needs_equations(source.table) else source.table
    first_line = _first_line(source.text, source.table)
    told = {"name": source.name, "file": source.file, "first_line": first_line}
    try:
        return ModelProblem.model_validate({**table, **told})
    except ValidationError as error:
        raise input_error(error, source.file, TABLES) from None


def _first_line(text: str, table: Mapping[str, Any]) -> int | None:
    """The line on which the equations begin; None where they are not written line by line."""
    model = table.get("model")
    equations = model.get("equations") if isinstance(model, Mapping) else None
    if not isinstance(equations, str) or not equations.strip():
        return None
    plain = text.replace("\r\n", "\n")
    at = plain.find(equations)
    if at < 0 or not re.search(r"equations\s*=", plain[:at]):
        return None
    return plain.count("\n", 0, at) + 1
