r"""What the names inside formulas mean: symbols, derivatives, ids, vectors and matrices.

Decides in which order readings are tried: the problem's own names, then the letters of the usual courses as far as the
habits of the writer go. A name that then means two quantities is refused with both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cached_property

from derive.errors import InputError, shown
from derive.expression import Node, Ref
from derive.quantity import Quantity, parse_id
from derive.work.differentials import Differential, differentials
from derive.work.habits import Habits
from derive.work.hints import ONE_NAME, two_fit
from derive.work.matrices import BY_SOURCE, BY_UNIT, ROWS, Blocks
from derive.work.partials import Partials, Solved
from derive.work.spelled import Spelled
from derive.work.spelling import bare
from derive.work.symbols import Parts, symbols
from derive.work.tokens import Token, tokens
from derive.work.usual import Reading, Usual
from derive.work.vectors import BlockReading
from derive.work.written import read_number

MAX_NAME = 300
"""Characters, or tokens, of a name."""


def told_as(pieces: Sequence[Token]) -> str:
    """How a name is told to those who wrote it, a fraction of differentials on one line."""
    for one in differentials(pieces, 0):
        if one.end == len(pieces):
            return f"d{one.of.key}/d{one.wrt.key}"
    return "".join(("" if piece.glued or not place else " ") + piece.text for place, piece in enumerate(pieces))


class Meanings:
    """The meanings of symbols in one problem, as somebody with certain habits writes them."""

    def __init__(self, solution: Solved, numbers: bool = True) -> None:
        self.numbers = numbers
        """Whether the given numbers are those of the writers, which they are not in a class set."""
        self.partials = self._made_partials(solution)
        self.namer, self.quantities = solution.namer, self.partials.quantities
        self.habits = Habits()
        self.told: dict[str, str] = {}
        """The names that were read as the usual courses have them, and the problem's names for what they mean."""
        self._present = self.partials.present
        self._ids = {quantity.id: quantity for quantity in self.quantities} | dict(solution.ids())
        self._exact = self._ids | {self.namer(quantity).text: quantity for quantity in self.quantities}

    def _made_partials(self, solution: Solved) -> Partials:
        return Partials(solution)

    @cached_property
    def counts(self) -> frozenset[int]:
        """Of how many examples or outputs a formula may take the mean."""
        return frozenset((len({q.example for q in self.quantities} - {None}), self.namer.shape.sizes[-1]))

    def given(self, quantity: Quantity) -> Fraction | None:
        """The number of a quantity that the problem gives; None where it gives none, or another one to each writer."""
        return self.partials.given(quantity) if self.numbers else None

    def gives(self, text: str) -> bool:
        """Whether a text is one of the numbers that the problem gives."""
        try:
            return self.numbers and read_number(text).value in self._given_numbers
        except InputError:
            return False

    @cached_property
    def _given_numbers(self) -> frozenset[Fraction]:
        return frozenset(number for q in self.quantities if (number := self.partials.given(q)) is not None)

    def has(self, quantity: Quantity) -> bool:
        """Whether the problem has this quantity."""
        return quantity in self._present

    def text(self, quantity: Quantity) -> str:
        """The name of a quantity in plain text."""
        return self.namer(quantity).text

    # -- symbols

    def symbol(self, key: str, level: int = 2, parts: Parts | None = None) -> Quantity | None:
        """The quantity of a symbol's key; raises `InputError` where two fit equally well.

        `level` is how tolerant to be: 1 the same letters and marks, 2 without the marks between indices, 3 without
        the case of letters. With its `parts` a name that the writer's habits give another meaning has none here.
        """
        found = self._settled(self._variable(key, level))
        return None if found is not None and parts is not None and self._otherwise(found, parts) else found

    def _otherwise(self, found: Quantity, parts: Parts) -> bool:
        """Whether the problem's own name is another quantity's with the writer's habits: Nielsen's z^2 is layer 1."""
        readings = self.usual.readings(parts) if self.habits.open else ()
        own = [self.habits.allows(reading) for reading in readings if reading.quantity == found]
        return bool(own) and not any(own) and any(map(self.habits.allows, readings))

    def _variable(self, key: str, level: int = 2) -> Quantity | None:
        """The same, where one unit's name of a shared bias is that unit's."""
        found = self.spelled.find(key, level)
        if len(found) > 1:
            both = " or ".join(self._label(quantity) for quantity in found[:2])
            raise InputError(ONE_NAME, shown(key), hint=f"write {both}.")
        return found[0] if found else None

    def usually(self, parts: Parts, text: str) -> Quantity | None:
        """The quantity of a symbol in the letters of the usual courses; raises `InputError` where it may be two."""
        return self._one([reading.quantity for reading in self.habits.fitting(self.usual.readings(parts))], text)

    def readings(self, parts: Parts) -> tuple[Reading, ...]:
        """Everything that a symbol may mean in the letters of the usual courses, whoever writes it."""
        return self.usual.readings(parts)

    def _one(self, found: Iterable[Quantity], text: str) -> Quantity | None:
        """The only quantity that is meant, or None; raises `InputError` where there are several."""
        distinct = {self.namer.same(quantity): quantity for quantity in found}
        if len(distinct) > 1:
            ordered = sorted(distinct.values(), key=self._order.__getitem__)
            texts = [self.text(quantity) for quantity in ordered]
            twice = len(set(texts)) < len(texts)
            raise two_fit(text, [self._label(quantity) for quantity in ordered] if twice else texts)
        for quantity in distinct.values():
            self.told[text] = self.text(quantity)
            return quantity
        return None

    def coded(self, text: str) -> Quantity | None:
        """The quantity of a name as programs have it."""
        return self._one([reading.quantity for reading in self.habits.fitting(self.usual.coded(text))], text)

    def by_id(self, text: str) -> Quantity | None:
        """The quantity of an id, or of a name with list indices behind it."""
        found = self._exact.get(text) or self._folded_ids.get(text.casefold())
        if found is None and (by_id := parse_id(text)) is not None and by_id in self._present:
            return by_id
        return found or self.coded(text)

    def derivative(self, pieces: Sequence[Token], start: int, level: int = 2) -> tuple[Node, int] | None:
        """The derivative whose name begins at `start`, and where it ends; None where no known one begins."""
        found = differentials(pieces, start)
        for one in found:
            of, wrt = self._variable(one.of.key, 3), self._variable(one.wrt.key, level)
            node = self.partials.partial(of, wrt) if of and wrt else None
            if node is not None:
                return self._via(node, pieces, one.end)
        for one in found:
            node = self._usual_partial(one, level, told_as(pieces[start : one.end]))
            if node is not None:
                return self._via(node, pieces, one.end)
        return None

    def _usual_partial(self, found: Differential, level: int, text: str) -> Node | None:
        """A derivative in which letters of the usual courses stand."""
        of, wrt = self._variable(found.of.key, 3), self._variable(found.wrt.key, level)
        above = [of] if of else [reading.quantity for reading in self.habits.fitting(self.readings(found.of.parts))]
        below = [wrt] if wrt else [reading.quantity for reading in self.habits.fitting(self.readings(found.wrt.parts))]
        nodes = dict.fromkeys(node for a in above for b in below if (node := self.partials.partial(a, b)) is not None)
        one = self._one([node.quantity for node in nodes if isinstance(node, Ref)], text)
        return Ref(one) if one is not None else next(iter(nodes), None)

    def block(self, pieces: Sequence[Token], rows: int, columns: int) -> list[list[Quantity]] | None:
        """The quantities of a vector or matrix of this shape, in its rows; raises `InputError` where it may be two."""
        if len(pieces) > MAX_NAME:
            return None
        order = next(iter(self.habits.open.get(ROWS, ())), None)
        readings = self.habits.fitting(self.block_readings(pieces, rows, columns))
        shaped = [self._blocks.shaped(reading.block, rows, columns, order) for reading in readings]
        distinct = {tuple(self.namer.same(q) for row in found for q in row): found for found in shaped if found}
        ends = [f"{self.text(found[0][0])} to {self.text(found[-1][-1])}" for found in distinct.values()]
        if len(distinct) > 1:
            raise two_fit(told_as(pieces), ends)
        if distinct and not self._blocks.owns(bare(pieces)):
            self.told[told_as(pieces)] = ends[0]
        return next(iter(distinct.values()), None)

    def lists(self, text: str) -> bool:
        """Whether a name may be that of a vector or matrix."""
        pieces = tokens(text.strip(" $"))
        return len(pieces) <= MAX_NAME and bool(self._blocks.readings(bare(pieces)))

    def orders(self, reading: BlockReading, numbers: Sequence[Sequence[Fraction | None]]) -> set[str]:
        """In which orders a matrix of these numbers is the given one that a name may mean."""
        found = set()
        for order in (BY_UNIT, BY_SOURCE):
            shaped = self._blocks.shaped(reading.block, len(numbers), len(numbers[0]), order)
            given = [[self.given(quantity) for quantity in row] for row in shaped or ()]
            if given == [list(row) for row in numbers]:
                found.add(order)
        return found

    def block_readings(self, pieces: Sequence[Token], rows: int, columns: int) -> list[BlockReading]:
        """Everything that the name of a vector or matrix of this shape may mean, with the rows that a matrix has."""
        found = []
        for reading in self._blocks.readings(bare(pieces)) if len(pieces) <= MAX_NAME else ():
            if self._blocks.shaped(reading.block, rows, columns) is not None:
                order = self._blocks.order_of(reading.block, rows, columns)
                choices = reading.choices if order is None else (*reading.choices, (ROWS, order))
                found.append(reading._replace(choices=choices))
        return found

    def _via(self, node: Node, pieces: Sequence[Token], end: int) -> tuple[Node, int]:
        """The share of a derivative that comes back through one unit, written behind a bar."""
        kinds = [piece.kind for piece in pieces[end : end + 3]]
        if not isinstance(node, Ref) or node.quantity.kind != "dL/da" or kinds[:1] != ["|"]:
            return node, end
        start = end + 1 + (kinds[1:2] == ["_"])
        braced = kinds[start - end : start - end + 1] == ["{"]
        for symbol in symbols(pieces, start + braced):
            through = self.symbol(symbol.key)
            after = symbol.end + braced
            if through is None or after > len(pieces) or (braced and pieces[symbol.end].kind != "}"):
                continue
            path = node.quantity._replace(kind="path", source=through.unit)
            if path in self._present:
                return Ref(path), after
        return node, end

    def _label(self, quantity: Quantity) -> str:
        return f"{self.text(quantity)} ({quantity.id})"

    def _settled(self, quantity: Quantity | None) -> Quantity | None:
        """A quantity that has a value: a shared bias for one unit's name of it."""
        if quantity is None or quantity in self._present:
            return quantity
        shared = quantity._replace(unit=None)
        return shared if shared in self._present else None

    # -- tables

    @cached_property
    def spelled(self) -> Spelled:
        """The names by their spellings."""
        return Spelled(self.namer, self.quantities)

    @cached_property
    def usual(self) -> Usual:
        """The letters of the usual courses."""
        return Usual(self.partials)

    @cached_property
    def _order(self) -> dict[Quantity, int]:
        return {quantity: place for place, quantity in enumerate(self.quantities)}

    @cached_property
    def _blocks(self) -> Blocks:
        return Blocks(self.namer, self.quantities, self.usual)

    @cached_property
    def _folded_ids(self) -> dict[str, Quantity]:
        return {text.casefold(): quantity for text, quantity in self._ids.items()}
