"""Mistakes in the update of a parameter of equations: sign, learning rate, old value, gradient."""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression import Add, Div, Mul, Neg, Node, Ref, add, mul, sub
from derive.mistakes.averages import decay_of
from derive.mistakes.element_site import ElementSite
from derive.mistakes.model import Mistake, Way
from derive.quantity import Quantity
from derive.trace.elementary import ParameterUpdate
from derive.trace.identity import Identity
from derive.trace.updates import SETTING

MOVES = (ParameterUpdate,)
MOST_OTHERS = 8
"""Other parameters whose gradient may have been taken."""


def _parts(site: ElementSite) -> tuple[Ref, Node] | None:
    """The old value and what is taken off."""
    match site.step.formula:
        case Add((Ref() as old, Neg(taken))):
            return old, taken
    return None


def _added(site: ElementSite) -> Iterator[Way]:
    parts = _parts(site)
    if parts is None:
        return
    yield Way(add(*parts), {"taken": parts[1]})
    decayed = decay_of(site)
    if decayed is not None:  # the step alone is added, and the decay taken off or forgotten
        old, front, direction, decay = decayed
        taken = mul(*front, direction)
        yield Way(sub(add(old, taken), mul(*front, decay)), {"taken": taken}, like="with the decay")
        yield Way(add(old, taken), {"taken": taken}, like="without the decay")


def _taken_off(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Add((Ref() as old, Mul() as taken)):
            yield Way(sub(old, taken), {"taken": taken})


def is_rate(node: Node) -> bool:
    """Whether a node is the learning rate."""
    one = node.quantity if isinstance(node, Ref) else None
    return isinstance(one, Identity) and one.of.name == f"{SETTING}learning_rate"


def _split(taken: Node) -> tuple[Node, list[Node]] | None:
    """The learning rate and the other factors."""
    match taken:
        case Mul(factors):
            rates = [one for one in factors if is_rate(one)]
            return (rates[0], [one for one in factors if not is_rate(one)]) if rates else None
        case Div(Mul(factors), below):
            found = _split(Mul(factors))
            return None if found is None else (found[0], [Div(mul(*found[1]), below)])
    return None


def _rate_left_out(site: ElementSite) -> Iterator[Way]:
    parts = _parts(site)
    found = _split(parts[1]) if parts is not None else None
    if parts is not None and found is not None:
        yield Way(sub(parts[0], mul(*found[1])), {"rate": found[0]})
        decayed = decay_of(site)
        if decayed is not None:  # the decay with the rate, or forgotten
            old, front, direction, decay = decayed
            bare = mul(*(one for one in front if not is_rate(one)), direction)
            yield Way(sub(sub(old, bare), mul(*front, decay)), {"rate": found[0]}, like="with the decay")
            yield Way(sub(old, bare), {"rate": found[0]}, like="without the decay")


def _step_alone(site: ElementSite) -> Iterator[Way]:
    parts = _parts(site)
    if parts is not None:
        yield Way(Neg(parts[1]), {"old": parts[0]})
        yield Way(parts[1], {"old": parts[0]})


def _left_out(site: ElementSite) -> Iterator[Way]:
    parts = _parts(site)
    if parts is not None:
        yield Way(parts[0], {"old": parts[0]})


def _others(site: ElementSite) -> Iterator[Quantity]:
    """Other parameters that move in the same update, those of the same array first."""
    own = site.target
    moved = [step.target for step in site.elements.rounds[0].update if isinstance(step, ParameterUpdate)]
    others = [one for one in moved if isinstance(one, Identity) and one.of != own.of]
    for one in sorted(others, key=lambda other: other.of.name != own.of.name)[:MOST_OTHERS]:
        yield one._replace(step=own.step)


def _another_gradient(site: ElementSite) -> Iterator[Way]:
    for other in _others(site):
        step = site.trace.find(other)
        match step.formula if step is not None else None:
            case Add((Ref(), Neg(taken))):
                parts = _parts(site)
                if parts is not None:
                    yield Way(sub(parts[0], taken), {"taken": taken}, alone=True)


ROWS: tuple[Mistake, ...] = (
    Mistake(
        "step-added",
        "gradient added instead of subtracted",
        "In {quantity} the step {taken} is added.",
        "Gradient descent goes against the gradient: the step is taken off.",
        MOVES,
        _added,
        usual=True,
    ),
    Mistake(
        "step-taken-off",
        "subtracted instead of added",
        "In {quantity} the step {taken} is taken off.",
        "This rule adds its step to the old value.",
        MOVES,
        _taken_off,
    ),
    Mistake(
        "rate-left-out",
        "learning rate forgotten",
        "{quantity} was computed without the learning rate {rate}.",
        "Multiply by the learning rate before you subtract.",
        MOVES,
        _rate_left_out,
    ),
    Mistake(
        "step-alone",
        "old value forgotten",
        "{quantity} is the step alone, without the old value {old}.",
        "Subtract the step from the old value.",
        MOVES,
        _step_alone,
    ),
    Mistake(
        "not-moved",
        "not updated",
        "{quantity} is still the old value {old}.",
        "Every trained parameter makes its step.",
        MOVES,
        _left_out,
    ),
    Mistake(
        "step-of-another",
        "step of another parameter",
        "{quantity} was computed with the step {taken} of another parameter.",
        "Each parameter moves by its own gradient.",
        MOVES,
        _another_gradient,
    ),
)
