"""Small sheets with the right answer, each for a kind of fault that a judge may have; worked out apart from derive.

The numbers in the comments were computed by hand or with a calculator.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import derive
from derive import solve
from derive.check import Judge
from derive.check.model import Marked
from derive.numbers import middle
from derive.work import Names, read_works

CASES = Path(__file__).parent / "data" / "cases"
RIGHT, WRONG = ("exact", "rounded"), ("mistake", "slip", "wrong")


def marked(problem: str, work: str, decimals: int | None = None, claims: bool = False) -> Marked:
    solution = solve(CASES / problem if problem.endswith(".toml") else problem)
    (sheet,) = read_works([CASES / work], Names(solution), claims=claims).sheets
    return Judge(solution, decimals).mark(sheet)


def verdicts(sheet: Marked) -> dict[str, str]:
    return {result.quantity.id: result.verdict for result in sheet.results}


# problem, work, decimals; what is wrong with it, by quantity: the mistake's or slip's key, or empty where none is known
FAULTS = [
    # Three zeros and the neighbours' are the value; the gradient was added: 0.5 - 0.1 * 0.46875 = 0.453125.
    ("zeros.toml", "zeros.csv", None, {"W_new[2][0][0]": "gradient-added"}),
    ("zeros.toml", "zeros2.csv", None, {"W_new[2][0][0]": "gradient-added"}),
    # delta is -0.0663, so dL/db is not 0, and the bias should be 0.3 + 0.5 * 0.0663 = 0.3332.
    ("bz.toml", "bz.csv", None, {"dL/db[1][0]": "bias-gradient-zero", "b_new[1][0]": "bias-not-updated"}),
    # 3 * 0.14 = 0.42: every product was rounded.
    ("prod2.toml", "prod2.csv", None, {}),
    # 3.6663 -> 3.67; 0.2 * 3.67 = 0.734, all to three significant digits.
    ("sig.toml", "sig.csv", None, {}),
    # With 1/n inside -0.25 and -1 are right, and -0.25 * 1 - 1 * 2 = -2.25.
    ("mean.toml", "mean.csv", None, {"dL/dW[1][0][0]": None}),
    # 0.1481 * 0.6 = 0.0889: the first input in place of the third.
    ("n3a.toml", "n3a.csv", None, {"dL/dW[1][0][2]": "neighbours-input-in-gradient"}),
    # The output follows from 0.679 and 0.574.
    ("oneslip.toml", "oneslip.csv", None, {}),
    # The activations of the first pass once more.
    ("hmkcode", "h2.csv", None, {"a_new[1][0]": "stale-weights", "a_new[1][1]": "stale-weights"}),
    # 0.959 * (1 - 0.959) = 0.039319: one number was used with three decimals.
    ("slope.toml", "slope.csv", None, {}),
    # All deltas are target minus output, and all new weights are right.
    ("sign.toml", "sign.csv", None, {}),
    # A coarse sheet: to one decimal dE/dw5 is 0.1, dE/dw1 is 0.0, w5+ is 0.4.
    ("mazur", "few-zeros.csv", None, {"dL/dW[2][0][0]": None}),
    ("mazur", "swapped.csv", None, {"a[1][0]": "swapped"}),
    ("mazur", "half-substituted.txt", None, {}),
    ("mazur", "brackets-in-update.txt", None, {"W_new[2][0][0]": "gradient-added"}),
    ("mazur", "numbers-in-the-line.txt", None, {}),
    ("mazur", "prose.txt", None, {"loss_part[0]": "loss-factor-half", "dL/dW[2][0][0]": None}),
    (
        "mazur",
        "student-1.txt",
        None,
        {
            "loss_part[0]": "loss-factor-half",
            "loss_part[1]": "loss-factor-half",
            "W_new[1][0][0]": "gradient-added",
            "W_new[2][0][0]": "gradient-added",
        },
    ),
]


@pytest.mark.parametrize(("problem", "work", "decimals", "faults"), FAULTS, ids=[work for _, work, *_ in FAULTS])
def test_just_this_is_wrong(problem: str, work: str, decimals: int | None, faults: dict[str, str | None]) -> None:
    sheet = marked(problem, work, decimals)
    assert sheet.results
    assert {r.quantity.id for r in sheet.results if r.faulty} == set(faults)
    for result in sheet.results:
        key = faults.get(result.quantity.id)
        if key is not None:
            assert key == result.slip or key == result.explanations[0].key
        assert len(result.explanations) <= 2


ALL_ZERO = [("mazur", "all-zero.csv", None), ("mazur", "all-zero.csv", 4)]
ALL_ZERO += [("caispp", "all-zero-caispp.csv", None), ("hmkcode", "all-zero-hmkcode.csv", None)]


@pytest.mark.parametrize(("problem", "work", "decimals"), ALL_ZERO)
def test_zeros_show_no_work(problem: str, work: str, decimals: int | None) -> None:
    """A 0 that is not the value to the sheet's decimals is wrong, and a weight that stayed was never updated."""
    sheet = marked(problem, work, decimals)
    found = verdicts(sheet)
    exact = solve(problem).exact.numbers
    for result in sheet.results:
        # A written 0 is 0 to the decimals that are asked for, here those of the problem; a weight to its own.
        own = solve(problem).policy.decimals if result.given == "0" else len(result.given.partition(".")[2])
        places = decimals or own
        is_it = abs(float(exact[result.quantity]) - float(result.given)) <= 0.5 * 10**-places
        assert is_it == result.right, (result.quantity.id, found)
        if result.quantity.kind == "W" and not is_it:
            assert result.verdict == "mistake"
            assert [e.key for e in result.explanations] == ["update-left-out"]


def test_a_zero_that_is_not_the_value_earns_nothing() -> None:
    """dE/dw5 is 0.0822: to one decimal 0.1. The other three are right to one decimal."""
    found = derive.check("mazur", CASES / "few-zeros.csv", marks=True)
    assert [result.right for result in found.sheets[0].results] == [False, True, True, True]
    assert found.scores[0] is not None and (found.scores[0].total, found.scores[0].possible) == (6, 8)


@pytest.mark.parametrize("sheet", ["all-zero.csv", "all-zero-hmkcode.csv"])
def test_zeros_are_no_numbers_to_reason_with(sheet: str) -> None:
    """Any mistake that is made with a wrong 0 of the sheet gives 0: none is told for it."""
    problem = "hmkcode" if "hmkcode" in sheet else "mazur"
    results = marked(problem, sheet).results
    assert all(not result.explanations for result in results if result.given == "0" and not result.right)
    assert any(result.explanations for result in results)


def test_a_wrong_weight_stands_beside_another_number() -> None:
    """To four decimals 0.15 was never updated, and the true 0.1498 is shown."""
    results = {result.quantity.id: result for result in marked("mazur", "all-zero.csv", 4).results}
    first = results["W_new[1][0][0]"]
    assert (first.verdict, first.expected.text) == ("mistake", "0.1498")


def test_letters_and_numbers_may_be_mixed() -> None:
    sheet = marked("mazur", "half.md", claims=True)
    assert verdicts(sheet) == {"z[1][0]": "exact", "W_new[2][0][0]": "exact", "W_new[2][0][1]": "exact"}


def test_a_convention_is_said_once() -> None:
    sheet = marked("sign.toml", "sign.csv")
    assert sum("target minus output" in str(note) for note in sheet.notes) == 1


def test_the_definition_with_a_mean_is_said() -> None:
    assert any("the 1/n of the mean" in str(note) for note in marked("mean.toml", "mean.csv").notes)


def test_significant_digits_are_said() -> None:
    assert "3 significant digits" in marked("sig.toml", "sig.csv").policy.words


def test_numbers_of_another_problem() -> None:
    assert any("right sheet" in str(note) for note in marked("mazur", "another-problem.txt").notes)
    assert not any("right sheet" in str(note) for note in marked("mazur", "student-1.txt").notes)


def test_the_last_digit() -> None:
    """w2+ is 0.1996; 0.1997 is off by one, and that one reason is given first."""
    sheet = marked("mazur", "last-digit.txt")
    assert verdicts(sheet)["W_new[1][0][1]"] in WRONG
    assert all(r.right for r in sheet.results if r.quantity.id not in ("W_new[1][0][1]", "W_new[1][1][1]"))


def test_a_printed_product_is_true() -> None:
    """0.9591 (1 - 0.9591) = 0.03922719: what feedback prints is what the printed numbers give."""
    sheet = marked("slope.toml", "slope.csv")
    (slope,) = (r for r in sheet.results if r.quantity.kind == "da/dz")
    assert slope.used is not None
    assert slope.used.text.startswith("0.03922")


def test_a_new_weight_that_shows_as_the_old_one_is_right_at_its_places() -> None:
    """0.5 - 0.1 * 0.000523 is 0.499948: right with two decimals, and never updated with six."""
    for given, verdict in (("0.50", "exact"), ("0.500000", "mistake")):
        found = derive.check("rohan-chain", {"w1+": given, "w2+": "-0.299643"[: len(given) + 1]})
        assert found.sheets[0].results[0].verdict == verdict


# what is written alone on a sheet, and what it may be called; the true values are 0.358916, 0.138499 and -0.081551
STRAYING = [
    ("mazur", "w5+", "0.36", {"exact"}),
    ("mazur", "w5+", "0.35", {"rounded"}),  # 0.4 - 0.5·0.09, with 0.045 rounded up
    ("mazur", "w5+", "0.34", {"imprecise"}),
    ("mazur", "w5+", "0.33", {"mistake", "wrong"}),
    ("mazur", "dE/dnet_o1", "0.15", {"rounded"}),
    ("mazur", "dE/dnet_o1", "0.12", {"imprecise"}),
    ("mazur", "dE/dnet_o1", "0.10", {"mistake", "wrong"}),
    ("rohan-relu", "after[2].W[1][2][1]", "-0.083", {"rounded"}),
    ("rohan-relu", "after[2].W[1][2][1]", "-0.085", {"imprecise"}),
    ("rohan-relu", "after[2].W[1][2][1]", "-0.075", {"mistake", "wrong"}),
    ("rohan", "W1+_13", "-0.3", {"mistake", "wrong"}),  # -0.699862
]


@pytest.mark.parametrize(("problem", "name", "given", "verdict"), STRAYING)
def test_a_wide_range_makes_nothing_right(problem: str, name: str, given: str, verdict: set[str]) -> None:
    """All roundings on the way together reach far; what no plain working comes near is not called right."""
    found = derive.check(problem, {name: given, "W1+_11": "0.1"} if name == "W1+_13" else {name: given})
    assert found.sheets[0].results[-1].verdict in verdict
    assert "cut off" not in found.render("md")


def test_what_comes_from_an_own_wrong_value_is_told() -> None:
    """0.65·0.224 is 0.146; the true value 0.1385 leads to a 0.15 only by the widest rounding."""
    own = {"out_o1": "0.65", "dE/dout_o1": "0.64", "dout_o1/dnet_o1": "0.23"}
    results = {str(r.given): r for r in derive.check("mazur", {**own, "dE/dnet_o1": "0.15"}).sheets[0].results}
    assert results["0.15"].verdict == "follows" and results["0.15"].because
    # -0.047 - 0.038 is -0.085; the true value is -0.0816.
    values = {"after[1].W[1][2][1]": "-0.047", "after[2].vW[1][2][1]": "-0.038", "after[2].W[1][2][1]": "-0.085"}
    assert derive.check("rohan-relu", values).sheets[0].results[-1].verdict == "follows"


def test_old_weights_on_a_sheet_of_more_decimals_were_never_updated() -> None:
    """All else has six decimals, and the second pass repeats the first: y1+ is 0.401827 with the new weights."""
    exact = solve("rohan").exact.numbers
    stated = {q.id: f"{float(middle(number)):.6f}" for q, number in exact.items() if q.kind in ("z", "a", "dL/dz")}
    first = {id: text for id, text in stated.items() if "new" not in id and "[0]" not in id[:4]}
    old = {"W_new[1][0][0]": "0.1", "W_new[1][0][1]": "0.2", "W_new[1][0][2]": "-0.3"}
    # 1.35 in full is no sign that anything was rounded to two decimals.
    found = derive.check("rohan", {**first, **old, "z_new[1][0]": "-0.40", "a_new[1][0]": "0.401312"})
    verdicts = {result.quantity.id: result for result in found.sheets[0].results}
    assert all(verdicts[id].verdict == "mistake" for id in old)
    assert verdicts["a_new[1][0]"].verdict == "follows"
