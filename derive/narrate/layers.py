"""Layers as vectors and matrices in the author's convention, with the shape of every factor.

Column convention: z = W a + b with one row of W per unit. Transposed: the same with W stored one row per source, so
that W^T stands in the equations. Row convention: activations are rows and z = a W + b.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from derive.document import Paragraph
from derive.expression import (
    Add,
    MatMul,
    Matrix,
    Node,
    Ref,
    Shown,
    Transpose,
    leaves,
    mul,
)
from derive.formula import Line
from derive.narrate.page import Page, count
from derive.quantity import Quantity

ROOM = 40.0
"""Width in em that a product of matrices may take beside the name on its left."""
MOST_ROWS = 24
"""Rows of a matrix that fit a page."""
FEWEST_DECIMALS = 4
"""Decimals that numbers in matrices keep at least, where the page asks for more than there is room for."""


def fits(page: Page, number: int) -> bool:
    """Whether a layer's matrices fit a page with all their decimals."""
    return _fits(page, number, page.problem.rounding.decimals)


def decimals_inside(page: Page, number: int) -> int | None:
    """The decimals that a layer's matrices have room for; None where they are too wide or too tall for a page.

    A number that was rounded to be used again has all its decimals.
    """
    most = page.problem.rounding.decimals
    least = most if page.values.carry else min(most, FEWEST_DECIMALS)
    return next((places for places in range(most, least - 1, -1) if _fits(page, number, places)), None)


def _fits(page: Page, number: int, decimals: int) -> bool:
    above, below = page.width(number), page.width(number - 1)
    weights = [page.values.shown(Quantity("W", number, j, i)).text for j in range(above) for i in range(below)]
    longest = max(min(len(text), len(text.partition(".")[0]) + 1 + decimals) for text in weights)
    decimals = max(decimals, *(own for own in page.problem.rounding.overrides.values() if isinstance(own, int)), 0)
    entry = 0.5 * max(longest, decimals + 3) + 1
    if row_convention(page):
        widest = max((above + below) * entry, above * 2.4 * entry)
    else:
        widest = (2 + (above if by_source(page) else below)) * entry
    return widest <= ROOM and max(above, below) <= MOST_ROWS


def entries(page: Page, number: int) -> Callable[[Quantity], Shown]:
    """How a number stands in the matrices of a layer: as everywhere, but for decimals that there is no room for."""
    places = decimals_inside(page, number)

    def entry(quantity: Quantity) -> Shown:
        shown = page.values.shown(quantity)
        if places is None or len(shown.text.partition(".")[2]) <= places or _own_decimals(page, quantity):
            return shown
        return page.values.compute(Ref(quantity), places)

    return entry


def _own_decimals(page: Page, quantity: Quantity) -> bool:
    """Whether the problem says to how many decimals this number is rounded."""
    key = page.values.policy.override(quantity)
    return key is not None and isinstance(page.problem.rounding.overrides[key], int)


def shortening(page: Page, number: int) -> Iterator[Paragraph]:
    """That numbers in the matrices of a layer have fewer decimals, where they have."""
    places = decimals_inside(page, number)
    if places is not None and places < page.problem.rounding.decimals:
        yield page.say(
            "Inside matrices the numbers have {places}, so that these fit the page; the numbers behind them are not"
            " rounded.",
            places=count(places, "decimal"),
        )


def row_convention(page: Page) -> bool:
    return page.namer.notation.convention == "row"


def by_source(page: Page) -> bool:
    """Whether the weights are stored with one row per source instead of one row per unit."""
    return page.namer.notation.convention in ("row", "transposed")


def vector(page: Page, of: Sequence[Quantity], number: Callable[[Quantity], Node] = Ref) -> Matrix:
    """A layer's quantities as a column, or as a row."""
    entries = [number(q) for q in of]
    return Matrix((tuple(entries),)) if row_convention(page) else Matrix(tuple((e,) for e in entries))


def weight_matrix(
    page: Page, weights: Sequence[Sequence[Quantity]], number: Callable[[Quantity], Node] = Ref
) -> Matrix:
    """Weights or gradients, given one row per unit, as the author stores them."""
    rows = [[number(q) for q in row] for row in weights]
    return Matrix(tuple(zip(*rows, strict=True)) if by_source(page) else tuple(tuple(row) for row in rows))


def shape(page: Page, number: int, kind: str = "vector") -> str:
    """The shape of a layer's vector or weight matrix, as rows x columns."""
    if kind == "vector":
        return f"1×{page.width(number)}" if row_convention(page) else f"{page.width(number)}×1"
    above, below = page.width(number), page.width(number - 1)
    return f"{below}×{above}" if by_source(page) else f"{above}×{below}"


def layer_vector(kind: str, page: Page, number: int, example: int | None, step: int = 0) -> list[Quantity]:
    return [Quantity(kind, number, j, example=example).shifted(step) for j in range(page.width(number))]


def layer_weights(
    kind: str, page: Page, number: int, example: int | None = None, step: int = 0
) -> list[list[Quantity]]:
    return [
        [Quantity(kind, number, j, i, example, step) for i in range(page.width(number - 1))]
        for j in range(page.width(number))
    ]


@dataclass(frozen=True)
class Factor:
    """A factor of a matrix product with its shape, as it stands in the product."""

    node: Node
    rows: int
    columns: int

    def transposed(self) -> Factor:
        return Factor(Transpose(self.node), self.columns, self.rows)


def vector_factor(page: Page, node: Node, number: int) -> Factor:
    """A layer's vector, a column or a row."""
    width = page.width(number)
    return Factor(node, 1, width) if row_convention(page) else Factor(node, width, 1)


def weight_factor(page: Page, node: Node, number: int) -> Factor:
    """A layer's weights as the author stores them."""
    above, below = page.width(number), page.width(number - 1)
    return Factor(node, below, above) if by_source(page) else Factor(node, above, below)


def weighted_sums(page: Page, weights: Factor, activations: Factor) -> list[Factor]:
    """W a in the author's convention."""
    match page.namer.notation.convention:
        case "row":
            return [activations, weights]
        case "transposed":
            return [weights.transposed(), activations]
    return [weights, activations]


def sent_back(page: Page, weights: Factor, errors: Factor) -> list[Factor]:
    """W^T delta in the author's convention."""
    match page.namer.notation.convention:
        case "row":
            return [errors, weights.transposed()]
        case "transposed":
            return [weights, errors]
    return [weights.transposed(), errors]


def outer(page: Page, errors: Factor, inputs: Factor) -> list[Factor]:
    """delta a^T in the author's convention."""
    match page.namer.notation.convention:
        case "row":
            return [inputs.transposed(), errors]
        case "transposed":
            return [inputs, errors.transposed()]
    return [errors, inputs.transposed()]


def product(factors: Sequence[Factor]) -> Node:
    return MatMul(tuple(factor.node for factor in factors))


def with_bias(product: Node, bias: Node | None) -> Node:
    return product if bias is None else Add((product, bias))


def shapes(
    page: Page, factors: Sequence[Factor], result: Node, opening: str, closing: str = ":", **parts: Any
) -> Paragraph:
    """A sentence with the shape of every factor and of the result."""
    first, second = factors
    return page.say(
        f"{opening} {{first}} is {first.rows}×{first.columns} and {{second}} is {second.rows}×{second.columns},"
        f" so {{result}} is {first.rows}×{second.columns}{closing}",
        first=first.node,
        second=second.node,
        result=result,
        **parts,
    )


def data_gradient(gradient: Quantity) -> Node:
    """delta times incoming activation, for one weight."""
    assert isinstance(gradient.layer, int)
    delta = Quantity("dL/dz", gradient.layer, gradient.unit, example=gradient.example)
    return mul(Ref(delta), Ref(Quantity("a", gradient.layer - 1, gradient.source, example=gradient.example)))


def _signs(page: Page, quantities: Iterable[Quantity]) -> str:
    return "=" if all(page.values.shown(q).exact for q in quantities) else "≈"


def result_line(
    page: Page,
    left: Node,
    names: Sequence[Node],
    filled: Node | None,
    inputs: Iterable[Quantity],
    results: Matrix,
    answer: bool = False,
) -> Line:
    """left = names = numbers put in = result, with the honest signs."""
    parts: list[tuple[str, Node]] = [("=", name) for name in names]
    sign = _signs(page, inputs)
    if filled is not None and not all(leaf.exact for leaf in leaves(filled) if isinstance(leaf, Shown)):
        sign = "≈"
    if filled is not None:
        parts.append((sign, filled))
    entries = [e for row in results.rows for e in row if isinstance(e, Shown)]
    parts.append(("=" if sign == "=" and all(e.exact for e in entries) else "≈", results))
    return Line(left, tuple(parts), answer)
