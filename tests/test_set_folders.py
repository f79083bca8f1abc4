"""The folder of a class set: what was damaged is made again, nothing of others is touched, one run at a time writes."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from derive import InputError
from derive.cli import main
from derive.variants import Interrupted, recipe, worksheets
from derive.variants.folder import held
from derive.variants.sets import PORTION


def make(folder: Path, variants: int = 3, **options: Any) -> Any:
    return worksheets("hmkcode", variants=variants, seed=options.pop("seed", 7), output=folder, **options)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but for what is no file."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets") / "set"
    make(folder)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A finished set of three variants, to be damaged."""
    shutil.copytree(whole, tmp_path / "set")
    return tmp_path / "set"


# -- what is there is compared

ONE = "worksheets/0002.worksheet.md"
DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_text(""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "changed": lambda path: path.write_text(path.read_text("utf-8").replace("0.", "1."), "utf-8"),
    "gone": lambda path: path.unlink(),
    "a link": lambda path: (path.rename(path.parent / "elsewhere"), path.symlink_to("elsewhere")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_was_damaged_is_made_again(whole: Path, folder: Path, damage: str) -> None:
    DAMAGES[damage](folder / ONE)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.md")}
    done = make(folder)
    assert (done.files, done.kept) == (6, 5)
    (folder / "worksheets" / "elsewhere").unlink(missing_ok=True)
    assert tree(folder) == tree(whole) and not (folder / ONE).is_symlink()
    others = [
        path for path in folder.rglob("*.md") if path != folder / ONE and path.parent.name in ("worksheets", "keys")
    ]
    assert len(others) == 5 and all(path.stat().st_mtime_ns == before[path] for path in others)


def test_known_files_are_not_made_to_be_compared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hashes in the manifest are enough, also in that of a set that is being completed."""
    made = list[str]()
    plain = recipe.Workshop.content
    monkeypatch.setattr(recipe.Workshop, "content", lambda *args: made.append(args[-1].key) or plain(*args))
    assert make(folder, 4).kept == 6 and made == ["0004", "0004"]


def test_a_stopped_completion_knows_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest in the making has the files of the old one, and those that were made since."""
    (folder / ONE).write_text("")
    plain, stops = recipe.write_whole, iter([False, True])

    def write(path: Path, content: bytes) -> None:
        if next(stops):
            raise KeyboardInterrupt
        plain(path, content)

    monkeypatch.setattr(recipe, "write_whole", write)
    with pytest.raises(Interrupted):
        make(folder, 20)
    monkeypatch.undo()
    made = list[str]()
    content = recipe.Workshop.content
    monkeypatch.setattr(recipe.Workshop, "content", lambda *args: made.append(args[-1].key) or content(*args))
    assert make(folder, 20).files == 40
    assert set(made) == {f"{number:04d}" for number in range(4, 21)}


def test_an_interrupted_set_is_told_from_a_broken_one(folder: Path) -> None:
    text = (folder / "manifest.json").read_text("utf-8").replace('"finished": true', '"finished": false')
    (folder / "manifest.json").write_text(text[: len(text) // 2], "utf-8")
    run = CliRunner().invoke(main, ["check", str(folder), str(folder / ONE)])
    assert run.exit_code == 2 and "an interrupted one" in run.output
    assert make(folder).files == 6 and json.loads((folder / "manifest.json").read_text("utf-8"))["finished"]


# -- what is no file, and links


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # the name of a socket has at most 100 characters
    try:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as listening:
            listening.bind(path.name)
    finally:
        os.chdir(before)


STRANGE: dict[str, Callable[[Path], None]] = {"a folder": Path.mkdir, "pipe": _pipe, "socket": _socket}


@pytest.mark.parametrize("name", [ONE, "keys.csv", "manifest.json"])
@pytest.mark.parametrize("kind", STRANGE)
def test_what_is_no_file_is_told(folder: Path, kind: str, name: str) -> None:
    """It is not read, which would never end, nor written over; one message names it."""
    (folder / name).unlink()
    STRANGE[kind](folder / name)
    for force in (False, True):
        found = "found a folder" if kind == "a folder" else "found a pipe or a device"
        if name == ONE and force:
            continue  # what a set has written is removed, and this is not: it is replaced or told below
        told = refusal(lambda force=force: make(folder, force=force))  # type: ignore[misc]
        assert "expected a file, or nothing" in told and found in told and str(folder / name) in told
    assert (folder / name).exists()


@pytest.mark.parametrize("kind", STRANGE)
def test_a_manifest_that_is_no_file_is_told(folder: Path, tmp_path: Path, kind: str) -> None:
    (folder / "manifest.json").unlink()
    STRANGE[kind](folder / "manifest.json")
    run = CliRunner().invoke(main, ["check", str(folder), str(folder / ONE)])
    assert run.exit_code == 2 and "the manifest of a class set" in run.output


@pytest.mark.parametrize("kind", STRANGE)
def test_others_in_the_folder_are_left_alone(whole: Path, folder: Path, kind: str) -> None:
    """Pipes and folders beside the files of a set, also under names like those of its files, stay and stop nobody."""
    for name in ("notes", "worksheets/0009.worksheet.md", "worksheets/.x.1.part", ".y.1.part"):
        STRANGE[kind](folder / name)
    assert make(folder).kept == 6
    make(folder, 2, seed=8, force=True)
    for name in ("notes", "worksheets/0009.worksheet.md", "worksheets/.x.1.part", ".y.1.part"):
        assert (folder / name).exists() and not (folder / name).is_file()


def test_nothing_is_removed_through_a_link(folder: Path, tmp_path: Path) -> None:
    """A folder of worksheets that is a link is refused; a file that is one stays what it points to."""
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    shutil.rmtree(folder / "worksheets")
    (folder / "worksheets").symlink_to(other / "worksheets")
    for force in (False, True):
        told = refusal(lambda force=force: make(folder, seed=8, force=force))  # type: ignore[misc]
        assert "a folder, or nothing, found a link" in told
    (folder / "worksheets").unlink()
    (folder / "keys" / "0001.key.md").unlink()
    (folder / "keys" / "0001.key.md").symlink_to(other / "keys" / "0001.key.md")
    before = tree(other)
    make(folder, 2, seed=8, force=True)
    assert tree(other) == before


# -- force


def test_force_removes_only_what_a_set_has_written(folder: Path, tmp_path: Path) -> None:
    """Own files under names like the set's, files changed since, and hostile names in the manifest: all stay."""
    mine = ["worksheets/0009.worksheet.md", "worksheets.pdf", "worksheets-1.pdf", "keys/notes.txt", "keys/old.key.pdf"]
    for name in mine:
        (folder / name).write_text("mine")
    (folder / ONE).write_text("filled in")
    (tmp_path / "victim.key.md").write_text("mine")
    text = (folder / "manifest.json").read_text("utf-8")
    hostile = '{"keys/../../victim.key.md": "", "../victim.key.md": "", "/etc/x.key.md": "", "notes.txt": "", '
    (folder / "manifest.json").write_text(text.replace('"files": {', f'"files": {hostile}'), "utf-8")
    done = make(folder, 1, seed=8, force=True)
    assert done.changed == 1 and (folder / ONE).read_text() == "filled in"
    assert all((folder / name).read_text() == "mine" for name in mine)
    assert (tmp_path / "victim.key.md").read_text() == "mine"
    names = {"keys.csv", "manifest.json", "worksheets/0001.worksheet.md", "keys/0001.key.md"}
    assert set(tree(folder)) == {*names, *mine, ONE}


def test_force_removes_what_a_killed_run_may_have_written(folder: Path) -> None:
    """Files that were begun and not told of any more."""
    text = (folder / "manifest.json").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith('  {"key": "0003"')]
    begun = '  {"key": "0003", "files": {"worksheets/0003.worksheet.md": "", "keys/0003.key.md": ""}},'
    (folder / "manifest.json").write_text("\n".join([*lines[:-3], begun, '  {"key": "00']), "utf-8")
    make(folder, 1, seed=8, force=True)
    assert set(tree(folder)) == {"keys.csv", "manifest.json", "worksheets/0001.worksheet.md", "keys/0001.key.md"}


def test_the_files_for_printing_are_the_set_s_own(tmp_path: Path) -> None:
    make(tmp_path / "set", 2, format="pdf", all_in_one=True)
    assert "worksheets.pdf" in json.loads((tmp_path / "set" / "manifest.json").read_text("utf-8"))["files"]
    make(tmp_path / "set", 1, seed=8, force=True)
    assert not (tmp_path / "set" / "worksheets.pdf").exists()


def test_nothing_is_removed_before_the_numbers_are_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise InputError("numbers that meet every condition")

    before = tree(folder)
    monkeypatch.setattr("derive.variants.sets.plan", none)
    assert "numbers that meet" in refusal(lambda: make(folder, seed=8, force=True))
    assert tree(folder) == before


# -- one run at a time

RUN = "from derive.cli import main\nif __name__ == '__main__':\n    main()\n"


@contextlib.contextmanager
def running(tmp_path: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    (tmp_path / "run.py").write_text(RUN)
    command = [sys.executable, str(tmp_path / "run.py"), "worksheet", "hmkcode", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(what: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.01)
    return False


def test_two_runs_in_one_folder(tmp_path: Path) -> None:
    """The second is refused; killed in the middle, the first leaves a set that the same command completes."""
    folder = tmp_path / "set"
    call = ["--variants", "400", "--seed", "7", "--format", "md", "-o", str(folder)]
    with running(tmp_path, *call) as first:
        assert until(lambda: len(list(folder.glob("keys/*.md"))) > 20)
        assert "found one that does" in refusal(lambda: make(folder, 400))
        assert "found one that does" in refusal(lambda: make(folder, 1, force=True))
        assert first.poll() is None
        first.send_signal(signal.SIGKILL)
        first.wait()
    there = len(list(folder.glob("*/*.md")))
    assert 20 < there < 800
    # What is being made in one go is not told of yet.
    assert len(re.findall(r"[0-9a-f]{64}", (folder / "manifest.json").read_text("utf-8"))) > there - 2 * PORTION - 4
    again = CliRunner().invoke(main, ["worksheet", "hmkcode", *call[:1], "30", *call[2:], "--force"])
    assert again.exit_code == 0, again.output
    assert len(tree(folder)) == 2 * 30 + 2


def test_a_stopped_run_leaves_no_worker_and_goes_on(tmp_path: Path) -> None:
    """SIGTERM to a run of two processes; the next one completes the set."""
    folder = tmp_path / "set"
    call = ["--variants", "120", "--seed", "7", "--format", "md", "-o", str(folder), "--jobs", "2"]
    with running(tmp_path, *call) as first:
        assert until(lambda: len(list(folder.glob("keys/*.md"))) > 10)
        first.send_signal(signal.SIGTERM)
        first.wait()
        assert until(lambda: not _children_of_session(first.pid))
    assert not json_finished(folder)
    done = make(folder, 120)
    assert done.files == 240 and done.kept > 10 and json_finished(folder)
    assert not list(folder.rglob(".*.part"))


def json_finished(folder: Path) -> bool:
    return '"finished": true' in (folder / "manifest.json").read_text("utf-8")[:1000]


def _children_of_session(session: int) -> list[str]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, its_session = stat.read_text().rpartition(")")[2].split()[:4]
            if int(its_session) == session and state not in "ZX":
                found.append(stat.parent.name)
    return found


def test_a_folder_is_let_go(tmp_path: Path) -> None:
    with held(tmp_path):
        assert "no other run writes to" in refusal(lambda: held(tmp_path).__enter__())
    with held(tmp_path):
        assert not list(tmp_path.iterdir())
