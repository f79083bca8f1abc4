"""Mistakes with inputs that are standardised: the standardisation itself, and the raw input used later."""

from __future__ import annotations

from collections.abc import Iterator

from derive.derivation import BatchGradient, WeightGradient
from derive.expression import TWO, Div, Node, Pow, Ref, mul, sub
from derive.graph import Standardize, WeightedSum
from derive.mistakes.gradients import delta, gradient, incoming, on_weights
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site, adjacent
from derive.quantity import Quantity
from derive.wording import phrase


def _raw(site: Site, i: int) -> Ref:
    return Ref(Quantity("x", unit=i, example=site.target.example))


def _standardized(site: Site) -> tuple[Node, Node, Node]:
    """The raw input, its mean and its standard deviation; in layer 0 the input's number is the unit."""
    return _raw(site, site.unit), site.common("mean", unit=site.unit), site.common("std", unit=site.unit)


def _not_standardized(site: Site) -> Iterator[Way]:
    x, mean, std = _standardized(site)
    yield Way(x, {"x": x, "mean": mean, "std": std})


def _not_divided(site: Site) -> Iterator[Way]:
    x, mean, std = _standardized(site)
    yield Way(sub(x, mean), {"std": std})


def _not_subtracted(site: Site) -> Iterator[Way]:
    x, mean, std = _standardized(site)
    yield Way(Div(x, std), {"x": x, "mean": mean, "std": std})


def _multiplied(site: Site) -> Iterator[Way]:
    x, mean, std = _standardized(site)
    yield Way(mul(sub(x, mean), std), {"std": std})


def _divided_by_variance(site: Site) -> Iterator[Way]:
    x, mean, std = _standardized(site)
    yield Way(Div(sub(x, mean), Pow(std, TWO)), {"std": std})


def _scale_of_another(site: Site) -> Iterator[Way]:
    x, mean, std = _standardized(site)
    both = phrase("part_deviation_too")
    for other in adjacent(site.unit, site.width(0)):
        near_mean, near_std = site.common("mean", unit=other), site.common("std", unit=other)
        yield Way(Div(sub(x, near_mean), near_std), {"used": near_mean, "right": mean, "more": both})
        yield Way(Div(sub(x, near_mean), std), {"used": near_mean, "right": mean, "more": ""})
        yield Way(Div(sub(x, mean), near_std), {"used": near_std, "right": std, "more": ""})


def _without_brackets(site: Site) -> Iterator[Way]:
    x, mean, std = _standardized(site)
    yield Way(sub(x, Div(mean, std)), {"mean": mean, "std": std, "x": x})


@on_weights
def _raw_in_gradient(site: Site) -> Iterator[Way]:
    used = _raw(site, site.source)
    yield gradient(site, mul(delta(site), used), used=used, right=incoming(site))


def _raw_input(site: Site) -> Iterator[Way]:
    if site.problem.data.standardize is None or site.layer != 1:
        return
    if isinstance(site.step, WeightedSum):
        formula = site.renamed(lambda q: _raw(site, int(q.unit or 0)).quantity if q.kind == "a" else None)
        yield Way(formula, {"used": _raw(site, 0), "right": site.of("a", 0, 0)})
    else:
        yield from _raw_in_gradient(site)


ROWS = (
    Mistake(
        "standardisation-skipped",
        "input not standardised",
        "{quantity} is the raw input {x}: it was not standardised.",
        "Subtract the mean {mean} and divide by the standard deviation {std} before the network sees the input.",
        (Standardize,),
        _not_standardized,
    ),
    Mistake(
        "standardisation-not-divided",
        "not divided by the standard deviation",
        "The mean was subtracted in {quantity}, but the result was not divided by the standard deviation {std}.",
        "Divide the difference by {std}.",
        (Standardize,),
        _not_divided,
    ),
    Mistake(
        "standardisation-mean-kept",
        "mean not subtracted",
        "{quantity} is {x} divided by the standard deviation {std}: the mean was not subtracted.",
        "Subtract the mean {mean} from {x} first, then divide the difference by {std}.",
        (Standardize,),
        _not_subtracted,
    ),
    Mistake(
        "standardisation-of-another-input",
        "mean or deviation of another input",
        "{quantity} was standardised with {used} of another input in place of {right}{more}.",
        "Every input has its own mean and its own standard deviation: here {right}.",
        (Standardize,),
        _scale_of_another,
    ),
    Mistake(
        "standardisation-by-variance",
        "divided by the variance",
        "{quantity} was divided by the square of the standard deviation {std}, which is the variance.",
        "Divide by {std} itself, not by its square.",
        (Standardize,),
        _divided_by_variance,
    ),
    Mistake(
        "standardisation-multiplied",
        "multiplied by the standard deviation",
        "{quantity} was multiplied by the standard deviation {std}.",
        "Divide the difference by {std}.",
        (Standardize,),
        _multiplied,
    ),
    Mistake(
        "standardisation-brackets",
        "brackets lost when standardising",
        "In {quantity} only the mean {mean} was divided by {std}, not the whole difference.",
        "Subtract first, then divide: work out the difference of {x} and {mean}, and divide that by {std}.",
        (Standardize,),
        _without_brackets,
    ),
    Mistake(
        "raw-input",
        "raw input used later",
        "{quantity} was computed with the raw input {used} in place of the standardised {right}.",
        "The network sees the standardised input: use {right}, in the weighted sums and in the gradients.",
        (WeightedSum, WeightGradient, BatchGradient),
        _raw_input,
        consistently=(WeightGradient, BatchGradient),
    ),
)
