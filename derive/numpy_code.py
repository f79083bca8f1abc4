"""The steps of a solution as Python with NumPy: a cell for each, with the number that the derivation shows beside it.

A student runs a cell, changes a number or the formula, and sees whether it still agrees. The formulas are those of the
trace, one name for each quantity; nothing is computed here. Which steps stand under which heading is read from the
document: those on the left sides of its lines, and before each what it needs and no line shows.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from derive.derivation import Trace
from derive.document import Block, Document, Equation, Remark, Section
from derive.evaluation import Values, rounds_in_full
from derive.expression import Call, MatrixName, Node, Partial, Ref, children, quantities
from derive.formula import Printer, Text
from derive.formula.dialect import ATOM, POWER, PRODUCT, Printed
from derive.functions import EVERY
from derive.notation import Name, Namer
from derive.quantity import DERIVATIVES, Quantity
from derive.step import Step

HEAD = '''\
import math
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np


def compare(name, yours, derived):
    """Prints your number beside the one of the derivation, at the decimals that it shows."""
    places = len(derived.partition(".")[2])
    near = abs(yours - float(derived)) <= 0.5 * 10.0**-places * (1 + 1e-6) + 1e-12 * abs(yours)
    print(f"{name} = {yours:.{places}f}, derived {derived}: {'ok' if near else 'DIFFERS'}")'''
ROUND = '''


def rounded(number, places):
    """A number rounded as this problem rounds on the way; halves go MODE."""
    clean = Decimal(f"{number:.13g}")  # without the noise of binary numbers, which hides halves
    return float(clean.quantize(Decimal(1).scaleb(-places), WORD))'''
MODES = {"half_up": ("away from zero", "ROUND_HALF_UP"), "half_even": ("to the even digit", "ROUND_HALF_EVEN")}
TAKEN = frozenset({"np", "math", "compare", "rounded", "Decimal", "derive", "solution", "print", "abs", "float", "len"})
"""Names that the cells use themselves."""


class Python(Text):
    """Expressions of Python, with NumPy's functions."""

    def power(self, base: Printed, exponent: Printed) -> Printed:
        below = base if base.level == ATOM and not base.minus else self.bracket(base)
        above = exponent if exponent.level == ATOM else self.bracket(exponent)
        text = f"{below.text}**{above.text}"
        return Printed(text, POWER, len(text))

    def product(self, factors: Sequence[Printed]) -> Printed:
        text = " * ".join(factor.text for factor in factors)
        return Printed(text, PRODUCT, len(text), factors[0].minus, factors[0].numeric)

    def fraction(self, above: Printed, below: Printed) -> Printed:
        over = above if above.level >= PRODUCT and not above.minus else self.bracket(above)
        under = below if below.level >= POWER and not below.minus else self.bracket(below)
        text = f"{over.text} / {under.text}"
        return Printed(text, PRODUCT - 1, len(text))

    def call(self, function: str, args: Sequence[Printed]) -> Printed:
        name = EVERY[function].numpy or function
        text = f"{name}({', '.join(arg.text for arg in args)})" if args else name
        return Printed(text, ATOM, len(text))

    def cases(self, lines: Sequence[tuple[Printed, Printed | None]]) -> Printed:
        *some, (last, _) = lines
        text = "".join(f"{value.text} if {condition.text} else " for value, condition in some if condition) + last.text
        return Printed(f"({text})", ATOM, len(text))

    def relation(self, sign: str) -> str:
        return {"=": "=="}.get(sign, sign)


class PythonNames(Namer):
    """The names of a notation as names of Python: dE/dw5 is dE_dw5, and the new w5 is w5_new."""

    def __init__(self, namer: Namer) -> None:
        super().__init__(namer.notation, namer.shape)
        self._source = namer
        self._owners: dict[str, Quantity] = {}

    def _derive(self, quantity: Quantity) -> Name:
        name = self._source(quantity)
        own = self._source.same(quantity)
        plain = identifier(name.text)
        found, number = plain, 2
        while found in TAKEN or self._owners.setdefault(found, own) != own:
            found, number = f"{plain}_{number}", number + 1
        return Name(name.tex, found)


def identifier(text: str) -> str:
    """A name of Python for a name in print.

    >>> identifier("dE/dw5"), identifier("w5+"), identifier("z1[2]"), identifier("lambda"), identifier("1")
    ('dE_dw5', 'w5_new', 'z1_2', 'lambda_', 'n1')
    """
    spelt = re.sub(r"\W+", "_", text.replace("+", "_new")).strip("_") or "n"
    spelt = spelt if spelt.isascii() else "".join(letter if letter.isascii() else "u" for letter in spelt)
    spelt = f"n{spelt}" if spelt[0].isdigit() else spelt
    return f"{spelt}_" if keyword.iskeyword(spelt) else spelt


class Cells:
    """The cells of code of one solution."""

    def __init__(self, trace: Trace, values: Values, namer: Namer) -> None:
        self.trace, self.values, self.namer = trace, values, namer
        self.names = PythonNames(namer)
        self.printer = Printer(Python(), self.names)
        self._known: set[Quantity] = set()
        self._last = rounds_in_full(trace.problem)

    def head(self) -> str:
        """What all other cells need; the last lines give the numbers of the problem their names."""
        policy = self.values.policy
        rounding = ""
        if self.values.carry:
            words, mode = MODES[policy.ties]
            rounding = ROUND.replace("MODE", words).replace("WORD", mode)
        defined = "".join(f"\n\n\ndef {name}(x):\n    return {text}" for name, text in self._defined())
        givens = [self._given(quantity) for quantity in self._used]
        return "\n".join([HEAD + rounding + defined, "", "", "# What is given", *givens])

    def _defined(self) -> Iterator[tuple[str, str]]:
        """The functions of the steps that NumPy has not, each as a formula in x; those that one of them calls first."""
        waiting = [step.formula for step in self._steps]
        found: dict[str, str] = {}
        while waiting:
            node = waiting.pop()
            waiting.extend(children(node))
            if isinstance(node, Call) and not EVERY[node.function].numpy and node.function not in found:
                definition = EVERY[node.function].definition
                assert definition is not None, f"neither NumPy nor the table of functions defines {node.function}"
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
        return f"{self.names(quantity).text} = {self.values.shown(quantity).text}"

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
        places = self.values.policy.places(quantity) if self.values.carry else None
        if places is not None and not isinstance(step.formula, Ref):
            printed = f"rounded({printed}, {places})"
        shown = self.values.shown(quantity).text
        yield f'{name} = {printed}\ncompare("{self.namer(quantity).text}", {name}, "{shown}")'


def _numbered(sections: Iterable[Section], above: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Section]]:
    for position, section in enumerate(sections, 1):
        number = (*above, position)
        yield number, section
        yield from _numbered((one for one in section.blocks if isinstance(one, Section)), number)
