"""Mistakes of the update: learning rate, number of updates, old value, gradient."""

from __future__ import annotations

from collections.abc import Iterator

from derive.derivation import (
    Fixed,
    Update,
    Velocity,
    WeightStep,
    rate_symbol,
)
from derive.expression import TWO, Div, Neg, Node, Ref, add, mul, replace, sub
from derive.graph import WeightedSum
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site, adjacent, nearest
from derive.quantity import Quantity

# -- the parts of an update ----------------------------------------------------------------------------------


def parameter(site: Site) -> Ref:
    """The weight or bias before the update."""
    kind = site.target.kind[-1]
    return Ref(Quantity(kind, site.target.layer, site.target.unit, site.target.source).shifted(site.made))


def slope_of(site: Site) -> Ref:
    """The gradient of the step's parameter."""
    kind = "dL/dW" if site.target.kind.endswith("W") else "dL/db"
    return Ref(site.target._replace(kind=kind, step=site.made))


def rate(site: Site) -> Ref:
    return Ref(rate_symbol(site.problem).quantity.shifted(site.made))


def velocity(site: Site, later: int = 0) -> Ref:
    return Ref(parameter(site).quantity._replace(kind=f"v{parameter(site).quantity.kind}", step=site.made + later))


def with_momentum(site: Site) -> bool:
    return site.problem.training.remembers


def kept(site: Site) -> Node:
    """The share of the old velocity."""
    return mul(Ref(Quantity("momentum")), velocity(site))


def changed_step(site: Site, taken: Node) -> Iterator[Way]:
    """Something else in the place of learning rate times gradient, wherever that stands."""
    slots: dict[str, Node | str] = {"rate": rate(site), "gradient": slope_of(site), "old": parameter(site)}
    match site.step:
        case WeightStep():
            yield Way(taken, slots)
        case Velocity():
            yield Way(sub(kept(site), taken), slots)
        case Update() if not with_momentum(site):
            yield Way(sub(parameter(site), taken), slots)


# -- gradient descent ----------------------------------------------------------------------------------------


def _added(site: Site) -> Iterator[Way]:
    if not with_momentum(site):
        slots: dict[str, Node | str] = {"old": parameter(site), "gradient": slope_of(site)}
        yield Way(add(parameter(site), mul(rate(site), slope_of(site))), slots)


def _no_rate(site: Site) -> Iterator[Way]:
    yield from changed_step(site, slope_of(site))


def _rate_twice(site: Site) -> Iterator[Way]:
    yield from changed_step(site, mul(rate(site), rate(site), slope_of(site)))


def _repeated(site: Site) -> Iterator[Way]:
    if not isinstance(site.step, WeightStep | Velocity):
        yield from changed_step(site, mul(TWO, rate(site), slope_of(site)))


def _only_the_step(site: Site) -> Iterator[Way]:
    step = velocity(site, 1) if with_momentum(site) else Neg(mul(rate(site), slope_of(site)))
    yield Way(step, {"old": parameter(site)})
    if not with_momentum(site):
        yield Way(mul(rate(site), slope_of(site)), {"old": parameter(site)})


def _left_out(site: Site) -> Iterator[Way]:
    if site.target.kind == "W":
        yield Way(parameter(site), {"old": parameter(site)})


def _bias_kept(site: Site) -> Iterator[Way]:
    if site.target.kind == "b":
        yield Way(parameter(site), {"bias": parameter(site)})


def _bias_moved(site: Site) -> Iterator[Way]:
    yield Way(sub(parameter(site), mul(rate(site), slope_of(site))), {"bias": parameter(site)})


def _bias_split(site: Site) -> Iterator[Way]:
    """A unit whose layer shares one bias, as if it had its own and had updated that."""
    bias = site.bias(site.layer, site.unit)
    if site.made != 1 or site.examples or bias is None or bias.quantity.unit is not None or site.width(site.layer) == 1:
        return
    old = Ref(bias.quantity._replace(step=0))
    own = Ref(Quantity("dL/db", site.layer, site.unit))
    moved = sub(old, mul(Ref(rate_symbol(site.problem).quantity), own))
    yield Way(add(*site.terms[:-1], moved), {"used": own, "right": bias})


def _from_the_start(site: Site) -> Iterator[Way]:
    if site.made:
        start = parameter(site).quantity._replace(step=0)
        formula = replace(site.step.formula, lambda q: Ref(start) if q == parameter(site).quantity else None)
        yield Way(formula, {"used": Ref(start), "right": parameter(site)})


# -- the wrong parts -------------------------------------------------------------------------------------------


def _rate_divided(site: Site) -> Iterator[Way]:
    yield from changed_step(site, Div(slope_of(site), rate(site)))


def _near(site: Site) -> Iterator[tuple[int | None, int | None]]:
    """Where parameters stand that are taken for the step's own: next to it, or at the transposed place."""
    layer, unit, source = site.layer, site.target.unit, site.target.source
    if isinstance(unit, int) and isinstance(source, int):
        units, sources = site.width(layer), site.width(layer - 1)
        yield from ((unit, other) for other in nearest(source, sources))
        yield from ((near, source) for near in adjacent(unit, units))
        if units == sources:
            yield source, unit
    elif isinstance(unit, int):
        yield from ((near, None) for near in adjacent(unit, site.width(layer)))


def _other_gradient(site: Site) -> Iterator[Way]:
    right = slope_of(site)
    for unit, source in _near(site):
        used = Ref(right.quantity._replace(unit=unit, source=source))
        for way in changed_step(site, mul(rate(site), used)):
            yield Way(way.formula, {"used": used, "right": right})


def _other_old_value(site: Site) -> Iterator[Way]:
    right = parameter(site)
    for unit, source in _near(site):
        used = Ref(right.quantity._replace(unit=unit, source=source))
        yield Way(site.exchanged(right, used), {"used": used, "right": right})


def _delta_for_gradient(site: Site) -> Iterator[Way]:
    if site.target.source is not None and not site.examples:
        used = site.common("dL/dz", site.layer, site.unit)
        for way in changed_step(site, mul(rate(site), used)):
            yield Way(way.formula, {"used": used, "right": slope_of(site)})


def _difference_times_rate(site: Site) -> Iterator[Way]:
    if not with_momentum(site):
        yield Way(
            mul(rate(site), sub(parameter(site), slope_of(site))), {"rate": rate(site), "gradient": slope_of(site)}
        )


ROWS = (
    Mistake(
        "gradient-added",
        "gradient added instead of subtracted",
        "{quantity} was computed with a plus sign: the gradient was added to {old}.",
        "Subtract learning rate times gradient from {old}: the weight goes against the gradient, downhill.",
        (Update,),
        _added,
    ),
    Mistake(
        "learning-rate-forgotten",
        "learning rate forgotten",
        "{quantity} was computed with the whole gradient {gradient}: the learning rate {rate} is missing.",
        "Multiply the gradient by {rate} before you subtract it.",
        (Update, WeightStep, Velocity),
        _no_rate,
        usual=True,
        rather_than=("update-repeated",),
    ),
    Mistake(
        "update-left-out",
        "an update too few",
        "{quantity} is still the old value {old}: one update is missing.",
        "Count the updates, and take the step from {old} with the gradients of that round.",
        (Update,),
        _left_out,
    ),
    Mistake(
        "bias-not-updated",
        "bias not updated",
        "{quantity} is still the old value {bias}: the bias was not updated.",
        "Biases are trained here like weights: subtract learning rate times gradient.",
        (Update,),
        _bias_kept,
        rather_than=("bias-gradient-zero",),
    ),
    Mistake(
        "old-value-left-out",
        "only the step, not the new value",
        "{quantity} is only the size of the step: the old value {old} is missing.",
        "The step is a change: take {old} and change it by the step.",
        (Update,),
        _only_the_step,
    ),
    Mistake(
        "learning-rate-twice",
        "learning rate applied twice",
        "{quantity} was computed with the learning rate {rate} multiplied in twice.",
        "Multiply {gradient} by {rate} once.",
        (Update, WeightStep, Velocity),
        _rate_twice,
        rather_than=("learning-rate-in-gradient",),
    ),
    Mistake(
        "update-repeated",
        "the same update made twice",
        "{quantity} was computed with the same gradient {gradient} subtracted twice.",
        "One update subtracts it once; a second update needs a new forward and backward pass.",
        (Update,),
        _repeated,
    ),
    Mistake(
        "learning-rate-divided",
        "divided by the learning rate",
        "In {quantity} the gradient {gradient} was divided by the learning rate {rate}.",
        "Multiply the gradient by {rate}: a small learning rate makes a small step.",
        (Update, WeightStep, Velocity),
        _rate_divided,
    ),
    Mistake(
        "neighbours-gradient",
        "gradient of another weight in an update",
        "{quantity} was computed with the gradient {used} in place of {right}.",
        "Each weight and each bias moves by its own gradient, here {right}.",
        (Update, WeightStep, Velocity),
        _other_gradient,
    ),
    Mistake(
        "neighbours-old-value",
        "update of another weight's old value",
        "{quantity} was computed from the old value {used} in place of {right}.",
        "Take the old value of the same weight or bias, {right}.",
        (Update,),
        _other_old_value,
    ),
    Mistake(
        "delta-in-update",
        "delta in place of the gradient in an update",
        "{quantity} was computed with the delta {used} in place of the gradient {right}.",
        "Multiply the delta by the input of the connection first: that is the gradient {right}.",
        (Update, WeightStep, Velocity),
        _delta_for_gradient,
    ),
    Mistake(
        "update-brackets",
        "learning rate applied to the old value too",
        "{quantity} was computed as {rate} times the whole difference, so the old value was multiplied by it too.",
        "Multiply only the gradient {gradient} by {rate}, then subtract that from the old value.",
        (Update,),
        _difference_times_rate,
    ),
    Mistake(
        "update-from-the-start",
        "update starts from the first value",
        "{quantity} was computed from the value {used} at the very start.",
        "Each update starts from the value that the one before has left: {right}.",
        (Update,),
        _from_the_start,
    ),
    Mistake(
        "fixed-bias-updated",
        "fixed bias updated",
        "{quantity} was updated, although this bias is fixed.",
        "The problem says that the biases of this layer are not trained: {bias} stays as it is.",
        (Fixed,),
        _bias_moved,
    ),
    Mistake(
        "shared-bias-split",
        "shared bias updated unit by unit",
        "{quantity} was computed as if the unit had a bias of its own, updated with {used}.",
        "All units of this layer share one bias, which is now {right}.",
        (WeightedSum,),
        _bias_split,
    ),
)
