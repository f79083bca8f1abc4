"""Gradients of problems given by equations as SymPy expressions: each form, evaluated by SymPy, is the number shown."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import sympy
from equation_problems import model, numbers
from tools.needs import ROOT

from derive.errors import InputError
from derive.model import ModelSolution, read_model
from derive.model.gradient import ModelGradient, gradient_of
from derive.trace.identity import Identity, Symbol

EXAMPLES = sorted((ROOT / "tests/data/equations").glob("*.toml"))
EACH = 4
"""Elements of each parameter that are looked at, drawn."""


def evaluated(solution: ModelSolution, expression: sympy.Expr) -> sympy.Expr:
    """An expression with the numbers of the solution, which are named by their ids, to 30 digits."""
    expression = expression.doit() if expression.has(sympy.Sum, sympy.Product) else expression
    known = {
        leaf: sympy.Rational(solution.digits(str(leaf).replace(", ", ","), 40).replace("±", "+"))
        for leaf in expression.atoms(sympy.Symbol, sympy.Indexed)
        if isinstance(leaf, sympy.Indexed) or not isinstance(leaf, sympy.core.symbol.Dummy)
        if not isinstance(leaf, sympy.Symbol) or str(leaf) not in solution.spans or not solution.spans[str(leaf)]
    }
    indexed = {leaf: value for leaf, value in known.items() if isinstance(leaf, sympy.Indexed)}
    return sympy.N(expression.xreplace(indexed).subs(known), 30)


def close(found: sympy.Expr, text: str) -> bool:
    return bool(abs(found - sympy.Float(text, 30)) < sympy.Float("1e-15") * max(1, abs(sympy.Float(text, 30))))


def drawn(solution: ModelSolution, rng: random.Random) -> list[Identity]:
    assert solution.adjoint is not None
    found: list[Identity] = []
    for name in [*solution.parameters, *solution.problem.model.wanted] or list(solution.system.givens):
        elements = [index for index, _ in solution.rounds[0].plan.elements(name)]
        some = rng.sample(elements, min(EACH, len(elements)))
        found += [Identity(Symbol(name, index)) for index in some if name in solution.adjoint.names]
    return found


def look(solution: ModelSolution, gradient: ModelGradient) -> int:
    """Every form of one gradient; how many there are."""
    value, forms = gradient.value, 0
    for expression in (gradient.product, gradient.closed):
        assert close(evaluated(solution, expression), value), (str(gradient.quantity), expression)
        forms += 1
    at = dict(zip(gradient.index.lhs.indices, gradient.by.of.indices, strict=True)) if gradient.by.of.indices else {}
    right = gradient.index.rhs.subs({letter: number for letter, number in at.items() if letter.is_Symbol})
    assert close(evaluated(solution, right), value), (str(gradient.quantity), gradient.index)
    if gradient.matrix is not None:
        entry = [
            index - low
            for index, (low, _) in zip(gradient.by.of.indices, solution.spans[gradient.by.of.name], strict=True)
        ]
        matrix = gradient.matrix.rhs
        for symbol in matrix.atoms(sympy.MatrixSymbol):
            matrix = matrix.xreplace({symbol: whole(solution, symbol)})
        matrix = matrix.doit() if isinstance(matrix, sympy.MatrixExpr) else matrix
        found = matrix[(*entry, 0, 0)[:2]] if hasattr(matrix, "shape") else matrix
        assert close(evaluated(solution, found), value), (str(gradient.quantity), gradient.matrix)
        forms += 1
    return forms + 1


def whole(solution: ModelSolution, symbol: sympy.MatrixSymbol) -> sympy.ImmutableMatrix:
    spans = solution.spans[symbol.name]
    rows = [range(low, high + 1) for low, high in spans]
    columns = rows[1] if len(rows) > 1 else [None]
    return sympy.ImmutableMatrix(
        [
            [sympy.Rational(solution.digits(f"{symbol.name}[{i}{'' if j is None else f',{j}'}]", 40)) for j in columns]
            for i in rows[0]
        ]
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_form_is_the_number(path: Path) -> None:
    solution = ModelSolution(read_model(path))
    found = [
        look(solution, gradient_of(solution, str(identity))) for identity in drawn(solution, random.Random(path.stem))
    ]
    assert sum(found) >= 3 * len(found) > 0


def test_a_convolution() -> None:
    """Factors of the chain rule, `Sum` over `Indexed`, and no matrix form."""
    rng = random.Random(4)
    tables = {"inputs": {"I": numbers(rng, (4, 4))}, "parameters": {"K": numbers(rng, (2, 2))}}
    solution = model("O[r,c] = sum(K[u,v]*I[r+u-1,c+v-1] for u, v)\nL = sum(O^2)", **tables)
    gradient = gradient_of(solution, "K[1,2]")
    assert isinstance(gradient.index.rhs, sympy.Sum)
    assert gradient.index.rhs.has(sympy.IndexedBase("I", real=True))
    assert gradient.matrix is None
    assert list(gradient.factors) == ["dL/dK[1,2]"]  # nine windows read it, so the gradient is a sum of nine paths
    assert look(solution, gradient) == 3


def test_dense_layers_have_matrix_forms() -> None:
    rng = random.Random(5)
    tables = {"inputs": {"x": numbers(rng, (3,))}, "parameters": {"W": numbers(rng, (2, 3)), "V": numbers(rng, (2, 2))}}
    solution = model("z = W@x\na = sigmoid(z)\ny = V@a\nL = 1/2*sum(y^2)", **tables)
    for name in ("W[2,1]", "V[1,2]"):
        gradient = gradient_of(solution, name)
        assert isinstance(gradient.matrix.rhs, sympy.MatMul)
        assert look(solution, gradient) == 4
    assert list(gradient_of(solution, "V[1,2]").factors) == ["dL/dy[1]", "dy[1]/dV[1,2]"]
    expanded = gradient_of(solution, "V[1,2]").expanded()
    assert {str(leaf) for leaf in expanded.free_symbols} <= {
        str(identity) for identity in solution.ids() if identity.of.name in ("x", "W", "V") and identity.by is None
    }


@pytest.mark.parametrize("name", ["K", "W[9,9]", "dL/dW[1,1]", "q", "after[1].W[1,1]", ""])
def test_what_has_no_gradient_is_told(name: str) -> None:
    solution = model("L = sum(W^2)", parameters={"W": [[1, 2], [3, 4]]})
    with pytest.raises(InputError, match="gradient"):
        gradient_of(solution, name)
