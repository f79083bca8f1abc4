"""Progress on long work: a line on the terminal that appears only when somebody waits."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 0.5
"""Seconds after which the line appears."""


@contextmanager
def working(title: str) -> Iterator[Callable[[str], None]]:
    """Shows `title` and the present stage on a terminal while the block runs, if it runs long; silent elsewhere."""
    stage = [""]
    if not sys.stderr.isatty():
        yield lambda text: stage.__setitem__(0, text)
        return
    done = threading.Event()

    def watch() -> None:
        if done.wait(PATIENCE):
            return
        from rich.console import Console

        console = Console(stderr=True)
        with console.status(title) as status:
            while not done.wait(0.2):
                status.update(f"{title}: {stage[0]}" if stage[0] else title)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield lambda text: stage.__setitem__(0, text)
    finally:
        done.set()
        watcher.join()


@contextmanager
def counting(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar with rate and remaining time for work of many like parts; the value counts finished ones. Silent elsewhere.

    >>> with counting("Writing", 3) as done:
    ...     done(3)
    """
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=total, rate="")

        def advance(count: int) -> None:
            progress.advance(task, count)
            speed = progress.tasks[0].speed
            progress.update(task, rate=f"{speed:.0f}/s" if speed else "")

        yield advance
