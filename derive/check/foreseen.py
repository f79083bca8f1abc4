"""What known mistakes give at each answer of a sheet, before anybody has worked it.

Every mistake that the judge would look for in a wrong value, between it and the answers before it, is made with right
numbers; its result is rounded as the sheet asks. So what is foreseen is what the judge says of such a value on a sheet
that is right otherwise. What is right, under each definition that the judge accepts, is said here too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import flint
from flint import fmpq

from derive.check.causes import MOST_NAMED
from derive.check.explain import Candidate, Match
from derive.check.matches import distinct, far_off, named, of_old_value, worth_naming
from derive.check.model import Explanation
from derive.check.readings import Definition, with_mean_inside
from derive.check.stated import Mark
from derive.loop import follow
from derive.numbers import Number, OutsideDomain, Undecided, middle, padded, shown_text, with_precision
from derive.numbers import plain as plain_text
from derive.program import Line, Registers, Rule, plain, rounding
from derive.quantity import Quantity
from derive.subject import Subject

PRECISION = 192
"""Bits: enough for the longest answer of a worksheet."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A wrong number, as it would be written, and what explains it: one mistake, or two that both give it."""

    text: str
    explanations: tuple[Explanation, ...]

    @property
    def usual(self) -> bool:
        """Whether it comes from one of the best-known mistakes."""
        return any(rewrite.mistake.usual for one in self.explanations for rewrite in one.rewrites)


class Foresight:
    """A problem made ready; `before` has, for each answer, what stands on the sheet by then: mistakes lie in between.

    That are the numbers that the sheet shows, and the answers before it.
    """

    def __init__(self, solution: Subject, before: Mapping[Quantity, Collection[Quantity]]) -> None:
        self.policy = solution.policy
        self._own = Definition(solution.trace)
        self._inside = with_mean_inside(solution.trace)
        place = self._own.program.place
        self._before = {
            place[quantity]: frozenset(place[one] for one in known if one in place)
            for quantity, known in before.items()
            if quantity in place
        }

    @property
    def own(self) -> Definition:
        """The computation by its usual definition, compiled."""
        return self._own

    @property
    def inside(self) -> Definition | None:
        """The other definition that the judge accepts, where there is one."""
        return self._inside

    def stretch(self, at: int) -> list[Line]:
        """The steps between an answer and what stands on the sheet by then, its own step last."""
        return self._own.explainer.stretch(at, self._before[at])

    def with_numbers(self, drawn: Mapping[Quantity, Decimal]) -> Numbers:
        """The same for some given numbers."""
        return Numbers(self, drawn)

    @cached_property
    def _rule(self) -> Rule:
        """What becomes of a wrong step: it is rounded where the problem goes on with rounded results."""
        if not self.policy.carry:
            return plain
        return rounding(self._own.program.places(self.policy), self.policy.ties)

    def right(self, definition: Definition, drawn: Mapping[Quantity, Decimal]) -> Registers:
        program = definition.program
        givens = program.givens(drawn)
        if self.policy.carry:
            return program.carried(givens, self.policy)
        return definition.truth(givens)

    def before(self, at: int) -> frozenset[int]:
        """What stands on the sheet when somebody comes to an answer."""
        return self._before[at]

    def candidates(self, at: int, before: frozenset[int] | None = None) -> tuple[Candidate, ...]:
        """The mistakes that may have led to an answer, since what stands there by then, or `before` it."""
        explainer = self._own.explainer
        stated = self._before[at] if before is None else before
        stretch = explainer.stretch(at, stated)
        # Deltas that the derivation brings together may be worked factor by factor, and go wrong there.
        apart = explainer.merged.with_factors(stretch, stated)
        return (*explainer.singles(stretch), *(explainer.singles(apart) if apart else ()))

    def result(self, one: Candidate, right: Registers) -> Number | None:
        """What a mistake gives; None where it gives nothing, as a logarithm of 0 does."""
        try:
            return follow(one.lines, list(right), self._rule)[one.lines[-1].target]
        except (OutsideDomain, Undecided):
            return None


class Numbers:
    """One set of given numbers."""

    def __init__(self, foresight: Foresight, drawn: Mapping[Quantity, Decimal]) -> None:
        self._foresight = foresight
        self._place = foresight._own.program.place
        self._right = with_precision(lambda: foresight.right(foresight._own, drawn))
        self._drawn = drawn

    @cached_property
    def _also(self) -> Registers | None:
        """The values under the other definition that the judge accepts."""
        inside, drawn = self._foresight._inside, self._drawn
        return None if inside is None else with_precision(lambda: self._foresight.right(inside, drawn))

    def also_right(self, quantity: Quantity) -> str | None:
        """What is right too, where 1/n of a mean stands inside the gradient of each example; None where that is all."""
        if self._also is None or self._foresight._inside is None:
            return None
        place = self._foresight._inside.program.place
        with flint.ctx.workprec(PRECISION):
            own = self._written(self._right[self._place[quantity]], quantity)
            other = self._written(self._also[place[quantity]], quantity)
        return None if own == other else other

    def wrong(self, quantity: Quantity) -> list[Foreseen]:
        """The numbers that known mistakes give, the nearest first; each once, and those alone whose reason is told."""
        with flint.ctx.workprec(PRECISION):
            return list(self._wrong(quantity, self._place[quantity]))

    def _wrong(self, quantity: Quantity, at: int) -> Iterator[Foreseen]:
        found: dict[Decimal, list[Match]] = {}
        before = self._before(quantity)
        for one in self._foresight.candidates(at):
            number = self._foresight.result(one, self._right)
            text = None if number is None else self._written(number, quantity)
            if text is not None:
                found.setdefault(Decimal(text), []).append(Match(one.changes, sharp=True))
        for value, matches in found.items():
            if before is not None and value == before[1]:
                matches = of_old_value(matches, before[0])[:1] or matches
            ranked = worth_naming(distinct(matches))
            here = [one for one in ranked if len(one.changes) == 1 and one.changes[0].line.target == at]
            # Many a mistake gives a 0 by chance: the judge believes one that was made in the step itself.
            if not value or len(ranked) > MOST_NAMED:
                ranked = here if not value or here else ranked
            if 0 < len(ranked) <= MOST_NAMED:
                likely = far_off(self._mark(value, quantity, at), self._right[at], bool(here))
                text = padded(plain_text(value), self._foresight.policy.shown_places(quantity))
                yield Foreseen(text, named(here + [one for one in ranked if one not in here], likely=likely))

    def _before(self, quantity: Quantity) -> tuple[Quantity, Decimal] | None:
        """The quantity before the update, with its value as it is written; None where there is none."""
        old = quantity._replace(step=quantity.step - 1) if quantity.step else quantity
        if old == quantity or old not in self._place:
            return None
        text = self._written(self._right[self._place[old]], quantity)
        return None if text is None else (old, Decimal(text))

    def _mark(self, value: Decimal, quantity: Quantity, at: int) -> Mark:
        places = self._foresight.policy.shown_places(quantity)
        return Mark.of(fmpq(*value.as_integer_ratio()), places, middle(self._right[at]))

    def _written(self, number: Number, quantity: Quantity) -> str | None:
        """A number as it is written on the sheet; None for one that no precision at hand tells how it is rounded."""
        policy = self._foresight.policy
        try:
            return shown_text(number, policy.shown_places(quantity), policy.ties)[0]
        except Undecided:
            return None
