"""What stands in a line: words and formulas, written for one format, each with an estimate of its width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from derive.diagram import Scene
from derive.document import Cite, Code, Inline, Later, Math, Strong, Text, Words
from derive.expression import Node
from derive.formula import Line, Printer
from derive.formula.marks import PLAIN_WORD, WORD, Mark
from derive.formula.words import Speaker
from derive.notation import Namer
from derive.render.escape import Escaped
from derive.render.families import family
from derive.render.formats import Format
from derive.render.layout import CHARACTER
from derive.wording import ENGLISH, Wording, pieces

CLOSING = frozenset(".,;:?!)")


class Written(NamedTuple):
    """A piece of a line; `tall` where it holds a fraction."""

    text: Escaped
    width: float
    tall: bool = False


class Inlines:
    """Words and formulas on their way to one format."""

    def __init__(self, row: Format, namer: Namer, say: Wording = ENGLISH) -> None:
        row = row.worded(say)
        self.format, self.wording = row, say
        self.printer = Printer(row.dialect, namer, by_unit=row.by == "unit")
        self.plain = Printer(row.letters, namer)
        self.speaker = Speaker(row.words, namer)
        self.family = family(row)
        self.stem = Escaped("")
        """What the labels of a document begin with, so that several of them can stand in one book."""

    def start(self, words: Words) -> Escaped:
        """The words that a block begins with."""
        return self.format.start(self.join(words, self.word))

    def heading(self, words: Words) -> Escaped:
        return self.join(words, self._heading_word)

    def entry(self, words: Words) -> Escaped:
        """A heading in a table of contents, without links: it is one."""
        return Escaped("".join([self._unlinked(word) for word in words]))

    def _unlinked(self, word: Inline) -> Escaped:
        match word:
            case Math():
                return self._heading_word(word).text
            case Later(place):
                return Escaped(Mark(PLAIN_WORD, place).text)
            case Cite(number):
                return self.format.plain(f"({number})")
        return self.format.plain(word.text)

    def join(self, words: Words, write: Callable[[Inline], Written]) -> Escaped:
        check_spaces(words)
        pieces: list[str] = []
        some = [word for word in words if word != Text("")]
        for before, word in zip((None, *some), some, strict=False):
            if (
                self.format.together
                and isinstance(before, Math)
                and isinstance(word, Text)
                and word.text[:1] in CLOSING
            ):
                # Else a line could begin with the sign that ends the clause.
                pieces[-1:] = [self.format.together(Escaped(pieces[-1]), self.format.text(word.text[:1]))]
                word = Text(word.text[1:])
            pieces.append(write(word).text)
        return Escaped("".join(pieces))

    def word(self, word: Inline) -> Written:
        match word:
            case Text(text):
                return Written(self.format.text(text), len(text) * CHARACTER)
            case Strong(text):
                return self._strong(text)
            case Math():
                text, width, tall = formula(word.formula, self.printer)
                return Written(self._fill("math", formula=text, **self._told(word.formula)), width, tall)
            case Code(text):
                return Written(self._fill("code", text=self.format.code(text)), len(text) * CHARACTER * 1.1)
            case Later(place):
                return Written(Escaped(Mark(WORD, place).text), 0)
            case Cite(number):
                told = self.label("equation_numbered", number=number) if self.format.spoken else {}
                return Written(self._fill("cite", number=Escaped(number), stem=self.stem, **told), 1.5)
        raise TypeError(f"{word!r} has no place in a line")

    def cell(self, words: Words) -> Written:
        """The words of a table cell."""
        check_spaces(words)
        pieces = [(word, self.word(word)) for word in words]
        text = "".join(self.format.cell(word, piece.text) for word, piece in pieces)
        width = sum(piece.width for _, piece in pieces)
        return Written(Escaped(text), width, any(piece.tall for _, piece in pieces))

    def figure(self, called: str, number: int) -> Escaped:
        """The name of a picture, in a format that can do so as a link to it."""
        return self._fill("cite_figure", called=self.format.text(called), number=Escaped(number), stem=self.stem)

    def spoken(self, *formulas: Node | Line) -> dict[str, Escaped]:
        """The part `alt` of a template, the formulas in words, for a format that has a place for it."""
        if self.format.spoken is None:
            return {}
        said = "; ".join(map(self.speaker.formula, formulas))
        return {"alt": self.format.spoken(said)}

    def _told(self, formula: Node | Line) -> dict[str, Escaped]:
        """A formula in words, and what it is called where it is too long for a line."""
        alt = self.spoken(formula)
        return alt | self.label("scrolls") if alt else {}

    def label(self, key: str, **parts: object) -> dict[str, Escaped]:
        """The part `label` of a template: what those are told who hear the page."""
        return {"label": self.format.plain(self.wording(key, **{name: str(part) for name, part in parts.items()}))}

    def phrase(self, key: str, **parts: Escaped) -> Escaped:
        """A phrase for those who hear the page; what is put in is written for the format already."""
        found = enumerate(pieces(self.wording[key]))
        return Escaped("".join(parts[piece] if at % 2 else self.format.plain(piece) for at, piece in found if piece))

    def heard(self, scene: Scene, caption: Words) -> Scene:
        """A picture with its alternative text: in words of one's own that is what stands below it."""
        if not self.wording.own:
            return scene
        return replace(scene, title=self.aloud(caption), description="")

    def aloud(self, words: Words) -> str:
        """Words with their formulas as they are read aloud."""
        return "".join(
            self.speaker.formula(word.formula) if isinstance(word, Math) else str(getattr(word, "text", ""))
            for word in words
        )

    def _fill(self, kind: str, **parts: Escaped) -> Escaped:
        return Escaped(self.family.inlines[kind](**parts))

    def _strong(self, text: str) -> Written:
        """Bold words; the spaces around them stay outside."""
        inner = text.strip()
        before, _, after = text.partition(inner)
        bold = self._fill("strong", text=self.format.text(inner))
        spaced = Escaped(f"{' ' * bool(before)}{bold}{' ' * bool(after)}")
        return Written(spaced, len(text) * CHARACTER * 1.15)

    def _heading_word(self, word: Inline) -> Written:
        """In a heading a formula also has a plain form, for a table of contents."""
        if not isinstance(word, Math):
            return self.word(word)
        plain = formula(word.formula, self.plain).text
        if self.format.plain_headings:
            return Written(self.format.text(plain), len(plain) * CHARACTER)
        text, width, _ = formula(word.formula, self.printer)
        parts = {"formula": text, "plain": self.format.plain(plain), **self.spoken(word.formula)}
        return Written(self._fill("heading_math", **parts), width)


def formula(node: Node | Line, printer: Printer) -> Written:
    """A formula, or a line of them, on one row."""
    if not isinstance(node, Line):
        printed = printer.print(node)
        return Written(Escaped(printed.text), printed.width, printed.tall)
    left = printer.print(node.left)
    pieces, width, tall = [left.text] if left.text else [], left.width, left.tall
    for sign, side in node.marked():
        printed = printer.print(side)
        pieces += [printer.dialect.relation(sign), printed.text]
        width += printer.dialect.relation_width + printed.width
        tall |= printed.tall
    return Written(Escaped(" ".join(pieces)), width, tall)


def check_spaces(words: Words) -> None:
    """A formula stands apart from words and from other formulas: beside a letter `$` is no delimiter."""
    for word, following in pairwise(words):
        before = word.text[-1:] if isinstance(word, Text | Strong) else ""
        after = following.text[:1] if isinstance(following, Text | Strong) else ""
        match word, following:
            case Math(), Math():
                glued = True
            case _, Math():
                glued = before.isalnum() or before in ("-", "$")
            case Math(), _:
                glued = after.isalnum() or after == "$"
            case _:
                glued = False
        if glued:
            raise ValueError(f"a formula stands too close to its neighbour: {word!r}, {following!r}")
