"""The command `derive worksheet`: questions with boxes, the answer key, and on request the solution."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derive.cli.class_set import class_set_options, is_class_set, write_class_set
from derive.cli.failure import ENGINES, PAPERS, PICTURED, fragments, mended, one_of, problem_words, some_of, tell
from derive.endings import ending
from derive.errors import InputError
from derive.palette import COLOURS, Colours

if TYPE_CHECKING:
    from derive.solution import Solution
    from derive.stepwise import Stepwise
    from derive.worksheet import SheetOptions, Sheets
    from derive.worksheet.sheet import BaseSheet

FORMATS = ("pdf", "md", "tex", "html", "typ", "qmd", "myst", "csv", "practice")
PRACTICE = "practice"
"""A page that answers. With it --variants are sets of numbers in the page."""
TOPICS = ("forward", "loss", "factors", "deltas", "gradients", "weights", "new-loss")
BLANKS = ("results", "substitutions", "formulas", "all", "picture")


@click.command()
@click.argument("problems", nargs=-1, required=True, metavar="PROBLEM...", shell_complete=problem_words)
@click.option("--format", "formats", default="pdf", callback=some_of(FORMATS), help=f"{', '.join(FORMATS)}.")
@click.option("-o", "--output", help="Folder to write to (out); - prints the worksheet on standard output.")
@click.option(
    "--ask",
    help=f"What is asked: {', '.join(TOPICS)}, or all; delta:2 of one layer, h1 of one unit, dE/dw5 alone. "
    "By default what suits the form.",
)
@click.option("--blanks", default="substitutions", help=f"What is left blank: {', '.join(BLANKS)}, or weights: w5,w6.")
@click.option("--fade", is_flag=True, help="First unit of each layer worked, second half worked, the rest blank.")
@click.option("--compact", is_flag=True, help="Fewer pages: short lines have a box but no room to work in.")
@click.option("--choice", type=int, help="Multiple choice: so many numbers for each box, the wrong ones by mistakes.")
@click.option("--find-the-error", "find", type=int, help="A worked calculation with so many known mistakes to find.")
@click.option("--solution", "solutions", is_flag=True, help="Write the worked solution too.")
@click.option("--notation", help="standard, mazur, hmkcode, caispp, rohan or nielsen.")
@click.option("--form", help="chain, delta, matrix or index.")
@click.option("--detail", default="standard", help="brief, standard or full.")
@click.option("--decimals", type=int, help="Decimals of the answers; by default as few as will do, from 4 on.")
@click.option("--engine", default="typst", callback=one_of(ENGINES), help="What makes the PDF: typst or latex.")
@click.option("--paper", default="a4", callback=one_of(PAPERS), help="a4 or letter.")
@click.option("--head", help="A file with the head of the sheet: course, instructions, logo, points, words, ...")
@click.option("--decimal-comma", is_flag=True, help="Show numbers with a comma: 0,15.")
@click.option("--colour", callback=one_of(COLOURS), help="What colours tell: role, unit (of weights) or none.")
@click.option("--no-colour", is_flag=True, help="Black formulas; the same as --colour none.")
@click.option("--fragment", is_flag=True, help="The questions alone, to be pasted into a document of your own.")
@click.option("--large", is_flag=True, help="Large print.")
@click.option("--answers-only", is_flag=True, help="Only the numbered boxes, to be scanned.")
@class_set_options
@mended
def worksheet(
    problems: tuple[str, ...],
    formats: tuple[str, ...],
    output: str | None,
    ask: str | None,
    blanks: str,
    fade: bool,
    solutions: bool,
    engine: str,
    variants: int | None,
    roster: str | None,
    seed: str | None,
    jobs: int | None,
    force: bool,
    all_in_one: bool,
    head: str | None,
    decimal_comma: bool,
    colour: Colours | None,
    no_colour: bool,
    fragment: bool,
    large: bool,
    answers_only: bool,
    **chosen: Any,
) -> None:
    """Write a worksheet on PROBLEM and its answer key; with --variants or --roster one for every student.

    Several problems stand on one sheet, with one key and questions numbered through.

    The format practice is a page for a browser in which every box answers; with --variants it has so many sets of
    numbers beside the problem's own.

    A .tex file is both: \\printanswers switches. A .csv file is an empty table for answers, and a table of the right
    ones. Files that are there already are replaced with --force only.
    """
    gc.freeze()
    gc.enable()

    flags = {"decimal_comma": decimal_comma, "large": large, "answers_only": answers_only}
    shown = tuple(name for name, said in flags.items() if said)
    formats = fragments(formats, FORMATS[:1]) if fragment else formats
    chosen |= {"ask": asked_for(ask), "blanks": blank_lines(blanks), "fade": fade}
    chosen["colours"] = "none" if no_colour else colour
    if fragment and (variants is not None or roster is not None):
        raise InputError("a single worksheet with --fragment", "a class set", place="--fragment")
    if PRACTICE in formats:
        sets: dict[str, object] = {
            "--roster": roster,
            "--jobs": jobs,
            "--all-in-one": all_in_one,
            "--solution": solutions,
        }
        _write_practice(problems, formats, output, force, fragment, sets, variants, seed, head, shown, chosen)
        return
    if is_class_set(variants, roster, seed=seed, jobs=jobs, all_in_one=all_in_one):
        if len(problems) > 1:
            raise InputError("one problem for a class set", str(len(problems)), place="PROBLEM")
        write_class_set(
            problems[0], formats, output, variants, roster, seed, jobs, force, all_in_one,
            engine=engine, solutions=solutions, head=head, shown=shown, **chosen,
        )  # fmt: skip
        return
    _write_one(problems, formats, output, force, engine, solutions, fragment, head, shown, chosen)


def asked_for(text: str | None) -> tuple[str, ...] | None:
    """What `--ask` lists."""
    if text is None:
        return None
    words = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not words:
        raise InputError(f"one or more of {', '.join(TOPICS)}", "nothing", place="--ask")
    return words


def blank_lines(text: str) -> str | tuple[str, ...]:
    """One of the words, or names of weights: only those have a comma, or are none of the words."""
    words = tuple(part.strip() for part in text.split(",") if part.strip())
    if not words:
        raise InputError(f"{', '.join(BLANKS)}, or names of weights", "nothing", place="--blanks")
    return words[0] if len(words) == 1 and words[0] in BLANKS else words


def _write_one(
    problems: tuple[str, ...],
    formats: tuple[str, ...],
    output: str | None,
    force: bool,
    engine: str,
    solutions: bool,
    fragment: bool,
    head: str | None,
    shown: tuple[str, ...],
    chosen: dict[str, Any],
) -> None:
    """The files of a single worksheet, all or none."""
    from derive.files import write_together
    from derive.progress import working
    from derive.solution import problem_of
    from derive.variants.glyphs import unshown_words
    from derive.variants.own import own_sheet
    from derive.worksheet import SheetOptions, Sheets, dressed
    from derive.worksheet.several import check_count

    check_count(len(problems))
    if engine == "latex" and "pdf" in formats:
        from derive.render.pdf import find_latex

        find_latex()
        formats = ("tex", *(name for name in formats if name != "tex"))
    pictured = not PICTURED.isdisjoint(formats) and output != "-"
    with working(f"Making a worksheet of {', '.join(Path(problem).name for problem in problems)}") as step:
        sheets: list[BaseSheet] = []
        for problem in problems:
            pictures = f"{Path(problem).stem}.worksheet" if pictured else ""
            whole, logo = dressed(problem_of(problem), head, shown)
            first = 1 + sum(len(sheet.body.questions) for sheet in sheets)
            sheets.append(own_sheet(whole, SheetOptions(**chosen, pictures=pictures), logo, first))
        sheet = _Single(sheets[0]) if len(sheets) == 1 else Sheets(sheets)
        if output == "-":
            content = next(_contents(sheet, formats[-1], engine, fragment))[1]
            click.echo(content, nl=isinstance(content, str) and not content.endswith("\n"))
            tell(sheet.remarks)
            return
        folder = Path(output or "out")
        files: dict[Path, str | bytes] = {folder / file: text for file, text in sheet.beside(formats).items()}
        for name in formats:
            step(f"writing {name}")
            for end, content in _contents(sheet, name, engine, fragment):
                files[folder / f"{sheet.name}.{end}"] = content
            for one in sheets if solutions and name != "csv" else ():
                files |= {folder / file: text for file, text in _solution(one.solution, name, engine, one.options)}
        if not force:
            _check_new(files)
        write_together(files)
    for path in files:
        click.echo(str(path))
    tell([*sheet.remarks, *unshown_words(whole, formats, engine)])


def _write_practice(
    problems: tuple[str, ...],
    formats: tuple[str, ...],
    output: str | None,
    force: bool,
    fragment: bool,
    others: Mapping[str, object],
    variants: int | None,
    seed: str | None,
    head: str | None,
    shown: tuple[str, ...],
    chosen: dict[str, Any],
) -> None:
    """The practice page of one problem."""
    from derive.files import write_together
    from derive.practice import practice
    from derive.progress import working
    from derive.worksheet import SheetOptions

    place, expected = "--format", f"{PRACTICE} alone: --variants means something else with the other formats"
    if len(formats) > 1:
        raise InputError(expected, ", ".join(formats), place=place)
    if len(problems) > 1:
        raise InputError("one problem for a practice page", str(len(problems)), place="PROBLEM")
    for option, said in {**others, "--fragment": fragment}.items():
        if said:
            raise InputError(f"no such option with --format {PRACTICE}", option, place=option)
    if seed is not None and variants is None:
        raise InputError("--variants", "--seed alone", place="--seed")
    source = click.get_current_context().get_parameter_source("blanks")
    if source is click.core.ParameterSource.DEFAULT:
        chosen |= {"blanks": "formulas"}  # the formula is a hint
    name = Path(problems[0]).name
    with working(f"Making a practice page of {name}") as step:
        made = practice(problems[0], variants or 0, seed or "0", SheetOptions(**chosen), head, shown, step)
    if output == "-":
        click.echo(made.html, nl=False)
        tell(made.remarks)
        return
    path = Path(output or "out") / f"{made.name}.practice.html"
    if not force:
        _check_new({path: made.html})
    write_together({path: made.html})
    click.echo(str(path))
    tell(made.remarks)


class _Single:
    """A sheet with its own numbers, as one of several has them."""

    def __init__(self, sheet: BaseSheet) -> None:
        self.sheet, self.numbers = sheet, sheet.numbers()
        self.name, self.remarks, self.beside = sheet.name, sheet.remarks, sheet.beside

    def file(self, format: str, key: bool, engine: str) -> str | bytes:
        return self.sheet.file(self.numbers, format, key=key, engine=engine)

    def fragment(self, format: str, key: bool) -> str:
        return self.sheet.fragment(self.numbers, format, key)


def _contents(sheet: _Single | Sheets, name: str, engine: str, fragment: bool) -> Iterator[tuple[str, str | bytes]]:
    """The endings and the contents of the files of one format."""
    for kind in ("worksheet", "key") if name != "tex" else ("worksheet",):
        key = kind == "key"
        if fragment:
            yield f"{kind}.fragment.{ending(name)}", sheet.fragment(name, key)
        else:
            yield f"{kind}.{ending(name)}", sheet.file(name, key, engine)


def _solution(
    solved: Solution | Stepwise, name: str, engine: str, options: SheetOptions
) -> Iterator[tuple[str, str | bytes]]:
    """The files of the worked solution in one format."""
    from derive.stepwise import Stepwise

    solution = solved.solution if isinstance(solved, Stepwise) else solved
    if name in PICTURED:
        yield from solution.pictures().items()
    paper, colours = options.paper, options.colours
    whole = solution.pdf(engine, paper, colours) if name == "pdf" else solution.render(name, paper, colours=colours)
    yield f"{solution.name}.solution.{ending(name)}", whole


def _check_new(paths: dict[Path, str | bytes]) -> None:
    for path in paths:
        try:
            taken = path.exists() or path.is_symlink()
        except OSError as error:
            raise InputError("a name that a file can have", (error.strerror or str(error)).lower(), str(path)) from None
        if taken:
            hint = "--force replaces it; -o chooses another folder"
            raise InputError("a name that is not taken", "a file of that name", file=str(path), hint=hint)
