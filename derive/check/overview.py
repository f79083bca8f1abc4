"""The report on a class as a document: how it went, every student in a table, which steps fail and why.

Decides what a teacher is told and in which order; the counting is in `statistics`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from derive.check.marks import Scheme, points_text
from derive.check.report import LONGEST_NAME
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
from derive.check.words import by_example, listed, sentences, worded
from derive.document import (
    Block,
    Bullets,
    Document,
    Figure,
    Math,
    Paragraph,
    Section,
    Strong,
    Table,
    Text,
    Words,
)
from derive.errors import InputError, shorten
from derive.expression import Ref
from derive.subject import Subject
from derive.wording import Wording

MOST_NAMED = 3
"""Mistakes that are named as the most common ones."""
KEPT_MISTAKES = 5
"""So few rows of the table of mistakes stay on one page: no page is left white for more."""


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
        title = self.say("class_report", title=self.solution.problem.title)
        return Document(
            title,
            tuple(self._lead()),
            tuple(sections),
            self.say["colophon"],
            language=self.solution.problem.sheet.language,
            wording=self.say,
        )

    @property
    def say(self) -> Wording:
        """The words of the problem."""
        return Wording(self.solution.problem.words)

    def _number(self, key: str, count: int, one: str = "") -> str:
        """Sheets or questions, with their number."""
        return self.say[one] if one and count == 1 else self.say(key, count=str(count))

    def _sheets(self, count: int) -> str:
        return self._number("sheets", count, "sheet")

    def _lead(self) -> Iterator[Block]:
        sheets, flawless, say = self.tally.sheets, self.tally.flawless, self.say
        questions = self._number("questions", len(self.steps), "question_one")
        told: list[Words] = [(Text(say("class_counts", sheets=self._sheets(sheets), questions=questions)),)]
        told.append((Text(say("flawless_one" if flawless == 1 else "flawless", count=str(flawless))),))
        told += [*self._hardest(), *self._commonest()]
        yield Paragraph(sentences(told))
        if sheets and self.scheme is not None:
            average, possible = points_text(self.tally.mean), points_text(self.tally.possible)
            text = say("class_marks", average=average, possible=possible, rule=self.scheme.rule(say))
            yield Paragraph((Strong(say["feedback_marks"]), Text(f" {text}")))

    def _hardest(self) -> Iterator[Words]:
        """The step that is wrong on most sheets; all of them where several are."""
        worst = hardest(self.steps)
        if worst is None:
            return
        count = worst.share("wrong")
        equals = dict.fromkeys(step.quantity for step in self.steps if step.share("wrong") == count)
        key = "fails_most" if len(equals) == 1 else "fail_most"
        yield worded(self.say, key, steps=listed(tuple(equals), self.say), sheets=self._sheets(count))

    def _commonest(self) -> Iterator[Words]:
        """The most common mistake; nothing where all are equally common, or too many are to be named."""
        most = max((count.sheets for count in self.mistakes), default=0)
        titles = [count.titled(self.say) for count in self.mistakes if count.sheets == most]
        if titles and len(titles) == 1:
            yield (Text(self.say("commonest", sheets=self._sheets(most), titles=titles[0])),)
        elif 1 < len(titles) < min(len(self.mistakes), MOST_NAMED + 1):
            yield (Text(self.say("commonest_several", sheets=self._sheets(most), titles="; ".join(titles))),)

    def _header(self, *titles: str) -> tuple[Words, ...]:
        return tuple((Text(self.say[f"column_{title}"]),) for title in titles)

    # -- students --------------------------------------------------------------------------------------------

    def _students(self) -> Iterator[Section]:
        titles = ("student", *(["marks"] if self.scheme else []), "first_wrong", "wrong_there")
        header = self._header(*titles, "right", "follows", "wrong", "blank")
        rows = tuple(map(self._student, self.tally.students))
        if not rows:
            return
        blocks: list[Block] = [Table(header, rows, "l" + ("r" if self.scheme else "") + "llrrrr")]
        if len(rows) < self.tally.sheets:
            more = self.say("students_first", count=f"{len(rows):,}", all=f"{self.tally.sheets:,}")
            blocks.append(Paragraph((Text(more),)))
        yield Section((Text(self.say["students"]),), tuple(blocks))

    def _student(self, student: Student) -> tuple[Words, ...]:
        cells: list[Words] = [(Text(shorten(student.name or "–", LONGEST_NAME)),)]
        if student.points is not None:
            cells.append((Text(points_text(student.points)),))
        cells.append((Text("–"),) if student.first is None else (Math(Ref(student.first)),))
        cells.append((Text(student.troubled(self.say)),))
        counts = (student.share(name) for name in ("right", "follows", "wrong", "missing"))
        return (*cells, *((Text(str(count)),) for count in counts))

    # -- mistakes --------------------------------------------------------------------------------------------

    def _mistakes(self) -> Iterator[Section]:
        if not self.mistakes:
            return
        header = self._header("mistake", "sheets", "answers", "undecided", "first_in")
        rows = tuple(
            (
                (Text(count.titled(self.say)),),
                (Text(str(count.sheets)),),
                (Text(str(count.answers)),),
                (Text(str(count.undecided) if count.undecided else ""),),
                (Math(Ref(count.where)),),
            )
            for count in self.mistakes
        )
        table = Table(header, rows, "lrrrl", breaks=len(rows) > KEPT_MISTAKES)
        yield Section((Text(self.say["mistakes"]),), (table,))

    # -- steps -----------------------------------------------------------------------------------------------

    def _steps(self) -> Iterator[Section]:
        if not self.steps:
            return
        scene = bars_scene(chosen_steps(self.steps), self.tally.sheets, self.solution.namer, self.say)
        say = self.say
        shows = (Text(say["steps_shows"]),)
        blocks: list[Block] = [Figure("steps", scene, (Text(say["steps_caption"]),), shows, say["figure"])]
        others = [step for step in self.steps if step.share("right") < self.tally.sheets]
        if len(others) < len(self.steps):
            right = [(step.quantity, self._formula(step)) for step in self.steps if step not in others]
            names = by_example(right, say)
            blocks.append(Paragraph((Strong(say["steps_right"]), Text(" "), *names, Text("."))))
        if others:
            header = self._header("step", "right", "follows", "wrong", "few_digits", "blank", "often_wrong")
            rows = tuple(self._step(step) for step in others)
            blocks.append(Table(header, rows, "lrrrrrl"))
        yield Section((Text(say["steps"]),), tuple(blocks))

    def _step(self, step: StepCount) -> tuple[Words, ...]:
        numbers = (step.share(name) for name in ("right", "follows", "wrong", "imprecise", "missing"))
        return (
            (Math(Ref(step.quantity)), *self._formula(step)),
            *((Text(str(number) if number else ""),) for number in numbers),
            (Text(step.troubled(self.say)),),
        )

    # -- what could not be read ------------------------------------------------------------------------------

    def _unread(self) -> Iterator[Section]:
        found = [*self.faults, *self.tally.faults]
        if found:
            items = [fault_words(fault, self.say, several=True) for fault in found]
            if more := self.tally.unread - len(self.tally.faults):
                items.append((Text(self.say("entries_more", count=f"{more:,}")),))
            yield Section((Text(self.say["not_read"]),), (Bullets(tuple(items)),))
        if self.notes:
            yield Section((Text(self.say["notes"]),), (Bullets(tuple((Text(note),) for note in self.notes)),))

    def _formula(self, step: StepCount) -> Words:
        """What is said behind the name of a question that asks for a formula."""
        return (Text(f" {self.say['step_formula']}"),) if step.question[1] else ()
