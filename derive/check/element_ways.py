"""Other right ways to a result of equations: what comes from above times a part that was worked out first, and others.

The derivation has one formula for each step. Somebody who works out the local derivative and rounds it, who goes on
from a value that stands on the sheet already, or who multiplies by a derivative that is 1 works as rightly.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression import ONE, Add, Const, Div, Mul, Neg, Node, Pow, Ref, mul, replace, sub
from derive.program import Program
from derive.quantity import Quantity
from derive.trace.elementary import ElementGradient, ElementTrace, ElementValue, LocalDerivative, Share, named, quantity
from derive.trace.identity import Identity, Symbol

Readers = dict[Symbol, list[Symbol]]

MOST_TERMS = 12
"""Terms of a sum beyond which nobody writes all products into one line."""


def ways_of_elements(program: Program) -> Iterator[tuple[Quantity, Node]]:
    """Quantities of equations with other right formulas for them."""
    assert isinstance(program.trace, ElementTrace)
    quotients, readers = dict(_quotients(program)), program.trace.readers
    for one in program.quantities:
        formula = program.formula(one)
        if formula is None:
            continue
        multiplied = multiplied_out(formula)
        if multiplied is not None:
            yield one, multiplied
        if isinstance(program.trace.find(one), ElementGradient | Share):
            for other in _back(program, one, formula, quotients, readers):
                if other != formula:
                    yield one, other


def _back(
    program: Program, one: Quantity, formula: Node, quotients: dict[Node, Ref], readers: Readers
) -> Iterator[Node]:
    """Other ways to a derivative."""
    yield replace(formula, lambda part: _put_in(program, part, LocalDerivative))
    if isinstance(formula, Add) and len(formula.terms) <= MOST_TERMS:
        yield replace(formula, lambda part: _put_in(program, part, Share))
    grouped = _times_local(formula)
    if grouped is not None:
        yield grouped
        through = _by_value(grouped, quotients)
        if through is not None:
            yield through
    plain = _times_one(program, one, formula, readers)
    if plain is not None:
        yield plain


def _put_in(program: Program, part: Quantity, kind: type[LocalDerivative] | type[Share]) -> Node | None:
    """The formula of a step of that kind."""
    return program.formula(part) if isinstance(program.trace.find(part), kind) else None


def _times_local(formula: Node) -> Node | None:
    """Upstream times a fraction, for one fraction with what comes from above in its numerator; None for others."""
    match formula:
        case Neg(arg):
            inner = _times_local(arg)
            return None if inner is None else Neg(inner)
        case Div(Mul(factors), below):
            above = [one for one in factors if isinstance(one, Ref) and from_above(one.quantity)]
            rest = [one for one in factors if one not in above]
            return mul(*above, Div(mul(*rest) if rest else ONE, below)) if above else None
        case Div(Ref(upstream) as above, below) if from_above(upstream):
            return mul(above, Div(ONE, below))
    return None


def _quotients(program: Program) -> Iterator[tuple[Node, Ref]]:
    """Every quotient of two names, with what it is called."""
    for one in program.quantities:
        formula = program.formula(one)
        if isinstance(formula, Div) and isinstance(program.trace.find(one), ElementValue):
            yield formula, Ref(one)


def _by_value(grouped: Node, quotients: dict[Node, Ref]) -> Node | None:
    """-y/v for -u/v^2, where y = u/v has a name."""
    match grouped:
        case Neg(arg):
            inner = _by_value(arg, quotients)
            return None if inner is None else Neg(inner)
        case Mul((*above, Div(top, Pow(below, Const(value))))) if value == 2 and Div(top, below) in quotients:
            return mul(*above, Div(quotients[Div(top, below)], below))
    return None


def _times_one(program: Program, one: Quantity, formula: Node, readers: Readers) -> Node | None:
    """Upstream times local where upstream is 1, which the derivation leaves out; None for other steps."""
    target = named(one)
    if not isinstance(target, Identity) or target.by is None:
        return None
    through = [target.via] if target.via is not None else readers.get(target.by, [])
    if len(through) != 1 or through[0] == target.of:
        return None
    upstream = quantity(Identity(target.of, by=through[0], step=target.step))
    return mul(Ref(upstream), formula) if upstream in program.place and program.formula(upstream) == ONE else None


def from_above(one: Quantity) -> bool:
    """Whether a quantity of equations is a derivative of the loss."""
    target = named(one)
    return isinstance(target, Identity) and target.by is not None and not target.local


def multiplied_out(formula: Node) -> Node | None:
    """A product with a difference multiplied out, as a - a a for a (1 - a); None for anything else.

    >>> from derive.expression import ONE
    >>> a = Ref(Quantity("a", 1, 0))
    >>> multiplied_out(mul(a, sub(ONE, a))) == sub(a, mul(a, a))
    True
    """
    match formula:
        case Mul((Ref() as factor, Add((Const(value), Neg(Ref() as taken))))) if value == 1:
            return sub(factor, mul(factor, taken))
    return None
