"""The numbers of a problem that is given by equations: the rounds of its training, exactly or rounded on the way.

Decides with which precision they are computed, and what is said where there is none. Which ids there are is for
`solution`; the arithmetic is in `compute`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Self, TypeVar

import flint

from derive.compute.carried import Carry, Places
from derive.compute.plan import CompiledEquation
from derive.compute.rounds import Computation, RoundNumbers
from derive.compute.runs import NoValue, Open
from derive.errors import InputError
from derive.model.asked import Asked
from derive.model.schema import ModelProblem
from derive.numbers import FIRST_PRECISION, LAST_PRECISION, Undecided
from derive.trace.identity import Identity
from derive.trace.indexed import standing

T = TypeVar("T")
REMEMBERING = 1000
"""Bits after which numbers remember how they were computed: what is still open may be two equal numbers."""
LEAST_LAST_PRECISION, MOST_BITS = 1536, 200_000_000
"""What is tried of a large computation, and bits of all numbers together that are computed in seconds."""
ROUNDS_KEPT = 25
"""Rounds of a training whose numbers stay in memory: the first ones and the last."""


class ModelNumbers(Asked):
    """All numbers of a problem in its rounds; computed when first asked for."""

    def __init__(self, problem: ModelProblem) -> None:
        super().__init__(problem)
        steps = problem.training.steps if problem.training else 0
        self.computation = Computation(self.system, self.adjoint, self.updates, self.schedule, steps, self.optional)
        self._precision = FIRST_PRECISION
        self._rounds: dict[int, RoundNumbers] | None = None

    @cached_property
    def carried(self) -> Self:
        """The same with every named result rounded as the problem says, and used rounded."""
        other = copy(self)
        other.computation = replace(self.computation, carry=Carry(self.places), tags=None, _programs={})
        other._precision, other._rounds = FIRST_PRECISION, None
        vars(other).update(carried=other, unrounded=self)
        return other

    @cached_property
    def unrounded(self) -> Self:
        """The same with no number rounded on the way."""
        return self

    @property
    def printed(self) -> Self:
        """The one whose numbers are printed: carried where the problem says so."""
        return self.carried if self.problem.rounding.carry else self.unrounded

    @cached_property
    def places(self) -> Places:
        """With how many decimals numbers are written."""
        rounding = self.problem.rounding
        return Places(rounding.decimals, rounding.ties, rounding.overrides)

    def decide(self, ask: Callable[[], T]) -> T:
        """`ask()` of the numbers, at a precision that decides everything it asks."""
        while True:
            try:
                with flint.ctx.workprec(self._precision):
                    return ask()
            except Open as problem:
                last, where = problem, self._where(problem.line)
                self._raise_precision(f"{last.symbol} in {where}")
            except Undecided:
                self._raise_precision("a digit that is asked for")
            except NoValue as problem:
                raise self._no_value(problem) from None

    def _raise_precision(self, what: str) -> None:
        self._rounds, self._precision = None, self._precision * 2
        if self._precision > REMEMBERING and self.computation.tags is None:
            self.computation.remember()
        if self._precision > self.last_precision:
            found = f"{what}, which {self.last_precision} bits do not decide"
            hint = "it seems to lie exactly at a corner or a tie: change a given number slightly."
            raise self._fault("model.equations", "numbers that can be decided with certainty", found, hint)

    @cached_property
    def last_precision(self) -> int:
        """The bits beyond which nothing is tried; fewer for a large computation, which would take minutes with all."""
        rounds = 1 + (self.problem.training.steps if self.problem.training else 0)
        numbers = self.computation.program(0).plan.size * rounds
        return min(LAST_PRECISION, max(LEAST_LAST_PRECISION, MOST_BITS // numbers))

    def _where(self, line: CompiledEquation) -> str:
        return standing(line.equation, self.problem.first_line)

    def _no_value(self, problem: NoValue) -> InputError:
        carry = self.computation.carry
        if carry is not None:
            found = f"none under the rounding that is carried: {problem.why}"
            lost = f"rounded to 0 before it, and not 0: {carry.first_lost}; " if carry.lost else ""
            hint = f"{lost}keep more decimals."
            symbol = Identity(problem.symbol, step=carry.step)
            return self._fault(self._where(problem.line), f"a value of {symbol}", found, hint)
        hint, divided = "change the given numbers, or the equation.", "division by zero" in problem.why
        if divided and "/d" in str(problem.symbol):
            hint = "the slope does not exist here, as that of a root at 0; change the given numbers."
        elif divided and self.updates is not None and problem.symbol.name in self.updates.ranges:
            hint = "the update divides by 0, as where a gradient is exactly 0; a positive epsilon prevents that."
        return self._fault(self._where(problem.line), f"a value of {problem.symbol}", f"none: {problem.why}", hint)

    @property
    def rounds(self) -> Mapping[int, RoundNumbers]:
        """The rounds that are kept: the first ones and the last; raises `InputError` where a number has no value."""
        return self._rounds or self.decide(self._made)

    def _made(self) -> Mapping[int, RoundNumbers]:
        found = self.computation.rounds(lambda step: step < ROUNDS_KEPT)
        self._rounds = {one.step: one for one in found}
        return self._rounds
