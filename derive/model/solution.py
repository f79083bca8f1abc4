"""The solution of a problem that is given by equations: every number by its id.

Decides which ids there are and what is said about faults of single elements. The mathematics is in `trace`, the
numbers are in `compute`.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from flint import fmpq

from derive.compute.corners import corners
from derive.compute.elements import evaluate
from derive.compute.plan import Plan
from derive.compute.tagged import untagged
from derive.compute.zeros import Zeros
from derive.errors import InputError, shown
from derive.expression import ONE, Node
from derive.identity import proven
from derive.library import rows
from derive.model.asked import NAMELESS
from derive.model.ids import shown_digits, stored
from derive.model.numbers import ModelNumbers
from derive.model.zeros import OfSteps, numbers_by
from derive.numbers import Number, Undecided, certain, nearly_zero
from derive.trace.affine import Range
from derive.trace.backward import sweep
from derive.trace.identity import Identity, Symbol, parse_identity
from derive.trace.indexed import Equation
from derive.trace.local import Functions
from derive.trace.names import Pure
from derive.trace.unroll import Step, ref, unroll
from derive.trace.updates import owned


class ModelSolution(ModelNumbers):
    """Every value, derivative and update of a problem; computed when first asked for."""

    _proof: tuple[int, Mapping[Identity, Number]] | None = None

    def number(self, text: str | Identity) -> Number:
        """The number of an id, at the precision in force; use within `decide`."""
        identity = text if isinstance(text, Identity) else self._identity(text)
        found = self.register(identity)
        if found is not None:
            return untagged(found)
        if identity.ahead:
            expected = "the id of a number that is listed, as those of the gradients that an update takes ahead"
            raise self._fault("--only", expected, shown(str(identity)))
        if identity.by is not None and self.computation.carry is not None:
            hint = "a single share, or the derivative of anything else, is no result that is rounded."
            expected = "the id of a number that is rounded on the way"
            raise self._fault("rounding.carry", expected, shown(str(identity)), hint)
        if identity.by is not None:
            return self._derivative(identity)
        raise self._fault("--only", "the id of a number of this problem", shown(str(identity)), self._near(identity))

    def digits(self, text: str | Identity, digits: int = 20) -> str:
        """The value of an id to a number of significant digits; `0±1e-7390` for one that cannot be told from 0."""
        identity = text if isinstance(text, Identity) else self._identity(text)
        return self.decide(lambda: self._digits(identity, digits))

    def _digits(self, identity: Identity, digits: int) -> str:
        number = self.number(identity)
        if nearly_zero(number):
            if self._is_zero(identity, number):
                return "0"
            if 2 * self._precision > self.last_precision:
                return certain(number, digits)
        try:
            return shown_digits(number, digits)
        except Undecided:
            if 2 * self._precision <= self.last_precision:
                raise
            return certain(number, digits)

    def _is_zero(self, identity: Identity, number: Number) -> bool:
        """Whether algebra shows that a number is 0; of what stands in no register only before the first update."""
        if self.computation.carry is not None:
            return False  # there is no algebra of rounded numbers
        name, index, step = stored(identity, self.loss, self.updates)
        one = self.rounds.get(step)
        if name is not None and one is not None and name in one.plan.arrays:
            return Zeros(one.plan, one.registers, step, self.computation.past).is_zero(Symbol(name, index))
        if identity.step or identity.owner is not None:
            return False
        if self._proof is None or self._proof[0] != self._precision:
            known = {found: untagged(value) for found, value in self.known().items()}
            self._proof = self._precision, {**known, **self.swept()}
        return proven(self._definitions, numbers_by(self._proof[1]), ref(identity), number) == 0

    def _identity(self, text: str) -> Identity:
        found = parse_identity(text)
        if found is None:
            hint = "such as W[1,2], dL/dW[1,2], after[2].W[1,2] or m(W[1,2])."
            raise self._fault("--only", "the id of a number", shown(text), hint)
        return found

    def _near(self, identity: Identity) -> str | None:
        return self.names.nearest(identity.of.name)

    def register(self, identity: Identity) -> Number | None:
        """The number of a value, a derivative of the loss, a state or an intermediate."""
        name, index, step = stored(identity, self.loss, self.updates)
        one = self.rounds.get(step)
        if one is None or name is None or name not in one.plan.arrays:
            return None
        if name in one.missing:
            raise self._fault("--only", f"a value of {identity}", one.missing[name])
        found = one.plan.arrays[name]
        if len(index) != len(found.ranges):
            return None
        register = found.place(index)
        if register is None or not one.plan.defined[register]:
            return None
        if identity.by is not None and step and step == self.computation.steps:
            return None
        return one.registers[register]

    def ids(self) -> Iterator[Identity]:
        """Every id that is listed: values and derivatives of every round, states and intermediates."""
        first = self.decide(lambda: self.rounds)[0]
        values = [name for name in self.system.ranges]
        for step, one in self.rounds.items():
            changing = values if not step else [name for name in values if name not in self.system.givens]
            changing = changing if not step else [*self.parameters, *changing]
            for name in changing:
                for index, _ in one.plan.elements(name):
                    yield Identity(Symbol(name, index), step=step)
            if self.adjoint is not None and (not step or step < self.computation.steps):
                for name, gradient in self.adjoint.names.items():
                    if gradient in one.missing:
                        continue
                    for index, _ in one.plan.elements(gradient):
                        yield Identity(Symbol(self.adjoint.loss), by=Symbol(name, index), step=step)
            yield from self._owned_ids(first.plan, step)

    def _owned_ids(self, plan: Plan, step: int) -> Iterator[Identity]:
        if self.updates is None:
            return
        after = self.updates.intermediates if step else ()
        for parameter in self.parameters:
            for name in (*self.updates.states, *after):
                if owned(name, parameter) in plan.arrays:
                    for index, _ in plan.elements(owned(name, parameter)):
                        yield Identity(Symbol(name), owner=Symbol(parameter, index), step=step)

    def values(self, digits: int = 20) -> dict[str, str]:
        """Every listed id with its value."""

        def ask() -> dict[str, str]:
            return {str(identity): self._digits(identity, digits) for identity in self.ids()}

        return self.decide(ask)

    def values_json(self, digits: int = 20, only: Sequence[str] = ()) -> str:
        """Every listed id with its value as a JSON object; with `only` those that are asked for, of any kind."""
        found = {name: self.digits(name, digits) for name in only} if only else self.values(digits)
        return json.dumps(found, indent=1, ensure_ascii=False)

    def corners(self, step: int = 0) -> list[tuple[Symbol, str]]:
        """The elements at which a derivative is a convention, and which one."""
        if self.adjoint is None:
            return []
        reached = frozenset(self.adjoint.names) - self.switches

        def smooth(name: str) -> bool:
            row = rows("loss").get(name)
            return row is not None and row.smooth is not None

        return self.decide(lambda: list(corners(self.rounds[step].plan, self.rounds[step].registers, reached, smooth)))

    def all_warnings(self) -> list[str]:
        """What a user should know: what is hardly meant, conventions that count, derivatives that do not exist."""
        found = [*self.warnings, *self.system.left_out]
        missing = self.decide(lambda: self.rounds)[0].missing
        found += [f"no value of a derivative, which is left out: {why}" for why in missing.values()]
        if self.computation.carry is not None and self.computation.carry.lost:
            some = self.computation.carry.first_lost
            found.append(f"rounded to 0 on the way, and not 0: {some}; keep more decimals where that matters")
        return found + [f"{symbol}: {convention}" for symbol, convention in self.corners()]

    @property
    def repeats(self) -> bool:
        """Whether there is a loss that is computed once more with the new values."""
        moves = self.updates is not None and self.problem.training is not None and not self.computation.schedule
        return moves and self.loss is not None and self.loss in self.system.ranges

    @cached_property
    def beside(self) -> Sequence[ModelSolution]:
        """The same problem trained by other rules, which are to be compared; raises `InputError` for wrong settings."""
        training = self.problem.training
        found: list[ModelSolution] = []
        for at, other in enumerate(training.beside if training is not None else ()):
            assert training is not None
            try:
                one = ModelSolution(self.problem.model_copy(update={"training": training.by(other)})).printed
                one.values(1)  # whatever has no value is told here
            except InputError as error:
                place = (error.place or "").replace("training.", f"training.beside[{at}].", 1)
                raise InputError(error.expected, error.found, error.file, place, error.hint) from None
            found.append(one)
        return found

    # -- what forms are made of

    @cached_property
    def fixed(self) -> frozenset[str]:
        """The given names that neither an update nor a schedule changes."""
        moved = self.updates.moves.values() if self.updates is not None else ()
        return frozenset(self.system.givens) - frozenset(moved) - frozenset(self.computation.schedule)

    @property
    def derived_loss(self) -> Symbol:
        """What derivatives are of; with `upstream` a loss that nobody names."""
        return Symbol(self.loss or NAMELESS)

    def has_gradient(self, symbol: Symbol) -> bool:
        """Whether there is a derivative of the loss by an element."""
        return symbol.name in (self.adjoint.names if self.adjoint else ()) and (
            self.decide(lambda: self.register(Identity(self.derived_loss, by=symbol))) is not None
        )

    @property
    def known_functions(self) -> Mapping[str, Pure]:
        """The functions of the library, of the author, and their derivatives, as far as they are used."""
        return self._functions().known

    @cached_property
    def spans(self) -> Mapping[str, tuple[Range, ...]]:
        """The ranges of all arrays and of their derivatives."""
        return {**self.system.ranges, **(self.adjoint.ranges if self.adjoint else {})}

    # -- derivatives of anything by anything, paths, local derivatives

    @cached_property
    def _definitions(self) -> OfSteps:
        return OfSteps((*self.steps, *self.backward))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The forward computation element by element."""
        return self.unrolled(self.system.equations)

    def unrolled(self, equations: Iterable[Equation], step: int = 0) -> tuple[Step, ...]:
        """Equations element by element, with the whole numbers that are indices after so many updates."""
        plan, schedule = self.rounds[0].plan, self.computation.schedule

        def exists(symbol: Symbol) -> bool:
            found = plan.arrays[symbol.name].place(symbol.indices)
            return found is not None and bool(plan.defined[found])

        def look(name: str, at: tuple[int, ...]) -> int:
            values = schedule.get(name)
            number = values[step % len(values)] if values is not None else self.system.givens[name].number(at)
            assert number is not None
            return int(number)

        return unroll(equations, look, exists)

    @cached_property
    def backward(self) -> tuple[Step, ...]:
        """The backward computation element by element, from the loss to everything that has a derivative."""
        return self.swept_back(self.steps)

    def swept_back(self, steps: Sequence[Step], named: Container[Identity] = ()) -> tuple[Step, ...]:
        """The backward computation of a forward one; `named` are further derivatives that have lines of their own."""
        if self.loss is None or self.adjoint is None:
            return ()
        seeds: dict[Identity, Node] = {}
        upstream = self.problem.model.upstream
        if not upstream:
            seeds[Identity(Symbol(self.loss))] = ONE
        for name, source in upstream.items():
            span = self.seeded(name)
            for place_ in self.system.givens[source].places():
                index = tuple(at - self.names.first + low for at, (low, _) in zip(place_, span, strict=True))
                seeds[Identity(Symbol(name, index))] = ref(Identity(Symbol(source, place_)))
        missing = self.rounds[0].missing
        wanted = {
            Identity(Symbol(name, index))
            for name, gradient in self.adjoint.names.items()
            if gradient not in missing
            for index, _ in self.rounds[0].plan.elements(name)
        }
        return sweep(steps, Symbol(self.loss), seeds, Functions(dict(self.system.functions)), wanted, named)

    def known(self, step: int = 0) -> dict[Identity, Number]:
        """All values of a round, without their step; use within `decide`."""
        one = self.rounds[step]
        return {
            Identity(Symbol(name, index)): one.registers[register]
            for name in self.system.ranges
            for index, register in one.plan.elements(name)
        }

    def _functions(self) -> Functions:
        return self.adjoint.functions if self.adjoint else Functions(dict(self.system.functions))

    def swept(self, step: int = 0) -> dict[Identity, Number]:
        """The numbers of the backward steps, by the sweep alone; use within `decide`."""
        found = evaluate(self.backward, self.known(step), self._functions().known, self.computation.tags)
        return {identity: untagged(number) for identity, number in found.items()}

    def _derivative(self, identity: Identity) -> Number:
        """A derivative of anything by anything, of one step alone, or one share of a derivative."""
        wanted = identity._replace(step=0)
        known = self.known(identity.step).keys() | ({Identity(Symbol(NAMELESS))} if self.loss == NAMELESS else set())
        for symbol in (identity.of, identity.by, identity.via):
            if symbol is not None and Identity(symbol) not in known:
                near = self.names.nearest(symbol.name)
                raise self._fault("--only", "the id of a number of this problem", shown(str(identity)), near)
        if identity.via is not None:
            if self.loss is None or identity.of != Symbol(self.loss):
                raise self._fault("--only", "a share of a derivative of the loss", shown(str(identity)))
            found = self.swept(identity.step)
            return found.get(wanted, self._only_share(wanted, found))
        functions = self._functions()
        assert identity.by is not None
        # A local derivative is that of one equation alone, as if nothing stood between.
        of_itself = [step for step in self.steps if step.target.of == identity.of]
        forward, wanted = of_itself if identity.local else self.steps, wanted._replace(local=False)
        steps = sweep(forward, identity.of, {Identity(identity.of): ONE}, functions, [Identity(identity.by)])
        found = evaluate(steps, self.known(identity.step), functions.known, self.computation.tags)
        return untagged(found.get(wanted, fmpq(0)))

    def _only_share(self, identity: Identity, found: Mapping[Identity, Number]) -> Number:
        """The share that comes through the only reader: all of it; 0 through what does not read it."""
        assert identity.by is not None and identity.via is not None
        reading = [step.target.of for step in self.steps if Identity(identity.by) in step.sources]
        if identity.via not in reading:
            hint = f"it is read by {', '.join(map(str, reading))}." if reading else "nothing reads it."
            raise self._fault("--only", f"what reads {identity.by}", str(identity.via), hint)
        return found[identity._replace(via=None)]
