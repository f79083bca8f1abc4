"""The form `delta`: layer by layer of the library from the last to the first, with deltas for its derivatives.

The delta of a quantity is the derivative of the loss with respect to it. Decides which equations make a layer.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.compute.schedule import groups
from derive.document import Block, Section
from derive.library import rows
from derive.model import ModelSolution
from derive.pages.backward import conditions, equation_by_equation, worked_equations
from derive.pages.page import ModelPage
from derive.trace.indexed import reads

Layer = tuple[str, int]
"""The row of the library and the line that uses it; equations of the author have neither."""


def lacks(solution: ModelSolution) -> str:
    """Why a problem has no layers."""
    if any(equation.row in rows("layer") for equation in solution.system.equations):
        return ""
    return "it uses no layer of the library, as with: use lstm(x = x, h = h)."


def deltas(solution: ModelSolution) -> frozenset[str]:
    """The quantities that have a delta: everything that is computed."""
    adjoint = solution.adjoint
    return frozenset(name for name in adjoint.names if name not in solution.system.givens) if adjoint else frozenset()


def blocks(page: ModelPage) -> Iterator[Block]:
    """Every layer with its deltas and the gradients of its parameters."""
    solution, equations = page.solution, worked_equations(page)
    assert solution.adjoint is not None
    if not page.brief:
        sample = next((name for name in page.derived if name in deltas(solution) and name != solution.loss), None)
        yield page.opens(
            "The delta of a quantity is the derivative of {loss} by it{sample}. Every layer gets from above"
            " the deltas of what it gives, and passes down those of what it takes.",
            loss=page.display.symbol(solution.derived_loss),
            sample=page.words(", as {delta}", delta=page.display.whole(solution.adjoint.names[sample]))
            if sample
            else "",
        )
    yield from conditions(page, equations)
    owners = {gradient: name for name, gradient in solution.adjoint.names.items()}
    layers = _layers(page)
    for layer in reversed(list(dict.fromkeys(layers.values()))):
        own = [one for one in equations if layers[owners[one.name]] == layer]
        if own:
            row = rows("layer").get(layer[0]) or rows("loss").get(layer[0])
            title = row.title if row is not None else "The author's equations"
            yield Section(page.words(title), tuple(equation_by_equation(page, own)))


def _layers(page: ModelPage) -> dict[str, Layer]:
    """The layer of every quantity, in the order of the computation; a given one belongs to the first that reads it."""
    system = page.solution.system
    found: dict[str, Layer] = {}
    last: Layer = ("", 0)
    number = 0
    for group in groups(system.equations, system.givens):
        for equation in [system.equations[at] for at in group.equations]:
            layer = (equation.row, equation.line) if equation.row else ("", number if not last[0] else number + 1)
            number = layer[1] if not equation.row else number
            for read in reads(equation.right):
                found.setdefault(read.name, layer) if read.name in system.givens else None
            found.setdefault(equation.name, layer)
            last = layer
    return found
