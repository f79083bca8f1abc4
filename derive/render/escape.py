r"""Text in the language of a format: every character of the words comes out as itself, and none is markup.

What a file cannot hold (a control character, half a character) and what its fonts lack is written as its
code point, `[U+1F600]`. An address in the words becomes a link that shows itself. Nothing here knows blocks.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Callable


class Escaped(str):
    """Text already written in a format's language; templates take nothing else."""

    __slots__ = ()


_SPACE = re.compile(r"[ \t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2063\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_ADDRESS = re.compile(r"((?>https?://[A-Za-z0-9./_?=&:~+-]*[A-Za-z0-9/]))(?=[.,;:!?)]*(?:\s|$))")


def code_point(character: str) -> str:
    """What stands for a character that cannot be shown.

    >>> code_point("\\a")
    '[U+0007]'
    """
    return f"[U+{ord(character):04X}]"


def visible(text: str) -> str:
    """The words on one line, in composed characters, with hidden ones made visible.

    >>> visible("a\\n\\n b\\u202e")
    'a b[U+202E]'
    """
    if text.isascii() and text.isprintable():
        return text
    text = _SPACE.sub(" ", unicodedata.normalize("NFC", text))
    return _HIDDEN.sub(lambda match: code_point(match[0]), text)


def with_links(text: str, plain: Callable[[str], str], link: Callable[[str], str]) -> Escaped:
    """The escaped text, each address in it written as `link` says."""
    if "://" not in text:
        return Escaped(plain(text))
    pieces = enumerate(_ADDRESS.split(text))
    return Escaped("".join(link(piece) if position % 2 else plain(piece) for position, piece in pieces))


# -- Markdown ------------------------------------------------------------------------------------------------

# A dollar sign behind a backslash is enough for Markdown but not for a script that looks for formulas in the
# finished page; inside an element of its own it finds no partner.
_MARKDOWN = str.maketrans(
    {mark: f"\\{mark}" for mark in "\\`*_{}[]#|~^"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;", "$": r"<span>\$</span>"}
)
_LIST_MARK = re.compile(r"([-+=]|\d+(?=[.)](?:\s|$)))")


def markdown_text(text: str) -> Escaped:
    r"""Words in Markdown.

    >>> markdown_text("<b>w_5</b>")
    '&lt;b&gt;w\\_5&lt;/b&gt;'
    """
    return with_links(visible(text), lambda piece: piece.translate(_MARKDOWN), "<{}>".format)


def markdown_start(text: str) -> Escaped:
    r"""Words at the beginning of a block, where a dash or a number with a dot would begin a list.

    >>> markdown_start("1. a"), markdown_start("- a")
    ('1\\. a', '\\- a')
    """
    text = text.strip()
    mark = _LIST_MARK.match(text)
    if mark is None:
        return Escaped(text)
    at = mark.end() if mark[1].isdigit() else 0
    return Escaped(f"{text[:at]}\\{text[at:]}")


def markdown_code(text: str) -> Escaped:
    """Literal text between as many backticks as it needs.

    >>> markdown_code("a`b")
    '``a`b``'
    """
    text = visible(text)
    ticks = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    touching = text.startswith("`") or text.endswith("`") or (text.startswith(" ") and text.endswith(" "))
    pad = " " if touching else ""
    return Escaped(f"{ticks}{pad}{text}{pad}{ticks}")


_TEXT_IN_MATHS = re.compile(r"[A-Za-z0-9 ,.;:()'/+=-]+")
_RULE_WIDTH = 40


def markdown_rule(text: str) -> tuple[Escaped, ...]:
    r"""The name of a rule as lines for `\text{...}` in a formula; ValueError for an unsafe mark.

    >>> markdown_rule("the chain rule’s factor")
    ("the chain rule's factor",)
    """
    text = text.replace("’", "'")
    if text and not _TEXT_IN_MATHS.fullmatch(text):
        raise ValueError(f"the rule {text!r} holds a character that text inside a formula cannot show")
    return tuple(map(Escaped, textwrap.wrap(text, _RULE_WIDTH)))


# -- LaTeX ---------------------------------------------------------------------------------------------------

_SEPARATOR, _BREAK = "\u2063", "\u200b"
_LIGATURE = re.compile(r"([-',])(?=\1)")
_WORD = re.compile(r"[^ \u200b]{4,}")
_LONG, _PIECE = 30, 6
"""Printed letters of a word that may break, and of its pieces."""
_SENTENCE_END = re.compile(r"(?<=[.?!]) (?=\S)")

_TEX_ASCII = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    # At the beginning of a table row or an item these two would belong to the command before them.
    "[": "{[}",
    "*": "{*}",
} | {mark: f"\\{mark}" for mark in "${}#%&_"}

_TEX_PROSE = {
    "\u00a0": "~",
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "…": r"\dots{}",
    "−": "$-$",
    _SEPARATOR: "{}",
    _BREAK: r"\allowbreak{}",
}

_TEX_SIGNS = {
    "≈": "approx", "·": "cdot", "×": "times", "÷": "div", "±": "pm", "≤": "le", "≥": "ge", "≠": "ne",
    "→": "to", "←": "leftarrow", "⇒": "Rightarrow", "∂": "partial", "∇": "nabla", "∑": "sum", "∏": "prod",
    "∞": "infty", "∈": "in", "⊙": "odot", "√": "surd", "′": "prime", "α": "alpha", "β": "beta",
    "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta", "ι": "iota",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "τ": "tau", "υ": "upsilon", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma",
    "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi",
    "Ω": "Omega",
}  # fmt: skip

# The Latin letters and signs of the T1 and TS1 encodings, as LaTeX's utf8 input knows them.
_LATIN = re.compile(
    "[\u00a1-\u00ac\u00ae-\u0125\u0128-\u0137\u0139-\u013e\u0141-\u0148\u014a-\u0165\u0168-\u017e\u0218-\u021b€™„†‡•‰]"
)


def _plain(character: str) -> bool:
    """Whether the fonts have a letter or sign that stands for itself."""
    return " " <= character <= "~" or _LATIN.fullmatch(character) is not None


class _TexTable(dict[int, str]):
    """What each character is in LaTeX; one that the fonts lack is its code point."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if _plain(character):
            return character
        return code_point(character).translate(self)


_PROSE = _TexTable(str.maketrans(_TEX_ASCII | _TEX_PROSE | {sign: rf"$\{name}$" for sign, name in _TEX_SIGNS.items()}))
_TYPEWRITER = _TexTable(
    _PROSE | str.maketrans({"'": r"\textquotesingle{}"} | {letter: rf"\textrm{{{letter}}}" for letter in "Ĳĳ™"})
)


def _length(character: str) -> int:
    """How many letters of usual width a character is printed as; one that the fonts lack is its code point."""
    known = ord(character) in _PROSE or _plain(character)
    return 1 + (character in "MW%@") if known else len(code_point(character))


def _breakable(match: re.Match[str]) -> str:
    """A word, with places to break where it is long as it is printed."""
    word = match[0]
    lengths = [_length(character) for character in word]
    if sum(lengths) < _LONG:
        return word
    pieces, since = list[str](), 0
    for character, length in zip(word, lengths, strict=True):
        since += length
        breaks = since >= _PIECE or character in "/._?&=-"
        pieces.append(f"{character}{_BREAK}" if breaks else character)
        since = 0 if breaks else since
    return "".join(pieces)


def _tex(text: str, table: _TexTable) -> str:
    text = _LIGATURE.sub(rf"\1{_SEPARATOR}", text)
    return _WORD.sub(_breakable, text).translate(table)


def _link(address: str) -> str:
    r"""A link; only one whose parts are too long for `\url` to break is broken anywhere."""
    if max(map(len, re.split(r"[/._?&=-]", address))) < _LONG:
        return rf"\url{{{address}}}"
    return rf"\href{{{address}}}{{{_tex(address, _PROSE)}}}"


def tex_lacks(text: str) -> str:
    """The characters of some words that LaTeX shows as code points.

    >>> tex_lacks("Łukasz, 李娜")
    '李娜'
    """
    return "".join(character for character in visible(text) if ord(character) not in _PROSE and not _plain(character))


def tex_text(text: str) -> Escaped:
    r"""Words in LaTeX; a long word may break.

    >>> tex_text("50 % of \\input{x} ≈ 😀")
    '50 \\% of \\textbackslash{}input\\{x\\} $\\approx$ {[}U+1F600]'
    """
    return with_links(visible(text), lambda piece: _tex(piece, _PROSE), _link)


def tex_start(text: str) -> Escaped:
    """The words of a block, one sentence on a line of the source."""
    return Escaped(_SENTENCE_END.sub("\n", text.strip()))


def tex_code(text: str) -> Escaped:
    r"""Literal text in LaTeX, for the inside of `\texttt`."""
    return Escaped(_tex(visible(text), _TYPEWRITER))


def tex_rule(text: str) -> tuple[Escaped, ...]:
    """The name of a rule; LaTeX finds its line breaks."""
    return (tex_text(text),) if text else ()


def tex_plain(text: str) -> Escaped:
    r"""Words for the PDF's own title and bookmarks, which hold characters and no formulas.

    >>> tex_plain("δ_1 → 漢")
    'δ\\_1 → [U+6F22]'
    """
    return Escaped("".join(map(_pdf_character, visible(text))))


def _pdf_character(character: str) -> str:
    if character in "[*" or character in _TEX_SIGNS or _LATIN.fullmatch(character):
        return character
    if " " <= character <= "~":
        return _TEX_ASCII.get(character, character)
    return {"\u00a0": "~"}.get(character) or code_point(character)
