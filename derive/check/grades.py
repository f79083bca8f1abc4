"""Marks on their way back: the files that learning platforms and graders read.

Decides what a student's row says, and how the rows of a platform's own table are found again: by every identifier and
by the name that they have. A sheet that belongs to nobody there is told, never guessed. How an answer is marked is not
decided here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from derive import gradebook
from derive.check.marks import Scheme, Score, points_text, question
from derive.check.model import Marked, Result
from derive.check.tables import Speller, csv_text, safe_given, trouble_words
from derive.errors import InputError, shorten, shown
from derive.gradebook import People
from derive.variants.names import file_stems, safe_cell
from derive.variants.roster import read_rows

PLACE = "--gradebook"
MOST_TOLD = 5
GRADE = frozenset(["grade", "bewertung", "note", "calificacion"])
MAXIMUM = frozenset(["maximumgrade", "hochstebewertung", "notemaximale", "calificacionmaxima"])
COMMENT = frozenset(
    ["feedbackcomments", "feedbackalskommentar", "commentairesdefeedback", "comentariosderetroalimentacion"]
)
"""The columns of Moodle's grading worksheet that are filled in, without blanks, marks and capitals."""
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
"""The columns by which Canvas knows its students."""


class Answered(NamedTuple):
    """What one answer earned, with what is said of it."""

    name: str
    score: Fraction
    possible: Fraction
    output: str


class Graded(NamedTuple):
    """One student's marks; `comment` says them in a line."""

    student: str
    identifier: str
    score: Fraction
    possible: Fraction
    comment: str
    answers: tuple[Answered, ...]


@dataclass(frozen=True)
class Gradebook:
    """A platform's own table of its students, which is filled in."""

    file: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    who: People

    def place_of(self, one: Graded) -> int | None:
        """The row of a student; None where no row, or more than one, is called so."""
        for name in (one.identifier, one.student):
            found = self._places.get(name.strip().casefold(), ())
            if len(found) == 1:
                return found[0]
        return None

    @cached_property
    def _places(self) -> Mapping[str, tuple[int, ...]]:
        places: dict[str, tuple[int, ...]] = {}
        for at, row in enumerate(self.rows):
            for name in dict.fromkeys(text.casefold() for text in self.who.called(row)):
                places[name] = (*places.get(name, ()), at)
        return places


def read_gradebook(path: str | Path) -> Gradebook:
    """The table of a platform. Raises `InputError` for a file that names no students."""
    rows = read_rows(path, PLACE)
    header = rows[0][1] if rows else []
    who = gradebook.people(header)
    if not who.identifiers and not who.name:
        named = ", ".join(shown(cell.strip()) for cell in header[:6]) or "nothing"
        hint = "download the grading worksheet or the gradebook of your platform as CSV"
        raise InputError("a table with columns that name students", shorten(named), str(path), PLACE, hint)
    body = [row for _, row in rows[1:] if not who.left_out(row)]
    return Gradebook(str(path), header, body, who)


@dataclass
class Grades:
    """The marks of a class as they come; `name` is what the exercise is called."""

    name: str
    scheme: Scheme
    speller: Speller
    book: Gradebook | None = None
    students: list[Graded] = field(default_factory=list)

    def add(self, sheet: Marked, score: Score) -> Graded:
        """Takes the marks of a sheet."""
        first = sheet.first_wrong
        comment = f"{score.text} points."
        if first is not None:
            where = _label(sheet, first, self.speller)
            comment += f" First to look at: {where}{_why(first, self.speller)}."
        one = Graded(
            _name(sheet), sheet.id or "", score.total, score.possible, comment,
            tuple(self._answers(sheet, score)),
        )  # fmt: skip
        self.students.append(one)
        return one

    def _answers(self, sheet: Marked, score: Score) -> Iterator[Answered]:
        seen = set()
        for result in sheet.results:
            asked = question(result)
            if asked in score.earned and asked not in seen:
                seen.add(asked)
                name, output = _label(sheet, result, self.speller), _said(result, self.speller)
                yield Answered(name, score.earned[asked], self.scheme.worth(asked).total, output)

    @property
    def strangers(self) -> tuple[str, ...]:
        """The students of sheets that are not in the platform's table."""
        if self.book is None:
            return ()
        return tuple(one.student or one.identifier or "?" for one in self.students if self.book.place_of(one) is None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be told of the students."""
        if not self.strangers or self.book is None:
            return ()
        told = ", ".join(map(shorten, self.strangers[:MOST_TOLD]))
        more = len(self.strangers) - MOST_TOLD
        told += f" and {more} more" if more > 0 else ""
        return (f"{self.book.file}: no row, or more than one, for {told}; their marks are not in the table.",)


# -- the formats -----------------------------------------------------------------------------------------------


def moodle(grades: Grades) -> str:
    """Moodle's grading worksheet, filled in; without one, a table that its import of grades reads."""
    book = grades.book
    if book is None:
        rows = [
            [safe_cell(one.identifier), safe_cell(one.student), points_text(one.score), safe_cell(one.comment)]
            for one in grades.students
        ]
        return csv_text([["ID number", "Full name", f"{safe_cell(grades.name)} (points)", "Feedback comments"], *rows])
    header = list(book.header)
    grade, comment = _column(header, GRADE, "Grade"), _column(header, COMMENT, "Feedback comments")
    most = next((at for at, cell in enumerate(header) if gradebook.plain_header(cell) in MAXIMUM), None)
    table = [[*row, *[""] * (len(header) - len(row))] for row in book.rows]
    for one in grades.students:
        at = book.place_of(one)
        if at is not None:
            table[at][grade] = points_text(_scaled(one, table[at][most] if most is not None else ""))
            table[at][comment] = safe_cell(one.comment)
    return csv_text([header, *table])


def canvas(grades: Grades) -> str:
    """A gradebook that Canvas imports: who each student is, and one column of points."""
    book = grades.book
    possible = max((one.possible for one in grades.students), default=Fraction(0))
    head = [*CANVAS, safe_cell(grades.name)]
    rows = [["    Points Possible", "", "", "", "", points_text(possible)]]
    for one in grades.students:
        at = None if book is None else book.place_of(one)
        if book is None:
            who = [safe_cell(one.student), "", "", safe_cell(one.identifier), ""]
        elif at is None:
            continue
        else:
            cells = dict(zip((cell.strip() for cell in book.header), book.rows[at], strict=False))
            who = [cells.get(column, "") for column in CANVAS]
        rows.append([*who, points_text(one.score)])
    return csv_text([head, *rows])


def gradescope(one: Graded) -> str:
    """The results of one submission as an autograder of Gradescope leaves them.

    Points are written as they are shown, so that no binary number comes in between.
    """
    tests = ",\n".join(
        f'  {{"name": {_text(answer.name)}, "score": {points_text(answer.score)}, '
        f'"max_score": {points_text(answer.possible)}, "output": {_text(answer.output)}, '
        '"output_format": "text", "visibility": "visible"}'
        for answer in one.answers
    )
    head = f'{{\n "score": {points_text(one.score)},\n "output": {_text(one.comment)},\n "output_format": "text",\n'
    return f'{head} "tests": [\n{tests}\n ]\n}}\n'


TABLES: dict[str, Callable[[Grades], str]] = {"moodle": moodle, "canvas": canvas}
"""The platforms that take one table for a class."""
PLATFORMS = (*TABLES, "gradescope")
GRADES = ("marks", *PLATFORMS)
"""What `check --format` writes of marks alone; `marks` is a plain table with a row for each student."""


def gradescope_names(grades: Grades) -> list[str]:
    """A safe name for the results of each student."""
    return [f"{stem}.json" for stem in file_stems(one.identifier or one.student or "sheet" for one in grades.students)]


def bulk_names(grades: Grades, ending: str) -> Iterator[tuple[int, str]]:
    """The names by which Moodle's upload of many feedback files knows whose each is, with the place of the sheet.

    Only for students of a grading worksheet, which has the participant numbers.
    """
    book = grades.book
    for at, one in enumerate(grades.students):
        row = None if book is None else book.place_of(one)
        if book is None or row is None:
            continue
        participant = book.who.participant(book.rows[row])
        if participant:
            # The parts of the name are told apart by underscores.
            name = re.sub(r"[\W_]+", " ", book.who.full_name(book.rows[row])).strip() or "Student"
            yield at, f"{name}_{participant}_assignsubmission_file_feedback.{ending}"


def check_book(book: Gradebook, formats: Sequence[str]) -> None:
    """Raises `InputError` where a format is to fill in the table of another platform."""
    for format in formats:
        if format in TABLES:
            _check_kind(book, format == "canvas")


def _check_kind(book: Gradebook, canvas: bool) -> None:
    if canvas != {"Student", "ID"}.issubset(cell.strip() for cell in book.header):
        expected = "a gradebook of Canvas, with Student and ID" if canvas else "a grading worksheet of Moodle"
        found = ", ".join(shown(cell.strip()) for cell in book.header[:4])
        raise InputError(expected, found, book.file, PLACE)


def _name(sheet: Marked) -> str:
    """The name of a student, without the identifier that a report puts behind it."""
    name = sheet.student or ""
    return name.removesuffix(f" ({sheet.id})") if sheet.id else name


def _text(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)


def _column(header: list[str], known: frozenset[str], name: str) -> int:
    """The place of a column; it is added where there is none."""
    found = next((at for at, cell in enumerate(header) if gradebook.plain_header(cell) in known), None)
    if found is None:
        header.append(name)
        found = len(header) - 1
    return found


def _scaled(one: Graded, most: str) -> Fraction:
    """The points on the scale of an assignment, where the table says how many it has."""
    text = most.strip().replace(",", ".")
    if not one.possible or not re.fullmatch(r"\d{1,6}(\.\d{1,5})?", text, re.ASCII):
        return one.score
    return one.score * Fraction(text) / one.possible


def _label(sheet: Marked, result: Result, speller: Speller) -> str:
    """What an answer is called: its box on a worksheet, and its name."""
    label = sheet.labels.get(result.line) if result.line is not None else None
    return f"{label} {speller.name(result)}" if label else speller.name(result)


def _why(result: Result, speller: Speller) -> str:
    titles = trouble_words(result, speller)
    return f" ({titles})" if titles else ""


def _said(result: Result, speller: Speller) -> str:
    """The verdict on an answer, its reason, and what to do instead."""
    if result.verdict == "missing":
        return "No value is stated."
    words = f"{safe_given(result.given)}: {speller.say[f'verdict_{result.verdict}']}."
    if result.right:
        return words
    words += f" {speller.sentence(result.reason)}"
    if result.verdict == "mistake" and len(result.explanations) == 1:
        once = {rewrite.mistake.key: rewrite for rewrite in result.explanations[0].rewrites}
        words += " Instead: " + " ".join(speller.sentence(rewrite.remedy) for rewrite in once.values())
    return words
