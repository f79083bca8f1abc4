"""A trace compiled once and run for many numbers: class sets, mistakes and checks.

Every quantity gets a place in a list, and every step a function of that list, so that a run with other given
numbers does no symbolic work. Three runs: exactly, carrying rounded results, and with the range of everything that
correct work under rounding can reach. Some steps can be replaced by wrong ones, and only what depends on them is
computed again. Like `evaluation`, this module knows neither names nor what a number is good for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flint import fmpq

from derive.computation import Computation, Definitions
from derive.evaluation import Policy, rounds_compiled
from derive.expression import Node, Ref, quantities
from derive.identity import proven
from derive.loop import follow
from derive.numbers import Evaluator, Number, Undecided, compile_value, exact, rounded, settle, widened
from derive.quantity import Quantity
from derive.reach import Reach, compile_reach
from derive.step import Step

Registers = list[Number]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One compiled step: where its result goes, how it is computed, and from where."""

    target: int
    formula: Node
    value: Evaluator
    direct: Evaluator
    """The same value by a road that loses no exactness; it passes by the steps in between."""
    sources: tuple[int, ...]


Rule = Callable[[Line, Registers], Number]
"""What becomes of a step, from the results before it."""


def plain(line: Line, registers: Registers) -> Number:
    """The value of a step's formula."""
    return line.value(registers)


def direct(line: Line, registers: Registers) -> Number:
    """The exact value of a step."""
    return settle(line.direct(registers))


def along(line: Line, registers: Registers) -> Number:
    """The exact value of a step's formula as it is shown."""
    return settle(line.value(registers))


def rounding(places: Sequence[int | None], ties: str) -> Rule:
    """Every result rounded to the decimals of its place before it is used."""

    def rule(line: Line, registers: Registers) -> Number:
        number, decimals = settle(line.value(registers)), places[line.target]
        return number if decimals is None else rounded(number, decimals, ties)

    return rule


def reaching(program: Program, places: Sequence[int | None], before: Registers) -> Rule:
    """The range of what is used of a step, once it is rounded; what it gives before that goes to `before`."""

    def rule(line: Line, used: Registers) -> Number:
        number = before[line.target] = program.reach(line)(used)
        decimals = places[line.target]
        return number if decimals is None else widened(number, decimals)

    return rule


class Program:
    """The steps of a trace, each round of training for itself, ready to run.

    `quantities` has the given ones first and then the target of every step in the order of computation. At most
    `rounds` rounds are compiled, by default those that a solution shows: the last forward pass belongs to it only when
    they are all.
    """

    def __init__(self, trace: Computation, rounds: int | None = None) -> None:
        self.trace = trace
        compiled = min(rounds or rounds_compiled(trace), trace.passes)
        steps = list(_steps(trace, compiled))
        counters = [Quantity("updates", step=number) for number in range(compiled)]
        self._given = [*trace.givens, *counters]
        self.quantities = (*self._given, *(step.target for step in steps))
        self.place = {quantity: number for number, quantity in enumerate(self.quantities)}
        self.lines = [self._line(step.target, step.formula, step.direct) for step in steps]
        self._by_target = {line.target: line for line in self.lines}
        self._reaches: dict[Line, Reach] = {}
        self._kept = frozenset(step.target for step in steps if step.keeps)

    def _line(self, target: Quantity, formula: Node, direct: Node | None = None) -> Line:
        value = compile_value(formula, self.place.__getitem__)
        other = value if direct is None else compile_value(direct, self.place.__getitem__)
        sources = tuple(self.place[quantity] for quantity in quantities(formula))
        return Line(self.place[target], formula, value, other, sources)

    # -- single steps ----------------------------------------------------------------------------------------

    def formula(self, quantity: Quantity) -> Node | None:
        """The formula that defines a quantity; None for a given one."""
        line = self._by_target.get(self.place[quantity])
        return None if line is None else line.formula

    def sources(self, quantity: Quantity) -> tuple[Quantity, ...]:
        """The quantities that the formula of a quantity uses."""
        line = self._by_target.get(self.place[quantity])
        return () if line is None else tuple(self.quantities[source] for source in line.sources)

    def compiled(self, target: Quantity, formula: Node) -> Line:
        """Another formula for a quantity, ready to run on the registers of this program."""
        return self._line(target, formula)

    def line(self, place: int) -> Line | None:
        """The compiled step whose result goes to a place; None for a given number."""
        return self._by_target.get(place)

    def reach(self, line: Line) -> Reach:
        """The range of a step as a function of the ranges of what it uses; compiled when first asked for."""
        found = self._reaches.get(line)
        if found is None:
            found = self._reaches[line] = compile_reach(line.formula, self.place.__getitem__)
        return found

    # -- whole runs ------------------------------------------------------------------------------------------

    def givens(self, decimals: Mapping[Quantity, Decimal] | None = None) -> list[Number]:
        """The given numbers in the order of the registers: those of the problem, with `decimals` in place of some."""
        known = {**self.trace.givens, **(decimals or {})}
        return [fmpq(q.step) if q.kind == "updates" else exact(known[q]) for q in self._given]

    def exact(self, givens: Sequence[Number], rationals: Mapping[int, fmpq] | None = None) -> Registers:
        """Every value, never rounded; raises `OutsideDomain` where one does not exist.

        `rationals` are values that are known to be these. Raises `Undecided`, with the quantity, where more precision
        is needed to tell on which side of a corner it is.
        """
        known, found = rationals or {}, dict[int, fmpq]()

        def rule(line: Line, registers: Registers) -> Number:
            try:
                number = line.direct(registers)
            except Undecided as question:
                question.quantity = self.quantities[line.target]
                found.update((at, value) for at in line.sources if (value := self.rational(at, registers)) is not None)
                raise
            return settle(number) if line.target not in known else known[line.target]

        try:
            return follow(self.lines, self._empty(givens), rule)
        except Undecided:
            if not found:
                raise
        # From the start: what was computed before did not know them.
        return self.exact(givens, {**known, **found})

    def rational(self, place: int, registers: Registers) -> fmpq | None:
        """The short rational that an exact value in a ball is proven to be, or None."""
        if isinstance(registers[place], fmpq):
            return None
        formula = Ref(self.quantities[place])
        return proven(
            Definitions(self.trace), lambda quantity: registers[self.place[quantity]], formula, registers[place]
        )

    def places(self, policy: Policy) -> list[int | None]:
        """The decimals that every quantity is rounded to under a policy; None where it is not rounded."""
        return [self.decimals(quantity, policy) for quantity in self.quantities]

    def decimals(self, quantity: Quantity, policy: Policy) -> int | None:
        return None if quantity in self._kept else policy.places(quantity)

    def carried(self, givens: Sequence[Number], policy: Policy) -> Registers:
        """Every value when each result is rounded and the rounded number is used from then on."""
        return follow(self.lines, self._empty(givens), rounding(self.places(policy), policy.ties))

    def ranges(self, givens: Sequence[Number], policy: Policy) -> Registers:
        """Per quantity a ball with every value that correct work can have before it rounds this result itself.

        Earlier results may have been rounded as the policy says, or less, before they were used. Where they are so
        rough that there may be no value at all, the range is `reach.EVERYTHING`.
        """
        before = self._empty(givens)
        follow(self.lines, self._empty(givens), reaching(self, self.places(policy), before))
        return before

    def _empty(self, givens: Sequence[Number]) -> Registers:
        return [*givens, *[fmpq(0)] * len(self.lines)]

    # -- wrong steps -----------------------------------------------------------------------------------------

    def rewritten(self, changes: Mapping[Quantity, Node]) -> Rewritten:
        """The same computation with other formulas for some quantities.

        A formula may use quantities that come later. Raises ValueError where it would need its own result.
        """
        return Rewritten(self, [self._line(target, formula) for target, formula in changes.items()])


class Rewritten:
    """A program in which some steps are wrong: what depends on them is computed again."""

    def __init__(self, program: Program, changed: Sequence[Line]) -> None:
        self.program = program
        self.changed = {line.target: line for line in changed}
        affected = set(self.changed)
        growing = True
        while growing:
            found = {
                line.target
                for line in program.lines
                if line.target not in affected and not affected.isdisjoint(line.sources)
            }
            affected |= found
            growing = bool(found)
        self.affected = frozenset(affected)
        self.lines = self._ordered()

    def _ordered(self) -> list[Line]:
        """The affected steps, each after those that it needs, otherwise in the order of the program."""
        ordered: list[Line] = []
        state: dict[int, bool] = {}

        def visit(target: int) -> None:
            if state.get(target) is True or target not in self.affected:
                return
            if state.get(target) is False:
                raise ValueError(f"the value of {self.program.quantities[target].id} would need itself")
            state[target] = False
            line = self.changed.get(target) or self.program.line(target)
            assert line is not None
            for source in line.sources:
                visit(source)
            state[target] = True
            ordered.append(line)

        for target in (*(line.target for line in self.program.lines), *self.changed):
            visit(target)
        return ordered

    def exact(self, right: Sequence[Number]) -> Registers:
        """Every value with the wrong steps, from the values of the right computation."""
        return follow(self.lines, list(right), along)

    def carried(self, right: Sequence[Number], policy: Policy) -> Registers:
        """The same, when every result is rounded and used rounded."""
        return follow(self.lines, list(right), rounding(self.program.places(policy), policy.ties))


def _steps(trace: Computation, rounds: int) -> Iterable[Step]:
    """Every step of the first rounds, in order and for the update it belongs to."""
    yield from trace.preprocessing
    for number in range(rounds):
        for step in trace.round(number).steps:
            yield step.shifted(number)
    if rounds == trace.passes:
        for step in trace.last_forward:
            yield step.shifted(rounds)


__all__ = ["Line", "Program", "Registers", "Rewritten", "Rule", "along", "direct", "plain", "reaching", "rounding"]
