r"""How people write the derivative of the loss by something, without TeX and with it: dW, W.grad, \bar h_2, dL/dh[2].

Decides which part of a text is what the loss is differentiated by; which quantity that is, others know.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

INDEX = r"(?:[_ ]?[\[({][^\[\](){}]*[\])}])*|_?\d+(?:[_,]\d+)*"
"""Indices as they stand behind a name: `[1,2]`, `[1][2]`, `_{1,2}`, `_12`, `12`."""
NEW = r"_new|\+|'"
"""What marks a value after an update."""
LOSS_WORDS = frozenset({"loss", "Loss", "cost", "Cost", "error", "Error", "J", "E", "C", "L"})
"""What people call the loss, whatever its name is."""
_BEHIND = rf"(?P<index>{INDEX})(?P<new>{NEW})?"
_WHOLE = (
    r"d(?P<name>.+)",
    r"grad(?:ient)?(?:of)?_?(?P<name>.+)",
    r"(?:∇|nabla)_?(?P<name>.+)",
    r"(?:bar|overline)_?(?P<name>.+)",
    rf"(?P<name>\w+?)\.grad{_BEHIND}",
    rf"(?P<name>\w+?)_?(?:grad|bar){_BEHIND}",
    rf"(?P<name>\w+?)\u0304{_BEHIND}",
    rf"(?P<name>\w+{INDEX})\.grad",
)
_GRADIENTS = [re.compile(pattern) for pattern in _WHOLE]
_DELTA = re.compile(r"(?:delta|δ)_?(?P<name>.+)")
_HAT = re.compile(r"(?:hat_?\{?(?P<under>\w+)\}?|(?P<name>[A-Za-z]\w*?)(?:_?hat|\u0302))(?P<behind>.*)")
_IN_BRACKETS = re.compile(rf"[({{](?P<name>[^(){{}}]*(?:\{{[^(){{}}]*\}})?)[)}}](?P<index>{INDEX})(?P<new>{NEW})?")
_FRACTION = re.compile(r"[dt]?frac\{(?P<above>.+?)\}\{(?P<below>.+)\}(?P<index>[^{}]*)")
_SLOPE = re.compile(r"(?:d|∂|partial)(?P<of>.+?)/(?:d|∂|partial)(?P<by>.+)")
_RAISED = re.compile(r"\^\{?(?:\(|<|langle)(?P<index>-?\d+)(?:\)|>|rangle)\}?")


def plain(text: str) -> str:
    r"""A name without what only sets it: `\mathbf{h}_1` is h_1, `h^{<2>}` h[2], `\frac{dL}{dW}[1]` dL/dW[1].

    >>> plain(r"\frac{\partial L}{\partial h_{2}}"), plain(r"h^{\langle 2\rangle}"), plain("h^{(1)}_2")
    ('partialL/partialh_{2}', 'h[2]', 'h[1]_2')
    """
    found = unicodedata.normalize("NFD", text).replace("\\", "").replace(" ", "")
    found = re.sub(r"math(?:bf|rm|bb)\{(\w+)\}|text\{(\w+)\}|boldsymbol\{(\w+)\}", lambda m: m[m.lastindex or 0], found)
    found = _RAISED.sub(r"[\g<index>]", found)
    fraction = _FRACTION.fullmatch(found)
    return f"{fraction['above']}/{fraction['below']}{fraction['index']}" if fraction else found


def differentiated(text: str) -> Iterator[str]:
    """Names of what the loss is differentiated by, in each way in which a plain text may be read.

    >>> [list(differentiated(text)) for text in ("dW[1,2]", "grad_w1", "bar{h}_2", "K.grad[1,1]", "x")]
    [['W[1,2]'], ['w1'], ['h_2'], ['K[1,1]'], []]
    """
    for pattern in _GRADIENTS:
        if match := pattern.fullmatch(text):
            yield from _named(match)


def varied(text: str) -> Iterator[str]:
    """Names behind a delta, which is a derivative, or of what an update moves a change.

    >>> list(varied("delta_h[1]"))
    ['h[1]']
    """
    if match := _DELTA.fullmatch(text):
        yield from _named(match)


def hatless(text: str) -> str | None:
    """The name under a hat, with what stands behind it; None where there is no hat.

    >>> hatless("hat{y}_2"), hatless("yhat"), hatless("y")
    ('y_2', 'y', None)
    """
    match = _HAT.fullmatch(text)
    return None if match is None else (match["under"] or match["name"]) + match["behind"]


def slope(text: str) -> tuple[str, str] | None:
    """What is differentiated and by what, of a plain text.

    >>> slope("dL/dW[1][2]"), slope("L")
    (('L', 'W[1][2]'), None)
    """
    match = _SLOPE.fullmatch(text)
    return None if match is None else (match["of"], match["by"])


def _named(match: re.Match[str]) -> Iterator[str]:
    groups = match.groupdict("")
    name, behind = groups["name"], groups.get("index", "") + groups.get("new", "")
    inner = _IN_BRACKETS.fullmatch(name)
    yield (inner["name"] + inner["index"] + (inner["new"] or "") if inner else name) + behind
