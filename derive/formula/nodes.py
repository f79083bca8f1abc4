"""Formulas that only a page needs: names that are already spelt, and what is gathered over a range.

They stand beside the trees of `expression`, which the printer prints too. Nothing computes with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from derive.expression import Node
from derive.notation import Name
from derive.palette import RoleName


@dataclass(frozen=True, slots=True)
class Named(Node):
    """A name as it is printed; `key` is the id of the number that bears it, empty for what is no number.

    `unit` is the role of a parameter where colours tell units.
    """

    name: Name
    key: str = ""
    role: RoleName = "neutral"
    unit: RoleName | None = None


@dataclass(frozen=True, slots=True)
class Tinted(Node):
    """Words in the colour of a role."""

    text: str
    role: RoleName


@dataclass(frozen=True, slots=True)
class Answered(Node):
    """A result that was asked for, marked as such; of a matrix every entry."""

    result: Node


class Relation(NamedTuple):
    """left sign right, such as k <= 3."""

    left: Node
    sign: str
    right: Node


class Run(NamedTuple):
    """A letter from its first to its last value."""

    letter: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Gathered(Node):
    """sum, prod, mean, max or min of the body over all values of some letters that fulfil the conditions."""

    kind: str
    runs: tuple[Run, ...]
    conditions: tuple[Relation, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Holds(Node):
    """1 where the conditions hold, else 0: they stand in square brackets, as Iverson wrote them."""

    conditions: tuple[Relation, ...]
