r"""Numbers as people write them: with a comma or a point, with a percent sign, as a fraction, with a power of ten.

Decides what is a number, what it is exactly, and to which decimal place it is given. Where `1,234` could be read in
two ways, only the rest of the work can tell; the caller says which mark it uses. No number is rounded here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from derive.errors import InputError, shown
from derive.spec.values import MAX_DIGITS, MAX_PLACES, MAX_WHOLE_DIGITS
from derive.work.letters import plain
from derive.work.tokens import FONTS

DecimalMark = Literal[".", ","]

MAX_NUMBER = 200
"""Characters of a number that are read at all."""
MAX_EXPONENT = MAX_PLACES
NO_NUMBER = "a number"
LIMITS = f"a number of at most {MAX_DIGITS} digits and {MAX_PLACES} decimals, smaller than 10^{MAX_WHOLE_DIGITS}"
_TEN = r"(?:10(?:\^|\*\*)[{(]?(?P<power>[+-]?\d+)[)}]?)"
_SCIENTIFIC = re.compile(
    r"(?P<sign>[+-]?)(?:(?P<digits>[\d.,' ]*\d[\d.,' ]*?)"
    rf"(?:(?P<e>[eE](?P<exponent>[+-]?\d+))|(?:\*|[xX]){_TEN}|(?P<percent>%))?|{_TEN.replace('power', 'bare')})"
)
_FRACTION = re.compile(r"(?P<sign>[+-]?)\(?(?P<above>\d+)/(?P<below>\d+)\)?")
_TEX_FRACTION = re.compile(r"([+-]?)\\[dt]?frac\{(\d+)\}\{(\d+)\}|([+-]?)\\[dt]?frac(\d)(\d)")
_SIMPLE = re.compile(r"[+-]?\d{1,14}(?:\.(\d{1,25}))?")
_AROUND = re.compile(r"\\[,;:! ]|\\(?:thinspace|left|right|displaystyle)(?![A-Za-z])|[{](?=,[}])|(?<=,)[}]|[\"$]")
_IN_A_FONT = re.compile(r"\\(?:" + FONTS + r")\s?\{(\s?[+-]?\s?[\d.,]+\s?)\}")
_SIMPLE_COMMA = re.compile(r"[+-]?0,(\d{1,25})")
_FRONT = re.compile(r"^(?:[=≈~:$]|\\approx(?![a-z])|\\sim(?![a-z])|\\doteq|\\simeq)+")
_NOTHING = re.compile(r"[-–—_?.…\s]*|n/?a|\\dots|\\ldots|\\_+", re.IGNORECASE)
_GROUPED = {
    ".": re.compile(r"\d{1,3}(?:\.\d{3})+"),
    ",": re.compile(r"\d{1,3}(?:,\d{3})+"),
}
_SPACED = re.compile(r"\d{1,3}(?:[ ']\d{3})*(?:[.,](?:\d{3}[ '])*\d*)?|[.,](?:\d{3}[ '])*\d+")


@dataclass(frozen=True, slots=True)
class Written:
    """A number: its value, the place of its last decimal (None for a fraction), and the mark before its decimals."""

    value: Fraction
    places: int | None
    mark: DecimalMark | None = None
    grouped: bool = False
    percent: bool = False


def blank(text: str) -> bool:
    """Whether a cell says nothing: empty, a dash, a question mark, the line of a blank to fill in.

    >>> [blank(text) for text in ("", " ____ ", "?", "0", "-0.5")]
    [True, True, True, False, False]
    """
    return not text or (not text[0].isdigit() and _NOTHING.fullmatch(text.strip()) is not None)


_NUMERIC = re.compile(r"[\d\s.,eE+-]*")


def read_number(text: str, mark: DecimalMark | None = None) -> Written:
    r"""The number that `text` is, with `mark` before its decimals where both marks are possible.

    Raises `InputError` where it is none, where it is beyond the limits, or where it could be two.

    >>> read_number("0.0300"), read_number("12 %").value, read_number("−1,5·10^-3").places
    (Written(value=Fraction(3, 100), places=4, mark='.', grouped=False, percent=False), Fraction(3, 25), 4)
    >>> read_number("1,234", ",").value, read_number("1,234", ".").value
    (Fraction(617, 500), Fraction(1234, 1))
    """
    simple = _SIMPLE.fullmatch(text)
    if simple is not None and (simple[1] is None or mark != "," or text[:1] == "0"):
        return _decimal(text.replace(".", ""), len(simple[1] or ""), "." if simple[1] else None)
    if (comma := _SIMPLE_COMMA.fullmatch(text)) is not None:
        return _decimal(text.replace(",", ""), len(comma[1]), ",")
    if len(text) > MAX_NUMBER:
        raise InputError(LIMITS if _NUMERIC.fullmatch(text) else NO_NUMBER, shown(text))
    bare = _cleaned(text)
    if (fraction := _fraction(bare)) is not None:
        return fraction
    match = _SCIENTIFIC.fullmatch(bare)
    if match is None:
        raise InputError(NO_NUMBER, shown(text.strip()), hint=_hint(bare))
    if match["bare"]:
        return _scaled(match["sign"] + "1", 0, match["bare"], text)
    digits, places, used, grouped = _unmarked(match["digits"], mark, text)
    power = match["exponent"] or match["power"] or "0"
    written = _scaled(match["sign"] + digits, places + 2 * bool(match["percent"]), power, text)
    return Written(written.value, written.places, used, grouped, bool(match["percent"]))


def evidence(text: str) -> DecimalMark | None:
    """The mark that a number certainly has before its decimals, or None where it has none or it cannot be told.

    >>> [evidence(text) for text in ("0.5", "0,5", "1,234", "1.234,5", "12")]
    ['.', ',', None, ',', None]
    """
    if "." not in text and "," not in text:
        return None
    if text[:2] in ("0.", "-0") and _SIMPLE.fullmatch(text):
        return "."
    try:
        used = read_number(text).mark
    except InputError:
        return None
    # One point with three digits after it may be a thousands separator for those who write decimal commas.
    return None if used == "." and _GROUPED["."].fullmatch(text.strip(" +-")) and text.strip(" +-")[0] != "0" else used


def _cleaned(text: str) -> str:
    """Without what is put around a number: signs of equality, dollar signs, quotation marks, TeX's spaces."""
    bare = plain(text.strip()).strip()
    bare = _AROUND.sub("", _IN_A_FONT.sub(r"\1", bare))
    bare = re.sub(r"\\(?:cdot|times|ast)(?![A-Za-z])", "*", bare).replace("\\%", "%").replace("⋅", "*")
    bare = _FRONT.sub("", bare.strip()).strip()
    bare = re.sub(r"\s*([*xX/^%])\s*", r"\1", bare)
    bare = re.sub(r"^([+-])\s+", r"\1", bare)
    bare = re.sub(r"\^\{?([+-]?\d+)\}?$", r"^\1", bare)
    if bare[:1] in ("(", "{") and bare[-1:] in (")", "}") and bare[1:2] in ("+", "-"):
        bare = bare[1:-1].strip()
    return bare


def _fraction(bare: str) -> Written | None:
    if "/" not in bare and "frac" not in bare:
        return None
    if (tex := _TEX_FRACTION.fullmatch(bare)) is not None:
        sign, above, below = tex[1] or tex[4] or "", tex[2] or tex[5], tex[3] or tex[6]
    elif (match := _FRACTION.fullmatch(bare)) is not None:
        sign, above, below = match["sign"], match["above"], match["below"]
    else:
        return None
    if len(above) > MAX_WHOLE_DIGITS or len(below) > MAX_WHOLE_DIGITS:
        raise InputError(f"a fraction of numbers of at most {MAX_WHOLE_DIGITS} digits", shown(bare))
    if not int(below):
        raise InputError("a fraction with a denominator that is not 0", shown(bare))
    return Written(Fraction(int(sign + above), int(below)), None)


def _unmarked(text: str, mark: DecimalMark | None, whole: str) -> tuple[str, int, DecimalMark | None, bool]:
    """The digits, how many of them are decimals, the mark before those, and whether thousands were set apart."""
    spaced = bool(re.search(r"(?<=\d)[ ']+(?=\d)", text))
    if spaced and not _SPACED.fullmatch(text.strip()):
        raise InputError("one number", shown(whole.strip()))
    text = re.sub(r"[ ']", "", text)
    points, commas = text.count("."), text.count(",")
    if points and commas:
        used: DecimalMark = "." if text.rindex(".") > text.rindex(",") else ","
        other = "," if used == "." else "."
        before, _, after = text.rpartition(used)
        if used in before or not _GROUPED[other].fullmatch(before):
            raise InputError("a number", shown(whole.strip()), hint="it has points and commas in no known order.")
        return before.replace(other, "") + after, len(after), used, True
    if points > 1 or commas > 1:
        separator: DecimalMark = "." if points else ","
        if not _GROUPED[separator].fullmatch(text):
            raise InputError("a number", shown(whole.strip()), hint=f"it has {points or commas} decimal marks.")
        return text.replace(separator, ""), 0, None, True
    if not points and not commas:
        return text, 0, None, spaced
    used = "." if points else ","
    before, _, after = text.partition(used)
    if _GROUPED[used].fullmatch(text) and before != "0" and not before.startswith("0"):
        if used == "," and mark is None:
            hint = f'write "{before}.{after}" or "{before}{after}".'
            raise InputError("a number that can be read in one way only", shown(whole.strip()), hint=hint)
        if mark is not None and mark != used:
            if used == ".":
                hint = f'other numbers here have a decimal comma; write "{before},{after}" or "{before}{after}".'
                raise InputError("a number that can be read in one way only", shown(whole.strip()), hint=hint)
            return before + after, 0, None, True
    return before + after, len(after), used, spaced


def _scaled(digits: str, places: int, power: str, text: str) -> Written:
    if len(digits.lstrip("+-0")) > MAX_DIGITS or len(power) > 6 or abs(int(power)) > MAX_EXPONENT:
        raise InputError(LIMITS, shown(text.strip()))
    return _decimal(digits, places - int(power), None, text)


def _decimal(digits: str, places: int, mark: DecimalMark | None, text: str = "") -> Written:
    """The whole number `digits` times ten to the power of minus `places`."""
    whole = int(digits)
    if places > MAX_PLACES or (whole and len(digits.lstrip("+-0")) - places > MAX_WHOLE_DIGITS):
        raise InputError(LIMITS, shown(text.strip() or digits))
    value = Fraction(whole, 10**places) if places >= 0 else Fraction(whole * 10**-places)
    return Written(value, places, mark)


def _hint(bare: str) -> str | None:
    if re.fullmatch(r"[+-]?(nan|inf|infinity|∞|\\infty)", bare, re.IGNORECASE):
        return "leave the cell empty where there is no number."
    if bare.startswith("#"):
        return "this is the error of a spreadsheet."
    if re.fullmatch(r"\([\d.,]+\)", bare):
        return "write a negative number with a minus sign, any other without brackets."
    if re.match(r"[+-]?[\d.,]+\s+\D", bare):
        return "write only the number."
    return None
