"""What the names of a problem mean, and how a fault in an equation is told.

A name is a given array, a quantity that equations define, a function, or a letter of one equation. Decides which one
is meant where, also inside the text of a library row or of an author's function, whose names stand for others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from derive.errors import InputError, did_you_mean
from derive.expression import Node
from derive.language import place
from derive.language.syntax import Expression, Function, SourceLine
from derive.trace.affine import Affine
from derive.trace.givens import Givens

MAX_NODES = 20_000
"""Parts of all formulas of a problem, functions written out."""


UPDATE = "update"
"""What messages call the text of an update."""


@dataclass(frozen=True)
class Pure:
    """A function of numbers: its arguments, their defaults, and its value in formal variables."""

    name: str
    parameters: tuple[str, ...]
    defaults: Mapping[str, Expression]
    body: Node
    cost: int = 1
    """How many operations one call is."""
    smooth: Mapping[str, Fraction] | None = None
    """Arguments and their numbers with which it has a slope everywhere although its body has corners."""


@dataclass(frozen=True)
class Macro:
    """A function whose text is put in where it is used, because it reads arrays or other quantities."""

    line: Function


@dataclass(frozen=True)
class Target:
    """What a name of another text stands for: a quantity, with indices in front of its own."""

    name: str
    prefix: tuple[Affine, ...] = ()


@dataclass(frozen=True)
class Origin:
    """The text that an equation stands in: the author's own, or the row of the library that a line uses.

    `names` and `functions` say what its names stand for; `shift` is what its indices differ from the author's, and
    `positions` are the whole numbers that count like indices.
    """

    use: SourceLine | None = None
    row: str = ""
    names: Mapping[str, Target] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Expression] = field(default_factory=dict)
    """Names that stand for a number."""
    shift: int = 0
    positions: frozenset[str] = frozenset()
    lifts: tuple[str, ...] = ()
    """Letters of the line that uses the row; they stand before the indices of what the row defines."""


class Circle(Exception):
    """Quantities that need each other; the first of them is named first and last."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(in_a_circle(names))
        self.first = names[0]


def in_a_circle(names: Sequence[str]) -> str:
    """What needs what; the middle of a long circle is left out.

    >>> in_a_circle(["a", "b", "a"])
    'a needs b needs a'
    """
    shown = [*names[:4], "...", *names[-2:]] if len(names) > 7 else names
    return " needs ".join(shown)


@dataclass
class Names:
    """All that a problem names."""

    givens: Givens
    first: int = 1
    """What indices count from."""
    scheduled: frozenset[str] = frozenset()
    """Given numbers that change from one update to the next."""
    file: str | None = None
    first_line: int | None = None
    """The line of the file on which the first equation stands."""
    what: str = "equations"
    """What messages call the text: equations, or an update."""
    functions: dict[str, Pure | Macro] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    """How many indices each quantity has, as far as it is known."""
    whole: dict[str, Callable[[], int]] = field(default_factory=dict)
    """How to find the number of indices of a quantity whose equation has no brackets left of =."""
    indices: set[str] = field(default_factory=set)
    """The given whole numbers that an index or a range was made of: another number would be other equations."""
    warnings: list[str] = field(default_factory=list)
    nodes: int = 0
    _open: list[str] = field(default_factory=list)

    def exists(self, name: str) -> bool:
        return name in self.givens or name in self.ranks or name in self.whole

    def rank(self, name: str) -> int | None:
        """The number of indices of a quantity; None where there is no such quantity."""
        if name in self.givens:
            return len(self.givens[name].shape)
        if name not in self.ranks:
            if name not in self.whole:
                return None
            if name in self._open:
                raise Circle([*self._open[self._open.index(name) :], name])
            self._open.append(name)
            self.ranks[name] = self.whole[name]()
            self._open.pop()
        return self.ranks[name]

    def fault(
        self, line: SourceLine, origin: Origin, expected: str, found: str | None, hint: str | None = None
    ) -> InputError:
        """The error for a fault in an equation."""
        outer = origin.use or line
        where = place(outer.number, outer.text, self.first_line, self.what) if outer.number else f"({line.text})"
        if origin.use is not None:
            where += f", {line.text} in the row {origin.row}"
        return InputError(expected, found, self.file, where, hint)

    def unnamed(self, kind: str, rank: int) -> str:
        """A name for an equation that the author did not write."""
        number = 1
        while self.exists(f"{kind}{number}"):
            number += 1
        self.ranks[f"{kind}{number}"] = rank
        return f"{kind}{number}"

    def count(self, line: SourceLine, origin: Origin) -> None:
        """Counts one more part of a formula."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.fault(line, origin, f"at most {MAX_NODES} parts of formulas", "more, functions written out")

    def known(self) -> list[str]:
        return [*self.givens, *self.ranks, *self.whole]

    def nearest(self, name: str, also: Callable[[], list[str]] = list) -> str | None:
        return did_you_mean(name, [*self.known(), *also()])
