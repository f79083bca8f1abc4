"""An expression of SymPy's as equations: somebody's own loss, written where they already have it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sympy
from sympy.printing.str import StrPrinter

from derive.errors import InputError, listed, shown
from derive.imported.equations import TITLE, from_equations
from derive.language.words import FUNCTIONS, KEYWORDS, MAX_NAME
from derive.symbolic import SPELT, SYMPY

_NAME = re.compile(rf"[A-Za-z][A-Za-z0-9_]{{0,{MAX_NAME - 1}}}")
_EQUATION_RELATIONS = {"=": "=="}
"""Relations that are spelt otherwise in equations."""


def from_sympy(
    expression: sympy.Expr | Mapping[str, sympy.Expr],
    values: Mapping[sympy.Symbol | str, Any],
    *,
    parameters: Any = None,
    learning_rate: Any = None,
    title: str = TITLE,
    granularity: str = "gates",
) -> dict[str, Any]:
    """The table of a problem that derives an expression by its symbols at these values.

    `expression` may be a dictionary of several, in any order: each name stands for its expression in the others, and
    the last one is what is derived. `parameters` are the symbols by which it is derived, all of them where nothing is
    said; the others are given numbers. `granularity` is "gates" for a step of every operation, or "equations" for a
    step of every expression.

    Raises `InputError` for a symbol without a value, a name that no quantity can have, and what the language of
    equations has no word for.

    >>> x, w = sympy.symbols("x w")
    >>> from_sympy((1 / (1 + sympy.exp(-w*x)) - 1)**2 / 2, {x: 2, w: 0.5}, parameters=[w])["model"]["equations"]
    'L = (-1 + 1/(1 + exp(-w*x)))^2/2'
    """
    lines = dict(expression) if isinstance(expression, Mapping) else {"L": expression}
    numbers = {_named(key): value for key, value in values.items()}
    derived = set(numbers) if parameters is None else {_named(one) for one in parameters}
    for name in (*lines, *numbers):
        _check_name(name)
    for place, line in lines.items():
        if not isinstance(line, sympy.Expr):
            raise InputError("an expression of SymPy's", shown(str(line)), place=place)
        _check_words(line, place)
        missing = sorted({symbol.name for symbol in line.free_symbols} - {*lines, *numbers})
        if missing:
            raise InputError("a value for every symbol", f"none for {listed(missing)}", place=place)
    unknown = sorted(derived - set(numbers))
    if unknown:
        raise InputError("parameters that have values", listed(unknown), place="parameters")
    text = "\n".join(f"{name} = {_Printer(name).doprint(line)}" for name, line in lines.items())
    return from_equations(
        text,
        parameters={name: value for name, value in numbers.items() if name in derived},
        inputs={name: value for name, value in numbers.items() if name not in derived},
        loss=list(lines)[-1],
        learning_rate=learning_rate,
        title=title,
        granularity=granularity,
    )


def _named(key: sympy.Symbol | str) -> str:
    return key.name if isinstance(key, sympy.Symbol) else str(key)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        expected = (
            f"a symbol named by letters, digits and _ that begins with a letter, of at most {MAX_NAME} characters"
        )
        raise InputError(expected, shown(name), hint="rename it: expression.subs(old, new)")
    if name in KEYWORDS or name in FUNCTIONS:
        hint = "this word belongs to the language of equations; rename it: expression.subs(old, new)"
        raise InputError("a name", shown(name), hint=hint)


_WORDS = (
    *(sympy.Symbol, sympy.Rational, sympy.Float, type(sympy.pi), type(sympy.E), sympy.Add, sympy.Mul, sympy.Pow),
    *(
        sympy.exp,
        sympy.Max,
        sympy.Min,
        sympy.Heaviside,
        sympy.Piecewise,
        sympy.functions.elementary.piecewise.ExprCondPair,
    ),
    *(*SYMPY, *SPELT, type(sympy.true)),
)
"""Everything of SymPy's that equations have a word for."""


def _check_words(expression: sympy.Expr, place: str) -> None:
    for part in sympy.preorder_traversal(expression):
        if not isinstance(part, _WORDS) or part in (sympy.oo, -sympy.oo, sympy.nan, sympy.zoo):
            words = listed(sorted({"Heaviside", "Piecewise", "pi", *(one.__name__ for one in SYMPY)}))
            hint = f"there are + - * / ^, {words}; a case has one comparison."
            found = f"{type(part).__name__} in {shown(str(expression))}"
            raise InputError("an expression that equations have words for", found, place=place, hint=hint)


class _Printer(StrPrinter):  # type: ignore[misc] # SymPy has no types
    """SymPy's own text, with the words of the language of equations."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def _print_Pow(self, expr: sympy.Pow, rational: bool = False) -> str:
        text: str = super()._print_Pow(expr, rational)
        return text.replace("**", "^")

    def _print_Symbol(self, expr: sympy.Symbol) -> str:
        return str(expr.name)

    def _print_Float(self, expr: sympy.Float) -> str:
        return format(Decimal(str(expr)).normalize(), "f")

    def _print_Exp1(self, _: sympy.Expr) -> str:
        return "exp(1)"

    def _print_Function(self, expr: sympy.Function) -> str:
        return f"{SYMPY[type(expr)]}({self.stringify(expr.args, ', ')})"

    _print_Abs = _print_sign = _print_log = _print_Function

    def _print_ExpBase(self, expr: sympy.exp) -> str:
        return f"exp({self.stringify(expr.args, ', ')})"

    def _print_LatticeOp(self, expr: sympy.Max | sympy.Min) -> str:
        first, *others = (self._print(arg) for arg in sorted(expr.args, key=sympy.default_sort_key))
        name = "max" if isinstance(expr, sympy.Max) else "min"
        for other in others:  # of more than two, one after the other
            first = f"{name}({first}, {other})"
        return str(first)

    _print_Max = _print_Min = _print_LatticeOp

    def _print_Heaviside(self, expr: sympy.Heaviside) -> str:
        return f"step({self._print(expr.args[0])})"

    def _print_Piecewise(self, expr: sympy.Piecewise) -> str:
        *cases, (last, always) = (case.args for case in expr.args)
        if always != sympy.true:
            raise InputError("a Piecewise whose last case is True", shown(str(always)), place=self.place)
        text = self._print(last)
        for value, condition in reversed(cases):
            text = f"if({self._relation(condition)}, {self._print(value)}, {text})"
        return str(text)

    def _relation(self, condition: sympy.Basic) -> str:
        relation = SPELT[type(condition)]
        left, right = (self._print(side) for side in condition.args)
        return f"{left} {_EQUATION_RELATIONS.get(relation, relation)} {right}"
