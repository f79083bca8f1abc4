"""Values: exact rationals where they exist, certified balls elsewhere, and the one place where numbers are rounded.

A number is an exact rational (`fmpq`) until an exponential or a logarithm makes it transcendental; from then on
it is a ball (`arb`): a midpoint with a proven radius. A ball is rounded only when every number in it rounds to
the same decimal; otherwise `Undecided` asks for more precision. So every printed digit is proven. Tie rules and
decimal places are decided here and nowhere else; what a number means is not known here.

The ball arithmetic is that of Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic",
IEEE Transactions on Computers 66 (2017).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

import flint
from flint import arb, fmpq, fmpz

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
    sub,
    transform,
)
from derive.quantity import Quantity

Number = fmpq | arb
Environment = Any
"""Numbers by quantity, or by wherever a compiled formula looks for them."""
Evaluator = Callable[[Environment], Number]

T = TypeVar("T")

FIRST_PRECISION = 192
"""Bits carried at first: about 57 decimal digits."""
LAST_PRECISION = 24576
"""Bits after which a rounding that is still undecided is reported instead of guessed."""
TIE_DIGITS = 300
"""Digits after which a number that may still be rounded to both sides is shown with one more decimal instead."""
_NARROW = arb(1) / 10**TIE_DIGITS
_BITS_OF_A_DIGIT = 4
LARGEST_DENOMINATOR_BITS = 640
"""An exact rational with a larger denominator cannot end within the decimals we print; it becomes a ball."""


LARGEST_EXPONENT = 1_000_000
"""The largest number, of either sign, whose exponential is taken."""
MOST_DIGITS = 1000
"""Digits before the point of the largest number that is worked with."""
LARGEST = fmpz(10) ** MOST_DIGITS
MOST_ZEROS = 40
"""Zeros at either end of a number before it is written with an exponent."""


class Undecided(Exception):
    """The ball is too wide to round, compare or divide by; evaluate again with more precision.

    `quantity` and `what` say which one it was, and what was asked of it, where somebody has noted it.
    """

    quantity: Quantity | None = None
    what: str = ""


class OutsideDomain(Exception):
    """A function has no value at this number, such as the logarithm of 0; `quantity` where somebody has noted it."""

    quantity: Quantity | None = None


def exact(number: Decimal | int) -> fmpq:
    """The rational that a decimal text stands for.

    >>> exact(Decimal("0.15"))
    3/20
    """
    if isinstance(number, int):
        return fmpq(number)
    numerator, denominator = number.as_integer_ratio()
    return fmpq(numerator, denominator)


def settle(number: Number) -> Number:
    """Keeps short rationals exact, turns unwieldy ones into balls, and a ball that is only 0 into 0."""
    if isinstance(number, fmpq):
        return arb(number) if number.q.bit_length() > LARGEST_DENOMINATOR_BITS else number
    return fmpq(0) if number.is_zero() else number


def sign(number: Number) -> int:
    """-1, 0 or 1; raises `Undecided` when the ball leaves it open."""
    if number > 0:
        return 1
    if number < 0:
        return -1
    if isinstance(number, fmpq) or number.is_zero():
        return 0
    raise Undecided


# -- evaluating formulas -------------------------------------------------------------------------------------


def _exp(x: Number) -> Number:
    if x > LARGEST_EXPONENT or x < -LARGEST_EXPONENT:
        raise OutsideDomain("the exponential of a number as large as this cannot be written down")
    return fmpq(1) if isinstance(x, fmpq) and x == 0 else arb(x).exp()


def _ln(x: Number) -> Number:
    if sign(x) <= 0:
        raise OutsideDomain("the logarithm exists only for positive numbers")
    return fmpq(0) if isinstance(x, fmpq) and x == 1 else arb(x).log()


def _tanh(x: Number) -> Number:
    return fmpq(0) if isinstance(x, fmpq) and x == 0 else arb(x).tanh()


def _max(*xs: Number) -> Number:
    best = xs[0]
    for x in xs[1:]:
        try:
            best = x if sign(x - best) > 0 else best
        except Undecided:
            # Which one is larger is open, but not what the larger one is.
            best = arb(best).max(arb(x))
    return best


FUNCTIONS: dict[str, Callable[..., Number]] = {
    "exp": _exp,
    "ln": _ln,
    "tanh": _tanh,
    "max": _max,
    "abs": lambda x: -x if sign(x) < 0 else x,
    "sign": lambda x: fmpq(sign(x)),
}

COMPARE: dict[str, Callable[[int], bool]] = {
    ">": lambda s: s > 0,
    "<=": lambda s: s <= 0,
    "<": lambda s: s < 0,
    "=": lambda s: s == 0,
}


def times(x: Number, y: Number) -> Number:
    """The product; an exact 0 makes it exactly 0, so that a unit that is off stays off without a doubt."""
    product = x * y
    if type(product) is arb and ((type(x) is fmpq and not x) or (type(y) is fmpq and not y)):
        return fmpq(0)
    return product


def power(x: Number, exponent: int) -> Number:
    """A whole power by multiplication: a ball's own power has no value around 0."""
    result: Number = fmpq(1)
    for _ in range(exponent):
        result = result * x
    return result


def divide(x: Number, y: Number) -> Number:
    if sign(y) == 0:
        raise OutsideDomain("a division by zero")
    return x / y


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
    if is_product(terms[0]) and all(type(term) is Ref or is_product(term) for term in terms):
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
    if type(node.exponent) is not Const or node.exponent.value.denominator != 1:
        raise TypeError(f"no value for {node!r}")
    root, exponent = compile_value(node.base, place), int(node.exponent.value)
    if exponent < 0:
        return lambda env: divide(fmpq(1), power(root(env), -exponent))
    return lambda env: power(root(env), exponent)


def _compiled_call(node: Call, place: Place) -> Evaluator:
    function, inputs = FUNCTIONS[node.function], [compile_value(arg, place) for arg in node.args]
    if len(inputs) == 1:
        only = inputs[0]
        return lambda env: function(only(env))
    return lambda env: function(*[part(env) for part in inputs])


def is_product(node: Node) -> bool:
    """Whether a formula is the product of two quantities."""
    if type(node) is not Mul or len(node.factors) != 2:
        return False
    left, right = node.factors
    return type(left) is Ref and type(right) is Ref


def _compiled_dot(terms: Sequence[Node], place: Place) -> Evaluator:
    """A weighted sum, which most of the work of a network is: products of two quantities first, then single ones."""
    products = [(place(t.factors[0].quantity), place(t.factors[1].quantity)) for t in terms if isinstance(t, Mul)]  # type: ignore[attr-defined]
    (left, right), *others = products
    singles = [place(term.quantity) for term in terms if isinstance(term, Ref)]

    def total(env: Environment) -> Number:
        result = times(env[left], env[right])
        for one, two in others:
            result = result + times(env[one], env[two])
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


# -- rounding ------------------------------------------------------------------------------------------------


HALF = fmpq(1, 2)
HALF_BALL = arb(HALF)


@cache
def power_of_ten(exponent: int) -> fmpz:
    return fmpz(10) ** exponent


@cache
def _ball_of_ten(exponent: int) -> arb:
    """The same as a ball, which is exact at any precision; balls are multiplied by balls much faster."""
    return arb(power_of_ten(exponent))


def _scaled(number: Number, decimals: int, ties: str) -> tuple[int, bool]:
    """The nearest integer to |number| * 10^decimals, and whether it is exactly that."""
    if isinstance(number, fmpq):
        magnitude = abs(number) * power_of_ten(decimals)
        if magnitude.q == 1:
            return int(magnitude.p), True
        raised = magnitude + HALF
        whole = raised.floor()
        if ties == "half_even" and raised == whole and int(whole) % 2:
            whole -= 1
        return int(whole), False
    floor = (abs(number * _ball_of_ten(decimals)) + HALF_BALL).floor().unique_fmpz()
    if floor is None:
        raise Undecided
    return int(floor), False


def decimal_text(scaled: int, decimals: int, negative: bool) -> str:
    """The decimal whose digits are `scaled`, with the point `decimals` places from the right; zero has no sign."""
    digits = str(scaled).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return f"-{text}" if negative and scaled else text


def show(number: Number, decimals: int, ties: str = "half_up") -> Shown:
    """The number as printed: in full when it ends within `decimals` places, rounded and marked otherwise.

    >>> show(fmpq(3775, 10000), 9)
    Shown(text='0.3775', exact=True)
    >>> show(fmpq(-1, 8), 2)
    Shown(text='-0.13', exact=False)
    >>> show(arb(1).exp(), 4)
    Shown(text='2.7183', exact=False)
    """
    return Shown(*shown_text(number, decimals, ties))


def shown_text(number: Number, decimals: int, ties: str = "half_up") -> tuple[str, bool]:
    """The text of the number as printed, and whether it is the number in full.

    Where even `TIE_DIGITS` digits do not tell to which side it rounds, it has one decimal more, which is certain.

    >>> with flint.ctx.workprec(2000):
    ...     shown_text(arb(2).sqrt() ** 2 / 16, 2), shown_text(arb(2).sqrt() ** 2 / 16, 3)
    (('0.125', False), ('0.125', False))
    """
    try:
        scaled, is_exact = _scaled(number, decimals, ties)
    except Undecided:
        if not _narrow(number):
            raise
        decimals += 1
        scaled, is_exact = _scaled(number, decimals, ties)
    # What is not rounded to 0 is certainly of one sign.
    text = decimal_text(scaled, decimals, negative=scaled != 0 and bool(number < 0))
    return (trim(text) if is_exact else text), is_exact


def _narrow(number: Number) -> bool:
    """Whether a ball is so narrow that a tie in it is taken for one."""
    return isinstance(number, arb) and bool(number.rad() < _NARROW)


def trim(text: str) -> str:
    """A decimal without the zeros that end it."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(number: Number, decimals: int, ties: str = "half_up") -> fmpq:
    """The exact value of the rounded decimal, for calculations that carry rounded numbers.

    >>> rounded(fmpq(-3555, 100000), 4)
    -89/2500
    """
    scaled, is_exact = _scaled(number, decimals, ties)
    if is_exact:
        assert isinstance(number, fmpq)
        return number
    return fmpq(-scaled if scaled and number < 0 else scaled, power_of_ten(decimals))


@cache
def half_unit(decimals: int) -> fmpq:
    """Half a unit of the last of `decimals` places, which is the most that rounding changes.

    >>> half_unit(2), half_unit(-3)
    (1/200, 500)
    """
    return fmpq(1, 2 * power_of_ten(decimals)) if decimals >= 0 else fmpq(power_of_ten(-decimals), 2)


def around(number: Number, radius: fmpq) -> arb:
    """Everything that is no further than `radius` from a number, or from a number in a ball."""
    return arb(number) + arb(0, radius)


@cache
def _rounding_error(decimals: int) -> arb:
    """Everything that rounding may add."""
    return arb(0, half_unit(decimals))


def widened(number: Number, decimals: int) -> Number:
    """Everything that a number can be once it may have been rounded to `decimals` places.

    A rational that ends within these places stays itself.
    """
    if isinstance(number, fmpq):
        if (number * power_of_ten(decimals)).q == 1:
            return number
        return arb(number) + _rounding_error(decimals)
    return number + _rounding_error(decimals)


def within(number: Number, other: Number, radius: Number) -> bool:
    """Whether two numbers are certainly no further apart than `radius`.

    >>> within(fmpq(1, 3), fmpq(33, 100), fmpq(1, 200))
    True
    """
    difference = number - other
    return bool(difference <= radius) and bool(-difference <= radius)


def middle(number: Number) -> fmpq:
    """The midpoint of a ball, which is a rational; a rational is its own.

    >>> middle(arb("0.5", "0.1"))
    1/2
    """
    if isinstance(number, fmpq):
        return number
    mantissa, exponent = number.mid().man_exp()
    return fmpq(mantissa) * fmpq(2) ** int(exponent)


def ends(number: Number, decimals: int, ties: str = "half_up") -> tuple[str, str]:
    """The smallest and the largest decimal that the numbers of a ball round to; empty texts when it has no bounds.

    >>> ends(arb("0.3", "0.04"), 1), ends(fmpq(1, 3), 2), ends(arb.pos_inf(), 1)
    (('0.3', '0.3'), ('0.33', '0.33'), ('', ''))
    """
    if isinstance(number, fmpq):
        text, _ = shown_text(number, decimals, ties)
        return text, text
    if not number.is_finite():
        return "", ""
    try:
        text, _ = shown_text(number, decimals, ties)
        return text, text
    except Undecided:
        pass  # the ends round to different decimals
    return shown_text(number.lower(), decimals, ties)[0], shown_text(number.upper(), decimals, ties)[0]


def plain(text: Decimal) -> str:
    """A decimal as its author wrote it, without an exponent.

    >>> plain(Decimal("0.10")), plain(Decimal("1E+2"))
    ('0.10', '100')
    """
    return format(text, "f")


def significant(number: Number, digits: int = 20, ties: str = "half_up") -> str:
    """The number to `digits` significant digits; an exact one that is shorter is given in full.

    Very small and very large numbers get an exponent. Where even `TIE_DIGITS` digits more do not tell to which side
    the last one rounds, there is one digit more, which is certain. Raises `Undecided` for what may be 0.

    >>> significant(fmpq(1, 3), 5), significant(fmpq(-5, 2), 5), significant(fmpq(99999951, 10), 7)
    ('0.33333', '-2.5', '9999995')
    """
    if not sign(number):
        return "0"
    try:
        return _significant(number, digits, ties)
    except Undecided:
        if isinstance(number, fmpq) or number.rel_accuracy_bits() < _BITS_OF_A_DIGIT * (digits + TIE_DIGITS):
            raise
        return _significant(number, digits + 1, ties)


def _significant(number: Number, digits: int, ties: str) -> str:
    with flint.ctx.workprec(FIRST_PRECISION):
        place = arb(number if number > 0 else -number).log_base(10)
        leading = place.floor().unique_fmpz()
        if leading is None:
            # At a power of ten: begin one place lower and see whether the rounding reaches it.
            leading = (place.mid() + fmpq(1, 2)).floor().unique_fmpz()
            leading = leading if leading is None else leading - 1
    if leading is None:
        raise Undecided
    for decimals in (digits - 1 - int(leading), digits - 2 - int(leading)):
        # Rounding can carry into a new leading digit (9.99 to 10.0), which costs one decimal.
        zeros = max(-decimals, 0)
        scaled, is_exact = _scaled(number / fmpz(10) ** zeros, max(decimals, 0), ties)
        if len(str(scaled)) <= digits:
            break
    exponent = len(str(scaled)) - 1 - decimals
    if abs(exponent) > MOST_ZEROS:
        mantissa = decimal_text(scaled, len(str(scaled)) - 1, negative=sign(number) < 0)
        return f"{trim(mantissa) if is_exact else mantissa}e{exponent}"
    text = decimal_text(scaled * 10**zeros, max(decimals, 0), negative=sign(number) < 0)
    return trim(text) if is_exact else text


def nearly_zero(number: Number) -> bool:
    """Whether a number is known to hundreds of places and may still be 0.

    >>> with flint.ctx.workprec(2000):
    ...     nearly_zero(arb(2).sqrt() ** 2 - 2), nearly_zero(fmpq(0)), nearly_zero(arb(2))
    (True, False, False)
    """
    return isinstance(number, arb) and number.contains(0) and _narrow(number)


def certain(number: Number, digits: int, ties: str = "half_up") -> str:
    """A number to as many of some significant digits as its ball allows, or how far from 0 it is at most.

    >>> certain(arb("1.2345", "0.0003"), 4), certain(arb(0, "1e-40"), 20)
    ('1.23', '0±1e-39')
    """
    for fewer in range(digits, 0, -1):
        with suppress(Undecided):
            return significant(number, fewer, ties)
    with flint.ctx.workprec(FIRST_PRECISION):
        exponent = arb(number).abs_upper().log_base(10).upper()
    return f"0±1e{int(middle(exponent).ceil())}"


def decimals_of(text: str) -> int:
    """The number of decimals of a printed number.

    >>> decimals_of("0.125"), decimals_of("3")
    (3, 0)
    """
    return len(text.partition(".")[2])


def with_precision(compute: Callable[[], T], start: int = FIRST_PRECISION) -> T:
    """`compute()` at the lowest precision, of those doubled from `start`, that decides everything it asks."""
    precision = start
    while True:
        try:
            with flint.ctx.workprec(precision):
                return compute()
        except Undecided:
            precision *= 2
            if precision > LAST_PRECISION:
                raise
