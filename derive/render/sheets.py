"""The walk over a worksheet: its questions, its boxes and what the key says, written for one format.

The key is the same text with what belongs into the boxes and the room. LaTeX holds both in one source, and a switch
chooses. How high a task is, is decided by `heights`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from derive.diagram import scale
from derive.document import Answer, Block, Masthead, Question, Sketch, Task, Worksheet
from derive.expression import Node, Shown, Slot, Wording
from derive.formula import Line, Printer
from derive.formula.marks import BEGIN, END, IN_WORDS, PLAIN_WORD, WORD, Mark
from derive.formula.words import Speaker
from derive.notation import Namer
from derive.render import pictures
from derive.render.blocks import Walk
from derive.render.escape import Escaped
from derive.render.escape_html import css_string
from derive.render.formats import Format
from derive.render.heights import HEAD, INTRODUCTION, LARGE, USUAL, Heights
from derive.render.languages import written_in
from derive.render.logo import LogoFile
from derive.render.slugs import label
from derive.sentences import capital
from derive.wording import ENGLISH, pieces

WIDEST_FIGURE = 480
"""Points of the width of a page."""

HEADER = ("name", "identifier", "date", "form")
"""The words that are put in, by place; the first three are lines to write on where they are empty."""


class Note(NamedTuple):
    """The places of the two stretches of a box's note: the other way of rounding, and the range."""

    other: int
    wide: int


def notes(box: int) -> Note:
    """The stretches of a box, counted from 0; before them stand those of the header."""
    start = len(HEADER) - 1 + 2 * box
    return Note(start, start + 1)


def sketch_name(sketch: Sketch, key: bool) -> str:
    """What tells the file of a picture to write into from others."""
    return f"{sketch.name}-filled" if key else sketch.name


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


PLAIN_PHRASES = ("name", "identifier", "date", "form", "answer", "for_instructor", "logo")
"""Phrases that templates print as they are."""


class _SheetWalk(Walk):
    """One worksheet on its way to one format; its picture stays where it is."""

    floats = False

    def __init__(self, row: Format, namer: Namer, answers: bool, pictures: str, sheet: Worksheet) -> None:
        super().__init__(row, namer, pictures, sheet.wording)
        self.inlines.stem = Escaped(label(f"{pictures}.key" if answers and pictures else pictures))
        row = self.format
        self.wording, self.sizes = sheet.wording, LARGE if sheet.masthead.large else USUAL
        self.magnified = self.sizes.factor
        self.logo: dict[str, Escaped] | None = None
        self.key = answers
        self.switched = row.key == "tex"
        shown = answers or self.switched
        self.inlines.printer = Printer(row.dialect, namer, shown, by_unit=row.by == "unit")
        self.inlines.speaker = Speaker(row.words, namer, shown)
        self.heights = Heights(self.inlines, self.sizes, row.line_width)
        self.boxes = 0

    def part(self, sheet: Worksheet, form: str = "", number: int = 0) -> Part:
        """One problem; with a `form` it has a heading with its `number`."""
        title = self.format.text(sheet.title)
        return Part(
            blocks=self._blocks(sheet.lead, ()),
            questions=[self._question(question, k) for k, question in enumerate(sheet.questions, sheet.first)],
            remarks=self._blocks(self._told(sheet), ()) if self.key or self.switched else [],
            before=Escaped(sheet.first - 1 or ""),
            heading=self._phrase("problem", number=Escaped(number), title=title) if form else None,
            form=self.format.text(form) if form else None,
        )

    def _told(self, sheet: Worksheet) -> tuple[Block, ...]:
        """What the key says behind the questions."""
        return sheet.remarks if self.format.loose else (*sheet.remarks, *sheet.sketched)

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
            figure_word=None if (word := self.wording["figure"]) == ENGLISH["figure"] else self.format.text(word),
            **written_in(sheet.masthead.language),
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
        tasks = [task for task in question.tasks if self.format.loose or not task.pictured]
        # The boxes of those in a picture are counted all the same.
        self.boxes += sum(len(task.boxes) for task in question.tasks if task not in tasks)
        first = self.heights.task(tasks[0]) if tasks else 0
        if question.sketch is not None:
            first += pictures.shown_height(question.sketch.empty)
        sketch = self._sketch(question.sketch) if question.sketch is not None else None
        # Without its picture the question is a list of what is asked.
        intro = question.intro if sketch is not None or question.sketch is None else ()
        return self._fill(
            "question",
            need=Escaped(first + HEAD + INTRODUCTION * bool(intro)),
            number=Escaped(number),
            title=(title := self.inlines.heading(question.title)),
            heading=self._phrase("question", number=Escaped(number), title=title),
            points=self._points(question.points) if question.points else "",
            bare_points=Escaped(question.points),
            intro=self._blocks(intro, ()),
            sketch=sketch,
            tasks=[self._task(task) for task in tasks],
        )

    def _sketch(self, sketch: Sketch) -> Escaped | None:
        """A picture to write into, in the key the filled one; None where a file beside the text would be needed."""
        drawing, shown = self.format.drawing, sketch.filled if self.key else sketch.empty
        self.figures += 1
        if drawing is None and not self.stem:
            return None
        both = [(scene, self.figures) for scene in (sketch.empty, sketch.filled)]
        address = pictures.address(self.stem, sketch_name(sketch, self.key))
        return self._fill(
            "sketch",
            picture=drawing(shown, self.figures) if drawing else address,
            both=[drawing(*one) for one in both] if drawing and self.switched else [],
            alt=self.format.plain(f"{shown.title}. {shown.description}"),
            width=pictures.shown_width(shown),
            shrinks=scale(shown) < 1,
            number=Escaped(self.figures),
        )

    def _task(self, task: Task) -> Escaped:
        rows, top = self.heights.rows(task, task.lines)
        working, _ = self.heights.rows(task, task.working) if self.key or self.switched else ([], 0)
        room = self.heights.room(task)
        return self._fill(
            "task",
            key=self.key,
            label=Escaped(task.label),
            words=self.inlines.join(task.words, self.inlines.word),
            words_height=Escaped(self.heights.words(task)),
            rows=rows,
            alt=self._alt(task.lines),
            working=working,
            working_alt=self._alt(task.working if working else ()),
            top=Escaped(top),
            room=Escaped(room),
            has_room=bool(room),
            height=Escaped(self.heights.task(task)),
            below=Escaped(self.heights.below(task)),
            grid=[[self._answer(answer) for answer in line] for line in self.heights.grid(task)],
            beside=self.heights.beside(task),
            points=self._points(task.points),
            scrolls=self.format.plain(self.wording["scrolls"]),
            phrase=self._phrase,
            sizes=self.sizes.printed(),
            bare_points=Escaped(task.points),
        )

    def _fill(self, kind: str, **parts: object) -> Escaped:
        if kind in ("figure", "sketch") and self.magnified > 1:
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


def _begin(place: int) -> Escaped:
    return Escaped(Mark(BEGIN, place).text)


def _end(place: int) -> Escaped:
    return Escaped(Mark(END, place).text)
