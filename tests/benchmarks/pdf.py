"""How long a PDF takes beside the bare compiler: `python tests/benchmarks/pdf.py`.

For each built-in example, in turn on one machine: rendering the solved document to Typst and compiling it to
accessible PDF, and the bare `typst.compile` of the same source. The target is printed, never asserted. Processor time,
the fastest of some rounds, so that others on the machine disturb little.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable

import typst

from derive import solve
from derive.reading import example_names

TARGET = 1.5


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description="How long a PDF takes beside the bare compiler.")
    parser.add_argument("--rounds", type=int, default=10, help="runs of each (10)")
    rounds = parser.parse_args().rounds
    gc.freeze()  # as the command does: what was imported is not looked through again
    print(f"| example | render and compile | bare compile | ratio, at most {TARGET} |\n| --- | --- | --- | --- |")
    for name in example_names("networks"):
        solution = solve(name)
        source = solution.render("typ").encode()
        works = (solution.pdf, lambda source=source: typst.compile(source, format="pdf", ignore_system_fonts=True))
        found = [[seconds(work) for work in works] for _ in range(rounds)]
        ours, bare = (min(column) for column in zip(*found, strict=True))
        print(f"| {name} | {ours * 1000:.1f} ms | {bare * 1000:.1f} ms | {ours / bare:.2f} |")


if __name__ == "__main__":
    main()
