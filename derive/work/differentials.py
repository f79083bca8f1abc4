r"""Derivatives as they are written: dE/dw on one line, \frac{\partial E}{\partial w} over two.

Decides where the name of a derivative ends and which two names stand in it. Which of them mean something is known to
`names`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from derive.work.symbols import Symbol, symbols
from derive.work.tokens import Token

FURTHEST = 40
"""Tokens above the line of a fraction."""
_D = frozenset({"d", "D"})
_ARGUMENTS = frozenset({"word", ",", ";", "_", "^", "{", "}", "[", "]", "number"})


class Differential(NamedTuple):
    """A possible derivative: what is differentiated, with respect to what, and where it ends."""

    of: Symbol
    wrt: Symbol
    end: int


def differentials(pieces: Sequence[Token], start: int) -> list[Differential]:
    """The derivatives whose name may begin at `start`."""
    if _is(pieces, start, "nabla"):
        return _nabla(pieces, start)
    return _stacked(pieces, start) if _is(pieces, start, "frac") else _sloped(pieces, start)


def _nabla(pieces: Sequence[Token], start: int) -> list[Differential]:
    r"""\nabla_W L, also \nabla_{W} L."""
    if not _is(pieces, start + 1, "_"):
        return []
    braced = _is(pieces, start + 2, "{")
    found = symbols(pieces, start + 2 + braced)
    if not braced:
        # Of what is not in braces one letter is below; the loss stands behind it.
        found = found[-1:]
    return [
        Differential(of, wrt, past_arguments(pieces, of.end))
        for wrt in found
        if not braced or _is(pieces, wrt.end, "}")
        for of in symbols(pieces, wrt.end + braced)
    ]


def past_arguments(pieces: Sequence[Token], place: int) -> int:
    """The place behind the arguments of a loss, as in J(W, b)."""
    if not _is(pieces, place, "("):
        return place
    for end in range(place + 1, min(place + FURTHEST, len(pieces))):
        if pieces[end].kind == ")":
            return end + 1
        if pieces[end].kind not in _ARGUMENTS:
            break
    return place


def _stacked(pieces: Sequence[Token], start: int) -> list[Differential]:
    r"""\frac{\partial X}{\partial Y}, also with X behind it."""
    if not _is(pieces, start + 1, "{"):
        return []
    within = range(start + 2, min(start + FURTHEST, len(pieces) - 1))
    below_at = next((place for place in within if _is(pieces, place, "}") and _is(pieces, place + 1, "{")), None)
    if below_at is None:
        return []
    below = [(wrt, wrt.end + 1) for wrt in _each(pieces, below_at + 2) if _is(pieces, wrt.end, "}")]
    if not below:
        return []
    wrt, end = below[0]
    above = [of for of in _each(pieces, start + 2) if below_at in (of.end, past_arguments(pieces, of.end))]
    if above:
        return [Differential(above[0], wrt, end)]
    if _is(pieces, start + 3, "}") and (pieces[start + 2].kind == "partial" or pieces[start + 2].text in _D):
        braced = _is(pieces, end, "{") or _is(pieces, end, "(")
        return [Differential(of, wrt, of.end + braced) for of in symbols(pieces, end + braced)]
    return []


def _sloped(pieces: Sequence[Token], start: int) -> list[Differential]:
    """dX/dY on one line."""
    return [
        Differential(of, wrt, wrt.end)
        for of in _each(pieces, start)
        if _is(pieces, past_arguments(pieces, of.end), "/")
        for wrt in _each(pieces, past_arguments(pieces, of.end) + 1)
    ]


def _each(pieces: Sequence[Token], start: int) -> list[Symbol]:
    """The symbols that d or ∂ stands before, the longest first."""
    if start >= len(pieces):
        return []
    token = pieces[start]
    if token.kind == "partial" or (token.kind == "word" and token.text in _D):
        return symbols(pieces, start + 1)
    if token.kind == "word" and token.text[:1] in "dD" and len(token.text) > 1:
        head = token._replace(text=token.text[1:])
        rest = [head, *pieces[start + 1 : start + 60]]
        return [symbol._replace(end=symbol.end + start) for symbol in symbols(rest, 0)]
    return []


def _is(pieces: Sequence[Token], place: int, kind: str) -> bool:
    return 0 <= place < len(pieces) and pieces[place].kind == kind
