"""What is shipped is complete, and works away from the repository."""

import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from tools import need
from tools.needs import ROOT, git

from derive.playground.wheel import own_wheel


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source archive, and the wheel that was built from it; both without a network."""
    folder = tmp_path_factory.mktemp("archives")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


def test_wheel_holds_templates_examples_and_schema(archives: tuple[Path, Path]) -> None:
    """Every module, template and example is in the wheel, the schema and the typing mark; no documentation."""
    _, wheel = archives
    shipped = set(zipfile.ZipFile(wheel).namelist())
    modules, examples, templates = (
        {str(path.relative_to(ROOT)) for path in ROOT.glob(pattern) if path.is_file()}
        for pattern in ("derive/**/*.py", "derive/examples/*.toml", "templates/**/*")
    )
    modules = {path for path in modules if not path.startswith("derive/docs/")}
    assert [path for path in shipped if path.startswith("derive/docs")] == []
    assert modules and templates and len(examples) >= 7
    expected = modules | examples | {f"derive/{path}" for path in templates}
    expected |= {"derive/problem.schema.json", "derive/py.typed"}
    assert expected - shipped == set()


def test_the_wheel_of_the_playground_is_this_wheel(archives: tuple[Path, Path]) -> None:
    """What a page is given, from the files that are installed, has the same files as what is built, byte for byte."""
    built, packed = (zipfile.ZipFile(file) for file in (archives[1], io.BytesIO(own_wheel()[1])))
    assert sorted(packed.namelist()) == sorted(built.namelist())
    package = [name for name in built.namelist() if ".dist-info/" not in name]
    assert [name for name in package if packed.read(name) != built.read(name)] == []


def test_source_archive_is_complete(archives: tuple[Path, Path]) -> None:
    """The source archive holds every file of the repository."""
    need("git checkout")
    sdist, _ = archives
    with tarfile.open(sdist) as archive:
        shipped = {name.partition("/")[2] for name in archive.getnames()}
    tracked = {path for path in git("ls-files", "-z").stdout.split("\0") if (ROOT / path).is_file()}
    assert tracked - shipped == set()


def test_wheel_solves_from_another_folder(archives: tuple[Path, Path], tmp_path: Path) -> None:
    """Installed in a clean environment, `derive solve mazur -o DIR` writes its files, wherever it is run."""
    _, wheel = archives
    home, elsewhere = tmp_path / "venv", tmp_path / "elsewhere"
    elsewhere.mkdir()
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    # The dependencies, without a network: a path in a .pth file is searched after the new environment's own
    # packages, and the .pth files in there (this repository's editable install) are not read.
    here = sysconfig.get_paths()
    there = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    (Path(there) / "dependencies.pth").write_text(f"{here['purelib']}\n{here['platlib']}\n", "utf-8")
    install = ["-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def run(*command: str | Path) -> str:
        done = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(sys.executable, *install)
    assert Path(run(python, "-c", "import derive; print(derive.__file__)").strip()).is_relative_to(home)
    run(home / "bin" / "derive", "solve", "mazur", "-o", "solved")
    written = {path.name for path in (elsewhere / "solved").iterdir()}
    assert {"mazur.solution.md", "mazur.solution.tex"} <= written
    links = re.findall(
        r"^!\[.*\]\((.*)\)$", (elsewhere / "solved" / "mazur.solution.md").read_text("utf-8"), re.MULTILINE
    )
    assert set(links) == written - {"mazur.solution.md", "mazur.solution.tex"}


def test_the_page_of_the_package_has_no_link_into_the_repository(archives: tuple[Path, Path]) -> None:
    """What a package page shows is the README with plain words where it links to files of the repository."""
    from markdown_it import MarkdownIt

    _, wheel = archives
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        page = archive.read(metadata).decode().partition("\n\n")[2]
    readme = (ROOT / "README.md").read_text()

    def links(text: str) -> list[str]:
        tokens = [child for token in MarkdownIt().parse(text) for child in token.children or ()]
        return [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]

    def words(text: str) -> str:
        return "".join(MarkdownIt().render(text).split())

    there = [link for link in links(readme) if not link.startswith(("http", "#"))]
    assert len(there) > 5
    assert links(page) == [link for link in links(readme) if link not in there]
    stripped = re.sub(r'<ahref="(?!http|#)[^"]*">(.*?)</a>', r"\1", words(readme))
    assert words(page) == stripped
