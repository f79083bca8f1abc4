"""One row per format: how its formulas are spelt, and how its words are escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from derive.diagram import Scene
from derive.document import Code, Inline, Math
from derive.formula import LINE_WIDTH, Dialect, Tex
from derive.formula.dialect import ATOM, Printed
from derive.formula.painted import PaintedMathML, PaintedTex, PaintedTypst, TracedMathML
from derive.render import escape, escape_html, escape_pandoc, escape_typst, pictures
from derive.render.docx import WordTex
from derive.render.escape import Escaped
from derive.render.layout import PRINTED_LINE
from derive.render.png import png_drawing

PAPERS = ("a4", "letter")
"""The sizes of paper; a format without pages takes each."""


class MarkdownTex(Tex):
    """TeX that a Markdown parser leaves as it is."""

    thin_space = r"\thinspace "
    row_end = r" \cr "

    def blank(self, digits: str, characters: int) -> Printed:
        """A frame with room for a number; Markdown has no macros."""
        inside = digits or r"\phantom{0.0000}"
        return Printed(rf"\boxed{{{inside}}}", ATOM, self.blank_width, numeric=True)


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
    `line_width` is how wide a displayed line may be, in em: on a screen as wide as a phone's; its number takes
    `number_width` of it.
    `spoken` writes the words that stand for a formula, in a format that has a place for them. `papers` holds
    the lines that choose a paper; they stand before everything else. `drawing` writes a picture, with its place
    among the pictures of the document; a format without it refers to a file. `palette` are the colours, as the head
    of a document has them. `traced` is the dialect whose names tell their quantities, in a format that can show a
    computation step by step.
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
    number_width: float = 0.0
    spoken: Callable[[str], Escaped] | None = None
    drawing: Callable[[Scene, int], Escaped] | None = None
    palette: Escaped = pictures.NO_PALETTE
    traced: Dialect | None = None
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
            dialect=PaintedTex(),
            text=escape.tex_text,
            start=escape.tex_start,
            code=escape.tex_code,
            rule=escape.tex_rule,
            plain=escape.tex_plain,
            runs_on=True,
            drawing=pictures.tikz_drawing,
            palette=pictures.TEX_PALETTE,
            line_width=PRINTED_LINE,
            number_width=3.0,
        ),
        Format(
            key="typ",
            suffix=".typ",
            dialect=PaintedTypst(),
            palette=pictures.TYPST_PALETTE,
            line_width=PRINTED_LINE,
            number_width=3.0,
            text=escape_typst.typst_text,
            start=escape_typst.typst_start,
            code=escape_typst.typst_code,
            rule=escape_typst.typst_rule,
            plain=escape_typst.typst_string,
            spoken=escape_typst.typst_string,
            drawing=pictures.typst_drawing,
            papers={"a4": '#let paper = "a4"\n', "letter": '#let paper = "us-letter"\n'},
        ),
        Format(
            key="html",
            suffix=".html",
            dialect=PaintedMathML(),
            traced=TracedMathML(),
            text=escape_html.html_text,
            start=escape_html.html_start,
            code=escape_html.html_plain,
            rule=escape_html.html_rule,
            plain=escape_html.html_plain,
            spoken=escape_html.html_plain,
            drawing=pictures.svg_drawing,
            palette=pictures.HTML_PALETTE,
            line_width=24.0,
        ),
        Format(
            key="pandoc",
            suffix=".xml",
            dialect=WordTex(),
            text=escape_pandoc.pandoc_text,
            start=escape_html.html_start,
            code=escape_html.html_plain,
            rule=escape_pandoc.pandoc_rule,
            plain=escape_html.html_plain,
            drawing=png_drawing,
        ),
    )
}
"""Every text format by name; the templates are in the folder of that name."""
