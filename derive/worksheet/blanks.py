"""How much of each line is printed and how much is left to write: the scaffolding of a worksheet.

A line has a name, a formula, the formula with its numbers, and a result. What is printed of it is its level; numbers
that were asked before are never printed in a line that asks for more, but left as gaps. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from derive.activations import ACTIVATIONS, described
from derive.expression import NOTHING, Add, Apply, Blank, Cases, Node, Ref, quantities, replace
from derive.formula import Line, Printer, Tex
from derive.quantity import Quantity
from derive.worksheet.items import Item, Maker
from derive.worksheet.matrices import Layers, Whole
from derive.worksheet.options import SheetOptions
from derive.worksheet.slots import Slots

WORKED, RESULTS, SUBSTITUTIONS, FORMULAS, ALL = "worked", "results", "substitutions", "formulas", "all"

HANDWRITING = 1.9
"""How much wider than print a formula is by hand."""
MOST_UNITS = 12
"""Units of which a whole forward pass fits a page."""
OVER_A_BOX = 11.5
"""Width in em of a formula that is printed over its box."""
ROW = 24.0
"""Width in em of a row to write in."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The lines of one item: printed, belonging into the room, and the rows of the room."""

    lines: tuple[Line, ...]
    working: tuple[Line, ...]
    room: int


@dataclass
class Scaffold:
    """Decides the level of every item, in the order of the sheet, and writes its lines.

    `blank_weights` are the weights whose lines alone are left blank, where the options name some.
    """

    maker: Maker
    slots: Slots
    options: SheetOptions
    blank_weights: Collection[Quantity] = ()
    asked: set[Quantity] = field(default_factory=set)
    """What has been asked so far and is not printed anywhere."""
    _singles: dict[str, int] = field(default_factory=dict)

    def level(self, item: Item) -> str:
        """How much of a line is left blank."""
        if not isinstance(self.options.blanks, str):
            return FORMULAS if item.parameter in self.blank_weights else WORKED
        if not self.options.fade or item.topic == "new-loss" or item.quantity.unit is None:
            return self.options.blanks
        return {0: WORKED, 1: RESULTS}.get(self._turn(item), self.options.blanks)

    def _turn(self, item: Item) -> int:
        """Which unit of its layer a line belongs to; layers of one unit take turns."""
        layer = item.quantity.layer
        width = self.maker.page.width(layer if isinstance(layer, int) else self.maker.page.last)
        if width > 1:
            return item.unit
        kind = item.quantity.kind
        turn = self._singles.get(kind, 0)
        self._singles[kind] = turn + 1
        return turn

    def number(self, quantity: Quantity) -> Node:
        """A quantity in a formula with numbers: the number, or a gap where the student has it from an earlier box."""
        one = self.maker.one(quantity)
        slot = self.slots.slot(one)
        return Blank(slot) if one in self.asked else slot

    def lines(self, item: Item, level: str) -> Filled:
        """What is printed of an item, and what is not."""
        quantity = self.maker.one(item.quantity)
        used = [self.maker.one(q) for q in quantities(item.formula)]
        formulas = [("=", node) for node in (*item.names, item.formula)]
        plain = not used or isinstance(item.formula, Cases | Ref)
        sign = self.slots.sign(used)
        shown = replace(item.formula, lambda q: self.slots.slot(self.maker.one(q)))
        numbers = [] if plain else [(sign, shown)]
        if level == WORKED:
            known = replace(item.worked or item.formula, lambda q: Ref(self.maker.one(q))) if used else None
            result = (self.slots.sign([*used, quantity], known, quantity), self.slots.slot(quantity))
            return Filled((Line(item.left, (*formulas, *numbers, result)),), (), 0)
        gaps = [] if plain else [(sign, replace(item.formula, self.number))]
        self.asked.add(quantity)
        if level == RESULTS:
            return Filled((Line(item.left, (*formulas, *gaps)),), (), 0)
        if level == SUBSTITUTIONS:
            working = tuple(Line(NOTHING, (part,)) for part in numbers)
            return Filled((Line(item.left, tuple(formulas)),), working, self._rows(working))
        steps = tuple(Line(NOTHING, (part,)) for part in (*formulas, *numbers))
        if level == FORMULAS:
            return Filled((Line(item.left, (("=", NOTHING),)),), steps, self._rows(steps))
        whole = (Line(item.left, (formulas[0],)), *steps[1:])
        return Filled((), whole, self._rows(whole))

    def tight(self, item: Item, level: str) -> bool | None:
        """In a compact sheet: whether a line fits over its box (True), or needs no room (False), or needs some."""
        if not self.options.compact or level not in (SUBSTITUTIONS, FORMULAS):
            return None
        formula = item.formula
        sums = isinstance(formula, Add) and any(len(quantities(term)) > 1 for term in formula.terms)
        if sums and item.topic != "weights":
            return None
        printer = Printer(Tex(), self.maker.page.namer)
        return sum(printer.print(node).width for node in (item.left, formula)) < OVER_A_BOX

    def over(self, item: Item, level: str) -> Node | None:
        """The formula that is printed over a box."""
        self.asked.add(self.maker.one(item.quantity))
        return item.formula if level == SUBSTITUTIONS else None

    def whole(self, whole: Whole) -> Filled:
        """The lines of a layer that is worked at once."""
        layers, level = Layers(self.maker), self.options.blanks
        inside = whole.numbers or whole.formula
        used = [self.maker.one(q) for q in layers.used(inside)]
        sign, formula = self.slots.sign(used), ("=", whole.formula)
        plain = whole.plain or not used
        numbers = [] if plain else [(sign, layers.filled(inside, lambda q: self.slots.slot(self.maker.one(q))))]
        gaps = [] if plain else [(sign, layers.filled(inside, self.number))]
        self.asked.update(self.maker.one(item.quantity) for row in whole.rows for item in row)
        if level == RESULTS:
            return Filled((Line(whole.left, (formula, *gaps)),), (), 0)
        if level == SUBSTITUTIONS:
            working = tuple(Line(NOTHING, (part,)) for part in numbers)
            return Filled((Line(whole.left, (formula,)),), working, self._rows(working))
        steps = tuple(Line(NOTHING, (part,)) for part in (formula, *numbers))
        if level == FORMULAS:
            return Filled((Line(whole.left, (("=", NOTHING),)),), steps, self._rows(steps))
        return Filled((), (Line(whole.left, (formula,)), *steps[1:]), self._rows(steps))

    def again(self, items: Iterable[Item]) -> tuple[Line, ...]:
        """What belongs into the room for another forward pass: every sum, every output, and the loss if asked."""
        slot, sign, maker = self.slots.slot, self.slots.sign, self.maker
        items = tuple(items)
        loss = items[-1] if items[-1].quantity.unit is None else None
        outputs = (item for item in (items if loss is None else maker.again()) if item.quantity.unit is not None)
        seen = dict.fromkeys(item.quantity.example for item in outputs)
        units = [quantity for example in seen for quantity in maker.units(example, 1)]
        # Of a large network only the outputs fit the page.
        shown = units if len(units) <= MOST_UNITS else [one for one in units if one.layer == maker.page.last]
        lines: list[Line] = []
        for z in shown:
            assert isinstance(z.layer, int)
            layer, a = maker.page.layer(z.layer), maker.one(z._replace(kind="a"))
            if maker.one(z) == a:
                lines.append(Line(Ref(a), ((sign([a]), slot(a)),)))
                continue
            lines.append(Line(Ref(z), ((sign([z]), slot(z)),)))
            parts: tuple[tuple[str, Node], ...] = ((sign([a]), slot(a)),)
            if not (layer.joint or described(layer.activation).passes_on):
                applied = Apply(ACTIVATIONS[layer.activation].letter, slot(z))
                parts = ((sign([z]), applied), (sign([z, a]), slot(a)))
            lines.append(Line(Ref(a), parts))
        if loss is None:
            return tuple(lines)
        used = [maker.one(quantity) for quantity in quantities(loss.formula)]
        numbers = replace(loss.formula, lambda q: slot(maker.one(q)))
        quantity = maker.one(loss.quantity)
        return (*lines, Line(loss.left, ((sign(used), numbers), (sign([*used, quantity]), slot(quantity)))))

    def _rows(self, lines: Iterable[Line]) -> int:
        printer = Printer(Tex(), self.maker.page.namer)
        rows = 0
        for line in lines:
            width = sum(printer.print(node).width for node in (line.left, *(node for _, node in line.parts)))
            rows += 1 + int(width * HANDWRITING / ROW)
        return min(rows, 1) if self.options.compact else rows
