"""What a writer's letters mean, as `--names` and files say it: `h1=out_h1,h2=out_h2`, or one name on each line.

Decides how such a list is written. Whether there are such quantities is known to `names`.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from derive.errors import InputError, shorten, shown
from derive.work.source import decoded, file_bytes

OPTION = "--names"
MAX_NAMES = 1000
_PAIR = re.compile(r"\s*[\"']?(?P<name>[^=\"']+?)[\"']?\s*=\s*[\"']?(?P<meant>[^=\"']+?)[\"']?\s*")
_LINE = re.compile(r"\s*[\"']?(?P<name>[^\"',;:=\t]+?)[\"']?\s*(?:=|:|,|;|\t)\s*[\"']?(?P<meant>[^\"'=]+?)[\"']?\s*")
_BETWEEN = re.compile(r"[,;](?![^\[({]*[\])}])")
"""What separates names, but not what is within brackets."""
EXPECTED = "a file of names, or names with what they mean, such as h1=out_h1,h2=out_h2"


def read_meanings(text: str) -> dict[str, str]:
    """The names that a file lists, or that stand in the text itself, with what they mean.

    A file is TOML (with or without a table `[names]`), JSON, or has a name and its meaning on each line.

    >>> read_meanings("h1=out_h1, W1[0,1] = w2")
    {'h1': 'out_h1', 'W1[0,1]': 'w2'}
    """
    path = Path(text)
    if len(text) < 1000 and path.is_file():
        content, _ = decoded(file_bytes(path), text)
        return _of_file(content, path)
    if "=" not in text:
        raise InputError(EXPECTED, f"{shown(text)}, which is neither", place=OPTION)
    return _gathered(_BETWEEN.split(text), _PAIR, None)


def _of_file(content: str, path: Path) -> dict[str, str]:
    """The names of a file."""
    file = str(path)
    if path.suffix.lower() in (".toml", ".json"):
        return _of_table(_table(content, path), file)
    lines = [line for line in content.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    return _gathered(lines, _LINE, file)


def _table(content: str, path: Path) -> object:
    try:
        return tomllib.loads(content) if path.suffix.lower() == ".toml" else json.loads(content)
    except (ValueError, RecursionError) as error:
        found = shorten(str(error)) if isinstance(error, ValueError) else "too many brackets inside each other"
        raise InputError("a file of names in TOML or JSON", found, str(path)) from None


def _of_table(table: object, file: str) -> dict[str, str]:
    names = table.get("names", table) if isinstance(table, dict) else table
    if not isinstance(names, dict) or not names:
        raise InputError("names with what they mean", shown(names), file)
    for name, meant in names.items():
        if not isinstance(meant, str):
            raise InputError("the name or the id of a quantity", shown(meant), file, shorten(str(name), 40))
    return _limited({str(name): meant for name, meant in names.items()}, file)


def _gathered(parts: list[str], pattern: re.Pattern[str], file: str | None) -> dict[str, str]:
    """The names of several parts, each a name and what it means."""
    found: dict[str, str] = {}
    for part in parts:
        match = pattern.fullmatch(part) if len(part) < 1000 else None
        if match is None:
            raise InputError("a name and what it means, such as h1 = out_h1", shown(part.strip()), file, OPTION)
        if found.setdefault(match["name"], match["meant"]) != match["meant"]:
            both = f"{shown(match['meant'])} and {shown(found[match['name']])}"
            raise InputError(f"one meaning of {shorten(match['name'], 40)}", both, file, OPTION)
    if not found:
        raise InputError("names with what they mean", "none", file, OPTION)
    return _limited(found, file)


def _limited(found: dict[str, str], file: str | None) -> dict[str, str]:
    if len(found) > MAX_NAMES:
        raise InputError(f"at most {MAX_NAMES:,} names", f"{len(found):,}", file, OPTION)
    return found
