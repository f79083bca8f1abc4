"""What Jupyter gets: notebooks whose cells are the sections, and objects that show themselves."""

import ast
import json
import re
import xml.etree.ElementTree as ET
from base64 import b64decode
from pathlib import Path
from typing import Any

import nbformat
import pytest
from tools.markdown import markdown_formulas
from tools.typesetting import katex_errors

import derive
from derive.activations import ACTIVATIONS
from derive.notation import NOTATIONS
from derive.reading import example_names, example_text


def cells(solution: derive.Solution) -> list[dict[str, Any]]:
    book: dict[str, Any] = json.loads(solution.render("ipynb"))
    return list(book["cells"])


PICTURE = re.compile(r"!\[.*\]\((?P<address>.*)\)")


@pytest.mark.parametrize("name", ["caispp", "mazur", "rohan-relu"])
def test_a_notebook_is_valid_and_holds_the_solution(name: str) -> None:
    """Valid for nbformat; the cells of words are the Markdown solution, each begins with its only heading."""
    solution = derive.solve(name)
    book = nbformat.reads(solution.render("ipynb"), as_version=4)
    nbformat.validate(book)
    words = [cell.source for cell in book.cells if cell.cell_type == "markdown"]
    headings = [line for text in words for line in text.splitlines() if line.startswith("#")]
    assert headings == [text.splitlines()[0] for text in words]
    whole = solution.render("md", pictures=True)
    assert PICTURE.sub("", "\n\n".join(words)).split() == PICTURE.sub("", whole).split()
    assert len(words) > 10


def test_pictures_are_attachments() -> None:
    """Each picture that a cell shows is in it, as PNG, and nothing else is."""
    solution, found = derive.solve("mazur"), 0
    for cell in cells(solution):
        shown = [match["address"] for match in PICTURE.finditer("".join(cell["source"]))]
        attached = cell.get("attachments", {})
        assert shown == [f"attachment:{file}" for file in attached]
        for image in attached.values():
            assert b64decode(image["image/png"]).startswith(b"\x89PNG")
        found += len(shown)
    assert found == len(solution.pictures()) > 1


def test_every_formula_is_whole() -> None:
    """No formula is cut by the end of a cell, and a parser of TeX reads each."""
    formulas = []
    for cell in cells(derive.solve("mazur", form="matrix", detail="full")):
        if cell["cell_type"] == "markdown":
            formulas += markdown_formulas("".join(cell["source"]))
    assert len(formulas) > 100
    assert katex_errors([(formula.tex, formula.display) for formula in formulas]) == []


def test_names_of_cells_follow_the_sections() -> None:
    """The same in every run, and all different, whatever the title says."""
    problem = example_text("hmkcode").replace('title = "', 'title = "1 ', 1)
    text = derive.solve(derive.reading.parse_problem(problem)).render("ipynb")
    names = [cell["id"] for cell in json.loads(text)["cells"]]
    assert names[:5] == ["title", "code-1", "code-2", "section-1", "section-2"]
    assert len(set(names)) == len(names)
    assert text == derive.solve(derive.reading.parse_problem(problem)).render("ipynb")


@pytest.mark.parametrize(
    ("options", "call"),
    [
        ({}, 'derive.solve("mazur")'),
        ({"notation": "mazur", "form": "chain", "detail": "standard"}, 'derive.solve("mazur")'),
        ({"form": "delta", "detail": "brief"}, 'derive.solve("mazur", form="delta", detail="brief")'),
        ({"notation": "caispp"}, 'derive.solve("mazur", notation="caispp")'),
    ],
)
def test_the_code_leads_to_the_same_solution(options: dict[str, str], call: str) -> None:
    solution = derive.solve("mazur", **options)
    code, *_ = ["".join(cell["source"]) for cell in cells(solution) if cell["cell_type"] == "code"]
    assert f"solution = {call}\n" in code
    names: dict[str, Any] = {}
    exec(compile(ast.parse(code), "cell", "exec"), names)
    assert names["solution"].render("md") == solution.render("md")


def test_the_code_names_the_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(example_text("hmkcode"), "utf-8")
    code, *_ = [cell for cell in cells(derive.solve(tmp_path / "mine.toml")) if cell["cell_type"] == "code"]
    assert 'derive.solve("mine.toml")  # the problem file' in "".join(code["source"])


def computing(solution: derive.Solution) -> list[str]:
    """The cells in which a student computes, the first of them with what the others need."""
    return ["".join(cell["source"]) for cell in cells(solution) if cell["cell_type"] == "code"][1:]


COMPUTED = [
    *((name, {}) for name in example_names("networks")),
    *(("rohan", {"form": form}) for form in ("delta", "matrix", "index")),
    *(("mazur", {"notation": notation, "form": "matrix"}) for notation in NOTATIONS),
    ("caispp", {"detail": "brief"}),
]


@pytest.mark.parametrize(("name", "options"), COMPUTED, ids=str)
def test_every_cell_computes_the_number_of_the_derivation(
    name: str, options: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """NumPy's floats are another computation than the derivation's; all cells agree, and none is left out."""
    solution = derive.solve(name, **options)
    exec(compile("\n".join(computing(solution)), "cells", "exec"), {})
    said = capsys.readouterr().out.splitlines()
    assert len(said) > 20 and [line for line in said if not line.endswith(": ok")] == []
    for loss in ("loss", f"after[{solution.problem.training.steps}].loss"):
        name = solution.namer(solution.quantity(loss)).text
        assert any(line.startswith(f"{name} = ") for line in said), name


def test_a_wrong_formula_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    """A cell in which the bias is forgotten, and everything after it, differs; what does not use it does not."""
    cells_of_code = computing(derive.solve("mazur"))
    wrong = [
        cell.replace("net_h1 = w1 * i_1 + w2 * i_2 + b_1", "net_h1 = w1 * i_1 + w2 * i_2") for cell in cells_of_code
    ]
    assert wrong != cells_of_code
    exec(compile("\n".join(wrong), "cells", "exec"), {})
    said = capsys.readouterr().out.splitlines()
    differs = {line.partition(" ")[0] for line in said if line.endswith("DIFFERS")}
    assert {"net_h1", "out_h1", "net_o1", "E"} <= differs
    assert differs.isdisjoint({"net_h2", "out_h2"})


ROUNDED = """title = "x"
[network]
inputs = 1
[[network.layers]]
units = 2
activation = "ACTIVATION"
weights = [[0.7], [-0.4]]
[[network.layers]]
units = 1
activation = "linear"
weights = [[1.5, -0.5]]
[data]
inputs = [[0.9]]
targets = [[0.25]]
[loss]
name = "half_squared_error"
[training]
learning_rate = 0.5
"""


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "step"])
def test_every_activation_is_computed(activation: str, capsys: pytest.CaptureFixture[str]) -> None:
    solution = derive.solve(derive.reading.parse_problem(ROUNDED.replace("ACTIVATION", activation)))
    exec(compile("\n".join(computing(solution)), "cells", "exec"), {})
    said = capsys.readouterr().out.splitlines()
    assert len(said) > 10 and [line for line in said if not line.endswith(": ok")] == []


def test_jupyter_shows_a_solution_as_markdown() -> None:
    solution = derive.solve("hmkcode")
    assert solution._repr_markdown_() == solution.render("md")
    assert repr(solution) == "<Solution of hmkcode: notation hmkcode, form chain>"


@pytest.mark.parametrize(
    ("picture", "weight", "step", "shows"),
    [
        ("network", None, 0, "W[1][0][0]"),
        ("forward", None, 2, "after[2].a[1][0]"),
        ("backward", None, 1, "after[1].dL/dW[1][0][0]"),
        ("path", "W[2][0][0]", 0, "W[2][0][0]"),
        ("losses", None, 0, "after[2].loss"),
    ],
)
def test_jupyter_shows_a_picture_as_svg(picture: str, weight: str | None, step: int, shows: str) -> None:
    figure = derive.solve("rohan-relu").diagram(picture, weight, step=step)
    root = ET.fromstring(figure._repr_svg_())
    assert root.tag.endswith("svg")
    assert f'"{shows}"' in figure.svg
    assert figure.alt_text


@pytest.mark.parametrize(
    ("arguments", "fragments"),
    [
        ({"picture": "forwards"}, ["picture", 'did you mean "forward"?']),
        ({"picture": "path", "weight": "b_1"}, ["weight", '"b_1"']),
        ({"picture": "path", "weight": "w99"}, ["weight", "such as w1,", '"w99"']),
        ({"picture": "forward", "step": 2}, ["step", "from 0 to 1"]),
        ({"picture": "backward", "step": 1}, ["step", "from 0 to 0"]),
        ({"picture": "forward", "example": 1}, ["example", "found 1"]),
    ],
)
def test_pictures_that_do_not_exist(arguments: dict[str, Any], fragments: list[str]) -> None:
    with pytest.raises(derive.InputError) as caught:
        derive.solve("mazur").diagram(**arguments)
    assert [text for text in fragments if text not in str(caught.value).lower()] == []


def test_formats_that_do_not_exist() -> None:
    with pytest.raises(derive.InputError, match=r'found "pdf2".'):
        derive.solve("mazur").render("pdf2")
