"""A class list: who gets a variant, from a CSV file as spreadsheets write it.

Decides which columns name a student, and what a list may not have: an identifier missing or twice, too many rows,
text that is no text. What a student writes is data: it becomes no path and no formula here.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from derive.errors import InputError, is_unprintable, one_of, shorten, shown

MAX_BYTES = 20_000_000
MAX_STUDENTS = 200_000
MAX_IDENTIFIER = 60
"""Characters of an identifier."""
MAX_NAME = 120
"""Characters of a name."""
MOST_LINES_TOLD = 8

IDENTIFIERS = (
    "id",
    "identifier",
    "studentid",
    "studentidentifier",
    "studentnumber",
    "studentno",
    "number",
    "userid",
    "username",
    "user",
    "login",
    "sisuserid",
    "sisid",
    "orgdefinedid",
    "idnumber",
    "matriculationnumber",
    "matriculation",
    "matrikelnummer",
    "matrikel",
    "matrnr",
    "matnr",
    "registrationnumber",
    "email",
    "emailaddress",
    "mail",
)
"""Headers of the column with the identifier, the best first; without blanks and marks."""
NAMES = ("name", "fullname", "studentname", "student", "displayname")
FIRST_NAMES = ("firstname", "givenname", "givennames", "forename", "vorname")
LAST_NAMES = ("lastname", "surname", "familyname", "nachname")
DELIMITERS = ",;\t|"
_MARKS_OF_DIRECTION = dict.fromkeys(map(ord, "\u061c\u200e\u200f\ufeff"))


class Student(NamedTuple):
    """One line of a class list; `line` counts the lines of the file from 1."""

    identifier: str
    name: str
    line: int


def read_roster(path: str | Path) -> list[Student]:
    """The students of a CSV file. Raises `InputError` for a file that is no class list."""
    return parse_roster(_text(Path(path)), str(path))


def parse_roster(text: str, file: str = "roster") -> list[Student]:
    """The students that a CSV text lists, in its order.

    >>> parse_roster("Student ID;Name\\n17;Ada Lovelace\\n18;Dürer, A.\\n")[1]
    Student(identifier='18', name='Dürer, A.', line=3)
    """
    rows = _rows(text, file)
    line, header = next(rows, (1, []))
    columns = _columns(header, file, line)
    students = [_student(row, header, columns, number, file) for number, row in rows if any(map(str.strip, row))]
    if not students:
        raise InputError("at least one student below the line of headers", "none", file)
    if len(students) > MAX_STUDENTS:
        raise InputError(f"at most {MAX_STUDENTS} students", str(len(students)), file)
    _check_identifiers(students, header[columns[0]], file)
    return students


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise InputError("a CSV file", "a folder" if path.is_dir() else "a pipe or a device", str(path), "--roster")
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "no valid name"
        raise InputError("a CSV file", f"that it cannot be read ({reason.lower()})", str(path), "--roster") from None
    if len(content) > MAX_BYTES:
        raise InputError(f"a class list of at most {MAX_BYTES // 1_000_000} MB", "a larger one", str(path))
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        hint = 'save the list as "CSV UTF-8"'
        raise InputError("a text in UTF-8", "other bytes", str(path), f"line {line}", hint) from None


def _rows(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with the number of the line on which they begin."""
    skipped = 0
    delimiter = ""
    told = re.match(r"\s*sep=(.)\r?\n", text)
    if told:
        delimiter, skipped, text = told[1], text[: told.end()].count("\n"), text[told.end() :]
    first = re.sub(r'"[^"]*"', "", text.partition("\n")[0])
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


def _columns(header: Sequence[str], file: str, line: int) -> tuple[int, tuple[int, ...]]:
    """Where the identifier and the parts of the name stand."""
    plain = [re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", cell)).casefold() for cell in header]
    own = next((plain.index(name) for name in IDENTIFIERS if name in plain), None)
    if own is None:
        found = (
            one_of(shown(cell.strip()) for cell in header[:8]).replace(" or ", " and ") if any(header) else "nothing"
        )
        hint = "the first line names the columns: id, and name if you like"
        raise InputError('a column with the header "id"', found, file, f"line {line}", hint)
    for name in NAMES:
        if name in plain and plain.index(name) != own:
            return own, (plain.index(name),)
    parts = [next((plain.index(n) for n in names if n in plain), None) for names in (FIRST_NAMES, LAST_NAMES)]
    return own, tuple(part for part in parts if part is not None)


def _student(
    row: Sequence[str], header: Sequence[str], columns: tuple[int, tuple[int, ...]], line: int, file: str
) -> Student:
    if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
        hint = "a name with a comma in it needs quotation marks"
        raise InputError(f"{len(header)} cells, as in the first line", str(len(row)), file, f"line {line}", hint)
    cells = [*row, *[""] * (len(header) - len(row))]
    own, parts = columns
    identifier = _clean(cells[own], MAX_IDENTIFIER, "an identifier", file, line)
    name = " ".join(filter(None, (_clean(cells[part], MAX_NAME, "a name", file, line) for part in parts)))
    return Student(identifier, name, line)


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


def _check_identifiers(students: Sequence[Student], header: str, file: str) -> None:
    missing = [student.line for student in students if not student.identifier]
    if missing:
        raise InputError(f"{shown(header.strip())} in every line", f"none in {_lines(missing)}", file)
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
    told = ", ".join(map(str, numbers[:MOST_LINES_TOLD]))
    more = f" and {len(numbers) - MOST_LINES_TOLD} more" if len(numbers) > MOST_LINES_TOLD else ""
    return f"line{'s' if len(numbers) > 1 else ''} {told}{more}"
