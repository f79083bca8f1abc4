"""Mistakes with the penalty on the weights, in the loss and in the gradients."""

from __future__ import annotations

from collections.abc import Iterator

from derive import graph
from derive.derivation import BatchGradient, BiasGradient
from derive.expression import HALF, TWO, Add, Call, Div, Mul, Neg, Node, Pow, Ref, add, call, mul, replace, sub
from derive.graph import LossSum, Penalty
from derive.mistakes.batch import data_terms, own_penalties, penalties, reduced
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site
from derive.quantity import Quantity
from derive.spec import Problem
from derive.wording import Phrase, phrase

HALVES = Div(Ref(Quantity("l2")), TWO)


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


def _with(site: Site, terms: list[Node]) -> Node:
    """A gradient with other terms in the place of the derivative of the penalty."""
    return add(reduced(site, data_terms(site)), *terms)


def _factor_of_penalty(site: Site) -> Iterator[Way]:
    if not site.problem.loss.regularization.l2:
        return
    match site.step:
        case Penalty():

            def whole(term: Node) -> Node:
                if isinstance(term, Mul) and term.factors[0] == HALVES:
                    return mul(Ref(Quantity("l2")), *term.factors[1:])
                return term

            yield Way(add(*map(whole, site.terms)), {"said": phrase("part_twice")})
        case BatchGradient() if own_penalties(site):
            *rest, last = own_penalties(site)
            yield Way(_with(site, [*rest, mul(TWO, last)]), {"said": phrase("part_twice")})
            yield Way(_with(site, [*rest, mul(HALF, last)]), {"said": phrase("part_half")})


def _sign_of_weight(site: Site) -> Iterator[Way]:
    terms = own_penalties(site)
    if site.problem.loss.regularization.l1 and terms:
        weight = Ref(site.target._replace(kind="W"))
        yield Way(_with(site, [Ref(Quantity("l1")), *terms[1:]]), {"weight": weight})


def _weight_for_sign(site: Site) -> Iterator[Way]:
    terms = own_penalties(site)
    if site.problem.loss.regularization.l1 and terms:
        weight = Ref(site.target._replace(kind="W"))
        yield Way(_with(site, [mul(Ref(Quantity("l1")), weight), *terms[1:]]), {"weight": weight})


def _subtracted(site: Site) -> Iterator[Way]:
    if not graph.penalised(site.problem):
        return
    match site.step:
        case LossSum() if site.adds("data_loss"):
            yield Way(sub(site.of("data_loss"), site.of("penalty")))
        case BatchGradient() if own_penalties(site):
            yield Way(_with(site, [Neg(term) for term in own_penalties(site)]))


def _not_differentiated(site: Site) -> Iterator[Way]:
    if not own_penalties(site):
        return
    weight, strength = Ref(site.target._replace(kind="W")), site.problem.loss.regularization
    first = [mul(Ref(Quantity("l1")), call("abs", weight))] if strength.l1 else []
    if strength.l2:
        square = Pow(weight, TWO)
        yield Way(_with(site, [*first, mul(HALVES, square)]))
        yield Way(_with(site, [*own_penalties(site)[:-1], mul(Ref(Quantity("l2")), square)]))
    else:
        yield Way(_with(site, [*first]))


def _as_they_are(site: Site) -> Iterator[Way]:
    """The weights themselves where the penalty has their absolute values or their squares."""

    def plain(node: Node, kind: type[Node]) -> Node:
        match node:
            case Mul(factors):
                return mul(*(plain(factor, kind) for factor in factors))
            case Add(terms):
                return Add(tuple(plain(term, kind) for term in terms))
            case Call("abs", (weight,)) | Pow(weight, _) if isinstance(node, kind):
                return weight
        return node

    kinds: dict[type[Node], Phrase] = {Pow: phrase("part_the_square"), Call: phrase("part_the_absolute")}
    for kind, words in kinds.items():
        yield Way(add(*(plain(term, kind) for term in site.terms)), {"what": words})


ROWS = (
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
        "The part of {quantity} that comes from the squares in the penalty is {said} it should be.",
        "The penalty has half its strength in front of the squares, so that its derivative is strength times weight.",
        (Penalty, BatchGradient),
        _factor_of_penalty,
    ),
    Mistake(
        "penalty-sign-forgotten",
        "sign of the weight forgotten in the penalty",
        "In {quantity} the derivative of the penalty was taken as positive, whatever the sign of {weight}.",
        "The absolute value of a negative weight has slope -1: give the term the sign of {weight}.",
        (BatchGradient,),
        _sign_of_weight,
    ),
    Mistake(
        "penalty-weight-for-sign",
        "weight in place of its sign in the penalty",
        "In {quantity} the strength of the penalty was multiplied by {weight} itself.",
        "The absolute value has slope 1 or -1: multiply the strength by the sign of {weight} alone.",
        (BatchGradient,),
        _weight_for_sign,
    ),
    Mistake(
        "penalty-subtracted",
        "penalty subtracted",
        "The penalty on the weights was subtracted in {quantity}.",
        "Add it: the penalty makes the loss larger, and its derivative is added to the gradient.",
        (LossSum, BatchGradient),
        _subtracted,
    ),
    Mistake(
        "penalty-as-they-are",
        "weights in the penalty as they are",
        "In {quantity} the weights were added up as they are.",
        "Take {what} of every weight first, so that no weight makes up for another.",
        (Penalty,),
        _as_they_are,
    ),
    Mistake(
        "penalty-not-differentiated",
        "penalty not differentiated",
        "In {quantity} the penalty itself was added, not its derivative.",
        "Differentiate the penalty: of half the square the derivative is the weight, of the absolute value its sign.",
        (BatchGradient,),
        _not_differentiated,
    ),
)
