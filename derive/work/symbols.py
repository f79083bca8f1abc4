r"""The shape of a name: a letter or word, what is raised, what is lowered, and marks such as the plus of an update.

Decides where a name may end and how its spellings are brought to one key: `w_{5}^{+}`, `w_5+` and `w^{+}_5` all are
`w_5+`. Which keys mean something is known to `names`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from derive.work.tokens import Token

MOST_SCRIPTS = 12
_STARTS = frozenset({"word", "number", "id", "(", "{", "frac", "sqrt", "partial", "cases(", "matrix("})
_NEW = frozenset({"new", "neu", "updated", "next"})
_EXAMPLE = re.compile(r"\[(\d+)\]")
_EXAMPLE_MARK = re.compile(r"@\d+")
_LATER = re.compile(r"\+\((\d+)\)$")


class Parts(NamedTuple):
    """What a name is made of: its letters, what is raised and lowered with its brackets, and marks such as +."""

    base: str
    raised: tuple[str, ...] = ()
    lowered: tuple[str, ...] = ()
    marks: str = ""


class Symbol(NamedTuple):
    """A possible name: its key, the index of the token after it, and its parts."""

    key: str
    end: int
    parts: Parts


def symbols(pieces: Sequence[Token], start: int) -> list[Symbol]:
    """The names that may begin at `start`, the longest first."""
    base, place = _base(pieces, start)
    if base is None:
        return []
    key, parts = base
    raised, lowered, marks, plain = "", "", "", parts.marks
    found = [Symbol(key, place, parts)]
    for _ in range(MOST_SCRIPTS):
        mark = _script(pieces, place)
        if mark is None:
            break
        kind, content, place = mark
        if kind == "_":
            if content in _NEW and lowered:
                marks, plain = marks + "+", plain + "+"
            else:
                lowered += "_" + content
                parts = parts._replace(lowered=(*parts.lowered, content))
        elif kind == "^":
            whole, (content, more) = content, _raised(content)
            marks, plain = marks + more, plain + _EXAMPLE_MARK.sub("", more)
            raised += f"^{content}" if content else ""
            parts = parts._replace(raised=(*parts.raised, whole)) if content or more != "+" else parts
        else:
            marks, plain = marks + content, plain + content
        found.append(Symbol(key + raised + lowered + _counted(marks), place, parts._replace(marks=_counted(plain))))
    return found[::-1]


def _base(pieces: Sequence[Token], start: int) -> tuple[tuple[str, Parts] | None, int]:
    """What a name begins with: a word, or a name between braces, which colours and fonts leave behind."""
    depth = start
    while depth < min(len(pieces), start + 4) and pieces[depth].kind == "{":
        depth += 1
    if depth >= len(pieces) or pieces[depth].kind != "word":
        return None, start
    if depth == start:
        return (pieces[start].text, Parts(pieces[start].text)), start + 1
    for inner in symbols(pieces, depth):
        closing = pieces[inner.end : inner.end + depth - start]
        if len(closing) == depth - start and all(piece.kind == "}" for piece in closing):
            return (inner.key, inner.parts), inner.end + depth - start
    return None, start


def _script(pieces: Sequence[Token], place: int) -> tuple[str, str, int] | None:
    """What is attached at `place`: its kind, its text and the index after it."""
    if place >= len(pieces):
        return None
    token = pieces[place]
    match token.kind:
        case "_" | "^":
            inner = _content(pieces, place + 1)
            return (token.kind, *inner) if inner else None
        case "'" if token.glued:
            return "+", "+", place + 1
        case "@" if place + 1 < len(pieces) and pieces[place + 1].kind == "number":
            return "@", "@" + pieces[place + 1].text, place + 2
        case "+" if token.glued:
            return _plus(pieces, place)
    return None


def _plus(pieces: Sequence[Token], place: int) -> tuple[str, str, int] | None:
    """A plus sign that belongs to the name, and a number of updates after it; not the sign of a sum."""
    count = place + 1
    if count < len(pieces) and pieces[count].kind == "number" and pieces[count].glued and pieces[count].text.isdigit():
        after = count + 1
        if not _begins_term(pieces, after):
            return "+", "+" + pieces[count].text, after
    return None if _begins_term(pieces, count) else ("+", "+", count)


def _begins_term(pieces: Sequence[Token], place: int) -> bool:
    if place >= len(pieces):
        return False
    token = pieces[place]
    return token.kind in _STARTS or (token.kind in ("-", "other", "|") and token.glued)


def _content(pieces: Sequence[Token], place: int) -> tuple[str, int] | None:
    """What a script holds: one piece, or all between brackets."""
    if place >= len(pieces):
        return None
    token = pieces[place]
    if token.kind in ("word", "number", "+", "*"):
        return token.text, place + 1
    closing = {"{": "}", "(": ")", "[": "]"}.get(token.kind)
    if closing is None:
        return None
    text, depth = "", 0
    for end in range(place, min(place + 24, len(pieces))):
        kind = pieces[end].kind
        depth += (kind in "{([") - (kind in "})]")
        if depth == 0:
            text += kind * (kind == closing == "]")
            return (text if kind == closing else "(" + text + ")").replace("_", ""), end + 1
        if kind not in ("{", "}") and not (end == place and kind == "("):
            text += pieces[end].text
    return None


def _raised(content: str) -> tuple[str, str]:
    """What is raised, as an index and as marks: `(1)[2]+` is the index 1 with the marks `@2+`."""
    marks = ""
    if found := _EXAMPLE.search(content):
        marks, content = f"@{found[1]}", content.replace(found[0], "")
    if found := _LATER.search(content):
        marks, content = f"{marks}+{found[1]}", content[: found.start()]
    if content.strip("()") in _NEW or content == "*":
        return "", marks + "+"
    plain = content.rstrip("+")
    marks += "+" * (len(content) - len(plain))
    return plain.strip("()"), marks


def _counted(marks: str) -> str:
    """Marks in one order and one spelling: the example, then the number of updates."""
    example = _EXAMPLE_MARK.search(marks)
    rest = marks.replace(example[0], "") if example else marks
    count = re.fullmatch(r"\++(\d*)", rest)
    if count:
        updates = int(count[1][:7]) if count[1] else len(rest)
        rest = "+" if updates == 1 else f"+{updates}"
    return (example[0] if example else "") + rest
