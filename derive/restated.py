r"""An equation that somebody states about whole arrays of a problem, as formulas of their elements.

`dL/dW = dL/dz @ x.T` and `dL/dW[i,j] = dL/dz[i]*x[j]` say what every element of the gradient is. They are read in the
language of equations, in which a derivative has a name for the time being and every array of the problem stands for
itself; what they come to is written out like any other equation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from derive.errors import InputError
from derive.expression import Node, Ref, replace
from derive.language.words import FUNCTIONS
from derive.model import ModelSolution, model_from_dict
from derive.quantity import Quantity
from derive.trace.affine import Range
from derive.trace.identity import Identity, Symbol
from derive.trace.written import written_out

LONGEST = 1000
"""Characters of an equation that is read so."""
MOST_ELEMENTS, MOST_NUMBERS = 400, 20_000
"""Elements of an answer, and numbers that are written out for them."""
ANSWER, GRADIENT = "theanswer", "gradby"
_OUTER = (
    re.compile(r"(?P<one>\w+)\s*[@*]?\s*(?P<other>\w+)\.T"),
    re.compile(r"(?:np\.|torch\.)?outer\(\s*(?P<one>\w+)\s*,\s*(?P<other>\w+)\s*\)"),
)
"""A column times a row, which the language writes with indices."""
_INDEX = r"(?P<index>\s*\[[^\[\]]*\])?"


class Restated:
    """Reads equations about the arrays of one problem."""

    def __init__(self, solution: ModelSolution, loss: str) -> None:
        self.solution, self.loss = solution, loss
        self._arrays = dict(solution.system.ranges)
        self._derived = dict(solution.adjoint.names) if solution.adjoint else {}
        name = "|".join(sorted(map(re.escape, self._derived), key=len, reverse=True)) or r"(?!)"
        of = rf"(?:d|∂|\\partial\s*){re.escape(loss)}"
        by = rf"(?:d|∂|\\partial\s*)\s*(?P<name>{name})"
        self._spellings = [
            re.compile(rf"\\frac\s*\{{\s*{of}\s*\}}\s*\{{\s*{by}\s*\}}"),
            re.compile(rf"(?<![\w.]){of}\s*/\s*{by}(?!\w)"),
            re.compile(rf"(?<![\w.])(?P<name>{name})\.grad\b"),
            re.compile(rf"(?<![\w.])grad_(?P<name>{name})(?!\w)"),
            re.compile(rf"(?<![\w.])d(?P<name>{name})(?!\w)"),
        ]

    def formulas(self, left: str, right: str) -> Mapping[Quantity, Node]:
        """The formula of each element of which an equation speaks; none where it is no equation of whole arrays."""
        if len(left) + len(right) > LONGEST or not re.search(r"[A-Za-z]", right):
            return {}
        target = re.fullmatch(rf"(?P<name>\w+){_INDEX}", self._placed(left).strip(" $"))
        if target is None or not self._known(target["name"]) or not self._spans(target["name"]):
            return {}
        index = (target["index"] or "").strip()
        if index and not re.search(r"[a-z]", index):
            return {}
        said = self._plain(self._placed(right))
        if not index:
            index, said = self._outer(said)
        try:
            return dict(self._read(target["name"], f"{ANSWER}{index} = {said}"))
        except InputError as error:
            # What is no equation of the language is left to those who read single quantities.
            if index or not self._of_arrays(said):
                return {}
            raise InputError(error.expected, error.found, hint=error.hint) from None

    # -- names for the time being

    def _placed(self, text: str) -> str:
        """A text in which derivatives have names of the language."""
        for spelling in self._spellings:
            text = spelling.sub(self._name_of, text)
        return text

    def _name_of(self, match: re.Match[str]) -> str:
        # An author's own name that begins with d is no derivative.
        return match[0] if match[0] in self._arrays else f"{GRADIENT}{match['name']}"

    @staticmethod
    def _plain(text: str) -> str:
        """Signs of mathematics as those of the language."""
        for sign, plain in (("^T", ".T"), ("^{T}", ".T"), (r"^\top", ".T"), ("·", "*"), (r"\cdot", "*"), ("⊙", "*")):
            text = text.replace(sign, plain)
        return re.sub(r"(\.T)(?=\w)", r"\1 ", text).strip(" $")

    def _of_arrays(self, said: str) -> bool:
        """Whether a side speaks of nothing but arrays and functions, so that it is meant as an equation of arrays."""
        words = set(re.findall(r"[A-Za-z]\w*", said)) - {"T"}
        return bool(words) and all(self._known(word) or word in FUNCTIONS for word in words)

    def _outer(self, said: str) -> tuple[str, str]:
        """The index left of = and the right side, where it is the outer product of two vectors."""
        for pattern in _OUTER:
            match = pattern.fullmatch(said)
            pair = (match["one"], match["other"]) if match is not None else ()
            if pair and all(self._known(name) and len(self._spans(name)) == 1 for name in pair):
                return "[i,j]", "{}[i]*{}[j]".format(*pair)
        return "", said

    def _known(self, name: str) -> bool:
        return name in self._arrays or name.removeprefix(GRADIENT) in self._derived

    def _spans(self, name: str) -> tuple[Range, ...]:
        return self._arrays[name if name in self._arrays else name.removeprefix(GRADIENT)]

    # -- reading

    def _read(self, target: str, equation: str) -> Iterator[tuple[Quantity, Node]]:
        used = [name for name in dict.fromkeys(re.findall(r"[A-Za-z]\w*", equation)) if self._known(name)]
        first = self.solution.problem.model.first_index
        spans = [self._spans(name) for name in used]
        if any(low != first for span in (*spans, self._spans(target)) for low, _ in span):
            return
        tables: dict[str, Any] = {name: _ones([high - low + 1 for low, high in self._spans(name)]) for name in used}
        model = {"equations": equation, "loss": False, "first_index": first}
        read = ModelSolution(model_from_dict({"title": "A formula", "constants": tables, "model": model}))
        size = read.decide(lambda: read.rounds[0].plan.size)
        if read.system.ranges[ANSWER] != self._spans(target) or size > MOST_NUMBERS:
            return
        functions = read.known_functions
        for step in read.steps[:MOST_ELEMENTS]:
            yield (
                self._meant(Identity(Symbol(target, step.target.of.indices))),
                replace(written_out(step.formula, functions), self._leaf),
            )

    def _meant(self, one: Identity) -> Quantity:
        """What a name for the time being stands for."""
        name, index = one.of
        if name in self._arrays:
            return one
        return Identity(Symbol(self.loss), by=Symbol(name.removeprefix(GRADIENT), index))

    def _leaf(self, leaf: Quantity) -> Node:
        assert isinstance(leaf, Identity)
        return Ref(self._meant(leaf))


def _ones(shape: Sequence[int]) -> Any:
    """An array of ones."""
    return [_ones(shape[1:]) for _ in range(shape[0])] if shape else 1
