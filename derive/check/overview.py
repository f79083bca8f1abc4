"""The report on a class as a document: how it went, every student in a table, which steps fail and why.

Decides what a teacher is told and in which order; the counting is in `statistics`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from derive.check.marks import Scheme, points_text
from derive.check.report import COLOPHON, LONGEST_NAME
from derive.check.statistics import (
    MistakeCount,
    StepCount,
    Student,
    Tally,
    bars_scene,
    chosen_steps,
    hardest,
)
from derive.check.unread import fault_words
from derive.check.words import by_example, listed
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
from derive.subject import Subject

MOST_NAMED = 3
"""Mistakes that are named as the most common ones."""


@dataclass(frozen=True)
class Overview:
    """Everything that is known of a class."""

    solution: Subject
    tally: Tally
    scheme: Scheme | None
    notes: Sequence[str]
    faults: Sequence[InputError]

    @cached_property
    def steps(self) -> tuple[StepCount, ...]:
        return self.tally.steps

    @cached_property
    def mistakes(self) -> tuple[MistakeCount, ...]:
        return self.tally.mistakes

    def document(self) -> Document:
        sections = [*self._students(), *self._mistakes(), *self._steps(), *self._unread()]
        return Document(f"Class report: {self.solution.problem.title}", tuple(self._lead()), tuple(sections), COLOPHON)

    def _lead(self) -> Iterator[Block]:
        sheets, flawless = self.tally.sheets, self.tally.flawless
        words: list[Inline] = [Text(f"{counted(sheets, 'sheet')}, {counted(len(self.steps), 'question')}.")]
        words.append(Text(f" {flawless} {'is' if flawless == 1 else 'are'} right throughout."))
        words += [*self._hardest(), *self._commonest()]
        yield Paragraph(tuple(words))
        if sheets and self.scheme is not None:
            average, possible = points_text(self.tally.mean), points_text(self.tally.possible)
            yield Paragraph((Strong("Marks."), Text(f" {average} of {possible} points on average. {self.scheme.rule}")))

    def _hardest(self) -> Iterator[Inline]:
        """The step that is wrong on most sheets; all of them where several are."""
        worst = hardest(self.steps)
        if worst is None:
            return
        count = worst.share("wrong")
        equals = dict.fromkeys(step.quantity for step in self.steps if step.share("wrong") == count)
        one = len(equals) == 1
        yield Text(" The step that fails most is " if one else " The steps that fail most are ")
        yield from listed(tuple(equals))
        yield Text(f", {'' if one else 'each '}wrong on {counted(count, 'sheet')}.")

    def _commonest(self) -> Iterator[Inline]:
        """The most common mistake; nothing where all are equally common, or too many are to be named."""
        most = max((count.sheets for count in self.mistakes), default=0)
        titles = [count.title for count in self.mistakes if count.sheets == most]
        if titles and len(titles) == 1:
            yield Text(f" The most common mistake, on {counted(most, 'sheet')}: {titles[0]}.")
        elif 1 < len(titles) < min(len(self.mistakes), MOST_NAMED + 1):
            yield Text(f" The most common mistakes, each on {counted(most, 'sheet')}: {'; '.join(titles)}.")

    # -- students --------------------------------------------------------------------------------------------

    def _students(self) -> Iterator[Section]:
        titles = ["Student", *(["Marks"] if self.scheme else []), "First wrong step", "What is wrong there"]
        header = tuple((Text(title),) for title in (*titles, "Right", "Follows", "Wrong", "Blank"))
        rows = tuple(map(self._student, self.tally.students))
        if not rows:
            return
        blocks: list[Block] = [Table(header, rows, "l" + ("r" if self.scheme else "") + "llrrrr")]
        if len(rows) < self.tally.sheets:
            more = f"These are the first {len(rows):,} of {self.tally.sheets:,}; all are in the table of marks (csv)."
            blocks.append(Paragraph((Text(more),)))
        yield Section((Text("Students"),), tuple(blocks))

    def _student(self, student: Student) -> tuple[Words, ...]:
        cells: list[Words] = [(Text(shorten(student.name or "–", LONGEST_NAME)),)]
        if student.points is not None:
            cells.append((Text(points_text(student.points)),))
        cells.append((Text("–"),) if student.first is None else (Math(Ref(student.first)),))
        cells.append((Text(student.trouble),))
        counts = (student.share(name) for name in ("right", "follows", "wrong", "missing"))
        return (*cells, *((Text(str(count)),) for count in counts))

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
        scene = bars_scene(chosen_steps(self.steps), self.tally.sheets, self.solution.namer)
        caption = "For every step the number of sheets with each verdict. A bold frame: wrong in the step itself."
        blocks: list[Block] = [Figure("steps", scene, (Text(caption),), (Text("counts the sheets step by step."),))]
        others = [step for step in self.steps if step.share("right") < self.tally.sheets]
        if len(others) < len(self.steps):
            right = [(step.quantity, _formula(step)) for step in self.steps if step not in others]
            blocks.append(Paragraph((Strong("Right on every sheet:"), Text(" "), *by_example(right), Text("."))))
        if others:
            titles = ("Step", "Right", "Follows", "Wrong", "Too few digits", "Blank", "Most often wrong")
            rows = tuple(self._step(step) for step in others)
            blocks.append(Table(tuple((Text(title),) for title in titles), rows, "lrrrrrl"))
        yield Section((Text("Step by step"),), tuple(blocks))

    def _step(self, step: StepCount) -> tuple[Words, ...]:
        numbers = (step.share(name) for name in ("right", "follows", "wrong", "imprecise", "missing"))
        return (
            (Math(Ref(step.quantity)), *_formula(step)),
            *((Text(str(number) if number else ""),) for number in numbers),
            (Text(step.trouble),),
        )

    # -- what could not be read ------------------------------------------------------------------------------

    def _unread(self) -> Iterator[Section]:
        found = [*self.faults, *self.tally.faults]
        if found:
            items = [fault_words(fault, several=True) for fault in found]
            if more := self.tally.unread - len(self.tally.faults):
                items.append((Text(f"{more:,} more entries."),))
            yield Section((Text("What could not be read"),), (Bullets(tuple(items)),))
        if self.notes:
            yield Section((Text("Notes"),), (Bullets(tuple((Text(note),) for note in self.notes)),))


def _formula(step: StepCount) -> Words:
    """What is said behind the name of a question that asks for a formula."""
    return (Text(" (formula)"),) if step.question[1] else ()
