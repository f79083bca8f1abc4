"""A long row of columns in bands under each other, as a long line of text is broken.

The column where a band ends begins the next one again, so that every connection is drawn whole in one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from derive.diagram.columns import Column
from derive.diagram.layout import LEGIBLE, MARGIN, PAGE, Drawing, Placed
from derive.diagram.scene import Arrow, Box, Caption, Edge, Item, Label, Node, Point

CONTINUED = "continued"
WIDEST = int(PAGE[0] / LEGIBLE)
"""The widest drawing whose letters can be read on a page."""


@dataclass(frozen=True, slots=True)
class Bands:
    """Drawings under each other."""

    drawings: tuple[Placed, ...]

    @property
    def width(self) -> int:
        return max(drawing.width for drawing in self.drawings)

    @property
    def height(self) -> int:
        return sum(drawing.height for drawing in self.drawings)

    @property
    def items(self) -> tuple[Item, ...]:
        tops = accumulate((drawing.height for drawing in self.drawings[:-1]), initial=0)
        return tuple(lowered(item, top) for drawing, top in zip(self.drawings, tops, strict=True)
                     for item in drawing.items)  # fmt: skip


def in_bands(columns: Sequence[Column], direction: int = 1, footer: str = "", again: str = CONTINUED) -> list[Bands]:
    """The columns in two bands, broken where the wider one is narrowest, and in as many as can be read.

    `again` stands above what a later band repeats.
    """
    whole = Drawing(columns)
    left, last = whole.left, len(columns) - 1
    inner = range(1, last)
    if not inner:
        return []
    middle = min(inner, key=lambda at: max(left[at] - left[0], left[-1] - left[at]))
    ends = [0]
    for at in inner:
        # The band would reach over the next column too, and past the side of the page.
        if left[at + 1] + whole.strips[at + 1].width - left[ends[-1]] + 2 * MARGIN > WIDEST:
            ends.append(at)
    broken = dict.fromkeys(((0, middle, last), (*ends, last)))
    return [Bands(tuple(_drawn(columns, ends, direction, footer, again))) for ends in broken if len(ends) > 2]


def _drawn(
    columns: Sequence[Column], ends: Sequence[int], direction: int, footer: str, again: str
) -> Iterator[Drawing]:
    """One drawing from each end to the next; the name of the pass stands below the last."""
    for start, end in pairwise(ends):
        part = columns[start : end + 1]
        yield Drawing(continued(part, again) if start else part, direction, footer if end == ends[-1] else "")


def continued(columns: Sequence[Column], again: str) -> list[Column]:
    """The columns of a later band: the first one is repeated, without what the band before says of it."""
    first, *rest = columns
    return [Column(tuple(replace(unit, incoming=(), below=()) for unit in first.units), (again,)), *rest]


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
