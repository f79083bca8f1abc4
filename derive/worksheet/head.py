"""The head of a sheet: how a head file is read, what of a head stands where, and how points are shared.

Decides how long the work is thought to take and how the points of a question are shared among its answers. Which keys
a head has is decided by `spec.sheet`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from derive.document import Block, Masthead, Paragraph, Question, Strong, Table, Text, Words, Worksheet
from derive.errors import InputError, counted
from derive.errors import shown as told
from derive.mistakes.worded import check_words
from derive.reading import read_source
from derive.render.languages import kept
from derive.spec.head import HeadFile, P, head_from, with_head
from derive.spec.sheet import ESTIMATE, SheetHead
from derive.wording import Wording
from derive.worksheet.logo import Logo, read_logo

MINUTES_OF_A_POINT, ROUNDED_TO = 2, 5
"""An estimate: minutes for each point, and what their sum is rounded up to."""
MOST_COLUMNS, MOST_LARGE = 12, 6
"""Questions side by side in the table of points, and their sum."""
SCORE = "___"


def read_head(path: str) -> HeadFile:
    """The head in a .toml or .json file. Raises `InputError`."""
    if Path(path).suffix.lower() not in (".toml", ".json"):
        raise InputError("a head file whose name ends in .toml or .json", told(path), place="--head")
    return head_from(read_source(path).table, path)


def dressed(problem: P, head: str | None = None, shown: Sequence[str] = ()) -> tuple[P, Logo | None]:
    """A problem under the head of a file, or its own, and the logo. Raises `InputError`.

    `shown` are keys of a head that are true besides: large, answers_only, decimal_comma.
    """
    found = None if head is None else read_head(head)
    if found is not None:
        check_words(found.words, head)
        problem = with_head(problem, found)
    problem = with_head(problem, HeadFile.model_validate(dict.fromkeys(shown, True)))
    if problem.sheet.logo is None:
        return problem, None
    return problem, read_logo(problem.sheet.logo, head if found is not None and found.logo else problem.file)


def masthead(head: SheetHead, wording: Wording, points: int) -> Masthead:
    """The lines above and below the title and the fields for a name."""
    teacher = wording("instructor", name=head.instructor) if head.instructor else None
    above = (head.course, head.term, teacher)
    below = (wording("due", date=kept(head.due, head.language)) if head.due else None, _time(head, wording, points))
    return Masthead(
        title=head.title or "",
        above=tuple(filter(None, above)),
        below=tuple(filter(None, below)),
        footer=head.footer,
        large=head.large,
        language=head.language,
        points=points,
    )


def headed(head: SheetHead, bodies: Sequence[Worksheet]) -> Worksheet:
    """The first of some documents with the head of all of them, whose questions are numbered through."""
    questions = [question.points for body in bodies for question in body.questions]
    check_numbers(head, len(questions))
    first = bodies[0]
    lead = (*head_blocks(head, first.wording, questions), *first.lead)
    return replace(first, lead=lead, masthead=masthead(head, first.wording, sum(questions)))


def _time(head: SheetHead, wording: Wording, points: int) -> str | None:
    if head.time is None:
        return None
    if head.time != ESTIMATE:
        return wording("time", minutes=str(head.time))
    return wording("time_about", minutes=str(-(-points * MINUTES_OF_A_POINT // ROUNDED_TO) * ROUNDED_TO))


def head_blocks(head: SheetHead, wording: Wording, points: Sequence[int]) -> Iterator[Block]:
    """What a student should know, and the table of points, of which there is one number for each question."""
    lines = [line.strip() for line in (head.instructions or "").splitlines() if line.strip()]
    for position, line in enumerate(lines):
        opening: Words = () if position else (Strong(wording["instructions"]), Text(" "))
        yield Paragraph((*opening, Text(line)))
    if head.grade_table:
        yield from _grade_table(wording, points, MOST_LARGE if head.large else MOST_COLUMNS)


def _grade_table(wording: Wording, points: Sequence[int], most: int) -> Iterator[Table]:
    """Every question with its points and a place for the score; many questions in several tables."""
    titles = [*map(str, range(1, len(points) + 1)), wording["grade_total"]]
    values = [*points, sum(points)]
    tables = -(-len(titles) // most)
    width = -(-len(titles) // tables)
    for start in range(0, len(titles), width):
        part = slice(start, start + width)
        rows = (
            (wording["grade_points"], *map(str, values[part])),
            (wording["grade_score"], *[SCORE] * len(values[part])),
        )
        header = _cells((wording["grade_question"], *titles[part]))
        yield Table(header, tuple(map(_cells, rows)), "l" + "c" * len(values[part]))


def _cells(texts: Sequence[str]) -> tuple[Words, ...]:
    return tuple((Text(text),) for text in texts)


def with_points(questions: Sequence[Question], head: SheetHead, first: int = 1) -> list[Question]:
    """The questions with the points that the head gives to whole ones; `first` is the number of the first.

    A question's points are shared equally among the answers that earn any; where that does not come out, the first
    ones have one more. Raises `InputError` for fewer points than answers.
    """
    found = []
    for number, question in enumerate(questions, first):
        whole = head.points.get(str(number))
        found.append(question if whole is None else _shared(question, whole, number))
    return found


def check_numbers(head: SheetHead, count: int) -> None:
    """Raises `InputError` for points of a question that does not exist."""
    for key in head.points:
        if key.isdigit() and int(key) > count:
            raise InputError(f"a question from 1 to {count}", told(key), place="sheet.points")


def _shared(question: Question, whole: int, number: int) -> Question:
    marked = [answer.label for task in question.tasks for answer in task.boxes if answer.points]
    if whole < len(marked):
        what = f"at least {counted(len(marked), 'point')} for question {number}, one for each answer"
        raise InputError(what, str(whole), place=f'sheet.points."{number}"')
    each, more = divmod(whole, len(marked)) if marked else (0, 0)
    points = {label: each + (place < more) for place, label in enumerate(marked)}
    tasks = tuple(
        replace(
            task,
            answers=tuple(
                tuple(replace(answer, points=points.get(answer.label, 0)) for answer in row) for row in task.answers
            ),
        )
        for task in question.tasks
    )
    return replace(question, tasks=tasks)
