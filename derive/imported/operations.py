"""What a model from elsewhere computes: operations in order, whoever described them.

Decides nothing but what an operation is. Frameworks fill it in, and `flow` writes it as equations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["inputs", "parameters", "targets", "constants"]


@dataclass(eq=False)
class Given:
    """An array that a model is given: nested lists of exact numbers, its shape, and what it is for."""

    values: Any
    shape: tuple[int, ...]
    role: Role
    label: str
    """What its author calls it."""
    positions: bool = False
    """Whether it holds numbers of rows or classes, which count from 1 here; whoever looks something up says so."""

    name: str = ""
    """What it is to be called whoever reads it."""

    def part(self, start: int, size: int, name: str = "") -> Given:
        """Some rows of it, as an array of its own."""
        rows = self.values[start : start + size]
        return Given(rows, (size, *self.shape[1:]), self.role, self.label, name=name)


@dataclass(eq=False)
class Operation:
    """One operation: its kind, a key of the table of `flow`; what it takes; its options; what its author calls it."""

    kind: str
    takes: tuple[Any, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""
    """The layer that it belongs to."""
    variable: str = ""
    """The name that its result was given."""
    place: str = ""
    """Where it stands, for messages."""


def needed(operations: Sequence[Operation], result: Operation) -> list[Operation]:
    """Those that the result depends on, in order.

    >>> one = Operation("formula", ()); other = Operation("formula", ()); last = Operation("formula", (one,))
    >>> [operation is one for operation in needed([one, other, last], last)]
    [True, False]
    """
    found, open_ones = {result}, [result]
    while open_ones:
        for source in sources(open_ones.pop().takes):
            if isinstance(source, Operation) and source not in found:
                found.add(source)
                open_ones.append(source)
    return [operation for operation in operations if operation in found]


def sources(takes: Iterable[Any]) -> Iterable[Any]:
    """What an operation takes, lists of several written out."""
    for one in takes:
        if isinstance(one, list | tuple):
            yield from sources(one)
        else:
            yield one


def clamped(value: Any, low: Any, high: Any) -> tuple[tuple[Any, ...], str]:
    """What a value between two bounds takes, and its formula; a bound that is not given is None.

    >>> clamped("x", None, 6)
    (('x', 6), 'min({0}, {1})')
    """
    if low is None:
        return (value, high), "min({0}, {1})"
    return ((value, low), "max({0}, {1})") if high is None else ((value, low, high), "min(max({0}, {1}), {2})")
