"""The command `derive diagram`: pictures of a problem as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derive.cli.failure import mended, problem_words, some_of
from derive.errors import InputError

if TYPE_CHECKING:
    from derive.diagram import Scene

FORMATS = ("svg", "tikz")


@click.command()
@click.argument("problem", shell_complete=problem_words)
@click.argument("pictures", nargs=-1)
@click.option("--weight", "weights", multiple=True, help="Weight whose path to the loss is drawn; may be repeated.")
@click.option("--format", "formats", default="svg", callback=some_of(FORMATS), help="svg, tikz; both with a comma.")
@click.option("-o", "--output", default="out", help="Folder to write to; - for standard output.")
@click.option("--notation", help="standard, mazur, hmkcode, caispp, rohan or nielsen.")
@click.option("--decimals", type=click.IntRange(0, 100), help="Of numbers at most; usually 4.")
@mended
def diagram(
    problem: str,
    pictures: tuple[str, ...],
    weights: tuple[str, ...],
    formats: tuple[str, ...],
    output: str,
    notation: str | None,
    decimals: int | None,
) -> None:
    """Draw the network of PROBLEM: as given, after the forward and the backward pass, and the path of a weight.

    Of a problem given by equations, the pictures that suit it. PICTURES are those that are wanted, named as their files
    are, or by the beginning of that, such as path; all where none is named.
    """
    from derive.files import write_whole
    from derive.progress import working
    from derive.solution import solve

    with working(f"Drawing {Path(problem).name}"):
        solution = solve(problem, notation)
        writers = _writers()
        scenes = _wanted(solution.scenes(weights, decimals), pictures)
        files = [(f"{solution.name}.{name}.{f}", writers[f](scene)) for name, scene in scenes for f in formats]
    for file, text in files:
        if output == "-":
            click.echo(text, nl=False)
        else:
            write_whole(Path(output) / file, text)
            click.echo(str(Path(output) / file))


def _writers() -> dict[str, Callable[[Scene], str]]:
    from derive.diagram import to_svg, to_tikz

    return {"svg": to_svg, "tikz": to_tikz}


def _wanted(scenes: list[tuple[str, Scene]], pictures: tuple[str, ...]) -> list[tuple[str, Scene]]:
    """The scenes that are named, or begin with what is named; raises `InputError` for what no picture is called."""
    from derive.errors import unknown_name

    if not scenes:
        hint = "there are pictures of computations with numbers, layers, windows or time."
        raise InputError("a problem that a picture suits", "none that does", place="PROBLEM", hint=hint)
    for one in pictures:
        if not any(_called(name, one) for name, _ in scenes):
            raise unknown_name(one, [name for name, _ in scenes], place="PICTURES")
    return [(name, scene) for name, scene in scenes if not pictures or any(_called(name, one) for one in pictures)]


def _called(name: str, wanted: str) -> bool:
    return name == wanted or name.startswith(f"{wanted}-")
