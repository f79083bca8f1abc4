"""Numbers that were read wrongly: the right step, worked with another number than the one that stands there.

A given or a stated number may have been read with two digits exchanged, without its sign, with its point elsewhere, or
with one digit for another. Nothing here knows what a number means; what counts is that only one reading gives the
stated result, and that it would hardly do so by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from flint import arb, fmpq

from derive.check.telling import LIKELY, Room, known, radius
from derive.check.walk import Mark, Rules, meets
from derive.expression import Shown
from derive.numbers import Number, OutsideDomain, Undecided, decimal_text, middle
from derive.program import Line, Program, Registers

MOST_LINES = 4000
"""Steps that are done again for one number."""
LONGEST = 24
"""Characters of a number beyond which nobody reads it off by eye."""


@dataclass(frozen=True, slots=True)
class Misreading:
    """The place of a number, as it is written, and as it was read."""

    at: int
    right: Shown
    read: Shown


def misreadings(
    program: Program,
    stretch: Sequence[Line],
    mark: Mark,
    used: Registers,
    rules: Rules,
    right: Number,
    before: Sequence[Misreading] = (),
    sure: bool = True,
    only_before: bool = False,
) -> list[Misreading]:
    """Every misreading of one number with which the steps of a stretch give the stated result, of the likeliest kind.

    What was read wrongly `before` is the likeliest, then the same digits, then one more or less, then another. Without
    `sure` all of them are found, also those that may fit by chance.
    """
    if not mark.half or not mark.value or not known(right):
        return []
    written = {at: _text(*rules.written[at]) for at in _operands(program, stretch) if at in rules.written}
    again = {at: [one.read.text for one in before if one.at == at] for at in written}
    same, more, other = ({at: list(ways(text)) for at, text in written.items()} for ways in WAYS)
    room, apart = Room.of(mark, right), abs(middle(right) - mark.middle)
    every: list[Misreading] = []
    for trials in (again,) if only_before else (again, same, more, other):
        tries = sum(map(len, trials.values()))
        if sure and not apart > LIKELY * tries * (mark.half + radius(right)):
            return []
        found = [
            Misreading(at, Shown(written[at], True), Shown(text, True))
            for at, text in _tried(program, stretch, trials, mark, used, rules, room)
        ]
        if found and sure:
            return found
        every += found
    return every


def _tried(
    program: Program,
    stretch: Sequence[Line],
    trials: Mapping[int, Sequence[str]],
    mark: Mark,
    used: Registers,
    rules: Rules,
    room: Room,
) -> Iterator[tuple[int, str]]:
    """The readings that give the stated result, with the places of the numbers."""
    budget = MOST_LINES
    for at, texts in trials.items():
        lines, registers = _after(at, stretch), list(used)
        sources = {source for line in lines for source in line.sources}
        if not all(known(used[source]) for source in sources):
            continue
        for source in sources:
            registers[source] = middle(used[source])
        for text in texts:
            budget -= len(lines)
            if budget < 0:
                return
            # A sheet may be read with its signs turned.
            registers[at] = -_value(text) if used[at] == -rules.written[at][0] else _value(text)
            if _comes_near(lines, registers, mark, room) and _fits(
                program, lines, at, registers[at], mark, used, rules
            ):
                yield at, text


def _operands(program: Program, stretch: Sequence[Line]) -> list[int]:
    """The numbers that the last step of a stretch uses, and the given ones that the others use."""
    givens = len(program.quantities) - len(program.lines)
    before = (source for line in reversed(stretch) for source in line.sources if source < givens)
    return list(dict.fromkeys((*stretch[-1].sources, *before)))


def _after(at: int, stretch: Sequence[Line]) -> list[Line]:
    """The steps of a stretch that use a number, and those after them."""
    dirty, lines = {at}, []
    for line in stretch:
        if not dirty.isdisjoint(line.sources):
            dirty.add(line.target)
            lines.append(line)
    return lines


def _comes_near(lines: Sequence[Line], registers: Registers, mark: Mark, room: Room) -> bool:
    """Whether some steps come near the stated result without any rounding."""
    try:
        for line in lines:
            registers[line.target] = arb(line.value(registers))
    except (OutsideDomain, Undecided):
        return False
    return bool(abs(arb(registers[lines[-1].target]) - mark.middle) < arb(room.near))


def _fits(
    program: Program, lines: Sequence[Line], at: int, value: Number, mark: Mark, used: Registers, rules: Rules
) -> bool:
    """Whether the steps give the stated result as they are rounded on this sheet."""
    registers, number = list(used), used[at]
    registers[at] = value
    for line in lines:
        last = line is lines[-1]
        number = rules.step(program, line, registers, mark if last else None)
        registers[line.target] = number if last else rules.style.loosened(number, rules.places[line.target])
    return meets(number, mark.box)


# -- how a number may be read --------------------------------------------------------------------------------


def same_digits(text: str) -> Iterator[str]:
    """What a written number may be taken for by somebody who sees its digits, each once.

    >>> list(same_digits("0.15"))
    ['0.51', '-0.15', '0.015', '1.5']
    """
    if _readable(text):
        yield from _others(text, (*_swapped(text), _turned(text), *_moved(text)))


def other_digit(text: str) -> Iterator[str]:
    """The number with one digit taken for another."""
    if _readable(text):
        yield from _others(text, _with_other_digit(text))


def more_or_less(text: str) -> Iterator[str]:
    """The number with one digit seen twice, or overlooked.

    >>> list(more_or_less("0.15"))
    ['0.115', '0.155', '0.5']
    """
    if _readable(text):
        yield from _others(text, (*_with_one_more(text), *_with_one_less(text)))


def _readable(text: str) -> bool:
    return len(text) <= LONGEST and bool(text.strip("-0."))


def _others(text: str, readings: Iterable[str]) -> Iterator[str]:
    """The readings that are other numbers than the text and than those before them, and not 0."""
    seen = {_value(text), fmpq(0)}
    for other in readings:
        if _value(other) not in seen:
            seen.add(_value(other))
            yield other


def _swapped(text: str) -> Iterator[str]:
    for one, other in pairwise(_digits(text)):
        yield text[:one] + text[other] + text[one + 1 : other] + text[one] + text[other + 1 :]


def _turned(text: str) -> str:
    return text[1:] if text.startswith("-") else f"-{text}"


def _moved(text: str) -> Iterator[str]:
    value, places = _value(text), len(text.partition(".")[2])
    yield _text(value / 10, places + 1)
    yield _text(value * 10, max(places - 1, 0))


def _with_other_digit(text: str) -> Iterator[str]:
    for place in _digits(text):
        yield from (text[:place] + digit + text[place + 1 :] for digit in "0123456789" if digit != text[place])


WAYS = (same_digits, more_or_less, other_digit)
"""How a number may be read, the likeliest first."""


def _with_one_more(text: str) -> Iterator[str]:
    for place in _digits(text):
        yield text[: place + 1] + text[place:]


def _with_one_less(text: str) -> Iterator[str]:
    places = _digits(text)
    for place in places[:-1] if len(places) > 1 else ():
        yield text[:place] + text[place + 1 :]


def _digits(text: str) -> list[int]:
    """The places of the digits that count: from the first one that is not 0."""
    places = [place for place, character in enumerate(text) if character.isdigit()]
    first = next(k for k, place in enumerate(places) if text[place] != "0")
    return places[first:]


def _text(value: fmpq, places: int | None) -> str:
    """A number as it is written; nothing for one that is no decimal."""
    scaled = abs(value) * fmpq(10) ** max(places or 0, 0)
    if places is None or scaled.q != 1:
        return ""
    return decimal_text(int(scaled.p), max(places, 0), value < 0)


def _value(text: str) -> fmpq:
    whole, _, decimals = text.partition(".")
    return fmpq(int(whole + decimals), 10 ** len(decimals))
