"""A network as class sets see it: units that saturate or die, losses of the same examples, gradients by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Literal

from derive.branches import has_corners
from derive.derivation import Trace, trained
from derive.losses import LOSSES
from derive.mistakes import MISTAKES
from derive.program import Program
from derive.quantity import Quantity
from derive.spec import Problem, Variants
from derive.variants.constraints import corners
from derive.variants.exercise import AnyVariants, Exercise
from derive.variants.figures import final_answers
from derive.variants.space import Space, group_of, space_of
from derive.variants.watched import Watch, Watched, at


class NetworkExercise(Exercise):
    """A network."""

    mistakes = MISTAKES
    updates = True

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    @property
    def trace(self) -> Trace:
        return self._trace

    @property
    def problem(self) -> Problem:
        return self.trace.problem

    @property
    def may_fail(self) -> bool:
        return bool(LOSSES[self.problem.loss.name].last)

    @property
    def branches(self) -> Literal["any"]:
        return "any"

    @cached_property
    def space(self) -> Space:
        return space_of(self.trace)

    def group(self, quantity: Quantity) -> str | None:
        return group_of(quantity)

    def varied(self, variants: AnyVariants) -> NetworkExercise:
        assert isinstance(variants, Variants)
        problem = self.problem.model_copy(update={"variants": variants})
        return NetworkExercise(replace(self.trace, problem=problem))

    def watch(self, program: Program) -> Watch:
        last = len(self.problem.network.layers)
        lines = ((line, program.quantities[line.target]) for line in program.lines)
        cornered = [
            line for line, q in lines if (q.kind, q.layer, q.step) == ("dL/da", last, 0) and has_corners(line.formula)
        ]
        return Watch(self._of_first_pass(program, "a"), self._of_first_pass(program, "z"), (), tuple(cornered))

    def _of_first_pass(self, program: Program, kind: str) -> tuple[Watched, ...]:
        """The sums or the outputs of all units, in the first forward pass, and which activation they have."""
        layers = self.problem.network.layers
        targets = (line.target for line in program.lines)
        found = ((target, program.quantities[target]) for target in targets)
        return tuple(
            _watched(target, q, layers[q.layer - 1].activation)
            for target, q in found
            if q.kind == kind and not q.step and isinstance(q.layer, int) and q.layer
        )

    def finals(self, asked: Sequence[Quantity]) -> tuple[Quantity, ...]:
        return final_answers(asked)

    def gradients(self, program: Program, asked: Sequence[Quantity]) -> list[int]:
        """Those of biases that stay are left out. In a softmax layer the one that all units share is always 0."""
        quantities, problem = program.quantities, self.problem
        # In a batch of one example its gradient goes under the name of the example's.
        whole = {quantity._replace(example=None) for quantity in asked}
        return [
            line.target
            for line in program.lines
            if (q := quantities[line.target]).kind in ("dL/dW", "dL/db")
            and not q.step
            and q.example is None
            and q in whole
            and trained(problem, q._replace(kind=q.kind[-1]))
        ]

    def losses(self, program: Program) -> tuple[tuple[int, int], ...]:
        place, training = program.place, self.problem.training
        steps = sorted(q.step for q in program.quantities if q.kind == "loss" and q.example is None)
        pairs = [(place[Quantity("loss", step=k)], place[Quantity("loss", step=k + 1)]) for k in steps[:-1]]
        if training.batch == "all" or len(self.problem.data.inputs) == 1:
            return tuple(pairs)
        # Each round has its own example; only the last one is seen again.
        return tuple(pairs[-1:]) if steps[-1] == training.steps else ()


def _watched(place: int, one: Quantity, activation: str) -> Watched:
    return Watched(place, activation, at(place), one._replace(example=None), corners(activation))
