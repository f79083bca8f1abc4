"""Where people read Markdown: GitHub, pandoc and Word, Quarto, MyST; and what hostile titles do there.

The suite reads the documents of a few examples that have everything in them; the sweep `documents` reads all.
"""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from read_documents import CHECKS, Example, example, mysts, pandoc_formulas, refused_commands, word_faults
from test_render import HOSTILE, NAMER, W5, page
from tools import katex_errors, mathjax_errors, myst_complaints, pandoc, pandoc_words
from tools.needs import ROOT
from tools.readers import nodes

from derive import check, solve, worksheets
from derive.cli import main
from derive.diagram.scene import Scene
from derive.document import Cite, Code, Document, Equation, Figure, Math, Paragraph, Remark, Section, Strong, Text
from derive.expression import Shown
from derive.formula import Line
from derive.reading import read_problem
from derive.render import render
from derive.render.escape import visible
from derive.spec.sheet import SheetHead
from derive.worksheet import SheetOptions
from derive.worksheet.compiled import compile_sheet

SOME = ("mazur", "rohan-relu", "circuit", "softmax-regression")
TITLES = [
    *HOSTILE,
    'a "quoted" \\ title: # {x} @fig-1 [y]',
    "{{< include /etc/passwd >}} `{python} 1`",
    "--- format: pdf",
    "'single' % & * ! ? | > -",
    "Table: one",
    "(i) two",
    "a. three",
]


@pytest.mark.parametrize("reader", CHECKS)
@pytest.mark.parametrize("name", SOME)
def test_readers_take_every_document(name: str, reader: str) -> None:
    """Solution, worksheet and key of an example: no formula is left, nothing is refused."""
    assert CHECKS[reader](example(name)) == []


def test_colours_are_left_out_where_pandoc_knows_none() -> None:
    """A document for Quarto is black, also where colours are asked for, and has no legend; in MyST it is coloured."""
    solution = solve("hmkcode")
    assert solution.render("qmd", colours="role") == solution.render("qmd")
    coloured = solution.render("myst", colours="role")
    assert r"{\color{#" in coloured and "Colours: " in coloured
    assert katex_errors(pandoc_formulas(coloured)) == []


def test_mystmd_takes_every_document(tmp_path: Path) -> None:
    """The same in MyST."""
    assert mysts([example(name) for name in SOME], tmp_path) == []


def test_github_takes_the_solutions_of_all_examples() -> None:
    """The files in `out/` hold no command that GitHub refuses, and no formula in a heading."""
    paths = sorted((ROOT / "out").glob("*.md"))
    texts = {path.name: path.read_text("utf-8") for path in paths}
    assert len(texts) > 25
    assert {name: found for name, text in texts.items() if (found := refused_commands(text))} == {}
    assert [line for text in texts.values() for line in text.splitlines() if re.match(r"#+ .*\$", line)] == []


def test_what_readers_refuse_is_seen() -> None:
    """Each check finds what it is there for."""
    assert refused_commands(r"$\operatorname{f}$ $\phantom{0}$ $\define$") == [r"\operatorname", r"\phantom"]
    bad = {("solution", flavour): "# $w$\n\n$a \\thinspace b \\cr c$ @\n\n$$\\foo$$\n" for flavour in ("md", "qmd")}
    one = Example("bad", bad, {})
    assert {reader: bool(check(one)) for reader, check in CHECKS.items() if reader not in ("pandoc", "Word")} == {
        "GitHub": True, "KaTeX": True, "MathJax": True
    }  # fmt: skip
    with pytest.raises(AssertionError, match="Could not convert TeX"):
        CHECKS["pandoc"](one)
    found = word_faults(pandoc(r"a \\cr b \$ $c$", "docx"), 2, 1)
    assert found == [r"a \cr b $", "1 of 2 formulas", "0 of 1 are aligned"]


def test_mystmd_says_what_is_wrong(tmp_path: Path) -> None:
    """A command that nobody knows, and a link to nothing."""
    found, _ = myst_complaints({"bad": "# T\n\n$\\foo$ {eq}`nowhere`\n"}, tmp_path)
    assert [bool(re.search(words, "\n".join(found))) for words in (r"\\foo", "nowhere")] == [True, True]


def test_mathjax_refuses_what_it_should() -> None:
    """A command that it does not know, and a brace too few; not what it loads on the way."""
    messages = mathjax_errors([(r"\foo", False), (r"\frac{1}{2", True), (r"\color{red}{a}\boxed{b}", False)])
    assert [message.partition(" [")[0] for message in messages] == [
        r"Undefined control sequence \foo", "Missing close brace"
    ]  # fmt: skip


# -- one document in both flavours ---------------------------------------------------------------------------

FIGURE = Figure("network", Scene(10, 10, (), 'A "scene"', "All {its} <$>."), (Text("Given."),), (Text("is it."),))
DOCUMENT = page(
    FIGURE,
    sections=(
        Section(
            (Text("Weight "), Math(W5)),
            (
                Equation((Line(W5, (("=", Shown("0.40", True)),)),), number=1),
                Paragraph(
                    (Text("By "), Cite(1), Text(" it is.")),
                ),
                Remark("Old weights.", (Paragraph((Strong("Here"), Text(" are the old ones -- ..."))),), warns=True),
            ),
        ),
    ),
)


def test_quarto_has_its_labels() -> None:
    """Front matter, links by labels, numbers by Quarto, a callout, words for a picture that are no caption."""
    assert (
        render(DOCUMENT, "qmd", NAMER, pictures="my net").rstrip("\n")
        == r"""---
title: "T"
lang: en
format:
  html:
    toc: true
  docx: default
engine: markdown
number-sections: true
---

@fig-my-net-1 is it.

![Given.](my%20net.network.svg){#fig-my-net-1 fig-alt="A &#34;scene&#34;. All &#123;its&#125; &#60;&#36;&#62;."}

# Weight w5 {#sec-my-net-1}

$$
w_{5} = 0.40
$$ {#eq-my-net-1}

By ([-@eq-my-net-1]) it is.

::: {.callout-warning}
## Old weights.

**Here** are the old ones \-- \...

:::"""
    )


def test_myst_has_its_labels() -> None:
    """The same in MyST, for mystmd and for Sphinx."""
    assert (
        render(DOCUMENT, "myst", NAMER, pictures="my net").rstrip("\n")
        == r"""# T

[Figure 1](#fig-my-net-1) is it.

:::{figure} my%20net.network.svg
---
name: fig-my-net-1
alt: "A \"scene\". All {its} <$>."
---
Given.
:::

(sec-my-net-1)=
## 1 Weight w5

```{math}
:label: eq-my-net-1

w_{5} = 0.40
```

By {eq}`eq-my-net-1` it is.

::::{admonition} Old weights.
:class: warning

**Here** are the old ones \-- \...

::::"""
    )


def test_labels_are_one_to_one() -> None:
    """Every link has its target, and no two targets are alike, in a book of a solution, a worksheet and its key."""
    one = example("mazur")
    text = "\n".join(one.of("qmd").values())
    targets = re.findall(r"\{#((?:fig|eq|sec)-[^ }]+)", text)
    links = re.findall(r"@((?:fig|eq|sec)-[\w-]+)", text)
    assert len(targets) == len(set(targets)) > 20 and len(links) >= 8
    assert set(links) <= set(targets)


QUOTES = re.compile("[\u200b\u2018\u2019'\u201c\u201d\"]")


def words_of(tree: object) -> str:
    """The words of pandoc's tree; a link is what it shows."""
    found: list[str] = []
    for node in nodes(tree):
        match node.get("t"):
            case "Str":
                found.append(node["c"])
            case "Code":
                found.append(node["c"][1])
            case "Space" | "SoftBreak":
                found.append(" ")
    return "".join(found)


def bare(text: str) -> str:
    """Words without what readers add, turn or take for elements, and with hidden signs shown."""
    return " ".join(QUOTES.sub("", visible(text)).split())


def hostile(title: str) -> Document:
    """A title in every place that an author's words can have."""
    figure = Figure("network", Scene(10, 10, (), title, "."), (Text(title),))
    return page(Paragraph((Text(title),)), figure, Paragraph((Code(title.strip()),)), title=title)


@pytest.mark.parametrize("title", TITLES)
def test_hostile_titles_stay_titles(title: str) -> None:
    """In Quarto's front matter, at the beginning of a paragraph, in code, and below and behind a picture."""
    text = render(hostile(title), "qmd", NAMER, pictures="x")
    tree = pandoc_words(text)
    assert set(tree["meta"]) == {"title", "lang", "format", "engine", "number-sections"}
    opening, figure, code = tree["blocks"]
    assert [block["t"] for block in tree["blocks"]] == ["Para", "Figure", "Para"] and pandoc_formulas(text) == []
    (image,) = [node for node in nodes(figure) if node.get("t") == "Image"]
    for place in (tree["meta"]["title"], opening, code, image["c"][1]):
        assert bare(words_of(place)) == bare(title)
    assert bare(dict(image["c"][0][2])["fig-alt"]) == bare(f"{title}. .")


def test_hostile_titles_stay_titles_in_myst(tmp_path: Path) -> None:
    """The same as mystmd reads them."""
    (tmp_path / "x.network.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', "utf-8")
    texts = {f"page-{k}": render(hostile(title), "myst", NAMER, pictures="x") for k, title in enumerate(TITLES)}
    found, trees = myst_complaints(texts, tmp_path)
    assert [line for line in found if "resolve" not in line and "Duplicate" not in line] == []
    for k, title in enumerate(TITLES):
        content = trees[f"page-{k}"]
        blocks = [block for block in content["mdast"]["children"][0]["children"]]
        assert [block["type"] for block in blocks] == ["paragraph", "container", "paragraph"], title
        (image,) = [node for node in nodes(content["mdast"]) if node.get("type") == "image"]
        assert bare(content["frontmatter"]["title"]) == bare(title)
        assert bare(image["alt"]) == bare(f"{title}. .")
        assert {bare(text_of(block)) for block in (blocks[0], blocks[2])} == {bare(title)}


def text_of(tree: object) -> str:
    """The words of mystmd's tree."""
    return "".join(node["value"] for node in nodes(tree) if node.get("type") in ("text", "inlineCode"))


# -- files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", ["mazur", "circuit"])
def test_files_of_every_flavour_stand_beside_each_other(problem: str, tmp_path: Path) -> None:
    """Solutions, worksheets and keys of a network and of equations, with the pictures that they name."""
    formats = "--format", "md,qmd,myst", "-o", str(tmp_path)
    for command in (["solve", problem], ["worksheet", problem]):
        run = CliRunner().invoke(main, [*command, *formats])
        assert run.exit_code == 0, run.output
    names = {path.name for path in tmp_path.iterdir()}
    kinds = ("solution", "worksheet", "key")
    assert {f"{problem}.{kind}.{end}" for kind in kinds for end in ("md", "qmd", "myst.md")} <= names
    for path in tmp_path.glob("*.[mq]*d"):
        pictures = re.findall(r"[\w.-]+\.svg", path.read_text("utf-8"))
        assert set(pictures) <= names and (pictures or problem == "circuit")
    again = CliRunner().invoke(main, ["solve", problem, *formats])
    assert again.exit_code == 0, again.output


@pytest.mark.parametrize("flavour", ["qmd", "myst"])
def test_filled_sheets_are_read(flavour: str, tmp_path: Path) -> None:
    """A worksheet filled in with an editor is judged as one in the Markdown of GitHub is."""
    sheet = compile_sheet("mazur")
    numbers = sheet.numbers()
    text = str(sheet.file(numbers, flavour))
    for row in numbers.rows:
        text = re.sub(rf"(Answer {row.box}: .* = )____", rf"\g<1>{row.exact}", text)
    file = tmp_path / f"mazur.{flavour}"
    file.write_text(text, "utf-8")
    (found,) = check("mazur", file).sheets
    assert {result.verdict for result in found.results} <= {"exact", "rounded"} and len(found.results) == 40


def test_class_sets_have_every_flavour(tmp_path: Path) -> None:
    """A set in two flavours, each in files of its own."""
    worksheets("mazur", variants=1, seed=7, format=["qmd", "myst"], output=tmp_path / "set")
    ends = {path.name.partition(".worksheet.")[2] for path in (tmp_path / "set" / "worksheets").iterdir()}
    assert ends == {"qmd", "myst.md"}


def test_words_of_a_sheet_are_quartos_too() -> None:
    """In a sheet in German Quarto calls pictures as the sheet does."""
    head = SheetHead(title="T: 'q'", language="de")
    problem = read_problem("hmkcode").model_copy(update={"sheet": head, "words": {"figure": "Abbildung"}})
    sheet = compile_sheet(problem, SheetOptions(pictures="hmkcode.worksheet"))
    text = str(sheet.file(sheet.numbers(), "qmd"))
    assert "title: \"T: 'q'\"\nlang: de\n" in text
    assert 'crossref:\n  fig-title: "Abbildung"\n  fig-prefix: "Abbildung"\n---\n' in text
    assert "@fig-hmkcode-worksheet-1 shows" in text
