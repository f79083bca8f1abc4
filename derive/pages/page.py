"""What every chapter of a page on equations needs: names, numbers, equations and steps as lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from derive.diagram import DECIMALS
from derive.document import Block, Code, Inline, Math, Text
from derive.expression import Call, Const, Node, Var, bind
from derive.formula import Line, Named
from derive.model import ModelSolution
from derive.model.forms import checked_matrix
from derive.notation.author import AuthorNames, letter_name
from derive.pages.display import Display
from derive.pages.elements import Elements, is_exact
from derive.pages.wholes import parts_of_matrix, whole_form
from derive.pages.work import Worked
from derive.parts import Choice, Extent
from derive.sentences import Part, Sentences
from derive.trace.adjoint import dependencies
from derive.trace.affine import Range
from derive.trace.identity import Place, Symbol
from derive.trace.indexed import Equation as Indexed
from derive.trace.indexed import Soft, walk
from derive.trace.lowering import AXES
from derive.trace.matrix import Ones, Whole
from derive.trace.names import Pure
from derive.trace.text import shown_letters
from derive.trace.unroll import Step
from derive.trace.updates import renewed
from derive.wording import ENGLISH, Wording

EULER = "e"
GLUE = "\u00a0"
"""A space at which no line breaks."""


class ModelPage(Sentences):
    """A page in the making: the solution, the names, and the numbers of its first round."""

    def __init__(
        self,
        solution: ModelSolution,
        names: AuthorNames,
        choice: Choice | None = None,
        form: str = "matrix",
        wording: Wording = ENGLISH,
    ) -> None:
        self.wording = wording
        self.form = form
        """How the backward pass is worked."""
        self.solution, self.names, self.choice = solution, names, choice or Choice()
        self.display = Display(names, solution.fixed)
        self.rounds: dict[int, Elements] = {}
        self.drawn_decimals = DECIMALS
        """The most decimals of a number in a picture; the text has them all."""
        self.said: set[str] = set()
        """Conventions that the page has explained."""
        self.zeros_left_out = False
        """Whether terms of a sum that are 0 were not written."""
        self.vanished = False
        """Whether rounded numbers added up to what is exactly 0."""
        self.backward = False
        """Whether the page has come to the derivatives."""
        self.open_sums: Mapping[int, Indexed] = {}
        """The sums before they were contracted, by the equation (its id) that is left of them."""
        self.constant_derivatives: Mapping[str, Const] | None = None
        """The derivatives that are one number for all their elements, once somebody asked for them."""
        self.ones_told = False
        """Whether a whole array was multiplied by a column of ones."""

    @property
    def brief(self) -> bool:
        """Whether only what stands on a blackboard is written."""
        return self.choice.detail == "brief"

    @property
    def full(self) -> bool:
        """Whether everything is written, and what was said before is said again."""
        return self.choice.detail == "full"

    def shows(self, part: str) -> bool:
        """Whether a part stands on this page, short or whole."""
        return self.choice.extent(part) > Extent.ABSENT

    def once(self, text: str) -> str:
        """A text that is said the first time only."""
        new = text not in self.said
        self.said.add(text)
        return text if new else ""

    def round(self, step: int) -> Elements:
        """The elements after some updates."""
        if step not in self.rounds:
            self.rounds[step] = Elements(self.solution, step, self.display.after(step).symbol)
        return self.rounds[step]

    @cached_property
    def elements(self) -> Elements:
        return self.round(0)

    @cached_property
    def asked(self) -> list[str]:
        """The quantities whose derivatives are asked for; where nobody says, those of the inputs, or of all givens."""
        found = [*self.solution.parameters, *self.solution.problem.model.wanted]
        found = found or list(self.solution.problem.inputs) or list(self.solution.system.givens)
        return [name for name in dict.fromkeys(found) if name not in self.solution.system.tables]

    @cached_property
    def answers(self) -> frozenset[str]:
        """What the work is for: the loss, the derivatives that are asked for, the new values."""
        adjoint, loss = self.solution.adjoint, self.solution.loss
        found = {renewed(name) for name in self.solution.parameters}
        found |= {adjoint.names[name] for name in self.asked if name in adjoint.names} if adjoint else set()
        return frozenset(found | ({loss} if loss else set()))

    @cached_property
    def derived(self) -> list[str]:
        """The quantities whose derivatives are worked: those that are asked for, and those on the way to them."""
        adjoint = self.solution.adjoint
        if adjoint is None:
            return []
        missing = self.solution.rounds[0].missing
        leading = {*dependencies(self.solution.system, list(adjoint.names), self.asked), *self.asked}
        return [name for name, gradient in adjoint.names.items() if name in leading and gradient not in missing]

    @cached_property
    def spans(self) -> dict[str, tuple[Range, ...]]:
        """The ranges of every array that an equation may name."""
        solution = self.solution
        derived = solution.adjoint.ranges if solution.adjoint else {}
        updates = solution.updates
        updated = {**updates.ranges, **dict.fromkeys(updates.settings, ())} if updates else {}
        return {**solution.system.ranges, **derived, **updated}

    @cached_property
    def functions(self) -> list[Pure]:
        """The functions of the library and of the author, and their derivatives, as far as they are used."""
        solution = self.solution
        adjoint = solution.adjoint
        known = adjoint.functions.known if adjoint else solution.system.functions
        everything = [*solution.system.equations, *(adjoint.equations if adjoint else ())]
        used: dict[str, Pure] = {}
        waiting = [equation.right for equation in everything]
        while waiting:
            for part in walk(waiting.pop(0)):
                if isinstance(part, Call) and part.function in known and part.function not in used:
                    used[part.function] = known[part.function]
                    waiting.append(known[part.function].body)
        return sorted(used.values(), key=lambda function: function.name)

    def definition(self, function: Pure) -> Line:
        """A function with its formal arguments, and what it is."""
        known: dict[str, Node] = {}
        if EULER in function.parameters:
            # e^2 would be read as a power of Euler's number.
            known[EULER] = Var(next(letter for letter in "uvxyz" if letter not in function.parameters))
        args = tuple(self.display(known.get(name, Var(name))) for name in function.parameters)
        return Line(self.display.function(function.name, args), (("=", self.display(bind(function.body, known))),))

    def opens(self, template: str, lead: str = "", **parts: Part) -> Block:
        """A paragraph that opens a chapter: what comes next stands on the same page."""
        return replace(self.say(template, lead, **parts), leads=True)

    # -- names in sentences

    def general(self, name: str) -> Named:
        """A quantity with the letters of its own equation: h_k."""
        rank = self.names.rank(name)
        plain = name.removeprefix(self.names.prefix or "")
        for equation in self.solution.system.defining(plain):
            if all(form.letter for form in equation.left):
                letters = shown_letters(equation)
                return self.display.general(name, tuple(letters[form.letter or ""] for form in equation.left))
        return self.display.general(name, AXES[:rank])

    def at(self, name: str, equation: Indexed) -> Named:
        """A quantity at the index that stands left of an equation, perhaps one of its derivatives."""
        left = self.display.left(replace(equation, name=name))
        assert isinstance(left, Named)
        return left

    def listed(self, names: Iterable[str]) -> list[Inline]:
        """Some quantities in a row, such as a and b."""
        return self.in_a_row([self.general(name) for name in dict.fromkeys(names)])

    @staticmethod
    def in_a_row(shown: Sequence[Node | Line]) -> list[Inline]:
        """Some formulas in a row, with an `and` before the last one."""
        items: list[Inline] = [Math(node) for node in dict.fromkeys(shown)]
        pieces: list[Inline] = []
        for place, item in enumerate(items):
            if place:
                pieces.append(Text(" and " if place == len(items) - 1 else ", "))
            pieces.append(item)
        return pieces

    def runs(self, equation: Indexed) -> list[Inline]:
        """For which values of its letters an equation holds: `for k = 1, 2, 3`; nothing for a scalar."""
        ranges = self.letters_of(equation)
        return [*self.words(self.wording["for_ranges"], ranges=ranges)] if ranges else []

    def letters_of(self, equation: Indexed) -> list[Inline]:
        """The values of the letters of an equation: `k = 1, 2, 3`."""
        letters = shown_letters(equation)
        say, pieces = self.wording, list[Inline]()
        for name in equation.letters:
            low, high = equation.ranges[name]
            values = ", ".join(map(str, range(low, high + 1))) if high - low < 4 else f"{low}, …, {high}"
            pieces += [
                *([Text(say["and"])] if pieces else []),
                Math(Named(letter_name(letters[name]))),
                Text(f"{GLUE}={GLUE}{values}"),
            ]
        conditions = self.display.conditions(equation)
        where: list[Inline] = []
        for left, sign, right in conditions:
            where += [*([Text(say["and"])] if where else []), Math(Line(left, ((sign, right),)))]
        if where:
            pieces = [*self.words(say["for_ranges_where"], ranges=pieces, conditions=where)]
        if isinstance(equation.right, Soft) and equation.right.conditions and not equation.right.logarithm:
            pieces = [*self.words(say["elsewhere_0"], ranges=pieces)]
        return pieces

    def alone(self, equation: Indexed) -> bool:
        """Whether one equation gives all elements of its array: of others, some are not known yet."""
        adjoint = self.solution.adjoint
        everything = [*self.solution.system.equations, *(adjoint.equations if adjoint else ())]
        return sum(one.name == equation.name for one in everything) == 1

    # -- lines

    def index_line(self, equation: Indexed) -> Line:
        """An equation with its letters; in the form `index` what it was contracted from stands before it."""
        wide = self.open_sums.get(id(equation))
        before = (("=", self.display.right(wide)),) if wide is not None else ()
        return Line(self.display.left(equation), (*before, ("=", self.display.right(equation))))

    def matrix_line(self, equation: Indexed) -> Line | None:
        """An equation in whole arrays; None where it has no such form, or speaks of no array."""
        found = self.matrix_node(equation)
        return None if found is None else self.whole_line(equation, found)

    def whole_line(self, equation: Indexed, node: Node) -> Line:
        """An equation in whole arrays, whose right side is known."""
        return Line(self.display.whole(equation.name), (("=", whole_form(node, self.display)),))

    def matrix_node(self, equation: Indexed) -> Node | None:
        """The right side of an equation in whole arrays; None where it has no such form, or speaks of no array."""
        found = checked_matrix(self.solution, equation)
        if found is None:
            return None
        inside = list(parts_of_matrix(found))
        if not any(isinstance(part, Whole) and self.names.rank(part.name) for part in inside):
            return None
        if sum(isinstance(part, Ones) for part in inside) > 1:
            return None  # a sum over rows and columns is no clearer for two columns of ones
        self.ones_told = self.ones_told or any(isinstance(part, Ones) for part in inside)
        return found

    def work(self, step: Step, symbols: bool, elements: Elements | None = None, first: Node | None = None) -> Line:
        """A step as a line: name = formula = numbers put in = result; `first` is shown before the others."""
        worked = Worked(self.display, elements or self.elements, step)
        self.zeros_left_out = self.zeros_left_out or worked.left_out
        self.vanished = self.vanished or worked.vanishes
        line = worked.line(symbols, first)
        return replace(line, answer=step.target.of.name in self.answers)

    def value(self, symbol: Symbol, elements: Elements | None = None) -> Line:
        """A name and its number."""
        elements = elements or self.elements
        found = elements.shown(symbol)
        return Line(self.display.after(elements.step).symbol(symbol), (("=" if is_exact(found) else "≈", found),))

    def left_out(self, number: int, what: str) -> Block:
        """How many numbers of an array are not printed; `what` is the plural of what they are."""
        text = "{number} more {what} are left out here; {command} prints every number."
        return self.say(text, number=number, what=what, command=Code("derive values"))

    def slice_name(self, name: str, lead: Place, step: int) -> Named:
        """The elements of an array at some first indices, with letters for its rows and columns."""
        letters = [letter_name(letter) for letter in AXES[:2]]
        return self.display.named(self.names.element(name, [*map(str, lead), *letters], step))

    def shape(self, name: str) -> str:
        """The shape of an array in words."""
        lengths = [high - low + 1 for low, high in self.spans[name]]
        if len(lengths) == 1:
            return "one number" if lengths[0] == 1 else f"{lengths[0]} numbers"
        return " × ".join(map(str, lengths))

    def steps(self, equations: Sequence[Indexed]) -> Iterator[Step]:
        for equation in equations:
            yield from self.elements.worked(equation)
