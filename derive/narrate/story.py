"""What the numbers stand for: the author's story at the beginning, and its question at the end."""

from __future__ import annotations

from collections.abc import Iterator

from derive import graph
from derive.document import Block, Inline, Math
from derive.narrate.page import Page
from derive.quantity import Quantity
from derive.sentences import listed, question

MOST_OUTPUTS = 3
"""Outputs that the closing sentence tells."""


def opening(page: Page) -> Iterator[Block]:
    """The story as its author tells it."""
    if page.problem.story:
        yield page.say("{story}", story=page.problem.story.strip())


def closing(page: Page) -> Iterator[Block]:
    """The question of the story again, and what the outputs have come to."""
    story, steps = page.problem.story, page.problem.training.steps
    units = page.width(page.last)
    if not story or page.many or units > MOST_OUTPUTS:
        return
    before, after, aims = [], [], []
    for unit in range(units):
        output = Quantity("a", page.last, unit)
        before.append(Math(page.values.shown(output)))
        after.append(Math(page.marked(page.values.shown(output._replace(step=steps)))))
        aims.append(Math(page.values.shown(Quantity("t", unit=unit))))
    told: list[list[Inline]] = [listed(numbers) for numbers in (before, after, aims)]
    lead = question(story) or "Back to the beginning."
    if not graph.has_targets(page.problem):
        yield page.say("The network said {before}; now it says {after}.", lead=lead, before=told[0], after=told[1])
        return
    yield page.say(
        "The network said {before}; now it says {after}, and it ought to say {aim}.",
        lead=lead,
        before=told[0],
        after=told[1],
        aim=told[2],
    )
