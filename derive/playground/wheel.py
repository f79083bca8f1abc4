"""Wheels from what is installed: derive's own, and one of a package without its compiled parts.

Decides what belongs into a wheel and that the same files give the same bytes. A checkout that is installed for
development gives the wheel that a build of it would give, but for the name of the program that made it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from derive.errors import InputError
from derive.render.families import template_folder

NAME = "derive-backprop"
_WHEEL = "Wheel-Version: 1.0\nGenerator: derive\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_OF_THE_INSTALLER = frozenset({"RECORD", "WHEEL", "INSTALLER", "REQUESTED", "direct_url.json"})
_COMPILED = frozenset({".so", ".pyd", ".dylib", ".c", ".pyc"})
_UNSHIPPED = frozenset({"docs"})
"""Folders of a checkout's package that are in no wheel, as pyproject.toml says."""
_TIME = (2020, 2, 2, 0, 0, 0)


def own_wheel() -> tuple[str, bytes]:
    """The wheel of derive, with its file name, from the files that run now.

    >>> own_wheel()[0]
    'derive_backprop-0.1.0-py3-none-any.whl'
    """
    package = Path(__file__).parents[1]
    files = {f"derive/{path}": content for path, content in _tree(package, _UNSHIPPED)}
    files |= {f"derive/templates/{path}": content for path, content in _tree(template_folder())}
    return _wheel(_installed(NAME), files)


def pure_wheel(name: str) -> tuple[str, bytes]:
    """The wheel of another package that is installed, without what is compiled for this machine.

    Only for packages that work without it, as MarkupSafe does.
    """
    found = _installed(name)
    files = {
        str(path): path.read_binary()
        for path in found.files or ()
        if path.suffix not in _COMPILED and ".." not in path.parts and ".dist-info" not in path.parts[0]
    }
    return _wheel(found, files)


def _installed(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        raise InputError(f"{name} in this environment", "no such distribution", hint="install derive by pip") from None


def _tree(folder: Path, without: frozenset[str] = frozenset()) -> Iterator[tuple[str, bytes]]:
    """The files of a package but for some folders; neither what Python compiled nor hidden ones."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part[0] == "." for part in inside.parts) or inside.parts[0] in without
        if path.is_file() and path.suffix != ".pyc" and not hidden:
            yield inside.as_posix(), path.read_bytes()


def _wheel(of: Distribution, files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """A wheel of files, with what is said of the distribution and the list of them all."""
    stem = f"{of.metadata['Name'].replace('-', '_').lower()}-{of.version}"
    about = {
        f"{stem}.dist-info/{'/'.join(path.parts[1:])}": path.read_binary()
        for path in of.files or ()
        if path.parts[0].endswith(".dist-info") and path.name not in _OF_THE_INSTALLER
    }
    about[f"{stem}.dist-info/WHEEL"] = _WHEEL.encode()
    whole = {**dict(sorted(files.items())), **dict(sorted(about.items()))}
    record = f"{stem}.dist-info/RECORD"
    lines = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in whole.items()]
    whole[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, content in whole.items():
            entry = zipfile.ZipInfo(path, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return f"{stem}-py3-none-any.whl", packed.getvalue()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
