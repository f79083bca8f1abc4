"""Random problems of the language of equations: four roads to every derivative, two to every value.

Every problem is computed by the second interpreter (values, and differences at some elements), by adjoint equations
and by the sweep over element steps. What one interpreter refuses the other must refuse too. At a corner the
difference is not compared.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import flint
from equation_problems import close, plain_number
from flint import arb
from plain_equations import Interpreter
from random_equations import Problem, random_problem

from derive.compute.plan import Disagreement
from derive.errors import InputError
from derive.model import ModelSolution, model_from_dict, verify
from derive.model.forms import checked_matrix
from derive.numbers import FIRST_PRECISION, Number, Undecided
from derive.trace.identity import Identity, Symbol

PROBLEMS = 2000
DIFFERENCES = 5
"""Derivatives of every problem that are measured."""
VALUE, ROAD, MEASURED = "1e-30", "1e-30", "1e-14"


def run(seed: int, share: float) -> list[str]:
    """The problems on which two roads disagree."""
    counted: Counter[str] = Counter()
    failures: list[str] = []
    count = max(1, round(PROBLEMS * share))
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        problem = random_problem(rng)
        verdict, why = compare(problem, rng, counted)
        counted[verdict] += 1
        if verdict not in ("agree", "both refuse", "corner", "beyond the limits"):
            failures.append(f"problem {number} of seed {seed}: {verdict}: {why}\n{problem.text}")
    figures = ", ".join(f"{how}: {many}" for how, many in sorted(counted.items()))
    print(f"{count} random problems of the language of equations; {figures}")
    return failures


def compare(problem: Problem, rng: random.Random, counted: Counter[str]) -> tuple[str, str]:
    """How two interpreters, two derivations and measured differences agree on a problem."""
    plain, values, refused = _plain(problem)
    try:
        solution = _solved(problem, "equations")
        numbers = solution.decide(lambda: {one: solution.number(one) for one in solution.ids()})
    except InputError as error:
        if plain is None:
            return "both refuse", ""
        return ("beyond the limits", "") if _beyond(error) else ("refused", str(error))
    if plain is None:
        return "accepted", f"the other interpreter says {refused!r}"
    for (name, index), value in values.items():
        if not close(numbers[Identity(Symbol(name, index))], value, VALUE):
            return "value", f"{Symbol(name, index)} is {value}, not {numbers[Identity(Symbol(name, index))]}"
    counted["numbers"] += len(values)
    gradients = {one: number for one, number in numbers.items() if one.by is not None}
    wrong = _roads(solution, gradients)
    if wrong:
        return "roads", wrong
    counted["derivatives by both roads"] += len(gradients)
    wrong = _in_matrices(solution, counted)
    if wrong:
        return "matrix form", wrong
    try:
        verify(solution)
    except Disagreement as error:
        return "guard", str(error)
    if rng.random() < 0.2:
        wrong = _by_gates(problem, numbers)
        if wrong:
            return "gates", wrong
        counted["split into gates"] += 1
    if problem.parameters and rng.random() < 0.2:
        wrong = _trained(problem, plain)
        if wrong:
            return "training", wrong
        counted["trained"] += 1
    return _measured(plain, solution, gradients, rng, counted)


def _solved(problem: Problem, granularity: str, **tables: Any) -> ModelSolution:
    table = {"equations": problem.text, "first_index": problem.first, "granularity": granularity}
    return ModelSolution(model_from_dict({"title": "random", **problem.tables_of(), "model": table, **tables}))


def _in_matrices(solution: ModelSolution, counted: Counter[str]) -> str:
    """The first matrix form that has other numbers than its index form."""
    derived = solution.adjoint.equations if solution.adjoint else ()
    for equation in (*solution.system.equations, *derived):
        try:
            counted["matrix forms"] += checked_matrix(solution, equation) is not None
        except Disagreement as error:
            return str(error)
    return ""


def _beyond(error: InputError) -> bool:
    """Whether a problem is refused for what no precision decides (a cancellation to 0) or for the size of a number."""
    return any(words in str(error) for words in ("bits do not decide", "as large as this", "more than 1000 digits"))


def _trained(problem: Problem, plain: Interpreter) -> str:
    """Two updates: each is a step against the gradient, and the loss after it is that of the new numbers."""
    training = {"learning_rate": "1/64", "steps": 2, "optimizer": "gradient_descent"}
    solution = _solved(problem, "equations", training=training)
    try:
        numbers = solution.decide(lambda: {one: _accurate(solution.number(one)) for one in solution.ids()})
    except InputError as error:
        return "" if _beyond(error) else str(error)
    before = {name: dict(plain.givens[name]) for name in problem.parameters}
    wrong = ""
    with flint.ctx.workprec(FIRST_PRECISION):
        for step in (1, 2):
            for name in problem.parameters:
                for index in plain.givens[name]:
                    old, new = (numbers[Identity(Symbol(name, index), step=n)] for n in (step - 1, step))
                    slope = numbers[Identity(Symbol("L"), by=Symbol(name, index), step=step - 1)]
                    if not abs(arb(new) - arb(old) + arb(slope) / 64) < arb(10) ** -30 * arb(1).max(abs(arb(slope))):
                        wrong = f"after[{step}].{Symbol(name, index)} is {new}"
                    plain.givens[name][index] = plain_number(new)
            plain.cache = {}
            if not close(numbers[Identity(Symbol("L"), step=step)], plain.value("L"), "1e-25"):
                wrong = f"after[{step}].L is {numbers[Identity(Symbol('L'), step=step)]}, not {plain.value('L')}"
    for name, values in before.items():
        plain.givens[name].update(values)
    plain.cache = {}
    return wrong


def _accurate(number: Number) -> Number:
    """A number that is known well enough to be compared; a training may need more precision than its digits."""
    if isinstance(number, arb) and not number.contains(0) and number.rel_accuracy_bits() < 110:
        raise Undecided
    return number


def _by_gates(problem: Problem, numbers: dict[Identity, Number]) -> str:
    """What differs when every operation is an equation of its own."""
    solution = _solved(problem, "gates")
    try:
        split = solution.decide(lambda: {one: solution.number(one) for one in solution.ids()})
    except InputError as error:
        return str(error)
    with flint.ctx.workprec(FIRST_PRECISION):
        for one, number in numbers.items():
            if one.of.name.startswith("softmax") or (one.by and one.by.name.startswith("softmax")):
                continue
            if not abs(arb(number) - arb(split[one])) < arb(10) ** -30 * arb(1).max(abs(arb(number))):
                return f"{one} is {number}, by gates {split[one]}"
    return ""


def _plain(problem: Problem) -> tuple[Interpreter | None, dict[Any, Any], Exception | None]:
    """The second interpreter with its values, or why it refuses."""
    try:
        plain = Interpreter({**problem.givens, **problem.tables}, problem.text, problem.first)
        return plain, plain.values(), None
    except (AssertionError, KeyError, ZeroDivisionError, ValueError, TypeError, IndexError) as error:
        return None, {}, error


def _roads(solution: ModelSolution, gradients: dict[Identity, Number]) -> str:
    """Where the adjoint equations and the sweep over elements disagree."""
    swept = solution.decide(solution.swept)
    with flint.ctx.workprec(FIRST_PRECISION):
        for one, number in gradients.items():
            other = swept.get(one, flint.fmpq(0))
            scale = arb(10) ** -30 * arb(1).max(abs(arb(number)))
            if not abs(arb(number) - arb(other)) < scale:
                return f"{one} is {number} by adjoint equations, {other} by the sweep"
    return ""


def _measured(
    plain: Interpreter,
    solution: ModelSolution,
    gradients: dict[Identity, Number],
    rng: random.Random,
    counted: Counter[str],
) -> tuple[str, str]:
    """Some derivatives against differences."""
    loss: Callable[[], Any] = lambda: plain.value("L")  # noqa: E731
    named = [one for one in gradients if one.by is not None and not one.by.name.startswith(("softmax", "log_softmax"))]
    for one in rng.sample(named, min(DIFFERENCES, len(named))):
        assert one.by is not None
        difference = plain.difference(loss, one.by.name, one.by.indices)
        if not close(gradients[one], difference, MEASURED):
            if solution.corners():
                return "corner", ""
            return "difference", f"{one} is {gradients[one]}, measured {difference}"
        counted["measured"] += 1
    return "agree", ""
