"""Programs and packages that some tests need and that `pip` does not bring."""

import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KATEX = Path(__file__).parent / "katex"
READERS = Path(__file__).parent / "readers"
PYODIDE = Path(__file__).parent / "pyodide"


def _program(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


def _package(name: str) -> Callable[[], bool]:
    return lambda: importlib.util.find_spec(name) is not None


def _node(folder: Path, package: str) -> tuple[Callable[[], bool], str]:
    """A package of Node.js in a folder of its own."""
    remedy = f"install Node.js, then run: npm ci --prefix {folder.relative_to(ROOT)}"
    return lambda: _program("node")() and (folder / "node_modules" / package).is_dir(), remedy


def _checkout() -> bool:
    return shutil.which("git") is not None and git("rev-parse", "--show-toplevel").returncode == 0


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git on this repository, also where its folder belongs to another user."""
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


# tool: (is it here?, how to get it)
TOOLS: dict[str, tuple[Callable[[], bool], str]] = {
    "chromium": (_program("chromium"), "install Debian's package chromium"),
    "distributed": (_package("distributed"), "run: .venv/bin/pip install distributed"),
    "git checkout": (_checkout, "run the tests in a clone of the repository"),
    "h5py": (_package("h5py"), "run: .venv/bin/pip install h5py"),
    "katex": _node(KATEX, "katex"),
    "mathjax": _node(READERS, "mathjax"),
    "mystmd": _node(READERS, "mystmd"),
    "node": (_program("node"), "install Node.js"),
    "onnx": (_package("onnx"), "run: .venv/bin/pip install -e '.[onnx]'"),
    "onnxruntime": (_package("onnxruntime"), "run: .venv/bin/pip install onnxruntime"),
    "pdflatex": (_program("pdflatex"), "install a TeX distribution; .ci/run names the Debian packages"),
    "pdftoppm": (_program("pdftoppm"), "install poppler-utils"),
    "pyodide": (
        lambda: (PYODIDE / "node_modules" / "pyodide").is_dir() and any(PYODIDE.glob("wheels/*.whl")),
        "run the lines of .ci/run that name tests/tools/pyodide",
    ),
    "pypandoc": (_package("pypandoc"), "run: .venv/bin/pip install -e '.[docx]'"),
    "sphinx": (
        lambda: all(map(importlib.util.find_spec, ("sphinx", "myst_parser", "furo"))),
        "run: .venv/bin/pip install -e '.[docs]'",
    ),
    "torch": (_package("torch"), "run: .venv/bin/pip install torch"),
}


def need(tool: str) -> None:
    """Skip the running test when `tool`, a row of `TOOLS`, is missing; an unknown name is a KeyError."""
    present, remedy = TOOLS[tool]
    if not present():
        pytest.skip(f"needs {tool}: {remedy}")
