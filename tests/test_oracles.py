"""Every derivative, every update and every loss, against three programs that share no code with derive.

The first is a plain forward pass in 60-digit arithmetic, differentiated by central differences; the second
composes the loss into one SymPy expression and differentiates that; the third is PyTorch's autograd.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import mpmath
import sympy
from flint import fmpq
from mpmath import mpf
from networks import ACTIVATIONS, CORNERED, LOSSES, Table, random_network
from plain import MP, SYMBOLIC, Arithmetic, Parameters, Place, Plain, examples_of, parameters, penalty, update
from tools import need

from derive import Solution, solve
from derive.quantity import Quantity

NETWORKS = range(40)
"""Random networks for central differences and for PyTorch; the sweep `oracles` draws others."""
SMALL_NETWORKS = range(16)
"""Those for SymPy: one or two layers of at most two units, one or two examples, one update; the sweep draws others."""

# A central difference is off by h^2 f'''/6, about 1e-30 for h = 1e-15, and its 60 digits lose 15 in the
# subtraction.
H = mpf(10) ** -15
DIGITS = 60
MEASURED = mpf(10) ** -20
COMPOSED = mpf(10) ** -30
# PyTorch computes in float64, whose unit roundoff is 1.1e-16. A gradient here is a sum of at most some
# hundred products along at most four layers; each operation adds about one roundoff relative to the largest
# terms that meet in it, so at most some hundred roundoffs, some 1e-14, relative to the network's largest
# gradient (not to the gradient itself, which may be a small difference of large terms). Where outputs nearly
# meet their targets, the subtraction of numbers near 1 leaves an absolute error of some roundoffs.
FLOAT64, ABSOLUTE = 1e-12, 1e-14


@cache
def solved(table: Callable[[int], Table], seed: int) -> Solution:
    return solve(table(seed))


def network(seed: int) -> Table:
    return random_network(seed)


def small_network(seed: int) -> Table:
    return random_network(seed, depth=(1, 2), width=(1, 2), examples=(1, 2), steps=(1, 1))


def value(solution: Solution, kind: str, *place: int, example: int | None = None, step: int = 0) -> mpf:
    """A number of derive's as an mpmath number: the rational itself or the middle of its ball."""
    number = solution.exact.numbers[Quantity(kind, *place, example=example, step=step)]
    if isinstance(number, fmpq):
        return mpf(int(number.p)) / int(number.q)
    assert number.rad() < 1e-40
    mantissa, exponent = number.mid().man_exp()
    return mpmath.ldexp(mpf(int(mantissa)), int(exponent))


def close(got: mpf, expected: mpf, tolerance: mpf) -> bool:
    """Equal relatively, or absolutely where the numbers are small."""
    return abs(got - expected) <= tolerance * max(1, abs(expected))


# -- central differences ---------------------------------------------------------------------------


def measured(plain: Plain, p: Parameters, examples: list[int]) -> dict[Place, list[mpf]]:
    """Of every parameter: the derivative of each example's loss, then that of the loss with its penalty."""
    below = [[plain.inputs[s], *(a for _, a in plain.forward(p, plain.inputs[s]))] for s in examples]
    found = {}
    for place in list(p.places()):
        layer, middle, sides = place[1], p.get(place), []
        for moved in (middle + H, middle - H):
            p.put(place, moved)
            losses = [
                plain.example_loss(p, s, layer - 1, trail[layer - 1]) for s, trail in zip(examples, below, strict=True)
            ]
            sides.append([*losses, plain.reduce(losses) + penalty(plain.table, p, plain.f)])
        p.put(place, middle)
        found[place] = [(up - down) / (2 * H) for up, down in zip(*sides, strict=True)]
    return found


def measured_inputs(plain: Plain, p: Parameters, s: int) -> list[mpf]:
    """The derivative of an example's loss with respect to each input that the network sees."""
    row = plain.inputs[s]
    moved = [[x + H * sign * (k == i) for k, x in enumerate(row)] for i in range(len(row)) for sign in (1, -1)]
    losses = [plain.example_loss(p, s, 0, a) for a in moved]
    return [(up - down) / (2 * H) for up, down in zip(losses[::2], losses[1::2], strict=True)]


def disagreements(seed: int) -> tuple[list[str], int]:
    """Where derive and the differences part for one network, and how many numbers were compared."""
    table, solution, wrong = network(seed), solved(network, seed), []
    plain, p, velocity, compared = Plain(table, MP), parameters(table, MP.number), {}, 0
    many = len(plain.inputs) > 1

    def compare(expected: mpf, kind: str, *place: int, example: int | None = None, step: int = 0) -> None:
        nonlocal compared
        compared += 1
        if not close(value(solution, kind, *place, example=example, step=step), expected, MEASURED):
            wrong.append(f"network {seed}: {Quantity(kind, *place, example=example, step=step).id}")

    def compare_forward(step: int, examples: list[int]) -> None:
        for s in examples:
            for layer, (z, a) in enumerate(plain.forward(p, plain.inputs[s]), 1):
                cornered = table["network"]["layers"][layer - 1]["activation"] in CORNERED
                assert not cornered or min(map(abs, z)) > 1e-9, "a kink: draw the network again"
                for j, (x, y) in enumerate(zip(z, a, strict=True)):
                    compare(x, "z", layer, j, example=s if many else None, step=step)
                    compare(y, "a", layer, j, example=s if many else None, step=step)
        compare(plain.loss(p, examples), "loss", step=step)

    steps = table["training"]["steps"]
    for step in range(steps):
        examples = examples_of(table, step)
        compare_forward(step, examples)
        gradient = measured(plain, p, examples)
        for (kind, layer, indices), (*single, total) in gradient.items():
            compare(total, f"dL/d{kind}", layer, *indices, step=step)
            for s, slope in zip(examples, single if many else [], strict=False):
                compare(slope, f"dL/d{kind}", layer, *indices, example=s, step=step)
        for s in examples:
            for i, slope in enumerate(measured_inputs(plain, p, s)):
                compare(slope, "dL/da", 0, i, example=s if many else None, step=step)
        update(table, p, {place: total for place, (*_, total) in gradient.items()}, velocity, step, MP)
        for kind, layer, indices in p.places():
            compare(p.get((kind, layer, indices)), kind, layer, *indices, step=step + 1)
    compare_forward(steps, examples_of(table, steps - 1))
    return wrong, compared


# -- tests -----------------------------------------------------------------------------------------


def test_the_networks_are_varied() -> None:
    """Every activation and loss, every kind of bias, batch, optimiser, decay and penalty is drawn often."""
    tables = [network(seed) for seed in range(320)]
    layers = [layer for table in tables for layer in table["network"]["layers"]]
    drawn = Counter(("hidden", one["activation"]) for table in tables for one in table["network"]["layers"][:-1])
    drawn += Counter(("output", table["network"]["layers"][-1]["activation"]) for table in tables)
    drawn += Counter(("depth", len(table["network"]["layers"])) for table in tables)
    drawn += Counter(("width", layer["units"]) for layer in layers)
    drawn += Counter(("loss", table["loss"]["name"]) for table in tables)
    drawn += Counter(("reduction", table["loss"]["reduction"]) for table in tables)
    drawn += Counter(("penalty", *table["loss"].get("regularization", {})) for table in tables)
    drawn += Counter(("examples", len(table["data"]["inputs"])) for table in tables)
    drawn += Counter(("standardize", "standardize" in table["data"]) for table in tables)
    for key in ("steps", "batch", "optimizer"):
        drawn += Counter((key, table["training"].get(key)) for table in tables)
    drawn += Counter(("decay", table["training"].get("decay", {}).get("kind")) for table in tables)
    drawn += Counter(("biases", type(one.get("biases")).__name__, one.get("train_biases", True)) for one in layers)
    expected = [
        *itertools.product(["hidden", "output"], ACTIVATIONS),
        *itertools.product(["loss"], LOSSES),
        *itertools.product(["depth", "examples"], [1, 2, 3, 4]),
        *itertools.product(["width"], [1, 2, 3, 4, 5]),
        *itertools.product(["steps"], [1, 2, 3]),
        *itertools.product(["biases"], ["Decimal", "list"], [True, False]),
        ("biases", "NoneType", True),
        *itertools.product(["batch"], ["all", "one"]),
        *itertools.product(["reduction"], ["mean", "sum"]),
        *itertools.product(["standardize"], [True, False]),
        *itertools.product(["optimizer"], ["momentum", None]),
        *itertools.product(["decay"], ["inverse_time", "exponential", None]),
        *(("penalty", *kinds) for kinds in ((), ("l1",), ("l2",), ("l1", "l2"))),
    ]
    assert set(drawn) == set(expected)
    assert min(drawn.values()) >= 15
    assert tables == [network(seed) for seed in range(320)]


def differ_from_differences(seeds: Iterable[int]) -> tuple[list[str], int]:
    """What disagrees with the differences in the networks of the seeds, and how many numbers were compared."""
    with mpmath.workdps(DIGITS):
        each = [disagreements(seed) for seed in seeds]
    return [text for texts, _ in each for text in texts], sum(count for _, count in each)


def test_central_differences() -> None:
    """Every sum, activation, loss, gradient and new parameter of every update, against differences."""
    wrong, compared = differ_from_differences(NETWORKS)
    assert wrong == []
    assert compared > 100 * len(NETWORKS)


def differ_from_composed(seeds: Iterable[int]) -> tuple[list[str], int]:
    """What disagrees with SymPy's derivative of the whole loss, and how many numbers were compared."""
    wrong, compared = [], 0
    for seed in seeds:
        table, solution = small_network(seed), solved(small_network, seed)
        p = parameters(table, SYMBOLIC.number)
        start, symbols = {}, {}
        for place in list(p.places()):
            symbols[place] = sympy.Symbol(f"p{len(symbols)}", real=True)
            start[symbols[place]] = p.get(place)
            p.put(place, symbols[place])
        loss = Plain(table, SYMBOLIC).loss(p, examples_of(table, 0))
        slopes = [sympy.diff(loss, symbol) for symbol in symbols.values()]
        evaluate = sympy.lambdify(list(start), [loss, *slopes], "mpmath", cse=True)
        with mpmath.workdps(50):
            expected_loss, *expected = evaluate(*[mpf(x.p) / x.q for x in start.values()])
            pairs = [(value(solution, "loss"), expected_loss)]
            for (kind, layer, indices), slope in zip(symbols, expected, strict=True):
                pairs.append((value(solution, f"dL/d{kind}", layer, *indices), slope))
            wrong += [f"small network {seed}: number {k}" for k, (got, right) in enumerate(pairs)
                      if not close(got, right, COMPOSED)]  # fmt: skip
            compared += len(pairs)
    return wrong, compared


def test_composed_expression() -> None:
    """The loss as one SymPy expression in all parameters, differentiated by SymPy."""
    wrong, compared = differ_from_composed(SMALL_NETWORKS)
    assert wrong == []
    assert compared > 5 * len(SMALL_NETWORKS)


def apart(pairs: list[tuple[mpf, float]]) -> bool:
    """Whether numbers differ by more than float64 explains, relative to the largest of them."""
    scale = max(abs(right) for _, right in pairs)
    return max(abs(got - right) for got, right in pairs) > FLOAT64 * scale + ABSOLUTE


def differ_from_autograd(seeds: Iterable[int]) -> tuple[list[str], int]:
    """What disagrees with PyTorch in the networks of the seeds, and how many numbers were compared."""
    import torch

    def tensor(x: Any) -> Any:
        return torch.tensor(float(x), dtype=torch.float64)

    f = Arithmetic(torch.exp, torch.log, torch.tanh, lambda z, a, b: torch.where(z > 0, a, b), torch.abs, tensor)
    wrong, compared = [], 0
    for seed in seeds:
        table, solution = network(seed), solved(network, seed)
        plain, p, velocity = Plain(table, f), parameters(table, tensor), {}
        for step in range(table["training"]["steps"]):
            places = list(p.places())
            for place in places:
                p.put(place, p.get(place).detach().requires_grad_())
            loss = plain.loss(p, examples_of(table, step))
            slopes = torch.autograd.grad(loss, [p.get(place) for place in places], materialize_grads=True)
            with torch.no_grad():
                update(table, p, dict(zip(places, slopes, strict=True)), velocity, step, f)
            gradients = [
                (value(solution, f"dL/d{kind}", layer, *at, step=step), slope.item())
                for (kind, layer, at), slope in zip(places, slopes, strict=True)
            ]
            news = [
                (value(solution, kind, layer, *at, step=step + 1), p.get((kind, layer, at)).item())
                for kind, layer, at in places
            ]
            losses = [(value(solution, "loss", step=step), loss.item())]
            wrong += [f"network {seed}, step {step}" for pairs in (gradients, news, losses) if apart(pairs)]
            compared += len(gradients) + len(news)
        steps = table["training"]["steps"]
        with torch.no_grad():
            last = plain.loss(p, examples_of(table, steps - 1)).item()
        wrong += [f"network {seed}, loss after {steps}"] * apart([(value(solution, "loss", step=steps), last)])
    return wrong, compared


def test_pytorch() -> None:
    """Gradients, new parameters and losses of every update, against autograd in float64."""
    need("torch")
    wrong, compared = differ_from_autograd(NETWORKS)
    assert wrong == []
    assert compared > 50 * len(NETWORKS)
