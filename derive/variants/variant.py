"""A problem with other numbers: what one variant is as a problem of its own."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from derive.derivation import givens
from derive.initial import draw_missing_weights
from derive.quantity import Quantity
from derive.spec import Layer, Problem


def with_numbers(problem: Problem, numbers: Mapping[Quantity, Decimal]) -> Problem:
    """The problem in which some given quantities have other numbers; its title and its rules stay.

    >>> from derive.reading import read_problem
    >>> changed = with_numbers(read_problem("mazur"), {Quantity("W", 1, 0, 1): Decimal("0.70")})
    >>> changed.network.layers[0].weights[0]
    (Decimal('0.15'), Decimal('0.70'))
    """
    problem = draw_missing_weights(problem)
    known = {**givens(problem), **numbers}
    layers = tuple(_layer(layer, number, known) for number, layer in enumerate(problem.network.layers, 1))
    many, data = len(problem.data.inputs) > 1, problem.data

    def row(kind: str, example: int, width: int) -> tuple[Decimal, ...]:
        layer = 0 if kind == "a" else None
        tag = example if many else None
        return tuple(known[Quantity(kind, layer, unit, example=tag)] for unit in range(width))

    given = "x" if data.standardize else "a"
    inputs = tuple(row(given, s, len(old)) for s, old in enumerate(data.inputs))
    targets = tuple(row("t", s, len(old)) for s, old in enumerate(data.targets))
    rate = known[Quantity("lr" if problem.training.decay is None else "lr0")]
    return problem.model_copy(
        update={
            "network": problem.network.model_copy(update={"layers": layers}),
            "data": data.model_copy(update={"inputs": inputs, "targets": targets}),
            "training": problem.training.model_copy(update={"learning_rate": rate}),
        }
    )


def _layer(layer: Layer, number: int, known: Mapping[Quantity, Decimal]) -> Layer:
    assert layer.weights is not None
    weights = tuple(
        tuple(known[Quantity("W", number, j, i)] for i in range(len(row))) for j, row in enumerate(layer.weights)
    )
    if layer.biases is None:
        return layer.model_copy(update={"weights": weights})
    if isinstance(layer.biases, tuple):
        own = tuple(known[Quantity("b", number, j)] for j in range(layer.units))
        return layer.model_copy(update={"weights": weights, "biases": own})
    return layer.model_copy(update={"weights": weights, "biases": known[Quantity("b", number)]})
