"""Questions for learning platforms and graders, from the same sheets that are printed.

    bank = Bank("mazur", None, SheetOptions())
    PLATFORMS["moodle"].write(bank, single=False)

`bank` decides what each box accepts and says, with the judge's own search for known mistakes, so that a platform and
`check` cannot disagree; `layout` puts pages together. Each platform has a module that writes its files and knows its
traps, and a row in `table`. `export` is the whole of it in one call.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from derive.errors import InputError, unknown_name
from derive.files import write_together
from derive.platforms.bank import Bank
from derive.platforms.table import PLATFORMS, Files, Platform
from derive.subject import AnyProblem
from derive.worksheet import SheetOptions

__all__ = ["PLATFORMS", "Bank", "Platform", "export", "files_of", "paths_of", "platform_of"]


def export(
    problem: str | Path | Mapping[str, object] | AnyProblem,
    to: str,
    output: str | Path | None = None,
    *,
    single: bool = False,
    head: str | None = None,
    force: bool = False,
    **options: Any,
) -> tuple[Path, ...]:
    """Writes a problem's worksheet, or every sheet of a class set, as questions for a platform; gives the paths.

    `problem` may be the folder of a class set. `to` is a row of `PLATFORMS`, `output` a file or, where the platform
    wants one, a folder; by default it has the problem's name and is in `out`. With `single` each box is a question of
    its own. `head` is a file with the head of the sheet, and `options` are those of `SheetOptions`; a class set knows
    both. Where questions do not fit into one file, there are several, with numbers. Files that are there already are
    replaced with `force` only. Raises `InputError` for anything that a user can mend; then nothing is written.
    """
    platform = platform_of(to, single)
    bank = Bank(problem, head, SheetOptions(**options))
    files = files_of(bank, to, single)
    paths = paths_of(platform, bank.name, output, files)
    if not force:
        _check_new(list(paths.values()))
    write_together({path: files[name] for name, path in paths.items()})
    return tuple(paths.values())


def files_of(bank: Bank, to: str, single: bool = False) -> Files:
    """The contents of the files for a platform. Raises `InputError`."""
    platform = platform_of(to, single)
    return platform.write(bank, single or not platform.whole)


def platform_of(to: str, single: bool = False) -> Platform:
    """The row of a platform. Raises `InputError` where there is none, or none that takes single boxes."""
    if to not in PLATFORMS:
        raise unknown_name(to, PLATFORMS, place="--to")
    platform = PLATFORMS[to]
    if single and not platform.single:
        raise InputError("a platform that takes single boxes", platform.title, place="--single")
    return platform


def paths_of(platform: Platform, name: str, output: str | Path | None, files: Files) -> dict[str, Path]:
    """Where the files of a platform go, by what tells them apart."""
    whole = Path("out") / f"{name}{platform.suffix}" if output is None else Path(output)
    if platform.folder:
        return {file: whole / file for file in files}
    if whole.is_dir():
        raise InputError("a file to write to", "a folder", str(whole), "--output")
    # An ending may have two parts, as .moodle.xml has; the number stands before both.
    ending = platform.suffix if whole.name.endswith(platform.suffix) else whole.suffix
    stem = whole.name.removesuffix(ending) if ending else whole.name
    return {file: whole.with_name(f"{stem}{file}{ending}") for file in files}


def _check_new(paths: list[Path]) -> None:
    for path in paths:
        try:
            taken = path.exists() or path.is_symlink()
        except OSError as error:
            raise InputError("a name that a file can have", (error.strerror or str(error)).lower(), str(path)) from None
        if taken:
            hint = "--force replaces it; -o chooses another name"
            raise InputError("a name that is not taken", "a file of that name", file=str(path), hint=hint)
