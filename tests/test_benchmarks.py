"""The benchmark of the README runs; what it measures is never asserted."""

import subprocess
import sys

from tools.needs import ROOT


def test_the_benchmark_prints_its_table() -> None:
    """A short run ends well and prints one row for every measurement."""
    command = [sys.executable, "tests/benchmarks/speed.py", "--quick"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    rows = [line for line in run.stdout.splitlines() if line.startswith("|")]
    assert run.returncode == 0, run.stderr
    assert len(rows) >= 15
