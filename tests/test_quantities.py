"""The table of kinds says what the computations of networks have: places, examples, and where a quantity is made."""

from __future__ import annotations

from collections.abc import Iterator

from broken import NETWORKS, trace_of

from derive.quantity import BACKWARD, FORWARD, GIVEN, KINDS, TRAINED, UPDATE, Quantity, parse_id


def made() -> Iterator[tuple[str, Quantity]]:
    """Every quantity of the networks in which all kinds of steps occur, with what makes it."""
    for table in NETWORKS.values():
        trace = trace_of(table)
        yield from ((GIVEN, quantity) for quantity in trace.givens)
        yield from ((FORWARD, step.target) for step in trace.preprocessing)
        for one in trace.rounds:
            yield from ((FORWARD, step.target) for step in one.forward)
            yield from ((BACKWARD, step.target) for step in one.backward)
            yield from ((UPDATE, step.target) for step in one.update)


FOUND = list(made())


def test_every_kind_occurs() -> None:
    assert {quantity.kind for _, quantity in FOUND} | {"updates"} == set(KINDS)


def test_where_kinds_are_made() -> None:
    """What training moves is given at first, and so are inputs that nothing standardises."""
    where: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for by, quantity in FOUND:
        where[quantity.kind].add(by)
    both = {GIVEN, UPDATE}
    right = {kind: both if row.made == TRAINED else {row.made} for kind, row in KINDS.items()}
    assert where == {**right, "a": {GIVEN, FORWARD}, "updates": set()}


def test_places_and_examples() -> None:
    """A quantity is at the places of its kind; a shared bias is of no unit, a slope of a softmax of a second one."""
    shared = {"b", "vb", "dL/db"}
    of_example: set[str] = set()
    for _, quantity in FOUND:
        row = KINDS[quantity.kind]
        places = tuple(place for place in ("layer", "unit", "source") if getattr(quantity, place) is not None)
        also = {
            row.places,
            ("layer",) if quantity.kind in shared else row.places,
            (*row.places, "source") if quantity.kind == "da/dz" else row.places,
        }
        assert places in also, quantity
        if quantity.example is not None:
            of_example.add(quantity.kind)
    assert of_example == {kind for kind, row in KINDS.items() if row.of_example}


def test_ids_are_read_as_they_are_written() -> None:
    assert [quantity for _, quantity in FOUND if parse_id(quantity.id) != quantity] == []
