"""The wrong steps after the first one: those with one reason together, each with what should stand there.

Decides which are told together and whether a step is to be mended towards the true value or towards what the writer's
own earlier numbers give.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from derive.check.model import Marked, Result, of_one_array
from derive.check.words import (
    MOST_LISTED,
    given_words,
    in_short,
    is_number,
    listed,
    own_value,
    same_trouble,
    trouble_keys,
    worded,
)
from derive.document import Bullets, Inline, Math, Section, Text, Words
from derive.expression import Node, Ref, Shown, quantities
from derive.quantity import Quantity
from derive.subject import Subject
from derive.wording import ENGLISH, Wording


@dataclass(frozen=True)
class Others:
    """Tells of the wrong steps of sheets of one problem."""

    solution: Subject
    say: Wording = ENGLISH

    def sections(self, sheet: Marked) -> Iterator[Section]:
        """The other steps that are wrong in themselves, those with one trouble together."""
        first = sheet.first_wrong
        rest = [
            r for r in as_asked(sheet.results) if r.faulty and r is not first and not (first and same_trouble(first, r))
        ]
        groups: list[list[Result]] = []
        first_with: dict[str, int] = {}
        for result in rest:
            keys = trouble_keys(result) or unexplained(result)
            found = min((first_with[key] for key in keys if key in first_with), default=None)
            if found is None:
                first_with |= {key: len(groups) for key in keys if key not in first_with}
                groups.append([result])
            else:
                groups[found].append(result)
        if groups:
            items = tuple(self._other(group, sheet) for group in groups)
            yield Section((Text(self.say["also_wrong"]),), (Bullets(items),))

    def _other(self, group: Sequence[Result], sheet: Marked) -> Words:
        result = group[0]
        if len(group) == 1 or (unexplained(result) and len(group) <= MOST_LISTED):
            names = self._chained([self._with_numbers(one, sheet) for one in group])
        else:
            names = listed(once((other.quantity for other in group), self.solution), self.say)
            if not unexplained(result):
                names = worded(self.say, "both_one_reason" if len(group) == 2 else "all_one_reason", names=names)
        return (*names, Text(": "), *in_short(result, self.say), *self.likewise(result, group[1:]))

    def likewise(self, first: Result, others: Sequence[Result]) -> Words:
        """The steps of other wrong values in which the mistake of the first was made, where it names another one."""
        made = self.made_elsewhere(first, others)
        if not made:
            return ()
        tellers, names = (listed(once(some, self.solution), self.say) for some in (made, made.values()))
        return Text(" "), *worded(self.say, "likewise", tellers=tellers, names=names)

    def made_elsewhere(self, first: Result, others: Sequence[Result]) -> dict[Quantity, Quantity]:
        """The other wrong values that tell of the first one's mistake in a step that is not stated, with that step."""
        if len(first.explanations) != 1:
            return {}
        key, names = first.explanations[0].key, {result.quantity for result in (first, *others)}
        told = {rewrite.target for rewrite in first.explanations[0].rewrites} | names
        found = {
            result.quantity: explanation.rewrites[0].target
            for result in others
            for explanation in result.explanations
            if explanation.key == key
        }
        return {one: step for one, step in found.items() if step not in told}

    def _with_numbers(self, result: Result, sheet: Marked) -> Words:
        """A wrong value: its name, what was written, and what should stand there."""
        key, value = self._instead(result, sheet)
        return worded(self.say, key, name=Math(Ref(result.quantity)), given=given_words(result), value=Math(value))

    def _instead(self, result: Result, sheet: Marked) -> tuple[str, Node]:
        """What should stand there: the true value, or what the writer's own earlier numbers give.

        Not what a number gives that was only written wrongly: nobody is to go on with that.
        """
        if result.symbolic:
            return "instead_right", result.expected if result.formula is None else result.formula
        own = own_value(result)
        if own is None or not differ(own, result.expected) or self._only_of_slips(result, sheet):
            return "instead_right", as_long(result.expected, result.given)
        return "instead_yours", own

    def _chained(self, parts: Sequence[Words]) -> Words:
        """a, b and c."""
        words: list[Inline] = []
        for position, part in enumerate(parts):
            if position:
                words.append(Text(self.say["and"] if position == len(parts) - 1 else ", "))
            words += part
        return tuple(words)

    def _only_of_slips(self, result: Result, sheet: Marked) -> bool:
        """Whether the wrong numbers before a step are slips that nothing on the sheet was worked out with."""
        followed = {quantity for other in sheet.results for quantity in other.because}
        wrong = {other.quantity: other for other in sheet.results if not other.right and other.verdict != "missing"}
        before = [wrong[quantity] for quantity in self._before(result.quantity, sheet) if quantity in wrong]
        return bool(before) and all(one.verdict == "slip" and one.quantity not in followed for one in before)

    def _before(self, quantity: Quantity, sheet: Marked) -> set[Quantity]:
        """The stated quantities that a step is worked out from, itself or over steps that are not stated."""
        stated = {result.quantity for result in sheet.results if result.verdict != "missing"}
        waiting, found, seen = [quantity], set[Quantity](), set[Quantity]()
        while waiting:
            step = self.solution.trace.find(waiting.pop())
            for source in quantities(step.formula) if step is not None else ():
                if source in stated:
                    found.add(source)
                elif source not in seen:
                    seen.add(source)
                    waiting.append(source)
        return found


def once(some: Iterable[Quantity], solution: Subject) -> list[Quantity]:
    """Quantities without those that have the name of an earlier one, as where one number is two steps."""
    return list({solution.namer(quantity): quantity for quantity in reversed([*some])}.values())[::-1]


def as_asked(results: Sequence[Result]) -> list[Result]:
    """The results in the order of the lines of the sheet; what has no line stands beside its neighbours in a layer.

    Results of one line, as where a row is a whole sheet, stay in the order of the computation.
    """
    places: list[tuple[int, int]] = []
    for at, result in enumerate(results):
        before, after = places[at - 1] if at else (0, 0), next(iter(results[at + 1 :]), result)
        if result.line is not None:
            places.append((result.line, 0))
        elif (at and of_one_array(results[at - 1], result)) or after.line is None or not of_one_array(result, after):
            places.append((before[0], 1))
        else:
            places.append((after.line, -1))
    return [results[at] for at in sorted(range(len(results)), key=places.__getitem__)]


def unexplained(result: Result) -> frozenset[str]:
    """The reason of a wrong value of which nothing more is known, which is said once for all of them."""
    return frozenset({str(result.reason)}) if result.verdict == "wrong" and not result.symbolic else frozenset()


def differ(one: Shown, other: Shown) -> bool:
    """Whether two shown numbers differ by more than the rounding of the coarser one."""
    decimals = [len(shown.text.partition(".")[2]) for shown in (one, other)]
    unit = Fraction(1, 10 ** min(decimals)) if not (one.exact and other.exact) else Fraction(0)
    return abs(Fraction(one.text) - Fraction(other.text)) > unit


def as_long(true: Shown, given: str) -> Shown:
    """A true value that ends, with the zeros behind it that make it as long as what was written."""
    if not (is_number(given.strip()) and is_number(true.text) and true.exact):
        return true
    have, want = (len(text.strip().partition(".")[2]) for text in (true.text, given))
    if want <= have:
        return true
    return Shown(f"{true.text}{'' if '.' in true.text else '.'}{'0' * (want - have)}", True)
