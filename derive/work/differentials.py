r"""Derivatives as they are written: dE/dw on one line, \frac{\partial E}{\partial w} over two.

Decides where the name of a derivative ends and which two keys stand in it. Which of them mean something is known to
`names`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from derive.work.symbols import symbols
from derive.work.tokens import Token

FURTHEST = 40
"""Tokens above the line of a fraction."""
_D = frozenset({"d", "D"})


class Differential(NamedTuple):
    """A possible derivative: the key of what is differentiated, the key with respect to which, and where it ends."""

    of: str
    wrt: str
    end: int


def differentials(pieces: Sequence[Token], start: int) -> list[Differential]:
    """The derivatives whose name may begin at `start`."""
    return _stacked(pieces, start) if _is(pieces, start, "frac") else _sloped(pieces, start)


def _stacked(pieces: Sequence[Token], start: int) -> list[Differential]:
    r"""\frac{\partial X}{\partial Y}, also with X behind it."""
    if not _is(pieces, start + 1, "{"):
        return []
    within = range(start + 2, min(start + FURTHEST, len(pieces) - 1))
    below_at = next((place for place in within if _is(pieces, place, "}") and _is(pieces, place + 1, "{")), None)
    if below_at is None:
        return []
    below = [(key, end + 1) for key, end in _each(pieces, below_at + 2) if _is(pieces, end, "}")]
    if not below:
        return []
    wrt, end = below[0]
    above = [key for key, stop in _each(pieces, start + 2) if stop == below_at]
    if above:
        return [Differential(above[0], wrt, end)]
    if _is(pieces, start + 3, "}") and (pieces[start + 2].kind == "partial" or pieces[start + 2].text in _D):
        braced = _is(pieces, end, "{") or _is(pieces, end, "(")
        return [Differential(of.key, wrt, of.end + braced) for of in symbols(pieces, end + braced)]
    return []


def _sloped(pieces: Sequence[Token], start: int) -> list[Differential]:
    """dX/dY on one line."""
    return [
        Differential(of, wrt, end)
        for of, slash in _each(pieces, start)
        if _is(pieces, slash, "/")
        for wrt, end in _each(pieces, slash + 1)
    ]


def _each(pieces: Sequence[Token], start: int) -> list[tuple[str, int]]:
    """d or ∂ before a symbol: the symbol's key and where it ends, the longest first."""
    if start >= len(pieces):
        return []
    token = pieces[start]
    if token.kind == "partial" or (token.kind == "word" and token.text in _D):
        return [(symbol.key, symbol.end) for symbol in symbols(pieces, start + 1)]
    if token.kind == "word" and token.text[:1] in "dD" and len(token.text) > 1:
        head = token._replace(text=token.text[1:])
        rest = [head, *pieces[start + 1 : start + 60]]
        return [(symbol.key, symbol.end + start) for symbol in symbols(rest, 0)]
    return []


def _is(pieces: Sequence[Token], place: int, kind: str) -> bool:
    return 0 <= place < len(pieces) and pieces[place].kind == kind
