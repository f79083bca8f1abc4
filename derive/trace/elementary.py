"""A problem of equations as a computation in steps, element by element: what runs, is judged and asked about.

Decides what every step is good for (a value, a local derivative, a share, a gradient, an update), and what its readers
are; `roles` makes the steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import chain

from derive.computation import Round
from derive.expression import Call, Node, Ref, children, quantities, replace
from derive.quantity import Quantity
from derive.step import Step
from derive.trace.identity import Identity, Symbol
from derive.trace.indexed import Equation
from derive.trace.updates import AT, GRADIENT
from derive.trace.written import UPDATES


@dataclass(frozen=True, slots=True)
class ElementStep(Step):
    """target = formula, from one equation; `fixed` are the names that no update moves."""

    equation: Equation | None = None
    fixed: frozenset[str] = frozenset()

    def shifted(self, steps: int) -> ElementStep:
        """The same step `steps` updates later."""
        if not steps:
            return self

        def later(quantity: Quantity) -> Node:
            return Ref(moved_on(quantity, steps, self.fixed))

        target = moved_on(self.target, steps, self.fixed)
        return type(self)(target, replace(self.formula, later), None, self.equation, self.fixed)


class ElementValue(ElementStep):
    """An element of an equation: forwards, or of an update."""

    __slots__ = ()


class ElementLoss(ElementValue):
    """The loss of which derivatives are taken."""

    __slots__ = ()


class LocalDerivative(ElementStep):
    """The derivative of one equation alone by something on its right side."""

    __slots__ = ()


class Share(ElementStep):
    """What comes back through one reader: upstream times local."""

    __slots__ = ()


class ElementGradient(ElementStep):
    """The derivative of the loss by an element: one product, or the sum of all shares."""

    __slots__ = ()


class StateUpdate(ElementStep):
    """What an optimiser keeps or works out for one parameter."""

    __slots__ = ()


class ParameterUpdate(ElementStep):
    """The new value of a parameter."""

    __slots__ = ()


def moved_on(quantity: Quantity, steps: int, fixed: frozenset[str]) -> Quantity:
    """The same quantity so many updates later; what stays is as it was."""
    if isinstance(quantity, Identity) and quantity.of.name in fixed and quantity.by is None and quantity.owner is None:
        return quantity
    return quantity._replace(step=quantity.step + steps)


@dataclass(frozen=True)
class ElementTrace:
    """All steps of a problem of equations (`computation.Computation`); `trained` are the names of its parameters."""

    name: str
    file: str | None
    givens: Mapping[Quantity, Decimal]
    preprocessing: tuple[Step, ...]
    """Given fractions that have no decimals: each is a step of its own, which shows them rounded."""
    rounds: tuple[Round, ...]
    passes: int
    again: bool
    """Whether there is a forward pass after the last update."""
    fixed: frozenset[str]
    trained: frozenset[str]
    ahead: frozenset[str] = frozenset()
    """The parameters whose gradients are taken where an update looks ahead to."""

    def round(self, number: int) -> Round:
        return self.rounds[number % len(self.rounds)]

    @property
    def last_forward(self) -> tuple[Step, ...]:
        """The forward pass after the last update, not shifted; none where nothing is updated."""
        return self.round(self.passes - 1).forward if self.again else ()

    @cached_property
    def products(self) -> int:
        """About how many products a round computes."""
        return len(self.rounds[0].steps)

    @cached_property
    def functions(self) -> int:
        """About how many functions a round computes."""
        return sum(isinstance(part, Call) for step in self.rounds[0].steps for part in _parts(step.formula))

    def step(self, target: Quantity) -> Step:
        """The step that defines a quantity; KeyError for a given one."""
        if target in self._prepared:
            return self._prepared[target]
        made = target.step - self.moved(target)
        number = min(made, self.passes - 1)
        defining = self._defining[number % len(self.rounds)]
        return defining[self.shifted(target, -made)].shifted(made)

    def find(self, target: Quantity) -> Step | None:
        """The step that defines a quantity, or None for a given one."""
        return None if target in self.givens or target.kind == UPDATES.kind else self.step(target)

    def shifted(self, quantity: Quantity, steps: int) -> Quantity:
        """The same quantity `steps` updates later."""
        return moved_on(quantity, steps, self.fixed) if steps else quantity

    def moved(self, quantity: Quantity) -> bool:
        """Whether an update makes it anew."""
        return quantity._replace(step=0) in self._renewed

    def is_parameter(self, quantity: Quantity) -> bool:
        """Whether it is an element of a parameter."""
        return (
            isinstance(quantity, Identity)
            and quantity.by is None
            and quantity.owner is None
            and quantity.of.name in self.trained
        )

    def written(self, quantity: Quantity) -> Decimal | None:
        """The decimals that the problem gives for a quantity."""
        return self.givens.get(quantity)

    def share(self, quantity: Quantity) -> Node | None:
        """A softmax is written out in element steps."""
        return None

    @cached_property
    def order(self) -> dict[Symbol, int]:
        """When each element is made on the way forward."""
        targets = (step.target for step in self.rounds[0].forward)
        return {one.of: at for at, one in enumerate(targets) if isinstance(one, Identity)}

    @cached_property
    def came_back(self) -> dict[Identity, int]:
        """When each derivative is made on the way back."""
        targets = (step.target for step in self.rounds[0].backward)
        return {one: at for at, one in enumerate(targets) if isinstance(one, Identity)}

    @cached_property
    def _by_name(self) -> dict[str, list[Symbol]]:
        found: dict[str, list[Symbol]] = {}
        given = (one.of for one in self.givens if isinstance(one, Identity) and one.owner is None)
        for symbol in sorted({*self.order, *given}):
            found.setdefault(symbol.name, []).append(symbol)
        return found

    def defined_as(self, name: str) -> list[Symbol]:
        """All elements of an array, given or made."""
        return self._by_name.get(name, [])

    @cached_property
    def _extents(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """From where to where the indices of every computed array go."""
        places: dict[str, list[tuple[int, ...]]] = {}
        for symbol in self.order:
            if symbol.indices:
                places.setdefault(symbol.name, []).append(symbol.indices)
        return {
            name: tuple((min(axis), max(axis)) for axis in zip(*found, strict=True)) for name, found in places.items()
        }

    def beside(self, name: str) -> list[str]:
        """The other arrays that are computed for the same places, as the gates of a cell are."""
        own = self._extents.get(name)
        return [] if own is None else [one for one, extent in self._extents.items() if one != name and extent == own]

    def trains(self, name: str) -> bool:
        """Whether an array is a parameter."""
        return name in self.trained

    @cached_property
    def readers(self) -> dict[Symbol, list[Symbol]]:
        """Which values each element goes into, in the order of computation."""
        found: dict[Symbol, list[Symbol]] = {}
        for step in self.rounds[0].forward:
            target = step.target
            for part in quantities(step.formula):
                if isinstance(target, Identity) and isinstance(part, Identity):
                    found.setdefault(part.of, []).append(target.of)
        return found

    # -- gradients that are taken ahead

    @cached_property
    def behind(self) -> dict[Quantity, Quantity]:
        """Of what the first update computes where it looks ahead to, the same where the parameters are."""
        if not self.ahead:
            return {}
        first = self.rounds[0]
        return {self._look.place(step.target): step.target for step in (*first.forward, *first.backward)}

    def plain(self, target: Quantity) -> Quantity | None:
        """The same quantity where the parameters are; None for one that is not taken ahead."""
        if not self.ahead or not isinstance(target, Identity):
            return None
        made = target.step - (target.owner is not None)
        found = self.behind.get(target._replace(step=target.step - made))
        return None if found is None else self.shifted(found, made)

    def taken_ahead(self, plain: Quantity) -> Quantity:
        """The same quantity where an update looks ahead to."""
        return self._look.place(plain)

    @cached_property
    def _look(self) -> Ahead:
        return Ahead(self.ahead, self.rounds[0].forward)

    @cached_property
    def _renewed(self) -> frozenset[Quantity]:
        found = (step.target for one in self.rounds for step in one.update)
        # A learning rate that falls is worked out for the update itself: it is not of the round after it.
        return frozenset(target._replace(step=0) for target in found if target.step)

    @cached_property
    def _prepared(self) -> dict[Quantity, Step]:
        return {step.target: step for step in self.preprocessing}

    @cached_property
    def _defining(self) -> list[dict[Quantity, Step]]:
        return [{step.target: step for step in one.steps} for one in self.rounds]


def _parts(formula: Node) -> Iterator[Node]:
    yield formula
    yield from chain.from_iterable(map(_parts, children(formula)))


class Ahead:
    """What the quantities of a round are called where an update looks ahead to."""

    def __init__(self, parameters: frozenset[str], forward: Iterable[Step]) -> None:
        self.parameters = parameters
        targets = (step.target for step in forward)
        self.computed = frozenset(one.of.name for one in targets if isinstance(one, Identity))

    def place(self, one: Quantity) -> Quantity:
        """The quantity there; what does not depend on where it is taken stays what it is."""
        if not isinstance(one, Identity) or one.owner is not None:
            return one
        if one.by is not None:
            whole = one.via is None and not one.local and one.by.name in self.parameters
            made = Identity(Symbol(GRADIENT), owner=one.by, step=one.step + 1)
            return made if whole else one._replace(ahead=True)
        if one.of.name in self.parameters:
            return Identity(Symbol(AT), owner=one.of, step=one.step + 1)
        return one._replace(ahead=True) if one.of.name in self.computed else one

    def formula(self, node: Node) -> Node:
        """A formula there."""
        return replace(node, lambda leaf: Ref(self.place(leaf)))

    def step(self, step: Step) -> Step:
        """A step there; a gradient by a parameter belongs to the update."""
        assert isinstance(step, ElementStep)
        target = self.place(step.target)
        kind = StateUpdate if isinstance(target, Identity) and target.owner is not None else type(step)
        return kind(target, self.formula(step.formula), None, step.equation, step.fixed)


__all__ = [
    "Ahead",
    "ElementGradient",
    "ElementLoss",
    "ElementStep",
    "ElementTrace",
    "ElementValue",
    "LocalDerivative",
    "ParameterUpdate",
    "Share",
    "StateUpdate",
]
