"""The quantity that a name in words means: its wordings are looked up, and one of them has to fit.

Decides what is refused: a wording that fits two quantities, and the new value where there are several rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from derive.errors import InputError
from derive.expression import Ref
from derive.quantity import Quantity
from derive.work.hints import Hints, two_fit
from derive.work.partials import Partials
from derive.work.wording import Reading, lookalike, readings

MOST_WORDED = 5000
"""Unknown names of a problem of which other wordings are tried."""


class Wordings:
    """The names in words of one problem; `named` looks up a plain one."""

    def __init__(
        self,
        partials: Partials,
        named: Callable[[str], Quantity | None],
        hints: Hints,
        exact: Mapping[str, Quantity],
    ) -> None:
        self.partials, self.named, self.hints, self.exact = partials, named, hints, exact
        self.namer = partials.namer
        self._tried = 0

    def find(self, text: str) -> Quantity | None:
        """The quantity that a name in words means, or one of which a letter was left out."""
        self._tried += 1
        if self._tried > MOST_WORDED:
            return None
        meant = [found for reading in readings(text) if (found := self._meant(reading)) is not None]
        if not meant:
            meant = [self.exact[name] for name in self.hints.shortened(text)]
        distinct = {self.namer.same(quantity): quantity for quantity in meant}
        if len(distinct) > 1:
            raise two_fit(text, [self.namer(quantity).text for quantity in distinct.values()])
        return next(iter(distinct.values()), None)

    def misspelt(self, text: str) -> Quantity | None:
        """What a name means with the digits that its letters look like, or with dw5 for dE/dw5."""
        try:
            alike = self.named(lookalike(text))
            return alike or (self._gradient(text[1:]) if text[:1] in ("d", "D", "∂") else None)
        except InputError:
            return None

    def _meant(self, reading: Reading) -> Quantity | None:
        if reading.of == "gradient":
            return self._gradient(reading.name)
        if not reading.of:
            return self.named(reading.name)
        found = self.named(f"{reading.name}+")
        if found is not None and reading.of == "new" and (later := found.shifted(1)) in self.partials.present:
            # Each of several rounds has its new value.
            raise two_fit(f"new {reading.name}", [self.namer(found).text, self.namer(later).text])
        return found

    def _gradient(self, name: str) -> Quantity | None:
        """The derivative of the loss with respect to a weight or bias."""
        wrt = self.named(name)
        if wrt is None or wrt.kind not in ("W", "b") or wrt.step:
            return None
        node = self.partials.partial(Quantity("loss"), wrt)
        return node.quantity if isinstance(node, Ref) else None
