"""From pydantic's errors to the one `InputError` a user sees.

Decides which of several errors is told, and in which words: key path, what was expected, what was found,
nearest right name. It refuses to know what is a mistake and how a message is laid
out (`errors`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from derive.errors import InputError, counted, did_you_mean, one_of, shorten
from derive.library.units import DENSE, UNITS
from derive.spec.network import Layer, Network
from derive.spec.parameters import PARAMETERS, HasParameters, parameters_of
from derive.spec.problem import SET_BY_READER, Problem
from derive.spec.sheet import SheetHead
from derive.spec.tables import (
    Data,
    Decay,
    LossSpec,
    PageSpec,
    Regularization,
    Rounding,
    Standardize,
    Training,
)
from derive.spec.values import BIASES_TAGS, FAULT, shown_number
from derive.spec.variants import Constraints, Variants, Vary

Tables = Mapping[tuple[str, ...], type[BaseModel]]
"""The model of every table of a file, by its key path without indices."""

TABLES: Tables = {
    (): Problem,
    ("network",): Network,
    ("network", "layers"): Layer,
    ("data",): Data,
    ("data", "standardize"): Standardize,
    ("loss",): LossSpec,
    ("loss", "regularization"): Regularization,
    ("training",): Training,
    ("training", "decay"): Decay,
    ("rounding",): Rounding,
    ("sheet",): SheetHead,
    ("page",): PageSpec,
    ("variants",): Variants,
    ("variants", "inputs"): Vary,
    ("variants", "targets"): Vary,
    ("variants", "weights"): Vary,
    ("variants", "biases"): Vary,
    ("variants", "learning_rate"): Vary,
    ("variants", "quantities"): Vary,
    ("variants", "constraints"): Constraints,
}
"""The tables of a problem with a network; the ids of quantities are left out of the key paths."""

_LISTS = {
    "layers": "a list of layers ([[network.layers]] in TOML)",
    "weights": "a list of rows, one per unit",
    "biases": "a number, or a list of numbers",
    "inputs": "a list of rows, one per example",
    "targets": "a list of rows, one per example",
    "mean": "a list of numbers, one per input",
    "std": "a list of numbers, one per input",
    "choices": "a list of numbers",
    "leave_out": "a list of parts",
    "with": "a list of parts",
}

GATHERED = "others"
"""Where keys are gathered that only the row of an optimizer knows."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
Place = Sequence[str | int]


def keys_of(table: tuple[str, ...], tables: Tables = TABLES) -> tuple[str, ...]:
    """The keys that a table of the file may have.

    >>> keys_of(("training", "decay"))
    ('kind', 'rate')
    """
    fields = tables[table].model_fields.items()
    keys = [field.alias or key for key, field in fields if table or key not in SET_BY_READER]
    own: Mapping[str, HasParameters] | None = None
    if tables[table] is Layer:
        own = UNITS
    elif tables[table] is LossSpec:
        own = DENSE
    if GATHERED in keys:
        keys.remove(GATHERED)
    if own is not None:
        at = keys.index(PARAMETERS)
        keys[at : at + 1] = parameters_of(own)
    return tuple(keys)


def key_path(place: Place) -> str:
    """A place as a reader of the file would write it.

    >>> key_path(("network", "layers", 1, "weights", 0, 2))
    'network.layers[1].weights[0][2]'
    >>> key_path(("rounding", "overrides", "z[2]"))
    'rounding.overrides."z[2]"'
    """
    path = ""
    for part in place:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            name = part if _BARE_KEY.fullmatch(part) else f'"{part}"'
            path += f".{shorten(name)}" if path else shorten(name)
    return path


def _table(place: Place) -> tuple[str, ...]:
    """The key of `TABLES` for a table at a place."""
    names = tuple(part for part in place if isinstance(part, str))
    return names[:2] if names[:2] == ("variants", "quantities") else names


def unknown_key(place: Place, file: str | None = None, tables: Tables = TABLES) -> InputError:
    """The error for a key that its table does not have."""
    *parents, key = place
    table = _table(parents)
    known = keys_of(table, tables)
    own_file = "a problem is named after its file." if not table and key == "name" else None
    hint = own_file or _where_it_belongs(str(key), tables) or did_you_mean(str(key), known)
    where = key_path(parents) or "the problem"
    expected = f"only these keys in {where}: {', '.join(known)}"
    return InputError(expected, shown_number(key), file, key_path(place), hint)


def _where_it_belongs(key: str, tables: Tables) -> str | None:
    """A hint for a right key in the wrong table."""
    homes = [".".join(home) for home in tables if home and key in keys_of(home, tables)]
    if key in keys_of((), tables):
        return f'"{key}" belongs at the top of the file, before the first table.'
    return f'"{key}" belongs in {one_of(homes)}.' if homes else None


def input_error(error: ValidationError, file: str | None = None, tables: Tables = TABLES) -> InputError:
    """The first and best of pydantic's errors as one `InputError`.

    An unknown key is told before a missing one: it is most often the missing one, misspelt.
    """
    details = error.errors(include_url=False)
    unknown = [detail for detail in details if detail["type"] == "extra_forbidden"]
    if unknown:
        *parents, key = unknown[0]["loc"]  # what somebody wrote, even if it is spelt as a tag of pydantic's
        return unknown_key((*_place(tuple(parents)), key), file, tables)
    detail = details[0]
    place, kind, value = _place(detail["loc"]), detail["type"], detail["input"]
    context: Mapping[str, Any] = detail.get("ctx", {})
    if kind == FAULT:
        where = key_path((*place, *context["place"]))
        return InputError(context["expected"], context["found"], file, where, context["hint"])
    if kind == "missing":
        found = shown_number(value) if place[:-1] else None
        return InputError(f"the key {place[-1]}, which is required", found, file, key_path(place))
    expected, found = _wording(kind, context, place, value, tables)
    hint = None
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", context["expected"])
        expected = one_of(choices) if choices else context["expected"]
        hint = did_you_mean(value, choices) if isinstance(value, str) else None
    return InputError(expected or detail["msg"], found, file, key_path(place), hint)


def _place(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return tuple(part for part in location if part not in BIASES_TAGS and part != "[key]")


def _wording(kind: str, context: Mapping[str, Any], place: Place, value: Any, tables: Tables) -> tuple[str, str]:
    """What was expected and what was found, for the errors that pydantic finds by itself."""
    found = shown_number(value)
    match kind:
        case "tuple_type":
            last = place[-1]
            return _LISTS.get(last, "a list") if isinstance(last, str) else "a row of numbers", found
        case "model_type" | "model_attributes_type" | "dict_type":
            table = _table(place)
            known = f" with the keys {', '.join(keys_of(table, tables))}" if table in tables else ""
            return f"a table{known}", found
        case "int_type" | "int_from_float":
            return "a whole number", found
        case "bool_type":
            return "true or false", found
        case "string_type":
            return "a text in quotation marks", found
        case "string_unicode":
            return "a text without lone surrogates", found
        case "string_too_long":
            return f"at most {context['max_length']} characters", counted(len(value), "character")
        case "too_short":
            return "a list that is not empty", "an empty list"
        case "too_long":
            return f"at most {context['max_length']} entries (the limit)", str(len(value))
        case "greater_than":
            return f"a number greater than {context['gt']}", found
        case "greater_than_equal":
            return f"a number of {context['ge']} or more", found
        case "less_than":
            return f"a number less than {context['lt']}", found
        case "less_than_equal":
            return f"a number of {context['le']} or less (the limit)", found
        case _:
            return "", found
