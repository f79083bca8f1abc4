"""Titles and notes of long words, and long numbers: nothing sticks out of the page."""

import re
from pathlib import Path

import pytest
from tools.typesetting import compile_tex

import derive
from derive.reading import example_text, parse_problem
from derive.render.escape import tex_text
from derive.render.escape_typst import typst_text

WORDS = {
    "letters": "a" * 180,
    "wide letters": "W" * 180,
    "dollar signs": "$" * 180,
    "brackets": "{}" * 90,
    "quotation marks": '"' * 180,
    "emoji": "😀" * 180,
    "a few emoji": "x" + "😀" * 9,
    "signs": "漢字" * 90,
    "no spaces": "a\u00a0" * 90,
    "an address": "https://example.org/" + "a" * 160,
}


def with_texts(title: str, note: str) -> str:
    quoted = [text.replace("\\", "\\\\").replace('"', '\\"') for text in (title, note)]
    lines = [f'{key} = "{text}"\n' for key, text in zip(("title", "note"), quoted, strict=True)]
    return "".join(lines) + re.sub(r'(?m)^(title|note) = ".*"\n', "", example_text("rohan-chain"))


def test_long_words_break_in_latex(tmp_path: Path) -> None:
    """Each as a title and inside a note."""
    texts = []
    for word in WORDS.values():
        problem = parse_problem(with_texts(word, f"A note with {word} in its middle."))
        text = derive.solve(problem, detail="brief").render("tex")
        start, body = text.split(r"\begin{document}")
        texts.append(body[: body.index(r"\section")])
    log = compile_tex("".join((start, r"\begin{document}", *texts, r"\end{document}")), tmp_path)
    assert log.errors == ()
    assert [box for box in log.overfull if box.points > 2] == []


@pytest.mark.parametrize("word", WORDS.values(), ids=list(WORDS))
def test_long_words_break_in_typst(word: str) -> None:
    """No more than 20 letters stand together; only signs of their own words break by themselves."""
    written = re.sub(r"#(link|other)\(\"[^\"]*\"(, )?", "", typst_text(word)) if "://" in word else typst_text(word)
    pieces = re.split("[\u200b/]", written)
    assert max(len(piece.replace("\\", "")) for piece in pieces) < 30 + len('#other("");')


def test_short_words_stay_whole() -> None:
    for text in ("a short title", "counter-revolutionaries", "a😀b"):
        assert "allowbreak" not in tex_text(text)
    assert tex_text("https://example.org/a/b") == r"\url{https://example.org/a/b}"


def test_numbers_of_thirty_decimals_fit(tmp_path: Path) -> None:
    """In formulas, in sentences and in tables."""
    text = re.sub(r"decimals = \d+", "decimals = 30", example_text("rohan-relu"))
    log = compile_tex(derive.solve(parse_problem(text)).render("tex"), tmp_path)
    assert log.errors == ()
    assert [box for box in log.overfull if box.points > 5] == []
