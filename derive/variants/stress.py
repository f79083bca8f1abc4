"""A look at many variants before any is handed out: what the conditions refuse, and how every answer spreads.

Two samples: draws as they come, each tried against every condition, and variants that meet them all. The problem's own
numbers are judged too, because a set is often made from a published example.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from derive.errors import InputError
from derive.numbers import rounded, show
from derive.quantity import Quantity
from derive.variants.constraints import FINE, TIE, conditions_of, guarantees, judge, nearness
from derive.variants.draw import Drawn, draw
from derive.variants.own import alike
from derive.variants.search import search
from derive.variants.setting import Candidate, Setting, Wrong

NEAR = int(TIE * FINE)


@dataclass(frozen=True, slots=True)
class Refusals:
    """What one condition refused, of all draws by itself: how many, and what it met most often."""

    name: str
    words: str
    count: int
    most_often: str


@dataclass(frozen=True, slots=True)
class Spread:
    """How one answer is distributed over the variants; `rounded_numbers` are its printed values, in order of size."""

    quantity: Quantity
    values: tuple[Fraction, ...]
    decimals: int
    differs: int
    """Variants in which rounding on the way gives another printed answer."""
    near_ties: int

    def quantile(self, part: Fraction) -> Fraction:
        return self.values[int(part * (len(self.values) - 1))]


@dataclass(frozen=True)
class Stress:
    """The report: `draws` were tried one by one, `variants` found in `attempts` draws."""

    setting: Setting
    draws: int
    accepted: int
    refusals: tuple[Refusals, ...]
    variants: int
    attempts: int
    answers: tuple[Spread, ...]
    own_faults: tuple[tuple[str, str], ...]
    """What is wrong with the problem's own numbers, as pairs of a condition's name and what it found."""
    own_alike: tuple[tuple[Wrong | None, Wrong], ...]
    """The calculations whose final answers they do not tell apart."""
    blocked: str = ""
    """Why there are no more variants, where there are not as many as were asked for."""


def stress(setting: Setting, count: int, seed: str, done: Callable[[int], None] = lambda _: None) -> Stress:
    """Draws `count` times, and finds `count` variants."""
    rows = conditions_of(setting)
    refused: dict[str, Counter[str]] = {row.name: Counter() for row in rows}
    accepted = 0
    for attempt in range(count):
        faults = faults_of(setting, draw(setting.space, seed, "stress", attempt))
        accepted += not faults
        for name, fault in faults:
            refused[name][fault] += 1
        done(1)
    variants: list[Drawn] = []
    attempts, blocked = 0, ""
    for number in range(count):
        try:
            found = search(setting, seed, f"stress {number}")
        except InputError as error:
            blocked = str(error)
            break
        attempts += found.attempt + 1
        variants.append(found.numbers)
        done(1)
    words = dict(guarantees(setting))
    refusals = tuple(
        Refusals(row.name, words[row.name], refused[row.name].total(), _most_often(refused[row.name])) for row in rows
    )
    spreads = spreads_of(setting, variants) if variants else ()
    return Stress(setting, count, accepted, refusals, len(variants), attempts, spreads, *own_faults(setting), blocked)


def _most_often(faults: Counter[str]) -> str:
    return max(faults, key=faults.__getitem__, default="")


def faults_of(setting: Setting, numbers: Drawn) -> list[tuple[str, str]]:
    """Every condition that a draw does not meet, and what is wrong."""

    found = []
    for row in conditions_of(setting):
        fault = judge(setting, numbers, (row,))
        if fault is not None:
            found.append(fault)
            if fault[0] == "values_exist":
                break
    return found


def own_faults(setting: Setting) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[Wrong | None, Wrong], ...]]:
    """The same for the problem's own numbers, with all calculations that they do not tell apart."""
    numbers = {slot.quantity: setting.trace.givens[slot.quantity] for slot in setting.space.slots}
    faults = [fault for fault in faults_of(setting, numbers) if fault[0] != "distinguishable_mistakes"]
    return tuple(faults), tuple(alike(setting))


def spreads_of(setting: Setting, variants: list[Drawn]) -> tuple[Spread, ...]:
    """The distribution of every answer over some variants."""
    quantities = setting.program.quantities
    columns: list[list[tuple[Fraction, bool, bool]]] = [[] for _ in setting.answers]
    for numbers in variants:
        for column, entry in zip(columns, setting.decide(numbers, _entries), strict=True):
            column.append(entry)
    return tuple(
        Spread(
            quantities[place],
            tuple(sorted(value for value, _, _ in column)),
            decimals,
            sum(differs for _, differs, _ in column),
            sum(near for _, _, near in column),
        )
        for (place, decimals), column in zip(setting.answers, columns, strict=True)
    )


def _entries(one: Candidate) -> list[tuple[Fraction, bool, bool]]:
    """For every answer: its printed value, whether rounding on the way changes it, whether it is near a tie."""
    ties = one.setting.policy.ties
    found = []
    for (place, decimals), units in zip(one.setting.answers, one.in_units, strict=True):
        exact, carried = rounded(one.exact[place], decimals, ties), rounded(one.carried[place], decimals, ties)
        shown = Fraction(show(one.unrounded(place), decimals, ties).text)
        found.append((shown, exact != carried, nearness(units) <= NEAR))
    return found
