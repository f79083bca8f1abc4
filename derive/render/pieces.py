"""The pieces of a worksheet, for programs that ask one thing at a time: what is given, each task, each box, each line.

A sheet is printed once with marks, as for paper; `filled` gives the pieces of one variant. How pieces are put together
to a question, and what a box accepts, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from derive.document import Answer, Block, Equation, Inline, Math, Paragraph, Question, Task, Words, Worksheet
from derive.expression import Node
from derive.formula import Line, Printer
from derive.notation import Namer
from derive.render.blocks import Walk
from derive.render.escape import Escaped
from derive.render.filling import Filling, Template
from derive.render.formats import Format
from derive.render.inlines import Inlines

SEPARATOR = "\x1e"
"""Stands between two pieces while they are filled; no document contains it."""

Write = Callable[[Escaped], Escaped]


class BoxPiece(NamedTuple):
    """An answer box: its label, and what belongs there as a formula."""

    label: str
    left: Escaped

    def mapped(self, write: Write) -> BoxPiece:
        return self._replace(left=write(self.left))


class TaskPiece(NamedTuple):
    """One part of a question: what is printed of it, the line with its numbers, and its boxes."""

    label: str
    text: Escaped
    worked: Escaped
    boxes: tuple[BoxPiece, ...]

    def mapped(self, write: Write) -> TaskPiece:
        text, worked = write(self.text), write(self.worked)
        return self._replace(text=text, worked=worked, boxes=tuple(box.mapped(write) for box in self.boxes))


class QuestionPiece(NamedTuple):
    """A question: its title, what stands before its tasks, and these."""

    title: Escaped
    intro: Escaped
    tasks: tuple[TaskPiece, ...]

    def mapped(self, write: Write) -> QuestionPiece:
        title, intro = write(self.title), write(self.intro)
        return QuestionPiece(title, intro, tuple(task.mapped(write) for task in self.tasks))


class SheetPiece(NamedTuple):
    """A whole sheet: what is given, and the questions."""

    lead: Escaped
    questions: tuple[QuestionPiece, ...]

    def mapped(self, write: Write) -> SheetPiece:
        lead = write(self.lead)
        return SheetPiece(lead, tuple(question.mapped(write) for question in self.questions))


class Pieces:
    """A sheet printed with marks, in pieces: `marked` has them as they are, before anything is put in."""

    def __init__(self, sheet: Worksheet, row: Format, namer: Namer) -> None:
        row = row.worded(sheet.wording)
        self.marked: SheetPiece = _PieceWalk(row, namer, say=sheet.wording).sheet(sheet)
        texts: list[Escaped] = []

        def collect(text: Escaped) -> Escaped:
            texts.append(text)
            return text

        self.marked.mapped(collect)
        self._template = Template(SEPARATOR.join(texts), row)

    def filled(self, filling: Filling) -> SheetPiece:
        """The pieces with everything put in."""
        texts = iter(self._template.fill(filling).split(SEPARATOR))
        return self.marked.mapped(lambda _: Escaped(next(texts)))


class _PieceWalk(Walk):
    """A worksheet on its way to one format, piece by piece."""

    floats = False

    def sheet(self, sheet: Worksheet) -> SheetPiece:
        lead = self._joined(sheet.lead)
        return SheetPiece(lead, tuple(self._question(question) for question in sheet.questions))

    def _question(self, question: Question) -> QuestionPiece:
        title, intro = self.inlines.heading(question.title), self._joined(question.intro)
        return QuestionPiece(title, intro, tuple(map(self._task, question.tasks)))

    def _task(self, task: Task) -> TaskPiece:
        words: tuple[Block, ...] = (Paragraph(task.words),) if task.words else ()
        printed = (*words, *_display(task.lines))
        text = self._joined(printed)
        # What belongs into the gaps and into the room is shown in the worked line.
        own, self.inlines.printer = self.inlines.printer, self._with_answers
        alone = tuple(Line(box.left, (("=", box.formula),)) for box in task.boxes if box.formula is not None)
        worked = self._joined((*words, *_display((*task.lines, *alone, *task.working))))
        self.inlines.printer = own
        return TaskPiece(task.label, text, worked, tuple(map(self._box, task.boxes)))

    @property
    def _with_answers(self) -> Printer:
        return Printer(self.format.dialect, self.inlines.printer.namer, True, by_unit=self.format.by == "unit")

    def _box(self, answer: Answer) -> BoxPiece:
        whole: Node | Line = answer.left
        if answer.formula is not None:
            whole = Line(answer.left, (("=", answer.formula),))
        return BoxPiece(answer.label, self.inlines.word(Math(whole)).text)

    def _joined(self, blocks: Iterable[Block]) -> Escaped:
        # An empty line ends a block in Markdown, and does no harm elsewhere.
        return Escaped("\n\n".join(self._blocks(tuple(blocks), ())))


def _display(lines: tuple[Line, ...]) -> tuple[Block, ...]:
    return (Equation(lines),) if lines else ()


class Sentences:
    """Words and formulas outside of a sheet, in one format; those that return are written once."""

    def __init__(self, row: Format, namer: Namer) -> None:
        self._inlines, self._known = Inlines(row, namer), dict[Words, Escaped]()

    def __call__(self, words: tuple[Inline, ...]) -> Escaped:
        if words not in self._known:
            self._known[words] = self._inlines.start(words)
        return self._known[words]
