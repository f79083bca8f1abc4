r"""The names of one problem by their spellings, and what a writer says that own letters mean.

Decides which quantity has a name at each degree of tolerance: as it is, without the marks between indices, without the
case of letters. A writer's own names come before all others; the names of the notation come before those that people
use whatever the notation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from derive.notation import Namer
from derive.quantity import DIFFERENTIATED, Quantity
from derive.work.partials import pair
from derive.work.spelling import SPELLINGS, whole_key

GENERIC = {
    "loss": "L E J C loss error cost E_total L_total total_error total_loss loss_total error_total",
    "lr": "eta alpha lr learning_rate learningrate",
}
"""What these are called in any notation, unless the word is another quantity's name there."""
_BUILT = frozenset({*DIFFERENTIATED, "da/dz", "path", "lr*dL/dW"})
"""Kinds whose names are made of other names."""

Level = dict[str, tuple[Quantity, ...]]


class Spelled:
    """The keys of all names of a problem, and with `own` those of one writer."""

    def __init__(self, namer: Namer, quantities: Sequence[Quantity]) -> None:
        self.namer, self.quantities = namer, quantities
        self.present = frozenset(quantities)
        self._levels: tuple[Level, Level, Level] = ({}, {}, {})
        self._own: tuple[dict[str, Quantity], ...] = ({}, {}, {})
        for quantity in (*quantities, *self._own_biases()):
            if quantity.kind in _BUILT and not (quantity.kind == "dL/dz" and namer.has_delta):
                continue
            for key in dict.fromkeys(map(whole_key, namer(quantity))):
                if key:
                    self._enter(key, quantity)
        for key, quantity in self._others():
            if not any(spell(key) in level for spell, level in zip(SPELLINGS[:2], self._levels, strict=False)):
                self._enter(key, quantity)

    def find(self, key: str, level: int) -> tuple[Quantity, ...]:
        """The quantities of a key, so tolerantly read: 1 as it is, 2 without marks, 3 without the case of letters."""
        for table, own, spell in list(zip(self._levels, self._own, SPELLINGS, strict=True))[:level]:
            spelled = spell(key)
            if spelled in own:
                return (own[spelled],)
            if (found := table.get(spelled)) is not None:
                return found
        return ()

    def add(self, meanings: Mapping[str, Quantity]) -> None:
        """Takes in the names of a writer, with the marks of examples and updates that they may have."""
        marked = {
            key + self._marks(other): other for name, meant in meanings.items() if (key := whole_key(name))
            for other in self._variants(meant)
        }  # fmt: skip
        for table, spell in zip(self._own, SPELLINGS, strict=True):
            for key, quantity in marked.items():
                table.setdefault(spell(key), quantity)

    def _variants(self, meant: Quantity) -> Iterable[Quantity]:
        """The same quantity for other examples and after other updates, itself first."""
        yield meant
        if meant.step or meant.example is not None:
            return
        for quantity in self.quantities:
            if quantity != meant and quantity.of_all._replace(step=0) == meant:
                yield quantity

    def _marks(self, quantity: Quantity) -> str:
        example = f"@{quantity.example + 1}" if isinstance(quantity.example, int) else ""
        count = 0 if quantity.constant else quantity.step
        return example + ("+" * (count > 0)) + (str(count) if count > 1 else "")

    def _enter(self, key: str, quantity: Quantity) -> None:
        """A key at every level; where two quantities bear one name, the one that is computed last has it."""
        for level, spell in zip(self._levels, SPELLINGS, strict=True):
            for spelled in {spell(key), spell(key.replace("^", ""))} if spell is not str else {key}:
                there = level.get(spelled, ())
                others = tuple(q for q in there if self.namer.same(q) != self.namer.same(quantity))
                level[spelled] = (*others, quantity)

    def _others(self) -> Iterable[tuple[str, Quantity]]:
        """Names that people use whatever the notation: L for the loss, delta_o1 beside net_o1."""
        for kind, words in GENERIC.items():
            for quantity in self.quantities:
                if quantity.kind == kind:
                    name, first = self.namer(quantity).text, self.namer(Quantity(kind)).text
                    mark = name.removeprefix(first) if quantity.step else ""
                    yield from ((word + mark, quantity) for word in words.split())
        if self.namer.has_delta:
            return
        for quantity in self.quantities:
            if quantity.kind != "dL/dz":
                continue
            base, mark, place = self.namer(quantity._replace(kind="z")).text.partition("_")
            if mark and base.isalpha():
                yield f"delta_{place}", quantity

    def _own_biases(self) -> list[Quantity]:
        """One name for each unit's share in a bias that a layer shares: only derivatives with respect to it differ."""
        owns = (pair(quantity) for quantity in self.quantities if quantity.kind == "dL/db")
        return [both[1] for both in owns if both and both[1] not in self.present]
