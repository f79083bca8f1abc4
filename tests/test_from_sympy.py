"""Expressions of SymPy's and texts of equations become problems; SymPy differentiates the whole for comparison."""

import random
from typing import Any

import pytest
import sympy
from sympy import Abs, E, Heaviside, Max, Min, Piecewise, Rational, erf, exp, log, pi, sign, sin, sqrt, tanh

import derive
from derive.errors import InputError

x, y, w = sympy.symbols("x y w", real=True)
VALUES = {x: 1.5, y: 0.7, w: 2}
EXACT = {x: Rational(3, 2), y: Rational(7, 10), w: 2}
PLACES = sympy.Float("1e-15", 30)


def agrees(expression: sympy.Expr) -> bool:
    """Whether derive's value and all its derivatives are SymPy's of the whole expression."""
    solution = derive.solve(derive.from_sympy(expression, VALUES))
    expected = {"L": expression, **{f"dL/d{one}": sympy.diff(expression, one) for one in expression.free_symbols}}
    pairs = [
        (sympy.Float(solution.digits(name, 20), 30), value.subs(EXACT).evalf(30)) for name, value in expected.items()
    ]
    return all(abs(got - right) <= PLACES * max(1, abs(right)) for got, right in pairs)


@pytest.mark.parametrize(
    "expression",
    [
        x * y + sin(x) * exp(-w) / sqrt(y),
        (1 / (1 + exp(-(w * x + y))) - 1) ** 2 / 2,
        Piecewise((x, x > y), (Rational(1, 10) * x, w < 1), (y * x, True)),
        Max(x * y, y, w * x),
        Min(x, y, w, 9) ** 3,
        log(x) ** 2 - 3 * x ** (-2) + y / 3,
        x**y**w,
        (x**y) ** w,
        Abs(x - y) + sign(w) + Heaviside(x) + pi * E * x,
        erf(x) + tanh(x),
        2 ** (-x),
        -(x**2) - (-x) ** 2,
        (x - y) / (w * y),
        x / (y / (w / (x + 1))),
        1e-7 * x + 2.5e8 * y,
        x ** Rational(2, 3),
    ],
    ids=str,
)
def test_derivatives_are_those_of_the_whole_expression(expression: sympy.Expr) -> None:
    assert agrees(expression)


def drawn(depth: int, seed: random.Random) -> sympy.Expr:
    """A random expression with a value and derivatives near the values above."""
    if not depth:
        return seed.choice([x, y, w, sympy.Integer(2), Rational(1, 3)])
    one, other = drawn(depth - 1, seed), drawn(depth - 1, seed)
    return seed.choice([
        one + other, one - other, one * other, one / (1 + other**2), exp(-(one**2)), sin(one), tanh(one),
        log(1 + one**2), sqrt(1 + one**2), Max(one, other + Rational(1, 7)), one ** seed.choice([2, 3, -2]) + one,
    ])  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_random_expressions(seed: int) -> None:
    expression = drawn(4, random.Random(seed))
    if sympy.count_ops(expression) < 60:
        assert agrees(expression)


def test_several_expressions_are_steps() -> None:
    """Each has its name on the page, and only the parameters are derived by and updated."""
    z, a = sympy.symbols("z a")
    steps = {"z": w * x, "a": tanh(z), "L": (a - y) ** 2}
    table = derive.from_sympy(steps, VALUES, parameters=[w], learning_rate="0.1", granularity="equations")
    solution = derive.solve(table)
    by_w = sympy.diff((tanh(w * x) - y) ** 2, w).subs(EXACT).evalf(20)
    assert solution.digits("dL/dw", 12) == str(sympy.N(by_w, 12))
    assert table["training"] == {"learning_rate": "0.1"}
    assert set(table["parameters"]) == {"w"} and set(table["inputs"]) == {"x", "y"}
    assert solution.digits("after[1].w", 8) == str(sympy.N(2 - by_w / 10, 8))


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        (sympy.gamma(x), "gamma in"),
        (sympy.Integral(x, x), "Integral in"),
        (x + sympy.I, "ImaginaryUnit in"),
        (sympy.Function("f")(x), "f in"),
        (sympy.oo * x, "Infinity in"),
        (sympy.MatrixSymbol("A", 2, 2)[0, 0], "MatrixElement in"),
        (x * sympy.Symbol("q"), "none for q"),
        (sympy.Symbol(r"\theta") * x, r'"\theta"'),
        (sympy.Symbol("sum") * x, '"sum"'),
        (Piecewise((x, (x > 0) & (y > 0)), (0, True)), "And in"),
        (Piecewise((x, x > 0)), '"x > 0"'),
        (sympy.Sum(x * y, (y, 1, 3)), "Sum in"),
        (sympy.atan(x), "atan in"),
        ("x^2", '"x^2"'),
        (sympy.Eq(x, y), '"Eq(x, y)"'),
    ],
    ids=str,
)
def test_what_equations_cannot_say_is_named(expression: Any, found: str) -> None:
    values = {**VALUES, sympy.Symbol(r"\theta"): 1, sympy.Symbol("sum"): 1}
    used = {
        key: value for key, value in values.items() if key in VALUES or key in getattr(expression, "free_symbols", ())
    }
    with pytest.raises(InputError) as told:
        derive.from_sympy(expression, used)
    assert f"found {found}" in str(told.value)


def test_equations_with_dictionaries() -> None:
    """A text, floats and texts: no file, no decimals."""
    equations = "y = w*x\nL = (y - t)^2"
    table = derive.from_equations(
        equations, parameters={"w": 0.5}, inputs={"x": 2}, targets={"t": "1.5"}, learning_rate=0.1
    )
    solution = derive.solve(table)
    assert [solution.digits(name, 4) for name in ("L", "dL/dw", "after[1].w")] == ["0.25", "-2", "0.7"]
    with pytest.raises(InputError, match="line 1 of the equations"):
        derive.solve(derive.from_equations("y = w*", parameters={"w": 1}))
