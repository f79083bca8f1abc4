"""The values of a trace, more precisely when a rounding needs it, and what is said of a number that nothing decides."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Container, Mapping
from functools import partial
from typing import TypeVar

import flint
from flint import fmpq

from derive.computation import Computation, Definitions
from derive.errors import InputError
from derive.evaluation.policy import Policy
from derive.expression import Node, Ref, Shown, replace
from derive.identity import proven
from derive.numbers import (
    FIRST_PRECISION,
    LAST_PRECISION,
    Number,
    OutsideDomain,
    Undecided,
    certain,
    compile_value,
    decimals_of,
    nearly_zero,
    padded,
    plain,
    show,
    sign,
    significant,
)
from derive.quantity import Quantity
from derive.run import ROUNDING, Run, asking

LEAST_LAST_PRECISION = 8 * FIRST_PRECISION
LONG_WORK = 6_000
"""Functions and, twenty for one, products of a training that take some seconds with `LAST_PRECISION` bits."""

T = TypeVar("T")


def last_precision(trace: Computation) -> int:
    """The bits after which a number that is still undecided is reported: fewer where there is much to compute.

    >>> from derive.derivation import derive_trace
    >>> from derive.reading import read_problem
    >>> last_precision(derive_trace(read_problem("mazur")))
    24576
    """
    work = (trace.functions + trace.products // 20) * trace.passes
    bits = LAST_PRECISION
    while work > LONG_WORK and bits > LEAST_LAST_PRECISION:
        work, bits = work // 2, bits // 2
    return bits


class Values:
    """All values of a trace under a policy; computed when first asked for, more precisely when a rounding needs it.

    `keep` chooses the rounds of training whose values stay in memory (all by default), and `losses` those of which only
    the loss does; parameters and values of the last forward pass always stay. `called` is what messages call a quantity
    besides its id. `between` are the quantities that are shown with one decimal more, because no precision tells to
    which side they round.
    """

    def __init__(
        self,
        trace: Computation,
        policy: Policy,
        carry: bool = False,
        keep: Callable[[int], bool] = lambda _: True,
        called: Callable[[Quantity], str] = lambda quantity: quantity.id,
        losses: Container[int] = (),
    ) -> None:
        self.trace, self.policy, self.carry = trace, policy, carry
        self.between: list[Quantity] = []
        self._called = called
        self._run = Run(trace, policy, carry, keep, losses)
        self._precision, self._last = FIRST_PRECISION, last_precision(trace)
        self._numbers: dict[Quantity, Number] | None = None
        self._shown: dict[Quantity, Shown] = {}
        self._rationals: dict[Quantity, fmpq | None] = {}
        self._definitions = Definitions(trace)

    def __contains__(self, quantity: Quantity) -> bool:
        return quantity in self.numbers

    @property
    def numbers(self) -> Mapping[Quantity, Number]:
        """Every kept value by quantity, in the order of computation."""
        if self._numbers is None:
            self._refine(lambda: None)
        assert self._numbers is not None
        return self._numbers

    # -- as printed ------------------------------------------------------------------------------------------

    def shown(self, quantity: Quantity) -> Shown:
        """The value as it is printed under the policy."""
        if quantity not in self._shown:
            printed = self._refine(lambda: self._print(quantity))
            self._shown[quantity] = dataclasses.replace(printed, of=quantity)
        return self._shown[quantity]

    def short(self, quantity: Quantity, most: int) -> Shown:
        """The value as a picture prints it: with some decimals at most, or as many as show one digit that is not 0."""
        whole = self.shown(quantity)
        while decimals_of(whole.text) > most:
            printed = self._refine(partial(self._rounded, quantity, most))
            if printed.text.strip("-0.") or not whole.text.strip("-0."):
                # A carried number that happens to end early is a rounded one all the same.
                return printed if whole.exact or not printed.exact else Shown(padded(printed.text, most), False)
            most += 1
        return whole

    def _rounded(self, quantity: Quantity, places: int) -> Shown:
        with asking(quantity, ROUNDING):
            printed = show(self.numbers[quantity], places, self.policy.ties)
        rational = self._rational(quantity) if decimals_of(printed.text) > places else None
        return printed if rational is None else show(rational, places, self.policy.ties)

    def fill(self, formula: Node) -> Node:
        """The formula with the printed numbers in place of its quantities."""
        return replace(formula, self.shown)

    def print_number(self, number: Number, places: int) -> Shown:
        """A number computed from these values, rounded to a number of decimals."""
        return show(number, places, self.policy.ties)

    def compute(self, formula: Node, places: int) -> Shown:
        """The value of any formula in the trace's quantities, rounded to a number of decimals."""
        evaluator = compile_value(formula)
        return self._refine(lambda: show(evaluator(self.numbers), places, self.policy.ties))

    def _print(self, quantity: Quantity) -> Shown:
        given = self.trace.written(quantity)
        if given is not None:
            return Shown(plain(given), True)
        places, ties = self.policy.shown_places(quantity), self.policy.ties
        with asking(quantity, ROUNDING):
            printed = show(self.numbers[quantity], places, ties)
        if decimals_of(printed.text) > places:
            rational = self._rational(quantity)
            if rational is not None:
                return show(rational, places, ties)
            self.between.append(quantity)
        if quantity in self._run.approximate and printed.exact:
            return Shown(padded(printed.text, places), False)
        return printed

    # -- in digits -------------------------------------------------------------------------------------------

    def significant(self, quantity: Quantity, digits: int = 20) -> str:
        """The value to a number of significant digits; `0±1e-7390` for one that cannot be told from 0.

        Where a long training leaves fewer digits certain, it has these.
        """
        return self._refine(
            lambda: self._significant(quantity, digits),
            lambda: certain(self.numbers[quantity], digits, self.policy.ties),
            8 * digits,
        )

    def _significant(self, quantity: Quantity, digits: int) -> str:
        number = self.numbers[quantity]
        if nearly_zero(number) and self._rational(quantity) is not None:
            return "0"
        with asking(quantity, ROUNDING):
            return significant(number, digits, self.policy.ties)

    def digits(self, formula: Node, digits: int) -> str | None:
        """The value of any formula in the quantities, to some significant digits; None where it may be 0."""
        evaluator = compile_value(formula)
        if not self.sign(formula):
            return None
        return self._refine(lambda: significant(evaluator(self.numbers), digits, self.policy.ties))

    def sign(self, formula: Node) -> int | None:
        """-1, 0 or 1 for any formula in the quantities; None where it cannot be told from 0."""
        evaluator = compile_value(formula)

        def ask() -> int:
            number = evaluator(self.numbers)
            if nearly_zero(number) and self._proven(formula, number) is not None:
                return 0
            return sign(number)

        return self._refine(ask, lambda: None)

    # -- precision -------------------------------------------------------------------------------------------

    def decide(self, ask: Callable[[], T]) -> T:
        """`ask()` of these values, at a precision that decides everything it asks."""
        return self._refine(ask)

    def _refine(self, ask: Callable[[], T], otherwise: Callable[[], T] | None = None, bits: int = 0) -> T:
        """`ask()` of the values, computed again with twice the precision for as long as it is undecided.

        What the last precision, or one of `bits`, does not decide is answered by `otherwise`, or an error.
        """
        while True:
            try:
                with flint.ctx.workprec(self._precision):
                    if self._numbers is None:
                        self._numbers = self._run.numbers()
                    return ask()
            except OutsideDomain as problem:
                if problem.quantity is None:
                    raise
                raise self._outside(problem.quantity, str(problem)) from None
            except Undecided as question:
                if self._precision >= max(self._last, bits):
                    if otherwise is not None and self._numbers is not None:
                        with flint.ctx.workprec(self._precision):
                            return otherwise()
                    raise self._undecidable(question) from None
                # A long training takes about as long with its last precision as with any before it.
                long = self._last == LEAST_LAST_PRECISION
                self._numbers, self._precision = None, max(self._precision * 2, self._last if long else 0)

    def _rational(self, quantity: Quantity) -> fmpq | None:
        """The short rational that a quantity is proven to be."""
        if quantity not in self._rationals:
            self._rationals[quantity] = self._proven(Ref(quantity), self.numbers[quantity])
        return self._rationals[quantity]

    def _proven(self, formula: Node, number: Number) -> fmpq | None:
        """The rational that a formula's value is, where algebra shows it; there is no algebra of carried numbers."""
        if self.carry:
            return None
        return proven(self._definitions, self._best, formula, number, len(self.numbers))

    def _best(self, quantity: Quantity) -> Number:
        """The value of a quantity, as a rational where it is proven to be one."""
        rational = self._rationals.get(quantity)
        return self.numbers[quantity] if rational is None else rational

    # -- messages --------------------------------------------------------------------------------------------

    def _undecidable(self, question: Undecided) -> InputError:
        """The error for a number that no precision decides: most often one in which others cancel exactly."""
        quantity = question.quantity
        return InputError(
            file=self.trace.file,
            place=self._place(quantity) if quantity else "rounding",
            expected="a number that can be decided with certainty",
            found=f"one of which {self._precision} bits do not decide {question.what or ROUNDING}",
            hint="it seems to lie exactly there, or the steps make small differences ever larger: change a number"
            " slightly, the number of decimals, or that of steps",
        )

    def _place(self, quantity: Quantity) -> str:
        """A quantity by its name and its id."""
        name = self._called(quantity)
        return name if name == quantity.id else f"{name} ({quantity.id})"

    def _outside(self, target: Quantity, why: str) -> InputError:
        under = " under the rounding that is carried" if self.carry else ""
        return InputError(
            file=self.trace.file,
            place=self._place(target),
            expected="a value that exists",
            found=f"{why}{under}",
            hint="keep more decimals" if self.carry else "choose smaller weights or a smaller learning rate",
        )
