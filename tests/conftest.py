"""Rules for every test: no skip in CI, skips named elsewhere, and the same random examples in every run."""

import os
from collections import defaultdict
from collections.abc import Generator, Iterator
from typing import Any

import mpmath
import pytest
from hypothesis import settings

IN_CI = os.environ.get("CI") == "true"

settings.register_profile("derive", deadline=None, derandomize=True, database=None)
settings.load_profile("derive")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="take what is made now for right: rewrites out/ and goldens")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """No workers for one file or one test: they would take longer to start than it takes to run."""
    alone = len(config.args) == 1 and ".py" in config.args[0]
    return 0 if alone else None


@pytest.fixture
def accept(request: pytest.FixtureRequest) -> bool:
    """Whether stored output is rewritten instead of compared."""
    return bool(request.config.getoption("--accept"))


@pytest.fixture(autouse=True)
def _digits_of_mpmath() -> Iterator[None]:
    """No test leaves the precision of mpmath, which is one for the whole process, to the tests after it."""
    with mpmath.workdps(15):
        yield


def _fail_if_skipped(report: Any) -> Any:
    """In CI a skip is a failure: there nothing may be missing."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {_reason(report)}"
    return report


def _reason(report: Any) -> str:
    _path, _line, reason = report.longrepr
    return str(reason).removeprefix("Skipped: ")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    return _fail_if_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    return _fail_if_skipped((yield))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name every skipped test under its reason."""
    skipped = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        skipped[_reason(report)].append(report.nodeid)
    if skipped:
        terminalreporter.section("skipped here; CI runs them all")
    for reason, tests in sorted(skipped.items()):
        terminalreporter.line(f"{reason}\n    " + "\n    ".join(sorted(tests)))
