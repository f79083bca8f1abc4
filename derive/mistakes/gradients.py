"""Mistakes in the gradients of weights and biases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from derive.derivation import (
    BatchGradient,
    BiasGradient,
    WeightGradient,
)
from derive.expression import ZERO, Node, Ref, add, mul
from derive.mistakes.batch import own_penalties
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site, adjacent

# -- gradients of weights ------------------------------------------------------------------------------------


def on_weights(ways: Callable[[Site], Iterable[Way]]) -> Callable[[Site], Iterator[Way]]:
    """Only where the gradient of a weight is a product of delta and input, whether or not a penalty is added to it."""

    def checked(site: Site) -> Iterator[Way]:
        batch = isinstance(site.step, BatchGradient) and site.examples
        if site.target.kind == "dL/dW" and not batch:
            yield from ways(site)

    return checked


def gradient(site: Site, product: Node, **slots: Node) -> Way:
    """A wrong product in the place of delta times input; a penalty stays what it is."""
    rest = own_penalties(site) if isinstance(site.step, BatchGradient) else []
    return Way(add(product, *rest), slots)


def delta(site: Site, unit: int | None = None) -> Ref:
    return site.of("dL/dz", site.layer, site.unit if unit is None else unit)


def incoming(site: Site, source: int | None = None) -> Ref:
    """What comes in along the connection whose weight is meant."""
    return site.of("a", site.layer - 1, site.source if source is None else source)


@on_weights
def _over_all_weights(site: Site) -> Iterator[Way]:
    units, sources = range(site.width(site.layer)), range(site.width(site.layer - 1))
    deltas, inputs = add(*(delta(site, j) for j in units)), add(*(incoming(site, i) for i in sources))
    right = mul(delta(site), incoming(site))
    if len(units) > 1 and len(sources) > 1:
        yield gradient(site, mul(deltas, inputs), right=right)
    if site.activation(site.layer - 1) != "softmax":  # whose activations add up to 1
        yield gradient(site, mul(delta(site), inputs), right=right)
    yield gradient(site, mul(deltas, incoming(site)), right=right)


@on_weights
def _sum_as_input(site: Site) -> Iterator[Way]:
    if site.activation(site.layer - 1) != "linear":
        used = site.of("z", site.layer - 1, site.source)
        yield gradient(site, mul(delta(site), used), used=used, right=incoming(site))


@on_weights
def _own_activation(site: Site) -> Iterator[Way]:
    used = site.of("a", site.layer, site.unit)
    yield gradient(site, mul(delta(site), used), used=used, right=incoming(site))


@on_weights
def _other_input(site: Site) -> Iterator[Way]:
    for near in adjacent(site.source, site.width(site.layer - 1)):
        used = incoming(site, near)
        yield gradient(site, mul(delta(site), used), used=used, right=incoming(site))


@on_weights
def _other_delta_of_weight(site: Site) -> Iterator[Way]:
    for near in adjacent(site.unit, site.width(site.layer)):
        used = delta(site, near)
        yield gradient(site, mul(used, incoming(site)), used=used, right=delta(site))


def _other_delta(site: Site) -> Iterator[Way]:
    yield from _other_delta_of_weight(site)
    if isinstance(site.step, BiasGradient) and site.target.unit is not None:
        for near in adjacent(site.unit, site.width(site.layer)):
            yield Way(delta(site, near), {"used": delta(site, near), "right": delta(site)})


@on_weights
def _transposed_gradient(site: Site) -> Iterator[Way]:
    if site.width(site.layer) == site.width(site.layer - 1):
        product = mul(delta(site, site.source), incoming(site, site.unit))
        yield gradient(site, product, right=mul(delta(site), incoming(site)))


@on_weights
def _input_left_out(site: Site) -> Iterator[Way]:
    yield gradient(site, delta(site), missing=incoming(site), used=delta(site))


@on_weights
def _weight_for_input(site: Site) -> Iterator[Way]:
    weight = site.common("W", site.layer, site.unit, site.source)
    yield gradient(site, mul(delta(site), weight), used=weight, right=incoming(site))


# -- gradients of biases -------------------------------------------------------------------------------------


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


def _share_of_bias_lost(site: Site) -> Iterator[Way]:
    terms = site.terms
    if site.target.unit is None and len(terms) > 1:
        for k in reversed(range(len(terms))):
            yield Way(site.without(k) or ZERO, {"missing": terms[k]})


ROWS = (
    Mistake(
        "gradient-over-all-weights",
        "gradient summed over several weights",
        "{quantity} was summed over several inputs or units, so it mixes the gradients of several weights.",
        "A weight joins one input to one unit: its gradient is {right} alone.",
        (WeightGradient, BatchGradient),
        _over_all_weights,
    ),
    Mistake(
        "weighted-sum-as-input",
        "weighted sum in place of the activation in a gradient",
        "{quantity} was computed with the weighted sum {used} in place of the activation {right}.",
        "The weight multiplies {right} in the forward pass, so its gradient has that factor.",
        (WeightGradient, BatchGradient),
        _sum_as_input,
    ),
    Mistake(
        "own-activation-in-gradient",
        "activation of the wrong end of the weight",
        "{quantity} was computed with {used}, the activation at the end of the connection.",
        "Use what comes in along the connection: {right}.",
        (WeightGradient, BatchGradient),
        _own_activation,
    ),
    Mistake(
        "neighbours-input-in-gradient",
        "a neighbour's input in a gradient",
        "{quantity} was computed with {used} where {right} belongs.",
        "The gradient of a weight has the input that this weight multiplies: {right}.",
        (WeightGradient, BatchGradient),
        _other_input,
    ),
    Mistake(
        "neighbours-delta",
        "delta of a neighbouring unit",
        "{quantity} was computed with {used} where {right} belongs.",
        "Use the delta of the unit that the connection leads to: {right}.",
        (WeightGradient, BatchGradient, BiasGradient),
        _other_delta,
    ),
    Mistake(
        "gradient-transposed",
        "matrix of gradients transposed",
        "{quantity} has the value that belongs to the transposed place in the table of gradients.",
        "Row by row: the delta of the unit times the input of the connection, {right}.",
        (WeightGradient, BatchGradient),
        _transposed_gradient,
    ),
    Mistake(
        "input-left-out-of-gradient",
        "input left out of a gradient",
        "{quantity} is {used} alone: the last factor {missing} of the chain is missing.",
        "Multiply by {missing}, which the weight multiplies in the forward pass.",
        (WeightGradient, BatchGradient),
        _input_left_out,
    ),
    Mistake(
        "weight-in-place-of-input",
        "weight in place of the input in a gradient",
        "{quantity} was computed with the weight {used} in place of the input {right}.",
        "Differentiate with respect to the weight: what is left is its input {right}.",
        (WeightGradient, BatchGradient),
        _weight_for_input,
    ),
    Mistake(
        "bias-gradient-zero",
        "gradient of a bias taken as zero",
        "{quantity} was taken as 0, as if the bias had no influence.",
        "The weighted sum grows by 1 when the bias does: the gradient is the delta itself.",
        (BiasGradient,),
        _zero,
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
        "shared-bias-unit-lost",
        "a unit left out of the gradient of a shared bias",
        "{missing} is missing in {quantity}.",
        "The bias feeds every unit of the layer: add the deltas of all of them.",
        (BiasGradient,),
        _share_of_bias_lost,
    ),
)
