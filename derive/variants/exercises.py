"""Which kind of exercise a problem is, for class sets."""

from __future__ import annotations

from derive.solution import Solution
from derive.stepwise import Stepwise
from derive.variants.elements import ElementExercise
from derive.variants.exercise import Exercise
from derive.variants.layered import NetworkExercise


def exercise_of(solution: Solution | Stepwise) -> Exercise:
    """What class sets know of a problem, from its solution."""
    return ElementExercise(solution) if isinstance(solution, Stepwise) else NetworkExercise(solution.trace)
