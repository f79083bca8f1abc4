"""The shapes of local equations, and SymPy's derivative of each.

The formula of a step is a sum of terms. All terms of one shape, such as the product of two quantities, have one
derivative, so SymPy is asked once per shape and process, however many elements a network has. That the derivative of a
sum is the sum of the derivatives, and that a factor without the variable stays, is all that is decided here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import NamedTuple

from derive.branches import relaxed
from derive.calculus import partial
from derive.expression import MINUS_ONE, Add, Group, Mul, Neg, Node, Ref, Var, bind, mul, parts_of, quantities, replace
from derive.numbers import Evaluator, compile_value
from derive.quantity import Quantity

IDENTITY = Var("q0")
PRODUCT = mul(Var("q0"), Var("q1"))


class Term(NamedTuple):
    """One term of a formula: `coefficient` times `shape`, where q0, q1, ... stand for the quantities of `sources`."""

    coefficient: Node | None
    shape: Node
    sources: tuple[Quantity, ...]


def terms(formula: Node, active: Collection[Quantity] = (), coefficient: Node | None = None) -> Iterator[Term]:
    """The terms of a formula; no coefficient holds a quantity that is `active`.

    >>> from derive.expression import ONE, Div, const
    >>> left, right = Quantity("loss", example=0), Quantity("loss", example=1)
    >>> mean = mul(Div(ONE, const(2)), Add((Ref(left), Ref(right))))
    >>> [(term.shape, term.sources == (quantity,)) for term, quantity in zip(terms(mean), (left, right))]
    [(Var(name='q0'), True), (Var(name='q0'), True)]
    """
    match formula:
        case Ref(quantity):
            yield Term(coefficient, IDENTITY, (quantity,))
        case Mul((Ref(left), Ref(right))) if left != right:
            yield Term(coefficient, PRODUCT, (left, right))
        case Add(parts):
            for part in parts:
                yield from terms(part, active, coefficient)
        case Group(arg):
            yield from terms(arg, active, coefficient)
        case Neg(arg):
            yield from terms(arg, active, MINUS_ONE if coefficient is None else Neg(coefficient))
        case Mul(factors):
            sums = [factor for factor in factors if isinstance(factor, Add)]
            others = [factor for factor in factors if not isinstance(factor, Add)]
            if len(sums) == 1 and not any(_holds(other, active) for other in others):
                yield from terms(sums[0], active, mul(*others, *([] if coefficient is None else [coefficient])))
            else:
                yield _term(formula, coefficient)
        case _:
            yield _term(formula, coefficient)


def _holds(formula: Node, active: Collection[Quantity]) -> bool:
    return any(quantity in active for quantity in quantities(formula))


def _term(formula: Node, coefficient: Node | None) -> Term:
    sources = tuple(quantities(formula))
    names: dict[Quantity, Node] = {quantity: Var(f"q{k}") for k, quantity in enumerate(sources)}
    return Term(coefficient, replace(formula, names.get), sources)


@lru_cache(maxsize=4096)
def slope(shape: Node, place: int, soft: bool) -> Evaluator:
    """SymPy's derivative of a shape with respect to q`place`, as a function of the list of the numbers of q0, q1, ...

    `soft` relaxes its corners.

    >>> slope(PRODUCT, 0, False)([3, 5])
    5
    """
    derivative = partial(shape, Var(f"q{place}"))
    names = {part.name for part in parts_of(derivative) if isinstance(part, Var)}
    formula = bind(relaxed(derivative) if soft else derivative, {name: Ref(Quantity(name)) for name in names})
    return compile_value(formula, lambda quantity: int(quantity.kind[1:]))
