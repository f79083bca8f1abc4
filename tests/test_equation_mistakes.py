"""Known mistakes in problems given by equations: a wrong sheet that each row must know, a right one it must not accuse.

The numbers are worked here with floats, by formulas that share nothing with the program.
"""

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import mistaken_layers
import pytest

from derive.check import check
from derive.mistakes.table import ELEMENT_MISTAKES, MISTAKES, local_rewrites
from derive.stepwise import Stepwise
from derive.subject import subject

Numbers = dict[str, float]


def problem(equations: str, **tables: object) -> dict[str, object]:
    return {"title": "A test", **{key: as_given(one) for key, one in tables.items()}, "model": model(equations)}


def model(equations: str) -> dict[str, object]:
    return {"equations": equations, "loss": "L"}


def as_given(value: Any) -> Any:
    """Numbers as they stand in a file."""
    if isinstance(value, Mapping):
        return {key: as_given(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_given(one) for one in value]
    return Decimal(repr(value)) if isinstance(value, float) else value


# -- right work, by hand


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def scalar() -> Numbers:
    """A chain of functions, used twice in places."""
    x, y, w, t = 1.3, -0.7, 0.6, 0.25
    q = x * y + w
    r = max(q, y)
    s = sigmoid(r)
    u = math.tanh(w)
    d = s / x
    e = math.exp(d)
    k = max(e, 0)
    p = u**2 + x
    v = k - p
    f = math.log(x)
    n = max(y, 0)
    c = 3 * v
    o = c * f * w
    loss = 0.5 * (o - t) ** 2 + n
    do = o - t
    dc, df = do * f * w, do * c * w
    dv = 3 * dc
    dk, dp = dv, -dv
    de = dk
    dd = de * e
    ds = dd / x
    dr = ds * s * (1 - s)
    dq = dr * (1 if q >= y else 0)
    du = dp * 2 * u
    dw = do * c * f + du * (1 - u**2) + dq
    found = {"q": q, "r": r, "s": s, "u": u, "d": d, "e": e, "k": k, "p": p, "v": v, "f": f, "n": n, "c": c, "o": o}
    found |= {"L": loss, "dL/do": do, "dL/dc": dc, "dL/df": df, "dL/dv": dv, "dL/dk": dk, "dL/dp": dp, "dL/de": de}
    found |= {"dL/dd": dd, "dL/ds": ds, "dL/dr": dr, "dL/dq": dq, "dL/du": du, "dL/dw": dw, "after[1].w": w - 0.2 * dw}
    return found


SCALAR = problem(
    """
q = x*y + w
r = max(q, y)
s = sigmoid(r)
u = tanh(w)
d = s/x
e = exp(d)
k = relu(e)
p = u^2 + x
v = k - p
f = ln(x)
n = relu(y)
c = 3*v
o = c*f*w
L = 1/2*(o - t)^2 + n
""",
    inputs={"x": 1.3, "y": -0.7, "t": 0.25},
    parameters={"w": 0.6},
    training={"optimizer": "gradient_descent", "learning_rate": 0.2},
)

IMAGE = [[0.31, -0.52, 0.73], [0.65, 0.26, -0.47], [-0.19, 0.91, 0.12]]
KERNEL = [[0.41, 0.34], [0.57, -0.23]]


def window(r: int, c: int, kernel: list[list[float]] = KERNEL, off: int = 0) -> float:
    return sum(kernel[u][v] * IMAGE[r + u][c + v + off] for u in (0, 1) for v in (0, 1)) + 0.05


def convolution() -> Numbers:
    """A convolution of 3 by 3 with 2 by 2, a maximum over all of it, and half a square."""
    found = {f"O[{r + 1},{c + 1}]": window(r, c) for r in (0, 1) for c in (0, 1)}
    m = max(found.values())
    found |= {"M": m, "L": 0.5 * (m - 0.2) ** 2, "dL/dM": m - 0.2}
    for r in (0, 1):
        for c in (0, 1):
            found[f"dL/dO[{r + 1},{c + 1}]"] = (m - 0.2) * (window(r, c) == m)
    for r in (0, 1, 2):
        for c in (0, 1, 2):
            back = sum(
                found[f"dL/dO[{r - u + 1},{c - v + 1}]"] * KERNEL[u][v]
                for u in (0, 1)
                for v in (0, 1)
                if 0 <= r - u < 2 and 0 <= c - v < 2
            )
            found[f"dL/dI[{r + 1},{c + 1}]"] = back
    return found


CONVOLUTION = problem(
    """
O[r,c] = sum(K[u,v]*I[r+u-1,c+v-1] for u, v) + b for r in 1..2, c in 1..2
M = max(O[r,c] for r in 1..2, c in 1..2)
L = 1/2*(M - t)^2
""",
    inputs={"I": IMAGE, "t": 0.2},
    parameters={"K": KERNEL, "b": 0.05},
)
LINE = [0.31, -0.52, 0.73, 0.65, 0.26, -0.47]


def strided() -> Numbers:
    """Windows of a row of numbers, two apart."""
    return {f"O[{r}]": 0.41 * LINE[2 * r - 2] + 0.34 * LINE[2 * r - 1] for r in (1, 2, 3)}


STRIDED = problem(
    "O[r] = sum(K[u]*I[2*r-2+u] for u) for r in 1..3\nL = sum(O[r]^2 for r in 1..3)",
    inputs={"I": LINE},
    parameters={"K": [0.41, 0.34]},
)


def recurrence() -> Numbers:
    """Two steps with a gate."""
    x, p, q, w, u = (0.8, -0.5), 0.7, -0.4, 0.9, 0.6
    found, h = {}, [0.0, 0.0, 0.0]
    for k in (1, 2):
        r, a = p * x[k - 1] + q * h[k - 1], w * x[k - 1] + u * h[k - 1]
        z, g = sigmoid(r), math.tanh(a)
        h[k] = (1 - z) * h[k - 1] + z * g
        found |= {f"r[{k}]": r, f"a[{k}]": a, f"z[{k}]": z, f"g[{k}]": g, f"h[{k}]": h[k]}
    dh = h[2] - 0.3
    z, g = found["z[2]"], found["g[2]"]
    found |= {"L": 0.5 * dh**2, "dL/dh[2]": dh, "dL/dg[2]": dh * z, "dL/dz[2]": dh * (g - h[1])}
    found |= {"dL/da[2]": dh * z * (1 - g**2), "dL/dr[2]": dh * (g - h[1]) * z * (1 - z)}
    found["dL/dw via a[2]"] = found["dL/da[2]"] * x[1]
    found["dL/dh[1] via h[2]"] = dh * (1 - z)
    return found


RECURRENCE = problem(
    """
h[0] = 0
r[k] = p*x[k] + q*h[k-1]
z[k] = sigmoid(r[k])
a[k] = w*x[k] + u*h[k-1]
g[k] = tanh(a[k])
h[k] = (1 - z[k])*h[k-1] + z[k]*g[k]
L = 1/2*(h[2] - t)^2
""",
    inputs={"x": [0.8, -0.5], "t": 0.3},
    parameters={"p": 0.7, "q": -0.4, "w": 0.9, "u": 0.6},
)
Q, K, V = [[0.5, -0.8], [1.1, 0.3]], [[0.7, 0.2], [-0.4, 0.9]], [[0.6, -0.3], [1.2, 0.45]]
G = [[0.35, -0.6], [0.8, 0.15]]


def product(a: list[list[float]], b: list[list[float]]) -> list[list[float]]:
    return [[sum(a[i][m] * b[m][j] for m in (0, 1)) for j in (0, 1)] for i in (0, 1)]


def turned(a: list[list[float]]) -> list[list[float]]:
    return [list(row) for row in zip(*a, strict=True)]


def entries(name: str, a: list[list[float]]) -> Numbers:
    return {f"{name}[{i + 1},{j + 1}]": a[i][j] for i in (0, 1) for j in (0, 1)}


def soft(rows: list[list[float]]) -> list[list[float]]:
    return [[math.exp(x) / sum(map(math.exp, row)) for x in row] for row in rows]


def attention() -> Numbers:
    """Scores, softmax, weighted values, and the way back to the scores."""
    s = [[x / math.sqrt(2) for x in row] for row in product(Q, turned(K))]
    a = soft(s)
    o = product(a, V)
    da = product(G, turned(V))
    ds = [[a[i][j] * (da[i][j] - sum(a[i][m] * da[i][m] for m in (0, 1))) for j in (0, 1)] for i in (0, 1)]
    dq = [[x / math.sqrt(2) for x in row] for row in product(ds, K)]
    found = entries("S", s) | entries("A", a) | entries("O", o)
    found["L"] = sum(G[i][j] * o[i][j] for i in (0, 1) for j in (0, 1))
    return found | entries("dL/dA", da) | entries("dL/dS", ds) | entries("dL/dQ", dq)


ATTENTION = problem(
    "S = Q@K.T/sqrt(2)\nA = softmax(S)\nO = A@V\nL = sum(G*O)",
    parameters={"Q": Q, "K": K, "V": V},
    constants={"G": G},
)
PRODUCT = problem("S = Q@K\nL = sum(S^2)", parameters={"Q": Q, "K": K})
Z = (0.7, 2.1, -1.6)


def norm() -> Numbers:
    """A normalisation of three numbers, forward, and back to the variance."""
    m = sum(Z) / 3
    s = sum((z - m) ** 2 for z in Z) / 3
    h = [(z - m) / math.sqrt(s + 0.1) for z in Z]
    y = [0.8 * one + 0.3 for one in h]
    found = {"m": m, "s": s, **{f"h[{n}]": one for n, one in enumerate(h, 1)}}
    found |= {**{f"y[{n}]": one for n, one in enumerate(y, 1)}, "L": 0.5 * sum(one**2 for one in y)}
    for n in (1, 2, 3):
        found |= {f"dL/dh[{n}]": 0.8 * y[n - 1]}
        found[f"dL/ds via h[{n}]"] = -0.8 * y[n - 1] * (Z[n - 1] - m) / (2 * (s + 0.1) ** 1.5)
    found["dL/dg via y[1]"] = y[0] * h[0]
    found["dL/dz[1] via s"] = sum(found[f"dL/ds via h[{n}]"] for n in (1, 2, 3)) * 2 * (Z[0] - m) / 3
    return found


NORM = problem(
    """
m = mean(z[n] for n)
s = mean((z[n] - m)^2 for n)
h[n] = (z[n] - m)/sqrt(s + eps)
y[n] = g*h[n] + d
L = 1/2*sum(y[n]^2 for n)
""",
    inputs={"z": list(Z)},
    parameters={"g": 0.8, "d": 0.3},
    constants={"eps": 0.1},
)


def adam(old: float = 1.7, steps: int = 2) -> Numbers:
    """Two steps with weight decay; the loss is w^2."""
    found, m, v, w = {}, 0.0, 0.0, old
    for t in range(1, steps + 1):
        late = f"after[{t - 1}]." if t > 1 else ""
        g = 2 * w
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g**2
        first, second = m / (1 - 0.9**t), v / (1 - 0.99**t)
        w = w - 0.05 * (first / (math.sqrt(second) + 0.01) + 0.1 * w)
        found |= {f"{late}dL/dw": g, f"after[{t}].m(w)": m, f"after[{t}].v(w)": v}
        found |= {f"after[{t}].mhat(w)": first, f"after[{t}].vhat(w)": second, f"after[{t}].w": w}
    return found


ADAM = problem(
    "L = w^2",
    parameters={"w": 1.7},
    training={
        "optimizer": "adamw",
        "learning_rate": 0.05,
        "beta1": 0.9,
        "beta2": 0.99,
        "epsilon": 0.01,
        "weight_decay": 0.1,
        "steps": 2,
    },
)


def adagrad() -> Numbers:
    """Two steps of two numbers with a sum of squares each; the loss is w[1]^2 + 3 w[2]^2."""
    found: Numbers = {}
    w, sums = [1.7, -0.4], [0.0, 0.0]
    for t in (1, 2):
        late = f"after[{t - 1}]." if t > 1 else ""
        slopes = [2 * w[0], 6 * w[1]]
        sums = [total + g**2 for total, g in zip(sums, slopes, strict=True)]
        w = [p - 0.3 * g / (math.sqrt(total) + 0.01) for p, g, total in zip(w, slopes, sums, strict=True)]
        found |= {f"{late}dL/dw[{i}]": slopes[i - 1] for i in (1, 2)}
        found |= {f"after[{t}].G(w[{i}])": sums[i - 1] for i in (1, 2)}
        found |= {f"after[{t}].w[{i}]": w[i - 1] for i in (1, 2)}
    return found


ADAGRAD = problem(
    "L = w[1]^2 + 3*w[2]^2",
    parameters={"w": [1.7, -0.4]},
    training={"optimizer": "adagrad", "learning_rate": 0.3, "epsilon": 0.01, "steps": 2},
)


def two() -> Numbers:
    """Two parameters and their moves."""
    off = 0.9 * 1.4 - 0.5 - 0.35
    return {
        "dL/dw": off * 1.4,
        "dL/b": 0,
        "dL/db": off,
        "after[1].w": 0.9 - 0.2 * off * 1.4,
        "after[1].b": -0.5 - 0.2 * off,
    }


TWO = problem(
    "L = 1/2*(w*x + b - t)^2",
    inputs={"x": 1.4, "t": 0.35},
    parameters={"w": 0.9, "b": -0.5},
    training={"optimizer": "gradient_descent", "learning_rate": 0.2},
)

X, T = [0.7, -1.1, 1.9], [1, 0, 1]


def regression() -> Numbers:
    """A mean inside of a loss, with a penalty of half a square, and a sum beside it."""
    w, c, a = 0.6, 0.3, 0.4
    y = [sigmoid(w * x) for x in X]
    loss = sum(-t * math.log(p) - (1 - t) * math.log(1 - p) for p, t in zip(y, T, strict=True)) / 3
    penalty = c / 2 * w**2
    q = [a * p * p for p in y]
    total = sum(q)
    dy = [(-t / p + (1 - t) / (1 - p)) / 3 for p, t in zip(y, T, strict=True)]
    found = {f"y[{n}]": p for n, p in enumerate(y, 1)} | {"E": loss, "R": penalty}
    found |= {f"q[{n}]": one for n, one in enumerate(q, 1)} | {"Q": total, "L": loss + penalty + total}
    found |= {f"dL/dy[{n}] via E": one for n, one in enumerate(dy, 1)}
    return found | {"dL/dw via R": c * w}


REGRESSION = problem(
    """
y[n] = sigmoid(w*x[n])
E = mean(-t[n]*ln(y[n]) - (1 - t[n])*ln(1 - y[n]) for n)
R = c/2*w^2
q[n] = a*y[n]^2
Q = sum(q[n] for n)
L = E + R + Q
""",
    inputs={"x": X, "t": T},
    parameters={"w": 0.6},
    constants={"c": 0.3, "a": 0.4},
)


def log_mean(n: Numbers, logarithm: Callable[[float], float]) -> float:
    return -(logarithm(n["y[1]"]) + logarithm(1 - n["y[2]"]) + logarithm(n["y[3]"])) / 3


PROBLEMS: Mapping[str, tuple[dict[str, object], Callable[[], Numbers]]] = {
    "scalar": (SCALAR, scalar),
    "convolution": (CONVOLUTION, convolution),
    "strided": (STRIDED, strided),
    "recurrence": (RECURRENCE, recurrence),
    "attention": (ATTENTION, attention),
    "product": (PRODUCT, lambda: entries("S", product(Q, K))),
    "norm": (NORM, norm),
    "adam": (ADAM, adam),
    "adagrad": (ADAGRAD, adagrad),
    "two": (TWO, two),
    "regression": (REGRESSION, regression),
}
"""By name: the problem, and its right numbers by hand, in the order of working."""

Case = tuple[str, str, str, Callable[[Numbers], float]]


def _soft_column(n: Numbers) -> float:
    return math.exp(n["S[1,1]"]) / (math.exp(n["S[1,1]"]) + math.exp(n["S[2,1]"]))


def _through_turned_keys(n: Numbers) -> float:
    return (n["dL/dS[1,1]"] * K[0][0] + n["dL/dS[1,2]"] * K[0][1]) / math.sqrt(2)


def _uncorrected(n: Numbers) -> float:
    taken = n["after[2].m(w)"] / (math.sqrt(n["after[2].v(w)"]) + 0.01) + 0.1 * n["after[1].w"]
    return n["after[1].w"] - 0.05 * taken


CASES: tuple[Case, ...] = (
    ("one-path-missing", "scalar", "dL/dw", lambda n: n["dL/do"] * n["c"] * n["f"] + n["dL/du"] * (1 - n["u"] ** 2)),
    ("last-path-only", "scalar", "dL/dw", lambda n: n["dL/do"] * n["c"] * n["f"]),
    (
        "paths-multiplied",
        "scalar",
        "dL/dw",
        lambda n: n["dL/do"] * n["c"] * n["f"] * n["dL/du"] * (1 - n["u"] ** 2) * n["dL/dq"],
    ),
    ("shares-averaged", "scalar", "dL/dw", lambda n: n["dL/dw"] / 3),
    ("factor-left-out", "scalar", "dL/df", lambda n: n["dL/do"] * n["c"]),
    ("local-left-out", "scalar", "dL/dd", lambda n: n["dL/de"]),
    ("chain-factors-added", "scalar", "dL/dd", lambda n: n["dL/de"] + n["e"]),
    ("another-upstream", "scalar", "dL/dd", lambda n: n["dL/df"] * n["e"]),
    ("minus-missing", "scalar", "dL/dp", lambda n: n["dL/dv"]),
    ("other-sign", "scalar", "dL/dd", lambda n: -n["dL/dd"]),
    ("own-factor", "recurrence", "dL/dw via a[2]", lambda n: n["dL/da[2]"] * 0.9),
    ("sum-as-product", "scalar", "dL/dk", lambda n: n["dL/dv"] * n["p"]),
    ("passed-though-off", "scalar", "dL/dy via n", lambda n: 1),
    ("maximum-to-the-other", "scalar", "dL/dy via r", lambda n: n["dL/dr"]),
    ("maximum-to-all", "convolution", "dL/dO[2,1]", lambda n: n["dL/dM"]),
    ("maximum-to-the-first", "convolution", "dL/dO[1,1]", lambda n: n["dL/dM"]),
    ("kernel-not-turned-back", "convolution", "dL/dI[3,3]", lambda n: n["dL/dO[2,2]"] * KERNEL[0][0]),
    ("divisor-not-squared", "scalar", "dL/dx via d", lambda n: -n["dL/dd"] * n["s"] / 1.3),
    ("part-of-fraction-lost", "norm", "dL/ds via h[1]", lambda n: n["dL/ds via h[1]"] / (0.7 - n["m"])),
    ("maximum-shared", "convolution", "dL/dO[1,1]", lambda n: n["dL/dM"] / 4),
    ("function-as-slope", "scalar", "dL/dr", lambda n: n["dL/ds"] * n["s"]),
    ("two-kept", "scalar", "dL/do", lambda n: 2 * n["dL/do"]),
    ("half-of-the-slope", "scalar", "dL/dr", lambda n: n["dL/ds"] * (1 - n["s"])),
    ("plus-in-the-slope", "scalar", "dL/dr", lambda n: n["dL/ds"] * n["s"] * (1 + n["s"])),
    ("slope-of-another-function", "scalar", "dL/dr", lambda n: n["dL/ds"] * (1 - n["s"] ** 2)),
    ("argument-in-the-slope", "scalar", "dL/dr", lambda n: n["dL/ds"] * n["r"] * (1 - n["r"])),
    ("power-rule-on-exponential", "scalar", "dL/dd", lambda n: n["dL/de"] * n["d"] * n["e"]),
    ("reciprocal-turned", "scalar", "dL/ds", lambda n: n["dL/dd"] * 1.3),
    ("function-left-out", "scalar", "e", lambda n: n["d"]),
    ("another-function", "scalar", "s", lambda n: math.tanh(n["r"])),
    ("sign-of-exponent", "scalar", "e", lambda n: math.exp(-n["d"])),
    ("average-for-maximum", "convolution", "M", lambda n: sum(window(r, c) for r in (0, 1) for c in (0, 1)) / 4),
    ("multiplied-for-added", "scalar", "p", lambda n: n["u"] ** 2 * 1.3),
    ("added-for-multiplied", "scalar", "c", lambda n: 3 + n["v"]),
    ("term-left-out", "scalar", "q", lambda n: 1.3 * -0.7),
    ("term-alone", "norm", "L", lambda n: 0.5 * n["y[3]"] ** 2),
    ("value-factor-left-out", "scalar", "o", lambda n: n["c"] * n["f"]),
    ("not-divided", "scalar", "d", lambda n: n["s"]),
    ("mean-for-sum", "regression", "Q", lambda n: n["Q"] / 3),
    ("not-divided", "regression", "R", lambda n: 0.3 * 0.6**2),
    ("another-function", "regression", "E", lambda n: log_mean(n, math.log10)),
    ("share-left-out", "regression", "dL/dy[2] via E", lambda n: 1 / (1 - n["y[2]"])),
    ("two-kept", "regression", "dL/dw via R", lambda n: 2 * 0.3 * 0.6),
    ("difference-turned", "scalar", "v", lambda n: n["p"] - n["k"]),
    ("quotient-turned", "scalar", "d", lambda n: 1.3 / n["s"]),
    ("added-for-subtracted", "scalar", "v", lambda n: n["k"] + n["p"]),
    ("not-squared", "scalar", "p", lambda n: n["u"] + 1.3),
    ("doubled-for-squared", "scalar", "p", lambda n: 2 * n["u"] + 1.3),
    ("step-added", "two", "after[1].w", lambda n: 0.9 + 0.2 * n["dL/dw"]),
    ("rate-left-out", "two", "after[1].w", lambda n: 0.9 - n["dL/dw"]),
    ("step-alone", "two", "after[1].w", lambda n: -0.2 * n["dL/dw"]),
    ("not-moved", "two", "after[1].w", lambda n: 0.9),
    ("step-of-another", "two", "after[1].w", lambda n: 0.9 - 0.2 * n["dL/db"]),
    ("kernel-turned", "convolution", "O[1,1]", lambda n: window(0, 0, [row[::-1] for row in KERNEL[::-1]])),
    ("window-beside", "convolution", "O[1,1]", lambda n: window(0, 0, off=1)),
    ("rows-for-columns", "attention", "S[1,1]", lambda n: product(Q, K)[0][0] / math.sqrt(2)),
    ("stride-ignored", "strided", "O[3]", lambda n: 0.41 * LINE[2] + 0.34 * LINE[3]),
    ("operands-exchanged", "product", "S[1,1]", lambda n: product(K, Q)[0][0]),
    ("entry-of-another-step", "recurrence", "a[2]", lambda n: 0.9 * 0.8 + 0.6 * n["h[1]"]),
    ("factors-exchanged", "recurrence", "a[2]", lambda n: 0.6 * -0.5 + 0.9 * n["h[1]"]),
    ("another-equation", "recurrence", "a[2]", lambda n: n["r[2]"]),
    ("gate-exchanged-back", "recurrence", "dL/dg[2]", lambda n: n["dL/dh[2]"] * (1 - n["z[2]"])),
    ("another-step-back", "recurrence", "dL/dw via a[2]", lambda n: n["dL/da[2]"] * 0.8),
    ("another-factor", "recurrence", "dL/dw via a[2]", lambda n: n["dL/da[2]"] * 0.6),
    ("part-of-slope-left-out", "recurrence", "dL/dz[2]", lambda n: n["dL/dh[2]"] * n["g[2]"]),
    (
        "transposed-back",
        "attention",
        "dL/dQ[1,1]",
        _through_turned_keys,
    ),
    ("same-entry-only", "attention", "dL/dS[1,1]", lambda n: n["dL/dA[1,1]"] * n["A[1,1]"] * (1 - n["A[1,1]"])),
    ("root-left-out", "attention", "S[1,1]", lambda n: n["S[1,1]"] / math.sqrt(2)),
    ("no-exponentials", "attention", "A[1,1]", lambda n: n["S[1,1]"] / (n["S[1,1]"] + n["S[1,2]"])),
    ("softmax-of-the-column", "attention", "A[1,1]", _soft_column),
    ("small-number-elsewhere", "norm", "h[1]", lambda n: (0.7 - n["m"]) / (math.sqrt(n["s"]) + 0.1)),
    ("one-less", "norm", "s", lambda n: n["s"] * 3 / 2),
    ("half-left-out", "norm", "dL/ds via h[1]", lambda n: 2 * n["dL/ds via h[1]"]),
    ("number-before-the-function", "norm", "dL/dg via y[1]", lambda n: n["y[1]"] * 0.7),
    ("share-left-out", "norm", "dL/dz[1] via s", lambda n: 3 * n["dL/dz[1] via s"]),
    ("another-decay-rate", "adam", "after[1].m(w)", lambda n: 0.01 * n["dL/dw"]),
    ("average-not-weighted", "adam", "after[2].m(w)", lambda n: 0.9 * n["after[1].m(w)"] + n["after[1].dL/dw"]),
    ("average-turned", "adam", "after[2].m(w)", lambda n: 0.1 * n["after[1].m(w)"] + 0.9 * n["after[1].dL/dw"]),
    ("gradient-not-squared", "adam", "after[1].v(w)", lambda n: 0.01 * n["dL/dw"]),
    ("gradient-squared", "adam", "after[1].m(w)", lambda n: 0.1 * n["dL/dw"] ** 2),
    ("average-not-corrected", "adam", "after[2].mhat(w)", lambda n: n["after[2].m(w)"]),
    ("multiplied-by-correction", "adam", "after[2].mhat(w)", lambda n: n["after[2].m(w)"] * (1 - 0.9**2)),
    ("correction-one-step-early", "adam", "after[2].mhat(w)", lambda n: n["after[2].m(w)"] / 0.1),
    ("average-before", "adam", "after[2].mhat(w)", lambda n: n["after[1].m(w)"] / (1 - 0.81)),
    ("sum-without-squares", "adagrad", "after[1].G(w[1])", lambda n: n["dL/dw[1]"]),
    ("sum-without-squares", "adagrad", "after[2].G(w[2])", lambda n: n["after[1].G(w[2])"] + n["after[1].dL/dw[2]"]),
    ("gradient-doubled", "adagrad", "after[1].G(w[1])", lambda n: 2 * n["dL/dw[1]"]),
    ("gradient-doubled", "adagrad", "after[2].G(w[2])", lambda n: n["after[1].G(w[2])"] + 2 * n["after[1].dL/dw[2]"]),
    ("steps-squared", "adagrad", "after[1].G(w[2])", lambda n: (0.3 * n["dL/dw[2]"]) ** 2),
    ("squares-in-one-sum", "adagrad", "after[1].G(w[2])", lambda n: n["dL/dw[1]"] ** 2 + n["dL/dw[2]"] ** 2),
    ("old-part-forgotten", "adagrad", "after[2].G(w[1])", lambda n: n["after[1].dL/dw[1]"] ** 2),
    ("root-left-out", "adagrad", "after[1].w[1]", lambda n: 1.7 - 0.3 * n["dL/dw[1]"] / (n["dL/dw[1]"] ** 2 + 0.01)),
    (
        "small-number-elsewhere",
        "adagrad",
        "after[1].w[2]",
        lambda n: -0.4 - 0.3 * n["dL/dw[2]"] / math.sqrt(n["after[1].G(w[2])"] + 0.01),
    ),
    (
        "multiplied-by-root",
        "adagrad",
        "after[1].w[1]",
        lambda n: 1.7 - 0.3 * n["dL/dw[1]"] * (math.sqrt(n["after[1].G(w[1])"]) + 0.01),
    ),
    (
        "state-before",
        "adagrad",
        "after[2].w[1]",
        lambda n: n["after[1].w[1]"] - 0.3 * n["after[1].dL/dw[1]"] / (math.sqrt(n["after[1].G(w[1])"]) + 0.01),
    ),
    ("averages-not-corrected", "adam", "after[2].w", _uncorrected),
    (
        "gradient-for-average",
        "adam",
        "after[2].w",
        lambda n: (
            n["after[1].w"]
            - 0.05 * (n["after[1].dL/dw"] / (math.sqrt(n["after[2].vhat(w)"]) + 0.01) + 0.1 * n["after[1].w"])
        ),
    ),
    (
        "weight-decay-left-out",
        "adam",
        "after[2].w",
        lambda n: n["after[1].w"] - 0.05 * n["after[2].mhat(w)"] / (math.sqrt(n["after[2].vhat(w)"]) + 0.01),
    ),
    (
        "decay-without-rate",
        "adam",
        "after[2].w",
        lambda n: (
            n["after[1].w"]
            - 0.05 * n["after[2].mhat(w)"] / (math.sqrt(n["after[2].vhat(w)"]) + 0.01)
            - 0.1 * n["after[1].w"]
        ),
    ),
)
"""What the mistake is called, the problem, where it is made, and the wrong number, by hand."""


def of_layers(tables: Mapping[str, Any]) -> dict[str, object]:
    """A problem of the other table as it stands in a file."""
    return problem(tables["equations"], **{key: one for key, one in tables.items() if key != "equations"})


EVERY = PROBLEMS | {name: (of_layers(one), right) for name, (one, right) in mistaken_layers.PROBLEMS.items()}
EVERY_CASE = (*CASES, *mistaken_layers.CASES)


@cache
def judged(name: str) -> Stepwise:
    found = subject(EVERY[name][0])
    assert isinstance(found, Stepwise)
    return found


@pytest.mark.parametrize("name", EVERY)
def test_right_work_is_not_accused(name: str) -> None:
    """Nothing is said of numbers that are right, to any number of decimals."""
    for decimals in (8, 5, 4):
        sheet = check(judged(name), {key: f"{number:.{decimals}f}" for key, number in EVERY[name][1]().items()}).sheets[
            0
        ]
        assert [(one.quantity.id, one.verdict) for one in sheet.results if not one.right] == []


@pytest.mark.parametrize("case", EVERY_CASE, ids=[f"{case[0]} {case[2]}" for case in EVERY_CASE])
def test_a_mistake_is_known(case: Case) -> None:
    """Its wrong number is the first that is wrong, and it is among at most two that are named."""
    key, name, where, wrong = case
    right = EVERY[name][1]()
    before = list(right)[: list(right).index(where)] if where in right else list(right)
    work = {one: f"{right[one]:.7f}" for one in before} | {where: f"{wrong(right):.7f}"}
    first = check(judged(name), work).sheets[0].first_wrong
    assert first is not None and first.quantity.id == where
    keys = [one.key for one in first.explanations]
    assert key in keys and len(keys) <= 2


def test_every_row_has_its_sheet() -> None:
    rows = {row.key for row in ELEMENT_MISTAKES}
    assert rows - {case[0] for case in EVERY_CASE} == set()


def test_no_two_mistakes_have_one_key() -> None:
    """A key of equations would else take the place of one of networks."""
    keys = [mistake.key for mistake in (*MISTAKES, *ELEMENT_MISTAKES)]
    assert len(set(keys)) == len(keys)


CIRCUIT = problem(
    "p = a*x + y\nq = b*x - y\nm = max(p, q)\nd = x^2 + b\nL = m/d",
    inputs={"x": 2.0, "y": -1.0},
    parameters={"a": 1.5, "b": 0.5},
)
PENALTY = problem(
    "y = sum(w*x)\nR = c/2*sum(w^2)\nL = y^2 + R",
    **{
        "inputs": {"x": [0.5, 2.0]},
        "parameters": {"w": [0.3, -0.7]},
        "constants": {"c": 0.1},
    },
)
LAYERS = "window kernel weight row column example gate softmax difference"
SAID = [(CIRCUIT, LAYERS), (PENALTY, LAYERS.replace("weight", "gate"))]


@pytest.mark.parametrize(("tables", "words"), SAID)
def test_what_is_said_of_a_mistake_is_about_the_equations(tables: dict[str, object], words: str) -> None:
    """Nothing is said of windows, kernels, weights and differences where there are none."""
    found = subject(tables)
    ways = [way for step in found.trace.rounds[0].steps for way in local_rewrites(found.trace, step)]
    told = {f"{way.mistake.title}: {way.mistake.diagnosis} {way.mistake.remedy}" for way in ways}
    plain = {re.sub(r"\{\w+\}", "", one) for one in told}
    assert len(plain) > 20
    assert [one for one in sorted(plain) if any(re.search(rf"\b{word}s?\b", one) for word in words.split())] == []
