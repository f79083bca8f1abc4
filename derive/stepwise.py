"""A problem of equations as judges and sheets see one: a computation in steps, with its values and its names.

Decides which rounds differ, and compares every number of the steps with the solution's before anything is judged.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import lcm

from flint import arb

from derive.computation import Round
from derive.errors import InputError, ProgramFault
from derive.evaluation import Policy, Values, rounds_compiled
from derive.expression import ZERO, Const, Node
from derive.model import ModelProblem
from derive.model.asked import NAMELESS
from derive.model.solution import ModelSolution
from derive.notation import NOTATIONS, Name, Namer, Shape
from derive.notation.author import AuthorNames, upright
from derive.numbers import Number
from derive.pages.names import names_of
from derive.palette import RoleName
from derive.quantity import ABOUT, Quantity
from derive.restated import Restated
from derive.step import Step
from derive.trace.elementary import Ahead, ElementGradient, ElementTrace, ElementValue
from derive.trace.identity import Identity, Symbol
from derive.trace.roles import Roles, decimal
from derive.trace.updates import RATE_NOW, SETTING, Updates
from derive.worked import WorkedModel

MOST_NUMBERS = 8000
"""Numbers of a round that are gone through one by one: some seconds."""
_COMMANDS = re.compile(r"\\var|\\mathrm|[\\{}]")
"""What TeX has around letters: of a name such as beta_{1} these are left."""
COUNTER = Name(r"\mathrm{updates}", "updates")
"""The number of updates already made, in the formulas of an optimiser."""


def element_trace(solution: ModelSolution, named: Container[Identity] = ()) -> ElementTrace:
    """All steps of a problem; raises `InputError` where there are too many to be gone through.

    `named` are further derivatives that are steps.
    """
    system, updates, schedule = solution.system, solution.updates, solution.computation.schedule
    size = solution.decide(lambda: solution.rounds[0].plan.size)
    size += size * bool(updates is not None and updates.at)
    if size > MOST_NUMBERS:
        hint = "derive solve and derive values show larger problems."
        expected = f"at most {MOST_NUMBERS} numbers in a round, to be gone through one by one"
        raise InputError(expected, str(size), solution.problem.file, "model.equations", hint)
    passes = max(solution.computation.steps, 1)
    settings = frozenset(updates.settings) if updates else frozenset[str]()
    trained = frozenset(updates.moves[name] for name in updates.moves if "(" not in name) if updates else frozenset()
    roles = Roles(
        solution.loss or NAMELESS,
        solution.known_functions,
        (frozenset(system.givens) | settings) - trained - frozenset(schedule),
        trained or frozenset(solution.parameters),
        frozenset(updates.states) if updates else frozenset(),
    )
    different = min(passes, lcm(*map(len, schedule.values())) if schedule else 1)
    rounds = tuple(solution.decide(lambda: [_round(solution, roles, step, named) for step in range(different)]))
    given = dict(_givens(solution, updates))
    return ElementTrace(
        solution.problem.name,
        solution.problem.file,
        {one: number for one, number in given.items() if isinstance(number, Decimal)},
        tuple(ElementValue(one, Const(n)) for one, n in given.items() if isinstance(n, Fraction)),
        rounds,
        passes,
        solution.computation.steps > 0,
        roles.fixed,
        roles.trained,
        frozenset(updates.at) if updates else frozenset(),
    )


def _givens(solution: ModelSolution, updates: Updates | None) -> Iterator[tuple[Quantity, Decimal | Fraction]]:
    for one in (*solution.system.givens.values(), *(updates.settings.values() if updates else ())):
        if one.name not in solution.computation.schedule:
            for place, number in zip(one.places(), one.written, strict=True):
                yield Identity(Symbol(one.name, place)), decimal(number)
    for name, values in (updates.starts if updates else {}).items():
        state, _, owner = name.rstrip(")").partition("(")
        for place, value in values.items():
            one = Identity(Symbol(state), owner=Symbol(owner, place)) if owner else Identity(Symbol(state, place))
            yield one, decimal(value)


def _round(solution: ModelSolution, roles: Roles, step: int, named: Container[Identity]) -> Round:
    forward = solution.unrolled(solution.system.equations, step) if step else solution.steps
    backward = solution.swept_back(forward, named) if step or named else solution.backward
    schedule, updates = solution.computation.schedule, solution.updates
    now = [ElementValue(Identity(Symbol(name)), Const(values[step % len(values)])) for name, values in schedule.items()]
    derivatives = (*roles.backward(backward), *_nothing(solution, {one.target for one in backward}))
    values = (*now, *roles.forward(forward))
    if updates is None:
        return Round(values, derivatives, ())
    before, moves = (
        tuple(roles.update(solution.unrolled(equations, step))) for equations in (updates.before, updates.equations)
    )
    if not updates.at:
        return Round(values, derivatives, (*before, *moves))
    # The whole round once more with the parameters that the update looks ahead to, for its gradients.
    look = Ahead(frozenset(updates.at), roles.forward(forward))
    again = [look.step(one) for one in (*roles.forward(forward), *derivatives)]
    return Round(values, derivatives, (*before, *again, *moves))


def _nothing(solution: ModelSolution, found: Container[Identity]) -> Iterator[Step]:
    """The derivatives by elements on which the loss does not depend, such as rows that were not looked up."""
    plan, adjoint = solution.rounds[0].plan, solution.adjoint
    for name, gradient in (adjoint.names if adjoint else {}).items():
        for index, _ in plan.elements(gradient) if gradient not in solution.rounds[0].missing else ():
            one = Identity(Symbol(solution.loss or NAMELESS), by=Symbol(name, index))
            if one not in found:
                yield ElementGradient(one, ZERO)


@dataclass(frozen=True)
class _Local:
    """Every local derivative but those of the loss, which are derivatives of the loss."""

    loss: str

    def __contains__(self, one: object) -> bool:
        return isinstance(one, Identity) and one.local and one.of.name != self.loss


class ElementNamer(Namer):
    """The author's names of all elements, as on the pages of the problem."""

    def __init__(self, names: AuthorNames, loss: str) -> None:
        super().__init__(NOTATIONS["standard"], Shape((1, 1)))
        self.names, self.loss = names, loss

    def has(self, letters: str) -> bool:
        """Whether a quantity is written with these letters, in TeX."""
        return self.names.has(letters)

    def same(self, quantity: Quantity) -> Quantity:
        """No two elements bear one name."""
        return quantity

    def _derive(self, quantity: Quantity) -> Name:
        if not isinstance(quantity, Identity):
            return self._about(quantity) if quantity.kind in ABOUT else COUNTER
        if quantity.ahead:
            here = self._derive(quantity._replace(ahead=False))
            return Name(rf"\left.{here.tex}\right\rvert_{{\mathrm{{ahead}}}}", quantity.id)
        if quantity.by is not None and quantity.local:
            above, below = self._value(quantity.of, quantity.step), self._value(quantity.by, quantity.step)
            return Name(rf"\frac{{\partial {above.tex}}}{{\partial {below.tex}}}", quantity.id)
        if quantity.by is not None:
            name = self._element(f"d{self.loss}/d{quantity.by.name}", quantity.by, quantity.step)
            if quantity.via is None:
                return Name(name.tex, quantity.id)
            through = self._value(quantity.via, quantity.step)
            return Name(rf"\left.{name.tex}\right\rvert_{{{through.tex}}}", quantity.id)
        if quantity.owner is not None:
            late = quantity.of.name not in self.names.states
            name = self._element(f"{quantity.of.name}({quantity.owner.name})", quantity.owner, quantity.step - late)
            return Name(name.tex, quantity.id)
        if quantity.of.name == RATE_NOW:
            return self._value(quantity.of, quantity.step)
        if quantity.of.name.startswith(SETTING) and not quantity.step:
            return self._setting(quantity.of)
        # One update is a plus sign, which people write; of several the id says how many.
        text = f"{quantity.of}+" if quantity.step == 1 else quantity.id
        return Name(self._value(quantity.of, quantity.step).tex, text)

    def _about(self, quantity: Quantity) -> Name:
        """What is asked beside the numbers; the name of an array stands in the place of a layer."""
        if not isinstance(quantity.layer, str):
            return super()._derive(quantity)
        return Name(rf"\mathrm{{{quantity.kind}}}\,{self.names.whole(quantity.layer).name.tex}", quantity.id)

    def role(self, quantity: Quantity, by_unit: bool = False) -> RoleName:
        """What an element does in its problem, as on the pages; every derivative has the colour of gradients."""
        if not isinstance(quantity, Identity):
            return "neutral"
        if quantity.by is not None:
            return "gradient"
        return "neutral" if quantity.owner is not None else self.names.element(quantity.of.name).role

    def _setting(self, symbol: Symbol) -> Name:
        """A setting of the training by its letter, in text too (eta); the table of the file is no word for people."""
        name = self._value(symbol, 0)
        letter = name.text if name.tex == upright(name.text) else _COMMANDS.sub("", name.tex)
        return name._replace(text=symbol.name if letter in self.names.ranks else letter)

    def _value(self, symbol: Symbol, step: int) -> Name:
        return self._element(symbol.name, symbol, step)

    def _element(self, name: str, symbol: Symbol, step: int) -> Name:
        return self.names.element(name, [str(at) for at in symbol.indices], step).name


class Stepwise:
    """A solution of equations in steps: what is asked of the solution of a network where work is judged.

    `named` are derivatives that are steps of their own here, and are so short that they usually are none. Raises
    `ProgramFault` where a number is another one than the solution's.
    """

    form = "index"

    def __init__(self, solution: WorkedModel, named: frozenset[Identity] = frozenset()) -> None:
        self.solution, self.problem, self.choice = solution, solution.problem, solution.choice
        self.named = named
        self.trace = element_trace(solution, named)
        self.namer = self.own_namer = ElementNamer(names_of(solution), solution.loss or NAMELESS)
        rounding = solution.problem.rounding
        self.policy = Policy(rounding.decimals, rounding.carry, rounding.ties, rounding.overrides)
        self.exact = Values(self.trace, self.policy)
        self.values = Values(self.trace, self.policy, carry=True) if rounding.carry else self.exact
        self._compare()

    @property
    def name(self) -> str:
        return self.problem.name

    @property
    def decimal_comma(self) -> bool:
        return self.problem.decimal_comma

    def ids(self) -> Iterator[tuple[str, Quantity]]:
        """Every quantity with its id, in the order of computation."""
        for one in self.values.numbers:
            if isinstance(one, Identity):
                yield one.id, one

    @cached_property
    def _restated(self) -> Restated:
        return Restated(self.solution, self.solution.loss or NAMELESS)

    def restated(self, left: str, right: str) -> Mapping[Quantity, Node]:
        """The formulas of all elements that an equation of whole arrays states; none where it is no such equation."""
        return self._restated.formulas(left, right)

    def restates(self, left: str) -> bool:
        """Whether a left side is that of an equation of arrays."""
        return self._restated.speaks_of(left)

    def renumbered(self, problem: ModelProblem) -> Stepwise:
        """The steps of the same problem with other given numbers."""
        return Stepwise(WorkedModel(problem, self.choice), self.named)

    # -- derivatives that are usually no steps

    @cached_property
    def unnamed(self) -> Mapping[Identity, Node]:
        """The local derivatives that are so short that they are put in where they are used, with their formulas.

        That of a sum is 1, that of a product the other factor.

        >>> from derive.solution import solve
        >>> tables = {"title": "A product", "inputs": {"a": 2, "b": 3}, "model": {"equations": "s = a + b\\nf = s*b"}}
        >>> sorted(map(str, Stepwise(solve(tables)).unnamed))
        ['∂s/∂a', '∂s/∂b']
        """
        every = self.solution.swept_back(self.solution.steps, _Local(self.solution.loss or NAMELESS))
        known = {step.target for step in self.trace.rounds[0].backward}
        return {one.target: one.formula for one in every if one.target.local and one.target not in known}

    def can_name(self, one: Identity) -> bool:
        """Whether this is one of these, in any round that is gone through."""
        return one.local and one.step < rounds_compiled(self.trace) and one._replace(step=0) in self.unnamed

    def naming(self, some: Iterable[Identity]) -> Stepwise:
        """The same steps, and some derivatives that are usually put in where they are used as steps of their own."""
        named = self.named.union(some)
        if named == self.named:
            return self
        if named not in self._naming:
            self._naming[named] = Stepwise(self.solution, named)
        return self._naming[named]

    @cached_property
    def _naming(self) -> dict[frozenset[Identity], Stepwise]:
        return {}

    def _compare(self) -> None:
        """Every number of the first rounds beside the one that the solution has."""
        numbers = self.exact.numbers

        def compare() -> None:
            for one, number in numbers.items():
                if not isinstance(one, Identity) or one.of.name.startswith(SETTING):
                    continue
                other = self.solution.register(one)
                if other is not None and not _agree(number, other):
                    raise ProgramFault(str(one), "another number by its step than by its equation")

        self.solution.decide(compare)


def _agree(one: Number, other: Number) -> bool:
    return bool(arb(one).overlaps(arb(other)))
