"""The command `derive check`: a sheet, a class or a published text against the derivation."""

from __future__ import annotations

import gc
import shutil
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derive.cli.failure import PAPERS, mended, one_of, problem_words, some_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from derive.check import Check, Marking
    from derive.check.desk import Judged
    from derive.check.products import ClassReport
    from derive.check.stream import Source, Survey
    from derive.work import Names

FORMATS = ("text", "md", "html", "pdf", "json", "csv")
STANDARD_INPUT = "-"


def _some_formats(context: click.Context, option: click.Parameter, text: str | None) -> tuple[str, ...]:
    return () if text is None else some_of(FORMATS)(context, option, text)


@click.command()
@click.argument("problem", shell_complete=problem_words)
@click.argument("work", nargs=-1, required=True)
@click.option("--claims", is_flag=True, help="WORK is a text, such as a blog post, whose equations state values.")
@click.option("--names", help="What the writer's letters mean: a file, or h1=out_h1,h2=out_h2.")
@click.option("--decimals", type=click.IntRange(0, 100), help="Every result was rounded to so many decimals.")
@click.option("--format", "formats", callback=_some_formats, help=f"{', '.join(FORMATS)}; files instead of a report.")
@click.option("-o", "--output", help="Folder to write to (out); - for standard output.")
@click.option("--notation", help="standard, mazur, hmkcode, caispp, rohan or nielsen.")
@click.option("--marks", is_flag=True, help="Give marks: a worksheet's points, else 1 for method and 1 for accuracy.")
@click.option("--points", help="Points of each answer as METHOD+ACCURACY, such as 2+1, or worksheet for its own.")
@click.option("--follow-through", help="full, or what an answer loses that follows from an own error, such as 1/4.")
@click.option("--choice", type=int, help="WORK answers a sheet of multiple choice with so many numbers for each box.")
@click.option("--find-the-error", "find", type=int, help="WORK answers a sheet with so many mistakes to find.")
@click.option("--ask", help="What WORK was asked, with --find-the-error or --choice, as derive worksheet had it.")
@click.option("--head", help="The file with the head of WORK, a sheet: its points count where those of the sheet do.")
@click.option("--paper", default="a4", callback=one_of(PAPERS), help="a4 or letter.")
@click.option("--jobs", type=int, help="Processes that share the sheets of a class (1); 0 for all processors.")
@mended
def check(
    problem: str,
    work: tuple[str, ...],
    claims: bool,
    names: str | None,
    decimals: int | None,
    formats: tuple[str, ...],
    output: str | None,
    notation: str | None,
    marks: bool,
    points: str | None,
    follow_through: str | None,
    find: int | None,
    choice: int | None,
    ask: str | None,
    head: str | None,
    paper: str,
    jobs: int | None,
) -> None:
    """Check the stated values of WORK against PROBLEM and say which step is wrong first, and why.

    WORK is a table (CSV, JSON) of quantities and values, a text of lines such as w5 = 0.4, a filled-in worksheet, or
    - for standard input; a column student marks a whole class, and so do several files or a folder of them. PROBLEM
    may be the folder of a class set: every sheet is judged with its own numbers. The exit code is 0 where nothing is
    wrong, 1 with findings, 2 for unusable input.
    """
    from derive.check import Marking, marking, names_of, opened
    from derive.check.products import write_all
    from derive.check.written import SHEETS
    from derive.progress import working
    from derive.workers import number_of_jobs, workers

    gc.freeze()
    gc.enable()

    stem, chosen = _stem(problem, work), formats or (("md",) if output not in (None, "-") else ())
    folder = Path(output or "out") if chosen and output != "-" else None
    with working(f"Checking {Path(work[0]).name}") as step:
        solution, issued = opened(problem, notation, head)
        asked = None if ask is None else tuple(word.strip() for word in ask.split(","))
        scheme = marking(solution, marks, points, follow_through, issued)
        desk = Marking(solution, issued, decimals, scheme, points is None, find, choice, asked)
        source = _source(work, names_of(solution, _meanings(names), issued, find, choice, asked), claims)
        survey = desk.survey(source, any(format in SHEETS for format in chosen), step)
        desk = desk.settled(survey)
        step("judging")
        only = desk.check(source, survey=survey) if survey.one and folder is None else None
        if survey.one and folder is not None:
            findings, paths = write_all(desk, source, survey, chosen, folder, stem, paper)
    if only is not None:
        findings = _print_one(only, chosen, paper)
    elif not survey.one:
        with workers(number_of_jobs(jobs)) as hands:
            if folder is None:
                findings = _print_class(desk, source, survey, hands, chosen, paper)
            else:
                findings, paths = write_all(desk, source, survey, chosen, folder, stem, paper, hands, _shown)
    for path in paths if folder is not None else ():
        click.echo(str(path))
    if findings:
        sys.exit(1)


def _print(found: Check | ClassReport) -> None:
    """The report on standard output: in colours, and as wide as it is, where that is a terminal."""
    from derive.progress import working

    terminal = sys.stdout is not None and sys.stdout.isatty()
    with working("Writing the report"):
        text = found.text(shutil.get_terminal_size().columns if terminal else None, terminal)
    click.echo(text, nl=False)


def _print_one(found: Check, formats: tuple[str, ...], paper: str) -> bool:
    """The feedback on the only sheet on standard output: whether there are findings."""
    for format in formats:
        click.echo(found.pdf(paper) if format == "pdf" else found.render(format, paper), nl=False)
    if not formats:
        _print(found)
    return found.findings


def _print_class(
    desk: Marking, source: Source, survey: Survey, hands: Executor | None, formats: tuple[str, ...], paper: str
) -> bool:
    """Everything on a class on standard output: whether there are findings."""
    from derive.check.products import ClassReport, print_class

    for format in formats or ("",):
        report = ClassReport.of(desk, survey)
        sheets = _shown(desk.judged(source, desk.order(survey), hands), survey.judged)
        print_class(report, sheets, format, partial(click.echo, nl=False), paper)
    if not formats:
        _print(report)
    return report.findings


def _shown(sheets: Iterator[Judged], count: int) -> Iterator[Judged]:
    """The same sheets, with a bar for those that have been judged."""
    from derive.progress import counting

    with counting("Judging sheets", count) as advance:
        for one in sheets:
            yield one
            advance(1)


def _stem(problem: str, work: tuple[str, ...]) -> str:
    """What the files of a report are called: after the work, or after the problem where there are several files."""
    if work == (STANDARD_INPUT,):
        return "standard-input"
    path = Path(work[0] if len(work) == 1 else problem).absolute()
    return path.stem or "work"


def _meanings(names: str | None) -> Mapping[str, str] | None:
    from derive.work import read_meanings

    return None if names is None else read_meanings(names)


def _source(work: tuple[str, ...], names: Names, claims: bool) -> Source:
    from derive.check import source
    from derive.work import MAX_WORK_BYTES, text_sheets
    from derive.work.source import decoded

    if work != (STANDARD_INPUT,):
        return source(work, names, claims)
    text, _ = decoded(sys.stdin.buffer.read(MAX_WORK_BYTES + 1), "standard input")
    return partial(text_sheets, text, names, "claims" if claims else None, "standard input")
