"""The terms of a derivative made readable: elements at the ends get equations of their own, and padding is used.

A condition on the element alone (which only the last state fulfils) splits the equation; two conditions that say no
more than that an element of another derivative exists go, and it is read with `pad`. Decides when that is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product as combinations

from derive.expression import Add, Mul, Neg, Node
from derive.trace.affine import Affine, Condition, Range, Table, bounds, substitute, substituted, tables, whole
from derive.trace.indexed import Read, Reduce, parts, put_in
from derive.trace.solving import Bounds, still_open

MOST_CUTS = 3
"""Cuts of the range of one letter; more are left as conditions."""


@dataclass(frozen=True, slots=True)
class Term:
    """A sum of a factor over letters under conditions."""

    factor: Node
    letters: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def node(self) -> Node:
        if not self.letters and not self.conditions:
            return self.factor
        return Reduce("sum", self.factor, self.letters, self.conditions)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the elements of a derivative: its index, what is fixed in it, the ranges, and the terms that count."""

    left: tuple[Affine, ...]
    fixed: Mapping[str, Affine]
    ranges: dict[str, Range]
    terms: tuple[Term, ...]


def pieces(
    left: tuple[Affine, ...],
    free: Mapping[str, Range],
    ranges: Mapping[str, Range],
    terms: Sequence[Term],
    table: Bounds,
) -> Iterator[Piece]:
    """The elements at `left` in parts such that no condition speaks of the element alone."""
    parts_of = {name: _parts(name, span, terms) for name, span in free.items()}
    for spans in combinations(*parts_of.values()):
        here = dict(zip(parts_of, spans, strict=True))
        fixed = {name: whole(low) for name, (low, high) in here.items() if low == high and free[name] != (low, high)}
        known = {**ranges, **{name: span for name, span in here.items() if name not in fixed}}
        for name in fixed:
            del known[name]
        kept: list[Term] = []
        for term in terms:
            conditions = still_open([substituted(c, fixed) for c in term.conditions], known, table)
            if conditions is not None:
                kept.append(Term(put_in(term.factor, fixed), term.letters, tuple(conditions)))
        yield Piece(tuple(substitute(form, fixed) for form in left), fixed, known, tuple(kept))


def _parts(name: str, span: Range, terms: Sequence[Term]) -> list[Range]:
    """The range of a letter, cut where a condition on it alone begins or ends to hold."""
    cuts: set[int] = set()
    for term in terms:
        for condition in term.conditions:
            match condition.form.terms:
                case ((atom, coefficient),) if atom == name and abs(coefficient) == 1:
                    cuts.update(_cuts(condition, -condition.form.constant * coefficient, coefficient))
    inside = sorted(cut for cut in cuts if span[0] < cut <= span[1])
    if len(inside) > MOST_CUTS:
        return [span]
    begins = [span[0], *inside]
    ends = [*[cut - 1 for cut in inside], span[1]]
    return list(zip(begins, ends, strict=True))


def _cuts(condition: Condition, root: int, coefficient: int) -> list[int]:
    """Where a new part begins: `root` is where the form is 0."""
    upper = (condition.relation in ("<=", ">")) == (coefficient > 0)
    match condition.relation:
        case "==" | "!=":
            return [root, root + 1]
        case _:
            return [root + 1] if upper else [root]


# -- padding


def with_padding(
    term: Term,
    gradients: Mapping[str, tuple[Range, ...]],
    spans: Mapping[str, tuple[Range, ...]],
    ranges: Mapping[str, Range],
    table: Bounds,
) -> Term:
    """The term with `pad` in place of conditions that say only that a derivative exists.

    `gradients` are the derivatives whose elements fill their ranges, `spans` the ranges of everything. Only where the
    derivative is a factor of the whole term, so that the product is 0 with it, and where what else is read outside its
    array stands in sums and products, which have a value for every number.
    """
    if not term.conditions:
        return term
    factors = _factors(term.factor)
    for read in [factor for factor in factors if isinstance(factor, Read) and factor.name in gradients]:
        gone = [c for c in term.conditions if _says_it_exists(c, read, gradients[read.name])]
        if len(gone) < 2:
            continue
        kept = tuple(c for c in term.conditions if c not in gone)
        if any(True for condition in kept for _ in tables(condition.form)):
            continue  # what is looked up there may exist only under the other conditions
        factor = _reading_padded(term.factor, spans, ranges, table, safe=True)
        if factor is not None:
            return replace(term, factor=factor, conditions=kept)
    return term


def _factors(node: Node) -> list[Node]:
    match node:
        case Mul(factors):
            return [inner for factor in factors for inner in _factors(factor)]
        case Neg(arg):
            return _factors(arg)
    return [node]


def _says_it_exists(condition: Condition, read: Read, spans: tuple[Range, ...]) -> bool:
    """Whether a condition is one end of the range of an index of a derivative."""
    for form, (low, high) in zip(read.index, spans, strict=True):
        if condition.relation == ">=" and condition.form.same(form.plus(-low)):
            return True
        if condition.relation == "<=" and condition.form.same(form.plus(-high)):
            return True
    return False


def _exists(one: Table, spans: Mapping[str, tuple[Range, ...]], ranges: Mapping[str, Range], table: Bounds) -> bool:
    """Whether what is looked up exists for all values of the letters."""
    limits = [bounds(form, ranges, table) for form in one.index]
    return all(low <= b[0] and b[1] <= high for b, (low, high) in zip(limits, spans[one.name], strict=True))


def _reading_padded(
    node: Node, spans: Mapping[str, tuple[Range, ...]], ranges: Mapping[str, Range], table: Bounds, safe: bool
) -> Node | None:
    """The formula with `pad` wherever an element may not exist; None where a function of one would be taken."""
    if isinstance(node, Read):
        if not all(_exists(one, spans, ranges, table) for form in node.index for one in tables(form)):
            return None  # outside the range nothing can be looked up, and so nothing read, not even as padding
        limits = [bounds(form, ranges, table) for form in node.index]
        inside = all(low <= b[0] and b[1] <= high for b, (low, high) in zip(limits, spans[node.name], strict=True))
        if inside or node.padded:
            return node
        looked_up = any(not isinstance(atom, str) for form in node.index for atom, _ in form.terms)
        return replace(node, padded=True) if safe and not looked_up else None
    inner_safe = safe and isinstance(node, Add | Mul | Neg)
    found = [_reading_padded(part, spans, ranges, table, inner_safe) for part in parts(node)]
    if any(part is None for part in found):
        return None
    if not isinstance(node, Add | Mul | Neg):
        return node
    iterator = iter(part for part in found if part is not None)
    match node:
        case Add(_):
            return Add(tuple(iterator))
        case Mul(_):
            return Mul(tuple(iterator))
    return Neg(next(iterator))
