"""Pictures: how activations are called, decimals that are asked for, numbers that fit in any font."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from test_html import chromium

from derive import solve
from derive.activations import ACTIVATIONS, called
from derive.cli import main
from derive.diagram import to_svg
from derive.diagram.scene import Caption
from derive.reading import example_names

SVG = "{http://www.w3.org/2000/svg}"


def scenes(name: str, **options: Any) -> dict[str, Any]:
    return dict(solve(name).scenes(**options))


def test_activations_are_called_as_in_the_text() -> None:
    """Capitals are those of the row's own words."""
    words = [item.words for item in scenes("rohan-relu")["forward"].of(Caption)]
    assert "ReLU" in words and "relu" not in words
    assert "ReLU" in scenes("rohan-relu")["forward"].description
    assert {name: called(name) for name in ("relu", "leaky_relu", "gelu", "tanh", "softmax")} == {
        "relu": "ReLU",
        "leaky_relu": "leaky ReLU",
        "gelu": "GELU",
        "tanh": "tanh",
        "softmax": "softmax",
    }
    assert all(called(name) for name in ACTIVATIONS)


DECIMALS = [
    ("mazur", "forward", None, 4),
    ("mazur", "forward", 2, 2),
    ("mazur", "forward", 6, 6),
    ("mazur", "path-w1", 1, 2),
    ("circuit", "circuit-backward", 2, 2),
    ("rnn", "unrolled-forward", 1, 2),
    ("cnn", "windows-O-forward", 3, 3),
]
"""Picture, decimals that are asked for, and the most that a number has; one that would be 0 keeps a digit."""


@pytest.mark.parametrize(("name", "picture", "asked", "most"), DECIMALS)
def test_decimals(name: str, picture: str, asked: int | None, most: int) -> None:
    svg = to_svg(scenes(name, decimals=asked)[picture])
    found = [
        len(digits)
        for digits in re.findall(r"[≈] [−-]?\d+\.(\d+)|>[−-]?\d+\.(\d+)<", svg)
        for digits in digits
        if digits
    ]
    assert found and sorted(found)[len(found) * 8 // 10] <= most
    if asked == 6:
        assert max(found) == 6


def test_decimals_by_the_command(tmp_path: Path) -> None:
    found = CliRunner().invoke(main, ["diagram", "mazur", "forward", "--decimals", "2", "-o", str(tmp_path)])
    assert found.exit_code == 0, found.output
    assert "≈ 0.59" in (tmp_path / "mazur.forward.svg").read_text("utf-8") or ">0.59<" in (
        tmp_path / "mazur.forward.svg"
    ).read_text("utf-8")
    wrong = CliRunner().invoke(main, ["diagram", "mazur", "--decimals", "-1"])
    assert wrong.exit_code == 2


@pytest.mark.parametrize("name", example_names())
def test_numbers_say_how_long_they_are(name: str) -> None:
    """Every text with digits at its full height has a length that lies inside the picture."""
    for scene in scenes(name).values():
        root = ET.fromstring(to_svg(scene))
        width = float(root.get("viewBox").split()[2])
        for text in root.iter(f"{SVG}text"):
            if text.text and re.search(r"\d", text.text) and "dv-quiet" not in text.get("class", ""):
                assert 0 < float(text.get("textLength", "0")) < width, text.text


MEASURED = """<script>addEventListener("load", () => {
  const found = [];
  for (const text of document.querySelectorAll("text[textLength]")) {
    const box = text.getBBox();
    found.push([text.textContent, box.width, Number(text.getAttribute("textLength"))]);
  }
  document.body.textContent = JSON.stringify(found);
})</script>"""


@pytest.mark.parametrize("font", ["serif", "monospace"])
def test_numbers_fit_in_any_font(tmp_path: Path, font: str) -> None:
    """A browser sets them as long as they say, even in letters of another width."""
    import html
    import json

    svg = to_svg(scenes("mazur")["backward"], style=False)
    svg = re.sub(r"font-family=\"[^\"]*Times[^\"]*\"", f'font-family="{font}"', svg)
    dom = chromium(tmp_path, f"<!DOCTYPE html><body>{svg}{MEASURED}</body>", "--dump-dom")
    found = json.loads(html.unescape(re.search(r"<body>(.*)</body>", dom, re.S)[1]))
    assert len(found) > 30
    assert [row for row in found if abs(row[1] - row[2]) > 2] == []
