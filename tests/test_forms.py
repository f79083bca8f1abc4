"""All forms of one problem, in all notations and at all levels of detail, show the same numbers."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from derive import Solution, solve
from derive.document import Block, Document, Equation, Math, Remark, Section, Table
from derive.expression import Matrix, MatrixName, Node, Partial, Ref, Shown
from derive.formula import Line
from derive.notation import NOTATIONS
from derive.parts import DETAILS
from derive.quantity import Quantity
from derive.reading import example_names
from derive.spec import FORMS

WAYS = [(form, notation, detail) for form in FORMS for notation in NOTATIONS for detail in DETAILS]


def blocks(of: tuple[Block, ...]) -> Iterator[Block]:
    """All blocks, those of sections and remarks included."""
    for block in of:
        if isinstance(block, Section | Remark):
            yield from blocks(block.blocks)
        else:
            yield block


def lines(document: Document) -> Iterator[Line]:
    for section in document.sections:
        for block in blocks(section.blocks):
            if isinstance(block, Equation):
                yield from block.lines


def section(document: Document, title: str) -> Section:
    (found,) = (s for s in document.sections if "".join(getattr(w, "text", "") for w in s.title) == title)
    return found


def weights(solution: Solution) -> list[Quantity]:
    return [q for q in solution.values.numbers if q.kind == "W" and not q.step]


def named(left: Node | None) -> Quantity | None:
    """The gradient or the new parameter that the left side of a line names; of a layer, without indices."""
    match left:
        case Partial(Ref(Quantity("loss", example=None)), Ref(Quantity("W" | "b" as kind) as wrt)):
            return wrt._replace(kind=f"dL/d{kind}")
        case Partial(Ref(Quantity("loss", example=None)), MatrixName("W" | "b" as kind, layer, None, step)):
            return Quantity(f"dL/d{kind}", layer, step=step)
        case Ref(Quantity("dL/dW" | "dL/db", example=None) as quantity):
            return quantity
        case Ref(Quantity("W" | "b") as quantity) if quantity.step:
            return quantity
        case MatrixName("dL/dW" | "dL/db" | "W" | "b" as kind, layer, None, step) if step or "/" in kind:
            return Quantity(kind, layer, step=step)
    return None


def entries(solution: Solution, layer: Quantity, result: Matrix) -> Iterator[tuple[Quantity, Node]]:
    """The quantities of a layer's matrix with its entries, in the author's orientation."""
    sizes = solution.problem.network.sizes
    assert isinstance(layer.layer, int)
    rows, columns = sizes[layer.layer], sizes[layer.layer - 1]
    bias = layer.kind.endswith("b")
    shape = (len(result.rows), len(result.rows[0]))
    if bias:
        flat = [entry for row in result.rows for entry in row]
        yield from ((layer._replace(unit=j), entry) for j, entry in enumerate(flat))
        return
    by_source = NOTATIONS[solution.namer.notation.key].convention in ("row", "transposed")
    assert shape == ((columns, rows) if by_source else (rows, columns)), (layer.id, shape)
    for j in range(rows):
        for i in range(columns):
            entry = result.rows[i][j] if by_source else result.rows[j][i]
            yield layer._replace(unit=j, source=i), entry


def results(solution: Solution, document: Document) -> Iterator[tuple[Quantity, Shown]]:
    """Every gradient and new parameter that a line of the document ends with."""
    for line in lines(document):
        quantity, result = named(line.left), line.parts[-1][1]
        if quantity is not None and isinstance(result, Matrix):
            for one, entry in entries(solution, quantity, result):
                assert isinstance(entry, Shown)
                yield one, entry
        elif quantity is not None and isinstance(result, Shown):
            yield quantity, result


def summary(document: Document) -> dict[Quantity, tuple[Shown, ...]]:
    """Old value, gradient and new value of every row of the summary."""
    table = section(document, "Summary").blocks[0]
    assert isinstance(table, Table)
    found = {}
    for row in table.rows:
        (name,), *cells = row
        assert isinstance(name, Math) and isinstance(name.formula, Ref)
        texts = [cell[0].formula for cell in cells if isinstance(cell[0], Math)]
        assert len(texts) == 3 and all(isinstance(text, Shown) for text in texts)
        found[name.formula.quantity] = tuple(text for text in texts if isinstance(text, Shown))
    return found


@cache
def expected(name: str) -> Solution:
    return solve(name)


@pytest.mark.parametrize("name", example_names("networks"))
def test_the_ways_are_many(name: str) -> None:
    assert len(WAYS) == 4 * 6 * 3
    assert len(weights(expected(name))) >= 3


def compare(name: str, form: str, notation: str, detail: str) -> None:
    """Each gradient and new weight that a line or the summary ends with is the one value of the problem."""
    right = expected(name)
    every = weights(right)
    steps = right.problem.training.steps
    solution = solve(name, notation, form, detail, with_parts=["summary"])
    document = solution.document
    table, where = summary(document), (notation, detail)
    assert {q for q in table if q.kind == "W"} == set(every), where
    for parameter, (old, gradient, new) in table.items():
        slope = parameter._replace(kind=f"dL/d{parameter.kind}")
        assert old == right.values.shown(parameter), where
        assert gradient == right.values.shown(slope), where
        assert new == right.values.shown(parameter._replace(step=steps)), where
    shown: dict[Quantity, Shown] = {}
    for quantity, result in results(solution, document):
        assert result == right.values.shown(quantity), (*where, quantity.id)
        shown[quantity] = result
    wanted = {q._replace(kind="dL/dW") for q in every} | {q._replace(step=1) for q in every}
    assert {q.id for q in wanted - set(shown)} == set(), where


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", example_names("networks"))
def test_all_forms_show_the_same_numbers(name: str, form: str) -> None:
    """In every form and notation, in each at one of the details; in the sweep `forms` at all."""
    first = example_names("networks").index(name) + FORMS.index(form)
    for at, notation in enumerate(NOTATIONS):
        compare(name, form, notation, DETAILS[(first + at) % len(DETAILS)])


@pytest.mark.parametrize("name", example_names("networks"))
def test_the_text_of_the_forms_differs(name: str) -> None:
    """The forms are different derivations, not one under four names."""
    documents = [solve(name, form=form).document for form in FORMS]
    assert all(a != b for k, a in enumerate(documents) for b in documents[:k])


@pytest.mark.parametrize("name", example_names("networks"))
def test_detail_only_adds(name: str) -> None:
    """A more detailed solution is not shorter."""
    lengths = [len(solve(name, detail=detail).render("md")) for detail in ("brief", "standard", "full")]
    assert lengths == sorted(lengths) and lengths[0] < lengths[2]


DEAD_UNIT = {
    "title": "A dead unit and a penalty",
    "network": {
        "inputs": 1,
        "layers": [
            {"units": 1, "activation": "relu", "weights": [[-1]]},
            {"units": 1, "activation": "sigmoid", "weights": [[Decimal("0.45")]]},
        ],
    },
    "data": {"inputs": [[1]], "targets": [[1]]},
    "loss": {"name": "binary_cross_entropy", "regularization": {"l2": Decimal("0.001")}},
    "training": {"learning_rate": Decimal("0.1")},
}
ONE_UNIT_SOFTMAX = {
    "title": "A softmax of one unit",
    "network": {
        "inputs": 1,
        "layers": [{"units": 1, "activation": "softmax", "weights": [[Decimal("0.5")]]}],
    },
    "data": {"inputs": [[1]], "targets": [[1]]},
    "loss": {"name": "half_squared_error"},
    "training": {"learning_rate": Decimal("0.1")},
}
TWIN_UNITS = {
    "title": "Two units with equal weights, which cancel",
    "network": {
        "inputs": 2,
        "layers": [
            {"units": 2, "activation": "tanh", "weights": [[Decimal("0.5"), Decimal("0.5")]] * 2},
            {"units": 1, "activation": "relu", "weights": [[1, -1]], "biases": Decimal("0.1")},
        ],
    },
    "data": {"inputs": [[1, 2]], "targets": [[1]]},
    "loss": {"name": "half_squared_error"},
    "training": {"learning_rate": Decimal("0.1")},
}


@pytest.mark.parametrize("format", ["md", "tex", "json"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("problem", [DEAD_UNIT, ONE_UNIT_SOFTMAX, TWIN_UNITS], ids=lambda p: p["title"])
def test_values_that_cancel(problem: dict[str, Any], form: str, format: str) -> None:
    """Numbers that are exactly 0, a power of ten or a tie, but computed as balls, do not stop a solution."""
    assert solve(problem, form=form).render(format)
