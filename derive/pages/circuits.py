"""The circuit of a problem whose quantities are numbers: a node for every single operation, and how it is named.

Decides what stands in a node and at its line: an operation on names is its sign, one with a number has the number in
it, a dot stands for what comes in. Where each thing is drawn is for `diagram`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Literal

from derive.diagram import Gate, MathLine, NoPicture, Scene, drawn
from derive.diagram.scene import SMALL_TEXT, Lines, State
from derive.errors import InputError
from derive.expression import Add, Call, Const, Div, Mul, Neg, Node, Pow, Ref, Shown
from derive.formula import Named, Printer, Tex, Text
from derive.functions import spelling
from derive.model import ModelSolution, verify
from derive.pages.elements import Elements, is_exact
from derive.pages.names import AUTHORS_OWN, names_of
from derive.pages.page import ModelPage
from derive.palette import RoleName
from derive.rounding import marked
from derive.trace.identity import Identity, Symbol
from derive.trace.local import WINS
from derive.trace.unroll import Step, identity

After = Literal["forward", "backward"]
ANY = r"\cdot"
"""What comes into a node."""
DOT = 1300
"""The size of a dot that stands alone, a product."""
ROUND = 2200
"""The width of an operation that stands in a circle."""
GREEK_FUNCTIONS = frozenset({r"\sigma"})


class Pictured:
    """The names and numbers of a page as lines of a picture."""

    def __init__(self, page: ModelPage, step: int = 0, size: int = SMALL_TEXT) -> None:
        self.page, self.size, self.display = page, size, page.display.after(step)
        self.elements = Elements(page.solution, step, self.display.symbol)
        self.elements.decimals = min(page.drawn_decimals, self.elements.decimals)
        self.text = Printer(Text(), AUTHORS_OWN)

    def name(self, symbol: Symbol) -> MathLine:
        named = self.display.symbol(symbol)
        return MathLine(named.name.tex, named.role, named.key, self.size)

    def number(self, symbol: Symbol, comma: str = Tex.comma) -> str:
        """The printed number of an element."""
        return self.printed(self.elements.shown(symbol), comma)

    def printed(self, number: Node, comma: str = Tex.comma) -> str:
        mark = comma if self.page.solution.problem.decimal_comma else "."
        match number:
            case Shown(text):
                return marked(text, mark)
            case Const(value):
                return str(value)
            case Neg(Const(value)):
                return str(-value)
        raise TypeError(f"{number!r} is no number")

    def value(self, symbol: Symbol, role: RoleName | None = None) -> MathLine:
        named = self.display.symbol(symbol)
        return MathLine(self.number(symbol), role or named.role, named.key, self.size)

    def sign(self, symbol: Symbol) -> str:
        return "=" if is_exact(self.elements.shown(symbol)) else "≈"

    def equals(self, symbol: Symbol) -> MathLine:
        """Name, sign and number."""
        named = self.display.symbol(symbol)
        sign = "=" if self.sign(symbol) == "=" else r"\approx"
        return MathLine(f"{named.name.tex} {sign} {self.number(symbol)}", named.role, named.key, self.size)

    def spoken(self, symbol: Symbol) -> str:
        """Name, sign and number for those who hear the picture."""
        return f"{self.display.symbol(symbol).name.text} {self.sign(symbol)} {self.number(symbol, ',')}"


def gates_of(page: ModelPage) -> ModelPage:
    """The page of the same problem with every operation an equation of its own."""
    solution = page.solution
    model = solution.problem.model
    if model.granularity == "gates":
        return page
    problem = solution.problem.model_copy(update={"model": model.model_copy(update={"granularity": "gates"})})
    split = ModelSolution(problem)
    verify(split)
    found = ModelPage(split, names_of(split), page.choice)
    found.drawn_decimals = page.drawn_decimals
    return found


class Circuit:
    """The nodes of a problem of numbers, after some updates."""

    def __init__(self, page: ModelPage, step: int = 0, split: ModelPage | None = None) -> None:
        self.page = page
        self.split = split or gates_of(page)
        self.shown = Pictured(self.split, step)
        self.whole = Pictured(page, step)
        self.steps = {step.target.of: step for step in self.split.solution.steps}
        adjoint = self.split.solution.adjoint
        self.gradients: Mapping[str, str] = (
            {name: adjoint.names[name] for name in self.split.derived} if adjoint is not None else {}
        )

    @cached_property
    def order(self) -> list[Symbol]:
        """All that is drawn: what is given and read, and every operation after what it reads."""
        read = dict.fromkeys(source.of for step in self.steps.values() for source in step.sources)
        return [*(symbol for symbol in read if symbol not in self.steps), *self.steps]

    def pictured(self, symbol: Symbol) -> Pictured | None:
        """What knows the number: the page itself what it names; under rounding on the way nothing knows the others."""
        if symbol.name in self.page.solution.system.ranges:
            return self.whole
        return None if self.page.solution.problem.rounding.carry else self.shown

    def gates(
        self, after: After = "backward", blanks: Collection[str] = (), lit: Collection[Symbol] = ()
    ) -> list[Gate]:
        return [self._gate(symbol, after, blanks, lit) for symbol in self.order]

    def _gate(self, symbol: Symbol, after: After, blanks: Collection[str], lit: Collection[Symbol]) -> Gate:
        step, known = self.steps.get(symbol), self.pictured(symbol)
        named = self.whole.display.symbol(symbol)
        own = symbol.name in self.page.solution.system.ranges
        above: Lines = ()
        if known is not None:
            above = (known.equals(symbol) if own and step else known.value(symbol),)
        below = self._gradient(symbol) if after == "backward" and known is not None else ()
        sources = () if step is None else operands(step.formula)
        inside = self.shown.name(symbol) if step is None else self.operation(step, named)
        state: State = "plain" if not lit else "lit" if symbol in lit else "dim"
        return Gate(
            str(symbol),
            named.role,
            (inside,),
            tuple(str(one.of) for one in sources),
            above,
            below,
            "square" if step is None else "circle" if inside.width <= ROUND else "box",
            step is not None and not any_order(step.formula),
            state,
            (self.shown.name(symbol),),
            said=own,
            heading=(self.shown.name(symbol),) if own and step and named.key in blanks else (),
            box_above="" if named.key in blanks and above else None,
            box_below="" if named.key in blanks and below else None,
            lit=tuple(str(one.of) for one in sources if one.of in lit and symbol in lit),
        )

    def _gradient(self, symbol: Symbol) -> Lines:
        gradient = self.gradients.get(symbol.name)
        known = self.pictured(symbol)
        if gradient is None or known is None:
            return ()
        return (known.value(Symbol(gradient, symbol.indices)),)

    def operation(self, step: Step, named: Named) -> MathLine:
        """What stands in the node of an operation."""
        tex = operation(step.formula, self.shown.printed)
        return MathLine(tex, named.role, named.key, DOT if tex == ANY else self.shown.size)

    # -- words

    def description(self, after: After) -> str:
        """Every number in words, what is given first."""
        given = [self._said(symbol) for symbol in self.order if symbol not in self.steps]
        found = [self._said(symbol) for symbol in self.order if symbol in self.steps]
        text = f"Given: {', '.join(given)}. Computed: {'; '.join(found)}."
        if after == "backward" and self.gradients:
            backward = [
                known.spoken(Symbol(self.gradients[symbol.name], symbol.indices))
                for symbol in reversed(self.order)
                if symbol.name in self.gradients and (known := self.pictured(symbol)) is not None
            ]
            text += f" Gradients, from the end to the beginning: {', '.join(backward)}."
        return text

    def _said(self, symbol: Symbol) -> str:
        known, step = self.pictured(symbol), self.steps.get(symbol)
        name = self.whole.display.symbol(symbol).name.text
        reads = "" if step is None else f" = {self.text(step)}"
        if known is None:
            return f"{name}{reads}"
        return f"{name}{reads} {known.sign(symbol)} {known.number(symbol, ',')}"

    def text(self, step: Step) -> str:
        """The formula of an operation in plain letters."""
        return self.shown.text(self.shown.display(step.formula))


def circuit_of(page: ModelPage) -> Circuit:
    """The circuit of a problem. Raises `NoPicture` where its single operations have no values, or there are none."""
    try:
        circuit = Circuit(page)
    except InputError as error:
        # A line may have a value where a part of it is too large to be written.
        raise NoPicture(f"{error.expected}, found {error.found}") from None
    if not circuit.order:
        raise NoPicture("nothing is computed here")
    return circuit


def circuit_scene(page: ModelPage, after: After = "backward", blanks: Collection[str] = ()) -> Scene:
    """The circuit with the values above its lines, and after the "backward" pass the gradients below them.

    Of the quantities in `blanks`, named by their ids, there are empty boxes in place of the numbers.
    """
    circuit = circuit_of(page)
    placed = drawn(circuit.gates(after, blanks))
    passes = "values" if after == "forward" or not circuit.gradients else "values and gradients"
    title = f"The circuit with its {passes}: {page.solution.problem.title}"
    return Scene(placed.width, placed.height, placed.items, title, circuit.description(after))


def any_order(formula: Node) -> bool:
    """Whether an operation may take what comes in in any order."""
    match formula:
        case Add(terms):
            return not any(isinstance(term, Neg) for term in terms)
        case Call(name, _):
            return name in WINS
    return isinstance(formula, Mul)


def operands(formula: Node) -> list[Identity]:
    """What an operation takes, in its order; of a sum or a product also twice the same."""
    match formula:
        case Ref():
            return [identity(formula)]
        case Add(parts) | Mul(parts) | Call(_, parts):
            return [one for part in parts for one in operands(part)]
        case Neg(part):
            return operands(part)
        case Div(first, second) | Pow(first, second):
            return [*operands(first), *operands(second)]
    return Step(Identity(Symbol("")), formula).sources


def operation(formula: Node, number: Callable[[Node], str]) -> str:
    r"""An operation as it stands in a node: its sign alone, or with the numbers that it is done with.

    >>> from derive.expression import TWO
    >>> from derive.quantity import Quantity
    >>> x, y = (Ref(Quantity("x", 0, n)) for n in range(2))
    >>> [operation(node, lambda _: "2") for node in (Mul((x, y)), Add((x, Neg(y))), Mul((TWO, x)), Pow(x, TWO))]
    ['\\cdot', '-', '2\\cdot', '(\\cdot)^{2}']
    """
    match formula:
        case Ref():
            return "="
        case Add((Ref(), Ref())):
            return "+"
        case Add(terms) if all(isinstance(term, Ref) for term in terms):
            return r"\Sigma"
        case Add((Ref(), Neg(Ref()))):
            return "-"
        case Add((Ref(), Neg(Const() as other))):
            return f"-{number(other)}"
        case Add((Ref(), Const() as other)) | Add((Const() as other, Ref())) if other.value >= 0:
            return f"+{number(other)}"
        case Mul((Ref(), Ref())):
            return ANY
        case Mul((Const() as other, Ref())) | Mul((Ref(), Const() as other)) if other.value >= 0:
            return f"{number(other)}{ANY}"
        case Div(Ref(), Ref()):
            return "/"
        case Div(Ref(), Const() as other) if other.value >= 0:
            return f"/{number(other)}"
        case Call(name, args) if all(isinstance(arg, Ref) for arg in args):
            return _function(name)
    return _template(formula, number)


def _template(formula: Node, number: Callable[[Node], str]) -> str:
    """An operation with a dot for everything that comes in."""

    def part(node: Node) -> str:
        return _template(node, number)

    match formula:
        case Ref():
            return f"({ANY})"
        case Const():
            return number(formula)
        case Neg(arg):
            return f"-{part(arg)}"
        case Add((first, *rest)):
            return part(first) + "".join(
                f"-{part(term.arg)}" if isinstance(term, Neg) else f"+{part(term)}" for term in rest
            )
        case Mul(factors):
            return ANY.join(map(part, factors))
        case Div(above, below):
            return f"{part(above)}/{part(below)}"
        case Pow(base, exponent):
            return f"{part(base)}^{{{part(exponent)}}}"
        case Call(name, args):
            return f"{_function(name)}({','.join(ANY if isinstance(arg, Ref) else part(arg) for arg in args)})"
    return r"\mathrm{if}"


def _function(name: str) -> str:
    """The letters of a function."""
    found = spelling(name)
    match found.shape:
        case "bars" | "root" | "power":
            return {"bars": r"\mathrm{abs}", "root": r"\mathrm{sqrt}", "power": r"\mathrm{exp}"}[found.shape]
    tex = re.sub(r"\\operatorname\{(.*?)\}", r"\\mathrm{\1}", found.tex.replace("\\ ", ""))
    return re.sub(r"\\([a-z]{2,})(?![a-z{])", lambda m: m[0] if m[0] in GREEK_FUNCTIONS else rf"\mathrm{{{m[1]}}}", tex)
