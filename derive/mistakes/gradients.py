"""Mistakes in the gradients of weights, and those that gradients of biases share with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from derive.derivation import (
    BatchGradient,
    BiasGradient,
    Delta,
    PathShare,
    SimplifiedDelta,
    WeightGradient,
    rate_symbol,
)
from derive.expression import Mul, Node, Ref, add, mul
from derive.mistakes.batch import own_penalties
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site, misread, others
from derive.mistakes.slopes import error, slope_or_one


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
    if not site.joint(site.layer - 1):  # whose activations add up to 1
        yield gradient(site, mul(delta(site), inputs), right=right)
    yield gradient(site, mul(deltas, incoming(site)), right=right)


@on_weights
def _sum_as_input(site: Site) -> Iterator[Way]:
    if not site.passes_on(site.layer - 1):
        used = site.of("z", site.layer - 1, site.source)
        yield gradient(site, mul(delta(site), used), used=used, right=incoming(site))


@on_weights
def _own_activation(site: Site) -> Iterator[Way]:
    used = site.of("a", site.layer, site.unit)
    yield gradient(site, mul(delta(site), used), used=used, right=incoming(site))


@on_weights
def _other_input(site: Site) -> Iterator[Way]:
    for other in others(site.source, site.width(site.layer - 1)):
        used = incoming(site, other)
        yield gradient(site, mul(delta(site), used), used=used, right=incoming(site))


@on_weights
def _input_of_another_layer(site: Site) -> Iterator[Way]:
    if site.layer > 1:
        for used in other_layer(site, "a", site.layer - 2, site.source):
            yield gradient(site, mul(delta(site), used), used=used, right=incoming(site))


def other_layer(site: Site, kind: str, layer: int, index: int) -> Iterator[Ref]:
    """The quantities of another layer: at the same place where there is one, then those near it."""
    width = site.width(layer)
    same = min(index, width - 1)
    yield from (site.of(kind, layer, place) for place in (same, *others(same, width)))


@on_weights
def _other_delta_of_weight(site: Site) -> Iterator[Way]:
    for other in others(site.unit, site.width(site.layer)):
        used = delta(site, other)
        yield gradient(site, mul(used, incoming(site)), used=used, right=delta(site))


def _other_delta(site: Site) -> Iterator[Way]:
    yield from _other_delta_of_weight(site)
    if isinstance(site.step, BiasGradient) and site.target.unit is not None:
        for other in others(site.unit, site.width(site.layer)):
            yield Way(delta(site, other), {"used": delta(site, other), "right": delta(site)})


@on_weights
def _delta_of_another_layer_at_weight(site: Site) -> Iterator[Way]:
    for used in other_layer(site, "dL/dz", site.layer + 1, site.unit):
        yield gradient(site, mul(used, incoming(site)), used=used, right=delta(site))


def _delta_of_another_layer(site: Site) -> Iterator[Way]:
    if site.layer == site.outputs:
        return
    yield from _delta_of_another_layer_at_weight(site)
    if isinstance(site.step, BiasGradient) and site.target.unit is not None:
        for used in other_layer(site, "dL/dz", site.layer + 1, site.unit):
            yield Way(used, {"used": used, "right": delta(site)})


@on_weights
def _error_for_delta_at_weight(site: Site) -> Iterator[Way]:
    used = site.of("dL/da", site.layer, site.unit)
    yield gradient(site, mul(used, incoming(site)), used=used, right=delta(site))


def _error_for_delta(site: Site) -> Iterator[Way]:
    if site.passes_on(site.layer):
        return
    yield from _error_for_delta_at_weight(site)
    if isinstance(site.step, BiasGradient):
        formula = site.renamed(lambda q: q._replace(kind="dL/da"))
        unit = site.target.unit if isinstance(site.target.unit, int) else 0
        yield Way(formula, {"used": site.of("dL/da", site.layer, unit), "right": delta(site, unit)})


@on_weights
def _transposed_gradient(site: Site) -> Iterator[Way]:
    """The value of another place: the table was made the other way round, then filled in again row by row."""
    units, sources = site.width(site.layer), site.width(site.layer - 1)
    source, unit = divmod(site.unit * sources + site.source, units)
    right = mul(delta(site), incoming(site))
    yield gradient(site, mul(delta(site, unit), incoming(site, source)), right=right)
    unit, source = misread(site, site.layer, site.unit, site.source)
    yield gradient(site, mul(delta(site, unit), incoming(site, source)), right=right)


@on_weights
def _input_left_out(site: Site) -> Iterator[Way]:
    yield gradient(site, delta(site), missing=incoming(site), used=delta(site))


@on_weights
def _weight_for_input(site: Site) -> Iterator[Way]:
    weight = site.common("W", site.layer, site.unit, site.source)
    yield gradient(site, mul(delta(site), weight), used=weight, right=incoming(site))


@on_weights
def _weight_too(site: Site) -> Iterator[Way]:
    weight = site.common("W", site.layer, site.unit, site.source)
    right = mul(delta(site), incoming(site))
    yield gradient(site, mul(right, weight), used=weight, right=right)


def _rate_in_gradient(site: Site) -> Iterator[Way]:
    # Of several examples each gradient may be multiplied, or what is made of them: a habit would do it twice.
    rate = Ref(rate_symbol(site.problem).quantity.shifted(site.made))
    yield Way(mul(rate, site.step.formula), {"rate": rate}, alone=site.target.example is not None)


def _factors_added(site: Site) -> Iterator[Way]:
    formula = site.step.formula
    factors: tuple[Node, ...] = formula.factors if isinstance(formula, Mul) else ()
    if isinstance(site.step, Delta | SimplifiedDelta) and not site.joint(site.layer):
        factors = error(site), slope_or_one(site)
    if len(factors) == 2:
        yield Way(add(*factors), {"first": factors[0], "second": factors[1]})


ROWS = (
    Mistake(
        "input-left-out-of-gradient",
        "input left out of a gradient",
        "{quantity} is {used} alone: the last factor {missing} of the chain is missing.",
        "Multiply by {missing}, which the weight multiplies in the forward pass.",
        (WeightGradient, BatchGradient),
        _input_left_out,
        rather_than=("delta-in-update",),
    ),
    Mistake(
        "neighbours-input-in-gradient",
        "input of another connection in a gradient",
        "{quantity} was computed with {used} where {right} belongs.",
        "The gradient of a weight has the input that this weight multiplies: {right}.",
        (WeightGradient, BatchGradient),
        _other_input,
        rather_than=("neighbours-gradient",),
    ),
    Mistake(
        "neighbours-delta",
        "delta of another unit",
        "{quantity} was computed with {used} where {right} belongs.",
        "Use the delta of the unit that the connection leads to: {right}.",
        (WeightGradient, BatchGradient, BiasGradient),
        _other_delta,
        rather_than=("neighbours-gradient",),
    ),
    Mistake(
        "error-in-place-of-delta",
        "slope of the activation missing in a gradient",
        "{quantity} was computed with {used}, from before the activation, where the delta {right} belongs.",
        "Multiply by the slope of the activation first: the gradient has the factor {right}.",
        (WeightGradient, BatchGradient, BiasGradient),
        _error_for_delta,
    ),
    Mistake(
        "delta-of-another-layer",
        "delta of the next layer in a gradient",
        "{quantity} was computed with {used}, a delta of the next layer, in place of {right}.",
        "Go back through the weights and the activation first: the gradient has the delta {right} of its own unit.",
        (WeightGradient, BatchGradient, BiasGradient),
        _delta_of_another_layer,
    ),
    Mistake(
        "gradient-transposed",
        "matrix of gradients transposed",
        "{quantity} has the value of another place: the table of gradients was made with rows and columns exchanged.",
        "Row by row: the delta of the unit times the input of the connection, {right}.",
        (WeightGradient, BatchGradient),
        _transposed_gradient,
        rather_than=("neighbours-gradient",),
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
        "weight-in-place-of-input",
        "weight in place of the input in a gradient",
        "{quantity} was computed with the weight {used} in place of the input {right}.",
        "Differentiate with respect to the weight: what is left is its input {right}.",
        (WeightGradient, BatchGradient),
        _weight_for_input,
    ),
    Mistake(
        "weight-in-its-own-gradient",
        "weight left in its own gradient",
        "{quantity} was multiplied by the weight {used} as well.",
        "The derivative of a product of weight and input with respect to the weight is the input alone: {right}.",
        (WeightGradient, BatchGradient),
        _weight_too,
    ),
    Mistake(
        "input-of-another-layer-in-gradient",
        "input of another layer in a gradient",
        "{quantity} was computed with {used}, which comes from two layers below, in place of {right}.",
        "The gradient of a weight has the input that this weight multiplies: {right}.",
        (WeightGradient, BatchGradient),
        _input_of_another_layer,
    ),
    Mistake(
        "learning-rate-in-gradient",
        "learning rate in the gradient",
        "{quantity} was multiplied by the learning rate {rate}, which belongs to the update.",
        "The gradient says how steep the loss is; multiply it by {rate} when you change the weight, not before.",
        (WeightGradient, BatchGradient, BiasGradient),
        _rate_in_gradient,
    ),
    Mistake(
        "gradient-over-all-weights",
        "gradient summed over several weights",
        "{quantity} was summed over several inputs or units, so it mixes the gradients of several weights.",
        "A weight joins one input to one unit: its gradient is {right} alone.",
        (WeightGradient, BatchGradient),
        _over_all_weights,
    ),
    Mistake(
        "factors-added",
        "factors of the chain rule added",
        "{first} and {second} were added to give {quantity}.",
        "Along one path the chain rule multiplies: {first} times {second}. Only different paths are added.",
        (Delta, SimplifiedDelta, PathShare, WeightGradient),
        _factors_added,
        consistently=(Delta, PathShare, WeightGradient),
    ),
)
