"""A problem given by equations as class sets see it: what varies by table and by array, and what conditions look at.

What is a unit, saturated or at a corner is told by the functions in its equations, never by their names. Numbers that
are looked up as indices never vary, so every variant has the same steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Literal

from flint import fmpq

from derive.activations import ACTIVATIONS
from derive.errors import InputError, did_you_mean
from derive.expression import Call, Cases, Div, Node, Pow, parts_of, quantities, sub
from derive.functions import EVERY, FUNCTIONS
from derive.mistakes import ELEMENT_MISTAKES
from derive.model import ModelProblem
from derive.model.schema import ROLES
from derive.model.varied import ModelVariants
from derive.numbers import Evaluator, Number
from derive.program import Program
from derive.quantity import Quantity
from derive.spec import Vary
from derive.stepwise import Stepwise
from derive.trace.elementary import ElementGradient, ElementLoss, ElementTrace, ParameterUpdate, StateUpdate
from derive.trace.identity import Identity, parse_identity
from derive.trace.indexed import Soft
from derive.trace.updates import SETTING
from derive.trace.written import written_out
from derive.variants.exercise import AnyVariants, Exercise
from derive.variants.grid import MOST_DECIMALS, Grid, around, grid_of, listed, scaled
from derive.variants.space import NEARLY, DrawnQuantity, Scopes, Space, numbers_of
from derive.variants.variant import RATE
from derive.variants.watched import Join, Watch, Watched, at

LEARNING_RATE, CONSTANTS = "learning_rate", "constants"
DIFFERING = ("inputs", "parameters")
"""Tables whose arrays have elements that differ, unless somebody says otherwise."""
FEWEST_STEPS = 4
"""Steps by which the range of a single number is at least wider than the number, on each side."""
SHARES = "softmax"
NOTHING: Number = fmpq(0)


class ElementExercise(Exercise):
    """A problem given by equations; `variants` replaces what it says about its variants."""

    mistakes = ELEMENT_MISTAKES

    def __init__(self, steps: Stepwise, variants: ModelVariants | None = None) -> None:
        self.steps, self.variants = steps, variants or steps.problem.variants

    @property
    def trace(self) -> ElementTrace:
        return self.steps.trace

    @cached_property
    def problem(self) -> ModelProblem:
        return self.steps.problem.model_copy(update={"variants": self.variants})

    @property
    def updates(self) -> bool:
        return self.trace.again

    @property
    def branches(self) -> Literal["all", "own", "any"]:
        return self.variants.constraints.branches

    def varied(self, variants: AnyVariants) -> ElementExercise:
        assert isinstance(variants, ModelVariants)
        return ElementExercise(self.steps, variants)

    # -- what may be drawn

    @cached_property
    def space(self) -> Space:
        return self._drawing.space()

    @cached_property
    def _drawing(self) -> _Drawing:
        return _Drawing(self)

    def group(self, quantity: Quantity) -> str | None:
        return None if self._drawing.array(quantity) is None else self._drawing.group(quantity)

    # -- what conditions look at

    @cached_property
    def may_fail(self) -> bool:
        """Whether there is a quotient, a logarithm or a root, which rounded numbers may leave without a value."""
        formulas = (step.formula for one in self.trace.rounds for step in one.steps)
        return any(_may_fail(part) for formula in formulas for part in parts_of(formula))

    def watch(self, program: Program) -> Watch:
        return _Watching(self.steps, program).watch()

    def finals(self, asked: Sequence[Quantity]) -> tuple[Quantity, ...]:
        """New parameters, else gradients, else the loss, else all."""
        for kinds in ((ParameterUpdate,), (StateUpdate,), (ElementGradient,), (ElementLoss,)):
            found = [one for one in asked if isinstance(self.trace.find(one), kinds)]
            if found:
                last = max(one.step for one in found)
                return tuple(one for one in found if one.step == last)
        return tuple(asked)

    def gradients(self, program: Program, asked: Sequence[Quantity]) -> list[int]:
        found = (one for one in asked if not one.step and isinstance(self.trace.find(one), ElementGradient))
        return [program.place[one] for one in found]

    def losses(self, program: Program) -> tuple[tuple[int, int], ...]:
        trace, loss = self.trace, self._loss
        if not trace.again or loss is None:
            return ()
        steps = sorted(one.step for one in program.quantities if one._replace(step=0) == loss)
        pairs = [(program.place[loss._replace(step=k)], program.place[loss._replace(step=k + 1)]) for k in steps[:-1]]
        if self.ascends:
            pairs = [(after, before) for before, after in pairs]
        if len(trace.rounds) == 1:
            return tuple(pairs)
        # Each round has its own data; only that of the last one is seen again.
        return tuple(pairs[-1:]) if steps[-1] == trace.passes else ()

    @cached_property
    def _loss(self) -> Quantity | None:
        return next((step.target for step in self.trace.rounds[0].forward if isinstance(step, ElementLoss)), None)

    @cached_property
    def ascends(self) -> bool:
        """Whether the first update goes along the gradient: what is derived is to grow then, as a reward does."""
        numbers, along, loss = self.steps.exact.numbers, NOTHING, self._loss
        for step in self.trace.rounds[0].steps:
            new = step.target
            if isinstance(loss, Identity) and isinstance(step, ParameterUpdate) and isinstance(new, Identity):
                gradient = numbers.get(Identity(loss.of, by=new.of), NOTHING)
                along = along + gradient * (numbers[new] - numbers[new._replace(step=0)])
        return bool(along > 0)

    def switched(self, program: Program) -> frozenset[int]:
        found = set[int]()
        for line in program.lines:
            if _goes_back(program.quantities[line.target]):
                cornered = any(isinstance(part, Cases) for part in parts_of(line.formula))
                if cornered or not found.isdisjoint(line.sources):
                    found.add(line.target)
        return frozenset(found)


def _goes_back(one: Quantity) -> bool:
    return isinstance(one, Identity) and one.by is not None


def _may_fail(part: Node) -> bool:
    match part:
        case Div() | Pow():
            return bool(quantities(part))
        case Call(name, _) if name in FUNCTIONS:
            return FUNCTIONS[name].domain != "all numbers"
    return False


class _Drawing:
    """What may be drawn, array by array."""

    def __init__(self, exercise: ElementExercise) -> None:
        self.problem, self.variants = exercise.problem, exercise.variants
        self.givens, system = exercise.trace.givens, exercise.steps.solution.system
        self.indices = system.tables | system.names.indices
        self.roles = {name: role for role in ROLES for name in getattr(self.problem, role)}
        self.file = self.problem.file or self.problem.name

    def space(self) -> Space:
        self._check_singles()
        slots: list[DrawnQuantity] = []
        fixed: list[tuple[Quantity, Decimal]] = []
        arrays: dict[str, list[Quantity]] = {}
        for one in self.givens:
            name = self.array(one)
            if name is not None:
                arrays.setdefault(name, []).append(one)
        for members in arrays.values():
            usual = self._usual(self.group(members[0]), [self.givens[one] for one in members])
            for one in members:
                place, rule = self.rule(one)
                number = self.givens[one]
                values = numbers_of(rule, usual, number, self.group(one), self.file, place)
                if values is None:
                    fixed.append((one, number))
                else:
                    slots.append(DrawnQuantity(one, listed(values), self._scope(one), values is not usual))
        return Scopes(self.file, lambda one: (self.group(one), self.rule(one)[1]), self._scope, DIFFERING).space(
            slots, fixed
        )

    def array(self, one: Quantity) -> str | None:
        """The array of a number that may vary; None for indices, settings and what an optimiser begins with."""
        if one == RATE:
            return LEARNING_RATE
        if not isinstance(one, Identity) or one.owner is not None or one.of.name not in self.roles:
            return None
        return None if one.of.name in self.indices else one.of.name

    def group(self, one: Quantity) -> str:
        assert isinstance(one, Identity)
        return LEARNING_RATE if one == RATE else self.roles[one.of.name]

    def _scope(self, one: Quantity) -> tuple[object, ...] | None:
        """The elements of an array had better differ."""
        assert isinstance(one, Identity)
        return (self.roles.get(one.of.name), one.of.name) if one.of.indices else None

    def rule(self, one: Quantity) -> tuple[str, Vary | None]:
        """What the file says about a number, and where: of itself, of its array, or of its table."""
        assert isinstance(one, Identity)
        for key in (str(one.of), one.of.name) if one != RATE else ():
            if key in self.variants.quantities:
                return f'quantities."{key}"', self.variants.quantities[key]
        group = self.group(one)
        rule: Vary | None = getattr(self.variants, group)
        return group, rule

    def _usual(self, group: str, given: Sequence[Decimal]) -> Grid | None:
        """What an array is drawn from where the file does not say; None where it stays."""
        apart = [number for number in given if number]
        if group in (LEARNING_RATE, CONSTANTS) or not apart:
            return None
        if group == "targets" and all(min(abs(number), abs(number - 1)) <= NEARLY for number in given):
            return None
        if len(given) > 1:
            return None if all(number in (0, 1) for number in given) else around(apart)
        return single(apart[0])

    def _check_singles(self) -> None:
        """Every id of the table stands for a number that may vary."""
        known = {str(one): self.array(one) for one in self.givens if _is_value(one)}
        names = {one.of.name for one in self.givens if isinstance(one, Identity)}
        for key in self.variants.quantities:
            where = f'variants.quantities."{key}"'
            found = parse_identity(key)
            name = found.of.name if found is not None else key
            if name in self.indices:
                hint = "its numbers are looked up as indices; other ones would be other equations."
                raise InputError("a number that may vary", key, self.file, where, hint)
            if key not in known and (key not in names or key not in self.roles):
                nearest = did_you_mean(key, [*self.roles, *known])
                raise InputError("the name or the id of a given number", key, self.file, where, nearest)


def _is_value(one: Quantity) -> bool:
    return isinstance(one, Identity) and one.owner is None and not one.of.name.startswith(SETTING)


def single(number: Decimal) -> Grid:
    """Numbers from half of a number to half as much again, of its sign and with its decimals, of which two are enough.

    >>> [str(one) for one in single(Decimal("-2"))]
    ['-6', '-5', '-4', '-3', '-2', '-1']
    >>> [str(one) for one in single(Decimal("0.8"))][:2], len(single(Decimal("0.8")))
    (['0.4', '0.5'], 9)
    """
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    decimals = min(max(-exponent, 0), MOST_DECIMALS)
    units = scaled(number, decimals) or (1 if number > 0 else -1)
    wider = max(abs(units) // 2, FEWEST_STEPS)
    low, high = units - wider, units + wider
    low, high = (max(low, 1), high) if units > 0 else (low, min(high, -1))
    return grid_of(low, 1, high - low + 1, decimals)


class _Watching:
    """Finds what conditions look at, in the first forward pass."""

    def __init__(self, steps: Stepwise, program: Program) -> None:
        self.solution, self.program, self.trace = steps.solution, program, steps.trace
        self.varying = self._varying(steps)

    def _varying(self, steps: Stepwise) -> frozenset[str]:
        """The names of given numbers that conditions may depend on: all but those of the problem's constants."""
        return frozenset(name for role in ROLES[:3] for name in getattr(steps.problem, role))

    def watch(self) -> Watch:
        outputs: list[Watched] = []
        sums: list[Watched] = []
        joins: dict[tuple[object, ...], Join] = {}
        units: dict[tuple[object, ...], Quantity] = {}
        reads = self._parameters()
        for step in self.solution.steps:
            target = step.target
            place = self.program.place[target]
            right = step.equation.right if step.equation is not None else None
            if isinstance(right, Soft) and not right.logarithm and quantities(step.formula):
                outputs.append(Watched(place, SHARES, at(place), target))
            for number, part in enumerate(_calls(step.formula)):
                unit = units.setdefault((step.target.of.name, number, reads[target] or target), target)
                whole = part == step.formula
                value = at(place) if whole else self._value(target, part)
                outputs.append(Watched(place, part.function, value, unit))
                sums.append(Watched(place, part.function, self._value(target, part.args[0]), unit))
            for join in self._joins(target, written_out(step.formula, self.solution.known_functions)):
                joins.setdefault(join[0], join[1])
        return Watch(tuple(outputs), tuple(sums), tuple(joins.values()))

    def _value(self, target: Quantity, part: Node) -> Evaluator:
        return self.program.compiled(target, written_out(part, self.solution.known_functions)).value

    def _parameters(self) -> dict[Quantity, frozenset[Quantity]]:
        """Which elements of parameters every result comes from: those of one unit are the same for all examples."""
        found: dict[Quantity, frozenset[Quantity]] = {}
        for step in self.solution.steps:
            own = {one for one in step.sources if self.trace.is_parameter(one)}
            found[step.target] = frozenset(own).union(*(found.get(one, frozenset()) for one in step.sources))
        return found

    def _joins(self, target: Quantity, formula: Node) -> Iterator[tuple[tuple[object, ...], Join]]:
        """The joined parts of a formula of which drawn numbers may decide the side."""
        for part in parts_of(formula):
            match part:
                case Cases(branches):
                    for branch in branches:
                        equal = branch.relation in ("=", "==", "!=")
                        yield from self._join(target, (sub(branch.left, branch.right),), 0, equal)
                case Call("max", args):
                    yield from self._join(target, args, 1)
                case Call("min", args):
                    yield from self._join(target, args, -1)
                case Call(name, (arg,)) if name in EVERY and EVERY[name].corner:
                    yield from self._join(target, (arg,), 0)

    def _join(
        self, target: Quantity, values: tuple[Node, ...], largest: int, equal: bool = False
    ) -> Iterator[tuple[tuple[object, ...], Join]]:
        used = dict.fromkeys(one for value in values for one in quantities(value))
        if not any(self._varies(one) for one in used):
            return
        lines = [self.program.compiled(target, value) for value in values]
        sources = tuple(self.program.place[one] for one in used)
        place = self.program.place[target]
        yield (values, largest), Join(place, tuple(line.value for line in lines), sources, largest, equal)

    def _varies(self, one: Quantity) -> bool:
        return one not in self.trace.givens or (isinstance(one, Identity) and one.of.name in self.varying)


def _calls(formula: Node) -> list[Call]:
    """The calls of functions that units have, the inner ones too."""
    return [part for part in parts_of(formula) if isinstance(part, Call) and part.function in ACTIVATIONS]
