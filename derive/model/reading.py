"""Reading a problem that is given by equations, from a file, a text or a table.

Uses what reads the other problems; decides only where in the file the equations begin, so that messages can name
lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from derive.errors import InputError, shown
from derive.model.schema import ModelProblem
from derive.reading import _READERS, _file_text
from derive.spec.mistakes import key_path
from derive.spec.values import FAULT


def is_model(table: object) -> bool:
    """Whether a table is a problem given by equations: it has a model, or parameters that move by given gradients."""
    return isinstance(table, Mapping) and ("model" in table or ("parameters" in table and "network" not in table))


def model_in(source: str | Path | Mapping[str, Any]) -> ModelProblem | None:
    """The problem given by equations in a file or a mapping; None where it holds another kind of problem."""
    if isinstance(source, Mapping):
        return model_from_dict(source) if is_model(source) else None
    file = Path(source)
    if file.suffix.lower() not in (".toml", ".json"):
        return None
    format = "json" if file.suffix.lower() == ".json" else "toml"
    text = _file_text(file)
    return parse_model(text, format, str(source)) if is_model(_READERS[format](text, str(source))) else None


def read_model(path: str | Path) -> ModelProblem:
    """The problem in a .toml or .json file."""
    file = Path(path)
    return parse_model(_file_text(file), "json" if file.suffix.lower() == ".json" else "toml", str(path))


def parse_model(text: str, format: str = "toml", file: str | None = None) -> ModelProblem:
    """The problem that a text in TOML or JSON says."""
    table = _READERS[format](text.removeprefix("\ufeff"), file)
    return model_from_dict(table, Path(file).stem if file else "problem", file, _first_line(text, table))


def _first_line(text: str, table: Any) -> int | None:
    """The line on which the equations begin; None where they are not written line by line."""
    model = table.get("model") if isinstance(table, Mapping) else None
    equations = model.get("equations") if isinstance(model, Mapping) else None
    if not isinstance(equations, str) or not equations.strip():
        return None
    plain = text.replace("\r\n", "\n")
    at = plain.find(equations)
    if at < 0 or not re.search(r"equations\s*=", plain[:at]):
        return None
    return plain.count("\n", 0, at) + 1


def model_from_dict(
    table: Mapping[str, Any], name: str = "problem", file: str | None = None, first_line: int | None = None
) -> ModelProblem:
    """The problem that a table says; numbers are ints and Decimals."""
    if not isinstance(table, Mapping):
        raise InputError("a table with the keys of a problem (title, model, ...)", shown(table), file)
    try:
        return ModelProblem.model_validate({**table, "name": name, "file": file, "first_line": first_line})
    except ValidationError as error:
        raise _input_error(error, file) from None


def _input_error(error: ValidationError, file: str | None) -> InputError:
    """The first of pydantic's errors in our words."""
    first = error.errors(include_url=False)[0]
    place = tuple(part for part in first["loc"] if not str(part).startswith(("function-", "literal", "lax")))
    if first["type"] == FAULT:
        context = first["ctx"]
        at = key_path((*place, *context["place"]))
        return InputError(context["expected"], context["found"], file, at or None, context["hint"])
    if first["type"] == "extra_forbidden":
        return InputError("a key that a problem has", shown(str(place[-1])), file, key_path(place))
    if first["type"] == "missing":
        return InputError("this key", "none", file, key_path(place))
    return InputError(first["msg"][:1].lower() + first["msg"][1:], shown(first["input"]), file, key_path(place))
