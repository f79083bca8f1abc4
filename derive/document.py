"""A document: a small closed tree of blocks, the same for every format.

Prose is text, formulas are trees and pictures are scenes; nothing here is markup. `narrate` builds documents,
`render` turns them into files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from derive.diagram.scene import Scene
from derive.expression import Node
from derive.formula import Line
from derive.palette import RoleName
from derive.wording import ENGLISH, Wording


@dataclass(frozen=True, slots=True)
class Text:
    """Plain words; every character stands for itself in every format."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that lead in a paragraph or a term when it is first named."""

    text: str


@dataclass(frozen=True, slots=True)
class Math:
    """A formula inside a sentence or a table cell."""

    formula: Node | Line


@dataclass(frozen=True, slots=True)
class Code:
    """Something typed literally: an id, a file name, a command."""

    text: str


@dataclass(frozen=True, slots=True)
class Cite:
    """The number of an equation, as (7)."""

    number: int


@dataclass(frozen=True, slots=True)
class Later:
    """Words that are put in when a sheet is filled; `place` tells which."""

    place: int


Inline = Text | Strong | Math | Code | Cite | Later
Words = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words; `leads` where they open what comes below them and no page may end after them."""

    words: Words
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Equation:
    """One or more displayed lines, aligned at their first relation sign; `number` when it is cited elsewhere.

    `whole` keeps the rows of a line on one page, where the lines do not fit on it together; `beside` lets short lines
    stand in two columns.
    """

    lines: tuple[Line, ...]
    number: int | None = None
    whole: bool = False
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Worked:
    """A derivation line by line; each line has the rule that leads to it beside it."""

    left: Node
    lines: tuple[tuple[str, Node, str], ...]
    """Relation sign, formula, rule (empty for none)."""


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under a header; `align` has one letter per column: l, c or r.

    `breaks` where a page may end in the table.
    """

    header: tuple[Words, ...]
    rows: tuple[tuple[Words, ...], ...]
    align: str
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with the words below it; `name` tells its file from those of the others.

    `shows` goes on the sentence that begins with what it is `called`, such as "Figure", and its number, in the text
    above it.
    """

    name: str
    scene: Scene
    caption: Words
    shows: Words = ()
    called: str = "Figure"


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step of a computation: which part it belongs to, what it finds, and how; and what that is worked from.

    `targets` are the ids of what it finds; `scene` counts the pictures from 0. What a step finds may have no place of
    its own in a picture, such as a new weight; then `at` has the ids of those whose place it is.
    """

    part: str
    title: Words
    line: Line
    targets: tuple[str, ...]
    sources: tuple[tuple[str, Line], ...]
    """What the step uses: the id of each quantity, with its value."""
    scene: int = 0
    at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stepper:
    """A computation step by step over pictures, one for each pass; a format without moving parts leaves it out.

    `rest` says what does not stand in it, `drawn` what the pictures are of.
    """

    scenes: tuple[Scene, ...]
    steps: tuple[ShownStep, ...]
    rest: str = ""
    drawn: str = "network"


@dataclass(frozen=True, slots=True)
class Remark:
    """A boxed note beside the main line of thought; `warns` where it is about a slip that many make."""

    title: str
    blocks: tuple[Block, ...]
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and what stands under it; sections inside it are one level deeper."""

    title: Words
    blocks: tuple[Block, ...]


Block = Paragraph | Equation | Worked | Bullets | Table | Figure | Remark | Section


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document; `lead` are the blocks before the first section.

    `roles` are those of the quantities in it, with the words for them: a format that has colours explains them once.
    `moving` makes the computation step by step; only formats with moving parts ask for it.
    """

    title: str
    lead: tuple[Block, ...]
    sections: tuple[Section, ...]
    colophon: str
    roles: Mapping[RoleName, str] = field(default_factory=dict)
    moving: Callable[[], Iterable[Stepper]] = tuple
    language: str = "en"
    """The code of the language of the document."""
    wording: Wording = ENGLISH


def figures(blocks: Iterable[Block]) -> Iterator[Figure]:
    """The pictures among the blocks and inside them, in order."""
    for block in blocks:
        match block:
            case Figure():
                yield block
            case Remark(blocks=inner) | Section(blocks=inner):
                yield from figures(inner)


@dataclass(frozen=True, slots=True)
class Answer:
    """A box for one number. `label` counts question and part (`1a`), `name` is the plain name of what belongs there.

    `number` is what the key writes into the box. Behind it the key notes `other`, the number that the other way of
    rounding gives, under the word `way`, where it differs, and the range from `low` to `high` of correct work.
    """

    label: str
    name: str
    left: Node
    number: Node
    other: Node
    way: str
    low: Node
    high: Node
    points: int
    formula: Node | None = None
    """Printed behind `left`, where the box has no line of its own."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A picture with boxes to write into, and the same with what belongs into them; `name` as of a `Figure`."""

    name: str
    empty: Scene
    filled: Scene


@dataclass(frozen=True, slots=True)
class Task:
    """One part of a question: `lines` are printed, `working` belongs into the room below them, the boxes follow.

    `room` counts the rows to write in. A task without boxes is worked as an example. The boxes of a `pictured` task
    stand in the sketch of its question: only a format in which nothing can be written into a picture prints the task.
    """

    label: str
    words: Words
    lines: tuple[Line, ...]
    working: tuple[Line, ...]
    room: int
    answers: tuple[tuple[Answer, ...], ...]
    pictured: bool = False

    @property
    def boxes(self) -> tuple[Answer, ...]:
        """All boxes in the order in which they are read."""
        return tuple(answer for row in self.answers for answer in row)

    @property
    def points(self) -> int:
        return sum(answer.points for answer in self.boxes)


@dataclass(frozen=True, slots=True)
class Question:
    """A numbered question; `intro` stands before its tasks."""

    title: Words
    intro: tuple[Block, ...]
    tasks: tuple[Task, ...]
    sketch: Sketch | None = None

    @property
    def points(self) -> int:
        return sum(task.points for task in self.tasks)


@dataclass(frozen=True, slots=True)
class Masthead:
    """What an instructor puts at the head of a sheet: `title` in place of the usual one, lines above and below it.

    `footer`: form and page number stand on every page. `large`: large print.
    `language` is the code of the language of the sheet, `points` those of all its
    problems.
    """

    title: str = ""
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    footer: bool = True
    large: bool = False
    language: str = "en"
    points: int = 0


@dataclass(frozen=True, slots=True)
class Worksheet:
    """Questions to work on paper, and everything the key says: both are views of this one document.

    `legend` explains what the key says beside the boxes; it stands at the foot of every page of the key, where it moves
    no box. `remarks` are for the one who marks it, and stand behind the questions of the key. The first question has
    the number `first`. `sketched` is told with them where boxes stand in pictures, which have no notes beside them.
    """

    title: str
    lead: tuple[Block, ...]
    questions: tuple[Question, ...]
    remarks: tuple[Block, ...] = ()
    legend: Words = ()
    masthead: Masthead = Masthead()
    wording: Wording = ENGLISH
    first: int = 1
    sketched: tuple[Block, ...] = ()

    @property
    def points(self) -> int:
        return sum(question.points for question in self.questions)
