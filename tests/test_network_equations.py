"""Networks of dense layers in the language of equations: number for number what the other derivation gives."""

from __future__ import annotations

import flint
import pytest
from flint import arb
from network_equations import as_equations, identity_of
from networks import random_network

from derive import Solution, solve
from derive.initial import draw_missing_weights
from derive.model import ModelSolution, model_from_dict, verify
from derive.reading import example_names, problem_from_dict, read_problem
from derive.spec import Problem

SEEDS = range(16)
PRECISION = 192


def _compare(problem: Problem) -> int:
    """How many numbers were compared; each is the same in both derivations."""
    problem = draw_missing_weights(problem)
    one: Solution = solve(problem)
    other = ModelSolution(model_from_dict(as_equations(problem)))
    many = len(problem.data.inputs) > 1
    compared = 0
    numbers = dict(one.exact.numbers)
    listed = set(other.ids())

    def check() -> None:
        nonlocal compared
        for quantity, number in numbers.items():
            identity = identity_of(quantity, many)
            if identity is None or identity not in listed:
                continue
            found = other.number(identity)
            scale = arb(1).max(abs(arb(number)))
            assert abs(arb(found) - arb(number)) < scale * arb(2) ** -120, (quantity.id, identity.id)
            compared += 1

    with flint.ctx.workprec(PRECISION):
        other.decide(check)
    verify(other)
    return compared


@pytest.mark.parametrize("name", example_names("networks"))
def test_examples_as_equations(name: str) -> None:
    """Values, gradients, updates, losses of every step."""
    assert _compare(read_problem(name)) > 20


def test_random_networks_as_equations() -> None:
    """Every activation, loss, penalty, decay, momentum, batches and single examples."""
    assert sum(_compare(problem_from_dict(random_network(seed))) for seed in SEEDS) > 1000
