"""What a cell says: a number, a formula, a chain of equations, a list of numbers, or nothing.

Decides how the name and the content of a cell are read. What a sheet then states is decided by `stating`; files and
students are not known here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain as joined

from derive.errors import InputError, shorten, shown
from derive.expression import Neg, quantities
from derive.quantity import ABOUT, Quantity
from derive.work.beside import as_scanned
from derive.work.drafts import Cell, Draft
from derive.work.equations import ASSIGNED, RELATIONS, read_chain, split, trimmed
from derive.work.formula import MAX_FORMULA, is_tex, parse
from derive.work.letters import plain
from derive.work.lists import entries_of, number_of
from derive.work.model import Answered, StatedFormula
from derive.work.names import Names
from derive.work.stating import Fault, Statements
from derive.work.tokens import Token, tokens
from derive.work.writer import Statement, habits_of
from derive.work.written import NO_NUMBER, DecimalMark, blank, read_number

MOST_TOLD = 8
"""Names in the usual letters of which it is said what they were taken for."""
MOST_REMEMBERED = 500
"""Sheets whose names show their writer's habits, which others with the same names share."""
LONGEST_LIST = 5000
"""Characters of a list of numbers."""
_FORMULA = re.compile(r"[*/^()\\=≈+·×]|[^\W\d_]")
LETTER = re.compile(r"\(?\s*([A-Ea-e])\s*[.):]*")
"""The letter of a number to choose, as people write it."""
_EQUATION = re.compile(r"[=≈]|\\approx|->|\\to(?![a-z])|\\(?:left|right)arrow|[→←≔]")
_LETTER = re.compile(r"[^\W\d_]")
_LIST = re.compile(r"[\[(]|\\begin|array|tensor")
_WHOLE = re.compile(r"[A-Za-z]")


class CellReader:
    """Reads the cells of one sheet into its draft; `mark` is the decimal mark where both are possible.

    `fault` keeps what cannot be read; `flowing` is true of a text, as `Statements` says.
    """

    def __init__(self, names: Names, draft: Draft, mark: DecimalMark | None, fault: Fault, flowing: bool) -> None:
        self.names, self.draft, self.mark, self.fault = names, draft, mark, fault
        self.statements = Statements(names, draft, fault, flowing)

    def read(self, cell: Cell) -> None:
        """Enters what a cell says, or why it cannot be read."""
        place = self.draft.place(cell.line, cell.column)
        told = len(self.names.told)
        about = self.names.exactly(cell.name.strip())
        if about is not None and about.kind in ABOUT:
            self._answer(about, cell, place)
            return
        try:
            if self._read_list(cell, place) or self._read_whole(cell):
                return
            quantity, negative = self._named(cell.name)
        except InputError as error:
            self.fault(error, place, self.draft)
            return
        if quantity in self.names.lettered and (blank(cell.text) or LETTER.fullmatch(cell.text.strip())):
            self._answer(quantity, cell, place)
            return
        if blank(cell.text):
            self.draft.missing.append(quantity)
            return
        try:
            self._read_content(quantity, cell, place, negative)
            self.draft.notes += cell.notes
        except InputError as error:
            self.fault(error, place, self.draft)
            self.draft.unread.append(quantity)
            for name in list(self.names.told)[told:]:
                del self.names.told[name]

    def _answer(self, quantity: Quantity, cell: Cell, place: str) -> None:
        """Enters an answer that is no number of the computation, as it was written."""
        if any(one.quantity == quantity for one in self.draft.answers):
            error = InputError(f"one answer for {self.names.text(quantity)}", "two", hint="the first counts.")
            self.fault(error, place, self.draft)
            return
        text = "" if blank(cell.text) else cell.text.strip()
        self.draft.answers.append(Answered(quantity, text, cell.line))

    def told(self) -> None:
        """Says for which quantities names in the usual letters were taken."""
        told = [f"`{shorten(name, 30).replace('`', '')}` as `{meant}`" for name, meant in self.names.told.items()]
        if told:
            more = ", …" if len(told) > MOST_TOLD else ""
            self.draft.notes.append(f"names were read as courses use them: {', '.join(told[:MOST_TOLD])}{more}")

    def _named(self, name: str) -> tuple[Quantity, bool]:
        """The quantity of a name, and whether the name is of its negative."""
        try:
            return self.names.find(name), False
        except InputError:
            negative = self.names.negated(tokens(name.strip(" $")))
            if negative is None:
                raise
            return negative, True

    # -- numbers and formulas

    def _read_content(self, quantity: Quantity, cell: Cell, place: str, negative: bool) -> None:
        try:
            written = read_number(cell.text, self.mark)
        except InputError as error:
            scanned = as_scanned(cell.text)
            if scanned is not None and re.search(r"[.,]", scanned):
                raise _of_a_scanner(error, scanned) from None
            alone = error.hint is not None and not _EQUATION.search(cell.text.lstrip("= "))
            formula = _FORMULA.search(cell.text) or _EQUATION.search(cell.text)
            if not formula or error.expected != NO_NUMBER or alone:
                raise
            try:
                self._read_formula(quantity, cell, place, negative)
            except InputError:
                if scanned is not None:
                    raise _of_a_scanner(error, scanned) from None
                raise
            return
        owner = quantity if not cell.assigned else self.statements.assigned(quantity, written)
        self.statements.number(owner, written, cell.text.strip(), cell, place, negative=negative)

    def _read_formula(self, quantity: Quantity, cell: Cell, place: str, negative: bool) -> None:
        text = plain(cell.text.strip()).strip(" $")
        if len(text) > MAX_FORMULA:
            raise InputError(f"a number, or a formula of at most {MAX_FORMULA} characters", shown(cell.text))
        if _EQUATION.search(text.lstrip("= ")):
            self._read_equation(quantity, text, cell, place, negative)
            return
        pieces = tokens(text.lstrip("= "))
        try:
            node = parse(pieces, self.names, is_tex(text), self.draft.notes)
        except InputError as error:
            if len(pieces) == 1 or not re.search(r"[*/^()\\+-]", text):
                raise InputError("a number or a formula", shown(cell.text.strip()), hint=error.hint) from None
            raise
        if not quantities(node):
            raise _unfinished(cell.text)
        formula = Neg(node) if negative else node
        self.draft.formulas.append(StatedFormula(quantity, formula, cell.text.strip(), cell.line, cell.name))

    def _read_equation(self, quantity: Quantity, text: str, cell: Cell, place: str, negative: bool) -> None:
        chain = read_chain(tokens(text), text, self.names, is_tex(text), self.mark, None if negative else quantity)
        chain.assigned = chain.assigned or cell.assigned
        if chain.fault is not None and (chain.number is None or "one way only" in chain.fault.expected):
            raise chain.fault
        if negative:
            chain.names, chain.negated = [], [quantity]
        else:
            # A cell states what it is about; other names in it are on the way.
            chain.names = chain.names[:1]
        self.statements.chain(chain, cell, place)
        if chain.number is None and not chain.formulas:
            raise _unfinished(cell.text)

    # -- vectors and matrices

    def _read_whole(self, cell: Cell) -> bool:
        """Enters the formulas of an equation of whole arrays; False where the cell holds none."""
        found = self.names.whole_formulas(cell.name, plain(cell.text)) if _WHOLE.search(cell.text) else {}
        for quantity, formula in found.items():
            text = f"{cell.name.strip()} = {cell.text.strip()}"
            self.draft.formulas.append(StatedFormula(quantity, formula, text, cell.line, cell.name))
        return bool(found)

    def _read_list(self, cell: Cell, place: str) -> bool:
        """Enters a list of numbers for the units of a layer; False where the cell holds none, or names no layer."""
        if len(cell.text) > LONGEST_LIST or not _LIST.search(cell.text):
            return False
        pieces = tokens(plain(cell.text))
        sides = [side for part in split(pieces, RELATIONS) if (side := trimmed(part))]
        if not sides or entries_of(sides[-1]) is None:
            return False
        name = tokens(cell.name.strip(" $"))
        several = sum(map(len, entries_of(sides[-1]) or ())) > 1
        if several and not self.names.lists(cell.name) and self.names.known(cell.name):
            raise InputError(f"one number for {shorten(cell.name, 40)}", "a list of numbers")
        computed = len(sides) > 1 or cell.assigned or any(piece.kind in ASSIGNED for piece in pieces)
        return self.state_list([name], sides[-1], computed, cell, place)

    def state_list(
        self, names: Sequence[Sequence[Token]], numbers: Sequence[Token], computed: bool, cell: Cell, place: str
    ) -> bool:
        """Enters the numbers of a list for the first side that names as many quantities."""
        entries = entries_of(numbers)
        if entries is None or len({len(row) for row in entries}) != 1:
            return False
        read = [[number_of(entry, self.mark) for entry in row] for row in entries]
        for position, side in enumerate(names):
            owners = self._owners(side, len(read), len(read[0]))
            if owners is None:
                continue
            for owner, number in zip(joined.from_iterable(owners), joined.from_iterable(read), strict=True):
                if owner is not None and number is not None:
                    # In W = W - ... the second W is the old one.
                    self.statements.entry(owner, number, cell, place, computed and position == 0)
                elif owner is not None:
                    self.draft.unread.append(owner)
            return True
        return False

    def _owners(self, side: Sequence[Token], rows: int, columns: int) -> Sequence[list[Quantity | None]] | None:
        """The quantities of one side: a list of names, or the name of a layer's."""
        entries = entries_of(side)
        if entries is None:
            block = self.names.block(side, rows, columns)
            return None if block is None else [list(row) for row in block]
        owners = [[self.names.named(entry) for entry in row] for row in entries]
        fits = [len(row) for row in owners] == [columns] * rows
        return owners if fits and any(owner for row in owners for owner in row) else None


def read_cells(names: Names, draft: Draft, mark: DecimalMark | None, fault: Fault, flowing: bool) -> None:
    """Reads all cells of a draft, with the habits that they show of their writer."""
    key = tuple((cell.name, cell.text if _telling(cell, names) else "") for cell in draft.cells)
    if any(text or names.exactly(name) is None for name, text in key):
        habits = names.remembered.get(key)
        if habits is None:
            told = zip(draft.cells, key, strict=True)
            habits = habits_of(names, [statement_of(cell, bool(text)) for cell, (_, text) in told])
            if len(names.remembered) < MOST_REMEMBERED:
                names.remembered[key] = habits
        names = names.written_with(habits)
    reader = CellReader(names, draft, mark, fault, flowing)
    for cell in draft.cells:
        reader.read(cell)
    reader.told()
    if draft.faults and not (draft.values or draft.formulas or draft.missing or draft.unread):
        first = draft.faults[0]
        hint = first.hint or names.some()
        draft.faults[0] = InputError(first.expected, first.found, first.file, first.place, hint)


def _telling(cell: Cell, names: Names) -> bool:
    """Whether what is written for a name may show what it means: letters, and a number that is given."""
    if _LETTER.search(cell.text) or _LIST.search(cell.text):
        return True
    return names.exactly(cell.name) is None and names.gives(cell.text)


def statement_of(cell: Cell, telling: bool = True) -> Statement:
    """A cell as an equation, to see what stands beside its name."""
    name = tokens(cell.name[:LONGEST_LIST].strip(" $"))
    if not telling:
        return [name]
    pieces = tokens(plain(cell.text[:LONGEST_LIST].strip(" $")))
    return [name, *(side for part in split(pieces, RELATIONS) if (side := trimmed(part)))]


def _of_a_scanner(error: InputError, scanned: str) -> InputError:
    """The error for a number in which letters may be digits: they are offered."""
    return InputError(error.expected, error.found, hint=f'did you mean "{scanned}"?')


def _unfinished(text: str) -> InputError:
    hint = "work it out; a calculation with numbers states no result."
    return InputError("a number, or a formula in the names of quantities", shown(text.strip()), hint=hint)
