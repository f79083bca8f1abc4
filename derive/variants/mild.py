"""Milder numbers to draw, where those around the problem's own make no good exercise: what could be drawn instead.

A weighted sum is mild when it is about 1 in size: then no unit is saturated and every gradient is worth computing. The
ranges have the signs of the given numbers, and 0 stays 0. Everything is said as a table `[variants]` could say it, and
only where the author's own table says nothing. This module draws nothing and judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from derive.derivation import Trace
from derive.errors import listed
from derive.numbers import plain
from derive.spec import Vary
from derive.spec.variants import MAX_SINGLE
from derive.variants.constraints import dies, limits
from derive.variants.exercise import AnyVariants
from derive.variants.grid import ends_of
from derive.variants.space import KINDS, DrawnQuantity, space_of

RANGES = tuple(
    (Decimal(high), Decimal(step))
    for high, step in (
        ("20", "1"), ("10", "0.5"), ("5", "0.5"), ("2", "0.1"), ("1", "0.05"), ("0.5", "0.05"), ("0.2", "0.01"),
        ("0.1", "0.01"), ("0.05", "0.01"),
    )
)  # fmt: skip
"""Ranges for weights: the largest number and the step, both easy to calculate with."""
INPUTS = (Decimal("0.1"), Decimal("0.9"), Decimal("0.1"))
BIASES = (Decimal("0.05"), Decimal("0.5"), Decimal("0.05"))
"""The smallest, the largest and the step, apart from the sign."""
TYPICAL = Fraction(11, 20)
"""How large an input of these, or the output of a unit, is on average."""
SQUARES, SUM = 3, 2
"""What h^2 times the sum of squares of the inputs, or h times their sum where no sign is mixed, may come to for a
largest weight h: then weighted sums are about 1 in size."""
LARGE, SMALL = 1, Decimal("0.1")
"""Inputs whose range ends above the one or below the other are replaced, and biases that can be larger."""
TINY = 10
"""Weights that are smaller than is mild by this factor make no gradients."""
RATES = tuple(map(Decimal, ("1", "0.5", "0.2", "0.1", "0.05", "0.02", "0.01", "0.005", "0.002", "0.001")))
MOST_RATES = 4
"""Learning rates that are tried one after the other."""


@dataclass(frozen=True)
class Mild:
    """What is drawn, as a table `[variants]` says it, and how it differs from what the author would have."""

    variants: AnyVariants
    changes: tuple[str, ...] = ()


def levels(trace: Trace) -> list[Mild]:
    """What may be drawn, from the numbers around the given ones to ever milder ones."""
    own = Mild(trace.problem.variants)
    found = [own]
    for inputs, targets in ((False, False), (True, False), (True, True)):
        level = _Level(trace, inputs, targets).mild()
        if level.changes and level != found[-1]:
            found.append(level)
    return found


def with_rate(mild: Mild, rate: Decimal, own: Decimal) -> Mild:
    """The same with another learning rate."""
    variants = mild.variants.model_copy(update={"learning_rate": Vary(choices=(rate,))})
    return Mild(variants, (*mild.changes, f"the learning rate is {plain(rate)} instead of {plain(own)}"))


def rates(trace: Trace, larger: bool) -> list[Decimal]:
    """The learning rates that may be tried instead, the nearest first; none where the author says what it is."""
    variants = trace.problem.variants
    if variants.learning_rate is not None or any(key.startswith("lr") for key in variants.quantities):
        return []
    own = rate_of(trace)
    usual = sorted(RATES) if larger else RATES
    return [rate for rate in usual if (rate > own if larger else rate < own)][:MOST_RATES]


def rate_of(trace: Trace) -> Decimal:
    return trace.problem.training.learning_rate


@dataclass
class _Level:
    """One level in the making: the rules that are added, and what is said of each."""

    trace: Trace
    inputs: bool
    targets: bool
    rules: dict[str, Vary] = field(default_factory=dict)
    said: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """What is drawn from the same range, by its name and the range."""

    def mild(self) -> Mild:
        variants = self.trace.problem.variants
        open_slots: dict[tuple[str, object], list[DrawnQuantity]] = {}
        for slot in space_of(self.trace).slots:
            if not slot.stated:
                open_slots.setdefault((slot.quantity.kind, slot.quantity.layer), []).append(slot)
        groups: dict[str, Vary] = {}
        for (kind, layer), slots in open_slots.items():
            group = KINDS[kind]
            bounds = self._bounds(kind, layer, slots)
            if bounds is None or (group in groups):
                continue
            signs = {self.trace.givens[slot.quantity] > 0 for slot in slots}
            rule, words = _rule(bounds, {True} if self._wakes(group, layer) else signs)
            if group in ("inputs", "targets"):
                groups[group] = rule
            else:
                assert isinstance(layer, int)
                self.rules[f"{kind}[{layer}]"] = rule.model_copy(update={"distinct": self._distinct(group)})
            self._pin(kind, layer)
            self.said.setdefault((_what(group), words), []).append(self._layer_name(layer))
        # What the author says of single quantities counts before what is added here.
        rules = {**self.rules, **variants.quantities}
        if len(rules) > MAX_SINGLE:
            return Mild(variants)
        changed = variants.model_copy(update={**groups, "quantities": rules})
        return Mild(changed, tuple(self._sentences()))

    def _bounds(
        self, kind: str, layer: object, slots: Sequence[DrawnQuantity]
    ) -> tuple[Decimal, Decimal, Decimal] | None:
        """Smallest number, largest and step of a milder range, apart from the sign; None where none is needed."""
        largest = max(abs(end) for slot in slots for end in ends_of(slot.values))
        match KINDS[kind]:
            case "inputs" if self.inputs and self.trace.problem.data.standardize is None:
                return INPUTS if largest > LARGE or largest < SMALL else None
            case "targets" if self.targets:
                return INPUTS if largest > LARGE else None
            case "biases" if self._concerns(layer):
                return BIASES if largest > LARGE or self._wakes("biases", layer) else None
            case "weights" if self._concerns(layer):
                assert isinstance(layer, int)
                found = self._weights(layer)
                if found is not None and (largest > found[0] or largest * TINY < found[0]):
                    return found[1], found[0], found[1]
        return None

    def _concerns(self, layer: object) -> bool:
        """Whether a layer's numbers are looked at: its units saturate, or nothing is left as it was."""
        assert isinstance(layer, int)
        return self.inputs or limits(self.trace.problem.network.layers[layer - 1].activation) is not None

    def _wakes(self, group: str, layer: object) -> bool:
        """Whether numbers are biases of units that are off below 0: then they are above 0."""
        if group != "biases" or not self.inputs:
            return False
        assert isinstance(layer, int)
        return dies(self.trace.problem.network.layers[layer - 1].activation)

    def _weights(self, layer: int) -> tuple[Decimal, Decimal] | None:
        """The largest weight into a layer, and the step; None where none is small enough."""
        mixed = len({number > 0 for number in self._given("W", layer) if number}) > 1
        for high, step in RANGES:
            size = Fraction(high)
            for row in self._incoming(layer):
                if size**2 * sum(x * x for x in row) > SQUARES if mixed else size * sum(map(abs, row)) > SUM:
                    break
            else:
                return high, step
        return None

    def _incoming(self, layer: int) -> list[list[Fraction]]:
        """What comes into a layer, for each example where that is given."""
        problem = self.trace.problem
        if layer == 1 and not self.inputs and problem.data.standardize is None:
            return [[Fraction(x) for x in row] for row in problem.data.inputs]
        return [[TYPICAL] * problem.network.sizes[layer - 1]]

    def _given(self, kind: str, layer: object) -> list[Decimal]:
        return [number for q, number in self.trace.givens.items() if (q.kind, q.layer) == (kind, layer)]

    def _distinct(self, group: str) -> bool | None:
        rule: Vary | None = getattr(self.trace.problem.variants, group)
        return rule.distinct if rule else None

    def _pin(self, kind: str, layer: object) -> None:
        """A number that is 0 stays: there is no connection, or no input."""
        for quantity, number in self.trace.givens.items():
            if (quantity.kind, quantity.layer) == (kind, layer) and not number:
                self.rules[quantity.id] = Vary(fixed=True)

    def _layer_name(self, layer: object) -> str:
        last = len(self.trace.problem.network.layers)
        if not isinstance(layer, int) or not layer:
            return ""
        return "the output layer" if layer == last else f"hidden layer {layer}" if last > 2 else "the hidden layer"

    def _sentences(self) -> Iterator[str]:
        for (what, words), names in self.said.items():
            which = listed(names) if any(names) else ""
            yield f"{what.format(which)} are drawn from {words}"


def _rule(bounds: tuple[Decimal, Decimal, Decimal], signs: set[bool]) -> tuple[Vary, str]:
    """A range with some signs, and how it is said."""
    low, high, step = bounds
    if len(signs) > 1:
        low = -high
    elif signs == {False}:
        low, high = -high, -low
    return Vary(low=low, high=high, step=step), f"{plain(low)} to {plain(high)}"


def _what(group: str) -> str:
    return {"weights": "the weights into {}", "biases": "the biases of {}"}.get(group, f"the {group}")
