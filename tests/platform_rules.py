"""How learning platforms read and mark answers, written from descriptions of their programs. Nothing here uses derive.

A platform's file becomes a list of variants, each a list of markers; a marker takes what a student types and gives the
share of the points, from 0 to 1, and the feedback as text.
"""

import io
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from html import unescape

Marked = tuple[Fraction, str]
Marker = Callable[[str], Marked]

# -- Moodle ----------------------------------------------------------------------------------------------------

MOODLE_GRADES = "100 90 83.33333 80 75 70 66.66667 60 50 40 33.33333 30 25 20 16.66667 14.28571 12.5 11.11111 10 5 0"
"""Another one stops the whole import."""
PRECISION = Fraction(1, 10**14)
"""By which Moodle widens every tolerance."""

_FRACTION = r"(?:=|%(?:-?[0-9]+(?:[.,][0-9]*)?)%)"
_ANSWER = r".+?(?<!\\)(?<!&)(?<!&amp;)(?=[~#}]|$)"
_FEEDBACK = r".*?(?<!\\)(?=[~}]|$)"
_ALTERNATIVE = rf"{_FRACTION}?{_ANSWER}(?:#{_FEEDBACK})?"
CLOZE = re.compile(
    rf"\{{([0-9]*):(NUMERICAL|NM|MULTICHOICE_H|MULTICHOICE|MC|SHORTANSWER|SA):(~?{_ALTERNATIVE}(?:~{_ALTERNATIVE})*)\}}",
    re.DOTALL,
)
ALTERNATIVE = re.compile(rf"(=|%(-?[0-9]+(?:[.,][0-9]*)?)%)?({_ANSWER})(?:#({_FEEDBACK}))?", re.DOTALL)
NUMERIC = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_PAIR = re.compile(rf"({NUMERIC.pattern})(?::({NUMERIC.pattern}))?", re.DOTALL)


@dataclass
class Question:
    """A question of a file: its markers, and everything else that tests look at."""

    name: str
    text: str
    markers: list[Marker] = field(default_factory=list)
    points: list[int] = field(default_factory=list)
    feedback: str = ""
    code: str = ""
    first: list[str] = field(default_factory=list)
    """What is shown as the correct answer of each box."""


def plain(html: str) -> str:
    """What a reader sees of a piece of HTML: an index right behind its letter."""
    return unescape(re.sub(r"<[^>]*>", "", html))


def moodle(content: bytes) -> list[Question]:
    """The questions of a file of Moodle XML. Raises ValueError where Moodle would refuse or misread it."""
    found = []
    codes = set()
    for one in ET.fromstring(content):
        if one.get("type") == "category":
            continue
        question = Question(
            text_of(one, "name"), text_of(one, "questiontext"), feedback=text_of(one, "generalfeedback")
        )
        question.code = one.findtext("idnumber", "")
        if question.code in codes:
            raise ValueError(f"the idnumber {question.code} stands twice in a category")
        codes.add(question.code)
        for picture in re.findall(r'src="@@PLUGINFILE@@/([^"]*)"', question.text):
            if not any(file.get("name") == picture and file.text for file in one.iter("file")):
                raise ValueError(f"no file {picture}")
        {"cloze": _cloze}.get(one.get("type", ""), _single)(one, question)
        found.append(question)
    return found


def text_of(one: ET.Element, tag: str) -> str:
    return one.findtext(f"{tag}/text", "")


def _cloze(one: ET.Element, question: Question) -> None:
    for match in CLOZE.finditer(question.text):
        points, kind, alternatives = match.groups()
        answers = []
        at = 0
        while at < len(alternatives):
            part = ALTERNATIVE.match(alternatives, at)
            if part is None:
                raise ValueError(f"no answer at {alternatives[at : at + 40]!r}")
            share, fraction, answer, said = part.groups()
            grade = Fraction(1) if share == "=" else Fraction(fraction or 0) / 100
            answers.append((grade, answer, unescape((said or "").replace(r"\}", "}").replace(r"\#", "#"))))
            at = part.end() + 1
        question.points.append(int(points or 1))
        shown = next(plain(unescape(answer)) for grade, answer, _ in answers if grade == 1)
        question.first.append(shown.partition(":")[0])
        if kind in ("NUMERICAL", "NM"):
            question.markers.append(_numerical([(g, *_number_and_tolerance(a), f) for g, a, f in answers]))
        else:
            question.markers.append(_spelt([(g, unescape(a), f) for g, a, f in answers], kind.startswith("M")))


def _number_and_tolerance(answer: str) -> tuple[str, str]:
    match = _PAIR.fullmatch(answer)
    if match is None:
        raise ValueError(f"{answer!r} is no number with a tolerance")
    return match[1], match[2] or "0"


def _single(one: ET.Element, question: Question) -> None:
    answers = []
    for answer in one.findall("answer"):
        fraction = answer.get("fraction", "")
        if fraction not in MOODLE_GRADES.split():
            raise ValueError(f"Grades ({fraction}) do not match grade options")
        answers.append((Fraction(fraction) / 100, answer.findtext("text", ""), answer.findtext("tolerance", "0"),
                        answer.findtext("feedback/text", "")))  # fmt: skip
    question.points.append(int(one.findtext("defaultgrade", "1")))
    question.first.append(next(plain(text) for grade, text, _, _ in answers if grade == 1))
    if one.get("type") == "numerical":
        question.markers.append(_numerical(answers))
    elif one.get("type") in ("multichoice", "shortanswer"):
        found = [(grade, text, feedback) for grade, text, _, feedback in answers]
        question.markers.append(_spelt(found, one.get("type") == "multichoice"))
    else:
        raise ValueError(f"no question of type {one.get('type')}")


def _numerical(answers: list[tuple[Fraction, str, str, str]]) -> Marker:
    """The first answer in the order of the file in whose tolerance the response lies; `*` is everything."""

    def mark(response: str) -> Marked:
        if not NUMERIC.fullmatch(response.strip()):
            return Fraction(0), "invalid"
        value = Fraction(response.strip())
        for grade, number, tolerance, feedback in answers:
            if number == "*" or abs(value - Fraction(number)) <= Fraction(tolerance) + PRECISION:
                return grade, plain(feedback)
        return Fraction(0), ""

    return mark


def _spelt(answers: list[tuple[Fraction, str, str]], choice: bool) -> Marker:
    """An answer by its text, in small letters where words are typed; of a choice by its letter."""

    def mark(response: str) -> Marked:
        for grade, text, feedback in answers:
            shown = plain(text)
            if shown.partition(":")[0] == response if choice else shown.lower() == response.strip().lower():
                return grade, plain(feedback)
        return Fraction(0), ""

    return mark


# -- Canvas ----------------------------------------------------------------------------------------------------

NEAREST = Fraction(1, 10**4)
"""What is nearer to 0 becomes 0 in the box of a student."""
_IMS = {"q": "http://www.imsglobal.org/xsd/ims_qtiasiv1p2", "m": "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"}


def canvas(content: bytes) -> list[Question]:
    """The quizzes of a package, each as one question with all its boxes. Raises ValueError for what is missing."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    names = set(archive.namelist())
    manifest = ET.fromstring(archive.read("imsmanifest.xml"))
    listed = {file.get("href", "") for file in manifest.iterfind(".//m:file", _IMS)}
    if listed != names - {"imsmanifest.xml"}:
        raise ValueError(f"the manifest and the package differ in {sorted(listed ^ (names - {'imsmanifest.xml'}))}")
    found, seen = [], set()
    for resource in manifest.iterfind(".//m:resource[@type='imsqti_xmlv1p2']", _IMS):
        root = ET.fromstring(archive.read(resource.find("m:file", _IMS).get("href")))  # type: ignore[union-attr, arg-type]
        assessment = root.find("q:assessment", _IMS)
        assert assessment is not None
        quiz = Question(assessment.get("title", ""), "")
        for item in assessment.iterfind(".//q:item", _IMS):
            if item.get("ident") in seen:
                raise ValueError(f"{item.get('ident')} stands twice")
            seen.add(item.get("ident"))
            fields = {
                one.findtext("q:fieldlabel", "", _IMS): one.findtext("q:fieldentry", "", _IMS)
                for one in item.iterfind(".//q:qtimetadatafield", _IMS)
            }
            quiz.points.append(int(Fraction(fields["points_possible"])))
            body = item.findtext("q:presentation/q:material/q:mattext", "", _IMS)
            for picture in re.findall(r'src="\$IMS-CC-FILEBASE\$/([^"]*)"', body):
                if picture not in names or not picture.endswith(".png"):
                    raise ValueError(f"no picture {picture}")
            quiz.text += body
            quiz.markers.append(canvas_item(item, fields["question_type"]))
        found.append(quiz)
    return found


def canvas_item(item: ET.Element, kind: str) -> Marker:
    said = {
        one.get("ident", ""): plain(one.findtext(".//q:mattext", "", _IMS))
        for one in item.iterfind("q:itemfeedback", _IMS)
    }
    conditions = list(item.iterfind("q:resprocessing/q:respcondition", _IMS))
    if kind == "numerical_question":
        # Whatever a condition sets: every one on a number is an answer of 100 percent.
        ranges = [found for one in conditions if (found := _range(one)) is not None]

        def mark(response: str) -> Marked:
            if not NUMERIC.fullmatch(response):
                return Fraction(0), "invalid"
            value = Fraction(response)
            value = Fraction(0) if abs(value) < NEAREST else value
            right = any(low <= value <= high for low, high in ranges)
            return Fraction(int(right)), "" if right else said.get("general_incorrect_fb", "")

        return mark

    def equal(response: str) -> Marked:
        found = Fraction(0)
        for one in conditions:
            values = [value.text or "" for value in one.iterfind(".//q:varequal", _IMS)]
            same = response in values or (
                kind == "short_answer_question" and response.strip().lower() in map(str.lower, values)
            )
            if one.find("q:setvar", _IMS) is not None and same:
                found = Fraction(1)
        return found, said.get(f"{response}_fb", "")

    return equal


def _range(condition: ET.Element) -> tuple[Fraction, Fraction] | None:
    """The numbers that a condition accepts; an exact one with a margin has the upper margin on both sides."""
    ends = {
        name: [Fraction(one.text or "") for one in condition.iterfind(f".//q:{name}", _IMS)]
        for name in ("varequal", "vargte", "varlte", "vargt", "varlt")
    }
    if not any(ends.values()):
        return None
    if ends["varequal"]:
        exact, upper = ends["varequal"][0], (ends["varlte"] or ends["varequal"])[0]
        return exact - (upper - exact), upper
    return ends["vargte"][0], ends["varlte"][0]


# -- GIFT ------------------------------------------------------------------------------------------------------

_ESCAPED = {f"\\{mark}": chr(0xE000 + place) for place, mark in enumerate("~=#{}:\\")}
_BACK = {chr(0xE000 + place): mark for place, mark in enumerate("~=#{}:\\")}


def gift(content: bytes) -> list[Question]:
    """The questions of a GIFT file. Raises ValueError where a mark that is none would be taken for one."""
    found = []
    category, *blocks = [block for block in content.decode().split("\n\n") if block.strip()]
    if not category.startswith("$CATEGORY: "):
        raise ValueError("no category")
    for block in blocks:
        hidden = re.sub(r"\\[~=#{}:\\]", lambda match: _ESCAPED[match[0]], block)
        match = re.fullmatch(r"::([^:]*)::\[html\]([^{}]*)\{(#?)([^{}]*)\}\s*", hidden)
        if match is None:
            raise ValueError(f"no question: {block[:80]}")
        title, body, numeric, answers = match.groups()
        answers, _, general = answers.partition("####")
        question = Question(_shown(title), _shown(body), feedback=_shown(general), points=[1])
        read = [
            (mark, Fraction(fraction or (100 if mark == "=" else 0)) / 100, _shown(answer.strip()), _shown(said or ""))
            for mark, fraction, answer, said in re.findall(r"([=~])(?:%(-?[0-9.]+)%)?([^=~#]*)(?:#([^=~#]*))?", answers)
        ]
        if numeric:
            question.markers = [_numerical([(g, *_number_and_tolerance(a), f) for _, g, a, f in read])]
        else:
            choice = any(mark == "~" for mark, *_ in read)
            question.markers = [_spelt([(g, a, f) for _, g, a, f in read], choice)]
        question.first.append(next(answer for _, grade, answer, _ in read if grade == 1).partition(":")[0])
        found.append(question)
    return found


def _shown(text: str) -> str:
    return "".join(_BACK.get(character, character) for character in text)


# -- QTI 2.1 ---------------------------------------------------------------------------------------------------

QTI = "{http://www.imsglobal.org/xsd/imsqti_v2p1}"
MATHS = "{http://www.w3.org/1998/Math/MathML}"
INLINE = frozenset(["strong", "em", "code", "span", "img", "sub", "sup", "br"])
INTERACTIONS = frozenset(("textEntryInteraction", "inlineChoiceInteraction"))
BLOCKS = frozenset(["p", "h4", "ul", "table", "div"])
INSIDE: dict[str, frozenset[str]] = {
    "itemBody": BLOCKS,
    "modalFeedback": BLOCKS | INLINE,
    "p": INLINE | INTERACTIONS,
    "h4": INLINE,
    "li": INLINE,
    "td": INLINE | INTERACTIONS,
    "th": INLINE,
    "div": BLOCKS,
    "strong": INLINE,
    "em": INLINE,
    "code": frozenset(),
    "span": INLINE,
    "sub": INLINE,
    "sup": INLINE,
    "ul": frozenset(["li"]),
    "table": frozenset(["thead", "tbody"]),
    "thead": frozenset(["tr"]),
    "tbody": frozenset(["tr"]),
    "tr": frozenset(["td", "th"]),
    "inlineChoiceInteraction": frozenset(["inlineChoice"]),
    "inlineChoice": frozenset(),
    "textEntryInteraction": frozenset(),
    "img": frozenset(),
}
"""What may stand in what, of the elements that are used; MathML may stand wherever words may."""
ATTRIBUTES = {
    "img": {"src", "alt"},
    "th": {"scope"},
    "textEntryInteraction": {"responseIdentifier", "expectedLength"},
    "inlineChoiceInteraction": {"responseIdentifier", "shuffle"},
    "inlineChoice": {"identifier"},
    "modalFeedback": {"outcomeIdentifier", "identifier", "showHide"},
}
ORDER = ("responseDeclaration", "outcomeDeclaration", "itemBody", "responseProcessing", "modalFeedback")
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def qti21(content: bytes) -> list[Question]:
    """The items of a package. Raises ValueError for what the schema, as far as it is used, would not allow."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    names = set(archive.namelist())
    manifest = ET.fromstring(archive.read("imsmanifest.xml"))
    resources = [one for one in manifest.iter() if one.get("type") == "imsqti_item_xmlv2p1"]
    found = []
    for resource in resources:
        files = {one.get("href", "") for one in resource}
        if not files <= names or resource.get("href") not in files:
            raise ValueError(f"no file of {sorted(files)}")
        found.append(qti_item(ET.fromstring(archive.read(resource.get("href", ""))), files))
    return found


def qti_item(root: ET.Element, files: set[str]) -> Question:
    """One item."""
    kinds = [bare(one) for one in root]
    if bare(root) != "assessmentItem" or sorted(kinds, key=ORDER.index) != kinds or kinds.count("itemBody") != 1:
        raise ValueError(f"elements of an item in this order: {kinds}")
    for name in (root.get("identifier", ""), *(one.get("identifier", "_") for one in root.iter())):
        if not IDENTIFIER.fullmatch(name):
            raise ValueError(f"the identifier {name!r}")
    declared = {one.get("identifier", ""): one for one in root if bare(one) == "responseDeclaration"}
    said = {one.get("identifier", ""): one for one in root if bare(one) == "modalFeedback"}
    if len(said) != kinds.count("modalFeedback"):
        raise ValueError("two feedbacks of one name")
    for one in root:
        if bare(one) in INSIDE:
            _allowed(one)
    for picture in root.iter(f"{QTI}img"):
        if picture.get("src") not in files or not picture.get("alt"):
            raise ValueError(f"no picture {picture.get('src')}, or no words for it")
    body = root.find(f"{QTI}itemBody")
    processing = root.find(f"{QTI}responseProcessing")
    assert body is not None and processing is not None
    asked = [one.get("responseIdentifier", "") for one in body.iter() if bare(one) in INTERACTIONS]
    if sorted(asked) != sorted(declared):
        raise ValueError("boxes and declarations differ")
    used = {one.get("identifier", "") for one in processing.iter(f"{QTI}variable")}
    shown = {value.text or "" for value in processing.iter(f"{QTI}baseValue") if value.get("baseType") == "identifier"}
    if not used <= {*declared, "SCORE", "FEEDBACK"} or not set(said) <= shown:
        raise ValueError("what is processed is not declared, or a feedback is never shown")
    question = Question(root.get("title", ""), "".join(body.itertext()))
    question.feedback = "".join(said["worked"].itertext())
    words = {name: " ".join("".join(one.itertext()).split()) for name, one in said.items()}
    for name in asked:
        right = declared[name].findtext(f"{QTI}correctResponse/{QTI}value", "")
        question.first.append(right)
        top = _processed(processing, name, right, declared[name].get("baseType", ""))[0]
        question.points.append(int(top))
        question.markers.append(_qti_marker(processing, name, declared[name].get("baseType", ""), top, words))
    return question


def _qti_marker(processing: ET.Element, name: str, kind: str, top: Fraction, words: dict[str, str]) -> Marker:
    def mark(response: str) -> Marked:
        if kind == "float" and not NUMERIC.fullmatch(response):
            return Fraction(0), "invalid"
        score, shown = _processed(processing, name, response, kind)
        return score / top, " ".join(words[one] for one in shown if one != "worked")

    return mark


def _processed(processing: ET.Element, name: str, response: str, kind: str) -> tuple[Fraction, list[str]]:
    """The score and the feedback when one box has a response and all others are empty."""
    score, shown = Fraction(0), list[str]()
    for rule in processing:
        chosen = [rule]
        if bare(rule) == "responseCondition":
            chosen = next(([*case][1:] for case in rule if _holds(case[0], name, response, kind)), [])
        for one in chosen:
            value = one.find(f".//{QTI}baseValue")
            assert value is not None
            if one.get("identifier") == "SCORE":
                score += Fraction(value.text or "")
            else:
                shown.append(value.text or "")
    return score, shown


def _holds(test: ET.Element, name: str, response: str, kind: str) -> bool:
    """Whether a condition holds; on a box that is empty none does."""
    inner = [*test]
    match bare(test):
        case "and":
            return all(_holds(one, name, response, kind) for one in inner)
        case "or":
            return any(_holds(one, name, response, kind) for one in inner)
    variable, value = inner
    if variable.get("identifier") != name:
        return False
    if value.get("baseType") != kind:
        raise ValueError(f"{value.get('baseType')} compared with {kind}")
    text = value.text or ""
    match bare(test):
        case "gte":
            return Fraction(response) >= Fraction(text)
        case "lte":
            return Fraction(response) <= Fraction(text)
        case "lt":
            return Fraction(response) < Fraction(text)
        case "match":
            return response == text
        case "stringMatch":
            return response.lower() == text.lower() if test.get("caseSensitive") == "false" else response == text
    raise ValueError(f"no rule for {bare(test)}")


def _allowed(element: ET.Element) -> None:
    """Raises ValueError where an element may not stand in another one."""
    name = bare(element)
    if set(element.attrib) - ATTRIBUTES.get(name, set()):
        raise ValueError(f"{name} has {sorted(element.attrib)}")
    words = name not in ("itemBody", "ul", "table", "thead", "tbody", "tr", "inlineChoiceInteraction", "img")
    for one in element:
        if one.tag.startswith(MATHS):
            if not words or bare(one) != "math":
                raise ValueError(f"a formula in {name}")
            continue
        if not one.tag.startswith(QTI) or bare(one) not in INSIDE[name]:
            raise ValueError(f"{one.tag} in {name}")
        _allowed(one)
    texts = [element.text, *(one.tail for one in element)]
    if not words and any((text or "").strip() for text in texts):
        raise ValueError(f"words in {name}")


def bare(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


READERS: dict[str, Callable[[bytes], list[Question]]] = {
    "moodle": moodle,
    "canvas": canvas,
    "gift": gift,
    "qti21": qti21,
}
"""How each platform reads a file."""
