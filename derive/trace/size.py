"""How much computing equations are, and how much is accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from derive.errors import InputError
from derive.expression import Call, Node
from derive.trace.affine import Range
from derive.trace.indexed import Equation, Reduce, Soft, parts, walk
from derive.trace.names import Macro, Names, Pure

MAX_ELEMENTS = 200_000
"""Values of all equations together."""
MAX_OPERATIONS = 2_000_000
"""Values and terms that one forward pass computes."""


def cost(body: Node, functions: Mapping[str, Pure | Macro]) -> int:
    """How many operations a function of numbers is."""
    total = 0
    for node in walk(body):
        called = functions.get(node.function) if isinstance(node, Call) else None
        total += called.cost if isinstance(called, Pure) else 1
    return total


def length(span: Range) -> int:
    """How many numbers a range has."""
    return max(span[1] - span[0] + 1, 0)


def elements(equation: Equation) -> int:
    """How many elements an equation defines, conditions left aside."""
    return prod(length(equation.ranges[name]) for name in dict.fromkeys(equation.letters))


def check_size(names: Names, equations: Sequence[Equation], functions: Mapping[str, Pure]) -> None:
    """Whether a computation stays within what is worked out; raises `InputError` where it does not."""
    values = counted = 0
    for equation in equations:
        values += elements(equation)
        counted += elements(equation) * _operations(equation.right, equation, functions)
        if values > MAX_ELEMENTS or counted > MAX_OPERATIONS:
            expected = f"at most {MAX_ELEMENTS} values and {MAX_OPERATIONS} operations"
            where = f"line {equation.line} of the equations ({equation.text})"
            found = f"{values} values and {counted} operations up to here"
            raise InputError(expected, found, names.file, where, "choose smaller arrays.")


def operations(equations: Sequence[Equation], functions: Mapping[str, Pure]) -> int:
    """How many values and terms equations compute."""
    return sum(elements(equation) * _operations(equation.right, equation, functions) for equation in equations)


def _operations(node: Node, equation: Equation, functions: Mapping[str, Pure]) -> int:
    """How many terms and values a formula needs for one element."""
    inner = sum(_operations(part, equation, functions) for part in parts(node))
    match node:
        case Reduce(_, _, bound, _):
            return inner * prod(length(equation.ranges[name]) for name in bound) + 1
        case Soft(_, _, over, _):
            return inner * length(equation.ranges[over]) + 1
        case Call(name, _) if name in functions:
            return inner + functions[name].cost
    return inner + 1
