"""QTI 2.1: a package with an item for each variant, or for each box, with MathML.

An item adds up what its boxes earn. The right ranges of a box are tried first, then the numbers that known mistakes
give; each of these sets a feedback of its own. In the end everybody gets the lines with their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.diagram import Scene, to_svg
from derive.numbers import plain
from derive.platforms.bank import EXACT, Bank, Blank, Choice, Number, Offer, Right, Slip, Spelling, Variant
from derive.platforms.layout import Layout
from derive.platforms.parts import packed
from derive.platforms.xml import text
from derive.render.escape import Escaped

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
SPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1"
WORKED = "worked"
EXPECTED = 10
"""Characters that a box has room for."""


def picture_name(position: int) -> str:
    return f"picture-{position}.svg"


def address(scene: Scene, position: int) -> Escaped:
    """Where an item finds a picture: beside it."""
    return Escaped(picture_name(position))


def qti21(bank: Bank, single: bool) -> dict[str, bytes]:
    """The packages, none larger than a platform takes."""
    writer = _Writer(bank)
    pictures = {picture_name(k): to_svg(figure.scene).encode() for k, figure in enumerate(bank.pictures, 1)}
    items = (item for variant in bank.variants() for item in writer.items(variant, single))
    return packed(((name, {f"{name}.xml": content}) for name, content in items), pictures, manifest)


def manifest(names: list[str], pictures: list[str]) -> str:
    """What a package says of its items; each needs all pictures."""
    files = "".join(f'<file href="{name}"/>' for name in pictures)
    resources = "\n".join(
        f'<resource identifier="{name}" type="imsqti_item_xmlv2p1" href="{name}.xml"><file href="{name}.xml"/>{files}'
        "</resource>"
        for name in names
    )
    return (
        f'{HEAD}<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="derive">\n'
        "<metadata><schema>QTIv2.1 Package</schema><schemaversion>1.0.0</schemaversion></metadata>\n"
        f"<organizations/>\n<resources>\n{resources}\n</resources>\n</manifest>\n"
    )


class _Writer:
    """Writes the items of a bank."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.layout = Layout(bank, "qti", address)

    def items(self, variant: Variant, single: bool) -> Iterator[tuple[str, str]]:
        """The identifiers and contents of the items of a variant."""
        page = self.layout.page(variant)
        if not single:
            title = f"{self.bank.title} {variant.code}"
            body = page.whole(self._place)
            yield f"i{variant.code}", self._item(f"i{variant.code}", title, body, variant.blanks, page.worked())
            return
        for blank in variant.blanks:
            name = f"i{variant.code}-{blank.label}"
            title, body = f"{variant.code} {blank.label} {blank.name}", page.single(blank, self._place)
            yield name, self._item(name, title, body, [blank], page.worked([blank.label]))

    def _item(self, name: str, title: str, body: str, blanks: Sequence[Blank], worked: str) -> str:
        declared = "\n".join(map(_declared, blanks))
        points = sum(blank.points for blank in blanks)
        conditions = "\n".join(map(_condition, blanks))
        said = "\n".join(
            _modal(ident, words) for blank in blanks for ident, words in self._feedback(blank)
        )  # fmt: skip
        return (
            f'{HEAD}<assessmentItem xmlns="{SPACE}" identifier="{name}" title="{text(title)}" adaptive="false" '
            f'timeDependent="false">\n{declared}\n'
            '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float">'
            "<defaultValue><value>0</value></defaultValue></outcomeDeclaration>\n"
            '<outcomeDeclaration identifier="MAXSCORE" cardinality="single" baseType="float">'
            f"<defaultValue><value>{points}</value></defaultValue></outcomeDeclaration>\n"
            '<outcomeDeclaration identifier="FEEDBACK" cardinality="multiple" baseType="identifier"/>\n'
            f"<itemBody>\n{body}\n</itemBody>\n<responseProcessing>\n{conditions}\n{_shows(WORKED)}\n"
            f"</responseProcessing>\n{said}\n{_modal(WORKED, worked)}\n</assessmentItem>\n"
        )

    def _place(self, blank: Blank) -> str:
        """The place for an answer; it stands in a line."""
        match blank.accepts:
            case Choice(offers):
                inner = "".join(
                    f'<inlineChoice identifier="{offer.letter}">{text(self._shown(offer))}</inlineChoice>'
                    for offer in offers
                )
                return (
                    f'<inlineChoiceInteraction responseIdentifier="{_response(blank)}" shuffle="false">{inner}'
                    "</inlineChoiceInteraction>"
                )
        return f'<textEntryInteraction responseIdentifier="{_response(blank)}" expectedLength="{EXPECTED}"/>'

    def _shown(self, offer: Offer) -> str:
        return f"{offer.letter}: {self.layout.number(offer.text)}"

    def _feedback(self, blank: Blank) -> Iterator[tuple[str, str]]:
        """The feedback of a box, by identifier."""
        match blank.accepts:
            case Number() as number:
                for right in number.rights:
                    if right.why != EXACT:
                        yield _said_of(blank, right), f"<p>{blank.label}: {self.layout.praise(right)}</p>"
                for slip in number.slips:
                    yield _said_of(blank, slip), f"<p>{blank.label}: {self.layout.advice(slip)}</p>"
            case Choice(offers):
                for offer in offers:
                    if offer.words:
                        yield _said_of(blank, offer), f"<p>{blank.label}: {self.layout.sentence(offer.words)}</p>"


def _response(blank: Blank) -> str:
    return f"R{blank.label}"


def _said_of(blank: Blank, what: Right | Slip | Offer) -> str:
    """The identifier of the feedback on an answer."""
    match what:
        case Right(why=why):
            return f"F{blank.label}-{why}"
        case Slip(text=number):
            return f"F{blank.label}-{number}".replace("--", "-minus")
        case Offer(letter=letter):
            return f"F{blank.label}-{letter}"


def _declared(blank: Blank) -> str:
    """What an answer is, and the right one that is shown."""
    match blank.accepts:
        case Number(number):
            kind, right = "float", number
        case Choice(offers):
            kind, right = "identifier", next(offer.letter for offer in offers if offer.right)
        case Spelling(ways):
            kind, right = "string", text(ways[0])
    return (
        f'<responseDeclaration identifier="{_response(blank)}" cardinality="single" baseType="{kind}">'
        f"<correctResponse><value>{right}</value></correctResponse></responseDeclaration>"
    )


def _condition(blank: Blank) -> str:
    """What an answer earns, and what is said of it: the first case that holds."""
    cases: list[tuple[str, str]] = []
    response = f'<variable identifier="{_response(blank)}"/>'
    earns = _earns(blank.points)
    match blank.accepts:
        case Number() as number:
            for right in number.rights:
                said = "" if right.why == EXACT else _shows(_said_of(blank, right))
                cases.append((_between(response, plain(right.low), plain(right.high), "lte"), earns + said))
            for slip in number.slips:
                between = _between(response, plain(slip.low), plain(slip.high), "lt")
                cases.append((between, _shows(_said_of(blank, slip))))
        case Choice(offers):
            for offer in offers:
                value = f'<baseValue baseType="identifier">{offer.letter}</baseValue>'
                then = earns if offer.right else _shows(_said_of(blank, offer)) if offer.words else ""
                if then:
                    cases.append((f"<match>{response}{value}</match>", then))
        case Spelling(ways):
            each = "".join(
                f'<stringMatch caseSensitive="false">{response}<baseValue baseType="string">{text(way)}</baseValue>'
                "</stringMatch>"
                for way in ways
            )
            cases.append((f"<or>{each}</or>", earns))
    (first, then), *others = cases
    more = "".join(f"\n<responseElseIf>{test}{rule}</responseElseIf>" for test, rule in others)
    return f"<responseCondition>\n<responseIf>{first}{then}</responseIf>{more}\n</responseCondition>"


def _between(response: str, low: str, high: str, below: str) -> str:
    ends = (f'{response}<baseValue baseType="float">{end}</baseValue>' for end in (low, high))
    first, last = ends
    return f"<and><gte>{first}</gte><{below}>{last}</{below}></and>"


def _earns(points: int) -> str:
    return (
        '<setOutcomeValue identifier="SCORE"><sum><variable identifier="SCORE"/>'
        f'<baseValue baseType="float">{points}</baseValue></sum></setOutcomeValue>'
    )


def _shows(identifier: str) -> str:
    return (
        '<setOutcomeValue identifier="FEEDBACK"><multiple><variable identifier="FEEDBACK"/>'
        f'<baseValue baseType="identifier">{identifier}</baseValue></multiple></setOutcomeValue>'
    )


def _modal(identifier: str, words: str) -> str:
    return (
        f'<modalFeedback outcomeIdentifier="FEEDBACK" identifier="{identifier}" showHide="show">{words}</modalFeedback>'
    )
