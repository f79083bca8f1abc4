"""Class sets on the command line: the options that `derive worksheet` has for them, and what it does then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from derive.cli.failure import Failure, tell
from derive.errors import InputError, counted

_OPTIONS = (
    click.option(
        "--variants",
        type=int,
        help="A class set: so many sheets, each with numbers of its own; in a practice page so many sets of numbers.",
    ),
    click.option(
        "--roster",
        help="A class set: a sheet for each student of this CSV file: a list (id, name), or an exported gradebook.",
    ),
    click.option("--seed", help="Another seed, other numbers (0). Who knows seed and problem knows the answers."),
    click.option("--jobs", type=int, help="Processes that share the work (1); 0 for all processors."),
    click.option("--force", is_flag=True, help="Replace another class set in the folder."),
    click.option("--all-in-one", is_flag=True, help="One PDF more, of all worksheets, to print on both sides."),
)


class Stopped(Failure):
    """Somebody pressed Ctrl-C."""

    exit_code = 130


def class_set_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options of a class set to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def is_class_set(variants: int | None, roster: str | None, **others: object) -> bool:
    """Whether a class set was asked for. Raises `InputError` where only options for one were given."""
    if variants is not None or roster is not None:
        return True
    for name, value in others.items():
        if value:
            option = f"--{name.replace('_', '-')}"
            raise InputError("--variants or --roster", f"{option} alone", place=option)
    return False


def write_class_set(
    problem: str,
    formats: Sequence[str],
    output: str | None,
    variants: int | None,
    roster: str | None,
    seed: str | None,
    jobs: int | None,
    force: bool,
    all_in_one: bool,
    **options: Any,
) -> None:
    """Writes a class set and says where; `options` are those of `derive.worksheets`."""
    if output == "-":
        raise InputError("a folder for a class set", "standard output", place="--output")
    folder = Path(output or f"out/{Path(problem).stem}.set")
    try:
        from derive.variants import worksheets
        from derive.workers import number_of_jobs

        made = worksheets(
            problem,
            variants,
            seed or "0",
            formats,
            folder,
            roster=roster,
            jobs=number_of_jobs(jobs),
            force=force,
            all_in_one=all_in_one,
            tell=lambda remark: tell([remark]),
            **options,
        )
    except KeyboardInterrupt as stop:
        raise Stopped(str(stop) or "stopped; nothing was written.") from None
    tell(made.notes)
    if made.changed:
        told = counted(made.changed, "file")
        click.echo(f"derive: {told} of the set before had been changed since; what is not replaced was left", err=True)
    told = f"{counted(made.count, 'variant')}, {counted(made.files, 'file')}, {made.kept} of them there before"
    click.echo(f"{folder}: {told}")
    click.echo("\n".join(str(folder / name) for name in ("keys.csv", "manifest.json")))
    for path in made.prints:
        click.echo(str(path))
