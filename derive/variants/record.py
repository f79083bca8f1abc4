"""What a set has written into its folder, and with which content: the lines of its manifest.

The manifest of a set in the making grows with every variant, so that whoever stops it, and however, the next run knows
what is whole; the finished one takes its place in the end. A line that was cut off is as if it were not there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from derive.files import unwritable

KINDS = ("worksheet", "key", "solution")
"""What is written for a variant, each kind into a folder of its own."""
MANIFEST, KEYS = "manifest.json", "keys.csv"
HEAD = 1000
"""Characters of a manifest that hold what tells sets apart."""
UNKNOWN = ""
"""The hash of a file that has been begun, and nobody knows whether it is there."""
Files = Mapping[str, str]
"""The files of a variant by their names in the folder, with the hashes of their contents."""

_OWN = re.compile(r"(?:worksheets|keys|solutions)/[^/\\]+\.(?:worksheet|key|solution)\.[a-z]+")
_TOGETHER = re.compile(r"keys\.csv|worksheets(?:-\d+)?\.pdf|logo\.(?:png|svg|pdf)")


def told(folder: Path) -> dict[str, str]:
    """What the beginning of the manifest says of the whole set."""
    with (folder / MANIFEST).open(encoding="utf-8", errors="replace") as file:
        head = file.read(HEAD)
    return dict(re.findall(r'^ "(set|students|variants)": "?(\w+)"?,$', head, re.MULTILINE))


def recorded(folder: Path) -> dict[str, Files]:
    """The files of every variant that the manifest names, by the variant's key."""
    return {key: files for key, files in _lines(folder) if key}


def written(folder: Path) -> Iterator[tuple[str, str]]:
    """The names of all files that the set has written or begun, with the hashes of their contents."""
    found: dict[str, str] = {}
    for _, files in _lines(folder):
        found |= files
    yield from found.items()


def _lines(folder: Path) -> Iterator[tuple[str, Files]]:
    with (folder / MANIFEST).open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith('  {"key": '):
                yield from _entry(line.strip().rstrip(","))
            elif line.startswith(' "files": '):
                yield from _entry(f'{{"key": "", {line.strip().rstrip(",")}}}')


def _entry(text: str) -> Iterator[tuple[str, Files]]:
    """What one line says; nothing where it was cut off, or names what no set would write."""
    try:
        entry: Any = json.loads(text)
    except ValueError:
        return
    match entry:
        case {"key": str(key), "files": dict(files)}:
            names = _OWN if key else _TOGETHER
            yield key, {name: str(mark) for name, mark in files.items() if names.fullmatch(name)}


@contextmanager
def record(folder: Path, head: str, together: Files, variants: Iterable[tuple[str, Files]]) -> Iterator[TextIO]:
    """The manifest of a set in the making, with all files that it will have; lines that are added count more."""
    path = folder / MANIFEST
    scratch = path.with_name(f".{MANIFEST}.begun.0.part")
    try:
        with scratch.open("w", encoding="utf-8", newline="") as file:
            file.write(f'{head},\n "files": {json.dumps(together)},\n "sheets": [\n')
            for key, files in variants:
                file.write(line(key, files))
        scratch.replace(path)
        with path.open("a", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise unwritable(error, path) from None


def line(key: str, files: Files) -> str:
    """What a manifest in the making says of one variant."""
    return f"  {json.dumps({'key': key, 'files': files}, ensure_ascii=False)},\n"
