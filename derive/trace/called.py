"""The functions that equations call: those of the library, which are read once, and those of the author.

Decides which are functions of numbers and which are texts to be put in, and in which order they are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from derive.functions import FUNCTIONS
from derive.language import syntax
from derive.language.walk import expressions
from derive.language.words import KEYWORDS
from derive.library import Exact, Row, rows
from derive.library.trees import lines_of
from derive.trace.lowering import Formulas
from derive.trace.names import Macro, Names, Origin, Pure, in_a_circle
from derive.trace.scope import Letters
from derive.trace.size import cost

Numbers = Mapping[str, Exact]
Known = Mapping[str, tuple[syntax.Function, Numbers, Numbers | None]]
"""Functions with the numbers that they take where none are given, and those with which they are smooth."""


def read_functions(names: Names, lines: Sequence[syntax.SourceLine]) -> None:
    """All functions of the library and of the author, ready to be called."""
    own: dict[str, syntax.Function] = {}
    for line in lines:
        if isinstance(line, syntax.Function):
            if line.name in own:
                raise names.fault(line, Origin(), f"one function {line.name}", "two")
            own[line.name] = line
    # What a row says of a function that there is anyway is of the units of a network.
    library = {name: row for name, row in rows("function").items() if name not in FUNCTIONS}
    if own.keys().isdisjoint(library):
        ready = _library(tuple((name, _key(row)) for name, row in library.items()))
        names.functions.update(ready.functions)
        names.nodes += ready.nodes
        _resolve(names, _bare(own))
    else:  # one of the author's may be called by one of the library
        _resolve(names, {name: _of_row(*_key(row)) for name, row in library.items()} | _bare(own))


def _bare(own: Mapping[str, syntax.Function]) -> dict[str, tuple[syntax.Function, Numbers, Numbers | None]]:
    return {name: (line, {}, None) for name, line in own.items()}


Pairs = tuple[tuple[str, Exact], ...]


def _key(row: Row) -> tuple[str, Pairs, Pairs | None]:
    """All that is read of a row of functions."""
    return row.equations, tuple(row.numbers.items()), None if row.smooth is None else tuple(row.smooth.items())


def _of_row(equations: str, numbers: Pairs, smooth: Pairs | None) -> tuple[syntax.Function, Numbers, Numbers | None]:
    (function,) = lines_of(equations)
    assert isinstance(function, syntax.Function)
    return replace(function, number=0), dict(numbers), None if smooth is None else dict(smooth)


@lru_cache(maxsize=4)
def _library(functions: tuple[tuple[str, tuple[str, Pairs, Pairs | None]], ...]) -> Names:
    """The functions of the library by themselves: they read nothing of a problem, and are the same in all."""
    names = Names({})
    _resolve(names, {name: _of_row(*key) for name, key in functions})
    return names


def _resolve(names: Names, known: Known) -> None:
    """Makes functions ready, each after those that it calls."""
    lowering: list[str] = []

    def resolve(name: str) -> Pure | Macro | None:
        if name in names.functions:
            return names.functions[name]
        if name not in known:
            return None
        line, defaults, smooth = known[name]
        if name in lowering:
            circle = in_a_circle([*lowering[lowering.index(name) :], name])
            raise names.fault(line, Origin(), "a function that does not need itself", circle)
        lowering.append(name)
        called = [resolve(other) for other in _called(line.right)]
        lowering.pop()
        pure = not line.letters and _pure(line) and not any(isinstance(other, Macro) for other in called)
        names.functions[name] = _pure_function(names, line, defaults, smooth) if pure else Macro(line)
        return names.functions[name]

    for name in known:
        resolve(name)


def _pure_function(names: Names, line: syntax.Function, defaults: Numbers, smooth: Numbers | None) -> Pure:
    scope = Formulas(names, line, Origin(), Letters(), variables=frozenset(line.parameters))
    numbers = {name: syntax.Number(Fraction(value), str(value)) for name, value in defaults.items()}
    body = scope(line.right)
    meeting = None if smooth is None else {name: Fraction(value) for name, value in smooth.items()}
    return Pure(line.name, line.parameters, numbers, body, cost(body, names.functions), meeting)


def _called(value: syntax.Expression) -> list[str]:
    return [part.function for part in expressions(value) if isinstance(part, syntax.Applied)]


def _pure(line: syntax.Function) -> bool:
    """Whether a function takes numbers to a number and reads nothing else."""
    for part in expressions(line.right):
        match part:
            case syntax.Name(name) if name not in line.parameters:
                return False
            case syntax.Item() | syntax.Reduction() | syntax.Soft() | syntax.Transposed() | syntax.Size():
                return False
            case syntax.Counter():
                return False
            case syntax.Chain(_, rest) if any(sign == "@" for sign, _ in rest):
                return False
            case syntax.Applied(function, args, _):
                several = function in ("max", "min") and len(args) > 1
                if function in KEYWORDS - {"step"} and not several:
                    return False
    return True
