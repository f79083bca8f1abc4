r"""Formulas in plain text or TeX, read by a whitelist into trees of `expression`.

Decides the rest of the grammar: a closed list of functions, definitions by cases, and the names of one problem.
Everything else is refused. Nothing is executed.
"""

from __future__ import annotations

from collections.abc import Sequence

from derive.errors import InputError, shorten
from derive.expression import ONE, ZERO, Branch, Cases, Neg, Node, Pow, Ref, call
from derive.functions import SEVERAL
from derive.work.functions import ANY_ACTIVATION, DERIVATIVES, FUNCTIONS, function_of
from derive.work.grammar import COMMAS, CONDITIONS, OPENING, OTHERWISE, Grammar
from derive.work.meanings import told_as
from derive.work.names import Names
from derive.work.symbols import symbols
from derive.work.tokens import Token, tokens

__all__ = ["COMMAS", "MAX_FORMULA", "Formula", "is_tex", "parse", "read_formula"]

MAX_FORMULA = 2000
"""Characters of a formula."""
LOGARITHM = "log was read as the natural logarithm"
_RELATIONS = frozenset({">", "<", "<=", ">=", "="})


class Formula(Grammar):
    """The grammar with the names of a problem."""

    def __init__(self, pieces: Sequence[Token], names: Names, tex: bool) -> None:
        super().__init__(pieces, tex)
        self.names = names

    def named(self) -> Node | None:
        found = self.names.derivative(self.pieces, self.place)
        if found is not None:
            self.place = found[1]
            return found[0]
        match self.pieces[self.place].kind:
            case "id":
                return self.by_id()
            case "word":
                return self.word()
            case "{":
                return self.quantity(1) or self.quantity(2)
            case "partial":
                raise self.fault("a derivative that this problem has")
        return None

    def by_id(self) -> Node:
        found = self.names.by_id(self.pieces[self.place].text)
        if found is None:
            raise self.names.unknown(self.pieces[self.place].text)
        self.place += 1
        return Ref(found)

    # -- names and functions

    def word(self) -> Node:
        piece = self.pieces[self.place]
        if piece.text == "e" and self.following("^"):
            self.place += 2
            return self.natural_power()
        # e and E differ too much to be taken for each other
        node = self.quantity(1) or self.quantity(2) or self.function() or self.quantity(3, shortest=2) or self.usual()
        if node is None:
            raise self.names.unknown(next((one.key for one in symbols(self.pieces, self.place)), piece.text))
        return node

    def quantity(self, level: int, shortest: int = 1) -> Node | None:
        """The longest name that stands here, so tolerantly read."""
        for symbol in symbols(self.pieces, self.place):
            found = self.names.symbol(symbol.key, level, symbol.parts) if len(symbol.key) >= shortest else None
            if found is not None:
                self.place = symbol.end
                return Ref(found)
        return None

    def usual(self) -> Node | None:
        """The longest name in the letters of the usual courses that stands here."""
        for symbol in symbols(self.pieces, self.place):
            found = self.names.usually(symbol.parts, told_as(self.pieces[self.place : symbol.end]))
            if found is not None:
                self.place = symbol.end
                return Ref(found)
        return None

    def following(self, kind: str) -> bool:
        return self.place + 1 < len(self.pieces) and self.pieces[self.place + 1].kind == kind

    def natural_power(self) -> Node:
        """e^x: what is raised is any formula."""
        minus = self.signs()
        node = self.factor()
        return call("exp", Neg(node) if minus else node)

    def function(self) -> Node | None:
        """f(x), f'(x), f^2(x), and in TeX f x."""
        start, name = self.place, self.pieces[self.place].text
        if function_of(name) is None and name not in ANY_ACTIVATION:
            return None
        self.place += 1
        if name == "log" and self.takes("_"):
            if not self.ten():
                raise self.fault("the logarithm with the base e or 10")
            name = "log10"
        primes = 0
        while self.takes("'"):
            primes += 1
        power = self.power(ONE) if self.sees("^") and self.takes("^") else None
        if not self.sees("(", "[", "{", "|") and not (self.tex and self.begins_factor()):
            self.place = start
            return None
        args = self.arguments(name)
        node = self.applied(name, primes, args)
        if node is None:
            self.place = start
            return None
        if name == "log":
            self.notes.append(LOGARITHM)
        return Pow(node, power.exponent) if isinstance(power, Pow) else node

    def ten(self) -> bool:
        braced = self.takes("{")
        ten = self.sees("number") and self.pieces[self.place].text == "10"
        self.place += ten
        return ten and (not braced or self.takes("}"))

    def arguments(self, name: str) -> list[Node]:
        if not self.sees("(", "[", "{"):
            return [self.factor()]
        closing = OPENING[self.pieces[self.place].kind]
        self.place += 1
        kept = self.inside_call, self.inside_bars
        self.inside_call, self.inside_bars = name in SEVERAL, False
        args = [self.sum()]
        while name in SEVERAL and self.takes(","):
            args.append(self.sum())
        self.inside_call, self.inside_bars = kept
        self.need(closing)
        return args

    def applied(self, name: str, primes: int, args: list[Node]) -> Node | None:
        match args:
            case [Ref(z)] if name not in FUNCTIONS:
                own = self.names.partials.own_activation(name, z, primes)
                if own is not None:
                    return Ref(own)
        function = function_of(name)
        if function is not None and not primes:
            return function(*args)
        if name in DERIVATIVES and primes == 1:
            return DERIVATIVES[name](*args)
        match args:
            case [Ref(z)] if (quantity := self.names.partials.activation(z, primes)) is not None:
                return Ref(quantity)
        return None

    # -- definitions by cases

    def cases(self, first: Node, closing: str) -> Node:
        """value if condition; value if condition."""
        branches = []
        value: Node = first
        while True:
            self.takes(",")
            self.takes("&")
            branches.append(self.branch(value))
            if self.takes(closing):
                return Cases(tuple(branches))
            if not self.takes(";", "row"):
                raise self.fault("; or the end of the cases")
            if self.takes(closing):
                return Cases(tuple(branches))
            value = self.sum()

    def branch(self, value: Node) -> Branch:
        word = self.pieces[self.place].text if self.sees("word") else ""
        self.place += word in CONDITIONS
        if word in OTHERWISE:
            return Branch(value, ZERO, "=", ZERO)
        left = self.sum()
        if not self.sees(*_RELATIONS):
            raise self.fault("a comparison")
        relation = self.pieces[self.place].kind
        self.place += 1
        right = self.sum()
        return Branch(value, right, "<=", left) if relation == ">=" else Branch(value, left, relation, right)


def read_formula(text: str, names: Names, notes: list[str] | None = None) -> Node:
    r"""The tree of a formula in plain text or TeX.

    Raises `InputError` for what is no formula of this problem. `notes` collects what had to be decided.

    >>> from derive import solve
    >>> from derive.expression import quantities
    >>> names = Names(solve("mazur"))
    >>> node = read_formula("-(target_o1 - out_o1)*out_o1*(1-out_o1)*out_h1", names)
    >>> [quantity.id for quantity in quantities(node)]
    ['t[0]', 'a[2][0]', 'a[1][0]']
    """
    if len(text) > MAX_FORMULA:
        raise InputError(f"a formula of at most {MAX_FORMULA} characters", f"one of {len(text)}: {shorten(text, 20)}")
    return parse(tokens(text), names, is_tex(text), notes)


def is_tex(text: str) -> bool:
    """Whether a formula is in TeX, where factors may stand next to each other."""
    return "\\" in text or "_{" in text or "^{" in text


def parse(pieces: Sequence[Token], names: Names, tex: bool, notes: list[str] | None = None) -> Node:
    """The tree of a formula that is in pieces already."""
    formula = Formula(pieces, names, tex)
    node = formula.whole()
    if notes is not None:
        notes.extend(formula.notes)
    return node
