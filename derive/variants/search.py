"""The search for the numbers of a variant: draw after draw until one meets every condition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from derive.errors import InputError, shorten
from derive.variants.constraints import UNIQUE, Condition, conditions_of, judge, mistakes_apart
from derive.variants.draw import Drawn, digest, draw
from derive.variants.setting import Setting
from derive.variants.sides import Side

HINTS = {
    "no_saturated_unit": "smaller weights or inputs, or allow_saturated = true",
    "no_dead_unit": "larger biases, or allow_dead = true",
    "loss_decreases": "a smaller learning rate, or loss_decreases = false",
    "significant_digits": "more decimals, larger inputs, or fewer significant_digits",
    "shown_as_zero": "more decimals, or smaller weights",
    "tie_distance": "a smaller tie_distance",
    "off_the_corner": "more decimals, or larger numbers",
    "exact_equals_carried": "fewer questions, or more decimals for what is used on the way (rounding.overrides)",
    "distinguishable_mistakes": "more decimals, a larger learning rate, or distinguishable_mistakes = false",
    "own_branches": 'other ranges, or branches = "any"',
    "every_branch": 'wider ranges, or branches = "any"',
    "no_two_alike": "wider ranges, or fewer variants",
}


PLACES = dict.fromkeys(("own_branches", "every_branch"), "variants.constraints.branches")
"""Where conditions stand in a file that have not the name of their key."""
SIDES = "every_branch"
"""What refuses a draw that would be good, but takes another side of a maximum than is wanted for the variant."""
FURTHER = 200
"""Draws in which another side of a maximum is looked for."""
PROBES = 12
"""Draws in which two calculations must agree before they count as the same."""
DRAWS = 1000
"""Draws after which it is known whether there are numbers enough."""
ENOUGH = 3
"""Draws among these that must do: then every student finds numbers within the attempts that are usual."""
WORK = 1_000_000
"""Computed steps after which no further draw is tried, where draws are long: about two seconds."""
DOUBT = 2
"""Draws that are imagined to have met a condition, beside those that came to it."""
SOMETIMES = 50
"""Draws between two looks at how it stands."""


@dataclass(frozen=True)
class Trial:
    """How some draws did: of `draws`, `found` meet every condition; `refused` counts the others by condition.

    `most_often` has what each condition found most often.
    """

    setting: Setting
    draws: int
    found: int
    refused: Mapping[str, int]
    most_often: Mapping[str, str]

    @property
    def enough(self) -> bool:
        return self.found >= ENOUGH

    @property
    def blocking(self) -> str:
        """The condition that refused the largest part of the draws that came to it."""
        return blocking([(row.name, self.refused.get(row.name, 0)) for row in conditions_of(self.setting)], self.draws)

    def error(self, hint: str = "") -> InputError:
        """One message: which condition refused how many draws, and what it most often found."""
        return impossible(self.setting, "", self.draws, self.refused, self.most_often, hint)


def try_out(setting: Setting, work: int = WORK, step: Callable[[Trial], None] = lambda trial: None) -> Trial:
    """Draws numbers until it is known whether enough of them meet every condition, or `work` is done.

    The draws have nothing to do with any seed. What the numbers have to tell apart is decided by them: by the first
    ones that meet all other conditions. `step` is told from time to time how it stands.
    """
    tally = _Tally(setting, step)
    rows = conditions_of(setting)
    others = tuple(row for row in rows if row.fault is not mistakes_apart)
    most, end = min(DRAWS, setting.problem.variants.constraints.attempts), setting.work + work
    good: list[Drawn] = []
    while len(good) < PROBES and tally.draws < most and setting.work < end:
        numbers = draw(setting.space, "", "probe", tally.draws)
        if not tally.refuses(numbers, others):
            good.append(numbers)
    if others != rows:
        setting.tell_apart(good)
    for numbers in good:
        tally.again(numbers, rows)
    while tally.found < ENOUGH and tally.draws < most and setting.work < end:
        if not tally.refuses(draw(setting.space, "", "probe", tally.draws), rows):
            tally.found += 1
    if setting.exercise.branches == "all" and setting.watch.joins:
        setting.show_sides([numbers for numbers in good if judge(setting, numbers, rows) is None])
        _look_further(setting, rows, min(most, tally.draws + FURTHER), tally.draws)
    return tally.trial


def _look_further(setting: Setting, rows: tuple[Condition, ...], most: int, draws: int) -> None:
    """Draws on where a maximum or case has shown one side only: numbers that take another one may be rarer."""
    for attempt in range(draws, most):
        if not setting.shown.one_sided:
            return
        numbers = draw(setting.space, "", "probe", attempt)
        if setting.shows_more(numbers) and judge(setting, numbers, rows) is None:
            setting.show_sides([numbers])


class _Tally:
    """Counts draws, and what refuses them."""

    def __init__(self, setting: Setting, step: Callable[[Trial], None]) -> None:
        self.setting, self.step = setting, step
        self.draws = self.found = 0
        self._refused: Counter[str] = Counter()
        self._details: dict[str, Counter[str]] = {}

    def refuses(self, numbers: Drawn, rows: tuple[Condition, ...]) -> bool:
        self.draws += 1
        if self.draws % SOMETIMES == 0:
            self.step(self.trial)
        return self._judged(numbers, rows)

    def again(self, numbers: Drawn, rows: tuple[Condition, ...]) -> None:
        """A draw that was counted before, with all conditions."""
        self.found += not self._judged(numbers, rows)

    def _judged(self, numbers: Drawn, rows: tuple[Condition, ...]) -> bool:
        fault = judge(self.setting, numbers, rows)
        if fault is not None:
            self._refused[fault[0]] += 1
            self._details.setdefault(fault[0], Counter())[fault[1]] += 1
        return fault is not None

    @property
    def trial(self) -> Trial:
        often = {name: max(counts, key=counts.__getitem__) for name, counts in self._details.items()}
        return Trial(self.setting, self.draws, self.found, dict(self._refused), often)


class Found(NamedTuple):
    """The numbers of a variant: how many draws were refused before, and what tells it from others."""

    attempt: int
    digest: bytes
    numbers: Drawn
    refused: tuple[str, ...]
    """The condition that refused each draw before."""


def search(
    setting: Setting,
    seed: str,
    key: str,
    first: int = 0,
    taken: Container[bytes] = (),
    step: Callable[[int], None] = lambda draws: None,
    side: Side | None = None,
) -> Found:
    """The first draw from number `first` on that meets every condition and is not `taken` by another variant.

    With `side` a maximum or case takes this side, so that all of its sides occur in a set. `step` is told how many were
    tried. Raises `InputError` with the condition that blocks when there is none within the attempts that the problem
    allows.
    """
    rows = conditions_of(setting)
    attempts = setting.problem.variants.constraints.attempts
    refused: list[tuple[str, str]] = []
    for attempt in range(first, attempts):
        numbers = draw(setting.space, seed, key, attempt)
        mark = digest(numbers)
        fault = (UNIQUE, "") if mark in taken else judge(setting, numbers, rows)
        if fault is None and side is not None and not setting.takes(numbers, side):
            fault = SIDES, setting.joined_at(side)
        if fault is None:
            return Found(attempt, mark, numbers, tuple(name for name, _ in refused))
        refused.append(fault)
        step(len(refused))
    counts = Counter(name for name, _ in refused)
    details = {name: Counter(text for other, text in refused if other == name) for name in counts}
    often = {name: found.most_common(1)[0][0] for name, found in details.items()}
    raise impossible(setting, key, len(refused), counts, often)


def blocking(counts: Iterable[tuple[str, int]], draws: int) -> str:
    """The condition that refused the largest part of the draws that came to it, as they are tried in order.

    A part of very few draws says little.

    >>> blocking([("no_saturated_unit", 900), ("loss_decreases", 100)], 1000)
    'loss_decreases'
    """
    worst, largest = UNIQUE, Fraction(0)
    for name, count in counts:
        part = Fraction(count, draws + DOUBT)
        if count and part >= largest:
            worst, largest = name, part
        draws -= count
    return worst


def impossible(
    setting: Setting, key: str, draws: int, counts: Mapping[str, int], most_often: Mapping[str, str], hint: str = ""
) -> InputError:
    """One message: which condition refused how many draws, and what it most often found."""
    names = [*(row.name for row in conditions_of(setting)), *([SIDES] if SIDES in counts else [])]
    worst = blocking([(name, counts.get(name, 0)) for name in names], draws)
    often = f"; most often: {shorten(most_often[worst], 120)}" if most_often.get(worst) else ""
    whose = f" for variant {shorten(key)}" if key else ""
    ordered = sorted(counts.items(), key=lambda pair: -pair[1])
    found = f"none in {draws} draws{whose}: " + ", ".join(f"{name} refused {count}" for name, count in ordered)
    return InputError(
        "numbers that meet every condition",
        found + often,
        setting.file,
        PLACES.get(worst, f"variants.constraints.{worst}") if worst in HINTS and worst != UNIQUE else "variants",
        advice(worst, hint),
    )


def advice(blocking: str, more: str = "", hint: str = "") -> str | None:
    """What may help against a condition that blocks, and what is said beside."""
    hint = hint or HINTS.get(blocking, "")
    hint = f"{hint} may help" if hint else ""
    return "; ".join(filter(None, (hint, more))) or None
