"""Derivatives measured: given numbers are moved a little, and what the loss does is compared with the derivatives.

Uses the forward pass alone, so it shares nothing with the rules of derivatives. Up to a number of given numbers they
are moved one by one, beyond that all at once along random directions. Where a step is too long, because a corner, the
end of a domain or a short wave lies within it, a shorter one is taken; where there is no value on one of the sides,
there is no measurement. At a corner a derivative is a convention that no measurement knows; there nothing is measured.
Decides what agrees.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import flint
from flint import arb, fmpq

from derive.compute.kernels import Registers
from derive.compute.plan import Plan
from derive.compute.runs import NoValue, run
from derive.compute.tagged import untagged
from derive.compute.turns import Blocks
from derive.numbers import Number, Undecided
from derive.trace.identity import Symbol

MOST_ALONE = 120
"""Given numbers that are moved one by one."""
DIRECTIONS = 5
STEPS = ((80, 512), (320, 1024), (4000, 12288))
"""Given numbers are moved by 2^-80; and the bits of a measurement, in which two values are subtracted that agree in
their first digits. Shorter steps follow."""
AGREED_BITS = 60
"""A derivative and its measurement agree where they differ by less than 2^-60 of the larger of 1 and the derivative."""


@dataclass(frozen=True)
class Ends:
    """What is derived: registers with their weights, a loss with weight 1 or what is given from above."""

    weights: Mapping[int, Number]

    def value(self, registers: Registers) -> Number:
        total: Number = fmpq(0)
        for register, weight in self.weights.items():
            total = total + weight * registers[register]
        return total


@dataclass(frozen=True)
class Measured:
    """A derivative along a direction and its measurement; `along` names the number, or is None for a direction."""

    along: Symbol | None
    derived: Number
    measured: Number

    @property
    def agrees(self) -> bool:
        scale = arb(1).max(abs(arb(self.derived)))
        return bool(abs(arb(self.measured) - arb(self.derived)) < scale * arb(2) ** -AGREED_BITS)


def measure(
    plan: Plan,
    forward: Blocks,
    registers: Registers,
    gradients: Mapping[int, int],
    ends: Ends,
    symbol: Mapping[int, Symbol],
    seed: int = 0,
) -> Iterator[Measured]:
    """Every measurement; `gradients` maps the register of a given number to that of its derivative."""
    rng = random.Random(seed)
    start = [untagged(number) for number in registers]
    if len(gradients) <= MOST_ALONE:
        directions = [{register: fmpq(1)} for register in gradients]
    else:
        directions = [
            {register: fmpq(rng.randint(-999, 999), 1000) for register in gradients} for _ in range(DIRECTIONS)
        ]
    for direction in directions:
        along = symbol[next(iter(direction))] if len(direction) == 1 else None
        found: Measured | None = None
        for bits, precision in STEPS:
            with flint.ctx.workprec(precision), suppress(NoValue, Undecided):
                derived: Number = fmpq(0)
                for register, amount in direction.items():
                    derived = derived + amount * start[gradients[register]]
                moved = [_moved(plan, forward, start, direction, sign, bits, ends) for sign in (1, -1)]
                found = Measured(along, derived, (moved[0] - moved[1]) * fmpq(2) ** (bits - 1))
                if found.agrees:
                    break
        if found is not None:
            yield found


def _moved(
    plan: Plan,
    forward: Blocks,
    start: Registers,
    direction: Mapping[int, fmpq],
    sign: int,
    bits: int,
    ends: Ends,
) -> Number:
    """What is derived, with the given numbers moved along a direction."""
    registers = list(start)
    step = fmpq(sign) / fmpq(2) ** bits
    for register, amount in direction.items():
        registers[register] = arb(registers[register] + step * amount)  # exact sums would grow long
    run(plan, registers, forward)
    return ends.value([untagged(number) for number in registers])
