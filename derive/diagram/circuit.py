"""A circuit: nodes in columns, lines from each to those that read it, a text above every line and one below.

Behind every node is a stem that carries the node's texts; at its end the line spreads to all readers. A line that
passes a column runs level through it, at a height of its own, and is slanted only between columns, where nothing
stands: so no line can touch a text or a node. What is too wide for a page is broken into bands, and what a later band
needs of an earlier one stands there again. What the texts say is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import isqrt

from derive.diagram.layers import Spot, layered, longest_paths
from derive.diagram.layout import MARGIN
from derive.diagram.scene import Box, Edge, Frame, Item, Label, Lines, Node, Point, Shape, State, around, text_size
from derive.palette import RoleName

STEM_GAP = 150
"""Between a stem and its texts."""
STEM_PAD, LEAST_STEM = 250, 900
"""Beside the texts of a stem, and the length of one that has none and leads somewhere."""
ENTRY = 900
"""From the side of a column to the widest of its nodes: where the arrow heads are."""
SPOT_GAP = 500
"""Between two spots of a column."""
THREAD = 250
"""Half the height that a passing line takes."""
CHANNEL_LEAST, CHANNEL_MOST, STEEPEST = 700, 5000, 5
"""The width of the space between columns: a part of the height that its steepest line climbs."""
SMALLEST = 900
"""Half the width and height of a node at least."""
INSIDE = (350, 200)
"""Between a text and the sides of the box around it."""
EMPTY = (5000, 2200)
"""A box to write into: 17 by 8 mm, a little less where the picture is made smaller to fit."""
SIDES = (True, False)
"""Above the line, and below."""
STIFF = 8
"""How much straighter a line is that passes a column than others."""
SETTLING = 24
"""Passes in which heights are drawn to those of their neighbours."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A node: what is `inside` it, the keys of the `sources` that lead into it, and the texts of its line.

    Where the order of the sources is no matter, the lines may come in as it suits. `name` stands for the node in a
    later band; it becomes the `heading` of its line, unless that is `said` to have it. `column` is where it has to
    stand, where that is not for the layout to say.
    """

    key: str
    role: RoleName
    inside: Lines
    sources: tuple[str, ...] = ()
    above: Lines = ()
    below: Lines = ()
    shape: Shape = "circle"
    ordered: bool = False
    state: State = "plain"
    name: Lines = ()
    said: bool = False
    heading: Lines = ()
    column: int | None = None
    box_above: str | None = None
    box_below: str | None = None
    """What the boxes to write into are called that stand in place of the texts; None where there is none."""
    filled: bool = False
    """Whether the texts stand in the boxes."""
    lit: tuple[str, ...] = ()
    """The sources whose lines are drawn bold."""


class Wiring:
    """Gates, placed; `items` and `width`, `height` are the result. Every gate stands behind its sources."""

    def __init__(self, gates: Sequence[Gate]) -> None:
        self.gates = {gate.key: gate for gate in gates}
        sources = {gate.key: gate.sources for gate in gates}
        self.column = {
            key: gate.column if gate.column is not None else at
            for (key, at), gate in zip(longest_paths(sources).items(), gates, strict=True)
        }
        self.layers = layered(sources, self.column)
        self.read = {one for gate in gates for one in gate.sources}
        self.half = {gate.key: _half_size(gate) for gate in gates}
        self.heights = self._settled()
        lowest = max(self.heights[at][spot] + self._reach(spot)[1] for at, spot in self._spots())
        highest = min(self.heights[at][spot] - self._reach(spot)[0] for at, spot in self._spots())
        for column in self.heights:
            for spot in column:
                column[spot] += MARGIN - highest
        self.height = lowest - highest + 2 * MARGIN
        self.left, self.stem, self.right = self._columns()
        self.width = self.right[-1] + MARGIN

    def _spots(self) -> Iterator[tuple[int, Spot]]:
        return ((at, spot) for at, column in enumerate(self.layers.columns) for spot in column)

    # -- sizes

    def _size(self, gate: Gate, above: bool) -> tuple[int, int]:
        """What the text of a line takes, or its box."""
        boxed = (gate.box_above if above else gate.box_below) is not None
        return EMPTY if boxed else text_size(gate.above if above else gate.below)

    def _reach(self, spot: Spot) -> tuple[int, int]:
        """How far a spot reaches up and down from its line."""
        if spot.through:
            return THREAD, THREAD
        gate = self.gates[spot.key]
        half = self.half[spot.key][1]
        up, down = (height + STEM_GAP if height else 0 for height in (self._size(gate, side)[1] for side in SIDES))
        return max(half, up + text_size(gate.heading)[1]), max(half, down)

    def _stem(self, gate: Gate) -> int:
        """The length of the stem of a gate."""
        widest = max(text_size(gate.heading)[0], *(self._size(gate, side)[0] for side in SIDES))
        return widest + 2 * STEM_PAD if widest else LEAST_STEM if gate.key in self.read else 0

    def _columns(self) -> tuple[list[int], list[int], list[int]]:
        """Of each column where it begins, where its stems begin, and where it ends."""
        left, stem, right = [], [], []
        x = MARGIN
        for at, column in enumerate(self.layers.columns):
            own = [self.gates[spot.key] for spot in column if not spot.through]
            entered = ENTRY if any(gate.sources for gate in own) else 0
            left.append(x)
            stem.append(x + entered + max((2 * self.half[gate.key][0] for gate in own), default=0))
            right.append(stem[-1] + max(map(self._stem, own), default=0))
            x = right[-1] + (self._channel(at) if at < len(self.layers.lines) else 0)
        return left, stem, right

    def _channel(self, at: int) -> int:
        climbs = [abs(self.heights[at][start] - self.heights[at + 1][end]) for start, end in self.layers.lines[at]]
        return min(max(max(climbs, default=0) // STEEPEST, CHANNEL_LEAST), CHANNEL_MOST)

    # -- heights

    def _settled(self) -> list[dict[Spot, int]]:
        """The height of every spot: near those it is joined to, in the order of the column, with space between."""
        columns = self.layers.columns
        apart = [
            [0, *(self._reach(a)[1] + self._reach(b)[0] + SPOT_GAP for a, b in pairwise(column))] for column in columns
        ]
        heights = [dict(zip(column, _sums(gaps), strict=True)) for column, gaps in zip(columns, apart, strict=True)]
        for found in heights:
            middle = (min(found.values()) + max(found.values())) // 2
            for spot in found:
                found[spot] -= middle
        for turn in range(SETTLING):
            order = range(len(columns)) if turn % 2 == 0 else range(len(columns) - 1, -1, -1)
            for at in order:
                near: dict[Spot, list[tuple[int, int]]] = {spot: [] for spot in columns[at]}
                for start, end in self.layers.lines[at - 1] if at else ():
                    near[end].append((heights[at - 1][start], _stiffness(start, end)))
                for start, end in self.layers.lines[at] if at < len(self.layers.lines) else ():
                    near[start].append((heights[at + 1][end], _stiffness(start, end)))
                wanted = [_mean(near[spot]) if near[spot] else heights[at][spot] for spot in columns[at]]
                pull = [STIFF if spot.through else 1 for spot in columns[at]]
                heights[at] = dict(zip(columns[at], _spread(wanted, apart[at], pull), strict=True))
        return heights

    # -- what is drawn

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Everything that is drawn, what lies on top last."""
        gates = self.gates.values()
        return (
            *sorted(self._edges(), key=lambda edge: edge.state == "lit"),
            *(label for gate in gates for label in self._labels(gate)),
            *(
                Node(gate.key, gate.role, gate.shape, around(self._centre(gate.key), *self.half[gate.key]),
                     gate.inside, gate.state)
                for gate in gates
            ),
        )  # fmt: skip

    def _height(self, key: str) -> int:
        return self.heights[self.column[key]][Spot(key)]

    def _centre(self, key: str) -> Point:
        """The middle of a node: nodes of a column end at its stems."""
        return Point(self.stem[self.column[key]] - self.half[key][0], self._height(key))

    def _edges(self) -> Iterator[Edge]:
        for gate in self.gates.values():
            lines = [one for one in self.gates.values() if gate.key in one.sources]
            state: State = "lit" if any(gate.key in one.lit for one in lines) else "plain"
            at = self.column[gate.key]
            if gate.key in self.read or gate.above or gate.below:
                start = Point(self.stem[at], self._height(gate.key))
                lit = gate.state if gate.key not in self.read else state
                yield Edge((start, Point(self.right[at], start.y)), lit, key=gate.key)
            yield from self._passing(gate, lines)
            yield from self._entering(gate)

    def _passing(self, gate: Gate, readers: Sequence[Gate]) -> Iterator[Edge]:
        """The line of a gate through the columns after its own."""
        at = self.column[gate.key]
        last = max((self.column[one.key] for one in readers), default=at)
        for passed in range(at + 1, last):
            lit = any(gate.key in one.lit and self.column[one.key] > passed for one in readers)
            y, before = self.heights[passed][Spot(gate.key, True)], self._outlet(gate.key, passed - 1)
            level = Point(self.left[passed], y), Point(self.right[passed], y)
            yield Edge((before, *level), "lit" if lit else "plain", key=gate.key)

    def _outlet(self, key: str, at: int) -> Point:
        """Where the line of a gate leaves a column."""
        return Point(self.right[at], self.heights[at][Spot(key, at > self.column[key])])

    def _entering(self, gate: Gate) -> Iterator[Edge]:
        """The lines into a node, with their arrow heads; side by side, as many as it reads."""
        at = self.column[gate.key]
        coming = [(self._outlet(source, at - 1), source) for source in gate.sources]
        if not gate.ordered:
            coming.sort(key=lambda one: one[0].y)
        centre, (half_width, half_height) = self._centre(gate.key), self.half[gate.key]
        room = half_height * 6 // 5
        step = min(800, room // max(len(coming) - 1, 1))
        for number, (start, source) in enumerate(coming):
            off = step * (2 * number - len(coming) + 1) // 2
            inside = isqrt(half_width**2 - off**2) if gate.shape in ("circle", "ring") else half_width
            end = Point(centre.x - inside, centre.y + off)
            state: State = "lit" if source in gate.lit else "plain"
            yield Edge((start, Point(self.left[at], end.y), end), state, "end", key=source)

    def _labels(self, gate: Gate) -> Iterator[Label]:
        at, y = self.column[gate.key], self._height(gate.key)
        for lines, tag, up in ((gate.above, gate.box_above, True), (gate.below, gate.box_below, False)):
            if lines:
                width, height = self._size(gate, up)
                top = y - STEM_GAP - height if up else y + STEM_GAP
                box = Box(self.stem[at] + STEM_PAD, top, width, height)
                shown = lines if tag is None or gate.filled else ()
                frame: Frame = "none" if tag is None else "open"
                yield Label(box, shown, frame, gate.state, lines[0].key, tag or "")
        if gate.heading:
            width, height = text_size(gate.heading)
            top = y - STEM_GAP - height - self._size(gate, above=True)[1]
            yield Label(Box(self.stem[at] + STEM_PAD, top, width, height), gate.heading, state=gate.state)


def _half_size(gate: Gate) -> tuple[int, int]:
    """Half the width and height of a node."""
    width, height = text_size(gate.inside)
    match gate.shape:
        case "circle" | "ring":
            # The corners of the text's box may touch the line, since letters do not reach them.
            radius = max(SMALLEST, isqrt((width // 2) ** 2 + (height // 2) ** 2) + 100)
            return radius, radius
        case "box" | "square":
            return max(width // 2 + INSIDE[0], SMALLEST), max(height // 2 + INSIDE[1], SMALLEST)
    raise ValueError(f"no node has the shape {gate.shape}")


def _sums(gaps: Sequence[int]) -> Iterator[int]:
    total = 0
    for gap in gaps:
        total += gap
        yield total


def _stiffness(start: Spot, end: Spot) -> int:
    return STIFF if start.through and end.through else 1


def _mean(weighed: Sequence[tuple[int, int]]) -> int:
    return sum(value * weight for value, weight in weighed) // sum(weight for _, weight in weighed)


def _spread(wanted: Sequence[int], apart: Sequence[int], pull: Sequence[int]) -> list[int]:
    """The heights nearest to those wanted of which each is at least its distance below the one before.

    Those that `pull` more come nearer. This is isotonic regression by pooling neighbours that violate the order.

    >>> _spread([0, 0, 100], [0, 10, 10], [1, 1, 1])
    [-5, 5, 100]
    """
    sums = list(_sums(apart))
    blocks: list[tuple[int, int, int]] = []
    for want, below, weight in zip(wanted, sums, pull, strict=True):
        total, count = (want - below) * weight, 1
        while blocks and blocks[-1][0] * weight >= total * blocks[-1][1]:
            before = blocks.pop()
            total, weight, count = total + before[0], weight + before[1], count + before[2]
        blocks.append((total, weight, count))
    flat = [total // weight for total, weight, count in blocks for _ in range(count)]
    return [low + below for low, below in zip(flat, sums, strict=True)]
