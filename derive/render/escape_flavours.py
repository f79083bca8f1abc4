"""Words in the Markdown of pandoc, Quarto and MyST: every character comes out as itself, and none is markup.

A sign behind a backslash is itself in all three. More of them mean something here than on GitHub: a citation (@), a
role or an attribute ({), a dash (--) and an ellipsis (...).
"""

from __future__ import annotations

import re

from derive.render.escape import Escaped, visible, with_links

_SIGNS = re.compile(r"[\\`*_{}\[\]<>#|~^$@&]|-(?=-)|\.(?=\.\.)")
_SIGNS_OF_VALUES = re.compile(r"""["\\&<>{}$`']""")
_START = re.compile(
    r"(?P<sign>%|[-+=:](?=\s|[-+=:]|$))"
    r"|(?P<list>(?:\d+|[A-Za-z]|[ivxlcdmIVXLCDM]+)(?=[.)](?:\s|$)))"
    r"|(?P<bracket>(?=\((?:\w+|[^()]*\)=)))"
    r"|(?P<caption>(?:[Tt]able|[Ff]igure)(?=:))"
)


def flavoured_text(text: str) -> Escaped:
    r"""Words in the Markdown of pandoc, Quarto and MyST.

    >>> flavoured_text("{{< x >}} @w_5 -- $1")
    '\\{\\{\\< x \\>\\}\\} \\@w\\_5 \\-- \\$1'
    """
    return with_links(visible(text), lambda piece: _SIGNS.sub(r"\\\g<0>", piece), "<{}>".format)


def flavoured_start(text: str) -> Escaped:
    r"""Words at the beginning of a block, where a sign, a number or a letter could begin a list, a term or a caption.

    >>> flavoured_start("1. a"), flavoured_start("- a"), flavoured_start("(i) a"), flavoured_start("Table: a")
    ('1\\. a', '\\- a', '\\(i) a', 'Table\\: a')
    """
    text = text.strip()
    mark = _START.match(text)
    if mark is None:
        return Escaped(text)
    at = 0 if mark["sign"] else mark.end()
    return Escaped(f"{text[:at]}\\{text[at:]}")


def attribute(text: str) -> Escaped:
    """Words between the quotation marks of an attribute of pandoc's, which may hold no formulas.

    >>> attribute('a "b" $c$ {{< d >}}')
    'a &#34;b&#34; &#36;c&#36; &#123;&#123;&#60; d &#62;&#125;&#125;'
    """
    return Escaped(_SIGNS_OF_VALUES.sub(lambda sign: f"&#{ord(sign[0])};", " ".join(visible(text).split())))


def yaml_string(text: str) -> Escaped:
    r"""Words between the quotation marks of a text of YAML.

    >>> yaml_string('a "b" \\c')
    'a \\"b\\" \\\\c'
    """
    return Escaped(visible(text).replace("\\", r"\\").replace('"', r"\""))
