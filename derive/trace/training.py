"""Updates as equations: what an optimiser does to every number of every parameter.

An update is a text in the language, from the library or from the author: for one number p of a parameter with the
gradient g, or for the elements of one parameter (`rules`). Decides what its names mean and lifts it over all elements,
so that state, bias correction and new values are quantities like any other. In which round it is, and what the numbers
are, is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from derive.errors import InputError, did_you_mean, shown
from derive.language import syntax
from derive.trace.affine import Affine, Range, letter
from derive.trace.drafts import Draft
from derive.trace.equations import System
from derive.trace.givens import CONSTANT, Given
from derive.trace.identity import Place
from derive.trace.indexed import Equation, reads
from derive.trace.lowering import AXES, Formulas
from derive.trace.names import Origin, Target
from derive.trace.rules import particular
from derive.trace.scope import Letters
from derive.trace.updates import (
    AT,
    GRADIENT,
    PARAMETER,
    SETTING,
    UpdateReader,
    Updates,
    owned,
    renewed,
    used_gradient,
)


def read_updates(
    system: System,
    lines: Sequence[syntax.SourceLine],
    parameters: Sequence[str],
    loss: str,
    settings: Mapping[str, Fraction],
    starts: Mapping[str, Fraction | Mapping[str, Given]],
    row: str = "",
    decaying: str = "",
    derived: bool = True,
) -> Updates:
    """The equations of an update; `starts` are the first values of states from the problem's table, `decaying` says how
    the learning rate falls, `derived` whether there are gradients.

    Raises `InputError` where the update says what cannot be done.
    """
    numbers = {
        f"{SETTING}{name}": Given(f"{SETTING}{name}", CONSTANT, (), (value,)) for name, value in settings.items()
    }
    reader = UpdateReader(system, parameters, loss, numbers, decaying, derived)
    equations = [line for line in lines if isinstance(line, syntax.Equation)]
    general = any(line.primed and line.name == PARAMETER for line in equations)
    for line in lines:
        if isinstance(line, syntax.Function | syntax.Use):
            raise reader.names.fault(line, Origin(), "an equation of an update", shown(line.text))
    if general:
        return _general(reader, lines, equations, starts, row)
    return particular(reader, equations, starts)


def _states(
    reader: UpdateReader, lines: Sequence[syntax.SourceLine], starts: Mapping[str, Fraction | Mapping[str, Given]]
) -> dict[str, Fraction | Mapping[str, Given]]:
    """What an update remembers, and where it starts."""
    found: dict[str, Fraction | Mapping[str, Given]] = {}
    for number, line in enumerate(lines):
        if not isinstance(line, syntax.State):
            continue
        if number:
            raise reader.names.fault(line, Origin(), "states in the first line of an update", shown(line.text))
        for name, value in line.starts:
            if name in found:
                raise reader.names.fault(line, Origin(), f"one number at which {name} starts", "two")
            match value:
                case syntax.Number(start):
                    found[name] = start
                case syntax.Negative(syntax.Number(start)):
                    found[name] = -start
                case _:
                    raise reader.names.fault(line, Origin(), f"a number at which {name} starts", "a formula")
    return {**found, **starts}


def _general(
    reader: UpdateReader,
    lines: Sequence[syntax.SourceLine],
    equations: Sequence[syntax.Equation],
    starts: Mapping[str, Fraction | Mapping[str, Given]],
    row: str,
) -> Updates:
    """An update of one number p, for all numbers of all parameters."""
    states = _states(reader, lines, starts)
    _check_general(reader, equations, states)
    before: list[Equation] = [*reader.decay()]
    after: list[Equation] = []
    moves: dict[str, str] = {}
    ranges: dict[str, tuple[Range, ...]] = reader.decay_ranges()
    first: dict[str, Mapping[Place, Fraction]] = {}
    at: dict[str, str] = {}
    for parameter in reader.parameters:
        spans = reader.system.ranges[parameter]
        lifted = _lifted(reader, equations, states, parameter, spans, row)
        here = [equation for equation in lifted if equation.name == owned(AT, parameter)]
        if here:
            at[parameter] = here[0].name
            needed = _needed(here[0], lifted)
            _check_before(reader, needed, parameter)
            ranges[owned(GRADIENT, parameter)] = spans
            before.extend(needed)
            lifted = [equation for equation in lifted if equation not in needed]
        after.extend(lifted)
        moves[renewed(parameter)] = parameter
        ranges[renewed(parameter)] = spans
        for name, start in states.items():
            moves[renewed(owned(name, parameter))] = owned(name, parameter)
            first[owned(name, parameter)] = _start(reader, name, start, parameter)
        for equation in [*before, *after]:
            ranges[equation.name] = ranges.get(equation.name, spans)
        ranges.update({owned(name, parameter): spans for name in states})
    others = list(dict.fromkeys(line.name for line in equations if not line.primed))
    read = {one.name for equation in [*before, *after] for one in reads(equation.right)}
    used = [name for name in reader.parameters if read & {f"d{reader.loss}/d{name}", owned(GRADIENT, name)}]
    if at:
        others.append(GRADIENT)
    return Updates(
        tuple(before),
        tuple(after),
        moves,
        first,
        ranges,
        tuple(used),
        at,
        reader.settings,
        tuple(states),
        tuple(others),
    )


def _check_general(reader: UpdateReader, equations: Sequence[syntax.Equation], states: Mapping[str, object]) -> None:
    """Whether every line defines something, once, and every state moves."""
    seen: set[tuple[str, bool]] = set()
    for line in equations:
        where = reader.names
        if line.index or line.clauses.binds:
            hint = "an update for one number p has no indices; w'[i] = ... is an update of one parameter."
            raise where.fault(line, Origin(), f"{line.name} without an index", "an index", hint)
        if line.primed and line.name != PARAMETER and line.name not in states:
            hint = did_you_mean(line.name, [PARAMETER, *states]) or f"say where it starts: state {line.name} = 0"
            raise where.fault(line, Origin(), "p' or the new value of a state", f"{line.name}'", hint)
        if not line.primed and line.name in (PARAMETER, GRADIENT, *states):
            raise where.fault(line, Origin(), f"{line.name}' left of =, a new value", line.name)
        if (line.name, line.primed) in seen:
            raise where.fault(line, Origin(), f"one equation for {line.name}", "two")
        seen.add((line.name, line.primed))
    for name in states:
        if (name, True) not in seen:
            raise InputError(f"an equation {name}' = ... in the update", "none", reader.names.file, "training.update")


def _lifted(
    reader: UpdateReader,
    equations: Sequence[syntax.Equation],
    states: Mapping[str, object],
    parameter: str,
    spans: tuple[Range, ...],
    row: str,
) -> list[Equation]:
    """The equations of an update for all elements of one parameter."""
    rank = len(spans)
    axes = AXES[:rank]
    ahead = any(line.name == AT and not line.primed for line in equations)
    known = {PARAMETER: parameter, GRADIENT: used_gradient(reader.loss, parameter, ahead)}
    known |= {name: owned(name, parameter) for name in states}
    for name in known.values():
        if name not in reader.names.givens:
            reader.known(name, rank)
    drafts: list[Draft] = []
    for line in equations:
        letters = Letters()
        scope = Formulas(reader.names, line, Origin(), letters, counts=True)
        scope, new = scope.bind(tuple(syntax.Bind(axis) for axis in axes))
        prefix = tuple(map(letter, new))
        targets = {name: Target(other, prefix) for name, other in known.items()}
        targets = {**reader.setting_names(), **targets}
        scope = replace(scope, letters={}, origin=Origin(None, row, targets))
        right = scope.number(line.right)
        target = known[line.name] if line.primed else owned(line.name, parameter)
        target = renewed(target) if line.primed else target
        explicit = {
            **letters.explicit,
            **{n: (Affine(low), Affine(high)) for n, (low, high) in zip(new, spans, strict=True)},
        }
        drafts.append(Draft(target, prefix, right, (), explicit, line, scope.origin))
        reader.known(target, rank)
        known[f"{line.name}'" if line.primed else line.name] = target
    return reader.finished(drafts, dict.fromkeys(known.values(), spans))


def _needed(wanted: Equation, equations: Sequence[Equation]) -> list[Equation]:
    """An equation behind those of the same update that it needs."""
    by_name = {equation.name: equation for equation in equations}
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in by_name and name not in found:
            for read in reads(by_name[name].right):
                visit(read.name)
            found[name] = None

    visit(wanted.name)
    return [by_name[name] for name in found]


def _check_before(reader: UpdateReader, equations: Sequence[Equation], parameter: str) -> None:
    for equation in equations:
        if any(read.name == used_gradient(reader.loss, parameter, True) for read in reads(equation.right)):
            hint = "where the gradient is taken must be known before it is taken."
            place = "training.update"
            raise InputError("at = ... without g", shown(equation.text), reader.names.file, place, hint)


def _start(
    reader: UpdateReader, name: str, start: Fraction | Mapping[str, Given], parameter: str
) -> Mapping[Place, Fraction]:
    """The first values of a state for one parameter."""
    given = reader.system.givens[parameter]
    if isinstance(start, Fraction):
        return dict.fromkeys(given.places(), start)
    own = start.get(parameter)
    where = f"training.state.{name}"
    if own is None:
        raise InputError(f"a first value of {name} for {parameter}", "none", reader.names.file, where)
    if own.shape != given.shape:
        expected = f"as many numbers as {parameter} has ({_shape(given)})"
        raise InputError(expected, _shape(own), reader.names.file, f"{where}.{parameter}")
    return dict(zip(given.places(), own.numbers, strict=True))


def _shape(given: Given) -> str:
    return " x ".join(map(str, given.shape)) or "one number"
