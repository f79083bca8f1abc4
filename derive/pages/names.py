"""The names of all quantities of a problem that is given by equations, and the roles that give them their colours."""

from __future__ import annotations

from collections.abc import Iterable

from derive.model import ModelSolution
from derive.notation import NOTATIONS, Namer, Shape
from derive.notation.author import SETTING, AuthorNames
from derive.palette import RoleName

AUTHORS_OWN = Namer(NOTATIONS["standard"], Shape((1, 1)))
"""Formulas of these pages hold their names ready, so the letters of a notation are never asked for."""
ROLES: dict[str, RoleName] = {"inputs": "input", "parameters": "weight", "targets": "error"}


def names_of(solution: ModelSolution, deltas: Iterable[str] = ()) -> AuthorNames:
    """The names of all quantities of a problem; the derivatives by some are called delta."""
    roles: dict[str, RoleName] = {}
    for table, role in ROLES.items():
        roles |= dict.fromkeys(getattr(solution.problem, table), role)
    roles |= dict.fromkeys(solution.problem.constants, "neutral")
    if solution.loss is not None:
        roles[solution.loss] = "error"
    updates = solution.updates
    settings = [name.removeprefix(SETTING) for name in updates.settings] if updates else []
    ranks = {name: len(spans) for name, spans in solution.system.ranges.items()}
    return AuthorNames(ranks, roles, solution.loss, settings, updates.states if updates else (), deltas)
