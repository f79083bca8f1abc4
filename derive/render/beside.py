"""Short lines in two columns, where a format has pages and the lines are narrow enough.

Decides only which lines stand beside each other; what a line looks like is laid out as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from derive.expression import Node
from derive.formula import Line, Printer, lay_out
from derive.formula.lines import PrintedRow

GAP = 3.0
"""Width in em between two columns."""
FEWEST = 4
"""Lines that are worth a second column."""
TAKEN = 0.96
"""What printed lines take of their estimated widths at the most; long numbers take nearly all."""
REACH = 8.6
"""Width in em of what stands before the signs of equality all over a page, 30 mm."""


def left_width(lines: Sequence[Line], printer: Printer) -> float:
    """The width in em of the longest left side."""
    return max(printer.print(line.left).width for line in lines)


def column_width(lines: Sequence[Line], printer: Printer) -> float:
    """The width in em of lines on one row each, their first signs below each other.

    The longest left side need not stand before the longest right one, so a column may be wider than any of its lines.
    """

    def wide(node: Node) -> float:
        return printer.print(node).width

    left = left_width(lines, printer)
    right = max(sum(printer.dialect.relation_width + wide(node) for _, node in line.parts) for line in lines)
    return TAKEN * (left + right)


def runs(lines: Sequence[Line], printer: Printer, room: float) -> Iterator[list[list[Line]]]:
    """The lines in order, in runs: each is one column, or two that fit beside each other on a page of some width."""
    whole = _columns(lines, printer, room)
    if len(whole) > 1:
        yield whole
        return
    narrow = [column_width([line], printer) <= (room - GAP) / 2 for line in lines]
    waiting: list[Line] = []
    for fits, group in groupby(range(len(lines)), narrow.__getitem__):
        run = [lines[at] for at in group]
        columns = _columns(run, printer, room) if fits else [run]
        if len(columns) == 1:
            # Too few to be worth it, or too wide below each other: they stay with their neighbours.
            waiting += run
            continue
        if waiting:
            yield [waiting]
            waiting = []
        yield columns
    if waiting:
        yield [waiting]


def _columns(lines: Sequence[Line], printer: Printer, room: float) -> list[list[Line]]:
    """The lines in two columns, down the first one and then the second, or in turn; in one where neither fits."""
    half = (len(lines) + 1) // 2
    if len(lines) >= FEWEST:
        for left, right in ((slice(half), slice(half, None)), (slice(0, None, 2), slice(1, None, 2))):
            if column_width(lines[left], printer) + GAP + column_width(lines[right], printer) <= room:
                return [list(lines[left]), list(lines[right])]
    return [list(lines)]


def is_tight(columns: Sequence[Sequence[Line]], printer: Printer, room: float) -> bool:
    """Whether two columns leave no room to move the first one right, to the signs of equality of the page."""
    taken = GAP + sum(column_width(lines, printer) for lines in columns)
    return taken + max(0, REACH - left_width(columns[0], printer) * TAKEN) > room


def in_columns(columns: Sequence[Sequence[Line]], printer: Printer, room: float, beside: str) -> list[PrintedRow]:
    """The rows of two columns of lines."""
    left, right = ([row for line in lines for row in lay_out(line, printer, room)] for lines in columns)
    paired = [
        first._replace(right=f"{first.right}{beside}{second.left} & {second.right}")
        for first, second in zip(left, right, strict=False)
    ]
    return paired + left[len(paired) :]
