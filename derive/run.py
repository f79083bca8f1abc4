"""A trace run once at one precision: every step in order, exactly or with each result rounded before it is used.

Decides which rounds' values stay in memory and what becomes of a result: rounded where the policy carries rounded
numbers, kept where a step only hands an old number on, exact where it has been proven to be a short rational. How
precise a run must be is for `evaluation`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from flint import fmpq

from derive.computation import Computation, Definitions
from derive.expression import Ref, quantities
from derive.identity import proven
from derive.loop import follow
from derive.numbers import (
    LARGEST,
    MOST_DIGITS,
    Evaluator,
    Number,
    OutsideDomain,
    Undecided,
    compile_value,
    exact,
    rounded,
    settle,
)
from derive.quantity import Quantity
from derive.step import Step

SMALLEST = -LARGEST
ROUNDING = "how it is rounded"
SIDE = "on which side of a corner, or of zero, a number in it lies"


class Places(Protocol):
    """The part of a rounding policy that says how a result is rounded before it is used."""

    @property
    def ties(self) -> str: ...

    @property
    def decimals(self) -> int: ...

    @property
    def overrides(self) -> Mapping[str, int | str]: ...

    def places(self, quantity: Quantity) -> int | None: ...


class Compiled(NamedTuple):
    """What a step computes, how, and from what; `keeps` where it only keeps an old number.

    `target` and `sources` are the places of quantities among the present numbers, because a long training looks them
    up often. `present` is the place of the parameter of which the target is the new value, if it is one.
    """

    target: int
    quantity: Quantity
    value: Evaluator
    sources: tuple[int, ...]
    keeps: bool
    present: int | None


Present = dict[int, Number]
"""The numbers of one round, by place."""


@contextmanager
def asking(quantity: Quantity, what: str) -> Iterator[None]:
    """Says of what was undecided inside which quantity it was, and what was asked of it."""
    try:
        yield
    except Undecided as question:
        if question.quantity is None:
            question.quantity, question.what = quantity, what
        raise


class Run:
    """Runs a trace under a policy. `exactly` are rationals that quantities have been proven to be.

    After a run `approximate` has the quantities that were rounded on the way, or come from such.
    """

    def __init__(
        self, trace: Computation, policy: Places, carry: bool, keep: Callable[[int], bool], losses: Container[int]
    ) -> None:
        self.trace, self.policy, self.carry, self.keep, self.losses = trace, policy, carry, keep, losses
        self.exactly: dict[Quantity, fmpq] = {}
        self.approximate: set[Quantity] = set()
        self._places: dict[Quantity, int] = {}
        self._quantities: list[Quantity] = []

    def numbers(self) -> dict[Quantity, Number]:
        """All values in order, at the present precision of flint.

        Raises `Undecided` and `OutsideDomain` with the quantity that they are about.
        """
        while True:
            proven_before = len(self.exactly)
            kept = self._once()
            if len(self.exactly) == proven_before:
                return kept
            # What was computed before a number was proven to be a rational did not know it.

    def _once(self) -> dict[Quantity, Number]:
        trace, steps = self.trace, self.trace.passes
        kept: dict[Quantity, Number] = {quantity: exact(text) for quantity, text in trace.givens.items()}
        now: Present = {self._place(quantity): number for quantity, number in kept.items()}
        self.approximate = set()
        rough: set[int] = set()
        preprocessing = self._compiled(trace.preprocessing)
        self._advance(preprocessing, now, rough, 0)
        kept.update((line.quantity, now[line.target]) for line in preprocessing)
        rounds = [self._compiled(one.steps) for one in trace.rounds]
        counter, loss = Quantity("updates"), self._place(Quantity("loss"))
        for number in range(steps):
            now[self._place(counter)] = fmpq(number)
            lines, whole = rounds[number % len(rounds)], self.keep(number)
            if whole:
                self._keep_all(self._present(now, trace.moved), now, kept, rough, number)
            self._advance(lines, now, rough, number)
            if whole:
                self._keep_all([line.target for line in lines], now, kept, rough, number)
                kept[counter.shifted(number)] = now[self._place(counter)]
            elif number in self.losses:
                self._keep_all([loss], now, kept, rough, number)
            self._roll(lines, now, rough)
        last = self._compiled(trace.last_forward)
        self._advance(last, now, rough, steps)
        self._keep_all(self._present(now, trace.is_parameter), now, kept, rough, steps)
        self._keep_all([line.target for line in last], now, kept, rough, steps)
        return kept

    def _place(self, quantity: Quantity) -> int:
        """Where the number of a quantity stands in every round."""
        if quantity not in self._places:
            self._places[quantity] = len(self._quantities)
            self._quantities.append(quantity)
        return self._places[quantity]

    def _present(self, now: Present, chosen: Callable[[Quantity], bool]) -> list[int]:
        """The places of the present values of some quantities, in the order in which they came to be."""
        every = ((place, self._quantities[place]) for place in now)
        return [place for place, quantity in every if not quantity.step and chosen(quantity)]

    def _advance(self, lines: Iterable[Compiled], now: Present, rough: set[int], made: int) -> None:
        """Runs steps after `made` updates; rounds what they compute where the policy carries rounded numbers.

        Where a step depends on the sign of a number that is a short rational, that is proven.
        """

        exactly, carry = self.exactly, self.carry

        def rule(line: Compiled, now: Present) -> Number:
            what = SIDE
            try:
                number: Number | None = exactly.get(self.trace.shifted(line.quantity, made)) if exactly else None
                if number is None:
                    try:
                        number = line.value(now)
                    except Undecided:
                        if carry or not self._settle(line.sources, now, made):
                            raise
                        number = line.value(now)
                number = settle(number)
                if number > LARGEST or number < SMALLEST:
                    raise OutsideDomain(f"a number of more than {MOST_DIGITS} digits")
                what = ROUNDING
                return self._carried(number, line, rough, made) if carry else number
            except OutsideDomain as problem:
                problem.quantity = self.trace.shifted(line.quantity, made)
                raise
            except Undecided as question:
                question.quantity, question.what = self.trace.shifted(line.quantity, made), what
                raise

        follow(lines, now, rule)

    def _settle(self, sources: Iterable[int], now: Present, made: int) -> bool:
        """Whether some of these numbers could be proven to be short rationals, and are exact now."""

        def number_of(quantity: Quantity) -> Number:
            return now[self._places[self.trace.shifted(quantity, -made)]]

        found = False
        for source in sources:
            if not isinstance(now[source], fmpq):
                quantity = self.trace.shifted(self._quantities[source], made)
                value = proven(Definitions(self.trace), number_of, Ref(quantity), now[source])
                if value is not None:
                    now[source] = self.exactly[quantity] = value
                    found = True
        return found

    def _carried(self, number: Number, line: Compiled, rough: set[int], made: int) -> Number:
        """The number that is used from here on; notes in `rough` whether it has been rounded on the way."""
        target = line.target
        if rough.isdisjoint(line.sources):
            rough.discard(target)
        else:
            rough.add(target)
        places: int | None = self.policy.decimals
        if line.keeps or self.policy.overrides:
            places = None if line.keeps else self.policy.places(self.trace.shifted(line.quantity, made))
        if places is None:
            return number
        carried = rounded(number, places, self.policy.ties)
        if carried is not number and not (isinstance(number, fmpq) and number == carried):
            rough.add(target)
        return carried

    def _keep_all(
        self, places: Iterable[int], now: Present, kept: dict[Quantity, Number], rough: set[int], made: int
    ) -> None:
        for place in places:
            absolute = self.trace.shifted(self._quantities[place], made)
            kept[absolute] = now[place]
            if place in rough:
                self.approximate.add(absolute)

    @staticmethod
    def _roll(lines: Iterable[Compiled], now: Present, rough: set[int]) -> None:
        """The new parameters become the present ones."""
        for line in lines:
            target, present = line.target, line.present
            if present is not None:
                now[present] = now.pop(target)
                rough.discard(present)
                if target in rough:
                    rough.discard(target)
                    rough.add(present)

    def _compiled(self, steps: Iterable[Step]) -> list[Compiled]:
        """Steps ready to run; rounded numbers are carried along the formulas that are shown."""
        place = self._place
        chosen = ((s, s.formula if self.carry or s.direct is None else s.direct) for s in steps)
        return [
            Compiled(
                place(s.target),
                s.target,
                compile_value(f, place),
                tuple(map(place, quantities(f))),
                s.keeps,
                place(s.target._replace(step=0)) if s.target.step == 1 else None,
            )
            for s, f in chosen
        ]
