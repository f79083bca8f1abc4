"""The report on a class as a document: how it went, every student in a table, which steps fail and why.

Decides what a teacher is told and in which order; the counting is in `statistics`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derive.check.marks import Scheme, Score, mean, points_text
from derive.check.model import FAULTY, RIGHT, Marked
from derive.check.report import COLOPHON, LONGEST_NAME
from derive.check.statistics import MistakeCount, StepCount, bars_scene, chosen_steps, hardest, trouble
from derive.document import (
    Block,
    Bullets,
    Document,
    Figure,
    Inline,
    Math,
    Paragraph,
    Section,
    Strong,
    Table,
    Text,
    Words,
)
from derive.errors import InputError, counted, shorten
from derive.expression import Ref
from derive.solution import Solution


@dataclass(frozen=True)
class Overview:
    """Everything that is known of a class."""

    solution: Solution
    sheets: Sequence[Marked]
    scores: Sequence[Score | None]
    scheme: Scheme | None
    steps: Sequence[StepCount]
    mistakes: Sequence[MistakeCount]
    notes: Sequence[str]
    faults: Sequence[InputError]

    def document(self) -> Document:
        sections = [*self._students(), *self._mistakes(), *self._steps(), *self._unread()]
        return Document(f"Class report: {self.solution.problem.title}", tuple(self._lead()), tuple(sections), COLOPHON)

    def _lead(self) -> Iterator[Block]:
        words: list[Inline] = [Text(f"{counted(len(self.sheets), 'sheet')}, {counted(len(self.steps), 'question')}.")]
        flawless = sum(all(result.right for result in sheet.results) for sheet in self.sheets)
        words.append(Text(f" {flawless} {'is' if flawless == 1 else 'are'} right throughout."))
        worst = hardest(self.steps)
        if worst is not None:
            wrong = f", wrong on {counted(worst.share('wrong'), 'sheet')}."
            words += [Text(" The step that fails most is "), Math(Ref(worst.quantity)), Text(wrong)]
        if self.mistakes:
            common = self.mistakes[0]
            words.append(Text(f" The most common mistake, on {counted(common.sheets, 'sheet')}: {common.title}."))
        yield Paragraph(tuple(words))
        totals = [score for score in self.scores if score is not None]
        if totals and self.scheme is not None:
            average = points_text(mean([score.total for score in totals]))
            possible = points_text(totals[0].possible)
            yield Paragraph((Strong("Marks."), Text(f" {average} of {possible} points on average. {self.scheme.rule}")))

    # -- students --------------------------------------------------------------------------------------------

    def _students(self) -> Iterator[Section]:
        titles = ["Student", "Right", "Follows", "Wrong", "Blank"]
        titles += ["Marks"] if self.scheme else []
        header = tuple((Text(title),) for title in (*titles, "First wrong step", "What is wrong there"))
        rows = tuple(self._student(*pair) for pair in zip(self.sheets, self.scores, strict=True))
        if rows:
            table = Table(header, rows, "lrrrr" + ("r" if self.scheme else "") + "ll")
            yield Section((Text("Students"),), (table,))

    def _student(self, sheet: Marked, score: Score | None) -> tuple[Words, ...]:
        first = sheet.first_wrong
        cells: list[Words] = [(Text(shorten(sheet.student or "–", LONGEST_NAME)),)]
        for verdicts in (RIGHT, {"follows"}, FAULTY, {"missing"}):
            cells.append((Text(str(sheet.count(*verdicts))),))
        if score is not None:
            cells.append((Text(points_text(score.total)),))
        if first is None:
            return (*cells, (Text("–"),), (Text(""),))
        return (*cells, (Math(Ref(first.quantity)),), (Text(trouble(first)),))

    # -- mistakes --------------------------------------------------------------------------------------------

    def _mistakes(self) -> Iterator[Section]:
        if not self.mistakes:
            return
        titles = ("Mistake", "Sheets", "Answers", "Undecided", "First in, most often")
        rows = tuple(
            (
                (Text(count.title),),
                (Text(str(count.sheets)),),
                (Text(str(count.answers)),),
                (Text(str(count.undecided) if count.undecided else ""),),
                (Math(Ref(count.where)),),
            )
            for count in self.mistakes
        )
        table = Table(tuple((Text(title),) for title in titles), rows, "lrrrl")
        yield Section((Text("Mistakes"),), (table,))

    # -- steps -----------------------------------------------------------------------------------------------

    def _steps(self) -> Iterator[Section]:
        if not self.steps:
            return
        scene = bars_scene(chosen_steps(self.steps), len(self.sheets), self.solution.namer)
        caption = "For every step the number of sheets with each verdict. A bold frame: wrong in the step itself."
        titles = ("Step", "Right", "Follows", "Wrong", "Too few digits", "Blank", "Most often wrong")
        rows = tuple(self._step(step) for step in self.steps)
        table = Table(tuple((Text(title),) for title in titles), rows, "lrrrrrl")
        yield Section((Text("Step by step"),), (table, Figure("steps", scene, (Text(caption),))))

    def _step(self, step: StepCount) -> tuple[Words, ...]:
        name: Words = (Math(Ref(step.quantity)), *((Text(" (formula)"),) if step.question[1] else ()))
        numbers = (step.share(name) for name in ("right", "follows", "wrong", "imprecise", "missing"))
        return (name, *((Text(str(number) if number else ""),) for number in numbers), (Text(step.trouble),))

    # -- what could not be read ------------------------------------------------------------------------------

    def _unread(self) -> Iterator[Section]:
        found = [*self.faults, *(fault for sheet in self.sheets for fault in sheet.faults)]
        if found:
            items = tuple((Text(str(fault).replace("\n", " ")),) for fault in found)
            yield Section((Text("What could not be read"),), (Bullets(items),))
        if self.notes:
            yield Section((Text("Notes"),), (Bullets(tuple((Text(note),) for note in self.notes)),))
