"""What a Python program gives in place of a problem file: floats, arrays, tensors and texts become exact decimals.

Decides which decimal a binary number stands for: the shortest one that is rounded to the same binary number, which is
what its author has typed. It knows NumPy and PyTorch only by what their arrays can do, and imports neither.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any

from derive.errors import InputError, shown

MOST_NUMBERS = 10_000_000
"""Numbers of one array that are looked at; what is computed with is limited elsewhere, and lower."""
_PACKED = {"float16": "e", "float32": "f", "float64": "d"}
"""How `struct` packs a binary number of each type."""
_MOST_DIGITS = 17
"""Significant digits that tell any two doubles apart (Steele and White 1990)."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?")


class NumberText(str):
    """A text of a program that is a number where a number is expected, and a text where a text is."""

    __slots__ = ()


def shortest(value: Any, kind: str = "float64") -> Decimal:
    """The decimal of the fewest digits that is rounded to the same binary number of this type.

    Source: Steele and White, "How to print floating-point numbers accurately", 1990.

    >>> shortest(0.1), shortest(0.15000000596046448, "float32"), shortest(-2.0)
    (Decimal('0.1'), Decimal('0.15'), Decimal('-2'))
    """
    exact = Decimal(value)
    pack = struct.Struct(f"<{_PACKED[kind]}").pack
    packed = pack(exact)
    for digits in range(1, _MOST_DIGITS + 1):
        decimal = Context(prec=digits).create_decimal(exact)
        try:
            if pack(decimal) == packed:
                return _plain(decimal)
        except OverflowError:  # rounded up beyond the largest number of the type
            continue
    raise AssertionError(exact)


def _plain(decimal: Decimal) -> Decimal:
    """The same number without an exponent where that is as short: 20, not 2E+1."""
    whole = decimal == decimal.to_integral_value() and abs(decimal) < Decimal(10) ** _MOST_DIGITS
    return decimal.quantize(Decimal(1)) if whole else decimal


def numbers(value: Any, place: str | None = None) -> Any:
    """An array, a tensor, a list of lists or one number, with exact decimals; whole numbers stay whole.

    Raises `InputError` where it holds what is no number, or too many.

    >>> numbers([0.5, (1, "0.10")])
    [Decimal('0.5'), [1, '0.10']]
    """
    kind = "float64"
    if hasattr(value, "tolist"):
        kind = str(getattr(value, "dtype", kind)).rpartition(".")[2]
        if math.prod(getattr(value, "shape", ())) > MOST_NUMBERS:
            raise InputError(f"at most {MOST_NUMBERS:,} numbers", "more", place=place)
        value = value.detach() if hasattr(value, "detach") else value
        # A plain list has doubles: each is exactly the number of the array, whatever its type.
        value = value.tolist()
    return _converted(value, kind if kind in _PACKED else "float64", place)


def _converted(value: Any, kind: str, place: str | None) -> Any:
    if isinstance(value, list | tuple):
        return [numbers(part, place) if hasattr(part, "tolist") else _converted(part, kind, place) for part in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InputError("a finite number", shown(value), place=place)
        return shortest(value, kind)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return NumberText(value)
    return value


def plain_table(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table of a problem as a file would say it; whatever it lacks is told by who reads it.

    >>> plain_table({"inputs": {"x": 0.1}, "model": {"equations": "f = x^2"}})
    {'inputs': {'x': Decimal('0.1')}, 'model': {'equations': 'f = x^2'}, 'title': 'A computation'}
    """
    found = _table(table, "")
    if found.get("title") is None:
        found["title"] = "A network" if "network" in found else "A computation"
    return found


def _table(table: Mapping[str, Any], place: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{place}.{key}" if place else str(key)
        found[key] = _value(value, where)
    return found


def _value(value: Any, place: str) -> Any:
    if isinstance(value, Mapping):
        return _table(value, place)
    if isinstance(value, list | tuple):
        return [_value(part, f"{place}[{index}]") for index, part in enumerate(value)]
    return numbers(value, place)
