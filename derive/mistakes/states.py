"""Mistakes with roots, means and the averages of an optimiser: what is corrected, squared, or divided by."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from derive.expression import (
    ONE,
    Add,
    Call,
    Const,
    Div,
    Mul,
    Neg,
    Node,
    Pow,
    Ref,
    add,
    call,
    mul,
    parts_of,
    replace,
    sub,
)
from derive.mistakes.element_site import ElementSite
from derive.mistakes.model import Mistake, Way
from derive.quantity import Quantity
from derive.trace.elementary import (
    UPDATES,
    ElementValue,
    LocalDerivative,
    ParameterUpdate,
    StateUpdate,
    named,
    quantity,
)
from derive.trace.identity import Identity, Symbol
from derive.trace.updates import SETTING

ANY = (ElementValue, LocalDerivative, StateUpdate, ParameterUpdate)
STATES = (StateUpdate,)
MOVES = (ParameterUpdate,)


def _changed(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """The formula with parts changed, the outermost first; what the change leaves alone is looked into."""
    made = change(node)
    if made is not None:
        return made
    match node:
        case Add(terms):
            return add(*(_changed(term, change) for term in terms))
        case Mul(factors):
            return mul(*(_changed(factor, change) for factor in factors))
        case Div(above, below):
            return Div(_changed(above, change), _changed(below, change))
        case Neg(arg):
            return Neg(_changed(arg, change))
        case Pow(base, exponent):
            return Pow(_changed(base, change), exponent)
        case Call(name, args):
            return Call(name, tuple(_changed(arg, change) for arg in args))
    return node


def _way(site: ElementSite, change: Callable[[Node], Node | None]) -> Iterator[Way]:
    formula = _changed(site.step.formula, change)
    if formula != site.step.formula:
        yield Way(formula)


def _root_left_out(site: ElementSite) -> Iterator[Way]:
    yield from _way(site, lambda node: node.args[0] if isinstance(node, Call) and node.function == "sqrt" else None)


def _outside_root(site: ElementSite) -> Iterator[Way]:
    """sqrt(s) + eps for sqrt(s + eps), and the other way round."""

    def outside(node: Node) -> Node | None:
        match node:
            case Call("sqrt", (Add((first, Ref() as small)),)):
                return add(call("sqrt", first), small)
        return None

    def inside(node: Node) -> Node | None:
        match node:
            case Add((Call("sqrt", (first,)), Ref() as small)):
                return call("sqrt", add(first, small))
        return None

    yield from _way(site, outside)
    yield from _way(site, inside)


def _one_less(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Div(above, Const(value)) if value.denominator == 1 and value > 2:
            yield Way(Div(above, Const(value - 1)))
        case Mul((Const(value), *rest)) if value.numerator == 1 and value.denominator > 2:
            yield Way(Div(mul(*rest), Const(ONE.value * (value.denominator - 1))))


def _share_left_out(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Mul((Const(value), *rest)) if value.denominator > 1:
            yield Way(mul(Const(ONE.value * value.numerator), *rest))


def _half_left_out(site: ElementSite) -> Iterator[Way]:
    def twice(node: Node) -> Node | None:
        match node:
            case Div(Mul((Const(value), *rest)), below) if value.numerator == 1 and value.denominator > 1:
                return Div(mul(*rest), below)
            case Div(Const(value), below) if value.numerator == 1 and value.denominator > 1:
                return Div(ONE, below)
            case Div(above, Mul((Const(value), *rest))) if value > 1:
                return Div(above, mul(*rest))
        return None

    yield from _way(site, twice)


def _not_exponentials(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Div(Call("exp", _), Add()):
            yield from _way(site, lambda node: node.args[0] if isinstance(node, Call) else None)


def _down_the_column(site: ElementSite) -> Iterator[Way]:
    """A softmax over the entries of a column in the place of those of a row, or the other way round."""
    target = site.target.of
    match site.step.formula:
        case Div(Call("exp", (Ref(part),)) as above, Add(terms)) if len(target.indices) == 2:
            own = named(part)
            if not isinstance(own, Identity) or own.of.indices != target.indices:
                return
            for axis in (0, 1):
                entries = [
                    one
                    for one in site.elements.defined_as(own.of.name)
                    if one.indices[1 - axis] == target.indices[1 - axis]
                ]
                ups = [call("exp", Ref(quantity(own._replace(of=one)))) for one in entries]
                if len(ups) > 1 and set(ups) != set(terms):
                    yield Way(Div(above, add(*ups)))


# -- optimisers


def _setting(name: str) -> Quantity:
    return quantity(Identity(Symbol(f"{SETTING}{name}")))


def _is_mean(site: ElementSite) -> bool:
    """Whether a state is a mean that forgets: b old + (1 - b) new."""
    match site.step.formula:
        case Add((Mul((Ref(), Ref())), Mul((Add((Const(), Neg(Ref()))), *_)))):
            return True
    return False


def _settings(site: ElementSite) -> list[Quantity]:
    found = []
    for part in dict.fromkeys(leaf.quantity for leaf in parts_of(site.step.formula) if isinstance(leaf, Ref)):
        one = named(part)
        if isinstance(one, Identity) and one.of.name.startswith(SETTING):
            found.append(part)
    return found


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
        case Div(Ref() as average, Add((Const(), Neg(_))) as below):
            yield Way(average, {"average": average})
            yield Way(mul(average, below), {"average": average})


def _exponent_one_less(site: ElementSite) -> Iterator[Way]:
    def less(node: Node) -> Node | None:
        match node:
            case Pow(base, Add((Ref(part), Const()))) if part.kind == UPDATES.kind:
                return Pow(base, Ref(part))
        return None

    yield from _way(site, less)


def _old_average(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Div(Ref(part), below):
            one = named(part)
            if isinstance(one, Identity) and one.owner is not None and one.step:
                yield Way(Div(Ref(quantity(one._replace(step=one.step - 1))), below))


def _averages(site: ElementSite) -> dict[Quantity, Ref]:
    """What a corrected average is made of, by that average."""
    found = {}
    for part in dict.fromkeys(leaf.quantity for leaf in parts_of(site.step.formula) if isinstance(leaf, Ref)):
        one = named(part)
        step = site.trace.find(part) if isinstance(one, Identity) and one.owner is not None else None
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


def _decay(site: ElementSite) -> tuple[Node, list[Node], Node, Node] | None:
    """Old value, factors in front, the direction, and the decay of weights, in the move of AdamW."""
    match site.step.formula:
        case Add((Ref() as old, Neg(Mul((*front, Add((direction, decay))))))):
            return old, list(front), direction, decay
    return None


def _decay_left_out(site: ElementSite) -> Iterator[Way]:
    found = _decay(site)
    if found is not None:
        old, front, direction, _ = found
        yield Way(sub(old, mul(*front, direction)))


def _decay_without_rate(site: ElementSite) -> Iterator[Way]:
    found = _decay(site)
    if found is not None:
        old, front, direction, decay = found
        yield Way(sub(sub(old, mul(*front, direction)), decay))


ROWS: tuple[Mistake, ...] = (
    Mistake(
        "root-left-out",
        "root forgotten",
        "In {quantity} the root was not taken.",
        "Take the square root before you divide.",
        ANY,
        _root_left_out,
    ),
    Mistake(
        "small-number-elsewhere",
        "small number on the wrong side of the root",
        "In {quantity} the small number stands on the other side of the root.",
        "Look whether it is added before or after the root is taken.",
        ANY,
        _outside_root,
    ),
    Mistake(
        "one-less",
        "divided by one less",
        "In {quantity} the sum was divided by one less than the number of terms.",
        "This mean divides by the number of terms itself.",
        (ElementValue,),
        _one_less,
    ),
    Mistake(
        "share-left-out",
        "not divided by the number of terms",
        "In {quantity} the divisor of the mean is missing.",
        "A mean divides each of its terms, and so does its derivative.",
        (LocalDerivative,),
        _share_left_out,
    ),
    Mistake(
        "half-left-out",
        "half of the root's slope is missing",
        "In {quantity} the half is missing.",
        "The derivative of a root has a 2 below the line.",
        (LocalDerivative,),
        _half_left_out,
    ),
    Mistake(
        "no-exponentials",
        "softmax without exponentials",
        "{quantity} is the share of the number itself, not of its exponential.",
        "Take the exponential of each number first.",
        (ElementValue,),
        _not_exponentials,
    ),
    Mistake(
        "softmax-of-the-column",
        "softmax along the wrong direction",
        "In {quantity} the exponentials of another direction were added.",
        "Each row adds up to 1 by itself: divide by the sum of the same row.",
        (ElementValue,),
        _down_the_column,
    ),
    Mistake(
        "another-decay-rate",
        "decay rates exchanged",
        "In {quantity} {used} stands in the place of {right}.",
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
        "In {quantity} {average} was not divided.",
        "An average that begins at 0 is too small at first; the division corrects that.",
        STATES,
        _not_corrected,
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
