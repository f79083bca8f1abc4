"""SymPy's recorded answers: each is what SymPy says, and the usual problems need no other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from tools.needs import ROOT

from derive import InputError, calculus, proofs, solve, symbolic
from derive.activations import ACTIVATIONS
from derive.expression import Const, Node, Var, parts_of
from derive.guard import shapes
from derive.losses import LOSSES
from derive.model import ModelSolution, read_model, rules, verify
from derive.reading import example_names

FILE = ROOT / "derive" / calculus.RECORD
LARGEST = 100
"""Of the numbers in a recorded formula, above and below; others belong to one problem."""
Asked = dict[str, tuple[Any, str, Node]]


def problems() -> Iterator[dict[str, Any]]:
    """Small networks over all rows of the tables that fit together: each activation with each loss, in one of three."""
    training = {"learning_rate": Decimal("0.5")}
    full = {**training, "optimizer": "momentum", "momentum": Decimal("0.9"), "steps": 2}
    full["decay"] = {"kind": "inverse_time", "rate": Decimal("0.1")}
    for at, activation in enumerate((*ACTIVATIONS, "softmax")):
        for place, loss in enumerate(LOSSES):
            whole = LOSSES[loss].whole
            kinds = ((2, "linear", training), (2, activation, full), (3, activation, training))
            for units, last, extra in kinds[(at + place) % 3 :][:1]:
                table = network(activation, last, units, whole)
                table["loss"] = {"name": loss}
                table["training"] = extra
                if extra is full:
                    table["loss"]["regularization"] = {"l1": Decimal("0.01"), "l2": Decimal("0.02")}
                yield table


def network(hidden: str, last: str, units: int, whole: bool) -> dict[str, Any]:
    numbers = [Decimal(one) / 10 for one in (3, -4, 7, 2, -5, 6, 1, 8, -2)]
    targets = [Decimal(1), *[Decimal(0)] * (units - 1)] if whole else [Decimal("0.3")] * units
    rows = [[numbers[(3 * j + i) % 9] for i in range(2)] for j in range(units)]
    layers = [
        {"units": 2, "activation": hidden, "weights": rows[:2], "biases": [Decimal("0.1"), Decimal("0.2")]},
        {"units": units, "activation": last, "weights": rows, "biases": Decimal("0.3")},
    ]
    data = {"inputs": [[Decimal("0.5"), Decimal("0.25")]] * 2, "targets": [targets] * 2}
    return {"title": "x", "network": {"inputs": 2, "layers": layers}, "data": data}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """What SymPy is asked for, with its answers; nothing is taken from the record."""
    found: Asked = {}
    right = symbolic.derivative

    def derivative(definition: Node, wrt: Var) -> Node:
        answer = right(definition, wrt)
        if (key := calculus.key(definition, wrt)) and _short(definition):
            found[key] = (calculus.to_data(definition), wrt.name, answer)
        return answer

    caches = (
        calculus.partial,
        shapes.slope,
        proofs.activation,
        proofs.loss,
        proofs.simplification,
        rules._agree,
    )
    for cached in caches:
        cached.cache_clear()
    monkeypatch.setattr(calculus, "recorded", dict)
    monkeypatch.setattr(symbolic, "derivative", derivative)
    yield found
    for cached in caches:
        cached.cache_clear()


def _short(definition: Node) -> bool:
    consts = [part.value for part in parts_of(definition) if isinstance(part, Const)]
    return all(abs(value.numerator) <= LARGEST and value.denominator <= LARGEST for value in consts)


def test_the_record_is_what_sympy_says(asked: Asked, accept: bool) -> None:
    """`pytest tests/test_calculus.py --accept` writes the record anew."""
    for name in example_names("networks"):
        solve(name)
    for table in problems():
        try:
            solve(table)
        except InputError:  # rows that do not fit together
            continue
    for path in sorted((ROOT / "tests/data/equations").glob("*.toml")):
        verify(ModelSolution(read_model(path)))
    entries = [[tree, by, calculus.to_data(answer)] for tree, by, answer in (asked[key] for key in sorted(asked))]
    text = "[\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries) + "\n]\n"
    if accept:
        FILE.write_text(text, "utf-8")
    assert FILE.read_text("utf-8") == text
    assert len(entries) > 50


def test_a_tree_comes_back_from_its_data() -> None:
    for tree, by, answer in json.loads(FILE.read_text("utf-8")):
        for data in (tree, answer):
            assert calculus.to_data(calculus.from_data(data)) == data
        assert calculus.partial(calculus.from_data(tree), Var(by)) == calculus.from_data(answer)


@pytest.mark.parametrize("problem", ["mazur", "caispp", "rohan-relu", "tests/data/equations/2-rnn.toml"])
def test_usual_problems_do_not_load_sympy(problem: str) -> None:
    code = f"import sys; from derive.cli import main; main(['values', {problem!r}], standalone_mode=False)"
    code += "; assert 'sympy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)
