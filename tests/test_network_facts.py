"""Questions on the network itself: shapes and numbers of parameters, their key, and answers however they are spelt."""

import csv
import io
from itertools import pairwise
from pathlib import Path

import pytest
from byhand.task import Task, table_of
from click.testing import CliRunner

from derive import check
from derive.cli import main
from derive.notation import NOTATIONS
from derive.quantity import FACTS
from derive.worksheet import SheetOptions, compile_sheet

BY_SOURCE = {"row": True, "transposed": True}
"""Notations whose weight matrices have a row for each source; all others have one for each unit."""


@pytest.mark.parametrize("notation", sorted(NOTATIONS))
@pytest.mark.parametrize("name", ["mazur", "caispp", "rohan", "rohan-chain"])
def test_key_by_hand(name: str, notation: str) -> None:
    """Counted from the table of the problem alone, in each notation's arrangement."""
    sheet = compile_sheet(name, SheetOptions(ask=("shapes", "parameters"), notation=notation))
    sizes = Task(table_of(name)).sizes
    convention = sheet.namer.notation.convention
    expected = {}
    for layer, (below, units) in enumerate(pairwise(sizes), 1):
        weights = f"{below}×{units}" if BY_SOURCE.get(convention) else f"{units}×{below}"
        vector = f"1×{units}" if convention == "row" else f"{units}×1"
        expected |= {f"shape_W[{layer}]": weights, f"shape_dLdW[{layer}]": weights}
        expected |= {f"shape_a[{layer}]": vector, f"shape_delta[{layer}]": vector}
    weights = sum(below * units for below, units in pairwise(sizes))
    task = Task(table_of(name))
    trained = sum(task.trained(one) for layer in range(1, task.last + 1) for one in task.parameters(layer))
    expected |= {"number_of_weights": str(weights), "number_of_parameters": str(trained)}
    assert {row.quantity: row.exact for row in sheet.numbers().rows} == expected
    text = sheet.worksheet(sheet.numbers(), "md")
    order = "row for each unit of the layer below" if BY_SOURCE.get(convention) else "row for each unit and a column"
    assert order in text and all(f"Answer {box.label}: `{box.name}` = ____" in text for box in sheet.boxes)


SPELT = [
    ("shape_W[1]", "2x3", "exact"),
    ("shape_W[1]", "(2,3)", "exact"),
    ("shape_W[1]", "2 × 3", "exact"),
    ("shape_W[1]", "[2; 3]", "exact"),
    ("shape_W[1]", "2 by 3", "exact"),
    ("shape_W[1]", "2-by-3 matrix", "exact"),
    ("shape_W[1]", r"$2 \times 3$", "exact"),
    ("shape_W[1]", "2*3", "exact"),
    ("shape_W[1]", "3x2", "wrong"),
    ("shape_W[1]", "6", "wrong"),
    ("shape_W[1]", "2x", "wrong"),
    ("shape_W[1]", "two by three", "wrong"),
    ("shape_W[1]", "2x3x1", "wrong"),
    ("shape_a[1]", "3x1", "exact"),
    ("shape_a[1]", "(3,)", "exact"),
    ("shape_a[1]", "3", "exact"),
    ("shape_a[1]", "1x3", "wrong"),
    ("shape_a[1]", "", "missing"),
    ("number_of_weights", "9", "exact"),
    ("number_of_weights", "9 weights", "exact"),
    ("number_of_weights", "12", "wrong"),
    ("number_of_parameters", "=9", "wrong"),
    ("number_of_parameters", "nine", "wrong"),
    ("shape_dLdW_2", "3 x 1", "exact"),
]
"""Answers on caispp, whose two inputs, three hidden units and one output store a row for each source."""


@pytest.mark.parametrize(("quantity", "text", "verdict"), SPELT)
def test_spellings(quantity: str, text: str, verdict: str, tmp_path: Path) -> None:
    work = io.StringIO()
    csv.writer(work).writerows([["quantity", "value"], ["a[1][0]", "0.5"], [quantity, text]])
    path = tmp_path / "work.csv"
    path.write_text(work.getvalue(), "utf-8")
    (sheet,) = check("caispp", path).sheets
    assert [one.verdict for one in sheet.results if one.quantity.kind in FACTS] == [verdict]


@pytest.mark.parametrize("format", ["md", "html", "tex", "typ"])
def test_sheet_and_class(format: str, tmp_path: Path) -> None:
    """With other questions, in a class set, the same answers for everybody; a filled sheet of the key is right."""
    arguments = ["hmkcode", "--ask", "shapes,parameters,gradients:2", "--variants", "2", "--format", format]
    run = CliRunner().invoke(main, ["worksheet", *arguments, "-o", str(tmp_path / "set")])
    assert run.exit_code == 0, run.output
    rows = list(csv.DictReader(io.StringIO((tmp_path / "set/keys.csv").read_text("utf-8-sig"))))
    assert {row["exact"] for row in rows if row["quantity"] == "shape_W[1]"} == {"2×2"}
    lines = [f"{row['form']},{row['quantity']},{row['exact']}" for row in rows]
    (tmp_path / "work.csv").write_text("\n".join(["form,quantity,value", *lines]), "utf-8")
    found = check(tmp_path / "set", tmp_path / "work.csv", marks=True)
    assert len(found.sheets) == 2 and all(sheet.all_right and len(sheet.results) == 12 for sheet in found.sheets)


def test_facts_alone_and_with_the_usual_questions() -> None:
    alone = compile_sheet("mazur", SheetOptions(ask=("parameters",)))
    assert [box.name for box in alone.boxes] == ["number_of_weights", "number_of_parameters"]
    more = compile_sheet("mazur", SheetOptions(ask=("parameters", "all")))
    plain = compile_sheet("mazur", SheetOptions(ask=("all",)))
    assert [box.quantity for box in more.boxes[2:]] == [box.quantity for box in plain.boxes]
    assert more.boxes[2].label == "2a"
