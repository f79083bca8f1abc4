"""The small commands: all values, the examples, a new problem file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
@click.option("--from", "model", type=click.Path(path_type=Path), help="A model: a .onnx, .keras or .safetensors file.")
@click.option("--x", metavar="NUMBERS", help="With --from: the inputs, such as '[[0.5, 1]]'.")
@click.option("--y", metavar="NUMBERS", help="With --from: the targets, such as '[[1]]'; classes count from 1.")
@click.option("--loss", metavar="NAME", help="With --from: the loss, by its name in a problem file.")
@click.option("--learning-rate", metavar="NUMBER", help="With --from: the learning rate (0.1).")
@click.option("--activation", metavar="NAMES", help="With weights alone: the activation of each layer, or one for all.")
@click.option("--decimals", type=click.IntRange(0, 20), help="With --from: round the weights to so many decimals.")
@mended
def new(name: str, equations: bool, model: Path | None, **said: Any) -> None:
    """Write NAME.toml, a commented problem file to start from.

    With --from it holds the weights of a model; whatever the model does not say, as data and the loss, is taken from
    the options, or stands in the file with a remark to put one's own there.
    """
    from derive.files import write_new
    from derive.reading import new_problem_text

    if name.endswith(("/", "\\", ".json")):
        raise InputError("a name for a new .toml file, such as my-network", name, place="NAME")
    path = Path(name if name.endswith(".toml") else f"{name}.toml")
    if model is None:
        for option, value in said.items():
            if value is not None:
                raise InputError("--from, with which this option goes", "none", place=f"--{option.replace('_', '-')}")
        text = new_problem_text(path.stem, equations)
    else:
        if equations:
            raise InputError("--equations or --from", "both", place="--equations")
        text = _from_model(model, path, said)
    write_new(path, text)
    click.echo(f"{path}\nEdit it, then: derive solve {path}")


def _from_model(model: Path, path: Path, said: dict[str, Any]) -> str:
    """The text of a problem from a model, which is read as a problem before it is written."""
    from derive.imported.model_files import Asked, data, problem_text
    from derive.reading import source_of
    from derive.solution import problem_of

    x, y = (None if said[key] is None else data(said[key], f"--{key}") for key in ("x", "y"))
    words = tuple(said["activation"].split(",")) if said["activation"] else ()
    asked = Asked(x, y, said["loss"], said["learning_rate"], words, said["decimals"])
    text = problem_text(model, path.stem, asked)
    try:
        problem_of(source_of(text, "toml", str(path)).table)
    except InputError as error:
        raise InputError(error.expected, error.found, str(model), error.place, error.hint) from None
    return text
