"""A problem made ready for many draws: what is asked, what is final, and which mistakes the numbers have to tell apart.

The symbolic work is done here, once per problem: the program, and for every usual mistake the steps that it changes.
A `Candidate` is one draw; it computes only what the conditions ask for, and each of it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from operator import attrgetter
from typing import TypeVar

import flint
from flint import arb, fmpq

from derive.branches import has_corners
from derive.derivation import Trace, trained
from derive.evaluation import Policy
from derive.loop import follow
from derive.mistakes import MISTAKES, everywhere
from derive.numbers import Number, Undecided, half_unit, middle, power_of_ten, with_precision
from derive.program import Line, Program, Registers, direct, plain, reaching
from derive.quantity import Quantity
from derive.spec import Problem, Variants
from derive.variants.draw import Drawn
from derive.variants.figures import agree, final_answers, fraction, leading_to, size, spread
from derive.variants.space import Space, space_of

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

    `answers` are the quantities that the worksheet asks for, in its order; `variants` says what may be drawn, by
    default as the problem does. `pairs` is what final answers must tell apart: each mistake from right work (None),
    and from every other mistake; `tell_apart` finds it. `unfit` says why the sheet cannot be made of some numbers, by
    the name of what it needs of them. `called` is what messages call a quantity; `work` counts the steps that were
    computed for draws.
    """

    def __init__(
        self,
        program: Program,
        policy: Policy,
        answers: Iterable[Quantity],
        variants: Variants | None = None,
        called: Callable[[Quantity], str] = attrgetter("id"),
        unfit: Mapping[str, Callable[[Drawn], str | None]] | None = None,
    ) -> None:
        self.program, self.policy, self.called, self.work = program, policy, called, 0
        self.unfit = unfit or {}
        assert isinstance(program.trace, Trace)
        self.trace: Trace = program.trace
        if variants is not None:
            problem = self.trace.problem.model_copy(update={"variants": variants})
            self.trace = replace(self.trace, problem=problem)
        self.space: Space = space_of(self.trace)
        place = self.program.place
        self.asked = tuple(quantity for quantity in answers if quantity in place)
        self.answers = tuple((place[quantity], policy.shown_places(quantity)) for quantity in self.asked)
        self.finals = tuple((place[quantity], policy.shown_places(quantity)) for quantity in final_answers(self.asked))
        self.units = tuple((power := power_of_ten(decimals), arb(power)) for _, decimals in self.answers)
        self.precision = 64 + GUARD_BITS + 4 * policy.decimals
        self.mistakes: tuple[Wrong, ...] = ()
        self.pairs: tuple[tuple[Wrong | None, Wrong], ...] = ()
        self.same_mistakes: tuple[tuple[Wrong, Wrong], ...] = ()
        self.outputs, self.sums = self._of_first_pass("a"), self._of_first_pass("z")
        self.gradients = self._gradients()
        self.places = self.program.places(policy)
        self.ranged = leading_to(self.program.lines, {place for place, _ in (*self.finals, *self.sums)})
        needed = {place for place, _ in (*self.outputs, *self.sums, *self.gradients)}
        self.first = leading_to(self.program.lines, needed)
        self.rest = tuple(line for line in self.program.lines if line not in self.first)
        self.own = self.program.givens()

    def at(self, policy: Policy, variants: Variants | None = None) -> Setting:
        """The same under another rounding, or with other numbers to draw; the same mistakes are to be told apart."""
        other = Setting(self.program, policy, self.asked, variants or self.problem.variants, self.called)
        other.mistakes, other.pairs, other.same_mistakes = self.mistakes, self.pairs, self.same_mistakes
        other.possible = self.possible
        return other

    @cached_property
    def own_values(self) -> Registers:
        """The values that the problem's own numbers give, so precisely that a ball around 0 is taken for 0."""
        return with_precision(lambda: self.program.exact(self.program.givens()), HIGHEST * self.precision)

    @cached_property
    def noughts(self) -> set[int]:
        """Where a value is 0 that is no exact number: what adds up to nothing, as the deltas of a softmax do.

        Those of the problem's own numbers; the others are added when they are met.
        """
        own = self.own_values
        return {place for place, number in enumerate(own) if isinstance(number, arb) and number.contains(0)}

    @property
    def problem(self) -> Problem:
        return self.trace.problem

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
        """Where the gradients of the first update are that are asked for, and their decimals.

        Those that the problem's own numbers make 0 are left out, and those of biases that stay. In a softmax layer
        the gradient of a bias that its units share is always 0.
        """
        quantities, problem = self.program.quantities, self.problem
        # In a batch of one example its gradient goes under the name of the example's.
        asked = {quantity._replace(example=None) for quantity in self.asked}
        places = [
            line.target
            for line in self.program.lines
            if (q := quantities[line.target]).kind in ("dL/dW", "dL/db")
            and not q.step
            and q.example is None
            and q in asked
            and trained(problem, q._replace(kind=q.kind[-1]))
        ]
        kept = [place for place in places if self.own_values[place] != 0]
        return tuple((place, self.policy.shown_places(quantities[place])) for place in kept)

    @cached_property
    def losses(self) -> tuple[tuple[int, int], ...]:
        """Where the losses are that must decrease: of the same examples, before and after an update."""
        place, training = self.program.place, self.problem.training
        steps = sorted(q.step for q in self.program.quantities if q.kind == "loss" and q.example is None)
        pairs = [(place[Quantity("loss", step=k)], place[Quantity("loss", step=k + 1)]) for k in steps[:-1]]
        if training.batch == "all" or len(self.problem.data.inputs) == 1:
            return tuple(pairs)
        # Each round has its own example; only the last one is seen again.
        return tuple(pairs[-1:]) if steps[-1] == training.steps else ()

    def _of_first_pass(self, kind: str) -> tuple[tuple[int, str], ...]:
        """Where the sums or the outputs of all units are, in the first forward pass, and which activation they have."""
        layers = self.problem.network.layers
        targets = (line.target for line in self.program.lines)
        found = ((target, self.program.quantities[target]) for target in targets)
        return tuple(
            (target, layers[q.layer - 1].activation)
            for target, q in found
            if q.kind == kind and not q.step and isinstance(q.layer, int) and q.layer
        )

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

    @cached_property
    def cornered(self) -> tuple[Line, ...]:
        """The derivatives of the loss by the outputs, where they change at a corner."""
        last = len(self.problem.network.layers)
        lines = ((line, self.program.quantities[line.target]) for line in self.first)
        return tuple(line for line, q in lines if (q.kind, q.layer) == ("dL/da", last) and has_corners(line.formula))

    @cached_property
    def possible(self) -> tuple[Wrong, ...]:
        """The usual mistakes that can be made on the way to a final answer."""
        return tuple(self._possible())

    def _possible(self) -> Iterable[Wrong]:
        for mistake in MISTAKES:
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
