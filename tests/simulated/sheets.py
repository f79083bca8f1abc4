"""Drawing a sheet: a style, blanks, what goes wrong, and the truth about every value on it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache

from .blanks import written
from .computed import Calculation, Wrong, calculation_of, is_computed
from .formula import Formula, names_in, replaced
from .mistakes import ROWS, Mistake
from .problems import lesson_of
from .slips import PEN, slipped
from .student import Fault, Hand, Plan, children, planned, reached
from .style import STYLES, Style, draw
from .textbook import Lesson, Line

ERRORS = {"none": 30, "mistake": 33, "slip": 20, "two": 17}
"""What goes wrong on a sheet, and how often."""

OFTEN = {"mean inside": 4}
"""Styles that few problems allow are drawn so many times as often there."""
OF_NETWORKS = ("mean inside", "target minus output")
"""Styles in which only networks can be worked."""
BLANK_SHARES = {"none": 40, "results only": 10, "every second": 12, "one layer": 12, "random": 18, "sparse": 8}


@dataclass(frozen=True)
class Sheet:
    """What somebody handed in, and the truth about it.

    `faults` is what went wrong; `shows[k]` are the stated values in which fault k is seen first: the faulty one itself,
    or where that is not stated the first ones that it has changed. A fault that has changed nothing that is stated
    shows nowhere. Every stated value is "right", an "error" (one of those), or one that only "follows".
    """

    problem: str
    seed: str
    plan: Plan
    blank: str
    drawn: str
    faults: tuple[Fault, ...]
    hand: Hand
    shows: tuple[frozenset[str], ...]
    truth: Mapping[str, str]

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The ids and the numbers as they are written."""
        return [(name, self.hand.texts[name]) for name in self.plan.shown if name in self.hand.shown]

    @property
    def style(self) -> Style:
        return self.plan.style

    @cached_property
    def traced(self) -> list[int]:
        """The faults that show anywhere."""
        return [k for k, shows in enumerate(self.shows) if shows]


def styles_for(problem: str) -> list[str]:
    """The styles in which a problem can be worked."""
    if is_computed(problem):
        return [name for name in STYLES if name not in OF_NETWORKS]
    lessons = conventions(problem)
    left_out = set()
    if not any(lesson.inside for lesson in lessons):
        left_out.add("mean inside")
    if not any(lesson.flipped for lesson in lessons):
        left_out.add("target minus output")
    return [name for name in STYLES if name not in left_out]


def conventions(problem: str) -> tuple[Lesson | Calculation, ...]:
    """The problem in every convention that is current for it, its own first."""
    if is_computed(problem):
        return (calculation_of(problem),)
    return _of_network(problem)


@lru_cache(maxsize=64)
def _of_network(problem: str) -> tuple[Lesson, ...]:
    own = lesson_of(problem)
    found = [own]
    if own.mean and own.count > 1 and not own.one_by_one:
        found.append(lesson_of(problem, inside=True))
    if not own.penalties and not own.momentum:
        found += [lesson_of(problem, flipped=True, gradients_flip=flip) for flip in (True, False)]
    return tuple(found)


def drawn_sheet(problem: str, seed: str, style: str | None = None, errors: str | None = None) -> Sheet:
    """The sheet of a seed; `style` and `errors` fix what is drawn otherwise."""
    source = random.Random(f"{problem} {seed}")
    names = styles_for(problem)
    often = {name: OFTEN.get(name, 1) for name in names}
    drawn_style, drawn_errors = _chosen(often, source), _chosen(ERRORS, source)
    working = draw(style or drawn_style, source)
    while style is None and is_computed(problem) and not _fine(calculation_of(problem), working):
        working = draw(_chosen(often, source), source)
    lesson = calculation_of(problem) if is_computed(problem) else _lesson(problem, working, source)
    blank = _chosen(BLANK_SHARES, source)
    shown = lesson.written(blank, source) if isinstance(lesson, Calculation) else written(lesson, blank, source)
    plan = planned(lesson, working, shown, source)
    kind = errors or drawn_errors
    faults = _faults(plan, kind, source)
    return _judged(problem, seed, plan, blank, kind, faults)


def _fine(calculation: Calculation, style: Style) -> bool:
    """Whether a style keeps digits enough for a calculation."""
    return style.unit == "figures" or style.coarsest >= calculation.fewest


def _lesson(problem: str, style: Style, source: random.Random) -> Lesson:
    match style.name:
        case "mean inside":
            return lesson_of(problem, inside=True)
        case "target minus output":
            return lesson_of(problem, flipped=True, gradients_flip=source.random() < 0.7)
    return lesson_of(problem)


def _chosen(shares: Mapping[str, float], source: random.Random) -> str:
    return source.choices(list(shares), list(shares.values()))[0]


# --- what goes wrong ----------------------------------------------------------------------------------------------


def _faults(plan: Plan, kind: str, source: random.Random) -> tuple[Fault, ...]:
    if kind == "none":
        return ()
    right = Hand(plan)
    if kind == "mistake":
        return (_mistake(plan, right, source),)
    if kind == "slip":
        return (_slip(plan, right, source),)
    first = _mistake(plan, right, source)
    for _ in range(20):
        second = (_mistake if source.random() < 0.6 else _slip)(plan, right, source)
        if not set(first.sites) & set(second.sites):
            return first, second
    return (first,)


def _rows(lesson: Lesson | Calculation) -> Sequence[Mistake | Wrong]:
    return lesson.rows if isinstance(lesson, Calculation) else ROWS


@lru_cache(maxsize=20_000)
def _sites(lesson: Lesson | Calculation, number: int) -> Mapping[str, Formula]:
    row = _rows(lesson)[number]
    return row.formulas if isinstance(row, Wrong) else row.sites(lesson)  # type: ignore[arg-type]


def _mistake(plan: Plan, right: Hand, source: random.Random) -> Fault:
    """A mistake of understanding: drawn by its likelihood, at one line, in one layer or everywhere."""
    lesson = plan.lesson
    rows = _rows(lesson)
    while True:
        (number,) = source.choices(range(len(rows)), [row.likely for row in rows])
        row, all_sites = rows[number], _sites(lesson, number)
        sites = {name: wrong for name, wrong in all_sites.items() if name in right.used}
        if not sites:
            continue
        if source.random() > row.everywhere:
            line = lesson.lines[source.choice(list(sites))]
            if source.random() < 0.5:
                sites = {line.id: sites[line.id]}
            else:
                near = near_to(line)
                sites = {n: f for n, f in sites.items() if near_to(lesson.lines[n]) == near}
        return Fault(row.name, row.part, formulas=sites)


def near_to(line: Line) -> tuple[int, tuple[int, ...]]:
    """What lines near each other have in common: their round, and the layer, example or row."""
    return line.step, line.place[:1]


SLIPS = {"pen": 52, "given": 14, "operand": 14, "wrong line": 14, "copied": 6}
ANOTHER_GIVEN = 0.2
"""How often a given that is copied wrongly is another given of its kind."""
PEN_ONLY = 0.25
"""How often a result is written wrongly while the right one is used."""


def _slip(plan: Plan, right: Hand, source: random.Random) -> Fault:
    while True:
        kind = _chosen(SLIPS, source)
        match kind:
            case "pen":
                fault = _of_the_pen(right, source)
            case "given":
                fault = _miscopied(plan, right, source)
            case "operand":
                fault = _misread(plan, right, source)
            case "copied":
                fault = _copied(plan, right, source)
            case _:
                fault = _from_the_wrong_line(plan, right, source)
        if fault:
            return fault


def _of_the_pen(right: Hand, source: random.Random) -> Fault | None:
    name = source.choice(list(right.texts))
    kind = _chosen(PEN, source)
    text = slipped(kind, right.texts[name], source)
    if text is None:
        return None
    pen_only = source.random() < PEN_ONLY and name in right.shown
    return Fault(kind, "slip", pens={name: text}, pen_only=pen_only)


def _given_text(plan: Plan, name: str) -> str:
    return format(plan.lesson.givens[name], "f")


def _miscopied(plan: Plan, right: Hand, source: random.Random) -> Fault | None:
    """A given is copied wrongly and used so from then on."""
    givens = plan.lesson.givens
    needed = sorted({n for formula in right.used.values() for n in names_in(formula) if n in givens})
    if not needed:
        return None  # a sheet of a few lines may use none
    name = source.choice(needed)
    if source.random() < ANOTHER_GIVEN:
        like = [n for n in givens if n.partition("[")[0] == name.partition("[")[0] and givens[n] != givens[name]]
        return Fault("given: another one", "slip", givens={name: givens[source.choice(like)]}) if like else None
    kind = _chosen(PEN, source)
    text = slipped(kind, _given_text(plan, name), source)
    return Fault(f"given: {kind}", "slip", givens={name: Decimal(text)}) if text else None


def _copied(plan: Plan, right: Hand, source: random.Random) -> Fault | None:
    """The result of another line of the same kind is written down."""
    name = source.choice(list(right.texts))
    kind = plan.lesson.lines[name].kind
    others = [other for other, text in right.texts.items() if plan.lesson.lines[other].kind == kind and other != name]
    texts = sorted({right.texts[other] for other in others} - {right.texts[name]})
    text = source.choice(texts) if texts else ""
    if not text or "/" in text:
        return None
    return Fault("copied from another line", "slip", pens={name: text})


def _operand(right: Hand, source: random.Random) -> tuple[str, Formula, str, int] | None:
    """A line, its formula, and one of the numbers in it with its place among its like."""
    line = source.choice(list(right.used))
    formula = right.used[line]
    names = list(names_in(formula))
    if not names or (isinstance(formula, str)):
        return None
    name = source.choice(names)
    return line, formula, name, source.randrange(names.count(name))


def _misread(plan: Plan, right: Hand, source: random.Random) -> Fault | None:
    """A number is misread in one line."""
    found = _operand(right, source)
    if found is None:
        return None
    line, formula, name, place = found
    kind = _chosen(PEN, source)
    text = slipped(kind, right.texts[name] if name in right.texts else _given_text(plan, name), source)
    if text is None:
        return None
    return Fault(f"operand: {kind}", "slip", formulas={line: replaced(formula, name, Decimal(text), place)})


def _from_the_wrong_line(plan: Plan, right: Hand, source: random.Random) -> Fault | None:
    """In one line a number is taken from another line of the same kind."""
    found = _operand(right, source)
    if found is None:
        return None
    line, formula, name, place = found
    lines, kind = plan.lesson.lines, name.partition("[")[0]
    earlier = list(right.used)[: list(right.used).index(line)] if name in lines else list(plan.lesson.givens)
    same = [other for other in earlier if other.partition("[")[0] == kind and other not in (name, line)]
    if not same:
        return None
    other = source.choice(same)
    return Fault("wrong line", "slip", formulas={line: replaced(formula, name, other, place)})


# --- the truth ----------------------------------------------------------------------------------------------------


def _judged(problem: str, seed: str, plan: Plan, blank: str, kind: str, faults: tuple[Fault, ...]) -> Sheet:
    hand = Hand(plan, faults)
    clean = Hand(plan) if faults else hand
    below = children(hand.used)
    shows: list[frozenset[str]] = []
    for k, fault in enumerate(faults):
        first = _first(fault, hand, below)
        without = Hand(plan, [*faults[:k], *faults[k + 1 :]]) if len(faults) > 1 else clean
        shows.append(_changed(first, hand, without) or _masked(fault, hand, clean, plan, first))
    seen = frozenset().union(*shows) if shows else frozenset()
    changed = _changed(hand.shown, hand, clean)
    truth = {n: "error" if n in seen else "follows" if n in changed else "right" for n in hand.shown}
    return Sheet(problem, seed, plan, blank, kind, faults, hand, tuple(shows), truth)


def _first(fault: Fault, hand: Hand, below: Mapping[str, set[str]]) -> frozenset[str]:
    """The stated values that a fault reaches first."""
    sites = [name for name in fault.sites if name in hand.used or name in fault.givens]
    return frozenset(reached(sites, below, lambda name: name not in hand.shown) & hand.shown)


def _changed(names: Iterable[str], hand: Hand, other: Hand) -> frozenset[str]:
    """Those of the names for which the other hand has written something else, or nothing."""
    return frozenset(name for name in names if hand.texts[name] != other.texts.get(name))


def _masked(fault: Fault, hand: Hand, clean: Hand, plan: Plan, first: frozenset[str]) -> frozenset[str]:
    """Where a fault shows that another fault hides: alone it would have changed something."""
    alone = Hand(plan, [fault])
    return _changed(first, hand, clean) if any(alone.texts.get(n) != clean.texts.get(n) for n in first) else frozenset()
