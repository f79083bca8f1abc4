"""How a whole sheet may be read: definitions and conventions on which right work differs.

With a mean over examples the gradient of one example is that of its own loss, or that of the mean with 1/n inside; many
textbooks call target minus output times slope the delta. A sheet is judged whole under each reading. This module makes
the computation of the other definition and says what a convention turns round.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from derive.check.explain import Explainer
from derive.check.inner import InnerRounding
from derive.check.walk import Rules, Walk, walk
from derive.check.ways import other_ways
from derive.computation import Computation, Round
from derive.derivation import BatchGradient, Fixed, OutputGradient, SimplifiedDelta, Trace, Update
from derive.expression import ONE, Add, Div, Mul, Node, add, const, mul
from derive.mistakes import Rewrite, local_rewrites
from derive.numbers import Number, OutsideDomain, Undecided, settle, with_precision
from derive.program import Line, Program
from derive.quantity import Quantity
from derive.step import Step
from derive.trace.elementary import ParameterUpdate
from derive.wording import Phrase, phrase

MOST_BLANKS = 50
"""Walks of empty sheets that are remembered: one for each way of rounding."""
PRODUCTS = frozenset({"path", "lr*dL/dW"})
"""Kinds that name a product inside another line."""
Rewrites = Callable[[Computation, Step], Sequence[Rewrite]]


class Definition:
    """A trace, compiled to be walked: its program, its mistakes, and other right ways to its results."""

    def __init__(self, trace: Computation, rewrites: Rewrites = local_rewrites, words: Phrase | None = None) -> None:
        self.trace, self.words = trace, words
        self.program = Program(trace)
        self.explainer = Explainer(trace, self.program, rewrites)
        self.inner = InnerRounding(self.program)
        self._turned: tuple[Sequence[Number] | None, Sequence[Number]] = None, ()
        self._ways: dict[frozenset[int], Mapping[int, Sequence[Line]]] = {}
        self._blanks: dict[Hashable, tuple[Sequence[Number], Walk | None]] = {}

    def blank(self, givens: Sequence[Number], rules: Rules) -> Walk | None:
        """The walk of a sheet with nothing on it, from the second time on that it is asked for with the same givens."""
        # The givens are kept, so that no others can have their identity.
        key = (id(givens), rules.style, tuple(rules.places), rules.inside is None)
        if key not in self._blanks:
            while len(self._blanks) >= MOST_BLANKS:
                del self._blanks[next(iter(self._blanks))]
            self._blanks[key] = givens, None
        elif self._blanks[key][1] is None:
            if rules.style.regular:
                rules = replace(rules, by_parts=self.ways(()))
            self._blanks[key] = givens, walk(self.program, givens, {}, rules)
        return self._blanks[key][1]

    @cached_property
    def by_parts(self) -> dict[int, tuple[Line, ...]]:
        """Per result the other formulas that give it."""
        program, found = self.program, dict[int, tuple[Line, ...]]()
        for quantity, other in other_ways(program):
            at = program.place[quantity]
            found[at] = (*found.get(at, ()), program.compiled(quantity, other))
        return found

    def ways(self, stated: Iterable[int]) -> Mapping[int, Sequence[Line]]:
        """Per result the other formulas that give it on a sheet with these values.

        A product that is not stated is but a number inside a line, on a sheet whose numbers have the same decimals;
        unless others of the same line are stated.
        """
        products = self._products.intersection(stated)
        if products not in self._ways:
            hidden = self._products - products

            def seen(way: Line) -> bool:
                return hidden.isdisjoint(way.sources) or not products.isdisjoint(way.sources)

            kept = {at: [way for way in ways if seen(way)] for at, ways in self.by_parts.items()}
            if len(self._ways) >= MOST_BLANKS:
                self._ways.clear()
            self._ways[products] = {at: ways for at, ways in kept.items() if ways}
        return self._ways[products]

    @cached_property
    def _products(self) -> frozenset[int]:
        return frozenset(at for quantity, at in self.program.place.items() if quantity.kind in PRODUCTS)

    @cached_property
    def unmoved(self) -> dict[int, int]:
        """Per value after an update the one before it; of what no update moves, nothing."""
        place = self.program.place
        found = {}
        for quantity, at in place.items():
            before = quantity._replace(step=quantity.step - 1)
            if quantity.step and before in place and not isinstance(self.trace.find(quantity), Fixed | type(None)):
                found[at] = place[before]
        return found

    @cached_property
    def moving(self) -> frozenset[int]:
        """New values of trained parameters."""
        return frozenset(
            at
            for at in self.unmoved
            if isinstance(self.trace.find(self.program.quantities[at]), Update | ParameterUpdate)
        )

    @cached_property
    def never_still(self) -> frozenset[int]:
        """New values of a network's parameters."""
        return self.moving if isinstance(self.trace, Trace) else frozenset()

    def truth(self, givens: Sequence[Number]) -> list[Number]:
        """Every true value for these given numbers."""
        return with_precision(lambda: self.program.exact(givens))

    def turned_round(self, givens: Sequence[Number], truth: Sequence[Number]) -> Sequence[Number]:
        """Every value for these given numbers when the error is taken with the other sign, and that is forgotten.

        Where no such value exists, the true one stands.
        """
        if self._turned[0] is not givens:
            found = list(truth)
            for line in self.program.lines:
                try:
                    number = settle(line.value(found))
                except (OutsideDomain, Undecided):
                    break
                found[line.target] = -number if line.target in self._errors else number
            self._turned = givens, found
        return self._turned[1]

    @cached_property
    def _errors(self) -> frozenset[int]:
        """The derivatives that come straight from the loss."""
        quantities = self.program.quantities
        steps = {line.target: self.trace.find(quantities[line.target]) for line in self.program.lines}
        return frozenset(at for at, step in steps.items() if isinstance(step, OutputGradient | SimplifiedDelta))


# -- the mean over examples ----------------------------------------------------------------------------------

INSIDE = phrase("sheet_mean_inside")


def with_mean_inside(trace: Computation) -> Definition | None:
    """The same training where one example's gradient is that of the mean loss; None where that makes no difference."""
    if not isinstance(trace, Trace):
        return None
    if trace.problem.loss.reduction != "mean" or all(len(one.examples) < 2 for one in trace.rounds):
        return None
    rounds = tuple(_inside(one) for one in trace.rounds)
    other = Trace(trace.problem, trace.givens, trace.preprocessing, rounds)

    def rewrites(_: Computation, step: Step) -> list[Rewrite]:
        return [_moved(rewrite, step) for rewrite in local_rewrites(trace, trace.step(step.target))]

    def _moved(rewrite: Rewrite, step: Step) -> Rewrite:
        right = trace.step(step.target)
        made = step.target.step
        count = len(trace.round(min(made, trace.problem.training.steps - 1)).examples)
        formula = rewrite.formula
        if _divided(right):
            formula = _share(count, formula)
        elif formula == step.formula:
            # The sum is right here, so dividing by n is the mistake.
            formula = right.formula
        elif isinstance(right, BatchGradient):
            formula = _undivided(formula)
        return Rewrite(rewrite.mistake, rewrite.target, formula, rewrite.slots)

    return Definition(other, rewrites, INSIDE)


def _undivided(formula: Node) -> Node:
    """What is made wrongly of the examples' gradients, where these have the 1/n of the mean in them."""
    match formula:
        case Add(terms):
            return add(*map(_undivided, terms))
        case Mul(factors):
            share = next((factor for factor in factors if isinstance(factor, Div) and factor.numerator == ONE), None)
            return mul(*(factor for factor in factors if factor is not share))
    return formula


def _divided(step: Step) -> bool:
    """Whether a step is where 1/n comes in: the first derivative on the way back from one example's loss."""
    return isinstance(step, OutputGradient | SimplifiedDelta) and step.target.example is not None


def _share(count: int, formula: Node) -> Node:
    return mul(Div(ONE, const(count)), formula)


def _inside(one: Round) -> Round:
    count = len(one.examples)
    if count < 2:
        return one
    return replace(one, backward=tuple(_inside_step(step, count) for step in one.backward))


def _inside_step(step: Step, count: int) -> Step:
    if _divided(step):
        return type(step)(step.target, _share(count, step.formula))
    if isinstance(step, BatchGradient):
        match step.formula:
            case Mul((Div(), total)):
                return BatchGradient(step.target, total)
            case Add((Mul((Div(), total)), *rest)):
                return BatchGradient(step.target, add(total, *rest))
    return step


# -- the sign of deltas --------------------------------------------------------------------------------------

BACK = frozenset({"dL/da", "path"})
"""What comes back to an activation."""
_DELTAS, _GRADIENTS = frozenset({"dL/dz"}), frozenset({"dL/dW", "dL/db", "lr*dL/dW"})
PER_EXAMPLE = BACK | _DELTAS | _GRADIENTS
"""Kinds that have 1/n inside under the other definition, where they belong to one example."""
TURNED = (_DELTAS, _DELTAS | BACK, _DELTAS | BACK | _GRADIENTS, _DELTAS | _GRADIENTS)
"""Kinds that a writer turns round together who takes target minus output: deltas, and what is made with them."""
CONVENTION = phrase("sheet_negative_deltas")
AFTER = frozenset({"dL/dW", "dL/db", "lr*dL/dW", "W", "b", "vW", "vb"})
"""Kinds that tell whether turned deltas were meant so."""


@dataclass(frozen=True)
class Reading:
    """One way to read a sheet: a definition, what is turned round, and what a walk allows."""

    definition: Definition
    rules: Rules
    turned: frozenset[str] = frozenset()
    words: tuple[Phrase, ...] = ()

    def turns(self, quantity: Quantity) -> bool:
        return quantity.kind in self.turned

    def begins_as(self, other: Reading) -> bool:
        """Whether this reading and another differ only in what is turned round."""
        return self.definition is other.definition and self.rules.style == other.rules.style
