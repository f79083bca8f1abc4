"""A class is judged as a stream: the same verdicts and files whoever judges, and memory that hardly grows."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest
from click.testing import CliRunner

import derive
from derive import InputError, solve
from derive.check import Marking, source, symbolic
from derive.check import statistics as counts
from derive.check.desk import Desk, Job
from derive.check.judge import Judge
from derive.check.marks import Scheme, question
from derive.check.products import ClassReport, write_class
from derive.check.stream import answered
from derive.cli import main
from derive.work import Names, text_sheets

MAZUR = solve("mazur")
NAMES = Names(MAZUR)
ROWS = (
    ("net_h1", ("0.3775", "0.3774", "0.7755")),
    ("out_h1", ("0.5933", "0.6")),
    ("dE/dw5", ("0.0822", "0.0821", "0.1755", "abc")),
    ("w5+", ("0.3589", "0.4411", "", "w5 - eta*dE/dw5", "w5 + eta*dE/dw5")),
)


def table(students: int, first: int = 0) -> str:
    """A class in which answers are right, wrong, blank, unreadable and formulas, in turn."""
    lines = ["student,quantity,value\n"]
    for number in range(first, first + students):
        for place, (name, values) in enumerate(ROWS):
            if (number + place) % 5:
                lines.append(f"s{number:05d},{name},{values[number % (place + 2) % len(values)]}\n")
    return "".join(lines)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("class") / "class.csv"
    file.write_text(table(40))
    return file


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# -- the same from everybody


def test_a_stream_writes_what_a_kept_class_shows(work: Path, tmp_path: Path) -> None:
    """Every product of the command is that of `derive.check`, which keeps all sheets."""
    call = ["check", "mazur", str(work), "--marks", "--format", "text,md,html,csv,json", "-o", str(tmp_path)]
    run = CliRunner().invoke(main, call)
    assert run.exit_code == 1, run.output
    kept = derive.check("mazur", work, marks=True)
    assert len(kept.sheets) == 40 and kept.findings
    name = "class.class"
    for format, suffix in (("md", "md"), ("html", "html"), ("csv", "csv"), ("json", "json")):
        assert (tmp_path / f"{name}.{suffix}").read_text("utf-8") == kept.render(format, pictures=name), format
    assert (tmp_path / "class.marks.csv").read_text("utf-8") == kept.marks_csv()
    assert (tmp_path / f"{name}.txt").read_text("utf-8") == kept.text()
    for format in ("text", "md", "html"):
        for file, content in kept.feedback_files(format):
            assert (tmp_path / "class.feedback" / file).read_text("utf-8") == content
    assert {path.name for path in tmp_path.glob("*.svg")} == set(kept.pictures(name))
    for format in ("csv", "json", "md"):
        told = CliRunner().invoke(main, ["check", "mazur", str(work), "--marks", "--format", format, "-o", "-"])
        assert told.stdout == kept.render(format), format


@contextmanager
def _processes() -> Iterator[Executor]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        yield executor


@contextmanager
def _threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(3) as executor:
        yield executor


def test_any_executor_judges_the_same(work: Path, tmp_path: Path) -> None:
    """Verdicts, reasons, marks and feedback come back from other processes as they are here."""
    alone = derive.check("mazur", work, marks=True)
    marking = Marking(MAZUR, scheme=Scheme())
    read = source(work, NAMES)
    survey = marking.survey(read, titles=True)
    order = marking.order(survey, ["md"])
    here = tmp_path / "here"
    write_class(ClassReport.of(marking, survey), marking.judged(read, order), ["md", "csv", "json"], here, "class")
    for start in (_threads, _processes):
        with start() as executor:
            assert derive.check("mazur", work, marks=True, executor=executor).render("json") == alone.render("json")
            sheets = marking.judged(read, order, executor)
            there = tmp_path / start.__name__
            write_class(ClassReport.of(marking, survey), sheets, ["md", "csv", "json"], there, "class")
            assert tree(there) == tree(here) and len(tree(here)) == 40 + 5


def test_what_was_asked_is_known_without_verdicts(work: Path) -> None:
    judge = Judge(MAZUR)
    for sheet in source(work, NAMES)():
        assert set(answered(sheet)) == set(map(question, judge.mark(sheet).results))
    survey = Marking(MAZUR).survey(source(work, NAMES))
    assert survey.questions == derive.check(MAZUR, work).questions and survey.judged == 40


def test_sheets_that_state_the_same_get_their_own_lines() -> None:
    """One is judged, the other gets its verdicts; what differs in anything is judged by itself."""
    text = "student,quantity,value\n# a remark\na,net_h1,0.3775\na,w5+,0.4411\nb,net_h1,0.3775\nb,w5+,0.4411\n"
    text += "c,net_h1,0.3775\n# a remark\nc,w5+,0.4411\nd,net_h1,0.377500\nd,w5+,0.4411\ne,net_h1,0.3774\n"
    judge = Judge(MAZUR)
    desk = Desk(Marking(MAZUR).order(Marking(MAZUR).survey(partial(text_sheets, text, NAMES, "csv"))), MAZUR)
    for sheet in text_sheets(text, NAMES, "csv"):
        marked, alone = desk.judged(Job(sheet, None)).marked, judge.mark(sheet)
        assert marked.results == alone.results and marked.student == sheet.student


# -- memory and reports


def test_memory_hardly_grows_with_the_class() -> None:
    """A student who has been judged leaves less than 1 kB behind."""
    marking, most = Marking(MAZUR, scheme=Scheme()), []
    lines = "".join(f"s{k:05d},w5+,{('0.3589', '0.4411', '0.36')[k % 3]}\n" for k in range(1400))

    def judged(count: int) -> None:
        read = partial(text_sheets, "student,quantity,value\n" + lines[: count * 18], NAMES, "csv")
        survey = marking.survey(read)
        report = ClassReport.of(marking, survey)
        for one in marking.judged(read, marking.order(survey)):
            report.tally.add(one.marked, one.score)
        assert report.tally.sheets == survey.judged >= 0.9 * count

    judged(100)
    for count in (400, 1400):
        tracemalloc.start()
        try:
            judged(count)
            most.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert (most[1] - most[0]) / 1000 < 1000


def test_a_report_names_the_first_of_very_many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(counts, "MOST_STUDENTS", 7)
    monkeypatch.setattr(counts, "MOST_FAULTS", 2)
    (tmp_path / "class.csv").write_text(table(60))
    found = derive.check("mazur", tmp_path / "class.csv")
    text = " ".join(found.text().split())
    assert "These are the first 7 of 60; all are in the table of marks (csv)." in text
    assert "s00006 " in text and "s00007 " not in text
    faults = sum(len(sheet.faults) for sheet in found.sheets)
    assert faults > 2 and f"{faults - 2} more entries." in text
    assert len(list(csv.reader(io.StringIO(found.marks_csv())))) == 61
    assert len(json.loads(found.render("json"))["students"]) == 60


@pytest.mark.parametrize("jobs", ["-1", "999"])
def test_a_number_of_processes(work: Path, jobs: str) -> None:
    run = CliRunner().invoke(main, ["check", "mazur", str(work), "--jobs", jobs])
    assert run.exit_code == 2 and "--jobs: expected a number of processes" in run.output
    with pytest.raises(InputError, match="--jobs"):
        derive.check("mazur", work, jobs=int(jobs))


def test_nothing_appears_before_it_is_complete(work: Path, tmp_path: Path) -> None:
    """Where judging stops in the middle, no table and no report is there, and nothing half-written."""
    marking = Marking(MAZUR)
    survey = marking.survey(source(work, NAMES), titles=True)

    def stopped() -> Iterator[object]:
        for number, one in enumerate(marking.judged(source(work, NAMES), marking.order(survey))):
            if number == 20:
                raise KeyboardInterrupt
            yield one

    with pytest.raises(KeyboardInterrupt):
        write_class(ClassReport.of(marking, survey), stopped(), ["csv", "json"], tmp_path / "out", "class")  # type: ignore[arg-type]
    assert tree(tmp_path) == {}


def test_many_wrong_formulas_take_time_in_proportion() -> None:
    """What the known mistakes give is worked out once for all formulas of a quantity, not for each of them."""
    names = ["out_h1", "out_h2", "net_o1", "w5", "w6", "i_1", "b_1"]
    formulas = [f"{one} {sign} {two} * {one}" for one in names for two in names for sign in "+-"]
    text = "quantity,value\n" + "".join(f"dE/dw5,{formula}\n" for formula in formulas)
    judge = Judge(MAZUR)
    (sheet,) = text_sheets(text, NAMES, "csv")
    evaluated = 0
    plain = symbolic._end

    def counted(*parts: object) -> object:
        nonlocal evaluated
        evaluated += 1
        return plain(*parts)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(symbolic, "_end", counted)
        marked = judge.mark(sheet)
    assert len(marked.results) == len(formulas) > 90
    assert 0 < evaluated < 20 * len(formulas)


def test_writing_from_python(work: Path, tmp_path: Path) -> None:
    """`derive.write_feedback` writes the command's files; of one sheet too."""
    run = CliRunner().invoke(main, ["check", "mazur", str(work), "--format", "md,csv", "-o", str(tmp_path / "a")])
    done = derive.write_feedback("mazur", work, tmp_path / "b", ["md", "csv"], name="class")
    assert done.findings and tree(tmp_path / "a") == tree(tmp_path / "b")
    assert [str(path).replace("/b/", "/a/") for path in done.paths] == [
        line.replace("/b/", "/a/") for line in run.output.split()
    ]
    one = derive.write_feedback("mazur", {"net_h1": "0.3775"}, tmp_path / "c")
    assert one == (False, [tmp_path / "c" / "work.check.md"], ()) and one.paths[0].read_text("utf-8").startswith("# ")
    with pytest.raises(InputError, match="format"):
        derive.write_feedback("mazur", work, tmp_path / "d", "docx")
    with pytest.raises(TypeError, match="colour"):
        derive.write_feedback("mazur", work, tmp_path / "d", colour=True)  # type: ignore[call-arg]
