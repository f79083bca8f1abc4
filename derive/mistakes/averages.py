"""Mistakes with the averages of an optimiser: which share is whose, what is squared, corrected, decayed."""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression import ONE, Add, Const, Div, Mul, Neg, Node, Pow, Ref, add, mul, parts_of, replace, sub
from derive.mistakes.element_site import ElementSite
from derive.mistakes.model import Mistake, Way
from derive.mistakes.roots import counted, way_by
from derive.quantity import Quantity
from derive.trace.elementary import ParameterUpdate, StateUpdate
from derive.trace.identity import Identity, Symbol
from derive.trace.updates import SETTING
from derive.trace.written import UPDATES

STATES = (StateUpdate,)
MOVES = (ParameterUpdate,)


def _setting(name: str) -> Quantity:
    return Identity(Symbol(f"{SETTING}{name}"))


def _is_mean(site: ElementSite) -> bool:
    """Whether a state is a mean that forgets: b old + (1 - b) new."""
    match site.step.formula:
        case Add((Mul((Ref(), Ref())), Mul((Add((Const(), Neg(Ref()))), *_)))):
            return True
    return False


def _settings(site: ElementSite) -> list[Quantity]:
    parts = dict.fromkeys(leaf.quantity for leaf in parts_of(site.step.formula) if isinstance(leaf, Ref))
    return [part for part in parts if isinstance(part, Identity) and part.of.name.startswith(SETTING)]


def _another_beta(site: ElementSite) -> Iterator[Way]:
    own = _settings(site)
    for other in ("beta1", "beta2"):
        used = _setting(other)
        if len(own) == 1 and used in site.trace.givens and used != own[0]:
            yield Way(replace(site.step.formula, {own[0]: Ref(used)}.get), {"used": Ref(used), "right": Ref(own[0])})


def _not_weighted(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Add((old, Mul((Add() as share, *rest)))) if _is_mean(site):
            yield Way(add(old, mul(*rest)), {"share": share})


def _shares_exchanged(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Add((Mul((Ref() as beta, old)), Mul((Add() as share, *rest)))) if _is_mean(site):
            yield Way(add(mul(share, old), mul(beta, *rest)), {"share": share})


def _square(site: ElementSite) -> Iterator[Way]:
    if not _is_mean(site):
        return
    match site.step.formula:
        case Add((old, Mul((share, Pow(slope, _))))):
            yield Way(add(old, mul(share, slope)))


def _squared(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Add((old, Mul((share, Ref() as slope)))) if _is_mean(site):
            yield Way(add(old, mul(share, Pow(slope, Const(ONE.value * 2)))))


def _not_corrected(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Div(Ref() as average, Add((Const(), Neg(_)))):
            yield Way(average, {"average": average})


def _multiplied_by_correction(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Div(Ref() as average, Add((Const(), Neg(_))) as below):
            yield Way(mul(average, below), {"average": average, "correction": counted(below)})


def _exponent_one_less(site: ElementSite) -> Iterator[Way]:
    def less(node: Node) -> Node | None:
        match node:
            case Pow(base, Add((Ref(part), Const()))) if part.kind == UPDATES.kind:
                return Pow(base, Ref(part))
        return None

    if site.target.step > 1:  # in the first step the correction would be 0
        yield from way_by(site, less)


def _old_average(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Div(Ref(part), below):
            if isinstance(part, Identity) and part.owner is not None and part.step:
                yield Way(Div(Ref(part._replace(step=part.step - 1)), below))


def _averages(site: ElementSite) -> dict[Quantity, Ref]:
    """What a corrected average is made of, by that average."""
    found = {}
    for part in dict.fromkeys(leaf.quantity for leaf in parts_of(site.step.formula) if isinstance(leaf, Ref)):
        step = site.trace.find(part) if isinstance(part, Identity) and part.owner is not None else None
        if isinstance(step, StateUpdate) and isinstance(step.formula, Div) and isinstance(step.formula.numerator, Ref):
            found[part] = step.formula.numerator
    return found


def _uncorrected(site: ElementSite) -> Iterator[Way]:
    averages = _averages(site)
    if averages:
        yield Way(replace(site.step.formula, averages.get))


def _slope_for_average(site: ElementSite) -> Iterator[Way]:
    for part, average in list(_averages(site).items())[:1]:
        step = site.trace.find(average.quantity)
        match step.formula if step is not None else None:
            case Add((_, Mul((_, Ref() as slope)))):
                yield Way(replace(site.step.formula, {part: slope}.get), {"slope": slope})


def decay_of(site: ElementSite) -> tuple[Node, list[Node], Node, Node] | None:
    """Old value, factors in front, the direction, and the decay of weights, in the move of AdamW that a step is of."""
    owner = site.target.owner
    move = site.step
    if owner is not None and site.target.step:
        found = site.trace.find(Identity(owner, step=site.target.step))
        move = site.step if found is None else found
    match move.formula:
        case Add((Ref() as old, Neg(Mul((*front, Add((direction, decay))))))) if old in parts_of(decay):
            return old, list(front), direction, decay
    return None


def _decay_left_out(site: ElementSite) -> Iterator[Way]:
    found = decay_of(site)
    if found is not None:
        old, front, direction, _ = found
        yield Way(sub(old, mul(*front, direction)))


def _decay_without_rate(site: ElementSite) -> Iterator[Way]:
    found = decay_of(site)
    if found is not None:
        old, front, direction, decay = found
        yield Way(sub(sub(old, mul(*front, direction)), decay))


ROWS: tuple[Mistake, ...] = (
    Mistake(
        "another-decay-rate",
        "decay rates exchanged",
        "In {quantity}, {used} stands in the place of {right}.",
        "The average of the gradients and that of the squares have decay rates of their own.",
        STATES,
        _another_beta,
    ),
    Mistake(
        "average-not-weighted",
        "new part not weighted",
        "In {quantity} the new part is not multiplied by {share}.",
        "Old and new part of an average have shares that add up to 1.",
        STATES,
        _not_weighted,
    ),
    Mistake(
        "average-turned",
        "shares of the average exchanged",
        "In {quantity} the old part has the share {share}.",
        "The old average keeps the large share.",
        STATES,
        _shares_exchanged,
    ),
    Mistake(
        "gradient-not-squared",
        "gradient not squared",
        "In {quantity} the gradient is not squared.",
        "The second average is that of the squares.",
        STATES,
        _square,
    ),
    Mistake(
        "gradient-squared",
        "gradient squared",
        "In {quantity} the gradient is squared.",
        "The first average is that of the gradients themselves.",
        STATES,
        _squared,
    ),
    Mistake(
        "average-not-corrected",
        "average not corrected",
        "For {quantity}, {average} was taken as it is, without the division.",
        "An average that begins at 0 is too small at first; the division corrects that.",
        STATES,
        _not_corrected,
    ),
    Mistake(
        "multiplied-by-correction",
        "multiplied by the correction",
        "In {quantity}, {average} was multiplied by {correction}.",
        "An average that begins at 0 is too small at first; the division by {correction} makes it larger.",
        STATES,
        _multiplied_by_correction,
    ),
    Mistake(
        "correction-one-step-early",
        "exponent one less",
        "In {quantity} the exponent is one less than the number of the step.",
        "The first update has the exponent 1, the second one 2.",
        STATES,
        _exponent_one_less,
    ),
    Mistake(
        "average-before",
        "average of the step before",
        "{quantity} was computed with the average before this update.",
        "Bring the average up to date first.",
        STATES,
        _old_average,
    ),
    Mistake(
        "averages-not-corrected",
        "averages used without correction",
        "In {quantity} the averages were used as they are, without correction.",
        "Divide both averages by their corrections first.",
        MOVES,
        _uncorrected,
    ),
    Mistake(
        "gradient-for-average",
        "gradient in place of its average",
        "In {quantity} the gradient {slope} itself was used.",
        "The step goes along the average of the gradients.",
        MOVES,
        _slope_for_average,
    ),
    Mistake(
        "weight-decay-left-out",
        "weight decay forgotten",
        "In {quantity} the decay of the weight is missing.",
        "A part of the old value is taken off as well.",
        MOVES,
        _decay_left_out,
    ),
    Mistake(
        "decay-without-rate",
        "weight decay without the learning rate",
        "In {quantity} the decay was not multiplied by the learning rate.",
        "The learning rate multiplies the whole step.",
        MOVES,
        _decay_without_rate,
    ),
)
