"""The rules of the house: who imports whom, what no module does, what no file holds, lint and types."""

import ast
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter

import pytest
from tools import need
from tools.needs import ROOT, git

from derive.quantity import DIFFERENTIATED, KINDS

# room (a module of derive, or a package with all its modules): the rooms it may import
ROOMS = {
    "errors": "",
    "quantity": "",
    "wording": "errors functions library",
    "parts": "errors",
    "progress": "",
    "files": "errors",
    "endings": "",
    "texts": "errors",
    "workers": "errors",
    "gradebook": "",
    "spec": "errors from_python library notation parts quantity wording",
    "reading": "errors spec",
    # formulas and numbers
    "expression": "quantity",
    "number": "quantity",
    "rounding": "expression number",
    "functions": "expression number",
    "numbers": "expression functions number quantity rounding",
    "branches": "expression functions numbers quantity",
    "calculus": "expression symbolic",
    "symbolic": "errors expression functions quantity",
    "initial": "numbers spec",
    # tables of primitives
    "activations": "expression functions library",
    "losses": "activations expression library",
    "proofs": "activations branches calculus errors expression library losses numbers quantity spec symbolic",
    # problems given by equations
    "language": "errors functions",
    "library": "expression functions language",
    "trace": "computation errors expression functions language library quantity step",
    "compute": "errors expression functions identity language number numbers quantity trace",
    "model": "branches calculus compute errors expression from_python functions identity initial language library "
    "numbers quantity reading spec symbolic trace",
    # the computation
    "step": "expression quantity",
    "computation": "expression quantity step",
    "graph": "activations expression losses quantity spec step",
    "forward": "activations expression graph library quantity spec step",
    "rewrites": "expression forward graph losses quantity spec step trace",
    "derivation": "computation expression forward graph library losses quantity rewrites spec step trace",
    "mistakes": "activations computation derivation errors expression forward graph library losses quantity spec step "
    "trace wording",
    "guard": "branches calculus computation derivation errors expression functions graph loop losses numbers proofs "
    "quantity spec step",
    "identity": "expression functions numbers quantity",
    "loop": "",
    "run": "computation expression identity loop numbers quantity step",
    "evaluation": "computation errors expression identity numbers quantity run spec",
    "reach": "calculus expression functions numbers quantity",
    "program": "computation evaluation expression identity loop numbers quantity reach step",
    "closed": "activations derivation expression quantity",
    "gradient_check": "branches derivation evaluation expression graph loop numbers quantity",
    # names and print
    "notation": "palette quantity",
    "formula": "expression functions notation palette quantity rounding wording",
    "document": "diagram expression formula palette wording",
    "sentences": "document expression formula quantity",
    "narrate": "activations closed derivation diagram document evaluation expression formula gradient_check "
    "graph losses "
    "notation numbers palette parts quantity rounding sentences spec step wording",
    "pages": "compute diagram document errors expression formula functions language library model notation numbers "
    "palette parts rounding sentences trace wording",
    "render": "diagram document errors expression formula notation palette sentences wording",
    # the products
    "gradient": "closed derivation evaluation expression formula graph notation quantity symbolic",
    "data": "derivation evaluation expression formula notation quantity",
    "scripts": "compute derivation document evaluation expression formula functions model notation pages quantity step "
    "trace",
    "views": "diagram document errors notation palette render scripts",
    "worked": "diagram document errors mistakes model notation pages parts scripts views",
    "stepwise": "computation errors evaluation expression model notation numbers pages palette quantity restated "
    "step trace worked",
    "restated": "errors expression language model quantity trace",
    "subject": "model solution spec stepwise worked",
    "solution": "activations derivation diagram document data errors evaluation from_python gradient guard initial "
    "mistakes model narrate notation parts quantity reading render scripts spec views worked",
    "palette": "quantity",
    "diagram": "activations derivation errors evaluation expression formula graph notation numbers palette quantity "
    "rounding spec",
    "worksheet": "activations computation derivation diagram document errors evaluation expression formula from_python "
    "graph initial mistakes model narrate numbers pages palette parts program quantity reading render "
    "sentences solution spec step stepwise trace wording worked",
    "work": "activations errors expression functions gradebook notation quantity spec texts trace worksheet",
    "variants": "activations branches computation derivation diagram endings errors evaluation expression files "
    "functions gradebook initial loop losses mistakes "
    "model notation numbers palette program progress quantity reading render solution spec stepwise texts trace "
    "workers worksheet",
    "check": "activations branches computation derivation diagram document errors evaluation expression files formula "
    "functions gradebook graph loop losses mistakes notation numbers palette program quantity reach render solution "
    "spec step stepwise subject trace variants wording work workers worksheet",
    "platforms": "check diagram document errors expression files formula mistakes numbers quantity render solution "
    "subject variants wording worksheet",
    "playground": "check errors files notation parts reading render solution spec subject variants work worked "
    "worksheet",
    "practice": "check derivation document errors expression formula functions graph mistakes numbers palette "
    "platforms program quantity render solution step subject trace variants wording worksheet",
    "audit": "check document errors expression formula mistakes quantity reading render solution subject wording work",
    "from_python": "errors",
    "imported": "errors files from_python language library spec symbolic",
    "docs": "document library reading render solution",  # how the documentation is built
    "__main__": "cli",
    "cli": "audit check diagram endings errors files imported mistakes model palette parts platforms playground "
    "practice progress reading render solution spec stepwise variants views wording work workers worksheet",
    "derive": "check errors imported platforms solution variants",  # the package's own __init__
}

# package from elsewhere: the rooms that may import it
PACKAGES = {
    "click": "cli",
    "flint": "check compute evaluation functions gradient_check guard identity initial model number numbers program "
    "pages proofs reach rounding run stepwise variants worksheet",
    "jinja2": "render",
    "pydantic": "model reading spec",
    "pydantic_core": "reading spec",
    "pygments": "docs",
    "pypandoc": "render",
    "rich": "check progress",
    "sympy": "gradient imported model symbolic",
    "typst": "render",
}

# A Python float is binary noise; the others execute what a string says.
BANNED_CALLS = {"eval", "exec", "float", "parse_expr", "sympify"}

README_COMMANDS = [
    "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/derive solve mazur",
    "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/python -m pytest",
]


def module_name(path: str) -> str:
    """The dotted name of a source file: `derive/narrate/__init__.py` is `derive.narrate`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


SOURCES = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in sorted(ROOT.glob("derive/**/*.py"))}
MODULES = {module_name(path) for path in SOURCES}


def room(module: str) -> str:
    """The room of a module: `narrate` for `derive.narrate.forward`, `derive` for the package's own."""
    return f"{module}.".split(".")[1] or module


def imported_names(path: str, source: str) -> Iterator[str]:
    """Every name that a source file imports, dotted and absolute, also inside functions and conditions."""
    package = module_name(path) if path.endswith("__init__.py") else module_name(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                origin = importlib.util.resolve_name("." * level + (module or ""), package)
                yield from (f"{origin}.{alias.name}" for alias in names)


def imported_modules(path: str, source: str) -> set[str]:
    """The modules of derive that a source file imports."""
    found = set()
    for name in imported_names(path, source):
        while name and name not in MODULES:
            name = name.rpartition(".")[0]
        found |= {name} - {"", module_name(path)}
    return found


def imported_packages(path: str, source: str) -> set[str]:
    """The packages that a source file imports from outside the standard library and derive."""
    tops = {name.partition(".")[0] for name in imported_names(path, source)}
    return tops - sys.stdlib_module_names - {"derive"}


def banned_calls(source: str) -> list[str]:
    """The calls and imports of what `BANNED_CALLS` names, as `line: name`; a method named eval is not one."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name)) | ast.alias(name=name):
                pass
            case ast.Call(func=ast.Attribute(value=ast.Name(id="builtins" | "sympy"), attr=name)):
                pass
            case _:
                continue
        if name in BANNED_CALLS:
            found.add((node.lineno, name))
    return [f"{line}: {name}" for line, name in sorted(found)]


def test_detectors_detect() -> None:
    """The functions that read source find what they look for, wherever it stands."""
    source = (
        "import sympy.core\nfrom derive import quantity as q, __version__\n"
        "if TYPE_CHECKING:\n    from . import expression\n"
        "def f():\n    from .quantity import Quantity\n    import os, jinja2\n"
    )
    assert imported_modules("derive/cli.py", source) == {"derive", "derive.expression", "derive.quantity"}
    assert imported_modules("derive/a/__init__.py", "from .. import expression") == {"derive.expression"}
    assert imported_packages("derive/cli.py", source) == {"sympy", "jinja2"}
    assert [room(module) for module in ("derive", "derive.cli", "derive.a.b")] == ["derive", "cli", "a"]
    source = "x = [float('1')]\nfrom sympy import sympify\nsympy.parse_expr('1')\nstep.eval()\nx: float\n"
    assert banned_calls(source) == ["1: float", "2: sympify", "3: parse_expr"]
    assert BARE_IGNORE.findall("a  # type: ignore\nb  # type: ignore[misc]\nc  # noqa\nd  # noqa: E501") == [
        "# type: ignore",
        "# noqa",
    ]
    assert [bool(MACHINE.search(text)) for text in ("see /tmp/x", "a/home/b", "w/tmp", "x.pyp" + "i.org")] == [
        True,
        False,
        False,
        True,
    ]


def test_every_module_has_its_room() -> None:
    """The table lists exactly the modules that exist."""
    assert {room(module) for module in MODULES} == set(ROOMS)


def test_imports_follow_the_table() -> None:
    """No module imports a room that its row in `ROOMS` does not name."""
    wrong = {
        (path, module)
        for path, source in SOURCES.items()
        for module in imported_modules(path, source)
        if room(module) not in {room(module_name(path)), *ROOMS.get(room(module_name(path)), "").split()}
    }
    assert wrong == set()


def test_imports_have_one_direction() -> None:
    """Neither the modules nor the rooms of the table import each other in a circle."""
    for graph in (
        {module_name(path): imported_modules(path, source) for path, source in SOURCES.items()},
        {name: allowed.split() for name, allowed in ROOMS.items()},
    ):
        assert len(list(TopologicalSorter(graph).static_order())) >= len(graph) > 0


def test_packages_stay_in_their_rooms() -> None:
    """Each package from elsewhere is imported only where `PACKAGES` says, and no other package at all."""
    wrong = {
        (path, package)
        for path, source in SOURCES.items()
        for package in imported_packages(path, source)
        if room(module_name(path)) not in PACKAGES.get(package, "").split()
    }
    assert wrong == set()


LONGEST = 350
REASON = "One module because "


def too_long(source: str) -> bool:
    """Whether a module has more lines than a reader takes in, and its docstring has no reason for that."""
    docstring = ast.get_docstring(ast.parse(source)) or ""
    return source.count("\n") > LONGEST and REASON not in docstring.replace("\n", " ")


def test_long_modules_say_why() -> None:
    """No module has over 350 lines without a reason in its docstring, which begins with "One module because"."""
    short, long = "x = 1\n" * LONGEST, "x = 1\n" * (LONGEST + 1)
    reason = '"""A table. One module\nbecause it is one table."""\n'
    sources = (short, long, reason + long, f"# {REASON}so.\n{long}")
    assert [*map(too_long, sources)] == [False, True, False, True]
    assert [path for path, source in SOURCES.items() if too_long(source)] == []


def test_one_dictionary_of_derivatives() -> None:
    """What the derivative of a kind is called stands in the table of kinds alone, and covers every such kind."""
    assert {kind for kind in KINDS if kind.startswith("dL/d")} == set(DIFFERENTIATED)
    pairs = re.compile(r"""[{(,]\s*(?:"dL/d(\w)"\s*:\s*"\1"|"(\w)"\s*:\s*"dL/d\2")""")
    assert pairs.search('{"a": "dL/da"}') and pairs.search('{"dL/db": "b"}')
    assert [path for path, source in SOURCES.items() if pairs.search(source)] == []


def test_no_text_is_executed_and_no_float_made() -> None:
    """No module of derive calls or imports what `BANNED_CALLS` names."""
    assert {path: found for path, source in SOURCES.items() if (found := banned_calls(source))} == {}


BARE_IGNORE = re.compile(r"# *type: *ignore(?!\[)|# *noqa(?!: )")


def test_ignores_say_what_they_ignore() -> None:
    """Every `type: ignore` and `noqa` comment of derive carries a code."""
    assert {path: found for path, source in SOURCES.items() if (found := BARE_IGNORE.findall(source))} == {}


# Put together here, so that this file does not hold what it looks for.
HOSTS = [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("deb.debian", "org")]
MACHINE = re.compile("|".join([r"(?<![\w.])/(?:home|work|tmp)/\w", *(rf"{name}\.{top}" for name, top in HOSTS)]))


def test_no_file_names_a_machine() -> None:
    """No text file outside the tests holds a path of one machine, and none at all the host of a registry."""
    need("git checkout")
    paths = git("ls-files", "--cached", "--others", "--exclude-standard", "-z").stdout.split("\0")
    found = {}
    for path in filter(None, paths):
        file = ROOT / path
        if not file.is_file() or b"\0" in (content := file.read_bytes()):
            continue
        hits = MACHINE.findall(content.decode("utf-8"))
        if path.startswith("tests/"):
            hits = [hit for hit in hits if not hit.startswith("/")]
        if hits:
            found[path] = hits
    assert len(paths) > 10
    assert found == {}


def test_readme_and_ci_run_the_same_commands() -> None:
    """The README shows both commands, each alone in its block, and CI ends with the second."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    ci = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert [block for block in blocks if "venv" in block] == [f"{command}\n" for command in README_COMMANDS]
    assert ci[-1] == README_COMMANDS[1]


@pytest.mark.parametrize("check", ["ruff check", "mypy"])
def test_lint_and_types(check: str) -> None:
    """Ruff finds nothing to say about the repository, nor mypy, strict, about derive."""
    run = subprocess.run([sys.executable, "-m", *check.split()], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_light_options_load_no_heavy_package(option: str) -> None:
    """`derive --help` and `derive --version` answer without importing a mathematics or template package."""
    script = (
        "import sys, derive.cli\n"
        f"sys.argv = ['derive', {option!r}]\n"
        "try:\n    derive.cli.main()\n"
        "finally:\n    print(*{'flint', 'jinja2', 'pydantic', 'sympy'} & set(sys.modules), file=sys.stderr)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "\n")
    assert "derive" in run.stdout
