"""A gradient measured with the forward pass alone: a central difference whose error is bounded with certainty.

Along a direction d the loss is a function f(t) = L(w + t d). The quotient (f(h) - f(-h)) / 2h differs from f'(0) by
what the third and higher powers of t contribute. Where f is analytic on the disc |t| <= R of complex numbers and
differs there from f(0) by at most M, Cauchy's estimate bounds the coefficient of t^k by M / R^k, and so the error by
(M / R) q^2 / (1 - q^2) with q = h / R. M comes from one more forward pass, whose number t is a complex ball that holds
the disc: if every result is finite, no function has left its domain. So three forward passes enclose a derivative.

Where a formula has a corner, such as a rectifier's, the side is kept that holds at w: it is analytic. Formulas are
evaluated here by a compiler of their own, so that nothing but the steps is shared with what is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from operator import add, itemgetter, mul
from typing import Any

import flint
from flint import acb, arb, fmpq

from derive.branches import smooth
from derive.expression import Add, Call, Const, Div, Group, Mul, Neg, Node, Pow, Ref, bind, quantities
from derive.functions import EVERY, X
from derive.graph import Readers
from derive.numbers import Environment, Number, multiplied
from derive.quantity import Quantity
from derive.step import Step

Ball = arb | acb
Evaluator = Callable[[Any], Ball]

RADII = (6, 16, 36, 76, 156)
"""Powers of 1/2 that are tried as the radius R of the disc; h is the smaller the more bits are carried."""
SPARE = 24
"""Bits by which M may be larger than it would have to be, and rounding than one unit."""
ATTEMPTS, MOST_BITS = 4, 4096
"""Precisions that are tried, each twice the one before, and the largest of them."""


class Forward:
    """The forward pass as a function of the numbers from which it starts; what does not depend on them stays.

    Steps whose formulas have corners are those that compute the `cornered` quantities.
    """

    def __init__(self, steps: Sequence[Step], env: Environment, cornered: Container[Quantity]) -> None:
        formulas = [smooth(step.formula, env) if step.target in cornered else step.formula for step in steps]
        self._lines = [(step.target, _compiled(formula)) for step, formula in zip(steps, formulas, strict=True)]
        self._readers = Readers(steps)
        targets = {step.target for step in steps}
        self._start = {q: env[q] for step in steps for q in quantities(step.formula) if q not in targets}
        self._size = {step.target: env[step.target] for step in steps}
        self._first = 0
        self._last: tuple[tuple[Quantity, ...], list[int]] = (), []
        self._bases: dict[int, tuple[dict[Quantity, arb], dict[Quantity, acb]]] = {}

    def slope(self, loss: Quantity, direction: Mapping[Quantity, arb], expected: arb, wanted: arb) -> arb:
        """A ball that certainly holds the derivative of the loss along a direction.

        Its radius is at most `wanted`, or as small as the largest precision makes it. The derivative that is `expected`
        only tells how many bits are likely to do.
        """
        places = self._reached(tuple(direction))
        if not any(self._lines[place][0] == loss for place in places):
            return arb(0)
        best = arb(0, 1) / 0
        bits = self._bits(loss, expected, wanted)
        for attempt in range(ATTEMPTS):
            precision = min(bits << attempt, MOST_BITS)
            with flint.ctx.workprec(precision):
                for number, found in self._slopes(loss, direction, places, precision):
                    if found.rad() <= wanted:
                        self._first = number
                        return found
                    if not best.is_finite() or found.rad() < best.rad():
                        best = found
        return best

    def _bits(self, loss: Quantity, expected: arb, wanted: arb) -> int:
        """The precision that is tried first.

        With p bits h is R / 2^(p/4), so the error is about 2^(-p/2) of the derivative, and what rounding adds to the
        loss, divided by h, is 2^(-3p/4) of it, divided by R.
        """
        small = magnitude(wanted)
        for_error = 2 * (magnitude(expected) - small + SPARE)
        for_rounding = (magnitude(self._size[loss]) - small + RADII[0] + SPARE) * 4 // 3
        return min(max(for_error, for_rounding, 128), MOST_BITS)

    def _slopes(
        self, loss: Quantity, direction: Mapping[Quantity, arb], places: list[int], precision: int
    ) -> Iterator[tuple[int, arb]]:
        """Enclosures of the derivative from smaller and smaller discs; the first is the last that was small enough."""
        real, complex_ = self._base(precision)
        for number in range(self._first, len(RADII)):
            radius, ratio = arb(2) ** -RADII[number], arb(2) ** -(precision // 4)
            disc = acb(arb(0, radius), arb(0, radius))
            most = (self._moved(complex_, loss, direction, places, disc) - real[loss]).abs_upper()
            if not most.is_finite():
                continue
            h = radius * ratio
            ahead, behind = (self._moved(real, loss, direction, places, t) for t in (h, -h))
            error = most / radius * ratio**2 / (1 - ratio**2)
            yield number, (ahead - behind) / (2 * h) + arb(0, 1) * error

    def _moved(
        self, env: dict[Quantity, Any], loss: Quantity, direction: Mapping[Quantity, arb], places: list[int], t: Ball
    ) -> Any:
        """The loss after a move by t along the direction."""
        env = env.copy()
        for quantity, share in direction.items():
            env[quantity] = env[quantity] + t * share
        for place in places:
            target, evaluator = self._lines[place]
            env[target] = evaluator(env)
        return env[loss]

    def _base(self, precision: int) -> tuple[dict[Quantity, arb], dict[Quantity, acb]]:
        """All values where nothing is moved, as real and as complex balls."""
        if precision not in self._bases:
            env: dict[Quantity, Any] = {quantity: arb(number) for quantity, number in self._start.items()}
            for target, evaluator in self._lines:
                env[target] = evaluator(env)
            self._bases[precision] = env, {quantity: acb(number) for quantity, number in env.items()}
        return self._bases[precision]

    def _reached(self, moved: tuple[Quantity, ...]) -> list[int]:
        """The steps that depend on what moves, in order."""
        if moved != self._last[0]:
            self._last = moved, self._readers.reached(moved)
        return self._last[1]


def magnitude(number: Number) -> int:
    """The power of 2 near a number; of 0 and of what may be 0, the power of 2 near its radius."""
    ball = arb(number)
    mantissa, exponent = (ball.mid() if not ball.contains(0) else ball.rad()).man_exp()
    return int(exponent) + abs(int(mantissa)).bit_length()


def _compiled(formula: Node) -> Evaluator:
    """A smooth formula as a function of real or complex balls by quantity; not finite where it may not be analytic."""
    match formula:
        case Const(value):
            rational = fmpq(value.numerator, value.denominator)
            number = arb(rational)
            return (lambda env: number) if number.is_exact() else (lambda env: arb(rational))
        case Ref(quantity):
            return itemgetter(quantity)
        case Group(arg):
            return _compiled(arg)
        case Neg(arg):
            inner = _compiled(arg)
            return lambda env: -inner(env)
        case Mul((Ref(left), Ref(right))):
            return lambda env: env[left] * env[right]
        case Add((Mul((Ref(), Ref())), *_)):
            return _compiled_sum(formula)
        case Add(parts):
            return _folded([_compiled(part) for part in parts], add)
        case Mul(parts):
            return _folded([_compiled(part) for part in parts], mul)
        case Div(above, below):
            numerator, denominator = _compiled(above), _compiled(below)
            return lambda env: numerator(env) / denominator(env)
        case Pow(base, Const(exponent)) if exponent.denominator == 1:
            root, factors = _compiled(base), abs(int(exponent))
            return lambda env: _power(root(env), factors) if exponent >= 0 else 1 / _power(root(env), factors)
        case Call("pi", ()):
            return lambda env: arb.pi()
        case Call(function, (arg,)) if (definition := EVERY[function].definition) is not None:
            return _compiled(bind(definition, {X.name: arg}))
        case Call(function, (arg,)) if (analytic := EVERY[function].analytic) is not None:
            argument, evaluate = _compiled(arg), analytic
            return lambda env: evaluate(argument(env))
    raise TypeError(f"no value for {formula!r}")


def _compiled_sum(formula: Add) -> Evaluator:
    """A sum that begins with a product of two quantities: such products are most of the work of a network."""
    (left, right), *others = filter(None, map(multiplied, formula.terms))
    rest = [_compiled(term) for term in formula.terms if not multiplied(term)]

    def value(env: Any) -> Ball:
        result: Ball = env[left] * env[right]
        for one, two in others:
            result = result + env[one] * env[two]
        for part in rest:
            result = result + part(env)
        return result

    return value


def _folded(parts: list[Evaluator], join: Callable[[Ball, Ball], Ball]) -> Evaluator:
    first, *rest = parts

    def value(env: Any) -> Ball:
        result = first(env)
        for part in rest:
            result = join(result, part(env))
        return result

    return value


def _power(x: Ball, factors: int) -> Ball:
    """A whole power by multiplication: a ball's own power has no value around 0."""
    result: Ball = arb(1)
    for _ in range(factors):
        result = result * x
    return result
