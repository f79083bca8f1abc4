r"""Which quantity a written name means: names in the problem's notation, ids, and what people write for them.

Decides how tolerant reading is: the exact name first, then the same with other spaces, brackets and order of indices,
then without the marks between indices, then without the case of letters, then names in words, and at last the letters
of the usual courses. A spelling that fits two quantities is refused, not guessed. It knows no formulas and no files.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from derive.errors import InputError, shown
from derive.expression import Node, Ref
from derive.notation import Namer
from derive.quantity import Quantity, parse_id
from derive.work.differentials import past_arguments
from derive.work.habits import Habits
from derive.work.hints import ONE_NAME, Hints
from derive.work.meanings import MAX_NAME, Meanings, told_as
from derive.work.meant import OPTION
from derive.work.partials import Solved
from derive.work.spelled import GENERIC
from derive.work.spelling import bare
from derive.work.symbols import symbols
from derive.work.tokens import Token, tokens
from derive.work.worded import Wordings

MOST_OFFERED = 4000
"""Names among which the nearest is looked for."""
MOST_HINTS = 200
"""Unknown names for which the nearest is looked for; the rest of a file in a foreign notation gets none."""
MOST_KNOWN = 20_000
"""Names of which it is kept what they mean."""
MOST_WRITERS = 100
"""Kinds of writers whose names are kept."""
MOST_LISTED = 20
"""Names that are listed where nothing can be read."""
_UNSTATED = frozenset({"updates", "path", "lr*dL/dW"})
_NONE: Mapping[str, Quantity] = {}
MOST_CODED = 30
"""Tokens of a name as programs have it."""


Meant = tuple[Quantity | InputError | None, dict[str, str]]
"""What a name means, or why it may mean several things; and what was read in it as the usual courses have it."""


class Names(Meanings):
    r"""The names of one problem's quantities, with what a writer says that own letters mean.

    Made once for a problem; looking up a name is then a look into a table. `meanings` are a writer's own names with
    what they stand for, by its name or its id; those of the problem file come with the solution. `numbers` says whether
    the writers have the numbers that the problem gives.

    >>> from derive import solve
    >>> names = Names(solve("mazur"), {"s1": "net_h1"})
    >>> [names.find(name).id for name in ("w5+", r"\frac{\partial E}{\partial w_{5}}", "a[1][0]", "s_1", "dE/ds1")]
    ['W_new[2][0][0]', 'dL/dW[2][0][0]', 'a[1][0]', 'z[1][0]', 'dL/dz[1][0]']
    >>> [names.find(name).id for name in ("z_2", r"\delta^{[2]}_1", "dw5")]
    ['z[1][1]', 'dL/dz[2][0]', 'dL/dW[2][0][0]']
    """

    def __init__(self, solution: Solved, meanings: Mapping[str, str] | None = None, numbers: bool = True) -> None:
        super().__init__(solution, numbers)
        self._known: dict[str, Meant] = {}
        self._writers: dict[Habits, Names] = {}
        self.remembered: dict[object, Habits] = {}
        """The habits that sheets have shown, by the names on them."""
        self._unknown: dict[str, InputError] = {}
        self._own(solution.problem.names, "names", solution.problem.file, self._in_file(solution.own_namer))
        self._own(meanings or {}, OPTION)

    def take_in(self, quantities: Iterable[Quantity]) -> None:
        """Knows further quantities, which are no numbers of the computation, by their ids and their names."""
        for quantity in quantities:
            self._exact |= {quantity.id: quantity, self.namer(quantity).text: quantity}

    lettered: frozenset[Quantity] = frozenset()
    """The quantities for which a sheet asks the letter of a number."""

    def _own(
        self, given: Mapping[str, str], place: str, file: str | None = None, also: Mapping[str, Quantity] = _NONE
    ) -> None:
        """Takes in the names that a writer says; `also` are names of quantities besides those of this notation."""
        meant = {}
        for name, value in given.items():
            try:
                meant[name] = also.get(value) or self.find(value)
            except InputError as error:
                where = f"{place}, {shown(name)}"
                raise InputError(error.expected, error.found, file, where, error.hint) from None
        self.spelled.add(meant)
        for name in meant.keys() & self._exact.keys():
            # What is made of a name that means something else now does so too.
            within = re.compile(rf"(?:(?<!\w)|(?<=/d)|(?<=^d)){re.escape(name)}(?!\w)")
            self._exact = {text: one for text, one in self._exact.items() if "[" in text or not within.search(text)}
        self._exact |= meant
        self._known.clear()
        self.told.clear()

    def whole_formulas(self, name: str, text: str) -> Mapping[Quantity, Node]:
        """The formulas of all elements that an equation of whole arrays states, where the problem has such names."""
        return {}

    def _in_file(self, namer: Namer) -> dict[str, Quantity]:
        """The names in the notation of the problem file, where others are shown."""
        if namer.notation.key == self.namer.notation.key:
            return {}
        return {namer(quantity).text: quantity for quantity in self.quantities}

    def written_with(self, habits: Habits) -> Names:
        """The names as somebody with these habits means them; what is read in the usual letters is told anew."""
        names = self._writers.get(habits)
        if names is None:
            self.spelled, self._blocks, self._hints, self.usual  # noqa: B018 - made before they are shared
            names = copy.copy(self)
            names.habits, names._known = habits, {}
            names.__dict__.pop("_wordings", None)
            if len(self._writers) < MOST_WRITERS:
                self._writers[habits] = names
        names.told = {}
        return names

    # -- whole names, as in the cell of a table

    def find(self, text: str) -> Quantity:
        """The quantity that `text` names; an `InputError` with the nearest name where there is none."""
        known = self._exact.get(text)
        if known is not None:
            return known
        found, told = self._meant(text)
        if found is None:
            raise self.unknown(text.strip())
        if isinstance(found, InputError):
            raise InputError(found.expected, found.found, hint=found.hint)
        self.told |= told
        return found

    def _meant(self, text: str) -> Meant:
        """What a text means, or why it may mean several things; None where it means nothing."""
        entry = self._known.get(text)
        if entry is None:
            before, self.told = self.told, {}
            try:
                found = self._search(text.strip())
            except InputError as error:
                entry = (error, {})
            else:
                entry = (found, self.told)
            self.told = before
            if len(self._known) < MOST_KNOWN:
                self._known[text] = entry
        return entry

    def get(self, text: str) -> Quantity | None:
        """`find`, with None for a name that is unknown or means several things."""
        found = self._exact.get(text) or self._meant(text)[0]
        return None if isinstance(found, InputError) else found

    def known(self, text: str) -> bool:
        """Whether a name means something, even if it is not clear which of several quantities."""
        found = self._exact.get(text) or self._meant(text)[0]
        return found is not None and (not isinstance(found, InputError) or found.expected == ONE_NAME)

    def by_course(self, text: str) -> bool:
        """Whether a name means something only as the usual courses have it."""
        return text not in self._exact and bool(self._meant(text)[1])

    def some(self) -> str:
        """The names that can be used, for somebody none of whose names can be read."""
        kinds: dict[str, list[str]] = {}
        for quantity in self.quantities:
            if not quantity.constant and quantity.example in (None, 0) and quantity.kind not in _UNSTATED:
                kinds.setdefault(f"{quantity.kind}{quantity.step}", []).append(self.text(quantity))
        chosen = [names[0] for names in kinds.values()][:MOST_LISTED]
        return f"names that can be used: {', '.join(chosen)}, …."

    def exactly(self, text: str) -> Quantity | None:
        """The quantity whose name or id this is, letter for letter."""
        return self._exact.get(text)

    def _search(self, text: str) -> Quantity | None:
        if len(text) > MAX_NAME:
            raise InputError(f"a name of at most {MAX_NAME} characters", shown(text))
        if text in self._exact:
            return self._exact[text]
        if (by_id := parse_id(text)) is not None and by_id in self._present:
            return by_id
        pieces = tokens(text)
        try:
            return self._plainly(pieces) or self._wordings.find(text) or self.named(pieces)
        except InputError as error:
            raise (self._hints.among(text) if error.expected == ONE_NAME else None) or error from None

    def named(self, pieces: Sequence[Token]) -> Quantity | None:
        """The quantity that the pieces name from the first to the last."""
        return self._plainly(pieces) or (self._usually(bare(pieces)) if len(pieces) <= MAX_NAME else None)

    def _plainly(self, pieces: Sequence[Token]) -> Quantity | None:
        """The same without the letters of the usual courses."""
        if len(pieces) > MAX_NAME:
            return None
        pieces = bare(pieces)
        return self._at(pieces) or self._shares(pieces) or self._of_arguments(pieces)

    def _of_arguments(self, pieces: Sequence[Token]) -> Quantity | None:
        """The loss with its arguments behind it, as in L(a, y)."""
        opening = next((place for place, piece in enumerate(pieces[:8]) if piece.kind == "("), 0)
        if not opening or past_arguments(pieces, opening) != len(pieces):
            return None
        found = self.named(pieces[:opening])
        return found if found is not None and found.kind in ("loss", "loss_part") else None

    def _at(self, pieces: Sequence[Token]) -> Quantity | None:
        if not pieces:
            return None
        found = self.derivative(pieces, 0, 3)
        if found is not None and found[1] == len(pieces) and isinstance(found[0], Ref):
            return found[0].quantity
        for symbol in symbols(pieces, 0)[:1]:
            if symbol.end == len(pieces):
                key, parts = symbol.key, symbol.parts
                return self.symbol(key, 2, parts) or self.symbol(key, 3, parts) or self._underscored(key)
        joined = "".join(piece.text for piece in pieces)
        return self._ids.get(joined) or self._folded_ids.get(joined.casefold())

    def negated(self, pieces: Sequence[Token]) -> Quantity | None:
        """The quantity whose negative a name means: `-dL/dz`, and Δw, what an update adds to a weight."""
        pieces = bare(pieces)
        if len(pieces) < 2 or len(pieces) > MAX_NAME:
            return None
        if pieces[0].kind == "-":
            return self.named(pieces[1:])
        if pieces[0].kind == "word" and pieces[0].text.casefold() == "delta":
            weight = self.named(pieces[1:])
            change = None if weight is None or weight.kind != "W" else weight._replace(kind="lr*dL/dW")
            return change if change in self._present else None
        return None

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

    def _usually(self, pieces: Sequence[Token]) -> Quantity | None:
        """A whole name in the letters of the usual courses."""
        for symbol in symbols(pieces, 0)[:1]:
            if symbol.end == len(pieces):
                return self.usually(symbol.parts, told_as(pieces))
        return self.coded("".join(piece.text for piece in pieces)) if len(pieces) < MOST_CODED else None

    def unknown(self, text: str) -> InputError:
        """The error for a name that means nothing here, with the nearest one; of very many the last get no hint."""
        known = self._unknown.get(text)
        if known is not None:
            return known
        hint = None
        if len(self._unknown) < MOST_HINTS:
            if (several := self._hints.among(text)) is not None:
                return several
            near = self._wordings.misspelt(text)
            hint = self._hints.near(text) if near is None else f'did you mean "{self.text(near)}"?'
        error = InputError("a quantity of this problem, by its name or its id", shown(text), hint=hint)
        if len(self._unknown) < MOST_HINTS:
            self._unknown[text] = error
        return error

    # -- tables

    @cached_property
    def _wordings(self) -> Wordings:
        return Wordings(self.partials, lambda name: self.named(tokens(name)), self._hints, self._exact)

    @cached_property
    def _hints(self) -> Hints:
        """Names to offer: those of the first round, which people write, before all others."""
        chosen = sorted(self.quantities, key=lambda q: (q.step > 1, q.example is not None))[:MOST_OFFERED]
        return Hints(list(dict.fromkeys(self.text(quantity) for quantity in chosen)), GENERIC["loss"].split())
