r"""The macros that a LaTeX text defines for itself: colours round a symbol, and short names for long ones.

A macro of one argument is taken for a decoration and left out, one of no argument is put in once; nothing is expanded
again, so that no text grows without bound.
"""

from __future__ import annotations

import re

MOST_MACROS = 500
LONGEST_BODY = 100
"""Characters of the text that a macro stands for."""
_DEFINED = re.compile(
    r"\\(?:re|provide)?(?:newcommand|def|DeclareRobustCommand|DeclareMathOperator)\*?\s*\{?\\(?P<name>[A-Za-z]+)\}?"
    r"(?P<one>\[1\]|#1)?\s*\{(?P<body>[^{}#\n]{0,100}(?:\{[^{}#\n]{0,100}\}[^{}#\n]{0,100})?)?"
)
STANDING = frozenset({"frac", "partial", "left", "right", "begin", "end", "text", "mathrm"})


class Macros:
    r"""The macros that a text defines.

    >>> macros = Macros(r"\newcommand{\warm}[1]{{\color{red}#1}} \newcommand{\net}{\mathrm{net}}")
    >>> macros.plain(r"\warm{\net_{h1}} = 0.3")
    '{\\mathrm{net}_{h1}} = 0.3'
    """

    def __init__(self, text: str) -> None:
        self._decorations: set[str] = set()
        self._short: dict[str, str] = {}
        for count, match in enumerate(_DEFINED.finditer(text)):
            if count >= MOST_MACROS:
                break
            if match["name"] in STANDING:
                continue
            if match["one"]:
                self._decorations.add(match["name"])
            elif match["body"] and text[match.end() : match.end() + 1] == "}":
                self._short[match["name"]] = match["body"][:LONGEST_BODY]
        self._used = re.compile(r"\\([A-Za-z]+)") if self._decorations or self._short else None

    def plain(self, formula: str) -> str:
        """A formula without the macros."""
        return formula if self._used is None else self._used.sub(self._instead, formula)

    def _instead(self, match: re.Match[str]) -> str:
        if match[1] in self._decorations:
            return ""
        return self._short.get(match[1], match[0])
