"""A computation with its derivatives and updates, run round by round.

A round is a forward pass, the derivatives, and an update. Decides which registers hold what, which given numbers
change from round to round, and which rounds are kept. What the numbers mean to a reader is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count

from flint import fmpq

from derive.compute.carried import Carry
from derive.compute.kernels import STEP_REGISTER, Registers
from derive.compute.plan import Plan, Planner
from derive.compute.runs import NoValue, empty, run
from derive.compute.space import NoEntry
from derive.compute.tagged import Tags
from derive.compute.turns import Blocks, without
from derive.compute.zeros import Past, Zeros
from derive.errors import InputError
from derive.trace.adjoint import Adjoint
from derive.trace.equations import System
from derive.trace.indexed import reads
from derive.trace.updates import GRADIENT, Updates, owned

Schedule = Mapping[str, Sequence[Fraction]]


@dataclass(frozen=True)
class RoundNumbers:
    """The numbers of one round: everything after `step` updates, and the update that follows."""

    step: int
    plan: Plan
    registers: Registers
    missing: Mapping[str, str]
    """Derivatives that do not exist and that nobody asked for, and why."""
    rough: bytes = b""
    """For every register whether its number was rounded on the way, or comes from such; empty where nothing is."""


@dataclass
class _Program:
    """A plan with the stretches of its parts."""

    plan: Plan
    forward: Blocks
    backward: Blocks
    before: Blocks
    update: Blocks


@dataclass
class _Numbers:
    """The numbers of a round in the making: as exact as they can be had, or rounded on the way."""

    registers: Registers
    zeros: Zeros
    carry: Carry | None

    def run(self, plan: Plan, blocks: Blocks) -> None:
        if self.carry is None:
            run(plan, self.registers, blocks, self.zeros.settle)
        else:
            run(plan, self.registers, blocks, result=self.carry.result)

    def settle(self, names: Iterable[str]) -> None:
        """Makes exact what is proven to be 0; there is no algebra of carried numbers."""
        if self.carry is None:
            self.zeros.settle_all(names)

    def ahead(self, plan: Plan, at: Mapping[str, str]) -> _Numbers:
        """The same numbers, but for parameters in whose place others stand."""
        registers, carry = list(self.registers), self.carry.aside() if self.carry else None
        found = _Numbers(registers, Zeros(plan, registers, self.zeros.step), carry)
        for parameter, name in at.items():
            found.take(plan, name, parameter, self)
        return found

    def take(self, plan: Plan, name: str, target: str, other: _Numbers) -> None:
        """Puts a quantity of other numbers into the place of one of these, as far as it is computed there."""
        here, there = plan.arrays[name], plan.arrays[target]
        for source, place in zip(range(here.base, here.base + here.length), count(there.base)):
            if plan.defined[source]:
                self.registers[place] = other.registers[source]
                if self.carry and other.carry:
                    self.carry.rough[place] = other.carry.rough[source]


@dataclass
class Computation:
    """Everything that is computed; `optional` are derivatives that may fail to exist."""

    system: System
    adjoint: Adjoint | None
    updates: Updates | None = None
    schedule: Schedule = field(default_factory=dict)
    steps: int = 0
    optional: frozenset[str] = frozenset()
    tags: Tags | None = None
    """Where numbers remember how they were computed, because a comparison of two stayed open."""
    carry: Carry | None = None
    """How results are rounded before they are used, where they are."""
    past: Past = field(default_factory=Past)
    """What proofs use of earlier rounds, at the precision in force."""
    _programs: dict[tuple[int, ...], _Program] = field(default_factory=dict)

    def remember(self) -> None:
        """From now on numbers remember how they were computed."""
        self.tags = Tags()
        self._programs.clear()

    def program(self, step: int) -> _Program:
        """The plan for the given whole numbers that are indices in a round."""
        changing = [name for name in self.schedule if name in self.system.tables]
        key = tuple(self._whole(name, self._scheduled(name, step)) for name in changing)
        if key not in self._programs:
            self._programs[key] = self._planned(dict(zip(changing, key, strict=True)))
        return self._programs[key]

    def _scheduled(self, name: str, step: int) -> Fraction:
        values = self.schedule[name]
        return values[step % len(values)]

    def _whole(self, name: str, value: Fraction) -> int:
        if value.denominator != 1:
            where = f"training.schedule.{name}"
            hint = f"{name} is an index, which is never rounded."
            raise InputError("whole numbers", str(value), self.system.names.file, where, hint)
        return int(value)

    def _planned(self, indices: Mapping[str, int]) -> _Program:
        system = self.system

        def tables(name: str, at: tuple[int, ...]) -> int:
            if name in indices:
                return indices[name]
            number = system.givens[name].number(at)
            if number is None:
                given = system.givens[name]
                spans = ", ".join(f"{low}..{high}" for low, high in given.ranges)
                raise NoEntry(name, at, spans)
            return int(number)

        functions = self.adjoint.functions.known if self.adjoint else dict(system.functions)
        planner = Planner(system.names, functions, tables, self.tags)
        for given in system.givens.values():
            planner.given(given)
        plan = planner.plan
        planner.add(system.equations, system.ranges)
        ends = [len(plan.blocks)]
        if self.adjoint:
            planner.add(self.adjoint.equations, self.adjoint.ranges, derived=True)
        ends.append(len(plan.blocks))
        if self.updates:
            self._add_updates(planner, self.updates)
            planner.add(self.updates.before, self.updates.ranges)
            ends.append(len(plan.blocks))
            planner.add(self.updates.equations, self.updates.ranges)
        blocks = plan.blocks
        middle = ends[2] if self.updates else ends[1]
        return _Program(plan, blocks[: ends[0]], blocks[ends[0] : ends[1]], blocks[ends[1] : middle], blocks[middle:])

    def _add_updates(self, planner: Planner, updates: Updates) -> None:
        """Registers for settings and for what is kept from one round to the next."""
        for setting in updates.settings.values():
            planner.given(setting)
        for name in [*updates.starts, *(owned(GRADIENT, parameter) for parameter in updates.at)]:
            planner.reserve(name, updates.ranges[name])

    # -- running

    def rounds(self, keep: Callable[[int], bool] = lambda step: True) -> Iterator[RoundNumbers]:
        """The rounds that are kept, one after the other, at the precision in force.

        After the last update there is one more forward pass, with the scheduled numbers of the last round. Raises
        `NoValue` where an element has no value and `Undecided` where the precision does not decide one.
        """
        program = self.program(0)
        registers = empty(program.plan)
        self._give(program.plan, registers)
        self.past = Past({old: new for new, old in self.updates.moves.items()} if self.updates else {}, self.past.known)
        if self.carry:
            self.carry.start(program.plan.size)
        for step in range(self.steps + 1):
            made = min(step, max(self.steps - 1, 0))
            program = self.program(made)
            self._advance(program.plan, registers, made)
            if self.carry:
                self.carry.step = step
            numbers = _Numbers(registers, Zeros(program.plan, registers, step, self.past), self.carry)
            numbers.run(program.plan, program.forward)
            last = step == self.steps
            missing: dict[str, str] = {}
            if self.adjoint and (not last or not step):
                missing = self._backward(program, numbers)
            if not last:
                self._update(program, numbers)
                self.past.remember(program.plan, registers)
            if keep(step) or last:
                rough = bytes(self.carry.rough) if self.carry else b""
                yield RoundNumbers(step, program.plan, list(registers), missing, rough)
            if not last:
                for new, old in (self.updates.moves if self.updates else {}).items():
                    numbers.take(program.plan, new, old, numbers)  # elements that no rule moves stay

    def _give(self, plan: Plan, registers: Registers) -> None:
        """The given numbers, and the first values of states."""
        settings = self.updates.settings if self.updates else {}
        for given in (*self.system.givens.values(), *settings.values()):
            base = plan.arrays[given.name].base
            registers[base : base + len(given.written)] = [fmpq(*n.as_integer_ratio()) for n in given.written]
        for name, values in (self.updates.starts if self.updates else {}).items():
            for place, value in values.items():
                at = plan.arrays[name].place(place)
                assert at is not None
                registers[at] = fmpq(value.numerator, value.denominator)

    def _advance(self, plan: Plan, registers: Registers, step: int) -> None:
        """The numbers that change with the step."""
        registers[STEP_REGISTER] = fmpq(step + 1)
        for name in self.schedule:
            value = self._scheduled(name, step)
            registers[plan.arrays[name].base] = fmpq(value.numerator, value.denominator)

    def _backward(self, program: _Program, numbers: _Numbers) -> dict[str, str]:
        """All derivatives; those that nobody asked for may be missing."""
        missing: dict[str, str] = {}
        assert self.adjoint is not None
        lines, blocks = program.plan.lines, program.backward
        while True:
            try:
                numbers.run(program.plan, blocks)
            except NoValue as problem:
                name = problem.line.equation.name
                if name not in self.optional:
                    raise
                missing[name] = str(problem)
                for other in self._needing(name):
                    missing.setdefault(other, f"{other} needs {name}")
                blocks = without(blocks, lambda number: lines[number].equation.name in missing)
            else:
                used = self.updates.gradients if self.updates else ()
                numbers.settle(self.adjoint.names[name] for name in used)
                return missing

    def _needing(self, name: str) -> set[str]:
        """The derivatives that are computed from another one."""
        assert self.adjoint is not None
        found = {name}
        while True:
            more = {
                e.name for e in self.adjoint.equations if any(read.name in found for read in reads(e.right))
            } - found
            if not more:
                return found - {name}
            found |= more

    def _update(self, program: _Program, numbers: _Numbers) -> None:
        updates, plan = self.updates, program.plan
        if updates is None:
            return
        numbers.run(plan, program.before)
        if updates.at:
            ahead = numbers.ahead(plan, updates.at)
            ahead.run(plan, program.forward)
            self._backward(program, ahead)
            assert self.adjoint is not None
            for parameter in updates.at:
                numbers.take(plan, self.adjoint.names[parameter], owned(GRADIENT, parameter), ahead)
        numbers.run(plan, program.update)
