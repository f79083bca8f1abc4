"""Pictures: no label lies on anything, every number is the solution's, and the files are what they claim to be."""

import itertools
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from networks import random_network
from tools import compile_tex
from tools.needs import ROOT

from derive import Solution, solve
from derive.cli import main
from derive.diagram import (
    MOMENTS,
    Scene,
    figure,
    losses_scene,
    network_scene,
    network_svg,
    path_scene,
    to_svg,
    to_tikz,
)
from derive.diagram.columns import Column, Incoming, Unit
from derive.diagram.geometry import baselines
from derive.diagram.layout import Drawing
from derive.diagram.losses import round_scale
from derive.diagram.mathtext import GAPS, plain, segments
from derive.diagram.scene import Box, Caption, Edge, Label, Lines, MathLine, Node, Point, text_size
from derive.evaluation import Values
from derive.graph import weights
from derive.notation import NOTATIONS, Namer
from derive.palette import INK, PAPER, QUIET, ROLES, SHADED, WIRE, role_of, tex_definitions
from derive.quantity import Quantity
from derive.reading import example_names
from derive.solution import shape

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "x <&> \"' ]]> </svg><script>alert(1)</script> $\\input{a}$ %"

DRAWING = {"svg", "title", "desc", "style", "rect", "g", "circle", "polyline", "polygon", "line", "text", "tspan"}

SHAPES = [
    (1, 1), (6, 6), (6, 1), (1, 6), (2, 2, 2), (1, 6, 1), (6, 1, 6), (6, 6, 6), (1, 1, 1, 1), (3, 5, 2, 4),
    (6, 2, 6, 1), (1, 6, 6, 6), (6, 6, 6, 6),
]  # fmt: skip
"""Layers from the inputs to the outputs."""


class View(NamedTuple):
    """A solved problem in another author's letters."""

    trace: Any
    values: Values
    namer: Namer


def long_numbers(sizes: tuple[int, ...], **parts: Any) -> dict[str, Any]:
    """A network whose weights all take twelve characters, half of them with a minus sign."""
    numbers = (Decimal((-1) ** n * (38098237 + 1717 * n)) / 10**9 for n in itertools.count(1))
    layers = [
        {
            "units": units,
            "activation": "sigmoid",
            "weights": [[next(numbers) for _ in range(inputs)] for _ in range(units)],
            "biases": [next(numbers) for _ in range(units)],
        }
        for inputs, units in itertools.pairwise(sizes)
    ]
    return {
        "title": HOSTILE,
        "network": {"inputs": sizes[0], "layers": layers},
        "data": {"inputs": [[next(numbers) for _ in range(sizes[0])]], "targets": [[Decimal("0.5")] * sizes[-1]]},
        "loss": {"name": "half_squared_error"},
        "training": {"learning_rate": Decimal("0.5"), "steps": 2},
        "rounding": {"decimals": 9},
    } | parts


def scenes(solved: Solution | View, weight: Quantity) -> Iterator[Scene]:
    """Every picture of a solution."""
    for after in MOMENTS:
        yield network_scene(solved, after)
    yield path_scene(solved, weight)
    yield losses_scene(solved)


# -- geometry ------------------------------------------------------------------------------------------------


def boxes(scene: Scene) -> list[Box]:
    """What must not overlap: labels, captions and nodes; the dots of a curve may lie on each other."""
    return [
        item.box
        for item in scene.items
        if isinstance(item, Label | Caption) or (isinstance(item, Node) and item.shape != "dot")
    ]


def overlaps(found: list[Box]) -> list[tuple[Box, Box]]:
    """The pairs that overlap; boxes sorted by their left side need comparing only up to the right one."""
    wrong, found = [], sorted(found)
    for position, box in enumerate(found):
        for other in itertools.islice(found, position + 1, None):
            if other.left >= box.right:
                break
            if box.overlaps(other):
                wrong.append((box, other))
    return wrong


def crosses(start: Point, end: Point, box: Box) -> bool:
    """Whether a line passes through the inside of a box: no side of the box, nor the line, parts the two."""
    if max(start.x, end.x) <= box.left or min(start.x, end.x) >= box.right:
        return False
    if max(start.y, end.y) <= box.top or min(start.y, end.y) >= box.bottom:
        return False
    sides = [
        (end.x - start.x) * (y - start.y) - (end.y - start.y) * (x - start.x)
        for x, y in itertools.product((box.left, box.right), (box.top, box.bottom))
    ]
    return min(sides) < 0 < max(sides)


def crossed(scene: Scene) -> list[Label]:
    """The labels that a connection runs through; dotted guides of a curve end before their label."""
    lines = [pair for edge in scene.of(Edge) if isinstance(edge, Edge) for pair in itertools.pairwise(edge.points)]
    labels = [item for item in scene.items if isinstance(item, Label)]
    return [label for label in labels if any(crosses(*line, label.box) for line in lines)]


def spilling(scene: Scene) -> list[Lines]:
    """Texts that do not fit into their label or node, and things outside the picture."""
    page = Box(0, 0, scene.width, scene.height)
    wrong = []
    for item in scene.items:
        if isinstance(item, Label | Node):
            lines = item.lines if isinstance(item, Label) else item.inside
            width, height = text_size(lines)
            if width > item.box.width or height > item.box.height or not page.holds(item.box):
                wrong.append(lines)
    return wrong


def check_geometry(scene: Scene) -> None:
    assert len(boxes(scene)) > 3
    assert overlaps(boxes(scene)) == []
    assert crossed(scene) == []
    assert spilling(scene) == []


def test_overlaps_and_crossings_are_found() -> None:
    """The measures measure."""
    box = Box(0, 0, 10, 10)
    assert overlaps([box, Box(20, 0, 5, 5), Box(9, 9, 5, 5)]) == [(box, Box(9, 9, 5, 5))]
    assert [crosses(Point(-5, y), Point(15, y), box) for y in (5, 10, 12)] == [True, False, False]
    assert crosses(Point(-5, -5), Point(15, 15), box)
    assert not crosses(Point(-5, 8), Point(8, 21), box)


@pytest.mark.parametrize("sizes", SHAPES, ids=str)
def test_no_label_lies_on_anything(sizes: tuple[int, ...]) -> None:
    """Every picture of a network with long numbers, in every notation."""
    solution = solve(long_numbers(sizes))
    weight = list(weights(solution.problem))[len(sizes) % sizes[0]]
    drawn = 0
    for notation in NOTATIONS.values():
        namer = Namer(notation, shape(solution.problem))
        for scene in scenes(View(solution.trace, solution.values, namer), weight):
            check_geometry(scene)
            drawn += 1
    assert drawn == 5 * len(NOTATIONS)


def shapes() -> Iterator[tuple[int, ...]]:
    """Up to three layers of up to six units; with four, layers of one, two and six."""
    for depth, sizes in ((2, range(1, 7)), (3, range(1, 7)), (4, (1, 2, 6))):
        yield from itertools.product(sizes, repeat=depth)


def test_no_label_lies_on_anything_in_networks_of_all_sizes() -> None:
    """The layout alone, with the widest texts: up to 4 layers and 6 units in each."""
    value = MathLine(r"w^{(3)}_ {66} = -0.038098237", "weight")
    gradient = MathLine(r"\partial E_{total}/\partial w^{(3)}_ {66} \approx -0.038098237", "gradient")
    inside = (MathLine(r"\mathrm{prediction}_ {6}", "output"), MathLine("-0.038098237", "output"))
    for sizes in shapes():
        columns = []
        for number, size in enumerate(sizes):
            rows = tuple(Incoming(i, lines=(value, gradient)) for i in range(sizes[number - 1])) if number else ()
            units = tuple(Unit(f"{number} {j}", "hidden", "ring", inside, (gradient,), rows) for j in range(size))
            columns.append(Column(units, ("Hidden layer 1", "leaky relu")))
        drawing = Drawing(columns)
        check_geometry(Scene(drawing.width, drawing.height, drawing.items, "", ""))


@pytest.mark.parametrize("seed", range(15))
def test_every_kind_of_problem(seed: int) -> None:
    """Several examples, batches of one, penalties, softmax, momentum: nothing overlaps and every number is right."""
    solution = solve(random_network(seed, depth=(1, 3)))
    for weight in itertools.islice(weights(solution.problem), 0, None, 5):
        for scene in scenes(solution, weight):
            check_geometry(scene)
            check_numbers(solution, scene)


# -- numbers -------------------------------------------------------------------------------------------------


def lines_of(scene: Scene) -> Iterator[MathLine]:
    for item in scene.items:
        match item:
            case Node(inside=lines) | Label(lines=lines):
                yield from lines


def numbers_of(scene: Scene) -> Iterator[tuple[str, str, str]]:
    """The id, the relation sign and the number of every line that ends in a number."""
    for line in lines_of(scene):
        *before, last = line.tex.split(" ")
        if line.key and last.lstrip("-").replace(".", "", 1).isdigit():
            yield line.key, before[-1] if before else "", last


def check_numbers(solution: Solution, scene: Scene) -> None:
    """Every number is the printed value of its quantity, or with four decimals; = stands before exact ones only."""
    found = list(numbers_of(scene))
    assert len(found) >= 2
    for key, sign, number in found:
        quantity = solution.quantity(key)
        shown = solution.values.shown(quantity)
        exact = shown.exact
        if len(shown.text.partition(".")[2]) > 4:
            whole = Decimal(solution.values.significant(quantity, 30))
            places = len(number.partition(".")[2])
            assert places == 4 or (places > 4 and abs(whole) < Decimal("0.00005")), key
            assert Decimal(number) == whole.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) and number.strip("-0.")
            exact = Decimal(number) == whole and exact
        else:
            assert number == shown.text, key
        assert sign in ("", "=" if exact else r"\approx"), key


@pytest.mark.parametrize("name", example_names("networks"))
def test_every_number_is_the_solutions(name: str) -> None:
    """The pictures of the examples show every weight, activation, delta and gradient, with the printed value."""
    solution = solve(name)
    check_numbers(solution, path_scene(solution, Quantity("W", 1, 0, 0)))
    shown = {}
    for after in MOMENTS:
        scene = network_scene(solution, after)
        check_numbers(solution, scene)
        shown[after] = {key for key, _, _ in numbers_of(scene)}
    parameters = [q for q, _ in solution.trace.givens.items() if q.kind in ("W", "b")]
    units = [(n, j) for n, size in enumerate(solution.problem.network.sizes) for j in range(size)]
    assert shown["structure"] >= {q.id for q in parameters}
    assert shown["forward"] >= {Quantity("a", *unit).id for unit in units} | {"loss"}
    deltas = {Quantity("dL/dz", *unit).id for unit in units if unit[0]}
    assert shown["backward"] >= deltas | {q._replace(kind=f"dL/d{q.kind}").id for q in parameters}


@pytest.mark.parametrize(("name", "weight"), [("mazur", "w5"), ("rohan-chain", "w_1"), ("hmkcode", "w2")])
def test_the_derivatives_of_a_single_path_multiply_to_the_gradient(name: str, weight: str) -> None:
    """The numbers on the arrows are the chain rule."""
    solution = solve(name)
    quantity = solution.quantity(weight)
    scene = path_scene(solution, quantity)
    product = Fraction(1)
    framed = [item for item in scene.items if isinstance(item, Label) and item.frame != "none"]
    for label in framed:
        product *= Fraction(label.lines[-1].tex.split(" ")[-1])
    gradient = Fraction(solution.text(quantity._replace(kind="dL/dW").id))
    assert len(framed) >= 3
    assert abs(product - gradient) < Fraction(1, 10**4)


def test_a_path_is_lit_and_the_rest_is_dim() -> None:
    """w5 acts through the first output only."""
    scene = path_scene(solve("mazur"), Quantity("W", 2, 0, 0))
    states = {item.key: item.state for item in scene.items if isinstance(item, Node)}
    dim = ["a[1][0]", "a[1][1]", "z[2][1]", "a[2][1]"]
    assert [key for key, state in states.items() if state == "dim"] == dim
    assert [key for key, state in states.items() if state == "lit"] == ["W[2][0][0]", "z[2][0]", "a[2][0]", "loss"]


def test_points_of_the_losses() -> None:
    """One dot per loss, higher where the loss is larger; the first and the last are labelled with their values."""
    solution = solve(long_numbers((2, 2, 1), training={"learning_rate": Decimal("0.5"), "steps": 60}))
    scene = losses_scene(solution)
    dots = [item for item in scene.items if isinstance(item, Node)]
    quantities = [solution.quantity(dot.key) for dot in dots]
    assert [q.step for q in quantities] == sorted(q.step for q in solution.values.numbers if q.kind == "loss")
    losses = [Fraction(solution.values.significant(q)) for q in quantities]
    pairs = itertools.combinations(zip(losses, dots, strict=True), 2)
    assert all((a - b) * (other.box.centre.y - dot.box.centre.y) >= 0 for (a, dot), (b, other) in pairs)
    assert [(key, number) for key, _, number in numbers_of(scene)] == [
        ("loss", solution.text("loss")),
        ("after[60].loss", solution.text("after[60].loss")),
    ]


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks", "decimals"),
    [
        ("0.07", "0.31", 5, ["0", "0.1", "0.2", "0.3", "0.4"], 1),
        ("0.29", "0.298", 5, ["0.290", "0.292", "0.294", "0.296", "0.298"], 3),
        ("0", "3", 8, ["0", "0.5", "1", "1.5", "2", "2.5", "3"], 1),
        ("5", "5", 2, ["4.5", "5", "5.5"], 1),
        ("-3", "40", 5, ["-10", "0", "10", "20", "30", "40"], 0),
    ],
)
def test_round_scales(low: str, high: str, most: int, ticks: list[str], decimals: int) -> None:
    """Axes have round ticks that cover the numbers."""
    scale = round_scale(Fraction(low), Fraction(high), most)
    assert scale.ticks() == [Fraction(tick) for tick in ticks]
    assert scale.decimals == decimals


# -- text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"w_{5} = -0.4", "w5=−0.4"),
        (r"a^{(2)}_ {1}", "a(2)1"),
        (r"\mathrm{out}_ {h1}^{+}", "out+h1"),
        (r"\tilde{x}_ {1}", "x\u03031"),
        (r"\frac{\partial E_{total}}{\partial w_{5}} \approx 0.1", "∂Etotal/∂w5≈0.1"),
        (r"\partial C/\partial \delta^{2}_ {1}", "∂C/∂δ21"),
        (r"C_{\text{data}}", "Cdata"),
        (r"2 \cdot 10^{-8}", "2·10−8"),
    ],
)
def test_names_become_characters(tex: str, text: str) -> None:
    assert plain(tex) == text


@pytest.mark.parametrize(
    ("tex", "gaps"), [(r"2 \cdot 3", 2), (r"a \cdot (b)", 2), (r"(\cdot)^{2}", 0), (r"-(\cdot)", 0), (r"2\cdot", 0)]
)
def test_a_sign_that_joins_nothing_has_no_space_around_it(tex: str, gaps: int) -> None:
    """As in the node of a circuit that squares what comes in: (·)² fits its circle."""
    runs = [run for segment in segments(tex) for run in segment.runs]
    assert sum(run.kern == GAPS["operator"] for run in runs) == gaps


@pytest.mark.parametrize(
    "tex", [r"\sum_{i} w", r"\frac{1}{\frac{1}{2}}", "w_{5", "w}", "_{5}", r"\mathrm", r"\bar{\frac{1}{2}}"]
)
def test_other_tex_is_refused(tex: str) -> None:
    with pytest.raises(ValueError):
        plain(tex)


@pytest.mark.parametrize(("tex", "shape"), [(r"a = \bar{x}_ {1}", "rect"), (r"\tilde{\mathbf{h}}", "path")])
def test_accents_are_drawn(tex: str, shape: str) -> None:
    """No text holds a mark that combines, for few fonts show one; it is a shape above its letter."""
    (at,) = baselines(lines := (MathLine(tex, "input", size=1000),), box := Box(0, 0, 6000, 2000))
    root = ElementTree.fromstring(to_svg(Scene(6000, 2000, (Label(box, lines),), "t", "d")))
    assert not [c for c in "".join(root.itertext()) if unicodedata.combining(c)]
    (accent,) = [element for element in root.iter() if element.get("class") == "dv-accent"]
    assert accent.tag == f"{SVG}{shape}"
    x, y = map(float, re.findall(r"[\d.]+", accent.get("d", f"{accent.get('x')} {accent.get('y')}"))[:2])
    assert 20 < x < 45 and at.y / 100 - 9 < y < at.y / 100 - 4


# -- files ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile() -> Solution:
    return solve(long_numbers((2, 3, 2)))


def test_svg_is_well_formed_and_holds_what_the_scene_holds(hostile: Solution) -> None:
    """XML that only draws: the title escaped, ids unique, every line's characters in place."""
    for scene in scenes(hostile, Quantity("W", 1, 0, 0)):
        root = ElementTree.fromstring(to_svg(scene, prefix="p1"))
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags <= DRAWING
        assert root.get("role") == "img"
        title, description = root[0], root[1]
        assert (title.text, description.text) == (scene.title, scene.description)
        assert HOSTILE in (title.text or "")
        assert (root.get("aria-labelledby") or "").split() == [title.get("id"), description.get("id")]
        ids = [element.get("id") or "" for element in root.iter() if element.get("id")]
        assert len(ids) == len(set(ids)) and all(name.startswith("p1-") for name in ids)
        drawn = [
            "/".join("".join(text.itertext()) for text in group.iter(f"{SVG}text"))
            for group in root.iter(f"{SVG}g")
            if "dv-text" in (group.get("class") or "").split()
        ]
        assert [text.replace("/", "") for text in drawn] == [
            plain(line.tex).replace("/", "") for line in lines_of(scene)
        ]
        values = {element.get("data-quantity") for element in root.iter()} - {None}
        assert values >= {line.key for line in lines_of(scene) if line.key}


def test_pictures_for_a_page() -> None:
    """A figure has its alternative text and size; an id that is none is refused."""
    scene = network_scene(solve("mazur"), "backward")
    made = figure(scene, prefix="one", style=False)
    assert "<style>" not in made.svg and 'class="dv-paper"' not in made.svg
    assert made.alt_text.startswith("The network after the backward pass, with the gradients: Matt Mazur")
    assert "dE/dw5 ≈ 0.0822" in made.alt_text
    assert made.width >= scene.width // 100 > 0
    with pytest.raises(ValueError):
        to_svg(scene, prefix='a"b')


def test_same_problem_same_bytes() -> None:
    """On every hash seed."""
    script = "from derive import solve\nfrom derive.diagram import *\ns = solve('caispp')\n"
    script += "print(network_svg(s, 'backward') + path_svg(s, s.quantity('W[1][0][0]')) + to_tikz(network_scene(s)))"
    runs = {
        subprocess.run(
            [sys.executable, "-c", script], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_tikz_compiles(tmp_path: Path) -> None:
    """Every picture in plain TikZ, with a hostile title, in every notation."""
    solution = solve(long_numbers((2, 3, 2)))
    pictures = []
    for notation in NOTATIONS.values():
        view = View(solution.trace, solution.values, Namer(notation, shape(solution.problem)))
        pictures += [to_tikz(scene) for scene in scenes(view, Quantity("W", 1, 0, 0))]
    pictures.append(to_tikz(network_scene(solve("caispp"), "forward")))
    pages = "\\newpage\n".join(rf"\noindent\resizebox{{\linewidth}}{{!}}{{{picture}}}" for picture in pictures)
    result = compile_tex(
        "\\documentclass{article}\n\\usepackage{tikz}\n\\begin{document}\n" + pages + "\\end{document}\n", tmp_path
    )
    assert (result.errors, result.overfull) == ((), ())
    assert len(pictures) == 5 * len(NOTATIONS) + 1


@pytest.mark.parametrize(
    ("picture", "part"),
    [
        (lambda s: network_scene(s, "sideways"), "one of"),
        (lambda s: network_scene(s, "backward", step=2), "no backward pass"),
        (lambda s: network_scene(s, step=3), "after 3 updates of 2"),
        (lambda s: network_scene(s, example=1), "example 1"),
        (lambda s: path_scene(s, Quantity("b", 1, 0)), "no weight"),
        (lambda s: path_scene(s, Quantity("W", 9, 0, 0)), "no weight"),
        (lambda s: path_scene(s, Quantity("W", 1, 0, 0), step=2), "no backward pass"),
    ],
)
def test_pictures_that_do_not_exist(hostile: Solution, picture: Any, part: str) -> None:
    with pytest.raises(ValueError, match=part):
        picture(hostile)


def test_later_rounds(hostile: Solution) -> None:
    """A picture after an update shows the new weights."""
    svg = network_svg(hostile, step=1)
    weight = Decimal(hostile.text("W_new[1][0][0]")).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert str(weight).replace("-", "−") in svg
    assert "after 1 update" in svg


# -- colour --------------------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it; grey print shows nothing else."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme: str) -> None:
    """Text has 4.5 to 1 on paper and on its role's tint, lines 3 to 1; so in grey print too."""
    paper = getattr(PAPER, scheme)
    for ink in (INK, QUIET):
        assert contrast(getattr(ink, scheme), paper) >= 4.5
    assert contrast(getattr(WIRE, scheme), paper) >= 3
    for role in ROLES.values():
        for ground in (paper, getattr(role.tint, scheme)):
            assert contrast(getattr(role.ink, scheme), ground) >= 4.5, role.name
    # Gradients stand below weights and biases, in their box.
    for name in ("weight", "bias"):
        assert contrast(getattr(ROLES["gradient"].ink, scheme), getattr(ROLES[name].tint, scheme)) >= 4.5
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def grey(colour: str) -> str:
    """The colour as a printer without colour takes it: the usual shares of red, green and blue."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    level = round(0.299 * red + 0.587 * green + 0.114 * blue)
    return f"#{level:02x}{level:02x}{level:02x}"


def test_grey_print() -> None:
    """By that conversion too every ink has 4.5 to 1 on paper, on its tint and on what is shaded, which is seen."""
    for role in ROLES.values():
        for ground in (PAPER, role.tint, SHADED):
            assert contrast(grey(role.ink.light), grey(ground.light)) >= 4.5, (role.name, ground)
    for ink in (INK, QUIET):
        assert contrast(grey(ink.light), grey(PAPER.light)) >= 4.5
    assert contrast(grey(SHADED.light), grey(PAPER.light)) >= 1.35
    assert contrast(SHADED.dark, ROLES["neutral"].tint.dark) >= 1.35
    for role in ROLES.values():
        assert contrast(role.ink.dark, SHADED.dark) >= 4.5, role.name


def test_grey_words_of_sheets() -> None:
    """What LaTeX and Typst print in grey has 4.5 to 1 as well."""
    for path in (ROOT / "templates").rglob("*.t*"):
        text = path.read_text("utf-8")
        assert r"\color{gray}" not in text
        for share in re.findall(r"\\color\{black!(\d+)\}", text):
            level = round(255 * (100 - int(share)) / 100)
            assert contrast(f"#{level:02x}{level:02x}{level:02x}", "#ffffff") >= 4.5
        for share in re.findall(r"let ink = luma\((\d+)%\)", text):
            level = round(255 * int(share) / 100)
            assert contrast(f"#{level:02x}{level:02x}{level:02x}", "#ffffff") >= 4.5


def test_every_colour_is_defined_for_tex() -> None:
    assert tex_definitions("unit").count(r"\definecolor") == 4 + 2 * len(ROLES)


def test_no_role_by_colour_alone() -> None:
    """In one picture, things of different roles differ in shape, line or the name they bear."""
    scene = network_scene(solve("mazur"), "forward")
    looks = {
        (item.role, item.shape) if isinstance(item, Node) else (item.lines[0].role, item.frame)
        for item in scene.items
        if isinstance(item, Node) or (isinstance(item, Label) and item.frame != "none")
    }
    assert looks == {
        ("input", "circle"), ("hidden", "circle"), ("output", "ring"), ("bias", "square"), ("error", "box"),
        ("weight", "solid"), ("bias", "dashed"), ("error", "solid"),
    }  # fmt: skip
    circles = {
        element[0].get("stroke-dasharray")
        for element in ElementTree.fromstring(to_svg(scene)).iter(f"{SVG}g")
        if element.get("class") in ("dv-node dv-input dv-plain", "dv-node dv-hidden dv-plain")
    }
    assert circles == {"3 2", None}


@pytest.mark.parametrize(
    ("kind", "layer", "role"),
    [("a", 0, "input"), ("z", 1, "hidden"), ("a", 2, "output"), ("W", 1, "weight"), ("dL/dW", 1, "gradient"),
     ("dL/dz", 1, "error"), ("t", None, "error"), ("lr", None, "neutral")],
)  # fmt: skip
def test_roles(kind: str, layer: int | None, role: str) -> None:
    assert role_of(Quantity(kind, layer, 0), last=2).name == role


# -- the command ---------------------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(main, ["diagram", *arguments], catch_exceptions=False)
    return result.exit_code, result.output.splitlines()


def test_command_writes_and_says_where(tmp_path: Path) -> None:
    """One file per picture and format; the losses only when there are several steps."""
    names = ["network", "forward", "backward", "path-w5", "path-w1"]
    code, output = run("mazur", "--weight", "w5", "--weight", "w1", "--format", "svg,tikz", "-o", str(tmp_path))
    files = [tmp_path / f"mazur.{name}.{kind}" for name in names for kind in ("svg", "tikz")]
    assert (code, output) == (0, [str(file) for file in files])
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert files[2].read_text("utf-8") == network_svg(solve("mazur"))
    code, output = run("rohan-relu", "-o", str(tmp_path), "--notation", "standard")
    assert [Path(line).name.split(".")[1] for line in output] == [
        "network",
        "forward",
        "backward",
        "path-w1_1_1",
        "losses",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mazur", "--weight", "w99"], "expected a weight"),
        (["mazur", "--weight", "b[1]"], "expected a weight"),
        (["mazur", "--format", "png"], "svg or tikz"),
        (["mazur", "--format", ","], "at least one of svg, tikz"),
        (["mazur", "--notation", "mazzur"], "Did you mean"),
        (["no such file"], "no such file"),
    ],
)
def test_mistakes_of_the_command(arguments: list[str], message: str, tmp_path: Path) -> None:
    """One message, exit code 2, nothing written."""
    code, output = run(*arguments, "-o", str(tmp_path))
    assert code == 2
    assert output[0].startswith("derive: ")
    assert message in "\n".join(output)
    assert list(tmp_path.iterdir()) == []
