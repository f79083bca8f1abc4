"""The walk over a worksheet: its questions, its boxes and what the key says, written for one format.

A task has a height that depends on its formulas and on nothing that is put in later, so that the boxes of all
variants stand at the same place. The key is the same text with what belongs into the boxes and the room. LaTeX holds
both in one source, and a switch chooses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from derive.document import Answer, Masthead, Question, Task, Worksheet
from derive.expression import Blank, Cases, Matrix, Node, Shown, Slot, Wording, children
from derive.formula import Line, Printer, lay_out
from derive.formula.marks import BEGIN, END, IN_WORDS, PLAIN_WORD, WORD, Mark
from derive.formula.words import Speaker
from derive.notation import Namer
from derive.render.blocks import FormulaRow, Walk, printed_row
from derive.render.escape import Escaped
from derive.render.escape_html import css_string
from derive.render.formats import Format
from derive.render.logo import LogoFile
from derive.sentences import capital
from derive.wording import pieces

TASK_WIDTH, WIDE_TASK = 25.0, 41.0
"""Width in em of the formulas beside a box, and where the boxes stand below."""
WORDS_WIDTH, WORDS_ROW = 27.0, 5
"""Width in em of words beside a box, by a generous estimate, and the height in mm of each line after the first."""

PLAIN_ROW, GAP_ROW, TALL_ROW, CASE, MATRIX_ROW = 7, 8, 11, 7, 7
"""Heights in mm: of a row, of one with gaps, of one with a fraction, of a case of a definition, of a matrix row."""
WRITING_ROW, LEAST = 10, 10
"""Heights in mm: of a row to write in, and of a task at least."""
HEAD = 24
"""Height in mm of the head of a question, with its introduction."""

WIDEST_FIGURE = 480
"""Points of the width of a page."""

HEADER = ("name", "identifier", "date", "form")
"""The words that are put in, by place; the first three are lines to write on where they are empty."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large things are: letters in pt, all else in mm; `factor` is how much larger than usual the letters are.

    Boxes are `columns` in a row; a box stands `beside` its formula where it is the only one.
    """

    factor: float
    text: str
    label: str
    note: str
    box: int
    box_height: int
    name: int
    below: int
    columns: int
    beside: bool

    @property
    def cell(self) -> int:
        """A box with its name above and its note below, where a task has several."""
        return self.name + self.box_height + self.below

    def scaled(self, height: int) -> int:
        """What grows with the letters."""
        return math.ceil(height * self.factor)

    def printed(self) -> dict[str, Escaped]:
        """For the templates."""
        names = ("text", "label", "note", "box", "box_height", "name", "below", "columns", "cell")
        return {name: Escaped(getattr(self, name)) for name in names} | {
            "line": Escaped(self.box - 8),
            "words": Escaped(self.scaled(PLAIN_ROW)),
        }


USUAL = Sizes(1.0, "10.5pt", "8pt", "8pt", 32, 10, 9, 7, 4, beside=True)
LARGE = Sizes(1.7, "18pt", "11pt", "13pt", 60, 16, 14, 12, 2, beside=False)


class Note(NamedTuple):
    """The places of the two stretches of a box's note: the other way of rounding, and the range."""

    other: int
    wide: int


def notes(box: int) -> Note:
    """The stretches of a box, counted from 0; before them stand those of the header."""
    start = len(HEADER) - 1 + 2 * box
    return Note(start, start + 1)


class Part(NamedTuple):
    """One problem of a sheet, printed: what is given, the questions, and what the instructor is told.

    `heading` and `form` are those of one problem among several; `before` counts the questions before it.
    """

    blocks: list[Escaped]
    questions: list[Escaped]
    remarks: list[Escaped]
    before: Escaped
    heading: Escaped | None = None
    form: Escaped | None = None

    def mapped(self, write: Callable[[Escaped], Escaped]) -> Part:
        """With every text written otherwise."""
        blocks, questions, remarks = ([write(text) for text in texts] for texts in self[:3])
        return self._replace(blocks=blocks, questions=questions, remarks=remarks)


def print_sheet(
    sheet: Worksheet,
    row: Format,
    namer: Namer,
    answers: bool,
    paper: str,
    pictures: str = "",
    logo: LogoFile | None = None,
    fragment: bool = False,
    parts: Sequence[Part] = (),
) -> str:
    """The worksheet, or with `answers` its key, with marks for all that differs between variants.

    A `fragment` is to be pasted into another document: what is given and the questions alone. `parts` are the printed
    problems of a sheet of several; by default there is the one of the sheet itself.
    """
    walk = _SheetWalk(row, namer, answers, pictures, sheet)
    walk.logo = None if logo is None else logo.parts(row.key)
    whole = walk.worksheet(sheet, paper, "sheet_fragment" if fragment else "worksheet", parts or [walk.part(sheet)])
    # The class of LaTeX takes the paper as its option.
    return f"{'' if walk.switched or fragment else row.papers[paper]}{whole}\n"


def print_part(
    sheet: Worksheet,
    row: Format,
    namer: Namer,
    answers: bool,
    pictures: str = "",
    figures: int = 0,
    form: str = "",
    number: int = 0,
) -> Part:
    """One problem among several, with marks; `figures` is how many pictures there are before it.

    With a `form` it has a heading, with its `number`.
    """
    walk = _SheetWalk(row, namer, answers, pictures, sheet)
    walk.figures = figures
    return walk.part(sheet, form, number)


RIGHT_TO_LEFT = frozenset(["ar", "ckb", "dv", "fa", "he", "ks", "ku", "pnb", "ps", "sd", "ug", "ur", "yi"])
"""Languages that are written from right to left."""
PLAIN_PHRASES = ("name", "identifier", "date", "form", "answer", "for_instructor", "logo")
"""Phrases that templates print as they are."""


class _SheetWalk(Walk):
    """One worksheet on its way to one format; its picture stays where it is."""

    floats = False

    def __init__(self, row: Format, namer: Namer, answers: bool, pictures: str, sheet: Worksheet) -> None:
        super().__init__(row, namer, pictures)
        self.wording, self.sizes = sheet.wording, LARGE if sheet.masthead.large else USUAL
        self.magnified = self.sizes.factor
        self.logo: dict[str, Escaped] | None = None
        self.key = answers
        self.switched = row.key == "tex"
        shown = answers or self.switched
        self.inlines.printer = Printer(row.dialect, namer, shown, by_unit=row.by == "unit")
        self.inlines.speaker = Speaker(row.words, namer, shown)
        self.boxes = 0

    def part(self, sheet: Worksheet, form: str = "", number: int = 0) -> Part:
        """One problem; with a `form` it has a heading with its `number`."""
        title = self.format.text(sheet.title)
        return Part(
            blocks=self._blocks(sheet.lead, ()),
            questions=[self._question(question, k) for k, question in enumerate(sheet.questions, sheet.first)],
            remarks=self._blocks(sheet.remarks, ()) if self.key or self.switched else [],
            before=Escaped(sheet.first - 1 or ""),
            heading=self._phrase("problem", number=Escaped(number), title=title) if form else None,
            form=self.format.text(form) if form else None,
        )

    def worksheet(self, sheet: Worksheet, paper: str, template: str, parts: Sequence[Part]) -> str:
        return self._fill(
            template,
            first=Escaped(sheet.first),
            key=self.key,
            **self._heading(sheet, self.format.text, ""),
            **self._heading(sheet, self.format.plain, "plain_"),
            plain_title=self.format.plain(sheet.masthead.title or sheet.title),
            masthead=self._masthead(sheet.masthead),
            logo=self.logo,
            language=Escaped(sheet.masthead.language),
            short_language=Escaped(sheet.masthead.language.partition("-")[0]),
            backwards=sheet.masthead.language.partition("-")[0] in RIGHT_TO_LEFT,
            footer=sheet.masthead.footer,
            css_words={key: css_string(self.wording[key]) for key in PLAIN_PHRASES},
            page_of=self._page_of(),
            header={name: Escaped(Mark(WORD, k).text) for k, name in enumerate(HEADER)},
            plain_header={name: Escaped(Mark(PLAIN_WORD, k).text) for k, name in enumerate(HEADER)},
            lines={name: (_begin(k), _end(k)) for k, name in enumerate(HEADER[:-1])},
            parts=parts,
            legend=self.inlines.start(sheet.legend) if sheet.legend and (self.key or self.switched) else None,
            points=self._points(sheet.masthead.points if len(parts) > 1 else sheet.points),
            words={key: self.format.text(self.wording[key]) for key in PLAIN_PHRASES},
            plain_words={key: self.format.plain(self.wording[key]) for key in PLAIN_PHRASES},
            phrase=self._phrase,
            raw=Escaped,
            cell=Escaped(self.sizes.cell),
            sizes=self.sizes.printed(),
            large=self.sizes is LARGE,
            paper=Escaped(paper),
            palette=self.format.palette(self.format.by),
            contents=[],
        )

    # -- words -------------------------------------------------------------------------------------------------

    def _heading(self, sheet: Worksheet, write: Callable[[str], Escaped], prefix: str) -> dict[str, Escaped]:
        """The titles of the sheet and of its key, and that of the one that is printed."""
        title = write(sheet.masthead.title or sheet.title)
        key = self._phrase("answer_key", write, title=title)
        own = title if sheet.masthead.title else self._phrase("worksheet", write, title=title)
        return {f"{prefix}heading": key if self.key else own, f"{prefix}headings": (own, key)}  # type: ignore[dict-item]

    def _masthead(self, masthead: Masthead) -> dict[str, list[Escaped]]:
        text = self.format.text
        return {"above": [text(line) for line in masthead.above], "below": [text(line) for line in masthead.below]}

    def _phrase(self, key: str, write: Callable[[str], Escaped] | None = None, **parts: Escaped) -> Escaped:
        """A phrase in this format, with what is put into its places as it is."""
        write = write or self.format.text
        found = enumerate(pieces(self.wording[key]))
        return Escaped("".join([parts[piece] if at % 2 else write(piece) for at, piece in found if piece]))

    def _page_of(self) -> Escaped:
        """The number of a page, as the content of a box in a style sheet."""
        counters = {"page": "counter(page)", "pages": "counter(pages)"}
        found = [(at, piece) for at, piece in enumerate(pieces(self.wording["page"])) if piece]
        return Escaped(" ".join(counters[piece] if at % 2 else f'"{css_string(piece)}"' for at, piece in found))

    def _points(self, points: int) -> Escaped:
        return self._phrase("point" if points == 1 else "points", count=Escaped(points))

    def _question(self, question: Question, number: int) -> Escaped:
        first = self._task_height(question.tasks[0]) if question.tasks else 0
        return self._fill(
            "question",
            need=Escaped(first + HEAD),
            number=Escaped(number),
            title=(title := self.inlines.heading(question.title)),
            heading=self._phrase("question", number=Escaped(number), title=title),
            points=self._points(question.points) if question.points else "",
            bare_points=Escaped(question.points),
            intro=self._blocks(question.intro, ()),
            tasks=[self._task(task) for task in question.tasks],
        )

    def _task_height(self, task: Task) -> int:
        """The height of a task: what is printed, the room and the boxes."""
        _, top = self._rows(task, task.lines)
        top += self._words_height(task)
        if self._beside(task):
            return max(top + self._room(task), LEAST)
        return top + self._room(task) + self._below(task)

    def _beside(self, task: Task) -> bool:
        """Whether the box of a task stands beside its formula."""
        return len(task.boxes) == 1 and self.sizes.beside

    def _grid(self, task: Task) -> list[list[Answer]]:
        """The boxes of a task in rows, no more in a row than fit."""
        most = self.sizes.columns
        return [[*row[k : k + most]] for row in task.answers for k in range(0, len(row), most)]

    def _below(self, task: Task) -> int:
        """The height of the boxes below the formulas of a task."""
        return 0 if self._beside(task) else len(self._grid(task)) * self.sizes.cell

    def _words_height(self, task: Task) -> int:
        """The height of the words above a task's formulas, which may need several lines."""
        if not task.words:
            return 0
        width = sum(self.inlines.word(word).width for word in task.words)
        lines = math.ceil(width / (WORDS_WIDTH if self._beside(task) else WIDE_TASK))
        return self.sizes.scaled(PLAIN_ROW) + (lines - 1) * self.sizes.scaled(WORDS_ROW)

    def _room(self, task: Task) -> int:
        _, needed = self._rows(task, task.working)
        return max(task.room * WRITING_ROW, needed + 2) if task.room else 0

    def _task(self, task: Task) -> Escaped:
        rows, top = self._rows(task, task.lines)
        working, _ = self._rows(task, task.working) if self.key or self.switched else ([], 0)
        room = self._room(task)
        return self._fill(
            "task",
            key=self.key,
            label=Escaped(task.label),
            words=self.inlines.join(task.words, self.inlines.word),
            words_height=Escaped(self._words_height(task)),
            rows=rows,
            alt=self._alt(task.lines),
            working=working,
            working_alt=self._alt(task.working if working else ()),
            top=Escaped(top),
            room=Escaped(room),
            has_room=bool(room),
            height=Escaped(self._task_height(task)),
            below=Escaped(self._below(task)),
            grid=[[self._answer(answer) for answer in line] for line in self._grid(task)],
            beside=self._beside(task),
            points=self._points(task.points),
            scrolls=self.format.plain(self.wording["scrolls"]),
            phrase=self._phrase,
            sizes=self.sizes.printed(),
            bare_points=Escaped(task.points),
        )

    def _fill(self, kind: str, **parts: object) -> Escaped:
        if kind == "figure" and self.magnified > 1:
            # In points; no picture is wider than the page.
            parts["width"] = Escaped(
                min(int(int(str(parts["width"]).partition(".")[0]) * self.magnified), WIDEST_FIGURE)
            )
        return super()._fill(kind, **parts)

    def _alt(self, lines: tuple[Line, ...]) -> Escaped:
        """The lines in words."""
        return self.inlines.spoken(*lines).get("alt", Escaped(""))

    def _alt_of(self, formula: Node) -> Escaped:
        return self.inlines.spoken(formula).get("alt", Escaped(""))

    def _rows(self, task: Task, lines: tuple[Line, ...]) -> tuple[list[FormulaRow], int]:
        """Lines of a task laid out, and their height."""
        width = TASK_WIDTH if self._beside(task) else min(WIDE_TASK, self.format.line_width * 1.2) / self.magnified
        rows: list[FormulaRow] = []
        height = 0
        for line in lines:
            own = lay_out(line, self.inlines.printer, width)
            rows += [printed_row(*row) for row in own]
            height += len(own) * self.sizes.scaled(self._height(line))
        return rows, height

    def _height(self, line: Line) -> int:
        """The height of each row of a line."""
        nodes = (line.left, *(node for _, node in line.parts))
        tall = any(self.inlines.printer.print(node).tall for node in nodes)
        return max(TALL_ROW if tall else PLAIN_ROW, *(_tallest(node) for node in nodes))

    def _outside(self, number: Node) -> Escaped:
        """The number of an answer."""
        if isinstance(number, Slot) and self.format.loose:
            return Escaped(Mark(IN_WORDS, number.place).text)
        if isinstance(number, Shown) and self.format.loose:
            return Escaped(self.format.dialect.in_words(number.text))
        if isinstance(number, Wording) and self.format.loose:
            return Escaped(number.text)
        return Escaped(self.inlines.printer.print(number).text)

    def _answer(self, answer: Answer) -> dict[str, object]:
        note, printer = notes(self.boxes), self.inlines.printer
        self.boxes += 1
        parts = (("=", answer.formula),) if answer.formula is not None else ()
        formula = "".join(f" {printer.dialect.relation('=')} {printer.print(node).text}" for _, node in parts)
        label, plain = Escaped(answer.label), self.format.plain(answer.name)
        return {
            "label": label,
            "name": self.format.code(answer.name),
            "plain": plain,
            "left": Escaped(f"{printer.print(answer.left).text}{formula}"),
            "alone": answer.formula is not None,
            "number": self._outside(answer.number),
            "other": self._outside(answer.other),
            "way": self.format.text(answer.way),
            "low": self._outside(answer.low),
            "high": self._outside(answer.high),
            "differs": (_begin(note.other), _end(note.other)),
            "wide": (_begin(note.wide), _end(note.wide)),
            "points": self._points(answer.points),
            "box": self._phrase("box", self.format.plain, label=label, name=plain),
            "capital_box": Escaped(capital(self._phrase("box", self.format.plain, label=label, name=plain))),
            "answer": self.format.text(self.wording["answer"]),
            "bare_points": Escaped(answer.points),
            "spoken": self._alt((Line(answer.left, parts),)) if parts else self._alt_of(answer.left),
            "spoken_number": self._alt_of(answer.number),
            "spoken_other": self._alt_of(answer.other),
            "spoken_low": self._alt_of(answer.low),
            "spoken_high": self._alt_of(answer.high),
        }


def _tallest(node: Node) -> int:
    """The height that the matrices, cases and gaps in a formula need."""
    match node:
        case Matrix(rows):
            own = MATRIX_ROW * len(rows) + 2
        case Cases(branches):
            own = CASE * len(branches) + 1
        case Blank():
            own = GAP_ROW
        case _:
            own = 0
    return max([own, *map(_tallest, children(node))])


def _begin(place: int) -> Escaped:
    return Escaped(Mark(BEGIN, place).text)


def _end(place: int) -> Escaped:
    return Escaped(Mark(END, place).text)
