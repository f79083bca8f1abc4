"""How many indices an expression leaves open: numbers, vectors, matrices, and what may be done with them.

Decides which operations whole arrays have. Which letters are put in for them is for `lowering`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from derive.errors import counted
from derive.language import syntax
from derive.language.words import MAX_DEPTH, REDUCTIONS, SOFTMAXES
from derive.trace.names import Macro, Origin
from derive.trace.scope import Argument, Scope


@dataclass(frozen=True)
class Shapes(Scope):
    """A scope that knows the ranks of expressions."""

    def macro(self, line: syntax.Function, value: syntax.Applied) -> Self:
        if value.named or len(value.args) != len(line.parameters):
            expected = f"{line.name}({', '.join(line.parameters)})"
            raise self.fault(expected, counted(len(value.args) + len(value.named), "argument"))
        self.names.count(self.line, self.origin)
        if self.depth > MAX_DEPTH:
            raise self.fault("a function that does not need itself", f"{line.name} inside itself")
        arguments = {name: Argument(arg, self) for name, arg in zip(line.parameters, value.args, strict=True)}
        return replace(self, line=line, origin=Origin(), arguments=arguments, letters={}, depth=self.depth + 1)

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
            inner = self.macro(own.line, value)
            return len(own.line.letters) or inner.rank_of(own.line.right)
        return self._common(value, [*value.args, *[arg for _, arg in value.named]])

    def _rank_of_chain(self, first: syntax.Expression, rest: tuple[tuple[str, syntax.Expression], ...]) -> int:
        rank = self.rank_of(first)
        for sign, factor in rest:
            other = self.rank_of(factor)
            if sign == "@":
                if not (1 <= rank <= 2 and 1 <= other <= 2):
                    found = f"{kind_of(rank)} @ {kind_of(other)}"
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
            raise self.fault("arrays with the same number of indices", f"{kind_of(rank)} and {kind_of(other)}", hint)
        return max(rank, other)


def kind_of(rank: int) -> str:
    return {0: "a number", 1: "a vector", 2: "a matrix"}.get(rank, f"an array of {rank} indices")
