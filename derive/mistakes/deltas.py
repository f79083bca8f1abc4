"""Mistakes in a delta: where the error of a unit meets the slope of its activation."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive.derivation import (
    Backpropagate,
    BatchGradient,
    BiasGradient,
    Delta,
    SimplifiedDelta,
    WeightGradient,
    shortened,
)
from derive.expression import TWO, Node, const, mul, sub
from derive.graph import loss_row
from derive.losses import shortens
from derive.mistakes.gradients import delta, gradient, incoming, on_weights
from derive.mistakes.loss import output_and_target
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site, others
from derive.mistakes.slopes import error, slope, slope_or_one


def _forgotten(site: Site) -> Iterator[Way]:
    row = site.row(site.layer)
    if not row.two_slopes and not row.passes_on:
        yield Way(error(site), {"slope": slope(site), "used": error(site)})


def _forgotten_at_output(site: Site) -> Iterator[Way]:
    if site.layer == site.outputs:
        yield from _forgotten(site)


def _forgotten_at_hidden(site: Site) -> Iterator[Way]:
    if site.layer < site.outputs:
        yield from _forgotten(site)


def _kept(site: Site) -> Iterator[Way]:
    if isinstance(site.step, SimplifiedDelta):
        slots: dict[str, Node | str] = {"slope": slope(site), "right": site.step.formula}
        yield Way(mul(site.step.formula, slope(site)), slots)
    elif shortened(site.problem, site.layer):
        yield from _with_slope_once_more(site)


def _with_slope_once_more(site: Site) -> Iterator[Way]:
    """A gradient that was multiplied by a slope which its delta has in it, or does not need."""
    yield from _with_slope_at_weight(site)
    if isinstance(site.step, BiasGradient) and site.target.unit is not None:
        yield Way(mul(delta(site), slope(site)), {"slope": slope(site), "right": site.step.formula})


@on_weights
def _with_slope_at_weight(site: Site) -> Iterator[Way]:
    right = mul(delta(site), incoming(site))
    yield gradient(site, mul(delta(site), slope(site), incoming(site)), slope=slope(site), right=right)


def _short_delta(site: Site) -> Iterator[Way]:
    if site.layer == site.outputs and _error_is_not_the_difference(site) and shortens(site.activation(site.layer)):
        a, t = output_and_target(site)
        yield Way(sub(a, t), {"right": site.step.formula})


def _error_is_not_the_difference(site: Site) -> bool:
    """Whether dL/da is a multiple of output minus target, but not that itself."""
    row = loss_row(site.problem)
    return row.squares and not row.halved and not (row.averaged and site.width(site.outputs) == 2)


def _twice(site: Site) -> Iterator[Way]:
    if site.joint(site.layer) or site.row(site.layer).on_or_off:
        return
    if isinstance(site.step, Delta):
        yield Way(mul(error(site), slope(site), slope(site)), {"slope": slope(site)})
    elif not shortened(site.problem, site.layer):
        yield from _with_slope_once_more(site)


def _neighbours_slope(site: Site) -> Iterator[Way]:
    """The slope of another unit of the layer, or of the unit at the same place in the next layer or the one below."""
    if not site.has_slopes(site.layer):
        return
    places = [(site.layer, other) for other in others(site.unit, site.width(site.layer))]
    places += [(layer, min(site.unit, site.width(layer) - 1)) for layer in _layers_with_slopes(site)]
    for layer, unit in places:
        used = site.of("da/dz", layer, unit)
        yield Way(mul(error(site), used), {"used": used, "right": slope(site)})


def _layers_with_slopes(site: Site) -> list[int]:
    near = [layer for layer in (site.layer + 1, site.layer - 1) if 1 <= layer <= site.outputs]
    return [layer for layer in near if site.has_slopes(layer)]


def _error_left_out(site: Site) -> Iterator[Way]:
    if not site.joint(site.layer):
        only = slope_or_one(site)
        yield Way(only, {"slope": only, "error": error(site)})


def _two_again(site: Site) -> Iterator[Way]:
    """The factor of the loss, which came in at the outputs, put in again in a layer below."""
    loss = loss_row(site.problem)
    if not loss.squares or loss.halved or not 1 <= site.layer < site.outputs:
        return
    factors = [TWO]
    if loss.averaged and site.width(site.outputs) > 2:
        factors.append(const(Fraction(2, site.width(site.outputs))))
    for factor in factors:
        yield Way(mul(factor, site.step.formula), {"right": site.step.formula})


ROWS = (
    Mistake(
        "activation-derivative-forgotten-output",
        "activation derivative forgotten at the output",
        "The slope {slope} of the activation is missing in {quantity}: only {used} was taken.",
        "Multiply by {slope}. This factor cancels only where the loss is the cross-entropy that belongs to the "
        "activation, and then it cancels against the derivative of that loss.",
        (Delta, SimplifiedDelta),
        _forgotten_at_output,
        usual=True,
        rather_than=("error-in-place-of-delta",),
    ),
    Mistake(
        "activation-derivative-forgotten-hidden",
        "activation derivative forgotten in a hidden unit",
        "The slope {slope} of the activation is missing in {quantity}: the error was passed on as if the unit were "
        "linear.",
        "Multiply by {slope} on the way back through the unit.",
        (Delta,),
        _forgotten_at_hidden,
        usual=True,
        rather_than=("error-in-place-of-delta",),
    ),
    Mistake(
        "derivative-kept-with-cross-entropy",
        "activation derivative kept with cross-entropy",
        "{quantity} was multiplied by the slope {slope} of the activation, which has already cancelled here.",
        "With this loss and this activation there is no such factor: {quantity} is simply {right}.",
        (SimplifiedDelta, WeightGradient, BatchGradient, BiasGradient),
        _kept,
        consistently=(SimplifiedDelta,),
    ),
    Mistake(
        "short-delta-with-other-loss",
        "short delta of the cross-entropy with another loss",
        "{quantity} was taken as output minus target, which holds only for the cross-entropy that belongs to the "
        "activation.",
        "Here the chain rule has to be written out: {right}.",
        (Delta,),
        _short_delta,
    ),
    Mistake(
        "activation-derivative-twice",
        "activation derivative applied twice",
        "{quantity} was multiplied by the slope {slope} twice.",
        "Multiply by {slope} once: each unit on the way gives one factor.",
        (Delta, WeightGradient, BatchGradient, BiasGradient),
        _twice,
        consistently=(Delta,),
    ),
    Mistake(
        "neighbours-slope",
        "slope of another unit",
        "{quantity} was multiplied by the slope {used} of another unit.",
        "Use the slope of the unit itself, {right}.",
        (Delta, SimplifiedDelta),
        _neighbours_slope,
        consistently=(Delta,),
        rather_than=("another-number-in-slope",),
    ),
    Mistake(
        "error-left-out-of-delta",
        "error left out of a delta",
        "{quantity} is the slope {slope} alone: what comes back to the unit, {error}, is missing.",
        "Multiply the slope by {error}.",
        (Delta, SimplifiedDelta),
        _error_left_out,
        consistently=(Delta,),
    ),
    Mistake(
        "factor-two-again",
        "factor 2 of the loss applied again",
        "{quantity} was multiplied by the factor 2 of the squared error once more.",
        "That factor comes in once, where the loss is differentiated; below it the chain rule alone counts: {right}.",
        (Delta, Backpropagate),
        _two_again,
        consistently=(Delta,),
    ),
)
