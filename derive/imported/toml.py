"""A problem's table as a TOML file that a person would like to read.

Decides how it is laid out: matrices row by row, equations over several lines, remarks above what they speak of. What a
table means is decided where files are read; reading the text gives the same table back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from derive.errors import InputError, shown
from derive.files import write_new
from derive.from_python import plain_table

WIDE = 100
"""Characters of a line that holds a whole array."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")
Remarks = Mapping[str, str]
"""What is said above a key, by its place, such as "data.inputs"."""
NONE: Remarks = {}


def to_toml(problem: Mapping[str, Any], remarks: Remarks = NONE) -> str:
    """The text of a problem file that says what a table says; reading it gives the same problem.

    Raises `InputError` where the table holds what no file can say.

    >>> print(to_toml({"title": "A line", "inputs": {"x": [0.5, 1]}, "model": {"equations": "L = sum(x^2)"}}), end="")
    title = "A line"
    <BLANKLINE>
    [inputs]
    x = [0.5, 1]
    <BLANKLINE>
    [model]
    equations = "L = sum(x^2)"
    """
    return "\n".join(_table(plain_table(problem), (), remarks)).strip("\n") + "\n"


def write_problem(problem: Mapping[str, Any], path: str | Path) -> Path:
    """Writes a problem to a new file and returns its path; raises `InputError` where there is one of that name."""
    path = Path(path)
    if path.suffix != ".toml":
        raise InputError("a name that ends in .toml", shown(str(path)), place="path")
    write_new(path, to_toml(problem))
    return path


def _table(table: Mapping[str, Any], place: tuple[str, ...], remarks: Remarks) -> Iterator[str]:
    plain = {key: value for key, value in table.items() if not _is_table(value) and not _are_tables(value)}
    if "title" in plain:
        plain = {"title": plain["title"], **plain}
    if place and (plain or not table):
        yield from ("", *_remark(place, remarks), f"[{'.'.join(map(_key, place))}]")
    yield from _pairs(plain, place, remarks)
    for key, value in table.items():
        here = (*place, key)
        if _is_table(value):
            yield from _table(value, here, remarks)
        elif _are_tables(value):
            for index, one in enumerate(value):
                own = _remark((*place, f"{key}[{index}]"), remarks)
                yield from ("", *own, f"[[{'.'.join(map(_key, here))}]]")
                yield from _pairs(one, here, remarks)


def _pairs(table: Mapping[str, Any], place: tuple[str, ...], remarks: Remarks) -> Iterator[str]:
    for key, value in table.items():
        if value is not None:
            yield from _remark((*place, key), remarks)
            yield f"{_key(key)} = {_value(value, len(_key(key)) + 3)}"


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _are_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(map(_is_table, value))


def _remark(place: Sequence[str], remarks: Remarks) -> list[str]:
    text = remarks.get(".".join(place), "")
    return [f"# {line}" for line in text.splitlines()]


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: Any, indent: int) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return _number(value)
        case Fraction():
            return _text(f"{value.numerator}/{value.denominator}")
        case str():
            return _lines(value) if "\n" in value else _text(value)
        case list() | tuple():
            return _array(value, indent)
        case Mapping():
            return "{ " + ", ".join(f"{_key(key)} = {_value(one, 0)}" for key, one in value.items()) + " }"
    raise InputError("numbers, texts, lists and tables", shown(value))


def _number(value: Decimal) -> str:
    if not value.is_finite():
        raise InputError("a finite number", shown(value))
    return str(value).lower() if "." in str(value) or "E" in str(value) else f"{value}"


def _array(value: Sequence[Any], indent: int) -> str:
    """On one line where it fits, or row by row below each other."""
    parts = [_value(one, indent + 1) for one in value]
    flat = f"[{', '.join(parts)}]"
    if len(flat) + indent <= WIDE and "\n" not in flat:
        return flat
    if any(isinstance(one, list | tuple) for one in value):
        return "[" + (",\n" + " " * (indent + 1)).join(parts) + "]"
    lines = [""]
    for part in parts:
        if len(lines[-1]) + len(part) + indent > WIDE and lines[-1]:
            lines.append("")
        lines[-1] += f"{part}, "
    return "[" + ("\n" + " " * (indent + 1)).join(line.strip() for line in lines).rstrip(",") + "]"


def _text(value: str) -> str:
    """A text on one line; TOML reads JSON's escapes."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", r"\u007f")


def _lines(value: str) -> str:
    """A text over several lines, as it is written."""
    inner = "\n".join(_text(line)[1:-1].replace('\\"', '"') for line in value.split("\n"))
    if '"""' in inner or value.endswith('"') or "\r" in value:
        return _text(value)
    return f'"""\n{inner}"""'
