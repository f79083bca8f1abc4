"""All derivatives of a network: the sweeps over every example and over the batch, and what their steps are called."""

from __future__ import annotations

from collections.abc import Sequence

from derive import graph
from derive.derivation.steps import (
    ActivationDerivative,
    Backpropagate,
    BatchGradient,
    BiasGradient,
    Delta,
    OutputGradient,
    PathShare,
    SimplifiedDelta,
    SoftmaxDerivative,
    WeightGradient,
)
from derive.expression import ONE, Node, Ref
from derive.losses import SIMPLIFICATIONS
from derive.quantity import Index, Quantity
from derive.rewrites import BatchNames, ExampleNames, Rules, penalty_slope
from derive.spec import Problem
from derive.step import Step
from derive.trace.sweep import Derived, LocalSlopes, sweep


def simplified(problem: Problem) -> bool:
    """Whether the delta of the output layer is simply activation minus target."""
    return (problem.network.layers[-1].activation, problem.loss.name) in SIMPLIFICATIONS


def shortened(problem: Problem, layer: int) -> bool:
    """Whether the deltas of a layer have the short form: the loss reads it, and their rows fit together."""
    return graph.read_by_loss(problem, layer) and simplified(problem)


def backward(problem: Problem, forward: Sequence[Step], examples: tuple[int, ...]) -> tuple[Step, ...]:
    """All derivatives, from the loss to the inputs, then the gradients of the whole batch."""
    rules = Rules(problem)
    if len(problem.data.inputs) == 1:
        return tuple(_swept(rules.lines(forward), ExampleNames(problem, None, forward)))
    of_example: dict[Index, list[Step]] = {}
    for step in forward:
        of_example.setdefault(step.target.example, []).append(step)
    steps: list[Step] = []
    lines: list[LocalSlopes[Quantity]] = []
    parameters = (*graph.weights(problem), *graph.biases(problem))
    for example in examples:
        own = of_example[example]
        names = ExampleNames(problem, example, own)
        steps.extend(_swept(rules.lines(own), names))
        # To the batch the whole computation of an example is one step, whose derivatives are those just found.
        lines.append((names.loss, {parameter: Ref(names.derivative(parameter)) for parameter in parameters}))
    lines.extend(rules.lines(of_example[None]))
    return (*steps, *_swept(lines, BatchNames(problem)))


def _swept(lines: Sequence[LocalSlopes[Quantity]], names: ExampleNames) -> list[Step]:
    """The derivatives of a loss in the order in which they are worked out."""
    found = sorted(sweep(lines, {names.loss: ONE}, names), key=lambda one: names.place(one.target))
    return [_class(names, one)(one.target, one.formula) for one in found]


def _class(names: ExampleNames, one: Derived) -> type[Step]:
    """What a backward step is called."""
    kind = one.target.kind
    if kind in names.whole:
        return BatchGradient
    if kind == "da/dz":
        return ActivationDerivative if one.target.source is None else SoftmaxDerivative
    if kind == "dL/da":
        return OutputGradient if one.of in names.outputs else Backpropagate
    if kind == "dL/dz":
        return SimplifiedDelta if one.of in names.shortened else Delta
    return {"path": PathShare, "dL/dW": WeightGradient, "dL/db": BiasGradient}[kind]


def penalty_terms(problem: Problem, weight: Quantity) -> list[Node]:
    """The derivative of the penalty with respect to one weight."""
    return penalty_slope(problem, weight) if graph.penalised(problem) else []
