"""Cells become sheets: whose they are, which decimal mark their writer uses, and what is a mistake of the whole file.

Decides which cells belong together and when a sheet is complete. What a cell says is read by `cells`; it knows no file
formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from unicodedata import normalize

from derive.errors import InputError, shown
from derive.work.beside import tidied
from derive.work.cells import read_cells
from derive.work.drafts import Cell, Draft
from derive.work.model import Sheet, Work
from derive.work.names import Names
from derive.work.written import DecimalMark, evidence

MAX_STUDENT = 200
"""Characters of a student's name or id."""
MAX_CELLS = 200_000
"""Values in a file."""
MAX_FAULTS = 20_000
"""Mistakes of a file that are told one by one."""


Key = tuple[str | None, ...]
"""Whose a draft is: student and id; nobody named: the form id."""


class Collector:
    """Takes the cells of a file as they come, and makes its sheets, in the end or one by one.

    `mark` is the decimal mark that the file's dialect suggests where no number shows one, `everywhere` those that
    numbers of the whole file show. `drafts` are the sheets that have been begun and not been closed.
    """

    flowing = False
    """Whether it is a text that is read."""

    def __init__(
        self, names: Names, file: str | None, mark: DecimalMark | None = None, everywhere: Iterable[DecimalMark] = ()
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
            draft.cells = [tidy(cell) for cell in draft.cells]
            seen = _marks(draft.cells) or self.everywhere or ({self.mark} if self.mark else set())
            mark = next(iter(seen)) if len(seen) == 1 else None
            read_cells(self.names, draft, mark, self.fault, self.flowing)
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


class Passages(Collector):
    """A collector for texts, which state a number again with fewer digits when they use it."""

    flowing = True


def marks_in(cells: Iterable[Cell]) -> set[DecimalMark]:
    """The decimal marks that numbers in some cells show."""
    return _marks(map(tidy, cells))


def key_of(student: str | None, id: str | None, form: str | None) -> Key:
    """Whose a draft is."""
    return (student, id) if student or id else (None, None, form)


def tidy(cell: Cell) -> Cell:
    """A cell without what stands beside its number."""
    text, notes = tidied(cell.text)
    return cell._replace(text=text, notes=notes) if text != cell.text else cell


def _marks(cells: Iterable[Cell]) -> set[DecimalMark]:
    return {mark for cell in cells if (mark := evidence(cell.text)) is not None}
