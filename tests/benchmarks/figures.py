"""How well `derive check` judges synthetic students: `python tests/benchmarks/figures.py`.

For every built-in example and 20 random networks, sheets are drawn from students who are simulated without derive
(`tests/students.py`), marked, and counted: right work accepted, wrong steps found, mistakes named. `--sheets 2000` is
the number of sheets per network, `--only mazur,7` chooses networks, `--show 3` prints some sheets of each kind on
which the checker was wrong. Nothing here fails because of a number: targets are printed beside what was reached.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import Pool
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from byhand.task import EXAMPLES
from marking import Count, Desk, correct_work, routes, single_mistake, single_slip, two_errors

RANDOM = 20


@dataclass(frozen=True)
class Figure:
    """A kind of sheet, its share of all sheets, and how often the checker should be right about it, in percent."""

    words: str
    share: int
    target: float | None
    ask: Callable[[Desk, str], Count | None]


FIGURES = {
    "rounded": Figure("right work, rounded numbers carried", 25, 100, lambda d, s: correct_work(d, s, "rounded")),
    "unrounded": Figure("right work, nothing rounded on the way", 8, 100, lambda d, s: correct_work(d, s, "unrounded")),
    "mixed": Figure("right work, rounded now and then", 7, 100, lambda d, s: correct_work(d, s, "mixed")),
    "routes": Figure("right work by other routes", 5, 100, routes),
    "slip": Figure("one random wrong number: found where it is", 15, 99, single_slip),
    "once": Figure("one known mistake, once: found where it is", 12, 99, lambda d, s: single_mistake(d, s, "once")),
    "everywhere": Figure(
        "one known mistake, always: found where it is", 8, 99, lambda d, s: single_mistake(d, s, "everywhere")
    ),
    "two": Figure("two independent errors: both found", 20, 90, two_errors),
}


@dataclass
class Tally:
    drawn: int = 0
    right: int = 0
    named: int = 0
    nameable: int = 0
    more: int = 0
    troubles: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for name in ("drawn", "right", "named", "nameable", "more"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.troubles += other.troubles


def measure(job: tuple[str, int]) -> tuple[str, dict[str, Tally], int, float]:
    """All sheets of one network."""
    name, sheets = job
    start = time.perf_counter()
    desk, found, marked = Desk(name), {}, 0
    for key, figure in FIGURES.items():
        tally = found[key] = Tally()
        for number in range(max(1, sheets * figure.share // 100)):
            count = figure.ask(desk, f"{key}{number}")
            if count is None:
                continue
            marked += 1
            tally.drawn += 1
            tally.right += count.right
            tally.nameable += count.named is not None
            tally.named += bool(count.named)
            tally.more += count.more
            tally.troubles += map(str, count.troubles)
    return name, found, marked, time.perf_counter() - start


def percent(part: int, whole: int) -> str:
    return "-" if not whole else f"{100 * part / whole:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sheets", type=int, default=2000)
    parser.add_argument("--only", help="networks, separated by commas")
    parser.add_argument("--show", type=int, default=3)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    names = options.only.split(",") if options.only else None
    names = names or [*sorted(path.stem for path in EXAMPLES.glob("*.toml")), *map(str, range(RANDOM))]
    totals: dict[str, Tally] = defaultdict(Tally)
    print("network        sheets  seconds  " + "  ".join(f"{key:>10}" for key in FIGURES) + "  named")
    with Pool(options.processes) as pool:
        for name, found, marked, seconds in pool.imap(measure, [(name, options.sheets) for name in names], 1):
            nameable, named = sum(t.nameable for t in found.values()), sum(t.named for t in found.values())
            row = "  ".join(f"{percent(t.right, t.drawn):>10}" for t in found.values())
            print(f"{name:<14} {marked:>6}  {seconds:>7.1f}  {row}  {percent(named, nameable)}", flush=True)
            for key, tally in found.items():
                totals[key].add(tally)
                for line in tally.troubles[: options.show]:
                    print(f"    {key}: {line}")
    print("\n| what | sheets | reached, % | aim, % |\n| :-- | --: | --: | --: |")
    for key, figure in FIGURES.items():
        tally = totals[key]
        print(f"| {figure.words} | {tally.drawn} | {percent(tally.right, tally.drawn)} | {figure.target} |")
        if tally.nameable:
            print(
                f"| - named, alone or among several | {tally.nameable} | {percent(tally.named, tally.nameable)} | 95 |"
            )
        words = "nothing left open" if figure.target == 100 else "nothing else accused"
        print(f"| - {words} | {tally.drawn} | {percent(tally.drawn - tally.more, tally.drawn)} | |")


if __name__ == "__main__":
    main()
