"""Lines of text: every statement on them is read as a person reads it, with what it shows beside its number."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import pytest

from derive import solve
from derive.errors import InputError
from derive.expression import Digits, leaves
from derive.formula import Printer, Text
from derive.numbers import compile_value
from derive.work import Names, Work, read_text
from derive.work.model import Stated, as_written


@cache
def mazur() -> Names:
    return Names(solve("mazur"))


def only(line: str, format: str = "csv") -> Stated:
    """The one value that is stated on a line."""
    (sheet,) = work = read_text(line, mazur(), format)
    assert work.all_faults == ()
    (value,) = sheet.values
    return value


SHOWN = [
    # a cell for w5+ and E_o1, and the sides that it shows
    ("w5+,w5 - 0.5*0.0822 = 0.3589", ["w5 - 0.5*0.0822"]),
    (
        "E_o1,1/2*(target_o1-out_o1)^2 = 1/2*(0.01-0.751)^2 = 0.27454 = 0.2745",
        ["(1/2)*(target_o1 - out_o1)^2", "(1/2)*(0.01 - 0.751)^2", "0.27454"],
    ),
    ("w5+,0.4 - 0.5*(-0.082) = 0.441", ["0.4 - 0.5*(-0.082)"]),
    ("w5+,0.3589", []),
    ("w5+,? = 0.3589", []),
]


@pytest.mark.parametrize(("line", "sides"), SHOWN)
def test_what_a_line_shows(line: str, sides: list[str]) -> None:
    """Every side between the name and the number, as a tree of letters and numbers."""
    value = only(f"quantity,value\n{line}\n")
    printer = Printer(Text(), solve("mazur").namer)
    assert [printer(as_written(node)) for node in value.shown] == sides


def test_figures_know_their_decimals() -> None:
    """0.50 and 0.5 are one number with two and with one decimal; whole numbers and fractions are exact."""
    value = only("quantity,value\nw5+,0.40 - 0.5*1/3 + 2 = 2.23\n")
    found = [(leaf.value, leaf.places) for leaf in leaves(value.shown[0]) if isinstance(leaf, Digits)]
    assert found == [(Fraction(2, 5), 2), (Fraction(1, 2), 1)]
    assert str(compile_value(value.shown[0])({})) == "67/30"


def test_a_line_with_numbers_put_in_is_no_formula_to_compare() -> None:
    """Letters alone are compared with the derivation; with numbers among them they lead to the number."""
    text = r"$E_{o1} = \frac12 (target_{o1} - out_{o1})^2 = 0.2748$, $w_5^+ = w_5 - 0.5 \cdot 0.0822 = 0.3589$"
    (sheet,) = read_text(text, mazur(), "claims")
    assert [one.quantity.id for one in sheet.values] == ["loss_part[0]", "W_new[2][0][0]"]
    assert [one.quantity.id for one in sheet.formulas] == ["loss_part[0]"]


def text(lines: str, format: str | None = None) -> Work:
    return read_text(lines, mazur(), format, "w.txt")


def stated(work: Work) -> dict[str, str]:
    return {mazur().text(one.quantity): one.text for sheet in work for one in sheet.values}


LINES = [
    # plain text, and what it states
    ("net_h1 = 0.3775; out_h1 = 0.5933", {"net_h1": "0.3775", "out_h1": "0.5933"}),
    ("net_h1 = 0.3775, out_h1 = 0.5933", {"net_h1": "0.3775", "out_h1": "0.5933"}),
    ("net_h1 = 0,3775, out_h1 = 0,5933", {"net_h1": "0,3775", "out_h1": "0,5933"}),
    ("net_h1 = 0.3775 and out_h1 = 0.5933", {"net_h1": "0.3775", "out_h1": "0.5933"}),
    ("net_h1=0.3775   out_h1=0.5933", {"net_h1": "0.3775", "out_h1": "0.5933"}),
    ("net_h1 = 0.3775 => out_h1 = 0.5933", {"net_h1": "0.3775", "out_h1": "0.5933"}),
    ("net_h1 = 0.3775 → out_h1 = 0.5933", {"net_h1": "0.3775", "out_h1": "0.5933"}),
    ("1) net_h1 = 0.3775\n2) out_h1: 0.5933\n(c) out_h2 0.5969",
     {"net_h1": "0.3775", "out_h1": "0.5933", "out_h2": "0.5969"}),
    ("Error E_o1 = (0.01-0.751)^2 = 0.549", {"E_o1": "0.549"}),
    ("Output: net_o1 = 0.4*0.593+0.45*0.597+0.6 = 1.106; out_o1 = 0.751", {"net_o1": "1.106", "out_o1": "0.751"}),
    ("For the hidden layer I get net_h1 = 0.3775 for the first unit.\nSo the loss is large.", {"net_h1": "0.3775"}),
    ("0.3775 = net_h1", {"net_h1": "0.3775"}),
    ("The net_h1 is 0.3775 and the loss is about 0.2984", {"net_h1": "0.3775", "E": "0.2984"}),
    ("There are 2 inputs. The gradient of w5 is 0.0822, so w5 becomes 0.3589.", {"dE/dw5": "0.0822", "w5+": "0.3589"}),
    ("E1 = 0.2748 (for output 1)\nŷ₂ = 0.7729\nŷ_1 = 0.7514",
     {"E_o1": "0.2748", "out_o2": "0.7729", "out_o1": "0.7514"}),
    ("∂E/∂w₅ = 0.0822\nw₅′ = 0.40 − 0.0411 = 0.3589\nδ_o1 = 0.1385",
     {"dE/dw5": "0.0822", "w5+": "0.3589", "dE/dnet_o1": "0.1385"}),
    ("net_h1 = (0.05)(0.15) + (0.10)(0.20) + 0.35 = 0.3775", {"net_h1": "0.3775"}),
    ("dE/dw5 = 0.1385 * out_h1 = 0.0822", {"dE/dw5": "0.0822"}),
    ("w5 := 0.3589\nw6 <- 0.4087\nw7 -> 0.5113", {"w5+": "0.3589", "w6+": "0.4087", "w7+": "0.5113"}),
    ("w5 := w5 - 0.5*0.0822 = 0.3589\nb_1 = 0.35", {"w5+": "0.3589", "b_1": "0.35"}),
    ("w5 := 0.40\nw5+ = 0.3589", {"w5": "0.40", "w5+": "0.3589"}),  # the given number, defined
    ("w5: 0.4 -> 0.3589", {"w5+": "0.3589"}),
    ("w5 = 0.4\ndE/dw5 = 0.0822\nw5 = 0.3589", {"w5": "0.4", "dE/dw5": "0.0822", "w5+": "0.3589"}),
    ("dE/dw5 = 0.0822\nw5 = 0.40", {"dE/dw5": "0.0822", "w5": "0.40"}),  # the old one again
    ("**net_h1** = 0.3775\n- *out_h1*: 0.5933", {"net_h1": "0.3775", "out_h1": "0.5933"}),
    ("net_h1 = 0.15x0.05 + 0.2 x 0.1 + 0.35 = 0.3775", {"net_h1": "0.3775"}),
    ("net_h1 = w1i1 + w2i2 + b1 = 0.3775", {"net_h1": "0.3775"}),
    ("-dE/dnet_o1 = -0.1385", {"dE/dnet_o1": "0.1385"}),
    ("Δw5 = -0.0411\nΔw6 = −0.0413", {"eta*dE/dw5": "0.0411", "eta*dE/dw6": "0.0413"}),
    ("| quantity | value |\n|---|---|\n| net_h1 | 0.3775 |\n| $out_{h1}$ | **0.5933** |",
     {"net_h1": "0.3775", "out_h1": "0.5933"}),
    ("My table:\n\n| net_h1 | out_h1 |\n|:-:|---|\n| 0.3775 | 0.5933 |\n\nw5+ = 0.3589",
     {"net_h1": "0.3775", "out_h1": "0.5933", "w5+": "0.3589"}),
    ("net = [0.3775, 0.3925]\nout = (0.5933, 0.5969)^T", None),  # of which layer?
    ("z^[1] = [0.3775; 0.3925]\na^[1] = [0.5933 0.5969]",
     {"net_h1": "0.3775", "net_h2": "0.3925", "out_h1": "0.5933", "out_h2": "0.5969"}),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), LINES)
def test_plain_text(lines: str, expected: dict[str, str] | None) -> None:
    """What a person reads on such lines, and nothing else."""
    work = text(lines)
    assert stated(work) == (expected or {})
    assert bool(work.all_faults) is (expected is None)


def test_prose() -> None:
    prose = (
        "First I computed the hidden layer: net_h1 = 0.15*0.05 + 0.2*0.1 + 0.35*1 = 0.3775, "
        "so out_h1 = 1/(1+e^-0.3775) = 0.593.\nnet_h2 = 0.3925, out_h2 = 0.597\n"
        "Error E_o1 = (0.01-0.751)^2 = 0.549\ndE/dw5 = (0.01 - 0.751) * 0.751 * (1-0.751) * 0.593 = -0.082\n"
        "w5+ = 0.4 - 0.5*(-0.082) = 0.441\n"
    )
    work = text(prose)
    assert stated(work) == {
        "net_h1": "0.3775", "out_h1": "0.593", "net_h2": "0.3925", "out_h2": "0.597", "E_o1": "0.549",
        "dE/dw5": "-0.082", "w5+": "0.441",
    }  # fmt: skip
    assert work.all_faults == ()


SCANNED = {
    "net_hl = 0.3775": 'did you mean "net_h1"?',
    "out_h1 = O,5933": 'did you mean "0,5933"?',
    "out_h2 = 0.59G9": 'did you mean "0.5969"?',
    "net o1 = l.1059": 'did you mean "1.1059"?',
    "out_o1 = 0.75l4": 'did you mean "0.7514"?',
    "E_tota1 = 0.2984": 'did you mean "E_total"?',
    "net_02 = 1.2249": 'did you mean "net_o2"?',
    "net_h1 = S.3775": 'did you mean "5.3775"?',
}


@pytest.mark.parametrize("line", SCANNED)
def test_what_a_scanner_confuses(line: str) -> None:
    """A digit that may be another is offered and not taken."""
    (sheet,) = work = text(line)
    assert sheet.values == ()
    assert [fault.hint for fault in work.all_faults] == [SCANNED[line]]


def test_letters_of_a_sheet() -> None:
    """The units numbered through, as z_3 shows, and said so."""
    (sheet,) = text("z1 = 0.3775\na1 = 0.5933\nz2=0.3925\nz3 = 1.1059\ndelta3 = 0.1385\ndelta_1 = 0.0088")
    assert [one.quantity.id for one in sheet.values] == [
        "z[1][0]", "a[1][0]", "z[1][1]", "z[2][0]", "dL/dz[2][0]", "dL/dz[1][0]",
    ]  # fmt: skip
    told = "z1 as net_h1, a1 as out_h1, z2 as net_h2, z3 as net_o1, delta3 as dE/dnet_o1, delta_1 as dE/dnet_h1"
    (note,) = sheet.notes
    assert note.replace("`", "") == f"names were read as courses use them: {told}"
    assert "`delta_1` as `dE/dnet_h1`" in note  # as it was typed, so that no format sets it as anything else


def test_what_is_beside_decides() -> None:
    """h is the sum or the activation, as its own line shows; y the sum of an output, its activation or the target."""
    first = text("h1 = w1*i1 + w2*i2 + b1 = 0.3775\no1 = 1.1059\ny1 = 0.01")
    assert "net_h1" in stated(first) and "out_h1" not in stated(first)
    second = text("h1 = sigma(z1) = 0.5933\nz1 = 0.3775\ny1 = w5*h1 + w6*h2 + b2 = 1.1059")
    assert stated(second) == {"out_h1": "0.5933", "net_h1": "0.3775", "net_o1": "1.1059"}


def test_numbers_before_the_names() -> None:
    """A first column that counts the rows is nobody's name."""
    (sheet,) = work = text("1,net_h1,0.3775\n2,out_h1,0.5933\n3,net_h2,0.3925", "csv")
    assert sheet.student is None and len(sheet.values) == 3 and not work.all_faults
    work = text("1001,net_h1,0.3775\n1001,out_h1,0.5933\n1002,net_h1,0.3925", "csv")
    assert [sheet.student for sheet in work] == ["1001", "1002"]


def test_where_nothing_can_be_read_names_are_listed() -> None:
    with pytest.raises(InputError) as caught:
        text("This is\nno sheet.")
    assert caught.value.hint is not None and "net_h1" in caught.value.hint and "dE/dw5" in caught.value.hint
