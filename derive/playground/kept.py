"""What Python has compiled, for a page to keep: the next start need not do it again.

Python takes a compiled module for current if it names the time and the size of its source. The sources are unpacked
anew at every start, so all get the same time.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

_TIME = 1_500_000_000


def settle(folder: str) -> None:
    """Gives every source in a folder the same time."""
    for path in Path(folder).rglob("*.py"):
        os.utime(path, (_TIME, _TIME))


def count(folder: str) -> int:
    """How many modules are compiled."""
    return sum(1 for _ in _found(folder))


def compiled(folder: str) -> bytes:
    """All compiled modules in one archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in _found(folder):
            archive.write(path, path.relative_to(folder).as_posix())
    return packed.getvalue()


def restore(folder: str, content: bytes | memoryview) -> None:
    """Puts compiled modules beside their sources."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)


def _found(folder: str) -> Iterator[Path]:
    return Path(folder).rglob("*.pyc")
