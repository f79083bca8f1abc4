"""An equation of whole arrays as Python: products by @, columns as arrays of one index.

A column is an array of one index in NumPy, and so is a row: what is meant follows from where it stands. Where that says
nothing, or a function takes single numbers only, there is no such form, and the equation is written with loops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from derive.expression import Add, Call, Cases, Const, Div, Hadamard, MatMul, Mul, Neg, Node, Pow, Transpose, children
from derive.formula import Named, Printer
from derive.functions import EVERY
from derive.notation import Name
from derive.scripts.dialect import Python
from derive.scripts.frameworks import Framework
from derive.scripts.indexed import ANY_NAMER
from derive.trace.affine import Range
from derive.trace.matrix import Ones, Whole

Kind = Literal["number", "column", "row", "matrix"]
TURNED: dict[Kind, Kind] = {"number": "number", "column": "row", "row": "column", "matrix": "matrix"}


class _NoForm(Exception):
    """What is not written in whole arrays."""


class Arrays:
    """Writes formulas in whole arrays; `name` gives the Python name of an array, `rank` how many indices it has."""

    def __init__(self, framework: Framework, name: Callable[[str], str], rank: Callable[[str], int]) -> None:
        self.framework, self.name, self.rank = framework, name, rank
        self.printer = Printer(Python(framework), ANY_NAMER)

    def text(self, node: Node, ranges: Mapping[str, Range]) -> str | None:
        """The formula as an expression; None where it has no such form."""
        try:
            return self.printer(self._leaves(node, ranges)[0])
        except _NoForm:
            return None

    def _leaves(self, node: Node, ranges: Mapping[str, Range]) -> tuple[Node, Kind]:
        """The formula with its products in words, and what it is."""
        match node:
            case Whole(name):
                rank = self.rank(name)
                if rank > 2:
                    raise _NoForm
                kinds: tuple[Kind, ...] = ("number", "column", "matrix")
                return _word(self.name(name)), kinds[rank]
            case Ones(letter):
                low, high = ranges[letter]
                return _word(f"{self.framework.word}.ones({high - low + 1})"), "column"
            case Const():
                return node, "number"
            case Transpose(arg):
                inner, kind = self._leaves(arg, ranges)
                turned = _word(f"{self._atom(inner)}.T") if kind == "matrix" else inner
                return turned, TURNED[kind]
            case MatMul((left, right)):
                return self._product(self._leaves(left, ranges), self._leaves(right, ranges))
            case Neg(arg):
                inner, kind = self._leaves(arg, ranges)
                return Neg(inner), kind
            case Div(above, below):
                over, kind = self._leaves(above, ranges)
                under, other = self._leaves(below, ranges)
                return Div(over, under), _same(kind, other)
            case Pow(base, exponent):
                under, kind = self._leaves(base, ranges)
                above, other = self._leaves(exponent, ranges)
                return Pow(under, above), _same(kind, other)
            case Add(parts) | Mul(parts) | Hadamard(parts):
                pairs = [self._leaves(part, ranges) for part in parts]
                kind = pairs[0][1]
                for _, other in pairs[1:]:
                    kind = _same(kind, other)
                inside = tuple(inner for inner, _ in pairs)
                return Add(inside) if isinstance(node, Add) else Mul(inside), kind
            case Call(function, (arg,)) if self._takes_arrays(function):
                inner, kind = self._leaves(arg, ranges)
                return Call(function, (inner,)), kind
        raise _NoForm

    def _product(self, one: tuple[Node, Kind], other: tuple[Node, Kind]) -> tuple[Node, Kind]:
        (left, kind), (right, second) = one, other
        if (kind, second) == ("column", "row"):
            return _word(f"{self.framework.word}.outer({self.printer(left)}, {self.printer(right)})"), "matrix"
        kinds: dict[tuple[Kind, Kind], Kind] = {
            ("matrix", "matrix"): "matrix",
            ("matrix", "column"): "column",
            ("row", "matrix"): "row",
            ("row", "column"): "number",
        }
        if (kind, second) not in kinds:
            raise _NoForm
        return _word(f"({self._atom(left)} @ {self._atom(right)})"), kinds[kind, second]

    def _atom(self, node: Node) -> str:
        text = self.printer(node)
        return text if isinstance(node, Named) else f"({text})"

    def _takes_arrays(self, function: str) -> bool:
        """Whether a function is computed for every number of an array at once."""
        row = EVERY.get(function)
        if row is None or function in ("max", "min"):
            return False
        spelt = self.framework.spelling(row)
        if spelt:
            return spelt.startswith(f"{self.framework.word}.")
        return row.definition is not None and self._for_arrays(row.definition)

    def _for_arrays(self, node: Node) -> bool:
        """Whether a formula can be computed for every number of an array at once."""
        known = not isinstance(node, Cases) and (not isinstance(node, Call) or self._takes_arrays(node.function))
        return known and all(map(self._for_arrays, children(node)))


def _same(kind: Kind, other: Kind) -> Kind:
    if kind == other or other == "number":
        return kind
    if kind == "number":
        return other
    raise _NoForm


def _word(text: str) -> Named:
    return Named(Name(text, text))
