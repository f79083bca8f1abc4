"""Worksheets and keys of problems given by equations: what is asked and printed, and that a filled sheet is right."""

import csv
import io
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_check_equations import NEURON, PATHS

import derive
from derive.check import check
from derive.cli import main
from derive.errors import InputError
from derive.model import model_from_dict
from derive.solution import problem_of, solve
from derive.variants.own import own_sheet
from derive.worksheet import SheetOptions
from derive.worksheet.elements import ElementSheet

FILES = sorted((Path(__file__).parent / "data" / "equations").glob("*.toml"))
DOCS = Path(derive.__file__).parent / "docs" / "files"
FORMATS = ("md", "tex", "html", "typ")


def sheet_of(problem: object, **options: object) -> ElementSheet:
    """The sheet of a problem file or of tables."""
    found = own_sheet(problem_of(problem), SheetOptions(**options))  # type: ignore[arg-type]
    assert isinstance(found, ElementSheet)
    return found


@pytest.fixture
def neuron(tmp_path: Path) -> Path:
    path = tmp_path / "neuron.toml"
    path.write_text(NEURON, "utf-8")
    return path


def test_what_is_asked(neuron: Path) -> None:
    """Values, loss, derivatives, new values, and the loss after them, in the order of the computation."""
    sheet = sheet_of(neuron)
    asked = "z a L dL/da dL/dz dL/dw[1] dL/dw[2] dL/db after[1].w[1] after[1].w[2] after[1].b after[1].L"
    assert [box.quantity.id for box in sheet.boxes] == asked.split()
    assert [box.label for box in sheet.boxes] == [
        "1a",
        "1b",
        "2a",
        "3a",
        "3b",
        "3c",
        "3d",
        "3e",
        "4a",
        "4b",
        "4c",
        "5a",
    ]


def test_the_key_has_the_numbers_of_the_solution(neuron: Path) -> None:
    """Every number of a key is the one that the equations give, rounded as the sheet says."""
    solution = solve(neuron)
    sheet = sheet_of(neuron)
    for row in sheet.numbers().rows:
        right = solution.digits(row.quantity, 12)
        assert abs(float(row.exact) - float(right)) <= 0.5e-4, row


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_filled_sheet_is_right(file: Path) -> None:
    """Every form of every problem is printed, and who fills in the key gets full marks."""
    sheet = sheet_of(file)
    numbers = sheet.numbers()
    for form in FORMATS:
        for key in (False, True):
            text = sheet.file(numbers, form, key=key)
            assert isinstance(text, str) and "Identity(" not in text and "None" not in text
    answers = {row.quantity: row.exact for row in numbers.rows}
    found = check(sheet.solution, answers).sheets[0]
    assert len(found.results) == len(answers) and [one for one in found.results if not one.right] == []


def test_a_filled_table_is_read(neuron: Path) -> None:
    """The empty table of a sheet, filled in as a student does, with its form id."""
    sheet = sheet_of(neuron)
    numbers = sheet.numbers()
    empty = sheet.file(numbers, "csv")
    assert isinstance(empty, str)
    right = {row.quantity: row.exact for row in numbers.rows}
    rows = list(csv.reader(io.StringIO(empty)))
    for row in rows[1:]:
        row[2] = right[row[0]]
    work = neuron.with_name("work.csv")
    with work.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    found = check(neuron, work, points="worksheet")
    assert found.sheets[0].all_right and found.scores[0] is not None


@pytest.mark.parametrize(("word", "asked"), [("dL/dw", 2), ("w", 2), ("dL/dw[2]", 1), ("z", 1), ("weights", 3)])
def test_single_questions(neuron: Path, word: str, asked: int) -> None:
    """A whole array, an element, or a topic."""
    assert len(sheet_of(neuron, ask=(word,)).boxes) == asked


def test_a_path_is_asked_for(tmp_path: Path) -> None:
    """`--ask paths` gives every share a box of its own."""
    path = tmp_path / "paths.toml"
    path.write_text(PATHS, "utf-8")
    boxes = [box.quantity.id for box in sheet_of(path, ask=("paths", "gradients")).boxes]
    assert {"df/dx via q", "df/dx via r", "df/dx"} <= set(boxes)


def test_a_sheet_asks_ahead_what_a_gradient_needs() -> None:
    """The loss ahead is not asked; what is computed on the way to a gradient is."""
    training = {"optimizer": "nesterov", "learning_rate": "0.1", "momentum": "0.9"}
    equations = "y = w^2/2\nE = y*y\nL = 2*E"
    problem = {"title": "A", "parameters": {"w": 1}, "model": {"equations": equations}, "training": training}
    sheet = sheet_of(problem)
    asked = [box.quantity.id for box in sheet.boxes]
    assert "ahead.y" in asked and "ahead.E" not in asked and "ahead.L" not in asked
    assert "ahead to; then all numbers move" in str(sheet.body)


def test_a_loss_of_other_given_numbers_is_no_comparison() -> None:
    """Where what is given changes from step to step, the next loss does not tell whether the update has helped."""
    model = {"equations": "L = (w*x[s] - 1)^2"}
    problem = {"title": "A", "inputs": {"x": [1, 2]}, "parameters": {"w": 2}, "constants": {"s": 1}, "model": model}
    for schedule, title in (({}, "Has it helped?"), ({"schedule": {"s": [1, 2]}}, "Loss of the next step")):
        sheet = sheet_of({**problem, "training": {"learning_rate": "0.1", "steps": 2, **schedule}})
        assert title in str(sheet.body)


def test_each_part_of_a_sheet_by_its_own_problem(tmp_path: Path) -> None:
    """The entries of the other part are not called unknown: one message says that it is another problem's."""
    files = [str(DOCS / f"{name}.toml") for name in ("discriminator", "generator")]
    made = CliRunner().invoke(main, ["worksheet", *files, "--format", "csv", "-o", str(tmp_path)])
    assert made.exit_code == 0, made.output
    sheet, key = (
        list(csv.reader(path.read_text("utf-8").splitlines()))
        for path in (tmp_path / f"discriminator-generator.{kind}.csv" for kind in ("worksheet", "key"))
    )
    exact = key[0].index("exact")
    filled = [sheet[0], *([*row[:2], right[exact], row[3]] for row, right in zip(sheet[1:], key[1:], strict=True))]
    work = tmp_path / "filled.csv"
    work.write_text("\n".join(map(",".join, filled)), "utf-8")
    for file, count in zip(files, (11, 10), strict=True):
        found = check(file, work)
        (own,) = found.sheets
        assert len(own.results) == count and own.first_wrong is None
        assert [fault.expected for fault in found.faults] == ["a worksheet with this problem's own numbers"]


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("exponential", r"e^{-\kappa\thinspace \mathrm{updates}}"),
        ("inverse_time", r"{1 + \kappa\thinspace \mathrm{updates}}"),
    ],
)
def test_a_falling_rate_counts_the_updates_before(kind: str, line: str) -> None:
    """The step less one is the number of updates made, and is written so."""
    training = {"learning_rate": "0.1", "decay": {"kind": kind, "rate": "0.5"}}
    problem = {"title": "A", "parameters": {"w": 2}, "model": {"equations": "L = w^2"}, "training": training}
    sheet = sheet_of(problem)
    text = sheet.worksheet(sheet.numbers(), "md")
    assert line in text and "+ 1 - 1" not in text
    key = {row.quantity: row.exact for row in sheet.numbers().rows}
    assert key["training.learning_rate_now"] == "0.1" and key["after[1].w"] == "1.6"
    assert "`eta_1` = ____" in text and r"\eta_{1} = " in text and "now" not in text


def test_a_falling_rate_is_named_by_its_step(tmp_path: Path) -> None:
    """In the letter of the learning rate, in words where that is the author's; ids are read as before."""
    training = {"learning_rate": "0.1", "decay": {"kind": "inverse_time", "rate": "1"}, "steps": 2}
    work = tmp_path / "work.txt"
    for parameter, names in (("w", ["eta_1", "η_1", "training.learning_rate_now"]), ("eta", ["learning_rate_1"])):
        equations = {"equations": f"L = {parameter}^2"}
        problem = {"title": "A", "parameters": {parameter: 2}, "model": equations, "training": training}
        for name in names:
            for number, right in (("0.1", True), ("0.05", False)):
                work.write_text(f"dL/d{parameter} = 4\n{name} = {number}\n", "utf-8")
                (report,) = derive.check(problem, work).sheets
                assert [report.first_wrong is None, len(report.results)] == [right, 2], (name, number)
        later = names[0].replace("1", "2")
        work.write_text(f"{later} = 0.05\n", "utf-8")
        (report,) = derive.check(problem, work).sheets
        assert report.first_wrong is None and len(report.results) == 1


def test_lines_fade() -> None:
    """The first number is worked, the second has its numbers, the others have room; a short question stays."""
    sheet = sheet_of(Path(__file__).parent / "benchmarks" / "circuit.toml", fade=True)
    whole = sheet_of(Path(__file__).parent / "benchmarks" / "circuit.toml")
    boxes = [box.quantity.id for box in sheet.boxes]
    assert [one.quantity.id for one in whole.boxes if one.quantity.id not in boxes] == ["q", "df/dr"]
    assert [box.label for box in sheet.boxes][:3] == ["1a", "1b", "1c"] and "f" in boxes
    numbers = sheet.numbers()
    text = sheet.file(numbers, "md")
    assert isinstance(text, str)
    first = text[text.index("Question 1") :]
    assert "1.5 \\cdot (-2.0)" in first and "-3" in first[: first.index("Answer 1a")]
    rows = {row.quantity: row.exact for row in numbers.rows}
    found = check(sheet.solution, rows).sheets[0]
    assert found.all_right and len(found.results) == len(boxes)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_faded_sheets_are_printed(file: Path) -> None:
    """Every problem has a box left in each question, in every form, and another form id."""
    sheet = sheet_of(file, fade=True)
    assert all(any(task.boxes for task in one.tasks) for one in sheet.body.questions)
    for form in FORMATS:
        assert "Identity(" not in str(sheet.file(sheet.numbers(), form, key=True))
    assert sheet.numbers().form != sheet_of(file).numbers().form


def test_a_letter_that_is_a_name_is_no_function() -> None:
    """Where a quantity is called e, the exponential is exp: e^n would be a power of it. Elsewhere it is e^n."""
    sheet = sheet_of("neuron")
    text = str(sheet.key(sheet.numbers(), "md"))
    assert r"e = \exp(n)" in text and r"e^{n}" not in text
    other = sheet_of("softmax-regression")
    assert r"e^{z_{1,1}}" in str(other.worksheet(other.numbers(), "md"))


def test_a_sum_of_many_terms_has_its_sign() -> None:
    """The gradient of a kernel is a sum over sixteen windows: written as one, worked out in the key term by term."""
    sheet = sheet_of("cnn")
    key = str(sheet.key(sheet.numbers(), "md"))
    found = re.search(r"K_\{1,1\}\} = (\\sum_\{r=1\}\^\{4\} \\sum_\{c=1\}\^\{4\}.*)", key)
    assert found is not None and r"\cdot I_{r,c}" in found[1]
    working = key[found.end() :].partition("Answer")[0]
    assert working.count(r"\cdot") == 16
    (row,) = [one for one in sheet.numbers().rows if one.quantity == "dL/dK[1,1]"]
    factors = re.findall(r"(\(?-?[\d.]+\)?) \\cdot (\(?-?[\d.]+\)?)", working)
    total = sum(float(one.strip("()")) * float(other.strip("()")) for one, other in factors)
    assert abs(total - float(row.exact)) < 5e-4 and len(factors) == 16


def test_a_learning_rate_that_falls(neuron: Path) -> None:
    """Its sheet is printed, and who fills in the key is right."""
    decay = '[training.decay]\nkind = "exponential"\nrate = 0.9\n'
    neuron.write_text(NEURON + "steps = 2\n" + decay, "utf-8")
    sheet = sheet_of(neuron)
    answers = {row.quantity: row.exact for row in sheet.numbers().rows}
    found = check(sheet.solution, answers).sheets[0]
    assert "after[1].w[1]" in answers and found.all_right and len(found.results) == len(answers)


def test_a_large_problem_is_shortened() -> None:
    """Of many elements some are asked, and the others are given where they are needed."""
    sheet = sheet_of(next(file for file in FILES if "cnn" in file.stem))
    assert 20 < len(sheet.boxes) <= 50 and "are asked" in sheet.remarks[0]
    assert "already worked out" in sheet.file(sheet.numbers(), "md")


def test_carried_results_have_boxes_of_their_own(neuron: Path) -> None:
    """Where every result is rounded on the way, local derivatives are results too."""
    neuron.write_text(NEURON + "[rounding]\ncarry = true\ndecimals = 3\n", "utf-8")
    assert "∂a/∂z" in [box.quantity.id for box in sheet_of(neuron).boxes]


WRONG = (
    ({"ask": ("gradient",)}, "gradients"),
    ({"ask": ("dL/dw[3]",)}, "dL/dw"),
    ({"form": "chain"}, "form"),
    ({"choice": 6}, "--choice"),
    ({"choice": 3, "ask": ("new-loss",)}, "--choice"),
    ({"blanks": "picture", "ask": ("dL/dq",)}, "dL/dq"),
    ({"blanks": ("w[3]",)}, "w[2]"),
    ({"blanks": ("x",)}, "--blanks"),
)


@pytest.mark.parametrize(("options", "named"), WRONG)
def test_what_cannot_be_chosen_is_told(neuron: Path, options: dict[str, object], named: str) -> None:
    """One message that names the option, or the nearest right word."""
    with pytest.raises(InputError) as error:
        sheet_of(neuron, **options)
    assert named in str(error.value)


def test_the_command(neuron: Path) -> None:
    """Sheet and key are written, with the head of a file."""
    head = neuron.with_name("head.toml")
    head.write_text('course = "Neurons"\n', "utf-8")
    out = neuron.with_name("out")
    arguments = ["worksheet", str(neuron), "-o", str(out), "--format", "md,csv", "--head", str(head), "--solution"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert sorted(path.name for path in out.iterdir() if path.suffix != ".svg") == [
        "neuron.key.csv",
        "neuron.key.md",
        "neuron.solution.md",
        "neuron.worksheet.csv",
        "neuron.worksheet.md",
    ]
    assert "Neurons" in (out / "neuron.worksheet.md").read_text("utf-8")


def test_forward_only() -> None:
    """Where there is no loss only values are asked."""
    tables = {"title": "Values", "inputs": {"x": [1, 2]}, "model": {"equations": "y[i] = x[i]^2", "loss": False}}
    assert model_from_dict(tables).title == "Values"
    assert [box.quantity.id for box in sheet_of(tables).boxes] == ["y[1]", "y[2]"]


def test_elements_come_by_their_indices(neuron: Path) -> None:
    """The sweep goes backwards; on the sheet the elements of one array stand in the order of their indices."""
    two = neuron.with_name("two.toml")
    two.write_text(NEURON.replace("[1, 2]", "[1, 2, 3]").replace("-0.4]", "-0.4, 0.2]"), "utf-8")
    asked = [box.quantity.id for box in sheet_of(two).boxes]
    assert [name for name in asked if name.startswith("dL/dw")] == ["dL/dw[1]", "dL/dw[2]", "dL/dw[3]"]
    rnn = [box.quantity.id for box in sheet_of(next(file for file in FILES if "rnn" in file.stem)).boxes]
    assert rnn.index("dL/dh[3]") < rnn.index("dL/dh[2]") < rnn.index("dL/dh[1]")


def test_numbers_are_offered_where_rounding_may_lead_anywhere() -> None:
    """An average of squares that rounds to 0 stands under a root: no number of what follows is surely wrong."""
    problem = {
        "title": "A small gradient under a root",
        "inputs": {"x": "1/8"},
        "parameters": {"w": "1/2", "v": "1/4"},
        "model": {"equations": "h = w*x\nL = 1/2*(v*h)^2"},
        "training": {"optimizer": "rmsprop", "learning_rate": "1/100"},
    }
    sheet = sheet_of(problem, choice=4, ask=("all",), decimals=4)
    offered = {quantity.id: count for quantity, count in sheet.chooser.size.items()}
    assert offered["after[1].w"] == 1 and offered["h"] > 1


def test_powers_with_calculated_exponents_have_ranges() -> None:
    """Their slope is written by cases, one of them at equality, and ranges of correct work are made of it."""
    problem = {"title": "A", "parameters": {"a": "1.5", "b": "2.5"}, "model": {"equations": "L = a^b + b^a"}}
    rows = {row.quantity: row for row in sheet_of(problem).numbers().rows}
    assert rows["L"].exact == rows["L"].low == rows["L"].high == "6.7085"
    assert rows["dL/da"].exact == "8.2148" and float(rows["dL/da"].low) <= 8.2148 <= float(rows["dL/da"].high)


UNBOUNDED = {
    "title": "A",
    "parameters": {"w": "0.02"},
    "model": {"equations": "L = w^2/1000"},
    "training": {"optimizer": "rmsprop", "learning_rate": "0.01"},
}


@pytest.mark.parametrize("platform", ["moodle", "gift", "qti21", "canvas"])
def test_a_number_without_a_range_goes_to_every_platform(platform: str, tmp_path: Path) -> None:
    """Where rounding on the way may divide by 0, the exact number and the one all rounded are right."""
    sheet = sheet_of(UNBOUNDED)
    assert [row.quantity for row in sheet.numbers().rows if not row.low] != []
    file = tmp_path / "unbounded.toml"
    lines = "[parameters]\nw = 0.02\n[model]\nequations = 'L = w^2/1000'\n[training]\noptimizer = 'rmsprop'\n"
    file.write_text(f"title = 'A'\n{lines}learning_rate = 0.01\n", "utf-8")
    run = CliRunner().invoke(
        main, ["export", str(file), "--to", platform, "--ask", "after[1].w", "-o", str(tmp_path / "out")]
    )
    assert run.exception is None and run.exit_code == 0, run.output
