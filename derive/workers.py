"""Work in portions: by this process, by processes of our own, or by any executor; results in the order of the work.

Few portions are under way or wait to be used, so that memory does not depend on how many there are. Processes of our
own end with the one that they work for, however it ends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from derive.errors import InputError

T = TypeVar("T")

MOST_JOBS = 256
AHEAD = 32
"""Portions that are under way or wait to be used."""


def checked_jobs(jobs: int) -> int:
    """A number of processes that can be had. Raises `InputError`."""
    if not 1 <= jobs <= MOST_JOBS:
        raise InputError(f"a number of processes from 1 to {MOST_JOBS}", str(jobs), place="--jobs")
    return jobs


def number_of_jobs(jobs: int | None) -> int:
    """How many processes an option means: 0 is all processors. Raises `InputError`."""
    import os

    return checked_jobs((os.cpu_count() or 1) if jobs == 0 else 1 if jobs is None else jobs)


def in_order(
    executor: Executor | None,
    function: Callable[..., Sequence[T]],
    common: tuple[object, ...],
    work: Iterable[Any],
    portion: int,
) -> Iterator[T]:
    """The results of a function of portions of some work, in the order of the work; `common` are its first arguments.

    >>> list(in_order(None, lambda most, part: [min(most, one) for one in part], (3,), range(6), 2))
    [0, 1, 2, 3, 3, 3]
    """
    portions = _portions(iter(work), portion)
    if executor is None:
        for part in portions:
            yield from function(*common, part)
        return
    from concurrent.futures.process import BrokenProcessPool

    waiting: deque[Future[Sequence[T]]] = deque()
    try:
        for part in portions:
            waiting.append(executor.submit(function, *common, part))
            if len(waiting) >= AHEAD:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    except BrokenProcessPool:
        hint = 'less --jobs, where memory is short; a script needs `if __name__ == "__main__":` around the call'
        raise InputError("worker processes that live to the end", "one that died", place="--jobs", hint=hint) from None
    finally:
        for future in waiting:
            future.cancel()


def _portions(work: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while part := list(islice(work, size)):
        yield part


@contextmanager
def workers(jobs: int, executor: Executor | None = None) -> Iterator[Executor | None]:
    """The executor that was given, so many processes of our own, or none where this process does the work.

    Somebody who stops the work waits for the portions under way; who stops it again does not.
    """
    if executor is not None or jobs == 1:
        yield executor
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children, get_context

    others = set(active_children())
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin_work)
    try:
        with _deaf():
            pool.submit(_begun)
        yield pool
    finally:
        try:
            pool.shutdown(wait=True, cancel_futures=True)
        except KeyboardInterrupt:
            for process in set(active_children()) - others:
                process.terminate()
            raise


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are started inside leave Ctrl-C to this one from their first moment on."""
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _begin_work() -> None:
    """A worker leaves Ctrl-C to the process that it works for, ends with it, and does not look through old garbage."""
    import gc
    import signal
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _begun() -> None:
    """What makes a pool start its processes."""


def _end_with_parent() -> None:
    import os
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
