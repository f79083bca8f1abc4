"""What is printed means what was to be printed: random formulas are printed, read back and evaluated."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import mpmath
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf
from readback import Unreadable, read_line, read_tex, read_text
from trees import ENVIRONMENTS, QUANTITIES, TREES, Unfit, meaning, rational

from derive.expression import (
    HALF,
    ONE,
    TWO,
    Add,
    Const,
    Div,
    Group,
    Mul,
    Neg,
    Node,
    Pow,
    Ref,
    Shown,
    add,
    call,
    mul,
    replace,
    sub,
)
from derive.formula import LINE_WIDTH, Line, Printer, Tex, Text, lay_out
from derive.notation import NOTATIONS, Namer, Shape
from derive.numbers import compile_value
from derive.quantity import Quantity

SHAPE = Shape((2, 2, 2))
DIALECTS = {"tex": (Tex(), read_tex), "text": (Text(), read_text)}
TRIES, COMPARED = 800, 700


def names(namer: Namer, which: str, numbers: dict[Quantity, Any]) -> dict[str, Any]:
    return {getattr(namer(quantity), which): number for quantity, number in numbers.items()}


def test_random_formulas_read_back() -> None:
    """In letters and with numbers put in, each has its tree's value: signs, brackets, quotients, powers."""
    namers = [Namer(NOTATIONS[notation], SHAPE) for notation in ("mazur", "standard", "rohan")]
    compared = 0

    @settings(max_examples=TRIES)
    @given(tree=TREES, printed=ENVIRONMENTS, namer=st.sampled_from(namers))
    def check(tree: Node, printed: dict[Quantity, Shown], namer: Namer) -> None:
        nonlocal compared
        numbers = {quantity: mpf(shown.text) for quantity, shown in printed.items()}
        try:
            expected = meaning(tree, numbers)
        except Unfit:
            return
        value = arb(compile_value(tree)({quantity: rational(shown) for quantity, shown in printed.items()}))
        assert abs(value - arb(str(expected))) <= 1e-25 * max(1, abs(value))
        for which, (dialect, read) in DIALECTS.items():
            printer = Printer(dialect, namer)
            letters, digits = printer(tree), printer(replace(tree, printed.__getitem__))
            for text, known in ((letters, names(namer, which, numbers)), (digits, {})):
                assert abs(read(text, known) - expected) <= mpf(10) ** -25 * max(1, abs(expected)), text
        compared += 1

    with mpmath.workdps(60), flint.ctx.workprec(250):
        check()
    assert compared >= COMPARED


W, NEW, OUT, NET = (Ref(q) for q in (QUANTITIES[0], QUANTITIES[1], QUANTITIES[4], QUANTITIES[6]))
MINUS, PLUS = Shown("-0.5", True), Shown("0.25", True)

# (formula, TeX, text) in Mazur's letters
PRINTED: list[tuple[Node, str, str]] = [
    (sub(W, MINUS), "w_{5} - (-0.5)", "w5 - (-0.5)"),
    (add(W, MINUS), "w_{5} + (-0.5)", "w5 + (-0.5)"),
    (add(MINUS, W), "-0.5 + w_{5}", "-0.5 + w5"),
    (mul(MINUS, PLUS), r"(-0.5) \cdot 0.25", "(-0.5)*0.25"),
    (mul(PLUS, MINUS), r"0.25 \cdot (-0.5)", "0.25*(-0.5)"),
    (Pow(MINUS, TWO), "(-0.5)^{2}", "(-0.5)^2"),
    (Neg(Pow(W, TWO)), "-w_{5}^{2}", "-w5^2"),
    (Pow(Neg(W), TWO), "(-w_{5})^{2}", "(-w5)^2"),
    (Neg(add(W, OUT)), r"-(w_{5} + \mathrm{out}_{h1})", "-(w5 + out_h1)"),
    (sub(ONE, sub(ONE, W)), "1 - (1 - w_{5})", "1 - (1 - w5)"),
    (mul(W, sub(ONE, W)), r"w_{5}\,(1 - w_{5})", "w5*(1 - w5)"),
    (
        Div(W, Div(OUT, NET)),
        r"\frac{w_{5}}{\frac{\mathrm{out}_{h1}}{\mathrm{net}_{h1}}}",
        "w5/(out_h1/net_h1)",
    ),
    (Div(MINUS, W), r"\frac{-0.5}{w_{5}}", "(-0.5)/w5"),
    (
        mul(HALF, Pow(sub(W, OUT), TWO)),
        r"\frac{1}{2}\,(w_{5} - \mathrm{out}_{h1})^{2}",
        "(1/2)*(w5 - out_h1)^2",
    ),
    (Neg(Neg(W)), "-(-w_{5})", "-(-w5)"),
    (Const(Fraction(-1, 2)), r"-\frac{1}{2}", "-1/2"),
    (call("exp", Neg(W)), "e^{-w_{5}}", "exp(-w5)"),
    (Pow(call("exp", W), TWO), r"(e^{w_{5}})^{2}", "exp(w5)^2"),
    (Mul((W, Neg(OUT))), r"w_{5} \cdot (-\mathrm{out}_{h1})", "w5*(-out_h1)"),
]


@pytest.mark.parametrize(("node", "tex", "text"), PRINTED)
def test_brackets_and_signs(node: Node, tex: str, text: str) -> None:
    """Both spellings read back; the plain one is spelt exactly so, the TeX one up to the room it leaves."""
    namer = Namer(NOTATIONS["mazur"], SHAPE)
    numbers = {quantity: mpf(k + 2) / 7 for k, quantity in enumerate(QUANTITIES)}
    assert Printer(Text(), namer)(node) == text
    for which, (dialect, read) in DIALECTS.items():
        expected = meaning(node, numbers)
        for printed in (Printer(dialect, namer)(node), tex if which == "tex" else text):
            assert abs(read(printed, names(namer, which, numbers)) - expected) < 1e-12, printed


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda q: q.id)
def test_powers_of_names_with_superscripts(notation: str, quantity: Quantity) -> None:
    """TeX refuses two superscripts; a name that has one, or is a fraction, is squared in brackets."""
    namer = Namer(NOTATIONS[notation], SHAPE)
    printed = Printer(Tex(), namer)(Pow(Ref(quantity), TWO))
    assert read_tex(printed, {namer(quantity).tex: mpf(3)}) == 9


# -- the reader itself -----------------------------------------------------------------------------

NAMES = {
    "x": mpf(3),
    "y": mpf(-2),
    r"\eta": mpf("0.5"),
    "w_{1}": mpf(7),
    "w_{1}^{+}": mpf(11),
    "a^{(1)}_{2}": mpf(5),
}

# (TeX, value, or None where it must not be read)
TEX = [
    ("x + y", 1),
    ("-x^{2}", -9),
    ("(-x)^{2}", 9),
    (r"2 \cdot x - y", 8),
    (r"2\,x\,(1 - y)", 18),
    (r"\frac{x}{2} - \frac{1}{-y}", 1),
    ("w_{1}^{+} - w_{1}", 4),
    ("w_{1}^{2}", 49),
    (r"(w_{1}^{+})^{2}", 121),
    (r"\left(a^{(1)}_{2}\right)^{2}", 25),
    (r"\eta\,x", 1.5),
    (r"e^{x - 3}", 1),
    (r"\ln 1 + \ln(1)", 0),
    (r"\max(0,\, y,\, x)", 3),
    (r"\lvert y \rvert + \operatorname{sign}(y)", 1),
    (r"\begin{cases} x & \text{if } y > 0 \\ 0 & \text{if } y \le 0 \end{cases}", 0),
    (r"\begin{bmatrix} 1 & x \end{bmatrix}\,\begin{bmatrix} 1 \\ y \end{bmatrix}", -5),
    (r"\begin{bmatrix} 1 \\ x \end{bmatrix}^{\mathsf{T}}\,\begin{bmatrix} 1 \\ y \end{bmatrix}", -5),
    ("x + -y", None),
    (r"2 \cdot -x", None),
    ("2 x", None),
    ("x y", None),
    ("w_{1}^{+}^{2}", None),
    ("a^{(1)}_{2}^{2}", None),
    ("x^{2}^{2}", None),
    ("x_{2}", None),
    (r"\etax", None),
    ("(x", None),
    ("x)", None),
    (r"\left(x)", None),
    (r"\frac{x}", None),
    ("", None),
    ("q", None),
    ("1.2.3", None),
    (r"\ln x^{2}", None),
    (r"\frac{1}{2}^{2}", None),
]


@pytest.mark.parametrize(("text", "expected"), TEX)
def test_the_reader_of_tex(text: str, expected: float | None) -> None:
    if expected is None:
        with pytest.raises(Unreadable):
            read_tex(text, NAMES)
    else:
        value = read_tex(text, NAMES)
        assert abs((value[0, 0] if isinstance(value, mpmath.matrix) else value) - expected) < 1e-12


# (text, value, or None where it must not be read)
PLAIN = [
    ("x - y*2", 7),
    ("-x^2", -9),
    ("x/2/3", 0.5),
    ("x/(2/3)", 4.5),
    ("x^(-1)", 1 / 3),
    ("max(0, y) + exp(0) + ln(1) + abs(y) + sign(y) + tanh(0)", 2),
    ("{x if y > 0; 0 if y <= 0}", 0),
    ("x^-1", None),
    ("x*-y", None),
    ("x^2^2", None),
    ("xy", None),
    ("x y", None),
    ("sin(x)", None),
    ("{x if y > 0; 0 if y > 1}", None),
]


@pytest.mark.parametrize(("text", "expected"), PLAIN)
def test_the_reader_of_plain_text(text: str, expected: float | None) -> None:
    if expected is None:
        with pytest.raises(Unreadable):
            read_text(text, NAMES)
    else:
        assert abs(read_text(text, NAMES) - expected) < 1e-12


def test_the_reader_of_lines() -> None:
    line = read_line(r"x^{2} = 3 \cdot 3 = 9 \approx 9.1", NAMES)
    assert [(sign, float(value)) for sign, value in line] == [("", 9), ("=", 9), ("=", 9), ("≈", 9.1)]


def test_the_reader_notices_what_is_missing() -> None:
    """A bracket or sign left out of any of the table's lines gives another value or cannot be read."""
    namer = Namer(NOTATIONS["mazur"], SHAPE)
    numbers = {quantity: mpf(k + 2) / 7 for k, quantity in enumerate(QUANTITIES)}
    spoilt = 0
    for node, tex, text in PRINTED:
        if text in (
            "(-0.5)*0.25",
            "(-0.5)^2",
            "(-w5)^2",
            "(-0.5)/w5",
        ):  # where brackets or sign make no difference
            continue
        for read, which, line in ((read_tex, "tex", tex), (read_text, "text", text)):
            for bare in {line.replace("(", "").replace(")", ""), line.replace("-", "", 1)} - {line}:
                spoilt += 1
                assert not _same(read, bare, names(namer, which, numbers), meaning(node, numbers)), bare
    assert spoilt > 40


def _same(read: Callable[..., Any], line: str, known: dict[str, Any], expected: mpf) -> bool:
    try:
        return bool(abs(read(line, known) - expected) < 1e-12)
    except Unreadable:
        return False


def test_nested_sums_and_products_keep_their_brackets() -> None:
    """Trees that the makers of derive's own formulas never build are printed rightly all the same."""
    namer = Namer(NOTATIONS["mazur"], SHAPE)
    numbers = {quantity: mpf(k + 2) / 7 for k, quantity in enumerate(QUANTITIES)}
    nested = [
        Add((W, Add((Neg(OUT), NET)))),
        Add((Add((W, OUT)), NET)),
        Add((W, Neg(Add((OUT, NET))))),
        Mul((W, Mul((OUT, NET)))),
        Mul((Div(W, OUT), Div(OUT, NET))),
        Pow(Div(W, OUT), TWO),
        Pow(Pow(W, TWO), TWO),
        Pow(Mul((W, OUT)), TWO),
        Div(Mul((W, OUT)), Mul((OUT, NET))),
        Div(Add((W, OUT)), Neg(NET)),
        Group(Group(W)),
        Pow(Group(W), TWO),
        Mul((HALF, W)),
        Mul((W, Const(Fraction(-1, 2)))),
        Pow(HALF, TWO),
        Pow(NEW, TWO),
    ]
    for which, (dialect, read) in DIALECTS.items():
        for node in nested:
            printed = Printer(dialect, namer)(node)
            assert abs(read(printed, names(namer, which, numbers)) - meaning(node, numbers)) < 1e-12, printed


def test_a_long_sum_above_the_bar_of_a_fraction_fits_the_page() -> None:
    """It is written beside the fraction, where a row may begin at a sign, and means the same."""
    namer = Namer(NOTATIONS["mazur"], SHAPE)
    numbers = {quantity: mpf(k + 2) / 7 for k, quantity in enumerate(QUANTITIES)}
    long = Add(tuple(Mul((Neg(W), call("ln", OUT), sub(ONE, NET))) for _ in range(6)))
    printer = Printer(Tex(), namer)
    for node in (Div(long, Const(Fraction(3))), Div(Mul((HALF, long)), NET), Mul((W, Div(long, TWO)))):
        rows = lay_out(Line(Ref(Quantity("loss")), (("=", node),)), printer)
        assert len(rows) > 1
        assert all(row.left_width + row.right_width <= LINE_WIDTH + 1 for row in rows), node
        (_, *right) = "".join(row.right for row in rows).split("=")
        whole = "".join(right).replace(r"\quad ", "").replace(r"\bigl", "").replace(r"\bigr", "")
        assert abs(read_tex(whole, names(namer, "tex", numbers)) - meaning(node, numbers)) < 1e-9, whole
