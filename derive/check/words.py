"""What is said of a sheet and of each of its results: words and formulas, ready for a line of a document.

Decides the wording; which of it stands where is for `report`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from flint import fmpq

from derive.check.model import MISREAD, Explanation, Marked, Result
from derive.document import Block, Bullets, Code, Inline, Math, Paragraph, Strong, Text, Words
from derive.errors import shorten
from derive.expression import Ref, Shown
from derive.mistakes import Pieces
from derive.notation import Namer
from derive.numbers import decimal_text, power_of_ten, rounded, show
from derive.quantity import ABOUT, Quantity
from derive.trace.identity import Identity
from derive.wording import ENGLISH, PHRASES, Phrase, Wording

MOST_LISTED = 6
"""Quantities that a sentence lists; of more, the first ones and how many there are."""
LONGEST_GIVEN = 60
_DECIMAL = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)

HABITS = frozenset({"truncated"})
"""Slips that somebody makes again and again."""


# -- how it went ---------------------------------------------------------------------------------------------


def opening(sheet: Marked, say: Wording) -> Words:
    """One sentence or two: how many are right, and where to look first."""
    stated = len(sheet.results) - sheet.count("missing")
    right, follows = sheet.count("exact", "rounded"), sheet.count("follows")
    noun = "answer" if any(result.symbolic for result in sheet.results) else "value"
    told: list[Words] = [(Text(_how_many(right, stated, noun, say)),)]
    if follows:
        told.append((Text(_number(say, "followed_more" if right else "followed", follows)),))
    first = sheet.first_wrong
    if first is not None:
        told.append(worded(say, "first_wrong_is", step=Math(Ref(first.quantity))))
    for verdict in ("imprecise", "unread", "incomparable", "missing"):
        if number := sheet.count(verdict):
            told.append((Text(_number(say, f"count_{verdict}", number)),))
    if sheet.faults:
        told.append((Text(_number(say, "count_faults", len(sheet.faults))),))
    return sentences(told)


def _number(say: Wording, key: str, count: int) -> str:
    return say(f"{key}_one" if count == 1 else key, count=str(count))


def _how_many(right: int, stated: int, noun: str, say: Wording) -> str:
    if not stated:
        return say[f"{noun}_none"]
    if right == stated:
        return say(f"{noun}_{'one' if stated == 1 else 'both' if stated == 2 else 'all'}", count=str(stated))
    if right == 0:
        return say(f"{noun}_{'not_yet' if stated == 1 else 'none_yet'}", count=str(stated))
    return say(f"{noun}_right_one" if right == 1 else f"{noun}_right", right=str(right), count=str(stated))


# -- what is said of a result --------------------------------------------------------------------------------


def diagnosis(result: Result, say: Wording) -> Iterator[Block]:
    """What probably happened, and what to do about it."""
    if result.verdict == "slip" or not result.explanations:
        advice = () if result.slip or result.quantity.kind in ABOUT else (Text(f" {say['advice']}"),)
        yield Paragraph((*sentence(result.reason, say), *advice))
        if result.explanations:
            yield Paragraph((Text(say("or_mistake", titles=titles(result, say))),))
    elif len(result.explanations) > 1:
        yield Paragraph((Text(say["mistakes_two" if len(result.explanations) == 2 else "mistakes_several"]),))
        yield Bullets(tuple(_said(explanation, say, lead=False) for explanation in result.explanations))
    else:
        yield Paragraph(_said(result.explanations[0], say))


def told(explanations: Sequence[Explanation], say: Wording) -> Words:
    """Diagnosis and remedy of what explains a number, in one go; of several mistakes, of each."""
    first, *rest = explanations
    if not rest:
        return _said(first, say)
    words: list[Inline] = [Text(f"{say['mistakes_fit_here']} "), *_said(first, say, lead=False)]
    for other in rest:
        words += [Text(" "), Strong(say["mistakes_or"]), Text(" "), *_said(other, say, lead=False)]
    return tuple(words)


def in_short(result: Result, say: Wording) -> Words:
    """The same in one go, for a list of wrong steps."""
    if result.verdict == "mistake" and len(result.explanations) == 1:
        return _said(result.explanations[0], say)
    if result.verdict == "mistake":
        key = "mistakes_two_are" if len(result.explanations) == 2 else "mistakes_several_are"
        return (Text(say(key, titles=titles(result, say))),)
    return sentence(result.reason, say)


def otherwise(result: Result, say: Wording) -> Words:
    """What the value would be where the writer's own numbers give another one."""
    key = "without_mistake" if result.deduced else "without_error" if result.before else "without_rounding"
    return worded(say, key, names=listed(result.before, say) if result.deduced else (), value=Math(result.expected))


def titles(result: Result, say: Wording) -> str:
    """The mistakes that give a number, by their titles."""
    return say["or_else"].join(explanation.titled(say) for explanation in result.explanations)


def said_of(explanation: Explanation, say: Wording) -> Words:
    """Diagnosis and remedy of what explains a number, without saying how probable it is."""
    return _said(explanation, say, lead=False)


def _said(explanation: Explanation, say: Wording, lead: bool = True) -> Words:
    """Diagnosis and remedy of a mistake made once or at several steps; of two mistakes, of each."""
    words: list[Inline] = []
    rewrites = {rewrite.mistake.key: rewrite for rewrite in reversed(explanation.rewrites)}
    for position, rewrite in enumerate(reversed(rewrites.values())):
        opening = say["and_further" if position else "probably" if explanation.likely else "perhaps"]
        if lead or position:
            words += [Text(" "), Strong(opening), Text(" ")] if position else [Strong(opening), Text(" ")]
        words += [*sentence(rewrite.diagnosis, say), Text(" "), Strong(say["instead"]), Text(" ")]
        words += sentence(rewrite.remedy, say)
    if explanation.elsewhere:
        words.append(Text(f" {say['not_led_to']}"))
    return tuple(words)


def reason_words(result: Result, say: Wording) -> Words:
    """The one line beside a value; nothing beside a right one."""
    if result.right or result.verdict == "missing":
        return (Text(""),)
    if result.verdict == "follows":
        key = "follows_mistake_of" if result.together else "follows_value_of"
        return worded(say, key, names=listed(result.because, say))
    if result.verdict != "mistake":
        return sentence(result.reason, say)
    made = {one for explanation in result.explanations for one in _made_in(result, explanation)}
    if len(made) != 1:
        return (Text(titles(result, say)),)
    return worded(say, "made_in", title=titles(result, say), name=Math(Ref(made.pop())))


def _made_in(result: Result, explanation: Explanation) -> Iterator[Quantity]:
    """The steps in which a mistake was made, where that is another one than the step of the value."""
    for rewrite in explanation.rewrites:
        inside = isinstance(rewrite.target, Identity) and (rewrite.target.local or rewrite.target.via is not None)
        if rewrite.target != result.quantity and not inside:
            yield rewrite.target


def given_words(result: Result) -> Words:
    """What was written, as a number where it is one."""
    text = result.given.strip()
    if is_number(text):
        return (Math(Shown(text, True)),)
    if not text:
        return (Text("–"),)
    return (Code(shorten(text, LONGEST_GIVEN)),)


def worded(say: Wording, key: str, **parts: Inline | Words | str) -> Words:
    """A phrase as a line of a document, with names and numbers in its places.

    >>> worded(ENGLISH, "you_wrote", given=Code("0.5?"))
    (Text(text='You wrote '), Code(text='0.5?'), Text(text='.'))
    """
    told = say.told([Phrase(key, PHRASES[key], tuple(parts.items()))])
    return tuple(Text(piece) if isinstance(piece, str) else piece for piece in told)


def sentences(told: Sequence[Words]) -> Words:
    """Sentences with spaces between them."""
    return tuple(word for place, words in enumerate(told) for word in ((Text(" "), *words) if place else words))


def sentence(pieces: Pieces, say: Wording) -> Words:
    """Words and formulas as a line of a document, with a space wherever a formula would touch a word."""
    told = (piece for piece in say.told(pieces) if piece != "")
    words: list[Inline] = [Text(piece) if isinstance(piece, str) else Math(piece) for piece in told]
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


def listed(quantities: Sequence[Quantity], say: Wording) -> Words:
    """a, b and c; of many, the first ones and how many more there are."""
    names: list[Inline] = [Math(Ref(quantity)) for quantity in dict.fromkeys(quantities)]
    if len(names) > MOST_LISTED:
        more = len(names) - MOST_LISTED + 1
        return worded(say, "listed_more", names=separated(names[: MOST_LISTED - 1]), count=str(more))
    if len(names) == 1:
        return (names[0],)
    return (*separated(names[:-1]), Text(say["and"]), names[-1])


def separated(names: Sequence[Inline]) -> Words:
    """a, b, c."""
    return tuple(word for name in names for word in (Text(", "), name))[1:]


def by_example(names: Sequence[tuple[Quantity, Words]], say: Wording) -> Words:
    """Quantities in a row, with words behind each; those of each example together, under its number."""
    groups: dict[object, list[Inline]] = {}
    several = len({quantity.example for quantity, _ in names}) > 1
    for quantity, more in names:
        alone = quantity.of_all if several else quantity
        row = groups.setdefault(quantity.example if several else None, [])
        row += [Text(", ") if row else Text(""), Math(Ref(alone)), *more]
    words: list[Inline] = []
    for example, row in groups.items():
        inside = tuple(row[1:])
        words += [Text("; ")] if words else []
        if isinstance(example, int):
            words += worded(say, "of_example", number=str(example + 1), names=inside)
        else:
            words += worded(say, "of_all_examples", names=inside) if several else inside
    return tuple(words)


def called(quantity: Quantity, namer: Namer, say: Wording = ENGLISH) -> str:
    """The plain name of a quantity, with the number of its example in words.

    >>> from derive.solution import solve
    >>> called(Quantity("dL/dW", 2, 0, 1, example=0), solve("caispp").namer)
    'dJ/dw2_2_1 (example 1)'
    """
    name = namer(quantity.of_all).text
    if not isinstance(quantity.example, int):
        return name
    return say("called_example", name=name, number=str(quantity.example + 1))


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
