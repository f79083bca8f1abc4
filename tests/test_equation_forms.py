"""The forms of problems given by equations: each has the same numbers, which are read back from what it prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mpmath import mpf
from test_readback import displayed

from derive import solve
from derive.library import KINDS, rows
from derive.pages import FORMS
from derive.worked import WorkedModel

EXAMPLES = Path(__file__).parent / "data" / "equations"
ALL = ("graph", "chain", "matrix", "index")
SMALL = [
    # problem, its forms, the usual one, the derivatives that every form ends with
    ("1-circuit", ALL, "graph", ("df/da", "df/db", "df/dc")),
    ("2-rnn", ALL, "matrix", ("dL/dw", "dL/du", "dL/dv")),
    ("3-lstm", ("matrix", "index", "delta"), "matrix", ("dL/dbi[1]", "dL/dWf[1,1]")),
    ("4-cnn", ("matrix", "index"), "matrix", ("dL/db", "dL/dK[1,1]", "dL/dD[2,4]")),
    ("5-attention", ("matrix", "index"), "matrix", ("dL/dWV[1,2]", "dL/dWQ[3,1]")),
    ("6-batchnorm", ALL, "matrix", ("dL/dgamma", "dL/dbeta", "dL/dw[1]")),
]


def bare(tex: str) -> str:
    """TeX without spaces and without the letters' weights."""
    return re.sub(r"\\(?:mathbf|mathrm|boldsymbol)\{([^{}]*)\}", r"\1", tex.replace(" ", ""))


def result(text: str, name: str) -> set[str]:
    """The numbers at the ends of the lines of an element, and at its place in the printed matrices of its array."""
    array, _, index = name.partition("[")
    loss, _, by = array.removeprefix("d").partition("/d")
    by = {"gamma": r"\gamma", "beta": r"\beta"}.get(by, by)
    places = [int(number) for number in index.rstrip("]").split(",")] if index else []
    whole = rf"\frac{{\partial{loss}}}{{\partial{by}}}"
    own = f"{whole[:-1]}_{{{index.rstrip(']')}}}}}" if places else whole
    found = set()
    for line in displayed(text):
        left, *sides = re.split(r" (?:=|\\approx) ", line)
        last = bare(sides[-1]) if sides else ""
        if bare(left) == own and re.fullmatch(r"-?[0-9.]+", last):
            found.add(last)
        elif places and bare(left) == whole and last.startswith(r"\begin{bmatrix}"):
            entries = [row.split("&") for row in re.sub(r"\\(begin|end){bmatrix}", "", last).split(r"\\")]
            row, column = (places[0], places[1]) if len(places) == 2 else (places[0], 1)
            found.add(entries[row - 1][column - 1])
    return found


def solved(problem: str, form: str | None = None, detail: str | None = None) -> WorkedModel:
    found = solve(EXAMPLES / f"{problem}.toml", form=form, detail=detail)
    assert isinstance(found, WorkedModel)
    return found


@pytest.mark.parametrize("detail", ["brief", "standard"])
@pytest.mark.parametrize(("problem", "forms", "usual", "names"), SMALL)
def test_all_forms_give_the_same_numbers(
    problem: str, forms: tuple[str, ...], usual: str, names: tuple[str, ...], detail: str
) -> None:
    """What every form prints as a derivative is its value, rounded; nothing else is printed for it."""
    values = solved(problem)
    assert values.form == usual
    for form in forms:
        text = solved(problem, form, detail).render("tex")
        for name in names:
            exact = mpf(values.digits(name, 30))
            printed = result(text, name)
            assert printed, f"{form}: nothing is printed for {name}"
            assert all(abs(mpf(one) - exact) <= mpf("0.00005000001") for one in printed), (form, name, printed, exact)


def test_every_form_is_in_a_table() -> None:
    """Every form of the command line is tried here."""
    assert {form for _, forms, _, _ in SMALL for form in forms} == set(FORMS)


def test_the_kernel_turns_by_itself() -> None:
    """Contracting the indices of a convolution leaves the kernel turned round."""
    tables = {"title": "A convolution", "inputs": {"x": [1, 2, 3, 4]}, "parameters": {"k": [2, -1]}}
    text = "y[t] = sum(k[u]*x[t+u-1] for u)\nL = sum(y[t]^2 for t)"
    page = solve({**tables, "model": {"equations": text, "wanted": ["x"]}}, form="index").render("md")
    line = next(line for line in page.splitlines() if line.startswith(r"\frac{\partial L}{\partial x_{"))
    assert line.count("= ") >= 2 and "index leaves its array" in page, line
    assert "k_{u}" in line and "i+u = t+1" in line  # below the first sum stands the condition that the element is read
    assert r"\frac{\partial L}{\partial y_{t-u+1}} \cdot k_{u}" in line


SENTENCES = [(kind, name) for kind in KINDS for name in rows(kind)]


@pytest.mark.parametrize(("kind", "name"), SENTENCES)
def test_every_row_has_its_sentences(kind: str, name: str) -> None:
    """What it computes, what its derivatives are, and a remark: whole sentences, each said once."""
    row = rows(kind)[name]
    for said in (row.forward, row.backward, row.remark):
        assert said.endswith(".") and said[0].isupper() and len(said) <= 420, said
    assert len({row.forward, row.backward, row.remark}) == 3


SIZES = [
    # input, kernel, stride, border, the line
    ((5, 5), (2, 2), 1, None, r"\text{rows} & = \frac{W + 2 \cdot P - F}{S} + 1 = \frac{5 + 2 \cdot 0 - 2}{1} + 1 = 4"),
    ((5, 5), (3, 3), 2, 1, r"\text{rows} & = \frac{W + 2 \cdot P - F}{S} + 1 = \frac{5 + 2 \cdot 1 - 3}{2} + 1 = 3"),
    (
        (4, 6),
        (2, 3),
        1,
        None,
        r"\text{columns} & = \frac{W + 2 \cdot P - F}{S} + 1 = \frac{6 + 2 \cdot 0 - 3}{1} + 1 = 4",
    ),
    ((6, 6), (3, 3), 2, None, None),  # a row is left over: no line that is not true
]


@pytest.mark.parametrize(("picture", "kernel", "stride", "border", "line"), SIZES)
def test_sizes_of_what_a_kernel_gives(
    picture: tuple[int, int], kernel: tuple[int, int], stride: int, border: int | None, line: str | None
) -> None:
    def array(shape: tuple[int, int]) -> list[list[int]]:
        return [[(3 * r + 5 * c) % 7 - 3 for c in range(shape[1])] for r in range(shape[0])]

    padding = ", padding = zeros, P = P" if border is not None else ""
    equations = f"use conv2d(x = x, K = K, y = y, b = b, S = S, channels = no{padding})\nL = sum(y^2)"
    constants = {"S": stride} | ({"P": border} if border is not None else {})
    tables = {"title": "A kernel", "inputs": {"x": array(picture)}, "constants": constants}
    page = solve({**tables, "parameters": {"K": array(kernel), "b": 1}, "model": {"equations": equations}}).render("md")
    assert f"| {kernel[0] * kernel[1] + 1} |" in page
    assert (line in page) if line is not None else (r"\text{rows}" not in page)


PAGES = [("3-lstm", 4, 9), ("4-cnn", 4, 9), ("5-attention", 4, 9), ("6-batchnorm", 4, 9)]


@pytest.mark.parametrize(("problem", "brief", "standard"), PAGES)
def test_pages_of_course_problems(problem: str, brief: int, standard: int) -> None:
    """On A4 a small course problem has at most 4 pages in brief and 9 as usual."""
    pymupdf = pytest.importorskip("pymupdf")
    for detail, most in (("brief", brief), ("standard", standard)):
        assert len(pymupdf.open(stream=solved(problem, detail=detail).pdf())) <= most
