"""Everything that is written of a class whose sheets come one by one: tables as they come, the report in the end.

A product appears when it is complete. Feedback sheets are whole files of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from derive.check.classwork import Check, feedback_names, pictures
from derive.check.desk import Judged
from derive.check.grades import (
    GRADES,
    PLATFORMS,
    TABLES,
    Gradebook,
    Grades,
    bulk_names,
    check_book,
    gradescope,
    gradescope_names,
)
from derive.check.marks import Scheme
from derive.check.overview import Overview
from derive.check.statistics import Tally, absent
from derive.check.stream import Marking, Source, Survey
from derive.check.tables import (
    RESULT_COLUMNS,
    Speller,
    csv_text,
    json_head,
    json_student,
    json_tail,
    result_rows,
    sheet_object,
    student_columns,
    student_row,
)
from derive.check.written import SHEETS, suffix, written
from derive.files import growing, write_together, write_whole, zipped
from derive.subject import Subject
from derive.wording import Wording

Writer = Callable[[Any], object]
BULK = "html"
"""The format of feedback that Moodle's upload of many files gets."""


@dataclass(frozen=True)
class ClassReport:
    """What is known of a class, and what is written of it; the tally is complete when all sheets have come."""

    solution: Subject
    scheme: Scheme | None
    survey: Survey
    tally: Tally

    @classmethod
    def of(cls, marking: Marking, survey: Survey) -> ClassReport:
        """The report on a class of which no sheet has come yet."""
        return cls(marking.solution, marking.scheme, survey, Tally(survey.questions))

    @property
    def findings(self) -> bool:
        """Whether anything is wrong or could not be read."""
        return bool(self.survey.faults) or self.tally.findings

    @property
    def overview(self) -> Overview:
        return Overview(self.solution, self.tally, self.scheme, self.survey.notes, self.survey.faults)

    def text(self, width: int | None = None, colour: bool = False) -> str:
        """The report for a terminal."""
        from derive.check.terminal import WIDTH, terminal_text

        return terminal_text(self.overview.document(), self.solution.namer, width or WIDTH, colour, self.overview.say)

    def shown(self, format: str, paper: str, pictures: str = "") -> str | bytes:
        """The report in one of the formats of documents."""
        return written(self.overview.document(), self.solution.namer, format, paper, pictures)


class Growing:
    """The tables of a class, which grow with every sheet: each is given to a function that writes.

    `writers` are those for the results (csv), the table of marks (marks) and JSON (json).
    """

    def __init__(self, report: ClassReport, writers: Mapping[str, Writer]) -> None:
        self.report, self.writers = report, writers
        self._speller = Speller(report.solution.namer, Wording(report.solution.problem.words))
        heads = {
            "csv": csv_text([RESULT_COLUMNS]),
            "marks": csv_text([student_columns(report.scheme is not None)]),
            "json": json_head(report.solution),
        }
        for name, write in writers.items():
            write(heads[name])

    def add(self, one: Judged) -> None:
        """Counts a sheet and writes what the tables say of it."""
        first = not self.report.tally.sheets
        self.report.tally.add(one.marked, one.score)
        for name, write in self.writers.items():
            write(self._text(name, one, first))

    def _text(self, name: str, one: Judged, first: bool) -> str:
        match name:
            case "csv":
                return csv_text(result_rows(one.marked, one.score, self._speller))
            case "marks":
                missing = absent(one.marked, self.report.survey.questions)
                return csv_text([student_row(one.marked, one.score, missing, self._speller)])
            case "json":
                return json_student(sheet_object(one.marked, self._speller, one.score), first)
        raise ValueError(name)

    def end(self) -> None:
        """Writes what can be said when all sheets have come."""
        if "json" in self.writers:
            report = self.report
            tail = json_tail(report.solution, report.tally, report.survey.faults, report.survey.notes)
            self.writers["json"](tail)


class Written(NamedTuple):
    """What has been written, and whether anything is wrong or could not be read; `notes` are for who marks."""

    findings: bool
    paths: list[Path]
    notes: tuple[str, ...] = ()


def write_all(
    desk: Marking,
    source: Source,
    survey: Survey,
    formats: Sequence[str],
    folder: Path,
    stem: str,
    paper: str = "a4",
    executor: Executor | None = None,
    shown: Callable[[Iterator[Judged], int], Iterable[Judged]] = lambda sheets, count: sheets,
    book: Gradebook | None = None,
) -> Written:
    """Writes the feedback on the only sheet, or everything on a class, which is judged as it is read.

    `shown` gets the sheets of a class and their number, and gives the same sheets. `book` is the table of a platform
    in which marks are filled in.
    """
    grades = grades_of(desk, formats, book, stem)
    if survey.one:
        only = desk.check(source, survey=survey)
        paths = write_one(only, [format for format in formats if format not in GRADES], folder, stem, paper)
        return Written(
            only.findings, [*paths, *_write_one_graded(only, formats, folder, stem, paper, grades)], _notes(grades)
        )
    report = ClassReport.of(desk, survey)
    order = desk.order(survey, feedback_formats(formats, book), paper)
    sheets = shown(desk.judged(source, order, executor), survey.judged)
    paths = write_class(report, sheets, formats, folder, stem, paper, grades)
    return Written(report.findings, paths, _notes(grades))


def grades_of(desk: Marking, formats: Sequence[str], book: Gradebook | None, stem: str) -> Grades | None:
    """What collects marks for platforms, where some of the formats are for one."""
    if desk.scheme is None or not any(format in PLATFORMS for format in formats):
        return None
    if book is not None:
        check_book(book, formats)
    return Grades(stem, desk.scheme, Speller(desk.solution.namer), book)


def feedback_formats(formats: Sequence[str], book: Gradebook | None) -> list[str]:
    """In which formats each sheet needs its feedback; Moodle's upload of many files takes pages."""
    found = [format for format in formats if format in SHEETS]
    return [*found, BULK] if "moodle" in formats and book is not None and BULK not in found else found


def _notes(grades: Grades | None) -> tuple[str, ...]:
    return () if grades is None else grades.notes


def _write_one_graded(
    found: Check, formats: Sequence[str], folder: Path, stem: str, paper: str, grades: Grades | None
) -> list[Path]:
    """The marks of the only sheet, for platforms and as a table."""
    files: dict[Path, str | bytes] = {}
    if "marks" in formats:
        files[folder / f"{stem}.marks.csv"] = found.marks_csv()
    if grades is not None and found.scores[0] is not None:
        grades.add(found.sheets[0], found.scores[0])
        page = written(found.feedback(0), found.solution.namer, BULK, paper)
        files |= graded_files(grades, formats, folder, stem, [page])
    write_together(files)
    return list(files)


def graded_files(
    grades: Grades, formats: Sequence[str], folder: Path, stem: str, feedback: Sequence[str | bytes]
) -> dict[Path, str | bytes]:
    """The files for platforms; `feedback` has the page of each sheet, where it was wanted."""
    files: dict[Path, str | bytes] = {
        folder / f"{stem}.{format}.csv": TABLES[format](grades) for format in formats if format in TABLES
    }
    if "moodle" in formats and feedback:
        pages = {name: feedback[at] for at, name in bulk_names(grades, BULK)}
        if pages:
            encoded = {name: page.encode() if isinstance(page, str) else page for name, page in pages.items()}
            files[folder / f"{stem}.moodle-feedback.zip"] = zipped(encoded)
    if "gradescope" in formats and len(grades.students) == 1:
        files[folder / "results.json"] = gradescope(grades.students[0])
    elif "gradescope" in formats:
        names = gradescope_names(grades)
        files |= {
            folder / f"{stem}.gradescope" / name: gradescope(one)
            for name, one in zip(names, grades.students, strict=True)
        }
    return files


def write_one(found: Check, formats: Sequence[str], folder: Path, stem: str, paper: str = "a4") -> list[Path]:
    """Writes the feedback on the only sheet to a folder; the paths of its files."""
    paths = list[Path]()
    for format in formats:
        name = f"{stem}.check"
        content = found.pdf(paper) if format == "pdf" else found.render(format, paper, name)
        pictures = found.pictures(name) if format == "md" else {}
        files = {folder / file: text for file, text in {**pictures, f"{name}.{suffix(format)}": content}.items()}
        write_together(files)
        paths += files
    return paths


def write_class(
    report: ClassReport,
    sheets: Iterable[Judged],
    formats: Sequence[str],
    folder: Path,
    stem: str,
    paper: str = "a4",
    grades: Grades | None = None,
) -> list[Path]:
    """Writes a class to a folder; the paths of its files, and of the folder with the feedback sheets.

    The sheets have their feedback in `feedback_formats`, in their order.
    """
    pages: list[str | bytes] = []
    wanted = feedback_formats(formats, None if grades is None else grades.book)
    bulk = wanted.index(BULK) if "moodle" in formats and BULK in wanted else None
    feedback = folder / f"{stem}.feedback"
    names = [feedback_names(report.survey.titles, format) for format in formats if format in SHEETS]
    tables = {name: path for format in formats for name, path in _tables(format, folder, stem).items()}
    with ExitStack() as stack:
        growing_tables = Growing(report, {n: stack.enter_context(growing(path)).write for n, path in tables.items()})
        for one in sheets:
            growing_tables.add(one)
            for stems, content in zip(names, one.feedback, strict=False):
                write_whole(feedback / next(stems), content)
            if grades is not None and one.score is not None:
                grades.add(one.marked, one.score)
                pages += [] if bulk is None or grades.book is None else [one.feedback[bulk]]
        growing_tables.end()
    paths = list[Path]()
    for format in formats:
        documents = dict(_documents(report, format, folder, stem, paper))
        write_together(documents)
        paths += [*_tables(format, folder, stem).values(), *documents, *([feedback] if documents else [])]
    if grades is not None:
        files = graded_files(grades, formats, folder, stem, pages)
        write_together(files)
        # Of the results of a class the folder is told.
        paths += [path if path.parent == folder else path.parent for path in files]
    return list(dict.fromkeys(paths))


def print_class(
    report: ClassReport,
    sheets: Iterable[Judged],
    format: str,
    write: Writer,
    paper: str = "a4",
    grades: Grades | None = None,
) -> None:
    """Writes a class in one format with a function that takes text, and bytes where the format is pdf."""
    tables = Growing(report, {format: write} if format in ("csv", "json", "marks") else {})
    for one in sheets:
        tables.add(one)
        if grades is not None and one.score is not None:
            grades.add(one.marked, one.score)
    tables.end()
    if grades is not None and format in TABLES:
        write(TABLES[format](grades))
    if format in SHEETS:
        write(report.shown(format, paper))


def _tables(format: str, folder: Path, stem: str) -> dict[str, Path]:
    """The growing tables that a format has."""
    match format:
        case "csv":
            return {"csv": folder / f"{stem}.class.csv", "marks": folder / f"{stem}.marks.csv"}
        case "marks":
            return {"marks": folder / f"{stem}.marks.csv"}
        case "json":
            return {"json": folder / f"{stem}.class.json"}
    return {}


def _documents(
    report: ClassReport, format: str, folder: Path, stem: str, paper: str
) -> Iterator[tuple[Path, str | bytes]]:
    """The report in one format of documents, with its pictures."""
    if format not in SHEETS:
        return
    name = f"{stem}.class"
    if format == "md":
        for file, picture in pictures(report.overview.document(), name).items():
            yield folder / file, picture
    yield folder / f"{name}.{suffix(format)}", report.shown(format, paper, name)
