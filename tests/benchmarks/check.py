"""How fast a class is marked: `python tests/benchmarks/check.py`.

A class works 40 answers of one network: of ten students six are right, three make a known mistake, and one writes a
wrong number. Reading their table and judging every value, diagnosis included, is timed on one core after start-up
(the problem is derived, nothing has been marked yet). `--students 300,1000,3000` are the sizes of the classes,
`--networks mazur,rohan` the problems. Targets are printed, never asserted.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from byhand.task import Q, table_of
from marking import FEW, Desk, Drawn
from students import work

from derive.check.judge import Judge
from derive.solution import solve
from derive.work import Names, read_text

TARGET = 5.0
"""Seconds for 300 students."""


def asked(desk: Desk) -> list[Q]:
    """The quantities that a worksheet of so many answers asks for: evenly from all there are, in order."""
    every = desk.task.order
    return [every[len(every) * k // FEW] for k in range(FEW)] if len(every) > FEW else every


def class_table(desk: Desk, students: int, seed: str) -> str:
    """The answers of a class, as a table."""
    questions, rows = asked(desk), ["student,quantity,value\n"]
    for number in range(students):
        source = random.Random(f"{seed} {number}")
        kind = source.choices([None, "once", "everywhere", "slip"], [60, 20, 10, 10])[0]
        errs = (desk.err(source, kind),) if kind else ()
        done = work(desk.task, desk.habit(source), errs, number)
        stated = [q for q in questions if q in done.used]
        rows.append(Drawn(desk.name, str(number), done, stated, errs).csv(f"student {number}"))
    return "".join(rows)


def marked_in(desk: Desk, names: Names, table: str) -> tuple[float, float, int]:
    """Seconds to read a table, seconds to judge it, and the number of values."""
    start = time.process_time()
    read = read_text(table, names, "csv")
    between = time.process_time()
    results = [desk.judge.mark(sheet) for sheet in read]
    return between - start, time.process_time() - between, sum(len(marked.results) for marked in results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", default="300,1000,3000")
    parser.add_argument("--networks", default="mazur,rohan")
    options = parser.parse_args()
    print("| network | students | values | start-up, s | reading, s | judging, s | aim, s | ms per student |")
    print("| :-- | --: | --: | --: | --: | --: | --: | --: |")
    for network in options.networks.split(","):
        desk = Desk(network)
        for size in map(int, options.students.split(",")):
            table = class_table(desk, size, f"class {size}")
            start = time.process_time()
            solution = solve(table_of(network) if network.isdigit() else network)
            desk.judge, names = Judge(solution), Names(solution)
            ready = time.process_time() - start
            reading, judging, values = marked_in(desk, names, table)
            aim, each = f"{TARGET:g}" if size == 300 else "", 1000 * (reading + judging) / size
            times = f"{ready:.2f} | {reading:.2f} | {judging:.2f}"
            print(f"| {network} | {size:,} | {values:,} | {times} | {aim} | {each:.1f} |", flush=True)


if __name__ == "__main__":
    main()
