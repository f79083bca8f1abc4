"""How quantities are called: the ids of the README (`dL/dW[2][0][1]`, `W_new[1][0][0]`, `after[2].loss`)."""

NEW = frozenset({"W", "b", "z", "a", "loss", "loss_part", "vW", "vb", "data_loss", "penalty"})
"""Kinds whose value after one update is called `W_new[...]`; the others are called `after[1]....`."""


def ident(kind: str, *place: int, example: int | None = None, step: int = 0) -> str:
    """The id of a quantity: its kind, its place in the network, its example, and the updates made before it."""
    prefix = ""
    if step == 1 and kind in NEW:
        kind += "_new"
    elif step:
        prefix = f"after[{step}]."
    if example is not None:
        prefix += f"sample[{example}]."
    return prefix + kind + "".join(f"[{index}]" for index in place)
