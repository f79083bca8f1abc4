"""Whether a reading that is not the plain one is meant: what on the sheet speaks for it, and what against it.

Nothing that is right as it stands may speak against another definition or convention. Digits are cut off where more
numbers come out so than by rounding. Turned deltas are meant where what is made with them is right, or goes the right
way, and would do neither had the sign been lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from flint import arb, fmpq

from derive.check.causes import Sheet
from derive.check.policy import cut_more
from derive.check.readings import AFTER, BACK, PER_EXAMPLE, Definition, Reading
from derive.check.walk import meets
from derive.check.walked import roots_of
from derive.numbers import Number, middle, within

MORE_TURNED = 2
"""How many times more deltas must be right when turned round than as they stand: an error may turn one back."""
MORE_CUT = 1
"""How many times more numbers must be right because digits were cut off than wrong, before that is a habit."""
ENOUGH_CUT = 3
"""Numbers that are right only because digits were cut off, from which on nothing else need show it."""
APART = 3
"""Half units between a right number and what the other sign would have given, before it speaks for a sign."""
NEAR = 6
"""Half units by which cutting off instead of rounding may move a result."""
NOISE = fmpq(1, 10**30)
"""A difference that is none."""


def fits(reading: Reading, own: Definition, plain: Sheet, strict: Sheet) -> bool:
    """Whether a reading may explain something that is wrong, and no delta that is right as it stands is against it."""
    quantities, found = own.program.quantities, plain.found
    right = {quantities[at] for at in found.right if plain.marks[at].value}
    if reading.turned and not any(quantities[at].kind in reading.turned for at in found.wrong):
        return False
    if reading.turned:
        doubted = sum(quantities[at].kind in reading.turned for at in _doubted(plain))
        if doubted <= MORE_TURNED * sum(q.kind in reading.turned for q in right):
            return False
    if reading.definition is not own and not any(quantities[at].example is not None for at in _doubted(plain)):
        return False
    if reading.rules.style.cut and not any(_nearly(at, strict) for at in _doubted(strict)):
        return False
    return not (reading.turned and not reading.turned & BACK and any(q.kind in BACK for q in right))


def _doubted(sheet: Sheet) -> set[int]:
    return {*sheet.found.wrong, *sheet.found.follows}


def _nearly(at: int, strict: Sheet) -> bool:
    """Whether a wrong value is so near that the way its digits were shortened may be all that is wrong with it.

    It may be near to what its step gives, or to what it gives with right numbers in the place of own wrong ones.
    """
    mark, found = strict.marks[at], strict.found
    return any(meets(number, arb(mark.value, NEAR * mark.half)) for number in (found.gives[at], found.instead[at]))


def believed(sheet: Sheet, own: Definition, plain: Sheet, strict: Sheet, upright: Sheet, ties: str) -> bool:
    """Whether the sheet as a whole speaks for a reading that is not the plain one.

    `strict` is the plain reading in which nothing inside a line was rounded, `upright` the same one as the sheet's in
    which nothing is turned round.
    """
    if not sheet.reading.rules.style.cut:
        return _may_be_meant(sheet, own, plain, upright, _not_zero(sheet.found.right - plain.found.right, sheet))
    # Rounding inside a line explains many numbers that were cut off, though not why none of them was rounded up.
    stands = _stands(sheet)
    gained, lost = stands - _stands(strict), _in_full(_not_zero(_stands(plain) - stands, sheet), sheet)
    # What was cut off lies nearer to 0 than what was computed.
    gained = {at for at in gained if _nearer_to_zero(sheet.marks[at].value, sheet.found.gives[at])}
    if len(gained) < MORE_CUT * len(lost) or not gained:
        return False
    if (sheet.faults or len(_not_zero(gained, sheet)) < ENOUGH_CUT) and not _cuts(sheet, plain, ties):
        return False
    return _may_be_meant(sheet, own, plain, upright, gained)


def _nearer_to_zero(value: fmpq, gives: Number) -> bool:
    return bool(_known(gives) and abs(value) <= abs(middle(gives)))


def _stands(sheet: Sheet) -> set[int]:
    """What is right, or follows from what is not."""
    return sheet.found.right | sheet.found.follows.keys()


def _not_zero(places: AbstractSet[int], sheet: Sheet) -> set[int]:
    return {at for at in places if sheet.marks[at].value}


def _in_full(places: AbstractSet[int], sheet: Sheet) -> set[int]:
    """Those with as many decimals as are usual: of one that is shorter nobody knows how it came about."""
    usual, shown = sheet.reading.rules.style.usual, {at: sheet.marks[at].places for at in places}
    return {at for at, decimals in shown.items() if decimals is None or decimals >= usual}


def _cuts(sheet: Sheet, plain: Sheet, ties: str) -> bool:
    rules, stands = sheet.reading.rules, _in_full(_stands(sheet) | _stands(plain), sheet)
    # What is wrong either way, such as a weight that never moved, agrees with one of both by chance alone.
    marks = {at: mark for at, mark in sheet.marks.items() if at in stands}
    computed = {at: mark for at, mark in marks.items() if at >= len(sheet.givens) or not mark.true}
    program = sheet.reading.definition.program
    return cut_more(program, sheet.givens, computed, sheet.truth, rules.style.usual, ties) > 0


def _may_be_meant(sheet: Sheet, own: Definition, plain: Sheet, upright: Sheet, gained: AbstractSet[int]) -> bool:
    """Whether numbers that are right only so speak for the reading's definition and convention."""
    reading, quantities = sheet.reading, own.program.quantities
    if reading.definition is not own:
        single = {at for at in sheet.marks if quantities[at].example is not None and quantities[at].kind in PER_EXAMPLE}
        lost = single & (_not_zero(plain.found.right - sheet.found.right, sheet))
        # Where every example's gradient is wrong for another reason, their sum tells what they were meant to be.
        sums = {at for at in _stands(sheet) & set(plain.found.wrong) if quantities[at].example is None}
        own_gained = {at for at in gained if quantities[at].example is not None}
        if not (own_gained or sums) or len(lost) >= len((single & gained) | sums):
            return False
    return not reading.turned or _turned_on_purpose(sheet, upright)


# -- deltas turned round -------------------------------------------------------------------------------------


def in_spite(sheet: Sheet) -> int:
    """How many right values belie a wrong one before them: with that, as it stands, they would be others."""
    found = sheet.found
    return sum(
        bool(roots) and not meets(found.gives[at], sheet.marks[at].box)
        for at in found.right
        if (line := sheet.reading.definition.program.line(at)) is not None
        for roots in [roots_of(found.tainted, line.sources)]
    )


def _turned_on_purpose(sheet: Sheet, upright: Sheet) -> bool:
    """Whether far more deltas are right when turned round than as they stand, and what is made with them says so."""
    turned, marks = sheet.reading.turned, sheet.marks
    program = sheet.reading.definition.program
    kinds = {at: program.quantities[at].kind for at in marks if program.line(at) is not None}
    deltas = {at for at, kind in kinds.items() if kind in turned and marks[at].value}
    now, as_they_stand = deltas & sheet.found.right, deltas & upright.found.right
    if len(now - as_they_stand) <= MORE_TURNED * len(as_they_stand - now):
        return False
    other = sheet.reading.definition.turned_round(sheet.givens, sheet.truth)
    made = {at for at, kind in kinds.items() if kind in AFTER - turned or kind not in turned | PER_EXAMPLE}
    if not any(_apart(sheet.truth[at], other[at], NOISE) for at in made):
        # The sign makes no difference: behind a unit that is off nothing moves.
        return any(at in sheet.reading.rules.moving and at in sheet.found.right for at in made)
    speaks = [_speaks(at, sheet, other, as_they_stand - now) for at in made]
    if not any(speaks):
        # Too near to be sure of; then what is right digit for digit with one sign and not with the other tells.
        return any(at in sheet.found.right and _digits_tell(at, sheet, other) for at in made)
    return speaks.count(1) > speaks.count(-1)


def _digits_tell(at: int, sheet: Sheet, other: Sequence[Number]) -> bool:
    """Whether a value is the true one to its digits, and has another digit where the sign was lost."""
    mark = sheet.marks[at]
    return mark.true and not within(other[at], mark.middle, mark.half)


def _speaks(at: int, sheet: Sheet, other: Sequence[Number], against: AbstractSet[int]) -> int:
    """Whether a value made with deltas speaks for (1) or against (-1) their being meant turned round, or not (0).

    `other` is the computation in which the sign was lost for good; `against` are deltas that are right as they stand:
    what follows from these shows that lost sign.
    """
    found, mark = sheet.found, sheet.marks[at]
    if not _apart(sheet.truth[at], other[at], mark.half + _radius(found.gives[at])):
        return 0
    if at in found.right:
        return 1
    if not all(_before(root, sheet) for root in found.follows.get(at, found.before.get(at, ()))):
        return 0
    if at in found.follows:
        return 1 if against.isdisjoint(found.follows[at]) else -1
    if at in sheet.reading.rules.unmoved and sheet.reading.definition.program.quantities[at].kind in AFTER:
        return _direction(at, sheet)
    return -1 if meets(found.gives[at], -mark.box) else 0


def _apart(truth: Number, other: Number, half: fmpq | arb) -> bool:
    return bool(abs(arb(truth) - arb(other)) > APART * half)


def _before(root: int, sheet: Sheet) -> bool:
    """Whether a wrong value is of the forward pass, or itself turned round: what follows from it shows a sign too."""
    kind = sheet.reading.definition.program.quantities[root].kind
    return root not in sheet.reading.rules.unmoved and (kind in sheet.reading.turned or kind not in PER_EXAMPLE)


def _direction(at: int, sheet: Sheet) -> int:
    """Whether a wrong new value moved from the old one to the side to which the writer's deltas move it, or not."""
    old, gives = sheet.found.used[sheet.reading.rules.unmoved[at]], sheet.found.gives[at]
    if not _known(old) or not _known(gives):
        return 0
    way = (middle(gives) - middle(old)) * (sheet.marks[at].value - middle(old))
    return 1 if way > 0 else -1 if way < 0 else 0


def _known(number: Number) -> bool:
    return isinstance(number, fmpq) or bool(number.is_finite())


def _radius(number: Number) -> Number:
    return fmpq(0) if isinstance(number, fmpq) else number.rad()
