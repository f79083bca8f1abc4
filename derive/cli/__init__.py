"""The command line: arguments to calls, nothing else. Heavy modules are imported by the command that needs them.

One module per command; `failure` is what they share.
"""

from __future__ import annotations

import gc
import io
import sys

import click

from derive.cli.audit import audit
from derive.cli.check import check
from derive.cli.data import list_examples, new, values, words
from derive.cli.diagram import diagram
from derive.cli.solve import solve
from derive.cli.stress import stress
from derive.cli.worksheet import worksheet


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="derive-backprop", prog_name="derive")
def main() -> None:
    """Worked, proven backpropagation by hand, from a short problem file."""
    # Importing makes many objects and no garbage: looking for it would cost a third of the start-up.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        # Mathematics needs more letters than some terminals' own encoding has.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


for command in (solve, worksheet, check, audit, diagram, stress, values, list_examples, new, words):
    main.add_command(command)


if __name__ == "__main__":
    main()
