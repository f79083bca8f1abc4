"""What a writer's letters mean, said in the problem file, on the command line and from Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from derive import check, solve
from derive.cli import main
from derive.errors import InputError
from derive.formula import Printer, Text
from derive.reading import example_text
from derive.work import Names, read_meanings, read_text


def of_mazur(names: str) -> str:
    """Mazur's problem with a table of names."""
    return f"{example_text('mazur')}\n[names]\n{names}\n"


def problem(folder: Path, names: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(of_mazur(names), "utf-8")
    return path


def test_names_in_a_problem_file(tmp_path: Path) -> None:
    """Letters of a course, with their updates and their derivatives, mean what the file says."""
    path = problem(tmp_path, 'h1 = "out_h1"\nh2 = "a[1][1]"\n"Q" = "w5"')
    names = Names(solve(path))
    for name, meant in (
        ("h1", "a[1][0]"), ("h_1", "a[1][0]"), ("$h_{2}$", "a[1][1]"), ("h1+", "a_new[1][0]"),
        ("dE/dh1", "dL/da[1][0]"), ("dh1/dnet_h1", "da/dz[1][0]"),
        ("Q+", "W_new[2][0][0]"), ("dE/dQ", "dL/dW[2][0][0]"), ("new Q", "W_new[2][0][0]"),
    ):  # fmt: skip
        assert names.find(name).id == meant, name
    (sheet,) = read_text("quantity,value\nnet_o1,Q*h1 + w6*h2 + b_2 = 1.1059\n", names)
    printed = Printer(Text(), names.namer)(sheet.formulas[0].formula)
    assert (printed, sheet.values[0].quantity.id) == ("w5*out_h1 + w6*out_h2 + b_2", "z[2][0]")


def test_a_name_may_be_taken_from_another_quantity() -> None:
    """Who says that w5 is the weight that the notation calls w6 is believed."""
    names = Names(solve("mazur"), {"w5": "w6"})
    assert [names.find(name).id for name in ("w5", "w5+", "dE/dw5")] == [
        "W[2][0][1]",
        "W_new[2][0][1]",
        "dL/dW[2][0][1]",
    ]


def test_names_of_the_file_in_another_notation(tmp_path: Path) -> None:
    """The names in a problem file are those of its own notation, whichever is shown."""
    path = problem(tmp_path, 'h1 = "out_h1"')
    assert Names(solve(path, notation="standard")).find("h1").id == "a[1][0]"


WRONG = [
    ('h1 = "out_h9"',
     'names, "h1": expected a quantity of this problem, by its name or its id, found "out_h9".\n'
     'Did you mean "out_h2"?'),
    ('h1 = "outh1"', None),
    ('h1 = ""', "names.h1: expected a text that is not empty"),
    ("h1 = 3", "names.h1: expected"),
]  # fmt: skip


@pytest.mark.parametrize(("names", "message"), WRONG)
def test_wrong_names_in_a_problem_file(tmp_path: Path, names: str, message: str | None) -> None:
    """One message with the file, the place and the nearest right name."""
    path = problem(tmp_path, names)
    work = tmp_path / "work.txt"
    work.write_text("h1 = 0.5933\n")
    run = CliRunner().invoke(main, ["check", str(path), str(work)])
    if message is None:
        assert run.exit_code == 0, run.output
    else:
        assert run.exit_code == 2
        assert message in run.output.replace("\n  ", " ") and str(path) in run.output


FILES = {
    "names.toml": 'h1 = "out_h1"\nh2 = "out_h2"\n',
    "table.toml": '[names]\nh1 = "out_h1"\nh2 = "out_h2"\n',
    "names.json": '{"h1": "out_h1", "h2": "out_h2"}',
    "names.txt": "# mine\nh1 = out_h1\nh2: a[1][1]\n",
    "names.csv": "h1,out_h1\n\nh2;out_h2\n",
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_names(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(FILES[name], "utf-8")
    found = Names(solve("mazur"), read_meanings(str(tmp_path / name)))
    assert [found.find(one).id for one in ("h1", "h2")] == ["a[1][0]", "a[1][1]"]


NO_NAMES = [
    ("h1", "a file of names, or names with what they mean"),
    ("h1=", "a name and what it means"),
    ("=out_h1", "a name and what it means"),
    ("h1=out_h1,h1=out_h2", "one meaning of h1"),
    ("h1=out_h7", "a quantity of this problem"),
    ("h1=out_h1,h2", "a name and what it means"),
]


@pytest.mark.parametrize(("text", "expected"), NO_NAMES)
def test_no_names(text: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        Names(solve("mazur"), read_meanings(text))
    assert caught.value.expected.startswith(expected)
    assert (caught.value.place or "").startswith("--names")


@pytest.mark.parametrize(
    ("name", "content"),
    [("n.toml", "h1 = 3"), ("n.toml", "h1 ="), ("n.json", "[]"), ("n.json", "[" * 10**5), ("n.txt", "")],
)
def test_unusable_files_of_names(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        read_meanings(str(path))
    assert caught.value.file == str(path) and len(str(caught.value)) < 400


def test_the_option_and_python(tmp_path: Path) -> None:
    """Both take a file, a list, or a mapping; the same letters without them are refused with both meanings."""
    work = tmp_path / "work.txt"
    work.write_text("h1 = 0.5933\nh2 = 0.5969\n")
    run = CliRunner().invoke(main, ["check", "mazur", str(work)])
    assert run.exit_code == 2 and "Write net_h1 or out_h1" in run.output
    run = CliRunner().invoke(main, ["check", "mazur", str(work), "--names", "h1=out_h1,h2=out_h2"])
    assert run.exit_code == 0 and "Right: out_h1, out_h2." in run.output
    for names in ("h1=out_h1,h2=out_h2", {"h1": "out_h1", "h2": "a[1][1]"}):
        assert [one.verdict for one in check("mazur", work, names=names).sheets[0].results] == ["exact", "exact"]
