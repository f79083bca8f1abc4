"""A problem as class sets see it: what may be drawn, which results conditions look at, which mistakes are usual.

There is one class for networks and one for problems given by equations; `setting` and `constraints` need no more than
this, and know neither layers nor equations.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

from derive.computation import Computation
from derive.mistakes import Mistake
from derive.model import ModelProblem
from derive.model.varied import ModelVariants
from derive.program import Program
from derive.quantity import Quantity
from derive.spec import Problem, Variants
from derive.variants.space import Space
from derive.variants.watched import Watch

AnyProblem = Problem | ModelProblem
AnyVariants = Variants | ModelVariants


class Exercise(ABC):
    """One problem, with what is said about its variants.

    `mistakes` are all that are known of such problems.
    """

    mistakes: Sequence[Mistake]

    @property
    @abstractmethod
    def may_fail(self) -> bool:
        """Whether a value may fail to exist where results are rounded on the way."""

    @property
    @abstractmethod
    def updates(self) -> bool:
        """Whether parameters are moved."""

    @property
    @abstractmethod
    def trace(self) -> Computation: ...

    @property
    @abstractmethod
    def problem(self) -> AnyProblem: ...

    @property
    @abstractmethod
    def space(self) -> Space:
        """What may be drawn. Raises `InputError` where that cannot be."""

    @property
    @abstractmethod
    def branches(self) -> Literal["all", "own", "any"]:
        """Which sides of maxima and cases the variants of a set take."""

    @abstractmethod
    def group(self, quantity: Quantity) -> str | None:
        """The table of `[variants]` that a given number belongs to; None for those that never vary."""

    @abstractmethod
    def varied(self, variants: AnyVariants) -> Exercise:
        """The same problem with other numbers to draw."""

    @abstractmethod
    def watch(self, program: Program) -> Watch:
        """What conditions look at."""

    @abstractmethod
    def finals(self, asked: Sequence[Quantity]) -> tuple[Quantity, ...]:
        """The answers at the end of a worksheet."""

    @abstractmethod
    def gradients(self, program: Program, asked: Sequence[Quantity]) -> list[int]:
        """Where the gradients of the first update are that are asked for."""

    @abstractmethod
    def losses(self, program: Program) -> tuple[tuple[int, int], ...]:
        """Where the losses are that must decrease: of the same data, before and after an update."""

    def switched(self, program: Program) -> frozenset[int]:
        """The gradients that are 0 where a corner sends nothing back, which is as it should be."""
        return frozenset()
