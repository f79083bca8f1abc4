"""Equations of a row written out, one formula for every element, where the sizes of all arrays are known.

Decides how far a letter runs, which is as far as the arrays that it is an index of, and what a sum over it comes to.
What an element stands for is told by whoever uses the row; what does not exist counts as 0 and takes its terms away.
The equations of a whole problem, which may say more, are for `trace`; a test compares the two.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from derive.expression import ONE, ZERO, Const, Div, Mul, Node, add, const, mul
from derive.language import syntax
from derive.language.walk import expressions
from derive.library.trees import Trees, lines_of

Place = tuple[int, ...]
"""The indices of an element, from 1; empty for a single number."""
Meanings = Mapping[str, Callable[..., Node]]
"""What the names of a row stand for, given the indices of an element."""
RELATIONS = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt}
RELATIONS |= {">=": operator.ge}


def elements(
    text: str, sizes: Mapping[str, Place], meanings: Meanings, functions: Mapping[str, Callable[[Node], Node]] = {}
) -> Iterator[tuple[str, Place, Node]]:
    """Every element that the equations define, with its formula: equation by equation, the last index runs first.

    `sizes` are those of the arrays that the row reads, () of a single number. Raises `ValueError` where two arrays
    disagree on how far a letter runs, and where the text has a name that means nothing.

    >>> from derive.expression import Var
    >>> for name, place, node in elements("s = sum(x[i] for i)", {"x": (2,)}, {"x": lambda i: Var(f"x{i}")}):
    ...     print(name, place, node)
    s () Add(terms=(Var(name='x1'), Var(name='x2')))
    """
    known = dict(sizes)
    for line in lines_of(text):
        if not isinstance(line, syntax.Equation) or line.clauses != syntax.Clauses() or line.name in known:
            raise ValueError(f"{line.text} is no equation for whole arrays")
        names = [index.name for index in line.index if isinstance(index, syntax.Letter)]
        if len(set(names)) < len(line.index):
            raise ValueError(f"{line.text} defines single elements")
        lengths = _lengths(line.right, known)
        missing = [name for name in names if name not in lengths]
        if missing:
            raise ValueError(f"nothing says how far the letter {missing[0]} runs in {line.text}")
        reader = _Elements({}, lengths, meanings, functions)
        for place in product(*[range(1, lengths[name] + 1) for name in names]):
            reader.letters.update(zip(names, place, strict=True))
            yield line.name, place, reader.tree(line.right)
        known[line.name] = tuple(lengths[name] for name in names)


def _lengths(value: syntax.Expression, sizes: Mapping[str, Place]) -> dict[str, int]:
    """How far every letter runs; whether everything that is read is there, with as many indices."""
    found: dict[str, tuple[int, str]] = {}
    for part in expressions(value):
        match part:
            case syntax.Item(name, places):
                pass
            case syntax.Name(name):
                places = ()
            case _:
                continue
        if len(sizes.get(name, ())) != len(places) or name not in sizes:
            raise ValueError(f"nothing in the row is called {name} with so many indices as {len(places)}")
        for index, length in zip(places, sizes[name], strict=True):
            if isinstance(index, syntax.Letter):
                other, where = found.setdefault(index.name, (length, name))
                if other != length:
                    raise ValueError(f"the letter {index.name} runs over {other} in {where} and {length} in {name}")
    return {letter: length for letter, (length, _) in found.items()}


@dataclass(frozen=True)
class _Elements(Trees):
    """Reads expressions as trees where all letters are known."""

    lengths: Mapping[str, int]
    meanings: Meanings
    functions: Mapping[str, Callable[[Node], Node]]
    letters: dict[str, int] = field(default_factory=dict)
    """Where each letter stands at present."""

    def named(self, name: str) -> Node:
        return self.meanings[name]()

    def item(self, value: syntax.Item) -> Node:
        return self.meanings[value.name](*[self._number(index) for index in value.index])

    def _number(self, index: syntax.Index) -> int:
        match index:
            case syntax.Letter(name) if name in self.letters:
                return self.letters[name]
        raise ValueError(f"{index!r} is no letter that runs here")

    def total(self, terms: Sequence[Node]) -> Node:
        kept = [term for term in terms if not _absent(term)]
        return add(*kept) if kept else ZERO

    def chained(self, value: syntax.Chain) -> Node:
        found = super().chained(value)
        return ZERO if type(found) is Mul and any(map(_absent, found.factors)) else found

    def gathered(self, value: syntax.Expression) -> Node:
        match value:
            case syntax.Reduction("sum", body, clauses):
                return self.total(self._each(body, clauses))
            case syntax.Reduction("mean", body, clauses):
                terms = self._each(body, clauses)
                return self.total(terms) if len(terms) == 1 else mul(Div(ONE, const(len(terms))), self.total(terms))
        return super().gathered(value)

    def _each(self, body: syntax.Expression, clauses: syntax.Clauses) -> list[Node]:
        """The body for every value of the letters under which the conditions hold."""
        names = [bind.letter for bind in clauses.binds]
        for bind in clauses.binds:
            if bind.low is not None or bind.letter not in self.lengths or bind.letter in self.letters:
                raise ValueError(f"the letter {bind.letter} does not run over an array of its own")
        found = []
        for values in product(*[range(1, self.lengths[name] + 1) for name in names]):
            self.letters.update(zip(names, values, strict=True))
            if all(map(self._holds, clauses.conditions)):
                found.append(self.tree(body))
        for name in names:
            del self.letters[name]
        return found

    def _holds(self, condition: syntax.Condition) -> bool:
        return bool(RELATIONS[condition.relation](self._number(condition.left), self._number(condition.right)))

    def applied(self, value: syntax.Applied) -> Node:
        if value.function not in self.functions:
            return super().applied(value)
        (argument,) = value.args
        return self.functions[value.function](self.tree(argument))


def _absent(node: Node) -> bool:
    """Whether a formula is 0; most are no numbers at all."""
    return type(node) is Const and node == ZERO
