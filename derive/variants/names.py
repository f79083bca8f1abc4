"""Names that are safe: of files, from identifiers that somebody else chose, and of cells in a CSV file.

A file name is made of letters and digits of any script and few other marks, stays inside its folder, and differs from
all others also where capitals or ways to compose a letter do not count.

A cell is never read as a formula by a spreadsheet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from hashlib import blake2b

LONGEST = 32
"""Characters of a file's name before its endings."""
HASH = 8
KEPT = "._@+-"
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices."""
FORMULA = "=+-@\t\r\n"


def file_stems(identifiers: Iterable[str]) -> list[str]:
    """A safe file name for each identifier, in their order; a mark is added only where two would be the same.

    >>> file_stems(["0001", "A1", "a1", "../../etc", "Łukasz Nowak", "李小龙"])
    ['0001', 'A1', 'a1-0cbf79c2', 'etc', 'Łukasz-Nowak', '李小龙']
    """
    wanted = [(_stem(identifier), identifier) for identifier in identifiers]
    used: set[str] = set()
    stems = [""] * len(wanted)
    # An identifier that is a file name itself has the first right to it.
    for place in sorted(range(len(wanted)), key=lambda place: wanted[place][0] != wanted[place][1]):
        stem, identifier = wanted[place]
        if not stem or _same(stem) in used:
            stem = f"{stem[: LONGEST - HASH - 1]}-{_mark(identifier)}".lstrip("-")
        while _same(stem) in used:
            stem = _mark(stem)
        used.add(_same(stem))
        stems[place] = stem
    return stems


def _stem(identifier: str) -> str:
    """The letters and digits of any script, composed; runs of anything else are one hyphen."""
    stem = ""
    for character in unicodedata.normalize("NFC", identifier):
        kind = unicodedata.category(character)
        if kind == "Cf":
            continue  # joiners and marks of direction, which nobody sees
        stem += character if kind[0] in "LM" or kind == "Nd" or character in KEPT else "-"
    stem = re.sub(r"-{2,}", "-", re.sub(r"\.{2,}", ".", stem))
    while stem and (stem[0] in ".-@+" or unicodedata.category(stem[0])[0] == "M"):
        stem = stem[1:]
    stem = stem.rstrip(".-")[:LONGEST].rstrip(".-")
    return f"_{stem}" if RESERVED.fullmatch(stem) else stem


def _same(stem: str) -> str:
    """What two names have in common that some file system takes for one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", stem).casefold())


def _mark(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=HASH // 2).hexdigest()


def safe_cell(text: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula: with an apostrophe before it where it could be one.

    >>> safe_cell("=1+1"), safe_cell("Ada")
    ("'=1+1", 'Ada')
    """
    risky = text and unicodedata.normalize("NFKC", text[0])[:1] in FORMULA
    return f"'{text}" if risky else text
