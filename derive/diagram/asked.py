"""The pictures of a network that somebody asks for by name, and all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from derive.diagram.losses import losses_scene
from derive.diagram.network import network_scene
from derive.diagram.path import path_scene
from derive.diagram.scene import Scene
from derive.diagram.view import DECIMALS, Solved
from derive.errors import InputError, one_of, shown, unknown_name
from derive.evaluation import whole_rounds
from derive.quantity import Quantity

PICTURES = ("network", "forward", "backward", "path", "losses")
"""What `asked_scene` draws."""
FIRST = Quantity("W", 1, 0, 0)
"""The weight whose path is drawn where nobody names one."""


def asked_scene(solved: Solved, picture: str, weight: Quantity | None, example: int | None, step: int) -> Scene:
    """One picture; raises `InputError` for one that there is not."""
    if picture not in PICTURES:
        raise unknown_name(picture, PICTURES, place="picture")
    check_moment(solved, picture, example, step)
    match picture:
        case "path":
            return path_scene(solved, weight or FIRST, example, step)
        case "losses":
            return losses_scene(solved)
        case "network":
            return network_scene(solved, "structure", example, step)
        case "backward":
            return network_scene(solved, "backward", example, step)
    return network_scene(solved, "forward", example, step)


def check_moment(solved: Solved, picture: str, example: int | None, step: int) -> None:
    """Raises `InputError` where a picture has no such example, or not after so many updates."""
    problem = solved.trace.problem
    steps = problem.training.steps
    last = steps - 1 if picture in ("backward", "path") else steps
    if not 0 <= step <= last:
        raise InputError(f"a number of updates from 0 to {last} before the picture", shown(step), place="step")
    kept = {*whole_rounds(problem), steps}
    if picture not in ("network", "losses") and step not in kept:
        near = sorted(kept, key=lambda other: abs(other - step))[:2]
        hint = f"there are pictures after {one_of([str(other) for other in sorted(near)])} updates."
        raise InputError("a number of updates after which all numbers are kept", shown(step), place="step", hint=hint)
    seen = solved.trace.round(min(step, steps - 1)).examples
    if example is not None and example not in seen:
        which = f"from {seen[0]} to {seen[-1]}" if len(seen) > 1 else str(seen[0])
        raise InputError(f"an example that this step uses, {which}", shown(example), place="example")


def every_scene(solved: Solved, weights: Sequence[Quantity], decimals: int = DECIMALS) -> list[tuple[str, Scene]]:
    """Every picture, with the path of each of the weights, by what tells its file from those of the others."""
    found = [
        ("network", network_scene(solved, "structure", decimals=decimals)),
        ("forward", network_scene(solved, "forward", decimals=decimals)),
        ("backward", network_scene(solved, "backward", decimals=decimals)),
    ]
    for weight in weights or (FIRST,):
        name = re.sub(r"[^A-Za-z0-9_]+", "-", solved.namer(weight).text)
        found.append((f"path-{name}", path_scene(solved, weight, decimals=decimals)))
    if solved.trace.problem.training.steps > 1:
        found.append(("losses", losses_scene(solved)))
    return found
