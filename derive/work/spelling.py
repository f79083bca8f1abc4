"""Spellings of a name: the keys under which it is found, and what may stand around it.

Three keys of growing tolerance: as it is, without the marks between indices, without the case of letters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from derive.work.symbols import symbols
from derive.work.tokens import Token, tokens

LONGEST = 400
"""Tokens of a name."""


def _loose(key: str) -> str:
    return key.replace("_", "").replace(",", "")


SPELLINGS: tuple[Callable[[str], str], ...] = (str, _loose, lambda key: _loose(key).casefold())


def whole_key(text: str) -> str | None:
    """The key of a name that is one symbol."""
    pieces = tokens(text)
    found = symbols(pieces, 0)
    return found[0].key if found and found[0].end == len(pieces) else None


def bare(pieces: Sequence[Token]) -> Sequence[Token]:
    """A name without a star before it, brackets around it or an equals sign after it."""
    if len(pieces) > LONGEST:
        # No name is so long; to look for its brackets would take long.
        return pieces
    while pieces and pieces[-1].kind in ("=", ":", "?", "."):
        pieces = pieces[:-1]
    while _enclosed(pieces):
        pieces = pieces[1:-1]
    star = [piece.kind for piece in pieces[:4]]
    for front in (["^", "*"], ["^", "{", "*", "}"], ["*"]):
        if star[: len(front)] == front and len(pieces) > len(front):
            # A star before the name is how some write the weight after the update.
            last = pieces[-1].end
            return [*pieces[len(front) :], Token("+", "+", True, last, last)]
    return pieces


def _enclosed(pieces: Sequence[Token]) -> bool:
    """Whether the first piece opens a bracket that the last one closes."""
    if len(pieces) < 3 or pieces[0].kind not in "{(":
        return False
    depth = 0
    for place, piece in enumerate(pieces):
        depth += (piece.kind in ("{", "(")) - (piece.kind in ("}", ")"))
        if depth == 0:
            return place == len(pieces) - 1
    return False
