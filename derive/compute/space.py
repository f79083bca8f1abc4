"""Rows: for which values of its letters a formula is computed, and where in the registers it reads.

A space is a list of rows, each with one value per letter. Decides how the ranges and conditions of letters become
rows, how affine indices become places in the registers, and which rows have the same value of a part of a formula.
No number is computed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, repeat
from math import prod
from operator import add

from derive.expression import Node
from derive.trace.affine import Affine, Atom, Condition, Extent, Range, Table, Times, tables
from derive.trace.indexed import Reduce, indices, parts

Tables = Callable[[str, tuple[int, ...]], int]
"""The whole number that a given table has at a place."""


@dataclass(frozen=True)
class Array:
    """Where the elements of a quantity stand: `base` and one stride per index, for indices within `ranges`."""

    name: str
    base: int
    ranges: tuple[Range, ...]
    strides: tuple[int, ...]

    @property
    def length(self) -> int:
        return self.strides[0] * (self.ranges[0][1] - self.ranges[0][0] + 1) if self.ranges else 1

    def place(self, index: Sequence[int]) -> int | None:
        """The place of an element; None where the ranges end before it."""
        place = self.base
        for at, (low, high), stride in zip(index, self.ranges, self.strides, strict=True):
            if not low <= at <= high:
                return None
            place += (at - low) * stride
        return place

    def index(self, place: int) -> tuple[int, ...]:
        """The index of the element at a place."""
        rest, found = place - self.base, []
        for (low, _), stride in zip(self.ranges, self.strides, strict=True):
            found.append(low + rest // stride)
            rest %= stride
        return tuple(found)


def array(name: str, base: int, ranges: tuple[Range, ...]) -> Array:
    """An array whose last index runs fastest."""
    lengths = [high - low + 1 for low, high in ranges]
    strides = list(accumulate(reversed(lengths[1:]), lambda a, b: a * b, initial=1))[::-1]
    return Array(name, base, ranges, tuple(strides) if ranges else ())


MOST_ROWS = 4_000_000
"""Rows of one formula, those of the sums inside it counted out."""


class TooManyRows(Exception):
    """A formula is computed more often than is worked out."""


class NoEntry(Exception):
    """A table of indices is looked into where it has nothing: the element, and where the table has something."""

    def __init__(self, name: str, at: tuple[int, ...], spans: str) -> None:
        super().__init__(name)
        self.name, self.at, self.spans = name, at, spans


class Space:
    """The rows for which a formula is computed, with the value of every letter in each row.

    A space whose letters run independently keeps only their ranges, in the order in which the last one runs fastest;
    columns of values are made when they are asked for.
    """

    def __init__(
        self,
        tables: Tables,
        box: Mapping[str, range],
        length: int | None = None,
        columns: Mapping[str, list[int]] | None = None,
    ) -> None:
        self.tables, self.box = tables, box
        self.length = prod(map(len, box.values())) if length is None else length
        self._columns: dict[str, list[int]] = dict(columns or {})
        self.independent = columns is None

    def column(self, name: str) -> list[int]:
        """The value of a letter in every row."""
        if name not in self._columns:
            self._columns[name] = self._expanded(0, {name: 1})
        return self._columns[name]

    def only(self, name: str) -> range | None:
        """The values of a letter, where every one of them is in one row and they follow each other."""
        span = self.box[name]
        if self.independent and self.length == len(span):
            return span
        column = self.column(name)
        found = range(column[0], column[0] + len(column)) if column else range(0)
        return found if column == list(found) else None

    def _expanded(self, constant: int, coefficients: Mapping[str, int]) -> list[int]:
        """constant + the sum of coefficient * letter in every row, for letters that run independently."""
        found = [constant]
        for name, span in self.box.items():
            coefficient = coefficients.get(name, 0)
            if not coefficient:
                found = (
                    found * len(span)
                    if len(found) == 1
                    else list(chain.from_iterable(map(repeat, found, repeat(len(span)))))
                )
            elif len(found) == 1:
                (one,) = found
                ends = one + coefficient * span.start, one + coefficient * span.stop
                found = list(range(*ends, coefficient * span.step))
            else:
                parts = [coefficient * value for value in span]
                found = [one + part for one in found for part in parts]
        return found

    def even(self, form: Affine) -> range | None:
        """The values of a form, where each is one more than that of the row before it; None where that is not seen."""
        if not self.independent or not self.length:
            return None
        coefficients = {atom: coefficient for atom, coefficient in form.terms if isinstance(atom, str)}
        if len(coefficients) < len(form.terms):
            return None
        start, wanted = form.constant, 1
        for name, span in reversed(list(self.box.items())):
            coefficient = coefficients.get(name, 0)
            start += coefficient * span.start
            if len(span) > 1:
                if coefficient * span.step != wanted:
                    return None
                wanted *= len(span)
        return range(start, start + self.length)

    def values(self, form: Affine) -> list[int]:
        """The value of a form in every row."""
        if self.independent and all(isinstance(atom, str) for atom, _ in form.terms):
            return self._expanded(form.constant, {str(atom): coefficient for atom, coefficient in form.terms})
        total: list[int] | None = None
        for atom, coefficient in form.terms:
            column = self._atom(atom)
            if total is None:
                total = list(column) if coefficient == 1 else [coefficient * value for value in column]
            elif coefficient == 1:
                total = list(map(add, total, column))
            else:
                total = [one + coefficient * value for one, value in zip(total, column, strict=True)]
        if total is None:
            return [form.constant] * self.length
        if form.constant:
            constant = form.constant
            total = [one + constant for one in total]
        return total

    def _atom(self, atom: Atom) -> list[int]:
        if isinstance(atom, str):
            return self.column(atom)
        if isinstance(atom, Extent | Times):
            raise TypeError(f"a size was not put in: {atom!r}")
        if not atom.index:
            return [self.tables(atom.name, ())] * self.length
        places = zip(*[self.values(form) for form in atom.index], strict=True)
        return [self.tables(atom.name, place) for place in places]

    def holding(self, conditions: Sequence[Condition]) -> list[int] | None:
        """The rows in which all conditions hold; None where there are no conditions."""
        if not conditions:
            return None
        rows: list[int] = list(range(self.length))
        left = self
        # what is looked up may exist only where the other conditions hold
        for condition in sorted(conditions, key=lambda one: any(True for _ in tables(one.form))):
            values = left.values(condition.form)
            kept = [place for place, value in enumerate(values) if condition.holds(value)]
            rows, left = [rows[place] for place in kept], left.chosen(kept)
        return rows

    def chosen(self, rows: Sequence[int]) -> Space:
        """Only some of the rows."""
        if len(rows) == self.length:
            return self
        columns = {name: list(map(self.column(name).__getitem__, rows)) for name in self.box}
        return Space(self.tables, self.box, len(rows), columns)

    def within(
        self, inner: Sequence[str], ranges: Mapping[str, Range], conditions: Sequence[Condition]
    ) -> tuple[Space, list[int]]:
        """The rows of something gathered over further letters, and where those of each outer row begin."""
        spans = {name: range(ranges[name][0], ranges[name][1] + 1) for name in inner}
        each = prod(map(len, spans.values()))
        if each * self.length > MOST_ROWS:
            raise TooManyRows
        if self.independent:
            space = Space(self.tables, {**self.box, **spans})
        else:
            columns = {
                name: list(chain.from_iterable(map(repeat, self.column(name), repeat(each)))) for name in self.box
            }
            block = Space(self.tables, spans)
            columns |= {name: block.column(name) * self.length for name in inner}
            space = Space(self.tables, {**self.box, **spans}, each * self.length, columns)
        rows = space.holding(conditions)
        if rows is None:
            return space, list(range(0, space.length + 1, each)) if each else [0] * (self.length + 1)
        counts = [0] * self.length
        for row in rows:
            counts[row // each] += 1
        return space.chosen(rows), list(accumulate(counts, initial=0))

    def grouped(self, forms: Sequence[Affine]) -> tuple[list[int], list[int]] | None:
        """Rows that differ in the values of some forms: one row of each kind, and for every row its kind.

        None where there are about as many kinds as rows.
        """
        if self.length < 2:
            return None
        if not forms:
            return [0], [0] * self.length
        used = {str(atom) for form in forms for atom, _ in form.terms}
        if self.independent:
            free = [span for name, span in self.box.items() if name not in used]
            if prod(map(len, free)) == 1 and all(any(form.letter == name for form in forms) for name in used):
                return None
        columns = [self.values(form) for form in forms]
        keys: Sequence[object] = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
        kinds: dict[object, int] = {}
        first: list[int] = []
        for row, key in enumerate(keys):
            if key not in kinds:
                if 2 * len(kinds) >= self.length:
                    return None
                kinds[key] = len(kinds)
                first.append(row)
        return first, list(map(kinds.__getitem__, keys))


def _each(values: list[int], times: int) -> list[int]:
    """Every value several times.

    >>> _each([1, 2], 2)
    [1, 1, 2, 2]
    """
    return values * times if len(values) == 1 else list(chain.from_iterable(map(repeat, values, repeat(times))))


def whole_space(names: Sequence[str], ranges: Mapping[str, Range], tables: Tables) -> Space:
    """All values of some letters, the last of them running fastest."""
    return Space(tables, {name: range(ranges[name][0], ranges[name][1] + 1) for name in names})


def distinguishing(node: Node, bound: frozenset[str] = frozenset()) -> dict[tuple[tuple[object, int], ...], Affine]:
    """The forms on which the value of a formula depends in one row: rows that agree in them have the same value."""
    found: dict[tuple[tuple[object, int], ...], Affine] = {}
    inner = bound | set(node.letters) if isinstance(node, Reduce) else bound
    for form in indices(node):
        _note(form, inner, found)
    for part in parts(node):
        found.update(distinguishing(part, inner))
    return found


def _note(form: Affine, bound: frozenset[str], found: dict[tuple[tuple[object, int], ...], Affine]) -> None:
    """Notes the part of a form that is not bound; of a table, where it is looked into: that may fail in some rows."""
    free = Affine(0, tuple((atom, c) for atom, c in form.terms if isinstance(atom, str) and atom not in bound))
    if free.terms:
        found[tuple(sorted(free.terms, key=repr))] = free
    for atom, _ in form.terms:
        if isinstance(atom, Table):
            for inner in atom.index:
                _note(inner, bound, found)


def places(target: Array, index: Sequence[Affine], space: Space) -> tuple[Sequence[int], list[int]]:
    """Where an element is read in every row, and the rows in which an index is outside the ranges (place -1)."""
    if not index:
        return [target.base] * space.length, []
    outside: set[int] = set()
    total = Affine(target.base)
    for form, (low, high), stride in zip(index, target.ranges, target.strides, strict=True):
        total += form.plus(-low).times(stride)
        if not _certain(form, low, high, space):
            values = space.values(form)
            if values and (min(values) < low or max(values) > high):
                outside.update(row for row, value in enumerate(values) if not low <= value <= high)
    if not outside:
        return space.even(total) or space.values(total), []
    found = space.values(total)
    for row in outside:
        found[row] = -1
    return found, sorted(outside)


def _certain(form: Affine, low: int, high: int, space: Space) -> bool:
    """Whether an index is inside its range for all values of its letters, whatever the conditions."""
    least = most = form.constant
    for atom, coefficient in form.terms:
        if not isinstance(atom, str):
            return False
        span = space.box[atom]
        if not span:
            return True
        ends = coefficient * span[0], coefficient * span[-1]
        least, most = least + min(ends), most + max(ends)
    return low <= least and most <= high
