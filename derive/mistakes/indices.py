"""Mistakes with the places of entries: a kernel turned, rows for columns, a window or a step beside the right one.

A row applies where the entry that would be taken exists; it looks at indices, and at no name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from derive.expression import Add, Mul, Neg, Node, Ref, add, mul, quantities, replace
from derive.mistakes.element_site import ElementSite
from derive.mistakes.model import Mistake, Way
from derive.quantity import Quantity
from derive.trace.elementary import ElementValue
from derive.trace.identity import Identity, Place, Symbol

VALUES = (ElementValue,)
Moved = Callable[[Place], Place]
MOST_BEFORE = 3
"""Numbers that a factor was made from, of which so many are looked at."""
MOST_ALIKE = 6
"""Other equations of the same form that are looked at."""


def entries_of(formula: Node) -> dict[str, list[Identity]]:
    """The entries of each array in a formula."""
    found: dict[str, list[Identity]] = {}
    for part in dict.fromkeys(quantities(formula)):
        if isinstance(part, Identity) and part.by is None and part.owner is None and part.of.indices:
            found.setdefault(part.of.name, []).append(part)
    return found


def _exists(site: ElementSite, one: Identity) -> bool:
    """Whether there is such an entry, given or made before the step's own."""
    order, target = site.elements.order, site.target
    if target.by is None and one.of in order and target.of in order and order[one.of] >= order[target.of]:
        return False  # made later, perhaps from this very number
    return one in site.trace.givens or one.of in order


def moved(site: ElementSite, formula: Node, name: str, place: Moved) -> Node | None:
    """The formula with the entries of one array taken from other places; None where such an entry does not exist."""
    others: dict[Quantity, Node] = {}
    for one in entries_of(formula).get(name, []):
        other = one._replace(of=Symbol(name, place(one.of.indices)))
        if not _exists(site, other) or other.of == site.target.of:
            return None
        others[one] = Ref(other)
    return replace(formula, others.get) if others else None


def turned_round(entries: list[Identity], place: Place) -> Place:
    """The place on the other side of the entries."""
    return tuple(
        min(axis) + max(axis) - at
        for at, axis in zip(place, zip(*(one.of.indices for one in entries), strict=True), strict=True)
    )


def exchanged(place: Place) -> Place:
    return (*place[:-2], place[-1], place[-2])


def shifted(by: Place, place: Place) -> Place:
    return tuple(at + shift for at, shift in zip(place, by, strict=True))


def one_step(entries: list[Identity]) -> bool:
    """Whether the entries of an array all belong to one step, which its first index counts."""
    return len({one.of.indices[0] for one in entries}) == 1 and (len(entries) == 1 or len(entries[0].of.indices) > 1)


def along(shift: int, place: Place) -> Place:
    """The place as many steps on."""
    return (place[0] + shift, *place[1:])


def _kernel_turned(site: ElementSite) -> Iterator[Way]:
    if not isinstance(site.step.formula, Add):
        return
    for name, entries in entries_of(site.step.formula).items():
        if len(entries) > 1 and all(one in site.trace.givens for one in entries):
            found = moved(site, site.step.formula, name, partial(turned_round, entries))
            if found is not None:
                yield Way(found, {"kernel": name}, throughout=site.elements.trains(name))


def _transposed(site: ElementSite) -> Iterator[Way]:
    for name, entries in entries_of(site.step.formula).items():
        if len(entries[0].of.indices) > 1:
            found = moved(site, site.step.formula, name, exchanged)
            if found is not None:
                yield Way(found, {"array": name}, like=name)


def _operands_exchanged(site: ElementSite) -> Iterator[Way]:
    formula = site.step.formula
    entries = entries_of(formula)
    if not isinstance(formula, Add) or len(entries) != 2:
        return
    one, other = entries
    if len({len(entry.of.indices) for some in entries.values() for entry in some} | {2}) > 1:
        return
    names = {one: other, other: one}
    changed: dict[Quantity, Node] = {}
    for entry in (*entries[one], *entries[other]):
        swapped = entry._replace(of=Symbol(names[entry.of.name], entry.of.indices))
        if not _exists(site, swapped):
            return
        changed[entry] = Ref(swapped)
    # The left operand runs along a row, the right one down a column: each keeps its places.
    yield Way(replace(formula, changed.get), {"array": one, "other": other})


def _window_beside(site: ElementSite) -> Iterator[Way]:
    formula = site.step.formula
    for name, entries in entries_of(formula).items():
        rank = len(entries[0].of.indices)
        if rank > 1 and len(entries) > 1 and not one_step(entries):
            for axis in reversed(range(rank)):
                for shift in (1, -1):
                    by = tuple(shift if at == axis else 0 for at in range(rank))
                    found = moved(site, formula, name, partial(shifted, by))
                    if found is not None:
                        yield Way(found, {"array": name})


def _corner(site: ElementSite, name: str) -> list[int]:
    """The first index of an array along each of its axes."""
    return [min(axis) for axis in zip(*(one.indices for one in site.elements.defined_as(name)), strict=True)]


def _stride_ignored(site: ElementSite) -> Iterator[Way]:
    """Windows that follow each other one entry apart."""
    target, formula = site.target.of.indices, site.step.formula
    for name, entries in entries_of(formula).items():
        starts = [min(axis) for axis in zip(*(one.of.indices for one in entries), strict=True)]
        if len(entries) < 2 or len(starts) != len(target):
            continue
        first = _corner(site, site.target.of.name)
        begin = _corner(site, name)
        by = []
        for start, at, low, base in zip(starts, target, first, begin, strict=True):
            jumps, over = divmod(start - base, at - low) if at > low else (1, 0)
            by.append(-(jumps - 1) * (at - low) if not over and jumps > 1 else 0)
        if any(by):
            found = moved(site, formula, name, partial(shifted, tuple(by)))
            if found is not None:
                yield Way(found, {"array": name})


def _another_step(site: ElementSite) -> Iterator[Way]:
    """An entry of a sequence taken one place too early or too late."""
    for name, entries in entries_of(site.step.formula).items():
        if one_step(entries):
            for shift in (-1, 1):
                found = moved(site, site.step.formula, name, partial(along, shift))
                if found is not None:
                    yield Way(found, {"used": Ref(entries[0])})


def _factors_exchanged(site: ElementSite) -> Iterator[Way]:
    """Two sums of products with their factors exchanged: u x + w h for w x + u h."""
    products = [term for term in site.terms if isinstance(term, Mul) and len(term.factors) == 2]
    if len(products) != 2:
        return
    (a, b), (c, d) = (term.factors for term in products)
    rest = [term for term in site.terms if term not in products]
    for one, other in ((mul(c, b), mul(a, d)), (mul(a, c), mul(b, d))):
        yield Way(add(one, other, *rest), {"first": a, "second": c})


def _form(node: Node, target: Symbol) -> object:
    """The shape of a formula: operations, and how far each entry is from the target."""
    match node:
        case Ref(part):
            if not isinstance(part, Identity) or not part.of.indices:
                return "name"
            return tuple(at - own for at, own in zip(part.of.indices, target.indices, strict=False))
        case Add(parts) | Mul(parts):
            return type(node).__name__, tuple(_form(part, target) for part in parts)
        case Neg(arg):
            return "-", _form(arg, target)
    return node


def _another_equation(site: ElementSite) -> Iterator[Way]:
    """The weights of another gate: an equation of the same form in the place of this one."""
    target = site.target
    if not target.of.indices or not isinstance(site.step.formula, Add):
        return
    form, found = _form(site.step.formula, target.of), 0
    for step in site.elements.rounds[0].forward:
        one = step.target
        if not isinstance(one, Identity) or one.of.indices != target.of.indices or one.of.name == target.of.name:
            continue
        if step.formula != site.step.formula and _form(step.formula, one.of) == form:
            found += 1
            if found <= MOST_ALIKE:
                own = site.trace.find(one._replace(step=target.step))
                if own is not None:
                    yield Way(own.formula, {"other": Ref(own.target)})


def _row(key: str, title: str, diagnosis: str, remedy: str, ways: Callable[[ElementSite], Iterator[Way]]) -> Mistake:
    return Mistake(key, title, diagnosis, remedy, VALUES, ways)


ROWS: tuple[Mistake, ...] = (
    _row(
        "kernel-turned",
        "entries from the other end",
        "In {quantity} the entries of {kernel} were taken from the other end.",
        "Take them in the order of the equation: nothing is turned round there.",
        _kernel_turned,
    ),
    _row(
        "stride-ignored",
        "stride ignored",
        "In {quantity} the window of {array} is one step from the one before, not a whole stride.",
        "Put the place of {quantity} into the indices of the equation.",
        _stride_ignored,
    ),
    _row(
        "window-beside",
        "window one entry off",
        "In {quantity} the window of {array} begins one entry too early or too late.",
        "Put the place of {quantity} into the indices of the equation.",
        _window_beside,
    ),
    _row(
        "rows-for-columns",
        "rows and columns exchanged",
        "In {quantity} the entries of {array} were taken along the other direction.",
        "The first index is the row, the second one the column.",
        _transposed,
    ),
    _row(
        "operands-exchanged",
        "operands of a matrix product exchanged",
        "In {quantity}, {array} and {other} were multiplied in the other order.",
        "A matrix product is row of the left one times column of the right one.",
        _operands_exchanged,
    ),
    _row(
        "entry-of-another-step",
        "number with another index",
        "In {quantity} a neighbour of {used} was taken.",
        "Look at the index in the equation.",
        _another_step,
    ),
    _row(
        "factors-exchanged",
        "factors exchanged",
        "In {quantity} the factors {first} and {second} were exchanged.",
        "Look which factor belongs to which number.",
        _factors_exchanged,
    ),
    _row(
        "another-equation",
        "formula of another quantity",
        "{quantity} was computed with the formula of {other}.",
        "Each quantity has an equation of its own: take that of {quantity}.",
        _another_equation,
    ),
)
