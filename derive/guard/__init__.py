"""The guard: before anything is shown, a derivation is compared with what does not depend on it.

Three things know nothing of its steps. Each value that is no derivative is compared with a second implementation of
the network (`reference`); each derivative with a reverse sweep in numbers whose local derivatives are SymPy's
(`sweep`), at drawn numbers, on either side of every corner, and at the problem's own; each gradient of the loss with a
measurement that uses the forward pass only (`measure`). What the table rows claim is compared in `proofs`.

Balls are compared, so a disagreement is certain: it is a `ProgramFault`. Steps are compared to 19 digits or more, most
of them to 50, and measurements to a billionth of the smallest gradient, where 4096 bits are enough for that. What is
not noticed: a wrong formula whose value is right whatever the numbers are, and what a document prints that is no step,
such as a general formula in letters.

A training repeats its formulas in every round, so each different round is looked at once, with the parameters that the
problem states. Rounds that differ in nothing but their example are not different.
"""

from __future__ import annotations

from collections.abc import Callable

from derive.computation import Round
from derive.derivation import Trace
from derive.guard.examined import Examined
from derive.guard.gradients import measure_gradients
from derive.guard.rounds import CheckedRound, repeats
from derive.proofs import prove
from derive.quantity import Quantity


def guard(trace: Trace, called: Callable[[Quantity], str] = lambda quantity: quantity.id) -> None:
    """Raises `ProgramFault` where a step of the derivation is not what it should be.

    `called` is what a message calls a quantity.

    >>> from derive.derivation import derive_trace
    >>> from derive.reading import read_problem
    >>> guard(derive_trace(read_problem("mazur")))
    """
    prove(trace.problem)
    examined = Examined(trace, called)
    first: CheckedRound | None = None
    for one in trace.rounds:
        if first is not None and repeats(first, one):
            continue
        checked = CheckedRound(examined, one)
        checked.compare_at_drawn_numbers()
        measure_gradients(checked, checked.compare_at_own_numbers())
        first = first or checked
    if examined.idle:
        CheckedRound(examined, Round((), (), (), examined.idle)).compare_preparation()


__all__ = ["guard"]
