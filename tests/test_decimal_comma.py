"""Numbers with a comma: in every format and picture, and in nothing that another program reads."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from tools import need
from tools.typesetting import compile_tex

import derive
from derive.cli import main
from derive.expression import Call, Shown
from derive.formula import Printer
from derive.notation import NOTATIONS, Namer, Shape
from derive.reading import read_problem
from derive.render import format_of
from derive.render.pdf import typst_pdf
from derive.worksheet import compile_sheet, dressed

POINT = re.compile(r"(?<![\w.])-?\d+\.\d+(?![\w.])")
HEADING = re.compile(r"^#+ .*$", re.MULTILINE)
FORMATS = ("md", "tex", "html", "typ")
PROBLEM = read_problem("mazur").model_copy(update={"note": None, "story": None})
"""Without the words of its author, which stay as they are written."""
MAZUR = PROBLEM.model_copy(update={"decimal_comma": True})
NUMBERS = [
    ("tex", "-0.15", "-0{,}15", "max(0{,}5;-1{,}25)"),
    ("md", "-0.15", "-0{,}15", "max(0{,}5;-1{,}25)"),
    ("typ", "-0.15", '-0","15', None),
    ("html", "-0.15", '<mrow><mo form="prefix">−</mo><mn>0,15</mn></mrow>', None),
    ("typ", "3", "3", None),
]


@pytest.mark.parametrize(("format", "number", "spelt", "listed"), NUMBERS)
def test_every_dialect_spells_it(format: str, number: str, spelt: str, listed: str | None) -> None:
    """The members of a list are apart by semicolons, so that no comma can be taken for another."""
    printer = Printer(format_of(format, comma=True).dialect, Namer(NOTATIONS["mazur"], Shape((2, 2, 2))))
    assert printer(Shown(number, True)) == spelt
    both = printer(Call("max", (Shown("0.5", True), Shown("-1.25", True))))
    assert both.count(";") == 1 if format != "html" else "<mo>;</mo>" in both
    if listed is not None:
        assert re.sub(r"\\(thinspace |,)|\\|left|right", "", both) == listed
    usual = Printer(format_of(format).dialect, Namer(NOTATIONS["mazur"], Shape((2, 2, 2))))
    assert "," not in usual(Shown(number, True))


@pytest.mark.parametrize("format", FORMATS)
def test_no_point_is_left(format: str) -> None:
    """Neither in the solution nor in a sheet or its key; the same documents with points have hundreds."""
    solution = derive.solve(PROBLEM, detail="full")
    texts = {solution.values.shown(quantity).text for _, quantity in solution.ids()}
    long = [text for text in texts if len(text) > 6]  # no place in a picture and no size has so many digits
    for problem, right in ((MAZUR, False), (PROBLEM, True)):
        whole = derive.solve(problem, detail="full").render(format)
        seen = [text for text in long if text.lstrip("-") in whole]
        assert len(seen) > 30 if right else seen == []
        sheet = compile_sheet(problem)
        numbers = sheet.numbers()
        found = [row.exact for row in numbers.rows if len(row.exact) > 5]
        key = sheet.file(numbers, format, key=True)
        assert len(long) > 30 < len(found) and [one for one in found if (one.lstrip("-") in str(key)) != right] == []


def test_no_point_is_left_at_all() -> None:
    """Markdown has no sizes, so that every number in it can be looked at."""
    for problem, right in ((MAZUR, False), (PROBLEM, True)):
        sheet = compile_sheet(problem)
        details = ("brief", "standard", "full")
        solutions = [derive.solve(problem, detail=detail).render("md") for detail in details]
        texts = [*solutions, sheet.key(sheet.numbers(), "md")]
        for text in texts:
            found = POINT.findall(HEADING.sub("", text))
            assert bool(found) == right and (not right or len(found) > 30), found[:5]


def test_equations_have_it_too() -> None:
    problem = {"title": "A line", "inputs": {"x": Decimal("0.5")}, "parameters": {"w": Decimal("0.25")},
               "model": {"equations": "y = w*x\nL = max(y, 0.3)^2", "loss": "L"}}  # fmt: skip
    text, usual = (
        HEADING.sub("", derive.solve(one).render("md")) for one in (problem | {"decimal_comma": True}, problem)
    )
    assert not POINT.findall(text) and "0{,}125" in text and ";" in text and len(POINT.findall(usual)) > 8


def test_pictures_have_it() -> None:
    pictures = derive.solve(MAZUR).pictures()
    shown = [text for svg in pictures.values() for text in re.findall(r">([^<>]*\d[.,]\d[^<>]*)<", svg)]
    assert len(shown) > 20 and not [text for text in shown if POINT.search(text)]


def test_what_programs_read_keeps_the_point() -> None:
    sheet = compile_sheet(MAZUR)
    numbers = sheet.numbers()
    for key in (False, True):
        assert "," in str(sheet.file(numbers, "csv", key=key)) and "{,}" not in str(sheet.file(numbers, "csv", key=key))
    assert all(Decimal(row.exact) and "," not in row.exact for row in numbers.rows)
    solution = derive.solve(MAZUR)
    assert solution.values_json() == derive.solve(PROBLEM).values_json()
    assert numbers.form == compile_sheet(PROBLEM).numbers().form


def test_a_sheet_filled_with_commas_is_read(tmp_path: Path) -> None:
    """A key in Markdown with commas is right in every answer, whatever the problem itself says."""
    sheet = compile_sheet(MAZUR)
    key = sheet.file(sheet.numbers(), "md", key=True)
    file = tmp_path / "filled.md"
    filled = re.sub(r"= \*\*(\S+)\*\* \(.*$", r"= \1", str(key), flags=re.MULTILINE)
    file.write_text(filled, "utf-8")
    assert re.search(r"= -0,\d{4}$", filled, re.MULTILINE)
    for problem in (MAZUR, PROBLEM):
        (found,) = derive.check(problem, file).sheets
        assert found.all_right and found.count("exact", "rounded") == len(sheet.boxes)


@pytest.mark.parametrize("key", [False, True])
def test_both_engines_set_it(key: bool, tmp_path: Path) -> None:
    sheet = compile_sheet(MAZUR)
    numbers = sheet.numbers()
    assert typst_pdf(str(sheet.file(numbers, "typ", key=key))).startswith(b"%PDF")
    need("pdflatex")
    compile_tex(str(sheet.file(numbers, "tex", key=key)), tmp_path)


def test_the_option_says_it(tmp_path: Path) -> None:
    for command in ("solve", "worksheet"):
        arguments = [command, "mazur", "--decimal-comma", "--format", "md", "-o", str(tmp_path)]
        assert CliRunner().invoke(main, arguments).exit_code == 0
    for name in ("mazur.solution.md", "mazur.key.md"):
        assert "{,}" in (tmp_path / name).read_text("utf-8")
    problem, logo = dressed(PROBLEM, None, ("decimal_comma",))
    assert problem.decimal_comma and logo is None
