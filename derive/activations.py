"""The table of activation functions: definition, derivative, and the derivative worked line by line.

To add an activation, add one row to the library: a function with a table `unit`. Here its texts become formulas: `z`
is the preactivation, `a` the activation itself, so that a derivative can be stated the way textbooks do, in terms of
the value already computed. A shared test compares each row's definition, derivative and worked lines with SymPy and
with a finite difference. Letters of quantities and prose of the solution are not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from derive.expression import (
    ONE,
    ZERO,
    Branch,
    Call,
    Cases,
    Const,
    Letter,
    Mul,
    Node,
    Var,
    bind,
    call,
    leaves,
    parts_of,
)
from derive.functions import EVERY, FUNCTIONS, SEVERAL, X
from derive.library import Exact, Row, ends_of, exact
from derive.library.trees import definition, formula, written
from derive.library.units import Table

z, a = Var("z"), Var("a")


@dataclass(frozen=True, slots=True)
class WorkedLine:
    """One line of a derivation: the formula reached and the rule that leads to it."""

    formula: Node
    rule: str


@dataclass(frozen=True, eq=False)
class Activation:
    """One activation function of a single preactivation.

    `definition` is in `z` and the names of `parameters`, whose usual numbers are given; `derivative` in `a` or `z`;
    `worked` leads from the definition to the derivative, each line equal to the one before; `opening` is the definition
    rewritten so that the first rule applies; `note` is a sentence for the reader, `forward` says what the function
    does. `range` is between which numbers all values lie, `saturated` between which a unit is not saturated. `limits`
    are the numbers between which a parameter lies. `source` is the textbook or paper.
    """

    name: str
    words: str
    letter: Letter
    definition: Node
    derivative: Node
    worked: tuple[WorkedLine, ...]
    opening: Node | None = None
    note: str = ""
    forward: str = ""
    parameters: Mapping[str, Exact] = field(default_factory=dict)
    limits: Mapping[str, tuple[Exact | None, Exact | None]] = field(default_factory=dict)
    range: tuple[Exact | None, Exact | None] = (None, None)
    saturated: tuple[Exact, Exact] | None = None
    mistaken_for: str = ""
    source: str = ""

    @property
    def short(self) -> str:
        """What a sentence calls the function in passing."""
        return self.words

    @cached_property
    def passes_on(self) -> bool:
        """Whether the activation is the sum itself."""
        return self.definition == z

    @cached_property
    def by_cases(self) -> bool:
        """Whether the derivative is defined by cases."""
        return isinstance(self.derivative, Cases)

    @cached_property
    def in_its_value(self) -> bool:
        """Whether the derivative needs the activation, and not the sum."""
        used = set(leaves(self.derivative))
        return a in used and z not in used

    @cached_property
    def entrywise(self) -> bool:
        """Whether the derivative can be written with whole vectors: as factors without numbers or products in them."""
        if self.derivative == ONE:
            return True
        factors = self.derivative.factors if isinstance(self.derivative, Mul) else (self.derivative,)
        return all({a, z} & set(leaves(factor)) for factor in factors) and not any(
            isinstance(part, Mul | Cases) or (isinstance(part, Call) and part.function != "exp")
            for factor in factors
            for part in parts_of(factor)
        )

    @cached_property
    def rectifies(self) -> bool:
        """Whether the function tells sums above 0 from others, and no further cases."""
        return isinstance(self.derivative, Cases) and [(b.left, b.right) for b in self.derivative.branches] == [
            (z, ZERO),
            (z, ZERO),
        ]

    @cached_property
    def two_slopes(self) -> bool:
        """Whether the slope is one number above 0 and one below, as that of a rectifier."""
        return self.rectifies and not any({a, z} & set(leaves(b.value)) for b in self._branches(self.derivative))

    @cached_property
    def on_or_off(self) -> bool:
        """Whether the slope is 0 or 1 everywhere."""
        if isinstance(self.derivative, Cases):
            return all(branch.value in (ZERO, ONE) for branch in self.derivative.branches)
        return self.derivative in (ZERO, ONE)

    @cached_property
    def dies(self) -> bool:
        """Whether nothing passes back where the sum is not above 0."""
        return any(b.value == b.right == ZERO and b.relation == "<=" for b in self._branches(self.derivative))

    @cached_property
    def corners(self) -> tuple[Fraction, ...]:
        """The sums at which two sides of the function meet."""
        found = [self._at(branch) for node in (self.definition, self.derivative) for branch in self._branches(node)]
        calls = (part for part in parts_of(self.definition) if isinstance(part, Call) and part.function in SEVERAL)
        found += [Fraction(0) for call in calls if z in call.args and ZERO in call.args]
        return tuple(dict.fromkeys(at for at in found if at is not None))

    @staticmethod
    def _branches(node: Node) -> Iterator[Branch]:
        return (branch for part in parts_of(node) if isinstance(part, Cases) for branch in part.branches)

    @staticmethod
    def _at(branch: Branch) -> Fraction | None:
        return branch.right.value if branch.left == z and isinstance(branch.right, Const) else None

    def put_in(self, given: Mapping[str, Exact]) -> Activation:
        """The row with numbers for its parameters: what is given, and what counts otherwise."""
        if not self.parameters:
            return self
        numbers = {name: written(given.get(name, usual)) for name, usual in self.parameters.items()}
        return replace(
            self,
            definition=bind(self.definition, numbers),
            derivative=bind(self.derivative, numbers),
            worked=tuple(WorkedLine(bind(line.formula, numbers), line.rule) for line in self.worked),
            opening=self.opening and bind(self.opening, numbers),
            parameters={},
        )


@dataclass(frozen=True, slots=True)
class Joint:
    """A function that takes all units of a layer together, as softmax does: each activation comes from all sums.

    `equations` are its steps, from x to y; `exactly` gives y once more, as numbers that are equal give exact shares.
    Its derivative is a rule of `rewrites`. `short` is what a sentence calls it in passing.
    """

    name: str
    words: str
    short: str
    letter: Letter
    range: tuple[Exact | None, Exact | None]
    saturated: tuple[Exact, Exact] | None
    source: str
    equations: str
    exactly: str
    mistaken_for: str = ""
    corners: tuple[Fraction, ...] = ()
    dies: bool = False
    passes_on: bool = False
    by_cases: bool = False
    in_its_value: bool = False
    rectifies: bool = False
    two_slopes: bool = False
    on_or_off: bool = False
    entrywise: bool = False


KEYS = {"words", "letter", "opening", "derivative", "worked", "note", "range", "saturated", "mistaken_for", "limits"}


def _activation(row: Row) -> Activation:
    unit = row.unit
    names: dict[str, Node] = {"x": z, "y": a, **{name: Var(name) for name in row.numbers}}
    own = EVERY[row.name] if row.name in FUNCTIONS else None
    if own is not None:
        value = call(row.name, z) if own.definition is None else bind(own.definition, {X.name: z})
    else:
        (first, *_), value = definition(row)
        value = bind(value, {first: z})
    if not unit.keys() <= KEYS:
        raise ValueError(f"the unit {row.name} has keys that nothing reads: {', '.join(unit.keys() - KEYS)}")
    return Activation(
        name=row.name,
        words=unit["words"],
        letter=Letter(*unit["letter"]),
        definition=value,
        derivative=formula(unit["derivative"], names),
        worked=tuple(WorkedLine(formula(line, names), rule) for line, rule in unit["worked"]),
        opening=formula(unit["opening"], names) if "opening" in unit else None,
        note=unit.get("note", ""),
        forward=row.forward,
        parameters=row.numbers,
        limits=row.limits,
        range=ends_of(unit.get("range", ["", ""])),
        saturated=_both(unit["saturated"]) if "saturated" in unit else None,
        mistaken_for=unit.get("mistaken_for", ""),
        source=row.source,
    )


def _joint(row: Row) -> Joint:
    unit = row.unit
    return Joint(
        name=row.name,
        words=unit["words"],
        short=unit["short"],
        letter=Letter(*unit["letter"]),
        range=ends_of(unit["range"]),
        saturated=_both(unit["saturated"]),
        source=row.source,
        equations=row.equations,
        exactly=unit["exactly"],
    )


def _both(pair: list[str]) -> tuple[Exact, Exact]:
    low, high = map(exact, pair)
    return low, high


ACTIVATIONS: Table[Activation] = Table("function", lambda row: row.unit, _activation)
"""All activations of a single unit by name."""
JOINTS: Table[Joint] = Table("joint", lambda row: row.unit, _joint)
"""All functions that take a whole layer, by name."""


def described(name: str) -> Activation | Joint:
    """The row of a layer's function, whether it is one of a single unit or of all together."""
    return ACTIVATIONS[name] if name in ACTIVATIONS else JOINTS[name]


def called(name: str) -> str:
    """What a picture calls an activation: its name, with the capitals that it has in its own words.

    >>> called("relu"), called("leaky_relu"), called("sigmoid"), called("hard_tanh")
    ('ReLU', 'leaky ReLU', 'sigmoid', 'hard tanh')
    """
    plain = name.replace("_", " ")
    found = re.search(rf"\b{re.escape(plain)}\b", described(name).words, re.IGNORECASE)
    return found[0] if found else plain
