"""Names that the fonts at hand cannot show: told before anything is handed out, with the student and the script.

Decides how it is said. Which letters a font lacks is known to `render`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from derive.errors import listed, shorten
from derive.render.escape import code_point
from derive.render.pdf import unshown
from derive.spec.head import Headed
from derive.variants.tasks import Task

MOST_NAMED = 10
"""Students that a message names; of more, the first ones and how many there are."""
SCRIPTS = {"CJK": "Chinese characters", "KANGXI": "Chinese characters", "HANGUL": "Korean", "HIRAGANA": "Japanese",
           "KATAKANA": "Japanese", "CANADIAN": "Canadian syllabics"}  # fmt: skip
"""Scripts whose letters have another first word in their names."""


def unshown_names(tasks: Sequence[Task], formats: Sequence[str], engine: str) -> Iterator[str]:
    """A sentence for each script in which the sheets of some students would show code points."""
    texts = [f"{task.identifier} {task.name}" for task in tasks]
    for one in _engines(formats, engine):
        lacking = unshown(texts, one)
        found: dict[str, dict[Task, str]] = {}
        for task, text in zip(tasks, texts, strict=True):
            for character in text:
                if character in lacking:
                    found.setdefault(script_of(character), {}).setdefault(task, character)
        for script, whose in found.items():
            example = code_point(next(iter(whose.values())))
            yield f"{_no_font(one, script)}: code points such as {example} stand on the sheet of {_named(list(whose))}"


def _engines(formats: Sequence[str], engine: str) -> list[str]:
    """What sets the type of these formats."""
    engines = [engine] if "pdf" in formats else []
    return [*engines, "latex"] if "tex" in formats and "latex" not in engines else engines


def _no_font(engine: str, script: str) -> str:
    return f"LaTeX shows no {script}" if engine == "latex" else f"no font on this machine shows {script}"


def _named(tasks: Sequence[Task]) -> str:
    names = [f"{task.name} ({task.identifier})" if task.name else task.identifier for task in tasks[:MOST_NAMED]]
    more = [f"{len(tasks) - MOST_NAMED} more"] if len(tasks) > MOST_NAMED else []
    return listed([*map(shorten, names), *more])


def script_of(character: str) -> str:
    """The script of a letter, by its name; what is no letter stands for itself.

    >>> [script_of(character) for character in "李अب한😀"]
    ['Chinese characters', 'Devanagari', 'Arabic', 'Korean', 'sign 😀']
    """
    first = unicodedata.name(character, "").partition(" ")[0]
    if unicodedata.category(character)[0] not in "LMN" or not first:
        return f"sign {character}"
    return SCRIPTS.get(first, first.title())


def unshown_words(problem: Headed, formats: Sequence[str], engine: str) -> Iterator[str]:
    """A sentence for each script of the head and the words of a sheet that would be shown as code points."""
    head = problem.sheet
    said = (head.title, head.course, head.term, head.instructor, head.due, head.instructions, *problem.words.values())
    texts = [text for text in said if text]
    for one in _engines(formats, engine):
        found: dict[str, str] = {}
        lacking = unshown(texts, one)
        for character in dict.fromkeys("".join(texts)):
            if character in lacking:
                found.setdefault(script_of(character), character)
        for script, character in found.items():
            example = code_point(character)
            yield f"{_no_font(one, script)}: code points such as {example} stand in the words of the sheet"
