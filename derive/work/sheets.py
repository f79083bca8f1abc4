"""Cells become sheets: what one student wrote for one quantity, read, collected and compared with what came before.

Decides what a cell may hold (a number, a formula, a chain of equations, nothing), which decimal mark a student uses,
and what happens where a quantity is stated twice. It knows no file formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from unicodedata import normalize

from derive.errors import InputError, shorten, shown
from derive.expression import Node, quantities
from derive.quantity import Quantity
from derive.work.beside import tidied
from derive.work.equations import Chain, read_chain
from derive.work.formula import COMMAS, MAX_FORMULA, is_tex, parse
from derive.work.letters import plain
from derive.work.model import Sheet, Stated, StatedFormula, Work
from derive.work.names import Names
from derive.work.tokens import tokens
from derive.work.written import NO_NUMBER, Mark, Written, blank, evidence, read_number

MAX_STUDENT = 200
"""Characters of a student's name or id."""
MAX_CELLS = 200_000
"""Values in a file."""
MAX_FAULTS = 20_000
"""Mistakes of a file that are told one by one."""
HUNDREDTHS = "percent signs were read as hundredths"
THOUSANDS = "marks between thousands were left out"
_FORMULA = re.compile(r"[*/^()\\=≈+·×]|[^\W\d_]")
_EQUATION = re.compile(r"[=≈]|\\approx")


class Cell(NamedTuple):
    """A name and what was written for it."""

    name: str
    text: str
    line: int
    column: str = ""
    notes: tuple[str, ...] = ()
    """What was left out of the text."""


@dataclass
class Draft:
    """A sheet in the making."""

    student: str | None
    id: str | None
    line: int
    form: str | None = None
    printed: tuple[str, ...] = ()
    cells: list[Cell] = field(default_factory=list)
    values: dict[Quantity, Stated] = field(default_factory=dict)
    formulas: list[StatedFormula] = field(default_factory=list)
    missing: list[Quantity] = field(default_factory=list)
    unread: list[Quantity] = field(default_factory=list)
    repeated: list[Stated] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[InputError] = field(default_factory=list)

    def sheet(self, file: str | None) -> Sheet:
        missing = tuple(q for q in dict.fromkeys(self.missing) if q not in self.values)
        unread = tuple(q for q in dict.fromkeys(self.unread) if q not in self.values)
        return Sheet(
            self.student, self.id, tuple(self.values.values()), tuple(self.formulas), missing, tuple(self.repeated),
            tuple(dict.fromkeys(self.notes)), tuple(self.faults), self.form, file, self.printed, unread,
        )  # fmt: skip


Key = tuple[str | None, ...]
"""Whose a draft is: student and id; nobody named: the form id."""


class Collector:
    """Takes the cells of a file as they come, and makes its sheets, in the end or one by one.

    `mark` is the decimal mark that the file's dialect suggests where no number shows one, `everywhere` those that
    numbers of the whole file show. `drafts` are the sheets that have been begun and not been closed.
    """

    def __init__(
        self, names: Names, file: str | None, mark: Mark | None = None, everywhere: Iterable[Mark] = ()
    ) -> None:
        self.names, self.file, self.mark, self.everywhere = names, file, mark, set(everywhere)
        self.drafts: dict[Key, Draft] = {}
        self.lines: dict[Key, int] = {}
        self.notes: list[str] = []
        self.faults: list[InputError] = []
        self.cells = self.found = 0
        self._owners: dict[str, tuple[str | None, int]] = {}

    def fault(self, error: InputError, place: str, draft: Draft | None = None) -> None:
        """Keeps a mistake with its place instead of raising it; of very many the last are only counted."""
        self.found += 1
        if self.found > MAX_FAULTS:
            return
        kept = InputError(error.expected, error.found, self.file, place, error.hint)
        (self.faults if draft is None else draft.faults).append(kept)

    @property
    def full(self) -> bool:
        """Whether the file has more values than are read."""
        return self.cells > MAX_CELLS

    def add(self, draft: Draft, cell: Cell) -> None:
        """Puts a cell on a sheet."""
        self.cells += 1
        self.check_full(cell)
        draft.cells.append(cell)

    def check_full(self, cell: Cell) -> None:
        if self.full:
            raise InputError(f"at most {MAX_CELLS:,} values in a file", "more of them", self.file, f"line {cell.line}")

    def draft(self, student: str | None, id: str | None, line: int, form: str | None = None) -> Draft:
        """The sheet of a student, begun where it is new; where nobody is named, that with a form id."""
        key = key_of(student, id, form)
        found = self.drafts.get(key)
        if found is None:
            found = self.drafts[key] = Draft(student, id, line, form)
            self.lines.setdefault(key, line)
        elif form and found.form != form:
            if found.form:
                both = f"{shown(form)} here and {shown(found.form)} before"
                raise InputError(f"one form id for {shown(student or id)}", both)
            found.form = form
        return found

    def row(self, student: str | None, id: str | None, line: int, form: str | None = None) -> Draft:
        """The sheet of a row that is a whole sheet; a student whose row there is already gets a second one."""
        first = self.lines.get(key_of(student, id, form))
        if first is None:
            return self.draft(student, id, line, form)
        draft = self.draft(f"{student or id or form} (line {line})", id, line, form)
        hint = "both are kept apart; a column with a student id tells students of one name apart."
        error = InputError("every student once", f"{shown(student or id or form)} here and in line {first}", hint=hint)
        self.fault(error, f"line {line}", draft)
        return draft

    def student(self, text: str | None, line: int) -> str | None:
        """A student's name or id on one line; None where there is none."""
        name = " ".join((text or "").split()).encode("utf-8", "replace").decode()
        if len(name) > MAX_STUDENT:
            self.fault(InputError(f"a name of at most {MAX_STUDENT} characters", shown(name)), f"line {line}")
        return normalize("NFC", name[:MAX_STUDENT]) or None

    def finish(self) -> Work:
        """Reads every cell and gives the sheets."""
        for draft in self.drafts.values():
            self.everywhere |= marks_in(draft.cells)
        sheets = tuple(self.closed(0))
        return replace(self.rest(), sheets=sheets)

    def closed(self, left: int) -> Iterator[Sheet]:
        """The oldest drafts as sheets, until so many are left; nothing can be added to them any more."""
        while len(self.drafts) > left:
            draft = self.drafts.pop(next(iter(self.drafts)))
            draft.cells = [_tidy(cell) for cell in draft.cells]
            seen = _marks(draft.cells) or self.everywhere or ({self.mark} if self.mark else set())
            mark = next(iter(seen)) if len(seen) == 1 else None
            for cell in draft.cells:
                self._read(draft, cell, mark)
            self._one_id_one_name(draft)
            yield draft.sheet(self.file)

    def rest(self) -> Work:
        """The notes and faults that belong to no sheet; complete when all drafts are closed."""
        faults = list(self.faults)
        if self.found > MAX_FAULTS:
            error = InputError(f"at most {MAX_FAULTS:,} rows that cannot be read", f"{self.found:,} of them", self.file)
            faults.append(error)
        return Work((), tuple(dict.fromkeys(self.notes)), tuple(faults))

    def _one_id_one_name(self, draft: Draft) -> None:
        if draft.id is None:
            return
        student, line = self._owners.setdefault(draft.id, (draft.student, draft.line))
        if student != draft.student and " (line " not in (draft.student or ""):
            both = f"for {shown(draft.student)} here and for {shown(student)} in line {line}"
            error = InputError("one student for every id", f"{shown(draft.id)} {both}")
            self.fault(error, f"line {draft.line}", draft)

    # -- cells

    @staticmethod
    def place(draft: Draft, line: int, column: str = "") -> str:
        """Where something stands, and whose it is."""
        called = draft.student or draft.id or draft.form
        whose = f" ({shorten(called, 40)})" if called else ""
        return f"line {line}{whose}" + (f", column {shorten(column, 60)}" if column else "")

    def _read(self, draft: Draft, cell: Cell, mark: Mark | None) -> None:
        place = self.place(draft, cell.line, cell.column)
        try:
            quantity = self.names.find(cell.name)
        except InputError as error:
            self.fault(error, place, draft)
            return
        if blank(cell.text):
            draft.missing.append(quantity)
            return
        try:
            self._read_content(draft, quantity, cell, mark, place)
            draft.notes += cell.notes
        except InputError as error:
            self.fault(error, place, draft)
            draft.unread.append(quantity)

    def _read_content(self, draft: Draft, quantity: Quantity, cell: Cell, mark: Mark | None, place: str) -> None:
        try:
            written = read_number(cell.text, mark)
        except InputError as error:
            alone = error.hint is not None and not _EQUATION.search(cell.text.lstrip("= "))
            if not _FORMULA.search(cell.text) or error.expected != NO_NUMBER or alone:
                raise
            self._read_formula(draft, quantity, cell, mark, place)
            return
        self._state_number(draft, quantity, written, cell.text.strip(), cell, place)

    def _read_formula(self, draft: Draft, quantity: Quantity, cell: Cell, mark: Mark | None, place: str) -> None:
        text = plain(cell.text.strip()).strip(" $")
        if len(text) > MAX_FORMULA:
            raise InputError(f"a number, or a formula of at most {MAX_FORMULA} characters", shown(cell.text))
        if _EQUATION.search(text.lstrip("= ")):
            self._read_equation(draft, quantity, text, cell, mark, place)
            return
        pieces = tokens(text.lstrip("= "))
        try:
            node = parse(pieces, self.names, is_tex(text), draft.notes)
        except InputError as error:
            if len(pieces) == 1 or not re.search(r"[*/^()\\+-]", text):
                raise InputError("a number or a formula", shown(cell.text.strip()), hint=error.hint) from None
            raise
        if not quantities(node):
            raise _unfinished(cell.text)
        draft.formulas.append(StatedFormula(quantity, node, cell.text.strip(), cell.line, cell.name))

    def _read_equation(
        self, draft: Draft, quantity: Quantity, text: str, cell: Cell, mark: Mark | None, place: str
    ) -> None:
        chain = read_chain(tokens(text), text, self.names, is_tex(text), mark)
        if chain.fault is not None and (chain.number is None or "one way only" in chain.fault.expected):
            raise chain.fault
        self.state_chain(draft, chain, [quantity], cell, place)
        if chain.number is None and not chain.formulas:
            raise _unfinished(cell.text)

    def state_chain(self, draft: Draft, chain: Chain, owners: Iterable[Quantity], cell: Cell, place: str) -> None:
        """Enters what a chain states for its owners."""
        draft.notes += chain.notes
        for position, quantity in enumerate(owners):
            if chain.number is not None:
                self._state_number(draft, quantity, *chain.number, cell, place, tuple(chain.shown))
            for node, text in chain.formulas if position == 0 else ():
                formula = StatedFormula(quantity, node, text, cell.line, cell.name)
                if all((formula.quantity, node) != (f.quantity, f.formula) for f in draft.formulas[-50:]):
                    draft.formulas.append(formula)

    def _state_number(
        self,
        draft: Draft,
        quantity: Quantity,
        written: Written,
        text: str,
        cell: Cell,
        place: str,
        shown: tuple[Node, ...] = (),
    ) -> None:
        self.state(draft, Stated(quantity, text, written.value, written.places, cell.line, cell.name, shown), place)
        note(draft, written)

    def state(self, draft: Draft, stated: Stated, place: str) -> None:
        """Enters a value; the first one of a quantity counts."""
        first = draft.values.setdefault(stated.quantity, stated)
        if first is stated or first.value == stated.value:
            return
        draft.repeated.append(stated)
        if self.agrees(first, stated):
            return
        name = self.names.text(stated.quantity)
        where = f"in line {first.line}" if first.line != stated.line else f"as {shorten(first.name, 40)}"
        hint = "the first counts."
        if draft.student is not None and draft.id is None:
            hint += f" If two students are called {shorten(draft.student, 40)}, add a column student id."
        found = f"{shorten(stated.text, 40)} here and {shorten(first.text, 40)} {where}"
        self.fault(InputError(f"one value of {name}", found, hint=hint), place, draft)

    def agrees(self, first: Stated, second: Stated) -> bool:
        """Whether two statements of one quantity may stand beside each other."""
        return False


class Passages(Collector):
    """A collector for texts, which state a number again with fewer digits when they use it."""

    def agrees(self, first: Stated, second: Stated) -> bool:
        shown_places = [places for places in (first.places, second.places) if places is not None]
        # A number that was cut off differs by less than one unit of its last digit, a rounded one by less than half.
        return bool(shown_places) and abs(first.value - second.value) * 10 ** max(0, min(shown_places)) < 1


def note(draft: Draft, written: Written) -> None:
    """Says how a number was read, where that is not as it stands."""
    if written.mark == ",":
        draft.notes.append(COMMAS)
    if written.grouped:
        draft.notes.append(THOUSANDS)
    if written.percent:
        draft.notes.append(HUNDREDTHS)


def marks_in(cells: Iterable[Cell]) -> set[Mark]:
    """The decimal marks that numbers in some cells show."""
    return _marks(map(_tidy, cells))


def key_of(student: str | None, id: str | None, form: str | None) -> Key:
    """Whose a draft is."""
    return (student, id) if student or id else (None, None, form)


def _tidy(cell: Cell) -> Cell:
    text, notes = tidied(cell.text)
    return cell._replace(text=text, notes=notes) if text != cell.text else cell


def _marks(cells: Iterable[Cell]) -> set[Mark]:
    return {mark for cell in cells if (mark := evidence(cell.text)) is not None}


def _unfinished(text: str) -> InputError:
    hint = "work it out; a calculation with numbers states no result."
    return InputError("a number, or a formula in the names of quantities", shown(text.strip()), hint=hint)
