"""Which reason is told for a wrong number: the mistakes and misreadings that are named, and those that are not."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

import pytest

from derive.check import check
from derive.check.judge import Judge
from derive.check.misread import other_digit, same_digits
from derive.check.model import Result
from derive.numbers import middle
from derive.solution import solve
from derive.wording import ENGLISH

THREE = """
title = "Three examples"
[network]
inputs = 1
[[network.layers]]
units = 1
activation = "linear"
weights = [[0.5]]
biases = [0.1]
[data]
inputs = [[1], [2], [4]]
targets = [[0.7], [0.3], [0.9]]
[loss]
name = "squared_error"
reduction = "mean"
[training]
learning_rate = 0.1
"""


@cache
def truth(problem: str) -> Mapping[str, float]:
    """Every true value by its id."""
    judge = Judge(solve(problem))
    numbers = (middle(number) for number in judge.truth)
    return {q.id: int(n.p) / int(n.q) for q, n in zip(judge.program.quantities, numbers, strict=True)}


def judged(problem: str, work: Mapping[str, str]) -> dict[str, Result]:
    return {result.quantity.id: result for result in check(problem, work).sheets[0].results}


def keys(result: Result) -> list[str]:
    return [explanation.key for explanation in result.explanations]


def written(value: float, decimals: int = 5) -> str:
    return f"{value:.{decimals}f}"


# -- how certain a mistake must be ---------------------------------------------------------------------------


def test_a_result_that_is_uncertain_is_told_by_its_distance_from_the_right_number() -> None:
    """Divided by 0.05, the rounding of a gradient becomes twenty times as large; the number is far off all the same."""
    (result,) = judged("hmkcode", {"W_new[1][0][1]": "7.008"}).values()
    assert keys(result) == ["learning-rate-divided"]


def test_one_digit_is_enough_far_from_the_right_number() -> None:
    right = written(truth("hmkcode")["dL/da[1][0]"])
    results = judged("hmkcode", {"dL/da[1][0]": right, "dL/dz[1][0]": "1"})
    assert keys(results["dL/dz[1][0]"]) == ["error-left-out-of-delta"]


# -- steps without a slope of their own ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("activation-as-slope", lambda error, a: error * a),
        ("factors-added", lambda error, a: error + 1),
    ],
)
def test_the_slope_of_a_linear_unit(key: str, wrong: object) -> None:
    true = truth("hmkcode")
    assert callable(wrong)
    number = wrong(true["dL/da[1][0]"], true["a[1][0]"])
    results = judged("hmkcode", {"dL/da[1][0]": written(true["dL/da[1][0]"]), "dL/dz[1][0]": written(number)})
    assert keys(results["dL/dz[1][0]"]) == [key]


@pytest.mark.parametrize("part", [2, 3])
def test_a_batch_whose_loss_is_divided_once_more(part: int) -> None:
    """By the number of the examples, which are three, and by 2."""
    problem = tomllib.loads(THREE, parse_float=Decimal)
    losses = [(0.5 * x + 0.1 - t) ** 2 for x, t in ((1, 0.7), (2, 0.3), (4, 0.9))]
    number = sum(losses) / 3 / part
    (sheet,) = check(problem, {"L": written(number)}).sheets
    assert keys(sheet.results[0]) == [{2: "loss-factor-half", 3: "batch-mean-twice"}[part]]


def test_the_loss_sent_back_further_than_from_the_output() -> None:
    true = truth("rohan-chain")
    number = true["loss"] * true["W[2][0][0]"]
    results = judged("rohan-chain", {"loss": written(true["loss"], 7), "dL/da[1][0]": written(number, 7)})
    assert keys(results["dL/da[1][0]"]) == ["loss-sent-back"]


# -- where a mistake is looked for ---------------------------------------------------------------------------


def test_a_right_number_that_was_worked_out_once_more_with_a_mistake() -> None:
    """The delta stands there rightly; the gradient was made with the error and a wrong slope."""
    true = truth("rohan-chain")
    z = true["z[3][0]"]
    number = true["dL/da[3][0]"] * z * (1 - z) * true["a[2][0]"]
    right = {name: written(true[name], 6) for name in ("dL/da[3][0]", "dL/dz[3][0]")}
    results = judged("rohan-chain", {**right, "dL/dW[3][0][0]": written(number, 6)})
    assert keys(results["dL/dW[3][0][0]"]) == ["slope-from-sum"]


def test_a_habit_that_has_two_names() -> None:
    """The slope forgotten at the output and in every hidden unit, seen only in a new weight."""
    true = truth("rohan-chain")
    gradient = true["dL/da[3][0]"] * true["W[3][0][0]"] * true["W[2][0][0]"] * true["a[0][0]"]
    (result,) = judged(
        "rohan-chain", {"W_new[1][0][0]": written(true["W[1][0][0]"] - true["lr"] * gradient, 7)}
    ).values()
    assert [set(key.split("+")) for key in keys(result)] == [
        {"activation-derivative-forgotten-hidden", "activation-derivative-forgotten-output"}
    ]


def test_a_mistake_whose_result_was_cut_off() -> None:
    true = truth("mazur")
    number = true["dL/da[1][0]"] * true["a[1][0]"]
    assert written(number, 6) != written(number, 9)[:8]
    results = judged("mazur", {"dL/da[1][0]": written(true["dL/da[1][0]"], 9), "dL/dz[1][0]": written(number, 9)[:8]})
    assert keys(results["dL/dz[1][0]"]) == ["activation-as-slope"]


def test_a_mistake_made_all_along_one_layer() -> None:
    """The second product is missing in both hidden sums, but not at the output."""
    true = truth("hmkcode")
    hidden = [true[f"W[1][{unit}][0]"] * true["a[0][0]"] for unit in (0, 1)]
    output = sum(true[f"W[2][0][{unit}]"] * hidden[unit] for unit in (0, 1))
    (result,) = judged("hmkcode", {"loss": written((output - true["t[0]"]) ** 2 / 2)}).values()
    assert keys(result) == ["product-left-out"]


def test_numbers_of_one_digit_are_explained_by_what_explains_several() -> None:
    """Each of these has too few digits to tell: the inputs of the first layer are taken two places further."""
    true, places = truth("rohan"), [(unit, source) for unit in range(3) for source in range(3)]
    deltas = [round(true[f"dL/dz[1][{unit}]"], 3) for unit in range(3)]
    work = {f"dL/dz[1][{unit}]": written(deltas[unit], 3) for unit in range(3)}
    for unit, source in places:
        work[f"dL/dW[1][{unit}][{source}]"] = written(deltas[unit] * true[f"a[0][{(source + 2) % 3}]"], 3)
    faulty = [result for result in judged("rohan", work).values() if result.faulty]
    assert len(faulty) > 3
    assert all(result.verdict == "mistake" for result in faulty)
    assert all(keys(result) == ["neighbours-input-in-gradient"] for result in faulty)


# -- which of several is told --------------------------------------------------------------------------------


def test_two_that_give_the_same_are_both_told() -> None:
    """A new weight alone does not show whether the gradient was added or the sign of the error turned."""
    true = truth("hmkcode")
    added = {
        name: written(true[name] + true["lr"] * true[f"dL/d{name}"])
        for name in ("W[2][0][0]", "W[2][0][1]", "W[1][0][0]")
    }
    results = judged("hmkcode", {name.replace("W", "W_new"): value for name, value in added.items()})
    assert [keys(result) for result in results.values()] == [["gradient-added", "error-sign"]] * 3


def test_a_mistake_that_right_numbers_deny_is_not_told() -> None:
    """With the error shown rightly, its sign was not turned."""
    true = truth("hmkcode")
    number = written(true["W[2][0][0]"] + true["lr"] * true["dL/dW[2][0][0]"])
    hidden = judged("hmkcode", {"W_new[2][0][0]": number, "W_new[2][0][1]": written(true["W_new[2][0][1]"])})
    assert keys(hidden["W_new[2][0][0]"]) == ["gradient-added"]


def test_a_sign_is_spoken_of_once() -> None:
    """The number is the right one with the other sign; that the sign of the slope was turned says the same again."""
    result = judged("rohan-chain", {"a[2][0]": "0.45", "da/dz[2][0]": "-0.248"})["da/dz[2][0]"]
    assert (result.verdict, result.slip) == ("slip", "sign")
    assert _said(result) == "0.248 was written with the other sign."
    assert "slope-sign" not in keys(result)


# -- numbers read wrongly ------------------------------------------------------------------------------------


def test_a_given_number_with_two_digits_exchanged() -> None:
    true = truth("mazur")
    number = 0.51 * 0.05 + 0.2 * 0.1 + 0.35
    results = judged("mazur", {"z[1][0]": written(number, 4), "z[1][1]": "0.3925"})
    result = results["z[1][0]"]
    assert (result.verdict, result.slip) == ("slip", "misread")
    assert _said(result) == "W[1][0][0] = 0.15 was read as 0.51."
    assert results["z[1][1]"].verdict == "exact"
    assert true["z[1][1]"] == pytest.approx(0.3925)


def test_what_was_read_wrongly_once_is_remembered() -> None:
    """An input with its point moved is used in two sums, and once more in a gradient of few digits."""
    work = {"z[1][0]": "0.4450", "z[1][1]": "0.5050", "dL/dW[1][0][0]": "0.0044"}
    found = check("mazur", work).sheets[0]
    assert {_said(result) for result in found.results} == {"a[0][0] = 0.05 was read as 0.5."}
    with_one = judged("mazur", {"dL/dW[1][0][0]": "0.0044"})
    assert with_one["dL/dW[1][0][0]"].slip == "point"


def test_a_stated_number_that_was_read_wrongly_in_the_next_step() -> None:
    true = truth("mazur")
    delta, activation = written(true["dL/dz[2][0]"], 6), written(true["a[1][0]"], 6)
    turned = activation[:3] + activation[4] + activation[3] + activation[5:]
    number = written(float(delta) * float(turned), 6)
    results = judged("mazur", {"a[1][0]": activation, "dL/dz[2][0]": delta, "dL/dW[2][0][0]": number})
    assert _said(results["dL/dW[2][0][0]"]) == f"Your value {activation} of a[1][0] was read as {turned}."


def test_too_few_digits_tell_no_misreading() -> None:
    (result,) = judged("mazur", {"z[1][0]": "0.40"}).values()
    assert result.slip != "misread"


def test_how_a_number_may_be_read() -> None:
    assert list(same_digits("-1.05")) == ["-0.15", "-1.50", "1.05", "-0.105", "-10.5"]
    assert (
        len(list(other_digit("0.15"))) == 2 * 9
    )  # nine for each digit, but 0.05 and 0.10 are written with two digits, too
    assert list(same_digits("0")) == list(other_digit("0.0")) == []


def _said(result: Result) -> str:
    return "".join(piece if isinstance(piece, str) else _spelt(piece) for piece in ENGLISH.told(result.reason))


def _spelt(node: object) -> str:
    quantity = getattr(node, "quantity", None)
    return quantity.id if quantity is not None else node.text  # type: ignore[attr-defined]
