"""Files that are not larger than what platforms take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from derive.errors import InputError, counted
from derive.files import zipped

MOST_BYTES = 10_000_000
"""The size of a file; many sites refuse larger ones."""


def in_parts(head: str, questions: Iterable[str], tail: str, most: int = MOST_BYTES) -> dict[str, bytes]:
    """Files of as many questions as fit, each between head and tail, by the ends of their names.

    >>> in_parts("<", ["one", "two", "six"], ">", most=8)
    {'-1': b'<onetwo>', '-2': b'<six>'}
    """
    frame = len(head.encode()) + len(tail.encode())
    parts: list[list[bytes]] = [[]]
    size = frame
    for question in questions:
        data = question.encode()
        if frame + len(data) > most:
            hint = "ask for less with --ask, or leave the pictures out with --compact"
            found = counted(len(data), "byte")
            raise InputError(f"a question of at most {most} bytes", found, hint=hint)
        if size + len(data) > most:
            parts.append([])
            size = frame
        parts[-1].append(data)
        size += len(data)
    files = [b"".join([head.encode(), *part, tail.encode()]) for part in parts]
    return {"": files[0]} if len(files) == 1 else {f"-{number}": file for number, file in enumerate(files, 1)}


def packed(
    units: Iterable[tuple[str, Mapping[str, str]]],
    shared: Mapping[str, bytes],
    manifest: Callable[[list[str], list[str]], str],
    most: int = MOST_BYTES,
) -> dict[str, bytes]:
    """Packages of as many units as fit: each has a name and files; `shared` files are in all of them.

    `manifest` writes what a package says of its units and of what they share.
    """
    groups: list[dict[str, Mapping[str, str]]] = [{}]
    frame = sum(map(len, shared.values()))
    size = frame
    for name, files in units:
        needed = sum(len(content.encode()) for content in files.values())
        if groups[-1] and size + needed > most:
            groups.append({})
            size = frame
        groups[-1][name] = files
        size += needed
    found = []
    for group in groups:
        own = {name: content.encode() for files in group.values() for name, content in files.items()}
        about = manifest(list(group), list(shared)).encode()
        found.append(zipped({"imsmanifest.xml": about, **own, **shared}))
    return {"": found[0]} if len(found) == 1 else {f"-{number}": file for number, file in enumerate(found, 1)}
