"""Whole class sets: files, key table and manifest; the same bytes whoever makes them; what is stopped goes on."""

import csv
import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tools import need

from derive import InputError
from derive.cli import main
from derive.quantity import Quantity, parse_id
from derive.render.joined import joined_pdf
from derive.render.pdf import typst_pdf
from derive.variants import Interrupted, recipe, worksheets
from derive.worksheet import compile_sheet


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return found


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class set of hmkcode, made here."""
    folder = tmp_path_factory.mktemp("set") / "set"
    worksheets("hmkcode", variants=9, seed=7, format=["md", "html"], output=folder)
    return folder


def test_a_set_is_complete(made: Path) -> None:
    """Files, key table and manifest agree with each other and with the sheet."""
    told = manifest(made)
    files = tree(made)
    assert told["finished"] and told["variants"] == 9 and told["seed"] == "7" and told["derive"]
    assert {"tie_distance", "no_two_alike", "distinguishable_mistakes"} <= set(told["every_variant_meets"])
    hashes = {path: digest for sheet in told["sheets"] for path, digest in sheet["files"].items()} | told["files"]
    assert hashes == {path: sha256(files[path]).hexdigest() for path in files if path != "manifest.json"}
    assert len(hashes) == 9 * 4 + 1
    text = files["keys.csv"].decode("utf-8")
    assert text.startswith("\ufefffo")
    rows = list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))
    sheet = compile_sheet("hmkcode")
    for entry in told["sheets"]:
        drawn = {quantity: Decimal(number) for quantity, number in _by_id(entry["numbers"])}
        expected = sheet.answers(sheet.numbers(drawn))
        own = [row for row in rows if row["form"] == entry["form"]]
        assert [row["exact"] for row in own] == [row.exact for row in expected]
        assert [row["box"] for row in own] == [row.box for row in expected]
        page = files[f"worksheets/{entry['key']}.worksheet.md"].decode()
        assert entry["form"] in page and entry["form"].startswith(f"{entry['key']}-")
    assert len({tuple(entry["numbers"].values()) for entry in told["sheets"]}) == 9


def _by_id(given: dict[str, str]) -> Iterator[tuple[Quantity, str]]:
    for name, number in given.items():
        quantity = parse_id(name)
        assert quantity is not None
        yield quantity, number


SCRIPT = """
import sys
from derive import worksheets
if __name__ == "__main__":
    jobs, folder = int(sys.argv[1]), sys.argv[2]
    worksheets("hmkcode", variants=9, seed=7, format=["md", "html"], output=folder, jobs=jobs)
"""


@pytest.mark.parametrize(("jobs", "hash_seed"), [("2", "1"), ("1", "2")])
def test_same_seed_same_bytes(made: Path, tmp_path: Path, jobs: str, hash_seed: str) -> None:
    """Whatever the hash seed, and however many processes."""
    script = tmp_path / "make.py"
    script.write_text(SCRIPT)
    folder = tmp_path / "set"
    run = subprocess.run(
        [sys.executable, str(script), jobs, str(folder)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert tree(folder) == tree(made)


def _threads() -> Executor:
    return ThreadPoolExecutor(2)


def _cluster() -> Any:
    need("distributed")
    from distributed import Client, LocalCluster

    cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    return Client(cluster).get_executor()


@pytest.mark.parametrize("start", [_threads, _cluster])
def test_any_executor_makes_the_same(made: Path, tmp_path: Path, start: Callable[[], Executor]) -> None:
    executor = start()
    worksheets("hmkcode", variants=9, seed=7, format=["md", "html"], output=tmp_path / "s", executor=executor)
    assert tree(tmp_path / "s") == tree(made)


def test_an_interrupted_set_is_completed(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there is whole and stays untouched; the same call makes the rest."""
    folder, whole, count = tmp_path / "set", recipe.write_whole, 0

    def stop(path: Path, content: bytes) -> None:
        nonlocal count
        count += 1
        if count == 11:
            raise KeyboardInterrupt
        whole(path, content)

    def make() -> Any:
        return worksheets("hmkcode", variants=9, seed=7, format=["md", "html"], output=folder)

    monkeypatch.setattr(recipe, "write_whole", stop)
    with pytest.raises(Interrupted) as caught:
        make()
    monkeypatch.undo()
    assert caught.value.count == 9
    files, complete = tree(folder), tree(made)
    assert len(files) == 11 and b'"finished": false' in files["manifest.json"]
    assert all(files[path] == complete[path] for path in files if path != "manifest.json")
    (folder / "keys" / ".0007.key.md.123.part").write_text("half")
    before = {path: (folder / path).stat().st_mtime_ns for path in files}
    done = make()
    assert (done.files, done.kept) == (36, 10)
    assert tree(folder) == complete
    assert all((folder / path).stat().st_mtime_ns == before[path] for path in files if path != "manifest.json")
    assert make().kept == 36 and tree(folder) == complete


def test_a_full_disk_leaves_whole_files(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count, plain = 0, Path.open

    def fill(self: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        nonlocal count
        count += "x" in mode
        if count > 9 and "x" in mode:
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(self, mode, *rest, **more)

    monkeypatch.setattr(Path, "open", fill)
    folder = tmp_path / "set"
    told = refusal(lambda: worksheets("hmkcode", variants=9, seed=7, format=["md", "html"], output=folder))
    monkeypatch.undo()
    assert "no space left on device" in told
    files, complete = tree(folder), tree(made)
    assert "keys.csv" not in files and 1 < len(files) < 10
    assert all(files[path] == complete[path] for path in files if path != "manifest.json")


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "set"

    def make(variants: int = 4, seed: int = 7, problem: str = "hmkcode", **more: Any) -> Any:
        return worksheets(problem, variants=variants, seed=seed, output=folder, **more)

    make()
    before = tree(folder)
    assert "one with another problem, seed or format" in refusal(lambda: make(seed=8))
    assert "one with another problem, seed or format" in refusal(lambda: make(problem="mazur"))
    assert "a folder for 3 variants, found one of 4 variants" in refusal(lambda: make(variants=3))
    assert tree(folder) == before
    assert make(variants=5).kept == 8
    make(variants=2, seed=8, force=True)
    assert len(tree(folder)) == 2 * 2 + 2
    other = tmp_path / "other"
    (other / "worksheets").mkdir(parents=True)
    (other / "worksheets" / "0001.worksheet.md").write_text("mine")
    assert "0001.worksheet.md of something else" in refusal(lambda: worksheets("hmkcode", variants=1, output=other))
    (tmp_path / "file").write_text("")
    assert "found a file" in refusal(lambda: worksheets("hmkcode", variants=1, output=tmp_path / "file"))


BAD_CALLS = {
    "none": ({}, "a number of variants, or a roster, found neither"),
    "zero": ({"variants": 0}, "from 1 to 200000"),
    "format": ({"variants": 1, "format": "pfd"}, 'did you mean "pdf"'),
    "engine": ({"variants": 1, "engine": "tex"}, "typst or latex"),
    "jobs": ({"variants": 1, "jobs": 0}, "--jobs"),
    "all in one": ({"variants": 1, "all_in_one": True}, "the format pdf"),
    "no roster": ({"roster": "nowhere.csv"}, "no such file"),
}


@pytest.mark.parametrize("case", BAD_CALLS)
def test_bad_calls_write_nothing(case: str, tmp_path: Path) -> None:
    options, expected = BAD_CALLS[case]
    told = refusal(lambda: worksheets("hmkcode", output=tmp_path / "set", **options))
    assert expected.lower() in told.lower() and not (tmp_path / "set").exists()


def test_a_number_beside_a_roster(tmp_path: Path) -> None:
    """It is that of the students, or the message says which to leave out."""
    roster, folder = tmp_path / "class.csv", tmp_path / "set"
    roster.write_text("id\na\nb\n")
    told = refusal(lambda: worksheets("hmkcode", variants=3, roster=roster, output=folder))
    assert "--variants: expected 2, the number of students" in told and "Leave out --variants" in told
    assert not folder.exists() and worksheets("hmkcode", variants=2, roster=roster, output=folder).count == 2


def test_solutions_have_the_decimals_of_their_sheets(tmp_path: Path) -> None:
    """The last answer of every sheet stands in its solution, as it is printed in the key."""
    worksheets("mazur", variants=1, output=tmp_path, solutions=True)
    row = list(csv.DictReader((tmp_path / "keys.csv").read_text("utf-8-sig").splitlines()))[-1]
    text = (tmp_path / "solutions" / "0001.solution.md").read_text("utf-8")
    assert rf"\approx \mathbf{{{row['exact']}}}" in text and "to four decimals" in text


def test_all_in_one_begins_every_sheet_on_a_front_page(tmp_path: Path) -> None:
    done = worksheets("hmkcode", variants=2, output=tmp_path, format="pdf", all_in_one=True)
    pages = [
        len(re.findall(rb"/Type\s*/Page\b", (tmp_path / name).read_bytes()))
        for name in ("worksheets/0001.worksheet.pdf", "worksheets.pdf")
    ]
    assert done.prints == (tmp_path / "worksheets.pdf",)
    assert pages[0] > 0 and pages[1] == 2 * (pages[0] + pages[0] % 2)
    for name, text in (("one.pdf", "one"), ("two.pdf", "one\n#pagebreak()\ntwo")):
        (tmp_path / name).write_bytes(typst_pdf(f'#set document(title: "x")\n{text}'))
    joined = joined_pdf(tmp_path, ["one.pdf", "two.pdf", "one.pdf"], "letter")
    assert len(re.findall(rb"/Type\s*/Page\b", joined)) == 6


def test_a_hostile_class_gets_its_sheets(tmp_path: Path) -> None:
    """Numbers depend on the identifier alone; names are shown as they are and lead nowhere."""
    roster = tmp_path / "class.csv"
    students = [("=cmd()", '"Bob" \\input{x} $1$ <b>_*'), ("../up", "李娜, محمد"), ("A1", "Ada"), ("a1", "#eval")]
    with roster.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([("ID", "Name"), *students])
    folder = tmp_path / "in" / "set"
    worksheets("hmkcode", roster=roster, output=folder, format=["md", "html", "typ"])
    files = tree(tmp_path / "in")
    assert all(path.startswith("set/") for path in files) and len(files) == 4 * 2 * 3 + 2
    rows = list(csv.reader((folder / "keys.csv").read_text("utf-8-sig").splitlines()))
    assert {row[1] for row in rows[1:]} == {"'=cmd()", "../up", "A1", "a1"}
    assert not any(cell[:1] in "=+@\t" for row in rows for cell in row[:3] if cell)
    sheet = next(text for path, text in files.items() if "/up." in path and path.endswith("worksheet.html"))
    assert "李娜, محمد" in sheet.decode()
    sheet = next(text for path, text in files.items() if "/cmd." in path and path.endswith("worksheet.html"))
    assert b"<b>_" not in sheet
    alone = tmp_path / "alone.csv"
    alone.write_text("id\nA1\n")
    worksheets("hmkcode", roster=alone, output=tmp_path / "alone")
    both = [manifest(place)["sheets"] for place in (folder, tmp_path / "alone")]
    assert next(s for s in both[0] if s["key"] == "A1")["numbers"] == both[1][0]["numbers"]
    roster.write_text(roster.read_text("utf-8-sig").replace("Ada", "Eve"), "utf-8")
    told = refusal(lambda: worksheets("hmkcode", roster=roster, output=folder, format=["md", "html", "typ"]))
    assert "one for another" in told


def test_the_command_line(tmp_path: Path) -> None:
    """`derive worksheet` with --variants writes a set; options of a set alone are a mistake."""
    run = CliRunner()
    call = ["worksheet", "hmkcode", "--format", "md", "-o", str(tmp_path / "s")]
    done = run.invoke(main, [*call, "--variants", "2", "--seed", "x", "--blanks", "results"])
    assert done.exit_code == 0 and "2 variants, 4 files, 0 of them there before" in done.output
    assert manifest(tmp_path / "s")["seed"] == "x"
    again = run.invoke(main, [*call, "--variants", "2", "--seed", "y"])
    assert again.exit_code == 2 and "--force" in again.output
    alone = run.invoke(main, [*call, "--seed", "x"])
    assert alone.exit_code == 2 and "--seed alone" in alone.output
    piped = run.invoke(main, [*call[:-1], "-", "--variants", "2"])
    assert piped.exit_code == 2 and "a folder for a class set" in piped.output


def test_ctrl_c_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("derive.variants.sets.plan", stop)
    done = CliRunner().invoke(main, ["worksheet", "hmkcode", "--variants", "2", "-o", str(tmp_path / "s")])
    assert done.exit_code == 130 and "stopped; nothing was written" in done.output
    assert not (tmp_path / "s").exists()
