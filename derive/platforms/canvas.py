"""Canvas: a package of QTI 1.2 with a quiz for each variant; each box is a question that repeats what is given.

Canvas takes every condition on a number for a right answer, whatever the file says of its score. So a question has
conditions for what is right and none for what is not: the numbers that known mistakes give stand in the feedback to a
wrong answer. A range is written by its two ends; an exact number with a margin would lose its lower half. What is
nearer to 0 than `LEAST` becomes 0 in the student's box, so no such number is asked for.
"""

from __future__ import annotations

from decimal import Decimal

from derive.diagram import Scene
from derive.errors import InputError
from derive.numbers import plain
from derive.platforms.bank import INSIDE_MEAN, Bank, Blank, Choice, Number, Right, Spelling, Variant
from derive.platforms.layout import Layout, Page
from derive.platforms.parts import packed
from derive.platforms.xml import text
from derive.render.escape import Escaped
from derive.render.png import png

LEAST = Decimal("0.0001")
MOST_LISTED = 10
"""Numbers of known mistakes in the feedback to a wrong answer, the best-known first."""
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def picture_name(position: int) -> str:
    return f"images/picture-{position}.png"


def address(scene: Scene, position: int) -> Escaped:
    """Where the page finds a picture: among the files of the course."""
    return Escaped(f"$IMS-CC-FILEBASE$/{picture_name(position)}")


def canvas(bank: Bank, single: bool) -> dict[str, bytes]:
    """The packages, none larger than a platform takes. Raises `InputError` for answers that Canvas cannot hold."""
    writer = _Writer(bank)
    pictures = {picture_name(k): png(figure.scene) for k, figure in enumerate(bank.pictures, 1)}
    return packed(map(writer.quiz, bank.variants()), pictures, manifest)


def manifest(names: list[str], pictures: list[str]) -> str:
    """What a package says of its quizzes and its pictures."""
    lines = []
    for name in names:
        lines += [
            f'<resource identifier="{name}" type="imsqti_xmlv1p2"><file href="{name}/{name}.xml"/>'
            f'<dependency identifierref="{name}-meta"/></resource>',
            f'<resource identifier="{name}-meta" type="associatedcontent/imscc_xmlv1p1/learning-application-resource" '
            f'href="{name}/assessment_meta.xml"><file href="{name}/assessment_meta.xml"/></resource>',
        ]
    lines += [
        f'<resource identifier="picture-{k}" type="webcontent" href="{name}"><file href="{name}"/></resource>'
        for k, name in enumerate(pictures, 1)
    ]
    return (
        f'{HEAD}<manifest identifier="derive" xmlns="http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1">\n'
        "<metadata><schema>IMS Content</schema><schemaversion>1.1.3</schemaversion></metadata>\n<organizations/>\n"
        "<resources>\n" + "\n".join(lines) + "\n</resources>\n</manifest>\n"
    )


class _Writer:
    """Writes the quizzes of a bank."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.layout = Layout(bank, "quiz", address)

    def quiz(self, variant: Variant) -> tuple[str, dict[str, str]]:
        """The name of a quiz and its files."""
        name, page = f"g{variant.code}", self.layout.page(variant)
        title = text(f"{self.bank.title} {variant.code}")
        self._check(variant)
        items = "\n".join(self._item(variant, page, blank) for blank in variant.blanks)
        questions = (
            f'{HEAD}<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2">'
            f'<assessment ident="{name}" title="{title}"><section ident="root_section">\n{items}\n'
            "</section></assessment></questestinterop>\n"
        )
        points = sum(blank.points for blank in variant.blanks)
        alone = f"<p>{self.layout.phrase('quiz_alone')}</p>"
        about = (
            f'{HEAD}<quiz identifier="{name}" xmlns="http://canvas.instructure.com/xsd/cccv1p0"><title>{title}</title>'
            f"<description>{text(alone)}</description>"
            "<shuffle_answers>false</shuffle_answers><scoring_policy>keep_highest</scoring_policy>"
            f"<quiz_type>assignment</quiz_type><points_possible>{points}.0</points_possible>"
            "<allowed_attempts>1</allowed_attempts><one_question_at_a_time>false</one_question_at_a_time></quiz>\n"
        )
        return name, {f"{name}/{name}.xml": questions, f"{name}/assessment_meta.xml": about}

    def _check(self, variant: Variant) -> None:
        small = [blank for blank in variant.blanks if isinstance(blank.accepts, Number) and _nearest(blank) < LEAST]
        if small:
            first, others = small[0], len(small) - 1
            assert isinstance(first.accepts, Number)
            more = f", and {others} more" if others else ""
            found = f"{first.accepts.text} in box {first.label} ({first.name}) of {variant.code}{more}"
            hint = "Canvas keeps four decimals: leave such boxes out with --ask, or choose larger inputs or weights."
            raise InputError(
                f"answers that are 0 or at least {LEAST} away from it", found, self.bank.name, "--to", hint
            )

    def _item(self, variant: Variant, page: Page, blank: Blank) -> str:
        accepts, feedback = blank.accepts, list[tuple[str, str, str]]()
        body = text(page.single(blank, lambda _: "?"))
        match accepts:
            case Number():
                kind, response, conditions = "numerical_question", _DECIMAL, _ranges(accepts)
            case Choice(offers):
                kind, response = "multiple_choice_question", self._choices(accepts)
                conditions = [_equal([offer.letter]) for offer in offers if offer.right]
                feedback = [
                    (f"{offer.letter}_fb", self.layout.sentence(offer.words), _equal([offer.letter]))
                    for offer in offers
                    if offer.words
                ]
            case Spelling(ways):
                kind, response, conditions = "short_answer_question", _WORDS, [_equal(ways)]
        feedback.append(("general_fb", page.worked([blank.label]), "<other/>"))
        if slips := self._slips(blank):
            feedback.append(("general_incorrect_fb", slips, "<other/>"))
        shown = [
            f'<respcondition continue="Yes"><conditionvar>{condition}</conditionvar>'
            f'<displayfeedback feedbacktype="Response" linkrefid="{ident}"/></respcondition>'
            for ident, _, condition in feedback
        ]
        right = [
            f'<respcondition continue="No"><conditionvar>{condition}</conditionvar>'
            '<setvar action="Set" varname="SCORE">100</setvar></respcondition>'
            for condition in conditions
        ]
        said = [
            f'<itemfeedback ident="{ident}"><flow_mat><material><mattext texttype="text/html">{text(words)}</mattext>'
            "</material></flow_mat></itemfeedback>"
            for ident, words, _ in feedback
        ]
        name = text(f"{blank.label} {blank.name}")
        return (
            f'<item ident="i{variant.code}-{blank.label}" title="{name}"><itemmetadata><qtimetadata>\n'
            f"{_field('question_type', kind)}\n{_field('points_possible', f'{blank.points}.0')}\n"
            "</qtimetadata></itemmetadata>\n"
            f'<presentation><material><mattext texttype="text/html">{body}</mattext></material>\n{response}'
            "</presentation>\n<resprocessing><outcomes>"
            '<decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/></outcomes>\n'
            + "\n".join([*shown, *right, "</resprocessing>", *said, "</item>"])
        )

    def _choices(self, accepts: Choice) -> str:
        labels = "".join(
            f'<response_label ident="{offer.letter}"><material><mattext texttype="text/plain">'
            f"{text(f'{offer.letter}: {self.layout.number(offer.text)}')}</mattext></material></response_label>"
            for offer in accepts.offers
        )
        return (
            f'<response_lid ident="response1" rcardinality="Single"><render_choice>{labels}</render_choice>'
            "</response_lid>"
        )

    def _slips(self, blank: Blank) -> str:
        """The numbers that known mistakes give, which Canvas cannot tell apart by itself."""
        accepts = blank.accepts
        if not isinstance(accepts, Number) or not accepts.slips:
            return ""
        items = "".join(
            f"<li><strong>{self.layout.number(slip.text)}</strong>: {self.layout.advice(slip)}</li>"
            for slip in accepts.slips[:MOST_LISTED]
        )
        return f"<p>{self.layout.phrase('quiz_slips')}</p><ul>{items}</ul>"


_DECIMAL = (
    '<response_str ident="response1" rcardinality="Single"><render_fib fibtype="Decimal">'
    '<response_label ident="answer1"/></render_fib></response_str>'
)
_WORDS = (
    '<response_str ident="response1" rcardinality="Single"><render_fib><response_label ident="answer1"/></render_fib>'
    "</response_str>"
)


def _nearest(blank: Blank) -> Decimal:
    """How near to 0 a right number comes that is not 0, as it would be written; `LEAST` where 0 itself is right."""
    assert isinstance(blank.accepts, Number)
    written = [Decimal(blank.accepts.text), *(Decimal(end) for end in (blank.row.low, blank.row.high) if end)]
    return LEAST if blank.accepts.accepts(Decimal(0)) else min(map(abs, written))


def _ranges(accepts: Number) -> list[str]:
    """A condition for each range of right numbers."""

    def between(right: Right) -> str:
        ends = f'<vargte respident="response1">{plain(right.low)}</vargte>'
        return f'{ends}<varlte respident="response1">{plain(right.high)}</varlte>'

    return [between(one) for one in (accepts.span, *(one for one in accepts.rights if one.why == INSIDE_MEAN))]


def _equal(values: tuple[str, ...] | list[str]) -> str:
    return "".join(f'<varequal respident="response1">{text(value)}</varequal>' for value in values)


def _field(label: str, entry: str) -> str:
    return f"<qtimetadatafield><fieldlabel>{label}</fieldlabel><fieldentry>{entry}</fieldentry></qtimetadatafield>"
