"""The language of equations: a text to the lines it says.

One equation stands on a line, with the author's words behind `#`. What a name means, and how far a letter runs, is
decided where a whole problem is known (`trace`).
"""

from __future__ import annotations

from derive.errors import InputError, first_unprintable, shorten
from derive.language.grammar import parse_line
from derive.language.syntax import SourceLine
from derive.language.tokens import split_comment
from derive.language.words import MAX_LINES, MAX_TEXT

QUOTED = 80
"""Characters of an equation that a message quotes."""


def parse(
    text: str,
    file: str | None = None,
    first: int | None = None,
    update: bool = False,
    library: bool = False,
) -> tuple[SourceLine, ...]:
    """The lines of a text of equations.

    `first` is the number that the first line has in the file, for messages; without it lines count from 1 and
    messages say that they are lines of the equations. `update` allows new values and states, `library` indices that are
    calculated left of =. Raises `InputError`, which names the line and quotes it.

    >>> [line.text for line in parse("q = a*b + c   # a product\\n\\nf = q^2")]
    ['q = a*b + c', 'f = q^2']
    """
    if len(text) > MAX_TEXT:
        raise InputError(f"at most {MAX_TEXT} characters of equations", str(len(text)), file, "model.equations")
    rows = text.split("\n")
    if len(rows) > MAX_LINES:
        raise InputError(f"at most {MAX_LINES} lines of equations", str(len(rows)), file, "model.equations")
    found = []
    for number, row in enumerate(rows, 1):
        equation, comment = split_comment(row.removesuffix("\r"))
        hidden = first_unprintable(comment)
        if hidden is not None:
            name = f"the character U+{ord(hidden):04X}"
            raise InputError("words that can be seen", name, file, place(number, equation, first))
        if equation:
            try:
                found.append(parse_line(equation, number, comment, update, library))
            except InputError as error:
                where = place(number, equation, first, "update" if update else "equations")
                raise InputError(error.expected, error.found, file, where, error.hint) from None
    return tuple(found)


def place(number: int, equation: str, first: int | None = None, what: str = "equations") -> str:
    """Where a message says that an equation stands: its line in the file, and the equation.

    >>> place(2, "f = q^2", 10)
    'line 11 (f = q^2)'
    """
    line = f"line {number} of the {what}" if first is None else f"line {first + number - 1}"
    return f"{line} ({shorten(equation, QUOTED)})" if equation else line
