"""Arrays that are another one in another shape: their elements are listed, in place of an index that is computed.

Decides which equations only give numbers another place, and when a computed index can be one letter.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from derive.expression import Matrix, Node, Ref, Transpose
from derive.formula import Line
from derive.pages.display import DOTS
from derive.pages.elements import is_exact
from derive.pages.page import ModelPage
from derive.trace.affine import Affine, letter, letters
from derive.trace.indexed import Equation as Indexed
from derive.trace.indexed import Read, free_letters, indices, mapped, walk
from derive.trace.unroll import identity

MOST_LISTED, MOST_ROWS, MOST_COLUMNS = 16, 6, 6
"""Elements of a list, rows and columns of a matrix that are written out."""
ENDS = 3
"""Elements at the beginning of a longer list that are written."""
MOST_PLACES = 10_000
"""Places of an array whose computed index is looked at."""
LETTER = "s"


def is_moved(equation: Indexed) -> bool:
    """Whether an equation only gives numbers another place, by an index that is computed from several letters."""
    right = equation.right
    computed = [form for form in (*equation.left, *indices(right)) if len(list(letters(form))) > 1]
    return isinstance(right, Read) and bool(computed) and not equation.conditions and not right.padded


def listed(page: ModelPage, equation: Indexed, numbers: bool = False) -> Line | None:
    """The array with its elements by the names they had before, perhaps with their numbers; None where it has none."""
    if not is_moved(equation) or page.form == "index" or len(equation.left) not in (1, 2):
        return None
    steps = sorted(page.elements.worked(equation), key=lambda step: step.target.of.indices)
    rows: dict[int, list[tuple[Node, Node]]] = {}
    for step in steps:
        if not isinstance(step.formula, Ref):
            return None
        place = step.target.of.indices
        name = page.display.symbol(identity(step.formula).of)
        rows.setdefault(place[0] if len(place) > 1 else 0, []).append((name, page.elements.shown(step.target.of)))
    flat = len(equation.left) == 1
    if flat and len(steps) > MOST_LISTED:
        own = rows[0]
        rows = {0: [*own[:ENDS], (DOTS, DOTS), own[-1]]}
    elif not flat and (len(rows) > MOST_ROWS or max(map(len, rows.values())) > MOST_COLUMNS):
        return None
    names, values = (Matrix(tuple(tuple(pair[which] for pair in row) for row in rows.values())) for which in (0, 1))
    shown = [("=", names)]
    if numbers:
        exact = all(is_exact(value) for row in values.rows for value in row)
        shown.append(("=" if exact else "≈", values))
    left = page.display.whole(equation.name)
    return Line(left, tuple((sign, Transpose(one) if flat else one) for sign, one in shown))


def relettered(page: ModelPage, equation: Indexed) -> Indexed:
    """The equation with one letter in place of an index that is computed, where each place is met once."""
    if len(equation.left) != 1 or equation.conditions or equation.left[0].letter is not None:
        return equation
    (form,) = equation.left
    own = tuple(letters(form))
    ranges = [range(equation.ranges[name][0], equation.ranges[name][1] + 1) for name in own]
    places = 1
    for one in ranges:
        places *= len(one)
    if not own or places > MOST_PLACES:
        return equation
    factors = {atom: factor for atom, factor in form.terms if isinstance(atom, str)}
    if len(factors) != len(form.terms):
        return equation
    met = sorted(
        form.constant + sum(factors[name] * at for name, at in zip(own, run, strict=True)) for run in product(*ranges)
    )
    if met != list(range(met[0], met[0] + places)):
        return equation
    taken = {*equation.ranges, *(part.name for part in walk(equation.right) if isinstance(part, Read))}
    name = next(one for one in (LETTER, "i", "j", "k", "q", f"{LETTER}'one") if one not in taken)
    right = _with_letter(equation.right, form, name)
    if any(one in free_letters(right) for one in own):
        return equation
    kept = {one: span for one, span in equation.ranges.items() if one not in own}
    new = replace(equation, left=(letter(name),), right=right, ranges={name: (met[0], met[-1]), **kept})
    for _ in page.elements.worked(new):
        pass  # raises where an element has another number
    return new


def _with_letter(node: Node, form: Affine, name: str) -> Node:
    if isinstance(node, Read):
        return replace(node, index=tuple(letter(name) if one == form else one for one in node.index))
    return mapped(node, lambda part: _with_letter(part, form, name))
