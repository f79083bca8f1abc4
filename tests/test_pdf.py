"""PDF: formulas in Typst and in words, hostile words, pages that hold what they should, and a local LaTeX."""

import json
import os
import re
import stat
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
import typst
from click.testing import CliRunner, Result
from hypothesis import given, settings
from networks import random_network
from test_render import EXACT, HOSTILE, NAMER, page, sample
from tools import need
from trees import TREES

from derive import solve
from derive.cli import main
from derive.cli.failure import ENGINES, PAPERS
from derive.diagram import to_svg
from derive.diagram.svg import PRINT
from derive.document import Bullets, Code, Equation, Figure, Paragraph, Remark, Section, Strong, Table, Text, Worked
from derive.errors import InputError
from derive.expression import (
    HALF,
    NOTHING,
    ONE,
    TWO,
    ZERO,
    Apply,
    Branch,
    Cases,
    Const,
    Div,
    Hadamard,
    Letter,
    MatMul,
    Matrix,
    MatrixName,
    Neg,
    Node,
    Partial,
    Pow,
    Ref,
    Shown,
    SumOver,
    Transpose,
    Var,
    Wording,
    add,
    call,
    mul,
    sub,
)
from derive.formula import Line, Printer
from derive.formula.names import read_name
from derive.formula.typst import Typst, typst_name
from derive.formula.words import Speaker, Spoken, spoken_name
from derive.notation import NOTATIONS, Namer, Shape
from derive.quantity import Quantity
from derive.reading import example_names, problem_from_dict
from derive.render import latex, pdf, render
from derive.render.escape import visible
from derive.render.escape_typst import KNOWN, typst_text
from derive.render.formats import PAPERS as FORMAT_PAPERS
from derive.solution import Solution
from derive.spec import FORMS


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def compiled(body: str) -> bytes:
    """A document without anything of ours around it."""
    return typst.compile(body.encode(), format="pdf", ignore_system_fonts=True)


def read(document: bytes, folder: Path) -> str:
    """The words of a PDF as poppler finds them, on one line, without the marks that only shape the line."""
    need("pdftoppm")
    file = folder / "page.pdf"
    file.write_bytes(document)
    text = subprocess.run(["pdftotext", "-raw", str(file), "-"], capture_output=True, check=True).stdout.decode()
    return " ".join(re.sub("[\u200b\u200e\u200f\u202a-\u202e]", "", text).split())


# -- formulas ------------------------------------------------------------------------------------------------

W, OUT, NET, X = (Ref(Quantity(*place)) for place in (("W", 2, 0, 0), ("a", 1, 0), ("z", 1, 0), ("a", 0, 0)))
NEW = Ref(Quantity("W", 2, 0, 0, step=1))
GRADIENT, SLOPE, PATH = (Ref(Quantity(*place)) for place in (("dL/dW", 2, 0, 0), ("da/dz", 1, 0), ("path", 1, 0, 1)))
U, K = Var("u"), Quantity("a", 2, "k")
MINUS, PLUS = Shown("-0.5", True), Shown("0.25", True)
SIGMA, RELU = Letter(r"\sigma", "sigma"), Letter(r"\operatorname{ReLU}", "ReLU")
NUMBERS = Matrix(((ONE, MINUS), (ZERO, PLUS)))
KINK = Cases((Branch(U, U, ">", ZERO), Branch(ZERO, U, "<=", ZERO)))
LAYER = MatrixName("W", 2)

# formula, Typst, words; in Mazur's letters
PRINTED: list[tuple[Node, str, str]] = [
    (W, "w_(5)", "w 5"),
    (NEW, "w_(5)^(+)", "new w 5"),
    (OUT, 'upright("out")_(h 1)', "out h1"),
    (Ref(Quantity("t", unit=0)), 'italic("target")_(o 1)', "target o1"),
    (Ref(Quantity("loss")), 'E_(italic("total"))', "E total"),
    (GRADIENT, 'frac(∂E_(italic("total")), ∂w_(5))', "partial E total over partial w 5"),
    (
        SLOPE,
        'frac(∂upright("out")_(h 1), ∂upright("net")_(h 1))',
        "partial out h1 over partial net h1",
    ),
    (
        PATH,
        'lr(frac(∂E_(italic("total")), ∂upright("out")_(h 1)) |)_(upright("net")_(o 2))',
        "partial E total over partial out h1 through net o2",
    ),
    (sub(W, MINUS), "w_(5) - (-0.5)", "w 5 minus open bracket minus 0.5 close bracket"),
    (add(MINUS, W), "-0.5 + w_(5)", "minus 0.5 plus w 5"),
    (mul(MINUS, PLUS), "(-0.5) dot.op 0.25", "open bracket minus 0.5 close bracket times 0.25"),
    (mul(PLUS, MINUS), "0.25 dot.op (-0.5)", "0.25 times open bracket minus 0.5 close bracket"),
    (mul(W, sub(ONE, W)), "w_(5) thin (1 - w_(5))", "w 5 times open bracket 1 minus w 5 close bracket"),
    (mul(GRADIENT, SLOPE), 'frac(∂E_(italic("total")), ∂w_(5)) dot.op frac(∂upright("out")_(h 1), '
     '∂upright("net")_(h 1))', "partial E total over partial w 5 times partial out h1 over partial net h1"),
    (mul(HALF, Pow(sub(W, X), TWO)), "frac(1, 2) thin (w_(5) - i_(1))^(2)",
     "one half times open bracket w 5 minus i 1 close bracket squared"),
    (Neg(Pow(W, TWO)), "-w_(5)^(2)", "minus w 5 squared"),
    (Pow(Neg(W), TWO), "(-w_(5))^(2)", "open bracket minus w 5 close bracket squared"),
    (Pow(NEW, TWO), "(w_(5)^(+))^(2)", "new w 5 squared"),
    (Pow(Div(W, X), TWO), "(frac(w_(5), i_(1)))^(2)", "open bracket w 5 over i 1 close bracket squared"),
    (Pow(U, Const(-ONE.value)), "u^(-1)", "u to the power minus 1"),
    (Div(W, Div(OUT, X)), 'frac(w_(5), frac(upright("out")_(h 1), i_(1)))',
     "w 5 over open bracket out h1 over i 1 close bracket"),
    (Div(ONE, add(ONE, call("exp", Neg(NET)))), 'frac(1, 1 + e^(-upright("net")_(h 1)))',
     "1 over open bracket 1 plus e to the power minus net h1 close bracket"),
    (call("exp", add(W, X)), "e^(w_(5) + i_(1))", "e to the power open bracket w 5 plus i 1 close bracket"),
    (call("ln", W), "ln w_(5)", "ln of w 5"),
    (call("ln", sub(ONE, W)), "ln (1 - w_(5))", "ln of open bracket 1 minus w 5 close bracket"),
    (call("max", ZERO, U), "max (0, u)", "the larger of 0 and u"),
    (call("abs", U), "abs(u)", "the absolute value of u"),
    (call("sign", U), 'op("sign") (u)', "sign of u"),
    (call("tanh", U), "tanh (u)", "tanh of u"),
    (KINK, 'cases(u & quad "if" u > 0, 0 & quad "if" u <= 0)', "u if u is greater than 0, or 0 if u is at most 0"),
    (Partial(W, U), "frac(∂w_(5), ∂u)", "partial w 5 over partial u"),
    (Partial(W, U, total=True), "frac(upright(d)w_(5), upright(d)u)", "d w 5 over d u"),
    (SumOver("k", "2", Ref(K)), 'sum_(k = 1)^(2) upright("out")_(o k)', "the sum over k from 1 to 2 of out o k"),
    (Apply(SIGMA, U, 1), "sigma' (u)", "sigma prime of u"),
    (Apply(RELU, add(U, ONE)), 'op("ReLU")(u + 1)', "ReLU of open bracket u plus 1 close bracket"),
    (Apply(Letter(r"\mathrm{error}", "error"), U), 'upright("error")(u)', "error of u"),
    (NUMBERS, 'mat(delim: "[", 1, -0.5; 0, 0.25)', "2 by 2 matrix 1, minus 0.5; 0, 0.25 end matrix"),
    (LAYER, "upright(bold(W))^((2))", "bold W of layer 2"),
    (Transpose(LAYER), "(upright(bold(W))^((2)))^(sans(T))", "bold W of layer 2 transposed"),
    (MatMul((LAYER, NUMBERS)), 'upright(bold(W))^((2)) thin mat(delim: "[", 1, -0.5; 0, 0.25)',
     "bold W of layer 2 times 2 by 2 matrix 1, minus 0.5; 0, 0.25 end matrix"),
    (Hadamard((LAYER, LAYER)), "upright(bold(W))^((2)) dot.o upright(bold(W))^((2))",
     "bold W of layer 2 times element by element bold W of layer 2"),
    (Wording('a "b"'), '"a \\"b\\""', 'a "b"'),
    (Var("epsilon"), "epsilon", "epsilon"),
]  # fmt: skip


@pytest.mark.parametrize(("node", "formula", "words"), PRINTED, ids=[row[1] for row in PRINTED])
def test_formulas(node: Node, formula: str, words: str) -> None:
    """Exactly so in Typst, which understands it, and in words."""
    assert Printer(Typst(), NAMER)(node) == formula
    assert Speaker(Spoken(), NAMER)(node) == words
    compiled(f"${formula}$")


def test_lines_in_words() -> None:
    speaker = Speaker(Spoken(), NAMER)
    line = Line(GRADIENT, (("=", mul(W, U)), ("≈", Shown("0.082167041", False))))
    said = "partial E total over partial w 5 equals w 5 times u, approximately 0.082167041"
    assert (speaker.formula(line), speaker.formula(W)) == (said, "w 5")
    assert speaker.formula(Line(NOTHING, (("<", ONE),))) == "is less than 1"


# TeX of a name: Typst, words
NAMES = {
    r"\delta^{(2)[3]++}_ {1}": ("delta_(1)^((2) [3]++)", "delta 1 of layer 2 for example 3 after 2 updates"),
    r"w^{(1)+(4)}_ {12,3}": ("w_(12, 3)^((1)+(4))", "w 12,3 of layer 1 after 4 updates"),
    r"w^{2}_ {ji}": ("w_(j i)^(2)", "w j i of layer 2"),
    r"\boldsymbol{\delta}^{(l)}": ("bold(delta)^((l))", "bold delta of layer l"),
    r"\tilde{\mathbf{x}}": ("tilde(upright(bold(x)))", "bold x tilde"),
    r"\bar{x}_ {1}": ("macron(x)_(1)", "x bar 1"),
    r"p^{\mathrm{in}+}": ('p^(upright("in")+)', "new p in"),
    r"C_{\text{data}}": ('C_(upright("data"))', "C data"),
    r"\eta\,\frac{\partial C}{\partial b}": ("eta thin frac(∂C, ∂b)", "eta times partial C over partial b"),
}
NO_NAMES = [
    "", "w_{5", "w_5}", "w__5", r"\input{x}", "w$", "w#1", 'w"', r"w_{1}_{2}", "w^12", r"\left.x", r"\frac{a}",
    "_1", "{a}", "w\\",
]  # fmt: skip


@pytest.mark.parametrize("tex", NAMES)
def test_names(tex: str) -> None:
    assert (typst_name(tex), spoken_name(tex)) == NAMES[tex]


@pytest.mark.parametrize("tex", NO_NAMES)
def test_no_names(tex: str) -> None:
    """What no notation writes is an error, never passed on."""
    with pytest.raises(ValueError):
        read_name(tex)


def test_typst_understands_every_name() -> None:
    """Every quantity of the examples in every notation, and whole layers; words for each."""
    names = {
        solution.namer(quantity).tex
        for example in example_names("networks")
        for notation in NOTATIONS
        for solution in [solve(example, notation)]
        for quantity in solution.values.numbers
    }
    names |= {
        Namer(notation, Shape((2, 2, 2))).matrix(kind, layer, 1, 2).tex
        for notation in NOTATIONS.values()
        for kind, layer in (("a", 0), ("a", 1), ("z", 1), ("W", 2), ("b", 1), ("t", None), ("vW", 1), ("vb", 1))
    }
    assert len(names) > 1000
    assert all(re.fullmatch(r"[A-Za-z0-9, ]+", spoken_name(name)) for name in names)
    compiled("\n\n".join(f"${typst_name(name)}$" for name in sorted(names)))


def test_typst_understands_random_formulas() -> None:
    """No tree prints something that Typst cannot read; signs that would run together in words do not."""
    printer, speaker = Printer(Typst(), NAMER), Speaker(Spoken(), NAMER)
    formulas, said = set(), set()

    @settings(max_examples=600)
    @given(tree=TREES)
    def collect(tree: Node) -> None:
        formulas.add(printer(tree))
        said.add(speaker(tree))

    collect()
    assert len(formulas) > 300
    assert [words for words in said if re.search(r"[-+*/()^_\\]|minus minus|plus minus|times minus", words)] == []
    compiled("\n\n".join(f"${formula}$" for formula in sorted(formulas)))


# -- blocks --------------------------------------------------------------------------------------------------

BLOCKS = {
    "paragraph": '#strong[First.]; The weight #m("w 5", $qweight(w_(5))$); of #raw(other("W[2]"));, by (3).',
    "no list": "1\\. a",
    "numbered equation": '#shown("w 5 equals 0.40", number: "7", lefts: ($qweight(w_(5))$, ), '
    "$\n  qweight(w_(5)) = 0.40\n$)",
    "equation of two lines": '#shown("w 5 equals 0.40; w 5 equals 0.40", '
    "lefts: ($qweight(w_(5))$, $qweight(w_(5))$, ), $\n"
    "  qweight(w_(5)) & = 0.40 \\\n  qweight(w_(5)) & = 0.40\n$)",
    "worked": '#derivation(\n  step(rows: 1, "sigma prime of u", $sigma\' (u)$),\n'
    '  step(rows: 1, "equals u minus 1", $= u - 1$),\n  rule[power rule],\n  [],\n'
    '  step(rows: 1, "equals u over 2", $= frac(u, 2)$),\n'
    "  rule[power rule, then the chain rule for the bracket],\n  [],\n"
    '  step(rows: 1, "equals u", $= u$),\n  [],\n)',
    "worked without rules": "#shown(\"sigma prime of u equals u\", lefts: ($sigma' (u)$, ), $\n  sigma' (u) = u\n$)",
    "bullets": '- one #m("w 5", $qweight(w_(5))$);\n- \\- two',
    "table": "#ruled(\n  columns: (auto, auto, auto, ),\n  align: (left, center, right, ),\n  ([a], [b], [c], ),\n"
    '  [#m("w 5", $qweight(w_(5))$);], [x|y], [#raw(other("x|y"));], \n  [], [], [], \n)',
    "remark": "#remark[A & B][\n#block(sticky: true)[Words.]\n\n"
    '#shown("w 5 equals 0.40", lefts: ($qweight(w_(5))$, ), $\n  qweight(w_(5)) = 0.40\n$)\n\n'
    "#ruled(\n  columns: (auto, ),\n  align: (left, ),\n  ([a], ),\n  [b], \n)\n]",
}


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks(name: str) -> None:
    """Character by character."""
    assert body(render(page(EXACT[name][0]), "typ", NAMER)) == BLOCKS[name]


def body(text: str) -> str:
    """What stands between the title and the measure of the last page."""
    return text.split("#title[T]\n\n")[1].split("// How much")[0].rstrip("\n")


def test_every_kind_of_block_is_there() -> None:
    kinds = {type(EXACT[name][0]) for name in BLOCKS}
    assert kinds == {Paragraph, Equation, Worked, Bullets, Table, Remark}


def test_picture() -> None:
    """Its width on the page, its words, its caption, and the SVG as a string."""
    figure, *_ = EXACT["figure"]
    assert isinstance(figure, Figure)
    text = body(render(page(figure), "typ", NAMER))
    svg = to_svg(figure.scene, "figure1", paper=False, style=False, letters=PRINT).rstrip().replace('"', '\\"')
    shown = '100pt, "A [net]. Of b.", [Figure 1], [The weight #m("w 5", $qweight(w_(5))$);.]'
    assert text == f'#drawn({shown}, "{svg}", order: 1, after: 0)'
    assert pdf.typst_pdf(render(page(figure, *[EXACT["figure wider than the page"][0]] * 2), "typ", NAMER))


def test_rows_that_go_on() -> None:
    """A sum that is broken into rows goes on with its sign, indented."""
    text = render(page(EXACT["worked"][0], Equation((Line(W, (("=", add(*[PLUS] * 20)),)),))), "typ", NAMER)
    assert re.search(r'& = 0.25[ 0-9.+]+ \\\n  & quad "" \+ 0.25', text)


# -- words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_words_are_words(text: str, tmp_path: Path) -> None:
    """Read back from the PDF, every place of a document says what was written."""
    words = (Text(text),)
    document = page(
        Paragraph(words), Paragraph((Code(text),)), Paragraph((Strong(text),)), Bullets((words,)),
        Remark(text, (Paragraph(words),)), sections=(Section(words, ()),), title=text,
    )  # fmt: skip
    seen = read(pdf.typst_pdf(render(document, "typ", NAMER)), tmp_path)
    wanted = " ".join(visible(text).split())
    if re.search("[\u0590-\u05ff]", text) or text == "x" * 300:
        wanted = wanted.split()[0][:20]  # read from right to left, or broken into lines
    wanted, seen = wanted.replace(" ", ""), seen.replace(" ", "")
    assert seen.count(wanted) >= 8, seen


def test_known_letters_are_known(tmp_path: Path) -> None:
    """The compiler's own fonts have every letter that is not handed to `other`, upright, bold and typed."""
    letters = [chr(code) for code in range(0xA1, 0x2800) if re.match(f"[{KNOWN}]", chr(code))]
    assert len(letters) > 500
    words = " ".join(letters)
    assert "#other" not in typst_text(words)
    document = page(Paragraph((Text(words), Strong(words), Code(words))), sections=(Section((Text(words),), ()),))
    before = pdf.missing("")
    assert before == set() and pdf.typst_pdf(render(document, "typ", NAMER))


@pytest.mark.parametrize("text", ["--", "---", "''", "``", "!`", "?`", ",,"])
def test_no_two_characters_become_another(text: str) -> None:
    """What somebody has typed is printed as it is: the font would join these, as TeX does, and would be narrower."""
    begin = '#set text(font: "New Computer Modern")\n#set smartquote(enabled: false)\n'
    together = f"measure([{typst_text(f'a{text}ask')}]).width"
    apart = " + ".join(f"measure([{typst_text(f'a{letter}a')}]).width" for letter in text)
    pairs = f"{len(text)} * measure([aa]).width"
    off = f"{together} - measure([aask]).width - ({apart} - {pairs})"
    source = f"{begin}#context [#metadata(calc.abs({off}) < 1pt) <same>]"
    assert json.loads(typst.query(source.encode(), "<same>", field="value")) == [True]


def test_letters_without_a_font_are_code_points(tmp_path: Path) -> None:
    """Also hundreds of them in one paragraph."""
    private = "".join(map(chr, range(0x100000, 0x100000 + 700)))
    document = page(Paragraph((Text(f"a {' '.join(private)} z"),)), Paragraph((Code("b \U00100000\U00100001"),)))
    text = read(pdf.typst_pdf(render(document, "typ", NAMER)), tmp_path)
    assert "a [U+100000] [U+100001]" in text and "[U+1002BB] z" in text and "b [U+100000][U+100001]" in text


def test_pictures_need_no_font_of_the_machine() -> None:
    """A word that sends the compiler to the machine's fonts leaves every name of the pictures as it was."""
    assert pdf.typst_pdf(solve("caispp").render("typ") + "\n漢")


def test_an_error_of_ours_raises() -> None:
    with pytest.raises(typst.TypstError):
        pdf.typst_pdf('#set document(title: "a")\n#nothing')
    with pytest.raises(typst.TypstError, match="UA"):
        pdf.typst_pdf('#set document(title: "a")\n$x$')


# -- documents -----------------------------------------------------------------------------------------------

MEASURED = """
#let wide(room, it, ..within) = context [#metadata(measure(it, ..within).width.pt() / room) <wide> #it]
#show math.equation.where(block: true): it => {
  let apart = regex("h\\(amount: 1em\\),\\s+\\[ \\],\\s+h\\(amount: 1em\\)")
  let columns = it.numbering == none and repr(it.body).contains(apart)
  wide(if columns { 481 } else { float(sys.inputs.at("room", default: "424")) }, it)
}
#show table: it => wide(481, it)
#show grid: it => wide(481, it, width: 481pt)
"""
"""The text is 481 points wide; a displayed equation leaves room for its number, two columns have none."""


def too_wide(source: str, room: int = 424) -> list[float]:
    """How much of its room each displayed equation, table and derivation takes, where that is too much."""
    document, inputs = (MEASURED + source).encode(), {"room": str(room)}
    found = typst.query(document, "<wide>", field="value", ignore_system_fonts=True, sys_inputs=inputs)
    taken = json.loads(found)
    assert len(taken) > 5
    return [share for share in taken if share > 1]


def test_too_wide_is_noticed() -> None:
    assert len(too_wide("#table(columns: 486pt, [])\n#table(columns: 476pt, [])\n" + "$ x $\n" * 5)) == 1
    body, few = "#h(430pt)", "$ x $\n" * 6
    apart = "$ #h(210pt) quad quad #h(220pt) $", "$ #h(210pt) quad quad #h(260pt) $"
    numbered = f'#math.equation(block: true, numbering: "(1)", {apart[0]})'
    assert [len(too_wide(f"{few}{one}")) for one in (*apart, numbered, f"$ {body} $")] == [0, 1, 1, 1]


def faults_of_a_page(solution: Solution) -> list[str]:
    """The compiler's check of PDF/UA-1, and lines that are wider than the page."""
    document = solution.pdf()
    wide = [str(line) for line in too_wide(solution.render("typ"))]
    return wide if document.startswith(b"%PDF-1.7") and b"pdfuaid:part" in document else ["not accessible", *wide]


LONG = ("mazur", "caispp", "rohan")
"""Examples whose pages in full are looked at in every notation."""


def wide_in_full(name: str, notation: str) -> list[float]:
    return too_wide(solve(name, notation, detail="full").render("typ"))


@pytest.mark.parametrize(
    ("name", "form"),
    [(name, FORMS[(row + at) % 4]) for row, name in enumerate(example_names("networks")) for at in (0, 2)],
)
def test_every_example_is_accessible(name: str, form: str) -> None:
    """Every example in two forms; the sweep `forms` looks at all."""
    assert faults_of_a_page(solve(name, form=form)) == []


@pytest.mark.parametrize(("name", "notation"), [(LONG[at % 3], notation) for at, notation in enumerate(NOTATIONS)])
def test_every_notation_fits(name: str, notation: str) -> None:
    """Each in one example; in the sweep in all of these."""
    assert wide_in_full(name, notation) == []


@pytest.mark.parametrize("seed", range(8))
def test_random_networks(seed: int) -> None:
    """Batches, several steps, softmax and penalties too."""
    solution = solve(problem_from_dict(random_network(seed)), form=FORMS[seed % 4])
    assert solution.pdf()
    assert too_wide(solution.render("typ"), room=481) == []


def test_what_the_reader_finds(tmp_path: Path) -> None:
    """Key numbers, headings and words of mazur; a title, a language, tags and the size of the paper."""
    solution = solve("mazur")
    # The digits of results are bold ones, which readers take for digits.
    text = unicodedata.normalize("NFKC", read(solution.pdf(), tmp_path))
    source = 'After Matt Mazur, "A Step by Step Backpropagation Example", 17 March 2015'
    wanted = ("0.082167041", "0.291027774", "5.1.1 The weight", source, "the loss has fallen")
    assert [part for part in wanted if part not in text] == []
    assert "Matt Mazur’s" in read(solve("mazur", detail="full").pdf(), tmp_path)
    for paper, size in (("a4", "595.276 x 841.89"), ("letter", "612 x 792")):
        (tmp_path / "page.pdf").write_bytes(solution.pdf(paper=paper))
        about = subprocess.run(["pdfinfo", str(tmp_path / "page.pdf")], capture_output=True, text=True).stdout
        for line in (rf"Title: +{re.escape(solution.problem.title)}", "Author: +derive", "Tagged: +yes", f"{size} pts"):
            assert re.search(line, about), line


def test_same_bytes(tmp_path: Path) -> None:
    """Twice here, and in another process with other hashes."""
    first = solve("rohan").pdf()
    command = "import sys, derive; sys.stdout.buffer.write(derive.solve('rohan').pdf())"
    other = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, check=True, env=os.environ | {"PYTHONHASHSEED": "7"}
    )
    assert first == solve("rohan").pdf() == other.stdout


def test_sample_fits() -> None:
    """Every block, long tables, long lines."""
    source = render(sample(), "typ", NAMER)
    assert pdf.typst_pdf(source)
    assert too_wide(source) == []


def test_choices_agree() -> None:
    assert ENGINES == pdf.ENGINES and PAPERS == FORMAT_PAPERS
    for arguments in ({"engine": "word"}, {"paper": "a3"}):
        with pytest.raises(InputError, match="expected"):
            solve("mazur").pdf(**arguments)


# -- the command ---------------------------------------------------------------------------------------------


def test_command_writes_pdf(tmp_path: Path) -> None:
    result = run("solve", "mazur", "--format", "typ,pdf", "--paper", "letter", "-o", str(tmp_path))
    files = [tmp_path / "mazur.solution.typ", tmp_path / "mazur.solution.pdf"]
    assert (result.exit_code, result.output.split()) == (0, [str(file) for file in files])
    assert files[1].read_bytes() == solve("mazur").pdf(paper="letter")
    assert sorted(tmp_path.iterdir()) == sorted(files)
    piped = run("solve", "mazur", "--format", "pdf", "-o", "-")
    assert piped.stdout_bytes == solve("mazur").pdf()


@pytest.mark.parametrize(("option", "value"), [("--engine", "word"), ("--paper", "a3")])
def test_unknown_choice(option: str, value: str, tmp_path: Path) -> None:
    result = run("solve", "mazur", "--format", "pdf", option, value, "-o", str(tmp_path))
    assert result.exit_code == 2 and f"{option}: expected" in result.output
    assert list(tmp_path.iterdir()) == []


def fake_latex(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program where pdflatex is looked for."""
    program = folder / "bin" / "pdflatex"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)


def test_no_latex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One message that names what to install; nothing written."""
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("solve", "mazur", "--format", "md,pdf", "--engine", "latex", "-o", str(tmp_path / "new"))
    assert result.exit_code == 2
    assert result.output.startswith("derive: expected pdflatex") and "Install TeX Live" in result.output
    assert list(tmp_path.iterdir()) == []


LOG = r"""This is pdfTeX
(page.tex

! LaTeX Error: File `booktabs.sty' not found.

Type X to quit or <RETURN> to proceed,

l.7 \usepackage
               {enumitem}^^M
!  ==> Fatal error occurred, no output PDF file produced!"""


def test_failing_latex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first error of the log with its line; nothing is written."""
    (tmp_path / "log").write_text(LOG)
    fake_latex(tmp_path, f"cp '{tmp_path}/log' page.log; exit 1", monkeypatch)
    result = run("solve", "mazur", "--format", "pdf", "--engine", "latex", "-o", str(tmp_path / "new"))
    assert result.exit_code == 2
    error = "LaTeX Error: File `booktabs.sty' not found (line 7: \\usepackage)"
    told = f"derive: mazur.solution.tex: expected a document that pdflatex accepts, found {error}.\n"
    assert result.output == f"{told}Its source is written with --format tex alone.\n"
    assert not (tmp_path / "new").exists()


def test_endless_latex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_latex(tmp_path, "exec sleep 60", monkeypatch)
    monkeypatch.setattr(latex, "LATEX_SECONDS", 0.2)
    with pytest.raises(InputError, match="to end within"):
        pdf.latex_pdf("x")


@pytest.mark.parametrize(("paper", "size"), [("a4", "595.276 x 841.89"), ("letter", "612 x 792")])
def test_local_latex(paper: str, size: str, tmp_path: Path) -> None:
    """The same solution by a local LaTeX, its source beside it."""
    need("pdflatex")
    need("pdftoppm")
    arguments = ("--format", "pdf", "--engine", "latex", "--paper", paper, "--detail", "brief")
    result = run("solve", "mazur", *arguments, "-o", str(tmp_path))
    assert result.exit_code == 0
    source, document = tmp_path / "mazur.solution.tex", tmp_path / "mazur.solution.pdf"
    assert sorted(tmp_path.iterdir()) == [document, source]
    assert source.read_text("utf-8") == solve("mazur", detail="brief").render("tex", paper)
    about = subprocess.run(["pdfinfo", str(document)], capture_output=True, text=True).stdout
    assert f"{size} pts" in about
    assert document.read_bytes() == solve("mazur", detail="brief").pdf("latex", paper)


def test_real_latex_error() -> None:
    need("pdflatex")
    with pytest.raises(InputError, match=r"found Undefined control sequence \(line 3: "):
        pdf.latex_pdf("\\documentclass{article}\n\\begin{document}\n\\wrong here\n\\end{document}\n")


def test_latex_runs_no_program(tmp_path: Path) -> None:
    """A source may name a program or a file of the machine; neither is used."""
    need("pdflatex")
    mark = tmp_path / "mark"
    hostile = f"\\immediate\\write18{{touch {mark}}}\\newwrite\\f\\immediate\\openout\\f={mark}"
    with pytest.raises(InputError):
        pdf.latex_pdf(f"\\documentclass{{article}}\n\\begin{{document}}\n{hostile}x\n\\end{{document}}\n")
    assert not mark.exists()
