"""Sentences with formulas in them: the words of a document, made from templates.

Decides how what stands in braces becomes part of a sentence, and how lists are joined. What is said is for others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from derive.document import Block, Cite, Code, Inline, Math, Paragraph, Section, Strong, Text, Words
from derive.expression import Node, Ref
from derive.formula import Line
from derive.quantity import Quantity

Part = Quantity | Node | Line | Inline | str | int | Sequence[Quantity] | Sequence[Inline]

QUESTION = re.compile(r"[^.!?\s][^.!?]*\?")
MOST_LISTED = 6
"""Names that are listed in full."""


class Sentences:
    """Makes the words of a document."""

    def words(self, template: str, **parts: Part) -> Words:
        """A sentence with `{name}` where a quantity, a formula or a number of an equation goes."""
        pieces: list[Inline] = []
        for position, piece in enumerate(re.split(r"\{(\w+)\}", template)):
            if position % 2:
                pieces.extend(self._inline(parts[piece]))
            elif piece:
                pieces.append(Text(piece))
        return tuple(pieces)

    def say(self, template: str, lead: str = "", **parts: Part) -> Paragraph:
        """A paragraph; `lead` are the bold words that open it."""
        opening: Words = (Strong(lead), Text(" ")) if lead else ()
        return Paragraph(opening + self.words(template, **parts))

    def section(self, title: str, blocks: Iterable[Block], **parts: Part) -> Section:
        return Section(self.words(title, **parts), tuple(blocks))

    def _inline(self, part: Part) -> list[Inline]:
        match part:
            case Quantity():
                return [Math(Ref(part))]
            case Node() | Line():
                return [Math(part)]
            case str():
                return [Text(part)]
            case int():
                return [Text(str(part))]
            case Text() | Strong() | Math() | Code() | Cite():
                return [part]
            case list() | tuple():
                if part and not isinstance(part[0], Quantity):
                    return [piece for one in part for piece in self._inline(one)]
                return listed([Math(Ref(q)) for q in part if isinstance(q, Quantity)])
        raise TypeError(f"{part!r} has no place in a sentence")


def listed(items: Sequence[Inline]) -> list[Inline]:
    """a, b and c; a long list is shortened in the middle."""
    if len(items) > MOST_LISTED:
        items = [*items[:3], Text("…"), items[-1]]
    pieces: list[Inline] = []
    for position, item in enumerate(items):
        if position:
            pieces.append(Text(" and " if position == len(items) - 1 else ", "))
        pieces.append(item)
    return pieces


def count(number: int, noun: str) -> str:
    """A number in words where it is small, with its noun: `two inputs`."""
    words = (
        "no",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    )
    plural = noun if number == 1 else f"{noun}s"
    return f"{words[number] if number < len(words) else number} {plural}"


def question(story: str) -> str:
    """The last question of a story; empty where it asks none.

    >>> question("A student sleeps 6 hours. Will the student pass? We shall see.")
    'Will the student pass?'
    """
    found = QUESTION.findall(story)
    return found[-1] if found else ""


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
