"""Mistakes on the way back through a computation: paths that are lost or multiplied, factors that are left out."""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression import Add, Mul, Neg, Ref, add, mul
from derive.mistakes.element_site import ElementSite
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import rejoined, signed
from derive.trace.elementary import ElementGradient, LocalDerivative, ParameterUpdate, Share


def _one_path_lost(site: ElementSite) -> Iterator[Way]:
    terms = site.terms
    if len(terms) > 1:
        for at, lost in enumerate(terms):
            yield Way(rejoined([*terms[:at], *terms[at + 1 :]]), {"lost": lost}, alone=True)


def _one_path_alone(site: ElementSite) -> Iterator[Way]:
    terms = site.terms
    if len(terms) > 2:
        yield Way(terms[0], {"kept": terms[0]}, throughout=True)
        yield Way(terms[-1], {"kept": terms[-1]}, alone=True)


def _paths_multiplied(site: ElementSite) -> Iterator[Way]:
    if len(site.terms) > 1:
        yield Way(mul(*site.terms))


def _factor_left_out(site: ElementSite) -> Iterator[Way]:
    factors = site.factors
    if len(factors) > 1:
        for at, lost in enumerate(factors):
            yield Way(mul(*factors[:at], *factors[at + 1 :]), {"lost": lost}, alone=bool(at))


def _factors_added(site: ElementSite) -> Iterator[Way]:
    if len(site.factors) > 1:
        yield Way(add(*site.factors))


def _sign_lost(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Neg() | Mul((Neg(), *_)):
            yield Way(signed(site.step.formula))


def _sign_turned(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Neg() | Mul((Neg(), *_)):
            return
    yield Way(signed(site.step.formula))


def _added(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Add((Ref() as old, Neg(taken))):
            yield Way(add(old, taken), {"taken": taken})


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
    ),
    Mistake(
        "last-path-only",
        "only one path is counted",
        "{quantity} has {kept} alone, as if it had overwritten the others.",
        "The value is used in several places; the derivatives along all paths are added.",
        (ElementGradient,),
        _one_path_alone,
        usual=True,
    ),
    Mistake(
        "paths-multiplied",
        "paths multiplied instead of added",
        "In {quantity} the paths are multiplied.",
        "Along one path the factors are multiplied; different paths are added.",
        (ElementGradient,),
        _paths_multiplied,
        usual=True,
    ),
    Mistake(
        "factor-left-out",
        "a factor of the chain rule is missing",
        "In {quantity} the factor {lost} is missing.",
        "What comes from above is multiplied by the local derivative.",
        BACK,
        _factor_left_out,
        usual=True,
    ),
    Mistake(
        "chain-factors-added",
        "factors of the chain rule added",
        "In {quantity} the factors are added.",
        "What comes from above is multiplied by the local derivative.",
        BACK,
        _factors_added,
    ),
    Mistake(
        "minus-missing",
        "minus sign lost",
        "In {quantity} the minus sign is missing.",
        "The derivative of a difference by what is taken off has a minus sign.",
        BACK,
        _sign_lost,
        usual=True,
    ),
    Mistake(
        "other-sign",
        "sign turned round",
        "{quantity} has the other sign.",
        "Look where the minus sign comes from: a term that is added has none.",
        BACK,
        _sign_turned,
    ),
    Mistake(
        "step-added",
        "gradient added instead of subtracted",
        "In {quantity} the step {taken} is added.",
        "Gradient descent goes against the gradient: the step is taken off.",
        (ParameterUpdate,),
        _added,
        usual=True,
    ),
)
