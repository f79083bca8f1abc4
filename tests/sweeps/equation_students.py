"""Simulated students of problems given by equations, against the judge: 1,500 sheets of each kind of problem.

The kinds are circuits, convolutions with pooling, recurrences, attention, normalisations and Adam; of each 30 problems
are drawn with the seed. Who works them shares nothing with the judge.
"""

from __future__ import annotations

from collections import Counter

from simulated.computed import KINDS
from simulated.score import AXES, figures

from sweeps.students import accusations, judged, missed

PROBLEMS, SHEETS = 30, 50
AIMS = (
    ("mistakes located", "mistake located", "mistake drawn", 97.5),
    ("provable slips located", "slip both", "slip provable", 97.0),
    ("right name among two", "named", "nameable", 93.0),
)
"""What is to be reached: a name, what is counted, of what, and the least share in percent."""


def run(seed: int, share: float) -> list[str]:
    """Judges the sheets, prints the table of figures, and tells what is not reached."""
    problems = max(1, round(PROBLEMS * share**0.5))
    names = tuple(f"{kind}-{seed % 10**6 * 100 + number}" for kind in KINDS for number in range(problems))
    total = judged(seed, max(1, round(SHEETS * share**0.5)), problems=names)
    for axis in AXES:
        print(figures(total.counts, axis), end="\n\n")
    kinds = Counter(kind for kind, _ in total.failures)
    print("  ".join(f"{kind}: {number}" for kind, number in kinds.most_common()))
    return [*accusations(total), *missed(total, AIMS)]
