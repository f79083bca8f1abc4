"""The computation as single steps over pictures of the network: forward, backward, update, and the passes after it.

The steps are those of the trace, in its order, all with symbols and numbers whatever the form and the detail. Steps
that only give a number a second name are left out, and so is all of it where the network is too large to be drawn.
A long training is shown as far as there is room, in whole rounds.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive import graph
from derive.derivation import trained
from derive.diagram import stepping_scene
from derive.document import ShownStep, Stepper, Text
from derive.evaluation import rounds_in_full
from derive.expression import Ref, quantities
from derive.narrate.figures import drawable
from derive.narrate.forward import example_title, examples
from derive.narrate.page import Page, capital
from derive.quantity import Quantity

MOST_STEPS = 240
"""More steps than this are no help to anyone."""
MOST_OF_A_PASS = 120
"""Nor is a picture in which one example takes more steps than this."""

DERIVATIVES = ("dL/da", "da/dz", "dL/dz", "dL/dW", "dL/db")
UPDATES = ("lr_now", "vW", "W", "vb", "b")
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
    "lr_now": "the learning rate of this step",
    "vW": "the velocity of the weight from {source} to {unit}",
    "W": "the new weight from {source} to {unit}",
    "vb": "the velocity of the bias of {unit}",
    "b": "the new bias of {unit}",
}


def stepper(page: Page) -> Iterator[Stepper]:
    """The block, if the network is small enough."""
    if not drawable(page):
        return
    first = examples(page.trace, 0)[0]
    if len([*_forward(page, first, 0), *_backward(page, first, 0)]) > MOST_OF_A_PASS:
        return
    yield _Course(page).stepper()


class _Course:
    """The steps and the pictures of a training, gathered round by round."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.steps: list[ShownStep] = []
        self.passes: list[tuple[int | None, int]] = []
        """Example and round of every picture."""

    def stepper(self) -> Stepper:
        page, rest = self.page, ""
        steps = page.problem.training.steps
        rounds = rounds_in_full(page.problem)
        if not self._fits(0):
            # The whole round is too long: one example of it.
            self._pass(examples(page.trace, 0)[:1], 0, update=False)
            rest = "Only the first example is shown step by step; the text below has all of them."
        else:
            step = 0
            while step < rounds and self._fits(step):
                self._pass(examples(page.trace, step), step)
                step += 1
            if step == steps and self._fits(step):
                self._pass(examples(page.trace, steps - 1), steps)
            elif step <= steps:
                rest = f"Shown as far as update {step} of {steps}; the text below goes on."
        scenes = [stepping_scene(page, example, step) for example, step in self.passes]
        return Stepper(tuple(scenes), tuple(self.steps), rest)

    def _fits(self, step: int) -> bool:
        """Whether there is room for a round, or for the pass after the last one."""
        page = self.page
        seen = examples(page.trace, min(step, page.problem.training.steps - 1))
        count = sum(len([*_forward(page, e, step), *_backward(page, e, step)]) for e in seen)
        return len(self.steps) + count + len(list(_update(page, step))) <= MOST_STEPS

    def _pass(self, seen: list[int | None], step: int, update: bool = True) -> None:
        """One round: forward for every example, backward for every one, and the update."""
        page = self.page
        at = len(self.passes)
        self.passes += [(example, step) for example in seen]
        for number, example in enumerate(seen, at):
            self._add("forward", example, step, number, _forward(page, example, step))
        if update and page.many:
            self._add("forward", None, step, len(self.passes) - 1, _whole_loss(page, step))
        for number, example in enumerate(seen, at):
            self._add("backward", example, step, number, _backward(page, example, step))
        if update:
            self._add("update", None, step, len(self.passes) - 1, _update(page, step))

    def _add(self, kind: str, example: int | None, step: int, scene: int, targets: Iterator[Quantity]) -> None:
        part = self._part(kind, example, step)
        shown = self.passes[scene][0]
        self.steps += [_step(self.page, target, part, scene, shown) for target in targets]

    def _part(self, kind: str, example: int | None, step: int) -> str:
        """Which part of the computation a step belongs to, in words."""
        steps = self.page.problem.training.steps
        words = "update" if kind == "update" else f"{kind} pass"
        if step == steps:
            words = f"{words} after {'the update' if steps == 1 else f'{steps} updates'}"
        elif steps > 1:
            words = f"step {step + 1}, {words}"
        if example is not None:
            words += f", {example_title(example).lower()}"
        return capital(words)


def _forward(page: Page, example: int | None, step: int) -> Iterator[Quantity]:
    for one in page.trace.round(min(step, page.problem.training.steps - 1)).forward:
        target = one.target
        second_name = target.kind == "a" and isinstance(target.layer, int) and page.merged(target.layer)
        if target.example == example and not second_name:
            yield target.shifted(step)


def _whole_loss(page: Page, step: int) -> Iterator[Quantity]:
    """The loss of all examples of a round together."""
    for one in page.trace.round(min(step, page.problem.training.steps - 1)).forward:
        if one.target.example is None and one.target.kind in TITLES:
            yield one.target.shifted(step)


def _backward(page: Page, example: int | None, step: int) -> Iterator[Quantity]:
    if step == page.problem.training.steps:
        return
    for one in page.trace.round(step).backward:
        target = one.target
        if target.example == example and target.kind in DERIVATIVES and _worth_a_step(page, target):
            yield target.shifted(step)


def _update(page: Page, step: int) -> Iterator[Quantity]:
    """The gradients of all examples together, and the new weights."""
    if step == page.problem.training.steps:
        return
    round_ = page.trace.round(step)
    if page.many:
        for one in round_.backward:
            target = one.target
            if target.example is None and target.kind in ("dL/dW", "dL/db") and _worth_a_step(page, target):
                yield target.shifted(step)
    for one in round_.update:
        target = one.target
        fixed = target.kind in ("b", "vb") and not trained(page.problem, target._replace(kind="b", step=0))
        if target.kind in UPDATES and not fixed:
            yield target.shifted(step)


def _worth_a_step(page: Page, target: Quantity) -> bool:
    layer = target.layer
    assert isinstance(layer, int)
    if target.kind == "dL/db":
        own = target._replace(kind="b", example=None)
        return own in graph.biases(page.problem) and trained(page.problem, own)
    if target.kind in ("dL/da", "da/dz") and page.shortened(layer):
        return False
    return layer > 0 and not (target.kind in ("da/dz", "dL/dz") and page.merged(layer))


def _step(page: Page, target: Quantity, part: str, scene: int, example: int | None) -> ShownStep:
    """A step over a picture, which shows one example."""
    line, targets = page.work(target), [target]
    if isinstance(target.layer, int) and page.merged(target.layer) and target.kind in ("z", "dL/da"):
        # One number under two names: the sum is the activation too, and so are their derivatives.
        other = target._replace(kind={"z": "a", "dL/da": "dL/dz"}[target.kind])
        targets.append(other)
        if target.kind == "dL/da" and page.namer.has_delta:
            line = page.work(target, left=Ref(other), first=[page.d_loss(target._replace(kind="a"))])
    used = tuple((quantity.id, page.value(quantity)) for quantity in quantities(page.formula(target)))
    places = tuple(place.id for place in _place(page, target, example))
    return ShownStep(
        part, (Text(capital(_title(page, target))),), line, tuple(one.id for one in targets), used, scene, places
    )


def _place(page: Page, target: Quantity, example: int | None) -> Iterator[Quantity]:
    """Where something stands in the picture of an example that has no place of its own there."""
    if target.kind in UPDATES and target.kind != "lr_now":
        # A new weight is where the old one is.
        yield target._replace(kind=target.kind[-1], step=target.step - 1)
    elif page.many and target.example is None:
        yield target._replace(example=example)


def _title(page: Page, target: Quantity) -> str:
    layer, unit, source = target.layer, target.unit, target.source
    words = {"unit": "", "layer": "", "source": "", "sum": "its weighted sum"}
    if target.kind == "loss_part":
        layer = page.last
    if isinstance(layer, int):
        words["layer"] = page.the(layer)
        words["unit"] = page.unit_name(layer, unit) if isinstance(unit, int) else f"all units of {page.the(layer)}"
        if isinstance(source, int) and target.kind in ("dL/dW", "vW", "W"):
            words["source"] = page.unit_name(layer - 1, source)
        elif isinstance(source, int) and source != unit:
            words["sum"] = f"the weighted sum of {page.unit_name(layer, source)}"
    title = TITLES[target.kind].format(**words)
    if page.many and target.example is None and target.kind not in UPDATES:
        title += ", of all examples together"
    return title
