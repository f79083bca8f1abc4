"""What a line shows between a name and its number: how the step was set up, and which reasons cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

import derive
from derive.check.model import Result
from derive.wording import ENGLISH


def lines(problem: str, text: str, folder: Path) -> list[Result]:
    work = folder / "work.txt"
    work.write_text(text, "utf-8")
    return list(derive.check(problem, work).sheets[0].results)


def said(result: Result) -> str:
    return "".join(piece if isinstance(piece, str) else "#" for piece in ENGLISH.told(result.reason))


# problem, line, verdict, words or the key of a mistake
LINES = [
    ("mazur", "dE/dout_o2 = 0.7729 - 0.99 = 0.2171", "slip", "you set the step up rightly and lost the sign."),
    ("mazur", "dE/dout_o2 = 0.99 - 0.7729 = 0.2171", "mistake", "error-sign"),
    ("mazur", "dE/dout_o2 = out_o2 - target_o2 = 0.7729 - 0.99 = 0.2171", "slip", "lost the sign"),
    ("netflow", "h2+ = 2*0.14+3*0.10 = 0.85", "slip", "changed the places of two digits"),
    ("hmkcode", "h1 = 2*0.11 + 3*0.21 = 0.63", "slip", "slipped in working it out"),
    ("hmkcode", "h1 = 2*0.11 + 3*0.21 = 8.5", "slip", "moved the decimal point"),
    # What is set up wrongly is not set up rightly.
    ("hmkcode", "h1 = 3*0.11 + 2*0.21 = 0.75", "mistake", ""),
    ("hmkcode", "h1 = 2*0.11 + 3*0.21 = 0.85", "exact", ""),
]


@pytest.mark.parametrize(("problem", "line", "verdict", "words"), LINES)
def test_a_line_that_is_set_up_rightly(problem: str, line: str, verdict: str, words: str, tmp_path: Path) -> None:
    """The right side is worked out: where it is the step, only its result went wrong, and nothing else is said."""
    before = "w3+ = 0.14\nw4+ = 0.10\n" if problem == "netflow" else ""
    result = lines(problem, before + line + "\n", tmp_path)[-1]
    assert result.verdict == verdict
    keys = {one.key for one in result.explanations}
    assert words in said(result) or words in keys
    assert ("rightly" in said(result)) == (verdict == "slip") and (verdict != "slip" or not keys)


def test_no_reason_is_given_that_the_line_denies(tmp_path: Path) -> None:
    """(-0.1111) stands in the line, so the error was not left out; the weight -0.3 is really missing."""
    line = "w1+ = 0.5 - 0.1*(-0.1111)*0.2421*0.8*0.2474*0.2179*1.5 = 0.5002\n"
    result = lines("rohan-chain", "output = 0.5889\nderror/doutput = -0.1111\n" + line, tmp_path)[-1]
    assert result.faulty and not {one.key for one in result.explanations} & {"error-left-out", "delta-without-error"}
    bare = lines("rohan-chain", "input = 0.6792\nw1+ = 0.5002\n", tmp_path)[-1]
    shown = lines("rohan-chain", "input = 0.6792\n" + line, tmp_path)[-1]
    assert "error" in " ".join(one.title for one in bare.explanations)
    assert "error" not in " ".join(one.title for one in shown.explanations)


def test_two_lines_with_one_number_are_two(tmp_path: Path) -> None:
    """A class in which one took the sign the wrong way round and another lost it: each has the own reason."""
    for name, line in (("ada", "0.7729 - 0.99"), ("bo", "0.99 - 0.7729")):
        (tmp_path / f"{name}.txt").write_text(f"dE/dout_o2 = {line} = 0.2171\n", "utf-8")
    found = derive.check("mazur", tmp_path)
    assert {sheet.results[0].verdict for sheet in found.sheets} == {"slip", "mistake"}


def test_a_letter_of_ones_own_is_read_by_its_value(tmp_path: Path) -> None:
    """x1 = (6-8)/2 = -1 is the standardised input, and x = 0.6792 the activation that has this value."""
    results = lines("caispp", "x1 = (6-8)/2 = -1\nx2 = 1\nz1_3 = 0.05*(-1) - 0.15*1 = -0.20\n", tmp_path)
    assert [result.verdict for result in results] == ["exact"] * 3
    assert [result.quantity.kind for result in results] == ["a", "a", "z"]
    sheet = derive.check("rohan-chain", {"x": "0.6792", "w1+": "0.4999"}).sheets[0]
    assert [result.verdict for result in sheet.results] == ["exact", "exact"]
    assert any("x was read as hidden_1" in ENGLISH.text([note]) for note in sheet.notes)


def test_what_is_worked_out_was_not_copied(tmp_path: Path) -> None:
    (result,) = lines("caispp", "x1 = (6-2)/2 = 2\n", tmp_path)
    assert result.faulty and "copied" not in said(result)
    (result,) = lines("caispp", "x1 = 7\n", tmp_path)
    assert result.verdict == "slip" and "copied wrongly" in said(result)


def test_a_given_number_that_is_copied_wrongly_stays_one() -> None:
    """Under the problem's own name a number is that quantity, whatever else has its value."""
    (first, *_) = derive.check("rohan-chain", {"input": "0.6792"}).sheets[0].results
    assert first.verdict == "slip" and first.quantity.layer == 0
