"""How fast a class is marked: `python tests/benchmarks/check.py`.

A class works 40 answers of one network: of ten students six are right, three make a known mistake, and one writes a
wrong number. Reading their table and judging every value, diagnosis included, is timed on one core after start-up
(the problem is derived, nothing has been marked yet). `--students 300,1000,3000` are the sizes of the classes,
`--networks mazur,rohan` the problems.

Then the command itself marks classes of very many students, `--large 10000,100000`, each with one or two values of
Mazur's network: of ten six are right, three have the value of a known mistake, and one has a number that nothing
gives. Its time and its peak memory are those of the whole process, and of `--jobs 2`.

Targets are printed, never asserted.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
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


MOST_SECONDS, MOST_KB = 180, 1
"""For 100,000 students, and for each student more."""
RUN = "from derive.cli import main\nif __name__ == '__main__':\n    main()\n"


def large_table(students: int) -> str:
    """A class of very many, each with one or two values, of students who are simulated once for all."""
    desk, source = Desk("mazur"), random.Random(f"large {students}")
    right = [work(desk.task, desk.habit(source), (), number) for number in range(60)]
    wrong = [work(desk.task, desk.habit(source), (desk.err(source, "once"),), number) for number in range(60)]
    questions, rows = asked(desk), ["student,quantity,value\n"]
    for number in range(students):
        kind = source.choices(["right", "wrong", "random"], [60, 30, 10])[0]
        done = source.choice(wrong if kind == "wrong" else right)
        for q in source.sample([q for q in questions if q in done.used], source.choice((1, 1, 2))):
            value = f"{source.uniform(-1, 1):.4f}" if kind == "random" else done.written(q)
            rows.append(f"student {number},{desk.task.names(q)[0]},{value}\n")
    return "".join(rows)


def marked_by_the_command(folder: Path, table: str, jobs: int) -> tuple[float, float, float]:
    """Seconds of all processors, seconds on the clock, and MB at most, of one run that writes tables and a report."""
    (folder / "class.csv").write_text(table)
    (folder / "run.py").write_text(RUN)
    call = ["check", "mazur", "class.csv", "--marks", "--format", "csv,json", "-o", "out", "--jobs", str(jobs)]
    start = time.monotonic()
    run = subprocess.Popen([sys.executable, "run.py", *call], cwd=folder, stdout=subprocess.DEVNULL)
    _, _, used = os.wait4(run.pid, 0)
    return used.ru_utime + used.ru_stime, time.monotonic() - start, used.ru_maxrss / 1024


def print_large(sizes: list[int]) -> None:
    """A row for each size and number of processes, with the memory of each student beyond the smallest class."""
    print("\n| students | values | jobs | processor, s | clock, s | aim, s | MB | kB a student more | aim |")
    print("| --: | --: | --: | --: | --: | --: | --: | --: | --: |")
    least: dict[int, tuple[int, float]] = {}
    for size in sizes:
        table = large_table(size)
        for jobs in (1, 2):
            with tempfile.TemporaryDirectory() as folder:
                processor, clock, most = marked_by_the_command(Path(folder), table, jobs)
            fewer, less = least.setdefault(jobs, (size, most))
            more = f"{1024 * (most - less) / (size - fewer):.2f} | {MOST_KB}" if size > fewer else " | "
            aim = f"{MOST_SECONDS}" if size == 100_000 and jobs == 1 else ""
            values = table.count("\n") - 1
            times = f"{processor:.0f} | {clock:.0f} | {aim}"
            print(f"| {size:,} | {values:,} | {jobs} | {times} | {most:.0f} | {more} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", default="300,1000,3000")
    parser.add_argument("--networks", default="mazur,rohan")
    parser.add_argument("--large", default="10000,100000", help="sizes of the largest classes; empty for none")
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
    if options.large:
        print_large([int(size) for size in options.large.split(",")])


if __name__ == "__main__":
    main()
