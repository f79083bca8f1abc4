"""How fast class sets are made, and how little memory they need: `python tests/benchmarks/class_sets.py`.

Each ratio compares two things done in turn in one process on one machine: a variant of a class set (numbers drawn and
checked against every condition, worksheet, key, rows of the key table, files) with compiling a sheet from scratch, and
with solving the problem from scratch. Memory is the peak of a whole process that makes a set. The targets are printed,
never asserted. Processor time; the fastest of some rounds, so that others on the machine disturb little.
"""

from __future__ import annotations

import argparse
import gc
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from derive import solve, worksheets
from derive.solution import problem_of
from derive.worksheet import compile_sheet

LINE = 3.5
"""Milliseconds that handcalcs takes to render one line, measured on another day."""
PROBLEM = "mazur"
CIRCUIT = Path(__file__).parent / "circuit.toml"


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def peak(variants: int) -> int:
    """The most memory of a process that makes a set, in MiB."""
    folder = tempfile.mkdtemp()
    script = (
        "import resource; from derive import worksheets\n"
        f"worksheets({PROBLEM!r}, variants={variants}, output={folder!r})\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    shutil.rmtree(folder)
    return int(run.stdout) // (1024**2 if sys.platform == "darwin" else 1024)


def new_process(folder: Path) -> float:
    """The processor time of a whole `derive solve`, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [
        sys.executable,
        "-c",
        "from derive.cli import main; main()",
        "solve",
        PROBLEM,
        "--format",
        "md",
        "-o",
        str(folder),
    ]
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def contents(folder: Path) -> str:
    """What tells the files of two folders apart."""
    total = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast class sets are made.")
    parser.add_argument("--variants", type=int, default=300, help="variants of a set (300)")
    parser.add_argument("--circuit", action="store_true", help="only a circuit of ten nodes, given by equations")
    parser.add_argument("--rounds", type=int, default=5, help="sets of which the fastest counts (5)")
    parser.add_argument("--quick", action="store_true", help="leave out memory, which takes a minute")
    options = parser.parse_args()
    count = options.variants
    folder = Path(tempfile.mkdtemp())
    if options.circuit:
        _of_circuit(folder, count, options.rounds)
        shutil.rmtree(folder)
        return
    worksheets(PROBLEM, variants=2, output=folder / "warm")
    gc.collect()
    gc.freeze()  # as the command does: what was imported is not looked through again
    sets, sheets, solutions = [], [], []
    for number in range(options.rounds):
        sets.append(seconds(lambda n=number: worksheets(PROBLEM, variants=count, seed=7, output=folder / str(n))))  # type: ignore[misc]
        sheets.append(seconds(_from_scratch))
        solutions.append(seconds(lambda: solve(PROBLEM).render("md")))
    each = min(sets) / count
    answers = len(compile_sheet(PROBLEM).boxes)
    cold = min(new_process(folder / f"cold{number}") for number in range(2))
    against = (
        ("300 a second", 1 / 300, "at least 1"),
        (f"{answers} lines, one for each answer, by handcalcs at {LINE} ms", answers * LINE / 1000, "at least 50"),
        ("compiling the same sheet and key from scratch", min(sheets), ""),
        ("solving it from scratch, in the same process", min(solutions), ""),
        ("the same by `derive solve` in a process of its own", cold, "at least 50"),
    )
    print(f"A variant of {PROBLEM} in Markdown (numbers, conditions, worksheet, key, files): "
          f"{each * 1000:.2f} ms, {1 / each:.0f} a second.\n")  # fmt: skip
    print("| against | takes | ratio | aim |\n| :-- | :-- | :-- | :-- |")
    for words, other, aim in against:
        print(f"| {words} | {other * 1000:.1f} ms | {other / each:.3g} | {aim} |")
    worksheets(PROBLEM, variants=count, seed=7, output=folder / "jobs", jobs=2)
    same = contents(folder / "jobs") == contents(folder / "0")
    print(f"| {count} variants by two processes | {'the same bytes' if same else 'OTHER BYTES'} | | the same |")
    if not options.quick:
        few, many = peak(200), peak(5000)
        print(f"| most memory: 5,000 variants against 200 | {many} MiB, {few} MiB | {many / few:.2f} | at most 1.1 |")
    shutil.rmtree(folder)


def _of_circuit(folder: Path, count: int, rounds: int) -> None:
    """The same of a problem given by equations, beside its aim of 500 variants a second."""
    worksheets(CIRCUIT, variants=2, output=folder / "warm")
    gc.collect()
    gc.freeze()
    sets = [
        seconds(lambda n=number: worksheets(CIRCUIT, variants=count, seed=7, output=folder / str(n)))  # type: ignore[misc]
        for number in range(rounds)
    ]
    sheet = compile_sheet(problem_of(CIRCUIT))
    each, answers = min(sets) / count, len(sheet.boxes)
    print(f"A variant of {CIRCUIT.stem} in Markdown (numbers, conditions, sheet, key, files): {each * 1000:.2f} ms, "
          f"{1 / each:.0f} a second (aim 500); {answers} answers, {each / answers * 1e6:.0f} µs each.")  # fmt: skip


def _from_scratch() -> None:
    sheet = compile_sheet(PROBLEM)
    numbers = sheet.numbers()
    sheet.worksheet(numbers, "md")
    sheet.key(numbers, "md")


if __name__ == "__main__":
    main()
