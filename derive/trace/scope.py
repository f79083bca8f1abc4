"""What names mean at one place of an equation: quantities, letters, arguments of functions, and indices of them.

Decides which name is a letter, which numbers may stand in an index, and in whose counting an index is written. Formulas
are for `lowering`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Self

from derive.errors import InputError, counted, did_you_mean, shown
from derive.expression import Node
from derive.functions import FUNCTIONS
from derive.language import syntax
from derive.library import rows
from derive.trace.affine import Affine, Condition, Extent, Table, Times, letter, whole
from derive.trace.indexed import Fresh
from derive.trace.names import UPDATE, Names, Origin, Target

MOST_TOLD = 12
"""Names of a problem that a message lists."""
LARGEST_INDEX = 10**9
"""The largest number in an index that is multiplied out."""
Bounds = tuple[Affine, Affine] | None


@dataclass
class Letters:
    """The letters of one equation: unique names, and the ranges that the author wrote."""

    fresh: Fresh = field(default_factory=Fresh)
    explicit: dict[str, Bounds] = field(default_factory=dict)
    stilled: dict[str, str] = field(default_factory=dict)
    """Letters that some index has a factor 0 before, so that they move nothing there, and what that factor is."""

    def new(self, name: str, bounds: Bounds = None) -> str:
        unique = self.fresh(name)
        self.explicit[unique] = bounds
        return unique


@dataclass(frozen=True)
class Argument:
    """What an author's function was called with: an expression where its caller stands."""

    value: syntax.Expression
    scope: Scope


@dataclass(frozen=True)
class Scope(ABC):
    """What names mean at one place of an equation."""

    names: Names
    line: syntax.SourceLine
    origin: Origin
    all: Letters
    letters: Mapping[str, str] = field(default_factory=dict)
    """Letters in force: as they are written, and unique."""
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    variables: frozenset[str] = frozenset()
    """Formal variables of a function that is being read."""
    depth: int = 0
    """Functions written out inside each other."""
    counts: bool = False
    """Whether the number of the present update is known."""

    def fault(self, expected: str, found: str | None, hint: str | None = None) -> InputError:
        return self.names.fault(self.line, self.origin, expected, found, hint)

    # -- names

    def target(self, name: str) -> Target:
        """The quantity that a name of this text stands for."""
        return self.origin.names.get(name, Target(name))

    def rank(self, name: str, shown_name: str | None = None) -> int:
        """The number of indices that a quantity has here; raises where there is no such quantity."""
        target = self.target(name)
        rank = self.names.rank(target.name)
        if rank is None:
            raise self.unknown(target.name)
        return rank - len(target.prefix)

    def exists(self, name: str) -> bool:
        return self.names.exists(self.target(name).name)

    def unknown(self, name: str) -> InputError:
        if name == "step":
            return self.fault(
                "a name that is known here", '"step"', "the word step counts updates, and stands in updates."
            )
        if name in self.names.functions or name in FUNCTIONS:
            return self.fault("a number", f"the function {name}", f"write {name}(x).")
        use = self.origin.use
        said = {target.name for own, target in self.origin.names.items() if own != target.name}
        if isinstance(use, syntax.Use) and name not in said:
            # The name is the library's, so its spelling is right.
            own = f"give {name}, or write the name that it has here: use {use.row}({name} = ...)."
            return self.fault("a name that is given or defined", shown(name), own)
        hint = self._of_update(name) if self.names.what == UPDATE else self.names.nearest(name)
        if name.endswith("'"):
            hint = "a new value is known below the line that computes it."
        if hint is None:
            hint = f"give {name} in [inputs], [parameters], [targets] or [constants], or write an equation for it."
        return self.fault("a name that is given or defined", shown(name), hint)

    def _of_update(self, name: str) -> str:
        """What an update knows by a name like one that it does not: its own words, or what the problem gives."""
        own = [one for one in self.origin.names if not one.endswith("'")]
        given = [one for one in dict.fromkeys(self.names.known()) if re.fullmatch(r"\w+", one) and one not in own]
        short = {"".join(word[0] for word in one.split("_")): one for one in (*own, *given) if "_" in one}
        near = did_you_mean(name, [*own, *given]) if name not in short else f'did you mean "{short[name]}"?'
        names = f" ({', '.join(given)})" if len(given) <= MOST_TOLD else ""
        return near or f"an update knows {', '.join([*own, 'step'])}, and what the problem gives{names}."

    # -- indices

    def index(self, index: syntax.Index) -> Affine:
        """An index in the author's counting; a library text counts from 1."""
        return self._index(index).plus(-self.origin.shift)

    def _index(self, index: syntax.Index) -> Affine:
        match index:
            case syntax.Whole(value):
                return whole(value)
            case syntax.IndexSum(terms):
                total = Affine()
                for sign, term in terms:
                    total += self._index(term).times(sign)
                return total
            case syntax.IndexProduct(factors):
                return self._index_product(factors)
            case syntax.Extent(name, axis):
                return self._extent(name, axis)
            case syntax.Letter(name):
                return self._index_name(name)
            case syntax.LookUp(name, inner):
                return self._look_up(name, inner)
        raise TypeError(f"unknown index {index!r}")

    def _index_product(self, factors: tuple[syntax.Index, ...]) -> Affine:
        number, sizes, letters = 1, list[Extent](), list[Affine]()
        for factor in factors:
            form = self._index(factor)
            size = _size_alone(form)
            if form.number is not None:
                number *= form.number
            elif size is not None:
                sizes.append(size)
            else:
                letters.append(form)
        if len(letters) > 1:
            hint = "only given whole numbers may stand as factors of a letter."
            raise self.fault("an index of letters times whole numbers", "a product of two letters", hint)
        product = (letters[0] if letters else whole(1)).times(number)
        if letters and not number:
            for lost in letters[0].terms:
                self.all.stilled[str(lost[0])] = self._nothing(factors)
        for size in sizes:
            product = Affine(0, ((Times(size, product), 1),))
        if max(abs(number), abs(product.constant), *[abs(c) for _, c in product.terms], 0) > LARGEST_INDEX:
            raise self.fault(f"an index of at most {LARGEST_INDEX}", "a larger one")
        return product

    def _nothing(self, factors: tuple[syntax.Index, ...]) -> str:
        """The factor of a letter that is 0, as it is written."""
        zero = next(one for one in factors if self._index(one).number == 0)
        return f"{zero.name}, which is 0" if isinstance(zero, syntax.Letter) else "0"

    def _index_name(self, name: str) -> Affine:
        if name in self.letters:
            return letter(self.letters[name]).plus(self.origin.shift)
        argument = self.arguments.get(name)
        if argument is not None:
            return self._index_argument(name, argument)
        if name in self.origin.words:
            return self._whole_number(name, self.origin.words[name])
        target = self.target(name)
        given = self.names.givens.get(target.name)
        if given is None:
            if self.exists(name):
                hint = "only letters and given whole numbers may stand in an index."
                raise self.fault("a letter or a given whole number as index", f"the quantity {target.name}", hint)
            near = did_you_mean(name, [*self.letters, *self.names.givens])
            hint = near or f"say how far it runs: for {name}, inside sum(... for {name}) or left of =."
            raise self.fault(f"a letter that is bound, or a given whole number, for {name}", "an unknown name", hint)
        return self._given_index(name, target, ())

    def _index_argument(self, name: str, argument: Argument) -> Affine:
        match argument.value:
            case syntax.Number(value) if value.denominator == 1:
                return whole(int(value))
            case syntax.Name(other):
                return argument.scope._index_name(other)
        raise self.fault(f"a given whole number for {name}", "a formula", "an index is never calculated.")

    def _whole_number(self, name: str, value: syntax.Expression) -> Affine:
        if isinstance(value, syntax.Number) and value.value.denominator == 1:
            return whole(int(value.value))
        raise self.fault(f"a whole number for {name}", "another", "an index is never rounded.")

    def _look_up(self, name: str, inner: tuple[syntax.Index, ...]) -> Affine:
        argument = self.arguments.get(name)
        target = self.target(name) if argument is None else argument.scope.array_of(argument.value, name)
        return self._given_index(name, target, tuple(self.index(index) for index in inner))

    def _given_index(self, name: str, target: Target, inner: tuple[Affine, ...]) -> Affine:
        """A given whole number, or one in a table."""
        given = self.names.givens.get(target.name)
        if given is None:
            if self.names.exists(target.name):
                hint = "an index is looked up in a given table of whole numbers, never in what is calculated."
                raise self.fault("a given table of whole numbers", f"the quantity {target.name}", hint)
            raise self.unknown(target.name)
        index = (*target.prefix, *inner)
        if len(index) != len(given.shape):
            raise self.wrong_number(target.name, len(given.shape), len(index))
        if not given.whole:
            part = next(str(number) for number in given.written if Fraction(number).denominator != 1)
            raise self.fault(f"whole numbers in {target.name}, which is an index", part, "an index is never rounded.")
        if target.name in self.names.scheduled or index:
            return Affine(self.origin.shift, ((Table(target.name, index), 1),))
        number = int(given.numbers[0])
        self.names.indices.add(target.name)
        # in a library text a size stays what it is, and a position counts as the text does
        return whole(number + self.origin.shift if name in self.origin.positions else number)

    def _extent(self, name: str, axis: int) -> Affine:
        target, rank = self._sized(name)
        self._check_axis(name, axis, rank)
        return Affine(0, ((Extent(target.name, axis - 1 + len(target.prefix)), 1),))

    def _check_axis(self, name: str, axis: int, rank: int) -> None:
        if not rank:
            raise self.fault("an array inside size", f"the number {name}")
        if axis > rank:
            raise self.fault(f"an index of {name} from 1 to {rank}", str(axis))

    def _sized(self, name: str) -> tuple[Target, int]:
        argument = self.arguments.get(name)
        if argument is not None:
            target = argument.scope.array_of(argument.value, name)
            return target, argument.scope.rank(target.name) - len(target.prefix)
        return self.target(name), self.rank(name)

    def wrong_number(self, name: str, rank: int, found: int) -> InputError:
        what = "no index" if rank == 0 else counted(rank, "index").replace("indexs", "indices")
        given = "none" if found == 0 else str(found)
        row = rows("layer").get(self.origin.row)
        option = row.network.get("by") if row is not None else None
        if row is None or option is None:
            return self.fault(f"{what} behind {name}", given)
        words = f"{option} = {' or '.join(row.options[option])}"
        return self.fault(f"{what} behind {name}", given, f"how many its arrays have is said by {words}.")

    # -- clauses

    def bind(self, binds: tuple[syntax.Bind, ...]) -> tuple[Self, tuple[str, ...]]:
        """The scope with further letters, and these."""
        scope, new = self, []
        for one in binds:
            bounds = None
            if one.low is not None and one.high is not None:
                bounds = scope.index(one.low), scope.index(one.high)
            unique = self.all.new(one.letter, bounds)
            new.append(unique)
            scope = replace(scope, letters={**scope.letters, one.letter: unique})
        return scope, tuple(new)

    def conditions(self, conditions: tuple[syntax.Condition, ...]) -> tuple[Condition, ...]:
        return tuple(Condition(self.index(c.left) - self.index(c.right), c.relation) for c in conditions)

    def array_of(self, value: syntax.Expression, name: str) -> Target:
        """The array, perhaps at fixed leading indices, that was given for an argument with brackets."""
        match value:
            case syntax.Name(other):
                argument = self.arguments.get(other)
                return argument.scope.array_of(argument.value, other) if argument else self.target(other)
            case syntax.Item(other, index, False):
                argument = self.arguments.get(other)
                target = argument.scope.array_of(argument.value, other) if argument else self.target(other)
                return Target(target.name, (*target.prefix, *[self.index(one) for one in index]))
        raise self.fault(f"the name of an array for {name}", "a formula", "give the formula an equation of its own.")

    @abstractmethod
    def __call__(self, value: syntax.Expression, axes: tuple[str, ...] = ()) -> Node:
        """The formula of an expression; `axes` are the letters of the array that it is."""

    @abstractmethod
    def rank_of(self, value: syntax.Expression) -> int:
        """The number of indices that an expression leaves open."""


def _size_alone(form: Affine) -> Extent | None:
    """The size of an array, where a form is that and nothing else."""
    match form:
        case Affine(0, ((Extent() as size, 1),)):
            return size
    return None
