"""The computation of a network, whole: forward steps, every derivative as one short step, and the updates after them.

The chain rule is applied one local equation at a time, from the loss back to the inputs (Rumelhart, Hinton and
Williams, "Learning representations by back-propagating errors", Nature 323, 1986), by the sweep that all computations
share (`trace.sweep`) under the rules of `rewrites`: `gradients` says which sweeps there are, `steps` what their steps
are, `updates` what comes after them. The result is a `Trace`: the whole computation as named quantities in order. Every
product of the program is a view of it. No English, no letters and no values here.
"""

from __future__ import annotations

from derive.computation import Round
from derive.derivation.gradients import backward, penalty_terms, shortened, simplified
from derive.derivation.steps import (
    ActivationDerivative,
    Backpropagate,
    BatchGradient,
    BiasGradient,
    Delta,
    Fixed,
    LearningRate,
    OutputGradient,
    PathShare,
    SimplifiedDelta,
    SoftmaxDerivative,
    Update,
    Velocity,
    WeightGradient,
    WeightStep,
)
from derive.derivation.trace import Trace, givens, trained
from derive.derivation.updates import rate_symbol, renewed, update
from derive.forward import forward_steps, preprocessing
from derive.spec import Problem

__all__ = [
    "ActivationDerivative",
    "Backpropagate",
    "BatchGradient",
    "BiasGradient",
    "Delta",
    "Fixed",
    "LearningRate",
    "OutputGradient",
    "PathShare",
    "SimplifiedDelta",
    "SoftmaxDerivative",
    "Trace",
    "Update",
    "Velocity",
    "WeightGradient",
    "WeightStep",
    "backward",
    "derive_trace",
    "givens",
    "penalty_terms",
    "rate_symbol",
    "renewed",
    "shortened",
    "simplified",
    "trained",
    "update",
]


def derive_trace(problem: Problem) -> Trace:
    """The complete derivation of a problem whose weights are known."""
    everyone = tuple(range(len(problem.data.inputs)))
    choices = [everyone] if problem.training.batch == "all" else [(s,) for s in everyone]
    rounds: list[Round] = []
    for examples in choices[: problem.training.steps]:
        forward = forward_steps(problem, examples)
        rounds.append(Round(forward, backward(problem, forward, examples), update(problem), examples))
    return Trace(problem, givens(problem), preprocessing(problem), tuple(rounds))
