"""Steps done wrongly together: everywhere, all along one layer or array, in one row, or at one time.

Somebody who makes a mistake seldom makes it at one step alone. This module says which wrong steps belong together; what
they come to, others work out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace

from derive.computation import Computation
from derive.derivation import Trace
from derive.mistakes import KIN, Rewrite
from derive.program import Line
from derive.quantity import Quantity
from derive.trace.identity import element


@dataclass(frozen=True, slots=True)
class Change:
    """One step done wrongly."""

    rewrite: Rewrite
    line: Line

    def said_of(self, target: Quantity) -> Change:
        """The same, told of another quantity, in whose line the step was done."""
        return replace(self, rewrite=replace(self.rewrite, target=target))


def together(trace: Computation, changes: Iterable[Change]) -> Iterator[tuple[Change, ...]]:
    """Each mistake made wherever somebody makes it who always does, in the way of such a person.

    Also each made all along one layer, in one row or at one time, and rows together that are one habit.
    """
    whole: dict[Hashable, dict[int, Change]] = {}
    parts: dict[Hashable, dict[int, Change]] = {}
    for change in changes:
        mistake, target = change.rewrite.mistake, change.rewrite.target
        if mistake.consistently and not isinstance(trace.step(target), mistake.consistently):
            continue
        kin: list[Hashable] = [some for some in KIN if mistake.key in some]
        groups: list[dict[int, Change]] = []
        if change.rewrite.throughout:
            groups += [whole.setdefault(name, {}) for name in (mistake.key, *kin)]
            groups += [parts.setdefault((mistake.key, near, target.step), {}) for near in _near(trace, target)]
        if like := change.rewrite.like:
            groups += [whole.setdefault((name, like), {}) for name in (mistake.key, *kin)]
        for group in groups:
            group.setdefault(change.line.target, change)
    seen = set[frozenset[int]]()
    for group in (*whole.values(), *parts.values()):
        which = frozenset(map(id, group.values()))  # one step may be done wrongly in several ways
        if len(group) > 1 and which not in seen:
            seen.add(which)
            yield tuple(group.values())


def _near(trace: Computation, target: Quantity) -> tuple[Hashable, ...]:
    """What is alike: the steps of a layer, or of all elements of an array, of a row, and of a time."""
    if isinstance(trace, Trace):
        return (target.layer,)
    one = element(target)
    own = (one.by or one.owner or one.of).indices[:1]
    beside = next((symbol.indices[:1] for symbol in (one.via, one.of) if symbol and symbol.indices), ())
    return target.kind, ("row", own), ("row or part", own or beside)
