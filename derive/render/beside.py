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


GENEROUS = 0.89
"""What printed lines take of their estimated widths at the most; an estimate is never too small."""


def line_width(line: Line, printer: Printer) -> float:
    """The width of a line on one row, in em."""

    def wide(node: Node) -> float:
        return printer.print(node).width

    whole = wide(line.left) + sum(printer.dialect.relation_width + wide(node) for _, node in line.parts)
    return GENEROUS * whole


def runs(lines: Sequence[Line], printer: Printer, room: float) -> Iterator[list[list[Line]]]:
    """The lines in order, in runs: each is one column, or two that fit beside each other on a page of some width."""
    widths = [line_width(line, printer) for line in lines]
    whole = _columns(lines, widths, room)
    if len(whole) > 1:
        yield whole
        return
    narrow = [width <= (room - GAP) / 2 for width in widths]
    waiting: list[Line] = []
    for fits, group in groupby(range(len(lines)), narrow.__getitem__):
        run = [lines[at] for at in group]
        if not fits or len(run) < FEWEST:
            # Too few to be worth it: they stay with their neighbours.
            waiting += run
            continue
        if waiting:
            yield [waiting]
            waiting = []
        yield _halves(run)
    if waiting:
        yield [waiting]


def _columns(lines: Sequence[Line], widths: Sequence[float], room: float) -> list[list[Line]]:
    """The lines in two columns, down the first one and then the second, or in turn; in one where neither fits."""
    half = (len(lines) + 1) // 2
    if len(lines) >= FEWEST:
        for left, right in ((slice(half), slice(half, None)), (slice(0, None, 2), slice(1, None, 2))):
            if max(widths[left]) + GAP + max(widths[right]) <= room:
                return [list(lines[left]), list(lines[right])]
    return [list(lines)]


def _halves(lines: list[Line]) -> list[list[Line]]:
    half = (len(lines) + 1) // 2
    return [lines[:half], lines[half:]]


def in_columns(columns: Sequence[Sequence[Line]], printer: Printer, room: float, beside: str) -> list[PrintedRow]:
    """The rows of two columns of lines."""
    left, right = ([row for line in lines for row in lay_out(line, printer, room)] for lines in columns)
    paired = [
        PrintedRow(first.left, f"{first.right}{beside}{second.left} & {second.right}")
        for first, second in zip(left, right, strict=False)
    ]
    return paired + left[len(paired) :]
