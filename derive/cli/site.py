"""The command `derive site`: a static page on which derive runs in the browser."""

from __future__ import annotations

import gc

import click

from derive.cli.failure import mended, problem_words


@click.command()
@click.argument("problems", nargs=-1, shell_complete=problem_words)
@click.option("-o", "--output", default="site", help="Folder to write to (site).")
@click.option("--packages", help="Folder with Pyodide and wheels; without it npm and pip fetch them.")
@click.option("--force", is_flag=True, help="Replace files that were not made by derive.")
@mended
def site(problems: tuple[str, ...], output: str, packages: str | None, force: bool) -> None:
    """Write a page on which derive runs in the browser: problem, solution, worksheet, key and checker.

    The page offers PROBLEMS, files or names of built-in examples, or all examples where none is named; whoever opens it
    can type others. All of it is in the folder, to be put on any server of files: nothing is loaded from elsewhere, and
    once loaded the page works without a network.
    """
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from derive.playground.fetch import fetch_packages
    from derive.playground.packages import find_packages
    from derive.playground.pages import write_site
    from derive.progress import working

    gc.freeze()
    gc.enable()
    with working("Writing the site") as step:
        if packages is None:
            step("fetching packages with npm and pip")
            with TemporaryDirectory() as folder:
                fetch_packages(Path(folder))
                found = find_packages(folder)
        else:
            found = find_packages(packages)
        step("writing")
        paths, size = write_site(found, output, problems, force)
    click.echo(f"{paths[0]} and {len(paths) - 1} other files, {round(size / 1_000_000)} MB")
