"""A circuit on one row, or where that is wider than a page, in several below each other.

A later row begins with what it needs of an earlier one: its name and its value, but no box, for a number is
written once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from derive.diagram.bands import WIDEST, Bands
from derive.diagram.circuit import Gate, Wiring
from derive.diagram.layout import MARGIN, Placed


def drawn(gates: Sequence[Gate]) -> Placed:
    """The gates on one row, or where that is wider than a page, in bands below each other."""
    whole = Wiring(gates)
    if whole.width <= WIDEST:
        return whole
    bands: list[Wiring] = []
    start, end = 0, max(whole.column.values())
    while start <= end:
        # What the columns take on one row is about what they take in a band.
        fitting = [at for at in range(start, end + 1) if whole.right[at] - whole.left[start] + 2 * MARGIN <= WIDEST]
        stop = max(fitting, default=start)
        if not _band(gates, whole.column, start, stop):
            start = stop + 1  # what is given there stands in the bands that read it
            continue
        band = Wiring(_band(gates, whole.column, start, stop))
        while stop > start and band.width > WIDEST:
            stop -= 1
            band = Wiring(_band(gates, whole.column, start, stop))
        bands.append(band)
        start = stop + 1
    return Bands(tuple(bands))


def _band(gates: Sequence[Gate], column: dict[str, int], start: int, stop: int) -> list[Gate]:
    """The gates of some columns, before them what they read of earlier ones; what later ones read bears its name."""
    known = {gate.key: gate for gate in gates}
    here = {one for gate in gates if start <= column[gate.key] <= stop for one in gate.sources}
    # What is given stands only in the bands that read it.
    own = [gate for gate in gates if start <= column[gate.key] <= stop and (gate.sources or gate.key in here)]
    earlier = dict.fromkeys(one for gate in own for one in gate.sources if column[one] < start)
    needed = {one for gate in gates if column[gate.key] > stop for one in gate.sources}
    shift = start - (1 if earlier else 0)
    return [
        *(_again(known[key], known[key].sources == ()) for key in earlier),
        *(replace(_named(gate, needed), column=column[gate.key] - shift) for gate in own),
    ]


def _named(gate: Gate, needed: Collection[str]) -> Gate:
    """A gate with its name above its line, where a later band repeats it."""
    return replace(gate, heading=gate.name) if gate.name and not gate.said and gate.key in needed else gate


def _again(gate: Gate, given: bool) -> Gate:
    """What stands for a gate in a later band: its name, and its value again."""
    inside = gate.inside if given else gate.name or gate.above[:1] or gate.inside
    again = replace(gate, inside=inside, sources=(), shape="square", column=0, lit=(), heading=())
    if gate.box_above is None and gate.box_below is None:
        return replace(again, heading=gate.heading)
    # What is to be written is written once.
    return replace(again, above=() if gate.box_above is not None else gate.above, below=() if gate.box_below is not None
                   else gate.below, box_above=None, box_below=None)  # fmt: skip
