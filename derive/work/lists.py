r"""Vectors and matrices of numbers or names: `\begin{bmatrix}`, `[a, b]`, `[[a, b], [c, d]]`, `(a, b)^T`.

Decides what the rows and entries of such a side are. What the entries mean is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence

from derive.errors import InputError
from derive.work.tokens import Token, unwrapped
from derive.work.written import DecimalMark, Written, read_number

Entries = list[list[list[Token]]]
"""The pieces of every entry, in rows."""

MOST_ENTRIES = 20_000
_OPENS, _CLOSES = {"(": ")", "[": "]"}, frozenset({")", "]"})
_MAKERS = frozenset({"array", "matrix", "tensor", "np", "numpy", "torch", "tf", "constant"})
"""What stands before a list in a program."""
_TRANSPOSED = (("^", "T"), ("^", "{", "T", "}"), (".", "T"), ("'",), ("^", "\\top"), ("^", "{", "\\top", "}"))


def entries_of(side: Sequence[Token]) -> Entries | None:
    """The rows of a side that is a matrix or a list and nothing else; None for any other."""
    side, turned = _untransposed(_without_maker(side))
    if len(side) < 3:
        return None
    if side[0].kind == "matrix(" and side[-1].kind == "matrix)":
        found = _of_tex(side)
    elif side[0].kind in _OPENS and side[-1].kind == _OPENS[side[0].kind]:
        found = _of_list(side)
    else:
        return None
    if found is None or not all(found) or not all(entry for row in found for entry in row):
        return None
    if turned and len({len(row) for row in found}) == 1:
        return [list(column) for column in zip(*found, strict=True)]
    return found


def number_of(entry: Sequence[Token], mark: DecimalMark | None = None) -> tuple[Written, str] | None:
    """The number that an entry is, and how it was written."""
    text = "".join(piece.text for piece in unwrapped(entry))
    try:
        return read_number(text, mark), text
    except InputError:
        return None


def _without_maker(side: Sequence[Token]) -> Sequence[Token]:
    """np.array([a, b]) is [a, b]."""
    start = 0
    while start < len(side) and start < 4 and (side[start].text in _MAKERS or side[start].kind == "."):
        start += 1
    inner = side[start:]
    if start and len(inner) > 2 and inner[0].kind == "(" and inner[-1].kind == ")":
        return inner[1:-1]
    return inner


def _untransposed(side: Sequence[Token]) -> tuple[Sequence[Token], bool]:
    """A side without the T of the transpose behind it."""
    for mark in _TRANSPOSED:
        if len(side) > len(mark) and tuple(piece.text for piece in side[-len(mark) :]) == mark:
            return side[: -len(mark)], True
    return side, False


def _of_tex(side: Sequence[Token]) -> Entries | None:
    if sum(piece.kind == "matrix(" for piece in side) != 1:
        return None
    return [_cut(row, "&") for row in _cut(side[1:-1], "row") if row]


def _of_list(side: Sequence[Token]) -> Entries | None:
    """[a, b], [[a, b], [c, d]], [a; b], and [a b] as programs print it."""
    inner = list(side[1:-1])
    depth, deepest = 0, 0
    for piece in inner:
        depth += (piece.kind in _OPENS) - (piece.kind in _CLOSES)
        if depth < 0:
            return None
        deepest = max(deepest, depth)
    if deepest > 1 or not inner:
        return None
    if deepest and inner[0].kind == "[":
        rows = [row for row in _cut(inner, ",", ";") if row]
        if len(rows) == 1:
            rows = _side_by_side(inner)
        lists = [_of_list(row) if row[0].kind == "[" and row[-1].kind == "]" else None for row in rows]
        return [row[0] for row in lists if row] if all(row and len(row) == 1 for row in lists) else None
    rows = [row for row in _cut(inner, ";", "row") if row]
    found = [_entries(row) for row in rows]
    alone = len(found) == 1 and len(found[0]) == 1
    return None if alone and side[0].kind == "(" else found


def _entries(row: Sequence[Token]) -> list[list[Token]]:
    """The entries of a row: between commas, but for the decimal ones, or between spaces."""
    commas = [place for place, piece in enumerate(row) if piece.kind in (",", "&")]
    spaced = [place for place in commas if not _within_number(row, place)]
    cuts = spaced or [place for place in commas if not _decimal(row, place)]
    parts = [
        list(row[start:end]) for start, end in zip([0, *(cut + 1 for cut in cuts)], [*cuts, len(row)], strict=True)
    ]
    return _spaced(row) if len(parts) == 1 else parts


def _within_number(row: Sequence[Token], place: int) -> bool:
    """Whether digits stand on both sides of a comma, with no space between."""
    if not 0 < place < len(row) - 1 or not row[place].glued or not row[place + 1].glued:
        return False
    return row[place - 1].text.isdigit() and row[place + 1].text.isdigit()


def _decimal(row: Sequence[Token], place: int) -> bool:
    """Whether a comma without a space is certainly no separator: 0,25, but not the 0,1 of two targets."""
    return _within_number(row, place) and row[place - 1].text == "0" and len(row[place + 1].text) > 1


def _spaced(row: Sequence[Token]) -> list[list[Token]]:
    """Numbers with spaces between them, each with its sign."""
    parts: list[list[Token]] = []
    for place, piece in enumerate(row):
        after = row[place + 1] if place + 1 < len(row) else None
        signed = piece.kind in "+-" and after is not None and after.kind == "number" and after.glued
        begins = not piece.glued and (piece.kind == "number" or signed)
        if not parts or (begins and parts[-1][-1].kind == "number"):
            parts.append([piece])
        else:
            parts[-1].append(piece)
    return parts


def _side_by_side(inner: Sequence[Token]) -> list[list[Token]]:
    """[1 2] [3 4], the rows of a matrix as programs print it."""
    rows: list[list[Token]] = []
    for piece in inner:
        if piece.kind == "[":
            rows.append([])
        if not rows:
            return [list(inner)]
        rows[-1].append(piece)
    return rows


def _cut(pieces: Sequence[Token], *at: str) -> list[list[Token]]:
    """The parts between marks that stand outside all brackets."""
    depth = 0
    parts: list[list[Token]] = [[]]
    for piece in pieces:
        depth += (piece.kind in ("(", "[", "{", "matrix(")) - (piece.kind in (")", "]", "}", "matrix)"))
        if piece.kind in at and depth <= 0:
            parts.append([])
        else:
            parts[-1].append(piece)
    return parts
