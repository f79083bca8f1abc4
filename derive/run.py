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

from derive.derivation import OfTrace, Trace
from derive.expression import Ref, quantities
from derive.graph import Step
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
from derive.quantity import UPDATED, Quantity

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

    `present` is the parameter of which the target is the new value, if it is one.
    """

    target: Quantity
    value: Evaluator
    sources: tuple[Quantity, ...]
    keeps: bool
    present: Quantity | None


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
        self, trace: Trace, policy: Places, carry: bool, keep: Callable[[int], bool], losses: Container[int]
    ) -> None:
        self.trace, self.policy, self.carry, self.keep, self.losses = trace, policy, carry, keep, losses
        self.exactly: dict[Quantity, fmpq] = {}
        self.approximate: set[Quantity] = set()

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
        trace, steps = self.trace, self.trace.problem.training.steps
        now: dict[Quantity, Number] = {quantity: exact(text) for quantity, text in trace.givens.items()}
        kept = dict(now)
        self.approximate = set()
        rough: set[Quantity] = set()
        self._advance(self._compiled(trace.preprocessing), now, rough, 0)
        kept.update(now)
        rounds = [self._compiled(one.steps) for one in trace.rounds]
        counter = Quantity("updates")
        for number in range(steps):
            now[counter] = fmpq(number)
            lines, whole = rounds[number % len(rounds)], self.keep(number)
            if whole:
                self._keep_all((q for q in now if q.kind in UPDATED and not q.step), now, kept, rough, number)
            self._advance(lines, now, rough, number)
            if whole:
                self._keep_all((line.target for line in lines), now, kept, rough, number)
                kept[counter.shifted(number)] = now[counter]
            elif number in self.losses:
                self._keep_all([Quantity("loss")], now, kept, rough, number)
            self._roll(lines, now, rough)
        last = self._compiled(trace.last_forward)
        self._advance(last, now, rough, steps)
        self._keep_all((q for q in now if not q.constant and q.kind in ("W", "b")), now, kept, rough, steps)
        self._keep_all((line.target for line in last), now, kept, rough, steps)
        return kept

    def _advance(self, lines: Iterable[Compiled], now: dict[Quantity, Number], rough: set[Quantity], made: int) -> None:
        """Runs steps after `made` updates; rounds what they compute where the policy carries rounded numbers.

        Where a step depends on the sign of a number that is a short rational, that is proven.
        """

        exactly, carry = self.exactly, self.carry

        def rule(line: Compiled, now: dict[Quantity, Number]) -> Number:
            what = SIDE
            try:
                number: Number | None = exactly.get(line.target.shifted(made)) if exactly else None
                if number is None:
                    try:
                        number = line.value(now)
                    except Undecided:
                        if carry or not self._settle(line.sources, now, made):
                            raise
                        number = line.value(now)
                number = settle(number)
                if number > LARGEST or number < -LARGEST:
                    raise OutsideDomain(f"a number of more than {MOST_DIGITS} digits")
                what = ROUNDING
                return self._carried(number, line, rough, made) if carry else number
            except OutsideDomain as problem:
                problem.quantity = line.target.shifted(made)
                raise
            except Undecided as question:
                question.quantity, question.what = line.target.shifted(made), what
                raise

        follow(lines, now, rule)

    def _settle(self, sources: Iterable[Quantity], now: dict[Quantity, Number], made: int) -> bool:
        """Whether some of these numbers could be proven to be short rationals, and are exact now."""

        def number_of(quantity: Quantity) -> Number:
            return now[quantity.shifted(-made)]

        found = False
        for source in sources:
            if not isinstance(now[source], fmpq):
                quantity = source.shifted(made)
                value = proven(OfTrace(self.trace), number_of, Ref(quantity), now[source])
                if value is not None:
                    now[source] = self.exactly[quantity] = value
                    found = True
        return found

    def _carried(self, number: Number, line: Compiled, rough: set[Quantity], made: int) -> Number:
        """The number that is used from here on; notes in `rough` whether it has been rounded on the way."""
        target = line.target
        rough.discard(target)
        if any(source in rough for source in line.sources):
            rough.add(target)
        places: int | None = self.policy.decimals
        if line.keeps or self.policy.overrides:
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
                self.approximate.add(absolute)

    @staticmethod
    def _roll(lines: Iterable[Compiled], now: dict[Quantity, Number], rough: set[Quantity]) -> None:
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
        chosen = ((s, s.formula if self.carry or s.direct is None else s.direct) for s in steps)
        return [
            Compiled(
                s.target,
                compile_value(f),
                tuple(quantities(f)),
                s.keeps,
                s.target._replace(step=0) if s.target.step == 1 else None,
            )
            for s, f in chosen
        ]
