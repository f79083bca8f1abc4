"""What a problem says besides its network: data, loss, training, rounding, and the problem as a whole.

Decides the keys of these tables, and whether data, loss and rounding fit the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from derive.errors import counted, shown
from derive.library import Row
from derive.library.units import DENSE
from derive.spec.network import Network
from derive.spec.overrides import check_overrides
from derive.spec.sheet import SheetHead, Words
from derive.spec.tables import (
    Data,
    Form,
    LossSpec,
    Notation,
    PageSpec,
    Rounding,
    Training,
)
from derive.spec.targets import with_targets
from derive.spec.values import (
    MAX_NAMES,
    MAX_PLACES,
    MAX_PRODUCTS,
    MAX_TITLE,
    MAX_WHOLE_DIGITS,
    MAX_WORK,
    Table,
    Text,
    check_length,
    fault,
    plain_text,
    problem_name,
)
from derive.spec.variants import Variants

_EXACT = Context(prec=2 * (MAX_PLACES + MAX_WHOLE_DIGITS))


WHOLE = ("shares", "class")
"""Targets that are shares of one whole."""
SHOWN = ("decimal_comma", "sheet", "words", "page", "story")
"""Keys that change how a problem is shown, and nothing that it says."""
SET_BY_READER = ("name", "file", "first_line")
"""What a problem of either kind has besides the keys of its file; only one with equations has the last."""


class Problem(Table):
    """A whole problem. `name` and `file` are set by the reader (see `SET_BY_READER`)."""

    name: Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(problem_name)]
    file: str | None = Field(default=None, exclude=True, repr=False)
    """The file or the built-in example as the user named it; messages begin with it."""
    title: Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(plain_text)]
    """Title of the solution; any text, never read as TeX or HTML."""
    notation: Notation = "standard"
    """Whose letters the solution uses."""
    form: Form | None = None
    """How the gradients are derived; absent: as the notation's author does."""
    source: Text | None = None
    """One line that says where the problem comes from."""
    note: Text | None = None
    """One line for the reader, such as which numbers were chosen."""
    story: Text | None = None
    """What the numbers stand for; it leads in, and its question comes back at the end."""
    network: Network
    """The network."""
    data: Data
    """The examples."""
    loss: LossSpec
    """The loss."""
    training: Training
    """The training."""
    rounding: Rounding = Rounding()
    """The rounding."""
    page: PageSpec = PageSpec()
    """What the solution shows."""
    names: dict[Text, Text] = Field(default_factory=dict, max_length=MAX_NAMES)
    """What the letters of those who hand in work mean: the name or the id of a quantity for each."""
    variants: Variants = Variants()
    """What differs between the variants of a class set."""
    decimal_comma: bool = False
    """Whether numbers are shown with a comma instead of a point; the file has points."""
    sheet: SheetHead = SheetHead()
    """The head of a worksheet, and what it asks."""
    words: Words = Field(default_factory=dict)
    """Own wording of a worksheet's phrases, by the keys that `derive words` lists."""

    @property
    def together(self) -> int:
        """Number of examples of one step."""
        return len(self.data.inputs) if self.training.batch == "all" else 1

    @property
    def work(self) -> int:
        """Weights, and pairs of units of a softmax layer, times the examples of one step: what the step computes."""
        return (self.network.weight_count + self.network.softmax_pairs) * self.together

    @property
    def computed(self) -> int:
        """About how many numbers all steps compute, each of which takes about as long; measured, not derived.

        Carried rounded numbers are computed beside exact ones, and each is rounded: they count four times.
        """
        network = self.network
        each = PER_WEIGHT * network.weight_count + PER_UNIT * sum(network.sizes[1:]) + network.softmax_pairs
        return each * self.together * self.training.steps * (4 if self.rounding.carry else 1)

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, table: Any) -> Any:
        return with_targets(table)

    @model_validator(mode="after")
    def _check(self) -> Problem:
        _check_problem(self)
        return self


def _check_problem(problem: Problem) -> None:
    """Whether data, loss and rounding fit the network."""
    _check_data(problem.data, problem.network)
    _check_size(problem)
    _check_loss(problem)
    check_overrides(problem)


PER_WEIGHT, PER_UNIT = 3, 8
"""Numbers that one step computes for each weight and for each unit of an example."""
COUNTED = (
    f"a weight takes {PER_WEIGHT}, a unit {PER_UNIT} and a pair of softmax units 1, for each example and step;"
    " rounded numbers that are carried take four times as many"
)


def _check_size(problem: Problem) -> None:
    """Whether what is computed, and what is written out, stays within limits."""
    weights, pairs = problem.network.weight_count, problem.network.softmax_pairs
    examples, steps = len(problem.data.inputs), problem.training.steps
    what, each = "weights", counted(weights, "weight")
    if pairs:
        what, each = "weights and pairs of softmax units", f"{each} and {counted(pairs, 'pair')} of softmax units"
    if weights + pairs > MAX_PRODUCTS:
        raise fault(f"at most {MAX_PRODUCTS} {what} in the network", each, "network", "layers")
    if (weights + pairs) * examples > MAX_PRODUCTS:
        found = f"{each}, {counted(examples, 'example')}: {(weights + pairs) * examples}"
        raise fault(f"at most {MAX_PRODUCTS} {what} times examples", found, "data", "inputs")
    if problem.computed > MAX_WORK:
        size = (each, counted(sum(problem.network.sizes[1:]), "unit"), counted(problem.together, "example"))
        carried = ", carried rounded" if problem.rounding.carry else ""
        found = f"{', '.join(size)}, {counted(steps, 'step')}{carried}: {problem.computed}"
        raise fault(f"at most {MAX_WORK} numbers to compute in all steps", found, "training", "steps", hint=COUNTED)


def _check_data(data: Data, network: Network) -> None:
    for index, row in enumerate(data.inputs):
        check_length(row, network.inputs, "input of the network", "data", "inputs", index)
    for index, row in enumerate(data.targets):
        check_length(row, network.sizes[-1], "unit of the last layer", "data", "targets", index)
    if len(data.targets) != len(data.inputs):
        expected = f"{counted(len(data.inputs), 'row')}, one per row of inputs"
        raise fault(expected, counted(len(data.targets), "row"), "data", "targets")
    if data.standardize is not None:
        check_length(data.standardize.mean, network.inputs, "input", "data", "standardize", "mean")
        check_length(data.standardize.std, network.inputs, "input", "data", "standardize", "std")


def _check_loss(problem: Problem) -> None:
    loss, last = DENSE[problem.loss.name], len(problem.network.layers) - 1
    output = problem.network.layers[last]
    place = ("network", "layers", last, "activation")
    allowed = loss.dense.get("last", ())
    if allowed and output.activation not in allowed:
        first, *others = allowed
        names = f"{first} (or {', '.join(others)})" if others else first
        expected = f"{names} in the last layer for {loss.name}"
        raise fault(expected, shown(output.activation), *place, hint=loss.dense["why"])
    alone = loss.dense.get("alone")
    if alone and output.joint and output.units == 1:
        raise fault(f"{allowed[0]} for a single output", shown(output.activation), *place, hint=alone)
    for index, row in enumerate(problem.data.targets):
        _check_targets(row, loss, "data", "targets", index)


def _check_targets(row: Sequence[Decimal], loss: Row, *place: str | int) -> None:
    """Whether the targets of an example are such as the loss needs."""
    what = loss.dense.get("targets", "")
    for unit, target in enumerate(row):
        if what in (*WHOLE, "probabilities") and not 0 <= target <= 1:
            raise fault(f"a target from 0 to 1 for {loss.name}", shown(target), *place, unit)
        if what == "signs" and target not in (1, -1):
            raise fault(f"a target of 1 or -1 for {loss.name}", shown(target), *place, unit)
    total = _exact_sum(row)
    if what in WHOLE and total != 1:
        raise fault(f"targets that sum to 1 for {loss.name}", f"the sum {shown(total)}", *place)


def _exact_sum(numbers: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for term in numbers:
        total = _EXACT.add(total, term)
    return total
