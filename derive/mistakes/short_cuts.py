"""Mistakes on the short way through a sigmoid or a softmax and its cross-entropy, where dL/dz is p - t."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from derive.expression import ONE, ZERO, Node, Ref, mul, sub
from derive.mistakes.element_site import ElementSite
from derive.mistakes.model import Mistake, Way
from derive.trace.elementary import ElementGradient
from derive.trace.short import ShortWay, short_way

BACK = (ElementGradient,)
WEAKER = (
    "other-sign",
    "minus-missing",
    "factor-left-out",
    "part-of-fraction-lost",
    "another-upstream",
    "another-factor",
)
"""Rows that need not be named where one of these gives the number."""


def _short(site: ElementSite, wrong: Callable[[ShortWay], Node | None]) -> Iterator[Way]:
    short = short_way(site.elements, site.step.target)
    formula = None if short is None else wrong(short)
    if short is not None and formula is not None:
        slots: dict[str, Node | str] = {"output": short.output, "target": short.target, "right": short.formula}
        yield Way(formula, slots)


def _turned(site: ElementSite) -> Iterator[Way]:
    yield from _short(site, lambda short: None if short.target == ZERO else short.of(sub(short.target, short.output)))


def _mean_forgotten(site: ElementSite) -> Iterator[Way]:
    yield from _short(site, lambda short: None if abs(short.share) == 1 else short.error)


def _target_forgotten(site: ElementSite) -> Iterator[Way]:
    yield from _short(site, lambda short: None if short.target == ZERO else short.of(short.output))


def _slope_again(site: ElementSite) -> Iterator[Way]:
    def wrong(short: ShortWay) -> Node:
        y: Ref = short.output
        return mul(short.of(short.error), y, sub(ONE, y))

    yield from _short(site, wrong)


ROWS: tuple[Mistake, ...] = (
    Mistake(
        "target-minus-output",
        "target minus output",
        "{quantity} has the other sign: target minus output gives it.",
        "The derivative is output minus target: {right}.",
        BACK,
        _turned,
        rather_than=WEAKER,
    ),
    Mistake(
        "error-not-averaged",
        "error not averaged",
        "{quantity} is output minus target alone: the factor that the loss has in front is missing.",
        "Where the loss is a mean, each of its errors is divided too: {right}.",
        BACK,
        _mean_forgotten,
        rather_than=WEAKER,
    ),
    Mistake(
        "target-not-taken-off",
        "target not taken off",
        "In {quantity} the output {output} stands alone: the target {target} was not taken off.",
        "The derivative is output minus target: {right}.",
        BACK,
        _target_forgotten,
        rather_than=WEAKER,
    ),
    Mistake(
        "slope-counted-again",
        "slope multiplied in once more",
        "In {quantity} output minus target was multiplied by the slope of {output} once more.",
        "In the short way this slope has cancelled already: {right}.",
        BACK,
        _slope_again,
        rather_than=WEAKER,
    ),
)
