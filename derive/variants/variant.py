"""A problem with other numbers: what one variant is as a problem of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, overload

from derive.derivation import givens
from derive.initial import draw_missing_weights
from derive.model import ModelProblem
from derive.model.schema import ROLES
from derive.model.written import Array
from derive.quantity import Quantity, parse_id
from derive.spec import Layer, Problem
from derive.trace.identity import Identity, Symbol, parse_identity
from derive.trace.updates import SETTING

RATE = Identity(Symbol(f"{SETTING}learning_rate"))
"""The learning rate of a problem given by equations."""


@overload
def with_numbers(problem: Problem, numbers: Mapping[Quantity, Decimal]) -> Problem: ...


@overload
def with_numbers(problem: ModelProblem, numbers: Mapping[Quantity, Decimal]) -> ModelProblem: ...


def with_numbers(problem: Problem | ModelProblem, numbers: Mapping[Quantity, Decimal]) -> Problem | ModelProblem:
    """The problem in which some given quantities have other numbers; its title and its rules stay.

    >>> from derive.reading import read_problem
    >>> changed = with_numbers(read_problem("mazur"), {Quantity("W", 1, 0, 1): Decimal("0.70")})
    >>> changed.network.layers[0].weights[0]
    (Decimal('0.15'), Decimal('0.70'))
    """
    if isinstance(problem, ModelProblem):
        return _of_equations(problem, numbers)
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


def _of_equations(problem: ModelProblem, numbers: Mapping[Quantity, Decimal]) -> ModelProblem:

    def changed(name: str, value: Array, index: tuple[int, ...]) -> Array:
        if isinstance(value, tuple):
            first = problem.model.first_index
            return tuple(changed(name, part, (*index, first + at)) for at, part in enumerate(value))
        return numbers.get(Identity(Symbol(name, index)), value)

    tables: dict[str, Any] = {
        role: {name: changed(name, value, ()) for name, value in getattr(problem, role).items()} for role in ROLES
    }
    if RATE in numbers:
        assert problem.training is not None
        tables["training"] = problem.training.model_copy(update={"learning_rate": numbers[RATE]})
    return problem.model_copy(update=tables)


def given_quantity(problem: Problem | ModelProblem, text: str) -> Quantity | None:
    """The given quantity of a problem that an id names; None where it is no id."""
    if isinstance(problem, Problem):
        return parse_id(text)
    found = parse_identity(text)
    return RATE if text == RATE.id else None if found is None else found


def as_table(problem: Problem | ModelProblem) -> dict[str, Any]:
    """A problem as data, numbers as texts so that no digit is lost; keys that say what is usual are left out."""
    if isinstance(problem, Problem):
        found: dict[str, Any] = json.loads(problem.model_dump_json(exclude_defaults=True))
        return found
    table: dict[str, Any] = _plain(problem.model_dump(exclude_defaults=True))
    return table


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, Decimal | Fraction) else value
