"""Marks: what stands in a printed formula, and in a finished file, where a text is put in later.

A mark is two characters that no document contains: which kind of text is wanted, and the place of the text in a list.
Printing once with marks and filling them many times is what makes a class set cheap. Which texts there are is not
decided here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

NUMBER, FACTOR, DIGITS, IN_WORDS, RELATION, SPOKEN, SPOKEN_FACTOR, SPOKEN_RELATION, WORD, PLAIN_WORD, BEGIN, END = map(
    chr, range(0xF0000, 0xF000C)
)
"""The kinds: a number as a formula, and one that needs brackets when it is negative; its digits as plain text inside a
gap, and outside of formulas; a sign of equality; the first, the second and a sign in words; a text as words and where
no markup may stand; the ends of a stretch that may be left out."""

_FIRST = 0x100000
MOST_PLACES = 0xFFFD
MARK = re.compile(f"([{NUMBER}-{END}])([\U00100000-\U0010fffd])")


class Mark(NamedTuple):
    """A kind and a place."""

    kind: str
    place: int

    @property
    def text(self) -> str:
        """The two characters.

        >>> MARK.sub("[text]", "w = " + Mark(NUMBER, 7).text)
        'w = [text]'
        """
        if not 0 <= self.place <= MOST_PLACES:
            raise ValueError(f"a document has no place number {self.place}")
        return self.kind + chr(_FIRST + self.place)


def split(text: str) -> tuple[list[str], list[Mark]]:
    """A text with marks as the pieces between them, and the marks.

    >>> split("a" + Mark(WORD, 1).text + "b") == (["a", "b"], [Mark(WORD, 1)])
    True
    """
    parts = MARK.split(text)
    marks = [Mark(kind, ord(place) - _FIRST) for kind, place in zip(parts[1::3], parts[2::3], strict=True)]
    return parts[::3], marks


def is_mark(text: str) -> bool:
    return MARK.fullmatch(text) is not None
