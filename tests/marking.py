"""Sheets drawn from simulated students, and what the checker makes of them: where the two are compared.

The students come from `students`, which knows nothing of derive; the verdicts from `derive.check`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from byhand.rules import ROUTES
from byhand.task import Q, Task, table_of
from students import Err, Fault, Habit, Seen, Ways, Work, random_slip, work

from derive.check.judge import Judge
from derive.check.model import Marked, Result
from derive.quantity import Quantity
from derive.solution import solve
from derive.work import Sheet, Stated

FEW = 40
"""Answers of a sheet that does not state everything."""
TRIES = 40
"""Draws until an error can be seen on the sheet."""


@dataclass
class Drawn:
    """A sheet with what was done to it."""

    name: str
    seed: str
    work: Work
    stated: list[Q]
    errs: tuple[Err, ...] = ()

    @cached_property
    def seen(self) -> Seen:
        return Seen(self.work, self.stated)

    @cached_property
    def sheet(self) -> Sheet:
        return Sheet(values=tuple(self._stated(q, line) for line, q in enumerate(self.stated, 2)))

    def _stated(self, q: Q, line: int) -> Stated:
        text = self.work.written(q)
        places = len(text.partition(".")[2])
        return Stated(Quantity(*q), text, Fraction(text), places, line, "")

    def csv(self, student: str = "") -> str:
        """Rows of student, quantity and value."""
        names = self.work.task.names
        return "".join(f"{student},{names(q)[0]},{self.work.written(q)}\n" for q in self.stated)


class Desk:
    """One problem, ready to draw sheets of it and to mark them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.task = Task(table_of(name))
        self.ways = Ways(self.task)
        self.judge = Judge(solve(table_of(name) if name.isdigit() else name))

    # -- drawing

    def habit(self, source: random.Random, carry: str | None = None) -> Habit:
        how = carry or source.choice(["rounded", "rounded", "unrounded", "mixed"])
        return Habit(source.randint(2, 6), how, trim=source.random() < 0.25)

    def stated(self, source: random.Random, done: Work, few: bool) -> list[Q]:
        found = done.computed
        if not few or len(found) <= FEW:
            return found
        kept = set(source.sample(found, FEW))
        return [q for q in found if q in kept]

    def correct(self, seed: str, habit: Habit | None = None, few: bool | None = None) -> Drawn:
        """Right work."""
        source = random.Random(f"{self.name} {seed}")
        done = work(self.task, habit or self.habit(source), seed=source.randrange(10**6))
        some = source.random() < 0.5 if few is None else few
        return Drawn(self.name, seed, done, self.stated(source, done, some))

    def with_errors(self, seed: str, kinds: Iterable[str], few: bool | None = None) -> Drawn | None:
        """Work with an error of each kind, "slip", "once" or "everywhere", that all can be seen; None if not found."""
        source = random.Random(f"{self.name} {seed}")
        for _ in range(TRIES):
            habit = self.habit(source)
            errs = tuple(self.err(source, kind) for kind in kinds)
            done = work(self.task, habit, errs, source.randrange(10**6))
            some = source.random() < 0.5 if few is None else few
            drawn = Drawn(self.name, seed, done, self.stated(source, done, some), errs)
            if self.separate(drawn) and all(self.visible(drawn, err) for err in errs):
                return drawn
        return None

    def err(self, source: random.Random, kind: str) -> Err:
        if kind == "slip":
            kinds = sorted({q.kind for q in self.task.order})
            chosen = source.choice(kinds)
            return random_slip(source, source.choice([q for q in self.task.order if q.kind == chosen]))
        faults = self.ways.faults
        chosen = source.choice(sorted(faults))
        return source.choice(faults[chosen]) if kind == "once" else Fault(chosen)

    # -- what there is to find

    def places(self, drawn: Drawn, err: Err) -> set[Q]:
        """Where on the sheet an error comes to light."""
        if err.place is not None:
            return self.ways.first_stated(err.place, drawn.stated)
        every = (self.ways.first_stated(q, drawn.stated) for q in drawn.work.wrong)
        return set().union(*every)

    def visible(self, drawn: Drawn, err: Err) -> bool:
        """Whether a number on the sheet is neither what right work gives there nor, by chance, the true one."""
        exact, half = self.ways.exact, drawn.seen.half
        return any(
            abs(exact[q] - drawn.seen.stated[q]) > half(q) and drawn.seen.discernible(q)
            for q in self.places(drawn, err)
        )

    def separate(self, drawn: Drawn) -> bool:
        """Whether several errors come to light at different places."""
        all_places = [self.places(drawn, err) for err in drawn.errs]
        return len(set().union(*all_places)) == sum(map(len, all_places)) if all_places else True

    # -- marking

    def mark(self, drawn: Drawn) -> Marked:
        return self.judge.mark(drawn.sheet)


def q_of(result: Result) -> Q:
    return Q(*result.quantity)


@dataclass(frozen=True)
class Trouble:
    """One sheet on which the checker was wrong, in a line."""

    drawn: Drawn
    what: str
    result: Result | None

    def __str__(self) -> str:
        drawn, habit = self.drawn, self.drawn.work.habit
        made = ", ".join(f"{e.key if isinstance(e, Fault) else e.name} at {_id(drawn, e.place)}" for e in drawn.errs)
        line = f"{drawn.name} {drawn.seed} {habit.decimals}d {habit.carry} {len(drawn.stated)} stated: {self.what}"
        if made:
            line += f" | made: {made}"
        if self.result is not None:
            used = self.result.used.text if self.result.used else "?"
            keys = "/".join(explanation.key for explanation in self.result.explanations)
            line += (
                f" | {_id(drawn, q_of(self.result))} given {self.result.given} true {self.result.expected.text}"
                f" step gives {used}: {self.result.verdict} {keys}{self.result.slip}"
            )
        return line


def _id(drawn: Drawn, q: Q | None) -> str:
    return "everywhere" if q is None else drawn.work.task.names(q)[0]


def accused(marked: Marked) -> list[Result]:
    """Results of right work that were not accepted. Too few digits to tell is no accusation."""
    return [result for result in marked.results if result.verdict not in ("exact", "rounded", "imprecise")]


def left_open(marked: Marked) -> list[Result]:
    """Results that could not be told, although digits are shown."""
    return [result for result in marked.results if result.verdict == "imprecise" and Fraction(result.given)]


def blamed(marked: Marked) -> dict[Q, Result]:
    return {q_of(result): result for result in marked.results if result.faulty}


def named(result: Result, key: str) -> bool:
    """Whether a mistake is named, alone or among several that fit."""
    return any(key in explanation.key.split("+") for explanation in result.explanations)


# -- one sheet of each kind ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Count:
    """What became of one sheet: whether it was judged right, whether the mistake was named (None: it has no name),
    and whether anything else was accused or, on a sheet without errors, left open."""

    right: bool
    troubles: list[Trouble]
    named: bool | None = None
    more: bool = False


def correct_work(desk: Desk, seed: str, carry: str) -> Count:
    """Right work: nothing may be accused."""
    return _accepted(desk, desk.correct(seed, desk.habit(random.Random(seed), carry)))


def routes(desk: Desk, seed: str) -> Count:
    """Right work by another route: sums of the shares written down, new weights from the steps written down."""
    source = random.Random(seed)
    habit = replace(desk.habit(source, "rounded"), routes=tuple(source.sample(sorted(ROUTES), 2)))
    return _accepted(desk, desk.correct(seed, habit, few=False))


def _accepted(desk: Desk, drawn: Drawn) -> Count:
    marked = desk.mark(drawn)
    wrong, unclear = accused(marked), left_open(marked)
    troubles = [Trouble(drawn, "accused", result) for result in wrong[:1]]
    troubles += [Trouble(drawn, "left open", result) for result in unclear[:1]]
    return Count(not wrong, troubles, None, bool(unclear))


def single_slip(desk: Desk, seed: str) -> Count | None:
    """One wrong number of no known origin: the first wrong step is where it is."""
    drawn = desk.with_errors(seed, ["slip"])
    return drawn and _located(desk, drawn)


def single_mistake(desk: Desk, seed: str, kind: str) -> Count | None:
    """One known mistake: the first wrong step is where it was made first, and the mistake is named there."""
    drawn = desk.with_errors(seed, [kind])
    return drawn and _located(desk, drawn)


def _located(desk: Desk, drawn: Drawn) -> Count:
    marked, (err,) = desk.mark(drawn), drawn.errs
    places, faulty = desk.places(drawn, err), blamed(marked)
    first = marked.first_wrong
    right = first is not None and q_of(first) in places
    elsewhere = [result for q, result in faulty.items() if q not in places]
    troubles = [] if right else [Trouble(drawn, "not found there", first or _result(drawn, marked, places))]
    known = None
    if isinstance(err, Fault) and right:
        here = [faulty[q] for q in faulty if q in places and drawn.seen.discernible(q)]
        known = any(named(result, err.key) for result in here)
        if not known:
            troubles.append(Trouble(drawn, "not named", next(iter(here), first)))
    if elsewhere and right:
        troubles.append(Trouble(drawn, "accused too", elsewhere[0]))
    return Count(right, troubles, known, bool(elsewhere))


def _result(drawn: Drawn, marked: Marked, places: set[Q]) -> Result | None:
    return next((r for r in marked.results if q_of(r) in places and drawn.seen.discernible(q_of(r))), None)


def two_errors(desk: Desk, seed: str) -> Count | None:
    """Two errors that have nothing to do with each other: both are found."""
    source = random.Random(f"two {seed}")
    drawn = desk.with_errors(seed, [source.choice(["slip", "once"]), source.choice(["slip", "once"])])
    if drawn is None:
        return None
    marked = desk.mark(drawn)
    faulty, places = blamed(marked), [desk.places(drawn, err) for err in drawn.errs]
    missed = [there for there in places if there.isdisjoint(faulty)]
    troubles = [Trouble(drawn, "one not found", _result(drawn, marked, there)) for there in missed]
    elsewhere = [result for q, result in faulty.items() if not any(q in there for there in places)]
    return Count(not missed, troubles, None, bool(elsewhere))
