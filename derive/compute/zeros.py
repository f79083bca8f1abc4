"""Zeros that cancel: the rows of a plan as what a proof by algebra looks into.

The gradient of a bias before a layer norm is exactly 0, and no precision of a ball tells; roots and quotients of it are
decided only by a proof. Decides which numbers a proof is tried on, how far it may look back into earlier rounds, and
how many proofs may fail. The algebra is in `identity`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from flint import arb, fmpq

from derive.compute.kernels import Registers, first_largest, first_smallest
from derive.compute.plan import CompiledEquation, Plan
from derive.compute.tagged import untagged
from derive.expression import ONE, ZERO, Add, Call, Div, Node, Ref, add, const, sub, transform
from derive.functions import EVERY
from derive.identity import MOST_UPDATES, proven, proven_zero
from derive.numbers import Number, Undecided
from derive.quantity import Quantity
from derive.trace.identity import Identity, Symbol, element
from derive.trace.indexed import Counter, Equation, Wins, walk
from derive.trace.local import WINS
from derive.trace.unroll import Letters, Unroller, identity, ref, value_of

MOST_FAILED = 60
"""Proofs that may fail in one computation; each takes some time, and after so many the others would fail too."""


@dataclass
class Past:
    """What proofs may use of earlier rounds: their numbers, and what became of what; `failed` counts proofs."""

    moves: Mapping[str, str] = field(default_factory=dict)
    """The new value of each parameter and each state, by its name."""
    known: dict[tuple[Symbol, int], fmpq] = field(default_factory=dict)
    """What has been proven of the numbers of each round: it is so at every precision."""
    rounds: list[tuple[Plan, Registers]] = field(default_factory=list)
    failed: int = 0

    def remember(self, plan: Plan, registers: Registers) -> None:
        """Keeps the numbers of a round, where a proof may go back to them."""
        if len(self.rounds) < MOST_UPDATES:
            self.rounds.append((plan, list(registers)))


class Zeros:
    """Proves zeros among the numbers of one round, `step` updates after the first; the numbers become exact."""

    def __init__(self, plan: Plan, registers: Registers, step: int, past: Past | None = None) -> None:
        self.plan, self.registers, self.step, self.past = plan, registers, step, past or Past()

    def settle(self, line: CompiledEquation, row: int) -> bool:
        """Whether some of the numbers that a row reads could be proven to be rational, and are exact now."""
        formula = _Rows(self.plan, self.registers, self.step).of(line, row)
        sources = dict.fromkeys(identity(leaf).of for leaf in walk(formula) if isinstance(leaf, Ref))
        return any([self._settled(source) for source in sources])

    def settle_all(self, names: Iterable[str]) -> None:
        """Makes exact what is 0 of some quantities."""
        for name in names:
            for index, register in self.plan.elements(name):
                if _open(untagged(self.registers[register])):
                    self._settled(Symbol(name, index))

    def is_zero(self, symbol: Symbol) -> bool:
        """Whether algebra shows that a number is 0."""
        return self._proven(symbol, arb(0)) == 0

    def rational(self, line: CompiledEquation, row: int, number: Number) -> fmpq | None:
        """The rational that a row computes from what it reads, where algebra shows that its number is one."""
        formula = _Rows(self.plan, self.registers, self.step).of(line, row)
        return (
            proven(_Alone(), _Definitions(self, 0, self.step).number, formula, number) if _readable(formula) else None
        )

    def _settled(self, symbol: Symbol) -> bool:
        register = self.plan.arrays[symbol.name].place(symbol.indices)
        assert register is not None
        number = untagged(self.registers[register])
        if isinstance(number, fmpq):
            return False
        value = self._proven(symbol, number)
        if value is not None:
            self.registers[register] = value
        return value is not None

    def _proven(self, symbol: Symbol, number: Number) -> fmpq | None:
        """The rational that a number is, by this round alone, or else by the rounds before it."""
        if (symbol, self.step) in self.past.known:
            return self.past.known[symbol, self.step]
        if self.past.failed >= MOST_FAILED:
            return None
        ways = [_Definitions(self, 0, self.step)]
        if 0 < self.step <= len(self.past.rounds):
            ways.append(_Definitions(self, self.step, 0))
        for way in ways:
            formula = ref(Identity(symbol, step=way.now))
            value = proven_zero(way, way.number, formula) if _open(number) else None
            value = proven(way, way.number, formula, number) if value is None else value
            if value is not None:
                self.past.known[symbol, self.step] = value
                return value
        self.past.failed += 1
        return None


def _open(number: Number) -> bool:
    """Whether a number may be 0."""
    return isinstance(number, arb) and bool(number.contains(0))


class _Alone:
    """A formula alone: what it reads is given."""

    def formula(self, quantity: Quantity) -> Node | None:
        return None

    def share(self, quantity: Quantity) -> Node | None:
        return None


@dataclass
class _Definitions:
    """How the numbers of a round are computed; with `now` their step, also from those of earlier rounds."""

    zeros: Zeros
    now: int
    before: int
    """The number of rounds before the one that is called 0."""

    def formula(self, quantity: Quantity) -> Node | None:
        asked = element(quantity)
        plan, registers = self._at(asked.step)
        if asked.of.name in self.zeros.past.moves and asked.step:
            earlier = Symbol(self.zeros.past.moves[asked.of.name], asked.of.indices)
            found = self._at(asked.step - 1)[0].arrays.get(earlier.name)
            place = found.place(earlier.indices) if found is not None else None
            return ref(Identity(earlier, step=asked.step - 1)) if place is not None else None
        formula = _Rows(plan, registers, asked.step + self.before).computing(asked.of)
        if formula is None or not _readable(formula):
            return None
        if not asked.step:
            return formula
        return transform(formula, lambda leaf: _later(leaf, asked.step) if isinstance(leaf, Ref) else leaf)

    def share(self, quantity: Quantity) -> Node | None:
        """A share of a softmax, which is written out in element steps: itself, or 1 minus the others."""
        match self.formula(quantity):
            case Div(Call("exp") as own, Add(terms) as total) if own in terms:
                if own != terms[-1]:
                    return Ref(quantity)
                others = self._others(quantity, terms[:-1], total)
                return None if others is None else sub(ONE, add(*map(Ref, others)))
        return None

    def _others(self, last: Quantity, above: Sequence[Node], total: Node) -> list[Quantity] | None:
        """The shares before the last one: those along one of its indices, in their order."""
        asked = element(last)
        for at, end in enumerate(asked.of.indices):
            symbols = [
                Symbol(asked.of.name, (*asked.of.indices[:at], end - back, *asked.of.indices[at + 1 :]))
                for back in range(len(above), 0, -1)
            ]
            found = [ref(asked._replace(of=symbol)).quantity for symbol in symbols]
            if all(self._divides(one, top, total) for one, top in zip(found, above, strict=True)):
                return found
        return None

    def _divides(self, quantity: Quantity, above: Node, total: Node) -> bool:
        asked = element(quantity).of
        known = self._at(element(quantity).step)[0].arrays[asked.name].place(asked.indices) is not None
        return known and self.formula(quantity) == Div(above, total)

    def number(self, quantity: Quantity) -> Number:
        asked = element(quantity)
        plan, registers = self._at(asked.step)
        place = plan.arrays[asked.of.name].place(asked.of.indices)
        if place is None:
            raise KeyError(asked)
        return untagged(registers[place])

    def _at(self, step: int) -> tuple[Plan, Registers]:
        return (self.zeros.plan, self.zeros.registers) if step == self.now else self.zeros.past.rounds[step]


def _later(leaf: Ref, step: int) -> Ref:
    return ref(identity(leaf)._replace(step=step))


class _Rows(Unroller):
    """The formulas of single rows, in elements."""

    def __init__(self, plan: Plan, registers: Registers, step: int) -> None:
        super().__init__(plan.tables, self._there)
        self.plan, self.registers, self.updates = plan, registers, step

    def _register(self, symbol: Symbol) -> int:
        place = self.plan.arrays[symbol.name].place(symbol.indices)
        assert place is not None
        return place

    def _there(self, symbol: Symbol) -> bool:
        place = self.plan.arrays[symbol.name].place(symbol.indices)
        return place is not None and self.plan.exists(self.plan.arrays[symbol.name], place)

    def computing(self, symbol: Symbol) -> Node | None:
        """The formula that computes an element; None for a given one, and for what algebra does not look into."""
        found = self.plan.arrays.get(symbol.name)
        place = found.place(symbol.indices) if found is not None else None
        where = self.plan.computed_by.get(place) if place is not None else None
        return None if where is None else self.of(self.plan.lines[where[0]], where[1])

    def of(self, line: CompiledEquation, row: int) -> Node:
        letters = {name: line.space.column(name)[row] for name in line.space.box}
        return self.row(line.equation, letters).formula

    def formula(self, node: Node, equation: Equation, letters: Letters) -> Node:
        match node:
            case Counter():
                return const(self.updates + 1)
            case Wins(over, position):
                at = tuple(value_of(form, letters, self.look) for form in position)
                runs = self._runs(over.letters, equation, letters, over.conditions)
                found = {tuple(map(run.get, over.letters)): self.formula(over.body, equation, run) for run in runs}
                return self._won(list(found).index(at), list(found.values()), over.kind) if at in found else ZERO
        return super().formula(node, equation, letters)

    def _won(self, place: int, formulas: Sequence[Node], kind: str) -> Node:
        """1 where the formula at a place is the one that is taken, else 0; what is open stands for itself."""
        if not all(isinstance(formula, Ref) for formula in formulas):
            return Call(WINS[kind], (const(place), *formulas))
        numbers = [self.registers[self._register(identity(leaf).of)] for leaf in formulas if isinstance(leaf, Ref)]
        best = first_largest if kind == "max" else first_smallest
        try:
            return ONE if best(numbers) == place else ZERO
        except Undecided:
            return Call(WINS[kind], (const(place), *formulas))


def _readable(formula: Node) -> bool:
    """Whether algebra looks into all operations of a formula; a function of the author's stands for itself."""
    return all(part.function in EVERY for part in walk(formula) if isinstance(part, Call))
