r"""The claims of a text: what the equations of a post, an article or a worked solution state.

Decides what is mathematics in Markdown and LaTeX and how an equation that runs over several rows is put together.
An equation that names nothing of the problem is counted and skipped; a text is about many things.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

from derive.errors import InputError, counted
from derive.quantity import Quantity
from derive.work.equations import LATER, RELATIONS, UPDATED, Chain, read_chain, split, trimmed
from derive.work.letters import plain
from derive.work.macros import Macros
from derive.work.model import Work
from derive.work.names import Names
from derive.work.sheets import Cell, Draft, Passages
from derive.work.tokens import Token, tokens
from derive.work.written import Written, read_number

MAX_CLAIMS = 1_000_000
"""Characters of a text."""
MAX_DISPLAY = 40_000
"""Characters of one displayed formula."""
MAX_EQUATIONS = 20_000
"""Equations of a text."""
_ENVIRONMENTS = "equation|align|alignat|flalign|gather|multline|eqnarray|displaymath|math"
_OPENING = re.compile(
    r"`{3,}+(?P<language>\w*+)[^\n`]*+\n|`++|<!--|\\\$|\\\\|\$\$|\$|\\\[|\\\(|\\begin\{(?P<name>(?:"
    + _ENVIRONMENTS
    + r")\*?)\}"
)
_CLOSING = {"$$": "$$", "$": "$", r"\[": r"\]", r"\(": r"\)", "<!--": "-->"}
_DROPPED = re.compile(
    r"\\(?:begin|end)\{(?:aligned|alignedat|split|gathered|array|align\*?|alignat\*?)\}(?:\{\d+\}|\{[lcr|]*\})?"
    r"|\\(?:tag|label|color|textcolor|mathcolor|class|cssId|style)\*?\{[^{}]*\}|\\(?:nonumber|notag|allowdisplaybreaks)\b"
)
_ARRAY = re.compile(r"\\begin\{array\}.{0,4000}?\\end\{array\}", re.DOTALL)
_GAP = re.compile(r"\\q?quad(?![A-Za-z])")
_COMMENT = re.compile(r"(?<!\\)%.*")
_BETWEEN = frozenset({"and", "with", "where", "so", "hence", "thus", "then", "und", "therefore", "for"})
_OPENS, _CLOSES = "matrix(", "matrix)"


def read_claims(text: str, names: Names, file: str | None = None) -> Work:
    r"""What a text in Markdown or LaTeX states.

    >>> from derive import solve
    >>> sheet, = read_claims(r"so $net_{h1} = 0.15 \cdot 0.05 + 0.2 \cdot 0.1 + 0.35 = 0.3775$.", Names(solve("mazur")))
    >>> [(stated.quantity.id, str(stated.value), stated.places) for stated in sheet.values]
    [('z[1][0]', '151/400', 4)]
    """
    if len(text) > MAX_CLAIMS:
        raise InputError(f"a text of at most {MAX_CLAIMS:,} characters", f"one of {len(text):,}", file)
    if r"\documentclass" in text or (file or "").endswith(".tex"):
        text = _COMMENT.sub("", text)
    collector = Passages(names, file)
    draft = collector.draft(None, None, 1)
    reading = _Reading(collector, draft, Macros(text))
    for formula, line in formulas(text):
        reading.formula(formula, line)
    work = collector.finish()
    notes = work.notes
    if reading.skipped:
        verb = "name" if reading.skipped > 1 else "names"
        notes = (*notes, f"{counted(reading.skipped, 'equation')} that {verb} nothing of this problem, left out")
    if not draft.values and not draft.formulas:
        seen = counted(reading.seen, "equation") + (", none of them about this problem" if reading.seen else "")
        raise InputError("a text whose formulas state values of this problem", seen, file, "line 1")
    return Work(work.sheets, notes, work.faults, reading.skipped)


def formulas(text: str) -> Iterator[tuple[str, int]]:
    """Every formula of a text with the line on which it begins; code and comments are passed over."""
    place, line, counted_to = 0, 1, 0
    ends: dict[str, list[int]] = {}
    while (match := _OPENING.search(text, place)) is not None:
        opening = match[0]
        place = match.end()
        if opening in (r"\$", r"\\"):
            continue
        closing = _closing(match)
        mathematics = not opening.startswith(("`", "<!--")) or match["language"] == "math"
        if closing not in ends:
            ends[closing] = [found.start() for found in re.finditer(re.escape(closing), text)]
        after = bisect_left(ends[closing], place)
        end = ends[closing][after] if after < len(ends[closing]) else len(text)
        if end == len(text) or (mathematics and end - place > MAX_DISPLAY):
            continue
        body = text[place:end]
        if opening == "$" and _no_formula(body):
            continue
        if mathematics:
            line += text.count("\n", counted_to, place)
            counted_to = place
            yield body, line
        place = end + len(closing)


def _no_formula(body: str) -> bool:
    """Whether a dollar sign stands before a price and not before a formula."""
    return "\n\n" in body or not body.strip() or (body[0].isdigit() and body[-1].isspace())


def _closing(match: re.Match[str]) -> str:
    if match["name"]:
        return rf"\end{{{match['name']}}}"
    if match[0].startswith("`"):
        return "\n```" if match[0].startswith("```") else match[0]
    return _CLOSING[match[0]]


class _Reading:
    """Enters the equations of a text, one formula after the other."""

    def __init__(self, collector: Passages, draft: Draft, macros: Macros) -> None:
        self.macros = macros
        self.collector, self.draft, self.names = collector, draft, collector.names
        self.seen = self.skipped = 0

    def formula(self, source: str, line: int) -> None:
        """All equations of one formula."""
        text = plain(_GAP.sub(";", _DROPPED.sub("", _ARRAY.sub("", self.macros.plain(source)))))
        if len(text) > 2 * MAX_DISPLAY:
            return
        for pieces in equations(tokens(text)):
            self.seen += 1
            if self.seen > MAX_EQUATIONS:
                raise InputError(f"a text of at most {MAX_EQUATIONS:,} equations", "more of them", self.collector.file)
            start = line + text.count("\n", 0, pieces[0].start)
            try:
                if not (self._matrices(pieces, text, start) or self._chain(pieces, text, start)):
                    self.skipped += 1
            except InputError as error:
                self.collector.fault(error, f"line {start}", self.draft)

    def _chain(self, pieces: Sequence[Token], text: str, line: int) -> bool:
        found = read_chain(pieces, text, self.names, tex=True)
        if found.fault is not None and "one way only" in found.fault.expected:
            self.draft.unread += found.names
            raise found.fault
        if not found.names or (found.number is None and not found.formulas):
            return False
        self._state(found, text[pieces[0].start : pieces[-1].end], line)
        return True

    def _state(self, found: Chain, source: str, line: int) -> None:
        owners = list(dict.fromkeys(found.names))
        cell = Cell(source.partition("=")[0].strip(" &\n"), source, line)
        self.collector.state_chain(self.draft, found, owners, cell, f"line {line}")

    # -- equations between matrices

    def _matrices(self, pieces: Sequence[Token], text: str, line: int) -> bool:
        """An equation between matrices that ends in one of numbers."""
        sides = [side for part in split(pieces, RELATIONS) if (side := trimmed(part))]
        if len(sides) < 2 or not _is_matrix(sides[-1]):
            return False
        numbers = [[_number(entry, text) for entry in row] for row in _rows(sides[-1])]
        for side in sides[:-1]:
            owners = self._owners(side, len(numbers), len(numbers[0]))
            if owners is None or [len(row) for row in owners] != [len(row) for row in numbers]:
                continue
            pairs = zip(chain.from_iterable(owners), chain.from_iterable(numbers), strict=True)
            for owner, number in pairs:
                if owner is not None and number is not None:
                    self._state_entry(owner, number, len(sides) > 2 and side is sides[0], line)
            # In W = W - ... the second W is the old one.
            return True
        return False

    def _owners(self, side: Sequence[Token], rows: int, columns: int) -> list[list[Quantity | None]] | None:
        """The quantities of one side: a matrix of names, or the bold name of a layer's."""
        if _is_matrix(side):
            owners = [[self.names.named(entry) for entry in row] for row in _rows(side)]
            return owners if any(owner for row in owners for owner in row) else None
        block = self.names.block(side)
        shape = block and self.names.shaped(block, rows, columns)
        return [list(row) for row in shape] if shape else None

    def _state_entry(self, owner: Quantity, number: tuple[Written, str], computed: bool, line: int) -> None:
        later = computed and owner.kind in UPDATED and not owner.step and self.names.has(owner.shifted(1))
        moved = owner.shifted(1) if later else owner
        self._state(Chain([moved], number=number, notes=[LATER] if later else []), self.names.text(moved), line)


def equations(pieces: Sequence[Token]) -> Iterator[list[Token]]:
    """The equations of a formula: rows that begin with a relation go on with the row before them."""
    current: list[Token] = []
    for part in split(_without_remarks(pieces), frozenset({"row", ";", "gap"})):
        for piece in _sentences(part):
            piece = trimmed(piece)
            if not piece:
                continue
            if piece[0].kind in RELATIONS or (current and piece[0].kind in ("+", "-", "*") and _related(current)):
                current += piece if current else []
            elif _related(piece):
                if _related(current):
                    yield current
                current = piece
    if _related(current):
        yield current


def _related(pieces: Sequence[Token]) -> bool:
    return any(piece.kind in RELATIONS for piece in pieces[1:])


def _without_remarks(pieces: Sequence[Token]) -> list[Token]:
    """Without the marks of alignment, and without the remarks behind a double one."""
    kept: list[Token] = []
    depth, remark = 0, False
    for piece, after in pairwise([*pieces, Token("row", "", False, 0, 0)]):
        depth += (piece.kind in ("matrix(", "cases(")) - (piece.kind in ("matrix)", "cases)"))
        if piece.kind == "row" and depth <= 0:
            remark = False
        elif piece.kind == "&" and depth <= 0:
            remark = remark or after.kind == "&"
            continue
        if not remark:
            kept.append(piece)
    return kept


def _sentences(pieces: Sequence[Token]) -> Iterator[list[Token]]:
    """Cut at commas and at words such as "and", but not at the comma of a number."""
    part: list[Token] = []
    depth = 0
    for place, piece in enumerate(pieces):
        depth += (piece.kind in ("(", "[", "{", "matrix(", "cases(")) - (
            piece.kind in (")", "]", "}", "matrix)", "cases)")
        )
        digits = 0 < place < len(pieces) - 1 and pieces[place - 1].kind == pieces[place + 1].kind == "number"
        comma = piece.kind == "," and not (digits and piece.glued and pieces[place + 1].glued)
        if depth <= 0 and (comma or (piece.kind == "word" and piece.text in _BETWEEN)):
            yield part
            part = []
        else:
            part.append(piece)
    yield part


def _is_matrix(side: Sequence[Token]) -> bool:
    """Whether a side is one matrix and nothing else."""
    return side[0].kind == _OPENS and side[-1].kind == _CLOSES and sum(piece.kind == _OPENS for piece in side) == 1


def _rows(matrix: Sequence[Token]) -> list[list[list[Token]]]:
    """The entries of a matrix, in rows."""
    rows = [row for row in split(matrix[1:-1], frozenset({"row"})) if row]
    return [[entry for entry in split(row, frozenset({"&"})) if entry] for row in rows] or [[]]


def _number(entry: Sequence[Token], text: str) -> tuple[Written, str] | None:
    written = text[entry[0].start : entry[-1].end].strip()
    try:
        return read_number(written), written
    except InputError:
        return None
