"""A document: a small closed tree of blocks, the same for every format.

Prose is text and formulas are trees; nothing here is markup. `narrate` builds documents, `render` turns them into
files.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.expression import Node
from derive.formula import Line


@dataclass(frozen=True, slots=True)
class Text:
    """Plain words; every character stands for itself in every format."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that lead in a paragraph or a term when it is first named."""

    text: str


@dataclass(frozen=True, slots=True)
class Math:
    """A formula inside a sentence or a table cell."""

    formula: Node | Line


@dataclass(frozen=True, slots=True)
class Code:
    """Something typed literally: an id, a file name, a command."""

    text: str


@dataclass(frozen=True, slots=True)
class Cite:
    """The number of an equation, as (7)."""

    number: int


Inline = Text | Strong | Math | Code | Cite
Words = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    words: Words


@dataclass(frozen=True, slots=True)
class Equation:
    """One or more displayed lines, aligned at their first relation sign; `number` when it is cited elsewhere."""

    lines: tuple[Line, ...]
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Worked:
    """A derivation line by line; each line has the rule that leads to it beside it."""

    left: Node
    lines: tuple[tuple[str, Node, str], ...]
    """Relation sign, formula, rule (empty for none)."""


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under a header; `align` has one letter per column: l, c or r."""

    header: tuple[Words, ...]
    rows: tuple[tuple[Words, ...], ...]
    align: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A boxed note beside the main line of thought."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and what stands under it; sections inside it are one level deeper."""

    title: Words
    blocks: tuple[Block, ...]


Block = Paragraph | Equation | Worked | Bullets | Table | Remark | Section


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document; `lead` are the blocks before the first section."""

    title: str
    lead: tuple[Block, ...]
    sections: tuple[Section, ...]
    colophon: str
