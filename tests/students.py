"""Students who work a problem by hand, round, err, and write down what they get. Nothing here uses derive.

A student rounds as a habit says, errs where told to, and goes on from whatever came out. `Seen` says how far right
work can stray from the numbers on a sheet, for tests that have to know which errors can be seen at all.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import cache, cached_property

from byhand.arithmetic import ONE, Stuck
from byhand.errors import wrong_ways
from byhand.rules import by_route, right
from byhand.task import Get, Q, Task

PRECISE = Context(prec=50, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Habit:
    """How a student writes and rounds: decimals shown, and what is used from then on.

    `carry` is "rounded" (what is written), "unrounded" (what the calculator keeps), or "mixed", now one and now the
    other. `trim` leaves out zeros at the end. `routes` are other right ways that the student prefers.
    """

    decimals: int
    carry: str = "rounded"
    trim: bool = False
    routes: tuple[str, ...] = ()

    @property
    def unit(self) -> Decimal:
        """One unit of the last place."""
        return ONE.scaleb(-self.decimals)

    def rounded(self, number: Decimal) -> Decimal:
        return number.quantize(self.unit, ROUND_HALF_UP)

    def written(self, number: Decimal) -> str:
        """A number as the student writes it."""
        text = f"{self.rounded(number):f}"
        if self.trim and "." in text:
            text = text.rstrip("0").rstrip(".")
        return text if text.strip("-0.") else text.removeprefix("-")


# -- errors --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """A known error: its name, where (None: wherever it can be made), and which of several ways."""

    key: str
    place: Q | None = None
    way: int = 0

    def wrong(self, task: Task, q: Q, get: Get) -> Callable[[], Decimal] | None:
        """The wrong way to do a step; None where this student does it right."""
        if self.place not in (None, q):
            return None
        ways = [way for key, way in wrong_ways(task, q, get) if key == self.key]
        return ways[self.way] if len(ways) > self.way else None


@dataclass(frozen=True)
class Slip:
    """A number that comes out wrong at one step, for no known reason, and is used from then on."""

    place: Q
    change: Callable[[Decimal, Habit], Decimal]
    name: str = "random"


Err = Fault | Slip


def random_slip(source: random.Random, place: Q) -> Slip:
    """Some wrong number: another one altogether, one digit another, two swapped, the sign lost, the point moved."""
    kind = source.choice(["random", "random", "random", "digit", "swapped", "sign", "point"])
    factor, at = Decimal(str(round(source.choice([-1, 1, 1]) * source.uniform(0.2, 4), 3))), source.random()
    digit, up = source.randint(1, 9), source.random() < 0.5

    def change(number: Decimal, habit: Habit) -> Decimal:
        shown = habit.rounded(number)
        match kind:
            case "random":
                return number * factor if shown else habit.unit * digit * 10
            case "sign":
                return -shown
            case "point":
                return shown * 10 if up else habit.rounded(shown / 10)
        digits = [*str(abs(int(shown.scaleb(habit.decimals)))).rjust(habit.decimals + 1, "0")]
        k = int(at * (len(digits) - 1))
        if kind == "digit":
            digits[k] = str((int(digits[k]) + digit) % 10)
        else:
            digits[k], digits[k + 1] = digits[k + 1], digits[k]
        return Decimal("".join(digits)).scaleb(-habit.decimals).copy_sign(shown)

    return Slip(place, change, kind)


# -- work ----------------------------------------------------------------------------------------------------


@dataclass
class Work:
    """All numbers of one student, as used from then on, and the steps at which something went wrong."""

    task: Task
    habit: Habit
    used: dict[Q, Decimal] = field(default_factory=dict)
    wrong: list[Q] = field(default_factory=list)

    def written(self, q: Q) -> str:
        return self.habit.written(self.used[q])

    @property
    def computed(self) -> list[Q]:
        """Everything that came out, in order; after the logarithm of a rounded 0 nothing does."""
        return [q for q in self.task.order if q in self.used]


EXACTLY = Habit(20, "unrounded")
LARGEST = Decimal(10) ** 20
"""Nobody goes on with a larger number."""


def work(task: Task, habit: Habit = EXACTLY, errs: Iterable[Err] = (), seed: int = 0) -> Work:
    """A student's whole work."""
    chance = random.Random(f"rounding {seed}")
    found = Work(task, habit, dict(task.given))
    faults = [err for err in errs if isinstance(err, Fault)]
    slips = {err.place: err for err in errs if isinstance(err, Slip)}
    stuck: set[Q] = set()

    def compute(q: Q) -> Decimal:
        for fault in faults:
            wrongly = fault.wrong(task, q, get)
            if wrongly is not None:
                number = wrongly()
                found.wrong.append(q)
                return number
        number = by_route(habit.routes, task, q, get)
        if q in slips:
            found.wrong.append(q)
            return slips[q].change(number, habit)
        return number

    def get(q: Q) -> Decimal:
        if q not in found.used:
            if q in stuck:
                raise Stuck
            try:
                number = compute(q)
                if abs(number) > LARGEST:
                    raise Stuck
            except Stuck:
                stuck.add(q)
                raise
            keeps = habit.carry == "unrounded" or (habit.carry == "mixed" and chance.random() < 0.5)
            found.used[q] = number if keeps else habit.rounded(number)
        return found.used[q]

    with localcontext(PRECISE):
        for q in task.order:
            try:
                get(q)
            except Stuck:
                continue
    return found


class Ways:
    """What can go wrong in a task, and what depends on what."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.exact = work(task).used

    @cached_property
    def faults(self) -> dict[str, list[Fault]]:
        """Every known error that changes a number, at every place, by name."""
        found: dict[str, list[Fault]] = defaultdict(list)
        with localcontext(PRECISE):
            for q in self.task.order:
                count: dict[str, int] = defaultdict(int)
                for key, way in wrong_ways(self.task, q, self.exact.__getitem__):
                    try:
                        changed = abs(way() - self.exact[q]) > Decimal("1e-9")
                    except (Stuck, ArithmeticError):
                        changed = False
                    if changed:
                        found[key].append(Fault(key, q, count[key]))
                    count[key] += 1
        return dict(found)

    @cached_property
    def users(self) -> dict[Q, list[Q]]:
        """The steps that use a quantity."""
        found: dict[Q, list[Q]] = defaultdict(list)
        with localcontext(PRECISE):
            for q in self.task.order:
                asked: dict[Q, None] = {}

                def get(source: Q, asked: dict[Q, None] = asked) -> Decimal:
                    asked[source] = None
                    return self.exact[source]

                right(self.task, q, get)
                for source in asked:
                    found[source].append(q)
        return found

    def first_stated(self, place: Q, stated: Iterable[Q]) -> set[Q]:
        """Where on a sheet an error at a place comes to light: there, or else where its number is used next."""
        on_sheet, found, seen, waiting = set(stated), set(), {place}, [place]
        while waiting:
            q = waiting.pop()
            if q in on_sheet:
                found.add(q)
                continue
            fresh = [user for user in self.users[q] if user not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
        return found


# -- what can be seen on a sheet -----------------------------------------------------------------------------


class Seen:
    """What right work gives with the numbers on a sheet, and how far rounding can take it from there."""

    def __init__(self, work: Work, stated: Iterable[Q]) -> None:
        self.task, self.habit = work.task, work.habit
        self.stated: Mapping[Q, Decimal] = {q: Decimal(work.written(q)) for q in stated}
        allowed = self.habit.decimals if work.task.decimals is None else min(work.task.decimals, self.habit.decimals)
        self.unstated = ONE.scaleb(-allowed) / 2
        self.known: dict[Q, Decimal] = {}
        self.sources = cache(self._sources)

    def discernible(self, q: Q) -> bool:
        """Whether a stated number is clearly not what right work can give with the numbers before it."""
        try:
            middle, moved = self.span(q)
        except Stuck:
            return False
        return abs(self.stated[q] - middle) > moved * 3 / 2 + 4 * self.half(q)

    def half(self, q: Q) -> Decimal:
        """Half a unit of the last place that is shown; of an unstated number, of the place it may be rounded to."""
        return Decimal((0, (1,), self.stated[q].as_tuple().exponent)) / 2 if q in self.stated else self.unstated

    def span(self, q: Q) -> tuple[Decimal, Decimal]:
        """What right work gives, and how far the roundings before it, all added up, may move that."""
        with localcontext(PRECISE):
            middle, moved = self._again(q, self.known), Decimal(0)
            weight: dict[Q, Decimal] = defaultdict(Decimal)
            weight[q] = ONE
            for step in self.stretch(q):
                if step != q:
                    moved += abs(weight[step]) * self.half(step)
                if step == q or step not in self.stated:
                    for source in self.sources(step):
                        if source not in self.task.given:
                            weight[source] += weight[step] * self._slope(step, source)
        return middle, moved

    def _slope(self, step: Q, source: Q) -> Decimal:
        """How much a step changes with one of the numbers that it uses."""
        used = {each: self._value(each, self.known) for each in self.sources(step)}
        half = self.half(source)
        above, below = (self._again(step, {**used, source: used[source] + side}) for side in (half, -half))
        return (above - below) / (2 * half)

    def stretch(self, q: Q) -> list[Q]:
        """The step, what it uses, and so on back to the nearest stated numbers: each before its sources."""
        found: dict[Q, None] = {}

        def visit(step: Q) -> None:
            if step in found:
                return
            if step == q or step not in self.stated:
                for source in self.sources(step):
                    if source not in self.task.given:
                        visit(source)
            found[step] = None

        visit(q)
        return list(reversed(found))

    def _sources(self, q: Q) -> tuple[Q, ...]:
        asked: dict[Q, None] = {}

        def get(source: Q) -> Decimal:
            asked[source] = None
            return self._value(source, self.known)

        right(self.task, q, get)
        return tuple(asked)

    def _value(self, q: Q, known: dict[Q, Decimal]) -> Decimal:
        """A quantity from the stated numbers; `known` replaces some and remembers the others."""
        for numbers in (known, self.task.given, self.stated):
            if q in numbers:
                return numbers[q]
        known[q] = self._again(q, known)
        return known[q]

    def _again(self, q: Q, known: dict[Q, Decimal]) -> Decimal:
        """One step done right, even where its result is stated."""
        return right(self.task, q, lambda source: self._value(source, known))
