"""Checked work: one sheet or a whole class, and every product that shows it.

Puts judge, marks, reports and tables together; each product is a view of the same verdicts. A class gets a report with
the marks of all, what failed most, and a feedback sheet for each student.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from derive.check.marks import Question, Scheme, Score, asked, score
from derive.check.model import FAULTY, Marked
from derive.check.overview import Overview
from derive.check.report import Reporter
from derive.check.statistics import MistakeCount, StepCount, Tally, absent, ordered
from derive.check.tables import (
    RESULT_COLUMNS,
    Speller,
    class_object,
    csv_text,
    result_rows,
    sheet_object,
    student_columns,
    student_row,
    to_json,
)
from derive.check.written import suffix, written
from derive.document import Document
from derive.errors import InputError, unknown_name
from derive.subject import AnyProblem, Subject, renumbered
from derive.variants.names import file_stems
from derive.wording import Wording

TEXTS = ("text", "md", "html", "typ", "json", "csv")
"""What `Check.render` writes."""


@dataclass(frozen=True)
class Check:
    """The verdicts on all sheets of one piece of work; `scheme` is None where no marks are wanted.

    `notes` and `faults` are those that belong to no sheet. `problems` has the problem of each sheet where they have
    numbers of their own; what all share is taken from `solution`. `refused` sheets were not judged.
    """

    solution: Subject
    sheets: tuple[Marked, ...]
    scheme: Scheme | None = None
    notes: tuple[str, ...] = ()
    faults: tuple[InputError, ...] = ()
    problems: tuple[AnyProblem, ...] = ()
    refused: int = 0

    @property
    def one(self) -> bool:
        """Whether there is one sheet only, not a class."""
        return len(self.sheets) == 1 and not self.refused

    @property
    def findings(self) -> bool:
        """Whether anything is wrong or could not be read."""
        return bool(self.faults) or any(sheet.findings for sheet in self.sheets)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """What was asked, in the order of the computation."""
        return ordered(asked(self.sheets, self.solution.trace.givens), self.solution.exact.numbers)

    @cached_property
    def scores(self) -> tuple[Score | None, ...]:
        """The marks of each sheet."""
        if self.scheme is None:
            return (None,) * len(self.sheets)
        return tuple(score(sheet, self.scheme, self.questions) for sheet in self.sheets)

    @cached_property
    def variants(self) -> tuple[Subject, ...]:
        """The solution of each sheet, where they have numbers of their own."""
        return tuple(renumbered(self.solution, problem) for problem in self.problems)

    @cached_property
    def tally(self) -> Tally:
        """What is counted over all sheets."""
        tally = Tally(self.questions)
        for sheet, points in zip(self.sheets, self.scores, strict=True):
            tally.add(sheet, points)
        return tally

    @property
    def steps(self) -> tuple[StepCount, ...]:
        """For each question, how many sheets have which verdict."""
        return self.tally.steps

    @property
    def mistakes(self) -> tuple[MistakeCount, ...]:
        """The mistakes that were found, the most common first."""
        return self.tally.mistakes

    # -- products --------------------------------------------------------------------------------------------

    def document(self, brief: bool = False) -> Document:
        """The feedback on the only sheet, or the report on the class; a brief one only names what is right."""
        if self.one:
            return self.feedback(0, brief)
        return Overview(self.solution, self.tally, self.scheme, self.notes, self.faults).document()

    def feedback(self, number: int, brief: bool = False) -> Document:
        """The feedback on one of the sheets."""
        sheet = self.sheets[number]
        if self.one and (self.faults or self.notes):
            sheet = _with(sheet, self.notes, self.faults)
        solution = self.variants[number] if self.variants else self.solution
        return Reporter(solution, self.scheme).document(sheet, self.scores[number], brief)

    def render(self, format: str, paper: str = "a4", pictures: str = "") -> str:
        """The feedback on the only sheet, or the report on the class, as one of `TEXTS`.

        `pictures` is the beginning of the names of picture files beside a Markdown file.
        """
        match format:
            case "json":
                return to_json(self.object())
            case "csv":
                speller = Speller(self.solution.namer, Wording(self.solution.problem.words))
                rows = (row for pair in self._marked() for row in result_rows(*pair, speller))
                return csv_text([RESULT_COLUMNS, *rows])
            case "text":
                return self.text()
            case "md" | "html" | "typ":
                return str(written(self.document(), self.solution.namer, format, paper, pictures))
        raise unknown_name(format, TEXTS, place="format")

    def text(self, width: int | None = None, colour: bool = False) -> str:
        """The report for a terminal."""
        from derive.check.terminal import WIDTH, terminal_text

        return terminal_text(
            self.document(brief=True),
            self.solution.namer,
            width or WIDTH,
            colour,
            Wording(self.solution.problem.words),
        )

    def pdf(self, paper: str = "a4") -> bytes:
        """The same as `render("typ")`, as PDF."""
        content = written(self.document(), self.solution.namer, "pdf", paper)
        assert isinstance(content, bytes)
        return content

    def pictures(self, stem: str) -> dict[str, str]:
        """The pictures of the report as SVG, by the names of the files that its Markdown refers to."""
        return pictures(self.document(), stem)

    def feedback_files(self, format: str, paper: str = "a4") -> Iterator[tuple[str, str | bytes]]:
        """The feedback sheet of every student with a safe file name; format is one of `SHEETS`."""
        for number, name in enumerate(feedback_names((sheet.student for sheet in self.sheets), format)):
            yield name, written(self.feedback(number), self.solution.namer, format, paper)

    def marks_csv(self) -> str:
        """One row for each student: how many answers are right, the first wrong step, and the marks if wanted."""
        speller = Speller(self.solution.namer, Wording(self.solution.problem.words))
        rows = (student_row(sheet, points, absent(sheet, self.questions), speller) for sheet, points in self._marked())
        return csv_text([student_columns(self.tally.marked), *rows])

    def object(self) -> dict[str, Any]:
        """What JSON holds: one sheet, or a class with `students` and the counts over all of them."""
        speller = Speller(self.solution.namer, Wording(self.solution.problem.words))
        if self.one:
            sheet = _with(self.sheets[0], self.notes, self.faults)
            return {"problem": self.solution.name, **sheet_object(sheet, speller, self.scores[0])}
        students = [sheet_object(sheet, speller, points) for sheet, points in self._marked()]
        return class_object(self.solution, students, self.tally, self.faults, self.notes)

    def _marked(self) -> Iterator[tuple[Marked, Score | None]]:
        yield from zip(self.sheets, self.scores, strict=True)

    def __repr__(self) -> str:
        count = f"{len(self.sheets)} sheets" if not self.one else "1 sheet"
        wrong = sum(sheet.count(*FAULTY) for sheet in self.sheets)
        return f"<Check of {count} of {self.solution.name}: {wrong} wrong steps>"


def _with(sheet: Marked, notes: Sequence[str], faults: Sequence[InputError]) -> Marked:
    return replace(sheet, notes=(*notes, *sheet.notes), faults=(*faults, *sheet.faults))


def pictures(document: Document, stem: str) -> dict[str, str]:
    """The pictures of a document as SVG, by the names of the files that its Markdown refers to."""
    from derive.diagram import to_svg
    from derive.document import figures
    from derive.render import file_name

    return {file_name(stem, figure): to_svg(figure.scene) for figure in figures(document.sections)}


def feedback_names(students: Iterable[str | None], format: str) -> Iterator[str]:
    """A safe name for the feedback sheet of every student."""
    for stem in file_stems(student or "sheet" for student in students):
        yield f"{stem}.{suffix(format)}"
