"""How fast sheets are filled: `python tests/benchmarks/worksheets.py`.

For the 2-2-2 network, in turn on one machine: all numbers of a variant with its worksheet and key in Markdown; the
same from scratch; the bare compile time of a PDF's source. The targets are printed, never asserted. Processor time,
the fastest of some rounds, so that others on the machine disturb little.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable

import typst

from derive.worksheet import Sheet, compile_sheet

LINE = 3.5
"""Milliseconds that handcalcs takes to render one line, measured on another day."""


def milliseconds(work: Callable[[], object], times: int, rounds: int) -> float:
    found = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(times):
            work()
        found.append((time.process_time() - start) / times * 1000)
    return min(found)


def filled(sheet: Sheet) -> None:
    numbers = sheet.numbers()
    sheet.worksheet(numbers, "md")
    sheet.key(numbers, "md")


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast sheets are filled.")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each (7)")
    rounds = parser.parse_args().rounds
    gc.freeze()  # as the command does: what was imported is not looked through again
    sheet = compile_sheet("mazur")
    numbers, lines = sheet.numbers(), len(sheet.boxes)
    one = milliseconds(lambda: filled(sheet), 100, rounds)
    scratch = milliseconds(lambda: filled(compile_sheet("mazur")), 1, rounds)
    source = sheet.worksheet(numbers, "typ").encode()
    page = milliseconds(lambda: sheet.file(numbers, "pdf"), 2, rounds)
    bare = milliseconds(lambda: typst.compile(source, format="pdf", ignore_system_fonts=True), 2, rounds)
    print("| what | measured | against | ratio | aim |\n| :-- | :-- | :-- | :-- | :-- |")
    print(f"| numbers, worksheet and key of a variant | {one:.2f} ms | {1000 / one:.0f} a second | | at least 300 |")
    for against, other in (
        (f"handcalcs, {lines} lines at {LINE} ms", lines * LINE),
        ("the same from scratch", scratch),
    ):
        print(f"| the same | {one:.2f} ms | {other:.0f} ms: {against} | {other / one:.0f} | at least 50 |")
    print(f"| a worksheet as PDF | {page:.0f} ms | {bare:.0f} ms: bare compile | {page / bare:.2f} | at most 1.5 |")


if __name__ == "__main__":
    main()
