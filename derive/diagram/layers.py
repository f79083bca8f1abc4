"""In which column each node of a graph stands, and in which order the nodes of a column stand below each other.

Columns come from the longest path; a line that passes a column has a place there as a node has, so that it can be led
around all others. Orders are those of the barycentre method: the sweep with the fewest crossings counts. Combinatorics
only; sizes are not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

SWEEPS = 12
"""Passes over the columns, in turn from the left and from the right."""

Sources = Mapping[str, Sequence[str]]
"""To every node those that lead into it; every node stands after these."""


class Spot(NamedTuple):
    """A place in a column: of a node, or, where `through` is set, of a line from that node to later columns."""

    key: str
    through: bool = False


class Layers(NamedTuple):
    """The spots of every column from top to bottom, and the lines between neighbouring columns."""

    columns: tuple[tuple[Spot, ...], ...]
    lines: tuple[tuple[tuple[Spot, Spot], ...], ...]
    """Between column n and n + 1."""


def longest_paths(sources: Sources) -> dict[str, int]:
    """The column of every node: behind all that lead into it; what nothing leads into stands before its first reader.

    >>> longest_paths({"a": (), "b": (), "q": ("a", "b"), "c": (), "f": ("q", "c")})
    {'a': 0, 'b': 0, 'q': 1, 'c': 1, 'f': 2}
    """
    depth: dict[str, int] = {}
    for key, before in sources.items():
        depth[key] = 1 + max((depth[one] for one in before), default=-1)
    first: dict[str, int] = {}
    for key, before in sources.items():
        for one in before:
            first[one] = min(first.get(one, depth[key]), depth[key])
    return {key: depth[key] if before else first.get(key, 1) - 1 for key, before in sources.items()}


def layered(sources: Sources, column: Mapping[str, int]) -> Layers:
    """The nodes in their columns with the lines that pass, ordered so that few lines cross."""
    last = {key: column[key] for key in sources}
    for key, before in sources.items():
        for one in before:
            last[one] = max(last[one], column[key] - 1)
    count = max(column.values()) + 1
    columns: list[list[Spot]] = [[] for _ in range(count)]
    for key in _from_the_end(sources):
        for at in range(column[key], last[key] + 1):
            columns[at].append(Spot(key, at > column[key]))
    lines: list[list[tuple[Spot, Spot]]] = [[] for _ in range(count - 1)]
    for key in sources:
        for at in range(column[key], last[key]):
            lines[at].append((Spot(key, at > column[key]), Spot(key, True)))
        for one in dict.fromkeys(sources[key]):
            at = column[key] - 1
            lines[at].append((Spot(one, at > column[one]), Spot(key)))
    return Layers(tuple(map(tuple, _untangled(columns, lines))), tuple(map(tuple, lines)))


def _from_the_end(sources: Sources) -> list[str]:
    """The nodes as they are met from the last one backwards, what leads in first before what leads in second."""
    found: dict[str, None] = {}
    for start in reversed(list(sources)):
        waiting = [start]
        while waiting:
            key = waiting.pop()
            if key not in found:
                found[key] = None
                waiting.extend(reversed(sources[key]))
    return list(found)


def _untangled(columns: Sequence[Sequence[Spot]], lines: Sequence[Sequence[tuple[Spot, Spot]]]) -> list[list[Spot]]:
    """The best of the orders that barycentre sweeps meet."""
    current = [list(column) for column in columns]
    best, fewest = [list(column) for column in current], crossings(current, lines)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        forward = sweep % 2 == 0
        around = range(1, len(current)) if forward else range(len(current) - 2, -1, -1)
        for at in around:
            beside = current[at - 1 if forward else at + 1]
            place = {spot: number for number, spot in enumerate(beside)}
            between = lines[at - 1] if forward else lines[at]
            near: dict[Spot, list[int]] = {}
            for start, end in between:
                own, other = (end, start) if forward else (start, end)
                near.setdefault(own, []).append(place[other])
            current[at] = _by_barycentre(current[at], near)
        found = crossings(current, lines)
        if found < fewest:
            best, fewest = [list(column) for column in current], found
    return best


def _by_barycentre(column: Sequence[Spot], near: Mapping[Spot, Sequence[int]]) -> list[Spot]:
    """Spots in the order of the mean place of their neighbours; those without any keep their place."""
    heights: list[tuple[int, int]] = []
    for number, spot in enumerate(column):
        places = near.get(spot)
        mean = 1000 * sum(places) // len(places) if places else 1000 * number
        heights.append((mean, number))
    return [column[number] for _, number in sorted(heights)]


def crossings(columns: Sequence[Sequence[Spot]], lines: Sequence[Sequence[tuple[Spot, Spot]]]) -> int:
    """How many pairs of lines cross.

    >>> a, b, c, d = map(Spot, "abcd")
    >>> crossings([[a, b], [c, d]], [[(a, d), (b, c)]])
    1
    """
    count = 0
    for (left, right), between in zip(pairwise(columns), lines, strict=True):
        start = {spot: number for number, spot in enumerate(left)}
        end = {spot: number for number, spot in enumerate(right)}
        ends = [(start[a], end[b]) for a, b in between]
        count += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(ends, 2))
    return count
