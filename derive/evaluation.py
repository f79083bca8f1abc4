"""The values of a trace: every quantity as a proven number, exactly or under a rounding policy that is carried.

A rounding policy is data: how many decimals each quantity is shown with, and whether the rounded number is used
from then on, as in a calculation by hand. This module runs the steps in order; the arithmetic is in `numbers`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import flint
from flint import fmpq

from derive.derivation import Trace, trained
from derive.errors import InputError
from derive.expression import Node, Shown, quantities, replace
from derive.graph import Step
from derive.numbers import (
    FIRST_PRECISION,
    LARGEST,
    LAST_PRECISION,
    MOST_DIGITS,
    Evaluator,
    Number,
    OutsideDomain,
    Undecided,
    compile_value,
    exact,
    plain,
    rounded,
    settle,
    show,
    significant,
)
from derive.quantity import Quantity


@dataclass(frozen=True)
class Policy:
    """How numbers are rounded: `decimals` places unless an override names the quantity, ties as `ties` says.

    An override's key is the beginning of an id, such as `z[2]` or `dL/dW`; the longest one that fits counts. Its
    value is a number of decimals, or "exact" for a quantity that is carried unrounded.
    """

    decimals: int
    carry: bool = False
    ties: str = "half_up"
    overrides: Mapping[str, int | str] = field(default_factory=dict)

    def places(self, quantity: Quantity) -> int | None:
        """The number of decimals of a quantity; None when it is not rounded before it is used.

        >>> policy = Policy(3, overrides={"z[2]": 4})
        >>> policy.places(Quantity("z", 2, 0)), policy.places(Quantity("z", 2, 0, step=1))
        (4, 3)
        """
        if not self.overrides:
            return self.decimals
        return self._places(quantity)

    def _places(self, quantity: Quantity) -> int | None:
        key = self.override(quantity)
        places = self.decimals if key is None else self.overrides[key]
        return None if isinstance(places, str) else places

    def override(self, quantity: Quantity) -> str | None:
        """The key of the override that counts for a quantity; None where there is none.

        >>> Policy(3, overrides={"z": 5, "z[2]": 4}).override(Quantity("z", 2, 0))
        'z[2]'
        """
        spellings = (quantity.id, quantity._replace(example=None).id)
        fitting = [
            key
            for key in self.overrides
            if any(text == key or text.startswith((f"{key}[", f"{key}.")) for text in spellings)
        ]
        return max(fitting, key=len, default=None)

    def shown_places(self, quantity: Quantity) -> int:
        """The number of decimals a quantity is printed with."""
        places = self.places(quantity)
        return self.decimals if places is None else places


ROUNDS_IN_FULL = 11
"""Rounds of training at the start whose numbers are kept and shown."""
ROUNDS_SPREAD = 25
"""Rounds of a longer training, evenly spread, of which the losses are shown."""


def rounds_kept(steps: int) -> list[int]:
    """The rounds whose values are kept: all of a short training, else the first ones and some evenly spread.

    >>> rounds_kept(3)
    [0, 1, 2, 3]
    """
    spread = ROUNDS_SPREAD - 1
    chosen = {(2 * k * steps + spread) // (2 * spread) for k in range(ROUNDS_SPREAD)}
    return sorted({k for k in range(min(steps, ROUNDS_IN_FULL))} | chosen | {steps - 1, steps})


_ROUNDING = "how it is rounded"
_SIDE = "on which side of a corner, or of zero, a number in it lies"

T = TypeVar("T")


class Compiled(NamedTuple):
    """What a step computes, how, and from what; `keeps` where it only keeps an old number."""

    target: Quantity
    value: Evaluator
    sources: tuple[Quantity, ...]
    keeps: bool


class Values:
    """All values of a trace under a policy; computed when first asked for, more precisely when a rounding needs it.

    `keep` chooses the rounds of training whose values stay in memory (all by default); parameters and values of the
    last forward pass always stay. `called` is what messages call a quantity besides its id.
    """

    def __init__(
        self,
        trace: Trace,
        policy: Policy,
        carry: bool = False,
        keep: Callable[[int], bool] = lambda _: True,
        called: Callable[[Quantity], str] = lambda quantity: quantity.id,
    ) -> None:
        self.trace, self.policy, self.carry = trace, policy, carry
        self._keep, self._called = keep, called
        self._open: tuple[Quantity, str] | None = None
        self._precision = FIRST_PRECISION
        self._numbers: dict[Quantity, Number] | None = None
        self._approximate: set[Quantity] = set()
        self._shown: dict[Quantity, Shown] = {}

    def __contains__(self, quantity: Quantity) -> bool:
        return quantity in self.numbers

    @property
    def numbers(self) -> Mapping[Quantity, Number]:
        """Every kept value by quantity, in the order of computation."""
        if self._numbers is None:
            self._refine(lambda: None)
        assert self._numbers is not None
        return self._numbers

    def shown(self, quantity: Quantity) -> Shown:
        """The value as it is printed under the policy."""
        if quantity not in self._shown:
            self._shown[quantity] = self._refine(lambda: self._print(quantity))
        return self._shown[quantity]

    def significant(self, quantity: Quantity, digits: int = 20) -> str:
        """The value to a number of significant digits."""
        return self._refine(lambda: self._significant(quantity, digits))

    def _significant(self, quantity: Quantity, digits: int) -> str:
        number = self.numbers[quantity]
        with self._deciding(quantity):
            return significant(number, digits, self.policy.ties)

    def digits(self, formula: Node, digits: int) -> str:
        """The value of any formula in the trace's quantities, to a number of significant digits."""
        evaluator = compile_value(formula)
        return self._refine(lambda: significant(evaluator(self.numbers), digits, self.policy.ties))

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
        fixed = quantity.kind == "b" and not trained(self.trace.problem, quantity)
        given = self.trace.givens.get(quantity._replace(step=0) if fixed else quantity)
        if given is not None:
            return Shown(plain(given), True)
        places = self.policy.shown_places(quantity)
        number = self.numbers[quantity]
        with self._deciding(quantity):
            printed = show(number, places, self.policy.ties)
        if quantity in self._approximate and printed.exact:
            return Shown(_padded(printed.text, places), False)
        return printed

    def decide(self, ask: Callable[[], T]) -> T:
        """`ask()` of these values, at a precision that decides everything it asks."""
        return self._refine(ask)

    def _refine(self, ask: Callable[[], T]) -> T:
        """`ask()` of the values, computed again with twice the precision for as long as it is undecided."""
        while True:
            self._open = None
            try:
                with flint.ctx.workprec(self._precision):
                    if self._numbers is None:
                        self._numbers = self._run()
                    return ask()
            except Undecided:
                self._numbers, self._precision = None, self._precision * 2
                if self._precision > LAST_PRECISION:
                    raise self._undecidable() from None

    @contextmanager
    def _deciding(self, quantity: Quantity) -> Iterator[None]:
        """Remembers which quantity was to be rounded where that stays open."""
        try:
            yield
        except Undecided:
            self._open = quantity, _ROUNDING
            raise

    def _undecidable(self) -> InputError:
        """The error for a number that no precision decides: most often one in which others cancel exactly."""
        quantity, what = self._open or (None, _ROUNDING)
        return InputError(
            file=self.trace.problem.file,
            place=self._place(quantity) if quantity else "rounding",
            expected="a number that can be decided with certainty",
            found=f"one of which {LAST_PRECISION} bits do not decide {what}",
            hint="it seems to lie exactly there: change a weight or an input slightly, or the number of decimals",
        )

    def _place(self, quantity: Quantity) -> str:
        """A quantity by its name and its id."""
        name = self._called(quantity)
        return name if name == quantity.id else f"{name} ({quantity.id})"

    def _run(self) -> dict[Quantity, Number]:
        """All values in order, at the present precision."""
        trace, steps = self.trace, self.trace.problem.training.steps
        now: dict[Quantity, Number] = {quantity: exact(text) for quantity, text in trace.givens.items()}
        kept = dict(now)
        self._approximate = set()
        rough: set[Quantity] = set()
        self._advance(self._compiled(trace.preprocessing), now, rough, 0)
        kept.update(now)
        rounds = [self._compiled(one.steps) for one in trace.rounds]
        counter = Quantity("updates")
        for number in range(steps):
            now[counter] = fmpq(number)
            lines = rounds[number % len(rounds)]
            self._advance(lines, now, rough, number)
            if self._keep(number):
                self._keep_all((line.target for line in lines), now, kept, rough, number)
                kept[counter.shifted(number)] = now[counter]
            self._roll(lines, now, rough)
        last = self._compiled(trace.last_forward)
        self._advance(last, now, rough, steps)
        self._keep_all((q for q in now if not q.constant and q.kind in ("W", "b")), now, kept, rough, steps)
        self._keep_all((line.target for line in last), now, kept, rough, steps)
        return kept

    def _advance(self, lines: Iterable[Compiled], now: dict[Quantity, Number], rough: set[Quantity], made: int) -> None:
        """Runs steps after `made` updates; rounds what they compute where the policy carries rounded numbers."""
        for line in lines:
            target, open_question = line.target, _SIDE
            try:
                number = settle(line.value(now))
                if number > LARGEST or number < -LARGEST:
                    raise OutsideDomain(f"a number of more than {MOST_DIGITS} digits")
                open_question = _ROUNDING
                now[target] = self._carried(number, line, rough, made) if self.carry else number
            except OutsideDomain as problem:
                raise self._outside(target.shifted(made), str(problem)) from None
            except Undecided:
                self._open = target.shifted(made), open_question
                raise

    def _carried(self, number: Number, line: Compiled, rough: set[Quantity], made: int) -> Number:
        """The number that is used from here on; notes in `rough` whether it has been rounded on the way."""
        target = line.target
        rough.discard(target)
        if any(source in rough for source in line.sources):
            rough.add(target)
        places = None if line.keeps else self.policy.places(target.shifted(made))
        if places is None:
            return number
        carried = rounded(number, places, self.policy.ties)
        if not (isinstance(number, fmpq) and number == carried):
            rough.add(target)
        return carried

    def _keep_all(
        self,
        targets: Iterable[Quantity],
        now: dict[Quantity, Number],
        kept: dict[Quantity, Number],
        rough: set[Quantity],
        made: int,
    ) -> None:
        for target in targets:
            absolute = target.shifted(made)
            kept[absolute] = now[target]
            if target in rough:
                self._approximate.add(absolute)

    @staticmethod
    def _roll(lines: Iterable[Compiled], now: dict[Quantity, Number], rough: set[Quantity]) -> None:
        """The new parameters become the present ones."""
        for target in (line.target for line in lines):
            if target.step == 1:
                present = target._replace(step=0)
                now[present] = now.pop(target)
                rough.discard(present)
                if target in rough:
                    rough.discard(target)
                    rough.add(present)

    def _compiled(self, steps: Iterable[Step]) -> list[Compiled]:
        """Steps ready to run; rounded numbers are carried along the formulas that are shown."""
        chosen = ((s, s.formula if self.carry or s.direct is None else s.direct) for s in steps)
        return [Compiled(s.target, compile_value(f), tuple(quantities(f)), s.keeps) for s, f in chosen]

    def _outside(self, target: Quantity, why: str) -> InputError:
        under = " under the rounding that is carried" if self.carry else ""
        return InputError(
            file=self.trace.problem.file,
            place=self._place(target),
            expected="a value that exists",
            found=f"{why}{under}",
            hint="keep more decimals" if self.carry else "choose smaller weights or a smaller learning rate",
        )


def _padded(text: str, places: int) -> str:
    """A decimal with zeros up to its number of places: rounded numbers show how far they were rounded."""
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(places, '0')}" if places else whole
