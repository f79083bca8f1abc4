"""Filling: a text printed once with marks becomes a file by putting in the numbers, signs and words of one variant.

The text is split once at its marks; filling joins the pieces with what belongs between them. How a number is written
in a format, and when it needs brackets, comes from the format's dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from derive.formula.dialect import Dialect
from derive.formula.marks import (
    BEGIN,
    DIGITS,
    END,
    FACTOR,
    IN_WORDS,
    NUMBER,
    PLAIN_WORD,
    RELATION,
    SPOKEN,
    SPOKEN_FACTOR,
    SPOKEN_RELATION,
    WORD,
    Mark,
    split,
)
from derive.render.escape import Escaped
from derive.render.formats import Format


class Filling(NamedTuple):
    """What one variant puts in: numbers and signs by place, words by place, and which stretches stay."""

    numbers: Sequence[str]
    signs: Sequence[bool]
    words: Sequence[str]
    stretches: Sequence[bool]


class Template:
    """A printed text with marks, ready to be filled."""

    def __init__(self, text: str, row: Format) -> None:
        self.writers = _writers(row)
        text, self.parts = _outer(text, row)
        literals, marks = split(text)
        order = list(dict.fromkeys(marks))
        place = {mark: number for number, mark in enumerate(order)}
        self.order = order
        self.literals = literals
        self.pick = itemgetter(*(place[mark] for mark in marks)) if len(marks) > 1 else None
        self.alone = [place[mark] for mark in marks] if len(marks) <= 1 else []

    def filled(self, filling: Filling) -> Escaped:
        """The same as `fill`, as a part of a larger text of the format."""
        return Escaped(self.fill(filling))

    def texts(self, filling: Filling) -> list[str]:
        """What is put in for each of the different marks."""
        writers = self.writers
        return [
            self.parts[mark.place].fill(filling) if mark.kind == BEGIN else writers[mark.kind](filling, mark.place)
            for mark in self.order
        ]

    @property
    def picks(self) -> list[int]:
        """Which of the texts stands behind each of the literals but the last."""
        return list(self.pick(range(len(self.order)))) if self.pick else self.alone

    def fill(self, filling: Filling) -> str:
        """The text with everything put in."""
        texts = self.texts(filling)
        between: Sequence[str] = self.pick(texts) if self.pick else [texts[place] for place in self.alone]
        return "".join(chain.from_iterable(zip(self.literals, (*between, ""), strict=True)))


class _Stretch:
    """A part that may be left out."""

    def __init__(self, place: int, text: str, row: Format) -> None:
        self.place = place
        self.template = Template(text, row)

    def fill(self, filling: Filling) -> str:
        return self.template.fill(filling) if filling.stretches[self.place] else ""


def _outer(text: str, row: Format) -> tuple[str, list[_Stretch]]:
    """The text with one mark for each stretch, and the stretches; they do not hold each other."""
    parts: list[_Stretch] = []
    literals, marks = split(text)
    if not any(mark.kind == BEGIN for mark in marks):
        return text, parts
    outside, inside, open_at = [literals[0]], list[str](), -1
    for mark, literal in zip(marks, literals[1:], strict=True):
        if mark.kind == BEGIN:
            open_at, inside = mark.place, [literal]
        elif mark.kind == END:
            if mark.place != open_at:
                raise ValueError("a stretch ends that has not begun")
            outside += [Mark(BEGIN, len(parts)).text, literal]
            parts.append(_Stretch(open_at, "".join(inside), row))
            open_at = -1
        else:
            (inside if open_at >= 0 else outside).extend((mark.text, literal))
    return "".join(outside), parts


Writer = Callable[[Filling, int], str]


def _writers(row: Format) -> dict[str, Writer]:
    """How each kind of mark is written."""
    dialect, words = row.dialect, row.words
    escape = row.spoken or row.plain
    number, factor = _number(dialect), _factor(dialect)
    spoken, spoken_factor = _number(words), _factor(words)

    def relation(by: Dialect) -> Writer:
        return lambda filling, place: by.equal if filling.signs[place] else by.nearly

    return {
        NUMBER: lambda filling, place: number(filling.numbers[place]),
        FACTOR: lambda filling, place: factor(filling.numbers[place]),
        DIGITS: lambda filling, place: dialect.digits(filling.numbers[place]),
        IN_WORDS: lambda filling, place: dialect.in_words(filling.numbers[place]),
        RELATION: relation(dialect),
        SPOKEN: lambda filling, place: escape(spoken(filling.numbers[place])),
        SPOKEN_FACTOR: lambda filling, place: escape(spoken_factor(filling.numbers[place])),
        SPOKEN_RELATION: relation(words),
        WORD: lambda filling, place: row.text(filling.words[place]),
        PLAIN_WORD: lambda filling, place: row.plain(filling.words[place]),
    }


def _number(dialect: Dialect) -> Callable[[str], str]:
    if dialect.number("-1.5").text == "-1.5":
        return str  # written as it is, and called very often
    return lambda text: dialect.number(text).text


def _factor(dialect: Dialect) -> Callable[[str], str]:
    if dialect.bracket(dialect.number("-1.5")).text == "(-1.5)":
        return lambda text: f"({text})" if text[0] == "-" else text

    def write(text: str) -> str:
        printed = dialect.number(text)
        return dialect.bracket(printed).text if printed.minus else printed.text

    return write
