"""The practice page: one HTML file with the questions, the judge, and the numbers of every variant.

The sheet is printed once with marks, as for a class set; the page puts the numbers of a variant in. The script is the
judge, the steps of the problem as functions, and what moves the page; its hash is the only one that the page's policy
lets run. Data is JSON in which no `<` stands, so that no name can end it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

from derive.document import Answer, Math, Strong, Task, Words, Worksheet
from derive.expression import Node, Ref, Slot, children
from derive.expression import Wording as NodeWords
from derive.formula import Gathered, Holds, Line, Named
from derive.palette import Colours
from derive.practice.rules import rule_of
from derive.practice.sheet import CHOICE, Judged
from derive.quantity import Quantity
from derive.render.escape import Escaped
from derive.render.families import environment, template_folder
from derive.render.filling import Template
from derive.render.formats import Format, piece_format
from derive.render.languages import written_in
from derive.render.pictures import html_palette, svg_drawing
from derive.render.pieces import Pieces, QuestionPiece, Sentences
from derive.wording import PHRASES, Wording
from derive.worksheet.boxes import Box

PHRASE = "practice_"
"""What the keys of the page's own phrases begin with."""
SKETCHES = 100
"""Pictures to write into are counted from here, the others from 1."""
STATE, FACTOR, STEP, MASK = 0x7FFFFFFF, 1103515245, 12345, 255


class Page:
    """A sheet as a practice page."""

    def __init__(self, judged: Judged, say: Wording, colours: Colours | None = None) -> None:
        self.judged, self.sheet, self.say = judged, judged.sheet, say
        comma = self.sheet.problem.decimal_comma
        row = piece_format("html", comma, svg_drawing)
        self.row: Format = row.coloured(colours)
        self.sentence = Sentences(self.row, self.sheet.namer)
        self.words = Sentences(piece_format("popover", comma), self.sheet.namer)

    def html(self, variants: Sequence[Mapping[Quantity, Decimal]], logo: Mapping[str, Escaped] | None = None) -> str:
        """The whole file; `logo` is what the template prints of one."""
        body, numbered = self._body()
        template = Template(body, self.row)
        sealed = []
        for drawn in variants:
            numbers = self.sheet.numbers(drawn)
            texts = template.texts(self.sheet.filling(numbers))
            answers = self.judged.answers(numbers, drawn)
            sealed.append(seal({"form": numbers.form, "texts": texts, **answers}))
        data = {
            **self.judged.data,
            "id": self.sheet.numbers().form,
            "comma": self.sheet.problem.decimal_comma,
            "body": {"literals": template.literals, "picks": template.picks},
            **self._said(),
            "phrases": self._phrases(),
            "hints": [self._hint(box) for box in self.judged.asked],
            "numbered": numbered,
            "variants": sealed,
        }
        head = self.sheet.problem.sheet
        title = head.title or self.sheet.problem.title
        script = self._script()
        return (
            environment("practice")
            .get_template("page.html")
            .render(
                title=self.row.text(title),
                plain_title=self.row.plain(title),
                script=script.text,
                source=script.source,
                data=data_of(data),
                above=[self.row.text(line) for line in self.sheet.document.masthead.above],
                below=[self.row.text(line) for line in self.sheet.document.masthead.below],
                logo=logo,
                logo_words=self.row.plain(self.say["logo"]),
                large=head.large,
                palette=html_palette(self.row.by),
                phrases={key: self.row.plain(text) for key, text in self._own().items()},
                **written_in(head.language),
            )
        )

    def _script(self) -> Script:
        folder = template_folder() / "practice"
        formulas = ",\n".join(self.judged.formulas)
        text = f"\n{(folder / 'judge.js').read_text('utf-8')}\nconst formulas = [\n{formulas}\n];\n"
        return Script.of(f"{text}\n{(folder / 'page.js').read_text('utf-8')}")

    # -- the questions -------------------------------------------------------------------------------------------

    def _body(self) -> tuple[str, int]:
        """What is given and the questions with a place for every box, with marks; and how many boxes there are."""
        document = _without_names(self.sheet.document)
        marked = Pieces(document, self.row, self.sheet.namer).marked
        asked = {box.label: k for k, box in enumerate(self.judged.asked)}
        questions = []
        for number, (piece, question) in enumerate(
            zip(marked.questions, document.questions, strict=True), document.first
        ):
            sketch = (
                self.row.drawing(question.sketch.empty, 100 + number) if question.sketch and self.row.drawing else None
            )
            questions.append(self._question(number, piece, asked, sketch))
        text = environment("practice").get_template("sheet.html").render(lead=marked.lead, questions=questions)
        return text, len(asked)

    def _question(
        self, number: int, piece: QuestionPiece, asked: Mapping[str, int], sketch: Escaped | None
    ) -> dict[str, object]:
        tasks = [
            {
                "text": task.text,
                "boxes": [
                    {
                        "label": Escaped(box.label),
                        "left": box.left,
                        "number": Escaped(asked[box.label]),
                        "choice": self.judged.data["boxes"][asked[box.label]]["sort"] == CHOICE,
                    }
                    for box in task.boxes
                    if box.label in asked
                ],
            }
            for task in piece.tasks
        ]
        heading = self.say("question", number=str(number), title="\0")
        before, _, after = heading.partition("\0")
        title = Escaped(f"{self.row.text(before)}{piece.title}{self.row.text(after)}")
        return {"title": title, "intro": piece.intro, "sketch": sketch, "tasks": tasks}

    # -- what is said --------------------------------------------------------------------------------------------

    def _said(self) -> dict[str, Any]:
        """What is said of the mistakes: each as numbers of sentences, for many have the same remedy."""
        sentences: dict[str, int] = {}
        instead = Strong(self.say["instead"])
        said = []
        for words in self.judged.words:
            cuts = [at for at, word in enumerate(words) if word == instead]
            parts = [words[start:end] for start, end in pairwise([0, *cuts, len(words)])]
            said.append([sentences.setdefault(self.words(part), len(sentences)) for part in parts])
        return {"sentences": list(sentences), "words": said}

    def _own(self) -> dict[str, str]:
        return {key.removeprefix(PHRASE): self.say[key] for key in PHRASES if key.startswith(PHRASE)}

    def _phrases(self) -> dict[str, str]:
        """The phrases that the script puts together, as HTML."""
        also = {key: self.say[key] for key in ("probably", "perhaps", "mistakes_fit_here", "mistakes_or")}
        return {key: self.row.text(text) for key, text in (self._own() | also).items()}

    def _hint(self, box: Box) -> dict[str, Any]:
        """The rule, the formula, and the numbers that are put in: a name, and where its number is."""
        program = self.judged.foresight.own.program
        if box.answer or box.quantity not in program.place:
            return {}
        step = self.sheet.solution.trace.step(box.quantity)
        _, answer = self._asked[box.label]
        line: Words = (Math(Line(answer.left, (("=", self._formula(box)),))),)
        names = [
            [self.sentence((Math(self._called(program.quantities[one])),)), one]
            for one in self.judged.sources.get(program.place[box.quantity], ())
        ]
        return {"rule": self.row.text(self.say[rule_of(step)]), "formula": self.sentence(line), "numbers": names}

    @cached_property
    def _asked(self) -> dict[str, tuple[Task, Answer]]:
        """What stands on the sheet for each box, by its label."""
        tasks = (task for question in self.sheet.body.questions for task in question.tasks)
        return {answer.label: (task, answer) for task in tasks for answer in task.boxes}

    def _called(self, quantity: Quantity) -> Node:
        """A number by the name that the sheet has for it."""
        box = next((one for one in self.sheet.boxes if one.quantity == quantity), None)
        return Ref(quantity) if box is None else self._asked[box.label][1].left

    def _formula(self, box: Box) -> Node:
        """The formula of a box in names: as the sheet has it, or that of the step."""
        task, _ = self._asked[box.label]
        if len(task.boxes) == 1:
            for line in (*task.lines, *task.working):
                for _, node in line.parts:
                    if not isinstance(node, NodeWords) and _worked_out(node):
                        return node
        formula = self.judged.foresight.own.program.formula(box.quantity)
        assert formula is not None, "a box has a step"
        return formula


def _worked_out(node: Node) -> bool:
    """Whether a formula has neither a place to fill in nor a sum over letters, which shows no numbers."""
    if isinstance(node, Slot | Gathered | Holds):
        return False
    return isinstance(node, Named) or all(map(_worked_out, children(node)))


@dataclass(frozen=True)
class Script:
    """The script of the page, and the words of a policy that let it run and no other."""

    text: Escaped
    source: Escaped

    @classmethod
    def of(cls, text: str) -> Script:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        return cls(Escaped(text), Escaped(f"'sha256-{digest}'"))


def _without_names(document: Worksheet) -> Worksheet:
    """The sheet without lines that say only what belongs into a box: the box says so itself."""

    def alone(line: Line) -> bool:
        return all(isinstance(node, NodeWords) and not node.text for _, node in line.parts)

    def bare(task: Task) -> Task:
        return replace(task, lines=()) if len(task.boxes) == 1 and all(map(alone, task.lines)) else task

    questions = (replace(one, tasks=tuple(map(bare, one.tasks))) for one in document.questions)
    return replace(document, questions=tuple(questions))


def data_of(data: Mapping[str, Any]) -> Escaped:
    """Data inside of an element of HTML: ASCII, and nothing in it begins a tag.

    >>> print(data_of({"title": "</script>\u2028"}))
    {"title":"\\u003c/script>\\u2028"}
    """
    return Escaped(json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"))


def seal(data: Mapping[str, Any]) -> str:
    """Data that is not to be read at a glance; `opened` in the page's script makes it readable.

    >>> seal({"a": 1}) == seal({"a": 1}) != seal({"a": 2})
    True
    """
    plain = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    state, found = len(plain), bytearray()
    for byte in plain:
        state = (state * FACTOR + STEP) & STATE
        found.append(byte ^ (state >> 16 & MASK))
    return base64.b64encode(bytes(found)).decode()
