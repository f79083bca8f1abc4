"""From the lines of a problem to indexed equations whose ranges are not known yet.

Decides what stands left of =, lifts library rows and functions of the author, and finds out which names are
quantities and how many indices they have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from graphlib import CycleError, TopologicalSorter

from derive.errors import did_you_mean, shown
from derive.expression import Node
from derive.functions import FUNCTIONS
from derive.language import syntax
from derive.language.walk import expressions, indices, quantities
from derive.library import Row, rows
from derive.library.trees import lines_of
from derive.trace.affine import Affine, Condition, letter, letters
from derive.trace.called import read_functions
from derive.trace.lowering import AXES, Formulas
from derive.trace.names import Circle, Names, Origin, Target
from derive.trace.scope import Bounds, Letters

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass
class Draft:
    """An equation as it was written, with the ranges that its author gave."""

    name: str
    left: tuple[Affine, ...]
    right: Node
    conditions: tuple[Condition, ...]
    explicit: Mapping[str, Bounds]
    """Every letter of the equation; its range where the author wrote one."""
    line: syntax.SourceLine
    origin: Origin
    stilled: Mapping[str, str] = field(default_factory=dict)
    """Letters with a factor 0 before them somewhere, and what that is."""

    @property
    def letters(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for form in self.left for name in letters(form)))


@dataclass(frozen=True)
class Statement:
    """An equation of the author, or of a row of the library that a line uses."""

    line: syntax.Equation
    row: Row | None = None
    use: syntax.Use | None = None


# -- lines


def statements(names: Names, lines: Sequence[syntax.SourceLine]) -> list[Statement]:
    """Every equation, those of library rows in the place of the line that uses them."""
    found: list[Statement] = []
    for line in lines:
        match line:
            case syntax.Equation():
                found.append(Statement(line))
            case syntax.Use():
                found.extend(_lifted(names, line))
            case syntax.State():
                raise names.fault(line, Origin(), "an equation", "a state", "states stand in updates.")
    return found


def _lifted(names: Names, use: syntax.Use) -> Iterator[Statement]:
    """The equations of the row that a line uses."""
    library = {**rows("loss"), **rows("layer")}
    row = library.get(use.row)
    if row is None:
        hint = did_you_mean(use.row, library) or f"the library has {', '.join(library)}."
        raise names.fault(use, Origin(), "a row of the library", shown(use.row), hint)
    lines = lines_of(_text(names, use, row))
    known = _names_of(lines) | dict.fromkeys(row.functions)
    for one in use.maps:
        if one.name not in known and one.name not in row.options:
            hint = did_you_mean(one.name, [*known, *row.options]) or f"it has {', '.join([*known, *row.options])}."
            raise names.fault(use, Origin(), f"a name of the row {row.name}", shown(one.name), hint)
    for name, usual in row.functions.items():
        if not usual and not any(one.name == name for one in use.maps):
            hint = f"write {name} = sigmoid, or another function; linear changes nothing."
            raise names.fault(use, Origin(), f"a function for {name}", "none", hint)
    for place, line in enumerate(lines):
        assert isinstance(line, syntax.Equation)
        yield Statement(line if place else _led_in(line, use.comment, alone=len(lines) == 1), row, use)


def _led_in(line: syntax.Equation, comment: str, alone: bool) -> syntax.Equation:
    """The first equation of a row with the author's words before its own; where it is alone, in place of them."""
    said = comment if alone or not line.comment else f"{comment.rstrip(' .:')}; {line.comment}"
    return replace(line, comment=said) if comment else line


def _text(names: Names, use: syntax.Use, row: Row) -> str:
    """The text of a row with what its options put in."""
    chosen = {one.name: one.value for one in use.maps if one.name in row.options}
    for option, choices in row.options.items():
        if chosen.get(option, next(iter(choices))) not in choices:
            word = str(chosen[option])
            hint = did_you_mean(word, choices)
            raise names.fault(use, Origin(), f"{option} = {' or '.join(choices)}", shown(word), hint)
    return row.text({option: str(word) for option, word in chosen.items()})


def _names_of(lines: Sequence[syntax.SourceLine]) -> dict[str, None]:
    """The names of a row's text that a line may map."""
    found: dict[str, None] = {}
    for line in lines:
        assert isinstance(line, syntax.Equation)
        found.update(quantities(line))
    return found


# -- what is defined


def read_names(names: Names, found: Sequence[Statement]) -> None:
    """Which quantities the equations define, and how many indices they have."""
    for one in found:
        scope, prefix, name = _opened(names, one)
        line = one.line
        if name in names.givens:
            hint = f"{names.givens[name].role}s are given; give the equation another name."
            raise scope.fault(f"a name that is not given, left of =, for {name}", "a given one", hint)
        if line.primed:
            raise scope.fault("a name without '", f"{name}'", "new values stand in updates.")
        rank = len(prefix) + len(line.index)
        lifted = not line.index and one.row is None
        if not rank and (name in names.whole or names.ranks.get(name) == 0):
            raise scope.fault(f"one equation for {name}", "a second one", "give it another name.")
        if names.ranks.get(name, rank) != rank or name in names.whole:
            hint = f"every equation of {name} has the same number of indices."
            raise scope.fault(f"one number of indices of {name}", "two", hint)
        if lifted and name not in names.ranks:
            names.whole[name] = partial(_rank, scope, line)
        else:
            names.ranks[name] = rank

    _find_ranks(names, found)


def _rank(scope: Formulas, line: syntax.Equation) -> int:
    return scope.rank_of(line.right)


def _find_ranks(names: Names, found: Sequence[Statement]) -> None:
    """The numbers of indices of whole arrays, each after those that its equation reads."""
    needs: dict[str, set[str]] = {}
    for one in found:
        if one.line.name in names.whole and one.row is None:
            read = {part.name for part in expressions(one.line.right) if isinstance(part, syntax.Name)}
            needs[one.line.name] = read & names.whole.keys()
    try:
        for name in TopologicalSorter(needs).static_order():
            names.rank(name)
    except CycleError as error:
        raise Circle(error.args[1][::-1]) from None


def _opened(names: Names, one: Statement) -> tuple[Formulas, tuple[Affine, ...], str]:
    """Where an equation stands: the scope with the letters of the line that lifts it, indices in front, its name."""
    own = Letters()
    if one.row is None or one.use is None:
        return Formulas(names, one.line, Origin(), own), (), one.line.name
    outer, lifts = Formulas(names, one.use, Origin(), own).bind(one.use.clauses.binds)
    origin = _origin(names, one, outer, lifts)
    target = origin.names.get(one.line.name, Target(one.line.name, tuple(map(letter, lifts))))
    missing = [one_lift for one_lift in lifts if not any(form.letter == one_lift for form in target.prefix)]
    if missing:
        expected = f"the letter {missing[0]} in the index of {target.name}"
        raise outer.fault(expected, "none", f"write {one.line.name} = {target.name}[{', '.join(lifts)}].")
    return replace(outer, line=one.line, origin=origin), target.prefix, target.name


def _origin(names: Names, one: Statement, outer: Formulas, lifts: tuple[str, ...]) -> Origin:
    row, use = one.row, one.use
    assert row is not None and use is not None
    targets: dict[str, Target] = {}
    functions = {name: usual for name, usual in row.functions.items() if usual}
    words: dict[str, syntax.Expression] = {}
    for name in _defined_by(names, use, row):
        targets[name] = Target(name, tuple(map(letter, lifts)))
    for map_ in use.maps:
        if map_.name in row.options:
            continue
        if map_.name in row.functions:
            functions[map_.name] = _function_name(names, use, map_)
        elif isinstance(map_.value, Fraction):
            words[map_.name] = syntax.Number(map_.value, str(map_.value))
        else:
            targets[map_.name] = Target(map_.value, tuple(outer.index(index) for index in map_.index))
    for name, number in row.numbers.items():
        if name not in targets and name not in words and name not in names.givens:
            words[name] = syntax.Number(Fraction(number), str(number))
    return Origin(use, row.name, targets, functions, words, 1 - names.first, row.positions, lifts)


def _defined_by(names: Names, use: syntax.Use, row: Row) -> list[str]:
    return [line.name for line in lines_of(_text(names, use, row)) if isinstance(line, syntax.Equation)]


def _function_name(names: Names, use: syntax.Use, map_: syntax.Map) -> str:
    value = map_.value
    if isinstance(value, str) and not map_.index and (value in FUNCTIONS or value in names.functions):
        return value
    hint = did_you_mean(str(value), [*FUNCTIONS, *names.functions])
    raise names.fault(use, Origin(), f"a function for {map_.name}", shown(str(value)), hint)


# -- drafts


def draft(names: Names, one: Statement) -> Draft:
    """The indexed equation of a statement."""
    scope, prefix, name = _opened(names, one)
    line = one.line
    own = one.row is None
    bound = {bind.letter for bind in line.clauses.binds}
    fixed = {
        index.name
        for index in line.index
        if own and isinstance(index, syntax.Letter) and index.name not in bound and _whole_number(names, index.name)
    }
    inside = [part for index in line.index for part in indices(index)]
    for name_ in sorted(fixed):
        number = names.givens[name_].numbers[0]
        names.warnings.append(f"{line.text}: {name_} is the given number {number}, so this is one element")
    free = [part.name for part in inside if isinstance(part, syntax.Letter) and part.name not in fixed | bound]
    scope, _ = scope.bind(tuple(syntax.Bind(name) for name in dict.fromkeys(free)))
    scope, _ = scope.bind(line.clauses.binds)
    for name_ in bound:
        if not any(isinstance(index, syntax.Letter) and index.name == name_ for index in line.index):
            hint = f"write it into the index left of =, or inside sum(... for {name_})."
            raise scope.fault(f"the letter {name_} left of =", "none", hint)
    conditions = scope.conditions(line.clauses.conditions)
    if one.use is not None:
        conditions += replace(scope, origin=Origin(), line=one.use).conditions(one.use.clauses.conditions)
    if line.index or not own:
        right = scope.number(line.right)
        left = (*prefix, *[scope.index(index) for index in line.index])
    else:
        taken = set(_WORD.findall(line.text))
        stems = [stem for stem in AXES if stem not in taken] or list(AXES)
        rank = names.rank(name) or 0
        axes = tuple(scope.all.new(stems[axis % len(stems)]) for axis in range(rank))
        right = scope(line.right, axes)
        left = tuple(map(letter, axes))
    return Draft(name, left, right, conditions, scope.all.explicit, line, scope.origin, scope.all.stilled)


def _whole_number(names: Names, name: str) -> bool:
    given = names.givens.get(name)
    return given is not None and not given.shape and given.whole


def drafts(names: Names, lines: Sequence[syntax.SourceLine]) -> list[Draft]:
    """All indexed equations of a text; their ranges are not known yet."""
    read_functions(names, lines)
    found = statements(names, lines)
    try:
        read_names(names, found)
        return [draft(names, one) for one in found]
    except Circle as circle:
        line = next(one.line for one in found if one.line.name == circle.first)
        raise names.fault(line, Origin(), "equations that do not need each other", str(circle)) from None
