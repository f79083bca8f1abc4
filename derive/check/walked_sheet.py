"""A sheet and the walk beside it, which is made again with wrong steps in it to see what they would explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from derive.check.readings import Reading
from derive.check.walk import Change, Mark, Walk, walk, walk_again
from derive.numbers import Number
from derive.program import Registers

FEW_STATED = 8
"""Stated numbers up to which most steps are those of an empty sheet."""


@dataclass
class WalkedSheet:
    """One sheet under one reading: what is stated, and the walk beside it."""

    reading: Reading
    givens: Sequence[Number]
    truth: Registers
    marks: Mapping[int, Mark]
    unread: frozenset[int]
    found: Walk = field(init=False)
    changes: dict[int, Change] = field(default_factory=dict)
    walks: int = 0
    like: tuple[Walk, int] | None = None
    """A walk that is the same before a place."""

    def __post_init__(self) -> None:
        self.found = self.walk(self.changes, self.like)

    def walk(self, changes: Mapping[int, Change], like: tuple[Walk, int] | None = None) -> Walk:
        definition, rules = self.reading.definition, self.reading.rules
        few = len(self.marks) <= FEW_STATED and not any(at < len(self.givens) for at in self.marks)
        blank = definition.blank(self.givens, rules) if few and like is None else None
        return walk(definition.program, self.givens, self.marks, rules, self.unread, changes, blank, like)

    def changed(self, more: Mapping[int, Change]) -> Walk:
        """The walk with more wrong steps in it; what they do not reach is as it was found."""
        changes = {**self.changes, **more}
        if self.unread:
            return self.walk(changes)
        program, rules = self.reading.definition.program, self.reading.rules
        return walk_again(self.found, program, self.marks, rules, changes, more.keys())

    @property
    def faults(self) -> int:
        return len(self.found.wrong)

    @property
    def troubles(self) -> tuple[int, int]:
        """How many values are wrong, and how many more are right only with these: the fewer, the better it fits."""
        return len(self.found.wrong), len(self.found.follows)
