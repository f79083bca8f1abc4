"""TOML and JSON: a text becomes a table whose numbers keep their digits, or a message with the place of the fault."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from derive.errors import InputError, shorten
from derive.spec.values import OversizedNumber

Format = Literal["toml", "json"]
_LONGEST_NUMBER = 400
"""Characters of a number that are read at all; `spec` has the stricter limits of a number."""
_DEEPEST_KEY = 20


def _read_toml(text: str, file: str | None) -> Any:
    bare = _BARE_RETURN.search(text)
    if bare:
        line = text.count("\n", 0, bare.start()) + 1
        hint = "save the file with the line ends of Unix or Windows."
        raise InputError("lines that end in LF or CR LF", "a CR alone", file, f"line {line}", hint)
    deep = _DEEP_KEY.search(text)
    if deep:
        line = text.count("\n", 0, deep.start()) + 1
        raise InputError("a key of a problem", "a key of too many parts", file, f"line {line}")
    try:
        return tomllib.loads(text, parse_float=_number)
    except tomllib.TOMLDecodeError as error:
        raise _toml_error(str(error), text, file) from None
    except ValueError:  # Python refuses to read whole numbers of thousands of digits
        digits = re.search(r"[0-9_]{1000,}", text)
        line = text.count("\n", 0, digits.start()) + 1 if digits else 1
        raise InputError("a shorter number", "too many digits", file, f"line {line}") from None


# tomllib takes time quadratic in the number of parts of a dotted key
_KEY_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+"""
_DEEP_KEY = re.compile(rf"(?<![A-Za-z0-9_.-])(?:{_KEY_PART}){{{_DEEPEST_KEY}}}")
_BARE_RETURN = re.compile(r"\r(?!\n)")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def _toml_error(message: str, text: str, file: str | None) -> InputError:
    match = _TOML_PLACE.search(message)
    found = shorten(message[: match.start()] if match else message, 100)
    if match is None or match[1] is None:
        return InputError("valid TOML", f"a syntax error ({found})", file, "end of the file")
    lines = text.split("\n")
    line = lines[int(match[1]) - 1] if int(match[1]) <= len(lines) else ""
    place = f"line {match[1]}, column {match[2]}"
    if found == "Cannot overwrite a value" or found.startswith("Cannot declare"):
        doubled = "a table for each of several layers has two brackets: [[network.layers]]"
        hint = doubled if "network.layers" in line else None
        return InputError("every key once", "a second time the same", file, place, hint)
    hint = None
    if re.match(r"\s*[A-Za-z_/]+\[\d", line):
        hint = 'put a key with brackets in quotation marks: "z[2]" = 4'
    elif re.search(r"(?<![\w.\"'])\.\d|\d\.(?!\d)", line):
        hint = "a number has digits before and after its point: 0.85, 1.0"
    return InputError("valid TOML", f"a syntax error ({found})", file, place, hint)


class _Repeated:
    """Stands for the value of a key that JSON gives more than once."""


def _read_json(text: str, file: str | None) -> Any:
    try:
        return json.loads(
            text,
            parse_float=_number,
            parse_int=_number,
            parse_constant=Decimal,  # NaN and Infinity, which are refused where they stand
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError("valid JSON", f"a syntax error ({shorten(error.msg, 100)})", file, place) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in pairs:
        table[key] = _Repeated() if key in table else value
    return table


def repeated_keys(table: Mapping[str, Any]) -> Iterator[tuple[str | int, ...]]:
    """The places of keys that were given more than once; not recursive, because nesting may be deep."""
    rest: list[tuple[tuple[str | int, ...], Any]] = [((), table)]
    while rest:
        place, value = rest.pop()
        if isinstance(value, _Repeated):
            yield place
        elif isinstance(value, dict) and len(place) < _DEEPEST_KEY:
            rest.extend(((*place, key), entry) for key, entry in value.items())
        elif isinstance(value, list) and value and isinstance(value[0], dict) and len(place) < _DEEPEST_KEY:
            rest.extend(((*place, index), entry) for index, entry in enumerate(value))


def _number(text: str) -> Any:
    """The exact number of a text: an int, a Decimal with its digits, or `OversizedNumber`."""
    if len(text) > _LONGEST_NUMBER:
        return OversizedNumber(text)
    if text.lstrip("-").isdigit():
        return int(text)
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond what decimal can hold
        return OversizedNumber(text)


READERS = {"toml": _read_toml, "json": _read_json}
