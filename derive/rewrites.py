"""Derivatives of a network's steps as rows of tables state them, and what the sweep over these steps calls its numbers.

The general rules of `trace.local` would differentiate each formula as it stands. Rewrite rules come before them where a
row says it better: an activation by its output, what a loss contributes, the shares of a softmax as one step, the mean
over a batch; and where the rows of an activation and of a loss fit together, a short form replaces the product of the
two. The lines that lead to these are in the rows (`worked`). Which layer a step belongs to decides nothing. Knows no
values; that each rule is right is for `proofs` and `guard`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from derive.expression import ONE, Add, Mul, Node, Ref, add, mul, quantities, replace
from derive.forward import penalty_formula
from derive.graph import (
    Activate,
    Exponential,
    ExponentialSum,
    LossPart,
    LossSum,
    Penalty,
    SoftmaxShare,
    activation_formula,
    loss_formula,
    loss_row,
    penalised,
)
from derive.losses import SIMPLIFICATIONS
from derive.quantity import DERIVATIVES, Quantity
from derive.spec import Layer, Problem
from derive.step import Step
from derive.trace.local import Functions, Softened, slopes, soft_slopes
from derive.trace.sweep import LocalSlopes, Way

NO_FUNCTIONS = Functions({})
PASSED = DERIVATIVES.keys() | {"loss", "loss_part", "data_loss", "penalty"}
"""Kinds through which the sweep goes."""

BELOW = frozenset({"path", "dL/da"})
"""Kinds of derivatives by what a layer takes in, which is what the layer below it gives."""
ORDER = {kind: rank for rank, kinds in enumerate(({"da/dz"}, {"dL/dz"}, {"dL/dW"}, {"dL/db"}, BELOW)) for kind in kinds}
"""The order in which the derivatives of a layer are worked out."""
LAST = 10**9


class Rules:
    """Local derivatives of a problem's forward steps."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._loss = loss_row(problem)
        self._rules: dict[type[Step], Callable[[Step], dict[Quantity, Node]]] = {
            Activate: self._activation,
            SoftmaxShare: self._softmax,
            LossPart: self._contribution,
            LossSum: self._total,
            Penalty: self._penalty,
        }

    def lines(self, steps: Iterable[Step]) -> list[LocalSlopes[Quantity]]:
        """The steps as the sweep sees them; the inner ones of a softmax are part of its shares."""
        general = self._general
        return [
            (step.target, self._rules.get(type(step), general)(step))
            for step in steps
            if not isinstance(step, Exponential | ExponentialSum)
        ]

    def _general(self, step: Step) -> dict[Quantity, Node]:
        found = slopes(step.formula, NO_FUNCTIONS, Ref(step.target))
        return {source: slope for source, slope in found.items() if source.kind in PASSED}

    def _activation(self, step: Step) -> dict[Quantity, Node]:
        """da/dz as the row of the activation has it."""
        a = step.target
        z = a._replace(kind="z")
        return {z: activation_formula(self._layer(a), "derivative", Ref(z), Ref(a))}

    def _softmax(self, step: Step) -> dict[Quantity, Node]:
        """da_i/dz_j of a softmax, not by way of its exponentials and their sum."""
        a = step.target
        assert isinstance(a.unit, int)
        values = tuple([a._replace(unit=unit) for unit in range(self._layer(a).units)])
        arguments = tuple([Ref(value._replace(kind="z")) for value in values])
        return soft_slopes(Softened(False, a.unit, values, arguments), NO_FUNCTIONS)

    def _contribution(self, step: Step) -> dict[Quantity, Node]:
        """What one output contributes by that output, as the row of the loss has it."""
        (a,) = [quantity for quantity in quantities(step.formula) if quantity.kind == "a"]
        assert isinstance(a.unit, int)
        return {a: loss_formula(self._problem, self._loss.derivative, a.unit, a.example)}

    def _total(self, step: Step) -> dict[Quantity, Node]:
        """A sum by each of its terms; of a mean the number in front stays a fraction."""
        match step.formula:
            case Mul((front, Add(parts))):
                return {part.quantity: front for part in parts if isinstance(part, Ref)}
        return self._general(step)

    def _penalty(self, step: Step) -> dict[Quantity, Node]:
        """A penalty by each weight: the same formula for all."""
        any_weight = Quantity("W")
        terms = add(*penalty_slope(self._problem, any_weight))
        return {w: replace(terms, {any_weight: Ref(w)}.get) for w in quantities(step.formula) if w.kind == "W"}

    def _layer(self, quantity: Quantity) -> Layer:
        assert isinstance(quantity.layer, int)
        return self._problem.network.layers[quantity.layer - 1]


def penalty_slope(problem: Problem, weight: Quantity) -> list[Node]:
    """The terms of the derivative of the penalty by one weight."""
    found = slopes(penalty_formula(problem, [weight]), NO_FUNCTIONS)[weight]
    return list(found.terms) if isinstance(found, Add) else [found]


class ExampleNames:
    """The derivatives of one example's loss; `steps` are its forward steps.

    `outputs` are the activations that nothing but the loss reads, `shortened` the quantities whose derivative a rule
    made shorter; both are known after the sweep. `whole` are the kinds of derivatives that are those of the whole loss:
    with a penalty, by the weights.
    """

    def __init__(self, problem: Problem, example: int | None, steps: Iterable[Step]) -> None:
        self._problem, self._example = problem, example
        self.loss = Quantity("loss", example=example)
        self.whole = frozenset({"dL/dW"} if example is None and penalised(problem) else ())
        self.outputs: set[Quantity] = set()
        self.shortened: set[Quantity] = set()
        self._contributions: set[Quantity] = set()
        self._together: set[Quantity] = set()
        for step in steps:
            if isinstance(step, LossPart):
                self._contributions.add(step.target)
            elif isinstance(step, SoftmaxShare):
                self._together.add(step.target)

    def derivative(self, quantity: Quantity) -> Quantity:
        """The derivative by a quantity."""
        kind, layer, unit, source, _, _ = quantity
        return Quantity(DERIVATIVES[kind], layer, unit, source, self._example)

    def gradient(self, quantity: Quantity) -> Quantity | None:
        """Of what has no kind of derivative, as a part of the loss, it is put in where it is used."""
        return self.derivative(quantity) if quantity.kind in DERIVATIVES else None

    def local(self, reader: Quantity, quantity: Quantity, slope: Node, above: Node) -> Quantity | None:
        """An activation by a weighted sum: its own, or any of the layer where an activation takes them all together."""
        if reader.kind != "a" or quantity.kind != "z":
            return None
        source = quantity.unit if reader in self._together else None
        return Quantity("da/dz", reader.layer, reader.unit, source, reader.example)

    def share(self, quantity: Quantity, reader: Quantity, several: bool) -> Quantity | None:
        """What comes back to an activation through one unit, and to a bias that a layer shares through each."""
        if quantity.kind == "a" and several and not quantity.constant:
            return Quantity("path", quantity.layer, quantity.unit, reader.unit, self._example)
        if quantity.kind == "b" and quantity.unit is None and reader.kind == "z":
            return Quantity("dL/db", quantity.layer, reader.unit, None, self._example)
        return None

    def summand(self, name: Quantity, product: Node) -> Node:
        """A sum is written with the products; its shares stand beside it."""
        return product

    def gathered(self, quantity: Quantity, ways: Sequence[Way]) -> Node:
        if quantity.kind == "a" and all(way.reader in self._contributions for way in ways):
            self.outputs.add(quantity)
        shorter = self._shorter(quantity, ways) if quantity.kind == "z" else None
        if shorter is not None:
            return shorter
        return ways[0].share if len(ways) == 1 else add(*[way.share for way in reversed(ways)])

    def _shorter(self, quantity: Quantity, ways: Sequence[Way]) -> Node | None:
        """The derivative by a weighted sum where the rows of its activation and of the loss fit together."""
        if not all(way.reader in self.outputs for way in ways):
            return None
        assert isinstance(quantity.layer, int) and isinstance(quantity.unit, int)
        pair = self._problem.network.layers[quantity.layer - 1].activation, self._problem.loss.name
        if pair not in SIMPLIFICATIONS:
            return None
        self.shortened.add(quantity)
        return loss_formula(self._problem, SIMPLIFICATIONS[pair].delta, quantity.unit, quantity.example)

    def standing(self, name: Quantity, formula: Node) -> Node:
        return Ref(name)

    def factor(self, name: Quantity, slope: Node) -> Node:
        return slope if slope == ONE else Ref(name)

    def place(self, derivative: Quantity) -> tuple[int, ...]:
        """Where a derivative is worked out: from the last layer to the first, unit by unit.

        What all units share comes behind what each has, a sum behind its shares, and those of the whole loss are the
        last, in the order in which a file states the parameters.
        """
        kind, layer, unit, source, _, _ = derivative
        assert isinstance(layer, int) and not isinstance(unit, str) and not isinstance(source, str)
        behind = LAST if unit is None else unit, LAST if source is None else source
        if kind in self.whole:
            return 1, ORDER[kind], layer, *behind
        rank = ORDER[kind]
        return 0, -layer - (kind in BELOW), rank, *behind


class BatchNames(ExampleNames):
    """The derivatives of the loss of a batch, whose steps are the examples' losses as functions of the parameters."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem, None, ())
        self.whole = frozenset({"dL/dW", "dL/db"})

    def gathered(self, quantity: Quantity, ways: Sequence[Way]) -> Node:
        """The number in front of a mean is written once."""
        terms: list[Node] = []
        for above, group in groupby(reversed(ways), key=lambda way: way.above):
            same = list(group)
            if len(same) > 1 and not isinstance(above, Ref) and above != ONE:
                terms.append(mul(above, add(*[way.slope for way in same])))
            else:
                terms.extend(way.share for way in same)
        return add(*terms)
