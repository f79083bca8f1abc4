"""The search for the numbers of a variant: draw after draw until one meets every condition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from fractions import Fraction
from itertools import islice
from typing import NamedTuple

from derive.errors import InputError, shorten
from derive.evaluation import Policy
from derive.program import Program
from derive.quantity import Quantity
from derive.variants.constraints import UNIQUE, conditions_of, judge, mistakes_apart
from derive.variants.draw import Numbers, digest, draw
from derive.variants.setting import Setting

HINTS = {
    "no_saturated_unit": "smaller weights or inputs, or allow_saturated = true",
    "no_dead_unit": "larger biases, or allow_dead = true",
    "loss_decreases": "a smaller learning rate, or loss_decreases = false",
    "significant_digits": "more decimals, larger inputs, or fewer significant_digits",
    "tie_distance": "a smaller tie_distance",
    "off_the_corner": "more decimals, or larger numbers",
    "exact_equals_carried": "fewer questions, or more decimals for what is used on the way (rounding.overrides)",
    "distinguishable_mistakes": "more decimals, a larger learning rate, or distinguishable_mistakes = false",
    "no_two_alike": "wider ranges, or fewer variants",
}


PROBES = 12
"""Draws in which two calculations must agree before they count as the same."""
PROBED = 2000
"""Draws that are looked through for these."""


def prepared(program: Program, policy: Policy, answers: Iterable[Quantity]) -> Setting:
    """A problem ready for `search`; `answers` are the quantities that the worksheet asks for."""
    setting = Setting(program, policy, answers)
    if setting.problem.variants.constraints.distinguishable_mistakes:
        setting.tell_apart(list(islice(_probes(setting), PROBES)))
    return setting


def _probes(setting: Setting) -> Iterator[Numbers]:
    """Draws that meet every condition but the one about mistakes; they have nothing to do with any seed."""
    rows = tuple(row for row in conditions_of(setting) if row.fault is not mistakes_apart)
    for attempt in range(PROBED):
        numbers = draw(setting.space, "", "probe", attempt)
        if judge(setting, numbers, rows) is None:
            yield numbers


class Found(NamedTuple):
    """The numbers of a variant: how many draws were refused before, and what tells it from others."""

    attempt: int
    digest: bytes
    numbers: Numbers
    refused: tuple[str, ...]
    """The condition that refused each draw before."""


def search(setting: Setting, seed: str, key: str, first: int = 0, taken: Container[bytes] = ()) -> Found:
    """The first draw from number `first` on that meets every condition and is not `taken` by another variant.

    Raises `InputError` with the condition that blocks when there is none within the attempts that the problem allows.
    """
    rows = conditions_of(setting)
    attempts = setting.problem.variants.constraints.attempts
    refused: list[tuple[str, str]] = []
    for attempt in range(first, attempts):
        numbers = draw(setting.space, seed, key, attempt)
        mark = digest(numbers)
        fault = (UNIQUE, "") if mark in taken else judge(setting, numbers, rows)
        if fault is None:
            return Found(attempt, mark, numbers, tuple(name for name, _ in refused))
        refused.append(fault)
    raise _impossible(setting, key, refused)


def blocking(counts: Iterable[tuple[str, int]], draws: int) -> str:
    """The condition that refused the largest part of the draws that came to it, as they are tried in order.

    >>> blocking([("no_saturated_unit", 900), ("loss_decreases", 100)], 1000)
    'loss_decreases'
    """
    worst, largest = UNIQUE, Fraction(0)
    for name, count in counts:
        if count and Fraction(count, draws) >= largest:
            worst, largest = name, Fraction(count, draws)
        draws -= count
    return worst


def _impossible(setting: Setting, key: str, refused: list[tuple[str, str]]) -> InputError:
    """One message: which condition refused how many draws, and what it most often found."""
    counts = Counter(name for name, _ in refused)
    worst = blocking([(row.name, counts[row.name]) for row in conditions_of(setting)], len(refused))
    details = Counter(detail for name, detail in refused if name == worst and detail).most_common(1)
    often = f"; most often: {shorten(details[0][0], 120)}" if details else ""
    whose = f" for variant {shorten(key)}" if key else ""
    found = f"none in {len(refused)} draws{whose}: " + ", ".join(
        f"{name} refused {count}" for name, count in counts.most_common()
    )
    return InputError(
        "numbers that meet every condition",
        found + often,
        setting.file,
        f"variants.constraints.{worst}" if worst in HINTS and worst != UNIQUE else "variants",
        HINTS.get(worst) and f"{HINTS[worst]} would help",
    )
