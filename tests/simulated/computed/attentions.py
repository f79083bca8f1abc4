"""Attention of two tokens by hand: scores, softmax by rows, weighted sums of the values."""

from __future__ import annotations

import random
from itertools import product

from ..formula import Formula
from ..rules import total
from .calculation import Calculation, at
from .convolutions import number

TWO = (1, 2)


def drawn(name: str) -> Calculation:
    """The attention of a name; queries, keys and values are given, or every other time worked out from the inputs."""
    source = random.Random(name)
    attention = Calculation(name)

    def square() -> list[list[object]]:
        return [[number(source) for _ in TWO] for _ in TWO]

    projected = int(name.partition("-")[2]) % 2 == 1
    if projected:
        attention.given("inputs", "X", square())
        attention.given("parameters", "WQ", square())
        attention.given("inputs", "K", square())
        attention.given("parameters", "V", square())
        attention.equations.append("Q = X@WQ")
        for i, c in product(TWO, TWO):
            pairs = [(at("X", i, m), at("WQ", m, c)) for m in TWO]
            wrong: dict[str, Formula] = {
                "operands turned": total([("*", at("X", m, i), at("WQ", m, c)) for m in TWO]),
                "operands swapped": total([("*", at("WQ", i, m), at("X", m, c)) for m in TWO]),
            }
            slopes: dict[str, Formula] = {weight: x for x, weight in pairs}
            wrong_slopes: dict[str, dict[str, Formula]] = {
                at("WQ", m, c): {"outer product turned": at("X", m, i)} for m in TWO if m != i
            }
            attention.node(at("Q", i, c), [total([("*", *pair) for pair in pairs])], slopes, wrong, wrong_slopes)
    else:
        for letter in "QKV":
            attention.given("parameters", letter, square())
    attention.given("constants", "G", square())
    _scores(attention)
    attention.equations += ["A = softmax(S)", "O = A@V", "L = sum(G*O)"]
    for i in TWO:
        _row(attention, i)
    for i, c in product(TWO, TWO):
        pairs = [(at("A", i, j), at("V", j, c)) for j in TWO]
        slopes = {}
        for weight, value in pairs:
            slopes |= {weight: value, value: weight}
        wrong_slopes = {at("A", i, j): {"transposed backward": at("V", c, j)} for j in TWO if j != c}
        wrong = {
            "columns for rows": total([("*", at("A", j, i), at("V", j, c)) for j in TWO]),
            "values transposed": total([("*", at("A", i, j), at("V", c, j)) for j in TWO]),
        }
        attention.node(at("O", i, c), [total([("*", *pair) for pair in pairs])], slopes, wrong, wrong_slopes)
    terms = [("*", at("G", i, c), at("O", i, c)) for i, c in product(TWO, TWO)]
    slopes = {at("O", i, c): at("G", i, c) for i, c in product(TWO, TWO)}
    attention.node("L", [total(terms)], slopes)
    wanted = ("WQ", "V") if projected else ("Q", "K", "V")
    merged = {at("S", i, j): _short(i, j) for i, j in product(TWO, TWO)}
    attention.backward([name for name in attention.givens if name.partition("[")[0] in wanted], merged)
    return attention


def _scores(attention: Calculation) -> None:
    attention.equations.append("S = Q@K.T/sqrt(2)")
    root: Formula = ("unseen", ("sqrt", 2))
    for i, j in product(TWO, TWO):
        pairs = [(at("Q", i, c), at("K", j, c)) for c in TWO]
        whole = total([("*", *pair) for pair in pairs])
        wrong: dict[str, Formula] = {
            "scale left out": whole,
            "dimension for its root": ("/", whole, 2),
            "keys not transposed": ("/", total([("*", at("Q", i, c), at("K", c, j)) for c in TWO]), root),
        }
        slopes: dict[str, Formula] = {}
        wrong_slopes: dict[str, dict[str, Formula]] = {}
        for c, (query, key) in enumerate(pairs, 1):
            slopes |= {query: ("/", key, root), key: ("/", query, root)}
            wrong_slopes |= {query: {"scale left out backward": key}, key: {"scale left out backward": query}}
            if c != j:
                wrong_slopes[query]["transposed backward"] = ("/", at("K", c, j), root)
        attention.node(at("S", i, j), [("/", whole, root)], slopes, wrong, wrong_slopes)


def _row(attention: Calculation, i: int) -> None:
    """The softmax of a row."""
    ups: list[Formula] = [("unseen", ("exp", at("S", i, j))) for j in TWO]
    for j in TWO:
        own, other = at("A", i, j), at("A", i, 3 - j)
        slopes: dict[str, list[Formula]] = {
            at("S", i, j): [("*", own, ("-", 1, own)), ("-", own, ("^", own))],
            at("S", i, 3 - j): [("~", ("*", own, other))],
        }
        wrong: dict[str, Formula] = {
            "not normalised": ups[j - 1],
            "columns for rows in softmax": ("/", ups[j - 1], total([("exp", at("S", m, j)) for m in TWO])),
            "softmax without exponentials": ("/", at("S", i, j), total([at("S", i, m) for m in TWO])),
        }
        wrong_slopes: dict[str, dict[str, Formula]] = {
            at("S", i, j): {"slope half": ("-", 1, own), "value for slope": own},
            at("S", i, 3 - j): {"diagonal only": 0},
        }
        routes: list[Formula] = [
            ("/", ups[j - 1], total(list(ups))),
            ("sigmoid", ("-", at("S", i, j), at("S", i, 3 - j))),
        ]
        attention.node(own, routes, slopes, wrong, wrong_slopes)


def _short(i: int, j: int) -> list[Formula]:
    """A (dA - sum of dA A)."""
    mean = total([("*", f"dL/d{at('A', i, m)}", at("A", i, m)) for m in TWO])
    return [("*", at("A", i, j), ("-", f"dL/d{at('A', i, j)}", mean))]
