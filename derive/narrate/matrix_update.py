"""The update of a layer's weights and biases as matrices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from derive import derivation
from derive.derivation import renewed, trained
from derive.document import Block, Equation
from derive.expression import Matrix, MatrixName, Node, Partial, Ref, Shown, leaves
from derive.formula import Line
from derive.narrate.layers import entries as printed
from derive.narrate.layers import layer_vector, layer_weights, vector, weight_matrix
from derive.narrate.page import Page
from derive.quantity import DERIVATIVES, Quantity


def update_layer(page: Page, number: int, step: int) -> Iterator[Block]:
    """New weights of a layer as matrices, behind what the optimiser remembers of them."""
    shown = printed(page, number)
    for kind in ("W", "b"):
        if kind == "b":
            biases = page.layer(number).biases
            if not isinstance(biases, tuple) or not trained(page.problem, Quantity("b", number, 0)):
                continue

        def entries(which: str, after: int, kind: str = kind) -> Matrix:
            if kind == "b":
                return vector(page, layer_vector(which, page, number, None, after), shown)
            return weight_matrix(page, layer_weights(which, page, number, None, after), shown)

        rate = derivation.rate_symbol(page.problem)
        rate = Ref(rate.quantity.shifted(step))
        symbols: dict[str, Node] = {
            "g": Partial(Ref(page.loss(None, step)), MatrixName(kind, number, None, step)),
            "learning_rate": rate,
        }
        numbers: dict[str, Node] = {
            "g": entries(DERIVATIVES[kind], step),
            "learning_rate": page.values.shown(rate.quantity),
        }
        row = page.problem.training.row
        for setting in map(Quantity, {*row.settings} - {*symbols}):
            symbols[setting.kind], numbers[setting.kind] = Ref(setting), page.values.shown(setting)
        for name in ("p", *row.states):
            own = kind if name == "p" else f"{name}{kind}"
            for mark, after in (("", step), ("'", step + 1)):
                symbols[f"{name}{mark}"] = MatrixName(own, number, None, after)
                numbers[f"{name}{mark}"] = entries(own, after)
        in_symbols, in_numbers = renewed(page.problem, symbols), renewed(page.problem, numbers)
        yield Equation(tuple(_line(symbols, numbers, name, in_symbols[name], in_numbers[name]) for name in in_symbols))


def _line(symbols: Mapping[str, Node], numbers: Mapping[str, Node], name: str, formula: Node, filled: Node) -> Line:
    """A new matrix: its formula, the numbers put in, the numbers that come out; exact where all are."""
    result = numbers[name]
    exact = all(one.exact for one in leaves(filled) if isinstance(one, Shown))
    exact_result = exact and all(one.exact for one in leaves(result) if isinstance(one, Shown))
    signs = ("=" if exact else "≈", "=" if exact_result else "≈")
    return Line(symbols[name], (("=", formula), (signs[0], filled), (signs[1], result)), name == "p'")
