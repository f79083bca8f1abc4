"""A recurrent unit over two or three steps, plain or with a gate, and half the squares of its outputs."""

from __future__ import annotations

import random
from decimal import Decimal

from ..formula import Formula
from .calculation import Calculation, at
from .convolutions import half_square, number


def drawn(name: str) -> Calculation:
    """The recurrence of a name: every other one has a gate."""
    source = random.Random(name)
    rnn = Calculation(name)
    gated = int(name.partition("-")[2]) % 2 == 1
    steps = 2 if gated else source.choice([2, 3])
    rnn.given("inputs", "x", [number(source) for _ in range(steps)])
    for letter in ("w", "u", *(("p", "q") if gated else ())):
        rnn.given("parameters", letter, number(source, 9))
    if not gated and source.random() < 0.5:
        rnn.given("parameters", "b", number(source, 5))
    rnn.given("parameters", "v", number(source))
    rnn.equations.append("h[0] = 0")
    rnn.node("h[0]", [0], {})
    (_gated if gated else _plain)(rnn, steps)
    if source.random() < 0.5 and not gated:
        _loss_at_every_step(rnn, steps, source)
    else:
        rnn.given("targets", "t", number(source))
        rnn.equations.append(f"y = v*h[{steps}]")
        h = at("h", steps)
        wrong = {"v": {"own factor": "v"}, h: {"own factor": h}}
        rnn.node("y", [("*", "v", h)], {"v": h, h: "v"}, {"state before": ("*", "v", at("h", steps - 1))}, wrong)
        half_square(rnn, "y", "t")
    trained = list(rnn.tables["parameters"])
    rnn.backward(trained)
    rnn.tables["training"] = {"optimizer": "gradient_descent", "learning_rate": Decimal("0.1"), "steps": 1}
    rnn.givens["training.learning_rate"] = Decimal("0.1")
    rnn.descend(trained)
    if not gated:
        _cut(rnn, steps)
    return rnn


def _plain(rnn: Calculation, steps: int) -> None:
    bias = "b" in rnn.givens
    rnn.equations += [f"a[k] = w*x[k] + u*h[k-1]{' + b' if bias else ''}", "h[k] = tanh(a[k])"]
    for k in range(1, steps + 1):
        x, before, a, h = at("x", k), at("h", k - 1), at("a", k), at("h", k)
        terms: list[Formula] = [("*", "w", x), ("*", "u", before), *(["b"] if bias else [])]
        slopes: dict[str, Formula] = {"w": x, "u": before, before: "u", **({"b": 1} if bias else {})}
        wrong = {"w": {"own factor": "w"}, "u": {"state of this step": h}, before: {"input weight": "w"}}
        errors: dict[str, Formula] = {"weights exchanged": ("+", ("*", "u", x), ("*", "w", before), *terms[2:])}
        if k > 1:
            errors["state left out"] = ("+", terms[0], *terms[2:]) if terms[2:] else terms[0]
            errors["input of another step"] = ("+", ("*", "w", at("x", k - 1)), *terms[1:])
        rnn.node(a, [("+", *terms)], slopes, errors, wrong)
        tangent(rnn, h, a)


def tangent(calculation: Calculation, h: str, a: str) -> None:
    """h = tanh(a)."""
    ways: list[Formula] = [("-", 1, ("^", h)), ("*", ("-", 1, h), ("+", 1, h))]
    wrong = {a: {"square lost": ("-", 1, h), "function for slope": h, "slope of sigmoid": ("*", h, ("-", 1, h))}}
    errors: dict[str, Formula] = {"function left out": a, "sigmoid for tanh": ("sigmoid", a)}
    calculation.node(h, [("tanh", a)], {a: ways}, errors, wrong, (a,))


def logistic(calculation: Calculation, y: str, u: str) -> None:
    """y = sigmoid(u)."""
    down: Formula = ("unseen", ("exp", ("~", u)))
    routes: list[Formula] = [("sigmoid", u), ("/", 1, ("+", 1, down))]
    ways: list[Formula] = [("*", y, ("-", 1, y)), ("-", y, ("^", y))]
    wrong = {
        u: {
            "slope half": ("-", 1, y),
            "function for slope": y,
            "slope with plus": ("*", y, ("+", 1, y)),
            "slope of tanh": ("-", 1, ("^", y)),
        }
    }
    errors: dict[str, Formula] = {"function left out": u, "minus of the exponent lost": ("/", 1, ("+", 1, ("exp", u)))}
    calculation.node(y, routes, {u: ways}, errors, wrong, (u,))


def _gated(rnn: Calculation, steps: int) -> None:
    """h = (1 - z) h_before + z g, with the gate z and the candidate g."""
    rnn.equations += [
        "r[k] = p*x[k] + q*h[k-1]",
        "z[k] = sigmoid(r[k])",
        "a[k] = w*x[k] + u*h[k-1]",
        "g[k] = tanh(a[k])",
        "h[k] = (1 - z[k])*h[k-1] + z[k]*g[k]",
    ]
    for k in range(1, steps + 1):
        x, before, r, z, a, g, h = (at("x", k), at("h", k - 1), *(at(one, k) for one in "rzagh"))
        for value, (one, other), taken in ((r, "pq", "wu"), (a, "wu", "pq")):
            errors: dict[str, Formula] = {
                "weights of another gate": ("+", ("*", taken[0], x), ("*", taken[1], before)),
                "weights exchanged": ("+", ("*", other, x), ("*", one, before)),
            }
            slopes: dict[str, Formula] = {one: x, other: before, before: other}
            wrong = {one: {"own factor": one}, before: {"input weight": one}}
            rnn.node(value, [("+", ("*", one, x), ("*", other, before))], slopes, errors, wrong)
        logistic(rnn, z, r)
        tangent(rnn, g, a)
        keeps: Formula = ("-", 1, z)
        long = ("+", ("*", keeps, before), ("*", z, g))
        ways: list[Formula] = [long, ("+", before, ("*", z, ("-", g, before)))]
        errors = {"gates exchanged": ("+", ("*", z, before), ("*", keeps, g)), "kept part left out": ("*", z, g)}
        if k > 1:
            older = at("z", k - 1)
            errors["gate of another step"] = ("+", ("*", ("-", 1, older), before), ("*", older, g))
        slopes = {z: ("-", g, before), before: keeps, g: z}
        wrong = {z: {"kept part forgotten": g}, before: {"gates exchanged": z}, g: {"gates exchanged": keeps}}
        rnn.node(h, ways, slopes, errors, wrong)


def _loss_at_every_step(rnn: Calculation, steps: int, source: random.Random) -> None:
    rnn.given("targets", "t", [number(source) for _ in range(steps)])
    rnn.equations += ["y[k] = v*h[k]", f"L = 1/2*sum((y[k] - t[k])^2 for k in 1..{steps})"]
    for k in range(1, steps + 1):
        h, y = at("h", k), at("y", k)
        wrong = {"v": {"own factor": "v"}, h: {"own factor": h}}
        rnn.node(y, [("*", "v", h)], {"v": h, h: "v"}, {"state before": ("*", "v", at("h", k - 1))}, wrong)
    off: list[Formula] = [("-", at("y", k), at("t", k)) for k in range(1, steps + 1)]
    squares = ("+", *(("^", one) for one in off))
    slopes = {at("y", k): one for k, one in enumerate(off, 1)}
    twice = {name: {"two kept": ("*", 2, one)} for name, one in slopes.items()}
    routes: list[Formula] = [("*", Decimal("0.5"), squares), ("/", squares, 2)]
    last: Formula = ("*", Decimal("0.5"), ("^", off[-1]))
    rnn.node("L", routes, slopes, {"half left out": squares, "last step only": last}, twice)
    for k in range(1, steps):
        future = f"dL/da[{k + 1}]"
        rnn.wrongs.setdefault("direct loss left out", {})[f"dL/dh[{k}]"] = ("*", future, "u")


def _cut(rnn: Calculation, steps: int) -> None:
    """Gradients of shared weights from the last step alone."""
    wrong = rnn.wrongs.setdefault("cut after one step", {})
    last = f"dL/da[{steps}]"
    wrong["dL/dw"] = ("*", last, at("x", steps))
    wrong["dL/du"] = ("*", last, at("h", steps - 1))
    if "b" in rnn.givens:
        wrong["dL/db"] = last
