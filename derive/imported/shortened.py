"""Weights with fewer digits: those of a trained model have nine, and nobody works with nine on paper."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from derive.errors import InputError, shown

MOST_DECIMALS = 20
KEPT = ("activation", "kind", "units", "eps", "stride", "frame", "window")
"""Keys of a layer that are no weights."""


def with_decimals(table: Mapping[str, Any], decimals: int | None) -> dict[str, Any]:
    """The same problem with weights of so many decimals; ties go to the even digit.

    >>> with_decimals({"parameters": {"w": [Decimal("0.12345"), 1]}}, 2)
    {'parameters': {'w': [Decimal('0.12'), Decimal('1.00')]}}
    """
    found = dict(table)
    if decimals is None:
        return found
    if type(decimals) is not int or not 0 <= decimals <= MOST_DECIMALS:
        raise InputError(f"a number of decimals from 0 to {MOST_DECIMALS}", shown(decimals), place="decimals")
    unit = Decimal(1).scaleb(-decimals)
    if "parameters" in found:
        found["parameters"] = _rounded(found["parameters"], unit)
    if "network" in found:
        layers = [
            {key: value if key in KEPT else _rounded(value, unit) for key, value in layer.items()}
            for layer in found["network"]["layers"]
        ]
        found["network"] = {**found["network"], "layers": layers}
    return found


def _rounded(value: Any, unit: Decimal) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(one, unit) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one, unit) for one in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        rounded = Decimal(value).quantize(unit, ROUND_HALF_EVEN)
        return rounded if rounded else abs(rounded)
    return value
