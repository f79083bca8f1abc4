"""The command line: what each command prints and writes, and how a mistake is told."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from derive import identity
from derive.cli import main
from derive.reading import example_names


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def test_solve_writes_and_says_where(tmp_path: Path) -> None:
    """Markdown with its pictures and LaTeX by default, in the folder asked for."""
    result = run("solve", "mazur", "-o", str(tmp_path))
    kinds = ["network.svg", "path-w1.svg", "solution.md", "solution.tex"]
    files = [tmp_path / f"mazur.{kind}" for kind in kinds]
    assert (result.exit_code, result.output.split()) == (0, [str(file) for file in files])
    assert sorted(tmp_path.iterdir()) == sorted(files)


def test_solve_to_standard_output() -> None:
    """`-o -` prints the document and writes nothing."""
    result = run("solve", "hmkcode", "--format", "md", "-o", "-")
    assert result.output.startswith("# HMKCODE")


def test_json_is_data() -> None:
    """The JSON has every quantity with its formula, its numbers and its value."""
    data = json.loads(run("solve", "mazur", "--format", "json", "-o", "-").output)
    gradient = next(entry for entry in data["quantities"] if entry["id"] == "dL/dW[2][0][0]")
    assert gradient["name"] == "dE/dw5"
    assert gradient["shown"] == "0.082167041"
    assert gradient["value"] == "0.082167040564230778846"
    assert gradient["formula"] == "dE/dnet_o1*out_h1"
    assert gradient["substituted"] == "0.138498562*0.593269992"


@pytest.mark.parametrize(
    ("arguments", "quantity", "value"),
    [
        (("mazur",), "loss_new", "0.29102777369359935087"),
        (("mazur", "--digits", "5"), "loss_new", "0.29103"),
        (("caispp",), "loss_new", "0.68964660581084773935"),
        (("caispp", "--carried"), "loss_new", "0.689"),
        (("caispp",), "a[0][0]", "-1"),
        (("mazur",), "b_new[1][1]", "0.35"),
        (("mazur",), "dE_o2/da[1][0]", "-0.019049118258278108266"),
    ],
)
def test_values(arguments: tuple[str, ...], quantity: str, value: str) -> None:
    """A JSON object from quantity id to decimal."""
    assert json.loads(run("values", *arguments).output)[quantity] == value


def test_list_names_every_example() -> None:
    lines = run("list").output.splitlines()
    assert [line.split()[0] for line in lines] == list(example_names())


def test_new_writes_a_problem_that_solves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file to start from is a problem already, and is never overwritten."""
    monkeypatch.chdir(tmp_path)
    assert run("new", "mine").exit_code == 0
    assert run("solve", "mine.toml").exit_code == 0
    again = run("new", "mine")
    assert again.exit_code == 2
    assert "mine.toml" in again.output


@pytest.mark.parametrize(
    ("arguments", "fragments"),
    [
        (("solve", "mazr"), ["mazr", 'did you mean "mazur"?']),
        (("solve", "mazur", "--notation", "mazzur"), ["notation", 'did you mean "mazur"?']),
        (("solve", "mazur", "--notation", ""), ["notation", "found an empty text"]),
        (("solve", "mazur", "--form", ""), ["form", "found an empty text"]),
        (("solve", "mazur", "--form", "chains"), ["form", 'did you mean "chain"?']),
        (("solve", "mazur", "--format", "markdown"), ["--format", "md"]),
        (("solve", "mazur", "--detail", "ful"), ["detail", 'did you mean "full"?']),
        (("solve", "nowhere/mine.toml"), ["nowhere/mine.toml"]),
        (("values", "mazur", "--digits", "0"), ["--digits"]),
    ],
)
def test_mistakes(arguments: tuple[str, ...], fragments: list[str], tmp_path: Path) -> None:
    """One message, exit code 2, and nothing written."""
    output = ("-o", str(tmp_path / "new")) if arguments[0] == "solve" else ()
    result = run(*arguments, *output)
    assert result.exit_code == 2
    assert [text for text in fragments if text not in result.output.lower()] == []
    assert list(tmp_path.iterdir()) == []


CANCELLING = """
title = "Two equal units whose difference is exactly 0"
notation = "mazur"
[network]
inputs = 1
[[network.layers]]
units = 2
activation = "sigmoid"
weights = [[0.3], [0.3]]
[[network.layers]]
units = 1
activation = "linear"
weights = [[1, -1]]
biases = 0.125
[data]
inputs = [[1]]
targets = [[1]]
[loss]
name = "half_squared_error"
[training]
learning_rate = 0.5
[rounding]
decimals = 2
"""


@pytest.mark.parametrize(
    ("changes", "place", "found"),
    [
        (
            {"0.125": "0", "linear": "relu"},
            "dout_o1/dnet_o1 (da/dz[2][0])",
            "on which side of a corner, or of zero, a number in it lies.",
        ),
        (
            {"[1, -1]": "[1e14, 1e14]", "linear": "sigmoid", "half_squared_error": "binary_cross_entropy"},
            "out_o1 (a[2][0])",
            "exponential of a number as large as this",
        ),
    ],
)
def test_numbers_that_cannot_be_told(
    changes: dict[str, str], place: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the file as the user did, and the quantity by its name and its id."""
    monkeypatch.setattr(identity, "MOST_TERMS", 0)  # no proof by algebra
    path, text = tmp_path / "mine.toml", CANCELLING
    for old, new in changes.items():
        text = text.replace(old, new)
    path.write_text(text)
    result = run("solve", str(path), "-o", str(tmp_path / "out"))
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [path])
    assert result.output.startswith(f"derive: {path}, {place}: expected ")
    assert found in result.output


def test_numbers_that_cancel(tmp_path: Path) -> None:
    """0.125 is proven to be the sum, and rounded as halves are."""
    path = tmp_path / "mine.toml"
    path.write_text(CANCELLING)
    result = run("solve", str(path), "--format", "md", "-o", "-")
    assert (
        result.exit_code,
        "\\mathrm{out}_ {o1} & = w_{3}" in result.output,
        r"\approx 0.13" in result.output,
    ) == (
        0,
        True,
        True,
    )


SOFTMAX = """
title = "An output that is printed as 0.000"
[network]
inputs = 1
[[network.layers]]
units = 3
activation = "softmax"
weights = [[9], [1], [0]]
[data]
inputs = [[1]]
targets = [[1, 0, 0]]
[loss]
name = "categorical_cross_entropy"
[training]
learning_rate = 0.5
[rounding]
decimals = 3
"""
TOO_MUCH = SOFTMAX.replace("inputs = [[1]]", f"inputs = {[[1]] * 999}").replace(
    "targets = [[1, 0, 0]]", f"targets = {[[1, 0, 0]] * 999}"
)


def test_a_number_that_is_printed_as_zero(tmp_path: Path) -> None:
    """A printed 0.000 under a logarithm is no reason to stop: nothing is computed from printed numbers."""
    (tmp_path / "small.toml").write_text(SOFTMAX)
    assert run("solve", str(tmp_path / "small.toml"), "-o", str(tmp_path)).exit_code == 0


def test_together_too_much(tmp_path: Path) -> None:
    """Numbers that are legal one by one and too large together are refused before any work."""
    path = tmp_path / "large.toml"
    path.write_text(TOO_MUCH)
    result = run("solve", str(path), "-o", str(tmp_path))
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [path])
    assert "data.inputs: expected at most 10000" in result.output
    assert "found 3 weights and 9 pairs of softmax units, 999 examples: 11988." in result.output


@pytest.mark.parametrize("name", ["a/", "..", "x.json", "y" * 300])
def test_names_that_no_file_can_have(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`new` and `solve` say so, and write nothing."""
    monkeypatch.chdir(tmp_path)
    assert run("new", name).exit_code == 2
    assert run("solve", name).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_unwritable_folder(tmp_path: Path) -> None:
    """A file where the folder should be: one message, nothing half-written."""
    place = tmp_path / "taken"
    place.write_text("mine")
    result = run("solve", "mazur", "-o", str(place))
    assert result.exit_code == 2
    assert "taken" in result.output
    assert place.read_text() == "mine"
