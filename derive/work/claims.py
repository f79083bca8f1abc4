r"""The claims of a text: what the equations of a post, an article or a worked solution state.

Decides what is mathematics in Markdown and LaTeX and how an equation that runs over several rows is put together.
An equation that names nothing of the problem is counted and skipped; a text is about many things.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from derive.errors import InputError, counted
from derive.work.cells import CellReader, statement_of
from derive.work.drafts import Cell, Draft
from derive.work.equations import ASSIGNED, RELATIONS, Chain, read_chain, split, trimmed
from derive.work.hints import ONE_NAME
from derive.work.letters import plain
from derive.work.lines import without_tables
from derive.work.lists import entries_of
from derive.work.macros import Macros
from derive.work.model import Work
from derive.work.names import Names
from derive.work.sheets import Passages, tidy
from derive.work.tokens import Token, tokens, unwrapped
from derive.work.writer import as_written_by

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
_BOXES = re.compile(
    r"\\(?:boxed|fbox|framebox|num|underline|cancel|mathstrut|therefore)(?:\[[^\[\]]{0,80}\])?(?=\s?\{)"
)
"""What puts a number into a box or sets it; the braces stay."""
_GAP = re.compile(r"\\q?quad(?![A-Za-z])")
_COMMENT = re.compile(r"(?<!\\)%.*")
_BETWEEN = frozenset({"and", "with", "where", "so", "hence", "thus", "then", "und", "therefore", "for"})


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
    reading = _Reading(collector, draft, without_tables(text, collector))
    reading.read()
    work = collector.finish()
    notes = work.notes
    if reading.skipped:
        verb = "name" if reading.skipped > 1 else "names"
        notes = (*notes, f"{counted(reading.skipped, 'equation')} that {verb} nothing of this problem, left out")
    if not draft.values and not draft.formulas and not draft.missing and not draft.faults:
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


class _Equation(NamedTuple):
    """The pieces of an equation, the text that they were cut from, and its line."""

    pieces: Sequence[Token]
    text: str
    line: int

    @property
    def sides(self) -> list[list[Token]]:
        """The sides without the punctuation of a sentence and the braces of a box."""
        return [side for part in split(self.pieces, RELATIONS) if (side := unwrapped(trimmed(part)))]


class _Reading:
    """Enters the equations of a text: first all are found, so that they show the habits of their writer."""

    def __init__(self, collector: Passages, draft: Draft, text: str) -> None:
        self.collector, self.draft = collector, draft
        macros = Macros(text)
        self.equations = [
            equation for formula, line in formulas(text) for equation in self._equations(macros.plain(formula), line)
        ]
        if len(self.equations) > MAX_EQUATIONS:
            raise InputError(f"a text of at most {MAX_EQUATIONS:,} equations", "more of them", collector.file)
        self.cells = [tidy(cell) for cell in draft.cells]
        draft.cells = []
        statements = chain((equation.sides for equation in self.equations), map(statement_of, self.cells))
        names = as_written_by(collector.names, statements)
        self.reader = CellReader(names, draft, None, collector.fault, flowing=True)
        self.seen, self.skipped = len(self.equations), 0

    def read(self) -> None:
        """Enters what the equations state."""
        before: tuple[Chain, int] | None = None
        for equation in self.equations:
            place = f"line {equation.line}"
            try:
                if self._list(equation, place):
                    continue
                above = before[0] if before and before[1] == id(equation.text) else None
                stated = self._chain(equation, place, above)
                self.skipped += stated is None
                before = None if stated is None else (stated, id(equation.text))
            except InputError as error:
                self.collector.fault(error, place, self.draft)
        for cell in self.cells:
            self.reader.read(cell)
        self.reader.told()

    def _equations(self, source: str, line: int) -> Iterator[_Equation]:
        """All equations of one formula."""
        text = plain(_BOXES.sub("", _GAP.sub(";", _DROPPED.sub("", _ARRAY.sub("", source)))))
        if len(text) > 2 * MAX_DISPLAY:
            return
        for pieces in equations(tokens(text)):
            yield _Equation(pieces, text, line + text.count("\n", 0, pieces[0].start))

    def _chain(self, equation: _Equation, place: str, before: Chain | None) -> Chain | None:
        """What an equation states, with what the row above it shows of the same name; None where it states nothing."""
        pieces, text, line = equation
        found = read_chain(pieces, text, self.reader.names, tex=True)
        if found.fault is not None and _told(found):
            self.draft.unread += found.names
            raise found.fault
        owned = bool(found.names or found.negated)
        if not owned or (found.number is None and not found.formulas and not found.shown):
            return None
        if before is not None and before.number is None and before.names[:1] == found.names[:1]:
            found.shown[:0] = before.shown
        source = text[pieces[0].start : pieces[-1].end]
        self.reader.statements.chain(found, Cell(source.partition("=")[0].strip(" &\n"), source, line), place)
        return found if found.number is not None or found.formulas or found.shown else None

    def _list(self, equation: _Equation, place: str) -> bool:
        """An equation that ends in a vector or matrix of numbers."""
        sides = equation.sides
        if len(sides) < 2 or entries_of(sides[-1]) is None:
            return False
        cell = Cell("", equation.text[equation.pieces[0].start : equation.pieces[-1].end], equation.line)
        computed = len(sides) > 2 or any(piece.kind in ASSIGNED for piece in equation.pieces)
        return self.reader.state_list(sides[:-1], sides[-1], computed, cell, place)


def _told(chain: Chain) -> bool:
    """Whether what cannot be read in an equation is told: a number of two readings, a name of two quantities."""
    assert chain.fault is not None
    if "one way only" in chain.fault.expected:
        return True
    return chain.fault.expected == ONE_NAME and not chain.names and chain.number is not None


def equations(pieces: Sequence[Token]) -> Iterator[list[Token]]:
    """The equations of a formula: rows that begin with a relation go on with the row before them."""
    current: list[Token] = []
    for part in split(_without_remarks(pieces), frozenset({"row", ";", "gap", "=>"})):
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
