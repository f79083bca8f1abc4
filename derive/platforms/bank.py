"""A sheet as questions for a program that marks them: what each box accepts, and what it says of known mistakes.

Decides which numbers are right: the exact answer, everything that correct work under the rounding rule can reach, and
what the judge accepts besides, each as it is written, give or take half a unit of the last decimal asked. A number that
a known mistake gives is foreseen by the judge's own search; where it lies so near to a right one that rounding could
turn the one into the other, nothing is said of it. Platforms write what is decided here; none decides for itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from derive.check.foreseen import Foresight, Numbers
from derive.check.model import Explanation
from derive.check.readings import INSIDE
from derive.check.words import told
from derive.document import Figure, Text, Words, figures
from derive.errors import InputError
from derive.mistakes import BY_KEY
from derive.platforms.shown import known_before
from derive.quantity import FACTS, Quantity
from derive.render.filling import Filling
from derive.solution import problem_of
from derive.subject import AnyProblem
from derive.variants.issued import is_set, read_set
from derive.variants.own import own_sheet
from derive.wording import Wording
from derive.worksheet import SheetOptions, compile_sheet, dressed
from derive.worksheet.boxes import LETTERS, Box
from derive.worksheet.choosing import ChoiceNumbers
from derive.worksheet.finding import FindSheet, FoundNumbers
from derive.worksheet.numbers import KeyRow, SheetNumbers
from derive.worksheet.planted import letters
from derive.worksheet.sheet import BaseSheet

MOST_FORESEEN = 30
"""Wrong numbers of one box of which something is said: the best-known mistakes first, then the nearest."""
EXACT, REACHED, INSIDE_MEAN = "exact", "reached", "inside"
"""Why a number is right."""


class Right(NamedTuple):
    """Right numbers from `low` to `high`, both included, and why they are right."""

    low: Decimal
    high: Decimal
    why: str

    @property
    def centre(self) -> Decimal:
        return (self.low + self.high) / 2

    @property
    def tolerance(self) -> Decimal:
        return (self.high - self.low) / 2


class Slip(NamedTuple):
    """Wrong numbers from `low` to `high` around `text`, as it would be written, and what is said of them."""

    text: str
    low: Decimal
    high: Decimal
    explanations: tuple[Explanation, ...]

    def words(self, say: Wording) -> Words:
        """What probably happened, and what to do about it."""
        return told(self.explanations, say)


class Offer(NamedTuple):
    """One of the answers to choose from: its letter, its text, and for a wrong number what is said of it."""

    letter: str
    text: str
    right: bool
    words: Words = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A box for a number. The exact answer is the first of what is right."""

    text: str
    rights: tuple[Right, ...]
    slips: tuple[Slip, ...] = ()

    @property
    def half(self) -> Decimal:
        """Half a unit of the last decimal asked."""
        return self.rights[0].tolerance

    @property
    def span(self) -> Right:
        """Everything that is right, where one range must do: rounding on the way reaches the exact answer."""
        return next((one for one in self.rights if one.why == REACHED), self.rights[0])

    def accepts(self, value: Decimal) -> bool:
        return any(one.low <= value <= one.high for one in self.rights)


@dataclass(frozen=True, slots=True)
class Choice:
    """A box for a letter."""

    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Spelling:
    """A box for words, such as 2x3: the ways of writing what is right, the usual one first."""

    accepted: tuple[str, ...]


Accepts = Number | Choice | Spelling


@dataclass(frozen=True, slots=True)
class Blank:
    """One box: its label on the sheet, whose number it asks for, the points, and what it accepts."""

    label: str
    quantity: Quantity
    name: str
    points: int
    accepts: Accepts
    row: KeyRow


@dataclass(frozen=True)
class Variant:
    """One set of numbers: a number in the set (0 for the problem's own), the form id, and the boxes in order."""

    number: int
    form: str
    blanks: tuple[Blank, ...]
    numbers: SheetNumbers
    filling: Filling

    @property
    def code(self) -> str:
        """What tells it from the others, also where two have the same form.

        >>> Variant(7, "GGLJXM", (), None, None).code
        '0007-GGLJXM'
        """
        number = f"{self.number:04}-"
        return self.form if not self.number or self.form.startswith(number) else f"{number}{self.form}"


class Bank:
    """A problem, or a class set, as questions. Raises `InputError` where it cannot be read or has no box to fill."""

    def __init__(self, source: str | Path | Mapping[str, object] | AnyProblem, head: str | None, options: SheetOptions):
        self._issued = read_set(source, worded=True) if isinstance(source, str | Path) and is_set(source) else None
        if self._issued is not None:
            if options != SheetOptions() or head is not None:
                expected, hint = "no options of sheets with a class set", "the set knows what its sheets ask."
                raise InputError(expected, "some", self._issued.file, hint=hint)
            problem, chosen = self._issued.problem, replace(self._issued.options, pictures="")
            self.sheet: BaseSheet = compile_sheet(with_lead(problem), chosen)
        else:
            whole = problem_of(source) if isinstance(source, str | Path | Mapping) else source
            self.sheet = own_sheet(with_lead(dressed(whole, head)[0]), options)
        if not self.sheet.boxes:
            raise InputError("a sheet that asks for something", "none", self.sheet.name)
        self.say = Wording(self.sheet.problem.words)

    @property
    def name(self) -> str:
        return self.sheet.name

    @property
    def title(self) -> str:
        return self.sheet.problem.sheet.title or self.sheet.problem.title

    @property
    def pictures(self) -> tuple[Figure, ...]:
        """The pictures of the sheets, which are the same on all of them."""
        return tuple(figures(self.sheet.body.lead))

    def __len__(self) -> int:
        return 1 if self._issued is None else len(self._issued.sheets)

    @cached_property
    def _foresight(self) -> Foresight:
        return Foresight(self.sheet.solution, known_before(self.sheet.body))

    def variants(self) -> Iterator[Variant]:
        """Every sheet, one after the other."""
        if self._issued is None:
            yield self._own
            return
        for number, one in enumerate(self._issued.sheets, 1):
            yield self._variant(number, self._issued.drawn(one), one.form)

    @cached_property
    def _own(self) -> Variant:
        """The problem's own numbers."""
        return self._variant(0, {}, None)

    def _variant(self, number: int, drawn: Mapping[Quantity, Decimal], form: str | None) -> Variant:
        numbers = self.sheet.numbers(drawn)
        blanks = tuple(self._blanks(numbers, self._foresight.with_numbers(drawn)))
        return Variant(number, form or numbers.form, blanks, numbers, self.sheet.filling(numbers))

    def _blanks(self, numbers: SheetNumbers, foreseen: Numbers) -> Iterator[Blank]:
        for box, row in zip(self.sheet.boxes, self.sheet.answers(numbers), strict=True):
            # An answer that shows as 0 and is not 0 earns no point: nothing is asked where it stands.
            if box.points:
                accepts = self._accepts(box, row, numbers, foreseen)
                yield Blank(box.label, box.quantity, box.name, box.points, accepts, row)

    def _accepts(self, box: Box, row: KeyRow, numbers: SheetNumbers, foreseen: Numbers) -> Accepts:
        quantity = box.quantity
        if isinstance(numbers, ChoiceNumbers) and quantity in numbers.options:
            return Choice(tuple(_offers(numbers, quantity, self.say)))
        if isinstance(numbers, FoundNumbers):
            return self._found(box, row, numbers)
        if quantity.kind in FACTS:
            return _spelling(row.exact)
        places = self.sheet.policy.shown_places(quantity)
        shown = row.carried if self.sheet.policy.carry else row.exact
        number = _number(shown, row, places, foreseen.also_right(quantity))
        slips = (
            Slip(one.text, value - number.half, value + number.half, one.explanations)
            for one in sorted(foreseen.wrong(quantity), key=lambda one: not one.usual)
            if not _near(value := Decimal(one.text), number)
        )
        return replace(number, slips=tuple(slips)[:MOST_FORESEEN])

    def _found(self, box: Box, row: KeyRow, numbers: FoundNumbers) -> Accepts:
        """What a box accepts where mistakes are to be found: a line, a value, or the letter of a reason."""
        if box.quantity.kind == "reason":
            given = letters(numbers.plan.reasons)
            return Choice(tuple(Offer(letter, BY_KEY[key].title, letter == row.exact) for key, letter in given.items()))
        if box.quantity.kind == "line":
            line = Decimal(row.exact)
            return Number(row.exact, (Right(line, line, EXACT),))
        spot = next(spot for k, spot in enumerate(numbers.plan.spots, 1) if box.quantity == Quantity("value", k))
        return _number(row.exact, row, self.sheet.policy.shown_places(spot.line.target), None)

    @property
    def finds(self) -> bool:
        """Whether mistakes are to be found in a worked calculation."""
        return isinstance(self.sheet, FindSheet)


def with_lead(problem: AnyProblem) -> AnyProblem:
    """The problem with what stands before the questions, also where a sheet of boxes alone is printed of it."""
    whole: AnyProblem = problem.model_copy(
        update={"sheet": problem.sheet.model_copy(update={"answers_only": False, "logo": None})}
    )
    return whole


def _number(shown: str, row: KeyRow, places: int, also: str | None) -> Number:
    """What is right: the exact answer first, as it is the one that platforms show."""
    half = Decimal(5).scaleb(-places - 1)
    exact = Decimal(shown)
    # Where rounding on the way may lead anywhere there is no range: what it leads to when all is rounded is right too.
    low, high = (Decimal(end or row.carried or shown) for end in (row.low, row.high))
    rights = [Right(exact - half, exact + half, EXACT)]
    if not low == exact == high:
        rights.append(Right(min(low, exact) - half, max(high, exact) + half, REACHED))
    if also is not None and not rights[-1].low <= Decimal(also) <= rights[-1].high:
        rights.append(Right(Decimal(also) - half, Decimal(also) + half, INSIDE_MEAN))
    return Number(shown, tuple(rights))


def _near(value: Decimal, number: Number) -> bool:
    """Whether a wrong number, give or take half a unit, touches right ones."""
    return any(one.low - number.half <= value <= one.high + number.half for one in number.rights)


def _offers(numbers: ChoiceNumbers, quantity: Quantity, say: Wording) -> Iterator[Offer]:
    for letter, option in zip(LETTERS, numbers.options[quantity], strict=False):
        wrong = option.rewrite
        yield Offer(letter, option.text, wrong is None, () if wrong is None else told((Explanation((wrong,)),), say))


def _spelling(answer: str) -> Accepts:
    """The usual ways of writing a shape; a number of something is a number."""
    rows, sign, columns = answer.partition("×")
    if not sign:
        count = Decimal(answer)
        return Number(answer, (Right(count, count, EXACT),))
    one, two = rows.strip(), columns.strip()
    pairs = ("×", " × ", "x", " x ", "X", "*", " * ", " by ")
    ways = [f"{one}{pair}{two}" for pair in pairs]
    ways += [f"{before}{one}{comma}{two}{after}" for before, after in ("()", "[]", ("", "")) for comma in (",", ", ")]
    return Spelling((answer, *(way for way in ways if way != answer)))


def remark_of(right: Right, say: Wording) -> Words:
    """What is said of a right number that needs more words than that it is right."""
    return (Text(say.text([INSIDE])),) if right.why == INSIDE_MEAN else ()
