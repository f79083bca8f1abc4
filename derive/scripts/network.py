"""The steps of a network as Python: a cell for each, with the number that the derivation shows beside it.

A student runs a cell, changes a number or the formula, and sees whether it still agrees. The formulas are those of the
trace, one name for each quantity; nothing is computed here. Which steps stand under which heading is read from the
document: those on the left sides of its lines, and before each what it needs and no line shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from derive.derivation import Trace
from derive.document import Block, Document, Equation, Remark, Section
from derive.evaluation import Values, rounds_in_full
from derive.expression import Call, Cases, MatrixName, Node, Partial, Ref, children, quantities
from derive.formula import Printer
from derive.functions import EVERY
from derive.notation import Namer
from derive.quantity import DERIVATIVES, Quantity
from derive.scripts.dialect import Python, PythonNames, padded, rounding
from derive.scripts.frameworks import NUMPY, Framework
from derive.scripts.text import Part
from derive.step import Step


class Cells:
    """The cells of code of one solution.

    Where the library derives, `values` have no number that is rounded on the way: nobody derives a rounding.
    """

    def __init__(self, trace: Trace, values: Values, namer: Namer, framework: Framework = NUMPY) -> None:
        self.trace, self.values, self.namer, self.framework = trace, values, namer, framework
        self.names = PythonNames(namer)
        self.printer = Printer(Python(framework), self.names)
        self._known: set[Quantity] = set()
        self._last = rounds_in_full(trace.problem)

    def head(self) -> str:
        """What all other cells need; the last lines give the numbers of the problem their names."""
        told = rounding(self.values.policy.ties) if self.values.carry else ""
        defined = "".join(f"\n\n\ndef {name}(x):\n    return {text}" for name, text in self._defined())
        givens = [self._given(quantity) for quantity in self._used]
        return "\n".join([self.framework.head + told + defined, "", "", "# What is given", *givens])

    def _defined(self) -> Iterator[tuple[str, str]]:
        """The functions that the library has not, each as a formula in x; those that one of them calls first."""
        waiting = [step.formula for step in self._steps]
        found: dict[str, str] = {}
        while waiting:
            node = waiting.pop()
            waiting.extend(children(node))
            if not isinstance(node, Call) or node.function in found:
                continue
            row = EVERY[node.function]
            if not self.framework.spelling(row):
                definition = row.definition
                assert definition is not None, f"neither {self.framework.key} nor the table of functions has {row.name}"
                found[node.function] = self.printer(definition)
                waiting.append(definition)
        yield from found.items()

    @property
    def _steps(self) -> list[Step]:
        return [*self.trace.preprocessing, *(step for one in self.trace.rounds for step in one.steps)]

    @cached_property
    def _used(self) -> list[Quantity]:
        """The givens that some step reads."""
        read = {quantity for step in self._steps for quantity in quantities(step.formula)}
        found = [quantity for quantity in self.trace.givens if quantity in read]
        self._known |= set(found)
        return found

    def _given(self, quantity: Quantity) -> str:
        text = self.values.shown(quantity).text
        given = f"{self.framework.given}({text})" if self.framework.given else text
        return f"{self.names(quantity).text} = {given}"

    def parts(self) -> Iterator[Part]:
        """All steps in their order, round by round."""
        self._known |= set(self._used)
        yield Part("Inputs made ready", self._cells_of(self.trace.preprocessing, 0))
        steps = self.trace.problem.training.steps
        for step in range(min(steps, self._last + 1)):
            one, after = self.trace.round(step), f"Step {step + 1}: " if steps > 1 else ""
            yield Part(f"{after}forward pass".capitalize(), self._cells_of(one.forward, step))
            yield Part(f"{after}backward pass".capitalize(), self._cells_of(one.backward, step))
            yield Part(f"{after}update".capitalize(), self._cells_of(one.update, step))
        last = self.trace.round(steps - 1).forward
        yield Part("Forward pass with the new weights", self._cells_of(last, steps))

    def _cells_of(self, steps: Iterable[Step], after: int) -> list[str]:
        return [cell for one in steps for cell in self._computing(one.target.shifted(after))]

    def under(self, document: Document) -> Iterator[tuple[tuple[int, ...], list[str]]]:
        """For every heading, by its number, the cells that follow its words."""
        self._known |= set(self._used)
        for number, section in _numbered(document.sections, ()):
            cells = [cell for block in section.blocks for cell in self._of_block(block)]
            if cells:
                yield number, cells

    def _of_block(self, block: Block) -> Iterator[str]:
        match block:
            case Equation(lines):
                for line in lines:
                    for quantity in self._meant(line.left):
                        yield from self._computing(quantity)
            case Remark(blocks=inner):
                for one in inner:
                    yield from self._of_block(one)

    def _meant(self, left: Node) -> Iterable[Quantity]:
        """The quantities that stand on the left side of a line."""
        match left:
            case Ref(quantity):
                yield quantity
            case Partial(Ref(of), Ref(wrt)) if of.kind == "loss" and wrt.kind in DERIVATIVES:
                yield wrt.derivative._replace(example=of.example, step=of.step)
            case Partial(Ref(of), Ref(wrt)) if (of.kind, wrt.kind) == ("a", "z") and of.layer == wrt.layer:
                yield of._replace(kind="da/dz")
            case MatrixName(kind, layer, example, step):
                found = Quantity(kind, layer, None, None, example, step)
                yield from (one for one in self.values.numbers if one._replace(unit=None, source=None) == found)

    def _computing(self, quantity: Quantity) -> Iterator[str]:
        """The cells for a quantity and for what it needs, as far as they do not stand above."""
        if quantity in self._known or quantity.step > self._last or quantity not in self.values:
            return
        self._known.add(quantity)
        step = self.trace.find(quantity)
        if step is None:
            yield self._given(quantity)
            return
        for needed in quantities(step.formula):
            yield from self._computing(needed)
        name, printed = self.names(quantity).text, self.printer(step.formula)
        if printed == name:
            return  # a second name of the same number
        if self.framework.derives and isinstance(step.formula, Cases | Call | Ref):
            printed = self.framework.wrapped(printed)  # a branch may be a number of Python
        places = self.values.policy.places(quantity) if self.values.carry else None
        if places is not None and not isinstance(step.formula, Ref):
            printed = f"rounded({printed}, {places})"
        shown = self.values.shown(quantity)
        text = padded(shown.text, self.values.policy.decimals) if shown.exact else shown.text
        also = f", {self._autograd(quantity)}" if self.framework.derives and self._autograd(quantity) else ""
        yield f'{name} = {printed}\ncompare("{self.namer(quantity).text}", {name}, "{text}"{also})'

    def _autograd(self, quantity: Quantity) -> str:
        """What has the library compute a derivative by itself; nothing for what is no derivative."""
        kind, layer, unit, source = quantity.kind, quantity.layer, quantity.unit, quantity.source
        if kind == "da/dz":
            of, by = quantity._replace(kind="a", source=None), quantity._replace(kind="z", source=None)
            by = by._replace(unit=unit if source is None else source)
        elif kind in ("dL/da", "dL/dz", "dL/dW", "dL/db"):
            of = Quantity("loss", None, None, None, quantity.example, quantity.step)
            by = quantity._replace(kind=kind.removeprefix("dL/d"))
            by = by._replace(example=None) if kind in ("dL/dW", "dL/db") else by
        else:
            return ""
        assert layer is not None
        found = [one for one in (of, by) if one in self._known]
        return f"autograd({self.names(of).text}, {self.names(by).text})" if len(found) == 2 else ""


def _numbered(sections: Iterable[Section], above: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Section]]:
    for position, section in enumerate(sections, 1):
        number = (*above, position)
        yield number, section
        yield from _numbered((one for one in section.blocks if isinstance(one, Section)), number)
