"""Whether a file was made here: each format carries a mark of its maker, where a reader or a program finds it."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path

from derive.errors import InputError

_COLOPHON = b"Made with derive."
MARKS: dict[str, tuple[bytes, ...]] = {
    **dict.fromkeys((".md", ".qmd", ".tex", ".html", ".typ", ".ipynb", ".py", ".js"), (_COLOPHON,)),
    ".svg": (b'aria-labelledby="derive-title',),
    ".json": (b'"made_with": "derive"',),
    # Typst's metadata, and pdfTeX's, which are in UTF-16.
    ".pdf": (b"<rdf:li>derive</rdf:li>", b"/Creator(" + rb"\376\377\000d\000e\000r\000i\000v\000e)"),
    ".docx": (_COLOPHON,),
}
"""What a file of our own holds, by its suffix."""
MOST_BYTES = 100_000_000


def made_here(path: Path) -> bool:
    """Whether a path is a file that this program has made: no link, nothing that is no file, and none without a mark.

    Raises `OSError` where it cannot be read.
    """
    if not stat.S_ISREG(path.lstat().st_mode) or path.suffix not in MARKS:
        return False
    with path.open("rb") as file:
        content = file.read(MOST_BYTES)
    if path.suffix == ".docx":
        content = _words(path)
    return any(mark in content for mark in MARKS[path.suffix])


def refuse_others(files: Iterable[Path]) -> None:
    """Raises `InputError` where a file would replace something that was not made here."""
    for path in files:
        try:
            own = made_here(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise InputError("a name that a file can have", (error.strerror or str(error)).lower(), str(path)) from None
        if not own:
            hint = "--force replaces it; -o chooses another folder"
            raise InputError("a name that is not taken", "something that derive has not made", str(path), hint=hint)


def _words(path: Path) -> bytes:
    """The text of a Word document; nothing where it is none."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("word/document.xml") as file:
            return file.read(MOST_BYTES)
    except (zipfile.BadZipFile, KeyError):
        return b""
