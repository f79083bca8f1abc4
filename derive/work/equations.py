r"""Chains of equations: `net = w_1 i_1 + b = 0.15 \cdot 0.05 + 0.35 = 0.3575`.

Decides what each side of a chain is: a name, a formula, a calculation with numbers, or the number that is stated. A
weight that a chain computes, that stands on both sides, or that an arrow or := gives a number, is the weight after the
update.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from derive.errors import InputError
from derive.expression import Const, Digits, Node, Ref, leaves, quantities
from derive.quantity import UPDATED, Quantity
from derive.work.formula import COMMAS, MAX_FORMULA, parse
from derive.work.grammar import figure
from derive.work.names import Names
from derive.work.tokens import Token, unwrapped
from derive.work.written import DecimalMark, Written, read_number

ASSIGNED = frozenset({":=", "->"})
"""What gives a name a new value."""
RELATIONS = frozenset({"=", "≈"}) | ASSIGNED
LATER = "A weight that you compute is taken for the new one, after the update."
ANEW = "A weight that := or an arrow gives a number is taken for the new one, after the update."
AGAIN = "A weight that you state once more, after its gradient, is taken for the new one, after the update."
_IN_NUMBERS = frozenset({"number", "+", "-", "*", "/", "^", "(", ")", "{", "}", "%", ",", "frac"})
_DEEPER = frozenset({"(", "[", "{", "cases(", "matrix("})
_SHALLOWER = frozenset({")", "]", "}", "cases)", "matrix)"})


@dataclass
class Chain:
    """What a chain of equations states."""

    names: list[Quantity] = field(default_factory=list)
    negated: list[Quantity] = field(default_factory=list)
    """Quantities whose negative is stated: those of -dL/dz and Δw."""
    assigned: bool = False
    """Whether an arrow or := gives a new value."""
    formulas: list[tuple[Node, str]] = field(default_factory=list)
    number: tuple[Written, str] | None = None
    shown: list[Node] = field(default_factory=list)
    """All sides but the names and the last number, from left to right: formulas, calculations, and both mixed."""
    notes: list[str] = field(default_factory=list)
    fault: InputError | None = None
    """The first side that could not be read."""
    calculation: str = ""
    """The last side in which numbers are put in."""


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


def read_chain(
    pieces: Sequence[Token],
    text: str,
    names: Names,
    tex: bool,
    mark: DecimalMark | None = None,
    owner: Quantity | None = None,
) -> Chain:
    """What the chain says, of its `owner` where its name is not in it; `text` is what the tokens were cut from."""
    chain = Chain([owner] if owner is not None else [], assigned=any(piece.kind in ASSIGNED for piece in pieces))
    for side in split(pieces, RELATIONS):
        side = unwrapped(trimmed(side))
        if side:
            _read_side(chain, side, text[side[0].start : side[-1].end].strip(), names, tex, mark)
    if any(one.kind in UPDATED for one in chain.names):
        _later(chain, names)
    if chain.number is not None:
        # With numbers put in it is no formula to be compared, but the way to the number.
        chain.formulas = [(node, text) for node, text in chain.formulas if not _put_in(node, names)]
    return chain


def trimmed(side: list[Token]) -> list[Token]:
    """Without the punctuation of a sentence."""
    first, last = 0, len(side)
    while last > first and side[last - 1].kind in (".", ",", ";", ":"):
        last -= 1
    while first < last and side[first].kind in (",", ";", ":"):
        first += 1
    return side[first:last]


def _read_side(chain: Chain, side: list[Token], text: str, names: Names, tex: bool, mark: DecimalMark | None) -> None:
    try:
        if all(piece.kind in _IN_NUMBERS for piece in side):
            _read_numbers(chain, side, text, names, tex, mark)
            return
        named = names.named(side)
        if named is not None:
            chain.names.append(named)
            return
        if not chain.names and not chain.shown and (negative := names.negated(side)) is not None:
            chain.negated.append(negative)
            return
        node = _formula(chain, side, text, names, tex)
        if not quantities(node) or _put_in(node, names):
            chain.calculation = text
        if quantities(node):
            chain.formulas.append((node, text))
    except InputError as error:
        chain.fault = chain.fault or error


def _read_numbers(
    chain: Chain, side: list[Token], text: str, names: Names, tex: bool, mark: DecimalMark | None
) -> None:
    """A side without letters: the number that is stated so far, or a calculation."""
    try:
        written = read_number(text, mark)
    except InputError as error:
        if "one way only" in error.expected:
            raise
        chain.calculation = text
        with suppress(InputError):
            # What is no formula of numbers, such as a row of them, shows nothing.
            _formula(chain, side, text, names, tex)
        return
    if chain.number is not None:
        chain.shown.append(figure(chain.number[0]))
    chain.number = (written, text)
    if written.mark == ",":
        chain.notes.append(COMMAS)


def _formula(chain: Chain, side: list[Token], text: str, names: Names, tex: bool) -> Node:
    """The tree of a side, which is shown on the way to the number."""
    if len(text) > MAX_FORMULA:
        raise InputError(f"a formula of at most {MAX_FORMULA} characters", f"one of {len(text)}")
    node = parse(side, names, tex, chain.notes)
    chain.shown.append(node)
    return node


def _put_in(node: Node, names: Names) -> bool:
    """Whether numbers stand in a formula that no textbook has there: all but 0, 1, 2, 1/2 and how many there are."""
    return any(
        isinstance(leaf, Digits) or not {abs(leaf.value.numerator), leaf.value.denominator} <= {0, 1, 2, *names.counts}
        for leaf in leaves(node)
        if isinstance(leaf, Const)
    )


def _later(chain: Chain, names: Names) -> None:
    """Moves a computed weight one update on, where the problem has that."""
    computed = bool(chain.calculation) or any(not isinstance(node, Ref) for node, _ in chain.formulas)
    for place, one in enumerate(chain.names):
        later = one.shifted(1)
        within = any(one in quantities(node) for node, _ in chain.formulas)
        repeated = place > 0 and one == chain.names[0]
        given = one.step == 0
        new = within or (given and (computed or chain.assigned))
        if one.kind in UPDATED and new and not repeated and names.has(later):
            chain.names[place] = later
            chain.notes.append(LATER if within or computed else ANEW)
