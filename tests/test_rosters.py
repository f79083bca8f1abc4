"""Class lists and class files as learning platforms export them: the students, each with the best identifier."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from derive import InputError, solve
from derive.cli import main
from derive.gradebook import people
from derive.variants.roster import Roster, parse_roster, read_roster
from derive.work import Names, read_text, read_work


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


def people_of(roster: Roster) -> list[tuple[str, str]]:
    return [(student.identifier, student.name) for student in roster.students]


# -- platforms

# platform: the table, its coding, the students, and what is said to be left out
PLATFORMS: dict[str, tuple[str, str, list[tuple[str, str]], str]] = {
    "Canvas": (
        "Student,ID,SIS User ID,SIS Login ID,Section,Quiz 1 (1043),Final Score\n"
        ",,,,,Manual Posting,\n"
        "    Points Possible,,,,,10,(read only)\n"
        '"Doe, Jane",1201,u1201,jdoe,Section 01,8,80\n'
        '"O\'Neil, Zoë",1202,,zoneil,"Section 01 and Section 02",9,90\n'
        '"Roe, Rik",1203,,,Section 01,9,90\n'
        '"Student, Test",1299,,a1b2c3d4e5,Section 01,,\n',
        "utf-8-sig",
        [("u1201", "Doe, Jane"), ("zoneil", "O'Neil, Zoë"), ("1203", "Roe, Rik")],
        "Manual Posting (line 2), Points Possible (line 3), Student, Test (line 7)",
    ),
    "Canvas without SIS": (
        "Student;ID;SIS Login ID;Section;Quiz 1\n    Points Possible;;;;10,00\n"
        '"=""=Doe, Jane""";1201;jdoe;S1;8,00\n',
        "utf-8",
        [("jdoe", "=Doe, Jane")],
        "Points Possible (line 2)",
    ),
    "Canvas, two names": (
        "LastName,FirstName,ID,SIS User ID,SIS Login ID,Integration ID,Root Account,Section,Quiz 1\n"
        "    Points Possible,,,,,,,,10\nDoe,Jane,1201,,jdoe,i7,a.edu,S,8\nStudent,Test,1299,,abc,,,S,\n",
        "utf-8",
        [("jdoe", "Jane Doe")],
        "Points Possible (line 2), Test Student (line 4)",
    ),
    "Blackboard": (
        '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\t'
        '"Quiz 1 [Total Pts: 10 Score] |12345"\r\n'
        '"Doe"\t"Jané"\t"jdoe"\t"0012"\t"2024-01-02"\t"Yes"\t"8"\r\n'
        '"Roe"\t"Rik"\t"rroe"\t""\t""\t"Yes"\t""\r\n'
        '"PreviewUser"\t"PreviewUser"\t"jdoe_previewuser"\t""\t""\t"Yes"\t""\r\n',
        "utf-16",
        [("0012", "Jané Doe"), ("rroe", "Rik Roe")],
        "PreviewUser PreviewUser (line 4)",
    ),
    "Blackboard without a mark": (
        "Last Name\tFirst Name\tUsername\r\nDoe\tJané\tjdoe\r\n",
        "utf-16-le",
        [("jdoe", "Jané Doe")],
        "",
    ),
    "Moodle": (
        '"First name","Last name","ID number",Institution,Department,"Email address","Quiz: Quiz 1 (Real)"\n'
        "Jane,Doe,1201,,,jane@example.org,8.00\nZoë,\"O'Neil\",,,,zoe@example.org,-\n",
        "utf-8",
        [("1201", "Jane Doe"), ("zoe@example.org", "Zoë O'Neil")],
        "",
    ),
    "Moodle, German": (
        'Vorname;Nachname;"ID-Nummer";Institution;Abteilung;E-Mail-Adresse;"Test: Quiz 1 (Punkte)"\n'
        "Jürgen;Müller;1201;;;j@example.org;8,00\nÄnne;Groß;;;;a@example.org;7,50\nGesamtdurchschnitt;;;;;;7,75\n",
        "utf-8-sig",
        [("1201", "Jürgen Müller"), ("a@example.org", "Änne Groß")],
        "Gesamtdurchschnitt (line 4)",
    ),
    "Moodle, German, one byte a letter": (
        "Vorname;Nachname;Matrikelnummer;E-Mail-Adresse\nJürgen;Müller;1201;j@example.org\n",
        "cp1252",
        [("1201", "Jürgen Müller")],
        "read as Windows-1252",
    ),
    "Moodle, French": (
        "Prénom,Nom de famille,Numéro d'identification,Institution,Département,Adresse de courriel,Test (Brut)\n"
        "Zoé,L'Écuyer,22001,,,z@example.org,8\nRené,Hue,,,,r@example.org,8\n",
        "utf-8",
        [("22001", "Zoé L'Écuyer"), ("r@example.org", "René Hue")],
        "",
    ),
    "Moodle, Spanish": (
        'Nombre,Apellido(s),"Número de ID",Institución,Departamento,"Dirección de correo","Cuestionario (Real)"\n'
        'José,"Núñez Díaz",77,,,j@example.org,"8,00"\nAna,Ruiz,,,,a@example.org,-\n"Promedio general",,,,,,"8,00"\n',
        "utf-8",
        [("77", "José Núñez Díaz"), ("a@example.org", "Ana Ruiz")],
        "Promedio general (line 4)",
    ),
    "Moodle's grading worksheet": (
        '\ufeffIdentifier,"Full name","ID number","Email address",Status,Grade,"Maximum Grade"\n'
        '"Participant 17","Jane Doe",1201,j@example.org,"No submission",,100.00\n'
        '"Participant 18","Rik Roe",,r@example.org,"No submission",,100.00\n',
        "utf-8",
        [("1201", "Jane Doe"), ("r@example.org", "Rik Roe")],
        "",
    ),
    "Moodle's grading worksheet, German, without numbers": (
        "ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung\nTeilnehmer/in17,Jane Doe,j@example.org,,\n"
        "Teilnehmer/in18,Rik Roe,,,\n",
        "utf-8",
        [("j@example.org", "Jane Doe"), ("Teilnehmer/in18", "Rik Roe")],
        "",
    ),
    "Moodle's participants": (
        '"First name","Last name",Username,"ID number","Email address",Roles,Groups\n'
        "Jane,Doe,jdoe,,j@example.org,Student,G1\nAnn,Poe,apoe,,a@example.org,\"Student, Non-editing teacher\",\n"
        'Max,Foe,mfoe,9,m@example.org,"Non-editing teacher",\nEve,Noe,enoe,,e@example.org,"No roles",\n',
        "utf-8",
        [("jdoe", "Jane Doe"), ("apoe", "Ann Poe"), ("enoe", "Eve Noe")],
        "Max Foe, Non-editing teacher (line 4)",
    ),
    "Brightspace": (
        "OrgDefinedId,Username,Last Name,First Name,Email,Quiz 1 Points Grade <Numeric MaxPoints:10>,"
        "End-of-Line Indicator\n"
        "#0012,#jdoe,Doe,Jane,jane@example.org,8,#\n#,#rroe,Roe,Rik,rik@example.org,,#\n",
        "utf-8",
        [("0012", "Jane Doe"), ("rroe", "Rik Roe")],
        "",
    ),
    "Brightspace, user names": (
        "Username,Last Name,First Name,Quiz 1 Points Grade,End-of-Line Indicator\n#jdoe,Doe,Jane,8,#\n",
        "utf-8",
        [("jdoe", "Jane Doe")],
        "",
    ),
    "Gradescope": (
        "Name,Email,SID,Role\nJane Doe,jane@example.org,1201,Student\nRik Roe,rik@example.org,,Student\n"
        "Prof X,prof@example.org,,Instructor\nMax Foe,max@example.org,1299,TA\n",
        "utf-8",
        [("1201", "Jane Doe"), ("rik@example.org", "Rik Roe")],
        "Prof X, Instructor (line 4), Max Foe, TA (line 5)",
    ),
    "Gradescope's grades": (
        "First Name,Last Name,SID,Email,Sections,Quiz 1,Quiz 1 - Max Points\nJane,Doe,1201,j@example.org,,8,10\n",
        "utf-8",
        [("1201", "Jane Doe")],
        "",
    ),
    "PrairieLearn": (
        "UID,UIN,Name,Role,Q1\njane@example.org,1201,Jane Doe,Student,80\nrik@example.org,,Rik Roe,Student,70\n"
        "x@example.org,9,Prof X,Staff,\n",
        "utf-8",
        [("1201", "Jane Doe"), ("rik@example.org", "Rik Roe")],
        "Prof X, Staff (line 4)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("platform", PLATFORMS)
def test_exports_are_taken(tmp_path: Path, platform: str) -> None:
    """Student rows only, the best identifier of each, the name as the platform spells it; what is left out is said."""
    text, coding, expected, told = PLATFORMS[platform]
    file = tmp_path / "class.csv"
    file.write_bytes(text.encode(coding))
    found = read_roster(file)
    assert people_of(found) == expected
    assert (told in "".join(found.notes)) and bool(told) == bool(found.notes)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_class_files_have_the_same_identifiers(tmp_path: Path, platform: str, names: Names) -> None:
    """The same table with a column of answers is read as work of the same students."""
    text, coding, expected, told = PLATFORMS[platform]
    mark = max(",;\t", key=text.partition("\n")[0].count)
    lines = [line.removesuffix("\r") for line in text.splitlines()]
    table = "\n".join([f"{lines[0]}{mark}w5+", *(f"{line}{mark}0.3589" for line in lines[1:])])
    file = tmp_path / ("class.xls" if coding == "utf-16" else "class.csv")
    file.write_bytes(table.encode(coding))
    work = read_work(file, names)
    assert [(sheet.id, sheet.student) for sheet in work] == expected
    assert [[stated.text for stated in sheet.values] for sheet in work] == [["0.3589"]] * len(expected)
    assert not work.all_faults
    assert any("no student" in note for note in work.notes) == ("(line" in told)


def test_rows_of_a_class_file(names: Names) -> None:
    """A row for each value has its owner in the same columns."""
    text = "OrgDefinedId,Username,Last Name,First Name,quantity,value\n#1,#a,Doe,Jane,w5+,0.4\n#1,#a,Doe,Jane,w6+,0.5\n"
    (sheet,) = read_text(text, names)
    assert (sheet.id, sheet.student, len(sheet.values)) == ("1", "Jane Doe", 2)


def test_a_teacher_is_no_student_and_a_testing_class_is_one() -> None:
    """Outside of Canvas somebody may be called Test Student; a role that nobody knows is kept."""
    assert people_of(parse_roster("id,name,role\n1,Test Student,\n2,B,Auditor\n3,C,Lecturer TA\n")) == [
        ("1", "Test Student"),
        ("2", "B"),
    ]


def test_a_telling_number_comes_before_a_plain_one() -> None:
    columns = people(["Nr.", "ID", "Name", "E-Mail", "Matrikel-Nr."])
    assert columns.identifier(["1", "55", "Ada", "a@b", "700"]) == "700"
    assert columns.identifier(["1", "55", "Ada", "a@b", ""]) == "a@b"
    assert people(["E-Mail", "ID"]).identifier(["a@b", "55"]) == "55"


def test_no_header_no_list(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("1201,Jane Doe\n1202,Rik Roe\n")
    told = refusal(lambda: read_roster(tmp_path / "class.csv"))
    assert 'a column with the header "id", found "1201" and "Jane Doe"' in told and "The first line names" in told


def test_a_set_says_whom_it_leaves_out(tmp_path: Path) -> None:
    """On the terminal, not in the files; the sheets are those of the students."""
    (tmp_path / "class.csv").write_text(PLATFORMS["Canvas"][0], "utf-8-sig")
    call = [
        "worksheet",
        "hmkcode",
        "--roster",
        str(tmp_path / "class.csv"),
        "--format",
        "md",
        "-o",
        str(tmp_path / "s"),
    ]
    run = CliRunner().invoke(main, [*call, "--roster", str(tmp_path / "class.csv")])
    assert run.exit_code == 0 and "rows of no student were left out: Manual Posting (line 2)" in run.stderr
    sheets = sorted(path.name for path in (tmp_path / "s" / "worksheets").iterdir())
    assert sheets == ["1203.worksheet.md", "u1201.worksheet.md", "zoneil.worksheet.md"]


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(solve("mazur"))


# -- lists of one's own

ROSTERS = {
    "plain": ("id,name\n1,Ada\n2,Bo\n", [("1", "Ada"), ("2", "Bo")]),
    "only ids": ("id\n1\n2\n", [("1", ""), ("2", "")]),
    "spreadsheet": ('Matrikel-Nr.;Name\r\n17;"Dürer; A."\r\n', [("17", "Dürer; A.")]),
    "semicolons": ("Matrikelnummer;Nachname;Vorname\r\n17;Noether;Emmy\r\n", [("17", "Emmy Noether")]),
    "tabs": ("Student ID\tStudent\n7\tLi Na\n", [("7", "Li Na")]),
    "told": ("sep=;\nid;name\n1;a,b\n", [("1", "a,b")]),
    "quotes": ('id,name\n1,"O""Brien, Pat"\n', [("1", 'O"Brien, Pat')]),
    "blank lines": ("id,name\n\n1,Ada\n,,\n", [("1", "Ada")]),
    "scripts": ("id,name\n1,李娜\n2,محمد\u200f\n3,Łukasz\n", [("1", "李娜"), ("2", "محمد"), ("3", "Łukasz")]),
    "moodle": (
        "First name,Surname,ID number,Email address\nA,B,5,a@b.c\n",
        [("5", "A B")],
    ),
    "paths": ("id,name\n../../etc/passwd,../x\n", [("../../etc/passwd", "../x")]),
}
BAD_ROSTERS = {
    "empty": ("", 'a column with the header "id", found nothing'),
    "headless": ("Ada,17\nBo,18\n", 'found "Ada" and "17"'),
    "nobody": ("id,name\n", "at least one student"),
    "missing": ("id,name\n1,Ada\n,Bo\n , Cy\n", '"id" in every line, found none in lines 3, 4'),
    "twice": ("id,name\n1,Ada\n2,Bo\n1,Cy\n", 'every identifier once, found "1" in lines 2, 4'),
    "composed": ("id\ne\u0301\n\u00e9\n", "in lines 2, 3"),
    "comma": ("id,name\n1,Doe, John\n", "line 2: expected 2 cells, as in the first line, found 3"),
    "control": ("id,name\n1,A\x07\n", "line 2: expected a name without control characters"),
    "two lines": ('id,name\n1,"A\nB"\n', "U+000A"),
    "long": (f"id,name\n{'x' * 61},A\n", "at most 60 characters"),
    "open quote": ('id,name\n1,"Ada\n2,Bo\n', "a line that cannot be read"),
}


@pytest.mark.parametrize("case", ROSTERS)
def test_rosters_are_read(case: str) -> None:
    text, expected = ROSTERS[case]
    assert people_of(parse_roster(text)) == expected


@pytest.mark.parametrize("case", BAD_ROSTERS)
def test_bad_rosters_are_told(case: str) -> None:
    text, expected = BAD_ROSTERS[case]
    assert expected in refusal(lambda: parse_roster(text))


def test_roster_files(tmp_path: Path) -> None:
    file = tmp_path / "class.csv"
    file.write_bytes("id\tname\n1\tÉva\n".encode("utf-16"))
    assert read_roster(file).students[0].name == "Éva"
    file.write_bytes(b"id,name\n1,\xc9va\n2,\x81\n")
    assert "line 2: expected a text in UTF-8, found the byte 0xc9" in refusal(lambda: read_roster(file))
    file.write_bytes(b"PK\x03\x04 a spreadsheet")
    assert 'Save the list as "CSV UTF-8"' in refusal(lambda: read_roster(file))
    file.write_bytes(b"id\n" + b"x" * 20_000_001)
    assert "at most 20 MB" in refusal(lambda: read_roster(file))
    assert "a folder" in refusal(lambda: read_roster(tmp_path))
