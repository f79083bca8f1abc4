"""`out/` holds the rendered solutions of all built-in examples, and the README says what is true."""

import doctest
import re

import pytest
from tools.needs import ROOT

from derive import solve
from derive.reading import example_names, parse_problem

FORMATS = ("md", "tex")
CASES = [(name, suffix) for name in example_names() for suffix in FORMATS]


@pytest.mark.parametrize(("name", "suffix"), CASES)
def test_out_is_not_stale(name: str, suffix: str, accept: bool) -> None:
    """The committed file is what the program writes today; `pytest tests/test_out.py --accept` rewrites it."""
    path = ROOT / "out" / f"{name}.solution.{suffix}"
    text = solve(name).render(suffix)
    if accept:
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text


def test_out_holds_nothing_else() -> None:
    """No file of a former example stays behind, and none is missing."""
    found = {path.name for path in (ROOT / "out").iterdir()}
    assert found == {f"{name}.solution.{suffix}" for name, suffix in CASES}


def test_readme_quotes_real_output() -> None:
    """Every block of Markdown that the README shows as output stands in the rendered solution of mazur."""
    readme = (ROOT / "README.md").read_text("utf-8")
    start, end = "<!-- from out/mazur.solution.md -->", "<!-- end -->"
    excerpts = [part.split(end)[0].strip() for part in readme.split(start)[1:]]
    solution = (ROOT / "out" / "mazur.solution.md").read_text("utf-8")
    assert excerpts
    assert [excerpt for excerpt in excerpts if excerpt not in solution] == []


def test_readme_python_is_true() -> None:
    """The README's Python session gives what it says."""
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert results.attempted >= 7
    assert results.failed == 0


def test_readme_problem_is_mazur() -> None:
    """The problem file in the README is the built-in example, and the same derivation."""
    (text,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert solve(parse_problem(text)).values_json() == solve("mazur").values_json()
