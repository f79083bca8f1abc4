"""How fast problems given by equations are: values and all gradients, against the same ball operations in a bare loop.

`python tests/benchmarks/equations.py`. Reading the file is not counted; reading the equations, planning and running
are shown one by one. Some milliseconds of the first go into symbols and are the same for ten steps and for thousands.
The guard, which runs the forward pass a constant number of times, is shown apart. Times are printed, never asserted.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import flint
from flint import arb, fmpq

from derive.model import ModelSolution, model_from_dict, verify
from derive.numbers import FIRST_PRECISION

Rows = Any
"""Nested lists of numbers."""


def rows(rng: random.Random, *shape: int) -> Rows:
    if shape:
        return [rows(rng, *shape[1:]) for _ in range(shape[0])]
    return Decimal(rng.randint(-99, 99)).scaleb(-2)


def balls(value: Rows) -> Rows:
    return [balls(part) for part in value] if isinstance(value, list) else arb(fmpq(*value.as_integer_ratio()))


def dense(size: int) -> tuple[dict[str, Any], Callable[[], object]]:
    rng = random.Random(size)
    W, x, b, t = rows(rng, size, size), rows(rng, size), rows(rng, size), rows(rng, size)
    problem = {
        "title": "dense",
        "inputs": {"x": x},
        "parameters": {"W": W, "b": b},
        "targets": {"t": t},
        "model": {"equations": "use dense(y = a, f = tanh)\nL = 1/2*sum((a[j] - t[j])^2 for j)"},
    }

    def bare() -> object:
        w, X, B, T = balls(W), balls(x), balls(b), balls(t)
        a = []
        for j in range(size):
            total, row = B[j], w[j]
            for i in range(size):
                total = total + row[i] * X[i]
            a.append(total.tanh())
        da = [a[j] - T[j] for j in range(size)]
        loss = sum((d * d for d in da), arb(0)) / 2
        dz = [da[j] * (1 - a[j] * a[j]) for j in range(size)]
        dW = [[dz[j] * X[i] for i in range(size)] for j in range(size)]
        dx = []
        for i in range(size):
            total = arb(0)
            for j in range(size):
                total = total + w[j][i] * dz[j]
            dx.append(total)
        return loss, dW, dx

    return problem, bare


def convolution(size: int, kernels: int) -> tuple[dict[str, Any], Callable[[], object]]:
    rng = random.Random(size)
    picture, K, b = rows(rng, 1, size, size), rows(rng, kernels, 1, 3, 3), rows(rng, kernels)
    problem = {
        "title": "convolution",
        "inputs": {"x": picture},
        "parameters": {"K": K, "b": b},
        "model": {"equations": "use conv2d()\na = tanh(y)\nL = sum(a^2)"},
    }
    out = size - 2

    def bare() -> object:
        X, k, B = balls(picture)[0], balls(K), balls(b)
        places = [(r, c) for r in range(out) for c in range(out)]
        windows = [(u, v) for u in range(3) for v in range(3)]
        dX = [[arb(0)] * size for _ in range(size)]
        loss = arb(0)
        found = []
        for o in range(kernels):
            a, own = [], k[o][0]
            for r, c in places:
                total = B[o]
                for u, v in windows:
                    total = total + own[u][v] * X[r + u][c + v]
                a.append(total.tanh())
            dO = []
            for value in a:
                loss = loss + value * value
                dO.append(2 * value * (1 - value * value))
            for u, v in windows:
                total = arb(0)
                for (r, c), d in zip(places, dO, strict=True):
                    total = total + d * X[r + u][c + v]
                found.append(total)
            for (r, c), d in zip(places, dO, strict=True):
                for u, v in windows:
                    dX[r + u][c + v] = dX[r + u][c + v] + d * own[u][v]
        return loss, found, dX

    return problem, bare


def recurrent(steps: int) -> tuple[dict[str, Any], Callable[[], object]]:
    rng = random.Random(steps)
    x = rows(rng, steps)
    problem = {
        "title": "recurrent",
        "inputs": {"x": x},
        "parameters": {"w": Decimal("0.4"), "u": Decimal("0.3"), "v": Decimal("1.2")},
        "targets": {"t": 1},
        "model": {
            "equations": f"h[0] = 0\na[k] = w*x[k] + u*h[k-1]\nh[k] = tanh(a[k])\ny = v*h[{steps}]\nL = 1/2*(y - t)^2"
        },
    }

    def bare() -> object:
        X = balls(x)
        w, u, v = (arb(fmpq(*number)) for number in ((2, 5), (3, 10), (6, 5)))
        h = [arb(0)]
        for k in range(steps):
            h.append((w * X[k] + u * h[-1]).tanh())
        dy = v * h[steps] - 1
        dh, dw, du, dx = dy * v, arb(0), arb(0), []
        for k in range(steps - 1, -1, -1):
            da = dh * (1 - h[k + 1] * h[k + 1])
            dw, du = dw + da * X[k], du + da * h[k]
            dx.append(da * w)
            dh = da * u
        return dy * dy / 2, dw, du, dx

    return problem, bare


CASES: dict[str, Callable[[], tuple[dict[str, Any], Callable[[], object]]]] = {
    "dense layer, 100 x 100": lambda: dense(100),
    "dense layer, 200 x 200": lambda: dense(200),
    "convolution, 28 x 28, four 3 x 3 kernels": lambda: convolution(28, 4),
    "recurrent, 1,000 steps": lambda: recurrent(1000),
    "recurrent, 2,000 steps": lambda: recurrent(2000),
}


TIMES = 10
"""Every part is timed so often, and its shortest time counts: a busy machine makes all longer, but not alike."""


def timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Prints one line for each case: milliseconds, and ratios to the bare loop."""
    print(f"{'':42} {'equations':>9} {'plan':>6} {'run':>6} {'guard':>6} {'bare':>6} {'run/bare':>8} {'all/bare':>8}")
    for name, make in CASES.items():
        problem, bare = make()
        read = model_from_dict(problem)
        best: list[float] = []
        for _ in range(TIMES):
            found = []
            begin = time.process_time()
            solution = ModelSolution(read)
            found.append(time.process_time() - begin)
            found.append(timed(lambda s=solution: s.computation.program(0)))
            found.append(timed(lambda s=solution: s.decide(lambda: s.rounds)))
            found.append(timed(lambda s=solution: verify(s)))
            with flint.ctx.workprec(FIRST_PRECISION):
                found.append(timed(bare))
            best = [min(pair) for pair in zip(best, found, strict=True)] if best else found
        shown = " ".join(f"{1000 * seconds:{width}.0f}" for seconds, width in zip(best, (9, 6, 6, 6, 6), strict=True))
        ratios = best[2] / best[4], sum(best[:3]) / best[4]
        print(f"{name:42} {shown} {ratios[0]:8.2f} {ratios[1]:8.2f}")


if __name__ == "__main__":
    main()
