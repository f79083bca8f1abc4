"""The pages of questions: a variant's sheet in pieces of one format, put together around the places for answers.

Which boxes stand together, and what is said when they are marked, is decided here for all platforms; how a place for
an answer is written, each platform knows for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cached_property

from derive.diagram import Scene
from derive.document import Worksheet
from derive.platforms.bank import EXACT, INSIDE_MEAN, Bank, Blank, Choice, Number, Right, Slip, Variant, remark_of
from derive.render.escape import Escaped
from derive.render.formats import Format, piece_format
from derive.render.pieces import BoxPiece, Pieces, QuestionPiece, Sentences, SheetPiece, TaskPiece
from derive.worksheet.finding import FindSheet, FoundNumbers

Place = Callable[[Blank], str]
"""What stands on the page where an answer is to be given."""


class Layout:
    """Prints the variants of a bank with the pieces of one format; `drawing` gives the addresses of pictures."""

    def __init__(self, bank: Bank, format: str, drawing: Callable[[Scene, int], Escaped] | None = None) -> None:
        self.bank, self.say = bank, bank.say
        self.row: Format = piece_format(format, bank.sheet.problem.decimal_comma, drawing)
        self.sentence = Sentences(self.row, bank.sheet.namer)

    @cached_property
    def _printed(self) -> Pieces:
        return self._pieces(self.bank.sheet.body)

    def _pieces(self, document: Worksheet) -> Pieces:
        return Pieces(document, self.row, self.bank.sheet.namer)

    def page(self, variant: Variant) -> Page:
        """The sheet of a variant."""
        sheet, numbers = self.bank.sheet, variant.numbers
        printed = self._printed
        if isinstance(sheet, FindSheet) and isinstance(numbers, FoundNumbers):
            # Each sheet has its own calculation.
            printed = self._pieces(sheet.worksheet_document(numbers))
        return Page(self, variant, printed.filled(variant.filling))

    # -- what is said of an answer ---------------------------------------------------------------------------

    def phrase(self, key: str) -> str:
        """A phrase without places, in this format."""
        return self.row.text(self.say[key])

    def praise(self, right: Right) -> str:
        """What is said of a right number."""
        if right.why == INSIDE_MEAN:
            return f"{self.phrase('quiz_right')} {self.sentence(remark_of(right, self.say))}"
        return self.phrase("quiz_right" if right.why == EXACT else "quiz_reached")

    def advice(self, slip: Slip) -> str:
        """What is said of a number that a known mistake gives."""
        return self.sentence(slip.words(self.say))

    def number(self, text: str) -> str:
        """A number outside of formulas."""
        return self.row.dialect.in_words(text)

    def answer(self, blank: Blank) -> str:
        """The right answer as the key says it, with the range of correct work where there is one."""
        row, accepts = blank.row, blank.accepts
        right = accepts.text if isinstance(accepts, Number) else row.exact
        words = f"<strong>{self.row.text(self.number(right))}</strong>"
        if not isinstance(accepts, Number) or row.low == row.high:
            return words
        reach = self.say("correct_work", low=self.number(row.low), high=self.number(row.high))
        return f"{words}; {self.row.text(reach)}"


class Page:
    """One variant on its way to one platform."""

    def __init__(self, layout: Layout, variant: Variant, sheet: SheetPiece) -> None:
        self.layout, self.variant, self.sheet = layout, variant, sheet
        self._blanks = {blank.label: blank for blank in variant.blanks}

    @property
    def lead(self) -> str:
        """What is given, and that each box stands for itself."""
        return f"{self.sheet.lead}\n<p><em>{self.layout.phrase('quiz_alone')}</em></p>"

    def whole(self, place: Place) -> str:
        """The sheet with all its boxes."""
        parts = [self.lead]
        for number, question in enumerate(self.sheet.questions, self.layout.bank.sheet.first):
            parts.append(f"<h4>{number}. {question.title}</h4>")
            parts += [question.intro] if question.intro else []
            for task in question.tasks:
                parts += [self._task(task), *(self._box(box, place) for box in task.boxes)]
        return "\n".join(filter(None, parts))

    def single(self, blank: Blank, place: Place) -> str:
        """What is given, and one box."""
        question, task, box = self._where[blank.label]
        return "\n".join(filter(None, [self.lead, question.intro, task.text, self._box(box, place)]))

    def worked(self, labels: Collection[str] | None = None) -> str:
        """The lines with their numbers and answers, of all boxes or of some."""
        parts: list[str] = []
        for _, task in self._tasks():
            boxes = [self._blanks[box.label] for box in task.boxes if box.label in self._blanks]
            boxes = [box for box in boxes if labels is None or box.label in labels]
            if boxes:
                parts.append(task.worked)
                parts += [
                    f"<p><strong>{box.label}</strong> {self.left(box)}: {self.layout.answer(box)}</p>" for box in boxes
                ]
        return "\n".join(filter(None, parts))

    def left(self, blank: Blank) -> str:
        """What a box asks for, as a formula."""
        return self._where[blank.label][2].left

    def _task(self, task: TaskPiece) -> str:
        return task.text

    def _box(self, box: BoxPiece, place: Place) -> str:
        blank = self._blanks.get(box.label)
        label = f"<strong>{box.label}</strong>"
        if blank is None:
            shown = next(row for row in self.variant.numbers.rows if row.box == box.label).exact
            return f"<p>{label} {box.left} = {self.layout.number(shown)} ({self.layout.phrase('quiz_given')})</p>"
        sign = ":" if isinstance(blank.accepts, Choice) else " ="
        return f"<p>{label} {box.left}{sign} {place(blank)}</p>"

    @cached_property
    def _where(self) -> dict[str, tuple[QuestionPiece, TaskPiece, BoxPiece]]:
        return {box.label: (question, task, box) for question, task in self._tasks() for box in task.boxes}

    def _tasks(self) -> Iterator[tuple[QuestionPiece, TaskPiece]]:
        for question in self.sheet.questions:
            for task in question.tasks:
                yield question, task
