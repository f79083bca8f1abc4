"""A second implementation of the network, in loops over layers: what every forward step and every update should be.

A derivative cannot tell that a loss was defined wrongly. So each value that is no derivative is computed once more,
from the problem and the rows of the tables alone, without the steps. Numbers are balls, and corners relaxed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from flint import arb

from derive.branches import relaxed
from derive.expression import Node, Ref, Var, bind, call
from derive.graph import activation_row, loss_row
from derive.numbers import Environment, compile_value
from derive.quantity import Quantity
from derive.spec import Problem

Values = Iterator[tuple[Quantity, arb]]


def _total(numbers: Iterable[arb]) -> arb:
    return sum(numbers, arb(0))


def _function(formula: Node, *names: str) -> Callable[..., arb]:
    """A table row's formula as a function of balls."""
    arguments = [Quantity(name) for name in names]
    evaluator = compile_value(bind(relaxed(formula), {name: Ref(q) for name, q in zip(names, arguments, strict=True)}))
    return lambda *numbers: arb(evaluator(dict(zip(arguments, numbers, strict=True))))


class Reference:
    """The values that the quantities of a problem should have, from the given numbers and the gradients of `env`."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.layers = problem, problem.network.layers
        self._many = len(problem.data.inputs) > 1
        self._activations = [
            None if layer.joint else _function(activation_row(layer).definition, "z") for layer in self.layers
        ]
        self._size = _function(call("abs", Var("w")), "w")
        self._part = _function(loss_row(problem).part, "a", "t", "n")

    def _of(self, kind: str, layer: int | None, unit: int | None, example: int) -> Quantity:
        return Quantity(kind, layer, unit, example=example if self._many else None)

    def preprocessing(self, examples: tuple[int, ...], env: Environment) -> Values:
        """Every standardised input of these examples: (x - mean) / std."""
        if self.problem.data.standardize is None:
            return
        for s in examples:
            for i in range(self.problem.network.inputs):
                mean, std = env[Quantity("mean", unit=i)], env[Quantity("std", unit=i)]
                yield self._of("a", 0, i, s), (env[self._of("x", None, i, s)] - mean) / std

    def forward(self, examples: tuple[int, ...], env: Environment) -> Values:
        """Everything from the inputs to the loss of these examples."""
        losses = []
        for s in examples:
            a = [env[self._of("a", 0, i, s)] for i in range(self.problem.network.inputs)]
            for number in range(1, len(self.layers) + 1):
                found = list(self._layer(number, a, s, env))
                a = [value for quantity, value in found if quantity.kind == "a"]
                yield from found
            targets = [env[self._of("t", None, k, s)] for k in range(len(a))]
            parts = [self._part(x, t, arb(len(a))) for x, t in zip(a, targets, strict=True)]
            if len(parts) > 1:
                yield from ((self._of("loss_part", None, k, s), part) for k, part in enumerate(parts))
            losses.append(_total(parts))
            if self._many:
                yield Quantity("loss", example=s), losses[-1]
        yield from self._loss(losses, env)

    def _layer(self, number: int, below: list[arb], s: int, env: Environment) -> Values:
        """Weighted sums and activations of one layer for one example."""
        z = []
        for j in range(self.layers[number - 1].units):
            own = self._bias(number, j)
            products = [env[Quantity("W", number, j, i)] * x for i, x in enumerate(below)]
            z.append(_total(products if own is None else [*products, env[own]]))
            yield self._of("z", number, j, s), z[j]
        function = self._activations[number - 1]
        if function is not None:
            yield from ((self._of("a", number, j, s), function(x)) for j, x in enumerate(z))
            return
        exponentials = [x.exp() for x in z]
        total = _total(exponentials)
        yield self._of("expsum", number, None, s), total
        for j, x in enumerate(exponentials):
            yield self._of("exp", number, j, s), x
            yield self._of("a", number, j, s), x / total

    def _loss(self, losses: list[arb], env: Environment) -> Values:
        """The sum or the mean over the examples, and the penalty l1 sum |w| + l2/2 sum w^2."""
        loss = self.problem.loss
        data = _total(losses) / (len(losses) if loss.reduction == "mean" else 1)
        if not (loss.regularization.l1 or loss.regularization.l2):
            yield Quantity("loss"), data
            return
        weights = [env[q] for q, _ in self._parameters() if q.kind == "W"]
        penalty = arb(0)
        if loss.regularization.l1:
            penalty += env[Quantity("l1")] * _total(self._size(w) for w in weights)
        if loss.regularization.l2:
            penalty += env[Quantity("l2")] * _total(w * w for w in weights) / 2
        yield from ((Quantity("data_loss"), data), (Quantity("penalty"), penalty), (Quantity("loss"), data + penalty))

    def _bias(self, number: int, unit: int) -> Quantity | None:
        biases = self.layers[number - 1].biases
        return None if biases is None else Quantity("b", number, unit if isinstance(biases, tuple) else None)

    def _parameters(self) -> Iterator[tuple[Quantity, bool]]:
        """Every weight and bias, and whether training moves it."""
        for number, (below, layer) in enumerate(zip(self.problem.network.sizes, self.layers, strict=False), 1):
            for j in range(layer.units):
                yield from ((Quantity("W", number, j, i), True) for i in range(below))
                own = self._bias(number, j)
                if own is not None and (j == 0 or own.unit is not None):
                    yield own, layer.train_biases

    def update(self, env: Environment) -> Values:
        """The learning rate, and every parameter after one update of gradient descent, with momentum or without."""
        training = self.problem.training
        rate = env[Quantity("lr" if training.decay is None else "lr0")]
        if training.decay is not None:
            elapsed = env[Quantity("decay")] * env[Quantity("updates")]
            rate = rate / (1 + elapsed) if training.decay.kind == "inverse_time" else rate * (-elapsed).exp()
            yield Quantity("lr_now"), rate
        for q, moves in self._parameters():
            if not moves:
                yield q._replace(step=1), env[q]
                continue
            taken = rate * env[q._replace(kind=f"dL/d{q.kind}")]
            if training.remembers:
                velocity = q._replace(kind=f"v{q.kind}")
                moved = env[Quantity("momentum")] * env[velocity] - taken
                yield velocity._replace(step=1), moved
                yield q._replace(step=1), env[q] + moved
                continue
            if q.kind == "W":
                yield q._replace(kind="lr*dL/dW"), taken
            yield q._replace(step=1), env[q] - taken
