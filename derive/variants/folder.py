"""The folder of a class set: what lies where, whose it is, and files that grow line by line but appear whole.

    DIR/worksheets/0001.worksheet.pdf    DIR/keys/0001.key.pdf    DIR/keys.csv    DIR/manifest.json

The manifest is written twice: first unfinished, which marks the folder as the set's own, and last with everything in
it. So an interrupted set is known again and goes on, and no other set is mixed into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from derive.errors import InputError, counted
from derive.variants.tasks import Task, mark

KINDS = ("worksheet", "key", "solution")
"""What is written for a variant, each kind into a folder of its own."""
MANIFEST, KEYS = "manifest.json", "keys.csv"
OWN = (MANIFEST, KEYS, "worksheets.pdf", "worksheets-[0-9]*.pdf")
HEAD = 1000
"""Characters of a manifest that hold what tells sets apart."""


def file_of(task: Task, kind: str, ending: str) -> str:
    """The name of a file in its folder."""
    return f"{kind}s/{task.stem}.{kind}.{ending}"


def claim(folder: Path, own: str, tasks: Sequence[Task], force: bool) -> bool:
    """Makes sure that a folder may be written to for the set `own`, whose students are `tasks`.

    True where this set has been begun there before.

    Raises `InputError` where something else lies there; with `force` that is removed.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise InputError("a folder to write to", "a file", str(folder), "--output")
        if force:
            _clear(folder, all_of_it=True)
            return False
        _refuse_others(folder, own, tasks)
        _clear(folder, all_of_it=False)
        return (folder / MANIFEST).exists()
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        raise InputError("a folder that can be written to", found, str(folder), "--output") from None


def _refuse_others(folder: Path, own: str, tasks: Sequence[Task]) -> None:
    manifest = folder / MANIFEST
    hint = "choose another folder with -o, or replace what is there with --force"
    if not manifest.exists():
        strange = next(_leftovers(folder), None)
        if strange is not None:
            told = f"{strange.relative_to(folder)} of something else"
            raise InputError("a folder without a class set", told, str(folder), hint=hint)
        return
    with manifest.open(encoding="utf-8", errors="replace") as file:
        head = file.read(HEAD)
    known = dict(re.findall(r'^ "(set|students|variants)": "?(\w+)"?,$', head, re.MULTILINE))
    if known.get("set") != own:
        raise InputError("a folder for this set", "one with another problem, seed or format", str(folder), hint=hint)
    before = int(known.get("variants", "0"))
    if before > len(tasks):
        found = f"one of {counted(before, 'variant')}"
        raise InputError(f"a folder for {counted(len(tasks), 'variant')}", found, str(folder), hint=hint)
    if known.get("students") != mark(tasks[:before]):
        raise InputError("a folder for this class list", "one for another", str(folder), hint=hint)


def _leftovers(folder: Path) -> Iterator[Path]:
    """The files of a class set that lie in a folder."""
    for name in OWN if folder.is_dir() else ():
        yield from sorted(folder.glob(name))
    for kind in KINDS:
        if (folder / f"{kind}s").is_dir():
            yield from sorted((folder / f"{kind}s").glob(f"*.{kind}.*"))


SCRATCH = re.compile(r"\..+\.\d+\.part")
"""The names of files that are being written; other people's end otherwise."""


def _clear(folder: Path, all_of_it: bool) -> None:
    """Removes what an interrupted run has left half-written, or every file of a set."""
    places = [folder, *(folder / f"{kind}s" for kind in KINDS)]
    for place in places if folder.is_dir() else ():
        for scratch in place.glob(".*.part") if place.is_dir() else ():
            if SCRATCH.fullmatch(scratch.name):
                scratch.unlink(missing_ok=True)
    for file in list(_leftovers(folder)) if all_of_it else ():
        file.unlink(missing_ok=True)
