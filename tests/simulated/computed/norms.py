"""A normalisation of three numbers, over a batch or over the features of one example, and half a sum of squares."""

from __future__ import annotations

import random
from decimal import Decimal

from ..formula import Formula
from ..rules import total
from .calculation import Calculation, at
from .convolutions import number

THREE = (1, 2, 3)


def batch(name: str) -> Calculation:
    """Three examples of one unit: one gain and one shift."""
    return _drawn(name, shared=True)


def layer(name: str) -> Calculation:
    """Three features of one example: a gain and a shift for each."""
    return _drawn(name, shared=False)


def _drawn(name: str, shared: bool) -> Calculation:
    source = random.Random(name)
    while True:
        norm = Calculation(name)
        norm.given("inputs", "x", [number(source, 30) for _ in THREE])
        norm.given("parameters", "w", number(source) if shared else [number(source) for _ in THREE])
        norm.given("parameters", "g", number(source) if shared else [number(source) for _ in THREE])
        norm.given("parameters", "d", number(source, 5) if shared else [number(source, 5) for _ in THREE])
        norm.given("constants", "eps", Decimal(source.choice(["0.01", "0.001", "0.1"])))
        norm.given("targets", "t", [number(source) for _ in THREE])
        _forward(norm, shared)
        if norm.solved()["s"] > Decimal("0.3"):
            break
    trained = [one for one in norm.givens if one.partition("[")[0] in ("w", "g", "d")]
    norm.backward(trained, {at("z", n): _short(n) for n in THREE})
    for n in THREE:
        upstream, root = f"dL/dh[{n}]", ("unseen", ("sqrt", ("+", "s", "eps")))
        for wrong, formula in (
            ("mean and variance paths dropped", ("/", upstream, root)),
            ("variance path dropped", ("+", ("/", upstream, root), ("/", "dL/dm", 3))),
            ("mean path dropped", ("+", ("/", upstream, root), ("*", "dL/ds", _to_variance(n)))),
        ):
            norm.wrongs.setdefault(wrong, {})[f"dL/dz[{n}]"] = formula
    norm.tables["training"] = {"optimizer": "gradient_descent", "learning_rate": Decimal("0.1"), "steps": 1}
    norm.givens["training.learning_rate"] = Decimal("0.1")
    norm.descend(trained)
    return norm


def _to_variance(n: int) -> Formula:
    return ("/", ("*", 2, ("-", at("z", n), "m")), 3)


def _forward(norm: Calculation, shared: bool) -> None:
    index = "" if shared else "[n]"
    norm.equations += [
        f"z[n] = w{index}*x[n]",
        "m = mean(z[n] for n)",
        "s = mean((z[n] - m)^2 for n)",
        "h[n] = (z[n] - m)/sqrt(s + eps)",
        f"y[n] = g{index}*h[n] + d{index}",
        "L = 1/2*sum((y[n] - t[n])^2 for n)",
    ]
    sums = [at("z", n) for n in THREE]
    for n in THREE:
        w, x, z = "w" if shared else at("w", n), at("x", n), at("z", n)
        norm.node(z, [("*", w, x)], {w: x}, None, {w: {"own factor": w}})
    mean = ("/", total(list(sums)), 3)
    third: list[Formula] = [("/", 1, 3)]
    norm.node("m", [mean], {z: list(third) for z in sums}, {"sum for mean": total(list(sums))})
    off: list[Formula] = [("-", z, "m") for z in sums]
    squares = total([("^", one) for one in off])
    slopes: dict[str, Formula] = {z: ("/", ("*", 2, one), 3) for z, one in zip(sums, off, strict=True)}
    slopes["m"] = ("/", ("*", -2, total(off)), 3)
    errors: dict[str, Formula] = {
        "n-1 for n": ("/", squares, 2),
        "sum for mean": squares,
        "not squared": ("/", total(off), 3),
    }
    wrong: dict[str, dict[str, Formula]] = {
        z: {"not divided by n": ("*", 2, one)} for z, one in zip(sums, off, strict=True)
    }
    norm.node("s", [("/", squares, 3)], slopes, errors, wrong)
    within: Formula = ("unseen", ("+", "s", "eps"))
    root: Formula = ("unseen", ("sqrt", ("+", "s", "eps")))
    for n in THREE:
        z, h = at("z", n), at("h", n)
        up: Formula = ("-", z, "m")
        cubed: Formula = ("*", within, root)
        to_variance: list[Formula] = [("~", ("/", up, ("*", 2, cubed))), ("~", ("/", h, ("*", 2, within)))]
        slopes_of: dict[str, list[Formula]] = {
            z: [("/", 1, root)],
            "m": [("~", ("/", 1, root))],
            "s": to_variance,
        }
        mistakes: dict[str, Formula] = {
            "eps outside the root": ("/", up, ("+", ("sqrt", "s"), "eps")),
            "root left out": ("/", up, within),
            "mean not taken off": ("/", z, root),
        }
        norm.node(h, [("/", up, root)], slopes_of, mistakes, {"s": {"half lost": ("~", ("/", up, cubed))}})
        g, d = ("g", "d") if shared else (at("g", n), at("d", n))
        errors = {"gain left out": ("+", h, d), "shift left out": ("*", g, h)}
        wrong = {h: {"gain left out backward": 1}, g: {"own factor": g, "input for normalised": z}}
        norm.node(at("y", n), [("+", ("*", g, h), d)], {g: h, h: g, d: 1}, errors, wrong)
    off = [("-", at("y", n), at("t", n)) for n in THREE]
    squares = total([("^", one) for one in off])
    slopes = {at("y", n): one for n, one in zip(THREE, off, strict=True)}
    wrong = {name: {"two kept": ("*", 2, one)} for name, one in slopes.items()}
    routes: list[Formula] = [("*", Decimal("0.5"), squares), ("/", squares, 2)]
    norm.node("L", routes, slopes, {"half left out": squares}, wrong)


def _short(n: int) -> list[Formula]:
    """(dh - mean of dh - h times the mean of dh h) over the root."""
    ups = [f"dL/dh[{k}]" for k in THREE]
    mean: Formula = ("unseen", ("/", total(list(ups)), 3))
    weighted: Formula = ("unseen", ("/", total([("*", up, at("h", k)) for k, up in enumerate(ups, 1)]), 3))
    root: Formula = ("unseen", ("sqrt", ("+", "s", "eps")))
    return [("/", ("-", ("-", ups[n - 1], mean), ("*", at("h", n), weighted)), root)]
