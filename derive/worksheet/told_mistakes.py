"""What the key of a sheet with mistakes says of each: line, mistake, what follows from it, and what is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from derive.document import Block, Equation, Inline, Math, Paragraph, Strong, Text, Words
from derive.formula import Line
from derive.mistakes import BY_KEY, Pieces
from derive.wording import ENGLISH, Wording
from derive.worksheet.calculation import Calculation, Run
from derive.worksheet.choices import row_of
from derive.worksheet.planted import Spot


@dataclass(frozen=True, slots=True)
class Teller:
    """What the key says of a mistake."""

    calculation: Calculation
    right: Run

    def told(self, spot: Spot) -> tuple[Block, ...]:
        line, rewrite = spot.line, spot.rewrite
        right = self.right.line(line, line.item.formula)
        whole = Line(right.left, (("=", line.item.formula), *right.parts))
        say = self.calculation.page.wording
        words: Words = (
            Strong(say("find_told", line=str(line.number), title=say.text([BY_KEY[spot.key].phrase()]))), Text(" "),
            *_inlines(rewrite.diagnosis, say), Text(f" {self._following(spot)} "),
            *_inlines(rewrite.remedy, say), Text(f" {say['find_right']}"),
        )  # fmt: skip
        # Nothing stands below the formula: a last line of its own could be all that the last page holds.
        return Paragraph(words, leads=True), Equation((whole,))

    def _following(self, spot: Spot) -> str:
        """Which lines show other numbers because of it."""
        right, say = self.right, self.calculation.page.wording
        rewritten = self.calculation.program.rewritten({spot.line.target: spot.rewrite.formula})
        alone = Run(self.calculation, rewritten.carried(right.registers, self.calculation.policy), right.written)
        after = self.calculation.after(spot.line)
        changed = [line.number for line in after if alone.text(line.target) != right.text(line.target)]
        if not changed:
            return say["find_none_follow"]
        return say("find_follows" if len(changed) == 1 else "find_follow", lines=in_runs(changed, say))


def _inlines(pieces: Pieces, say: Wording) -> tuple[Inline, ...]:
    return tuple(Text(piece) if isinstance(piece, str) else Math(piece) for piece in say.told(pieces))


def in_runs(numbers: Sequence[int], say: Wording = ENGLISH) -> str:
    """Numbers of lines, three and more in a row together.

    >>> in_runs([3, 4, 5, 9]), in_runs([18, 25, 26, 34, 35])
    ('3 to 5 and 9', '18, 25, 26, 34 and 35')
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told: list[str] = []
    for run in runs:
        told += [say("to", low=str(run[0]), high=str(run[-1]))] if len(run) > 2 else map(str, run)
    return row_of(told, say)
