"""The command `derive audit`: published worked examples, checked."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from derive.cli.failure import mended


@click.command()
@click.option("-o", "--output", default="out", help="Folder to write to; - for standard output.")
@mended
def audit(output: str) -> None:
    """Check the numbers of published examples, and write audit.md: what is right, and what went wrong."""
    from derive.audit import audit as checked
    from derive.audit.collection import collection
    from derive.audit.page import markdown
    from derive.files import write_whole
    from derive.progress import working

    gc.freeze()
    gc.enable()
    with working("Checking published examples"):
        text = markdown(checked(), collection())
    if output == "-":
        click.echo(text, nl=False)
        return
    path = Path(output) / "audit.md"
    write_whole(path, text)
    click.echo(str(path))
