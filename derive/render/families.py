"""The templates of a format, compiled once; what they print must have been escaped."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax import saxutils

from derive.render.escape import Escaped
from derive.render.formats import Format
from derive.render.rows import wide

if TYPE_CHECKING:
    from jinja2 import Environment, Template

BLOCKS = ("document", "section", "paragraph", "equation", "worked", "bullets", "table", "figure", "remark")
"""The templates that every format has, besides its file of `INLINES`."""

SHEET = ("worksheet", "masthead", "question", "sketch", "task")
PASTED = ("fragment", "sheet_fragment")
"""The templates of what is pasted into a document of one's own."""
LINES = ("lines", "row_end")
"""What stands inside the templates of formulas."""
EXTRAS: dict[str, tuple[str, ...]] = {name: (*SHEET, *PASTED, "rest") for name in ("tex", "typ")}
EXTRAS |= {"md": (*SHEET, *PASTED, *LINES), "html": (*SHEET, *PASTED, "stepper")}
"""The templates that some formats have besides: those of a worksheet, and of a computation step by step."""

PIECES = {"quiz": ("paragraph", "equation", "bullets", "table", "figure", "remark"), "popover": ()}
PIECES["qti"] = PIECES["quiz"]
"""The templates of formats of pieces, which are no documents."""

INLINES = ("strong", "math", "code", "cite", "cite_figure", "heading_math")


def template_folder() -> Path:
    """Where the templates are: inside an installed package, or at the top of a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


def only_escaped(value: object) -> Escaped:
    """What a template prints, if it was escaped."""
    if isinstance(value, Escaped):
        return value
    # The text of what nobody gave raises jinja2's own error, which names it.
    raise TypeError(f"a template prints {value!s}, which was not escaped")


def prefixed(block: str, prefix: str) -> Escaped:
    """Every line of a block behind a prefix."""
    return Escaped("\n".join(f"{prefix}{line}".rstrip() for line in block.split("\n")))


def quoted(text: str) -> Escaped:
    """Escaped words as a text of YAML, which is one of JSON too.

    >>> print(quoted('a "b" \\\\$c: #d'))
    "a \\"b\\" \\\\$c: #d"
    """
    return Escaped(json.dumps(text, ensure_ascii=False))


def xml(formula: str) -> Escaped:
    """A formula where only text of XML may stand."""
    return Escaped(saxutils.escape(formula))


def commented(lines: str) -> Escaped:
    """Lines of LaTeX as a comment.

    >>> commented("a\\nb\\n")
    '%   a\\n%   b'
    """
    return Escaped("\n".join(f"%   {line}" for line in lines.splitlines() if line.strip()))


_SELECTORS = re.compile(r"(?P<before>^|[{}])(?P<space>\s*)(?P<list>[^{}@]+?)\s*\{")
_OF_THE_PAGE = frozenset({":root", "html", "body", "main"})


def scoped(style: str) -> Escaped:
    """A style sheet that reaches the elements of class `derive` alone; what is said of the page is said of them.

    >>> print(scoped("body { color: red; }\\n@page { margin: 0; }\\n@media print { p, a b { margin: 0; } }"))
    .derive { color: red; }
    @media print { .derive p, .derive a b { margin: 0; } }
    """
    lines = "\n".join(line for line in style.splitlines() if line.strip() and not line.startswith("@page"))
    return Escaped(_SELECTORS.sub(_of_derive, lines))


def _of_derive(rule: re.Match[str]) -> str:
    """The selectors of a rule, each inside of `derive`."""
    ones = [one.strip() for one in rule["list"].split(",")]
    inside = [".derive" if one in _OF_THE_PAGE else f".derive {one}" for one in ones]
    return f"{rule['before']}{rule['space']}{', '.join(inside)} {{"


def environment(*folders: str) -> Environment:
    """The templates of one format, from the first folder that has them; the delimiters are such as neither TeX nor
    Markdown uses."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=only_escaped,
        autoescape=False,
        loader=FileSystemLoader([template_folder() / folder for folder in folders]),
    )
    environment.filters["prefixed"] = prefixed
    environment.filters["printed"] = Escaped  # what a macro of the template made
    environment.filters["quoted"] = quoted
    environment.filters["xml"] = xml
    environment.filters["commented"] = commented
    environment.filters["scoped"] = scoped
    environment.tests["wide"] = wide
    return environment


class Script(NamedTuple):
    """A script for a page, and what its policy must say to allow this script and no other."""

    text: Escaped
    source: Escaped


@cache
def script(name: str) -> Script:
    """A script among the templates; the marks around it let an XML parser read the page too."""
    body = (template_folder() / name).read_text("utf-8")
    text = f"/*<![CDATA[*/\n{body}/*]]>*/"
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Script(Escaped(text), Escaped(f"'sha256-{digest}'"))


class Family(NamedTuple):
    block: Callable[[str], Template]
    inlines: dict[str, Callable[..., str]]


@cache
def family(row: Format) -> Family:
    """The compiled templates of a format."""
    templates = environment(row.key, *filter(None, [row.like]))
    macros: Any = templates.get_template(f"inline{row.suffix}").module
    return Family(
        cache(lambda kind: templates.get_template(f"{kind}{row.suffix}")),
        {kind: getattr(macros, kind) for kind in INLINES},
    )
