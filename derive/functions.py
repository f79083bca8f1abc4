"""The table of functions, one row each: value, slope, corner, domain, spelling, SymPy's name, what students write.

Decides what each function is at an exact number and at a ball, and its derivative as a tree in the formal variables
x, the argument, and y, the value. Everything that knows functions by name reads it here: `numbers` and `compute` the
values, `calculus` the names in SymPy, `formula` the spellings, `work` what students write, `guard` the values at
complex numbers. To add a function is to add a row. Which quantity an argument is, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from flint import acb, arb, fmpq

from derive import number
from derive.expression import (
    ONE,
    TWO,
    ZERO,
    Branch,
    Call,
    Cases,
    Div,
    Neg,
    Node,
    Pow,
    Var,
    add,
    call,
    const,
    mul,
    sub,
)
from derive.number import NOT_NEGATIVE, POSITIVE, Number, largest, sign, smallest

X, Y = Var("x"), Var("y")


class Spelling(NamedTuple):
    """How a function is printed: by its name before brackets, or in a `shape` of its own.

    Shapes are `power` (e to the argument), `bars`, `root` and `constant`. A `bare` function stands before a single
    name or number without brackets. `spoken` comes before "of" and the argument.
    """

    tex: str
    typst: str
    mathml: str
    spoken: str
    shape: str = ""
    bare: bool = False
    width: float = 1.2
    """What the name takes beside its argument, in em."""


def named(name: str) -> Spelling:
    """A function that is printed by its own name, in upright letters.

    >>> named("softplus").tex
    '\\\\operatorname{softplus}'
    """
    if len(name) == 1:
        return Spelling(name, name, name, name)
    # A backslash before a blank is a blank; before a sign Markdown would take it away.
    shown = name.replace("_", r"\ ")
    words = name.replace("_", " ")
    return Spelling(rf"\operatorname{{{shown}}}", f'op("{words}")', words, words)


def _command(name: str, spoken: str = "", bare: bool = False) -> Spelling:
    """A function that TeX and Typst know by its name."""
    return Spelling(rf"\{name}", name, name, spoken or name, "", bare)


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """One function.

    `slope` is its derivative in x and y; None where it is 0 wherever there is one. At `corner` there is none, and
    `convention` says which number stands for it. `words` name the rule of the derivative. `domain` says for which
    numbers there is a value. `sympy` is the function's name there; a function without one has a `definition` by
    others. `also` are other names that students write. `exact` says that exact arguments have an exact value.
    `analytic` is the value at a complex ball, for a function without corners and without `definition`. `numpy` and
    `torch` are what computes it in Python with these libraries, where that is more than its definition.
    """

    name: str
    value: Callable[..., Number]
    slope: Node | None
    words: str
    spelling: Spelling
    sympy: str = ""
    definition: Node | None = None
    corner: bool = False
    convention: str = ""
    domain: str = "all numbers"
    also: tuple[str, ...] = ()
    exact: bool = False
    analytic: Callable[[Any], Any] | None = None
    numpy: str = ""
    torch: str = ""


def _analytic_ln(x: Any) -> Any:
    """Beyond the right half of the plane the logarithm jumps, and nothing is known."""
    return x.log() if isinstance(x, arb) or x.real > 0 else acb("nan")


def _analytic_sqrt(x: Any) -> Any:
    return x.sqrt() if isinstance(x, arb) or x.real > 0 else acb("nan")


def _where_positive(x: Node, then: Node, otherwise: Node) -> Node:
    return Cases((Branch(then, x, ">", ZERO), Branch(otherwise, x, "<=", ZERO)))


PI = Call("pi", ())
_e_minus = call("exp", Neg(X))

_ROWS = (
    FunctionRow(
        "exp",
        number.exp,
        Y,
        "the exponential is its own derivative",
        Spelling(r"\exp", "exp", "exp", "e", "power"),
        sympy="exp",
        analytic=lambda x: x.exp(),
        numpy="np.exp",
        torch="torch.exp",
    ),
    FunctionRow(
        "ln",
        number.ln,
        Div(ONE, X),
        "derivative of the logarithm",
        _command("ln", bare=True),
        sympy="log",
        domain=POSITIVE,
        also=("log",),
        analytic=_analytic_ln,
        numpy="np.log",
        torch="torch.log",
    ),
    FunctionRow(
        "log10",
        number.log10,
        Div(ONE, mul(X, call("ln", const(10)))),
        "derivative of the logarithm to base 10",
        Spelling(r"\log_{10}", "log_10", "log10", "log 10"),
        definition=Div(call("ln", X), call("ln", const(10))),
        domain=POSITIVE,
        also=("lg",),
        numpy="np.log10",
        torch="torch.log10",
    ),
    FunctionRow(
        "sqrt",
        number.sqrt,
        Div(ONE, mul(TWO, Y)),
        "derivative of the root",
        Spelling(r"\sqrt", "sqrt", "msqrt", "the square root", "root"),
        sympy="sqrt",
        domain=NOT_NEGATIVE,
        analytic=_analytic_sqrt,
        numpy="np.sqrt",
        torch="torch.sqrt",
    ),
    FunctionRow(
        "sin",
        number.at_zero(fmpq(0), arb.sin),
        call("cos", X),
        "derivative of the sine",
        _command("sin", "the sine"),
        sympy="sin",
        analytic=lambda x: x.sin(),
        numpy="np.sin",
        torch="torch.sin",
    ),
    FunctionRow(
        "cos",
        number.at_zero(fmpq(1), arb.cos),
        Neg(call("sin", X)),
        "derivative of the cosine",
        _command("cos", "the cosine"),
        sympy="cos",
        analytic=lambda x: x.cos(),
        numpy="np.cos",
        torch="torch.cos",
    ),
    FunctionRow(
        "tanh",
        number.at_zero(fmpq(0), arb.tanh),
        sub(ONE, Pow(Y, TWO)),
        "derivative of tanh: 1 minus the square of its value",
        _command("tanh"),
        sympy="tanh",
        analytic=lambda x: x.tanh(),
        numpy="np.tanh",
        torch="torch.tanh",
    ),
    FunctionRow(
        "sigmoid",
        number.at_zero(fmpq(1, 2), number.logistic),
        mul(Y, sub(ONE, Y)),
        "derivative of the sigmoid: its value times 1 minus its value",
        Spelling(r"\sigma", "sigma", "σ", "sigma"),
        definition=Div(ONE, add(ONE, _e_minus)),
        also=("sigma", "logistic", "logsig", "expit"),
        torch="torch.sigmoid",
    ),
    FunctionRow(
        "relu",
        lambda x: x if sign(x) > 0 else fmpq(0),
        _where_positive(X, ONE, ZERO),
        "derivative of ReLU: 1 where the argument is positive, else 0",
        Spelling(r"\operatorname{ReLU}", 'op("ReLU")', "ReLU", "ReLU"),
        definition=call("max", ZERO, X),
        corner=True,
        convention="the derivative of relu at 0 is taken as 0",
        also=("ReLU", "RELU", "Relu"),
        exact=True,
        torch="torch.relu",
    ),
    FunctionRow(
        "softplus",
        number.softplus,
        call("sigmoid", X),
        "the derivative of softplus is the sigmoid",
        named("softplus"),
        definition=call("ln", add(ONE, call("exp", X))),
    ),
    FunctionRow(
        "step",
        lambda x: fmpq(1 if sign(x) > 0 else 0),
        None,
        "a step is flat",
        named("step"),
        definition=_where_positive(X, ONE, ZERO),
        corner=True,
        convention="the step at 0 is taken as 0",
        exact=True,
    ),
    FunctionRow(
        "abs",
        lambda x: -x if sign(x) < 0 else x,
        call("sign", X),
        "the derivative of |x| is its sign",
        Spelling(r"\lvert", "abs", "abs", "the absolute value", "bars"),
        sympy="Abs",
        corner=True,
        convention="the derivative of the absolute value at 0 is taken as 0",
        also=("Abs",),
        exact=True,
        numpy="np.abs",
        torch="torch.abs",
    ),
    FunctionRow(
        "sign",
        lambda x: fmpq(sign(x)),
        None,
        "a sign is flat",
        named("sign"),
        sympy="sign",
        corner=True,
        convention="the sign of 0 is 0",
        also=("sgn",),
        exact=True,
        numpy="np.sign",
        torch="torch.sign",
    ),
    FunctionRow(
        "erf",
        number.at_zero(fmpq(0), arb.erf),
        mul(Div(TWO, call("sqrt", PI)), call("exp", Neg(Pow(X, TWO)))),
        "derivative of the error function",
        named("erf"),
        sympy="erf",
        analytic=lambda x: x.erf(),
        numpy="math.erf",
        torch="torch.erf",
    ),
)

FUNCTIONS: dict[str, FunctionRow] = {row.name: row for row in _ROWS}
"""The functions of one argument."""
_SEVERAL = (
    FunctionRow(
        "max",
        largest,
        None,
        "that of the largest",
        _command("max", "the larger"),
        "Max",
        corner=True,
        exact=True,
        numpy="max",
        torch="max",
    ),
    FunctionRow(
        "min",
        smallest,
        None,
        "that of the smallest",
        _command("min", "the smaller"),
        "Min",
        corner=True,
        exact=True,
        numpy="min",
        torch="min",
    ),
)
SEVERAL: dict[str, FunctionRow] = {row.name: row for row in _SEVERAL}
"""The functions of several arguments; the derivative is that of the argument which is the value."""
_CONSTANT = Spelling(r"\pi", "pi", "π", "pi", "constant")
_PI = FunctionRow("pi", arb.pi, None, "a constant", _CONSTANT, "pi", numpy="np.pi", torch="math.pi")
EVERY: dict[str, FunctionRow] = {**FUNCTIONS, **SEVERAL, "pi": _PI}
"""All that a call in a formula may name; pi has no argument."""

COMMANDS = frozenset(
    n for n, row in EVERY.items() if row.spelling.tex == rf"\{n}" and row.spelling.shape in ("", "power")
)
"""The functions that TeX has a command for, and Typst a word, of the same name."""


def spelling(name: str) -> Spelling:
    """How a function is printed; one without a row, such as an author's own, by its name.

    `elu'1` is the derivative of elu by its first argument, `f'2'1` that of f by its second and then by its first.

    >>> spelling("elu'1").tex, spelling("f'2").typst
    ("\\\\operatorname{elu}'", "f'_(2)")
    """
    if name in EVERY:
        return EVERY[name].spelling
    plain, *arguments = name.split("'")
    found = named(plain)
    found = found._replace(width=max(1.2, 0.55 * len(plain)))
    if not arguments:
        return found
    primes = "'" * len(arguments)
    below = "" if set(arguments) == {"1"} else ",".join(arguments)
    return found._replace(
        tex=f"{found.tex}{primes}" + (f"_ {{{below}}}" if below else ""),
        typst=f"{found.typst}{primes}" + (f"_({below})" if below else ""),
        mathml=found.mathml + "′" * len(arguments) + (f" {below}" if below else ""),
        spoken=found.spoken + " prime" * len(arguments) + (f" by argument {below}" if below else ""),
    )
