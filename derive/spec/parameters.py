"""Names of rows in a problem file, and the numbers that a row has as keys of its own: slope, alpha, threshold.

Decides how a name is told that no row has, and how the keys that belong to a row are gathered under `parameters` and
written back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

from derive.errors import did_you_mean, one_of, shown
from derive.spec.values import fault, number

PARAMETERS = "parameters"
Exact = Decimal | Fraction


class HasParameters(Protocol):
    """A row with names that stand for numbers, their usual numbers, and between what they lie."""

    @property
    def parameters(self) -> Mapping[str, Exact]: ...

    @property
    def limits(self) -> Mapping[str, tuple[Exact | None, Exact | None]]: ...


def named_one(rows: Mapping[str, object], others: Mapping[str, object] | None = None) -> Callable[[Any], str]:
    """A validator for the name of one of some rows, or of `others`; rows are read only for a message."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not (value in rows or value in (others or ())):
            known = (*rows, *(others or ()))
            hint = did_you_mean(value, known) if isinstance(value, str) else None
            raise fault(one_of(known), shown(value), hint=hint)
        return value

    return check


def with_parameters(table: Any, key: str, rows: Mapping[str, HasParameters], fields: Collection[str]) -> Any:
    """The table with the keys gathered that are parameters of the row which `key` names, each with its usual number.

    `fields` are its other keys. Raises a fault for a parameter of another row, and for a number beyond its limits.
    """
    if not isinstance(table, dict) or not isinstance(table.get(key), str):
        return table
    if PARAMETERS in table:
        raise fault("every parameter as a key of its own", f"a key {PARAMETERS}", PARAMETERS)
    row = rows.get(table[key])
    usual = row.parameters if row is not None else {}
    found = {part: value for part, value in usual.items() if isinstance(value, Decimal)}
    rest: dict[str, Any] = {}
    for part, value in table.items():
        if row is not None and part in row.parameters and part not in fields:
            if value is not None:
                found[part] = _between(part, number_at(value, part), row)
            continue
        if part not in fields:
            owners = [name for name in rows if part in rows[name].parameters]
            if owners and value is None:
                continue
            if owners and (row is not None or table[key] not in rows):
                belongs = f"no {part}, which belongs to {' and '.join(owners)}"
                raise fault(belongs, f"{shown(value)} with {shown(table[key])}", part)
        rest[part] = value
    return {**rest, PARAMETERS: found} if found else rest


def number_at(value: Any, part: str) -> Decimal:
    """The number of a parameter, whose fault names its key."""
    try:
        return number(value)
    except ValueError as error:
        context = getattr(error, "context", None) or {}
        raise fault(context["expected"], context["found"], part, hint=context.get("hint")) from None


def _between(part: str, value: Decimal, row: HasParameters) -> Decimal:
    low, high = row.limits.get(part, (None, None))
    if low is not None and value <= low:
        raise fault(f"a number greater than {low}", shown(value), part)
    if high is not None and value >= high:
        raise fault(f"a number less than {high}", shown(value), part)
    return value


def spread(table: dict[str, Any]) -> dict[str, Any]:
    """The table as it stands in the file, with the parameters among its keys."""
    return {**{key: value for key, value in table.items() if key != PARAMETERS}, **table.get(PARAMETERS, {})}


def parameters_of(rows: Mapping[str, HasParameters]) -> tuple[str, ...]:
    """All parameters that some row has."""
    return tuple(dict.fromkeys(part for row in rows.values() for part in row.parameters))
