"""A class list: who gets a variant, from a CSV file as spreadsheets and learning platforms write it.

Decides what a list may not have: an identifier missing or twice, too many rows, text that is no text. Which columns
name a student is decided in `gradebook`. What a student writes is data: it becomes no path and no formula here.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from derive import gradebook, texts
from derive.errors import InputError, is_unprintable, one_of, shorten, shown
from derive.gradebook import People

MAX_BYTES = 20_000_000
MAX_STUDENTS = 200_000
MAX_IDENTIFIER = 60
"""Characters of an identifier."""
MAX_NAME = 120
"""Characters of a name."""
MOST_LINES_TOLD = 8
DELIMITERS = ",;\t|"
SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How files of spreadsheet programs begin."""
_MARKS_OF_DIRECTION = dict.fromkeys(map(ord, "\u061c\u200e\u200f\ufeff"))


class Student(NamedTuple):
    """One line of a class list; `line` counts the lines of the file from 1."""

    identifier: str
    name: str
    line: int


class Roster(NamedTuple):
    """The students of a class list in its order, and what had to be decided in reading it."""

    students: list[Student]
    notes: tuple[str, ...] = ()


def read_roster(path: str | Path) -> Roster:
    """The students of a CSV file. Raises `InputError` for a file that is no class list."""
    file = str(path)
    text, note = texts.decoded(_content(Path(path)), file)
    found = parse_roster(text.removeprefix("\ufeff"), file)
    return found if note is None else Roster(found.students, (f"{file}: {note}", *found.notes))


def parse_roster(text: str, file: str = "roster") -> Roster:
    """The students that a CSV text lists, in its order.

    >>> parse_roster("Student ID;Name\\n17;Ada Lovelace\\n18;Dürer, A.\\n").students[1]
    Student(identifier='18', name='Dürer, A.', line=3)
    """
    rows = ((line, row) for line, row in _rows(text, file) if any(map(str.strip, row)))
    line, header = next(rows, (1, []))
    who = gradebook.people(header)
    if not who.identifiers:
        raise _headless(header, file, line)
    students, left_out = [], []
    for number, row in rows:
        _check_width(row, header, file, number)
        if told := who.left_out(row):
            left_out.append(f"{shorten(told)} (line {number})")
        else:
            students.append(_student(row, who, number, file))
    if not students:
        raise InputError("at least one student below the line of headers", "none", file)
    if len(students) > MAX_STUDENTS:
        raise InputError(f"at most {MAX_STUDENTS} students", str(len(students)), file)
    _check_identifiers(students, [header[at].strip() for at in who.identifiers], file)
    notes = (f"{file}: rows of no student were left out: {_told(left_out)}",) if left_out else ()
    return Roster(students, notes)


def read_rows(path: str | Path, place: str) -> list[tuple[int, list[str]]]:
    """The rows of a table as spreadsheets and platforms write it, with their lines; `place` is what named the file.

    Raises `InputError` for a file that is no table.
    """
    file = str(path)
    text, _ = texts.decoded(_content(Path(path), place), file)
    return [(line, row) for line, row in _rows(text.removeprefix("\ufeff"), file) if any(map(str.strip, row))]


def _content(path: Path, place: str = "--roster") -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise InputError("a CSV file", "a folder" if path.is_dir() else "a pipe or a device", str(path), place)
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "no valid name"
        raise InputError("a CSV file", f"that it cannot be read ({reason.lower()})", str(path), place) from None
    if len(content) > MAX_BYTES:
        raise InputError(f"a class list of at most {MAX_BYTES // 1_000_000} MB", "a larger one", str(path))
    if content.startswith(SPREADSHEETS):
        hint = 'save the list as "CSV UTF-8"'
        raise InputError("a CSV file", "one of a spreadsheet program", str(path), place, hint)
    return content


def _rows(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with the number of the line on which they begin."""
    skipped = 0
    delimiter = ""
    told = re.match(r"\s*sep=(.)\r?\n", text)
    if told:
        delimiter, skipped, text = told[1], text[: told.end()].count("\n"), text[told.end() :]
    first = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
    delimiter = delimiter or max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    before = 0
    try:
        for row in reader:
            yield skipped + before + 1, row
            before = reader.line_num
    except csv.Error as error:
        found = f"a line that cannot be read ({error})"
        raise InputError("a CSV file", found, file, f"line {skipped + before + 1}") from None


def _headless(header: Sequence[str], file: str, line: int) -> InputError:
    named = one_of(shown(cell.strip()) for cell in header[:8]).replace(" or ", " and ") if any(header) else "nothing"
    hint = "the first line names the columns: id, and name if you like"
    return InputError('a column with the header "id"', named, file, f"line {line}", hint)


def _check_width(row: Sequence[str], header: Sequence[str], file: str, line: int) -> None:
    if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
        hint = "a name with a comma in it needs quotation marks"
        raise InputError(f"{len(header)} cells, as in the first line", str(len(row)), file, f"line {line}", hint)


def _student(row: Sequence[str], who: People, line: int, file: str) -> Student:
    identifier = _clean(who.identifier(row), MAX_IDENTIFIER, "an identifier", file, line)
    return Student(identifier, _clean(who.full_name(row), MAX_NAME, "a name", file, line), line)


def _clean(text: str, longest: int, what: str, file: str, line: int) -> str:
    """A text of one line without marks of direction, in composed letters."""
    text = unicodedata.normalize("NFC", text).translate(_MARKS_OF_DIRECTION).strip()
    if len(text) > longest:
        raise InputError(f"{what} of at most {longest} characters", str(len(text)), file, f"line {line}")
    for character in text:
        if is_unprintable(character):
            found = f"the character U+{ord(character):04X} in {shown(text)}"
            raise InputError(f"{what} without control characters", found, file, f"line {line}")
    return text


def _check_identifiers(students: Sequence[Student], headers: Sequence[str], file: str) -> None:
    missing = [student.line for student in students if not student.identifier]
    if missing:
        expected = f"{one_of(map(shown, dict.fromkeys(headers)))} in every line"
        raise InputError(expected, f"none in {_lines(missing)}", file)
    lines: dict[str, list[int]] = {}
    for student in students:
        lines.setdefault(student.identifier, []).append(student.line)
    for identifier, places in lines.items():
        if len(places) > 1:
            more = sum(len(others) > 1 for others in lines.values()) - 1
            hint = f"{more} more {'identifier is' if more == 1 else 'identifiers are'} repeated" if more else None
            raise InputError(
                "every identifier once", f"{shorten(shown(identifier))} in {_lines(places)}", file, hint=hint
            )


def _lines(numbers: Sequence[int]) -> str:
    return f"line{'s' if len(numbers) > 1 else ''} {_told([*map(str, numbers)])}"


def _told(items: Sequence[str]) -> str:
    more = f" and {len(items) - MOST_LINES_TOLD} more" if len(items) > MOST_LINES_TOLD else ""
    return ", ".join(items[:MOST_LINES_TOLD]) + more
