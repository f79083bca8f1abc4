"""Mistakes on the way forward through equations: an operation taken for another, a part forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from derive.expression import ONE, Add, Call, Const, Div, Mul, Neg, Node, Pow, Ref, add, call, mul, transform
from derive.mistakes.element_site import ElementSite
from derive.mistakes.model import Mistake, Way, called
from derive.mistakes.roots import changed
from derive.mistakes.site import rejoined
from derive.trace.elementary import ElementValue

VALUES = (ElementValue,)
TAKEN_FOR = {"sigmoid": ("tanh",), "tanh": ("sigmoid",), "relu": ("abs",), "max": ("min",), "min": ("max",)}
"""Functions that are taken for each other."""
LOGARITHMS = (("ln", "log10"), ("log10", "ln"))
"""Keys of a calculator that lie beside each other: whoever takes the other one takes it throughout a formula."""
MOST_TERMS = 12
"""Terms of a sum of which one alone is looked for."""


def _function_left_out(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Call(_, (argument,)):
            yield Way(argument, {"argument": argument})
        case Mul(factors):
            for at, factor in enumerate(factors):
                if isinstance(factor, Call) and len(factor.args) == 1:
                    (argument,) = factor.args
                    yield Way(mul(*factors[:at], argument, *factors[at + 1 :]), {"argument": argument})


def _another_function(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Call(name, args):
            for other in TAKEN_FOR.get(name, ()):
                yield Way(call(other, *args), {"name": called("activation", other, other)})

    for name, other in LOGARITHMS:
        made = changed(site.step.formula, partial(_instead, name, other))
        if made != site.step.formula:
            yield Way(made, {"name": called("activation", other, other)})


def _instead(name: str, other: str, node: Node) -> Node | None:
    """Another function of the same argument."""
    return call(other, *node.args) if isinstance(node, Call) and node.function == name else None


def _sign_of_exponent(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Call("exp", (Neg(argument),)):
            yield Way(call("exp", argument))
        case Call("exp", (argument,)):
            yield Way(call("exp", Neg(argument)))
        case Call("sigmoid", (argument,)):
            yield Way(Div(ONE, add(ONE, call("exp", argument))))


def _average_for_maximum(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Call("max", args) if len(args) > 1:
            yield Way(Div(add(*args), Const(ONE.value * len(args))))


def _multiplied_for_added(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Add(terms) if len(terms) <= MOST_TERMS and not any(isinstance(term, Neg) for term in terms):
            yield Way(mul(*terms))


def _added_for_multiplied(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Mul(factors):
            yield Way(add(*factors))
        case Neg(Mul((Const() as factor, *rest))):
            yield Way(add(Const(-factor.value), *rest))


def _term_left_out(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Add(terms):
            for at, lost in reversed(list(enumerate(terms))):
                yield Way(rejoined([*terms[:at], *terms[at + 1 :]]), {"lost": lost}, alone=at != len(terms) - 1)
        case Div(Add(terms), below):
            for at, lost in reversed(list(enumerate(terms))):
                yield Way(Div(rejoined([*terms[:at], *terms[at + 1 :]]), below), {"lost": lost}, alone=not at)
        case Mul((Const() as factor, Add(terms))) if len(terms) > 2:
            for at, lost in reversed(list(enumerate(terms))):
                left = mul(factor, rejoined([*terms[:at], *terms[at + 1 :]]))
                yield Way(left, {"lost": lost}, alone=at != len(terms) - 1)


def _term_alone(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Add(terms) if len(terms) > 2:
            yield Way(terms[-1], {"kept": terms[-1]})
            yield Way(terms[0], {"kept": terms[0]}, alone=True)
        case Mul((Const() as factor, Add(terms))) if len(terms) > 1:
            yield Way(mul(factor, terms[-1]), {"kept": terms[-1]})
            yield Way(mul(factor, terms[0]), {"kept": terms[0]}, alone=True)


def _factor_left_out(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Mul(factors):
            for at, lost in enumerate(factors):
                yield Way(mul(*factors[:at], *factors[at + 1 :]), {"lost": lost}, alone=bool(at))
        case Add(terms) if len(terms) <= MOST_TERMS:
            for at, term in enumerate(terms):
                for place, lost in enumerate(term.factors if isinstance(term, Mul) else ()):
                    assert isinstance(term, Mul)
                    left = mul(*term.factors[:place], *term.factors[place + 1 :])
                    yield Way(rejoined([*terms[:at], left, *terms[at + 1 :]]), {"lost": lost}, alone=bool(at or place))
        case Div(Mul(factors), below):
            for at, lost in enumerate(factors):
                yield Way(Div(mul(*factors[:at], *factors[at + 1 :]), below), {"lost": lost}, alone=bool(at))


def _divisor_left_out(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Div(above, below):
            yield Way(above, {"lost": below})
            yield Way(mul(above, below), {"lost": below})
        case Mul(factors):
            for at, factor in enumerate(factors):
                if isinstance(factor, Div):
                    left = mul(*factors[:at], factor.numerator, *factors[at + 1 :])
                    yield Way(left, {"lost": factor.denominator})


def _mean_for_sum(site: ElementSite) -> Iterator[Way]:
    """The mean of terms of one array, where the equation adds them up."""
    match site.step.formula:
        case Add(terms) if len({term.quantity.kind for term in terms if isinstance(term, Ref)}) == 1 and all(
            isinstance(term, Ref) for term in terms
        ):
            yield Way(Div(site.step.formula, Const(ONE.value * len(terms))), {"count": Const(ONE.value * len(terms))})


def _turned(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Add((Ref() as first, Neg(Ref() as second))):
            yield Way(add(second, Neg(first)))


def _quotient_turned(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Div(above, below):
            yield Way(Div(below, above))


def _minus_lost(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Neg(arg):
            yield Way(arg)
        case Add(terms):
            minus = [at for at, term in enumerate(terms) if isinstance(term, Neg)]
            for at in minus:
                plus = [term.arg if k == at and isinstance(term, Neg) else term for k, term in enumerate(terms)]
                yield Way(add(*plus), alone=len(minus) > 1)


def _squares(node: Node) -> Iterator[Pow]:
    match node:
        case Pow(_, Const(value)) if value == 2:
            yield node
        case Add(parts) | Mul(parts):
            for part in parts:
                yield from _squares(part)
        case Div(above, below):
            yield from _squares(above)
            yield from _squares(below)
        case Neg(arg) | Call(_, (arg,)):
            yield from _squares(arg)


def _square_left_out(site: ElementSite) -> Iterator[Way]:
    squares = list(_squares(site.step.formula))
    if squares:
        yield Way(_with(site.step.formula, {one: one.base for one in squares}))


def _square_doubled(site: ElementSite) -> Iterator[Way]:
    squares = list(_squares(site.step.formula))
    if squares:
        yield Way(_with(site.step.formula, {one: mul(Const(ONE.value * 2), one.base) for one in squares}))


def _with(node: Node, changed: dict[Pow, Node]) -> Node:
    if isinstance(node, Pow) and node in changed:
        return changed[node]
    match node:
        case Add(terms):
            return add(*(_with(term, changed) for term in terms))
        case Mul(factors):
            return mul(*(_with(factor, changed) for factor in factors))
        case Div(above, below):
            return Div(_with(above, changed), _with(below, changed))
        case Neg(arg):
            return Neg(_with(arg, changed))
        case Call(name, args):
            return Call(name, tuple(_with(arg, changed) for arg in args))
    return transform(node, lambda leaf: leaf)


ROWS: tuple[Mistake, ...] = (
    Mistake(
        "function-left-out",
        "function not applied",
        "In {quantity}, {argument} stands as it is: the function was not applied.",
        "Apply the function of this equation.",
        VALUES,
        _function_left_out,
    ),
    Mistake(
        "another-function",
        "another function applied",
        "{quantity} was computed with {name}.",
        "Look up which function stands in the equation.",
        VALUES,
        _another_function,
    ),
    Mistake(
        "sign-of-exponent",
        "sign of the exponent lost",
        "In {quantity} the exponent has the wrong sign.",
        "Look at the sign of the exponent.",
        VALUES,
        _sign_of_exponent,
    ),
    Mistake(
        "average-for-maximum",
        "average in place of the maximum",
        "{quantity} is the average of the numbers that the maximum is taken of.",
        "Take the largest of them.",
        VALUES,
        _average_for_maximum,
    ),
    Mistake(
        "multiplied-for-added",
        "multiplied instead of added",
        "In {quantity} the terms were multiplied.",
        "The equation is a sum.",
        VALUES,
        _multiplied_for_added,
    ),
    Mistake(
        "added-for-multiplied",
        "added instead of multiplied",
        "In {quantity} the factors were added.",
        "The equation is a product.",
        VALUES,
        _added_for_multiplied,
    ),
    Mistake(
        "term-left-out",
        "a term is missing",
        "In {quantity} the term {lost} is missing.",
        "Add all terms of the equation.",
        VALUES,
        _term_left_out,
    ),
    Mistake(
        "term-alone",
        "only one term is counted",
        "In {quantity} only {kept} is counted.",
        "Add all terms of the equation.",
        VALUES,
        _term_alone,
    ),
    Mistake(
        "value-factor-left-out",
        "a factor is missing",
        "In {quantity} the factor {lost} is missing.",
        "Multiply by all factors of the equation.",
        VALUES,
        _factor_left_out,
    ),
    Mistake(
        "not-divided",
        "not divided",
        "{quantity} was not divided by {lost}.",
        "Divide by {lost}.",
        VALUES,
        _divisor_left_out,
    ),
    Mistake(
        "mean-for-sum",
        "mean in place of the sum",
        "{quantity} was divided by {count}.",
        "The equation is a sum: its terms are added, and nothing is divided.",
        VALUES,
        _mean_for_sum,
    ),
    Mistake(
        "difference-turned",
        "difference the wrong way round",
        "{quantity} is the difference the wrong way round.",
        "Keep the order of the equation.",
        VALUES,
        _turned,
    ),
    Mistake(
        "quotient-turned",
        "divided the wrong way round",
        "{quantity} is the quotient the wrong way round.",
        "Keep the order of the equation.",
        VALUES,
        _quotient_turned,
    ),
    Mistake(
        "added-for-subtracted",
        "minus sign lost",
        "In {quantity} a minus sign is missing.",
        "Look at the signs of the equation.",
        VALUES,
        _minus_lost,
    ),
    Mistake(
        "not-squared",
        "square left out",
        "{quantity} was computed without the square.",
        "Square before you go on.",
        VALUES,
        _square_left_out,
    ),
    Mistake(
        "doubled-for-squared",
        "doubled instead of squared",
        "In {quantity} a number was doubled instead of squared.",
        "The square of a number is the number times itself.",
        VALUES,
        _square_doubled,
    ),
)
