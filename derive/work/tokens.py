r"""Tokens of a formula, the same for plain text and for TeX.

Decides what is one piece: a number, a word, an id, a command, a sign. Fonts, spaces and the sizes of brackets are
dropped; `\frac`, `\sqrt`, cases and matrices become tokens of their own. What the pieces mean is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from derive.functions import COMMANDS
from derive.work.letters import GREEK_WORDS, VARIANTS, plain


class Token(NamedTuple):
    """A piece of a formula; `glued` when nothing stands between it and the piece before."""

    kind: str
    text: str
    glued: bool
    start: int
    end: int


FONTS = "mathrm|mathbf|mathit|mathsf|mathcal|text|textbf|textit|textrm|boldsymbol|bm|operatorname|vec|mbox"
ACCENTS = ("bar", "tilde", "hat", "overline", "widetilde", "widehat")
SIZES = r"left|right|[bB]ig+[lrm]?|displaystyle|textstyle|limits|nolimits|mathstrut|qquad|quad|thinspace|rm|bf"
SIGNS = {
    **dict.fromkeys(("cdot", "times", "ast", "cdotp"), "*"),
    "div": "/",
    **dict.fromkeys(("approx", "simeq", "doteq", "cong", "sim", "thickapprox"), "≈"),
    "equiv": "=",
    **dict.fromkeys(("leftarrow", "gets", "longleftarrow", "coloneqq", "coloneq"), ":="),
    **dict.fromkeys(("to", "rightarrow", "longrightarrow", "mapsto"), "->"),
    **dict.fromkeys(("Rightarrow", "implies", "Longrightarrow", "therefore"), "=>"),
    **dict.fromkeys(("le", "leq", "leqslant"), "<="),
    **dict.fromkeys(("ge", "geq", "geqslant"), ">="),
    **dict.fromkeys(("gt",), ">"),
    **dict.fromkeys(("lt",), "<"),
    **dict.fromkeys(("lvert", "rvert", "vert", "mid"), "|"),
    **dict.fromkeys(("lbrace", "{"), "("),
    **dict.fromkeys(("rbrace", "}"), ")"),
    **dict.fromkeys(("lbrack",), "["),
    **dict.fromkeys(("rbrack",), "]"),
    **dict.fromkeys(("prime",), "'"),
    "nabla": "nabla",
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac"), "frac"),
    "sqrt": "sqrt",
    "partial": "partial",
    **dict.fromkeys(("\\", "cr", "newline"), "row"),
    "%": "%",
}
_FUNCTIONS = COMMANDS | {"log"}
_NUMBER = r"\s?(?:[-+]\s?(?=[\d.])|(?=\d*[.,]\d))[\d.,]+"
"""A number in a font, that is more than the digits of an index: it keeps its braces, as in a colour."""
_TOKEN = re.compile(
    r"(?P<space>\\(?:left|right)\s*\.|\\[,;:!> ]|\\(?:" + SIZES + r")(?![A-Za-z])|[~\s$]+)"
    r"|(?P<id>(?:after\[\d{1,6}\]\.)?(?:sample\[\d{1,6}\]\.)?(?:lr\*)?[A-Za-z][A-Za-z0-9_]{0,20}(?:/d[A-Za-z][A-Za-z0-9_]{0,20})?"
    r"(?:\[\d{1,6}(?:, ?\d{1,6}){0,7}\]){1,3}(?:\s+via\s+z\[\d{1,6}\]\[\d{1,6}\])?"
    r"|(?:after\[\d{1,6}\]\.(?:sample\[\d{1,6}\]\.)?|sample\[\d{1,6}\]\.)[A-Za-z][A-Za-z0-9_]{0,20})"
    r"|(?P<number>(?:\d+(?:\{,\}\d+|\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<begin>\\begin\s*\{(?:cases|[bpvB]?matrix|smallmatrix|array)\}(?:\{[lcr|]*\})?)"
    r"|(?P<end>\\end\s*\{(?:cases|[bpvB]?matrix|smallmatrix|array)\})"
    r"|(?P<font>\\(?:" + FONTS + r")\s{0,9}\{(?!" + _NUMBER + r"\s?\})(?P<content>[\\A-Za-z0-9 +&,.'-]{0,200})\})"
    r"|(?P<accent>\\(?P<mark>" + "|".join(ACCENTS) + r")\s*(?:\{\s*(?P<under>[A-Za-z0-9]+)\s*\}|(?P<bare>[A-Za-z])))"
    r"|(?P<bareFont>\\(?:" + FONTS + r")(?![A-Za-z]))"
    r"|\\(?P<greek>" + "|".join(sorted(GREEK_WORDS, key=len, reverse=True)) + r")(?P<digits>\d*)(?![A-Za-z])"
    r"|\\(?P<command>[A-Za-z]+|.)"
    r"|(?P<word>[^\W\d_]+[0-9]*)"
    r"|(?P<sign>\*\*|:=|->|(?<=\s)<-(?=\s)|<=|=>|>=|==|.)",
    re.DOTALL,
)
_SIGN = {"**": "^", "<-": ":=", "==": "="}


def tokens(text: str) -> list[Token]:
    r"""The pieces of a formula.

    >>> [token.text for token in tokens(r"\mathrm{out}_ {h1}\,(1 - w_5) \cdot 0.5")]
    ['out', '_', '{', 'h1', '}', '(', '1', '-', 'w', '_', '5', ')', '*', '0.5']
    """
    found: list[Token] = []
    glued = False
    for match in _TOKEN.finditer(plain(text)):
        if match["space"] is not None or match["bareFont"] is not None:
            glued = False
            continue
        kind, shown = _piece(match)
        if kind:
            found.append(Token(kind, shown, glued, match.start(), match.end()))
            glued = True
    return found


def unwrapped(side: Sequence[Token]) -> list[Token]:
    """Without the braces that a box or a colour leaves around all of it."""
    opening = next((place for place, piece in enumerate(side) if piece.kind != "{"), len(side))
    closing = next((place for place, piece in enumerate(reversed(side)) if piece.kind != "}"), len(side))
    if not opening or not closing or opening + closing > len(side):
        return list(side)
    depths = list(accumulate((piece.kind == "{") - (piece.kind == "}") for piece in side))
    around = min(opening, closing, min(depths[opening - 1 : len(side) - closing])) if not depths[-1] else 0
    return list(side[around : len(side) - around] if around > 0 else side)


def _piece(match: re.Match[str]) -> tuple[str, str]:
    """The kind of a piece and its text."""
    if match["number"] is not None:
        return "number", match["number"].replace("{,}", ",")
    if match["word"] is not None:
        return "word", match["word"]
    if match["id"] is not None:
        return "id", match["id"]
    if match["command"] is not None:
        return _command(match["command"])
    if match["greek"] is not None:
        return "word", VARIANTS.get(match["greek"], match["greek"]) + match["digits"]
    if match["font"] is not None:
        return _words(match["content"])
    if match["accent"] is not None:
        return "word", (match["under"] or match["bare"]) + match["mark"].removeprefix("wide")
    for side in ("begin", "end"):
        if match[side] is not None:
            return ("cases" if "cases" in match[side] else "matrix") + ("(" if side == "begin" else ")"), match[side]
    sign = _SIGN.get(match["sign"], match["sign"])
    return sign, sign


def _command(command: str) -> tuple[str, str]:
    if command in _FUNCTIONS:
        return "word", command
    if command in SIGNS:
        return SIGNS[command], SIGNS[command]
    return "other", f"\\{command}"


def _words(content: str) -> tuple[str, str]:
    """What stands in a font: a word, a number, or nothing but space."""
    content = re.sub(r"[\\ ]", "", content)
    if content in ("+", "-", ","):
        return content, content
    if content.isdigit():
        return "number", content
    return ("word", content) if content else ("", "")
