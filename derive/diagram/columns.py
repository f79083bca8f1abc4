"""What is to be drawn, in columns, and how much space each part of a column takes.

A column holds units, a unit the connections that come into it with their labels. Sizes only; `layout` finds the
places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isqrt

from derive.diagram.scene import Frame, Lines, Shape, State, text_size
from derive.palette import RoleName

SMALLEST_RADIUS = 1700
SQUARE = 950
"""Half the side of the square of a bias."""
RING_GAP = 260
"""Between the two lines of a ring."""
PAD_X, PAD_Y = 400, 220
"""Between a label's text and its border."""
ROW_GAP, BELOW_GAP = 400, 350
"""Between two rows of a stack, and between a node and the text below it."""
THREAD = 500
"""Height of the row of a connection without a label."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A connection from unit number `source` of the column before; without lines it is a mere thread."""

    source: int
    key: str = ""
    lines: Lines = ()
    frame: Frame = "solid"
    state: State = "plain"
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """A node to place: `inside` it, `below` it, and what comes in; an `extra` one hangs below its column."""

    key: str
    role: RoleName
    shape: Shape
    inside: Lines = ()
    below: Lines = ()
    incoming: tuple[Incoming, ...] = ()
    state: State = "plain"
    extra: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """Units under each other; `words` are the lines of its caption."""

    units: tuple[Unit, ...]
    words: tuple[str, ...] = ()


def half_sizes(column: Column) -> tuple[tuple[int, int], ...]:
    """Half the width and height of every node; circles of one column are of one size."""
    needed = [half_size(unit) for unit in column.units]
    round_ones = [size for unit, size in zip(column.units, needed, strict=True) if unit.shape in ("circle", "ring")]
    largest = max(round_ones, default=(0, 0))
    return tuple(
        largest if unit.shape in ("circle", "ring") else size for unit, size in zip(column.units, needed, strict=True)
    )


def half_size(unit: Unit) -> tuple[int, int]:
    width, height = text_size(unit.inside)
    match unit.shape:
        case "circle" | "ring":
            # The text's box lies in the circle; its corners may touch the line, since letters do not reach them.
            ring = RING_GAP if unit.shape == "ring" else 0
            radius = max(SMALLEST_RADIUS, isqrt((width // 2) ** 2 + (height // 2) ** 2) + 250 + ring)
            return radius, radius
        case "box":
            return max(width // 2 + 2 * PAD_X, SMALLEST_RADIUS), max(height // 2 + 2 * PAD_Y, SMALLEST_RADIUS * 2 // 3)
        case "square":
            return max(SQUARE, width // 2 + PAD_Y), max(SQUARE, height // 2)
    raise ValueError(f"no unit has the shape {unit.shape}")


def row_height(row: Incoming) -> int:
    return text_size(row.lines)[1] + 2 * PAD_Y if row.lines else THREAD


def stack_height(unit: Unit) -> int:
    rows = unit.incoming
    return sum(row_height(row) for row in rows) + ROW_GAP * (len(rows) - 1) if rows else 0


def below_height(unit: Unit) -> int:
    return text_size(unit.below)[1] + BELOW_GAP if unit.below else 0


def extents(column: Column, half: Sequence[tuple[int, int]], extra: bool = False) -> Iterator[tuple[int, int]]:
    """How far each unit reaches up and down from its centre."""
    for unit, (_, half_height) in zip(column.units, half, strict=True):
        if unit.extra and not extra:
            continue
        stack = stack_height(unit) // 2
        yield max(half_height, stack), max(half_height + below_height(unit), stack)
