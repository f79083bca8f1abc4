"""The update of a layer's weights and biases as matrices."""

from __future__ import annotations

from collections.abc import Iterator

from derive import derivation
from derive.derivation import trained
from derive.document import Block, Equation
from derive.expression import (
    Matrix,
    MatrixName,
    Mul,
    Partial,
    Ref,
    Shown,
    add,
    mul,
    sub,
)
from derive.formula import Line
from derive.narrate.layers import entries as printed
from derive.narrate.layers import layer_vector, layer_weights, vector, weight_matrix
from derive.narrate.page import Page
from derive.quantity import DERIVATIVES, Quantity


def update_layer(page: Page, number: int, step: int) -> Iterator[Block]:
    """New weights of a layer as matrices."""
    shown = printed(page, number)
    momentum = page.problem.training.remembers
    for kind in ("W", "b"):
        if kind == "b":
            biases = page.layer(number).biases
            if not isinstance(biases, tuple) or not trained(page.problem, Quantity("b", number, 0)):
                continue

        def entries(which: str, after: int, kind: str = kind) -> Matrix:
            if kind == "b":
                return vector(page, layer_vector(which, page, number, None, after), shown)
            return weight_matrix(page, layer_weights(which, page, number, None, after), shown)

        old, new = MatrixName(kind, number, None, step), MatrixName(kind, number, None, step + 1)
        rate, gradient = derivation.rate_symbol(page.problem), Partial(Ref(page.loss(None, step)), old)
        rate = Ref(rate.quantity.shifted(step))
        lr = page.values.shown(rate.quantity)
        if momentum:
            velocity = MatrixName(f"v{kind}", number, None, step)
            moved = MatrixName(f"v{kind}", number, None, step + 1)
            kept = Quantity("momentum")
            yield Equation(
                (
                    Line(
                        moved,
                        (
                            ("=", sub(mul(Ref(kept), velocity), mul(rate, gradient))),
                            (
                                "≈",
                                sub(
                                    Mul((shown(kept), entries(f"v{kind}", step))),
                                    Mul((lr, entries(DERIVATIVES[kind], step))),
                                ),
                            ),
                            ("≈", entries(f"v{kind}", step + 1)),
                        ),
                    ),
                    Line(
                        new,
                        (
                            ("=", add(old, moved)),
                            ("≈", add(entries(kind, step), entries(f"v{kind}", step + 1))),
                            ("≈", entries(kind, step + 1)),
                        ),
                        True,
                    ),
                )
            )
            continue
        filled = sub(entries(kind, step), Mul((lr, entries(DERIVATIVES[kind], step))))
        used = [e for m in (entries(kind, step), entries(DERIVATIVES[kind], step)) for row in m.rows for e in row]
        result = entries(kind, step + 1)
        exact = all(isinstance(e, Shown) and e.exact for e in (*used, lr))
        exact_result = exact and all(isinstance(e, Shown) and e.exact for row in result.rows for e in row)
        yield Equation(
            (
                Line(
                    new,
                    (
                        ("=", sub(old, Mul((rate, gradient)))),
                        ("=" if exact else "≈", filled),
                        ("=" if exact_result else "≈", result),
                    ),
                    True,
                ),
            )
        )
