"""The scheme of marks that somebody asks for: points for every answer, or those that the worksheet states.

Decides where points come from; what they are worth to a verdict is for `marks`.
"""

from __future__ import annotations

from fractions import Fraction

from derive.check.marks import ONE_AND_ONE, Points, Scheme, parse_penalty, parse_points
from derive.subject import Subject
from derive.variants.issued import IssuedSet
from derive.variants.own import own_sheet
from derive.worksheet import SheetOptions, compile_sheet

WORKSHEET = "worksheet"
"""What `points` says for the points that the problem's worksheet states."""
ONE = Points.halves(Fraction(1))
"""What an answer is worth that the worksheet does not ask for."""


def marking(
    solution: Subject,
    marks: bool = True,
    points: str | None = None,
    follow_through: str | None = None,
    issued: IssuedSet | None = None,
) -> Scheme | None:
    """The scheme of marks that the options ask for; None where they ask for none.

    Sheets of a class set have the points that stand on them, unless others are asked for.
    """
    if not marks and points is None and follow_through is None:
        return None
    penalty = parse_penalty("full" if follow_through is None else follow_through)
    if points == WORKSHEET or (points is None and issued is not None):
        return of_worksheet(solution, penalty, issued)
    return Scheme(ONE_AND_ONE if points is None else parse_points(points), penalty)


def of_worksheet(
    solution: Subject,
    penalty: Fraction,
    issued: IssuedSet | None = None,
    find: int | None = None,
    choice: int | None = None,
    ask: tuple[str, ...] | None = None,
) -> Scheme:
    """The points of the worksheet that the problem has by itself, or of the sheets of a class set."""
    if issued is None:
        options = SheetOptions(notation=solution.namer.notation.key, find=find, choice=choice, ask=ask)
        sheet = own_sheet(solution.problem, options)
    else:
        sheet = compile_sheet(solution.problem, issued.options)
    return Scheme(ONE, penalty, {box.quantity: Points.halves(Fraction(box.points)) for box in sheet.boxes})
