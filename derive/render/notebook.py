"""A Jupyter notebook from a solution in Markdown: a cell for every section, and one of code that leads to the same.

The Markdown is taken as it is; Jupyter and GitHub show its formulas with MathJax. Every byte follows from the text: a
cell is called after the number of its section. Nothing is run here, and no cell holds a result of running.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

_HEADING = re.compile(r"^#+ (\d+(?:\.\d+)*|)", re.MULTILINE)
"""A heading; words that begin with # are escaped, and no line of a formula or a table begins with it."""

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook(
    markdown: str,
    code: Sequence[str],
    pictures: Mapping[str, bytes] | None = None,
    under: Mapping[tuple[int, ...], Sequence[str]] | None = None,
) -> str:
    """The notebook (nbformat 4.5) of a Markdown text, with cells of code after the words that open it.

    `under` has further cells of code for the headings of some numbers; they follow the words below the heading.
    `pictures` are PNG images by the address that the text has for them. They travel in the cells as attachments, for
    which Jupyter takes no SVG.

    >>> cells = json.loads(notebook("# Title\\n\\n## 1 First\\n\\nWords.\\n", ["import derive"]))["cells"]
    >>> [(cell["id"], cell["source"]) for cell in cells]
    [('title', ['# Title']), ('code-1', ['import derive']), ('section-1', ['## 1 First\\n', '\\n', 'Words.'])]
    """
    opening, *sections = sections_of(markdown)
    pictures = pictures or {}
    further = {_section(number): texts for number, texts in (under or {}).items()}
    cells = [_words(*opening, pictures), *_code("code", code)]
    for name, text in sections:
        cells += [_words(name, text, pictures), *_code(f"{name}-code", further.get(name, ()))]
    book = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def sections_of(markdown: str) -> Iterator[tuple[str, str]]:
    """The text in pieces that begin with a heading, each with a name of its own.

    >>> list(sections_of("# Title\\n\\n## 1 First\\n\\n### 1.1 Inner\\n\\nWords."))
    [('title', '# Title'), ('section-1', '## 1 First'), ('section-1-1', '### 1.1 Inner\\n\\nWords.')]
    """
    headings = list(_HEADING.finditer(markdown))
    ends = [*(match.start() for match in headings), len(markdown)]
    for position, (match, (start, end)) in enumerate(zip(headings, pairwise(ends), strict=True)):
        name = _section(match[1].split(".")) if position else "title"
        yield name, markdown[start:end].strip()


def _words(name: str, text: str, pictures: Mapping[str, bytes]) -> Mapping[str, Any]:
    """A cell of Markdown with the pictures that it shows."""
    attached = {}
    for address, image in pictures.items():
        if f"]({address})" in text:
            file = f"{address.rpartition('.')[0]}.png"
            text = text.replace(f"]({address})", f"](attachment:{file})")
            attached[file] = {"image/png": b64encode(image).decode()}
    return _cell("markdown", name, text, **({"attachments": attached} if attached else {}))


def _section(number: Iterable[object]) -> str:
    """What the cell of a heading is called."""
    return "-".join(("section", *map(str, number)))


def _code(name: str, texts: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for number, text in enumerate(texts, 1):
        yield _cell("code", f"{name}-{number}", text, execution_count=None, outputs=[])


def _cell(kind: str, name: str, text: str, **more: Any) -> Mapping[str, Any]:
    return {"cell_type": kind, "id": name, "metadata": {}, **more, "source": text.splitlines(keepends=True)}
