"""Kernels: arithmetic on many rows at once, or on one.

A kernel gives the values of a formula for a stretch of rows, or for one row, from the registers that hold all numbers.
Exact where the numbers are, with balls elsewhere. How a formula becomes kernels is for `compiler`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, reduce
from itertools import repeat
from operator import add, itemgetter, mul, sub
from typing import NamedTuple

from flint import arb, ctx, fmpq

from derive.compute.tagged import Tagged
from derive.functions import FUNCTIONS
from derive.number import largest, smallest
from derive.numbers import Number, sign, times

Registers = list[Number]
Many = Callable[[Registers, int, int], Sequence[Number]]
"""The values for the rows from one to before another."""
One = Callable[[Registers, int], Number]
"""The value for one row."""
ZERO_REGISTER = 0
"""The register of the number 0, which stands for what lies outside a padded array."""
STEP_REGISTER = 1
"""The register of the number of the present update."""
FIRST_REGISTER = 2


class Kernel(NamedTuple):
    """Arithmetic on rows; `at` are the registers where it only reads, which saves a call for every number.

    `fixed` gives the number that it has in every row, where it is the same one.
    """

    many: Many
    one: One
    at: Sequence[int] | None = None
    fixed: Callable[[Registers], Number] | None = None


ONE, NOTHING = fmpq(1), fmpq(0)


def remembering(name: str) -> Callable[[Number], Number]:
    """A function that has the same ball for the same exact argument, so that equal numbers are known as equal."""

    plain = FUNCTIONS[name].value

    def value(number: Number) -> Number:
        return _remembered(name, ctx.prec, number) if isinstance(number, fmpq) else plain(number)

    return value


@lru_cache(maxsize=10_000)
def _remembered(name: str, precision: int, number: fmpq) -> Number:
    return FUNCTIONS[name].value(number)


def constant(number: Number) -> Kernel:
    return Kernel(lambda regs, a, b: [number] * (b - a), lambda regs, row: number, fixed=lambda regs: number)


def register(place: int) -> Kernel:
    return Kernel(lambda regs, a, b: [regs[place]] * (b - a), lambda regs, row: regs[place], fixed=itemgetter(place))


def listed(numbers: list[fmpq]) -> Kernel:
    return Kernel(lambda regs, a, b: numbers[a:b], lambda regs, row: numbers[row])


def read_at(at: Sequence[int]) -> Kernel:
    first, length = (at[0], len(at)) if at else (0, 0)
    if isinstance(at, range) and length > 1:
        return Kernel(lambda regs, a, b: regs[first + a : first + b], lambda regs, row: regs[first + row], list(at))
    if length and first == at[-1] and at.count(first) == length:
        return register(first)._replace(at=at)
    return Kernel(lambda regs, a, b: [regs[place] for place in at[a:b]], lambda regs, row: regs[at[row]], at)


def shared_by(kernel: Kernel, kinds: list[int]) -> Kernel:
    """The value of each row from those of a few."""
    together = max(kinds) + 1

    def many(regs: Registers, a: int, b: int) -> list[Number]:
        if b - a >= together:
            values = kernel.many(regs, 0, together)
            return [values[kind] for kind in kinds[a:b]]
        found: dict[int, Number] = {}
        for kind in kinds[a:b]:
            if kind not in found:
                found[kind] = kernel.one(regs, kind)
        return [found[kind] for kind in kinds[a:b]]

    return Kernel(many, lambda regs, row: kernel.one(regs, kinds[row]))


def negative(arg: Kernel) -> Kernel:
    many, one = arg.many, arg.one
    return Kernel(lambda regs, a, b: [-x for x in many(regs, a, b)], lambda regs, row: -one(regs, row))


def square(arg: Kernel) -> Kernel:
    many, one, at = arg.many, arg.one, arg.at
    if at is not None:

        def squared_there(regs: Registers, row: int) -> Number:
            x = regs[at[row]]
            return x * x

        return Kernel(lambda regs, a, b: [x * x for x in many(regs, a, b)], squared_there)

    def squared(regs: Registers, row: int) -> Number:
        x = one(regs, row)
        return x * x

    return Kernel(lambda regs, a, b: [x * x for x in many(regs, a, b)], squared)


def sum_of(parts: list[Kernel]) -> Kernel:
    if len(parts) == 2:
        return binary(add, *parts)

    def many(regs: Registers, a: int, b: int) -> Sequence[Number]:
        return reduce(lambda left, right: list(map(add, left, right)), [part.many(regs, a, b) for part in parts])

    return Kernel(many, lambda regs, row: reduce(add, [part.one(regs, row) for part in parts]))


def product_of(parts: list[Kernel]) -> Kernel:
    if len(parts) == 2:
        return binary(mul, *parts)

    def many(regs: Registers, a: int, b: int) -> Sequence[Number]:
        return reduce(lambda left, right: list(map(mul, left, right)), [part.many(regs, a, b) for part in parts])

    return Kernel(many, lambda regs, row: reduce(mul, [part.one(regs, row) for part in parts]))


def binary(function: Callable[[Number, Number], Number], left: Kernel, right: Kernel) -> Kernel:
    """A function of two formulas; for one row, a number that is only read is taken from where it stands."""
    left_many, left_one, first, before = left
    right_many, right_one, second, after = right
    if function in LINEAR and (before is None) != (after is None):
        return with_fixed(function, left, right)

    def many(regs: Registers, a: int, b: int) -> Sequence[Number]:
        return list(map(function, left_many(regs, a, b), right_many(regs, a, b)))

    if first is not None and second is not None:
        if function is mul:  # the most frequent formula of all
            return Kernel(many, lambda regs, row: regs[first[row]] * regs[second[row]])
        return Kernel(many, lambda regs, row: function(regs[first[row]], regs[second[row]]))
    if first is not None:
        return Kernel(many, lambda regs, row: function(regs[first[row]], right_one(regs, row)))
    if second is not None:
        return Kernel(many, lambda regs, row: function(left_one(regs, row), regs[second[row]]))
    return Kernel(many, lambda regs, row: function(left_one(regs, row), right_one(regs, row)))


LINEAR = (add, sub, mul)
"""What gives the same for an exact number and for the ball that it becomes beside a ball."""


def with_fixed(function: Callable[[Number, Number], Number], left: Kernel, right: Kernel) -> Kernel:
    """One of these functions of a number that all rows share and of one that they do not.

    Beside a ball an exact number becomes a ball, which costs five times the product: here that is done once.
    """
    leads = left.fixed is not None
    fixed, (many, one, at, _) = (left.fixed, right) if leads else (right.fixed, left)
    assert fixed is not None
    made, ball, precision = NOTHING, arb(), 0
    """The number for which the ball was made last, the ball, and its precision."""

    def all_of(regs: Registers, a: int, b: int) -> Sequence[Number]:
        number, others = fixed(regs), many(regs, a, b)
        shared: Iterable[Number] = repeat(number)
        if type(number) is fmpq:
            known = arb(number)
            shared = [known if type(other) is arb else number for other in others]
        return list(map(function, shared, others) if leads else map(function, others, shared))

    def one_of(regs: Registers, row: int) -> Number:
        nonlocal made, ball, precision
        number, other = fixed(regs), regs[at[row]] if at is not None else one(regs, row)
        if type(other) is arb and type(number) is fmpq:
            if made is not number or precision != ctx.prec:
                made, ball, precision = number, arb(number), ctx.prec
            number = ball
        return function(number, other) if leads else function(other, number)

    return Kernel(all_of, one_of)


def unary(function: Callable[[Number], Number], arg: Kernel) -> Kernel:
    many, one, at = arg.many, arg.one, arg.at
    if at is not None:
        return Kernel(
            lambda regs, a, b: list(map(function, many(regs, a, b))), lambda regs, row: function(regs[at[row]])
        )
    return Kernel(lambda regs, a, b: list(map(function, many(regs, a, b))), lambda regs, row: function(one(regs, row)))


def several(function: Callable[..., Number], args: list[Kernel]) -> Kernel:
    if not args:
        return Kernel(lambda regs, a, b: [function()] * (b - a), lambda regs, row: function())
    return Kernel(
        lambda regs, a, b: list(map(function, *[arg.many(regs, a, b) for arg in args])),
        lambda regs, row: function(*[arg.one(regs, row) for arg in args]),
    )


def one_by_one(one: One) -> Kernel:
    return Kernel(lambda regs, a, b: [one(regs, row) for row in range(a, b)], one)


def _total(numbers: Sequence[Number]) -> Number:
    return reduce(add, numbers) if numbers else NOTHING


def _mean(numbers: Sequence[Number]) -> Number:
    return reduce(add, numbers) / fmpq(len(numbers))


def _all_multiplied(numbers: Sequence[Number]) -> Number:
    return reduce(times, numbers) if numbers else ONE


GATHER: dict[str, Callable[[Sequence[Number]], Number]] = {
    "sum": _total,
    "mean": _mean,
    "prod": _all_multiplied,
    "max": lambda numbers: largest(*numbers),
    "min": lambda numbers: smallest(*numbers),
}


def gather(function: Callable[[Sequence[Number]], Number], kernel: Kernel, begins: list[int]) -> Kernel:
    inner = kernel.many

    def many(regs: Registers, a: int, b: int) -> list[Number]:
        start = begins[a]
        values = inner(regs, start, begins[b])
        return [function(values[begins[row] - start : begins[row + 1] - start]) for row in range(a, b)]

    return Kernel(many, lambda regs, row: function(inner(regs, begins[row], begins[row + 1])))


def first_largest(numbers: Sequence[Number]) -> int:
    """The place of the largest number; of equal ones the first."""
    best = 0
    for place in range(1, len(numbers)):
        if compared(numbers[place], numbers[best]) > 0:
            best = place
    return best


def first_smallest(numbers: Sequence[Number]) -> int:
    best = 0
    for place in range(1, len(numbers)):
        if compared(numbers[place], numbers[best]) < 0:
            best = place
    return best


def compared(one: Number, other: Number) -> int:
    """-1, 0 or 1 for less, equal, greater; a number that was computed once is equal to itself."""
    if one is other or (isinstance(one, Tagged) and isinstance(other, Tagged) and one.tag == other.tag):
        return 0
    return sign(one - other)
