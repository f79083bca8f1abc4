"""What students and authors write is read as they mean it, or refused with its line; nothing in it can do harm."""

from __future__ import annotations

import json
import os
import time
from fractions import Fraction
from functools import cache
from pathlib import Path

import flint
import pytest
from networks import random_network

from derive import Solution, solve
from derive.errors import InputError
from derive.formula import Printer, Tex, Text
from derive.notation import NOTATIONS
from derive.numbers import compile_value
from derive.quantity import Quantity
from derive.reading import example_names
from derive.work import MAX_WORK_BYTES, Names, Sheet, Work, read_formula, read_number, read_text, read_work, sheets
from derive.work.beside import DOTTED, LEFT_OUT, tidied
from derive.worksheet.answers import empty_csv, markdown_answer


@cache
def solved(name: str, notation: str | None = None) -> Solution:
    return solve(name, notation=notation)


@cache
def mazur() -> Names:
    return Names(solved("mazur"))


def words(text: str) -> list[str]:
    """What stands between bars."""
    return text.split("|")


def stated(sheet: Sheet) -> dict[str, str]:
    """The values of a sheet by the plain names of their quantities."""
    return {mazur().text(one.quantity): str(one.value) for one in sheet.values}


def faults(work: Work) -> list[tuple[str | None, str, str | None]]:
    return [(fault.place, fault.expected, fault.found) for fault in work.all_faults]


# -- names

ALL = [(name, notation) for name in example_names("networks") for notation in NOTATIONS]


@pytest.mark.parametrize(("example", "notation"), ALL)
def test_every_printed_name_is_read(example: str, notation: str) -> None:
    """Every name of every quantity, in plain text and in TeX, with spaces around it, means that quantity."""
    solution = solved(example, notation)
    check_names(solution)


@pytest.mark.parametrize("seed", range(4))
def test_names_in_batches_and_deep_networks(seed: int) -> None:
    """The same where there are several examples, layers and steps."""
    check_names(solve(random_network(seed, depth=(2, 4), steps=(2, 3)), notation=list(NOTATIONS)[seed]))


def check_names(solution: Solution) -> None:
    names, same = Names(solution), solution.namer.same
    quantities = list(solution.values.numbers)
    assert len(quantities) > 30
    for quantity in quantities:
        for spelled in (f" {solution.namer(quantity).text} ", f"${solution.namer(quantity).tex}$"):
            assert same(names.find(spelled)) == same(quantity), spelled
    for text, quantity in solution.ids():
        assert names.find(f" {text}") == quantity


TOLERATED = {
    "W[2][0][0]": ["w5", "W5", "w_5", "w_{5}", " w5 ", "$w_5$", "w5 =", "w₅", "\\mathrm{w}_5"],
    "W_new[2][0][0]": [
        "w5+",
        "w_5^+",
        "w_{5}^{+}",
        "w^{+}_{5}",
        "w5'",
        "w_5^{new}",
        "w_{5}_{new}",
        "^*W_5",
        "*w5",
        "w₅⁺",
        *words("w5*|w5 *|w5 new|new w5|New_W5|w5_new|w5new|w5 (new)|w_{5,new}|neues w5|w5 neu|updated w5"),
        "w5 after the update",
    ],
    "dL/dW[2][0][0]": [
        "dE/dw5",
        "dE/dW5",
        "DE/DW5",
        "d E / d w5",
        "∂E/∂w5",
        "∂E_total/∂w_5",
        "dE_total/dw5",
        "dL/dw5",
        r"\frac{\partial E_{total}}{\partial w_5}",
        r"\dfrac{dE}{dw_5}",
        r"\frac{\mathrm{d}E}{\mathrm{d}w_{5}}",
        r"\frac{\partial}{\partial w_5} E_{total}",
        r"\partial E / \partial w_5",
        "dE_dw5",
        "dL/dW[2][0][0]",
        *words("dw5|dEdw5|dE dw5|d E d w 5|∂E∂w₅|dlossdw5|grad w5|grad_w5|grad(w5)|w5 grad|∇w5|gradient of w5"),
        "the gradient of E with respect to w5",
        "derivative of loss wrt w_5",
    ],
    "z[1][0]": [
        "net_h1",
        "net_{h1}",
        "NET_H1",
        "neth1",
        "\\text{net}_{h1}",
        "net_ {h1}",
        "z[1][0]",
        "Z[1][0]",
        "net h1",
        "Net  H1",
    ],
    "dL/dz[2][1]": ["dE/dnet_o2", "delta_o2", "δ_o2", r"\delta_{o2}", "δ_{o2}", "δo2", "delta o2", "dEdnet_o2"],
    "loss": ["E", "E_total", "E_{total}", "loss", "L"],
    "lr": ["eta", "η", r"\eta", "learning_rate", "alpha", "learning rate"],
    "loss_part[0]": ["E_o1", "E1", "e_1"],
    "loss_new": ["E+", "E_new", "new loss", "E total new", "E*"],
    "b_new[1]": ["b_1+", "new b1", "b1_new"],
    "dL/db[1]": ["dE/db_1", "gradient b1"],
    "da/dz[2][0]": ["dout_o1/dnet_o1", "douto1dneto1", "d out o1 / d net o1"],
    "t[0]": ["target_o1", "target 1"],
    "a[1][1]": ["out_h2", "dnet_o1/dw6", r"\frac{\partial net_{o2}}{\partial w_8}"],
    "W[2][1][0]": ["w7", "dnet_o2/dout_h1"],
    "dL/da[2][0]": ["dE/dout_o1", "dE_o1/dout_o1", r"\frac{\partial E_{o1}}{\partial out_{o1}}"],
    "b[1]": ["b_1", "b1", "b_{1}", "b[1]", "b[1][1]", "b_h2"],
    "lr*dL/dW[2][0][0]": ["eta*dE/dw5", r"\eta \frac{\partial E}{\partial w_5}", "η·∂E/∂w5"],
    "after[1].updates": [],
}
UNKNOWN = {
    "w9": "names like it here: w1, w2, w3, w4, ….",
    "out_h3": 'did you mean "out_h2"?',
    "dE/dw55": 'did you mean "dE/dw5"?',
    "targets_o1": 'did you mean "target_o1"?',
    "nethl": 'did you mean "net_h1"?',
    "w_l": 'did you mean "w1"?',
    "h1": "write net_h1 or out_h1.",
    "o1": "write target_o1, net_o1, out_o1 or E_o1.",
    "out 1": "write out_h1 or out_o1.",
    "nett_h1": 'did you mean "net_h1"?',
    "grad w9": None,
    "grad net_h1": None,
    "new": None,
    "new x": None,
    "zzz": None,
    "": None,
    "w5 w6": None,
    "x" * 1000: None,
}


@pytest.mark.parametrize("expected", TOLERATED)
def test_tolerated_names(expected: str) -> None:
    for name in TOLERATED[expected]:
        found = mazur().find(name)
        assert found.id == expected or (found.kind, found.layer) == ("path", 1), name


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_names(name: str) -> None:
    """A name that means nothing is refused with the nearest one."""
    with pytest.raises(InputError) as caught:
        mazur().find(name)
    if UNKNOWN[name] is not None:
        assert caught.value.hint == UNKNOWN[name]


def test_a_new_value_of_several() -> None:
    """Where there are two rounds, either has its new weights and its new loss; a mark says which is meant."""
    names = Names(solve(mazur_twice(), notation="mazur"))
    for name in ("new w5", "w5_new"):
        with pytest.raises(InputError) as caught:
            names.find(name)
        assert (caught.value.expected, caught.value.hint) == ("a name that only one quantity has", "write w5+ or w5+2.")
    assert names.find("w5*") == names.find("w5+")


def mazur_twice() -> dict[str, object]:
    weights: list[object] = [[1, 2], [0, 1]]
    layer = {"units": 2, "activation": "sigmoid", "weights": weights, "biases": [0, 1]}
    return {
        "title": "twice",
        "network": {"inputs": 2, "layers": [layer, layer]},
        "data": {"inputs": [[1, 2]], "targets": [[1, 0]]},
        "loss": {"name": "half_squared_error"},
        "training": {"learning_rate": 1, "steps": 2},
    }


def test_paths_and_parts() -> None:
    """The derivative of one output's part is the share that comes back through it; not where outputs mix."""
    assert mazur().find("dE_o2/dout_h1") == Quantity("path", 1, 0, 1)
    assert mazur().find("dE/dout_h1|net_o2") == Quantity("path", 1, 0, 1)
    assert mazur().get("dE_o2/dout_o1") is None
    mixed = {
        "title": "softmax",
        "network": {"inputs": 1, "layers": [{"units": 2, "activation": "softmax", "weights": [[1], [2]]}]},
        "data": {"inputs": [[1]], "targets": [[1, 0]]},
        "loss": {"name": "categorical_cross_entropy"},
        "training": {"learning_rate": 1},
    }
    names = Names(solve(mixed, notation="mazur"))
    assert names.find("dE/dnet_o1").id == "dL/dz[1][0]"
    assert names.get("dE_o1/dnet_o1") is None


def test_two_names_for_one_spelling_are_refused() -> None:
    """In a wide layer 1 and 11, 11 and 1 look alike without a mark between them."""
    wide = {
        "title": "wide",
        "network": {"inputs": 11, "layers": [{"units": 11, "activation": "linear", "init": "xavier", "seed": 1}]},
        "data": {"inputs": [[1] * 11], "targets": [[1] * 11]},
        "loss": {"name": "half_squared_error"},
        "training": {"learning_rate": 1},
    }
    names = Names(solve(wide, notation="standard"))
    assert names.find("w1_1_11").id == "W[1][0][10]"
    assert names.find("w^{(1)}_{11,1}").id == "W[1][10][0]"
    with pytest.raises(InputError, match="only one quantity"):
        names.find("w1111")


# -- numbers

NUMBERS = [
    # as written, value, places, mark
    ("0.0300", "3/100", 4, "."),
    ("-0.5", "-1/2", 1, "."),
    ("−0.5", "-1/2", 1, "."),
    ("+.5", "1/2", 1, "."),
    ("3.", "3", 0, "."),
    ("12", "12", 0, None),
    ("0,593", "593/1000", 3, ","),
    ("-1,5", "-3/2", 1, ","),
    ("1.234", "617/500", 3, "."),
    ("1,234.5", "2469/2", 1, "."),
    ("1.234,56", "30864/25", 2, ","),
    ("1'234.5", "2469/2", 1, "."),
    ("1 234,5", "2469/2", 1, ","),
    ("1,234,567", "1234567", 0, None),
    ("0.593 269 992", "74158749/125000000", 9, "."),
    ("12%", "3/25", 2, None),
    ("12,5 %", "1/8", 3, ","),
    ("1/3", "1/3", None, None),
    ("-2/6", "-1/3", None, None),
    (r"\frac{1}{3}", "1/3", None, None),
    (r"-\tfrac12", "-1/2", None, None),
    ("½", "1/2", None, None),
    ("1e-3", "1/1000", 3, None),
    ("1.2E-03", "3/2500", 4, "."),
    ("1.5e3", "1500", -2, "."),
    ("1.2·10^-3", "3/2500", 4, "."),
    ("1.2*10^{-3}", "3/2500", 4, "."),
    ("1.2x10^-3", "3/2500", 4, "."),
    ("1.2 × 10⁻³", "3/2500", 4, "."),
    (r"1.2 \cdot 10^{-3}", "3/2500", 4, "."),
    ("10^-4", "1/10000", 4, None),
    ("≈ 0.5", "1/2", 1, "."),
    ("=0.5", "1/2", 1, "."),
    ("~0.5", "1/2", 1, "."),
    ("$0.5$", "1/2", 1, "."),
    ("(-0.5)", "-1/2", 1, "."),
    ("0{,}25", "1/4", 2, ","),
    ('="0.5"', "1/2", 1, "."),
    ("-0.00", "0", 2, "."),
    (r"\boldsymbol{3}", "3", 0, None),
    (r"\mathbf{ -1,5 }", "-3/2", 1, ","),
]
NO_NUMBERS = [
    ("", "a number"),
    ("abc", "a number"),
    ("nan", "a number"),
    ("-inf", "a number"),
    ("#DIV/0!", "a number"),
    ("0.5 cm", "a number"),
    ("1.2.3", "a number"),
    ("1,2,3", "a number"),
    ("12,34.5", "a number"),
    ("(0.5)", "a number"),
    ("0x10", "a number"),
    ("1_000", "a number"),
    ("2½", "a number"),
    ("1 2", "one number"),
    ("1,234", "one way only"),
    ("1/0", "not 0"),
    ("1e61", "at most 40 digits"),
    ("1e-61", "at most 40 digits"),
    ("1e999999999999", "at most 40 digits"),
    ("1" * 16, "at most 40 digits"),
    ("1" * 10_000, "at most 40 digits"),
    ("0." + "1" * 41, "at most 40 digits"),
    ("1/" + "9" * 50, "at most 15 digits"),
]


@pytest.mark.parametrize(("text", "value", "places", "mark"), NUMBERS)
def test_numbers(text: str, value: str, places: int | None, mark: str | None) -> None:
    written = read_number(text)
    assert (written.value, written.places, written.mark) == (Fraction(value), places, mark)


@pytest.mark.parametrize(("text", "expected"), NO_NUMBERS)
def test_no_numbers(text: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        read_number(text)
    assert expected in caught.value.expected
    assert len(str(caught.value)) < 300


def test_the_mark_of_the_others_decides() -> None:
    """1,234 is a number near one or above a thousand, as the rest of the work says; 1.234 among commas is not told."""
    assert [str(read_number("1,234", mark).value) for mark in (",", ".")] == ["617/500", "1234"]
    with pytest.raises(InputError, match="one way only"):
        read_number("1.234", ",")


BESIDE = [
    # a cell, its number, whether dots were left out
    *((cell, "0.2984", False) for cell in words("**0.2984**|__0.2984__|*0.2984*|_0.2984_|`0.2984`|**`0.2984`**")),
    *((cell, "0.2984", False) for cell in words("0.2984.|0.2984;|0.2984,|0.2984!|0.2984 ?|0.2984 ✓|✓ 0.2984|✅0.2984")),
    *(
        (f"0.2984 ({remark})", "0.2984", False)
        for remark in ("4 dp", "4 d.p.", "rounded", "to 4 places", "see part 1a")
    ),
    ("0.2984(exact)", "0.2984", False),
    ("-0.2984 [gerundet auf 4 Stellen].", "-0.2984", False),
    ("**0.2984** ✓", "0.2984", False),
    ("**0.2984 (4 dp)**;", "0.2984", False),
    ("ca. 0,36", "0.36", False),
    ("approx 0.36", "0.36", False),
    ("About -0.36", "-0.36", False),
    (r"$\boxed{0.36}$", "0.36", False),
    (r"$\mathbf{-0.36}$", "-0.36", False),
    ("1/3.", "1/3", False),
    ("0.33…", "0.33", True),
    ("0.333...", "0.333", True),
    ("≈ 0.333 ...", "0.333", True),
    (r"$0.333\dots$", "0.333", True),
    ("w1*i_1 + w2*i_2 + b_1 = 0.3775.", "0.3775", False),
    ("= 0.3775 (4 dp)", "0.3775", False),
]
AS_BEFORE = ["0.5", "-0.5", "3.", "'0.5'", "0.5 %", "=0.5", "1/3", "w5*out_h1", "(1-out_o1)*w5"]
NOT_BESIDE = [
    *words("0.12 m|0.12 (m)|0.12 [mV]|0.5 (x10^-3)|0.5 (e-3)|12 (percent)|0.5 (negative)|0.3 (0.4)|0.3 (or 0.4)"),
    *words("0.3 (not 0.4, rounded)|0.3 (see 0.4)|0.5 (4)|0.5 rounded|0.36 ca.|~~0.5~~|✗ 0.5|0.5..0.6|1...2|0.(3)"),
]


def cell_of(text: str) -> tuple[Sheet, Work]:
    work = read_text(f"quantity\tvalue\nnet_h1\t{text}\n", mazur(), "csv")
    return work.sheets[0], work


@pytest.mark.parametrize(("cell", "value", "dots"), BESIDE)
def test_what_stands_beside_a_number(cell: str, value: str, dots: bool) -> None:
    """Bold type, check marks, full stops, remarks on the rounding: the number is read, and the sheet says so."""
    (sheet, work) = cell_of(cell)
    assert work.all_faults == ()
    assert [one.value for one in sheet.values] == [Fraction(value)]
    assert [one.places for one in sheet.values] == [None if "/" in value else len(value.partition(".")[2])]
    assert (DOTTED in sheet.notes, LEFT_OUT in sheet.notes) == (dots, not dots)


@pytest.mark.parametrize("cell", AS_BEFORE)
def test_nothing_beside_a_number(cell: str) -> None:
    assert tidied(cell) == (cell, ())


@pytest.mark.parametrize("cell", NOT_BESIDE)
def test_what_may_change_a_number(cell: str) -> None:
    """A unit, a power of ten or a second number is not left out: the value is refused, and is among the unread."""
    (sheet, work) = cell_of(cell)
    assert sheet.values == () and len(work.all_faults) == 1
    assert [quantity.id for quantity in sheet.unread] == ["z[1][0]"]


def test_blanks_in_bold_are_blank() -> None:
    for cell in ("****", "`____`", "**?**", "...", "✓"):
        (sheet, work) = cell_of(cell)
        assert [quantity.id for quantity in sheet.missing] == ["z[1][0]"] and not work.all_faults, cell


# -- formulas

EXAMPLES = [(name, None) for name in example_names("networks")] + [("mazur", notation) for notation in NOTATIONS]
PROBLEMS = [*EXAMPLES, *((str(seed), list(NOTATIONS)[seed % 6]) for seed in range(8))]


@pytest.mark.parametrize(("problem", "notation"), PROBLEMS)
def test_printed_formulas_are_read_back(problem: str, notation: str | None) -> None:
    """Every formula of the computation, as the Text and the TeX dialect print it, is read with the same value."""
    if problem.isdigit():
        solution = solve(random_network(int(problem), width=(1, 3), examples=(1, 2), steps=(1, 1)), notation=notation)
    else:
        solution = solved(problem, notation)
    names, numbers = Names(solution), solution.exact.numbers
    steps = (*solution.trace.preprocessing, *solution.trace.round(0).steps)
    assert len(steps) > 10
    with flint.ctx.workprec(128):
        for step in steps:
            value = compile_value(step.formula)(numbers)
            for dialect in (Text(), Tex()):
                printed = Printer(dialect, solution.namer)(step.formula)
                again = compile_value(read_formula(printed, names))(numbers)
                assert abs(flint.arb(again - value)) < 1e-20, printed


def text_of(formula: str, notes: list[str] | None = None) -> str:
    return Printer(Text(), solved("mazur").namer)(read_formula(formula, mazur(), notes))


FORMULAS = [
    ("-(target_o1 - out_o1)*out_o1*(1-out_o1)*out_h1", "-(target_o1 - out_o1)*out_o1*(1 - out_o1)*out_h1"),
    ("out_o1(1-out_o1)", "out_o1*(1 - out_o1)"),
    ("(out_o1-target_o1)(1-out_o1)", "(out_o1 - target_o1)*(1 - out_o1)"),
    ("w5+w6", "w5 + w6"),
    ("w5+ - w6", "w5+ - w6"),
    ("w5++w6", "w5+ + w6"),
    ("2w5 - -0.3", "2*w5 - (-(3/10))"),
    ("w5*-0.3", "w5*(-(3/10))"),
    ("-w5^2", "-w5^2"),
    ("w5**2", "w5^2"),
    ("w5²·out_h₁", "w5^2*out_h1"),
    ("1/2(target_o1-out_o1)^2", "(1/2)*(target_o1 - out_o1)^2"),
    ("½(target_o1−out_o1)²", "(1/2)*(target_o1 - out_o1)^2"),
    ("w5/w6/2", "(w5/w6)/2"),
    ("[w5 + {w6}]*0,5", "(w5 + w6)*(1/2)"),
    ("|w5 - w6|", "abs(w5 - w6)"),
    ("sigma(net_h1)", "1/(1 + exp(-net_h1))"),
    ("sigmoid'(0)", "(1/(1 + exp(-0)))*(1 - 1/(1 + exp(-0)))"),
    ("f'(net_h1)*f(net_h2)", "dout_h1/dnet_h1*out_h2"),
    ("1/(1+e^(-net_h1))", "1/(1 + exp(-net_h1))"),
    ("e^-net_h1", "exp(-net_h1)"),
    ("log(out_h1)", "ln(out_h1)"),
    ("log10(out_h1)", "ln(out_h1)/ln(10)"),
    ("max(0, net_h1) + relu(net_h2)", "max(0, net_h1) + max(0, net_h2)"),
    ("tanh(net_h1)^2", "tanh(net_h1)^2"),
    ("sqrt(w5)", "sqrt(w5)"),
    ("{1 if net_h1 > 0; 0 if net_h1 <= 0}", "{1 if net_h1 > 0; 0 if net_h1 <= 0}"),
    (r"\frac{1}{1+e^{-net_{h1}}}", "1/(1 + exp(-net_h1))"),
    (r"\tfrac12 \left(target_{o1} - out_{o1}\right)^{2}", "(1/2)*(target_o1 - out_o1)^2"),
    (r"\sigma(net_{h1})\,\bigl(1-\sigma(net_{h1})\bigr)", "(1/(1 + exp(-net_h1)))*(1 - 1/(1 + exp(-net_h1)))"),
    (r"\tanh^2(net_{h1}) + \ln out_{h1} + \lvert w_5 \rvert", "tanh(net_h1)^2 + ln(out_h1) + abs(w5)"),
    (
        r"\begin{cases} 1 & \text{if } net_{h1} \ge 0 \\ 0 & \text{otherwise} \end{cases}",
        "{1 if 0 <= net_h1; 0 otherwise}",
    ),
    ("dE/dnet_o1*dnet_o1/dw5", "dE/dnet_o1*out_h1"),
    (
        r"\frac{\partial E_{total}}{\partial out_{o1}} * \frac{\partial out_{o1}}{\partial net_{o1}} "
        r"* \frac{\partial net_{o1}}{\partial w_5}",
        "dE/dout_o1*dout_o1/dnet_o1*out_h1",
    ),
    (r"\delta_{o1} w_5 + \delta_{o2} w_7", "dE/dnet_o1*w5 + dE/dnet_o2*w7"),
    (r"w_5 - \eta \frac{\partial E_{o1}}{\partial out_{h1}}", "w5 - eta*dE/dout_h1|net_o1"),
    ("W[2][0][0]*a[1][0]", "w5*out_h1"),
    ("dnet_o1/db_2", "1"),
]
NO_FORMULAS = [
    ("", "a formula"),
    ("w9*2", "a quantity"),
    ("__import__('os').system('x')", "a number, a name or a bracket"),
    ("(lambda: 0)()", "a quantity"),
    ("w5.real", "a sign of calculation"),
    ("w5 w6", "a sign of calculation"),
    ("w5 0.3", "a sign of calculation"),
    ("1/w5 w6", "brackets"),
    ("(w5", ")"),
    ("w5)", "the end"),
    ("---w5", "a number, a name or a bracket"),
    (r"\sum_k w_k", "a number, a name or a bracket"),
    ("w5^w6", "exponent"),
    ("2*e", "a quantity"),
    ("w5^0.5", "exponent"),
    ("w5^1000000", "exponent"),
    ("9^9^9^9", "power"),
    ("((((w5^20)^20)^20)^20)^20", "1000 factors"),
    ("1e99*w5", "at most 40 digits"),
    ("9" * 100, "at most 40 digits"),
    ("(" * 60 + "w5" + ")" * 60, "40 brackets"),
    ("e^" * 900 + "w5", "40 brackets"),
    ("1/" * 900 + "w5", "40 divisions"),
    ("+".join(["w5^20"] * 100), "1000 factors"),
    ("(" * 1_000_000, "2000 characters"),
]


@pytest.mark.parametrize(("formula", "expected"), FORMULAS)
def test_formulas(formula: str, expected: str) -> None:
    assert text_of(formula) == expected


@pytest.mark.parametrize(("formula", "expected"), NO_FORMULAS)
def test_no_formulas(formula: str, expected: str) -> None:
    """What is no formula is refused at once, in a short message."""
    started = time.process_time()
    with pytest.raises(InputError) as caught:
        read_formula(formula, mazur())
    assert expected in caught.value.expected, caught.value
    assert time.process_time() - started < 0.5
    assert len(str(caught.value)) < 300


def test_what_was_decided_is_said() -> None:
    notes: list[str] = []
    text_of("log(out_h1)*0,5", notes)
    assert notes == ["log was read as the natural logarithm", "decimal commas were read as points"]


# -- tables

ONE = {"net_h1": "151/400", "out_h1": "593/1000"}
TABLES = {
    "header": "quantity,value\nnet_h1,0.3775\nout_h1,0.593\n",
    "no header": "net_h1,0.3775\nout_h1,0.593",
    "synonyms, any order": "Remark,Your Answer,NAME\nx,0.3775,net_h1\n,0.593,out_h1\n",
    "semicolons, commas": "Quantity;Value\nnet_h1;0,3775\nout_h1;0,593\n",
    "tabs": "quantity\tvalue\nnet_h1\t0.3775\nout_h1\t0.593\n",
    "sep": "sep=;\nquantity;value\nnet_h1;0,3775\nout_h1;0,593\n",
    "quotes": '"quantity","value"\n"net_h1","0,3775"\n"out_h1","0.593"\n',
    "byte-order mark": "\ufeffquantity,value\nnet_h1,0.3775\nout_h1,0.593\n",
    "CRLF": "quantity,value\r\nnet_h1,0.3775\r\nout_h1,0.593\r\n",
    "CR": "quantity,value\rnet_h1,0.3775\rout_h1,0.593\r",
    "empty lines and comments": "# mine\n\nquantity,value\n\nnet_h1,0.3775\n,\n# x\nout_h1,0.593\n",
    "unquoted decimal commas": "quantity,value\nnet_h1,0,3775\nout_h1,0,593\n",
    "the same without a header": "net_h1,0,3775\nout_h1,0,593\n",
    "wide": "net_h1,out_h1\n0.3775,0.593\n",
    "ids": "id,value\nz[1][0],0.3775\na[1][0],0.593\n",
    "units in the header": "quantity,value (rounded to 4 decimals)\nnet_h1,0.3775\nout_h1,0.593\n",
    "lines": "net_h1 = 0.3775\nout_h1: 0.593\n",
    "lines with commas in them": "- net_h1 = 0,3775\n- out_h1 ≈ 0,593\n",
    "two words": "net_h1 0.3775\nout_h1   0.593\n",
    "twice the same": "net_h1,0.3775\nout_h1,0.593\nnet_h1,0.37750\n",
    "a chain": "quantity,value\nnet_h1,w1*i_1 + w2*i_2 + b_1 = 0.3775\nout_h1,≈ 0.593\n",
    "JSON": '{"net_h1": 0.3775, "out_h1": "0,593"}',
    "JSON rows": '[{"quantity": "net_h1", "value": 0.3775},\n {"name": "out_h1", "answer": ".593"}]',
    "JSON sheet": '{"student": null, "values": {"net_h1": 0.3775, "out_h1": 0.593}}',
    "JSON by id": '{"z[1][0]": "0.3775", "a[1][0]": 593e-3}',
    "worksheet": markdown_answer("1a", "net_h1", "0.3775") + "\n> " + markdown_answer("1b", "out_h1", "__0,593__"),
    "worksheet with remarks": markdown_answer("1a", "net_h1", "0.3775 (rounded)")
    + "\n"
    + markdown_answer("1b", "out_h1", "**0.593** ✓"),
}


@pytest.mark.parametrize("kind", TABLES)
def test_one_sheet(kind: str) -> None:
    """Every way of writing the same two values gives the same sheet."""
    (sheet,) = work = read_text(TABLES[kind], mazur())
    assert stated(sheet) == ONE
    assert work.all_faults == ()
    assert sheet.student is None or kind == "JSON sheet"
    assert ("decimal commas were read as points" in sheet.notes) == ("0,3" in TABLES[kind] or "0,5" in TABLES[kind])


TWO = {"Ann": {"net_h1": "3/10", "out_h1": "1/2"}, "Bob": {"net_h1": "2/5"}}
CLASSES = {
    "long": "student,quantity,value\nAnn,net_h1,0.3\nBob,net_h1,0.4\nAnn,out_h1,0.5\nBob,out_h1,\n",
    "long, other order": "value;quantity;student\n0,3;net_h1;Ann\n0,4;net_h1;Bob\n0,5;out_h1;Ann\n;out_h1;Bob\n",
    "no header": "Ann,net_h1,0.3\nBob,net_h1,0.4\nAnn,out_h1,0.5\nBob,out_h1,\n",
    "wide": "Student,net_h1,out_h1\nAnn,0.3,0.5\nBob,0.4,\n",
    "wide, with more": "name,e-mail,net_h1,out_h1\nAnn,a@example.org,0.3,0.5\nBob,,0.4,?\n",
    "two lines in quotes": 'student,quantity,value\n"Ann",net_h1,0.3\n"Bob\n",net_h1,0.4\nAnn,out_h1,0.5\n'
    'Bob,out_h1,""\n',
    "worksheet's columns": "student,quantity,name,value (4 decimals)\nAnn,z[1][0],net_h1,0.3\nBob,z[1][0],net_h1,0.4\n"
    "Ann,a[1][0],out_h1,0.5\nBob,a[1][0],out_h1,\n",
    "JSON": '{"Ann": {"net_h1": 0.3, "out_h1": 0.5}, "Bob": {"net_h1": 0.4, "out_h1": null}}',
    "JSON rows": json.dumps(
        [
            {"student": s, "quantity": q, "value": v}
            for s, q, v in [
                ("Ann", "net_h1", 0.3),
                ("Bob", "net_h1", "0.4"),
                ("Ann", "out_h1", 0.5),
                ("Bob", "out_h1", ""),
            ]
        ],
        indent=1,
    ),
    "JSON sheets": '{"students": [{"name": "Ann", "answers": {"net_h1": 0.3, "out_h1": 0.5}},'
    ' {"student": "Bob", "net_h1": 0.4, "out_h1": ""}]}',
}


@pytest.mark.parametrize("kind", CLASSES)
def test_a_class(kind: str) -> None:
    work = read_text(CLASSES[kind], mazur())
    assert {sheet.student: stated(sheet) for sheet in work} == TWO
    assert [[q.id for q in sheet.missing] for sheet in work] == [[], ["a[1][0]"]]
    assert work.all_faults == ()


BAD_ROWS = [
    # a row among good ones, what is expected and found in the message of line 3
    ("w9,1", "a quantity of this problem, by its name or its id", '"w9"'),
    ("out_h1,abc", "a number or a formula", '"abc"'),
    ("out_h1,nan", "a number", '"nan"'),
    ("out_h1,1e400", "a number of at most 40 digits and 60 decimals, smaller than 10^15", '"1e400"'),
    ('out_h1,"1,234"', None, None),
    (",0.5", "the name of a quantity", "an empty cell"),
    ("net_h1,0.4", "one value of net_h1", "0.4 here and 0.3775 in line 2"),
    ("out_h1,0.4-0.5*0.08", "a number, or a formula in the names of quantities", '"0.4-0.5*0.08"'),
    ("out_h1,w5*(", "a number, a name or a bracket", "the end of the formula"),
    ("out_h1,#REF!", "a number", '"#REF!"'),
    ("out_h1,0.5 0.6", "one number", '"0.5 0.6"'),
    ('out_h1,"0.5', None, None),
    ("out_h1", None, None),
    ("w5\x1b[31m,1", "a quantity of this problem, by its name or its id", '"w5\\x1b[31m"'),
]


@pytest.mark.parametrize(("row", "expected", "found"), BAD_ROWS)
def test_one_bad_row_loses_no_other(row: str, expected: str | None, found: str | None) -> None:
    work = read_text(f"quantity,value\nnet_h1,0.3775\n{row}\nnet_h2,0.25\n", mazur(), "csv", "w.csv")
    values = {one.name: (str(one.value), one.line) for one in work.sheets[0].values}
    assert values["net_h1"] == ("151/400", 2)
    assert values["net_h2"] == ("1/4", 4)
    assert faults(work) == ([] if expected is None else [("line 3", expected, found)])
    assert all(fault.file == "w.csv" for fault in work.all_faults)


def test_commas_that_could_be_two_things() -> None:
    """1,234 is settled by the student's other numbers, then by the file's; where nothing settles it, it is refused."""
    two = "student;quantity;value\nAnn;net_h1;0.5\nAnn;out_h1;1,234\nBob;net_h1;0,5\nBob;out_h1;1,234\n"
    ann, bob = read_text(two, mazur())
    assert (stated(ann)["out_h1"], stated(bob)["out_h1"]) == ("1234", "617/500")
    (alone,) = work = read_text('quantity,value\nout_h1,"1,234"', mazur())
    assert not alone.values
    assert work.all_faults[0].hint == 'write "1.234" or "1234".'
    both = 'net_h1,0.5\nnet_h2,"0,5"\nout_h1,"1,234"'
    assert len(read_text(both, mazur()).all_faults) == 1


def test_the_first_of_two_values_counts() -> None:
    (sheet,) = read_text("net_h1,0.3\nout_h1,0.5\nnet_h1,0.4\n", mazur(), file="w.csv")
    assert stated(sheet)["net_h1"] == "3/10"
    assert [(one.text, one.line) for one in sheet.repeated] == [("0.4", 3)]
    assert str(sheet.faults[0]) == (
        "w.csv, line 3: expected one value of net_h1, found 0.4 here and 0.3 in line 1.\nThe first counts."
    )


UNREAD = {
    "long": "student,quantity,value\nAnn,out_h1,0.5\nBob,out_h1,abc\nBob,net_h1,0.3",
    "wide": "student,net_h1,out_h1\nAnn,,0.5\nBob,0.3,abc",
    "JSON": '{"Ann": {"out_h1": 0.5},\n"Bob":\n{"net_h1": 0.3, "out_h1": [1]}}',
}


@pytest.mark.parametrize("kind", UNREAD)
def test_whose_value_cannot_be_read(kind: str) -> None:
    """The message names the student, and the sheet the quantity."""
    (ann, bob) = work = read_text(UNREAD[kind], mazur())
    (fault,) = work.all_faults
    assert fault.place == "line 3 (Bob)" + ", column out_h1" * (kind == "wide")
    assert [[quantity.id for quantity in sheet.unread] for sheet in (ann, bob)] == [[], ["a[1][0]"]]


def test_read_after_all() -> None:
    """A quantity whose value is stated again is not unread, and a second value is no unread one."""
    (sheet,) = read_text("quantity,value\nnet_h1,abc\nnet_h1,0.3\nout_h1,0.5\nout_h1,0.6\nw9,1", mazur())
    assert stated(sheet) == {"net_h1": "3/10", "out_h1": "1/2"} and len(sheet.faults) == 3
    assert sheet.unread == ()


def test_students_with_one_name() -> None:
    """Without an id the message names both lines; with one they are two students."""
    wide = "student,net_h1\nAnn,0.3\nBob,0.4\nAnn,0.5\n"
    work = read_text(wide, mazur())
    assert [(s.student, stated(s)["net_h1"]) for s in work] == [
        ("Ann", "3/10"),
        ("Bob", "2/5"),
        ("Ann (line 4)", "1/2"),
    ]
    assert faults(work) == [("line 4", "every student once", '"Ann" here and in line 2')]
    with_id = "student,student id,net_h1\nAnn,1,0.3\nBob,2,0.4\nAnn,3,0.5\n"
    work = read_text(with_id, mazur())
    assert [(s.student, s.id) for s in work] == [("Ann", "1"), ("Bob", "2"), ("Ann", "3")]
    assert work.all_faults == ()
    long = "student,quantity,value\nAnn,net_h1,0.3\nAnn,net_h1,0.4\n"
    assert "add a column student id" in (read_text(long, mazur()).all_faults[0].hint or "")
    one_id = "id,student,quantity,value\n7,Ann,net_h1,0.3\n7,Bob,net_h1,0.4\n"
    assert faults(read_text(one_id, mazur()))[0][:2] == ("line 3", "one student for every id")
    assert faults(read_text("student,quantity,value\n,net_h1,0.3\n", mazur())) == [
        ("line 2", "a student", "an empty cell")
    ]


def test_stated_formulas() -> None:
    """A cell may hold a formula, a value, or a chain of both; a calculation with numbers only is neither."""
    text = (
        "quantity,value\ndE/dw5,-(target_o1 - out_o1)*out_o1*(1-out_o1)*out_h1\n"
        "dE/dw6,dE/dnet_o1*out_h2 = 0.1385*0.5969 = 0.0827\nw5+,$w_5 - \\eta\\frac{\\partial E}{\\partial w_5}$\n"
    )
    (sheet,) = work = read_text(text, mazur())
    printer = Printer(Text(), solved("mazur").namer)
    assert {one.quantity.id: printer(one.formula) for one in sheet.formulas} == {
        "dL/dW[2][0][0]": "-(target_o1 - out_o1)*out_o1*(1 - out_o1)*out_h1",
        "dL/dW[2][0][1]": "dE/dnet_o1*out_h2",
        "W_new[2][0][0]": "w5 - eta*dE/dw5",
    }
    assert stated(sheet) == {"dE/dw6": "827/10000"}
    assert work.all_faults == ()


def test_a_worksheet_and_its_table() -> None:
    """The forms that `derive worksheet` writes, filled in and left blank."""
    rows = [("z[1][0]", "net_h1"), ("a[1][0]", "out_h1")]
    empty = empty_csv(rows, "rounded to 4 decimals")
    (sheet,) = read_text(empty, mazur())
    assert sheet.empty and [q.id for q in sheet.missing] == ["z[1][0]", "a[1][0]"]
    (sheet,) = read_text(empty.replace("net_h1,", "net_h1,0.3775"), mazur())
    assert stated(sheet) == {"net_h1": "151/400"}
    text = "\n".join(["**Name:** Ann Lee", markdown_answer("1a", "net_h1", "0.3775"), markdown_answer("1b", "out_h1")])
    (sheet,) = read_text(text, mazur())
    assert (sheet.student, stated(sheet), [q.id for q in sheet.missing]) == (
        "Ann Lee",
        {"net_h1": "151/400"},
        ["a[1][0]"],
    )
    (blank,) = read_text("Name: ______\n" + markdown_answer("1a", "net_h1"), mazur())
    assert blank.student is None


# -- texts

CLAIMED = [
    *((name, None, None) for name in example_names("networks")),
    ("caispp", "rohan", None),
    ("mazur", "nielsen", None),
    ("mazur", "hmkcode", "matrix"),
    ("mazur", "caispp", "matrix"),
    ("rohan", None, "matrix"),
    ("rohan", "hmkcode", "delta"),
]


@pytest.mark.parametrize("format", ["md", "tex"])
@pytest.mark.parametrize(("example", "notation", "form"), CLAIMED)
def test_claims_of_our_own_documents(example: str, notation: str | None, form: str | None, format: str) -> None:
    """What a worked solution states is found: most quantities, every value as printed, every formula right."""
    solution = solve(example, notation=notation, form=form)
    text = solution.render(format)
    lines = text.split("\n")
    (sheet,) = read_text(text, Names(solution), "claims", f"x.{format}")
    assert sheet.faults == ()
    assert len(sheet.values) > len(solution.values.numbers) / 2
    assert sheet.formulas
    for one in (*sheet.values, *sheet.repeated):
        printed = solution.values.shown(one.quantity).text
        shown = abs(Fraction(printed) - one.value) * 10 ** (one.places or 0)
        if lines[one.line - 1].startswith(r"\node["):  # a figure has four decimals at most, rightly rounded
            assert shown <= Fraction(1, 2) and (shown == 0 or one.places == 4), one
        else:
            assert shown < 1 if one in sheet.repeated else one.value == Fraction(printed), one
    numbers = solution.exact.numbers
    with flint.ctx.workprec(128):
        for stated_formula in sheet.formulas:
            value = compile_value(stated_formula.formula)(numbers)
            assert abs(flint.arb(value - numbers[stated_formula.quantity])) < 1e-20, stated_formula


POST = r"""
# A post

It costs \$5 or $6. We start with $w_5 = 0.4$ and $w_6 = .45$, and `$w_7 = 9$` is code. <!-- $w_8 = 9$ -->

```
$w_8 = 8$
```

$$\begin{aligned}
net_{h1} &= w_1 * i_1 + w_2 * i_2 + b_1 * 1 \\
  &= 0.15 * 0.05 + 0.2 * 0.1 + 0.35 * 1 = 0.3775, \qquad net_{h2} = 0.3925 \\[2pt]
x &= 7 && \text{which is something else} = 5
\end{aligned}$$

\[ \frac{\partial net_{o1}}{\partial w_5} = 1 * out_{h1} * w_5^{(1 - 1)} + 0 + 0 = out_{h1} = 0.593269992 \tag{3} \]

Then $w_5 = w_5 - \eta * \frac{\partial E_{total}}{\partial w_5} = 0.4 - 0.5 * 0.082167041 = 0.35891648$,
and $w_6^{+} = 0.408666186$.
$$\begin{bmatrix} w_7 \\ w_8 \end{bmatrix} = \begin{bmatrix} w_7 \\ w_8 \end{bmatrix} - a =
\begin{bmatrix} 0.511301270 \\ 0.561370121 \end{bmatrix}$$
Again $out_{h1} \approx 0.5933$, but later $out_{h1} = 0.7$.
"""


def test_claims_of_a_post() -> None:
    """Chains, rows, matrices; code, comments and prices are left alone; a computed weight is the updated one."""
    (sheet,) = work = read_text(POST, mazur(), "claims", "post.md")
    assert {one.quantity.id: (one.text, one.line) for one in sheet.values} == {
        "W[2][0][0]": ("0.4", 4),
        "W[2][0][1]": (".45", 4),
        "z[1][0]": ("0.3775", 11),
        "z[1][1]": ("0.3925", 12),
        "a[1][0]": ("0.593269992", 16),
        "W_new[2][0][0]": ("0.35891648", 18),
        "W_new[2][0][1]": ("0.408666186", 19),
        "W_new[2][1][0]": ("0.511301270", 20),
        "W_new[2][1][1]": ("0.561370121", 20),
    }
    assert [one.text for one in sheet.repeated] == ["0.5933", "0.7"]
    assert faults(work) == [("line 22", "one value of out_h1", "0.7 here and 0.593269992 in line 16")]
    assert work.skipped == 1
    assert sheet.formulas[0].text == "w_1 * i_1 + w_2 * i_2 + b_1 * 1"


MATRICES = [
    ("standard", r"\mathbf{W}^{(1)} = \begin{bmatrix} 0.15 & 0.20 \\ 0.25 & 0.30 \end{bmatrix}", "W[1]"),
    ("caispp", r"\mathbf{W}_1 = \begin{bmatrix} 0.15 & 0.25 \\ 0.20 & 0.30 \end{bmatrix}", "W[1]"),
    ("hmkcode", r"\mathbf{W}^{(1)} \approx \begin{pmatrix} 0.15 & 0.25 \cr 0.20 & 0.30 \end{pmatrix}", "W[1]"),
    (
        "caispp",
        r"\frac{\partial J}{\partial \mathbf{W}_2} = \begin{bmatrix} 0.15 & 0.25 \\ 0.2 & 0.3 \end{bmatrix}",
        "dL/dW[2]",
    ),
    ("standard", r"\begin{bmatrix} q_1 \\ q_2 \end{bmatrix} = \begin{bmatrix} 1 \\ 2 \end{bmatrix}", None),
]
VECTORS = [
    ("standard", r"\mathbf{z}^{(1)} = \begin{bmatrix} 0.15 \\ 0.20 \end{bmatrix}", "z[1]"),
    ("standard", r"\mathbf{a}^{(2)} = \begin{bmatrix} 0.15 & 0.20 \end{bmatrix}", "a[2]"),
    ("caispp", r"\boldsymbol{\delta}^{(2)} = x = \begin{bmatrix} .15 \\ .20 \end{bmatrix}", "dL/dz[2]"),
]


@pytest.mark.parametrize(("notation", "text", "block"), MATRICES)
def test_matrices_of_an_author(notation: str, text: str, block: str | None) -> None:
    """A matrix has a row for each unit or for each source, as the notation has it."""
    names = Names(solved("mazur", notation))
    if block is None:
        with pytest.raises(InputError, match="none of them about this problem"):
            read_text(f"$${text}$$", names, "claims")
        return
    (sheet,) = read_text(f"$${text}$$", names, "claims")
    values = {one.quantity.id: str(one.value) for one in sheet.values}
    expected = {"[0][0]": "3/20", "[0][1]": "1/5", "[1][0]": "1/4", "[1][1]": "3/10"}
    assert values == {block + place: value for place, value in expected.items()}


@pytest.mark.parametrize(("notation", "text", "block"), VECTORS)
def test_vectors_of_an_author(notation: str, text: str, block: str) -> None:
    (sheet,) = read_text(f"$${text}$$", Names(solved("mazur", notation)), "claims")
    assert {one.quantity.id: str(one.value) for one in sheet.values} == {f"{block}[0]": "3/20", f"{block}[1]": "1/5"}


def test_macros_of_a_text() -> None:
    """Colours round a symbol and short names, as LaTeX texts define them."""
    text = r"""\newcommand{\warm}[1]{{\color{red}#1}} \newcommand{\out}{\mathrm{out}} \def\cool#1{\textcolor{blue}{#1}}
$\warm{\out_{h1}} = \frac{1}{1 + e^{-\cool{\mathrm{net}_{h1}}}} = 0.59$
and {\color{red} $\textcolor{red}{w_5}^{+} = 0.36$},
$\frac{\partial E_{total}}{\partial \warm{w_{5}}} = 0.08$"""
    (sheet,) = read_text(text, mazur(), "claims")
    assert stated(sheet) == {"out_h1": "59/100", "w5+": "9/25", "dE/dw5": "2/25"}
    assert len(sheet.formulas) == 1


OF_OUR_PAGES = [
    # what stands on a page, and what it states
    (r"$$net_{h1} = 0.35 \cdot 1 + 0.0275 = \mathbf{0.3775}$$", {"z[1][0]": "151/400"}),
    (r"$$\begin{aligned} net_{h1} & \approx \boldsymbol{ -0.4 } \cr net_{h2} & = \textbf{+1,5} \end{aligned}$$",
     {"z[1][0]": "-2/5", "z[1][1]": "3/2"}),
    (r"$\lhs{\qhidden{net_{h1}}} \approx \mathbf{\qhidden{-0.4}}$", {"z[1][0]": "-2/5"}),
    (r"$$\lhs{\qhidden{net_{h1}}} = \qhidden{0.5}, \qquad \lhs{\qhidden{net_{h2}}} = \qhidden{-0.5}$$",
     {"z[1][0]": "1/2", "z[1][1]": "-1/2"}),
    (r"$$\begin{alignedat}{2} \lhs{net_{h1}} & = \mathbf{0.5} & \qquad \lhs{net_{h2}} & = 1 - \mathbf{.5} = 0.5"
     r" \end{alignedat}$$", {"z[1][0]": "1/2", "z[1][1]": "1/2"}),
    (r"$$\begin{aligned} \lhs{\qhidden{\mathbf{net}^{(1)}}} & = \qinput{\mathbf{i}}\,\qhidden{\mathbf{W}^{(1)}} \\"
     r" & = \begin{bmatrix} \qhidden{0.3775} & \qhidden{-0.5} \end{bmatrix} \end{aligned}$$",
     {"z[1][0]": "151/400", "z[1][1]": "-1/2"}),
    (r"$$\mathbf{net}^{(1)} = \begin{bmatrix} \mathbf{0.5} & \mathbf{\qhidden{-0.5}} \end{bmatrix}$$",
     {"z[1][0]": "1/2", "z[1][1]": "-1/2"}),
    (r"$w_\mathrm{5} = \mathbf{0.4}$ and $w_{\mathbf{6}} = \mathbf{0}$", {"W[2][0][0]": "2/5", "W[2][0][1]": "0"}),
]  # fmt: skip
MACROS = r"""\newcommand{\lhs}[1]{\sbox{\before}{$\displaystyle #1$}\usebox{\before}}
\newcommand{\qinput}[1]{{\color{blue}#1}}
\newcommand{\qhidden}[1]{{\color{green}#1}}
"""


@pytest.mark.parametrize(("text", "expected"), OF_OUR_PAGES)
def test_marked_numbers_are_read(text: str, expected: dict[str, str]) -> None:
    """Numbers that are bold, coloured or both, alone and in matrices, and left sides of a width of their own."""
    names = Names(solved("mazur", "hmkcode" if "mathbf{net}" in text else "mazur"))
    (sheet,) = read_text(MACROS + text, names, "claims", "x.tex")
    assert {one.quantity.id: str(one.value) for one in sheet.values} == expected
    assert sheet.faults == ()


# -- files


def test_codings(tmp_path: Path) -> None:
    text = "student,quantity,value\nJosé,net_h1,0.3775\n"
    for coding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        path = tmp_path / f"{coding}.csv"
        path.write_bytes(text.encode(coding))
        (sheet,) = work = read_work(path, mazur())
        assert (sheet.student, stated(sheet)) == ("José", {"net_h1": "151/400"})
        assert bool(work.notes) == (coding == "cp1252")


BROKEN: list[tuple[str, bytes, str]] = [
    ("w.csv", b"", "stated values"),
    ("w.csv", b" \n\n", "stated values"),
    ("w.csv", b"quantity,value\n", "rows of stated values"),
    ("w.csv", b"a,b\n1,2\n", "a header"),
    ("w.csv", b"net_h1,0.3\nout\0,1\n", "a text"),
    ("w.csv", b"PK\x03\x04" + bytes(range(256)), "a text"),
    ("w.csv", b"\xff\xfe\x00", "a text in UTF-8"),
    ("w.json", b'{"net_h1": 0.3,}', "valid JSON"),
    ("w.json", b"[]", "stated values"),
    ("w.json", b"3", "an object"),
    ("w.json", b"[" * 100_000, "at most 8 brackets"),
    ("w.json", b"[" * 50 + b"]" * 50, "at most 8 brackets"),
    ("w.md", b"# nothing\n", "a worksheet"),
    ("w.xlsx", b"PK", "a file of work"),
]


@pytest.mark.parametrize(("name", "content", "expected"), BROKEN)
def test_unusable_files(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    """One message with the file."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_work(tmp_path / name, mazur())
    assert caught.value.expected.startswith(expected)
    assert caught.value.file == str(tmp_path / name)
    assert caught.value.found


def test_places_that_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, found in (("pipe", "a pipe or a device"), ("no.csv", "no file of this name"), (".", "a folder")):
        with pytest.raises(InputError) as caught:
            read_work(tmp_path / path, mazur())
        assert caught.value.found == found


def test_a_large_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gigabyte that takes no room on the disk; and more values than the limit."""
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(1_000_000_000)
    started = time.process_time()
    with pytest.raises(InputError, match="at most 20 MB, found one of 1,000,000,000 bytes"):
        read_work(path, mazur())
    assert time.process_time() - started < 0.1
    with pytest.raises(InputError, match="at most 20,000 columns"):
        read_text("w5," * 20_001, mazur())
    for text in ("\n" * 1_000_001, "[" + "1," * 2_000_001 + "1]"):
        with pytest.raises(InputError, match=r"at most .,000,000"):
            read_text(text, mazur())
    for text in ("[" + "1," * 500_001 + "1]", '{"w5": "' + "x" * 5_000_000 + '"}'):
        with pytest.raises(InputError, match="a JSON file with at most"):
            read_text(text, mazur())
    monkeypatch.setattr(sheets, "MAX_CELLS", 1000)
    for text in ("quantity,value\n" + "w5,0.4\n" * 1001, json.dumps([{"quantity": "w5", "value": 1}] * 1001)):
        with pytest.raises(InputError, match="at most 1,000 values"):
            read_text(text, mazur())
    with pytest.raises(InputError, match="at most 20 MB"):
        read_text("x" * (MAX_WORK_BYTES + 1), mazur())


def test_a_class_is_read_fast() -> None:
    """300 students with 40 answers each, and the same with names that mean nothing."""
    quantities = [mazur().text(q) for q in solved("mazur").values.numbers][15:55]
    rows = [f"Student {n},{name},0.{n:04}" for n in range(300) for name in quantities]
    started = time.process_time()
    work = read_text("student,quantity,value\n" + "\n".join(rows), mazur())
    assert len(work) == 300 and all(len(sheet.values) == 40 for sheet in work)
    assert time.process_time() - started < 2
    rows = [f"Student {n},{name}x{n},1" for n in range(300) for name in quantities]
    started = time.process_time()
    assert len(read_text("student,quantity,value\n" + "\n".join(rows), mazur()).all_faults) == 12_000
    assert time.process_time() - started < 10
