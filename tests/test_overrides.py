"""Rounding overrides: those are accepted that some computed quantity follows, and no others."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from networks import random_network

from derive.errors import InputError
from derive.evaluation import Policy
from derive.quantity import MOST_INDICES, Quantity
from derive.reading import example_text, parse_problem
from derive.solution import Solution, solve
from derive.spec.overrides import nearest_right, refusals

GIVEN = {"x", "t", "lr", "lr0", "decay", "momentum", "l1", "l2", "mean", "std"}


def computed(solution: Solution) -> Iterator[Quantity]:
    """All quantities that are no numbers of the file."""
    problem = solution.problem
    for quantity in solution.exact.numbers:
        fixed = quantity.kind in ("b", "vb") and not problem.network.layers[int(quantity.layer) - 1].train_biases
        given = quantity.kind == "a" and quantity.layer == 0 and problem.data.standardize is None
        at_the_start = quantity.kind in ("W", "b", "vW", "vb") and not quantity.step
        if quantity.kind not in GIVEN and not (fixed or given or at_the_start):
            yield quantity


def followed(solution: Solution) -> dict[str, Quantity]:
    """Every id, and every beginning of one up to a bracket, that some quantity follows."""
    found: dict[str, Quantity] = {}
    for quantity in computed(solution):
        for spelling in (quantity.id, quantity._replace(example=None).id):
            ends = [at for at, mark in enumerate(spelling) if mark == "["]
            found |= dict.fromkeys((spelling[:end] for end in (*ends, len(spelling))), quantity)
    return found


def keys(solution: Solution) -> Iterator[str]:
    """Every id that the grammar allows, with indices a little beyond the network's."""
    sizes, problem = solution.problem.network.sizes, solution.problem
    afters = ["", *(f"after[{step}]." for step in range(problem.training.steps + 2))]
    samples = ["", *(f"sample[{example}]." for example in range(len(problem.data.inputs) + 1))]
    for after, sample, (kind, most) in product(afters, samples, MOST_INDICES.items()):
        for many in range(most + 1):
            for indices in product(range(max(len(sizes), *sizes) + 1), repeat=many):
                yield f"{after}{sample}{kind}{''.join(f'[{index}]' for index in indices)}"


@pytest.mark.parametrize("seed", range(12))
def test_an_override_is_accepted_where_it_applies(seed: int) -> None:
    """Against the quantities that the derivation has, for every id near the network's own."""
    solution = solve(random_network(seed, depth=(1, 2), width=(1, 2), examples=(1, 2), steps=(1, 2)))
    applies = followed(solution)
    accepted = {key for key in keys(solution) if not any(refusals(solution.problem, key))}
    assert accepted == {key for key in keys(solution) if key in applies}
    assert len(accepted) > 30
    for key in accepted:
        assert Policy(0, overrides={key: 1}).places(applies[key]) == 1


MAZUR = example_text("mazur")
SEVERAL = MAZUR.replace("[training]", "[training]\nsteps = 3\nbatch = 'one'").replace(
    "inputs = [[0.05, 0.10]]", "inputs = [[1, 2], [3, 4]]"
).replace("targets = [[0.01, 0.99]]", "targets = [[0, 1], [1, 0]]")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        (MAZUR, "z[2][7]", "expected an index from 0 to 1, for 2 units, found 7.\nDid you mean z[2][1]?"),
        (MAZUR, "W_new[1][0][2]", "expected an index from 0 to 1, for 2 units, found 2."),
        (MAZUR, "z[0]", "expected a layer from 1 to 2, found 0.\nDid you mean z[1]?"),
        (MAZUR, "dL/dW[9][9][9]", "expected a layer from 1 to 2, found 9.\nDid you mean dL/dW[2][1][1]?"),
        (MAZUR, "a[3]", "expected a layer from 0 to 2, found 3."),
        (MAZUR, "a[0]", "expected a quantity that is computed, found one that is given."),
        (MAZUR, "W", "expected a quantity that is computed, found one that is given.\nDid you mean W_new?"),
        (MAZUR, "b_new[1]", "found one of biases that training leaves as they are."),
        (MAZUR, "dL/db[1][2]", "expected an index from 0 to 1"),
        (MAZUR, "sample[0].z", "found sample[0].\nThere is only one example. Did you mean z?"),
        (MAZUR, "after[5].loss", "expected at most 1 update before for 1 step, found 5."),
        (MAZUR, "after[1].dL/dW", "expected no update before for 1 step, found 1.\nNo backward pass follows"),
        (MAZUR, "after[1].loss", "expected loss_new instead of after[1].loss"),
        (MAZUR, "after[2].z_new[1]", "Did you mean z_new[1]?"),
        (MAZUR, "after[0].z[1]", "Did you mean z[1]?"),
        (MAZUR, "exp[2]", "expected a layer with softmax, found none."),
        (MAZUR, "vW_new", "expected the optimizer momentum, found gradient_descent."),
        (MAZUR, "penalty", "expected a loss with a penalty on the weights, found none."),
        (SEVERAL, "sample[5].z", "expected an index from 0 to 1, for 2 examples, found 5.\nDid you mean z?"),
        (SEVERAL, "after[9].z", "Did you mean after[3].z?"),
        (SEVERAL, "after[3].dL/dW[2]", "No backward pass follows the last update. Did you mean after[2].dL/dW[2]?"),
        (SEVERAL, "sample[1].z", "expected sample[0], which this step uses, found sample[1]."),
        (SEVERAL, "sample[1].W_new", "W belongs to no example."),
    ],
)
def test_what_is_said(text: str, key: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_problem(text.replace("decimals = 9", f'overrides = {{ "{key}" = 4 }}'), file="my.toml")
    assert str(caught.value).replace(chr(34), "").startswith(f"my.toml, rounding.overrides.{key}: expected ")
    assert message in str(caught.value).replace(chr(34), "")


@pytest.mark.parametrize("key", ["sample[1].z_new", "after[3].loss", "sample[1].loss_new", "sample[0].after"])
def test_ids_of_several_steps_and_examples(key: str) -> None:
    text: Any = SEVERAL.replace("decimals = 9", f'overrides = {{ "{key}" = 4 }}')
    if key.endswith("after"):
        with pytest.raises(InputError, match="the id of a quantity"):
            parse_problem(text)
    else:
        assert parse_problem(text).rounding.overrides == {key: 4}


@pytest.mark.parametrize("seed", range(12, 16))
def test_the_nearest_right_id_is_right(seed: int) -> None:
    """What a refusal proposes is accepted itself, and there is a proposal for every index that is too large."""
    problem = solve(random_network(seed, depth=(1, 2), width=(1, 2), examples=(1, 2), steps=(1, 2))).problem
    proposed = 0
    for number, key in enumerate(keys(solve(problem))):
        if number % 7 == 0 and any(refusals(problem, key)):
            near = nearest_right(problem, key)
            assert near is None or not any(refusals(problem, near)), key
            proposed += near is not None
    assert proposed > 100
    assert nearest_right(problem, "z[9][9]") == f"z[{len(problem.network.layers)}][{problem.network.sizes[-1] - 1}]"
