"""Lists wrongly judged sheets: `python -m tests.simulated.find [KIND ...] [--sheets N] [--seed N] [--problems A,B]`.

KIND is accused, doubted, punished, "mistake not located", "slip not located", "two not located", "not named" or
crashed; all where none is given. Each line begins with the words for `python -m tests.simulated.show`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tests.simulated.find")
    parser.add_argument("kinds", nargs="*", metavar="KIND")
    parser.add_argument("--sheets", type=int, default=20, help="sheets of each problem")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--problems", default="", help="names with commas between; all where absent")
    options = parser.parse_args(arguments)
    from sweeps.students import judged

    problems = tuple(name for name in options.problems.split(",") if name)
    for kind, why in sorted(judged(options.seed, options.sheets, problems=problems).failures):
        if not options.kinds or kind in options.kinds:
            print(f"{kind}: {why}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
