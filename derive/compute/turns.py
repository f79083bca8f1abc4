"""What runs in which order: stretches of rows of one line, and lines that take turns, one row of each.

Decides how a long recurrence is told shortly. Which line depends on which is for `schedule`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

Stretch = tuple[int, int, int]
"""Rows that run together: the number of a line, its first row, and the row after its last."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Lines that run in turn, one row of each: that after its last one, or where `way` is -1 that before it."""

    lines: tuple[int, ...]
    """The numbers of the lines."""
    rows: tuple[int, ...]
    """The row of each in the first turn."""
    count: int
    way: int

    def stretches(self, turn: int = 0, at: int = 0) -> Iterator[Stretch]:
        """The rows one by one, from one of the lines in one of the turns on."""
        for step in range(turn, self.count):
            for number, row in list(zip(self.lines, self.rows, strict=True))[at if step == turn else 0 :]:
                yield number, row + self.way * step, row + self.way * step + 1

    def but(self, left_out: Callable[[int], bool]) -> Turns:
        """The turns without some of the lines."""
        kept = [(number, row) for number, row in zip(self.lines, self.rows, strict=True) if not left_out(number)]
        return Turns(tuple(number for number, _ in kept), tuple(row for _, row in kept), self.count, self.way)


Blocks = list[Stretch | Turns]
"""What runs, in its order. A long recurrence is one entry: thousands would take longer to make than their numbers."""


def stretches(blocks: Iterable[Stretch | Turns]) -> Iterator[Stretch]:
    """The stretches one by one.

    >>> list(stretches([(0, 0, 5), Turns((1, 2), (9, 3), 2, -1)]))
    [(0, 0, 5), (1, 9, 10), (2, 3, 4), (1, 8, 9), (2, 2, 3)]
    """
    for block in blocks:
        if isinstance(block, Turns):
            yield from block.stretches()
        else:
            yield block


def without(blocks: Blocks, left_out: Callable[[int], bool]) -> Blocks:
    """The blocks without some of the lines, by their numbers.

    >>> without([(0, 0, 5), Turns((1, 2), (9, 3), 2, -1)], lambda number: number < 2)
    [Turns(lines=(2,), rows=(3,), count=2, way=-1)]
    """
    turned = [block.but(left_out) if isinstance(block, Turns) else block for block in blocks]
    return [block for block in turned if (block.lines if isinstance(block, Turns) else not left_out(block[0]))]
