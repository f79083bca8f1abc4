"""Writing files: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from derive.errors import InputError


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes a file beside its place and moves it there when it is complete; a failure leaves nothing behind.

    Text is written as UTF-8, with the line ends that it has.
    """
    try:
        data = content.encode() if isinstance(content, str) else content
    except UnicodeEncodeError as error:
        found = f"the lone surrogate U+{ord(error.object[error.start]):04X}"
        raise InputError("a text that a file can hold", found, file=str(path)) from None
    try:
        scratch = path.with_name(f".{path.name[:40]}.{os.getpid()}.part")
        try:
            with _created(scratch) as file:
                file.write(data)
            scratch.replace(path)
        except BaseException:
            scratch.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(
            "a folder that can be written to", (error.strerror or str(error)).lower(), file=str(path)
        ) from None


def _created(path: Path) -> BinaryIO:
    """A new file, open for writing; its folder is made where there is none."""
    try:
        return path.open("xb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")


def write_new(path: Path, text: str) -> None:
    """Writes a file that must not exist yet."""
    try:
        taken = path.exists() or path.is_symlink()
    except OSError as error:
        raise InputError("a name that a file can have", (error.strerror or str(error)).lower(), str(path)) from None
    if taken:
        raise InputError("a name that is not taken", "a file of that name", file=str(path), hint="choose another name")
    write_whole(path, text)
