"""Printing: a formula tree and a notation become TeX or plain text, and long lines are laid out in rows.

One printer walks the trees and decides brackets from precedence; a dialect says how each construct is spelt. Signs
and brackets are right by construction: no printed string is ever edited. Quantities get their names from a `Namer`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import ClassVar, NamedTuple

from derive.expression import (
    Add,
    Apply,
    Call,
    Cases,
    Const,
    Div,
    Group,
    Hadamard,
    MatMul,
    Matrix,
    MatrixName,
    Mul,
    Neg,
    Node,
    Partial,
    Pow,
    Ref,
    Shown,
    SumOver,
    Transpose,
    Var,
    Words,
    mul,
)
from derive.notation import Name, Namer

GREEK = {"epsilon": r"\varepsilon"}
"""Formal variables that are Greek letters."""

SUM, PRODUCT, POWER, ATOM = 1, 2, 3, 4
"""How tightly a printed formula holds together."""


class Printed(NamedTuple):
    """A printed formula: its text, how tightly it holds together, its width in em, and how it begins."""

    text: str
    level: int
    width: float
    minus: bool = False
    """It begins with a minus sign."""
    numeric: bool = False
    """It begins with a digit, so that a factor before it needs a visible sign."""
    tall: bool = False
    """It holds a fraction or a matrix, so that brackets must grow."""


class Dialect:
    """How each construct is spelt; the methods get printed parts and give printed wholes."""

    plus, minus, dot = " + ", " - ", "*"
    relation_width = 1.6

    def name(self, name: Name) -> Printed:
        raise NotImplementedError

    def number(self, text: str) -> Printed:
        raise NotImplementedError

    def bracket(self, inner: Printed) -> Printed:
        raise NotImplementedError

    def product(self, factors: Sequence[Printed]) -> Printed:
        raise NotImplementedError

    def times(self, before: Printed, factor: Printed) -> str:
        """What stands between two factors."""
        raise NotImplementedError

    def open_bracket(self, tall: bool) -> str:
        """A bracket that may be closed on another row."""
        raise NotImplementedError

    def close_bracket(self, tall: bool) -> str:
        raise NotImplementedError

    def fraction(self, above: Printed, below: Printed) -> Printed:
        raise NotImplementedError

    def power(self, base: Printed, exponent: Printed) -> Printed:
        raise NotImplementedError

    def call(self, function: str, args: Sequence[Printed]) -> Printed:
        raise NotImplementedError

    def cases(self, lines: Sequence[tuple[Printed, Printed]]) -> Printed:
        raise NotImplementedError

    def derivative(self, of: Printed, wrt: Printed, total: bool) -> Printed:
        raise NotImplementedError

    def sum_over(self, index: str, last: str, body: Printed) -> Printed:
        raise NotImplementedError

    def apply(self, letter: Name, arg: Printed, primes: int) -> Printed:
        raise NotImplementedError

    def matrix(self, rows: Sequence[Sequence[Printed]]) -> Printed:
        raise NotImplementedError

    def matrix_product(self, factors: Sequence[Printed], hadamard: bool) -> Printed:
        raise NotImplementedError

    def transpose(self, inner: Printed) -> Printed:
        raise NotImplementedError

    def words(self, text: str) -> Printed:
        raise NotImplementedError

    def relation(self, sign: str) -> str:
        raise NotImplementedError


@lru_cache(maxsize=20000)
def tex_width(tex: str) -> float:
    """An estimate in em of a name's width as typeset: letters and digits count, indices count less.

    >>> tex_width("w_{5}") < tex_width(r"\\mathrm{out}_{h1}") < tex_width(r"\\mathrm{prediction}")
    True
    """
    total, depth_small, stack = 0.0, 0, []
    for token in re.findall(r"\\[a-zA-Z]+|\\.|[_^{}]|.", tex):
        if token in "_^":
            stack.append("script")
            continue
        if token == "{":
            script = bool(stack) and stack[-1] == "script"
            if script:
                stack[-1] = "open-script"
                depth_small += 1
            else:
                stack.append("open")
            continue
        if token == "}":
            if stack and stack.pop() == "open-script":
                depth_small -= 1
            continue
        small = depth_small > 0 or bool(stack and stack[-1] == "script")
        if stack and stack[-1] == "script":
            stack.pop()
        if re.fullmatch(r"\\(mathrm|mathbf|mathit|text|tilde|bar|boldsymbol|operatorname|left|right)", token):
            continue
        total += (0.42 if small else 0.6) * (0.3 if token in ("\\,", " ") else 1)
    return total


class Tex(Dialect):
    """TeX mathematics that LaTeX with amsmath, MathJax and KaTeX all accept."""

    dot = r" \cdot "
    thin_space, row_end = r"\,", r" \\ "
    functions: ClassVar = {"ln": r"\ln", "tanh": r"\tanh", "max": r"\max", "sign": r"\operatorname{sign}"}
    relations: ClassVar = {"<=": r"\le", "≈": r"\approx", "!=": r"\ne"}

    def name(self, name: Name) -> Printed:
        if name.tex.startswith(r"\frac"):
            above, _, below = name.tex.partition("}{")
            return Printed(name.tex, ATOM, max(tex_width(above), tex_width(below)) * 0.85 + 0.3, tall=True)
        return Printed(name.tex, ATOM, tex_width(name.tex), tall=name.tex.startswith(r"\left"))

    def number(self, text: str) -> Printed:
        return Printed(text, ATOM, 0.5 * len(text) + (0.5 if text[0] == "-" else 0), text[0] == "-", text[0] != "-")

    def bracket(self, inner: Printed) -> Printed:
        left, right = (r"\left(", r"\right)") if inner.tall else ("(", ")")
        return Printed(f"{left}{inner.text}{right}", ATOM, inner.width + 0.9, tall=inner.tall)

    def product(self, factors: Sequence[Printed]) -> Printed:
        text, width = factors[0].text, factors[0].width
        for before, factor in pairwise(factors):
            sign = self.times(before, factor)
            text += sign + factor.text
            width += factor.width + (0.75 if "cdot" in sign else 0.2)
        first = factors[0]
        return Printed(text, PRODUCT, width, first.minus, first.numeric, any(f.tall for f in factors))

    def times(self, before: Printed, factor: Printed) -> str:
        # A bracketed sum stands next to its factor; a bracketed negative number needs the visible sign.
        bracketed = factor.text.startswith(("(", r"\left("))
        bare = bracketed and factor.text[1:2] == "-" and " " not in factor.text
        number_first = before.numeric and before.level == ATOM
        close = bracketed or not (factor.numeric or before.tall or factor.tall or number_first)
        return self.thin_space if close and not bare else r" \cdot "

    def open_bracket(self, tall: bool) -> str:
        return r"\Bigl(" if tall else r"\bigl("

    def close_bracket(self, tall: bool) -> str:
        return r"\Bigr)" if tall else r"\bigr)"

    def fraction(self, above: Printed, below: Printed) -> Printed:
        return Printed(
            rf"\frac{{{above.text}}}{{{below.text}}}",
            ATOM,
            max(above.width, below.width) * 0.85 + 0.3,
            tall=True,
        )

    def power(self, base: Printed, exponent: Printed) -> Printed:
        if ("^" in base.text or base.tall) and not base.text.startswith(("(", r"\left(")):
            base = self.bracket(base)
        return Printed(
            f"{base.text}^{{{exponent.text}}}",
            POWER,
            base.width + exponent.width * 0.7,
            False,
            base.numeric,
            base.tall,
        )

    def call(self, function: str, args: Sequence[Printed]) -> Printed:
        if function == "exp":
            return Printed(f"e^{{{args[0].text}}}", POWER, 0.5 + 0.7 * args[0].width)
        if function == "abs":
            return Printed(rf"\lvert {args[0].text} \rvert", ATOM, args[0].width + 0.6)
        joined = Printed(
            f",{self.thin_space}".join(a.text for a in args),
            SUM,
            sum(a.width + 0.4 for a in args),
            tall=any(a.tall for a in args),
        )
        inner = self.bracket(joined)
        if function == "ln" and args[0].level == ATOM and not args[0].minus and not args[0].tall:
            inner = args[0]._replace(text=f" {args[0].text}")
        return Printed(f"{self.functions[function]}{inner.text}", PRODUCT + 0, inner.width + 1.2, tall=inner.tall)

    def cases(self, lines: Sequence[tuple[Printed, Printed]]) -> Printed:
        body = self.row_end.join(rf"{value.text} & \text{{if }} {condition.text}" for value, condition in lines)
        width = max(value.width + condition.width for value, condition in lines) + 2.5
        return Printed(rf"\begin{{cases}} {body} \end{{cases}}", SUM, width, tall=True)

    def derivative(self, of: Printed, wrt: Printed, total: bool) -> Printed:
        d = r"\mathrm{d}" if total else r"\partial "
        return Printed(rf"\frac{{{d}{of.text}}}{{{d}{wrt.text}}}", ATOM, max(of.width, wrt.width) * 0.85 + 1, tall=True)

    def sum_over(self, index: str, last: str, body: Printed) -> Printed:
        return Printed(rf"\sum_{{{index}=1}}^{{{last}}} {body.text}", PRODUCT, body.width + 1.6, tall=True)

    def apply(self, letter: Name, arg: Printed, primes: int) -> Printed:
        inner = self.bracket(arg)
        return Printed(f"{letter.tex}{chr(39) * primes}{inner.text}", ATOM, inner.width + 0.8, tall=inner.tall)

    def matrix(self, rows: Sequence[Sequence[Printed]]) -> Printed:
        body = self.row_end.join(" & ".join(entry.text for entry in row) for row in rows)
        width = sum(max(row[k].width for row in rows) + 1 for k in range(len(rows[0])))
        return Printed(rf"\begin{{bmatrix}} {body} \end{{bmatrix}}", ATOM, width + 0.2, tall=True)

    def matrix_product(self, factors: Sequence[Printed], hadamard: bool) -> Printed:
        sign = r" \odot " if hadamard else self.thin_space
        width = sum(f.width for f in factors) + (0.9 if hadamard else 0.2) * (len(factors) - 1)
        return Printed(sign.join(f.text for f in factors), PRODUCT, width, tall=any(f.tall for f in factors))

    def transpose(self, inner: Printed) -> Printed:
        text = inner.text
        if re.search(r"\^(\{[^{}]*\}|.)$", text) or ("^{" in text and not text.startswith(r"\begin")):
            text = f"{{{text}}}" if not inner.tall else text
            return Printed(rf"\left({text}\right)^{{\mathsf{{T}}}}", POWER, inner.width + 1.4, tall=inner.tall)
        return Printed(rf"{text}^{{\mathsf{{T}}}}", POWER, inner.width + 0.5, tall=inner.tall)

    def words(self, text: str) -> Printed:
        return Printed(rf"\text{{{text}}}" if text else "", ATOM, 0.5 * len(text))

    def relation(self, sign: str) -> str:
        return self.relations.get(sign, sign)


class Text(Dialect):
    """Plain text on one line, in the syntax that `derive check` reads."""

    def name(self, name: Name) -> Printed:
        return Printed(name.text, ATOM, len(name.text))

    def number(self, text: str) -> Printed:
        return Printed(text, ATOM, len(text), text[0] == "-", text[0] != "-")

    def bracket(self, inner: Printed) -> Printed:
        return Printed(f"({inner.text})", ATOM, inner.width + 2)

    def product(self, factors: Sequence[Printed]) -> Printed:
        text = "*".join(f.text for f in factors)
        return Printed(text, PRODUCT, len(text), factors[0].minus, factors[0].numeric)

    def times(self, before: Printed, factor: Printed) -> str:
        return "*"

    def open_bracket(self, tall: bool) -> str:
        return "("

    def close_bracket(self, tall: bool) -> str:
        return ")"

    def fraction(self, above: Printed, below: Printed) -> Printed:
        over = above if above.level >= PRODUCT and not above.minus else self.bracket(above)
        under = below if below.level >= POWER and not below.minus else self.bracket(below)
        text = f"{over.text}/{under.text}"
        # As a factor of a product or the base of a power a quotient needs brackets in one line of text.
        return Printed(text, SUM + 0, len(text))

    def power(self, base: Printed, exponent: Printed) -> Printed:
        up = exponent if exponent.level == ATOM and not exponent.minus else self.bracket(exponent)
        text = f"{base.text}^{up.text}"
        return Printed(text, POWER, len(text))

    def call(self, function: str, args: Sequence[Printed]) -> Printed:
        text = f"{function}({', '.join(a.text for a in args)})"
        return Printed(text, ATOM, len(text))

    def cases(self, lines: Sequence[tuple[Printed, Printed]]) -> Printed:
        text = "; ".join(f"{value.text} if {condition.text}" for value, condition in lines)
        return Printed(f"{{{text}}}", ATOM, len(text))

    def derivative(self, of: Printed, wrt: Printed, total: bool) -> Printed:
        text = f"d{of.text}/d{wrt.text}"
        return Printed(text, ATOM, len(text))

    def sum_over(self, index: str, last: str, body: Printed) -> Printed:
        text = f"sum({body.text}, {index}=1..{last})"
        return Printed(text, ATOM, len(text))

    def apply(self, letter: Name, arg: Printed, primes: int) -> Printed:
        text = f"{letter.text}{chr(39) * primes}({arg.text})"
        return Printed(text, ATOM, len(text))

    def matrix(self, rows: Sequence[Sequence[Printed]]) -> Printed:
        text = "[" + "; ".join(", ".join(entry.text for entry in row) for row in rows) + "]"
        return Printed(text, ATOM, len(text))

    def matrix_product(self, factors: Sequence[Printed], hadamard: bool) -> Printed:
        text = (" .* " if hadamard else " ").join(f.text for f in factors)
        return Printed(text, PRODUCT, len(text))

    def transpose(self, inner: Printed) -> Printed:
        return Printed(f"{inner.text}^T", POWER, inner.width + 2)

    def words(self, text: str) -> Printed:
        return Printed(text, ATOM, len(text))

    def relation(self, sign: str) -> str:
        return sign


def _flat(node: Node) -> Node:
    """A product without products inside."""
    return mul(*map(_flat, node.factors)) if isinstance(node, Mul) else node


@dataclass(frozen=True)
class Printer:
    """A dialect and a notation: prints any formula."""

    dialect: Dialect
    namer: Namer

    def __call__(self, node: Node) -> str:
        """The formula as one piece of text."""
        return self.print(node).text

    def print(self, node: Node) -> Printed:
        d = self.dialect
        match node:
            case Ref(quantity):
                return d.name(self.namer(quantity))
            case Shown(text, _):
                return d.number(text)
            case Const(value):
                if value.denominator == 1:
                    return d.number(str(value.numerator))
                above = d.number(str(abs(value.numerator)))
                whole = d.fraction(above, d.number(str(value.denominator)))
                return self._minus(whole) if value < 0 else whole
            case Var(name):
                return d.name(Name(GREEK.get(name, name), name))
            case Words(text):
                return d.words(text)
            case MatrixName(kind, layer, example, step):
                return d.name(self.namer.matrix(kind, layer, example, step))
            case Add():
                return self._join(self.terms(node))
            case Neg(arg):
                return self._minus(self._at_least(arg, PRODUCT, signed=False))
            case Mul(factors):
                return d.product([self._factor(f) for f in factors])
            case Div(above, below):
                return d.fraction(self.print(above), self.print(below))
            case Pow(base, exponent):
                return d.power(self._at_least(base, ATOM, signed=False), self.print(exponent))
            case Call(function, args):
                return d.call(function, [self.print(a) for a in args])
            case Group(arg):
                return d.bracket(self.print(arg))
            case Cases(branches):
                return d.cases([(self.print(b.value), self._condition(b.left, b.relation, b.right)) for b in branches])
            case Partial(of, wrt, total):
                return d.derivative(self.print(of), self.print(wrt), total)
            case SumOver(index, last, body):
                return d.sum_over(index, last, self._at_least(body, PRODUCT, signed=False))
            case Apply(letter, arg, primes):
                return d.apply(Name(*letter), self.print(arg), primes)
            case Matrix(rows):
                return d.matrix([[self.print(entry) for entry in row] for row in rows])
            case MatMul(factors):
                return d.matrix_product([self._at_least(f, PRODUCT, signed=False) for f in factors], hadamard=False)
            case Hadamard(factors):
                return d.matrix_product([self._matrix_factor(f) for f in factors], hadamard=True)
            case Transpose(arg):
                return d.transpose(self.print(arg))
        raise TypeError(f"no printed form of {node!r}")

    def terms(self, node: Node) -> list[tuple[str, Printed]]:
        """A sum as signs and printed terms; anything else is one term. The first sign is empty."""
        if not isinstance(node, Add):
            return [("", self.print(node))]
        return [(sign, self._term(term, sign)) for sign, term in self._signed(node)]

    def _signed(self, node: Add) -> list[tuple[str, Node]]:
        """The terms of a sum without the minus signs that stand between them."""
        first, *rest = node.terms
        d = self.dialect
        return [("", first), *((d.minus, t.arg) if isinstance(t, Neg) else (d.plus, t) for t in rest)]

    def _term(self, term: Node, sign: str) -> Printed:
        return self._at_least(term, PRODUCT, signed=False) if sign else self.print(term)

    def tokens(self, node: Node, room: float) -> list[tuple[str, Printed]]:
        """The formula in pieces no wider than `room` where sums allow it; a row may begin at a sign."""
        printed = self.print(node)
        if printed.width <= room:
            return [("", printed)]
        match node:
            case Add():
                pieces: list[tuple[str, Printed]] = []
                for sign, term in self._signed(node):
                    whole = self._term(term, sign)
                    inner = self.tokens(term, room) if whole == self.print(term) else [("", whole)]
                    pieces += [(sign, inner[0][1]), *inner[1:]]
                return pieces
            case Neg(arg):
                (_, first), *rest = self._factor_tokens(_flat(arg), room)
                return [("", self._minus(first)), *rest]
            case Mul(factors):
                return self._factor_tokens(mul(*map(_flat, factors)), room)
        return [("", printed)]

    def _factor_tokens(self, product: Node, room: float) -> list[tuple[str, Printed]]:
        d = self.dialect
        factors = product.factors if isinstance(product, Mul) else (product,)
        pieces: list[tuple[str, Printed]] = []
        before: Printed | None = None
        for factor in factors:
            printed = self._factor(factor)
            sign = d.times(before, printed) if before is not None else ""
            inner = factor.arg if isinstance(factor, Group) else factor
            if isinstance(inner, Add) and printed.width > room / 2:
                (_, first), *rest = self.tokens(inner, room)
                opened = first._replace(text=d.open_bracket(printed.tall) + first.text, width=first.width + 0.4)
                new = [("", opened), *rest]
                mark, end = new[-1]
                new[-1] = (mark, end._replace(text=end.text + d.close_bracket(printed.tall), width=end.width + 0.4))
            else:
                new = [("", printed)]
            if pieces and pieces[-1][1].width + new[0][1].width > room:
                pieces += [(d.dot, new[0][1]), *new[1:]]
            elif pieces:
                mark, end = pieces[-1]
                joined = end._replace(text=end.text + sign + new[0][1].text, width=end.width + new[0][1].width + 0.5)
                pieces[-1:] = [(mark, joined), *new[1:]]
            else:
                pieces = new
            before = printed
        return pieces

    @staticmethod
    def _join(parts: Sequence[tuple[str, Printed]]) -> Printed:
        first = parts[0][1]
        text = "".join(sign + part.text for sign, part in parts)
        width = sum(part.width + (1.2 if sign else 0) for sign, part in parts)
        return Printed(text, SUM, width, first.minus, first.numeric, any(part.tall for _, part in parts))

    def _minus(self, inner: Printed) -> Printed:
        return Printed(f"-{inner.text}", SUM, inner.width + 0.8, minus=True, tall=inner.tall)

    def _at_least(self, node: Node, level: int, signed: bool) -> Printed:
        """The printed formula, in brackets if it would fall apart or begin with a minus sign."""
        printed = self.print(node)
        loose = printed.level < level and not (isinstance(self.dialect, Text) and isinstance(node, Div) and level <= 2)
        if level == ATOM and isinstance(node, Div | Const) and printed.tall:
            loose = True
        return self.dialect.bracket(printed) if loose or (printed.minus and not signed) else printed

    def _factor(self, node: Node) -> Printed:
        printed = self._at_least(node, PRODUCT, signed=False)
        if isinstance(node, Div) and isinstance(self.dialect, Text) and not printed.text.startswith("("):
            return self.dialect.bracket(printed)
        return self.dialect.bracket(printed) if isinstance(node, SumOver | Cases) else printed

    def _matrix_factor(self, node: Node) -> Printed:
        return self._at_least(node, POWER if isinstance(node, Add | Neg) else PRODUCT, signed=False)

    def _condition(self, left: Node, relation: str, right: Node) -> Printed:
        before, after = self.print(left), self.print(right)
        sign = self.dialect.relation(relation)
        return Printed(f"{before.text} {sign} {after.text}", SUM, before.width + after.width + 1.6)


# -- lines and rows ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A chain of equal or nearly equal formulas: `left` (it may be `NOTHING`), then (relation, formula) pairs."""

    left: Node
    parts: tuple[tuple[str, Node], ...]


class Row(NamedTuple):
    """One printed row: what stands before the alignment point and after it."""

    left: str
    right: str


LINE_WIDTH = 33.0
"""Width in em that a displayed line may take."""


def lay_out(line: Line, printer: Printer, width: float = LINE_WIDTH) -> list[Row]:
    """The line in rows that fit: broken before a relation sign, or before a plus or minus within a long sum."""
    d = printer.dialect
    left = printer.print(line.left)
    rows: list[Row] = []
    right, used = "", left.width
    for position, (sign, node) in enumerate(line.parts):
        relation = d.relation(sign)
        pieces = printer.tokens(node, max(width - left.width - d.relation_width, width / 2))
        whole = sum(part.width + (1.2 if mark else 0) for mark, part in pieces)
        if position and used + d.relation_width + whole > width:
            rows.append(Row(left.text if not rows else "", right))
            right, used = "", left.width
        right += f"{' ' if right else ''}{relation} "
        used += d.relation_width
        for mark, part in pieces:
            if mark and used + part.width + 1.2 > width:
                rows.append(Row(left.text if not rows else "", right))
                right, used = rf"\quad {mark.strip()} " if isinstance(d, Tex) else mark, left.width + 2.2
                right += part.text
            else:
                right += mark + part.text
            used += part.width + (1.2 if mark else 0)
    rows.append(Row(left.text if not rows else "", right))
    return rows
