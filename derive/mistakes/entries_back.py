"""Mistakes on the way back with the places of entries, with gates, and with numbers of the same equation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from derive.expression import Add, Call, Div, Mul, Neg, Node, Ref, quantities, sub
from derive.mistakes.element_site import ElementSite
from derive.mistakes.indices import Moved, along, entries_of, exchanged, moved, one_step, turned_round
from derive.mistakes.local_slopes import BACK, WEAKER, put
from derive.mistakes.model import Mistake, Way
from derive.trace.elementary import ElementValue
from derive.trace.identity import Identity

MOST_BEFORE = 3
"""Numbers that a factor was made from, of which so many are looked at."""


def _local_moved(site: ElementSite, place: Callable[[list[Identity]], Moved]) -> Iterator[Way]:
    found, made = site.local, site.made
    if found is None or made is None or not isinstance(found[0], Ref | Neg | Mul | Div):
        return
    for name in entries_of(found[0]):
        entries = entries_of(made).get(name, [])
        if entries:
            yield from put(site, moved(site, found[0], name, place(entries)))


def _not_turned_back(site: ElementSite) -> Iterator[Way]:
    def place(entries: list[Identity]) -> Moved:
        # A kernel is laid on in several places of one array; the weights of one unit are no kernel, whatever else,
        # such as a penalty, reads them.
        readers = site.elements.readers.get(entries[0].of, ())
        laid_on = [one for one in readers if site.reader is not None and one.name == site.reader.name]
        return partial(turned_round, entries) if len(entries) > 1 and len(laid_on) > 1 else lambda place: place

    yield from _local_moved(site, place)


def _transposed_back(site: ElementSite) -> Iterator[Way]:
    yield from _local_moved(site, lambda entries: exchanged if len(entries[0].of.indices) > 1 else lambda place: place)


def _another_step_back(site: ElementSite) -> Iterator[Way]:
    for shift in (1, -1):

        def place(entries: list[Identity], shift: int = shift) -> Moved:
            return partial(along, shift) if one_step(entries) else lambda place: place

        yield from _local_moved(site, place)


def _another_factor(site: ElementSite) -> Iterator[Way]:
    """Another number of the same equation in the place of the right one."""
    found, made, by = site.local, site.made, site.variable
    if found is None or made is None or not isinstance(found[0], Ref):
        return
    for part in dict.fromkeys(quantities(made)):
        if Ref(part) not in (found[0], by):
            for way in put(site, Ref(part)):
                yield Way(way.formula, {**way.slots, "used": Ref(part)})


def _before_the_function(site: ElementSite) -> Iterator[Way]:
    """What a factor was made from, in the place of the factor itself."""
    found = site.local
    if found is None or not isinstance(found[0], Ref):
        return
    step = site.trace.find(found[0].quantity)
    if isinstance(step, ElementValue):
        sources = dict.fromkeys(quantities(step.formula))
        for part in list(sources)[:MOST_BEFORE]:
            if Ref(part) != site.variable:
                yield from put(site, Ref(part))


def _gate_exchanged_back(site: ElementSite) -> Iterator[Way]:
    found, made = site.local, site.made
    if found is None or not isinstance(made, Add):
        return
    match found[0]:
        case Add((_, Neg(Ref() as gate))):
            yield from put(site, gate)
        case Ref() as gate:
            for term in made.terms:
                match term:
                    case Mul((Add((one, Neg(taken))), *_)) if taken == gate:
                        yield from put(site, sub(one, gate))


def _local_term_left_out(site: ElementSite) -> Iterator[Way]:
    found = site.local
    if found is not None and isinstance(found[0], Add) and len(found[0].terms) == 2:
        first, second = found[0].terms
        yield from put(site, second, first)


def _is_of_softmax(site: ElementSite, share: Node) -> bool:
    """Whether a share comes through an output of a softmax."""
    one = share.quantity if isinstance(share, Ref) else None
    if not isinstance(one, Identity) or one.via is None:
        return False
    step = site.trace.find(Identity(one.via, step=one.step))
    return step is not None and isinstance(step.formula, Div) and isinstance(step.formula.numerator, Call)


def _same_entry_only(site: ElementSite) -> Iterator[Way]:
    """Of a softmax only the slope of an entry by its own sum."""
    own = site.target.by
    if not all(_is_of_softmax(site, term) for term in site.terms):
        return
    kept = [
        term
        for term in site.terms
        if isinstance(term, Ref)
        and isinstance(one := term.quantity, Identity)
        and one.via is not None
        and own is not None
        and one.via.indices == own.indices
    ]
    if len(kept) == 1 and len(site.terms) > 1 and own is not None and own.indices:
        yield Way(kept[0], {"kept": kept[0]})


def _back(key: str, title: str, diagnosis: str, remedy: str, ways: Callable[[ElementSite], Iterator[Way]]) -> Mistake:
    return Mistake(key, title, diagnosis, remedy, BACK, ways, rather_than=tuple(one for one in WEAKER if one != key))


ROWS: tuple[Mistake, ...] = (
    _back(
        "kernel-not-turned-back",
        "kernel not turned on the way back",
        "In {quantity} the kernel was laid on as on the way forward.",
        "Each entry goes back through the weight that it was multiplied by: {right}.",
        _not_turned_back,
    ),
    _back(
        "transposed-back",
        "matrix transposed on the way back",
        "In {quantity} the entry on the other side of the diagonal was taken.",
        "Each entry goes back through what it was multiplied by: {right}.",
        _transposed_back,
    ),
    _back(
        "another-step-back",
        "number with another index",
        "In {quantity} a number with another index stands in the place of {right}.",
        "Each step, and each example, goes back through its own numbers.",
        _another_step_back,
    ),
    _back(
        "number-before-the-function",
        "number before the function",
        "In {quantity} the number that {right} was made from stands in its place.",
        "The weight was multiplied by {right}; that is what belongs here.",
        _before_the_function,
    ),
    _back(
        "gate-exchanged-back",
        "gate and its rest exchanged",
        "In {quantity} the gate and 1 minus the gate were exchanged.",
        "The local derivative is {right}.",
        _gate_exchanged_back,
    ),
    _back(
        "another-factor",
        "another number of the same equation",
        "In {quantity}, {used}, another number of the equation, stands in the place of {right}.",
        "The derivative of a product by one factor is what it is multiplied by.",
        _another_factor,
    ),
    _back(
        "part-of-slope-left-out",
        "a part of the slope is missing",
        "In {quantity} a term of the local derivative is missing.",
        "The local derivative is {right}.",
        _local_term_left_out,
    ),
    _back(
        "same-entry-only",
        "only the entry's own slope",
        "{quantity} has {kept} alone.",
        "Every output of a softmax depends on every input: the other slopes are not 0.",
        _same_entry_only,
    ),
)
