"""Which rounds of a training are kept: of which all numbers are shown, and of which the losses alone."""

from __future__ import annotations

from derive.computation import Computation
from derive.spec import MAX_PRODUCTS, Problem

ROUNDS_IN_FULL = 11
"""Rounds of training at the start whose numbers are kept and shown, but for large networks."""
ROUNDS_SPREAD = 25
"""Rounds of a longer training, evenly spread, of which the losses are shown."""
WORK_SHOWN = MAX_PRODUCTS
"""What the rounds that are shown compute together at most, as `Problem.work` counts it; the first is always shown."""
WORK_KEPT = 5 * WORK_SHOWN
"""The same of all rounds whose numbers are kept."""


def rounds_in_full(problem: Problem) -> int:
    """The number of rounds at the start whose numbers are kept and shown.

    >>> from derive.reading import read_problem
    >>> rounds_in_full(read_problem("mazur")), rounds_in_full(read_problem("rohan-relu"))
    (1, 2)
    """
    return _in_full(problem.training.steps, problem.work)


def rounds_compiled(trace: Computation) -> int:
    """The same of any computation: the rounds that are judged step by step."""
    return _in_full(trace.passes, trace.products)


def _in_full(passes: int, products: int) -> int:
    return max(1, min(ROUNDS_IN_FULL, passes, WORK_SHOWN // max(products, 1)))


def whole_rounds(problem: Problem) -> frozenset[int]:
    """The rounds of which all numbers are kept; of the others that are kept it is the loss."""
    spread = rounds_kept(problem.training.steps)
    return frozenset(spread if len(spread) * problem.work <= WORK_KEPT else range(rounds_in_full(problem)))


def rounds_kept(steps: int) -> list[int]:
    """The rounds whose values are kept: all of a short training, else the first ones and some evenly spread.

    >>> rounds_kept(3)
    [0, 1, 2, 3]
    """
    spread = ROUNDS_SPREAD - 1
    chosen = {(2 * k * steps + spread) // (2 * spread) for k in range(ROUNDS_SPREAD)}
    return sorted({k for k in range(min(steps, ROUNDS_IN_FULL))} | chosen | {steps - 1, steps})
