"""The surroundings of one step of a computation that is given by equations: who reads what, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass

from derive.computation import Computation
from derive.expression import Add, Mul, Node
from derive.step import Step


@dataclass(frozen=True, slots=True)
class ElementSite:
    """A step of equations, in its round."""

    trace: Computation
    step: Step

    @property
    def terms(self) -> list[Node]:
        """The terms of the step's formula."""
        return list(self.step.formula.terms) if isinstance(self.step.formula, Add) else [self.step.formula]

    @property
    def factors(self) -> list[Node]:
        """The factors of the step's formula."""
        return list(self.step.formula.factors) if isinstance(self.step.formula, Mul) else [self.step.formula]
