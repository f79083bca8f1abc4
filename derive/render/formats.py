"""One row per format: how its formulas are spelt, and how its words are escaped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from derive.document import Code, Inline, Math
from derive.formula import Tex
from derive.render import escape
from derive.render.escape import Escaped


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
    """

    key: str
    suffix: str
    dialect: Tex
    text: Callable[[str], Escaped]
    start: Callable[[str], Escaped]
    code: Callable[[str], Escaped]
    rule: Callable[[str], tuple[Escaped, ...]]
    plain: Callable[[str], Escaped]
    cell: Callable[[Inline, Escaped], Escaped] = _any_cell
    runs_on: bool = False


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
        ),
    )
}
"""Every text format by name; the templates are in the folder of that name."""
