"""Mistakes of understanding, as textbooks, examiners and questions in forums know them: one row each.

A row says in which lines a mistake can be made and what stands there then instead of the right formula. The number
is how likely it is, by experience; `everywhere` is how often somebody who makes it makes it wherever he can.
"""

from __future__ import annotations

from . import batches, deltas, forward, gradients, losses, outputs, slopes, updates
from .table import ROWS, Mistake

__all__ = ["ROWS", "Mistake"]

PARTS = (forward, losses, outputs, slopes, deltas, gradients, batches, updates)
