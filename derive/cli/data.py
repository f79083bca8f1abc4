"""The small commands: all values, the examples, a new problem file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from derive.cli.failure import mended, problem_words, tell
from derive.errors import InputError


@click.command()
@click.argument("problem", shell_complete=problem_words)
@click.option("--carried", is_flag=True, help="Under the problem's rounding policy, carried from result to result.")
@click.option("--digits", default=20, type=click.IntRange(1, 1000), help="Significant digits (20).")
@click.option("--only", multiple=True, metavar="ID", help="Only this quantity; may be given more than once.")
@mended
def values(problem: str, carried: bool, digits: int, only: tuple[str, ...]) -> None:
    """Print every quantity of PROBLEM as a JSON object from id to decimal.

    Of a problem given by equations, --only takes derivatives of anything by anything (dE[1]/da[1]) and single paths
    (dL/dh[1] via a[2]) too.
    """
    from derive.solution import problem_of, solve_network
    from derive.spec import Problem

    found = problem_of(problem)
    if isinstance(found, Problem):
        click.echo(solve_network(found).values_json(carried, digits, only))
        return
    from derive.model import solve_model

    model = solve_model(found)
    model = model.carried if carried else model
    tell(model.all_warnings())
    click.echo(model.values_json(digits, only))


@click.command("list")
@mended
def list_examples() -> None:
    """List the built-in examples."""
    from derive.reading import example_names, read_source

    names = example_names()
    width = max(map(len, names))
    for name in names:
        click.echo(f"{name:<{width}}  {read_source(name).table['title']}")


@click.command()
@mended
def words() -> None:
    """List the phrases of worksheets, feedback and reports by key, as a table [words] that can be changed."""
    from derive.mistakes.worded import mistake_phrases
    from derive.wording import phrases

    click.echo("[words]")
    for key, text in (phrases() | mistake_phrases()).items():
        click.echo(f"{key} = {json.dumps(text, ensure_ascii=False)}")


@click.command()
@click.argument("name")
@click.option("--equations", is_flag=True, help="A problem given by equations, not a network of dense layers.")
@mended
def new(name: str, equations: bool) -> None:
    """Write NAME.toml, a commented problem file to start from."""
    from derive.files import write_new
    from derive.reading import new_problem_text

    if name.endswith(("/", "\\", ".json")):
        raise InputError("a name for a new .toml file, such as my-network", name, place="NAME")
    path = Path(name if name.endswith(".toml") else f"{name}.toml")
    write_new(path, new_problem_text(path.stem, equations))
    click.echo(f"{path}\nEdit it, then: derive solve {path}")
