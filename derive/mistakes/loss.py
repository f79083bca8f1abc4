"""Mistakes of the loss of one example: its value, and its derivative with respect to the outputs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive.derivation import OutputGradient, SimplifiedDelta
from derive.expression import (
    Add,
    Call,
    Const,
    Div,
    Mul,
    Neg,
    Node,
    Pow,
    Ref,
    add,
    call,
    const,
    mul,
    replace,
    sub,
)
from derive.graph import Activate, LossPart, LossSum, loss_formula
from derive.losses import LOSSES
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site, adjacent, signed

SQUARED = frozenset({"half_squared_error", "squared_error", "mean_squared_error"})


def loss_name(site: Site) -> str:
    return site.problem.loss.name


def output_unit(site: Site) -> int:
    """The output that a step of the loss is about; a loss of one output does not name it."""
    return site.target.unit if isinstance(site.target.unit, int) else 0


def output_and_target(site: Site) -> tuple[Ref, Ref]:
    unit = output_unit(site)
    return site.of("a", site.outputs, unit), site.of("t", unit=unit)


def scaled(factor: Fraction, node: Node) -> Node:
    """A number times a formula; a number in front of the formula takes it up.

    >>> from derive.expression import HALF, Var
    >>> scaled(Fraction(2), mul(HALF, Var("d")))
    Var(name='d')
    """
    if isinstance(node, Mul) and isinstance(node.factors[0], Const):
        factor, node = factor * node.factors[0].value, mul(*node.factors[1:])
    return node if factor == 1 else mul(const(factor), node)


# -- the value of the loss -----------------------------------------------------------------------------------


def _half_of_loss(site: Site) -> Iterator[Way]:
    if loss_name(site) in SQUARED:
        halved = loss_name(site) == "half_squared_error"
        words = "The factor one half is missing" if halved else "There is a factor one half that the loss does not have"
        yield Way(scaled(Fraction(2) if halved else Fraction(1, 2), site.step.formula), {"said": words})


def _not_squared(site: Site) -> Iterator[Way]:
    if loss_name(site) in SQUARED:

        def unsquared(node: Node) -> Node:
            match node:
                case Mul(factors):
                    return mul(*map(unsquared, factors))
                case Pow(base, _):
                    return base
            return node

        plain = unsquared(site.step.formula)
        yield Way(plain)
        yield Way(_last_factor_absolute(plain))


def _last_factor_absolute(node: Node) -> Node:
    if isinstance(node, Mul):
        return mul(*node.factors[:-1], call("abs", node.factors[-1]))
    return call("abs", node)


def _mean_of_outputs(site: Site) -> Iterator[Way]:
    outputs = site.width(site.outputs)
    if outputs == 1 or (isinstance(site.step, LossSum) and not site.adds("loss_part")):
        return
    mean = loss_name(site) == "mean_squared_error"
    factor = Fraction(outputs) if mean else Fraction(1, outputs)
    words = (
        "summed over the outputs where the mean belongs" if mean else "averaged over the outputs where the sum belongs"
    )
    right = "Divide by the number of outputs" if mean else "Take the sum over the outputs and do not divide it"
    yield Way(scaled(factor, site.step.formula), {"said": words, "do": right})


def _part_left_out(site: Site) -> Iterator[Way]:
    if site.adds("loss_part"):
        for i in reversed(range(len(site.terms))):
            left = site.without(i)
            if left is not None:
                yield Way(left, {"missing": site.terms[i]})


def _cross_entropy_term(site: Site) -> Iterator[Way]:
    if loss_name(site) != "binary_cross_entropy":
        return
    a, t = output_and_target(site)
    one = const(1)
    match site.step:
        case LossPart():
            first, second = mul(t, call("ln", a)), mul(sub(one, t), call("ln", sub(one, a)))
            yield Way(Neg(first), {"missing": second})
            yield Way(Neg(second), {"missing": first})
        case OutputGradient():
            yield Way(Neg(Div(t, a)), {"missing": Div(sub(one, t), sub(one, a))})
            yield Way(Div(sub(one, t), sub(one, a)), {"missing": Neg(Div(t, a))})
        case SimplifiedDelta():
            yield Way(Neg(mul(t, sub(one, a))), {"missing": mul(sub(one, t), a)})
            yield Way(mul(sub(one, t), a), {"missing": Neg(mul(t, sub(one, a)))})


def _other_logarithm(site: Site) -> Iterator[Way]:
    for base, words in ((10, "the logarithm to base 10"), (2, "the logarithm to base 2")):
        formula = _logarithms(site.step.formula, base)
        if formula != site.step.formula:
            yield Way(formula, {"used": words})


def _logarithms(node: Node, base: int) -> Node:
    """A formula with logarithms to another base."""
    match node:
        case Call("ln", _):
            return Div(node, call("ln", const(base)))
        case Neg(arg):
            return Neg(_logarithms(arg, base))
        case Mul(factors):
            return mul(*(_logarithms(factor, base) for factor in factors))
        case Add(terms):
            return add(*(_logarithms(term, base) for term in terms))
    return node


def _entropy_sign(site: Site) -> Iterator[Way]:
    if loss_name(site) not in SQUARED:
        yield Way(signed(site.step.formula))


def _loss_of_sum(site: Site) -> Iterator[Way]:
    unit, last = output_unit(site), site.outputs
    if site.activation(last) == "linear" or (isinstance(site.step, LossPart) and loss_name(site) not in SQUARED):
        return
    yield Way(
        site.renamed(lambda q: q._replace(kind="z") if q.kind == "a" else None),
        {"used": site.of("z", last, unit), "right": site.of("a", last, unit)},
    )


def _other_target(site: Site) -> Iterator[Way]:
    unit = output_unit(site)
    right = site.of("t", unit=unit)
    for near in adjacent(unit, site.width(site.outputs)):
        used = site.of("t", unit=near)
        yield Way(site.exchanged(right, used), {"used": used, "right": right})


# -- its derivative ------------------------------------------------------------------------------------------


def _error_sign(site: Site) -> Iterator[Way]:
    a, t = output_and_target(site)
    difference = loss_name(site) in SQUARED or isinstance(site.step, SimplifiedDelta)
    swapped = {a.quantity: t, t.quantity: a}
    formula = replace(site.step.formula, swapped.get) if difference else signed(site.step.formula)
    said = ": target minus output was taken, not output minus target" if difference else ""
    yield Way(formula, {"said": said, "a": a, "t": t})


def _factor_of_derivative(site: Site) -> Iterator[Way]:
    match loss_name(site):
        case "half_squared_error":
            factors = [Fraction(2), Fraction(1, 2)]
        case "squared_error" | "mean_squared_error":
            factors = [Fraction(1, 2)]
        case _:
            factors = []
    for factor in factors:
        said = "twice as large as" if factor == 2 else "half of what"
        done = ": one half times 2 is 1" if loss_name(site) == "half_squared_error" else ""
        yield Way(scaled(factor, site.step.formula), {"said": said, "done": done})


def _not_differentiated(site: Site) -> Iterator[Way]:
    unit = output_unit(site)
    part = LOSSES[loss_name(site)].part
    formula = loss_formula(site.problem, part, unit, site.target.example)
    yield Way(replace(formula, lambda q: Ref(q.shifted(site.made))))


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
        "loss-factor-half",
        "factor one half in the loss",
        "{said} in {quantity}.",
        "Look at the definition of the loss again: it says whether a factor one half stands in front.",
        (LossPart,),
        _half_of_loss,
    ),
    Mistake(
        "square-forgotten",
        "error not squared",
        "{quantity} was computed from the difference itself: it was not squared.",
        "Square the difference of output and target.",
        (LossPart,),
        _not_squared,
    ),
    Mistake(
        "outputs-mean-and-sum",
        "mean and sum over the outputs mixed up",
        "{quantity} was {said}.",
        "{do}: that is how this loss is defined.",
        (LossSum, OutputGradient, SimplifiedDelta),
        _mean_of_outputs,
    ),
    Mistake(
        "output-left-out-of-loss",
        "an output left out of the loss",
        "{missing} is missing in {quantity}.",
        "Add the contributions of all outputs, {missing} too.",
        (LossSum,),
        _part_left_out,
    ),
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
        "logarithm-base",
        "logarithm to the wrong base",
        "{quantity} was computed with {used}.",
        "Use the natural logarithm: the key ln, not log.",
        (LossPart, Activate),
        _other_logarithm,
    ),
    Mistake(
        "cross-entropy-sign",
        "minus sign of the cross-entropy lost",
        "The minus sign in front of the logarithms is missing in {quantity}.",
        "Logarithms of numbers below 1 are negative; the minus sign in front makes the loss positive.",
        (LossPart,),
        _entropy_sign,
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
        "neighbours-target",
        "target of another output",
        "{quantity} was computed with the target {used} in place of {right}.",
        "Compare each output with its own target, here {right}.",
        (LossPart, OutputGradient, SimplifiedDelta),
        _other_target,
    ),
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
        "loss-not-differentiated",
        "the loss itself in place of its derivative",
        "{quantity} is the value of the loss, not its derivative.",
        "Differentiate the loss with respect to the output, and go back with that.",
        (OutputGradient,),
        _not_differentiated,
    ),
    Mistake(
        "errors-of-all-outputs",
        "errors of all outputs added",
        "{quantity} was computed with the errors of all outputs added up.",
        "Each output goes back with its own error only; the errors meet where a hidden unit feeds several outputs.",
        (OutputGradient, SimplifiedDelta),
        _errors_added,
    ),
)
