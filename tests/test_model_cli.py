"""Problems given by equations on the command line: their values, a file to start from, what is refused."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tools.needs import ROOT

from derive.cli import main
from derive.model import parse_model, solve_model
from derive.reading import new_problem_text

EXAMPLES = sorted((ROOT / "tests/data/equations").glob("*.toml"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_values_of_the_examples(path: Path) -> None:
    """Every id has a decimal, and none that is not 0 shows as 0."""
    result = run("values", str(path))
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert all(text == "0" or any(digit in text for digit in "123456789") for text in found.values())


def test_a_derivative_that_cancels_is_zero() -> None:
    """The columns of D add up alike, so the bias of the kernel moves both outputs alike, and softmax not at all."""
    path = next(path for path in EXAMPLES if "cnn" in path.stem)
    assert json.loads(run("values", str(path), "--only", "dL/db").stdout) == {"dL/db": "0"}


def test_only_what_is_asked_for() -> None:
    """Paths, local derivatives and derivatives of anything by anything, by hand for the small circuit."""
    path = str(EXAMPLES[0])  # q = a*b + c, r = max(q, a), f = r^2 + exp(c) at a = 1.5, b = -2, c = 0.5
    asked = ["q", "df/da", "dr/da", "df/dc", "dq/dc"]
    found = json.loads(run("values", path, "--digits", "6", *(f"--only={name}" for name in asked)).stdout)
    assert found == {"q": "-2.5", "df/da": "3", "dr/da": "1", "df/dc": "1.64872", "dq/dc": "1"}
    network = json.loads(run("values", "mazur", "--only", "w5", "--only", "dE/dw5", "--digits", "6").stdout)
    assert network == {"w5": "0.4", "dE/dw5": "0.0821670"}


def test_an_unknown_id_is_told() -> None:
    result = run("values", str(EXAMPLES[0]), "--only", "dL/dq")
    assert result.exit_code == 2
    assert "dL/dq" in result.stderr


def test_a_corner_is_a_warning(tmp_path: Path) -> None:
    """The convention is said on standard error, and the numbers are printed."""
    file = tmp_path / "corner.toml"
    file.write_text('title = "A corner"\n[parameters]\nw = 0\n[model]\nequations = """\nL = relu(w)\n"""\n', "utf-8")
    result = run("values", str(file))
    assert result.exit_code == 0
    assert "the derivative of relu at 0 is taken as 0" in result.stderr
    assert json.loads(result.stdout) == {"w": "0", "L": "0", "dL/dL": "1", "dL/dw": "0"}


def test_new_writes_a_problem_with_equations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("new", "my-rnn", "--equations").exit_code == 0
    text = (tmp_path / "my-rnn.toml").read_text("utf-8")
    assert text == new_problem_text("my-rnn", equations=True)
    solution = solve_model(parse_model(text, file="my-rnn.toml"))
    assert solution.problem.title == "my-rnn"
    assert solution.digits("L", 6) == "0.0374236"


@pytest.mark.parametrize(
    ("old", "new", "fragments"),
    [
        ("[inputs]", "[input]", ["input", 'Did you mean "inputs"?']),
        ("q = a*b + c", "q = a*b + d", ["line 10", "q = a*b + d", "a name that is given or defined"]),
        ('loss = "f"', 'loss = "g"', ["model.loss", "a quantity of this problem"]),
        ('loss = "f"', 'los = "f"', ["model.los", 'Did you mean "loss"?']),
        ("a = 1.5", "a = [[1.5], 2]", ["inputs.a"]),
        ("a = 1.5", 'a = "x"', ["inputs.a", "a number"]),
    ],
)
def test_a_wrong_file_is_told_with_its_place(tmp_path: Path, old: str, new: str, fragments: list[str]) -> None:
    text = EXAMPLES[0].read_text("utf-8")
    assert old in text
    file = tmp_path / "wrong.toml"
    file.write_text(text.replace(old, new, 1), "utf-8")
    result = run("values", str(file))
    assert result.exit_code == 2
    assert not [fragment for fragment in ["wrong.toml", *fragments] if fragment not in result.stderr], result.stderr
