"""Mistakes with the slope of an activation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.activations import ACTIVATIONS
from derive.derivation import ActivationDerivative, Delta, SimplifiedDelta
from derive.expression import ONE, TWO, Cases, Node, Pow, add, call, mul, sub
from derive.mistakes.activation import function, given_of, other_functions
from derive.mistakes.model import Mistake, Way, called
from derive.mistakes.site import Site, nearest, others


def slope(site: Site, unit: int | None = None) -> Node:
    """da/dz of a unit of the step's layer; in a softmax the one of a unit with itself."""
    own = site.unit if unit is None else unit
    if site.joint(site.layer):
        return site.of("da/dz", site.layer, own, own)
    return site.of("da/dz", site.layer, own)


def slope_or_one(site: Site) -> Node:
    """The same where a linear unit has no step of its own for its slope, which is 1."""
    return ONE if site.passes_on(site.layer) else slope(site)


def error(site: Site) -> Node:
    """dL/da of the step's unit."""
    return site.of("dL/da", site.layer, site.unit)


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
    if site.row(site.layer).in_its_value:
        own, z, a = (
            site.description(site.layer),
            site.of("z", site.layer, site.unit),
            site.of("a", site.layer, site.unit),
        )
        yield Way(function(own.activation, "derivative", z, z, given_of(own)), {"z": z, "a": a})


def _another_number(site: Site) -> Iterator[Way]:
    """The formula of the slope with the number of another unit in it, or with another number of the unit itself."""
    layer, unit = site.layer, site.unit
    kind = "a" if site.row(layer).in_its_value else "z"
    right = site.of(kind, layer, unit)
    if not site.has_slopes(layer):
        return
    found = [site.of(kind, layer, other) for other in others(unit, site.width(layer))]
    if kind == "a":
        found += [site.of("dL/da", layer, unit)]
        found += [site.of("t", unit=unit)] if layer == site.outputs else []
        near = (other for other in (layer - 1, layer + 1) if 1 <= other <= site.outputs)
        found += [site.of("a", other, min(unit, site.width(other) - 1)) for other in near]
    for used in found:
        yield Way(site.exchanged(right, used), {"used": used, "right": right})
    if site.activation(layer) == "sigmoid":
        for other in nearest(unit, site.width(layer)):
            used = site.of("a", layer, other)
            yield Way(mul(right, sub(ONE, used)), {"used": used, "right": right})
            yield Way(mul(used, sub(ONE, right)), {"used": used, "right": right})


def _negative(site: Site) -> Iterator[Way]:
    a = site.of("a", site.layer, site.unit)
    turned = {"sigmoid": mul(a, sub(a, ONE)), "tanh": sub(Pow(a, TWO), ONE)}.get(site.activation(site.layer))
    if turned is not None:
        yield Way(turned, {"right": site.step.formula})


def _with_plus(site: Site) -> Iterator[Way]:
    a = site.of("a", site.layer, site.unit)
    turned = {"sigmoid": mul(a, add(ONE, a)), "tanh": add(ONE, Pow(a, TWO))}.get(site.activation(site.layer))
    if turned is not None:
        yield Way(turned, {"right": site.step.formula})


def _rectifier_turned(site: Site) -> Iterator[Way]:
    if site.row(site.layer).two_slopes and isinstance(site.step.formula, Cases):
        on, off = site.step.formula.branches
        turned = Cases((replace(on, value=off.value), replace(off, value=on.value)))
        yield Way(turned, {"z": site.of("z", site.layer, site.unit)})


def _half_a_slope(site: Site) -> Iterator[Way]:
    if site.activation(site.layer) in ("sigmoid", "tanh"):  # a (1 - a), and (1 + a) (1 - a)
        yield Way(sub(ONE, site.of("a", site.layer, site.unit)), {"right": site.step.formula})


def _other_slope(site: Site) -> Iterator[Way]:
    z, a = site.of("z", site.layer, site.unit), site.of("a", site.layer, site.unit)
    if site.joint(site.layer):
        return
    own, short = site.description(site.layer), site.passes_on(site.layer) or isinstance(site.step, SimplifiedDelta)
    for name, given in other_functions(site):
        wrong = function(name, "derivative", z, a, given)
        if wrong == function(own.activation, "definition", z, a, given_of(own)):
            continue  # that slope is the activation itself, a part of the right one
        if isinstance(site.step, ActivationDerivative):
            yield Way(wrong, {"name": called("activation", name, ACTIVATIONS[name].words)})
        elif short:
            yield Way(mul(error(site), wrong), {"name": called("activation", name, ACTIVATIONS[name].words)})


def _value_for_slope(site: Site) -> Iterator[Way]:
    if not site.joint(site.layer):
        z = site.of("z", site.layer, site.unit)
        a = site.of("a", site.layer, site.unit)
        yield Way(a if isinstance(site.step, ActivationDerivative) else mul(error(site), a), {"a": a, "z": z})


def _always_one(site: Site) -> Iterator[Way]:
    if site.row(site.layer).two_slopes:
        one = ONE if isinstance(site.step, ActivationDerivative) else error(site)
        yield Way(one, {"z": site.of("z", site.layer, site.unit), "slope": slope(site)})


ROWS = (
    Mistake(
        "rectifier-slope-always-one",
        "slope 1 where the rectifier is off",
        "{quantity} was computed with slope 1, although {z} is not positive.",
        "Look at the sign of {z} first: where it is not positive the error does not pass with slope 1.",
        (ActivationDerivative, Delta),
        _always_one,
        rather_than=(
            "factors-added",
            "neighbours-slope",
            "another-number-in-slope",
            "rectifier-slope-turned",
            "error-in-place-of-delta",
        ),
    ),
    Mistake(
        "rectifier-slope-turned",
        "slope of the rectifier the wrong way round",
        "In {quantity} the slopes of the two sides of the rectifier were exchanged.",
        "Look at the sign of {z}: the slope is 1 where it is positive.",
        (ActivationDerivative,),
        _rectifier_turned,
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
        "activation-as-slope",
        "activation in place of its slope",
        "In {quantity} the activation {a} was taken for its slope.",
        "Differentiate the activation function with respect to {z}, and take the value of that.",
        (ActivationDerivative, Delta, SimplifiedDelta),
        _value_for_slope,
        consistently=(ActivationDerivative, Delta),
    ),
    Mistake(
        "another-number-in-slope",
        "another number in the formula for the slope",
        "{quantity} was computed with {used} in the place of {right}.",
        "The slope of a unit comes from that unit's own number: put in {right}, everywhere in the formula.",
        (ActivationDerivative,),
        _another_number,
    ),
    Mistake(
        "slope-sign",
        "sign of the slope turned",
        "{quantity} came out negative, although the function rises everywhere.",
        "The slope is {right}; it is never negative.",
        (ActivationDerivative,),
        _negative,
    ),
    Mistake(
        "slope-with-plus",
        "plus in the formula for the slope",
        "{quantity} was computed as {wrong}, with a plus where a minus belongs.",
        "The slope is {right}.",
        (ActivationDerivative,),
        _with_plus,
    ),
    Mistake(
        "slope-of-another-activation",
        "slope of another activation function",
        "{quantity} was computed with the slope of {name}.",
        "Use the slope of the activation that this layer has.",
        (ActivationDerivative, Delta, SimplifiedDelta),
        _other_slope,
        consistently=(ActivationDerivative, Delta),
    ),
)
