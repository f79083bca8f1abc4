"""What pdfTeX says about a document, and KaTeX and MathJax about a formula."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.needs import KATEX, READERS, need

# The log's lines are whole (TeX would fold them at 79 characters); a document reads and writes no file
# outside its own folder and TeX's.
TEX_ENVIRONMENT = {
    "max_print_line": "10000",
    "error_line": "254",
    "half_error_line": "238",
    "openin_any": "p",
    "openout_any": "p",
}
ERROR = re.compile(r"^! (?! ==>)(?P<message>.*)(?:\n(?!l\.\d|! ).*)*(?:\n(?P<line>l\.\d+.*))?", re.MULTILINE)
MISSING = re.compile(r"^Missing character: .*", re.MULTILINE)
OVERFULL = re.compile(
    r"^Overfull \\(?P<box>[hv]box) \((?P<points>[\d.]+)pt too (?:wide|high)\) (?P<place>.*)", re.MULTILINE
)


@dataclass(frozen=True)
class Overfull:
    """A box that sticks out by `points` (TeX points) at the `place` the log names."""

    box: str
    points: float
    place: str


@dataclass(frozen=True)
class TexLog:
    """One run of pdfTeX: errors (a character the font lacks is one), overfull boxes, pages and log."""

    errors: tuple[str, ...]
    overfull: tuple[Overfull, ...]
    pdf: Path
    log: str


def compile_tex(tex_source: str, workdir: Path, *, timeout: float = 180) -> TexLog:
    """Run pdfTeX once on `tex_source` in a new folder inside `workdir`; safe to call from many threads.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> def compile_all(sources, workdir):
    ...     with ThreadPoolExecutor(os.cpu_count()) as pool:
    ...         return list(pool.map(lambda source: compile_tex(source, workdir), sources))
    """
    need("pdflatex")
    folder = Path(tempfile.mkdtemp(prefix="tex-", dir=workdir))
    (folder / "page.tex").write_text(tex_source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "page.tex"]
    environment = os.environ | TEX_ENVIRONMENT
    try:
        run = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
        )
        stopped = () if run.returncode == 0 else (f"pdflatex ended with exit code {run.returncode}",)
    except subprocess.TimeoutExpired:
        stopped = (f"pdflatex did not end within {timeout} s",)
    log_file = folder / "page.log"
    log = log_file.read_text(encoding="utf-8", errors="replace") if log_file.exists() else ""
    return TexLog(tex_errors(log) or stopped, overfull_boxes(log), folder / "page.pdf", log)


def tex_errors(log: str) -> tuple[str, ...]:
    """The errors of a pdfTeX log, each with the source line it names, and the characters it dropped."""
    errors = (" ".join(filter(None, match.group("message", "line"))) for match in ERROR.finditer(log))
    return (*errors, *MISSING.findall(log))


def overfull_boxes(log: str) -> tuple[Overfull, ...]:
    """The overfull boxes of a pdfTeX log, in its order.

    >>> overfull_boxes(r"Overfull \\hbox (7.25pt too wide) in paragraph at lines 4--5")
    (Overfull(box='hbox', points=7.25, place='in paragraph at lines 4--5'),)
    """
    return tuple(Overfull(box, float(points), place) for box, points, place in OVERFULL.findall(log))


def katex_errors(formulas: Sequence[tuple[str, bool]]) -> list[str]:
    """KaTeX's message for each (formula, displayed?) it refuses in strict mode; one Node process for all."""
    need("katex")
    return _refusals(KATEX / "check.js", formulas)


def mathjax_errors(formulas: Sequence[tuple[str, bool]]) -> list[str]:
    """MathJax's message for each (formula, displayed?) that it cannot typeset; one Node process for all."""
    need("mathjax")
    return _refusals(READERS / "mathjax.js", formulas)


def _refusals(script: Path, formulas: Sequence[tuple[str, bool]]) -> list[str]:
    run = subprocess.run(
        ["node", str(script)],
        input=json.dumps(formulas),
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    if run.returncode != 0:
        raise RuntimeError(f"{script.name} itself failed: {run.stderr}")
    messages = json.loads(run.stdout)
    return [
        f"{message} [in {formula}]"
        for (formula, _), message in zip(formulas, messages, strict=True)
        if message is not None
    ]
