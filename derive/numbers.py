"""The values of formulas: a tree becomes a function of the values of its quantities.

Numbers themselves are in `number`, rounding is in `rounding`, and what each function gives is in `functions`; all
that those who compute with formulas need of them can be had here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from fractions import Fraction
from operator import itemgetter
from typing import Any

from flint import fmpq

from derive.expression import (
    Add,
    Call,
    Cases,
    Const,
    Digits,
    Div,
    Group,
    Mul,
    Neg,
    Node,
    Pow,
    Ref,
    Shown,
    Written,
    sub,
    transform,
)
from derive.functions import EVERY
from derive.number import (
    FIRST_PRECISION,
    LARGEST,
    LARGEST_DENOMINATOR_BITS,
    LARGEST_EXPONENT,
    LARGEST_POWER,
    LAST_PRECISION,
    MOST_DIGITS,
    Number,
    OutsideDomain,
    Undecided,
    divide,
    exact,
    power,
    real_power,
    settle,
    sign,
    times,
    with_precision,
)
from derive.quantity import Quantity
from derive.rounding import (
    HALF,
    HALF_BALL,
    MOST_ZEROS,
    TIE_DIGITS,
    around,
    certain,
    decimal_text,
    decimals_of,
    ends,
    half_unit,
    middle,
    nearly_zero,
    padded,
    plain,
    power_of_ten,
    rounded,
    show,
    shown_text,
    significant,
    trim,
    widened,
    within,
)

__all__ = [
    "COMPARE",
    "FIRST_PRECISION",
    "HALF",
    "HALF_BALL",
    "LARGEST",
    "LARGEST_DENOMINATOR_BITS",
    "LARGEST_EXPONENT",
    "LARGEST_POWER",
    "LAST_PRECISION",
    "MOST_DIGITS",
    "MOST_ZEROS",
    "TIE_DIGITS",
    "Environment",
    "Evaluator",
    "Number",
    "OutsideDomain",
    "Undecided",
    "around",
    "certain",
    "chosen_branch",
    "compile_value",
    "decimal_text",
    "decimals_of",
    "divide",
    "ends",
    "evaluates_to",
    "exact",
    "half_unit",
    "middle",
    "multiplied",
    "nearly_zero",
    "padded",
    "plain",
    "power",
    "power_of_ten",
    "rounded",
    "settle",
    "show",
    "shown_text",
    "sign",
    "significant",
    "times",
    "trim",
    "widened",
    "with_precision",
    "within",
]

Environment = Any
"""Numbers by quantity, or by wherever a compiled formula looks for them."""
Evaluator = Callable[[Environment], Number]

COMPARE: dict[str, Callable[[int], bool]] = {
    ">": lambda s: s > 0,
    "<=": lambda s: s <= 0,
    ">=": lambda s: s >= 0,
    "<": lambda s: s < 0,
    "=": lambda s: s == 0,
    "!=": lambda s: s != 0,
}


def compile_value(node: Node, place: Callable[[Quantity], Hashable] = lambda quantity: quantity) -> Evaluator:
    """A function that computes the formula from the values of its quantities; the tree is walked only once.

    `place` says where in the environment a quantity's value is: by default under the quantity itself.

    >>> from derive.expression import Ref, mul
    >>> w, a = Quantity("W", 1, 0, 0), Quantity("a", 0, 0)
    >>> compile_value(mul(Ref(w), Ref(a)))({w: fmpq(1, 2), a: fmpq(1, 3)})
    1/6
    """
    compiler = _COMPILERS.get(type(node))
    if compiler is None:
        raise TypeError(f"no value for {node!r}")
    return compiler(node, place)


Place = Callable[[Quantity], Hashable]


def _compiled_const(node: Const, place: Place) -> Evaluator:
    number = fmpq(node.value.numerator, node.value.denominator)
    return lambda env: number


def _compiled_ref(node: Ref, place: Place) -> Evaluator:
    return itemgetter(place(node.quantity))


def _compiled_group(node: Group, place: Place) -> Evaluator:
    return compile_value(node.arg, place)


def _compiled_negative(node: Neg, place: Place) -> Evaluator:
    if type(node.arg) is Ref:
        negated = place(node.arg.quantity)
        return lambda env: -env[negated]
    inner = compile_value(node.arg, place)
    return lambda env: -inner(env)


def _compiled_add(node: Add, place: Place) -> Evaluator:
    terms = node.terms
    if multiplied(terms[0]) and all(type(term) is Ref or multiplied(term) for term in terms):
        return _compiled_dot(terms, place)
    if len(terms) != 2:
        return _compiled_sum([compile_value(term, place) for term in terms])
    left, right = terms
    if type(left) is Const and left.value.denominator == 1:
        return _compiled_from_whole(int(left.value), right, place)
    first = compile_value(left, place)
    if type(right) is Neg:
        taken = compile_value(right.arg, place)
        return lambda env: first(env) - taken(env)
    second = compile_value(right, place)
    return lambda env: first(env) + second(env)


def _compiled_from_whole(whole: int, other: Node, place: Place) -> Evaluator:
    """A whole number and something added to it or taken off: Python's own integers are quick."""
    if type(other) is Neg:
        taken = compile_value(other.arg, place)
        return lambda env: whole - taken(env)
    added = compile_value(other, place)
    return lambda env: whole + added(env)


def _compiled_mul(node: Mul, place: Place) -> Evaluator:
    left, right, *others = node.factors
    if type(left) is Ref and type(right) is Ref and not others:
        first, second = place(left.quantity), place(right.quantity)
        return lambda env: times(env[first], env[second])
    return _compiled_product([compile_value(factor, place) for factor in node.factors])


def _compiled_div(node: Div, place: Place) -> Evaluator:
    above, below = compile_value(node.numerator, place), compile_value(node.denominator, place)
    return lambda env: divide(above(env), below(env))


def _compiled_pow(node: Pow, place: Place) -> Evaluator:
    if type(node.exponent) is not Const:
        whole, raised = compile_value(node.base, place), compile_value(node.exponent, place)
        return lambda env: real_power(whole(env), raised(env))
    if node.exponent.value.denominator != 1:
        base, real = compile_value(node.base, place), fmpq(*node.exponent.value.as_integer_ratio())
        return lambda env: real_power(base(env), real)
    root, exponent = compile_value(node.base, place), int(node.exponent.value)
    if exponent < 0:
        return lambda env: divide(fmpq(1), power(root(env), -exponent))
    return lambda env: power(root(env), exponent)


def _compiled_call(node: Call, place: Place) -> Evaluator:
    function, inputs = EVERY[node.function].value, [compile_value(arg, place) for arg in node.args]
    if len(inputs) == 1:
        only = inputs[0]
        return lambda env: function(only(env))
    return lambda env: function(*[part(env) for part in inputs])


def multiplied(node: Node) -> tuple[Quantity, Quantity] | None:
    """The two quantities of which a formula is the product; None for any other formula."""
    match node:
        case Mul((Ref(left), Ref(right))):
            return left, right
    return None


def _compiled_dot(terms: Sequence[Node], place: Place) -> Evaluator:
    """A weighted sum, which most of the work of a network is: products of two quantities first, then single ones."""
    products = [(place(one), place(two)) for one, two in filter(None, map(multiplied, terms))]
    (left, right), *others = products
    singles = [place(term.quantity) for term in terms if isinstance(term, Ref)]

    def total(env: Environment) -> Number:
        result = times(env[left], env[right])
        for one, two in others:
            x, y = env[one], env[two]
            # Two of a kind have no 0 that needs care; this is where most of the time goes.
            result = result + (x * y if type(x) is type(y) else times(x, y))
        for single in singles:
            result = result + env[single]
        return result

    return total


def _compiled_sum(parts: Sequence[Evaluator]) -> Evaluator:
    if len(parts) == 2:
        left, right = parts
        return lambda env: left(env) + right(env)
    first, *rest = parts

    def total(env: Environment) -> Number:
        result = first(env)
        for part in rest:
            result = result + part(env)
        return result

    return total


def _compiled_product(parts: Sequence[Evaluator]) -> Evaluator:
    if len(parts) == 2:
        left, right = parts
        return lambda env: times(left(env), right(env))
    first, *rest = parts

    def product(env: Environment) -> Number:
        result = first(env)
        for part in rest:
            result = times(result, part(env))
        return result

    return product


def _compiled_cases(node: Cases, place: Place) -> Evaluator:
    lines = [
        (compile_value(b.value, place), compile_value(sub(b.left, b.right), place), COMPARE[b.relation])
        for b in node.branches
    ]

    def choose(env: Environment) -> Number:
        for value, difference, holds in lines:
            if holds(sign(difference(env))):
                return value(env)
        raise OutsideDomain("a value that no case covers")

    return choose


_COMPILERS: dict[type[Node], Callable[[Any, Place], Evaluator]] = {
    Const: _compiled_const,
    Digits: _compiled_const,
    Written: _compiled_const,
    Ref: _compiled_ref,
    Group: _compiled_group,
    Neg: _compiled_negative,
    Add: _compiled_add,
    Mul: _compiled_mul,
    Div: _compiled_div,
    Pow: _compiled_pow,
    Call: _compiled_call,
    Cases: _compiled_cases,
}


def chosen_branch(node: Cases, env: Environment) -> int:
    """The index of the case that holds."""
    for index, b in enumerate(node.branches):
        if COMPARE[b.relation](sign(compile_value(b.left)(env) - compile_value(b.right)(env))):
            return index
    raise OutsideDomain("a value that no case covers")


def evaluates_to(filled: Node, text: str) -> bool:
    """Whether a formula of printed numbers is exactly the printed number, as 0.9381 times 0 is 0."""
    constants = transform(filled, lambda leaf: Const(Fraction(leaf.text)) if isinstance(leaf, Shown) else leaf)
    try:
        value = compile_value(constants)({})
    except (OutsideDomain, Undecided):
        # Rounding can take a printed number out of the domain, as ln 0.0000; then it is not exactly anything.
        return False
    return isinstance(value, fmpq) and value == exact(Decimal(text))
