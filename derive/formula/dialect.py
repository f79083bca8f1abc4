"""What a dialect has to spell, and the printed pieces that are put together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from typing import NamedTuple, Self

from derive.formula.marks import FACTOR, NUMBER, Mark
from derive.notation import Name
from derive.palette import RoleName
from derive.rounding import marked

SUM, PRODUCT, POWER, ATOM = 1, 2, 3, 4
"""How tightly a printed formula holds together."""


class Printed(NamedTuple):
    """A printed formula: its text, how tightly it holds together, its width in em, and how it begins."""

    text: str
    level: int
    width: float
    minus: bool = False
    """It begins with a minus sign."""
    numeric: bool = False
    """It begins with a digit, so that a factor before it needs a visible sign."""
    tall: bool = False
    """It holds a fraction or a matrix, so that brackets must grow."""
    added: bool = False
    """It is a sum of two terms or more."""
    opened: bool = False
    """It begins with a bracket or a large operator, so that it may stand next to a factor without a sign."""
    negative: bool = False
    """It begins with a bracketed negative number or product, before which the sign of a product is written."""


class Dialect(ABC):
    """How each construct is spelt; the methods get printed parts and give printed wholes."""

    plus, minus, dot = " + ", " - ", "*"
    thin = ""
    """What stands between two factors that need no sign."""
    negative = "-"
    """The sign of a negative term or factor, which stands between nothing."""
    relation_width = 1.6
    equal, nearly = "=", "≈"
    """What fills the mark of a sign of equality."""

    decimal = "."
    """The decimal mark of a number in a formula."""
    comma = ","
    """How the dialect spells a decimal comma."""
    apart = ","
    """What stands between the members of a list, such as the arguments of a function."""

    bare: Dialect | None = None
    """The dialect of the parts of a name that is painted as a whole; only a dialect that paints has one."""

    @abstractmethod
    def name(self, name: Name) -> Printed: ...

    def painted(self, name: Printed, key: str, role: RoleName) -> Printed:
        """The printed name of a quantity, coloured by its role; `key` is its id."""
        return name

    def with_comma(self) -> Self:
        """The same dialect with a decimal comma, and semicolons between the members of a list."""
        own = copy(self)
        own.decimal, own.apart = own.comma, ";"
        own.bare = self.bare and self.bare.with_comma()
        return own

    def spelt(self, text: str) -> str:
        """A decimal with the mark of the dialect."""
        return text if self.decimal == "." else marked(text, self.decimal)

    def in_words(self, text: str) -> str:
        """A decimal outside of formulas."""
        return text if self.decimal == "." else marked(text, ",")

    @abstractmethod
    def number(self, text: str) -> Printed: ...

    def answer(self, result: Printed) -> Printed:
        """A result that was asked for, marked as such; not marked in plain text."""
        return result

    def slot(self, place: int, characters: int, factor: bool) -> Printed:
        """The mark of a number that is put in later; as a `factor` it gets brackets when it is negative."""
        return Printed(Mark(FACTOR if factor else NUMBER, place).text, ATOM, 0.5 * characters, numeric=True)

    def digits(self, text: str) -> str:
        """A number as plain text inside a gap."""
        return self.spelt(text)

    @abstractmethod
    def blank(self, digits: str, characters: int) -> Printed:
        """A gap to write a number in, or what the key shows there."""

    @abstractmethod
    def bracket(self, inner: Printed) -> Printed: ...

    @abstractmethod
    def product(self, factors: Sequence[Printed]) -> Printed: ...

    def times(self, before: Printed, factor: Printed) -> str:
        """What stands between two factors."""
        number_first = before.numeric and before.level == ATOM
        close = factor.opened or not (factor.numeric or before.tall or factor.tall or number_first)
        return self.thin if close and not factor.negative else self.dot

    @abstractmethod
    def open_bracket(self, tall: bool) -> str:
        """A bracket that may be closed on another row."""

    @abstractmethod
    def close_bracket(self, tall: bool) -> str: ...

    @abstractmethod
    def fraction(self, above: Printed, below: Printed) -> Printed: ...

    @abstractmethod
    def power(self, base: Printed, exponent: Printed) -> Printed: ...

    @abstractmethod
    def call(self, function: str, args: Sequence[Printed]) -> Printed: ...

    @abstractmethod
    def cases(self, lines: Sequence[tuple[Printed, Printed | None]]) -> Printed: ...

    @abstractmethod
    def derivative(self, of: Printed, wrt: Printed, total: bool) -> Printed: ...

    @abstractmethod
    def sum_over(self, index: Name, last: str, body: Printed) -> Printed: ...

    @abstractmethod
    def apply(self, letter: Name, arg: Printed, primes: int) -> Printed: ...

    @abstractmethod
    def matrix(self, rows: Sequence[Sequence[Printed]]) -> Printed: ...

    @abstractmethod
    def matrix_product(self, factors: Sequence[Printed], hadamard: bool) -> Printed: ...

    @abstractmethod
    def transpose(self, inner: Printed) -> Printed: ...

    @abstractmethod
    def gathered(
        self,
        kind: str,
        runs: Sequence[tuple[Printed, Printed, Printed]],
        conditions: Sequence[Printed],
        body: Printed,
    ) -> Printed:
        """The sum, product, mean, maximum or minimum of a body; each run is a letter with its first and last value."""

    @abstractmethod
    def holds(self, conditions: Sequence[Printed]) -> Printed: ...

    @abstractmethod
    def words(self, text: str) -> Printed: ...

    @abstractmethod
    def relation(self, sign: str) -> str: ...

    def goes_on(self, mark: str) -> str:
        """The beginning of a row that goes on with a sum or a product at this sign."""
        return mark
