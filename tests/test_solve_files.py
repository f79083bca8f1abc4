"""What `derive solve` writes: all its files or none, its own anew, and nothing of others without being told to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tools import need

from derive import InputError, solve
from derive.cli import main
from derive.files import write_together
from derive.render.made import MARKS, made_here
from derive.render.pdf import latex_pdf

FORMATS = "md,qmd,myst,tex,html,typ,pdf,ipynb,json,numpy,torch"


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        main, ["solve", "hmkcode", "--detail", "brief", "--with", "figures", "-o", str(folder), *arguments]
    )


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_own_files_are_written_anew(tmp_path: Path) -> None:
    """Every kind of file is known again, pictures too, and also after other options."""
    assert run(tmp_path, "--format", FORMATS).exit_code == 0
    first = tree(tmp_path)
    assert all(map(made_here, tmp_path.iterdir()))
    assert {path.suffix for path in tmp_path.iterdir()} == set(MARKS) - {".docx", ".js"}
    again = run(tmp_path, "--format", FORMATS, "--notation", "standard")
    assert again.exit_code == 0, again.output
    assert tree(tmp_path).keys() >= first.keys() and tree(tmp_path) != first


def test_word_documents_and_those_of_pdflatex_are_known_again(tmp_path: Path) -> None:
    need("pypandoc")
    (tmp_path / "a.docx").write_bytes(solve("hmkcode", detail="brief").docx())
    assert made_here(tmp_path / "a.docx")
    need("pdflatex")
    (tmp_path / "a.pdf").write_bytes(latex_pdf(solve("hmkcode", detail="brief").render("tex")))
    assert made_here(tmp_path / "a.pdf")
    bare = r"\documentclass{article}\begin{document}x\end{document}"
    (tmp_path / "b.pdf").write_bytes(latex_pdf(bare))
    assert not made_here(tmp_path / "b.pdf")


@pytest.mark.parametrize("name", ["hmkcode.solution.md", "hmkcode.solution.tex", "hmkcode.network.svg"])
def test_files_of_others_are_refused(name: str, tmp_path: Path) -> None:
    """Nothing is written beside them either; with --force they are replaced."""
    (tmp_path / name).write_text("mine")
    told = run(tmp_path)
    assert told.exit_code == 2 and "something that derive has not made" in told.output and name in told.output
    assert "--force replaces it" in told.output
    assert tree(tmp_path) == {name: b"mine"}
    assert run(tmp_path, "--force").exit_code == 0
    assert made_here(tmp_path / name) and len(tree(tmp_path)) > 4


def test_links_pipes_and_folders_are_no_files(tmp_path: Path) -> None:
    """A link is not followed, a pipe is not read, and a folder stays also with --force."""
    folder, other = tmp_path / "out", tmp_path / "other.md"
    assert run(folder).exit_code == 0
    name = folder / "hmkcode.solution.md"
    other.write_bytes(name.read_bytes())
    name.unlink()
    name.symlink_to(other)
    assert run(folder).exit_code == 2 and name.is_symlink()
    before = other.read_bytes()
    assert run(folder, "--notation", "standard", "--force").exit_code == 0
    assert other.read_bytes() == before and not name.is_symlink()
    name.unlink()
    os.mkfifo(name)
    assert run(folder).exit_code == 2
    name.unlink()
    name.mkdir()
    files = tree(folder)
    for arguments in ((), ("--force",)):
        told = run(folder, "--notation", "hmkcode", *arguments)
        assert told.exit_code == 2 and str(name) in told.output
        assert tree(folder) == files and name.is_dir() and len(list(folder.iterdir())) == len(files) + 1


def test_what_cannot_be_completed_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The move of the last file fails: the first is as it was, the second is not there."""
    (tmp_path / "a").write_text("before")
    plain = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if self.name.endswith(".part") and target.name == "c":
            raise OSError(28, "No space left on device")
        return plain(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(InputError, match="no space left on device"):
        write_together({tmp_path / name: "after" for name in "abc"})
    assert tree(tmp_path) == {"a": b"before"}
    monkeypatch.undo()
    write_together({tmp_path / name: "after" for name in "abc"})
    assert tree(tmp_path) == dict.fromkeys("abc", b"after")


# -- a disk that is full: no file may become longer than so many bytes

FULL = """
import resource, signal, sys
from derive.cli import main
if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
    main()
"""
COMMANDS = {
    "solve": (["solve", "hmkcode", "--format", "md,tex,html"], 20_000, set()),
    "check": (["check", "hmkcode", "class.csv", "--format", "csv,json"], 20_000, set()),
    "set": (["worksheet", "hmkcode", "--variants", "40", "--format", "csv"], 40_000, {"manifest.json"}),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_leaves_nothing_half_written(command: str, tmp_path: Path) -> None:
    """One message, exit code 2, and only whole files; of a set the manifest in the making, which lets it go on."""
    arguments, limit, left = COMMANDS[command]
    rows = "".join(f"s{number},net_h1,0.5\n" for number in range(150))
    (tmp_path / "class.csv").write_text(f"student,quantity,value\n{rows.replace('net_h1', 'w_1')}")
    (tmp_path / "full.py").write_text(FULL)
    call = [sys.executable, "full.py", str(limit), *arguments, "-o", "out"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and "file too large" in done.stderr and "Traceback" not in done.stderr
    files = {path.name for path in (tmp_path / "out").glob("*") if path.is_file()}
    assert files == left and not list((tmp_path / "out").rglob(".*.part"))
    for path in (tmp_path / "out").glob("*/*.csv"):
        assert path.read_bytes().endswith(b"\n") and path.stat().st_size > 100
