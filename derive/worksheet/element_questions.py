"""What a problem that is given by equations can be asked: its steps as items, in order, and which of them a sheet asks.

Decides the topics, which steps are worth a box, how a formula is written on its line, and how many elements of each
array are asked where a problem is large.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

from derive.errors import InputError, did_you_mean, shown
from derive.expression import ONE, Cases, Const, Div, Mul, Node, Ref, children, mul, quantities, with_parts
from derive.expression import replace as put_in
from derive.pages.page import ModelPage
from derive.quantity import Quantity
from derive.stepwise import Stepwise
from derive.trace.elementary import (
    ElementGradient,
    ElementLoss,
    ElementStep,
    ElementTrace,
    ElementValue,
    LocalDerivative,
    ParameterUpdate,
    Share,
    StateUpdate,
)
from derive.trace.identity import Identity, Symbol
from derive.worksheet.facts import FACTS
from derive.worksheet.options import EVERYTHING

MOST_BOXES, MOST_CHOSEN = 50, 300
"""Boxes of a sheet whose questions nobody has chosen, and of a sheet in any case."""
FEW = 6
"""Quantities in a formula that is worth one point; longer ones are worth two."""

TOPICS: Mapping[str, tuple[type[ElementStep], ...]] = {
    "forward": (ElementValue,),
    "loss": (ElementLoss,),
    "local": (LocalDerivative,),
    "paths": (Share,),
    "gradients": (ElementGradient,),
    "weights": (ParameterUpdate, StateUpdate),
}
"""What can be asked, and the steps that it is."""
AGAIN = "new-loss"
USUAL = ("forward", "loss", "gradients", "weights", AGAIN)
"""What is asked unless somebody says otherwise; where results are carried rounded, every step is one."""


@dataclass(frozen=True, slots=True)
class ElementItem:
    """One number to compute."""

    quantity: Quantity
    topic: str
    formula: Node
    short: bool = False
    """Whether its formula is the answer, or next to it: a local derivative that is a number or another quantity."""

    @property
    def group(self) -> tuple[str, str]:
        """What it is asked together with: the elements of one array."""
        return self.topic, self.quantity.kind

    @property
    def left(self) -> Node:
        """What its line begins with."""
        return Ref(self.quantity)

    @property
    def parameter(self) -> Symbol | None:
        """The parameter, or another given number, that a derivative of the loss or an update is of."""
        one = self.quantity
        if self.topic not in ("gradients", "weights") or not isinstance(one, Identity):
            return None
        return one.by or one.owner or one.of

    def of_parameter(self, names: Collection[str]) -> bool:
        """Whether it is of one of these, named as an element or as a whole array."""
        one = self.parameter
        return one is not None and (str(one) in names or one.name in names)

    @property
    def points(self) -> int:
        return 2 if self.topic == AGAIN or len(quantities(self.formula)) > FEW else 1


class Questions:
    """What a problem can be asked, item by item, in the order of the computation."""

    def __init__(self, steps: Stepwise) -> None:
        self.trace: ElementTrace = steps.trace
        self.carry = steps.problem.rounding.carry
        self._named = steps.named
        self._wanted = self._leading(steps)

    def _leading(self, steps: Stepwise) -> frozenset[str]:
        """The names of quantities whose derivatives lead to one that is asked for."""
        page = ModelPage(steps.solution, steps.namer.names)
        return frozenset((*page.derived, *page.asked))

    def of(self, topics: Collection[str], fixed: bool = False) -> list[ElementItem]:
        """Everything that some topics ask; what has no box is put into the formulas that need it.

        With `fixed` also the derivatives of the loss that no number changes.
        """
        found = list(in_order(self._every(topics, fixed)))
        asked = {item.quantity for item in found}
        return [self.written(item, asked) for item in found]

    def written(self, item: ElementItem, asked: Collection[Quantity]) -> ElementItem:
        """An item with the formula that its line has."""
        return replace(item, formula=fractions_apart(self.expanded(item.formula, asked)))

    def expanded(self, formula: Node, asked: Collection[Quantity]) -> Node:
        """A formula with the local derivatives and shares that nobody asks for written out."""

        def inside(quantity: Quantity) -> Node | None:
            step = self.trace.find(quantity)
            if quantity in asked or not isinstance(step, LocalDerivative | Share) or self.carry:
                return None
            if isinstance(step.formula, Cases):
                return None
            return self.expanded(step.formula, asked)

        return put_in(formula, inside)

    def _every(self, topics: Collection[str], fixed: bool) -> Iterator[ElementItem]:
        kinds = {kind: topic for topic in TOPICS for kind in TOPICS[topic]}
        for step in self.trace.rounds[0].steps:
            topic = next(topic for kind, topic in reversed(kinds.items()) if isinstance(step, kind))
            one = step.target
            if isinstance(one, Identity) and one.ahead and topic in USUAL:
                topic = "weights"  # what an update works out where it looks ahead to is a part of the update
            asked = topic in topics or (topic in ("local", "paths") and self._needed(step, topics))
            never = fixed and self._fixed(step)
            if asked and (never or self._teaches(step)) and step.target not in self._idle:
                yield ElementItem(step.target, topic, step.formula, never or step.target in self._named)
        if AGAIN in topics and self.trace.again:
            loss = next((one for one in self.trace.last_forward if isinstance(one, ElementLoss)), None)
            if loss is not None:
                last = loss.shifted(1)
                yield ElementItem(last.target, AGAIN, last.formula)

    @cached_property
    def _idle(self) -> frozenset[Quantity]:
        """What the forward pass would give where an update looks ahead to, and no gradient needs: the loss."""
        read: set[Quantity] = set()
        idle: set[Quantity] = set()
        for step in reversed(self.trace.rounds[0].steps):
            one = step.target
            if isinstance(one, Identity) and one.ahead and one.by is None and one not in read:
                idle.add(one)
            else:
                read.update(quantities(step.formula))
        return frozenset(idle)

    def fixed_gradients(self) -> list[ElementItem]:
        """The derivatives of the loss that no number changes, without that by itself: a line of a sheet has none."""
        steps = self.trace.rounds[0].backward
        return [ElementItem(step.target, "gradients", step.formula) for step in steps if self._fixed(step)]

    def _fixed(self, step: object) -> bool:
        """Whether a step is such a derivative."""
        if not isinstance(step, ElementGradient) or quantities(step.formula):
            return False
        one = step.target
        return isinstance(one, Identity) and one.by is not None and one.by != one.of and one.by.name in self._wanted

    def of_last(self, one: Quantity) -> bool:
        """Whether it is the derivative of the loss by a single number that goes into it alone."""
        if not isinstance(one, Identity) or one.by is None or one.by.indices or one.via is not None or one.step:
            return False
        return self.trace.readers.get(one.by) == [one.of]

    def _needed(self, step: ElementStep | object, topics: Collection[str]) -> bool:
        """Whether a step on the way to a gradient is a result of its own: rounded, or decided by cases."""
        assert isinstance(step, ElementStep)
        return "gradients" in topics and (self.carry or isinstance(step.formula, Cases))

    def _teaches(self, step: object) -> bool:
        """Whether a step is worth a box: no derivative of the loss by itself, and none that leads nowhere."""
        assert isinstance(step, ElementStep)
        one = step.target
        if not isinstance(one, Identity) or not quantities(step.formula):
            fixed = isinstance(one, Identity) and one.by is None and bool(children(step.formula))
            return fixed or one in self._named
        return one.by is None or one.by.name in self._wanted


def with_short(steps: Stepwise, words: Collection[str]) -> Stepwise:
    """The steps with the local derivatives that are asked and are so short that they usually are none.

    Of arrays, in which the same stands in very many, only those beside others of the same kind, and what is asked by
    its name.
    """
    if not words:
        return steps
    backward = steps.trace.rounds[0].backward
    beside = {step.target.kind for step in backward if isinstance(step, LocalDerivative)}
    every = not {"local", EVERYTHING}.isdisjoint(words)

    def asked(one: Identity) -> bool:
        numbers = one.by is not None and not one.of.indices and not one.by.indices
        return (every and (numbers or one.kind in beside)) or not called(one).isdisjoint(words)

    found = [one for one in steps.unnamed if asked(one)]
    return steps.naming(found) if found else steps


def called(quantity: Quantity) -> frozenset[str]:
    """The words by which one quantity, or all elements of its array, are asked for."""
    names = (quantity.id, quantity.kind.replace("[]", ""))
    local = isinstance(quantity, Identity) and quantity.local
    return frozenset(names) | (frozenset(name.replace("∂", "d") for name in names) if local else frozenset())


def in_order(items: Iterable[ElementItem]) -> Iterator[ElementItem]:
    """The items with the elements of each array by their indices, unless one of them needs another, as over time."""
    for _, together in groupby(items, key=lambda item: item.group):
        found = list(together)
        own = {item.quantity for item in found}
        if any(one in own for item in found for one in quantities(item.formula)):
            yield from found
        else:
            yield from sorted(found, key=lambda item: _index(item.quantity))


def fractions_apart(node: Node) -> Node:
    """A formula with derivatives, and fractions such as 1/2, before the bar of a fraction and not above it."""
    if isinstance(node, Ref | Const) or not children(node):
        return node
    found = with_parts(node, fractions_apart)
    if not isinstance(found, Div):
        return found
    above = found.numerator
    factors = above.factors if isinstance(above, Mul) else (above,)
    first = [factor for factor in factors if _is_fraction(factor)]
    rest = [factor for factor in factors if not _is_fraction(factor)]
    return mul(*first, Div(mul(*rest) if rest else ONE, found.denominator)) if first else found


def _is_fraction(node: Node) -> bool:
    """Whether a factor is printed as a fraction."""
    if isinstance(node, Ref):
        one = node.quantity
        return isinstance(one, Identity) and one.by is not None
    return isinstance(node, Const) and node.value.denominator != 1


def asked_items(questions: Questions, words: Sequence[str] | None, place: str, file: str | None) -> list[ElementItem]:
    """The items that the words of `--ask` mean; raises `InputError` for a word that means nothing here."""
    if words is None:
        return questions.of(USUAL)
    words = [word for word in words if word not in FACTS]
    if not words:
        return []
    known = {word for word in words if word in (*TOPICS, AGAIN)}
    if EVERYTHING in words:
        return questions.of((*TOPICS, AGAIN))
    others = [word for word in words if word not in known]
    everything = questions.of((*TOPICS, AGAIN), fixed=True)
    found: list[ElementItem] = []
    for word in others:
        meant = [item for item in everything if word in called(item.quantity)]
        if not meant:
            topics = ", ".join((*TOPICS, AGAIN, *FACTS, EVERYTHING))
            names = dict.fromkeys(item.quantity.id for item in everything)
            hint = did_you_mean(word, (*TOPICS, *FACTS, *names))
            raise InputError(f"{topics}, or the id of a quantity to compute", shown(word), file, place, hint)
        found += meant
    wanted = {item.quantity for item in (*questions.of(tuple(known)), *found)}
    if "local" in known and "gradients" not in known:
        # The local derivatives of the loss are derivatives of the loss.
        wanted |= {item.quantity for item in everything if questions.of_last(item.quantity)}
    asked = [item for item in everything if item.quantity in wanted]
    if not asked:
        raise InputError("questions on something that the problem has", shown(", ".join(words)), file, place)
    return [questions.written(item, wanted) for item in asked]


def shortened(items: Sequence[ElementItem], most: int) -> tuple[list[ElementItem], int]:
    """The first so many elements of every array that a sheet has room for, and how many that is; 0 for all."""
    if len(items) <= most:
        return list(items), 0
    groups: dict[tuple[str, str], list[ElementItem]] = {}
    for item in items:
        groups.setdefault(item.group, []).append(item)
    for group in groups.values():
        group.sort(key=lambda item: _index(item.quantity))
    for few in range(max(map(len, groups.values())), 0, -1):
        kept = {item.quantity for group in groups.values() for item in group[:few]}
        if len(kept) <= most or few == 1:
            return [item for item in items if item.quantity in kept][:MOST_CHOSEN], few
    raise AssertionError("a sheet has groups")


def _index(quantity: Quantity) -> tuple[int, ...]:
    """Where in its array an element stands; of a derivative that by which is derived."""
    assert isinstance(quantity, Identity)
    return (quantity.owner or quantity.by or quantity.of).indices
