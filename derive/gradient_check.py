"""An independent look at every gradient: move one parameter a little, and measure what the loss does.

Central differences, (L(w + h) - L(w - h)) / 2h, agree with the derivative up to a multiple of h squared. They use the
forward pass only, so they share nothing with the chain rule they check.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flint import arb, fmpq, fmpz

from derive import graph
from derive.derivation import Trace, trained
from derive.evaluation import Values
from derive.expression import Shown, quantities
from derive.numbers import Number, Undecided, compile_value
from derive.quantity import Quantity

STEP_EXPONENT = 6
"""h = 10^-6."""
MOST_CHECKED = 120
"""Parameters checked one by one; of larger networks an evenly spread choice."""
SMALLEST_BOUND = 30


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


def parameters(trace: Trace) -> list[Quantity]:
    """The trained parameters that are checked: all, or an evenly spread choice of a large network."""
    problem = trace.problem
    everything = [*graph.weights(problem), *(b for b in graph.biases(problem) if trained(problem, b))]
    if len(everything) <= MOST_CHECKED:
        return everything
    return [everything[k * len(everything) // MOST_CHECKED] for k in range(MOST_CHECKED)]


def compare(values: Values) -> list[Comparison]:
    """Every checked parameter's derivative against its measurement, at the weights before the first update."""
    return values.decide(lambda: list(_compare(values)))


def _compare(values: Values) -> Iterator[Comparison]:
    forward = _Forward(values)
    h = 1 / fmpq(fmpz(10) ** STEP_EXPONENT)
    for parameter in parameters(values.trace):
        gradient = parameter._replace(kind="dL/dW" if parameter.kind == "W" else "dL/db")
        w = values.numbers[parameter]
        measured = (forward.loss_at(parameter, w + h) - forward.loss_at(parameter, w - h)) / (2 * h)
        bound = _bound(measured - values.numbers[gradient])
        try:
            shown = values.print_number(measured, values.policy.shown_places(gradient))
        except Undecided:
            if bound != SMALLEST_BOUND:
                raise
            # On a rounding tie, and equal to the derivative as far as anyone looks: it is printed as the derivative.
            shown = values.shown(gradient)
        yield Comparison(parameter, gradient, shown, bound)


class _Forward:
    """The forward pass, of which only the part that a moved parameter reaches is computed again."""

    def __init__(self, values: Values) -> None:
        steps = values.trace.round(0).forward
        self._steps = [(step.target, compile_value(step.formula)) for step in steps]
        self._numbers = {q: number for q, number in values.numbers.items() if q.step == 0}
        self._readers: dict[Quantity, list[int]] = {}
        for place, step in enumerate(steps):
            for source in quantities(step.formula):
                self._readers.setdefault(source, []).append(place)

    def loss_at(self, parameter: Quantity, moved: Number) -> Number:
        places = self._reached(parameter)
        before = {q: self._numbers[q] for q in (parameter, *(self._steps[k][0] for k in places))}
        self._numbers[parameter] = moved
        for k in places:
            target, evaluator = self._steps[k]
            self._numbers[target] = evaluator(self._numbers)
        loss = self._numbers[Quantity("loss")]
        self._numbers.update(before)
        return loss

    def _reached(self, parameter: Quantity) -> list[int]:
        """The steps that depend on a parameter, in order."""
        found: set[int] = set()
        waiting = [parameter]
        while waiting:
            for place in self._readers.get(waiting.pop(), ()):
                if place not in found:
                    found.add(place)
                    waiting.append(self._steps[place][0])
        return sorted(found)


def _bound(difference: Number) -> int | None:
    """The largest k up to 30 with |difference| < 10^-k; None when the difference is exactly 0."""
    if isinstance(difference, fmpq) and difference == 0:
        return None
    for k in range(SMALLEST_BOUND, -1, -1):
        if abs(arb(difference)) * fmpz(10) ** k < 1:
            return k
    return 0
