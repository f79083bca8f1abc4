"""Derivatives measured: given numbers are moved a little, and what the loss does is compared with the derivatives.

Uses the forward pass alone, so it shares nothing with the rules of derivatives. Up to a number of given numbers they
are moved one by one, beyond that all at once along random directions. At a corner a derivative is a convention that
no measurement knows; there nothing is measured. Decides what agrees.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import flint
from flint import arb, fmpq

from derive.compute.kernels import Registers
from derive.compute.plan import Plan
from derive.compute.runs import run
from derive.compute.tagged import untagged
from derive.numbers import Number
from derive.trace.identity import Symbol

MOST_ALONE = 120
"""Given numbers that are moved one by one."""
DIRECTIONS = 5
STEP_BITS = 80
"""Given numbers are moved by 2^-80."""
PRECISION = 512
"""Bits of a measurement; two values that agree in their first digits are subtracted."""
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
    forward: Sequence[tuple[int, int, int]],
    registers: Registers,
    gradients: Mapping[int, int],
    ends: Ends,
    symbol: Mapping[int, Symbol],
    seed: int = 0,
) -> Iterator[Measured]:
    """Every measurement; `gradients` maps the register of a given number to that of its derivative."""
    rng = random.Random(seed)
    with flint.ctx.workprec(PRECISION):
        registers = [untagged(number) for number in registers]
        start = list(registers)
        if len(gradients) <= MOST_ALONE:
            directions = [{register: fmpq(1)} for register in gradients]
        else:
            directions = [
                {register: fmpq(rng.randint(-999, 999), 1000) for register in gradients} for _ in range(DIRECTIONS)
            ]
        for direction in directions:
            derived: Number = fmpq(0)
            for register, amount in direction.items():
                derived = derived + amount * registers[gradients[register]]
            moved = [_moved(plan, forward, start, direction, sign, ends) for sign in (1, -1)]
            measured = (moved[0] - moved[1]) * fmpq(2) ** (STEP_BITS - 1)
            along = symbol[next(iter(direction))] if len(direction) == 1 else None
            yield Measured(along, derived, measured)


def _moved(
    plan: Plan,
    forward: Sequence[tuple[int, int, int]],
    start: Registers,
    direction: Mapping[int, fmpq],
    sign: int,
    ends: Ends,
) -> Number:
    """What is derived, with the given numbers moved along a direction."""
    registers = list(start)
    step = fmpq(sign) / fmpq(2) ** STEP_BITS
    for register, amount in direction.items():
        registers[register] = arb(registers[register] + step * amount)  # exact sums would grow long
    run(plan, registers, forward)
    return ends.value([untagged(number) for number in registers])
