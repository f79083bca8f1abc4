"""The command `derive export`: a worksheet or a class set as questions for a learning platform."""

from __future__ import annotations

import gc
from typing import Any

import click

from derive.cli.failure import mended
from derive.cli.worksheet import asked_for, blank_lines
from derive.errors import InputError

TO = ("moodle", "canvas", "gift", "qti21", "nbgrader", "prairielearn")


@click.command()
@click.argument("problem")
@click.option("--to", required=True, help=f"The platform: {', '.join(TO)}.")
@click.option("-o", "--output", help="The file to write, or the folder; - for standard output. Default: out/NAME...")
@click.option("--single", is_flag=True, help="Each box is a question of its own.")
@click.option("--ask", help="What is asked, as in derive worksheet.")
@click.option("--blanks", default="substitutions", help="What is left blank, as in derive worksheet.")
@click.option("--fade", is_flag=True, help="First unit of each layer worked, second half worked, the rest blank.")
@click.option("--choice", type=int, help="Multiple choice: so many numbers for each box, the wrong ones by mistakes.")
@click.option("--find-the-error", "find", type=int, help="A worked calculation with so many known mistakes to find.")
@click.option("--notation", help="standard, mazur, hmkcode, caispp, rohan or nielsen.")
@click.option("--form", help="chain, delta, matrix or index.")
@click.option("--detail", default="standard", help="brief, standard or full.")
@click.option("--decimals", type=int, help="Decimals of the answers; by default as few as will do, from 4 on.")
@click.option("--compact", is_flag=True, help="Without the picture of the network.")
@click.option("--head", help="A file with the head of the sheet: its title, points and words.")
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@mended
def export(
    problem: str, to: str, output: str | None, single: bool, ask: str | None, blanks: str, head: str | None,
    force: bool, **chosen: Any,
) -> None:  # fmt: skip
    """Write the worksheet of PROBLEM as questions for a learning platform or grader.

    PROBLEM may be the folder of a class set: then every sheet becomes a question. What each box accepts, and what is
    said of the numbers that known mistakes give, is what derive check says of them.
    """
    from derive.platforms import export as export_to

    gc.freeze()
    gc.enable()
    options = chosen | {"ask": asked_for(ask), "blanks": blank_lines(blanks)}
    if output == "-":
        _print(problem, to, single, head, options)
        return
    from derive.progress import working

    with working(f"Writing questions for {to}"):
        paths = export_to(problem, to, output, single=single, head=head, force=force, **options)
    for path in paths:
        click.echo(str(path))


def _print(problem: str, to: str, single: bool, head: str | None, options: dict[str, Any]) -> None:
    """The only file on standard output."""
    from derive.platforms import Bank, files_of, platform_of
    from derive.worksheet import SheetOptions

    platform_of(to, single)
    files = files_of(Bank(problem, head, SheetOptions(**options)), to, single)
    if len(files) != 1:
        raise InputError("one file for standard output", f"{len(files)}", place="--output", hint="name a file with -o")
    click.echo(next(iter(files.values())), nl=False)
