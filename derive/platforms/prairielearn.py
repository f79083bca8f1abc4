"""PrairieLearn: the folder of a question that draws one of the variants by the seed that PrairieLearn gives it.

`variants.json` has what each variant shows, accepts and says; `server.py` reads it and needs nothing else. Numbers are
compared as decimals, by the same ranges as everywhere; what a known mistake gives gets its words as feedback.
"""

from __future__ import annotations

import json
import uuid
from hashlib import sha256
from typing import Any

from derive.diagram import to_svg
from derive.platforms.bank import Bank, Blank, Choice, Number, Spelling, Variant
from derive.platforms.layout import Layout
from derive.platforms.xml import text

SERVER = '''"""Draws a variant, and marks its boxes: what is right first, then what known mistakes give."""

import json
import os
from decimal import Decimal, InvalidOperation


def variants(data):
    path = os.path.join(data.get("options", {}).get("question_path", os.path.dirname(__file__)), "variants.json")
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def generate(data):
    known = variants(data)
    one = known[int(data["variant_seed"]) % len(known)]
    data["params"].update(one)
    for box in one["boxes"]:
        answer = box["answer"]
        data["correct_answers"][box["id"]] = float(answer) if box["number"] else answer


def between(value, ends):
    return Decimal(ends[0]) <= value <= Decimal(ends[1])


def mark(box, answer):
    """The share of the points, and what is said."""
    if not box["number"]:
        share = str(answer).strip().lower() in [right.lower() for right in box["right"]]
        return (1 if share else 0), box["said"].get(str(answer).strip().upper(), "")
    try:
        value = Decimal(str(answer))
    except InvalidOperation:
        return 0, ""
    if any(between(value, ends) for ends in box["right"]):
        return 1, ""
    return 0, next((words for low, high, words in box["slips"] if between(value, (low, high))), "")


def grade(data):
    earned = possible = 0
    said = []
    for box in data["params"]["boxes"]:
        name = box["id"]
        answer = data["submitted_answers"].get(name)
        share, words = (0, "") if answer is None else mark(box, answer)
        data["partial_scores"][name] = {"score": share, "weight": box["points"]}
        earned += share * box["points"]
        possible += box["points"]
        if words:
            said.append({"label": box["label"], "words": words})
    data["score"] = earned / possible
    data["feedback"]["said"] = said
'''

PICTURES = "<!-- pictures -->"
QUESTION = (
    f"""<pl-question-panel>
{PICTURES}"""
    + """{{{params.lead}}}
</pl-question-panel>
{{#params.boxes}}
<pl-question-panel>{{{text}}}</pl-question-panel>
<p><strong>{{label}}</strong> {{{left}}} =
{{#number}}
<pl-number-input answers-name="{{id}}" comparison="relabs" rtol="0" atol="{{atol}}" weight="{{points}}">
</pl-number-input>
{{/number}}
{{^number}}
<pl-string-input answers-name="{{id}}" weight="{{points}}"></pl-string-input>
{{/number}}
</p>
{{/params.boxes}}
<pl-submission-panel>
{{#feedback.said}}
<p><strong>{{label}}</strong> {{{words}}}</p>
{{/feedback.said}}
</pl-submission-panel>
<pl-answer-panel>{{{params.worked}}}</pl-answer-panel>
"""
)
"""The page, in which names in braces are put in for the variant."""


def picture_name(position: int) -> str:
    return f"picture-{position}.svg"


def prairielearn(bank: Bank, single: bool) -> dict[str, bytes]:
    """The files of the folder."""
    layout = Layout(bank, "quiz")
    variants = json.dumps([_variant(layout, one) for one in bank.variants()], ensure_ascii=False, indent=1)
    about = {
        # The same questions are the same to PrairieLearn, whoever writes them.
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, sha256(variants.encode()).hexdigest())),
        "title": bank.title,
        "topic": "Neural networks",
        "tags": ["derive"],
        "type": "v3",
    }
    figures = "".join(
        f'<pl-figure file-name="{picture_name(k)}" directory="clientFilesQuestion" '
        f'alt="{text(figure.scene.alt_text)}"></pl-figure>\n'
        for k, figure in enumerate(bank.pictures, 1)
    )
    files = {
        "info.json": f"{json.dumps(about, ensure_ascii=False, indent=1)}\n",
        "question.html": QUESTION.replace(PICTURES, figures.replace("{", "&#123;")),
        "server.py": SERVER,
        "variants.json": f"{variants}\n",
    }
    files |= {f"clientFilesQuestion/{picture_name(k)}": to_svg(one.scene) for k, one in enumerate(bank.pictures, 1)}
    return {name: content.encode() for name, content in files.items()}


def _variant(layout: Layout, variant: Variant) -> dict[str, Any]:
    page = layout.page(variant)
    blanks = {blank.label: blank for blank in variant.blanks}
    boxes: list[dict[str, Any]] = []
    before = ""
    for number, question in enumerate(page.sheet.questions, layout.bank.sheet.first):
        before += f"<h4>{number}. {question.title}</h4>{question.intro}"
        for task in question.tasks:
            before += task.text
            for box in task.boxes:
                if box.label in blanks:
                    blank = blanks[box.label]
                    shown = {"id": f"b{box.label}", "label": box.label, "left": box.left, "text": before}
                    boxes.append(shown | {"points": blank.points} | _accepts(layout, blank))
                    before = ""
    return {"code": variant.code, "lead": page.lead, "worked": page.worked(), "boxes": boxes}


def _accepts(layout: Layout, blank: Blank) -> dict[str, Any]:
    accepts = blank.accepts
    match accepts:
        case Number():
            return {
                "number": True,
                "answer": accepts.text,
                "atol": f"{accepts.half:f}",
                "right": [[f"{one.low:f}", f"{one.high:f}"] for one in accepts.rights],
                "slips": [[f"{one.low:f}", f"{one.high:f}", layout.advice(one)] for one in accepts.slips],
            }
        case Choice(offers):
            right = [offer.letter for offer in offers if offer.right]
            said = {offer.letter: layout.sentence(offer.words) for offer in offers if offer.words}
            return {"number": False, "answer": right[0], "right": right, "said": said}
        case Spelling(ways):
            return {"number": False, "answer": ways[0], "right": list(ways), "said": {}}
