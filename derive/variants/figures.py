"""Numbers and answers as the conditions of a class set look at them: sizes, radii, which answers are final."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from flint import arb, fmpq

from derive.numbers import Number, exact
from derive.program import Line
from derive.quantity import Quantity

FINAL = (("W", "b"), ("dL/dW", "dL/db"), ("dL/dz",), ("dL/da",), ("loss",), ("a",), ("z",))
"""Kinds of final answers, the last of a worksheet first; new weights are those of the kind W."""


@lru_cache(maxsize=10_000)
def fraction(number: Decimal) -> fmpq:
    return exact(number)


def size(number: Number) -> Number:
    """The number without its sign; a ball around 0 stays as it is."""
    return -number if number < 0 else number


def spread(number: Number) -> Number:
    """The radius of a ball; 0 for an exact number."""
    return fmpq(0) if isinstance(number, fmpq) else number.rad()


def agree(left: Number, right: Number) -> bool:
    """Whether two numbers may be the same one."""
    difference = left - right
    return not difference if isinstance(difference, fmpq) else bool(arb(difference).contains(0))


def final_answers(asked: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """The answers at the end of a worksheet: the new weights where they are asked for, else the gradients, and so on.

    >>> [q.id for q in final_answers([Quantity("z", 1, 0), Quantity("dL/dW", 1, 0, 0), Quantity("loss")])]
    ['dL/dW[1][0][0]']
    """
    for kinds in FINAL:
        found = [q for q in asked if q.kind in kinds and (q.step > 0 or "W" not in kinds)]
        if found:
            last = max(q.step for q in found)
            return tuple(q for q in found if q.step == last)
    return tuple(asked)


def leading_to(lines: Sequence[Line], ends: set[int]) -> tuple[Line, ...]:
    """Those of some steps that a result at one of the ends needs, in order."""
    needed, kept = set(ends), list[Line]()
    for line in reversed(lines):
        if line.target in needed:
            needed.update(line.sources)
            kept.append(line)
    return tuple(reversed(kept))
