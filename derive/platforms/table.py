"""The platforms that questions are written for: one row each.

To add a platform, add a module that writes the files of a bank, and a row here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from derive.platforms.bank import Bank
from derive.platforms.canvas import canvas
from derive.platforms.gift import gift
from derive.platforms.moodle import moodle
from derive.platforms.nbgrader import nbgrader
from derive.platforms.prairielearn import prairielearn
from derive.platforms.qti21 import qti21

Files = Mapping[str, bytes]
"""The contents of files, by what stands in their names before the ending; of a folder by their paths in it."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform: what it is called, how its file ends, and what writes it.

    `write` gets the questions, and whether each box is a question of its own. `whole` and `single` say which of both
    the platform can; `folder` that a folder is written instead of a file, `tells` that each wrong number has an
    answer of its own.
    """

    key: str
    title: str
    suffix: str
    write: Callable[[Bank, bool], Files]
    whole: bool = True
    single: bool = True
    folder: bool = False
    tells: bool = True


PLATFORMS: dict[str, Platform] = {
    row.key: row
    for row in (
        Platform("moodle", "Moodle", ".moodle.xml", moodle),
        Platform("canvas", "Canvas", ".canvas.zip", canvas, whole=False, tells=False),
        Platform("gift", "GIFT", ".gift", gift, whole=False),
        Platform("qti21", "QTI 2.1", ".qti21.zip", qti21),
        Platform("nbgrader", "nbgrader", ".ipynb", nbgrader, single=False),
        Platform("prairielearn", "PrairieLearn", "", prairielearn, single=False, folder=True),
    )
}
"""Every platform by name."""
