r"""Names in words: `new w5`, `gradient of w5`, `net h1`, `dEdw5`, and what a misspelt name may have meant.

Decides which plainer names such a wording stands for; several may be offered, and `names` refuses where two of them
mean something different. It does not know which names there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from derive.work.letters import plain

LONGEST = 80
"""Characters of a name in words."""
_NEW_WORDS = r"(?:new|neu(?:e[rsn]?)?|updated?|next|after (?:the )?update)"
_NEW_FIRST = re.compile(rf"{_NEW_WORDS}[ _]*(?P<rest>.+)", re.IGNORECASE)
_NEW_LAST = re.compile(rf"[(\[{{]? ?{_NEW_WORDS} ?[)\]}}]?$", re.IGNORECASE)
_GRADIENT = re.compile(
    r"(?:the )?(?:grad(?:ient)?|\\?nabla|∇)[ _]?(?:(?:of|for|in|wrt|von|nach)[ _])?[ _]?(?P<rest>[^() ].*|\([^()]*\))",
    re.IGNORECASE,
)
_GRADIENT_LAST = re.compile(r"[ _.]grad(?:ient)?$", re.IGNORECASE)
_WITH_RESPECT = re.compile(
    r"(?:the )?(?:grad(?:ient)?|derivative|ableitung) (?:of |von )?(?P<of>[^ ]+) "
    r"(?:wrt|w\.r\.t\.?|with respect to|nach) (?P<rest>[^ ].*)",
    re.IGNORECASE,
)
_SPACE = re.compile(r"(?<=\w)(?<!\bd)(?<!\bD)(?<!partial) (?=\w)")
_BELOW = re.compile(r"[dD](?=[\\A-Za-z_ ])|\\partial")
_LIKE_ONE = re.compile(r"(?<=[A-Za-z_\d])[lI|](?![A-Za-z])")
_LIKE_ZERO = re.compile(r"(?<=\d)[oO](?![A-Za-z])")


class Reading(NamedTuple):
    """A plainer name, and what of it is meant: itself (""), its value after an update ("new", or "+" where a mark
    says so), the loss's derivative with respect to it ("gradient")."""

    name: str
    of: str


def readings(text: str) -> Iterator[Reading]:
    """What a name in words may stand for.

    >>> list(readings("new w6")), list(readings("w2*"))
    ([Reading(name='w6', of='new'), Reading(name='new_w6', of='')], [Reading(name='w2', of='+')])
    >>> list(readings("dEdw5"))
    [Reading(name='dE/dw5', of='')]
    """
    text = " ".join(plain(text).split()).strip("$ ")
    if len(text) > LONGEST:
        return
    for rest, of in _parts(text):
        for name in dict.fromkeys((rest, _spaced(rest))):
            yield Reading(name, of)
    if (found := _WITH_RESPECT.fullmatch(text)) is not None:
        yield Reading(f"d{_spaced(found['of'])}/d{_spaced(found['rest'])}", "")
    if _spaced(text) != text:
        yield Reading(_spaced(text), "")
    yield from (Reading(name, "") for name in _sloped(text))


def lookalike(text: str) -> str:
    """The name with digits in place of the letters that look like them.

    >>> lookalike("nethl"), lookalike("w1O"), lookalike("relu(w5)")
    ('neth1', 'w10', 'relu(w5)')
    """
    return _LIKE_ZERO.sub("0", _LIKE_ONE.sub("1", text))


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """What is left of a name without the words or marks that say what of it is meant."""
    if (first := _NEW_FIRST.fullmatch(text)) is not None:
        yield first["rest"], "new"
    if (last := _NEW_LAST.search(text)) is not None and (rest := text[: last.start()].rstrip(" _,")):
        yield rest + "}" * (rest.count("{") - rest.count("}")), "new"
    if text.endswith("*") and (rest := text[:-1].rstrip(" ^")):
        yield rest, "+"
    if (found := _GRADIENT.fullmatch(text)) is not None:
        yield found["rest"].strip("() "), "gradient"
    if (last := _GRADIENT_LAST.search(text)) is not None and last.start():
        yield text[: last.start()], "gradient"


def _spaced(text: str) -> str:
    """A space within a name, as a mark between indices."""
    return _SPACE.sub("_", text)


def _sloped(text: str) -> Iterator[str]:
    """dEdw5 and dE dw5 with the stroke of the fraction, wherever it may belong."""
    if "/" in text or _BELOW.match(text) is None:
        return
    for place in [match.start() for match in _BELOW.finditer(text)][1:6]:
        above, below = text[:place].rstrip(" _"), text[place:]
        yield from dict.fromkeys((f"{above}/{below}", f"{_spaced(above)}/{_spaced(below)}"))
