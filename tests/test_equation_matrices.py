"""Matrix forms: what they look like, where there is none, and that a wrong one is never shown."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from equation_problems import Shape, model, numbers

from derive.compute.plan import Disagreement
from derive.expression import MatMul, Node, Transpose
from derive.model import ModelSolution, read_model
from derive.model.forms import checked_matrix, index_form, matrix_form_of
from derive.solution import solve
from derive.trace import matrix

DATA = Path(__file__).parent / "data" / "equations"

DENSE: dict[str, Shape] = {"W": (2, 3), "X": (4, 3), "b": (2,), "x": (3,), "t": (4, 2), "v": (2,), "S": (2, 2)}
FORMS = [
    ("z = W@x\nL = sum(tanh(z)*v)", {"dL/dW": "dL/dz@x.T", "dL/dx": "W.T@dL/dz", "z": "W@x"}),
    (
        "Z = X@W.T\nA = sigmoid(Z)\nL = 1/2*sum((A - t)^2)",
        {"Z": "X@W.T", "dL/dA": "A - t", "dL/dZ": "dL/dA∘A∘(1 - A)", "dL/dW": "dL/dZ.T@X", "dL/dX": "dL/dZ@W"},
    ),
    (
        "z[n,j] = sum(W[j,i]*X[n,i] for i)\nL = sum(z[n,j]*t[n,j] for n, j)",
        {"z": "X@W.T", "dL/dW": "dL/dz.T@X", "dL/dX": "dL/dz@W", "dL/dz": "t"},
    ),
    ("s[n] = sum(X[n,i] for i)\nL = sum(s^3)", {"s": "X@1", "dL/dX": None}),
    ("q = x@x\nL = q^2", {"q": "x.T@x", "dL/dx": "dL/dq*x + dL/dq*x"}),
    ("P[i,j] = x[i]*v[j]\nL = sum(P^2)", {"P": "x@v.T", "dL/dx": "dL/dP@v", "dL/dv": "dL/dP.T@x"}),
    ("y[k] = x[k]*x[2]\nL = sum(y)", {"y": None}),
    ("y[k] = x[k+1]*v[k]\nL = sum(y)", {"y": None, "dL/dv": None}),
    ("y[i] = S[i,i]\nL = sum(y)", {"y": None}),
    ("h[0] = 0\nh[k] = tanh(x[k])\nL = sum(h[k] for k)", {"h": None, "dL/dx": None}),
    ("L = 3*x@x/2 - sum(v)", {"L": "(3*(x.T@x))/2 - (v.T@1)", "dL/dv": None}),
]


@pytest.mark.parametrize(("equations", "shown"), FORMS, ids=lambda value: str(value)[:30])
def test_matrix_forms(equations: str, shown: dict[str, str | None]) -> None:
    """The form of each quantity; None where indices are needed."""
    rng = random.Random(equations)
    solution = model(equations, inputs={name: numbers(rng, shape) for name, shape in DENSE.items()})
    for name, form in shown.items():
        assert matrix_form_of(solution, name) == (None if form is None else f"{name} = {form}"), name


def everything(solution: ModelSolution) -> int:
    """How many equations have a matrix form; each is compared with its index form."""
    derived = solution.adjoint.equations if solution.adjoint else ()
    forms = [checked_matrix(solution, equation) for equation in (*solution.system.equations, *derived)]
    return sum(form is not None for form in forms)


def test_forms_of_the_examples() -> None:
    """Attention in matrices, the weights of an LSTM, a dense layer over examples."""
    found = {path.stem: everything(ModelSolution(read_model(path))) for path in sorted(DATA.glob("[1-8]-*.toml"))}
    assert len(found) == 8 and min(found.values()) >= 4
    attention = ModelSolution(read_model(DATA / "5-attention.toml"))
    assert matrix_form_of(attention, "dL/dV") == "dL/dV = A.T@dL/dO"
    assert matrix_form_of(attention, "dL/dX") == "dL/dX = dL/dQ@WQ.T + dL/dK@WK.T + dL/dV@WV.T"
    assert index_form(attention, "dL/dV") == ["dL/dV[i,j] = sum(dL/dO[k,j]*A[k,i] for k in 1..3)"]


def test_a_wrong_form_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transpose that is forgotten is noticed, by its numbers or by its shape."""
    right = matrix.transposed

    def forgotten(node: Node) -> Node:
        return node if isinstance(node, Transpose | MatMul) or node == matrix.Whole("W") else right(node)

    square: dict[str, Any] = {"W": [[1, 2], [3, 4]], "x": [1, 2], "v": [1, -1]}
    solution = model("z = W@x\nL = sum(z*v*z)", inputs=square)
    assert matrix_form_of(solution, "dL/dx") == "dL/dx = W.T@dL/dz"
    monkeypatch.setattr(matrix, "transposed", forgotten)
    with pytest.raises(Disagreement):
        matrix_form_of(solution, "dL/dx")


def test_a_product_is_transposed_in_one_pair_of_brackets() -> None:
    """The mark of a delta inside the brackets asks for no second pair around them."""
    one = [["0.4"]]
    parameters = {f"{kind}{gate}": one for kind in "WU" for gate in "run"} | {f"b{gate}": [0] for gate in "run"}
    tables = {"inputs": {"x": [["0.5"], [-1]]}, "parameters": parameters, "constants": {"h0": ["0.3"]}}
    model = {"equations": "use gru(x = x, h = h, reset = before)\nL = h[2,1]^2"}
    text = solve({"title": "A", **tables, "model": model}, form="delta").render("md")
    line = next(line for line in text.splitlines() if r"\partial \mathbf{Wu}} & = " in line)
    right = r"(\boldsymbol{\delta}^{u} \odot \mathbf{u} \odot (1 - \mathbf{u}))^{\mathsf{T}}\thinspace \mathbf{x}"
    assert line.partition(" & = ")[2].startswith(right), line
