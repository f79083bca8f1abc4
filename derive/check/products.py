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
from derive.files import growing, write_together, write_whole
from derive.subject import Subject
from derive.wording import Wording

Writer = Callable[[Any], object]


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
                return csv_text([student_row(one.marked, one.score, absent(one.marked, self.report.survey.questions))])
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
    """What has been written, and whether anything is wrong or could not be read."""

    findings: bool
    paths: list[Path]


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
) -> Written:
    """Writes the feedback on the only sheet, or everything on a class, which is judged as it is read.

    `shown` gets the sheets of a class and their number, and gives the same sheets.
    """
    if survey.one:
        only = desk.check(source, survey=survey)
        return Written(only.findings, write_one(only, formats, folder, stem, paper))
    report = ClassReport.of(desk, survey)
    order = desk.order(survey, [format for format in formats if format in SHEETS], paper)
    sheets = shown(desk.judged(source, order, executor), survey.judged)
    paths = write_class(report, sheets, formats, folder, stem, paper)
    return Written(report.findings, paths)


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
    report: ClassReport, sheets: Iterable[Judged], formats: Sequence[str], folder: Path, stem: str, paper: str = "a4"
) -> list[Path]:
    """Writes a class to a folder; the paths of its files, and of the folder with the feedback sheets.

    The sheets have their feedback in those of the formats that are `SHEETS`, in their order.
    """
    feedback = folder / f"{stem}.feedback"
    names = [feedback_names(report.survey.titles, format) for format in formats if format in SHEETS]
    tables = {name: path for format in formats for name, path in _tables(format, folder, stem).items()}
    with ExitStack() as stack:
        growing_tables = Growing(report, {n: stack.enter_context(growing(path)).write for n, path in tables.items()})
        for one in sheets:
            growing_tables.add(one)
            for stems, content in zip(names, one.feedback, strict=True):
                write_whole(feedback / next(stems), content)
        growing_tables.end()
    paths = list[Path]()
    for format in formats:
        documents = dict(_documents(report, format, folder, stem, paper))
        write_together(documents)
        paths += [*_tables(format, folder, stem).values(), *documents, *([feedback] if documents else [])]
    return list(dict.fromkeys(paths))


def print_class(report: ClassReport, sheets: Iterable[Judged], format: str, write: Writer, paper: str = "a4") -> None:
    """Writes a class in one format with a function that takes text, and bytes where the format is pdf."""
    tables = Growing(report, {format: write} if format in ("csv", "json") else {})
    for one in sheets:
        tables.add(one)
    tables.end()
    if format in SHEETS:
        write(report.shown(format, paper))


def _tables(format: str, folder: Path, stem: str) -> dict[str, Path]:
    """The growing tables that a format has."""
    match format:
        case "csv":
            return {"csv": folder / f"{stem}.class.csv", "marks": folder / f"{stem}.marks.csv"}
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
