r"""What people write for the quantities of equations, and for formulas of them: read as what is meant, or refused."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from derive.check import check
from derive.errors import InputError
from derive.subject import subject
from derive.work.elements import ElementNames


def _numbers(values: object) -> object:
    return [_numbers(one) for one in values] if isinstance(values, list) else Decimal(str(values))


PROBLEM: dict[str, object] = {
    "title": "A layer, a recurrence and a kernel",
    "inputs": {"x": _numbers([0.5, -1, 2]), "E": _numbers([[0.1, 0.2], [0.3, -0.4]])},
    "parameters": {
        "W": _numbers([[0.1, 0.2, 0.3], [0.4, -0.5, 0.6]]),
        "b": _numbers([0.1, -0.2]),
        "K": _numbers([[0.5, -1], [0.2, 0.3]]),
        "u": _numbers(0.7),
        "v_out": _numbers(1.2),
        "w1": _numbers(0.3),
    },
    "targets": {"t": _numbers(0.5)},
    "model": {
        "equations": """
h[0] = 0.5
z = W@x + b
a = tanh(z)
h[k] = tanh(u*h[k-1] + a[k]) for k in 1..2
q = sum(K*E)
y = v_out*h[2] + q + w1
L = 1/2*(y - t)^2
"""
    },
    "training": {"learning_rate": Decimal("0.1"), "steps": 1},
}


@cache
def names() -> ElementNames:
    return ElementNames(subject(PROBLEM))


NAMES = {
    "W[1,2]": r"W12 W_12 W_{12} W_{1,2} W[1,2] W[1][2] W(1,2) W_1_2 W_1,2 w12",
    "dL/dW[1,2]": r"dW12 dW_12 dW[1,2] dW[1][2] dW_{12} dL/dW12 dL/dW_12 dL/dW[1,2] dL/dW[1][2] dL/dW_{1,2} ∂L/∂W_12 "
    r"∂L/∂W[1,2] ∂L/∂W₁₂ \frac{\partial\,L}{\partial\,W_{12}} \dfrac{dL}{dW_{12}} dLdW12 dL_dW12 dL_dW[1,2] "
    r"grad_W[1,2] grad_W12 grad(W12) grad(W)[1,2] ∇W12 \nabla_{W_{12}} "
    r"W.grad[1,2] W.grad[1][2] W12.grad W[1,2].grad W_grad[1,2] "
    r"Wgrad12 \bar{W}_{12} \overline{W}_{12} W̄12 \bar{W}[1,2] W_bar[1,2] dJ/dW12 dloss/dW[1,2]",
    "after[1].W[1,2]": r"W12' W_{12}' W12+ W12^+ W12_new W_new[1,2] W_{12}^{new} "
    r"W'[1,2] W[1,2]' W[1,2]+ W+[1,2] W^{+}_{12} new_W12",
    "dL/dK[1,1]": r"dK11 dK[1,1] dK_{11} grad_K[1,1] K.grad[1,1] \frac{\partial\,L}{\partial\,K_{11}}",
    "dL/du": r"du dL/du grad_u u.grad \bar{u} ubar u_bar",
    "after[1].u": "u' u+ u_new u^{+} u^{new} unew",
    "h[1]": r"h1 h_1 h_{1} h[1] h(1) h^{(1)} h^{<1>} h^{\langle1\rangle} h₁ \mathbf{h}_1",
    "dL/dh[1]": r"dh1 dh_1 dh[1] dL/dh1 "
    r"\delta{h}_1 \delta_{h_1} δh1 δ_h1 \bar{h}_1 \bar{h_1} h1_bar h1.grad dL/dh^{(1)}",
    "dL/dh[2]": r"\frac{\partial\,L}{\partial\,h_2} \frac{\partial\,L}{\partial\,h_{2}} \bar{h}_2",
    "∂h[2]/∂h[1]": r"dh2/dh1 ∂h2/∂h1 \frac{\partial\,h_2}{\partial\,h_1}",
    "v_out": r"v_out v_{out} vout v_{\text{out}}",
    "dL/dv_out": r"dv_out dL/dv_out v_out.grad dL/dv_{out}",
    "w1": "w1 w_1",
    "dL/dw1": "dw1 dL/dw1 dL/dw_1 w1.grad grad_w1",
    "after[1].w1": "w1+ w1' w1_new w_1^{new}",
    "L": "L loss Loss J cost",
    "y": r"y yhat y_hat ŷ \hat{y}",
    "dL/dy": r"dy dL/dy d\hat{y} dyhat",
}
"""An id, and spellings of it without spaces."""
READ = [(spelling.replace(r"\,", " "), meant) for meant, spellings in NAMES.items() for spelling in spellings.split()]
WITH_SPACES = [
    (r"\bar h_1", "dL/dh[1]"),
    (r"\delta h_1", "dL/dh[1]"),
    ("grad W12", "dL/dW[1,2]"),
    ("gradient of W12", "dL/dW[1,2]"),
    (r"\partial L / \partial W_{12}", "dL/dW[1,2]"),
    ("dL/da1 via h1", "dL/da[1]"),
    ("d W_{12}", "dL/dW[1,2]"),
    ("new W12", "after[1].W[1,2]"),
]
ARRAYS = {
    "W'": ("after[1].W[1,1]", 6),
    "W_new": ("after[1].W[1,1]", 6),
    "dW": ("dL/dW[1,1]", 6),
    "dK": ("dL/dK[1,1]", 4),
    "db": ("dL/db[1]", 2),
    "grad_x": ("dL/dx[1]", 3),
    "x.grad": ("dL/dx[1]", 3),
    r"\frac{\partial L}{\partial W}": ("dL/dW[1,1]", 6),
    r"\bar{W}": ("dL/dW[1,1]", 6),
    "∇W": ("dL/dW[1,1]", 6),
}
REFUSED = (
    # a step or a derivative; a layer or a power; whose?
    "delta_u", r"\delta u", "δu", "delta W12", "ΔW12", r"\Delta W_{12}", "W^{(1)}_{12}", "W^{12}", "h^{1}", "h^2",
    "delta1", "δ_1", "D_W12", "W123", "h3", "W_{21}^2", "dM", "dL/dnothing", "that",
)  # fmt: skip


def test_as_many_spellings_as_people_have() -> None:
    assert len(READ) + len(WITH_SPACES) + len(ARRAYS) + len(REFUSED) >= 160


@pytest.mark.parametrize(("spelling", "meant"), READ + WITH_SPACES[:5] + WITH_SPACES[6:])
def test_spellings_of_one_number(spelling: str, meant: str) -> None:
    assert names().find(spelling).id == meant


@pytest.mark.parametrize("spelling", ARRAYS)
def test_spellings_of_whole_arrays(spelling: str) -> None:
    rows = names().array(spelling)
    assert rows is not None
    assert (rows[0][0].id, sum(map(len, rows))) == ARRAYS[spelling]


@pytest.mark.parametrize("spelling", REFUSED)
def test_what_may_mean_two_things_or_none_is_refused(spelling: str) -> None:
    assert names().get(spelling) is None
    with pytest.raises(InputError):
        names().find(spelling)


FORMULAS = (
    # an equation, and the verdicts on what it states; None where it is refused
    ("dL/dy = y - t", "exact"),
    ("dL/dy = t - y", "mistake"),
    ("dy = (v_out*h_2 + q + w1) - t", "exact"),
    ("dL/dv_out = (y - t) h_2", "exact"),
    ("dv_out = dy * h[1]", "mistake"),
    ("dK = (y - t)*E", "exact"),
    ("dK = dy * K", "mistake"),
    ("dL/dK[i,j] = dL/dy*E[i,j]", "exact"),
    ("dK_{ij} = (y-t) E_{ij}", "exact"),
    ("dL/dK_{11} = (y-t)*E_{11}", "exact"),
    ("dL/dK_{12} = (y-t)*E_{21}", "mistake"),
    ("dW = dz @ x.T", "exact"),
    ("dW = dz x^T", "exact"),
    ("dW = np.outer(dz, x)", "exact"),
    ("dW = da @ x.T", "mistake"),
    ("dW = x dz^T", None),
    ("dL/dW[i,j] = dL/dz[i]*x[j]", "exact"),
    ("dL/dW_{ij} = dL/dz_i x_j", "exact"),
    (r"\frac{\partial L}{\partial W_{ij}} = \frac{\partial L}{\partial z_i} x_j", "exact"),
    (r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial z} x^T", "exact"),
    ("dW12 = dz1*x2", "exact"),
    ("dW12 = dz2*x1", "mistake"),
    ("dW12 = dz1*x1", "mistake"),
    ("dL/db[i] = dL/dz[i]", "exact"),
    ("db = da", "mistake"),
    ("dx = W.T @ dz", "exact"),
    ("dx = W^T dz", "exact"),
    ("dx = W @ dz", None),
    (r"dL/dx_j = \sum_i W_{ij} dL/dz_i", "exact"),
    (r"\frac{\partial L}{\partial x_j} = \sum_i W_{ij} dL/dz_i", "exact"),
    ("dL/dx[j] = sum(W[i,j]*dL/da[i] for i)", "mistake"),
    ("dz = da*(1-a**2)", "exact"),
    ("dz = da * (1 - tanh(z)^2)", "exact"),
    ("dz = da*a*(1-a)", "mistake"),
    ("dz1 = da1*(1-a1^2)", "exact"),
    ("dz1 = da1*(1-a2^2)", "mistake"),
    ("dL/dh[1] = dL/dh[2]*u*(1 - h[2]^2)", "exact"),
    ("dL/dh[1] = dL/dh[2]*u*(1 - h[1]^2)", "mistake"),
    ("dh2 = dy*v_out", "exact"),
    ("du = sum(dh[k]*(1-h[k]^2)*h[k-1] for k)", "exact"),
    (r"du = \sum_k dh_k (1-h_k^2) h_{k-1}", "exact"),
    ("du = dh2*(1-h2^2)*h1", "mistake"),
    ("h[k] = tanh(u*h[k-1] + a[k])", "exact"),
    ("h[k] = sigmoid(u*h[k-1] + a[k])", "mistake"),
    ("dh[k-1] = dh[k]*u*(1 - h[k]^2)", "exact"),
    ("dL/dh[k-1] = dL/dh[k]*u*(1 - h[k-1]^2)", "mistake"),
    (r"\frac{\partial L}{\partial h_{k-1}} = \frac{\partial L}{\partial h_k} u (1 - h_k^2)", "exact"),
    ("dL/dh_{j - 1} = dL/dh_j*u*(1 - h_j^2)", "exact"),
    ("h[k+1] = tanh(u*h[k] + a[k+1])", "exact"),
    ("dL/da[k] = dL/dh[k]*(1 - h[k]^2)", "exact"),
    ("dL/da[k-1] = dL/dh[k-1]", "mistake"),
    ("dL/dW[i,j-1] = dL/dz[i]*x[j-1]", "exact"),
    ("h[k] = tanh(u*h[k-1] + a[k]) for k in 2..2", "exact"),
    ("dh[k-1] = dh[k]*u*(1 - h[k]^2) for k in 2..2", "exact"),
    ("dL/dh[k-1] = dL/dh[k]*u for k in 2..2", "mistake"),
    ("dL/dW[i,j] = dL/dz[i]*x[j] for i in 1..2, j in 2..3", "exact"),
    ("dL/dW[i,j] = dL/dz[i]*x[j] for j=2..3", "exact"),
    ("dL/dW_{ij} = dL/da_i x_j for i in 1..2", "mistake"),
    ("du = sum(dh[k]*(1-h[k]^2)*h[k-1] for k in 1..2)", "exact"),
    ("u' = u - 0.1*du", "exact"),
    ("u_new = u + 0.1 * dL/du", "mistake"),
    ("W' = W - 0.1*dW", "exact"),
    (r"W_{ij}^{new} = W_{ij} - \eta dL/dW_{ij}", "exact"),
    ("W_new = W - learning_rate*dW", "exact"),
    ("W_new = W + 0.1*dW", "mistake"),
    ("z = W@x + b", "exact"),
    ("z = Wx + b", "exact"),
    (r"z_i = \sum_j W_{ij} x_j + b_i", "exact"),
    ("z = W x", "mistake"),
    ("z = x@W + b", None),
    ("z1 = W11*x1 + W12*x2 + W13*x3 + b1", "exact"),
    ("q = sum(K*E)", "exact"),
    ("L = 0.5*(y-t)**2", "exact"),
    ("L = (y-t)^2", "mistake"),
)


UNREAD = (
    ("dL/dh[2*k]", "u*dL/dh[k]", "letters as indices"),
    ("dL/dh[k-j]", "u*dL/dh[k]", "letters as indices"),
    ("dL/dh[k-9]", "u*dL/dh[k]", "indices that they have"),
    ("dL/dW[k,k-1]", "dL/dz[k]*x[k]", "in one way"),
    ("h[k]", "tanh(u*h[k-1] + a[k]) for k in 2..7", "indices that they have"),
)


@pytest.mark.parametrize(("left", "right", "message"), UNREAD)
def test_an_index_that_is_not_read_is_told(left: str, right: str, message: str) -> None:
    """Left of = a letter may have a whole number beside it; anything else is told."""
    with pytest.raises(InputError, match=message) as error:
        check(PROBLEM, {left: right})
    assert left in str(error.value) or right in str(error.value)


@pytest.mark.parametrize(("equation", "verdict"), FORMULAS, ids=[equation for equation, _ in FORMULAS])
def test_formulas_as_people_write_them(tmp_path: Path, equation: str, verdict: str | None) -> None:
    """In a text and in a table: every element that an equation speaks of is compared with the derivation."""
    left, right = equation.split(" = ")
    text = tmp_path / "work.txt"
    text.write_text(f"{equation}\n", "utf-8")
    for work in ({left: right}, text):
        if verdict is None:
            with pytest.raises(InputError, match="shape"):
                check(PROBLEM, work)
            continue
        (sheet,) = check(PROBLEM, work).sheets
        assert not sheet.faults
        said = [result.verdict for result in sheet.results]
        assert said and all(result.symbolic for result in sheet.results)
        assert set(said) == {"exact"} if verdict == "exact" else verdict in said
