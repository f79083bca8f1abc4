"""Mistakes of the forward pass with the activation functions, softmax among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.activations import ACTIVATIONS, described
from derive.expression import ONE, Cases, Div, Neg, Node, add, bind, call, sub
from derive.graph import (
    Activate,
    Exponential,
    ExponentialSum,
    SoftmaxShare,
)
from derive.library import Exact
from derive.mistakes.model import Mistake, Way, called
from derive.mistakes.site import Site
from derive.spec import Layer
from derive.wording import phrase

Given = tuple[tuple[str, Exact], ...]
"""The numbers of parameters."""


def function(name: str, part: str, z: Node, a: Node, given: Given = ()) -> Node:
    """The `definition` or `derivative` of an activation by name."""
    return bind(getattr(ACTIVATIONS[name].put_in(dict(given)), part), {"z": z, "a": a})


def given_of(layer: Layer) -> Given:
    """The numbers that a layer gives its activation."""
    return tuple(layer.parameters.items())


def other_functions(site: Site) -> list[tuple[str, Given]]:
    """The activations that may be taken for a layer's own, with their numbers: a similar one, those of other layers,
    and the sigmoid, which everybody knows."""
    own = site.description(site.layer)
    name = described(own.activation).mistaken_for
    others = [(layer.activation, given_of(layer)) for layer in site.problem.network.layers]
    found: list[tuple[str, Given]] = [*([(name, ())] if name else []), *others, ("sigmoid", ())]
    return [
        one
        for one in dict.fromkeys(found)
        if one[0] != own.activation and one[0] in ACTIVATIONS and not ACTIVATIONS[one[0]].passes_on
    ]


def _activation_skipped(site: Site) -> Iterator[Way]:
    yield Way(site.of("z", site.layer, site.unit), {"z": site.of("z", site.layer, site.unit)})


def _exponent(site: Site) -> Iterator[Way]:
    z = site.of("z", site.layer, site.unit)
    if isinstance(site.step, Exponential):
        yield Way(call("exp", Neg(z)), {"z": z})
    match site.activation(site.layer):
        case "sigmoid":
            yield Way(Div(ONE, add(ONE, call("exp", z))), {"z": z})
        case "softplus":
            yield Way(call("ln", add(ONE, call("exp", Neg(z)))), {"z": z})


def _fraction_bar(site: Site) -> Iterator[Way]:
    if site.activation(site.layer) == "sigmoid":
        yield Way(add(ONE, call("exp", Neg(site.of("z", site.layer, site.unit)))))


def _without_one(site: Site) -> Iterator[Way]:
    if site.activation(site.layer) == "sigmoid":
        yield Way(Div(ONE, call("exp", Neg(site.of("z", site.layer, site.unit)))))


def _twice(site: Site) -> Iterator[Way]:
    own = site.description(site.layer)
    if not site.row(site.layer).corners and not site.passes_on(site.layer):
        z, a = site.of("z", site.layer, site.unit), site.of("a", site.layer, site.unit)
        yield Way(function(own.activation, "definition", site.step.formula, a, given_of(own)), {"z": z})


def _rectifier_turned(site: Site) -> Iterator[Way]:
    z, formula = site.of("z", site.layer, site.unit), site.step.formula
    if not site.row(site.layer).two_slopes:
        return
    if isinstance(formula, Cases):
        on, off = formula.branches
        turned = Cases((replace(on, value=off.value), replace(off, value=on.value)))
        yield Way(turned, {"z": z, "off": phrase("part_smaller")})
    else:
        yield Way(sub(z, formula), {"z": z, "off": phrase("part_gives_0")})


def _other_function(site: Site) -> Iterator[Way]:
    z, a = site.of("z", site.layer, site.unit), site.of("a", site.layer, site.unit)
    row = site.row(site.layer)
    right = called("activation", row.name, row.short)
    names: list[tuple[str, Given]] = [("sigmoid", ())] if site.joint(site.layer) else other_functions(site)
    for name, given in names:
        words = {"used": called("activation", name, ACTIVATIONS[name].words), "right": right}
        yield Way(function(name, "definition", z, a, given), words)


def _without_exponential(site: Site) -> Iterator[Way]:
    z = site.of("z", site.layer, site.unit)
    if isinstance(site.step, Exponential):
        yield Way(z, {"z": z})
    else:
        units = range(site.width(site.layer))
        yield Way(Div(z, add(*(site.of("z", site.layer, unit) for unit in units))), {"z": z})


def _not_normalised(site: Site) -> Iterator[Way]:
    total = site.of("expsum", site.layer)
    yield Way(site.of("exp", site.layer, site.unit), {"sum": total})


def _exponential_left_out(site: Site) -> Iterator[Way]:
    terms = site.terms
    if isinstance(site.step, SoftmaxShare):
        own, total = site.of("exp", site.layer, site.unit), site.of("expsum", site.layer)
        if site.width(site.layer) > 1:
            yield Way(Div(own, sub(total, own)), {"missing": own})
        return
    for i in reversed(range(len(terms))):
        left = site.without(i)
        if left is not None:
            yield Way(left, {"missing": terms[i]})


ROWS = (
    Mistake(
        "activation-skipped",
        "activation function skipped",
        "{quantity} is the weighted sum {z} itself: the activation function was not applied.",
        "Apply the activation function to {z}.",
        (Activate, SoftmaxShare),
        _activation_skipped,
        rather_than=("rectifier-turned",),
    ),
    Mistake(
        "exponent-sign",
        "wrong sign in the exponent",
        "The exponent in {quantity} has the wrong sign.",
        "Check the exponent in the definition: the function should grow when {z} grows.",
        (Activate, Exponential),
        _exponent,
    ),
    Mistake(
        "fraction-bar-lost",
        "brackets of the denominator lost",
        "{quantity} came out as {wrong}: without brackets the calculator divided 1 by 1 only.",
        "Work out the whole denominator first, then take 1 divided by it; a sigmoid lies between 0 and 1.",
        (Activate,),
        _fraction_bar,
    ),
    Mistake(
        "sigmoid-without-one",
        "sigmoid without the 1 in its denominator",
        "{quantity} was computed as {wrong}: the 1 in the denominator is missing.",
        "The denominator is 1 plus the exponential; a sigmoid lies between 0 and 1.",
        (Activate,),
        _without_one,
    ),
    Mistake(
        "another-activation",
        "another activation function",
        "{quantity} was computed with {used} in place of {right}.",
        "Look up the activation function of this layer: it is {right}.",
        (Activate, SoftmaxShare),
        _other_function,
    ),
    Mistake(
        "activation-twice",
        "activation function applied twice",
        "{quantity} went through the activation function twice.",
        "Apply the activation function once, to {z}.",
        (Activate,),
        _twice,
    ),
    Mistake(
        "rectifier-turned",
        "rectifier the wrong way round",
        "In {quantity} the two sides of the rectifier were exchanged.",
        "The rectifier passes {z} on where it is positive, and {off} where it is not.",
        (Activate,),
        _rectifier_turned,
    ),
    Mistake(
        "softmax-without-exponential",
        "softmax without the exponential",
        "In {quantity} the weighted sum {z} itself was used: the exponential was not taken.",
        "Take the exponential of {z} before you add and divide.",
        (Exponential, SoftmaxShare),
        _without_exponential,
        consistently=(Exponential,),
    ),
    Mistake(
        "softmax-not-normalised",
        "softmax not divided by its sum",
        "{quantity} is the exponential alone: it was not divided by the sum {sum}.",
        "Divide by {sum}, so that the outputs of the layer add up to 1.",
        (SoftmaxShare,),
        _not_normalised,
    ),
    Mistake(
        "exponential-left-out",
        "an exponential left out of the sum",
        "{missing} is missing in the sum for {quantity}.",
        "Add the exponentials of all units of the layer, {missing} too.",
        (ExponentialSum, SoftmaxShare),
        _exponential_left_out,
        consistently=(ExponentialSum,),
    ),
)
