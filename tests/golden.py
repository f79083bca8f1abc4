"""Every product of the built-in examples, and the digests of their bytes as they were when somebody last accepted them.

A group is what one derivation gives: a solution in all formats, a worksheet with its key, a class set, pictures, the
values, a report on work. A digest is the start of a SHA-256. `data/goldens.json` has those of all groups; the ordinary
tests look at a spread of them, `python -m tests.sweeps goldens` at the whole.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from pathlib import Path

import derive
from derive.diagram.asked import PICTURES
from derive.notation import NOTATIONS
from derive.parts import DETAILS
from derive.reading import example_names
from derive.spec import FORMS
from derive.variants.own import own_sheet
from derive.worksheet import SheetOptions
from derive.worksheet.options import BLANKS

FILE = Path(__file__).parent / "data" / "goldens.json"
SOLUTIONS = ("md", "tex", "html", "typ", "json", "ipynb")
SHEETS = ("md", "tex", "html", "typ", "csv")
REPORTS = ("md", "html", "typ", "json", "csv")
OPTIONS: dict[str, dict[str, object]] = {
    **{f"blanks {word}": {"blanks": word} for word in BLANKS},
    "blanks of two weights": {"blanks": ("W[1][0][0]", "W[2][0][0]")},
    "fade": {"fade": True},
    "compact": {"compact": True},
    "ask all": {"ask": ("all",), "blanks": "all"},
}
"""Choices for a worksheet, besides the form."""

Digests = dict[str, str]
"""Of each part of a group, by its name."""
Makers = dict[str, Callable[[], str | bytes]]


@dataclass(frozen=True)
class Group:
    """Some products of one example; `parts` makes them lazily, by name."""

    example: str
    name: str
    parts: Callable[[], Makers]

    def digests(self, of: Callable[[str], bool] = lambda part: True) -> Digests:
        """The digests of those parts that are asked for."""
        return {part: digest(make()) for part, make in self.parts().items() if of(part)}


def digest(content: str | bytes) -> str:
    return sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:16]


def groups(example: str) -> Iterator[Group]:
    """Every group of an example."""
    for form, notation, detail in product(FORMS, NOTATIONS, DETAILS):
        yield Group(example, f"solve {form} {notation} {detail}", _solution(example, form, notation, detail))
    for form, (name, options) in product(FORMS, OPTIONS.items()):
        yield Group(example, f"worksheet {form} {name}", _sheet(example, form, options))
    yield Group(example, "class set", lambda: _class_set(example))
    yield Group(example, "diagrams", lambda: _diagrams(example))
    yield Group(example, "values", lambda: _values(example))
    yield Group(example, "check", lambda: _check(example))


def spread(example: str) -> Iterator[tuple[Group, Callable[[str], bool]]]:
    """Groups in which every form, notation, detail, format and choice occurs, with the parts to look at."""
    every = {group.name: group for group in groups(example)}
    for place, notation in enumerate(NOTATIONS):
        form, detail = FORMS[place % len(FORMS)], DETAILS[place % len(DETAILS)]
        # Beside Markdown, each of the other formats once.
        yield every[f"solve {form} {notation} {detail}"], _one_of(("md", SOLUTIONS[place % len(SOLUTIONS)], "pictures"))
    for place, name in enumerate(OPTIONS):
        suffix = SHEETS[place % len(SHEETS)]
        yield every[f"worksheet {FORMS[place % len(FORMS)]} {name}"], _one_of((f"sheet {suffix}", f"key {suffix}"))
    for name in ("diagrams", "values", "check"):
        yield every[name], lambda part: True


def _one_of(names: tuple[str, ...]) -> Callable[[str], bool]:
    return names.__contains__


def _solution(example: str, form: str, notation: str, detail: str) -> Callable[[], Makers]:
    def parts() -> Makers:
        solution = derive.solve(example, notation, form, detail)
        made: Makers = {suffix: lambda s=suffix: solution.render(s, pictures=True) for suffix in SOLUTIONS}
        return {**made, "pictures": lambda: _joined(solution.pictures())}

    return parts


def _sheet(example: str, form: str, options: dict[str, object]) -> Callable[[], Makers]:
    def parts() -> Makers:
        chosen = dict(options)
        if isinstance(chosen.get("blanks"), tuple) and len(derive.solve(example).problem.network.layers) < 2:
            chosen["blanks"] = ("W[1][0][0]",)
        sheet = own_sheet(example, SheetOptions(form=form, pictures=f"{example}.worksheet", **chosen))  # type: ignore[arg-type]
        numbers = sheet.numbers()
        made: Makers = {
            f"{'key' if key else 'sheet'} {suffix}": lambda s=suffix, k=key: sheet.file(numbers, s, key=k)
            for suffix, key in product(SHEETS, (False, True))
        }
        return {**made, "remarks": lambda: "\n".join(sheet.remarks), "pictures": lambda: _joined(sheet.pictures())}

    return parts


def _class_set(example: str) -> Makers:
    def made() -> str:
        with tempfile.TemporaryDirectory() as folder:
            derive.worksheets(example, variants=2, seed=7, format=["md", "tex", "csv"], output=Path(folder) / "set")
            files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
            return _joined({path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files})

    return {"files": made}


def _diagrams(example: str) -> Makers:
    solution = derive.solve(example)
    return {name: lambda n=name: solution.diagram(n).svg for name in PICTURES}


def _values(example: str) -> Makers:
    solution = derive.solve(example)
    return {"exact": solution.values_json, "carried": lambda: solution.values_json(carried=True)}


def _check(example: str) -> Makers:
    """Reports on a sheet on which every fifth value has the wrong sign."""
    solution = derive.solve(example)
    work: dict[str, str] = {}
    for place, (name, quantity) in enumerate(solution.ids()):
        text = solution.values.shown(quantity).text
        if quantity not in solution.trace.givens and quantity.step <= 1:
            work[name] = f"-{text}".removeprefix("--") if place % 5 == 0 else text
    found = derive.check(example, work)
    made: Makers = {suffix: lambda s=suffix: found.render(s) for suffix in REPORTS}
    return {**made, "text": lambda: found.text(100)}


def _joined(files: dict[str, str]) -> str:
    return "\0".join(f"{name}\0{text}" for name, text in files.items())


def stored() -> dict[str, dict[str, Digests]]:
    """The accepted digests by example, group and part."""
    found: dict[str, dict[str, Digests]] = json.loads(FILE.read_text("utf-8"))
    return found


def _digests_of(example: str) -> dict[str, Digests]:
    return {group.name: group.digests() for group in groups(example)}


def accept() -> None:
    """Takes all products as they are now for right."""
    names = example_names("networks")
    with ProcessPoolExecutor() as pool:
        made = dict(zip(names, pool.map(_digests_of, names), strict=True))
    FILE.write_text(json.dumps(made, indent=0, sort_keys=True) + "\n", "utf-8")


def differing(group: Group, right: dict[str, Digests], of: Callable[[str], bool] = lambda part: True) -> list[str]:
    """What a group makes now that is not what was accepted, a line each."""
    known = right.get(group.name, {})
    found = group.digests(of)
    wrong = [part for part, value in found.items() if known.get(part) != value]
    gone = [part for part in known if of(part) and part not in found]
    return [f"{group.example}: {group.name}: {part}" for part in (*wrong, *gone)]
