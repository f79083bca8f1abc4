"""Going through trees of equations: all parts of an expression, all indices, all names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.language import syntax
from derive.language.syntax import Clauses, Condition, Expression, Index


def expressions(value: Expression) -> Iterator[Expression]:
    """An expression and all its parts, from left to right."""
    yield value
    inner: Sequence[Expression] = ()
    match value:
        case syntax.Negative(arg) | syntax.Transposed(arg):
            inner = (arg,)
        case syntax.Sum(terms):
            inner = [term for _, term in terms]
        case syntax.Chain(first, rest):
            inner = [first, *[factor for _, factor in rest]]
        case syntax.Power(base, exponent):
            inner = (base, exponent)
        case syntax.Reduction(_, body, _) | syntax.Soft(_, body, _, _):
            inner = (body,)
        case syntax.Choice(left, _, right, then, otherwise):
            inner = (left, right, then, otherwise)
        case syntax.Applied(_, args, named):
            inner = [*args, *[arg for _, arg in named]]
    for part in inner:
        yield from expressions(part)


def indices(index: Index) -> Iterator[Index]:
    """An index and all its parts."""
    yield index
    inner: Sequence[Index] = ()
    match index:
        case syntax.LookUp(_, parts) | syntax.IndexProduct(parts):
            inner = parts
        case syntax.IndexSum(terms):
            inner = [term for _, term in terms]
    for part in inner:
        yield from indices(part)


def _of_conditions(conditions: Sequence[Condition]) -> Iterator[Index]:
    for condition in conditions:
        yield condition.left
        yield condition.right


def _of_clauses(clauses: Clauses) -> Iterator[Index]:
    for bind in clauses.binds:
        yield from (bound for bound in (bind.low, bind.high) if bound is not None)
    yield from _of_conditions(clauses.conditions)


def all_indices(equation: syntax.Equation) -> Iterator[Index]:
    """Every index in an equation, with its parts."""
    found = [*equation.index, *_of_clauses(equation.clauses)]
    for part in expressions(equation.right):
        match part:
            case syntax.Item(_, index, _):
                found.extend(index)
            case syntax.Reduction(_, _, clauses):
                found.extend(_of_clauses(clauses))
            case syntax.Soft(_, _, _, conditions):
                found.extend(_of_conditions(conditions))
    for one in found:
        yield from indices(one)


def quantities(equation: syntax.Equation) -> dict[str, None]:
    """The names of an equation that are no letters and no functions: what it defines and reads, sizes and positions."""
    left = [part for index in equation.index for part in indices(index)]
    letters = {part.name for part in left if isinstance(part, syntax.Letter)}
    letters |= {bind.letter for bind in equation.clauses.binds}
    found: dict[str, None] = {equation.name: None}
    for part in expressions(equation.right):
        match part:
            case syntax.Reduction(_, _, clauses):
                letters |= {bind.letter for bind in clauses.binds}
            case syntax.Item(name, _, _) | syntax.Size(name, _):
                found[name] = None
    for index in all_indices(equation):
        if isinstance(index, syntax.LookUp | syntax.Extent):
            found[index.name] = None
    loose = [part.name for part in expressions(equation.right) if isinstance(part, syntax.Name)]
    loose += [index.name for index in all_indices(equation) if isinstance(index, syntax.Letter)]
    found.update({name: None for name in loose if name not in letters})
    return found
