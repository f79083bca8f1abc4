"""Targets that are written shorter than one number per output: the number of a class, or nothing at all.

Decides how these become one number per output, which is what the rest of the program knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from derive.errors import shown
from derive.library.units import DENSE
from derive.spec.values import MAX_UNITS, fault


def with_targets(table: Any) -> Any:
    """The table of a problem with one target per output, where its loss has classes or no targets.

    Of a table that is no problem nothing is said here.
    """
    try:
        name, data = table["loss"]["name"], table["data"]
        units = table["network"]["layers"][-1]["units"]
        inputs = data["inputs"]
        what = DENSE[name].dense.get("targets", "")
    except (KeyError, IndexError, TypeError):
        return table
    if type(units) is not int or not 1 <= units <= MAX_UNITS or not isinstance(data, Mapping):
        return table
    targets = data.get("targets")
    if what == "none":
        if targets is None and isinstance(inputs, list | tuple):
            return {**table, "data": {**data, "targets": [[0] * units for _ in inputs]}}
        if _numbers(targets) - {0}:
            raise fault(f"no targets with the loss {name}", shown(targets), "data", "targets")
    if what == "class" and isinstance(targets, list | tuple):
        rows = [_one_hot(row, units, index) for index, row in enumerate(targets)]
        return {**table, "data": {**data, "targets": rows}}
    return table


def _numbers(targets: Any) -> set[Any]:
    """Every number of some rows."""
    rows = targets if isinstance(targets, list | tuple) else []
    return {number for row in rows if isinstance(row, list | tuple) for number in row}


def _one_hot(row: Any, units: int, index: int) -> Any:
    """1 for the output of a class and 0 for the others; classes are counted from 1. Other rows are left alone."""
    label = row[0] if isinstance(row, list | tuple) and len(row) == 1 else row
    if isinstance(label, list | tuple) or units == 1:
        return row
    if type(label) is not int or not 1 <= label <= units:
        raise fault(f"the number of a class, from 1 to {units}", shown(label), "data", "targets", index)
    return [int(unit == label) for unit in range(1, units + 1)]
