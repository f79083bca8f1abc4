"""What a picture is made of: a small closed set of shapes and texts in whole hundredths of a point.

A scene knows places, roles and texts, but no colours, fonts or file formats; x grows to the right and y downwards.
`layout` makes scenes, `svg` and `tikz` write them. Every text is either a line of TeX mathematics or plain words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from derive.diagram.mathtext import is_tall, text_width, width
from derive.palette import RoleName

POINT = 100
"""Units in a point."""
TEXT = 1000
"""Size of text: 10 points."""
SMALL_TEXT = 900

State = Literal["plain", "lit", "dim"]
"""Lit things are drawn bold, dim ones thin and dotted."""
Frame = Literal["none", "solid", "dashed", "cell", "open"]
"""Cells of grids have sharp corners; an open one has nothing behind its text."""
SHARP = frozenset({"cell", "open"})
Shape = Literal["circle", "ring", "square", "box", "dot"]
"""A ring is a circle with a double line; a dot carries no text."""
Head = Literal["none", "end", "start"]

TAG_GAP = 150
"""Between the side of a box and its tag."""
SLACK = 112
"""Per cent of the width of Times that a text may take, because other fonts are wider."""


class Point(NamedTuple):
    x: int
    y: int


class Box(NamedTuple):
    """A rectangle; boxes that only touch do not overlap."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def centre(self) -> Point:
        return Point(self.left + self.width // 2, self.top + self.height // 2)

    def overlaps(self, other: Box) -> bool:
        """Whether the two have an area in common.

        >>> Box(0, 0, 10, 10).overlaps(Box(9, 9, 5, 5)), Box(0, 0, 10, 10).overlaps(Box(10, 0, 5, 5))
        (True, False)
        """
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def holds(self, other: Box) -> bool:
        """Whether the other lies inside."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


def around(centre: Point, half_width: int, half_height: int) -> Box:
    """The box of a given half width and height around a point."""
    return Box(centre.x - half_width, centre.y - half_height, 2 * half_width, 2 * half_height)


@dataclass(frozen=True, slots=True)
class MathLine:
    """One line of mathematics; `key` is the id of the quantity it is about."""

    tex: str
    role: RoleName
    key: str = ""
    size: int = TEXT

    @property
    def width(self) -> int:
        """What it may take, with room for fonts wider than Times."""
        return width(self.tex) * self.size // 1000 * SLACK // 100

    @property
    def rise(self) -> int:
        """From the baseline up."""
        return self.size * (150 if is_tall(self.tex) else 95) // 100

    @property
    def fall(self) -> int:
        """From the baseline down."""
        return self.size * (118 if is_tall(self.tex) else 40) // 100

    @property
    def height(self) -> int:
        return self.rise + self.fall


Lines = tuple[MathLine, ...]


@lru_cache(maxsize=4096)
def text_size(lines: Lines) -> tuple[int, int]:
    """Width and height of lines under each other."""
    return max((line.width for line in lines), default=0), sum(line.height for line in lines)


def words_width(words: str, size: int) -> int:
    """What plain words may take."""
    return text_width(words) * size // 1000 * SLACK // 100


@dataclass(frozen=True, slots=True)
class Node:
    """A quantity of the network as a shape with text in it; `key` is the quantity's id."""

    key: str
    role: RoleName
    shape: Shape
    box: Box
    inside: Lines = ()
    state: State = "plain"


@dataclass(frozen=True, slots=True)
class Edge:
    """A line through points, with an arrow head at one end or none."""

    points: tuple[Point, ...]
    state: State = "plain"
    head: Head = "none"
    dashed: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """Lines of mathematics centred in a box; without lines it is a box to write into, and `key` says what."""

    box: Box
    lines: Lines
    frame: Frame = "none"
    state: State = "plain"
    key: str = ""
    tag: str = ""
    """Small words in the left of a box to write into, by which it is called."""

    @property
    def tag_size(self) -> int:
        """Their size."""
        return self.box.height * 2 // 5

    @property
    def inner(self) -> Box:
        """The part of the box that the lines have, beside the tag."""
        taken = words_width(self.tag, self.tag_size) + TAG_GAP if self.tag else 0
        return Box(self.box.left + taken, self.box.top, self.box.width - taken, self.box.height)

    @property
    def tag_box(self) -> Box:
        """The part that the tag has."""
        width = words_width(self.tag, self.tag_size)
        return Box(self.box.left + TAG_GAP, self.box.top, width, self.box.height)

    @property
    def role(self) -> RoleName:
        """The role of what the lines are about."""
        return self.lines[0].role if self.lines else "neutral"


@dataclass(frozen=True, slots=True)
class Caption:
    """Plain words centred in a box."""

    box: Box
    words: str
    size: int = SMALL_TEXT


@dataclass(frozen=True, slots=True)
class Arrow:
    """A broad arrow that shows the direction of a pass."""

    start: Point
    end: Point


Item = Node | Edge | Label | Caption | Arrow


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole picture; `title` and `description` are its alternative text."""

    width: int
    height: int
    items: tuple[Item, ...]
    title: str
    description: str

    @property
    def alt_text(self) -> str:
        """The whole picture in words.

        >>> Scene(1, 1, (), "Which word fits?", "E is given.").alt_text
        'Which word fits? E is given.'
        """
        end = "" if self.title.endswith((".", "?", "!")) else "."
        return f"{self.title}{end} {self.description}".strip()

    def of(self, *kinds: type[Item]) -> list[Item]:
        """The items of these kinds, in order."""
        return [item for item in self.items if isinstance(item, kinds)]
