"""A long row of columns in two bands under each other, as a long line of text is broken.

The column where the first band ends begins the second one again, so that every connection is drawn whole in one of
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from derive.diagram.columns import Column
from derive.diagram.layout import Drawing
from derive.diagram.scene import Arrow, Box, Caption, Edge, Item, Label, Node, Point

CONTINUED = "continued"


@dataclass(frozen=True, slots=True)
class Bands:
    """Two drawings under each other."""

    upper: Drawing
    lower: Drawing

    @property
    def width(self) -> int:
        return max(self.upper.width, self.lower.width)

    @property
    def height(self) -> int:
        return self.upper.height + self.lower.height

    @property
    def items(self) -> tuple[Item, ...]:
        return (*self.upper.items, *(lowered(item, self.upper.height) for item in self.lower.items))


def in_bands(columns: Sequence[Column]) -> list[Bands]:
    """The columns in two bands, broken where the wider one is narrowest; none where there are too few columns."""
    left = Drawing(columns).left
    inner = range(1, len(columns) - 1)
    if not inner:
        return []
    end = min(inner, key=lambda at: max(left[at] - left[0], left[-1] - left[at]))
    return [Bands(Drawing(columns[: end + 1]), Drawing(continued(columns[end:])))]


def continued(columns: Sequence[Column]) -> list[Column]:
    """The columns of a second band: the first one is repeated, without what the first band says of it."""
    first, *rest = columns
    return [Column(tuple(replace(unit, incoming=(), below=()) for unit in first.units), (CONTINUED,)), *rest]


def lowered(item: Item, by: int) -> Item:
    """The same thing further down."""
    match item:
        case Edge(points=points):
            return replace(item, points=tuple(Point(x, y + by) for x, y in points))
        case Arrow(start, end):
            return Arrow(Point(start.x, start.y + by), Point(end.x, end.y + by))
        case Node(box=box) | Label(box=box) | Caption(box=box):
            return replace(item, box=Box(box.left, box.top + by, box.width, box.height))
    raise TypeError(f"no place for {item!r}")
