"""Mistakes of the forward pass up to the weighted sums: inputs, weights, biases."""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression import TWO, Div, Neg, Node, Pow, Ref, const, mul, sub
from derive.graph import (
    Standardize,
    WeightedSum,
)
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site, adjacent, misread, rejoined, signed
from derive.quantity import Quantity

# -- inputs --------------------------------------------------------------------------------------------------


def _standardized(site: Site) -> tuple[Node, Node, Node]:
    """The raw input, its mean and its standard deviation; in layer 0 the input's number is the unit."""
    x = Quantity("x", unit=site.unit, example=site.target.example)
    return Ref(x), site.common("mean", unit=site.unit), site.common("std", unit=site.unit)


def _not_standardized(site: Site) -> Iterator[Way]:
    x, mean, std = _standardized(site)
    yield Way(x, {"x": x, "mean": mean, "std": std})


def _not_divided(site: Site) -> Iterator[Way]:
    x, mean, std = _standardized(site)
    yield Way(sub(x, mean), {"std": std})


def _divided_by_variance(site: Site) -> Iterator[Way]:
    x, mean, std = _standardized(site)
    yield Way(Div(sub(x, mean), Pow(std, TWO)), {"std": std})


def _without_brackets(site: Site) -> Iterator[Way]:
    x, mean, std = _standardized(site)
    yield Way(sub(x, Div(mean, std)), {"mean": mean, "std": std, "x": x})


# -- weighted sums -------------------------------------------------------------------------------------------


def _products(site: Site) -> list[Node]:
    """The products of weight and input in a weighted sum, without its bias."""
    return site.terms[: site.width(site.layer - 1)]


def _down_the_table(site: Site) -> Iterator[Way]:
    def other(quantity: Quantity) -> Quantity | None:
        if quantity.kind != "W":
            return None
        unit, source = misread(site, site.layer, site.unit, _number(quantity.source))
        return quantity._replace(unit=unit, source=source)

    yield Way(site.renamed(other))


def _number(index: object) -> int:
    assert isinstance(index, int)
    return index


def _without_bias(site: Site) -> Iterator[Way]:
    bias = site.bias(site.layer, site.unit)
    if bias is not None:
        yield Way(rejoined(_products(site)), {"bias": bias})


def _bias_subtracted(site: Site) -> Iterator[Way]:
    bias = site.bias(site.layer, site.unit)
    if bias is not None:
        yield Way(rejoined([*_products(site), Neg(bias)]), {"bias": bias})


def _bias_per_input(site: Site) -> Iterator[Way]:
    bias, inputs = site.bias(site.layer, site.unit), site.width(site.layer - 1)
    if bias is not None and inputs > 1:
        yield Way(rejoined([*_products(site), mul(const(inputs), bias)]), {"bias": bias})


def _bias_times_input(site: Site) -> Iterator[Way]:
    bias = site.bias(site.layer, site.unit)
    if bias is None:
        return
    for i in range(site.width(site.layer - 1)):
        used = site.of("a", site.layer - 1, i)
        yield Way(rejoined([*_products(site), mul(bias, used)]), {"bias": bias, "used": used})


def _other_bias(site: Site) -> Iterator[Way]:
    own = site.bias(site.layer, site.unit)
    if own is None:
        return
    near = [(site.layer, j) for j in adjacent(site.unit, site.width(site.layer))]
    near += [
        (number, min(site.unit, site.width(number) - 1))
        for number in (site.layer + 1, site.layer - 1)
        if 1 <= number <= site.outputs
    ]
    for place in near:
        used = site.bias(*place)
        if used is not None and used != own:
            yield Way(rejoined([*_products(site), used]), {"used": used, "right": own})


def _other_weight(site: Site) -> Iterator[Way]:
    inputs = site.width(site.layer - 1)
    taken = {way.formula for way in _down_the_table(site)}
    for i in range(inputs):
        right = site.common("W", site.layer, site.unit, i)
        places = [(site.unit, near) for near in adjacent(i, inputs)]
        places += [(near, i) for near in adjacent(site.unit, site.width(site.layer))]
        for unit, source in places:
            used = site.common("W", site.layer, unit, source)
            formula = site.exchanged(right, used)
            if formula not in taken:
                yield Way(formula, {"used": used, "right": right})


def _other_input(site: Site) -> Iterator[Way]:
    inputs = site.width(site.layer - 1)
    for i in range(inputs):
        right = site.of("a", site.layer - 1, i)
        for near in adjacent(i, inputs):
            used = site.of("a", site.layer - 1, near)
            formula = site.exchanged(right, used)
            yield Way(formula, {"used": used, "right": right})


def _product_left_out(site: Site) -> Iterator[Way]:
    products = _products(site)
    for i in reversed(range(len(products))):
        left = site.without(i)
        if left is not None and len(products) > 1:
            yield Way(left, {"missing": products[i]})


def _sign_of_product(site: Site) -> Iterator[Way]:
    products = _products(site)
    for i, product in enumerate(products):
        turned = [signed(term) if number == i else term for number, term in enumerate(site.terms)]
        yield Way(rejoined(turned), {"product": product})


def _sums_passed_on(site: Site) -> Iterator[Way]:
    if site.activation(site.layer - 1) == "linear":
        return
    below = site.layer - 1
    yield Way(
        site.renamed(lambda q: q._replace(kind="z") if q.kind == "a" else None),
        {"used": site.of("z", below, 0), "right": site.of("a", below, 0)},
    )


ROWS = (
    Mistake(
        "standardisation-skipped",
        "input not standardised",
        "{quantity} is the raw input {x}: it was not standardised.",
        "Subtract the mean {mean} and divide by the standard deviation {std} before the network sees the input.",
        (Standardize,),
        _not_standardized,
    ),
    Mistake(
        "standardisation-not-divided",
        "not divided by the standard deviation",
        "The mean was subtracted in {quantity}, but the result was not divided by the standard deviation {std}.",
        "Divide the difference by {std}.",
        (Standardize,),
        _not_divided,
    ),
    Mistake(
        "standardisation-by-variance",
        "divided by the variance",
        "{quantity} was divided by the square of the standard deviation {std}, which is the variance.",
        "Divide by {std} itself, not by its square.",
        (Standardize,),
        _divided_by_variance,
    ),
    Mistake(
        "standardisation-brackets",
        "brackets lost when standardising",
        "In {quantity} only the mean {mean} was divided by {std}, not the whole difference.",
        "Subtract first, then divide: work out the difference of {x} and {mean}, and divide that by {std}.",
        (Standardize,),
        _without_brackets,
    ),
    Mistake(
        "weights-transposed-forward",
        "weights read down instead of across",
        "{quantity} was computed with weights read down the columns of the table: the weight matrix is transposed.",
        "Take the weights that lead into this unit: one row of the matrix per unit.",
        (WeightedSum,),
        _down_the_table,
        usual=True,
    ),
    Mistake(
        "bias-left-out",
        "bias left out",
        "The bias {bias} is missing in {quantity}.",
        "Add {bias} once, after the products of weights and inputs.",
        (WeightedSum,),
        _without_bias,
    ),
    Mistake(
        "bias-subtracted",
        "bias subtracted",
        "The bias {bias} was subtracted in {quantity}, as if it were a threshold.",
        "Add {bias}; only a threshold is subtracted.",
        (WeightedSum,),
        _bias_subtracted,
    ),
    Mistake(
        "bias-once-per-input",
        "bias added once for every input",
        "The bias {bias} was added once for every input in {quantity}.",
        "Add {bias} only once for the whole sum.",
        (WeightedSum,),
        _bias_per_input,
    ),
    Mistake(
        "bias-times-input",
        "bias multiplied by an input",
        "In {quantity} the bias {bias} was multiplied by {used}, as if it were a weight.",
        "Add {bias} as it is; its input is always 1.",
        (WeightedSum,),
        _bias_times_input,
    ),
    Mistake(
        "neighbours-bias",
        "bias of another unit",
        "{quantity} was computed with the bias {used} in place of {right}.",
        "The bias of this unit is {right}.",
        (WeightedSum,),
        _other_bias,
    ),
    Mistake(
        "neighbours-weight",
        "weight of a neighbouring connection",
        "{quantity} was computed with the weight {used} where {right} belongs.",
        "Follow the connection: the weight on it is {right}.",
        (WeightedSum,),
        _other_weight,
    ),
    Mistake(
        "neighbours-input",
        "a neighbour's input",
        "{quantity} was computed with {used} where {right} belongs.",
        "Each weight multiplies what comes in along its own connection, here {right}.",
        (WeightedSum,),
        _other_input,
    ),
    Mistake(
        "product-left-out",
        "a product left out of the weighted sum",
        "The product {missing} is missing in {quantity}.",
        "Every connection into the unit gives one product; add {missing} too.",
        (WeightedSum,),
        _product_left_out,
    ),
    Mistake(
        "sign-of-product",
        "sign of a product turned",
        "In {quantity} the product {product} went into the sum with the wrong sign.",
        "Keep the sign of both factors of {product}; two minus signs make a plus.",
        (WeightedSum,),
        _sign_of_product,
    ),
    Mistake(
        "weighted-sums-passed-on",
        "weighted sums passed on instead of activations",
        "{quantity} was computed with the weighted sums of the layer below, such as {used}, not with its activations.",
        "What a unit passes on is its activation: use {right} where you used {used}.",
        (WeightedSum,),
        _sums_passed_on,
    ),
)
