"""One row per format: how its formulas are spelt, and how its words are escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from derive.document import Code, Inline, Math
from derive.formula import LINE_WIDTH, Dialect, Tex
from derive.formula.mathml import MathML
from derive.formula.typst import Typst
from derive.render import escape, escape_html, escape_typst
from derive.render.escape import Escaped

PAPERS = ("a4", "letter")
"""The sizes of paper; a format without pages takes each."""

# The template's own paper is A4; LaTeX runs this when the preamble has been read.
_LATEX_LETTER = "\\AddToHook{begindocument/before}{\\geometry{letterpaper,textwidth=455pt,vmargin=25mm}}\n"


class MarkdownTex(Tex):
    """TeX that a Markdown parser leaves as it is."""

    thin_space = r"\thinspace "
    row_end = r" \cr "


def _any_cell(word: Inline, printed: Escaped) -> Escaped:
    return printed


def _markdown_cell(word: Inline, printed: Escaped) -> Escaped:
    """A pipe would end the cell, also inside code and formulas; in words it is escaped already."""
    match word:
        case Code():
            return Escaped(printed.replace("|", r"\|"))
        case Math() if "|" in printed:
            raise ValueError(f"the formula {printed} holds a pipe, which would end its table cell")
    return printed


@dataclass(frozen=True)
class Format:
    """A kind of file: how its formulas are spelt and its words are escaped.

    `start` gets the words of a paragraph or an item, `cell` each piece of a table cell, `rule` gives the name
    of a rule as lines, `plain` writes what may hold no formulas. `runs_on` says that a displayed formula
    belongs to the paragraph above it, as TeX sees it: an empty line between them would be seen on the page.
    `line_width` is how wide a displayed line may be, in em: on a screen as wide as a phone's.
    `spoken` writes the words that stand for a formula, in a format that has a place for them. `papers` holds
    the lines that choose a paper; they stand before everything else.
    """

    key: str
    suffix: str
    dialect: Dialect
    text: Callable[[str], Escaped]
    start: Callable[[str], Escaped]
    code: Callable[[str], Escaped]
    rule: Callable[[str], tuple[Escaped, ...]]
    plain: Callable[[str], Escaped]
    cell: Callable[[Inline, Escaped], Escaped] = _any_cell
    runs_on: bool = False
    line_width: float = LINE_WIDTH
    spoken: Callable[[str], Escaped] | None = None
    papers: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(PAPERS, ""), hash=False)


FORMATS: dict[str, Format] = {
    row.key: row
    for row in (
        Format(
            key="md",
            suffix=".md",
            dialect=MarkdownTex(),
            text=escape.markdown_text,
            start=escape.markdown_start,
            code=escape.markdown_code,
            rule=escape.markdown_rule,
            plain=escape.markdown_text,
            cell=_markdown_cell,
        ),
        Format(
            key="tex",
            suffix=".tex",
            dialect=Tex(),
            text=escape.tex_text,
            start=escape.tex_start,
            code=escape.tex_code,
            rule=escape.tex_rule,
            plain=escape.tex_plain,
            runs_on=True,
            papers={"a4": "", "letter": _LATEX_LETTER},
        ),
        Format(
            key="typ",
            suffix=".typ",
            dialect=Typst(),
            text=escape_typst.typst_text,
            start=escape_typst.typst_start,
            code=escape_typst.typst_code,
            rule=escape_typst.typst_rule,
            plain=escape_typst.typst_string,
            spoken=escape_typst.typst_string,
            papers={"a4": '#let paper = "a4"\n', "letter": '#let paper = "us-letter"\n'},
        ),
        Format(
            key="html",
            suffix=".html",
            dialect=MathML(),
            text=escape_html.html_text,
            start=escape_html.html_start,
            code=escape_html.html_plain,
            rule=escape_html.html_rule,
            plain=escape_html.html_plain,
            spoken=escape_html.html_plain,
            line_width=24.0,
        ),
    )
}
"""Every text format by name; the templates are in the folder of that name."""
