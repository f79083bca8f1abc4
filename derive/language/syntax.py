"""What a line of equations says, as trees that keep the order and the words of the author.

A closed family of frozen classes: lines (equations, functions, uses of library rows, states), expressions, indices.
They know nothing of shapes, ranges or values; what a name means is for the reader of a whole problem.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

# -- indices -------------------------------------------------------------------------------------------------


class Index:
    """The place in an array: a number, a letter, a number looked up in a table, or sums and products of them."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Whole(Index):
    value: int


@dataclass(frozen=True, slots=True)
class Letter(Index):
    """A letter that runs, or a given whole number; the equation decides."""

    name: str


@dataclass(frozen=True, slots=True)
class LookUp(Index):
    """A whole number that stands in a table: word[k]."""

    name: str
    index: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Extent(Index):
    """How many elements an array has along one of its indices: size(K, 2)."""

    name: str
    axis: int


@dataclass(frozen=True, slots=True)
class IndexSum(Index):
    """Terms with their signs, +1 or -1."""

    terms: tuple[tuple[int, Index], ...]


@dataclass(frozen=True, slots=True)
class IndexProduct(Index):
    factors: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Bind:
    """A letter and its range; without bounds the range is inferred."""

    letter: str
    low: Index | None = None
    high: Index | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    left: Index
    relation: str
    right: Index


@dataclass(frozen=True, slots=True)
class Clauses:
    """What follows `for`: letters with their ranges, and the conditions under which they count."""

    binds: tuple[Bind, ...] = ()
    conditions: tuple[Condition, ...] = ()


# -- expressions ---------------------------------------------------------------------------------------------


class Expression:
    """A right side or a part of one."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Number(Expression):
    value: Fraction
    text: str


@dataclass(frozen=True, slots=True)
class Name(Expression):
    """A quantity, a whole array, or a letter read as a number."""

    name: str


@dataclass(frozen=True, slots=True)
class Item(Expression):
    """One element of an array; `padded` reads 0 where the array has none."""

    name: str
    index: tuple[Index, ...]
    padded: bool = False


@dataclass(frozen=True, slots=True)
class Pi(Expression):
    pass


@dataclass(frozen=True, slots=True)
class Counter(Expression):
    """The number of the present update, from 1."""


@dataclass(frozen=True, slots=True)
class Negative(Expression):
    arg: Expression


@dataclass(frozen=True, slots=True)
class Sum(Expression):
    """Terms with their signs, +1 or -1."""

    terms: tuple[tuple[int, Expression], ...]


@dataclass(frozen=True, slots=True)
class Chain(Expression):
    """Factors from left to right, each after the first with its sign *, / or @."""

    first: Expression
    rest: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Power(Expression):
    base: Expression
    exponent: Expression


@dataclass(frozen=True, slots=True)
class Transposed(Expression):
    arg: Expression


@dataclass(frozen=True, slots=True)
class Reduction(Expression):
    """sum(body for i in 1..3 if i != k), and mean, prod, max, min."""

    kind: str
    body: Expression
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class Soft(Expression):
    """softmax(body over j if m <= t)."""

    kind: str
    body: Expression
    letter: str
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice(Expression):
    """if(left > right, then, otherwise)."""

    left: Expression
    relation: str
    right: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Size(Expression):
    name: str
    axis: int


@dataclass(frozen=True, slots=True)
class Applied(Expression):
    """A function of arguments, or a reduction or softmax of whole arrays."""

    function: str
    args: tuple[Expression, ...]
    named: tuple[tuple[str, Expression], ...] = ()


# -- lines ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line with the number it has in the text (from 1), what it says and the author's words after `#`."""

    number: int
    text: str
    comment: str


@dataclass(frozen=True, slots=True)
class Equation(SourceLine):
    """name[index] = right for clauses; `primed` in an update: the new value."""

    name: str
    primed: bool
    index: tuple[Index, ...]
    right: Expression
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class Function(SourceLine):
    """name(parameters)[letters] = right."""

    name: str
    parameters: tuple[str, ...]
    letters: tuple[str, ...]
    right: Expression


@dataclass(frozen=True, slots=True)
class Map:
    """What a name of a library row stands for: a quantity (perhaps at an index), a function, a word or a number."""

    name: str
    value: str | Fraction
    index: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True)
class Use(SourceLine):
    """use row(maps) for clauses."""

    row: str
    maps: tuple[Map, ...]
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class State(SourceLine):
    """state name = value, ...: what an update remembers, and where it starts."""

    starts: tuple[tuple[str, Expression], ...]
