"""Writing files: whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO

from derive.errors import InputError


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes a file beside its place and moves it there when it is complete; a failure leaves nothing behind.

    Text is written as UTF-8, with the line ends that it has.
    """
    write_together({path: content})


def write_together(files: Mapping[Path, str | bytes]) -> None:
    """Writes files that belong together: each moves to its place when all of them are complete.

    Where one cannot, those that have moved are taken back, and what was there before is there again.
    """
    scratches: dict[Path, Path] = {}
    path = Path()
    try:
        for path, content in files.items():
            data = _encoded(path, content)
            scratches[path] = path.with_name(f".{path.name[:40]}-{len(scratches)}.{os.getpid()}.part")
            with _created(scratches[path]) as file:
                file.write(data)
        with ExitStack() as undo:
            for path, scratch in scratches.items():
                _moved(scratch, path, undo if len(scratches) > 1 else None)
            undo.pop_all()
    except OSError as error:
        raise unwritable(error, path) from None
    finally:
        for scratch in scratches.values():
            for left in (scratch, _before(scratch)):
                with suppress(OSError):
                    left.unlink(missing_ok=True)


def _moved(scratch: Path, path: Path, undo: ExitStack | None) -> None:
    """Moves a file to its place; what is to be done to take it back is left with `undo`."""
    if undo is not None:
        before = _before(scratch)
        if path.is_dir() and not path.is_symlink():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if os.path.lexists(path):
            path.replace(before)
            undo.callback(before.replace, path)
        else:
            undo.callback(path.unlink, missing_ok=True)
    scratch.replace(path)


def _before(scratch: Path) -> Path:
    """Where what a file replaces waits until all are in their places."""
    return scratch.with_name(f".{scratch.name}.0.part")


def _encoded(path: Path, content: str | bytes) -> bytes:
    try:
        return content.encode() if isinstance(content, str) else content
    except UnicodeEncodeError as error:
        found = f"the lone surrogate U+{ord(error.object[error.start]):04X}"
        raise InputError("a text that a file can hold", found, file=str(path)) from None


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


@contextmanager
def growing(path: Path) -> Iterator[TextIO]:
    """A text file to be written piece by piece that takes its place when it is complete, and else leaves nothing."""
    scratch = path.parent / f".{path.name}.{os.getpid()}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with scratch.open("x", encoding="utf-8", newline="") as file:
            yield file
        scratch.replace(path)
    except BaseException as error:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise unwritable(error, path) from None
        raise


def unwritable(error: OSError, path: Path, place: str = "") -> InputError:
    """What is said where a file cannot be written."""
    in_place = isinstance(error, NotADirectoryError | FileExistsError)
    found = "a file in the place of a folder" if in_place else (error.strerror or str(error)).lower()
    return InputError("a folder that can be written to", found, str(path), place)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """An archive that is the same on every machine: without dates, and without the art of a compressor."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return stream.getvalue()
