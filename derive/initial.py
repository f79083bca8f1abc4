"""Weights drawn at random: the same on every machine, and exact once they are rounded.

Random bits come from the Mersenne Twister with the problem's seed; everything after them is ball arithmetic, so no
platform's floating point can change a digit.
"""

from __future__ import annotations

import random
from decimal import Decimal

from flint import arb, fmpq, fmpz

from derive.numbers import Number, decimal_text, rounded, sign, with_precision
from derive.spec import Layer, Problem

BITS = 53


def draw_missing_weights(problem: Problem) -> Problem:
    """The problem with every `init` replaced by the weights it draws, rounded to the problem's decimals."""
    layers = []
    for layer, inputs in zip(problem.network.layers, problem.network.sizes, strict=False):
        if layer.weights is None:
            layer = layer.model_copy(update={"weights": draw(layer, inputs, problem.rounding.decimals)})
        layers.append(layer)
    network = problem.network.model_copy(update={"layers": tuple(layers)})
    return problem.model_copy(update={"network": network})


def draw(layer: Layer, inputs: int, decimals: int) -> tuple[tuple[Decimal, ...], ...]:
    """The weights of one layer, one row per unit.

    he: normal with variance 2 / inputs (He et al., "Delving deep into rectifiers", 2015). xavier: uniform between
    plus and minus sqrt(6 / (inputs + units)) (Glorot and Bengio, "Understanding the difficulty of training deep
    feedforward neural networks", 2010). uniform: between plus and minus 1 / sqrt(inputs).
    """
    source = random.Random(layer.seed or 0)

    def one() -> Decimal:
        bits = (source.getrandbits(BITS), source.getrandbits(BITS))
        return with_precision(lambda: _decimal(_scaled(layer, inputs, *bits), decimals))

    return tuple(tuple(one() for _ in range(inputs)) for _ in range(layer.units))


def _scaled(layer: Layer, inputs: int, first: int, second: int) -> Number:
    size = fmpz(1) << BITS
    unit = fmpq(2 * first + 1, 2 * size)
    match layer.init:
        case "he":
            # Box and Muller (1958): two uniform numbers make a normal one.
            normal = (-2 * arb(unit).log()).sqrt() * (2 * arb(fmpq(second, size))).cos_pi()
            return normal * arb(fmpq(2, inputs)).sqrt()
        case "xavier":
            return (2 * unit - 1) * arb(fmpq(6, inputs + layer.units)).sqrt()
        case "uniform":
            return (2 * unit - 1) / arb(inputs).sqrt()
    raise ValueError(f"unknown initialisation {layer.init!r}")


def _decimal(number: Number, decimals: int) -> Decimal:
    value = rounded(number, decimals)
    scaled = abs(value) * fmpz(10) ** decimals
    return Decimal(decimal_text(int(scaled.p), decimals, negative=sign(value) < 0))
