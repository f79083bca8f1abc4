"""What every chapter needs: names, values, the working of one step as a line, and sentences with formulas in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from derive import graph
from derive.derivation import Trace, shortened
from derive.document import Block, Cite, Equation
from derive.evaluation import Values
from derive.expression import Cases, Node, Partial, Ref, Shown, leaves, mul
from derive.formula import Line
from derive.formula.nodes import Answered
from derive.notation import Namer
from derive.numbers import chosen_branch, evaluates_to
from derive.parts import Choice, Extent
from derive.quantity import Index, Quantity
from derive.rounding import marked
from derive.sentences import Sentences, capital, count
from derive.spec import Layer, Problem
from derive.wording import ENGLISH, Wording

__all__ = ["BRIEF", "DETAILS", "FULL", "STANDARD", "Page", "capital", "count"]

GRADIENTS = ("dL/dW", "dL/db")
BRIEF, STANDARD, FULL = 0, 1, 2
DETAILS = {"brief": BRIEF, "standard": STANDARD, "full": FULL}


@dataclass
class Page(Sentences):
    """A document in the making: the trace, its values, the names, the detail, and the equations numbered so far."""

    trace: Trace
    values: Values
    exact: Values
    namer: Namer
    form: str
    choice: Choice
    numbers: dict[Quantity, int] = field(default_factory=dict)
    wording: Wording = ENGLISH
    marks: bool = True
    """Whether results that are answers are marked: on a sheet that asks for them, no."""

    @property
    def problem(self) -> Problem:
        return self.trace.problem

    @property
    def detail(self) -> int:
        """The detail as a number: each has what the one before it has."""
        return DETAILS[self.choice.detail]

    def shows(self, part: str) -> bool:
        """Whether a part stands on this page, short or whole."""
        return self.choice.extent(part) > Extent.ABSENT

    def whole(self, part: str) -> bool:
        """Whether a part stands on this page with all that belongs to it."""
        return self.choice.extent(part) == Extent.WHOLE

    @property
    def derived_above(self) -> str:
        """That a derivative has been derived, to be added to a sentence; nothing where it has not."""
        return ", as derived above" if self.shows("derivatives") else ""

    @property
    def last(self) -> int:
        """The number of the output layer."""
        return len(self.problem.network.layers)

    def layer(self, number: int) -> Layer:
        return self.problem.network.layers[number - 1]

    def in_words(self, text: str) -> str:
        """A printed number inside a sentence, with the problem's decimal mark."""
        return marked(text, ",") if self.problem.decimal_comma else text

    def width(self, number: int) -> int:
        return self.problem.network.sizes[number]

    @cached_property
    def many(self) -> bool:
        """Whether there are several examples."""
        return len(self.problem.data.inputs) > 1

    def read_by_loss(self, number: int) -> bool:
        """Whether the loss reads the activations of a layer, and no layer does."""
        return graph.read_by_loss(self.problem, number)

    def shortened(self, number: int) -> bool:
        """Whether the deltas of a layer have the short form."""
        return shortened(self.problem, number)

    def merged(self, number: int) -> bool:
        """Whether preactivation and activation of a layer are one number under one name."""
        return self.namer.merged(number)

    @cached_property
    def taken(self) -> frozenset[str]:
        """The single letters that begin the names of this problem's quantities; an index has another one."""
        names = (self.namer(quantity).text for quantity in self.values.numbers if not quantity.step)
        return frozenset(name[0] for name in names if not name[1:2].isalpha())

    def free_letter(self, letters: str) -> str:
        """The first of some letters that no quantity has."""
        return next(letter for letter in letters if letter not in self.taken)

    # -- formulas --------------------------------------------------------------------------------------------

    def loss(self, example: Index, step: int = 0) -> Quantity:
        return Quantity("loss", example=example, step=step)

    def partial(self, of: Quantity, wrt: Quantity) -> Partial:
        """The name of a derivative of one quantity with respect to another."""
        return Partial(Ref(of), Ref(wrt))

    def d_loss(self, wrt: Quantity) -> Partial:
        """The name of the derivative of the loss with respect to a quantity, written as a fraction."""
        return self.partial(self.loss(wrt.example), wrt)

    def gradient_name(self, parameter: Quantity) -> Partial:
        return self.d_loss(parameter)

    def formula(self, target: Quantity) -> Node:
        """What defines a quantity; of a definition by cases, the case that holds here."""
        formula = self.trace.step(target).formula
        if isinstance(formula, Cases):
            return formula.branches[chosen_branch(formula, self.values.numbers)].value
        return formula

    def work(
        self, target: Quantity, left: Node | None = None, symbols: bool = True, first: Sequence[Node] = ()
    ) -> Line:
        """One step as a line: name = formula = numbers put in = result, with = only before exact values.

        `first` are further formulas shown before the defining one; without `symbols` only the numbers are shown.
        """
        formula = self.formula(target)
        parts: list[tuple[str, Node]] = [("=", node) for node in first]
        if symbols:
            parts.append(("=", formula))
        self.finish(parts, formula, self.values.shown(target))
        return Line(left or Ref(target), tuple(parts), self.is_answer(target))

    def is_answer(self, target: Quantity) -> bool:
        """Whether a result is what the work is for: the loss, a gradient or a new weight, over all examples."""
        if not self.marks or target.example is not None:
            return False
        return target.kind in ("loss", *GRADIENTS) or (target.kind in ("W", "b") and target.step > 0)

    def finish(self, parts: list[tuple[str, Node]], formula: Node, result: Shown) -> None:
        """Adds the formula with its numbers put in, and its result."""
        filled = self.values.fill(formula)
        numbers = [leaf for leaf in leaves(filled) if isinstance(leaf, Shown)]
        sign = "=" if all(number.exact for number in numbers) else "≈"
        if numbers and filled != result:
            parts.append((sign, filled))
        if numbers or not parts:
            settled = result.exact and (sign == "=" or evaluates_to(filled, result.text))
            parts.append(("=" if settled else "≈", result))

    def value(self, quantity: Quantity) -> Line:
        """A name and its value, for a sentence or a table."""
        shown = self.values.shown(quantity)
        return Line(Ref(quantity), (("=" if shown.exact else "≈", shown),))

    def told(self, quantity: Quantity) -> Line:
        """A name and its value in a sentence that tells a result: marked where the result is an answer."""
        return replace(self.value(quantity), answer=self.is_answer(quantity))

    def marked(self, result: Node) -> Node:
        """A result in a sentence that answers what the work was for."""
        return Answered(result) if self.marks else result

    def number(self, quantity: Quantity) -> Equation:
        """The working of a step as an equation that can be cited."""
        return self.numbered(quantity, self.work(quantity))

    def numbered(self, quantity: Quantity, *lines: Line) -> Equation:
        number = len(self.numbers) + 1
        self.numbers[quantity] = number
        return Equation(tuple(lines), number)

    def cite(self, quantity: Quantity) -> Cite:
        return Cite(self.numbers[quantity])

    def lines(self, targets: Iterable[Quantity], symbols: bool = True, beside: bool = False) -> list[Block]:
        """The working of several steps under each other; short ones `beside` each other where there is room."""
        rows = tuple(self.work(target, symbols=symbols) for target in targets)
        return [Equation(rows, beside=beside)] if rows else []

    def product(self, *factors: Node) -> Node:
        return mul(*factors)

    # -- words for places ------------------------------------------------------------------------------------

    def count(self, number: int, noun: str) -> str:
        """A number of things; where that is worded otherwise, the number stands in digits."""
        key = (noun if number == 1 else f"{noun}s").replace(" ", "_")
        return self.wording(key, count=str(number)) if key in self.wording.own else count(number, noun)

    def layer_name(self, number: int) -> str:
        """What a layer is called in a sentence."""
        if number == 0:
            return self.wording["input_layer"]
        if number == self.last:
            return self.wording["output_layer"]
        if self.last == 2:
            return self.wording["hidden_layer"]
        return self.wording("hidden_layer_numbered", number=str(number))

    def the(self, number: int) -> str:
        """A layer's name with its article, where it takes one."""
        name = self.layer_name(number)
        return name if name[-1].isdigit() else self.wording("the_layer", layer=name)

    def unit_name(self, number: int, unit: int, article: bool = True) -> str:
        """What a unit is called in a sentence; one that is alone has an article, unless it is in a heading."""
        say, alone, called = self.wording, self.width(number) == 1, str(unit + 1)
        layer = "" if number in (0, self.last) or self.last == 2 else self.layer_name(number)
        kind = "input" if number == 0 else "output" if number == self.last else "hidden_unit"
        if alone and layer:
            return say("the_unit_of_layer" if article else "unit_of_layer_alone", layer=layer)
        if alone:
            return say[f"the_{kind}" if article else f"{kind}_alone"]
        if layer:
            return say("unit_of_layer", number=called, layer=layer)
        return say(f"{kind}_numbered", number=called)
