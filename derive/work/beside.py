"""What people put beside a number: bold type, a check mark, a full stop, a remark in brackets, "ca." before it.

Decides what of this may be left out because it cannot change the number. A unit, a power of ten or a second number
can, so they stay, and the number is refused by those who read it.
"""

from __future__ import annotations

import re

LEFT_OUT = "marks and words beside numbers were left out"
DOTTED = "numbers with dots after them were read as far as they are written"
LONGEST = 2000
"""Characters of a cell that is looked at."""
_ROUNDS = 8
_WRAPS = ("**", "__", "*", "_", "`")
_TICKS = " \ufe0e\ufe0f✓✔☑✅"
_COUNTING = (
    "dp dps dec decimal decimals place places digit digits sf sig fig figs figure figures significant rounded rounding "
    "round gerundet stelle stellen nachkommastelle nachkommastellen dezimalstellen approx approximately about ca circa "
    "etwa exact exactly genau correct checked ok see siehe question part step exercise aufgabe calculator"
)
"""Words of which a remark must have one."""
_HARMLESS = (
    "a b c d e f to up down off the on in from using with by of and auf und mit aus von above below nearest tenth "
    "hundredth thousandth final answer result value my s p"
)
"""Words that a remark may have besides."""
_TELLING = frozenset(_COUNTING.split())
_KNOWN = _TELLING | frozenset(_HARMLESS.split())
_FRONT = re.compile(
    r"^(?:ca|circa|approx|approximately|about|around|roughly|etwa|ungefähr|rund)\b\.?\s*(?=[-+−.,\d])", re.IGNORECASE
)
_BOX = re.compile(r"\$?\\(?:boxed|fbox|underline|mathbf|textbf)\s?\{(?P<inner>[^{}]*)\}\$?")
_OPEN_MARK = re.compile(r"^(?:\*\*|__|`)(?=[-+−.,\d])")
_CLOSE_MARK = re.compile(r"(?<=[\d)\]])(?:\*\*|__|`)$")
_DOTS = re.compile(r"(?<=\d)\s?(?:…|\.{2,9}|\\[lc]?dots)(?=\$?$)")
_END = re.compile(r"(?<=[\d)}\]%*`])\s?(?:[.;,!?:]|_{1,9})$")
_WHOLE = re.compile(r"[+−-]?\d+\.")


def tidied(text: str) -> tuple[str, tuple[str, ...]]:
    """A cell without what stands beside its number, and notes on what was left out.

    >>> tidied("**0.2984** (4 dp)")
    ('0.2984', ('marks and words beside numbers were left out',))
    >>> tidied("ca. 0.333...")[0], tidied("0.5 (x10^-3)")[0], tidied("0.12 m")[0]
    ('0.333', '0.5 (x10^-3)', '0.12 m')
    """
    text = text.strip()
    plain = text[-1:].isdigit() and (text[0].isdigit() or text[0] in "-+.")
    if plain or not text or len(text) > LONGEST or text[0] == "#" or _WHOLE.fullmatch(text):
        return text, ()
    if not text.strip(_TICKS + "*`_"):
        return "", ()
    whole, dotted = text, False
    for _ in range(_ROUNDS):
        before = text
        text = _FRONT.sub("", _unwrapped(text.strip(_TICKS)), count=1)
        text = _END.sub("", _without_remark(_CLOSE_MARK.sub("", _OPEN_MARK.sub("", text, count=1))))
        dots = _DOTS.search(before)
        if dots is not None:
            text, dotted = before[: dots.start()] + before[dots.end() :], True
        if text == before:
            break
    # Of dots alone the note on dots is enough.
    left = text != whole and not (dotted and _DOTS.sub("", whole) == text)
    return text, (LEFT_OUT,) * left + (DOTTED,) * dotted


def _unwrapped(text: str) -> str:
    """Without the marks of bold type, italics, code or a box around all of it."""
    if (box := _BOX.fullmatch(text)) is not None:
        return box["inner"].strip()
    for mark in _WRAPS:
        inner = text[len(mark) : -len(mark)]
        if text.startswith(mark) and text.endswith(mark) and mark[0] not in inner and inner.strip():
            return inner.strip()
    return text


def _without_remark(text: str) -> str:
    """Without a remark in brackets at the end, where it says nothing about the size of the number."""
    start = max(text.rfind("("), text.rfind("["))
    if start <= 0 or text[-1] not in ")]":
        return text
    remark = text[start + 1 : -1].casefold().replace("d.p", "dp").replace("s.f", "sf")
    words = re.findall(r"[^\W\d_]+|\d+(?:[.,]\d+)*|[^\s.,:;]", remark)
    known = all(word in _KNOWN or (word.isdigit() and len(word) < 3) for word in words)
    return text[:start].rstrip() if known and not _TELLING.isdisjoint(words) else text


_SCANNED = str.maketrans("OoQDlI|iSsBZzG", "00001111558226")
_CONFUSED = re.compile(r"[-+−]?[\dOoQDlI|iSsBZzG]{0,20}[.,]?[\dOoQDlI|iSsBZzG]{1,40}")


def as_scanned(text: str) -> str | None:
    """The number with digits in place of the letters that a scanner takes for them; None where it may be no number.

    >>> as_scanned("O,5933"), as_scanned("0.75l4"), as_scanned("0.59G9"), as_scanned("so")
    ('0,5933', '0.7514', '0.5969', None)
    """
    bare = text.strip().lstrip("=≈ ")
    if _CONFUSED.fullmatch(bare) is None or 2 * sum(map(str.isdigit, bare)) < len(bare.strip("+-−.,")):
        return None
    scanned = bare.translate(_SCANNED)
    return None if scanned == bare else scanned
