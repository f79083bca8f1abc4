"""One spelling for the many ways of typing mathematics: Unicode signs, Greek letters, raised and lowered digits.

Decides which characters mean the same; the result is ASCII in which `_` lowers, `^` raises and Greek letters are TeX
commands. It knows no names of quantities and no grammar.
"""

from __future__ import annotations

import re
import unicodedata

_SMALL = (
    "α alpha β beta γ gamma δ delta ε epsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda μ mu ν nu ξ xi π pi ρ rho"
)
_MORE = "σ sigma τ tau υ upsilon φ phi χ chi ψ psi ω omega ϵ epsilon ϕ phi µ mu ∆ Delta"
_LARGE = "Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma Φ Phi Ψ Psi Ω Omega"
_PAIRS = f"{_SMALL} {_MORE} {_LARGE}".split()
GREEK = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))
GREEK_WORDS = frozenset(GREEK.values()) | {"varepsilon", "vartheta", "varphi", "ell"}
VARIANTS = {"varepsilon": "epsilon", "varphi": "phi", "vartheta": "theta"}

MINUS = dict.fromkeys("−‐‑‒–—﹣－⁻", "-")
"""Characters that people type, or programs make, for a minus sign; the last one is the raised sign."""
DOTS = dict.fromkeys("·⋅∙•×✕✖∗⨯", "*")
RELATIONS = {"≈": "≈", "≃": "≈", "≅": "≈", "≐": "≈", "∼": "≈", "≤": "<=", "≥": ">="} | (
    {"←": " := ", "⟵": " := ", "≔": ":=", "→": "->", "⟶": "->", "⇒": "=>", "⟹": "=>", "∴": "=>"}
)
SPACES = dict.fromkeys("\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t", " ") | (
    dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", "")
)
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁽⁾ⁿ", "0123456789+()n", strict=True)) | {"⁻": "-"}
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₍₎ₕₒᵢⱼ", "0123456789+()hoij", strict=True))

_PLAIN = str.maketrans(
    {letter: f" \\{word} " for letter, word in GREEK.items()}
    | {**MINUS, **DOTS, **RELATIONS, **SPACES}
    | {
        "÷": "/",
        "∕": "/",
        "⁄": "/",
        "′": "'",
        "’": "'",
        "√": "\\sqrt ",
        "∂": "\\partial ",
        "∇": "\\nabla ",
        "ŷ": "yhat",
        "Ŷ": "yhat",
    }
)
_HAT = re.compile("([A-Za-z])\u0302")
_GREEK_SPACES = re.compile(r" (\\(?:" + "|".join(sorted(set(GREEK.values()))) + r")) (?=[\d_^@+'(\[)\]},;*/=\s-]|$)")
_VULGAR = re.compile("[¼½¾⅐-⅞]")
_SCRIPT = re.compile(f"([{''.join(_RAISED)}]+)|([{''.join(_LOWERED)}]+)")


def plain(text: str) -> str:
    """`text` in ASCII as far as mathematics goes.

    >>> plain("∂E/∂w₅ ≈ −0,08·10⁻³")
    '\\\\partial E/\\\\partial w_{5} ≈ -0,08*10^{-3}'
    >>> plain("δ2_1"), plain("ŷ₂")
    ('\\\\delta2_1', 'yhat_{2}')
    """
    if text.isascii():
        return text.replace("\t", " ")
    text = _HAT.sub(r"\1hat", text)
    text = _VULGAR.sub(lambda match: " " + unicodedata.normalize("NFKC", match[0]) + " ", _SCRIPT.sub(_script, text))
    text = _GREEK_SPACES.sub(r"\1", text.translate(_PLAIN)).lstrip(" ")
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _script(match: re.Match[str]) -> str:
    table, sign = (_RAISED, "^") if match[1] else (_LOWERED, "_")
    return f"{sign}{{{''.join(table[character] for character in match[0])}}}"
