"""Sheets of a class set are judged with their own numbers, and sheets that print others are not judged at all."""

import csv
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from click.testing import Result as Run

import derive
from derive import solve
from derive.check import Judge, opened
from derive.check.numbers_of import SetNumbers
from derive.cli import main
from derive.expression import Ref
from derive.reading import example_names, problem_from_dict, read_problem
from derive.variants.issued import _with_numbers, read_set
from derive.work import Names, Sheet, read_text

ROSTER = "id,name\ns001,Ada Lovelace\ns002,Carl Gauß\ns003,Emmy Noether\n"
RELU = {
    "title": "One rectified unit in front",
    "network": {
        "inputs": 2,
        "layers": [
            {"units": 2, "activation": "relu", "weights": [["0.5", "0.4"], ["0.3", "-0.6"]], "biases": ["0.1", "0.2"]},
            {"units": 1, "activation": "linear", "weights": [["0.7", "-0.2"]], "biases": ["0.1"]},
        ],
    },
    "data": {"inputs": [["0.5", "0.8"]], "targets": [["1"]]},
    "loss": {"name": "half_squared_error"},
    "training": {"learning_rate": "0.1"},
    "rounding": {"decimals": 4},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three worksheets of mazur for a class, `quiz`, three with numbers only, `other`, and all of `quiz` filled in."""
    place = tmp_path_factory.mktemp("sets")
    (place / "class.csv").write_text(ROSTER, "utf-8")
    derive.worksheets("mazur", seed=7, format=["md", "csv"], output=place / "quiz", roster=place / "class.csv")
    derive.worksheets("mazur", 3, seed=7, output=place / "other")
    (place / "filled").mkdir()
    for sheet in sorted((place / "quiz" / "worksheets").glob("*.md")):
        (place / "filled" / sheet.name).write_text(filled(place / "quiz", sheet), "utf-8")
    return place


def keys(folder: Path) -> list[dict[str, str]]:
    """The answers of a set, from its key table."""
    with (folder / "keys.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def filled(folder: Path, sheet: Path, **wrong: str) -> str:
    """A worksheet with the right answers, but for some boxes."""
    text = sheet.read_text("utf-8")
    form = re.findall(r"\*\*Form ([\w-]+)\*\*", text)[0]
    answers = {row["box"]: row["exact"] for row in keys(folder) if row["form"] == form} | {
        f"{box[1:]}{box[0]}": value for box, value in wrong.items()
    }
    return re.sub(r"^(Answer (\w+): .* = )____$", lambda m: m[1] + answers[m[2]], text, flags=re.MULTILINE)


def run(*arguments: object) -> Run:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def sheet_of(folder: Path, set_: str, name: str) -> Path:
    return folder / set_ / "worksheets" / f"{name}.worksheet.md"


def table(folder: Path, set_: str, *columns: str) -> str:
    """A class file of a whole set: a row for each answer, with these columns of the key table beside it."""
    lines = [",".join((*columns, "quantity", "value"))]
    for row in keys(folder / set_):
        who = {**row, "id": row["identifier"], "student": row["identifier"]}
        lines.append(",".join([*(who[column] for column in columns), row["quantity"], row["exact"]]))
    return "\n".join(lines) + "\n"


def test_a_folder_of_right_sheets_is_right(folder: Path) -> None:
    told = run(folder / "quiz", folder / "filled", "--marks", "--points", "worksheet")
    assert told.exit_code == 0, told.output
    assert "3 are right throughout" in told.output and "43 of 43 points" in told.output
    found = derive.check(folder / "quiz" / "manifest.json", sorted((folder / "filled").iterdir()))
    assert [sheet.student for sheet in found.sheets] == [
        "Ada Lovelace (s001)",
        "Carl Gauß (s002)",
        "Emmy Noether (s003)",
    ]
    assert {sheet.policy.origin for sheet in found.sheets} == {"worksheet"}
    assert found.variants[0].text("w1") == "0.50" != found.variants[1].text("w1")


@pytest.mark.parametrize("columns", [("form",), ("id",), ("student",), ("form", "student"), ("name", "form")])
def test_class_files_name_the_variant(folder: Path, tmp_path: Path, columns: tuple[str, ...]) -> None:
    work = tmp_path / "work.csv"
    work.write_text(table(folder, "quiz", *columns), "utf-8")
    found = derive.check(folder / "quiz", work)
    assert len(found.sheets) == 3 and not found.findings


def test_a_wide_table_json_and_a_filled_csv_sheet(folder: Path, tmp_path: Path) -> None:
    """The other forms in which answers come."""
    rows = [row for row in keys(folder / "other") if row["quantity"] in ("z[1][0]", "a[1][0]")]
    wide, objects = ["form,net_h1,out_h1"], []
    for first, second in zip(rows[::2], rows[1::2], strict=True):
        wide.append(f"{first['form']},{first['exact']},{second['exact']}")
        objects.append({"form": first["form"], "net_h1": first["exact"], "out_h1": second["exact"]})
    for name, text in (("wide.csv", "\n".join(wide)), ("work.json", json.dumps(objects))):
        (tmp_path / name).write_text(text, "utf-8")
        found = derive.check(folder / "other", tmp_path / name)
        assert len(found.sheets) == 3 and not found.findings, name
        assert [sheet.student for sheet in found.sheets] == [f"form {row['form']}" for row in rows[::2]]
    own = {row["quantity"]: row["exact"] for row in keys(folder / "quiz") if row["identifier"] == "s002"}
    empty = (folder / "quiz" / "worksheets" / "s002.worksheet.csv").read_text("utf-8").splitlines()
    # Typed with decimal commas, which cut cells in two.
    lines = [",".join([*line.split(",")[:2], own[line.split(",")[0]].replace(".", ","), line.split(",")[3]])
             for line in empty[1:]]  # fmt: skip
    (tmp_path / "s.csv").write_text("\n".join([empty[0], *lines]), "utf-8")
    found = derive.check(folder / "quiz", tmp_path / "s.csv")
    assert not found.findings and len(found.sheets[0].results) == len(own)


def test_finer_answers_are_right(folder: Path, tmp_path: Path) -> None:
    """Somebody who goes on with all digits, or with those of the sheet, and leaves steps out."""
    issued = read_set(folder / "quiz")
    exact = solve(issued.variant(issued.sheets[0]))
    for digits in ("0.000001", "0.0001"):
        places = len(digits) - 2
        values = {name: exact.exact.compute(Ref(exact.quantity(name)), places).text for name in ("dE/dw1", "w1+", "E")}
        (tmp_path / "w.json").write_text(json.dumps({"id": "s001", **values}), "utf-8")
        assert not derive.check(folder / "quiz", tmp_path / "w.json").findings


def test_a_mistake_is_named_with_the_numbers_of_the_sheet(folder: Path, tmp_path: Path) -> None:
    issued = read_set(folder / "quiz")
    mine = solve(issued.variant(issued.sheets[1]))
    row = next(r for r in keys(folder / "quiz") if r["identifier"] == "s002" and r["symbol"] == "w5+")
    old, new = (Decimal(mine.text(name)) for name in ("w5", "w5+"))
    added = f"{2 * old - new:.4f}"
    sheet = sheet_of(folder, "quiz", "s002")
    (tmp_path / "s002.md").write_text(filled(folder / "quiz", sheet, **{row["box"][-1] + row["box"][:-1]: added}))
    found = derive.check(folder / "quiz", [tmp_path / "s002.md", folder / "filled" / "s001.worksheet.md"])
    first = found.sheets[0].first_wrong
    assert first is not None and first.quantity.id == "W_new[2][0][0]"
    assert [one.title for one in first.explanations] == ["gradient added instead of subtracted"]
    assert {q.id: s.text for q, s in first.numbers.items()}["W[2][0][0]"] == mine.text("w5")
    assert not found.sheets[1].findings
    assert [(count.key, count.sheets) for count in found.mistakes] == [("gradient-added", 1)]
    feedback = {name: str(text) for name, text in found.feedback_files("md")}
    assert f"form {row['form']}" in feedback[next(name for name in feedback if name.startswith("Carl"))]


def test_sheets_that_cannot_be_found_are_told_and_not_judged(folder: Path, tmp_path: Path) -> None:
    foreign, known = sheet_of(folder, "other", "0002"), folder / "filled" / "s001.worksheet.md"
    told = run(folder / "quiz", known, foreign)
    assert told.exit_code == 1
    flat = " ".join(told.output.split())
    assert (
        "1 sheet, 40 questions. 1 is right throughout." in flat
        and f'found "{read_set(folder / "other").sheets[1].form}"' in flat
    )
    assert run(folder / "quiz", foreign).exit_code == 2
    for text, message in (
        ("quantity,value\nnet_h1,0.5\n", "found neither"),
        ("student,quantity,value\nNobody,net_h1,0.5\n", '"Nobody" is not in it'),
        ("id,form,quantity,value\ns002,{0},net_h1,0.5\n", 'the form of "s001"'),
        ("form,quantity,value\n{0}X,net_h1,0.5\n", "it is a sheet of another set"),
    ):
        (tmp_path / "w.csv").write_text(text.format(read_set(folder / "quiz").sheets[0].form))
        told = run(folder / "quiz", tmp_path / "w.csv")
        assert told.exit_code == 2 and message.casefold() in " ".join(told.output.split()).casefold(), told.output


def test_one_form_twice_is_told(folder: Path, tmp_path: Path) -> None:
    first = folder / "filled" / "s001.worksheet.md"
    (tmp_path / "again.md").write_text(first.read_text("utf-8"), "utf-8")
    found = derive.check(folder / "quiz", [first, tmp_path / "again.md"])
    assert len(found.sheets) == 2 and [fault.expected for fault in found.faults] == ["every form on one sheet"]


def test_a_sheet_of_a_set_is_refused_by_the_problem(folder: Path, tmp_path: Path) -> None:
    told = run("mazur", folder / "filled" / "s001.worksheet.md")
    assert told.exit_code == 2 and "give the folder of the set" in told.output
    for number, options in enumerate([[], ["--decimals", "3", "--blanks", "all"], ["--form", "matrix"]]):
        CliRunner().invoke(main, ["worksheet", "mazur", "--format", "md", "-o", str(tmp_path / str(number)), *options])
        own = tmp_path / str(number) / "mazur.worksheet.md"
        text = own.read_text("utf-8")
        own.write_text(re.sub(r"^(Answer 1a: .* = )____$", r"\g<1>0.3775", text, flags=re.MULTILINE), "utf-8")
        assert run("mazur", own).exit_code == 0, options


def test_folders_that_are_no_set(folder: Path, tmp_path: Path) -> None:
    work = folder / "filled" / "s001.worksheet.md"
    assert "the folder of a class set, with manifest.json" in run(tmp_path, work).output
    manifest = json.loads((folder / "quiz" / "manifest.json").read_text("utf-8"))
    for change in ({"kind": "other"}, {"finished": False}, {"sheets": [3]}, {"options": {}}, {"problem": {}}):
        (tmp_path / "manifest.json").write_text(json.dumps(manifest | change))
        told = run(tmp_path, work)
        assert told.exit_code == 2 and "Traceback" not in told.output and "manifest" in told.output, change


def test_the_manifest_keeps_every_problem() -> None:
    for name in example_names("networks"):
        problem = read_problem(name)
        data = json.loads(problem.model_dump_json(exclude_defaults=True))
        del data["name"]
        assert problem_from_dict(_with_numbers(data), name).model_copy(update={"file": problem.file}) == problem


def test_shared_judges_have_the_numbers_of_their_variant(folder: Path) -> None:
    """The same values as a derivation from the beginning has, also behind a corner."""
    solution, issued = opened(folder / "quiz")
    assert issued is not None
    base, numbers = Judge(solution), SetNumbers(issued)
    found = [numbers.find(Sheet(id=one.identifier)) for one in issued.sheets]
    judges = [base.with_numbers(solution.renumbered(issued.variant(one))) for one in found]
    assert len({id(judge.program) for judge in judges}) == 1
    for one, judge in zip(issued.sheets, judges, strict=True):
        fresh = solve(issued.variant(one))
        assert judge.trace == fresh.trace
        assert judge.solution.values_json() == fresh.values_json()
        for quantity, number in zip(judge.program.quantities, judge.truth, strict=True):
            true = fresh.exact.numbers.get(quantity, number)
            assert number - true == 0 or (number - true).contains(0), quantity


def test_formulas_are_compared_on_the_side_of_the_variant() -> None:
    """A unit that is on in the problem and off in a variant has another right formula there."""
    problem = problem_from_dict(_with_numbers(RELU))
    off = problem_from_dict(_with_numbers(RELU | {"data": {"inputs": [["-0.5", "-0.8"]], "targets": [["1"]]}}))
    base = solve(problem)
    sheet = read_text("quantity,value\na[1][0],z[1][0]\n", Names(base)).sheets[0]
    verdicts = [
        judge.mark(sheet).results[0].verdict
        for judge in (Judge(base), Judge(base).with_numbers(base.renumbered(off)), Judge(solve(off)))
    ]
    assert verdicts[0] == "exact" and verdicts[1] == verdicts[2] != "exact"
