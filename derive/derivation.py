"""The computation of a network, whole: forward steps, every derivative as one short step, and the updates after them.

The chain rule is applied one local equation at a time, from the loss back to the inputs (Rumelhart, Hinton and
Williams, "Learning representations by back-propagating errors", Nature 323, 1986), by the sweep that all computations
share (`trace.sweep`) under the rules of `rewrites`. Decided here is which sweeps there are, of every example and of the
batch, and what their steps are called. The result is a `Trace`: the whole computation as named quantities in order.
Every product of the program is a view of it. No English, no letters and no values here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from derive import graph
from derive.expression import ONE, Add, Neg, Node, Ref, add
from derive.forward import forward_steps, preprocessing
from derive.graph import bias
from derive.library import rows
from derive.library.trees import falling_rate, renewals
from derive.losses import SIMPLIFICATIONS
from derive.quantity import UPDATED, Index, Quantity
from derive.rewrites import BatchNames, ExampleNames, Rules, penalty_slope
from derive.spec import Problem
from derive.step import Step
from derive.trace.sweep import Derived, LocalSlopes, sweep


class OutputGradient(Step):
    """dL/da_k = l'(a_k, t_k)."""

    __slots__ = ()


class ActivationDerivative(Step):
    """da_j/dz_j = f'(z_j)."""

    __slots__ = ()


class SoftmaxDerivative(Step):
    """da_i/dz_j = a_i (1 - a_i) for i = j, and -a_i a_j otherwise."""

    __slots__ = ()


class Delta(Step):
    """delta_j = dL/dz_j = dL/da_j da_j/dz_j, summed over the outputs that z_j reaches in a softmax."""

    __slots__ = ()


class SimplifiedDelta(Step):
    """delta_k = a_k - t_k, where output activation and loss fit together."""

    __slots__ = ()


class PathShare(Step):
    """dL/da_i through z_k alone: delta_k w_ki."""

    __slots__ = ()


class Backpropagate(Step):
    """dL/da_i = sum_k delta_k w_ki, over the units k that a_i feeds."""

    __slots__ = ()


class WeightGradient(Step):
    """dL/dw_ji = delta_j a_i."""

    __slots__ = ()


class BiasGradient(Step):
    """dL/db_j = delta_j; for a shared bias the sum over its units."""

    __slots__ = ()


class BatchGradient(Step):
    """dL/dw = sum or mean over the examples of dL_s/dw, plus the derivative of the penalty."""

    __slots__ = ()


class LearningRate(Step):
    """eta_t = eta_0 / (1 + d t), or eta_0 e^(-d t)."""

    __slots__ = ()


class WeightStep(Step):
    """eta dL/dw, what gradient descent takes off a weight."""

    __slots__ = ()


class Velocity(Step):
    """v+ = mu v - eta dL/dw."""

    __slots__ = ()


class Update(Step):
    """w+ = w - eta dL/dw, or w+ = w + v+ with momentum."""

    __slots__ = ()


class Fixed(Step):
    """b+ = b, for a bias that is not trained."""

    __slots__ = ()
    keeps = True


def simplified(problem: Problem) -> bool:
    """Whether the delta of the output layer is simply activation minus target."""
    return (problem.network.layers[-1].activation, problem.loss.name) in SIMPLIFICATIONS


def shortened(problem: Problem, layer: int) -> bool:
    """Whether the deltas of a layer have the short form: the loss reads it, and their rows fit together."""
    return graph.read_by_loss(problem, layer) and simplified(problem)


def backward(problem: Problem, forward: Sequence[Step], examples: tuple[int, ...]) -> tuple[Step, ...]:
    """All derivatives, from the loss to the inputs, then the gradients of the whole batch."""
    rules = Rules(problem)
    if len(problem.data.inputs) == 1:
        return tuple(_swept(rules.lines(forward), ExampleNames(problem, None, forward)))
    of_example: dict[Index, list[Step]] = {}
    for step in forward:
        of_example.setdefault(step.target.example, []).append(step)
    steps: list[Step] = []
    lines: list[LocalSlopes[Quantity]] = []
    parameters = (*graph.weights(problem), *graph.biases(problem))
    for example in examples:
        own = of_example[example]
        names = ExampleNames(problem, example, own)
        steps.extend(_swept(rules.lines(own), names))
        # To the batch the whole computation of an example is one step, whose derivatives are those just found.
        lines.append((names.loss, {parameter: Ref(names.derivative(parameter)) for parameter in parameters}))
    lines.extend(rules.lines(of_example[None]))
    return (*steps, *_swept(lines, BatchNames(problem)))


def _swept(lines: Sequence[LocalSlopes[Quantity]], names: ExampleNames) -> list[Step]:
    """The derivatives of a loss in the order in which they are worked out."""
    found = sorted(sweep(lines, {names.loss: ONE}, names), key=lambda one: names.place(one.target))
    return [_class(names, one)(one.target, one.formula) for one in found]


def _class(names: ExampleNames, one: Derived) -> type[Step]:
    """What a backward step is called."""
    kind = one.target.kind
    if kind in names.whole:
        return BatchGradient
    if kind == "da/dz":
        return ActivationDerivative if one.target.source is None else SoftmaxDerivative
    if kind == "dL/da":
        return OutputGradient if one.of in names.outputs else Backpropagate
    if kind == "dL/dz":
        return SimplifiedDelta if one.of in names.shortened else Delta
    return {"path": PathShare, "dL/dW": WeightGradient, "dL/db": BiasGradient}[kind]


def penalty_terms(problem: Problem, weight: Quantity) -> list[Node]:
    """The derivative of the penalty with respect to one weight."""
    return penalty_slope(problem, weight) if graph.penalised(problem) else []


def trained(problem: Problem, parameter: Quantity) -> bool:
    """Whether training moves this weight or bias."""
    assert isinstance(parameter.layer, int)
    return parameter.kind == "W" or problem.network.layers[parameter.layer - 1].train_biases


def rate_symbol(problem: Problem) -> Ref:
    """The learning rate of a step: one number throughout, or one for each step where it decays."""
    return Ref(Quantity("lr" if problem.training.decay is None else "lr_now"))


def update(problem: Problem) -> tuple[Step, ...]:
    """One update of every parameter; all gradients were taken before any of them moves."""
    steps: list[Step] = []
    if problem.training.decay is not None:
        start, decay, made = (Ref(Quantity(kind)) for kind in ("lr0", "decay", "updates"))
        formula = falling_rate(problem.training.decay.kind, start, decay, made)
        steps.append(LearningRate(rate_symbol(problem).quantity, formula))
    settings = {"learning_rate": rate_symbol(problem), "momentum": Ref(Quantity("momentum"))}
    row = rows("optimiser")[problem.training.optimizer]
    text, states = row.text(), row.states
    for parameter in (*graph.weights(problem), *graph.biases(problem)):
        if trained(problem, parameter):
            steps.extend(_moved(text, states, settings, parameter))
        else:
            steps.append(Fixed(parameter._replace(step=1), Ref(parameter)))
    return tuple(steps)


def _moved(text: str, states: Sequence[str], settings: dict[str, Ref], parameter: Quantity) -> Iterator[Step]:
    """The update of one parameter, as the row of the optimiser has it; what it remembers of a weight is as vW."""
    new = parameter._replace(step=1)
    names: dict[str, Node] = {"p": Ref(parameter), "p'": Ref(new), "g": Ref(parameter.derivative), **settings}
    renewed: dict[str, tuple[type[Step], Quantity]] = {"p'": (Update, new)}
    for state in states:
        kept = parameter._replace(kind=f"{state}{parameter.kind}")
        renewed[f"{state}'"] = Velocity, kept._replace(step=1)
        names[state], names[f"{state}'"] = Ref(kept), Ref(kept._replace(step=1))
    for name, formula in renewals(text, names):
        if name not in renewed:
            raise ValueError(f"a network has no step for {name}, which the row of its optimizer makes")
        match name, parameter.kind, formula:
            case "p'", "W", Add((_, Neg(taken))):
                yield WeightStep(parameter._replace(kind="lr*dL/dW"), taken)
        step, target = renewed[name]
        yield step(target, formula)


@dataclass(frozen=True, slots=True)
class Round:
    """One round of training: forward, backward, update, all written for the first update."""

    examples: tuple[int, ...]
    forward: tuple[Step, ...]
    backward: tuple[Step, ...]
    update: tuple[Step, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.forward + self.backward + self.update


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


def derive_trace(problem: Problem) -> Trace:
    """The complete derivation of a problem whose weights are known."""
    everyone = tuple(range(len(problem.data.inputs)))
    choices = [everyone] if problem.training.batch == "all" else [(s,) for s in everyone]
    rounds: list[Round] = []
    for examples in choices[: problem.training.steps]:
        forward = forward_steps(problem, examples)
        rounds.append(Round(examples, forward, backward(problem, forward, examples), update(problem)))
    return Trace(problem, givens(problem), preprocessing(problem), tuple(rounds))
