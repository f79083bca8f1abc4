"""The guard: every rule against SymPy, and every derivative along three roads, before anything is shown.

Decides what agrees. A disagreement is a fault of the program, never of the user, and nothing is shown then.
"""

from __future__ import annotations

from collections.abc import Iterator

import flint
from flint import arb, fmpq

from derive.compute.measure import Ends, Measured, measure
from derive.compute.plan import Disagreement
from derive.compute.rounds import RoundNumbers
from derive.model.rules import compare_rules
from derive.model.schema import ModelProblem
from derive.model.solution import ModelSolution
from derive.numbers import LAST_PRECISION, Number, Undecided
from derive.trace.identity import Symbol
from derive.trace.size import operations

MOST_SWEPT, MOST_OPERATIONS = 3000, 20_000
"""Derivatives and operations of a computation that is also swept element by element."""


def verify(solution: ModelSolution) -> None:
    """Compares the derivatives along three roads; raises `Disagreement`, a fault of the program, where two differ.

    Each rule that the equations need is compared with SymPy's derivative of the same operation. Then the roads: the
    adjoint equations, the sweep over element steps (of computations that are small enough to be written out), and
    measurements. At a corner nothing is measured.
    """
    solution.decide(lambda: solution.rounds)  # whatever has no value is told here
    if solution.adjoint is None:
        return
    compare_rules(solution.system.equations, solution.adjoint.functions)
    solution.decide(lambda: _verify(solution))


def solve_model(problem: ModelProblem) -> ModelSolution:
    """The solution of a problem, guarded: raises `InputError` where the equations are no computation.

    >>> from derive.model import model_from_dict
    >>> problem = {"title": "A square", "parameters": {"w": 3}, "model": {"equations": "L = w^2"}}
    >>> solve_model(model_from_dict(problem)).digits("dL/dw")
    '6'
    """
    solution = ModelSolution(problem)
    verify(solution)
    return solution


def _verify(solution: ModelSolution) -> None:
    one = solution.rounds[0]
    gradients = [identity for identity in solution.ids() if identity.by is not None and not identity.step]
    work = operations(solution.system.equations, solution.system.functions)
    if len(gradients) <= MOST_SWEPT and work <= MOST_OPERATIONS:
        swept = solution.swept()
        for identity in gradients:
            ours, other = solution.number(identity), swept.get(identity, fmpq(0))
            if not agree(ours, other, solution.last_precision):
                raise Disagreement(str(identity), f"is {ours} by the adjoint equations and {other} by the sweep")
    if solution.corners():
        return
    for found in _measured(solution, one):
        if not found.agrees:
            along = f"the derivative by {found.along or 'a direction'}"
            raise Disagreement(along, f"is derived as {found.derived} and measured as {found.measured}")


def _measured(solution: ModelSolution, one: RoundNumbers) -> Iterator[Measured]:
    assert solution.adjoint is not None
    plan = one.plan
    pairs: dict[int, int] = {}
    symbols: dict[int, Symbol] = {}
    for name, gradient in solution.adjoint.names.items():
        if name in solution.system.givens and gradient not in one.missing and name not in solution.switches:
            shift = plan.arrays[gradient].base - plan.arrays[name].base
            for index, register in plan.elements(name):
                pairs[register], symbols[register] = register + shift, Symbol(name, index)
    forward = solution.computation.program(0).forward
    yield from measure(plan, forward, one.registers, pairs, Ends(_weights(solution, one)), symbols)


def _weights(solution: ModelSolution, one: RoundNumbers) -> dict[int, Number]:
    """What is derived: the loss, or what has a given derivative, weighted with it."""
    if not solution.problem.model.upstream:
        assert solution.loss is not None
        return {one.plan.arrays[solution.loss].base: fmpq(1)}
    found: dict[int, Number] = {}
    for name, source in solution.problem.model.upstream.items():
        shifts = [low for low, _ in solution.seeded(name)]
        for index, register in one.plan.elements(source):
            at = tuple(i - solution.names.first + low for i, low in zip(index, shifts, strict=True))
            place_ = one.plan.arrays[name].place(at)
            assert place_ is not None
            found[place_] = one.registers[register]
    return found


def agree(one: Number, other: Number, last: int = LAST_PRECISION) -> bool:
    """Whether two numbers are the same up to the precision in force, less a third of its digits.

    Raises `Undecided` where that precision leaves it open; what the last one leaves open is the same.
    """
    difference = arb(one) - arb(other)
    scale = arb(1).max(abs(arb(one)))
    if abs(difference) < scale * arb(2) ** -(2 * flint.ctx.prec // 3):
        return True
    if difference.contains(0) and 2 * flint.ctx.prec <= last:
        raise Undecided
    return bool(difference.contains(0))
