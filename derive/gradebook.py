"""Tables of people as learning platforms export them: which columns say who somebody is, and which rows are students.

Decides by the headers, in English, German, French and Spanish, and takes from every row the best identifier that it
has. It knows neither files nor what else stands in such a table.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

NUMBER, ID, USER, EMAIL, OWN = "number", "id", "user name", "e-mail", "own number"
NAME, FIRST, LAST, ROLE = "name", "first name", "last name", "role"
COLUMNS = (
    (
        NUMBER,
        "studentid studentnumber studentno studentidentifier matriculationnumber matriculation matrikelnummer matrikel "
        "matrikelnr matrnr matnr registrationnumber sisuserid sisid orgdefinedid idnumber sid uin studentenid "
        "studentennummer idnummer teilnehmerid numerodidentification numeroetudiant numerodetudiant noetudiant "
        "numerodeid numerodeidentificacion numerodeestudiante numerodematricula matricula",
    ),
    (ID, "id identifier number identifiant identificador kennung"),
    (
        USER,
        "sisloginid username user userid login loginid loginname userlogin uid netid benutzername nutzername "
        "anmeldename benutzerkennung nomdutilisateur utilisateur nombredeusuario usuario",
    ),
    (
        EMAIL,
        "email emailaddress mail mailaddress emailadresse mailadresse adressedecourriel courriel adressemail "
        "adresseemail correo correoelectronico direcciondecorreo direccionemail direcciondecorreoelectronico",
    ),
    (OWN, "integrationid uniqueuserid userno"),
    (NAME, "name fullname studentname student displayname vollstandigername nomcomplet nombrecompleto"),
    (NAME, "students learner pupil author participant"),
    (FIRST, "firstname givenname givennames forename vorname prenom nombre nombres"),
    (LAST, "lastname surname familyname nachname familienname nomdefamille nom apellidos apellido"),
    (ROLE, "role roles rolle rollen rol"),
)
"""What a column holds, by its header without blanks, marks and accents. In a row the first of several counts."""
IDENTIFIERS = (NUMBER, ID, USER, EMAIL, OWN)
"""The kinds of identifiers, the best first. A plain ID beside a telling number is the platform's own."""

_CANVAS = frozenset({"sisloginid", "sisuserid"})
_BRIGHTSPACE = frozenset({"orgdefinedid", "endoflineindicator"})
_OWN = re.compile(r"(?:participante?|teilnehmer(?:/?in)?)\s*\d+", re.IGNORECASE)
"""Moodle's number for somebody whose name is hidden."""
_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)
"""How a cell is written that no spreadsheet shall take for a number or a formula."""

ROLES = {
    "student": "student students studierende studierender studentin teilnehmer teilnehmerin lernende lernender "
    "etudiant etudiante participant apprenant apprenante estudiante alumno alumna participante learner",
    "staff": "instructor teacher teaching ta tas assistant reader grader staff professor tutor tutorin trainer "
    "trainerin dozent dozentin lehrende lehrender enseignant enseignante profesor profesora manager observer "
    "designer admin",
}
"""Words of a role. Somebody with another one, or none, is taken for a student."""
SUMMARIES = (
    "points possible",
    "manual posting",
    "overall average",
    "group average",
    "gesamtdurchschnitt",
    "gruppendurchschnitt",
    "moyenne generale",
    "moyenne du groupe",
    "promedio general",
    "promedio del grupo",
)
"""How rows begin that stand between the students and are none; they have no identifier."""


@dataclass(frozen=True)
class People:
    """Where the rows of a table say whose they are: the places of the columns, the best identifier first."""

    identifiers: tuple[int, ...] = ()
    name: tuple[int, ...] = ()
    role: int | None = None
    hashed: bool = False
    """A # stands before every number, which is not part of it."""
    canvas: bool = False

    @property
    def places(self) -> tuple[int, ...]:
        """Every column that says something of a person."""
        return (*self.identifiers, *self.name, *(() if self.role is None else (self.role,)))

    def identifier(self, row: Sequence[str]) -> str:
        """The best identifier that a row has; empty where it has none."""
        found = [text for text in (self._plain(_cell(row, at)) for at in self.identifiers) if text]
        return next((text for text in found if not _OWN.fullmatch(text)), found[0] if found else "")

    def called(self, row: Sequence[str]) -> list[str]:
        """Everything by which a row says whose it is, the best first: its identifiers, then its name."""
        return [
            text for text in (*(self._plain(_cell(row, at)) for at in self.identifiers), self.full_name(row)) if text
        ]

    def participant(self, row: Sequence[str]) -> str:
        """Moodle's number for the person, as in Participant 123; empty where there is none."""
        cells = (as_text(_cell(row, at)) for at in self.identifiers)
        found = next((cell for cell in cells if _OWN.fullmatch(cell)), "")
        return re.sub(r"\D", "", found)

    def full_name(self, row: Sequence[str]) -> str:
        """The name, in the platform's spelling."""
        if len(self.name) == 1:
            return as_text(_cell(row, self.name[0]))
        return " ".join(filter(None, (as_text(_cell(row, at)) for at in self.name)))

    def left_out(self, row: Sequence[str]) -> str:
        """What a row is that is no student's: a summary, a test student, somebody with another role; else empty."""
        name = self.full_name(row)
        plain = name.casefold()
        if "previewuser" in plain or (self.canvas and "test" in plain):
            parts = sorted(re.findall(r"\w+", plain))
            if set(parts) == {"previewuser"} or parts == ["student", "test"]:
                return name
        if self.role is not None:
            role = _cell(row, self.role).strip()
            roles = {_ROLES.get(word) for word in re.findall(r"[^\W\d_]+", folded(role))}
            if "staff" in roles and "student" not in roles:
                return ", ".join(filter(None, (name, role)))
        if not self.identifier(row):
            return next((cell.strip() for cell in row if folded(cell).strip().startswith(SUMMARIES)), "")
        return ""

    def _plain(self, cell: str) -> str:
        text = as_text(cell)
        return text.removeprefix("#").lstrip() if self.hashed else text


NOBODY = People()
"""The columns of a table that says nothing of anybody."""


def people(header: Sequence[str], others: Collection[int] = ()) -> People:
    """Where the columns of a header are that say who somebody is; `others` are known to hold something else.

    >>> canvas = people(["Student", "ID", "SIS User ID", "SIS Login ID", "Section"])
    >>> canvas.identifier(["Doe, Jane", "1201", "", "jdoe", "01"])
    'jdoe'
    """
    plain = ["" if at in others else plain_header(cell) for at, cell in enumerate(header)]
    places = {kind: _places(kind, plain) for kind, _ in COLUMNS}
    canvas = not _CANVAS.isdisjoint(plain)
    if places[NUMBER] or canvas:
        places[OWN] = [*places[OWN], *places.pop(ID)]
    identifiers = tuple(at for kind in IDENTIFIERS for at in places.get(kind, ()))
    name = places[NAME][:1] or [*places[FIRST][:1], *places[LAST][:1]]
    role = next(iter(places[ROLE]), None)
    return People(identifiers, tuple(name), role, not _BRIGHTSPACE.isdisjoint(plain), canvas)


def meaning(header: str) -> str | None:
    """What a column holds, as in `COLUMNS`; None where it says nothing of a person.

    >>> meaning("Matrikel-Nr."), meaning("Apellido(s)"), meaning("Quiz 1")
    ('number', 'last name', None)
    """
    return _KINDS.get(plain_header(header))


def plain_header(header: str) -> str:
    """A header without blanks, marks, capitals and accents; what stands in brackets counts where it is known so."""
    plain = re.sub(r"[\W_]", "", folded(header))
    bare = re.sub(r"^\s*(?:your|the|my)\b|[(\[].*|[\W_]", "", folded(header))
    return bare if plain not in _KINDS and bare in _KINDS else plain


def folded(text: str) -> str:
    """A text without capitals and accents."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def as_text(cell: str) -> str:
    """What a cell says.

    >>> as_text(' ="0012"')
    '0012'
    """
    bare = cell.strip()
    told = _AS_TEXT.fullmatch(bare) if bare[:1] == "=" else None
    return told[1].strip() if told else bare


_ROLES = {word: role for role, words in ROLES.items() for word in words.split()}
_KINDS = {word: kind for kind, words in COLUMNS for word in words.split()}


def _places(kind: str, plain: Sequence[str]) -> list[int]:
    """The columns of a kind, in the order of its words."""
    words = [word for known, listed in COLUMNS if known == kind for word in listed.split()]
    return [plain.index(word) for word in words if word in plain]


def _cell(row: Sequence[str], at: int) -> str:
    return row[at] if at < len(row) else ""
