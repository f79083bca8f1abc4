"""Where things go: columns of nodes, and between them the labels of the connections.

Each node has a stack of labels in front of it, one row per connection that comes in, in the order of the nodes they
come from. Connections fan out from a node through free space to the left side of their row, and run together behind
it. So no label can lie on another, on a node or on a connection, however many units there are: the space between two
columns is divided into a strip for the fan, a strip for the stacks and a strip where the connections run together.
Pure geometry in whole numbers; what the texts say is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Protocol

from derive.diagram.columns import (
    BELOW_GAP,
    PAD_X,
    ROW_GAP,
    Column,
    Incoming,
    below_height,
    extents,
    half_sizes,
    row_height,
    stack_height,
)
from derive.diagram.scene import (
    SMALL_TEXT,
    Arrow,
    Box,
    Caption,
    Edge,
    Head,
    Item,
    Label,
    Node,
    Point,
    Scene,
    State,
    around,
    text_size,
    words_width,
)

PAGE = (48100, 66000)
"""The space on a printed page that a picture is made for."""
LEGIBLE = Fraction(4, 5)
"""The least scale at which a picture is printed: letters of seven points and more, indices of five."""
MARGIN = 800
UNIT_GAP = 1500
"""Between two units of a column."""
PORT = 700
"""From the side of a column to the point where its connections run together."""
MERGE, NARROW_MERGE = 1500, 600
"""Width of the strip where the connections run together; the narrow one is for single rows."""
FAN_LEVEL, FAN_LEAST, FAN_MOST = 900, 2400, 13000
CAPTION_HEIGHT = 1300
FOOTER = 3400


@dataclass(frozen=True, slots=True)
class _Strip:
    """A column measured: half sizes of its nodes, widths of its nodes with texts and of its stacks."""

    half: tuple[tuple[int, int], ...]
    width: int
    label_width: int
    fan: int
    merge: int


class Drawing:
    """Columns of units, placed; `items` and `width`, `height` are the result."""

    def __init__(self, columns: Sequence[Column], direction: int = 1, footer: str = "") -> None:
        self.columns = columns
        self.direction = direction
        halves = [half_sizes(column) for column in columns]
        reach = [_reach(c, h) for c, h in zip(columns, halves, strict=True)]
        counts = [sum(not unit.extra for unit in column.units) for column in columns]
        # One pitch for all columns; a column of one unit needs none.
        self.pitch = UNIT_GAP + max(
            (up + down for (up, down), count in zip(reach, counts, strict=True) if count > 1), default=0
        )
        self.captions = max((len(column.words) for column in columns), default=0) * CAPTION_HEIGHT
        top = MARGIN + self.captions + (600 if self.captions else 0)
        self.middle = top + max(
            up + self.pitch * (count - 1) // 2 for (up, _), count in zip(reach, counts, strict=True)
        )
        self.downs = [down for _, down in reach]
        self.centres = [list(self._heights(n, h)) for n, h in enumerate(halves)]
        self.strips = [self._measure(number, halves[number]) for number in range(len(columns))]
        self.bottom = max(
            y + down
            for column, half, heights in zip(columns, halves, self.centres, strict=True)
            for (_, down), y in zip(extents(column, half, extra=True), heights, strict=True)
        )
        self.left = list(self._lefts())
        self.width = self.left[-1] + self.strips[-1].width + MARGIN
        self.height = self.bottom + MARGIN + (FOOTER if footer else 0)
        self.footer = footer

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Everything that is drawn, what lies on top last."""
        edges = [item for number in range(len(self.columns)) for item in self._edges(number)]
        order: dict[State, int] = {"dim": 0, "plain": 1, "lit": 2}
        return (
            *self._headings(),
            *sorted(edges, key=lambda edge: order[edge.state]),
            *(item for number in range(len(self.columns)) for item in self._labels(number)),
            *(item for number in range(len(self.columns)) for item in self._nodes(number)),
            *(self._footer(self.footer) if self.footer else ()),
        )

    def _heights(self, number: int, half: Sequence[tuple[int, int]]) -> Iterator[int]:
        """The height of the centre of each unit."""
        column = self.columns[number]
        main = sum(not unit.extra for unit in column.units)
        y = self.middle - self.pitch * (main - 1) // 2
        low = y
        for unit, (_, half_height) in zip(column.units, half, strict=True):
            if unit.extra:
                y = low + half_height
                low = y + half_height + below_height(unit) + UNIT_GAP
            else:
                low = y + self.downs[number] + UNIT_GAP
            yield y
            y += self.pitch

    def _measure(self, number: int, half: tuple[tuple[int, int], ...]) -> _Strip:
        column = self.columns[number]
        texts = [text_size(unit.below)[0] for unit in column.units]
        words = [words_width(words, SMALL_TEXT) for words in column.words]
        width = max(*(2 * half_width for half_width, _ in half), *texts, *words, 0)
        rows = [row for unit in column.units for row in unit.incoming]
        labels = [text_size(row.lines)[0] + 2 * PAD_X for row in rows if row.lines]
        several = any(len(unit.incoming) > 1 for unit in column.units)
        fan = 0
        if rows:
            steepest = max(
                abs(self.centres[number - 1][row.source] - self.centres[number][j])
                for j, unit in enumerate(column.units)
                for row in unit.incoming
            )
            level = max(map(len, (column.units, self.columns[number - 1].units))) == 1
            fan = min(max(steepest // 5, FAN_LEVEL if level else FAN_LEAST), FAN_MOST)
        return _Strip(half, width, max(labels, default=0), fan, MERGE if several else NARROW_MERGE)

    def _lefts(self) -> Iterator[int]:
        """The left side of each column of nodes."""
        x = MARGIN
        for number, strip in enumerate(self.strips):
            if number:
                x += self.strips[number - 1].width + PORT + strip.fan + strip.label_width + strip.merge + PORT
            yield x

    def _centre(self, number: int, unit: int) -> Point:
        return Point(self.left[number] + self.strips[number].width // 2, self.centres[number][unit])

    def _rows(self, number: int, unit: int) -> Iterator[tuple[Incoming, Box]]:
        """The rows of a unit's stack with their boxes; a thread has a low box."""
        strip = self.strips[number]
        rows = sorted(self.columns[number].units[unit].incoming, key=lambda row: row.source)
        left = self.left[number] - PORT - strip.merge - strip.label_width
        y = self.centres[number][unit] - stack_height(self.columns[number].units[unit]) // 2
        for row in rows:
            height = row_height(row)
            yield row, Box(left, y, strip.label_width, height)
            y += height + ROW_GAP

    def _edges(self, number: int) -> Iterator[Edge]:
        """The connections into one column."""
        forward = self.direction > 0
        yield from self._trunks(number, "none" if forward else "start")
        for j, unit in enumerate(self.columns[number].units):
            if not unit.incoming:
                continue
            centre = self._centre(number, j)
            port = Point(self.left[number] - PORT, centre.y)
            for row, box in self._rows(number, j):
                outlet = self._outlet(number - 1, row.source)
                before, after = Point(box.left, box.centre.y), Point(box.right, box.centre.y)
                if row.lines:
                    yield Edge((outlet, before), row.state, "none", row.dashed, row.key)
                    yield Edge((after, port), row.state, "none", row.dashed, row.key)
                else:
                    yield Edge((outlet, before, after, port), row.state, "none", row.dashed, row.key)
            end = Point(centre.x - self.strips[number].half[j][0], centre.y)
            yield Edge((port, end), _strongest(unit.incoming), "end" if forward else "none", key=unit.key)

    def _outlet(self, number: int, unit: int) -> Point:
        """Where the connections of a unit to the next column begin to fan out."""
        return Point(self.left[number] + self.strips[number].width + PORT, self.centres[number][unit])

    def _trunks(self, number: int, head: Head) -> Iterator[Edge]:
        """From the units of the column before to their outlets."""
        rows = [row for unit in self.columns[number].units for row in unit.incoming]
        for source in sorted({row.source for row in rows}):
            own = [row for row in rows if row.source == source]
            start = self._centre(number - 1, source)
            start = Point(start.x + self.strips[number - 1].half[source][0], start.y)
            dashed = all(row.dashed for row in own)
            key = self.columns[number - 1].units[source].key
            yield Edge((start, self._outlet(number - 1, source)), _strongest(own), head, dashed, key)

    def _labels(self, number: int) -> Iterator[Label]:
        for j, unit in enumerate(self.columns[number].units):
            for row, box in self._rows(number, j) if unit.incoming else ():
                if row.lines:
                    yield Label(box, row.lines, row.frame, row.state)
            if unit.below:
                centre, (_, half_height) = self._centre(number, j), self.strips[number].half[j]
                width, height = text_size(unit.below)
                top = centre.y + half_height + BELOW_GAP
                yield Label(Box(centre.x - width // 2, top, width, height), unit.below, state=unit.state)

    def _nodes(self, number: int) -> Iterator[Node]:
        for j, unit in enumerate(self.columns[number].units):
            box = around(self._centre(number, j), *self.strips[number].half[j])
            yield Node(unit.key, unit.role, unit.shape, box, unit.inside, unit.state)

    def _headings(self) -> Iterator[Caption]:
        for number, column in enumerate(self.columns):
            for position, words in enumerate(column.words):
                middle = self.left[number] + self.strips[number].width // 2
                width = words_width(words, SMALL_TEXT)
                top = MARGIN + position * CAPTION_HEIGHT
                yield Caption(Box(middle - width // 2, top, width, CAPTION_HEIGHT), words)

    def _footer(self, words: str) -> Iterator[Item]:
        """The broad arrow of a pass, and its name."""
        middle = self.width // 2
        half = min(9000, self.width // 4)
        y = self.height - FOOTER + 700
        start, end = Point(middle - half, y), Point(middle + half, y)
        yield Arrow(start, end) if self.direction > 0 else Arrow(end, start)
        width = words_width(words, SMALL_TEXT)
        yield Caption(Box(middle - width // 2, y + 500, width, CAPTION_HEIGHT), words)


def _reach(column: Column, half: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """How far the units of a column reach up and down at most."""
    ups, downs = zip(*extents(column, half), strict=True)
    return max(ups), max(downs)


class Placed(Protocol):
    """Items with the size of the space that they take."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def items(self) -> tuple[Item, ...]: ...


def larger(*drawings: Placed) -> Placed:
    """The lowest of the drawings whose letters can be read on a page, or else the one with the largest letters."""
    legible = [drawing for drawing in drawings if scale(drawing) >= LEGIBLE]
    return min(legible, key=lambda drawing: scale(drawing) * drawing.height) if legible else max(drawings, key=scale)


def scale(drawing: Placed | Scene) -> Fraction:
    """How large a drawing appears on a page, at most 1."""
    return min(Fraction(1), Fraction(PAGE[0], drawing.width), Fraction(PAGE[1], drawing.height))


def _strongest(rows: Sequence[Incoming]) -> State:
    """The state of a line that several connections share."""
    states = {row.state for row in rows}
    return "lit" if "lit" in states else "plain" if "plain" in states else "dim"
