"""The gradient check that a document shows: move one parameter a little, and measure what the loss does.

Central differences, (L(w + h) - L(w - h)) / 2h, agree with the derivative up to a multiple of h squared. They use the
forward pass only, so they share nothing with the chain rule they check. The step is 10^-6 unless that is too large for
this loss: where it would cross a corner, or leave a difference that can be seen, it is a thousand times smaller, and
so on. A number exactly at a corner is kept on the side whose slope is used. The difference from the derivative
is a ball, so its bound is certain; that the derivative itself is right, the `guard` has seen before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from flint import arb, fmpq, fmpz

from derive import graph
from derive.branches import at_corner, has_corners, smooth
from derive.derivation import Trace, trained
from derive.evaluation import Values
from derive.expression import Shown
from derive.graph import Readers
from derive.loop import follow
from derive.numbers import Evaluator, Number, OutsideDomain, Undecided, compile_value
from derive.quantity import Quantity

STEP_EXPONENTS = range(6, 100, 3)
"""h = 10^-6, or smaller."""
MOST_CHECKED = 120
"""Parameters checked one by one; of larger networks an evenly spread choice."""
SMALLEST_BOUND = 30
SEEN, SEEN_OF_GRADIENT = 8, 6
"""A difference of less than 10^-8 that is also less than 10^-6 of the derivative is small; one below 10^-30 always."""


@dataclass(frozen=True)
class Comparison:
    """One parameter's derivative, its measurement as printed, and the largest k with |difference| < 10^-k."""

    parameter: Quantity
    gradient: Quantity
    shown: Shown
    bound: int | None

    @property
    def exact(self) -> bool:
        """The measurement is the derivative itself, as for a loss quadratic in the parameter."""
        return self.bound is None


@dataclass(frozen=True)
class GradientCheck:
    """All comparisons, with h = 10^-`exponent`; `cornered` says that a number lies exactly at a corner."""

    exponent: int
    comparisons: tuple[Comparison, ...]
    cornered: bool


def parameters(trace: Trace) -> list[Quantity]:
    """The trained parameters that are checked: all, or an evenly spread choice of a large network."""
    problem = trace.problem
    everything = [*graph.weights(problem), *(b for b in graph.biases(problem) if trained(problem, b))]
    if len(everything) <= MOST_CHECKED:
        return everything
    return [everything[k * len(everything) // MOST_CHECKED] for k in range(MOST_CHECKED)]


def check(values: Values) -> GradientCheck:
    """Every checked parameter's derivative against its measurement, at the weights before the first update."""
    return values.decide(lambda: _check(values))


def _check(values: Values) -> GradientCheck:
    forward = _Forward(values)
    for exponent in STEP_EXPONENTS:
        measured = _measured(values, forward, exponent)
        if measured is not None:
            rows = [_compared(values, parameter, number) for parameter, number in measured.items()]
            return GradientCheck(exponent, tuple(rows), forward.cornered)
    raise ValueError("no step is small enough to measure the derivatives of this loss")


def _measured(values: Values, forward: _Forward, exponent: int) -> dict[Quantity, Number] | None:
    """The measured derivative of every checked parameter; None where the step is too large for one of them."""
    h = 1 / fmpq(fmpz(10) ** exponent)
    found: dict[Quantity, Number] = {}
    for parameter in parameters(_network(values)):
        w, derivative = values.numbers[parameter], values.numbers[_gradient_of(parameter)]
        try:
            measured = (forward.loss_at(parameter, w + h) - forward.loss_at(parameter, w - h)) / (2 * h)
        except OutsideDomain:
            return None
        if not _is_small(measured - derivative, derivative):
            return None
        found[parameter] = measured
    return found


def _network(values: Values) -> Trace:
    """The steps of a network, of which alone this check is made."""
    assert isinstance(values.trace, Trace)
    return values.trace


def _gradient_of(parameter: Quantity) -> Quantity:
    return parameter.derivative


def _is_small(difference: Number, derivative: Number) -> bool:
    """Whether a difference is far behind the decimal point, and behind the first digits of the derivative."""
    size = abs(arb(difference))
    if size * fmpz(10) ** SMALLEST_BOUND < 1:
        return True
    if arb(difference).rad() * fmpz(10) ** SMALLEST_BOUND > 1:
        raise Undecided
    return bool(size * fmpz(10) ** SEEN < 1 and size * fmpz(10) ** SEEN_OF_GRADIENT < abs(arb(derivative)))


def _compared(values: Values, parameter: Quantity, measured: Number) -> Comparison:
    gradient = _gradient_of(parameter)
    bound = _bound(measured - values.numbers[gradient])
    try:
        shown = values.print_number(measured, values.policy.shown_places(gradient))
    except Undecided:
        if bound != SMALLEST_BOUND:
            raise
        # On a rounding tie, and equal to the derivative as far as anyone looks: it is printed as the derivative.
        shown = values.shown(gradient)
    return Comparison(parameter, gradient, shown, bound)


class _Compiled(NamedTuple):
    target: Quantity
    value: Evaluator


class _Forward:
    """The forward pass, of which only the part that a moved parameter reaches is computed again."""

    def __init__(self, values: Values) -> None:
        steps = _network(values).round(0).forward
        self._numbers = {q: number for q, number in values.numbers.items() if q.step == 0}
        formulas = {step.target: step.formula for step in steps}
        kept = {
            target: smooth(formula, self._numbers)
            for target, formula in formulas.items()
            if has_corners(formula) and at_corner(formula, self._numbers)
        }
        self.cornered = bool(kept)
        self._steps = [_Compiled(target, compile_value(formula)) for target, formula in {**formulas, **kept}.items()]
        self._readers = Readers(steps)

    def loss_at(self, parameter: Quantity, moved: Number) -> Number:
        """The loss with one parameter moved, the corners at which a number lies kept on their side."""
        numbers = self._numbers.copy()
        numbers[parameter] = moved
        reached = (self._steps[place] for place in self._readers.reached([parameter]))
        return follow(reached, numbers, lambda step, found: step.value(found))[Quantity("loss")]


def _bound(difference: Number) -> int | None:
    """The largest k up to 30 with |difference| < 10^-k; None when the difference is exactly 0."""
    if isinstance(difference, fmpq) and difference == 0:
        return None
    size = abs(arb(difference))
    return next(k for k in range(SMALLEST_BOUND, -1, -1) if size * fmpz(10) ** k < 1)
