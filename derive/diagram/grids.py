"""Arrays as grids of numbers beside each other, some of their cells shaded: a window that moves over an array.

Every grid has its name above it and an arrow to the next one; what is too wide for a page goes on below. What the cells
say is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from derive.diagram.bands import WIDEST
from derive.diagram.layout import MARGIN
from derive.diagram.scene import Box, Edge, Item, Label, Lines, MathLine, Point, State, text_size

PAD = 300
"""Beside the number of a cell."""
LOW = 1500
"""The height of a cell at least."""
APART, SIGN, ROW_APART = 3200, 200, 1600
"""Between two grids, between a grid and its name, and between two rows of grids."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A number with its place in the grid; shaded where the window is, bold where what counts comes from."""

    row: int
    column: int
    line: MathLine
    shaded: bool = False
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of an array, or of a slice of it, and its name."""

    name: Lines
    cells: tuple[Cell, ...]

    @property
    def cell(self) -> tuple[int, int]:
        """Width and height of each cell."""
        sizes = [text_size((cell.line,)) for cell in self.cells]
        return max(max(width for width, _ in sizes) + 2 * PAD, LOW), max(max(height for _, height in sizes), LOW)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height with the name."""
        width, height = self.cell
        columns, rows = max(cell.column for cell in self.cells) + 1, max(cell.row for cell in self.cells) + 1
        named_width, named_height = text_size(self.name)
        return max(columns * width, named_width), rows * height + named_height + SIGN


class Grids:
    """Grids placed in rows; `items` and `width`, `height` are the result."""

    def __init__(self, grids: Sequence[Grid]) -> None:
        self.rows: list[list[tuple[int, Grid]]] = [[]]
        x = MARGIN
        for grid in grids:
            width = grid.size[0]
            if self.rows[-1] and x + width + MARGIN > WIDEST:
                self.rows.append([])
                x = MARGIN
            self.rows[-1].append((x, grid))
            x += width + APART
        self.width = max(row[-1][0] + row[-1][1].size[0] for row in self.rows) + MARGIN
        self.heights = [max(grid.size[1] for _, grid in row) for row in self.rows]
        self.height = sum(self.heights) + ROW_APART * (len(self.rows) - 1) + 2 * MARGIN

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Everything that is drawn, what lies on top last."""
        found: list[Item] = []
        top = MARGIN
        for row, height in zip(self.rows, self.heights, strict=True):
            middle = top + height // 2
            for (x, grid), (after, _) in pairwise(row):
                start, end = Point(x + grid.size[0] + APART // 8, middle), Point(after - APART // 8, middle)
                found.append(Edge((start, end), head="end"))
            for x, grid in row:
                found.extend(_placed(grid, Point(x, middle - grid.size[1] // 2)))
            top += height + ROW_APART
        return tuple(found)


def _placed(grid: Grid, corner: Point) -> Iterator[Item]:
    width, height = grid.cell
    named_width, named_height = text_size(grid.name)
    yield Label(Box(corner.x + (grid.size[0] - named_width) // 2, corner.y, named_width, named_height), grid.name)
    columns = max(cell.column for cell in grid.cells) + 1
    left, top = corner.x + (grid.size[0] - columns * width) // 2, corner.y + named_height + SIGN
    # Bold frames are drawn last, so that no neighbour covers them.
    for cell in sorted(grid.cells, key=lambda cell: (cell.bold, cell.shaded)):
        box = Box(left + cell.column * width, top + cell.row * height, width, height)
        state: State = "lit" if cell.bold else "plain" if cell.shaded else "dim"
        yield Label(box, (cell.line,), "cell" if cell.shaded else "open", state)
