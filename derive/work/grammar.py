"""The arithmetic of a stated formula: sums, products, quotients, whole powers, brackets, fractions, numbers.

A recursive descent over tokens. Decides which factors may stand next to each other, and bounds depth, powers and the
size of numbers, so that reading a formula and computing it take little time whatever it says. What a name means, and
which functions there are, is left to `formula`.

Why the grammar of equations (`language.grammar`) is another one: that is a language of its own, which has one way to
write each thing and tells what to write instead, and this reads whatever people write, in two scripts. Its tokens are
names, numbers and signs, here they are commands, fonts, ids and numbers with commas; it has no products without a sign,
and here most of the rules say where one may stand and where it could be read in two ways (a/bc, 2x 3). There a power
may have any exponent and stand in another, and a sum keeps its signs, because both are worked with as they are; here
powers are small whole numbers. There names stay names, which the ranges of the problem give a meaning, and here they
are numbers of one problem at once, or else the reading is another. A common base would hold `sees`, `takes` and `need`
and a switch in every rule beside them. What must not differ is common: the functions.
Where work on equations states a whole equation of arrays, the grammar of equations reads it (`restated`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from derive.errors import InputError, shown
from derive.expression import Add, Const, Digits, Div, Neg, Node, Pow, call, children, const, mul
from derive.work.functions import FUNCTIONS, MAX_DEGREE, degree
from derive.work.tokens import Token
from derive.work.written import Written, read_number

MAX_DEPTH = 40
"""Brackets, fractions and powers inside each other."""
MAX_POWER = 20
COMMAS = "decimal commas were read as points"
OTHERWISE = frozenset({"otherwise", "else"})
CONDITIONS = OTHERWISE | {"if", "for", "when"}
OPENING = {"(": ")", "[": "]", "{": "}"}
_STARTS = frozenset({"word", "number", "id", "frac", "sqrt", "partial", "cases(", *OPENING})


def figure(written: Written) -> Const:
    """A number as a part of a formula."""
    return Digits(written.value, written.places) if written.places else Const(written.value)


class Grammar(ABC):
    """One reading of one formula; `notes` says what had to be decided on the way."""

    def __init__(self, pieces: Sequence[Token], tex: bool) -> None:
        self.pieces, self.tex = pieces, tex
        self.place = self.depth = 0
        self.inside_call = self.inside_bars = False
        self.notes: list[str] = []

    def whole(self) -> Node:
        """The tree of the whole formula."""
        if not self.pieces:
            raise InputError("a formula", "nothing")
        node = self.sum()
        if self.place < len(self.pieces):
            raise self.fault("a sign of calculation or the end")
        if degree(node) > MAX_DEGREE:
            raise InputError(f"a formula in which at most {MAX_DEGREE} factors come together", "more of them")
        return node

    # -- tokens

    def sees(self, *kinds: str) -> bool:
        return self.place < len(self.pieces) and self.pieces[self.place].kind in kinds

    def takes(self, *kinds: str) -> bool:
        if not self.sees(*kinds):
            return False
        self.place += 1
        return True

    def need(self, kind: str) -> None:
        if not self.takes(kind):
            raise self.fault({"cases)": "the end of the cases"}.get(kind, kind))

    def fault(self, expected: str, hint: str | None = None) -> InputError:
        rest = "".join((" " * (not t.glued)) + t.text for t in self.pieces[self.place : self.place + 12]).strip()
        where = shown(rest) if rest else "the end of the formula"
        return InputError(expected, where, hint=hint)

    # -- grammar

    def sum(self) -> Node:
        """[sign] term, then + term or - term."""
        terms = [self.term()]
        while self.sees("+", "-"):
            minus = self.takes("-") or not self.takes("+")
            term = self.term()
            terms.append(Neg(term) if minus else term)
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def term(self) -> Node:
        """Factors with *, / or nothing between them."""
        minus = self.signs()
        node = self.factor()
        divided = 0
        while True:
            if self.takes("*"):
                node = mul(node, self.signed())
            elif self.takes("/"):
                node, divided = Div(node, self.signed()), divided + 1
                if divided > MAX_DEPTH:
                    raise InputError(f"a formula with at most {MAX_DEPTH} divisions after each other", "more of them")
            elif self.place < len(self.pieces) and self.begins_factor():
                self.check_next_to_each_other(node, divided > 0)
                node = mul(node, self.factor())
            else:
                return Neg(node) if minus else node

    def signs(self) -> bool:
        """The sign before a term; one plus or minus, or two that cannot be mistaken."""
        minus = False
        for _ in range(2):
            if self.takes("-"):
                minus = not minus
            elif not self.takes("+"):
                break
        return minus

    def signed(self) -> Node:
        """A factor that may have a sign, as after a multiplication sign."""
        minus = self.signs()
        node = self.factor()
        return Neg(node) if minus else node

    def begins_factor(self) -> bool:
        if self.sees("|"):
            return not self.inside_bars
        return self.sees(*_STARTS) and self.pieces[self.place].text not in CONDITIONS

    def check_next_to_each_other(self, before: Node, divided: bool) -> None:
        """Factors without a sign between them are accepted only where they can be read in one way."""
        after, previous = self.pieces[self.place], self.pieces[self.place - 1]
        plain_quotient = isinstance(before, Div) and all(isinstance(part, Const) for part in children(before))
        if divided and not plain_quotient:
            raise self.fault("* or / or brackets", "after a quotient, brackets must say what is divided.")
        if after.kind == "number":
            raise self.fault("a sign of calculation")
        numbered = after.glued and previous.text[-1:].isdigit()  # w1x1
        if not self.tex and after.kind in ("word", "id") and previous.kind not in ("number", ")", "]") and not numbered:
            raise self.fault("a sign of calculation", "write * between factors.")

    def factor(self) -> Node:
        """An atom, perhaps with a power."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise InputError(f"a formula with at most {MAX_DEPTH} brackets inside each other", "more of them")
        base = self.atom()
        while self.takes("^"):
            base = self.power(base)
        self.depth -= 1
        return base

    def power(self, base: Node) -> Node:
        exponent = self.exponent()
        if exponent is None or abs(exponent) > MAX_POWER:
            self.place -= 1
            raise self.fault(f"a whole number from -{MAX_POWER} to {MAX_POWER} as exponent")
        return base if exponent == 1 else Pow(base, const(exponent))

    def exponent(self) -> int | None:
        """A whole number with or without brackets; None for anything else."""
        closing: list[str] = []
        while self.sees("{", "(") and len(closing) < 3:
            closing.append(OPENING[self.pieces[self.place].kind])
            self.place += 1
        minus = self.takes("-")
        if not self.sees("number") or not self.pieces[self.place].text.isdigit():
            return None
        text = self.pieces[self.place].text
        self.place += 1
        for bracket in reversed(closing):
            if not self.takes(bracket):
                return None
        if self.sees("^"):
            raise self.fault("brackets around a power that has a power")
        return None if len(text) > 3 else -int(text) if minus else int(text)

    def atom(self) -> Node:
        """A number, a name, a function's value, a fraction, or a sum between brackets."""
        if self.place >= len(self.pieces):
            raise self.fault("a number, a name or a bracket")
        piece = self.pieces[self.place]
        match piece.kind:
            case "number":
                return self.number()
            case "(" | "[":
                return self.bracket()
            case "|":
                return self.bars()
            case "frac" | "partial" | "word" | "id" | "{":
                found = self.named()
                if found is not None:
                    return found
                return self.fraction() if piece.kind == "frac" else self.bracket()
            case "sqrt":
                self.place += 1
                return FUNCTIONS["sqrt"](self.braced())
            case "cases(":
                self.place += 1
                return self.cases(self.sum(), "cases)")
        raise self.fault("a number, a name or a bracket")

    @abstractmethod
    def named(self) -> Node | None:
        """A quantity or a function's value; None at a fraction or a brace that begins no name."""

    @abstractmethod
    def cases(self, first: Node, closing: str) -> Node:
        """The rest of a definition by cases whose first value has been read."""

    def number(self) -> Const:
        text = self.pieces[self.place].text
        self.place += 1
        if not self.inside_call and self.sees(",") and text.isdigit() and self.pieces[self.place].glued:
            rest = self.pieces[self.place + 1 : self.place + 2]
            if rest and rest[0].kind == "number" and rest[0].glued and rest[0].text.isdigit():
                text, self.place = f"{text},{rest[0].text}", self.place + 2
        if "," in text:
            self.notes.append(COMMAS)
        return figure(read_number(text, "," if "," in text else "."))

    def bracket(self) -> Node:
        opening = self.pieces[self.place].kind
        self.place += 1
        kept = self.inside_call, self.inside_bars
        self.inside_call = self.inside_bars = False
        node = self.sum()
        if opening == "{" and self.sees("word") and self.pieces[self.place].text in CONDITIONS:
            node = self.cases(node, "}")
        else:
            self.need(OPENING[opening])
        self.inside_call, self.inside_bars = kept
        return node

    def bars(self) -> Node:
        """|x|, the absolute value."""
        self.place += 1
        bars, self.inside_bars = self.inside_bars, True
        node = self.sum()
        self.need("|")
        self.inside_bars = bars
        return call("abs", node)

    def braced(self) -> Node:
        if self.takes("{"):
            node = self.sum()
            self.need("}")
            return node
        return self.factor()

    def fraction(self) -> Node:
        """\\frac{a}{b}, also \\frac12."""
        self.place += 1
        if self.sees("number") and len(digits := self.pieces[self.place].text) == 2 and digits.isdigit():
            self.place += 1
            return Div(const(int(digits[0])), const(int(digits[1])))
        above = self.braced()
        return Div(above, self.braced())
