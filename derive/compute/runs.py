"""A plan run for given numbers: every value, exactly or in balls that are narrow enough.

Decides nothing about what the numbers mean; an element without a value is named with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from flint import arb, fmpq

from derive.compute.kernels import ZERO_REGISTER, Registers
from derive.compute.plan import CompiledEquation, Plan
from derive.compute.tagged import Tagged
from derive.compute.turns import Blocks, Turns, stretches
from derive.numbers import LARGEST, MOST_DIGITS, Number, OutsideDomain, Undecided, settle
from derive.trace.identity import Symbol

LONGEST_NUMERATOR = 4000
"""Bits of the numerator of an exact number; a longer one becomes a ball."""
_MOST, _LEAST, _ZERO = arb(LARGEST), arb(-LARGEST), fmpq(0)
_WITHIN = arb(0, LARGEST / 2)
"""What lies in here is not too large. A question to a ball costs as much as two products, so few are asked."""


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
    blocks: Blocks | None = None,
    settle: Settle = lambda line, row: False,
    result: Result | None = None,
) -> None:
    """Computes every element into its register; raises `NoValue` or `Undecided`, unless `settle` finds what decides."""
    assert registers[ZERO_REGISTER] == 0
    parts = [(line.kernel.one, line.kernel.many, line.targets) for line in plan.lines]
    blocks = plan.blocks if blocks is None else blocks
    left = iter(blocks if result is None else stretches(blocks))
    number, start, end = -1, 0, 0
    while True:
        try:
            for block in left:
                if isinstance(block, Turns):
                    present = [(parts[one], one, row) for one, row in zip(block.lines, block.rows, strict=True)]
                    for moved in range(0, block.way * block.count, block.way):
                        for (one, _, targets), line_number, row in present:
                            number, start = line_number, row + moved
                            value = one(registers, start)
                            plain = type(value) is arb and value in _WITHIN and not value.is_zero()
                            registers[targets[start]] = value if plain else settled(value)
                    continue
                number, start, end = block
                one, many, targets = parts[number]
                if result is not None:
                    line = plan.lines[number]
                    numbers = [settled(value) for value in many(registers, start, end)]
                    for row, value in enumerate(numbers, start):
                        registers[targets[row]] = result(plan, line, row, value, registers)
                elif end - start == 1:
                    registers[targets[start]] = settled(one(registers, start))
                else:
                    values = many(registers, start, end)
                    for target, value in zip(targets[start:end], values, strict=True):
                        registers[target] = settled(value)
            return
        except (OutsideDomain, Undecided):
            if isinstance(block, Turns):
                at = block.lines.index(number)
                end, rest = start + 1, block.stretches(abs(start - block.rows[at]), at)
            else:
                rest = iter([block])
            line = plan.lines[number]
            row, fault = _named(plan, line, registers, start, end, result)
            if not (isinstance(fault, Open) and settle(line, row)):
                raise fault from None
            left = chain(rest, left)


def settled(number: Number) -> Number:
    """Short rationals stay exact, a ball that is only 0 becomes 0; raises where a number is too large to work with."""
    if isinstance(number, arb):
        if number in _WITHIN or _LEAST < number < _MOST:
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
