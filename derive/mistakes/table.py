"""The table of known mistakes, and where its rows apply in a trace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derive.computation import Computation
from derive.derivation import Trace
from derive.expression import Node, Ref, replace
from derive.mistakes import (
    activation,
    averages,
    backward,
    batch,
    biases,
    deltas,
    entries_back,
    forward,
    gradients,
    indices,
    inputs,
    local_slopes,
    loss,
    loss_derivative,
    momenta,
    momentum,
    moves,
    paths,
    penalty,
    roots,
    sequences,
    short_cuts,
    slopes,
    softmax,
    squares,
    stale,
    targets,
    update,
    values,
    windows_back,
)
from derive.mistakes.element_site import ElementSite
from derive.mistakes.model import HasStep, Mistake, Rewrite, Way
from derive.mistakes.site import Site
from derive.quantity import Quantity
from derive.step import Step
from derive.trace.elementary import ElementTrace, StateUpdate
from derive.wording import Phrase

MISTAKES: tuple[Mistake, ...] = (
    *slopes.ROWS,
    *softmax.ROWS,
    *deltas.ROWS,
    *backward.ROWS,
    *loss_derivative.ROWS,
    *targets.ROWS,
    *loss.ROWS,
    *gradients.ROWS,
    *biases.ROWS,
    *batch.ROWS,
    *penalty.ROWS,
    *stale.ROWS,
    *update.ROWS,
    *momentum.ROWS,
    *inputs.ROWS,
    *forward.ROWS,
    *activation.ROWS,
)
"""All rows; of two that apply to the same step the likelier one comes first."""

TWINS = frozenset(
    frozenset(pair)
    for pair in (
        ("outputs-mean-and-sum", "factor-two-of-derivative"),
        ("gradient-transposed", "neighbours-input-in-gradient"),
        ("gradient-transposed", "neighbours-delta"),
        ("cross-entropy-other-class", "neighbours-output"),
        ("softmax-off-diagonal-sign", "softmax-off-diagonal-as-diagonal"),
    )
)
"""Rows that give the same number in networks of some shapes: with two outputs their mean is half of their sum, of two
classes the other one has what is left to 1, and in a table of gradients that was made the other way round some entries
come from the same row or column."""

ELEMENT_TWINS = frozenset({frozenset({"minus-missing", "other-sign"})})
"""The same of equations: a minus lost in a local derivative turns the sign of what it is a part of."""

KIN = (
    frozenset({"activation-derivative-forgotten-output", "activation-derivative-forgotten-hidden"}),
    frozenset({"update-left-out", "bias-not-updated"}),
    frozenset({"one-path-missing", "last-path-only"}),
)
"""Rows that are one habit at different steps: who does the one everywhere does the other too."""

ELEMENT_MISTAKES: tuple[Mistake, ...] = (
    *sequences.BACK_ROWS,
    *short_cuts.ROWS,
    *paths.ROWS,
    *local_slopes.ROWS,
    *roots.ROWS,
    *averages.ROWS,
    *momenta.ROWS,
    *squares.ROWS,
    *indices.ROWS,
    *entries_back.ROWS,
    *windows_back.ROWS,
    *values.ROWS,
    *sequences.ROWS,
    *moves.ROWS,
)
"""The same of computations that are given by equations."""

BY_KEY: dict[str, Mistake] = {row.key: row for row in (*MISTAKES, *ELEMENT_MISTAKES)}


def named(keys: Iterable[str]) -> tuple[str, ...]:
    """Which of several mistakes that give one number are worth naming, in the order in which they were given.

    Left out is what another one stands for: its `rather_than`, and the second of two `TWINS`. What fits the whole
    sheet has to be found first; this only keeps one fact from being told twice.

    >>> named(["factors-added", "rectifier-slope-always-one", "gradient-added"])
    ('rectifier-slope-always-one', 'gradient-added')
    """
    found = tuple(dict.fromkeys(keys))
    instead = {other for key in found for other in BY_KEY[key].rather_than}
    kept: list[str] = []
    for key in found:
        if key not in instead and not any(frozenset({key, other}) in TWINS | ELEMENT_TWINS for other in kept):
            kept.append(key)
    return tuple(kept)


def local_rewrites(trace: Computation, step: Step) -> list[Rewrite]:
    """Every known mistake that can be made at one step, of any round, in every way that is known.

    >>> from derive.derivation import derive_trace
    >>> from derive.reading import read_problem
    >>> trace = derive_trace(read_problem("mazur"))
    >>> found = local_rewrites(trace, trace.step(Quantity("dL/dz", 1, 0)))
    >>> [rewrite.mistake.key for rewrite in found][:2]
    ['activation-as-slope', 'activation-derivative-forgotten-hidden']
    """
    site, found = _site(trace, step), list[Rewrite]()
    for mistake in MISTAKES if isinstance(trace, Trace) else ELEMENT_MISTAKES:
        ways = _ways(trace, mistake, step)
        always = mistake.always(site, ways)
        found += [Rewrite(mistake, step.target, way.formula, way.slots, way is always, way.like) for way in ways]
    return found


def _site(trace: Computation, step: Step) -> HasStep:
    """The surroundings of a step, as the rows for such computations see them."""
    return Site(trace, step) if isinstance(trace, Trace) else ElementSite(trace, step)


def _ways(trace: Computation, mistake: Mistake, step: Step) -> list[Way]:
    """The wrong formulas at one step; of one that is taken ahead, those of the same step where the parameters are."""
    plain = trace.plain(step.target) if isinstance(trace, ElementTrace) else None
    if plain is None:
        return list(mistake.rewrite(_site(trace, step)))
    assert isinstance(trace, ElementTrace)
    # A derivative that is taken ahead has no place among those that came back where the parameters are.
    here = mistake.rewrite(_site(trace, step)) if isinstance(step, StateUpdate) else ()
    return [*here, *(_ahead(trace, way) for way in mistake.rewrite(_site(trace, trace.step(plain))))]


def _ahead(trace: ElementTrace, way: Way) -> Way:
    """A way of making a mistake, where an update looks ahead to."""

    def there(node: Node) -> Node:
        return replace(node, lambda leaf: Ref(trace.taken_ahead(leaf)))

    slots = {name: slot if isinstance(slot, str | Phrase) else there(slot) for name, slot in way.slots.items()}
    return Way(there(way.formula), slots, way.throughout, way.alone, way.like)


def everywhere(trace: Computation, mistake: Mistake, rounds: int | None = None) -> dict[Quantity, Node]:
    """The same mistake made wherever it applies, in its likeliest way: the steps of a whole wrong calculation.

    Only the first `rounds` rounds of training are looked at, where the number is given.
    """
    changes: dict[Quantity, Node] = {}
    for step in unrolled(trace, rounds):
        way = mistake.always(_site(trace, step), _ways(trace, mistake, step))
        if way is not None:
            changes[step.target] = way.formula
    return changes


def unrolled(trace: Computation, rounds: int | None = None) -> Iterator[Step]:
    """Every step of the first rounds; of the last forward pass too, where no round is left out."""
    steps = trace.passes
    rounds = steps if rounds is None else min(rounds, steps)
    yield from trace.preprocessing
    for number in range(rounds):
        for step in trace.round(number).steps:
            yield step.shifted(number)
    if rounds == steps:
        for step in trace.last_forward:
            yield step.shifted(rounds)
