"""Heads of sheets of problems given by equations: all that a head has, in every format, and what is wrong with one."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_sheet_heads import BAD, FORMATS, HEAD, MARKUP, SVG, png
from tools import need

import derive
from derive.cli import main
from derive.render import format_of
from derive.render.pdf import typst_pdf
from derive.solution import problem_of
from derive.spec.sheet import SheetHead
from derive.subject import AnyProblem
from derive.worksheet import SheetOptions, compile_sheet
from derive.worksheet.logo import read_logo

NAMES = ("rnn", "circuit", "adam")


def under(head: dict[str, object], name: str, **keys: object) -> AnyProblem:
    """A built-in example under a head."""
    return problem_of(name).model_copy(update={"sheet": SheetHead.model_validate(head), **keys})


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_a_head_is_text_in_every_format(name: str, format: str) -> None:
    """Every line of the head is there, and markup in it is only text, on the sheet and in the key."""
    sheet = compile_sheet(under(HEAD, name))
    numbers, row = sheet.numbers(), format_of(format)
    minutes = -(-2 * sheet.document.points // 5) * 5
    for key in (False, True):
        text = str(sheet.file(numbers, format, key=key))
        for words in (HEAD["title"], HEAD["course"], "Spring 2026", "Instructor: Ada & Co", "Due: 1 March",
                      f"Time: about {minutes} minutes", MARKUP, "Show your work."):  # fmt: skip
            assert row.text(str(words)) in text, words
        assert "Worksheet:" not in text and numbers.form in text and (format != "html" or "<b>B" not in text)


def test_pages_compile_in_both_engines(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(SVG)
    logo = read_logo(str(tmp_path / "logo.svg"))
    sheet = compile_sheet(under(HEAD | {"logo": "logo.svg", "large": True}, "circuit"), logo=logo)
    numbers = sheet.numbers()
    assert typst_pdf(str(sheet.file(numbers, "typ"))).startswith(b"%PDF")
    assert 'src="data:image/svg+xml;base64,' in str(sheet.file(numbers, "html"))
    need("pdflatex")
    assert bytes(sheet.file(numbers, "pdf", engine="latex")).startswith(b"%PDF")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_points_and_their_table(name: str) -> None:
    """A topic's points are those of each answer, a question's are shared; the table has them with their sum."""
    usual = compile_sheet(problem_of(name))
    whole = usual.document.questions[0].points + 7
    sheet = compile_sheet(under({"points": {"gradients": 3, "1": whole}, "grade_table": True, "footer": False}, name))
    assert sheet.document.questions[0].points == whole
    gradients = [box.points for box in sheet.boxes if box.quantity.kind == "gradient"] or [3]
    assert set(gradients) == {3}
    rows = sheet.numbers().rows
    assert sum(row.points for row in rows) == sheet.document.points == sum(box.points for box in sheet.boxes)
    table = str(sheet.file(sheet.numbers(), "md")).split("| Points |")[1].splitlines()[0]
    points = [int(cell) for cell in re.findall(r"\d+", table)]
    assert points == [*(one.points for one in sheet.document.questions), sheet.document.points]
    assert "footer: none" in str(sheet.file(sheet.numbers(), "typ"))


@pytest.mark.parametrize("format", [*FORMATS, "csv"])
@pytest.mark.parametrize("name", NAMES)
def test_decimal_commas_everywhere(name: str, format: str) -> None:
    """No number with a point is left on the sheet or in its key; a table for programs has points."""
    sheet = compile_sheet(under({"grade_table": True}, name, decimal_comma=True))
    numbers = sheet.numbers()
    for key in (False, True):
        text = str(sheet.file(numbers, format, key=key))
        if format == "md":
            assert re.findall(r"\d\.\d", text) == [] and (re.search(r"\d(\{,\}|,)\d", text) is not None)
        elif format == "csv":
            assert not re.search(r"\d,\d{3,}", text.replace(",", ", ")) and (not key or re.search(r"\d\.\d", text))
        else:
            shown = [row.exact for row in numbers.rows if "." in row.exact][:6]
            assert all(one not in text for one in shown if len(one) > 5) or format == "typ", shown


@pytest.mark.parametrize(("text", "logo", "said"), BAD, ids=[row[0][:24] for row in BAD])
def test_one_message_and_nothing_written(text: str, logo: bytes | None, said: str, tmp_path: Path) -> None:
    (tmp_path / "head.toml").write_text(text, "utf-8")
    if logo is not None:
        (tmp_path / text.split('"')[1]).write_bytes(logo)
    arguments = ["worksheet", "circuit", "--head", str(tmp_path / "head.toml"), "--format", "html", "-o"]
    result = CliRunner().invoke(main, [*arguments, str(tmp_path / "out")])
    said = said.replace("from 1 to 10,", "from 1 to 3,").replace("at least 4 points", "at least")
    assert result.exit_code == 2 and said.split("at least")[0] in result.output, result.output
    assert "Traceback" not in result.output and not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["mazur", "circuit"])
@pytest.mark.parametrize("file", ["big.svg", "big.png", "big.txt"])
def test_a_logo_of_100_megabytes_is_not_read(name: str, file: str, tmp_path: Path) -> None:
    with (tmp_path / file).open("wb") as big:
        big.write(SVG.encode() if file.endswith("svg") else png())
        big.truncate(100_000_000)
    (tmp_path / "head.toml").write_text(f'logo = "{file}"', "utf-8")
    arguments = [
        "worksheet",
        name,
        "--head",
        str(tmp_path / "head.toml"),
        "--format",
        "html",
        "-o",
        str(tmp_path / "o"),
    ]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2 and "expected a logo of at most 500 kB, found a larger file" in result.output
    assert not (tmp_path / "o").exists()


def test_a_network_and_equations_on_one_sheet(tmp_path: Path) -> None:
    """Questions are numbered through, under one head, with one key; each part is judged by its own problem."""
    (tmp_path / "head.toml").write_text('course = "C"\ngrade_table = true\ntime = 20\n', "utf-8")
    arguments = ["worksheet", "hmkcode", "circuit", "--head", str(tmp_path / "head.toml"), "--format", "md,html,tex"]
    result = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path)])
    assert result.exit_code == 0, result.output
    key = next(tmp_path.glob("*key.md")).read_text("utf-8")
    numbers = [int(number) for number in re.findall(r"^#+ Question (\d+)\.", key, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 6 and key.count("Time: 20 minutes") == 1
    filled = tmp_path / "filled.md"
    filled.write_text(re.sub(r"= \*\*(\S+)\*\* \(.*$", r"= \1", key, flags=re.MULTILINE), "utf-8")
    for name in ("hmkcode", "circuit"):
        (sheet,) = derive.check(name, filled).sheets
        assert sheet.all_right and sheet.count("exact", "rounded") > 4


def test_points_of_a_head_count_where_work_is_marked(tmp_path: Path) -> None:
    """The head that a sheet of equations had is named again to the check."""
    (tmp_path / "head.toml").write_text("[points]\nforward = 4\n", "utf-8")
    found = derive.check("circuit", {"f": "1"}, marks=True, points="worksheet", head=str(tmp_path / "head.toml"))
    usual = derive.check("circuit", {"f": "1"}, marks=True, points="worksheet")
    assert found.scheme is not None and usual.scheme is not None
    sheet = compile_sheet(problem_of("circuit"), SheetOptions())
    forward = [box.quantity for box in sheet.boxes if not str(box.name).startswith("df")][:2]
    assert all(found.scheme.own[one].total == 4 for one in forward)
    assert all(usual.scheme.own[one].total == 1 for one in forward)
