"""The command `derive stress`: many variants looked at before any is handed out."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from derive.cli.failure import mended, problem_words
from derive.errors import counted


@click.command()
@click.argument("problem", shell_complete=problem_words)
@click.option("--variants", default=500, type=click.IntRange(2, 20000), help="How many draws and variants (500).")
@click.option("--seed", default="0", help="Another seed, other variants (0).")
@click.option("--decimals", type=int, help="Decimals of the answers; default as on the worksheet.")
@click.option("--notation", help="standard, mazur, hmkcode, caispp, rohan or nielsen.")
@click.option("--form", help="chain, delta, matrix or index.")
@click.option("-o", "--output", default="out", help="Folder to write to; - to write no files.")
@mended
def stress(
    problem: str,
    variants: int,
    seed: str,
    decimals: int | None,
    notation: str | None,
    form: str | None,
    output: str,
) -> None:
    """Say how often numbers drawn for PROBLEM are refused and why, and how every answer of its variants spreads."""
    from derive.diagram import to_svg
    from derive.files import write_whole
    from derive.progress import counting, working
    from derive.variants import report, workshop_of
    from derive.variants.draw import checked_seed
    from derive.variants.histogram import spreads_scene
    from derive.variants.stress import stress as stress_test
    from derive.worksheet import SheetOptions

    checked_seed(seed)
    gc.freeze()
    gc.enable()
    with working("Looking for numbers") as step:
        place = workshop_of(problem, SheetOptions(notation=notation, form=form, decimals=decimals), step)
    sheet, setting = place.sheet, place.setting
    with counting("Drawing", 2 * variants) as done:
        found = stress_test(setting, variants, seed, done)
    title = f"Stress test at {counted(setting.policy.decimals, 'decimal')}: {setting.problem.title}"
    parts = report.parts(found, sheet.namer, sheet.remarks)
    click.echo(report.as_text(title, parts))
    if output == "-":
        return
    name = f"{setting.problem.name}.stress"
    files: dict[str, str] = {}
    if found.variants:
        files[f"{name}.svg"] = to_svg(spreads_scene(found, sheet.namer))
    files[f"{name}.md"] = report.as_markdown(title, parts, next(iter(files), ""))
    for file, text in files.items():
        write_whole(Path(output) / file, text)
    click.echo()
    for file in files:
        click.echo(str(Path(output) / file))
