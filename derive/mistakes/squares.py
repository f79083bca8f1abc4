"""Mistakes with a sum of squared gradients: what is squared, whose squares are added, what becomes of the root."""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression import Add, Call, Const, Div, Mul, Neg, Node, Pow, Ref, add, mul, parts_of, sub
from derive.mistakes.element_site import ElementSite
from derive.mistakes.model import Mistake, Way
from derive.mistakes.moves import is_rate
from derive.trace.elementary import ParameterUpdate, StateUpdate
from derive.trace.identity import Identity

STATES = (StateUpdate,)
MOVES = (ParameterUpdate,)
MOST_OTHERS = 4
"""Other numbers of a parameter whose squares may have gone into the same sum."""


def _squares(formula: Node, target: Identity) -> tuple[Ref, Ref, Node] | None:
    """The old sum, what is squared, and the square, where a state adds squares up."""
    old = Ref(target._replace(step=max(target.step - 1, 0)))
    match formula:
        case Add((Ref() as first, Pow(Ref() as slope, Const(value)) as square)) if first == old and value == 2:
            return first, slope, square
    return None


def _not_squared(site: ElementSite) -> Iterator[Way]:
    found = _squares(site.step.formula, site.target)
    if found is not None:
        yield Way(add(found[0], found[1]), {"slope": found[1]})


def _doubled(site: ElementSite) -> Iterator[Way]:
    found = _squares(site.step.formula, site.target)
    if found is not None:
        old, slope, square = found
        assert isinstance(square, Pow)
        yield Way(add(old, mul(square.exponent, slope)), {"slope": slope})


def _steps_squared(site: ElementSite) -> Iterator[Way]:
    """(eta g)^2 for g^2."""
    found = _squares(site.step.formula, site.target)
    owner = site.target.owner
    move = site.trace.find(Identity(owner, step=site.target.step)) if found is not None and owner is not None else None
    rates = [part for part in parts_of(move.formula) if is_rate(part)] if move is not None else []
    if found is not None and rates:
        old, slope, square = found
        assert isinstance(square, Pow)
        yield Way(add(old, Pow(mul(rates[0], slope), square.exponent)), {"rate": rates[0]})


def _in_one_sum(site: ElementSite) -> Iterator[Way]:
    """The squares of all numbers of a parameter in each of their sums."""
    found, target = _squares(site.step.formula, site.target), site.target
    if found is None or target.owner is None:
        return
    squares = []
    for step in site.elements.rounds[0].update:
        other = step.target
        if isinstance(other, Identity) and other.owner is not None and other.of.name == target.of.name:
            same = other.owner.name == target.owner.name
            now = site.trace.find(other._replace(step=target.step)) if same else None
            part = _squares(now.formula, other._replace(step=target.step)) if now is not None else None
            if part is not None:
                squares.append(part[2])
    if 2 <= len(squares) <= MOST_OTHERS + 1:
        yield Way(add(found[0], *squares))


def _by_root(site: ElementSite) -> Iterator[Way]:
    """p - eta g sqrt(G) for p - eta g / sqrt(G)."""
    match site.step.formula:
        case Add((Ref() as old, Neg(Div(above, below)))) if any(_is_root(part) for part in parts_of(below)):
            factors = above.factors if isinstance(above, Mul) else (above,)
            yield Way(sub(old, mul(*factors, below)), {"below": below})


def _is_root(node: Node) -> bool:
    return isinstance(node, Call) and node.function == "sqrt"


ROWS: tuple[Mistake, ...] = (
    Mistake(
        "sum-without-squares",
        "gradient added without squaring it",
        "In {quantity} the gradient {slope} itself was added.",
        "This sum is of the squares of the gradients: square it first.",
        STATES,
        _not_squared,
    ),
    Mistake(
        "gradient-doubled",
        "gradient doubled instead of squared",
        "In {quantity} the gradient {slope} was doubled instead of squared.",
        "The square of a number is the number times itself.",
        STATES,
        _doubled,
    ),
    Mistake(
        "steps-squared",
        "gradient times learning rate squared",
        "In {quantity} the gradient was multiplied by the learning rate {rate} before it was squared.",
        "The sum is of the squares of the gradients alone; the learning rate comes in where the parameter moves.",
        STATES,
        _steps_squared,
    ),
    Mistake(
        "squares-in-one-sum",
        "one sum for all numbers",
        "In {quantity} the squares of the other gradients were added too.",
        "Each number has a sum of its own: only its own gradient goes in.",
        STATES,
        _in_one_sum,
    ),
    Mistake(
        "multiplied-by-root",
        "multiplied by the root",
        "In {quantity} the step was multiplied by {below}.",
        "The step is divided by the root: large gradients before make it shorter.",
        MOVES,
        _by_root,
    ),
)
