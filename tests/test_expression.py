"""The trees of formulas: substitution changes leaves and nothing else, and an unknown part is an error."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import mpmath
import pytest
import sympy
from flint import arb
from hypothesis import given, settings
from mpmath import mpf
from trees import ENVIRONMENTS, QUANTITIES, TREES, Unfit, meaning, rational

from derive import expression
from derive.expression import (
    HALF,
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    Add,
    Apply,
    Blank,
    Branch,
    Call,
    Cases,
    Const,
    Digits,
    Div,
    Group,
    Hadamard,
    Letter,
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
    Slot,
    SumOver,
    Transpose,
    Var,
    Wording,
    Written,
    add,
    bind,
    call,
    children,
    const,
    leaves,
    mul,
    quantities,
    replace,
    size,
    sub,
    transform,
)
from derive.formula import Printer, Tex, Text
from derive.notation import NOTATIONS, Namer, Shape
from derive.numbers import compile_value
from derive.quantity import Quantity
from derive.symbolic import from_sympy, symbol, to_sympy

X, Y = Var("x"), Var("y")
W, A = Ref(QUANTITIES[0]), Ref(QUANTITIES[4])

# One formula of every kind: (formula, its direct parts, number of leaves)
EVERY_KIND: list[tuple[Node, tuple[Node, ...], int]] = [
    (ONE, (), 1),
    (Digits(Fraction(1, 2), 1), (), 1),
    (Written(Fraction(1, 100), "0.01"), (), 1),
    (W, (), 1),
    (X, (), 1),
    (Shown("0.5", True), (), 1),
    (Slot("", True, 3), (), 1),
    (Blank(Slot("", False, 3)), (), 1),
    (Wording("otherwise"), (), 1),
    (MatrixName("W", 1), (), 1),
    (Add((X, Y, W)), (X, Y, W), 3),
    (Mul((X, Y)), (X, Y), 2),
    (Neg(X), (X,), 1),
    (Group(X), (X,), 1),
    (Div(X, Y), (X, Y), 2),
    (Pow(X, TWO), (X, TWO), 2),
    (Call("max", (ZERO, X)), (ZERO, X), 2),
    (Cases((Branch(X, Y, ">", ZERO), Branch(ZERO, Y, "<=", ZERO))), (X, Y, ZERO, ZERO, Y, ZERO), 6),
    (Partial(W, A), (W, A), 2),
    (Apply(Letter("f", "f"), X, 1), (X,), 1),
    (SumOver("k", "n", X), (X,), 1),
    (Matrix(((X, Y), (Y, X))), (X, Y, Y, X), 4),
    (MatMul((MatrixName("W", 1), MatrixName("a", 0))), (MatrixName("W", 1), MatrixName("a", 0)), 2),
    (Hadamard((X, Y)), (X, Y), 2),
    (Transpose(X), (X,), 1),
]


def test_every_kind_of_formula_is_in_the_table() -> None:
    kinds = {kind for kind in vars(expression).values() if isinstance(kind, type) and issubclass(kind, Node)}
    assert {type(formula) for formula, _, _ in EVERY_KIND} == kinds - {Node}
    assert len(EVERY_KIND) == 25


@pytest.mark.parametrize(("formula", "parts", "count"), EVERY_KIND)
def test_parts(formula: Node, parts: tuple[Node, ...], count: int) -> None:
    """Parts come in the order in which they are written; leaves are counted; nothing changed is equal."""
    assert children(formula) == parts
    assert size(formula) == len(list(leaves(formula))) == count
    assert transform(formula, lambda leaf: leaf) == formula


@pytest.mark.parametrize(("formula", "parts", "count"), EVERY_KIND)
def test_every_kind_is_printed(formula: Node, parts: tuple[Node, ...], count: int) -> None:
    namer = Namer(NOTATIONS["standard"], Shape((2, 2, 2)))
    for dialect in (Tex(), Text()):
        printed = Printer(dialect, namer)(formula)
        assert printed.strip() == printed != ""
        assert printed.count("{") == printed.count("}") and printed.count("(") == printed.count(")")


@dataclass(frozen=True, slots=True)
class Stranger(Node):
    """A kind of formula that nothing knows."""


@pytest.mark.parametrize(
    "use",
    [
        children,
        size,
        lambda node: transform(node, lambda leaf: leaf),
        compile_value,
        to_sympy,
        lambda node: Printer(Tex(), Namer(NOTATIONS["standard"], Shape((1, 1))))(node),
    ],
)
def test_an_unknown_formula_is_refused(use: Any) -> None:
    for node in (Stranger(), add(ONE, Stranger())) if use is not children else (Stranger(),):
        with pytest.raises(TypeError, match="Stranger"):
            use(node)


# (made, expected)
MADE = [
    (add(X, add(Y, W), A), Add((X, Y, W, A))),
    (add(X), X),
    (mul(X, mul(Y, W)), Mul((X, Y, W))),
    (mul(X), X),
    (mul(add(X, Y), W), Mul((Add((X, Y)), W))),
    (add(mul(X, Y), W), Add((Mul((X, Y)), W))),
    (sub(X, Y), Add((X, Neg(Y)))),
    (sub(X, add(Y, W)), Add((X, Neg(Add((Y, W)))))),
    (const(3), Const(Fraction(3))),
    (const(Fraction(1, 2)), HALF),
    (const(-1), MINUS_ONE),
    (call("max", ZERO, X), Call("max", (ZERO, X))),
    (bind(mul(X, Pow(Y, TWO)), {"x": W, "y": add(W, A)}), Mul((W, Pow(Add((W, A)), TWO)))),
    (bind(X, {"y": W}), X),
    (bind(add(X, Y), {"x": Y, "y": X}), Add((Y, X))),
    (
        replace(sub(W, A), lambda q: Shown("-0.5", True) if q.kind == "W" else None),
        sub(Shown("-0.5", True), A),
    ),
    (replace(Partial(W, A), lambda q: Shown("1", True)), Partial(W, A)),
]


@pytest.mark.parametrize(("made", "expected"), MADE)
def test_making(made: Node, expected: Node) -> None:
    """Nested sums and products are spliced; all variables are replaced at once; names of derivatives stay."""
    assert made == expected


@settings(max_examples=300)
@given(tree=TREES, printed=ENVIRONMENTS)
def test_substitution_changes_leaves_only(tree: Node, printed: dict[Quantity, Shown]) -> None:
    filled = replace(tree, printed.__getitem__)
    assert quantities(filled) == []
    assert size(filled) == size(tree)
    before, after = list(leaves(tree)), list(leaves(filled))
    assert [printed[leaf.quantity] if isinstance(leaf, Ref) else leaf for leaf in before] == after
    back = iter(before)
    assert transform(filled, lambda _: next(back)) == tree
    assert quantities(tree) == list(dict.fromkeys(leaf.quantity for leaf in before if isinstance(leaf, Ref)))


@settings(max_examples=250)
@given(tree=TREES, printed=ENVIRONMENTS)
def test_values_in_three_worlds(tree: Node, printed: dict[Quantity, Shown]) -> None:
    """mpmath on the tree, the ball arithmetic of `numbers` and SymPy by way of `calculus` agree."""
    with mpmath.workdps(50), flint.ctx.workprec(250):
        try:
            expected = meaning(tree, {quantity: mpf(shown.text) for quantity, shown in printed.items()})
        except Unfit:
            return
        tolerance = mpf(10) ** -25 * max(1, abs(expected))
        environment = {quantity: rational(shown) for quantity, shown in printed.items()}
        ball = arb(compile_value(tree)(environment))
        assert abs(mpf(ball.mid().str(45, radius=False)) - expected) <= tolerance
        put_in = {symbol(quantity): sympy.Rational(shown.text) for quantity, shown in printed.items()}
        value = to_sympy(tree).subs(put_in)
        assert abs(mpf(str(sympy.N(value, 45))) - expected) <= tolerance


# (formula in x, that SymPy differentiates to one of the same value)
RETURNED = [
    Pow(X, const(3)),
    Div(ONE, add(ONE, call("exp", Neg(X)))),
    call("ln", add(ONE, Pow(X, TWO))),
    call("tanh", X),
    call("max", ZERO, X),
    call("abs", X),
    Cases((Branch(X, X, ">", ZERO), Branch(mul(HALF, X), X, "<=", ZERO))),
]


@pytest.mark.parametrize("formula", RETURNED)
def test_derivatives_come_back(formula: Node) -> None:
    """SymPy's derivative, brought back as a tree, is the slope of the formula on both sides of 0."""
    derivative = from_sympy(sympy.diff(to_sympy(formula), sympy.Symbol("x", real=True)))
    x, h = Quantity("x"), flint.fmpq(1, 10**30)
    with flint.ctx.workprec(400):
        for point in (flint.fmpq(-7, 3), flint.fmpq(5, 4)):
            value = compile_value(bind(formula, {"x": Ref(x)}))
            slope = (arb(value({x: point + h})) - arb(value({x: point - h}))) / (2 * h)
            assert abs(slope - compile_value(bind(derivative, {"x": Ref(x)}))({x: point})) < 1e-40


@pytest.mark.parametrize("answer", [sympy.tan(sympy.Symbol("x")), sympy.zoo, sympy.Symbol("x") < 1])
def test_what_has_no_shown_form_is_refused(answer: sympy.Basic) -> None:
    with pytest.raises(TypeError, match="no shown form"):
        from_sympy(answer)
