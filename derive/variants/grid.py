"""Grids of numbers that are easy to calculate with by hand, and how one is made to suit given numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import gcd

from derive.activations import described
from derive.numbers import decimal_text

MOST_DECIMALS = 2
"""Decimals of a number that is easy to work with by hand."""
WIDER, INPUTS_WIDER, FEW = 4, 9, 3
"""Steps by which a range is at least wider than the given numbers, on each side; of inputs, where that ends
below 1. Inputs of 1 and more grow at most by half as much again as they are, or by a few steps."""
SHORT = 1000
"""Numbers of a grid that are made only once."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Numbers at equal distances, `first + k * step` in units of the last decimal, without 0 unless it is wanted."""

    first: int
    step: int
    count: int
    decimals: int
    hole: int
    """Which k would be 0 and is left out; `count` or more where none is."""

    def __len__(self) -> int:
        return self.count - (self.hole < self.count)

    def __iter__(self) -> Iterator[Decimal]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, k: int) -> Decimal:
        scaled = self.first + self.step * (k + (k >= self.hole))
        return Decimal(decimal_text(abs(scaled), self.decimals, scaled < 0))


Values = Grid | tuple[Decimal, ...]


def ends_of(values: Values) -> tuple[Decimal, Decimal]:
    """The smallest and the largest number.

    >>> ends_of(grid_of(-2, 1, 4, 0)), ends_of((Decimal(3), Decimal(1)))
    ((Decimal('-2'), Decimal('1')), (Decimal('1'), Decimal('3')))
    """
    return (values[0], values[len(values) - 1]) if isinstance(values, Grid) else (min(values), max(values))


@lru_cache(maxsize=64)
def listed(values: Values) -> Values:
    """A short grid as a tuple, whose numbers are at hand."""
    return tuple(values) if len(values) <= SHORT else values


def around(numbers: Sequence[Decimal], most: int = WIDER) -> Grid:
    """A grid around some numbers, none of them 0, that is easy to calculate with.

    >>> grid = around([Decimal("0.05"), Decimal("0.10")])
    >>> [str(grid[k]) for k in range(len(grid))]
    ['0.05', '0.10', '0.15', '0.20', '0.25', '0.30']
    >>> grid = around([Decimal(-2), Decimal(3)])
    >>> [str(grid[k]) for k in range(len(grid))]
    ['-3', '-2', '-1', '1', '2', '3']
    """
    decimals = min(MOST_DECIMALS, max(decimals_of(number) for number in numbers))
    units = [scaled(number, decimals) or (1 if number > 0 else -1) for number in numbers]
    step = gcd(*units)
    if len(set(units)) < 2 or int(str(step).rstrip("0")) not in (1, 2, 5):
        step = 1
    low, high = min(units), max(units)
    if low < 0 < high:
        high = max(high, -low)
        low = -high
    else:
        wider = max((high - low) // 2, WIDER * step) // step * step
        furthest = max(abs(low), abs(high))
        wider = max(wider, min(most * step, (10**decimals - furthest) // step * step))
        if most > WIDER and furthest >= 10**decimals:
            wider = min(wider, max(3 * furthest // (2 * step) * step, FEW * step))
        low, high = low - wider, high + wider
        low, high = (max(low, step), high) if units[0] > 0 else (low, min(high, -step))
    return grid_of(low, step, (high - low) // step + 1, decimals)


def grid_of(first: int, step: int, count: int, decimals: int, zero: bool = False) -> Grid:
    hole = -first // step if not zero and first % step == 0 and first <= 0 else count
    return Grid(first, step, count, decimals, hole)


def within(grid: Grid, activation: str) -> Grid | None:
    """The part of a grid of targets that a unit can reach."""
    unit = 10**grid.decimals
    low, high = described(activation).range
    if low is None or high is None:
        return grid
    inside = [k for k in range(grid.count) if low * unit < grid.first + k * grid.step < high * unit]
    if not inside:
        return None
    return grid_of(grid.first + inside[0] * grid.step, grid.step, len(inside), grid.decimals)


def decimals_of(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(-exponent, 0)


def scaled(number: Decimal, decimals: int) -> int:
    numerator, denominator = number.as_integer_ratio()
    return round(Fraction(numerator * 10**decimals, denominator))
