"""What can be asked: every step of the first round as an item with its name, its formula and its points.

An item knows what is to be computed and how it is written, not how much of it is printed. In a linear layer
preactivation and activation are one number, and so are their derivatives; each is asked once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from derive import graph
from derive.activations import ACTIVATIONS
from derive.derivation import trained
from derive.expression import Apply, Cases, Node, Partial, Ref, mul, quantities, replace
from derive.narrate import Page
from derive.quantity import Index, Quantity
from derive.step import Step

OF_A_BATCH = frozenset({"loss", "data_loss", "dL/dW", "dL/db"})
FEW = 6
"""Quantities in a formula that is worth one point; longer ones are worth two."""


@dataclass(frozen=True, slots=True)
class Item:
    """One number to compute: `names` are formulas shown before `formula`, into which numbers are put."""

    quantity: Quantity
    topic: str
    left: Node
    words: str
    formula: Node
    names: tuple[Node, ...] = ()
    parameter: Quantity | None = None
    """The weight or bias that it belongs to."""
    worked: Node | None = None
    """The formula with its named slopes, such as ReLU'(z), put in, where there are any."""

    @property
    def unit(self) -> int:
        """The unit that a line belongs to, from 0."""
        return self.quantity.unit if isinstance(self.quantity.unit, int) else 0

    @property
    def points(self) -> int:
        return 2 if self.topic == "new-loss" or len(quantities(self.formula)) > FEW else 1


@dataclass(frozen=True)
class Maker:
    """Makes the items of a problem; `expand` puts what is not asked into the formula that needs it.

    With `single` only these quantities of the topics are asked.
    """

    page: Page
    topics: frozenset[str]
    single: frozenset[Quantity] | None = None

    @property
    def expand(self) -> bool:
        # Where every result is rounded on the way, what is not written down would be rounded all the same.
        return not self.page.problem.rounding.carry

    def asks(self, item: Item) -> bool:
        """Whether an item that the topics have is asked."""
        return self.single is None or self.one(item.quantity) in self.single

    def _asked(self, topic: str, quantity: Quantity) -> bool:
        """Whether a quantity of a topic has a box, so that formulas after it may name it."""
        return topic in self.topics and (self.single is None or self.one(quantity) in self.single)

    def one(self, quantity: Quantity) -> Quantity:
        """The quantity under which a number goes that has two: in a linear layer, and in a batch of one example."""
        if isinstance(quantity.layer, int) and quantity.layer and self.page.merged(quantity.layer):
            quantity = quantity._replace(kind={"z": "a", "dL/da": "dL/dz"}.get(quantity.kind, quantity.kind))
        if self._alone is not None and quantity.example is None and not quantity.step and quantity.kind in OF_A_BATCH:
            kind = "loss" if quantity.kind == "data_loss" else quantity.kind
            return quantity._replace(kind=kind, example=self._alone)
        return quantity

    @cached_property
    def _alone(self) -> int | None:
        """The only example of the first round, where there are others and nothing is added to its gradients."""
        seen = self.page.trace.round(0).examples
        if self.page.many and len(seen) == 1 and not graph.penalised(self.page.problem):
            return seen[0]
        return None

    # -- forward ---------------------------------------------------------------------------------------------

    def prepared(self, who: Collection[Index]) -> Iterator[Item]:
        """The standardised inputs of some examples."""
        for step in self.page.trace.preprocessing:
            if step.target.example in who:
                yield self._item(
                    step.target, "forward", self.page.wording("ask_input", number=str(self._unit(step.target) + 1))
                )

    def layer(self, number: int, example: int | None) -> Iterator[Item]:
        """The forward pass of a layer, unit by unit; a softmax needs all the sums first."""
        layer, page = self.page.layer(number), self.page
        units = range(layer.units)

        def of(kind: str, words: str, unit: int | None) -> Item:
            quantity = Quantity(kind, number, unit, example=example)
            whose = {"unit": page.unit_name(number, unit)} if unit is not None else {}
            return self._item(quantity, "forward", page.wording(words, **whose))

        if page.merged(number):
            for j in units:
                z = Quantity("z", number, j, example=example)
                formula = page.trace.step(z).formula
                yield self._item(
                    self.one(z), "forward", page.wording("ask_value", unit=page.unit_name(number, j)), formula
                )
        elif layer.joint:
            yield from (of("z", "ask_sum", j) for j in units)
            yield from (of("exp", "ask_exponential", j) for j in units)
            yield of("expsum", "ask_exponentials", None)
            yield from (of("a", "ask_output", j) for j in units)
        else:
            for j in units:
                yield of("z", "ask_sum", j)
                yield of("a", "ask_activation", j)

    def loss(self, example: int | None) -> Iterator[Item]:
        """The contributions to the loss of one example, and their sum."""
        for step in self.page.trace.round(0).forward:
            own = isinstance(step, graph.LossPart | graph.LossSum | graph.Penalty) and step.target.example == example
            if own and (example is not None or not self.page.many):
                yield self._loss_item(step)

    def total_loss(self) -> Iterator[Item]:
        """The loss over several examples, with the penalty."""
        for step in self.page.trace.round(0).forward:
            summed = isinstance(step, graph.LossSum | graph.Penalty) and step.target.example is None
            if summed and self.page.many and self._alone is None:
                yield self._loss_item(step)

    def _loss_item(self, step: Step) -> Item:
        page, target = self.page, step.target
        formula, row = step.formula, graph.loss_row(self.page.problem)
        if isinstance(step, graph.LossPart) and row.target_first and page.namer.notation.target_first:
            unit = target.unit if isinstance(target.unit, int) else 0
            formula = graph.loss_formula(page.problem, row.target_first[0], unit, target.example)
        key = f"ask_{target.kind}" if target.kind in ("penalty", "data_loss") else "ask_loss"
        words = page.wording[key]
        if target.unit is not None:
            words = page.wording("ask_loss_of", unit=page.unit_name(page.last, self._unit(target)))
        return self._item(target, "loss", words, formula)

    # -- backward --------------------------------------------------------------------------------------------

    def factors(self, number: int, unit: int, example: int | None) -> Iterator[Item]:
        """The derivatives from the loss down to a unit's weighted sum, as far as they are numbers of their own."""
        page = self.page
        if page.shortened(number) or page.merged(number):
            return
        if page.layer(number).joint:
            for i in range(page.width(number)) if unit == 0 else ():
                yield self._d_a(number, i, example)
            for i in range(page.width(number)):
                quantity = Quantity("da/dz", number, i, unit, example)
                yield self._item(quantity, "factors", page.wording("ask_derivative", unit=page.unit_name(number, i)))
            return
        yield self._d_a(number, unit, example)
        quantity = Quantity("da/dz", number, unit, example=example)
        yield self._item(quantity, "factors", page.wording("ask_slope", unit=page.unit_name(number, unit)))

    def _d_a(self, number: int, unit: int, example: int | None) -> Item:
        quantity = Quantity("dL/da", number, unit, example=example)
        words = self.page.wording("ask_loss_by_activation", unit=self.page.unit_name(number, unit))
        return self._item(quantity, "factors", words, left=self.page.d_loss(quantity._replace(kind="a")))

    def delta(self, number: int, unit: int, example: int | None) -> Item:
        """The derivative with respect to a weighted sum."""
        page = self.page
        target = Quantity("dL/dz", number, unit, example=example)
        # In a linear layer the formula of the activation's derivative is already the whole.
        formula = page.trace.step(target._replace(kind="dL/da") if page.merged(number) else target).formula
        worked: Node | None = None
        if page.shortened(number):
            formula = page.trace.step(target).formula
        elif self.expand and not page.layer(number).joint:
            formula, worked = replace(formula, self._expanded), replace(formula, self._worked)
        left = Ref(target) if page.namer.has_delta else page.d_loss(target._replace(kind="z"))
        key = "ask_delta" if page.namer.has_delta else "ask_loss_by_sum"
        words = page.wording(key, unit=page.unit_name(number, unit))
        return self._item(target, "deltas", words, formula, left=left, worked=worked)

    def _worked(self, quantity: Quantity) -> Node | None:
        """What a factor of a delta is, where it is not asked by itself."""
        if self._asked("factors", quantity):
            return None
        return self.page.trace.step(quantity).formula if quantity.kind in ("dL/da", "da/dz") else None

    def _expanded(self, quantity: Quantity) -> Node | None:
        """The same; a slope that is defined by cases is only named."""
        formula = self._worked(quantity)
        if isinstance(formula, Cases) and quantity.kind != "da/dz":
            return None
        if isinstance(formula, Cases):
            assert isinstance(quantity.layer, int)
            letter = ACTIVATIONS[self.page.layer(quantity.layer).activation].letter
            return Apply(letter, Ref(quantity._replace(kind="z")), 1)
        return formula

    def gradients(self, number: int, unit: int, example: int | None) -> Iterator[Item]:
        """The gradients of a unit's weights, and of a bias of its own."""
        page = self.page
        kinds: list[Quantity] = [Quantity("dL/dW", number, unit, i, example) for i in range(page.width(number - 1))]
        if isinstance(page.layer(number).biases, tuple) and page.layer(number).train_biases:
            kinds.append(Quantity("dL/db", number, unit, example=example))
        for quantity in kinds:
            yield self.gradient(quantity)

    def gradient(self, quantity: Quantity) -> Item:
        """The derivative of the loss with respect to a weight or bias."""
        page = self.page
        parameter = quantity.differentiated
        formula = page.trace.step(quantity).formula
        names: tuple[Node, ...] = ()
        if page.form == "chain" and self.expand:
            formula = replace(formula, self._chained)
        left = Partial(Ref(page.loss(quantity.example)), Ref(parameter))
        what = page.namer(parameter).text
        return self._item(
            quantity, "gradients", page.wording("ask_gradient", name=what), formula, names, left, parameter
        )

    def _chained(self, quantity: Quantity) -> Node | None:
        """A delta as the product of the two factors that are asked for it."""
        if quantity.kind != "dL/dz" or not isinstance(quantity.layer, int) or self._asked("deltas", quantity):
            return None
        plain = self.page.shortened(quantity.layer)
        if plain or self.page.merged(quantity.layer) or self.page.layer(quantity.layer).joint:
            return None
        return mul(Ref(quantity._replace(kind="dL/da")), Ref(quantity._replace(kind="da/dz")))

    def needs_delta(self, number: int) -> bool:
        """Whether the chain form has to ask for a delta: as a sum, in a linear layer, or because it is rounded."""
        return not self.expand or self._chained(Quantity("dL/dz", number, 0)) is None

    # -- update ----------------------------------------------------------------------------------------------

    def update(self, number: int) -> Iterator[Item]:
        """The new weights and biases of a layer, with their velocities where there are any."""
        page, layer = self.page, self.page.layer(number)
        parameters = [Quantity("W", number, j, i) for j in range(layer.units) for i in range(page.width(number - 1))]
        own = dict.fromkeys(graph.bias(layer, number, j) for j in range(layer.units))
        parameters += [bias for bias in own if bias is not None and trained(page.problem, bias)]
        for parameter in parameters:
            what = page.namer(parameter).text
            if page.problem.training.remembers:
                velocity = parameter._replace(kind=f"v{parameter.kind}", step=1)
                yield self._item(velocity, "weights", page.wording("ask_velocity", name=what), parameter=parameter)
            yield self._item(
                parameter._replace(step=1), "weights", page.wording("ask_new", name=what), parameter=parameter
            )

    def rate(self) -> Iterator[Item]:
        """The learning rate of the step, where it decays."""
        if self.page.problem.training.decay is not None:
            yield self._item(Quantity("lr_now"), "weights", self.page.wording["ask_rate"])

    def again(self) -> Iterator[Item]:
        """The outputs and the loss with the new weights."""
        page = self.page
        for example in page.trace.round(min(1, page.problem.training.steps - 1)).examples:
            for k in range(page.width(page.last)):
                quantity = self.one(Quantity("a", page.last, k, example=example if page.many else None, step=1))
                yield self._item(quantity, "new-loss", page.wording("ask_new", name=page.unit_name(page.last, k)))
        yield self._item(page.loss(None, 1), "new-loss", page.wording["ask_new_loss"])

    def units(self, example: Index, step: int) -> list[Quantity]:
        """The weighted sums of all units after some updates."""
        page = self.page
        return [
            Quantity("z", number, j, example=example, step=step)
            for number in range(1, page.last + 1)
            for j in range(page.width(number))
        ]

    def _unit(self, quantity: Quantity) -> int:
        return quantity.unit if isinstance(quantity.unit, int) else 0

    def _item(
        self,
        quantity: Quantity,
        topic: str,
        words: str,
        formula: Node | None = None,
        names: tuple[Node, ...] = (),
        left: Node | None = None,
        parameter: Quantity | None = None,
        worked: Node | None = None,
    ) -> Item:
        formula = formula or self.page.trace.step(quantity).formula
        return Item(quantity, topic, left or Ref(quantity), words, formula, names, parameter, worked)
