"""Defaults of options: from the environment, and from `[tool.derive]` of a project's `pyproject.toml`.

Decides where a default may stand and what it is called there. It refuses to know what a word means; that is for the
option. What is typed comes first, then the environment, then the file, then the option's own default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from derive.errors import InputError, shown, unknown_name

FILE = "pyproject.toml"
TABLE = "tool.derive"
MOST_BYTES = 1_000_000
"""Of a `pyproject.toml` that is read at all."""


def name_by_environment(group: click.Group) -> None:
    """Gives every option of every command its variable: `--paper` of `solve` is `DERIVE_SOLVE_PAPER`."""
    for command, option, key in _options(group):
        option.envvar = f"DERIVE_{command}_{key}".replace("-", "_").upper()


def project_defaults(group: click.Group, folder: Path) -> dict[str, dict[str, Any]]:
    """What `[tool.derive]` of the nearest `pyproject.toml` says, in the form click takes.

    An option there is for every command that has it, and one in `[tool.derive.COMMAND]` for this command. The nearest
    file is that of the folder or of the first folder above it that has one. Raises `InputError` for a command or an
    option that there is not, and for a value that the option cannot have.
    """
    path = next((one for above in (folder, *folder.parents) if (one := above / FILE).is_file()), None)
    table = _table(path) if path else {}
    options = list(_options(group))
    commands = list(dict.fromkeys(command for command, _, _ in options))
    for_all = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    found: dict[str, dict[str, Any]] = {}
    for command in (None, *(key for key, value in table.items() if isinstance(value, Mapping))):
        if command is not None and command not in commands:
            raise unknown_name(command, commands, file=FILE, place=f"[{TABLE}]")
        place = f"[{TABLE}]" if command is None else f"[{TABLE}.{command}]"
        for written, value in (for_all if command is None else table[command]).items():
            key = written.replace("_", "-")
            meant = [(where, option) for where, option, one in options if one == key and command in (None, where)]
            if not meant:
                names = [one for where, _, one in options if command in (None, where)]
                raise unknown_name(written, dict.fromkeys(names), file=FILE, place=place)
            for where, option in meant:
                found.setdefault(where, {})[str(option.name)] = _value(option, value, f"{place} {written}")
    return found


def place_of(context: click.Context, option: click.Parameter) -> str:
    """Where a value of an option was given, for messages: the option, its variable or the project's file."""
    from click.core import ParameterSource

    longest = max(option.opts, key=len)
    match context.get_parameter_source(str(option.name)):
        case ParameterSource.ENVIRONMENT:
            return str(option.envvar)
        case ParameterSource.DEFAULT_MAP:
            return f"{FILE}, [{TABLE}] {longest.lstrip('-')}"
        case _:
            return option.opts[0]


def _options(group: click.Group) -> Iterator[tuple[str, click.Option, str]]:
    """Every option of every command, with the command's name and the option's long name without dashes."""
    for command in group.commands.values():
        for option in command.params:
            if isinstance(option, click.Option):
                yield str(command.name), option, max(option.opts, key=len).lstrip("-")


def _table(path: Path) -> Mapping[str, Any]:
    import tomllib

    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise InputError(f"a file of at most {MOST_BYTES // 1_000_000} MB", "a larger one", str(path))
        table = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("a file in TOML", str(error).lower(), str(path)) from None
    except RecursionError:
        raise InputError("a file in TOML", "brackets nested too deeply", str(path)) from None
    except OSError as error:
        raise InputError("a file that can be read", (error.strerror or str(error)).lower(), str(path)) from None
    for part in TABLE.split("."):
        table = table.get(part, {})
        if not isinstance(table, dict):
            raise InputError("a table", shown(table), str(path), part)
    return table


def _value(option: click.Option, value: Any, place: str) -> Any:
    """A value of TOML as the option takes it: words may be a list, a switch is true or false."""
    if option.is_flag:
        if not isinstance(value, bool):
            raise InputError("true or false", shown(value), FILE, place)
        return value
    words = value if isinstance(value, list) else [value]
    if not all(isinstance(word, (str, int)) and not isinstance(word, bool) for word in words):
        raise InputError("a text, a whole number, or a list of them", shown(value), FILE, place)
    texts = [str(word) for word in words]
    return texts if option.multiple else ",".join(texts)
