"""A document of findings as text or bytes, in any of the formats that people read."""

from __future__ import annotations

from derive.document import Document
from derive.errors import unknown_name
from derive.notation import Namer

SHEETS = ("text", "md", "html", "pdf")
"""The formats of documents: with one of them, a class gets a feedback sheet for each student too."""


def suffix(format: str) -> str:
    """How the name of a file of a format ends."""
    return "txt" if format == "text" else format


def written(
    document: Document, namer: Namer, format: str, paper: str = "a4", pictures: str = "", width: int | None = None
) -> str | bytes:
    """The document as one of `SHEETS`, or as Typst's source.

    `pictures` is the beginning of the names of picture files beside a Markdown file.
    """
    if format == "text":
        from derive.check.terminal import WIDTH, terminal_text

        return terminal_text(document, namer, width or WIDTH)
    from derive.render import PAPERS, render

    if paper not in PAPERS:
        raise unknown_name(paper, PAPERS, place="paper")
    if format != "pdf":
        return render(document, format, namer, paper, pictures)
    from derive.render import pdf

    return pdf.typst_pdf(render(document, "typ", namer, paper, pictures))
