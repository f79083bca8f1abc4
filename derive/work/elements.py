r"""The names of elements of equations: their author's, ids, and what people write for derivatives and indices.

`W[1,2]`, `W_{1,2}`, `W12` and `W[1][2]` are one element; `dL/dW[1,2]`, `dW[1,2]`, `grad_W[1,2]`, `W.grad[1,2]`,
`\bar W_{1,2}` its derivative. A name without indices is that of a number, or in rows of a whole array.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from derive.errors import InputError, shown
from derive.expression import Node, Ref
from derive.quantity import Quantity
from derive.trace.identity import Identity, Symbol, element, parse_identity
from derive.work.derivatives import INDEX, LOSS_WORDS, NEW, differentiated, hatless, plain, slope, varied
from derive.work.hints import ONE_NAME
from derive.work.matrices import Blocks
from derive.work.meanings import MAX_NAME
from derive.work.names import Names
from derive.work.partials import Partials, Solved
from derive.work.symbols import Parts
from derive.work.tokens import Token
from derive.work.vectors import Block, BlockReading, Vectors

_PLACED = re.compile(rf"(?P<index>{INDEX})(?P<new>{NEW})?|(?P<mark>{NEW})(?P<behind>(?:[\[(][^\[\](){{}}]*[\])])+)")
"""What stands behind a name: indices and the mark of new values, in either order."""
_LOSS = re.compile(rf"({'|'.join(LOSS_WORDS)})({NEW})?")
_ARRAY = re.compile(r"(?:after\[(?P<step>\d{1,6})\]\.)?(?P<name>.*?)(?P<new>_new|\+|')?", re.DOTALL)
_BRACED = re.compile(r"\{([A-Za-z]\w*)\}")
_PART = re.compile(r"(?P<name>[A-Za-z][\w()]*?)(?P<index>(?:_?[\[{]-?\d+(?:,-?\d+)*[\]}])+|_\d+|\d+)")
"""An array's name with its first indices behind it."""


class SolvedEquations(Solved, Protocol):
    """A solution that reads equations of whole arrays too."""

    def restated(self, left: str, right: str, /) -> Mapping[Quantity, Node]: ...

    def restates(self, left: str, /) -> bool: ...

    def can_name(self, one: Identity, /) -> bool: ...


class ElementPartials(Partials):
    """The derivatives of one problem's elements."""

    def __init__(self, solution: Solved, can_name: Callable[[Identity], bool]) -> None:
        super().__init__(solution)
        self.can_name = can_name

    def partial(self, of: Quantity, wrt: Quantity) -> Node | None:
        """The derivative of one element by another, where it is a quantity."""
        one, other = element(of), element(wrt)
        if one.by is not None or other.by is not None or one.owner is not None or other.owner is not None:
            return None
        for local in (False, True):
            found = Identity(one.of, by=other.of, local=local, step=one.step)
            if found in self.present or self.can_name(found):
                return Ref(found)
        return None

    def activation(self, z: Quantity, primes: int) -> Quantity | None:
        """No element is known by the function that made it."""
        return None

    def own_activation(self, name: str, z: Quantity, primes: int) -> Quantity | None:
        """The same."""
        return None


class NoVectors(Vectors):
    """No array has a name but its own."""

    def readings(self, parts: object) -> tuple[BlockReading, ...]:
        """None."""
        return ()


class ElementBlocks(Blocks):
    """Whole arrays of one or two indices, and the loss's derivatives by them, by the keys of their names."""

    def __init__(self, names: ElementNames) -> None:
        self.namer, self.present, self.vectors = names.namer, names.partials.present, NoVectors(names.usual)
        self.order, self.losses, self.by_key = "", {}, {}
        self._names = names

    def readings(self, pieces: Sequence[Token]) -> list[BlockReading]:
        """The array that the pieces name."""
        found = self._names.array("".join(piece.text for piece in pieces))
        return [BlockReading(found)] if found is not None else []

    def owns(self, pieces: Sequence[Token]) -> bool:
        """Whether it is an array's own name."""
        return bool(self.readings(pieces))

    def order_of(self, block: Block, rows: int, columns: int) -> str | None:
        """Rows are those of the array."""
        return None


class ElementNames(Names):
    """The names of one problem of equations.

    >>> from derive.solution import solve
    >>> from derive.stepwise import Stepwise
    >>> tables = {"title": "A sum", "inputs": {"x": [1, 2]}, "parameters": {"w": [3, 4]}}
    >>> names = ElementNames(Stepwise(solve({**tables, "model": {"equations": "L = sum(w*x)^2"}})))
    >>> [names.find(text).id for text in ("w[1]", "w_2", "w1", "dL/dw[1]", "dw[2]", "w.grad[2]")]
    ['w[1]', 'w[2]', 'w[1]', 'dL/dw[1]', 'dL/dw[2]', 'dL/dw[2]']
    """

    def __init__(
        self, solution: SolvedEquations, meanings: Mapping[str, str] | None = None, numbers: bool = True
    ) -> None:
        self._restated, self._restates = solution.restated, solution.restates
        self._can_name = solution.can_name
        super().__init__(solution, meanings, numbers)

    def whole_formulas(self, name: str, text: str) -> Mapping[Quantity, Node]:
        """The formulas of all elements that an equation of whole arrays states."""
        return self._restated(name, text.lstrip("= "))

    def _made_partials(self, solution: Solved) -> Partials:
        return ElementPartials(solution, self._can_name)

    @cached_property
    def counts(self) -> frozenset[int]:
        """Of how many elements a formula may take the mean: as many as an array has."""
        return frozenset(len(places) for places in self._arrays.values())

    def _search(self, text: str) -> Quantity | None:
        if len(text) <= MAX_NAME and (found := self._element(text)) is not None:
            return found
        return super()._search(text)

    def _element(self, text: str) -> Quantity | None:
        """The element of an id, or of a name as people write it."""
        by_id = parse_identity(text)
        if by_id is not None:
            for one in (by_id, by_id._replace(local=by_id.by is not None)):
                if one in self._present or self._can_name(one):
                    return one
        above, through, below = text.partition(" via ")
        found = self._values(plain(above)) | self._derivatives(plain(above), above)
        if through:
            found = {share for one in found for share in self._through(one, plain(below))}
        return next(iter(found)) if len(found) == 1 else None

    def _through(self, whole: Identity, reader: str) -> set[Identity]:
        """The share of a derivative that comes through one value."""
        shares = {whole._replace(via=one.of) for one in self._values(reader)}
        return {share for share in shares if share in self._present}

    def known(self, text: str) -> bool:
        """Whether a name means something: an element, a whole array, or a part of one."""
        if super().known(text):
            return True
        return len(text) <= MAX_NAME and (self.array(text) is not None or self._restates(text))

    def by_id(self, text: str) -> Quantity | None:
        """The element of an id, or of a name with indices behind it, inside a formula."""
        return self._element(text) or super().by_id(text)

    def _values(self, text: str) -> set[Identity]:
        """What a plain name may be the value of; for the loss there are usual words."""
        found: set[Identity] = set()
        for end in range(1, min(len(text), MAX_NAME) + 1):
            match = _PLACED.fullmatch(text, end) if text[:end] in self._symbols else None
            if match is not None:
                found.update(self._placed(text[:end], match))
        if found:
            return found
        word, below = _LOSS.fullmatch(text), hatless(text)
        if word is not None and word[1] not in self._symbols:
            return {Identity(self._loss, step=1 if word[2] else 0)} & self._present
        return set() if below is None else {one for one in self._values(below) if self.partials.given(one) is None}

    def _derivatives(self, text: str, written: str) -> set[Identity]:
        """What a plain name is the derivative of the loss by; a delta of what is trained may be its step as well."""
        quotient = slope(text)
        names = list(differentiated(text))
        if quotient is not None:
            of = self._values(quotient[0])
            names = [quotient[1]] if of == {Identity(self._loss)} else []
        found = {one for name in names for one in self._by(name)}
        for name in varied(text):
            for one in self._by(name):
                if one.by in self._trained:
                    raise InputError(ONE_NAME, shown(written), hint=f"write {one}, or the new value of {one.by}.")
                found.add(one)
        return found

    def _by(self, name: str) -> Iterator[Identity]:
        """The derivative of the loss by what has this name."""
        for one in self._values(name):
            found = Identity(self._loss, by=one.of, step=one.step)
            if one.by is None and one.owner is None and found in self._present:
                yield found

    def _placed(self, name: str, match: re.Match[str]) -> Iterator[Identity]:
        """The element that a name and its indices are, digits one by one where nothing stands between them."""
        step = 1 if match["new"] or match["mark"] else 0
        numbers = re.findall(r"-?\d+", match["index"] or match["behind"] or "")
        choices = [tuple(map(int, numbers))]
        if len(numbers) == 1 and numbers[0].isdigit() and len(numbers[0]) > 1:
            choices.append(tuple(map(int, numbers[0])))
        for index in choices:
            found = Identity(Symbol(name, index), step=step)
            if found in self._present:
                yield found

    @cached_property
    def _elements(self) -> tuple[Identity, ...]:
        return tuple(one for one in self.quantities if isinstance(one, Identity))

    @cached_property
    def _symbols(self) -> frozenset[str]:
        """The names of all values, without indices."""
        values = (one for one in self._elements if one.by is None and one.owner is None)
        return frozenset(one.of.name for one in values)

    @cached_property
    def _trained(self) -> frozenset[Symbol]:
        """What updates move."""
        moved = (one for one in self._elements if one.step and one.by is None and one.owner is None)
        return frozenset(one.of for one in moved if self.partials.given(one._replace(step=0)) is not None)

    def usually(self, parts: Parts, text: str) -> Quantity | None:
        """The element of a name inside a formula that no other reading has, as dz1 or dv."""
        return self._element(text) or super().usually(parts, text)

    # -- whole arrays

    def array(self, text: str) -> Block | None:
        """The rows of a whole array, of a part of one such as its second row, or of the derivatives by either.

        Whose last indices a name leaves out, `S[2]` or `after[1].w`, is a part; a state belongs to an array: `m(w)`.
        """
        match = _ARRAY.fullmatch(_BRACED.sub(r"\1", plain(text)))
        assert match is not None
        name, step = match["name"], int(match["step"] or 0) + (1 if match["new"] else 0)
        if (found := self._part(name, False, step)) is not None:
            return found
        whole = re.fullmatch(rf"(?:d|∂|partial){re.escape(self._loss.name)}/(?:d|∂|partial)(.+)", name)
        if whole is not None:
            return self._part(whole[1], True, step)
        for below in differentiated(name):
            if (found := self._part(below, True, step)) is not None:
                return found
        return None

    def _part(self, text: str, derived: bool, step: int) -> Block | None:
        """The rows of an array, or of that part of it whose first indices stand behind its name."""
        if (text, derived, step) in self._arrays:
            return self._rows(self._arrays[text, derived, step])
        match = _PART.fullmatch(text)
        if match is None or (match["name"], derived, step) not in self._arrays:
            return None
        first = tuple(map(int, re.findall(r"-?\d+", match["index"])))
        places = self._arrays[match["name"], derived, step]
        return self._rows({at[len(first) :]: one for at, one in places.items() if at[: len(first)] == first})

    @staticmethod
    def _rows(places: Mapping[tuple[int, ...], Quantity]) -> Block | None:
        rank = len(next(iter(places), ()))
        if rank == 1:
            return tuple((places[place],) for place in sorted(places))
        if rank != 2:
            return None
        rows = sorted({place[0] for place in places})
        found = tuple(tuple(places[p] for p in sorted(places) if p[0] == row) for row in rows)
        return found if len({len(row) for row in found}) == 1 else None

    @cached_property
    def _arrays(self) -> dict[tuple[str, bool, int], dict[tuple[int, ...], Quantity]]:
        """The elements of every array, and the derivatives of the loss by them, by name and number of updates."""
        found: dict[tuple[str, bool, int], dict[tuple[int, ...], Quantity]] = {}
        for one in self._elements:
            if one.via is not None or one.local:
                continue
            name, indices = one.of if one.by is None else one.by
            if one.owner is not None:
                name, indices = f"{one.of.name}({one.owner.name})", one.owner.indices
            if indices and (one.by is None or one.of == self._loss):
                found.setdefault((name, one.by is not None, one.step), {})[indices] = one
        return found

    @cached_property
    def _loss(self) -> Symbol:
        return next((one.of for one in self._elements if one.by is not None and not one.local), Symbol("L"))

    @cached_property
    def _blocks(self) -> Blocks:
        return ElementBlocks(self)
