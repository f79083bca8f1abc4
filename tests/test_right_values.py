"""Right values that were once accused: sheets of the simulated students, each for a kind of right work."""

import pytest
from simulated.judged import examiner
from simulated.sheets import drawn_sheet

import derive

ACCUSED = [
    pytest.param("rohan-relu", "322987405/13", "vW_new[2][0][2]", id="one rounded number tells significant digits"),
    pytest.param("random-322987405009", "322987405/38", "penalty", id="digits cut off, beside a digit written wrongly"),
    pytest.param(
        "random-322987405010",
        "322987405/109",
        "sample[0].path[1][0][0]",
        id="a path with its delta taken apart",
    ),
    pytest.param(
        "random-322987405013", "322987405/128", "W_new[1][0][1]", id="an old weight that right work leaves as it was"
    ),
    pytest.param("circuit-301115", "3011/2", "a", id="a sigmoid whose exponential was rounded"),
    pytest.param("layernorm-412714", "4127/37", "dL/dz[3] via m", id="a third written as 0.3333"),
    pytest.param("convolution-91102", "911/13", "dL/dD[1,1]", id="digits cut off, beside a parameter that never moved"),
    pytest.param("attention-71828106", "2718281/38", "dL/dS[2,1]", id="0.00 beside one number of more decimals"),
    pytest.param("attention-71828106", "2718281/5", "S[2,1]", id="a lone cut number beside short wrong ones"),
    pytest.param("layernorm-71828123", "2718281/35", "dL/dh[2]", id="a result that nobody sees, rounded coarser"),
    pytest.param("batchnorm-41592602", "31415926/40", "dL/ds via h[1]", id="several unseen results rounded coarser"),
    pytest.param("batchnorm-41592616", "31415926/26", "dL/dw", id="a sum of unseen paths rounded coarser"),
    pytest.param("layernorm-41592604", "31415926/17", "dL/dg[2]", id="0.00 on a sheet of mixed decimals"),
    pytest.param("layernorm-41592622", "31415926/15", "dL/dm", id="significant digits, and large numbers cancel"),
    pytest.param("random-90211012", "90211/11", "sample[0].dL/dz[1][0]", id="a slope that was cut off to 0"),
    pytest.param("convolution-26112705", "20261127/12", "dL/dK[1,2]", id="four figures, beside zeros and ones alone"),
    pytest.param("layernorm-26112707", "20261127/21", "dL/dg[2]", id="digits cut off, after a sign turned twice"),
    pytest.param("random-60221019", "60221/42", "dL/dW[2][0][1]", id="a delta taken apart, beside a penalty"),
    pytest.param("random-90211013", "90211/6", "sample[1].dL/da[1][0]", id="the mean inside, short and exact"),
]
"""Problem, seed of the sheet, and the value that is right."""


@pytest.mark.parametrize(("problem", "seed", "quantity"), ACCUSED)
def test_right_work_is_not_accused(problem: str, seed: str, quantity: str) -> None:
    sheet = drawn_sheet(problem, seed)
    assert sheet.truth[quantity] == "right"
    verdicts = {verdict.id: verdict for verdict in examiner(problem).verdicts(sheet.rows)}
    accused = {one for one, verdict in verdicts.items() if verdict.faulty and sheet.truth[one] == "right"}
    assert quantity in verdicts
    assert accused == set()


@pytest.mark.parametrize(("loss", "faulty"), [("0.276991245", False), ("0.276991254", True), ("0.277", False)])
def test_a_result_beside_exact_ones_may_be_made_of_rounded_ones(loss: str, faulty: bool) -> None:
    """Of the prediction 0.255745..., rounded to four decimals, the loss is 1/2*(0.2557 - 1)^2; all else is exact."""
    exact = {
        "dError/dw5": "-0.68765",
        "delta_h1": "-0.11326",
        "dError/dw1": "-0.22652",
        "w5+": "0.1743825",
        "w1+": "0.121326",
    }
    (sheet,) = derive.check("hmkcode", {**exact, "Error+": loss}).sheets
    assert [result.quantity.id for result in sheet.results if result.faulty] == (["loss_new"] if faulty else [])


def test_a_short_wrong_number_of_a_machine_says_nothing_of_rounding() -> None:
    """With activations left out, -0.2 is all there is of one: 0.2 - 0.1 * -0.057125 follows and is not right."""
    numbers = {
        "z[1][0]": "0.05000000000000002",
        "a[1][0]": "0.05000000000000002",
        "a[1][1]": "0.35",
        "a[1][2]": "-0.2",
        "z[2][0]": "-0.14249999999999996",
        "a[2][0]": "-0.14249999999999996",
        "dL/dz[2][0]": "-1.1425",
        "dL/dW[2][0][0]": "-0.05712500000000002",
        "W_new[2][0][0]": "0.20571250000000002",
    }
    (sheet,) = derive.check("caispp", numbers).sheets
    verdicts = {result.quantity.id: result.verdict for result in sheet.results}
    assert [verdicts[f"a[1][{unit}]"] for unit in range(3)] == ["mistake"] * 3
    assert verdicts["W_new[2][0][0]"] == "follows"


WRONG = [
    pytest.param("random-60221017", "60221/60", ("z[2][0]",), id="a short number on a machine's sheet, a digit off"),
    pytest.param("random-60221018", "60221/58", ("sample[0].dL/dW[1][0][0]",), id="right by what was not gone on with"),
    pytest.param("adam-6626005", "66260/15", ("after[1].b", "after[1].w"), id="values that no update ever moved"),
]
"""Problem, seed of the sheet, and values that are wrong, though few digits or much rounding might hide it."""


@pytest.mark.parametrize(("problem", "seed", "quantities"), WRONG)
def test_wrong_work_does_not_pass(problem: str, seed: str, quantities: tuple[str, ...]) -> None:
    sheet = drawn_sheet(problem, seed)
    verdicts = {verdict.id: verdict for verdict in examiner(problem).verdicts(sheet.rows)}
    assert all(sheet.truth[one] == "error" and verdicts[one].faulty for one in quantities)
