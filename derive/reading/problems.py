"""A problem from a file, a text or a table: which of them it is, and what it is called."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from derive.errors import InputError, did_you_mean, shown
from derive.reading.examples import by_equations, example_names, example_text, package
from derive.reading.formats import READERS, Format, repeated_keys
from derive.spec import MAX_FILE_BYTES, Problem
from derive.spec.mistakes import input_error, key_path, unknown_key
from derive.spec.problem import SET_BY_READER

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
        table = READERS[format](text, file)
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
    for place in repeated_keys(table):
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


def new_problem_text(name: str, equations: bool = False) -> str:
    """A commented problem file to start from, in TOML, with `name` as its title; itself a valid problem.

    With `equations` it is a problem given by equations.
    """
    if not re.search(r"\w", name):
        raise InputError("a name for the problem, such as my-network", shown(name), place="NAME")
    file = "new_equations.toml" if equations else "new_problem.toml"
    text = (package() / file).read_text(encoding="utf-8")
    title = json.dumps(name, ensure_ascii=False).replace("\x7f", r"\u007f")  # TOML reads JSON's escapes
    text = re.sub(r'"A (network|computation) of my own"', lambda _: title, text, count=1)
    source = source_of(text, "toml", None)
    if not equations:
        _problem(source)
    return text
