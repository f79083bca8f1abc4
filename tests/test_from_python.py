"""What a program gives in place of a file: dictionaries with floats, texts, arrays and tensors."""

import math
import struct
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import need

import derive
from derive.errors import InputError
from derive.from_python import numbers, shortest


def mazur(**data: Any) -> dict[str, Any]:
    """Mazur's network with two of its numbers as floats, two as texts, the others of no type in particular."""
    layers = [
        {"units": 2, "activation": "sigmoid", "weights": [[0.15, "0.20"], (0.25, 0.3)], "biases": [0.35, "0.35"]},
        {"units": 2, "activation": "sigmoid", "weights": [[0.4, 0.45], [0.5, 0.55]], "biases": (0.6, 0.6)},
    ]
    return {
        "network": {"inputs": 2, "layers": layers},
        "data": {"inputs": [[0.05, 0.1]], "targets": [[0.01, 0.99]], **data},
        "loss": {"name": "half_squared_error"},
        "training": {"learning_rate": 0.5},
    }


def test_a_dictionary_needs_no_decimals_and_no_title() -> None:
    """The gradient of the file, from floats and texts."""
    solution = derive.solve(mazur())
    assert solution.values_json(only=("dL/dW[2][0][0]",)) == derive.solve("mazur").values_json(only=("dL/dW[2][0][0]",))
    assert solution.problem.title == "A network"


def test_a_text_is_no_number_where_a_text_is_meant() -> None:
    """A title of digits stays a title, and a text that is no number is told as one."""
    assert derive.solve(mazur() | {"title": "1984"}).problem.title == "1984"
    with pytest.raises(InputError, match=r'data\.inputs\[0\]\[1\]: expected a number, found "0,1"'):
        derive.solve(mazur(inputs=[[0.05, "0,1"]]))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_are_finite(value: float) -> None:
    with pytest.raises(InputError, match=r"data\.inputs\[0\]\[1\]: expected a finite number"):
        derive.solve(mazur(inputs=[[0.05, value]]))


def test_arrays_and_tensors() -> None:
    """Single precision is what its author has typed; whole numbers stay whole."""
    need("torch")
    import numpy
    import torch

    assert numbers(torch.tensor([0.15, 2.0, 1e-7])) == [Decimal("0.15"), Decimal(2), Decimal("1E-7")]
    assert numbers(torch.tensor([[1, 2]])) == [[1, 2]]
    assert numbers(torch.tensor(0.1, dtype=torch.float64, requires_grad=True)) == Decimal("0.1")
    assert numbers(numpy.float16([0.1, 65504])) == [Decimal("0.1"), 65500]
    assert numbers([numpy.float32(0.3), 0.3]) == [Decimal("0.3"), Decimal("0.3")]
    equations = {
        "inputs": {"x": torch.tensor([0.15, 0.1])},
        "parameters": {"w": "0.5"},
        "model": {"equations": "L = w*sum(x)"},
    }
    assert derive.solve(equations).digits("L", 6) == "0.125"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_shortest_decimal_of_a_double_is_what_python_prints(value: float) -> None:
    """`repr` of a double is the shortest decimal by another program."""
    assert shortest(value) == Decimal(repr(value))


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_the_shortest_decimal_of_a_single(value: float) -> None:
    """It is rounded to the same binary number, and no decimal with a digit less lies as near to it."""
    found = shortest(value, "float32")
    assert struct.pack("<f", float(found)) == struct.pack("<f", value)
    if value:
        _, digits, exponent = found.normalize().as_tuple()
        unit = Fraction(10) ** (int(exponent) + 1)
        lower = math.floor(Fraction(found) / unit) * unit
        for other in (lower, lower + unit):
            assert len(digits) == 1 or single(other) != struct.pack("<f", value)


def single(number: Fraction) -> bytes:
    """A number in single precision."""
    try:
        return struct.pack("<f", float(number))
    except OverflowError:
        return b""
