"""Stated values in JSON: an object of names, a list of rows, or either for each student.

Decides which shapes are read. Numbers keep their text, and everything its line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from derive.errors import InputError, shorten
from derive.work.columns import role
from derive.work.drafts import Cell, Draft
from derive.work.model import Work
from derive.work.names import Names
from derive.work.sheets import Collector

MAX_NESTING = 8
MAX_JSON = 5_000_000
"""Characters, as many as a large class needs: what is in them takes a hundred times their room."""
MAX_COMMAS = 500_000
HOLDERS = frozenset({"values", "answers", "work", "stated", "rows", "quantities"})
"""Keys under which one student's values may stand."""
CLASSES = frozenset({"students", "sheets", "class", "submissions"})
LEFT_OUT = frozenset({"problem", "notation", "title", "version", "comment", "note", "notes", "source"})
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[-+\w.]+|[][{}:,]|\n')


@dataclass(frozen=True, slots=True)
class Value:
    """A value with its line: `items` of a list, `pairs` of an object, `text` of anything else."""

    kind: str
    line: int
    text: str = ""
    items: tuple[Value, ...] = ()
    pairs: tuple[tuple[str, Value], ...] = ()

    def get(self, wanted: str) -> Value | None:
        """The first pair whose key has this role."""
        return next((value for key, value in self.pairs if role(key) == wanted), None)


def read_json(text: str, names: Names, file: str | None = None) -> Work:
    """The sheets of a JSON file."""
    for count, most, what in ((len(text), MAX_JSON, "characters"), (text.count(","), MAX_COMMAS, "commas")):
        if count > most:
            raise InputError(f"a JSON file with at most {most:,} {what}", f"{count:,}", file)
    collector = Collector(names, file)
    top = _parsed(text, file)
    if top.kind not in ("object", "list"):
        raise InputError("an object of names and values, or a list of rows", _shown(top), file, f"line {top.line}")
    if not top.items and not top.pairs:
        raise InputError("stated values", f"an empty {top.kind}", file, f"line {top.line}")
    _read(top, None, collector)
    return collector.finish()


def _read(value: Value, owner: str | None, collector: Collector) -> None:
    """A list of rows or sheets, or an object."""
    if value.kind == "list":
        for item in value.items:
            _read_item(item, owner, collector)
        return
    classes = [inner for key, inner in value.pairs if key.casefold() in CLASSES and inner.kind in ("list", "object")]
    if classes:
        for inner in classes:
            _read_class(inner, collector)
        return
    nested = [pair for pair in value.pairs if pair[1].kind in ("list", "object")]
    holders = [inner for key, inner in nested if key.casefold() in HOLDERS]
    if holders:
        draft = _draft(value, owner, collector)
        for inner in holders:
            _read_values(inner, draft, collector)
    elif nested and owner is None and all(_of_student(key, inner, collector) for key, inner in value.pairs):
        for key, inner in value.pairs:
            _read_student(key, inner, collector)
    else:
        _read_values(value, _draft(value, owner, collector), collector)


def _of_student(key: str, inner: Value, collector: Collector) -> bool:
    """Whether a pair is a student with values, and no vector with numbers."""
    vector = inner.kind == "list" and _listed(inner) is not None and collector.names.lists(key)
    return inner.kind in ("list", "object") and not vector


def _read_class(students: Value, collector: Collector) -> None:
    """All students: a list of sheets, or an object of them by name."""
    if students.kind == "list":
        _read(students, None, collector)
    for key, inner in students.pairs:
        if inner.kind in ("object", "list"):
            _read_student(key, inner, collector)
        else:
            error = InputError("an object of names and values for each student", _shown(inner))
            collector.fault(error, f"line {inner.line}")


def _read_student(key: str, inner: Value, collector: Collector) -> None:
    try:
        draft = collector.row(collector.student(key, inner.line), None, inner.line)
    except InputError as error:
        collector.fault(error, f"line {inner.line}")
        return
    _read_values(inner, draft, collector)


def _read_item(item: Value, owner: str | None, collector: Collector) -> None:
    """One entry of a list: a row, or a whole sheet."""
    if item.kind != "object":
        error = InputError("an object with quantity and value", _shown(item))
        collector.fault(error, f"line {item.line}")
    elif _is_row(item):
        _read_row(item, owner, collector)
    else:
        _read(item, owner, collector)


def _is_row(item: Value) -> bool:
    value = item.get("value")
    named = item.get("quantity") or item.get("name") or item.get("anyid")
    return named is not None and value is not None and value.kind not in ("object", "list")


def _read_row(item: Value, owner: str | None, collector: Collector) -> None:
    named, called, number = item.get("quantity"), item.get("name"), item.get("id")
    student = item.get("student") or (called if named is not None else None)
    named = named or called or item.get("anyid")
    value = item.get("value")
    assert named is not None and value is not None
    try:
        who = collector.student(student.text, item.line) if student is not None else owner
        id = collector.student(number.text, item.line) if number else None
        draft = collector.draft(who, id, item.line, _form(item, collector))
    except InputError as error:
        collector.fault(error, f"line {item.line}")
        return
    _enter(draft, named.text, value, collector)


def _draft(value: Value, owner: str | None, collector: Collector) -> Draft:
    """The sheet of an object that may say whose it is."""
    who = value.get("student") or (value.get("name") if collector.names.get("name") is None else None)
    number = value.get("id") or value.get("anyid")
    student = collector.student(who.text, value.line) if who is not None and who.kind != "object" else owner
    id = collector.student(number.text, value.line) if number else None
    return collector.row(student, id, value.line, _form(value, collector))


def _form(value: Value, collector: Collector) -> str | None:
    """The form id that a row or a sheet states."""
    form = value.get("form")
    return collector.student(form.text, value.line) if form is not None else None


def _read_values(value: Value, draft: Draft, collector: Collector) -> None:
    if value.kind == "list":
        for item in value.items:
            named = (item.get("quantity") or item.get("name") or item.get("anyid")) if item.kind == "object" else None
            stated = item.get("value")
            if named is None or stated is None:
                error = InputError("an object with quantity and value", _shown(item))
                collector.fault(error, draft.place(item.line), draft)
            else:
                _enter(draft, named.text, stated, collector)
        return
    if value.kind != "object":
        error = InputError("an object of names and values", _shown(value))
        collector.fault(error, draft.place(value.line), draft)
        return
    for key, inner in value.pairs:
        who = role(key) in ("student", "id", "name", "anyid", "form") and collector.names.get(key) is None
        if not who and key.casefold() not in LEFT_OUT:
            _enter(draft, key, inner, collector)


def _enter(draft: Draft, name: str, value: Value, collector: Collector) -> None:
    if value.kind in ("string", "number", "null"):
        collector.add(draft, Cell(name, "" if value.kind == "null" else value.text, value.line))
        return
    if value.kind == "list" and (text := _listed(value)) is not None and collector.names.lists(name):
        collector.add(draft, Cell(name, text, value.line))
        return
    error = InputError(f"a number or a formula for {shorten(name, 40)}", _shown(value))
    collector.fault(error, draft.place(value.line), draft)
    if (quantity := collector.names.get(name)) is not None:
        draft.unread.append(quantity)


def _listed(value: Value) -> str | None:
    """A list of numbers, or of lists of them, as it is typed; None for any other."""
    parts = []
    for item in value.items:
        if item.kind in ("number", "string") and not re.search(r"[\[\],]", item.text):
            parts.append(item.text)
        elif item.kind == "list" and all(inner.kind in ("number", "string") for inner in item.items):
            inner_text = _listed(item)
            if inner_text is None:
                return None
            parts.append(inner_text)
        else:
            return None
    return f"[{', '.join(parts)}]" if parts else None


def _shown(value: Value) -> str:
    return {"object": "an object", "list": "a list", "null": "null"}.get(value.kind) or shorten(value.text)


# -- reading JSON with line numbers


def _parsed(text: str, file: str | None) -> Value:
    """The file as values with their lines; Python's reader says first whether it is JSON at all."""
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=list)
        return _Reader(text).value(0)
    except json.JSONDecodeError as error:
        found = f"{error.msg[0].lower()}{error.msg[1:]} in column {error.colno}"
        raise InputError("valid JSON", found, file, f"line {error.lineno}") from None
    except (RecursionError, _Nested):
        raise InputError(f"at most {MAX_NESTING} brackets inside each other", "more of them", file, "line 1") from None


class _Nested(Exception):
    """Too many brackets inside each other."""


class _Reader:
    """Reads a text that is known to be JSON."""

    def __init__(self, text: str) -> None:
        self.pieces: Iterator[tuple[str, int]] = self._pieces(text)
        self.ahead: tuple[str, int] | None = None

    @staticmethod
    def _pieces(text: str) -> Iterator[tuple[str, int]]:
        line = 1
        for match in _PIECE.finditer(text):
            if match[0] == "\n":
                line += 1
            else:
                yield match[0], line

    def next(self) -> tuple[str, int]:
        piece, self.ahead = self.ahead or next(self.pieces), None
        return piece

    def sees(self, piece: str) -> bool:
        self.ahead = self.ahead or next(self.pieces)
        return self.ahead[0] == piece

    def value(self, depth: int) -> Value:
        if depth > MAX_NESTING:
            raise _Nested
        piece, line = self.next()
        if piece == "[":
            return Value("list", line, items=tuple(self._list(depth)))
        if piece == "{":
            return Value("object", line, pairs=tuple(self._pairs(depth)))
        if piece[0] == '"':
            return Value("string", line, _string(piece))
        kind = {"null": "null", "true": "truth", "false": "truth"}.get(piece, "number")
        return Value(kind, line, piece)

    def _list(self, depth: int) -> Iterator[Value]:
        while not self.sees("]"):
            yield self.value(depth + 1)
            if self.sees(","):
                self.next()
        self.next()

    def _pairs(self, depth: int) -> Iterator[tuple[str, Value]]:
        while not self.sees("}"):
            key = _string(self.next()[0])
            self.next()
            yield key, self.value(depth + 1)
            if self.sees(","):
                self.next()
        self.next()


def _string(piece: str) -> str:
    text: Any = json.loads(piece)
    return str(text)
