"""Names that are safe: of files, from identifiers that somebody else chose, and of cells in a CSV file.

A file name is made of letters, digits and few marks of ASCII, stays inside its folder, and differs from all others also
where capitals do not count. A cell is never read as a formula by a spreadsheet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from hashlib import blake2b

LONGEST = 32
"""Characters of a file's name before its endings."""
HASH = 8
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices."""
FORMULA = "=+-@\t\r\n"


def file_stems(identifiers: Iterable[str]) -> list[str]:
    """A safe file name for each identifier, in their order.

    >>> file_stems(["0001", "A1", "a1", "../../etc", "Łukasz"])
    ['0001', 'A1', 'a1-0cbf79c2', 'etc-f470a0ab', 'ukasz-f068e878']
    """
    used: set[str] = set()
    stems = []
    for identifier in identifiers:
        stem = _stem(identifier)
        if not stem or stem != identifier or stem.casefold() in used:
            stem = f"{stem[: LONGEST - HASH - 1]}-{_mark(identifier)}".lstrip("-")
        while stem.casefold() in used:
            stem = _mark(stem)
        used.add(stem.casefold())
        stems.append(stem)
    return stems


def _stem(identifier: str) -> str:
    letters = unicodedata.normalize("NFKD", identifier).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Za-z0-9._@+-]+", "-", letters)
    stem = re.sub(r"\.{2,}", ".", stem).lstrip(".-@+").rstrip(".-")[:LONGEST].rstrip(".-")
    return f"_{stem}" if RESERVED.fullmatch(stem) else stem


def _mark(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=HASH // 2).hexdigest()


def safe_cell(text: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula: with an apostrophe before it where it could be one.

    >>> safe_cell("=1+1"), safe_cell("Ada")
    ("'=1+1", 'Ada')
    """
    risky = text and unicodedata.normalize("NFKC", text[0])[:1] in FORMULA
    return f"'{text}" if risky else text
