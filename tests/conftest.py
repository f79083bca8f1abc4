"""Rules for every test: no skip in CI, skips named elsewhere, and the same random examples in every run.

What is compiled and imported is compiled and looked through once for all tests, for they start many processes.
"""

import gc
import os
import sys
from collections import defaultdict
from collections.abc import Generator, Iterator
from typing import Any

import mpmath
import pytest
from hypothesis import settings

IN_CI = os.environ.get("CI") == "true"

LONGEST = [
    "test_pages.py",
    "test_page_layout.py",
    "test_pdf.py",
    "test_documents.py",
    "test_from_torch.py",
    "test_figures.py",
    "test_element_questions.py",
    "test_other_words.py",
    "test_diagram.py",
    "test_from_modules.py",
    "test_playground.py",
    "test_check_equations.py",
    "test_html.py",
    "test_equation_teaching.py",
    "test_docs.py",
    "test_mistakes.py",
    "test_calculus.py",
    "test_goldens.py",
    "test_equation_stepper.py",
    "test_benchmarks.py",
    "test_practice.py",
    "test_forms.py",
    "test_equation_forms.py",
]
"""The files that take longest, which are begun first: at the end no worker waits for another."""

settings.register_profile("derive", deadline=None, derandomize=True, database=None)
settings.load_profile("derive")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="take what is made now for right: rewrites out/ and goldens")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """No workers for one file or one test: they would take longer to start than it takes to run."""
    alone = len(config.args) == 1 and ".py" in config.args[0]
    return 0 if alone else None


def pytest_configure(config: pytest.Config) -> None:
    """Compiled modules are kept also where Python is told to write none: every process would compile all anew.

    They go to pytest's own cache, and not beside the sources. And xdist leaves the order of the files as it is here.
    """
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False
    if sys.dont_write_bytecode and hasattr(config, "cache"):
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(config.cache.mkdir("bytecode"))
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


def pytest_collection_finish() -> None:
    """All modules and tests are there to stay: the collector of garbage need not look through them for each test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


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
