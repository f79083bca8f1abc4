"""What pandoc and mystmd make of a document, and what they say of it."""

import io
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.needs import READERS, need

# mystmd asks the network for a page's looks, but for those in a folder.
PROJECT = """version: 1
project:
  title: documents
site:
  template: ./looks
"""
LOOKS = 'jtex: v1\nkind: site\ntitle: none\nbuild:\n  install: ""\n'
COMPLAINT = re.compile(r"^(?:\u26a0|\u26d4).*(?:\n   .*)*", re.MULTILINE)


def pandoc(text: str, to: str, *options: str) -> bytes:
    """What pandoc makes of a text in its own Markdown, which is Quarto's; any warning is an error."""
    need("pypandoc")
    import pypandoc

    command = [
        pypandoc.get_pandoc_path(),
        "--from=markdown",
        f"--to={to}",
        "--fail-if-warnings",
        *options,
        "--output=-",
    ]
    run = subprocess.run([*command, *options], input=text.encode(), capture_output=True, timeout=300)
    if run.returncode:
        raise AssertionError(run.stderr.decode())
    return run.stdout


def pandoc_words(text: str) -> dict[str, Any]:
    """Pandoc's tree of a text."""
    tree: dict[str, Any] = json.loads(pandoc(text, "json"))
    return tree


def word_texts(archive: bytes) -> tuple[int, int, list[str]]:
    """How many formulas and aligned equations a Word document has, and the words outside of them."""
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        document = file.read("word/document.xml").decode()
    words = re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", document)
    return document.count("<m:oMath>"), document.count("<m:eqArr>"), words


def nodes(tree: object) -> Iterator[dict[str, Any]]:
    """Every element in a tree of pandoc's or of mystmd's, from outside."""
    match tree:
        case dict():
            yield tree
            for inner in tree.values():
                yield from nodes(inner)
        case list():
            for inner in tree:
                yield from nodes(inner)


def myst_complaints(texts: Mapping[str, str], folder: Path) -> tuple[list[str], dict[str, Any]]:
    """What mystmd complains of, and its tree of each text, by the same names; pictures must be in the folder."""
    need("mystmd")
    (folder / "looks").mkdir()
    (folder / "looks" / "template.yml").write_text(LOOKS, "utf-8")
    (folder / "myst.yml").write_text(PROJECT, "utf-8")
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text, "utf-8")
    program = READERS / "node_modules" / "mystmd" / "dist" / "myst.cjs"
    command = ["node", str(program), "build", "--site", "--ci"]
    run = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=600)
    content = folder / "_build" / "site" / "content"
    trees = {path.stem: json.loads(path.read_text("utf-8")) for path in content.glob("*.json")}
    if run.returncode or len(trees) != len(texts):
        raise RuntimeError(f"mystmd itself failed: {run.stdout}{run.stderr}")
    return COMPLAINT.findall(run.stdout + run.stderr), trees
