"""What a page needs to run derive: the files of Pyodide, and wheels of the packages that derive is built on.

Decides which they are, finds them in a folder, and says what is missing or does not fit together before a page is
written. All are as they are published, but for the wheel of MarkupSafe: what is published of it for Pyodide is in
Pyodide's own distribution alone, so without that wheel one is made of the Python that is installed here.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from derive.errors import InputError, listed, shorten
from derive.playground.wheel import pure_wheel

RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
"""The files of Pyodide that a page loads, as its package on npm has them."""
MOST_BYTES = 100_000_000
"""Of one file."""

When = Literal["start", "pdf"]
WANTED: dict[str, When] = {
    "typing-extensions": "start",
    "typing-inspection": "start",
    "annotated-types": "start",
    "pydantic-core": "start",
    "pydantic": "start",
    "markupsafe": "start",
    "jinja2": "start",
    "python-flint": "start",
    "mpmath": "start",
    "sympy": "start",
    "typst": "pdf",
}
"""The packages, and when the page loads them: before it works, or when a PDF is wanted.

Of derive's dependencies click and rich belong to the command line, which a page has not.
"""
PURE = ("markupsafe",)
"""Packages that work without their compiled part, and are taken from this environment where the folder has none."""

REMEDY = "derive site without --packages fetches all of them by npm and pip"


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel: its file name and what that says, and its bytes."""

    file: str
    name: str
    version: str
    tag: str
    content: bytes

    def requirements(self) -> Iterator[tuple[str, str, str]]:
        """What it needs in any case: a package, == or >=, and a version."""
        try:
            with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
                (path,) = (name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/METADATA"))
                about = archive.read(path).decode("utf-8", "replace")
        except (zipfile.BadZipFile, ValueError, KeyError, NotImplementedError, EOFError):
            raise InputError("a wheel", "a file that is none", self.file) from None
        for line in about.partition("\n\n")[0].splitlines():
            if found := _REQUIREMENT.fullmatch(line):
                for relation, version in _BOUND.findall(found["bounds"]):
                    yield normal(found["name"]), relation, version


_REQUIREMENT = re.compile(r"Requires-Dist: (?P<name>[A-Za-z0-9._-]+)\s*\(?(?P<bounds>[^;)]*)\)?")
_BOUND = re.compile(r"(==|>=)\s*([\d.]+)(?![\d.]*\*)")
_FILE = re.compile(r"(?P<name>[A-Za-z0-9_.]+)-(?P<version>[^-]+)(?:-\d[^-]*)?-(?P<tag>[^-]+-[^-]+-[^-]+)\.whl")


@dataclass(frozen=True, slots=True)
class Packages:
    """The files of Pyodide by their names, the wheels in the order in which they are unpacked, and Python's version."""

    runtime: Mapping[str, bytes]
    wheels: tuple[Wheel, ...]
    python: str


def normal(name: str) -> str:
    """A distribution's name as it is compared.

    >>> normal("Python_Flint")
    'python-flint'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def wheel_of(file: str, content: bytes) -> Wheel:
    """A wheel by its file name. Raises `InputError` where that is no name of a wheel.

    >>> wheel_of("typst-0.15.2-cp39-abi3-pyemscripten_2026_0_wasm32.whl", b"").tag
    'cp39-abi3-pyemscripten_2026_0_wasm32'
    """
    found = _FILE.fullmatch(file)
    if found is None:
        raise InputError("the file name of a wheel", shorten(file))
    return Wheel(file, normal(found["name"]), found["version"], found["tag"], content)


def find_packages(folder: str | Path) -> Packages:
    """What a page needs, out of a folder with Pyodide (its package of npm, packed or not) and wheels.

    Raises `InputError` where something is missing, is there twice, is made for another Python, or asks for another
    version of something else.
    """
    folder = Path(folder)
    try:
        if not folder.is_dir():
            raise InputError("a folder with Pyodide and wheels", "no folder of this name", str(folder), hint=REMEDY)
        runtime = _runtime(folder)
        python, platform = _abi(runtime["pyodide-lock.json"], folder)
        files = {path.name: path for path in sorted(folder.rglob("*.whl"))}
        found = [wheel_of(path.name, b"") for path in files.values()]
        wheels = tuple(_one(name, found, files, folder) for name in WANTED)
    except OSError as error:
        raise InputError("files that can be read", (error.strerror or str(error)).lower(), str(folder)) from None
    _check_tags(wheels, python, platform)
    _check_requirements(wheels)
    return Packages(runtime, wheels, python)


def _runtime(folder: Path) -> dict[str, bytes]:
    """The files of Pyodide: beside the wheels, in a folder of the usual names, or in npm's archive."""
    for inside in (folder, *(folder / name for name in ("pyodide", "package", "node_modules/pyodide"))):
        if all((inside / name).is_file() for name in RUNTIME):
            return {name: _read(inside / name) for name in RUNTIME}
    archives = sorted(folder.glob("pyodide-*.tgz"))
    if len(archives) != 1:
        raise InputError(
            f"Pyodide ({listed(RUNTIME)}), or its archive pyodide-VERSION.tgz as npm pack makes it",
            f"{len(archives)} archives" if archives else "neither",
            str(folder),
            hint=REMEDY,
        )
    try:
        with tarfile.open(archives[0]) as archive:
            return {name: _member(archive, f"package/{name}") for name in RUNTIME}
    except (tarfile.TarError, KeyError, EOFError) as error:
        raise InputError("the archive of Pyodide that npm pack makes", shorten(str(error)), str(archives[0])) from None


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.getmember(name)
    file = archive.extractfile(member) if member.isfile() and member.size <= MOST_BYTES else None
    if file is None:
        raise KeyError(f"{name} is no file, or too large")
    return file.read()


def _read(path: Path) -> bytes:
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"a file of at most {MOST_BYTES // 1_000_000} MB", "a larger one", str(path))
    return path.read_bytes()


def _abi(lock: bytes, folder: Path) -> tuple[str, str]:
    """The version of Python, as 3.14, and the platform that compiled wheels are made for."""
    try:
        about = json.loads(lock)["info"]
        python, abi = str(about["python"]), str(about["abi_version"])
    except (ValueError, KeyError, TypeError):
        python = abi = ""
    if not re.fullmatch(r"3\.\d+\.\d+", python) or not re.fullmatch(r"\w+", abi):
        expected = "the lock file of a Pyodide that names its Python and its ABI"
        raise InputError(expected, "another", str(folder), "pyodide-lock.json")
    return python.rpartition(".")[0], f"pyemscripten_{abi}_wasm32"


def _one(name: str, found: Iterable[Wheel], files: Mapping[str, Path], folder: Path) -> Wheel:
    """The one wheel of a package."""
    ones = [wheel for wheel in found if wheel.name == name]
    if not ones and name in PURE:
        return wheel_of(*pure_wheel(name))
    if len(ones) != 1:
        several = listed([wheel.file for wheel in ones]) or "none"
        raise InputError(f"one wheel of {name}", several, str(folder), hint=REMEDY)
    return wheel_of(ones[0].file, _read(files[ones[0].file]))


def _check_tags(wheels: Iterable[Wheel], python: str, platform: str) -> None:
    """Every wheel is of Python alone, or compiled for this Python of Pyodide."""
    own = f"cp{python.replace('.', '')}"
    for wheel in wheels:
        language, abi, machine = wheel.tag.split("-")
        pure = machine == "any" and abi == "none" and "py3" in language.split(".")
        compiled = machine == platform and (abi == "abi3" or (language, abi) == (own, own))
        if not pure and not compiled:
            expected = f"a wheel of {wheel.name} for Python alone, or for {own} on {platform}"
            raise InputError(expected, wheel.tag, wheel.file, hint=REMEDY)


def _check_requirements(wheels: Iterable[Wheel]) -> None:
    """What one of them says of another's version is so; pydantic works with one version of its core alone."""
    versions = {wheel.name: wheel.version for wheel in wheels}
    for wheel in wheels:
        for name, relation, version in wheel.requirements():
            have = versions.get(name)
            if have is None:
                continue
            enough = have == version if relation == "==" else _numbers(have) >= _numbers(version)
            if not enough:
                expected = f"{name} {version}" + (" or newer" if relation == ">=" else "")
                raise InputError(f"{expected}, which {wheel.file} needs", have, hint=REMEDY)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))
