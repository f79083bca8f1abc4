"""The numbers of an array as blocks: in a row, in brackets, as a table, beside those of others.

Decides what is printed of an array and how wide it may be; what is left out is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from derive.document import Block, Equation, Math, Table, Words
from derive.expression import Matrix, Node, Shown, Transpose
from derive.formula import Line
from derive.formula.nodes import Answered
from derive.pages.elements import Elements, is_exact
from derive.pages.page import ModelPage
from derive.trace.affine import Range
from derive.trace.identity import Place, Symbol

MOST_ROWS, MOST_COLUMNS = 12, 10
"""What is printed of an array along its last two indices."""
MOST_SLICES = 6
"""Parts of an array of three or more indices that are printed."""
IN_A_ROW = 8
"""Elements of a vector beside each other."""
BESIDE = 8
"""Quantities beside each other."""
Item = TypeVar("Item")
WIDEST = 22.0
"""Width in em of a matrix that is printed in brackets; wider ones are tables."""


def in_rows(items: Sequence[Item], most: int = IN_A_ROW) -> list[Sequence[Item]]:
    """Items in as few rows as will do, none much shorter than the others.

    >>> in_rows("abcdefghi")
    ['abcde', 'fghi']
    """
    rows = -(-len(items) // most)
    length = -(-len(items) // max(1, rows))
    return [items[start : start + length] for start in range(0, len(items), max(1, length))]


def array(page: ModelPage, name: str, elements: Elements | None = None) -> list[Block]:
    """All numbers of a quantity, as far as there is room; what is left out is said."""
    elements = elements or page.elements
    spans = page.spans[name]
    if not spans:
        return [Equation((page.value(Symbol(name), elements),))]
    if len(spans) == 1:
        return _vector(page, name, elements)
    if len(spans) == 2:
        return _grid(page, name, (), elements)
    blocks: list[Block] = []
    outer = list(dict.fromkeys(place[:-2] for place in elements.places(name)))
    for lead in outer[:MOST_SLICES]:
        blocks.extend(_grid(page, name, lead, elements))
    if len(outer) > MOST_SLICES:
        blocks.append(page.left_out(len(outer) - MOST_SLICES, "parts like these"))
    return blocks


def _vector(page: ModelPage, name: str, elements: Elements) -> list[Block]:
    places = list(elements.places(name))
    kept = places[: MOST_ROWS * 2]
    blocks: list[Block] = []
    for part in in_rows(kept):
        header = tuple(_cell(page.display.after(elements.step).symbol(Symbol(name, at))) for at in part)
        row = tuple(_number(page, Symbol(name, at), elements) for at in part)
        blocks.append(Table(header, (row,), "r" * len(part)))
    if len(places) > len(kept):
        blocks.append(page.left_out(len(places) - len(kept), "elements"))
    return blocks


def side_by_side(page: ModelPage, names: Sequence[str], elements: Elements | None = None) -> list[Block]:
    """Quantities beside each other where there is room, a row for every index; else one after the other."""
    elements = elements or page.elements
    blocks: list[Block] = []
    kinds: dict[tuple[Range, ...], list[str]] = {}
    for name in names:
        places = list(elements.places(name))
        narrow = len(places) <= MOST_ROWS and all(low == high for low, high in page.spans[name][1:])
        if places[0] and narrow:
            kinds.setdefault(page.spans[name][1:], []).append(name)
        else:
            blocks.extend(array(page, name, elements))
    for together in kinds.values():
        blocks.extend(_beside(page, part, elements) for part in in_rows(together, BESIDE))
    return blocks


def _beside(page: ModelPage, names: Sequence[str], elements: Elements) -> Table:
    existing = {name: set(elements.places(name)) for name in names}
    rows = sorted({place for places in existing.values() for place in places})
    header = (page.words("At"), *(_cell(page.display.after(elements.step).whole(name)) for name in names))
    body: list[tuple[Words, ...]] = []
    for place in rows:
        label = page.words(", ".join(map(str, place)))
        numbers = (_number(page, Symbol(name, place), elements) if place in existing[name] else () for name in names)
        body.append((label, *numbers))
    return Table(header, tuple(body), "c" + "r" * len(names))


def _cell(node: Node) -> Words:
    return (Math(node),)


def _number(page: ModelPage, symbol: Symbol, elements: Elements) -> Words:
    """An element of a table; one that was asked for is marked, as at the end of its line."""
    shown = elements.shown(symbol)
    return _cell(Answered(shown) if symbol.name in page.answers else shown)


def _grid(page: ModelPage, name: str, lead: Place, elements: Elements) -> list[Block]:
    """A matrix in brackets, or a table."""
    own = [place for place in elements.places(name) if place[:-2] == lead]
    rows = list(dict.fromkeys(place[-2] for place in own))
    columns = sorted({place[-1] for place in own})
    shown_rows, shown_columns = rows[:MOST_ROWS], columns[:MOST_COLUMNS]
    existing = set(own)
    numbers = [
        [elements.shown(Symbol(name, (*lead, r, c))) if (*lead, r, c) in existing else None for c in shown_columns]
        for r in shown_rows
    ]
    spans = page.spans[name][-2:]
    whole = len(own) == len(rows) * len(columns) == len(shown_rows) * len(shown_columns)
    plain = whole and all(low == page.solution.names.first for low, _ in spans)
    width = sum(max(len(_text(row[at])) for row in numbers) * 0.5 + 1.5 for at in range(len(shown_columns)))
    if plain and width <= WIDEST:
        matrix = Matrix(tuple(tuple(number for number in row if number is not None) for row in numbers))
        exact = all(is_exact(number) for row in matrix.rows for number in row)
        alone = page.display.after(elements.step).whole(name)
        left = alone if not lead else page.slice_name(name, lead, elements.step)
        return [Equation((Line(left, (("=" if exact else "≈", matrix),), answer=name in page.answers),))]
    corner = page.slice_name(name, lead, elements.step)
    header = (_cell(corner), *(page.words(str(c)) for c in shown_columns))
    body: list[tuple[Words, ...]] = []
    for r in shown_rows:
        places = [(*lead, r, c) for c in shown_columns]
        cells = (_number(page, Symbol(name, at), elements) if at in existing else () for at in places)
        body.append((page.words(str(r)), *cells))
    blocks: list[Block] = [Table(header, tuple(body), "c" + "r" * len(shown_columns))]
    if len(own) > len(shown_rows) * len(shown_columns):
        blocks.append(page.left_out(len(own) - len(shown_rows) * len(shown_columns), "elements"))
    return blocks


def column(page: ModelPage, name: str) -> list[Block] | None:
    """A given vector or matrix as its author wrote it; None where it is too large for one display."""
    found = page.solution.system.givens[name]
    if len(found.shape) == 1 and found.shape[0] <= MOST_ROWS:
        row = Matrix((tuple(page.elements.shown(Symbol(name, at)) for at in found.places()),))
        if sum(len(_text(number)) * 0.5 + 1.5 for number in row.rows[0]) <= WIDEST:
            vector = Transpose(row) if found.shape[0] > 1 else row
            return [Equation((Line(page.display.whole(name), (("=", vector),)),))]
    return None


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Shown) else "1/1"
