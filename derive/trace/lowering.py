"""From the tree of a line to an indexed formula: names, letters, whole arrays, functions.

Decides which name is a letter, puts letters in for whole arrays, and writes functions of arrays out. Ranges are not
known yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from derive.errors import InputError, counted, did_you_mean, shown
from derive.expression import Branch, Call, Cases, Const, Div, Mul, Neg, Node, Pow, Var, add, mul
from derive.functions import FUNCTIONS, PI
from derive.language import syntax
from derive.language.words import MAX_DEPTH, REDUCTIONS, SOFTMAXES
from derive.trace.affine import OPPOSITE, Affine, Condition, Extent, Table, Times, letter, whole
from derive.trace.indexed import Count, Counter, Fresh, Position, Read, Reduce, Soft
from derive.trace.names import Macro, Names, Origin, Pure, Target

LARGEST_INDEX = 10**9
"""The largest number in an index that is multiplied out."""
SEVERAL = ("max", "min")
"""Functions of two or more numbers."""
AXES = ("i", "j", "k", "l", "m", "n", "p", "q")
"""Letters that are put in for the indices of whole arrays."""
Bounds = tuple[Affine, Affine] | None


@dataclass
class Letters:
    """The letters of one equation: unique names, and the ranges that the author wrote."""

    fresh: Fresh = field(default_factory=Fresh)
    explicit: dict[str, Bounds] = field(default_factory=dict)

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
class Scope:
    """What names mean at one place of an equation."""

    names: Names
    line: syntax.Line
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
        hint = self.names.nearest(name)
        if hint is None:
            hint = f"give {name} in [inputs], [parameters], [targets] or [constants], or write an equation for it."
        return self.fault("a name that is given or defined", shown(name), hint)

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
        for size in sizes:
            product = Affine(0, ((Times(size, product), 1),))
        if max(abs(number), abs(product.constant), *[abs(c) for _, c in product.terms], 0) > LARGEST_INDEX:
            raise self.fault(f"an index of at most {LARGEST_INDEX}", "a larger one")
        return product

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
        return self.fault(f"{what} behind {name}", given)

    # -- clauses

    def bind(self, binds: tuple[syntax.Bind, ...]) -> tuple[Scope, tuple[str, ...]]:
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

    # -- expressions

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

    def __call__(self, value: syntax.Expression, axes: tuple[str, ...] = ()) -> Node:
        """The formula of an expression; `axes` are the letters of the array that it is."""
        self.names.count(self.line, self.origin)
        match value:
            case syntax.Number(number, _):
                return Const(number)
            case syntax.Pi():
                return PI
            case syntax.Counter():
                if not self.counts:
                    raise self.unknown("step")
                return Counter()
            case syntax.Name(name):
                return self._name(name, axes)
            case syntax.Item(name, index, padded):
                return self._item(name, index, padded)
            case syntax.Negative(arg):
                return Neg(self(arg, axes))
            case syntax.Sum(terms):
                signed = [(sign, self._operand(term, axes)) for sign, term in terms]
                return add(*[Neg(term) if sign < 0 else term for sign, term in signed])
            case syntax.Chain(first, rest):
                return self._chain(first, rest, axes)
            case syntax.Power(base, exponent):
                return Pow(self._operand(base, axes), self._operand(exponent, axes))
            case syntax.Transposed(arg):
                return self(arg, axes[::-1])
            case syntax.Reduction(kind, body, clauses):
                inner, new = self.bind(clauses.binds)
                return Reduce(kind, inner.number(body), new, inner.conditions(clauses.conditions))
            case syntax.Soft(kind, body, over, conditions):
                return self._soft(kind, body, over, conditions)
            case syntax.Choice():
                return self._choice(value, axes)
            case syntax.Size(name, axis):
                target, rank = self._sized(name)
                self._check_axis(name, axis, rank)
                return Count(target.name, axis - 1 + len(target.prefix))
            case syntax.Applied():
                return self._applied(value, axes)
        raise TypeError(f"unknown expression {value!r}")

    def number(self, value: syntax.Expression) -> Node:
        """The formula of an expression that must be a number, not a whole array."""
        rank = self.rank_of(value)
        if rank:
            hint = "write its indices; whole arrays stand in equations without brackets left of =."
            raise self.fault("a number", _kind(rank), hint)
        return self(value)

    def _operand(self, value: syntax.Expression, axes: tuple[str, ...]) -> Node:
        """A part of something element by element: an array of the same rank, or a scalar."""
        return self(value, axes if axes and self.rank_of(value) else ())

    def _name(self, name: str, axes: tuple[str, ...]) -> Node:
        if name in self.variables:
            return Var(name)
        argument = self.arguments.get(name)
        if argument is not None:
            return argument.scope(argument.value, axes)
        if name in self.origin.words:
            return self(self.origin.words[name])
        if not self.exists(name) and name in self.letters:
            return Position(letter(self.letters[name]).plus(self.origin.shift))
        rank, target = self.rank(name), self.target(name)
        if rank != len(axes):
            raise self.wrong_number(name, rank, 0)
        if name in self.letters and not rank:
            hint = f"the letter {name} is a quantity too; give one of them another name."
            raise self.fault(f"one meaning of {name}", "two", hint)
        return Read(target.name, (*target.prefix, *map(letter, axes)))

    def _item(self, name: str, index: tuple[syntax.Index, ...], padded: bool) -> Node:
        argument = self.arguments.get(name)
        if argument is not None:
            target = argument.scope.array_of(argument.value, name)
            rank = argument.scope.rank(target.name) - len(target.prefix)
        elif name in self.variables:
            raise self.fault(f"a number {name}", f"an element of {name}")
        else:
            if name in self.letters and not self.exists(name):
                raise self.fault(f"the letter {name} without an index", "an index behind it")
            target, rank = self.target(name), self.rank(name)
        if rank != len(index):
            raise self.wrong_number(name, rank, len(index))
        return Read(target.name, (*target.prefix, *[self.index(one) for one in index]), padded)

    def _chain(
        self, first: syntax.Expression, rest: tuple[tuple[str, syntax.Expression], ...], axes: tuple[str, ...]
    ) -> Node:
        """Factors from left to right."""
        if len(rest) > MAX_DEPTH and any(sign == "@" for sign, _ in rest):
            raise self.fault(f"at most {MAX_DEPTH} factors beside @", counted(len(rest), "factor"))
        if not any(sign == "@" for sign, _ in rest):
            node = self._operand(first, axes)
            for sign, factor in rest:
                other = self._operand(factor, axes)
                node = mul(node, other) if sign == "*" else _divided(node, other)
            return node
        (*before, (sign, last)) = rest
        left = syntax.Chain(first, tuple(before)) if before else first
        if sign != "@":
            one, other = self._operand(left, axes), self._operand(last, axes)
            return mul(one, other) if sign == "*" else _divided(one, other)
        inner = self.all.new("s")
        rows, columns = self.rank_of(left) - 1, self.rank_of(last) - 1
        if rows < 0 or columns < 0:
            raise self.fault("arrays on both sides of @", "a number", "write * for a product of numbers.")
        one = self(left, (*axes[:rows], inner))
        other = self(last, (inner, *axes[rows:]))
        return Reduce("sum", Mul((one, other)), (inner,))

    def _soft(self, kind: str, body: syntax.Expression, over: str, conditions: tuple[syntax.Condition, ...]) -> Node:
        if over not in self.letters:
            hint = f"the letter stays free: it stands left of =, as in p[{over}] = softmax(... over {over})."
            raise self.fault(f"a letter {over} that the equation binds", "none", hint)
        return Soft(kind, self.number(body), self.letters[over], self.conditions(conditions))

    def _choice(self, value: syntax.Choice, axes: tuple[str, ...]) -> Node:
        left, right = self._operand(value.left, axes), self._operand(value.right, axes)
        then, otherwise = self._operand(value.then, axes), self._operand(value.otherwise, axes)
        relation = value.relation
        return Cases(
            (Branch(then, left, relation, right), Branch(otherwise, left, OPPOSITE[relation], right)),
        )

    # -- functions

    def _applied(self, value: syntax.Applied, axes: tuple[str, ...]) -> Node:
        name = self.origin.functions.get(value.function, value.function)
        if name in REDUCTIONS or name in SOFTMAXES:
            several = name in SEVERAL and len(value.args) > 1
            if value.named or (len(value.args) != 1 and not several):
                raise self._misused(name)
            if not several:
                return self._gathered(name, value.args[0], axes)
        if name in SEVERAL:
            return Call(name, tuple(self._operand(arg, axes) for arg in value.args))
        own = self.names.functions.get(name)
        if isinstance(own, Macro):
            return self._written_out(own.line, value, axes)
        if isinstance(own, Pure):
            return Call(name, tuple(self._operand(arg, axes) for arg in self._arguments(own, value)))
        if name in FUNCTIONS:
            if value.named or len(value.args) != 1:
                raise self.fault(f"one argument of {name}", str(len(value.args) + len(value.named)))
            return Call(name, (self._operand(value.args[0], axes),))
        raise self.no_function(name)

    def no_function(self, name: str) -> InputError:
        if name == "log":
            return self.fault("ln or log10", '"log"', "the natural logarithm is ln, the one to base 10 is log10.")
        if self.exists(name) or name in self.letters:
            return self.fault("a sign of calculation", f'"{name}("', f"write * between factors: {name}*(...).")
        choices = [*FUNCTIONS, *REDUCTIONS, *SOFTMAXES, *self.names.functions]
        if name in {"f", "g", "act", "activation"} or self.origin.use is not None:
            hint = f"say which function {name} is: use {self.origin.row}(..., {name} = sigmoid)."
            return self.fault("a function that is known", shown(name), hint if self.origin.use else None)
        return self.fault("a function that is known", shown(name), did_you_mean(name, choices))

    def _misused(self, name: str) -> InputError:
        if name in SOFTMAXES:
            return self.fault(f"{name}(z) of one array, or {name}(z[j] over j)", "other arguments")
        return self.fault(
            f"{name}(x) of one array, or {name}(... for i)", "other arguments", f"write {name}(... for i)."
        )

    def _gathered(self, name: str, arg: syntax.Expression, axes: tuple[str, ...]) -> Node:
        """sum(x), softmax(z) of whole arrays."""
        rank = self.rank_of(arg)
        if not rank:
            how = f"{name}(... over j)" if name in SOFTMAXES else f"{name}(... for i)"
            raise self.fault(f"a whole array inside {name}", "a number", f"say what runs: {how}.")
        if name in SOFTMAXES:
            return Soft(name, self(arg, axes), axes[-1])
        inner = tuple(self.all.new(stem) for stem in AXES[:rank])
        return Reduce(name, self(arg, inner), inner)

    def _arguments(self, own: Pure, value: syntax.Applied) -> list[syntax.Expression]:
        """What a function is called with, in the order of its parameters."""
        found = dict(zip(own.parameters, value.args, strict=False))
        for name, argument in value.named:
            if name not in own.parameters:
                hint = did_you_mean(name, own.parameters)
                raise self.fault(f"an argument of {own.name} ({', '.join(own.parameters)})", shown(name), hint)
            if name in found:
                raise self.fault("every argument once", f"{name} twice")
            found[name] = argument
        missing = [name for name in own.parameters if name not in found and name not in own.defaults]
        if missing or len(value.args) > len(own.parameters):
            expected = f"{own.name}({', '.join(own.parameters)})"
            raise self.fault(expected, counted(len(value.args) + len(value.named), "argument"))
        return [found[name] if name in found else own.defaults[name] for name in own.parameters]

    def _macro(self, line: syntax.Function, value: syntax.Applied) -> Scope:
        if value.named or len(value.args) != len(line.parameters):
            expected = f"{line.name}({', '.join(line.parameters)})"
            raise self.fault(expected, counted(len(value.args) + len(value.named), "argument"))
        self.names.count(self.line, self.origin)
        if self.depth > MAX_DEPTH:
            raise self.fault("a function that does not need itself", f"{line.name} inside itself")
        arguments = {name: Argument(arg, self) for name, arg in zip(line.parameters, value.args, strict=True)}
        return replace(self, line=line, origin=Origin(), arguments=arguments, letters={}, depth=self.depth + 1)

    def _written_out(self, line: syntax.Function, value: syntax.Applied, axes: tuple[str, ...]) -> Node:
        inner = self._macro(line, value)
        if line.letters:
            if len(line.letters) != len(axes):
                hint = f"the function is a whole array; call it as a whole right side: y = {line.name}(...)."
                raise self.fault("a number", _kind(len(line.letters)), hint)
            return replace(inner, letters=dict(zip(line.letters, axes, strict=True)))(line.right)
        return inner(line.right, axes)

    # -- ranks

    def rank_of(self, value: syntax.Expression) -> int:
        """The number of indices that an expression leaves open."""
        match value:
            case syntax.Name(name):
                if name in self.variables:
                    return 0
                argument = self.arguments.get(name)
                if argument is not None:
                    return argument.scope.rank_of(argument.value)
                if name in self.origin.words or (not self.exists(name) and name in self.letters):
                    return 0
                return self.rank(name)
            case syntax.Negative(arg):
                return self.rank_of(arg)
            case syntax.Sum(terms):
                return self._common(value, [term for _, term in terms])
            case syntax.Power(base, exponent):
                return self._common(value, [base, exponent])
            case syntax.Transposed(arg):
                if self.rank_of(arg) != 2:
                    raise self.fault("a matrix before .T", "an array of another kind", "write it with indices.")
                return 2
            case syntax.Choice(left, _, right, then, otherwise):
                return self._common(value, [left, right, then, otherwise])
            case syntax.Applied():
                return self._rank_of_call(value)
            case syntax.Chain(first, rest):
                return self._rank_of_chain(first, rest)
        return 0

    def _rank_of_call(self, value: syntax.Applied) -> int:
        name = self.origin.functions.get(value.function, value.function)
        if name in SOFTMAXES:
            return self.rank_of(value.args[0]) if value.args else 0
        if name in REDUCTIONS and len(value.args) == 1:
            return 0
        own = self.names.functions.get(name)
        if isinstance(own, Macro):
            inner = self._macro(own.line, value)
            return len(own.line.letters) or inner.rank_of(own.line.right)
        return self._common(value, [*value.args, *[arg for _, arg in value.named]])

    def _rank_of_chain(self, first: syntax.Expression, rest: tuple[tuple[str, syntax.Expression], ...]) -> int:
        rank = self.rank_of(first)
        for sign, factor in rest:
            other = self.rank_of(factor)
            if sign == "@":
                if not (1 <= rank <= 2 and 1 <= other <= 2):
                    found = f"{_kind(rank)} @ {_kind(other)}"
                    raise self.fault("vectors or matrices on both sides of @", found, "write sums with indices.")
                rank += other - 2
            else:
                rank = self._same(rank, other)
        return rank

    def _common(self, value: syntax.Expression, parts: list[syntax.Expression]) -> int:
        rank = 0
        for part in parts:
            rank = self._same(rank, self.rank_of(part))
        return rank

    def _same(self, rank: int, other: int) -> int:
        if rank and other and rank != other:
            hint = "nothing is repeated along an index; write the equation with indices."
            raise self.fault("arrays with the same number of indices", f"{_kind(rank)} and {_kind(other)}", hint)
        return max(rank, other)


def _divided(above: Node, below: Node) -> Node:
    """A quotient; 1/2 is a number of its own."""
    match above, below:
        case Const(one), Const(other) if other > 1 and one > 0 and (one / other).denominator == other:
            return Const(one / other)
    return Div(above, below)


def _size_alone(form: Affine) -> Extent | None:
    """The size of an array, where a form is that and nothing else."""
    match form:
        case Affine(0, ((Extent() as size, 1),)):
            return size
    return None


def _kind(rank: int) -> str:
    return {0: "a number", 1: "a vector", 2: "a matrix"}.get(rank, f"an array of {rank} indices")
