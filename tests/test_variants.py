"""Class sets: what is drawn, what a draw must meet, rosters, folders, and the same bytes whoever makes them."""

import math
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from networks import random_network

from derive import InputError, solve
from derive.cli import main
from derive.initial import draw_missing_weights
from derive.quantity import parse_id
from derive.reading import example_names, problem_from_dict, read_problem
from derive.spec import Problem, Variants, Vary
from derive.variants import workshop_of
from derive.variants.constraints import CONDITIONS, judge
from derive.variants.draw import Drawn, draw, random_words
from derive.variants.names import file_stems, safe_cell
from derive.variants.recipe import Recipe, Workshop, plan_some, workshop
from derive.variants.search import search
from derive.variants.sets import plan
from derive.variants.space import space_of
from derive.variants.tasks import numbered
from derive.variants.variant import with_numbers
from derive.worksheet import SheetOptions, compile_sheet

SMALL: dict[str, Any] = {
    "title": "One unit",
    "network": {
        "inputs": 2,
        "layers": [{"units": 1, "activation": "sigmoid", "weights": [[Decimal("0.5"), Decimal("-0.4")]]}],
    },
    "data": {"inputs": [[Decimal("0.8"), Decimal("0.6")]], "targets": [[1]]},
    "loss": {"name": "half_squared_error"},
    "training": {"learning_rate": Decimal("0.5")},
}


def small(variants: dict[str, Any] | None = None, **changes: Any) -> Problem:
    """The problem of one unit, with other tables in place of some."""
    return problem_from_dict({**SMALL, **changes, "variants": variants or {}})


def place_of(problem: Problem, decimals: int | None = 4, **options: int) -> Workshop:
    return workshop(Recipe(problem, SheetOptions(decimals=decimals, **options), "0", ("md",)))  # type: ignore[arg-type]


def numbers(**given: str) -> Drawn:
    """Numbers by name: W110 is W[1][1][0]."""
    ids = {name: name[0] + "".join(f"[{digit}]" for digit in name[1:]) for name in given}
    found = {parse_id(ids[name]): Decimal(text) for name, text in given.items()}
    assert None not in found
    return found  # type: ignore[return-value]


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


# -- what may vary


@pytest.mark.parametrize("name", [*example_names("networks"), *map(str, range(6))])
def test_usual_ranges_are_easy(name: str) -> None:
    """Without a word in the file: at most two decimals, never 0, no new signs, and yes-or-no targets stay."""
    problem = read_problem(name) if name in example_names("networks") else problem_from_dict(random_network(int(name)))
    trace = solve(problem).trace
    space = space_of(trace)
    assert len(space.slots) >= 3
    for slot in space.slots:
        values = list(slot.values)
        given = [number for quantity, number in trace.givens.items() if quantity.kind == slot.quantity.kind and number]
        assert 0 not in values and len(values) == len(set(values)) > 2
        assert all(-2 <= int(value.as_tuple().exponent) <= 0 for value in values)
        assert min(values) > 0 or min(given) < 0 or slot.quantity.kind in "ax"
        assert slot.quantity.kind != "t" or not {0, 1} >= set(given)
        assert slot.quantity.kind not in ("lr", "lr0", "mean", "std")


VARY = {
    "fixed": ({"weights": {"fixed": True}}, "W[1][0][0]", None),
    "choices": ({"weights": {"choices": [1, Decimal("0.25")]}}, "W[1][0][0]", ["1", "0.25"]),
    "range": (
        {"inputs": {"low": Decimal("0.2"), "high": Decimal("0.5"), "step": Decimal("0.1")}},
        "a[0][1]",
        ["0.2", "0.3", "0.4", "0.5"],
    ),
    "without 0": ({"weights": {"low": -1, "high": 1, "step": 1}}, "W[1][0][1]", ["-1", "1"]),
    "only a step": ({"weights": {"step": Decimal("0.3")}}, "W[1][0][0]", ["-0.5", "-0.2", "0.1", "0.4"]),
    "one quantity": (
        {"weights": {"fixed": True}, "quantities": {"W[1][0][1]": {"choices": [2, 3]}}},
        "W[1][0][1]",
        ["2", "3"],
    ),
    "the longest id": (
        {"quantities": {"W": {"choices": [2, 3]}, "W[1][0][0]": {"fixed": True}}},
        "W[1][0][0]",
        None,
    ),
    "rate": ({"learning_rate": {"choices": [Decimal("0.1"), Decimal("0.5")]}}, "lr", ["0.1", "0.5"]),
    "target": ({"targets": {"low": 0, "high": 1, "step": 1}}, "t[0]", ["0", "1"]),
}


@pytest.mark.parametrize("case", VARY)
def test_what_the_file_says_counts(case: str) -> None:
    said, quantity, expected = VARY[case]
    slots = {slot.quantity.id: list(map(str, slot.values)) for slot in space_of(solve(small(said)).trace).slots}
    assert slots.get(quantity) == expected


WRONG = {
    "key": ({"wieghts": {}}, 'did you mean "weights"'),
    "key of a range": ({"weights": {"lo": 1}}, 'did you mean "low"'),
    "key of one": ({"quantities": {"W[1]": {"hihg": 1}}}, 'did you mean "high"'),
    "condition": ({"constraints": {"allow_ded": True}}, 'did you mean "allow_dead"'),
    "upside down": ({"inputs": {"low": 2, "high": 1}}, "variants.inputs.high: expected a number of 2 (low) or more"),
    "both": ({"inputs": {"low": 2, "choices": [1]}}, "both choices and low"),
    "twice": ({"inputs": {"choices": [1, 1]}}, "choices that differ"),
    "fixed and": ({"inputs": {"fixed": True, "low": 1}}, "nothing else beside fixed = true"),
    "endless": ({"inputs": {"low": 0, "high": 10**9, "step": Decimal("0.001")}}, "at most 100000 numbers"),
    "empty": ({"weights": {"low": 0, "high": 0, "step": 1}}, "a range with a number in it"),
    "few": ({"inputs": {"choices": [1], "distinct": True}}, "at least 2 numbers to draw from"),
    "rate": ({"learning_rate": {"choices": [0]}}, "learning rates greater than 0"),
    "no id": ({"quantities": {"z[1]": {"fixed": True}}}, "the id of a weight, bias, input or target"),
    "no such": ({"quantities": {"W[3]": {"fixed": True}}}, 'variants.quantities."W[3]": expected the id of a number'),
    "tie": ({"constraints": {"tie_distance": Decimal("0.4")}}, "0.25 or less"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_vary_so_is_told(case: str) -> None:
    said, expected = WRONG[case]
    assert expected.lower() in refusal(lambda: space_of(solve(small(said)).trace)).lower()


PINNED = [332682, 244921, 579816]
PINNED_MAZUR = ["0.30", "0.15", "0.65", "0.10", "0.25", "0.50"]


def test_drawing_is_pinned() -> None:
    """The same numbers on every machine and in every version: BLAKE2b of seed, key, attempt and block."""
    assert [next(random_words("7", "0001", attempt)) % 10**6 for attempt in range(3)] == PINNED
    space = space_of(solve("mazur").trace)
    found = {quantity.id: str(number) for quantity, number in draw(space, "7", "0001", 0).items()}
    assert list(found) == [slot.quantity.id for slot in space.slots]
    assert list(found.values())[:6] == PINNED_MAZUR
    assert len({tuple(draw(space, "7", key, 0).values()) for key in ("1", "2", "3")}) == 3
    weights = [found[f"W[1][{j}][{i}]"] for j in (0, 1) for i in (0, 1)]
    assert len(set(weights)) == 4


@pytest.mark.parametrize("name", [*example_names("networks"), "1", "3", "5", "8"])
def test_a_variant_is_a_problem(name: str) -> None:
    """The key of a variant is the solution of the problem with its numbers."""
    table: dict[str, Any] = {} if name in example_names("networks") else random_network(int(name))
    problem = problem_from_dict(table) if table else read_problem(name)
    varied = Variants(learning_rate=Vary(choices=(Decimal("0.3"), Decimal("0.7"))))
    problem = problem.model_copy(update={"variants": varied})
    sheet = compile_sheet(problem, SheetOptions(decimals=4))
    drawn = draw(space_of(sheet.solution.trace), "", "1", 0)
    solution = solve(with_numbers(draw_missing_weights(problem), drawn))
    assert {q: solution.trace.givens[q] for q in drawn} == drawn
    for row in sheet.answers(sheet.numbers(drawn)):
        quantity = parse_id(row.quantity)
        assert quantity is not None
        digits = Decimal(solution.exact.significant(quantity, 20))
        assert abs(digits - Decimal(row.exact)) <= Decimal("0.00005"), row


# -- conditions

RELU: dict[str, Any] = {
    "network": {
        "inputs": 2,
        "layers": [
            {"units": 2, "activation": "relu", "weights": [[1, 1], [1, -1]]},
            {"units": 1, "activation": "linear", "weights": [[1, 1]]},
        ],
    },
    "data": {"inputs": [[2, 1]], "targets": [[1]]},
    "training": {"learning_rate": Decimal("0.01")},
}
LINEAR: dict[str, Any] = {
    "network": {"inputs": 2, "layers": [{"units": 1, "activation": "linear", "weights": [[Decimal("0.1"), 1]]}]}
}
GOOD = {"a00": "0.8", "a01": "0.6", "W100": "0.5", "W101": "-0.4"}
GOOD_RELU = {"a00": "2", "a01": "1", "W100": "1", "W101": "2", "W110": "3", "W111": "-2", "W200": "1", "W201": "2"}

# condition: problem, numbers that meet it, changes that violate it
CASES: dict[str, tuple[Problem, dict[str, str], dict[str, str]]] = {
    "easy_givens": (small(), GOOD, {"a00": "0.812"}),
    "different_givens": (small(), GOOD, {"a00": "0.6"}),
    "no_saturated_unit": (small(), GOOD, {"W100": "5"}),
    "no_dead_unit": (small(**RELU), GOOD_RELU, {"W111": "-7"}),
    "significant_digits": (small(), GOOD, {"a01": "0.01"}),
    "loss_decreases": (small(**LINEAR), GOOD, {"a00": "2", "a01": "1.5"}),
    # a(1 - a) of a saturated unit
    "shown_as_zero": (small(), GOOD, {"W100": "40"}),
    # z = 0.8 * 0.5 - 0.6105 * 0.1 has a 5 and nothing behind its fourth decimal
    "tie_distance": (small(), GOOD, {"a01": "0.6105", "W101": "-0.1"}),
    "off_the_corner": (small(**RELU), GOOD_RELU, {"a00": "0.66667", "W110": "3", "W111": "-2"}),
    "exact_equals_carried": (
        small({"constraints": {"exact_equals_carried": True}}, rounding={"decimals": 1}, **LINEAR),
        {"a00": "1", "a01": "2", "W100": "0.1", "W101": "0.2"},
        {"a00": "0.9", "a01": "1.9"},
    ),
    "rounded_values_exist": (
        small(
            {"constraints": {"allow_saturated": True}},
            loss={"name": "binary_cross_entropy"},
            rounding={"decimals": 2},
        ),
        GOOD,
        {"W100": "9"},
    ),
    "distinguishable_mistakes": (small(), GOOD, {"W100": "0.50", "a00": "0.0001", "a01": "0.0002"}),
    # without inputs nothing but biases tells one calculation from another
    "mistakes_to_find": (small(**RELU), GOOD_RELU, {"a00": "0", "a01": "0"}),
    "numbers_to_choose": (small(), GOOD, {"a00": "0", "a01": "0"}),
}
SHEETS: dict[str, dict[str, int]] = {"mistakes_to_find": {"find": 2}, "numbers_to_choose": {"choice": 3}}
"""The sheets of the conditions that only some sheets have."""


@pytest.mark.parametrize("name", CASES)
def test_each_condition_refuses_and_accepts(name: str) -> None:
    """Numbers that meet a condition, and some that do not."""
    problem, good, changes = CASES[name]
    setting = place_of(problem, None, **SHEETS.get(name, {})).setting
    row = next(row for row in CONDITIONS if row.name == name)
    assert row.wanted(setting)
    assert name not in SHEETS or not row.wanted(place_of(problem, None).setting)
    assert judge(setting, numbers(**good), (row,)) is None
    fault = judge(setting, numbers(**good) | numbers(**changes), (row,))
    assert fault is not None and fault[0] == name


def test_all_conditions_have_a_case() -> None:
    assert {row.name for row in CONDITIONS} == {
        *CASES,
        "values_exist",
        "own_branches",
    }  # the last one: test_element_sets


@pytest.mark.parametrize(("batch", "steps", "pairs"), [("all", 1, 1), ("all", 2, 2), ("one", 2, 1), ("one", 3, 0)])
def test_losses_of_the_same_examples_are_compared(batch: str, steps: int, pairs: int) -> None:
    data = {"inputs": [[1, 2], [2, 1]], "targets": [[1], [0]]}
    training = {"learning_rate": Decimal("0.5"), "batch": batch, "steps": steps}
    assert len(place_of(small(data=data, training=training)).setting.losses) == pairs


def test_a_value_that_does_not_exist_refuses() -> None:
    problem = problem_from_dict(
        {**SMALL, "loss": {"name": "binary_cross_entropy"}, "variants": {"weights": {"choices": [1, 2 * 10**6]}}}
    )
    setting = place_of(problem).setting
    rows = tuple(row for row in CONDITIONS if row.name in ("values_exist", "loss_decreases"))
    for weight in ("-2000000", "5000"):
        fault = judge(setting, numbers(a00="1", a01="0.5", W100=weight, W101="1"), rows)
        assert fault is not None and fault[0] == "values_exist"


SWITCHES = {
    "no_saturated_unit": {"allow_saturated": True},
    "significant_digits": {"significant_digits": 0},
    "loss_decreases": {"loss_decreases": False},
    "tie_distance": {"tie_distance": 0},
    "distinguishable_mistakes": {"distinguishable_mistakes": False},
}


@pytest.mark.parametrize("name", SWITCHES)
def test_a_condition_can_be_switched_off(name: str) -> None:
    row = next(row for row in CONDITIONS if row.name == name)
    assert row.wanted(place_of(small()).setting)
    assert not row.wanted(place_of(small({"constraints": SWITCHES[name]})).setting)


def test_impossible_conditions_are_told() -> None:
    """One message: which condition blocks, how often it refused, and what may help."""
    problem = small({"weights": {"low": 20, "high": 30, "step": 1}, "constraints": {"attempts": 50}})
    told = refusal(lambda: search(place_of(problem).setting, "7", "0001"))
    assert "variants.constraints.no_saturated_unit" in told and "no_saturated_unit refused 50" in told
    assert "none in 50 draws for variant 0001" in told and "allow_saturated = true may help" in told


# -- the published example is poor, and what is drawn is not


def forward_2_2_2(n: dict[str, float]) -> tuple[list[float], list[float], float]:
    def unit(layer: int, j: int, inputs: list[float]) -> float:
        z = sum(n[f"W[{layer}][{j}][{i}]"] * inputs[i] for i in (0, 1)) + n[f"b[{layer}]"]
        return 1 / (1 + math.exp(-z))

    hidden = [unit(1, j, [n["a[0][0]"], n["a[0][1]"]]) for j in (0, 1)]
    out = [unit(2, k, hidden) for k in (0, 1)]
    return hidden, out, sum((a - t) ** 2 / 2 for a, t in zip(out, (0.01, 0.99), strict=True))


def hidden_weights(n: dict[str, float], mistake: str = "") -> dict[str, float]:
    """The new weights of the first layer, in floating point, right or with a mistake on the way back."""
    hidden, out, _ = forward_2_2_2(n)
    delta = [(a - t) * a * (1 - a) for a, t in zip(out, (0.01, 0.99), strict=True)]
    used = {(k, j): n[f"W[2][{k}][{j}]"] for k in (0, 1) for j in (0, 1)}
    if mistake == "updated":
        used = {(k, j): w - 0.5 * delta[k] * hidden[j] for (k, j), w in used.items()}
    if mistake == "transposed":
        used = {(k, j): used[j, k] for k, j in used}
    if mistake == "lost":
        used = {(k, j): w if k == 0 else 0 for (k, j), w in used.items()}
    new = {}
    for j in (0, 1):
        back = sum(delta[k] * used[k, j] for k in (0, 1)) * hidden[j] * (1 - hidden[j])
        for i in (0, 1):
            new[f"W[1][{j}][{i}]"] = n[f"W[1][{j}][{i}]"] - 0.5 * back * n[f"a[0][{i}]"]
    return new


MAZUR = {
    "a[0][0]": 0.05, "a[0][1]": 0.10, "b[1]": 0.35, "b[2]": 0.60,
    "W[1][0][0]": 0.15, "W[1][0][1]": 0.20, "W[1][1][0]": 0.25, "W[1][1][1]": 0.30,
    "W[2][0][0]": 0.40, "W[2][0][1]": 0.45, "W[2][1][0]": 0.50, "W[2][1][1]": 0.55,
}  # fmt: skip


def printed(new: dict[str, float]) -> list[str]:
    return [f"{value:.4f}" for value in new.values()]


def test_the_published_numbers_are_poor(tmp_path: Path) -> None:
    """At four decimals two mistakes print the right weights; `derive stress` says so, in words."""
    right = hidden_weights(MAZUR)
    for mistake in ("updated", "transposed"):
        wrong = hidden_weights(MAZUR, mistake)
        assert all(abs(right[key] - wrong[key]) < 0.0001 for key in right)
        assert (printed(right)[:3] == printed(wrong)[:3]) == (mistake == "updated")
    run = CliRunner().invoke(main, ["stress", "mazur", "--variants", "20", "-o", str(tmp_path)])
    assert run.exit_code == 0, run.output
    poor = run.output.partition("What is refused")[0]
    assert "They are poor for a worksheet." in poor
    told = 'right work from "hidden gradients with updated weights" and "weights read the wrong way on the way back"'
    assert told in poor and poor.count("right work") == 1
    report = (tmp_path / "mazur.stress.md").read_text("utf-8")
    assert "mazur.stress.svg" in report and "| `tie_distance` |" in report and "`net_h1`" in report
    picture = ElementTree.parse(tmp_path / "mazur.stress.svg").getroot()
    assert len([node for node in picture.iter() if node.get("data-quantity") == "z[1][0]"]) >= 1


def test_drawn_numbers_are_not_poor() -> None:
    """Floating point, written independently: every guarantee on forty variants, and none of them twice."""
    place = place_of(read_problem("mazur"), None)
    seen = set()
    for planned, key in zip(plan_some(place.recipe, [(str(k), k) for k in range(40)]), range(40), strict=True):
        drawn = draw(place.setting.space, "0", str(key), planned.attempt)
        n = {quantity.id: float(number) for quantity, number in drawn.items()}
        seen.add(tuple(n.values()))
        hidden, out, loss = forward_2_2_2(n)
        assert all(0.05 < a < 0.95 for a in hidden + out)
        right = hidden_weights(n)
        for gradient in (2 * (n[key] - right[key]) for key in right):
            assert abs(gradient) >= 0.00095
        alternatives = [right, *(hidden_weights(n, mistake) for mistake in ("updated", "transposed", "lost"))]
        for k, one in enumerate(alternatives):
            for two in alternatives[:k]:
                assert any(abs(one[key] - two[key]) > 0.0001 for key in one)
        after = forward_2_2_2({**n, **right})[2]
        assert after < loss
    assert len(seen) == 40


# -- sets


def test_no_two_are_alike() -> None:
    """All of a small space is used before it is said to be too small."""
    said = {
        "weights": {"fixed": True},
        "inputs": {"choices": [Decimal("0.3"), Decimal("0.6"), Decimal("0.8")], "distinct": True},
        "constraints": {"significant_digits": 0, "tie_distance": 0},
    }
    place = place_of(small(said))
    for count in (3, 6):
        attempts = plan(place.recipe, place, numbered(count), None)
        drawn = [
            tuple(draw(place.setting.space, "0", task.key, attempt).values())
            for task, attempt in zip(numbered(count), attempts, strict=True)
        ]
        assert len(set(drawn)) == count
    assert "no_two_alike refused" in refusal(lambda: plan(place.recipe, place, numbered(7), None))
    assert "only 9" in refusal(lambda: plan(place.recipe, place, numbered(10), None))


def test_a_variant_does_not_depend_on_how_many_there_are() -> None:
    place = place_of(small())
    assert plan(place.recipe, place, numbered(20), None)[:5] == plan(place.recipe, place, numbered(5), None)


def test_more_decimals_where_few_do_not_do() -> None:
    """At four decimals a chain of three units cannot show the mistakes; its sheet gets more, unless told otherwise."""
    assert workshop_of("rohan-chain", SheetOptions()).setting.policy.decimals == 5
    assert workshop_of("rohan-chain", SheetOptions(decimals=4)).setting.policy.decimals == 4


# -- names


def test_file_names_are_safe() -> None:
    """Inside the folder, of letters and digits, and different also where capitals do not count."""
    hostile = ["..", "/etc/passwd", "a/b", "a\\b", "CON", "nul.txt", "A1", "a1", "李娜", "", "x" * 200, "-rf", ".hid"]
    hostile += ["a b", "a.", "é", "e\u0301", "e", "b2", "B2", "ﬁ", "fi", "Straße", "STRASSE"]
    hostile += ["COM¹", "a\0b", "a:b", "😀", "x\u202ecod.exe", "\u0301", "LPT9.a", "字" * 90]
    stems = file_stems(hostile)
    for form in ("NFC", "NFD", "NFKC"):
        assert len({unicodedata.normalize(form, stem).casefold() for stem in stems}) == len(hostile)
    for stem in stems:
        assert re.fullmatch(r"\w[\w.@+-]{0,39}", stem) and stem[-1] not in ".-" and len(stem.encode()) <= 120
        assert stem.partition(".")[0].upper() not in ("CON", "NUL", "COM1", "COM¹", "LPT9")
    assert file_stems(["0001", "s12345", "jane.doe@x.edu"]) == ["0001", "s12345", "jane.doe@x.edu"]
    names = ["Łukasz Nowak", "李小龙", "محمد علي", "O'Neil, Zoë", "न्यायमूर्ति"]
    assert file_stems(names) == ["Łukasz-Nowak", "李小龙", "محمد-علي", "O-Neil-Zoë", "न्यायमूर्ति"]
    assert file_stems(["a b", "a-b"])[1] == "a-b" and file_stems(["a b"]) == ["a-b"]
    assert stems == file_stems(hostile)


def test_cells_are_no_formulas() -> None:
    for text in ("=1", "+1", "-1", "@x", "\t=1", "＝1"):
        assert safe_cell(text) == f"'{text}"
    for text in ("", "Ada", "1-2", "0.5"):
        assert safe_cell(text) == text
