"""A worksheet of multiple choice: each box asks for the letter of a number; the key says where the others are from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from derive.errors import InputError
from derive.numbers import padded
from derive.quantity import Quantity
from derive.wording import Wording
from derive.worksheet.choices import PLACE, Chooser, Option, letter_of
from derive.worksheet.numbers import SheetNumbers
from derive.worksheet.page import LETTERS
from derive.worksheet.sheet import Sheet
from derive.worksheet.slots import OPTION


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceNumbers(SheetNumbers):
    """The numbers of a sheet, and what each box offers; a box that asks for its number offers nothing."""

    options: Mapping[Quantity, tuple[Option, ...]]


class ChoiceSheet(Sheet):
    """A worksheet whose boxes offer numbers to choose from."""

    def _check(self) -> None:
        if "new-loss" in (self.options.ask or ()):
            hint = "it is a whole pass with the new weights, not one step in which a known mistake is made."
            raise InputError("questions on single steps", '"new-loss"', place=PLACE, hint=hint)

    def _write(self) -> None:
        super()._write()
        choice = self.options.choice
        assert choice is not None
        self.chooser = Chooser(self.program, self.policy, [box for box in self.boxes if not box.answer], choice)
        self._build({quantity: size for quantity, size in self.chooser.size.items() if size > 1})
        told = self.chooser.told(Wording(self.problem.words))
        self.remarks = (*self.remarks, *((told,) if told else ()))
        self.unfit = {"numbers_to_choose": self._unfit}

    def numbers(self, givens: Mapping[Quantity, Decimal] | None = None) -> ChoiceNumbers:
        base, runs = super().numbers(givens), self.chooser.runs(givens or {})
        form = "\n".join(f"{number:f}" for number in base.givens.values())
        offered: dict[Quantity, tuple[Option, ...]] = {}
        rows, letters = [], []
        for box, row in zip(self.boxes, base.rows, strict=True):
            letters.append("")
            if self.offers(box.quantity):
                shown = row.carried if self.policy.carry else row.exact
                # A number with fewer decimals than the others would tell that it is exact, and so right.
                right = padded(shown, self.policy.shown_places(box.quantity))
                found = offered[box.quantity] = self.chooser.options(box.quantity, right, runs, form)
                letters[-1] = letter = letter_of(found)
                row = row._replace(exact=letter, carried=letter, low=letter, high=letter)
            rows.append(row)
        texts = list(base.texts)
        for place, at in self.slots.places.items():
            if place.way.startswith(OPTION):
                texts[at] = offered[place.quantity][int(place.way.removeprefix(OPTION))].text
        words = (*letters, *(self._origin(box.label, offered[box.quantity])
                             for box in self.boxes if box.quantity in offered))  # fmt: skip
        return ChoiceNumbers(base.givens, tuple(texts), base.signs, tuple(rows), base.form, words, options=offered)

    def _origin(self, label: str, options: tuple[Option, ...]) -> str:
        """Where the numbers of a box come from."""
        say = Wording(self.problem.words)

        def told() -> Iterator[str]:
            for letter, option in zip(LETTERS, options, strict=False):
                if option.rewrite is None:
                    yield say("choose_right", letter=letter)
                else:
                    yield say("choose_wrong", letter=letter, title=say.text([option.rewrite.mistake.phrase()]))

        return say("choose_origin", label=label, letters="; ".join(told()))
