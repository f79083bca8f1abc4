r"""Documents become files: one walk over the blocks, one folder of templates and one row per format.

Words are escaped here and formulas printed; the templates of a format, one file per kind of block and a file
of macros for what stands inside a line, say only how the parts are put together. What reaches a template must
be `Escaped`: anything else is a TypeError. To add a format, add a folder of templates and a row to `FORMATS`.

Markdown holds formulas as `$...$` and `$$...$$`, which GitHub, GitLab, VS Code, Jupyter, pandoc and KaTeX's
auto-render all read. Several of them, GitHub first, run the Markdown parser over a formula before any TeX is
seen (github/markup issues 1575 and 1746), so that it must survive that: no backslash before a punctuation
mark (`\cr` for `\\`, `\thinspace` for `\,`), no `_` that could open emphasis (after a closing brace a space
follows it: `}_ {h1}`), no `*`, no `|` in a table cell, and no letter or digit beside a `$`.

Typst gives every formula its words as alternative text, which an accessible PDF must have; `pdf` compiles it.
"""

from __future__ import annotations

from derive.document import Document
from derive.notation import Namer
from derive.palette import Colours
from derive.render.blocks import Walk
from derive.render.formats import FORMATS, PAPERS, Format, format_of
from derive.render.pictures import file_name

__all__ = ["FORMATS", "PAPERS", "Format", "file_name", "format_of", "render"]


def render(
    document: Document,
    format_key: str,
    namer: Namer,
    paper: str = "a4",
    pictures: str = "",
    colours: Colours | None = None,
    comma: bool = False,
    fragment: bool = False,
    placing: bool = False,
) -> str:
    """The document as the text of a file, in the letters of a notation; `paper` is one of `PAPERS`.

    `pictures` is the beginning of the names of the picture files (`pictures.file_name`), for a format that holds no
    drawings; without it such a format leaves pictures out. `colours` says what the colours of formulas tell; None is
    what is usual in the format. With `comma` numbers have a decimal comma. A
    `fragment` is to be pasted into another document. With `placing` LaTeX is told where pictures may be moved to, and
    tells where they stand: for a PDF, and not for people who go on writing.

    Raises ValueError for a document that no format can show: an empty table, a formula glued to a word,
    sections nested deeper than `blocks.DEEPEST`.
    """
    row = format_of(format_key, comma, colours)
    walk = Walk(row, namer, pictures, document.wording)
    if fragment:
        return f"{walk.document(document, paper, 'fragment')}\n"
    return f"{row.papers[paper]}{walk.document(document, paper, placing=placing)}\n"
