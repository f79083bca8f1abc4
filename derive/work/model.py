"""What was stated: values, formulas, and what could not be read, one sheet for each student or author.

Plain data. It knows neither where it came from nor whether it is right.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from derive.errors import InputError
from derive.expression import Digits, Node, Shown, transform
from derive.quantity import Quantity


def as_written(node: Node) -> Node:
    """A stated formula whose numbers are printed as they were written, and not as fractions."""
    return transform(node, lambda leaf: Shown(leaf.text, exact=True) if isinstance(leaf, Digits) else leaf)


@dataclass(frozen=True, slots=True)
class Stated:
    """One stated value: as written, exactly, and with the decimal place of its last digit.

    `places` counts digits after the point, with the power of ten and the percent sign taken into account, and may be
    negative; it is None where the number is exact, as a fraction is. `name` is the name it was stated under.

    `shown` is what the line shows between the name and the number, one tree for each side, from left to right: for
    `E_o1 = 1/2*(target_o1 - out_o1)^2 = 1/2*(0.01-0.751)^2 = 0.2745` first the formula in letters, then the same with
    numbers. A letter is a `Ref`; a number a `Digits` where it has decimals, else a `Const`. A tree may mix both, as
    `w5 - 0.5*0.0822` does, or be one number, where a result is rounded once more. Sides that cannot be read are left
    out. The trees can be computed (`compile_value`) and, by `as_written`, printed; they are no larger than a stated
    formula.
    """

    quantity: Quantity
    text: str
    value: Fraction
    places: int | None
    line: int
    name: str
    shown: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class StatedFormula:
    """One stated formula for a quantity."""

    quantity: Quantity
    formula: Node
    text: str
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that is no value of the computation, as it was written: one of the kinds `quantity.ABOUT`."""

    quantity: Quantity
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """The work of one student or author.

    `values` has every quantity once, as it was stated first; later statements of the same quantity are `repeated`.
    `missing` are the quantities that the sheet asks for and leaves blank. `notes` say what had to be decided in
    reading; `faults` what could not be read, with its line. `form` is the form id of a worksheet, and `printed` are
    the given numbers that it prints. `unread` are the quantities whose values are among the faults.
    """

    student: str | None = None
    id: str | None = None
    values: tuple[Stated, ...] = ()
    formulas: tuple[StatedFormula, ...] = ()
    missing: tuple[Quantity, ...] = ()
    repeated: tuple[Stated, ...] = ()
    notes: tuple[str, ...] = ()
    faults: tuple[InputError, ...] = ()
    form: str | None = None
    file: str | None = None
    printed: tuple[str, ...] = ()
    unread: tuple[Quantity, ...] = ()
    labels: Mapping[int, str] = field(default_factory=dict)
    """The question that a line answers, such as 4b, where the sheet is a worksheet."""
    answers: tuple[Answered, ...] = ()
    """What it says about a calculation, blank or not."""

    @property
    def empty(self) -> bool:
        """Whether nothing is stated."""
        return not (self.values or self.formulas or any(one.text for one in self.answers))


@dataclass(frozen=True, slots=True)
class Work:
    """All sheets of one file; `notes` and `faults` are those that belong to no sheet.

    Iterating gives the sheets.
    """

    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...] = ()
    faults: tuple[InputError, ...] = ()
    skipped: int = 0
    """Equations of a text whose left side names nothing of the problem."""

    def __iter__(self) -> Iterator[Sheet]:
        return iter(self.sheets)

    def __len__(self) -> int:
        return len(self.sheets)

    @property
    def all_faults(self) -> tuple[InputError, ...]:
        """Everything that could not be read."""
        return self.faults + tuple(fault for sheet in self.sheets for fault in sheet.faults)


Sheets = Generator[Sheet, None, Work]
"""Sheets one by one; the result in the end is the work without them: the notes and faults that belong to none."""


def gathered(sheets: Sheets) -> Work:
    """The whole work of sheets that come one by one."""
    found: list[Sheet] = []
    while True:
        try:
            found.append(next(sheets))
        except StopIteration as end:
            rest: Work = end.value
            return Work(tuple(found), rest.notes, rest.faults, rest.skipped)


def one_by_one(work: Work) -> Sheets:
    """The sheets of a whole work."""
    yield from work.sheets
    return Work((), work.notes, work.faults, work.skipped)
