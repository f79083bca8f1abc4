"""Documents as Markdown and LaTeX: exact strings per block, hostile words, what the readers' programs say."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, UndefinedError
from markdown_it import MarkdownIt
from tools import compile_tex, katex_errors, markdown_formulas

from derive.diagram.scene import Box, Caption, Scene
from derive.document import (
    Block,
    Bullets,
    Cite,
    Code,
    Document,
    Equation,
    Figure,
    Math,
    Paragraph,
    Remark,
    Section,
    ShownStep,
    Stepper,
    Strong,
    Table,
    Text,
    Worked,
)
from derive.expression import ONE, TWO, Apply, Div, Letter, Node, Ref, Shown, Var, Wording, add, call, mul, sub
from derive.formula import Line
from derive.notation import NOTATIONS, Namer, Shape
from derive.quantity import Quantity
from derive.render import FORMATS, families, render
from derive.render.escape import (
    Escaped,
    markdown_code,
    markdown_rule,
    markdown_start,
    markdown_text,
    tex_plain,
    tex_text,
    visible,
)
from derive.render.formats import PIECES

NAMER = Namer(NOTATIONS["mazur"], Shape((2, 2, 2)))
W5, W6, B2, NET, OUT = (
    Ref(Quantity(*place)) for place in (("W", 2, 0, 0), ("W", 2, 0, 1), ("b", 2), ("z", 2, 0), ("a", 2, 0))
)
U = Var("u")
SHORT = Line(W5, (("=", Shown("0.40", True)),))
LONG = Line(W6, (("=", add(W5, B2)), ("≈", add(*[Shown("0.593269992", False)] * 8))))
SLOPE = Apply(Letter(r"\sigma", "sigma"), U, 1)
RULES = (
    ("=", sub(U, ONE), "power rule"),
    ("=", Div(U, TWO), "power rule, then the chain rule for the bracket"),
    ("=", U, ""),
)

WORDS = (Text("The weight "), Math(W5), Text("."))

# -- exact strings -------------------------------------------------------------------------------------------

# name: (block, Markdown, LaTeX)
EXACT: dict[str, tuple[Block, str, str]] = {
    "paragraph": (
        Paragraph(
            (
                Strong("First. "),
                Text("The weight "),
                Math(W5),
                Text(" of "),
                Code("W[2]"),
                Text(", by "),
                Cite(3),
                Text("."),
            )
        ),
        "**First.** The weight $w_{5}$ of `W[2]`, by (3).",
        "\\textbf{First.} The weight $\\qweight{w_{5}}$ of \\texttt{W{[}2]}, by (3).",
    ),
    "two sentences": (
        Paragraph((Text("One. Two: "), Math(SHORT))),
        "One. Two: $w_{5} = 0.40$",
        "One.\nTwo: $\\qweight{w_{5}} = 0.40$",
    ),
    "line without a left side": (
        Paragraph((Math(Line(Wording(""), (("<=", ONE),))),)),
        "$\\le 1$",
        "$\\le 1$",
    ),
    "no list": (Paragraph((Text("1. a"),)), "1\\. a", "1.\na"),
    "equation": (Equation((SHORT,)), "$$\nw_{5} = 0.40\n$$", "\\[\n  \\lhs{\\qweight{w_{5}}} = 0.40\n\\]"),
    "numbered equation": (
        Equation((SHORT,), 7),
        "$$\nw_{5} = 0.40 \\tag{7}\n$$",
        "\\begin{equation*}\n  \\lhs{\\qweight{w_{5}}} = 0.40 \\tag{7}\n\\end{equation*}",
    ),
    "equation of two lines": (
        Equation((SHORT, SHORT)),
        "$$\n\\begin{aligned}\nw_{5} & = 0.40 \\cr\nw_{5} & = 0.40\n\\end{aligned}\n$$",
        "\\[\n\\begin{aligned}\n  \\lhs{\\qweight{w_{5}}} & = 0.40 \\\\\n"
        "  \\lhs{\\qweight{w_{5}}} & = 0.40\n\\end{aligned}\n\\]",
    ),
    "numbered equation of two lines": (
        Equation((SHORT, SHORT), 7),
        "$$\n\\begin{aligned}\nw_{5} & = 0.40 \\cr\nw_{5} & = 0.40\n\\end{aligned} \\tag{7}\n$$",
        "\\begin{equation*}\n\\begin{aligned}\n"
        "  \\lhs{\\qweight{w_{5}}} & = 0.40 \\\\\n  \\lhs{\\qweight{w_{5}}} & = 0.40\n\\end{aligned} \\tag{7}\n"
        "\\end{equation*}",
    ),
    "equation that may break over pages": (
        Equation((SHORT,) * 9, 7),
        "$$\n\\begin{aligned}\n" + "w_{5} & = 0.40 \\cr\n" * 8 + "w_{5} & = 0.40\n\\end{aligned} \\tag{7}\n$$",
        "\\begin{align*}\n"
        + "  \\lhs{\\qweight{w_{5}}} & = 0.40 \\\\\n" * 8
        + "  \\lhs{\\qweight{w_{5}}} & = 0.40 \\tag{7}\n\\end{align*}",
    ),
    "worked": (
        Worked(SLOPE, RULES),
        "$$\n\\begin{aligned}\n"
        "\\sigma'(u) & = u - 1 && \\text{power rule} \\cr\n"
        "& = \\frac{u}{2} && \\begin{array}{l} \\text{power rule, then the chain rule for the} \\cr"
        " \\text{bracket} \\end{array} \\cr\n"
        "& = u\n\\end{aligned}\n$$",
        "\\begin{alignat*}{2}\n"
        "  \\lhs{\\sigma'(u)} & = u - 1 & \\qquad & \\rulename{power rule} \\\\\n"
        "  & = \\frac{u}{2} & \\qquad & \\rulename{power rule, then the chain rule for the bracket} \\\\\n"
        "  & = u\n\\end{alignat*}",
    ),
    "worked without rules": (
        Worked(SLOPE, (("=", U, ""),)),
        "$$\n\\sigma'(u) = u\n$$",
        "\\[\n  \\lhs{\\sigma'(u)} = u\n\\]",
    ),
    "bullets": (
        Bullets(((Text("one "), Math(W5)), (Text("- two"),))),
        "- one $w_{5}$\n- \\- two",
        "\\begin{itemize}\n  \\item one $\\qweight{w_{5}}$\n  \\item - two\n\\end{itemize}",
    ),
    "table": (
        Table(
            ((Text("a"),), (Text("b"),), (Text("c"),)),
            (((Math(W5),), (Text("x|y"),), (Code("x|y"),)), ((), (), ())),
            "lcr",
        ),
        "| a | b | c |\n| :-- | :-: | --: |\n| $w_{5}$ | x\\|y | `x\\|y` |\n|  |  |  |",
        "\\begin{center}\n\\begin{tabular}{@{}lcr@{}}\n\\toprule\na & b & c \\\\\n\\midrule\n"
        "$\\qweight{w_{5}}$ & x\\textbar{}y & \\texttt{x\\textbar{}y} \\\\\n &  &  \\\\\n"
        "\\bottomrule\n\\end{tabular}\n\\end{center}",
    ),
    "wide table": (
        Table(((Text("a"),), (Text("b"),)), (((Math(W5),), (Text("word " * 30),)),), "ll"),
        "| a | b |\n| :-- | :-- |\n| $w_{5}$ | " + "word " * 30 + " |",
        "\\begin{center}\n\\begin{tabular}{@{}lP{45.4em}@{}}\n\\toprule\na & b \\\\\n\\midrule\n"
        "$\\qweight{w_{5}}$ & " + "word " * 30 + " \\\\\n\\bottomrule\n\\end{tabular}\n\\end{center}",
    ),
    "table of many columns": (
        Table(((Text("column"),),) * 13, (((Text("0.4"),),) * 13,), "r" * 13),
        "|" + " column |" * 13 + "\n|" + " --: |" * 13 + "\n|" + " 0.4 |" * 13,
        "{\\footnotesize\\setlength{\\tabcolsep}{4pt}\n\\begin{center}\n\\begin{tabular}{@{}rrrrrrrrrrrrr@{}}\n\\toprule\n"
        + " & ".join(["column"] * 13)
        + " \\\\\n\\midrule\n"
        + " & ".join(["0.4"] * 13)
        + " \\\\\n\\bottomrule\n\\end{tabular}\n\\end{center}\n}",
    ),
    "long table": (
        Table(((Text("a"),), (Text("b"),)), (((Text("x"),), (Text("word " * 30),)),) * 20, "rl"),
        "| a | b |\n| --: | :-- |\n" + "\n".join(["| x | " + "word " * 30 + " |"] * 20),
        "\\begin{longtable}{@{}w{r}{0.6em}P{45.9em}@{}}\n\\toprule\na & b \\\\\n\\midrule\n\\endhead\n"
        + ("x & " + "word " * 30 + " \\\\\n") * 20
        + "\\bottomrule\n\\end{longtable}",
    ),
    "figure": (
        Figure("net", Scene(10000, 5000, (Caption(Box(0, 0, 10000, 1000), "a & b"),), "A [net]", "Of b."), WORDS),
        "![A \\[net\\]. Of b.](my%20p.net.svg)\n\n**Figure 1.** The weight $w_{5}$.",
        "\\begin{figure}[htbp]\n\\centering\n\\begingroup\n"
        "\\begin{tikzpicture}[x=1pt,y=-1pt,line join=round]%\n\\useasboundingbox (0,0) rectangle (100,50);%\n"
        "\\node[anchor=base,inner sep=0pt,text=derivequiet,font=\\fontsize{9}{10.8}\\selectfont] at (50,8.15) "
        "{\\textsf{a \\& b}};%\n\\end{tikzpicture}%\n\\endgroup\n"
        "\\caption{The weight $\\qweight{w_{5}}$.}\n\\end{figure}",
    ),
    "figure wider than the page": (
        Figure("net", Scene(91000, 5000, (), "A", "B"), WORDS),
        "![A. B](my%20p.net.svg)\n\n**Figure 1.** The weight $w_{5}$.",
        "\\begin{figure}[htbp]\n\\centering\n\\resizebox{481pt}{!}{%\n\\begingroup\n"
        "\\begin{tikzpicture}[x=1pt,y=-1pt,line join=round]%\n\\useasboundingbox (0,0) rectangle (910,50);%\n"
        "\\end{tikzpicture}%\n\\endgroup\n}\n\\caption{The weight $\\qweight{w_{5}}$.}\n\\end{figure}",
    ),
    "remark": (
        Remark(
            "A & B",
            (
                Paragraph((Text("Words."),)),
                Equation((SHORT,)),
                Table(((Text("a"),),), (((Text("b"),),),), "l"),
            ),
        ),
        "> **A &amp; B**\n>\n> Words.\n>\n> $$\n> w_{5} = 0.40\n> $$\n>\n> | a |\n> | :-- |\n> | b |",
        "\\begin{remark}{A \\& B}\nWords.\n\\[\n  \\lhs{\\qweight{w_{5}}} = 0.40\n\\]\n\n"
        "\\begin{center}\n\\begin{tabular}{@{}l@{}}\n"
        "\\toprule\na \\\\\n\\midrule\nb \\\\\n\\bottomrule\n\\end{tabular}\n\\end{center}\n\\end{remark}",
    ),
}


def page(*lead: Block, sections: tuple[Section, ...] = (), title: str = "T", colophon: str = "") -> Document:
    return Document(title, lead, sections, colophon)


def body(text: str, format_key: str) -> str:
    """A file without its title and its frame."""
    if format_key == "md":
        return text.split("\n", 2)[2].rstrip("\n")
    return text.split("\\bigskip\n\n", 1)[1].partition("\n\n% How much of the last page is filled")[0]


@pytest.mark.parametrize("name", EXACT)
def test_blocks(name: str) -> None:
    """Every kind of block, character by character."""
    block, *expected = EXACT[name]
    written = [body(render(page(block), key, NAMER, pictures="my p"), key) for key in ("md", "tex")]
    assert written == expected


def test_every_kind_of_block_has_an_exact_string() -> None:
    """Except what stands around the others."""
    assert {type(block) for block, *_ in EXACT.values()} | {Section} == set(Block.__args__)


def test_what_moves_has_no_place_on_paper() -> None:
    """A computation step by step is left out."""
    step = ShownStep("Part", (Text("Title"),), SHORT, ("W[2][0][0]",), ())
    stepper = Stepper((Scene(100, 100, (), "A", "B"),), (step,))
    bare = page(EXACT["paragraph"][0])
    document = replace(bare, moving=lambda: (stepper,))
    for key in FORMATS:
        assert (render(document, key, NAMER) == render(bare, key, NAMER)) is (key != "html")


def test_markdown_without_files_has_no_pictures() -> None:
    """No link that leads nowhere, and no number that counts what is not there."""
    before, after = Paragraph((Text("a"),)), Paragraph((Text("b"),))
    assert body(render(page(before, EXACT["figure"][0], after), "md", NAMER), "md") == "a\n\nb"


def test_sections_are_numbered() -> None:
    """Markdown counts itself, LaTeX counts in print; a heading's formula has a plain form, in Markdown no other."""
    inner = Section((Text("Weight "), Math(W5)), (Paragraph((Text("a"),)), Equation((SHORT,))))
    sections = (Section((Text("One"),), (inner, Paragraph((Text("b"),)), inner)), Section((Text("Two"),), ()))
    document = page(sections=sections, colophon="Made by hand.")
    equation = "\n\na\n\n$$\nw_{5} = 0.40\n$$\n\n"
    assert render(document, "md", NAMER) == (
        f"# T\n\n## 1 One\n\n### 1.1 Weight w5{equation}b\n\n### 1.2 Weight w5{equation}"
        "## 2 Two\n\n---\n\n*Made by hand.*\n"
    )
    subsection = (
        "\\subsection{Weight \\texorpdfstring{$\\qweight{w_{5}}$}{w5}}\n\na\n\\[\n  \\lhs{\\qweight{w_{5}}} = 0.40\n\\]"
    )
    text = render(document, "tex", NAMER)
    assert body(text, "tex") == (
        f"\\headroom{{11}}\n\\section{{One}}\n\n{subsection}\n\nb\\par\\nopagebreak\n\n"
        f"\\headroom{{6}}\n{subsection}\n\n\\headroom{{6}}\n\\section{{Two}}"
    )
    assert "\\footnotesize Made by hand.\\par" in text


# -- what is refused -----------------------------------------------------------------------------------------

GLUED = [
    (Text("w"), Math(W5)),
    (Text("non-"), Math(W5)),
    (Math(W5), Text("th")),
    (Math(W5), Math(W6)),
    (Strong("2"), Math(W5)),
]
DEEP = Section((Text("a"),), ())
for _ in range(4):
    DEEP = Section((Text("a"),), (DEEP,))

REFUSED: dict[str, Block] = {
    "no line": Equation(()),
    "no worked line": Worked(SLOPE, ()),
    "no item": Bullets(()),
    "no row": Table(((Text("a"),),), (), "l"),
    "nothing to remark": Remark("a", ()),
    "row of another length": Table(((Text("a"),),), (((), ()),), "l"),
    "unsafe rule": Worked(SLOPE, (("=", U, "a $ b"),)),
    "remark in a remark": Remark("a", (Remark("b", (Paragraph(()),)),)),
    "pipe of a formula in a cell": Table(((Text("a"),),), (((Math(Var("a|b")),),),), "l"),
    **{f"glued {number}": Paragraph(words) for number, words in enumerate(GLUED)},
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    """What cannot be shown is an error, never a broken page."""
    with pytest.raises(ValueError):
        render(page(REFUSED[name]), "md", NAMER)


def test_too_deep() -> None:
    with pytest.raises(ValueError, match="deeper"):
        render(page(sections=(DEEP,)), "tex", NAMER)


def test_unknown_block_and_format() -> None:
    with pytest.raises(TypeError):
        render(page("words"), "md", NAMER)  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        render(page(), "doc", NAMER)


# -- templates -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["plain", 7, None, Escaped("a") + "b"])
def test_forgotten_escape(value: object) -> None:
    """A template that prints what was not escaped is an error; so is one that prints what nobody gave."""
    template = families.environment("md").from_string("<< value >>")
    assert template.render(value=Escaped("<b>")) == "<b>"
    with pytest.raises(TypeError, match="not escaped"):
        template.render(value=value)
    with pytest.raises(UndefinedError):
        template.render()


def test_families_are_complete() -> None:
    """Every format has every template and every macro, and nothing else lies in its folder."""
    folders = {path.name for path in families.template_folder().iterdir()}
    # The pages of the playground and of practice are of no format, and are put together in their own rooms.
    assert folders == set(FORMATS) | set(PIECES) | {"site", "practice"} and len(FORMATS) >= 2
    for row in (*FORMATS.values(), *PIECES.values()):
        files = {path.name for path in (families.template_folder() / row.key).iterdir()}
        if row.like:
            # Templates of its own, each in the place of one that is there.
            assert files < {path.name for path in (families.template_folder() / row.like).iterdir()}
            assert set(families.family(row).inlines) == set(families.INLINES)
            continue
        blocks = families.PIECES.get(row.key, families.BLOCKS)
        kinds = (*blocks, *families.EXTRAS.get(row.key, ()), "inline")
        assert files == {f"{kind}{row.suffix}" for kind in kinds} | ({"stepper.js"} if row.key == "html" else set())
        assert set(families.family(row).inlines) == set(families.INLINES)
    with pytest.raises(TemplateNotFound):
        families.environment("md").get_template("nothing.md")


def test_templates_hold_no_algebra() -> None:
    """A template puts parts together; signs, numbers and relations come from the formulas."""
    paths = [path for name in (*FORMATS, *PIECES) for path in (families.template_folder() / name).iterdir()]
    paths = [path for path in paths if path.suffix != ".js"]
    texts = [path.read_text("utf-8") for path in paths]
    for text in texts:
        assert not re.search(r"\\frac|\\cdot|\\approx|\\partial|<<[^>]*[-+*/]", text)
    more = [*families.EXTRAS.values(), *((*kinds, "inline") for kinds in families.PIECES.values())]
    whole = [row.key for row in FORMATS.values() if not row.like]
    own = sum(len([*(families.template_folder() / row.key).iterdir()]) for row in FORMATS.values() if row.like)
    assert len(texts) == len(whole) * (len(families.BLOCKS) + 1) + sum(map(len, more)) + own


# -- hostile words -------------------------------------------------------------------------------------------

HOSTILE = [
    r"\input{x} \write18{ls} $\foo$ \\ {} \end{document}",
    "<script>alert(1)</script> <!-- & --> &amp; &#60;b&#62;",
    "a_b_c *d* **e** `f` ``g`` ~~h~~ ^i^ [j](k) ![l](m) #n |o| $p$ $$q$$ ~r~",
    "- dash",
    "+ plus",
    "1. one",
    "2) two",
    "# heading #",
    "> quote",
    "---",
    "===",
    "    code",
    "|a|b|",
    "%@!\"'/():;=?,.<>",
    "-- --- `` '' ,, << >> ?` !` ''' ----",
    "naïve façade Ærø Łódź Șerban Ÿ ß œ €",
    "δ ≈ σ′ × ½ · x² − ∂ ∑ ∞ ⊙ √ … “a” ‘b’ – —",
    "漢字 кириллица עברית 😀 👩‍🚀 ✓",
    "line\nbreak\ttab\r\n\u2028 nul\x00 bell\x07 rtl\u202e \ufeff é",
    "[1] * \\* [",
    "x" * 300,
    "https://example.org/a_b/c?d=e&f#g and $5 and $6",
]

assert len(HOSTILE) > 20


def shown(text: str) -> str:
    """The words as they should be read: on one line, hidden characters made visible."""
    return visible(text).strip()


def read(markdown: str) -> list[str]:
    """What a reader sees of each block of a Markdown text."""
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    page = re.sub(
        r"</?(span|em|strong|code|a|p|h1|h2|li|ul|ol|td|tr|table|tbody|thead|th|blockquote)\b[^>]*>",
        "\0",
        page,
    )
    assert not re.search(r"<[a-z!/]", page), f"markup nobody wrote: {page}"
    return ["".join(line.split("\0")) for line in html.unescape(page).split("\n") if line.strip("\0 ")]


@pytest.mark.parametrize("text", HOSTILE)
def test_words_are_words_in_markdown(text: str) -> None:
    """Read back by a Markdown parser, title, paragraph, item and table cell say what was written."""
    words = (Text(text),)
    document = page(
        Paragraph(words),
        Bullets((words,)),
        Table((words,), ((words,),), "l"),
        Remark(text, (Paragraph(words),)),
        sections=(Section(words, ()),),
        title=text,
    )
    markdown = render(document, "md", NAMER)
    seen = [re.sub(" +", " ", line).strip() for line in read(markdown) if line != "1 "]
    wanted = re.sub(" +", " ", shown(text))
    assert [line.removeprefix("1 ") if "1 " + wanted == line else line for line in seen] == [wanted] * 8
    assert markdown_formulas(markdown) == []


@pytest.mark.parametrize("text", ["a", "a`b", "``", "`a", "a|b", "<b>", "\\", "$x$", " a "])
def test_code_is_literal_in_markdown(text: str) -> None:
    assert re.findall("<code>(.*)</code>", MarkdownIt().render(f"a {markdown_code(text)}")) == [html.escape(text)]


# words: (Markdown, LaTeX)
ESCAPES = {
    "a_b": (r"a\_b", r"a\_b"),
    "<b>&": ("&lt;b&gt;&amp;", r"\textless{}b\textgreater{}\&"),
    "$5": (r"<span>\$</span>5", r"\$5"),
    "\\input{x}": (r"\\input\{x\}", r"\textbackslash{}input\{x\}"),
    "≈ · × – ’ −": ("≈ · × – ’ −", r"$\approx$ $\cdot$ $\times$ -- ' $-$"),
    "--": ("--", "-{}-"),
    "😀 é": ("😀 é", "{[}U+1F600] é"),
    "e\u0301\x07": ("é\\[U+0007\\]", "é{[}U+0007]"),
    "see https://a.org/b.": ("see <https://a.org/b>.", r"see \url{https://a.org/b}."),
    "https://a.org/<b>": (r"https://a.org/&lt;b&gt;", r"https://a.org/\textless{}b\textgreater{}"),
}


@pytest.mark.parametrize("text", ESCAPES)
def test_escapes(text: str) -> None:
    assert (markdown_text(text), tex_text(text)) == ESCAPES[text]


def test_starts_rules_and_titles() -> None:
    assert [markdown_start(text) for text in ("1) a", "12", "1.5", "+1", "a")] == [
        "1\\) a", "12", "1.5", "\\+1", "a",
    ]  # fmt: skip
    assert markdown_rule("") == () and markdown_rule("it’s 1/2") == ("it's 1/2",)
    assert tex_plain("[δ] 漢 \\ a\u00a0b") == "[δ] [U+6F22] \\textbackslash{} a~b"


# -- what the readers' programs say --------------------------------------------------------------------------


def sample(*more: Block, title: str = "A step by step example") -> Document:
    """A document with every block, long lines and long words."""
    exp = call("exp", U)
    blocks = [block for block, *_ in EXACT.values()]
    long_rule = "quotient rule; numerator and denominator are each other's derivative"
    wide: Node = mul(Div(ONE, add(ONE, exp)), sub(ONE, Div(ONE, add(ONE, exp))), Div(exp, add(ONE, exp)))
    worked = Worked(SLOPE, (("=", wide, long_rule), ("=", add(*[Div(exp, TWO)] * 14), long_rule)))
    table = Table(
        tuple((Text(name),) for name in ("symbol", "meaning", "value")),
        (((Math(OUT),), (Text("what the first output unit says " * 8),), (Math(Shown("0.75", False)),)),) * 60,
        "llr",
    )
    inner = Section((Text("Of "), Math(W5)), (worked, table, Remark("Mind", (*blocks[:10], worked))))
    derivation = Equation(tuple(Line(NET, LONG.parts) for _ in range(40)), 8)
    long_sections = Section((Text("Words ≈ "), Math(OUT)), (*blocks, inner, derivation, Equation((LONG,), 9)))
    return page(*more, sections=(long_sections,), title=title, colophon="Made by hand.")


def test_latex_compiles(tmp_path: Path) -> None:
    """No error and no line that sticks out, not even in a long derivation."""
    log = compile_tex(render(sample(), "tex", NAMER), tmp_path)
    assert log.errors == ()
    assert [box for box in log.overfull if box.points > 5] == []


def test_hostile_latex_compiles(tmp_path: Path) -> None:
    """Nothing that words can hold is a command, or a character that the fonts lack."""
    letters = " ".join(map(chr, (*range(0xA1, 0x250), *range(0x370, 0x400), *range(0x2000, 0x2300))))
    blocks: list[Block] = [Paragraph((Text(letters), Strong(letters), Code(letters)))]
    for text in HOSTILE:
        words = (Text(text),)
        blocks += [
            Paragraph((*words, Code(text))),
            Bullets((words,)),
            Table((words, words), ((words, (Code(text),)),), "ll"),
            Remark(text, (Paragraph(words),)),
            Section((*words, Code(text)), (Paragraph((Strong(text),)),)),
        ]
    document = page(sections=(Section((Text("a"),), tuple(blocks)),), title=" ".join(HOSTILE))
    log = compile_tex(render(document, "tex", NAMER), tmp_path)
    assert log.errors == ()
    assert "Package inputenc Error" not in log.log


@pytest.mark.parametrize("title", HOSTILE)
def test_no_command_from_a_title(title: str) -> None:
    """Every backslash of a LaTeX title begins a command of ours."""
    text = render(page(title=title), "tex", NAMER)
    written = "".join(re.findall(r"pdftitle=\{(.*)\}\n|\\raggedright (.*)\\par\}\n", text)[0])
    words = r"(text(backslash|ascii\w+|less|greater|bar)|allowbreak|dots)\{\}"
    ours = rf"\\({words}|url\{{|[{{}}$#%&_]|[a-zA-Z]+\$)"
    assert re.sub(ours, "", written).count("\\") == 0


def test_katex_accepts_every_formula() -> None:
    formulas = [(formula.tex, formula.display) for formula in markdown_formulas(render(sample(), "md", NAMER))]
    assert len(formulas) > 30
    assert katex_errors(formulas) == []


def test_formulas_survive_a_markdown_parser() -> None:
    """GitHub parses Markdown before it looks for formulas: the parser must hand every formula on as it is."""
    plain = html.unescape(re.sub("</?p>", "", MarkdownIt("commonmark").render(render(sample(), "md", NAMER))))
    formulas = markdown_formulas(render(sample(), "md", NAMER))
    assert len(formulas) > 30
    assert [formula.tex for formula in formulas if formula.tex not in plain] == []


def test_same_bytes() -> None:
    for key in FORMATS:
        assert render(sample(), key, NAMER) == render(sample(), key, Namer(NOTATIONS["mazur"], Shape((2, 2, 2))))
