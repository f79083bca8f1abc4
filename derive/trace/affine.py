"""Indices as affine forms: a whole number plus whole multiples of letters and of numbers looked up in tables.

Decides how indices are added, substituted, bounded and compared. Which array they belong to is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Range = tuple[int, int]
"""The first and the last value of a letter."""


@dataclass(frozen=True, slots=True)
class Table:
    """A whole number looked up in a given table: word[k]; without an index a given number that training moves on."""

    name: str
    index: tuple[Affine, ...] = ()


@dataclass(frozen=True, slots=True)
class Extent:
    """How many elements an array has along one of its indices, from 0: known once the ranges are."""

    name: str
    axis: int


@dataclass(frozen=True, slots=True)
class Times:
    """How many elements an array has along one of its indices, times a form; only until ranges are known."""

    extent: Extent
    form: Affine


Atom = str | Table | Extent | Times
"""A letter, unique in its equation, or a number looked up or counted."""


@dataclass(frozen=True, slots=True)
class Affine:
    """constant + sum of coefficient * atom, the atoms in the order in which they were written."""

    constant: int = 0
    terms: tuple[tuple[Atom, int], ...] = ()

    def __add__(self, other: Affine) -> Affine:
        found = dict(self.terms)
        for atom, coefficient in other.terms:
            found[atom] = found.get(atom, 0) + coefficient
        return Affine(self.constant + other.constant, tuple((a, c) for a, c in found.items() if c))

    def __sub__(self, other: Affine) -> Affine:
        return self + other.times(-1)

    def times(self, factor: int) -> Affine:
        return Affine(self.constant * factor, tuple((a, c * factor) for a, c in self.terms if factor))

    def plus(self, number: int) -> Affine:
        return Affine(self.constant + number, self.terms)

    def coefficient(self, atom: Atom) -> int:
        return dict(self.terms).get(atom, 0)

    @property
    def letter(self) -> str | None:
        """The letter, where the form is a letter and nothing else."""
        match self:
            case Affine(0, ((str(letter), 1),)):
                return letter
        return None

    @property
    def number(self) -> int | None:
        """The number, where the form is one."""
        return None if self.terms else self.constant

    def same(self, other: Affine) -> bool:
        """Whether both are the same form, whatever the order of their terms."""
        return self.constant == other.constant and dict(self.terms) == dict(other.terms)


def whole(number: int) -> Affine:
    return Affine(number)


def letter(name: str) -> Affine:
    return Affine(0, ((name, 1),))


def letters(form: Affine) -> Iterator[str]:
    """The letters of a form, also those inside tables."""
    for atom, _ in form.terms:
        if isinstance(atom, str):
            yield atom
        elif isinstance(atom, Times):
            yield from letters(atom.form)
        elif isinstance(atom, Table):
            for inner in atom.index:
                yield from letters(inner)


def tables(form: Affine) -> Iterator[Table]:
    """The tables that a form looks into, the inner ones too."""
    for atom, _ in form.terms:
        if isinstance(atom, Table):
            yield atom
            for inner in atom.index:
                yield from tables(inner)


def substitute(form: Affine, known: Mapping[str, Affine]) -> Affine:
    """The form with other forms in place of some letters.

    >>> substitute(letter("k").plus(-1), {"k": letter("p").times(2)})
    Affine(constant=-1, terms=(('p', 2),))
    """
    result = Affine(form.constant)
    for atom, coefficient in form.terms:
        if isinstance(atom, str):
            result += known.get(atom, letter(atom)).times(coefficient)
        elif isinstance(atom, Extent):
            result += Affine(0, ((atom, coefficient),))
        elif isinstance(atom, Times):
            result += Affine(0, ((Times(atom.extent, substitute(atom.form, known)), coefficient),))
        else:
            inner = Table(atom.name, tuple(substitute(index, known) for index in atom.index))
            result += Affine(0, ((inner, coefficient),))
    return result


def bounds(form: Affine, ranges: Mapping[str, Range], table: Callable[[Table | Extent], Range]) -> Range:
    """The least and the largest value of a form while its letters run; `table` bounds what is looked up or counted.

    >>> bounds(letter("r").times(2).plus(-1), {"r": (1, 3)}, lambda _: (0, 0))
    (1, 5)
    """
    low = high = form.constant
    for atom, coefficient in form.terms:
        if isinstance(atom, Times):
            size, inner = table(atom.extent)[0], bounds(atom.form, ranges, table)
            first, last = size * inner[0], size * inner[1]
        else:
            first, last = ranges[atom] if isinstance(atom, str) else table(atom)
        low += min(coefficient * first, coefficient * last)
        high += max(coefficient * first, coefficient * last)
    return low, high


@dataclass(frozen=True, slots=True)
class Condition:
    """form relation 0."""

    form: Affine
    relation: str

    def holds(self, value: int) -> bool:
        return RELATIONS[self.relation](value)


RELATIONS: dict[str, Callable[[int], bool]] = {
    "<": lambda value: value < 0,
    "<=": lambda value: value <= 0,
    ">": lambda value: value > 0,
    ">=": lambda value: value >= 0,
    "==": lambda value: value == 0,
    "!=": lambda value: value != 0,
}


OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
"""What holds where a relation does not."""


def decided(condition: Condition, extent: Range) -> bool | None:
    """Whether a condition holds for every value of its form in `extent`, for none (False), or for some (None)."""
    low, high = extent
    match condition.relation:
        case "==":
            return True if low == high == 0 else False if low > 0 or high < 0 else None
        case "!=":
            return False if low == high == 0 else True if low > 0 or high < 0 else None
        case _:
            ends = condition.holds(low), condition.holds(high)
            return True if all(ends) else None if any(ends) else False


def substituted(condition: Condition, known: Mapping[str, Affine]) -> Condition:
    return Condition(substitute(condition.form, known), condition.relation)
