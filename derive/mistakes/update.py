"""Mistakes of the update and of what comes after it: learning rate, number of updates, stale numbers."""

from __future__ import annotations

from collections.abc import Iterator

from derive.derivation import (
    Backpropagate,
    Fixed,
    PathShare,
    Update,
    Velocity,
    WeightGradient,
    WeightStep,
    rate_symbol,
)
from derive.expression import TWO, Neg, Node, Ref, add, mul, quantities, replace, sub
from derive.graph import WeightedSum
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site
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
    return site.problem.training.optimizer == "momentum"


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


# -- stale numbers -------------------------------------------------------------------------------------------


def _stale(site: Site, kinds: frozenset[str]) -> Iterator[Way]:
    if not site.made:
        return

    def earlier(quantity: Quantity) -> Quantity | None:
        if quantity.kind in kinds and quantity.step == site.made and not quantity.constant:
            return quantity._replace(step=site.made - 1)
        return None

    formula = site.renamed(earlier)
    changed = [q for q in quantities(site.step.formula) if earlier(q) is not None]
    if changed:
        right = changed[0]
        yield Way(formula, {"used": Ref(right._replace(step=site.made - 1)), "right": Ref(right)})


def _stale_weights(site: Site) -> Iterator[Way]:
    yield from _stale(site, frozenset({"W", "b"}))


def _stale_activations(site: Site) -> Iterator[Way]:
    if _example_was_there(site):
        yield from _stale(site, frozenset({"a"}))


def _example_was_there(site: Site) -> bool:
    """Whether the round before worked on the step's example too."""
    return site.target.example is None or site.target.example in site.trace.round(site.made - 1).examples


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
    ),
    Mistake(
        "learning-rate-twice",
        "learning rate applied twice",
        "{quantity} was computed with the learning rate {rate} multiplied in twice.",
        "Multiply {gradient} by {rate} once.",
        (Update, WeightStep, Velocity),
        _rate_twice,
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
        "update-left-out",
        "an update too few",
        "{quantity} is still the old value {old}: one update is missing.",
        "Count the updates, and take the step from {old} with the gradients of that round.",
        (Update,),
        _left_out,
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
        "update-from-the-start",
        "update starts from the first value",
        "{quantity} was computed from the value {used} at the very start.",
        "Each update starts from the value that the one before has left: {right}.",
        (Update,),
        _from_the_start,
    ),
    Mistake(
        "bias-not-updated",
        "bias not updated",
        "{quantity} is still the old value {bias}: the bias was not updated.",
        "Biases are trained here like weights: subtract learning rate times gradient.",
        (Update,),
        _bias_kept,
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
    Mistake(
        "stale-weights",
        "old weights after the update",
        "{quantity} was computed with weights from before the update, such as {used}.",
        "After an update everything is computed with the new weights, such as {right}.",
        (WeightedSum, Backpropagate, PathShare),
        _stale_weights,
    ),
    Mistake(
        "stale-activations",
        "old activations after the update",
        "{quantity} was computed with activations from before the update, such as {used}.",
        "The new weights change the activations too: use {right}.",
        (WeightedSum, WeightGradient),
        _stale_activations,
    ),
)
