"""Other right ways to a result of equations: what comes from above times a part that was worked out first, and others.

The derivation has one formula for each step. Somebody who works out the local derivative and rounds it, who goes on
from a value that stands on the sheet already, or who multiplies by a derivative that is 1 works as rightly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from derive.expression import ONE, Add, Call, Const, Div, Mul, Neg, Node, Pow, Ref, add, const, mul, replace, sub
from derive.program import Program
from derive.quantity import Quantity
from derive.trace.elementary import ElementGradient, ElementTrace, ElementValue, LocalDerivative, Share
from derive.trace.identity import Identity, Symbol
from derive.trace.short import short_way

Readers = dict[Symbol, list[Symbol]]

MOST_TERMS = 12
"""Terms of a sum beyond which nobody writes all products into one line."""


def ways_of_elements(program: Program) -> Iterator[tuple[Quantity, Node]]:
    """Quantities of equations with other right formulas for them."""
    assert isinstance(program.trace, ElementTrace)
    quotients, readers = dict(_quotients(program)), program.trace.readers
    for one in program.quantities:
        formula = program.formula(one)
        if formula is None:
            continue
        multiplied = multiplied_out(formula)
        if multiplied is not None:
            yield one, multiplied
        if isinstance(program.trace.find(one), LocalDerivative):
            through = _with_value(program, one, formula)
            if through is not None:
                yield one, through
        short = short_way(program.trace, one)
        if short is not None:
            yield one, short.of_any_targets
        if isinstance(program.trace.find(one), ElementGradient | Share):
            for other in _back(program, one, formula, quotients, readers):
                if other != formula:
                    yield one, other


def _back(
    program: Program, one: Quantity, formula: Node, quotients: dict[Node, Ref], readers: Readers
) -> Iterator[Node]:
    """Other ways to a derivative."""
    yield replace(formula, lambda part: _put_in(program, part, LocalDerivative))
    yield replace(formula, lambda part: _slope_with_value(program, part))
    if isinstance(formula, Add) and len(formula.terms) <= MOST_TERMS:
        yield replace(formula, lambda part: _put_in(program, part, Share))
    grouped = _times_local(formula)
    if grouped is not None:
        yield grouped
        through = _by_value(grouped, quotients)
        if through is not None:
            yield through
    yield from _short(program, one, readers)
    plain = _times_one(program, one, formula, readers)
    if plain is not None:
        yield plain


def _short(program: Program, one: Quantity, readers: Readers) -> Iterator[Node]:
    """Formulas that bring all paths through a softmax, or through a normalisation, into one."""
    if not isinstance(one, Identity) or one.by is None or one.via is not None:
        return
    through = readers.get(one.by, [])

    def value(symbol: Symbol) -> Quantity:
        return Identity(symbol, step=one.step)

    def back(symbol: Symbol) -> Ref:
        return Ref(Identity(one.of, by=symbol, step=one.step))

    makes = {symbol: program.formula(value(symbol)) for symbol in through if value(symbol) in program.place}
    if not through or len(makes) < len(through) or len(through) > MOST_TERMS:
        return
    if any(back(symbol).quantity not in program.place for symbol in through):
        return
    shares = [symbol for symbol, made in makes.items() if _is_share(made)]
    if len(shares) == len(through) > 1:
        own = [symbol for symbol in shares if _raised(makes[symbol]) == Ref(value(one.by))]
        if len(own) == 1 and _all_of_one(makes, value):
            mean = add(*(mul(back(symbol), Ref(value(symbol))) for symbol in shares))
            yield mul(Ref(value(own[0])), sub(back(own[0]), mean))
        return
    yield from _normalised(program, one.by, makes, value, back)


def _is_share(made: Node | None) -> bool:
    return _raised(made) is not None


def _raised(made: Node | None) -> Node | None:
    """The exponent of one share of a softmax."""
    match made:
        case Div(Call("exp", (exponent,)), Add(terms)) if Call("exp", (exponent,)) in terms:
            return exponent
    return None


def _all_of_one(makes: dict[Symbol, Node | None], value: Callable[[Symbol], Quantity]) -> bool:
    """Whether these are all shares of one softmax."""
    sums = {made.denominator for made in makes.values() if isinstance(made, Div)}
    (whole, *others) = sums
    ups = {Call("exp", (exponent,)) for made in makes.values() if (exponent := _raised(made)) is not None}
    return not others and isinstance(whole, Add) and set(whole.terms) == ups and len(whole.terms) == len(makes)


def _normalised(
    program: Program,
    by: Symbol,
    makes: dict[Symbol, Node | None],
    value: Callable[[Symbol], Quantity],
    back: Callable[[Symbol], Ref],
) -> Iterator[Node]:
    """(dh - mean of dh - h times the mean of dh h) over the root, where h = (z - mean)/sqrt(variance + small)."""
    own = Ref(value(by))
    for symbol, made in makes.items():
        match made:
            case Div(Add((first, Neg(Ref(mean)))), Call("sqrt", (inner,)) as root) if first == own:
                alike = _beside(program, mean, root, value)
                if symbol not in alike or len(alike) < 2 or len(alike) > MOST_TERMS:
                    continue
                if not _mean_and_variance(program, mean, inner, list(alike.values())):
                    continue
                if any(back(other).quantity not in program.place for other in alike):
                    continue
                n = const(len(alike))
                mean_back = Div(add(*(back(other) for other in alike)), n)
                weighted = Div(add(*(mul(back(other), Ref(value(other))) for other in alike)), n)
                yield Div(sub(sub(back(symbol), mean_back), mul(Ref(value(symbol)), weighted)), root)


def _beside(program: Program, mean: Quantity, root: Node, value: Callable[[Symbol], Quantity]) -> dict[Symbol, Node]:
    """Every value that is normalised by this mean and root, with what it was before."""
    assert isinstance(program.trace, ElementTrace)
    found: dict[Symbol, Node] = {}
    assert isinstance(mean, Identity)
    for symbol in dict.fromkeys(program.trace.readers.get(mean.of, [])):
        match program.formula(value(symbol)) if value(symbol) in program.place else None:
            case Div(Add((Ref() as before, Neg(Ref(taken)))), below) if taken == mean and below == root:
                found[symbol] = before
    return found


def _mean_and_variance(program: Program, mean: Quantity, inner: Node, before: list[Node]) -> bool:
    """Whether these are the mean and the variance of all of these numbers, and nothing else."""
    share = Const(Fraction(1, len(before)))

    def is_mean(formula: Node | None, terms: list[Node]) -> bool:
        match formula:
            case Mul((Const() as factor, Add(parts))) if factor == share:
                return list(parts) == terms
            case Div(Add(parts), Const(value)) if value == len(before):
                return list(parts) == terms
        return False

    if not is_mean(program.formula(mean), before):
        return False
    squares: list[Node] = [Pow(sub(one, Ref(mean)), const(2)) for one in before]
    match inner:
        case Add((Ref(variance), Ref())):
            return is_mean(program.formula(variance), squares)
    return False


def _put_in(program: Program, part: Quantity, kind: type[LocalDerivative] | type[Share]) -> Node | None:
    """The formula of a step of that kind."""
    return program.formula(part) if isinstance(program.trace.find(part), kind) else None


def _times_local(formula: Node) -> Node | None:
    """Upstream times a fraction, for one fraction with what comes from above in its numerator; None for others."""
    match formula:
        case Neg(arg):
            inner = _times_local(arg)
            return None if inner is None else Neg(inner)
        case Div(Mul(factors), below):
            above = [one for one in factors if isinstance(one, Ref) and from_above(one.quantity)]
            rest = [one for one in factors if one not in above]
            return mul(*above, Div(mul(*rest) if rest else ONE, below)) if above else None
        case Div(Ref(upstream) as above, below) if from_above(upstream):
            return mul(above, Div(ONE, below))
    return None


def _quotients(program: Program) -> Iterator[tuple[Node, Ref]]:
    """Every quotient of two names, with what it is called."""
    for one in program.quantities:
        formula = program.formula(one)
        if isinstance(formula, Div) and isinstance(program.trace.find(one), ElementValue):
            yield formula, Ref(one)


def _by_value(grouped: Node, quotients: dict[Node, Ref]) -> Node | None:
    """-y/v for -u/v^2, where y = u/v has a name."""
    match grouped:
        case Neg(arg):
            inner = _by_value(arg, quotients)
            return None if inner is None else Neg(inner)
        case Mul((*above, Div(top, Pow(below, Const(value))))) if value == 2 and Div(top, below) in quotients:
            return mul(*above, Div(quotients[Div(top, below)], below))
    return None


def _with_value(program: Program, one: Quantity, formula: Node) -> Node | None:
    """A slope of a quotient y = u/v with y in the place of u over v: -y/(2 v^2) for -u/(2 v^2 v)."""
    if not isinstance(one, Identity):
        return None
    value = Identity(one.of, step=one.step)
    made = program.formula(value)
    match formula:
        case Neg(Div(Mul(above), Mul(below))) if isinstance(made, Div) and made.numerator in above:
            if made.denominator in below:
                top = [Ref(value) if part == made.numerator else part for part in above]
                return Neg(Div(mul(*top), mul(*(part for part in below if part != made.denominator))))
    return None


def _slope_with_value(program: Program, part: Quantity) -> Node | None:
    """The other formula of a local derivative, where it has one."""
    formula = program.formula(part) if isinstance(program.trace.find(part), LocalDerivative) else None
    return None if formula is None else _with_value(program, part, formula)


def _times_one(program: Program, one: Quantity, formula: Node, readers: Readers) -> Node | None:
    """Upstream times local where upstream is 1, which the derivation leaves out; None for other steps."""
    if not isinstance(one, Identity) or one.by is None:
        return None
    through = [one.via] if one.via is not None else readers.get(one.by, [])
    if len(through) != 1 or through[0] == one.of:
        return None
    upstream = Identity(one.of, by=through[0], step=one.step)
    return mul(Ref(upstream), formula) if upstream in program.place and program.formula(upstream) == ONE else None


def from_above(one: Quantity) -> bool:
    """Whether a quantity of equations is a derivative of the loss."""
    return isinstance(one, Identity) and one.by is not None and not one.local


def multiplied_out(formula: Node) -> Node | None:
    """A product with a difference multiplied out, as a - a a for a (1 - a); None for anything else.

    >>> from derive.expression import ONE
    >>> a = Ref(Quantity("a", 1, 0))
    >>> multiplied_out(mul(a, sub(ONE, a))) == sub(a, mul(a, a))
    True
    """
    match formula:
        case Mul((Ref() as factor, Add((Const(value), Neg(Ref() as taken))))) if value == 1:
            return sub(factor, mul(factor, taken))
    return None
