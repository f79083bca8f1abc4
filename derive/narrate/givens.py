"""The opening chapter: the network, what is given, how symbols are written and how numbers are rounded."""

from __future__ import annotations

from collections.abc import Iterator

from derive import graph
from derive.activations import described
from derive.document import Block, Bullets, Paragraph, Section, Text, Words
from derive.expression import Ref, SumOver, bind
from derive.formula import Line
from derive.narrate import figures, story
from derive.narrate.numbers import given_numbers, numbers_in_words
from derive.narrate.page import BRIEF, FULL, Page, capital, count
from derive.narrate.rounded import rounding
from derive.narrate.symbols import symbols
from derive.quantity import Index, Quantity


def problem_chapter(page: Page) -> Section:
    """The whole chapter."""
    if page.detail == BRIEF:
        blocks: list[Block] = [in_short(page), *numbers_in_words(page), *figures.structure(page)]
    elif page.detail == FULL:
        blocks = [*network(page), given_numbers(page)]
    else:
        blocks = [*network(page), *numbers_in_words(page)]
    if page.shows("notation"):
        blocks.append(symbols(page))
    if page.whole("rounding"):
        blocks.append(rounding(page))
    return page.section("Given" if page.detail == BRIEF else "The problem", blocks)


def activation_words(name: str) -> str:
    return described(name).words


def opening(page: Page) -> list[Block]:
    """The first paragraphs of the document: the story, what is done here, and where the problem comes from."""
    problem = page.problem
    blocks: list[Block] = [*story.opening(page)]
    if page.detail > BRIEF:
        steps = problem.training.steps
        again = " Then the network runs once more, to see whether the loss has fallen."
        measured = " At the end every derivative is checked by measuring it."
        blocks.append(
            page.say(
                "We take {rounds} of a {sizes} network by hand: forwards to the loss, backwards by the chain rule to"
                " the derivative of the loss with respect to every weight, and from there to the new weights.{again}"
                "{measured}",
                rounds="one training step" if steps == 1 else count(steps, "training step"),
                sizes="-".join(map(str, problem.network.sizes)),
                again=again if page.shows("second-pass") else "",
                measured=measured if page.shows("check") else "",
            )
        )
    if problem.source:
        blocks.append(page.say("After {source}.", source=problem.source.rstrip(".")))
    return blocks


def author_note(page: Page) -> list[Block]:
    """The author's note, which ends the document: what it says of the source is understood only now."""
    return [page.say("{note}", lead="A note.", note=page.problem.note)] if page.problem.note else []


def in_short(page: Page) -> Paragraph:
    """Network, loss and training in a few words."""
    sentences = [page.words("{text} ", text=text) for text in layer_texts(page)]
    row = graph.loss_row(page.problem)
    sentences.append(page.words("The loss is {loss}, {formula}. ", loss=row.words, formula=loss_line(page)))
    sentences += [(*item, Text(" ")) for item in training_items(page)]
    return page.say(
        "A {sizes} network. {rest}",
        sizes="-".join(map(str, page.problem.network.sizes)),
        rest=[piece for sentence in sentences for piece in sentence],
    )


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
    items: list[Words] = [page.words("{text}", text=text) for text in layer_texts(page)]
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


def layer_texts(page: Page) -> list[str]:
    """A sentence on each layer; one for all of them where they are alike."""
    everywhere = {layer_text(page, number, "") for number in range(1, page.last + 1)}
    if page.last > 1 and len(everywhere) == 1:
        return [layer_text(page, 1, page.wording["layers_both" if page.last == 2 else "layers_all"])]
    return [layer_text(page, number, capital(page.layer_name(number))) for number in range(1, page.last + 1)]


def layer_text(page: Page, number: int, called: str) -> str:
    """What is to be said of a layer: activation, biases, and where its weights come from; `called` is its name."""
    layer, say = page.layer(number), page.wording
    kinds = {tuple: "layer_own_biases", type(None): "layer_no_biases"}
    text = say[kinds.get(type(layer.biases), "layer_one_bias")]
    if layer.biases is not None and not layer.train_biases:
        text += say["layer_fixed_biases"]
    if layer.init is not None:
        text += say("layer_drawn", rule=say[f"drawn_{layer.init}"], seed=str(layer.seed))
    activation = say.of(f"activation_{layer.activation}", activation_words(layer.activation))
    return say("layer", layer=called, activation=activation, biases=text)


def training_items(page: Page) -> Iterator[Words]:
    """Optimiser, batch and penalty, one sentence each."""
    training, loss, say = page.problem.training, page.problem.loss, page.wording
    yield page.words(say[training.row.dense["words"]], mu=Quantity("momentum"))
    if training.decay is not None:
        yield page.words(say["decay"], how=say[f"decay_{training.decay.kind}"])
    if page.many and training.batch == "all":
        own = say["batch_own"] if loss.reduction == "mean" else ""
        yield page.words(say["batch_all"], kind=say[f"batch_{loss.reduction}"], own=own)
    elif page.many:
        yield page.words(say["batch_one"])
    if graph.penalised(page.problem):
        yield page.words(say["penalised"])
