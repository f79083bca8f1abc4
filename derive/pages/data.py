"""A solution of equations as data: the equations in every form, and every number with the step that leads to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from derive.expression import Shown
from derive.formula import Printer, Tex, Text
from derive.notation import NOTATIONS, Namer, Shape
from derive.notation.author import Spelt
from derive.pages.display import Scene
from derive.pages.elements import Elements, is_exact
from derive.pages.page import ModelPage
from derive.trace.identity import Symbol
from derive.trace.indexed import Equation
from derive.trace.size import operations
from derive.trace.text import text as language
from derive.trace.unroll import Step
from derive.trace.updates import SETTING

MOST_OPERATIONS = 10_000
"""Operations of a computation whose elements all have their formulas in the data."""


class _Part(NamedTuple):
    """One number: its name in equations, the round in which it stands, and its step, if it is worked."""

    symbol: Symbol
    elements: Elements
    step: Step | None


def page_json(page: ModelPage) -> str:
    """The equations and the numbers of a solution; ids are those of `derive values`."""
    return json.dumps(_Data(page).table(), indent=1, ensure_ascii=False) + "\n"


class _Data:
    def __init__(self, page: ModelPage) -> None:
        self.page, self.solution = page, page.solution
        namer = Namer(NOTATIONS["standard"], Shape((1, 1)))
        self.tex, self.text = Printer(Tex(), namer), Printer(Text(), namer)
        work = operations(self.solution.system.equations, self.solution.system.functions)
        self.worked = work <= MOST_OPERATIONS

    def table(self) -> dict[str, Any]:
        problem = self.solution.problem
        return {
            "made_with": "derive",
            "name": problem.name,
            "title": problem.title,
            "loss": self.solution.loss,
            "rounding": {
                "decimals": problem.rounding.decimals,
                "carry": problem.rounding.carry,
                "ties": problem.rounding.ties,
                "overrides": dict(problem.rounding.overrides),
            },
            "settings": list(self._settings()),
            "functions": list(self._functions()),
            "warnings": self.solution.all_warnings(),
            "equations": [self._equation(part, equation) for part, equation in self._equations()],
            "quantities": list(self._quantities()),
        }

    def _equations(self) -> Iterator[tuple[str, Equation]]:
        solution = self.solution
        yield from (("forward", equation) for equation in solution.system.equations)
        if solution.adjoint:
            yield from (("backward", equation) for equation in solution.adjoint.equations)
        if solution.updates:
            yield from (("update", one) for one in (*solution.updates.before, *solution.updates.equations))

    def _equation(self, part: str, equation: Equation) -> dict[str, Any]:
        line = self.page.index_line(equation)
        entry: dict[str, Any] = {
            "part": part,
            "name": equation.name,
            "text": language(equation, ranges=True),
            "tex": f"{self.tex(line.left)} = {self.tex(line.parts[0][1])}",
        }
        whole = self.page.matrix_line(equation) if part != "update" else None
        if whole is not None:
            entry["matrix"] = f"{self.text(whole.left)} = {self.text(whole.parts[0][1])}"
            entry["matrix_tex"] = f"{self.tex(whole.left)} = {self.tex(whole.parts[0][1])}"
        if equation.comment:
            entry["comment"] = equation.comment
        if equation.row:
            entry["row"] = equation.row
        return entry

    def _functions(self) -> Iterator[dict[str, Any]]:
        """The functions of the library and of the author, with their definitions."""
        for function in self.page.functions:
            line = self.page.definition(function)
            sides = line.left, line.parts[0][1]
            yield {
                "name": function.name,
                "arguments": list(function.parameters),
                "text": " = ".join(map(self.text, sides)),
                "tex": " = ".join(map(self.tex, sides)),
            }

    def _settings(self) -> Iterator[dict[str, Any]]:
        """What the optimiser is told."""
        for name in self.solution.updates.settings if self.solution.updates else ():
            printed = self.page.display.symbol(Symbol(name)).name
            number = self.page.elements.shown(Symbol(name))
            yield {"name": printed.text, "tex": printed.tex, "value": self.text(number)}

    def _quantities(self) -> Iterator[dict[str, Any]]:
        parts = self._parts()
        for identity in self.solution.ids():
            name = str(identity)
            yield {"id": name, "value": self.solution.unrounded.digits(identity), **self._entry(parts[name])}

    def _parts(self) -> dict[str, _Part]:
        """Every number by its id; what a round leads to is found in it before it stands in the next one."""
        steps: dict[Symbol, Step] = {}
        if self.worked:
            adjoint = self.solution.adjoint
            shown = {adjoint.names[name] for name in self.page.derived} if adjoint else set()
            for part, equation in self._equations():
                if part != "backward" or equation.name in shown:
                    steps |= {step.target.of: step for step in self.page.elements.worked(equation)}
        found: dict[str, _Part] = {}
        for round_, one in self.solution.rounds.items():
            elements = self.page.round(round_)
            for name in one.plan.arrays:
                if name.startswith(SETTING):
                    continue
                for place in elements.places(name):
                    symbol = Symbol(name, place)
                    key = self._spelt(symbol, round_).key
                    found.setdefault(key, _Part(symbol, elements, None if round_ else steps.get(symbol)))
        return found

    def _spelt(self, symbol: Symbol, step: int) -> Spelt:
        """An element of a round; here also what no update moves has one for every round."""
        return self.page.names.element(symbol.name, [str(at) for at in symbol.indices], step)

    def _entry(self, part: _Part) -> dict[str, Any]:
        page, elements = self.page, part.elements
        name, shown = self._spelt(part.symbol, elements.step), elements.shown(part.symbol)
        entry: dict[str, Any] = {
            "name": name.name.text,
            "tex": name.name.tex,
            "shown": shown.text if isinstance(shown, Shown) else self.text(shown),
            "exact": is_exact(shown),
        }
        if part.step is not None:
            formula = page.display(part.step.formula)
            filled = page.display(part.step.formula, Scene({}, {}, elements.value))
            entry |= {
                "formula": self.text(formula),
                "formula_tex": self.tex(formula),
                "substituted": self.text(filled),
                "substituted_tex": self.tex(filled),
            }
        return entry
