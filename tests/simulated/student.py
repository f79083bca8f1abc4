"""A student at work: a problem is worked line by line with own earlier numbers, and what went wrong is noted.

A `Plan` is everything that is settled before: the style, the way each line is got, how many digits each result has.
A `Hand` works a plan with some `Fault`s in it; the same plan without a fault shows what that fault has changed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Protocol

from .formula import Formula, Impossible, names_in, worked
from .style import Style, short
from .textbook import Line

ODD = 0.08
"""How often a line is got in another way than its kind is on this sheet."""


LARGEST = 10**12
"""Whoever gets a larger number stops there."""


class Worked(Protocol):
    """What a plan has to know of a problem: its given numbers and its lines."""

    givens: dict[str, Decimal]
    lines: dict[str, Line]


@dataclass(frozen=True)
class Plan:
    """How a sheet is worked: the formula and the digits of every line, and which lines are written."""

    lesson: Any
    style: Style
    formulas: Mapping[str, Formula]
    digits: Mapping[str, int]
    shown: tuple[str, ...]


def planned(lesson: Worked, style: Style, shown: Iterable[str], source: random.Random) -> Plan:
    """A plan: one way of getting each kind of line, with a few lines got otherwise."""
    habits: dict[str, int] = {}
    formulas, digits = {}, {}
    for line in lesson.lines.values():
        if line.kind not in habits:
            habits[line.kind] = 0 if source.random() < 0.55 else source.randrange(12)
        choice = source.randrange(12) if source.random() < ODD else habits[line.kind]
        formulas[line.id] = line.routes[choice % len(line.routes)]
        digits[line.id] = source.choice(style.digits)
    plan = Plan(lesson, style, formulas, digits, tuple(shown))
    return plan if len(style.digits) == 1 else _with_fine_hidden(plan, source)


def _with_fine_hidden(plan: Plan, source: random.Random) -> Plan:
    """The plan with unwritten results rounded no coarser than written ones: else too many digits are shown."""
    hand = Hand(plan)
    places = {name: len(hand.texts[name].partition(".")[2]) for name in hand.shown}
    rounded = [plan.digits[name] for name, shown in places.items() if shown == plan.digits[name]]
    fine = [digits for digits in plan.style.digits if digits >= min(rounded, default=max(plan.style.digits))]
    hidden = {name: source.choice(fine) for name in plan.digits if name not in hand.shown}
    return replace(plan, digits={**plan.digits, **hidden})


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: what it is called, and what stands in place of what.

    `formulas` are wrong formulas of lines, `givens` are wrong givens, `pens` are results that are written wrongly; with
    `pen_only` the right number is used from then on. `part` is the part of the table of mistakes, or "slip".
    """

    name: str
    part: str
    formulas: Mapping[str, Formula] = field(default_factory=dict)
    givens: Mapping[str, Decimal] = field(default_factory=dict)
    pens: Mapping[str, str] = field(default_factory=dict)
    pen_only: bool = False

    @property
    def sites(self) -> tuple[str, ...]:
        """Where it enters."""
        return (*self.formulas, *self.givens, *self.pens)

    @property
    def slip(self) -> bool:
        return self.part == "slip"


class Hand:
    """Works a plan; `texts` are what is written, or would be, and `used` the formula by which each number was got."""

    def __init__(self, plan: Plan, faults: Iterable[Fault] = ()) -> None:
        self.plan, self.style = plan, plan.style
        self.known: dict[str, Any] = {name: self.style.start(x) for name, x in plan.lesson.givens.items()}
        self.used: dict[str, Formula] = {}
        self.texts: dict[str, str] = {}
        self.impossible: set[str] = set()
        self._rounded: set[str] = set()
        self._pens: dict[str, tuple[str, bool]] = {}
        self._wrong: dict[str, Formula] = {}
        for fault in faults:
            self.known |= {name: self.style.start(x) for name, x in fault.givens.items()}
            self._wrong |= fault.formulas
            self._pens |= {name: (text, fault.pen_only) for name, text in fault.pens.items()}
        for name in plan.shown:
            if name in plan.lesson.lines:
                self._try(name)
        self.shown = {name for name in plan.shown if name in self.texts}

    def _try(self, name: str) -> None:
        try:
            self.value(name)
        except Impossible:
            return

    def value(self, name: str) -> Any:
        """The number of a quantity as this student goes on with it."""
        found = self.known.get(name)
        if found is None:
            if name in self.impossible:
                raise Impossible(name)
            self.impossible.add(name)  # until it is known; so a circle would be found as well
            found = self.known[name] = self._found(name)
            self.impossible.discard(name)
        return found

    def _found(self, name: str) -> Any:
        style, digits = self.style, self.plan.digits[name]
        formula = self.used[name] = self._wrong.get(name, self.plan.formulas[name])
        value = formula if isinstance(formula, int) else worked(formula, self._number, style.inside(digits))
        exact = style.exact and short(value) and self._from_exact(formula)
        raw = style.start(value) if isinstance(value, int) else value
        if abs(raw) > LARGEST:
            raise Impossible(name)
        kept = style.kept(raw, digits, exact)
        text = style.text(value, kept, digits, exact)
        if kept != raw or not self._from_exact(formula):
            self._rounded.add(name)
        if name in self._pens:
            text, pen_only = self._pens[name]
            if not pen_only:
                kept = style.start(Decimal(text))
        elif name not in self.plan.shown and not style.hidden_rounded:
            kept = raw
        self.texts[name] = text
        return kept

    def _from_exact(self, formula: Formula) -> bool:
        """Whether a formula has no number that was rounded without being written: such a result is not exact."""
        return not any(name in self._rounded and name not in self.plan.shown for name in names_in(formula))

    def _number(self, part: Any) -> Any:
        if isinstance(part, str):
            return self.value(part)
        return self.style.start(part)


def children(used: Mapping[str, Formula]) -> dict[str, set[str]]:
    """For every name the lines that were worked with it."""
    found: dict[str, set[str]] = {}
    for name, formula in used.items():
        for parent in names_in(formula):
            found.setdefault(parent, set()).add(name)
    return found


def reached(starts: Iterable[str], below: Mapping[str, set[str]], through: Any = None) -> set[str]:
    """Everything that depends on the starts, themselves included; not beyond names for which `through` is false."""
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        if through is None or through(name):
            waiting += below.get(name, ())
    return found
