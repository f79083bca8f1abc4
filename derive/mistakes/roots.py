"""Mistakes with roots, means and softmax: what is rooted, what is divided by, along which direction."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from derive.expression import (
    ONE,
    Add,
    Call,
    Const,
    Div,
    Mul,
    Neg,
    Node,
    Pow,
    Ref,
    add,
    call,
    mul,
)
from derive.mistakes.element_site import ElementSite
from derive.mistakes.model import Mistake, Way
from derive.trace.elementary import ElementGradient, ElementValue, LocalDerivative, ParameterUpdate, Share, StateUpdate
from derive.trace.identity import Identity
from derive.trace.written import UPDATES

ANY = (ElementValue, LocalDerivative, StateUpdate, ParameterUpdate)
STATES = (StateUpdate,)
MOVES = (ParameterUpdate,)


def changed(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """The formula with parts changed, the outermost first; what the change leaves alone is looked into."""
    made = change(node)
    if made is not None:
        return made
    match node:
        case Add(terms):
            return add(*(changed(term, change) for term in terms))
        case Mul(factors):
            return mul(*(changed(factor, change) for factor in factors))
        case Div(above, below):
            return Div(changed(above, change), changed(below, change))
        case Neg(arg):
            return Neg(changed(arg, change))
        case Pow(base, exponent):
            return Pow(changed(base, change), exponent)
        case Call(name, args):
            return Call(name, tuple(changed(arg, change) for arg in args))
    return node


def counted(formula: Node) -> Node:
    """A formula with the number of the step in the place of one more than the updates already made."""

    def number(node: Node) -> Node | None:
        match node:
            case Pow(base, Add((Ref(part), Const(more)))) if part.kind == UPDATES.kind:
                return Pow(base, Const(part.step + more))
        return None

    return changed(formula, number)


def way_by(site: ElementSite, change: Callable[[Node], Node | None]) -> Iterator[Way]:
    formula = changed(site.step.formula, change)
    if formula != site.step.formula:
        yield Way(formula)


def _root_left_out(site: ElementSite) -> Iterator[Way]:
    yield from way_by(site, lambda node: node.args[0] if isinstance(node, Call) and node.function == "sqrt" else None)


def _outside_root(site: ElementSite) -> Iterator[Way]:
    """sqrt(s) + eps for sqrt(s + eps), and the other way round."""

    def outside(node: Node) -> Node | None:
        match node:
            case Call("sqrt", (Add((first, Ref() as small)),)):
                return add(call("sqrt", first), small)
        return None

    def inside(node: Node) -> Node | None:
        match node:
            case Add((Call("sqrt", (first,)), Ref() as small)):
                return call("sqrt", add(first, small))
        return None

    yield from way_by(site, outside)
    yield from way_by(site, inside)


def _one_less(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Div(above, Const(value)) if value.denominator == 1 and value > 2:
            yield Way(Div(above, Const(value - 1)))
        case Mul((Const(value), *rest)) if value.numerator == 1 and value.denominator > 2:
            yield Way(Div(mul(*rest), Const(ONE.value * (value.denominator - 1))))


def _share_left_out(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Mul((Const(value), *rest)) if value.denominator > 1 and site.target.local:
            yield Way(mul(Const(ONE.value * value.numerator), *rest))
            return
    if not site.target.local and _is_mean(site.made):
        # Nothing comes from above the mean: its divisor stands in each term of the derivative itself.
        divisors = {_divisor(term) for term in site.terms}
        if len(divisors) == 1 and (divisor := divisors.pop()) > 1:
            yield Way(mul(Const(ONE.value * divisor), site.step.formula))


def _is_mean(made: Node | None) -> bool:
    return isinstance(made, Div) and isinstance(made.numerator, Add) and isinstance(made.denominator, Const)


def _divisor(term: Node) -> int:
    """What the fraction in front of a term divides by; 1 where there is none."""
    match term:
        case Neg(arg) | Div(arg, _):
            return _divisor(arg)
        case Mul((Const(value), *_)):
            return value.denominator
    return 1


def _half_left_out(site: ElementSite) -> Iterator[Way]:
    def twice(node: Node) -> Node | None:
        match node:
            case Div(Mul((Const(value), *rest)), below) if value.numerator == 1 and value.denominator > 1:
                return Div(mul(*rest), below)
            case Div(Const(value), below) if value.numerator == 1 and value.denominator > 1:
                return Div(ONE, below)
            case Div(above, Mul((Const(value), *rest))) if value > 1:
                return Div(above, mul(*rest))
        return None

    yield from way_by(site, twice)


def _not_exponentials(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Div(Call("exp", _), Add()):
            yield from way_by(site, lambda node: node.args[0] if isinstance(node, Call) else None)


def _down_the_column(site: ElementSite) -> Iterator[Way]:
    """A softmax over the entries of a column in the place of those of a row, or the other way round."""
    target = site.target.of
    match site.step.formula:
        case Div(Call("exp", (Ref(part),)) as above, Add(terms)) if len(target.indices) == 2:
            if not isinstance(part, Identity) or part.of.indices != target.indices:
                return
            for axis in (0, 1):
                entries = [
                    one
                    for one in site.elements.defined_as(part.of.name)
                    if one.indices[1 - axis] == target.indices[1 - axis]
                ]
                ups = [call("exp", Ref(part._replace(of=one))) for one in entries]
                if len(ups) > 1 and set(ups) != set(terms):
                    yield Way(Div(above, add(*ups)))


ROWS: tuple[Mistake, ...] = (
    Mistake(
        "root-left-out",
        "root forgotten",
        "In {quantity} the root was not taken.",
        "Take the square root, and go on with it.",
        ANY,
        _root_left_out,
        rather_than=("function-left-out",),
    ),
    Mistake(
        "small-number-elsewhere",
        "small number on the wrong side of the root",
        "In {quantity} the small number stands on the other side of the root.",
        "Look whether it is added before or after the root is taken.",
        ANY,
        _outside_root,
    ),
    Mistake(
        "one-less",
        "divided by one less",
        "In {quantity} the sum was divided by one less than the number of terms.",
        "This mean divides by the number of terms itself.",
        (ElementValue,),
        _one_less,
    ),
    Mistake(
        "share-left-out",
        "not divided by the number of terms",
        "In {quantity} the divisor of the mean is missing.",
        "A mean divides each of its terms, and so does its derivative.",
        (LocalDerivative, ElementGradient, Share),
        _share_left_out,
    ),
    Mistake(
        "half-left-out",
        "half of the root's slope is missing",
        "In {quantity} the half is missing.",
        "The derivative of a root has a 2 below the line.",
        (LocalDerivative,),
        _half_left_out,
    ),
    Mistake(
        "no-exponentials",
        "softmax without exponentials",
        "{quantity} is the share of the number itself, not of its exponential.",
        "Take the exponential of each number first.",
        (ElementValue,),
        _not_exponentials,
    ),
    Mistake(
        "softmax-of-the-column",
        "softmax along the wrong direction",
        "In {quantity} the exponentials of another direction were added.",
        "A softmax adds up to 1 along the direction that its equation says: divide by the sum along that.",
        (ElementValue,),
        _down_the_column,
    ),
)
