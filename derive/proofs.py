"""What the rows of the tables claim, held against SymPy: every derivative and every line that leads to it.

A row's formulas and SymPy's derivative of its definition are compared at several points, in (0, 1) and outside, on both
sides of 0, where rows have their corners, and exactly there. Where a formula is joined from several, its relaxed form
is compared too, in which every side counts at every point. A disagreement is certain, for the balls are apart; that
there is none says that the formulas are the same to 50 digits at these points. The tests have SymPy simplify the
differences to 0.
"""

from __future__ import annotations

from functools import lru_cache

import flint
from flint import arb, fmpq

from derive.activations import ACTIVATIONS, Activation
from derive.branches import coverage, has_corners, relaxed
from derive.calculus import partial
from derive.errors import ProgramFault
from derive.expression import ONE, Node, Ref, Var, bind, const, mul
from derive.library import Exact
from derive.losses import LOSSES, SIMPLIFICATIONS, Loss, Simplification
from derive.numbers import FIRST_PRECISION, OutsideDomain, compile_value
from derive.quantity import Quantity
from derive.spec import Problem

NUMBERS = [fmpq(*pair) for pair in ((1, 3), (-5, 7), (11, 8), (0, 1), (5, 8), (-13, 6), (2, 9), (1, 1))]
Given = tuple[tuple[str, Exact], ...]
"""The numbers of parameters."""
FEWEST = 3
"""Points at which two formulas must both have a value."""


def prove(problem: Problem) -> None:
    """Compares the rows that a problem uses; raises `ProgramFault`. A row is compared once in a process."""
    for layer in problem.network.layers:
        if layer.activation in ACTIVATIONS:
            activation(ACTIVATIONS[layer.activation], tuple(layer.parameters.items()))
    row = LOSSES[problem.loss.name]
    loss(row, problem.network.sizes[-1], tuple(problem.loss.parameters.items()))
    last = ACTIVATIONS.get(problem.network.layers[-1].activation)
    pair = SIMPLIFICATIONS.get((problem.network.layers[-1].activation, problem.loss.name))
    if last is not None and pair is not None:
        simplification(last, row, pair)


@lru_cache(maxsize=256)
def activation(row: Activation, given: Given = ()) -> None:
    """The derivative and every worked line of an activation, with a replaced by the definition."""
    row = row.put_in(dict(given))
    definition = row.definition
    parts: dict[str, Node] = {"a": definition}
    shown = [bind(formula, parts) for formula in (row.derivative, *(line.formula for line in row.worked))]
    _demand(row.name, shown, partial(definition, Var("z")), "z")
    if row.opening is not None:
        _demand(f"{row.name}, rewritten,", [bind(row.opening, parts)], definition, "z")


@lru_cache(maxsize=256)
def loss(row: Loss, outputs: int, given: Given = ()) -> None:
    """The derivative and every worked line of a loss, and the same for the mirrored difference."""
    row = row.put_in(dict(given))
    number: dict[str, Node] = {"n": const(outputs)}
    part = bind(row.part, number)
    lines = [row.derivative, *(line.formula for line in row.worked)]
    if row.target_first is not None:
        mirrored, worked = row.target_first
        lines += [line.formula for line in worked]
        _demand(f"{row.name}, mirrored,", [bind(mirrored, number)], part, "a", "t")
    if row.brought_together is not None:
        lines.append(row.brought_together)
    _demand(row.name, [bind(line, number) for line in lines], partial(part, Var("a")), "a", "t")


@lru_cache(maxsize=256)
def simplification(last: Activation, row: Loss, pair: Simplification) -> None:
    """The product of the two derivatives is the simplified delta, line by line."""
    lines = [pair.delta, *(line.formula for line in pair.worked)]
    _demand(f"{last.name} with {row.name}", lines, mul(row.derivative, last.derivative), "a", "t")


def _demand(what: str, shown: list[Node], true: Node, *names: str) -> None:
    """Every formula shown has the values of the true one, and defines each of them once."""
    with flint.ctx.workprec(FIRST_PRECISION):
        for covered in (part for formula in shown for part in coverage(formula)):
            if not _same(_values(covered, names), _values(ONE, names)):
                raise ProgramFault(f"the table row of {what}", "has cases of which none holds somewhere, or two")
        for change in (_as_it_is, relaxed) if has_corners(true) else (_as_it_is,):
            expected = _values(change(true), names)
            for formula in shown:
                if not _same(_values(change(formula), names), expected):
                    from derive.symbolic import to_sympy

                    found = f"claims {to_sympy(formula)} where {to_sympy(true)} is right"
                    raise ProgramFault(f"the table row of {what}", found)


def _as_it_is(formula: Node) -> Node:
    return formula


def _values(formula: Node, names: tuple[str, ...]) -> list[arb | None]:
    """The values at all points; None where there is none, as of the logarithm of 0."""
    quantities = {name: Quantity(name) for name in names}
    evaluator = compile_value(bind(formula, {name: Ref(quantity) for name, quantity in quantities.items()}))
    found: list[arb | None] = []
    for shift in range(len(NUMBERS)):
        # Odd strides meet every number, and pair small ones with large ones.
        at = {q: NUMBERS[(shift * (2 * k + 1) + k) % len(NUMBERS)] for k, q in enumerate(quantities.values())}
        try:
            found.append(arb(evaluator(at)))
        except OutsideDomain:
            found.append(None)
    return found


def _same(left: list[arb | None], right: list[arb | None]) -> bool:
    pairs = [(x, y) for x, y in zip(left, right, strict=True) if x is not None and y is not None]
    return len(pairs) >= FEWEST and all(x.overlaps(y) for x, y in pairs)
