"""Whatever a file of work or a formula holds, reading it ends soon, with its sheets or with one message."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import solve
from derive.errors import InputError
from derive.formula import Printer, Text
from derive.numbers import compile_value
from derive.work import Names, read_formula, read_text, read_work

SOLUTION = solve("mazur")


@cache
def mazur() -> Names:
    return Names(SOLUTION)


HOSTILE = {
    "csv": [
        "".join(f"foo{i} bar{i} = {i}\n" for i in range(1500)),
        "".join(f"z{i} = 0.{i}\n" for i in range(1500)),
        "".join(f"z1 = [{'1, ' * 1500}1]\n" for _ in range(8)),
        *(f"{line[:4900]}\n" * 8 for line in ("w5" + " " * 4890 + "= 1", "a " * 2400, "1 " * 2400, "w5=" * 1600 + "1")),
        *(f"{line}\n" * 8 for line in ("[" * 2400 + "]" * 2400 + " = 1", "|" * 4900, "is 1 " * 980, "->" * 2400)),
        *(f"{line} = 1\n" * 8 for line in ("z_1" * 1500, "z^{[1]}" * 700, "y\u0302" * 2400, "{" * 2000 + "}" * 2000)),
        '"' * 10**6,
        ";" * 10**5,
        "w5 " + " " * 10**6 + "x",
        "w5,(1" * 10**4,
        '"\n' * 10**5,
        "w5,=" + "=" * 10**5,
    ],
    "json": ['{"a":' * 10**5, '"' * 10**6, '{"w5":' + "1" * 10**6 + "}", '["' + "\\" * 10**6 + '"]'],
    "md": ["\n" * 10**6, "> " * 10**5, "Name" * 10**5],
    "claims": [
        "`" * 10**6,
        "$ a " * 10**5,
        "\\[ " * 10**5 + "\\]",
        "$$" + "(" * 39_000 + "$$",
        "$$w_5 = " + "{" * 19_000 + "}" * 19_000 + "$$",
        "$$w_5 = " + "." * 39_000 + "$$",
        "$$" + "\\begin{array}" * 2900 + "$$",
        "$$" + "w_5=" * 9000 + "$$",
        "<!--" * 10**5,
        "\\begin{equation}" * 10**4,
    ],
}


@pytest.mark.parametrize("format", HOSTILE)
def test_hostile_texts(format: str) -> None:
    for text in HOSTILE[format]:
        started = time.process_time()
        check_harmless(text, format)
        assert time.process_time() - started < 4, text[:20]


def check_harmless(text: str, format: str | None) -> None:
    try:
        work = read_text(text, mazur(), format, "w.txt")
    except InputError as error:
        errors: Iterable[InputError] = [error]
    else:
        errors = work.all_faults
    for error in errors:
        assert error.file == "w.txt" and error.expected and error.found and len(str(error)) < 700
        assert error.place is None or error.place.startswith("line ") or "limit" in str(error)


NAME_PIECES = r"""
w5 out_h1 net_h1 E w5+ dE/dw5 z[1][0] w9 quantity student value Ann w_{5} \frac{\partial{E}}{\partial{w_5}} id name
\mathrm{out}_{h1} delta_o1 dE_o1/dout_h1 new grad * target_o1 ∂E/∂w₅ after[1].loss dE/dout_h1|net_o1 \mathbf{z}^{(1)}
"""
VALUE_PIECES = r"""
0.5 0,5 1,234 -.5 1/3 1e-3 12% abc ____ nan 1e999 w5*out_h1 (1-out_o1)^2 =0.3 w5=0.4 1.2·10^-3 ≈ −1 null true ½ 0.5_0.6
** (4dp) ... … ✓ ca. [
\frac12 $0.5$ 999999999999999999999999999999999999999999999999 \" {
"""
MATH_PIECES = r"""
w5 out_h1 net_h1 e^ exp( max( sigma log f'( d ∂ if E W[2][0][0] \frac{ }{ \left( \right) \sqrt \begin{cases} \end{cases}
\\ w_{5}^{+} dE/dw5 ^{ ** ² ₅ 1e5 0,5 \ 😀 % @1 \begin{matrix} \end{matrix} {w_5} \newcommand{\x}[1]{#1} \x \text{new} ≈
"""
NAMES = st.sampled_from([*NAME_PIECES.split(), "", r"\frac{\partial E}{\partial w_5}"])
VALUES = st.sampled_from([*VALUE_PIECES.split(), "", "0.5 0.6"])
SIGNS = st.sampled_from([*',;\t\n=: "{}[]$&#|`', "$$", r"\\"])
FORMULA_PIECES = st.sampled_from(
    [*MATH_PIECES.split(), *"+-*/^()[]{}|_',=<>&.0123456789 ", "+ ", "\\partial ", "\u202e"]
)
MATHS = st.lists(FORMULA_PIECES, max_size=25).map("".join)
PIECES = st.one_of(NAMES, VALUES, SIGNS, SIGNS, MATHS, st.text(max_size=5))
TEXTS = st.lists(PIECES, max_size=40).map("".join)
ROWS = st.lists(st.lists(st.one_of(NAMES, VALUES, MATHS), max_size=4).map(",".join), max_size=8).map("\n".join)
JSONS = st.recursive(
    st.one_of(NAMES, VALUES, st.none(), st.booleans(), st.integers(), st.floats()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
).map(json.dumps)
ANSWERS = st.lists(st.tuples(NAMES, VALUES).map(lambda pair: f"Answer 1a: `{pair[0]}` = {pair[1]}"), max_size=5)
CLAIMS = st.lists(st.one_of(MATHS.map("${}$".format), MATHS.map("$${}$$".format), TEXTS), max_size=4).map(" ".join)


@settings(max_examples=500, deadline=None)
@given(
    text=st.one_of(TEXTS, ROWS, ROWS.map("quantity,value\n{}".format), ROWS.map("student;quantity;value\n{}".format))
)
def test_any_table_is_harmless(text: str) -> None:
    check_harmless(text, "csv")


@settings(max_examples=250, deadline=None)
@given(text=st.one_of(JSONS, TEXTS.map("{{{}}}".format), ANSWERS.map("\n".join)))
def test_any_json_or_worksheet_is_harmless(text: str) -> None:
    check_harmless(text, None)
    check_harmless(text, "json")


@settings(max_examples=400, deadline=None)
@given(text=CLAIMS)
def test_any_claims_are_harmless(text: str) -> None:
    check_harmless(text, "claims")


@settings(max_examples=800, deadline=None)
@given(text=MATHS)
def test_any_formula_is_harmless(text: str) -> None:
    """What is read can also be computed, in no time."""
    try:
        node = read_formula(text, mazur())
    except InputError as error:
        assert error.expected and error.found
        return
    compile_value(node)
    assert isinstance(Printer(Text(), SOLUTION.namer)(node), str)


@settings(max_examples=150, deadline=None)
@given(content=st.one_of(st.binary(max_size=200), TEXTS.map(lambda text: text.encode("utf-16", "surrogatepass"))))
def test_any_bytes_are_harmless(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    try:
        read_work(path, mazur())
    except InputError as error:
        assert error.file == str(path) and error.expected and error.found
