r"""What one sheet shows of its writer: the habits with which all of its names can be read.

Gathers the names of a sheet, and what stands beside them: `h_1 = \sigma(z_1)` says that h is the activation,
`y1 = w5*h1 + w6*h2` that y is a sum, and a number that the problem gives which weight w_{12} is. A sheet whose names
are all known is passed over at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from derive.activations import JOINTS
from derive.quantity import Quantity
from derive.work.apart import letters_of, names_layer_first
from derive.work.equations import trimmed
from derive.work.functions import ANY_ACTIVATION, FUNCTIONS
from derive.work.habits import ROUNDS, Habits, applied, by_shape, by_sources, shown_by
from derive.work.lists import entries_of, number_of
from derive.work.matrices import ROWS
from derive.work.names import Names
from derive.work.places import BIAS_NUMBERS, LAYERS
from derive.work.spelling import bare
from derive.work.symbols import Symbol, symbols
from derive.work.tokens import Token
from derive.work.usual import Reading
from derive.work.vectors import BlockReading

Side = Sequence[Token]
Statement = Sequence[Side]
"""The sides of an equation; the first is what is stated."""

MOST_STATEMENTS = 2000
LONGEST_SIDE = 400
"""Tokens of a side that are looked at."""
_CALLS = (frozenset(FUNCTIONS) | ANY_ACTIVATION | frozenset(JOINTS)) - {"abs", "sign", "min"}
_DEEPER = {"(": 1, "[": 1, "{": 1, "matrix(": 1, ")": -1, "]": -1, "}": -1, "matrix)": -1}


def as_written_by(names: Names, statements: Iterable[Statement]) -> Names:
    """The names as the writer of these statements means them."""
    return names.written_with(habits_of(names, statements))


def habits_of(names: Names, statements: Iterable[Statement]) -> Habits:
    """The habits with which all of these statements can be read."""
    sheet = [[trimmed(list(side))[:LONGEST_SIDE] for side in statement] for statement in statements][:MOST_STATEMENTS]
    there = _Sheet(names, sheet)
    return there.habits() if there.usual else Habits()


class _Sheet:
    """The statements of a sheet with the names in them."""

    def __init__(self, names: Names, statements: Sequence[Statement]) -> None:
        self.names, self.statements = names, statements
        self.letters: dict[str, None] = {}
        self.usual: dict[tuple[Reading, ...] | tuple[BlockReading, ...], None] = {}
        """The readings of each name that only the usual courses know."""
        self.own: dict[tuple[Reading, ...], None] = {}
        """The readings of the problem's own names that courses have too."""
        self.layer_first = False
        """Whether a weight or a whole matrix of them is named by its layer."""
        self._found: dict[int, list[Symbol]] = {}
        for statement in statements:
            entries = entries_of(statement[-1]) if len(statement) > 1 else None
            if entries is not None and self._take_blocks(statement, len(entries), len(entries[0])):
                continue
            if any(piece.kind == "matrix(" for side in statement for piece in side):
                # Its names are those of layers.
                continue
            for side in statement:
                for symbol in self._symbols(side):
                    self._take(symbol)

    def habits(self) -> Habits:
        """What the names show, then the letters, then what stands beside them."""
        habits = Habits()
        for _ in range(ROUNDS):
            before = habits
            for readings in (*self.usual, *self.own):
                habits = habits.narrowed(readings)
            for statement in self.statements:
                habits = self._given(statement, self._beside(statement, habits))
            if habits == before:
                break
        if self.layer_first:
            # Whoever puts the layer first at a weight means it at a bias too, where no bias says otherwise.
            habits = habits.chosen(BIAS_NUMBERS, LAYERS)
        return shown_by(self.letters, habits)

    def _take(self, symbol: Symbol) -> None:
        readings = self.readings(symbol)
        if not readings:
            return
        self.letters[letters_of(symbol.parts)] = None
        self.layer_first |= names_layer_first(symbol.parts, 3)
        if not _known(readings):
            self.usual[readings] = None
            return
        usual = self.names.readings(symbol.parts)
        if any(one.quantity == readings[0].quantity for one in usual):
            self.own[usual] = None

    def _take_blocks(self, statement: Statement, rows: int, columns: int) -> bool:
        """The vectors and matrices that are equal to one of numbers."""
        found = False
        for side in statement[:-1]:
            if readings := tuple(self.names.block_readings(side, rows, columns)):
                found = True
                self.usual[readings] = None
                if (whole := _whole(side)) is not None:
                    self.letters[letters_of(whole.parts)] = None
                    self.layer_first |= names_layer_first(whole.parts, 1)
        return found

    def readings(self, symbol: Symbol) -> tuple[Reading, ...]:
        """What a symbol may mean: one quantity where the problem has this name."""
        if (known := self.names.spelled.find(symbol.key, 2)) and len(known) == 1:
            return (Reading(known[0]),)
        return self.names.readings(symbol.parts)

    def _symbols(self, side: Side) -> list[Symbol]:
        """The names on a side, each as long as it means something."""
        key = id(side)
        if key not in self._found:
            found, place = list[Symbol](), 0
            while place < len(side):
                here = symbols(side, place) if side[place].kind in ("word", "{") else []
                symbol = next((one for one in here if self.readings(one)), None)
                place = symbol.end if symbol is not None else place + 1
                found += [symbol] if symbol is not None else []
            self._found[key] = found
        return self._found[key]

    def _beside(self, statement: Statement, habits: Habits) -> Habits:
        """What the right sides of an equation show of its left side."""
        whole = _whole(statement[0]) if statement else None
        left = () if whole is None else self.readings(whole)
        if whole is None or len({reading.quantity for reading in left}) < 2:
            return habits
        for side in statement[1:]:
            habits = self._by_function(left, side, habits)
            fitting = [reading for reading in left if habits.allows(reading)]
            shape = _shape(side)
            if (shape is not None and (kept := by_shape(fitting, shape))) or (
                kept := by_sources(fitting, self._sources(fitting, side, habits))
            ):
                habits = habits.narrowed(kept)
        return habits

    def _given(self, statement: Statement, habits: Habits) -> Habits:
        """What a number shows that the problem gives: only the right ones of the possible names have it."""
        entries = entries_of(statement[-1]) if len(statement) == 2 else None
        whole = _whole(statement[0]) if len(statement) == 2 else None
        if entries is not None and len({len(row) for row in entries}) == 1:
            numbers = [[number[0].value if (number := number_of(entry)) else None for entry in row] for row in entries]
            readings = self.names.block_readings(statement[0], len(entries), len(entries[0]))
            right = {reading: self.names.orders(reading, numbers) for reading in readings if habits.allows(reading)}
            fitting = [reading for reading, orders in right.items() if orders]
            ways = set().union(*right.values())
            habits = habits.narrowed(fitting) if fitting else habits
            return habits.chosen(ROWS, next(iter(ways))) if len(ways) == 1 else habits
        number = None if whole is None else number_of(statement[1])
        left = () if whole is None or number is None else self.readings(whole)
        if number is None or len({reading.quantity for reading in left}) < 2:
            return habits
        allowed = [reading for reading in left if habits.allows(reading)]
        return habits.narrowed(one for one in allowed if self.names.given(one.quantity) == number[0].value)

    def _by_function(self, left: Sequence[Reading], side: Side, habits: Habits) -> Habits:
        """A = f(B), where f is the activation function."""
        argument = _argument(side)
        if argument is None:
            return habits
        inner = [reading for reading in self.readings(argument) if habits.allows(reading)]
        outer, inner = applied([reading for reading in left if habits.allows(reading)], inner)
        return habits.narrowed(outer).narrowed(inner) if outer else habits

    def _sources(self, fitting: Sequence[Reading], side: Side, habits: Habits) -> dict[Quantity, int]:
        """How many of the sources of each quantity stand on a side."""
        there = set[Quantity]()
        for symbol in self._symbols(side):
            meant = {reading.quantity for reading in habits.fitting(self.readings(symbol))}
            there |= meant if len(meant) == 1 else set()
        same = self.names.namer.same
        there = set(map(same, there))
        return {
            reading.quantity: len(there & set(map(same, self.names.partials.sources(reading.quantity))))
            for reading in fitting
        }


def _known(readings: Sequence[Reading]) -> bool:
    """Whether it is the problem's own name."""
    return len(readings) == 1 and not readings[0].choices


def _whole(side: Side) -> Symbol | None:
    """The name that a side is."""
    pieces = bare(side)
    found = symbols(pieces, 0)[:1]
    return found[0] if found and found[0].end == len(pieces) else None


def _shape(side: Side) -> bool | None:
    """Whether a side is the value of a function (True) or a sum (False); None where neither can be told."""
    for piece, after in pairwise([*side, None]):
        assert piece is not None
        called = piece.text not in ANY_ACTIVATION or (after is not None and after.kind == "(")
        if piece.kind == "word" and (piece.text == "e" or (piece.text in _CALLS and called)):
            return True
    depth = 0
    for place, piece in enumerate(side):
        depth += _DEEPER.get(piece.kind, 0)
        if place and depth == 0 and piece.kind == "+":
            return False
    return None


def _argument(side: Side) -> Symbol | None:
    """B where a side is f(B), or in TeX f B."""
    if len(side) < 2 or side[0].kind != "word" or side[0].text not in _CALLS:
        return None
    inner = [piece for piece in side[1:] if piece.kind not in "()[]"]
    return _whole(inner)
