"""Texts of equations from strangers, random, mutated, huge: an answer or one message each, soon, in little memory."""

from __future__ import annotations

import random
import resource
import time
from collections import Counter
from decimal import Decimal as D
from typing import Any

from random_equations import random_problem

from derive.errors import InputError
from derive.language.words import FUNCTIONS, KEYWORDS
from derive.library import rows
from derive.model import ModelSolution, model_from_dict, verify

TEXTS = 20_000
LONGEST = 10.0
"""Seconds that one text may take."""
MEMORY = 1_500_000
"""Kilobytes that the process may have taken at its end."""

GIVENS: dict[str, Any] = {
    "inputs": {
        "x": [D("0.5"), D("-1.0"), D("2.0")],
        "X": [[1, 0, D("0.5")], [0, 2, D("-0.5")], [1, 1, D("0.3")]],
        "I": [
            [D("0.31"), D("-0.52"), D("0.73")],
            [D("0.65"), D("0.26"), D("-0.47")],
            [D("-0.19"), D("0.91"), D("0.12")],
        ],
    },
    "parameters": {
        "w": D("0.4"),
        "u": D("0.3"),
        "b": [D("0.1"), D("-0.1"), D("0.2")],
        "W": [[D("0.2"), D("0.1"), D("-0.3")], [D("0.4"), D("0.5"), D("-0.6")], [D("0.7"), D("0.8"), D("0.9")]],
        "K": [[D("0.21"), D("-0.32")], [D("0.44"), D("0.55")]],
    },
    "targets": {"t": [1, 0, 0], "right": 3},
    "constants": {"word": [2, 1, 2], "n": 3, "eps": D("0.00001"), "zero": 0},
}
EXAMPLES = (
    "q = w*u + 1\nr = max(q, w)   # larger\nf = r^2 + exp(u)",
    "h[0] = 0\na[k] = w*x[k] + u*h[k-1]\nh[k] = tanh(a[k])\nL = 1/2*(h[3] - 1)^2",
    "O[r,c] = sum(K[i,j]*pad(I[r+i-2,c+j-2]) for i, j) for r in 1..3, c in 1..3\nA = relu(O)\nL = sum(A^2)",
    "S = X@W.T/sqrt(3)\nA[p,m] = softmax(S[p,m] over m if m <= p)\nO = A@X\nL = mean(O)",
    "m[d] = mean(W[word[k],d] for k)\nlogp = log_softmax(m)\nL = -logp[right]",
    "f(a, c) = a*tanh(c)\ny[i] = f(x[i], w) + elu(x[i], alpha = 2)\nL = sum(y[i] for i if i != 2)",
    "use dense(z = z, y = y, f = sigmoid)\nuse binary_cross_entropy()",
    "use dense(x = X[e], z = z[e], y = a[e], f = relu) for e\nL = sum(a)",
    "use layer_norm(gamma = b, beta = b)\nuse half_squared_error()",
    "conv(P, Q)[r,c] = sum(Q[i,j]*P[r+i-1,c+j-1] for i, j)\nO = conv(I, K)\nL = sum(O)",
    "y[i] = prod(x[j] - x[i] for j in 1..3 if j != i and j < 3)\nL = if(y[1] > 0, y[1], -y[2])",
    "mu = mean(x)\nv = mean((x[i] - mu)^2 for i)\ny[i] = (x[i] - mu)/sqrt(v + eps)\nL = y[1]*size(x, 1)",
)
PIECES = (
    *KEYWORDS,
    *FUNCTIONS,
    *[
        "+",
        "-",
        "*",
        "/",
        "^",
        "@",
        "(",
        ")",
        "[",
        "]",
        ",",
        "=",
        "<",
        ">",
        "'",
        ".",
        ":",
        ";",
        "#",
        "!",
        "?",
        "&",
        "|",
        '"',
        "\\",
        "{",
        "}",
        "$",
        "~",
        "`",
        "%",
        "_",
        "α",
        "∑",
        "×",
        "−",
        "\t",
        "\x00",
        "\r",
        "é",
        "𝑥",
    ],
    *[
        "..",
        ".T",
        "<=",
        ">=",
        "==",
        "!=",
        "**",
        "1e999999999",
        "9" * 50,
        "0",
        "1",
        "2",
        "1.5",
        "1e-5",
        "1..3",
        "3..1",
        " ",
    ],
    *[
        "x",
        "w",
        "W",
        "t",
        "k",
        "i",
        "j",
        "y",
        "L",
        "n",
        "word",
        "x[k]",
        "W[i,j]",
        "x[k+1]",
        "pad(x[k-1])",
        "zero",
        "right",
    ],
    *[
        "sum(x[i] for i)",
        "for k in 1..3",
        "if k < 2",
        "y = ",
        "h[k] = ",
        "use dense(",
        "1/0",
        "ln(0)",
        "x^1000000",
        "-",
    ],
    *["for i in 1..999999", "exp(exp(exp(9)))", "99999999^99999999", "x[x[1]]", "word[word[k]]", "h[k-1]", "dL"],
)


def run(seed: int, share: float) -> list[str]:
    """The texts that end in anything but an answer or a message."""
    counted: Counter[str] = Counter()
    failures: list[str] = []
    slowest = 0.0
    count = max(1, round(TEXTS * share))
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        tables, text = _text(rng)
        start = time.monotonic()
        try:
            verdict = _tried(tables, text)
        except Exception as error:
            failures.append(f"text {number} of seed {seed}: {type(error).__name__}: {error}\n{text!r}")
            continue
        took = time.monotonic() - start
        slowest = max(slowest, took)
        if took > LONGEST:
            failures.append(f"text {number} of seed {seed} takes {took:.0f} s\n{text!r}")
        if verdict.startswith("!"):
            failures.append(f"text {number} of seed {seed}: {verdict}\n{text!r}")
        counted[verdict] += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if peak > MEMORY:
        failures.append(f"the process has taken {peak} kB")
    print(f"{count} texts of equations: {dict(counted)}, slowest {slowest:.1f} s, memory {peak // 1000} MB")
    return failures


def _tried(tables: dict[str, Any], text: str) -> str:
    """Whether a text has an answer or a message; a message names something and is short."""
    try:
        solution = ModelSolution(model_from_dict({"title": "text", **tables, "model": {"equations": text}}))
        verify(solution)
        values = solution.values(6)
    except InputError as error:
        message = str(error)
        if len(message) > 1500 or "\0" in message or not message.strip():
            return f"! a message of {len(message)} characters"
        return "messages"
    return "answers" if values else "! no values"


def _text(rng: random.Random) -> tuple[dict[str, Any], str]:
    kind = rng.random()
    if kind < 0.15:
        return GIVENS, " ".join(rng.choice(PIECES) for _ in range(rng.randint(1, 30)))
    if kind < 0.25:
        return GIVENS, _huge(rng)
    if kind < 0.4:
        problem = random_problem(rng)
        return {**problem.tables_of()}, _mutated(rng, problem.text)
    if kind < 0.5:
        row = rng.choice([*rows("layer").values(), *rows("loss").values()])
        return GIVENS, _mutated(rng, row.equations + "\n" + rng.choice(EXAMPLES), 2)
    return GIVENS, _mutated(rng, rng.choice(EXAMPLES))


def _mutated(rng: random.Random, text: str, most: int = 4) -> str:
    """A text with a few faults: characters and pieces lost, doubled, swapped, put in; lines turned."""
    for _ in range(rng.choice([1, 1, 1, 2, most])):
        at = rng.randrange(len(text) + 1)
        kind = rng.randrange(7)
        end = min(len(text), at + rng.randint(1, 4))
        if kind == 0:
            text = text[:at] + text[end:]
        elif kind == 1:
            text = text[:at] + rng.choice(PIECES) + text[at:]
        elif kind == 2:
            text = text[:at] + rng.choice(PIECES) + text[end:]
        elif kind == 3:
            text = text[:at] + text[at:end] * 2 + text[end:]
        elif kind == 4:
            lines = text.split("\n")
            rng.shuffle(lines)
            text = "\n".join(lines)
        elif kind == 5:
            lines = text.split("\n")
            lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))
            text = "\n".join(lines)
        else:
            names = ["x", "w", "y", "k", "i", "j", "L", "h", "1", "2", "W"]
            text = text.replace(rng.choice(names), rng.choice(names), rng.randint(1, 2))
    return text


def _huge(rng: random.Random) -> str:
    """Something deep, long, large or growing fast."""
    n = rng.choice([30, 60, 300, 3000])
    return rng.choice(
        [
            "y = " + "(" * n + "w" + ")" * n,
            "y = " + "-" * n + "w",
            "y = " + "^".join(["w"] * n),
            "y = " + "/".join(["w"] * n),
            "y = " + "+".join(["w*u"] * n),
            "y = " + "*".join(["w"] * n),
            "y = " + "@".join(["W"] * n),
            "y = " + "exp(" * n + "w" + ")" * n,
            "y = x[" + "(" * n + "1" + ")" * n + "]",
            "y = x[" + "word[" * n + "1" + "]" * n + "]",
            f"y[i,j,k] = w for i in 1..{n}, j in 1..{n}, k in 1..{n}",
            f"y = sum(w for i in 1..{n}, j in 1..{n}, k in 1..{n})",
            f"y = prod(3 for i in 1..{n}, j in 1..{n})",
            f"h[0] = 2\nh[k] = h[k-1]^2 for k in 1..{n}\nL = h[{n}]",
            f"h[0] = 1/3\nh[k] = h[k-1]*h[k-1] + w for k in 1..{n}\nL = h[{n}]",
            f"h[0] = 1/3\nh[k] = exp(h[k-1]) for k in 1..{n}\nL = h[{n}]",
            f"y = w^{n}*u^(w^{n})",
            "\n".join(
                ["f0(a) = a*a"] + [f"f{k}(a) = f{k - 1}(a)*f{k - 1}(a)" for k in range(1, min(n, 100))] + ["y = f29(w)"]
            ),
            "\n".join(
                ["g0(v) = sum(v)"]
                + [f"g{k}(v) = g{k - 1}(v)+g{k - 1}(v)" for k in range(1, min(n, 100))]
                + ["y = g29(x)"]
            ),
            "\n".join(["y0 = w"] + [f"y{k} = y{k - 1}*y{k - 1}" for k in range(1, min(n, 400))]),
            "\n".join([f"y{k} = y{k + 1}" for k in range(min(n, 400))] + [f"y{min(n, 400)} = y0"]),
            "\n".join(["y0 = x"] + [f"y{k} = W@y{k - 1}" for k in range(1, min(n, 100))] + ["L = y1[1]"]),
            "\n".join(f"f{k}(a) = f{k + 1}(a)" for k in range(min(n, 300))),
            "y[" + ",".join(["i"] * n) + "] = 1",
            "y" * n + " = 1",
            "# " + "x" * n,
            "\n" * n + "y = w",
            f"y = softmax(sum(x[i] for i in 1..{n}))",
            "y[i] = softmax(x[i] over i)\n" * min(n, 50),
        ]
    )
