"""What pictures need of a solution, and how a quantity stands in one: its name, a relation sign and its value.

Every number in a picture is a quantity's printed value, with the sign the formulas use: = where it is exact, ≈ where
it is rounded. No place on the paper is decided here.
"""

from __future__ import annotations

from typing import Protocol

from derive.derivation import Trace
from derive.diagram.scene import TEXT, Lines, MathLine
from derive.evaluation import Values
from derive.expression import Partial, Ref, Shown, Slot
from derive.formula import Printer, Tex
from derive.notation import Namer
from derive.palette import RoleName, role_of
from derive.quantity import Quantity
from derive.rounding import marked
from derive.spec import Problem

APPROXIMATELY = r"\approx"
DECIMALS = 4
"""The most decimals of a number in a picture; the text has them all."""
FOLD_WIDTH = 7600
"""Lines wider than this are folded, where the picture folds lines at all; those of derivatives always are."""


class Solved(Protocol):
    """A solved problem: a `Solution`, or the page of a document in the making."""

    @property
    def trace(self) -> Trace: ...

    @property
    def values(self) -> Values: ...

    @property
    def namer(self) -> Namer: ...


class View:
    """The quantities of one example after a number of updates, as lines of a picture.

    Where the picture is to `fold`, the value of a long line stands on a line of its own. Numbers have so many
    `decimals` at most, or without that all that are printed.
    """

    def __init__(
        self,
        solved: Solved,
        example: int | None = None,
        step: int = 0,
        fold: bool = False,
        decimals: int | None = DECIMALS,
    ) -> None:
        problem = solved.trace.problem
        if not 0 <= step <= problem.training.steps:
            raise ValueError(f"a picture after {step} updates of {problem.training.steps}")
        seen = solved.trace.round(min(step, problem.training.steps - 1)).examples
        if example is not None and example not in seen:
            raise ValueError(f"example {example} has no part in round {step}")
        self.trace, self.values, self.namer = solved.trace, solved.values, solved.namer
        self.problem: Problem = problem
        self.step, self.fold, self.decimals = step, fold, decimals
        self.many = len(problem.data.inputs) > 1
        self.example = (seen[0] if example is None else example) if self.many else None
        self.sizes = problem.network.sizes
        self.last = len(problem.network.layers)
        self.printer = Printer(Tex(), solved.namer)

    @property
    def final(self) -> bool:
        """Whether it is the pass after the last update, which has no backward pass."""
        return self.step == self.problem.training.steps

    def of(self, kind: str, layer: int | None = None, unit: int | None = None, source: int | None = None) -> Quantity:
        """A quantity of this example and this round; parameters belong to no example."""
        example = None if kind in ("W", "b") else self.example
        return Quantity(kind, layer, unit, source, example).shifted(self.step)

    def has(self, quantity: Quantity) -> bool:
        return quantity in self.values

    def known(self, quantity: Quantity) -> bool:
        """Whether its value can be printed already."""
        return not isinstance(self.values.shown(quantity), Slot)

    def shown(self, quantity: Quantity) -> Shown:
        """Its value with the decimals of a picture."""
        shown = self.values.shown(quantity)
        return shown if self.decimals is None else self.values.short(quantity, self.decimals)

    def role(self, quantity: Quantity) -> RoleName:
        return role_of(quantity, self.last).name

    def layer_words(self, number: int) -> str:
        """A layer with its article, as the text of a page calls it."""
        if number == self.last:
            return "the output layer"
        return "the hidden layer" if self.last == 2 else f"hidden layer {number}"

    def merged(self, layer: int) -> bool:
        """Whether preactivation and activation of a layer are one number under one name."""
        return self.namer.merged(layer)

    @property
    def loss(self) -> Quantity:
        return self.of("loss")

    def number(self, text: str, comma: str = Tex.comma) -> str:
        """A printed number with the problem's decimal mark."""
        return marked(text, comma) if self.problem.decimal_comma else text

    # -- lines -----------------------------------------------------------------------------------------------

    def name(self, quantity: Quantity, size: int = TEXT) -> MathLine:
        """The name alone."""
        return MathLine(self.namer(quantity).tex, self.role(quantity), quantity.id, size)

    def value(self, quantity: Quantity, size: int = TEXT) -> MathLine:
        """The printed value alone."""
        return MathLine(self.number(self.shown(quantity).text), self.role(quantity), quantity.id, size)

    def line(self, quantity: Quantity) -> MathLine:
        """Name, relation sign and value on one line."""
        return MathLine(" ".join(self._parts(quantity)), self.role(quantity), quantity.id)

    def lines(self, quantity: Quantity) -> Lines:
        """Name, relation sign and value."""
        return self._folded(quantity, self._parts(quantity), quantity.id)

    def derivative(self, quantity: Quantity, wrt: Quantity) -> Lines:
        """The derivative of the loss with respect to `wrt`, with a slash unless it has a letter of its own."""
        if quantity.kind == "dL/dz" and self.namer.has_delta:
            return self.lines(quantity)
        loss = self.namer(Quantity("loss", example=quantity.example, step=quantity.step))
        parts = self._parts(quantity, rf"\partial {loss.tex}/\partial {self.namer(wrt).tex}")
        return self._folded(quantity, parts, quantity.id, always=True)

    def local(self, of: Quantity, wrt: Quantity, middle: Quantity | None, value: Quantity | None) -> Lines:
        """A local derivative as a fraction, the quantity it is where there is one, and the number (or 1)."""
        start = self.printer(Partial(Ref(of), Ref(wrt)))
        if middle is not None:
            start += f" = {self.namer(middle).tex}"
        if value is None:
            return self._folded(wrt, (start, "= 1"), "")
        return self._folded(wrt, (start, self._parts(value)[1]), value.id, always=True)

    def _parts(self, quantity: Quantity, name: str = "") -> tuple[str, ...]:
        shown, name = self.shown(quantity), name or self.namer(quantity).tex
        if isinstance(shown, Slot):
            # The number is not known yet, so the picture names what stands there.
            return (name,)
        return name, f"{'=' if shown.exact else APPROXIMATELY} {self.number(shown.text)}"

    def _folded(self, about: Quantity, parts: tuple[str, ...], key: str, always: bool = False) -> Lines:
        whole = MathLine(" ".join(parts), self.role(about), key)
        if not self.fold or (whole.width <= FOLD_WIDTH and not always):
            return (whole,)
        return tuple(MathLine(part, self.role(about), key) for part in parts)

    # -- words -----------------------------------------------------------------------------------------------

    def spoken(self, quantity: Quantity) -> str:
        """A quantity for those who hear the picture: name, sign, value."""
        shown, name = self.shown(quantity), self.namer(quantity).text
        if isinstance(shown, Slot):
            return name
        value = self.number(shown.text, ",")
        return f"{name} {'=' if shown.exact else '≈'} {value}"

    def moment(self) -> str:
        """Which example and round the picture shows, in words; empty where there is only one."""
        parts = []
        if self.example is not None:
            parts.append(f"example {self.example + 1}")
        if self.step:
            parts.append(f"after {self.step} update{'s' if self.step > 1 else ''}")
        return ", ".join(parts)
