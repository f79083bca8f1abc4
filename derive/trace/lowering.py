"""From the tree of a line to an indexed formula: names, letters, whole arrays, functions.

Decides how letters are put in for whole arrays, and how functions of arrays are written out. Ranges are not known yet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.errors import InputError, counted, did_you_mean, shown
from derive.expression import Branch, Call, Cases, Const, Div, Mul, Neg, Node, Pow, Var, add, as_written, mul
from derive.functions import FUNCTIONS, PI
from derive.language import syntax
from derive.language.words import MAX_DEPTH, REDUCTIONS, SOFTMAXES
from derive.trace.affine import OPPOSITE, letter
from derive.trace.indexed import Count, Counter, Position, Read, Reduce, Soft
from derive.trace.names import Macro, Pure
from derive.trace.shapes import Shapes, kind_of

SEVERAL = ("max", "min")
"""Functions of two or more numbers."""
AXES = ("i", "j", "k", "l", "m", "n", "p", "q")
"""Letters that are put in for the indices of whole arrays."""


@dataclass(frozen=True)
class Formulas(Shapes):
    """A scope that writes expressions as indexed formulas."""

    def __call__(self, value: syntax.Expression, axes: tuple[str, ...] = ()) -> Node:
        """The formula of an expression; `axes` are the letters of the array that it is."""
        self.names.count(self.line, self.origin)
        match value:
            case syntax.Number(number, text):
                return as_written(number, text)
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
            raise self.fault("a number", kind_of(rank), hint)
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

    def _written_out(self, line: syntax.Function, value: syntax.Applied, axes: tuple[str, ...]) -> Node:
        inner = self.macro(line, value)
        if line.letters:
            if len(line.letters) != len(axes):
                hint = f"the function is a whole array; call it as a whole right side: y = {line.name}(...)."
                raise self.fault("a number", kind_of(len(line.letters)), hint)
            return replace(inner, letters=dict(zip(line.letters, axes, strict=True)))(line.right)
        return inner(line.right, axes)


def _divided(above: Node, below: Node) -> Node:
    """A quotient; 1/2 is a number of its own."""
    match above, below:
        case Const(one), Const(other) if other > 1 and one > 0 and (one / other).denominator == other:
            return Const(one / other)
    return Div(above, below)
