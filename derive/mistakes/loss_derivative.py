"""Mistakes in the derivative of the loss with respect to an output, and in the short delta that begins with it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive.derivation import OutputGradient, SimplifiedDelta
from derive.expression import ONE, TWO, Div, Neg, Node, Pow, Ref, add, call, replace, sub
from derive.mistakes.loss import loss_of, output_and_target, output_unit, row_formula, scaled
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site, put, signed
from derive.wording import phrase


def _error_sign(site: Site) -> Iterator[Way]:
    a, t = output_and_target(site)
    difference = loss_of(site).squares or isinstance(site.step, SimplifiedDelta)
    swapped = {a.quantity: t, t.quantity: a}
    formula = replace(site.step.formula, swapped.get) if difference else signed(site.step.formula)
    said = phrase("part_target_first") if difference else ""
    yield Way(formula, {"said": said, "a": a, "t": t})


def _factor_of_derivative(site: Site) -> Iterator[Way]:
    row = loss_of(site)
    for factor in (Fraction(2), Fraction(1, 2)) if row.halved else (Fraction(1, 2),) if row.squares else ():
        said = phrase("part_twice") if factor == 2 else phrase("part_half")
        done = phrase("part_one_of_half") if row.halved else ""
        yield Way(scaled(factor, site.step.formula), {"said": said, "done": done})


def _not_differentiated(site: Site) -> Iterator[Way]:
    yield Way(row_formula(site, loss_of(site).name, "part"), {"said": phrase("part_value_of_loss")})
    if loss_of(site).squares:
        difference = sub(*output_and_target(site))
        for formula in (Pow(difference, TWO), put(site.step.formula, difference, Pow(difference, TWO))):
            yield Way(formula, {"said": phrase("part_still_square")})


def _by_the_target(site: Site) -> Iterator[Way]:
    a, t = output_and_target(site)
    match loss_of(site).name:
        case "binary_cross_entropy":
            yield Way(sub(call("ln", sub(ONE, a)), call("ln", a)), {"a": a, "t": t})
        case "categorical_cross_entropy":
            yield Way(Neg(call("ln", a)), {"a": a, "t": t})


def _signs_of_terms(site: Site) -> Iterator[Way]:
    if loss_of(site).name == "binary_cross_entropy":
        a, t = output_and_target(site)
        first, second = Div(t, a), Div(sub(ONE, t), sub(ONE, a))
        yield Way(add(first, second), {"right": site.step.formula})
        yield Way(sub(Neg(first), second), {"right": site.step.formula})


def _difference(site: Site) -> Iterator[Way]:
    if loss_of(site).pairs:
        a, t = output_and_target(site)
        yield Way(sub(a, t), {"a": a, "t": t, "right": site.step.formula})


def _errors_added(site: Site) -> Iterator[Way]:
    outputs = site.width(site.outputs)
    if outputs == 1:
        return
    own = output_unit(site)

    def of_unit(formula: Node, unit: int) -> Node:
        return replace(formula, lambda q: Ref(q._replace(unit=unit)) if q.unit == own else None)

    yield Way(add(*(of_unit(site.step.formula, unit) for unit in range(outputs))))


ROWS = (
    Mistake(
        "error-sign",
        "sign of the error turned",
        "{quantity} has the wrong sign{said}.",
        "Check: when the output {a} is smaller than its target {t}, the derivative of the loss is negative, because a "
        "larger output would make the loss smaller.",
        (OutputGradient, SimplifiedDelta),
        _error_sign,
        usual=True,
    ),
    Mistake(
        "factor-two-of-derivative",
        "factor 2 in the derivative of the loss",
        "{quantity} is {said} it should be: the 2 from the square, or the factor in front of the loss, went wrong.",
        "Bring the exponent 2 down and multiply it by the factor in front of the loss{done}.",
        (OutputGradient,),
        _factor_of_derivative,
    ),
    Mistake(
        "difference-for-cross-entropy",
        "output minus target as the derivative of the cross-entropy",
        "{quantity} was taken as {a} minus {t}. That is not yet the derivative of the cross-entropy.",
        "Differentiate the logarithm: {right}. Output minus target comes out one step later, when the slope of a "
        "sigmoid or a softmax is multiplied in.",
        (OutputGradient,),
        _difference,
    ),
    Mistake(
        "loss-not-differentiated",
        "the loss itself in place of its derivative",
        "{quantity} is {said}, not the derivative of the loss.",
        "Differentiate the loss with respect to the output, and go back with that.",
        (OutputGradient,),
        _not_differentiated,
        rather_than=("differentiated-by-target",),
    ),
    Mistake(
        "errors-of-all-outputs",
        "errors of all outputs added",
        "{quantity} was computed with the errors of all outputs added up.",
        "Each output goes back with its own error only; the errors meet where a hidden unit feeds several outputs.",
        (OutputGradient, SimplifiedDelta),
        _errors_added,
    ),
    Mistake(
        "cross-entropy-signs-of-terms",
        "sign between the terms of the cross-entropy",
        "In {quantity} both terms have the same sign.",
        "The inner derivative of 1 minus the output turns the sign of the second term: {right}.",
        (OutputGradient,),
        _signs_of_terms,
    ),
    Mistake(
        "differentiated-by-target",
        "differentiated with respect to the target",
        "{quantity} is the derivative of the loss with respect to the target {t}.",
        "The target is a fixed number: differentiate with respect to the output {a}.",
        (OutputGradient,),
        _by_the_target,
    ),
)
