"""Every derivative rule against SymPy: rows of functions, functions of the library, operations, whole formulas."""

from __future__ import annotations

import random
from typing import Any

import pytest
import sympy
from equation_problems import model
from mpmath import mpf

from derive.expression import Add, Call, Cases, Const, Div, Mul, Neg, Node, Pow, Var, bind, quantities
from derive.functions import FUNCTIONS
from derive.library import rows
from derive.stepwise import element_trace
from derive.trace.identity import Identity, Symbol
from derive.trace.local import Functions, slope
from derive.trace.names import Pure
from derive.trace.short import short_ways

SYMPY: dict[str, Any] = {
    "exp": sympy.exp,
    "ln": sympy.log,
    "log10": lambda x: sympy.log(x) / sympy.log(10),
    "sqrt": sympy.sqrt,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tanh": sympy.tanh,
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "relu": lambda x: sympy.Piecewise((x, x > 0), (0, True)),
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    "step": lambda x: sympy.Piecewise((1, x > 0), (0, True)),
    "abs": lambda x: sympy.Piecewise((x, x > 0), (-x, True)),
    "sign": lambda x: sympy.Piecewise((1, x > 0), (-1, True)),
    "erf": sympy.erf,
    "max": lambda a, b: sympy.Piecewise((a, a >= b), (b, True)),
    "min": lambda a, b: sympy.Piecewise((a, a <= b), (b, True)),
}
RELATIONS = {"<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge, "==": sympy.Eq, "!=": sympy.Ne}


def to_sympy(node: Node, functions: dict[str, Pure]) -> Any:
    """A formula without letters in SymPy's terms; functions by their bodies."""

    def inner(part: Node) -> Any:
        return to_sympy(part, functions)

    match node:
        case Const(value):
            return sympy.Rational(value.numerator, value.denominator)
        case Var(name):
            return sympy.Symbol(name, real=True)
        case Neg(arg):
            return -inner(arg)
        case Add(terms):
            return sum(map(inner, terms))
        case Mul(factors):
            return sympy.prod(map(inner, factors))
        case Div(above, below):
            return inner(above) / inner(below)
        case Pow(base, exponent):
            return inner(base) ** inner(exponent)
        case Call("pi", ()):
            return sympy.pi
        case Call(name, args) if name in functions:
            own = functions[name]
            known = dict(zip(own.parameters, args, strict=True))
            return inner(bind(own.body, known))
        case Call(name, args):
            return SYMPY[name](*map(inner, args))
        case Cases(branches):
            return sympy.Piecewise(
                *[(inner(b.value), RELATIONS[b.relation](inner(b.left), inner(b.right))) for b in branches]
            )
    raise TypeError(f"no SymPy form of {node!r}")


POINTS = ("-17/7", "-3/11", "5/13", "21/8", "34/5")


def same(one: Any, other: Any, names: tuple[str, ...]) -> int:
    """At how many points two expressions were compared and agreed to 30 digits."""
    compared = 0
    for shift in range(len(POINTS)):
        known = {sympy.Symbol(n, real=True): sympy.Rational(POINTS[(shift + 2 * k) % 5]) for k, n in enumerate(names)}
        left, right = (sympy.N(sympy.sympify(side).subs(known), 40) for side in (one, other))
        if left.is_real and right.is_real:
            assert abs(left - right) < sympy.Rational(1, 10**30) * (1 + abs(left)), (known, left, right)
            compared += 1
    return compared


@pytest.mark.parametrize("name", FUNCTIONS)
def test_slopes_of_functions(name: str) -> None:
    """f'(x) as the row says, in x or in the value y, is SymPy's derivative."""
    x = sympy.Symbol("x", real=True)
    value = SYMPY[name](x)
    row = FUNCTIONS[name]
    said = 0 if row.slope is None else to_sympy(bind(row.slope, {"y": Call(name, (Var("x"),))}), {})
    assert same(sympy.diff(value, x), said, ("x",)) >= 3


def _pure() -> dict[str, Pure]:
    return dict(model("L = w", inputs={"w": 1}).system.functions)


@pytest.mark.parametrize("name", [name for name in rows("function") if name not in FUNCTIONS])
def test_slopes_of_library_functions(name: str) -> None:
    """A function of the library by each of its arguments."""
    known = _pure()
    own = known[name]
    for number, parameter in enumerate(own.parameters):
        functions = Functions(dict(known))
        derived = functions.derivative(name, number)
        by = sympy.Symbol(parameter, real=True)
        right = sympy.diff(to_sympy(own.body, known), by)
        said = 0 if derived is None else to_sympy(functions.known[derived].body, functions.known)
        assert same(right, said, own.parameters) >= 2


SHAPES = ["x*w", "x*w*x", "-x", "x - w", "x/w", "x/3", "3/x", "x^3", "x^w", "w^x", "x^0", "x^1", "x^-2", "(x + w)^2/w"]
SHAPES += ["tanh(x*w)^2", "exp(x)/(1 + exp(x))", "x*sigmoid(w*x)", "max(x, w)*x", "min(x^2, w)", "if(x > w, x*w, x^2)"]
SHAPES += [
    "ln(x^2 + w^2)",
    "sqrt(x^2 + 1)*w",
    "elu(x*w, alpha = 2)",
    "huber(x - w)",
    "(2*x - w)/(x^2 + 3)*x",
    "x*(w - (x - w))",
]


@pytest.mark.parametrize("shape", SHAPES)
def test_slopes_of_formulas(shape: str) -> None:
    """The derivative that is put together by our rules, for formulas of every kind."""
    solution = model(f"f(x, w) = {shape}\nL = f(a, c)", inputs={"a": 2, "c": 3})
    own = solution.system.functions["f"]
    functions = Functions(dict(solution.system.functions))
    for name in own.parameters:
        said = to_sympy(slope(own.body, Var(name), functions), functions.known)
        right = sympy.diff(to_sympy(own.body, functions.known), sympy.Symbol(name, real=True))
        assert same(right, said, own.parameters) >= 1


def test_shown_order_is_the_written_one() -> None:
    """Derivatives keep the order of what was written; SymPy's own order would not."""
    rng = random.Random(1)
    assert rng.random() > 0
    solution = model("y = (b - a)*c + d*a\nL = y", inputs={"a": 1, "b": 2, "c": 3, "d": 4})
    steps = {str(step.target): step.formula for step in solution.backward}
    b, a, c, d = (Identity(Symbol(name)) for name in "bacd")
    from derive.trace.unroll import ref

    assert steps["dL/dc"] == Add((ref(b), Neg(ref(a))))
    assert steps["dL/da"] == Add((Neg(ref(c)), ref(d)))


OPEN = "e = exp(z)\nS = sum(e)\np[i] = e[i]/S\n"
SHORT = [
    # equations of scores z with three given targets that add up to 1; whether a derivative is output minus target
    ("p = softmax(z)\nL = -(t[1]*ln(p[1]) + t[2]*ln(p[2]))", {1: "p[1] - t[1]", 2: "p[2] - t[2]"}),
    (f"{OPEN}L = -(t[1]*ln(p[1]) + t[2]*ln(p[2]))", {1: "p[1] - t[1]", 2: "p[2] - t[2]"}),
    (
        "a = sigmoid(z)\nL = -sum(t[j]*ln(a[j]) + (1 - t[j])*ln(1 - a[j]) for j in 1..2)",
        {1: "a[1] - t[1]", 2: "a[2] - t[2]"},
    ),
    # classes that do not count alike
    ("p = softmax(z)\nL = -(t[1]*ln(p[1]) + 2*t[2]*ln(p[2]))", {}),
    (f"{OPEN}L = -(t[1]*ln(p[1]) + 2*t[2]*ln(p[2]))", {}),
    ("a = sigmoid(z)\nL = -sum(2*t[j]*ln(a[j]) + (1 - t[j])*ln(1 - a[j]) for j in 1..2)", {}),
    # the sum of the exponentials, or one of them, goes somewhere else too
    (f"{OPEN}r = e[2]/(S + 1)\nL = -(t[1]*ln(p[1]) + t[2]*ln(p[2]) + t[3]*ln(r))", {}),
    (f"{OPEN}r = S^2\nL = -(t[1]*ln(p[1]) + t[2]*ln(p[2])) + r", {}),
    (f"{OPEN}r = e[1]\nL = -(t[1]*ln(p[1]) + t[2]*ln(p[2])) + r", {2: "p[2] - t[2]"}),
    # an output goes somewhere else too
    ("p = softmax(z)\nL = -(t[1]*ln(p[1]) + t[2]*ln(p[2])) + p[1]", {}),
    ("p = softmax(z)\nL = (p[1] - t[1])^2 + (p[2] - t[2])^2", {}),
]


@pytest.mark.parametrize(("equations", "expected"), SHORT)
def test_short_ways_are_those_that_there_are(equations: str, expected: dict[int, str]) -> None:
    """Work that is written in the short way is taken for right: of what has none, none may be found."""
    targets = {"t": ["1/2", "1/4", "1/4"] if "t[3]" in equations else ["1/4", "3/4"]}
    solution = model(equations, inputs={"z": [1, -1]}, targets=targets)
    trace = element_trace(solution)
    short = list(short_ways(trace, (step.target for step in trace.rounds[0].backward)))
    printed = {f"dL/dz[{k}]": one for k, one in expected.items()}
    assert {str(target) for target, _ in short} == printed.keys()
    for target, way in short:
        output, target_of = printed[str(target)].split(" - ")
        assert [str(one) for one in quantities(way.formula)] == [output, target_of]
        error = [mpf(solution.digits(name, 25)) for name in (output, target_of)]
        assert abs(mpf(solution.digits(str(target), 25)) - (error[0] - error[1])) < mpf("1e-14")
