"""Numbers: exact where they can be, proven where they cannot, rounded in one way only."""

import random
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

import flint
import mpmath
import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import solve
from derive.activations import ACTIVATIONS
from derive.expression import ONE, TWO, ZERO, Div, Node, Pow, Ref, Shown, Var, bind, call, const, sub
from derive.numbers import (
    LAST_PRECISION,
    OutsideDomain,
    Undecided,
    compile_value,
    exact,
    plain,
    rounded,
    show,
    sign,
    significant,
    with_precision,
)
from derive.quantity import Quantity
from derive.reading import example_names

UP, EVEN = "half_up", "half_even"
X = Quantity("x")


def rational(text: str) -> fmpq:
    value = Fraction(text)
    return fmpq(value.numerator, value.denominator)


# (number, decimals, ties, printed, is that the number itself?)
ROUNDED = [
    ("0.125", 2, UP, "0.13", False),
    ("0.125", 2, EVEN, "0.12", False),
    ("0.375", 2, EVEN, "0.38", False),
    ("2.675", 2, UP, "2.68", False),
    ("2.665", 2, EVEN, "2.66", False),
    ("2.6650000000000000000000000000001", 2, EVEN, "2.67", False),
    ("2.6649999999999999999999999999999", 2, UP, "2.66", False),
    ("-0.125", 2, UP, "-0.13", False),
    ("-0.5", 0, UP, "-1", False),
    ("-0.5", 0, EVEN, "0", False),
    ("0.5", 0, UP, "1", False),
    ("1.5", 0, EVEN, "2", False),
    ("2.5", 0, EVEN, "2", False),
    ("2.5", 0, UP, "3", False),
    ("9.995", 2, UP, "10.00", False),
    ("-9.995", 2, UP, "-10.00", False),
    ("999.9999", 3, UP, "1000.000", False),
    ("-0.004", 2, UP, "0.00", False),
    ("-1/3000000", 4, UP, "0.0000", False),
    ("0", 3, UP, "0", True),
    ("-0.0", 3, UP, "0", True),
    ("0.10", 3, UP, "0.1", True),
    ("100", 0, UP, "100", True),
    ("100", 3, UP, "100", True),
    ("-2.50", 2, UP, "-2.5", True),
    ("1/3", 4, UP, "0.3333", False),
    ("2/3", 4, UP, "0.6667", False),
    ("-2/3", 0, UP, "-1", False),
    ("0.3775", 9, UP, "0.3775", True),
    ("12345678901234567890.5", 1, UP, "12345678901234567890.5", True),
    ("1/1024", 10, UP, "0.0009765625", True),
    ("1/1024", 9, UP, "0.000976563", False),
    ("1/1024", 9, EVEN, "0.000976562", False),
]


@pytest.mark.parametrize(("text", "decimals", "ties", "printed", "is_exact"), ROUNDED)
def test_rounding(text: str, decimals: int, ties: str, printed: str, is_exact: bool) -> None:
    number = rational(text)
    assert show(number, decimals, ties) == Shown(printed, is_exact)
    assert rounded(number, decimals, ties) == exact(Decimal(printed))
    if not is_exact and "1/3" not in text and "2/3" not in text and (2 * number * 10**decimals).q != 1:
        with flint.ctx.workprec(200):  # no tie, so a narrow ball around it is printed in the same way
            assert show(arb(number), decimals, ties) == Shown(printed, False)


@pytest.mark.parametrize("ties", [UP, EVEN])
@settings(max_examples=500)
@given(data=st.data())
def test_rounding_like_the_decimal_module(ties: str, data: st.DataObject) -> None:
    """Any decimal, half of them ties."""
    decimals = data.draw(st.integers(0, 12))
    whole = data.draw(st.integers(-(10**18), 10**18))
    more = data.draw(st.sampled_from(["", "5", "50", "500", "51", "49", "4999999", "5000001"]))
    text = f"{whole}{more}e-{decimals + len(more)}"
    with localcontext(prec=80):
        quantum = Decimal(1).scaleb(-decimals)
        mode = ROUND_HALF_UP if ties == UP else ROUND_HALF_EVEN
        expected = Decimal(text).quantize(quantum, mode)
        got = show(exact(Decimal(text)), decimals, ties)
        assert Decimal(got.text) == expected
        assert got.exact == (expected == Decimal(text))
        assert exact(expected) == rounded(exact(Decimal(text)), decimals, ties)
    assert not got.text.startswith("-") or Decimal(got.text) < 0
    assert got.exact or len(got.text.partition(".")[2]) == decimals


@settings(max_examples=500)
@given(st.fractions(), st.integers(0, 15))
def test_equals_sign_only_for_exact_numbers(value: Fraction, decimals: int) -> None:
    """`exact` is said of a number exactly when the text is its value; otherwise it is within half a unit."""
    shown = show(fmpq(value.numerator, value.denominator), decimals)
    text = Fraction(shown.text)
    assert shown.exact == (text == value)
    assert abs(text - value) <= Fraction(1, 2 * 10**decimals)


def ball(middle: str, radius: float) -> arb:
    return arb(arb(rational(middle)), radius)


# (what is asked of a ball that is too wide to answer)
UNDECIDED: list[tuple[str, Callable[[], Any]]] = [
    ("a tie", lambda: show(ball("0.125", 1e-30), 2)),
    ("a negative tie", lambda: show(ball("-0.125", 1e-30), 2)),
    ("an even tie", lambda: show(ball("2.5", 1e-30), 0, EVEN)),
    ("a carried tie", lambda: rounded(ball("2.675", 1e-20), 2)),
    ("several decimals", lambda: show(ball("0.5", 0.2), 1)),
    ("the sign", lambda: sign(ball("0", 1e-10))),
    ("the sign of nearly nothing", lambda: sign(ball("1e-20", 1e-10))),
    ("significant digits", lambda: significant(ball("1/3", 1e-10), 15)),
    ("a divisor", lambda: compile_value(Div(ONE, Ref(X)))({X: ball("0", 1e-10)})),
    ("a logarithm", lambda: compile_value(call("ln", Ref(X)))({X: ball("0", 1e-10)})),
    (
        "a case",
        lambda: compile_value(bind(ACTIVATIONS["relu"].derivative, {"z": Ref(X)}))({X: ball("0", 1e-10)}),
    ),
]


@pytest.mark.parametrize(("what", "ask"), UNDECIDED)
def test_balls_that_do_not_decide(what: str, ask: Callable[[], Any]) -> None:
    """A ball that straddles a tie, a corner or zero is never rounded, compared or divided by at a guess."""
    with pytest.raises(Undecided):
        ask()


@pytest.mark.parametrize(
    ("number", "decimals", "printed"),
    [
        (("0.1250000001", 1e-11), 2, "0.13"),
        (("0.1249999999", 1e-11), 2, "0.12"),
        (("-0.1250000001", 1e-11), 2, "-0.13"),
        (("0", 1e-10), 4, "0.0000"),
        (("-1e-8", 1e-9), 4, "0.0000"),
        (("9.9951", 1e-9), 2, "10.00"),
    ],
)
def test_balls_that_decide(number: tuple[str, float], decimals: int, printed: str) -> None:
    assert show(ball(*number), decimals) == Shown(printed, False)


def test_precision_is_doubled_until_it_decides() -> None:
    """exp(1) minus its first 100 digits needs more than the first precision; a hidden zero never decides."""
    with mpmath.workdps(130):
        text = mpmath.nstr(mpmath.e, 101)
    asked: list[int] = []

    def difference() -> int:
        asked.append(flint.ctx.prec)
        return sign(arb(1).exp() - exact(Decimal(text)))

    before = flint.ctx.prec
    assert with_precision(difference, start=64) in (-1, 1)
    assert asked == [64, 128, 256, 512][: len(asked)] and len(asked) >= 3
    asked.clear()

    def nothing() -> int:
        asked.append(flint.ctx.prec)
        return sign(arb(2).log() * 2 - arb(4).log())

    with pytest.raises(Undecided):
        with_precision(nothing)
    assert asked[-1] == LAST_PRECISION
    assert flint.ctx.prec == before


# (number, digits, printed)
SIGNIFICANT = [
    ("0", 5, "0"),
    ("1", 5, "1"),
    ("-1", 5, "-1"),
    ("10", 1, "10"),
    ("0.1", 1, "0.1"),
    ("0.001", 3, "0.001"),
    ("1/3", 5, "0.33333"),
    ("2/3", 5, "0.66667"),
    ("-200/3", 3, "-66.7"),
    ("2000000/3", 3, "667000"),
    ("9.9995", 4, "10.00"),
    ("0.00099996", 4, "0.001000"),
    ("99999951/10", 7, "9999995"),
    ("99999.95", 6, "100000"),
    ("1/7", 20, "0.14285714285714285714"),
    ("-0.0000012345", 20, "-0.0000012345"),
    ("123456", 3, "123000"),
    ("0.125", 2, "0.13"),
]


@pytest.mark.parametrize(("text", "digits", "printed"), SIGNIFICANT)
def test_significant_digits(text: str, digits: int, printed: str) -> None:
    assert significant(rational(text), digits) == printed


def test_significant_digits_like_mpmath() -> None:
    """Random balls and rationals of every size, against mpmath and the decimal module."""
    source = random.Random(7)
    compared = 0
    for _ in range(1500):
        top, bottom = source.randint(-(10**12), 10**12), source.randint(1, 10**12)
        digits = source.randint(1, 25)
        power = source.randint(-30, 30)
        for function in (None, "exp"):
            if function and abs(top) > 50 * bottom:
                continue
            number = fmpq(top, bottom) if function else fmpq(top, bottom) * fmpq(10) ** power
            with mpmath.workdps(80), localcontext(prec=digits, rounding=ROUND_HALF_UP):
                value = mpmath.mpf(top) / bottom
                value = value * mpmath.mpf(10) ** power if function is None else mpmath.exp(value)
                expected = +Decimal(mpmath.nstr(value, 70))
            text = with_precision(lambda: significant(arb(number).exp() if function else number, digits))  # noqa: B023
            assert Decimal(text) == expected
            compared += 1
            if function and "." in text:
                assert len(text.replace(".", "").replace("-", "").lstrip("0")) == digits
    assert compared > 1800


@pytest.mark.parametrize(("middle", "printed"), [("1", "1"), ("-1", "-1"), ("10", "10"), ("1/1000", "0.001")])
def test_significant_digits_at_a_power_of_ten(middle: str, printed: str) -> None:
    """A ball around a power of ten, such as the softmax of a single unit, has digits that are certain."""
    with flint.ctx.workprec(192):
        text = significant(ball(middle, 1e-50), 20)
    assert Decimal(text) == Decimal(printed)


def test_the_largest_of_balls_that_overlap() -> None:
    """Which is larger may be open; the ball of the result holds it in either case."""
    for middle, radius in (("0", 1e-10), ("1e-11", 1e-10), ("-1e-11", 1e-10)):
        value = compile_value(call("max", ZERO, Ref(X)))({X: ball(middle, radius)})
        assert value.contains(0) and value.contains(ball(middle, radius).upper()) and value.rad() < 1e-9


def test_powers_of_balls_around_zero() -> None:
    """A difference that cancels can be squared: the square is a small ball, not an undefined number."""
    for exponent in (2, 3, 4):
        value = compile_value(Pow(Ref(X), const(exponent)))({X: ball("0", 1e-20)})
        assert value.is_finite() and value.contains(0) and abs(value) < 1e-15


def zero_in(name: str) -> Node:
    return bind(ACTIVATIONS[name].put_in({}).definition, {"z": ZERO})


# (formula, the rational that it is exactly)
EXACTLY = [
    (zero_in("sigmoid"), "1/2"),
    (zero_in("tanh"), "0"),
    (zero_in("relu"), "0"),
    (zero_in("leaky_relu"), "0"),
    (zero_in("linear"), "0"),
    (call("exp", ZERO), "1"),
    (call("exp", sub(ONE, ONE)), "1"),
    (call("ln", ONE), "0"),
    (call("tanh", ZERO), "0"),
    (call("abs", const(-3)), "3"),
    (call("sign", const(-3)), "-1"),
    (call("sign", ZERO), "0"),
    (call("max", const(-3), ZERO, TWO), "2"),
    (Pow(Div(ONE, TWO), const(3)), "1/8"),
    (Pow(TWO, const(-2)), "1/4"),
    (Pow(call("exp", ONE), ZERO), "1"),
]


@pytest.mark.parametrize(("formula", "expected"), EXACTLY)
def test_exact_values_stay_exact(formula: Node, expected: str) -> None:
    value = compile_value(formula)({})
    assert value == rational(expected)
    assert isinstance(value, fmpq) or isinstance(formula, Pow)


@pytest.mark.parametrize("formula", [call("exp", ONE), call("ln", TWO), call("tanh", ONE), zero_in("softplus")])
def test_transcendental_values_are_balls(formula: Node) -> None:
    value = compile_value(formula)({})
    assert isinstance(value, arb) and not show(value, 9).exact


@pytest.mark.parametrize(
    "formula",
    [call("ln", ZERO), call("ln", const(-1)), Div(ONE, ZERO), Pow(ZERO, const(-1)), Div(ZERO, ZERO)],
)
def test_values_that_do_not_exist(formula: Node) -> None:
    with pytest.raises(OutsideDomain):
        compile_value(formula)({})


@pytest.mark.parametrize("formula", [Var("z"), call("tan", ONE), Shown("1", True)])
def test_formulas_without_a_value_are_refused(formula: Node) -> None:
    with pytest.raises((TypeError, KeyError)):
        compile_value(formula)


@pytest.mark.parametrize(
    ("text", "written"),
    [("0.10", "0.10"), ("1E+2", "100"), ("-0.050", "-0.050"), ("3", "3"), ("1e-7", "0.0000001"), ("0", "0")],
)
def test_given_numbers_keep_their_digits(text: str, written: str) -> None:
    assert plain(Decimal(text)) == written


@pytest.mark.parametrize("name", example_names("networks"))
def test_exact_marks_of_the_examples(name: str) -> None:
    """Every number of every example: `=` exactly where the printed decimal is the rational value itself."""
    values = solve(name).exact
    marks = {True: 0, False: 0}
    for quantity, number in values.numbers.items():
        shown = values.shown(quantity)
        marks[shown.exact] += 1
        assert shown.exact == (isinstance(number, fmpq) and number == exact(Decimal(shown.text))), quantity.id
        assert Decimal(shown.text) != 0 or not shown.text.startswith("-")
        if not shown.exact:
            half = fmpq(1, 2) / fmpq(10) ** values.policy.shown_places(quantity)
            with flint.ctx.workprec(192):
                assert -half <= number - exact(Decimal(shown.text)) <= half, quantity.id
    assert marks[True] > 0 and marks[False] > 0
