"""The page in HTML: read as XML, its formulas computed again, its widths measured in a browser."""

import base64
import hashlib
import html
import json
import math
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from networks import random_network
from test_diagram import long_numbers
from test_readback import uncoloured
from test_render import EXACT, HOSTILE, NAMER, page, sample
from tools import need

from derive import solve
from derive.document import Bullets, Cite, Code, Paragraph, Remark, Section, Strong, Table, Text
from derive.expression import (
    Add,
    Const,
    Div,
    Group,
    Neg,
    Node,
    Partial,
    Pow,
    Ref,
    Shown,
    Transpose,
    Var,
    Wording,
    add,
    mul,
)
from derive.formula import Printer
from derive.formula.mathml import MathML, mathml_name
from derive.formula.painted import PaintedTex, TracedMathML
from derive.notation import NOTATIONS, Namer, Shape
from derive.palette import ROLES
from derive.quantity import Quantity
from derive.reading import example_names, problem_from_dict
from derive.render import families, render
from derive.render.escape import visible
from derive.spec import FORMS

CASES = [(name, form) for name in example_names("networks") for form in FORMS]
VOID = {"meta", "br", "mspace", "input"}
SVG = "{http://www.w3.org/2000/svg}"
HEADINGS = [f"h{level}" for level in range(1, 7)]


@cache
def written(name: str, form: str | None = None, format_key: str = "html") -> str:
    return solve(name, form=form, detail="full").render(format_key)


def tree(text: str) -> ET.Element:
    return ET.fromstring(text)


def words(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def wrong(root: ET.Element) -> list[str]:
    """What breaks a rule that holds for every page."""
    found = []
    every = list(root.iter())
    ids = [element.get("id") for element in every if element.get("id")]
    found += [f"id {name} twice" for name in ids if ids.count(name) > 1]
    for element in every:
        tag = element.tag
        if tag in ("link", "img", "iframe", "object", "embed", "base"):
            found.append(f"a {tag}")
        found += [f"{key} on {tag}" for key in element.attrib if key.startswith("on") or key in ("src", "style")]
        if tag == "a" and (address := element.get("href", ""))[0] == "#" and address[1:] not in ids:
            found.append(f"link to nowhere: {address}")
        if tag == "a" and element.find(".//a") is not None:
            found.append("a link in a link")
        if tag == "th" and element.get("scope") not in ("col", "row"):
            found.append("a header cell without its scope")
        if tag == "math" and element.get("display") and not element.get("aria-label"):
            found.append("a displayed formula without words")
        if tag == f"{SVG}svg" and not all(element.findtext(f"{SVG}{part}") for part in ("title", "desc")):
            found.append("a picture without words")
        holds_nothing = not list(element) and not element.text and not tag.startswith(SVG)
        holds_nothing = holds_nothing and not element.get("aria-live")
        if tag not in VOID and holds_nothing and tag not in ("td", "th", "mtd"):
            found.append(f"an empty {tag}")
    # The marks around a script are comments to a browser and no part of the text to an XML parser.
    inside = [str(element.text).removeprefix("/*").removesuffix("*/") for element in every if element.tag == "script"]
    scripts = [f"/*<![CDATA[{text}]]>*/" for text in inside]
    allowed = [element.get("content", "") for element in every if element.get("http-equiv")]
    wanted = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
    if wanted != re.findall(r"'sha256-([^']+)'", "".join(allowed)):
        found.append("a script that is not the one allowed")
    levels = [HEADINGS.index(element.tag) for element in every if element.tag in HEADINGS]
    found += [f"heading {b + 1} after {a + 1}" for a, b in pairwise(levels) if b > a + 1]
    found += [f"{levels.count(0)} titles"] if levels.count(0) != 1 else []
    for tag in ("header", "main", "title"):
        found += [] if len(root.findall(f".//{tag}")) == 1 else [f"not one {tag}"]
    return found


def test_rules_find_what_is_wrong() -> None:
    bad = (
        '<html><title>t</title><main id="a" onclick="x"><h1>t</h1><h3 id="a">u</h3><a href="#b">v</a>'
        '<th>w</th><p></p><img src="x"/></main><math display="block"><mi>x</mi></math>'
        '<svg xmlns="http://www.w3.org/2000/svg"><title>t</title></svg></html>'
    )
    found = wrong(tree(bad))
    assert (len(found), len(set(found))) == (13, 12)


@pytest.mark.parametrize(("name", "form"), CASES)
def test_page_is_whole(name: str, form: str) -> None:
    """Well-formed as XML, nothing loaded, headings in order, every link and every header cell in place."""
    text = written(name, form)
    root = tree(text)
    assert wrong(root) == []
    assert (root.get("lang"), text[:15]) == ("en", "<!DOCTYPE html>")
    assert not re.search(r"@import|url\(", text)
    assert text.count("<script>") == text.count("script-src") == (root.find(".//div[@class='stepper']") is not None)
    assert len(root.findall(".//math[@display='block']")) > 10
    first = next(element for element in root.find("body").iter("a"))
    assert (first.get("href"), root.find(".//main").get("id")) == ("#main", "main")
    sections = [element.get("id") for element in root.iter("section")]
    for nav in root.iter("nav"):
        assert [a.get("href") for a in nav.iter("a")] == [f"#{name}" for name in sections]
    assert len(sections) > 5 and len(root.findall(".//nav/details/summary")) == 2
    # The computation step by step is a part of its own, with every symbol of every step.
    page = re.sub(r'<div class="stepper".*?(?=<section)', "", text, flags=re.S)
    assert len(page) < 25 * len(written(name, form, "md"))


@pytest.mark.parametrize(("name", "form"), CASES)
def test_numbers_are_those_of_markdown(name: str, form: str) -> None:
    """Every decimal in a formula stands at the same place in both formats."""
    formulas = re.findall(r"\$\$.*?\$\$|\$[^$]+\$", written(name, form, "md"), re.S)
    main = tree(written(name, form)).find(".//main")
    for stepper in main.findall("div[@class='stepper']"):
        main.remove(stepper)
    numbers = [number.text for formula in main.iter("math") for number in formula.iter("mn")]
    assert [n for n in numbers if "." in n] == [n for formula in formulas for n in re.findall(r"\d+\.\d+", formula)]
    assert len(numbers) > 100


# -- MathML read back ----------------------------------------------------------------------------------------

SIGNS = {"+": "+", "−": "-", "·": "*", "\u2062": "*", "\u2061": "", "(": "(", ")": ")"}


def value(elements: list[ET.Element]) -> float | None:
    """The value of a row of MathML in numbers, None if it holds a name."""
    try:
        return float(eval("".join(map(spelt, elements)), {"e": math.e, "__builtins__": {}}))
    except LookupError:
        return None


def spelt(element: ET.Element) -> str:
    """An element in Python's signs; LookupError for a name."""
    inner = [spelt(child) for child in element]
    match element.tag:
        case "mn":
            return str(element.text)
        case "mi" if element.text == "e":
            return "e"
        case "mo":
            return SIGNS[str(element.text)]
        case "mrow":
            return f"({''.join(inner)})"
        case "mfrac":
            return f"(({inner[0]})/({inner[1]}))"
        case "msup":
            return f"({inner[0]})**({inner[1]})"
    raise LookupError(element.tag)


def decimals(*formulas: list[ET.Element]) -> int:
    numbers = [str(number.text) for formula in formulas for part in formula for number in part.iter("mn")]
    return max(len(number.partition(".")[2]) for number in numbers)


def chains(root: ET.Element) -> Iterator[list[list[ET.Element]]]:
    """Each displayed line as the formulas between its relation signs."""
    for display in root.iter("math"):
        rows = display.findall("mtable[@class='rows']/mtr")
        cells = [list(row) for row in rows] or [[None, display]]
        chain: list[list[ET.Element]] = []
        for left, right in cells:
            if left is not None and len(left):
                yield chain
                chain = []
            for element in right:
                if element.tag == "mo" and element.text in ("=", "≈"):
                    chain.append([])
                elif chain:
                    chain[-1].append(element)
        yield chain


@pytest.mark.parametrize(("name", "least"), [("mazur", 45), ("rohan", 30), ("hmkcode", 10), ("netflow", 10)])
def test_substituted_lines_are_true(name: str, least: int) -> None:
    """What stands in numbers on both sides of a sign is the same value: an independent reader computes it."""
    compared = 0
    for chain in chains(tree(written(name)).find(".//main")):
        for before, after in pairwise(chain):
            values = value(before), value(after)
            if None not in values:
                # The numbers shown are rounded; each may be off by half of its last place.
                assert values[0] == pytest.approx(values[1], rel=0, abs=4 * 10 ** -decimals(before, after))
                compared += 1
    assert compared >= least


NAMES = {
    r"w_{5}^{+}": '<msubsup><mi>w</mi><mn>5</mn><mo form="prefix" stretchy="false">+</mo></msubsup>',
    r"E_{total}": "<msub><mi>E</mi><mi>total</mi></msub>",
    r"\boldsymbol{\delta}": "<mi>𝜹</mi>",
    r"\mathbf{out}": "<mi>𝐨𝐮𝐭</mi>",
    r"\mathrm{d}": '<mi mathvariant="normal">d</mi>',
    r"\tilde{\mathbf{x}}": '<mover accent="true"><mi>𝐱</mi><mo stretchy="false">˜</mo></mover>',
    r"\lambda_{1}": "<msub><mi>λ</mi><mn>1</mn></msub>",
    r"\frac{\eta}{z_{2}}": "<mfrac><mi>η</mi><msub><mi>z</mi><mn>2</mn></msub></mfrac>",
}


@pytest.mark.parametrize("tex", NAMES)
def test_names(tex: str) -> None:
    assert mathml_name(tex) == NAMES[tex]


U, A = Var("u"), Var("a")
FORMULAS: list[tuple[Node, str]] = [
    (Neg(Shown("0.5", True)), '<mo form="prefix">−</mo><mn>0.5</mn>'),
    (Pow(Shown("-2", True), U), "<msup><mrow>(<mrow>−2</mrow>)</mrow>u</msup>"),
    (Pow(Div(U, A), Shown("2", True)), "<msup><mrow>(<mfrac>ua</mfrac>)</mrow>2</msup>"),
    (Div(add(U, A), A), "<mfrac><mrow>u+a</mrow>a</mfrac>"),
    (mul(A, Group(add(U, A)), Shown("-2", True)), "a\u2062<mrow>(u+a)</mrow>·<mrow>(<mrow>−2</mrow>)</mrow>"),
    (Transpose(Ref(Quantity("a", 2, 0))), "<msubsup><mi>out</mi><mrow><mi>o</mi><mn>1</mn></mrow>"),
    (Wording("a < b & c"), "<mtext>a\u00a0&lt;\u00a0b\u00a0&amp;\u00a0c</mtext>"),
    (Add((U, Group(A))), "u+<mrow>(a)</mrow>"),
]


@pytest.mark.parametrize(("formula", "expected"), FORMULAS)
def test_formulas(formula: Node, expected: str) -> None:
    printed = Printer(MathML(), NAMER)(formula)
    bare = re.sub(r"</?m[ino]\b[^>]*>| ", "", printed)
    assert expected in (printed, bare) or printed.startswith(expected)


def test_every_notation_has_names() -> None:
    """No name of any notation is beyond the grammar, and each comes out as one element."""
    seen = set()
    for name in example_names("networks"):
        for notation in NOTATIONS:
            solution = solve(name, notation)
            for quantity in solution.values.numbers:
                seen.add(solution.namer(quantity).tex)
    assert len(seen) > 200
    for tex in seen:
        ET.fromstring(mathml_name(tex))


# -- words and templates -------------------------------------------------------------------------------------


NO_CHARACTERS = {code: f"[U+{code:04X}]" for code in (0xFFFE, 0xFFFF)}


@pytest.mark.parametrize("text", [*HOSTILE, "\ufffe \uffff"])
def test_words_are_words(text: str) -> None:
    """Title, heading, paragraph, item, table cell and remark say what was written, and none is markup."""
    bare = (Text(text),)
    document = page(
        Paragraph((*bare, Strong(text), Code(text))),
        Bullets((bare,)),
        Table((bare, bare), ((bare, bare),), "ll"),
        Remark(text, (Paragraph(bare),)),
        sections=(Section(bare, ()),),
        title=text,
        colophon=text,
    )
    text_of_page = render(document, "html", NAMER)
    root = tree(text_of_page)
    assert [w for w in wrong(root) if "empty section" not in w] == []
    wanted = words(ET.fromstring(f"<p>{html.escape(visible(text).translate(NO_CHARACTERS))}</p>"))
    places = [
        "head/title",
        ".//h1",
        ".//main/ul/li",
        ".//th[2]",
        ".//td",
        ".//*[@role='note']/p/strong",
        "body//footer/p",
    ]
    assert [words(root.find(place)) for place in places] == [wanted] * len(places)
    numbered = [words(root.find(place)) for place in (".//h2", ".//nav//a")]
    assert numbered == [f"1 {wanted}"] * 2
    first = root.find(".//main/p")
    assert [words(first.find(tag)) for tag in ("strong", "code")] == [wanted] * 2


def test_sample_is_whole() -> None:
    document = sample(*[block for block, *_ in EXACT.values()])
    root = tree(render(document, "html", NAMER))
    problems = wrong(root)
    # The sample repeats its numbered equations, and cites one that it does not hold.
    assert {re.sub(r"\d+", "", problem) for problem in problems} <= {
        "id eq twice",
        "link to nowhere: #eq",
        "an empty section",
    }
    assert render(document, "html", NAMER) == render(document, "html", Namer(NOTATIONS["mazur"], Shape((2, 2, 2))))


def test_citation_and_equation_number_are_linked() -> None:
    text = render(page(Paragraph((Text("see "), Cite(7)))), "html", NAMER)
    assert '<a class="cite" href="#eq7" aria-label="equation 7">(7)</a>' in text


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_are_readable() -> None:
    """Text stands out from every surface it can stand on, by day, by night and on paper (WCAG AA: 4.5)."""
    style = (families.template_folder() / "html" / "document.html").read_text("utf-8")
    schemes = [dict(re.findall(r"--(\w+): (#\w{6});", line)) for line in style.splitlines() if "--paper: #" in line]
    assert len(schemes) == 3
    for scheme in schemes:
        for ink in ("ink", "quiet", "link"):
            for surface in ("paper", "surface", "mark"):
                assert contrast(scheme[ink], scheme[surface]) >= 4.5, (ink, surface, scheme)
    for name, scheme in zip(("light", "dark", "light"), schemes, strict=True):
        for role in ROLES.values():
            for surface in scheme.keys() & {"paper", "surface", "mark", "lit"}:
                assert contrast(getattr(role.ink, name), scheme[surface]) >= 4.5, (role.name, surface, scheme)


@pytest.mark.parametrize("name", example_names("networks"))
def test_formulas_have_the_colours_of_pictures(name: str) -> None:
    """A quantity has one role: the same in the formulas of the steps and in the picture."""
    roles: dict[str, set[str]] = {}
    for element in tree(written(name)).find(".//div[@class='stepper']").iter():
        for role in re.findall(r"(?:^| )(?:q-|dv-text-)(\w+)", element.get("class", "")):
            roles.setdefault(element.get("data-quantity", ""), set()).add(role)
    named = {key: found for key, found in roles.items() if key}
    assert len(named) > 15 and {role for found in named.values() for role in found} >= {"input", "weight", "error"}
    assert {key: found for key, found in named.items() if len(found) > 1} == {}


PAINTED = [
    (Ref(Quantity("W", 2, 0, 0)), ["weight"], ["W[2][0][0]"]),
    (Partial(Ref(Quantity("loss")), Ref(Quantity("W", 2, 0, 0))), ["gradient"], ["dL/dW[2][0][0]"]),
    (Partial(Ref(Quantity("loss", step=1)), Ref(Quantity("a", 1, 0, step=1))), ["error"], ["after[1].dL/da[1][0]"]),
    (Partial(Ref(Quantity("a", 1, 0)), Ref(Quantity("z", 1, 0))), ["hidden"], ["da/dz[1][0]"]),
    (Partial(Ref(Quantity("z", 2, 0)), Ref(Quantity("a", 1, 0))), [], []),
    (mul(Ref(Quantity("a", 1, 0)), Shown("0.5", True), Ref(Quantity("lr"))), ["hidden", "neutral"], ["a[1][0]", "lr"]),
    (Pow(Ref(Quantity("a", 2, 0)), Const(Fraction(2))), ["output"], ["a[2][0]"]),
]


@pytest.mark.parametrize(("formula", "roles", "keys"), PAINTED)
def test_names_are_painted_whole(formula: Node, roles: list[str], keys: list[str]) -> None:
    """A derivative of the loss is one name; a colour changes nothing but the colour."""
    text = Printer(TracedMathML(), NAMER)(formula)
    assert (re.findall(r'class="q-(\w+)"', text), re.findall(r'data-quantity="([^"]+)"', text)) == (roles, keys)
    unpainted = re.sub(r' class="q-\w+" data-quantity="[^"]+"', "", text)
    # An exponent stands beside a painted name, not above its index: it has no part in the colour.
    assert isinstance(formula, Pow) or unpainted == Printer(MathML(), NAMER)(formula)
    tex, bare = (Printer(dialect, NAMER)(formula) for dialect in (PaintedTex(), PaintedTex.bare))
    assert re.findall(r"\\q(\w+)\{", tex) == [role for role in roles if role != "neutral"]
    assert uncoloured(tex) == bare


@pytest.mark.parametrize("name", example_names("networks"))
def test_no_line_begins_with_the_sign_that_ends_a_clause(name: str) -> None:
    """A browser breaks the line between a formula and what follows it, also before a point."""
    text = written(name)
    kept = re.findall(r'<span class="kept">.*?</span>(?:</span>)?', text)
    assert len(kept) > 5 and ".kept { white-space: nowrap; }" in text
    assert re.findall(r"</math>(?:</span>)?[.,;:?!](?!</span>)", text) == []


def test_black_tex_has_the_names_of_coloured_tex() -> None:
    """No space before an index, in fractions neither: people edit the source."""
    painted, black = (solve("mazur").render("tex", colours=colours) for colours in ("role", "none"))
    for text in (painted, black):
        formulas = re.sub(r"\\begin\{tikzpicture\}.*?\\end\{tikzpicture\}", "", text, flags=re.S)
        assert r"\frac{\partial E_{total}}{\partial \mathrm{out}_{o1}}" in formulas and "}_ {" not in formulas


def test_only_names_and_their_numbers_are_coloured() -> None:
    """No sign between names and no bracket has a colour; a name has one, and each number that LaTeX colours, so too."""
    root = tree(written("mazur"))
    coloured = [element for element in root.iter() if element.get("class", "").startswith("q-")]
    assert len(coloured) > 200
    assert [e for e in coloured if any(inner.get("class", "").startswith("q-") for inner in list(e.iter())[1:])] == []
    texts = {element: "".join(element.itertext()).replace("−", "-") for element in coloured}
    numbers = [element for element, text in texts.items() if re.fullmatch(r"-?\d+(\.\d+)?", text)]
    names = [element for element in coloured if element not in numbers]
    assert min(len(numbers), len(names)) > 200
    assert [e for e in names if any("." in (number.text or "") for number in e.iter("mn"))] == []
    assert {e.tag for e in names} <= {"mi", "mtext", "mrow", "msub", "msup", "msubsup", "mfrac", "mover"}
    assert {e.tag for e in numbers} == {"mn", "mrow"}
    main = root.find(".//main")
    stepped = {element for stepper in main.findall("div[@class='stepper']") for element in stepper.iter()}
    shown = [(e.get("class")[2:], texts[e]) for e in numbers if e not in stepped and e.get("class") != "q-neutral"]
    wanted = re.findall(r"\\q(\w+)\{(-?\d+(?:\.\d+)?)\}", written("mazur", None, "tex"))
    assert sorted(shown) == sorted(wanted)


# -- in a browser --------------------------------------------------------------------------------------------

# On a busy machine the fonts come after the page, so it is measured a little later.
LATER = "--virtual-time-budget=40000"
MEASURE = """<script>
// A busy machine lays pages out late: what is measured counts when it stays the same.
const measured = () => JSON.stringify([...document.querySelectorAll("iframe")].map(frame => {
  const inside = frame.contentDocument, page = inside.documentElement;
  const boxes = [...inside.querySelectorAll(".scroll")];
  const wide = boxes.filter(box => box.scrollWidth > box.clientWidth + 1);
  return {name: frame.title, width: frame.clientWidth, page: page.scrollWidth, boxes: boxes.length,
    wide: wide.length, unreachable: wide.filter(box => box.tabIndex < 0).length,
    paper: frame.contentWindow.getComputedStyle(inside.body).backgroundColor};
}));
const settle = (before, same, left) => setTimeout(async () => {
  await Promise.all([...document.querySelectorAll("iframe")].map(frame => frame.contentDocument.fonts.ready));
  const found = measured();
  // A busy machine draws late, and scripts that follow the drawing come later still: faults are looked at again.
  const faulty = JSON.parse(found).some(row => row.page > row.width || row.unreachable);
  if ((found === before && same && !faulty) || !left) document.body.textContent = found;
  else settle(found, found === before, left - 1);
}, 2000);
addEventListener("load", () => settle("", false, 18));
</script>"""


def chromium(folder: Path, content: str, *options: str, dark: bool = False) -> str:
    need("chromium")
    path = folder / "page.html"
    path.write_text(content, "utf-8")
    quiet = "no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update"
    run = subprocess.run(
        [
            "chromium",
            "--headless",
            *(f"--{option}" for option in (*quiet.split(), "disable-sync", "hide-scrollbars")),
            f"--user-data-dir={folder / 'profile'}",
            *(["--blink-settings=preferredColorScheme=0"] if dark else []),
            *options,
            path.as_uri(),
        ],
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=True,
    )
    return run.stdout


def framed(text: str, width: int, height: int, title: str = "page") -> str:
    """A page in a window of any width: the browser's own has a least width."""
    source = html.escape(text)
    return f'<iframe title="{title}" style="border:0;width:{width}px;height:{height}px" srcdoc="{source}"></iframe>'


def told(folder: Path, frames: list[str], *, dark: bool = False) -> list[dict[str, Any]]:
    """What a browser measures of pages in frames."""
    dom = chromium(folder, f"<!DOCTYPE html><body>{''.join(frames)}{MEASURE}</body>", "--dump-dom", LATER, dark=dark)
    found: list[dict[str, Any]] = json.loads(html.unescape(re.search(r"<body>(.*)</body>", dom, re.S)[1]))
    return found


@pytest.mark.parametrize("dark", [False, True])
def test_no_page_scrolls_sideways(tmp_path: Path, dark: bool) -> None:
    """On a phone and on a desk only boxes scroll, few of them, and the keyboard reaches each."""
    widths = (360, 1280) if dark else (360, 390, 1280)
    frames = [framed(written(name), width, 800, name) for name in example_names("networks") for width in widths]
    found = told(tmp_path, frames, dark=dark)
    assert len(found) == len(widths) * len(example_names("networks"))
    assert [row for row in found if row["page"] > row["width"] or row["unreachable"]] == []
    assert [row for row in found if row["wide"] > row["boxes"] * {360: 0.5, 390: 0.25}.get(row["width"], 0)] == []
    assert {row["paper"] for row in found} == {"rgb(21, 24, 29)" if dark else "rgb(255, 255, 255)"}


@pytest.mark.parametrize("letters", ["DejaVu Serif", "DejaVu Sans", "Latin Modern Math", "Liberation Serif"])
def test_the_keyboard_reaches_what_scrolls_in_any_letters(tmp_path: Path, letters: str) -> None:
    """Nobody knows which letters a browser takes; what fits in narrow ones may have to scroll in wide ones."""
    style = f"<style>* {{ font-family: '{letters}' !important; }}</style></head>"
    names = [*example_names("networks"), "cnn", "attention", "lstm", "batch-norm", "circuit"]
    found = told(tmp_path, [framed(written(name).replace("</head>", style, 1), 360, 800, name) for name in names])
    assert len(found) == len(names) and sum(row["wide"] for row in found) > 50
    assert [row for row in found if row["page"] > row["width"] or row["unreachable"]] == []


def test_long_formulas_and_long_rows_fit_a_phone(tmp_path: Path) -> None:
    """A formula in a sentence scrolls by itself; a table of records needs no scrolling, on a phone or on a desk."""
    table = problem_from_dict(
        {
            "network": {
                "inputs": 1,
                "layers": [{"units": 2, "activation": "sigmoid", "weights": [[1], [2]], "biases": 0}],
            },
            "data": {"inputs": [[1]], "targets": [[0, 1]]},
            "loss": {"name": "binary_cross_entropy"},
            "training": {"learning_rate": 1},
            "notation": "mazur",
            "title": "Two losses",
        }
    )
    rows = tuple(
        (Text(f"A student {k}"), *[Text("gradient added instead of subtracted")] * 2, *[Text("12")] * 5)
        for k in range(3)
    )
    records = page(Table(((Text("Title"),),) * 8, tuple(tuple((cell,) for cell in row) for row in rows), "lllrrrrr"))
    texts = (solve(table).render("html"), render(records, "html", NAMER))
    frames = [framed(text, width, 800, str(k)) for k, text in enumerate(texts) for width in (390, 1200)]
    found = told(tmp_path, frames)
    assert [row["page"] for row in found] == [390, 1200] * 2
    assert texts[0].count('<span class="scroll"') >= 1
    assert [row["wide"] for row in found][1:] == [0, 0, 0]


# -- step by step --------------------------------------------------------------------------------------------


STEPPED = """<script>addEventListener("load", () => {
  const found = {};
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument, stepper = page.querySelector(".stepper");
    const all = (selector) => [...stepper.querySelectorAll(selector)];
    const ids = (selector) => [...new Set(all(selector).map((element) => element.dataset.quantity ?? ""))].sort();
    const colour = (element) => page.defaultView.getComputedStyle(element).color;
    const seen = () => ({
      place: stepper.querySelector(".place").textContent,
      steps: ids(".step:not([hidden])"), target: ids("svg .target"), source: ids("svg .source"),
      pending: all(".dv-text.pending").length, here: all(".here").map((element) => element.tagName),
      said: stepper.querySelector("[aria-live]").textContent,
      off: all("button[aria-disabled=true]").map((element) => element.className),
      at: stepper.querySelector(".step:not([hidden])").dataset.places,
      passes: all(".pass:not([hidden])").length, focus: stepper.contains(page.activeElement),
      colours: [...new Set(all(".step:not([hidden]) [class^=q-]").map(colour))],
    });
    const press = (key, on) => on.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
    const point = (on) => on.dispatchEvent(new PointerEvent("pointerover", {bubbles: true}));
    const states = [{hidden: stepper.hidden, ...seen()}];
    const count = all(".step").length;
    for (let step = 1; count > step; step += 1) {
      stepper.querySelector(".next").click();
      states.push(seen());
    }
    const moves = {};
    stepper.querySelector(".back").click();
    moves.back = seen().place;
    press("ArrowLeft", stepper.querySelector(".next"));
    moves.left = seen().place;
    press("ArrowRight", stepper.querySelector(".next"));
    moves.right = seen().place;
    press("ArrowRight", stepper.querySelector(".picture"));
    moves.picture = seen().place;
    press("Home", stepper.querySelector(".next"));
    moves.home = seen().place;
    stepper.querySelector(".next").focus();
    press("End", stepper.querySelector(".next"));
    moves.end = seen().place;
    press("ArrowRight", page.activeElement);
    press("ArrowLeft", page.activeElement);
    moves.edge = [seen().place, seen().focus];
    const symbols = all(".step:not([hidden]) .sources button");
    symbols.at(-1).focus();
    press("ArrowLeft", page.activeElement);
    moves.hidden = [seen().place, seen().focus];
    page.activeElement.blur();
    press("ArrowLeft", page.body);
    moves.free = seen().place;
    press("End", page.body);
    moves.ends = seen().place;
    const slider = stepper.querySelector("input");
    slider.value = 5;
    slider.dispatchEvent(new Event("input"));
    moves.slider = [seen().place, slider.getAttribute("aria-valuetext")];
    point(all(".step:not([hidden]) math [data-quantity]").at(-1));
    const symbol = seen();
    point(stepper.querySelector(".pass:not([hidden]) svg :is(.dv-node, .dv-label)[data-quantity]"));
    const place = seen();
    stepper.dispatchEvent(new PointerEvent("pointerleave"));
    found[frame.title] = {states, moves, symbol: symbol.here, place: place.here, after: seen().here};
  }
  document.body.textContent = JSON.stringify(found);
})</script>"""


def test_step_by_step(tmp_path: Path) -> None:
    """Every step shows one formula and lights what it is about; buttons, keys and slider move; both sides light up."""
    names = ["mazur", "hmkcode", "caispp"]
    frames = [framed(written(name), 1280, 900, name) for name in names]
    dom = chromium(tmp_path, f"<!DOCTYPE html><body>{''.join(frames)}{STEPPED}</body>", "--dump-dom")
    found = json.loads(html.unescape(re.search(r"<body>(.*)</body>", dom, re.S)[1]))
    assert list(found) == names
    for name in names:
        states, moves = found[name]["states"], found[name]["moves"]
        steps = tree(written(name)).findall(".//div[@class='step']")
        count = len(steps)
        assert states[0]["hidden"] is False and states[0]["said"] == ""
        assert [state["place"] for state in states] == [f"{n + 1} of {count}" for n in range(count)]
        assert [state["steps"] for state in states] == [[step.get("data-quantity")] for step in steps]
        assert [state["said"] for state in states[1:]] == [step.get("data-words") for step in steps[1:]]
        assert [state["off"] for state in states if state["off"]] == [["back"], ["next"]]
        assert all(state["target"] and not state["here"] for state in states)
        for state in states:
            ids = set(state["steps"][0].split()) | set(state["at"].split())
            assert [key for key in state["target"] if ids.isdisjoint(key.split())] == []
        assert len({tuple(state["target"]) for state in states}) > count / 2
        pending = [state["pending"] for state in states]
        assert pending == sorted(pending, reverse=True) and pending[0] > 10 and pending[-1] == 0
        assert max(len(state["colours"]) for state in states) >= 3
        assert [moves[key] for key in ("back", "left", "right", "picture", "home", "end")] == [
            f"{n} of {count}" for n in (count - 1, count - 2, count - 1, count - 1, 1, count)
        ]
        assert moves["edge"] == [f"{count - 1} of {count}", True]
        assert moves["hidden"] == [f"{count - 2} of {count}", True]
        assert moves["free"] == moves["ends"] == f"{count - 3} of {count}"
        assert {state["passes"] for state in states} == {1}
        assert moves["slider"] == [f"5 of {count}"] * 2
        assert {"g", "BUTTON"} <= set(found[name]["symbol"])
        assert "g" in found[name]["place"] and found[name]["after"] == []


@pytest.mark.parametrize("name", example_names("networks"))
def test_steps_and_places(name: str) -> None:
    """Every quantity in the picture is given or found by one step; every symbol of a step has its place."""
    solution = solve(name)
    stepper = tree(written(name)).find(".//div[@class='stepper']")
    found = [key for step in stepper.findall(".//div[@class='step']") for key in step.get("data-quantity").split()]
    drawn = [part for part in stepper.iter() if part.tag.startswith(SVG)]
    places = {key for part in drawn for key in part.get("data-quantity", "").split()}
    symbols = {part.get("data-quantity") for part in stepper.iter() if not part.tag.startswith(SVG)} - {None}
    givens = {q.id for q in (*solution.trace.givens, *(step.target for step in solution.trace.preprocessing))}
    fixed = {q._replace(step=1).id for q in solution.trace.givens if q.kind == "b"}
    assert len(found) == len(set(found)) > 10
    assert places - set(found) <= givens | fixed | {key for key in places if key.startswith("one[")}
    # A symbol stands in a picture, or it is found by a step that says where it belongs.
    belongs = {
        step.get("data-quantity") for step in stepper.findall(".//div[@class='step']") if step.get("data-places")
    }
    nowhere = {q.id for q in solution.trace.givens if not isinstance(q.layer, int) or q.kind[0] == "v"} - places
    assert {key for symbol in symbols for key in symbol.split()} <= places | belongs | nowhere
    told = {key for step in stepper.findall(".//div[@class='step']") for key in step.get("data-places").split()}
    assert told <= places
    assert any(key.startswith(("loss_new", "after[2].loss")) for key in found)
    assert {step.get("hidden") for step in stepper.findall(".//div[@class='step']")} == {stepper.get("hidden")} == {""}


def test_a_large_network_has_no_steps() -> None:
    problem = problem_from_dict(random_network(0, depth=(1, 1)))
    wide = problem_from_dict(long_numbers((7, 2, 1)))
    small, large = (solve(one).render("html") for one in (problem, wide))
    assert ("<script>" in small, "<script>" in large, "script-src" in large) == (True, False, False)


def test_screenshots(tmp_path: Path) -> None:
    """Phone and desk, by day and by night, give four different pictures."""
    pictures = set()
    for width in (390, 1280):
        for dark in (False, True):
            content = f"<!DOCTYPE html><style>body{{margin:0}}</style>{framed(written('mazur'), width, 1500)}"
            picture = tmp_path / f"{width}-{dark}.png"
            chromium(tmp_path, content, "--window-size=1280,1500", f"--screenshot={picture}", dark=dark)
            pictures.add(picture.read_bytes())
    assert len(pictures) == 4 and all(len(picture) > 40_000 for picture in pictures)
