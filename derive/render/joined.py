"""Several PDF files as one, for printing: every file begins on the front of a sheet of paper.

Their pages are put in as pictures, so that page numbers and everything else stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from derive.render.formats import PAPERS

SIZES = {"a4": "width: 210mm, height: 297mm", "letter": "width: 8.5in, height: 11in"}
assert set(SIZES) == set(PAPERS)

_PAGE = re.compile(rb"/Type\s*/Page\b")


def joined_pdf(folder: Path, files: Iterable[str], paper: str) -> bytes:
    """One PDF of some files of a folder, by their names in it, in their order."""
    import typst

    lines = [f"#set page(margin: 0mm, {SIZES[paper]})"]
    for name in files:
        pages = page_count(folder, name)
        lines += [_image(name, page) for page in range(1, pages + 1)]
        if pages % 2:
            lines.append("#page[]")
    source = "\n".join(lines).encode()
    pdf: bytes = typst.compile(source, root=str(folder), format="pdf", timestamp=0)  # type: ignore[call-overload]
    return pdf


def page_count(folder: Path, name: str) -> int:
    """The number of pages of a PDF file."""
    found = len(_PAGE.findall((folder / name).read_bytes()))
    if not found:
        # pdfTeX packs the list of pages, so each is asked for until there are no more.
        while _has(folder, name, found + 1):
            found += 1
    return found


def _has(folder: Path, name: str, page: int) -> bool:
    import typst

    try:
        source = _image(name, page).encode()
        typst.compile(source, root=str(folder), format="svg")  # type: ignore[call-overload]
    except typst.TypstError:
        return False
    return True


def _image(name: str, page: int) -> str:
    return f"#image({json.dumps(name)}, page: {page}, width: 100%, height: 100%)"
