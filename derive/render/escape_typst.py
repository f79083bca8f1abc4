r"""Text in Typst: every character of the words comes out as itself, and none is markup.

Words may stand at the beginning of a line or of a content block, so a mark that would begin a heading or a list there
is escaped wherever it begins a text. Letters that the fonts in the compiler lack are handed to `other`, a function of
the template that shows as code points what `pdf` finds no font for.
"""

from __future__ import annotations

import re

from derive.render.escape import Escaped, visible, with_links

BREAK = "\u200b"
"""A place where a long word may break; it has no width."""

_GREEK, _CYRILLIC = "\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ff", "\u0400-\u04ff"
_SIGNS = "←→⇒∂∇∈∏∑−√∞≈≠≤≥⊙€™"
KNOWN = f" -~\u00a0-\u017f\u0218-\u021b{_GREEK}{_CYRILLIC}\u2010-\u2027\u2030-\u203a\u200b{_SIGNS}"
"""What every font in the compiler has, regular and bold; they have more, and the machine's fonts may have the rest."""

_OTHER = re.compile(f"[^{KNOWN}]+(?: [^{KNOWN}]+)*")
_JOINED = re.compile(r"(--+|''+|``+|,,+|[!?]`+)")
"""Characters that the font would join to another one, as TeX does: two hyphens to a dash."""
_MARK = re.compile(r"[\\#$*_\[\]<@`~]|//|/(?=\*)|-(?=[?0-9])|\.(?=\.)")
_START = re.compile(r"(\s*)([=+/]|-(?!-)|\d+(?=\.))")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
_LONG_WORD = re.compile(r"[^ \u200b]{30,}")
_BREAK_AFTER = re.compile(r"[/._?&=-](?!$)|[^/._?&=-]{20}(?![\u0300-\u036f\u200d\ufe0f]|$)")


def typst_text(text: str) -> Escaped:
    r"""Words in Typst's markup; a long word may break.

    >>> typst_text("50 % of #input[x], $5 - 1. a_b")
    '50 % of \\#input\\[x\\], \\$5 - 1. a\\_b'
    >>> typst_text("- a"), typst_text("1. a"), typst_text("Mazur's")
    ('\\- a', '1\\. a', 'Mazur’s')
    >>> typst_text("--ask")
    '#text(ligatures: false, "--");ask'
    >>> typst_text("a 漢 字")
    'a #other("漢 字");'
    """
    return with_links(visible(text), _plain, _link)


def _plain(text: str) -> str:
    text = _LONG_WORD.sub(_breakable, _APOSTROPHE.sub("’", text))
    start = _START.match(text)
    if start is None:
        return _escaped(text)
    blanks, mark = start.groups()
    rest = text[start.end() :]
    return f"{blanks}{mark}\\{rest[0]}{_escaped(rest[1:])}" if mark.isdigit() else f"{blanks}\\{mark}{_escaped(rest)}"


def _escaped(text: str) -> str:
    pieces = enumerate(_JOINED.split(text))
    return "".join(f'#text(ligatures: false, "{piece}");' if at % 2 else _marked(piece) for at, piece in pieces)


def _marked(text: str) -> str:
    text = _MARK.sub(lambda match: "".join(f"\\{mark}" for mark in match[0]), text)
    return _OTHER.sub(r'#other("\g<0>");', text)


def typst_others(text: str) -> str:
    """The letters of some words for which the fonts in the compiler may not do.

    >>> typst_others("Łukasz, 李娜")
    '李娜'
    """
    return "".join(_OTHER.findall(visible(text)))


def _breakable(match: re.Match[str]) -> str:
    return _BREAK_AFTER.sub(rf"\g<0>{BREAK}", match[0])


def _link(address: str) -> str:
    # The address holds neither a quotation mark nor a backslash.
    return f'#link("{address}", [{_escaped(_LONG_WORD.sub(_breakable, address))}]);'


def typst_string(text: str) -> Escaped:
    r"""Words inside the quotation marks of a string.

    >>> print(typst_string('a "b" \\'))
    a \"b\" \\
    """
    return Escaped(visible(text).replace("\\", "\\\\").replace('"', '\\"'))


def typst_code(text: str) -> Escaped:
    """Literal text for a string; a long word may break."""
    return typst_string(_LONG_WORD.sub(_breakable, visible(text)))


def typst_start(text: str) -> Escaped:
    """The words of a block."""
    return Escaped(text.strip())


def typst_rule(text: str) -> tuple[Escaped, ...]:
    """The name of a rule; Typst finds its line breaks."""
    return (typst_text(text),) if text else ()
