"""What may vary: for every given quantity the numbers it may have, from the problem file or chosen to suit it.

Where the file says nothing, weights, inputs and biases are drawn from a grid around the given numbers, with at most
two decimals, of the signs that were given, and never 0; targets that mean "no" and "yes", inputs that are only 0 and 1,
zeros and the learning rate stay. This module draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Literal

from derive.derivation import Trace
from derive.errors import InputError, counted
from derive.losses import LOSSES
from derive.numbers import plain
from derive.quantity import Quantity
from derive.spec import Problem, Vary
from derive.spec.variants import MAX_GRID
from derive.variants.grid import INPUTS_WIDER, WIDER, Grid, Values, around, decimals_of, grid_of, listed, scaled, within

Group = Literal["inputs", "targets", "weights", "biases", "learning_rate"]

FEWEST = 2
"""Numbers to draw from for each one that is drawn, before none may come twice."""
NEARLY = Decimal("0.05")
"""Targets no further than this from 0 or 1 mean "no" or "yes"."""

KINDS: dict[str, Group] = {
    "x": "inputs",
    "a": "inputs",
    "t": "targets",
    "W": "weights",
    "b": "biases",
    "lr": "learning_rate",
    "lr0": "learning_rate",
}


Scope = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class DrawnQuantity:
    """A quantity that is drawn, and what from. Slots of one `scope` get numbers that differ, where it has one.

    `stated`: whether the problem file says which numbers these are.
    """

    quantity: Quantity
    values: Values
    scope: Scope | None
    stated: bool


@dataclass(frozen=True, slots=True)
class Space:
    """All quantities that are drawn; `taken` are the fixed numbers that those of a scope must differ from."""

    slots: tuple[DrawnQuantity, ...]
    taken: dict[Scope, frozenset[Decimal]]

    @property
    def size(self) -> int:
        """How many different draws there are, those that repeat a number included."""
        total = 1
        for slot in self.slots:
            total *= len(slot.values)
        return total


def group_of(quantity: Quantity) -> Group | None:
    """The group of `[variants]` that a given quantity belongs to; None for those that never vary."""
    return KINDS.get(quantity.kind)


def space_of(trace: Trace) -> Space:
    """What may vary in a problem. Raises `InputError` where that cannot be drawn."""
    problem = trace.problem
    _check_singles(trace)
    slots: list[DrawnQuantity] = []
    fixed: list[tuple[Quantity, Decimal]] = []
    members: dict[Group, list[Quantity]] = {}
    for quantity in trace.givens:
        group = group_of(quantity)
        if group is not None:
            members.setdefault(group, []).append(quantity)
    for group, quantities in members.items():
        usual = usual_grid(problem, group, [trace.givens[q] for q in quantities])
        for quantity in quantities:
            single, rule = rule_of(problem, quantity, group)
            place = single or group
            given, file = trace.givens[quantity], problem.file or problem.name
            values = numbers_of(rule, usual, given, group, file, place)
            if values is None:
                fixed.append((quantity, given))
            else:
                slots.append(DrawnQuantity(quantity, listed(values), _scope_of(quantity), values is not usual))
    return Scopes(problem.file or problem.name, partial(_told, problem), _scope_of, ("inputs", "weights")).space(
        slots, fixed
    )


def _told(problem: Problem, quantity: Quantity) -> tuple[str, Vary | None]:
    group = group_of(quantity)
    assert group is not None
    return group, rule_of(problem, quantity, group)[1]


def _scope_of(quantity: Quantity) -> Scope:
    """The numbers that had better differ: the inputs of an example, the weights of a layer."""
    return (group_of(quantity), quantity.example, quantity.layer)


def rule_of(problem: Problem, quantity: Quantity, group: Group) -> tuple[str | None, Vary | None]:
    """What the file says about a quantity, and the id under which it says so, when not by its group.

    The longest beginning of its id counts.
    """
    variants = problem.variants
    best = ""
    for key in variants.quantities:
        if _begins(quantity, key) and len(key) > len(best):
            best = key
    if best:
        return f'quantities."{best}"', variants.quantities[best]
    rule: Vary | None = getattr(variants, group)
    return None, rule


def _begins(quantity: Quantity, key: str) -> bool:
    spellings = (quantity.id, quantity._replace(example=None).id)
    return any(spelling == key or spelling.startswith((f"{key}[", f"{key}.")) for spelling in spellings)


def _check_singles(trace: Trace) -> None:
    for key in trace.problem.variants.quantities:
        if not any(_begins(quantity, key) for quantity in trace.givens):
            known = ", ".join(quantity.id for quantity in list(trace.givens)[:6])
            raise InputError(
                "the id of a number that the problem gives",
                key,
                trace.problem.file or trace.problem.name,
                f'variants.quantities."{key}"',
                f"this problem gives {known}, …",
            )


def usual_grid(problem: Problem, group: Group, given: Sequence[Decimal]) -> Grid | None:
    """What a group is drawn from where the file does not say; None where it stays."""
    apart = [number for number in given if number]
    if group == "learning_rate" or not apart:
        return None
    if group == "targets":
        kept = all(min(abs(number), abs(number - 1)) <= NEARLY for number in given)
        if kept or LOSSES[problem.loss.name].targets:
            return None
    if group == "inputs" and len(problem.data.inputs) > 1 and all(number in (0, 1) for number in given):
        return None
    grid = around(apart, INPUTS_WIDER if group == "inputs" else WIDER)
    return within(grid, problem.network.layers[-1].activation) if group == "targets" else grid


WITH_ZERO = ("targets", "biases", "constants")
"""Groups among whose numbers 0 may be."""


def numbers_of(
    rule: Vary | None, usual: Grid | None, given: Decimal, group: str, file: str, place: str
) -> Values | None:
    """The numbers that a quantity may have under a rule at a `place` of the file; None where it stays."""
    if rule is not None and rule.fixed:
        return None
    if rule is None:
        return usual if given else None
    if rule.choices is not None:
        return rule.choices
    if rule.low is None and rule.high is None and rule.step is None:
        return (usual or around([given])) if given else None
    base = usual or around([given or Decimal(1)])
    low, high = (base[0], base[len(base) - 1])
    low, high = (rule.low if rule.low is not None else low), (rule.high if rule.high is not None else high)
    numbers = [number for number in (low, high, rule.step) if number is not None]
    decimals = (
        max(decimals_of(number) for number in numbers)
        if rule.step is not None
        else max(base.decimals, *map(decimals_of, numbers))
    )
    step = scaled(rule.step, decimals) if rule.step is not None else 1
    first = scaled(low, decimals)
    count = (scaled(high, decimals) - first) // step + 1
    if count > MAX_GRID:
        raise InputError(f"at most {counted(MAX_GRID, 'number')} to draw from", f"{count}", file, f"variants.{place}")
    grid = grid_of(first, step, max(count, 0), decimals, zero=group in WITH_ZERO)
    where = f"variants.{place}"
    if len(grid) < 1:
        raise InputError("a range with a number in it", f"none from {plain(low)} to {plain(high)}", file, where)
    if group == "learning_rate" and grid[0] <= 0:
        raise InputError("learning rates greater than 0", plain(grid[0]), file, where)
    return grid


@dataclass(frozen=True)
class Scopes:
    """Which drawn numbers must differ: those of a scope, where their rule says so or where there are enough of them.

    `told` gives the group and the rule of a quantity, `scope_of` what it shares with those that had better differ, its
    group first; in the groups `differing` they do unless somebody says otherwise. A number that stays counts in
    whatever group it is.
    """

    file: str
    told: Callable[[Quantity], tuple[str, Vary | None]]
    scope_of: Callable[[Quantity], Scope | None]
    differing: tuple[str, ...]

    def space(self, slots: list[DrawnQuantity], fixed: list[tuple[Quantity, Decimal]]) -> Space:
        """The space in which only those scopes are left whose numbers must differ."""
        kept: list[DrawnQuantity] = []
        taken: dict[Scope, frozenset[Decimal]] = {}
        together: dict[Scope | None, list[DrawnQuantity]] = {}
        staying: dict[Scope, set[Decimal]] = {}
        for slot in slots:
            together.setdefault(slot.scope, []).append(slot)
        for quantity, number in fixed:
            staying.setdefault((self.scope_of(quantity) or ())[1:], set()).add(number)
        for slot in slots:
            group, rule = self.told(slot.quantity)
            wanted = rule.distinct if rule else None
            if slot.scope is None:
                kept.append(slot)
                continue
            others, stay = together[slot.scope], frozenset(staying.get(slot.scope[1:], ()))
            fewest = min(len(other.values) for other in others)
            if wanted and fewest < len(others) + len(stay):
                raise InputError(
                    f"at least {counted(len(others) + len(stay), 'number')} to draw from, because they must differ",
                    str(fewest),
                    self.file,
                    f"variants.{group}",
                )
            usual = group in self.differing and fewest >= FEWEST * len(others) + len(stay)
            scope = slot.scope if wanted or (wanted is None and usual) else None
            kept.append(replace(slot, scope=scope))
            if scope is not None:
                taken[scope] = stay
        return Space(tuple(kept), taken)
