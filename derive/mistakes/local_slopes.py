"""Wrong local derivatives of one equation: the factor's own, a part lost, the value in the place of its slope.

One module because it is one table of slopes: its rows share `put`, and are not told apart by where they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from derive.expression import (
    ONE,
    ZERO,
    Add,
    Branch,
    Call,
    Cases,
    Const,
    Div,
    Mul,
    Neg,
    Node,
    Pow,
    Ref,
    add,
    call,
    const,
    mul,
    parts_of,
    sub,
)
from derive.mistakes.element_site import ElementSite
from derive.mistakes.model import Mistake, Way
from derive.trace.elementary import ElementGradient, LocalDerivative, Share

BACK = (ElementGradient, Share, LocalDerivative)
"""The steps of the way back."""
TWO = const(2)
HALF = const(Fraction(1, 2))
SLOPES: Mapping[str, Callable[[Node], Node]] = {
    "sigmoid": lambda y: mul(y, sub(ONE, y)),
    "tanh": lambda y: sub(ONE, Pow(y, TWO)),
}
"""Slopes that are known in terms of the value, and taken for each other."""
CORNERED = frozenset({"relu", "max", "min", "abs", "leaky_relu"})


def function(site: ElementSite) -> Call | None:
    """The function through which the derivative goes, where it is all of its equation and the variable its argument."""
    match site.made:
        case Call(_, args) as made if site.variable in args:
            return made
    return None


def put(site: ElementSite, *locals: Node | None) -> Iterator[Way]:
    """Wrong local derivatives, with what comes from above."""
    found = site.local
    if found is None:
        return
    right, around = found
    for local in locals:
        if local is not None and local != right:
            yield Way(around(local), {"value": site.value or local, "by": site.variable or local, "right": right})


def _own_factor(site: ElementSite) -> Iterator[Way]:
    found, by = site.local, site.variable
    if found is None or by is None:
        return
    match found[0]:
        case Ref() as other if other != by:
            yield from put(site, by)
        case Neg(Ref() as other) if other != by:
            yield from put(site, Neg(by))


def _as_in_a_product(site: ElementSite) -> Iterator[Way]:
    found, made, by = site.local, site.made, site.variable
    if found is None or found[0] not in (ONE, Neg(ONE)):
        return
    for term in made.terms if isinstance(made, Add) else ():
        match term:
            case (Ref() as other) | Neg(Ref() as other) if other != by:
                yield from put(site, other)
            case Mul((Ref() as first, Ref() as second)):
                yield from put(site, first, second)


def _not_differentiated(site: ElementSite) -> Iterator[Way]:
    found, made, by = site.local, site.made, site.variable
    if found is None or made is None or by is None or by not in parts_of(made):
        return
    terms = made.terms if isinstance(made, Add) else (made,)
    mine = [term for term in terms if by in parts_of(term)]
    if len(mine) != 1 or isinstance(mine[0], Ref):
        return
    if len(terms) == 1 and site.value is not None:
        yield from put(site, site.value)
    if isinstance(mine[0], Pow | Mul | Neg):
        yield from put(site, mine[0])


def _two_kept(site: ElementSite) -> Iterator[Way]:
    found, made = site.local, site.made
    if found is not None and made is not None and any(_halves(part) for part in parts_of(made)):
        yield from put(site, mul(TWO, found[0]))


def _halves(part: Node) -> bool:
    """Whether a part of a formula is a half, or something divided by 2."""
    return part == HALF or (isinstance(part, Div) and part.denominator == TWO)


def _swapped(node: Node) -> Node | None:
    """A choice between 1 and 0 with the two exchanged."""
    match node:
        case Cases(branches) if {branch.value for branch in branches} == {ONE, ZERO}:
            other: dict[Node, Node] = {ONE: ZERO, ZERO: ONE}
            return Cases(tuple(Branch(other[b.value], b.left, b.relation, b.right) for b in branches))
    return None


def _passed_though_off(site: ElementSite) -> Iterator[Way]:
    made = function(site)
    if made is None:
        return
    bounds = [arg for arg in made.args if isinstance(arg, Const)]
    if made.function == "relu" or (made.function == "max" and len(made.args) == len(bounds) + 1):
        yield from put(site, ONE)


def _other_side(site: ElementSite) -> Iterator[Way]:
    found = site.local
    if found is not None and function(site) is not None:
        yield from put(site, _swapped(found[0]))


def _to_all(site: ElementSite) -> Iterator[Way]:
    made = function(site)
    if made is not None and made.function in ("max", "min"):
        yield from put(site, ONE)


def _shared(site: ElementSite) -> Iterator[Way]:
    made = function(site)
    if made is not None and made.function in ("max", "min"):
        yield from put(site, Div(ONE, const(len(made.args))))


def _to_the_first(site: ElementSite) -> Iterator[Way]:
    made = function(site)
    if made is not None and made.function in ("max", "min") and len(made.args) > 2:
        yield from put(site, ONE if made.args[0] == site.variable else ZERO)


def _half_a_slope(site: ElementSite) -> Iterator[Way]:
    made, y = function(site), site.value
    if made is not None and y is not None and made.function in SLOPES:
        yield from put(site, sub(ONE, y))


def _with_plus(site: ElementSite) -> Iterator[Way]:
    made, y = function(site), site.value
    if made is None or y is None:
        return
    if made.function == "sigmoid":
        yield from put(site, mul(y, add(ONE, y)))
    if made.function == "tanh":
        yield from put(site, add(ONE, Pow(y, TWO)))


def _other_slope(site: ElementSite) -> Iterator[Way]:
    made, y = function(site), site.value
    if made is None or y is None or made.function not in SLOPES:
        return
    for name, slope in SLOPES.items():
        if name != made.function:
            for way in put(site, slope(y)):
                yield Way(way.formula, {**way.slots, "name": name})


def _argument_for_value(site: ElementSite) -> Iterator[Way]:
    made, x = function(site), site.variable
    if made is not None and x is not None and made.function in SLOPES:
        yield from put(site, SLOPES[made.function](x))


def _power_rule(site: ElementSite) -> Iterator[Way]:
    made, x, y = function(site), site.variable, site.value
    if made is not None and made.function == "exp" and x is not None and y is not None:
        yield from put(site, mul(x, y), mul(x, call("exp", sub(x, ONE))))


def _not_turned_over(site: ElementSite) -> Iterator[Way]:
    found = site.local
    match found[0] if found is not None else None:
        case Div(Const() as above, below):
            yield from put(site, mul(above, below))
        case Neg(Div(Const() as above, below)):
            yield from put(site, Neg(mul(above, below)))
        case Div(above, Pow(below, _)) | Neg(Div(above, Pow(below, _))):
            yield from put(site, mul(above, below))


def _square_lost(site: ElementSite) -> Iterator[Way]:
    found = site.local
    match found[0] if found is not None else None:
        case Neg(Div(above, Pow(below, Const(value)))) if value == 2:
            yield from put(site, Neg(Div(above, below)))
        case Div(above, Pow(below, Const(value))) if value == 2:
            yield from put(site, Div(above, below))


def _fraction_inside(node: Node) -> Iterator[Node]:
    """A fraction with a part of its numerator lost."""
    match node:
        case Neg(arg):
            yield from map(Neg, _fraction_inside(arg))
        case Div(Mul(factors), below):
            for at in range(len(factors)):
                yield Div(mul(*factors[:at], *factors[at + 1 :]), below)
        case Div(above, below) if above != ONE:
            yield Div(ONE, below)
            yield above


def _part_lost(site: ElementSite) -> Iterator[Way]:
    found = site.local
    if found is not None:
        yield from put(site, *_fraction_inside(found[0]))


WEAKER = ("factor-left-out", "another-upstream", "another-factor")
"""Rows that need not be named where one of these gives the number."""

PASSING = (*WEAKER, "local-left-out", "chain-factors-added")
"""The same where what comes from above is let through."""

ROWS: tuple[Mistake, ...] = (
    Mistake(
        "own-factor",
        "own factor in place of the other",
        "In {quantity} the factor {by} itself stands in the place of {right}.",
        "The derivative of a product by one factor is the other factor.",
        BACK,
        _own_factor,
        rather_than=WEAKER,
    ),
    Mistake(
        "sum-as-product",
        "a sum differentiated like a product",
        "In {quantity} another term of {value} stands as a factor.",
        "A term that is added has the derivative 1; the other terms do not come into it.",
        BACK,
        _as_in_a_product,
        rather_than=WEAKER,
    ),
    Mistake(
        "passed-though-off",
        "passed through a rectifier that is off",
        "In {quantity} the rectifier lets everything through, though {by} is not above its corner.",
        "Where its input is not above the corner the slope of a rectifier is 0.",
        BACK,
        _passed_though_off,
        rather_than=(*PASSING, "maximum-to-all", "maximum-to-the-other"),
    ),
    Mistake(
        "maximum-to-the-other",
        "sent to the wrong side",
        "In {quantity} the cases of {value} are exchanged.",
        "Only the case that was taken on the way forward lets the gradient through.",
        BACK,
        _other_side,
        rather_than=PASSING,
    ),
    Mistake(
        "maximum-to-all",
        "sent to every input of the maximum",
        "In {quantity} the whole gradient goes to every input of {value}.",
        "Only the input that was chosen gets the gradient; the others get 0.",
        BACK,
        _to_all,
        rather_than=PASSING,
    ),
    Mistake(
        "maximum-shared",
        "shared among the inputs of the maximum",
        "In {quantity} the gradient is divided among the inputs of {value}.",
        "A maximum sends the whole gradient to the input that was chosen. An average would share it.",
        BACK,
        _shared,
        rather_than=WEAKER,
    ),
    Mistake(
        "maximum-to-the-first",
        "sent to the first entry of the window",
        "In {quantity} the gradient goes to the first entry, whichever was the largest.",
        "Look which entry was the largest on the way forward.",
        BACK,
        _to_the_first,
        rather_than=WEAKER,
    ),
    Mistake(
        "function-as-slope",
        "value in place of its derivative",
        "In {quantity} a value stands in the place of its derivative.",
        "Differentiate {value} by {by} first: that is {right}.",
        BACK,
        _not_differentiated,
        rather_than=WEAKER,
    ),
    Mistake(
        "two-kept",
        "factor 2 kept",
        "In {quantity} the 2 of the square is kept, though the half takes it away.",
        "The derivative of half a square is the number itself.",
        BACK,
        _two_kept,
        rather_than=WEAKER,
    ),
    Mistake(
        "half-of-the-slope",
        "half of the slope",
        "In {quantity} a part of the slope is missing.",
        "The slope of {value} is {right}.",
        BACK,
        _half_a_slope,
        rather_than=WEAKER,
    ),
    Mistake(
        "plus-in-the-slope",
        "plus in the formula for the slope",
        "In {quantity} a plus stands where a minus belongs.",
        "The slope of {value} is {right}.",
        BACK,
        _with_plus,
        rather_than=WEAKER,
    ),
    Mistake(
        "slope-of-another-function",
        "slope of another function",
        "In {quantity} the slope of {name} was taken.",
        "The slope of {value} is {right}.",
        BACK,
        _other_slope,
        rather_than=WEAKER,
    ),
    Mistake(
        "argument-in-the-slope",
        "argument put into the formula for the slope",
        "In {quantity} the argument {by} stands in the place of {value}.",
        "This formula for the slope is in the value of the function.",
        BACK,
        _argument_for_value,
        rather_than=WEAKER,
    ),
    Mistake(
        "power-rule-on-exponential",
        "power rule used on an exponential",
        "In {quantity} the exponent was put in front.",
        "An exponential is its own derivative.",
        BACK,
        _power_rule,
        rather_than=WEAKER,
    ),
    Mistake(
        "reciprocal-turned",
        "multiplied instead of divided",
        "In {quantity} a factor stands above the line that belongs below.",
        "The local derivative is {right}.",
        BACK,
        _not_turned_over,
        rather_than=WEAKER,
    ),
    Mistake(
        "divisor-not-squared",
        "square of the divisor lost",
        "In {quantity} the divisor is not squared.",
        "The derivative of a quotient by its divisor has the square of the divisor below.",
        BACK,
        _square_lost,
        rather_than=WEAKER,
    ),
    Mistake(
        "part-of-fraction-lost",
        "a part of the fraction is missing",
        "In {quantity} a part of the local derivative is missing.",
        "The local derivative is {right}.",
        BACK,
        _part_lost,
        rather_than=WEAKER,
    ),
)
