"""The given numbers of a network: in a sentence for each group, or all in tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive import graph
from derive.document import Block, Equation, Inline, Math, Paragraph, Section, Strong, Table, Text, Words
from derive.expression import MatrixName, Ref
from derive.formula import Line
from derive.narrate.layers import by_source, decimals_inside, entries, layer_weights, vector, weight_matrix
from derive.narrate.page import Page, capital
from derive.narrate.rounded import rounding_sentence
from derive.narrate.symbols import index_order
from derive.quantity import Quantity


def numbers_in_words(page: Page) -> Iterator[Block]:
    """Every given number, in a sentence for each group; in a table where there are many."""
    problem = page.problem
    kind = "x" if problem.data.standardize else "a"
    inputs = [Quantity("x", unit=i) if kind == "x" else Quantity("a", 0, i) for i in range(problem.network.inputs)]
    targets = [Quantity("t", unit=k) for k in range(page.width(page.last))] if graph.has_targets(problem) else []
    if page.many:
        yield example_table(page, [*inputs, *targets])
    else:
        yield Paragraph(listed_values(page, {"Inputs": inputs, "Targets": targets}))
    if problem.data.standardize:
        moments = [Quantity(kind, unit=i) for i in range(problem.network.inputs) for kind in ("mean", "std")]
        yield page.say(
            "{values}.", lead="Mean and standard deviation of each input.", values=values_in_row(page, moments)
        )
    for number in range(1, page.last + 1):
        if page.form == "matrix" and decimals_inside(page, number) is not None:
            yield from layer_matrices(page, number)
        elif page.width(number) * page.width(number - 1) > MOST_IN_WORDS:
            yield from weight_table(page, number)
        else:
            yield Paragraph(layer_values(page, number))
    said: list[Inline] = [*settings(page).words]
    if page.shows("rounding") and not page.whole("rounding"):
        said += [Text(" "), *rounding_sentence(page)]
    yield Paragraph(tuple(said))


MOST_IN_WORDS = 24
"""Weights of a layer that a sentence lists; more are a table."""


def values_in_row(page: Page, quantities: Sequence[Quantity]) -> Words:
    """Names with their values, commas between them."""
    pieces: list[Inline] = []
    for position, quantity in enumerate(quantities):
        pieces += [Text(", ")] if position else []
        pieces.append(Math(page.value(quantity)))
    return tuple(pieces)


def listed_values(page: Page, groups: dict[str, list[Quantity]]) -> Words:
    """Groups of values, each behind its name in bold."""
    pieces: list[Inline] = []
    for name, quantities in groups.items():
        if quantities:
            what = name if len(quantities) > 1 else name.removesuffix("s")
            pieces += [Text(" ")] if pieces else []
            pieces += [Strong(f"{what}."), Text(" "), *values_in_row(page, quantities), Text(".")]
    return tuple(pieces)


def layer_values(page: Page, number: int) -> Words:
    """The weights and biases of a layer, unit by unit, and what the index of a weight says."""
    layer, below = page.layer(number), page.width(number - 1)
    pieces: list[Inline] = [Strong(f"Weights into {page.the(number)}."), Text(" ")]
    for unit in range(layer.units):
        weights = [Quantity("W", number, unit, i) for i in range(below)]
        own = graph.bias(layer, number, unit)
        if own is not None and own.unit is not None:
            weights.append(own)
        pieces += [Text("; ")] if unit else []
        if layer.units > 1:
            to = f"to {page.unit_name(number, unit)}: "
            pieces += [Text(to if unit else capital(to))] if unit == 0 or below > 1 else []
        pieces += values_in_row(page, weights)
    shared = graph.bias(layer, number, 0)
    if shared is not None and shared.unit is None:
        pieces += [Text("; bias "), *values_in_row(page, [shared])]
    pieces.append(Text("."))
    order = index_order(page) if number == 1 and layer.units * below > 1 else ""
    return (*pieces, Text(f" {order}")) if order else tuple(pieces)


def layer_matrices(page: Page, number: int) -> Iterator[Block]:
    """The weights and biases of a layer as matrices."""
    shown = entries(page, number)
    lines = [Line(MatrixName("W", number), (("=", weight_matrix(page, layer_weights("W", page, number), shown)),))]
    layer = page.layer(number)
    own = [graph.bias(layer, number, j) for j in range(layer.units)]
    biases = [bias for bias in own if bias is not None]
    if biases:
        lines.append(Line(MatrixName("b", number), (("=", vector(page, biases, shown)),)))
    yield page.say(
        "Weights{biases} into {layer}, {order}:",
        biases=" and biases" if biases else "",
        layer=page.the(number),
        order=f"one {'column' if by_source(page) else 'row'} for each unit",
    )
    yield Equation(tuple(lines))


def given_numbers(page: Page) -> Section:
    """Every given number in tables."""
    problem = page.problem
    blocks: list[Block] = []
    data = [*(f"x{i}" for i in range(problem.network.inputs))]
    kinds = ("x" if problem.data.standardize else "a", "t")
    names = [Quantity("x", unit=i) if kinds[0] == "x" else Quantity("a", 0, i) for i in range(len(data))]
    if graph.has_targets(problem):
        names += [Quantity("t", unit=k) for k in range(page.width(page.last))]
    if page.many:
        blocks.append(example_table(page, names))
    else:
        blocks.append(value_table(page, names))
    if problem.data.standardize:
        moments = [Quantity(kind, unit=i) for i in range(problem.network.inputs) for kind in ("mean", "std")]
        blocks.append(page.say(page.wording["standardised"]))
        blocks.append(value_table(page, moments))
    for number in range(1, page.last + 1):
        blocks.extend(weight_table(page, number))
    blocks.append(settings(page))
    return page.section("What is given", blocks)


SETTINGS = ("lr", "lr0", "decay", "momentum", "l1", "l2")
"""The numbers that are not part of the network; the sentence of each is a phrase."""


def settings(page: Page) -> Paragraph:
    """The numbers that are not part of the network, in one sentence."""
    found = [Quantity(kind) for kind in SETTINGS if Quantity(kind) in page.trace.givens]
    found = [q for q in found if q.kind not in ("l1", "l2") or page.trace.givens[q]]
    pieces: list[Inline] = []
    for position, quantity in enumerate(found):
        if position:
            pieces.append(Text(page.wording["and"] if position == len(found) - 1 else ", "))
        text = page.wording[f"setting_{quantity.kind}"]
        pieces += page.words(text if position else capital(text), value=page.value(quantity))
    return Paragraph((*pieces, Text(".")))


def value_table(page: Page, quantities: list[Quantity]) -> Table:
    """Names over their values; many quantities in several rows of the table."""
    columns = min(8, len(quantities))
    chunks = [quantities[k : k + columns] for k in range(0, len(quantities), columns)]
    rows: list[tuple[Words, ...]] = []
    for position, chunk in enumerate(chunks):
        padding: tuple[Words, ...] = ((),) * (columns - len(chunk))
        if position:
            rows.append((*((Math(Ref(q)),) for q in chunk), *padding))
        rows.append((*((Math(page.values.shown(q)),) for q in chunk), *padding))
    header = (*((Math(Ref(q)),) for q in chunks[0]),)
    return Table(header, tuple(rows), "c" * columns)


def example_table(page: Page, names: list[Quantity]) -> Table:
    """One row per example."""
    rows = tuple(
        (
            page.words("{s}", s=s + 1),
            *((Math(page.values.shown(q._replace(example=s))),) for q in names),
        )
        for s in range(len(page.problem.data.inputs))
    )
    return Table(
        (page.words(page.wording["table_example"]), *((Math(Ref(q)),) for q in names)), rows, "c" * (len(names) + 1)
    )


WIDEST_TABLE = 6
"""Columns of weights that fit a page; wider layers are listed weight by weight."""


def weight_table(page: Page, number: int) -> Iterator[Block]:
    """The weights and biases that lead into a layer, one row per unit."""
    layer, below, say = page.layer(number), page.width(number - 1), page.wording
    # In a deeper network the names of units are long; there the sentence names the layers and the table counts.
    counted = below > 1 and (page.last > 2 or below > 3)
    yield page.say(
        say["weights_into"],
        biases=say["weights_and_biases"] if layer.biases is not None else "",
        layer=page.the(number),
        source=say("weights_from", layer=page.the(number - 1)) if counted else "",
    )
    if below > WIDEST_TABLE:
        yield value_table(page, [Quantity("W", number, j, i) for j in range(layer.units) for i in range(below)])
        return
    names = [str(i + 1) if counted else page.unit_name(number - 1, i, article=False) for i in range(below)]
    header: list[Words] = [page.words(say["table_to"])]
    header += [(Text(say("table_from", name=name)),) for name in names]
    if layer.biases is not None:
        header.append(page.words(say["table_bias"]))
    rows = []
    for j in range(layer.units):
        named = say("table_unit", number=str(j + 1)) if counted and number < page.last else page.unit_name(number, j)
        row: list[Words] = [(Text(named),)]
        row += [(Math(page.value(Quantity("W", number, j, i))),) for i in range(below)]
        own = graph.bias(layer, number, j)
        if own is not None:
            row.append((Math(page.value(own)),))
        rows.append(tuple(row))
    yield Table(tuple(header), tuple(rows), "l" + "c" * (len(header) - 1))
