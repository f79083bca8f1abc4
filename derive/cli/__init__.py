"""The command line: arguments to calls, nothing else. Heavy modules are imported by the command that needs them.

One module per command; `failure` is what they share.
"""

from __future__ import annotations

import gc
import io
import sys
from pathlib import Path

import click

from derive.cli.audit import audit
from derive.cli.check import check
from derive.cli.data import list_examples, new, values, words
from derive.cli.defaults import name_by_environment, project_defaults
from derive.cli.diagram import diagram
from derive.cli.export import export
from derive.cli.failure import mended, other_distribution, tell
from derive.cli.site import site
from derive.cli.solve import solve
from derive.cli.stress import stress
from derive.cli.worksheet import worksheet


def _version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        click.echo(f"derive, version {version('derive-backprop')}")
        tell(filter(None, [other_distribution()]))
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@click.pass_context
@mended
def main(context: click.Context) -> None:
    """Worked, proven backpropagation by hand, from a short problem file.

    Every option has a variable (--paper of solve: DERIVE_SOLVE_PAPER), and a key in [tool.derive] or
    [tool.derive.COMMAND] of the pyproject.toml above the current folder.
    """
    context.default_map = project_defaults(main, Path.cwd())
    # Importing makes many objects and no garbage: looking for it would cost a third of the start-up.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        # Mathematics needs more letters than some terminals' own encoding has.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


for command in (solve, worksheet, check, export, site, audit, diagram, stress, values, list_examples, new, words):
    main.add_command(command)
name_by_environment(main)


if __name__ == "__main__":
    main()
