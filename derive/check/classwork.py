"""Checked work: one sheet or a whole class, and every product that shows it.

Puts judge, marks, reports and tables together; each product is a view of the same verdicts. A class gets a report with
the marks of all, what failed most, and a feedback sheet for each student.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from derive.check.marks import Question, Scheme, Score, asked, mean, points_text, score
from derive.check.model import FAULTY, Marked
from derive.check.overview import Overview
from derive.check.report import Reporter
from derive.check.statistics import SHARES, MistakeCount, StepCount, absent, mistake_counts, step_counts
from derive.check.tables import Speller, fault_object, results_csv, sheet_object, students_csv, to_json
from derive.document import Document
from derive.errors import InputError, unknown_name
from derive.solution import Solution
from derive.variants.names import file_stems

TEXTS = ("text", "md", "html", "typ", "json", "csv")
"""What `Check.render` writes."""
SHEETS = ("text", "md", "html", "pdf")
"""The formats of documents: with one of them, a class gets a feedback sheet for each student too."""


@dataclass(frozen=True)
class Check:
    """The verdicts on all sheets of one piece of work; `scheme` is None where no marks are wanted.

    `notes` and `faults` are those that belong to no sheet. `variants` has the solution of each sheet where they have
    numbers of their own; what all share is taken from `solution`. `refused` sheets were not judged.
    """

    solution: Solution
    sheets: tuple[Marked, ...]
    scheme: Scheme | None = None
    notes: tuple[str, ...] = ()
    faults: tuple[InputError, ...] = ()
    variants: tuple[Solution, ...] = ()
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
        order = {quantity: place for place, quantity in enumerate(self.solution.exact.numbers)}
        found = asked(self.sheets, self.solution.trace.givens)
        return tuple(sorted(found, key=lambda one: (order.get(one[0], len(order)), one[1])))

    @cached_property
    def scores(self) -> tuple[Score | None, ...]:
        """The marks of each sheet."""
        if self.scheme is None:
            return (None,) * len(self.sheets)
        return tuple(score(sheet, self.scheme, self.questions) for sheet in self.sheets)

    @cached_property
    def steps(self) -> tuple[StepCount, ...]:
        """For each question, how many sheets have which verdict."""
        return step_counts(self.sheets, self.questions)

    @cached_property
    def mistakes(self) -> tuple[MistakeCount, ...]:
        """The mistakes that were found, the most common first."""
        return mistake_counts(self.sheets)

    # -- products --------------------------------------------------------------------------------------------

    def document(self, brief: bool = False) -> Document:
        """The feedback on the only sheet, or the report on the class; a brief one only names what is right."""
        if self.one:
            return self.feedback(0, brief)
        overview = Overview(
            self.solution, self.sheets, self.scores, self.scheme, self.steps, self.mistakes, self.notes, self.faults
        )
        return overview.document()

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
                return results_csv(zip(self.sheets, self.scores, strict=True), Speller(self.solution.namer))
            case "text":
                return self.text()
            case "md" | "html" | "typ":
                return self._write(self.document(), format, paper, pictures)
        raise unknown_name(format, TEXTS, place="format")

    def text(self, width: int | None = None, colour: bool = False) -> str:
        """The report for a terminal."""
        from derive.check.terminal import WIDTH, terminal_text

        return terminal_text(self.document(brief=True), self.solution.namer, width or WIDTH, colour)

    def pdf(self, paper: str = "a4") -> bytes:
        """The same as `render("typ")`, as PDF."""
        return _pdf(self.render("typ", paper))

    def pictures(self, stem: str) -> dict[str, str]:
        """The pictures of the report as SVG, by the names of the files that its Markdown refers to."""
        from derive.diagram import to_svg
        from derive.document import figures
        from derive.render import file_name

        sections = self.document().sections
        return {file_name(stem, figure): to_svg(figure.scene) for figure in figures(sections)}

    def feedback_files(self, format: str, paper: str = "a4") -> Iterator[tuple[str, str | bytes]]:
        """The feedback sheet of every student with a safe file name; format is one of `SHEETS`."""
        for number, stem in enumerate(file_stems(sheet.student or "sheet" for sheet in self.sheets)):
            document = self.feedback(number)
            yield f"{stem}.{'txt' if format == 'text' else format}", self._content(document, format, paper)

    def marks_csv(self) -> str:
        """One row for each student: how many answers are right, the first wrong step, and the marks if wanted."""
        questions = [step.question for step in self.steps]
        blanks = [absent(sheet, questions) for sheet in self.sheets]
        return students_csv(zip(self.sheets, self.scores, blanks, strict=True), SHARES)

    def object(self) -> dict[str, Any]:
        """What JSON holds: one sheet, or a class with `students` and the counts over all of them."""
        speller = Speller(self.solution.namer)
        if self.one:
            sheet = _with(self.sheets[0], self.notes, self.faults)
            return {"problem": self.solution.name, **sheet_object(sheet, speller, self.scores[0])}
        students = [sheet_object(*pair) for pair in _with_speller(self.sheets, speller, self.scores)]
        return {
            "problem": self.solution.name,
            "students": students,
            **self._marks_object(),
            "steps": [self._step_object(step, speller) for step in self.steps],
            "mistakes": [
                {
                    "key": count.key,
                    "title": count.title,
                    "sheets": count.sheets,
                    "answers": count.answers,
                    "undecided": count.undecided,
                    "where": count.where.id,
                }
                for count in self.mistakes
            ],
            "faults": [fault_object(fault) for fault in self.faults],
            "notes": list(self.notes),
        }

    def _marks_object(self) -> dict[str, Any]:
        totals = [score.total for score in self.scores if score is not None]
        if not totals or self.scores[0] is None:
            return {}
        return {"marks": {"mean": points_text(mean(totals)), "possible": points_text(self.scores[0].possible)}}

    def _step_object(self, step: StepCount, speller: Speller) -> dict[str, Any]:
        return {
            "quantity": step.quantity.id,
            "name": speller.namer(step.quantity).text,
            "formula": step.question[1],
            "verdicts": {verdict: count for verdict, count in step.verdicts.items() if count},
            "trouble": step.trouble,
        }

    def _content(self, document: Document, format: str, paper: str) -> str | bytes:
        match format:
            case "text":
                from derive.check.terminal import terminal_text

                return terminal_text(document, self.solution.namer)
            case "pdf":
                return _pdf(self._write(document, "typ", paper))
        return self._write(document, format, paper)

    def _write(self, document: Document, format: str, paper: str, pictures: str = "") -> str:
        from derive.render import PAPERS, render

        if paper not in PAPERS:
            raise unknown_name(paper, PAPERS, place="paper")
        return render(document, format, self.solution.namer, paper, pictures)

    def __repr__(self) -> str:
        count = f"{len(self.sheets)} sheets" if not self.one else "1 sheet"
        wrong = sum(sheet.count(*FAULTY) for sheet in self.sheets)
        return f"<Check of {count} of {self.solution.name}: {wrong} wrong steps>"


def _with(sheet: Marked, notes: Sequence[str], faults: Sequence[InputError]) -> Marked:
    return replace(sheet, notes=(*notes, *sheet.notes), faults=(*faults, *sheet.faults))


def _with_speller(
    sheets: Sequence[Marked], speller: Speller, scores: Sequence[Score | None]
) -> Iterator[tuple[Marked, Speller, Score | None]]:
    for sheet, points in zip(sheets, scores, strict=True):
        yield sheet, speller, points


def _pdf(source: str) -> bytes:
    from derive.render import pdf

    return pdf.typst_pdf(source)
