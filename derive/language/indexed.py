r"""Formulas with indices as people write them, in the language of equations.

`\sum_j W_{ij} x_j` is sum(W[i,j]*x[j] for j). Decides spelling alone: which marks are indices, where a sum ends, where
a product has no sign. What names mean, and whether the shapes fit, is left to who reads the equation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from derive.language.words import FUNCTIONS

_SUM = re.compile(
    r"\\?(?:[sS]um|Sigma)_(?:\{\s*(?P<several>[a-z](?:\s*,?\s*[a-z])*)\s*(?:=[^{}]*)?\}|(?P<one>[a-z]))"
    r"(?:\^(?:\{[^{}]*\}|\w))?\s*"
)
_PLAIN = (("**", "^"), (r"\left", ""), (r"\right", ""), (r"\,", " "), (r"\;", " "))
_MEMBER = r"[\w.]+(?:\[[^\[\]]*\])?(?:\.T\b)?"
_NEXT = re.compile(rf"(?P<left>{_MEMBER}|\))(?P<space>\s+|(?<=[\])])\s*)(?P<right>(?={_MEMBER}|\())")
_RANGE = r"([a-z])\s*(?:in|=)\s*(\d{1,4})\s*\.\.\s*(\d{1,4})"
_RANGES = re.compile(rf"\s*,?\s*\bfor\s+(?:{_RANGE}\s*,\s*)*{_RANGE}\s*$")
_WORDS = frozenset({"for", "in", "if", "and", "or", "not"})


def in_language(text: str, ranks: Mapping[str, int]) -> str:
    r"""A formula in which the arrays of `ranks` stand, each with how many indices it has.

    >>> in_language(r"\sum_j W_{ij} x_j + b_i", {"W": 2, "x": 1, "b": 1})
    'sum(W[i,j]*x[j] for j) + b[i]'
    >>> in_language("W12*x2 + (y - t) h_{k-1}", {"W": 2, "x": 1, "h": 1, "y": 0, "t": 0})
    'W[1,2]*x[2] + (y - t)*h[k-1]'
    >>> in_language("W x + b", {"W": 2, "x": 1, "b": 1}), in_language("Wx", {"W": 2, "x": 1})
    ('W@x + b', 'W@x')
    """
    for sign, plain in _PLAIN:
        text = text.replace(sign, plain)
    text = _with_sums(_with_brackets(_apart(text, ranks), ranks))
    return _with_products(text, ranks)


def said_ranges(text: str) -> tuple[str, dict[str, tuple[int, int]]]:
    """A formula without the ranges that stand behind it, and these.

    >>> said_ranges("u*h[k-1] for k in 2..3, i = 1..2")
    ('u*h[k-1]', {'k': (2, 3), 'i': (1, 2)})
    """
    behind = _RANGES.search(text)
    if behind is None:
        return text, {}
    found = {letter: (int(low), int(high)) for letter, low, high in re.findall(_RANGE, behind[0])}
    return text[: behind.start()], found


def with_ranges(
    equation: str, spans: Mapping[str, Sequence[tuple[int, int]]], said: Mapping[str, tuple[int, int]] | None = None
) -> str:
    """An equation that says how far letters run whose neighbours are read as well, as that of a recurrence.

    The same where one array has a state before the first step, and another has not. What is `said` of a letter holds.

    >>> with_ranges("da[k] = dh[k+1]*u", {"da": [(1, 3)], "dh": [(1, 3)]})
    'da[k] = dh[k+1]*u for k in 1..2'
    >>> with_ranges("du = sum(da[k]*h[k-1] for k)", {"da": [(1, 3)], "h": [(0, 3)]})
    'du = sum(da[k]*h[k-1] for k in 1..3)'
    """
    allowed: dict[str, set[tuple[int, int]]] = {}
    shifted, outer = set[str](), {letter: f"{letter} in {low}..{high}" for letter, (low, high) in (said or {}).items()}
    for name, index in re.findall(r"(?<![\w.])([A-Za-z]\w*)\[([^\[\]]*)\]", equation):
        for part, (low, high) in zip(index.split(","), spans.get(name, ()), strict=False):
            place = re.fullmatch(r"\s*([a-z])\s*(?:([+-])\s*(\d{1,4})\s*)?", part)
            if place is not None:
                by = int(f"{place[2] or '+'}{place[3] or 0}")
                allowed.setdefault(place[1], set()).add((low - by, high - by))
                shifted |= {place[1]} if by else set()
    shifted |= {letter for letter, found in allowed.items() if len(found) > len({high for _, high in found}) == 1}
    for letter in sorted(shifted - outer.keys()):
        ranges = f"{letter} in {max(low for low, _ in allowed[letter])}..{min(high for _, high in allowed[letter])}"
        inner = re.sub(rf"\bfor {letter}(?=[,)])", f"for {ranges}", equation)
        if inner != equation:
            equation = inner
        elif not re.search(rf"\bfor {letter} in\b", equation):
            outer[letter] = ranges
    return f"{equation} for {', '.join(outer.values())}" if outer else equation


def _apart(text: str, ranks: Mapping[str, int]) -> str:
    """Two arrays that stand together without a space: Wx."""

    def split(match: re.Match[str]) -> str:
        word = match[0]
        if word in ranks or word in FUNCTIONS or re.search(r"\d", word):
            return word
        pairs = [(word[:at], word[at:]) for at in range(1, len(word))]
        known = [pair for pair in pairs if pair[0] in ranks and pair[1] in ranks]
        return " ".join(known[0]) if len(known) == 1 else word

    return re.sub(r"(?<![\w.\\])[A-Za-z]+(?![\w.(])", split, text)


def _with_brackets(text: str, ranks: Mapping[str, int]) -> str:
    """Indices below a name, or behind it, as those in brackets."""
    names = "|".join(sorted(map(re.escape, ranks), key=len, reverse=True)) or r"(?!)"
    pattern = re.compile(
        rf"(?<![\w.\\])(?P<name>{names})"
        r"(?:_\{(?P<braced>[^{}]*)\}|_(?P<one>[A-Za-z0-9])(?![A-Za-z0-9_])|_?(?P<digits>\d+)(?!\w)|\[(?P<a>\w)\]\[(?P<b>\w)\])"
    )

    def placed(match: re.Match[str]) -> str:
        rank = ranks[match["name"]]
        index = match["braced"] or match["one"] or match["digits"] or f"{match['a']},{match['b']}"
        index = index.strip()
        if rank > 1 and "," not in index and re.fullmatch(rf"[A-Za-z0-9]{{{rank}}}", index):
            index = ",".join(index)
        return f"{match['name']}[{index}]" if rank == index.count(",") + 1 else match[0]

    return pattern.sub(placed, text)


def _with_sums(text: str) -> str:
    r"""`\sum_i` with what it goes over: all up to the next plus or minus, or to the end of its bracket."""
    while found := list(_SUM.finditer(text)):
        last = found[-1]
        letters = re.findall("[a-z]", last["several"] or last["one"])
        end = _end_of_term(text, last.end())
        body = text[last.end() : end].strip()
        space = " " if text[end : end + 1] in ("+", "-") else ""
        text = f"{text[: last.start()]}sum({body} for {', '.join(letters)}){space}{text[end:]}"
    return text


def _end_of_term(text: str, start: int) -> int:
    depth, begun = 0, False
    for at in range(start, len(text)):
        sign = text[at]
        if sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if depth < 0:
                return at
        elif sign in "+-" and not depth and begun:
            return at
        begun = begun or not (sign.isspace() or sign in "*@")
    return len(text)


def _with_products(text: str, ranks: Mapping[str, int]) -> str:
    """A sign of multiplication between factors that stand next to each other."""

    def joined(match: re.Match[str]) -> str:
        left, right = match["left"], re.match(_MEMBER, text_of[match.end() :])
        words = {left, right[0] if right else "("}
        function = left in FUNCTIONS or (left.isalpha() and left not in ranks)
        if words & _WORDS or function or (match["space"] == "" and left != ")" and not left.endswith("]")):
            return match[0]
        arrays = [word.removesuffix(".T") for word in words]
        whole = all(ranks.get(word, 0) for word in arrays) and len(arrays) > 0 and right is not None
        return f"{left}{'@' if whole else '*'}"

    text_of = text
    return _NEXT.sub(joined, text)
