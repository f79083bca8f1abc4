"""The published examples: what was printed rightly is reproduced, and what was printed wrongly is not."""

import json
import tomllib
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from derive import Solution, solve
from derive.derivation import derive_trace
from derive.evaluation import Policy, Values
from derive.quantity import Quantity, parse_id
from derive.reading import example_text, problem_from_dict

FACTS = Path(__file__).parent / "facts"
EXAMPLES = {
    "caispp_2_3_1": "caispp",
    "hmkcode_2_2_1": "hmkcode",
    "mazur_2_2_2": "mazur",
    "netflow_js_2_2_1": "netflow",
    "rohan_3_3_3_1": "rohan",
    "rohan_chain_1_1_1_1": "rohan-chain",
    "rohan_relu_layer_code": None,  # no built-in example: `relu_layer` builds it
}
VERDICTS = {"rounds", "truncates", "float64", "differs"}
MANY_STEPS = "after[10000]."

# The file computed this from a delta of 20 digits; the value is 0.0553994246514227863929816...
LAST_DIGIT_WRONG = {("mazur_2_2_2", "dE_o1/da[1][0]"): ("0.055399424651422786392", "0.055399424651422786393")}


@cache
def facts(name: str) -> dict[str, Any]:
    return json.loads((FACTS / f"{name}.json").read_text("utf-8"))


@cache
def solution(name: str) -> Solution:
    return solve(EXAMPLES[name] or relu_layer())


def relu_layer() -> dict[str, Any]:
    """One ReLU layer under half the squared error, with targets that make dL/da what the code was given."""
    spec = facts("rohan_relu_layer_code")["spec"]
    weights = [[Decimal(w) for w in row] for row in spec["weights"]["1"]]
    inputs = [Decimal(x) for x in spec["inputs"][0]]
    outputs = [max(Decimal(0), sum(w * x for w, x in zip(row, inputs, strict=True))) for row in weights]
    targets = [a - Decimal(g) for a, g in zip(outputs, spec["loss"]["dL/da"], strict=True)]
    return {
        "title": "The ReLU layer of Rohan and Lenny",
        "network": {"inputs": 2, "layers": [{"units": 2, "activation": "relu", "weights": weights}]},
        "data": {"inputs": [inputs], "targets": [targets]},
        "loss": {"name": "half_squared_error"},
        "training": {"learning_rate": Decimal(spec["lr"])},
    }


@cache
def many_steps() -> Values:
    """Mazur's network after 9,999 and 10,000 updates."""
    table = tomllib.loads(example_text("mazur"), parse_float=Decimal)
    table["training"]["steps"] = 10000
    trace = derive_trace(problem_from_dict(table, "mazur"))
    return Values(trace, Policy(decimals=9), keep=lambda step: step == 9999)


def digits(name: str, key: str, count: int) -> str:
    """The exact value of a quantity to a number of significant digits; KeyError when there is no such id."""
    if key.startswith(MANY_STEPS):
        quantity = parse_id(key)
        assert quantity is not None
        return many_steps().significant(quantity, count)
    known = solution(name)
    return known.exact.significant(dict(known.ids(known.exact))[key], count)


def rounded_half_up(text: str, like: str) -> Decimal:
    """A decimal rounded to as many places as another one has."""
    return Decimal(text).quantize(Decimal(like), ROUND_HALF_UP)


def twenty(text: str) -> Decimal:
    with localcontext(prec=20, rounding=ROUND_HALF_UP):
        return +Decimal(text)


def published(*verdicts: str) -> list[Any]:
    """(file, quantity id, printed value) of every published number with one of these verdicts."""
    return [
        pytest.param(name, entry.get("quantity", key), entry["value"], id=f"{name}: {key}")
        for name in EXAMPLES
        for key, entry in facts(name)["published"].items()
        if entry["verdict"] in verdicts
    ]


EXACT = [(name, key, text) for name in EXAMPLES for key, text in facts(name)["exact"].items()]
ROUNDS, WRONG = published("rounds"), published("differs", "truncates")


def test_every_file_is_used() -> None:
    """Each file of facts is tested, and every published number has a verdict that some test takes up."""
    assert {path.stem for path in FACTS.glob("*.json")} == set(EXAMPLES)
    verdicts = [entry["verdict"] for name in EXAMPLES for entry in facts(name)["published"].values()]
    assert set(verdicts) <= VERDICTS
    assert len(verdicts) == len(ROUNDS) + len(WRONG) + verdicts.count("float64") == 107
    assert (len(EXACT), len(ROUNDS), len(WRONG)) == (309, 86, 21)


@pytest.mark.parametrize("name", EXAMPLES)
def test_exact_values_are_reproduced(name: str) -> None:
    """Every exact value of a file, to 20 significant digits."""
    rows = [(key, text) for file, key, text in EXACT if file == name]
    assert rows
    wrong = {}
    for key, text in rows:
        filed, right = LAST_DIGIT_WRONG.get((name, key), (text, text))
        assert filed == text
        if twenty(digits(name, key, 20)) != twenty(right):
            wrong[key] = (digits(name, key, 20), right)
    assert wrong == {}


def test_the_corrected_digit() -> None:
    """The one digit that the tests correct in a file, worked out again from the definition."""
    import mpmath

    with mpmath.workdps(50):
        h1, h2 = (1 / (1 + mpmath.exp(-mpmath.mpf(z))) for z in ("0.3775", "0.3925"))
        z = mpmath.mpf("0.4") * h1 + mpmath.mpf("0.45") * h2 + mpmath.mpf("0.6")
        out = 1 / (1 + mpmath.exp(-z))
        value = (out - mpmath.mpf("0.01")) * out * (1 - out) * mpmath.mpf("0.4")
        assert mpmath.nstr(value, 26).startswith("0.05539942465142278639298")


@pytest.mark.parametrize(("name", "key", "text"), ROUNDS)
def test_published_numbers_that_round(name: str, key: str, text: str) -> None:
    """A number that its author rounded rightly is our exact value rounded half-up to the digits printed."""
    assert rounded_half_up(digits(name, key, 40), text) == Decimal(text)
    known = solution(name)
    number = known.exact.numbers[dict(known.ids(known.exact))[key]]
    places = -Decimal(text).as_tuple().exponent
    shown = known.exact.decide(lambda: known.exact.print_number(number, places))
    assert Decimal(shown.text) == Decimal(text)


@pytest.mark.parametrize(("name", "key", "text"), WRONG)
def test_published_numbers_that_are_wrong(name: str, key: str, text: str) -> None:
    """A number that its author got wrong in the last digit or altogether is not reproduced."""
    assert rounded_half_up(digits(name, key, 40), text) != Decimal(text)


def test_caispp_as_its_authors_rounded() -> None:
    """All 45 numbers of CAIS++, right and wrong, come out when every result is rounded as they did."""
    known = solution("caispp_2_3_1")
    assert known.values is known.carried is not known.exact
    ids = dict(known.ids(known.carried))
    numbers = {key: entry["value"] for key, entry in facts("caispp_2_3_1")["published"].items()}
    shown = {key: known.carried.shown(ids[key]).text for key in numbers}
    assert len(shown) == 45
    assert {key: Decimal(text) for key, text in shown.items()} == {key: Decimal(text) for key, text in numbers.items()}
    (policy,) = facts("caispp_2_3_1")["exact_alternatives"].values()
    assert len(policy) == 43
    assert all(Decimal(shown[key]) == Decimal(text) for key, text in policy.items())


def test_caispp_carries_the_printed_number() -> None:
    """The decimals that are printed are the value that is used: nothing finer is kept behind them."""
    known = solution("caispp_2_3_1")
    computed = [q for q in known.carried.numbers if known.trace.find(q) is not None]
    assert len(computed) > 60
    for quantity in computed:
        assert Decimal(known.carried.significant(quantity)) == Decimal(known.carried.shown(quantity).text)


def test_netflow_as_the_program_rounds() -> None:
    """The numbers that the visualisation shows, and those it would show next, under its own rounding."""
    known = solution("netflow_js_2_2_1")
    ids = dict(known.ids(known.carried))
    numbers = {key: entry["value"] for key, entry in facts("netflow_js_2_2_1")["published"].items()}
    (then,) = facts("netflow_js_2_2_1")["exact_alternatives"].values()
    policies = facts("hmkcode_2_2_1")["exact_alternatives"]
    hmkcode = policies["netflow.js policy (every stored value rounded to 2 decimals)"]
    assert (len(numbers), len(then), len(hmkcode)) == (10, 13, 13)
    for table in (numbers, then, hmkcode):
        assert {key: Decimal(known.carried.shown(ids[key]).text) for key in table} == {
            key: Decimal(text) for key, text in table.items()
        }


def test_hmkcode_with_the_displayed_weights() -> None:
    """With the new weights that the post shows, of two decimals, the outputs are 0.93, 0.56 and 0.2533."""
    kinds = ["z", "a", "loss", "dL/da", "da/dz", "dL/dz", "dL/dW", "z_new", "a_new", "loss_new"]
    table = tomllib.loads(example_text("hmkcode"), parse_float=Decimal)
    overrides: dict[str, Any] = dict.fromkeys(kinds, "exact")
    table["rounding"] = {"decimals": 9, "carry": True, "overrides": overrides | {"W_new": 2}}
    known = solve(table)
    ids = dict(known.ids(known.carried))
    alternatives = facts("hmkcode_2_2_1")["exact_alternatives"]
    expected = alternatives["updated weights rounded to 2 decimals (as displayed), then used"]
    assert len(expected) == 9
    for key, text in expected.items():
        assert rounded_half_up(known.carried.significant(ids[key], 40), text) == Decimal(text), key


def test_mazur_one_update_short() -> None:
    """The error that the article gives after 10,000 rounds is that after 9,999 of them, and ours is not."""
    expected = facts("mazur_2_2_2")["exact_alternatives"]["correct algorithm, 9999 updates"]
    short = many_steps().significant(Quantity("loss", step=9999))
    assert twenty(short) == twenty(expected["after[9999].loss"])
    printed = facts("mazur_2_2_2")["published"]["after[10000].loss"]["value"]
    assert rounded_half_up(short, printed) == Decimal(printed)


def test_mazur_updates_at_the_old_weights() -> None:
    """No value after the update is one that follows from updating the output weights too early."""
    alternatives = facts("mazur_2_2_2")["exact_alternatives"]
    (in_place,) = (table for policy, table in alternatives.items() if policy.startswith("in_place_update"))
    assert len(in_place) == 8
    for key, text in in_place.items():
        assert twenty(digits("mazur_2_2_2", key, 20)) != twenty(text), key


def test_mazur_with_trained_biases() -> None:
    """The variant of many readers: a bias of its own for every unit, and trained."""
    table = tomllib.loads(example_text("mazur"), parse_float=Decimal)
    for layer in table["network"]["layers"]:
        layer["biases"], layer["train_biases"] = [layer["biases"]] * 2, True
    expected = facts("mazur_2_2_2")["exact_alternatives"]["biases trained too"]["loss_new"]
    known = solve(table)
    after = twenty(known.exact.significant(Quantity("loss", step=1)))
    assert after == twenty(expected) != twenty(digits("mazur_2_2_2", "loss_new", 20))


def test_rohan_wrong_formula() -> None:
    """The post's last expression is the sum over all nine weights; none of our gradients has its value."""
    known = solution("rohan_3_3_3_1")
    first = [q for q in known.exact.numbers if q.kind == "dL/dW" and q.layer == 1]
    assert len(first) == 9
    literal, total = facts("rohan_3_3_3_1")["exact_alternatives"].values()
    with localcontext(prec=30):
        assert twenty(sum(Decimal(known.exact.significant(q, 25)) for q in first)) == twenty(total["sum"])
    wrong = twenty(literal["dL/dW[1][any][any]"])
    assert wrong not in {twenty(known.exact.significant(q)) for q in known.exact.numbers}


def test_rohan_relu_code_as_printed() -> None:
    """The printed code lets gradient through a dead unit; ours does not."""
    (printed,) = facts("rohan_relu_layer_code")["exact_alternatives"].values()
    wrong = {key: text for key, text in printed.items() if key.startswith("dL/dW")}
    assert len(wrong) == 4
    for key, text in wrong.items():
        assert Decimal(digits("rohan_relu_layer_code", key, 20)) != Decimal(text), key
