"""The pages of problems given by equations: every printed line is true, every format is made, nothing is markup."""

from __future__ import annotations

import json
import operator
import random
import re
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import Any

import mpmath
import pytest
from click.testing import CliRunner
from equation_problems import numbers
from flint import fmpq
from mpmath import mpf
from random_equations import random_problem
from readback import NUMBER, Unreadable, _longest_first
from readback_indexed import RELATIONS, Bordered, IndexedReader, read_indexed
from test_equation_rows import CASES as ROWS
from test_equation_rows import LOSSES
from test_readback import displayed
from tools import need

from derive.cli import main
from derive.model import model_from_dict, read_model
from derive.notation.author import AuthorNames
from derive.pages import names_of
from derive.pages.elements import Elements
from derive.pages.page import ModelPage
from derive.parts import Choice
from derive.reading import example_names
from derive.trace.identity import Symbol
from derive.worked import WorkedModel

EXAMPLES = sorted((Path(__file__).parent / "data" / "equations").glob("*.toml"))
FORMATS = ("md", "tex", "html", "typ", "pandoc", "ipynb", "json")
OPTIMISERS = (
    ("adam", {}),
    ("nesterov", {"momentum": Decimal("0.9")}),
    ("rmsprop", {}),
    ("momentum_average", {"momentum": Decimal("0.5")}),
)


@cache
def example(path: Path) -> WorkedModel:
    return WorkedModel(read_model(path))


def row_problem(number: int) -> dict[str, Any]:
    """A problem around a row of the library: the sum of the squares of its results."""
    case = (*ROWS, *LOSSES)[number]
    rng = random.Random(number)
    end = "" if case in LOSSES else f"\nL = sum({case.result}^2)"
    tables: dict[str, Any] = {
        "title": f"A use of {case.row}",
        "parameters": {name: numbers(rng, shape) for name, shape in case.arrays.items()},
        "model": {"equations": f"{case.equations}{end}"},
    }
    if case.constants:
        tables["constants"] = dict(case.constants)
    return tables


def tables_of(title: str, equations: str = "", **tables: Any) -> dict[str, Any]:
    model = {"equations": equations, **tables.pop("model", {})} if equations else tables.pop("model", {})
    return {"title": title, "model": model, **tables}


OTHERS: dict[str, dict[str, Any]] = {
    "forward only": tables_of(
        "Values only", "y[k] = x[k]^2\nz[k] = pad(y[k-1]) + y[k]", inputs={"x": [1, 2, 3]}, model={"loss": False}
    ),
    "optimiser alone": {
        "title": "Three steps of Adam",
        "parameters": {"w": ["1/3", 2]},
        "constants": {"g": [1, -2]},
        "model": {"upstream": {"w": "g"}},
        "training": {"optimizer": "adam", "learning_rate": "1/10", "steps": 3},
    },
    "perceptron": tables_of(
        "A rule without a gradient",
        "y = step(sum(w[i]*x[i] for i) + b)",
        inputs={"x": [1, -2]},
        parameters={"w": ["1/2", 1], "b": 0},
        constants={"t": 1},
        model={"loss": False},
        training={"optimizer": "perceptron", "learning_rate": 1},
    ),
    "author's functions": tables_of(
        "Functions of the author's",
        "f(x, a) = a*x^2 + sin(x)\ny[k] = f(x[k], c)\nv[k] = leaky_relu(y[k])\nL = sum(v[k]*sqrt(k) for k)",
        parameters={"x": ["1/2", -1], "c": 2},
    ),
    "gates": tables_of(
        "Gate by gate", "f = (x + y)*(x - 3)/y", inputs={"x": 5, "y": 2}, model={"granularity": "gates"}
    ),
    "from zero": tables_of(
        "Counting from zero",
        "y[k] = pad(x[k-1])*w[0] + x[k]*w[1]\nL = sum(y[k]^2 for k)",
        inputs={"x": [1, -2, 3]},
        parameters={"w": ["1/2", "1/4"]},
        model={"first_index": 0},
    ),
    "products and means": tables_of(
        "Products, means, branches",
        "p = prod(x[k] for k)\nm = mean(x[k] for k if k != 2)\nc = if(p > m, p*m, p - m)\nL = c^2 + min(p, m, c)",
        parameters={"x": ["3/2", "1/2", -2]},
    ),
    "nested names": tables_of(
        "Names of many kinds",
        "h_prev = tanh(W2@x1)\nz1 = sum(h_prev) + delta\ne = z1 - beta_2\nsigma = sigmoid(e)\nL = sigma*exp(e)",
        inputs={"x1": [1, -1]},
        parameters={"W2": [["1/2", "1/4"], ["-1/3", 1]], "delta": "1/8", "beta_2": 2},
    ),
    "a sign, and a ball around 1": tables_of(
        "Flat functions", "y = sign(x)\nd = exp(x)/exp(x)\nL = y*x + d*x", inputs={"x": "-1/3"}
    ),
    "a falling rate": tables_of(
        "A learning rate that falls",
        "L = (w - t)^2",
        parameters={"w": 1},
        targets={"t": 3},
        training={"learning_rate": "1/4", "steps": 4, "decay": {"kind": "inverse_time", "rate": Decimal("0.5")}},
    ),
    **{
        name: tables_of(
            f"Trained with {name}",
            "y = W@x\nL = 1/2*sum((y - t)^2)",
            inputs={"x": [1, 2]},
            parameters={"W": [["1/2", -1], ["1/4", 2]]},
            targets={"t": [1, 0]},
            training={"optimizer": name, "learning_rate": "1/10", "steps": 2, **settings},
        )
        for name, settings in OPTIMISERS
    },
}
CHOSEN = [number for number, case in enumerate((*ROWS, *LOSSES)) if number % 3 == 0 and case.row != "sign"]
RANDOM = [f"random {number}" for number in range(13) if number != 8]
BUILT_IN = [f"the example {name}" for name in example_names("equations")]
CASES = [*[path.stem for path in EXAMPLES], *BUILT_IN, *map(str, CHOSEN), *OTHERS, *RANDOM]


def random_tables(number: int) -> dict[str, Any]:
    """The tables of a random problem of the language."""
    problem = random_problem(random.Random(f"page {number}"))
    model = {"equations": problem.text, "first_index": problem.first}
    return {"title": f"Random problem {number}", **problem.tables_of(), "model": model}


FULL = Choice("full")


@cache
def case(name: str) -> WorkedModel:
    """A problem with everything on its page."""
    if name.startswith("random"):
        return WorkedModel(model_from_dict(random_tables(int(name.split()[1]))), FULL)
    if name in BUILT_IN:
        return WorkedModel(read_model(name.split()[-1]), FULL)
    if name in OTHERS:
        return WorkedModel(model_from_dict(OTHERS[name]), FULL)
    if name.isdigit():
        return WorkedModel(model_from_dict(row_problem(int(name))), FULL)
    return WorkedModel(example(next(path for path in EXAMPLES if path.stem == name)).problem, FULL)


@cache
def data(name: str) -> dict[str, Any]:
    return dict(json.loads(case(name).render("json")))


def value(text: str) -> mpf:
    """A number of the data: `0±1e-40` is 0."""
    if "/" in text:
        above, _, below = text.partition("/")
        return mpf(above) / mpf(below)
    return mpf(text.partition("±")[0])


STEPS = 3
"""Of how many steps the falling learning rate of a case is known."""


@cache
def known(name: str) -> dict[str, mpf]:
    """The value of every name, to 40 digits."""
    values = case(name).values(40)
    found = {entry["tex"]: value(values[entry["id"]]) for entry in data(name)["quantities"]}
    settings = {entry["tex"]: value(entry["value"]) for entry in data(name)["settings"]}
    falling = {rf"\eta_{{{made + 1}}}": mpf(1) / 4 / (1 + mpf(made) / 2) for made in range(STEPS)}
    found |= settings | {r"\mathrm{step}": mpf(1)} | falling
    found = {**alone(name, found), **found}
    return Bordered(found) if "index leaves its array" in case(name).render("md") else found


def alone(name: str, found: dict[str, mpf]) -> dict[str, mpf]:
    """The derivatives of every equation alone, measured: by how much its right side answers to a small change."""
    measured: dict[str, mpf] = {}
    entries = [entry for entry in data(name)["quantities"] if "formula_tex" in entry and "/d" not in entry["id"]]
    for reader in entries if case(name).form in ("graph", "chain") else ():
        for source in data(name)["quantities"]:
            if source["tex"] not in reader["formula_tex"] or "/d" in source["id"]:
                continue

            def moved(change: mpf, reader: dict[str, Any] = reader, source: dict[str, Any] = source) -> mpf:
                there = {**found, source["tex"]: found[source["tex"]] + change}
                return read_indexed(reader["formula_tex"], there, {}, functions(name))

            step = mpf("1e-14")
            slope = (moved(step) - moved(-step)) / (2 * step)
            measured[rf"\frac{{\partial {reader['tex']}}}{{\partial {source['tex']}}}"] = slope
    return measured


@cache
def functions(name: str) -> dict[str, tuple[tuple[str, ...], str]]:
    """The functions of a page as they are printed: their names, their arguments, and what they are."""
    found = {}
    for entry in data(name)["functions"]:
        left, _, right = entry["tex"].partition(" = ")
        head, _, arguments = left.removesuffix(r"\right)").removesuffix(")").replace(r"\left(", "(").partition("(")
        found[head] = (tuple(arguments.split(r",\,")), right)
    return found


def unbold(tex: str) -> str:
    r"""The letters of an array's name.

    >>> unbold(r"\frac{\partial L}{\partial \mathbf{WQ}}")
    '\\frac{\\partial L}{\\partial \\mathrm{WQ}}'
    """
    tex = re.sub(r"\\mathbf\{([A-Za-z])\}", r"\1", tex)
    tex = re.sub(r"\\mathbf\{(\w+)\}", r"\\mathrm{\1}", tex)
    return re.sub(r"\\boldsymbol\{(\\\w+)\}", r"\1", tex)


def without_spaces(tex: str) -> str:
    return tex.replace(" ", "")


MATRIX = re.compile(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}(\^\{\\mathsf\{T\}\})?", re.DOTALL)


def wrong_in_matrix(name: str, left: str, side: str) -> list[str]:
    """The entries of a printed matrix, or of a sum of them, that are not the elements of the array left of it.

    Products of two matrices are read elsewhere, and so are letters.
    """
    matrices = [[row.split("&") for row in found[1].split(r"\\")] for found in MATRIX.finditer(side)]
    shapes = {(len(one), len(one[0])) for one in matrices}
    multiplied = re.search(r"\\end\{bmatrix\}(?:\^\{\\mathsf\{T\}\})? *(?:\\,|\\cdot)? *\\begin", side)
    if len(shapes) != 1 or multiplied or ("mathsf" in side and len(matrices) > 1):
        return []
    wrong, turned = [], "mathsf" in side
    for r, row in enumerate(matrices[0]):
        for c in range(len(row)):
            entries = [one[r][c].strip() for one in matrices]
            cells = iter(entries)
            formula = MATRIX.sub(lambda _, cells=cells: f"({next(cells)})", side)
            number = read_indexed(formula, known(name))
            found = element(name, left, r, c, turned or len(row) > 1)
            if found is None or not (
                within(abs(found - number), formula, number, name, mpf(1))
                if len(matrices) > 1
                else abs(found - number) <= half_a_unit(entries[0])
            ):
                wrong.append(f"{left} at {r},{c}: {entries} for {found}")
    return wrong


def half_a_unit(entry: str) -> mpf:
    decimals = len(entry.partition(".")[2])
    return mpf(10) ** -decimals * (mpf("0.5000001") if decimals else mpf("1e-30"))


def element(name: str, left: str, r: int, c: int, in_row: bool) -> mpf | None:
    """The element of the array left of a matrix that stands in its row r and column c, from 0."""
    first = case(name).names.first
    row, column = r + first, c + first
    elements = {without_spaces(tex): number for tex, number in known(name).items()}
    stem, above = without_spaces(unbold(left)), ""
    if raised := re.search(r"\^\{[^{}]*\}(?=\}?$)", stem):
        stem, above = stem.replace(raised[0], "", 1) if stem.count(raised[0]) == 1 else stem, raised[0]
    inside = stem.removesuffix("}") if stem.startswith("\\frac") else stem
    end = "}" if stem.startswith("\\frac") else ""
    sliced = re.sub(r",i,j\}", f",{row},{column}}}", inside)
    ids = [f"{inside}_{{{one}}}{above}{end}" for one in (f"{row},{column}", column if in_row else row)]
    return next((elements[one] for one in [*ids, f"{sliced}{above}{end}"] if one in elements), None)


def printed(entry: str) -> mpf:
    return read_indexed(entry, {"x": mpf(0)})


def within(difference: mpf, side: str, number: mpf, name: str, size: mpf) -> bool:
    """Whether the rounding of the printed numbers can move a side so far: half a unit of each last digit, added up.

    Those of the fewest digits come first: they move most, and often enough alone.
    """
    total = mpf("1e-24")
    printed = [found for found in NUMBER.finditer(side) if "." in found[0]]
    for found in sorted(printed, key=lambda found: len(found[0].partition(".")[2])):
        if difference <= total * mpf("1.05") * size:
            return True
        unit = mpf(10) ** -len(found[0].partition(".")[2])
        moved = mpmath.nstr(mpf(found[0]) + unit / 2, 30, min_fixed=-99, max_fixed=99)
        other = read_indexed(side[: found.start()] + moved + side[found.end() :], known(name), {}, functions(name))
        total += abs(other - number)
    return bool(difference <= total * mpf("1.05") * size)


def sides(line: str) -> list[tuple[str, str]]:
    """The sides of a chain with the relation before each; relations inside brackets do not count."""
    found, depth, start, sign = [], 0, 0, ""
    for token in re.finditer(r"\\begin\{\w+\}|\\end\{\w+\}|[\[{(]|[]})]| (=|\\approx) ", line):
        text = token[0]
        if text.startswith(r"\begin") or text in "[{(":
            depth += 1
        elif text.startswith(r"\end") or text in "]})":
            depth -= 1
        elif depth == 0:
            found.append((sign, line[start : token.start()].strip()))
            sign, start = token[1], token.end()
    return [*found, (sign, line[start:].strip())]


def lines(name: str) -> Iterator[list[tuple[str, str]]]:
    """Every displayed line of numbers, side by side; those with letters are compared elsewhere."""
    for line in displayed(case(name).render("tex")):
        if "…" not in line:
            yield sides(line)


@pytest.mark.parametrize("name", CASES)
def test_every_line_of_numbers_is_true(name: str) -> None:
    """Each side of each displayed line has the value of what stands on its left."""
    false, compared = [], 0
    with mpmath.workdps(45):
        names = known(name)
        for (_, left), *others in lines(name):
            if others and "bmatrix" in others[-1][1]:
                false += [wrong for _, side in others for wrong in wrong_in_matrix(name, left, side)]
                continue
            if left not in names:
                continue  # with letters, or of whole arrays
            for sign, side in others:
                if re.search(r"\\(sum|prod|max_|min_|mathbf|boldsymbol|mathrm\{arg|mathrm\{mean)", side):
                    continue
                try:
                    number = read_indexed(side, names, {}, functions(name))
                    plain = not re.search(
                        r"[A-Za-z]", re.sub(r"\\(frac|cdot|left|right|bigl|bigr|Bigl|Bigr|sqrt|,)", "", side)
                    )
                    off, size = abs(number - names[left]), max(1, abs(number))
                    exact = sign == "=" and plain
                    if not (off <= mpf("1e-24") * size if exact else within(off, side, number, name, size)):
                        false.append(f"{left} {sign} {side}: off by {mpmath.nstr(number - names[left], 5)}")
                except (Unreadable, ValueError) as problem:
                    false.append(f"{left} {sign} {side}\n    {problem}")
                compared += 1
    assert not false, "\n".join(false)
    assert compared >= 3


SPAN = re.compile(r"(\w+) in (-?\d+)\.\.(-?\d+)")


def rows_of(entry: dict[str, Any]) -> Iterator[dict[str, int]]:
    """The values of the letters of an equation under its conditions."""
    _, _, clause = entry["text"].rpartition(" for ") if " for " in entry["text"] else ("", "", "")
    clause = clause if clause.count("(") == clause.count(")") else ""
    left = entry["text"].partition(" = ")[0]
    inside = re.findall(r"[A-Za-z]\w*", left.rpartition("[")[2]) if left.endswith("]") else []
    spans = {letter: range(int(low), int(high) + 1) for letter, low, high in SPAN.findall(clause)}
    spans = {letter: spans[letter] for letter in dict.fromkeys(inside) if letter in spans}
    conditions = clause.partition(" if ")[2].split(" and ") if " if " in clause else []
    if soft := re.search(r"softmax\(.* over \w+ if ([^()]*)\) for", entry["text"]):
        conditions += soft[1].split(" and ")
    for values in product(*spans.values()):
        letters = dict(zip(spans, values, strict=True))
        if all(_holds(condition, letters) for condition in conditions):
            yield letters


def _holds(condition: str, letters: dict[str, int]) -> bool:
    left, sign, right = condition.split()
    spelt = {"<=": r"\le", ">=": r"\ge", "!=": r"\ne", "==": "="}.get(sign, sign)
    ends = [read_indexed(side.replace("*", r"\cdot "), {"x": mpf(0)}, letters) for side in (left, right)]
    return bool(RELATIONS[spelt](*ends))


@pytest.mark.parametrize("name", CASES)
def test_every_equation_with_letters_is_true(name: str) -> None:
    """Each equation, of values, derivatives and updates, as printed with its letters, holds at its elements."""
    false, compared = [], 0
    with mpmath.workdps(45):
        names = known(name)
        for entry in data(name)["equations"]:
            left, _, right = entry["tex"].partition(" = ")
            for letters in random.Random(1).sample(found := list(rows_of(entry)), min(len(found), 6)):
                try:
                    ours = read_indexed(left, names, letters)
                    other = read_indexed(right, names, letters, functions(name))
                    if abs(ours - other) > mpf("1e-30") * max(1, abs(ours)):
                        false.append(f"{entry['tex']} at {letters}: {ours} and {other}")
                except (Unreadable, ValueError, KeyError) as problem:
                    false.append(f"{entry['tex']} at {letters}\n    {problem}")
                compared += 1
    assert not false, "\n".join(false)
    assert compared >= 2


@pytest.mark.parametrize(("at", "name"), list(enumerate(CASES)))
def test_formats_are_made(at: int, name: str) -> None:
    """No format refuses a page, each of a third of the problems; and all names of a page differ."""
    solution = case(name)
    assert all(len(solution.render(key)) > 500 for key in [*FORMATS][at % 3 :: 3])
    spelt = [entry["tex"] for entry in data(name)["quantities"]]
    assert len(spelt) == len(set(spelt)) > 2


HOSTILE = [
    "100% of \\it & #1 $x$ ~ ^ _under_ {brace} `code`",
    "<script>alert(1)</script> &amp; \"quoted\" 'single'",
    "![picture](file:///etc/passwd) [link](javascript:1) | pipe | **bold**",
    "#set page(width: 1cm) @label *strong* $ math $ \\input{/etc/passwd}",
    "{name} {0} %s << name >> <% if %> \\end{document}",
]


MARKUP = {
    "html": "<script>alert",
    "pandoc": "<script>alert",
    "md": "![picture](",
    "tex": r"\input{/etc",
    "typ": "\n#set page(width: 1cm)",
}
"""What would be seen by the reader of a format."""


def hostile(words: str) -> WorkedModel:
    tables = tables_of(
        words,
        f"h_prev[k] = tanh(w*x1[k])     # {words}\nL = sum(h_prev[k] for k)  # {words}",
        inputs={"x1": [1, 2]},
        parameters={"w": "1/2"},
        source=words,
        note=words,
        training={"update": f"p' = p - g # {words}"},
    )
    return WorkedModel(model_from_dict(tables))


@pytest.mark.parametrize("words", HOSTILE)
def test_words_of_authors_are_words(words: str) -> None:
    """What an author writes is text in every format, never markup."""
    solution = hostile(words)
    for key, markup in MARKUP.items():
        assert markup not in solution.render(key)
    assert solution.pdf().startswith(b"%PDF")


def test_latex_compiles(tmp_path: Path) -> None:
    """pdflatex makes a page of an example, of hostile words and of names of many kinds."""
    need("pdflatex")
    for at, solution in enumerate((case("4-cnn"), case("nested names"), hostile(HOSTILE[0]), hostile(HOSTILE[3]))):
        source = tmp_path / f"page{at}.tex"
        source.write_text(solution.render("tex"), "utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", source.name]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
        assert run.returncode == 0, run.stdout[-2000:]
        wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", run.stdout)]
        assert max(wide, default=0) < 5


def test_formulas_of_markdown_survive_its_parser() -> None:
    """No formula of a page holds what a Markdown parser would take for markup."""
    for name in CASES:
        for formula in re.findall(r"\$\$\n(.*?)\n\$\$|\$([^$\n]+)\$", case(name).render("md"), re.DOTALL):
            text = formula[0] or formula[1]
            assert not re.search(r"\\[^A-Za-z \n]|\}_(?! )|\*|\]\(", text), (name, text)


# -- the command


def test_solve_writes_every_format(tmp_path: Path) -> None:
    """The command takes problems given by equations; a start that the next step uses is no warning."""
    path = next(path for path in EXAMPLES if path.stem == "3-lstm")
    run = CliRunner().invoke(
        main, ["solve", str(path), "-o", str(tmp_path), "--format", "md,tex,html,typ,pdf,ipynb,json"]
    )
    assert run.exit_code == 0, run.output
    made = sorted(file.suffix for file in tmp_path.iterdir())
    assert sorted({*made} - {".svg"}) == [".html", ".ipynb", ".json", ".md", ".pdf", ".tex", ".typ"]
    assert run.stderr == ""
    notebook = json.loads((tmp_path / "3-lstm.solution.ipynb").read_text("utf-8"))
    assert "derive.solve(" in json.dumps(notebook)


REFUSED = [
    # problem, option, value, what the message says
    ("1-circuit", "--notation", "mazur", "no notation for a problem given by equations"),
    ("1-circuit", "--form", "grahp", 'Did you mean "graph"?'),
    ("1-circuit", "--form", "delta", "expected a form that this problem has (graph, chain, matrix, index)"),
    ("4-cnn", "--form", "graph", "too many to be worked one by one"),
]


@pytest.mark.parametrize(("problem", "option", "word", "said"), REFUSED)
def test_what_a_problem_has_not_is_refused(problem: str, option: str, word: str, said: str, tmp_path: Path) -> None:
    """A notation, and a form that there is not or not for this problem: one message, exit code 2, no file."""
    path = next(path for path in EXAMPLES if path.stem == problem)
    run = CliRunner().invoke(main, ["solve", str(path), "-o", str(tmp_path / "out"), option, word])
    assert run.exit_code == 2
    assert run.stderr.count("derive:") <= 1 and option[2:] in run.stderr and said in run.stderr, run.stderr
    assert not (tmp_path / "out").exists()


def test_rounding_is_the_problems() -> None:
    """Decimals, overrides and ties are those of the problem."""
    rounding = {"decimals": 2, "ties": "half_even", "overrides": {"z": 5}}
    tables = tables_of("Rounded", "y = x/3\nz = x/3\nh = x/8\nL = y*z*h", inputs={"x": 1}, rounding=rounding)
    text = WorkedModel(model_from_dict(tables)).render("md")
    assert r"y & = \frac{x}{3} = \frac{1}{3} \approx 0.33 " in text
    assert r"\approx 0.33333" in text
    assert r"h & = \frac{x}{8} = \frac{1}{8} \approx 0.12 " in text


def test_a_disagreement_is_a_fault_of_the_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A step whose formula has another value than the number beside it is never shown: exit code 3."""
    monkeypatch.setattr(Elements, "number", lambda self, symbol: fmpq(17))
    run = CliRunner().invoke(main, ["solve", str(EXAMPLES[0]), "-o", str(tmp_path / "out")])
    assert run.exit_code == 3
    assert "fault of the program" in run.stderr and not (tmp_path / "out").exists()


NAMES = [
    ({"x": 1, "x1": 0, "W2": 2, "z": 0, "z1": 0}, ["x_{1}", r"\mathrm{x1}", "W_{1,1}^{(2)}", "z", "z_{1}"]),
    ({"eps": 0, "epsilon": 0, "mu": 1, "zhat": 1}, [r"\mathrm{eps}", r"\mathrm{epsilon}", r"\mu_{1}", r"\hat{z}_ {1}"]),
    (
        {"h_prev": 1, "W_q": 2, "a_1": 0, "a1": 0},
        [r"h_{\mathrm{prev},1}", r"W_{\mathrm{q},1,1}", r"\mathrm{a1}^{\mathrm{no}1}"],
    ),
]


@pytest.mark.parametrize(("ranks", "expected"), NAMES)
def test_names(ranks: dict[str, int], expected: list[str]) -> None:
    """Names of authors in print: Greek letters, indices, words; no two alike."""
    names = AuthorNames(ranks, {}, "L")
    found = [names.element(name, ["1"] * rank).name.tex for name, rank in ranks.items()]
    assert len(set(found)) == len(found)
    assert all(name in found or name.startswith(r"\mathrm{a1}") for name in expected), found


# -- whole arrays


class Array(list[list[mpf]]):
    """A matrix of numbers as pages mean it: products of matrices, everything else element by element."""

    def _each(self, other: Any, how: Any) -> Array:
        if not isinstance(other, Array):
            return Array([[how(x, other) for x in row] for row in self])
        assert (len(self), len(self[0])) == (len(other), len(other[0])), "two shapes"
        return Array([[how(x, y) for x, y in zip(*rows, strict=True)] for rows in zip(self, other, strict=True)])

    def __mul__(self, other: Any) -> Any:  # type: ignore[override]
        if not isinstance(other, Array):
            return self._each(other, operator.mul)
        assert len(self[0]) == len(other), "a product of matrices that do not fit"
        return Array(
            [
                [sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*other, strict=True)]
                for row in self
            ]
        )

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Any:
        return self._each(other, operator.add)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._each(other, operator.sub)

    def __rsub__(self, other: Any) -> Any:
        return self._each(other, lambda x, y: y - x)

    def each(self, function: Any) -> Array:
        return Array([[function(x) for x in row] for row in self])

    def __abs__(self) -> Array:
        return self.each(abs)

    def __neg__(self) -> Array:
        return self * mpf(-1)

    def __truediv__(self, other: Any) -> Any:
        return self._each(other, operator.truediv)

    def __rtruediv__(self, other: Any) -> Any:
        return self._each(other, lambda x, y: y / x)

    def __pow__(self, other: Any) -> Any:
        return self._each(other, operator.pow)

    @property
    def turned(self) -> Array:
        return Array([list(column) for column in zip(*self, strict=True)])

    def hadamard(self, other: Array) -> Array:
        return self._each(other, operator.mul)


class WholeReader(IndexedReader):
    """A reader of formulas in whole arrays."""

    def term(self) -> Any:
        value = self.factor()
        while True:
            if self.takes(r"\odot"):
                value = value.hadamard(self.factor())
            elif self.takes(r"\cdot") or self.takes(r"\,"):
                other = self.factor()
                value = other * value if not isinstance(value, Array) else value * other
            else:
                return value

    def factor(self) -> Any:
        value = self.atom()
        if self.takes(r"^{\mathsf{T}}"):
            return value.turned
        if self.takes("^{"):
            value = value ** self.sum()
            self.need("}")
        return value

    @cached_property
    def spelt(self) -> dict[str, list[str]]:
        """All names by their first letter; here an index is a part of a name."""
        return _longest_first(tuple(self.names))

    def element(self) -> str | None:
        self.skip()
        for name in self.spelt.get(self.text[self.place : self.place + 1], ()):
            if self.text.startswith(name, self.place):
                self.place += len(name)
                return name
        return None

    def apply(self, function: Any, arguments: list[Any]) -> Any:
        first, *rest = arguments
        return first.each(lambda x: function(x, *rest)) if isinstance(first, Array) else function(*arguments)


def arrays(name: str) -> dict[str, Any]:
    """Every array under its bold name; vectors are columns."""
    solution = case(name)
    page = ModelPage(solution, names_of(solution))
    found: dict[str, Any] = dict(known(name))
    values = solution.values(40)
    plan = solution.rounds[0].plan
    for one in plan.arrays:
        rank = page.names.rank(one)
        if one.startswith("training.") or "'" in one or "(" in one or rank not in (1, 2):
            continue
        cells = {
            place: value(values[page.display.symbol(Symbol(one, place)).key])
            for place in page.elements.places(one)
            if page.display.symbol(Symbol(one, place)).key in values
        }
        rows = sorted({place[0] for place in cells})
        columns = sorted({place[1:] for place in cells})
        if cells and len(cells) == len(rows) * len(columns):
            found[page.display.whole(one).name.tex] = Array(
                [[cells[(row, *column)] for column in columns] for row in rows]
            )
    return found


@pytest.mark.parametrize("name", CASES)
def test_every_equation_in_whole_arrays_is_true(name: str) -> None:
    """Each matrix form, as printed, gives the array on its left."""
    false: list[str] = []
    with mpmath.workdps(45):
        names = arrays(name)
        for entry in data(name)["equations"]:
            if "matrix_tex" not in entry:
                continue
            left, _, right = entry["matrix_tex"].partition(" = ")
            expected = names[left]
            longest = max(max(len(one), len(one[0])) for one in names.values() if isinstance(one, Array))
            for count in range(1, longest + 1):
                ones = {r"\mathbf{1}": Array([[mpf(1)] for _ in range(count)])}
                try:
                    found = WholeReader(right, names | ones, {}, functions(name)).sum()
                except AssertionError:
                    continue
                break
            else:
                false.append(f"{entry['matrix_tex']}: shapes")
                continue
            pairs = zip(_numbers(expected), _numbers(found), strict=False)
            if any(abs(one - other) > mpf("1e-30") * max(1, abs(one)) for one, other in pairs):
                false.append(entry["matrix_tex"])
    assert not false, "\n".join(false)


def _numbers(found: Any) -> list[mpf]:
    return [number for row in found for number in row] if isinstance(found, Array) else [found]


# -- what a reader can rely on


def decimals_in(name: str) -> int:
    return case(name).problem.rounding.decimals


@pytest.mark.parametrize("name", CASES)
def test_every_line_can_be_done_again(name: str) -> None:
    """The printed numbers of a line lead to its printed result, up to two units of the last digit."""
    wrong, compared = [], 0
    with mpmath.workdps(45):
        for _, *others in lines(name):
            if len(others) < 2 or "bmatrix" in others[-1][1]:
                continue
            result = others[-1][1]
            for _, side in others[:-1]:
                if re.search(r"[A-Za-z]", re.sub(r"\\[a-zA-Z]+(\{\w+\})?|e\^", "", side)) or "partial" in side:
                    continue
                try:
                    found, expected = (read_indexed(one, {}, {}, functions(name)) for one in (side, result))
                except (Unreadable, ValueError):
                    continue
                decimals = max(len(result.partition(".")[2]), decimals_in(name))
                compared += 1
                if abs(found - expected) > mpf("2.0001") * mpf(10) ** -decimals:
                    wrong.append(f"{side} is {mpmath.nstr(found, 8)}, not {result}")
    assert not wrong, "\n".join(wrong)
    assert compared


@pytest.mark.parametrize("name", CASES)
def test_small_numbers_have_digits(name: str) -> None:
    """A rounded number shows two digits at least, and what is proven to be 0 is shown as an exact 0."""
    values, least = case(name).values(20), min(2, decimals_in(name))
    overridden = tuple(case(name).problem.rounding.overrides)
    for entry in data(name)["quantities"]:
        if entry["exact"] or entry["id"].startswith(overridden or "?"):
            continue
        digits = entry["shown"].lstrip("-0.").replace(".", "")
        assert len(digits) >= least or abs(value(values[entry["id"]])) < mpf("1e-12"), entry["id"]
        assert values[entry["id"]] != "0", entry["id"]


def test_a_sum_shows_its_terms() -> None:
    """Terms that are 0 are left out of long sums, and a sum that vanishes is an exact 0, with a word on it."""
    text = example_text("4-cnn")
    assert r"\approx 0.3709 + (-0.3246) + 0.0927 + (-0.1391) = \mathbf{0}" in text
    assert "Terms that are 0 are left out" in text and "exactly 0 is proven" in text
    assert "…" not in "".join(re.findall(r"\$\$\n(.*?)\n\$\$", text, re.DOTALL))
    assert "0.0000" not in text


def example_text(name: str) -> str:
    return case(name).render("md")


def test_arguments_of_functions_are_shown() -> None:
    """A function of a sum shows the sum; several functions show their values."""
    assert r"= \tanh(0.6)" in example_text("9-autoencoder")
    ridge = example_text("12-ridge")
    assert r"\mathrm{huber}(-2.5,\thinspace 1)" in ridge and "(0.0013 + 2 + 3.5 + 0.6)" in ridge
    assert r"\approx \frac{1.8562}{1.8562 + 1.6048}" in example_text("4-cnn")


def test_a_training_table_says_which_example() -> None:
    """Under a schedule every loss stands beside the number that it is for, after the last step too."""
    model = case("8-online")
    rows = [line.split("|")[1:5] for line in example_text("8-online").splitlines() if re.match(r"\| [0-4] \|", line)]
    assert [row[1].strip(" $") for row in rows] == ["1", "2", "1", "2", "2"]
    for step, row in enumerate(rows):
        own = model.values(20)[f"after[{step}].E[{row[1].strip(' $')}]" if step else "E[1]"]
        assert abs(mpf(own) - mpf(row[2].strip(" $"))) < mpf("0.00006")
    assert "only rows with the same $s$ can be compared" in example_text("8-online")


GOES = re.compile(r"^\$[^$]+\$ goes into (.*?):\n\n\$\$\n(.*?)\n\$\$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", CASES)
def test_what_a_quantity_goes_into_is_in_its_formula(name: str) -> None:
    """The indices in a sentence are those of the formula below it."""
    for said, formula in GOES.findall(example_text(name)):
        named = re.findall(r"\$([^$]+)\$", said.partition(", for ")[0].partition(" (")[0])
        assert named
        for one in named:
            assert "_" not in one or rf"\partial {one}}}" in formula or one.startswith(r"\mathbf"), (said, formula)


def test_indices_in_sentences() -> None:
    """The next step is named as the next step; what the loss does not read is no part of it."""
    text = example_text("3-lstm")
    assert r"- $c_{t,j}$ goes into $c_{t+1,j}$ and $h_{t,j}$" in text
    assert r"$h_{k}$ goes into $a_{k+1}$" in example_text("2-rnn")
    assert r"$\mathrm{logp}_ {i}$, on which $L$ does not depend" in example_text("7-embedding")


def test_no_number_before_it_is_computed() -> None:
    """The start of a state is shown alone: the others are not known yet."""
    text = str(WorkedModel(example(next(path for path in EXAMPLES if path.stem == "3-lstm")).problem).render("md"))
    before = text.partition(" Forward pass\n")[2].partition("need each other's results")[0]
    assert r"h_{0,1} & = h_{1}^{(0)} = 0" in before and "0.1415" not in before
    assert r"Here $\sigma(u) = \frac{1}{1 + e^{-u}}$." in text


# a use of a row with the author's words, and the words of its equations
LED_IN = [
    ("use rms_norm(x = x, y = y)    # the length is lost.", ["the length is lost; the mean square", "its root"]),
    ("use residual(x = x, F = gamma, y = y)    # round it", ["round it"]),
    ("use residual(x = x, F = gamma, y = y)", ["the way around the block"]),
]


@pytest.mark.parametrize(("use", "words"), LED_IN)
def test_the_authors_words_lead_into_a_row(use: str, words: list[str]) -> None:
    """They stand before the words of the row's first equation, and in place of them where it has no other."""
    given = {"x": [Decimal("1.5"), 2], "gamma": [1, Decimal("0.5")]}
    tables = tables_of("Words", f"{use}\nL = sum(y^2)", inputs=given)
    found = json.loads(WorkedModel(model_from_dict(tables)).render("json"))["equations"]
    assert [entry["comment"] for entry in found if "comment" in entry][: len(words)] == words


# an equation, how its right side is printed, and how the derivative of L = y by x
G = r"\frac{\partial L}{\partial y}"
DIGITS = [
    ("y = 0.25*x", r"0.25 \cdot x", rf"0.25 \cdot {G}"),
    ("y = 0.10*x^2", r"0.10 \cdot x^{2}", rf"0.2 \cdot {G} \cdot x"),
    ("y = x/1.5", r"\frac{x}{1.5}", rf"\frac{{2}}{{3}} \cdot {G}"),
    ("y = x/2.5", r"\frac{x}{2.5}", rf"0.4 \cdot {G}"),
    ("y = 1/4*x", r"\frac{1}{4} \cdot x", rf"\frac{{1}}{{4}} \cdot {G}"),
    ("y = 1e-3*x", r"0.001 \cdot x", rf"0.001 \cdot {G}"),
    ("y = x^1.5", "x^{1.5}", rf"1.5 \cdot {G} \cdot x^{{0.5}}"),
    ("y = 2.0*x", r"2 \cdot x", rf"2 \cdot {G}"),
    ("y = 1e-20*x", r"\frac{1}{100000000000000000000} \cdot x", rf"\frac{{1}}{{100000000000000000000}} \cdot {G}"),
]


@pytest.mark.parametrize(("equation", "value", "derivative"), DIGITS)
def test_numbers_of_equations_keep_their_digits(equation: str, value: str, derivative: str) -> None:
    """A decimal number stays one, and what comes of it where its decimals end; a fraction stays a fraction."""
    tables = tables_of("Digits", f"{equation}\nL = y", inputs={"x": Decimal("1.5")})
    found = json.loads(WorkedModel(model_from_dict(tables)).render("json"))["equations"]
    assert (found[0]["tex"], found[-1]["tex"]) == (f"y = {value}", rf"\frac{{\partial L}}{{\partial x}} = {derivative}")


def test_the_authors_order_is_kept() -> None:
    """Of equations that need each other, the first numbers stand in the order of the equations where that is one."""
    text = example_text("3-lstm").partition("Here is the first of each in numbers")[2].partition("$$\n")[2]
    found = re.findall(r"^(\S+_ ?\{1,1\}) & =", text.partition("\n$$")[0], re.MULTILINE)
    plain = [re.sub(r"\\mathrm\{(\w+)\}", r"\1", one).partition("_")[0] for one in found]
    assert plain == ["zi", "zf", "zo", "zg", "i", "f", "o", "g", "c", "h"]


def test_what_is_left_out_is_told_where_it_counts() -> None:
    """A start that the next step reads is nothing to be told; an element that a sum leaves out is."""
    assert not case("3-lstm").all_warnings()
    tables = tables_of("Left out", "h[0] = 1\nh[k] = h[k-1] + x[k]\nL = sum(h[k]*x[k] for k)", inputs={"x": [1, 2]})
    (told,) = WorkedModel(model_from_dict(tables)).all_warnings()
    assert told == "k runs over 1..2 in the equation of L: h at 0 is left out there"


CONV = "use conv2d(x = x, K = K, y = y, b = b, channels = no)\n"


def conv(end: str, **model: Any) -> str:
    tables = tables_of(
        "A convolution",
        CONV + end,
        inputs={"x": [[1, 2, 0], [0, 1, 3], [2, 1, 1]]},
        parameters={"K": [[1, -1], ["1/2", 2]], "b": "1/3"},
        model=model,
    )
    return str(WorkedModel(model_from_dict(tables)).render("md"))


def test_remarks_fit_the_page() -> None:
    """What is worth knowing of derivatives is said where there are some; so is what is derived."""
    forward, both = conv("", loss=False), conv("L = sum(y^2)")
    assert "An element under" not in both
    assert "gradient" not in forward and "Every formula is derived" not in forward
    assert "The gradient of the kernel is a correlation" in both and "Every formula is derived" in both


@pytest.mark.parametrize("name", CASES)
def test_conventions_are_told_where_they_are_used(name: str) -> None:
    """Where equations read under pad, the page says what an element outside is; and it never shows the word itself."""
    text = example_text(name)
    assert r"\mathrm{pad}" not in text
    assert "index leaves its array" in text or "pad(" not in case(name).problem.model.equations


def test_words_fit_what_is_derived() -> None:
    """Without a loss none is measured; with one it has its name; a comment is said of its own equation alone."""
    assert r"by measuring how the sum of $\mathbf{O}$ times $\mathbf{G}$, element by element," in example_text(
        "5-attention"
    )
    assert "by measuring how $f$ answers" in example_text("1-circuit")
    gan = example_text("10-gan")
    assert re.search(r"And on a fake one:\n\n\$\$\n[^$]*\n\$\$\n\nThen:", gan)
    assert "gradient is multiplied by the forget gates alone" in example_text("3-lstm")


# -- how the pages hang together


@cache
def printed_pages(name: str) -> bytes:
    return case(name).pdf()


@cache
def pages_of(name: str, order: str = "-layout") -> list[str]:
    """The text of each page of the PDF, row by row as it stands there, or in the order in which it was set (-raw)."""
    need("pdftoppm")
    run = subprocess.run(["pdftotext", order, "-", "-"], input=printed_pages(name), capture_output=True, check=True)
    return run.stdout.decode().split("\f")[:-1]


@pytest.mark.parametrize("name", [path.stem for path in EXAMPLES])
def test_pages_break_between_elements(name: str) -> None:
    """No page begins in the middle of a line of numbers, and none ends with the opening of a chapter."""
    for page in pages_of(name, "-raw"):
        # As it was set: in the highest row of a page, the + of a new value may stand above the letter that has it.
        assert not page.lstrip().startswith(("≈", "=", "+")), page[:40]
    for page in pages_of(name):
        rows = [row.strip() for row in page.splitlines() if row.strip()]
        body = [row for row in rows if not row.isdigit() and not row.startswith("Every formula is derived")]
        assert not re.search(r"(step in full|, and add up)\.$", body[-1]), body[-1]
        assert not re.match(r"\d(\.\d)? [A-Z]", body[-1]), body[-1]
    # Only a picture that found no room stands behind the table at the end.
    (end,) = [page for page in pages_of(name) if "Every formula is derived" in page]
    assert any("Number" in row for row in end.splitlines())


@pytest.mark.parametrize("name", [path.stem for path in EXAMPLES])
def test_ranges_are_not_broken(name: str) -> None:
    """No line breaks between a letter and what it runs over."""
    assert not re.search(r"\$ = \d", example_text(name))
