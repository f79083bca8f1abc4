"""Processes that share work: results in order, and nobody left behind, however the process that they work for ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from derive import InputError
from derive.workers import AHEAD, checked_jobs, in_order, workers

SCRIPT = """
import os, signal, sys, time
from pathlib import Path
from derive.workers import in_order, workers

def busy(folder, part):
    for one in part:
        (Path(folder) / f"{os.getpid()}.pid").write_text("")
        time.sleep(60 if one else 0.1)
    return part

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background has none
    with workers(2) as hands:
        for _ in in_order(hands, busy, (sys.argv[1],), range(100), 1):
            print("one is done", flush=True)
"""


def running(pid: int) -> bool:
    """Whether a process is there and at work; one that has ended and was not yet asked for is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(what: object, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGINT twice"])
def test_workers_end_with_the_process_they_work_for(tmp_path: Path, how: str) -> None:
    """Killed, told to end, or stopped by two Ctrl-C, which reach the workers too: none of them goes on."""
    (tmp_path / "work.py").write_text(SCRIPT)
    command = [sys.executable, str(tmp_path / "work.py"), str(tmp_path)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        assert until(lambda: len(list(tmp_path.glob("*.pid"))) == 2)
        pids = [int(path.stem) for path in tmp_path.glob("*.pid")]
        assert parent.stdout is not None and parent.stdout.readline() and all(map(running, pids))
        if how == "SIGINT twice":
            os.killpg(parent.pid, signal.SIGINT)
            time.sleep(0.5)
            assert all(map(running, pids)), "one Ctrl-C lets the portions under way be finished"
            os.killpg(parent.pid, signal.SIGINT)
        else:
            parent.send_signal(getattr(signal, how))
        assert parent.wait(20) != 0
        assert until(lambda: not any(map(running, pids)))
    finally:
        parent.kill()
        parent.wait()


def doubled(factor: int, part: Sequence[int]) -> list[int]:
    return [factor * one for one in part]


def test_results_come_in_order_and_few_portions_wait() -> None:
    """The work is taken as it is needed, by one process or by many."""
    taken = 0

    def work() -> Iterator[int]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield number

    with ThreadPoolExecutor(2) as executor:
        for hands in (None, executor):
            taken = 0
            results = in_order(hands, doubled, (2,), work(), 3)
            assert next(results) == 0 and taken <= 3 * (AHEAD + 1)
            assert [0, *results] == [2 * number for number in range(1000)]


def test_an_executor_of_somebody_else_is_left_alone() -> None:
    with ThreadPoolExecutor(1) as executor:
        with workers(1, executor) as hands:
            assert hands is executor
        assert executor.submit(int).result() == 0
    with workers(1) as hands:
        assert hands is None


@pytest.mark.parametrize("jobs", [0, -1, 257])
def test_a_number_of_processes(jobs: int) -> None:
    with pytest.raises(InputError, match="--jobs"):
        checked_jobs(jobs)
