"""The one loop in which the results of steps are computed, in order, each by a rule.

A rule says what a step gives from the results before it: its exact value, a rounded one, the range of all correct work,
what a wrong step gives. What steps and results are, and which rules there are, is for those who have them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar


class HasTarget(Protocol):
    """A step whose result has a place: a number in a list, a name in a mapping."""

    @property
    def target(self) -> Any: ...


class HasPlaces(Protocol):
    """Results by their places, such as a list or a mapping."""

    def __setitem__(self, place: Any, result: Any, /) -> None: ...


L = TypeVar("L", bound=HasTarget)
R = TypeVar("R", bound=HasPlaces)


def follow(lines: Iterable[L], results: R, rule: Callable[[L, R], Any]) -> R:
    """Puts what the rule makes of each step where its result belongs, and gives back all results."""
    for line in lines:
        results[line.target] = rule(line, results)
    return results
