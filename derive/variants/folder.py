"""The folder of a class set: what lies where, whose it is, and who may write to it.

    DIR/worksheets/0001.worksheet.pdf    DIR/keys/0001.key.pdf    DIR/keys.csv    DIR/manifest.json

The manifest marks the folder as the set's own and says what the set has written there (`record`). So an interrupted
set is known again and goes on, no other set is mixed into it, and only what a set has written is ever removed: never
through a link, and nothing that was changed since. One run at a time writes to a folder.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from derive.endings import ending
from derive.errors import InputError, counted
from derive.files import unwritable
from derive.variants.record import KEYS, KINDS, MANIFEST, UNKNOWN, told, written
from derive.variants.tasks import Task, mark

PRINTS = ("worksheets.pdf", "worksheets-[0-9]*.pdf")
SCRATCH = re.compile(r"\..+\.\d+\.part")
"""The names of files that are being written; other people's end otherwise."""
FORCE = "choose another folder with -o, or replace what is there with --force"


def file_of(task: Task, kind: str, format: str) -> str:
    """The name of a file in its folder."""
    return f"{kind}s/{task.stem}.{kind}.{ending(format)}"


def print_names(count: int, together: int) -> list[str]:
    """The names of the files for printing so many worksheets, so many in each.

    >>> print_names(3, 250), print_names(500, 250)
    (['worksheets.pdf'], ['worksheets-1.pdf', 'worksheets-2.pdf'])
    """
    parts = -(-count // together)
    return ["worksheets.pdf"] if parts == 1 else [f"worksheets-{number}.pdf" for number in range(1, parts + 1)]


# -- one run at a time


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keeps other runs out of a folder, which is made where there is none; whoever has it lets it go when it ends.

    Raises `InputError` where another run has it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(folder):
            yield
    except BlockingIOError:
        hint = "wait until it has ended, or choose another folder with -o"
        raise InputError("a folder that no other run writes to", "one that does", str(folder), hint=hint) from None
    except FileExistsError:
        raise InputError("a folder to write to", "a file", str(folder), "--output") from None
    except OSError as error:
        raise unwritable(error, folder, "--output") from None


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """A lock that ends with this process, however it ends. Raises `BlockingIOError` where another process has it."""
    if sys.platform == "win32":
        flags = os.O_CREAT | os.O_EXCL | os.O_TEMPORARY
        try:
            handle = os.open(folder / ".lock", flags)
        except FileExistsError:
            raise BlockingIOError from None
    else:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    try:
        if sys.platform != "win32":
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


# -- whose a folder is


def claimed(folder: Path, own: str, tasks: Sequence[Task], force: bool) -> bool:
    """Whether the set `own`, whose students are `tasks`, has been begun in a folder before. Nothing is changed.

    Raises `InputError` where something else lies there, unless it is to be replaced.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise InputError("a folder to write to", "a file", str(folder), "--output")
        for name in (MANIFEST, KEYS, *(f"{kind}s" for kind in KINDS)):
            _refuse_strange(folder / name, folder=name.endswith("s"))
        if force:
            return False
        _refuse_others(folder, own, tasks)
        return (folder / MANIFEST).exists()
    except OSError as error:
        raise unwritable(error, folder, "--output") from None


def cleared(folder: Path, force: bool) -> int:
    """Removes what an interrupted run has left half-written, and with `force` everything that a set has written.

    Gives the number of files that were written by a set, but have been changed since, and so are left.
    """
    changed = 0
    try:
        for place in [folder, *(folder / f"{kind}s" for kind in KINDS)]:
            for scratch in place.glob(".*.part") if place.is_dir() else ():
                if SCRATCH.fullmatch(scratch.name) and _is_file(scratch):
                    scratch.unlink(missing_ok=True)
        if force and (folder / MANIFEST).exists():
            changed = sum(not _removed(folder / name, content) for name, content in written(folder))
            (folder / MANIFEST).unlink()
    except OSError as error:
        raise unwritable(error, folder, "--output") from None
    return changed


def there(path: Path) -> bytes | None:
    """What a file of the set holds; None where there is none, or only a link.

    Raises `InputError` where something else has its name.
    """
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(found.st_mode):
        return None
    _refuse_strange(path)
    return path.read_bytes()


def _refuse_strange(path: Path, folder: bool = False) -> None:
    """Raises `InputError` where a name of the set belongs to something that it would not write."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    right = stat.S_ISDIR if folder else stat.S_ISREG
    if not right(mode):
        kinds = {stat.S_ISLNK: "a link", stat.S_ISDIR: "a folder", stat.S_ISREG: "a file"}
        found = next((words for test, words in kinds.items() if test(mode)), "a pipe or a device")
        expected = "a folder, or nothing" if folder else "a file, or nothing"
        raise InputError(expected, found, str(path), hint="remove it, or choose another folder with -o")


def _refuse_others(folder: Path, own: str, tasks: Sequence[Task]) -> None:
    if not (folder / MANIFEST).exists():
        strange = next(_leftovers(folder), None)
        if strange is not None:
            named = f"{strange.relative_to(folder)} of something else"
            raise InputError("a folder without a class set", named, str(folder), hint=FORCE)
        return
    known = told(folder)
    if known.get("set") != own:
        raise InputError("a folder for this set", "one with another problem, seed or format", str(folder), hint=FORCE)
    before = int(known.get("variants", "0"))
    if before > len(tasks):
        found = f"one of {counted(before, 'variant')}"
        raise InputError(f"a folder for {counted(len(tasks), 'variant')}", found, str(folder), hint=FORCE)
    if known.get("students") != mark(tasks[:before]):
        raise InputError("a folder for this class list", "one for another", str(folder), hint=FORCE)


def _leftovers(folder: Path) -> Iterator[Path]:
    """What lies in a folder under names that a set would use."""
    for name in (KEYS, *PRINTS) if folder.is_dir() else ():
        yield from sorted(folder.glob(name))
    for kind in KINDS:
        if (folder / f"{kind}s").is_dir():
            yield from sorted((folder / f"{kind}s").glob(f"*.{kind}.*"))


def _removed(path: Path, content: str) -> bool:
    """Removes a file that a set has written, unless it has been changed; True where it is not there any more."""
    if not _is_file(path):
        return not path.is_symlink() and not path.exists()
    if content != UNKNOWN and sha256(path.read_bytes()).hexdigest() != content:
        return False
    path.unlink(missing_ok=True)
    return True


def _is_file(path: Path) -> bool:
    """Whether a path is a file itself, no link to one."""
    with suppress(FileNotFoundError, NotADirectoryError):
        return stat.S_ISREG(path.lstat().st_mode)
    return False
