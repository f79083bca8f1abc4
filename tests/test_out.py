"""`out/` holds the rendered solutions of all built-in examples, and the README says what is true."""

import doctest
import re

import pytest
from tools.needs import ROOT

from derive import check, solve
from derive.model import parse_model, solve_model
from derive.reading import example_names, parse_problem
from derive.variants.own import own_sheet
from derive.worksheet import SheetOptions

FORMATS = ("md", "tex")
CASES = [(name, suffix) for name in example_names("networks") for suffix in FORMATS]
CHECKED = {"mazur.check.md": ("mazur", "tests/data/mazur.csv")}
"""The feedback in `out/`: on which problem, and on which sheet."""


@pytest.mark.parametrize("name", example_names("equations"))
def test_pages_of_equations_are_not_stale(name: str, accept: bool) -> None:
    """The same for the examples that are given by equations."""
    solution = solve(name)
    texts = {f"{name}.solution.{suffix}": solution.render(suffix, pictures=True) for suffix in FORMATS}
    for file, text in (texts | solution.pictures()).items():
        path = ROOT / "out" / file
        if accept:
            path.write_text(text, "utf-8")
        assert path.read_text("utf-8") == text


@pytest.mark.parametrize(("name", "suffix"), CASES)
def test_out_is_not_stale(name: str, suffix: str, accept: bool) -> None:
    """The committed file is what the program writes today; `pytest tests/test_out.py --accept` rewrites it."""
    solution = solve(name)
    texts = {f"{name}.solution.{suffix}": solution.render(suffix, pictures=True)}
    if suffix == "md":
        texts |= solution.pictures()
    for file, text in texts.items():
        path = ROOT / "out" / file
        if accept:
            path.write_text(text, "utf-8")
        assert path.read_text("utf-8") == text


@pytest.mark.parametrize("file", CHECKED)
def test_feedback_is_not_stale(file: str, accept: bool) -> None:
    """The committed feedback is what the program says of the sheet today."""
    problem, sheet = CHECKED[file]
    text = check(problem, ROOT / sheet).render("md")
    path = ROOT / "out" / file
    if accept:
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text


def sheet_files() -> dict[str, str]:
    """The worksheet and the key in `out/`, as `derive worksheet mazur --format md,tex` writes them."""
    sheet = own_sheet("mazur", SheetOptions(pictures="mazur.worksheet"))
    numbers = sheet.numbers()
    files = {f"mazur.worksheet.{ending}": sheet.worksheet(numbers, ending) for ending in FORMATS}
    return files | {"mazur.key.md": sheet.key(numbers, "md")} | sheet.pictures()


def test_worksheet_is_not_stale(accept: bool) -> None:
    for file, text in sheet_files().items():
        path = ROOT / "out" / file
        if accept:
            path.write_text(text, "utf-8")
        assert path.read_text("utf-8") == text


def test_out_holds_nothing_else() -> None:
    """No file of a former example stays behind, none is missing, and no link of the Markdown leads nowhere."""
    found = {path.name for path in (ROOT / "out").iterdir()}
    texts = {name: (ROOT / "out" / f"{name}.solution.md").read_text("utf-8") for name in example_names()}
    shown = {name: re.findall(r"^!\[.*\]\((.*)\)$", text, re.MULTILINE) for name, text in texts.items()}
    assert {len(shown[name]) for name in example_names("networks")} == {2}
    assert all(shown.values())
    pictures = {picture for found in shown.values() for picture in found}
    solutions = {f"{name}.solution.{suffix}" for name in example_names() for suffix in FORMATS}
    assert found == solutions | pictures | set(CHECKED) | set(sheet_files()) | {"audit.md"}


def test_readme_quotes_real_output() -> None:
    """Every block of Markdown that the README shows as output stands in the file that it names."""
    readme = (ROOT / "README.md").read_text("utf-8")
    excerpts = re.findall(r"<!-- from (out/[\w.]+) -->\n(.*?)<!-- end -->", readme, re.DOTALL)
    assert len(excerpts) == readme.count("<!-- from ") >= 2
    assert [file for file, text in excerpts if text.strip() not in (ROOT / file).read_text("utf-8")] == []


def test_readme_python_is_true() -> None:
    """The README's Python session gives what it says."""
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert results.attempted >= 7
    assert results.failed == 0


def test_readme_problem_is_mazur() -> None:
    """The problem file in the README is the built-in example, and the same derivation."""
    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    (text,) = [block for block in blocks if "A step by step" in block]
    assert solve(parse_problem(text)).values_json() == solve("mazur").values_json()


def test_readme_equations_are_true() -> None:
    """The problem with equations in the README has the values that stand below it."""
    readme = (ROOT / "README.md").read_text("utf-8")
    (text,) = [block for block in re.findall(r"```toml\n(.*?)```", readme, re.DOTALL) if "[model]" in block]
    command, values = re.findall(r"\$ derive values rnn.toml (.*)\n({\n.*?\n})", readme, re.DOTALL)[0]
    asked = re.findall(r"--only '?([^'\n]+?)'?(?= --only|$)", command)
    assert solve_model(parse_model(text)).values_json(only=asked) == values
    assert len(asked) == 3
