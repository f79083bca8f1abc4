"""Mistakes with what goes on over steps, and with gates: a term of one step lost, one state or gate for another."""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression import Add, Call, Div, Mul, Neg, Node, Ref, mul, replace
from derive.mistakes.element_site import ElementSite
from derive.mistakes.indices import entries_of
from derive.mistakes.local_slopes import BACK, SLOPES, WEAKER, function, put
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import rejoined
from derive.quantity import Quantity
from derive.trace.elementary import ElementGradient, ElementValue
from derive.trace.identity import Identity, Symbol

VALUES = (ElementValue,)
PATHS = ("one-path-missing", "last-path-only", "another-upstream", "another-factor")
"""Rows that need not be named where a path is lost that has a name of its own."""
MOST_BETWEEN = 4
"""Steps from a state to the next one."""
MOST_ALIKE = 8
"""Arrays of the same extent that are looked at for one number."""


# -- paths over steps


def _of_this_step(site: ElementSite, term: Node) -> bool | None:
    """Whether a share goes to the loss within its own step; None where it cannot be told."""
    one = term.quantity if isinstance(term, Ref) else None
    own = site.target.by
    if not isinstance(one, Identity) or one.via is None or own is None or not own.indices:
        return None
    if not one.via.indices:
        return True
    if one.via.indices[0] <= own.indices[0]:
        return True
    return False if _goes_on(site, own, one.via) else None


def _goes_on(site: ElementSite, own: Symbol, reader: Symbol) -> bool:
    """Whether a value leads through a reader to one of its own array at a later step, as a state does."""
    found, waiting = {reader}, [reader]
    for _ in range(MOST_BETWEEN):
        waiting = [one for before in waiting for one in site.elements.readers.get(before, ()) if one not in found]
        found.update(waiting)
    return any(one.name == own.name and one.indices[:1] > own.indices[:1] for one in found)


def _of_both_steps(site: ElementSite) -> tuple[list[Node], list[Node]] | None:
    """The shares of the own step and those of later ones, where the derivative has both."""
    split: dict[bool, list[Node]] = {True: [], False: []}
    for term in site.terms:
        here = _of_this_step(site, term)
        if here is None:
            return None
        split[here].append(term)
    return (split[True], split[False]) if split[True] and split[False] else None


def _direct_term_lost(site: ElementSite) -> Iterator[Way]:
    found = _of_both_steps(site)
    if found is not None:
        yield Way(rejoined(found[1]), {"lost": rejoined(found[0])})


def _cut_short(site: ElementSite) -> Iterator[Way]:
    found = _of_both_steps(site)
    if found is not None:
        yield Way(rejoined(found[0]), {"lost": rejoined(found[1])})


# -- one array for another


def _other_arrays(site: ElementSite, formula: Node) -> Iterator[tuple[Identity, Node, Ref]]:
    """An entry of the formula, the formula with the entry of another array in its place, and that entry."""
    order, target = site.elements.order, site.target
    for entries in entries_of(formula).values():
        if len(entries) > 1:
            continue
        own = entries[0]
        for name in site.elements.beside(own.of.name)[:MOST_ALIKE]:
            other = own._replace(of=Symbol(name, own.of.indices))
            if other.of == target.of or other.of not in order:
                continue
            if target.by is None and order[other.of] >= order[target.of]:
                continue  # made later, perhaps from this very number
            used = Ref(other)

            def instead(part: Quantity, own: Identity = own, used: Ref = used) -> Node | None:
                return used if part == own else None

            yield own, replace(formula, instead), used


def _another_array(site: ElementSite) -> Iterator[Way]:
    for own, formula, used in _other_arrays(site, site.step.formula):
        yield Way(formula, {"used": used, "right": Ref(own)}, alone=True)


def _another_array_back(site: ElementSite) -> Iterator[Way]:
    found = site.local
    if found is None or not isinstance(found[0], Ref | Neg | Mul | Div):
        return
    for _, local, used in _other_arrays(site, found[0]):
        for way in put(site, local):
            yield Way(way.formula, {**way.slots, "used": used}, alone=True)


def _slope_of_another_gate(site: ElementSite) -> Iterator[Way]:
    made, value = function(site), site.value
    if made is None or value is None or made.function not in SLOPES:
        return
    own = value.quantity
    assert isinstance(own, Identity)
    for name in site.elements.beside(own.of.name)[:MOST_ALIKE]:
        other = own._replace(of=Symbol(name, own.of.indices))
        step = site.trace.find(other)
        if step is not None and isinstance(step.formula, Call) and step.formula.function in SLOPES:
            used = Ref(other)
            for way in put(site, SLOPES[step.formula.function](used)):
                yield Way(way.formula, {**way.slots, "used": used}, alone=True)


# -- one factor twice


def _factor_twice(site: ElementSite) -> Iterator[Way]:
    match site.step.formula:
        case Mul(factors) if len(factors) == 2:
            for one in factors:
                yield Way(mul(*factors, one), {"twice": one}, alone=True)
        case Add(terms) if len(terms) <= MOST_ALIKE:
            for at, term in enumerate(terms):
                for one in term.factors if isinstance(term, Mul) and len(term.factors) == 2 else ():
                    assert isinstance(term, Mul)
                    formula = rejoined([*terms[:at], mul(*term.factors, one), *terms[at + 1 :]])
                    yield Way(formula, {"twice": one}, alone=True)


def _local_twice(site: ElementSite) -> Iterator[Way]:
    found = site.local
    if found is not None and site.upstream is not None and isinstance(found[0], Ref):
        for way in put(site, mul(found[0], found[0])):
            yield Way(way.formula, {**way.slots, "twice": found[0]})


BACK_ROWS: tuple[Mistake, ...] = (
    Mistake(
        "direct-term-left-out",
        "part of the own step is missing",
        "In {quantity} only what comes back from later steps is counted; {lost} is missing.",
        "The value counts in its own step as well: add what comes from there.",
        (ElementGradient,),
        _direct_term_lost,
        rather_than=PATHS,
    ),
    Mistake(
        "later-steps-left-out",
        "later steps cut off",
        "In {quantity} nothing comes back from later steps: {lost} is missing.",
        "The value goes on into the next step: add what comes back from there.",
        (ElementGradient,),
        _cut_short,
        rather_than=PATHS,
    ),
)
"""Paths of one step that are lost: they have names before those of any path."""

ROWS: tuple[Mistake, ...] = (
    Mistake(
        "another-array",
        "another quantity of the same step",
        "In {quantity}, {used} stands in the place of {right}.",
        "Look which quantity stands in the equation: it is {right}.",
        VALUES,
        _another_array,
    ),
    Mistake(
        "another-array-back",
        "another quantity of the same step on the way back",
        "In {quantity}, {used} stands where {right} belongs.",
        "Look what the value was multiplied by on the way forward: {right}.",
        BACK,
        _another_array_back,
        rather_than=tuple(one for one in WEAKER if one != "factor-left-out"),
    ),
    Mistake(
        "slope-of-another-gate",
        "slope of another gate",
        "{quantity} was computed with the slope of {used}, another gate.",
        "Each gate has a slope of its own: here {right}.",
        BACK,
        _slope_of_another_gate,
        rather_than=WEAKER,
    ),
    Mistake(
        "factor-twice",
        "a factor taken twice",
        "In {quantity} the factor {twice} was multiplied in twice.",
        "The equation has {twice} once.",
        VALUES,
        _factor_twice,
    ),
    Mistake(
        "local-derivative-twice",
        "local derivative taken twice",
        "In {quantity} the local derivative {twice} was multiplied in twice.",
        "On every way each local derivative counts once.",
        BACK,
        _local_twice,
        rather_than=WEAKER,
    ),
)
