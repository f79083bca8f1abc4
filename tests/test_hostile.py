"""Hostile and unlucky input, one row each: one message or one fault, nothing lost, nothing foreign touched."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from derive import solve
from derive.cli import main
from derive.cli.failure import mended
from derive.errors import InputError
from derive.files import write_together
from derive.reading import example_text
from derive.work import Names, Work, read_text


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(solve("mazur"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def stated(work: Work) -> dict[str | None, list[str]]:
    return {sheet.student: [one.quantity.id for one in sheet.values] for sheet in work}


LONG = "x" * 400
W5 = "W_new[2][0][0]"
READ = [
    ('{"students": {"\\ud800": {"w5+": 0.3589}}}', "json", {"?": [W5]}, 0),
    (json.dumps({"students": {LONG: {"w5+": 0.3}, "Ann": {"w5+": 0.3}}}), "json", {LONG[:200]: [W5], "Ann": [W5]}, 1),
    ('{"students": {"Ann": {"w5+": 0.3}, "Bob": 3}}', "json", {"Ann": [W5]}, 1),
    ("student,quantity,value\n#7,w5+,0.4411\nAnn,w5+,0.3589", "csv", {"#7": [W5], "Ann": [W5]}, 0),
    ("# a comment, with a comma\nquantity,value\nw5+,0.3589", "csv", {None: [W5]}, 0),
    ("student,quantity,value\nA\u0301,w5+,0.4\n\u00c1,w6+,0.4", "csv", {"\u00c1": [W5, "W_new[2][0][1]"]}, 0),
]


@pytest.mark.parametrize(("text", "format", "expected", "faults"), READ)
def test_nothing_is_lost(
    names: Names, text: str, format: str, expected: dict[str | None, list[str]], faults: int
) -> None:
    """Every student's value is read, and what cannot be is a fault of its own."""
    work = read_text(text, names, format)
    assert stated(work) == expected
    assert len(work.all_faults) == faults


def test_a_long_formula_is_a_formula(names: Names) -> None:
    formula = "+".join(["(out_o1 - target_o1)*out_o1*(1 - out_o1)*out_h1/12"] * 12)
    (sheet,) = read_text(f"quantity,value\ndE/dw5,{formula}", names)
    assert (len(formula) > 500, len(sheet.formulas), sheet.faults) == (True, 1, ())


def test_many_names_in_a_text_take_linear_time(names: Names) -> None:
    """A text that made the reader try every letter again; it would not end."""
    work = read_text(f"$$ w_5 = 0.4 $$ $$ {'w_' * 40_000} = 1 $$", names, "claims")
    assert sum(map(len, stated(work).values())) <= 1


RUBBISH = ["9" * 400, "1" + "0" * 14, "-" + "9" * 15, "٣", "Z", "<b>"]


@pytest.mark.parametrize("rubbish", RUBBISH)
@pytest.mark.parametrize("every", [2, 5])
def test_a_sheet_of_rubbish_is_judged(rubbish: str, every: int, tmp_path: Path) -> None:
    """Numbers so large that steps from them have no finite result, among small ones."""
    assert run("worksheet", "mazur", "--format", "csv", "-o", str(tmp_path)).exit_code == 0
    head, *rows = (tmp_path / "mazur.worksheet.csv").read_text("utf-8").splitlines()
    filled = [f"{row.rpartition(',')[0]},{'0.5' if at % every else rubbish}" for at, row in enumerate(rows)]
    (tmp_path / "filled.csv").write_text("\n".join([head, *filled]), "utf-8")
    assert run("check", "mazur", str(tmp_path / "filled.csv")).exit_code == 1


@pytest.mark.parametrize("asked", ["parameters", "shapes,parameters"])
def test_boxes_alone_without_a_number(asked: str, tmp_path: Path) -> None:
    options = ("--ask", asked, "--answers-only", "--format", "md", "-o", str(tmp_path))
    assert run("worksheet", "netflow", *options).exit_code == 0
    assert "Answer 1" in (tmp_path / "netflow.worksheet.md").read_text("utf-8")


def test_a_foreign_file_is_left_alone(tmp_path: Path) -> None:
    """Only what an interrupted set has left behind is cleared away."""
    mine = tmp_path / ".download.part"
    mine.write_text("mine", "utf-8")
    result = run("worksheet", "mazur", "--variants", "2", "--format", "md", "-o", str(tmp_path))
    assert (result.exit_code, mine.read_text("utf-8")) == (0, "mine")


REFUSED = [
    (("worksheet", "mazur", "--variants", "2", "--seed", "\udcff", "--format", "md"), "--seed"),
    (("worksheet", "mazur", "--blanks", ","), "--blanks"),
    (("worksheet", *("none.toml",) * 21), "PROBLEM: expected at most 20 problems on a sheet, found 21"),
    (("stress", "mazur", "--seed", "\udcff"), "--seed"),
]


@pytest.mark.parametrize(("arguments", "place"), REFUSED)
def test_refused_with_one_message(arguments: tuple[str, ...], place: str, tmp_path: Path) -> None:
    result = run(*arguments, "-o", str(tmp_path / "set"))
    assert (result.exit_code, place in result.output, (tmp_path / "set").exists()) == (2, True, False)


@pytest.mark.parametrize(
    "arguments",
    [
        ("solve", "mazur", "--format", "md"),
        ("worksheet", "mazur", "--format", "md"),
        ("export", "mazur", "--to", "gift"),
    ],
)
def test_a_file_in_the_place_of_a_folder(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """It is called that, and is left alone."""
    there = tmp_path / "taken"
    there.write_text("mine", "utf-8")
    result = run(*arguments, "-o", str(there / "deeper" if arguments[0] == "export" else there))
    found = "expected a folder that can be written to, found a file in the place of a folder"
    assert (result.exit_code, found in result.output, there.read_text("utf-8")) == (2, True, "mine"), result.output


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    result = run("new", str(tmp_path / "n"), "--from", str(tmp_path))
    assert (result.exit_code, "found a folder." in result.output, list(tmp_path.iterdir())) == (2, True, [])


def test_a_step_too_fine_to_list(tmp_path: Path) -> None:
    problem = tmp_path / "fine.toml"
    problem.write_text(f"{example_text('mazur')}\n[variants]\ninputs = {{ step = 1e-30 }}\n", "utf-8")
    result = run("worksheet", str(problem), "--variants", "2", "--format", "md", "-o", str(tmp_path / "set"))
    assert (result.exit_code, "to draw from" in result.output) == (2, True)


def test_files_that_belong_together_come_together(tmp_path: Path) -> None:
    """Where one cannot be written, none is there, and nothing half-written stays."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file", "utf-8")
    with pytest.raises(InputError):
        write_together({tmp_path / "a.md": "a", tmp_path / "b.md": "b", blocked / "c.md": "c"})
    assert list(tmp_path.iterdir()) == [blocked]
    write_together({tmp_path / "a.md": "a", tmp_path / "b.md": "b"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.md", "b.md", "blocked"]


def test_ctrl_c_is_no_finding() -> None:
    """A command that is stopped has exit code 130, not the 1 of findings."""
    import click

    @click.command()
    @mended
    def stopped() -> None:
        raise KeyboardInterrupt

    assert CliRunner().invoke(stopped).exit_code == 130
