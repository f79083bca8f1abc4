"""Reading a problem: from a file, a text, a dict or the name of a built-in example to a `Problem`.

Decides formats (TOML, JSON), encodings and sizes, and keeps every number exact: no Python float is made on
the way. It refuses to know what the keys mean (`spec`, and `model` for problems given by equations). Whatever is wrong
with what a user wrote, the answer is one `InputError` with the file and the place in it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from derive.errors import InputError, did_you_mean, shorten, shown, unknown_name
from derive.spec import MAX_FILE_BYTES, Problem
from derive.spec.kinds import needs_equations
from derive.spec.mistakes import input_error, key_path, unknown_key
from derive.spec.problem import SET_BY_READER
from derive.spec.schema import problem_schema
from derive.spec.values import OversizedNumber

__all__ = [
    "Format",
    "Source",
    "by_equations",
    "example_names",
    "example_text",
    "new_problem_text",
    "parse_problem",
    "problem_from_dict",
    "problem_schema",
    "read_problem",
    "read_source",
    "source_from_dict",
    "source_of",
]

Format = Literal["toml", "json"]

_LONGEST_NUMBER = 400
"""Characters of a number that are read at all; `spec` has the stricter limits of a number."""
_DEEPEST_KEY = 20
_SIZE = f"at most {MAX_FILE_BYTES // 1_000_000} MB"


@dataclass(frozen=True, slots=True)
class Source:
    """The table of a problem file, before its keys are looked at; `text` is empty where a program made the table."""

    table: Mapping[str, Any]
    name: str
    file: str | None = None
    text: str = ""


def read_source(path_or_name: str | Path) -> Source:
    """What is in a .toml or .json file, or in the built-in example of that name."""
    text = str(path_or_name)
    path = Path(text)
    suffix = path.suffix.lower()
    if suffix in (".toml", ".json"):
        return source_of(_file_text(path), "toml" if suffix == ".toml" else "json", text)
    if text in example_names():
        return source_of(example_text(text), "toml", text)
    raise _no_problem(text, path)


def by_equations(table: Mapping[str, Any]) -> bool:
    """Whether a table is a problem given by equations (`derive.model`), not a network of dense layers.

    >>> by_equations({"model": {"equations": "L = w^2"}}), by_equations({"network": {"inputs": 2}})
    (True, False)
    """
    return "model" in table or ("network" not in table and "parameters" in table) or needs_equations(table)


def read_problem(path_or_name: str | Path) -> Problem:
    """The problem in a .toml or .json file, or the built-in example of that name.

    Raises `InputError` where there is no such file or example, or where what it says is no problem with a network.

    >>> read_problem("mazur").network.sizes
    (2, 2, 2)
    """
    return _problem(read_source(path_or_name))


def _no_problem(text: str, path: Path) -> InputError:
    names = example_names()
    expected = "a .toml or .json file, or one of the built-in examples, which derive list names"
    try:
        folder, file = bool(text) and path.is_dir(), path.is_file()
    except OSError as error:
        return InputError(expected, f"a name that cannot be looked up ({(error.strerror or '').lower()})", shown(text))
    if folder:
        return InputError("a .toml or .json file", "a folder", text)
    if file:
        return InputError("a file whose name ends in .toml or .json", shown(path.name), text)
    return InputError(expected, shown(text), hint=did_you_mean(text, names))


def _file_text(path: Path) -> str:
    """The text of a file, read up to the limit."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise InputError("a problem file", "a pipe or a device", str(path))
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        stem = did_you_mean(path.stem, example_names())
        raise InputError("a problem file", "no file of this name", str(path), hint=stem) from None
    except IsADirectoryError:
        raise InputError("a problem file", "a folder", str(path)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        found = f"that it cannot be read ({(reason or 'no valid name').lower()})"
        raise InputError("a problem file", found, str(path)) from None
    if len(content) > MAX_FILE_BYTES:
        raise InputError(f"a problem file of {_SIZE}", "a larger one", str(path))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{content[error.start]:02x}, which is not"
        raise InputError("a text in UTF-8", found, str(path), f"line {line}") from None


def parse_problem(text: str, format: Format = "toml", file: str | None = None) -> Problem:
    """The problem that a text in TOML or JSON says; `file` is named in messages, and names the problem.

    >>> parse_problem("title = 3", file="my.toml")
    Traceback (most recent call last):
    derive.errors.InputError: my.toml, title: expected a text in quotation marks, found 3.
    """
    return _problem(source_of(text, format, file))


def source_of(text: str, format: Format = "toml", file: str | None = None) -> Source:
    """The table that a text in TOML or JSON says."""
    if len(text) > MAX_FILE_BYTES:
        raise InputError(f"a problem file of {_SIZE}", "a larger one", file)
    text = text.removeprefix("\ufeff")
    try:
        table = _READERS[format](text, file)
    except RecursionError:
        found = "brackets nested too deeply"
        raise InputError(f"a problem in {format.upper()}", found, file) from None
    return source_from_dict(table, Path(file).stem if file else "problem", file, text)


def source_from_dict(
    table: Mapping[str, Any], name: str = "problem", file: str | None = None, text: str = ""
) -> Source:
    """A table with the keys of a problem file, in which every key stands once and none is the reader's own."""
    if not isinstance(table, Mapping):
        raise InputError("a table with the keys of a problem (title, network, ...)", shown(table), file)
    for place in _repeated_keys(table):
        raise InputError("every key once", "this key twice", file, key_path(place))
    for key in SET_BY_READER:
        if key in table:
            raise unknown_key((key,), file)
    return Source(_without_schema(table), name, file, text)


def problem_from_dict(table: Mapping[str, Any], name: str = "problem", file: str | None = None) -> Problem:
    """The problem that a table says, with the keys of a problem file.

    Numbers are ints and Decimals; a float is refused, because its digits are not those that were written.
    `name` is what the solution's files are called. Raises `InputError`.
    """
    return _problem(source_from_dict(table, name, file))


def _problem(source: Source) -> Problem:
    if by_equations(source.table):
        hint = "of a problem given by equations there are values and solutions: derive values, derive solve."
        expected, found = "a problem with a [network]", "one with a [model]"
        if "network" in source.table:
            expected += " of dense layers"
            found = "one whose layers or whose optimizer make it a problem given by equations"
        raise InputError(expected, found, source.file, hint=hint)
    try:
        return Problem.model_validate({**source.table, "name": source.name, "file": source.file})
    except ValidationError as error:
        raise input_error(error, source.file) from None


def _without_schema(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """The table without the key by which an editor finds the schema."""
    named = isinstance(table.get("$schema"), str)
    return {key: value for key, value in table.items() if key != "$schema"} if named else table


# -- TOML and JSON


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


def _repeated_keys(table: Mapping[str, Any]) -> Iterator[tuple[str | int, ...]]:
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


_READERS = {"toml": _read_toml, "json": _read_json}


# -- What the package brings along


def _package() -> Traversable:
    return files("derive")


def example_names(kind: Literal["networks", "equations"] | None = None) -> tuple[str, ...]:
    """The names of the built-in examples, in alphabetical order: all, or those that are networks of dense layers, or
    those that are given by equations.

    >>> "mazur" in example_names(), "mazur" in example_names("networks"), "mazur" in example_names("equations")
    (True, True, False)
    """
    entries = (_package() / "examples").iterdir()
    names = tuple(sorted(entry.name[:-5] for entry in entries if entry.name.endswith(".toml")))
    return names if kind is None else tuple(name for name in names if _kind(name) == kind)


@cache
def _kind(name: str) -> str:
    table = tomllib.loads((_package() / "examples" / f"{name}.toml").read_text(encoding="utf-8"))
    return "equations" if by_equations(table) else "networks"


def example_text(name: str) -> str:
    """The problem file of a built-in example, as TOML with its comments."""
    if name not in example_names():
        raise unknown_name(name, example_names())
    return (_package() / "examples" / f"{name}.toml").read_text(encoding="utf-8")


def new_problem_text(name: str, equations: bool = False) -> str:
    """A commented problem file to start from, in TOML, with `name` as its title; itself a valid problem.

    With `equations` it is a problem given by equations.
    """
    if not re.search(r"\w", name):
        raise InputError("a name for the problem, such as my-network", shown(name), place="NAME")
    file = "new_equations.toml" if equations else "new_problem.toml"
    text = (_package() / file).read_text(encoding="utf-8")
    title = json.dumps(name, ensure_ascii=False).replace("\x7f", r"\u007f")  # TOML reads JSON's escapes
    text = re.sub(r'"A (network|computation) of my own"', lambda _: title, text, count=1)
    source = source_of(text, "toml", None)
    if not equations:
        _problem(source)
    return text
