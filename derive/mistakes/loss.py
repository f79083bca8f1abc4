"""Mistakes in the value of the loss: its factors, its logarithms, its sum."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive.derivation import OutputGradient, SimplifiedDelta
from derive.expression import (
    HALF,
    TWO,
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
from derive.losses import LOSSES, Loss
from derive.mistakes.model import Mistake, Way, called
from derive.mistakes.site import Site, put, signed
from derive.wording import Phrase, phrase


def loss_of(site: Site) -> Loss:
    """The row of the problem's loss."""
    return LOSSES[site.problem.loss.name]


def output_unit(site: Site) -> int:
    """The output that a step of the loss is about; a loss of one output does not name it."""
    return site.target.unit if isinstance(site.target.unit, int) else 0


def output_and_target(site: Site) -> tuple[Ref, Ref]:
    unit = output_unit(site)
    return site.of("a", site.outputs, unit), site.of("t", unit=unit)


def row_formula(site: Site, loss: str, part: str) -> Node:
    """The `part` or the `derivative` of a loss by name, for the step's output."""
    row = LOSSES[loss].put_in(site.problem.loss.parameters)
    formula = loss_formula(site.problem, getattr(row, part), output_unit(site), site.target.example)
    return replace(formula, lambda q: Ref(q.shifted(site.made)))


def scaled(factor: Fraction, node: Node) -> Node:
    """A number times a formula; a number in front of the formula takes it up.

    >>> from derive.expression import HALF, Var
    >>> scaled(Fraction(2), mul(HALF, Var("d")))
    Var(name='d')
    """
    if isinstance(node, Mul) and isinstance(node.factors[0], Const):
        factor, node = factor * node.factors[0].value, mul(*node.factors[1:])
    return node if factor == 1 else mul(const(factor), node)


def _half_of_loss(site: Site) -> Iterator[Way]:
    if isinstance(site.step, LossSum):
        # Half of what two examples give is their mean.
        if len(site.examples) > 2 and site.adds("loss"):
            words = phrase("part_half_of_sum")
            has = phrase("part_no_half_of_sum")
            yield Way(scaled(Fraction(1, 2), site.step.formula), {"said": words, "has": has})
        return
    row, factors = loss_of(site), dict[Fraction, Phrase]()
    has = phrase("part_no_half")
    if row.halved:
        has = phrase("part_one_half")
        factors = {
            Fraction(2): phrase("part_half_missing"),
            Fraction(1, 2): phrase("part_half_twice"),
        }
    elif row.squares:
        factors = {Fraction(1, 2): phrase("part_half_strange")}
    for factor, words in factors.items():
        yield Way(scaled(factor, site.step.formula), {"said": words, "has": has})
    if row.squares and row.averaged:
        square = Pow(sub(*output_and_target(site)), TWO)
        words, has = phrase("part_half_for_mean"), phrase("part_mean_loss")
        yield Way(mul(HALF, square), {"said": words, "has": has})


def _not_squared(site: Site) -> Iterator[Way]:
    if not loss_of(site).squares:
        return
    a, t = output_and_target(site)
    square, plain, turned = Pow(sub(a, t), TWO), sub(a, t), sub(t, a)
    for difference in (plain, turned):
        yield Way(put(site.step.formula, square, difference), {"said": phrase("part_difference")})
    for difference in (plain, turned):
        formula = put(site.step.formula, square, mul(TWO, difference))
        yield Way(formula, {"said": phrase("part_twice_difference")})


def _squares_subtracted(site: Site) -> Iterator[Way]:
    if loss_of(site).squares:
        a, t = output_and_target(site)
        squares = Pow(a, TWO), Pow(t, TWO)
        for first, second in (squares, squares[::-1]):
            formula = put(site.step.formula, Pow(sub(a, t), TWO), sub(first, second))
            yield Way(formula, {"a": a, "t": t})


def _another_loss(site: Site) -> Iterator[Way]:
    a, t = output_and_target(site)
    row = loss_of(site)
    right = called("loss", row.name, row.words)
    if not loss_of(site).squares:
        for factors in ((HALF,), ()):
            words = phrase("part_half_squared_error" if factors else "part_squared_error")
            yield Way(mul(*factors, Pow(sub(a, t), TWO)), {"used": words, "right": right})
    elif site.activation(site.outputs) in LOSSES[used := "binary_cross_entropy"].last:
        yield Way(row_formula(site, used, "part"), {"used": called("loss", used, LOSSES[used].words), "right": right})


def _mean_of_outputs(site: Site) -> Iterator[Way]:
    outputs = site.width(site.outputs)
    mean = loss_of(site).averaged
    if outputs == 1 or (isinstance(site.step, LossSum) and not site.adds("loss_part")):
        return
    if isinstance(site.step, LossPart) and not mean:
        return
    factor = Fraction(outputs) if mean else Fraction(1, outputs)
    words = phrase("part_summed_outputs" if mean else "part_averaged_outputs")
    right = phrase("part_divide_outputs" if mean else "part_add_outputs")
    yield Way(scaled(factor, site.step.formula), {"said": words, "do": right})
    if mean and isinstance(site.step, LossSum):
        again = {"said": phrase("part_divided_twice"), "do": phrase("part_divide_once")}
        yield Way(scaled(Fraction(1, outputs), site.step.formula), again)


def _part_left_out(site: Site) -> Iterator[Way]:
    if site.adds("loss_part"):
        for i in reversed(range(len(site.terms))):
            left = site.without(i)
            if left is not None:
                yield Way(left, {"missing": site.terms[i]})
        if len(site.terms) > 2:
            yield from (Way(term, {"missing": site.without(k) or term}) for k, term in enumerate(site.terms))


def _other_logarithm(site: Site) -> Iterator[Way]:
    for base, words in ((10, phrase("part_base_10")), (2, phrase("part_base_2"))):
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
    if loss_of(site).entropy:
        yield Way(signed(site.step.formula))


ROWS = (
    Mistake(
        "loss-factor-half",
        "factor one half in the loss",
        "{said} in {quantity}.",
        "{has}.",
        (LossPart, LossSum),
        _half_of_loss,
        consistently=(LossPart,),
    ),
    Mistake(
        "square-forgotten",
        "error not squared",
        "{quantity} was computed from {said}: nothing was squared.",
        "Square the difference of output and target.",
        (LossPart,),
        _not_squared,
    ),
    Mistake(
        "squares-subtracted",
        "squares subtracted from each other",
        "In {quantity} the squares of {a} and {t} were subtracted from each other.",
        "Subtract first, then square the difference: the square of a difference is not a difference of squares.",
        (LossPart,),
        _squares_subtracted,
    ),
    Mistake(
        "outputs-mean-and-sum",
        "mean and sum over the outputs mixed up",
        "{quantity} was {said}.",
        "{do}: that is how this loss is defined.",
        (LossSum, LossPart, OutputGradient, SimplifiedDelta),
        _mean_of_outputs,
        consistently=(LossSum, OutputGradient, SimplifiedDelta),
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
        "another-loss",
        "another loss",
        "{quantity} was computed as {used}.",
        "Look up the loss of this problem: it is {right}.",
        (LossPart,),
        _another_loss,
    ),
)
