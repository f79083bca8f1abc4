"""Pictures of problems given by equations: nothing lies on anything, and every number is the solution's."""

import random
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from drawn import boxes, outside, overlaps, smallest_letters, touched
from tools import compile_tex
from tools.needs import ROOT

from derive.cli import main
from derive.diagram import LEGIBLE, Scene, to_svg, to_tikz
from derive.diagram.circuit import EMPTY, Gate
from derive.diagram.circuit_rows import drawn
from derive.diagram.layers import crossings, layered, longest_paths
from derive.diagram.layout import PAGE
from derive.diagram.scene import Edge, Label, MathLine, Node
from derive.errors import InputError
from derive.model import model_from_dict, read_model
from derive.pages.circuits import circuit_scene
from derive.pages.names import names_of
from derive.pages.page import ModelPage
from derive.solution import solve
from derive.worked import WorkedModel

EQUATIONS = sorted((Path(__file__).parent / "data" / "equations").glob("*.toml"))

EXAMPLES = [
    path for path in sorted((ROOT / "derive" / "examples").glob("*.toml")) if "[model]" in path.read_text("utf-8")
]


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
                          box_above="" if blank and sources else None,
                          box_below="" if blank and sources else None))  # fmt: skip
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
    assert all(item.key and item.frame == "open" for item in empty)


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


RNN = {
    "inputs": {"x": [1, 2]},
    "parameters": {"w": 3, "u": "1/2"},
    "model": {"equations": "h[0] = 0\nh[k] = w*x[k] + u*h[k-1]\nL = h[2]^2", "loss": "L"},
}
DENSE = {
    "inputs": {"x": [1, -2]},
    "parameters": {"W": [[1, 2], [3, 4], [5, 6]], "V": [[1, 0, 1]]},
    "model": {"equations": "z = W@x\nh = relu(z)\ny = V@h\nL = sum(y^2)", "loss": "L"},
}

# what stands in the nodes and what leads into each; worked by hand
GRAPHS: list[tuple[dict[str, Any], str, dict[str, tuple[list[str], list[str]]]]] = [
    (
        DENSE,
        "graph-forward",
        {
            "W": ([r"\mathbf{W}", r"3\times 2"], []),
            "x": ([r"\mathbf{x}", r"2\times 1"], []),
            "z": ([r"\mathbf{z}", r"3\times 1"], ["W", "x"]),
            "h": ([r"\mathbf{h}", r"3\times 1"], ["z"]),
            "V": ([r"\mathbf{V}", r"1\times 3"], []),
            "y": ([r"\mathbf{y}", r"1\times 1"], ["V", "h"]),
            "L": (["L", "0"], ["y"]),
        },
    ),
    (
        RNN,
        "unrolled-forward",
        {
            "h[0]": (["h_{0}", "0"], []),
            "x[1]": (["x_{1}", "1"], []),
            "h[1]": (["h_{1}", "3", "w, u"], ["x[1]", "h[0]"]),
            "x[2]": (["x_{2}", "2"], []),
            "h[2]": (["h_{2}", "7.5", "w, u"], ["x[2]", "h[1]"]),
            "L": (["L", "56.25"], ["h[2]"]),
        },
    ),
]


@pytest.mark.parametrize(("tables", "name", "expected"), GRAPHS)
def test_graphs_worked_by_hand(tables: dict[str, Any], name: str, expected: dict[str, Any]) -> None:
    scene = dict(solved(tables).scenes())[name]
    nodes = {item.key: [line.tex for line in item.inside] for item in scene.items if isinstance(item, Node)}
    assert nodes == {key: lines for key, (lines, _) in expected.items()}
    box = {item.key: item.box for item in scene.items if isinstance(item, Node)}
    into: dict[str, list[str]] = {key: [] for key in expected}
    for edge in (item for item in scene.items if isinstance(item, Edge) and item.head == "end"):
        reader = next(key for key, one in box.items() if edge.points[-1].x == one.left and
                      one.top <= edge.points[-1].y <= one.bottom)  # fmt: skip
        into[reader].append(edge.key)
    assert {key: sorted(found) for key, found in into.items()} == {
        key: sorted(sources) for key, (_, sources) in expected.items()
    }


def test_words_tell_how_often_a_weight_is_used() -> None:
    assert "w is used 2 times; u is used 2 times." in dict(solved(RNN).scenes())["unrolled-forward"].description


# what is bold on the way of a quantity to the loss
PATHS = [
    (NEURON, "w1", {"w1", "v2", "v3", "v4", "v5", "v6", "v7", "f"}),
    (RNN, "w", {"h[1]", "h[2]", "L"}),
    (DENSE, "W[2,1]", {"W", "z", "h", "y", "L"}),
]


@pytest.mark.parametrize(("tables", "weight", "lit"), PATHS)
def test_the_way_of_a_weight(tables: dict[str, Any], weight: str, lit: set[str]) -> None:
    (name, scene), *rest = [found for found in solved(tables).scenes([weight]) if found[0].startswith("path-")]
    assert not rest and name == f"path-{weight.translate(str.maketrans('[,', '--', ']'))}"
    states = {item.key: item.state for item in scene.items if isinstance(item, Node)}
    assert {key for key, state in states.items() if state == "lit"} == lit
    assert {state for key, state in states.items() if key not in lit} <= {"dim"}
    assert f"d{scene.title.split()[3].rstrip(':')}/d{weight}" in scene.description


CONVOLUTION = {
    "inputs": {"x": [[1, 2, 0], [3, 1, 2], [0, 4, 1]]},
    "parameters": {"K": [[1, 0], [2, -1]]},
    "model": {
        "equations": "y[r,c] = sum(K[u,v]*x[r+u-1,c+v-1] for u, v)\nm = max(y[r,c] for r, c)\nL = m^2",
        "loss": "L",
        "wanted": ["x"],
    },
}
POOLING = {
    "inputs": {"x": [[1, 2, 0, 5], [3, 1, 5, 2]]},
    "model": {"equations": "y[c] = max(x[u,2*(c-1)+v] for u in 1..2, v in 1..2)\nL = sum(y)^2", "loss": "L"},
}
STRIDE = {
    "inputs": {"x": [1, 2, 3, 4, 5]},
    "parameters": {"k": [1, -1, 2]},
    "model": {"equations": "y[i] = sum(k[u]*x[2*(i-1)+u] for u) for i in 1..2\nL = sum(y)", "loss": "L"},
}

# all numbers of every grid in rows, what is shaded, what has a bold frame; worked by hand
WINDOWS: list[tuple[dict[str, Any], str, list[str], set[str], set[str]]] = [
    (
        CONVOLUTION,
        "windows-y-forward",
        ["1 2 0 / 3 1 2 / 0 4 1", "1 0 / 2 -1", "6 2 / -1 8"],
        {"x[1,1]", "x[1,2]", "x[2,1]", "x[2,2]", "K[1,1]", "K[1,2]", "K[2,1]", "K[2,2]", "y[1,1]"},
        set(),
    ),
    (  # only y[2,2] = 8 reaches the loss; dL/dm = 16; x[2,2] stands in all four windows
        CONVOLUTION,
        "windows-y-backward",
        ["0 0 / 0 16", "1 0 / 2 -1", "0 0 0 / 0 16 0 / 0 32 -16"],
        {"dL/dy[1,1]", "dL/dy[1,2]", "dL/dy[2,1]", "dL/dy[2,2]", "K[1,1]", "K[1,2]", "K[2,1]", "K[2,2]", "dL/dx[2,2]"},
        set(),
    ),
    (  # of the two 5 of the second window the first counts, in the order of the rows
        POOLING,
        "windows-y-forward",
        ["1 2 0 5 / 3 1 5 2", "3 5"],
        {"x[1,1]", "x[1,2]", "x[2,1]", "x[2,2]", "y[1]"},
        {"x[2,1]", "x[1,4]"},
    ),
    (
        POOLING,
        "windows-y-backward",
        ["16 16", "0 0 0 16 / 16 0 0 0"],
        {"dL/dy[2]", "dL/dx[1,4]"},
        {"dL/dx[2,1]", "dL/dx[1,4]"},
    ),
    (
        STRIDE,
        "windows-y-forward",
        ["1 2 3 4 5", "1 -1 2", "5 9"],
        {"x[1]", "x[2]", "x[3]", "k[1]", "k[2]", "k[3]", "y[1]"},
        set(),
    ),
    (STRIDE, "windows-y-backward", ["1 1", "1 2 3 4 5", "4 6 8"], {"dL/dy[1]", "dL/dy[2]", "x[1]", "x[3]", "dL/dk[1]"},
     set()),
]  # fmt: skip


@pytest.mark.parametrize(("tables", "name", "grids", "shaded", "bold"), WINDOWS)
def test_windows_worked_by_hand(
    tables: dict[str, Any], name: str, grids: list[str], shaded: set[str], bold: set[str]
) -> None:
    scene = dict(solved(tables).scenes())[name]
    cells = [item for item in scene.items if isinstance(item, Label) and item.frame in ("cell", "open")]
    rows: dict[str, dict[int, list[tuple[int, str]]]] = {}
    for cell in cells:
        key = cell.lines[0].key.partition("[")[0]
        rows.setdefault(key, {}).setdefault(cell.box.top, []).append((cell.box.left, cell.lines[0].tex))
    found = [" / ".join(" ".join(tex for _, tex in sorted(row)) for _, row in sorted(grid.items()))
             for grid in rows.values()]  # fmt: skip
    assert sorted(found) == sorted(grids)
    assert {cell.lines[0].key for cell in cells if cell.frame == "cell"} == shaded
    assert {cell.lines[0].key for cell in cells if cell.state == "lit"} == bold


def test_slices_of_channels_are_named_with_their_gradients() -> None:
    tables = {
        "inputs": {"x": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]},
        "parameters": {"K": [[[[1]], [[2]]]], "b": [0]},
        "model": {"equations": "use conv2d()\nL = sum(y^2)", "loss": "L"},
    }
    titles = [item.lines[0].tex for item in dict(solved(tables).scenes())["windows-y-backward"].items
              if isinstance(item, Label) and item.frame == "none"]  # fmt: skip
    assert any(title.startswith(r"\frac{\partial L}{\partial K_{1,") for title in titles)


def test_an_unknown_weight_is_told() -> None:
    with pytest.raises(InputError, match=r"what has a gradient.*W\[9,1\]"):
        solved(DENSE).scenes(["W[9,1]"])


@pytest.mark.parametrize("path", [*EQUATIONS, *EXAMPLES], ids=lambda path: path.stem)
def test_nothing_overlaps_in_pictures_of_problems(path: Path) -> None:
    scenes = WorkedModel(read_model(path)).scenes()
    for name, scene in scenes:
        assert overlaps(boxes(scene.items)) == [], name
        assert list(touched(scene.items)) == [], name
        assert outside(scene) == [], name
        on_line, in_index = smallest_letters(scene, LEGIBLE)
        assert on_line >= 700 and in_index >= 500, name
        assert to_svg(scene).startswith("<svg") and "tikzpicture" in to_tikz(scene)


def test_most_problems_have_a_picture() -> None:
    kinds = {name.split("-")[0] for path in EXAMPLES for name, _ in WorkedModel(read_model(path)).scenes()}
    assert kinds >= {"circuit", "graph", "unrolled", "windows", "path"}


def test_documents_have_the_pictures() -> None:
    solution = solved(PRODUCT)
    html, tex, typ = (solution.render(name) for name in ("html", "tex", "typ"))
    assert html.count("<figure") == tex.count(r"\begin{tikzpicture}") == 2 and typ.count("<svg") == 2
    assert list(solution.pictures()) == ["problem.circuit-forward.svg", "problem.circuit-backward.svg"]
    for file in solution.pictures():
        assert file in solution.render("md", pictures=True)
    assert solved(PRODUCT).scenes()[0][0] == "circuit-forward"


# the pictures of built-in examples, and some that are wanted alone
DRAWN = [
    (["neuron"], {"circuit-forward", "circuit-backward", "path-w-1"}),
    (["attention", "graph"], {"graph-forward"}),
    (["rnn", "path", "--weight", "u"], {"path-u"}),
    (["cnn", "windows", "path"],
     {f"windows-{name}-{after}" for name in "OM" for after in ("forward", "backward")} | {"path-W-1-1"}),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "names"), DRAWN)
def test_the_command(arguments: list[str], names: set[str], tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["diagram", *arguments, "-o", str(tmp_path), "--format", "svg,tikz"])
    assert told.exit_code == 0, told.output
    found = {file.name.removeprefix(f"{arguments[0]}.") for file in tmp_path.iterdir()}
    assert found == {f"{name}.{format}" for name in names for format in ("svg", "tikz")}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rnn", "circle"], 'PICTURES: expected .*unrolled-forward.*found "circle"'),
        (["rnn", "--weight", "x"], "--weight: expected what has a gradient"),
        (["mazur", "paths"], 'found "paths"'),
    ],
)
def test_wrong_words_are_told_and_nothing_is_written(arguments: list[str], message: str, tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["diagram", *arguments, "-o", str(tmp_path)])
    assert told.exit_code == 2 and re.search(message, told.stderr)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["circuit", "cnn"])
def test_tikz_compiles(name: str, tmp_path: Path) -> None:
    body = "".join(to_tikz(scene) for _, scene in solve_scenes(name))
    page = r"\documentclass{article}\usepackage{tikz}\begin{document}" + body + r"\end{document}"
    assert compile_tex(page, tmp_path).errors == ()


def solve_scenes(name: str) -> list[tuple[str, Scene]]:
    return WorkedModel(read_model(ROOT / "derive" / "examples" / f"{name}.toml")).scenes()


def test_a_name_without_glyphs_has_no_picture() -> None:
    """The page does without the picture; who asks for the picture alone is told."""
    name = "very_long_name_hat_1_2"
    tables = {"title": "A", "inputs": {"x": 2, name: 3}, "model": {"equations": f"f = x*{name} + x"}}
    solution = solve(tables)
    assert "f" in solution.render("md")
