r"""The letters of the usual courses, as a table: which letter may mean which kind of quantity, and where.

A row says what a letter means in some courses; a letter with several rows may mean several things. Choices have a
name, and a writer makes each of them once for a whole sheet: who calls the sums a calls the activations z. Decides
nothing about a single sheet and knows no network; that is for `usual` and `habits`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

ANY, HIDDEN, OUTPUT = "any", "hidden", "output"
"""In which layers a letter stands for units."""

Choice = tuple[str, str]
"""What a writer has to choose, and how: `("h", "sum")` means that h is a weighted sum."""


class Letter(NamedTuple):
    """What a letter may mean: a kind of quantity, in which layers, and the choice that this takes.

    `kind` is one of `quantity.KINDS`, or "bias or weight" for the Greek letter that has both. Of a `rank` above 0 is a
    meaning that only counts where nothing else fits or where the sheet shows it. `courses` says who writes so.
    """

    letters: str
    kind: str
    where: str = ANY
    choice: Choice | None = None
    rank: int = 0
    courses: str = ""


SUMS, HIDDEN_LETTER, OUTPUT_LETTER, Y, OUT = "a and z", "h", "o", "y", "out"

LETTERS = (
    Letter("z", "z", choice=(SUMS, "z is the sum"), courses="Ng, Nielsen, 3Blue1Brown, Goodfellow, CS229"),
    Letter("a", "a", choice=(SUMS, "z is the sum"), courses="Ng, Nielsen, 3Blue1Brown"),
    Letter("a", "z", choice=(SUMS, "a is the sum"), rank=1, courses="Bishop"),
    Letter("z", "a", choice=(SUMS, "a is the sum"), rank=1, courses="Bishop"),
    Letter("s net in u sum netinput preact I", "z", courses="Mazur, Mitchell, Rumelhart, Han, HMKCODE"),
    Letter("logit logits score scores", "z", OUTPUT, courses="CS231n, PyTorch"),
    Letter("act activation", "a", courses="Rumelhart"),
    Letter("out", "a", choice=(OUT, "every unit's"), courses="Mazur, Rumelhart"),
    Letter("out", "a", OUTPUT, (OUT, "the outputs'"), courses="names of units"),
    Letter("h hidden hid", "a", HIDDEN, (HIDDEN_LETTER, "activation"), courses="Goodfellow, CS231n, d2l, HMKCODE"),
    Letter("h hidden hid", "z", HIDDEN, (HIDDEN_LETTER, "sum"), courses="names of units taken for their sums"),
    Letter("o", "a", OUTPUT, (OUTPUT_LETTER, "activation"), courses="Mitchell, names of units"),
    Letter("o", "z", OUTPUT, (OUTPUT_LETTER, "sum"), courses="d2l, Goodfellow"),
    Letter("O", "a", choice=(OUT, "every unit's"), courses="Han"),
    Letter("O", "a", OUTPUT, (OUT, "the outputs'"), courses="names of units"),
    Letter("yhat ypred pred prediction predicted output p phat haty predy", "a", OUTPUT, courses="Ng, d2l, Keras"),
    Letter("y", "t", OUTPUT, (Y, "target"), courses="Ng, Nielsen, 3Blue1Brown"),
    Letter("y", "a", OUTPUT, (Y, "output"), courses="Bishop, Goodfellow"),
    Letter("y", "z", OUTPUT, (Y, "sum"), rank=1, courses="names of units"),
    Letter("t target label ytrue tgt desired actual", "t", OUTPUT, courses="Bishop, Mitchell, Mazur"),
    Letter("x i input inp", "x", courses="all"),
    Letter("w W omega weight", "W", courses="all"),
    Letter("theta Theta", "bias or weight", courses="Ng's machine learning"),
    Letter("b B bias beta", "b", courses="all"),
    Letter("theta", "b", rank=1, courses="Han"),
    Letter("delta Delta Err", "dL/dz", courses="Nielsen, Bishop, Han"),
    Letter(
        "L E J C l ell loss cost error objective MSE SSE BCE CE NLL RSS ET Etot Etotal Ltotal",
        "loss",
        courses="all",
    ),
)

LAYERS = (Letter("l L layer", "a", courses="Trask"),)
"""Letters that mean something only where they stand for all units of a layer."""

GRADIENTS = ("d", "grad")
"""What stands before a letter where the loss's derivative with respect to it is meant: dW, gradW."""

OF_ALL = frozenset({"", "total", "tot", "T", "all", "MSE", "SSE", "BCE", "CE", "train", "0"})
"""What may be lowered at the letter of the loss without changing it; 3Blue1Brown's C_0 is that of the one example."""

SHOWS: tuple[tuple[str, str, str], ...] = (
    ("yhat", Y, "target"),
    ("t", Y, "output"),
    ("a", Y, "target"),
    ("z", HIDDEN_LETTER, "activation"),
    ("s", HIDDEN_LETTER, "activation"),
    ("net", HIDDEN_LETTER, "activation"),
    ("z", OUTPUT_LETTER, "activation"),
    ("s", OUTPUT_LETTER, "activation"),
    ("net", OUTPUT_LETTER, "activation"),
)
"""What a letter on a sheet shows of another: beside z, which are the sums, h is the activation; the first counts."""

LABELS = {"h": HIDDEN, "H": HIDDEN, "hid": HIDDEN, "hidden": HIDDEN, "i": "input", "x": "input", "I": "input"} | (
    dict.fromkeys(("o", "O", "y", "Y", "out", "output", "k"), OUTPUT)
)
"""What units are called below a letter: the h1 of net_h1."""


class Code(NamedTuple):
    """A name as programs have it, such as `fc1.weight[0][1]`: a pattern of the whole, and how it counts.

    Groups of the pattern: `layer` (a number), `weight` or `bias`, `grad`, and the indices `first` and `second`, which
    count from 0. `first_layer` is the number of the first layer, `every` how far apart the numbers of two layers are;
    `by_source` says that a weight's first index counts the sources.
    """

    pattern: re.Pattern[str]
    first_layer: int
    by_source: bool
    every: int
    choices: tuple[Choice, ...]
    courses: str


_INDICES = r"\[\s*(?P<first>\d{1,4})\s*(?:(?:\]\s*\[|,)\s*(?P<second>\d{1,4})\s*)?\]"
_LAYER = r"(?P<layer>\d{1,2})"
_KERAS = rf"(?:(?P<weight>kernel)|(?P<bias>bias))(?::0)?{_INDICES}"
_TORCH = rf"\.(?:(?P<weight>weight)|(?P<bias>bias))(?P<grad>\.grad)?{_INDICES}"


def _code(
    pattern: str, first_layer: int, courses: str, by_source: bool = False, every: int = 1, choice: Choice | None = None
) -> Code:
    return Code(re.compile(pattern), first_layer, by_source, every, (choice,) if choice else (), courses)


CODES = (
    _code(rf"(?:self\.|model\.|net\.)?(?:fc|lin|linear|layer|l|hidden){_LAYER}{_TORCH}", 1, "PyTorch"),
    _code(rf"(?:self\.|model\.|net\.)?layers\.{_LAYER}{_TORCH}", 0, "PyTorch"),
    _code(rf"(?:model|net|seq)(?:\.{_LAYER}|\[{_LAYER.replace('layer', 'place')}\]){_TORCH}", 0, "PyTorch", every=2),
    _code(rf"dense/{_KERAS}", 0, "Keras", by_source=True),
    _code(rf"dense_{_LAYER}/{_KERAS}", 0, "Keras", by_source=True, choice=("dense_1", "the second layer")),
    _code(rf"dense_{_LAYER}/{_KERAS}", 1, "older Keras", by_source=True, choice=("dense_1", "the first layer")),
    _code(rf"(?:(?P<weight>coefs)|(?P<bias>intercepts))_\[{_LAYER}\]{_INDICES}", 0, "scikit-learn", by_source=True),
    _code(rf"(?P<weight>syn){_LAYER}{_INDICES}", 0, "Trask", by_source=True),
)
"""The rows of programs. A model's own places count its activations too, so that every second one is a layer."""
