"""What stays together on a page: words and what they lead to, a heading and what begins below it, a few tall lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from derive.document import Block, Bullets, Equation, Figure, Inline, Paragraph, Section, Strong, Table, Text, Worked
from derive.render.inlines import Written
from derive.render.layout import PAGE_WIDTH

DISPLAYS = (Equation, Worked)
"""The blocks that are one displayed formula."""

LED_TO = (Equation, Worked, Bullets, Table, Section)
"""The blocks that the words above lead to: no page should end between them."""

WHOLE_LINES = 5
"""The most lines of a paragraph that is kept on one page."""

ROOM, ROOM_FOR_TWO = 6, 11
"""Lines below which a heading, or one with another below it, begins a new page where the format must be told."""


def stays_whole(words: Iterable[Written]) -> bool:
    """Whether a paragraph keeps its lines on one page: a few with fractions, the last of which may be a formula."""
    pieces = list(words)
    width = sum(piece.width for piece in pieces)
    return any(piece.tall for piece in pieces) and PAGE_WIDTH < width < WHOLE_LINES * PAGE_WIDTH


def leads_on(block: Block, below: Block | None, word: Callable[[Inline], Written]) -> bool:
    """Whether no page may end between a block and the one below it."""
    if isinstance(below, LED_TO) or (below is not None and ends_open(block)):
        return True
    match block:
        case Paragraph((Strong(), *_) as words, True) if isinstance(below, Paragraph):
            # A long paragraph with a heading of its own may end a page where another one comes next.
            return sum(word(piece).width for piece in words) < 2 * PAGE_WIDTH
        case Paragraph(_, True):
            return True
    return False


def rests(above: Block, block: Block, word: Callable[[Inline], Written]) -> bool:
    """Whether a picture from further above may stand between two blocks: nothing goes on from one to the other.

    What follows a formula goes on from it, unless it has a heading of its own.
    """
    if isinstance(above, Section) or isinstance(block, (*LED_TO, Figure)) or leads_on(above, block, word):
        return False
    return not goes_on(above, block)


def goes_on(above: Block | None, block: Block) -> bool:
    """Whether a paragraph below a formula says more of it."""
    match block:
        case Paragraph((Strong(), *_)):
            return False
        case Paragraph():
            return isinstance(above, DISPLAYS)
    return False


def ends_open(block: Block) -> bool:
    """Whether a paragraph ends with a colon, or is a heading of its own: a few bold words and no more."""
    match block:
        case Paragraph((Strong(), *rest)) if all(isinstance(word, Text) and not word.text.strip() for word in rest):
            return True
        case Paragraph((*_, Text(text) | Strong(text))):
            return text.rstrip().endswith(":")
    return False


def opens_below(blocks: tuple[Block, ...]) -> bool:
    """Whether a section begins with another one, or with a paragraph and another one."""
    return any(isinstance(block, Section) for block in blocks[:2])
