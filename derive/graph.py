"""The graph of a network: the kinds of steps there are, who reads whom, and which quantities and rows a problem has.

A step defines one target quantity by one formula in earlier quantities. Steps of the training loop are written for the
first update and shifted for later ones. Which steps there are is for `forward`. Nothing here has an author's letter, a
value or a derivative.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from derive.activations import ACTIVATIONS, Activation
from derive.expression import (
    ONE,
    Const,
    Div,
    Mul,
    Node,
    Ref,
    Var,
    bind,
    const,
    mul,
    quantities,
    with_parts,
)
from derive.losses import LOSSES, Loss
from derive.quantity import Index, Quantity
from derive.spec import Layer, Problem
from derive.step import Step


class Standardize(Step):
    """a_i = (x_i - mean_i) / std_i."""

    __slots__ = ()


class WeightedSum(Step):
    """z_j = sum_i w_ji a_i + b_j."""

    __slots__ = ()


class Activate(Step):
    """a_j = f(z_j)."""

    __slots__ = ()


class Exponential(Step):
    """e_j = exp(z_j), the first step of a softmax."""

    __slots__ = ()


class ExponentialSum(Step):
    """S = sum_j e_j, the second step of a softmax."""

    __slots__ = ()


class SoftmaxShare(Step):
    """a_j = e_j / S, the last step of a softmax."""

    __slots__ = ()


class LossPart(Step):
    """L_k = l(a_k, t_k), the contribution of one output."""

    __slots__ = ()


class LossSum(Step):
    """L = sum_k L_k, or the mean or sum over the examples."""

    __slots__ = ()


class Penalty(Step):
    """R = l1 sum |w| + l2/2 sum w^2, over all weights and no bias."""

    __slots__ = ()


class Readers:
    """Which of some steps, by their places, use a quantity, and which depend on it."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._places: dict[Quantity, list[int]] = {}
        for place, step in enumerate(steps):
            for source in quantities(step.formula):
                self._places.setdefault(source, []).append(place)

    def of(self, quantity: Quantity) -> list[int]:
        """The steps whose formulas use a quantity."""
        return self._places.get(quantity, [])

    def reached(self, moved: Iterable[Quantity]) -> list[int]:
        """The steps that have another result when these quantities have other values, in order."""
        found: set[int] = set()
        waiting = list(moved)
        while waiting:
            for place in self.of(waiting.pop()):
                if place not in found:
                    found.add(place)
                    waiting.append(self._steps[place].target)
        return sorted(found)


def bias(layer: Layer, number: int, unit: int) -> Quantity | None:
    """The bias that a unit adds: its own, the one its layer shares, or none."""
    if layer.biases is None:
        return None
    return Quantity("b", number, unit if isinstance(layer.biases, tuple) else None)


def width(problem: Problem, layer: int) -> int:
    """The number of units in a layer; layer 0 is the input."""
    return problem.network.inputs if layer == 0 else problem.network.layers[layer - 1].units


def read_by_loss(problem: Problem, layer: int) -> bool:
    """Whether the loss compares the activations of a layer with the targets, and no layer reads them."""
    return layer == len(problem.network.layers)


def penalised(problem: Problem) -> bool:
    """Whether a penalty on the weights is added to the loss."""
    return bool(problem.loss.regularization.l1 or problem.loss.regularization.l2)


def weights(problem: Problem) -> Iterator[Quantity]:
    """Every weight, from the first layer to the last, unit by unit."""
    for number, layer in enumerate(problem.network.layers, 1):
        for j in range(layer.units):
            for i in range(width(problem, number - 1)):
                yield Quantity("W", number, j, i)


def biases(problem: Problem) -> Iterator[Quantity]:
    """Every bias, from the first layer to the last; a shared bias once."""
    for number, layer in enumerate(problem.network.layers, 1):
        yield from dict.fromkeys(q for j in range(layer.units) if (q := bias(layer, number, j)) is not None)


def activation_row(layer: Layer) -> Activation:
    """The row of a layer's activation, with the layer's numbers for its parameters."""
    row = ACTIVATIONS[layer.activation]
    return _put_in(row, tuple(layer.parameters.items())) if row.parameters else row


@lru_cache(maxsize=64)
def _put_in(row: Activation, numbers: tuple[tuple[str, Decimal], ...]) -> Activation:
    return row.put_in(dict(numbers))


def loss_row(problem: Problem) -> Loss:
    """The row of a problem's loss, with the problem's numbers for its parameters."""
    return LOSSES[problem.loss.name].put_in(problem.loss.parameters)


def has_targets(problem: Problem) -> bool:
    """Whether the loss compares the outputs with anything."""
    return LOSSES[problem.loss.name].targets != "none"


def activation_formula(layer: Layer, name: str, z: Node, a: Node) -> Node:
    """The `definition` or `derivative` of a layer's activation, with its variables put in."""
    return bind(getattr(activation_row(layer), name), {"z": z, "a": a})


def loss_formula(problem: Problem, formula: Node, unit: int, example: Index) -> Node:
    """A loss table row's formula for one output."""
    outputs = len(problem.network.layers)
    a, t = Ref(Quantity("a", outputs, unit, example=example)), Ref(Quantity("t", unit=unit, example=example))
    return with_outputs(bind(formula, {"a": a, "t": t}), width(problem, outputs))


def with_outputs(formula: Node, outputs: int) -> Node:
    """A loss table row's formula for a number of outputs: 2/n becomes a number, and a factor 1 goes."""
    match formula:
        case Div(Const(above), Var("n")):
            return const(above / outputs)
        case Mul(factors):
            known = [with_outputs(factor, outputs) for factor in factors]
            return mul(*([f for f, was in zip(known, factors, strict=True) if f != ONE or f == was] or [ONE]))
    return with_parts(formula, lambda part: with_outputs(part, outputs))


def example_loss_quantity(problem: Problem, example: int | None) -> Quantity:
    """The loss of one example: the loss itself, or the data loss where a penalty is added to it."""
    if example is None and penalised(problem):
        return Quantity("data_loss")
    return Quantity("loss", example=example)
