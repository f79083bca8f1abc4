"""The Markdown documents of the examples in every flavour, and what their readers' programs find in them."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tools import katex_errors, markdown_formulas, mathjax_errors, myst_complaints, need, pandoc, pandoc_words
from tools.readers import nodes, word_texts

from derive import solve
from derive.variants.own import own_sheet
from derive.worksheet import SheetOptions

FLAVOURS = ("md", "qmd", "myst")
REFUSED = ("operatorname", "phantom", "hphantom", "vphantom", "mbox", "hspace", "newcommand", "def", "require", "href")
"""Commands that GitHub does not allow, with others that it would not read; none may occur."""

Formulas = list[tuple[str, bool]]
"""The TeX of formulas, and whether they are displayed."""


class Example(NamedTuple):
    """The documents of one example by kind and flavour, the pictures that they refer to, and what it is made of."""

    name: str
    texts: dict[tuple[str, str], str]
    pictures: dict[str, str | bytes]
    solution: Any = None

    def of(self, flavour: str) -> dict[str, str]:
        """Those of one flavour, by names that are their own."""
        return {f"{self.name}-{kind}": text for (kind, own), text in self.texts.items() if own == flavour}


@cache
def example(name: str) -> Example:
    """The solution, the worksheet with gaps between its formulas, and the key."""
    solution = solve(name)
    sheet = own_sheet(name, SheetOptions(pictures=f"{name}.worksheet", blanks="results"))
    numbers = sheet.numbers()
    texts: dict[tuple[str, str], str] = {}
    for flavour in FLAVOURS:
        texts["solution", flavour] = solution.render(flavour, pictures=True)
        for kind, key in (("worksheet", False), ("key", True)):
            texts[kind, flavour] = str(sheet.file(numbers, flavour, key=key))
    return Example(name, texts, solution.pictures() | sheet.beside(FLAVOURS), solution)


def refused_commands(text: str) -> list[str]:
    """The commands in a Markdown text that GitHub does not allow."""
    return re.findall(rf"\\(?:{'|'.join(REFUSED)})(?![A-Za-z])", text)


def github(one: Example) -> list[str]:
    """What GitHub would object to."""
    texts = one.of("md")
    commands = [f"{name}: {command}" for name, text in texts.items() for command in refused_commands(text)]
    headings = [line for text in texts.values() for line in text.splitlines() if line.startswith("#") and "$" in line]
    return commands + headings


def formulas(one: Example) -> Formulas:
    """Every formula of an example, in the spelling of GitHub and in that of the others."""
    found = {(formula.tex, formula.display) for text in one.of("md").values() for formula in markdown_formulas(text)}
    return sorted(found.union(*(pandoc_formulas(text) for text in one.of("qmd").values())))


@cache
def pandoc_formulas(text: str) -> Formulas:
    """The formulas that pandoc finds in a text."""
    found = [node["c"] for node in nodes(pandoc_words(text)) if node.get("t") == "Math"]
    return [(tex, kind["t"] == "DisplayMath") for kind, tex in found]


def pandocs(one: Example) -> list[str]:
    """What pandoc leaves undone in the documents for Quarto: formulas as TeX, and any warning."""
    found: list[str] = []
    for name, text in one.of("qmd").items():
        # Without the pictures, for which a Word document would need a further program; their captions stay.
        bare = re.sub(r"^!\[(.*)\]\(.*\)\{.*\}$", r"\1", text, flags=re.MULTILINE)
        count = len(pandoc_formulas(bare))
        page = pandoc(bare, "html", "--mathml").decode()
        if page.count("<math") != count:
            found.append(f"{name}: {page.count('<math')} of {count} formulas in HTML")
        found += [f"{name}: {said}" for said in word_faults(pandoc(bare, "docx"), count)]
    return found


def word_faults(archive: bytes, formulas: int, aligned: int = 0) -> list[str]:
    """What is wrong in a Word document: a formula that is none, TeX among the words, and equations not aligned."""
    equations, arrays, words = word_texts(archive)
    raw = [text for text in words if re.search(r"\\[a-zA-Z]|\$", text)]
    few = [f"{equations} of {formulas} formulas"] if equations != formulas else []
    return [*raw, *few, *([f"{arrays} of {aligned} are aligned"] if arrays < aligned else [])]


def word(one: Example) -> list[str]:
    """What is wrong in the Word document that the program itself makes."""
    need("pypandoc")
    source = one.solution.render("pandoc")
    return word_faults(one.solution.docx(), source.count("<Math "), source.count(r"\begin{aligned}"))


def mysts(examples: Sequence[Example], folder: Path) -> list[str]:
    """What mystmd complains of, and formulas that it does not find."""
    texts = {name: text for one in examples for name, text in one.of("myst").items()}
    for one in examples:
        for name, picture in one.pictures.items():
            (folder / name).write_bytes(picture if isinstance(picture, bytes) else picture.encode())
    found, trees = myst_complaints(texts, folder)
    for name in texts:
        # Numbers and simple names inside a line become words there.
        seen = list(nodes(trees[name]["mdast"]))
        displayed = sum(node.get("type") == "math" for node in seen)
        other = [display for one in examples for _, display in pandoc_formulas(one.of("qmd").get(name, ""))]
        if displayed != sum(other):
            found.append(f"{name}: {displayed} of {sum(other)} formulas")
        found += [f"{name}: {node['value']}" for node in seen if _is_left(node)]
    return found


def _is_left(node: dict[str, Any]) -> bool:
    """Whether a formula is shown as TeX, in mystmd's tree."""
    match node.get("type"):
        case "math" | "inlineMath":
            return not node.get("html")
        case "text":
            return re.search(r"\\[a-zA-Z]|\$", node["value"]) is not None
    return False


CHECKS: dict[str, Callable[[Example], list[str]]] = {
    "GitHub": github,
    "KaTeX": lambda one: katex_errors(formulas(one)),
    "MathJax": lambda one: mathjax_errors(formulas(one)),
    "pandoc": pandocs,
    "Word": word,
}
"""What each reader says of the documents of one example."""
