"""A plan run for given numbers: every value, exactly or in balls that are narrow enough.

Decides nothing about what the numbers mean; an element without a value is named with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from flint import arb, fmpq

from derive.compute.kernels import ZERO_REGISTER, Registers
from derive.compute.plan import CompiledEquation, Plan
from derive.compute.stretches import Block, Stretch, Walk, stretches
from derive.compute.tagged import Tagged
from derive.numbers import LARGEST, MOST_DIGITS, Number, OutsideDomain, Undecided, settle
from derive.trace.identity import Symbol

LONGEST_NUMERATOR = 4000
"""Bits of the numerator of an exact number; a longer one becomes a ball."""
_MOST, _LEAST, _ZERO = arb(LARGEST), arb(-LARGEST), fmpq(0)


class NoValue(Exception):
    """An element that has no value, and why."""

    def __init__(self, symbol: Symbol, why: str, line: CompiledEquation) -> None:
        super().__init__(f"{symbol}: {why}")
        self.symbol, self.why, self.line = symbol, why, line


class Open(Undecided):
    """An element whose value no precision decided so far."""

    def __init__(self, symbol: Symbol, line: CompiledEquation) -> None:
        super().__init__(str(symbol))
        self.symbol, self.line = symbol, line


def empty(plan: Plan) -> Registers:
    """Registers for all numbers of a plan, all of them 0."""
    return [fmpq(0)] * plan.size


Settle = Callable[[CompiledEquation, int], bool]
"""Whether what a row reads is known more exactly now."""
Result = Callable[[Plan, CompiledEquation, int, Number, Registers], Number]
"""What is kept of the number of a row."""


def run(
    plan: Plan,
    registers: Registers,
    blocks: Sequence[Block] | None = None,
    settle: Settle = lambda line, row: False,
    result: Result | None = None,
) -> None:
    """Computes every element into its register; raises `NoValue` or `Undecided`, unless `settle` finds what decides."""
    assert registers[ZERO_REGISTER] == 0
    waiting: list[Block] = list(reversed(plan.blocks if blocks is None else blocks))
    while waiting:
        block = waiting.pop()
        place = Place()
        try:
            if isinstance(block, Walk) and block.single and result is None:
                _walked(plan, registers, block, place)
            else:
                _stretched(plan, registers, stretches([block]), place, result)
        except (OutsideDomain, Undecided):
            line = plan.lines[place.number]
            row, fault = _named(plan, line, registers, place.start, place.end, result)
            if not (isinstance(fault, Open) and settle(line, row)):
                raise fault from None
            done = list(stretches([block])).index((place.number, place.start, place.end))
            waiting.extend(reversed(list(stretches([block]))[done:]))


class Place:
    """Where a run is."""

    __slots__ = ("end", "number", "start")

    number: int
    start: int
    end: int


def _stretched(plan: Plan, registers: Registers, some: Iterable[Stretch], place: Place, result: Result | None) -> None:
    """Runs stretches of rows."""
    for number, start, end in some:
        place.number, place.start, place.end = number, start, end
        line = plan.lines[number]
        targets = line.targets
        if result is None:
            values = line.kernel.many(registers, start, end)
            for target, value in zip(targets[start:end], values, strict=True):
                registers[target] = settled(value)
        else:
            numbers = [settled(value) for value in line.kernel.many(registers, start, end)]
            for row, value in enumerate(numbers, start):
                registers[targets[row]] = result(plan, line, row, value, registers)


def _walked(plan: Plan, registers: Registers, walk: Walk, place: Place) -> None:
    """Runs a walk with one row at each time, for which little but the arithmetic is done."""
    line, time, low = 0, 0, 0
    try:
        for times, some in walk.segments():
            parts = [(n, plan.lines[n].kernel.one, plan.lines[n].targets, first) for n, first, *_ in some]
            for time in times:
                for line, one, targets, low in parts:  # noqa: B007
                    row = time - low
                    value = one(registers, row)
                    if type(value) is arb and _LEAST < value < _MOST and not value.is_zero():
                        registers[targets[row]] = value
                    else:
                        registers[targets[row]] = settled(value)
    finally:
        place.number, place.start, place.end = line, time - low, time - low + 1


def settled(number: Number) -> Number:
    """Short rationals stay exact, a ball that is only 0 becomes 0; raises where a number is too large to work with."""
    if isinstance(number, arb):
        if _LEAST < number < _MOST:
            return _ZERO if number.is_zero() else number
        if not number.is_finite():
            raise Undecided
        raise OutsideDomain(f"a number of more than {MOST_DIGITS} digits")
    if isinstance(number, Tagged):
        plain = settled(number.number)
        return plain if isinstance(plain, fmpq) else number
    if number.p.bit_length() > LONGEST_NUMERATOR:
        return settled(arb(number))
    return settle(number)


def _named(
    plan: Plan, line: CompiledEquation, registers: Registers, start: int, end: int, result: Result | None
) -> tuple[int, Exception]:
    """The row of a stretch that has a fault, the first one that fails, and the fault with its element."""
    for row in range(start, end):
        try:
            number = settled(line.kernel.one(registers, row))
            if result is not None:
                result(plan, line, row, number, registers)
        except OutsideDomain as problem:
            return row, NoValue(line.symbol(row), str(problem), line)
        except Undecided:
            return row, Open(line.symbol(row), line)
    raise AssertionError("a stretch fails and none of its rows does")
