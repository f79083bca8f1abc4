"""The documentation: what commands print on its pages is true, and it is built without a warning.

`pytest tests/test_docs.py --accept` writes into the pages what the commands print now. Commands of a page are run one
after another, in a folder that begins with the files of `derive/docs/files`; what stands behind a `|` is the shell's.
"""

import doctest
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tools import need
from tools.needs import ROOT

from derive.cli import main
from derive.reading import example_names

DOCS = ROOT / "derive" / "docs"
PAGES = sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md") if path.parent.name != "gallery")
CONSOLE = re.compile(r"(?<=```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
WIDTH = "80"
"""Columns of the terminal, as many as a page shows."""


def printed(command: str) -> str:
    """What a command prints, in the current folder: `derive` in this process, all others by the shell."""
    if not command.startswith("derive "):
        return shell(command, "")
    ours, bar, theirs = command.partition(" | ")
    words = shlex.split(ours)[1:]
    text = CliRunner().invoke(main, words, env={"COLUMNS": WIDTH}, terminal_width=int(WIDTH), prog_name="derive").output
    return shell(theirs, text) if bar else text


def shell(command: str, given: str) -> str:
    """What a command of the shell prints; one that is not there is an error."""
    run = subprocess.run(["sh", "-c", command], input=given, capture_output=True, encoding="utf-8")
    assert "not found" not in run.stderr, run.stderr
    return run.stdout + run.stderr


def refreshed(session: str) -> str:
    """A session with what its commands print now."""
    commands = [line.removeprefix("$ ") for line in session.splitlines() if line.startswith("$ ")]
    assert commands
    texts = [f"$ {command}\n{_lines(printed(command))}" for command in commands]
    return "".join(texts)


def _lines(text: str) -> str:
    """The lines of an output, which may not close the block that it stands in."""
    assert "```" not in text
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the pages use, as the current one."""
    shutil.copytree(DOCS / "files", tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def test_there_are_pages() -> None:
    """Every platform has a page, and pages with commands are found."""
    assert {f"platforms/{name}.md" for name in ("moodle", "canvas", "gift", "qti21", "nbgrader", "gradescope")} <= {
        *PAGES
    }
    assert sum(len(CONSOLE.findall((DOCS / page).read_text("utf-8"))) for page in PAGES) > 20


@pytest.mark.parametrize("page", [page for page in PAGES if CONSOLE.search((DOCS / page).read_text("utf-8"))])
def test_commands_print_what_the_page_says(page: str, folder: Path, accept: bool) -> None:
    """Each command of a page, in order."""
    text = (DOCS / page).read_text("utf-8")
    now = CONSOLE.sub(lambda session: refreshed(session[0]), text)
    if accept:
        (DOCS / page).write_text(now, "utf-8")
    assert (DOCS / page).read_text("utf-8") == now


@pytest.mark.parametrize("page", [page for page in PAGES if ">>> " in (DOCS / page).read_text("utf-8")])
def test_sessions_of_python_are_true(page: str, folder: Path) -> None:
    """Each line that Python answers."""
    results = doctest.testfile(str(DOCS / page), module_relative=False)
    assert results.attempted > 3 and results.failed == 0


def test_every_command_is_shown() -> None:
    """The page of commands has the help of each."""
    text = (DOCS / "commands.md").read_text("utf-8")
    assert [name for name in main.commands if f"$ derive {name} --help\n" not in text] == []


def test_what_is_false_is_seen(folder: Path) -> None:
    """A page with another answer differs from what is printed; a mistake is printed too."""
    assert refreshed("$ derive values rnn.toml --only L\n0.5\n") != "$ derive values rnn.toml --only L\n0.5\n"
    assert refreshed("$ cat class.csv | head -1\n") == "$ cat class.csv | head -1\nid,name\n"
    assert "expected" in refreshed("$ derive solve nothing.toml\n")


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """Sphinx builds all pages, those of all examples among them, and takes any doubt for an error."""
    need("sphinx")
    shutil.copytree(DOCS, tmp_path / "docs", ignore=shutil.ignore_patterns("gallery"))
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", str(tmp_path / "docs"), str(tmp_path / "site")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    made = {path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*.html")}
    assert {f"gallery/{name}.html" for name in (*example_names(), "library")} <= made
    assert {page.replace(".md", ".html") for page in PAGES} <= made
    page = (tmp_path / "site" / "gallery" / "mazur.html").read_text("utf-8")
    assert "admonition" in page and 'alt="The network with its weights' in page
    reference = (tmp_path / "site" / "reference.html").read_text("utf-8")
    assert 'id="derive.solve"' in reference and 'id="derive.Check' in reference
