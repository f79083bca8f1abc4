"""Notebooks for nbgrader: their metadata, and what their tests give to right, empty and mistaken answers."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import derive
from derive.errors import InputError
from derive.platforms import Bank, files_of
from derive.worksheet import SheetOptions

KEYS = {"grade", "grade_id", "locked", "schema_version", "solution", "task"}
GRADE_ID = re.compile(r"[a-zA-Z0-9_\-]+")
STUB = "# YOUR CODE HERE\nraise NotImplementedError()\n"


def book(source: Any, **options: Any) -> dict[str, Any]:
    """The only notebook of a problem."""
    found: dict[str, Any] = json.loads(files_of(Bank(source, None, SheetOptions(**options)), "nbgrader")[""])
    return found


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def checked(notebook: dict[str, Any]) -> None:
    """The rules of nbgrader's metadata, schema 3, and of its marks in cells."""
    ids = [cell["metadata"]["nbgrader"]["grade_id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids) and all(map(GRADE_ID.fullmatch, ids))
    for cell in notebook["cells"]:
        about = cell["metadata"]["nbgrader"]
        assert set(about) - {"points"} == KEYS and about["schema_version"] == 3 and about["task"] is False
        # A cell that students fill in is not locked; all others are. Only what is graded has points.
        assert about["locked"] is not about["solution"] and ("points" in about) is about["grade"]
        text = source(cell)
        assert text.count("### BEGIN SOLUTION") == text.count("### END SOLUTION") == int(about["solution"])
        assert text.count("### BEGIN HIDDEN TESTS") == text.count("### END HIDDEN TESTS") == int(about["grade"])
        assert cell["cell_type"] == ("code" if about["grade"] or about["solution"] else "markdown")


def released(notebook: dict[str, Any]) -> list[str]:
    """What students get: solutions are a stub, hidden tests are gone."""
    texts = [
        re.sub(r"### BEGIN SOLUTION.*### END SOLUTION", STUB, source(cell), flags=re.S) for cell in notebook["cells"]
    ]
    return [re.sub(r"### BEGIN HIDDEN TESTS.*### END HIDDEN TESTS", "", text, flags=re.S) for text in texts]


def points(notebook: dict[str, Any], answered: bool = True, **changed: str) -> list[tuple[str, int]]:
    """What every test shows as its last value, with the most that it can give, when the cells are run in order."""
    names: dict[str, Any] = {}
    found = []
    for cell in notebook["cells"]:
        about, text = cell["metadata"]["nbgrader"], source(cell)
        if about["solution"]:
            exec(text if answered else text.partition("### BEGIN")[0], names)
            own = names[next(name for name in names if name == text.split(" ", 1)[0])]
            own |= {name: value for name, value in changed.items() if name in own}
        elif about["grade"]:
            *lines, last = [line for line in text.split("\n") if not line.startswith("###")]
            exec("\n".join(lines), names)
            found.append((repr(eval(last, names)), about["points"]))
    return found


SHEETS: dict[str, tuple[str, dict[str, Any]]] = {
    "a network": ("hmkcode", {}),
    "equations": ("circuit", {}),
    "rounded on the way": ("caispp", {}),
    "letters": ("mazur", {"choice": 3}),
    "mistakes to find": ("mazur", {"find": 2}),
    "shapes": ("mazur", {"ask": ("shapes", "parameters", "gradients")}),
}


@pytest.mark.parametrize("name", SHEETS)
def test_right_answers_earn_all_and_none_nothing(name: str) -> None:
    problem, options = SHEETS[name]
    notebook = book(problem, **options)
    checked(notebook)
    assert all(shown == str(most) for shown, most in points(notebook))
    assert all(shown == "0" for shown, _ in points(notebook, answered=False))


def test_a_mistake_costs_its_own_points(capsys: pytest.CaptureFixture[str]) -> None:
    """What follows from it is right, and it is told."""
    notebook = book("mazur")
    found = points(notebook, out_h1="0.40673", net_o1="1.03129")
    assert found[:2] == [("3", 4), ("4", 4)]
    assert "The exponent in out_h1 has the wrong sign. Instead: Check the exponent" in capsys.readouterr().out


def test_students_see_no_answer() -> None:
    """Nothing of a solution or of a test is in what is handed out."""
    notebook = book("mazur")
    text = "\n".join(released(notebook))
    assert "0.59327" not in text and "graded(" not in text and '"out_h1": None,  # 1b' in text
    assert notebook["cells"][0]["attachments"]["picture-1.png"]["image/png"].startswith("iVBOR")
    assert "](attachment:picture-1.png)" in text


def test_every_variant_has_its_own_numbers(tmp_path: Path) -> None:
    derive.worksheets("hmkcode", 2, seed=3, output=tmp_path / "quiz", ask=("gradients",))
    files = files_of(Bank(tmp_path / "quiz", None, SheetOptions()), "nbgrader")
    books = [json.loads(content) for content in files.values()]
    assert len(books) == 2 and [key[:6] for key in files] == ["-0001-", "-0002-"]
    for one, other in (books, reversed(books)):
        checked(one)
        assert all(shown == str(most) for shown, most in points(one))
        theirs = {}
        for cell in other["cells"]:
            if cell["metadata"]["nbgrader"]["solution"]:
                names: dict[str, Any] = {}
                exec(source(cell), names)
                theirs |= names[source(cell).split(" ", 1)[0]]
        assert any(shown != str(most) for shown, most in points(one, **theirs))


def test_unreadable_answers_earn_nothing_and_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = points(book("hmkcode"), **{"w5+": "about a half"})
    assert any(shown != str(most) for shown, most in found)
    assert "about a half" in capsys.readouterr().out


def test_letters_of_questions_of_ones_own_are_refused() -> None:
    with pytest.raises(InputError, match="multiple choice without --ask"):
        book("mazur", choice=3, ask=("gradients",))
