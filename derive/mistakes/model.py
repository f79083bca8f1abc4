"""What a known mistake is: a row of a table, and what it puts in the place of a right step.

A mistake is no list of numbers. It says which steps of a derivation it can spoil and which wrong formula it writes
there; whoever evaluates the formula gets the wrong number, in any network, and everything that follows from it.
Sentences have slots in braces, `{quantity}` for the step's own quantity and others for what the mistake names; they
are filled with formulas, because letters are not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from derive.expression import Node, Ref
from derive.quantity import Quantity
from derive.step import Step
from derive.wording import ENGLISH, MISTAKE, Phrase, Wording

Slot = Node | str | Phrase
"""What a sentence on a mistake names: a formula, a name, or words that may be worded otherwise."""
Pieces = tuple[Slot, ...]
"""A sentence: words, and formulas where they stand in it."""


class HasStep(Protocol):
    """The surroundings of a step, of which rows of each table know more."""

    @property
    def step(self) -> Step: ...


@dataclass(frozen=True, slots=True)
class Way:
    """One way of making a mistake at one step: the wrong formula, and what the sentences name.

    `throughout`: so it is made by somebody who always makes it; where no way says so, the first one is. `alone`: never
    so, because somebody who always makes it makes it at another step. `like`: ways with the same word are made
    together by somebody who makes them in another way than the usual one.
    """

    formula: Node
    slots: Mapping[str, Slot] = field(default_factory=dict)
    throughout: bool = False
    alone: bool = False
    like: str = ""


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

    @property
    def phrases(self) -> dict[str, str]:
        """Title, diagnosis and remedy by the keys under which they can be worded."""
        key = f"{MISTAKE}{self.key.replace('-', '_')}"
        return {key: self.title, f"{key}_diagnosis": self.diagnosis, f"{key}_remedy": self.remedy}

    def phrase(self, which: str = "", parts: Mapping[str, Slot] | None = None) -> Phrase:
        """The title, or the sentence `_diagnosis` or `_remedy`, to be worded where it is printed."""
        key = f"{MISTAKE}{self.key.replace('-', '_')}{which}"
        return Phrase(key, self.phrases[key], tuple((parts or {}).items()))

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

    `throughout`: it is part of the calculation of somebody who makes the mistake wherever it can be made; `like` is
    what the ways have in common that somebody takes who makes it in another way.
    """

    mistake: Mistake
    target: Quantity
    formula: Node
    slots: Mapping[str, Slot]
    throughout: bool = False
    like: str = ""

    @property
    def diagnosis(self) -> Pieces:
        """What was probably done, as words and formulas in turn."""
        return self._filled("diagnosis")

    @property
    def remedy(self) -> Pieces:
        """What to do instead, as words and formulas in turn."""
        return self._filled("remedy")

    def _filled(self, sentence: str) -> Pieces:
        known = {"quantity": Ref(self.target), "wrong": self.formula, **self.slots}
        return (self.mistake.phrase(f"_{sentence}", known),)


def joined(parts: Sequence[Pieces], between: Slot) -> Pieces:
    """Pieces in a row with others between them."""
    return tuple(piece for place, part in enumerate(parts) for piece in ((between, *part) if place else part))


def called(kind: str, name: str, usual: str) -> Phrase:
    """What a row of the library is called: an "activation" or a "loss"."""
    return Phrase(f"{kind}_{name}", usual)


def spoken(pieces: Iterable[Any], spell: Callable[[Node], str], say: Wording = ENGLISH) -> str:
    """A sentence with its formulas spelt.

    >>> spoken(("The bias is missing in ", Ref(Quantity("z", 1, 0)), "."), lambda node: node.quantity.id)
    'The bias is missing in z[1][0].'
    """
    return "".join(piece if isinstance(piece, str) else spell(piece) for piece in say.told(pieces))
