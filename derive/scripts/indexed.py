"""An equation with indices as Python: loops over its letters, elements of arrays that count from 0.

A letter of the author's becomes a variable that counts from 0, whatever it counts from in the equation; where an array
begins elsewhere, the difference stands in the index. Decides how sums, softmaxes and conditions are written. Which
numbers there are is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod

from derive.expression import Add, Branch, Call, Cases, Const, Div, Mul, Neg, Node, Pow, Var
from derive.formula import Named, Printer
from derive.functions import EVERY
from derive.notation import NOTATIONS, Name, Namer, Shape
from derive.scripts.dialect import TAKEN, Python, bare, identifier
from derive.scripts.frameworks import Framework
from derive.trace.affine import Affine, Condition, Range, Table, substituted
from derive.trace.affine import letter as as_form
from derive.trace.indexed import Counter, Equation, Position, Read, Reduce, Soft, Wins, mapped, put_in, stem_of, walk
from derive.trace.local import WINS

ANY_NAMER = Namer(NOTATIONS["standard"], Shape((1, 1)))
"""Every leaf has its name already."""
CHOSEN = {choice: name for name, choice in WINS.items()}
HELPERS = {
    "mean": """def mean(numbers):
    found = list(numbers)
    return sum(found) / len(found)""",
    "place_of_max": '''def place_of_max(numbers):
    """The place of the largest one; of equal ones the first."""
    return max(numbers, key=numbers.get)''',
    "place_of_min": '''def place_of_min(numbers):
    """The place of the smallest one; of equal ones the first."""
    return min(numbers, key=numbers.get)''',
}
"""Functions that scripts define where they call them."""


@dataclass(frozen=True)
class Loop:
    """A letter as a variable of Python: its name, what it adds to become the author's letter, how often it runs."""

    variable: str
    offset: int
    count: int


class Indexed:
    """Writes the equations of one problem.

    `name` gives the Python name of a quantity, `spans` the ranges of arrays; `tables` are the arrays of whole numbers
    that are indices, `counter` is the number of the update.
    """

    def __init__(
        self,
        framework: Framework,
        name: Callable[[str], str],
        spans: Mapping[str, tuple[Range, ...]],
        tables: Collection[str] = (),
        counter: int = 1,
    ) -> None:
        self.framework, self.name, self.spans, self.tables, self.counter = framework, name, spans, tables, counter
        self.printer = Printer(Python(framework), ANY_NAMER)
        self._taken = {name(one) for one in spans}

    def loops(self, equation: Equation, clock: Mapping[str, Loop] | None = None) -> dict[str, Loop]:
        """A variable for every letter of an equation; those of a clock are given."""
        found = dict(clock or {})
        used = {loop.variable for loop in found.values()} | self._taken
        for letter, (low, high) in equation.ranges.items():
            if letter not in found:
                stem, number = identifier(stem_of(letter)), 1
                variable = stem
                while variable in used or variable in TAKEN:
                    number += 1
                    variable = f"{stem}{number}"
                used.add(variable)
                found[letter] = Loop(variable, low, high - low + 1)
        return found

    # -- statements

    def assignment(self, equation: Equation, loops: Mapping[str, Loop], rounded: Callable[[str], str]) -> str:
        """The line that gives one element its value."""
        target = self.element(equation.name, equation.left, loops)
        text = self.text(equation.right, loops)
        return f"{target} = {rounded(self.number(equation.right, bare(text)))}"

    def number(self, right: Node, text: str) -> str:
        """What an element gets: in a library with numbers of its own never a number of Python."""
        again = isinstance(right, Read) or (isinstance(right, Call | Reduce) and _kind(right) in WINS)
        return text if self._own(right) and not again else self.framework.wrapped(text)

    def _own(self, node: Node) -> bool:
        """Whether a formula is certain to be a number of the library's own kind."""
        match node:
            case Read(name, _, padded):
                return not padded and name not in self.tables
            case Reduce(_, body, _, ()):
                return self._own(body)
            case Soft(_, _, _, ()):
                return True
            case Neg(arg):
                return self._own(arg)
            case Call(function, args) if function in EVERY and self.framework.spelling(EVERY[function]):
                return all(map(self._own, args))
            case Add(some) | Mul(some):
                return any(map(self._own, some))
            case Div(one, other) | Pow(one, other):
                return self._own(one) or self._own(other)
        return False

    def condition(self, conditions: Sequence[Condition], loops: Mapping[str, Loop]) -> str:
        """Conditions of letters."""
        return " and ".join(f"{self.form(one.form, loops)} {one.relation} 0" for one in conditions)

    # -- formulas

    def text(self, node: Node, loops: Mapping[str, Loop]) -> str:
        """A formula as an expression."""
        return self.printer(self.leaves(node, loops))

    def leaves(self, node: Node, loops: Mapping[str, Loop]) -> Node:
        """The formula with everything that Python's operators do not write in words already."""

        def part(inner: Node) -> Node:
            return self.leaves(inner, loops)

        match node:
            case Read(name, index, padded):
                element = self.element(name, index, loops)
                inside = self._inside(name, index, loops) if padded else ""
                return _word(f"({element} if {inside} else 0)" if inside else element)
            case Position(form):
                return _word(self.form(form, loops, atomic=True))
            case Counter():
                return Const(Fraction(self.counter))
            case Var(name):
                return _word(name if re.fullmatch(r"[^\W\d]\w*", name) else identifier(name))
            case Reduce():
                return _word(self._gathered(node, loops))
            case Soft():
                return _word(self._soft(node, loops))
            case Wins(over, position):
                return _word(self._won(over, position, loops))
            case Call(function, args) if function in CHOSEN:
                place, *numbers = (self.printer(part(arg)) for arg in args)
                inside = ", ".join(f"{at}: {text}" for at, text in enumerate(numbers))
                return _word(f"(1 if place_of_{CHOSEN[function]}({{{inside}}}) == {place} else 0)")
            case Call(function, args) if function not in EVERY:
                return _word(f"{function_name(function)}({', '.join(self.printer(part(arg)) for arg in args)})")
            case Call(function, (arg,)) if self.framework.joins and not self._own(arg) and function in EVERY:
                alone = "" if _varies(arg) else self.framework.alone(function)
                inside = self.text(arg, loops)
                if alone:
                    return _word(f"{alone}({inside})")
                return Call(function, (_word(self.framework.wrapped(inside)),))
            case Cases(branches):
                return Cases(tuple(Branch(part(b.value), part(b.left), b.relation, part(b.right)) for b in branches))
        return mapped(node, part) if not isinstance(node, Named) else node

    def _gathered(self, node: Reduce, loops: Mapping[str, Loop]) -> str:
        """A sum, a mean, a product, a maximum over letters; what only counts under a condition without them."""
        body = self.text(node.body, loops)
        held = self.condition(node.conditions, loops)
        if not node.letters:
            return f"({body} if {held} else 0)" if held else f"({body})"
        runs = f"{body}{self._runs(node.letters, loops)}{f' if {held}' if held else ''}"
        word = {"prod": "math.prod"}.get(node.kind, node.kind)
        if node.kind == "mean" and not held:
            return f"(sum({runs}) / {prod(loops[one].count for one in node.letters)})"
        return f"{word}({runs})"

    @staticmethod
    def _runs(letters: Sequence[str], loops: Mapping[str, Loop]) -> str:
        return "".join(f" for {loops[one].variable} in range({loops[one].count})" for one in letters)

    def _soft(self, node: Soft, loops: Mapping[str, Loop]) -> str:
        """The share of one exponential in the sum of all, or its logarithm."""
        own = loops[node.letter]
        other = f"{node.letter}'all"
        variable, taken = f"{own.variable}_all", {loop.variable for loop in loops.values()}
        while variable in taken:
            variable += "_"
        inner = {**loops, other: replace(own, variable=variable)}
        moved = put_in(node.body, {node.letter: as_form(other)})
        conditions = [substituted(condition, {node.letter: as_form(other)}) for condition in node.conditions]
        held = self.condition(conditions, inner)
        exp = Call("exp", (moved,))
        total = f"sum({self.text(exp, inner)}{self._runs((other,), inner)}{f' if {held}' if held else ''})"
        if node.logarithm:
            text = self.printer(Call("ln", (_word(total),)))
            found = f"({self.text(node.body, loops)} - {text})"
        else:
            found = f"({self.text(Call('exp', (node.body,)), loops)} / {total})"
        mine = self.condition(node.conditions, loops)
        return f"({found} if {mine} else 0)" if mine else found

    def _won(self, over: Reduce, position: tuple[Affine, ...], loops: Mapping[str, Loop]) -> str:
        """1 where an element is the one that is taken, else 0."""
        key = ", ".join(loops[one].variable for one in over.letters)
        held = self.condition(over.conditions, loops)
        runs = f"{self._runs(over.letters, loops)}{f' if {held}' if held else ''}"
        inside = f"{{({key},): {self.text(over.body, loops)}{runs}}}"
        shifted = (form.plus(-loops[one].offset) for one, form in zip(over.letters, position, strict=True))
        at = ", ".join(self.form(form, loops) for form in shifted)
        return f"(1 if place_of_{over.kind}({inside}) == ({at},) else 0)"

    # -- indices

    def element(self, name: str, index: Sequence[Affine], loops: Mapping[str, Loop]) -> str:
        """An element of an array."""
        if not index:
            return self.name(name)
        return f"{self.name(name)}[{', '.join(self._places(name, index, loops))}]"

    def _places(self, name: str, index: Sequence[Affine], loops: Mapping[str, Loop]) -> Iterator[str]:
        for form, (low, _) in zip(index, self.spans[name], strict=True):
            yield self.form(form.plus(-low), loops)

    def _inside(self, name: str, index: Sequence[Affine], loops: Mapping[str, Loop]) -> str:
        """Where an element exists; an index that always does is not asked about."""
        held = []
        for text, form, (low, high) in zip(self._places(name, index, loops), index, self.spans[name], strict=True):
            if form.letter is None or (loops[form.letter].offset, loops[form.letter].count) != (low, high - low + 1):
                held.append(f"0 <= {text} < {high - low + 1}")
        return " and ".join(held)

    def form(self, form: Affine, loops: Mapping[str, Loop], atomic: bool = False) -> str:
        """An index as a number of Python."""
        constant = form.constant
        terms = []
        for atom, factor in sorted(form.terms, key=lambda term: term[1] < 0):
            match atom:
                case str():
                    constant += factor * loops[atom].offset
                    text = loops[atom].variable
                case Table(name, index):
                    text = self.element(name, index, loops)
                case _:
                    raise TypeError(f"no Python for the index {atom!r}")
            sign = "-" if factor < 0 else "+"
            terms.append((sign, text if abs(factor) == 1 else f"{abs(factor)} * {text}"))
        if constant or not terms:
            terms.append(("-" if constant < 0 else "+", str(abs(constant))))
        (sign, first), *rest = terms
        found = f"{'-' if sign == '-' else ''}{first}" + "".join(f" {sign} {text}" for sign, text in rest)
        return f"({found})" if atomic and (rest or sign == "-" or "*" in first) else found


def function_name(function: str) -> str:
    """The name of a function of the author, or of one of its derivatives.

    >>> function_name("elu"), function_name("elu'1"), function_name("lambda'2'1")
    ('elu', 'elu_by_1', 'lambda__by_2_by_1')
    """
    plain, *arguments = function.split("'")
    return "_".join([identifier(plain), *(f"by_{one}" for one in arguments)])


def _kind(node: Call | Reduce) -> str:
    return node.function if isinstance(node, Call) else node.kind


def _varies(node: Node) -> bool:
    """Whether a formula holds more than numbers."""
    return any(isinstance(part, Read | Var) for part in walk(node))


def _word(text: str) -> Named:
    return Named(Name(text, text))
