"""Lines that mix letters and numbers: what they show is kept beside the value that they state."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import pytest

from derive import solve
from derive.expression import leaves
from derive.formula import Printer, Text
from derive.numbers import compile_value
from derive.work import Names, read_text
from derive.work.model import Figure, Stated, as_written


@cache
def mazur() -> Names:
    return Names(solve("mazur"))


def only(line: str, format: str = "csv") -> Stated:
    """The one value that is stated on a line."""
    (sheet,) = work = read_text(line, mazur(), format)
    assert work.all_faults == ()
    (value,) = sheet.values
    return value


SHOWN = [
    # a cell for w5+ and E_o1, and the sides that it shows
    ("w5+,w5 - 0.5*0.0822 = 0.3589", ["w5 - 0.5*0.0822"]),
    (
        "E_o1,1/2*(target_o1-out_o1)^2 = 1/2*(0.01-0.751)^2 = 0.27454 = 0.2745",
        ["(1/2)*(target_o1 - out_o1)^2", "(1/2)*(0.01 - 0.751)^2", "0.27454"],
    ),
    ("w5+,0.4 - 0.5*(-0.082) = 0.441", ["0.4 - 0.5*(-0.082)"]),
    ("w5+,0.3589", []),
    ("w5+,? = 0.3589", []),
]


@pytest.mark.parametrize(("line", "sides"), SHOWN)
def test_what_a_line_shows(line: str, sides: list[str]) -> None:
    """Every side between the name and the number, as a tree of letters and numbers."""
    value = only(f"quantity,value\n{line}\n")
    printer = Printer(Text(), solve("mazur").namer)
    assert [printer(as_written(node)) for node in value.shown] == sides


def test_figures_know_their_decimals() -> None:
    """0.50 and 0.5 are one number with two and with one decimal; whole numbers and fractions are exact."""
    value = only("quantity,value\nw5+,0.40 - 0.5*1/3 + 2 = 2.23\n")
    found = [(leaf.value, leaf.places) for leaf in leaves(value.shown[0]) if isinstance(leaf, Figure)]
    assert found == [(Fraction(2, 5), 2), (Fraction(1, 2), 1)]
    assert str(compile_value(value.shown[0])({})) == "67/30"


def test_a_line_with_numbers_put_in_is_no_formula_to_compare() -> None:
    """Letters alone are compared with the derivation; with numbers among them they lead to the number."""
    text = r"$E_{o1} = \frac12 (target_{o1} - out_{o1})^2 = 0.2748$, $w_5^+ = w_5 - 0.5 \cdot 0.0822 = 0.3589$"
    (sheet,) = read_text(text, mazur(), "claims")
    assert [one.quantity.id for one in sheet.values] == ["loss_part[0]", "W_new[2][0][0]"]
    assert [one.quantity.id for one in sheet.formulas] == ["loss_part[0]"]
