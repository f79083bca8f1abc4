r"""Which layer a vector or a matrix in the letters of the usual courses is: `z_1`, `W^{[2]}`, `dW1`, `\delta^{[L]}`.

A number at such a letter is the layer. Gives every layer that it may be, each with the choices that this takes; which
of them have the shape of the stated numbers is for `matrices`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from derive.quantity import Quantity
from derive.work.apart import Name, rows_of, taken_apart
from derive.work.courses import LAYERS, OUTPUT, Choice, Letter
from derive.work.places import LAYER_0, LAYER_1, NUMBERS, UNITS_LAYERS, WEIGHT_NUMBERS, WEIGHTS_LAYERS
from derive.work.places import LAYERS as IS_LAYER
from derive.work.symbols import Parts
from derive.work.usual import MOST_KNOWN, Usual

Block = tuple[tuple[Quantity, ...], ...]
"""Quantities in rows: a row for each unit, and in it the sources where there are several."""
_LAYER_LETTERS = {letter: row for row in LAYERS for letter in row.letters.split()}


class BlockReading(NamedTuple):
    """What the name of a vector or matrix may mean, the choices that this takes, and how far-fetched it is."""

    block: Block
    choices: tuple[Choice, ...] = ()
    rank: int = 0


class Vectors:
    """The vectors and matrices of one problem."""

    def __init__(self, usual: Usual) -> None:
        self.usual, self.present = usual, usual.present
        self.sizes, self.last = usual.places.sizes, usual.places.last
        self._known: dict[Parts, tuple[BlockReading, ...]] = {}

    def readings(self, parts: Parts) -> tuple[BlockReading, ...]:
        """What a symbol may mean where it stands for several numbers."""
        known = self._known.get(parts)
        if known is None:
            name = taken_apart(parts)
            known = () if name is None else tuple(self._readings(name))
            if len(self._known) < MOST_KNOWN:
                self._known[parts] = known
        return known

    def slopes(self, sums: BlockReading) -> BlockReading | None:
        """The slopes of a layer's activation function at its sums: f'(z_2)."""
        block = tuple(tuple(q._replace(kind="da/dz") for q in row) for row in sums.block)
        there = sums.block[0][0].kind == "z" and all(q in self.present for row in block for q in row)
        return sums._replace(block=block) if there else None

    def gradient(self, block: Block) -> Block | None:
        """The loss's derivatives with respect to a block."""
        found = tuple(tuple(self.usual.gradient(quantity) for quantity in row) for row in block)
        whole = tuple(tuple(q for q in row if q is not None) for row in found)
        return whole if all(map(len, whole)) and [*map(len, whole)] == [*map(len, found)] else None

    def _readings(self, name: Name) -> Iterator[BlockReading]:
        rows, gradient = rows_of(name.letters)
        extra = _LAYER_LETTERS.get(name.letters)
        for row in (*rows, *((extra,) if extra else ())):
            for layer, choices, rank in self._layers(row, name):
                for block in self._blocks(row.kind, layer, name):
                    meant = self.gradient(block) if gradient else block
                    if meant is not None:
                        own = () if row.choice is None else (row.choice,)
                        yield BlockReading(meant, (*own, *choices), row.rank + rank)

    def _layers(self, row: Letter, name: Name) -> Iterator[tuple[int, tuple[Choice, ...], int]]:
        """The layers that a letter with a number, or without one, may stand for."""
        if row.kind in ("x", "t"):
            yield from ((0 if row.kind == "x" else self.last, (), 0) for _ in "0" if not name.indices)
            return
        dimension = WEIGHTS_LAYERS if row.kind in ("W", "b") else UNITS_LAYERS
        over = self.usual.over(name, dimension)
        lowest = 0 if row.kind == "a" and row.where != OUTPUT else 1
        allowed = [*range(lowest, 1), *self.usual.places.layers(row.where)]
        if over is None or name.array or len(name.indices) > 1:
            return
        if over.layers and not name.indices:
            yield from ((layer, choices, 0) for layer, choices in over.layers if layer in allowed)
        elif over.layers:
            return
        elif not name.indices:
            yield from ((layer, (), 0) for layer in allowed if layer)
        elif name.indices[0].isdecimal():
            number = int(name.indices[0])
            for layer, choice, rank in ((number, LAYER_0, 0), (number - 1, LAYER_1, 1)):
                if layer in allowed and (layer or choice == LAYER_0):
                    numbered = (NUMBERS, IS_LAYER) if dimension == UNITS_LAYERS else (WEIGHT_NUMBERS, IS_LAYER)
                    yield layer, ((dimension, choice), numbered), rank
        elif name.indices[0].isalpha():
            labelled = self.usual.places.labelled(name.indices[0])
            yield from ((layer, (), 0) for layer, _ in [labelled] if layer in allowed) if labelled else ()

    def _blocks(self, kind: str, layer: int, name: Name) -> Iterator[Block]:
        """The blocks of a kind in a layer that the problem has."""
        units = range(self.sizes[layer])
        if kind == "W":
            rows = [[Quantity("W", layer, unit, source) for source in range(self.sizes[layer - 1])] for unit in units]
        elif kind in ("x", "t"):
            there = kind == "t" or Quantity("x", None, 0) in self.present
            rows = [[Quantity(kind, None, unit) if there else Quantity("a", 0, unit)] for unit in units]
        elif kind in ("a", "z", "b", "dL/dz"):
            rows = [[Quantity(kind, layer, unit)] for unit in units]
        else:
            return
        for example in self._examples(kind, name):
            block = tuple(tuple(q.shifted(name.step)._replace(example=example) for q in row) for row in rows)
            if all(quantity in self.present for row in block for quantity in row):
                yield block

    def _examples(self, kind: str, name: Name) -> list[int | None]:
        if kind in ("W", "b") or not self.usual.examples:
            return [None]
        over = self.usual.over(name, UNITS_LAYERS)
        example = name.example if name.example is not None else over.example if over is not None else None
        return [example] if example is not None else list(self.usual.examples[:2])
