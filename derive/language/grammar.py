"""The grammar of equations: one line of text to its tree, by recursive descent with a bound on depth.

Decides what an equation may look like, and says of a wrong one what was expected, what was found and what to write
instead. Which names exist is not known here; nothing is ever executed.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction

from derive.errors import InputError, did_you_mean, shorten, shown
from derive.language.index_grammar import IndexGrammar
from derive.language.syntax import (
    Applied,
    Chain,
    Choice,
    Clauses,
    Counter,
    Equation,
    Expression,
    Function,
    Index,
    Item,
    Map,
    Name,
    Negative,
    Number,
    Pi,
    Power,
    Reduction,
    Size,
    Soft,
    SourceLine,
    State,
    Sum,
    Transposed,
    Use,
)
from derive.language.words import (
    FUNCTIONS,
    KEYWORDS,
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_INDICES,
    MAX_PLACES,
    MAX_WHOLE_DIGITS,
    REDUCTIONS,
    RELATIONS,
    SOFTMAXES,
)


class Grammar(IndexGrammar):
    """Reads lines and expressions."""

    # -- lines

    def line(self) -> SourceLine:
        """An equation, a function, a use of a library row, or a state."""
        if self.sees_word("use"):
            found: SourceLine = self.use()
        elif self.update and self.sees_word("state") and self.after().kind == "name":
            found = self.state()
        elif self.sees("name") and self.after().kind == "(" and self.piece.text not in KEYWORDS:
            found = self.function()
        else:
            found = self.equation()
        if not self.sees("end"):
            raise self.fault("a sign of calculation or the end of the equation")
        return found

    def equation(self) -> Equation:
        name = self.new_name("the name that the equation defines")
        primed = self.update and self.takes("'")
        index: tuple[Index, ...] = ()
        if self.takes("["):
            index = self.separated(self.left_index, MAX_INDICES)
            self.need("]")
        self.need("=", None if self.sees("'", "==") else "an equation says name = formula.")
        right = self.expression()
        clauses = self.clauses() if self.takes_word("for") else Clauses()
        return Equation(self.number, self.text, self.comment, name, primed, index, right, clauses)

    def function(self) -> Function:
        name = self.piece.text
        if name in FUNCTIONS:
            raise InputError("a name of its own for a function", shown(name), hint="this function exists already.")
        self.place += 2
        defined = "a function is defined by names, f(x, a) = ..., a value by an equation, y = f(x)."
        parameters = self.separated(lambda: self.new_name("the name of an argument", defined), MAX_INDICES)
        self.need(")", defined)
        letters: tuple[str, ...] = ()
        if self.takes("["):
            letters = self.separated(lambda: self.new_name("a letter"), MAX_INDICES)
            self.need("]")
        self.need("=", "a function says name(x) = formula.")
        for twice in (parameters, letters):
            if len(set(twice)) < len(twice):
                raise InputError("different names", shown(", ".join(twice)))
        return Function(self.number, self.text, self.comment, name, parameters, letters, self.expression())

    def use(self) -> Use:
        self.place += 1
        if not self.sees("name"):
            raise self.fault("the name of a row of the library", "such as use dense(x = x, z = z, y = a, f = sigmoid)")
        row = self.piece.text
        self.place += 1
        self.need("(", "such as use lstm()")
        maps: tuple[Map, ...] = ()
        if not self.sees(")"):
            maps = self.separated(self.map)
        self.need(")")
        names = [one.name for one in maps]
        for name in names:
            if names.count(name) > 1:
                raise InputError("every name once", f"{name} twice")
        clauses = self.clauses() if self.takes_word("for") else Clauses()
        return Use(self.number, self.text, self.comment, row, maps, clauses)

    def map(self) -> Map:
        if not self.sees("name"):
            raise self.fault("name = name", "such as x = x, z = z[n]")
        name = self.piece.text
        self.place += 1
        self.need("=")
        if self.sees("number"):
            return Map(name, self.number_value())
        if not self.sees("name"):
            raise self.fault("a name or a number")
        value = self.piece.text
        self.place += 1
        index: tuple[Index, ...] = ()
        if self.takes("["):
            index = self.separated(self.index, MAX_INDICES)
            self.need("]")
        return Map(name, value, index)

    def state(self) -> State:
        self.place += 1

        def start() -> tuple[str, Expression]:
            name = self.new_name("the name of what an update remembers")
            self.need("=")
            return name, self.expression()

        return State(self.number, self.text, self.comment, self.separated(start))

    # -- expressions

    def expression(self) -> Expression:
        """[-] term, then + term or - term."""
        terms = [(-1 if self.takes("-") else 1, self.term())]
        while self.sees("+", "-"):
            sign = 1 if self.takes("+") else -1 if self.takes("-") else 0
            terms.append((sign, self.term()))
        if len(terms) > 1:
            return Sum(tuple(terms))
        sign, only = terms[0]
        return only if sign > 0 else Negative(only)

    def term(self) -> Expression:
        """Factors with *, / and @ between them, from left to right."""
        first = self.unary()
        rest: list[tuple[str, Expression]] = []
        nested = 0
        while self.sees("*", "/", "@"):
            sign = self.piece.kind
            self.place += 1
            nested += sign != "*"
            if nested > MAX_DEPTH:
                raise InputError(f"at most {MAX_DEPTH} divisions after each other", "more")
            rest.append((sign, self.unary()))
        return Chain(first, tuple(rest)) if rest else first

    def unary(self) -> Expression:
        if self.takes("-"):
            return Negative(self.deeper(self.unary))
        if self.sees("+"):
            raise self.fault("a number, a name or a bracket", "a plus sign stands between terms only.")
        return self.power()

    def power(self) -> Expression:
        base = self.atom()
        while self.takes(".T"):
            base = Transposed(base)
            if self.sees(".T"):
                raise self.fault("a sign of calculation", "A.T.T is A.")
        return Power(base, self.deeper(self.unary)) if self.takes("^") else base

    def atom(self) -> Expression:
        """A number, a name, an element, a function's value, or a sum between brackets."""
        if self.sees("number"):
            return self.literal()
        if self.takes("("):
            inner = self.deeper(self.expression)
            if self.sees("=="):
                raise self.fault(")", "a choice is written if(a == b, then, otherwise).")
            self.need(")")
            return inner
        if not self.sees("name"):
            raise self.fault("a number, a name or a bracket")
        word, called = self.piece.text, self.after().kind == "("
        match word:
            case "pi":
                self.place += 1
                return Pi()
            case "step" if not called:
                self.place += 1
                return Counter()
            case "pad":
                return self.padded()
            case "size":
                return Size(*self.size())
            case "if":
                return self.choice()
        if called:
            return self.call()
        if word in FUNCTIONS or word in SOFTMAXES or word in REDUCTIONS:
            raise InputError(f"brackets behind {word}", shown(self.text[self.piece.start :]), hint=f"write {word}(x).")
        return self.named()

    def literal(self) -> Number:
        text = self.piece.text
        return Number(self.number_value(), text)

    def number_value(self) -> Fraction:
        """The exact value of a number, which must not be too long."""
        text = self.piece.text
        too_long = (
            f"a number of at most {MAX_DIGITS} digits and {MAX_PLACES} decimals, smaller than 10^{MAX_WHOLE_DIGITS}"
        )
        try:
            value = Decimal(text)
        except InvalidOperation:  # an exponent beyond what decimal can hold
            raise InputError(too_long, shorten(text)) from None
        _, digits, exponent = value.as_tuple()
        if not isinstance(exponent, int) or len(digits) > MAX_DIGITS or exponent < -MAX_PLACES:
            raise InputError(too_long, shorten(text))
        if value.adjusted() >= MAX_WHOLE_DIGITS:
            raise InputError(too_long, shorten(text))
        self.place += 1
        return Fraction(value)

    def named(self) -> Expression:
        """A quantity, an element of one, in an update also a new value."""
        name = self.quantity_name("a number, a name or a bracket")
        if self.update and self.takes("'"):
            name += "'"
        if not self.takes("["):
            return Name(name)
        index = self.separated(self.index, MAX_INDICES)
        self.need("]")
        return Item(name, index)

    def padded(self) -> Item:
        self.place += 1
        hint = "pad reads one element, and 0 where the array has none: pad(x[k-1])"
        self.need("(", hint)
        item = self.named()
        if not isinstance(item, Item):
            raise InputError("an element of an array inside pad", shown(self.text), hint=hint)
        self.need(")", hint)
        return Item(item.name, item.index, padded=True)

    def choice(self) -> Choice:
        self.place += 1
        hint = "a choice is written if(x > 0, then, otherwise)."
        self.need("(", hint)
        left = self.deeper(self.expression)
        if not self.sees(*RELATIONS):
            raise self.fault("<, <=, >, >=, == or !=", hint)
        relation = self.piece.kind
        self.place += 1
        right = self.deeper(self.expression)
        self.need(",", hint)
        then = self.deeper(self.expression)
        self.need(",", hint)
        otherwise = self.deeper(self.expression)
        self.need(")", hint)
        return Choice(left, relation, right, then, otherwise)

    def call(self) -> Expression:
        """A function, a reduction or a softmax."""
        name = self.piece.text
        self.place += 2
        if self.sees(")"):
            raise self.fault(f"an argument of {name}")
        first = self.deeper(self.argument)
        if self.sees_word("for"):
            return self.reduction(name, first)
        if self.sees_word("over"):
            return self.soft(name, first)
        arguments = [first]
        while self.takes(","):
            arguments.append(self.deeper(self.argument))
        self.need(")")
        plain = tuple(value for word, value in arguments if not word)
        named = tuple((word, value) for word, value in arguments if word)
        if any(word for word, _ in arguments[: len(plain)]):
            raise InputError("arguments with a name behind those without one", shown(self.text))
        for word, _ in named:
            if [other for other, _ in named].count(word) > 1:
                raise InputError("every argument once", f"{word} twice")
        return Applied(name, plain, named)

    def argument(self) -> tuple[str, Expression]:
        if self.sees("name") and self.after().kind == "=":
            word = self.piece.text
            self.place += 2
            return word, self.expression()
        return "", self.expression()

    def reduction(self, name: str, first: tuple[str, Expression]) -> Reduction:
        if name not in REDUCTIONS or first[0]:
            hint = did_you_mean(name, REDUCTIONS)
            if name in SOFTMAXES:
                hint = f"write {name}(z[j] over j): j stays free."
            raise InputError(f"{', '.join(REDUCTIONS)} before `for` inside brackets", shown(name), hint=hint)
        self.place += 1
        clauses = self.deeper(self.clauses)
        self.need(")")
        return Reduction(name, first[1], clauses)

    def soft(self, name: str, first: tuple[str, Expression]) -> Soft:
        if name not in SOFTMAXES or first[0]:
            hint = f"write {name}(... for j)." if name in REDUCTIONS else did_you_mean(name, SOFTMAXES)
            raise InputError("softmax or log_softmax before `over`", shown(name), hint=hint)
        self.place += 1
        letter = self.new_name("the letter that softmax runs over")
        conditions = self.conditions()
        if self.sees(","):
            raise self.fault(")", "softmax runs over one letter.")
        self.need(")")
        return Soft(name, first[1], letter, conditions)


def parse_line(
    text: str, number: int = 1, comment: str = "", update: bool = False, library: bool = False
) -> SourceLine:
    """The tree of one line without its comment; `update` allows new values (v') and states, `library` y[2*i+j] = ...

    >>> line = parse_line("a[k] = w*x[k] + u*h[k-1]")
    >>> type(line).__name__
    'Equation'
    """
    return Grammar(text, number, comment, update, library).line()
