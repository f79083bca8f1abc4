"""The whole computation of a network as data: what is given, and every step of its rounds in order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from derive import graph
from derive.computation import Round
from derive.expression import ONE, Neg, Node, Ref, add
from derive.graph import bias
from derive.quantity import UPDATED, Quantity
from derive.spec import Problem
from derive.step import Step


def trained(problem: Problem, parameter: Quantity) -> bool:
    """Whether training moves this weight or bias."""
    assert isinstance(parameter.layer, int)
    return parameter.kind == "W" or problem.network.layers[parameter.layer - 1].train_biases


@dataclass(frozen=True)
class Trace:
    """The whole computation: what is given, and every step in order.

    `rounds` holds one round for each different choice of examples; round number t uses `rounds[t % len(rounds)]`.
    """

    problem: Problem
    givens: dict[Quantity, Decimal]
    preprocessing: tuple[Step, ...]
    rounds: tuple[Round, ...]

    @property
    def passes(self) -> int:
        """Rounds of training: forward, backward, update."""
        return self.problem.training.steps

    @property
    def name(self) -> str:
        """What the problem is called in messages and file names."""
        return self.problem.name

    @property
    def file(self) -> str | None:
        """The problem file."""
        return self.problem.file

    @property
    def products(self) -> int:
        """About how many products a round computes."""
        return self.problem.work

    @property
    def functions(self) -> int:
        """About how many functions a round computes."""
        return sum(self.problem.network.sizes[1:]) * self.problem.together

    def moved(self, quantity: Quantity) -> bool:
        """Whether an update makes it anew."""
        return quantity.kind in UPDATED

    def is_parameter(self, quantity: Quantity) -> bool:
        """Whether it is what training is for: a weight or a bias."""
        return quantity.kind in ("W", "b")

    def written(self, quantity: Quantity) -> Decimal | None:
        """The number that the problem gives for a quantity, also for a bias that no update changes."""
        fixed = quantity.kind == "b" and not trained(self.problem, quantity)
        return self.givens.get(quantity._replace(step=0) if fixed else quantity)

    def shifted(self, quantity: Quantity, steps: int) -> Quantity:
        """The same quantity `steps` updates later; what training leaves alone stays as it is."""
        return quantity.shifted(steps)

    def round(self, number: int) -> Round:
        return self.rounds[number % len(self.rounds)]

    @property
    def last_forward(self) -> tuple[Step, ...]:
        """The forward pass after the last update, for the examples of the last round, not shifted."""
        return self.round(self.passes - 1).forward

    def step(self, target: Quantity) -> Step:
        """The step that defines a quantity; KeyError for a given one."""
        if target in self._prepared:
            return self._prepared[target]
        made = target.step - (target.kind in UPDATED)
        number = min(made, self.passes - 1)
        return self._defining[number % len(self.rounds)][target.shifted(-made)].shifted(made)

    def find(self, target: Quantity) -> Step | None:
        """The step that defines a quantity, or None for a given one."""
        return None if target in self.givens or target.kind == "updates" else self.step(target)

    def share(self, quantity: Quantity) -> Node | None:
        """A share of a softmax: the last one is what the others leave of 1."""
        if not isinstance(self.find(quantity), graph.SoftmaxShare):
            return None
        assert isinstance(quantity.layer, int)
        last = self.problem.network.sizes[quantity.layer] - 1
        if quantity.unit != last:
            return Ref(quantity)
        return add(ONE, *(Neg(Ref(quantity._replace(unit=unit))) for unit in range(last)))

    @cached_property
    def _prepared(self) -> dict[Quantity, Step]:
        return {step.target: step for step in self.preprocessing}

    @cached_property
    def _defining(self) -> list[dict[Quantity, Step]]:
        return [{step.target: step for step in one.steps} for one in self.rounds]


def givens(problem: Problem) -> dict[Quantity, Decimal]:
    """Every number the problem states, by quantity."""
    known: dict[Quantity, Decimal] = {}
    many = len(problem.data.inputs) > 1
    standardize = problem.data.standardize
    for s, (inputs, targets) in enumerate(zip(problem.data.inputs, problem.data.targets, strict=True)):
        example = s if many else None
        for i, given in enumerate(inputs):
            raw = Quantity("x", unit=i, example=example)
            known[raw if standardize else Quantity("a", 0, i, example=example)] = given
        for k, given in enumerate(targets):
            known[Quantity("t", unit=k, example=example)] = given
    if standardize:
        for i, (mean, std) in enumerate(zip(standardize.mean, standardize.std, strict=True)):
            known[Quantity("mean", unit=i)], known[Quantity("std", unit=i)] = mean, std
    for number, layer in enumerate(problem.network.layers, 1):
        if layer.weights is None:
            raise ValueError("the weights must be drawn before the derivation")
        for j, row in enumerate(layer.weights):
            for i, weight in enumerate(row):
                known[Quantity("W", number, j, i)] = weight
        for j in range(layer.units):
            own = bias(layer, number, j)
            if own is not None and layer.biases is not None:
                known[own] = layer.biases[j] if isinstance(layer.biases, tuple) else layer.biases
    training, regularization = problem.training, problem.loss.regularization
    known[Quantity("lr" if training.decay is None else "lr0")] = training.learning_rate
    if training.decay is not None:
        known[Quantity("decay")] = training.decay.rate
    if training.remembers and training.momentum is not None:
        known[Quantity("momentum")] = training.momentum
        for parameter in (*graph.weights(problem), *graph.biases(problem)):
            if trained(problem, parameter):
                known[parameter._replace(kind=f"v{parameter.kind}")] = Decimal(0)
    if graph.penalised(problem):
        known[Quantity("l1")], known[Quantity("l2")] = regularization.l1, regularization.l2
    return known
