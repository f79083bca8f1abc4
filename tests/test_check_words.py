"""Reports for people: examples are told in words, and worksheets have the points that stand on them."""

import csv
import io
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_worksheet import SATURATED, TWO_EXAMPLES

import derive
from derive import InputError
from derive.check import Check
from derive.cli import main
from derive.document import Math
from derive.expression import Ref
from derive.quantity import Quantity
from derive.reading import parse_problem, read_problem
from derive.spec.head import with_head
from derive.variants.issued import is_set
from derive.variants.own import own_sheet
from derive.worksheet import Sheet, compile_sheet
from derive.worksheet.head import read_head


def filled(sheet: Sheet) -> str:
    """The Markdown worksheet with the right answers."""
    numbers = sheet.numbers()
    values = iter(numbers.rows)
    return re.sub(r"(?<= = )____$", lambda _: next(values).exact, sheet.worksheet(numbers, "md"), flags=re.MULTILINE)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A problem of two examples, and a class of two whose second student has two errors."""
    folder = tmp_path_factory.mktemp("two")
    problem, work = folder / "two.toml", folder / "class.csv"
    problem.write_text(TWO_EXAMPLES)
    sheet = compile_sheet(problem)
    wrong = {"a[2]": "0.6568", "dL/db": "0.7"}
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["student", "quantity", "value"])
    for student in ("Ada", "Bo"):
        for row in sheet.numbers().rows:
            key = row.quantity.removeprefix("sample[0].")[:5]
            spoilt = student == "Bo" and row.quantity.startswith("sample[0]") and key in ("a[2][", "dL/db")
            writer.writerow(
                [student, row.quantity, wrong.get(key[:4] if key[0] == "a" else key, "9") if spoilt else row.exact]
            )
    work.write_text(file.getvalue())
    return problem, work


def test_examples_are_told_in_words(two: tuple[Path, Path]) -> None:
    """No name such as dL@1/dw2_1_1 on a terminal or in a picture; a list says once which example it is about."""
    found = derive.check(*two)
    assert isinstance(found, Check)
    text = found.text()
    assert "@" not in text and "a2_1 (example 1)" in text and "dL/db1_1 (example 1)" in text
    assert re.search(
        r"Right on every sheet: example 1: z1_1, a1_1,.*; example 2: z1_1,.*; all examples: L, ", text, re.S
    )
    feedback = dict(found.feedback_files("text"))["Bo.txt"]
    assert "a2_1 = q2_1/S2 ≈ 1.1168/2.3296 ≈ 0.4794  (example 1)" in feedback and "@" not in str(feedback)
    (picture,) = found.pictures("class").values()
    printed = re.findall(r"<text[^>]*>([^<]*)", picture)
    assert "dL/db2_1 (example 1)" in printed and not [text for text in printed if "@" in text]
    page = found.feedback(1)
    words = [block for section in page.sections for block in section.blocks if "Right:" in str(block)]
    assert "Right: example 1: " in "".join(getattr(word, "text", "") for word in words[0].words)  # type: ignore[union-attr]
    assert Math(Ref(Quantity("z", 1, 0))) in words[0].words  # type: ignore[union-attr]


def test_one_example_needs_no_words() -> None:
    found = derive.check("mazur", {"out_h1": "0.5933", "w5+": "0.4411"})
    assert "Right: out_h1." in found.text() and "example" not in found.text()


def test_worksheets_have_their_own_points(tmp_path: Path) -> None:
    """What nobody has priced is worth what the sheet says: of a single worksheet, and in a class set."""
    sheet = own_sheet("mazur")
    whole = sum(box.points for box in sheet.boxes)
    work = tmp_path / "ada.md"
    work.write_text(filled(sheet), "utf-8")
    for options, marks in (
        ({"marks": True}, whole),
        ({"marks": True, "follow_through": "1/4"}, whole),
        ({"points": "1+1"}, 2 * len(sheet.boxes)),
    ):
        score = derive.check("mazur", work, **options).scores[0]  # type: ignore[arg-type]
        assert score is not None and (score.total, score.possible) == (marks, marks)
    told = CliRunner().invoke(main, ["check", "mazur", str(work), "--marks"])
    assert (
        f"Marks. {whole} of {whole} points." in told.output and "The points are those of the worksheet" in told.output
    )
    derive.worksheets("hmkcode", variants=2, output=tmp_path / "set")
    own = compile_sheet("hmkcode")
    rows = list(csv.DictReader((tmp_path / "set" / "keys.csv").read_text("utf-8-sig").splitlines()))
    table = "form,quantity,value\n" + "".join(f"{row['form']},{row['quantity']},{row['exact']}\n" for row in rows)
    (tmp_path / "class.csv").write_text(table)
    scores = derive.check(tmp_path / "set", tmp_path / "class.csv", marks=True).scores
    assert {score.possible for score in scores if score} == {sum(box.points for box in own.boxes)} and len(scores) == 2


def test_points_of_a_head_file_count(tmp_path: Path) -> None:
    """A single sheet was made with a head file; whoever marks names the file again."""
    head = tmp_path / "course.toml"
    head.write_text('[points]\ngradients = 2\n"1" = 8\n[words]\nanswer = "Antwort"\n', "utf-8")
    sheet = compile_sheet(with_head(read_problem("mazur"), read_head(str(head))))
    work = tmp_path / "ada.md"
    work.write_text(filled(sheet), "utf-8")
    whole, usual = (sum(box.points for box in one.boxes) for one in (sheet, own_sheet("mazur")))
    assert whole == usual + 8 + 4  # a point more for each of eight gradients, and 8 for the first four answers
    for options in ({"marks": True}, {"points": "worksheet"}):
        score = derive.check("mazur", work, head=str(head), **options).scores[0]  # type: ignore[arg-type]
        assert score is not None and (score.total, score.possible) == (whole, whole)
    told = CliRunner().invoke(main, ["check", "mazur", str(work), "--marks", "--head", str(head)])
    assert f"Marks. {whole} of {whole} points." in told.output
    derive.worksheets("hmkcode", variants=1, output=tmp_path / "set")
    refused = CliRunner().invoke(main, ["check", str(tmp_path / "set"), str(work), "--head", str(head)])
    assert refused.exit_code == 2 and "class set" in refused.output and "--head" in refused.output


def test_a_folder_called_as_an_example_is_no_class_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`derive worksheet mazur -o mazur` writes such a folder; one with a manifest is a set."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mazur").mkdir()
    assert derive.check("mazur", {"out_h1": "0.5933"}).sheets[0].results[0].verdict == "exact"
    with pytest.raises(InputError, match="folder of a class set"):
        derive.check("./mazur", {"out_h1": "0.5933"})
    derive.worksheets("hmkcode", variants=1, output=tmp_path / "hmkcode")
    assert is_set("hmkcode") and not is_set("mazur") and not is_set("nobody")


def test_work_that_is_no_worksheet_has_two_points_each() -> None:
    score = derive.check("mazur", {"out_h1": "0.5933", "net_h1": "0.3775"}, marks=True).scores[0]
    assert score is not None and score.possible == 4


def test_an_answer_without_points_costs_none(tmp_path: Path) -> None:
    """A 0.00000 that is not 0 earns nothing on the sheet, and a wrong one loses nothing."""
    problem = tmp_path / "saturated.toml"
    problem.write_text(SATURATED)
    sheet = own_sheet(parse_problem(SATURATED, file=str(problem)))
    work = tmp_path / "ada.md"
    work.write_text(filled(sheet).replace("`L` = 0.00000", "`L` = 0.5"), "utf-8")
    found = derive.check(problem, work, marks=True)
    whole = sum(box.points for box in sheet.boxes)
    score = found.scores[0]
    assert score is not None and score.possible == whole and found.sheets[0].first_wrong is not None
    assert score.total == whole and len(sheet.boxes) > whole


def test_students_have_the_names_of_the_class_list(tmp_path: Path) -> None:
    """A table of forms or identifiers alone becomes a report with names; a name that is written stays."""
    (tmp_path / "class.csv").write_text("id,name\ns1,Ada Lovelace\ns2,Bo Ek\n", "utf-8")
    derive.worksheets("hmkcode", roster=tmp_path / "class.csv", seed=7, output=tmp_path / "set")
    rows = list(csv.DictReader((tmp_path / "set" / "keys.csv").read_text("utf-8-sig").splitlines()))

    def titles(header: str, of: dict[str, str]) -> list[str | None]:
        lines = [f"{of[row['identifier']] or row['form']},{row['quantity']},{row['exact']}" for row in rows]
        (tmp_path / "work.csv").write_text("\n".join([f"{header},quantity,value", *lines]) + "\n", "utf-8")
        found = derive.check(tmp_path / "set", tmp_path / "work.csv", marks=True)
        assert [sheet.id for sheet in found.sheets if sheet.id] in ([], ["s1", "s2"])
        table = list(csv.DictReader(found.marks_csv().splitlines()))
        assert [row["id"] for row in table] == [sheet.id or "" for sheet in found.sheets]
        assert all(str(sheet.student) in found.text() for sheet in found.sheets)
        return [sheet.student for sheet in found.sheets]

    names: list[str | None] = ["Ada Lovelace (s1)", "Bo Ek (s2)"]
    assert titles("form", {"s1": "", "s2": ""}) == names
    assert titles("id", {"s1": "s1", "s2": "s2"}) == names
    assert titles("student", {"s1": "s1", "s2": "s2"}) == names
