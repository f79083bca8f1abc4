"""A problem made ready for many draws: what is asked, what is final, and which mistakes the numbers have to tell apart.

The symbolic work is done here, once per problem: the program, and for every usual mistake the steps that it changes.
A `Candidate` is one draw; it computes only what the conditions ask for, and each of it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from operator import attrgetter
from typing import TypeVar

import flint
from flint import arb, fmpq

from derive.evaluation import Policy
from derive.loop import follow
from derive.mistakes import everywhere
from derive.numbers import Number, OutsideDomain, Undecided, half_unit, middle, power_of_ten, with_precision
from derive.program import Line, Program, Registers, direct, plain, reaching
from derive.quantity import Quantity
from derive.variants.draw import Drawn
from derive.variants.exercise import AnyProblem, AnyVariants, Exercise
from derive.variants.figures import agree, fraction, leading_to, size, spread
from derive.variants.sides import ShownSides, Side
from derive.variants.space import Space
from derive.variants.watched import NOWHERE

T = TypeVar("T")
GUARD_BITS = 40
RANGE = 3
"""What the range of a step costs, in steps."""
HIGHEST = 16
"""How many times the first precision is tried; numbers that need more are not for a worksheet."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A usual mistake, made wherever it can be made: the steps that lead from it to the final answers."""

    key: str
    title: str
    lines: tuple[Line, ...]
    changed: frozenset[int]

    def run(self, right: Registers) -> Registers:
        """The values with the mistake, from the right ones; those that no final answer needs stay right."""
        return follow(self.lines, list(right), plain)


class Setting:
    """Everything about a problem that does not depend on the numbers of a variant.

    `answers` are the quantities that the worksheet asks for, in its order; `exercise` says what may be drawn. `pairs`
    is what final answers must tell apart: each mistake from right work (None), and from every other mistake;
    `tell_apart` finds it. `unfit` says why the sheet cannot be made of some numbers, by the name of what it needs of
    them. `called` is what messages call a quantity; `work` counts the steps that were computed for draws.
    """

    def __init__(
        self,
        program: Program,
        policy: Policy,
        answers: Iterable[Quantity],
        exercise: Exercise,
        called: Callable[[Quantity], str] = attrgetter("id"),
        unfit: Mapping[str, Callable[[Drawn], str | None]] | None = None,
    ) -> None:
        self.program, self.policy, self.called, self.work = program, policy, called, 0
        self.unfit = unfit or {}
        self.exercise, self.trace = exercise, exercise.trace
        self.space: Space = exercise.space
        place = self.program.place
        self.asked = tuple(quantity for quantity in answers if quantity in place)
        self.answers = tuple((place[quantity], policy.shown_places(quantity)) for quantity in self.asked)
        self.finals = tuple(
            (place[quantity], policy.shown_places(quantity)) for quantity in exercise.finals(self.asked)
        )
        self.units = tuple((power := power_of_ten(decimals), arb(power)) for _, decimals in self.answers)
        self.precision = 64 + GUARD_BITS + 4 * policy.decimals
        self.mistakes: tuple[Wrong, ...] = ()
        self.pairs: tuple[tuple[Wrong | None, Wrong], ...] = ()
        self.same_mistakes: tuple[tuple[Wrong, Wrong], ...] = ()
        self.shown = ShownSides()
        self.watch = watch = exercise.watch(program)
        self.gradients = self._gradients()
        self.places = self.program.places(policy)
        seen = {one.place for one in watch.sums} | {place for one in watch.joins for place in one.sources}
        self.ranged = leading_to(self.program.lines, seen | {place for place, _ in self.finals})
        needed = seen | {one.place for one in watch.outputs} | {place for place, _ in self.gradients}
        self.first = leading_to(self.program.lines, needed)
        early = {line.target for line in self.first}
        self.cornered = tuple(line for line in watch.cornered if line.target in early)
        self.rest = tuple(line for line in self.program.lines if line not in self.first)
        self.own = self.program.givens()

    def at(self, policy: Policy, variants: AnyVariants | None = None) -> Setting:
        """The same under another rounding, or with other numbers to draw; the same mistakes are to be told apart."""
        exercise = self.exercise if variants is None else self.exercise.varied(variants)
        other = Setting(self.program, policy, self.asked, exercise, self.called)
        other.mistakes, other.pairs, other.same_mistakes = self.mistakes, self.pairs, self.same_mistakes
        other.possible = self.possible
        return other

    @cached_property
    def own_values(self) -> Registers:
        """The values that the problem's own numbers give, so precisely that a ball around 0 is taken for 0."""
        return with_precision(lambda: self.program.exact(self.program.givens()), HIGHEST * self.precision)

    @cached_property
    def own_sides(self) -> tuple[int | None, ...]:
        """The sides that the problem's own numbers take."""
        return tuple(join.side(self.own_values) for join in self.watch.joins)

    @cached_property
    def noughts(self) -> set[int]:
        """Where a value is 0 that is no exact number: what adds up to nothing, as the deltas of a softmax do.

        Those of the problem's own numbers; the others are added when they are met.
        """
        own = self.own_values
        return {place for place, number in enumerate(own) if isinstance(number, arb) and number.contains(0)}

    @property
    def problem(self) -> AnyProblem:
        return self.exercise.problem

    def called_at(self, place: int) -> str:
        """What messages call the quantity at a place."""
        return self.called(self.program.quantities[place])

    @property
    def rounds(self) -> int:
        """The rounds of training that are computed."""
        return 1 + max(q.step for q in self.program.quantities if q.kind == "updates")

    @property
    def file(self) -> str:
        """How messages name the problem."""
        return self.problem.file or self.problem.name

    def _gradients(self) -> tuple[tuple[int, int], ...]:
        """Where the gradients are that must show digits, and their decimals.

        Those that the problem's own numbers make 0 are left out, unless a corner does it.
        """
        quantities = self.program.quantities
        places = self.exercise.gradients(self.program, self.asked)
        kept = [place for place in places if self.own_values[place] != 0 or place in self.switched]
        return tuple((place, self.policy.shown_places(quantities[place])) for place in kept)

    @cached_property
    def losses(self) -> tuple[tuple[int, int], ...]:
        """Where the losses are that must decrease: of the same data, before and after an update."""
        return self.exercise.losses(self.program)

    @cached_property
    def switched(self) -> frozenset[int]:
        """The places of the gradients that may be 0 where a corner sends nothing back."""
        return self.exercise.switched(self.program)

    def decide(self, numbers: Drawn, ask: Callable[[Candidate], T]) -> T:
        """`ask` of a draw, at a precision that decides it; raises `Undecided` for numbers that need a very high one."""
        precision = self.precision
        while True:
            try:
                with flint.ctx.workprec(precision):
                    return ask(Candidate(self, numbers))
            except Undecided:
                precision *= 2
                if precision > HIGHEST * self.precision:
                    raise

    def tell_apart(self, probes: Sequence[Drawn]) -> None:
        """Decides what the numbers of a variant have to tell apart, from some draws that meet all other conditions.

        Mistakes that agree with right work, or with each other, in all of them are the same calculation here; without
        any such draw none are.
        """

        def same(one: Wrong | None, two: Wrong) -> bool:
            return bool(probes) and all(self.decide(numbers, lambda draw: draw.same(one, two)) for numbers in probes)

        self.mistakes = tuple(wrong for wrong in self.possible if not same(None, wrong))
        pairs = list(combinations(self.mistakes, 2))
        self.same_mistakes = tuple(pair for pair in pairs if same(*pair))
        self.pairs = (*((None, wrong) for wrong in self.mistakes), *(p for p in pairs if p not in self.same_mistakes))

    # -- sides of maxima and cases

    def sides(self, numbers: Drawn) -> list[int | None]:
        """The sides that hold for a draw, join by join."""
        return self.decide(numbers, lambda one: [one.side(number) for number in range(len(self.watch.joins))])

    def show_sides(self, draws: Sequence[Drawn]) -> None:
        """Takes in the sides that good draws take: all of them are to occur in a set."""
        taken = (place for numbers in draws for place in enumerate(self.sides(numbers)))
        self.shown.take_in((join, side) for join, side in taken if side is not None and side != NOWHERE)

    def shows_more(self, numbers: Drawn) -> bool:
        """Whether a draw takes another side of a join that has shown only one."""
        try:
            return any(not self.takes(numbers, side) for side in self.shown.one_sided)
        except (Undecided, OutsideDomain):
            return False

    def takes(self, numbers: Drawn, side: Side) -> bool:
        """Whether a draw takes a side."""
        return self.decide(numbers, lambda one: one.side(side[0])) == side[1]

    def joined_at(self, side: Side) -> str:
        """What messages call the quantity in which a side is."""
        return self.called_at(self.watch.joins[side[0]].place)

    @cached_property
    def possible(self) -> tuple[Wrong, ...]:
        """The usual mistakes that can be made on the way to a final answer."""
        return tuple(self._possible())

    def _possible(self) -> Iterable[Wrong]:
        for mistake in self.exercise.mistakes:
            changes = everywhere(self.trace, mistake, self.rounds) if mistake.usual else {}
            changes = {target: formula for target, formula in changes.items() if target in self.program.place}
            if changes:
                rewritten = self.program.rewritten(changes)
                lines = leading_to(rewritten.lines, {place for place, _ in self.finals})
                if lines:
                    yield Wrong(mistake.key, mistake.title, lines, frozenset(rewritten.changed))


class Candidate:
    """One draw, at the present precision."""

    def __init__(self, setting: Setting, numbers: Drawn) -> None:
        self.setting, self.numbers = setting, numbers
        self._wrong: dict[str, Registers] = {}
        self._times = max(flint.ctx.prec // setting.precision, 1)

    @property
    def precise(self) -> bool:
        """Whether a ball around 0 is taken for 0."""
        return self._times >= HIGHEST

    def _counts(self, steps: int) -> None:
        """Steps cost more at a higher precision."""
        self.setting.work += self._times * steps

    @cached_property
    def givens(self) -> list[Number]:
        givens, place = list(self.setting.own), self.setting.program.place
        for quantity, number in self.numbers.items():
            givens[place[quantity]] = fraction(number)
        return givens

    @cached_property
    def early(self) -> Registers:
        """The exact values that the gradients and units need; the others are not known yet."""
        registers: Registers = [*self.givens, *[fmpq(0)] * len(self.setting.program.lines)]
        self._counts(len(self.setting.first))
        return follow(self.setting.first, registers, direct)

    def side(self, number: int) -> int | None:
        """Which side of a join holds, by its number."""
        return self.setting.watch.joins[number].side(self.early)

    @cached_property
    def exact(self) -> Registers:
        registers = self.early
        self._counts(len(self.setting.rest))
        return follow(self.setting.rest, registers, direct)

    @cached_property
    def carried(self) -> Registers:
        self._counts(len(self.setting.program.lines))
        return self.setting.program.carried(self.givens, self.setting.policy)

    @cached_property
    def ranges(self) -> Registers:
        """What correct work can give for the sums and the final answers, and on the way there."""
        program = self.setting.program
        before: Registers = [*self.givens, *[fmpq(0)] * len(program.lines)]
        self._counts(RANGE * len(self.setting.ranged))
        follow(self.setting.ranged, list(before), reaching(program, self.setting.places, before))
        return before

    def unrounded(self, place: int) -> Number:
        """A result as it is just before it is rounded for the page, under the problem's own policy."""
        if not self.setting.policy.carry:
            return self.exact[place]
        line = self.setting.program.line(place)
        return self.carried[place] if line is None else line.value(self.carried)

    @cached_property
    def in_units(self) -> list[Number]:
        """The answers as they are just before they are rounded, in units of their last decimals."""
        units = []
        for (place, _), (exactly, ball) in zip(self.setting.answers, self.setting.units, strict=True):
            number = self.unrounded(place)
            units.append(number * (exactly if isinstance(number, fmpq) else ball))
        return units

    def wrong(self, mistake: Wrong | None) -> Registers:
        """The values with a mistake; None is right work."""
        if mistake is None:
            return self.exact
        if mistake.key not in self._wrong:
            self._counts(len(mistake.lines))
            self._wrong[mistake.key] = mistake.run(self.exact)
        return self._wrong[mistake.key]

    def same(self, one: Wrong | None, two: Wrong) -> bool:
        """Whether two calculations have the same final results, as far as can be seen."""
        left, right = self.wrong(one), self.wrong(two)
        return all(agree(left[place], right[place]) for place, _ in self.setting.finals)

    def apart(self, one: Wrong | None, two: Wrong) -> bool:
        """Whether a final answer differs by more than rounding on the way and at the end can make it differ."""
        left, right = self.wrong(one), self.wrong(two)
        rounders = 1 if one is None else 2
        for place, single in self.reaches:
            distance, reach = size(left[place] - right[place]), rounders * single
            if distance > reach:
                return True
            if not distance <= reach:
                raise Undecided
        return False

    @cached_property
    def reaches(self) -> list[tuple[int, arb]]:
        """How far correct work may come from the exact final answer once it is rounded, and one unit of the page."""
        return [(place, arb(2 * half_unit(decimals)) + self._strayed(place)) for place, decimals in self.setting.finals]

    def _strayed(self, place: int) -> Number:
        """How far a number of the range can be from the exact value; without end where the range has none."""
        whole = self.ranges[place]
        if not isinstance(whole, fmpq) and not whole.is_finite():
            return arb.pos_inf()
        return spread(whole) + size(self.exact[place] - middle(whole))
