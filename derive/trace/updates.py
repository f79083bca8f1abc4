"""What an update is: the equations that move all parameters, and the names of what they keep.

Decides how states, intermediates and new values are called, and which names an update may use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from derive.trace.affine import Range
from derive.trace.equations import System
from derive.trace.givens import Given
from derive.trace.identity import Place
from derive.trace.indexed import Equation
from derive.trace.names import Names

SETTING = "training."
"""Stands before the names of settings, which would otherwise meet those of given numbers."""
PARAMETER, GRADIENT, AT = "p", "g", "at"


def owned(name: str, parameter: str) -> str:
    """The name of what an update keeps or computes for a parameter.

    >>> owned("mhat", "W")
    'mhat(W)'
    """
    return f"{name}({parameter})"


def renewed(name: str) -> str:
    """The name of a new value."""
    return f"{name}'"


def used_gradient(loss: str, parameter: str, ahead: bool) -> str:
    """The name of the gradient that an update uses; one that is taken elsewhere has a name of its own."""
    return owned(GRADIENT, parameter) if ahead else f"d{loss}/d{parameter}"


@dataclass(frozen=True)
class Updates:
    """The equations of one update of all parameters.

    `before` computes where gradients are taken (Nesterov), `equations` everything else. `moves` maps the name of each
    new value to what it replaces: parameters and states. `starts` gives the first values of states. `gradients` are
    the parameters whose gradients are used, and `at` maps parameters to where these are taken.
    """

    before: tuple[Equation, ...]
    equations: tuple[Equation, ...]
    moves: Mapping[str, str]
    starts: Mapping[str, Mapping[Place, Fraction]]
    ranges: Mapping[str, tuple[Range, ...]]
    gradients: tuple[str, ...]
    at: Mapping[str, str]
    settings: Mapping[str, Given]
    states: tuple[str, ...] = ()
    intermediates: tuple[str, ...] = ()


@dataclass
class UpdateReader:
    """Reads an update for one problem."""

    system: System
    parameters: Sequence[str]
    loss: str
    settings: Mapping[str, Given]
    names: Names = field(init=False)

    def __post_init__(self) -> None:
        base = self.system.names
        self.names = replace(
            base,
            givens={**base.givens, **self.settings},
            ranks={**base.ranks},
            nodes=0,
            first_line=None,
            what="update",
            warnings=base.warnings,
        )

    def known(self, name: str, rank: int) -> None:
        self.names.ranks[name] = rank
