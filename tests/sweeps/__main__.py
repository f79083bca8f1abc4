"""Runs the sweeps: `python -m tests.sweeps [NAME ...] [--tenth | --share S] [--seed N]`.

Each module of this package that `SWEEPS` names has a function `run(seed, share) -> list[str]`: it prints its figures
and returns one line for each failure. With share 1 a sweep is whole, with 0.1 a tenth of it. The same seed draws the
same numbers. The exit code is 1 where anything failed.
"""

import argparse
import importlib
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]

SWEEPS: dict[str, str] = {
    "equations": "random problems of the language of equations on four roads",
    "equation_texts": "random and mutated texts of equations, each with an answer or one message",
    "goldens": "all products of the built-in examples, byte for byte what they were",
    "guard": "right derivations of random networks, and wrong ones, which must be refused",
    "oracles": "random networks against differences in 60 digits, and against SymPy's derivative of the whole loss",
    "documents": "the LaTeX of every example compiled in every form; its Markdown read as its readers do",
    "forms": "the examples in all forms, notations and details: the same numbers, and pages as PDF that fit",
    "rows": "every activation, loss and optimiser in every form, notation and format",
    "torch_models": "random models of PyTorch's, by layers and by modules of one's own, against autograd",
    "mistakes": "known mistakes in random networks against a calculation by hand",
    "sets": "class sets of random networks, every variant looked at by a network written without derive",
    "platforms": "questions for learning platforms, marked by the rules of each: right, reachable and mistaken numbers",
    "practice": "sheets of simulated students through practice pages and through the checker",
    "playground": "every product of the examples as Pyodide makes it, byte for byte what is made here",
    "layout": "every page of the examples' solutions, sheets and keys, by both engines, measured as a printer would",
    "model_files": "problems given by equations and networks of layer kinds, changed and damaged: a page or a message",
    "models": "models of PyTorch's as ONNX and of Keras, damaged: a problem or a message",
    "problem_files": "problem files, drawn, changed and damaged: worked out or refused, in seconds",
    "heads": "heads, words and options of sheets, drawn and damaged: a sheet without foreign markup, or a message",
    "work_files": "files of work, drawn and damaged, in every form: judged or refused, in seconds",
    "students": "sheets of simulated students, judged, and the verdicts compared with the truth",
    "equation_students": "the same for problems given by equations: circuits, convolutions, recurrences and more",
}
"""Module of this package: what it tries, in one line."""

SHOWN = 20
"""Failures of one sweep that are printed."""


def main(arguments: list[str] | None = None) -> int:
    """Runs the sweeps that the command line names, all where it names none."""
    options = _parser().parse_args(arguments)
    unknown = [name for name in options.names if name not in SWEEPS]
    if unknown:
        print(f"no sweep {', '.join(unknown)}; there are: {', '.join(SWEEPS)}", file=sys.stderr)
        return 2
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}, share {options.share:g}", flush=True)
    failures = [_failed(name, seed, options.share) for name in options.names or SWEEPS]
    return 1 if any(failures) else 0


def _parser() -> argparse.ArgumentParser:
    lines = "\n".join(f"  {name:17} {line}" for name, line in SWEEPS.items())
    parser = argparse.ArgumentParser(
        "python -m tests.sweeps", epilog=f"sweeps:\n{lines}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="the sweeps to run; all where none is named")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--share", type=_share, default=1.0, help="how much of each, above 0 and at most 1")
    size.add_argument("--tenth", dest="share", action="store_const", const=0.1, help="a tenth of each")
    parser.add_argument("--seed", type=int, help="the seed to draw with; drawn, and printed, where absent")
    return parser


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError("above 0 and at most 1")
    return share


def _failed(name: str, seed: int, share: float) -> bool:
    """Runs one sweep and prints its failures and its time."""
    print(f"\n{name}: {SWEEPS[name]}", flush=True)
    run: Callable[[int, float], list[str]] = importlib.import_module(f"sweeps.{name}").run
    start = time.monotonic()
    failures = run(seed, share)
    print(f"{name}: {len(failures)} failures, {time.monotonic() - start:.0f} s", flush=True)
    for failure in failures[:SHOWN]:
        print(f"  {failure}", flush=True)
    return bool(failures)


if __name__ == "__main__":
    sys.path.insert(0, str(TESTS))  # the test modules import each other as pytest lets them
    sys.exit(main())
