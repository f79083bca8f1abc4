"""The circuit of a problem to be filled in: a box above the line of each value that is asked, one below for a gradient.

Decides what stands where: what is known is printed, what is asked has a box, an operation on the way to a quantity that
has a name of its own has neither. What is in a box, and what it is called, is for the sheet to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from derive.diagram import Gate, MathLine, Scene, drawn
from derive.diagram.scene import SMALL_TEXT
from derive.pages.circuits import ROUND, Circuit, any_order, circuit_of, operands
from derive.pages.page import ModelPage
from derive.palette import RoleName
from derive.trace.identity import Identity, Symbol

Later = Callable[[Identity], str | None]
"""The letters of a number that is printed, or None for one that is not."""


@dataclass(frozen=True)
class Sketches:
    """A circuit to write into: `tags` are what its boxes are called, `number` what is printed or belongs there."""

    page: ModelPage
    tags: Mapping[Identity, str]
    number: Later

    def scenes(self) -> tuple[Scene, Scene]:
        """The empty picture and the filled one. Raises `NoPicture` where there is none."""
        circuit = circuit_of(self.page)
        say, named = self.page.wording, self.page.solution.problem.title
        titles = say("sketch_empty", title=named), say("sketch_filled", title=named)
        described = self._description(circuit)
        empty, filled = (drawn([self._gate(circuit, one, full) for one in circuit.order]) for full in (False, True))
        return (
            Scene(empty.width, empty.height, empty.items, titles[0], described),
            Scene(filled.width, filled.height, filled.items, titles[1], described),
        )

    def _gate(self, circuit: Circuit, symbol: Symbol, filled: bool) -> Gate:
        step, named = circuit.steps.get(symbol), self.page.display.symbol(symbol)
        own = symbol.name in self.page.solution.system.ranges
        value, gradient = Identity(symbol), self._gradient(symbol)
        above = self._line(value, named.role) if own else ()
        below = self._line(gradient, "gradient") if own and gradient is not None else ()
        inside = circuit.shown.name(symbol) if step is None else circuit.operation(step, named)
        sources = () if step is None else operands(step.formula)
        return Gate(
            named.key,
            named.role,
            (inside,),
            tuple(str(one.of) for one in sources),
            above,
            below,
            "square" if step is None else "circle" if inside.width <= ROUND else "box",
            step is not None and not any_order(step.formula),
            name=(circuit.shown.name(symbol),),
            said=own,
            heading=(circuit.shown.name(symbol),) if own and step else (),
            box_above=self.tags.get(value),
            box_below=None if gradient is None else self.tags.get(gradient),
            filled=filled,
        )

    def _gradient(self, symbol: Symbol) -> Identity | None:
        loss = self.page.solution.loss
        return None if loss is None else Identity(Symbol(loss), by=symbol)

    def _line(self, one: Identity, role: RoleName) -> tuple[MathLine, ...]:
        text = self.number(one)
        return () if text is None else (MathLine(text, role, str(one), SMALL_TEXT),)

    def _description(self, circuit: Circuit) -> str:
        """What is computed from what, and where boxes are, without the numbers, which stand on the sheet."""
        steps = [f"{self._name(one)} = {circuit.text(step)}" for one, step in circuit.steps.items()]
        boxes = [f"{tag} {one.id}" for one, tag in self.tags.items()]
        return self.page.wording("sketch_boxes", steps="; ".join(steps), boxes=", ".join(boxes))

    def _name(self, symbol: Symbol) -> str:
        return self.page.display.symbol(symbol).name.text
