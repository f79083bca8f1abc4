"""The command `derive diagram`: pictures of a problem as files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derive.cli.failure import mended, some_of

if TYPE_CHECKING:
    from derive.diagram import Scene
    from derive.solution import Solution

FORMATS = ("svg", "tikz")


@click.command()
@click.argument("problem")
@click.option("--weight", "weights", multiple=True, help="Weight whose path to the loss is drawn; may be repeated.")
@click.option("--format", "formats", default="svg", callback=some_of(FORMATS), help="svg, tikz; both with a comma.")
@click.option("-o", "--output", default="out", help="Folder to write to; - for standard output.")
@click.option("--notation", help="standard, mazur, hmkcode, caispp, rohan or nielsen.")
@mended
def diagram(
    problem: str, weights: tuple[str, ...], formats: tuple[str, ...], output: str, notation: str | None
) -> None:
    """Draw the network of PROBLEM: as given, after the forward and the backward pass, and the path of a weight."""
    from derive.files import write_whole
    from derive.progress import working
    from derive.solution import solve_network

    with working(f"Drawing {Path(problem).name}"):
        solution = solve_network(problem, notation)
        writers = _writers()
        scenes = list(_scenes(solution, weights))
        pictures = [(f"{solution.name}.{name}.{f}", writers[f](scene)) for name, scene in scenes for f in formats]
    for file, text in pictures:
        if output == "-":
            click.echo(text, nl=False)
        else:
            write_whole(Path(output) / file, text)
            click.echo(str(Path(output) / file))


def _writers() -> dict[str, Callable[[Scene], str]]:
    from derive.diagram import to_svg, to_tikz

    return {"svg": to_svg, "tikz": to_tikz}


def _scenes(solution: Solution, weights: tuple[str, ...]) -> Iterator[tuple[str, Scene]]:
    """Every picture with the part of its file's name that tells it from the others."""
    from derive.diagram import losses_scene, network_scene, path_scene
    from derive.quantity import Quantity

    chosen = [solution.parameter(name, "--weight", ("W",)) for name in weights] or [Quantity("W", 1, 0, 0)]
    yield "network", network_scene(solution, "structure")
    yield "forward", network_scene(solution, "forward")
    yield "backward", network_scene(solution, "backward")
    for weight in chosen:
        name = re.sub(r"[^A-Za-z0-9_]+", "-", solution.namer(weight).text)
        yield f"path-{name}", path_scene(solution, weight)
    if solution.problem.training.steps > 1:
        yield "losses", losses_scene(solution)
