"""Worksheets: the numbers of the key, the boxes, the scaffolding, every format, and the command."""

import csv
import io
import json
import pickle
import random
import re
import subprocess
import xml.dom.minidom
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from math import exp
from pathlib import Path

import pytest
import typst
from click.testing import CliRunner, Result
from networks import random_network
from tools import need
from tools.typesetting import compile_tex

from derive import InputError, solve
from derive.cli import main
from derive.cli.worksheet import BLANKS as CLI_BLANKS
from derive.cli.worksheet import TOPICS as CLI_TOPICS
from derive.formula.marks import BEGIN, END, FACTOR, MARK, NUMBER, RELATION, SPOKEN_FACTOR, WORD, Mark
from derive.quantity import Quantity, parse_id
from derive.reading import example_names, parse_problem, problem_from_dict, read_problem
from derive.render import FORMATS
from derive.render.filling import Filling, Template
from derive.render.pdf import typst_pdf
from derive.spec import Problem
from derive.variants.own import own_sheet
from derive.worksheet import BLANKS, TOPICS, Header, Sheet, SheetNumbers, SheetOptions, compile_sheet, sheet_problem
from derive.worksheet.answers import read_answers
from derive.worksheet.form import LETTERS
from derive.worksheet.options import PICTURE

MAZUR = compile_sheet("mazur")
TEXTS = ("md", "tex", "html", "typ")


@cache
def sheet_of(name: str, **options: object) -> tuple[Sheet, SheetNumbers]:
    sheet = compile_sheet(name, SheetOptions(**options))  # type: ignore[arg-type]
    return sheet, sheet.numbers()


# -- the numbers of the key ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "form"), [*((name, None) for name in example_names("networks")), ("caispp", "chain")])
def test_key_is_the_solution(name: str, form: str | None) -> None:
    """Exact and carried answers are those of the solution at the decimals of the sheet, in every box."""
    sheet, numbers = sheet_of(name, form=form) if form else sheet_of(name)
    solution = solve(sheet_problem(read_problem(name)), form=form)
    for row in sheet.answers(numbers):
        quantity = parse_id(row.quantity)
        assert quantity is not None and solution.quantity(row.name) in (quantity, *_twins(quantity))
        assert Decimal(row.exact) == Decimal(solution.exact.shown(quantity).text), row
        assert Decimal(row.carried) == Decimal(solution.carried.shown(quantity).text), row
        assert Decimal(row.low) <= Decimal(row.exact) <= Decimal(row.high), row
        assert Decimal(row.low) <= Decimal(row.carried) <= Decimal(row.high), row
    assert len(numbers.rows) == len({row.quantity for row in numbers.rows}) > 8


def _twins(quantity: Quantity) -> tuple[Quantity, ...]:
    """In a linear layer the same name is that of two quantities."""
    other = {"a": "z", "z": "a", "dL/dz": "dL/da", "dL/da": "dL/dz"}.get(quantity.kind)
    return (quantity._replace(kind=other),) if other else ()


def by_hand(shake: random.Random | None) -> dict[str, float]:
    """The 2-2-2 network in plain Python; each result is moved by up to half a unit of the fourth decimal."""

    def note(value: float) -> float:
        move = shake.choice((-1, 1, shake.uniform(-1, 1), 0)) if shake else 0
        return value + move * 0.5e-4

    def dot(xs: Sequence[float], ys: Sequence[float]) -> float:
        return sum(x * y for x, y in zip(xs, ys, strict=True))

    both = (0, 1)
    x, t, b, eta = (0.05, 0.10), (0.01, 0.99), (0.35, 0.60), 0.5
    w1, w2 = ((0.15, 0.20), (0.25, 0.30)), ((0.40, 0.45), (0.50, 0.55))
    net_h = [dot(row, x) + b[0] for row in w1]  # ends within four decimals: rounding changes nothing
    h = [note(1 / (1 + exp(-z))) for z in net_h]
    net_o = [dot(row, h) + b[1] for row in w2]
    o = [1 / (1 + exp(-note(z))) for z in net_o]
    y = [note(a) for a in o]
    d_o = [note(note(y[k] - t[k]) * note(y[k] * (1 - y[k]))) for k in both]
    d_h = [note(note(dot(d_o, (w2[0][k], w2[1][k]))) * note(h[k] * (1 - h[k]))) for k in both]
    found = {"z[2][0]": net_o[0], "a[2][1]": o[1], "loss": sum(note((t[k] - y[k]) ** 2 / 2) for k in both)}
    for j in both:
        for k in both:
            for layer, gradient, weight in ((1, d_h[j] * x[k], w1[j][k]), (2, d_o[j] * h[k], w2[j][k])):
                found[f"dL/dW[{layer}][{j}][{k}]"] = gradient
                found[f"W_new[{layer}][{j}][{k}]"] = weight - eta * note(gradient)
    return found


def test_ranges_hold_all_correct_work() -> None:
    """Thousands of calculations with other roundings stay within the range, and come near both its ends."""
    source = random.Random(4)
    runs = [by_hand(source) for _ in range(4000)]
    rows = {row.quantity: row for row in MAZUR.numbers().rows}
    wide = 0
    for name in runs[0]:
        values = [run[name] for run in runs]
        low, high = (float(end) for end in (rows[name].low, rows[name].high))
        assert low - 0.5001e-4 <= min(values) <= low + 1e-4, name
        assert high - 1e-4 <= max(values) <= high + 0.5001e-4, name
        assert abs(by_hand(None)[name] - float(rows[name].exact)) < 0.51e-4
        wide += high > low
    assert wide > 8 and len(runs[0]) == 19


def test_a_range_without_bounds_says_nothing() -> None:
    """Rounded to one decimal an output may be 1, and the logarithm of 1 minus it may not exist."""
    table = random_network(3, depth=(1, 1), width=(1, 2), examples=(1, 1), steps=(1, 1))
    table |= {"loss": {"name": "binary_cross_entropy"}, "rounding": {"decimals": 1}}
    table["network"] = {"inputs": 1, "layers": [{"units": 1, "activation": "sigmoid", "weights": [[4]]}]}
    table["data"] = {"inputs": [[1]], "targets": [[0]]}
    sheet = compile_sheet(table)
    rows = {row.quantity: row for row in sheet.numbers().rows}
    assert (rows["loss"].low, rows["loss"].high) == ("", "")
    assert "correct work" not in sheet.key(sheet.numbers(), "md").split("Answer 2a")[1].split("\n")[0]


def test_decimals() -> None:
    """Those of the problem, at most four unless somebody insists; weights are drawn before."""
    assert sheet_problem(read_problem("mazur"), 6).rounding.decimals == 6
    assert sheet_problem(read_problem("caispp")).rounding == read_problem("caispp").rounding
    assert sheet_problem(read_problem("caispp"), 2).rounding.overrides == {}
    drawn = sheet_problem(read_problem("rohan-relu"), 1).network.layers[0].weights
    assert drawn == solve("rohan-relu").problem.network.layers[0].weights
    assert "to six decimals" in compile_sheet("mazur", SheetOptions(decimals=6)).worksheet(MAZUR.numbers(), "md")


# -- boxes and scaffolding -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mazur", "caispp", "rohan-relu", "netflow"])
@pytest.mark.parametrize("blanks", BLANKS)
def test_no_answer_is_given_away(name: str, blanks: str) -> None:
    """A worksheet holds none of the numbers that it asks for, but those that are given anyway."""
    sheet, numbers = sheet_of(name, blanks=blanks)
    text = sheet.worksheet(numbers, "md")
    printed = set(re.findall(r"-?\d+\.\d+", text))
    asked = {text for row in numbers.rows for text in (row.exact, row.carried) if len(text.strip("-0.")) > 1}
    given = {str(number) for number in numbers.givens.values()}
    assert len(asked) > 5
    assert (printed & asked) - given == set()


def test_levels() -> None:
    """What is printed of a line, from the least to the most that is left blank."""
    lines = {
        "results": r"& \approx 0.40 \cdot \boxed{\quad ?\quad} + 0.45 \cdot \boxed{\quad ?\quad} + 0.60",
        "substitutions": "$$\n\\mathrm{net}_ {o1} = w_{5}\\thinspace \\mathrm{out}_ {h1} + w_{6}\\thinspace",
        "formulas": "$$\n\\mathrm{net}_ {o1} = \n$$",
        "all": "Weighted sum of output 1:",
    }
    texts = {blanks: sheet_of("mazur", blanks=blanks) for blanks in BLANKS}
    found = {
        b: [line in sheet.worksheet(numbers, "md") for line in lines.values()] for b, (sheet, numbers) in texts.items()
    }
    assert found == {
        "results": [True, False, False, False],
        "substitutions": [False, True, False, False],
        "formulas": [False, False, True, False],
        "all": [False, False, False, True],
    }
    worked = r"0.40 \cdot 0.5933 + 0.45 \cdot 0.5969 + 0.60"
    assert all(worked in sheet.key(numbers, "md") for b, (sheet, numbers) in texts.items() if b != "results")


def test_weights_alone() -> None:
    sheet, numbers = sheet_of("mazur", blanks=("w5", "w1"))
    assert [row.name for row in numbers.rows] == ["dE/dw5", "dE/dw1", "w5+", "w1+"]
    assert r"0.7414 \cdot 0.1868 \cdot 0.5969 \approx 0.0827" in sheet.worksheet(numbers, "md").replace("& ", "")


def test_fading() -> None:
    """First unit worked, second with its numbers put in, third blank."""
    sheet, numbers = sheet_of("caispp", fade=True, blanks="substitutions", form="delta")
    text = sheet.worksheet(numbers, "md")
    assert r"0.15 \cdot \boxed{\quad ?\quad} + 0.20 \cdot" not in text and "`z1_1`" not in text
    assert r"(-0.25) \cdot" in text and "`z1_2`" in text
    assert r"0.05 \cdot" not in text.split("Question 2")[1] and "`z1_3`" in text
    _, numbers = sheet_of("rohan-chain", fade=True)
    assert [row.name for row in numbers.rows][:3] == ["sum_2", "hidden_2", "sum_3"]


def test_what_is_asked() -> None:
    """--ask picks; what is needed and not asked is given, and nothing else."""
    sheet, numbers = sheet_of("mazur", ask=("gradients",), form="delta")
    assert [row.quantity[:5] for row in numbers.rows] == ["dL/dW"] * 8
    text = sheet.worksheet(numbers, "md")
    given = text.split("already worked out")[1].split("Question 1")[0]
    assert [name in given for name in ("out}_ {h1}", "net}_ {o1}", "0.1385", "0.7514")] == [True, True, True, False]
    sheet, numbers = sheet_of("mazur", ask=TOPICS, form="matrix")
    kinds = {Quantity.id.fget(box.quantity).split("[")[0] for box in sheet.boxes}  # type: ignore[attr-defined]
    assert {"z", "a", "loss", "dL/da", "da/dz", "dL/dz", "dL/dW", "W_new", "loss_new", "a_new"} <= kinds
    assert compile_sheet("mazur", SheetOptions(form="chain")).boxes[11].name == "dE/dout_o1"


def test_large_networks_are_asked_in_part() -> None:
    table = random_network(11, depth=(3, 3), width=(4, 4), examples=(3, 3))
    sheet = compile_sheet(table)
    assert 8 < len(sheet.boxes) <= 52
    told = "Only the first unit of each layer and the first two weights into each are asked, for the first example; "
    assert told in sheet.worksheet(sheet.numbers(), "md")
    assert sheet.remarks == ("47 of 494 answers are asked, to keep the sheet short; --ask all asks for up to 300.",)
    assert len(compile_sheet(table, SheetOptions(ask=("forward", "loss"))).boxes) > 60


TWO_EXAMPLES = """
title = "Softmax classifier"
[network]
inputs = 2
[[network.layers]]
units = 2
activation = "tanh"
weights = [[0.5, -0.3], [0.2, 0.8]]
biases = [0.1, -0.1]
[[network.layers]]
units = 2
activation = "softmax"
weights = [[0.7, -0.4], [-0.2, 0.6]]
biases = [0.0, 0.0]
[data]
inputs = [[1.0, 0.5], [-0.5, 1.0]]
targets = [[1, 0], [0, 1]]
[loss]
name = "categorical_cross_entropy"
reduction = "mean"
[training]
learning_rate = 0.1
"""


def test_both_examples_are_asked() -> None:
    """A batch of two: both of them, fewer units; what is left out and how to have it is told."""
    problem = parse_problem(TWO_EXAMPLES)
    sheet = compile_sheet(problem)
    examples = [box.quantity.example for box in sheet.boxes if box.quantity.kind == "z"]
    assert examples.count(0) == examples.count(1) == 2
    student = "Only the first unit of each layer is asked, for both examples; "
    instructor = "50 of 94 answers are asked, to keep the sheet short; --ask all asks for all of them."
    assert len(sheet.boxes) == 50 and sheet.remarks == (instructor,)
    texts = sheet.worksheet(sheet.numbers(), "md"), sheet.key(sheet.numbers(), "md")
    assert [student in text for text in texts] == [True, True]
    assert [instructor in text for text in texts] == [False, True]
    whole = compile_sheet(problem, SheetOptions(ask=("all",)))
    assert (len(whole.boxes), whole.remarks) == (94, ())
    assert "is asked" not in whole.worksheet(whole.numbers(), "md")


# -- decimals that show what is asked ------------------------------------------------------------------------


def test_decimals_that_show_the_mistake() -> None:
    """At 4 decimals the best-known mistake gives the gradient and three new weights that are right: so there are 5."""
    right, wrong = 0.000438568, 0.000364723  # dE/dw1, and with the updated w5 to w8
    assert [f"{right:.{d}f}" == f"{wrong:.{d}f}" for d in (4, 5)] == [True, False]
    sheet = own_sheet("mazur")
    rows = {row.name: row.exact for row in sheet.numbers().rows}
    assert rows["dE/dw1"] == "0.00044" and rows["w1+"] == "0.14978" != f"{0.15 - 0.5 * wrong:.5f}"
    (told,) = sheet.remarks
    assert told.startswith("Answers have 5 decimals, because at 4 decimals there would be 4 gradients with fewer than ")
    assert told.endswith('the final answers would not tell right work from "hidden gradients with updated weights".')


@pytest.mark.parametrize("format", TEXTS)
def test_remarks_are_for_the_instructor(format: str) -> None:
    """In the key alone, at its end; of LaTeX's one source only where answers are printed."""
    sheet = own_sheet("mazur")
    numbers = sheet.numbers()
    before, _, after = sheet.key(numbers, format).rpartition("Answers have 5 decimals")
    assert before and "Question 10" not in after
    text = sheet.worksheet(numbers, format)
    assert ("Answers have 5 decimals" in text) == (format == "tex")
    if format == "tex":
        assert text.index(r"\ifprintanswers", text.index(r"\end{questions}")) < text.index("Answers have 5 decimals")


def test_decimals_of_the_author_stay() -> None:
    """With --decimals, or where rounded results are carried; then what is not shown is told, and what would do."""
    told = own_sheet("mazur", SheetOptions(decimals=4)).remarks
    assert told[0] == "Gradients that show fewer than 2 digits: 6c, 6d, 7c and 7d."
    assert told[1].startswith('The final answers (8a to 9d) do not tell right work from "hidden gradients with updated')
    assert told[2] == "The decimals stay, because --decimals says so; 5 decimals would do."
    sheet = own_sheet("netflow")
    assert sheet.policy.decimals == 2 and sheet.remarks[-1].startswith("The decimals stay, because the problem carries")
    assert own_sheet("mazur", SheetOptions(decimals=5)).remarks == ()
    assert own_sheet("hmkcode").remarks == () and own_sheet("hmkcode").policy.decimals == 4


SATURATED = """
title = "XOR with saturated units"
[network]
inputs = 2
[[network.layers]]
units = 2
activation = "sigmoid"
weights = [[20, 20], [20, 20]]
biases = [-30, -10]
[[network.layers]]
units = 1
activation = "sigmoid"
weights = [[-60, 60]]
biases = [-30]
[data]
inputs = [[1, 0]]
targets = [[1]]
[loss]
name = "half_squared_error"
[training]
learning_rate = 1
[rounding]
decimals = 6
"""


def test_no_point_for_nought() -> None:
    """An answer that is shown as 0 and is not 0 earns nothing; a true 0 does. Worked in plain Python."""
    sheet = own_sheet(parse_problem(SATURATED))
    assert sheet.policy.decimals == 5
    points = {box.quantity.id: box.points for box in sheet.boxes}
    far = exp(-10)  # both hidden units are so far from their limits, and the output exp(-30 + 60 / (1 + exp(10)))
    slope = far / (1 + far) ** 2
    error = exp(-30 + 120 * far / (1 + far))
    values = {"a[1][0]": far / (1 + far), "da/dz[1][0]": slope, "da/dz[1][1]": slope, "loss": error**2 / 2,
              "dL/da[2][0]": -error, "da/dz[2][0]": error, "dL/dW[1][0][0]": 60 * error**2 * slope}  # fmt: skip
    assert {name: points[name] for name in values} == {name: int(abs(value) >= 5e-6) for name, value in values.items()}
    assert points["dL/dW[1][0][1]"] == 1  # its input is 0
    numbers = sheet.numbers()
    hidden = [row for row in numbers.rows if not row.points]
    assert len(hidden) == 14 and {row.exact for row in hidden} == {"0.00000"}
    key = sheet.key(numbers, "md")
    assert "(0 points" in key and "No point is given for 3a, 4a, 4b, 4c, 4d and 9 more: the answer is not 0" in key
    assert any(' do not tell right work from "activation ' in remark for remark in sheet.remarks)
    assert f" · {sum(points.values())} points" in key


def test_only_what_is_asked_counts() -> None:
    """Who asks for the forward pass alone needs no decimals for gradients."""
    assert own_sheet("mazur", SheetOptions(ask=("forward", "loss"))).policy.decimals == 4


@pytest.mark.parametrize("name", ["mazur", "caispp"])
def test_key_shows_the_second_pass(name: str) -> None:
    """Every sum and every output with the new weights stands in the room of the last question, in the key alone."""
    sheet, numbers = sheet_of(name)
    policy = sheet.policy
    values = solve(sheet_problem(read_problem(name)))
    shown = values.carried if policy.carry else values.exact
    last = sheet.key(numbers, "md").split("Has it helped?")[1]
    for layer, units in enumerate(sheet.problem.network.sizes[1:], 1):
        for unit, kind in ((unit, kind) for unit in range(units) for kind in "za"):
            assert shown.shown(Quantity(kind, layer, unit, step=1)).text in last
    assert last.count("sigma") >= sum(sheet.problem.network.sizes[1:])
    assert "sigma" not in sheet.worksheet(numbers, "md").split("Has it helped?")[1]


def test_exceptions_are_in_the_symbols_of_the_sheet() -> None:
    sheet, numbers = sheet_of("caispp")
    for text in (sheet.worksheet(numbers, "md"), sheet.solution.render("md")):
        told = text.split("Exceptions: ")[1].split("\n")[0]
        assert told.startswith("$z^{(2)}_ {1}$ to four decimals; ") and "`" not in told and ", …, " in told


def test_compact(tmp_path: Path) -> None:
    """The same boxes in the same order and under the same form, on fewer pages, and every formula is printed."""
    sheet, numbers = sheet_of("mazur", compact=True)
    assert sheet.boxes == MAZUR.boxes and numbers.form == MAZUR.numbers().form
    need("pdftoppm")
    both = ((sheet, numbers), sheet_of("mazur"))
    places = [labels(typst_pdf(one.worksheet(given, "typ")), tmp_path) for one, given in both]
    pages = [max(int(place[0]) for place in found) for found in places]
    assert pages[0] <= 4 < 5 < pages[1]
    for format in TEXTS:
        assert MARK.search(sheet.key(numbers, format)) is None
    updates = sheet.worksheet(numbers, "md").split("New weights")[1]
    assert updates.count(r"- \eta \cdot") == 4 and [a.label for a in read_answers(updates)] == ["8a", "8b", "8c", "8d"]
    room = 1 + sum(task.room for question in sheet.document.questions[:-1] for task in question.tasks)
    assert room < 10


def test_form_ids() -> None:
    """The same for the same numbers and choices, another for any other; letters that no hand mixes up."""
    numbers = MAZUR.numbers()
    assert re.fullmatch(f"[{LETTERS}]{{6}}", numbers.form)
    others = [MAZUR.numbers({Quantity("lr"): Decimal("0.6")}).form]
    others += [sheet_of("mazur", **options)[1].form for options in ({"fade": True}, {"decimals": 5}, {"form": "delta"})]
    assert len({numbers.form, *others}) == 5
    assert (
        numbers.form
        == compile_sheet("mazur", SheetOptions(paper="letter")).numbers().form
        == pickle.loads(pickle.dumps(MAZUR)).numbers().form
    )


# -- filling -------------------------------------------------------------------------------------------------


def test_filling() -> None:
    """Brackets and words for negative numbers, signs of equality, and stretches that are left out."""
    marks = [Mark(kind, 0).text for kind in (NUMBER, FACTOR, RELATION, SPOKEN_FACTOR, WORD)]
    text = " | ".join([*marks, f"{Mark(BEGIN, 0).text}[{marks[0]}]{Mark(END, 0).text}", "end"])
    filled = {
        key: [
            Template(text, FORMATS[key]).fill(Filling((number,), (number == "0.5",), ("A & B",), (number == "0.5",)))
            for number in ("-0.5", "0.5")
        ]
        for key in TEXTS
    }
    said = "open bracket minus 0.5 close bracket"
    assert filled["tex"] == [
        rf"-0.5 | (-0.5) | \approx | {said} | A \& B |  | end",
        r"0.5 | 0.5 | = | 0.5 | A \& B | [0.5] | end",
    ]
    assert filled["typ"][0].startswith(f"-0.5 | (-0.5) | approx | {said} | A & B |")
    assert filled["html"][0].startswith(
        '<mrow><mo form="prefix">−</mo><mn>0.5</mn></mrow> | <mrow><mo stretchy="false">('
    )
    assert "≈ |" in filled["html"][0] and "A &amp; B" in filled["html"][0]


def test_a_stretch_must_have_begun() -> None:
    with pytest.raises(ValueError, match="stretch"):
        Template(Mark(BEGIN, 1).text + "a" + Mark(END, 2).text, FORMATS["md"])


VARIANT = {Quantity("W", 1, 0, 0): Decimal("-0.15"), Quantity("W", 2, 1, 1): Decimal("-0.95"),
           Quantity("a", 0, 1): Decimal("0.90"), Quantity("t", unit=0): Decimal("0.55")}  # fmt: skip


def changed(problem: Problem) -> Problem:
    """The problem with the numbers of the variant in its file."""
    table = problem.model_dump(mode="json", exclude_defaults=True, exclude={"name"})
    layers = table["network"]["layers"]
    layers[0]["weights"][0][0], layers[1]["weights"][1][1] = Decimal("-0.15"), Decimal("-0.95")
    table["data"] = {"inputs": [[Decimal("0.05"), Decimal("0.90")]], "targets": [[Decimal("0.55"), Decimal("0.99")]]}
    for layer in layers:
        layer["weights"] = [[Decimal(str(w)) for w in row] for row in layer["weights"]]
        layer["biases"] = Decimal(str(layer["biases"]))
    table["training"]["learning_rate"] = Decimal("0.5")
    return problem_from_dict({k: v for k, v in table.items() if k != "file"})


@pytest.mark.parametrize(("blanks", "form"), [("results", "chain"), ("formulas", "matrix")])
def test_one_sheet_for_all_numbers(blanks: str, form: str) -> None:
    """A variant filled into another's sheet is the same, byte for byte, as one that is made of its own problem."""
    header = Header("A", "1", "", "FORM")
    options = SheetOptions(blanks=blanks, form=form)
    first = compile_sheet("mazur", options)
    own = compile_sheet(changed(read_problem("mazur")), options)
    numbers = first.numbers(VARIANT)
    assert [row[4:] for row in numbers.rows] == [row[4:] for row in own.numbers().rows]
    for format in TEXTS:
        assert first.worksheet(numbers, format, header) == own.worksheet(own.numbers(), format, header)
        assert first.key(numbers, format, header) == own.key(own.numbers(), format, header)


@pytest.mark.parametrize("seed", (0, 1, 2, 4, 6, 7))
def test_random_networks(seed: int) -> None:
    """Batches, softmax, penalties, momentum: no mark stays, every box is one quantity, and the pages compile."""
    options = SheetOptions(
        form=("chain", "delta", "matrix", "index")[seed % 4], blanks=BLANKS[seed % 3], fade=seed == 7
    )
    sheet = compile_sheet(random_network(seed), options)
    numbers = sheet.numbers()
    assert len({box.quantity for box in sheet.boxes}) == len(sheet.boxes) > 3
    for format in TEXTS:
        for text in (sheet.worksheet(numbers, format), sheet.key(numbers, format)):
            assert MARK.search(text) is None
    if seed in (0, 6):
        assert typst_pdf(sheet.key(numbers, "typ"))


# -- answers that are read again -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", example_names("networks"))
def test_filled_sheet_is_read_again(name: str) -> None:
    """Every box of a Markdown sheet has a line; filled in, it says which quantity has which value."""
    sheet, numbers = sheet_of(name)
    text = sheet.worksheet(numbers, "md")
    assert [answer.value for answer in read_answers(text)] == [""] * len(sheet.boxes)
    values = iter(numbers.rows)
    filled = re.sub(r"(?<= = )____$", lambda match: next(values).exact, text, flags=re.MULTILINE)
    read = read_answers(filled)
    assert [(a.label, a.name, a.value) for a in read] == [(r.box, r.name, r.exact) for r in numbers.rows]
    lines = filled.splitlines()
    assert all(a.value in lines[a.line - 1] for a in read)


def test_empty_csv() -> None:
    sheet, numbers = sheet_of("caispp")
    rows = list(csv.reader(io.StringIO(str(sheet.file(numbers, "csv")))))
    assert rows[0] == ["quantity", "name", "value (rounded to 3 decimals, with exceptions)"]
    assert [row[:2] for row in rows[1:]] == [[row.quantity, row.name] for row in numbers.rows]
    assert {row[2] for row in rows[1:]} == {""}
    key = list(csv.DictReader(io.StringIO(str(sheet.file(numbers, "csv", key=True)))))
    assert [row["exact"] for row in key] == [row.exact for row in numbers.rows]


# -- pages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", example_names("networks"))
def test_every_worksheet_is_accessible(name: str) -> None:
    """The compiler's check of PDF/UA-1 passes for the worksheet and its key; the header says who it is for."""
    sheet, numbers = sheet_of(name)
    header = Header('Zoë "Z" O\'Neil #1 & x_2', "s-1_2", "1 May")
    for text in (sheet.worksheet(numbers, "typ", header), sheet.key(numbers, "typ", header)):
        document = typst_pdf(text)
        assert b"pdfuaid:part" in document


def labels(document: bytes, folder: Path) -> list[tuple[str, str, str, str]]:
    """Page, place and text of every box's label."""
    (folder / "page.pdf").write_bytes(document)
    text = subprocess.run(
        ["pdftotext", "-bbox", str(folder / "page.pdf"), "-"], capture_output=True, check=True, text=True
    ).stdout
    found, page = [], 0
    for line in text.splitlines():
        page += "<page" in line
        match = re.search(r'xMin="([\d.]+)" yMin="([\d.]+)".*>(\d+[a-z]+)</word>', line)
        if match:
            found.append((str(page), *match.groups()))
    return sorted(found, key=lambda place: (len(place[3]), place[3]))


@pytest.mark.parametrize("options", [{"compact": True}, {"blanks": "results", "form": "matrix"}])
def test_boxes_stand_still(options: dict[str, object], tmp_path: Path) -> None:
    """In every variant, in the worksheet and in the key, for short and long names."""
    need("pdftoppm")
    sheet = compile_sheet("mazur", SheetOptions(**options))  # type: ignore[arg-type]
    big = {quantity: number * -12 for quantity, number in VARIANT.items()}
    sheets = [
        (sheet.numbers(), Header()),
        (sheet.numbers(VARIANT), Header("Freifrau von Hohenlohe " * 5, "7" * 60, "today")),
    ]
    sheets += [(sheet.numbers(big), Header("B"))]
    places = [labels(typst_pdf(sheet.worksheet(*one)), tmp_path) for one in (((n, "typ", h)) for n, h in sheets)]
    places += [labels(typst_pdf(sheet.key(numbers, "typ", header)), tmp_path) for numbers, header in sheets]
    assert {place[3] for place in places[0]} == {box.label for box in sheet.boxes}
    assert all(place == places[0] for place in places)


FIXED = "#let fixed(height, body) = "
ROOM = "box(width: 100%, height: room, stroke: 0.4pt + luma(70%), inset: (x: 2mm), "


@pytest.mark.parametrize(
    ("name", "options"),
    [(name, {"blanks": blanks}) for name, blanks in zip(example_names("networks"), (*BLANKS, *BLANKS[:3]), strict=True)]
    + [("mazur", {"blanks": "results", "form": "matrix"}), ("rohan", {"fade": True, "form": "chain"})],
)
def test_formulas_fit_their_rows(name: str, options: dict[str, str]) -> None:
    """What is printed is not higher, nor wider, than the place that is kept for it, in the key as well."""
    sheet, numbers = sheet_of(name, **options)
    source = sheet.key(numbers, "typ")
    assert FIXED in source and ROOM in source
    size = "[#metadata((measure(body).height / height, measure(body).width / 1mm)) <size>]"
    source = source.replace(FIXED, f"#let fixed(height, body) = context {{ {size} }} + ")
    size = "context [#metadata((measure(working).height / room, measure(working).width / 1mm)) <size>] + "
    source = source.replace(ROOM, size + ROOM)
    sizes = json.loads(typst.query(source.encode(), "<size>", field="value", ignore_system_fonts=True))
    assert len(sizes) > 8
    assert [
        size for size in sizes if size[0] > 1.001 or size[1] > (103 if len(options) == 1 and name != "caispp" else 170)
    ] == []


@pytest.mark.parametrize(("name", "blanks"), [("caispp", "substitutions")])
def test_one_latex_source(name: str, blanks: str, tmp_path: Path) -> None:
    """The exam class takes it with and without answers; no line is too wide, and the boxes stand still."""
    need("pdflatex")
    sheet, numbers = sheet_of(name, blanks=blanks, paper="letter")
    source, key = sheet.worksheet(numbers, "tex"), sheet.key(numbers, "tex")
    differing = [pair for pair in zip(source.splitlines(), key.splitlines(), strict=True) if pair[0] != pair[1]]
    assert [after for _, after in differing] == ["\\printanswers"]
    assert r"\begin{solutionbox}" in source or blanks == "results"
    places = []
    for text in (source, key):
        log = compile_tex(text, tmp_path)
        assert (log.errors, log.overfull) == ((), ())
        places.append(labels(log.pdf.read_bytes(), tmp_path))
    assert places[0] == places[1] and len(places[0]) == len(sheet.boxes)


def test_html() -> None:
    """Well-formed, self-contained, with a name for every box; the form on every printed page."""
    for sheet, numbers in (sheet_of("mazur"), sheet_of("caispp", blanks="results")):
        for text in (sheet.worksheet(numbers, "html", Header("<b>")), sheet.key(numbers, "html")):
            xml.dom.minidom.parseString(text.partition("\n")[2])
            boxes = re.findall(r'class="box" role="group" aria-label="Box (\w+) for ([^"]+)"', text)
            assert [label for label, _ in boxes] == [box.label for box in sheet.boxes]
            assert "<script" not in text and "src=" not in text and "url(" not in text
            assert f'content: "Form {numbers.form}"' in text
        assert "&lt;b&gt;" in sheet.worksheet(numbers, "html", Header("<b>"))


# -- the command ---------------------------------------------------------------------------------------------


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["worksheet", *arguments])


def test_command_writes(tmp_path: Path) -> None:
    result = run("mazur", "--format", "md,html,tex,csv", "--solution", "-o", str(tmp_path))
    assert result.exit_code == 0, result.output
    names = {path.name for path in tmp_path.iterdir()}
    wanted = {f"mazur.{kind}.{ending}" for kind in ("worksheet", "key", "solution") for ending in ("md", "html")}
    wanted |= {"mazur.worksheet.tex", "mazur.solution.tex", "mazur.worksheet.csv", "mazur.key.csv"}
    assert wanted <= names and "mazur.key.tex" not in names
    assert {tmp_path / name for name in names} == set(map(Path, result.stdout.split()))
    assert result.stderr.startswith("derive: Answers have 5 decimals, because ")
    text = (tmp_path / "mazur.worksheet.md").read_text("utf-8")
    linked = re.findall(r"\]\((.*?\.svg)\)", text)
    assert linked == ["mazur.worksheet.network.svg"] and set(linked) <= names
    sheet = own_sheet("mazur", SheetOptions(pictures="mazur.worksheet"))
    assert text == sheet.worksheet(sheet.numbers(), "md")


def test_command_keeps_what_is_there(tmp_path: Path) -> None:
    """A file in the way: nothing is written, unless forced."""
    (tmp_path / "mazur.key.csv").write_text("mine")
    refused = run("mazur", "--format", "csv", "-o", str(tmp_path))
    assert refused.exit_code == 2 and "--force" in refused.output
    assert [path.name for path in tmp_path.iterdir()] == ["mazur.key.csv"]
    assert run("mazur", "--format", "csv", "-o", str(tmp_path), "--force").exit_code == 0
    assert (tmp_path / "mazur.key.csv").read_text("utf-8").startswith("box,quantity")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--ask", "gardients"), "--ask: expected forward, loss"),
        (("--ask", ","), "--ask: expected one or more"),
        (("--blanks", "result"), 'Did you mean "results"?'),
        (("--blanks", "w5+"), "names of weights such as w1"),
        (("--decimals", "99"), "--decimals: expected a number of decimals from 0 to 20"),
        (("--format", "docx"), "--format: expected pdf, md"),
        (("--form", "matrx"), 'Did you mean "matrix"?'),
    ],
)
def test_command_refuses(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    result = run("mazur", *arguments, "-o", str(tmp_path / "new"))
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert said in result.output and "Traceback" not in result.output


def test_command_prints() -> None:
    assert run("hmkcode", "--format", "md", "-o", "-").output == sheet_of("hmkcode")[0].worksheet(
        sheet_of("hmkcode")[1], "md"
    )


def test_impossible_numbers() -> None:
    with pytest.raises(InputError, match="expected numbers with a result"):
        MAZUR.numbers({Quantity("W", 1, 0, 0): Decimal("-1E+9")})


def test_choices_agree() -> None:
    assert (*BLANKS, PICTURE) == CLI_BLANKS and CLI_TOPICS == TOPICS
