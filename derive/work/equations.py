r"""Chains of equations: `net = w_1 i_1 + b = 0.15 \cdot 0.05 + 0.35 = 0.3575`.

Decides what each side of a chain is: a name, a formula, a calculation with numbers, or the number that is stated. A
weight that a chain computes, or that stands on both sides, is the weight after the update.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from derive.errors import InputError
from derive.expression import Node, Ref, quantities
from derive.quantity import Quantity
from derive.work.formula import COMMAS, MAX_FORMULA, parse
from derive.work.names import Names
from derive.work.tokens import Token
from derive.work.written import Mark, Written, read_number

RELATIONS = frozenset({"=", "≈"})
UPDATED = frozenset({"W", "b", "vW", "vb"})
LATER = "a weight that is computed was read as the weight after the update"
_IN_NUMBERS = frozenset({"number", "+", "-", "*", "/", "^", "(", ")", "{", "}", "%", ",", "frac"})
_DEEPER = frozenset({"(", "[", "{", "cases(", "matrix("})
_SHALLOWER = frozenset({")", "]", "}", "cases)", "matrix)"})


@dataclass
class Chain:
    """What a chain of equations states."""

    names: list[Quantity] = field(default_factory=list)
    formulas: list[tuple[Node, str]] = field(default_factory=list)
    number: tuple[Written, str] | None = None
    notes: list[str] = field(default_factory=list)
    fault: InputError | None = None
    """The first side that could not be read."""
    calculation: str = ""
    """The last side that is a calculation with numbers."""


def split(pieces: Sequence[Token], at: frozenset[str]) -> Iterator[list[Token]]:
    """The parts between the tokens `at` that stand outside all brackets."""
    depth, part = 0, list[Token]()
    for piece in pieces:
        depth = max(0, depth + (piece.kind in _DEEPER) - (piece.kind in _SHALLOWER))
        if piece.kind in at and not depth:
            yield part
            part = []
        else:
            part.append(piece)
    yield part


def read_chain(pieces: Sequence[Token], text: str, names: Names, tex: bool, mark: Mark | None = None) -> Chain:
    """What the chain says; `text` is what the tokens were cut from."""
    chain = Chain()
    for side in split(pieces, RELATIONS):
        side = trimmed(side)
        if side:
            _read_side(chain, side, text[side[0].start : side[-1].end].strip(), names, tex, mark)
    if any(one.kind in UPDATED for one in chain.names):
        _later(chain, names)
    return chain


def trimmed(side: list[Token]) -> list[Token]:
    """Without the punctuation of a sentence."""
    first, last = 0, len(side)
    while last > first and side[last - 1].kind in (".", ",", ";", ":"):
        last -= 1
    while first < last and side[first].kind in (",", ";", ":"):
        first += 1
    return side[first:last]


def _read_side(chain: Chain, side: list[Token], text: str, names: Names, tex: bool, mark: Mark | None) -> None:
    try:
        if all(piece.kind in _IN_NUMBERS for piece in side):
            _read_numbers(chain, text, mark)
            return
        named = names.named(side)
        if named is not None:
            chain.names.append(named)
            return
        if len(text) > MAX_FORMULA:
            raise InputError(f"a formula of at most {MAX_FORMULA} characters", f"one of {len(text)}")
        node = parse(side, names, tex, chain.notes)
        if quantities(node):
            chain.formulas.append((node, text))
        else:
            chain.calculation = text
    except InputError as error:
        chain.fault = chain.fault or error


def _read_numbers(chain: Chain, text: str, mark: Mark | None) -> None:
    try:
        written = read_number(text, mark)
    except InputError as error:
        if "one way only" in error.expected:
            raise
        chain.calculation = text
        return
    chain.number = (written, text)
    if written.mark == ",":
        chain.notes.append(COMMAS)


def _later(chain: Chain, names: Names) -> None:
    """Moves a computed weight one update on, where the problem has that."""
    computed = bool(chain.calculation) or any(not isinstance(node, Ref) for node, _ in chain.formulas)
    for place, one in enumerate(chain.names):
        later = one.shifted(1)
        within = any(one in quantities(node) for node, _ in chain.formulas)
        repeated = place > 0 and one == chain.names[0]
        given = one.step == 0
        if one.kind in UPDATED and (within or (computed and given)) and not repeated and names.has(later):
            chain.names[place] = later
            chain.notes.append(LATER)
