"""What a known mistake is: a row of a table, and what it puts in the place of a right step.

A mistake is no list of numbers. It says which steps of a derivation it can spoil and which wrong formula it writes
there; whoever evaluates the formula gets the wrong number, in any network, and everything that follows from it.
Sentences have slots in braces, `{quantity}` for the step's own quantity and others for what the mistake names; they
are filled with formulas, because letters are not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, Protocol

from derive.expression import Node, Ref
from derive.quantity import Quantity
from derive.step import Step


class HasStep(Protocol):
    """The surroundings of a step, of which rows of each table know more."""

    @property
    def step(self) -> Step: ...


@dataclass(frozen=True, slots=True)
class Way:
    """One way of making a mistake at one step: the wrong formula, and what the sentences name.

    `throughout`: so it is made by somebody who always makes it; where no way says so, the first one is. `alone`: never
    so, because somebody who always makes it makes it at another step.
    """

    formula: Node
    slots: Mapping[str, Node | str] = field(default_factory=dict)
    throughout: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Mistake:
    """A row of the table.

    `ways` gives the wrong formulas for one step of a type in `steps`, the likeliest first, or none where the mistake
    cannot be made. `usual` marks the errors that a set of problems has to keep apart. `consistently` names the steps
    where somebody who always makes the mistake makes it; empty: all of them. `rather_than` has the keys of rows that
    need not be named where this one gives the number too: circumstances alone make them give it, as a slope of 0 makes
    a sum of factors equal to one of them, or they are the same error seen at another step.
    """

    key: str
    title: str
    diagnosis: str
    remedy: str
    steps: tuple[type[Step], ...]
    ways: Callable[[Any], Iterable[Way]]
    usual: bool = False
    consistently: tuple[type[Step], ...] = ()
    rather_than: tuple[str, ...] = ()

    def rewrite(self, site: HasStep) -> Iterator[Way]:
        """The wrong formulas at one step, none of them twice and none of them the right one."""
        if not isinstance(site.step, self.steps):
            return
        seen = [site.step.formula]
        for way in self.ways(site):
            if way.formula not in seen:
                seen.append(way.formula)
                yield way

    def always(self, site: HasStep, ways: Sequence[Way]) -> Way | None:
        """Which of the ways at a step somebody takes who always makes the mistake; None where it is not made there."""
        if self.consistently and not isinstance(site.step, self.consistently):
            return None
        habits = [way for way in ways if not way.alone]
        return next((way for way in habits if way.throughout), habits[0] if habits else None)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One step with a mistake in it: `target` gets `formula` instead of its own.

    `throughout`: it is part of the calculation of somebody who makes the mistake wherever it can be made.
    """

    mistake: Mistake
    target: Quantity
    formula: Node
    slots: Mapping[str, Node | str]
    throughout: bool = False

    @property
    def diagnosis(self) -> tuple[str | Node, ...]:
        """What was probably done, as words and formulas in turn."""
        return self._filled(self.mistake.diagnosis)

    @property
    def remedy(self) -> tuple[str | Node, ...]:
        """What to do instead, as words and formulas in turn."""
        return self._filled(self.mistake.remedy)

    def _filled(self, sentence: str) -> tuple[str | Node, ...]:
        known: dict[str, Node | str] = {"quantity": Ref(self.target), "wrong": self.formula, **self.slots}
        pieces: list[str | Node] = []
        for words, slot, _, _ in Formatter().parse(sentence):
            pieces += [words] if words else []
            pieces += [known[slot]] if slot is not None else []
        return tuple(pieces)


def spoken(pieces: Iterable[str | Node], spell: Callable[[Node], str]) -> str:
    """A sentence with its formulas spelt.

    >>> spoken(("The bias is missing in ", Ref(Quantity("z", 1, 0)), "."), lambda node: node.quantity.id)
    'The bias is missing in z[1][0].'
    """
    return "".join(piece if isinstance(piece, str) else spell(piece) for piece in pieces)
