"""How much room a task of a worksheet takes, so that the boxes of all variants stand at the same place.

Decides how large letters and boxes are, which height a formula, words and room to write need, and whether a box stands
beside its formula. The height depends on nothing that is put in later.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from derive.document import Answer, Task
from derive.expression import Blank, Cases, Matrix, Node, children
from derive.formula import Gathered, Line, Named, lay_out
from derive.render.escape import Escaped
from derive.render.inlines import Inlines
from derive.render.rows import FormulaRow, printed_row

TASK_WIDTH, WIDE_TASK = 25.0, 41.0
"""Width in em of the formulas beside a box, and where the boxes stand below."""
WORDS_WIDTH, WORDS_ROW = 27.0, 5
"""Width in em of words beside a box, by a generous estimate, and the height in mm of each line after the first."""

PLAIN_ROW, GAP_ROW, TALL_ROW, CASE, MATRIX_ROW = 7, 8, 11, 7, 7
"""Heights in mm: of a row, of one with gaps, of one with a fraction, of a case of a definition, of a matrix row."""
WRITING_ROW, LEAST = 10, 10
"""Heights in mm: of a row to write in, and of a task at least."""
MOST_TIGHT = 2
"""Rows to write in that a task keeps below a formula of many rows."""
HIGHEST = 72
"""Height in mm that the room of a task keeps to: where none takes more of a page, no page ends far from its foot."""
HEAD, INTRODUCTION = 14, 10
"""Heights in mm of the head of a question, and of the introduction that some have."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large things are: letters in pt, all else in mm; `factor` is how much larger than usual the letters are.

    Boxes are `columns` in a row; a box stands `beside` its formula where it is the only one.
    """

    factor: float
    text: str
    label: str
    note: str
    box: int
    box_height: int
    name: int
    below: int
    columns: int
    beside: bool

    @property
    def cell(self) -> int:
        """A box with its name above and its note below, where a task has several."""
        return self.name + self.box_height + self.below

    def scaled(self, height: int) -> int:
        """What grows with the letters."""
        return math.ceil(height * self.factor)

    def printed(self) -> dict[str, Escaped]:
        """For the templates."""
        names = ("text", "label", "note", "box", "box_height", "name", "below", "columns", "cell")
        return {name: Escaped(getattr(self, name)) for name in names} | {
            "line": Escaped(self.box - 8),
            "words": Escaped(self.scaled(PLAIN_ROW)),
        }


USUAL = Sizes(1.0, "10.5pt", "8pt", "8pt", 32, 10, 9, 7, 4, beside=True)
LARGE = Sizes(1.7, "18pt", "11pt", "13pt", 60, 16, 14, 12, 2, beside=False)


class Heights:
    """The heights of the tasks of one sheet, in mm; `line_width` is that of the format, in em."""

    def __init__(self, inlines: Inlines, sizes: Sizes, line_width: float) -> None:
        self.inlines, self.sizes, self.line_width = inlines, sizes, line_width

    def task(self, task: Task) -> int:
        """The height of a task: what is printed, the room and the boxes."""
        _, top = self.rows(task, task.lines)
        top += self.words(task)
        if self.beside(task):
            return max(top + self.room(task), LEAST)
        return top + self.room(task) + self.below(task)

    def beside(self, task: Task) -> bool:
        """Whether the box of a task stands beside its formula."""
        return len(task.boxes) == 1 and self.sizes.beside

    def grid(self, task: Task) -> list[list[Answer]]:
        """The boxes of a task in rows, no more in a row than fit."""
        most = self.sizes.columns
        return [[*row[k : k + most]] for row in task.answers for k in range(0, len(row), most)]

    def below(self, task: Task) -> int:
        """The height of the boxes below the formulas of a task."""
        return 0 if self.beside(task) else len(self.grid(task)) * self.sizes.cell

    def words(self, task: Task) -> int:
        """The height of the words above a task's formulas, which may need several lines."""
        if not task.words:
            return 0
        width = sum(self.inlines.word(word).width for word in task.words)
        lines = math.ceil(width / (WORDS_WIDTH if self.beside(task) else WIDE_TASK))
        return self.sizes.scaled(PLAIN_ROW) + (lines - 1) * self.sizes.scaled(WORDS_ROW)

    def room(self, task: Task) -> int:
        """The height of what is left to write in; in the key what is written there fits as well."""
        if not task.room:
            return 0
        _, needed = self.rows(task, task.working)
        _, top = self.rows(task, task.lines)
        left = max(HIGHEST - top - self.words(task), MOST_TIGHT * WRITING_ROW)
        return max(min(task.room * WRITING_ROW, left), needed + 2)

    def rows(self, task: Task, lines: tuple[Line, ...]) -> tuple[list[FormulaRow], int]:
        """Lines of a task laid out, and their height."""
        width = TASK_WIDTH if self.beside(task) else min(WIDE_TASK, self.line_width * 1.2) / self.sizes.factor
        rows: list[FormulaRow] = []
        height = 0
        for line in lines:
            own = lay_out(line, self.inlines.printer, width)
            rows += [printed_row(row) for row in own]
            height += len(own) * self.sizes.scaled(self._height(line))
        return rows, height

    def _height(self, line: Line) -> int:
        """The height of each row of a line."""
        nodes = (line.left, *(node for _, node in line.parts))
        tall = any(self.inlines.printer.print(node).tall for node in nodes)
        return max(TALL_ROW if tall else PLAIN_ROW, *(_tallest(node) for node in nodes))


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
    inside = (node.body,) if isinstance(node, Gathered) else () if isinstance(node, Named) else children(node)
    return max([own, *map(_tallest, inside)])
