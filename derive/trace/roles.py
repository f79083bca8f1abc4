"""Steps from what was unrolled: the role of every element, and what the names of an update's equations stand for.

Functions of the author and the winners of a maximum are written out, so that every formula can be compiled like those
of networks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from derive.expression import Node, Ref, replace
from derive.quantity import Quantity
from derive.step import Step
from derive.trace.elementary import (
    ElementGradient,
    ElementLoss,
    ElementStep,
    ElementValue,
    LocalDerivative,
    ParameterUpdate,
    Share,
    StateUpdate,
)
from derive.trace.identity import Identity, Symbol
from derive.trace.names import Pure
from derive.trace.unroll import Step as Unrolled
from derive.trace.written import written_out

_OWNED = re.compile(r"(?P<state>[A-Za-z]\w*)\((?P<owner>[A-Za-z]\w*)\)")


@dataclass(frozen=True)
class Roles:
    """What the names of a problem stand for in its steps.

    `loss` is the name of the loss; `states` are what an optimiser keeps; `intermediates` what it works out on the way,
    which counts as made by the update.
    """

    loss: str
    functions: Mapping[str, Pure]
    fixed: frozenset[str]
    trained: frozenset[str]
    states: frozenset[str] = frozenset()

    def forward(self, steps: Iterable[Unrolled]) -> Iterator[Step]:
        for one in steps:
            kind = ElementLoss if one.target.of.name == self.loss else ElementValue
            yield self._made(kind, one, one.target)

    def backward(self, steps: Iterable[Unrolled]) -> Iterator[Step]:
        for one in steps:
            kind = LocalDerivative if one.target.local else Share if one.target.via is not None else ElementGradient
            yield self._made(kind, one, one.target)

    def update(self, steps: Iterable[Unrolled]) -> Iterator[Step]:
        """The steps of an update, whose names say that they are new, or whose they are."""
        for one in steps:
            target = self.renamed(one.target)
            kind = StateUpdate if target.owner is not None or target.of.name not in self.trained else ParameterUpdate
            yield self._made(kind, one, target, self.renamed)

    def _made(
        self,
        kind: type[ElementStep],
        one: Unrolled,
        target: Identity,
        renamed: Callable[[Identity], Identity] | None = None,
    ) -> ElementStep:
        formula = written_out(one.formula, self.functions)
        if renamed is not None:
            formula = replace(formula, lambda leaf: _renamed(leaf, renamed))
        return kind(target, formula, None, one.equation, self.fixed)

    def renamed(self, identity: Identity) -> Identity:
        """A name of an update's equations as the number that it stands for.

        >>> roles = Roles("L", {}, frozenset(), frozenset({"W"}), frozenset({"m"}))
        >>> [str(roles.renamed(Identity(Symbol(name, (1,))))) for name in ("W'", "dL/dW", "m(W)", "mhat(W)", "x")]
        ['after[1].W[1]', 'dL/dW[1]', 'm(W[1])', 'after[1].mhat(W[1])', 'x[1]']
        """
        name, index = identity.of
        plain = name.removesuffix("'")
        step = int(plain != name)
        match = _OWNED.fullmatch(plain)
        if match is not None:
            late = match["state"] not in self.states
            return Identity(Symbol(match["state"]), owner=Symbol(match["owner"], index), step=step or int(late))
        prefix = f"d{self.loss}/d"
        if plain.startswith(prefix):
            return Identity(Symbol(self.loss), by=Symbol(plain.removeprefix(prefix), index))
        return Identity(Symbol(plain, index), step=step)


def _renamed(leaf: Quantity, renamed: Callable[[Identity], Identity]) -> Node | None:
    return Ref(renamed(leaf)) if isinstance(leaf, Identity) else None


def decimal(number: int | Decimal | Fraction) -> Decimal | Fraction:
    """A given number as a decimal, digit by digit as it was written; a fraction that has none stays one.

    >>> decimal(2), decimal(Fraction(1, 4)), decimal(Fraction(1, 3))
    (Decimal('2'), Decimal('0.25'), Fraction(1, 3))
    """
    if isinstance(number, int | Decimal):
        return Decimal(number)
    below, twos, fives = number.denominator, 0, 0
    while below % 2 == 0:
        below, twos = below // 2, twos + 1
    while below % 5 == 0:
        below, fives = below // 5, fives + 1
    if below > 1:
        return number
    places = max(twos, fives)
    return Decimal(int(number * 10**places)).scaleb(-places)
