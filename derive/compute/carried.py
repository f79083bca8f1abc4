"""Rounding on the way: every named result is rounded, and the rounded number is used from then on.

Decides with how many decimals each number is carried, and which numbers have been rounded on the way or come from such;
a number that is exact all the way stays exact. The rounding itself is in `numbers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from flint import arb, fmpq

from derive.compute.kernels import Registers
from derive.compute.plan import CompiledEquation, Plan
from derive.compute.tagged import untagged
from derive.compute.zeros import Zeros
from derive.numbers import Number, Undecided, half_unit, rounded
from derive.trace.identity import Symbol

EXACT = "exact"
"""What an override says of a quantity that is not rounded."""


def spelled(symbol: Symbol) -> str:
    """The id of a number, with or without the mark of a new value.

    >>> [spelled(Symbol(name, (1, 2))) for name in ("W'", "m(W)'", "dL/dW")]
    ['W[1,2]', 'm(W[1,2])', 'dL/dW[1,2]']
    """
    name, index = symbol.name.rstrip("'"), ",".join(map(str, symbol.indices))
    if not index:
        return name
    return f"{name[:-1]}[{index}])" if name.endswith(")") else f"{name}[{index}]"


@dataclass(frozen=True)
class Places:
    """With how many decimals numbers are written: `decimals`, or what an override says of one.

    An override names a quantity, or an element of it, by its id; the longest one that fits counts.
    """

    decimals: int
    ties: str = "half_up"
    overrides: Mapping[str, int | str] = field(default_factory=dict)

    def override(self, symbol: Symbol) -> int | str | None:
        """What is said of one number in particular.

        >>> places = Places(4, overrides={"W": 2, "W[1,2]": 3, "m(W[1,2])": 5})
        >>> [places.override(Symbol(name, (1, 2))) for name in ("W", "W'", "m(W)", "v(W)")]
        [3, 3, 5, None]
        """
        if not self.overrides:
            return None
        return self.overrides.get(spelled(symbol), self.overrides.get(symbol.name.rstrip("'")))

    def of(self, symbol: Symbol) -> int | None:
        """The decimals to which a number is rounded before it is used; None where it is not."""
        found = self.override(symbol)
        return None if found == EXACT else self.decimals if found is None else int(found)

    def agrees(self, symbol: Symbol, number: Number, carried: Number) -> bool:
        """Whether a number, computed from carried ones, can be rounded to what is carried."""
        places = self.of(symbol)
        difference = arb(number) - arb(carried)
        if places is None:
            return bool(difference.contains(0))
        return not abs(difference) > half_unit(places)


MOST_LOST = 6
"""Numbers lost by rounding that a message names."""


@dataclass
class Carry:
    """The rounding of a run; `rough` has for every register whether its number was rounded, or comes from such.

    `step` counts the updates that were made.
    """

    places: Places
    rough: bytearray = field(default_factory=bytearray)
    step: int = 0
    lost: dict[str, None] = field(default_factory=dict)
    """Numbers that are not 0 and were rounded to 0."""
    _read: dict[int, Sequence[Sequence[int]]] = field(default_factory=dict)

    @property
    def first_lost(self) -> str:
        """The first numbers that were rounded to 0."""
        return ", ".join(islice(self.lost, MOST_LOST))

    def start(self, size: int) -> None:
        """Nothing is rounded before the first result."""
        self.rough, self.lost, self._read = bytearray(size), {}, {}

    def aside(self) -> Carry:
        """The same for numbers that are computed aside."""
        return Carry(self.places, bytearray(self.rough), self.step, self.lost, self._read)

    def result(self, plan: Plan, line: CompiledEquation, row: int, number: Number, registers: Registers) -> Number:
        """The number that is used from here on."""
        places = self.places.of(line.symbol(row))
        carried = number = untagged(number)
        if places is not None:
            carried = self._rounded(plan, line, row, number, registers, places)
        changed = places is not None and not (isinstance(number, fmpq) and number == carried)
        if changed and carried == 0:
            self.lost.setdefault(spelled(line.symbol(row)))
        self.rough[line.targets[row]] = changed or any(self.rough[source] for source in self._sources(plan, line)[row])
        return carried

    def _rounded(
        self, plan: Plan, line: CompiledEquation, row: int, number: Number, registers: Registers, decimals: int
    ) -> fmpq:
        """The rounded number; one that lies exactly between two is told by algebra, for no ball tells."""
        try:
            return rounded(number, decimals, self.places.ties)
        except Undecided:
            rational = Zeros(plan, registers, self.step).rational(line, row, number)
            if rational is None:
                raise
            return rounded(rational, decimals, self.places.ties)

    def _sources(self, plan: Plan, line: CompiledEquation) -> Sequence[Sequence[int]]:
        """The registers that each row of an equation reads."""
        if id(line) not in self._read:
            compiler = plan.compiler(line.equation)
            compiler(line.equation.right, line.space)
            self._read[id(line)] = compiler.dependencies(line.space)
        return self._read[id(line)]
