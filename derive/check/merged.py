"""Deltas that a derivation brings together, as a - t: somebody may multiply dL/da and da/dz all the same, and go wrong.

Says which steps a stretch has more of, once such deltas are taken apart, and what is done at these instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from derive.check.ways import chain_rule
from derive.computation import Computation
from derive.derivation import SimplifiedDelta, Trace
from derive.expression import quantities
from derive.program import Line, Program


class Merged:
    """The merged deltas of a problem."""

    def __init__(self, trace: Computation, program: Program) -> None:
        self._trace, self._program = trace, program
        self._lines: dict[int, Line | None] = {}

    def apart(self, at: int) -> Line | None:
        """The chain rule of a delta: sum of dL/da_k da_k/dz_j; None for a step that has it anyway."""
        if at not in self._lines:
            self._lines[at] = self._chain(at)
        return self._lines[at]

    def _chain(self, at: int) -> Line | None:
        target = self._program.quantities[at]
        if not isinstance(self._trace.find(target), SimplifiedDelta):
            return None
        assert isinstance(self._trace, Trace)
        formula = chain_rule(self._trace.problem, self._program, target)
        if not all(quantity in self._program.place for quantity in quantities(formula)):
            return None
        return self._program.compiled(target, formula)

    def with_factors(self, stretch: Sequence[Line], stated: frozenset[int]) -> list[Line]:
        """A stretch with the factors, which are not stated, of the deltas in it; none where it has none."""
        lines = {line.target for line in stretch}
        apart = [made for target in lines if (made := self.apart(target)) is not None]
        factors = {source for line in apart for source in line.sources} - stated - lines
        return [line for line in self._program.lines if line.target in lines | factors] if factors else []
