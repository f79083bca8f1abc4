"""What a check says: one verdict for each stated value, and what explains it.

Decides the words of verdicts and the shape of results. It knows neither how a verdict is reached (`judge`) nor how
it is shown (`report`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from derive.errors import InputError
from derive.expression import Node, Shown
from derive.mistakes import Pieces, Rewrite
from derive.mistakes.model import joined
from derive.quantity import Quantity
from derive.wording import ENGLISH, PHRASES, Phrase, Wording, phrase

VERDICTS: Mapping[str, str] = {
    verdict: PHRASES[f"means_{verdict}"]
    for verdict in (
        "exact", "rounded", "follows", "mistake", "slip", "imprecise", "unread", "incomparable", "wrong", "missing",
    )
}  # fmt: skip
"""Every verdict and what it means; what it is called is the phrase `verdict_...`."""

MISREAD = "misread"
"""The slip of taking one number for another while a step is worked."""
RIGHT = frozenset({"exact", "rounded"})
FAULTY = frozenset({"mistake", "slip", "wrong"})
"""The verdicts of a step that is itself wrong."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Mistakes that together give the stated number (nearly always one), each at its step.

    `elsewhere` when the numbers stated before it do not lead there: the mistake is in work that is not shown.
    """

    rewrites: tuple[Rewrite, ...]
    elsewhere: bool = False
    likely: bool = True
    """Whether the number has the digits to tell it from others, or other values of the sheet say the same."""

    @property
    def key(self) -> str:
        """The mistake's key; two keys with a plus sign between them."""
        return "+".join(dict.fromkeys(rewrite.mistake.key for rewrite in self.rewrites))

    @property
    def title(self) -> str:
        """The title of the mistake; of two, both."""
        return self.titled(ENGLISH)

    @property
    def titles(self) -> Pieces:
        """The same, to be worded where it is printed."""
        once = dict.fromkeys(rewrite.mistake.phrase() for rewrite in self.rewrites)
        return joined([(title,) for title in once], phrase("and"))

    def titled(self, say: Wording) -> str:
        """The same in other words."""
        return say.text(self.titles)


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one stated value or formula.

    `expected` is the true value, to the digits given; `numbers` are what the step was judged with, and `used` is what
    it gives with just these, with digits to spare, so that it can be rounded once. `because` names the earlier wrong
    values that a `follows` comes from.
    """

    quantity: Quantity
    given: str
    verdict: str
    expected: Shown
    reason: Pieces
    line: int | None = None
    formula: Node | None = None
    numbers: Mapping[Quantity, Shown] = field(default_factory=dict)
    used: Shown | None = None
    because: tuple[Quantity, ...] = ()
    before: tuple[Quantity, ...] = ()
    """The earlier wrong values that the step of a wrong one uses."""
    deduced: bool = False
    """What is wrong before is not on the sheet: the values in `before` tell of it."""
    places: int = 0
    """Decimals that the value should be shown with beside what was written: those of the sheet, or the written ones."""
    explanations: tuple[Explanation, ...] = ()
    slip: str = ""
    together: bool = False
    """A `follows` that does not use the values in `because`, but comes from the same mistake."""
    trivial: bool = False
    """A carried value that makes the step trivial, such as 0: following through it earns nothing."""
    symbolic: bool = False
    """A formula was stated, not a number."""

    @property
    def right(self) -> bool:
        return self.verdict in RIGHT

    @property
    def faulty(self) -> bool:
        return self.verdict in FAULTY


def of_one_array(one: Result, other: Result) -> bool:
    """Whether two results are about the same kind of quantity in the same layer."""
    first, second = one.quantity, other.quantity
    return (first.kind, first.layer, first.step) == (second.kind, second.layer, second.step)


@dataclass(frozen=True, slots=True)
class PolicyFound:
    """How the writer rounds: `decimals` of the results that are not shown; None where nothing is rounded on the way.

    `explained` of `stated` values follow from it exactly. `certain` is False where it cannot be told.
    """

    origin: str
    """"problem", "worksheet", "stated" (on the command line) or "inferred"."""
    decimals: int | None
    explained: int
    stated: int
    certain: bool
    words: str
    accepted: tuple[Phrase, ...] = ()
    """What of it is said to the writer: only what is not done as usual and accepted."""


@dataclass(frozen=True, slots=True)
class Marked:
    """One sheet with its verdicts, in the order of the computation."""

    student: str | None
    policy: PolicyFound
    results: tuple[Result, ...]
    notes: tuple[str | Phrase, ...] = ()
    faults: tuple[InputError, ...] = ()
    id: str | None = None
    form: str | None = None
    labels: Mapping[int, str] = field(default_factory=dict)
    """The question that a line of the sheet answers, such as 4b; empty where it is no worksheet."""

    @property
    def first_wrong(self) -> Result | None:
        """The first step that is itself wrong; of several in one array that need no wrong one, the first on the sheet.

        A sweep goes through an array from its end, and sheets ask for its elements from the beginning.
        """
        first = next((result for result in self.results if result.faulty), None)
        if first is None or first.line is None or first.before:
            return first
        alike = [other for other in self.results if other.faulty and not other.before and of_one_array(first, other)]
        return min(((other.line, at, other) for at, other in enumerate(alike) if other.line is not None))[-1]

    def count(self, *verdicts: str) -> int:
        return sum(result.verdict in verdicts for result in self.results)

    @property
    def all_right(self) -> bool:
        """Whether everything that is stated is right."""
        return all(result.right or result.verdict == "missing" for result in self.results)

    @property
    def findings(self) -> bool:
        """Whether there is anything to mend."""
        return bool(self.faults) or any(not r.right and r.verdict != "missing" for r in self.results)
