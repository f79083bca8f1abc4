"""The command `derive check`: a sheet, a class or a published text against the derivation."""

from __future__ import annotations

import gc
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derive.cli.failure import PAPERS, mended, one_of, some_of

if TYPE_CHECKING:
    from derive.check import Check
    from derive.solution import Solution
    from derive.work import Work

FORMATS = ("text", "md", "html", "pdf", "json", "csv")
STANDARD_INPUT = "-"


def _some_formats(context: click.Context, option: click.Parameter, text: str | None) -> tuple[str, ...]:
    return () if text is None else some_of(FORMATS)(context, option, text)


@click.command()
@click.argument("problem")
@click.argument("work", nargs=-1, required=True)
@click.option("--claims", is_flag=True, help="WORK is a text, such as a blog post, whose equations state values.")
@click.option("--decimals", type=click.IntRange(0, 100), help="Every result was rounded to so many decimals.")
@click.option("--format", "formats", callback=_some_formats, help=f"{', '.join(FORMATS)}; files instead of a report.")
@click.option("-o", "--output", help="Folder to write to (out); - for standard output.")
@click.option("--notation", help="standard, mazur, hmkcode, caispp, rohan or nielsen.")
@click.option("--marks", is_flag=True, help="Give marks: 1 point for the method and 1 for the accuracy of each answer.")
@click.option("--points", help="Points of each answer as METHOD+ACCURACY, such as 2+1, or worksheet for its own.")
@click.option("--follow-through", help="full, or what an answer loses that follows from an own error, such as 1/4.")
@click.option("--paper", default="a4", callback=one_of(PAPERS), help="a4 or letter.")
@mended
def check(
    problem: str,
    work: tuple[str, ...],
    claims: bool,
    decimals: int | None,
    formats: tuple[str, ...],
    output: str | None,
    notation: str | None,
    marks: bool,
    points: str | None,
    follow_through: str | None,
    paper: str,
) -> None:
    """Check the stated values of WORK against PROBLEM and say which step is wrong first, and why.

    WORK is a table (CSV, JSON) of quantities and values, a filled-in worksheet, or - for standard input; a column
    student marks a whole class, and so do several files or a folder of them. PROBLEM may be the folder of a class
    set: every sheet is judged with its own numbers. The exit code is 0 where nothing is wrong, 1 with findings, 2 for
    unusable input.
    """
    from derive.check import check_work, marking, opened
    from derive.progress import working

    gc.freeze()
    gc.enable()

    with working(f"Checking {Path(work[0]).name}") as step:
        solution, issued = opened(problem, notation)
        scheme = marking(solution, marks, points, follow_through, issued)
        found = check_work(solution, _read(work, solution, claims), decimals, scheme, step, issued)
        if formats or output not in (None, "-"):
            paths = _write(found, formats or ("md",), output or "out", _stem(problem, work), paper, step)
        else:
            paths = None
    if paths is None:
        terminal = sys.stdout is not None and sys.stdout.isatty()
        click.echo(found.text(shutil.get_terminal_size().columns if terminal else None, terminal), nl=False)
    for path in paths or ():
        click.echo(str(path))
    if found.findings:
        sys.exit(1)


def _stem(problem: str, work: tuple[str, ...]) -> str:
    """What the files of a report are called: after the work, or after the problem where there are several files."""
    if work == (STANDARD_INPUT,):
        return "standard-input"
    path = Path(work[0] if len(work) == 1 else problem).absolute()
    return path.stem or "work"


def _read(work: tuple[str, ...], solution: Solution, claims: bool) -> Work:
    from derive.work import MAX_WORK_BYTES, Names, read_text, read_works
    from derive.work.source import decoded

    names = Names(solution)
    if work != (STANDARD_INPUT,):
        return read_works(work, names, claims)
    text, _ = decoded(sys.stdin.buffer.read(MAX_WORK_BYTES + 1), "standard input")
    return read_text(text, names, "claims" if claims else None, "standard input")


def _write(
    found: Check, formats: tuple[str, ...], output: str, stem: str, paper: str, step: Callable[[str], None]
) -> list[Path]:
    """Writes everything to a folder, and gives the paths; with - to standard output, without feedback sheets."""
    from derive.files import write_whole

    paths = []
    for format in formats:
        step(f"writing {format}")
        if output == "-":
            content = found.pdf(paper) if format == "pdf" else found.render(format, paper)
            click.echo(content, nl=False)
            continue
        for path, content in _files(found, format, Path(output), stem, paper, step):
            write_whole(path, content)
            paths.append(path)
    # Of the feedback sheets of a class only the folder is named.
    return list(dict.fromkeys(path if path.parent == Path(output) else path.parent for path in paths))


def _files(
    found: Check, format: str, folder: Path, stem: str, paper: str, step: Callable[[str], None]
) -> Iterator[tuple[Path, str | bytes]]:
    """Every file of one format with its content."""
    from derive.check import SHEETS

    name = f"{stem}.{'check' if found.one else 'class'}"
    suffix = "txt" if format == "text" else format
    if format == "md":
        for file, picture in found.pictures(name).items():
            yield folder / file, picture
    content = found.pdf(paper) if format == "pdf" else found.render(format, paper, name)
    yield folder / f"{name}.{suffix}", content
    if found.one:
        return
    if format == "csv":
        yield folder / f"{stem}.marks.csv", found.marks_csv()
    if format in SHEETS:
        for number, (file, sheet) in enumerate(found.feedback_files(format, paper), 1):
            step(f"writing {format}: sheet {number} of {len(found.sheets)}")
            yield folder / f"{stem}.feedback" / file, sheet
