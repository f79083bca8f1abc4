"""XML as it is written here: text and marked sections in which nothing of the text is markup."""

from __future__ import annotations

from derive.render.escape_html import html_plain


def text(words: str) -> str:
    """Words as text of an element or of an attribute.

    >>> text("a < b & ]]>")
    'a &lt; b &amp; ]]&gt;'
    """
    return html_plain(words)


def cdata(markup: str) -> str:
    """A piece of HTML as a marked section, which it cannot end.

    >>> cdata("<b>]]></b>")
    '<![CDATA[<b>]]]]><![CDATA[></b>]]>'
    """
    return f"<![CDATA[{markup.replace(']]>', ']]]]><![CDATA[>')}]]>"
