"""Values after so many updates that the steps between are not compiled: compared with whole other trainings.

Such a number is right, or it belongs to another number of updates, or the training was wrong from the first round on.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from derive.computation import Computation, Round
from derive.derivation import Trace
from derive.evaluation import Values
from derive.expression import Node, quantities
from derive.mistakes import BY_KEY, Rewrite, everywhere, local_rewrites
from derive.quantity import Quantity
from derive.step import Step
from derive.subject import Subject

TRIED = ("updated-weights",)
"""The mistakes that whole trainings are made with; each costs a training."""


class LongTraining:
    """The state after all updates of a problem, right and wrong."""

    def __init__(self, solution: Subject) -> None:
        self.solution, self.trace = solution, solution.trace

    def other_steps(self, quantity: Quantity) -> list[Quantity]:
        """The same quantity one update earlier or later, as far as it is known."""
        near = (quantity._replace(step=quantity.step + shift) for shift in (-1, 1))
        return [other for other in near if other in self.solution.exact]

    @cached_property
    def wrong(self) -> list[tuple[tuple[Rewrite, ...], Values]]:
        """The mistakes that are tried, with the values of a training made with each."""
        found: list[tuple[tuple[Rewrite, ...], Values]] = []
        if not isinstance(self.trace, Trace):
            return found  # no row of these applies to steps of equations
        for key in TRIED:
            changes = everywhere(self.trace, BY_KEY[key], rounds=1)
            if changes:
                trace = retrained(self.trace, changes)
                values = Values(trace, self.solution.policy, keep=lambda _: False)
                found.append((_rewrites(self.trace, changes, key), values))
        return found


def _rewrites(trace: Computation, changes: Mapping[Quantity, Node], key: str) -> tuple[Rewrite, ...]:
    """The rewrites behind the changes that one mistake makes."""
    return tuple(
        rewrite
        for target, formula in changes.items()
        if target.kind != "path"
        for rewrite in local_rewrites(trace, trace.step(target))
        if rewrite.mistake.key == key and rewrite.formula == formula
    )


def retrained(trace: Trace, changes: Mapping[Quantity, Node]) -> Trace:
    """The training with other formulas for some steps of the backward pass or the update, in every round.

    Steps that use what was computed later come after it now.
    """
    rounds = []
    for one in trace.rounds:
        known = {step.target for step in one.forward}
        waiting = [
            Step(step.target, changes[step.target]) if step.target in changes else step
            for step in (*one.backward, *one.update)
        ]
        computed = {step.target for step in waiting}
        ordered: list[Step] = []
        while waiting:
            ready = [s for s in waiting if all(q in known or q not in computed for q in quantities(s.formula))]
            if not ready:
                raise ValueError("a changed step would need its own result")
            ordered += ready
            known |= {step.target for step in ready}
            waiting = [step for step in waiting if step.target not in known]
        rounds.append(Round(one.forward, tuple(ordered), (), one.examples))
    return Trace(trace.problem, trace.givens, trace.preprocessing, tuple(rounds))
