"""Questions for learning platforms: every box of many variants is marked by the rules of each platform.

The numbers of right and of wrong work come from calculations that share nothing with derive, the ends of what rounding
reaches from the key.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter
from pathlib import Path

from platform_rules import READERS
from platform_sheets import beyond, by_hand, faults, told
from test_mistakes import KEYS, NOT_BY_HAND

import derive
from derive.platforms import PLATFORMS, Bank, files_of
from derive.variants.variant import with_numbers
from derive.worksheet import SheetOptions

VARIANTS = 1000
PROBLEMS = ("mazur", "hmkcode", "rohan-chain", "circuit", "rnn")
BY_HAND = [key for key in KEYS if key not in NOT_BY_HAND]
TRIED = 6
"""Mistakes that are calculated by hand for each variant of a network."""


def run(seed: int, share: float) -> list[str]:
    """Writes class sets for every platform and marks them."""
    source, failures, counts = random.Random(seed), list[str](), Counter[str]()
    each = max(1, round(VARIANTS * share / len(PROBLEMS)))
    for name in PROBLEMS:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "set"
            derive.worksheets(name, each, seed=source.randrange(10**6), format="csv", output=folder)
            bank = Bank(folder, None, SheetOptions())
            failures += [f"{name}: {fault}" for fault in _faults(bank, source, counts)]
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return failures


def _faults(bank: Bank, source: random.Random, counts: Counter[str]) -> list[str]:
    failures = []
    variants = list(bank.variants())
    for to in READERS:
        files = files_of(bank, to)
        questions = [one for content in files.values() for one in READERS[to](content)]
        markers = iter([marker for one in questions for marker in one.markers])
        for variant in variants:
            own = [next(markers) for _ in variant.blanks]
            rows = [blank.row for blank in variant.blanks]
            places = [bank.sheet.policy.shown_places(blank.quantity) for blank in variant.blanks]
            counts["boxes"] += len(own)
            found = [*faults(rows, own, places), *beyond(rows, own, places)]
            failures += [f"{to}, {variant.code}: {fault}" for fault in found]
            if hasattr(bank.sheet.problem, "network"):
                whole = with_numbers(bank.sheet.solution.problem, dict(variant.numbers.givens))
                table = json.loads(whole.model_dump_json(exclude_none=True))
                keys = source.sample(BY_HAND, TRIED)
                for key, at, text in by_hand(table, rows, places, keys):
                    counts[f"mistakes {told(own[at], text, key)}" if PLATFORMS[to].tells else "mistakes"] += 1
                    if own[at](text)[0] != 0:
                        failures.append(f"{to}, {variant.code}: {text}, which {key} gives, earns something")
    return failures
