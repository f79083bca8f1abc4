"""Mistakes on the way back through a computation: paths that are lost or multiplied, factors that are left out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from derive.expression import ONE, Div, Mul, Neg, Node, Ref, add, const, mul, replace
from derive.mistakes.element_site import ElementSite
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import rejoined, signed
from derive.quantity import Quantity
from derive.trace.elementary import ElementGradient, LocalDerivative, Share


def _one_path_lost(site: ElementSite) -> Iterator[Way]:
    terms = site.paths
    if len(terms) > 1:
        for at, lost in enumerate(terms):
            kept = ("last", "first")[at] if len(terms) == 2 else ""
            yield Way(rejoined([*terms[:at], *terms[at + 1 :]]), {"lost": lost}, alone=True, like=kept)


def _one_path_alone(site: ElementSite) -> Iterator[Way]:
    terms = site.paths
    if len(terms) > 2:
        yield Way(terms[0], {"kept": terms[0]}, throughout=True, like="first")
        yield Way(terms[-1], {"kept": terms[-1]}, alone=True, like="last")


def _paths_multiplied(site: ElementSite) -> Iterator[Way]:
    if len(site.paths) > 1:
        yield Way(mul(*site.paths))


def _without_one(formula: Node) -> Iterator[tuple[Node, Node]]:
    """A product with one of its factors lost, and that factor; in a fraction of what stands above, or the divisor."""
    match formula:
        case Neg(arg):
            for left, lost in _without_one(arg):
                yield Neg(left), lost
        case Mul(factors):
            for at, lost in enumerate(factors):
                yield mul(*factors[:at], *factors[at + 1 :]), lost
        case Div(above, below):
            for left, lost in _without_one(above):
                yield Div(left, below), lost
            yield above, Div(ONE, below)


def _upstream_alone(site: ElementSite) -> Iterator[Way]:
    upstream = site.upstream
    if upstream is not None:
        yield Way(upstream, {"above": upstream})


def _factor_left_out(site: ElementSite) -> Iterator[Way]:
    for at, (left, lost) in enumerate(_without_one(site.step.formula)):
        yield Way(left, {"lost": lost}, alone=bool(at))


def _averaged(site: ElementSite) -> Iterator[Way]:
    if len(site.paths) > 1:
        yield Way(Div(site.step.formula, const(len(site.paths))))


def _instead(old: Ref, new: Ref, part: Quantity) -> Ref | None:
    return new if Ref(part) == old else None


def _another_upstream(site: ElementSite) -> Iterator[Way]:
    """What comes from above is that of another value: one that reads the same, or that stands beside."""
    upstream, reader, target = site.upstream, site.reader, site.target
    if upstream is None or reader is None:
        return
    elements = site.elements
    now = elements.came_back[target._replace(step=0)]
    # What comes back later may be made from this very number.
    others = [one for one, when in elements.came_back.items() if when < now and one.via is None and not one.local]
    others = [one for one in others if one.by not in (reader, target.by, target.of)]
    others.sort(key=lambda one: one.by is None or one.by.name != reader.name)
    for one in others[:MOST_OTHERS]:
        other = Ref(one._replace(step=target.step))
        formula = replace(site.step.formula, partial(_instead, upstream, other))
        yield Way(formula, {"used": other, "above": upstream}, alone=True)


def _factors_added(site: ElementSite) -> Iterator[Way]:
    if len(site.factors) > 1:
        yield Way(add(*site.factors))
    upstream, local = site.upstream, site.local
    if upstream is not None and local is not None and local[0] != ONE:
        yield Way(add(upstream, local[0]), throughout=True)


def _sign_lost(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Neg() | Mul((Neg(), *_)):
            yield Way(signed(site.step.formula))


def _sign_turned(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Neg() | Mul((Neg(), *_)):
            return
    yield Way(signed(site.step.formula))


MOST_OTHERS = 12
"""Other derivatives that may have been taken for the one from above."""
BACK = (ElementGradient, Share, LocalDerivative)
"""The steps of the way back."""

ROWS: tuple[Mistake, ...] = (
    Mistake(
        "one-path-missing",
        "a path is missing",
        "In {quantity} the path {lost} is missing.",
        "The value is used in several places; the derivatives along all paths are added.",
        (ElementGradient,),
        _one_path_lost,
        rather_than=("another-upstream", "another-factor"),
    ),
    Mistake(
        "last-path-only",
        "only one path is counted",
        "{quantity} has {kept} alone, as if it had overwritten the others.",
        "The value is used in several places; the derivatives along all paths are added.",
        (ElementGradient,),
        _one_path_alone,
        rather_than=("another-upstream", "another-factor"),
        usual=True,
    ),
    Mistake(
        "paths-multiplied",
        "paths multiplied instead of added",
        "In {quantity} the paths are multiplied.",
        "Along one path the factors are multiplied; different paths are added.",
        (ElementGradient,),
        _paths_multiplied,
        rather_than=("another-upstream", "another-factor"),
        usual=True,
    ),
    Mistake(
        "factor-left-out",
        "a factor of the chain rule is missing",
        "In {quantity} the factor {lost} is missing.",
        "What comes from above is multiplied by the local derivative.",
        BACK,
        _factor_left_out,
        rather_than=("another-upstream", "another-factor"),
        usual=True,
    ),
    Mistake(
        "chain-factors-added",
        "factors of the chain rule added",
        "In {quantity} the factors are added.",
        "What comes from above is multiplied by the local derivative.",
        BACK,
        _factors_added,
        rather_than=("another-upstream", "another-factor"),
    ),
    Mistake(
        "minus-missing",
        "minus sign lost",
        "In {quantity} the minus sign is missing.",
        "The derivative by what is taken off, or divided by, has a minus sign.",
        BACK,
        _sign_lost,
        rather_than=("another-upstream", "another-factor"),
        usual=True,
    ),
    Mistake(
        "other-sign",
        "sign turned round",
        "{quantity} has the other sign.",
        "Look where the minus sign comes from: a term that is added has none.",
        BACK,
        _sign_turned,
        rather_than=("another-upstream", "another-factor"),
    ),
    Mistake(
        "shares-averaged",
        "paths averaged instead of added",
        "In {quantity} the paths are averaged.",
        "Along one path the factors are multiplied; different paths are added.",
        (ElementGradient,),
        _averaged,
        rather_than=("another-upstream", "another-factor"),
    ),
    Mistake(
        "local-left-out",
        "local derivative left out",
        "{quantity} is what comes from above, {above}, alone.",
        "What comes from above is multiplied by the local derivative.",
        (ElementGradient, Share),
        _upstream_alone,
        rather_than=(
            "factor-left-out",
            "chain-factors-added",
            "another-upstream",
            "another-factor",
            "another-step-back",
        ),
    ),
    Mistake(
        "another-upstream",
        "gradient of another value",
        "In {quantity} the gradient {used} stands in the place of {above}.",
        "What comes from above belongs to the value that this one goes into.",
        (ElementGradient, Share),
        _another_upstream,
    ),
)
