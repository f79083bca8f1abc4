"""What an update is: the equations that move all parameters, and the names of what they keep.

Decides how states, intermediates and new values are called, and which names an update may use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from derive.expression import ONE, Const, sub
from derive.language import syntax
from derive.library.trees import falling_rate
from derive.trace.affine import Affine, Range, letter
from derive.trace.drafts import Draft
from derive.trace.equations import System, finished
from derive.trace.givens import Given
from derive.trace.identity import Place
from derive.trace.indexed import Counter, Equation, Read
from derive.trace.lowering import AXES
from derive.trace.names import UPDATE, Names, Origin, Target
from derive.trace.ranges import infer

SETTING = "training."
"""Stands before the names of settings, which would otherwise meet those of given numbers."""
RATE_NOW = f"{SETTING}learning_rate_now"
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
    decaying: str = ""
    """How the learning rate falls: inverse_time or exponential, with the setting decay as its rate; or not at all."""
    derived: bool = True
    """Whether there are gradients; without, g is what the problem calls so."""
    names: Names = field(init=False)

    def __post_init__(self) -> None:
        base = self.system.names
        self.names = replace(
            base,
            givens={**base.givens, **self.settings},
            ranks={**base.ranks},
            nodes=0,
            first_line=None,
            what=UPDATE,
            warnings=base.warnings,
        )
        if self.decaying:
            self.names.ranks[RATE_NOW] = 0

    def known(self, name: str, rank: int) -> None:
        self.names.ranks[name] = rank

    def setting_names(self) -> dict[str, Target]:
        """What the names of settings stand for; a learning rate that falls is the present one."""
        found = {name.removeprefix(SETTING): Target(name) for name in self.settings}
        return found | {"learning_rate": Target(RATE_NOW)} if self.decaying else found

    def decay(self) -> tuple[Equation, ...]:
        """The learning rate of the present step, where it falls; before the first update it is the given one."""
        if not self.decaying:
            return ()
        decay, start = Read(f"{SETTING}decay"), Read(f"{SETTING}learning_rate")
        now = falling_rate(self.decaying, start, decay, sub(Counter(), ONE))
        return (Equation(RATE_NOW, (), now, {}, text=f"learning_rate of the step ({self.decaying})"),)

    def decay_ranges(self) -> dict[str, tuple[Range, ...]]:
        return {RATE_NOW: ()} if self.decaying else {}

    def finished(self, drafts: Sequence[Draft], spans: Mapping[str, tuple[Range, ...]] | None = None) -> list[Equation]:
        """The equations of drafts; they may read what the problem defines, and arrays that `spans` names."""
        known = [_extent(equation) for equation in self.system.equations]
        defined = {*self.names.givens, *self.system.ranges, *(draft.name for draft in drafts)}
        arrays = {**(spans or {}), **self.decay_ranges()}
        known += [_array(name, ranges) for name, ranges in arrays.items() if name not in defined]
        ranges = infer(self.names, [*known, *drafts])
        plain = [replace(draft, line=replace(draft.line, number=0)) for draft in drafts]
        numbered = enumerate(plain, len(known))
        return [equation for number, draft in numbered for equation in finished(self.names, ranges, number, draft)]


def _extent(equation: Equation) -> Draft:
    """A draft with the index and the ranges of an equation, and nothing on its right side."""
    explicit = {name: (Affine(equation.ranges[name][0]), Affine(equation.ranges[name][1])) for name in equation.letters}
    return Draft(equation.name, equation.left, Const(Fraction(0)), (), explicit, _line(equation.name), Origin())


def _array(name: str, ranges: tuple[Range, ...]) -> Draft:
    """A draft for an array that is neither given nor defined by an equation."""
    letters = [f"{stem}'array" for stem in AXES[: len(ranges)]]
    explicit = {one: (Affine(low), Affine(high)) for one, (low, high) in zip(letters, ranges, strict=True)}
    return Draft(name, tuple(map(letter, letters)), Const(Fraction(0)), (), explicit, _line(name), Origin())


def _line(name: str) -> syntax.Equation:
    return syntax.Equation(0, name, "", name, False, (), syntax.Pi(), syntax.Clauses())
