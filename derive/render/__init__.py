r"""Documents become files: one walk over the blocks, one folder of templates and one row per format.

Words are escaped here and formulas printed; the templates of a format, one file per kind of block and a file
of macros for what stands inside a line, say only how the parts are put together. What reaches a template must
be `Escaped`: anything else is a TypeError. To add a format, add a folder of templates and a row to `FORMATS`.

Markdown holds formulas as `$...$` and `$$...$$`, which GitHub, GitLab, VS Code, Jupyter, pandoc and KaTeX's
auto-render all read. Several of them, GitHub first, run the Markdown parser over a formula before any TeX is
seen (github/markup issues 1575 and 1746), so that it must survive that: no backslash before a punctuation
mark (`\cr` for `\\`, `\thinspace` for `\,`), no `_` that could open emphasis (after a closing brace a space
follows it: `}_ {h1}`), no `*`, no `|` in a table cell, and no letter or digit beside a `$`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from derive.document import (
    Block,
    Bullets,
    Cite,
    Code,
    Document,
    Equation,
    Inline,
    Math,
    Paragraph,
    Remark,
    Section,
    Strong,
    Table,
    Text,
    Words,
    Worked,
)
from derive.expression import Node
from derive.formula import Line, Printer, lay_out
from derive.formula import Text as PlainText
from derive.notation import Namer
from derive.render.escape import Escaped
from derive.render.families import family
from derive.render.formats import FORMATS, Format
from derive.render.layout import CHARACTER, WORKED_WIDTH, columns, is_long

__all__ = ["FORMATS", "Format", "render"]

DEEPEST = 4
"""How deep sections may be nested."""

DISPLAYS = (Equation, Worked)
"""The blocks that are one displayed formula."""


def render(document: Document, format_key: str, namer: Namer) -> str:
    """The document as the text of a file, in the letters of a notation.

    Raises ValueError for a document that no format can show: an empty table, a formula glued to a word,
    sections nested deeper than `DEEPEST`.
    """
    return _Walk(FORMATS[format_key], namer).document(document) + "\n"


class _Printed(NamedTuple):
    text: Escaped
    width: float


class _Row(NamedTuple):
    left: Escaped
    right: Escaped
    rule: tuple[Escaped, ...] = ()


class _Walk:
    """One document on its way to one format; `boxed` while inside a remark."""

    def __init__(self, row: Format, namer: Namer) -> None:
        self.format = row
        self.printer = Printer(row.dialect, namer)
        self.plain = Printer(PlainText(), namer)
        self.family = family(row)
        self.boxed = False

    def document(self, document: Document) -> str:
        sections = self._sections(document.sections, ())
        return self._fill(
            "document",
            title=self.format.text(document.title.strip()),
            plain_title=self.format.plain(document.title.strip()),
            blocks=[*self._blocks(document.lead, ()), *sections],
            colophon=self.format.text(document.colophon.strip()),
        )

    def block(self, block: Block) -> Escaped:
        match block:
            case Paragraph(words):
                return self._fill("paragraph", words=self._start(words))
            case Equation(lines, number):
                rows = [self._row(*row) for line in _some(lines) for row in lay_out(line, self.printer)]
                return self._equation(rows, number)
            case Worked():
                return self._worked(block)
            case Bullets(items):
                return self._fill("bullets", items=[self._start(item) for item in _some(items)])
            case Table():
                return self._table(block)
            case Remark(title, blocks):
                return self._remark(title, blocks)
        raise TypeError(f"{block!r} has no place here")

    def _fill(self, kind: str, **parts: object) -> Escaped:
        return Escaped(self.family.block(kind).render(parts))

    # Sections are numbered on the way.

    def _sections(self, sections: Iterable[Section], above: tuple[int, ...]) -> Iterator[Escaped]:
        for position, section in enumerate(sections, 1):
            number = (*above, position)
            if len(number) > DEEPEST:
                raise ValueError(f"sections are nested deeper than {DEEPEST}")
            yield self._fill(
                "section",
                level=len(number),
                number=Escaped(".".join(map(str, number))),
                title=self._join(section.title, self._heading_word),
                blocks=self._blocks(section.blocks, number),
            )

    def _blocks(self, blocks: tuple[Block, ...], number: tuple[int, ...]) -> list[Escaped]:
        """The blocks of a section in order, the sections between them numbered through."""
        inner = self._sections((block for block in blocks if isinstance(block, Section)), number)
        texts: list[Escaped] = []
        above: Block | None = None
        for block in blocks:
            text = next(inner) if isinstance(block, Section) else self.block(block)
            if self.format.runs_on and isinstance(block, DISPLAYS) and isinstance(above, (Paragraph, *DISPLAYS)):
                texts[-1] = Escaped(f"{texts[-1]}\n{text}")
            else:
                texts.append(text)
            above = block
        return texts

    def _remark(self, title: str, blocks: tuple[Block, ...]) -> Escaped:
        if self.boxed:
            raise ValueError("a remark stands inside a remark")
        self.boxed = True
        inside = self._blocks(_some(blocks), ())
        self.boxed = False
        return self._fill("remark", title=self.format.text(title.strip()), blocks=inside)

    # Words.

    def _start(self, words: Words) -> Escaped:
        return self.format.start(self._join(words, self._word))

    def _join(self, words: Words, write: Callable[[Inline], _Printed]) -> Escaped:
        _check_spaces(words)
        return Escaped("".join([write(word).text for word in words]))

    def _word(self, word: Inline) -> _Printed:
        match word:
            case Text(text):
                return _Printed(self.format.text(text), len(text) * CHARACTER)
            case Strong(text):
                return self._strong(text)
            case Math(formula):
                text, width = self._formula(formula, self.printer)
                return _Printed(self._inline("math", formula=text), width)
            case Code(text):
                written = self._inline("code", text=self.format.code(text))
                return _Printed(written, len(text) * CHARACTER * 1.1)
            case Cite(number):
                return _Printed(self._inline("cite", number=Escaped(number)), 1.5)
        raise TypeError(f"{word!r} has no place in a line")

    def _inline(self, kind: str, **parts: Escaped) -> Escaped:
        return Escaped(self.family.inlines[kind](**parts))

    def _strong(self, text: str) -> _Printed:
        """Bold words; the spaces around them stay outside."""
        inner = text.strip()
        before, _, after = text.partition(inner)
        bold = self._inline("strong", text=self.format.text(inner))
        spaced = Escaped(f"{' ' * bool(before)}{bold}{' ' * bool(after)}")
        return _Printed(spaced, len(text) * CHARACTER * 1.15)

    def _heading_word(self, word: Inline) -> _Printed:
        """In a heading a formula also has a plain form, for a table of contents."""
        if not isinstance(word, Math):
            return self._word(word)
        text, width = self._formula(word.formula, self.printer)
        plain, _ = self._formula(word.formula, self.plain)
        return _Printed(self._inline("heading_math", formula=text, plain=self.format.plain(plain)), width)

    # Formulas.

    @staticmethod
    def _formula(formula: Node | Line, printer: Printer) -> _Printed:
        """A formula, or a line of them, on one row."""
        if not isinstance(formula, Line):
            printed = printer.print(formula)
            return _Printed(Escaped(printed.text), printed.width)
        left = printer.print(formula.left)
        pieces, width = [left.text] if left.text else [], left.width
        for sign, node in formula.parts:
            printed = printer.print(node)
            pieces += [printer.dialect.relation(sign), printed.text]
            width += printer.dialect.relation_width + printed.width
        return _Printed(Escaped(" ".join(pieces)), width)

    def _row(self, left: str, right: str, rule: tuple[Escaped, ...] = ()) -> _Row:
        return _Row(Escaped(left), Escaped(right), rule)

    def _equation(self, rows: list[_Row], number: int | None) -> Escaped:
        return self._fill("equation", rows=rows, number=None if number is None else Escaped(number))

    def _worked(self, block: Worked) -> Escaped:
        """Each rule beside the last row of its line."""
        rows: list[_Row] = []
        for position, (sign, node, rule) in enumerate(_some(block.lines)):
            laid_out = lay_out(Line(block.left, ((sign, node),)), self.printer, WORKED_WIDTH)
            for at, (left, right) in enumerate(laid_out, 1):
                beside = self.format.rule(rule) if at == len(laid_out) else ()
                rows.append(self._row("" if position else left, right, beside))
        if not any(row.rule for row in rows):
            return self._equation(rows, None)
        return self._fill("worked", rows=rows)

    # Tables.

    def _table(self, table: Table) -> Escaped:
        grid = [[self._cell(cell) for cell in row] for row in (table.header, *_some(table.rows))]
        if any(len(row) != len(table.align) for row in grid):
            raise ValueError(f"a table of {len(table.align)} columns has a row of another length")
        widths = [max(row[at].width for row in grid) for at in range(len(table.align))]
        prose = [any(_breaks(row[at]) for row in table.rows) for at in range(len(table.align))]
        size, shares = columns(table.align, widths, prose)
        layout = [
            {"align": Escaped(align), "wraps": share is not None, "width": Escaped(round(share or width, 1))}
            for align, share, width in zip(table.align, shares, widths, strict=True)
        ]
        texts = [[cell.text for cell in row] for row in grid]
        return self._fill(
            "table",
            header=texts[0],
            rows=texts[1:],
            columns=layout,
            size=Escaped(size),
            long=not self.boxed and is_long([[cell.width for cell in row] for row in grid], shares),
        )

    def _cell(self, words: Words) -> _Printed:
        _check_spaces(words)
        pieces = [(word, self._word(word)) for word in words]
        text = "".join(self.format.cell(word, piece.text) for word, piece in pieces)
        return _Printed(Escaped(text), sum(piece.width for _, piece in pieces))


def _some(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """The items; none at all is an error."""
    if not items:
        raise ValueError("a block is empty")
    return items


def _breaks(words: Words) -> bool:
    """Whether a cell holds words between which a line may break."""
    return any(isinstance(word, Text | Strong) and " " in word.text.strip() for word in words)


def _check_spaces(words: Words) -> None:
    """A formula stands apart from words and from other formulas: beside a letter `$` is no delimiter."""
    for word, following in pairwise(words):
        before = word.text[-1:] if isinstance(word, Text | Strong) else ""
        after = following.text[:1] if isinstance(following, Text | Strong) else ""
        match word, following:
            case Math(), Math():
                glued = True
            case _, Math():
                glued = before.isalnum() or before in ("-", "$")
            case Math(), _:
                glued = after.isalnum() or after == "$"
            case _:
                glued = False
        if glued:
            raise ValueError(f"a formula stands too close to its neighbour: {word!r}, {following!r}")
