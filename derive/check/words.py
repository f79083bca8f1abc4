"""What is said of a sheet and of each of its results: words and formulas, ready for a line of a document.

Decides the wording; which of it stands where is for `report`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from flint import fmpq

from derive.check.model import MISREAD, Explanation, Marked, Pieces, Result
from derive.document import Block, Bullets, Code, Inline, Math, Paragraph, Strong, Text, Words
from derive.errors import counted, shorten
from derive.expression import Ref, Shown
from derive.notation import Namer
from derive.numbers import decimal_text, power_of_ten, rounded, show
from derive.quantity import ABOUT, Quantity

MOST_LISTED = 6
"""Quantities that a sentence lists; of more, the first ones and how many there are."""
LONGEST_GIVEN = 60
_DECIMAL = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)

HABITS = frozenset({"truncated"})
"""Slips that somebody makes again and again."""
ELSEWHERE = "But the numbers stated before this one do not lead to it."
WRONG_ADVICE = "Work this step once more, and look at each number that you put in."


# -- how it went ---------------------------------------------------------------------------------------------


def opening(sheet: Marked) -> Words:
    """One sentence or two: how many are right, and where to look first."""
    stated = len(sheet.results) - sheet.count("missing")
    right, follows = sheet.count("exact", "rounded"), sheet.count("follows")
    noun = "answer" if any(result.symbolic for result in sheet.results) else "value"
    words: list[Inline] = [Text(_how_many(right, stated, noun))]
    if follows:
        one = follows == 1
        more = " more" if right else ""
        words.append(Text(f" {follows}{more} {'follows' if one else 'follow'} correctly from an earlier wrong value."))
    first = sheet.first_wrong
    if first is not None:
        words += [Text(" The first wrong step is "), Math(Ref(first.quantity)), Text(".")]
    for verdict, singular, plural in (
        ("imprecise", "has too few digits to tell", "have too few digits to tell"),
        ("unread", "depends on a value that could not be read", "depend on a value that could not be read"),
        ("incomparable", "cannot be compared with the derivation", "cannot be compared with the derivation"),
        ("missing", "is left blank", "are left blank"),
    ):
        if number := sheet.count(verdict):
            words.append(Text(f" {number} {singular if number == 1 else plural}."))
    if sheet.faults:
        count = len(sheet.faults)
        words.append(Text(f" {counted(count, 'entry' if count == 1 else 'entrie')} could not be read."))
    return tuple(words)


def _how_many(right: int, stated: int, noun: str) -> str:
    if not stated:
        return f"No {noun} is stated."
    if right == stated:
        all_of_them = "Both" if stated == 2 else f"All {stated}"
        return f"The {noun} is right." if stated == 1 else f"{all_of_them} {noun}s are right."
    if right == 0:
        return f"The {noun} is not right yet." if stated == 1 else f"None of the {stated} {noun}s is right yet."
    return f"{right} of {stated} {noun}s {'is' if right == 1 else 'are'} right."


# -- what is said of a result --------------------------------------------------------------------------------


def diagnosis(result: Result) -> Iterator[Block]:
    """What probably happened, and what to do about it."""
    if result.verdict == "slip" or not result.explanations:
        advice = () if result.slip or result.quantity.kind in ABOUT else (Text(f" {WRONG_ADVICE}"),)
        yield Paragraph((*sentence(result.reason), *advice))
        if result.explanations:
            yield Paragraph((Text(f"Or it comes from a mistake: {titles(result)}."),))
    elif len(result.explanations) > 1:
        how_many = "Two" if len(result.explanations) == 2 else "Several"
        yield Paragraph((Text(f"{how_many} mistakes fit your number:"),))
        yield Bullets(tuple(_said(explanation, lead=False) for explanation in result.explanations))
    else:
        yield Paragraph(_said(result.explanations[0]))


def told(explanations: Sequence[Explanation]) -> Words:
    """Diagnosis and remedy of what explains a number, in one go; of several mistakes, of each."""
    first, *rest = explanations
    if not rest:
        return _said(first)
    words: list[Inline] = [Text("Two mistakes fit this number: "), *_said(first, lead=False)]
    for other in rest:
        words += [Text(" "), Strong("Or:"), Text(" "), *_said(other, lead=False)]
    return tuple(words)


def in_short(result: Result) -> Words:
    """The same in one go, for a list of wrong steps."""
    if result.verdict == "mistake" and len(result.explanations) == 1:
        return _said(result.explanations[0])
    if result.verdict == "mistake":
        how_many = "two" if len(result.explanations) == 2 else "several"
        return (Text(f"{how_many} mistakes fit your number: {titles(result)}."),)
    return sentence(result.reason)


def otherwise(result: Result) -> Words:
    """What stands before the true value where the writer's own numbers give another one."""
    if result.deduced:
        shows = (Text("Without the mistake that shows in "), *listed(result.before))
        return (*shows, Text(", from which the numbers here are worked out, it would be"))
    return (Text("Without any earlier error it would be" if result.before else "With unrounded numbers it is"),)


def titles(result: Result) -> str:
    """The mistakes that give a number, by their titles."""
    return "; or ".join(explanation.title for explanation in result.explanations)


def _said(explanation: Explanation, lead: bool = True) -> Words:
    """Diagnosis and remedy of a mistake made once or at several steps; of two mistakes, of each."""
    words: list[Inline] = []
    rewrites = {rewrite.mistake.key: rewrite for rewrite in reversed(explanation.rewrites)}
    for position, rewrite in enumerate(reversed(rewrites.values())):
        opening = "And:" if position else "Probably:" if explanation.likely else "Perhaps:"
        if lead or position:
            words += [Text(" "), Strong(opening), Text(" ")] if position else [Strong(opening), Text(" ")]
        words += [*sentence(rewrite.diagnosis), Text(" "), Strong("Instead:"), Text(" "), *sentence(rewrite.remedy)]
    if explanation.elsewhere:
        words.append(Text(f" {ELSEWHERE}"))
    return tuple(words)


def reason_words(result: Result) -> Words:
    """The one line beside a value; nothing beside a right one."""
    if result.right or result.verdict == "missing":
        return (Text(""),)
    if result.verdict == "follows":
        return (
            Text("from the same mistake as " if result.together else "right with your value of "),
            *listed(result.because),
        )
    return (Text(titles(result)),) if result.verdict == "mistake" else sentence(result.reason)


def given_words(result: Result) -> Words:
    """What was written, as a number where it is one."""
    text = result.given.strip()
    if is_number(text):
        return (Math(Shown(text, True)),)
    if not text:
        return (Text("–"),)
    return (Code(shorten(text, LONGEST_GIVEN)),)


def sentence(pieces: Pieces) -> Words:
    """Words and formulas as a line of a document, with a space wherever a formula would touch a word."""
    words: list[Inline] = [Text(piece) if isinstance(piece, str) else Math(piece) for piece in pieces if piece != ""]
    spaced: list[Inline] = []
    for word, following in pairwise([*words, Text("")]):
        spaced.append(word)
        if _touch(word, following):
            spaced.append(Text(" "))
    return tuple(spaced)


def _touch(word: Inline, following: Inline) -> bool:
    match word, following:
        case Math(), Math():
            return True
        case Math(), Text(text):
            return text[:1].isalnum()
        case Text(text), Math():
            return text[-1:].isalnum()
    return False


def listed(quantities: Sequence[Quantity]) -> Words:
    """a, b and c; of many, the first ones and how many more there are."""
    names: list[Inline] = [Math(Ref(quantity)) for quantity in dict.fromkeys(quantities)]
    if len(names) > MOST_LISTED:
        more = len(names) - MOST_LISTED + 1
        return (*separated(names[: MOST_LISTED - 1]), Text(f" and {more} more"))
    if len(names) == 1:
        return (names[0],)
    return (*separated(names[:-1]), Text(" and "), names[-1])


def separated(names: Sequence[Inline]) -> Words:
    """a, b, c."""
    return tuple(word for name in names for word in (Text(", "), name))[1:]


def by_example(names: Sequence[tuple[Quantity, Words]]) -> Words:
    """Quantities in a row, with words behind each; those of each example together, under its number."""
    groups: dict[object, list[Inline]] = {}
    several = len({quantity.example for quantity, _ in names}) > 1
    for quantity, more in names:
        alone = quantity.of_all if several else quantity
        row = groups.setdefault(quantity.example if several else None, [])
        row += [Text(", ") if row else Text(""), Math(Ref(alone)), *more]
    words: list[Inline] = []
    for example, row in groups.items():
        title = f"example {example + 1}: " if isinstance(example, int) else "all examples: " if several else ""
        words += [Text(f"{'; ' if words else ''}{title}"), *row[1:]]
    return tuple(words)


def called(quantity: Quantity, namer: Namer) -> str:
    """The plain name of a quantity, with the number of its example in words.

    >>> from derive.solution import solve
    >>> called(Quantity("dL/dW", 2, 0, 1, example=0), solve("caispp").namer)
    'dJ/dw2_2_1 (example 1)'
    """
    name = namer(quantity.of_all).text
    return f"{name} (example {quantity.example + 1})" if isinstance(quantity.example, int) else name


def all_of(count: int) -> str:
    """What several are called together.

    >>> all_of(2), all_of(3)
    ('both', 'all')
    """
    return "both" if count == 2 else "all"


def trouble_keys(result: Result) -> frozenset[str]:
    """What may be wrong with a result, as far as others can have the same; nothing where it is unknown."""
    if result.verdict == "mistake":
        return frozenset(explanation.key for explanation in result.explanations)
    if result.slip == MISREAD:
        # The same number read in the same way, not just any two numbers.
        return frozenset({str(result.reason)})
    return frozenset({result.slip}) & HABITS


def same_trouble(first: Result, other: Result) -> bool:
    """Whether one mistake explains both results."""
    return first is not other and other.faulty and bool(trouble_keys(first) & trouble_keys(other))


# -- numbers beside what was written -------------------------------------------------------------------------


def own_value(result: Result) -> Shown | None:
    """What the step gives with the writer's numbers, rounded once; None where that is not known.

    It has the decimals that were written, or those of the sheet where these are more, and more where they would hide
    that it is another number than was written or than stood there before an update, or where they are uncertain.
    """
    used, given = result.used, result.given.strip()
    if used is None or not (is_number(given) and is_number(used.text)):
        return used
    more = _decimals(used.text)
    value = rational(used.text)
    others = {rational(given), *_before(result)}
    for decimals in range(max(_decimals(given), result.places), more):
        short = show(value, decimals) if used.exact else _padded(value, decimals)
        # The last digit of a rounded number says nothing about the side from which it came to a half.
        uncertain = not used.exact and used.text.endswith("5") and more == decimals + 1
        if rational(short.text) not in others and not uncertain:
            return short
    return used


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _before(result: Result) -> Iterator[fmpq]:
    """The number that an update started from, where it is shown."""
    if result.quantity.step:
        old = result.numbers.get(result.quantity._replace(step=result.quantity.step - 1))
        if old is not None and is_number(old.text):
            yield rational(old.text)


def _padded(value: fmpq, decimals: int) -> Shown:
    """A number that was rounded before, with fewer decimals."""
    scaled = abs(rounded(value, decimals) * power_of_ten(decimals))
    return Shown(decimal_text(int(scaled.p), decimals, value < 0), False)


def rational(text: str) -> fmpq:
    """The number that a plain decimal is."""
    value = Fraction(text)
    return fmpq(value.numerator, value.denominator)


def is_number(text: str) -> bool:
    """Whether a text is a plain decimal."""
    return _DECIMAL.fullmatch(text) is not None
