"""How the checker calls the mistakes that the students make."""

from __future__ import annotations

from collections.abc import Mapping

KEYS: Mapping[str, frozenset[str]] = {}
"""The name of a mistake here: the keys under which the checker rightly names it; absent where it has no name for it."""
