"""The walk over a worksheet: its questions, its boxes and what the key says, written for one format.

A task has a height that depends on its formulas and on nothing that is put in later, so that the boxes of all
variants stand at the same place. The key is the same text with what belongs into the boxes and the room. LaTeX holds
both in one source, and a switch chooses.
"""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from derive.document import Answer, Question, Task, Worksheet
from derive.expression import Blank, Cases, Matrix, Node, children
from derive.formula import Line, Printer, lay_out
from derive.formula.marks import BEGIN, END, PLAIN_WORD, WORD, Mark
from derive.formula.words import Speaker, Spoken
from derive.notation import Namer
from derive.render.blocks import FormulaRow, Walk, printed_row
from derive.render.escape import Escaped
from derive.render.formats import Format

TASK_WIDTH, WIDE_TASK = 25.0, 41.0
"""Width in em of the formulas beside a box, and where the boxes stand below."""
WORDS_WIDTH, WORDS_ROW = 27.0, 5
"""Width in em of words beside a box, by a generous estimate, and the height in mm of each line after the first."""

PLAIN_ROW, GAP_ROW, TALL_ROW, CASE, MATRIX_ROW = 7, 8, 11, 7, 7
"""Heights in mm: of a row, of one with gaps, of one with a fraction, of a case of a definition, of a matrix row."""
WRITING_ROW, BOX_HEIGHT, LEAST = 10, 10, 10
"""Heights in mm: of a row to write in, of a box, and of a task at least."""
HEAD = 24
"""Height in mm of the head of a question, with its introduction."""
CELL_HEIGHT = 26
"""Height in mm of a box with its name above and its note below, where a task has several."""

HEADER = ("name", "identifier", "date", "form")
"""The words that are put in, by place; the first three are lines to write on where they are empty."""


class Note(NamedTuple):
    """The places of the two stretches of a box's note: the other way of rounding, and the range."""

    other: int
    wide: int


def notes(box: int) -> Note:
    """The stretches of a box, counted from 0; before them stand those of the header."""
    start = len(HEADER) - 1 + 2 * box
    return Note(start, start + 1)


def print_sheet(sheet: Worksheet, row: Format, namer: Namer, answers: bool, paper: str, pictures: str = "") -> str:
    """The worksheet, or with `answers` its key, with marks for all that differs between variants."""
    walk = _SheetWalk(row, namer, answers, pictures)
    # The class of LaTeX takes the paper as its option.
    start = "" if walk.switched else row.papers[paper]
    return f"{start}{walk.worksheet(sheet, paper)}\n"


class _SheetWalk(Walk):
    """One worksheet on its way to one format; its picture stays where it is."""

    floats = False

    def __init__(self, row: Format, namer: Namer, answers: bool, pictures: str) -> None:
        super().__init__(row, namer, pictures)
        self.key = answers
        self.switched = row.key == "tex"
        shown = answers or self.switched
        self.inlines.printer = Printer(row.dialect, namer, shown)
        self.inlines.speaker = Speaker(Spoken(), namer, shown)
        self.boxes = 0

    def worksheet(self, sheet: Worksheet, paper: str) -> str:
        text = self.format.text
        return self._fill(
            "worksheet",
            key=self.key,
            title=text(sheet.title),
            plain_title=self.format.plain(sheet.title),
            header={name: Escaped(Mark(WORD, k).text) for k, name in enumerate(HEADER)},
            plain_header={name: Escaped(Mark(PLAIN_WORD, k).text) for k, name in enumerate(HEADER)},
            lines={name: (_begin(k), _end(k)) for k, name in enumerate(HEADER[:-1])},
            remarks=self._blocks(sheet.remarks, ()) if self.key or self.switched else [],
            legend=self.inlines.start(sheet.legend) if sheet.legend and (self.key or self.switched) else None,
            blocks=self._blocks(sheet.lead, ()),
            questions=[self._question(question, k) for k, question in enumerate(sheet.questions, 1)],
            points=_points(sheet.points),
            cell=Escaped(CELL_HEIGHT),
            paper=Escaped(paper),
            palette=self.format.palette,
            contents=[],
        )

    def _question(self, question: Question, number: int) -> Escaped:
        first = self._task_height(question.tasks[0]) if question.tasks else 0
        return self._fill(
            "question",
            need=Escaped(first + HEAD),
            number=Escaped(number),
            title=self.inlines.heading(question.title),
            points=_points(question.points) if question.points else "",
            bare_points=Escaped(question.points),
            intro=self._blocks(question.intro, ()),
            tasks=[self._task(task) for task in question.tasks],
        )

    def _task_height(self, task: Task) -> int:
        """The height of a task: what is printed, the room and the boxes."""
        _, top = self._rows(task, task.lines)
        top += self._words_height(task)
        if len(task.boxes) == 1:
            return max(top + self._room(task), LEAST)
        return top + self._room(task) + len(task.answers) * CELL_HEIGHT

    def _words_height(self, task: Task) -> int:
        """The height of the words above a task's formulas, which may need several lines."""
        if not task.words:
            return 0
        width = sum(self.inlines.word(word).width for word in task.words)
        lines = ceil(width / (WORDS_WIDTH if len(task.boxes) == 1 else WIDE_TASK))
        return PLAIN_ROW + (lines - 1) * WORDS_ROW

    def _room(self, task: Task) -> int:
        _, needed = self._rows(task, task.working)
        return max(task.room * WRITING_ROW, needed + 2) if task.room else 0

    def _task(self, task: Task) -> Escaped:
        rows, top = self._rows(task, task.lines)
        working, _ = self._rows(task, task.working) if self.key or self.switched else ([], 0)
        room, beside = self._room(task), len(task.boxes) == 1
        return self._fill(
            "task",
            key=self.key,
            label=Escaped(task.label),
            words=self.inlines.join(task.words, self.inlines.word),
            words_height=Escaped(self._words_height(task)),
            rows=rows,
            alt=self._alt(task.lines),
            working=working,
            working_alt=self._alt(task.working if working else ()),
            top=Escaped(top),
            room=Escaped(room),
            has_room=bool(room),
            height=Escaped(self._task_height(task)),
            below=Escaped(0 if beside else len(task.answers) * CELL_HEIGHT),
            grid=[[self._answer(answer) for answer in line] for line in task.answers],
            beside=beside,
            points=_points(task.points),
            bare_points=Escaped(task.points),
        )

    def _alt(self, lines: tuple[Line, ...]) -> Escaped:
        """The lines in words."""
        return self.inlines.spoken(*lines).get("alt", Escaped(""))

    def _alt_of(self, formula: Node) -> Escaped:
        return self.inlines.spoken(formula).get("alt", Escaped(""))

    def _rows(self, task: Task, lines: tuple[Line, ...]) -> tuple[list[FormulaRow], int]:
        """Lines of a task laid out, and their height."""
        width = TASK_WIDTH if len(task.boxes) == 1 else min(WIDE_TASK, self.format.line_width * 1.2)
        rows: list[FormulaRow] = []
        height = 0
        for line in lines:
            own = lay_out(line, self.inlines.printer, width)
            rows += [printed_row(*row) for row in own]
            height += len(own) * self._height(line)
        return rows, height

    def _height(self, line: Line) -> int:
        """The height of each row of a line."""
        nodes = (line.left, *(node for _, node in line.parts))
        tall = any(self.inlines.printer.print(node).tall for node in nodes)
        return max(TALL_ROW if tall else PLAIN_ROW, *(_tallest(node) for node in nodes))

    def _answer(self, answer: Answer) -> dict[str, object]:
        note, printer = notes(self.boxes), self.inlines.printer
        self.boxes += 1
        parts = (("=", answer.formula),) if answer.formula is not None else ()
        formula = "".join(f" {printer.dialect.relation('=')} {printer.print(node).text}" for _, node in parts)
        return {
            "label": Escaped(answer.label),
            "name": self.format.code(answer.name),
            "plain": self.format.plain(answer.name),
            "left": Escaped(f"{printer.print(answer.left).text}{formula}"),
            "alone": answer.formula is not None,
            "number": Escaped(printer.print(answer.number).text),
            "other": Escaped(printer.print(answer.other).text),
            "way": self.format.text(answer.way),
            "low": Escaped(printer.print(answer.low).text),
            "high": Escaped(printer.print(answer.high).text),
            "differs": (_begin(note.other), _end(note.other)),
            "wide": (_begin(note.wide), _end(note.wide)),
            "points": _points(answer.points),
            "bare_points": Escaped(answer.points),
            "spoken": self._alt((Line(answer.left, parts),)) if parts else self._alt_of(answer.left),
            "spoken_number": self._alt_of(answer.number),
            "spoken_other": self._alt_of(answer.other),
            "spoken_low": self._alt_of(answer.low),
            "spoken_high": self._alt_of(answer.high),
        }


def _tallest(node: Node) -> int:
    """The height that the matrices, cases and gaps in a formula need."""
    match node:
        case Matrix(rows):
            own = MATRIX_ROW * len(rows) + 2
        case Cases(branches):
            own = CASE * len(branches) + 1
        case Blank():
            own = GAP_ROW
        case _:
            own = 0
    return max([own, *map(_tallest, children(node))])


def _begin(place: int) -> Escaped:
    return Escaped(Mark(BEGIN, place).text)


def _end(place: int) -> Escaped:
    return Escaped(Mark(END, place).text)


def _points(points: int) -> Escaped:
    return Escaped(f"{points} point" if points == 1 else f"{points} points")
