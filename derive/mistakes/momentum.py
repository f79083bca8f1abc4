"""Mistakes with momentum and with a learning rate that decays."""

from __future__ import annotations

from collections.abc import Iterator

from derive.derivation import (
    LearningRate,
    Update,
    Velocity,
)
from derive.expression import ONE, Neg, Node, Ref, add, mul, replace, sub
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site
from derive.mistakes.update import kept, parameter, rate, slope_of, velocity, with_momentum
from derive.quantity import Quantity


def _velocity_sign(site: Site) -> Iterator[Way]:
    match site.step:
        case Velocity():
            yield Way(add(kept(site), mul(rate(site), slope_of(site))))
        case Update() if with_momentum(site):
            yield Way(sub(parameter(site), velocity(site, 1)))


def _no_momentum(site: Site) -> Iterator[Way]:
    if not site.made:
        return  # the first velocity starts from 0
    taken = mul(rate(site), slope_of(site))
    slots: dict[str, Node | str] = {"momentum": Ref(Quantity("momentum")), "old": velocity(site)}
    match site.step:
        case Velocity():
            yield Way(Neg(taken), slots)
        case Update() if with_momentum(site):
            yield Way(sub(parameter(site), taken), slots)


def _full_velocity(site: Site) -> Iterator[Way]:
    slots: dict[str, Node | str] = {"momentum": Ref(Quantity("momentum")), "old": velocity(site)}
    if site.made:
        yield Way(sub(velocity(site), mul(rate(site), slope_of(site))), slots)


def _averaged_velocity(site: Site) -> Iterator[Way]:
    momentum = Ref(Quantity("momentum"))
    taken = mul(sub(ONE, momentum), rate(site), slope_of(site))
    yield Way(sub(kept(site), taken), {"momentum": momentum})


def _old_velocity(site: Site) -> Iterator[Way]:
    if with_momentum(site) and site.made:
        slots: dict[str, Node | str] = {"used": velocity(site), "right": velocity(site, 1)}
        yield Way(add(parameter(site), velocity(site)), slots)


def _rate_on_velocity(site: Site) -> Iterator[Way]:
    if with_momentum(site):
        slots: dict[str, Node | str] = {"rate": rate(site), "velocity": velocity(site, 1)}
        yield Way(add(parameter(site), mul(rate(site), velocity(site, 1))), slots)


def _no_decay(site: Site) -> Iterator[Way]:
    yield Way(Ref(Quantity("lr0")), {"used": Ref(Quantity("lr0"))})


def _counted_from_one(site: Site) -> Iterator[Way]:
    counter = Quantity("updates").shifted(site.made)
    formula = replace(site.step.formula, lambda q: add(Ref(q), ONE) if q == counter else None)
    yield Way(formula)


ROWS = (
    Mistake(
        "velocity-sign",
        "velocity with the wrong sign",
        "{quantity} has the sign of the step turned: it moves with the gradient, not against it.",
        "Subtract learning rate times gradient in the velocity, then add the velocity to the weight.",
        (Velocity, Update),
        _velocity_sign,
        consistently=(Velocity,),
    ),
    Mistake(
        "momentum-left-out",
        "momentum left out",
        "The share of the old velocity {old} is missing in {quantity}.",
        "The new velocity starts from {momentum} times the old one, {old}.",
        (Velocity, Update),
        _no_momentum,
    ),
    Mistake(
        "velocity-not-decayed",
        "old velocity kept whole",
        "{quantity} was computed with the whole old velocity {old}: it was not multiplied by {momentum}.",
        "Keep only the share {momentum} of {old}.",
        (Velocity,),
        _full_velocity,
    ),
    Mistake(
        "velocity-averaged",
        "velocity taken as an average",
        "In {quantity} the new gradient was multiplied by 1 minus {momentum}.",
        "Here the velocity is no average: subtract learning rate times the whole gradient.",
        (Velocity,),
        _averaged_velocity,
    ),
    Mistake(
        "old-velocity-used",
        "update with the old velocity",
        "{quantity} was computed with the old velocity {used}.",
        "Work out the new velocity first and move by that: {right}.",
        (Update,),
        _old_velocity,
    ),
    Mistake(
        "learning-rate-on-velocity",
        "learning rate applied to the velocity again",
        "In {quantity} the velocity {velocity} was multiplied by the learning rate {rate} once more.",
        "The learning rate is in the velocity already: add {velocity} as it is.",
        (Update,),
        _rate_on_velocity,
    ),
    Mistake(
        "decay-left-out",
        "decay of the learning rate left out",
        "{quantity} was taken as {used}, the learning rate at the start.",
        "The learning rate falls with every update; work it out anew for this one.",
        (LearningRate,),
        _no_decay,
    ),
    Mistake(
        "decay-counted-from-one",
        "updates counted from one in the decay",
        "In {quantity} the present update was counted too.",
        "Count only the updates that are already made: the first one has the learning rate of the start.",
        (LearningRate,),
        _counted_from_one,
    ),
)
