"""Text in pandoc's XML: every character of the words comes out as itself, and none is markup."""

from __future__ import annotations

from derive.render.escape import Escaped, visible, with_links
from derive.render.escape_html import html_plain


def pandoc_text(text: str) -> Escaped:
    """Words in pandoc's XML.

    >>> pandoc_text("see https://a.org/?b&c.")
    'see <Link href="https://a.org/?b&amp;c">https://a.org/?b&amp;c</Link>.'
    """
    return with_links(visible(text), html_plain, _link)


def _link(address: str) -> str:
    shown = html_plain(address)
    return f'<Link href="{shown}">{shown}</Link>'


def pandoc_rule(text: str) -> tuple[Escaped, ...]:
    """The name of a rule; Word finds its line breaks."""
    return (pandoc_text(text),) if text else ()
