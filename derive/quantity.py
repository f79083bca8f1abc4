"""Identity: which number of the computation is meant, independent of any author's letters.

A quantity is named by its kind, its place in the network (layer, unit, source unit), the training example it
belongs to and the number of updates made before it. This module decides identity and the spelling of ids
(`dL/dW[2][0][1]`); it knows no values, no formulas and no notation.
"""

from __future__ import annotations

import re
from typing import NamedTuple

Index = int | str | None
"""A place in the network: a number, a letter standing for any number (general formulas), or nothing."""

GIVEN, FORWARD, BACKWARD, UPDATE, TRAINED = "given", "forward", "backward", "update", "trained"
"""What makes a quantity: the problem alone, a pass, an update; `TRAINED` is given at first and made anew by updates."""
UNIT, LAYER, IN_LAYER, BETWEEN = ("unit",), ("layer",), ("layer", "unit"), ("layer", "unit", "source")
"""The places that a quantity is at: what its indices count."""


class Kind(NamedTuple):
    """What a kind of quantity is.

    `places` are what its indices count, in the order of an id; `of_example` that every example may have one of its own.
    `new` says that its value after one update is spelt `W_new[...]` and not `after[1]....`, `shown` that a problem may
    say how it is rounded. `by` is the kind that a derivative of the loss is with respect to.
    """

    words: str
    made: str
    places: tuple[str, ...] = ()
    of_example: bool = False
    new: bool = False
    shown: bool = True
    by: str = ""


KINDS = {
    "x": Kind("input as given, before preprocessing", GIVEN, UNIT, of_example=True),
    "mean": Kind("mean used to standardise an input", GIVEN, UNIT, shown=False),
    "std": Kind("standard deviation used to standardise an input", GIVEN, UNIT, shown=False),
    "a": Kind("activation; in layer 0 the input that the network sees", FORWARD, IN_LAYER, of_example=True, new=True),
    "z": Kind("preactivation, the weighted sum of a unit", FORWARD, IN_LAYER, of_example=True, new=True),
    "exp": Kind("exponential of a preactivation, in a softmax", FORWARD, IN_LAYER, of_example=True),
    "expsum": Kind("sum of the exponentials of a layer, in a softmax", FORWARD, LAYER, of_example=True),
    "W": Kind("weight", TRAINED, BETWEEN, new=True),
    "b": Kind("bias; one for each unit, or one that its layer shares", TRAINED, IN_LAYER, new=True),
    "t": Kind("target", GIVEN, UNIT, of_example=True, shown=False),
    "loss_part": Kind("contribution of one output to the loss", FORWARD, UNIT, of_example=True, new=True),
    "loss": Kind("loss", FORWARD, of_example=True, new=True),
    "data_loss": Kind("loss before the penalty on the weights", FORWARD, new=True),
    "penalty": Kind("penalty on the weights", FORWARD, new=True),
    "dL/da": Kind("derivative of the loss with respect to an activation", BACKWARD, IN_LAYER, of_example=True, by="a"),
    # In a softmax with respect to any preactivation of the layer, whose unit is then one index more.
    "da/dz": Kind("derivative of an activation with respect to a preactivation", BACKWARD, IN_LAYER, of_example=True),
    "dL/dz": Kind(
        "delta: derivative of the loss with respect to a preactivation", BACKWARD, IN_LAYER, of_example=True, by="z"
    ),
    "path": Kind(
        "share of dL/da that comes back through one unit of the next layer", BACKWARD, BETWEEN, of_example=True
    ),
    "dL/dW": Kind("gradient of a weight", BACKWARD, BETWEEN, of_example=True, by="W"),
    "lr*dL/dW": Kind("what one update takes off a weight", UPDATE, BETWEEN, shown=False),
    "dL/db": Kind("gradient of a bias", BACKWARD, IN_LAYER, of_example=True, by="b"),
    "updates": Kind("number of updates already made", UPDATE, shown=False),
    "lr": Kind("learning rate that stays the same", GIVEN),
    "lr0": Kind("learning rate at the start, where it decays", GIVEN, shown=False),
    "lr_now": Kind("learning rate of the present step, where it decays", UPDATE, shown=False),
    "decay": Kind("rate at which the learning rate decays", GIVEN, shown=False),
    "momentum": Kind("momentum coefficient", GIVEN, shown=False),
    "vW": Kind("velocity of a weight", TRAINED, BETWEEN, new=True),
    "vb": Kind("velocity of a bias", TRAINED, IN_LAYER, new=True),
    "l1": Kind("strength of the L1 penalty", GIVEN, shown=False),
    "l2": Kind("strength of the L2 penalty", GIVEN, shown=False),
}


HUNTED = {
    "line": "number of a line of a worked calculation that is wrong by itself",
    "value": "what such a line should have given",
    "reason": "letter of the mistake that was made in it",
}
"""What a worksheet asks about a calculation with mistakes; `layer` counts the mistakes, from 1."""
FACTS = {
    "shape_W": "shape of the matrix of the weights into a layer",
    "shape_a": "shape of the vector of a layer's activations",
    "shape_delta": "shape of the vector of a layer's deltas",
    "shape_dLdW": "shape of the matrix of the gradients of the weights into a layer",
    "shape": "shape of an array of a problem given by equations, whose name stands in the place of a layer",
    "parameters_of": "number of parameters of a layer of such a problem, counted from 1",
    "number_of_weights": "number of weights",
    "number_of_parameters": "number of weights and biases that training changes",
}
"""What a worksheet asks about the network itself."""
ABOUT = HUNTED | FACTS
"""What a worksheet asks beside the numbers of the computation."""


DERIVATIVES = {row.by: kind for kind, row in KINDS.items() if row.by}
"""By kind, the kind of the derivative of the loss with respect to it."""
DIFFERENTIATED = {derivative: kind for kind, derivative in DERIVATIVES.items()}
"""By the kind of a derivative of the loss, the kind with respect to which it is."""
UPDATED = frozenset(kind for kind, row in KINDS.items() if row.made == TRAINED)
"""Kinds that an update makes anew: their steps are the last ones of a round, their targets belong to the next one."""
CONSTANT = frozenset(kind for kind, row in KINDS.items() if row.made == GIVEN)
"""Kinds that are given once and never change."""
WITH_NEW_SPELLING = frozenset(kind for kind, row in KINDS.items() if row.new)
"""Kinds whose value after one update is spelt `W_new[...]`; all others are spelt `after[1]....`."""
MOST_INDICES = {kind: len(row.places) for kind, row in KINDS.items() if row.shown}
MOST_INDICES |= {f"{kind}_new": most for kind, most in MOST_INDICES.items() if kind in WITH_NEW_SPELLING}
"""The kinds of quantities that are rounded, as ids spell them, and how many indices an id of each has at most."""


class Quantity(NamedTuple):
    """One named number of the computation.

    `unit` and `source` count from 0; `layer` counts from 1, with 0 for the inputs. `example` is None where the
    quantity belongs to the whole batch or there is only one example. `step` is the number of updates already made.

    >>> Quantity("W", 2, 0, 1).id
    'W[2][0][1]'
    >>> Quantity("W", 2, 0, 1, step=1).id
    'W_new[2][0][1]'
    >>> Quantity("z", 1, 0, example=1, step=2).id
    'after[2].sample[1].z[1][0]'
    """

    kind: str
    layer: Index = None
    unit: Index = None
    source: Index = None
    example: Index = None
    step: int = 0

    @property
    def id(self) -> str:
        """The id used in files, tests and on the command line; the inverse of `parse_id`."""
        kind, prefix = self.kind, ""
        if self.step == 1 and kind in WITH_NEW_SPELLING:
            kind += "_new"
        elif self.step:
            prefix = f"after[{self.step}]."
        if self.example is not None:
            prefix += f"sample[{self.example}]."
        indices = "".join(f"[{index}]" for index in (self.layer, self.unit, self.source) if index is not None)
        return f"{prefix}{kind}{indices}"

    @property
    def constant(self) -> bool:
        """Whether training leaves it alone: inputs, targets and settings have no step."""
        return self.kind in CONSTANT or (self.kind == "a" and self.layer == 0)

    @property
    def derivative(self) -> Quantity:
        """The derivative of the loss with respect to it; of a weight or bias that of the whole batch.

        >>> Quantity("W", 2, 0, 1).derivative.id
        'dL/dW[2][0][1]'
        """
        return self._replace(kind=DERIVATIVES[self.kind])

    @property
    def differentiated(self) -> Quantity:
        """With respect to what a derivative of the loss is; a weight or bias belongs to no example.

        >>> Quantity("dL/dW", 2, 0, 1, example=3).differentiated.id
        'W[2][0][1]'
        """
        kind = DIFFERENTIATED[self.kind]
        return self._replace(kind=kind, example=None if kind in ("W", "b") else self.example)

    @property
    def of_all(self) -> Quantity:
        """The same quantity of no example."""
        return self._replace(example=None)

    def shifted(self, steps: int) -> Quantity:
        """The same quantity `steps` updates later."""
        return self if self.constant or not steps else self._replace(step=self.step + steps)


_ID = re.compile(
    r"(?:after\[(?P<step>\d{1,6})\]\.)?(?:sample\[(?P<example>\d{1,6})\]\.)?"
    r"(?P<kind>(?:lr\*)?[A-Za-z][A-Za-z0-9_]*(?:/d[A-Za-z])?)(?P<indices>(?:\[\d{1,6}\]){0,3})"
)


def parse_id(text: str) -> Quantity | None:
    """The quantity that an id spells, or None when `text` is no id.

    >>> parse_id("after[1].W[2][0][1]") == parse_id("W_new[2][0][1]")
    True
    >>> parse_id("W[2") is None
    True
    """
    match = _ID.fullmatch(text)
    if match is None:
        return None
    kind, step = match["kind"], int(match["step"] or 0)
    if kind.endswith("_new") and kind[:-4] in WITH_NEW_SPELLING and not step:
        kind, step = kind[:-4], 1
    if kind not in KINDS and kind not in ABOUT:
        return None
    indices: list[int | None] = [None] if kind in KINDS and KINDS[kind].places == UNIT else []
    indices += [int(number) for number in re.findall(r"\d+", match["indices"])]
    if len(indices) > 3:
        return None
    layer, unit, source = indices + [None] * (3 - len(indices))
    example = int(match["example"]) if match["example"] else None
    return Quantity(kind, layer, unit, source, example, step)
