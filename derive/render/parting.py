r"""How a document is set, and where its pictures stand so that they part nothing that belongs together.

A page is read as marks with the number of the page: `formula`, `from` and `to` around rows that a page may part,
`words` that go on from a formula, `section 4` and `step 4` where a picture may stand, the fourth such place, before a
heading or between other blocks, and `picture 2 3`, the second picture, whose own place is behind the third of those.
A picture that parts a derivation is moved to a place on its page: nothing but the order of the page changes
then. How pages are made and measured is for others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

Reading = tuple[tuple[int, str], ...]
Moves = tuple[tuple[int, int], ...]
"""Pictures that are moved, each with the place where it stands."""

LEAST_FILLED = Decimal("0.26")
"""The least part of the last page that is filled."""
USUAL, TIGHTER, WIDER = "1", ("0.85", "0.7", "0.55", "0.4"), ("1.15", "1.3", "1.45")
"""By how much the spaces between blocks are multiplied, one after another, until the last page is well filled."""
OTHERS = ("1.1", "0.9", "1.2", "0.85")
"""Spreads that are tried where a picture stands inside a derivation and its page has no other place for it."""
FLOATING = "bottom"
"""Where pictures without room beside their words float, if at the head of a page they would part a derivation."""

MOST_TRIALS = 3
"""How many places of each kind are tried for a picture, the nearest first."""
BROKEN, LONG_WAY = 2, 1
"""How bad it is that a picture parts a formula from what goes on, and two steps of a derivation."""
OPENS, CLOSES, FORMULA, WORDS = "from", "to", "formula", "words"
SECTION, STEP, PICTURE = "section ", "step ", "picture "


class Spaced(NamedTuple):
    """How a document is set: its spread, where pictures float without room for them, and which of them are moved."""

    spread: str = USUAL
    floating: str = "auto"
    moves: Moves = ()

    def typst(self) -> dict[str, str]:
        """As Typst takes them."""
        moves = json.dumps({str(picture): place for picture, place in self.moves})
        return {"spread": self.spread, "floating": self.floating, "moved": moves}

    def tex(self) -> str:
        r"""As definitions before a LaTeX document.

        >>> print(Spaced("0.85", moves=((2, 7),)).tex())
        \def\spread{0.85}\expandafter\def\csname moved:2\endcsname{}\expandafter\def\csname put:7\endcsname{\placed{2}}
        """
        spread = "" if self.spread == USUAL else rf"\def\spread{{{self.spread}}}"
        moved = (_defined(f"moved:{picture}", "") for picture, _ in self.moves)
        places = dict.fromkeys(place for _, place in self.moves)
        put = (
            _defined(f"put:{place}", "".join(rf"\placed{{{picture}}}" for picture, at in self.moves if at == place))
            for place in places
        )
        return "".join((spread, *moved, *put))


def _defined(name: str, text: str) -> str:
    return rf"\expandafter\def\csname {name}\endcsname{{{text}}}"


AS_IS = Spaced()


class Parting(NamedTuple):
    """A picture inside a derivation: its number, where its mark is, the places before its own, and how bad it is."""

    number: int
    at: int
    after: int
    weight: int


def parting(reading: Reading) -> list[Parting]:
    """The pictures that part what belongs together.

    >>> parting(((1, "formula"), (1, "picture 1 0"), (1, "words"), (1, "step 1")))
    [Parting(number=1, at=1, after=0, weight=2)]
    >>> parting(((1, "formula"), (1, "picture 1 0"), (1, "step 1"), (1, "words")))
    []
    >>> parting(((1, "formula"), (1, "step 1"), (2, "picture 1 0"), (2, "step 2")))
    [Parting(number=1, at=2, after=0, weight=1)]
    """
    marks = [mark for _, mark in reading]
    found: list[Parting] = []
    inside = False
    for at, mark in enumerate(marks):
        inside = mark == OPENS or (inside and mark != CLOSES)
        if mark.startswith(PICTURE):
            number, after = map(int, mark.split()[1:])
            above, below = _next(reversed(marks[:at])), _next(marks[at:])
            floated = any(place > after for place in map(_place, marks[:at]))
            goes_on = below in (OPENS, FORMULA) or (below == WORDS and above in (CLOSES, FORMULA))
            if number and (inside or (goes_on and not _place(above))):
                found.append(Parting(number, at, after, BROKEN))
            elif number and floated and below and SECTION not in (above[: len(SECTION)], below[: len(SECTION)]):
                found.append(Parting(number, at, after, LONG_WAY))
    return found


def _next(marks: Iterable[str]) -> str:
    """The first mark that is no picture's."""
    return next((mark for mark in marks if not mark.startswith(PICTURE)), "")


def _place(mark: str) -> int:
    """Which of the places for pictures a mark is, 0 for another mark."""
    return int(mark.split()[1]) if mark.startswith((SECTION, STEP)) else 0


def settled(settings: Iterable[Spaced], read: Callable[[Spaced], Reading | None]) -> Spaced:
    """The setting, with pictures moved, whose pictures part least; the first of `settings` is the one there is.

    `read` gives the marks of the pages, or nothing where these are more, or the last of them is too empty. Other
    settings than the first are tried as long as a picture stands between a formula and what goes on from it.
    """
    best, found = AS_IS, None
    for setting in dict.fromkeys(settings):
        if found is not None and not any(one.weight == BROKEN for one in parting(found)):
            break
        start = read(setting)
        if start is not None:
            moves, reading = _moved(start, setting, read)
            if found is None or _badness(reading) < _badness(found):
                best, found = setting._replace(moves=moves), reading
    return best


def _badness(reading: Reading) -> int:
    return sum(one.weight for one in parting(reading))


def _moved(reading: Reading, setting: Spaced, read: Callable[[Spaced], Reading | None]) -> tuple[Moves, Reading]:
    """The pictures that are moved so that less is parted, and how the pages are read then."""
    moves: Moves = ()
    tried: set[int] = set()
    while found := [one for one in parting(reading) if one.number not in tried]:
        tried.add(found[0].number)
        for place in _places(reading, found[0]):
            further = tuple(sorted((dict(moves) | {found[0].number: place}).items()))
            trial = read(setting._replace(moves=further))
            if trial is not None and _stands(trial) == _stands(reading) and _badness(trial) < _badness(reading):
                moves, reading = further, trial
                tried.clear()  # another one may go now, for the pictures keep their order
                break
    return moves, reading


def _stands(reading: Reading) -> list[tuple[int, str]]:
    """The pictures in the order in which they are read, each with its page."""
    return [(page, mark) for page, mark in reading if mark.startswith(PICTURE)]


def _places(reading: Reading, picture: Parting) -> Iterator[int]:
    """The places on its page that a picture may be moved to, the nearest first, those before a heading at first.

    The first of the next page counts among them: it may stand at the foot of this one when the picture stands there.
    """
    page = reading[picture.at][0]
    found = [
        (abs(at - picture.at), mark, on)
        for at, (on, mark) in enumerate(reading)
        if on in (page, page + 1) and _place(mark) > picture.after
    ]
    within = sum(on == page for _, _, on in found) + 1
    for kind in (SECTION, STEP)[: picture.weight]:
        own = sorted((far, _place(mark)) for far, mark, _ in found[:within] if mark.startswith(kind))
        yield from [place for _, place in own][:MOST_TRIALS]
