"""Mistakes with windows on the way back, with biases that many sums share, and with rows that were not looked up."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from derive.expression import (
    ONE,
    ZERO,
    Add,
    Cases,
    Div,
    Mul,
    Neg,
    Node,
    Ref,
    add,
    const,
    mul,
)
from derive.mistakes.element_site import ElementSite
from derive.mistakes.indices import entries_of, moved, shifted
from derive.mistakes.local_slopes import BACK, PASSING, WEAKER, function, put
from derive.mistakes.model import Mistake, Way
from derive.trace.elementary import ElementGradient, ElementValue
from derive.trace.identity import Identity, Place, Symbol

VALUES = (ElementValue,)
MOST_ROWS = 6
"""Other rows of a table whose gradient may have been given to one that was not looked up."""


def _beside_back(site: ElementSite) -> Iterator[Way]:
    """The factor that a weight was multiplied by, taken one entry beside, as in every other share."""
    found = site.local
    if found is None or not isinstance(found[0], Ref | Neg | Mul):
        return
    for name, entries in entries_of(found[0]).items():
        rank = len(entries[0].of.indices)
        if rank > 1:
            for axis in reversed(range(rank)):
                for shift in (1, -1):
                    by = tuple(shift if at == axis else 0 for at in range(rank))
                    yield from put(site, moved(site, found[0], name, partial(shifted, by)))


def _outer_turned(site: ElementSite) -> Iterator[Way]:
    """x_i d_j for d_i x_j: the indices of a product's two vectors exchanged."""
    target, upstream, found = site.target, site.upstream, site.local
    if target.by is None or len(target.by.indices) < 2 or upstream is None or found is None:
        return
    row, column = target.by.indices[-2:]
    local = found[0].quantity if isinstance(found[0], Ref) else None
    above = upstream.quantity
    if not isinstance(local, Identity) or not isinstance(above, Identity) or above.by is None or row == column:
        return
    at = {row: column, column: row}

    def turned(place: Place) -> Place:
        return (*place[:-1], at.get(place[-1], place[-1]))

    if not above.by.indices or not local.of.indices:
        return
    one = above._replace(by=Symbol(above.by.name, turned(above.by.indices)))
    other = local._replace(of=Symbol(local.of.name, turned(local.of.indices)))
    known = {*site.elements.order, *(one.of for one in site.trace.givens if isinstance(one, Identity))}
    if one._replace(step=0) in site.elements.came_back and other.of in known:
        yield Way(mul(Ref(one), Ref(other)), throughout=True)


# -- biases


def _flat(node: Node) -> Iterator[Node]:
    """The terms of a sum of sums."""
    for term in node.terms if isinstance(node, Add) else ():
        yield from _flat(term) if isinstance(term, Add) else (term,)


def _bias(site: ElementSite) -> tuple[Node, int] | None:
    """What is added once to a sum of products, and of how many."""
    terms = list(_flat(site.step.formula))
    products = [term for term in terms if isinstance(term, Mul)]
    others = [term for term in terms if term not in products]
    if len(products) > 1 and len(others) == 1 and isinstance(others[0], Ref):
        part = others[0].quantity
        if part._replace(step=0) in site.trace.givens:
            return others[0], len(products)
    return None


def _bias_in_every_term(site: ElementSite) -> Iterator[Way]:
    found = _bias(site)
    if found is not None:
        bias, count = found
        rest = [term for term in _flat(site.step.formula) if term != bias]
        yield Way(add(*rest, mul(const(count), bias)), {"bias": bias})


def _bias_times_window(site: ElementSite) -> Iterator[Way]:
    """The gradient of a bias multiplied by the number of products in a sum, as if each of them had it."""
    by = site.variable
    if by is None or site.target.by is None:
        return
    counts = set()
    for reader in site.elements.readers.get(site.target.by, ()):
        step = site.trace.find(Identity(reader, step=site.target.step))
        found = None if step is None else _bias(ElementSite(site.trace, step))
        counts.add(found[1] if found is not None and found[0] == by else 0)
    if len(counts) == 1 and (count := counts.pop()):
        yield Way(mul(const(count), site.step.formula), {"count": str(count)})


# -- corners that stand inside of an equation


def _let_through(site: ElementSite) -> Iterator[Way]:
    """The case in which something comes back, in the place of the one in which nothing does."""
    found = site.local
    if found is None or function(site) is not None:
        return  # where the function is all of the equation, there are rows that say more
    cases = [part for part in _cases(found[0]) if _lets_through(part) is not None]
    for at, one in enumerate(cases):
        wrong = _in_place(found[0], {one})
        yield from put(site, wrong)
        if not at and len(cases) > 1:
            yield from put(site, _in_place(found[0], set(cases)))


def _cases(node: Node) -> Iterator[Cases]:
    match node:
        case Cases():
            yield node
        case Neg(arg):
            yield from _cases(arg)
        case Add(parts) | Mul(parts):
            for part in parts:
                yield from _cases(part)


def _lets_through(node: Cases) -> Node | None:
    """What a choice between something and nothing lets through."""
    values = [branch.value for branch in node.branches]
    some = [value for value in values if value != ZERO]
    return some[0] if len(values) == 2 and len(some) == 1 else None


def _in_place(node: Node, open_: set[Cases]) -> Node:
    match node:
        case Cases() if node in open_:
            return _lets_through(node) or node
        case Neg(arg):
            return Neg(_in_place(arg, open_))
        case Add(parts):
            return Add(tuple(_in_place(part, open_) for part in parts))
        case Mul(parts):
            return mul(*([kept for part in parts if (kept := _in_place(part, open_)) != ONE] or [ONE]))
    return node


# -- masks, and rows that were not looked up


def _mask_forgotten(site: ElementSite) -> Iterator[Way]:
    """A given factor of an array of ones and zeros, left out of the local derivative."""
    found = site.local
    if found is None:
        return
    for name, entries in entries_of(found[0]).items():
        numbers = {site.trace.givens.get(Identity(one)) for one in site.elements.defined_as(name)}
        if numbers == {0, 1} and not site.elements.trains(name) and len(entries) == 1:
            mask = entries[0]
            for way in put(site, _without_factor(found[0], Ref(mask))):
                yield Way(way.formula, {**way.slots, "mask": Ref(mask)})


def _without_factor(node: Node, factor: Ref) -> Node | None:
    """A product without one of its factors; None where it has none such."""
    match node:
        case Ref() if node == factor:
            return ONE
        case Neg(arg):
            inner = _without_factor(arg, factor)
            return None if inner is None else Neg(inner)
        case Mul(parts) if factor in parts:
            return mul(*(part for part in parts if part != factor))
        case Div(above, below):
            inner = _without_factor(above, factor)
            return None if inner is None else Div(inner, below)
    return None


def _row_not_looked_up(site: ElementSite) -> Iterator[Way]:
    """The gradient of a row that was, for one on which the loss does not depend."""
    by = site.target.by
    if site.step.formula != ZERO or by is None or not by.indices:
        return
    rows = [one for one in site.elements.defined_as(by.name) if one.indices[1:] == by.indices[1:] and one != by]
    found = 0
    for one in rows:
        step = site.trace.find(site.target._replace(by=one))
        if step is not None and step.formula != ZERO and found < MOST_ROWS:
            found += 1
            yield Way(Ref(step.target), {"used": Ref(step.target)}, throughout=found == 1)


ROWS: tuple[Mistake, ...] = (
    Mistake(
        "let-through-though-off",
        "let through where nothing comes back",
        "{quantity} was computed as if {by} counted, although the case that holds does not depend on it.",
        "Look which case holds: where it does not depend on {by} the derivative is 0.",
        BACK,
        _let_through,
        rather_than=PASSING,
    ),
    Mistake(
        "window-beside-back",
        "window one entry off on the way back",
        "In {quantity} a neighbour stands in the place of {right}.",
        "The entry that was multiplied on the way forward counts: {right}.",
        BACK,
        _beside_back,
        rather_than=("another-upstream", "another-factor"),
    ),
    Mistake(
        "outer-product-turned",
        "outer product the wrong way round",
        "In {quantity} row and column of the outer product were exchanged.",
        "The row is that of what comes from above, the column that of what the weight was multiplied by.",
        (ElementGradient,),
        _outer_turned,
        rather_than=("another-upstream", "another-factor"),
    ),
    Mistake(
        "bias-in-every-term",
        "bias added in every term",
        "In {quantity} the bias {bias} was added once for every product.",
        "The bias is added once, after the sum.",
        VALUES,
        _bias_in_every_term,
    ),
    Mistake(
        "bias-times-window",
        "bias counted once for every product",
        "{quantity} was multiplied by {count}, the number of products in a sum.",
        "The bias stands once in each sum: its derivative is 1 there.",
        (ElementGradient,),
        _bias_times_window,
    ),
    Mistake(
        "mask-not-applied-back",
        "mask not applied on the way back",
        "In {quantity} the mask {mask} was not applied.",
        "What the mask left out on the way forward gets nothing on the way back: multiply by {mask}.",
        BACK,
        _mask_forgotten,
        rather_than=(*PASSING, "part-of-fraction-lost", "another-step-back"),
    ),
    Mistake(
        "row-not-looked-up",
        "row moved that was not looked up",
        "{quantity} is not 0, as if this row had been used: it has the gradient {used} of another one.",
        "Only rows that were looked up get a gradient; that of all others is 0.",
        BACK,
        _row_not_looked_up,
        rather_than=WEAKER,
    ),
)
