"""Mistakes that give one number, sorted out: each once, without what stands for another, ready to be named."""

from __future__ import annotations

from collections.abc import Sequence

from derive.check.explain import Match
from derive.check.habits import Change
from derive.check.model import Explanation
from derive.check.telling import known
from derive.check.walk import Mark
from derive.expression import Ref, quantities
from derive.mistakes import named as worth_telling
from derive.numbers import Number, middle
from derive.quantity import Quantity

NEAR_HERE, NEAR = 10, 50
"""Half units from the right number within which a mistake only may be the reason: in the step itself, and before it."""


def of_old_value(matches: Sequence[Match], before: Quantity) -> list[Match]:
    """The matches that say that a value was never updated, or else that only old numbers were used for it."""
    kept = [one for one in matches if len(one.changes) == 1 and one.changes[0].rewrite.formula == Ref(before)]
    return kept or [one for one in matches if all(map(_from_old_values, one.changes))]


def _from_old_values(change: Change) -> bool:
    """Whether a wrong step uses nothing from after the update."""
    target = change.rewrite.target
    return bool(target.step) and all(q.constant or q.step < target.step for q in quantities(change.rewrite.formula))


def of_a_sign(match: Match) -> bool:
    """Whether mistakes turn a sign, which the number itself says already where it is the negative of the right one."""
    return any("sign" in name.split("-") for name in match.names)


def distinct(matches: Sequence[Match]) -> list[Match]:
    """Each set of mistakes once, as it was found first."""
    found: dict[tuple[str, ...], Match] = {}
    for match in matches:
        found.setdefault(match.names, match)
    return list(found.values())


def likeliest(matches: Sequence[Match]) -> list[Match]:
    """The matches of the mistakes that people make most first."""
    return sorted(matches, key=lambda match: not all(change.rewrite.mistake.usual for change in match.changes))


def worth_naming(matches: list[Match]) -> list[Match]:
    """The matches without those of single mistakes that others among them stand for."""
    kept = set(worth_telling([match.names[0] for match in matches if len(match.names) == 1]))
    return [match for match in matches if len(match.names) > 1 or match.names[0] in kept]


def named(matches: Sequence[Match], elsewhere: bool = False, likely: bool = True) -> tuple[Explanation, ...]:
    return tuple(Explanation(tuple(change.rewrite for change in match.changes), elsewhere, likely) for match in matches)


def far_off(mark: Mark, right: Number, here: bool) -> bool:
    """Whether a number is so far from the right one that a mistake hardly gives it by chance.

    Of a mistake in the step itself less is asked than of one in some step before it.
    """
    if not mark.half or not known(right):
        return True
    return bool(abs(middle(right) - mark.middle) > (NEAR_HERE if here else NEAR) * mark.half)
