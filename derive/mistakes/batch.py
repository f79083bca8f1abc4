"""Mistakes with several examples, and the parts of a batch's gradient."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive.derivation import BatchGradient, penalty_terms
from derive.expression import (
    ZERO,
    Node,
    Ref,
    add,
    const,
    mul,
    replace,
)
from derive.forward import over_examples
from derive.graph import LossSum
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site
from derive.quantity import Quantity
from derive.wording import phrase


def data_terms(site: Site) -> list[Node]:
    """The terms of a batch's gradient that come from the examples, not from the penalty."""
    if site.examples:
        return [Ref(site.target._replace(example=s)) for s in site.examples]
    product = mul(site.of("dL/dz", site.layer, site.unit), site.of("a", site.layer - 1, site.source))
    return [product]


def reduced(site: Site, terms: list[Node]) -> Node:
    """Their sum or mean over the examples, as the problem says."""
    return over_examples(site.problem, terms)


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
    words = {"said": phrase("part_summed_examples"), "do": phrase("part_divide_examples")}
    if not mean:
        words = {
            "said": phrase("part_averaged_examples"),
            "do": phrase("part_add_examples"),
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


def _example_left_out(site: Site) -> Iterator[Way]:
    """One example forgotten; the sum is divided by the number of all of them, where the problem takes the mean."""
    if len(site.examples) < 2 or (isinstance(site.step, LossSum) and not site.adds("loss")):
        return
    terms = _example_losses(site) if isinstance(site.step, LossSum) else data_terms(site)
    rest = [] if isinstance(site.step, LossSum) else own_penalties(site)
    for k in reversed(range(len(terms))):
        others = [term if number != k else ZERO for number, term in enumerate(terms)]
        if len(others) > 2 or site.problem.loss.reduction == "mean":
            yield Way(add(reduced(site, others), *rest), {"missing": terms[k]})


def _mean_twice(site: Site) -> Iterator[Way]:
    many = len(site.examples)
    if many < 2 or site.problem.loss.reduction != "mean" or (isinstance(site.step, LossSum) and not site.adds("loss")):
        return
    of_loss = isinstance(site.step, LossSum)
    terms, rest = (_example_losses(site), []) if of_loss else (data_terms(site), own_penalties(site))
    yield Way(add(mul(const(Fraction(1, many**2)), add(*terms)), *rest))


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
        "batch-example-left-out",
        "an example left out of the batch",
        "{missing} is missing in {quantity}.",
        "Add what every example of the batch gives, {missing} too.",
        (LossSum, BatchGradient),
        _example_left_out,
    ),
    Mistake(
        "batch-mean-twice",
        "divided by the number of examples twice",
        "{quantity} was divided by the number of examples twice.",
        "Divide once: either what every example gives or their mean, not both.",
        (LossSum, BatchGradient),
        _mean_twice,
        consistently=(BatchGradient,),
    ),
)
