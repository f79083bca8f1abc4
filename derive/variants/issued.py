"""A class set that has been handed out, as its manifest says: the problem, and whose sheet has which numbers.

Reads what `sets` has written, and finds the sheet that a form id or an identifier belongs to. What is stated on the
sheets is not known here. A sheet that cannot be told for certain is refused: nobody is to be judged with the numbers
of somebody else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple

from derive.errors import InputError, counted, shown
from derive.model import model_from_dict
from derive.model.schema import ROLES
from derive.quantity import Quantity
from derive.reading import by_equations, example_names, problem_from_dict
from derive.variants.exercise import AnyProblem
from derive.variants.record import HEAD, MANIFEST
from derive.variants.variant import given_quantity, with_numbers
from derive.worksheet import SheetOptions, sheet_problem

KIND = "derive class set"
MOST_BYTES = 400_000_000
"""The size of a manifest; that of the largest class set is smaller."""
TEXTS = frozenset({"name", "title", "source", "note", "story", "equations", "update"})
"""Keys of a problem whose values are words, even where they look like numbers."""
_NUMBER = re.compile(r"-?\d{1,80}(?:\.\d{1,80})?(?:E[+-]?\d{1,3})?", re.ASCII)


class Issued(NamedTuple):
    """One sheet of a set: its form id, whose it is (empty where nobody's in particular), and its drawn numbers."""

    form: str
    identifier: str
    numbers: Mapping[str, str]
    name: str = ""


@dataclass(frozen=True)
class IssuedSet:
    """A set that was handed out; `problem` has the decimals of the worksheets."""

    problem: AnyProblem
    options: SheetOptions
    sheets: tuple[Issued, ...]

    @property
    def file(self) -> str:
        """How messages name the set."""
        return self.problem.file or self.problem.name

    def find(self, form: str | None, *called: str | None) -> Issued:
        """The sheet with a form id, or where none is stated, of the student who is called so in the class list.

        Raises `InputError` where there is no such sheet, or where the form and the name say different ones.
        """
        whose = next((self._by_identifier[name] for name in called if name in self._by_identifier), None)
        if form is None:
            if whose is None:
                names = [shown(name) for name in called if name]
                found = f"no form id, and {' or '.join(names)} is not in it" if names else "neither"
                hint = "the form id stands at the top of the worksheet; in a table it belongs in a column form."
                raise InputError(f"a form id, or an identifier, of the set {self.file}", found, hint=hint)
            return whose
        sheets = self._by_form.get(plain_form(form), ())
        if not sheets:
            hint = "it is a sheet of another set, or the id is misspelt; it was not judged."
            raise InputError(f"the form id of a sheet of the set {self.file}", shown(form), hint=hint)
        if whose is not None and whose not in sheets:
            hint = "correct the one that is wrong; the sheet was not judged."
            found = f"{sheets[0].form}, the form of {shown(sheets[0].identifier)}"
            raise InputError(f"{whose.form}, the form of {shown(whose.identifier)}", found, hint=hint)
        if whose is None and len(sheets) > 1:
            raise InputError("an identifier too", f"only a form id that {counted(len(sheets), 'sheet')} have")
        return whose or sheets[0]

    def variant(self, sheet: Issued) -> AnyProblem:
        """The problem with the numbers of a sheet."""
        return with_numbers(self.problem, self.drawn(sheet))

    def drawn(self, sheet: Issued) -> dict[Quantity, Decimal]:
        """The drawn numbers of a sheet. Raises `InputError` where the manifest has something else."""
        numbers: dict[Quantity, Decimal] = {}
        for name, text in sheet.numbers.items():
            quantity = given_quantity(self.problem, name)
            if quantity is None or not isinstance(text, str) or not _NUMBER.fullmatch(text):
                raise InputError("drawn numbers", f"{shown(name)}: {shown(text)}", self.file, f"form {sheet.form}")
            numbers[quantity] = Decimal(text)
        return numbers

    @cached_property
    def _by_form(self) -> dict[str, tuple[Issued, ...]]:
        found: dict[str, tuple[Issued, ...]] = {}
        for sheet in self.sheets:
            found[sheet.form] = (*found.get(sheet.form, ()), sheet)
        return found

    @cached_property
    def _by_identifier(self) -> dict[str, Issued]:
        return {" ".join(sheet.identifier.split()): sheet for sheet in self.sheets if sheet.identifier}


def plain_form(text: str) -> str:
    """A form id as it is printed.

    >>> plain_form(" 'vj6jrj ")
    'VJ6JRJ'
    """
    return text.strip(" '*\t").upper()


def is_set(problem: object) -> bool:
    """Whether a problem is named by the folder of a class set, or by its manifest.

    A folder that is no set and is called as a built-in example, into which its sheets were written, is none.
    """
    if not isinstance(problem, (str, Path)) or not str(problem):
        return False
    path = Path(problem)
    try:
        if path.is_dir():
            return str(problem) not in example_names() or (path / MANIFEST).exists()
        return path.name == MANIFEST and path.is_file()
    except OSError:
        return False


def read_set(path: str | Path, worded: bool = False) -> IssuedSet:
    """The class set in a folder, or that a manifest describes, `worded` as its sheets are. Raises `InputError`."""
    path = Path(path)
    file = path / MANIFEST if path.is_dir() else path
    data = _read(file)
    if data.get("finished") is not True or not isinstance(data.get("sheets"), list):
        raise _interrupted(file)
    options, table = data.get("options"), data.get("problem")
    if not isinstance(options, dict) or not isinstance(table, dict) or options.keys() | {"colours"} != _OPTIONS:
        raise InputError("the manifest of a class set of this version", "another one", str(file))
    name = str(table.pop("name", "problem"))
    if not isinstance(options["decimals"], (int, NoneType)):
        raise InputError("a number of decimals", shown(options["decimals"]), str(file), "options.decimals")
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in options.items()}
    chosen = SheetOptions(**values)
    if not worded:
        # Of the head only the points count for those who mark.
        head, _ = table.pop("sheet", None), table.pop("words", None)
        if isinstance(head, dict) and "points" in head:
            table["sheet"] = {"points": head["points"]}
    problem = _problem(table, name, str(file))
    sheets = tuple(_issued(entry, str(file)) for entry in data["sheets"])
    return IssuedSet(sheet_problem(problem, chosen.decimals), chosen, sheets)


def _problem(table: dict[str, Any], name: str, file: str) -> AnyProblem:
    """The problem of a manifest's table."""
    if not by_equations(table):
        return problem_from_dict(_with_numbers(table), name, file)
    # The names of given numbers are the author's, and may be those of keys whose values are words.
    numbers = {
        role: {one: _with_numbers(value) for one, value in table[role].items()} for role in ROLES if role in table
    }
    return model_from_dict({**_with_numbers(table), **numbers}, name, file)


_OPTIONS = {field.name for field in fields(SheetOptions)}


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.exists() and not file.is_file():
            found = "a folder" if file.is_dir() else "a pipe or a device"
            raise InputError("the manifest of a class set", found, str(file))
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        hint = "give a problem file, or the folder that `derive worksheet --roster` or `--variants` has written."
        raise InputError(
            f"the folder of a class set, with {MANIFEST}", "none in it", str(file.parent), hint=hint
        ) from None
    except OSError as error:
        raise InputError("a file that can be read", (error.strerror or "another").lower(), str(file)) from None
    if b'\n "finished": false,\n' in content[:HEAD]:
        raise _interrupted(file)
    try:
        data = json.loads(content, parse_float=Decimal) if len(content) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise InputError("the manifest of a class set", "something else", str(file))
    return data


def _interrupted(file: Path) -> InputError:
    hint = "the same `derive worksheet` command completes it."
    return InputError("a finished class set", "an interrupted one", str(file), hint=hint)


def _issued(entry: Any, file: str) -> Issued:
    match entry:
        case {"form": str(form), "numbers": dict(numbers)}:
            return Issued(form, str(entry.get("identifier", "")), numbers, str(entry.get("name", "")))
    raise InputError("a sheet with form and numbers", shown(entry), file, "sheets")


def _with_numbers(value: Any, key: str = "") -> Any:
    """A part of the problem with its numbers, which the manifest keeps as texts so that no digit is lost."""
    if isinstance(value, dict):
        return {name: _with_numbers(inner, name) for name, inner in value.items() if name != "file"}
    if isinstance(value, list):
        return [_with_numbers(inner, key) for inner in value]
    if isinstance(value, str) and key not in TEXTS and _NUMBER.fullmatch(value):
        return Decimal(value)
    return value
