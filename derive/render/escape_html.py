"""Text in HTML that is XML too: every character of the words comes out as itself, and none is markup.

Quotation marks are escaped everywhere, so that the same text may stand in an attribute.
"""

from __future__ import annotations

from derive.render.escape import Escaped, code_point, visible, with_links

_MARKS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}) | {
    # No character at all in XML.
    code: code_point(chr(code))
    for code in (0xFFFE, 0xFFFF)
}


def html_plain(text: str) -> Escaped:
    """Words without links.

    >>> html_plain("<b>'w' & \\"v\\"")
    '&lt;b&gt;&#39;w&#39; &amp; &quot;v&quot;'
    """
    return Escaped(visible(text).translate(_MARKS))


_BRACES = str.maketrans({"{": "&#123;", "}": "&#125;"})
_LEADS_IN = str.maketrans({"\\": "<span>&#92;</span>", "$": "<span>$</span>"})


def html_braced(text: str) -> Escaped:
    """Words without braces, by which a learning platform knows a place for an answer.

    >>> html_braced("{1:NUMERICAL:=5}")
    '&#123;1:NUMERICAL:=5&#125;'
    """
    return Escaped(html_plain(text).translate(_BRACES))


def html_quiz(text: str) -> Escaped:
    """The same in a page whose script looks for formulas: what begins one finds no partner in an element of its own.

    >>> html_quiz("5 $")
    '5 <span>$</span>'
    """
    return Escaped(html_braced(text).translate(_LEADS_IN))


def css_string(text: str) -> Escaped:
    r"""Words inside the quotation marks of a style sheet; nothing in them ends the string or the element.

    >>> str(css_string('a "b" <'))
    'a \\22 b\\22  \\3c '
    """
    marks = {ord(mark): f"\\{ord(mark):x} " for mark in "\"\\<>&'"}
    return Escaped(visible(text).translate(marks))


def html_together(formula: Escaped, sign: Escaped) -> Escaped:
    """A formula with the sign that follows it, which browsers else put on the next line."""
    return Escaped(f'<span class="kept">{formula}{sign}</span>')


def html_text(text: str) -> Escaped:
    """Words in HTML.

    >>> html_text("see https://a.org/?b&c.")
    'see <a href="https://a.org/?b&amp;c">https://a.org/?b&amp;c</a>.'
    """
    return with_links(visible(text), lambda piece: piece.translate(_MARKS), _link)


def _link(address: str) -> str:
    shown = address.translate(_MARKS)
    return f'<a href="{shown}">{shown}</a>'


def html_start(text: str) -> Escaped:
    """The words of a block."""
    return Escaped(text.strip())


def html_rule(text: str) -> tuple[Escaped, ...]:
    """The name of a rule; the browser finds its line breaks."""
    return (html_text(text),) if text else ()
