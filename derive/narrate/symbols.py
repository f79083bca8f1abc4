"""The notation table: what every symbol means here, because letters change their meaning between authors."""

from __future__ import annotations

from derive import graph
from derive.derivation import trained
from derive.document import Code, Math, Section, Table, Text, Words
from derive.expression import MatrixName, Ref, Transpose
from derive.graph import has_targets
from derive.narrate import layers
from derive.narrate.page import FULL, Page
from derive.quantity import Quantity

MEANINGS = {
    "x": "an input as given",
    "a.input": "an input",
    "a.standardized": "a standardised input",
    "a": "the activation of a unit: what it passes on",
    "z": "the preactivation of a unit: the weighted sum it receives",
    "merged": "a unit's weighted sum, which is also its activation because the activation function is the identity",
    "exp": "the exponential of a preactivation",
    "expsum": "the sum of these exponentials over the layer",
    "W": "the weight of a connection",
    "b": "a bias",
    "t": "a target: what the output should have been",
    "loss_part": "what one output contributes to the loss",
    "loss": "the loss",
    "data_loss": "the loss without the penalty",
    "penalty": "the penalty on the weights",
    "delta": "the derivative of the loss with respect to a preactivation",
    "dL/dW": "the gradient of a weight: how fast the loss grows with it",
    "momentum": "the fraction of its velocity that a weight keeps",
    "vW": "the velocity of a weight",
    "vb": "the velocity of a bias",
    "lr": "the learning rate",
    "new": "a weight after the update; a plus sign stands for everything after it",
    "newer": "the same after two updates",
}


def symbols(page: Page) -> Section:
    """The notation table: every kind of symbol used, by an example of it."""
    last, names = page.last, page.namer
    problem = page.problem
    rows: list[tuple[Words, ...]] = []
    with_ids = page.detail == FULL

    def row(quantity: Quantity, meaning: str, note: str = "") -> None:
        cells: list[Words] = [(Math(Ref(quantity)),), (Text(MEANINGS[meaning] + note),)]
        rows.append((*cells, (Code(quantity.id),)) if with_ids else tuple(cells))

    example = 0 if page.many else None
    if problem.data.standardize:
        row(Quantity("x", unit=0, example=example), "x")
    row(Quantity("a", 0, 0, example=example), "a.standardized" if problem.data.standardize else "a.input")
    below = min(1, page.width(last - 1) - 1)
    where = f", here from {page.unit_name(last - 1, below)} to {page.unit_name(last, 0)}"
    row(Quantity("W", last, 0, below), "W", where + index_note(page))
    if any(layer.biases is not None for layer in problem.network.layers):
        own = next(graph.biases(problem))
        number = own.layer if isinstance(own.layer, int) else 1
        owner = f", here of {page.unit_name(number, 0)}"
        row(own, "b", f", shared by {page.the(number)}" if own.unit is None else owner)
    shown: set[bool] = set()
    for number in range(1, last + 1):
        merged = names.merged(number)
        if merged in shown and number < last:
            continue
        shown.add(merged)
        if not merged:
            row(Quantity("z", number, 0, example=example), "z", f", here of {page.unit_name(number, 0)}")
        row(
            Quantity("a", number, 0, example=example),
            "merged" if merged else "a",
            f", here of {page.unit_name(number, 0)}",
        )
    if any(layer.joint for layer in problem.network.layers):
        number = next(n for n in range(1, last + 1) if page.layer(n).joint)
        row(Quantity("exp", number, 0, example=example), "exp")
        row(Quantity("expsum", number, example=example), "expsum")
    if has_targets(problem):
        row(Quantity("t", unit=0, example=example), "t")
    if page.width(last) > 1:
        row(Quantity("loss_part", unit=0, example=example), "loss_part")
    if page.many:
        row(Quantity("loss", example=0), "loss", " of one example")
    if graph.penalised(problem):
        row(Quantity("data_loss"), "data_loss")
        row(Quantity("penalty"), "penalty")
    row(Quantity("loss"), "loss")
    if names.has_delta:
        row(Quantity("dL/dz", last, 0, example=example), "delta", f", here of {page.unit_name(last, 0)}")
    if problem.training.remembers:
        row(Quantity("momentum"), "momentum")
        row(Quantity("vW", last, 0, below), "vW")
        moved = next((b for b in graph.biases(problem) if trained(problem, b)), None)
        if moved is not None:
            row(moved._replace(kind="vb"), "vb")
    row(Quantity("lr" if problem.training.decay is None else "lr0"), "lr")
    row(Quantity("W", last, 0, below, step=1), "new")
    if problem.training.steps > 1:
        row(Quantity("W", last, 0, below, step=2), "newer")
    if page.form == "matrix":
        rows += [(*cells, ()) if with_ids else cells for cells in matrix_symbols(page)]
    note = page.say(
        "The symbols are those of {title}. Letters change their meaning between authors; this is what they mean here."
        "{ids}",
        title=names.notation.title,
        ids=" The last column has the name that the program uses for the same number." if with_ids else "",
    )
    header = [page.words("Symbol"), page.words("Meaning")]
    if with_ids:
        header.append(page.words("Id"))
    return page.section("Notation", [note, Table(tuple(header), tuple(rows), "l" * len(header))])


def index_order(page: Page) -> str:
    """How the two ends of a connection stand in the index of its weight, as a sentence; empty where weights count."""
    template = page.namer.notation.names["W"].tex
    if "<ji>" in template:
        return "The first index of a weight is the unit it leads to, the second the one it comes from."
    if "<ij>" in template:
        return "The first index of a weight is the unit it comes from, the second the one it leads to."
    return ""


def index_note(page: Page) -> str:
    """The same behind the meaning of a weight in the table."""
    template = page.namer.notation.names["W"].tex
    if "<ji>" in template:
        return "; the first index is the unit it leads to"
    if "<ij>" in template:
        return "; the first index is the unit it comes from"
    return "; weights have running numbers" if "<n>" in template else ""


def matrix_symbols(page: Page) -> list[tuple[Words, ...]]:
    """The bold symbols of the matrix form."""
    last = page.last
    example = 0 if page.many else None
    stored = "column" if layers.by_source(page) else "row"
    line = "row" if layers.row_convention(page) else "column"
    w = MatrixName("W", last)
    rows: list[tuple[Words, ...]] = [
        ((Math(w),), page.words(f"all weights of a layer; one {stored} has the weights of one unit")),
        ((Math(MatrixName("a", last, example)),), page.words(f"all activations of a layer in a {line}")),
    ]
    if "dL/dz" in page.namer.notation.bold:
        delta = MatrixName("dL/dz", last, example)
        rows.append(((Math(delta),), page.words(f"the derivatives with respect to all sums of a layer in a {line}")))
    rows.append(((Math(Transpose(w)),), page.words("the transpose: rows and columns change places")))
    return rows
