"""The table of loss functions, and the pairs of output activation and loss whose delta simplifies.

To add a loss, add one row to the library: a loss with a table `dense`. Here its texts become formulas: a row states
what one output contributes, in the activation `a` and the target `t`, and the derivative with respect to `a`, worked
line by line. `n` is the number of outputs. A shared test compares each row with SymPy and with a finite difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from derive.activations import WorkedLine
from derive.expression import HALF, TWO, Call, Mul, Neg, Node, Pow, Var, bind, leaves, mul, parts_of, sub
from derive.library import Exact, Row
from derive.library.trees import contribution, formula, written
from derive.library.units import Table

a, t, n = Var("a"), Var("t"), Var("n")


@dataclass(frozen=True, slots=True)
class Simplification:
    """A pair of output activation and loss whose delta is shorter than the product of its factors.

    `worked` leads from the chain rule's product to `delta`; all in `a` and `t` of one output (for softmax the sum
    over the outputs is worked by the narration, which needs indices).
    """

    delta: Node
    worked: tuple[WorkedLine, ...]


@dataclass(frozen=True, eq=False)
class Loss:
    """One loss function: the contribution of one output and its derivative with respect to the activation.

    `target_first` is the same contribution for authors who write target minus output; None where it is the same.
    `targets` says what they are: any numbers (""), `probabilities`, `shares` of one whole that sum to 1, `signs` (1 or
    -1), the `class` of an example, or `none`. `last` are the activations that the last layer may have, any where there
    are none, with `why`; `alone` says why a softmax may not have a single unit. `pairs` are the activations of the last
    layer with which the delta is shorter.
    """

    name: str
    words: str
    part: Node
    derivative: Node
    worked: tuple[WorkedLine, ...]
    target_first: tuple[Node, tuple[WorkedLine, ...]] | None = None
    note: str = ""
    brought_together: Node | None = None
    """The derivative as one fraction, which many write."""
    targets: str = ""
    last: tuple[str, ...] = ()
    why: str = ""
    alone: str = ""
    parameters: Mapping[str, Exact] = field(default_factory=dict)
    limits: Mapping[str, tuple[Exact | None, Exact | None]] = field(default_factory=dict)
    pairs: Mapping[str, Simplification] = field(default_factory=dict)
    source: str = ""

    @property
    def whole(self) -> bool:
        """Whether the targets are shares of one whole, which sum to 1."""
        return self.targets in ("shares", "class")

    @cached_property
    def squares(self) -> bool:
        """Whether an output contributes the square of its difference to the target, times a number."""
        factors = self.part.factors if isinstance(self.part, Mul) else (self.part,)
        return factors[-1] == Pow(sub(a, t), TWO) and not any({a, t} & set(leaves(one)) for one in factors[:-1])

    @cached_property
    def halved(self) -> bool:
        """Whether that number is one half, which makes the derivative shorter."""
        return self.squares and self.part == mul(HALF, Pow(sub(a, t), TWO))

    @cached_property
    def averaged(self) -> bool:
        """Whether the mean over the outputs is taken, and not their sum."""
        return n in set(leaves(self.part))

    @cached_property
    def entropy(self) -> bool:
        """Whether an output contributes logarithms, with a minus sign in front of them."""
        return isinstance(self.part, Neg) and any(
            isinstance(part, Call) and part.function == "ln" for part in parts_of(self.part)
        )

    def put_in(self, given: Mapping[str, Exact]) -> Loss:
        """The row with numbers for its parameters: what is given, and what counts otherwise."""
        if not self.parameters:
            return self
        numbers = {name: written(given.get(name, usual)) for name, usual in self.parameters.items()}

        def lines(worked: tuple[WorkedLine, ...]) -> tuple[WorkedLine, ...]:
            return tuple(WorkedLine(bind(line.formula, numbers), line.rule) for line in worked)

        turned = self.target_first
        return replace(
            self,
            part=bind(self.part, numbers),
            derivative=bind(self.derivative, numbers),
            worked=lines(self.worked),
            target_first=turned and (bind(turned[0], numbers), lines(turned[1])),
            brought_together=self.brought_together and bind(self.brought_together, numbers),
            parameters={},
        )


KEYS = {"words", "options", "part", "derivative", "worked", "note", "target_first", "brought_together", "targets"}
KEYS |= {"last", "why", "alone", "with", "limits", "written_as"}
PROBABILITIES = "probabilities"
TARGETS = ("", PROBABILITIES, "shares", "signs", "class", "none")


def _loss(row: Row) -> Loss:
    dense = row.dense
    if not dense.keys() <= KEYS or dense.get("targets", "") not in TARGETS:
        raise ValueError(f"the loss {row.name} says what nothing reads: {', '.join(dense.keys() - KEYS)}")
    names: dict[str, Node] = {"y": a, "z": a, "t": t, "n": n, **{name: Var(name) for name in row.numbers}}

    def lines(worked: Any) -> tuple[WorkedLine, ...]:
        return tuple(WorkedLine(formula(line, names), rule) for line, rule in worked)

    turned = dense.get("target_first")
    if "part" in dense:
        part = formula(dense["part"], names)
    else:
        part = contribution(row.text(dense.get("options", {})), names, n)
    return Loss(
        name=row.name,
        words=dense["words"],
        part=part,
        derivative=formula(dense["derivative"], names),
        worked=lines(dense["worked"]),
        target_first=(formula(turned["part"], names), lines(turned["worked"])) if turned else None,
        note=dense.get("note", ""),
        brought_together=formula(dense["brought_together"], names) if "brought_together" in dense else None,
        targets=dense.get("targets", ""),
        last=tuple(dense.get("last", ())),
        why=dense.get("why", ""),
        alone=dense.get("alone", ""),
        parameters=row.numbers,
        limits=row.limits,
        pairs={
            name: Simplification(formula(pair["delta"], names), lines(pair.get("worked", ())))
            for name, pair in dense.get("with", {}).items()
        },
        source=row.source,
    )


LOSSES: Table[Loss] = Table("loss", lambda row: row.dense, _loss)


def shortens(activation: str) -> bool:
    """Whether some loss has a short delta with this activation."""
    return any(activation in row.pairs for row in LOSSES.values())


class _Pairs(Mapping[tuple[str, str], Simplification]):
    """The pairs that the rows of losses state, by the names of activation and loss."""

    def __getitem__(self, names: tuple[str, str]) -> Simplification:
        activation, loss = names
        return LOSSES[loss].pairs[activation]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((activation, name) for name, row in LOSSES.items() for activation in row.pairs)

    def __len__(self) -> int:
        return sum(1 for _ in self)


SIMPLIFICATIONS = _Pairs()
"""The pairs of output activation and loss whose delta simplifies, by both names."""
