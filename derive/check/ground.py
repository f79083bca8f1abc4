"""A problem made ready for judging: what every sheet of it is compared with, and how its numbers are printed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from flint import fmpq

from derive.check.readings import Definition, with_mean_inside
from derive.evaluation import Policy
from derive.expression import Ref, Shown
from derive.numbers import Number, Undecided, middle, show
from derive.program import Program
from derive.quantity import Quantity
from derive.subject import Subject


class Ground:
    """A problem, compiled once: its steps, its true values, and the rounding that is known of its sheets.

    The arguments are those of `Judge`; `like` is another problem's ground of which everything that was compiled is
    shared.
    """

    def __init__(
        self,
        solution: Subject,
        decimals: int | None = None,
        inferred: bool = False,
        printed: bool = False,
        like: Ground | None = None,
    ) -> None:
        self.solution, self.trace = solution, solution.trace
        self.ties = solution.policy.ties
        self._like = like
        self.own: Definition = Definition(self.trace) if like is None else like.own
        self.program: Program = self.own.program
        self.givens = self.program.givens(self.trace.givens)
        self.truth = self.own.truth(self.givens)
        carries = printed or (solution.problem.rounding.carry and not inferred)
        stated = None if decimals is None else Policy(decimals, ties=solution.policy.ties)
        self.policy: Policy | None = stated or (solution.policy if carries else None)
        self.origin = "stated" if decimals is not None else "worksheet" if printed else "problem"
        if like is not None:
            self.policy, self.origin = like.policy, like.origin

    @cached_property
    def inside(self) -> Definition | None:
        """The other definition of one example's gradient, where there is one."""
        return with_mean_inside(self.trace) if self._like is None else self._like.inside

    def truth_of(self, definition: Definition) -> list[Number]:
        return self.truth if definition is self.own else self._other_truth

    @cached_property
    def _other_truth(self) -> list[Number]:
        assert self.inside is not None
        return self.inside.truth(self.givens)

    @cached_property
    def given_digits(self) -> dict[int, tuple[fmpq, int | None]]:
        """The given numbers, with their decimals."""
        place = self.program.place
        return {
            place[q]: (fmpq(*number.as_integer_ratio()), max(-_exponent(number), 0))
            for q, number in self.trace.givens.items()
        }

    # -- numbers as they are printed -------------------------------------------------------------------------

    def printed(self, number: Number, decimals: int) -> Shown:
        """A number as it is printed; one so near a tie that no precision decides it, by its middle."""
        try:
            return show(number, decimals, self.ties)
        except Undecided:
            return Shown(show(middle(number), decimals, self.ties).text, False)

    def expected(self, quantity: Quantity, decimals: int | None, truth: Sequence[Number]) -> Shown:
        """The true value, to some decimals or as the problem shows it; a given number as it is given."""
        exact = self.solution.exact
        if quantity in self.trace.givens or quantity not in self.program.place:
            return exact.shown(quantity) if decimals is None else exact.compute(Ref(quantity), decimals)
        places = self.solution.policy.shown_places(quantity) if decimals is None else decimals
        return self.printed(truth[self.program.place[quantity]], places)


def rational(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def known(number: Number) -> bool:
    """Whether anything is known of a number."""
    return isinstance(number, fmpq) or bool(number.is_finite())


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "a given number is finite"
    return exponent
