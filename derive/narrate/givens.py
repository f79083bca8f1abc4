"""The opening chapter: the network, what is given, how symbols are written and how numbers are rounded."""

from __future__ import annotations

from collections.abc import Iterator

from derive import graph
from derive.activations import described
from derive.document import Block, Bullets, Code, Inline, Math, Paragraph, Section, Table, Text, Words
from derive.expression import Ref, SumOver, bind
from derive.formula import Line
from derive.narrate import figures
from derive.narrate.page import Page, capital, count
from derive.narrate.symbols import symbols
from derive.numbers import TIE_DIGITS
from derive.quantity import Index, Quantity


def problem_chapter(page: Page) -> Section:
    """The whole chapter."""
    return page.section("The problem", [*network(page), given_numbers(page), symbols(page), rounding(page)])


def activation_words(name: str) -> str:
    return described(name).words


def opening(page: Page) -> list[Block]:
    """The first paragraphs of the document: what is done here, and where the problem comes from."""
    problem = page.problem
    steps = problem.training.steps
    rounds = "one training step" if steps == 1 else count(steps, "training step")
    blocks: list[Block] = [
        page.say(
            "We take {rounds} of a {sizes} network by hand: the forward pass, the loss, the derivative of the loss with"
            " respect to every weight by the chain rule, and the update. Then the network runs once more to see whether"
            " the loss has fallen, and every derivative is checked by measuring it.",
            rounds=rounds,
            sizes="-".join(map(str, problem.network.sizes)),
        )
    ]
    if problem.source:
        blocks.append(page.say("After {source}.", source=problem.source.rstrip(".")))
    if problem.note:
        blocks.append(page.say("{note}", note=problem.note))
    return blocks


def network(page: Page) -> Iterator[Block]:
    """The architecture, the loss and the optimiser in sentences."""
    problem, say = page.problem, page.wording
    layers = problem.network.layers
    yield page.say(
        say["network"],
        inputs=page.count(problem.network.inputs, "input"),
        hidden="".join(
            say("network_units_in", units=page.count(layer.units, "unit"), layer=page.layer_name(number))
            if page.last > 2
            else say("network_hidden", units=page.count(layer.units, "hidden unit"))
            for number, layer in enumerate(layers[:-1], 1)
        ),
        outputs=page.count(layers[-1].units, "output"),
        bias=say["network_bias"] if all(layer.biases is not None for layer in layers) else "",
    )
    items: list[Words] = [page.words("{text}", text=layer_text(page, number)) for number in range(1, page.last + 1)]
    row = graph.loss_row(problem)
    called, note = say.of(f"loss_{row.name}", row.words), say.of(f"loss_{row.name}_note", row.note)
    items.append(page.words(say["loss"], loss=called, formula=loss_line(page), note=note))
    items.extend(training_items(page))
    yield Bullets(tuple(items))
    yield from figures.structure(page)


def loss_line(page: Page) -> Line:
    """The loss of one example in general letters."""
    row, outputs = graph.loss_row(page.problem), page.width(page.last)
    part = row.part
    if row.target_first is not None and page.namer.notation.target_first:
        part = row.target_first[0]
    index: Index = 0 if outputs == 1 else "k"
    example = 0 if page.many else None
    a, t = Quantity("a", page.last, index, example=example), Quantity("t", unit=index, example=example)
    one = bind(graph.with_outputs(part, outputs), {"a": Ref(a), "t": Ref(t)})
    whole = one if outputs == 1 else SumOver("k", str(outputs), one)
    return Line(Ref(graph.example_loss_quantity(page.problem, example)), (("=", whole),))


def layer_text(page: Page, number: int) -> str:
    """One sentence on a layer: activation, biases, and where its weights come from."""
    layer, say = page.layer(number), page.wording
    kinds = {tuple: "layer_own_biases", type(None): "layer_no_biases"}
    text = say[kinds.get(type(layer.biases), "layer_one_bias")]
    if layer.biases is not None and not layer.train_biases:
        text += say["layer_fixed_biases"]
    if layer.init is not None:
        text += say("layer_drawn", rule=say[f"drawn_{layer.init}"], seed=str(layer.seed))
    activation = say.of(f"activation_{layer.activation}", activation_words(layer.activation))
    return say("layer", layer=capital(page.layer_name(number)), activation=activation, biases=text)


def training_items(page: Page) -> Iterator[Words]:
    """Optimiser, batch and penalty, one sentence each."""
    training, loss, say = page.problem.training, page.problem.loss, page.wording
    if training.remembers:
        yield page.words(say["momentum"], mu=Quantity("momentum"))
    else:
        yield page.words(say["descent"])
    if training.decay is not None:
        yield page.words(say["decay"], how=say[f"decay_{training.decay.kind}"])
    if page.many and training.batch == "all":
        own = say["batch_own"] if loss.reduction == "mean" else ""
        yield page.words(say["batch_all"], kind=say[f"batch_{loss.reduction}"], own=own)
    elif page.many:
        yield page.words(say["batch_one"])
    if graph.penalised(page.problem):
        yield page.words(say["penalised"])


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


def rounding(page: Page) -> Section:
    """What is rounded, and what the two signs mean."""
    policy = page.problem.rounding
    places = count(policy.decimals, "decimal")
    if policy.carry:
        text = (
            f"This solution is worked as one does by hand: every result is rounded to {places}, and the rounded number"
            " is used from then on."
        )
    else:
        text = (
            f"Numbers are shown to {places}, but nothing is rounded on the way: every result is computed from exact"
            " values and rounded only to be printed. If you continue with the printed numbers, your last digit may"
            " differ."
        )
    ties = "away from zero" if policy.ties == "half_up" else "to the even digit"
    blocks = [
        Paragraph((Text(text), *exceptions(page))),
        page.say("The sign = stands before exact values, ≈ before rounded ones. Halves are rounded {ties}.", ties=ties),
    ]
    if page.values.between:
        blocks.append(
            page.say(
                "So near the middle between two roundings that {digits} digits do not tell to which side: {numbers}."
                " What is printed there has one decimal more.",
                digits=TIE_DIGITS,
                numbers=[*{page.namer(q): q for q in page.values.between}.values()],
            )
        )
    return page.section("Rounding", blocks)


MOST_NAMED = 4
"""Names of one kind that are listed in full."""


def exceptions(page: Page) -> Words:
    """The quantities with decimals of their own, by the names that the page has for them."""
    rounds = [page.trace.round(0).steps, page.trace.last_forward]
    named: dict[str, dict[str, Quantity]] = {}
    for quantity in (step.target.shifted(number) for number, steps in enumerate(rounds) for step in steps):
        key = page.values.policy.override(quantity)
        if key is not None:
            # In a linear layer two quantities have one name.
            named.setdefault(key, {}).setdefault(page.namer(quantity).text, quantity)
    pieces: list[Inline] = []
    for key, value in page.problem.rounding.overrides.items():
        found = [Math(Ref(quantity)) for quantity in named.get(key, {}).values()]
        pieces += [
            Text("; " if pieces else page.wording["exceptions"]),
            *(_listed(page, found) if found else [Code(key)]),
        ]
        several = "exceptions_rounded" if len(found) > 1 else "exception_rounded"
        places = "" if isinstance(value, str) else page.count(value, "decimal")
        pieces.append(Text(page.wording[several] if not places else page.wording("exception_to", places=places)))
    return (*pieces, Text(".")) if pieces else ()


def _listed(page: Page, names: list[Math]) -> list[Inline]:
    """Names in a row; of many the first ones and the last."""
    if len(names) > MOST_NAMED:
        return [names[0], Text(", "), names[1], Text(", …, "), names[-1]]
    between = [*[", "] * (len(names) - 2), page.wording["and"]]
    return [names[0], *(part for text, name in zip(between, names[1:], strict=False) for part in (Text(text), name))]
