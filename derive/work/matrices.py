r"""The bold names of whole layers: which quantities `\mathbf{z}^{(1)}` or \partial J / \partial W_1 stand for, in rows.

An author may write a vector as a row or as a column, and a matrix with a row for each unit or for each source; the
notation says which, and the shape of the stated numbers has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from derive.notation import Namer
from derive.quantity import DERIVATIVES as OF_THE_LOSS
from derive.quantity import Quantity
from derive.work.differentials import Differential, differentials
from derive.work.functions import ANY_ACTIVATION, DERIVATIVES
from derive.work.symbols import Symbol, symbols
from derive.work.tokens import Token, tokens
from derive.work.usual import Usual
from derive.work.vectors import Block, BlockReading, Vectors

VECTORS = ("a", "z", "b", "t", "dL/dz", "vb")
MATRICES = ("W", "vW")

_IN_A_WORD = re.compile(r"d(?P<of>[A-Za-z]+?)d(?P<wrt>[A-Za-z]+\d*)")
ROWS = "rows of a matrix"
BY_UNIT, BY_SOURCE = "are units", "are sources"


class Blocks:
    """The blocks of one problem, by their keys."""

    def __init__(self, namer: Namer, quantities: Sequence[Quantity], usual: Usual) -> None:
        self.namer, self.present, self.vectors = namer, frozenset(quantities), Vectors(usual)
        self.by_key: dict[str, Block] = {}
        self.order = BY_UNIT if namer.notation.convention == "column" else BY_SOURCE
        """Which rows a square matrix has where nothing else tells."""
        rounds = sorted({q.step for q in quantities})[:4]
        examples = list(dict.fromkeys(q.example for q in quantities if q.kind == "z"))
        self.losses = {
            self._key(Quantity("loss", step=step, example=example)): (step, example)
            for step in rounds
            for example in (None, *examples)
        }
        for step in rounds:
            for example in dict.fromkeys((None, *examples)):
                self._enter(step, example if isinstance(example, int) else None)

    def readings(self, pieces: Sequence[Token]) -> list[BlockReading]:
        """The blocks that the pieces may name, the notation's own before those of the usual courses."""
        if not pieces:
            return []
        if (whole := symbols(pieces, 0)[:1]) and whole[0].end == len(pieces):
            return self._of_symbol(whole[0]) or self._of_derivative_in_a_word(pieces[0])
        for found in differentials(pieces, 0):
            if found.end == len(pieces) and (readings := self._of_derivative(found)):
                return readings
        return self._of_slopes(pieces)

    def owns(self, pieces: Sequence[Token]) -> bool:
        """Whether it is the notation's own name of a layer, or of the loss's derivatives with respect to one."""
        whole = symbols(pieces, 0)[:1]
        if whole and whole[0].end == len(pieces):
            return whole[0].key in self.by_key
        return any(one.wrt.key in self.by_key and one.of.key in self.losses for one in differentials(pieces, 0))

    def shaped(self, block: Block, rows: int, columns: int, order: str | None = None) -> list[list[Quantity]] | None:
        """The block in the shape of the stated numbers, turned where it must be; `order` says which rows it has."""
        plain = [list(row) for row in block]
        turned = [list(row) for row in zip(*block, strict=True)]
        matrix = block[0][0].kind in (*MATRICES, "dL/dW")
        by_source = matrix and (order or self.order) == BY_SOURCE
        for shape in (turned, plain) if by_source else (plain, turned):
            if (len(shape), len(shape[0])) == (rows, columns):
                return shape
        return None

    def order_of(self, block: Block, rows: int, columns: int) -> str | None:
        """Which rows a matrix of this shape has; None for a vector, a square matrix and another shape."""
        sizes = (len(block), len(block[0]))
        if block[0][0].kind not in (*MATRICES, "dL/dW") or 1 in sizes or sizes[0] == sizes[1]:
            return None
        return {sizes: BY_UNIT, sizes[::-1]: BY_SOURCE}.get((rows, columns))

    def _of_symbol(self, symbol: Symbol) -> list[BlockReading]:
        own = self.by_key.get(symbol.key)
        return [BlockReading(own)] if own is not None else list(self.vectors.readings(symbol.parts))

    def _of_derivative(self, found: Differential) -> list[BlockReading]:
        """The loss's derivatives with respect to a block."""
        own = self.by_key.get(found.wrt.key)
        if own is not None and found.of.key in self.losses:
            gradient = self._gradient(own, *self.losses[found.of.key])
            return [BlockReading(gradient)] if gradient is not None else []
        losses = [one.quantity for one in self.vectors.usual.readings(found.of.parts) if one.quantity.kind == "loss"]
        if not losses and found.of.key not in self.losses:
            return []
        return [
            reading._replace(block=gradient)
            for reading in self._of_symbol(found.wrt)
            if (gradient := self.vectors.gradient(reading.block)) is not None
        ]

    def _of_derivative_in_a_word(self, piece: Token) -> list[BlockReading]:
        """dJdW1, as programs call it."""
        cut = _IN_A_WORD.fullmatch(piece.text)
        found = differentials(tokens(f"d{cut['of']}/d{cut['wrt']}"), 0) if cut is not None else []
        return self._of_derivative(found[0]) if found else []

    def _of_slopes(self, pieces: Sequence[Token]) -> list[BlockReading]:
        """f'(z_2), the slopes of a layer."""
        if pieces[0].kind != "word" or pieces[0].text not in ANY_ACTIVATION | frozenset(DERIVATIVES):
            return []
        if not any(piece.kind == "'" for piece in pieces[:6]):
            return []
        opening = next((place for place, piece in enumerate(pieces) if piece.kind == "("), len(pieces))
        inner = pieces[opening + 1 : -1]
        whole = symbols(inner, 0)[:1]
        if not whole or whole[0].end != len(inner):
            return []
        slopes = (self.vectors.slopes(reading) for reading in self._of_symbol(whole[0]))
        return [reading for reading in slopes if reading is not None]

    def _gradient(self, block: Block, step: int, example: int | str | None) -> Block | None:
        def of(quantity: Quantity) -> Quantity:
            kind = OF_THE_LOSS.get(quantity.kind, "")
            return quantity._replace(kind=kind, step=step, example=example)

        found = tuple(tuple(of(quantity) for quantity in row) for row in block)
        return found if all(quantity in self.present for row in found for quantity in row) else None

    def _enter(self, step: int, example: int | None) -> None:
        for layer, width in enumerate(self.namer.shape.sizes):
            for kind in VECTORS:
                self._put(kind, layer, step, example, self._column(kind, layer, width, step, example))
            for kind in MATRICES if layer else ():
                below = range(self.namer.shape.sizes[layer - 1])
                rows = [[Quantity(kind, layer, j, i, None, step) for i in below] for j in range(width)]
                self._put(kind, layer, step, None, rows)

    def _column(self, kind: str, layer: int, width: int, step: int, example: int | None) -> list[list[Quantity]]:
        place = None if kind == "t" else layer
        alone = example if kind in ("a", "z", "t", "dL/dz") else None
        return [[Quantity(kind, place, j, None, alone).shifted(step)] for j in range(width)]

    def _put(self, kind: str, layer: int, step: int, example: int | None, rows: list[list[Quantity]]) -> None:
        """Enters a block whose quantities all exist and that has a name."""
        if (kind == "t" and layer != self.namer.shape.last) or any(q not in self.present for row in rows for q in row):
            return
        try:
            place = None if kind == "t" else layer
            name = self.namer.matrix(kind, place, example, 0 if rows[0][0].constant else step)
        except KeyError:
            return
        for key in self._keys(name):
            self.by_key.setdefault(key, tuple(map(tuple, rows)))

    def _keys(self, names: Sequence[str]) -> Iterator[str]:
        for name in names:
            found = symbols(pieces := tokens(name), 0)[:1]
            if found and found[0].end == len(pieces):
                yield found[0].key

    def _key(self, quantity: Quantity) -> str:
        return next(self._keys(self.namer(quantity)), "")
