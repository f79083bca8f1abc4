"""A convolution, a rectifier, pooling by the maximum, a weighted sum and half a square, entry by entry."""

from __future__ import annotations

import random
from decimal import Decimal
from itertools import product

from ..formula import Formula
from ..rules import total
from .calculation import Calculation, at

FORMS = ((3, 3, 1, True), (3, 5, 1, True), (5, 3, 1, True), (4, 4, 2, False), (3, 3, 1, False))
"""Rows and columns of the input, the stride, and whether there is pooling; kernels are 2 by 2."""


def number(source: random.Random, most: int = 12) -> Decimal:
    """A number with one decimal, not 0."""
    return Decimal(source.choice([-1, 1]) * source.randint(1, most)).scaleb(-1)


def drawn(name: str) -> Calculation:
    """The convolution of a name: the first whose maxima and corners are not close and that lets something through."""
    source = random.Random(name)
    while True:
        found = _attempt(name, source)
        if found is not None:
            return found


def _attempt(name: str, source: random.Random) -> Calculation | None:
    high, wide, stride, pooled = source.choice(FORMS)
    conv = Calculation(name)
    conv.given("inputs", "I", [[number(source) for _ in range(wide)] for _ in range(high)])
    conv.given("parameters", "K", [[number(source) for _ in range(2)] for _ in range(2)])
    conv.given("parameters", "b", number(source, 5))
    rows, columns = (high - 2) // stride + 1, (wide - 2) // stride + 1
    places = list(product(range(1, rows + 1), range(1, columns + 1)))
    step = "r+u-1,c+v-1" if stride == 1 else "2*r-2+u,2*c-2+v"
    conv.equations.append(f"O[r,c] = sum(K[u,v]*I[{step}] for u, v) + b for r in 1..{rows}, c in 1..{columns}")
    for r, c in places:
        _window(conv, r, c, stride, high, wide)
    conv.equations.append("A = relu(O)")
    for place in places:
        o, a = at("O", *place), at("A", *place)
        wrong = {o: {"passed though off": 1, "value for slope": a}}
        conv.node(a, [("relu", o)], {o: ("wins", o, 0)}, {"function left out": o}, wrong, (o,))
    entries = places
    if pooled:
        entries = list(product(range(1, rows // 2 + 1), range(1, columns // 2 + 1)))
        conv.equations.append(
            f"M[r,c] = max(A[2*r-2+u,2*c-2+v] for u in 1..2, v in 1..2) for r in 1..{rows // 2}, c in 1..{columns // 2}"
        )
        for r, c in entries:
            _pool(conv, r, c)
    last = "M" if pooled else "A"
    _output(conv, last, entries, source)
    values = conv.solved()
    sums = [values[at("O", *place)] for place in places]
    tops = [sorted(values[name] for name in node.slopes) for node in conv.nodes.values() if node.name.startswith("M")]
    if (
        min(map(abs, sums)) < Decimal("0.06")
        or max(sums) < 0
        or any(top[-1] - top[-2] < Decimal("0.06") for top in tops)
    ):
        return None
    wanted = ["K", "b", "D", *(["I"] if source.random() < 0.3 else [])]
    conv.backward([name for name in conv.givens if name.partition("[")[0] in wanted])
    if "I" in wanted:
        _turned_back(conv)
    conv.tables["training"] = {"optimizer": "gradient_descent", "learning_rate": Decimal("0.1"), "steps": 1}
    conv.givens["training.learning_rate"] = Decimal("0.1")
    conv.descend([name for name in conv.givens if name.partition("[")[0] in ("K", "b", "D")])
    return conv


def _window(conv: Calculation, r: int, c: int, stride: int, high: int, wide: int) -> None:
    """One entry of the convolution."""
    pairs = list(product((1, 2), (1, 2)))

    def read(u: int, v: int, step: int = stride, off: int = 0) -> str:
        return at("I", step * (r - 1) + u, step * (c - 1) + v + off)

    terms: list[Formula] = [("*", at("K", u, v), read(u, v)) for u, v in pairs]
    turned: list[Formula] = [("*", at("K", 3 - u, 3 - v), read(u, v)) for u, v in pairs]
    wrong: dict[str, Formula] = {
        "kernel turned": total([*turned, "b"]),
        "bias left out": total(list(terms)),
        "kernel transposed": total([*(("*", at("K", v, u), read(u, v)) for u, v in pairs), "b"]),
    }
    off = 1 if stride * (c - 1) + 3 <= wide else -1
    if stride * (c - 1) + 1 + off >= 1:
        wrong["window off by one"] = total([*(("*", at("K", u, v), read(u, v, off=off)) for u, v in pairs), "b"])
    if stride == 2 and (r, c) != (1, 1):
        wrong["stride ignored"] = total([*(("*", at("K", u, v), read(u, v, 1)) for u, v in pairs), "b"])
    slopes: dict[str, Formula] = {"b": 1}
    for u, v in pairs:
        slopes |= {at("K", u, v): read(u, v), read(u, v): at("K", u, v)}
    wrong_slopes = {at("K", u, v): {"own factor": at("K", u, v)} for u, v in pairs}
    conv.node(at("O", r, c), [total([*terms, "b"])], slopes, wrong, wrong_slopes)


def _pool(conv: Calculation, r: int, c: int) -> None:
    window = [at("A", 2 * r - 2 + u, 2 * c - 2 + v) for u, v in product((1, 2), (1, 2))]
    slopes: dict[str, Formula] = {}
    wrong = {}
    for number, one in enumerate(window):
        others = [other for other in window if other != one]
        slopes[one] = ("wins", one, *others)
        wrong[one] = {"to all": 1, "divided by the window": Decimal("0.25"), "to the first": int(not number)}
    average: Formula = ("/", total(list(window)), 4)
    conv.node(at("M", r, c), [("max", *window)], slopes, {"average for maximum": average}, wrong, window)


def _output(conv: Calculation, last: str, entries: list[tuple[int, int]], source: random.Random) -> None:
    rows, columns = max(r for r, _ in entries), max(c for _, c in entries)
    conv.given("parameters", "D", [[number(source) for _ in range(columns)] for _ in range(rows)])
    conv.given("targets", "t", number(source))
    conv.equations.append(f"y = sum(D[r,c]*{last}[r,c] for r, c)")
    pairs = [(at("D", *place), at(last, *place)) for place in entries]
    slopes: dict[str, Formula] = {}
    wrong = {}
    for weight, value in pairs:
        slopes |= {weight: value, value: weight}
        wrong |= {weight: {"own factor": weight}, value: {"own factor": value}}
    conv.node("y", [total([("*", *pair) for pair in pairs])], slopes, None, wrong)
    half_square(conv, "y", "t")


def half_square(calculation: Calculation, y: str, t: str) -> None:
    """The loss: half the square of what is off."""
    calculation.equations.append(f"L = 1/2*({y} - {t})^2")
    off: Formula = ("-", y, t)
    routes: list[Formula] = [("*", Decimal("0.5"), ("^", off)), ("/", ("^", off), 2)]
    wrong = {y: {"two kept": ("*", 2, off)}}
    calculation.node("L", routes, {y: off}, {"half left out": ("^", off), "square left out": off}, wrong)


def _turned_back(conv: Calculation) -> None:
    """The gradient of the input with the kernel the wrong way round."""
    wrong = conv.wrongs.setdefault("kernel not turned backward", {})
    for name in conv.givens:
        if not name.startswith("I["):
            continue
        readers = [node for node in conv.nodes.values() if name in node.slopes]
        terms: list[Formula] = []
        for node in readers:
            (kernel,) = node.slopes[name]
            u, v = (int(part) for part in kernel[2:-1].split(","))
            terms.append(("*", f"dL/d{node.name}", at("K", 3 - u, 3 - v)))
        wrong[f"dL/d{name}"] = total(terms)
