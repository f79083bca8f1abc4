"""From the lines of a problem to its equations: indexed formulas with the range of every letter.

Decides what the computation is: which equations there are, how far their letters run, which quantities they define,
and what the loss is. A softmax inside a formula gets an equation of its own. Values and derivatives come later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from derive.expression import Node, const
from derive.language import syntax
from derive.trace.affine import Affine, Condition, Extent, Range, Table, Times, bounds, letter, letters, tables
from derive.trace.drafts import Draft, drafts
from derive.trace.gates import split
from derive.trace.givens import Given
from derive.trace.indexed import Count, Equation, Position, Read, Reduce, Soft, free_letters, looked_up, mapped, stem_of
from derive.trace.names import Names, Pure
from derive.trace.ranges import Ranges, infer
from derive.trace.size import check_size


@dataclass(frozen=True)
class System:
    """All equations of a problem in the order in which they were written, and what they speak of.

    `functions` are those that take numbers; `tables` the given arrays that are looked into for indices, which have no
    derivative. `ranges` holds, per quantity, the first and the last index along every axis.
    """

    givens: Mapping[str, Given]
    equations: tuple[Equation, ...]
    functions: Mapping[str, Pure]
    tables: frozenset[str]
    names: Names
    inferred: tuple[str, ...] = ()
    """The ranges that were inferred, in words."""
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[Range, ...]] = field(default_factory=dict)

    def defining(self, name: str) -> list[Equation]:
        """The equations of a quantity."""
        return self._defining.get(name, [])

    @cached_property
    def _defining(self) -> Mapping[str, list[Equation]]:
        found: dict[str, list[Equation]] = {}
        for equation in self.equations:
            found.setdefault(equation.name, []).append(equation)
        return found


def read_equations(names: Names, lines: Sequence[syntax.SourceLine], gates: bool = False) -> System:
    """The equations that lines say, with `gates` one operation each; raises `InputError` where there is none."""
    written = drafts(names, lines)
    ranges = infer(names, written)
    equations: list[Equation] = []
    for number, draft in enumerate(written):
        equations.extend(finished(names, ranges, number, draft))
    if gates:
        equations = list(split(names, equations))
    functions = {name: function for name, function in names.functions.items() if isinstance(function, Pure)}
    system = System(
        names.givens,
        tuple(equations),
        functions,
        _looked_into(equations),
        names,
        tuple(_inferred(ranges)),
        tuple(ranges.left_out.values()),
        tuple(names.warnings),
        {**{name: given.ranges for name, given in names.givens.items()}, **_spans(equations, ranges)},
    )
    check_size(names, system.equations, functions)
    return system


def _looked_into(equations: Sequence[Equation]) -> frozenset[str]:
    """The given arrays whose numbers are indices."""
    found: set[str] = set()
    for equation in equations:
        found.update(table.name for table in looked_up(equation.right))
        forms = [*equation.left, *[condition.form for condition in equation.conditions]]
        found.update(table.name for form in forms for table in tables(form))
    return frozenset(found)


def _spans(equations: Sequence[Equation], ranges: Ranges) -> dict[str, tuple[Range, ...]]:
    """Per quantity the first and the last index along every axis."""
    found: dict[str, list[list[Range]]] = {}
    for equation in equations:
        spans = [bounds(form, equation.ranges, ranges.looked_up) for form in equation.left]
        found.setdefault(equation.name, []).append(spans)
    return {
        name: tuple((min(s[0] for s in axis), max(s[1] for s in axis)) for axis in zip(*spans, strict=True))
        for name, spans in found.items()
    }


def finished(names: Names, ranges: Ranges, number: int, draft: Draft) -> list[Equation]:
    """The equation of a draft, behind those of the softmaxes inside it."""
    known = {name: ranges.known[number, name] for name in draft.explicit}
    written = {
        name: tuple(_settled(form, ranges) for form in pair)
        for name, pair in draft.explicit.items()
        if pair is not None
    }

    def limits(inner: Sequence[str]) -> tuple[Condition, ...]:
        """The conditions of ranges that depend on other letters."""
        found = []
        for name in inner:
            for form, relation in zip(written.get(name, ()), (">=", "<="), strict=False):
                if form.terms:
                    found.append(Condition(letter(name) - form, relation))
        return tuple(found)

    def settle(node: Node) -> Node:
        match node:
            case Count(name, axis):
                span = ranges.running(name, axis)
                assert span is not None
                return const(span[1] - span[0] + 1)
            case Read(name, index, padded):
                return Read(name, tuple(_settled(form, ranges) for form in index), padded)
            case Position(form):
                settled = _settled(form, ranges)
                return const(settled.constant) if settled.number is not None else Position(settled)
            case Reduce(kind, body, inner, conditions):
                return Reduce(kind, settle(body), inner, (*limits(inner), *_settled_conditions(conditions, ranges)))
            case Soft(kind, body, over, conditions):
                return Soft(kind, settle(body), over, _settled_conditions(conditions, ranges))
        return mapped(node, settle)

    right = settle(draft.right)
    left = tuple(_settled(form, ranges) for form in draft.left)
    conditions = (*limits(draft.letters), *_settled_conditions(draft.conditions, ranges))
    equation = Equation(
        draft.name,
        left,
        right,
        known,
        conditions,
        draft.line.number if draft.origin.use is None else draft.origin.use.number,
        draft.line.text,
        draft.line.comment,
        draft.origin.row,
    )
    if isinstance(right, Soft) and any(right.letter in letters(condition.form) for condition in conditions):
        stem = stem_of(right.letter)
        hint = f"a softmax runs over its own condition: {right.kind}(... over {stem} if ...)."
        raise names.fault(draft.line, draft.origin, f"no condition on {stem} behind for", "one", hint)
    if isinstance(right, Soft) and right.logarithm:
        # there is no logarithm of the 0 outside the conditions
        equation = replace(equation, conditions=(*conditions, *right.conditions))
    hoisted: list[Equation] = []
    right = _hoisted(names, equation, right, hoisted, conditions, outermost=True)
    return [*hoisted, replace(equation, right=right)]


def _settled(form: Affine, ranges: Ranges) -> Affine:
    """A form with the sizes of arrays in numbers."""
    result = Affine(form.constant)
    for atom, coefficient in form.terms:
        match atom:
            case Extent():
                result = result.plus(coefficient * ranges.looked_up(atom)[0])
            case Times(extent, inner):
                result += _settled(inner, ranges).times(coefficient * ranges.looked_up(extent)[0])
            case Table(name, index):
                table = Table(name, tuple(_settled(one, ranges) for one in index))
                result += Affine(0, ((table, coefficient),))
            case _:
                result += Affine(0, ((atom, coefficient),))
    return result


def _settled_conditions(conditions: Sequence[Condition], ranges: Ranges) -> tuple[Condition, ...]:
    return tuple(Condition(_settled(c.form, ranges), c.relation) for c in conditions)


def _hoisted(
    names: Names,
    equation: Equation,
    node: Node,
    found: list[Equation],
    conditions: tuple[Condition, ...],
    outermost: bool = False,
) -> Node:
    """The formula with unnamed equations in place of the softmaxes inside it."""
    if isinstance(node, Reduce):
        inner = (*conditions, *node.conditions)
        return replace(node, body=_hoisted(names, equation, node.body, found, inner))
    if isinstance(node, Soft):
        inner_body = _hoisted(names, equation, node.body, found, conditions)
        node = replace(node, body=inner_body)
        if outermost:
            return node
        free = tuple(free_letters(node))
        others = {name for name in free if name != node.letter}
        name = names.unnamed(node.kind, len(free))
        kept = tuple(c for c in conditions if set(letters(c.form)) <= others)
        if node.logarithm:
            kept += node.conditions
        left = tuple(map(letter, free))
        ranges = {**equation.ranges}
        found.append(replace(equation, name=name, left=left, right=node, ranges=ranges, conditions=kept, comment=""))
        return Read(name, left)
    return mapped(node, lambda part: _hoisted(names, equation, part, found, conditions))


def _inferred(ranges: Ranges) -> list[str]:
    """Every range that was inferred, as a user reads it."""
    found = []
    for number, draft in enumerate(ranges.drafts):
        shown = []
        for name in draft.explicit:
            if ranges.found[number, name] != 1:
                low, high = ranges.known[number, name]
                shown.append(f"{name.partition(chr(39))[0]} in {low}..{high}")
        if shown:
            found.append(f"{draft.line.text}: {', '.join(shown)}")
    return found
