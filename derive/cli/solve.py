"""The command `derive solve`: the worked solution in every format."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derive.cli.failure import (
    ENGINES,
    PAPERS,
    PICTURED,
    fragments,
    mended,
    none_or_some_of,
    one_of,
    problem_words,
    some_of,
    tell,
)
from derive.endings import ending
from derive.palette import COLOURS, Colours
from derive.parts import PARTS

if TYPE_CHECKING:
    from derive.views import Views

FORMATS = ("md", "tex", "qmd", "myst", "html", "typ", "pdf", "docx", "ipynb", "json", "numpy", "torch")


@click.command()
@click.argument("problem", shell_complete=problem_words)
@click.option("--format", "formats", default="md,tex", callback=some_of(FORMATS), help=f"{', '.join(FORMATS)}.")
@click.option("-o", "--output", default="out", help="Folder to write to; - for standard output.")
@click.option("--notation", help="standard, mazur, hmkcode, caispp, rohan or nielsen.")
@click.option("--form", help="chain, delta, matrix, index; of equations also graph.")
@click.option("--detail", help="brief, standard or full.")
@click.option("--leave-out", multiple=True, callback=none_or_some_of(tuple(PARTS)), help=f"{', '.join(PARTS)}.")
@click.option("--with", "with_parts", multiple=True, callback=none_or_some_of(tuple(PARTS)), help="The same parts.")
@click.option("--engine", default="typst", callback=one_of(ENGINES), help="What makes the PDF: typst or latex.")
@click.option("--paper", default="a4", callback=one_of(PAPERS), help="a4 or letter.")
@click.option("--colour", callback=one_of(COLOURS), help="What colours tell: role, unit (of weights) or none.")
@click.option("--no-colour", is_flag=True, help="Black formulas; the same as --colour none.")
@click.option("--fragment", is_flag=True, help="Without head and preamble, to be pasted into a document of your own.")
@click.option("--decimal-comma", is_flag=True, help="Show numbers with a comma: 0,15.")
@click.option("--force", is_flag=True, help="Replace files that were not made by derive.")
@mended
def solve(
    problem: str,
    formats: tuple[str, ...],
    output: str,
    notation: str | None,
    form: str | None,
    detail: str | None,
    leave_out: tuple[str, ...],
    with_parts: tuple[str, ...],
    engine: str,
    paper: str,
    colour: Colours | None,
    no_colour: bool,
    fragment: bool,
    decimal_comma: bool,
    force: bool,
) -> None:
    """Write the worked solution of PROBLEM, a file or the name of a built-in example.

    --detail says how much is explained: brief is what stands on a blackboard, standard a worked example to read, full
    everything. --leave-out and --with take parts away and add them.

    All files are written, or none. Those that derive has made before are written anew.

    PDF needs nothing but this program; with --engine latex it is made by pdflatex, and its .tex is kept beside it. Word
    documents (docx) need the optional extra derive-backprop[docx].
    """
    from derive.files import write_together
    from derive.progress import working
    from derive.solution import problem_of
    from derive.solution import solve as derive_solution

    gc.freeze()
    gc.enable()

    formats = fragments(formats, FORMATS[:2]) if fragment else formats
    names, files = formats, dict[Path, str | bytes]()
    if engine == "latex" and "pdf" in formats:
        from derive.render.pdf import find_latex

        find_latex()
        if output != "-":
            names = ("tex", *(name for name in formats if name != "tex"))
    if "docx" in formats:
        from derive.render.docx import find_pandoc

        find_pandoc()
    with working(f"Solving {Path(problem).name}") as step:
        said = problem_of(problem)
        shown = said.model_copy(update={"decimal_comma": True}) if decimal_comma else said
        solution = derive_solution(shown, notation, form, detail, leave_out, with_parts)
        for name in names:
            step(f"writing {name}")
            if name in PICTURED and output != "-":
                files |= {Path(output) / file: picture for file, picture in solution.pictures().items()}
            colours = "none" if no_colour else colour
            content = _content(solution, name, engine, paper, output != "-", colours, fragment)
            if output == "-":
                click.echo(content, nl=isinstance(content, str) and not content.endswith("\n"))
                continue
            files[Path(output) / f"{solution.name}.solution.{'fragment.' * fragment}{ending(name)}"] = content
        if not force:
            from derive.render.made import refuse_others

            refuse_others(files)
        write_together(files)
    tell(solution.remarks)
    for path in files:
        click.echo(str(path))


def _content(
    solution: Views, name: str, engine: str, paper: str, pictures: bool, colours: Colours | None, fragment: bool
) -> str | bytes:
    match name:
        case "pdf":
            return solution.pdf(engine, paper, colours)
        case "docx":
            return solution.docx(paper)
    return solution.render(name, paper, pictures, colours, fragment)
