"""What `--ask` means for a problem: topics, kinds of quantity with a layer, units, and single quantities by name.

Every word becomes questions that the problem has, or one message; what the asked lines need beside them is for
`questions` to give. A word is looked for in this order: a topic, a kind (`delta`, `gradients:1`), a quantity by its
name or id (`dE/dw5`, `W_new[2][0][0]`), a unit (`h1`, `o2`, `h2.1` in the second of several hidden layers).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from derive.errors import InputError, did_you_mean, shown
from derive.narrate import Page
from derive.quantity import Quantity
from derive.solution import Solution
from derive.worksheet.facts import FACTS
from derive.worksheet.items import Item, Maker
from derive.worksheet.options import EVERYTHING, TOPICS, default_topics
from derive.worksheet.questions import every_item

KINDS: Mapping[str, frozenset[str]] = {
    "sum": frozenset({"z"}),
    "preactivation": frozenset({"z"}),
    "activation": frozenset({"a"}),
    "slope": frozenset({"da/dz"}),
    "factor": frozenset({"dL/da", "da/dz"}),
    "delta": frozenset({"dL/dz"}),
    "gradient": frozenset({"dL/dW", "dL/db"}),
    "weight": frozenset({"W", "vW", "b", "vb"}),
    "bias": frozenset({"b", "vb", "dL/db"}),
}
"""Kinds of quantity that can be asked of one layer, by the word for one of them."""
PLURALS = {"biases": "bias"}
SECOND_PASS = "new-loss"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sheet asks: `topics`, and of these only the quantities in `single` where it is not None.

    `chosen` when somebody asked for just these. `facts` are questions on the network itself.
    """

    topics: tuple[str, ...]
    single: frozenset[Quantity] | None
    chosen: bool
    facts: tuple[str, ...] = ()


def asked(
    solution: Solution, page: Page, words: Sequence[str] | None, place: str = "--ask", file: str | None = None
) -> Asked:
    """What the words ask of a problem; nothing said is what suits the form.

    Raises `InputError`, with the place and the file where the words stand, for a word that means nothing here, and for
    a quantity that no question asks for.
    """
    usual = default_topics(solution.form, page.problem.rounding.carry)
    if words is None:
        return Asked(usual, None, False)
    facts = tuple(fact for fact in FACTS if fact in words)
    words = [word for word in words if word not in FACTS]
    others = [word for word in words if word != EVERYTHING]
    if all(word in TOPICS for word in others):
        return Asked(tuple(words) if EVERYTHING not in words else usual, None, True, facts)
    reader = _Reader(solution, page, place, file)
    named = [item for word in others for item in reader.items(word)]
    rest = [item for item in reader.every if item.topic in usual] if EVERYTHING in words else []
    items = [*rest, *named]
    topics = {item.topic for item in items}
    single = frozenset(reader.maker.one(item.quantity) for item in items)
    return Asked(tuple(topic for topic in TOPICS if topic in topics), single, True, facts)


class _Reader:
    """Finds the items that a word asks for."""

    def __init__(self, solution: Solution, page: Page, place: str, file: str | None) -> None:
        self.solution, self.page, self.place, self.file = solution, page, place, file
        self.maker = Maker(page, frozenset(TOPICS))
        self.usual = default_topics(solution.form, page.problem.rounding.carry)
        self.every = list(every_item(self.maker))
        self.by_quantity = {self.maker.one(item.quantity): item for item in self.every}

    def items(self, word: str) -> list[Item]:
        """The items of one word, at least one."""
        if word in TOPICS:
            found = [item for item in self.every if item.topic == word]
            return found or self._none(word, "this problem has none")
        kind, colon, layer = word.partition(":")
        kinds = KINDS.get(_singular(kind.strip()))
        if kinds is not None or (colon and kind.strip() in TOPICS):
            return self._of_layer(word, kind.strip(), kinds, layer.strip() if colon else None)
        if word in self.units and self.solution.named(word) is None:
            return self._of_unit(word)
        return [self._single(word)]

    def _of_layer(self, word: str, kind: str, kinds: frozenset[str] | None, layer: str | None) -> list[Item]:
        """The quantities of a kind, or of a topic, in one layer or in all."""
        last = self.page.last
        if layer is not None and not (layer.isascii() and layer.isdigit() and 1 <= int(layer) <= last):
            raise InputError(f"a layer from 1 to {last} behind {kind}:", shown(layer), self.file, self.place)
        number = None if layer is None else int(layer)
        found = [
            item
            for item in self.every
            if (item.topic == kind if kinds is None else self._is(item, kinds)) and item.topic != SECOND_PASS
            if number is None or item.quantity.layer == number
        ]
        return found or self._none(word, "this problem has none" if number is None else f"layer {number} has none")

    def _is(self, item: Item, kinds: frozenset[str]) -> bool:
        """Whether an item is of these kinds; in a linear layer the sum goes under the name of the activation."""
        quantity = item.quantity
        return any(self.maker.one(quantity._replace(kind=kind)) == self.maker.one(quantity) for kind in kinds)

    def _none(self, word: str, why: str) -> list[Item]:
        raise InputError("questions on something that the problem has", f"{shown(word)}: {why}", self.file, self.place)

    @property
    def units(self) -> dict[str, tuple[int, int]]:
        """Every unit by its short name: o1 of the outputs, h1 of the hidden ones, h2.1 in the second of several."""
        page, found = self.page, dict[str, tuple[int, int]]()
        for number in range(1, page.last + 1):
            before = "o" if number == page.last else "h" if page.last == 2 else f"h{number}."
            found |= {f"{before}{unit + 1}": (number, unit) for unit in range(page.width(number))}
        return found

    def _of_unit(self, word: str) -> list[Item]:
        """What the form asks about one unit."""
        place = self.units[word]
        wanted = (item for item in self.every if item.topic in self.usual and item.topic != SECOND_PASS)
        return [item for item in wanted if (item.quantity.layer, item.quantity.unit) == place]

    def _single(self, word: str) -> Item:
        """The item of one quantity."""
        quantity = self.solution.named(word)
        if quantity is None:
            raise InputError(self._expected, shown(word), self.file, self.place, did_you_mean(word, self._words()))
        item = self.by_quantity.get(self.maker.one(quantity))
        if item is not None:
            return item
        hint = did_you_mean(word, (self._called(one) for one in self.by_quantity))
        if quantity in self.page.trace.givens:
            raise InputError("a quantity to compute", f"{shown(word)}, which is given", self.file, self.place, hint)
        expected = "a quantity of the first step that has a box of its own"
        raise InputError(expected, f"{shown(word)}, which has none", self.file, self.place, hint)

    @property
    def _expected(self) -> str:
        # A gradient shows how this notation spells one, which is what most are after.
        gradients = (one for one, item in self.by_quantity.items() if item.topic == "gradients")
        unit, quantity = next(iter(self.units)), self._called(next(gradients, next(iter(self.by_quantity))))
        others = f"a kind with its layer (delta:1), a unit ({unit}), or a quantity ({quantity})"
        return f"{', '.join((*TOPICS, *FACTS, EVERYTHING))}, {others}"

    def _words(self) -> Iterator[str]:
        yield from (*TOPICS, *FACTS, EVERYTHING, *KINDS, *self.units)
        yield from (self._called(one) for one in self.by_quantity)
        yield from (one.id for one in self.by_quantity)

    def _called(self, quantity: Quantity) -> str:
        return self.page.namer(quantity).text


def _singular(word: str) -> str:
    return word if word in KINDS else PLURALS.get(word, word.removesuffix("s"))
