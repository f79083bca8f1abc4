"""Reading a problem: from a file, a text, a dict or the name of a built-in example to a `Problem`.

Decides formats (TOML, JSON), encodings and sizes, and keeps every number exact: no Python float is made on
the way. It refuses to know what the keys mean (`spec`, and `model` for problems given by equations). Whatever is wrong
with what a user wrote, the answer is one `InputError` with the file and the place in it.
"""

from derive.reading.examples import by_equations, example_names, example_text
from derive.reading.formats import Format
from derive.reading.problems import (
    Source,
    new_problem_text,
    parse_problem,
    problem_from_dict,
    read_problem,
    read_source,
    source_from_dict,
    source_of,
)
from derive.spec.schema import problem_schema

__all__ = [
    "Format",
    "Source",
    "by_equations",
    "example_names",
    "example_text",
    "new_problem_text",
    "parse_problem",
    "problem_from_dict",
    "problem_schema",
    "read_problem",
    "read_source",
    "source_from_dict",
    "source_of",
]
