"""One round of a training, step by step: each value and each derivative against an independent one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import flint
from flint import arb

from derive.branches import coverage, relaxed, survey
from derive.computation import Round
from derive.errors import Untranslated
from derive.expression import NOTHING, alike, quantities
from derive.graph import Readers
from derive.guard.claims import Claim, claim
from derive.guard.examined import Examined, Point, prepared
from derive.guard.points import drawn, numbers
from derive.guard.sweep import Sweep
from derive.loop import follow
from derive.numbers import (
    FIRST_PRECISION,
    Evaluator,
    Number,
    OutsideDomain,
    Undecided,
    compile_value,
    exact,
    middle,
    settle,
    significant,
)
from derive.quantity import Quantity
from derive.step import Step

DRAWS = 12
"""Points that are drawn at most, until every formula has a value."""
DRAWS_OF_ONE_PRECISION = 4
TRIES = 3
"""Precisions, each twice the one before, at which the problem's own numbers are tried."""
NARROW, TINY = arb(2) ** -64, arb(2) ** -120
"""The widest balls that are compared: relative to their numbers, or in all."""


class CheckedStep(NamedTuple):
    """A step ready to be evaluated: its formula, the one that keeps exact values, and both with relaxed corners."""

    target: Quantity
    value: Evaluator
    direct: Evaluator
    relaxed: Evaluator
    relaxed_direct: Evaluator
    cases: tuple[Evaluator, ...] = ()
    """1 for each definition by cases, where exactly one case holds."""


class CheckedRound:
    """The steps of one round, and what their targets should be; methods raise `ProgramFault` where they are not."""

    def __init__(self, examined: Examined, one: Round) -> None:
        self.examined, self.round = examined, one
        self.prepared = prepared(examined, one.examples)
        self.steps = [*self.prepared, *one.steps]
        surveys = {step.target: survey(step.formula) for step in self.steps}
        self.given = [q for example in dict.fromkeys((None, *one.examples)) for q in examined.given.get(example, ())]
        self.cornered = {target for target, (_, has) in surveys.items() if has}
        self._follow({target: sources for target, (sources, _) in surveys.items()})
        self.lines = [_line(step, step.target in self.cornered) for step in self.steps]
        self.claims = self._claims()
        self.ends: dict[Quantity, set[Quantity]] = {}
        """With respect to which quantities a quantity is differentiated."""
        for of, wrt, _ in self.claims.values():
            self.ends.setdefault(of, set()).add(wrt)
        self.free = [target for target, one in self.claims.items() if one.of.kind == "loss"]
        """The derivatives of a loss, which may be drawn."""
        self.passing_on = self._passing_on({target: sources for target, (sources, _) in surveys.items()})

    def _follow(self, uses: Mapping[Quantity, Iterable[Quantity]]) -> None:
        """Every quantity is given, or computed once and before it is used."""
        known = set(self.given)
        for step in self.steps:
            if step.target in known:
                raise self.examined.fault(step.target, "is computed twice")
            for source in chain(uses[step.target], () if step.direct is None else quantities(step.direct)):
                if source not in known:
                    name = self.examined.called(source)
                    raise self.examined.fault(step.target, f"is computed from {name}, which is not known there")
            known.add(step.target)

    def _claims(self) -> dict[Quantity, Claim]:
        """Of which quantity each backward step is the derivative, and with respect to which."""
        forward, readers = {step.target for step in self.round.forward}, Readers(self.round.forward)

        def targets(quantity: Quantity) -> list[Quantity]:
            return [self.round.forward[place].target for place in readers.of(quantity)]

        known = forward.union(self.given, (step.target for step in self.prepared))
        found: dict[Quantity, Claim] = {}
        for step in self.round.backward:
            one = claim(step.target, known, targets)
            if one is None or one.of not in forward or one.wrt not in known:
                raise self.examined.fault(step.target, "is no derivative of a value by one that it depends on")
            found[step.target] = one
        return found

    def _passing_on(self, uses: Mapping[Quantity, list[Quantity]]) -> list[tuple[CheckedStep, list[Quantity]]]:
        """Every step of a loss's derivative that uses others, with these and with what stands beside them.

        Beside one of the same loss stand those by everything else that uses the quantity directly, and beside one of
        an example's loss those of all examples: where such a one is forgotten it may be 0 together with others.
        """
        users: dict[tuple[Quantity, Quantity], list[Quantity]] = {}
        examples: dict[Quantity, list[Quantity]] = {}
        for target in self.free:
            of, wrt, through = self.claims[target]
            if through is None:
                examples.setdefault(wrt, []).append(target)
                for source in uses.get(wrt, ()):
                    users.setdefault((of, source), []).append(target)
        free, found = frozenset(self.free), list[tuple[CheckedStep, list[Quantity]]]()
        for line in self.lines:
            used = dict.fromkeys(source for source in uses[line.target] if source in free)
            if line.target not in free or not used:
                continue
            of, wrt, _ = self.claims[line.target]
            direct = users.get((of, wrt), [])
            if not used.keys().isdisjoint(direct):
                used |= dict.fromkeys(direct)
            if any(self.claims[source].of != of for source in used):
                used |= dict.fromkeys(source for source in examples.get(wrt, ()) if self.claims[source].of != of)
            found.append((line, list(used)))
        return found

    @cached_property
    def sweep(self) -> Sweep:
        """The chain rule for this round; made when the forward steps are known to be right."""
        try:
            return Sweep(self.round.forward, {one.wrt for one in self.claims.values()})
        except Untranslated as error:
            raise self.examined.fault(Quantity("loss"), f"has a derivative that cannot be compared: {error}") from None

    # -- at drawn numbers ------------------------------------------------------------------------------------

    def compare_at_drawn_numbers(self) -> None:
        """Compares every step, with its corners relaxed, at drawn numbers."""

        def compare(point: Point, draw: int) -> None:
            self._compare_values(point)
            self._compare_derivatives(point, soft=True)
            self._compare_with_free_derivatives(point, draw)

        self._at_drawn_numbers(compare)

    def compare_preparation(self) -> None:
        """Compares the steps before the first round, where the round has no other."""
        examples, reference = self.round.examples, self.examined.reference
        self._at_drawn_numbers(lambda point, _: self._compare_all(point, reference.preprocessing(examples, point)))

    def _at_drawn_numbers(self, compare: Callable[[Point, int], None]) -> None:
        for draw in range(DRAWS):
            with flint.ctx.workprec(FIRST_PRECISION << draw // DRAWS_OF_ONE_PRECISION):
                try:
                    point = self._drawn(draw)
                    self._run_relaxed(point)
                    compare(point, draw)
                except (OutsideDomain, Undecided):
                    continue
                return
        raise self.examined.fault(Quantity("loss"), "has no value at any of the numbers that were tried")

    def _drawn(self, draw: int) -> Point:
        return Point(drawn(self.examined.trace.problem, self.given, draw), self.examined)

    def _run_relaxed(self, point: Point) -> None:
        for line in self.lines:
            found = point[line.target] = arb(line.relaxed(point))
            if line.relaxed_direct is not line.relaxed:
                self._compare(
                    line.target, found, arb(line.relaxed_direct(point)), "by its other one, at numbers drawn to try it"
                )
            if not all(arb(covered(point)).overlaps(arb(1)) for covered in line.cases):
                raise self.examined.fault(line.target, "is defined by cases of which none holds somewhere, or two")

    def _compare_values(self, point: Point) -> None:
        """Every value that is no derivative, with the second implementation."""
        examples, reference = self.round.examples, self.examined.reference
        self._compare_all(
            point,
            chain(
                reference.preprocessing(examples, point), reference.forward(examples, point), reference.update(point)
            ),
        )

    def _compare_all(self, point: Point, right: Iterable[tuple[Quantity, arb]]) -> None:
        found = dict(right)
        for quantity, value in found.items():
            self._compare(quantity, arb(point[quantity]), value, "by a second calculation, at numbers drawn to try it")
        for step in (*self.prepared, *self.round.forward, *self.round.update):
            if step.target not in found:
                raise self.examined.fault(step.target, "is no value of this problem")

    # -- at the problem's numbers ----------------------------------------------------------------------------

    def compare_at_own_numbers(self) -> Point:
        """Compares every derivative at the problem's numbers, each corner on its side; these and what follows.

        Where they have no values, or lie so near a corner that many digits do not tell the side, drawn numbers are
        taken in their place.
        """
        trace = self.examined.trace
        own = {quantity: exact(trace.givens.get(quantity, 0)) for quantity in self.given}
        for attempt in range(TRIES + DRAWS):
            with flint.ctx.workprec(FIRST_PRECISION << min(attempt, TRIES - 1)):
                try:
                    point = Point(own, self.examined) if attempt < TRIES else self._drawn(attempt - TRIES)
                    follow(self.lines, point, lambda line, known: settle(line.direct(known)))
                    self._compare_derivatives(point, soft=False)
                except (OutsideDomain, Undecided):
                    continue
                return point
        raise self.examined.fault(Quantity("loss"), "has no value at any of the numbers that were tried")

    # -- comparing -------------------------------------------------------------------------------------------

    def _compare_derivatives(self, point: Point, soft: bool) -> None:
        """Every derivative, with the chain rule applied to SymPy's derivatives of the forward steps."""
        swept: dict[Quantity, dict[Quantity, arb]] = {}
        alone: dict[Quantity, dict[Quantity, arb]] = {}
        nothing = arb(0)
        for target, (of, wrt, through) in self.claims.items():
            if of not in swept:
                swept[of] = self.sweep.derivatives(of, point, soft, () if of.kind == "loss" else self.ends[of])
            if through is None:
                right = swept[of].get(wrt, nothing)
            else:
                if through not in alone:
                    alone[through] = self.sweep.partials(through, point, soft)
                right = swept[of].get(through, nothing) * alone[through].get(wrt, nothing)
            how = "by the chain rule, at numbers drawn to try it" if soft else "by the chain rule"
            self._compare(target, arb(point[target]), right, how)

    def _compare_with_free_derivatives(self, point: Point, draw: int) -> None:
        """Every step that uses derivatives of a loss, with these drawn as if nothing bound them to one another.

        They can be bound: the derivatives by the weighted sums of a softmax have the sum 0, so that the gradient of a
        bias that these share is 0, and its update takes nothing from it, whatever the signs of their formulas are.
        """
        free = Point(point, self.examined)
        free.update(numbers(self.free, draw))
        behind: dict[Quantity, dict[Quantity, arb]] = {}
        how, nothing, whole = "by the chain rule, at derivatives drawn to try it", arb(0), arb(1)

        def slope(of: Quantity, wrt: Quantity, until: Collection[Quantity]) -> arb:
            if of == wrt:
                return whole
            if of not in behind:
                behind[of] = self.sweep.derivatives(of, point, True, until)
            return behind[of].get(wrt, nothing)

        for line, used in self.passing_on:
            of, wrt, through = self.claims[line.target]
            right = arb(point[line.target])
            for source in used:
                part, at, _ = self.claims[source]
                if through is None or at in (wrt, through):
                    share = slope(of, part, self.ends) * slope(at, wrt, self.ends[part])
                    right += (arb(free[source]) - arb(point[source])) * share
            self._compare(line.target, arb(line.relaxed(free)), right, how)
        update = self.lines[len(self.lines) - len(self.round.update) :]
        follow(update, free, lambda line, known: arb(line.relaxed(known)))
        for quantity, value in self.examined.reference.update(free):
            self._compare(
                quantity, arb(free[quantity]), value, "by a second calculation, at derivatives drawn to try it"
            )

    def _compare(self, quantity: Quantity, found: arb, right: arb, how: str) -> None:
        """Raises `ProgramFault` where two balls are apart, and `Undecided` where they are too wide to tell."""
        if not found.overlaps(right):
            raise self.examined.fault(quantity, f"is {written(found)} by its formula and {written(right)} {how}")
        width = found.rad() + right.rad()
        if not (width <= NARROW * abs(right) or width <= TINY):
            raise Undecided


def repeats(first: CheckedRound, one: Round) -> bool:
    """Whether a round is the first one again with another example, step by step; then it need not be looked at."""
    if len(first.round.examples) != 1 or len(one.examples) != 1:
        return False
    old, new = first.round.examples[0], one.examples[0]

    def renamed(quantity: Quantity) -> Quantity:
        return quantity if quantity.example != old else quantity._replace(example=new)

    def again(step: Step, other: Step) -> bool:
        if type(step) is not type(other) or renamed(step.target) != other.target:
            return False
        pairs = [(step.formula, other.formula), (step.direct or NOTHING, other.direct or NOTHING)]
        return all(alike(*pair, renamed) for pair in pairs)

    steps, later = [*first.prepared, *first.round.steps], [*prepared(first.examined, one.examples), *one.steps]
    return len(steps) == len(later) and all(map(again, steps, later))


def _line(step: Step, cornered: bool) -> CheckedStep:
    value = compile_value(step.formula)
    if step.direct is not None:
        direct = compile_value(step.direct)
        return CheckedStep(step.target, value, direct, value, direct)
    if not cornered:
        return CheckedStep(step.target, value, value, value, value)
    soft = compile_value(relaxed(step.formula))
    return CheckedStep(step.target, value, value, soft, soft, tuple(map(compile_value, coverage(step.formula))))


def written(number: Number) -> str:
    """About the number, for a message."""
    return significant(middle(number), 6)
