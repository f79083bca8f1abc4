"""The playground: what its page asks and is answered, the site that is written, and all of it in a browser."""

import base64
import hashlib
import io
import json
import os
import re
import stat
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tools import need
from tools.browser import Browser, served
from tools.needs import PYODIDE, ROOT

import derive
from derive.cli import main
from derive.errors import InputError
from derive.playground import fetch, kept, packages, pages
from derive.playground.answers import MOST_CHARACTERS, PRODUCTS, answer
from derive.playground.lines import line_of
from derive.playground.packages import RUNTIME, WANTED, find_packages
from derive.playground.pages import site_files, write_site
from derive.playground.wheel import own_wheel
from derive.reading import example_names, example_text
from derive.spec.mistakes import key_path
from derive.variants.own import own_sheet


def asked(product: str, problem: str, name: str = "problem", format: str = "html", **options: Any) -> dict[str, Any]:
    request = {"product": product, "problem": problem, "name": name, "format": format, **options}
    return json.loads(answer(json.dumps(request)))


# -- lines -----------------------------------------------------------------------------------------------------


def leaves(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every place of a table that has a value of its own."""
    if isinstance(value, dict | list):
        for key, inside in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inside, (*place, key))
    elif place:
        yield place, value


@pytest.mark.parametrize("name", example_names())
def test_every_value_of_a_problem_is_found_on_its_line(name: str) -> None:
    """In TOML as it is written, and in JSON with a line for every value."""
    text = example_text(name)
    table = tomllib.loads(text, parse_float=str)
    found = list(leaves(table))
    assert len(found) > 5
    as_json = json.dumps(table, indent=1)
    for written in (text, as_json):
        lines = written.split("\n")
        for place, value in found:
            line = lines[line_of(written, key_path(place)) - 1]
            key = next(part for part in reversed(place) if isinstance(part, str))
            begins = "" if "\n" in str(value) else re.split(r'["\\]', str(value))[0][:10]
            assert begins.lower() in line.lower(), (place, line)
            assert isinstance(place[-1], int) or key in line, (place, line)


LINES = [
    ("a = 1\nb.c = 2", "b.c", 2),
    ("a = 1\n[b]\n# c = 3\nc = 2", "b.c", 4),
    ('a = "[b]"\n[b]\nc = 2', "b.c", 3),
    ("a = '''\n[b]\nc = 1\n'''\n[b]\nc = 2", "b.c", 6),
    ("[[a.b]]\nc = 1\n[[a.b]]\nc = 2", "a.b[1].c", 4),
    ("[[a]]\n[a.b]\nc = 1\n[[a]]\n[a.b]\nc = 2", "a[1].b.c", 6),
    ("a = [\n [1],\n\n [2, 3]]", "a[1][1]", 4),
    ('a = { b = 1,\n c = 2 }\n"d.e" = 3', "a.c", 2),
    ('a = { b = 1,\n c = 2 }\n"d.e" = 3', '"d.e"', 3),
    ("a = 1\n[b]\nc = 2", "b.missing", 2),
    ("a = 1", "missing", None),
    ("a = 1", None, None),
    ("a = 1\nb", "line 2, column 1", 2),
    ("a = [\n", "end of the file", 1),
    ("a = " + "[" * 40 + "]" * 40 + "\nb = 1", "b", 2),
]


@pytest.mark.parametrize(("text", "place", "line"), LINES)
def test_the_line_of_a_place(text: str, place: str | None, line: int | None) -> None:
    assert line_of(text, place) == line


def changed(name: str, before: str, after: str) -> str:
    text = example_text(name)
    assert before in text
    return text.replace(before, after, 1)


FAULTS = [
    (changed("mazur", '"sigmoid"', '"sigmod"'), 'Did you mean "sigmoid"?', "activation", "problem"),
    (changed("mazur", "0.20]", '"x"]'), 'expected a number, found "x"', '"x"', "problem"),
    (changed("mazur", "targets", "tragets"), 'Did you mean "targets"?', "tragets", "problem"),
    (changed("mazur", "inputs = 2", "inputs = 2 3"), "valid TOML", "inputs = 2 3", "problem"),
    (changed("circuit", "max(", "maxx("), 'Did you mean "max"?', "maxx", "problem"),
    ('{"title": "A",\n "notatoin": "mazur"}', "notatoin", "notatoin", "problem"),
]


@pytest.mark.parametrize(("text", "message", "line", "whose"), FAULTS)
def test_a_mistake_is_told_at_its_line(text: str, message: str, line: str, whose: str) -> None:
    found = asked("solution", text)
    assert message in found["error"] and found["whose"] == whose
    assert line in text.split("\n")[found["line"] - 1]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"product": "solutions"}, 'Did you mean "solution"'),
        ({"format": "docx"}, 'found "docx"'),
        ({"problem": "x" * (MOST_CHARACTERS + 1)}, "at most 200,000 characters"),
        ({"problem": "  \n"}, "expected a problem, found an empty text"),
        ({"product": "check", "work": "w" * (MOST_CHARACTERS + 1)}, "at most 200,000 characters"),
        ({"product": "check", "work": " "}, "stated values"),
        ({"product": "check", "work": "hello"}, "lines that state values"),
        ({"notation": "nelsen"}, 'Did you mean "nielsen"'),
        ({"product": "worksheet", "blanks": "everything"}, "everything"),
        (
            {"problem": changed("hmkcode", "title", 'sheet.logo = "logo.svg"\ntitle'), "product": "worksheet"},
            "logo.svg",
        ),
    ],
)
def test_what_cannot_be_answered_is_one_message(request_: dict[str, Any], message: str) -> None:
    request = {
        "product": "solution",
        "problem": example_text("hmkcode"),
        "format": "html",
        "name": "hmkcode",
    } | request_
    found = json.loads(answer(json.dumps(request)))
    assert message in found["error"] and "Traceback" not in found["error"]


# -- answers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hmkcode", "circuit"])
def test_the_page_shows_what_the_commands_write(name: str, tmp_path: Path) -> None:
    """The same bytes, whichever way they were asked for."""
    file = tmp_path / f"{name}.toml"
    file.write_text(example_text(name))
    solution, sheet = derive.solve(file), own_sheet(file)
    numbers = sheet.numbers()
    for format in ("html", "md", "tex", "typ"):
        assert asked("solution", file.read_text(), name, format)["text"] == solution.render(format)
    for format in ("html", "md", "tex", "csv"):
        for product in ("worksheet", "key"):
            made = asked(product, file.read_text(), name, format, blanks="substitutions")
            assert made["text"] == sheet.file(numbers, format, key=product == "key")
            assert made["notes"] == list(sheet.remarks)
    pdf = asked("solution", file.read_text(), name, "pdf")
    assert base64.b64decode(pdf["base64"]) == solution.pdf()
    assert (pdf["file"], pdf["type"]) == (f"{name}.solution.pdf", "application/pdf")
    work = {"hmkcode": "h1 = 0.85\nw5+ = 0.11", "circuit": "s = 1.8\np = 0.8"}[name]
    found = asked("check", file.read_text(), name, work=work)["text"]
    stated = dict(line.split(" = ") for line in work.split("\n"))
    assert found.count("<h1>") == 1
    wrong = derive.check(file, stated).sheets[0].first_wrong
    assert wrong is not None and all(one.title in found for one in wrong.explanations)


def test_every_product_can_be_had_in_every_format_that_the_page_offers() -> None:
    made = {
        (product, format): asked(product, example_text("hmkcode"), format=format, work="h1 = 0.85")
        for product, (_, formats) in PRODUCTS.items()
        for format in formats
    }
    assert len(made) == 19 and not [key for key, found in made.items() if "error" in found]
    assert {key for key, found in made.items() if "base64" in found} == {(product, "pdf") for product in PRODUCTS}


def test_options_of_the_page_are_those_of_the_command() -> None:
    text = example_text("hmkcode")
    shown = asked("solution", text, format="md", notation="nielsen", form="delta", detail="brief")["text"]
    given = tomllib.loads(text, parse_float=str)
    assert shown == derive.solve(given, "nielsen", "delta", "brief").render("md")
    assert asked("solution", text, format="md", notation="", form="", detail="")["text"] != shown


# -- the wheel -------------------------------------------------------------------------------------------------


def test_the_wheel_is_whole_and_the_same_each_time() -> None:
    """Every file of the package, the templates in it, and a list with the digest of each."""
    name, content = own_wheel()
    assert name == "derive_backprop-0.1.0-py3-none-any.whl" and own_wheel()[1] == content
    archive = zipfile.ZipFile(io.BytesIO(content))
    shipped = {path: archive.read(path) for path in archive.namelist()}
    (record,) = (path for path in shipped if path.endswith(".dist-info/RECORD"))
    listed = dict(line.split(",")[:2] for line in shipped.pop(record).decode().splitlines())
    assert listed.pop(record) == ""
    digests = {path: hashlib.sha256(content).digest() for path, content in shipped.items()}
    coded = {path: base64.urlsafe_b64encode(one).rstrip(b"=").decode() for path, one in digests.items()}
    assert listed == {path: f"sha256={one}" for path, one in coded.items()}
    about = {path.partition("/")[2] for path in shipped if ".dist-info/" in path}
    assert about == {"METADATA", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
    own = [
        path for path in (ROOT / "derive").rglob("*") if path.is_file() and not {"__pycache__", "docs"} & {*path.parts}
    ]
    there = {str(path.relative_to(ROOT)): path.read_bytes() for path in own}
    there |= {f"derive/{path.relative_to(ROOT)}": path.read_bytes() for path in ROOT.glob("templates/*/*")}
    assert {path: content for path, content in shipped.items() if ".dist-info/" not in path} == there


# -- packages and the site -------------------------------------------------------------------------------------


def wheel(name: str, version: str = "1.0", *needs: str) -> bytes:
    """A wheel that holds nothing but what is said of it."""
    packed = io.BytesIO()
    about = "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{name}-{version}.dist-info/METADATA", f"Name: {name}\nVersion: {version}\n{about}\n")
    return packed.getvalue()


LOCK = json.dumps({"info": {"python": "3.14.2", "abi_version": "2026_0"}}).encode()
TAG = "cp314-cp314-pyemscripten_2026_0_wasm32"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with all that a page needs, by name."""
    folder = tmp_path / "packages"
    (folder / "pyodide").mkdir(parents=True)
    for name in RUNTIME:
        (folder / "pyodide" / name).write_bytes(LOCK if name == "pyodide-lock.json" else name.encode())
    for name in WANTED:
        tag = TAG if name in ("pydantic-core", "python-flint", "typst") else "py3-none-any"
        needs = {"pydantic": ("pydantic-core==1.0", "typing-extensions>=0.9", "other; extra == 'x'")}.get(name, ())
        stem = name.replace("-", "_")
        (folder / f"{stem}-1.0-{tag}.whl").write_bytes(wheel(stem, "1.0", *needs))
    return folder


def archived(folder: Path, names: tuple[str, ...] = RUNTIME) -> None:
    """Pyodide as npm packs it, in place of its folder."""
    with tarfile.open(folder / "pyodide-1.tgz", "w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(f"package/{name}")
            content = LOCK if name == "pyodide-lock.json" else name.encode()
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    for path in (folder / "pyodide").iterdir():
        path.unlink()


def test_packages_are_found(folder: Path) -> None:
    """In the order of the table; of MarkupSafe one is made where none is there; Pyodide may be packed."""
    found = find_packages(folder)
    assert [one.name for one in found.wheels] == list(WANTED) and found.python == "3.14"
    archived(folder)
    assert find_packages(folder).runtime == found.runtime
    (folder / "markupsafe-1.0-py3-none-any.whl").unlink()
    (made,) = (one for one in find_packages(folder).wheels if one.name == "markupsafe")
    inside = set(zipfile.ZipFile(io.BytesIO(made.content)).namelist())
    assert {"markupsafe/__init__.py", "markupsafe/_native.py"} <= inside
    assert not [name for name in inside if name.endswith((".so", ".pyd"))]


def replaced(name: str, file: str, content: bytes | None = None):
    def change(folder: Path) -> None:
        (before,) = folder.glob(f"{name}-*.whl")
        kept_ = before.read_bytes()
        before.unlink()
        (folder / file).write_bytes(kept_ if content is None else content)

    return change


MISSING = [
    (lambda folder: next(folder.glob("sympy-*")).unlink(), "one wheel of sympy, found none"),
    (lambda folder: (folder / "sympy-2-py3-none-any.whl").write_bytes(b""), "sympy-1.0-py3-none-any.whl and sympy-2"),
    (replaced("typst", "typst-1.0-cp39-abi3-manylinux_2_17_x86_64.whl"), "cp314 on pyemscripten_2026_0_wasm32"),
    (replaced("typst", "typst-1.0-cp313-cp313-pyemscripten_2026_0_wasm32.whl"), "cp314 on pyemscripten_2026_0_wasm32"),
    (replaced("typst", "typst.whl"), "the file name of a wheel, found typst.whl"),
    (replaced("sympy", "sympy-1.0-py3-none-any.whl", b"hello"), "sympy-1.0-py3-none-any.whl: expected a wheel"),
    (replaced("pydantic_core", f"pydantic_core-1.1-{TAG}.whl"), "pydantic-core 1.0, which pydantic-1.0-py3-none-any"),
    (replaced("typing_extensions", "typing_extensions-0.8-py3-none-any.whl"), "typing-extensions 0.9 or newer"),
    (lambda folder: (folder / "pyodide" / "pyodide.mjs").unlink(), "expected Pyodide (pyodide.mjs"),
    (lambda folder: (folder / "pyodide" / "pyodide-lock.json").write_bytes(b"{}"), "names its Python and its ABI"),
    (lambda folder: archived(folder, RUNTIME[1:]), "the archive of Pyodide that npm pack makes"),
    (lambda folder: (archived(folder), (folder / "pyodide-1.tgz").write_bytes(b"x")), "the archive of Pyodide"),
    (lambda folder: (archived(folder), (folder / "pyodide-2.tgz").write_bytes(b"x")), "found 2 archives"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), MISSING)
def test_what_does_not_fit_is_told_before_a_page_is_written(folder: Path, change: Any, message: str) -> None:
    change(folder)
    result = CliRunner().invoke(main, ["site", "--packages", str(folder), "-o", str(folder.parent / "site")])
    assert result.exit_code == 2 and message in result.output
    assert not (folder.parent / "site").exists()


def test_no_folder_of_packages(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder of this name"):
        find_packages(tmp_path / "nowhere")


def data_of(page: str) -> dict[str, Any]:
    return json.loads(re.search(r'<script type="application/json" id="site">(.*?)</script>', page, re.S)[1])


def test_the_site_is_whole(folder: Path) -> None:
    """Everything that the page and its worker name is there, with its size and its digest, and nothing else."""
    files = site_files(find_packages(folder))
    page = files["index.html"].decode()
    site = data_of(page)
    named = [*site["worker"]["runtime"], *site["worker"]["wheels"]]
    assert len(named) == len(RUNTIME) + len(WANTED) + 1
    for one in named:
        content = files[one["path"]]
        assert one["size"] == len(content)
        assert base64.b64decode(one["digest"]) == hashlib.sha256(content).digest()
    assert [one["path"].partition("-")[0][-5:] for one in named if one.get("when") == "pdf"] == ["typst"]
    linked = set(re.findall(r'(?:href|src)="(?!#|data:)([^"]+)"', page))
    served_ = json.loads(re.search(r"const site = (.*?);\n", files["sw.js"].decode())[1])["files"]
    assert linked <= set(served_) and served_[0] == "./"
    assert set(files) == {one["path"] for one in named} | set(served_[1:]) | {"index.html", "sw.js"}
    assert site["examples"][0]["name"] == "mazur" and len(site["examples"]) == len(example_names())
    assert site_files(find_packages(folder)) == files


def test_another_site_has_other_names(folder: Path) -> None:
    """What changes in a file changes the names under which a browser keeps it."""
    before = site_files(find_packages(folder))
    other = site_files(find_packages(folder), ["hmkcode"])
    assert {name for name in before if name.startswith("packages")} == {n for n in other if n.startswith("packages")}
    assert {name for name in before if name.startswith("files")}.isdisjoint(other)
    (folder / "pyodide" / "pyodide.mjs").write_bytes(b"newer")
    newer = site_files(find_packages(folder))
    assert set(newer) & set(before) == {"index.html", "sw.js"}


def test_the_page_lets_one_script_into_its_documents(folder: Path) -> None:
    """That of the steps of a solution, by its digest; nothing is loaded from anywhere else."""
    page = site_files(find_packages(folder))["index.html"].decode()
    policy = dict(rule.split(" ", 1) for rule in re.search(r'Policy" content="([^"]*)"', page)[1].split("; "))
    solution = asked("solution", example_text("hmkcode"))["text"]
    (script,) = re.findall(r"<script>(.*?)</script>", solution, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy["script-src"] == f"'self' 'wasm-unsafe-eval' 'sha256-{digest}'"
    assert (policy["default-src"], policy["connect-src"], policy["frame-src"]) == ("'none'", "'self'", "blob:")
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


def test_a_problem_of_ones_own_is_data(folder: Path, tmp_path: Path) -> None:
    """Whatever stands in it, the page has it as text."""
    text = example_text("hmkcode") + "# </script><script>alert(1)</script><!--\n"
    file = tmp_path / "quiz-3.toml"
    file.write_text(text)
    page = site_files(find_packages(folder), [str(file)])["index.html"].decode()
    assert data_of(page)["examples"] == [{"name": "quiz-3", "text": text}]
    assert page.count("<script") == 2 and "alert(1)</script>" not in page


def test_problems_that_cannot_be_offered(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("title = 3")
    (tmp_path / "mazur.toml").write_text(example_text("mazur"))
    (tmp_path / "long.toml").write_text(example_text("mazur") + "#" * MOST_CHARACTERS)
    for problems, message in [
        (["bad.toml"], "expected a text"),
        (["mazur", "mazur.toml"], "problems with different names"),
        (["long.toml"], "at most 200,000 characters"),
        (["mazurr"], "one of the built-in examples"),
    ]:
        given = [str(tmp_path / name) if name.endswith(".toml") else name for name in problems]
        with pytest.raises(InputError, match=message):
            write_site(find_packages(folder), tmp_path / "site", given)
    assert not (tmp_path / "site").exists()


def test_an_earlier_site_is_replaced_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    found = find_packages(folder)
    write_site(found, tmp_path / "site")
    write_site(found, tmp_path / "site", ["mazur"])
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "index.html").write_text("my page")
    with pytest.raises(InputError, match="something that derive has not made"):
        write_site(found, tmp_path / "other")
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["index.html"]
    write_site(found, tmp_path / "other", force=True)
    assert (tmp_path / "other" / "sw.js").is_file()


# -- fetching --------------------------------------------------------------------------------------------------


PYTHON = sys.executable


def program(path: Path, text: str) -> str:
    path.write_text(f"#!{PYTHON}\n{text}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_packages_are_fetched_by_npm_and_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With versions and digests that are written down; stand-ins tell what they were asked."""
    asked_ = tmp_path / "asked"
    npm = f"import sys, pathlib\nopen({str(asked_)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
    pack = "pathlib.Path(sys.argv[-1], 'pyodide-314.0.7.tgz').write_bytes(b'runtime')\n"
    program(tmp_path / "npm", npm + pack)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", program(tmp_path / "python", npm))
    with pytest.raises(InputError, match=r"the archive of pyodide 314\.0\.7 with the digest"):
        fetch.fetch_packages(tmp_path)
    monkeypatch.setattr(fetch, "PYODIDE_DIGEST", hashlib.sha256(b"runtime").hexdigest())
    fetch.fetch_packages(tmp_path)
    first, pip = asked_.read_text().splitlines()[1:]
    assert first == f"pack --silent pyodide@314.0.7 --pack-destination {tmp_path}"
    assert "-m pip download" in pip and "--require-hashes" in pip and pip.endswith(f"--dest {tmp_path}")
    program(tmp_path / "python", "import sys\nsys.exit('no network here')")
    with pytest.raises(InputError, match="pip to fetch packages, found an error: no network here"):
        fetch.fetch_packages(tmp_path)
    (tmp_path / "npm").unlink()
    with pytest.raises(InputError, match="npm to fetch packages, found no such program"):
        fetch.fetch_packages(tmp_path)


def test_the_versions_that_are_fetched_are_those_of_the_tests() -> None:
    """Each wanted package has one version and one digest; CI and npm's lock name the same Pyodide."""
    lines = [line for line in Path(fetch.__file__).with_name("wheels.txt").read_text().splitlines() if line[0] != "#"]
    named = [re.fullmatch(r"([a-z0-9-]+)==[\d.]+ --hash=sha256:[0-9a-f]{64}", line)[1] for line in lines]
    assert sorted([*named, *packages.PURE]) == sorted(WANTED)
    assert json.loads((PYODIDE / "package.json").read_text())["dependencies"] == {"pyodide": fetch.PYODIDE}
    assert fetch.PLATFORM in (ROOT / ".ci" / "run").read_text()


# -- compiled modules ------------------------------------------------------------------------------------------


def test_compiled_modules_are_taken_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that was compiled in one folder is used in another, to which the same sources were unpacked."""
    monkeypatch.setattr(sys, "pycache_prefix", None)  # beside the sources, as in a browser
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    import py_compile
    import subprocess

    one, two = tmp_path / "one", tmp_path / "two"
    for folder, value in ((one, 1), (two, 2)):  # the other value tells whether the source was compiled again
        folder.mkdir()
        (folder / "mod.py").write_text(f"x = {value}\n")
        os.utime(folder / "mod.py", (1000 * value, 1000 * value))
        kept.settle(str(folder))
    assert kept.count(str(one)) == 0
    py_compile.compile(str(one / "mod.py"))
    assert kept.count(str(one)) == 1
    kept.restore(str(two), kept.compiled(str(one)))
    run = [sys.executable, "-B", "-c", "import mod; print(mod.x)"]
    assert subprocess.run(run, cwd=two, capture_output=True, text=True).stdout == "1\n"


# -- in the browser --------------------------------------------------------------------------------------------

IDLE = "document.querySelector('#panel').ariaBusy === 'false' && document.querySelector('#status').textContent"


def settled(page: Browser) -> str:
    return page.until(IDLE, 400)


def do(page: Browser, script: str) -> str:
    """What the page says after something was done on it and everything that follows."""
    page.ask(script)
    page.ask("new Promise(done => setTimeout(done, 300))")
    return settled(page)


def click(name: str) -> str:
    return f"document.querySelector('#{name}').click();"


def type_(name: str, text: str) -> str:
    return (
        f"document.querySelector('#{name}').value = {json.dumps(text)};"
        f"document.querySelector('#{name}').dispatchEvent(new Event('input'));"
    )


# What stands for Pyodide where only the page is tried: it shows what it was asked, is slow, or fails, as it is told.
STAND_IN = """
export const loadPyodide = async () => ({
  unpackArchive() {}, runPython() {}, toPy: content => content,
  pyimport: () => ({settle() {}, count: () => 0, restore() {}}),
  globals: {get: () => text => {
    const {product, problem, name, format, notation, work} = JSON.parse(text);
    if (problem.includes("slow")) for (;;);
    if (problem.includes("fault")) throw new Error("Traceback\\nKeyError: 7");
    const page = `<!DOCTYPE html><html><head><title>${product} ${name} ${notation ?? ""}</title></head><body>
      <p id="said">${problem}</p><p>${work}</p><a href="https://example.org">out</a><a href="#said">in</a>
      <script>document.title = "run"</script><img src="data:," onerror="document.title = 'run'"/></body></html>`;
    return JSON.stringify({file: `${name}.${format}`, type: "text/html", text: page, notes: [`About ${product}`]});
  }},
});
"""


@pytest.fixture
def site(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """The folder and the address of a site that has the stand-in, and stops what takes longer than two seconds."""
    need("chromium")
    (folder / "pyodide" / "pyodide.mjs").write_text(STAND_IN)
    (folder / "pyodide" / "pyodide.asm.mjs").write_text("export default undefined;")
    monkeypatch.setattr(pages, "MOST_SECONDS", 2)
    write_site(find_packages(folder), tmp_path / "site", ["mazur", "circuit"])
    with served(tmp_path / "site") as address:
        yield tmp_path / "site", address


def fault(page: Browser) -> str:
    return page.ask("document.querySelector('#fault').hidden ? '' : document.querySelector('#fault-text').textContent")


def test_the_page_asks_and_shows(site: tuple[Path, str], tmp_path: Path) -> None:
    """Products by tabs and their keys, options, notes; a document runs no script; links lead out of the page."""
    with Browser(tmp_path / "profile") as page:
        page.open(site[1])
        assert settled(page) == "Done"
        assert page.frame("document.title") == "solution mazur"
        assert page.frame("document.querySelector('#said').textContent").split() == example_text("mazur").split()
        assert page.frame("[...document.links].map(link => link.target)") == ["_blank", ""]
        assert page.frame("origin") == "null"
        assert page.ask("document.querySelector('#notes').textContent") == "About solution"
        arrow = (
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));"
        )
        assert do(page, "document.querySelector('#tab-solution').focus();" + arrow) == "Done"
        assert page.frame("document.title") == "worksheet mazur"
        assert page.ask("document.activeElement.id") == "tab-worksheet"
        choose = "document.querySelector('#notation').value = 'nielsen';"
        change = "document.querySelector('#notation').dispatchEvent(new Event('change'));"
        assert do(page, choose + change) == "Done"
        assert page.frame("document.title") == "worksheet mazur nielsen"
        assert do(page, click("tab-check")) == "Ready"
        assert do(page, type_("student", "<b>w5</b> = 1") + click("check")) == "Done"
        assert page.frame("document.title") == "check mazur"
        start = "document.querySelector('#examples').value = 'circuit';"
        change = "document.querySelector('#examples').dispatchEvent(new Event('change'));"
        assert do(page, click("tab-solution") + start + change) == "Done"
        assert page.frame("document.title") == "solution circuit nielsen"
        hostile = 'title = "</script><script>document.title = 1</script>"'
        assert do(page, type_("problem", hostile) + click("work")) == "Done"
        assert page.ask("document.title").startswith("derive")
        blocked = [one for one in page.complaints() if "Content Security Policy" not in one]
        assert blocked == [] and len(page.complaints()) >= 2


def test_the_page_tells_what_went_wrong(site: tuple[Path, str], tmp_path: Path) -> None:
    """What is too slow, is stopped, or fails is said, and after each the page works on."""
    with Browser(tmp_path / "profile") as page:
        page.open(f"{site[1]}#nonsense")
        assert settled(page) == "Done" and "holds no problem" in fault(page)
        assert do(page, type_("problem", "slow") + click("work")) == "Stopped"
        assert fault(page).startswith("Stopped after 2 seconds. Make the problem smaller")
        assert (do(page, type_("problem", "quick") + click("work")), fault(page)) == ("Done", "")
        page.ask(type_("problem", "slow again") + click("work"))
        assert do(page, click("stop")) == "Stopped" and fault(page) == "Stopped."
        said = do(page, type_("problem", "fault") + click("work"))
        assert said == "Stopped" and "a fault of the program, not of your problem (KeyError: 7)" in fault(page)
        assert do(page, type_("problem", "quick") + click("work")) == "Done" and fault(page) == ""
        link = page.ask("location.href")
        assert do(page, type_("problem", "other") + click("work")) == "Done"
        page.open("about:blank")
        page.open(link)
        assert settled(page) == "Done" and page.ask("document.querySelector('#problem').value") == "quick"
        assert page.frame("document.title") == "solution problem"


def test_another_file_on_the_server_is_not_taken(site: tuple[Path, str], tmp_path: Path) -> None:
    """A file that is not what the page was made with is named, and no part of it runs."""
    (file,) = site[0].glob("packages/*/pyodide.asm.wasm")
    file.write_bytes(b"other")
    with Browser(tmp_path / "profile") as page:
        page.open(site[1])
        page.until("document.querySelector('#status').textContent === 'Stopped'", 60)
        assert "pyodide.asm.wasm could not be loaded" in fault(page)
        assert "another file than this page was made with" in fault(page)


def test_the_page_needs_no_network_later(site: tuple[Path, str], tmp_path: Path) -> None:
    """After one visit all is kept; another site in the same place takes the old one's files away."""
    with Browser(tmp_path / "profile") as page:

        def visited(address: str) -> str:
            page.open("about:blank")
            page.open(address)
            assert settled(page) == "Done"
            return page.frame("document.title")

        with served(site[0]) as address:
            assert visited(address) == "solution mazur"
            assert page.ask("document.documentElement.dataset.ready") == "kept"
            names = page.ask("caches.keys()")
        assert visited(address) == "solution mazur"
        write_site(find_packages(tmp_path / "packages"), site[0], ["circuit"])
        with served(site[0], int(address.rstrip("/").rpartition(":")[2])):
            # The second visit is served by what came with the first.
            assert [visited(address), visited(address)] == ["solution circuit"] * 2
            new = f"names.length === 2 && names.some(one => !{json.dumps(names)}.includes(one))"
            page.until(f"caches.keys().then(names => {new})", 20)
        assert len(names) == 2
        assert visited(address) == "solution circuit"


def test_every_control_has_a_name_and_no_window_is_too_narrow(site: tuple[Path, str], tmp_path: Path) -> None:
    """By the tree that a screen reader is given; on a phone nothing scrolls sideways and all can be hit."""
    with Browser(tmp_path / "profile") as page:
        page.open(site[1])
        assert settled(page) == "Done"
        nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        roles = {"button", "combobox", "textbox", "checkbox", "tab", "Iframe", "tabpanel"}
        controls = [node for node in nodes if not node["ignored"] and node["role"]["value"] in roles]
        assert len(controls) >= 14
        assert [node["role"]["value"] for node in controls if not node["name"]["value"]] == []
        for width, height in ((320, 640), (390, 844), (768, 1024), (1280, 800)):
            page.window(width, height)
            for tab in ("solution", "worksheet", "check"):
                do(page, click(f"tab-{tab}"))
                assert page.ask("document.documentElement.scrollWidth") <= width
                sizes = "[...document.querySelectorAll('button, select')].filter(one => one.offsetParent)"
                assert page.ask(f"Math.min(...{sizes}.map(one => one.offsetHeight))") >= 36


COMPILED = """async () => {
  const caches_ = await Promise.all((await caches.keys()).map(name => caches.open(name)));
  const found = (await Promise.all(caches_.map(async one => (await one.keys()).map(request => [one, request])))).flat();
  const [one, request] = found.find(([, request]) => request.url.includes("/compiled/")) ?? [];
  return one ? (await (await one.match(request)).blob()).size : 0;
}"""
"""The size of what Python has compiled and the page has kept."""


def test_the_page_works_in_a_browser(tmp_path: Path) -> None:
    """Solution, worksheet, key, check and PDF of the published packages, a mistake at its line, the link, and all of it
    again without a server: what the browser makes is what is made here."""
    need("chromium")
    need("pyodide")
    write_site(find_packages(PYODIDE), tmp_path / "site")
    saved = tmp_path / "saved"
    with served(tmp_path / "site") as address, Browser(tmp_path / "profile") as page:
        page.window(1280, 900)
        page.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(saved))
        page.open(address)
        assert settled(page) == "Done"

        def kept_as(format: str, name: str) -> bytes:
            script = f"document.querySelector('#format').value = '{format}';"
            assert do(page, script + click("save")) == f"Saved {name}.{format}"
            page.until("new Promise(done => setTimeout(() => done(true), 700))")
            return (saved / f"{name}.{format}").read_bytes()

        mazur = example_text("mazur")
        assert kept_as("html", "mazur.solution").decode() == asked("solution", mazur, "mazur")["text"]
        pdf = asked("solution", mazur, "mazur", "pdf")["base64"]
        assert kept_as("pdf", "mazur.solution") == base64.b64decode(pdf)
        assert page.frame("document.querySelector('.stepper').hidden") is False
        for product in ("worksheet", "key"):
            assert do(page, click(f"tab-{product}")) == "Done"
            made = asked(product, mazur, "mazur", blanks="substitutions")["text"]
            assert kept_as("html", f"mazur.{product}").decode() == made
        work = "out_h1 = 0.5933\nw5+ = 0.4411"
        assert do(page, click("tab-check") + type_("student", work) + click("check")) == "Done"
        assert "gradient added instead of subtracted" in page.frame("document.body.textContent").lower()
        assert kept_as("html", "mazur.check").decode() == asked("check", mazur, "mazur", work=work)["text"]

        said = do(page, click("tab-solution") + type_("problem", FAULTS[0][0]) + click("work"))
        assert said == "Nothing was made: see the message"
        assert page.ask("document.querySelector('#fault-text').textContent") == asked("solution", FAULTS[0][0])["error"]
        page.ask(click("to-line"))
        chosen = page.ask("[document.activeElement.selectionStart, document.activeElement.selectionEnd]")
        assert FAULTS[0][0][slice(*chosen)] == 'activation = "sigmod"'

        hostile = 'source = "<img src=x onerror=alert(1)></textarea></script>"\n'
        mine = hostile + changed("circuit", "x = 3.0", "x = 3.5")
        assert do(page, type_("problem", mine) + click("work")) == "Done"
        assert page.frame("document.querySelectorAll('img, textarea').length") == 0
        link = page.ask("location.href")
        assert page.complaints() == []
        # What was compiled is kept for the next start.
        page.until(f"({COMPILED})().then(size => size > 1e6)", 60)
    with Browser(tmp_path / "profile") as page:  # the server has gone
        page.window(390, 844)
        page.open(link)
        assert settled(page) == "Done"
        assert page.ask("document.querySelector('#problem').value") == mine
        title = re.search(r"<title>(.*?)</title>", asked("solution", mine)["text"])[1]
        assert page.frame("document.title") == title
        assert page.ask("document.documentElement.scrollWidth <= innerWidth")
        assert page.complaints() == []
