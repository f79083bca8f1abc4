"""The pictures of a solution: which ones there are, and the words below them.

On an ordinary page there are two: the network as given, and the one that the form of the derivation is about. A network
of more layers or units than the layout is made for has none, nor is a picture shown that would be too small
to read on a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from derive.diagram import LEGIBLE, After, Scene, losses_scene, network_scene, path_scene, scale
from derive.document import Figure, Text, Words
from derive.narrate.page import Page, capital
from derive.quantity import Quantity

MOST_LAYERS, MOST_UNITS = 4, 6
"""Layers, those of the inputs and the outputs among them, and units of a layer, of a network that is drawn."""


def structure(page: Page) -> Iterator[Figure]:
    """The network as it is given."""
    biases = page.wording["figure_biases"] if _biases(page) else ""
    caption = page.words(page.wording["figure_network"], biases=biases)
    say = page.wording
    labels = (*(capital(page.layer_name(number)) for number in range(page.last + 1)), say["title_loss"])
    labels = (*labels, say["figure_continued"])
    if page.shows("figures") and drawable(page):
        scene = network_scene(page, "structure", labels=labels)
        if say.own:
            # Whoever hears the picture hears the words below it, in the language of the page.
            told = "".join(word.text for word in caption if isinstance(word, Text))
            scene = replace(scene, title=page.problem.title, description=told)
        yield from _legible("network", scene, caption, page.words(say["figure_shows"]), say["figure"])


def forward(page: Page, example: int | None) -> Iterator[Figure]:
    """The network with the numbers of the first forward pass."""
    if not page.whole("figures"):
        return
    caption = page.words(
        "After the forward pass{example}: in every unit its activation{sums}, and at the end the loss.",
        example=_of(example),
        sums=", below it its weighted sum" if _sums(page) else "",
    )
    shows = page.words("shows the numbers of the forward pass where they arise.")
    yield from _network(page, "forward", "forward", caption, shows, example)


def backward(page: Page, example: int | None) -> Iterator[Figure]:
    """The network with the derivatives of the first backward pass."""
    if not draws_backward(page):
        return
    caption = page.words(
        "After the backward pass{example}: below every weight its gradient, and below every unit the derivative of the"
        " loss with respect to its {sum}.",
        example=_of(example),
        sum="weighted sum" if _sums(page) else "activation",
    )
    shows = page.words("shows all derivatives of the backward pass in their places.")
    yield from _network(page, "backward", "backward", caption, shows, example)


def path(page: Page, weight: Quantity, example: int | None) -> Iterator[Figure]:
    """The way of one weight to the loss."""
    if page.shows("figures") and drawable(page):
        caption = page.words(
            "How {weight} reaches the loss{example}: bold the path, dotted what the weight does not change. On each"
            " connection stands the derivative of that step, below each node the derivative of the loss with respect"
            " to it.",
            weight=weight,
            example=_of(example),
        )
        name = re.sub(r"[^A-Za-z0-9_]+", "-", page.namer(weight).text)
        shows = page.words("draws how {weight} reaches the loss, with the number of every step.", weight=weight)
        yield from _legible(f"path-{name}", path_scene(page, weight, example), caption, shows)


def losses(page: Page) -> Iterator[Figure]:
    """The loss over the steps of training, where there are several."""
    if page.problem.training.steps > 1 and page.whole("figures"):
        yield from _legible("losses", losses_scene(page), page.words("The loss after every update."),
                            page.words("draws the same numbers."))  # fmt: skip


def draws_backward(page: Page) -> bool:
    """Whether the page has the picture of the backward pass, where every bias has its gradient."""
    return page.shows("figures") and drawable(page) and (page.whole("figures") or page.form != "chain")


def drawable(page: Page) -> bool:
    """Whether the network is small enough for a picture."""
    sizes = page.problem.network.sizes
    return len(sizes) <= MOST_LAYERS and max(sizes) <= MOST_UNITS


def _network(
    page: Page, name: str, after: After, caption: Words, shows: Words, example: int | None = None
) -> Iterator[Figure]:
    if page.shows("figures") and drawable(page):
        yield from _legible(name, network_scene(page, after, example), caption, shows)


def _legible(name: str, scene: Scene, caption: Words, shows: Words, called: str = "Figure") -> Iterator[Figure]:
    if scale(scene) >= LEGIBLE:
        yield Figure(name, scene, caption, shows, called)


def _biases(page: Page) -> bool:
    return any(layer.biases is not None for layer in page.problem.network.layers)


def _sums(page: Page) -> bool:
    """Whether there are weighted sums that are not activations too."""
    return not all(page.merged(number) for number in range(1, page.last + 1))


def _of(example: int | None) -> str:
    return "" if example is None else f" of example {example + 1}"
