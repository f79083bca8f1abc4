r"""The bold names of whole layers: which quantities `\mathbf{z}^{(1)}` or \partial J / \partial W_1 stand for, in rows.

An author may write a vector as a row or as a column, and a matrix with a row for each unit or for each source; the
notation says which, and the shape of the stated numbers has the last word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.notation import Namer
from derive.quantity import Quantity
from derive.work.differentials import differentials
from derive.work.symbols import symbols
from derive.work.tokens import Token, tokens

VECTORS = ("a", "z", "b", "t", "dL/dz", "vb")
MATRICES = ("W", "vW")
_BELOW = {"a": "dL/da", "z": "dL/dz", "W": "dL/dW", "b": "dL/db"}

Block = tuple[tuple[Quantity, ...], ...]
"""Quantities in rows: a row for each unit, and in it the sources where there are several."""


class Blocks:
    """The blocks of one problem, by their keys."""

    def __init__(self, namer: Namer, quantities: Sequence[Quantity]) -> None:
        self.namer, self.present = namer, frozenset(quantities)
        self.by_key: dict[str, Block] = {}
        self.by_source = namer.notation.convention != "column"
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

    def named(self, pieces: Sequence[Token]) -> Block | None:
        """The block that the pieces name."""
        if not pieces:
            return None
        if (whole := symbols(pieces, 0)[:1]) and whole[0].end == len(pieces):
            return self.by_key.get(whole[0].key)
        for of, wrt, end in differentials(pieces, 0):
            if end == len(pieces) and of in self.losses and wrt in self.by_key:
                return self._gradient(self.by_key[wrt], *self.losses[of])
        return None

    def shaped(self, block: Block, rows: int, columns: int) -> list[list[Quantity]] | None:
        """The block in the shape of the stated numbers, turned where it must be."""
        plain = [list(row) for row in block]
        turned = [list(row) for row in zip(*block, strict=True)]
        matrix = block[0][0].kind in (*MATRICES, "dL/dW")
        for shape in (turned, plain) if matrix and self.by_source else (plain, turned):
            if (len(shape), len(shape[0])) == (rows, columns):
                return shape
        return None

    def _gradient(self, block: Block, step: int, example: int | str | None) -> Block | None:
        def of(quantity: Quantity) -> Quantity:
            kind = _BELOW.get(quantity.kind, "")
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
