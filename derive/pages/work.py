"""A step as a line of numbers: name = formula = numbers put in = result.

Decides which terms are written, which arguments of functions get a number of their own, and how many decimals a line
needs so that it can be done again from what is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from derive.expression import Add, Call, Const, Mul, Neg, Node, Ref, Shown, add
from derive.formula import Line
from derive.numbers import OutsideDomain
from derive.pages.display import DOTS, Display, Scene
from derive.pages.elements import Elements, is_exact, is_number, rational, same_number, shortened
from derive.trace.identity import Identity
from derive.trace.indexed import mapped, walk
from derive.trace.local import WINS
from derive.trace.unroll import Step, identity

MOST_ADDED = 8
"""Terms of a sum from which on those that are 0 are not written."""
MOST_MORE = 6
"""Decimals more than elsewhere that a line may have."""
MOST_ARGUED = 4
"""Functions in a formula whose arguments get a side of their own."""
PLAIN = frozenset({"sqrt", "abs"})
"""Functions that are read as part of a formula."""
Value = Callable[[Identity], Node]


class Worked:
    """One step of one round, ready to be written."""

    def __init__(self, display: Display, elements: Elements, step: Step) -> None:
        self.display, self.elements, self.step = display.after(elements.step), elements, step
        self.formula = without_zeros(step.formula, elements)
        self.left_out = self.formula != step.formula
        """Whether terms that are 0 are not written."""
        self.result = elements.shown(step.target.of)

    @property
    def vanishes(self) -> bool:
        """Whether rounded numbers lead to what is exactly 0."""
        rounded = any(not is_exact(self.elements.value(source)) for source in self.step.sources)
        return rounded and isinstance(self.formula, Add) and is_exact(self.result) and rational(self.result) == 0

    def line(self, symbols: bool, first: Node | None = None) -> Line:
        """The step as a line, with = only before exact values; `first` is a form that is shown before the others."""
        result = self.result
        left = self.display.symbol(self.step.target.of)
        formula = shortened(self.formula, DOTS)
        parts: list[tuple[str, Node]] = [("=", first)] if first is not None else []
        if is_number(formula):
            found = [("=", result)] if is_exact(result) else [("=", self.display(formula)), ("≈", result)]
            return Line(left, (*parts, *found))
        value = self._value(self.formula)
        sources = [value(source) for source in self.step.sources]
        sign = "=" if all(map(is_exact, sources)) else "≈"
        filled = self.display(formula, Scene({}, {}, value))
        if symbols and sources:
            parts.append(("=", self.display(formula)))
        if same_number(filled, result):
            # One number is put in, and it is the result.
            return Line(left, (*parts, (sign, result)))
        parts.append((sign, filled))
        for argued in self._argued(sign == "="):
            found_value = self._value(argued)
            shown = self.display(shortened(argued, DOTS), Scene({}, {}, found_value))
            if shown != parts[-1][1] and not same_number(shown, result):
                parts.append(("=" if sign == "=" and _all_exact(argued) else "≈", shown))
        exact = isinstance(result, Shown) and self.elements.equals(self.formula, result, value)
        settled = is_exact(result) and (not isinstance(result, Shown) or exact or self.vanishes)
        parts.append(("=" if settled else "≈", result))
        return Line(left, tuple(parts))

    def _value(self, formula: Node) -> Value:
        """Printed numbers with decimals enough to lead to the printed result."""
        for more in range(MOST_MORE + 1):

            def value(found: Identity, more: int = more) -> Node:
                return self.elements.shown(found.of, more)

            if self.elements.leads_to(formula, self.result, value):
                break
        else:
            return self.elements.value
        return value

    def _argued(self, exact: bool) -> Iterator[Node]:
        """The formula with a number for each argument of a function, then for the functions themselves."""
        calls = list(dict.fromkeys(_calls(self.formula)))
        if not calls or (is_exact(self.result) and not exact):
            return
        try:
            if len(calls) <= MOST_ARGUED and any(_composed(arg) for call in calls for arg in call.args):
                yield self._with(
                    lambda call, more: Call(call.function, tuple([self._number(a, more) for a in call.args]))
                )
            if len(calls) > 1:
                yield self._with(lambda call, more: self._number(call, more))
        except OutsideDomain:
            return  # a part such as exp(24691), in a logarithm, has more digits than anybody reads

    def _with(self, part: Callable[[Call, int], Node]) -> Node:
        found: Node = self.formula
        for more in range(MOST_MORE + 1):
            found = self._once_with(part, more)
            if self.elements.leads_to(found, self.result, self.elements.value):
                break
        return found

    def _once_with(self, part: Callable[[Call, int], Node], more: int) -> Node:
        return _replaced(self.formula, lambda call: part(call, more))

    def _number(self, node: Node, more: int) -> Node:
        return self.elements.shown_value(node, more) if isinstance(node, Call) or _composed(node) else node


def _composed(node: Node) -> bool:
    """Whether an argument is to be computed before the function is."""
    if isinstance(node, Neg):
        return _composed(node.arg)
    return not isinstance(node, Const | Ref | Shown | Call)


def _calls(node: Node) -> Iterator[Call]:
    """The outermost functions of a formula that have a value worth a number."""
    for part in walk(node):
        if isinstance(part, Call) and part.function in WINS.values():
            return
    yield from _outermost(node)


def _outermost(node: Node) -> Iterator[Call]:
    found: list[Call] = []

    def look(part: Node) -> Node:
        if isinstance(part, Call) and part.function not in PLAIN:
            found.append(part)
            return part
        return mapped(part, look)

    look(node)
    yield from found


def _replaced(node: Node, part: Callable[[Call], Node]) -> Node:
    if isinstance(node, Call) and node.function not in PLAIN:
        return part(node)
    return mapped(node, lambda inner: _replaced(inner, part))


def _all_exact(node: Node) -> bool:
    found: list[bool] = []

    def look(part: Node) -> Node:
        if isinstance(part, Shown):
            found.append(part.exact)
            return part
        return mapped(part, look)

    look(node)
    return all(found)


def without_zeros(formula: Node, elements: Elements) -> Node:
    """A long sum without the terms that have a factor of exactly 0; as it is where nothing else would stay."""
    if not isinstance(formula, Add):
        return formula
    flat = add(*formula.terms)
    if not isinstance(flat, Add) or len(flat.terms) <= MOST_ADDED:
        return formula
    kept = tuple(term for term in flat.terms if not _is_zero(term, elements))
    return formula if not kept or len(kept) == len(flat.terms) else Add(kept) if len(kept) > 1 else kept[0]


def _is_zero(term: Node, elements: Elements) -> bool:
    match term:
        case Ref():
            found = elements.shown(identity(term).of)
            return is_exact(found) and rational(found) == 0
        case Mul(factors):
            return any(_is_zero(factor, elements) for factor in factors)
        case Neg(arg):
            return _is_zero(arg, elements)
        case Const(value):
            return value == 0
    return False
