"""Printed formulas mean what they say: every displayed line of every document is read back and computed again.

The lines are taken from the LaTeX source, read by a parser that shares nothing with derive, and evaluated with the
values of the named quantities. Every side of a chain must be the value on its left: exactly where `=` stands, and
within what the rounding of its own printed numbers allows where `≈` stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import mpmath
import pytest
from readback import NUMBER, Unreadable, read_tex, unmarked

from derive import Solution, solve
from derive.activations import ACTIVATIONS
from derive.expression import Apply, MatrixName, Partial, Ref
from derive.formula import Printer, Tex
from derive.notation import NOTATIONS
from derive.quantity import Quantity
from derive.reading import example_names
from derive.spec import FORMS

CASES = sorted(
    {(name, None, form) for name in example_names("networks") for form in FORMS}
    | {(name, notation, None) for name in example_names("networks") for notation in NOTATIONS},
    key=str,
)
DETAILED = [(name, detail) for name in example_names("networks") for detail in ("brief", "full")]
EXACTLY = mpmath.mpf("1e-24")
LETTERS = re.compile(r"\\sum|_ ?\{[^{}]*[ijkmrs]\}|\\rulename")
"""Formulas with letters for units have no value until their letters have one."""


COLOURED = re.compile(r"\\(?:lhs|q(?:input|weight|bias|hidden|output|error|gradient))\{")
"""What surrounds a name: its colour, and the room that the left side of a line takes."""


def uncoloured(tex: str) -> str:
    r"""The formulas without the commands that colour names, and that which gives the left side its place.

    >>> uncoloured(r"\qgradient{\frac{a}{b}} = \qhidden{x_{1}}^{2}")
    '\\frac{a}{b} = x_{1}^{2}'
    """
    pieces, at = [], 0
    while match := COLOURED.search(tex, at):
        depth, end = 1, match.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(tex[end], 0)
            end += 1
        pieces += [tex[at : match.start()], uncoloured(tex[match.end() : end - 1])]
        at = end
    return "".join(pieces) + tex[at:]


def in_order(rows: list[str]) -> list[str]:
    """The rows of lines in two columns: those of the first column, then those of the second."""
    pairs = [row.partition(r"& \qquad") for row in rows]
    return [left for left, _, _ in pairs] + [right for _, _, right in pairs if right]


def displayed(tex: str) -> Iterator[str]:
    """Every displayed line, its rows put together again."""
    pattern = r"\\\[\n(.*?)\\\]|\\begin\{(equation\*|align\*|alignat\*)\}(?:\{2\})?\n(.*?)\\end\{\2\}"
    for match in re.finditer(pattern, unmarked(uncoloured(tex)), re.DOTALL):
        body = match[1] or match[3]
        aligned = bool(match[3]) or r"\begin{aligned}" in body
        body = re.sub(r"\\(begin|end)\{aligned\}|\\tag\{\d+\}", "", body)
        if not aligned:
            yield body.strip()
            continue
        line = ""
        for row in in_order(re.split(r"\\\\\n", body)):
            left, _, right = row.partition("& ")
            if left.strip() and line:
                yield line
                line = ""
            line += " " + left.strip() + " " + right.strip().removeprefix(r"\quad")
        yield line.strip()


def sides(line: str) -> list[tuple[str, str]]:
    """The sides of a chain with the relation before each; relations inside brackets do not count."""
    found, depth, start, sign = [], 0, 0, ""
    for token in re.finditer(r"\\begin\{\w+\}|\\end\{\w+\}|[{(]|[)}]| (=|\\approx) ", line):
        text = token[0]
        if text.startswith(r"\begin") or text in "{(":
            depth += 1
        elif text.startswith(r"\end") or text in ")}":
            depth -= 1
        elif depth == 0:
            found.append((sign, line[start : token.start()].strip()))
            sign, start = token[1], token.end()
    return [*found, (sign, line[start:].strip())]


def number(solution: Solution, quantity: Quantity) -> mpmath.mpf:
    return mpmath.mpf(solution.values.significant(quantity, 30))


@cache
def names(solution: Solution) -> dict[str, Any]:
    """The value of everything that a line may name."""
    printer, problem = Printer(Tex(), solution.namer), solution.problem
    sizes, known = problem.network.sizes, {}
    examples = [None] if len(problem.data.inputs) == 1 else range(len(problem.data.inputs))
    for quantity in solution.values.numbers:
        known[printer(Ref(quantity))] = number(solution, quantity)

    def put(of: Quantity, wrt: Quantity, value: Quantity) -> None:
        if value in solution.values:
            known.setdefault(printer(Partial(Ref(of), Ref(wrt))), number(solution, value))

    for step in range(problem.training.steps + 1):
        for s in examples:
            for layer in range(1, len(sizes)):
                for j in range(sizes[layer]):
                    z = Quantity("z", layer, j, example=s, step=step)
                    for i in range(sizes[layer - 1]):
                        w, a = (
                            Quantity("W", layer, j, i, step=step),
                            Quantity("a", layer - 1, i, example=s).shifted(step),
                        )
                        put(z, w, a)
                        put(z, a, w)
                    put(Quantity("loss", example=s, step=step), z, z._replace(kind="dL/dz"))
                    slope = z._replace(kind="da/dz")
                    if slope in solution.values:
                        prime = printer(Apply(_letter(problem, layer), Ref(z), 1))
                        known[prime] = number(solution, slope)
                    put(
                        Quantity("loss_part", unit=j, example=s, step=step),
                        Quantity("a", layer - 1, 0, example=s, step=step),
                        Quantity("path", layer - 1, 0, j, s, step),
                    )
    return known | matrices(solution, printer)


def matrices(solution: Solution, printer: Printer) -> dict[str, Any]:
    """The bold names of whole layers, and the derivatives with respect to them."""
    problem, known = solution.problem, {}
    sizes = problem.network.sizes
    rows = solution.namer.notation.convention == "row"
    by_source = solution.namer.notation.convention != "column"
    loss = Ref(Quantity("loss"))
    for step in range(problem.training.steps + 1):
        for layer in range(len(sizes)):
            for kind in ("z", "a", "dL/dz", "dL/da", "b", "dL/db", "vb", "t", "da/dz"):
                units = [Quantity(kind, layer if kind != "t" else None, j).shifted(step) for j in range(sizes[layer])]
                if kind == "b":
                    units = [u if u in solution.values else u._replace(unit=None) for u in units]
                if any(u not in solution.values for u in units):
                    continue
                vector = mpmath.matrix([[number(solution, u)] for u in units])
                value = vector.T if rows else vector
                where = None if kind == "t" else layer
                if kind in ("dL/da", "dL/db"):
                    left = printer(Partial(Ref(loss.quantity.shifted(step)), MatrixName(kind[-1], where, step=step)))
                elif kind == "da/dz":
                    left = printer(Apply(_letter(problem, layer), MatrixName("z", where, step=step), 1))
                elif kind == "dL/dz" and "dL/dz" not in solution.namer.notation.bold:
                    left = printer(Partial(Ref(loss.quantity.shifted(step)), MatrixName("z", where, step=step)))
                else:
                    left = printer(MatrixName(kind, where, step=0 if kind in ("t",) or units[0].constant else step))
                known.setdefault(left, value)
            if layer == 0:
                continue
            for kind in ("W", "dL/dW", "vW"):
                entries = [
                    [Quantity(kind, layer, j, i, step=step) for i in range(sizes[layer - 1])]
                    for j in range(sizes[layer])
                ]
                if any(q not in solution.values for row in entries for q in row):
                    continue
                value = mpmath.matrix([[number(solution, q) for q in row] for row in entries])
                value = value.T if by_source else value
                name = MatrixName(kind[-1] if kind == "dL/dW" else kind, layer, step=step)
                tex = printer(Partial(Ref(loss.quantity.shifted(step)), name)) if kind == "dL/dW" else printer(name)
                known.setdefault(tex, value)
    return known


def _letter(problem: Any, layer: int) -> Any:
    return ACTIVATIONS[problem.network.layers[layer - 1].activation].letter


def difference(left: Any, right: Any) -> mpmath.mpf:
    """The largest difference of two numbers, or of two matrices entry by entry."""
    gap = left - right
    return max(abs(x) for x in gap) if isinstance(gap, mpmath.matrix) else abs(gap)


def allowed(side: str, value: Any, known: dict[str, Any]) -> mpmath.mpf:
    """How far the rounding of the printed numbers can move a side: half a unit of each last digit, added up."""
    total = mpmath.mpf("1e-24")
    for found in NUMBER.finditer(side):
        _, _, decimals = found[0].partition(".")
        if not decimals:
            continue
        moved = mpmath.nstr(
            mpmath.mpf(found[0]) + mpmath.mpf(10) ** -len(decimals) / 2, 30, min_fixed=-99, max_fixed=99
        )
        total += difference(read_tex(side[: found.start()] + moved + side[found.end() :], known), value)
    return total * mpmath.mpf("1.01")


@pytest.mark.parametrize(("name", "notation", "form"), CASES)
def test_every_line_is_true(name: str, notation: str | None, form: str | None) -> None:
    """Each side of each displayed line has the value of what stands on its left."""
    compared, skipped = compare_lines(solve(name, notation, form))
    assert compared >= 33
    assert skipped < compared


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("name", "detail"), DETAILED)
def test_every_line_is_true_at_every_detail(name: str, detail: str, form: str) -> None:
    """Short lines in two columns too."""
    compared, skipped = compare_lines(solve(name, form=form, detail=detail))
    assert compared >= 33
    assert skipped < compared


def compare_lines(solution: Solution) -> tuple[int, int]:
    """How many sides were compared with what stands left of them, and how many lines were not; a false side fails."""
    false, skipped, compared = [], 0, 0
    with mpmath.workdps(40):
        known = names(solution)
        for line in displayed(solution.render("tex")):
            parts = sides(line)
            if LETTERS.search(line):
                skipped += 1
                continue
            try:
                left = read_tex(parts[0][1], known)
                for sign, side in parts[1:]:
                    value = read_tex(side, known)
                    compared += 1
                    gap = difference(left, value)
                    exact = sign == "=" and not has_names(side)
                    limit = EXACTLY if exact else allowed(side, value, known)
                    if gap > max(limit, carried_unit(solution)):
                        false.append(f"{line}\n    {side}: off by {mpmath.nstr(gap, 5)}")
            except Unreadable as problem:
                false.append(f"{line}\n    {problem}")
    assert false == []
    return compared, skipped


def has_names(side: str) -> bool:
    return bool(
        re.search(
            r"[a-zA-Z]",
            re.sub(r"\\(frac|cdot|left|right|bigl|bigr|begin|end|bmatrix|thinspace|ln|max|tanh|odot)", "", side),
        )
    )


def carried_unit(solution: Solution) -> mpmath.mpf:
    """A unit of the decimals that are carried, if any: a name is the rounded number, its formula is not."""
    return mpmath.mpf(10) ** -solution.problem.rounding.decimals if solution.values.carry else mpmath.mpf(0)
