"""The command `derive solve`: the worked solution in every format."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derive.cli.failure import ENGINES, PAPERS, mended, one_of, some_of

if TYPE_CHECKING:
    from derive.solution import Solution

FORMATS = ("md", "tex", "html", "typ", "pdf", "docx", "ipynb", "json")


@click.command()
@click.argument("problem")
@click.option("--format", "formats", default="md,tex", callback=some_of(FORMATS), help=f"{', '.join(FORMATS)}.")
@click.option("-o", "--output", default="out", help="Folder to write to; - for standard output.")
@click.option("--notation", help="standard, mazur, hmkcode, caispp, rohan or nielsen.")
@click.option("--form", help="chain, delta, matrix or index.")
@click.option("--detail", default="standard", help="brief, standard or full.")
@click.option("--engine", default="typst", callback=one_of(ENGINES), help="What makes the PDF: typst or latex.")
@click.option("--paper", default="a4", callback=one_of(PAPERS), help="a4 or letter.")
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

    PDF needs nothing but this program; with --engine latex it is made by pdflatex, and its .tex is kept beside it. Word
    documents (docx) need the optional extra derive-backprop[docx].
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
    if "docx" in formats:
        from derive.render.docx import find_pandoc

        find_pandoc()
    with working(f"Solving {Path(problem).name}") as step:
        solution = derive_solution(problem, notation, form, detail)
        for name in names:
            step(f"writing {name}")
            if name == "md" and output != "-":
                for file, picture in solution.pictures().items():
                    write_whole(Path(output) / file, picture)
                    paths.append(Path(output) / file)
            content = _content(solution, name, engine, paper, pictures=output != "-")
            if output == "-":
                click.echo(content, nl=isinstance(content, str) and not content.endswith("\n"))
                continue
            path = Path(output) / f"{solution.name}.solution.{name}"
            write_whole(path, content)
            paths.append(path)
    for path in paths:
        click.echo(str(path))


def _content(solution: Solution, name: str, engine: str, paper: str, pictures: bool) -> str | bytes:
    match name:
        case "pdf":
            return solution.pdf(engine, paper)
        case "docx":
            return solution.docx(paper)
    return solution.render(name, paper, pictures)
