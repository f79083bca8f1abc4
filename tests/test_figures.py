"""The checker against simulated students: right work accepted, wrong steps found, mistakes named.

`tests/benchmarks/figures.py` counts the same on thousands of sheets; here are few of each kind, on small networks. The
simulator is compared with derive first, quantity by quantity.
"""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache

import pytest
from byhand.task import Task, table_of
from marking import Count, Desk, correct_work, routes, single_mistake, single_slip, two_errors
from students import work

from derive.mistakes import BY_KEY
from derive.reading import example_names
from derive.solution import solve

NAMES = list(example_names("networks"))
NOTHING = Decimal("1e-40")
SMALL = ["0", "5", "6", "10", "11", "17"]
MARKED = [*NAMES, *SMALL]


@cache
def desk(name: str) -> Desk:
    return Desk(name)


@pytest.mark.parametrize("name", [*NAMES, *map(str, range(40))])
def test_simulated_students_compute_what_derive_computes(name: str) -> None:
    """Without rounding every quantity is the same to 19 digits, under the same id."""
    expected = json.loads(solve(table_of(name) if name.isdigit() else name).values_json())
    task = Task(table_of(name))
    found = {id: number for q, number in work(task).used.items() for id in task.names(q)}
    assert found.keys() == expected.keys()
    for id, text in expected.items():
        assert abs(found[id] - Decimal(text)) <= max(abs(Decimal(text)) * Decimal("1e-19"), NOTHING), id


def test_errors_made_by_hand_have_names_in_the_table() -> None:
    names = {key for name in MARKED for key in desk(name).ways.faults}
    assert names <= BY_KEY.keys()
    assert len(names) >= 50


def asked(ask: Callable[[Desk, str], Count | None], key: str, sheets: int) -> Iterator[Count]:
    """So many sheets of each network, as far as they can be drawn."""
    for name in MARKED:
        counts = (ask(desk(name), f"{key}{number}") for number in range(sheets))
        yield from (count for count in counts if count is not None)


def troubles(counts: list[Count]) -> str:
    return "\n".join(str(trouble) for count in counts for trouble in count.troubles)


@pytest.mark.parametrize("carry", ["rounded", "unrounded", "mixed"])
def test_right_work_is_never_accused(carry: str) -> None:
    counts = list(asked(lambda d, seed: correct_work(d, seed, carry), carry, 4))
    assert len(counts) >= 50
    assert all(count.right for count in counts), troubles(counts)


def test_right_work_by_another_route_is_never_accused() -> None:
    counts = list(asked(routes, "routes", 3))
    assert all(count.right for count in counts), troubles(counts)


def test_a_wrong_number_is_found_where_it_is() -> None:
    counts = list(asked(single_slip, "slip", 4))
    assert len(counts) >= 50
    assert sum(count.right for count in counts) >= 0.99 * len(counts), troubles(counts)


def test_a_mistake_is_found_where_it_is_and_named() -> None:
    """At least 99 of 100 are found, and 95 of 100 named, alone or among several that give the number."""
    counts = [
        *asked(lambda d, seed: single_mistake(d, seed, "once"), "once", 4),
        *asked(lambda d, seed: single_mistake(d, seed, "everywhere"), "everywhere", 4),
    ]
    assert len(counts) >= 100
    assert sum(count.right for count in counts) >= 0.99 * len(counts), troubles(counts)
    names = [count.named for count in counts if count.named is not None]
    assert sum(names) >= 0.95 * len(names), troubles(counts)


def test_two_independent_errors_are_both_found() -> None:
    counts = list(asked(two_errors, "two", 4))
    assert len(counts) >= 40
    assert sum(count.right for count in counts) >= 0.9 * len(counts), troubles(counts)
