"""Tokens of an equation: numbers, names, signs.

Decides what is one piece, and refuses what the language does not write (`**`, `.5`, `1.`, quotation marks, letters
and signs beyond ASCII), each with what to write instead. What the pieces mean is not known here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from derive.errors import InputError, shorten
from derive.language.words import MAX_LINE, MAX_NAME


class Token(NamedTuple):
    """A piece of an equation: `kind` is number, name, end, or the sign itself."""

    kind: str
    text: str
    start: int


_TOKEN = re.compile(
    r"(?P<space>[ \t]+)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<wrong>\*\*|\.[0-9]+|:=|<>|&&|\|\||->|<-)"
    r"|(?P<sign>\.\.|\.T(?![A-Za-z0-9_])|<=|>=|==|!=|[-+*/@^()\[\],=<>'])"
    r"|(?P<other>.)",
    re.DOTALL,
)

_GREEK = re.compile(r"greek (?P<case>small|capital) letter (?P<letter>[a-z]+)")
_INSTEAD = {
    "**": "write ^ for a power.",
    ":=": "write = between the name and its formula.",
    "<>": "write != for unequal numbers.",
    "&&": "write and between conditions.",
    "->": "write = between the name and its formula.",
    "<-": "write = between the name and its formula.",
    "·": "write * for a product.",
    "×": "write * for a product.",
    "⋅": "write * for a product.",
    "∗": "write * for a product.",
    "−": "write the minus sign of the keyboard, -.",
    "–": "write the minus sign of the keyboard, -.",
    "÷": "write / for a quotient.",
    "≤": "write <=.",
    "≥": "write >=.",
    "≠": "write !=.",
    "²": "write ^2.",
    "³": "write ^3.",
    "√": "write sqrt(...).",
    "Σ": "write sum(... for i).",
    "∑": "write sum(... for i).",
    "∏": "write prod(... for i).",
    "π": "write pi.",
    "ᵀ": "write .T for the transpose.",
    "⊙": "write * for the product element by element.",
    "⊗": "write the outer product with indices: a[i]*b[j].",
    "∘": "write * for the product element by element.",
    "½": "write 1/2.",
    "∂": "derivatives are derived; an equation defines values.",
    "'": "a name with ' stands in updates only.",
    '"': 'an equation holds no texts; given texts such as "1/3" stand in the tables.',
    "{": "brackets are ( ) around terms and [ ] around indices.",
    "}": "brackets are ( ) around terms and [ ] around indices.",
    "|": "write abs(...) for an absolute value.",
    "!": "write != for unequal; there is no factorial.",
    "%": "write a share as a number: 0.05.",
    ";": "one equation stands on a line.",
    ":": "a range is written 1..3.",
    "\\": "equations are written without TeX: alpha, sum(... for i), a/b.",
    "_": "a name begins with a letter.",
    "$": "equations are written without TeX.",
    "&": "write and between conditions.",
    "~": "write = between the name and its formula.",
    "?": "write if(x > 0, a, b).",
    ".": "a number has digits before and after its point, a range two points, a transpose .T.",
}


def split_comment(line: str) -> tuple[str, str]:
    """An equation and the author's words after it.

    >>> split_comment("a = b + c  # a sum")
    ('a = b + c', 'a sum')
    """
    equation, _, comment = line.partition("#")
    return equation.strip(), comment.strip()


def tokens(text: str) -> list[Token]:
    """The pieces of one equation, with `end` as the last.

    >>> [token.text for token in tokens("y[k] = 2*x[k-1]^2")]
    ['y', '[', 'k', ']', '=', '2', '*', 'x', '[', 'k', '-', '1', ']', '^', '2', '']
    """
    if len(text) > MAX_LINE:
        raise InputError(f"an equation of at most {MAX_LINE} characters", f"{len(text)} characters")
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind, piece, start = match.lastgroup or "other", match[0], match.start()
        if kind == "space":
            continue
        if kind in ("wrong", "other"):
            raise _refused(piece, text, start)
        if kind == "name" and len(piece) > MAX_NAME:
            raise InputError(f"names of at most {MAX_NAME} characters", f"{shorten(piece)}")
        if kind == "number":
            _check_number(piece, text, match.end())
        found.append(Token(piece if kind == "sign" else kind, piece, start))
    return [*found, Token("end", "", len(text))]


def _check_number(piece: str, text: str, end: int) -> None:
    """Whether nothing that belongs to no number stands behind one."""
    if text[end : end + 1] == "." and text[end : end + 2] not in ("..", ".T"):
        raise InputError("digits after the point of a number", f'"{piece}."', hint=f"write {piece}.0 or {piece}.")


def _named(piece: str) -> str | None:
    """What to write for a letter that is none of the language; one that only looks like one is told by its name.

    >>> _named("\N{GREEK SMALL LETTER ALPHA}")
    'write alpha.'
    >>> _named("\N{ZERO WIDTH SPACE}")
    'this sign, which is not seen, is the zero width space.'
    """
    name = unicodedata.name(piece, "").lower()
    if greek := _GREEK.fullmatch(name):
        return f"write {greek['letter'] if greek['case'] == 'small' else greek['letter'].capitalize()}."
    if piece.isalpha():
        told = f"this is the {name}; " if name else ""
        return f"{told}names are written with the letters a to z and A to Z, digits and _."
    return f"this sign, which is not seen, is the {name}." if name and not piece.isprintable() else None


def _refused(piece: str, text: str, start: int) -> InputError:
    if piece.startswith(".") and len(piece) > 1:
        return InputError("digits before the point of a number", f'"{piece}"', hint=f"write 0{piece}.")
    if piece == "\r" or piece == "\n":
        return InputError("an equation on one line", "the end of a line inside it")
    hint = _INSTEAD.get(piece) or _named(piece)
    return InputError("a sign of the language of equations", f'"{shorten(piece)}"', hint=hint)
