"""Mistakes in comparing outputs with targets, in the loss and in its derivative alike."""

from __future__ import annotations

from collections.abc import Iterator

from derive.derivation import OutputGradient, SimplifiedDelta
from derive.expression import ONE, Div, Neg, Node, add, call, mul, sub
from derive.graph import LossPart
from derive.mistakes.loss import loss_of, output_and_target, output_unit, row_formula
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site, others, put


def _cross_entropy_term(site: Site) -> Iterator[Way]:
    if loss_of(site).name != "binary_cross_entropy":
        return
    a, t = output_and_target(site)
    match site.step:
        case LossPart():
            first, second = mul(t, call("ln", a)), mul(sub(ONE, t), call("ln", sub(ONE, a)))
            yield Way(Neg(first), {"missing": second})
            yield Way(Neg(second), {"missing": first})
        case OutputGradient():
            yield Way(Neg(Div(t, a)), {"missing": Div(sub(ONE, t), sub(ONE, a))})
            yield Way(Div(sub(ONE, t), sub(ONE, a)), {"missing": Neg(Div(t, a))})
        case SimplifiedDelta():
            yield Way(Neg(mul(t, sub(ONE, a))), {"missing": mul(sub(ONE, t), a)})
            yield Way(mul(sub(ONE, t), a), {"missing": Neg(mul(t, sub(ONE, a)))})


def _terms_swapped(site: Site) -> Iterator[Way]:
    """Each class with the logarithm of the other one."""
    if loss_of(site).name != "binary_cross_entropy":
        return
    a, t = output_and_target(site)
    match site.step:
        case LossPart():
            terms = mul(t, call("ln", sub(ONE, a))), mul(sub(ONE, t), call("ln", a))
            yield Way(Neg(add(*terms)), {"a": a, "t": t})
        case OutputGradient():
            yield Way(add(Div(t, sub(ONE, a)), Neg(Div(sub(ONE, t), a))), {"a": a, "t": t})
        case SimplifiedDelta():
            yield Way(sub(a, sub(ONE, t)), {"a": a, "t": t})


def _other_class(site: Site) -> Iterator[Way]:
    """1 minus the output where the output belongs, in a categorical cross-entropy."""
    if loss_of(site).name != "categorical_cross_entropy":
        return
    a, t = output_and_target(site)
    if isinstance(site.step, LossPart):
        yield Way(Neg(mul(t, call("ln", sub(ONE, a)))), {"a": a})
    else:
        yield Way(Div(t, sub(ONE, a)), {"a": a})


def _two_terms(site: Site) -> Iterator[Way]:
    if loss_of(site).name == "categorical_cross_entropy":
        part = "part" if isinstance(site.step, LossPart) else "derivative"
        yield Way(row_formula(site, "binary_cross_entropy", part), {"right": site.step.formula})


def _loss_of_sum(site: Site) -> Iterator[Way]:
    unit, last = output_unit(site), site.outputs
    if site.passes_on(last) or (isinstance(site.step, LossPart) and not loss_of(site).squares):
        return
    yield Way(
        site.renamed(lambda q: q._replace(kind="z") if q.kind == "a" else None),
        {"used": site.of("z", last, unit), "right": site.of("a", last, unit)},
    )


def _other_target(site: Site) -> Iterator[Way]:
    yield from _exchanged(site, "t")


def _other_output(site: Site) -> Iterator[Way]:
    yield from _exchanged(site, "a")


def _exchanged(site: Site, kind: str) -> Iterator[Way]:
    """The target or the output of another unit."""
    unit, layer = output_unit(site), site.outputs if kind == "a" else None
    right = site.of(kind, layer, unit)
    for other in others(unit, site.width(site.outputs)):
        used = site.of(kind, layer, other)
        yield Way(site.exchanged(right, used), {"used": used, "right": right})


def _target_added(site: Site) -> Iterator[Way]:
    a, t = output_and_target(site)
    if loss_of(site).squares or isinstance(site.step, SimplifiedDelta):
        yield Way(put(site.step.formula, sub(a, t), add(a, t)), {"a": a, "t": t})


def _target_left_out(site: Site) -> Iterator[Way]:
    a, t = output_and_target(site)
    slots: dict[str, Node | str] = {"a": a, "t": t}
    if loss_of(site).squares or isinstance(site.step, SimplifiedDelta):
        yield Way(put(site.step.formula, sub(a, t), a), slots)
    elif loss_of(site).name == "categorical_cross_entropy":
        yield Way(Neg(call("ln", a) if isinstance(site.step, LossPart) else Div(ONE, a)), slots)


ROWS = (
    Mistake(
        "cross-entropy-term-dropped",
        "a term of the cross-entropy dropped",
        "{quantity} was computed without the term {missing} of the cross-entropy.",
        "Binary cross-entropy has two terms, one for each class; keep both. One of them vanishes only when the target "
        "is exactly 0 or 1.",
        (LossPart, OutputGradient, SimplifiedDelta),
        _cross_entropy_term,
    ),
    Mistake(
        "cross-entropy-terms-swapped",
        "the two terms of the cross-entropy exchanged",
        "In {quantity} {t} goes with 1 minus {a}, and 1 minus {t} goes with {a}: the two terms were exchanged.",
        "The target {t} goes with {a}; what is left to 1 goes with 1 minus {a}.",
        (LossPart, OutputGradient, SimplifiedDelta),
        _terms_swapped,
    ),
    Mistake(
        "binary-for-categorical",
        "binary cross-entropy with several classes",
        "{quantity} was computed with two terms, as in the binary cross-entropy.",
        "The categorical cross-entropy has one term for each output: {right}.",
        (LossPart, OutputGradient),
        _two_terms,
    ),
    Mistake(
        "cross-entropy-other-class",
        "probability of the other classes in the cross-entropy",
        "{quantity} was computed with 1 minus {a} where {a} belongs.",
        "The categorical cross-entropy has the logarithm of the output {a} itself.",
        (LossPart, OutputGradient),
        _other_class,
    ),
    Mistake(
        "neighbours-target",
        "target of another output",
        "{quantity} was computed with the target {used} in place of {right}.",
        "Compare each output with its own target, here {right}.",
        (LossPart, OutputGradient, SimplifiedDelta),
        _other_target,
    ),
    Mistake(
        "target-added",
        "target added to the output",
        "In {quantity} the target {t} was added to {a} instead of being subtracted.",
        "The error is a difference: {a} minus {t}. When {t} is negative, two minus signs make a plus.",
        (LossPart, OutputGradient, SimplifiedDelta),
        _target_added,
    ),
    Mistake(
        "output-before-activation",
        "weighted sum taken for the output",
        "{quantity} was computed with the weighted sum {used} in place of the output {right}.",
        "Compare the target with the activation of the output unit, {right}.",
        (LossPart, OutputGradient, SimplifiedDelta),
        _loss_of_sum,
    ),
    Mistake(
        "neighbours-output",
        "another output with this target",
        "{quantity} was computed with the output {used} in place of {right}.",
        "Compare each target with its own output, here {right}.",
        (LossPart, OutputGradient, SimplifiedDelta),
        _other_output,
    ),
    Mistake(
        "target-left-out",
        "target left out",
        "{quantity} was computed from the output {a} alone: the target {t} is missing.",
        "Every output is compared with its target: put in {t} as well.",
        (LossPart, OutputGradient, SimplifiedDelta),
        _target_left_out,
    ),
)
