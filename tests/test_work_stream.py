"""Tables are read sheet by sheet: the same sheets, notes and faults as of a whole, in memory that hardly grows."""

import tracemalloc
from itertools import islice

import pytest

from derive import InputError, solve
from derive.work import Names, Sheet, read_text, text_sheets
from derive.work import csvfile as tables
from derive.work.columns import Columns
from derive.work.rows import SheetRow
from derive.work.sheets import Collector

LONG = "student,quantity,value\n"


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(solve("mazur"))


def students(count: int) -> str:
    return LONG + "".join(f"s{k:05d},net_h1,0.3775\ns{k:05d},out_h1,0.5{k % 10}\n" for k in range(count))


def values(sheet: Sheet) -> list[tuple[str, str, int]]:
    return [(one.name, one.text, one.line) for one in sheet.values]


def test_sheets_are_given_while_others_are_not_read_yet(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    monkeypatch.setattr(tables, "read_row", _counted(read))
    (first,) = islice(text_sheets(students(50), names, "csv"), 1)
    assert first.student == "s00000" and len(first.values) == 2
    assert len(read) == 100 + 3


def _counted(read: list[int]) -> object:
    plain = tables.read_row

    def count(row: SheetRow, layout: Columns, collector: Collector) -> None:
        read.append(row.line)
        plain(row, layout, collector)

    return count


def test_memory_hardly_grows_with_the_students(names: Names) -> None:
    """What is kept of a student that has been read: who it was, and in which line."""
    text, most = students(4000), []
    tracemalloc.start()
    try:
        for count in (2000, 4000):
            part = text[: len(LONG) + count * 40]
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            assert sum(1 for _ in text_sheets(part, names, "csv")) > 0.9 * count
            most.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    assert (most[1] - most[0]) / 2000 < 700


APART = LONG + "Ann,net_h1,0.3\nBob,net_h1,0.4\nAnn,out_h1,0.5\n"


def test_rows_of_a_student_may_stand_apart_in_a_short_table(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, bob = read_text(APART, names)
    assert (values(ann), values(bob)) == ([("net_h1", "0.3", 2), ("out_h1", "0.5", 4)], [("net_h1", "0.4", 3)])
    monkeypatch.setattr(tables, "MOST_APART", 2)
    with pytest.raises(InputError) as caught:
        read_text(APART, names, file="class.csv")
    told = str(caught.value)
    assert "class.csv: expected a table in which the rows of each student stand together" in told
    assert "in line 2 and, after others, in line 4" in told and "Sort the table by student" in told


def test_what_holds_for_the_whole_table_is_known_from_the_first_sheet_on(names: Names) -> None:
    """A number that may have a thousands separator is settled by one that stands far below it."""
    text = "student;quantity;value\nAnn;net_h1;1,234\nBob;net_h1;0,5\n"
    first = next(text_sheets(text, names, "csv"))
    assert str(first.values[0].value) == "617/500"


def test_one_id_for_two_students_is_a_fault_of_the_second(names: Names) -> None:
    text = "id,student,quantity,value\n7,Ann,net_h1,0.3\n8,Eve,net_h1,0.3\n7,Bob,net_h1,0.4\n"
    assert [len(sheet.faults) for sheet in text_sheets(text, names, "csv")] == [0, 0, 1]
