"""One problem's worksheet, printed once and filled for as many sets of numbers as there are students."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from functools import cached_property

from derive.diagram import to_svg
from derive.document import Worksheet, figures
from derive.errors import InputError
from derive.model import ModelProblem
from derive.narrate import Page
from derive.parts import Choice
from derive.program import Program
from derive.quantity import Quantity
from derive.render import FORMATS, file_name, format_of, pdf
from derive.render.filling import Filling, Template
from derive.render.logo import LogoFile
from derive.render.sheets import HEADER, print_sheet, sketch_name
from derive.solution import Solution
from derive.spec import Problem
from derive.spec.problem import SHOWN as SHOWN_KEYS
from derive.stepwise import Stepwise
from derive.wording import Wording
from derive.worksheet.answers import empty_csv
from derive.worksheet.asked import asked
from derive.worksheet.blanks import Scaffold
from derive.worksheet.boxes import Box
from derive.worksheet.facts import facts_of
from derive.worksheet.head import headed
from derive.worksheet.items import Maker
from derive.worksheet.logo import Logo, read_logo
from derive.worksheet.numbers import Computer, KeyRow, SheetNumbers, key_csv
from derive.worksheet.options import (
    BLANKS,
    PICTURE,
    Advice,
    Header,
    SheetOptions,
)
from derive.worksheet.page import Builder
from derive.worksheet.questions import choose
from derive.worksheet.slots import Slots, SlotValues


def needs_pictures(formats: Collection[str]) -> bool:
    """Whether documents of these formats refer to pictures beside them."""
    return any(name in FORMATS and FORMATS[name].pictured for name in formats)


def logo_files(formats: Collection[str], logo: Callable[[str], LogoFile | None]) -> dict[str, str | bytes]:
    """The files of a logo that documents of these formats refer to, by name."""
    named = [name for name in formats if name == "tex" or needs_pictures([name])]
    return dict(own.file(name) for name in named if (own := logo(name)) is not None)


class BaseSheet(ABC):
    """A worksheet with its key, for any numbers of one problem.

    `boxes` are the places for answers in order; `program` computes the problem for any given numbers; `remarks` is
    what the key tells the instructor.
    """

    boxes: list[Box]
    remarks: tuple[str, ...]
    slots: Slots

    def __init__(
        self,
        problem: Problem | ModelProblem,
        options: SheetOptions,
        solution: Solution | Stepwise,
        advice: Advice,
        logo: Logo | None = None,
        first: int = 1,
    ) -> None:
        self.problem, self.options, self.solution, self.advice = problem, options, solution, advice
        self.first, self._logo = first, logo
        self.policy, self.namer = solution.policy, solution.namer
        self.unfit: Mapping[str, Callable[[Mapping[Quantity, Decimal]], str | None]] = {}
        """What a sheet needs of given numbers beyond results, by its name: why some make no sheet."""
        self._offered: Mapping[Quantity, int] = {}
        self._templates: dict[tuple[str, bool, bool], Template] = {}
        self._spreads: dict[bool, str] = {}
        self._check()
        self.program = Program(solution.trace, rounds=2)
        self._write()

    def _check(self) -> None:
        """Raises `InputError` for options that do not go with this kind of sheet; by default all do."""
        return

    def _write(self) -> None:
        """Writes the sheet: its slots, its boxes, its body and its remarks."""
        self._prepare()
        self._build({})

    @abstractmethod
    def _prepare(self) -> None:
        """Decides what is asked."""

    @abstractmethod
    def _build(self, offered: Mapping[Quantity, int]) -> None:
        """Writes the document; `offered` says how many numbers a box has to choose from."""

    @property
    @abstractmethod
    def body(self) -> Worksheet:
        """The sheet without its head."""

    @property
    @abstractmethod
    def _stamp(self) -> str:
        """What tells this sheet from the sheets of other problems and with other options."""

    @cached_property
    def document(self) -> Worksheet:
        """The whole sheet, under its head. Raises `InputError` for a head that does not fit."""
        return headed(self.problem.sheet, [self.body])

    again: Callable[..., BaseSheet]
    """What makes such a sheet from its problem, its options and its advice, in another process too."""

    def offers(self, quantity: Quantity) -> bool:
        """Whether the box of a quantity has numbers to choose from."""
        return quantity in self._offered

    @property
    def asked(self) -> list[Quantity]:
        """The computed quantities that the sheet is about, in order: those that have boxes."""
        return [box.quantity for box in self.boxes if not box.answer]

    # -- numbers ---------------------------------------------------------------------------------------------

    @cached_property
    def _computer(self) -> Computer:
        return Computer(self.program, self.policy, self.slots, [box for box in self.boxes if not box.answer])

    def numbers(self, givens: Mapping[Quantity, Decimal] | None = None) -> SheetNumbers:
        """Every number of the sheet for these given numbers, by default the problem's own.

        Raises `InputError` where a value does not exist or cannot be rounded for certain.
        """
        found = self._computer.numbers(self._stamp, givens or {})
        fixed = tuple(
            KeyRow(box.label, box.quantity.id, box.name, box.points, *[box.answer] * 4)
            for box in self.boxes
            if box.answer
        )
        return replace(found, rows=(*fixed, *found.rows)) if fixed else found

    def _unfit(self, givens: Mapping[Quantity, Decimal]) -> str | None:
        """Why some given numbers make no sheet."""
        try:
            self.numbers(givens)
        except InputError as error:
            return f"expected {error.expected}, found {error.found}"
        return None

    def answers(self, numbers: SheetNumbers) -> tuple[KeyRow, ...]:
        """One row for each box of the key."""
        return numbers.rows

    # -- files -----------------------------------------------------------------------------------------------

    def fragment(self, numbers: SheetNumbers, format: str, key: bool = False) -> str:
        """What is given and the questions alone, to be pasted into another document; any but "pdf" and "csv"."""
        return self._fill(numbers, format, Header(), key, fragment=True)

    def worksheet(self, numbers: SheetNumbers, format: str, header: Header = Header()) -> str:  # noqa: B008
        """The worksheet to hand out."""
        return self._fill(numbers, format, header, key=False)

    def key(self, numbers: SheetNumbers, format: str, header: Header = Header()) -> str:  # noqa: B008
        """The same sheet with its answers."""
        return self._fill(numbers, format, header, key=True)

    def file(
        self,
        numbers: SheetNumbers,
        format: str,
        header: Header = Header(),  # noqa: B008
        key: bool = False,
        engine: str = "typst",
    ) -> str | bytes:
        """The worksheet or its key as a file of any format, also "pdf" and "csv"."""
        if format == "csv":
            return self._csv(numbers, key, header.form)
        if format != "pdf":
            return self._fill(numbers, format, header, key)
        if engine == "latex":
            beside = dict([logo.file("tex")]) if (logo := self.logo("tex")) is not None else {}
            return pdf.latex_pdf(self._fill(numbers, "tex", header, key), f"{self.name}.worksheet.tex", beside)
        return pdf.typst_pdf(self._fill(numbers, "typ", header, key), self._spread(key))

    def _spread(self, key: bool) -> str:
        """How much space the blocks of the sheet have: that which fills it with the problem's own numbers.

        Every variant has the same, so that it does not depend on which of them is made first.
        """
        if key not in self._spreads:
            try:
                own = self.numbers()
            except InputError:
                return pdf.USUAL  # a problem whose own numbers make no sheet has variants all the same
            self._spreads[key] = pdf.spread_of(self._fill(own, "typ", Header(), key))
        return self._spreads[key]

    def logo(self, format: str) -> LogoFile | None:
        """The logo as documents of a format need it; None where there is none, or no place for it.

        Raises `InputError` for a file that is no picture.
        """
        named = self.problem.sheet.logo
        stem = self.options.pictures
        if named is None or (FORMATS[format].pictured and not stem and (self._logo is None or not self._logo.folder)):
            return None
        if self._logo is None:
            self._logo = read_logo(named, self.problem.file)
        logo = self._logo
        return LogoFile(logo.kind, logo.content, "" if logo.folder else f"{stem or self.name}.", logo.folder)

    def beside(self, formats: Collection[str]) -> dict[str, str | bytes]:
        """The files that documents of these formats refer to, by name: pictures of Markdown, and the logo."""
        found: dict[str, str | bytes] = dict(self.pictures()) if needs_pictures(formats) else {}
        return found | logo_files(formats, self.logo)

    def pictures(self) -> dict[str, str]:
        """The pictures of the sheet as SVG, by the names of the files that its Markdown refers to."""
        stem = self.options.pictures
        if not stem:
            return {}
        found = {file_name(stem, figure): to_svg(figure.scene) for figure in figures(self.document.lead)}
        sketches = [one.sketch for one in self.document.questions if one.sketch is not None]
        if sketches:
            # Numbers are put into pictures as into a page.
            row, filling = format_of("html", self.problem.decimal_comma), self.filling(self.numbers())
            for one in sketches:
                for key in (False, True):
                    text = to_svg(one.filled if key else one.empty)
                    found[file_name(stem, sketch_name(one, key))] = Template(text, row).fill(filling)
        return found

    def _csv(self, numbers: SheetNumbers, key: bool, form: str) -> str:
        """An empty table of answers, or the table of the right ones."""
        boxes = [(box.quantity.id, box.name) for box in self.boxes]
        return key_csv(numbers.rows) if key else empty_csv(boxes, self.rounding_words, form)

    @property
    def name(self) -> str:
        return self.problem.name

    @property
    def rounding_words(self) -> str:
        """The rounding of answers, for the head of a column."""
        decimals = self.policy.decimals
        words = f"rounded to {decimals} decimal{'' if decimals == 1 else 's'}"
        return f"{words}, with exceptions" if self.policy.overrides else words

    def _fill(self, numbers: SheetNumbers, format: str, header: Header, key: bool, fragment: bool = False) -> str:
        return self._template(format, key, fragment).fill(self.filling(numbers, header))

    def filling(self, numbers: SheetNumbers, header: Header = Header()) -> Filling:  # noqa: B008
        """What these numbers put into the text of the sheet."""
        words = (header.name, header.identifier, header.date, header.form or numbers.form, *numbers.words)
        stretches = [not word for word in words[: len(HEADER) - 1]]
        for row in numbers.rows:
            stretches += [row.exact != row.carried, row.low != row.high]
        return Filling(numbers.texts, numbers.signs, words, stretches)

    def _template(self, format: str, key: bool, fragment: bool) -> Template:
        template = self._templates.get((format, key, fragment))
        if template is None:
            row = format_of(format, self.problem.decimal_comma, self.options.colours)
            row = row.worded(Wording(self.problem.words))
            paper, pictures = self.options.paper, self.options.pictures
            document, logo = (self.body, None) if fragment else (self.document, self.logo(format))
            text = print_sheet(document, row, self.namer, key, paper, pictures, logo, fragment)
            template = self._templates[format, key, fragment] = Template(text, row)
        return template

    def __reduce__(self) -> tuple[object, ...]:
        """Another process makes the sheet again: its programs are functions, which do not travel."""
        return self.again, (self.problem, self.options, self.advice, self._logo, self.first)


class Sheet(BaseSheet):
    """The worksheet of a network."""

    problem: Problem
    solution: Solution

    def _check(self) -> None:
        if self.options.blanks == PICTURE:
            hint = "a problem given by equations between single numbers has one."
            raise InputError("a circuit to be filled in", "a network", self.problem.file, "--blanks", hint)

    def _prepare(self) -> None:
        solution, problem, options = self.solution, self.problem, self.options
        trace = solution.trace
        self.slots = Slots(trace, self.policy)
        values = SlotValues(trace, self.policy, self.slots, self.program.place)
        shown, wording = Choice(solution.choice.detail, with_parts=("figures",)), Wording(problem.words)
        page = Page(trace, values, values, solution.namer, solution.form, shown, wording=wording, marks=False)
        place = ("sheet.ask", problem.file) if options.ask == problem.sheet.ask else ("--ask", None)
        what = asked(solution, page, options.ask, *place)
        maker = Maker(page, frozenset(what.topics), what.single)
        choice = choose(maker, what.chosen, options.fade)
        blanks = () if isinstance(options.blanks, str) else options.blanks
        weights = tuple(solution.parameter(name, "--blanks", words=BLANKS) for name in blanks)
        if options.choice is not None:
            choice = replace(choice, groups=tuple(group for group in choice.groups if group.kind != "again"))
        self._parts = page, choice, maker, weights, facts_of(page, what.facts)

    def _build(self, offered: Mapping[Quantity, int]) -> None:
        """Writes the document; `offered` says how many numbers a box has to choose from."""
        page, choice, maker, weights, facts = self._parts
        self._offered = offered
        self.boxes: list[Box] = []
        scaffold = Scaffold(maker, self.slots, self.options, weights)
        builder = Builder(
            page, self.slots, choice, scaffold, self.advice, self.boxes, self.first, offered=offered, facts=facts
        )
        self._body = builder.worksheet()
        self.remarks = builder.remarks

    @property
    def body(self) -> Worksheet:
        """The sheet without its head."""
        return self._body

    @cached_property
    def _stamp(self) -> str:
        """What tells this sheet from the sheets of other problems and with other options."""
        problem = self.problem.model_dump(mode="json", exclude={"name", "file", "names", *SHOWN_KEYS})
        return stamped(problem, self.options)


def stamped(problem: Mapping[str, object], options: SheetOptions) -> str:
    """What tells a sheet of a network from others: its problem, and the options that change its questions."""
    told = asdict(replace(options, paper="", pictures=""))
    del told["compact"], told["colours"]  # the questions are the same
    for new in ("find", "choice"):  # sheets without them keep their form ids
        if told[new] is None:
            del told[new]
    return json.dumps([problem, told], sort_keys=True, default=str)
