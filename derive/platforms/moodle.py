"""Moodle XML: one cloze question for each variant, or a question for each box.

Moodle tries the answers of a box in the order of the file, so that what is right stands first; the first of them is
what it shows as the correct answer. In a cloze question the feedback of an answer ends at `~` and `}`, entities are
decoded after that, and formulas are not typeset in it: so it is HTML with indices, in which these characters are
entities twice. In the questions themselves a script typesets formulas.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from decimal import Decimal

from derive.diagram import Scene, to_svg
from derive.numbers import plain
from derive.platforms.bank import Accepts, Bank, Blank, Choice, Number, Offer, Spelling, Variant
from derive.platforms.layout import Layout, Page
from derive.platforms.parts import in_parts
from derive.platforms.xml import cdata, text
from derive.render.escape import Escaped

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n'
TAIL = "</quiz>\n"
RIGHT, WRONG = "100", "0"
"""Of the grades that Moodle knows these are enough."""
PENALTY = "0.3333333"
_CLOZE = str.maketrans({"&": "&amp;", "~": "&#126;", "}": "&#125;", "{": "&#123;", "#": "&#35;"})


def picture_name(position: int) -> str:
    return f"picture-{position}.svg"


def address(scene: Scene, position: int) -> Escaped:
    """Where the page finds a picture: among the files of its question."""
    return Escaped(f"@@PLUGINFILE@@/{picture_name(position)}")


def moodle(bank: Bank, single: bool) -> dict[str, bytes]:
    """The files: none larger than a platform takes."""
    writer = _Writer(bank)
    questions = (one for variant in bank.variants() for one in writer.questions(variant, single))
    return in_parts(f"{HEAD}{writer.category(single)}", questions, TAIL)


class _Writer:
    """Writes the questions of a bank."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.layout = Layout(bank, "quiz", address)
        self.popover = Layout(bank, "popover")
        self.files = "".join(_file(picture_name(k), to_svg(one.scene)) for k, one in enumerate(bank.pictures, 1))

    def category(self, single: bool) -> str:
        info = "" if single else f'<info format="html"><text>{text(self.bank.say["quiz_variants"])}</text></info>'
        # A slash would begin a category inside it.
        name = self.bank.name.replace("/", "//")
        return (
            f'<question type="category"><category><text>$course$/top/derive/{text(name)}</text></category>{info}'
            "</question>\n"
        )

    def questions(self, variant: Variant, single: bool) -> Iterator[str]:
        page = self.layout.page(variant)
        if not single:
            yield self._cloze(variant, page)
            return
        for blank in variant.blanks:
            yield self._single(variant, page, blank)

    # -- cloze -----------------------------------------------------------------------------------------------

    def _cloze(self, variant: Variant, page: Page) -> str:
        return self._question(
            "cloze",
            f"{self.bank.title} {variant.code}",
            page.whole(self._place),
            page.worked(),
            variant.code,
            f"<penalty>{PENALTY}</penalty>",
        )

    def _place(self, blank: Blank) -> str:
        """The place for an answer in a cloze question."""
        accepts = blank.accepts
        match accepts:
            case Number():
                kind, answers = "NUMERICAL", [
                    f"={number}:{tolerance}#{_cloze(said)}" if fraction == RIGHT
                    else f"%{fraction}%{number}:{tolerance}#{_cloze(said)}"
                    for fraction, number, tolerance, said in self._numbers(accepts, self.popover)
                ]  # fmt: skip
            case Choice(offers):
                kind, answers = "MULTICHOICE_H", [f"{_fraction(offer)}{self._offered(offer)}" for offer in offers]
            case Spelling(ways):
                kind, answers = "SHORTANSWER", [f"={_cloze(text(way))}" for way in ways]
        return f"{{{blank.points}:{kind}:{'~'.join(answers)}}}"

    def _offered(self, offer: Offer) -> str:
        shown = _cloze(f"{offer.letter}: {text(self.popover.number(offer.text))}")
        return f"{shown}#{_cloze(self.popover.sentence(offer.words))}" if offer.words else shown

    def _numbers(self, accepts: Number, layout: Layout) -> Iterator[tuple[str, str, str, str]]:
        """Fraction, number, tolerance and feedback of each answer, in the order in which Moodle tries them."""
        for right in accepts.rights:
            number = accepts.text if right is accepts.rights[0] else _plain(right.centre)
            yield RIGHT, number, _plain(right.tolerance), layout.praise(right)
        for slip in accepts.slips:
            yield WRONG, slip.text, _plain((slip.high - slip.low) / 2), layout.advice(slip)

    # -- one question for each box ---------------------------------------------------------------------------

    def _single(self, variant: Variant, page: Page, blank: Blank) -> str:
        accepts = blank.accepts
        kind, answers = self._answers(accepts)
        body = page.single(blank, lambda _: "?")
        grade = f"<defaultgrade>{blank.points}</defaultgrade><penalty>{PENALTY}</penalty><hidden>0</hidden>"
        name, code = f"{variant.code} {blank.label} {blank.name}", f"{variant.code}-{blank.label}"
        return self._question(kind, name, body, page.worked([blank.label]), code, grade, "".join(answers))

    def _answers(self, accepts: Accepts) -> tuple[str, list[str]]:
        """The type of the question, and its answers with all that belongs to them."""
        match accepts:
            case Number():
                found = [
                    _answer(fraction, number, said, f"<tolerance>{tolerance}</tolerance>")
                    for fraction, number, tolerance, said in self._numbers(accepts, self.layout)
                ]
                unknown = self.layout.phrase("quiz_unknown")
                units = "<unitgradingtype>0</unitgradingtype><unitpenalty>0.1</unitpenalty><showunits>3</showunits>"
                return "numerical", [
                    *found,
                    _answer(WRONG, "*", unknown, "<tolerance>0</tolerance>"),
                    f"{units}<unitsleft>0</unitsleft>",
                ]
            case Choice(offers):
                say = self.layout.sentence
                listed = [
                    _answer(RIGHT if offer.right else WRONG, cdata(self._shown(offer)), say(offer.words), format="html")
                    for offer in offers
                ]
                return "multichoice", [
                    "<single>true</single><shuffleanswers>false</shuffleanswers><answernumbering>none</answernumbering>",
                    *listed,
                ]
            case Spelling(ways):
                return "shortanswer", ["<usecase>0</usecase>", *(_answer(RIGHT, text(way), "") for way in ways)]

    def _shown(self, offer: Offer) -> str:
        return f"{offer.letter}: {self.layout.row.text(self.layout.number(offer.text))}"

    def _question(self, kind: str, name: str, body: str, worked: str, code: str, more: str, answers: str = "") -> str:
        return (
            f'<question type="{kind}"><name><text>{text(name)}</text></name>\n'
            f'<questiontext format="html"><text>{cdata(body)}</text>{self.files}</questiontext>\n'
            f'<generalfeedback format="html"><text>{cdata(worked)}</text></generalfeedback>\n'
            f"{more}<idnumber>{text(code)}</idnumber>\n{answers}</question>\n"
        )


def _file(name: str, content: str) -> str:
    return f'<file name="{name}" path="/" encoding="base64">{b64encode(content.encode()).decode()}</file>'


def _answer(fraction: str, answer: str, said: str, more: str = "", format: str = "moodle_auto_format") -> str:
    feedback = f'<feedback format="html"><text>{cdata(said)}</text></feedback>' if said else ""
    return f'<answer fraction="{fraction}" format="{format}"><text>{answer}</text>{more}{feedback}</answer>\n'


def _fraction(offer: Offer) -> str:
    return "=" if offer.right else f"%{WRONG}%"


def _cloze(markup: str) -> str:
    """HTML inside of a place for an answer.

    >>> _cloze("a<sub>5</sub> &lt; {2}")
    'a<sub>5</sub> &amp;lt; &#123;2&#125;'
    """
    return markup.translate(_CLOZE)


def _plain(number: Decimal) -> str:
    """A number with a point and without an exponent, as the file wants it in every language."""
    return plain(number)
