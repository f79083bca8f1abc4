"""What a problem given by equations asks for: its equations, what is derived, how parameters move.

Decides whether the tables of a problem fit its equations. No number is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from derive.compute.corners import sides_of
from derive.errors import InputError, shown
from derive.expression import Cases
from derive.language import parse, syntax
from derive.library import rows
from derive.model.schema import ModelProblem
from derive.model.training import SETTINGS, ModelTraining
from derive.trace.adjoint import Adjoint, adjoint, dependencies
from derive.trace.equations import System, read_equations
from derive.trace.givens import CONSTANT, INPUT, PARAMETER, TARGET, Given, given
from derive.trace.identity import parse_identity
from derive.trace.indexed import Equation, standing, walk
from derive.trace.names import Names
from derive.trace.solving import STAGES, Stage
from derive.trace.training import read_updates
from derive.trace.updates import Updates

NAMELESS = "L"
"""What the loss is called whose derivatives `upstream` gives."""
ROLES = {"inputs": INPUT, "parameters": PARAMETER, "targets": TARGET, "constants": CONSTANT}


class Asked:
    """A problem with its equations, its adjoint equations and its updates; raises `InputError` where they do not fit.

    `warnings` say what is probably not meant. `optional` are derivatives by given numbers that nobody asked for.
    """

    def __init__(self, problem: ModelProblem) -> None:
        self.problem = problem
        self.warnings: list[str] = []
        self.names = self._names()
        lines = parse(problem.model.equations, problem.file, problem.first_line)
        self.uses = {line.number: line for line in lines if isinstance(line, syntax.Use)}
        """The statements that bring rows of the library, by the number of their line."""
        self.system: System = read_equations(self.names, lines, problem.model.granularity == "gates")
        self.warnings.extend(self.system.warnings)
        self.parameters = tuple(problem.parameters)
        self.loss = self._loss()
        self._check_reserved()
        self._check_overrides()
        self.adjoint = self._adjoint()
        self.schedule = self._schedule()
        self.updates = self._updates()
        self.optional = self._optional()

    def _names(self) -> Names:
        problem, first = self.problem, self.problem.model.first_index
        givens: dict[str, Given] = {}
        for table, role in ROLES.items():
            for name, value in getattr(problem, table).items():
                givens[name] = given(name, role, value, first)
        schedule = frozenset(problem.training.schedule) if problem.training else frozenset()
        return Names(givens, first, schedule, problem.file, problem.first_line)

    def _fault(self, where: str, expected: str, found: str | None, hint: str | None = None) -> InputError:
        return InputError(expected, found, self.problem.file, where, hint)

    def _known(self, name: str, where: str) -> None:
        if name not in self.system.ranges:
            raise self._fault(where, "a quantity of this problem", shown(name), self.names.nearest(name))

    def _loss(self) -> str | None:
        """The name of the loss; None where values only, or derivatives from above, are asked for."""
        model = self.problem.model
        if model.upstream:
            return NAMELESS
        if model.loss is False:
            return None
        name = model.loss
        if name is None:
            if not self.system.equations:
                raise self._fault("model.equations", "equations, or upstream gradients of the parameters", "none")
            name = self.system.equations[-1].name
            if self.system.ranges[name]:
                expected = "a loss: the last equation is a number"
                hint = 'write loss = "L" with the name of a scalar, or loss = false for values only.'
                raise self._fault("model.equations", expected, f"the array {name}", hint)
            return name
        self._known(name, "model.loss")
        if self.system.ranges[name]:
            raise self._fault("model.loss", "a number as loss", f"the array {name}", f"add it up: L = sum({name}).")
        if name in self.system.givens:
            raise self._fault("model.loss", "a quantity that an equation defines", f"the given {name}")
        return name

    def _check_reserved(self) -> None:
        """The name of a derivative belongs to no quantity, nor does that of a loss which nobody names."""
        hints = {f"d{self.loss}": f"the derivatives of {self.loss} are called d{self.loss}/d...; choose another name."}
        if self.problem.model.upstream:
            hints[NAMELESS] = f"the loss that is not given here is called {NAMELESS}; choose another name."
        for name, hint in hints.items():
            if self.loss is not None and name in self.system.ranges:
                given = self.system.givens.get(name)
                defining = self.system.defining(name)
                where = standing(defining[0], self.problem.first_line) if defining else "model.equations"
                where = f"{given.role}s.{name}" if given is not None else where
                raise self._fault(where, f"another name than {name}", "this one", hint)

    def _check_overrides(self) -> None:
        """Decimals are said of quantities that there are."""
        for key in self.problem.rounding.overrides:
            found = parse_identity(key)
            where = f'rounding.overrides."{key}"'
            if found is None:
                raise self._fault(where, 'a name or an id, such as "h", "W[1,2]" or "dL/dW"', shown(key))
            if found.step:
                hint = "decimals hold in every round."
                raise self._fault(where, "a name, or an id without after[...] or _new", shown(key), hint)
            if found.owner is None and found.of.name != self.loss:
                self._known(found.of.name, where)
            if found.by is not None:
                self._known(found.by.name, where)

    def _seeds(self) -> dict[str, str]:
        """The derivatives given from above, with shapes checked."""
        found: dict[str, str] = {}
        for name, source in self.problem.model.upstream.items():
            where = f"model.upstream.{name}"
            self._known(name, where)
            seed = self.system.givens.get(source)
            if seed is None:
                raise self._fault(where, "the name of a given array", shown(source), self.names.nearest(source))
            span = self.seeded(name)
            shape = tuple(high - low + 1 for low, high in span)
            if shape != seed.shape:
                expected = f"as many numbers as {name} has ({_shape(shape)})"
                raise self._fault(where, expected, _shape(seed.shape))
            found[name] = source
        return found

    def seeded(self, name: str) -> tuple[tuple[int, int], ...]:
        """The ranges of a quantity without the elements that are written with a number in a place."""
        defining = self.system.defining(name)
        if not defining:
            return self.system.ranges[name]
        spans = []
        for axis, whole in enumerate(self.system.ranges[name]):
            running = [e.ranges[form.letter] for e in defining if (form := e.left[axis]).letter is not None]
            low = min((low for low, _ in running), default=whole[0])
            high = max((high for _, high in running), default=whole[1])
            spans.append((low, high))
        return tuple(spans)

    def _adjoint(self) -> Adjoint | None:
        if self.loss is None:
            return None
        model = self.problem.model
        for name in model.wanted:
            self._known(name, "model.wanted")
        found = self._derived(STAGES)
        self.warnings.extend(f"the loss does not depend on {name}: its gradient is 0" for name in found.untouched)
        return found

    def _derived(self, stages: Sequence[Stage]) -> Adjoint:
        assert self.loss is not None
        seeds = self._seeds()
        shifts = {name: tuple(low for low, _ in self.seeded(name)) for name in seeds}
        also = [*self.parameters, *self.problem.model.wanted]
        return adjoint(self.system, self.loss, seeds, also=also, shifts=shifts, stages=stages)

    def open_sums(self, bare: bool) -> tuple[Equation, ...]:
        """The equations of the derivatives before indices are solved for letters, one for each in its order.

        With `bare`, indices that are one letter alone are solved.
        """
        return self._derived(STAGES[:bare]).equations if self.adjoint is not None else ()

    @cached_property
    def switches(self) -> frozenset[str]:
        """The constants that choices compare, as masks: no derivative by them is meant, so equality is no corner."""
        choices = [node for e in self.system.equations for node in walk(e.right) if isinstance(node, Cases)]
        compared = {name for choice in choices for name in sides_of(choice.branches)}
        return frozenset(compared & self.problem.constants.keys())

    def _optional(self) -> frozenset[str]:
        """Derivatives that lead to nothing that was asked for; they may fail to exist."""
        if self.adjoint is None:
            return frozenset()
        asked = [*self.parameters, *self.problem.model.wanted]
        leading = dependencies(self.system, list(self.adjoint.names), asked) if asked else []
        return frozenset(gradient for name, gradient in self.adjoint.names.items() if name not in leading)

    def _updates(self) -> Updates | None:
        training = self.problem.training
        if training is None:
            return None
        if not self.parameters:
            raise self._fault("parameters", "numbers that training moves", "none")
        name = training.rule
        row = rows("optimiser")[name] if name else None
        text = training.update if training.update is not None else row.equations if row else ""
        lines = parse(text, self.problem.file, None, update=True)
        settings, loss = self._settings(training, name), self.loss or NAMELESS
        decaying = ""
        if training.decay is not None:
            settings["decay"], decaying = Fraction(training.decay.rate), training.decay.kind
        derived = self.adjoint is not None
        found = read_updates(
            self.system, lines, self.parameters, loss, settings, self._starts(), name, decaying, derived
        )
        if found.gradients and self.adjoint is None:
            hint = "name the loss, or write rules that need no gradient: w'[i] = ..."
            raise self._fault("model.loss", "a loss, whose gradients the update uses", "none", hint)
        return found

    def _starts(self) -> dict[str, Fraction | Mapping[str, Given]]:
        training = self.problem.training
        assert training is not None
        found: dict[str, Fraction | Mapping[str, Given]] = {}
        for name, value in training.state.items():
            if isinstance(value, Mapping):
                first = self.problem.model.first_index
                found[name] = {key: given(key, CONSTANT, part, first) for key, part in value.items()}
            else:
                found[name] = Fraction(value)
        return found

    def _settings(self, training: ModelTraining, name: str) -> dict[str, Fraction]:
        """The settings of an optimiser: what is given, and what counts otherwise."""
        found = training.settings
        if not name:
            return found
        row = rows("optimiser")[name]
        for key in found:
            if key not in row.settings:
                expected = f"a setting of {name} ({', '.join(row.settings)})"
                raise self._fault(f"training.{key}", expected, key)
        for key in row.settings:
            if key not in found:
                if key not in row.numbers:
                    raise self._fault(f"training.{key}", f"a number, which {name} needs", "none")
                found[key] = Fraction(row.numbers[key])
        return found

    def _schedule(self) -> dict[str, tuple[Fraction, ...]]:
        training = self.problem.training
        found: dict[str, tuple[Fraction, ...]] = {}
        for name, values in (training.schedule if training else {}).items():
            where = f"training.schedule.{name}"
            if name in SETTINGS:
                raise self._fault(
                    where, "a given number", f"the setting {name}", "give it in [constants] as another name."
                )
            if name not in self.names.givens:
                raise self._fault(where, "a given number", shown(name), self.names.nearest(name))
            if self.names.givens[name].shape:
                raise self._fault(where, "a given number", f"the array {name}")
            if name in self.parameters:
                raise self._fault(where, "a given number that training does not move", f"the parameter {name}")
            found[name] = tuple(Fraction(value) for value in values)
        return found


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "one number"
