"""Numbers for a class where those around the author's make no good exercise: what is chosen, kept and told.

The variants are looked at in mpmath, by a network that is written without derive.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from exercise import faults
from tools.needs import ROOT

from derive import InputError
from derive.cli import main
from derive.quantity import parse_id
from derive.reading import problem_from_dict, read_problem
from derive.spec import Problem
from derive.variants import worksheets
from derive.variants.bounds import never
from derive.variants.constraints import CONDITIONS, judge
from derive.variants.draw import draw
from derive.variants.recipe import Recipe, workshop
from derive.variants.search import search
from derive.variants.suited import Ready, ready
from derive.variants.variant import with_numbers
from derive.worksheet import SheetOptions, sheet_problem

PUBLISHED = ROOT / "tests/data/published"


def made_ready(problem: Problem, **options: Any) -> Ready:
    return ready(Recipe(problem, SheetOptions(**options), "7", ("md",)))


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


# -- problems as they were published

CHOSEN = {
    "a": ["answers have 3 decimals instead of 2"],
    "e": ["the weights into the hidden layer are drawn from 0.01 to 0.2", "answers have 6 decimals instead of 4"],
    "g": ["answers have 5 decimals instead of 4"],
    "h": ["the biases of the output layer are drawn from 0.05 to 0.5"],
    "i": ["the weights into hidden layer 1 and hidden layer 2 are drawn from 0.1 to 2"],
    "j": ["the weights into the output layer are drawn from -2 to 2", "the biases of the hidden layer and the output "],
    "k": ["answers have 5 decimals instead of 4"],
    "l": ["the weights into the hidden layer are drawn from 0.01 to 0.2", "layer are drawn from -0.5 to 0.5"],
}


@pytest.mark.parametrize("name", CHOSEN)
def test_published_numbers_give_a_class_set(name: str) -> None:
    """Most of them are saturated, and nothing near them will do: what is drawn instead is told, and does."""
    problem = read_problem(PUBLISHED / f"{name}.toml")
    recipe, place = made_ready(problem)
    (told,) = recipe.changes
    assert told.startswith("Of 1000 draws around the problem's own numbers ") and "; what most of them lack: " in told
    assert all(words in told for words in CHOSEN[name]) and place.sheet.remarks[-1] == told
    assert ("decimals instead of" in told) == (recipe.options.decimals is not None)
    seen = set()
    for key in ("1", "2", "3"):
        drawn = search(place.setting, "7", key).numbers
        seen.add(tuple(drawn.values()))
        variant = with_numbers(sheet_problem(problem), drawn)
        assert [drawn.get(q, given) != 0 for q, given in place.setting.trace.givens.items() if not given] == [
            False for given in place.setting.trace.givens.values() if not given
        ]
        rows = {row.quantity: row.exact for row in place.sheet.answers(place.sheet.numbers(drawn))}
        table = json.loads(variant.model_dump_json(exclude_none=True))
        assert list(faults(table, rows, place.sheet.policy.decimals)) == []
        assert not [name for name, text in rows.items() if not float(text) and name.startswith(("a", "W_new"))]
    assert len(seen) == 3


def test_what_is_chosen_is_told(tmp_path: Path) -> None:
    """On the terminal, in the manifest and in the keys; the students read nothing of it."""
    folder = tmp_path / "set"
    call = ["worksheet", str(PUBLISHED / "a.toml"), "--variants", "2", "--format", "md", "-o", str(folder)]
    done = CliRunner().invoke(main, call)
    assert done.exit_code == 0 and done.stderr.count("So answers have 3 decimals instead of 2.") == 1
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert told["decimals"] == 3 and told["changes"][0].endswith("So answers have 3 decimals instead of 2.")
    texts = {kind: (folder / f"{kind}s/0001.{kind}.md").read_text("utf-8") for kind in ("worksheet", "key")}
    assert ["decimals instead of" in text for text in texts.values()] == [False, True]
    stress = CliRunner().invoke(main, ["stress", str(PUBLISHED / "a.toml"), "--variants", "5", "-o", "-"])
    assert "What was chosen" in stress.output and "instead of 2." in stress.output


SCRIPT = """
import sys
from derive import worksheets
if __name__ == "__main__":
    worksheets(sys.argv[1], variants=3, seed=7, output=sys.argv[2], jobs=int(sys.argv[3]))
"""


def test_the_same_choice_everywhere(tmp_path: Path) -> None:
    """Whatever the hash seed, and however many processes."""
    problem = str(PUBLISHED / "j.toml")
    worksheets(problem, variants=3, seed=7, output=tmp_path / "here")
    (tmp_path / "make.py").write_text(SCRIPT)
    command = [sys.executable, str(tmp_path / "make.py"), problem, str(tmp_path / "there"), "2"]
    subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": "5"}, check=True)
    here, there = (
        {path.name: path.read_bytes() for path in (tmp_path / place).rglob("*.*")} for place in ("here", "there")
    )
    assert here == there and len(here) == 8


# -- what the author says is kept

WIDE: dict[str, Any] = {
    "title": "Saturated",
    "network": {
        "inputs": 2,
        "layers": [
            {"units": 2, "activation": "sigmoid", "weights": [[20, -20], [20, 21]], "biases": [-30, 10]},
            {"units": 1, "activation": "sigmoid", "weights": [[2, -3]], "biases": [1]},
        ],
    },
    "data": {"inputs": [[1, Decimal("0.5")]], "targets": [[1]]},
    "loss": {"name": "half_squared_error"},
    "training": {"learning_rate": Decimal("0.1")},
}


def wide(variants: dict[str, Any] | None = None) -> Problem:
    return problem_from_dict({**WIDE, "variants": variants or {}})


def test_only_what_is_left_open_is_chosen() -> None:
    """Every key of the table stays; what it says of one layer or one weight counts before what is chosen."""
    free = made_ready(wide()).recipe.problem.variants.quantities
    assert {"W[1]", "b[1]"} <= free.keys()
    said = {
        "weights": {"low": -2, "high": 2, "step": Decimal("0.1")},
        "quantities": {"b[2][0]": {"fixed": True}},
        "constraints": {"tie_distance": 0},
    }
    chosen = made_ready(wide(said)).recipe
    for key in ("weights", "constraints"):
        assert getattr(chosen.problem.variants, key) == getattr(wide(said).variants, key)
    assert chosen.problem.variants.quantities["b[2][0]"].fixed
    said = {"quantities": {"W[1][0][0]": {"choices": [1, 2]}, "W[2][0][1]": {"fixed": True}}}
    recipe, place = made_ready(wide(said))
    slots = {slot.quantity.id: slot.values for slot in place.setting.space.slots}
    assert slots["W[1][0][0]"] == (1, 2) and "W[2][0][1]" not in slots and max(slots["W[1][0][1]"]) < 3
    assert recipe.changes
    layers = [{**WIDE["network"]["layers"][0], "weights": [[0, -20], [20, 0]]}, WIDE["network"]["layers"][1]]
    table = {**WIDE, "network": {"inputs": 2, "layers": layers}}
    table["variants"] = {"quantities": {"W[1][0][0]": {"choices": [1, 2]}}}
    _, place = made_ready(problem_from_dict(table))
    slots = {slot.quantity.id: slot.values for slot in place.setting.space.slots}
    assert slots["W[1][0][0]"] == (1, 2) and "W[1][1][1]" not in slots and max(map(abs, slots["W[1][0][1]"])) < 3


@pytest.mark.parametrize("said", [{"fixed": True}, {"choices": [3]}])
def test_a_stated_learning_rate_stays(said: dict[str, Any]) -> None:
    """With a rate that is too large the loss grows: another one is chosen, but not in place of a stated one."""
    table = {
        **WIDE,
        "network": {"inputs": 1, "layers": [{"units": 1, "activation": "linear", "weights": [[Decimal("0.5")]]}]},
        "data": {"inputs": [[2]], "targets": [[Decimal("0.3")]]},
        "training": {"learning_rate": 3},
    }
    table["variants"] = {"inputs": {"choices": [2, 3, 4]}, "targets": {"fixed": True}}
    (told,) = made_ready(problem_from_dict(table)).recipe.changes
    assert "the loss is smaller after training" in told and "the learning rate is 0.2 instead of 3" in told
    table["variants"]["learning_rate"] = said
    refused = refusal(lambda: made_ready(problem_from_dict(table)))
    assert "variants.constraints.loss_decreases" in refused and "A smaller learning rate" in refused


def test_stated_decimals_stay() -> None:
    problem = read_problem(PUBLISHED / "k.toml")
    assert made_ready(problem).place.setting.policy.decimals == 5
    recipe, place = made_ready(problem, decimals=4)
    assert place.setting.policy.decimals == 4 and recipe.options.decimals == 4
    assert (
        "decimals instead" not in recipe.changes[0] and "the learning rate is 0.2 instead of 0.1" in recipe.changes[0]
    )
    found = refusal(lambda: made_ready(read_problem(PUBLISHED / "a.toml"), decimals=1))
    assert "decimals did not help" not in found and "milder ranges" not in found


# -- what can never be met, and what is hard to find

IMPOSSIBLE = {
    "no_saturated_unit": ({"weights": {"low": 20, "high": 30, "step": 1}, "biases": {"fixed": True},
                           "inputs": {"low": 2, "high": 3, "step": 1}}, "a1_1 is above 0.95 in every draw"),
    "significant_digits": ({"weights": {"choices": [1, 2]}, "biases": {"choices": [0, 1]},
                            "constraints": {"significant_digits": 12, "allow_saturated": True}},
                           "shows 12 digits at 8 decimals in no draw"),
}  # fmt: skip


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_the_impossible_is_proven(name: str) -> None:
    """Told at once, with the quantity; and no draw meets it."""
    said, expected = IMPOSSIBLE[name]
    problem = wide(said)
    told = refusal(lambda: made_ready(problem))
    assert f"variants.constraints.{name}" in told and expected in told and "may help" in told
    setting = workshop(Recipe(problem, SheetOptions(), "7", ("md",))).setting
    proof = never(setting)
    row = next(row for row in CONDITIONS if row.name == name)
    assert proof is not None and proof.name == name
    assert all(judge(setting, draw(setting.space, "", "k", k), (row,)) for k in range(100))


def test_the_only_unit_of_a_softmax() -> None:
    """It is always 1: no smaller weights are promised to help."""
    layers = [{"units": 1, "activation": "softmax", "weights": [[1, 2]]}]
    told = refusal(lambda: made_ready(problem_from_dict({**WIDE, "network": {"inputs": 2, "layers": layers}})))
    assert "found that a1_1 is 1 in every draw, as the only output of a softmax" in told
    assert "More units in that layer, or allow_saturated = true may help" in told and "maller weights" not in told


def test_dead_units_are_proven() -> None:
    layers = [
        {"units": 2, "activation": "relu", "weights": [[1, 1], [-1, -2]], "biases": [1, -30]},
        {"units": 1, "activation": "linear", "weights": [[1, 2]]},
    ]
    table = {**WIDE, "network": {"inputs": 2, "layers": layers}}
    problem = problem_from_dict({**table, "variants": {"quantities": {"b[1][1]": {"fixed": True}}}})
    setting = workshop(Recipe(problem, SheetOptions(), "7", ("md",))).setting
    proof = never(setting)
    assert proof is not None and (proof.name, setting.called(proof.quantity)) == ("no_dead_unit", "z1_2")
    told = refusal(lambda: made_ready(problem))
    assert "found that z1_2 is above 0 in no draw" in told and "Larger biases, or allow_dead = true may help" in told


def test_dead_units_are_woken() -> None:
    """Where biases are left open they are drawn above 0."""
    weights = [["0.62", "0.93"], ["-0.63", "-0.04"], ["-0.59", "0.25"], ["-0.36", "0.42"], ["-0.4", "0.08"]]
    layer = {"units": 5, "activation": "relu", "weights": [[Decimal(w) for w in row] for row in weights]}
    data = {"inputs": [[Decimal("0.7"), Decimal("-1.1")]], "targets": [[-2, 1, 1, 1, -2]]}
    table = {**WIDE, "network": {"inputs": 2, "layers": [{**layer, "biases": Decimal("-0.96")}]}, "data": data}
    (told,) = made_ready(problem_from_dict(table)).recipe.changes
    assert "every ReLU unit is on for some example" in told and "biases of the output layer are drawn from 0.05" in told


def test_what_may_be_met_is_not_called_impossible() -> None:
    """No proof where numbers exist: for the examples, and where a gradient ends within the decimals."""
    for name in ("mazur", "rohan-relu", "caispp"):
        assert never(workshop(Recipe(read_problem(name), SheetOptions(), "7", ("md",))).setting) is None
    falling = {"units": 1, "activation": "sigmoid", "weights": [[Decimal("0.5"), Decimal("0.4")]]}
    narrow = {"choices": [Decimal("0.4"), Decimal("0.5")]}  # so that all gradients are below 0
    table = {**WIDE, "network": {"inputs": 2, "layers": [falling]}, "variants": {"inputs": narrow, "weights": narrow}}
    problem = problem_from_dict(table)
    assert never(workshop(Recipe(problem, SheetOptions(), "7", ("md",))).setting) is None
    table = {**WIDE, "network": {"inputs": 1, "layers": [{"units": 1, "activation": "linear", "weights": [[1]]}]}}
    table |= {"data": {"inputs": [[1]], "targets": [[2]]}, "variants": {"constraints": {"significant_digits": 9}}}
    assert never(workshop(Recipe(problem_from_dict(table), SheetOptions(), "7", ("md",))).setting) is None


RARE: dict[str, Any] = {
    "weights": {"choices": [Decimal("0.5"), *range(40, 90)], "distinct": False},
    "biases": {"fixed": True},
    "inputs": {"fixed": True},
    "targets": {"fixed": True},
    "learning_rate": {"fixed": True},
}


def rare(**constraints: Any) -> Problem:
    """One draw in about 2,600 will do."""
    layer = {
        "units": 1,
        "activation": "sigmoid",
        "weights": [[Decimal("0.5"), Decimal("0.5")]],
        "biases": [Decimal("0.1")],
    }
    table = {
        **WIDE,
        "network": {"inputs": 2, "layers": [layer]},
        "data": {"inputs": [[Decimal("0.8"), Decimal("0.7")]], "targets": [[0]]},
    }
    return problem_from_dict({**table, "variants": {**RARE, "constraints": constraints}})


def test_a_stated_number_of_attempts_counts() -> None:
    """Without one the search ends after 1000 draws; with one it goes on, and says so before."""
    told = refusal(lambda: made_ready(rare()))
    assert "none in 1000 draws" in told and "no_saturated_unit refused 1000" in told
    lines, steps = list[str](), list[str]()
    place = ready(Recipe(rare(attempts=50_000), SheetOptions(), "7", ("md",)), steps.append, lines.append).place
    assert search(place.setting, "7", "1").attempt > 0
    expected = "no_saturated_unit refuses most; going on to 50000, as variants.constraints.attempts says."
    assert len(lines) == 1 and lines[0] == f"0 of 1000 draws will do, {expected}"
    assert any("of 50000 draws, no_saturated_unit refuses most" in step for step in steps)


def test_progress_is_told() -> None:
    """What is tried, and how it stands."""
    steps = list[str]()
    ready(Recipe(read_problem(PUBLISHED / "e.toml"), SheetOptions(), "7", ("md",)), steps.append)
    assert steps[0].startswith("numbers around the problem's own, 6 decimals: 0 of 50 draws will do, no_saturated_unit")
    assert any(step.startswith("the weights into the hidden layer are drawn from ") for step in steps)


@pytest.mark.parametrize("weights", [[1, 2, -1], [2, 2, 2]])
def test_what_adds_up_to_nothing_needs_no_digits(weights: list[int]) -> None:
    """The bias that a softmax layer shares has the gradient 0, whatever is drawn: that refuses no draw.

    With equal weights the problem's own outputs are exactly 1/3, and that of a draw are not.
    """
    layer = {"units": 3, "activation": "softmax", "weights": [[w] for w in weights], "biases": Decimal("0.3")}
    table = {
        **WIDE,
        "network": {"inputs": 1, "layers": [layer]},
        "data": {"inputs": [[Decimal("0.7")]], "targets": [[1, 0, 0]]},
        "loss": {"name": "categorical_cross_entropy"},
    }
    recipe, place = made_ready(problem_from_dict(table))
    assert recipe.changes == () and place.trial.enough
    rows = {
        row.quantity: row for row in place.sheet.answers(place.sheet.numbers(search(place.setting, "7", "1").numbers))
    }
    assert (rows["dL/db[1]"].exact, rows["dL/db[1]"].points) == ("0.0000", 1)
    assert parse_id("dL/db[1]") in {box.quantity for box in place.sheet.boxes}
