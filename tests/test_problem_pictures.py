"""Pictures of problems given by equations: nothing lies on anything, and every number is the solution's."""

import random
import re
from pathlib import Path
from typing import Any

import pytest
from drawn import boxes, outside, overlaps, smallest_letters, touched

from derive.diagram import LEGIBLE, Scene, scale, to_svg, to_tikz
from derive.diagram.circuit import EMPTY, Gate, drawn
from derive.diagram.layers import crossings, layered, longest_paths
from derive.diagram.layout import PAGE
from derive.diagram.scene import Label, MathLine, Node
from derive.model import model_from_dict, read_model
from derive.pages.circuits import circuit_scene
from derive.pages.names import names_of
from derive.pages.page import ModelPage
from derive.worked import WorkedModel

EQUATIONS = sorted((Path(__file__).parent / "data" / "equations").glob("*.toml"))


def number(rng: random.Random) -> str:
    text = f"{rng.uniform(-300, 300):.{rng.randint(0, 4)}f}"
    return text if rng.random() < 0.8 else f"v_{{{rng.randint(1, 25)}}} = {text}"


def random_gates(seed: int, blank: bool = False) -> list[Gate]:
    """Up to 25 nodes, each reading one to three earlier ones, some twice; nothing stays unread but the last."""
    rng = random.Random(seed)
    count = rng.randint(2, 25)
    given = rng.randint(1, max(1, count // 2))
    gates: list[Gate] = []
    unread: list[str] = []
    for n in range(count):
        key, sources = f"v{n}", []
        if n >= given:
            left = count - n
            need = 3 if len(unread) > 2 * left or rng.random() < 0.1 else rng.choice((1, 2, 2))
            sources = [unread.pop(0) if unread and rng.random() < 0.7 else f"v{rng.randrange(n)}" for _ in range(need)]
        if n == count - 1:
            sources += unread
        above, below = (MathLine(number(rng), "hidden", key, 900), MathLine(number(rng), "gradient", key, 900))
        inside = MathLine(rng.choice(["+", r"\cdot", r"\mathrm{tanh}", r"(\cdot)^{2}", "w_{12}"]), "hidden", key, 900)
        shape = rng.choice(["circle", "box"]) if sources else "square"
        texts = (above,), (below,) if rng.random() < 0.9 else ()
        name = (MathLine(f"v_{{{n}}}", "hidden", key, 900),)
        gates.append(Gate(key, "hidden", (inside,), tuple(sources), *texts, shape, rng.random() < 0.5, name=name,
                          blank=blank and bool(sources)))  # fmt: skip
        unread = [one for one in unread if one not in sources] + [key]
    return gates


@pytest.mark.parametrize(("blank", "seeds"), [(False, 200), (True, 40)])
def test_nothing_overlaps_in_random_circuits(blank: bool, seeds: int) -> None:
    sizes = []
    for seed in range(seeds):
        gates = random_gates(seed, blank)
        placed = drawn(gates)
        scene = Scene(placed.width, placed.height, placed.items, "", "")
        assert overlaps(boxes(scene.items)) == [], seed
        assert list(touched(scene.items)) == [], seed
        assert outside(scene) == [], seed
        assert scene.width * LEGIBLE <= PAGE[0], seed
        sizes.append(len(gates))
    assert max(sizes) == 25 and min(sizes) < 5


def test_boxes_to_write_into_are_of_one_size() -> None:
    placed = drawn(random_gates(3, blank=True))
    empty = [item for item in placed.items if isinstance(item, Label) and not item.lines]
    assert empty and {(item.box.width, item.box.height) for item in empty} == {EMPTY}
    assert all(item.key and item.frame == "solid" for item in empty)


def test_columns_and_crossings() -> None:
    sources = {"a": (), "b": (), "c": (), "p": ("a", "b"), "q": ("p",), "r": ("q", "c", "a")}
    column = longest_paths(sources)
    assert column == {"a": 0, "b": 0, "p": 1, "q": 2, "c": 2, "r": 3}
    found = layered(sources, column)
    assert [sum(spot.through for spot in spots) for spots in found.columns] == [0, 1, 1, 0]
    assert crossings(found.columns, found.lines) == 0


# -- circuits of problems


def solved(tables: dict[str, Any]) -> WorkedModel:
    return WorkedModel(model_from_dict({"title": "A test", **tables}))


def page_of(solution: WorkedModel) -> ModelPage:
    return ModelPage(solution.printed, names_of(solution.printed))


NEURON = {
    "inputs": {"x0": -1, "x1": -2},
    "parameters": {"w0": 2, "w1": -3, "w2": -3},
    "model": {"equations": "f = 1/(1 + exp(-(w0*x0 + w1*x1 + w2)))", "loss": "f"},
}
PRODUCT = {"inputs": {"x": -2, "y": 5, "z": -4}, "model": {"equations": "q = x + y\nf = q*z", "loss": "f"}}
TWICE = {"inputs": {"x": 3, "c": "1/2"}, "model": {"equations": "s = x - c\nL = 2*s^2/x + max(s, 0)", "loss": "L"}}

# what stands in the nodes, above and below the lines; worked by hand
CIRCUITS: list[tuple[dict[str, Any], list[str], list[str], list[str]]] = [
    (PRODUCT, ["x", "y", "z", "+", r"\cdot"], ["-2", "5", "-4", "q = 3", "f = -12"], ["-4", "-4", "3", "-4", "1"]),
    (
        NEURON,
        ["w_{0}", "x_{0}", "w_{1}", "x_{1}", "w_{2}", r"\cdot", r"\cdot", "+", "+", r"-(\cdot)", r"\mathrm{exp}", "+1",
         r"1/(\cdot)"],
        ["2", "-1", "-3", "-2", "-3", "-2", "6", "4", "1", "-1", "0.3679", "1.3679", r"f \approx 0.7311"],
        ["-0.1966", "-0.3932", "0.1966", "0.1966", "0.1966", "0.1966", "0.1966", "-0.1966", "-0.5344", "-0.5344", "1"],
    ),
    (
        TWICE,
        ["x", "c", "-", r"(\cdot)^{2}", r"2\cdot", "/", r"\mathrm{max}(\cdot,0)", "+"],
        ["3", "0.5", "s = 2.5", "6.25", "12.5", "4.1667", "2.5", r"L \approx 6.6667"],
        ["2.9444", "-4.3333", "4.3333", "0.6667", "0.3333", "1", "1", "1"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("tables", "nodes", "above", "below"), CIRCUITS)
def test_circuits_worked_by_hand(tables: dict[str, Any], nodes: list[str], above: list[str], below: list[str]) -> None:
    scene = circuit_scene(page_of(solved(tables)))
    assert [item.inside[0].tex for item in scene.items if isinstance(item, Node)] == nodes
    labels = [item.lines[0] for item in scene.items if isinstance(item, Label)]
    assert [line.tex for line in labels if line.role != "gradient"] == above
    assert [line.tex for line in labels if line.role == "gradient"] == below
    for line in labels:
        assert re.split("[ =≈]+", line.tex.replace(r"\approx", "≈"))[-1] in scene.description


def test_the_forward_circuit_has_no_gradients_and_blanks_have_no_numbers() -> None:
    page = page_of(solved(NEURON))
    forward = circuit_scene(page, "forward")
    assert "gradient" not in {item.role for item in forward.items if isinstance(item, Label)}
    assert "radient" not in forward.description
    blank = circuit_scene(page, blanks=("v4", "f"))
    assert [item.key for item in blank.items if isinstance(item, Label) and not item.lines] == [
        "v4", "df/dv4", "f", "df/df",
    ]  # fmt: skip
    assert "0.7311" not in to_svg(blank).partition("</desc>")[2]


def test_rounding_on_the_way_names_only_what_is_rounded() -> None:
    tables = {**NEURON, "rounding": {"decimals": 2, "carry": True}}
    tables["model"] = {"equations": "z = w0*x0 + w1*x1 + w2\nf = 1/(1 + exp(-z))", "loss": "f"}
    labels = [item.lines[0] for item in circuit_scene(page_of(solved(tables))).items if isinstance(item, Label)]
    assert {line.key for line in labels if line.role in ("hidden", "error")} == {"z", "f"}


def every_scene() -> list[Any]:
    return [
        pytest.param(path, name, scene, id=f"{path.stem}-{name}")
        for path in EQUATIONS
        for name, scene in WorkedModel(read_model(path)).scenes()
    ]


@pytest.mark.parametrize(("path", "name", "scene"), every_scene())
def test_nothing_overlaps_in_pictures_of_problems(path: Path, name: str, scene: Scene) -> None:
    assert overlaps(boxes(scene.items)) == []
    assert list(touched(scene.items)) == []
    assert outside(scene) == []
    on_line, in_index = smallest_letters(scene, max(scale(scene), LEGIBLE))
    assert on_line >= 700 and in_index >= 500
    assert to_svg(scene).startswith("<svg") and "tikzpicture" in to_tikz(scene)


def test_documents_have_the_pictures() -> None:
    solution = solved(PRODUCT)
    html, tex, typ = (solution.render(name) for name in ("html", "tex", "typ"))
    assert html.count("<svg") == tex.count(r"\begin{tikzpicture}") == 2 and typ.count("<svg") == 2
    assert list(solution.pictures()) == ["problem.circuit-forward.svg", "problem.circuit-backward.svg"]
    for file in solution.pictures():
        assert file in solution.render("md", pictures=True)
    assert solved(PRODUCT).scenes()[0][0] == "circuit-forward"
