"""Stated formulas are compared with the derivation, in the letters of the writer and with numbers for some of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from derive import check

NUMBERS_PUT_IN = [
    # of mazur: a quantity, what is stated for it, the verdict, the mistake
    ("w5+", "w5 - 0.5*dE/dw5", "exact", None),
    ("w5+", "w5 - 0.5*0.0822", "exact", None),
    ("w8+", "w8 - 0.5*(-0.0227)", "exact", None),
    ("w8+", "w8 + 0.5*0.0227", "exact", None),
    ("net_h1", "w1*0.05 + w2*0.10 + 0.35", "exact", None),
    ("dE/dw5", "(out_o1 - 0.01)*out_o1*(1-out_o1)*out_h1", "exact", None),
    ("dE/dw6", "0.1385*out_h2", "exact", None),
    ("E_o1", "0.5*(target_o1 - out_o1)^2", "exact", None),
    ("E_o1", "(0.01 - out_o1)**2/2", "exact", None),
    ("w6+", "w6 + 0.5*dE/dw6", "mistake", "gradient added instead of subtracted"),
    ("net_h2", "w3*0.05 + w4*0.10", "mistake", "bias left out"),
    ("dE/dout_o1", "out_o1 - 0.99", "mistake", "target of another output"),
    ("E_o2", "0.5*(target_o2 - out_o2)", "mistake", "error not squared"),
    ("w7+", "w7 - 0.5*0.9999", "incomparable", None),  # 0.9999 may be the writer's own
    ("net_h1", "w1*0.05 + w2*0.10 - 0.35", "mistake", "bias subtracted"),
    ("E_o1", "3*(target_o1 - out_o1)^2", "wrong", None),
]


@pytest.mark.parametrize(("name", "formula", "verdict", "title"), NUMBERS_PUT_IN)
def test_numbers_in_the_place_of_letters(name: str, formula: str, verdict: str, title: str | None) -> None:
    """Right with the letters that have these numbers; a known mistake is named in them too."""
    (result,) = check("mazur", {name: formula}).sheets[0].results
    assert result.verdict == verdict
    assert (result.explanations[0].title if result.explanations else None) == title


def one_unit() -> dict[str, object]:
    layer = {"units": 1, "activation": "linear", "weights": [[Decimal("0.3")]], "biases": [Decimal("0.1")]}
    return {
        "title": "one unit",
        "network": {"inputs": 1, "layers": [layer]},
        "data": {"inputs": [[2]], "targets": [[1]]},
        "loss": {"name": "half_squared_error"},
        "training": {"learning_rate": Decimal("0.5")},
    }


IN_USUAL_LETTERS = [
    ("dL/dw", "(a - t)*x", "exact"),
    ("dw", "(a - y)*x", "exact"),
    ("dL/dw", "(a - t)*2", "exact"),
    ("dL/dw", "(t - a)*x", "mistake"),
    ("dL/db", "a - t", "exact"),
    ("z", "w*x + b", "exact"),
    ("L", "1/2*(yhat - y)^2", "exact"),
    ("L", "1/2*(yhat - y)", "mistake"),
    ("w+", "w - 0.5*dw", "exact"),
]


@pytest.mark.parametrize(("name", "formula", "verdict"), IN_USUAL_LETTERS)
def test_formulas_in_the_letters_of_courses(name: str, formula: str, verdict: str) -> None:
    (result,) = check(one_unit(), {name: formula}).sheets[0].results
    assert result.verdict == verdict
