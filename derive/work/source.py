"""Files of work: reading with a limit, and whether what is in them is a text.

Decides how large a file may be. It knows nothing of what the text says.
"""

from __future__ import annotations

import re
from pathlib import Path

from derive import texts
from derive.errors import InputError

MAX_WORK_BYTES = 20_000_000
"""The size of a file of work."""
MAX_LINES = 1_000_000
MAX_SEPARATORS = 2_000_000
"""Commas, semicolons and tabs: together with the lines they bound the memory that reading takes."""
_SIZE = f"at most {MAX_WORK_BYTES // 1_000_000} MB"
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def file_bytes(path: Path) -> bytes:
    """The content of a file of work, which is not read at all when it is too large."""
    name = str(path)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise InputError("a file of work", "a pipe or a device", name)
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            if size > MAX_WORK_BYTES:
                raise InputError(f"a file of work of {_SIZE}", f"one of {size:,} bytes", name)
            stream.seek(0)
            content = stream.read(MAX_WORK_BYTES + 1)
    except FileNotFoundError:
        raise InputError("a file of work", "no file of this name", name) from None
    except IsADirectoryError:
        raise InputError("a file of work", "a folder", name) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        found = f"that it cannot be read ({(reason or 'no valid name').lower()})"
        raise InputError("a file of work", found, name) from None
    return content


def decoded(content: bytes, file: str | None = None) -> tuple[str, str | None]:
    """The text of a file with plain line ends, and a note where its coding had to be guessed.

    >>> decoded(b"\\xff\\xfew\\x005\\x00\\r\\x00\\n\\x00")
    ('w5\\n', None)
    """
    if len(content) > MAX_WORK_BYTES:
        raise InputError(f"a file of work of {_SIZE}", f"one of {len(content):,} bytes", file)
    text, note = texts.decoded(content, file)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return checked(text, file), note


def checked(text: str, file: str | None = None) -> str:
    """The text, when it is one; a file of another kind has characters that no text has."""
    if len(text) > MAX_WORK_BYTES:
        raise InputError(f"a file of work of {_SIZE}", f"a text of {len(text):,} characters", file)
    if (binary := _BINARY.search(text)) is not None:
        line = text.count("\n", 0, binary.start()) + 1
        hint = "save the sheet as CSV." if text.startswith("PK") else None
        found = f"the character U+{ord(binary[0]):04X}, which no text has"
        raise InputError("a text (CSV, JSON, Markdown or lines)", found, file, f"line {line}", hint)
    for count, most, what in (
        (text.count("\n"), MAX_LINES, "lines"),
        (sum(map(text.count, ",;\t")), MAX_SEPARATORS, "commas, semicolons and tabs"),
    ):
        if count > most:
            raise InputError(f"a file of work with at most {most:,} {what}", f"{count:,}", file)
    if not text.strip():
        raise InputError("stated values", "an empty file", file, "line 1")
    return text
