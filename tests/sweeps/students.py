"""Simulated students, who share nothing with the judge, against the judge: 2,000 sheets of each problem.

The problems are all built-in examples and 20 small random networks, drawn with the seed.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from simulated.judged import examiner
from simulated.problems import EXAMPLES
from simulated.score import AXES, Score, figures, percent, scored, usual
from simulated.sheets import drawn_sheet

SHEETS, NETWORKS, AT_ONCE = 2000, 20, 50
AIMS = (
    ("provable mistakes located", "mistake both", "mistake provable", 98.5),
    ("provable slips located", "slip both", "slip provable", 98.0),
    ("both of two that are provable located", "two both", "two provable", 97.0),
    ("right name among two", "named", "nameable", 95.0),
    ("right name first", "named first", "nameable", 90.0),
)
"""What is to be reached: a name, what is counted, of what, and the least share in percent."""
MOST_PUNISHED = 2.0


def run(seed: int, share: float) -> list[str]:
    """Judges the sheets, prints the table of figures, and tells what is not reached."""
    total = judged(seed, max(1, round(SHEETS * share)))
    for axis in AXES:
        print(figures(total.counts, axis), end="\n\n")
    kinds = Counter(kind for kind, _ in total.failures)
    print("  ".join(f"{kind}: {number}" for kind, number in kinds.most_common()))
    return [*accusations(total), *missed(total, AIMS)]


def judged(seed: int, sheets: int, networks: int = NETWORKS, problems: tuple[str, ...] = ()) -> Score:
    """The score of so many sheets of each problem."""
    names = problems or (*EXAMPLES, *(f"random-{seed * 1000 + number}" for number in range(networks)))
    parts = [(name, seed, start, min(AT_ONCE, sheets - start)) for name in names for start in range(0, sheets, AT_ONCE)]
    total = Score()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for part in pool.map(_part, parts):
            total.add(part)
    return total


def _part(task: tuple[str, int, int, int]) -> Score:
    """The score of some sheets of one problem."""
    problem, seed, start, count = task
    total = Score()
    for number in range(start, start + count):
        sheet = drawn_sheet(problem, f"{seed}/{number}")
        try:
            verdicts = examiner(problem).verdicts(sheet.rows)
        except Exception as error:  # a sheet that ends the judge is a failure, and the others are judged
            total.failures.append(("crashed", f"{problem} {sheet.seed}: {type(error).__name__}: {error}"))
            continue
        total.add(scored(sheet, verdicts))
    return total


def accusations(total: Score) -> list[str]:
    """The right values that are called wrong, and the sheets that the judge did not survive."""
    return [f"{what}: {why}" for what, why in total.failures if what in ("accused", "crashed")]


def missed(total: Score, aims: Sequence[tuple[str, str, str, float]]) -> list[str]:
    """The figures that are not reached."""
    counts, missed = usual(total.counts), []
    for name, what, of, least in aims:
        found = percent(counts, what, of)
        if found is not None and found < least:
            missed.append(f"{name}: {found:.1f} %, to be at least {least} %")
    punished = percent(counts, "punished", "wrong")
    if punished is not None and punished > MOST_PUNISHED:
        missed.append(f"sheets with consequences punished: {punished:.1f} %, to be at most {MOST_PUNISHED} %")
    return missed
