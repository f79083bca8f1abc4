"""Mistakes in the weighted sums: inputs, weights, biases, signs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from derive.activations import described
from derive.derivation import Update
from derive.expression import Neg, Node, Ref, call, const, mul, quantities, replace
from derive.graph import WeightedSum
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site, adjacent, misread, nearest, others, pairs, rejoined, signed
from derive.quantity import Quantity
from derive.wording import phrase


def never_negative(activation: str) -> bool:
    """Whether the values of an activation have no sign to lose."""
    low, _ = described(activation).range
    return low is not None and low >= 0


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
    near = [(site.layer, j) for j in others(site.unit, site.width(site.layer))]
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
    more = phrase("part_weights_of_unit") if inputs > 1 else ""
    for near in nearest(site.unit, site.width(site.layer)):
        used, right = site.common("W", site.layer, near, 0), site.common("W", site.layer, site.unit, 0)
        formula = site.renamed(partial(_weight_of_unit, unit=near))
        if formula not in taken:
            yield Way(formula, {"used": used, "right": right, "more": more})
    places = [(i, (site.unit, other)) for i, other in pairs(inputs)]
    places += [(i, (near, i)) for i in range(inputs) for near in adjacent(site.unit, site.width(site.layer))]
    for i, place in places:
        right, used = site.common("W", site.layer, site.unit, i), site.common("W", site.layer, *place)
        formula = site.exchanged(right, used)
        if formula not in taken:
            yield Way(formula, {"used": used, "right": right, "more": ""})


def _weight_of_unit(quantity: Quantity, unit: int) -> Quantity | None:
    return quantity._replace(unit=unit) if quantity.kind == "W" else None


def _other_input(site: Site) -> Iterator[Way]:
    inputs = site.width(site.layer - 1)
    for i, other in pairs(inputs):
        right, used = site.of("a", site.layer - 1, i), site.of("a", site.layer - 1, other)
        yield Way(site.exchanged(right, used), {"used": used, "right": right, "more": ""})
    if inputs > 2:
        first, second = site.of("a", site.layer - 1, 0), site.of("a", site.layer - 1, 1)
        formula = site.renamed(lambda q: first.quantity if q.kind == "a" else None)
        yield Way(formula, {"used": first, "right": second, "more": phrase("part_every_product")})


def _inputs_exchanged(site: Site) -> Iterator[Way]:
    for i, other in pairs(site.width(site.layer - 1)):
        if i < other:
            first, second = site.of("a", site.layer - 1, i), site.of("a", site.layer - 1, other)
            exchange = {first.quantity: second.quantity, second.quantity: first.quantity}
            yield Way(site.renamed(exchange.get), {"first": first, "second": second})


def _inputs_of_another_layer(site: Site) -> Iterator[Way]:
    below = site.layer - 1
    for other in dict.fromkeys((below - 1, 0)):
        if 0 <= other < below and site.width(other) >= site.width(below):
            formula = site.renamed(partial(_input_at, layer=other))
            yield Way(formula, {"used": site.of("a", other, 0), "right": site.of("a", below, 0)})


def _input_at(quantity: Quantity, layer: int) -> Quantity | None:
    return _at_layer(quantity, layer) if quantity.kind == "a" else None


def _at_layer(quantity: Quantity, layer: int) -> Quantity:
    """The same place in another layer; an input has no updates before it."""
    return quantity._replace(layer=layer, step=0 if quantity.kind == "a" and not layer else quantity.step)


def _weight_at(quantity: Quantity, layer: int) -> Quantity | None:
    return _at_layer(quantity, layer) if quantity.kind == "W" else None


def _weights_of_another_layer(site: Site) -> Iterator[Way]:
    units, inputs = site.width(site.layer), site.width(site.layer - 1)
    for other in (site.layer + 1, site.layer - 1):
        if 1 <= other <= site.outputs and site.width(other) >= units and site.width(other - 1) >= inputs:
            formula = site.renamed(partial(_weight_at, layer=other))
            used = site.common("W", other, site.unit, 0)
            yield Way(formula, {"used": used, "right": site.common("W", site.layer, site.unit, 0)})


def _product_left_out(site: Site) -> Iterator[Way]:
    products = _products(site)
    for i in reversed(range(len(products))):
        left = site.without(i)
        if left is not None and len(products) > 1:
            yield Way(left, {"missing": products[i]})


def _sign_lost(site: Site) -> Iterator[Way]:
    """A number of the sum, or the old value in an update, taken without its minus sign."""
    signs = [q for q in quantities(site.step.formula) if _can_be_negative(site, q)]
    for quantity in signs:
        yield Way(_without_signs(site, [quantity]), {"lost": Ref(quantity)})
    if len(signs) > 1:
        yield Way(_without_signs(site, signs), {"lost": phrase("part_every_negative")}, throughout=True)


def _can_be_negative(site: Site, quantity: Quantity) -> bool:
    match quantity.kind:
        case "W" | "b":
            return True
        case "a":
            return site.layer == 1 or not never_negative(site.activation(site.layer - 1))
    return False


def _without_signs(site: Site, lost: list[Quantity]) -> Node:
    return replace(site.step.formula, lambda q: call("abs", Ref(q)) if q in lost else None)


def _sign_of_product(site: Site) -> Iterator[Way]:
    products = _products(site)
    for i, product in enumerate(products):
        turned = [signed(term) if number == i else term for number, term in enumerate(site.terms)]
        yield Way(rejoined(turned), {"product": product})


def _sums_passed_on(site: Site) -> Iterator[Way]:
    if site.passes_on(site.layer - 1):
        return
    below = site.layer - 1
    yield Way(
        site.renamed(lambda q: q._replace(kind="z") if q.kind == "a" else None),
        {"used": site.of("z", below, 0), "right": site.of("a", below, 0)},
    )


ROWS = (
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
        "sign-lost",
        "sign of a number lost",
        "In {quantity} the sign of {lost} was lost.",
        "A negative number goes in with its minus sign: put it in brackets.",
        (WeightedSum, Update),
        _sign_lost,
        rather_than=("sign-of-product", "bias-subtracted"),
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
        "weight of another connection",
        "{quantity} was computed with the weight {used} where {right} belongs{more}.",
        "Follow the connection: the weight on it is {right}.",
        (WeightedSum,),
        _other_weight,
    ),
    Mistake(
        "neighbours-input",
        "input of another connection",
        "{quantity} was computed with {used} where {right} belongs{more}.",
        "Each weight multiplies what comes in along its own connection, here {right}.",
        (WeightedSum,),
        _other_input,
    ),
    Mistake(
        "inputs-exchanged",
        "two inputs exchanged",
        "In {quantity} {first} and {second} were exchanged: each was multiplied by the weight of the other.",
        "Each weight multiplies what comes in along its own connection.",
        (WeightedSum,),
        _inputs_exchanged,
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
    Mistake(
        "inputs-of-another-layer",
        "inputs of another layer",
        "{quantity} was computed with numbers that do not come from the layer just below, such as {used}.",
        "The inputs of a unit are the activations of the layer just below it, such as {right}.",
        (WeightedSum,),
        _inputs_of_another_layer,
    ),
    Mistake(
        "weights-of-another-layer-forward",
        "weights of another layer",
        "{quantity} was computed with the weights of another layer, such as {used}.",
        "Use the weights of the connections that lead into this unit, such as {right}.",
        (WeightedSum,),
        _weights_of_another_layer,
    ),
)
