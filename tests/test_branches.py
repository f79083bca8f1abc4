"""Formulas with corners: the side that holds, the corner itself, and the form in which every side counts."""

from fractions import Fraction

import flint
import pytest
from flint import arb, fmpq

from derive.branches import at_corner, coverage, has_corners, relaxed, smooth
from derive.calculus import partial
from derive.expression import (
    ONE,
    ZERO,
    Branch,
    Call,
    Cases,
    Const,
    Neg,
    Node,
    Ref,
    Var,
    add,
    bind,
    call,
    const,
    mul,
    replace,
    sub,
    with_parts,
)
from derive.numbers import compile_value
from derive.quantity import Quantity

X, Y, V = (Quantity(name) for name in ("x", "y", "v"))
x, y, v = Ref(X), Ref(Y), Ref(V)


def cases(positive: Node, otherwise: Node, of: Node = x) -> Cases:
    return Cases((Branch(positive, of, ">", ZERO), Branch(otherwise, of, "<=", ZERO)))


LEAKY = cases(x, mul(Const(Fraction(1, 10)), x))
# formula, x, y, the smooth formula there, whether that is exactly at a corner
SMOOTH: list[tuple[Node, int, int, Node, bool]] = [
    (LEAKY, 2, 0, x, False),
    (LEAKY, -2, 0, mul(Const(Fraction(1, 10)), x), False),
    (LEAKY, 0, 0, mul(Const(Fraction(1, 10)), x), True),
    (call("max", ZERO, x), 0, 0, ZERO, True),
    (call("max", x, y), 3, 3, x, True),
    (call("max", x, y), 3, 4, y, False),
    (call("abs", x), -1, 0, Neg(x), False),
    (call("abs", x), 0, 0, ZERO, True),
    (call("sign", x), -1, 0, const(-1), False),
    (add(call("abs", x), call("exp", y)), 5, 0, add(x, call("exp", y)), False),
    (mul(call("max", x, y), call("abs", sub(x, y))), 1, 1, mul(x, ZERO), True),
    (call("exp", x), 0, 0, call("exp", x), False),
]


@pytest.mark.parametrize(("formula", "at_x", "at_y", "expected", "corner"), SMOOTH)
def test_the_side_that_holds(formula: Node, at_x: int, at_y: int, expected: Node, corner: bool) -> None:
    numbers = {X: fmpq(at_x), Y: fmpq(at_y)}
    assert smooth(formula, numbers) == expected
    assert at_corner(formula, numbers) == corner


JOINED: list[Node] = [
    LEAKY,
    call("max", ZERO, x),
    call("max", x, y),
    call("max", x, y, v),
    call("abs", sub(x, y)),
    mul(y, call("abs", x)),
    cases(mul(x, x), Neg(y), sub(x, v)),
    call("exp", call("max", x, mul(y, v))),
]
POINTS = [
    (fmpq(3, 7), fmpq(-5, 4), fmpq(2, 9)),
    (fmpq(-8, 3), fmpq(1, 6), fmpq(-7, 5)),
    (fmpq(9), fmpq(11, 2), fmpq(10)),
]


def held(node: Node, env: dict[Quantity, fmpq]) -> Node:
    """The formula with the weights that its sides have at these numbers, as constants."""

    def number(part: Node) -> Fraction:
        value = compile_value(held(part, env))(env)
        assert isinstance(value, fmpq)
        return Fraction(int(value.p), int(value.q))

    def weight(left: Node, right: Node) -> Fraction:
        difference = number(left) - number(right)
        return Fraction(1, 2) + difference / (1 + difference * difference)

    match node:
        case Cases((one, other)):
            share = weight(one.left, one.right)
            return add(mul(Const(share), held(one.value, env)), mul(Const(1 - share), held(other.value, env)))
        case Call("max", args):
            rests = [[arg for arg in args if arg is not one] for one in args]
            others = [rest[0] if len(rest) == 1 else call("max", *rest) for rest in rests]
            shares = [weight(one, other) for one, other in zip(args, others, strict=True)]
            return add(*(mul(Const(share), held(one, env)) for share, one in zip(shares, args, strict=True)))
        case Call("abs", (arg,)):
            return mul(Const(2 * weight(arg, ZERO) - 1), held(arg, env))
    return with_parts(node, lambda part: held(part, env))


@pytest.mark.parametrize("formula", JOINED)
def test_derivatives_of_relaxed_formulas(formula: Node) -> None:
    """With every weight held, the relaxed formula changes as SymPy's derivative, relaxed, says."""
    assert has_corners(formula)
    variables: dict[Quantity, Node] = {X: Var("x"), Y: Var("y"), V: Var("v")}
    shape = replace(formula, variables.get)
    refs: dict[str, Node] = {"x": x, "y": y, "v": v}
    with flint.ctx.workprec(400):
        for numbers in POINTS:
            env = dict(zip((X, Y, V), numbers, strict=True))
            fixed, h = compile_value(held(formula, env)), fmpq(1, 10**20)
            assert abs(arb(fixed(env)) - arb(compile_value(relaxed(formula))(env))) < arb("1e-40")
            for quantity, name in ((X, "x"), (Y, "y"), (V, "v")):
                derivative = compile_value(relaxed(bind(partial(shape, Var(name)), refs)))(env)
                ahead, behind = (arb(fixed({**env, quantity: env[quantity] + t})) for t in (h, -h))
                assert abs((ahead - behind) / (2 * h) - arb(derivative)) < arb("1e-15")


# A definition by cases, and whether exactly one case holds everywhere.
COVERED = [
    (LEAKY, True),
    (Cases((Branch(x, x, ">", ZERO), Branch(y, x, "<", ZERO))), True),  # but for one number
    (Cases((Branch(x, x, ">", ZERO), Branch(y, ZERO, "=", ZERO))), True),
    (Cases((Branch(x, x, ">", ZERO), Branch(y, y, "<=", ZERO))), False),
    (Cases((Branch(x, x, ">", ZERO), Branch(y, Neg(x), "<=", ZERO))), False),
    (Cases((Branch(x, x, ">", ONE), Branch(y, x, "<=", ZERO))), False),
    (Cases((Branch(x, x, ">", ZERO), Branch(y, x, ">", ZERO))), False),
]


@pytest.mark.parametrize(("formula", "covered"), COVERED)
def test_coverage(formula: Node, covered: bool) -> None:
    (total,) = coverage(formula)
    values = [compile_value(total)(dict(zip((X, Y, V), numbers, strict=True))) for numbers in POINTS]
    assert all(value == 1 for value in values) == covered
    assert covered or not any(value == 1 for value in values)
