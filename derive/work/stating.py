"""What a sheet states: of which quantity, which of two values counts, when a weight is the one after the update.

Decides what becomes of what was read; it knows neither cells nor how numbers and formulas are written.
"""

from __future__ import annotations

from collections.abc import Callable

from derive.errors import InputError, shorten
from derive.expression import Neg, Node
from derive.quantity import DERIVATIVES, UPDATED, Quantity
from derive.work.drafts import Cell, Draft
from derive.work.equations import AGAIN, ANEW, LATER, Chain
from derive.work.formula import COMMAS
from derive.work.model import Stated, StatedFormula
from derive.work.names import Names
from derive.work.written import Written

HUNDREDTHS = "percent signs were read as hundredths"
THOUSANDS = "marks between thousands were left out"
NEGATED = "the negative of a quantity was stated; it was compared with its sign turned"
_GRADIENT = {kind: DERIVATIVES[kind] for kind in ("W", "b")}
Fault = Callable[[InputError, str, Draft], None]
"""Keeps what cannot be read, with its place, in a draft."""


class Statements:
    """Enters into the draft of one sheet what its writer states.

    `flowing` is true of a text, which states a number again with fewer digits when it uses it, and a weight once more
    when it has been updated.
    """

    def __init__(self, names: Names, draft: Draft, fault: Fault, flowing: bool) -> None:
        self.names, self.draft, self.fault, self.flowing = names, draft, fault, flowing

    def chain(self, chain: Chain, cell: Cell, place: str) -> None:
        """Enters what a chain states for its names."""
        self.draft.notes += chain.notes
        owners = [(one, False) for one in dict.fromkeys(chain.names)] + [(one, True) for one in chain.negated]
        for position, (quantity, negative) in enumerate(owners):
            if chain.number is not None:
                shown_sides = tuple(Neg(node) if negative else node for node in chain.shown)
                self.number(quantity, *chain.number, cell, place, shown_sides, negative)
            for node, text in chain.formulas if position == 0 else ():
                formula = StatedFormula(quantity, Neg(node) if negative else node, text, cell.line, cell.name)
                if all(
                    (formula.quantity, formula.formula) != (f.quantity, f.formula) for f in self.draft.formulas[-50:]
                ):
                    self.draft.formulas.append(formula)

    def number(
        self,
        quantity: Quantity,
        written: Written,
        text: str,
        cell: Cell,
        place: str,
        sides: tuple[Node, ...] = (),
        negative: bool = False,
    ) -> None:
        """Enters a number; `sides` are the formulas beside it, and `negative` where it is that of the negative."""
        value = written.value
        if negative:
            value, text = -value, _turned(text)
            self.draft.notes.append(NEGATED)
        if self.flowing and self._after_its_gradient(quantity, written):
            quantity = quantity.shifted(1)
            self.draft.notes.append(AGAIN)
        self._state(Stated(quantity, text, value, written.places, cell.line, cell.name, sides), place)
        self._note(written)

    def entry(self, quantity: Quantity, number: tuple[Written, str], cell: Cell, place: str, new: bool) -> None:
        """Enters one entry of a vector or matrix; `new` where it is computed, or given by an arrow."""
        written, text = number
        if new and quantity.kind in UPDATED and not quantity.step and self.names.has(quantity.shifted(1)):
            quantity = quantity.shifted(1)
            self.draft.notes.append(LATER)
        self.number(quantity, written, text, cell._replace(name=self.names.text(quantity)), place)

    def assigned(self, quantity: Quantity, written: Written) -> Quantity:
        """What := or an arrow gives a number: a weight after the update, but not where it is given so."""
        later = quantity.shifted(1)
        given = self.names.given(quantity) == written.value and not self._has_gradient(quantity)
        if quantity.kind not in UPDATED or quantity.step or given or not self.names.has(later):
            return quantity
        self.draft.notes.append(ANEW)
        return later

    def _after_its_gradient(self, quantity: Quantity, written: Written) -> bool:
        """Whether a text states another number for a weight than the given one when its gradient has been stated."""
        return (
            quantity.kind in _GRADIENT
            and not quantity.step
            and self._has_gradient(quantity)
            and self.names.given(quantity) not in (None, written.value)
            and self.names.has(quantity.shifted(1))
        )

    def _has_gradient(self, quantity: Quantity) -> bool:
        """Whether the gradient of a weight or bias has been stated, or another weight after the update."""
        kind = _GRADIENT.get(quantity.kind)
        if kind is not None and quantity._replace(kind=kind) in self.draft.values:
            return True
        return any(one.step and one.kind in UPDATED for one in self.draft.values)

    def _state(self, stated: Stated, place: str) -> None:
        """Enters a value; the first one of a quantity counts."""
        first = self.draft.values.setdefault(stated.quantity, stated)
        if first is stated or first.value == stated.value:
            return
        self.draft.repeated.append(stated)
        if self.flowing and _agree(first, stated):
            return
        name = self.names.text(stated.quantity)
        where = f"in line {first.line}" if first.line != stated.line else f"as {shorten(first.name, 40)}"
        hint, student = "the first counts.", self.draft.student
        if student is not None and self.draft.id is None:
            hint += f" If two students are called {shorten(student, 40)}, add a column student id."
        found = f"{shorten(stated.text, 40)} here and {shorten(first.text, 40)} {where}"
        self.fault(InputError(f"one value of {name}", found, hint=hint), place, self.draft)

    def _note(self, written: Written) -> None:
        """Says how a number was read, where that is not as it stands."""
        notes = {COMMAS: written.mark == ",", THOUSANDS: written.grouped, HUNDREDTHS: written.percent}
        self.draft.notes += (text for text, so in notes.items() if so)


def _agree(first: Stated, second: Stated) -> bool:
    """Whether two statements of one quantity may stand beside each other in a text."""
    shown_places = [places for places in (first.places, second.places) if places is not None]
    # A number that was cut off differs by less than one unit of its last digit, a rounded one by less than half.
    return bool(shown_places) and abs(first.value - second.value) * 10 ** max(0, min(shown_places)) < 1


def _turned(text: str) -> str:
    """A number as it is written, with the other sign."""
    bare = text.strip().lstrip("=≈ ")
    return bare[1:].lstrip() if bare[:1] in "-−" else f"-{bare.removeprefix('+')}"
