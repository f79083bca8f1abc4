"""Blocks of rows in the order in which they run: stretches of one equation, and walks of several along a clock.

Decides how an order is kept and cut; which order it is, is for `schedule` and `plan`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

STRETCH = 4096
"""Rows that are computed at once, so that not too many numbers are held."""
Stretch = tuple[int, int, int]
"""The number of a line, the first row, and the row after the last."""


class Walk(NamedTuple):
    """Equations that run along a clock: at each time the rows of each one, which are equally many."""

    times: range
    lines: tuple[tuple[int, int, int, int], ...]
    """The number of each line, its first and its last time, and how many rows it has at each."""

    def stretches(self) -> Iterator[Stretch]:
        for time in self.times:
            for number, low, high, width in self.lines:
                if low <= time <= high:
                    start = (time - low) * width
                    yield number, start, start + width

    @property
    def single(self) -> bool:
        """Whether every line has one row at each time."""
        return all(width == 1 for *_, width in self.lines)

    def segments(self) -> Iterator[tuple[range, list[tuple[int, int, int, int]]]]:
        """Times between which the same lines run, in their order, with these lines."""
        first, last, way = self.times[0], self.times[-1], self.times.step
        ends = {end for _, low, high, _ in self.lines for end in ((low, high + 1) if way > 0 else (high, low - 1))}
        cuts = sorted({first, last + way, *ends}, reverse=way < 0)
        for start, stop in pairwise(cuts):
            running = [line for line in self.lines if line[1] <= start <= line[2]]
            yield range(start, stop, way), running

    def without(self, numbers: Container[int]) -> Walk:
        """The walk of the other lines."""
        return self._replace(lines=tuple(line for line in self.lines if line[0] not in numbers))


Block = Stretch | Walk


def stretches(blocks: Iterable[Block]) -> Iterator[Stretch]:
    """All stretches in the order in which they run."""
    for block in blocks:
        if isinstance(block, Walk):
            yield from block.stretches()
        else:
            yield block


def without(blocks: Iterable[Block], numbers: Container[int]) -> list[Block]:
    """The blocks without some lines."""
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, Walk):
            found.append(block.without(numbers))
        elif block[0] not in numbers:
            found.append(block)
    return found
