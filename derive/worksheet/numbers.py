"""The numbers of one sheet: exact, rounded on the way, and the range of everything that is right, all as printed.

One run of the problem's program gives them; nothing symbolic is done here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from flint import arb

from derive.errors import InputError
from derive.evaluation import Policy
from derive.expression import Shown, replace
from derive.numbers import (
    Number,
    OutsideDomain,
    Undecided,
    decimals_of,
    ends,
    evaluates_to,
    padded,
    plain,
    shown_text,
    with_precision,
)
from derive.program import Program
from derive.quantity import Quantity
from derive.worksheet.boxes import Box
from derive.worksheet.form import form_id
from derive.worksheet.slots import HIGH, LOW, OPTION, OTHER, SHOWN, Relation, Slots

FIRST_BITS = 64
"""Enough for the few decimals of a worksheet; what is not decided is computed again with more."""


class KeyRow(NamedTuple):
    """One box of the key: what belongs in it, exactly and carried, and the range of correct work."""

    box: str
    quantity: str
    name: str
    points: int
    exact: str
    carried: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class SheetNumbers:
    """Everything that is put into a sheet. `texts` are the slots by place, `signs` tells where = may stand."""

    givens: Mapping[Quantity, Decimal]
    texts: tuple[str, ...]
    signs: tuple[bool, ...]
    rows: tuple[KeyRow, ...]
    form: str
    words: tuple[str, ...] = ()
    """What is put in besides numbers, behind the words of the header."""


class Texts(NamedTuple):
    """The two ways of one quantity and the ends of its range, as printed; `exact` of the way that is shown."""

    shown: str
    other: str
    low: str
    high: str
    exact: bool


NOTHING = Texts("", "", "", "", True)
COLUMNS = {SHOWN: 0, OTHER: 1, LOW: 2, HIGH: 3}


def _column(way: str) -> int:
    """Where a way of showing a quantity stands; numbers to choose from are put in afterwards."""
    return COLUMNS[SHOWN if way.startswith(OPTION) else way]


class Computer:
    """Computes and prints what a sheet shows, under its policy: `boxes` ask, `slots` show."""

    def __init__(self, program: Program, policy: Policy, slots: Slots, boxes: Sequence[Box]) -> None:
        self.program, self.policy, self.boxes = program, policy, boxes
        wanted = dict.fromkeys(place.quantity for place in slots.places)
        wanted |= dict.fromkeys(quantity for relation in slots.relations for quantity in relation.used)
        at = {quantity: number for number, quantity in enumerate(wanted)}
        asked = {box.quantity for box in boxes}
        self._size = len(wanted)
        self._slots = [(at[place.quantity], _column(place.way)) for place in slots.places]
        self._signs = [(tuple(at[quantity] for quantity in one.used), one) for one in slots.relations]
        self._at = at
        self._rows = [(at[box.quantity], (box.label, box.quantity.id, box.name, box.points)) for box in boxes]
        trace, known = program.trace, program.trace.givens
        fixed = {q for q in wanted if q not in known and trace.written(q) is not None}
        self._given = [(at[q], q._replace(step=0) if q in fixed else q) for q in wanted if q in known or q in fixed]
        rest = [q for q in wanted if q not in known and q not in fixed]
        self._computed = [(at[q], program.place[q], policy.shown_places(q), q in asked) for q in rest]
        self._ids = [(quantity, quantity.id) for quantity in known]

    def numbers(self, stamp: str, decimals: Mapping[Quantity, Decimal]) -> SheetNumbers:
        """Everything that is put into the sheet, for other given numbers than the problem's own.

        Raises `InputError` where a value does not exist or cannot be rounded.
        """
        given = {**self.program.trace.givens, **decimals}
        written = {quantity: plain(number) for quantity, number in given.items()}
        try:
            found = with_precision(lambda: self._run(decimals, written), FIRST_BITS)
        except (OutsideDomain, Undecided) as trouble:
            why = (
                str(trouble) or "one of which no precision tells how it is rounded, or on which side of a corner it is"
            )
            hint = "change a number slightly, or the number of decimals"
            place = trouble.quantity.id if trouble.quantity else "worksheet"
            raise InputError("numbers with a result", why, self.program.trace.name, place, hint) from None
        # A sheet of boxes alone that asks about the network itself has no number.
        *columns, flags = zip(*found, strict=True) if found else ((),) * len(Texts._fields)
        texts = tuple([columns[column][at] for at, column in self._slots])
        signs = tuple([all([flags[at] for at in used]) or self._comes_out(found, one) for used, one in self._signs])
        form = form_id([stamp, *[f"{name}={written[quantity]}" for quantity, name in self._ids]])
        return SheetNumbers(given, texts, signs, tuple([self._row(box, found[at]) for at, box in self._rows]), form)

    def _row(self, box: tuple[str, str, str, int], texts: Texts) -> KeyRow:
        exact, carried = (texts.other, texts.shown) if self.policy.carry else (texts.shown, texts.other)
        return KeyRow(*box, exact, carried, texts.low, texts.high)

    def _comes_out(self, found: Sequence[Texts], relation: Relation) -> bool:
        """Whether the printed numbers happen to give just the printed result."""
        if relation.result is None or relation.formula is None:
            return False
        result = found[self._at[relation.result]]
        if not result.exact:
            return False
        filled = replace(relation.formula, lambda q: Shown(found[self._at[q]].shown, True))
        return evaluates_to(filled, result.shown)

    def _run(self, decimals: Mapping[Quantity, Decimal], written: Mapping[Quantity, str]) -> list[Texts]:
        program, policy = self.program, self.policy
        carry, ties = policy.carry, policy.ties
        givens = program.givens(decimals)
        exact = program.exact(givens)
        carried, ranges = self._carried(givens, exact), program.ranges(givens, policy)
        rough = self._rough(exact, carried) if carry else frozenset()
        used, unused = (carried, exact) if carry else (exact, carried)
        found = [NOTHING] * self._size
        for at, quantity in self._given:
            text = written[quantity]
            found[at] = Texts(text, text, text, text, True)
        for at, place, places, asked in self._computed:
            text, is_exact = shown_text(used[place], places, ties)
            if not is_exact and decimals_of(text) > places:
                rational = None if carry else program.rational(place, exact)
                text, is_exact = (text, False) if rational is None else shown_text(rational, places, ties)
            if is_exact and place in rough:
                text, is_exact = padded(text, places), False
            if not asked:
                found[at] = Texts(text, "", "", "", is_exact)
                continue
            other, _ = shown_text(unused[place], places, ties)
            if not carry and not is_exact:
                other = padded(other, places)
            low, high = ends(ranges[place], places, ties)
            found[at] = Texts(text, other, low, high, is_exact)
        return found

    def _carried(self, givens: Sequence[Number], exact: Sequence[Number]) -> Sequence[Number]:
        """The values under rounding; the exact ones where rounding on the way leads to no value, as to ln 0."""
        try:
            return self.program.carried(givens, self.policy)
        except OutsideDomain:
            if self.policy.carry:
                raise
            return exact

    def _rough(self, exact: Sequence[Number], carried: Sequence[Number]) -> frozenset[int]:
        """The places whose carried number is rounded or comes from rounded ones."""
        rough: set[int] = set()
        for line in self.program.lines:
            number = exact[line.target]
            changed = isinstance(number, arb) or number != carried[line.target]
            if changed or not rough.isdisjoint(line.sources):
                rough.add(line.target)
        return frozenset(rough)


def key_csv(rows: Sequence[KeyRow]) -> str:
    """The key as a table."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(KeyRow._fields)
    writer.writerows(rows)
    return file.getvalue()
