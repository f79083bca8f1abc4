"""The steps of a problem given by equations as Python: a cell for each equation, all of its numbers compared.

An equation that has a checked form in whole arrays is written in it; any other one is written with loops over its
letters, those that need each other's results in loops over their steps. Names are the author's, and so are the indices
that are printed. Where results are rounded on the way, every number is computed by itself and rounded.
"""

from __future__ import annotations

from collections import Counter as Counted
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product

from derive.compute.schedule import Group, groups
from derive.document import Document, Text
from derive.expression import Call, Node, Shown
from derive.functions import EVERY
from derive.model import ModelSolution
from derive.model.forms import checked_matrix
from derive.pages.backward import worked_equations
from derive.pages.page import ModelPage
from derive.scripts.arrays import Arrays
from derive.scripts.dialect import Unique, bare, identifier, padded, rounding
from derive.scripts.frameworks import Framework
from derive.scripts.indexed import CHOSEN, HELPERS, Indexed, Loop, function_name
from derive.scripts.lists import INDENT, nested, shape, written
from derive.scripts.text import Part
from derive.trace.affine import Range
from derive.trace.givens import Given, Written
from derive.trace.identity import Place, Symbol
from derive.trace.indexed import Equation, walk
from derive.trace.matrix import matrix_form
from derive.trace.unroll import ordered
from derive.trace.updates import SETTING, used_gradient

MOST_NUMBERS = 20_000
"""Numbers that are written into a script."""
_GIVEN = "# What is given"
LAST = "forward pass with the new numbers"
CHAPTERS = {"forward pass": "Forward", "backward pass": "Backward", "update": "Update", LAST: "Before and after"}
"""To every part the word by which its chapter is known; what has none of its own stands in the last one."""


class ModelCells:
    """The cells of code of one solution; `page` has its numbers, unrounded ones where the library derives by itself."""

    def __init__(self, page: ModelPage, framework: Framework) -> None:
        self.page, self.framework = page, framework
        self.solution: ModelSolution = page.solution
        self._unique = Unique()
        self.carry = self.solution.problem.rounding.carry and self.solution.computation.carry is not None
        adjoint, updates = self.solution.adjoint, self.solution.updates
        self.last = self.solution.computation.steps
        self.forward: Sequence[Equation] = self.solution.system.equations
        self.backward: Sequence[Equation] = worked_equations(page) if adjoint is not None else ()
        self.before: Sequence[Equation] = updates.before if updates is not None and self.last else ()
        self.update: Sequence[Equation] = updates.equations if updates is not None and self.last else ()
        self.owners = {gradient: name for name, gradient in adjoint.names.items()} if adjoint is not None else {}
        self.arrays = Arrays(framework, self.name, page.names.rank)
        self._defined: dict[str, int] = {}

    def name(self, name: str) -> str:
        """A quantity's name in Python."""
        plain = name.removeprefix(SETTING)
        text = plain.rstrip("'") + "_new" * (len(plain) - len(plain.rstrip("'")))
        return self._unique(text.replace("∂", "d"), name)

    @cached_property
    def spans(self) -> Mapping[str, tuple[Range, ...]]:
        updates = self.solution.updates
        return {**{name: () for name in (updates.settings if updates else ())}, **self.page.spans}

    # -- the head

    def head(self) -> str:
        """What all other cells need: functions, and the numbers of the problem."""
        told = rounding(self.solution.places.ties) if self.carry else ""
        head = self.framework.arrays if any(self.spans.values()) else self.framework.head
        functions = "".join(f"\n\n\n{text}" for text in self._functions())
        return "\n".join([head + told + functions, "", "", _GIVEN, *self._givens()])

    def _functions(self) -> Iterator[str]:
        """The functions that are called and that the library has not."""
        everything = (*self.forward, *self.backward, *self.before, *self.update)
        waiting = [equation.right for equation in everything]
        writer, texts = self._writer(0), list[str]()
        done: set[str] = set()
        known = self.solution.known_functions
        while waiting:
            for part in walk(waiting.pop(0)):
                if not isinstance(part, Call) or part.function in done or part.function in CHOSEN:
                    continue
                done.add(part.function)
                row = EVERY.get(part.function)
                if row is None:
                    pure = known[part.function]
                    waiting.append(pure.body)
                    takes = ", ".join(map(identifier, pure.parameters))
                    texts.append(f"def {function_name(pure.name)}({takes}):\n    return {writer.text(pure.body, {})}")
                elif not self.framework.spelling(row):
                    assert row.definition is not None, f"nothing computes {row.name} here"
                    waiting.append(row.definition)
                    texts.append(f"def {row.name}(x):\n    return {writer.text(row.definition, {})}")
        yield from texts
        code = "\n".join([*texts, *(writer.text(one.right, writer.loops(one)) for one in everything)])
        yield from (text for name, text in HELPERS.items() if f"{name}(" in code)

    def _givens(self) -> Iterator[str]:
        solution, updates = self.solution, self.solution.updates
        for one in (*solution.system.givens.values(), *(updates.settings.values() if updates else ())):
            if one.name not in solution.computation.schedule:
                yield f"{self.name(one.name)} = {self._given(one)}"
        for name, values in (updates.starts if updates else {}).items():
            if self.spans[name] and len(set(values.values())) == 1:
                start = written(next(iter(values.values())))
                yield f"{self.name(name)} = {self.framework.word}.full(({shape(self.spans[name])},), {start}.0)"
            else:
                yield f"{self.name(name)} = {self._wrapped(self._start(values, name), bool(self.spans[name]))}"

    def _start(self, values: Mapping[Place, Written], name: str) -> str:
        """What a state is before the first update."""
        return nested(self.spans[name], lambda at: written(values[at]))

    def _given(self, one: Given) -> str:
        """A given number or array as it was written."""
        numbers = dict(zip(one.places(), one.written, strict=True))
        text = nested(one.ranges, lambda at: written(numbers[at]))
        if one.name in self.solution.system.tables:
            return f"np.array({text})" if one.shape else text  # whole numbers that are indices
        return self._wrapped(text, bool(one.shape))

    def _wrapped(self, text: str, array: bool) -> str:
        if self.framework.given:
            return f"{self.framework.given}({text})"
        return f"np.array({text})" if array else text

    # -- the parts

    def parts(self) -> Iterator[Part]:
        """All equations in their order, round by round; as far as a script of a sensible length goes."""
        numbers, size = 0, self.solution.decide(lambda: self.solution.rounds[0].plan.size)
        kept = [step for step in range(max(self.last, 1)) if step in self.solution.rounds]
        for step in kept:
            numbers += size
            if step != kept.index(step) or (step and numbers > MOST_NUMBERS):
                return
            after = f"Step {step + 1}: " if self.last > 1 else ""
            yield Part(f"{after}forward pass".capitalize(), self.round_forward(step))
            yield Part(f"{after}backward pass".capitalize(), self.round_backward(step))
            yield Part(f"{after}update".capitalize(), self.round_update(step))
        if self.last and kept[-1] == self.last - 1 and len(kept) == self.last:
            yield Part(LAST.capitalize(), self.round_forward(self.last))

    def under(self, document: Document) -> Iterator[tuple[tuple[int, ...], list[str]]]:
        """For every chapter of the document, by its number, the cells that follow its words."""
        parts = list(self.parts())
        titles = ["".join(word.text for word in one.title if isinstance(word, Text)) for one in document.sections]
        found: dict[int, list[str]] = {}
        for part in parts:
            name = part.title.rpartition(": ")[2].lower()
            if part.title.startswith("Step ") and not part.title.startswith("Step 1:"):
                name = "update"  # later steps stand where the document has them
            chapter = next((at for at, title in enumerate(titles) if CHAPTERS[name] in title), len(titles) - 1)
            heading = [f"# {part.title}"] if part.title.startswith("Step ") else []
            found.setdefault(chapter, []).extend(
                "\n".join([*heading, cell]) if at == 0 else cell for at, cell in enumerate(part.cells)
            )
        yield from (((chapter + 1,), cells) for chapter, cells in sorted(found.items()) if cells)

    def round_forward(self, step: int) -> list[str]:
        changing = [self._scheduled(name, step) for name in self.solution.computation.schedule]
        return [*changing, *self._cells(self.forward, step)]

    def _scheduled(self, name: str, step: int) -> str:
        value = self.page.round(step).scheduled(name)
        assert value is not None
        text = written(value)
        return f"{self.name(name)} = {text if name in self.solution.system.tables else self._wrapped(text, False)}"

    def round_backward(self, step: int) -> list[str]:
        return list(self._cells(self.backward, step))

    def round_update(self, step: int) -> list[str]:
        """The new numbers, and that they take the places of the old ones."""
        updates = self.solution.updates
        if updates is None or not self.last:
            return []
        found = [cell for equation in self.before for cell in self._cells([equation], step)]
        found += self._ahead(step) if updates.at else []
        found += [cell for equation in self.update for cell in self._cells([equation], step)]
        return [*found, "\n".join(f"{self.name(old)} = {self.name(new)}" for new, old in updates.moves.items())]

    def _ahead(self, step: int) -> list[str]:
        """Both passes once more at the place to which the update looks ahead."""
        updates, loss = self.solution.updates, self.solution.loss
        assert updates is not None and loss is not None
        taken = ["# The gradients are taken where the step looks ahead to"]
        for one, at in updates.at.items():
            taken += [f"{self.name(one)}_kept, {self.name(one)} = {self.name(one)}, {self.name(at)}"]
        cells = [*self._cells(self.forward, step, compared=False), *self._cells(self.backward, step, compared=False)]
        found = [
            f"{self.name(used_gradient(loss, one, True))} = {self.name(self._gradient(one))}"
            for one in updates.gradients
        ]
        back = [f"{self.name(one)} = {self.name(one)}_kept" for one in updates.at]
        return ["\n".join(taken), *cells, "\n".join([*found, *back])]

    def _gradient(self, name: str) -> str:
        assert self.solution.adjoint is not None
        return self.solution.adjoint.names[name]

    # -- equations

    def _cells(self, equations: Sequence[Equation], step: int, compared: bool = True) -> Iterator[str]:
        """A cell for every equation, or for those that need each other's results."""
        waiting = Counted(equation.name for equation in equations)
        blank: set[str] = set()
        for group in groups(equations, self.solution.system.givens):
            found = [equations[number] for number in group.equations]
            names = list(dict.fromkeys(one.name for one in found))
            waiting.subtract(one.name for one in found)
            done = [name for name in names if not waiting[name]]
            lines = self._whole_array(found[0]) if len(found) == 1 and not group.recurrent else []
            if not lines:
                fresh = [name for name in names if self.spans[name] and name not in blank]
                blank.update(fresh)
                lines = [f"{self.name(name)} = blank({shape(self.spans[name])})" for name in fresh]
                lines += self._loops(group, equations, step)
                lines += [
                    f"{self.name(name)} = whole({self.name(name)})"
                    for name in done
                    if self.framework.joins and self.spans[name]
                ]
            yield self._told(found, [*lines, *(self._compared(name, step) for name in done if compared)])

    @staticmethod
    def _told(equations: Sequence[Equation], lines: Sequence[str]) -> str:
        """A cell, with the words of the author about it."""
        comments = dict.fromkeys(one.comment.strip() for one in equations if one.comment.strip())
        return "\n".join([*(f"# {' '.join(comment.split())}" for comment in comments), *lines])

    def _writer(self, step: int) -> Indexed:
        return Indexed(self.framework, self.name, self.spans, self.solution.system.tables, step + 1)

    def _whole_array(self, equation: Equation) -> list[str]:
        """The equation in whole arrays, where it has such a form; rounded numbers have none."""
        if not self.spans[equation.name] or self.carry:
            return []
        # The forms of passes are compared before they are shown; in an update there are no products of arrays.
        known = equation.name in self.solution.system.ranges or equation.name in self.owners
        node = checked_matrix(self.solution, equation) if known else matrix_form(equation, self.spans)
        text = self.arrays.text(node, equation.ranges) if node is not None else None
        return [f"{self.name(equation.name)} = {bare(text)}"] if text is not None else []

    def _loops(self, group: Group, equations: Sequence[Equation], step: int) -> list[str]:
        found = [equations[number] for number in group.equations]
        if not group.recurrent:
            return self._nest(found[0], {}, step, 0)
        if group.clocks is None:
            return self._element_by_element(found, step)
        spans = {number: equations[number].ranges[letter] for number, letter in group.clocks.items()}
        low, high = min(low for low, _ in spans.values()), max(high for _, high in spans.values())
        first = self._writer(step).loops(found[0])[group.clocks[group.equations[0]]]
        clock = Loop(first.variable, low, high - low + 1)
        order = f"reversed(range({clock.count}))" if group.backwards else f"range({clock.count})"
        lines = [f"for {clock.variable} in {order}:"]
        for number in group.equations:
            (own_low, own_high), depth = spans[number], 1
            if (own_low, own_high) != (low, high):
                lines.append(f"{INDENT}if {own_low - low} <= {clock.variable} <= {own_high - low}:")
                depth = 2
            lines += self._nest(equations[number], {group.clocks[number]: clock}, step, depth)
        return lines

    def _nest(self, equation: Equation, clock: Mapping[str, Loop], step: int, depth: int) -> list[str]:
        """The loops over the letters of an equation that no other loop runs over yet."""
        writer, lines = self._writer(step), []
        loops = writer.loops(equation, clock)
        for letter in equation.letters:
            if letter not in clock:
                lines.append(f"{INDENT * depth}for {loops[letter].variable} in range({loops[letter].count}):")
                depth += 1
        if equation.conditions:
            lines.append(f"{INDENT * depth}if {writer.condition(equation.conditions, loops)}:")
            depth += 1
        return [*lines, INDENT * depth + writer.assignment(equation, loops, self._rounding(equation, writer, loops))]

    def _element_by_element(self, equations: Sequence[Equation], step: int) -> list[str]:
        """Equations that need each other's results in no order of loops: one element after the other."""
        elements, writer = self.page.round(step), self._writer(step)
        rows = {}
        for equation in equations:
            for letters in elements.rows(equation):
                rows[elements.row(equation, letters).target] = (equation, letters)
        lines = []
        for one in ordered([elements.row(*row) for row in rows.values()]):
            equation, letters = rows[one.target]
            loops = writer.loops(equation)
            fixed = {name: Loop("0", value, 1) for name, value in letters.items()}
            lines.append(writer.assignment(equation, {**loops, **fixed}, self._rounding(equation, writer, loops)))
        return lines

    def _rounding(self, equation: Equation, writer: Indexed, loops: Mapping[str, Loop]) -> Callable[[str], str]:
        """How the results of an equation are rounded before they are used."""
        if not self.carry:
            return lambda text: text
        spans, places = self.spans[equation.name], self.solution.places
        ranges = [range(low, high + 1) for low, high in spans]
        by = {at: places.of(Symbol(equation.name, at)) for at in product(*ranges)}
        usual = Counted(by.values()).most_common(1)[0][0]
        others = {at: one for at, one in by.items() if one != usual}
        if not others:
            return lambda text: text if usual is None else f"rounded({text}, {usual})"
        shifted = {tuple(a - low for a, (low, _) in zip(at, spans, strict=True)): one for at, one in others.items()}
        index = writer.element(equation.name, equation.left, loops).partition("[")[2].removesuffix("]")
        return lambda text: f"rounded({text}, {shifted}.get(({index},), {usual}))"

    # -- what is compared

    def _compared(self, name: str, step: int) -> str:
        """The line that prints all numbers of a quantity beside those of the derivation."""
        told = self.page.display.after(step).whole(name).name.text
        spans, elements = self.spans[name], self.page.round(step)
        existing = set(elements.places(name))

        def number(at: Place) -> str:
            return f'"{self._derived(elements.shown(Symbol(name, at)))}"' if at in existing else "None"

        autograd = self._autograd(name)
        if not spans:
            also = f", {autograd}" if autograd else ""
            return f'compare("{told}", {self.name(name)}, {number(())}{also})'
        lows = {low for low, _ in spans}
        first = "" if lows == {1} else f", {lows.pop()}" if len(lows) == 1 else f", {[low for low, _ in spans]}"
        also = f", other={autograd}" if autograd else ""
        return f'compare_all("{told}", {self.name(name)}, {nested(spans, number)}{first}{also})'

    def _derived(self, shown: Node) -> str:
        assert isinstance(shown, Shown), f"{shown!r} is no printed number"
        return padded(shown.text, self.solution.places.decimals) if shown.exact else shown.text

    def _autograd(self, name: str) -> str:
        """What has the library compute a derivative by itself; nothing for what is none, or where no loss is here."""
        loss, owner = self.solution.loss, self.owners.get(name)
        if not self.framework.derives or owner is None or loss is None or self.solution.problem.model.upstream:
            return ""
        word = "autograd_all" if self.spans[name] else "autograd"
        return f"{word}({self.name(loss)}, {self.name(owner)})"
