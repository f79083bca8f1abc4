"""The parts of a solution that need not stand on every page, and at which detail each does.

Decides what is shown at a detail when nobody chooses, and what a choice makes of it. How a part looks is for those who
write the pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, get_args

from derive.errors import InputError, shown, unknown_name

Detail = Literal["brief", "standard", "full"]
DETAILS: tuple[Detail, ...] = get_args(Detail)
USUAL: Detail = "standard"


class Extent(IntEnum):
    """How much of a part stands on a page."""

    ABSENT = 0
    SHORT = 1
    WHOLE = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A part by its name, what it is, and how much of it stands there at each detail."""

    name: str
    what: str
    brief: Extent
    standard: Extent
    full: Extent = Extent.WHOLE

    def at(self, detail: Detail) -> Extent:
        """How much of it stands there when nobody chooses."""
        return {"brief": self.brief, "standard": self.standard, "full": self.full}[detail]


PARTS: dict[str, Part] = {
    part.name: part
    for part in (
        Part("notation", "the table of symbols", Extent.ABSENT, Extent.ABSENT),
        Part("rounding", "how numbers are rounded: a sentence, or a section", Extent.SHORT, Extent.SHORT),
        Part("derivatives", "where every derivative that is used comes from", Extent.ABSENT, Extent.SHORT),
        Part("second-pass", "the forward pass with the new weights", Extent.WHOLE, Extent.WHOLE),
        Part("check", "how it is known to be right: derivatives that were measured", Extent.ABSENT, Extent.ABSENT),
        Part("summary", "old values, gradients and new values in one table", Extent.ABSENT, Extent.ABSENT),
        Part("figures", "the pictures: two, or all", Extent.ABSENT, Extent.SHORT),
    )
}
"""Every part by its name. Chosen by `with`, a part is as long as in `full`."""


@dataclass(frozen=True)
class Choice:
    """What a page shows: a detail, the parts that are left out, and those that stand there besides.

    >>> Choice("brief", with_parts=("check",)).extent("check").name, Choice("full").extent("figures").name
    ('WHOLE', 'WHOLE')
    >>> Choice("full", leave_out=("figures",)).extent("figures").name
    'ABSENT'
    """

    detail: Detail = USUAL
    leave_out: tuple[str, ...] = ()
    with_parts: tuple[str, ...] = ()

    def extent(self, part: str) -> Extent:
        """How much of a part is shown."""
        if part in self.leave_out:
            return Extent.ABSENT
        return Extent.WHOLE if part in self.with_parts else PARTS[part].at(self.detail)

    def options(self, said: Choice) -> dict[str, str | tuple[str, ...]]:
        """What differs from what a problem says, by the names that `derive.solve` has for it."""
        found: dict[str, str | tuple[str, ...]] = {
            "leave_out": tuple(part for part in self.leave_out if part not in said.leave_out),
            "with_parts": tuple(part for part in self.with_parts if part not in said.with_parts),
        }
        detail = {} if self.detail == said.detail else {"detail": self.detail}
        return detail | {name: parts for name, parts in found.items() if parts}


def choose(
    said: Choice, detail: str | None = None, leave_out: Iterable[str] = (), with_parts: Iterable[str] = ()
) -> Choice:
    """What a problem says of its page, with what a caller says over it.

    Raises `InputError` for a word that names no detail or no part, and for a part that a caller leaves out and wants.

    >>> choose(Choice("brief", leave_out=("rounding",)), "full", with_parts=["rounding"])
    Choice(detail='full', leave_out=(), with_parts=('rounding',))
    """
    if detail is not None and detail not in DETAILS:
        raise unknown_name(detail, DETAILS, place="detail")
    out, wanted = known(leave_out, "leave_out"), known(with_parts, "with")
    check(out, wanted)
    return Choice(
        next((one for one in DETAILS if one == detail), said.detail),
        tuple(dict.fromkeys((*(part for part in said.leave_out if part not in wanted), *out))),
        tuple(dict.fromkeys((*(part for part in said.with_parts if part not in out), *wanted))),
    )


def known(names: Iterable[str], place: str) -> tuple[str, ...]:
    """Names of parts, each once; raises `InputError` for any other word."""
    if isinstance(names, str):
        names = (names,)
    found = tuple(dict.fromkeys(names))
    for name in found:
        if name not in PARTS:
            raise unknown_name(name, PARTS, place=place)
    return found


def check(leave_out: Iterable[str], with_parts: Iterable[str]) -> None:
    """Raises `InputError` where one part is both left out and wanted."""
    both = [name for name in leave_out if name in tuple(with_parts)]
    if both:
        raise InputError("a part to be left out or shown", f"both for {shown(both[0])}", place="with")
