"""Problems with gates, windows, tables, masks and optimisers: their right numbers, and wrong ones of known mistakes.

Everything is worked here with floats, by formulas that share nothing with the program.
"""

import math
from collections.abc import Callable, Mapping

Numbers = dict[str, float]
Case = tuple[str, str, str, Callable[[Numbers], float]]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


# -- a cell with gates over two steps, a loss at each

X, T = (0.8, -0.5), (0.3, 0.6)
GATES = {"i": (0.7, -0.4), "f": (0.5, 0.9), "o": (-0.3, 0.6), "g": (0.9, 0.65)}
CELL = {
    "equations": """
h[0] = h0
c[0] = c0
zi[k] = wi*x[k] + ui*h[k-1]
zf[k] = wf*x[k] + uf*h[k-1]
zo[k] = wo*x[k] + uo*h[k-1]
zg[k] = wg*x[k] + ug*h[k-1]
i[k] = sigmoid(zi[k])
f[k] = sigmoid(zf[k])
o[k] = sigmoid(zo[k])
g[k] = tanh(zg[k])
c[k] = f[k]*c[k-1] + i[k]*g[k]
q[k] = tanh(c[k])
h[k] = o[k]*q[k]
L = 1/2*sum((h[k] - t[k])^2 for k)
""",
    "inputs": {"x": list(X), "t": list(T), "h0": 0.2, "c0": 0.4},
    "parameters": {f"{kind}{gate}": pair[at] for gate, pair in GATES.items() for at, kind in enumerate("wu")},
}


def cell() -> Numbers:
    """Forward, and back through the second step to the state after the first."""
    found: Numbers = {"h[0]": 0.2, "c[0]": 0.4}
    for k in (1, 2):
        z = {gate: w * X[k - 1] + u * found[f"h[{k - 1}]"] for gate, (w, u) in GATES.items()}
        on = {gate: math.tanh(z[gate]) if gate == "g" else sigmoid(z[gate]) for gate in GATES}
        found |= {f"z{gate}[{k}]": one for gate, one in z.items()} | {f"{gate}[{k}]": one for gate, one in on.items()}
        found[f"c[{k}]"] = on["f"] * found[f"c[{k - 1}]"] + on["i"] * on["g"]
        found[f"q[{k}]"] = math.tanh(found[f"c[{k}]"])
        found[f"h[{k}]"] = on["o"] * found[f"q[{k}]"]
    n = found
    n["L"] = 0.5 * sum((n[f"h[{k}]"] - T[k - 1]) ** 2 for k in (1, 2))
    n["dL/dh[2]"] = n["h[2]"] - T[1]
    n["dL/dq[2]"], n["dL/do[2]"] = n["dL/dh[2]"] * n["o[2]"], n["dL/dh[2]"] * n["q[2]"]
    n["dL/dc[2]"] = n["dL/dq[2]"] * (1 - n["q[2]"] ** 2)
    n["dL/di[2]"], n["dL/dg[2]"] = n["dL/dc[2]"] * n["g[2]"], n["dL/dc[2]"] * n["i[2]"]
    n["dL/df[2]"] = n["dL/dc[2]"] * n["c[1]"]
    for gate in "ifo":
        n[f"dL/dz{gate}[2]"] = n[f"dL/d{gate}[2]"] * n[f"{gate}[2]"] * (1 - n[f"{gate}[2]"])
    n["dL/dzg[2]"] = n["dL/dg[2]"] * (1 - n["g[2]"] ** 2)
    n["dL/dh[1]"] = n["h[1]"] - T[0] + later(n)
    n["dL/dc[1] via c[2]"] = n["dL/dc[2]"] * n["f[2]"]
    return n


def later(n: Numbers) -> float:
    """What comes back to the first state from the second step."""
    return sum(n[f"dL/dz{gate}[2]"] * u for gate, (_, u) in GATES.items())


# -- a gated unit, over rows of several units as the library writes it

UNITS = {
    "equations": """
use rnn(x = x, h = h)
L = sum(G[t,j]*h[t,j] for t, j)
""",
    "inputs": {"x": [[0.6], [-0.9]]},
    "parameters": {"W": [[0.5], [-0.7]], "U": [[0.3, 0.8], [-0.2, 0.4]], "b": [0.1, -0.15]},
    "constants": {"h0": [0.25, -0.35], "G": [[0.9, -0.4], [0.7, 1.1]]},
}


# -- windows, a bias, and a mask

PICTURE = [[0.31, -0.52, 0.73], [0.65, 0.26, -0.47], [-0.19, 0.91, 0.12]]
KERNEL = [[0.41, 0.34], [0.57, -0.23]]
WINDOWS = {
    "equations": """
O[r,c] = sum(K[u,v]*I[r+u-1,c+v-1] for u, v) + b for r in 1..2, c in 1..2
L = 1/2*sum(O[r,c]^2 for r, c)
""",
    "inputs": {"I": PICTURE},
    "parameters": {"K": KERNEL, "b": 0.15},
}


def window(r: int, c: int) -> float:
    return sum(KERNEL[u][v] * PICTURE[r + u][c + v] for u in (0, 1) for v in (0, 1)) + 0.15


def windows() -> Numbers:
    places = [(r, c) for r in (0, 1) for c in (0, 1)]
    found = {f"O[{r + 1},{c + 1}]": window(r, c) for r, c in places}
    found["L"] = sum(one**2 for one in found.values()) / 2
    found |= {f"dL/dO[{r + 1},{c + 1}]": window(r, c) for r, c in places}
    for u, v in places:
        found[f"dL/dK[{u + 1},{v + 1}]"] = sum(window(r, c) * PICTURE[r + u][c + v] for r, c in places)
    found["dL/db"] = sum(window(r, c) for r, c in places)
    return found


X_DROP, W_DROP, MASK, G_DROP = (0.9, -0.6, 1.2), (0.7, 1.1, -0.4), (1, 0, 1), (0.8, -1.3, 0.5)
DROPOUT = {
    "equations": """
a[j] = w[j]*x[j]
use dropout(x = a, y = d)
L = 1/2*sum(G[j]*(d[j] + 1)^2 for j)
""",
    "inputs": {"x": list(X_DROP)},
    "parameters": {"w": list(W_DROP)},
    "constants": {"mask": list(MASK), "keep": 0.8, "G": list(G_DROP)},
}


def dropout() -> Numbers:
    a = [w * x for w, x in zip(W_DROP, X_DROP, strict=True)]
    d = [m * one / 0.8 for m, one in zip(MASK, a, strict=True)]
    found = {f"a[{j}]": one for j, one in enumerate(a, 1)} | {f"d[{j}]": one for j, one in enumerate(d, 1)}
    found["L"] = sum(g * (one + 1) ** 2 for g, one in zip(G_DROP, d, strict=True)) / 2
    back = [g * (one + 1) for g, one in zip(G_DROP, d, strict=True)]
    found |= {f"dL/dd[{j}]": one for j, one in enumerate(back, 1)}
    return found | {f"dL/da[{j}]": m * one / 0.8 for j, (m, one) in enumerate(zip(MASK, back, strict=True), 1)}


# -- a hinge, in a step of its own and inside of a sum

SVM_X, SVM_W = (1.5, -0.4), ((0.8, 0.3), (0.2, -0.6), (0.7, 0.9))
HINGE = {
    "equations": """
z[j] = sum(W[j,i]*x[i] for i)
q = m - z[1]
l = max(0, q)
e = t*z[3]
L = l + sum(max(0, z[j] - z[1] + 1) for j if j != 1) + e^2
""",
    "inputs": {"x": list(SVM_X), "t": 0.7, "m": 0.4},
    "parameters": {"W": [list(row) for row in SVM_W]},
}


def hinge() -> Numbers:
    """Of the margins only that of the third score is missed; the single hinge is off."""
    z = [sum(w * x for w, x in zip(row, SVM_X, strict=True)) for row in SVM_W]
    found = {f"z[{j}]": one for j, one in enumerate(z, 1)}
    q, e = 0.4 - z[0], 0.7 * z[2]
    margins = [z[j] - z[0] + 1 for j in (1, 2)]
    assert q < 0 and [one > 0 for one in margins] == [True, True]
    return found | {"q": q, "l": 0.0, "e": e, "L": sum(margins) + e**2, "dL/dl": 1, "dL/dq": 0}


FAR = {
    "equations": "z[j] = sum(W[j,i]*x[i] for i)\nL = sum(max(0, z[j] - z[1] + 9/20) for j if j != 1) + z[1]^2",
    "inputs": {"x": list(SVM_X)},
    "parameters": {"W": [list(row) for row in SVM_W]},
}


def far() -> Numbers:
    """Only the third score comes near to the first one."""
    z = [sum(w * x for w, x in zip(row, SVM_X, strict=True)) for row in SVM_W]
    margins = [z[1] - z[0] + 0.45, z[2] - z[0] + 0.45]
    assert margins[0] < 0 < margins[1]
    found = {f"z[{j}]": one for j, one in enumerate(z, 1)}
    return found | {"L": margins[1] + z[0] ** 2, "dL/dz[3]": 1, "dL/dz[2]": 0, "dL/dz[1]": 2 * z[0] - 1}


# -- a table of which some rows are looked up

ROWS, WORDS, WEIGHT = ([0.3, 0.1], [0.8, -0.4], [-0.2, 0.6], [0.6, -0.7]), (2, 4, 2), (1.3, -0.9)
TABLE = {
    "equations": "use embedding(word = word, E = E, y = v)\ns = sum(u[d]*v[k,d]^2 for k, d)\nL = 1/2*(s - t)^2",
    "inputs": {"word": list(WORDS), "t": 0.2},
    "parameters": {"E": [list(row) for row in ROWS]},
    "constants": {"u": list(WEIGHT)},
    "training": {"optimizer": "gradient_descent", "learning_rate": 0.1},
}


def table() -> Numbers:
    s = sum(u * ROWS[word - 1][d] ** 2 for word in WORDS for d, u in enumerate(WEIGHT))
    found: Numbers = {"s": s, "L": 0.5 * (s - 0.2) ** 2, "dL/ds": s - 0.2}
    for row in (1, 2, 3, 4):
        for d in (0, 1):
            g = WORDS.count(row) * (s - 0.2) * WEIGHT[d] * 2 * ROWS[row - 1][d]
            found[f"dL/dE[{row},{d + 1}]"] = g
    for row in (1, 2, 3, 4):
        for d in (0, 1):
            found[f"after[1].E[{row},{d + 1}]"] = ROWS[row - 1][d] - 0.1 * found[f"dL/dE[{row},{d + 1}]"]
    return found


# -- a product of two vectors

DENSE_X, DENSE_W = (0.9, -0.7), ((0.4, 0.6), (-0.3, 0.8))
DENSE = {
    "equations": "z[j] = sum(W[j,i]*x[i] for i)\na[j] = tanh(z[j])\nL = sum(G[j]*a[j] for j)",
    "inputs": {"x": list(DENSE_X)},
    "parameters": {"W": [list(row) for row in DENSE_W]},
    "constants": {"G": [1.2, -0.5]},
}


def dense() -> Numbers:
    z = [sum(w * x for w, x in zip(row, DENSE_X, strict=True)) for row in DENSE_W]
    found = {f"z[{j}]": one for j, one in enumerate(z, 1)} | {f"a[{j}]": math.tanh(one) for j, one in enumerate(z, 1)}
    found["L"] = 1.2 * found["a[1]"] - 0.5 * found["a[2]"]
    back = [g * (1 - math.tanh(one) ** 2) for g, one in zip((1.2, -0.5), z, strict=True)]
    found |= {f"dL/dz[{j}]": one for j, one in enumerate(back, 1)}
    return found | {f"dL/dW[{j},{i}]": back[j - 1] * DENSE_X[i - 1] for j in (1, 2) for i in (1, 2)}


# -- cross-entropy after a softmax, over two examples, and after a sigmoid

SCORES, ONE_HOT = ((0.9, -0.3, 0.4), (-0.8, 0.5, 1.1)), ((1, 0, 0), (0, 0, 1))
SOFTMAX = {
    "equations": "p[n,j] = softmax(z[n,j] over j)\nL = -mean(sum(T[n,j]*ln(p[n,j]) for j) for n)",
    "inputs": {"T": [list(row) for row in ONE_HOT]},
    "parameters": {"z": [list(row) for row in SCORES]},
}


def softmax() -> Numbers:
    p = [[math.exp(one) / sum(map(math.exp, row)) for one in row] for row in SCORES]
    places = [(n, j) for n in (0, 1) for j in (0, 1, 2)]
    found = {f"p[{n + 1},{j + 1}]": p[n][j] for n, j in places}
    found["L"] = -sum(ONE_HOT[n][j] * math.log(p[n][j]) for n, j in places) / 2
    return found | {f"dL/dz[{n + 1},{j + 1}]": (p[n][j] - ONE_HOT[n][j]) / 2 for n, j in places}


SIGMOID = {
    "equations": "z = w*x\ny = sigmoid(z)\nL = -(t*ln(y) + (1 - t)*ln(1 - y))",
    "inputs": {"x": 1.4, "t": 1},
    "parameters": {"w": 0.35},
}


def one_sigmoid() -> Numbers:
    y = sigmoid(0.49)
    return {"z": 0.49, "y": y, "L": -math.log(y), "dL/dz": y - 1, "dL/dw": (y - 1) * 1.4}


# -- optimisers; the loss is (w - 1/2)^2

EQUATION = "L = (w - 1/2)^2"


def slope(w: float) -> float:
    return 2 * (w - 0.5)


def optimiser(name: str, **settings: float) -> dict[str, object]:
    training = {"optimizer": name, "learning_rate": 0.1, "steps": 2, **settings}
    return {"equations": EQUATION, "parameters": {"w": 1.7}, "training": training}


def two_steps(move: Callable[[float, float, float, Numbers, int], tuple[float, float]], state: str) -> Numbers:
    """Two steps of a rule with one state, by a function of parameter, state and gradient."""
    w, v = 1.7, 0.0
    found: Numbers = {}
    for t in (1, 2):
        late = f"after[{t - 1}]." if t > 1 else ""
        found[f"{late}L"], found[f"{late}dL/dw"] = (w - 0.5) ** 2, slope(w)
        w, v = move(w, v, slope(w), found, t)
        found |= {f"after[{t}].{state}(w)": v, f"after[{t}].w": w}
    return found


def momentum() -> Numbers:
    def move(w: float, v: float, g: float, found: Numbers, t: int) -> tuple[float, float]:
        v = 0.9 * v - 0.1 * g
        return w + v, v

    return two_steps(move, "v")


def nesterov() -> Numbers:
    def move(w: float, v: float, g: float, found: Numbers, t: int) -> tuple[float, float]:
        at = w - 0.1 * 0.9 * v
        found |= {f"after[{t}].at(w)": at, f"after[{t}].g(w)": slope(at)}
        v = 0.9 * v + slope(at)
        return w - 0.1 * v, v

    return two_steps(move, "v")


def nesterov_torch() -> Numbers:
    def move(w: float, v: float, g: float, found: Numbers, t: int) -> tuple[float, float]:
        v = 0.9 * v + g
        return w - 0.1 * (g + 0.9 * v), v

    return two_steps(move, "v")


def rmsprop() -> Numbers:
    def move(w: float, v: float, g: float, found: Numbers, t: int) -> tuple[float, float]:
        v = 0.9 * v + 0.1 * g**2
        return w - 0.1 * g / (math.sqrt(v) + 0.01), v

    return two_steps(move, "s")


def adamw(inside: bool = False) -> Numbers:
    """Two steps; `inside`: the decay goes into the gradient, as a penalty on the loss does."""
    w, m, v = 1.7, 0.0, 0.0
    found: Numbers = {}
    for t in (1, 2):
        late = f"after[{t - 1}]." if t > 1 else ""
        found[f"{late}dL/dw"] = g = slope(w)
        used = g + 0.1 * w if inside else g
        m, v = 0.9 * m + 0.1 * used, 0.99 * v + 0.01 * used**2
        step = m / (1 - 0.9**t) / (math.sqrt(v / (1 - 0.99**t)) + 0.01)
        w = w - 0.05 * (step if inside else step + 0.1 * w)
        found |= {f"after[{t}].m(w)": m, f"after[{t}].v(w)": v, f"after[{t}].w": w}
    return found


UPHILL = {
    "equations": "L = w*x",
    "inputs": {"x": 0.8},
    "parameters": {"w": -0.3},
    "training": {"update": "p' = p + learning_rate*g", "learning_rate": 0.5, "steps": 1},
}
"""A rule that adds its step."""


def uphill() -> Numbers:
    return {"L": -0.3 * 0.8, "dL/dw": 0.8, "after[1].w": -0.3 + 0.5 * 0.8}


ADAMW = optimiser("adamw", learning_rate=0.05, beta1=0.9, beta2=0.99, epsilon=0.01, weight_decay=0.1)

PROBLEMS: Mapping[str, tuple[Mapping[str, object], Callable[[], Numbers]]] = {
    "cell": (CELL, cell),
    "windows": (WINDOWS, windows),
    "dropout": (DROPOUT, dropout),
    "hinge": (HINGE, hinge),
    "far": (FAR, far),
    "table": (TABLE, table),
    "dense": (DENSE, dense),
    "softmax": (SOFTMAX, softmax),
    "sigmoid": (SIGMOID, one_sigmoid),
    "momentum": (optimiser("momentum", momentum=0.9), momentum),
    "nesterov": (optimiser("nesterov", momentum=0.9), nesterov),
    "nesterov_torch": (optimiser("nesterov_torch", momentum=0.9), nesterov_torch),
    "rmsprop": (optimiser("rmsprop", decay_rate=0.9, epsilon=0.01), rmsprop),
    "adamw": (ADAMW, adamw),
    "uphill": (UPHILL, uphill),
}
"""By name: equations and tables, and the right numbers by hand, in the order of working."""


def _through(n: Numbers, kernel: Callable[[int, int], float]) -> float:
    return sum(window(r, c) * kernel(r, c) for r in (0, 1) for c in (0, 1))


CASES: tuple[Case, ...] = (
    # gates and steps
    ("direct-term-left-out", "cell", "dL/dh[1]", later),
    ("later-steps-left-out", "cell", "dL/dh[1]", lambda n: n["h[1]"] - T[0]),
    ("another-array", "cell", "c[2]", lambda n: n["f[2]"] * n["h[1]"] + n["i[2]"] * n["g[2]"]),
    ("another-array", "cell", "c[2]", lambda n: n["o[2]"] * n["c[1]"] + n["i[2]"] * n["g[2]"]),
    ("factors-exchanged", "cell", "c[2]", lambda n: n["i[2]"] * n["c[1]"] + n["f[2]"] * n["g[2]"]),
    ("factor-twice", "cell", "c[2]", lambda n: n["f[2]"] ** 2 * n["c[1]"] + n["i[2]"] * n["g[2]"]),
    ("entry-of-another-step", "cell", "c[2]", lambda n: n["f[1]"] * n["c[1]"] + n["i[2]"] * n["g[2]"]),
    ("another-array-back", "cell", "dL/df[2]", lambda n: n["dL/dc[2]"] * n["h[1]"]),
    ("another-array-back", "cell", "dL/dg[2]", lambda n: n["dL/dc[2]"] * n["f[2]"]),
    ("another-array-back", "cell", "dL/dg[2]", lambda n: n["dL/dc[2]"] * n["o[2]"]),
    ("slope-of-another-gate", "cell", "dL/dzi[2]", lambda n: n["dL/di[2]"] * n["f[2]"] * (1 - n["f[2]"])),
    ("slope-of-another-function", "cell", "dL/dzg[2]", lambda n: n["dL/dg[2]"] * n["g[2]"] * (1 - n["g[2]"])),
    ("slope-of-another-function", "cell", "dL/dzi[2]", lambda n: n["dL/di[2]"] * (1 - n["i[2]"] ** 2)),
    ("local-derivative-twice", "cell", "dL/dc[1] via c[2]", lambda n: n["dL/dc[2]"] * n["f[2]"] ** 2),
    ("another-step-back", "cell", "dL/dc[1] via c[2]", lambda n: n["dL/dc[2]"] * n["f[1]"]),
    # windows, biases, masks
    ("bias-in-every-term", "windows", "O[1,1]", lambda n: n["O[1,1]"] + 3 * 0.15),
    ("bias-times-window", "windows", "dL/db", lambda n: 4 * n["dL/db"]),
    ("last-path-only", "windows", "dL/db", lambda n: n["dL/dO[1,1]"]),
    ("last-path-only", "windows", "dL/dK[1,2]", lambda n: n["dL/dO[2,2]"] * PICTURE[1][2]),
    ("window-beside-back", "windows", "dL/dK[1,1]", lambda n: _through(n, lambda r, c: PICTURE[r][c + 1])),
    ("mask-not-applied-back", "dropout", "dL/da[2]", lambda n: n["dL/dd[2]"] / 0.8),
    ("local-left-out", "dropout", "dL/da[1]", lambda n: n["dL/dd[1]"]),
    # corners
    ("passed-though-off", "hinge", "dL/dq", lambda n: 1),
    ("let-through-though-off", "far", "dL/dz[2]", lambda n: 1),
    ("let-through-though-off", "far", "dL/dz[1]", lambda n: n["dL/dz[1]"] - 1),
    # rows of a table
    ("row-not-looked-up", "table", "dL/dE[3,1]", lambda n: n["dL/dE[2,1]"]),
    ("row-not-looked-up", "table", "dL/dE[1,2]", lambda n: n["dL/dE[4,2]"]),
    ("outer-product-turned", "dense", "dL/dW[1,2]", lambda n: n["dL/dz[2]"] * DENSE_X[0]),
    # the short way
    ("target-minus-output", "softmax", "dL/dz[1,1]", lambda n: (1 - n["p[1,1]"]) / 2),
    ("error-not-averaged", "softmax", "dL/dz[2,3]", lambda n: n["p[2,3]"] - 1),
    ("target-not-taken-off", "softmax", "dL/dz[2,3]", lambda n: n["p[2,3]"] / 2),
    ("target-minus-output", "sigmoid", "dL/dz", lambda n: 1 - n["y"]),
    ("target-not-taken-off", "sigmoid", "dL/dz", lambda n: n["y"]),
    ("slope-counted-again", "sigmoid", "dL/dz", lambda n: (n["y"] - 1) * n["y"] * (1 - n["y"])),
    # optimisers
    ("old-part-forgotten", "momentum", "after[2].v(w)", lambda n: -0.1 * n["after[1].dL/dw"]),
    (
        "old-part-not-weighted",
        "momentum",
        "after[2].v(w)",
        lambda n: n["after[1].v(w)"] - 0.1 * n["after[1].dL/dw"],
    ),
    ("new-part-forgotten", "momentum", "after[2].v(w)", lambda n: 0.9 * n["after[1].v(w)"]),
    ("new-part-turned", "momentum", "after[2].v(w)", lambda n: 0.9 * n["after[1].v(w)"] + 0.1 * n["after[1].dL/dw"]),
    ("velocity-without-rate", "momentum", "after[1].v(w)", lambda n: -n["dL/dw"]),
    ("state-before", "momentum", "after[2].w", lambda n: n["after[1].w"] + n["after[1].v(w)"]),
    ("step-taken-off", "uphill", "after[1].w", lambda n: -0.3 - 0.5 * 0.8),
    ("velocity-taken-off", "momentum", "after[1].w", lambda n: 1.7 - n["after[1].v(w)"]),
    ("not-looked-ahead", "nesterov", "after[2].g(w)", lambda n: n["after[1].dL/dw"]),
    ("looked-back", "nesterov", "after[2].at(w)", lambda n: n["after[1].w"] + 0.09 * n["after[1].v(w)"]),
    ("look-without-rate", "nesterov", "after[2].at(w)", lambda n: n["after[1].w"] - 0.9 * n["after[1].v(w)"]),
    ("look-without-momentum", "nesterov", "after[2].at(w)", lambda n: n["after[1].w"] - 0.1 * n["after[1].v(w)"]),
    ("rate-in-velocity", "nesterov_torch", "after[1].v(w)", lambda n: 0.1 * n["dL/dw"]),
    (
        "rate-in-velocity",
        "nesterov_torch",
        "after[2].v(w)",
        lambda n: 0.9 * n["after[1].v(w)"] + 0.1 * n["after[1].dL/dw"],
    ),
    ("plain-momentum", "nesterov_torch", "after[2].w", lambda n: n["after[1].w"] - 0.1 * n["after[2].v(w)"]),
    (
        "velocity-whole",
        "nesterov_torch",
        "after[1].w",
        lambda n: 1.7 - 0.1 * (n["dL/dw"] + n["after[1].v(w)"]),
    ),
    (
        "root-left-out",
        "rmsprop",
        "after[2].w",
        lambda n: n["after[1].w"] - 0.1 * n["after[1].dL/dw"] / (n["after[2].s(w)"] + 0.01),
    ),
    ("decay-in-gradient", "adamw", "after[1].m(w)", lambda n: 0.1 * (n["dL/dw"] + 0.1 * 1.7)),
    ("decay-in-gradient", "adamw", "after[1].v(w)", lambda n: 0.01 * (n["dL/dw"] + 0.1 * 1.7) ** 2),
)
"""What the mistake is called, the problem, where it is made, and the wrong number, by hand."""
