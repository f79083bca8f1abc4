"""Which numbers a worksheet asks for, in which order and under which headings.

The form decides the order of the backward pass: `chain` goes unit by unit with the factors of the chain rule before
the gradients, the others layer by layer with the deltas first. What is needed and not asked is provided. Of a large
network only some units are asked, as many as fit a few pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from derive.expression import quantities
from derive.narrate import Page
from derive.narrate.forward import examples
from derive.narrate.page import count
from derive.quantity import Quantity
from derive.wording import Wording
from derive.worksheet.items import Item, Maker

MOST_BOXES = 50
"""Lines of a sheet whose questions nobody has chosen: six or seven pages; two inputs, units and outputs have 40."""
MOST_CHOSEN = 300
"""Lines of a sheet in any case."""
FADING = 3
"""Units of a layer in which worked lines can fade: one worked, one half worked, one blank."""

Kept = Callable[[Item], bool]


@dataclass(frozen=True, slots=True)
class Group:
    """The items under one heading. `kind` says what is done: forward, loss, back, gradients, weights, again."""

    kind: str
    title: str
    items: tuple[Item, ...]
    layer: int = 0
    example: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The groups of a sheet, and where something was left out to keep it short, a sentence for whom it concerns.

    `left_out` is for the student, `told` for the instructor.
    """

    groups: tuple[Group, ...]
    left_out: str = ""
    told: str = ""

    @property
    def items(self) -> list[Item]:
        return [item for group in self.groups for item in group.items]


def choose(maker: Maker, chosen: bool, fade: bool) -> Choice:
    """The questions on what the maker asks; `chosen` when somebody asked for just these."""
    page = maker.page
    groups = whole_groups(maker)
    most = MOST_CHOSEN if chosen else MOST_BOXES
    whole = Choice(_kept(groups, lambda item: True))
    if len(whole.items) <= most:
        return whole
    *selections, last = [*_selections(page, FADING if fade else 1)] or [(lambda item: True, "")]
    choices = ((_kept(groups, kept), sentence) for kept, sentence in selections)
    fitting = (pair for pair in choices if sum(len(group.items) for group in pair[0]) <= most)
    smaller, sentence = next(fitting, (_kept(groups, last[0]), last[1]))
    return Choice(smaller, sentence, _told(page.wording, Choice(smaller), whole, chosen))


def _told(say: Wording, part: Choice, whole: Choice, chosen: bool) -> str:
    """How much is asked, and how to have it otherwise."""
    option = say["left_out_all"]
    if len(whole.items) > MOST_CHOSEN:
        option = say["left_out_less"] if chosen else say("left_out_some", count=str(MOST_CHOSEN))
    return say("left_out_told", count=str(len(part.items)), all=str(len(whole.items)), option=option)


def every_item(maker: Maker) -> Iterator[Item]:
    """Every item of the maker's topics."""
    return (item for group in _groups(maker) for item in group.items)


def whole_groups(maker: Maker) -> tuple[Group, ...]:
    """Every group of the maker's topics that has items."""
    return _kept(_groups(maker), maker.asks)


def _kept(groups: Iterable[Group], kept: Kept) -> tuple[Group, ...]:
    """The groups with the items that are kept; empty ones are gone."""
    smaller = (Group(g.kind, g.title, tuple(filter(kept, g.items)), g.layer, g.example) for g in groups)
    return tuple(group for group in smaller if group.items)


def _selections(page: Page, least: int) -> Iterator[tuple[Kept, str]]:
    """Ever smaller parts of the network, each with the sentence that tells it."""
    seen, say = page.trace.round(0).examples, page.wording
    first: Kept = lambda item: item.quantity.example in (None, seen[0])  # noqa: E731
    # With all examples rather than with the first alone, where as many units of each fit.
    batches: list[tuple[Kept, str]] = [(first, say["first_example"] if len(seen) > 1 else "")]
    if len(seen) > 1:
        yield first, _sentence(say, say["first_example"])
        batches.insert(0, (lambda item: True, say["all_examples" if len(seen) > 2 else "both_examples"]))
    # So many units, or weights into a unit, do not fit in any case; a large network has thousands.
    for units in range(min(max(page.problem.network.sizes[1:]) - 1, MOST_CHOSEN), least - 1, -1):
        for kept, batch in batches:
            yield _of_units(kept, units), _sentence(say, batch, _the_first(say, units, "first_unit"), units > 1)
    for sources in range(min(max(page.problem.network.sizes) - 1, MOST_CHOSEN), 0, -1):
        few = _the_first(say, sources, "first_weight", units=_the_first(say, least, "first_unit"))
        for kept, batch in batches:
            yield _of_units(kept, least, sources), _sentence(say, batch, few, several=True)


def _the_first(say: Wording, number: int, key: str, **parts: str) -> str:
    """The first so many of something; a number in words where the phrase is the usual one."""
    if number == 1:
        return say(key, **parts)
    written = str(number) if f"{key}s" in say.own else count(number, "unit").partition(" ")[0]
    return say(f"{key}s", count=written, **parts)


def _of_units(wanted: Kept, units: int, sources: int = 10**6) -> Kept:
    def kept(item: Item) -> bool:
        place = item.quantity
        near = not isinstance(place.unit, int) or place.unit < units
        return wanted(item) and near and (not isinstance(place.source, int) or place.source < sources)

    return kept


def _sentence(say: Wording, batch: str, units: str = "", several: bool = False) -> str:
    """What is asked, for the student; `several` where the units are more than one thing.

    >>> _sentence(Wording(), "both examples", "the first unit of each layer")
    'Only the first unit of each layer is asked, for both examples; what else is needed is given.'
    """
    which = say("left_out_for", examples=batch) if units and batch else ""
    return say("left_out" if several else "left_out_one", what=units or batch, which=which)


# -- groups ---------------------------------------------------------------------------------------------------


def _groups(maker: Maker) -> Iterator[Group]:
    """All groups of the chosen topics, in the order of the computation."""
    page, topics, say = maker.page, maker.topics, maker.page.wording
    who = examples(page.trace, 0)
    if "forward" in topics:
        yield Group("prepare", say["title_prepare"], tuple(maker.prepared(who)))
    for example in who:
        if "forward" in topics:
            for number in range(1, page.last + 1):
                title = _titled(page, say("title_forward", layer=page.layer_name(number)), example)
                yield Group("forward", title, tuple(maker.layer(number, example)), number, example)
        if "loss" in topics:
            yield Group(
                "loss", _titled(page, say["title_loss"], example), tuple(maker.loss(example)), page.last, example
            )
    if "loss" in topics:
        yield Group("loss", say["title_total_loss"], tuple(maker.total_loss()), page.last)
    for example in who:
        for number in range(page.last, 0, -1):
            yield from _backward(maker, number, example)
    yield from _batch(maker)
    if "weights" in topics:
        yield Group("rate", say["title_rate"], tuple(maker.rate()))
        for number in range(page.last, 0, -1):
            title = say("title_weights", layer=page.layer_name(number))
            yield Group("weights", title, tuple(maker.update(number)), number)
    if "new-loss" in topics:
        yield Group("again", say["title_again"], tuple(maker.again()), page.last)


def _titled(page: Page, title: str, example: int | None) -> str:
    return title if example is None else page.wording("title_example", title=title, number=str(example + 1))


def _backward(maker: Maker, number: int, example: int | None) -> Iterator[Group]:
    """The derivatives of one layer: by units in the chain form, else deltas first and then gradients."""
    page, units = maker.page, range(maker.page.width(number))
    name, say = page.layer_name(number), page.wording
    shared = _shared_bias(maker, number, example)
    if page.form == "chain":
        for unit in units:
            title = _titled(page, say("title_backward", unit=page.unit_name(number, unit, article=False)), example)
            items = [*_errors(maker, number, unit, example), *_gradients(maker, number, unit, example)]
            if "factors" in maker.topics and number > 1 and not any(item.topic == "deltas" for item in items):
                # The layer below goes on with the product of the two factors.
                items.append(maker.delta(number, unit, example))
            last = [*shared] if unit == units[-1] else []
            yield Group("back", title, (*items, *last), number, example)
        return
    errors = [item for unit in units for item in _errors(maker, number, unit, example)]
    key = "title_deltas" if "deltas" in maker.topics and page.namer.has_delta else "title_derivatives"
    yield Group("back", _titled(page, say(key, layer=name), example), tuple(errors), number, example)
    gradients = [item for unit in units for item in _gradients(maker, number, unit, example)]
    yield Group(
        "gradients", _titled(page, say("title_gradients", layer=name), example), (*gradients, *shared), number, example
    )


def _errors(maker: Maker, number: int, unit: int, example: int | None) -> Iterator[Item]:
    """The factors and the delta of a unit, as far as they are asked."""
    page, topics = maker.page, maker.topics
    if "factors" in topics:
        yield from maker.factors(number, unit, example)
    needed = page.form == "chain" and "factors" in topics and maker.needs_delta(number)
    if "deltas" in topics or needed:
        yield maker.delta(number, unit, example)


def _gradients(maker: Maker, number: int, unit: int, example: int | None) -> Iterator[Item]:
    if "gradients" in maker.topics:
        yield from maker.gradients(number, unit, example)


def _shared_bias(maker: Maker, number: int, example: int | None) -> list[Item]:
    """The gradient of a bias that all units of a layer share."""
    layer = maker.page.layer(number)
    if "gradients" not in maker.topics or layer.biases is None or isinstance(layer.biases, tuple):
        return []
    return [maker.gradient(Quantity("dL/db", number, example=example))] if layer.train_biases else []


def _batch(maker: Maker) -> Iterator[Group]:
    """The gradients of the whole batch from those of its examples."""
    page = maker.page
    parameters = [item.parameter for number in range(page.last, 0, -1) for item in maker.update(number)]
    wanted = dict.fromkeys(q.derivative for q in parameters if q)
    if page.many and "gradients" in maker.topics:
        items = [maker.gradient(quantity) for quantity in wanted if maker.one(quantity) == quantity]
        yield Group("gradients", page.wording["title_batch"], tuple(items))


def needed(page: Page, choice: Choice) -> list[Quantity]:
    """What the asked lines use that is neither given nor asked, in the order of the computation."""
    maker = Maker(page, frozenset())
    asked = {maker.one(item.quantity) for item in choice.items}
    used = {maker.one(quantity) for item in choice.items for quantity in _used(page, item)}
    missing = {quantity for quantity in used - asked if quantity not in page.trace.givens}
    order = {maker.one(quantity): place for place, quantity in enumerate(_computed(page))}
    return sorted((q for q in missing if q in order), key=order.__getitem__)


def _used(page: Page, item: Item) -> Iterator[Quantity]:
    if item.topic != "new-loss":
        yield from quantities(item.formula)
        return
    for number in range(1, page.last + 1):
        for new in Maker(page, frozenset()).update(number):
            if new.parameter is not None:
                yield new.parameter._replace(step=1)


def _computed(page: Page) -> Iterator[Quantity]:
    yield from (step.target for step in page.trace.preprocessing)
    yield from (step.target for step in page.trace.round(0).steps)
