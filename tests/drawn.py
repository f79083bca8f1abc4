"""Pictures measured: what lies on what."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, pairwise

from derive.diagram.mathtext import segments
from derive.diagram.scene import Box, Caption, Edge, Label, Node, Point, Scene


def boxes(items: tuple[object, ...]) -> list[Box]:
    """What must not overlap: texts, empty boxes and nodes."""
    return [item.box for item in items if isinstance(item, Label | Caption | Node)]


def overlaps(found: list[Box]) -> list[tuple[Box, Box]]:
    return [(a, b) for a, b in combinations(found, 2) if a.overlaps(b)]


def crosses(start: Point, end: Point, box: Box) -> bool:
    """Whether a line has more than a point inside a box; lines along its sides do not count."""
    if max(start.x, end.x) <= box.left or min(start.x, end.x) >= box.right:
        return False
    low, high = Fraction(0), Fraction(1)
    for a, b, least, most in ((start.x, end.x, box.left, box.right), (start.y, end.y, box.top, box.bottom)):
        if a == b:
            if not least < a < most:
                return False
            continue
        first, second = sorted((Fraction(least - a, b - a), Fraction(most - a, b - a)))
        low, high = max(low, first), min(high, second)
    return low < high


def touched(items: tuple[object, ...]) -> Iterator[tuple[Edge, Box]]:
    """The lines that run over a text or a node; an arrow may end in the corner of the box around a round node."""
    for edge in (item for item in items if isinstance(item, Edge)):
        for item in items:
            if not isinstance(item, Label | Caption | Node):
                continue
            round_one = isinstance(item, Node) and item.shape in ("circle", "ring")
            for start, end in pairwise(edge.points):
                if crosses(start, end, item.box) and not (round_one and on_circle(end, item.box)):
                    yield edge, item.box


def on_circle(point: Point, box: Box) -> bool:
    radius, centre = box.width // 2, box.centre
    return abs((point.x - centre.x) ** 2 + (point.y - centre.y) ** 2 - radius**2) <= 4 * radius


def outside(scene: Scene) -> list[Box]:
    """What stands beyond the sides of a picture."""
    whole = Box(0, 0, scene.width, scene.height)
    return [box for box in boxes(scene.items) if not whole.holds(box)]


def smallest_letters(scene: Scene, scale: Fraction) -> tuple[Fraction, Fraction]:
    """The sizes in hundredths of a point of the smallest letters on the line and of the smallest in an index."""
    lines = [line for item in scene.items if isinstance(item, Label) for line in item.lines]
    lines += [line for item in scene.items if isinstance(item, Node) for line in item.inside]
    sizes = [
        (run.size, line.size) for line in lines for part in segments(line.tex) for run in (*part.runs, *part.below)
    ]
    on_line = min((Fraction(a * b, 1000) for a, b in sizes if a > 800), default=Fraction(1000))
    return on_line * scale, min((Fraction(a * b, 1000) for a, b in sizes), default=Fraction(1000)) * scale
