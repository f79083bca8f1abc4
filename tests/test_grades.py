"""Marks on their way back: tables that platforms import, feedback files by their names, results of a grader."""

import csv
import io
import json
import re
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import derive
from derive.cli import main
from derive.mistakes import BY_KEY

STUDENTS = {"s001": "Ada Lovelace", "s002": "=HYPERLINK(1)", "s003": "Emmy Noether", "s004": "Carl Gauß"}
MOODLE = (
    "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,Feedback comments\n"
    "Participant 501,Ada Lovelace,s001,ada@x.org,Submitted,,10.00,\n"
    "Participant 502,=HYPERLINK(1),s002,h@x.org,Submitted,,10.00,\n"
    "Participant 504,Carl_Gauß,s004,c@x.org,Submitted,,10.00,\n"
    "Participant 503,Grace Hopper,s009,g@x.org,No submission,,10.00,\n"
)
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Quiz 1 (77)\n"
    "    Points Possible,,,,,12\n"
    '"Lovelace, Ada",1201,s001,ada,One,3\n'
    '"Noether, Emmy",1203,s003,emmy,Two,\n'
    '"Student, Test",1299,,x,One,\n'
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class set with work: one student with every first box of a question turned round, the others right."""
    folder = tmp_path_factory.mktemp("grades")
    rows = "".join(f"{one},{name}\n" for one, name in STUDENTS.items())
    (folder / "class.csv").write_text(f"id,name\n{rows}", "utf-8")
    derive.worksheets(
        "mazur", seed=7, roster=folder / "class.csv", output=folder / "quiz", ask=("gradients", "weights")
    )
    with (folder / "quiz" / "keys.csv").open(encoding="utf-8-sig", newline="") as file:
        keys = list(csv.DictReader(file))
    lines = [["student", "form", "quantity", "value"]]
    for key in keys:
        wrong = key["identifier"] == "s002" and key["box"].endswith("a")
        value = f"{-Decimal(key['exact'])}" if wrong else key["exact"]
        lines.append([key["identifier"], key["form"], key["quantity"], value])
    with (folder / "work.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    (folder / "moodle.csv").write_text(MOODLE, "utf-8")
    (folder / "canvas.csv").write_text(CANVAS, "utf-8")
    return folder


def run(place: Path, *arguments: str) -> Any:
    return CliRunner().invoke(main, ["check", str(place / "quiz"), str(place / "work.csv"), *arguments])


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def test_one_row_a_student(place: Path, tmp_path: Path) -> None:
    """`marks` has a row for each student, as the table beside the values has; `csv` keeps a row for each value."""
    assert run(place, "--format", "marks,csv", "--marks", "-o", str(tmp_path)).exit_code == 1
    rows = table(tmp_path / "work.marks.csv")
    assert [(row["id"], row["of"]) for row in rows] == [(one, "16") for one in STUDENTS]
    assert [row["marks"] == "16" for row in rows] == [True, False, True, True]
    assert len(table(tmp_path / "work.class.csv")) == 4 * 16
    printed = run(place, "--format", "marks", "--marks", "-o", "-")
    assert printed.stdout == (tmp_path / "work.marks.csv").read_text("utf-8")


def test_moodle_fills_its_grading_worksheet(place: Path, tmp_path: Path) -> None:
    """Every row stays; points are on the scale of the assignment; whoever has no row is told."""
    found = run(place, "--format", "moodle", "--gradebook", str(place / "moodle.csv"), "-o", str(tmp_path))
    assert found.exit_code == 1 and "no row, or more than one, for Emmy Noether" in found.stderr
    before, after = list(csv.DictReader(io.StringIO(MOODLE))), table(tmp_path / "work.moodle.csv")
    kept = [name for name in before[0] if name not in ("Grade", "Feedback comments")]
    assert [[row[name] for name in kept] for row in after] == [[row[name] for name in kept] for row in before]
    marks = table_of_marks(place, tmp_path)
    assert [row["Grade"] for row in after] == ["10", _scaled(marks["s002"]), "10", ""]
    assert after[0]["Feedback comments"] == "16 of 16 points."
    assert after[1]["Feedback comments"].startswith(f"{marks['s002']} of 16 points. First to look at: dE/dw5 (")


def table_of_marks(place: Path, folder: Path) -> dict[str, str]:
    run(place, "--format", "marks", "--marks", "-o", str(folder / "plain"))
    return {row["id"]: row["marks"] for row in table(folder / "plain" / "work.marks.csv")}


def _scaled(points: str) -> str:
    scaled = (Decimal(points) * 10 / 16).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    return f"{scaled.normalize():f}"


def test_feedback_is_named_for_the_upload_of_many(place: Path, tmp_path: Path) -> None:
    """Moodle takes a name apart at its underscores: name, participant, then the kind of file."""
    run(place, "--format", "moodle", "--gradebook", str(place / "moodle.csv"), "-o", str(tmp_path))
    archive = zipfile.ZipFile(tmp_path / "work.moodle-feedback.zip")
    parts = [name.split("_", 4) for name in archive.namelist()]
    assert [(name, number) for name, number, *_ in parts] == [
        ("Ada Lovelace", "501"), ("HYPERLINK 1", "502"), ("Carl Gauß", "504"),
    ]  # fmt: skip
    assert all(rest == ["assignsubmission", "file", "feedback.html"] for _, _, *rest in parts)
    assert "HYPERLINK" in archive.read(archive.namelist()[1]).decode()


def test_moodle_without_its_table(place: Path) -> None:
    """A table for the import of grades, in which no name is a formula."""
    text = run(place, "--format", "moodle", "-o", "-").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["ID number"] for row in rows] == [*STUDENTS] and rows[1]["Full name"] == "'=HYPERLINK(1)"
    assert rows[0]["work (points)"] == "16"


def test_canvas_gradebook(place: Path, tmp_path: Path) -> None:
    """Who the students are stands there as Canvas has it; only the new column is uploaded."""
    found = run(place, "--format", "canvas", "--gradebook", str(place / "canvas.csv"), "-o", str(tmp_path))
    assert "2 more" not in found.stderr and "HYPERLINK" in found.stderr and "Carl Gauß" in found.stderr
    assert (tmp_path / "work.canvas.csv").read_text("utf-8") == (
        "Student,ID,SIS User ID,SIS Login ID,Section,work\n"
        "    Points Possible,,,,,16\n"
        '"Lovelace, Ada",1201,s001,ada,One,16\n'
        '"Noether, Emmy",1203,s003,emmy,Two,16\n'
    )


def test_results_of_gradescope(place: Path, tmp_path: Path) -> None:
    """A file for each student: its tests add up to its score."""
    run(place, "--format", "gradescope", "-o", str(tmp_path))
    files = sorted((tmp_path / "work.gradescope").iterdir())
    assert [file.stem for file in files] == [*STUDENTS]
    for file in files:
        results = json.loads(file.read_text("utf-8"), parse_float=Decimal)
        assert sum(test["score"] for test in results["tests"]) == results["score"]
        assert sum(test["max_score"] for test in results["tests"]) == 16 and len(results["tests"]) == 16
        assert all(test["visibility"] == "visible" and test["output_format"] == "text" for test in results["tests"])
    wrong = json.loads(files[1].read_text("utf-8"))["tests"][0]
    assert wrong["score"] == 0 and "sign" in wrong["output"]


def test_results_of_one_sheet(tmp_path: Path) -> None:
    """One submission is what an autograder marks: its results have the name that Gradescope reads."""
    work = tmp_path / "work.csv"
    work.write_text("out_h1,0.5933\nw5+,0.4411\n", "utf-8")
    found = CliRunner().invoke(main, ["check", "mazur", str(work), "--format", "gradescope", "-o", str(tmp_path)])
    assert found.exit_code == 1 and found.stdout == f"{tmp_path / 'results.json'}\n"
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert results["score"] == 2 and [test["max_score"] for test in results["tests"]] == [2, 2]
    assert results["tests"][1]["output"] == (
        "0.4411: mistake. w5+ was computed with a plus sign: the gradient was added to w5. Instead: Subtract learning "
        "rate times gradient from w5: the weight goes against the gradient, downhill."
    )
    written = derive.write_feedback("mazur", work, tmp_path / "again", "gradescope")
    assert [path.name for path in written.paths] == ["results.json"]


KEYS = re.compile(rf"\b(slip-[a-z-]+|{'|'.join(key for key in sorted(BY_KEY) if '-' in key)})\b")
"""What mistakes are called inside of derive."""


@pytest.mark.parametrize("format", ["text", "md", "html", "marks", "moodle", "canvas", "gradescope"])
def test_nothing_for_people_has_keys(place: Path, tmp_path: Path, format: str) -> None:
    """Mistakes and slips are named in words in everything that is no table for programs."""
    with (place / "work.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    rows = [row for row in rows if row[0] == "s004"]
    rows[0][3] = f"{-Decimal(rows[0][3])}"
    work = tmp_path / "slip.csv"
    with work.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows, *[["s001", *row[1:]] for row in rows[:1]]])
    book = ("--gradebook", str(place / f"{format}.csv")) if format in ("moodle", "canvas") else ()
    options = () if format == "text" else ("--format", format, *book, "-o", str(tmp_path / "marks"))
    found = CliRunner().invoke(main, ["check", str(place / "quiz"), str(work), "--marks", *options])
    files = [file for file in tmp_path.rglob("marks/**/*") if file.is_file() and file.suffix != ".zip"]
    texts = [found.output, *(file.read_text("utf-8") for file in files)]
    assert found.exit_code == 1 and bool(files) == (format != "text"), found.output
    assert [KEYS.findall(text) for text in texts] == [[]] * len(texts)
    assert ("the other sign" in re.sub(r"[\s│]+", " ", "".join(texts))) == (format != "canvas")


def test_keys_are_told_from_words() -> None:
    assert KEYS.findall("(slip-sign) or bias-left-out; the bias was left out, sign and all") == [
        "slip-sign",
        "bias-left-out",
    ]


REFUSED = {
    "a table of another platform": (
        ("--format", "csv,moodle", "--gradebook", "canvas.csv"),
        "a grading worksheet of Moodle",
    ),
    "the other way round": (("--format", "csv,canvas", "--gradebook", "moodle.csv"), "a gradebook of Canvas"),
    "no table": (("--format", "csv,canvas", "--gradebook", "nothing.csv"), "a CSV file"),
    "a table without students": (("--format", "moodle", "--gradebook", "numbers.csv"), "columns that name students"),
    "nothing to fill in": (("--format", "csv", "--gradebook", "moodle.csv"), "--format moodle or canvas"),
    "a class on standard output": (("--format", "gradescope", "-o", "-"), "one sheet for standard output"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One message; no table is written."""
    monkeypatch.chdir(tmp_path)
    arguments, message = REFUSED[name]
    (place / "numbers.csv").write_text("a,b\n1,2\n", "utf-8")
    found = run(place, *[str(place / one) if one.endswith(".csv") else one for one in arguments])
    assert found.exit_code == 2 and message in found.stderr and "Traceback" not in found.stderr
    assert list(tmp_path.rglob("*.csv")) == []
