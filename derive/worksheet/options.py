"""What can be chosen about a worksheet, and what stands at its head."""

from __future__ import annotations

from dataclasses import dataclass

from derive.palette import Colours
from derive.quantity import Quantity

TOPICS = ("forward", "loss", "factors", "deltas", "gradients", "weights", "new-loss")
"""What can be asked, in the order of the computation."""


def default_topics(form: str, carry: bool) -> tuple[str, ...]:
    """What a form asks unless told otherwise: the chain form factors, the others deltas.

    Where every result is rounded on the way, the deltas' factors are results too, and have boxes of their own.

    >>> default_topics("delta", carry=False)
    ('forward', 'loss', 'deltas', 'gradients', 'weights', 'new-loss')
    """
    unasked = {"deltas"} if form == "chain" else {"factors"} - ({"factors"} if carry else set())
    return tuple(topic for topic in TOPICS if topic not in unasked)


BLANKS = ("results", "substitutions", "formulas", "all")
"""How much of a line is left to the student, each more than the one before.

results: the formula and the numbers put in are printed, with gaps for numbers that were asked before. substitutions:
the formula is printed. formulas: the name is printed. all: nothing but what is wanted, in words.
"""
PICTURE = "picture"
"""Of a circuit: boxes for its values and gradients in a picture of it; the rest as with substitutions."""

EVERYTHING = "all"
"""Instead of topics: all those of the form, and nothing left out to keep the sheet short."""

MOST_DECIMALS = 4
"""Decimals of a worksheet that needs no more and on which nobody has insisted: more are unkind by hand."""
LONGEST_DECIMALS = 8
"""The most that a sheet takes by itself where fewer show too little: what a pocket calculator shows."""


@dataclass(frozen=True, slots=True)
class SheetOptions:
    """Choices for a worksheet; what is None is chosen to suit the problem.

    `ask` is some of `TOPICS`, or ("all",); `blanks` one of `BLANKS`, or the names of weights whose lines alone are
    left blank; with `fade` the first unit of each layer is worked, the second half worked, and the rest as `blanks`
    says. With `compact`, short lines have no room of their own and their boxes stand in rows.
    `pictures` begins the names of the picture files that Markdown refers to (`Sheet.pictures`); without it Markdown
    has no pictures.
    With `choice` each box has so many numbers to choose from, and asks for a letter.
    `colours` is what the colours of names and numbers tell; None is what is usual in a format.
    `find` is a number of mistakes: the sheet is then a worked calculation in which they are to be found.
    """

    ask: tuple[str, ...] | None = None
    blanks: str | tuple[str, ...] = "substitutions"
    fade: bool = False
    notation: str | None = None
    form: str | None = None
    detail: str = "standard"
    decimals: int | None = None
    paper: str = "a4"
    compact: bool = False
    pictures: str = ""
    find: int | None = None
    choice: int | None = None
    colours: Colours | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """What the key tells the instructor, a sentence each, and which answers earn no point."""

    remarks: tuple[str, ...] = ()
    unmarked: frozenset[Quantity] = frozenset()


@dataclass(frozen=True, slots=True)
class Header:
    """Whose sheet it is; what is empty is a line to write on. `form` is the sheet's own unless given."""

    name: str = ""
    identifier: str = ""
    date: str = ""
    form: str = ""
