"""Sheets of problems given by equations that ask for letters, shapes or boxes in a picture, and their way back."""

import csv
import io
import math
import operator
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from derive.check import check
from derive.cli import main
from derive.errors import InputError
from derive.expression import Add, Call, Cases, Const, Div, Mul, Neg, Node, Pow, Ref
from derive.quantity import FACTS, Quantity
from derive.solution import problem_of
from derive.variants.own import own_sheet
from derive.worksheet import SheetOptions, dressed
from derive.worksheet.choosing import ChoiceNumbers, ElementChoices
from derive.worksheet.element_finding import ElementFinding
from derive.worksheet.elements import ElementSheet
from derive.worksheet.planted import BAND
from derive.worksheet.sheet import BaseSheet

CIRCUIT = Path(__file__).parent / "benchmarks" / "circuit.toml"
WORDS = Path(__file__).parent / "data" / "equations" / "7-embedding.toml"
FORMATS = ("md", "html", "tex", "typ")
PRINTED = FORMATS[1:]
FUNCTIONS: dict[str, Callable[..., float]] = {
    "exp": math.exp, "ln": math.log, "sqrt": math.sqrt, "tanh": math.tanh, "max": max,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "relu": lambda x: max(x, 0),
}  # fmt: skip
SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
EXAMPLES = ("circuit", "neuron", "rnn", "adam", "softmax-regression", "word-vectors")


@cache
def sheet_of(name: str, **options: object) -> BaseSheet:
    return own_sheet(name, SheetOptions(**options))  # type: ignore[arg-type]


def worked(node: Node, value: Callable[[Quantity], float]) -> float:
    """A formula in floating point, by recursion over its tree."""

    def part(inner: Node) -> float:
        return worked(inner, value)

    match node:
        case Ref(one):
            return value(one)
        case Const(number):
            return float(number)
        case Add(terms):
            return sum(map(part, terms))
        case Mul(factors):
            return math.prod(map(part, factors))
        case Neg(inner):
            return -part(inner)
        case Div(above, below):
            return part(above) / part(below)
        case Pow(base, exponent):
            return part(base) ** part(exponent)
        case Call(name, args):
            return FUNCTIONS[name](*map(part, args))
        case Cases(branches):
            for branch in branches:
                if branch.relation is None or SIGNS[branch.relation](part(branch.left), part(branch.right)):
                    return part(branch.value)
    raise TypeError(f"no value of {node!r}")


def filled(sheet: BaseSheet) -> dict[str, str]:
    return {row.quantity: row.exact for row in sheet.numbers().rows}


# -- numbers to choose from


@pytest.mark.parametrize("name", EXAMPLES)
def test_letters_are_read_back(name: str) -> None:
    """The letters of the key are right; any other one is a mistake, or wrong, in the very box."""
    sheet = sheet_of(name, choice=4)
    assert isinstance(sheet, ElementChoices)
    numbers = sheet.numbers()
    found = check(name, filled(sheet), choice=4).sheets[0]
    assert found.all_right and len(found.results) == len(sheet.boxes) > 4
    other = {one: "B" if letter == "A" else "A" for one, letter in filled(sheet).items() if letter in "ABCD"}
    wrong = check(name, {**filled(sheet), **other}, choice=4).sheets[0]
    assert {one.quantity.id for one in wrong.results if one.verdict == "mistake"} == other.keys()
    for box in sheet.boxes:
        options = numbers.options.get(box.quantity, ())
        texts = [option.text for option in options]
        assert len(set(texts)) == len(texts) and len({len(text.partition(".")[2]) for text in texts}) <= 1


def test_offered_numbers_of_a_circuit_by_hand() -> None:
    """df/dm = (df/dn) u in the circuit: with the upstream, the local derivative or the sign lost."""
    sheet = sheet_of(str(CIRCUIT), choice=5)
    numbers = sheet.numbers()
    assert isinstance(numbers, ChoiceNumbers)
    right = {row.quantity: row.exact for row in sheet_of(str(CIRCUIT)).numbers().rows}
    given = {one.id: number for one, number in numbers.givens.items()}
    (box,) = (box for box in sheet.boxes if box.quantity.id == "df/dm")
    by_title = {one.rewrite.mistake.title: float(one.text) for one in numbers.options[box.quantity] if one.rewrite}
    upstream, local = float(right["df/dn"]), float(given["u"])
    by_hand = {
        "a factor of the chain rule is missing": (upstream, local),
        "sign turned round": (-upstream * local,),
        "factors of the chain rule added": (upstream + local,),
    }
    shared = by_title.keys() & by_hand.keys()
    assert len(shared) >= 2
    for title in shared:
        assert any(abs(by_title[title] - value) < 2e-4 for value in by_hand[title]), (title, by_title)


@pytest.mark.parametrize("format", FORMATS)
def test_the_key_says_where_numbers_come_from(format: str) -> None:
    sheet = sheet_of("rnn", choice=3)
    numbers = sheet.numbers()
    assert isinstance(numbers, ChoiceNumbers)
    key = str(sheet.key(numbers, format))
    titles = {one.rewrite.mistake.title for options in numbers.options.values() for one in options if one.rewrite}
    assert titles and all(title in key for title in titles)
    assert format == "tex" or not any(title in str(sheet.worksheet(numbers, format)) for title in titles)


def test_a_class_of_letters(tmp_path: Path) -> None:
    """Everybody has other numbers and other letters, and the marks of whoever fills in the own key are full."""
    arguments = ["worksheet", str(CIRCUIT), "--choice", "3", "--variants", "3", "--format", "csv"]
    run = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / "set")])
    assert run.exit_code == 0, run.output
    rows = list(csv.DictReader(io.StringIO((tmp_path / "set/keys.csv").read_text("utf-8-sig"))))
    lines = [f"{row['form']},{row['quantity']},{row['exact']}" for row in rows]
    (tmp_path / "work.csv").write_text("\n".join(["form,quantity,value", *lines]), "utf-8")
    found = check(tmp_path / "set", tmp_path / "work.csv", marks=True)
    assert len(found.sheets) == 3 and all(sheet.all_right for sheet in found.sheets)
    letters = {}
    for row in rows:
        letters.setdefault(row["form"], []).append(row["exact"])
    assert len(set(map(tuple, letters.values()))) == 3


# -- shapes and numbers of parameters

BY_HAND = {
    "cnn": "O=4×4 A=4×4 M=2×2 m=4×1 z=2×1 p=2×1 dL/dK=2×2 dL/dW=2×4 dL/dd=2×1 15",
    "attention": "Q=3×2 K=3×2 V=3×2 S=3×3 A=3×3 O=3×2 dL/dWQ=2×2 dL/dWK=2×2 dL/dWV=2×2 12",
    "lstm": "12",
    "softmax-regression": "z=2×3 p=2×3 dL/dW=3×2 dL/db=3×1 9",
}
"""Counted on the equations: shapes of what is computed, of the gradients, and how many numbers are learned."""


@pytest.mark.parametrize("name", BY_HAND)
def test_shapes_by_hand(name: str) -> None:
    *shapes, number = BY_HAND[name].split()
    expected = {f"shape[{shape.partition('=')[0]}]": shape.partition("=")[2] for shape in shapes}
    assert filled(sheet_of(name, ask=("shapes", "parameters"))) == {**expected, "number_of_parameters": number}


SPELT = [
    ("shape[O]", "4x4", "exact"),
    ("shape[dL/dW]", "(2, 4)", "exact"),
    ("shape[dL/dW]", "4 by 2", "wrong"),
    ("shape[z]", "2", "exact"),
    ("shape[z]", "2 x 1", "exact"),
    ("shape[O]", "16", "wrong"),
    ("shape[M]", "", "missing"),
    ("number_of_parameters", "15 parameters", "exact"),
    ("number_of_parameters", "14", "wrong"),
]


@pytest.mark.parametrize(("quantity", "text", "verdict"), SPELT)
def test_shapes_are_read_however_they_are_spelt(quantity: str, text: str, verdict: str) -> None:
    (sheet,) = check("cnn", {"L": "0.5", quantity: text}).sheets
    assert [one.verdict for one in sheet.results if one.quantity.kind in FACTS] == [verdict]


def test_two_layers_are_counted_apart() -> None:
    """Each layer of the library that has parameters, and all together."""
    layer = "use dense(x = {}, y = {}, W = {}, b = {}, z = {}, f = sigmoid)"
    lines = [layer.format(*"xhUcr"), layer.format(*"hyVds"), "L = sum(y)"]
    problem = {
        "title": "Two layers",
        "inputs": {"x": [Decimal("0.5"), 1, 2]},
        "parameters": {
            "U": [[1, 2, 3], [4, 5, 6]], "c": [0, 1], "V": [[3, 1]], "d": [2],
        },
        "model": {"equations": "\n".join(lines)},
    }  # fmt: skip
    numbers = {name: value for name, value in filled(own_sheet(problem, SheetOptions(ask=("parameters",)))).items()}
    assert list(numbers.values()) == ["8", "3", "11"]


def test_facts_stand_before_other_questions() -> None:
    sheet = sheet_of("cnn", ask=("parameters", "loss"))
    assert [box.label for box in sheet.boxes] == ["1a", "2a"]
    alone = sheet_of("cnn", ask=("shapes",))
    assert "Rounding." not in str(alone.worksheet(alone.numbers(), "md"))
    with pytest.raises(InputError, match="something that the problem has"):
        sheet_of("circuit", ask=("shapes",))


# -- a picture to fill in


def test_boxes_are_the_quantities() -> None:
    """Every value and every gradient has one box; their labels stand in the picture, and the answers are those of the
    sheet without one."""
    sheet, plain = sheet_of("circuit", blanks="picture"), sheet_of("circuit")
    assert isinstance(sheet, ElementSheet)
    (question,) = (one for one in sheet.body.questions if one.sketch is not None)
    assert question.sketch is not None
    tags = {item.tag: item.key for item in question.sketch.empty.items if getattr(item, "tag", "")}
    assert tags == {box.label: box.quantity.id for box in sheet.boxes}
    numbers, usual = filled(sheet), filled(plain)
    assert all(numbers[one] == usual[one] for one in numbers if one in usual)
    values = {"s", "p", "m", "d", "q", "e", "r", "f"}
    assert numbers.keys() == values | {f"df/d{name}" for name in (*(values - {"f"}), "x", "y", "z")}
    assert numbers["df/dq"] == "1" and numbers["df/de"] == "2"


@pytest.mark.parametrize("format", PRINTED)
def test_only_the_key_has_the_numbers(format: str) -> None:
    sheet = sheet_of("circuit", blanks="picture")
    numbers = sheet.numbers()
    answer = numbers.rows[-1].exact
    shown = answer.replace("-", "−") if format != "tex" else answer
    key = str(sheet.key(numbers, format))
    assert shown in key
    if format != "tex":
        assert shown not in str(sheet.worksheet(numbers, format))


def test_a_picture_of_markdown_is_a_file(tmp_path: Path) -> None:
    """Sheet and key refer to a picture of their own, and the lines below are read by `check`."""
    run = CliRunner().invoke(
        main, ["worksheet", "circuit", "--blanks", "picture", "--format", "md", "-o", str(tmp_path)]
    )
    assert run.exit_code == 0, run.output
    for kind, picture in (("worksheet", "circuit"), ("key", "circuit-filled")):
        text = (tmp_path / f"circuit.{kind}.md").read_text("utf-8")
        assert f"(circuit.worksheet.{picture}.svg)" in text
        drawn = (tmp_path / f"circuit.worksheet.{picture}.svg").read_text("utf-8")
        assert ("−5.0131" in drawn) == (kind == "key") and "3.0" in drawn and ">1a<" in drawn
    text = (tmp_path / "circuit.worksheet.md").read_text("utf-8")
    right = filled(sheet_of("circuit", blanks="picture"))
    work = re.sub(r"`([^`]+)` = ____", lambda m: f"`{m[1]}` = {right[m[1]]}", text)
    (tmp_path / "filled.md").write_text(work.replace("= -4.2", "= 4.2", 1), "utf-8")
    (found,) = check("circuit", tmp_path / "filled.md").sheets
    assert len(found.results) == len(right)
    assert [one.quantity.id for one in found.results if one.faulty] == ["df/dd"]


def test_what_is_in_the_picture_is_not_given_away() -> None:
    """The update needs gradients that are asked in the picture: they stand nowhere else."""
    text = str(sheet_of("neuron", blanks="picture").worksheet(sheet_of("neuron", blanks="picture").numbers(), "md"))
    assert "already worked out" not in text


def test_pictures_of_a_class_have_its_numbers(tmp_path: Path) -> None:
    arguments = ["worksheet", str(CIRCUIT), "--blanks", "picture", "--variants", "2", "--format", "html"]
    run = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / "set")])
    assert run.exit_code == 0, run.output
    rows = list(csv.DictReader(io.StringIO((tmp_path / "set/keys.csv").read_text("utf-8-sig"))))
    for number, form in enumerate(dict.fromkeys(row["form"] for row in rows), 1):
        key = (tmp_path / f"set/keys/{number:04}.key.html").read_text("utf-8")
        picture = key[key.index("<svg") : key.index("</svg>")]
        answers = {row["exact"].replace("-", "−") for row in rows if row["form"] == form}
        assert all(f">{answer}<" in picture for answer in answers)


@pytest.mark.parametrize("name", ["mazur", "cnn", "attention"])
def test_what_has_no_circuit_is_told(name: str) -> None:
    with pytest.raises(InputError, match="circuit"):
        sheet_of(name, blanks="picture")


# -- other questions, and their way back

ASKED = [
    ("rnn", "gradients"),
    ("rnn", "paths"),
    ("neuron", "local"),
    ("circuit", "local"),
    ("circuit", "local,gradients"),
    ("circuit", "dp/ds,∂s/∂x,df/dr"),
    ("circuit", "all"),
    ("softmax-regression", "local"),
    ("rnn", "da/dh"),
    ("adam", "weights"),
    ("adam", "loss"),
    ("momentum", "weights,new-loss"),
    ("perceptron", "forward"),
    ("softmax-regression", "dL/dW"),
    ("mazur", "weights"),
]


# s = x + y, p = s*z, m = max(p, y), d = m - x, q = d^2, e = exp(-p), r = 2*e, f = q + r; x = 3, y = -1.2, z = 0.5
LOCAL = {
    "df/dr": "1", "∂r/∂e": "2", "df/dq": "1", "∂q/∂d": "-4.2", "∂d/∂m": "1", "∂e/∂p": "-0.4066", "∂m/∂p": "1",
    "∂p/∂s": "0.5", "∂d/∂x": "-1", "∂s/∂x": "1", "∂m/∂y": "0", "∂s/∂y": "1", "∂p/∂z": "1.8",
}  # fmt: skip


def test_every_local_derivative_of_a_circuit_is_asked() -> None:
    """Also those that are 1, or another value: of a sum, of a product."""
    sheet = sheet_of("circuit", ask=("local",))
    assert {row.name: row.exact for row in sheet.answers(sheet.numbers())} == LOCAL
    # Beside the gradients those of the last step are gradients, which are 1 and asked of nobody.
    both = sheet_of("circuit", ask=("local", "gradients"))
    names = [row.name for row in both.answers(both.numbers())]
    assert LOCAL.keys() - names == {"df/dr", "df/dq"}


@pytest.mark.parametrize("blanks", ["substitutions", "results", "formulas", "all"])
def test_a_local_derivative_that_is_a_number_is_not_printed(blanks: str) -> None:
    """Its formula is the answer; the key says it."""
    sheet = sheet_of("circuit", ask=("∂r/∂e", "∂p/∂s"), blanks=blanks)
    text = sheet.worksheet(sheet.numbers(), "md").partition("## Question")[2]
    assert "= 2" not in text and "= z" not in text
    key = sheet.key(sheet.numbers(), "md")
    assert "**2**" in key and "= z" in key


@pytest.mark.parametrize(("name", "asked"), ASKED)
def test_filled_sheets_of_chosen_questions_are_read(name: str, asked: str, tmp_path: Path) -> None:
    """A Markdown sheet that asks for less has another form and prints what was worked out before; it is judged."""
    run = CliRunner().invoke(main, ["worksheet", name, "--ask", asked, "--format", "md,csv", "-o", str(tmp_path)])
    assert run.exit_code == 0, run.output
    rows = list(csv.DictReader(io.StringIO((tmp_path / f"{name}.key.csv").read_text("utf-8"))))
    right = {row["name"]: row["exact"] for row in rows}
    text = (tmp_path / f"{name}.worksheet.md").read_text("utf-8")
    work = re.sub(r"`([^`]+)` = ____", lambda m: f"`{m[1]}` = {right[m[1]]}", text)
    (tmp_path / "filled.md").write_text(work, "utf-8")
    (found,) = check(name, tmp_path / "filled.md").sheets
    assert len(found.results) == len(right) and found.all_right


def test_a_sheet_with_other_numbers_is_not_judged(tmp_path: Path) -> None:
    arguments = ["worksheet", str(CIRCUIT), "--ask", "gradients", "--variants", "1", "--format", "md"]
    assert CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / "set")]).exit_code == 0
    work = (tmp_path / "set/worksheets/0001.worksheet.md").read_text("utf-8").replace("= ____", "= 1", 1)
    (tmp_path / "filled.md").write_text(work, "utf-8")
    with pytest.raises(InputError, match="own numbers"):
        check(CIRCUIT, tmp_path / "filled.md")


def test_lines_of_single_parameters_are_blank() -> None:
    """Those of an element, or of a whole array; everything else is worked."""
    assert [box.quantity.id for box in sheet_of("neuron", blanks=("w[2]",)).boxes] == ["dL/dw[2]", "after[1].w[2]"]
    both = [box.quantity.id for box in sheet_of("neuron", blanks=("w",)).boxes]
    assert both == ["dL/dw[1]", "dL/dw[2]", "after[1].w[1]", "after[1].w[2]"]
    sheet = sheet_of("neuron", blanks=("w",))
    assert "\\approx 2.0544" in str(sheet.worksheet(sheet.numbers(), "md"))


def test_the_sheet_names_its_own_decimals() -> None:
    """The rule on a sheet has the decimals of its answers, not those of the problem file."""
    sheet = own_sheet("neuron", SheetOptions(decimals=6))
    assert "six decimals" in str(sheet.worksheet(sheet.numbers(), "md"))


# -- a calculation with mistakes

FOUND = [("circuit", 2), ("neuron", 1), ("rnn", 2), ("softmax-regression", 1), ("residual", 2), ("adam", 1)]


@pytest.mark.parametrize(("name", "mistakes"), FOUND)
def test_every_other_line_follows_from_those_above_it(name: str, mistakes: int) -> None:
    """Each line but the wrong ones is what its formula gives with the printed numbers above it, worked in decimals
    by another library; the value of the key is what a wrong line should have."""
    sheet = sheet_of(name, find=mistakes)
    assert isinstance(sheet, ElementFinding)
    numbers = sheet.numbers()
    rows = {row.quantity: row for row in numbers.rows}
    expected = {int(rows[f"line[{n}]"].exact): float(rows[f"value[{n}]"].exact) for n in range(1, mistakes + 1)}
    half = 0.5 * 10**-sheet.policy.decimals
    wrong = {}
    for line in sheet.calculation.lines:
        value = worked(line.item.formula, lambda one: float(numbers.wrong.text(one)))
        if abs(value - float(numbers.wrong.text(line.target))) > half * 1.0001:
            wrong[line.number] = value
    assert wrong.keys() == expected.keys()
    assert all(abs(wrong[number] - expected[number]) <= half * 1.0001 for number in wrong)


@pytest.mark.parametrize(("name", "mistakes"), FOUND)
def test_found_mistakes_are_read_back(name: str, mistakes: int) -> None:
    """The key is right; a wrong line, value or letter is told."""
    right = filled(sheet_of(name, find=mistakes))
    assert check(name, right, find_the_error=mistakes).sheets[0].all_right
    changed = {"line[1]": "1" if right["line[1]"] != "1" else "2", "value[1]": "77.5", "reason[1]": "Z"}
    for quantity, text in changed.items():
        sheet = check(name, {**right, quantity: text}, find_the_error=mistakes).sheets[0]
        assert [one.quantity.id for one in sheet.results if not one.right] == [quantity]


def test_a_class_finds_other_mistakes_of_equal_difficulty(tmp_path: Path) -> None:
    arguments = ["worksheet", str(CIRCUIT), "--find-the-error", "1", "--variants", "6", "--format", "csv,md"]
    run = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / "set")])
    assert run.exit_code == 0, run.output
    rows = list(csv.DictReader(io.StringIO((tmp_path / "set/keys.csv").read_text("utf-8-sig"))))
    lines = [f"{row['form']},{row['quantity']},{row['exact']}" for row in rows]
    (tmp_path / "work.csv").write_text("\n".join(["form,quantity,value", *lines]), "utf-8")
    found = check(tmp_path / "set", tmp_path / "work.csv", marks=True)
    assert len(found.sheets) == 6 and all(sheet.all_right for sheet in found.sheets)
    sheet = sheet_of(str(CIRCUIT), find=1)
    assert isinstance(sheet, ElementFinding)
    (grade,) = sheet.planter.grades
    numbers = {row["exact"] for row in rows if row["quantity"] == "line[1]"}
    by_number = {str(line.number): line for line in sheet.calculation.lines}
    following = [len(sheet.calculation.after(by_number[number])) for number in numbers]
    assert all(grade.following <= count <= grade.following + BAND for count in following)
    assert len({(row["form"], row["exact"]) for row in rows if row["quantity"] == "reason[1]"}) == 6


def test_mistakes_lie_where_they_are_asked() -> None:
    """`--ask` says in which lines; all lines are printed."""
    sheet = sheet_of("circuit", find=1, ask=("gradients",))
    assert isinstance(sheet, ElementFinding)
    (spot,) = sheet.numbers().plan.spots
    assert spot.line.item.topic == "gradients"
    assert len(sheet.calculation.lines) == len(sheet_of("circuit", find=1).calculation.lines)  # type: ignore[attr-defined]


LOST = [(2, None), (3, r"v\(E\[2,1\]\), v\(E\[2,2\]\)"), (4, r"v\(E\[4,1\]\)")]


@pytest.mark.parametrize(("decimals", "named"), LOST)
def test_few_decimals_name_what_was_rounded_to_0(decimals: int, named: str | None) -> None:
    """Adam's average of squares, a divisor, and not the loss far behind it, which then has no value; with 2 decimals
    there is a value, and that 3 would give none is no fault of the sheet."""
    options = SheetOptions(find=1, decimals=decimals)
    if named is None:
        assert own_sheet(WORDS, options).boxes
        return
    with pytest.raises(InputError, match=rf"of after\[1\]\.logp\[1\].*\n.*and not 0: {named}"):
        own_sheet(WORDS, options)


ALONE = [("adam", {}), ("adamw", {"weight_decay": "0.01"}), ("momentum", {"momentum": "0.9"}), ("rmsprop", {})]


@pytest.mark.parametrize(("optimizer", "settings"), ALONE)
def test_mistakes_in_an_optimiser_alone(optimizer: str, settings: dict[str, str]) -> None:
    """Its few lines are enough; that of the new parameter, which nothing follows, has none."""
    training = {"optimizer": optimizer, "learning_rate": "0.1", **settings}
    tables = {"parameters": {"w": [1, -2]}, "constants": {"g": ["0.3", "-0.6"]}, "training": training}
    problem = problem_of({"title": "A", **tables, "model": {"upstream": {"w": "g"}}})
    sheet = own_sheet(problem, SheetOptions(find=1))
    assert isinstance(sheet, ElementFinding)
    numbers = sheet.numbers()
    (spot,) = numbers.plan.spots
    assert 1 <= spot.following <= 1 + BAND and spot.line.item.topic == "weights"
    assert all("0.00" not in power for power in re.findall(r"\^\{([^}]*)\}", str(sheet.key(numbers, "md"))))


@pytest.mark.parametrize("blanks", ["results", "substitutions", "formulas", ("b",), ("w",)])
@pytest.mark.parametrize("name", ["neuron", "rnn"])
def test_more_and_less_is_printed_of_the_same_mistakes(name: str, blanks: str | tuple[str, ...]) -> None:
    """The formula too, the numbers put in, or the result alone; the mistakes, the answers and the form id stay."""
    sheet, usual = sheet_of(name, find=1, blanks=blanks), sheet_of(name, find=1)
    assert isinstance(sheet, ElementFinding)
    numbers = sheet.numbers()
    assert numbers.rows == usual.numbers().rows and numbers.form == usual.numbers().form
    blocks = {
        int(block.rsplit("tag{", 1)[1].split("}")[0]): block.partition(r"\tag")[0]
        for block in str(sheet.worksheet(numbers, "md")).split("$$")
        if "tag{" in block
    }
    assert len(blocks) == len(sheet.calculation.lines)
    for line, item in zip(sheet.calculation.lines, sheet.calculation.items, strict=True):
        relations = len(re.findall(r"(?<!_)=|\\approx", blocks[line.number]))
        bare = blanks == "formulas" or (isinstance(blanks, tuple) and item.of_parameter(blanks))
        assert relations == 1 if bare else relations >= (2 if blanks == "results" else 1), blocks[line.number]


def test_names_of_lines_to_be_bare_are_those_of_parameters() -> None:
    with pytest.raises(InputError, match="names of parameters"):
        sheet_of("neuron", find=1, blanks=("zz",))


@pytest.mark.parametrize(
    "options",
    [
        {"fade": True},
        {"choice": 3},
        {"blanks": "all"},
        {"blanks": "picture"},
        {"ask": ("shapes",)},
        {"ask": ("new-loss",)},
        {"find": 6},
    ],
)
def test_what_does_not_go_with_mistakes_is_told(options: dict[str, object]) -> None:
    with pytest.raises(InputError, match="find-the-error"):
        sheet_of("neuron", **{"find": 1, **options})


def test_what_an_optimiser_begins_with_is_said() -> None:
    """Its averages begin at 0, and no update has been made; a rule without gradients speaks of none."""
    adam, perceptron = (
        str(sheet_of(name).worksheet(sheet_of(name).numbers(), "md")) for name in ("adam", "perceptron")
    )
    assert "Before the first update: $m_{a} = 0$; $v_{a} = 0$" in adam and r"\mathrm{updates} = 0$." in adam
    assert "each from its old value" in perceptron and "gradients" not in perceptron
    assert "$s = 1$" in perceptron and "Before the first update" not in perceptron


def test_boxes_alone() -> None:
    """A sheet to be scanned has neither equations nor formulas."""
    whole, logo = dressed(problem_of("neuron"), None, ("answers_only",))
    sheet = own_sheet(whole, SheetOptions(), logo)
    text = str(sheet.worksheet(sheet.numbers(), "md"))
    assert "$$" not in text and all(f"`{box.name}` = ____" in text for box in sheet.boxes)
