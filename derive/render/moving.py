"""A computation step by step, as the parts of the template of a format that has moving parts."""

from __future__ import annotations

from collections.abc import Sequence

from derive.document import ShownStep, Stepper, Text
from derive.formula import Printer, lay_out
from derive.render.escape import Escaped
from derive.render.inlines import Inlines, formula
from derive.render.rows import printed_row


def parts(steps: Sequence[ShownStep], block: Stepper, inlines: Inlines) -> dict[str, object]:
    """The pictures and the steps, whose formulas tell which quantities they name."""
    row = inlines.format
    assert row.drawing is not None and row.traced is not None
    own = inlines.printer
    printer = Printer(row.traced, own.namer, by_unit=own.by_unit)
    return {
        "pictures": [row.drawing(scene, -number) for number, scene in enumerate(block.scenes)],
        "count": Escaped(len(steps)),
        "rest": row.plain(block.rest),
        "drawn": row.plain(block.drawn),
        "steps": [_step(step, printer, inlines) for step in steps],
    }


def _step(step: ShownStep, printer: Printer, inlines: Inlines) -> dict[str, object]:
    """One step with the symbols that it uses; ids are separated by spaces. Its title has one colon at the most."""
    row, said = inlines.format, inlines.aloud(step.title)
    return {
        "part": row.plain(step.part),
        "title": inlines.join((*step.title, Text("." if ":" in said else ":")), inlines.word),
        "said": row.plain(said),
        "rows": [printed_row(one) for one in lay_out(step.line, printer, row.line_width)],
        "alt": inlines.spoken(step.line)["alt"],
        "targets": row.plain(" ".join(step.targets)),
        "places": row.plain(" ".join(step.at)),
        "scene": Escaped(step.scene),
        "sources": [
            {
                "key": row.plain(key),
                "formula": formula(line, printer).text,
                "alt": inlines.spoken(line)["alt"],
            }
            for key, line in step.sources
        ],
    }
