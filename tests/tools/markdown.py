r"""The formulas of a Markdown text, as GitHub finds them.

A formula is `$...$`, `` $`...`$ ``, `$$...$$` or a fenced `math` block. It ends with its paragraph or its
table cell, and a `|` in a table ends the cell even inside a formula. Code, comments and `\$` hold none. A
dollar sign left over would be shown as text beside broken mathematics: it is a ValueError.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

QUOTE = re.compile(r"^(?: *> ?)+", re.MULTILINE)
FENCE = re.compile(r"^ *(?:(?:[-*+]|\d+[.)]) +)?(?P<fence>`{3,}|~{3,}) *(?P<language>[^`]*)$")
DELIMITER_ROW = re.compile(r"^(?=.*\|)(?=.*-)[ :|-]+$")
CELL_END = re.compile(r"(?<!\\)\|")
PIECE = re.compile(
    r"""
      \\.                                                               # an escaped character
    | <!--.*?-->
    | (?<!`)(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)                  # code
    | \$\$(?P<display>(?:\\.|[^\\$]|\$(?!\$))+)\$\$
    | \$`(?P<quoted>[^`]+)`\$
    | (?<!\w)\$(?![\s$])(?P<inline>(?:\\.|[^\\$])+)(?<!\s)\$(?![\w$])
    | (?P<stray>\$)
    """,
    re.VERBOSE | re.DOTALL,
)


class Formula(NamedTuple):
    """The TeX between the delimiters, whether it is displayed, and the line (from 1) where it starts."""

    tex: str
    display: bool
    line: int


def markdown_formulas(text: str) -> list[Formula]:
    """The formulas of a Markdown text from top to bottom.

    >>> markdown_formulas("So $a < b$.\\n\\n$$\\na = 1\\n$$")
    [Formula(tex='a < b', display=False, line=1), Formula(tex='a = 1', display=True, line=3)]
    """
    return [formula for line, span, is_math in _spans(text) for formula in _formulas(line, span, is_math)]


def _formulas(line: int, span: str, is_math: bool) -> Iterator[Formula]:
    if is_math:
        yield Formula(span.strip(), True, line)
        return
    for piece in PIECE.finditer(span):
        at = line + span.count("\n", 0, piece.start())
        match piece.lastgroup:
            case "display":
                yield Formula(piece["display"].strip(), True, at)
            case "quoted" | "inline" as kind:
                yield Formula(piece[kind], False, at)
            case "stray":
                raise ValueError(f"line {at}: a dollar sign that opens or closes no formula")


def _spans(text: str) -> Iterator[tuple[int, str, bool]]:
    """(first line, text, is it a math fence?) of every piece of the text that no formula can cross."""
    paragraph: list[str] = []
    lines = enumerate([*QUOTE.sub("", text).splitlines(), ""], start=1)
    for number, line in lines:
        fence = FENCE.match(line)
        if line.strip() and not fence:
            paragraph.append(line)
            continue
        yield from _cells(number - len(paragraph), paragraph)
        paragraph = []
        if fence:
            block = _fenced_block(fence["fence"], lines)
            if fence["language"].strip() == "math":
                yield number, block, True


def _fenced_block(fence: str, lines: Iterator[tuple[int, str]]) -> str:
    """Take lines up to the end of the block that `fence` opened, and return its text."""
    block = []
    for _, line in lines:
        if re.fullmatch(rf"{re.escape(fence)}{fence[0]}*", line.strip()):
            break
        block.append(line)
    return "\n".join(block)


def _cells(first: int, paragraph: list[str]) -> Iterator[tuple[int, str, bool]]:
    """The paragraph whole, or its text above a table and then each cell."""
    rules = (row for row, line in enumerate(paragraph) if row and DELIMITER_ROW.match(line))
    table = next(rules, len(paragraph) + 1) - 1
    yield first, "\n".join(paragraph[:table]), False
    for number, row in enumerate(paragraph[table:], start=first + table):
        for cell in CELL_END.split(row):
            yield number, cell.replace(r"\|", "|"), False
