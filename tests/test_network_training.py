"""Dense networks under every optimiser of the library: what their files may say, and every product of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from derive import check, solve
from derive.errors import InputError
from derive.library import rows
from derive.model import model_from_dict, solve_model
from derive.model.layers import as_equations
from derive.quantity import Quantity
from derive.reading import problem_from_dict
from derive.spec.kinds import plain_optimisers
from derive.variants.own import own_sheet
from derive.worksheet import SheetOptions

D = Decimal
Table = dict[str, Any]
EVERY = [name for name, row in rows("optimiser").items() if "p'" in row.equations]
"""The rules that move every parameter alike."""


def network(**tables: Any) -> Table:
    """A network of two layers with a shared bias that stays, and one with a bias for each unit."""
    first = {"weights": [[D("0.15"), D("0.2")], [D("0.25"), D("-0.3")]], "biases": D("0.35"), "train_biases": False}
    last = {"weights": [[D("0.4"), D("-0.45")], [D("0.5"), D("0.55")]], "biases": [D("0.1"), D("-0.2")]}
    layers = [{"units": 2, "activation": "sigmoid", **first}, {"units": 2, "activation": "tanh", **last}]
    return {
        "title": "A network",
        "network": {"inputs": 2, "layers": layers},
        "data": {"inputs": [[D("0.5"), D("-0.1")]], "targets": [[D("0.1"), D("0.9")]]},
        "loss": {"name": "half_squared_error"},
        "training": {"learning_rate": D("0.5")},
        **tables,
    }


def trained(optimizer: str, **training: Any) -> Table:
    momentum = {"momentum": D("0.9")} if "momentum" in rows("optimiser")[optimizer].settings else {}
    return network(training={"learning_rate": D("0.1"), "optimizer": optimizer, **momentum, **training})


# -- a network of dense layers, and the same written as equations

TWO = {"inputs": [[D("0.5"), D("-0.1")], [D("0.3"), D("0.8")]], "targets": [[D("0.1"), D("0.9")], [1, D("0.2")]]}
STANDARD = {"standardize": {"mean": [D("0.4"), D("0.2")], "std": [D("0.1"), 2]}}
DRAWN = {"units": 3, "activation": "relu", "init": "he", "seed": 7}
LAST = {"units": 1, "activation": "linear", "init": "xavier", "seed": 8}
SAME: dict[str, Table] = {
    "one example": network(),
    "all examples": network(data=TWO, training={"learning_rate": D("0.5"), "steps": 3}),
    "their sum": network(data=TWO, loss={"name": "squared_error", "reduction": "sum"}),
    "one after the other": network(data=TWO, training={"learning_rate": D("0.5"), "steps": 3, "batch": "one"}),
    "standardised": network(data={**TWO, **STANDARD}, training={"learning_rate": 1, "steps": 3, "batch": "one"}),
    "standardised, all": network(data={**TWO, **STANDARD}),
    "a penalty": network(loss={"name": "squared_error", "regularization": {"l1": D("0.02"), "l2": D("0.3")}}),
    "a penalty on squares": network(data=TWO, loss={"name": "squared_error", "regularization": {"l2": D("0.3")}}),
    "no penalty": network(loss={"name": "squared_error", "regularization": {"l2": 0}}),
    "drawn weights": network(
        network={"inputs": 2, "layers": [DRAWN, LAST]},
        data={"inputs": [[D("0.5"), D("-0.1")]], "targets": [[1]]},
        rounding={"decimals": 6},
    ),
    "momentum that slows down": trained("momentum", steps=3, decay={"kind": "inverse_time", "rate": D("0.5")}),
}


@pytest.mark.parametrize("which", SAME)
def test_both_ways_are_the_same(which: str) -> None:
    """Loss, gradients and new weights of a network are those of its equations, in every digit of its numbers."""
    table = SAME[which]
    plain = solve(problem_from_dict(table))
    written = json.loads(solve_model(model_from_dict(as_equations(table))).values_json())
    steps = plain.problem.training.steps
    pairs = {"L": Quantity("loss")}
    sizes = plain.problem.network.sizes
    for number in range(1, len(sizes)):
        for j in range(sizes[number]):
            for i in range(sizes[number - 1]):
                name = f"dense{number}_W[{j + 1},{i + 1}]"
                pairs[f"dL/d{name}"] = Quantity("dL/dW", number, j, i)
                pairs |= {f"after[{n}].{name}": Quantity("W", number, j, i, step=n) for n in range(1, steps + 1)}
    assert len(pairs) > 12
    for name, quantity in pairs.items():
        if "after" in name or "dL" in name:
            assert name in written, name
        ours = D(plain.values.significant(quantity))
        assert abs(D(written[name]) - ours) <= D("1e-18") * max(1, abs(ours)), name


# -- every optimiser, every product


def test_rows_say_who_trains_dense_networks() -> None:
    """Which rules have pages of their own stands in their rows; all others are told in equations."""
    assert set(plain_optimisers()) == {name for name, row in rows("optimiser").items() if row.dense}
    assert len(EVERY) == len(rows("optimiser")) - 1 and {*plain_optimisers()} < {*EVERY}


FORMATS = ("md", "tex", "html", "json", "ipynb")


def empty_products(optimizer: str, formats: Sequence[str], endings: Sequence[str]) -> list[str]:
    """Pages, worksheets and keys with nothing in them."""
    solution = solve(trained(optimizer, steps=2))
    sheet = own_sheet(solution.problem, SheetOptions())
    drawn = sheet.numbers()
    found = [suffix for suffix in formats if not solution.render(suffix)]
    found += [end for end in endings if not (sheet.worksheet(drawn, end) and sheet.key(drawn, end))]
    return [f"{optimizer}: {one}" for one in found]


@pytest.mark.parametrize(("at", "optimizer"), list(enumerate(EVERY)))
def test_every_optimiser_in_every_product(at: int, optimizer: str) -> None:
    """Page, worksheet, key; in the sweep `rows` every one in all formats."""
    assert empty_products(optimizer, ("md", FORMATS[1 + at % 4]), ("md", "html")[at % 2 :][:1]) == []


@pytest.mark.parametrize("optimizer", EVERY)
def test_every_optimiser_is_checked(optimizer: str) -> None:
    """Values, and the check of right and wrong work."""
    solution = solve(trained(optimizer, steps=2))
    values = json.loads(solution.values_json())
    plain = optimizer in plain_optimisers()
    new, gradient = ("W_new[2][0][1]", "dL/dW[2][0][1]") if plain else ("after[1].dense2_W[1,2]", "dL/ddense2_W[1,2]")
    right = {name: values[name][:12] for name in (gradient, new)}
    for state in rows("optimiser")[optimizer].states:
        name = f"{state}W_new[2][0][1]" if plain else f"after[1].{state}(dense2_W[1,2])"
        right[name] = values[name][:12]
    assert {one.verdict for one in check(solution.problem, right).sheets[0].results} <= {"exact", "rounded"}
    for name in right:
        (wrong,) = check(solution.problem, {name: str(D(right[name]) + 1)}).sheets[0].results
        assert wrong.verdict in ("wrong", "mistake", "slip"), name


WRONG: dict[str, Table] = {
    "training.optimizer: expected a rule for every parameter, found": trained("perceptron"),
    "notation: expected only these keys": {**trained("adam"), "notation": "mazur"},
    "form: expected form or page.form, found both": {**trained("adam"), "form": "chain", "page": {"form": "index"}},
    "page.form: expected graph": {**trained("adam"), "form": "long"},
    'training.batch: expected "all" or "one", found "two"': trained("adam", batch="two"),
    "loss.regularization.l3: expected only these keys in regularization: l1, l2": {
        **trained("adam"),
        "loss": {"name": "squared_error", "regularization": {"l3": 1}},
    },
    "loss.regularization.l2: expected a number of 0 or more, found -1": {
        **trained("adam"),
        "loss": {"name": "squared_error", "regularization": {"l2": -1}},
    },
    "data.standardize.std: expected numbers greater than 0": {
        **trained("adam"),
        "data": {**TWO, "standardize": {"mean": [1, 2], "std": [0, 1]}},
    },
    "data.standardize.mean: expected 2 numbers, one for each input, found 3 numbers": {
        **trained("adam"),
        "data": {**TWO, "standardize": {"mean": [1, 2, 3], "std": [1, 1]}},
    },
    "data.standardize.std: expected the key std": {**trained("adam"), "data": {**TWO, "standardize": {"mean": [1, 2]}}},
    "network.layers[0].seed: expected a whole number from 0": {
        **trained("adam"),
        "network": {"layers": [{"units": 2, "activation": "relu", "init": "he"}]},
    },
    "network.layers[0].init: expected he, xavier or uniform": {
        **trained("adam"),
        "network": {"layers": [{"units": 2, "activation": "relu", "init": "she", "seed": 1}]},
    },
    "network.layers[0].init: expected either weights or init": {
        **trained("adam"),
        "network": {"layers": [{"units": 2, "init": "he", "seed": 1, "weights": [[1, 2], [3, 4]]}]},
    },
}


@pytest.mark.parametrize("message", WRONG, ids=[message[:45] for message in WRONG])
def test_wrong_files(message: str) -> None:
    with pytest.raises(InputError) as error:
        model_from_dict(WRONG[message], "wrong")
    assert message in str(error.value)


def test_what_varies_is_told_as_in_a_network() -> None:
    """Weights and biases are parameters under these keys, and a single one counts before its group."""
    own = {"dense2_W[1,1]": {"fixed": True}}
    variants = {"weights": {"low": 1, "high": 2}, "biases": {"fixed": True}, "quantities": own}
    found = model_from_dict({**trained("adam"), "variants": variants}).variants
    assert set(found.quantities) == {"dense1_W", "dense2_W", "dense2_b", "dense2_W[1,1]"}
    assert found.quantities["dense1_W"].high == 2 and found.quantities["dense2_b"].fixed
