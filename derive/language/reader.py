"""Tokens read one after the other, with a bound on depth, and how a fault is told.

Decides what a message says about the place at which reading stopped. What the tokens mean is for the grammars.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from derive.errors import InputError, shown
from derive.language.tokens import Token, tokens
from derive.language.words import FUNCTIONS, KEYWORDS, MAX_DEPTH, MAX_INDEX

T = TypeVar("T")

_NO_PRODUCT = "write * between factors."


class Reader:
    """One reading of one line."""

    def __init__(
        self, text: str, number: int = 1, comment: str = "", update: bool = False, library: bool = False
    ) -> None:
        self.text, self.number, self.comment, self.update, self.library = text, number, comment, update, library
        self.pieces = tokens(text)
        self.place = self.depth = 0

    @property
    def piece(self) -> Token:
        return self.pieces[self.place]

    def sees(self, *kinds: str) -> bool:
        return self.piece.kind in kinds

    def sees_word(self, *words: str) -> bool:
        return self.piece.kind == "name" and self.piece.text in words

    def takes(self, *kinds: str) -> bool:
        if not self.sees(*kinds):
            return False
        self.place += 1
        return True

    def takes_word(self, *words: str) -> bool:
        if not self.sees_word(*words):
            return False
        self.place += 1
        return True

    def need(self, kind: str, hint: str | None = None) -> None:
        if not self.takes(kind):
            raise self.fault(kind, hint)

    def after(self, steps: int = 1) -> Token:
        return self.pieces[min(self.place + steps, len(self.pieces) - 1)]

    def fault(self, expected: str, hint: str | None = None) -> InputError:
        rest = self.text[self.piece.start :]
        found = shown(rest) if rest else "the end of the equation"
        return InputError(expected, found, hint=hint or self.usual_mistake())

    def usual_mistake(self) -> str | None:
        """What to write where two factors stand beside each other, or a sign of another language."""
        before = self.pieces[self.place - 1] if self.place else None
        if self.sees("==", "="):
            return "between the name and its formula stands one =; conditions stand behind `if`, with ==."
        if self.sees_word("or"):
            return "conditions are joined by and; for an or write two sums or two equations."
        if before is not None and before.kind in ("name", "number", ")", "]") and self.sees("name", "number", "(", "["):
            if self.sees("["):
                return "an index stands right behind the name of an array."
            if before.kind == "name" and self.sees("("):
                return _NO_PRODUCT
            glued = self.text[before.start : self.piece.start + len(self.piece.text)]
            plain = len(glued) < 20 and before.kind in ("name", "number") and self.sees("name")
            return f"write {before.text}*{self.piece.text}." if plain else _NO_PRODUCT
        if self.sees("'"):
            return "a name with ' stands in updates only, left of = and where a new value is used."
        return None

    def deeper(self, read: Callable[[], T]) -> T:
        """`read()` one bracket, sign or power further inside."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise InputError(f"a formula with at most {MAX_DEPTH} brackets, signs and powers inside each other", "more")
        found = read()
        self.depth -= 1
        return found

    def separated(self, read: Callable[[], T], most: int = 1000) -> tuple[T, ...]:
        """One or more, with commas between them."""
        found = [read()]
        while self.takes(","):
            found.append(read())
            if len(found) > most:
                raise InputError(f"at most {most} between these brackets", "more")
        return tuple(found)

    def new_name(self, expected: str, hint: str | None = None) -> str:
        if not self.sees("name"):
            raise self.fault(expected, hint)
        name = self.piece.text
        if name in KEYWORDS or name in FUNCTIONS:
            raise InputError(
                expected, shown(name), hint=f"the word {name} belongs to the language; choose another name."
            )
        self.place += 1
        return name

    def quantity_name(self, expected: str) -> str:
        """A name that is no word of the language."""
        if not self.sees("name"):
            raise self.fault(expected)
        name = self.piece.text
        if name in KEYWORDS or name in FUNCTIONS:
            raise self.fault(expected, f"the word {name} belongs to the language and is no name.")
        self.place += 1
        return name

    def whole(self) -> int:
        text = self.piece.text
        if not text.isdigit():
            if self.sees("number"):
                raise InputError("a whole number as index", shown(text), hint="an index is never rounded.")
            raise self.fault("a whole number as index", "an index is never rounded.")
        if len(text) > len(str(MAX_INDEX)) or int(text) > MAX_INDEX:
            raise InputError(f"a whole number up to {MAX_INDEX} as index", shown(text))
        self.place += 1
        if self.sees("name") and self.piece.text not in KEYWORDS:
            raise self.fault("a sign of calculation")
        return int(text)
