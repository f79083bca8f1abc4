"""Practice pages beside the checker: 10,000 sheets of simulated students through both, which must not differ.

The problems are the built-in networks, random networks, and problems given by equations of every kind.
"""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from practice_pages import AGREES, UNNAMED, compared, drawn_for
from simulated.computed import KINDS
from simulated.problems import EXAMPLES

SHEETS, NETWORKS, EACH, AT_ONCE = 10_000, 4, 3, 40
MOST_ALONE = 0.03
"""Share of the mistakes that the page names where the checker names none."""


def run(seed: int, share: float) -> list[str]:
    """Judges the sheets, prints how often the page said what, and gives the boxes in which the two differ."""
    names = [*EXAMPLES, *(f"random-{seed % 10**6 * 100 + number}" for number in range(NETWORKS))]
    names += [f"{kind}-{seed % 10**6 * 100 + number}" for kind in KINDS for number in range(EACH)]
    sheets = max(1, round(SHEETS * share / len(names)))
    parts = [(name, seed, at, min(AT_ONCE, sheets - at)) for name in names for at in range(0, sheets, AT_ONCE)]
    failures, counts = list[str](), Counter[str]()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for faults, found in pool.map(_part, parts):
            failures += faults
            counts.update(found)
    said = Counter[str]()
    for key, number in counts.items():
        said[key.partition("/")[0]] += number
    print(f"{sheets * len(names)} sheets, {said.total()} boxes, {sum(said[kind] for kind in AGREES)} verdicts")
    print(", ".join(f"{kind} {number}" for kind, number in said.most_common()))
    named, alone = said["mistake"], sum(counts[f"mistake/{word}"] for word in UNNAMED)
    print(f"{named} mistakes named, {alone} of them by the page alone")
    return [*failures, *([f"{alone} of {named} named by the page alone"] if alone > MOST_ALONE * named else [])]


def _part(task: tuple[str, int, int, int]) -> tuple[list[str], dict[str, int]]:
    """The sheets of one problem, some of them."""
    name, seed, start, count = task
    return compared(name, [drawn_for(name, f"{seed}/{number}", number) for number in range(start, start + count)])
