"""What sweeps of files share: a file is used or refused with one message, within seconds and without gigabytes."""

from __future__ import annotations

import resource
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from derive.errors import InputError, is_unprintable

LONGEST = 10
"""Seconds that one file may take."""
LONGEST_MESSAGE = 1000
MOST_MEMORY = 2 << 30
"""Bytes that may be taken beyond what the program has at the start."""


class Outcome(NamedTuple):
    """What fails with a file, how long it takes, and whether it is refused as a whole."""

    failure: str | None
    seconds: float
    refused: bool


def watched(use: Callable[[], str | None]) -> Outcome:
    """Uses a file; `use` gives what is wrong with the result, or raises `InputError` where the file is refused."""
    started = time.process_time()
    failure, refused = None, False
    signal.signal(signal.SIGALRM, _alarm)
    signal.alarm(6 * LONGEST)
    try:
        failure = use()
    except InputError as error:
        refused = True
        failure = message_fault(error)
    except Exception as error:  # the point of the sweep is that there is none, of whatever kind
        failure = f"{type(error).__name__}: {error}"[:200]
    finally:
        signal.alarm(0)
    seconds = time.process_time() - started
    return Outcome(failure or (f"{seconds:.0f} s" if seconds > LONGEST else None), seconds, refused)


def message_fault(error: InputError) -> str | None:
    """What is wrong with a message; None where nothing is."""
    text = str(error)
    if not error.expected or len(text) > LONGEST_MESSAGE or any(is_unprintable(c) and c != "\n" for c in text):
        return f"the message {text[:100]!r}"
    return None


@contextmanager
def little_memory() -> Iterator[None]:
    """Within the block memory beyond `MOST_MEMORY` is refused, so that whoever wants it fails with a MemoryError."""
    taken = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (taken + MOST_MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def kept(stem: str, path: Path) -> str:
    """A copy of a failing file that is not removed."""
    copy = Path(tempfile.gettempdir()) / f"{stem}{path.suffix}"
    copy.write_bytes(path.read_bytes())
    return str(copy)


def _alarm(signum: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"still busy after {6 * LONGEST} seconds")
