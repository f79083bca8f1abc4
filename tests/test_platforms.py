"""Questions for learning platforms: every answer is marked, by the platform's own rules, as the derivation says."""

import io
import json
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from platform_rules import READERS, Question, canvas_item, moodle, qti_item
from platform_sheets import beyond, by_hand, faults, told
from small_networks import network
from test_mistakes import KEYS, NOT_BY_HAND
from tools.needs import ROOT

import derive
from derive.check.judge import Judge
from derive.cli import main
from derive.cli.export import TO
from derive.errors import InputError
from derive.numbers import padded
from derive.platforms import PLATFORMS, Bank, files_of
from derive.platforms.bank import Blank, Number, Slip, Variant
from derive.platforms.parts import in_parts
from derive.work import Sheet, Stated
from derive.worksheet import SheetOptions

GOLDENS = ROOT / "tests" / "data" / "platforms"
HOSTILE = "~ } # & < ]]> \" ' { {1:NUMERICAL:=5} \\(x\\) $y$ = : % // </text> &#125; \\"
VARIANTS = 8
NOTEBOOKS = ("nbgrader", "prairielearn")
"""What is marked by a program; it has tests of its own."""
TINY = network(1, 1) | {"title": HOSTILE}
"""One unit, so that a golden file can be read."""
PROBLEMS = ("mazur", "hmkcode", "rohan-relu", "netflow", "caispp", "circuit", "rnn", "attention", "batch-norm")
BY_HAND = [key for key in KEYS if key not in NOT_BY_HAND]


@cache
def own(name: str) -> Bank:
    """A built-in example with its own numbers."""
    return Bank(name, None, SheetOptions())


def questions(bank: Bank, to: str, single: bool = False) -> list[Question]:
    """The questions in the files for a platform, as the platform reads them."""
    return [one for content in files_of(bank, to, single).values() for one in READERS[to](content)]


def markers(bank: Bank, to: str, single: bool = False) -> list[Any]:
    """The markers of every box, variant by variant."""
    return [marker for one in questions(bank, to, single) for marker in one.markers]


def places(bank: Bank, blanks: Sequence[Blank]) -> list[int]:
    return [bank.sheet.policy.shown_places(blank.quantity) for blank in blanks]


def numbers(variant: Variant) -> list[Blank]:
    return [blank for blank in variant.blanks if isinstance(blank.accepts, Number)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class set."""
    place = tmp_path_factory.mktemp("platforms") / "quiz"
    derive.worksheets("mazur", VARIANTS, seed=11, output=place, ask=("gradients", "weights"))
    return place


def test_command_and_table_name_the_same_platforms() -> None:
    assert set(TO) == set(PLATFORMS) == {*READERS, *NOTEBOOKS}


# -- what is right, what is wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize("to", READERS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_right_numbers_earn_everything_and_others_nothing(name: str, to: str) -> None:
    """The exact answer, everything that rounding on the way reaches, and what lies beyond it."""
    bank = own(name)
    variant = next(bank.variants())
    rows, decimals = [blank.row for blank in variant.blanks], places(bank, variant.blanks)
    for single in {not PLATFORMS[to].whole, PLATFORMS[to].single}:
        found = markers(bank, to, single)
        assert len(found) == len(rows) > 10
        assert list(faults(rows, found, decimals)) == []
        assert list(beyond(rows, found, decimals)) == []


@pytest.mark.parametrize("to", READERS)
def test_every_variant_of_a_set_has_its_own_answers(folder: Path, to: str) -> None:
    bank = Bank(folder, None, SheetOptions())
    variants = list(bank.variants())
    found = iter(markers(bank, to, not PLATFORMS[to].whole))
    assert len(variants) == len({variant.code for variant in variants}) == VARIANTS
    for variant in variants:
        own = [next(found) for _ in variant.blanks]
        rows, decimals = [blank.row for blank in variant.blanks], places(bank, variant.blanks)
        assert [*faults(rows, own, decimals), *beyond(rows, own, decimals)] == []
    assert next(found, None) is None


@pytest.mark.parametrize("name", ["mazur", "hmkcode", "rohan", "rohan-relu"])
@pytest.mark.parametrize("to", [to for to in READERS if PLATFORMS[to].tells])
def test_mistakes_made_by_hand_are_told(name: str, to: str) -> None:
    """Whoever makes a known mistake earns nothing where it first shows, and hears of it, or of one that looks the same.

    The calculation is one that is written without derive.
    """
    bank = own(name)
    variant = next(bank.variants())
    found = markers(bank, to, not PLATFORMS[to].whole)
    table = json.loads(bank.sheet.solution.problem.model_dump_json(exclude_none=True))
    rows = [blank.row for blank in variant.blanks]
    counts = Counter(
        told(found[at], text, key) for key, at, text in by_hand(table, rows, places(bank, variant.blanks), BY_HAND)
    )
    assert counts.total() > 30 and counts["named"] >= 0.9 * counts.total(), counts


def judged(bank: Bank, judge: Judge, variant: Variant, blank: Blank, slip: Slip) -> Any:
    """What the judge says of a foreseen number on a sheet that is right up to it."""
    stated = []
    for line, one in enumerate(numbers(variant), 1):
        assert isinstance(one.accepts, Number)
        text = slip.text if one is blank else padded(one.accepts.text, bank.sheet.policy.shown_places(one.quantity))
        decimals = len(text.partition(".")[2])
        stated.append(Stated(one.quantity, text, Fraction(text), decimals, line, one.name))
        if one is blank:
            break
    return next(r for r in judge.mark(Sheet(values=tuple(stated))).results if r.quantity == blank.quantity)


@pytest.mark.parametrize("name", ["mazur", "rohan", "caispp", "circuit", "rnn"])
def test_export_and_check_say_the_same(name: str) -> None:
    """No foreseen number is right to the judge, who names the same mistakes, or finds too many to name one."""
    bank = own(name)
    variant = next(bank.variants())
    judge = Judge(bank.sheet.solution, printed=not bank.sheet.problem.rounding.carry)
    cases = [(blank, slip) for blank in numbers(variant) for slip in blank.accepts.slips]  # type: ignore[union-attr]
    counts: Counter[str] = Counter()
    for blank, slip in cases[:: max(1, len(cases) // 60)]:
        found = judged(bank, judge, variant, blank, slip)
        assert not found.right and found.verdict != "follows", (blank.name, slip.text, found.verdict)
        mine, other = ({one.key for one in some} for some in (slip.explanations, found.explanations))
        counts["same" if mine & other else "undecided" if not other else "other"] += 1
    assert counts.total() >= 50 and counts["same"] >= 0.85 * counts.total(), counts
    assert counts["other"] <= 0.04 * counts.total(), counts


@pytest.mark.parametrize("name", ["netflow", "mazur", "rohan-relu"])
def test_no_known_mistake_is_told_near_a_right_number(name: str) -> None:
    """Where rounding could turn a wrong number into a right one, nothing is said, and two wrong ones are apart."""
    bank = own(name)
    beside = 0
    for blank in numbers(next(bank.variants())):
        accepts = blank.accepts
        assert isinstance(accepts, Number)
        foreseen = {Decimal(one.text) for one in bank._foresight.with_numbers({}).wrong(blank.quantity)}
        told = {Decimal(slip.text) for slip in accepts.slips}
        assert len(told) == len(accepts.slips) and told <= foreseen
        for slip in accepts.slips:
            assert all(slip.high < right.low or slip.low > right.high for right in accepts.rights)
        beside += len(foreseen - told)
    assert beside > 0


# -- kinds of questions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", READERS)
def test_choices_are_letters(to: str) -> None:
    """The right letter earns everything, any other nothing, with what is said of its mistake."""
    bank = Bank("mazur", None, SheetOptions(choice=3, ask=("deltas", "gradients")))
    variant = next(bank.variants())
    for blank, marker in zip(variant.blanks, markers(bank, to, not PLATFORMS[to].whole), strict=True):
        if blank.row.exact in "ABCDE":
            assert {letter: marker(letter)[0] for letter in "ABC"} == {
                letter: int(letter == blank.row.exact) for letter in "ABC"
            }


@pytest.mark.parametrize("to", READERS)
def test_mistakes_to_find(to: str) -> None:
    """The line, the value and the letter of the reason."""
    bank = Bank("mazur", None, SheetOptions(find=2))
    variant = next(bank.variants())
    found = markers(bank, to, not PLATFORMS[to].whole)
    assert [marker(blank.row.exact)[0] for blank, marker in zip(variant.blanks, found, strict=True)] == [1] * 6
    line, other = variant.blanks[0].row.exact, str(int(variant.blanks[0].row.exact) + 1)
    assert found[0](line)[0] == 1 and found[0](other)[0] == 0


@pytest.mark.parametrize("to", READERS)
def test_shapes_are_words(to: str) -> None:
    """A shape may be written in the usual ways, a number of weights as a number."""
    bank = Bank("mazur", None, SheetOptions(ask=("shapes", "parameters")))
    found = markers(bank, to, not PLATFORMS[to].whole)
    variant = next(bank.variants())
    for blank, marker in zip(variant.blanks, found, strict=True):
        right = blank.row.exact.replace("×", "x")
        assert marker(right)[0] == marker(blank.row.exact)[0] == 1 and marker("7x7")[0] == marker("77")[0] == 0
        if "x" in right:
            assert marker(right.replace("x", " × "))[0] == marker(f"({right.replace('x', ', ')})")[0] == 1


@pytest.mark.parametrize("to", READERS)
def test_nothing_is_asked_where_an_answer_shows_as_nought(to: str) -> None:
    """An answer that is not 0 and shows as 0 is given, as it earns nothing on paper."""
    table = network(1, 1) | {"rounding": {"decimals": 1}}
    table["network"]["layers"][0]["weights"] = [[Decimal("0.001")]]  # type: ignore[index]
    bank = Bank(table, None, SheetOptions(decimals=1, ask=("gradients",)))
    unmarked = [box for box in bank.sheet.boxes if not box.points]
    assert len(markers(bank, to, not PLATFORMS[to].whole)) == len(bank.sheet.boxes) - len(unmarked)


# -- text is text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", READERS)
def test_text_is_text(to: str) -> None:
    """No title or word of a problem is markup, a place for an answer, or a formula; nothing of it is lost."""
    plainly = Bank(TINY | {"title": "x"}, None, SheetOptions())
    hostile = Bank(TINY, None, SheetOptions())
    for single in {not PLATFORMS[to].whole, PLATFORMS[to].single}:
        one, two = questions(plainly, to, single), questions(hostile, to, single)
        assert [len(q.markers) for q in one] == [len(q.markers) for q in two]
        assert all("<text>" not in q.name for q in two)
        if to in ("moodle",) and not single:
            assert HOSTILE in two[0].name


@pytest.mark.parametrize("to", READERS)
def test_golden(to: str, accept: bool) -> None:
    """The questions on one unit, to be read; `--accept` rewrites them."""
    files = files_of(Bank(TINY, None, SheetOptions(ask=("forward",), compact=True)), to)
    for file, content in READABLE.get(to, dict)(files).items():
        path = GOLDENS / f"unit{file}"
        if accept:
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, "utf-8")
        assert path.read_text("utf-8") == content


def _text(suffix: str) -> Any:
    return lambda files: {suffix: files[""].decode()}


def _packed(to: str) -> Any:
    """The texts in a package, under their names."""

    def read(files: Any) -> dict[str, str]:
        archive = zipfile.ZipFile(io.BytesIO(files[""]))
        names = [name for name in archive.namelist() if name.endswith(".xml")]
        return {f".{to}.{Path(name).name}": archive.read(name).decode() for name in names}

    return read


READABLE: dict[str, Any] = {
    "moodle": _text(".moodle.xml"),
    "gift": _text(".gift"),
    "canvas": _packed("canvas"),
    "qti21": _packed("qti21"),
}
"""What of a platform's files can be read, by the ends of their names."""


# -- Moodle ------------------------------------------------------------------------------------------------------


def test_moodle_shows_the_exact_answer() -> None:
    """Of several right answers the first is shown as the correct one."""
    bank = own("mazur")
    variant = next(bank.variants())
    assert questions(bank, "moodle")[0].first == [blank.accepts.text for blank in numbers(variant)]  # type: ignore[union-attr]


def test_moodle_feedback_needs_no_script() -> None:
    """In the small window in which Moodle shows the feedback of a box no formula is typeset."""
    content = files_of(own("mazur"), "moodle")[""]
    one = moodle(content)[0]
    _, said = one.markers[0]("0.02750")
    assert said == (
        "Probably: The bias b1 is missing in neth1. Instead: Add b1 once, after the products of weights and inputs."
    )


def test_moodle_pictures_are_in_the_file() -> None:
    """Each question holds its picture, with words for who does not see it."""
    for single in (False, True):
        for one in ET.fromstring(files_of(own("hmkcode"), "moodle", single)[""]):
            if one.get("type") != "category":
                text = one.findtext("questiontext/text", "")
                assert 'alt="The network with its weights' in text and len(one.findall("questiontext/file")) == 1


def test_files_are_not_too_large() -> None:
    """Questions go into as many files as they need, whole; one that fits none is refused."""
    parts = in_parts("<", ["a" * 40] * 5, ">", most=100)
    assert list(parts) == ["-1", "-2", "-3"] and all(len(part) <= 100 for part in parts.values())
    with pytest.raises(InputError, match="a question of at most 100 bytes"):
        in_parts("<", ["a" * 200], ">", most=100)


# -- Canvas ------------------------------------------------------------------------------------------------------

WRONG_AS_RIGHT = """<item xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"><resprocessing>
<respcondition continue="No"><conditionvar><vargte respident="r">0.07405</vargte><varlte respident="r">0.07445</varlte>
</conditionvar><setvar action="Set" varname="SCORE">100</setvar></respcondition>
<respcondition continue="No"><conditionvar><vargte respident="r">0.06935</vargte><varlte respident="r">0.06945</varlte>
</conditionvar><displayfeedback feedbacktype="Response" linkrefid="fb"/></respcondition></resprocessing></item>"""


def test_rules_of_canvas_have_its_trap() -> None:
    """A condition that only shows feedback counts as right; an exact number with a margin loses its lower half."""
    mark = canvas_item(ET.fromstring(WRONG_AS_RIGHT), "numerical_question")
    assert [mark(text)[0] for text in ("0.0742", "0.0694", "0.0700")] == [1, 1, 0]


def test_canvas_lists_the_usual_mistakes() -> None:
    """Whoever is wrong reads which numbers come from which mistakes, the best-known first."""
    found = dict(
        zip([blank.name for blank in own("mazur")._own.blanks], markers(own("mazur"), "canvas", True), strict=True)
    )
    share, said = found["dE/dw5"]("0.5")
    assert share == 0 and said.startswith("What often goes wrong here:") and said.count("Instead:") >= 10


def test_canvas_refuses_what_it_cannot_hold() -> None:
    """A number nearer to 0 than a ten-thousandth becomes 0 in the box."""
    bank = Bank("mazur", None, SheetOptions(decimals=8, ask=("gradients",)))
    small = [blank for blank in bank._own.blanks if abs(Decimal(blank.row.exact)) < Decimal("0.001")]
    assert small and files_of(bank, "canvas")
    table = network(1, 2, 1) | {"rounding": {"decimals": 6}}
    table["network"]["layers"][1]["weights"] = [[Decimal("0.0001"), Decimal("0.0002")]]  # type: ignore[index]
    with pytest.raises(InputError, match=r"answers that are 0 or at least 0\.0001 away from it(?s:.*)--ask"):
        files_of(Bank(table, None, SheetOptions(decimals=6)), "canvas")


# -- QTI 2.1 and GIFT ----------------------------------------------------------------------------------------------

BROKEN = {
    "a block in a line": ("<p><strong>", "<p><p/><strong>"),
    "an attribute": ("<table>", '<table border="1">'),
    "a feedback that nobody sees": ('identifier="worked"', 'identifier="others"'),
    "an identifier": ('identifier="R1a"', 'identifier="1a"'),
    "a box without declaration": ('responseIdentifier="R1a"', 'responseIdentifier="R9z"'),
}


@pytest.mark.parametrize("name", BROKEN)
def test_checker_of_items_finds_what_is_broken(name: str) -> None:
    """The strict reader of items refuses what the schema would not allow."""
    archive = zipfile.ZipFile(io.BytesIO(files_of(Bank(TINY, None, SheetOptions(compact=True)), "qti21")[""]))
    name_of = next(one for one in archive.namelist() if one.startswith("i") and one != "imsmanifest.xml")
    item, (before, after) = archive.read(name_of).decode(), BROKEN[name]
    assert before in item and qti_item(ET.fromstring(item), set()).markers
    with pytest.raises((ValueError, KeyError)):
        qti_item(ET.fromstring(item.replace(before, after, 1)), set())


def test_packages_are_the_same_bytes_again() -> None:
    for to in ("canvas", "qti21"):
        assert files_of(own("hmkcode"), to) == files_of(Bank("hmkcode", None, SheetOptions()), to)


# -- the command -------------------------------------------------------------------------------------------------


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["export", *arguments])


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = run("hmkcode", "--to", "moodle", "--ask", "gradients")
    assert (found.exit_code, found.output) == (0, "out/hmkcode.moodle.xml\n")
    (path,) = derive.export("hmkcode", "moodle", tmp_path / "own.xml", ask=("gradients",))
    assert path.read_bytes() == (tmp_path / "out" / "hmkcode.moodle.xml").read_bytes()
    assert run("hmkcode", "--to", "moodle", "--ask", "gradients", "-o", "-").stdout_bytes == path.read_bytes()


REFUSED = {
    "another platform": (["hmkcode", "--to", "modle"], 'Did you mean "moodle"?'),
    "a file that is there": (["hmkcode", "--to", "moodle", "-o", "there.xml"], "a name that is not taken"),
    "a folder": (["hmkcode", "--to", "moodle", "-o", "."], "a file to write to"),
    "options of a set": (["quiz", "--to", "moodle", "--choice", "3"], "no options of sheets with a class set"),
    "no problem": (["nothing", "--to", "moodle"], "nothing"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One message, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.xml").write_text("mine", "utf-8")
    (tmp_path / "quiz").symlink_to(folder)
    arguments, message = REFUSED[name]
    found = run(*arguments)
    assert found.exit_code == 2 and message in found.output and "Traceback" not in found.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quiz", "there.xml"]
    assert (tmp_path / "there.xml").read_text("utf-8") == "mine"
