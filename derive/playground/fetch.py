"""A folder filled with what a page needs, by the programs that fetch packages: npm for Pyodide, pip for the wheels.

Versions and digests are those of `wheels.txt` and of `PYODIDE`: with these the page is tested.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from derive.errors import InputError, shorten

PYODIDE = "314.0.7"
PYODIDE_DIGEST = "66b7949e5a0cba2250b586d7e368bf12fb482800748d182c4618254b685ffaa0"
PLATFORM = "pyemscripten_2026_0_wasm32"
MOST_SECONDS = 900


def fetch_packages(folder: Path) -> None:
    """Fetches Pyodide and the wheels into a folder. Raises `InputError` where npm or pip is missing or fails."""
    _run(["npm", "pack", "--silent", f"pyodide@{PYODIDE}", "--pack-destination", str(folder)])
    archive = folder / f"pyodide-{PYODIDE}.tgz"
    if not archive.is_file() or hashlib.sha256(archive.read_bytes()).hexdigest() != PYODIDE_DIGEST:
        raise InputError(f"the archive of pyodide {PYODIDE} with the digest {PYODIDE_DIGEST}", "another one", "npm")
    tags = ["--platform", PLATFORM, "--python-version", "3.14", "--implementation", "cp", "--abi", "cp314"]
    listed = ["--require-hashes", "--requirement", str(Path(__file__).with_name("wheels.txt"))]
    download = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    _run([sys.executable, *download, *tags, *listed, "--dest", str(folder)])


def _run(command: Sequence[str]) -> None:
    import subprocess

    program = "pip" if "pip" in command else command[0]
    hint = "fetch the packages yourself, and name their folder with --packages"
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace",
            timeout=MOST_SECONDS,
        )  # fmt: skip
    except FileNotFoundError:
        raise InputError(f"{program} to fetch packages", "no such program", hint=hint) from None
    except subprocess.TimeoutExpired:
        raise InputError(f"{program} to end within {MOST_SECONDS} seconds", "that it did not", hint=hint) from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["nothing said"])[-1]
        raise InputError(f"{program} to fetch packages", f"an error: {shorten(said, 200)}", hint=hint)
