"""The form `matrix`: an equation in whole arrays, the shape of every factor, and the numbers put in where they are few.

Decides when matrices are small enough to be printed in place of their names, and with how many decimals: the printed
matrices lead to the printed result, or they are not printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from flint import arb

from derive.compute.matrices import Matrices
from derive.compute.tagged import untagged
from derive.document import Block, Inline, Math, Text
from derive.expression import Call, Div, MatMul, Matrix, Node, Pow, Shown
from derive.formula import Line
from derive.numbers import decimals_of
from derive.pages.elements import UNITS, is_exact, rational
from derive.pages.page import ModelPage
from derive.pages.wholes import parts_of_matrix, whole_form
from derive.trace.identity import Symbol
from derive.trace.indexed import Equation as Indexed
from derive.trace.matrix import Ones, Whole

MOST_NUMBERS, MOST_WIDE, MOST_HIGH = 40, 6, 6
"""Numbers of all matrices of a line, columns and rows of one of them, that are put in."""
MOST_MORE = 3
"""Decimals more than elsewhere that matrices of a line may have."""


def multiplies(node: Node) -> bool:
    """Whether a form multiplies matrices: then its numbers are put in; else it works element by element."""
    parts = list(parts_of_matrix(node))
    apart = any(
        (isinstance(part, Call | Pow) and _arrays(part)) or (isinstance(part, Div) and _arrays(part.denominator))
        for part in parts
    )
    return any(isinstance(part, MatMul) for part in parts) and not apart


def line(page: ModelPage, equation: Indexed, node: Node) -> Line | None:
    """An equation in whole arrays with the numbers put in; None where they are too many."""
    names = list(dict.fromkeys(part.name for part in parts_of_matrix(node) if isinstance(part, Whole)))
    numbers = _numbers(page, equation, node, names)
    if numbers is None:
        return None
    found = page.whole_line(equation, node)
    return Line(found.left, (*found.parts, *numbers), answer=equation.name in page.answers)


def conventions(page: ModelPage, node: Node) -> Iterator[Block]:
    """What is said once: that vectors are columns, what a bold 1 is."""
    text = "Vectors are columns; functions and quotients work element by element." if page.once("columns") else ""
    ones = any(isinstance(part, Ones) for part in parts_of_matrix(node))
    text += " The bold 1 is a column of ones: a product with it adds up." if ones and page.once("ones") else ""
    if text:
        yield page.say(text.strip())


def _arrays(node: Node) -> bool:
    return any(isinstance(part, Whole | Ones) for part in parts_of_matrix(node))  # also a number that has a name


def shapes(page: ModelPage, node: Node, result: str) -> list[Inline]:
    """The shape of every array of a product, and of the result; of what works element by element, of the result."""
    names = [part.name for part in parts_of_matrix(node) if isinstance(part, Whole)]
    inner = names if any(isinstance(part, MatMul) for part in parts_of_matrix(node)) else []
    found: list[Inline] = []
    for name in dict.fromkeys((*(one for one in inner if page.names.rank(one)), result)):
        found += [Text(", ")] if found else []
        found += [Math(page.display.whole(name)), Text(f" is {shape(page, name)}")]
    return found


def shape(page: ModelPage, name: str) -> str:
    """The shape of an array as a factor: a vector is a column."""
    lengths = [high - low + 1 for low, high in page.spans[name]]
    return " × ".join(map(str, (*lengths, *[1] * (2 - len(lengths))))) if lengths else "one number"


def _numbers(page: ModelPage, equation: Indexed, node: Node, names: list[str]) -> list[tuple[str, Node]] | None:
    """The form with numbers in place of its arrays (not in brief), and the result; None where they are too many."""
    counts = {name: [high - low + 1 for low, high in page.spans[name]] for name in (*names, equation.name)}
    if sum(map(prod, counts.values())) > MOST_NUMBERS or any(map(_too_large, counts.values())):
        return None
    result = _matrix(page, equation.name, 0)
    exact_result = all(map(is_exact, _entries(result)))
    if page.brief or any(isinstance(part, Ones) for part in parts_of_matrix(node)):
        return [("=" if exact_result else "≈", result)]
    for more in range(MOST_MORE + 1):
        shown = {name: _matrix(page, name, more) for name in names}
        if _lead_to(page, equation, node, shown, result):
            break
    else:
        return [("=" if exact_result else "≈", result)]
    exact = all(is_exact(entry) for matrix in shown.values() for entry in _entries(matrix))
    filled = whole_form(node, page.display, lambda name: shown[name])
    return [("=" if exact else "≈", filled), ("=" if exact and exact_result else "≈", result)]


def _too_large(lengths: list[int]) -> bool:
    high, wide = (*lengths, 1, 1)[:2]
    return len(lengths) > 2 or high > MOST_HIGH or wide > MOST_WIDE


def _matrix(page: ModelPage, name: str, more: int) -> Node:
    """The numbers of an array; a vector as a column."""
    places = list(page.elements.places(name))
    if places == [()]:
        return page.elements.shown(Symbol(name), more)
    rows: dict[int, list[Node]] = {}
    for place in places:
        rows.setdefault(place[0], []).append(page.elements.shown(Symbol(name, place), more))
    return Matrix(tuple(map(tuple, rows.values())))


def _entries(node: Node) -> list[Node]:
    return [entry for row in node.rows for entry in row] if isinstance(node, Matrix) else [node]


def _lead_to(page: ModelPage, equation: Indexed, node: Node, shown: dict[str, Node], result: Node) -> bool:
    """Whether the printed matrices lead to the printed result, up to some units of its last digits."""
    one = page.solution.rounds[0]
    registers = [untagged(number) for number in one.registers]
    for name, matrix in shown.items():
        base = one.plan.arrays[name].base
        registers[base : base + len(_entries(matrix))] = [rational(entry) for entry in _entries(matrix)]
    found = [number for row in Matrices(one.plan, registers, equation)(node) for number in row]
    for number, entry in zip(found, _entries(result), strict=True):
        decimals = decimals_of(entry.text) if isinstance(entry, Shown) else 0
        decimals = max(decimals, page.elements.decimals)
        if not abs(arb(number - rational(entry))) <= arb(UNITS) / 10**decimals:
            return False
    return True
