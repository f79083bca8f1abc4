"""Every page is one that somebody would hand out: full, nothing small, nothing on something else, no heading alone.

`python -m tests.sweeps layout` measures the other documents: every detail, and all of them by LaTeX.
"""

from collections.abc import Mapping

import pytest
from tools import need

import derive
from derive import solve
from derive.reading import example_names, example_text, parse_problem
from derive.render import pdf
from derive.render.parting import Reading, Spaced, parting, settled
from derive.variants.own import own_sheet
from derive.worksheet import SheetOptions, dressed

pytest.importorskip("pymupdf", reason="needs pymupdf: run .venv/bin/pip install -e '.[test]'")

from page_measures import Finding, findings, pages
from sweeps.layout import FIRST, MOST_PAGES, faults, made

NETWORKS = example_names("networks")
EQUATIONS = [name for name in example_names() if name not in NETWORKS]


def test_every_network_has_its_pages() -> None:
    assert set(MOST_PAGES) == set(FIRST) == set(NETWORKS)


@pytest.mark.parametrize("kind", ["brief", "standard"])
@pytest.mark.parametrize("name", NETWORKS)
def test_solutions(name: str, kind: str) -> None:
    assert faults(name, kind, made(name, kind, "typst")) == []


KINDS = ["brief", "standard", "worksheet", "key"]
"""Each example of equations has one of these here; the sweep has them all."""


@pytest.mark.parametrize(("name", "kind"), [(name, KINDS[at % len(KINDS)]) for at, name in enumerate(EQUATIONS)])
def test_documents_of_equations(name: str, kind: str) -> None:
    assert faults(name, kind, made(name, kind, "typst")) == []


@pytest.mark.parametrize("name", ["mazur", "netflow", "rohan-chain"])
def test_the_title_comes_first(name: str) -> None:
    """No figure floats above it: small networks would be drawn at the head of the first page."""
    import pymupdf

    page = pymupdf.open(stream=made(name, "standard", "typst"))[0]
    words = sorted(page.get_text("words"), key=lambda word: (round(word[1]), word[0]))
    assert words[0][4] == parse_problem(example_text(name)).title.split()[0]


@pytest.mark.parametrize("name", example_names("networks"))
def test_worksheets_and_keys(name: str) -> None:
    sheet, key = (made(name, kind, "typst") for kind in ("worksheet", "key"))
    assert findings(sheet) == findings(key) == []
    assert pages(sheet) == pages(key)


@pytest.mark.parametrize("kind", ["find", "boxes"])
@pytest.mark.parametrize("name", ["mazur", "hmkcode", "caispp"])
def test_other_sheets_and_their_keys(name: str, kind: str) -> None:
    """Mistakes to find, and boxes alone: a few lines on a last page flow back, or get company."""
    shown = ("answers_only",) if kind == "boxes" else ()
    sheet = own_sheet(dressed(parse_problem(example_text(name)), None, shown)[0],
                      SheetOptions(find=1 if kind == "find" else None))  # fmt: skip
    for key in (False, True):
        document = sheet.file(sheet.numbers(), "pdf", key=key)
        assert isinstance(document, bytes) and findings(document) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("netflow", "full"),
        ("mazur", "brief"),
        ("hmkcode", "standard"),
        ("caispp", "standard"),
        ("caispp", "key"),
        ("circuit", "brief"),
        ("rnn", "standard"),
        ("layer-norm", "key"),
    ],
)
def test_by_latex(name: str, kind: str) -> None:
    need("pdflatex")
    assert faults(name, kind, made(name, kind, "latex")) == []


FORMULA, WORDS = (1, "formula"), (2, "words")
PICTURES = [(2, "picture 1 0"), (2, "picture 2 1")]
PLACES = [(1, "step 1"), (2, "step 2"), (2, "step 3"), (2, "section 4"), (3, "section 5")]


def read(moves: Mapping[int, int]) -> Reading:
    """The marks of three pages, of which the second begins with two pictures where they are not moved to a place."""
    marks = [FORMULA, PLACES[0], FORMULA, *(one for at, one in enumerate(PICTURES, 1) if at not in moves), WORDS]
    for place in PLACES[1:]:
        number = int(place[1].split()[1])
        marks += [place, *((place[0], PICTURES[one - 1][1]) for one, to in moves.items() if to == number), WORDS]
    return tuple(marks)


def test_pictures_are_moved_to_a_place_on_their_page() -> None:
    """Before a heading if there is one; they keep their order, and no more settings are tried than are needed."""
    tried: list[Spaced] = []

    def again(setting: Spaced) -> Reading:
        tried.append(setting)
        return read(dict(setting.moves))

    found = settled((Spaced("0.85"), Spaced("1")), again)
    assert [one.number for one in parting(read({}))] == [1, 2]
    assert not parting(read(dict(found.moves))) and dict(found.moves) == {1: 4, 2: 4}
    assert {setting.spread for setting in tried} == {"0.85"}


def test_a_picture_may_stand_at_the_foot_of_its_page() -> None:
    """Before the heading that begins the next page, where its own page has no other place."""
    parted = ((1, "from"), (1, "picture 1 0"), (1, "to"), (2, "section 1"), (2, "section 2"))
    below = ((1, "from"), (1, "to"), (1, "picture 1 0"), (2, "section 1"), (2, "section 2"))
    tried: list[Spaced] = []

    def again(setting: Spaced) -> Reading:
        tried.append(setting)
        return below if dict(setting.moves) == {1: 1} else parted

    assert settled((Spaced(),), again).moves == ((1, 1),) and len(tried) == 2


def test_little_more_than_a_page_is_one_page_by_latex() -> None:
    """A few lines flow back, as in Typst, and what closes the document stands in the margin, never alone on a page."""
    need("pdflatex")
    head, _, rest = solve("mazur").render("tex").partition(r"{\LARGE")
    end = rest[rest.index("\n% How much of the last page") :]
    source = head + "\n\n".join(["A line of words."] * 50) + "\n" + end
    loose = source.replace("filled:", "other:")
    assert (pages(pdf.latex_pdf(loose)), pages(pdf.latex_pdf(source))) == (2, 1)


VALUES = [
    "net_h1", "net_h2", "out_h1", "out_h2", "net_o1", "net_o2", "out_o1", "out_o2", "E_o1", "E_o2", "E_total",
    "dE/dout_o1", "dE/dout_o2", "dE/dout_h1", "dE/dout_h2", *(f"dE/dw{k}" for k in range(1, 9)),
    *(f"w{k}+" for k in range(1, 9)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("adam", "feedback-half"),
        ("autoencoder", "feedback-half"),
        ("autoencoder", "feedback-all"),
        ("lstm", "report"),
        ("neuron", "report"),
        ("rohan-chain", "report"),
    ],
)
def test_marked_work_of_equations(name: str, kind: str) -> None:
    """Sheets with many wrong values and the report on a class; the sweep has those of every example."""
    assert faults(name, kind, made(name, kind, "typst")) == []


@pytest.mark.parametrize("wrong", [1, 8, 16, 24, 31])
def test_feedback(wrong: int) -> None:
    """With few and with many wrong values."""
    document = derive.check("mazur", {name: f"{7 + k}.77" for k, name in enumerate(VALUES[:wrong])}).pdf()
    assert findings(document) == []


def test_little_more_than_a_page_is_one_page() -> None:
    """A few lines more flow back onto the page, by less space between the blocks."""
    head, _, rest = solve("mazur").render("typ").partition("#title[")
    mark = rest[rest.index("#context [#metadata(") :]
    lines = "\n\n".join(["A line of words."] * 54)
    source = f"{head}#title[T]\n\n{lines}\n\n{mark}"
    loose = source.replace("<filled>", "<other>")
    assert (pages(pdf.typst_pdf(loose)), pages(pdf.typst_pdf(source))) == (2, 1)


# -- what is measured is seen --------------------------------------------------------------------------------

PAGE = """#set document(title: "a")
#set page(paper: "a4", margin: 18mm)
#set text(font: "New Computer Modern", size: 10pt)
"""
FULL = "#rect(height: 100%, width: 100%)\n"
CIRCLE = "#circle(radius: 40pt)\n\n*Figure 1.* A circle."
SEEN = {
    "white foot": f"Words.#pagebreak(){FULL}",
    "white band": "Words.#v(60%)Words.",
    "last page": f"{FULL}#pagebreak()Words.",
    "small letters": f"#text(size: 7pt)[Words.]{FULL[:-1]}",
    "overlap": "#rect(height: 80%)#place(top, dx: 100pt)[Words that]#place(top, dx: 102pt)[words]",
    "ends with a colon": f"#block(height: 97%, stroke: 1pt)[]So it is:#pagebreak(){FULL}",
    "heading at the foot": f"#block(height: 96%, stroke: 1pt)[]*A heading*#pagebreak(){FULL}",
    "figure without a reference": CIRCLE,
    "figure under a heading": f"Figure 1 is a circle.\n\n*A heading*\n\n#v(50pt){CIRCLE}",
    "figure under a colon": f"Figure 1 is a circle:\n\n#v(50pt){CIRCLE}",
    "figure in a derivation": f"Figure 1 is a circle.{FULL}#pagebreak(){CIRCLE}#v(20pt)#h(90pt)$c = d$",
    "figure far from its reference": f"Figure 1 is far.#pagebreak(){FULL}#pagebreak(){CIRCLE}",
}


@pytest.mark.parametrize("kind", SEEN)
def test_faults_are_seen(kind: str) -> None:
    assert kind in {finding.kind for finding in findings(compiled(SEEN[kind]))}


def test_a_struck_line_is_seen() -> None:
    source = "#place(top, dy: 4.8pt, line(length: 80pt))Words that are struck.#v(30%)#rect()"
    assert [finding for finding in findings(compiled(source)) if "rule through" in finding.what]


def compiled(source: str) -> bytes:
    import typst

    document: bytes = typst.compile((PAGE + source).encode(), format="pdf", ignore_system_fonts=True)
    return document


def test_findings_say_where() -> None:
    assert str(Finding(2, "white foot", "ink ends at 62%")) == "page 2: white foot: ink ends at 62%"
