"""Bytes become text: UTF-8 and UTF-16, with a mark before them or without, and Windows-1252 where it is neither.

Knows nothing of what a text says, nor how long one may be.
"""

from __future__ import annotations

from derive.errors import InputError

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_BARE = ((slice(1, 200, 2), "utf-16-le"), (slice(0, 200, 2), "utf-16-be"))
"""Where the zeros are in the first letters of a text in UTF-16 without a mark."""
ANSI = "the file is not UTF-8 and was read as Windows-1252"


def decoded(content: bytes, file: str | None = None) -> tuple[str, str | None]:
    """The text, and a note where its coding had to be guessed. Raises `InputError` where it is no text.

    >>> decoded(b"Z\\xf6e")
    ('Zöe', 'the file is not UTF-8 and was read as Windows-1252')
    """
    coding = _told(content)
    try:
        return content.decode(coding or "utf-8"), None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = InputError("a text in UTF-8", f"the byte 0x{content[error.start]:02x}", file, f"line {line}")
    if coding is not None:
        raise fault
    try:
        return content.decode("cp1252"), ANSI
    except UnicodeDecodeError:
        raise fault from None


def _told(content: bytes) -> str | None:
    """The coding that the first bytes show."""
    marked = next((coding for mark, coding in _MARKS if content.startswith(mark)), None)
    return marked or next((coding for zeros, coding in _BARE if content[zeros] and not any(content[zeros])), None)
