"""Mistakes on the way back from layer to layer.

A step here belongs to the layer that the error comes to; the weights and deltas are those of the layer above.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from derive import graph
from derive.derivation import (
    Backpropagate,
    PathShare,
)
from derive.expression import ONE, ZERO, Div, Node, Ref, add, const, mul
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site, adjacent, misread, nearest, others, pairs, rejoined, signed
from derive.quantity import Quantity
from derive.wording import phrase


def above(site: Site) -> int:
    return site.layer + 1


def paths(site: Site) -> range:
    """The units of the layer above that a step adds; one, where it is a single path's share."""
    if isinstance(site.step, PathShare):
        return range(site.source, site.source + 1)
    return range(site.width(above(site)))


def shares(site: Site, share: Callable[[Ref, Ref], Node]) -> Node:
    """The sum over the paths, with something else in the place of delta times weight."""
    layer, i = above(site), site.unit
    return add(*(share(site.of("dL/dz", layer, k), site.common("W", layer, k, i)) for k in paths(site)))


def _updated_weights(site: Site) -> Iterator[Way]:
    weight = site.common("W", above(site), paths(site)[0], site.unit)
    used = weight.quantity._replace(step=site.made + 1)
    formula = site.renamed(lambda q: q._replace(step=q.step + 1) if q.kind == "W" else None)
    yield Way(formula, {"used": Ref(used), "right": weight})


def _path_lost(site: Site) -> Iterator[Way]:
    terms = site.terms
    if len(terms) == 1:
        return
    for k in reversed(range(len(terms))):
        left = site.without(k)
        if left is not None:
            yield Way(left, {"missing": terms[k], "unit": site.of("a", above(site), k)})
    if len(terms) > 2:
        for k, term in enumerate(terms):
            yield Way(term, {"missing": site.without(k) or ZERO, "unit": site.of("a", above(site), k)})


def _down_the_table(site: Site) -> Iterator[Way]:
    def other(quantity: Quantity) -> Quantity | None:
        if quantity.kind != "W" or not isinstance(quantity.unit, int):
            return None
        unit, source = misread(site, above(site), quantity.unit, site.unit)
        return quantity._replace(unit=unit, source=source)

    yield Way(site.renamed(other))


def _other_weight(site: Site) -> Iterator[Way]:
    layer, i = above(site), site.unit
    taken = {way.formula for way in _down_the_table(site)}
    more = phrase("part_weights_leaving") if len(paths(site)) > 1 else ""
    for other in nearest(i, site.width(site.layer)):
        right, used = (site.common("W", layer, paths(site)[0], source) for source in (i, other))
        formula = site.renamed(partial(_weight_of_source, source=other))
        if formula not in taken:
            yield Way(formula, {"used": used, "right": right, "more": more})
    places = [(k, (other, i)) for k, other in _swaps(site)]
    places += [(k, (k, near)) for k in paths(site) for near in adjacent(i, site.width(site.layer))]
    for k, place in places:
        right, used = site.common("W", layer, k, i), site.common("W", layer, *place)
        formula = site.exchanged(right, used)
        if formula not in taken:
            yield Way(formula, {"used": used, "right": right, "more": ""})


def _weight_of_source(quantity: Quantity, source: int) -> Quantity | None:
    return quantity._replace(source=source) if quantity.kind == "W" else None


def _swaps(site: Site) -> Iterator[tuple[int, int]]:
    """A unit of the layer above that a step goes through, and another one that it may be taken for."""
    if isinstance(site.step, PathShare):
        yield from ((site.source, other) for other in others(site.source, site.width(above(site))))
    else:
        yield from pairs(site.width(above(site)))


def _other_delta(site: Site) -> Iterator[Way]:
    layer = above(site)
    for k, other in _swaps(site):
        right, used = site.of("dL/dz", layer, k), site.of("dL/dz", layer, other)
        yield Way(site.exchanged(right, used), {"used": used, "right": right})
    if not isinstance(site.step, PathShare) and site.width(layer) == 2:
        first, second = site.of("dL/dz", layer, 0), site.of("dL/dz", layer, 1)
        exchange = {first.quantity: second.quantity, second.quantity: first.quantity}
        yield Way(site.renamed(exchange.get), {"used": second, "right": first})


def _sign_of_path(site: Site) -> Iterator[Way]:
    terms = site.terms
    if len(terms) > 1:
        for k, term in enumerate(terms):
            turned = [signed(one) if number == k else one for number, one in enumerate(terms)]
            yield Way(rejoined(turned), {"product": term})


def _gradients_summed(site: Site) -> Iterator[Way]:
    layer, i = above(site), site.unit
    gradients = [site.of("dL/dW", layer, k, i) for k in paths(site)]
    yield Way(add(*gradients), {"used": gradients[0], "right": site.step.formula})


def _weight_left_out(site: Site) -> Iterator[Way]:
    weight = site.common("W", above(site), paths(site)[0], site.unit)
    yield Way(shares(site, lambda delta, weight: delta), {"weight": weight})


def _other_layer(site: Site) -> Iterator[Way]:
    """The weights that lead into the unit, or those at the same places in the table of its own layer."""
    if site.layer == 0:
        return
    units, sources, above_it = site.width(site.layer), site.width(site.layer - 1), site.width(above(site))
    right = site.common("W", above(site), paths(site)[0], site.unit)
    places: list[Callable[[int], tuple[int, int]]] = []
    if sources >= above_it:
        places.append(lambda k: (site.unit, k))
    if units >= above_it and sources >= units:
        places.append(lambda k: (k, site.unit))
    for place in places:
        used = site.common("W", site.layer, *place(paths(site)[0]))
        formula = add(
            *(mul(site.of("dL/dz", above(site), k), site.common("W", site.layer, *place(k))) for k in paths(site))
        )
        yield Way(formula, {"used": used, "right": right})


def _slope_above_lost(site: Site) -> Iterator[Way]:
    layer = above(site)
    if site.passes_on(layer):
        return
    unit = paths(site)[0]
    formula = site.renamed(lambda q: q._replace(kind="dL/da") if q.kind == "dL/dz" else None)
    yield Way(formula, {"used": site.of("dL/da", layer, unit), "right": site.of("dL/dz", layer, unit)})


def _all_weights_above(site: Site) -> Iterator[Way]:
    sources = site.width(site.layer)
    if sources == 1:
        return

    def share(delta: Ref, weight: Ref) -> Node:
        row = [Ref(weight.quantity._replace(source=i)) for i in range(sources)]
        return mul(delta, add(*row))

    yield Way(shares(site, share), {"unit": site.of("a", site.layer, site.unit)})


def _averaged(site: Site) -> Iterator[Way]:
    if len(site.terms) > 1:
        yield Way(mul(Div(ONE, const(len(site.terms))), site.step.formula), {"right": site.step.formula})


def _loss_for_deltas(site: Site) -> Iterator[Way]:
    used = Ref(graph.example_loss_quantity(site.problem, site.example).shifted(site.made))
    slots = {"used": used, "right": site.of("dL/dz", above(site), paths(site)[0])}
    yield Way(shares(site, lambda delta, weight: mul(used, weight)), slots)


def _split_by_weights(site: Site) -> Iterator[Way]:
    sources = site.width(site.layer)
    if sources == 1:
        return

    def share(delta: Ref, weight: Ref) -> Node:
        row = [Ref(weight.quantity._replace(source=i)) for i in range(sources)]
        return mul(delta, Div(weight, add(*row)))

    yield Way(shares(site, share), {"right": site.step.formula})


ROWS = (
    Mistake(
        "updated-weights",
        "hidden gradients with updated weights",
        "{quantity} was computed with weights that had already been updated, such as {used}.",
        "Use the old weights, such as {right}: all gradients are taken before any weight moves.",
        (Backpropagate, PathShare),
        _updated_weights,
        usual=True,
    ),
    Mistake(
        "path-lost",
        "a path back lost",
        "{missing} is missing in {quantity}: the error comes back along more than one path.",
        "Follow every connection that leaves the unit, and add what comes back along each of them.",
        (Backpropagate,),
        _path_lost,
        usual=True,
    ),
    Mistake(
        "weights-transposed-backward",
        "weights read the wrong way on the way back",
        "{quantity} was computed with weights read the wrong way from the table: the weight matrix is transposed.",
        "On the way back take the weights of the connections that leave this unit: one column of the matrix.",
        (Backpropagate, PathShare),
        _down_the_table,
        usual=True,
    ),
    Mistake(
        "neighbours-weight-backward",
        "weight of another connection on the way back",
        "{quantity} was computed with the weight {used} where {right} belongs{more}.",
        "The error goes back along the connection it came by: its weight is {right}.",
        (Backpropagate, PathShare),
        _other_weight,
    ),
    Mistake(
        "sign-of-path",
        "sign of a path turned",
        "In {quantity} the share {product} went into the sum with the wrong sign.",
        "Keep the sign of the delta and of the weight; two minus signs make a plus.",
        (Backpropagate,),
        _sign_of_path,
    ),
    Mistake(
        "gradients-summed-on-the-way-back",
        "gradients of the weights in place of delta times weight",
        "{quantity} was computed from the gradients of the weights that leave the unit, such as {used}.",
        "What goes back is delta times weight, not delta times activation: {right}.",
        (Backpropagate, PathShare),
        _gradients_summed,
    ),
    Mistake(
        "neighbours-delta-backward",
        "delta of another unit on the way back",
        "{quantity} was computed with {used} where {right} belongs.",
        "The weight of a connection goes with the delta of the unit that the connection leads to, here {right}.",
        (Backpropagate, PathShare),
        _other_delta,
    ),
    Mistake(
        "weight-left-out-backward",
        "weight left out on the way back",
        "{quantity} was computed without weights, such as {weight}.",
        "Multiply each delta by the weight of the connection that it goes back along.",
        (Backpropagate, PathShare),
        _weight_left_out,
    ),
    Mistake(
        "weights-of-another-layer",
        "weights of another layer on the way back",
        "{quantity} was computed with the weights of another layer, such as {used}.",
        "Use the weights that lead from the unit to the next layer, such as {right}.",
        (Backpropagate, PathShare),
        _other_layer,
    ),
    Mistake(
        "derivative-lost-on-the-way-back",
        "activation derivative of the next layer lost on the way back",
        "{quantity} was computed with {used} where {right} belongs: the slope of the next layer is missing.",
        "What goes back through a weight is the delta, {right}, which has the slope of its unit in it.",
        (Backpropagate, PathShare),
        _slope_above_lost,
    ),
    Mistake(
        "sum-over-all-weights-backward",
        "weights of all units on the way back",
        "In {quantity} each delta was multiplied by all weights of its unit added up.",
        "Only the weights that leave {unit} belong here: one per unit of the next layer.",
        (Backpropagate, PathShare),
        _all_weights_above,
    ),
    Mistake(
        "paths-averaged",
        "mean of the paths back",
        "{quantity} is the mean of what comes back along the paths.",
        "Add what comes back along every path, and do not divide it: {right}.",
        (Backpropagate,),
        _averaged,
    ),
    Mistake(
        "loss-sent-back",
        "the loss itself sent back",
        "{quantity} was computed with the loss {used} in the place of the deltas.",
        "What goes back through a weight is the delta of the unit that it leads to, such as {right}.",
        (Backpropagate, PathShare),
        _loss_for_deltas,
    ),
    Mistake(
        "error-split-by-weights",
        "error shared out in proportion to the weights",
        "In {quantity} the error was shared out in proportion to the weights.",
        "Multiply by the weight itself and do not divide by the sum of the weights: {right}.",
        (Backpropagate, PathShare),
        _split_by_weights,
    ),
)
