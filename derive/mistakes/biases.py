"""Mistakes in the gradients of biases alone."""

from __future__ import annotations

from collections.abc import Iterator

from derive.derivation import BiasGradient
from derive.expression import ONE, ZERO, Div, add, const, mul
from derive.mistakes.gradients import delta
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site


def _zero(site: Site) -> Iterator[Way]:
    yield Way(ZERO)


def _bias_with_input(site: Site) -> Iterator[Way]:
    for i in range(site.width(site.layer - 1)):
        used = site.of("a", site.layer - 1, i)
        yield Way(add(*(mul(term, used) for term in site.terms)), {"used": used, "right": site.step.formula})


def _bias_with_itself(site: Site) -> Iterator[Way]:
    bias = site.bias(site.layer, site.target.unit if isinstance(site.target.unit, int) else 0)
    if bias is not None:
        yield Way(add(*(mul(term, bias) for term in site.terms)), {"used": bias, "right": site.step.formula})


def _all_deltas(site: Site) -> Iterator[Way]:
    own = site.bias(site.layer, 0)
    units = site.width(site.layer)
    if units > 1 and own is not None and own.quantity.unit is not None:
        yield Way(add(*(delta(site, unit) for unit in range(units))), {"right": site.step.formula})


def _share_of_bias_lost(site: Site) -> Iterator[Way]:
    terms = site.terms
    if site.target.unit is None and len(terms) > 1:
        for k in reversed(range(len(terms))):
            yield Way(site.without(k) or ZERO, {"missing": terms[k]})
        if len(terms) > 2:
            yield from (Way(term, {"missing": site.without(k) or ZERO}) for k, term in enumerate(terms))


def _one(site: Site) -> Iterator[Way]:
    yield Way(ONE, {"right": site.step.formula})


def _averaged(site: Site) -> Iterator[Way]:
    terms = site.terms
    if site.target.unit is None and len(terms) > 1:
        yield Way(mul(Div(ONE, const(len(terms))), add(*terms)), {"right": site.step.formula})


ROWS = (
    Mistake(
        "bias-gradient-zero",
        "gradient of a bias taken as zero",
        "{quantity} was taken as 0, as if the bias had no influence.",
        "The weighted sum grows by 1 when the bias does: the gradient is the delta itself.",
        (BiasGradient,),
        _zero,
    ),
    Mistake(
        "bias-gradient-one",
        "gradient of a bias taken as 1",
        "{quantity} was taken as 1, the derivative of the weighted sum alone.",
        "Go on with the chain rule: that 1 is multiplied by what comes back, {right}.",
        (BiasGradient,),
        _one,
    ),
    Mistake(
        "bias-gradient-times-input",
        "gradient of a bias multiplied by an input",
        "{quantity} was multiplied by {used}, as if the bias were a weight.",
        "The input of a bias is always 1: the gradient is {right}.",
        (BiasGradient,),
        _bias_with_input,
    ),
    Mistake(
        "bias-gradient-times-bias",
        "gradient of a bias multiplied by the bias",
        "{quantity} was multiplied by the bias {used} itself.",
        "The derivative of the weighted sum with respect to {used} is 1: the gradient is {right}.",
        (BiasGradient,),
        _bias_with_itself,
    ),
    Mistake(
        "bias-gradient-of-all-units",
        "deltas of all units in the gradient of one bias",
        "{quantity} is the sum of the deltas of all units of the layer.",
        "This bias belongs to one unit: its gradient is the delta of that unit alone, {right}.",
        (BiasGradient,),
        _all_deltas,
    ),
    Mistake(
        "shared-bias-unit-lost",
        "a unit left out of the gradient of a shared bias",
        "{missing} is missing in {quantity}.",
        "The bias feeds every unit of the layer: add the deltas of all of them.",
        (BiasGradient,),
        _share_of_bias_lost,
    ),
    Mistake(
        "shared-bias-averaged",
        "mean in the gradient of a shared bias",
        "{quantity} is the mean over the units of the layer.",
        "The bias moves every unit of the layer: add their deltas and do not divide, {right}.",
        (BiasGradient,),
        _averaged,
    ),
)
