"""One update of every weight and bias, as the row of the optimiser has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from derive import graph
from derive.derivation.steps import (
    Fixed,
    LearningRate,
    Update,
    Velocity,
    WeightStep,
)
from derive.derivation.trace import trained
from derive.expression import Add, Neg, Node, Ref
from derive.library.trees import falling_rate, renewals
from derive.quantity import Quantity
from derive.spec import Problem
from derive.step import Step


def rate_symbol(problem: Problem) -> Ref:
    """The learning rate of a step: one number throughout, or one for each step where it decays."""
    return Ref(Quantity("lr" if problem.training.decay is None else "lr_now"))


def update(problem: Problem) -> tuple[Step, ...]:
    """One update of every parameter; all gradients were taken before any of them moves."""
    steps: list[Step] = []
    if problem.training.decay is not None:
        start, decay, made = (Ref(Quantity(kind)) for kind in ("lr0", "decay", "updates"))
        formula = falling_rate(problem.training.decay.kind, start, decay, made)
        steps.append(LearningRate(rate_symbol(problem).quantity, formula))
    row = problem.training.row
    settings = {name: Ref(Quantity(name)) for name in row.settings} | {"learning_rate": rate_symbol(problem)}
    text, states = row.text(), row.states
    for parameter in (*graph.weights(problem), *graph.biases(problem)):
        if trained(problem, parameter):
            steps.extend(_moved(text, states, settings, parameter))
        else:
            steps.append(Fixed(parameter._replace(step=1), Ref(parameter)))
    return tuple(steps)


def renewed(problem: Problem, names: Mapping[str, Node]) -> dict[str, Node]:
    """What one update makes anew, as the row of the optimiser has it: `p'` and the states, in terms of `names`.

    These are the row's own names, p, g, the states and the settings; for matrices they hold element by element.
    """
    return dict(renewals(problem.training.row.text(), names))


def _moved(text: str, states: Sequence[str], settings: dict[str, Ref], parameter: Quantity) -> Iterator[Step]:
    """The update of one parameter, as the row of the optimiser has it; what it remembers of a weight is as vW."""
    new = parameter._replace(step=1)
    names: dict[str, Node] = {"p": Ref(parameter), "p'": Ref(new), "g": Ref(parameter.derivative), **settings}
    renewed: dict[str, tuple[type[Step], Quantity]] = {"p'": (Update, new)}
    for state in states:
        kept = parameter._replace(kind=f"{state}{parameter.kind}")
        renewed[f"{state}'"] = Velocity, kept._replace(step=1)
        names[state], names[f"{state}'"] = Ref(kept), Ref(kept._replace(step=1))
    for name, formula in renewals(text, names):
        if name not in renewed:
            raise ValueError(f"a network has no step for {name}, which the row of its optimizer makes")
        match name, parameter.kind, formula:
            case "p'", "W", Add((_, Neg(taken))):
                yield WeightStep(parameter._replace(kind="lr*dL/dW"), taken)
        step, target = renewed[name]
        yield step(target, formula)
