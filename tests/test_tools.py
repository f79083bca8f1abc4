"""The tools that judge the documents, judged themselves on cases with a known answer."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import LONGEST
from tools import Formula, compile_tex, katex_errors, markdown_formulas
from tools.typesetting import Overfull, overfull_boxes, tex_errors

REPOSITORY = Path(__file__).parents[1]
pytest_plugins = ["pytester"]


def tex_page(body: str) -> str:
    return rf"\documentclass{{article}}\begin{{document}}\noindent {body}\end{{document}}"


# (body of a page, beginning of its first error or None)
PAGES = [
    ("Fine: $a^2$.", None),
    (r"\undefined", r"Undefined control sequence."),
    ("$a_b_c$", "Double subscript."),
    (r"\input{missing-file}", "LaTeX Error: File `missing-file.tex' not found."),
    (r"\input{/etc/passwd}", "LaTeX Error: File `/etc/passwd"),
    (r"\font\roman=cmr10 \roman \char200", "Missing character: There is no"),
]


def test_pdftex_errors_are_reported(tmp_path: Path) -> None:
    """A broken page has its error and a sound page its PDF, also when they compile at the same time."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        logs = list(pool.map(lambda page: compile_tex(tex_page(page[0]), tmp_path), PAGES))
    assert len({log.pdf for log in logs}) == len(PAGES) > 0
    for (body, expected), log in zip(PAGES, logs, strict=True):
        if expected is None:
            assert (log.errors, log.pdf.exists()) == ((), True), body
        else:
            assert log.errors and log.errors[0].startswith(expected), (body, log.errors)


def test_pdftex_overfull_boxes_are_measured(tmp_path: Path) -> None:
    """A rule 12.5pt wider than its line is overfull by 12.5pt, one 40pt higher than its box by 40pt."""
    wide = tex_page(r"\rule{\dimexpr\textwidth+12.5pt}{1pt}")
    high = tex_page(r"\vbox to 10pt{\hrule height 50pt width 1pt}")
    logs = [compile_tex(page, tmp_path) for page in (wide, high)]
    measured = [[(box.box, box.points) for box in log.overfull] for log in logs]
    assert measured == [[("hbox", 12.5)], [("vbox", 40.0)]]


def test_pdftex_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    """An endless document is an error after the time allowed, not a hanging test."""
    log = compile_tex(tex_page(r"\def\again{\again}\again"), tmp_path, timeout=3)
    assert log.errors == ("pdflatex did not end within 3 s",)


def test_pdftex_log_is_read() -> None:
    """An error carries the source line below it, a long line is whole, an ordinary line is neither."""
    log = "\n".join(
        [
            "LaTeX Font Info: not an error!",
            "! Undefined control sequence.",
            "<recently read> \\foo",
            "l.12 \\foo",
            r"Overfull \vbox (3.0pt too high) has occurred while \output is active []",
            r"Overfull \hbox (0.25pt too wide) detected at line " + "9" * 200,
            r"Underfull \hbox (badness 10000) in paragraph at lines 1--2",
        ]
    )
    assert tex_errors(log) == (r"Undefined control sequence. l.12 \foo",)
    assert overfull_boxes(log) == (
        Overfull("vbox", 3.0, r"has occurred while \output is active []"),
        Overfull("hbox", 0.25, "detected at line " + "9" * 200),
    )


# (formula, displayed?, is it one?)
FORMULAS = [
    (r"\frac{\partial E}{\partial w_5}", False, True),
    (r"\begin{aligned} a &= 1 \\ b &= 2 \end{aligned}", True, True),
    (r"\frac{1}", False, False),
    (r"\notacommand", False, False),
    ("a_b_c", False, False),
    ("é", False, False),
    (r"\begin{align} a \end{align}", False, False),
    (r"\href{https://example.com}{a}", False, False),
]


def test_katex_refuses_what_it_should() -> None:
    """KaTeX's strict parser names each formula that is none and no other."""
    expected = [formula for formula, _, sound in FORMULAS if not sound]
    messages = katex_errors([(formula, display) for formula, display, _ in FORMULAS])
    assert [message[message.rindex(" [in ") + 5 : -1] for message in messages] == expected
    assert all("KaTeX parse error" in message for message in messages)


# (Markdown, its formulas)
TEXTS: list[tuple[str, list[Formula]]] = [
    ("no formula", []),
    ("a $x$, ($y$) and $z_{1}$.", [Formula(tex, False, 1) for tex in ("x", "y", "z_{1}")]),
    ("one\n\ntwo $a\n+b$", [Formula("a\n+b", False, 3)]),
    ("$$a = 1$$", [Formula("a = 1", True, 1)]),
    ("text\n$$\na\n\\\\\nb\n$$\n", [Formula("a\n\\\\\nb", True, 2)]),
    ("$$\\text{if $x$}$$", [Formula("\\text{if $x$}", True, 1)]),
    ("```math\na = 1\n```\n$b$", [Formula("a = 1", True, 1), Formula("b", False, 4)]),
    ("````text\n```math\n$a$\n````\n$b$", [Formula("b", False, 5)]),
    ("~~~\n$a$\n~~~", []),
    ("> 1. ```math\n>    a\n>    ```\n> $b$", [Formula("a", True, 1), Formula("b", False, 4)]),
    ("`$a$` and ``$b`$`` and $c$", [Formula("c", False, 1)]),
    ("$`a`$", [Formula("a", False, 1)]),
    (r"\$5 or $\$6$ or \$7", [Formula(r"\$6", False, 1)]),
    ("<!-- $ -->$a$", [Formula("a", False, 1)]),
    ("> $$\n> a\n> $$", [Formula("a", True, 1)]),
    (
        "$s$\n| $a$ | b |\n|:--|--:|\n| `c` | $d$ |",
        [Formula(*at) for at in (("s", False, 1), ("a", False, 2), ("d", False, 4))],
    ),
    ("| a |\n|---|\n| $\\|w\\|$ |", [Formula("|w|", False, 3)]),
    ("$$\n|w|\n$$\nand $|w|$ - no table", [Formula("|w|", True, 1), Formula("|w|", False, 4)]),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_formulas_of_markdown(text: str, expected: list[Formula]) -> None:
    """A Markdown text holds exactly these formulas, at these lines."""
    assert markdown_formulas(text) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("it costs $5", 1),
        ("a\n\n$ a $", 3),
        ("$a\n\nb$", 1),
        ("$$a\n\nb$$", 1),
        ("$a$b", 1),
        ("| a |\n|---|\n| $|w|$ |", 3),
    ],
)
def test_stray_dollar_is_refused(text: str, line: int) -> None:
    """A dollar sign that GitHub would show as text beside broken mathematics is an error with its line."""
    with pytest.raises(ValueError, match=f"line {line}: a dollar sign"):
        markdown_formulas(text)


NEEDY_TESTS = """
import pytest
from conftest import LONGEST
from tools import needs

needs.TOOLS["abacus"] = (lambda: False, "buy one")
needs.TOOLS["fingers"] = (lambda: True, "grow some")

def test_abacus():
    needs.need("abacus")

def test_fingers():
    needs.need("fingers")

@pytest.mark.xfail(raises=KeyError, strict=True)
def test_unknown():
    needs.need("teeth")
"""


@pytest.mark.parametrize(
    ("ci", "outcomes", "line"),
    [
        ("", {"skipped": 1, "passed": 1, "xfailed": 1}, "needs abacus: buy one"),
        ("true", {"failed": 1, "passed": 1, "xfailed": 1}, "skipped in CI: needs abacus: buy one"),
    ],
)
def test_missing_tool_is_named(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str, outcomes: dict[str, int], line: str
) -> None:
    """A missing tool is named with the test it skips on a user's machine, and fails the test in CI."""
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY / "tests"))
    pytester.makeconftest((REPOSITORY / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(NEEDY_TESTS)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(**outcomes)
    result.stdout.fnmatch_lines([line, *([] if ci else ["    *::test_abacus"])])


def test_files_that_are_begun_first_are_there() -> None:
    assert [name for name in LONGEST if not (REPOSITORY / "tests" / name).is_file()] == []
