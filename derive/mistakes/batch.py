"""Mistakes with several examples and with the penalty on the weights."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive import graph
from derive.derivation import BatchGradient, BiasGradient, penalty_terms
from derive.expression import (
    TWO,
    Div,
    Mul,
    Node,
    Pow,
    Ref,
    add,
    call,
    const,
    mul,
    replace,
)
from derive.graph import LossSum, Penalty
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site
from derive.quantity import Quantity
from derive.spec import Problem


def data_terms(site: Site) -> list[Node]:
    """The terms of a batch's gradient that come from the examples, not from the penalty."""
    if site.examples:
        return [Ref(site.target._replace(example=s)) for s in site.examples]
    product = mul(site.of("dL/dz", site.layer, site.unit), site.of("a", site.layer - 1, site.source))
    return [product]


def reduced(site: Site, terms: list[Node]) -> Node:
    """Their sum or mean over the examples, as the problem says."""
    return graph.over_examples(site.problem, site.examples or (0,), terms)


def penalties(site: Site, parameter: Quantity) -> list[Node]:
    """The derivative of the penalty with respect to a parameter of the step's round."""
    terms = penalty_terms(site.problem, parameter._replace(step=0))
    return [replace(term, lambda q: Ref(q.shifted(site.made))) for term in terms]


def own_penalties(site: Site) -> list[Node]:
    """The terms of the penalty in a batch's gradient."""
    if site.target.kind != "dL/dW":
        return []
    return penalties(site, site.target._replace(kind="W"))


def _other_reduction(site: Site) -> Iterator[Way]:
    """Mean for sum or sum for mean, in the loss or in a gradient of a batch."""
    if len(site.examples) < 2 or (isinstance(site.step, LossSum) and not site.adds("loss")):
        return
    many = len(site.examples)
    mean = site.problem.loss.reduction == "mean"
    terms = _example_losses(site) if isinstance(site.step, LossSum) else data_terms(site)
    rest = [] if isinstance(site.step, LossSum) else own_penalties(site)
    data = add(*terms) if mean else mul(const(Fraction(1, many)), add(*terms))
    words = {"said": "summed over the examples where the mean belongs", "do": "divide by the number of examples"}
    if not mean:
        words = {
            "said": "averaged over the examples where the sum belongs",
            "do": "take the sum over the examples and do not divide it",
        }
    yield Way(add(data, *rest), words)


def _example_losses(site: Site) -> list[Node]:
    return [Ref(Quantity("loss", example=s).shifted(site.made)) for s in site.examples]


def _one_example(site: Site) -> Iterator[Way]:
    if len(site.examples) < 2 or (isinstance(site.step, LossSum) and not site.adds("loss")):
        return
    terms = _example_losses(site) if isinstance(site.step, LossSum) else data_terms(site)
    rest = [] if isinstance(site.step, LossSum) else own_penalties(site)
    for term in terms:
        yield Way(add(term, *rest), {"used": term})


def _mean_twice(site: Site) -> Iterator[Way]:
    many = len(site.examples)
    if many > 1 and site.problem.loss.reduction == "mean":
        data = mul(const(Fraction(1, many**2)), add(*data_terms(site)))
        yield Way(add(data, *own_penalties(site)))


def _no_penalty(site: Site) -> Iterator[Way]:
    if not graph.penalised(site.problem):
        return
    match site.step:
        case LossSum() if site.adds("data_loss"):
            yield Way(site.of("data_loss"))
        case BatchGradient() if own_penalties(site):
            yield Way(reduced(site, data_terms(site)))


def _biases_penalised(site: Site) -> Iterator[Way]:
    if not graph.penalised(site.problem):
        return
    biases = list(graph.biases(site.problem))
    own = site.target._replace(kind="b", step=0)
    if isinstance(site.step, Penalty) and biases:
        terms = _penalty(site.problem, [Ref(bias) for bias in biases])
        yield Way(add(*site.terms, *[replace(term, lambda q: Ref(q.shifted(site.made))) for term in terms]))
    elif site.target.kind == "dL/db" and own in biases:
        yield Way(add(site.step.formula, *penalties(site, own)))


def _penalty(problem: Problem, parameters: list[Node]) -> list[Node]:
    strength, terms = problem.loss.regularization, []
    if strength.l1:
        terms.append(mul(Ref(Quantity("l1")), add(*(call("abs", p) for p in parameters))))
    if strength.l2:
        terms.append(mul(Div(Ref(Quantity("l2")), TWO), add(*(Pow(p, TWO) for p in parameters))))
    return terms


def _half_of_penalty(site: Site) -> Iterator[Way]:
    if not site.problem.loss.regularization.l2:
        return
    halves = Div(Ref(Quantity("l2")), TWO)
    match site.step:
        case Penalty():

            def whole(term: Node) -> Node:
                if isinstance(term, Mul) and term.factors[0] == halves:
                    return mul(Ref(Quantity("l2")), *term.factors[1:])
                return term

            yield Way(add(*map(whole, site.terms)))
        case BatchGradient() if own_penalties(site):
            *others, last = own_penalties(site)
            yield Way(add(reduced(site, data_terms(site)), *others, mul(TWO, last)))


def _sign_of_weight(site: Site) -> Iterator[Way]:
    terms = own_penalties(site)
    if site.problem.loss.regularization.l1 and terms:
        formula = add(reduced(site, data_terms(site)), Ref(Quantity("l1")), *terms[1:])
        yield Way(formula, {"weight": Ref(site.target._replace(kind="W"))})


ROWS = (
    Mistake(
        "batch-mean-and-sum",
        "mean and sum over the batch mixed up",
        "{quantity} was {said}.",
        "Reduce the batch as the problem says: {do}.",
        (LossSum, BatchGradient),
        _other_reduction,
    ),
    Mistake(
        "batch-one-example",
        "only one example of the batch",
        "{quantity} was computed from one example only, {used}.",
        "Use every example of the batch.",
        (LossSum, BatchGradient),
        _one_example,
    ),
    Mistake(
        "batch-mean-twice",
        "divided by the number of examples twice",
        "{quantity} was divided by the number of examples twice.",
        "Divide once: either in the gradient of every example or in their mean, not in both.",
        (BatchGradient,),
        _mean_twice,
    ),
    Mistake(
        "penalty-left-out",
        "penalty on the weights left out",
        "The penalty on the weights is missing in {quantity}.",
        "Add the penalty to the loss, and its derivative to the gradient of every weight.",
        (LossSum, BatchGradient),
        _no_penalty,
    ),
    Mistake(
        "penalty-with-biases",
        "biases penalised too",
        "The penalty in {quantity} was taken over the biases as well.",
        "The penalty is on the weights only; leave the biases out.",
        (Penalty, BiasGradient, BatchGradient),
        _biases_penalised,
    ),
    Mistake(
        "penalty-factor-two",
        "factor 2 in the penalty",
        "The penalty on the squares is twice too large in {quantity}.",
        "The penalty has half its strength in front of the squares, so that its derivative is strength times weight.",
        (Penalty, BatchGradient),
        _half_of_penalty,
    ),
    Mistake(
        "penalty-sign-forgotten",
        "sign of the weight forgotten in the penalty",
        "In {quantity} the derivative of the penalty was taken as positive, whatever the sign of {weight}.",
        "The absolute value of a negative weight has slope -1: give the term the sign of {weight}.",
        (BatchGradient,),
        _sign_of_weight,
    ),
)
