"""The walk over a document: each block gets its parts, written for one format, and fills its template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

from derive.diagram import scale
from derive.document import (
    Block,
    Bullets,
    Document,
    Equation,
    Figure,
    Inline,
    Math,
    Paragraph,
    Remark,
    Section,
    Stepper,
    Strong,
    Table,
    Text,
    Words,
    Worked,
)
from derive.expression import NOTHING
from derive.formula import Line, lay_out
from derive.formula.nodes import Tinted
from derive.notation import Namer
from derive.palette import legend
from derive.render import moving, pictures
from derive.render.beside import in_columns, is_tight, runs
from derive.render.escape import Escaped
from derive.render.families import Script, script
from derive.render.formats import Format
from derive.render.inlines import Inlines
from derive.render.languages import written_in
from derive.render.layout import PAGE_WIDTH, WORKED_WIDTH, columns, is_long
from derive.render.rows import FormulaRow, printed_row
from derive.render.slugs import label
from derive.render.together import DISPLAYS, ROOM, ROOM_FOR_TWO, goes_on, leads_on, opens_below, rests, stays_whole
from derive.wording import ENGLISH, Wording

DEEPEST = 4
"""How deep sections may be nested."""


_Group = tuple[list[FormulaRow], dict[str, Escaped]]


class _WorkedLine(NamedTuple):
    """One line of a derivation: its rows, its rule, and its words for a format that has a place for them."""

    rows: list[FormulaRow]
    rule: tuple[Escaped, ...]
    alt: Escaped | None


class Walk:
    """One document on its way to one format; `boxed` while inside a remark.

    Pictures float to the head or the foot of a page where the document `floats` them.
    """

    floats = True

    def __init__(self, row: Format, namer: Namer, stem: str = "", say: Wording = ENGLISH) -> None:
        self.inlines = Inlines(row, namer, say)
        self.inlines.stem = Escaped(label(stem))
        self.format, self.stem, self.boxed, self.figures = self.inlines.format, stem, False, 0
        self.script: Script | None = None
        self.rests: int | None = None
        """How many places there were that a picture could be moved to; none where it stays."""
        self.magnified = 1.0
        """How much larger than usual the letters are, on a page of the same width."""

    def document(
        self, document: Document, paper: str = "a4", template: str = "document", *, placing: bool = False
    ) -> str:
        if template == "document" and (placing or self.format.paged) and self.floats:
            self.rests = 0
        steppers = document.moving() if self.format.traced is not None else ()
        lead = (*document.lead, *self._legend(document))
        blocks = [*self._blocks(lead, ()), *map(self._stepper, steppers), *self._sections(document.sections, ())]
        return self._fill(
            template,
            title=self.format.text(document.title.strip()),
            plain_title=self.format.plain(document.title.strip()),
            blocks=blocks,
            script=self.script,
            placing=self.rests is not None,
            contents=list(self._contents(document.sections, ())),
            palette=self.format.palette(self.format.by),
            paper=Escaped(paper),
            colophon=self.format.text(document.colophon.strip()),
            figure_word=None,
            words={key: self.format.plain(document.wording[key]) for key in ("page_contents", "page_skip")},
            **written_in(document.language),
        )

    def _legend(self, document: Document) -> list[Block]:
        """What the colours tell, where there are some."""
        roles = legend(document.roles, self.format.by) if self.format.colours else []
        if len(roles) < 2:
            return []
        words: list[Inline] = [Text("Colours: ")]
        for role, said in roles:
            end = "." if (role, said) == roles[-1] else ","  # inside, so that no line begins with it
            words += [Math(Tinted(f"{said}{end}", role)), Text(" ")]
        words.append(Text("A number has the colour of the name that it stands for."))
        return [Paragraph(tuple(words))]

    def block(self, block: Block, leads: bool = False, goes_on: bool = False) -> Escaped:
        """A block that is no section; `leads` when its words lead to what stands below it.

        It `goes_on` when no picture should part it from the formula above it.
        """
        match block:
            case Paragraph(words):
                text, kept = self.inlines.start(words), stays_whole(map(self.inlines.word, words))
                return self._fill("paragraph", words=text, leads=leads, whole=kept, draws=False, goes_on=goes_on)
            case Equation(lines, beside=True) if self.format.beside:
                return self._in_columns(lines)
            case Equation(lines, number, whole):
                width = self.format.line_width - (self.format.number_width if number is not None else 0)
                laid_out = [lay_out(line, self.inlines.printer, width) for line in _some(lines)]
                groups = [[printed_row(row) for row in rows] for rows in laid_out]
                rows = [row for group in groups for row in group]
                said = [(group, self.inlines.spoken(line)) for group, line in zip(groups, lines, strict=True)]
                return self._equation(rows, number, self.inlines.spoken(*lines), said if whole else [])
            case Worked():
                return self._worked(block)
            case Bullets(items):
                return self._fill("bullets", items=[self.inlines.start(item) for item in _some(items)])
            case Table():
                return self._table(block)
            case Figure():
                return self._figure(block)
            case Remark():
                return self._remark(block)
        raise TypeError(f"{block!r} has no place here")

    def _fill(self, kind: str, **parts: object) -> Escaped:
        return Escaped(
            self.inlines.family.block(kind).render(stem=self.inlines.stem, told=self.inlines.phrase, **parts)
        )

    # Sections are numbered on the way.

    def _sections(self, sections: Iterable[Section], above: tuple[int, ...], begun: bool = False) -> Iterator[Escaped]:
        """`begun` where the first one stands so near below the heading above it that both are kept together."""
        for position, section in enumerate(sections, 1):
            number = (*above, position)
            if len(number) > DEEPEST:
                raise ValueError(f"sections are nested deeper than {DEEPEST}")
            room = ROOM_FOR_TWO if opens_below(section.blocks) else ROOM
            yield self._fill(
                "section",
                level=len(number),
                number=Escaped(".".join(map(str, number))),
                anchor=Escaped("-".join(map(str, number))),
                title=self.inlines.heading(section.title),
                room=None if begun and position == 1 else Escaped(room),
                rest=self._rest("section") if position > 1 else None,
                pictured=any(isinstance(block, Figure) for block in section.blocks[:1]),
                blocks=self._blocks(section.blocks, number),
            )

    def _contents(self, sections: Iterable[Section], above: tuple[int, ...]) -> Iterator[dict[str, object]]:
        """The sections as a table of contents lists them, each before those inside it."""
        for position, section in enumerate(sections, 1):
            number = (*above, position)
            name = Escaped(".".join(map(str, number)))
            yield {"level": len(number), "number": name, "title": self.inlines.entry(section.title)}
            yield from self._contents((block for block in section.blocks if isinstance(block, Section)), number)

    def _blocks(self, blocks: tuple[Block, ...], number: tuple[int, ...]) -> list[Escaped]:
        """The blocks of a section in order, the sections between them numbered through."""
        blocks = tuple(filter(self._shows, blocks))
        inner = self._sections((block for block in blocks if isinstance(block, Section)), number, opens_below(blocks))
        texts: list[Escaped] = []
        above: Block | None = None
        for block, below in zip_longest(blocks, blocks[1:]):
            joined = self.format.runs_on and isinstance(below, DISPLAYS)
            leads = leads_on(block, below, self.inlines.word) and not joined
            if (
                above is not None
                and rests(above, block, self.inlines.word)
                and (rest := self._rest("step")) is not None
            ):
                texts.append(rest)
            further = self.rests is not None and goes_on(above, block)
            text = next(inner) if isinstance(block, Section) else self.block(block, leads, further)
            if self.format.runs_on and isinstance(block, DISPLAYS) and isinstance(above, (Paragraph, *DISPLAYS)):
                texts[-1] = Escaped(f"{texts[-1]}\n{text}")
            else:
                texts.append(text)
            above = block
        return texts

    def _rest(self, before: str) -> Escaped | None:
        """The mark of a place that a picture above it may be moved to, if there is one."""
        if self.rests is None or self.boxed or not self.figures:
            return None
        self.rests += 1
        return self._fill("rest", before=Escaped(before), number=Escaped(self.rests))

    def _shows(self, block: Block) -> bool:
        """Whether this format has a place for the block."""
        match block:
            case Figure():
                return self.format.drawing is not None or bool(self.stem)
        return True

    def _remark(self, remark: Remark) -> Escaped:
        if self.boxed:
            raise ValueError("a remark stands inside a remark")
        self.boxed = True
        inside = self._blocks(_some(remark.blocks), ())
        self.boxed = False
        return self._fill("remark", title=self.format.text(remark.title.strip()), blocks=inside, warns=remark.warns)

    # Formulas.

    def _in_columns(self, lines: tuple[Line, ...]) -> Escaped:
        """Formulas of which the short ones stand in two columns."""
        texts: list[Escaped] = []
        for halves in runs(_some(lines), self.inlines.printer, PAGE_WIDTH):
            if len(halves) == 1:
                texts.append(self.block(Equation(tuple(halves[0]))))
                continue
            rows = in_columns(halves, self.inlines.printer, PAGE_WIDTH, self.format.beside)
            spoken = self.inlines.spoken(*(line for half in halves for line in half))
            tight = is_tight(halves, self.inlines.printer, PAGE_WIDTH)
            texts.append(self._equation([printed_row(row) for row in rows], None, spoken, tight=tight))
        return Escaped(("\n" if self.format.runs_on else "\n\n").join(texts))

    def _equation(
        self,
        rows: list[FormulaRow],
        number: int | None,
        spoken: dict[str, Escaped],
        groups: list[_Group] | None = None,
        tight: bool = False,
    ) -> Escaped:
        """Formulas; `groups` are the rows of each line with its words, where they stay together.

        `tight` ones need the whole width of the page: their signs of equality may stand left of the others.
        """
        kept = [{"rows": own, "span": Escaped(len(own)), **said} for own, said in groups or ()]
        printed = None if number is None else Escaped(number)
        return self._fill("equation", rows=rows, number=printed, groups=kept, tight=tight, **spoken)

    def _worked(self, block: Worked) -> Escaped:
        """Each rule beside the last row of its line."""
        lines: list[_WorkedLine] = []
        for position, (sign, node, rule) in enumerate(_some(block.lines)):
            rows: list[FormulaRow] = []
            laid_out = lay_out(Line(block.left, ((sign, node),)), self.inlines.printer, WORKED_WIDTH)
            for at, row in enumerate(laid_out, 1):
                beside = self.format.rule(rule) if at == len(laid_out) else ()
                rows.append(printed_row(row._replace(left="") if position else row, beside))
            spoken = self.inlines.spoken(Line(NOTHING, ((sign, node),)))
            lines.append(_WorkedLine(rows, rows[-1].rule, spoken.get("alt")))
        rows = [row for line in lines for row in line.rows]
        if not any(row.rule for row in rows):
            whole = Line(block.left, tuple((sign, node) for sign, node, _ in block.lines))
            return self._equation(rows, None, self.inlines.spoken(whole))
        return self._fill("worked", rows=rows, lines=lines, left=rows[0].left, **self.inlines.spoken(block.left))

    # Pictures.

    def _figure(self, figure: Figure) -> Escaped:
        scene, drawing = self.inlines.heard(figure.scene, figure.caption), self.format.drawing
        self.figures += 1
        return self._fill(
            "figure",
            lead=self._lead(figure) if figure.shows else None,
            called=self.format.text(figure.called),
            own=figure.called != "Figure",
            number=Escaped(self.figures),
            picture=drawing(scene, self.figures) if drawing else pictures.address(self.stem, figure),
            alt=self.format.plain(scene.alt_text),
            width=pictures.shown_width(scene),
            shrinks=scale(scene) < 1,
            floats=self.floats and not self.boxed,
            after=Escaped(self.rests or 0),
            caption=self.inlines.join(figure.caption, self.inlines.word),
            opening=self.inlines.start(figure.caption),
        )

    def _lead(self, figure: Figure) -> Escaped:
        """The sentence above a picture."""
        named, word = self.inlines.figure(figure.called, self.figures), self.inlines.word
        text = self.format.start(Escaped(f"{named}{self.inlines.join((Text(' '), *figure.shows), word)}"))
        whole = stays_whole(map(word, (Text(f"{figure.called} {self.figures} "), *figure.shows)))
        return self._fill("paragraph", words=text, leads=False, whole=whole, draws=True, goes_on=False)

    def _stepper(self, block: Stepper) -> Escaped:
        self.script = script("html/stepper.js")
        return self._fill("stepper", **moving.parts(_some(block.steps), block, self.inlines))

    # Tables.

    def _table(self, table: Table) -> Escaped:
        grid = [[self.inlines.cell(cell) for cell in row] for row in (table.header, *_some(table.rows))]
        if any(len(row) != len(table.align) for row in grid):
            raise ValueError(f"a table of {len(table.align)} columns has a row of another length")
        widths = [max(row[at].width for row in grid) for at in range(len(table.align))]
        prose = [any(_breaks(row[at]) for row in table.rows) for at in range(len(table.align))]
        size, shares = columns(table.align, [width * self.magnified for width in widths], prose)
        shares = [share and share / self.magnified for share in shares]
        layout = [
            {
                "align": Escaped(align),
                "wraps": share is not None,
                "width": Escaped(round(share or width, 1)),
                "dashes": max(3, round(share or width)),
            }
            for align, share, width in zip(table.align, shares, widths, strict=True)
        ]
        texts = [[cell.text for cell in row] for row in grid]
        return self._fill(
            "table",
            header=texts[0],
            rows=texts[1:],
            columns=layout,
            size=Escaped(size),
            tall=any(cell.tall for row in grid for cell in row),
            long=not self.boxed and (table.breaks or is_long([[cell.width for cell in row] for row in grid], shares)),
        )


def _some(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """The items; none at all is an error."""
    if not items:
        raise ValueError("a block is empty")
    return items


def _breaks(words: Words) -> bool:
    """Whether a cell holds words between which a line may break."""
    return any(isinstance(word, Text | Strong) and " " in word.text.strip() for word in words)
