"""One row per format: how its formulas are spelt, and how its words are escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from derive.diagram import Scene
from derive.document import Code, Inline, Math
from derive.formula import LINE_WIDTH, Dialect, Tex
from derive.formula import Text as PlainText
from derive.formula.dialect import ATOM, Printed
from derive.formula.indexed import Indexed
from derive.formula.mathml import MathML
from derive.formula.painted import PaintedMathML, PaintedTex, PaintedTypst, TracedMathML
from derive.formula.words import Spoken
from derive.palette import Colours
from derive.render import escape, escape_flavours, escape_html, escape_pandoc, escape_typst, pictures
from derive.render.docx import WordTex
from derive.render.escape import Escaped
from derive.render.layout import PRINTED_LINE
from derive.render.markdown import FlavouredTex, MarkdownTex, PaintedFlavouredTex, PaintedMarkdownTex
from derive.render.png import png_drawing
from derive.wording import Wording as Words

PAPERS = ("a4", "letter")
"""The sizes of paper; a format without pages takes each."""


class PageTex(Tex):
    """TeX for a script that typesets the formulas of somebody else's page; it has no macros of ours."""

    def blank(self, digits: str, characters: int) -> Printed:
        """A frame, with the number that the worked line shows in it."""
        inside = digits or r"\rule{0pt}{1.5ex}\hspace{2.5em}"
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
    computation step by step. `painted` is the dialect that colours names and numbers, in a format that does so only
    on request; `by` is what their colours tell. A `loose` format has the numbers of answers outside of formulas.
    `words` and `letters` are formulas as they are spoken, and as plain text. `beside` stands between two lines in one
    row, in a format that has pages. `together` keeps a formula and the sign after it on one line, in a format whose
    readers would break it there. `like` names the format whose templates are taken where this one has none of its own.
    With `plain_headings` formulas in headings are letters, for tables of contents that would show their source.
    `pictured` documents refer to pictures in files beside them. In a `paged` format it is always said where
    they may be moved to.
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
    palette: Callable[[Colours], Escaped] = pictures.no_palette
    traced: Dialect | None = None
    painted: Dialect | None = None
    together: Callable[[Escaped, Escaped], Escaped] | None = None
    by: Colours = "role"
    words: Spoken = field(default_factory=Spoken, hash=False, compare=False)
    letters: Dialect = field(default_factory=PlainText, hash=False, compare=False)
    loose: bool = False
    beside: str = ""
    like: str = ""
    plain_headings: bool = False
    pictured: bool = False
    paged: bool = False
    papers: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(PAPERS, ""), hash=False)

    @property
    def colours(self) -> bool:
        """Whether names and numbers are coloured."""
        return self.dialect.bare is not None

    def coloured(self, by: Colours | None) -> Format:
        """The format with its names and numbers coloured by role or by unit, or in black; None is what is usual."""
        if by is None:
            return self
        if by == "none":
            return replace(self, dialect=self.dialect.bare or self.dialect, by=by)
        return replace(self, dialect=self.painted or self.dialect, by=by)

    def worded(self, say: Words) -> Format:
        """The format with formulas read aloud in somebody's words."""
        return replace(self, words=self.words.worded(say.spoken)) if say.own else self

    def with_comma(self) -> Format:
        """The format with a comma in its numbers."""
        return replace(
            self,
            dialect=self.dialect.with_comma(),
            traced=self.traced and self.traced.with_comma(),
            painted=self.painted and self.painted.with_comma(),
            words=self.words.with_comma(),
            letters=self.letters.with_comma(),
        )


MARKDOWN = Format(
    key="md",
    suffix=".md",
    dialect=MarkdownTex(),
    painted=PaintedMarkdownTex(),
    text=escape.markdown_text,
    start=escape.markdown_start,
    code=escape.markdown_code,
    rule=escape.markdown_rule,
    plain=escape.markdown_text,
    cell=_markdown_cell,
    loose=True,
    plain_headings=True,
    pictured=True,
)
FLAVOURED = replace(
    MARKDOWN,
    like="md",
    dialect=FlavouredTex(),
    painted=PaintedFlavouredTex(),
    text=escape_flavours.flavoured_text,
    start=escape_flavours.flavoured_start,
)

FORMATS: dict[str, Format] = {
    row.key: row
    for row in (
        MARKDOWN,
        # Pandoc knows no colour by its number, and would leave the formula as TeX.
        replace(FLAVOURED, key="qmd", plain=escape_flavours.attribute, painted=None),
        replace(FLAVOURED, key="myst", plain=escape_flavours.yaml_string),
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
            beside=r" & \qquad ",
            drawing=pictures.tikz_drawing,
            palette=pictures.tex_palette,
            line_width=PRINTED_LINE,
            number_width=3.0,
        ),
        Format(
            key="typ",
            suffix=".typ",
            dialect=PaintedTypst(),
            paged=True,
            beside=" & quad quad ",
            palette=pictures.typst_palette,
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
            palette=pictures.html_palette,
            together=escape_html.html_together,
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
"""Every text format by name; the templates are in the folder of that name, with the ends of their names."""


def _of_a_page(
    key: str, dialect: Dialect, text: Callable[[str], Escaped], plain: Callable[[str], Escaped], **more: Any
) -> Format:
    """A format of pieces that are put into the pages of another program; pictures are files beside them."""
    return Format(
        key=key,
        suffix=".html",
        dialect=dialect,
        text=text,
        start=escape_html.html_start,
        code=text,
        rule=escape_html.html_rule,
        plain=plain,
        **more,
    )


PIECES: dict[str, Format] = {
    row.key: row
    for row in (
        _of_a_page("quiz", PageTex(), escape_html.html_quiz, escape_html.html_braced),
        _of_a_page("qti", MathML(), escape_html.html_plain, escape_html.html_plain, spoken=escape_html.html_plain),
        _of_a_page("popover", Indexed(), escape_html.html_plain, escape_html.html_plain),
    )
}
"""Formats of pieces by name: HTML with TeX that a script typesets, XHTML with MathML, and HTML without formulas."""


def piece_format(key: str, comma: bool, drawing: Callable[[Scene, int], Escaped] | None = None) -> Format:
    """The row of a format of pieces; `drawing` gives the address of a picture."""
    row = FORMATS[key] if key in FORMATS else PIECES[key]
    return replace(row.with_comma() if comma else row, drawing=drawing)


@cache
def format_of(key: str, comma: bool = False, colours: Colours | None = None) -> Format:
    """The row of a format, with a point or a comma in its numbers; `colours` is what its colours tell.

    >>> format_of("md", comma=True).dialect.number("0.15").text
    '0{,}15'
    """
    row = FORMATS[key].coloured(colours)
    return row.with_comma() if comma else row
