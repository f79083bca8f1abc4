"""Defaults of options, completion, the version, and what is told where another distribution has the same folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from derive.cli import main


def run(folder: Path, *arguments: str, **environment: str) -> Result:
    """A command that is run in a folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        return CliRunner(env=environment).invoke(main, list(arguments), catch_exceptions=False)
    finally:
        os.chdir(before)


def made(result: Result) -> set[str]:
    """The endings of the files that a command has made."""
    assert result.exit_code == 0, result.output
    return {line.rpartition(".")[2] for line in result.output.splitlines()}


SOLVE = ("solve", "hmkcode", "--leave-out", "figures")


def test_what_is_typed_comes_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    """One option, said in four places."""
    inner = tmp_path / "inner"
    inner.mkdir()
    assert made(run(inner, *SOLVE)) == {"md", "tex"}
    (tmp_path / "pyproject.toml").write_text('[tool.derive.solve]\nformat = ["html", "md"]\n')
    assert made(run(inner, *SOLVE)) == {"html", "md"}
    assert made(run(inner, *SOLVE, DERIVE_SOLVE_FORMAT="typ")) == {"typ"}
    assert made(run(inner, *SOLVE, "--format", "json", DERIVE_SOLVE_FORMAT="typ")) == {"json"}


def test_one_line_for_all_commands(tmp_path: Path) -> None:
    """`[tool.derive]` is for each command that has the option; a switch is true or false."""
    (tmp_path / "pyproject.toml").write_text('[tool.derive]\ndecimal-comma = true\nformat = "md"\noutput = "there"\n')
    assert made(run(tmp_path, *SOLVE)) <= {"md", "svg"}
    assert made(run(tmp_path, "worksheet", "hmkcode")) <= {"md", "svg"}
    texts = [path.read_text() for path in (tmp_path / "there").glob("*.md")]
    assert len(texts) == 3
    assert all("0{,}15" in text for text in texts)


def test_every_option_has_its_own_variable() -> None:
    """No two options of a command share one, and each begins with the command."""
    names = [(command, option.envvar) for command in main.commands.values() for option in command.params]
    variables = [variable for _, variable in names if variable]
    assert len(variables) == len(set(variables)) > 50
    assert {"DERIVE_SOLVE_PAPER", "DERIVE_WORKSHEET_FIND_THE_ERROR", "DERIVE_SOLVE_WITH"} <= set(map(str, variables))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[tool.derive]\npapr = "a4"', "pyproject.toml, [tool.derive]: expected format"),
        ('[tool.derive.solve]\npapr = "a4"', 'found "papr".\nDid you mean "paper"?'),
        ('[tool.derive.slove]\npaper = "a4"', 'found "slove".\nDid you mean "solve"?'),
        ('[tool.derive.solve]\npaper = "a5"', '[tool.derive] paper: expected a4 or letter, found "a5"'),
        ("[tool.derive.solve]\nforce = 1", "[tool.derive.solve] force: expected true or false, found 1"),
        ("[tool.derive.solve]\npaper = 0.5", "[tool.derive.solve] paper: expected a text, a whole number"),
        ("[tool.derive.solve]\npaper = true", "[tool.derive.solve] paper: expected a text, a whole number"),
        ("tool = 3", "pyproject.toml, tool: expected a table, found 3"),
        ("[tool]\nderive = []", "pyproject.toml, derive: expected a table, found an empty list"),
        ("[tool.derive", "expected a file in TOML"),
        ("a = " + "[" * 5000, "expected a file in TOML"),
        ("# " + "x" * 1_000_000, "expected a file of at most 1 MB"),
        ("# \udcff", "expected a file in TOML"),
    ],
)
def test_a_wrong_default_is_told_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    """One message, exit code 2, and nothing is written."""
    (tmp_path / "pyproject.toml").write_bytes(text.encode(errors="surrogateescape"))
    result = run(tmp_path, *SOLVE)
    assert (result.exit_code, len(list(tmp_path.iterdir()))) == (2, 1)
    assert told in result.output


def test_a_wrong_variable_is_named() -> None:
    """The message says the variable, not an option that nobody has typed."""
    result = CliRunner(env={"DERIVE_SOLVE_PAPER": "a5"}).invoke(main, list(SOLVE))
    assert (result.exit_code, result.output) == (
        2,
        'derive: DERIVE_SOLVE_PAPER: expected a4 or letter, found "a5".\n',
    )


@pytest.mark.parametrize(("typed", "offered"), [("derive solve ma", "plain,mazur"), ("derive work", "plain,worksheet")])
def test_completion(typed: str, offered: str) -> None:
    """The shell is offered commands and built-in examples."""
    words = {"_DERIVE_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    command = [sys.executable, "-c", "from derive.cli import main; main(prog_name='derive')"]
    shown = subprocess.run(command, env=os.environ | words, capture_output=True, text=True, check=False)
    assert offered in shown.stdout.splitlines()


def derive(*arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    """`python -m derive` where the packages of a folder are installed too."""
    command = [sys.executable, "-m", "derive", *arguments]
    environment = os.environ | {"PYTHONPATH": str(path)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_other_distribution_of_this_name_is_told(tmp_path: Path) -> None:
    """By `--version` and with an error, and never where there is none."""
    assert derive("--version", path=tmp_path).stdout.startswith("derive, version ")
    assert derive("--version", path=tmp_path).stderr == ""
    (tmp_path / "derive-4.2.dist-info").mkdir()
    (tmp_path / "derive-4.2.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: derive\nVersion: 4.2\n")
    for arguments, code in [(("--version",), 0), (("solve", "no-such-example"), 2)]:
        told = derive(*arguments, path=tmp_path)
        assert told.returncode == code
        assert "another distribution, derive 4.2, is installed here" in told.stderr
        assert "environment of its own" in told.stderr
