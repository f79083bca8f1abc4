"""Numbers from before an update, used after it."""

from __future__ import annotations

from collections.abc import Iterator

from derive.derivation import Backpropagate, PathShare, Update, Velocity, WeightGradient, WeightStep, trained
from derive.expression import Ref, mul, quantities
from derive.graph import LossPart, Penalty, WeightedSum
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site
from derive.mistakes.update import changed_step, rate, slope_of
from derive.quantity import Quantity


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
    if _adds_a_moving_bias(site):
        yield from _stale(site, frozenset({"W"}))


def _stale_biases(site: Site) -> Iterator[Way]:
    if _adds_a_moving_bias(site):
        yield from _stale(site, frozenset({"b"}))


def _adds_a_moving_bias(site: Site) -> bool:
    """Whether the step adds a bias that the updates change."""
    bias = site.bias(site.layer, site.unit) if isinstance(site.step, WeightedSum) else None
    return bias is not None and trained(site.problem, bias.quantity)


def _stale_activations(site: Site) -> Iterator[Way]:
    if _example_was_there(site):
        yield from _stale(site, frozenset({"a"}))


def _example_was_there(site: Site) -> bool:
    """Whether the round before worked on the step's example too."""
    return site.target.example is None or site.target.example in site.trace.round(site.made - 1).examples


def _stale_gradient(site: Site) -> Iterator[Way]:
    if site.made:
        used = Ref(slope_of(site).quantity._replace(step=site.made - 1))
        for way in changed_step(site, mul(rate(site), used)):
            yield Way(way.formula, {"used": used, "right": slope_of(site)})


ROWS = (
    Mistake(
        "stale-weights",
        "old weights after the update",
        "{quantity} was computed with weights from before the update, such as {used}.",
        "After an update everything is computed with the new weights, such as {right}.",
        (WeightedSum, Backpropagate, PathShare, Penalty),
        _stale_weights,
        rather_than=("update-left-out", "bias-not-updated"),
    ),
    Mistake(
        "stale-biases",
        "old bias after the update",
        "{quantity} was computed with the bias from before the update, {used}.",
        "Biases move with the weights: after the update use the new one, {right}.",
        (WeightedSum,),
        _stale_biases,
        rather_than=("bias-not-updated",),
    ),
    Mistake(
        "stale-activations",
        "old activations after the update",
        "{quantity} was computed with activations from before the update, such as {used}.",
        "The new weights change the activations too: use {right}.",
        (WeightedSum, WeightGradient, LossPart),
        _stale_activations,
    ),
    Mistake(
        "stale-gradient",
        "gradient of the round before in an update",
        "{quantity} was computed with {used}, the gradient of the round before.",
        "Every update needs a gradient of its own, from a new forward and backward pass: {right}.",
        (Update, WeightStep, Velocity),
        _stale_gradient,
    ),
)
