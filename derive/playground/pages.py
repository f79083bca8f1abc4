"""The site: a page, the script of its worker, what keeps it for use without a network, and everything that they load.

Decides the names of the files. All that may change has a digest in its name, so that a page never meets the files of
another; only `index.html` and `sw.js` keep theirs.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from derive.errors import InputError, shown
from derive.files import write_together
from derive.notation import NOTATIONS
from derive.parts import DETAILS
from derive.playground.answers import MOST_CHARACTERS, PRODUCTS
from derive.playground.packages import RUNTIME, WANTED, Packages
from derive.playground.wheel import NAME, own_wheel
from derive.reading import example_names, example_text, read_source
from derive.render.escape import Escaped
from derive.render.families import environment, script, template_folder
from derive.render.made import refuse_others
from derive.solution import problem_from
from derive.spec import FORMS
from derive.worksheet import BLANKS

FOLDER = "site"
"""Of the templates."""
PLAIN = ("page.js", "worker.js", "style.css")
"""The files that are the same on every site."""
MOST_SECONDS = 120
"""A request that takes longer is stopped."""
FIRST = "mazur"
TYPES = {".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json", ".zip": "application/zip"}

Files = dict[str, bytes]


def write_site(
    packages: Packages, output: str | Path, problems: Sequence[str] = (), force: bool = False
) -> tuple[list[Path], int]:
    """Writes the playground into a folder, all files or none; gives their paths and their size in bytes.

    `problems` are files or built-in examples that the page offers; without any it has all examples. Raises `InputError`
    where one of these cannot be used, and, without `force`, where something is in the way that is no earlier site.
    """
    files = site_files(packages, problems)
    folder = Path(output)
    if not force:
        refuse_others(folder / name for name in files if "/" not in name)
    write_together({folder / name: content for name, content in files.items()})
    return [folder / name for name in files], sum(map(len, files.values()))


def site_files(packages: Packages, problems: Sequence[str] = ()) -> Files:
    """The files of the site by their names in its folder."""
    offered = _offered(problems)
    templates = template_folder() / FOLDER
    own = {name: (templates / name).read_bytes() for name in PLAIN}
    file, wheel = own_wheel()
    fetched = {**packages.runtime, **{one.file: one.content for one in packages.wheels}}
    kept = _digest(*(part for name in sorted(fetched) for part in (name.encode(), fetched[name])))
    page, said = (templates / "index.html").read_bytes(), json.dumps(offered).encode()
    digest = _digest(kept.encode(), page, said, wheel, *own.values())
    files, loaded = f"files/{digest}", f"packages/{kept}"
    wheels = [_file(f"{loaded}/{one.file}", one.content) | {"when": WANTED[one.name]} for one in packages.wheels]
    worker = {
        "digest": digest,
        "python": packages.python,
        "runtime": [_file(f"{loaded}/{name}", packages.runtime[name]) for name in RUNTIME],
        "wheels": [*wheels, _file(f"{files}/{file}", wheel) | {"when": "start"}],
    }
    index = environment(FOLDER).get_template("index.html").render(_page(offered, files, kept, worker))
    shell = {"digest": digest, "packages": kept, "files": ["./", *(f"{files}/{name}" for name in own)]}
    service = environment(FOLDER).get_template("sw.js").render(site=_data(shell))
    return {
        "index.html": index.encode(),
        "sw.js": service.encode(),
        f"{files}/{file}": wheel,
        **{f"{files}/{name}": content for name, content in own.items()},
        **{f"{loaded}/{name}": content for name, content in fetched.items()},
    }


def _page(offered: Mapping[str, str], files: str, kept: str, worker: Mapping[str, Any]) -> dict[str, Any]:
    """What the page says and gives to its script."""
    start, later = (sum(one["size"] for one in worker["wheels"] if one["when"] == when) for when in ("start", "pdf"))
    site = {
        "files": files,
        "packages": kept,
        "worker": worker,
        "examples": [{"name": name, "text": text} for name, text in offered.items()],
        "formats": {product: formats for product, (_, formats) in PRODUCTS.items()},
        "most": MOST_CHARACTERS,
        "seconds": MOST_SECONDS,
        "size": _megabytes(start + sum(one["size"] for one in worker["runtime"])),
    }
    return {
        "site": _data(site),
        "files": Escaped(files),
        "stepper": script("html/stepper.js").source,
        "examples": [{"name": Escaped(escape(name))} for name in offered],
        "notations": list(map(Escaped, NOTATIONS)),
        "forms": list(map(Escaped, FORMS)),
        "details": list(map(Escaped, DETAILS)),
        "blanks": list(map(Escaped, BLANKS)),
        "most": Escaped(MOST_CHARACTERS),
        "pdf_size": Escaped(_megabytes(later)),
        "version": Escaped(escape(version(NAME))),
    }


def _offered(problems: Sequence[str]) -> dict[str, str]:
    """The texts of the problems that the page offers, by their names; the best-known example is the first of all."""
    if not problems:
        return {name: example_text(name) for name in (FIRST, *(name for name in example_names() if name != FIRST))}
    offered = dict[str, str]()
    for problem in problems:
        source = read_source(problem)
        problem_from(source)
        if source.name in offered:
            raise InputError("problems with different names", f"{shown(source.name)} twice", problem)
        if len(source.text) > MOST_CHARACTERS:
            raise InputError(f"at most {MOST_CHARACTERS:,} characters", f"{len(source.text):,}", problem)
        offered[source.name] = source.text
    return offered


def _file(path: str, content: bytes) -> dict[str, Any]:
    """What the worker is told of a file; the digest is written as browsers compare it."""
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    kind = TYPES.get(Path(path).suffix, "application/octet-stream")
    return {"path": path, "size": len(content), "digest": digest, "type": kind}


def _digest(*contents: bytes) -> str:
    """A short name for some contents."""
    whole = hashlib.sha256()
    for content in contents:
        whole.update(hashlib.sha256(content).digest())
    return whole.hexdigest()[:16]


def _data(value: Any) -> Escaped:
    r"""JSON that can stand inside of a script, whatever is in it.

    >>> _data({"title": "</script>"})
    '{"title": "\\u003c/script>"}'
    """
    return Escaped(json.dumps(value).replace("<", "\\u003c"))


def _megabytes(size: int) -> str:
    return f"{round(size / 1_000_000)} MB"
