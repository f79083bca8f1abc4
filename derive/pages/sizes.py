"""The chapter on shapes: what every row of the library takes and gives, its parameters, and how far a kernel goes.

Decides which rows have a line and which formula of a size is shown: only one that gives the size that is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import prod

from derive.document import Block, Equation, Inline, Math, Section, Table, Text, Words
from derive.expression import Node, Wording, const
from derive.formula import Line, Named
from derive.library.trees import formula
from derive.notation import Name
from derive.numbers import compile_value
from derive.pages.arrays import shape
from derive.pages.page import ModelPage
from derive.pages.uses import Used, used
from derive.sentences import count
from derive.trace.indexed import Equation as Indexed
from derive.trace.indexed import reads

LETTERS = {"r": "W", "c": "W", "t": "W", "u": "F", "v": "F", "H": "F", "P": "P", "S": "S"}
"""The usual letters: W for the length of what comes in, F of the kernel or window, P of the border, S of the stride."""
ALONG = {"r": "rows", "c": "columns", "t": "places"}
"""What is counted along an index."""


Lengths = dict[str, tuple[str, dict[str, int], int]]
"""For every index along which something moves: the formula of its length, the numbers in it, and the length."""


def shapes_chapter(page: ModelPage) -> Section | None:
    """Shapes and numbers of parameters; None where no layer of the library is used."""
    layers = [one for one in used(page) if one.row.kind == "layer"]
    if not layers or page.brief:
        return None
    names = page.solution.problem.parameters
    header = tuple(page.words(text) for text in ("Layer", "Takes", "Parameters", "How many", "Gives"))
    body: list[tuple[Words, ...]] = []
    inside: set[str] = set()
    for one in layers:
        own = {equation.name for equation in one.equations}
        read = [read.name for equation in one.equations for read in reads(equation.right)]
        taken = [name for name in dict.fromkeys(read) if name not in own]
        moved = [name for name in taken if name in names]
        others = [name for name in taken if name not in names and page.names.rank(name)]
        given = [name for name in own if not any(name in _read_by(e) for e in one.equations if e.name != name)]
        given = [name for name in dict.fromkeys(e.name for e in one.equations) if name in given] or [_last(one)]
        number = sum(_size(page, name) for name in moved)
        inside.update(moved)
        body.append(
            (
                page.words("{title}", title=one.row.title),
                _listed(page, others),
                _listed(page, moved),
                page.words(str(number)),
                _listed(page, given),
            )
        )
    blocks: list[Block] = [Table(header, tuple(body), "lllrl")]
    parameters = sum(_size(page, name) for name in names)
    if parameters:
        outside = [page.display.whole(name) for name in names if name not in inside]
        verb = "belong" if len(outside) > 1 else "belongs"
        text = f"In all there are {{number}}; {{others}} {verb} to none of these layers."
        blocks.append(
            page.say(
                text if outside else "In all there are {number}.",
                number=count(parameters, "parameter"),
                others=page.in_a_row(outside),
            )
        )
    for one in layers:
        blocks.extend(_moved_along(page, one))
    return page.section("Shapes and parameters", blocks)


def _read_by(equation: Indexed) -> set[str]:
    return {read.name for read in reads(equation.right)}


def _last(one: Used) -> str:
    return one.equations[-1].name


def _size(page: ModelPage, name: str) -> int:
    return prod(high - low + 1 for low, high in page.spans[name])


def _listed(page: ModelPage, names: list[str]) -> Words:
    """Arrays with their shapes."""
    found: list[Inline] = []
    for name in names:
        found += [Text("; ")] if found else []
        found += [Math(page.display.whole(name)), *([Text(f" {shape(page, name)}")] if page.names.rank(name) else [])]
    return tuple(found)


def _moved_along(page: ModelPage, one: Used) -> Iterator[Block]:
    """The size of what a kernel or a window gives, with the numbers put in."""
    lines: list[Line] = []
    for letter, (text, sizes, result) in _lengths(page, one).items():
        letters: dict[str, Node] = {name: Named(Name(LETTERS[name], LETTERS[name])) for name in LETTERS}
        numbers: dict[str, Node] = {name: const(value) for name, value in sizes.items()}
        lines.append(
            Line(
                Wording(ALONG[letter]),
                (("=", formula(text, letters)), ("=", formula(text, numbers)), ("=", const(result))),
            )
        )
    if lines:
        said = page.once(
            " W is the length of what comes in, F that of the kernel or window, P the width of the border of zeros"
            " and S the step from one place to the next."
        )
        yield page.say("The size of what comes out.{said}", lead=f"{one.row.title}.", said=said)
        yield Equation(tuple(lines))


def _lengths(page: ModelPage, one: Used) -> Lengths:
    """For every index along which something moves: the formula of its length, the numbers in it, and the length."""
    shapes = one.row.network.get("shapes", {})
    variants = [shapes] if any(isinstance(part, list) for part in shapes.values()) else list(shapes.values())
    for variant in variants:
        found = _fitting(page, one, variant)
        if found is not None:
            return found
    return {}


def _fitting(page: ModelPage, one: Used, variant: Mapping[str, list[str]]) -> Lengths | None:
    sizes: dict[str, int] = {}
    lengths: dict[str, list[int]] = {}
    for name, letters in variant.items():
        author = one.author(name)
        if author not in page.spans:
            continue
        own = [high - low + 1 for low, high in page.spans[author]][one.indices.get(name, 0) :]
        if len(own) != len(letters):
            return None
        lengths[name] = own
        sizes |= {letter: size for letter, size in zip(letters, own, strict=True) if letter.isidentifier()}
    if "y" not in lengths or "x" not in lengths:
        return None
    for name, usual in one.row.numbers.items():
        given = page.solution.system.givens.get(one.author(name))
        number = given.number(()) if given is not None and not given.shape else usual
        if number is not None and int(number) == number:
            sizes[name] = int(number)
    sizes["P"] = sizes.get("P", 0) if any(choice.get("frame") for choice in one.choices) else 0
    found: Lengths = {}
    for text, length in zip(variant["y"], lengths["y"], strict=True):
        match = re.match(r"\(([a-z])\b", text)
        if match is None:
            continue
        exact = formula(text, {name: const(size) for name, size in sizes.items()})
        if compile_value(exact)({}) != length:
            return {}  # a place is left over, or the author reads it in another way: no formula is shown
        found[match[1]] = text, sizes, length
    return found
