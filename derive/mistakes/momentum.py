"""Mistakes with momentum and with a learning rate that decays."""

from __future__ import annotations

from collections.abc import Iterator

from derive.derivation import (
    LearningRate,
    Update,
    Velocity,
    WeightStep,
)
from derive.expression import ONE, Neg, Node, Ref, add, call, mul, replace, sub
from derive.library.trees import falling_rate
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site
from derive.mistakes.update import changed_step, kept, parameter, rate, slope_of, velocity, with_momentum
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


def _momentum_of_all(site: Site) -> Iterator[Way]:
    momentum = Ref(Quantity("momentum"))
    step = mul(rate(site), slope_of(site))
    yield Way(mul(momentum, sub(velocity(site), step)), {"momentum": momentum, "step": step})


def _old_velocity(site: Site) -> Iterator[Way]:
    if with_momentum(site) and site.made:
        slots: dict[str, Node | str] = {"used": velocity(site), "right": velocity(site, 1)}
        yield Way(add(parameter(site), velocity(site)), slots)


def _rate_on_velocity(site: Site) -> Iterator[Way]:
    if with_momentum(site):
        slots: dict[str, Node | str] = {"rate": rate(site), "velocity": velocity(site, 1)}
        yield Way(add(parameter(site), mul(rate(site), velocity(site, 1))), slots)


def _no_decay(site: Site) -> Iterator[Way]:
    first = Ref(Quantity("lr0"))
    if isinstance(site.step, LearningRate):
        yield Way(first, {"used": first})
    elif site.problem.training.decay is not None:
        yield from (Way(way.formula, {"used": first}) for way in changed_step(site, mul(first, slope_of(site))))


def _decay_turned(site: Site) -> Iterator[Way]:
    """The learning rate grows where it should fall."""
    start, decay, done = (Ref(q) for q in (Quantity("lr0"), Quantity("decay"), _updates(site)))
    if _by_inverse_time(site):
        yield Way(mul(start, add(ONE, mul(decay, done))))
    else:
        yield Way(mul(start, call("exp", mul(decay, done))))


def _another_decay(site: Site) -> Iterator[Way]:
    start, decay, done = (Ref(q) for q in (Quantity("lr0"), Quantity("decay"), _updates(site)))
    other = "exponential" if _by_inverse_time(site) else "inverse_time"
    yield Way(falling_rate(other, start, decay, done), {"right": site.step.formula})
    yield Way(mul(start, sub(ONE, mul(decay, done))), {"right": site.step.formula})


def _by_inverse_time(site: Site) -> bool:
    decay = site.problem.training.decay
    return decay is not None and decay.kind == "inverse_time"


def _updates(site: Site) -> Quantity:
    """The number of updates already made."""
    return Quantity("updates").shifted(site.made)


def _counted_from_one(site: Site) -> Iterator[Way]:
    formula = replace(site.step.formula, lambda q: add(Ref(q), ONE) if q == _updates(site) else None)
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
        "momentum-of-the-whole",
        "momentum applied to the new step too",
        "In {quantity} the new step {step} was multiplied by {momentum} as well.",
        "Only the old velocity is multiplied by {momentum}; the step {step} is taken whole.",
        (Velocity,),
        _momentum_of_all,
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
        "{quantity} was computed with {used}, the learning rate at the start.",
        "The learning rate falls with every update; work it out anew for this one.",
        (LearningRate, Update, WeightStep, Velocity),
        _no_decay,
        consistently=(LearningRate,),
    ),
    Mistake(
        "decay-counted-from-one",
        "updates counted from one in the decay",
        "In {quantity} the present update was counted too.",
        "Count only the updates that are already made: the first one has the learning rate of the start.",
        (LearningRate,),
        _counted_from_one,
    ),
    Mistake(
        "decay-turned",
        "learning rate grows instead of falling",
        "{quantity} was computed so that the learning rate grows with every update.",
        "A learning rate that decays gets smaller: check what is divided, and the sign of the exponent.",
        (LearningRate,),
        _decay_turned,
    ),
    Mistake(
        "another-decay",
        "another law of decay",
        "{quantity} was computed as {wrong}.",
        "Look up how the learning rate of this problem falls: {right}.",
        (LearningRate,),
        _another_decay,
    ),
)
