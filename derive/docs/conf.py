"""How Sphinx builds the documentation: `sphinx-build -W derive/docs build/docs`.

The gallery is made anew for every build: each example is solved, and its page is the MyST that `derive solve --format
myst` writes; the rows of the library say what they are. Nothing else here is made; what commands print stands in the
pages, and the tests keep it true.
"""

from __future__ import annotations

from importlib.metadata import version as installed
from itertools import islice
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
GALLERY = HERE / "gallery"

project = "derive"
author = "the derive authors"
copyright = "2026, the derive authors"
release = version = installed("derive-backprop")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True
exclude_patterns = ["files"]

# Docstrings are plain text with names between backticks.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
nitpicky = False
# A page shows what programs print: their quotation marks and dashes stay as they are.
smartquotes = False

html_theme = "furo"
html_title = "derive"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sourcelink = False

INDEX = """# Gallery

Every example that comes with `derive`, solved. Each page is what `derive solve NAME --format myst` writes; its pictures
are those of `derive diagram NAME`.

"""


def make_gallery() -> None:
    """Writes a page for each example, their pictures, and a page that shows them all."""
    from derive.document import figures
    from derive.reading import example_names
    from derive.render import file_name
    from derive.solution import solve

    GALLERY.mkdir(exist_ok=True)
    networks, equations = example_names("networks"), example_names("equations")
    text, pages = INDEX, list[str]()
    for title, names in (("Networks", networks), ("Computations given by equations", equations)):
        text += f"## {title}\n\n"
        for name in names:
            solution = solve(name)
            _write(GALLERY / f"{name}.md", solution.render("myst", pictures=True))
            for file, picture in solution.pictures().items():
                _write(GALLERY / file, picture)
            text += f"### [{name}]({name}.md)\n\n{{doc}}`{name}`\n\n"
            blocks = (*solution.document.lead, *solution.document.sections)
            for figure in islice(figures(blocks), 1):
                words = f":alt: {figure.scene.title}\n:width: 70%\n:target: {name}.html"
                text += f":::{{image}} {file_name(name, figure)}\n{words}\n:::\n\n"
            pages.append(name)
    listed = "\n".join(pages)
    _write(GALLERY / "index.md", f"{text}```{{toctree}}\n:hidden:\n\n{listed}\n```\n")


LIBRARY = """# The library

Every row is one short file in the language of equations. `use NAME(...)` puts its equations into a problem; functions
and losses are named in layers too. What each says of itself:

"""
ROWS = (("Functions", "function"), ("Layers", "layer"), ("Losses", "loss"), ("Optimisers", "optimiser"))


def make_library() -> None:
    """Writes a page on the rows of the library."""
    from derive.library import rows
    from derive.render.escape_flavours import flavoured_start, flavoured_text

    text = LIBRARY
    for title, kind in ROWS:
        text += f"## {title}\n\n"
        for name, row in rows(kind).items():
            about = f"{row.about[:1].upper()}{row.about[1:]}."
            told = (about, f"{row.forward} {row.backward} {row.remark}", row.source and f"Source: {row.source}.")
            words = "".join(f"{flavoured_start(flavoured_text(one))}\n\n" for one in told if one.strip())
            code = f"```text\n{row.equations.strip()}\n```\n\n" if row.equations.strip() else ""
            text += f"### {flavoured_text(name)}\n\n{words}{code}"
    _write(GALLERY / "library.md", text)


def _write(path: Path, text: str) -> None:
    """A file that changes only where its text does, so that Sphinx reads again what it must."""
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def setup(app: Any) -> None:
    """Called by Sphinx."""
    from pygments.lexers.special import TextLexer

    # A comment in a file that is printed is no prompt.
    app.add_lexer("console", TextLexer)
    for make in (make_gallery, make_library):
        app.connect("builder-inited", lambda _, make=make: make())
