"""Forms of an equation and of the derivatives: with indices, and in whole matrices where there is such a form.

A matrix form is shown only after it was evaluated and compared with the index form at every entry.
"""

from __future__ import annotations

from derive.compute.matrices import Matrices
from derive.compute.plan import Disagreement
from derive.compute.tagged import untagged
from derive.expression import Node
from derive.model.guard import agree
from derive.model.solution import ModelSolution
from derive.trace.indexed import Equation
from derive.trace.matrix import matrix_form, matrix_text
from derive.trace.text import text


def equations_of(solution: ModelSolution, name: str) -> list[Equation]:
    """The equations of a quantity, or of the derivatives `dL/dW` by one."""
    derived = solution.adjoint.equations if solution.adjoint else ()
    return [equation for equation in (*solution.system.equations, *derived) if equation.name == name]


def index_form(solution: ModelSolution, name: str) -> list[str]:
    """The equations of a quantity or of derivatives as they would be written.

    >>> from derive.model import model_from_dict, solve_model
    >>> problem = {"title": "A weighted sum", "inputs": {"x": [1, 2], "W": [[3, 4], [5, 6]]}}
    >>> problem["model"] = {"equations": "z = W@x\\nL = sum(z^2)"}
    >>> solution = solve_model(model_from_dict(problem))
    >>> index_form(solution, "dL/dx"), matrix_form_of(solution, "dL/dx")
    (['dL/dx[s] = sum(dL/dz[i]*W[i,s] for i in 1..2)'], 'dL/dx = W.T@dL/dz')
    """
    return [text(equation) for equation in equations_of(solution, name)]


def matrix_form_of(solution: ModelSolution, name: str) -> str | None:
    """The matrix form of a quantity or of derivatives; None where there is none."""
    found = equations_of(solution, name)
    if len(found) != 1:
        return None
    node = checked_matrix(solution, found[0])
    return None if node is None else f"{name} = {matrix_text(node)}"


def checked_matrix(solution: ModelSolution, equation: Equation) -> Node | None:
    """The matrix form of an equation, compared with the index form; raises `Disagreement` where they differ."""
    derived = solution.adjoint.ranges if solution.adjoint else {}
    updates = solution.updates
    moved = {**updates.ranges, **dict.fromkeys(updates.settings, ())} if updates else {}
    node = matrix_form(equation, {**solution.system.ranges, **derived, **moved})
    if node is None:
        return None

    solution = solution.unrounded  # forms are compared where they must agree to the last digit

    def compare() -> None:
        one = solution.rounds[0]
        registers = [untagged(number) for number in one.registers]
        found = [number for row in Matrices(one.plan, registers, equation)(node) for number in row]
        array = one.plan.arrays[equation.name]
        right = registers[array.base : array.base + array.length]
        if len(found) != len(right) or not all(
            agree(a, b, solution.last_precision) for a, b in zip(found, right, strict=True)
        ):
            raise Disagreement(f"the matrix form of {equation.name}", f"({matrix_text(node)}) has other numbers")

    if equation.name not in solution.decide(lambda: solution.rounds)[0].missing:
        solution.decide(compare)
    return node
