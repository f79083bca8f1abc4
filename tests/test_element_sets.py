"""Class sets of problems given by equations: what is drawn, what a draw must meet, and that every sheet is right."""

import csv
import hashlib
import json
import random
import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mpmath import mp, mpf, tanh
from random_equations import random_problem

from derive import worksheets
from derive.check import check
from derive.cli import main
from derive.errors import InputError
from derive.model import ModelProblem, model_from_dict, parse_model
from derive.model.varied import ModelConstraints, ModelVariants
from derive.reading import new_problem_text
from derive.solution import problem_of
from derive.stepwise import Stepwise
from derive.variants.constraints import CONDITIONS, judge
from derive.variants.elements import ElementExercise
from derive.variants.issued import Issued, read_set
from derive.variants.own import own_sheet
from derive.variants.recipe import Recipe, Workshop, workshop
from derive.variants.variant import given_quantity, with_numbers
from derive.worked import WorkedModel
from derive.worksheet import SheetOptions

HERE = Path(__file__).parent
CIRCUIT = HERE / "benchmarks" / "circuit.toml"
D = Decimal


def tables(equations: str, variants: dict[str, Any] | None = None, **others: Any) -> dict[str, Any]:
    """A problem as a table; numbers as texts."""
    given = {
        role: {name: _number(value) for name, value in others.pop(role, {}).items()}
        for role in ("inputs", "parameters", "targets", "constants")
    }
    model = {"equations": equations, **others.pop("model", {})}
    return {"title": "A problem", **given, "model": model, "variants": variants or {}, **others}


def _number(value: Any) -> Any:
    return [_number(part) for part in value] if isinstance(value, list) else D(value)


def place_of(problem: dict[str, Any], decimals: int | None = None) -> Workshop:
    return workshop(Recipe(model_from_dict(problem), SheetOptions(decimals=decimals), "0", ("md",)))


def keys_of(folder: Path) -> dict[str, dict[str, dict[str, str]]]:
    """The rows of the key table, by form and quantity."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    with (folder / "keys.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["form"], {})[row["quantity"]] = row
    return found


def sheets_of(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_text("utf-8"))["sheets"]
    return found


def marks(folder: Path) -> dict[str, str]:
    """What tells the files of a folder apart."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def circuits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty variants of the circuit."""
    folder = tmp_path_factory.mktemp("sets") / "circuit"
    worksheets(CIRCUIT, variants=20, seed=3, format=("md", "csv"), output=folder)
    return folder


# -- numbers


def circuit_by_hand(numbers: dict[str, str]) -> dict[str, Any]:
    """The circuit of ten nodes, value by value and gradient by gradient, as on paper."""
    a, b, c, w, u = (mpf(numbers[name]) for name in "abcwu")
    q = a * b
    s, p = q + c, w * a
    m = max(s, p)
    n = u * m
    h = tanh(n / 4)
    k = h * w
    r = k - c
    d = r**2
    f = d + p * c
    dr = 2 * r
    dh = dr * w
    dn = dh * (1 - h**2) / 4
    dm = dn * u
    dp = c + (dm if p > s else 0)
    found = {"q": q, "s": s, "p": p, "m": m, "n": n, "h": h, "k": k, "r": r, "d": d, "f": f}
    back = {"r": dr, "k": dr, "h": dh, "n": dn, "m": dm, "p": dp, "w": dr * h + dp * a, "u": dn * m}
    return {**found, **{f"df/d{name}": number for name, number in back.items()}}


def test_the_keys_are_those_by_hand(circuits: Path) -> None:
    """Every number of every key beside the circuit worked by another library."""
    keys = keys_of(circuits)
    compared = 0
    with mp.workdps(40):
        for sheet in sheets_of(circuits):
            right = circuit_by_hand(sheet["numbers"])
            for name, row in keys[sheet["form"]].items():
                if name in right:
                    assert abs(mpf(row["exact"]) - right[name]) <= mpf("0.5e-4"), (sheet["form"], name)
                    compared += 1
    assert compared == 20 * 18


def test_sheets_print_their_numbers(circuits: Path) -> None:
    """The drawn numbers stand on the sheet, and none of the problem's own that differ from them."""
    for sheet in sheets_of(circuits):
        text = (circuits / "worksheets" / f"{sheet['key']}.worksheet.md").read_text("utf-8")
        given = text[text.index("**Inputs.**") : text.index("**Rounding.**")]
        said = {piece.split(" = ")[0]: piece.split(" = ")[1] for piece in given.split("$") if " = " in piece}
        assert {name: D(number) for name, number in said.items()} == {n: D(v) for n, v in sheet["numbers"].items()}
    assert len({json.dumps(sheet["numbers"]) for sheet in sheets_of(circuits)}) == 20


def test_a_learning_rate_is_drawn_and_printed(tmp_path: Path) -> None:
    problem = tables(
        "y = w*x\nL = (y - t)^2",
        {"learning_rate": {"choices": [D("0.01"), D("0.02"), D("0.05")]}},
        inputs={"x": "1.5"}, parameters={"w": "0.4"}, targets={"t": "2.5"},
        training={"learning_rate": D("0.1")},
    )  # fmt: skip
    worksheets(problem, variants=8, output=tmp_path / "set")
    keys, rates = keys_of(tmp_path / "set"), set()
    variants = {sheet.form: problem for sheet, problem in _variants(tmp_path / "set")}
    for sheet in sheets_of(tmp_path / "set"):
        numbers = {name: Fraction(number) for name, number in sheet["numbers"].items()}
        rate = numbers["training.learning_rate"]
        rates.add(rate)
        training = variants[sheet["form"]].training
        assert training is not None and training.learning_rate == rate
        text = (tmp_path / "set" / "worksheets" / f"{sheet['key']}.worksheet.md").read_text("utf-8")
        assert sheet["numbers"]["training.learning_rate"] in text
        slope = 2 * (numbers["w"] * numbers["x"] - numbers["t"]) * numbers["x"]
        right = numbers["w"] - rate * slope
        assert abs(Fraction(keys[sheet["form"]]["after[1].w"]["exact"]) - right) <= Fraction(1, 20000)
    assert len(rates) > 1 and Fraction(1, 10) not in rates


def _variants(folder: Path) -> Iterable[tuple[Issued, ModelProblem]]:
    """The sheets of a set with their problems, as those who judge them read them."""
    issued = read_set(folder)
    for sheet in issued.sheets:
        problem = issued.variant(sheet)
        assert isinstance(problem, ModelProblem)
        yield sheet, problem


# -- what is drawn

ONE = {"inputs": {"x": ["1", "0.5", "-2"]}, "parameters": {"w": ["0.3", "0", "0.2"]}, "targets": {"t": "1"}}
LOOKED_UP = {"inputs": {"E": [["0.1", "0.4"], ["0.2", "-0.3"]]}, "parameters": {"v": "0.5"}}
V = {"v": "0.5"}
DRAWN = [
    (tables("f = sum(x*w) + t", **ONE), "x[1] x[2] x[3] w[1] w[3]"),
    (tables("f = sum(x*w) + t", {"targets": {"low": 1, "high": 3}}, **ONE), "x[1] x[2] x[3] w[1] w[3] t"),
    (tables("f = sum(x*w) + t", {"inputs": {"fixed": True}}, **ONE), "w[1] w[3]"),
    (tables("f = sum(x*w) + t", {"quantities": {"x": {"fixed": True}, "w[2]": {"choices": [1]}}}, **ONE),
     "w[1] w[2] w[3]"),
    (tables("f = sum(x*w) + t", {"quantities": {"x[2]": {"fixed": True}}}, **ONE), "x[1] x[3] w[1] w[3]"),
    (tables("f = v*E[k,1]", inputs={**LOOKED_UP["inputs"], "k": "2"}, parameters=V), "E[1,1] E[1,2] E[2,1] E[2,2] v"),
    (tables("f = c*v", constants={"c": "2.5"}, parameters={"v": "0.5"}), "v"),
    (tables("f = c*v", {"constants": {}}, constants={"c": "2.5"}, parameters={"v": "0.5"}), "v c"),
    (tables("f = sum(o*v)", inputs={"o": ["0", "1"]}, parameters={"v": ["0.5", "0.7"]}), "v[1] v[2]"),
]  # fmt: skip


@pytest.mark.parametrize(("problem", "drawn"), DRAWN, ids=[str(number) for number in range(len(DRAWN))])
def test_what_varies(problem: dict[str, Any], drawn: str) -> None:
    """Inputs and parameters that are not 0; indices never; the rest where the author says so."""
    assert [slot.quantity.id for slot in place_of(problem).setting.space.slots] == drawn.split()


def test_ranges_are_the_authors() -> None:
    """Choices, a range with a step, and an element before its array."""
    said = {
        "inputs": {"low": D("0.5"), "high": D("1.5"), "step": D("0.5")},
        "quantities": {"w": {"choices": [D("2"), D("4")]}, "w[2]": {"low": 5, "high": 6, "step": 1}},
    }
    place = place_of(tables("f = x*w[1]*w[2]", said, inputs={"x": "1"}, parameters={"w": ["2", "5"]}))
    assert {slot.quantity.id: [str(one) for one in slot.values] for slot in place.setting.space.slots} == {
        "x": ["0.5", "1.0", "1.5"],
        "w[1]": ["2", "4"],
        "w[2]": ["5", "6"],
    }


WRONG = [
    ({"weights": {}}, "inputs"),
    ({"quantities": {"v[1]": {}}}, "the name or the id of a given number"),
    ({"quantities": {"vv": {"fixed": True}}}, 'Did you mean "v"'),
    ({"quantities": {"f": {"fixed": True}}}, "the name or the id of a given number"),
    ({"quantities": {"k": {"low": 1, "high": 2}}}, "looked up as indices"),
    ({"quantities": {"2x": {}}}, "the name or the id of a given number"),
    ({"learning_rate": {"choices": [0]}}, "greater than 0"),
    ({"constraints": {"branches": "both"}}, "branches"),
    ({"inputs": {"low": 3, "high": 1}}, "3 (low) or more"),
    ({"quantities": {"v": {"choices": [1, 2, 3]}}, "inputs": {"fixed": True}}, "different variants"),
    ({"inputs": {"distinct": True, "choices": [1, 2]}}, "because they must differ"),
]


@pytest.mark.parametrize(("variants", "named"), WRONG, ids=[named for _, named in WRONG])
def test_a_wrong_table_is_told(variants: dict[str, Any], named: str, tmp_path: Path) -> None:
    """One message with the place; nothing is written."""
    problem = tables("f = v*E[k,1]", variants, inputs={**LOOKED_UP["inputs"], "k": "2"}, parameters={"v": "0.5"})
    with pytest.raises(InputError) as error:
        worksheets(problem, variants=10, output=tmp_path / "set")
    assert named in str(error.value) and "variants" in str(error.value) and not (tmp_path / "set").exists()


def test_the_new_file_has_every_key() -> None:
    """What a new file says of variants is all that there is, and is read."""
    text = new_problem_text("A new one", equations=True)
    head, tables_of_variants = text[: text.index("[variants]")], text[text.index("[variants]") :]
    said = re.sub(r"(?m)^# ", "", tables_of_variants).replace("distinct = true", "distinct = false")
    found = parse_model(head + said).variants
    assert found.model_fields_set == set(ModelVariants.model_fields)
    assert found.constraints == ModelConstraints(tie_distance=D("0.005"))
    assert found.constraints.model_fields_set == set(ModelConstraints.model_fields)


def test_a_single_sheet_has_the_decimals_it_needs() -> None:
    """Where a gradient would show one digit, decimals are added, and it is said; an author's decimals stay."""
    problem = tables("f = x*tanh(w)", inputs={"x": "0.0011"}, parameters={"w": "0.9"})
    sheet = own_sheet(problem)
    assert sheet.policy.decimals == 5 and "because at 4 decimals" in sheet.remarks[0]
    sheet = own_sheet(problem, SheetOptions(decimals=4))
    assert sheet.policy.decimals == 4 and "Gradients that show fewer than 2 digits" in " ".join(sheet.remarks)


# -- conditions: a problem, numbers that are refused and those that are not

SIGMOID = tables("z = w*x\na = sigmoid(z)\nf = a*x", inputs={"x": "1"}, parameters={"w": "1"})
NESTED = tables("f = x*tanh(w*x + 0.1)", inputs={"x": "1"}, parameters={"w": "0.5"})
SHARES = tables("p[i] = softmax(w[i] over i)\nf = 3*p[1] + p[2]", parameters={"w": ["0.5", "0.7"]})
OFF = tables("h = relu(w*x)\nf = h*x + w", inputs={"x": "1.5"}, parameters={"w": "0.5"})
EXAMPLES = tables(
    "h[n] = relu(w*x[n])\nf = sum(h[n]*(n + 1) for n)", inputs={"x": ["1.5", "-2"]}, parameters={"w": "0.5"}
)
LARGER = tables("m = max(x*w, x + w)\nf = m^2", inputs={"x": "1.5"}, parameters={"w": "0.5"})
CASES = tables("m = if(w*x > 1, w*x, x)\nf = m^2*w", inputs={"x": "1.5"}, parameters={"w": "0.5"})
POOLED = tables("m = max(w*x[i] for i)\nf = m^2", inputs={"x": ["1.5", "0.7", "-1"]}, parameters={"w": "0.5"})
SOFT = tables("h = relu(z) + z\nz = w*x\nf = h*x", inputs={"x": "1.5"}, parameters={"w": "0.5"})
DISTANCE = tables("f = x^2*abs(w*x - 1)", inputs={"x": "1.5"}, parameters={"w": "2.5"})
OWN = {**LARGER, "variants": {"constraints": {"branches": "own"}}}
TINY = tables("f = w^2*x", inputs={"x": "1"}, parameters={"w": "0.5"})
TRAINED = tables(
    "L = (w*x - 1)^2", inputs={"x": "1"}, parameters={"w": "0.4"}, training={"learning_rate": D("0.1")},
)  # fmt: skip
QUOTIENT = tables("y = w*x\nf = 1/y", inputs={"x": "3"}, parameters={"w": "2"}, rounding={"decimals": 1})
LN = tables("y = ln(w*x)\nf = y^2", inputs={"x": "3"}, parameters={"w": "2"})
FAULTS = [
    ("no_saturated_unit", SIGMOID, {"w": "4"}, {"w": "1.3"}),
    ("no_saturated_unit", SIGMOID, {"w": "-4"}, {"w": "-1.3"}),
    ("no_saturated_unit", NESTED, {"x": "4", "w": "0.8"}, {"x": "4", "w": "0.15"}),
    ("no_saturated_unit", SHARES, {"w[1]": "6", "w[2]": "1"}, {"w[1]": "1.1", "w[2]": "0.6"}),
    ("no_dead_unit", OFF, {"w": "-0.3"}, {"w": "0.3"}),
    ("no_dead_unit", EXAMPLES, {"x[1]": "-1.2", "x[2]": "-2"}, {"x[1]": "-1.2", "x[2]": "2"}),
    ("off_the_corner", LARGER, {"x": "2", "w": "2"}, {"x": "2", "w": "3"}),
    ("off_the_corner", LARGER, {"x": "3", "w": "1.49999"}, {"x": "3", "w": "1.4"}),
    ("off_the_corner", POOLED, {"x[1]": "1.2", "x[2]": "1.2"}, {"x[1]": "1.2", "x[2]": "1.1"}),
    ("off_the_corner", POOLED, {"x[1]": "1.2", "x[3]": "1.20003"}, {"x[1]": "1.2", "x[3]": "1.3"}),
    ("off_the_corner", SOFT, {"w": "0.00001"}, {"w": "0.1"}),
    ("off_the_corner", CASES, {"x": "2", "w": "0.5"}, {"x": "2", "w": "0.7"}),
    ("off_the_corner", CASES, {"x": "3", "w": "0.33334"}, {"x": "3", "w": "0.4"}),
    ("off_the_corner", DISTANCE, {"x": "3", "w": "0.33334"}, {"x": "3", "w": "0.4"}),
    ("own_branches", OWN, {"x": "3", "w": "4"}, {"x": "3", "w": "1.4"}),
    ("significant_digits", TINY, {"x": "0.00037", "w": "0.9"}, {"x": "0.037", "w": "0.9"}),
    ("shown_as_zero", TINY, {"x": "1.1", "w": "0.0031"}, {"x": "1.1", "w": "0.31"}),
    ("tie_distance", TINY, {"x": "1.23455002", "w": "1"}, {"x": "1.2345", "w": "1"}),
    ("loss_decreases", TRAINED, {"x": "4"}, {"x": "2"}),
    ("values_exist", LN, {"w": "-1"}, {"w": "1.2"}),
    ("rounded_values_exist", QUOTIENT, {"x": "0.6", "w": "0.05"}, {"x": "5", "w": "2"}),
]  # fmt: skip
ALLOWED = [
    (SIGMOID, {"allow_saturated": True}, {"w": "4"}),
    (OFF, {"allow_dead": True}, {"w": "-0.3"}),
    (TRAINED, {"loss_decreases": False}, {"x": "4"}),
    (TINY, {"significant_digits": 0}, {"x": "0.00037", "w": "0.9"}),
    (LARGER, {"branches": "own"}, {"x": "3", "w": "1.4"}),
]


def refused(problem: dict[str, Any], numbers: dict[str, str], name: str) -> bool:
    """Whether the condition of that name refuses these numbers; False too where the problem does not want it."""
    place = place_of(problem)
    drawn = {given_quantity(place.recipe.problem, one): D(text) for one, text in numbers.items()}
    rows = tuple(row for row in CONDITIONS if row.name == name and row.wanted(place.setting))
    found = judge(place.setting, drawn, rows)  # type: ignore[arg-type]
    return found is not None and found[0] == name


@pytest.mark.parametrize(("name", "problem", "bad", "good"), FAULTS, ids=[f"{n} {b}" for n, _, b, _ in FAULTS])
def test_conditions_refuse_and_accept(
    name: str, problem: dict[str, Any], bad: dict[str, str], good: dict[str, str]
) -> None:
    """Each condition by what functions are, not by what they are called."""
    assert (refused(problem, bad, name), refused(problem, good, name)) == (True, False)


@pytest.mark.parametrize(("problem", "constraints", "numbers"), ALLOWED, ids=[str(c) for _, c, _ in ALLOWED])
def test_what_the_author_allows(problem: dict[str, Any], constraints: dict[str, Any], numbers: dict[str, str]) -> None:
    allowed = {**problem, "variants": {"constraints": constraints}}
    names = ("no_saturated_unit", "no_dead_unit", "loss_decreases", "significant_digits", "own_branches")
    assert [name for name in names if refused(allowed, numbers, name)] == []


LOSSES = [({"steps": 1}, 1), ({"steps": 2}, 2), ({"steps": 2, "schedule": {"s": [1, 2]}}, 1),
          ({"steps": 3, "schedule": {"s": [1, 2]}}, 0)]  # fmt: skip


@pytest.mark.parametrize(("training", "pairs"), LOSSES, ids=[str(training) for training, _ in LOSSES])
def test_losses_of_the_same_data_are_compared(training: dict[str, Any], pairs: int) -> None:
    """Where every step has its own data, only those of the last step are seen again."""
    problem = tables(
        "L = (w*x[s] - 1)^2", inputs={"x": ["1", "2"], "s": "1"}, parameters={"w": "0.4"},
        training={"learning_rate": D("0.1"), **training},
    )  # fmt: skip
    assert len(place_of(problem).setting.losses) == pairs


def test_a_switch_may_send_nothing_back() -> None:
    """The gradient of what a maximum does not take is 0, which is no lack of digits."""
    problem = tables("m = max(x, w)\nf = m^2", inputs={"x": "1.5"}, parameters={"w": "2.5"})
    assert not refused(problem, {"x": "3", "w": "1"}, "significant_digits")
    assert refused(tables("f = x^2*w", inputs={"x": "1.5"}, parameters={"w": "2.5"}), {"x": "0"}, "significant_digits")


def test_mistakes_are_told_apart() -> None:
    """A path lost or multiplied, a factor or a sign lost, and a step added give other answers."""
    problem = tables(
        "p = x*w\nq = x - w\nr = p^2\nf = p*q - r",
        inputs={"x": "1.5"}, parameters={"w": "0.4"}, training={"learning_rate": D("0.1")},
        variants={"constraints": {"loss_decreases": False}},
    )  # fmt: skip
    place = place_of(problem)
    assert {wrong.key for wrong in place.setting.mistakes} >= {"paths-multiplied", "factor-left-out", "step-added"}
    # With q = p the two factors of the last product are equal.
    assert refused(problem, {"x": "2", "w": "0"}, "distinguishable_mistakes")
    assert not refused(problem, {"x": "1.5", "w": "0.4"}, "distinguishable_mistakes")


# -- both branches


def sides(folder: Path) -> list[bool]:
    return [
        D(sheet["numbers"]["x"]) * D(sheet["numbers"]["w"]) > D(sheet["numbers"]["x"]) + D(sheet["numbers"]["w"])
        for sheet in sheets_of(folder)
    ]


BRANCHES = [("all", 2, {True, False}), ("own", 12, {False}), ("any", 2, None)]


@pytest.mark.parametrize(("branches", "count", "expected"), BRANCHES, ids=[name for name, *_ in BRANCHES])
def test_branches(branches: str, count: int, expected: set[bool] | None, tmp_path: Path) -> None:
    """Two sheets are enough for both sides of a maximum; an author may want that of the problem alone."""
    ranges = {"inputs": {"low": 1, "high": 9, "step": D("0.5")}, "parameters": {"low": 1, "high": 3, "step": D("0.1")}}
    for seed in range(4):
        folder = tmp_path / str(seed)
        problem = {**LARGER, "variants": {**ranges, "constraints": {"branches": branches}}}
        worksheets(problem, variants=count, seed=seed, output=folder)
        assert expected is None or set(sides(folder)) == expected
        said = json.loads((folder / "manifest.json").read_text("utf-8")).get("sides_that_occur", [])
        assert len(said) == (2 if branches == "all" else 0)


# -- sets


def test_every_sheet_is_judged_with_its_own_numbers(circuits: Path, tmp_path: Path) -> None:
    """Right work is right on every sheet; the answers of another sheet are not."""
    keys = keys_of(circuits)
    forms = list(keys)

    def work(shift: int) -> Iterable[list[str]]:
        names = list(keys[forms[0]])
        yield ["form", *names]
        for number, form in enumerate(forms):
            other = keys[forms[(number + shift) % len(forms)]]
            yield [form, *(other[name]["exact"] for name in names)]

    for shift in (0, 1):
        file = tmp_path / f"{shift}.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(work(shift))
        found = check(circuits, file)
        assert len(found.sheets) == 20 and [sheet.form for sheet in found.sheets] == forms
        assert [sheet.all_right for sheet in found.sheets] == [not shift] * 20


def test_marks_are_those_of_the_sheets(circuits: Path, tmp_path: Path) -> None:
    keys = keys_of(circuits)
    form, answers = next(iter(keys.items()))
    file = tmp_path / "work.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["form", *answers], [form, *(row["exact"] for row in answers.values())]])
    score = check(circuits, file, marks=True).scores[0]
    assert score is not None
    assert score.total == score.possible == sum(int(row["points"]) for row in answers.values())


def test_a_set_is_completed_and_shared(circuits: Path, tmp_path: Path) -> None:
    """The same bytes from two processes, and where files were missing."""
    shared = tmp_path / "shared"
    worksheets(CIRCUIT, variants=20, seed=3, format=("md", "csv"), output=shared, jobs=2)
    assert marks(shared) == marks(circuits)
    for name in ("worksheets/0003.worksheet.md", "keys/0007.key.csv"):
        (shared / name).unlink()
    again = worksheets(CIRCUIT, variants=20, seed=3, format=("md", "csv"), output=shared)
    assert (again.files, again.kept) == (80, 78) and marks(shared) == marks(circuits)
    other = worksheets(CIRCUIT, variants=20, seed=4, format=("md", "csv"), output=tmp_path / "other")
    assert other.count == 20 and marks(tmp_path / "other") != marks(circuits)


def test_commands(tmp_path: Path) -> None:
    """A class list, a look at many variants, and a check by the folder."""
    roster = tmp_path / "class.csv"
    roster.write_text("id,name\n17,Ada Lovelace\n18,Blaise Pascal\n", "utf-8")
    folder, runner = tmp_path / "set", CliRunner()
    made = runner.invoke(
        main, ["worksheet", str(CIRCUIT), "--roster", str(roster), "--format", "md", "--solution", "-o", str(folder)]
    )
    assert made.exit_code == 0 and "2 variants, 6 files" in made.output, made.output
    assert sorted(path.name for path in (folder / "solutions").iterdir()) == ["17.solution.md", "18.solution.md"]
    row = next(iter(keys_of(folder).values()))
    work = tmp_path / "work.csv"
    work.write_text(f"id,q,s\n17,{row['q']['exact']},{row['s']['exact']}\n18,99,{row['s']['exact']}\n", "utf-8")
    judged = runner.invoke(main, ["check", str(folder), str(work), "--format", "csv", "-o", str(tmp_path / "out")])
    assert judged.exit_code == 1
    right = [line for line in (tmp_path / "out" / "work.marks.csv").read_text("utf-8").splitlines() if "Ada" in line]
    assert len(right) == 1
    looked = runner.invoke(main, ["stress", str(CIRCUIT), "--variants", "20", "-o", str(tmp_path / "stress")])
    assert looked.exit_code == 0 and "They meet every condition." in looked.output
    assert (tmp_path / "stress" / "circuit.stress.svg").exists()


def test_no_numbers_at_all(tmp_path: Path) -> None:
    """One message says which condition blocks, and what to change; nothing is written."""
    problem = {**SIGMOID, "variants": {"inputs": {"low": 7, "high": 9}, "parameters": {"low": 2, "high": 3}}}
    with pytest.raises(InputError) as error:
        worksheets(problem, variants=3, output=tmp_path / "set")
    assert "no_saturated_unit" in str(error.value) and "allow_saturated = true" in str(error.value)
    assert not (tmp_path / "set").exists()


def test_a_manifest_keeps_every_number(tmp_path: Path) -> None:
    """Fractions, names that are those of keys, many digits: the problem of a manifest is the one that made it."""
    problem = tables(
        "f = sum(title*note) + file*third",
        inputs={"title": ["1.50", "-2"], "file": "0.25"}, parameters={"note": ["0.3", "0.7"]},
    )  # fmt: skip
    problem["constants"] = {"third": "1/3", "name": D("0.1234567890123456789")}
    worksheets(problem, variants=3, output=tmp_path / "set")
    issued = read_set(tmp_path / "set")
    own = model_from_dict(problem)
    for role in ("inputs", "parameters", "constants"):
        assert getattr(issued.problem, role) == getattr(own, role)
    assert issued.problem.model == own.model
    variant = issued.variant(issued.sheets[0])
    assert str(variant.inputs["title"][0]) == issued.sheets[0].numbers["title[1]"]  # type: ignore[union-attr]


STEPS = ("1-circuit", "2-rnn", "8-online", "12-ridge", "9-autoencoder")


def problem_at(name: str | int) -> ModelProblem:
    """A problem of a file, or one drawn by a seed, which has look-ups and conditions."""
    if isinstance(name, int):
        drawn = random_problem(random.Random(f"set-{name}"))
        model = {"equations": drawn.text, "first_index": drawn.first}
        return model_from_dict({"title": "Drawn", **drawn.tables_of(), "model": model})
    found = problem_of(HERE / "data" / "equations" / f"{name}.toml")
    assert isinstance(found, ModelProblem)
    return found


@pytest.mark.parametrize("name", [*STEPS, 1, 2, 3, 6, 11])
def test_every_variant_has_the_same_steps(name: str | int, tmp_path: Path) -> None:
    """What is looked up stays, so that the steps of a variant are those of the problem; and its numbers agree."""
    problem = problem_at(name)
    worksheets(problem, variants=2, seed=5, output=tmp_path / "set")
    own = Stepwise(WorkedModel(problem))
    issued, keys = read_set(tmp_path / "set"), keys_of(tmp_path / "set")
    for sheet in issued.sheets:
        other = Stepwise(WorkedModel(issued.variant(sheet)))  # type: ignore[arg-type]
        for one, two in zip(own.trace.rounds, other.trace.rounds, strict=True):
            assert [(step.target, step.formula) for step in one.steps] == [(s.target, s.formula) for s in two.steps]
        shown = issued.problem.rounding.decimals
        for quantity, row in keys[sheet.form].items():
            right = other.solution.digits(quantity, 30)
            assert abs(mpf(row["exact"]) - mpf(right)) <= mpf(10) ** -shown / 2 * (1 + mpf("1e-9")), quantity


def test_numbers_go_into_their_places() -> None:
    """Arrays count from the author's first index."""
    problem = model_from_dict(
        tables("f = sum(x[i,j] for i, j)*k", inputs={"x": [["1", "2"], ["3", "4"]], "k": "5"}, model={"first_index": 0})
    )
    drawn = {given_quantity(problem, name): D(number) for name, number in (("x[0,1]", "7"), ("k", "9"))}
    changed = with_numbers(problem, drawn)  # type: ignore[arg-type]
    assert changed.inputs == {"x": ((D(1), D(7)), (D(3), D(4))), "k": D(9)}
    assert problem.inputs["k"] == D(5)


@pytest.mark.parametrize("sign", ["+", "-"])
def test_what_is_earned_must_grow(sign: str, tmp_path: Path) -> None:
    """Updates that go along the gradient are to make it larger, those against it smaller."""
    step = {"learning_rate": D("0.1"), "update": f"p' = p {sign} learning_rate*g"}
    problem = tables("J = 1 - (w*x - 1)^2", inputs={"x": "2"}, parameters={"w": "0.3"}, training=step)
    assert ElementExercise(Stepwise(WorkedModel(model_from_dict(problem)))).ascends == (sign == "+")
    worksheets(problem, variants=4, output=tmp_path / "set")
    for key in keys_of(tmp_path / "set").values():
        before, after = (D(key[name]["exact"]) for name in ("J", "after[1].J"))
        assert (after > before) == (sign == "+")
