"""How fast derive is, as ratios measured side by side in one run: `python tests/benchmarks/speed.py`.

Decides what is measured and against what. A ratio compares two things that ran in turn on the same machine, so it
means the same on a slow machine and, roughly, on a busy one. Every measurement is a process of its own; this
one imports neither derive nor SymPy. Nothing here fails because of a time: targets are printed, never asserted.
`--quick` does everything once, on small networks, to see that the benchmark works. For Linux and macOS.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]

COMMAND = ("-c", "from derive.cli import main; main()")
"""What the installed command `derive` runs."""

SMALL = 50
"""The network that growth is measured from has about so many weights."""

# Units from the inputs to the outputs; the weights are the products of neighbours, added up.
WIDE = [(4, hidden, 1) for hidden in (2, 10, 40, 100, 200, 400)]
DEEP = [(2, *[6] * layers) for layers in (1, 2, 10, 25, 50)]
FOUR_LAYERS = (8, 8, 8, 8, 8)
COMPOSED = [(2, 2, 1), (2, 2, 2), (2, 3, 3, 1), (2, 4, 4, 4, 1)]
MEBIBYTE = 2**20

REPEATED = 0.5
"""Seconds of work in a process, after which it is not repeated; nor after so many times:"""
MOST_REPEATED = 10

Sizes = Sequence[int]
Row = tuple[str, str, str, str, str]
HEADINGS: Row = ("measured", "this", "against", "ratio", "target")


# -- One process


class Process(NamedTuple):
    """What one process took: seconds by the clock, seconds of the processor, and its most memory in bytes."""

    seconds: float
    processor: float
    memory: int
    output: str


def run(*arguments: str) -> Process:
    """Runs Python with these arguments to its end; a process that fails ends the benchmark."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        start = time.perf_counter()
        child = subprocess.Popen([sys.executable, *arguments], stdout=output, env=os.environ | {"PYTHONPATH": path})
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"failed with {child.returncode}: python {' '.join(arguments)}")
        output.seek(0)
        unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
        return Process(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * unit, output.read())


def in_turn(rounds: int, *measurements: Callable[[], Any]) -> list[list[Any]]:
    """Results of each measurement; every round does all, in an order that is reversed each time."""
    results: list[list[Any]] = [[] for _ in measurements]
    for number in range(rounds):
        pairs = list(zip(results, measurements, strict=True))
        for found, measure in pairs if number % 2 == 0 else reversed(pairs):
            found.append(measure())
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return results


# -- Inside a process of its own


def problem(sizes: Sizes) -> dict[str, Any]:
    """A problem with sigmoid units everywhere; the same numbers for the same sizes."""
    source = random.Random(repr(tuple(sizes)))

    def decimal() -> Decimal:
        return Decimal(source.choice([-1, 1]) * source.randint(1, 99)) / 100

    return {
        "title": "Benchmark",
        "network": {
            "inputs": sizes[0],
            "layers": [
                {
                    "units": units,
                    "activation": "sigmoid",
                    "weights": [[decimal() for _ in range(inputs)] for _ in range(units)],
                    "biases": [decimal() for _ in range(units)],
                }
                for inputs, units in itertools.pairwise(sizes)
            ],
        },
        "data": {
            "inputs": [[decimal() for _ in range(sizes[0])]],
            "targets": [[abs(decimal()) for _ in range(sizes[-1])]],
        },
        "loss": {"name": "half_squared_error"},
        "training": {"learning_rate": Decimal("0.5")},
    }


def fastest(work: Callable[[], list[str]]) -> tuple[float, list[str]]:
    """Seconds of the processor, which others on the machine disturb less than those of the clock, and the texts."""
    gc.collect()
    gc.freeze()  # as the command does: what was imported is not looked through again
    found: list[float] = []
    while sum(found) < REPEATED and len(found) < MOST_REPEATED:
        start = time.process_time()
        texts = work()
        found.append(time.process_time() - start)
    return min(found), texts


def solved(sizes: Sizes) -> dict[str, float]:
    """The seconds and the characters of the whole solution in Markdown and LaTeX, in a process that is warm."""
    from derive.reading import problem_from_dict
    from derive.solution import solve

    def documents(sizes: Sizes) -> list[str]:
        solution = solve(problem_from_dict(problem(sizes)))
        return [solution.render(format) for format in ("md", "tex")]

    documents((2, 2, 1))  # imports and templates are the matter of the cold start
    best, (markdown, latex) = fastest(lambda: documents(sizes))
    return {"seconds": best, "both": len(markdown) + len(latex), "latex": len(latex)}


def composed(sizes: Sizes) -> dict[str, float]:
    """The naive way: the loss as one expression of SymPy, `diff` for every weight, `latex` of what comes out."""
    from sympy import Rational, Symbol, diff, exp, latex
    from sympy.core.cache import clear_cache

    def gradients(sizes: Sizes) -> list[str]:
        a = [Symbol(f"x_{i}") for i in range(sizes[0])]
        weights = []
        for layer, units in enumerate(sizes[1:], 1):
            rows = [[Symbol(f"w^{layer}_{{{j}{i}}}") for i in range(len(a))] for j in range(units)]
            z = [sum(map(Symbol.__mul__, row, a), Symbol(f"b^{layer}_{j}")) for j, row in enumerate(rows)]
            weights += [weight for row in rows for weight in row]
            a = [1 / (1 + exp(-each)) for each in z]
        loss = sum(Rational(1, 2) * (Symbol(f"t_{k}") - each) ** 2 for k, each in enumerate(a))
        return [latex(diff(loss, weight)) for weight in weights]

    def cold() -> list[str]:
        clear_cache()  # or a repetition would only look its results up
        return gradients(sizes)

    gradients((1, 1))
    best, texts = fastest(cold)
    return {"seconds": best, "latex": sum(map(len, texts))}


WORK = {"solved": solved, "composed": composed}


def at_work(name: str, sizes: Sizes) -> Callable[[], dict[str, float]]:
    """A measurement by a function of `WORK` in a process of its own, with the memory that process needed."""

    def measure() -> dict[str, float]:
        process = run(__file__, "--work", name, *map(str, sizes))
        return json.loads(process.output) | {"memory": process.memory}

    return measure


# -- The table


def cold_starts(rounds: int, folder: str) -> Iterator[Row]:
    """Whole processes, from nothing to their end."""
    solve = (*COMMAND, "solve", "mazur", "-o", folder)
    for name, arguments, other, target in (
        ("derive solve mazur", solve, "import sympy", "at most 2"),
        ("derive --help", (*COMMAND, "--help"), "pass", ""),
    ):
        announce(f"{name}, python -c '{other}'")
        measurements = (lambda own=arguments: run(*own), lambda other=other: run("-c", other))
        for measure in measurements:
            measure()  # compiled files and the system's cache
        ours, theirs = in_turn(rounds, *measurements)
        for what, best, field in (
            ("median", median, "seconds"),
            ("fastest", min, "seconds"),
            ("median processor time", median, "processor"),
        ):
            pair = [best([getattr(each, field) for each in found]) for found in (ours, theirs)]
            against = f"{seconds(pair[1])}, python -c '{other}'"
            yield f"{name}: {what} of {rounds}", seconds(pair[0]), against, ratio(*pair), target


def four_layers(rounds: int, folder: str) -> Iterator[Row]:
    """A whole process for a file of four layers of eight units."""
    file = Path(folder) / "four.json"
    file.write_text(json.dumps(problem(FOUR_LAYERS), default=float), encoding="utf-8")
    announce("derive solve, four layers of eight units")
    (found,) = in_turn(rounds, lambda: run(*COMMAND, "solve", str(file), "-o", folder))
    whole = median(each.seconds for each in found)
    label = f"derive solve, 4 layers of 8 units, {weights(FOUR_LAYERS)} weights: median of {rounds}"
    yield label, seconds(whole), "5 s", ratio(whole, 5), "at most 1"


def growth(rounds: int, name: str, networks: list[Sizes]) -> Iterator[Row]:
    """Cost per weight against that of the network of about 50 weights; each further weight likewise; memory."""
    announce(f"{name}, up to {weights(networks[-1])} weights")
    results = in_turn(rounds, *(at_work("solved", sizes) for sizes in networks))
    count = [weights(sizes) for sizes in networks]
    small = min(range(len(count)), key=lambda n: abs(count[n] - SMALL))
    for key, what, written in (TIME, BOTH):
        cost = [min(one[key] for one in found) for found in results]
        base = cost[small] / count[small]
        for n, total in enumerate(cost):
            each, target = total / count[n], "at most 1.5" if n == len(count) - 1 else ""
            label, against = f"{name}, {count[n]} weights: {what} per weight", f"{written(base)} at {count[small]}"
            yield label, written(each), against, ratio(each, base), target
        if small + 2 < len(count):
            early, late = ((cost[n + 1] - cost[n]) / (count[n + 1] - count[n]) for n in (small, len(count) - 2))
            label = f"{name}, {count[-2]} to {count[-1]} weights: {what} per further weight"
            against = f"{written(early)}, {count[small]} to {count[small + 1]}"
            yield label, written(late), against, ratio(late, early), ""
    memory = [min(one["memory"] for one in results[n]) for n in (-1, small)]
    label, against = f"{name}, {count[-1]} weights: most memory", f"{megabytes(memory[1])} at {count[small]}"
    yield label, megabytes(memory[0]), against, ratio(*memory), ""


def naive(rounds: int, networks: list[Sizes]) -> Iterator[Row]:
    """What the gradients alone cost as one composed expression, against derive's whole document."""
    announce("the loss as one composed expression")
    measurements = [at_work(name, sizes) for sizes in networks for name in ("composed", "solved")]
    results = iter(in_turn(rounds, *measurements))
    for sizes, (theirs, ours) in zip(networks, zip(results, results, strict=True), strict=True):
        for key, what, written in (TIME, LATEX):
            pair = [min(one[key] for one in found) / weights(sizes) for found in (theirs, ours)]
            label = f"naive, {'-'.join(map(str, sizes))}: {what} per weight"
            yield label, written(pair[0]), f"{written(pair[1])}, derive", ratio(*pair), ""


def announce(what: str) -> None:
    print(what, end=" ", file=sys.stderr, flush=True)


def weights(sizes: Sizes) -> int:
    return sum(inputs * units for inputs, units in itertools.pairwise(sizes))


def seconds(number: float) -> str:
    return f"{number * 1000:.3g} ms" if number < 1 else f"{number:.2f} s"


def characters(number: float) -> str:
    return f"{number:,.0f} characters"


def megabytes(number: float) -> str:
    return f"{number / MEBIBYTE:.0f} MiB"


def ratio(this: float, against: float) -> str:
    return f"{this / against:.2f}"


# Of a solution: the key of what was measured, its name, and how it is written.
TIME = ("seconds", "processor time", seconds)
BOTH = ("both", "Markdown and LaTeX", characters)
LATEX = ("latex", "LaTeX", characters)


def printed(rows: list[Row]) -> str:
    """The rows as a Markdown table whose columns line up."""
    widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
    lines = [HEADINGS, tuple("-" * width for width in widths), *rows]
    return "\n".join(
        "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast derive is, as ratios measured side by side in one run.")
    parser.add_argument("--rounds", type=int, default=15, help="runs of every cold start (15)")
    parser.add_argument("--quick", action="store_true", help="everything once, on small networks")
    parser.add_argument("--work", nargs="+", metavar="...", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.work:
        name, *sizes = chosen.work
        print(json.dumps(WORK[name]([int(size) for size in sizes])))
        return
    rounds = 1 if chosen.quick else max(1, chosen.rounds)
    fewer, fewest = max(1, rounds // 3), max(1, rounds // 5)
    few = 2 if chosen.quick else None
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            *cold_starts(rounds, folder),
            *four_layers(fewer, folder),
            *growth(fewer, "wider", WIDE[:few]),
            *growth(fewer, "deeper", DEEP[:few]),
            *naive(fewest, COMPOSED[:few]),
        ]
    print(printed(rows))


if __name__ == "__main__":
    main()
