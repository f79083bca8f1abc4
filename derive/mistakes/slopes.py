"""Mistakes with the slope of an activation, and where it meets the error in a delta."""

from __future__ import annotations

from collections.abc import Iterator

from derive.activations import ACTIVATIONS
from derive.derivation import (
    ActivationDerivative,
    Delta,
    PathShare,
    SimplifiedDelta,
    SoftmaxDerivative,
    WeightGradient,
)
from derive.expression import ONE, TWO, ZERO, Mul, Node, Pow, add, call, mul, sub
from derive.mistakes.activation import function, other_functions
from derive.mistakes.loss import output_and_target
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site, adjacent, signed

RECTIFIERS = frozenset({"relu", "leaky_relu"})


def slope(site: Site, unit: int | None = None) -> Node:
    """da/dz of a unit of the step's layer; in a softmax the one of a unit with itself."""
    own = site.unit if unit is None else unit
    if site.activation(site.layer) == "softmax":
        return site.of("da/dz", site.layer, own, own)
    return site.of("da/dz", site.layer, own)


def error(site: Site) -> Node:
    """dL/da of the step's unit."""
    return site.of("dL/da", site.layer, site.unit)


def _forgotten(site: Site) -> Iterator[Way]:
    if site.activation(site.layer) not in RECTIFIERS | {"linear"}:
        yield Way(error(site), {"slope": slope(site), "used": error(site)})


def _forgotten_at_output(site: Site) -> Iterator[Way]:
    if site.layer == site.outputs:
        yield from _forgotten(site)


def _forgotten_at_hidden(site: Site) -> Iterator[Way]:
    if site.layer < site.outputs:
        yield from _forgotten(site)


def _kept(site: Site) -> Iterator[Way]:
    yield Way(mul(site.step.formula, slope(site)), {"slope": slope(site), "right": site.step.formula})


def _short_delta(site: Site) -> Iterator[Way]:
    squashing = site.activation(site.outputs) in ("sigmoid", "softmax")
    if site.layer == site.outputs and squashing and _error_is_not_the_difference(site):
        a, t = output_and_target(site)
        yield Way(sub(a, t), {"right": site.step.formula})


def _error_is_not_the_difference(site: Site) -> bool:
    """Whether dL/da is a multiple of output minus target, but not that itself."""
    outputs = site.width(site.outputs)
    return site.problem.loss.name == "squared_error" or (
        site.problem.loss.name == "mean_squared_error" and outputs != 2
    )


def _twice(site: Site) -> Iterator[Way]:
    if site.activation(site.layer) not in ("linear", "softmax", "relu"):
        yield Way(mul(error(site), slope(site), slope(site)), {"slope": slope(site)})


def _neighbours_slope(site: Site) -> Iterator[Way]:
    if site.activation(site.layer) in ("linear", "softmax"):
        return
    for near in adjacent(site.unit, site.width(site.layer)):
        used = slope(site, near)
        yield Way(mul(error(site), used), {"used": used, "right": slope(site)})


def _added(site: Site) -> Iterator[Way]:
    formula = site.step.formula
    if isinstance(formula, Mul) and len(formula.factors) == 2:
        yield Way(add(*formula.factors), {"first": formula.factors[0], "second": formula.factors[1]})


# -- the slope itself ----------------------------------------------------------------------------------------


def _at_activation(site: Site) -> Iterator[Way]:
    """f'(a) in place of f'(z)."""
    z, a = site.of("z", site.layer, site.unit), site.of("a", site.layer, site.unit)
    match site.activation(site.layer):
        case "sigmoid":
            again = function("sigmoid", "definition", a, a)
            yield Way(mul(again, sub(ONE, again)), {"z": z, "a": a})
        case "tanh":
            yield Way(sub(ONE, Pow(call("tanh", a), TWO)), {"z": z, "a": a})
        case "softplus":
            yield Way(function("sigmoid", "definition", a, a), {"z": z, "a": a})


def _from_sum(site: Site) -> Iterator[Way]:
    """z (1 - z) in place of a (1 - a)."""
    if site.activation(site.layer) in ("sigmoid", "tanh"):
        z, a = site.of("z", site.layer, site.unit), site.of("a", site.layer, site.unit)
        yield Way(function(site.activation(site.layer), "derivative", z, z), {"z": z, "a": a})


def _half_a_slope(site: Site) -> Iterator[Way]:
    a = site.of("a", site.layer, site.unit)
    match site.activation(site.layer):
        case "sigmoid":
            yield Way(sub(ONE, a), {"right": site.step.formula})
            yield Way(a, {"right": site.step.formula})
        case "tanh":
            yield Way(sub(ONE, a), {"right": site.step.formula})


def _other_slope(site: Site) -> Iterator[Way]:
    z, a = site.of("z", site.layer, site.unit), site.of("a", site.layer, site.unit)
    if site.activation(site.layer) == "softmax":
        return
    linear = site.activation(site.layer) == "linear"
    for name, leak in other_functions(site):
        if (site.activation(site.layer), name) == ("sigmoid", "softplus"):
            continue  # that slope is the activation itself, a part of the right one
        wrong = function(name, "derivative", z, a, leak)
        if isinstance(site.step, ActivationDerivative):
            yield Way(wrong, {"name": ACTIVATIONS[name].words})
        elif linear:
            yield Way(mul(error(site), wrong), {"name": ACTIVATIONS[name].words})


def _value_for_slope(site: Site) -> Iterator[Way]:
    if site.activation(site.layer) in RECTIFIERS:
        yield Way(site.of("a", site.layer, site.unit), {"z": site.of("z", site.layer, site.unit)})


def _always_one(site: Site) -> Iterator[Way]:
    if site.activation(site.layer) in RECTIFIERS:
        one = ONE if isinstance(site.step, ActivationDerivative) else error(site)
        yield Way(one, {"z": site.of("z", site.layer, site.unit), "slope": slope(site)})


# -- softmax -------------------------------------------------------------------------------------------------


def _no_off_diagonal(site: Site) -> Iterator[Way]:
    if site.activation(site.layer) != "softmax" or site.width(site.layer) == 1:
        return
    if not isinstance(site.step, SoftmaxDerivative):
        yield Way(mul(error(site), slope(site)), {"z": site.of("z", site.layer, site.unit)})
    elif site.unit != site.source:
        yield Way(ZERO, {"z": site.of("z", site.layer, site.source)})


def _off_diagonal_sign(site: Site) -> Iterator[Way]:
    if site.unit != site.source:
        yield Way(signed(site.step.formula))


def _off_diagonal_as_diagonal(site: Site) -> Iterator[Way]:
    if site.unit != site.source:
        i, j = site.of("a", site.layer, site.unit), site.of("a", site.layer, site.source)
        yield Way(mul(i, sub(ONE, j)), {"i": i, "j": j})


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
    ),
    Mistake(
        "derivative-kept-with-cross-entropy",
        "activation derivative kept with cross-entropy",
        "{quantity} was multiplied by the slope {slope} of the activation, which has already cancelled here.",
        "With this loss and this activation {quantity} is simply {right}.",
        (SimplifiedDelta,),
        _kept,
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
        (Delta,),
        _twice,
    ),
    Mistake(
        "neighbours-slope",
        "slope of a neighbouring unit",
        "{quantity} was multiplied by the slope {used} of another unit.",
        "Use the slope of the unit itself, {right}.",
        (Delta,),
        _neighbours_slope,
    ),
    Mistake(
        "factors-added",
        "factors of the chain rule added",
        "{first} and {second} were added to give {quantity}.",
        "Along one path the chain rule multiplies: {first} times {second}. Only different paths are added.",
        (Delta, PathShare, WeightGradient),
        _added,
    ),
    Mistake(
        "slope-at-activation",
        "slope taken at the activation",
        "In {quantity} the activation function was applied once more, to {a}.",
        "The slope belongs to the weighted sum {z}; the formula in {a} already has the function applied.",
        (ActivationDerivative,),
        _at_activation,
    ),
    Mistake(
        "slope-from-sum",
        "weighted sum put into the formula for the slope",
        "{quantity} was computed with the weighted sum {z} where the activation {a} belongs.",
        "This formula for the slope is in the activation: put in {a}.",
        (ActivationDerivative,),
        _from_sum,
    ),
    Mistake(
        "slope-half",
        "half of the slope",
        "{quantity} was taken as {wrong}: a part of the formula is missing.",
        "The slope is {right}.",
        (ActivationDerivative,),
        _half_a_slope,
    ),
    Mistake(
        "slope-of-another-activation",
        "slope of another activation function",
        "{quantity} was computed with the slope of {name}.",
        "Use the slope of the activation that this layer has.",
        (ActivationDerivative, Delta),
        _other_slope,
    ),
    Mistake(
        "rectifier-slope-as-value",
        "value of the rectifier in place of its slope",
        "{quantity} was taken as the value of the rectifier, not as its slope.",
        "The slope does not depend on how large {z} is: it is 1 where {z} is positive.",
        (ActivationDerivative,),
        _value_for_slope,
    ),
    Mistake(
        "rectifier-slope-always-one",
        "slope 1 where the rectifier is off",
        "{quantity} was computed with slope 1, although {z} is not positive.",
        "Look at the sign of {z} first: where it is not positive the error does not pass with slope 1.",
        (ActivationDerivative, Delta),
        _always_one,
    ),
    Mistake(
        "softmax-off-diagonal-dropped",
        "softmax: the other outputs forgotten",
        "{quantity} was computed as if {z} moved only its own output.",
        "In a softmax every output depends on {z}: add the terms of the other outputs.",
        (Delta, SimplifiedDelta, SoftmaxDerivative),
        _no_off_diagonal,
    ),
    Mistake(
        "softmax-off-diagonal-sign",
        "softmax: sign between different outputs",
        "{quantity} should be negative: the minus sign was lost.",
        "When one output of a softmax grows, the others shrink; between different outputs the derivative is negative.",
        (SoftmaxDerivative,),
        _off_diagonal_sign,
    ),
    Mistake(
        "softmax-off-diagonal-as-diagonal",
        "softmax: formula of one output used between two",
        "{quantity} was computed as {i} times 1 minus {j}, the formula for an output and its own weighted sum.",
        "Between different outputs the derivative is minus {i} times {j}.",
        (SoftmaxDerivative,),
        _off_diagonal_as_diagonal,
    ),
)
