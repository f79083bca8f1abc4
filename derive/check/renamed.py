"""Letters of one's own: a given number that is stated with the value of another quantity is that other quantity.

Somebody who writes x1 = (6-8)/2 = -1 has not copied the given 6 wrongly: x1 is the standardised input there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from flint import fmpq

from derive.check.ground import Ground, rational
from derive.check.stated import Mark
from derive.expression import quantities
from derive.quantity import Quantity
from derive.wording import Phrase, phrase
from derive.work import Stated

ENOUGH_DIGITS = 4
"""Significant digits from which on it is no chance that a number is the value of a quantity."""


def renamed(values: Sequence[Stated], ground: Ground) -> tuple[list[Stated], tuple[Phrase, ...]]:
    """The stated values with what they are, and a sentence for each that is not what its name says.

    That is the preprocessed input under the name of the given one; and under a name that is not the problem's own,
    the one quantity whose value it has.
    """
    found, words = list[Stated](), list[Phrase]()
    taken = {one.quantity for one in values}
    for one in values:
        at = ground.program.place.get(one.quantity)
        if at is not None and ground.program.line(at) is None and not _mark(one, at, ground).true:
            other = next(_meant(one, taken, ground), None)
            if other is not None:
                namer = ground.solution.namer
                taken.add(other)
                words.append(phrase("sheet_renamed", name=one.name, other=namer(other).text))
                one = replace(one, quantity=other)
        found.append(one)
    return found, tuple(words)


def _meant(one: Stated, taken: set[Quantity], ground: Ground) -> Iterator[Quantity]:
    """The quantities that are not stated and have the value, the likeliest first."""
    for step in ground.trace.preprocessing:
        if one.quantity in quantities(step.formula) and step.target not in taken and _is(one, step.target, ground):
            yield step.target
    if one.name in (ground.solution.namer(one.quantity).text, one.quantity.id):
        return
    for line in ground.program.lines:
        target = ground.program.quantities[line.target]
        if target not in taken and _is(one, target, ground) and _mark(one, line.target, ground).digits >= ENOUGH_DIGITS:
            yield target


def _is(one: Stated, quantity: Quantity, ground: Ground) -> bool:
    return quantity in ground.program.place and _mark(one, ground.program.place[quantity], ground).true


def _mark(one: Stated, at: int, ground: Ground) -> Mark:
    value: fmpq = rational(one.value)
    return Mark.of(value, one.places, ground.truth[at])
