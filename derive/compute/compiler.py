"""An indexed formula compiled for all of its rows.

What a part of a formula has in common for many rows is computed once for all of them. Decides where elements are read,
and what is missing. Which quantity stands in which register, and in what order equations run, is not known here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import sub
from typing import NamedTuple

from flint import arb, fmpq

from derive.compute.kernels import (
    GATHER,
    NOTHING,
    ONE,
    STEP_REGISTER,
    ZERO_REGISTER,
    Kernel,
    Registers,
    binary,
    compared,
    constant,
    first_largest,
    first_smallest,
    gather,
    listed,
    negative,
    one_by_one,
    product_of,
    read_at,
    register,
    remembering,
    several,
    shared_by,
    square,
    sum_of,
    unary,
)
from derive.compute.space import Array, Space, Tables, distinguishing, places
from derive.compute.tagged import Tags, applied
from derive.expression import Add, Branch, Call, Cases, Const, Div, Mul, Neg, Node, Pow, Ref, Var
from derive.functions import FUNCTIONS
from derive.number import largest, real_power, smallest, whole_power
from derive.numbers import Number, OutsideDomain, divide
from derive.trace.affine import RELATIONS, Affine, Range, substituted
from derive.trace.affine import letter as letter_form
from derive.trace.indexed import Counter, Fresh, Position, Read, Reduce, Soft, Wins, put_in, stem_of, with_new_letters
from derive.trace.local import WINS
from derive.trace.names import Pure


class Missing(Exception):
    """An element that is read and does not exist, or a range with nothing in it."""

    def __init__(self, row: int, read: Read | None, index: tuple[int, ...], why: str = "") -> None:
        super().__init__(why)
        self.row, self.read, self.index, self.why = row, read, index, why


class Inner(NamedTuple):
    """A space inside another one: where the rows of each outer row begin, or which row each outer row takes."""

    space: Space
    outer: Space
    rows: list[int]
    gathered: bool


@dataclass
class Compiler:
    """Compiles the right side of one equation."""

    arrays: Mapping[str, Array]
    ranges: dict[str, Range]
    functions: Mapping[str, Pure]
    tables: Tables
    exists: Callable[[Array, int], bool] = lambda array, place: True
    """Whether the register of a place within the ranges holds an element; arrays may have holes."""
    holes: frozenset[str] = frozenset()
    variables: Mapping[str, int] = field(default_factory=dict)
    """The places of formal variables."""
    tags: Tags | None = None
    """Where numbers are to remember how they were computed."""
    places: Mapping[object, int] = field(default_factory=dict)
    """The places of quantities in formulas without letters."""
    reading: list[tuple[str, Space, Sequence[int]]] = field(default_factory=list)
    """Every element read: the quantity, the space of the reading formula, the place in each of its rows."""
    above: dict[int, Inner] = field(default_factory=dict)
    """How a space (by id) lies in its outer one."""

    def __call__(self, node: Node, space: Space) -> Kernel:
        """The kernel of a formula for the rows of a space."""
        if isinstance(node, Reduce | Call | Div | Pow | Wins | Cases):
            return self.shared(node, space)
        return self.node(node, space)

    def shared(self, node: Node, space: Space) -> Kernel:
        """The kernel of a formula that is computed once for all rows in which it is the same."""
        if space.length > 1 and not isinstance(node, Read):
            forms = tuple(distinguishing(node).values())
            grouped = space.grouped(forms)
            if grouped is not None:
                first, kinds = grouped
                inner = space.chosen(first)
                if inner is space:
                    return self.node(node, space)
                self.above[id(inner)] = Inner(inner, space, kinds, gathered=False)
                return shared_by(self.node(node, inner), kinds)
        return self.node(node, space)

    def node(self, node: Node, space: Space) -> Kernel:
        match node:
            case Const(value):
                return constant(fmpq(value.numerator, value.denominator))
            case Read():
                return read_at(self.read(node, space))
            case Ref(quantity):
                return register(self.places[quantity])
            case Var(name):
                return register(self.variables[name])
            case Counter():
                return register(STEP_REGISTER)
            case Position(form):
                return listed([fmpq(value) for value in space.values(form)])
            case Neg(arg):
                return negative(self(arg, space))
            case Add((first, Neg(arg))):
                return binary(sub, self(first, space), self(arg, space))
            case Add(terms):
                return sum_of([self(term, space) for term in terms])
            case Mul(factors):
                return product_of([self(factor, space) for factor in factors])
            case Div(above, Const(value)) if value:
                divisor = fmpq(value.numerator, value.denominator)
                return unary(lambda number: number / divisor, self(above, space))
            case Div(above, below):
                return binary(divide, self(above, space), self(below, space))
            case Pow(base, Const(value)) if value.denominator == 1 and 0 <= value <= 64:
                exponent = int(value)
                if exponent == 2:
                    return square(self(base, space))
                function = applied(f"^{exponent}", lambda number: whole_power(number, exponent), self.tags)
                return unary(function, self(base, space))
            case Pow(base, power):
                return binary(applied("^", real_power, self.tags), self(base, space), self(power, space))
            case Call("pi", ()):
                return several(applied("pi", lambda: arb.pi(), self.tags), [])
            case Call(name, args):
                return self.call(name, [self(arg, space) for arg in args])
            case Cases(branches):
                return self.cases(branches, space)
            case Reduce():
                return self.gathered(node, space)
            case Soft():
                return self.alone(node, space, self(self.softmax(node), space))
            case Wins(over, position):
                return self.wins(over, position, space)
        raise TypeError(f"no value for {node!r}")

    def read(self, node: Read, space: Space) -> Sequence[int]:
        """The register that is read in every row."""
        name, index, padded = node.name, node.index, node.padded
        target = self.arrays[name]
        at, outside = places(target, index, space)
        if name in self.holes:
            outside = [row for row, place in enumerate(at) if place < 0 or not self.exists(target, place)]
        if outside:
            if not padded:
                row = outside[0]
                wrong = tuple(space.values(form)[row] for form in index)
                raise Missing(self.outermost(space, row), node, wrong)
            at = list(at)
            for row in outside:
                at[row] = ZERO_REGISTER
        self.reading.append((name, space, at))
        return at

    def outermost(self, space: Space, row: int) -> int:
        """The row of the equation to which a row of an inner space belongs."""
        while id(space) in self.above:
            _, outer, rows, gathered = self.above[id(space)]
            row = bisect_right(rows, row) - 1 if gathered else rows.index(row)
            space = outer
        return row

    def dependencies(self, space: Space) -> list[list[int]]:
        """The registers that each row of the equation reads, whatever it gathers them for."""
        found: dict[int, list[list[int]]] = {id(space): [[] for _ in range(space.length)]}
        for inner in self.above.values():
            found[id(inner.space)] = [[] for _ in range(inner.space.length)]
        for _, where, at in self.reading:
            for row, place in enumerate(at):
                found[id(where)][row].append(place)
        for inner in reversed(self.above.values()):
            outer, below = found[id(inner.outer)], found[id(inner.space)]
            for row in range(inner.outer.length):
                if inner.gathered:
                    for part in below[inner.rows[row] : inner.rows[row + 1]]:
                        outer[row].extend(part)
                else:
                    outer[row].extend(below[inner.rows[row]])
        return found[id(space)]

    def call(self, name: str, args: list[Kernel]) -> Kernel:
        if name in ("max", "min"):
            return several(applied(name, largest if name == "max" else smallest, self.tags), args)
        if name in WINS.values():
            best = first_largest if name == WINS["max"] else first_smallest
            return several(lambda place, *numbers: ONE if best(numbers) == place else NOTHING, args)
        if name in self.functions:
            own = self.functions[name]
            inner = Compiler({}, {}, self.functions, self.tables, variables=_numbered(own.parameters), tags=self.tags)
            body = inner(own.body, Space(self.tables, {}))
            return several(lambda *numbers: body.one(list(numbers), 0), args)
        (only,) = args
        row = FUNCTIONS[name]
        return unary(applied(name, row.value if row.corner else remembering(name), self.tags), only)

    def cases(self, branches: Sequence[Branch], space: Space) -> Kernel:
        """The branch is chosen row by row, and only what it says is computed."""
        lines = [
            (self(b.value, space).one, self(b.left, space).one, b.relation, self(b.right, space).one) for b in branches
        ]

        def one(regs: Registers, row: int) -> Number:
            for value, left, relation, right in lines:
                if RELATIONS[relation](compared(left(regs, row), right(regs, row))):
                    return value(regs, row)
            raise OutsideDomain("a value that no case covers")

        return one_by_one(one)

    def softmax(self, node: Soft) -> Node:
        """softmax as exp(e)/sum(exp(e)) and its logarithm as e - ln(sum(exp(e)))."""
        exponential = Call("exp", (node.body,))
        inner = f"{stem_of(node.letter)}'soft"
        self.ranges[inner] = self.ranges[node.letter]
        known = {node.letter: letter_form(inner)}
        fresh = Fresh(list(self.ranges))
        others = put_in(with_new_letters(exponential, fresh, self.ranges), known)
        conditions = tuple(substituted(c, known) for c in node.conditions)
        total = Reduce("sum", others, (inner,), conditions)
        if node.logarithm:
            return Add((node.body, Neg(Call("ln", (total,)))))
        share = Div(exponential, total)
        return Reduce("sum", share, (), node.conditions) if node.conditions else share

    def alone(self, node: Soft, space: Space, kernel: Kernel) -> Kernel:
        """The softmax of one number is exactly 1, and of nothing there is none."""
        inner = f"{stem_of(node.letter)}'soft"
        known = {node.letter: letter_form(inner)}
        conditions = tuple(substituted(c, known) for c in node.conditions)
        _, begins = space.within((inner,), self.ranges, conditions)
        counts = [begins[row + 1] - begins[row] for row in range(space.length)]
        if 0 in counts:
            raise Missing(self.outermost(space, counts.index(0)), None, (), f"the {node.kind} of nothing")
        rows = {row for row, count in enumerate(counts) if count == 1}
        if not rows:
            return kernel
        within = space.holding(node.conditions)
        outside = set(range(space.length)) - set(within) if within is not None else set()
        only = NOTHING if node.logarithm else ONE
        many, one = kernel.many, kernel.one
        rows -= outside

        def each(regs: Registers, row: int) -> Number:
            return only if row in rows else one(regs, row)

        def together(regs: Registers, a: int, b: int) -> list[Number]:
            return [only if a + at in rows else number for at, number in enumerate(many(regs, a, b))]

        return Kernel(together, each)

    def inner(self, node: Reduce, space: Space) -> tuple[Space, list[int]]:
        found, begins = space.within(node.letters, self.ranges, node.conditions)
        if found is not space:
            self.above[id(found)] = Inner(found, space, begins, gathered=True)
        return found, begins

    def gathered(self, node: Reduce, space: Space) -> Kernel:
        inner, begins = self.inner(node, space)
        kernel = self.shared(node.body, inner) if node.kind in ("max", "min") else self(node.body, inner)
        if node.kind in ("mean", "max", "min"):
            for row in range(space.length):
                if begins[row] == begins[row + 1]:
                    raise Missing(self.outermost(space, row), None, (), f"the {node.kind} of nothing")
        function = GATHER[node.kind]
        if node.kind in ("max", "min"):
            function = self.extreme(node.kind)
        return gather(function, kernel, begins)

    def extreme(self, kind: str) -> Callable[[Sequence[Number]], Number]:
        """The largest or the smallest of many numbers."""
        function = applied(kind, largest if kind == "max" else smallest, self.tags)
        return lambda numbers: function(*numbers)

    def wins(self, over: Reduce, position: tuple[Affine, ...], space: Space) -> Kernel:
        """1 in the rows whose position is where the maximum is taken from; the first of several counts."""
        forms = tuple(distinguishing(over).values())
        first, kinds = space.grouped(forms) or (list(range(space.length)), list(range(space.length)))
        outer = space.chosen(first)
        if outer is not space:
            self.above[id(outer)] = Inner(outer, space, kinds, gathered=False)
        inner, begins = self.inner(over, outer)
        kernel = self.shared(over.body, inner)
        columns = [inner.column(name) for name in over.letters]
        wanted = list(zip(*[space.values(form) for form in position], strict=True))
        best = first_largest if over.kind == "max" else first_smallest

        def one(regs: Registers, row: int) -> Number:
            begin, end = begins[kinds[row]], begins[kinds[row] + 1]
            winner = begin + best(kernel.many(regs, begin, end))
            return fmpq(int(wanted[row] == tuple(column[winner] for column in columns)))

        def many(regs: Registers, a: int, b: int) -> list[Number]:
            winners: dict[int, tuple[int, ...]] = {}
            found: list[Number] = []
            for row in range(a, b):
                kind = kinds[row]
                if kind not in winners:
                    begin, end = begins[kind], begins[kind + 1]
                    winner = begin + best(kernel.many(regs, begin, end))
                    winners[kind] = tuple(column[winner] for column in columns)
                found.append(ONE if wanted[row] == winners[kind] else NOTHING)
            return found

        return Kernel(many, one)


def _numbered(names: Sequence[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}
