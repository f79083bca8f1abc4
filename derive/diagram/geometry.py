"""Triangles, baselines and lengths in points: small geometry that every format needs."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt

from derive.diagram.scene import Box, Lines, Point, text_size
from derive.numbers import decimal_text, trim

HEAD_LENGTH, HEAD_WIDTH = 600, 460


def arrow_head(tip: Point, tail: Point, length: int = HEAD_LENGTH, width: int = HEAD_WIDTH) -> tuple[Point, ...]:
    """The triangle of an arrow head that points from `tail` to `tip`.

    >>> arrow_head(Point(1000, 0), Point(0, 0), 100, 80)
    (Point(x=1000, y=0), Point(x=900, y=-40), Point(x=900, y=40))
    """
    dx, dy = tip.x - tail.x, tip.y - tail.y
    distance = isqrt(dx * dx + dy * dy) or 1
    back = Point(tip.x - dx * length // distance, tip.y - dy * length // distance)
    across = Point(-dy * width // (2 * distance), dx * width // (2 * distance))
    return (tip, Point(back.x - across.x, back.y - across.y), Point(back.x + across.x, back.y + across.y))


def baselines(lines: Lines, box: Box) -> Iterator[Point]:
    """The middle of the baseline of each line, the lines together centred in a box."""
    y = box.centre.y - text_size(lines)[1] // 2
    for line in lines:
        yield Point(box.centre.x, y + line.rise)
        y += line.height


def number(units: int) -> str:
    """A length in points.

    >>> number(1250), number(-5), number(300)
    ('12.5', '-0.05', '3')
    """
    return trim(decimal_text(abs(units), 2, units < 0))
