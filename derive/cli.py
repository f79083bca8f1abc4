"""The command line: arguments to calls, nothing else. Heavy modules are imported by the command that needs them."""

from __future__ import annotations

import gc
import io
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from derive.cli_diagram import diagram
from derive.errors import InputError

FORMATS = ("md", "tex", "html", "typ", "pdf", "json")
ENGINES, PAPERS = ("typst", "latex"), ("a4", "letter")


class Failure(click.ClickException):
    """A user's mistake: one message on standard error, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"derive: {self.message}", err=True)


def mended(command: Callable[..., None]) -> Callable[..., None]:
    """Turns an `InputError` into a message and exit code 2; anything else is our bug and shows itself."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except InputError as error:
            raise Failure(str(error)) from None
        except BrokenPipeError:
            # The reader of our output has gone, as in `derive list | head -1`.
            sys.stderr.close()
        except OSError as error:
            raise Failure(f"the output cannot be written: {(error.strerror or str(error)).lower()}") from None

    return run


def _formats(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    from derive.errors import unknown_name

    chosen = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for name in chosen:
        if name not in FORMATS:
            raise Failure(str(unknown_name(name, FORMATS, place="--format")))
    if not chosen:
        raise Failure(f"--format needs at least one of {', '.join(FORMATS)}")
    return chosen


def _one_of(choices: tuple[str, ...]) -> Callable[[click.Context, click.Parameter, str], str]:
    """The check of an option that is one of a few words."""

    def check(_: click.Context, option: click.Parameter, text: str) -> str:
        from derive.errors import unknown_name

        if text not in choices:
            raise Failure(str(unknown_name(text, choices, place=option.opts[0])))
        return text

    return check


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="derive-backprop", prog_name="derive")
def main() -> None:
    """Worked, proven backpropagation by hand, from a short problem file."""
    # Importing makes many objects and no garbage: looking for it would cost a third of the start-up.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        # Mathematics needs more letters than some terminals' own encoding has.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")


@main.command()
@click.argument("problem")
@click.option("--format", "formats", default="md,tex", callback=_formats, help="md, tex, html, typ, pdf, json.")
@click.option("-o", "--output", default="out", help="Folder to write to; - for standard output.")
@click.option("--notation", help="standard, mazur, hmkcode, caispp, rohan or nielsen.")
@click.option("--form", help="chain, delta, matrix or index.")
@click.option("--detail", default="standard", help="brief, standard or full.")
@click.option("--engine", default="typst", callback=_one_of(ENGINES), help="What makes the PDF: typst or latex.")
@click.option("--paper", default="a4", callback=_one_of(PAPERS), help="a4 or letter.")
@mended
def solve(
    problem: str,
    formats: tuple[str, ...],
    output: str,
    notation: str | None,
    form: str | None,
    detail: str,
    engine: str,
    paper: str,
) -> None:
    """Write the worked solution of PROBLEM, a file or the name of a built-in example.

    PDF needs nothing but this program; with --engine latex it is made by pdflatex, and its .tex is kept beside it.
    """
    from derive.files import write_whole
    from derive.progress import working
    from derive.solution import solve as derive_solution

    gc.freeze()
    gc.enable()

    names, paths = formats, list[Path]()
    if engine == "latex" and "pdf" in formats:
        from derive.render.pdf import find_latex

        find_latex()
        if output != "-":
            # The source is kept, and written first: a message about its errors names its lines.
            names = ("tex", *(name for name in formats if name != "tex"))
    with working(f"Solving {Path(problem).name}") as step:
        solution = derive_solution(problem, notation, form, detail)
        for name in names:
            step(f"writing {name}")
            content = solution.pdf(engine, paper) if name == "pdf" else solution.render(name, paper)
            if output == "-":
                click.echo(content, nl=isinstance(content, str) and not content.endswith("\n"))
                continue
            path = Path(output) / f"{solution.name}.solution.{name}"
            write_whole(path, content)
            paths.append(path)
    for path in paths:
        click.echo(str(path))


@main.command()
@click.argument("problem")
@click.option("--carried", is_flag=True, help="Under the problem's rounding policy, carried from result to result.")
@click.option("--digits", default=20, type=click.IntRange(1, 1000), help="Significant digits (20).")
@mended
def values(problem: str, carried: bool, digits: int) -> None:
    """Print every quantity of PROBLEM as a JSON object from id to decimal."""
    from derive.solution import solve as derive_solution

    click.echo(derive_solution(problem).values_json(carried, digits))


@main.command("list")
@mended
def list_examples() -> None:
    """List the built-in examples."""
    from derive.reading import example_names, read_problem

    names = example_names()
    width = max(map(len, names))
    for name in names:
        click.echo(f"{name:<{width}}  {read_problem(name).title}")


@main.command()
@click.argument("name")
@mended
def new(name: str) -> None:
    """Write NAME.toml, a commented problem file to start from."""
    from derive.files import write_new
    from derive.reading import new_problem_text

    if name.endswith(("/", "\\", ".json")):
        raise InputError("a name for a new .toml file, such as my-network", name, place="NAME")
    path = Path(name if name.endswith(".toml") else f"{name}.toml")
    write_new(path, new_problem_text(path.stem))
    click.echo(f"{path}\nEdit it, then: derive solve {path}")


main.add_command(diagram)


if __name__ == "__main__":
    main()
