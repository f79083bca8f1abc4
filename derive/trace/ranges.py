"""How far every letter runs: the five rules of inference, and what they found for the user to see.

Decides the range of each letter from what the author wrote and from the arrays that are read; raises where a range
cannot be known or two are found. Values and derivatives are not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from derive.errors import InputError
from derive.expression import Node
from derive.trace.affine import Affine, Extent, Range, Table, bounds, letters, tables
from derive.trace.drafts import Draft
from derive.trace.indexed import Read, indices, stem_of, walk
from derive.trace.names import Names

Letter = tuple[int, str]
"""A letter of one equation: the number of the equation, and the letter."""


class _Open(Exception):
    """A range that is not known yet."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """One index of something that is read: whose, along which axis, at which form; padded reads always exist."""

    equation: int
    name: str
    axis: int
    form: Affine
    padded: bool


@dataclass
class Ranges:
    """The ranges found so far; `found` says by which of the rules."""

    names: Names
    drafts: Sequence[Draft]
    known: dict[Letter, Range] = field(default_factory=dict)
    found: dict[Letter, int] = field(default_factory=dict)
    readings: list[_Reading] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    """What a formula leaves out without saying so: the quantity, in words."""

    def __post_init__(self) -> None:
        self._defining: dict[str, list[int]] = {}
        for number, draft in enumerate(self.drafts):
            self._defining.setdefault(draft.name, []).append(number)
            self.readings.extend(_readings(number, draft.right))
        self._by_equation: dict[int, list[_Reading]] = {}
        self._by_name: dict[str, list[_Reading]] = {}
        self._by_letter: dict[Letter, list[_Reading]] = {}
        for reading in self.readings:
            self._by_equation.setdefault(reading.equation, []).append(reading)
            self._by_name.setdefault(reading.name, []).append(reading)
            for letter in dict.fromkeys(letters(reading.form)):
                self._by_letter.setdefault((reading.equation, letter), []).append(reading)

    # -- sizes of quantities

    def running(self, name: str, axis: int) -> Range | None:
        """What a letter that is an index of a quantity runs over; numbers written in this place do not count."""
        given = self.names.givens.get(name)
        if given is not None:
            return given.ranges[axis]
        spans, numbers = self._places(name, axis)
        if None in spans:
            return None
        return _hull([span for span in spans if span]) if spans else _hull([(n, n) for n in numbers])

    def existing(self, name: str, axis: int) -> Range | None:
        """All indices that a quantity has along an axis."""
        given = self.names.givens.get(name)
        if given is not None:
            return given.ranges[axis]
        spans, numbers = self._places(name, axis)
        if None in spans:
            return None
        return _hull([*[span for span in spans if span], *[(n, n) for n in numbers]])

    def _places(self, name: str, axis: int) -> tuple[list[Range | None], list[int]]:
        spans: list[Range | None] = []
        numbers: list[int] = []
        for number in self._defining[name]:
            form = self.drafts[number].left[axis]
            if form.letter is not None:
                spans.append(self.known.get((number, form.letter)))
            elif form.number is not None:
                numbers.append(form.number)
            else:
                spans.append(self.bounds(number, form))
        return spans, numbers

    def looked_up(self, atom: Table | Extent) -> Range:
        """The bounds of what is looked up in a table, or counted."""
        if isinstance(atom, Extent):
            span = self.running(atom.name, atom.axis)
            if span is None:
                raise _Open
            return (span[1] - span[0] + 1,) * 2
        numbers = self.names.givens[atom.name].numbers
        return int(min(numbers)), int(max(numbers))

    def bounds(self, equation: int, form: Affine) -> Range | None:
        """The bounds of a form; None while a letter in it is not known."""
        known = {letter: self.known[equation, letter] for letter in letters(form) if (equation, letter) in self.known}
        try:
            return bounds(form, known, self.looked_up)
        except (KeyError, _Open):
            return None

    # -- the rules

    def infer(self) -> None:
        """Applies the rules in their order until nothing changes; raises where a letter stays unknown."""
        rules = (self._written, self._index_of_known, self._other_equation, self._read_over, self._all_reads_exist)
        while any(rule() for rule in rules) or self._read_over(some=True) or self._all_reads_exist(some=True):
            pass
        for number, draft in enumerate(self.drafts):
            for letter in draft.explicit:
                if (number, letter) not in self.known:
                    raise self._unknown(number, letter)
        self._check_agreement()

    def _open_letters(self) -> Iterator[tuple[int, Draft, str]]:
        for number, draft in enumerate(self.drafts):
            for letter, written in draft.explicit.items():
                if (number, letter) not in self.known and written is None:
                    yield number, draft, letter

    def _set(self, letter: Letter, span: Range, rule: int) -> None:
        self.known[letter] = span
        self.found[letter] = rule

    def _written(self) -> bool:
        """Rule 1: for k in 1..3."""
        before = len(self.known)
        for number, draft in enumerate(self.drafts):
            for letter, written in draft.explicit.items():
                if written is None or (number, letter) in self.known:
                    continue
                low, high = (self.bounds(number, form) for form in written)
                if low is None or high is None:
                    continue
                plain = not any(True for form in written for _ in letters(form))
                if plain and low[0] > high[1]:
                    shown = f"{stem_of(letter)} in {low[0]}..{high[1]}"
                    raise self.fault(draft, f"a range of at least one number for {stem_of(letter)}", shown)
                self._set((number, letter), (low[0], high[1]), 1)
        return len(self.known) > before

    def _index_of_known(self) -> bool:
        """Rule 2: a letter that is itself an index of an array of known size runs over it."""
        before = len(self.known)
        for number, _, letter in self._open_letters():
            for span, _ in self._sizes(number, letter):
                self._set((number, letter), span, 2)
                break
        return len(self.known) > before

    def _sizes(self, number: int, letter: str) -> Iterator[tuple[Range, _Reading]]:
        """The known sizes of all arrays that have a letter itself as an index."""
        for reading in self._by_letter.get((number, letter), ()):
            if not reading.padded and reading.form.letter == letter:
                span = self.running(reading.name, reading.axis)
                if span is not None:
                    yield span, reading

    def _other_equation(self) -> bool:
        """Rule 3: a letter left of = takes the range of the same place in another equation of the quantity."""
        for number, draft, letter in self._open_letters():
            for axis, form in enumerate(draft.left):
                for other in self._defining[draft.name] if form.letter == letter else ():
                    place = self.drafts[other].left[axis].letter
                    if other != number and place is not None and (other, place) in self.known:
                        self._set((number, letter), self.known[other, place], 3)
                        return True
        return False

    def _read_over(self, some: bool = False) -> bool:
        """Rule 4: or the range over which other equations read it; `some`: those of which it is known."""
        for number, draft, letter in self._open_letters():
            for axis, form in enumerate(draft.left):
                if form.letter != letter:
                    continue
                others = [r for r in self._by_name.get(draft.name, ()) if r.axis == axis and not r.padded]
                others = [r for r in others if r.equation not in self._defining[draft.name]]
                spans = [self.bounds(reading.equation, reading.form) for reading in others]
                known = [span for span in spans if span is not None]
                if known and (some or len(known) == len(spans)):
                    self._set((number, letter), self._without_numbers(draft, axis, _hull(known)), 4)
                    return True
        return False

    def _without_numbers(self, draft: Draft, axis: int, span: Range) -> Range:
        """A range without the elements at its ends that have an equation with a number in this place."""
        _, numbers = self._places(draft.name, axis)
        low, high = span
        while low in numbers and low < high:
            low += 1
        while high in numbers and high > low:
            high -= 1
        return low, high

    def _all_reads_exist(self, some: bool = False) -> bool:
        """Rule 5: the largest interval for which every affine read exists."""
        for number, draft, letter in self._open_letters():
            limits = [
                self._limits(number, letter, reading)
                for reading in self._by_letter.get((number, letter), ())
                if not reading.padded and reading.form.coefficient(letter)
            ]
            known = [limit for limit in limits if limit is not None]
            if not known or not (some or len(known) == len(limits)):
                continue
            low, high = max(low for low, _ in known), min(high for _, high in known)
            if low > high:
                what = f"a range of {stem_of(letter)} for which everything that is read exists"
                raise self.fault(draft, what, "none", self._advice(letter))
            self._set((number, letter), (low, high), 5)
            return True
        return False

    def _limits(self, number: int, letter: str, reading: _Reading) -> Range | None:
        """For which values of a letter an index stays inside its array, whatever the other letters are."""
        span = self.existing(reading.name, reading.axis)
        coefficient = reading.form.coefficient(letter)
        rest = reading.form - Affine(0, ((letter, coefficient),))
        others = self.bounds(number, rest)
        if span is None or others is None:
            return None
        low, high = span[0] - others[0], span[1] - others[1]
        if coefficient < 0:
            low, high, coefficient = -high, -low, -coefficient
        return -(-low // coefficient), high // coefficient

    # -- faults

    def fault(self, draft: Draft, expected: str, found: str | None, hint: str | None = None) -> InputError:
        return self.names.fault(draft.line, draft.origin, expected, found, hint)

    def _advice(self, letter: str) -> str:
        return f"write the range, for {stem_of(letter)} in 1..3, and pad(...) around what may lie outside."

    def _unknown(self, number: int, letter: str) -> InputError:
        stem = stem_of(letter)
        if letter in self.drafts[number].stilled:
            return self._still(self.drafts[number], letter)
        expected = f"a range for {stem} that can be known"
        hint = f"write it: for {stem} in 1..3."
        return self.fault(self.drafts[number], expected, "nothing that says how far it runs", hint)

    def _still(self, draft: Draft, letter: str) -> InputError:
        """The fault of a letter that moves nothing, because the factor before it is 0."""
        stem = stem_of(letter)
        hint = f"with 0 the same places are read whatever {stem} is; a stride is 1 or more."
        return self.fault(draft, f"a whole number before {stem} that is not 0", draft.stilled[letter], hint)

    def _check_agreement(self) -> None:
        """Two sizes for one letter are a fault, and so is a range that leaves out elements on both of its sides."""
        for (number, letter), rule in self.found.items():
            draft = self.drafts[number]
            if rule == 1:
                continue
            for span, reading in self._sizes(number, letter):
                if rule == 2 and span != self.known[number, letter]:
                    still = next((one for one in draft.stilled if one != letter), None)
                    if still is not None:
                        raise self._still(draft, still)
                    first = next(self._sizes(number, letter))
                    raise self._two_sizes(draft, letter, first, (span, reading))
                self._check_sides(draft, letter, reading, span)

    def _two_sizes(
        self, draft: Draft, letter: str, one: tuple[Range, _Reading], other: tuple[Range, _Reading]
    ) -> InputError:
        found = " but ".join(f"{_span(span)} in {reading.name}" for span, reading in (one, other))
        hint = f"write the range, for {stem_of(letter)} in {_span(one[0])}, where the arrays are meant to differ."
        return self.fault(draft, f"one range for {stem_of(letter)}", found, hint)

    def _check_sides(self, draft: Draft, letter: str, reading: _Reading, span: Range) -> None:
        if reading.name in self.names.givens:
            return
        spans, numbers = self._places(reading.name, reading.axis)
        if not spans:
            return
        outside = sorted({number for number in numbers if not span[0] <= number <= span[1]})
        if not outside:
            return
        if outside[0] < span[0] and outside[-1] > span[1]:
            elements = f"{outside[0]} and {outside[-1]}"
            expected = f"a written range for {stem_of(letter)}"
            found = f"none, with elements of {reading.name} at {elements} on both sides of {_span(span)}"
            raise self.fault(draft, expected, found, f"write for {stem_of(letter)} in {_span(span)}, or what is meant.")
        if letter in (form.letter for form in draft.left) and all(self._read_elsewhere(reading, n) for n in outside):
            return
        left = ", ".join(map(str, outside))
        self.left_out[f"{draft.line.number}:{stem_of(letter)}:{reading.name}"] = (
            f"{stem_of(letter)} runs over {_span(span)} in the equation of {draft.name}:"
            f" {reading.name} at {left} is left out there"
        )

    def _read_elsewhere(self, reading: _Reading, number: int) -> bool:
        """Whether an element outside a range is a start that something else uses."""
        others = [one for one in self._by_name[reading.name] if one.axis == reading.axis and one is not reading]
        spans = [self.bounds(one.equation, one.form) for one in others]
        return any(span is not None and span[0] <= number <= span[1] for span in spans)


def _span(span: Range) -> str:
    return f"{span[0]}..{span[1]}"


def _hull(spans: Sequence[Range]) -> Range:
    return min(low for low, _ in spans), max(high for _, high in spans)


def _readings(number: int, right: Node) -> Iterator[_Reading]:
    """Every index at which an equation reads something, also in the tables that it looks into."""
    for node in walk(right):
        if isinstance(node, Read):
            for axis, form in enumerate(node.index):
                yield _Reading(number, node.name, axis, form, node.padded)
        for form in indices(node):
            yield from _table_readings(number, form, isinstance(node, Read) and node.padded)


def _table_readings(number: int, form: Affine, padded: bool) -> Iterator[_Reading]:
    for table in tables(form):
        for axis, inner in enumerate(table.index):
            yield _Reading(number, table.name, axis, inner, padded)


def infer(names: Names, drafts: Sequence[Draft]) -> Ranges:
    """The range of every letter of all equations."""
    ranges = Ranges(names, drafts)
    ranges.infer()
    return ranges
