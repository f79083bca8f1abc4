"""The first forward and backward pass as single steps over a picture of the network.

The steps are those of the trace, in its order, all with symbols and numbers whatever the form and the detail. Steps
that only give a number a second name are left out, and so is all of it where the network is too large to be drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive import graph
from derive.derivation import trained
from derive.diagram import stepping_scene
from derive.document import ShownStep, Stepper
from derive.expression import Ref, quantities
from derive.narrate.figures import drawable
from derive.narrate.forward import example_title, examples
from derive.narrate.page import Page, capital
from derive.quantity import Quantity

MOST_STEPS = 120
"""More steps than this are no help to anyone."""

DERIVATIVES = ("dL/da", "da/dz", "dL/dz", "dL/dW", "dL/db")
FORWARD, BACKWARD = "Forward pass", "Backward pass"
TITLES = {
    "z": "the weighted sum of {unit}",
    "a": "the activation of {unit}",
    "exp": "the exponential of the sum of {unit}",
    "expsum": "the sum of the exponentials of {layer}",
    "loss_part": "what {unit} contributes to the loss",
    "data_loss": "the loss before the penalty",
    "penalty": "the penalty on the weights",
    "loss": "the loss",
    "dL/da": "how the loss changes with the activation of {unit}",
    "da/dz": "how the activation of {unit} changes with {sum}",
    "dL/dz": "how the loss changes with the weighted sum of {unit}",
    "dL/dW": "the gradient of the weight from {source} to {unit}",
    "dL/db": "the gradient of the bias of {unit}",
}


def stepper(page: Page) -> Iterator[Stepper]:
    """The block, for the first example, if the network is small enough."""
    if not drawable(page):
        return
    example = examples(page.trace, 0)[0]
    targets = [*_forward(page, example), *_backward(page, example)]
    if len(targets) <= MOST_STEPS:
        yield Stepper(stepping_scene(page, example), tuple(_step(page, target) for target in targets))


def _forward(page: Page, example: int | None) -> Iterator[Quantity]:
    for step in page.trace.round(0).forward:
        target = step.target
        second_name = target.kind == "a" and isinstance(target.layer, int) and page.merged(target.layer)
        if target.example == example and not second_name:
            yield target


def _backward(page: Page, example: int | None) -> Iterator[Quantity]:
    for step in page.trace.round(0).backward:
        target = step.target
        if target.example == example and target.kind in TITLES and _worth_a_step(page, target):
            yield target


def _worth_a_step(page: Page, target: Quantity) -> bool:
    layer = target.layer
    assert isinstance(layer, int)
    if target.kind == "dL/db":
        own = target._replace(kind="b", example=None)
        return own in graph.biases(page.problem) and trained(page.problem, own)
    if target.kind in ("dL/da", "da/dz") and page.shortened(layer):
        return False
    return layer > 0 and not (target.kind in ("da/dz", "dL/dz") and page.merged(layer))


def _step(page: Page, target: Quantity) -> ShownStep:
    line, targets = page.work(target), [target]
    if isinstance(target.layer, int) and page.merged(target.layer) and target.kind in ("z", "dL/da"):
        # One number under two names: the sum is the activation too, and so are their derivatives.
        other = target._replace(kind={"z": "a", "dL/da": "dL/dz"}[target.kind])
        targets.append(other)
        if target.kind == "dL/da" and page.namer.has_delta:
            line = page.work(target, left=Ref(other), first=[page.d_loss(target._replace(kind="a"))])
    part = BACKWARD if target.kind in DERIVATIVES else FORWARD
    if isinstance(target.example, int):
        part += f", {example_title(target.example).lower()}"
    used = tuple((quantity, page.value(quantity)) for quantity in quantities(page.formula(target)))
    return ShownStep(part, capital(_title(page, target)), line, tuple(targets), used)


def _title(page: Page, target: Quantity) -> str:
    layer, unit, source = target.layer, target.unit, target.source
    words = {"unit": "", "layer": "", "source": "", "sum": "its weighted sum"}
    if target.kind == "loss_part":
        layer = page.last
    if isinstance(layer, int):
        words["layer"] = page.the(layer)
        words["unit"] = page.unit_name(layer, unit) if isinstance(unit, int) else f"all units of {page.the(layer)}"
        if target.kind == "dL/dW" and isinstance(source, int):
            words["source"] = page.unit_name(layer - 1, source)
        elif isinstance(source, int) and source != unit:
            words["sum"] = f"the weighted sum of {page.unit_name(layer, source)}"
    return TITLES[target.kind].format(**words)
