"""A document of findings for a terminal: the same words and tables as in the other formats, in plain text.

Colour only repeats what a mark and a word say; without a terminal there is none. What a student wrote is shown as it
is and never taken for markup.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text as RichText

from derive.check.words import called
from derive.document import (
    Block,
    Bullets,
    Document,
    Equation,
    Figure,
    Math,
    Paragraph,
    Remark,
    Section,
    Strong,
    Table,
    Words,
    Worked,
)
from derive.document import Text as Plain
from derive.errors import is_unprintable
from derive.expression import NOTHING, Node, Ref, quantities, replace
from derive.formula import Line, Printer, Text
from derive.notation import Namer
from derive.wording import ENGLISH, Wording

LOOKS = {
    "exact": ("✓", "green"),
    "rounded": ("✓", "green"),
    "follows": ("→", "yellow"),
    "mistake": ("✗", "bold red"),
    "slip": ("✗", "bold red"),
    "wrong": ("✗", "bold red"),
    "imprecise": ("?", "yellow"),
    "unread": ("?", "yellow"),
    "incomparable": ("?", "yellow"),
    "missing": ("·", "dim"),
}
"""The mark and the colour of each verdict."""

WIDTH = 100
"""Columns of a text that is not for a terminal."""
NARROWEST, WIDEST = 60, 120


def terminal_text(
    document: Document, namer: Namer, width: int = WIDTH, colour: bool = False, say: Wording = ENGLISH
) -> str:
    """The document as lines of a terminal."""
    file = io.StringIO()
    console = Console(
        file=file,
        width=min(max(width, NARROWEST), WIDEST),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    walk = _Walk(namer, console.width, say)
    console.print(RichText(_clean(document.title), "bold"))
    for block in (*document.lead, *document.sections):
        for piece in walk.block(block):
            console.print()
            console.print(piece)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


class _Walk:
    """Blocks become what the console prints."""

    def __init__(self, namer: Namer, width: int, say: Wording) -> None:
        self.printer = Printer(Text(), namer)
        self.width, self.say = width, say
        self.looks = {say[f"verdict_{verdict}"]: look for verdict, look in LOOKS.items()}

    def block(self, block: Block) -> Iterator[RenderableType]:
        match block:
            case Paragraph(words):
                yield self.words(words)
            case Equation(lines):
                yield Padding(RichText("\n").join(self.equation(line) for line in lines), (0, 0, 0, 4))
            case Bullets(items):
                yield Group(*(self._item(item) for item in items))
            case Table():
                yield self._table(block)
            case Remark(title, blocks):
                yield self._remark(title, blocks)
            case Section(title, blocks):
                yield RichText("\n").join([self._heading(title)])
                for inner in blocks:
                    yield from self.block(inner)
            case Figure() | Worked():
                return
            case _:
                raise TypeError(f"{block!r} has no place on a terminal")

    def words(self, words: Words) -> RichText:
        line = RichText()
        for word in words:
            match word:
                case Math(formula):
                    line.append(self.formula(formula), "cyan")
                case Strong(text):
                    line.append(_clean(text), "bold")
                case Plain(text):
                    line.append(_clean(text))
                case _:
                    line.append(_clean(str(getattr(word, "text", ""))))
        return line

    def formula(self, formula: Node | Line) -> str:
        """A formula in a sentence: the number of its example stands behind it in words."""
        if isinstance(formula, Line):
            return self.equation(formula).plain
        if isinstance(formula, Ref):
            return called(formula.quantity, self.printer.namer, self.say)
        (bare,), example = self._bare(formula)
        return f"{self.printer(bare)}{example}"

    def equation(self, line: Line) -> RichText:
        """A chain of equal formulas, a row for each where they do not fit beside each other."""
        (first, *rest), example = self._bare(line.left, *(node for _, node in line.parts))
        left = "" if line.left == NOTHING else self.printer(first)
        parts = [f"{sign} {self.printer(node)}" for (sign, _), node in zip(line.parts, rest, strict=True)]
        parts[-1] += f"  {example.strip()}" if example else ""
        whole = " ".join([left, *parts])
        if len(whole) <= self.width - 8:
            return RichText(whole, "cyan")
        rows = [f"{left} {parts[0]}", *(f"{' ' * len(left)} {part}" for part in parts[1:])]
        return RichText("\n".join(rows), "cyan", overflow="fold")

    def _heading(self, title: Words) -> RichText:
        heading = self.words(title)
        heading.stylize("bold underline")
        return heading

    def _item(self, item: Words) -> RenderableType:
        row = RichTable.grid(padding=(0, 1, 0, 0))
        row.add_column(width=1)
        row.add_column()
        row.add_row("-", self.words(item))
        return row

    def _remark(self, title: str, blocks: Sequence[Block]) -> RenderableType:
        pieces: list[RenderableType] = [RichText(_clean(title), "bold")]
        for block in blocks:
            for piece in self.block(block):
                pieces += ["", piece]
        frame = RichTable(box=_BAR, show_header=False, show_edge=True, pad_edge=True, expand=False)
        frame.add_column()
        frame.add_row(Group(*pieces))
        return frame

    def _table(self, table: Table) -> RenderableType:
        headers = [self.words(cell) for cell in table.header]
        verdicts = [header.plain == self.say["column_verdict"] for header in headers]
        grid = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for position, (header, align) in enumerate(zip(headers, table.align, strict=True)):
            last = position == len(headers) - 1
            short = not last and self._narrow(table, position)
            grid.add_column(header, justify=_JUSTIFY[align], overflow="fold", no_wrap=short)
        for row in table.rows:
            grid.add_row(*self._cells(row, verdicts))
        return grid

    def _narrow(self, table: Table, position: int) -> bool:
        """Whether every cell of a column is short enough to stay on one line."""
        return all(len(self.words(row[position]).plain) <= self.width // 4 for row in table.rows)

    def _bare(self, *formulas: Node) -> tuple[list[Node], str]:
        """Formulas without the number of their example, where they belong to one, and that in words."""
        used = [quantity for formula in formulas for quantity in quantities(formula)]
        examples = {quantity.example for quantity in used if isinstance(quantity.example, int)}
        if len(examples) != 1:
            return list(formulas), ""
        (example,) = examples
        bare = [replace(formula, lambda quantity: Ref(quantity.of_all)) for formula in formulas]
        return bare, f" {self.say('example_behind', number=str(example + 1))}"

    def _cells(self, row: Sequence[Words], verdicts: Iterable[bool]) -> Iterator[RichText]:
        for cell, verdict in zip(row, verdicts, strict=True):
            text = self.words(cell)
            if verdict and text.plain in self.looks:
                mark, style = self.looks[text.plain]
                text = RichText(f"{mark} {text.plain}", style)
            yield text


_JUSTIFY: dict[str, Literal["left", "center", "right"]] = {"l": "left", "c": "center", "r": "right"}
_BAR = box.Box("    \n│   \n    \n│   \n    \n    \n│   \n    \n")
"""A line down the left side."""


def _clean(text: str) -> str:
    """Text without what controls a terminal."""
    return "".join(" " if is_unprintable(character) else character for character in text)
