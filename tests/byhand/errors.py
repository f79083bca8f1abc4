"""All errors by the kind of quantity in which they are made. Nothing here uses derive."""

from collections.abc import Iterator

from byhand.errors_backward import IN_BACKWARD
from byhand.errors_forward import IN_FORWARD, Way
from byhand.task import Get, Q, Task

ERRORS = {**IN_FORWARD, **IN_BACKWARD}


def wrong_ways(task: Task, q: Q, get: Get) -> Iterator[Way]:
    """The errors that can be made at one step, each with what it gives."""
    yield from ERRORS.get(q.kind, lambda *_: iter(()))(task, q, get)
