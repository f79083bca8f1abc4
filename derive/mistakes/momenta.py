"""Mistakes with what an optimiser carries on: the old part, the velocity, the place where a gradient is taken."""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression import Add, Mul, Neg, Node, Pow, Ref, add, mul, parts_of, replace, sub
from derive.mistakes.averages import decay_of
from derive.mistakes.element_site import ElementSite
from derive.mistakes.model import Mistake, Way
from derive.mistakes.moves import is_rate
from derive.mistakes.site import rejoined
from derive.quantity import Quantity
from derive.trace.elementary import ParameterUpdate, StateUpdate
from derive.trace.identity import Identity

STATES = (StateUpdate,)
MOVES = (ParameterUpdate,)


def _state(node: Node) -> Identity | None:
    """What an optimiser keeps, where a node names it."""
    one = node.quantity if isinstance(node, Ref) else None
    return one if isinstance(one, Identity) and one.owner is not None else None


def _old_part(site: ElementSite) -> tuple[Node, Ref, list[Node]] | None:
    """The term with the state's own old value, that value, and the other terms."""
    target = site.target
    if target.owner is None or not target.step:
        return None
    old = Ref(target._replace(step=target.step - 1))
    mine = [term for term in site.terms if old in parts_of(term)]
    rest = [term for term in site.terms if term not in mine]
    return (mine[0], old, rest) if len(mine) == 1 and rest else None


def _old_forgotten(site: ElementSite) -> Iterator[Way]:
    found = _old_part(site)
    if found is not None:
        yield Way(rejoined(found[2]), {"old": found[1]})


def _old_not_weighted(site: ElementSite) -> Iterator[Way]:
    found = _old_part(site)
    if found is not None and found[0] != found[1]:
        yield Way(rejoined([found[1], *found[2]]), {"old": found[1]})


def _new_forgotten(site: ElementSite) -> Iterator[Way]:
    found = _old_part(site)
    if found is not None:
        yield Way(found[0], {"old": found[1]})


def _new_turned(site: ElementSite) -> Iterator[Way]:
    """The sign of the new part turned."""
    found = _old_part(site)
    if found is not None and len(found[2]) == 1:
        new = found[2][0]
        yield Way(rejoined([found[0], new.arg if isinstance(new, Neg) else Neg(new)]))


def _rate_left_out(site: ElementSite) -> Iterator[Way]:
    found = _old_part(site)
    match found[2] if found is not None else ():
        case [Neg(Mul(factors))] if found is not None and any(map(is_rate, factors)):
            rest = [one for one in factors if not is_rate(one)]
            yield Way(rejoined([found[0], Neg(mul(*rest))]))


def _rate_put_in(site: ElementSite) -> Iterator[Way]:
    """The learning rate in the velocity, of a rule that has it where the parameter moves."""
    found, owner = _old_part(site), site.target.owner
    move = site.trace.find(Identity(owner, step=site.target.step)) if found is not None and owner is not None else None
    rates = [part for part in parts_of(move.formula) if is_rate(part)] if move is not None else []
    match found[2] if found is not None else ():
        case [Ref() as slope] if found is not None and rates:
            yield Way(add(found[0], mul(rates[0], slope)), {"rate": rates[0]})


def _before(site: ElementSite) -> dict[Quantity, Ref]:
    """The states that are used new, with what they were before."""
    found: dict[Quantity, Ref] = {}
    for part in parts_of(site.step.formula):
        one = _state(part)
        if one is not None and one.step == site.target.step and one.step:
            old = one._replace(step=one.step - 1)
            if _is_state(site, old):
                found[one] = Ref(old)
    return found


def _is_state(site: ElementSite, one: Quantity) -> bool:
    """Whether it is kept from step to step, and not worked out anew in each."""
    return one._replace(step=0) in site.trace.givens


def _state_before(site: ElementSite) -> Iterator[Way]:
    found = _before(site)
    if found and site.target.owner is None:
        yield Way(replace(site.step.formula, found.get), {"used": next(iter(found.values()))})


def _velocity_taken_off(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Add((Ref() as old, Ref() as velocity)) if _state(velocity) is not None:
            yield Way(sub(old, velocity), {"velocity": velocity})


def _plain_momentum(site: ElementSite) -> Iterator[Way]:
    """The velocity alone, where the rule looks ahead: p - eta v for p - eta (g + mu v)."""
    match site.step.formula:
        case Add((Ref() as old, Neg(Mul((*front, Add((Ref() as slope, Mul((_, Ref() as velocity))))))))):
            if _state(velocity) is not None:
                yield Way(sub(old, mul(*front, velocity)), {"velocity": velocity, "slope": slope})


def _momentum_left_out(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Add((Ref() as old, Neg(Mul((*front, Add((Ref() as slope, Mul((Ref() as share, Ref() as velocity))))))))):
            if _state(velocity) is not None:
                yield Way(sub(old, mul(*front, add(slope, velocity))), {"share": share})


# -- a gradient that is taken ahead


def _not_looked_ahead(site: ElementSite) -> Iterator[Way]:
    plain = site.elements.plain(site.step.target)
    if plain is not None:
        yield Way(Ref(plain), {"here": Ref(plain)})


def _looked_back(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Add((Ref() as old, Neg(Mul(factors)))) if _ahead(site, factors):
            yield Way(add(old, mul(*factors)))


def _rate_of_look_left_out(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Add((Ref() as old, Neg(Mul(factors)))) if _ahead(site, factors) and any(map(is_rate, factors)):
            yield Way(sub(old, mul(*(one for one in factors if not is_rate(one)))))


def _share_of_look_left_out(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Add((Ref() as old, Neg(Mul(factors)))) if _ahead(site, factors):
            rest = [one for one in factors if is_rate(one) or _state(one) is not None]
            if len(rest) < len(factors):
                yield Way(sub(old, mul(*rest)))


def _ahead(site: ElementSite, factors: tuple[Node, ...]) -> bool:
    """Whether a step says where the gradient will be taken."""
    return bool(site.elements.ahead) and any(_state(one) is not None for one in factors)


# -- a decay of weights that passes through the averages


def _decay_in_gradient(site: ElementSite) -> Iterator[Way]:
    """The decay added to the gradient, which then goes into the averages, and not taken off from the parameter."""
    decay = decay_of(site)
    if decay is None:
        return
    if isinstance(site.step, ParameterUpdate):
        old, front, direction, _ = decay
        if not any(_state(part) for part in parts_of(direction)):
            return
        yield Way(sub(old, mul(*front, direction)), throughout=True)
        return
    own = _old_part(site)
    match own[2] if own is not None else ():
        case [Mul((share, Pow(Ref() as slope, power)))] if own is not None:
            yield Way(add(own[0], mul(share, Pow(add(slope, decay[3]), power))), throughout=True)
        case [Mul((share, Ref() as slope))] if own is not None:
            yield Way(add(own[0], mul(share, add(slope, decay[3]))), throughout=True)


ROWS: tuple[Mistake, ...] = (
    Mistake(
        "old-part-forgotten",
        "old part forgotten",
        "In {quantity} the old value {old} does not count.",
        "A part of {old} stays: add it to what is new.",
        STATES,
        _old_forgotten,
    ),
    Mistake(
        "old-part-not-weighted",
        "old part not made smaller",
        "In {quantity} the old value {old} counts wholly.",
        "Only a share of the old value stays.",
        STATES,
        _old_not_weighted,
    ),
    Mistake(
        "new-part-forgotten",
        "new part forgotten",
        "{quantity} is only what stays of {old}: nothing new was added.",
        "Add what the present gradient brings.",
        STATES,
        _new_forgotten,
    ),
    Mistake(
        "new-part-turned",
        "sign of the new part turned",
        "In {quantity} the new part has the other sign.",
        "Look at the sign in front of the gradient in this rule.",
        STATES,
        _new_turned,
    ),
    Mistake(
        "velocity-without-rate",
        "velocity without the learning rate",
        "In {quantity} the gradient was not multiplied by the learning rate.",
        "In this rule the learning rate stands in the velocity.",
        STATES,
        _rate_left_out,
    ),
    Mistake(
        "rate-in-velocity",
        "learning rate in the velocity",
        "In {quantity} the gradient was multiplied by the learning rate {rate}.",
        "In this rule the velocity is of the gradients alone; the learning rate comes in where the parameter moves.",
        STATES,
        _rate_put_in,
    ),
    Mistake(
        "state-before",
        "velocity or average of the step before",
        "{quantity} was computed with {used}, from before this update.",
        "Bring it up to date first, and then move.",
        MOVES,
        _state_before,
    ),
    Mistake(
        "velocity-taken-off",
        "velocity taken off instead of added",
        "In {quantity} the velocity {velocity} was taken off.",
        "In this rule the velocity has the minus sign in it already: add it.",
        MOVES,
        _velocity_taken_off,
    ),
    Mistake(
        "plain-momentum",
        "plain momentum",
        "{quantity} moved by the velocity {velocity} alone.",
        "This rule goes by the gradient {slope} and a share of the new velocity.",
        MOVES,
        _plain_momentum,
    ),
    Mistake(
        "velocity-whole",
        "factor of the velocity forgotten",
        "In {quantity} the velocity was not multiplied by {share}.",
        "A share of the velocity counts: multiply it by {share}.",
        MOVES,
        _momentum_left_out,
    ),
    Mistake(
        "not-looked-ahead",
        "gradient taken where the parameters are",
        "{quantity} is {here}, the gradient at the parameters as they are.",
        "The gradient is taken where the velocity leads: put those parameters in first.",
        STATES,
        _not_looked_ahead,
    ),
    Mistake(
        "looked-back",
        "looked back instead of ahead",
        "In {quantity} the step along the velocity was added.",
        "The velocity is taken off here as it is in the update.",
        STATES,
        _looked_back,
    ),
    Mistake(
        "look-without-rate",
        "looked ahead without the learning rate",
        "In {quantity} the learning rate is missing.",
        "The velocity leads as far as the update would go: with the learning rate.",
        STATES,
        _rate_of_look_left_out,
    ),
    Mistake(
        "look-without-momentum",
        "looked ahead without the momentum",
        "In {quantity} the factor of the velocity is missing.",
        "Only a share of the old velocity stays in the update: look as far as that.",
        STATES,
        _share_of_look_left_out,
    ),
    Mistake(
        "decay-in-gradient",
        "decay added to the gradient",
        "In {quantity} the decay of the weight went into the gradient, as a penalty on the loss does.",
        "This rule takes the decay off from the weight itself, past the averages.",
        (*STATES, *MOVES),
        _decay_in_gradient,
    ),
)
