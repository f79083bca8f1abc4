r"""Which quantity a written name means: names in the problem's notation, ids, and what people write for them.

Decides how tolerant reading is: the exact name first, then the same with other spaces, brackets and order of indices,
then without the marks between indices, then without the case of letters, then names in words. A spelling that fits two
quantities is refused, not guessed. It knows no formulas and no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from derive.errors import InputError, shown
from derive.expression import Node, Ref
from derive.quantity import Quantity, parse_id
from derive.work.differentials import differentials
from derive.work.hints import ONE_NAME, Hints
from derive.work.matrices import Block, Blocks
from derive.work.partials import FRACTIONS, Partials, Solved, pair
from derive.work.spelling import SPELLINGS, bare, whole_key
from derive.work.symbols import symbols
from derive.work.tokens import Token, tokens
from derive.work.worded import Wordings

MAX_NAME = 300
"""Characters, or tokens, of a name."""
MOST_OFFERED = 4000
"""Names among which the nearest is looked for."""
MOST_HINTS = 200
"""Unknown names for which the nearest is looked for; the rest of a file in a foreign notation gets none."""
GENERIC = {
    "loss": "L E J C loss error cost E_total L_total total_error total_loss loss_total error_total",
    "lr": "eta alpha lr learning_rate learningrate",
}
"""What these are called in any notation, unless the word is another quantity's name there."""
_BUILT = frozenset({*FRACTIONS, "da/dz", "path", "lr*dL/dW"})
"""Kinds whose names are made of other names."""

Level = dict[str, tuple[Quantity, ...]]


class Names:
    r"""The names of one problem's quantities.

    Made once for a problem; looking up a name is then a look into a table.

    >>> from derive import solve
    >>> names = Names(solve("mazur"))
    >>> [names.find(name).id for name in ("w5+", r"\frac{\partial E}{\partial w_{5}}", "D E / D W5", "a[1][0]")]
    ['W_new[2][0][0]', 'dL/dW[2][0][0]', 'dL/dW[2][0][0]', 'a[1][0]']
    """

    def __init__(self, solution: Solved) -> None:
        self.partials = Partials(solution)
        self.namer, self.quantities = solution.namer, self.partials.quantities
        self._present = self.partials.present
        self._ids = {quantity.id: quantity for quantity in self.quantities} | dict(solution.ids())
        self._exact = self._ids | {self.namer(quantity).text: quantity for quantity in self.quantities}
        self._known: dict[str, Quantity | InputError] = {}
        self._hinted = 0

    @cached_property
    def counts(self) -> frozenset[int]:
        """Of how many examples or outputs a formula may take the mean."""
        return frozenset((len({q.example for q in self.quantities} - {None}), self.namer.shape.sizes[-1]))

    # -- whole names, as in the cell of a table

    def find(self, text: str) -> Quantity:
        """The quantity that `text` names; an `InputError` with the nearest name where there is none."""
        known = self._exact.get(text)
        if known is not None:
            return known
        found = self._known.get(text)
        if found is None:
            try:
                found = self._search(text)
            except InputError as error:
                found = error
            self._known[text] = found
        if isinstance(found, InputError):
            raise InputError(found.expected, found.found, hint=found.hint)
        return found

    def get(self, text: str) -> Quantity | None:
        """`find`, with None for a name that is unknown."""
        try:
            return self.find(text)
        except InputError:
            return None

    def has(self, quantity: Quantity) -> bool:
        """Whether the problem has this quantity."""
        return quantity in self._present

    def text(self, quantity: Quantity) -> str:
        """The name of a quantity in plain text."""
        return self.namer(quantity).text

    def _search(self, text: str) -> Quantity:
        stripped = text.strip()
        if len(stripped) > MAX_NAME:
            raise InputError(f"a name of at most {MAX_NAME} characters", shown(stripped))
        if stripped in self._exact:
            return self._exact[stripped]
        if (by_id := parse_id(stripped)) is not None and by_id in self._present:
            return by_id
        found = self.named(tokens(stripped)) or self._wordings.find(stripped)
        if found is None:
            raise self.unknown(stripped)
        return found

    def named(self, pieces: Sequence[Token]) -> Quantity | None:
        """The quantity that the pieces name from the first to the last."""
        if len(pieces) > MAX_NAME:
            return None
        pieces = bare(pieces)
        return self._at(pieces) or self._shares(pieces)

    def _at(self, pieces: Sequence[Token]) -> Quantity | None:
        if not pieces:
            return None
        found = self.derivative(pieces, 0, 3)
        if found is not None and found[1] == len(pieces) and isinstance(found[0], Ref):
            return found[0].quantity
        for symbol in symbols(pieces, 0)[:1]:
            if symbol.end == len(pieces):
                return self.symbol(symbol.key) or self.symbol(symbol.key, 3) or self._underscored(symbol.key)
        joined = "".join(piece.text for piece in pieces)
        return self._ids.get(joined) or self._folded_ids.get(joined.casefold())

    def _shares(self, pieces: Sequence[Token]) -> Quantity | None:
        """The learning rate times a gradient, which has a name of its own."""
        rate = next((s for s in symbols(pieces, 0) if (q := self.symbol(s.key)) and q.kind in ("lr", "lr_now")), None)
        if rate is None or rate.end >= len(pieces):
            return None
        start = rate.end + (pieces[rate.end].kind == "*")
        found = self.derivative(pieces, start)
        if found is None or found[1] != len(pieces) or not isinstance(found[0], Ref):
            return None
        share = found[0].quantity._replace(kind="lr*dL/dW")
        return share if share in self._present else None

    def _underscored(self, key: str) -> Quantity | None:
        """dE_dw5, as programs write it."""
        above, mark, below = key.partition("_d")
        if not mark or above[:1] != "d":
            return None
        of, wrt = self._variable(above[1:]), self._variable(below)
        node = self.partials.partial(of, wrt) if of and wrt else None
        return node.quantity if isinstance(node, Ref) else None

    def unknown(self, text: str) -> InputError:
        """The error for a name that means nothing here."""
        hint = None
        if self._hinted < MOST_HINTS:
            self._hinted += 1
            if (several := self._hints.among(text)) is not None:
                return several
            near = self._wordings.misspelt(text)
            hint = self._hints.near(text) if near is None else f'did you mean "{self.text(near)}"?'
        return InputError("a quantity of this problem, by its name or its id", shown(text), hint=hint)

    # -- names inside formulas

    def symbol(self, key: str, level: int = 2) -> Quantity | None:
        """The quantity of a symbol's key; raises `InputError` where two fit equally well.

        `level` is how tolerant to be: 1 the same letters and marks, 2 without the marks between indices, 3 without
        the case of letters.
        """
        return self._settled(self._variable(key, level))

    def _variable(self, key: str, level: int = 2) -> Quantity | None:
        """The same, where one unit's name of a shared bias is that unit's."""
        for table, spell in list(zip(self._levels, SPELLINGS, strict=True))[:level]:
            found = table.get(spell(key))
            if found is None:
                continue
            if len(found) > 1:
                both = " or ".join(self._label(quantity) for quantity in found[:2])
                raise InputError(ONE_NAME, shown(key), hint=f"write {both}.")
            return found[0]
        return None

    def by_id(self, text: str) -> Quantity | None:
        """The quantity of an id."""
        found = self._exact.get(text) or self._folded_ids.get(text.casefold())
        if found is None and (by_id := parse_id(text)) is not None and by_id in self._present:
            return by_id
        return found

    def derivative(self, pieces: Sequence[Token], start: int, level: int = 2) -> tuple[Node, int] | None:
        """The derivative whose name begins at `start`, and where it ends; None where no known one begins."""
        for found in differentials(pieces, start):
            of, wrt = self._variable(found.of, 3), self._variable(found.wrt, level)
            node = self.partials.partial(of, wrt) if of and wrt else None
            if node is not None:
                return self._via(node, pieces, found.end)
        return None

    def block(self, pieces: Sequence[Token]) -> Block | None:
        """The quantities of a layer that a bold name stands for."""
        return self._blocks.named(pieces)

    def shaped(self, block: Block, rows: int, columns: int) -> list[list[Quantity]] | None:
        """A block as an author may write it: in so many rows and columns."""
        return self._blocks.shaped(block, rows, columns)

    def _via(self, node: Node, pieces: Sequence[Token], end: int) -> tuple[Node, int]:
        """The share of a derivative that comes back through one unit, written behind a bar."""
        kinds = [piece.kind for piece in pieces[end : end + 3]]
        if not isinstance(node, Ref) or node.quantity.kind != "dL/da" or kinds[:1] != ["|"]:
            return node, end
        start = end + 1 + (kinds[1:2] == ["_"])
        braced = kinds[start - end : start - end + 1] == ["{"]
        for symbol in symbols(pieces, start + braced):
            through = self.symbol(symbol.key)
            after = symbol.end + braced
            if through is None or after > len(pieces) or (braced and pieces[symbol.end].kind != "}"):
                continue
            path = node.quantity._replace(kind="path", source=through.unit)
            if path in self._present:
                return Ref(path), after
        return node, end

    def _label(self, quantity: Quantity) -> str:
        return f"{self.text(quantity)} ({quantity.id})"

    # -- tables

    @cached_property
    def _blocks(self) -> Blocks:
        return Blocks(self.namer, self.quantities)

    @cached_property
    def _folded_ids(self) -> dict[str, Quantity]:
        return {text.casefold(): quantity for text, quantity in self._ids.items()}

    @cached_property
    def _wordings(self) -> Wordings:
        return Wordings(self.partials, lambda name: self.named(tokens(name)), self._hints, self._exact)

    @cached_property
    def _hints(self) -> Hints:
        """Names to offer: those of the first round, which people write, before all others."""
        chosen = sorted(self.quantities, key=lambda q: (q.step > 1, q.example is not None))[:MOST_OFFERED]
        return Hints(list(dict.fromkeys(self.text(quantity) for quantity in chosen)))

    @cached_property
    def _levels(self) -> tuple[Level, Level, Level]:
        levels: tuple[Level, Level, Level] = ({}, {}, {})
        for quantity in (*self.quantities, *self._own_biases):
            if quantity.kind in _BUILT and not (quantity.kind == "dL/dz" and self.namer.has_delta):
                continue
            for key in dict.fromkeys(map(whole_key, self.namer(quantity))):
                if key:
                    self._enter(levels, key, quantity)
        for key, quantity in self._others():
            if not any(spell(key) in level for spell, level in zip(SPELLINGS[:2], levels, strict=False)):
                self._enter(levels, key, quantity)
        return levels

    def _enter(self, levels: tuple[Level, Level, Level], key: str, quantity: Quantity) -> None:
        """A key at every level; where two quantities bear one name, the one that is computed last has it."""
        for level, spell in zip(levels, SPELLINGS, strict=True):
            for spelled in {spell(key), spell(key.replace("^", ""))} if spell is not str else {key}:
                there = level.get(spelled, ())
                others = tuple(q for q in there if self.namer.same(q) != self.namer.same(quantity))
                level[spelled] = (*others, quantity)

    def _others(self) -> Iterable[tuple[str, Quantity]]:
        """Names that people use whatever the notation: L for the loss, delta_o1 beside net_o1."""
        for kind, words in GENERIC.items():
            for quantity in self.quantities:
                if quantity.kind == kind:
                    mark = self.text(quantity).removeprefix(self.text(Quantity(kind))) if quantity.step else ""
                    yield from ((word + mark, quantity) for word in words.split())
        if self.namer.has_delta:
            return
        for quantity in self.quantities:
            if quantity.kind != "dL/dz":
                continue
            base, mark, place = self.text(quantity._replace(kind="z")).partition("_")
            if mark and base.isalpha():
                yield f"delta_{place}", quantity

    @cached_property
    def _own_biases(self) -> list[Quantity]:
        """One name for each unit's share in a bias that a layer shares: only derivatives with respect to it differ."""
        owns = (pair(quantity) for quantity in self.quantities if quantity.kind == "dL/db")
        return [both[1] for both in owns if both and both[1] not in self._present]

    def _settled(self, quantity: Quantity | None) -> Quantity | None:
        """A quantity that has a value: a shared bias for one unit's name of it."""
        if quantity is None or quantity in self._present:
            return quantity
        shared = quantity._replace(unit=None)
        return shared if shared in self._present else None
